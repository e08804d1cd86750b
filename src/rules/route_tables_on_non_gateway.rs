//! `route-tables-on-non-gateway`: route tables on an endpoint that is no route.

use crate::diagnostic::{Applicability, Severity};
use crate::facts::EndpointType;
use crate::template::Written;

use super::written::{fits_its_service, written};
use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "route-tables-on-non-gateway",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "`RouteTableIds` on an endpoint that is not a gateway endpoint",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcendpoint.html",
    page: include_str!("../../rules/route-tables-on-non-gateway.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for endpoint in &network.endpoints {
        let Some(kind) = endpoint.kind.filter(|&kind| kind != EndpointType::Gateway) else { continue };
        let Some(span) = written(network, endpoint, "RouteTableIds") else { continue };
        if !fits_its_service(endpoint) {
            continue;
        }
        let id = cx.id(endpoint.resource);
        let has_gateways =
            endpoint.aws_service().is_some_and(|service| service.offers(EndpointType::Gateway));
        let help = if has_gateways && endpoint.subnets.is_none() {
            "set `VpcEndpointType: Gateway`, or remove `RouteTableIds` and list subnets in `SubnetIds`"
        } else if kind == EndpointType::GatewayLoadBalancer {
            "remove `RouteTableIds`, and name the endpoint as `VpcEndpointId` of an `AWS::EC2::Route` in each table"
        } else {
            "remove `RouteTableIds`"
        };
        let (title, edits) = if has_gateways && endpoint.subnets.is_none() {
            let value = Written::text(EndpointType::Gateway.name());
            let set = network
                .template()
                .edit(|editor| editor.set(endpoint.resource, &["VpcEndpointType"], None, value));
            ("set `VpcEndpointType: Gateway`", set)
        } else {
            let removed = network.template().edit(|editor| editor.remove(endpoint.resource, "RouteTableIds"));
            ("remove `RouteTableIds`", removed)
        };
        let message = format!("`{id}` is of type {kind}, but only gateway endpoints take `RouteTableIds`");
        let finding = cx.report(endpoint.resource, span, message);
        finding.here("for gateway endpoints only");
        if let Some(span) = endpoint.kind_span {
            finding.label(Some(id), span, "not a gateway endpoint");
        }
        finding
            .fix(Applicability::Suggested, title, edits)
            .why("only a gateway endpoint puts routes into route tables; clients find the others by name, or by a route that the template writes itself")
            .help(help)
            .symptom("Route table IDs are only supported for Gateway type VPC Endpoint")
            .together("`RouteTableIds` is on {count} endpoints of other types, but only gateway endpoints take it: {names}");
    }
}
