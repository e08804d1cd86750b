//! `nat-carries-aws-traffic`: a NAT gateway that is paid for what a gateway endpoint carries for nothing.

use std::fmt::Write as _;

use crate::diagnostic::{Applicability, Edit, Severity};
use crate::facts::EndpointType;
use crate::network::{LoadBalancerKind, Network, Route, RouteTarget, Vpc, World};
use crate::template::ResourceId;

use super::paid_path_for_free_service::FREE_SERVICES;
use super::{Check, Context, Group, Persona, Rule, cut_off, mend};

pub(super) static RULE: Rule = Rule {
    name: "nat-carries-aws-traffic",
    group: Group::Cost,
    severity: Severity::Info,
    persona: Persona::Default,
    summary: "A VPC with a NAT gateway and without the free gateway endpoint for Amazon S3",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
    page: include_str!("../../rules/nat-carries-aws-traffic.md"),
    check: Check::Network(&["AWS::EC2::NatGateway"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for vpc in &network.vpcs {
        if is_inspected(network, vpc) {
            continue;
        }
        let services = missing(network, vpc);
        let Some(routes) = routes_to_nat(network, vpc).filter(|_| !services.is_empty()) else { continue };
        let first = routes.iter().find_map(|&(table, route)| match &route.target {
            RouteTarget::NatGateway(gateway) => Some((gateway.as_ref()?.resource()?, table, route)),
            _ => None,
        });
        let Some((gateway, table, route)) = first else { continue };
        let names: Vec<&str> = services.iter().map(|(_, name)| *name).collect();
        let names = names.join(" and ");
        let blocked = network.public_access_block(vpc);
        let edits = services.iter().map(|(service, _)| {
            let tables: Option<Vec<ResourceId>> =
                routes.iter().map(|(table, _)| network.template().find_resource(table)).collect();
            mend::gateway_endpoint(network, vpc, service, &tables?).map(|new| new.edits)
        });
        let edits = edits.collect::<Option<Vec<Vec<Edit>>>>().map(|edits| edits.concat());
        let (id, vpc) = (network.id(gateway), network.name_of(&vpc.identity));
        let tables = cut_off::listed(routes.iter().map(|(table, _)| *table));
        let noun = if routes.len() == 1 { "route table" } else { "route tables" };
        let finding = cx.report(
            gateway,
            network.template().resource(gateway).id.span,
            format!("traffic to {names} is charged at `{id}`: `{vpc}` has no gateway endpoint for it, which is free"),
        );
        finding.here("charged by the gigabyte");
        finding.label(
            Some(network.id(route.resource)),
            route.target_span,
            format!("`{table}` sends it here"),
        );
        if let Some(block) = blocked {
            finding.label(
                Some(network.id(block.resource)),
                block.span,
                "blocks the internet for every VPC of the account",
            );
        }
        let ids: Vec<String> =
            services.iter().map(|(id, _)| format!("`com.amazonaws.${{AWS::Region}}.{id}`")).collect();
        let mut why = format!(
            "a NAT gateway is charged for each gigabyte; a gateway endpoint carries what goes to {names} without charge and past the internet"
        );
        if let Some(block) = blocked {
            let block = network.id(block.resource);
            let _ = write!(
                why,
                "; `{block}` lets nothing to the internet without an exclusion, so that the endpoint may be the only way"
            );
        }
        finding
            .fix(Applicability::Suggested, "add the gateway endpoint, with the route tables", edits)
            .why(why)
            .help(format!("add a gateway endpoint for {} with {noun} {tables}", ids.join(" and one for ")));
    }
}

/// The services of which the VPC certainly has no endpoint: Amazon S3, and Amazon DynamoDB where there are tables.
fn missing(network: &Network<'_, '_>, vpc: &Vpc) -> Vec<(&'static str, &'static str)> {
    let tables = ["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::Serverless::SimpleTable"];
    let has_tables = network.template().types().any(|kind| tables.contains(&kind));
    let used = |service: &str| service != "dynamodb" || has_tables;
    FREE_SERVICES
        .iter()
        .copied()
        .filter(|(service, _)| used(service) && network.absence(vpc, service) == Some(World::Closed))
        .collect()
}

/// Whether what leaves the VPC goes through a firewall, which a gateway endpoint would lead it past.
fn is_inspected(network: &Network<'_, '_>, vpc: &Vpc) -> bool {
    let mut tables = network.route_tables.iter().filter(|table| table.vpc.as_ref() == Some(&vpc.identity));
    tables.any(|table| table.routes.iter().any(|route| route.target == RouteTarget::Other))
        || network.endpoints_in(&vpc.identity).any(|endpoint| endpoint.is(EndpointType::GatewayLoadBalancer))
        || network.load_balancers.iter().any(|it| it.kind == Some(LoadBalancerKind::Gateway))
        || network.template().types().any(|kind| kind.starts_with("AWS::NetworkFirewall::"))
}

/// The routes of the VPC to NAT gateways, with the names of their tables; `None` where another stack may add
/// endpoints to one of the tables.
fn routes_to_nat<'n>(network: &'n Network<'_, '_>, vpc: &Vpc) -> Option<Vec<(&'n str, &'n Route)>> {
    let mut routes = Vec::new();
    for table in network.route_tables.iter().filter(|table| table.vpc.as_ref() == Some(&vpc.identity)) {
        // A NAT gateway whose own subnet leads nowhere carries nothing.
        let to_nat = table
            .routes
            .iter()
            .find(|route| matches!(route.target, RouteTarget::NatGateway(_)) && route.ends_in.is_none());
        if let Some(route) = to_nat {
            if table.shared {
                return None;
            }
            routes.push((network.id(table.resource), route));
        }
    }
    Some(routes)
}
