//! `gateway-with-interface-properties`: subnets, security groups or private DNS on a gateway endpoint.

use crate::diagnostic::Severity;
use crate::facts::EndpointType;

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
        // A gateway endpoint with private DNS and no subnets was meant to be one.
        let help = if routed || found.iter().all(|&(name, _)| name == "PrivateDnsEnabled") {
            format!("remove {names}")
        } else {
            format!(
                "set `VpcEndpointType: Interface`, or remove {names} and list route tables in `RouteTableIds`"
            )
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
