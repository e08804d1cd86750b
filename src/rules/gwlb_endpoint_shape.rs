//! `gwlb-endpoint-shape`: more than a Gateway Load Balancer endpoint takes: a second subnet, a group, a policy, a name.

use crate::diagnostic::Severity;
use crate::facts::EndpointType;

use super::written::{fits_its_service, joined, misplaced};
use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "gwlb-endpoint-shape",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "A Gateway Load Balancer endpoint with several subnets, a security group, a policy or private DNS",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-load-balancer-endpoints.html",
    page: include_str!("../../rules/gwlb-endpoint-shape.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for endpoint in &network.endpoints {
        if !endpoint.is(EndpointType::GatewayLoadBalancer) || !fits_its_service(endpoint) {
            continue;
        }
        let id = cx.id(endpoint.resource);
        let several = endpoint.subnets.as_ref().map(|subnets| (subnets.span, subnets.known().count()));
        if let Some((span, count)) = several.filter(|(_, count)| *count > 1) {
            cx.report(
                endpoint.resource,
                span,
                format!("the Gateway Load Balancer endpoint `{id}` has {count} subnets, but can be in one only"),
            )
            .here(format!("{count} subnets"))
            .why("each of these endpoints is one network interface, the target of the routes of its zone")
            .help("make one endpoint per zone, each with one subnet, and lead the routes of a zone to its own")
            .symptom("InvalidParameter when the endpoint is created")
            .together("a Gateway Load Balancer endpoint can be in one subnet only, but {count} have several: {names}");
        }
        let found = misplaced(network, endpoint, &["SecurityGroupIds", "PolicyDocument"]);
        let Some(&(_, span)) = found.first() else { continue };
        let names: Vec<&str> = found.iter().map(|&(name, _)| name).collect();
        let names = joined(&names);
        let taken = names.replace(" and ", " or ");
        let message = format!("`{id}` is a Gateway Load Balancer endpoint, which takes no {taken}");
        let finding = cx.report(endpoint.resource, span, message);
        finding.here("not for this type of endpoint");
        for &(_, span) in &found[1..] {
            finding.label(Some(id), span, "not for this type of endpoint");
        }
        finding
            .why("traffic is routed through the endpoint to appliances; it is no service that clients call by a name, under a policy or through a security group")
            .help(format!("remove {names}"))
            .symptom("InvalidParameter when the endpoint is created")
            .together("properties of other types are on {count} Gateway Load Balancer endpoints: {names}");
    }
}
