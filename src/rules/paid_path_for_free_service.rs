//! `paid-path-for-free-service`: an interface endpoint where a gateway endpoint would do the same for nothing.

use crate::diagnostic::Severity;
use crate::facts::EndpointType;
use crate::network::{Endpoint, Network, Switch, Vpc, World};

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "paid-path-for-free-service",
    group: Group::Cost,
    severity: Severity::Info,
    persona: Persona::Default,
    summary: "An interface endpoint for Amazon S3 or DynamoDB where the free gateway endpoint would do",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
    page: include_str!("../../rules/paid-path-for-free-service.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

/// The services that have gateway endpoints too.
pub(super) const FREE_SERVICES: &[(&str, &str)] = &[("s3", "Amazon S3"), ("dynamodb", "Amazon DynamoDB")];

/// Types that show clients outside the VPC, whom a gateway endpoint does not serve.
const TO_OTHER_NETWORKS: &[&str] = &[
    "AWS::DirectConnect::",
    "AWS::EC2::ClientVpn",
    "AWS::EC2::CustomerGateway",
    "AWS::EC2::TransitGateway",
    "AWS::EC2::VPCPeeringConnection",
    "AWS::EC2::VPNConnection",
    "AWS::EC2::VPNGateway",
    "AWS::NetworkManager::",
    "AWS::RAM::",
    "AWS::Route53Profiles::",
    "AWS::Route53Resolver::ResolverEndpoint",
];

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for endpoint in &network.endpoints {
        let Some(vpc) = endpoint.vpc.as_ref().and_then(|vpc| network.vpc(vpc)) else { continue };
        let Some((service, name)) = free_service(endpoint) else { continue };
        if !is_for_the_vpc_alone(network, vpc, endpoint) || has_gateway(network, vpc, service) {
            continue;
        }
        let (id, vpc) = (network.id(endpoint.resource), network.name_of(&vpc.identity));
        let span = endpoint.kind_span.unwrap_or_else(|| cx.id_span(endpoint.resource));
        cx.report(
            endpoint.resource,
            span,
            format!("`{id}` is a paid way to {name}, and `{vpc}` has no gateway endpoint, which is free"),
        )
        .here("charged by the hour and zone, and by the gigabyte")
        .why(format!("clients in the VPC reach {name} through a gateway endpoint without charge; an interface endpoint is for clients outside the VPC, who come by VPN, Direct Connect or peering"))
        .help(format!("add a gateway endpoint for `com.amazonaws.${{AWS::Region}}.{service}` with the route tables of the clients, and remove `{id}` if nobody outside the VPC uses it"));
    }
}

/// The service of an interface endpoint that is to be had for nothing.
fn free_service(endpoint: &Endpoint<'_>) -> Option<(&'static str, &'static str)> {
    let id = endpoint.service_id().filter(|_| endpoint.is(EndpointType::Interface))?;
    // A gateway endpoint does not lead to another Region.
    let here = endpoint.service_region.is_none() && endpoint.named_region().is_none();
    FREE_SERVICES.iter().copied().find(|(service, _)| here && *service == id)
}

/// Whether nothing shows or hides clients outside the VPC.
fn is_for_the_vpc_alone(network: &Network<'_, '_>, vpc: &Vpc, endpoint: &Endpoint<'_>) -> bool {
    let mut tables = network.route_tables.iter().filter(|table| table.vpc.as_ref() == Some(&vpc.identity));
    let joined = tables.any(|table| table.shared || table.leads_to_other_network());
    let types = network.template().iter().map(|(_, resource)| resource.kind.text.as_ref());
    let mut to_others = types.filter(|kind| TO_OTHER_NETWORKS.iter().any(|start| kind.starts_with(start)));
    // A private name for inbound resolver endpoints only is for clients outside, and takes a gateway endpoint too.
    let for_resolvers = matches!(endpoint.private_dns, Switch::On(_) | Switch::Unknown)
        && endpoint.all_resolvers != Some(true);
    vpc.world == World::Closed && !joined && to_others.next().is_none() && !for_resolvers
}

fn has_gateway(network: &Network<'_, '_>, vpc: &Vpc, service: &str) -> bool {
    network.endpoints.iter().any(|other| {
        !other.is(EndpointType::Interface)
            && other.may_be_for(service)
            && other.vpc.as_ref().is_none_or(|own| !own.differs(&vpc.identity))
    })
}
