//! `interface-without-subnets`: an endpoint that lives in subnets, and is given none.

use crate::diagnostic::Severity;
use crate::facts::EndpointType;
use crate::network::Endpoint;
use crate::text::Span;

use super::written::{fits_its_service, is_rewritten, written};
use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "interface-without-subnets",
    group: Group::Reachability,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "An endpoint with network interfaces that is in no subnet: there is nothing to connect to",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcendpoint.html",
    page: include_str!("../../rules/interface-without-subnets.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    if is_rewritten(cx.template()) {
        return;
    }
    for endpoint in &cx.network.endpoints {
        let Some(kind) = endpoint.kind.filter(|&kind| kind != EndpointType::Gateway) else { continue };
        let Some(span) = without_subnets(endpoint, cx.id_span(endpoint.resource)) else { continue };
        // With route tables, a gateway endpoint may have been meant: `route-tables-on-non-gateway` says so.
        let routed = written(cx.network, endpoint, "RouteTableIds").is_some();
        // A custom resource or nested stack may add the subnets.
        if routed || endpoint.handed_out || !fits_its_service(endpoint) {
            continue;
        }
        let id = cx.id(endpoint.resource);
        let help = if kind == EndpointType::GatewayLoadBalancer {
            "name the one subnet in which it receives traffic in `SubnetIds`"
        } else {
            "list one subnet for each zone of its clients in `SubnetIds`"
        };
        cx.report(endpoint.resource, span, format!("the {kind} endpoint `{id}` is in no subnet, so there is nothing to connect to"))
            .here("no subnets")
            .why("such an endpoint is a network interface in each subnet of `SubnetIds`; without one it has no address")
            .help(help)
            .symptom("the deployment fails, or the endpoint has no network interfaces and its names lead nowhere")
            .together("there is nothing to connect to at {count} endpoints, since they are in no subnet: {names}");
    }
}

/// Where an endpoint certainly has no subnet: the place of the empty list, else of its name.
fn without_subnets(endpoint: &Endpoint<'_>, id: Span) -> Option<Span> {
    match &endpoint.subnets {
        None => Some(id),
        Some(subnets) => (subnets.complete && subnets.items.is_empty()).then_some(subnets.span),
    }
}
