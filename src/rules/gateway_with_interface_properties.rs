//! `gateway-with-interface-properties`: subnets, security groups or private DNS on a gateway endpoint.

use crate::diagnostic::{Applicability, Edit, Severity};
use crate::facts::EndpointType;
use crate::template::Written;
use crate::text::Span;

use super::written::{fits_its_service, is_rewritten, joined, misplaced, written};
use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "gateway-with-interface-properties",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "Subnets, security groups or private DNS on a gateway endpoint, which has no network interfaces",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcendpoint.html",
    page: include_str!("../../rules/gateway-with-interface-properties.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for endpoint in &network.endpoints {
        // A macro may write the type.
        let decided = endpoint.kind_span.is_some() || !is_rewritten(network.template());
        if !decided || !endpoint.is(EndpointType::Gateway) || !fits_its_service(endpoint) {
            continue;
        }
        let found = misplaced(network, endpoint, &["SubnetIds", "SecurityGroupIds"]);
        let Some(&(_, span)) = found.first() else { continue };
        let id = cx.id(endpoint.resource);
        let names: Vec<&str> = found.iter().map(|&(name, _)| name).collect();
        let names = joined(&names);
        let routed = written(network, endpoint, "RouteTableIds").is_some();
        let only_names = found.iter().all(|&(name, _)| name == "PrivateDnsEnabled");
        // A gateway endpoint with private DNS and no subnets was meant to be one.
        let help = if routed || only_names {
            format!("remove {names}")
        } else {
            format!(
                "set `VpcEndpointType: Interface`, or remove {names} and list route tables in `RouteTableIds`"
            )
        };
        let (title, edits) = if routed || only_names {
            let removed = |&(name, _): &(&str, Span)| {
                network.template().edit(|editor| editor.remove(endpoint.resource, name))
            };
            let edits: Option<Vec<Vec<Edit>>> = found.iter().map(removed).collect();
            (help.clone(), edits.map(|edits| edits.concat()))
        } else {
            let value = Written::text(EndpointType::Interface.name());
            let edits = network.template().edit(|editor| {
                editor.set(endpoint.resource, &["VpcEndpointType"], Some("ServiceName"), value)
            });
            ("set `VpcEndpointType: Interface`".to_owned(), edits)
        };
        let message =
            format!("`{id}` is a gateway endpoint, which takes no {}", names.replace(" and ", " or "));
        let finding = cx.report(endpoint.resource, span, message);
        finding.here("for interface endpoints only");
        for &(_, span) in &found[1..] {
            finding.label(Some(id), span, "for interface endpoints only");
        }
        match endpoint.kind_span {
            Some(span) => finding.label(Some(id), span, "a gateway endpoint"),
            None => finding.label(
                Some(id),
                network.template().resource(endpoint.resource).id.span,
                "without `VpcEndpointType` the type is Gateway",
            ),
        };
        finding
            .fix(Applicability::Suggested, title, edits)
            .why("a gateway endpoint is a route in route tables: it has no network interfaces that could be in subnets or security groups, and no names of its own")
            .help(help)
            .together("properties that only interface endpoints take are on {count} gateway endpoints: {names}");
        if endpoint.subnets.is_some() {
            finding.symptom(
                "Subnet IDs are only supported for Interface and GatewayLoadBalancer type VPC Endpoints",
            );
        } else {
            finding.symptom("InvalidParameter when the endpoint is created");
        }
    }
}
