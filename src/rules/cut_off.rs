//! What rules say in common about subnets without a way to a service.

use crate::diagnostic::{Finding, Severity};

pub(super) use crate::diagnostic::listed;

use crate::facts::EndpointType;
use crate::network::{Endpoint, Identity, Network, Obstacle, RouteClass, Subnet, Switch, Vpc, World};
use crate::text::Span;

/// The severity of what is absent: one level lower where it may exist outside the template.
pub(super) fn severity(closed: Severity, world: World) -> Severity {
    match world {
        World::Closed => closed,
        World::Open => closed.lowered(),
    }
}

/// The subnets in words: "subnet `A`", "subnets `A` and `B`".
pub(super) fn subnets_in_words(network: &Network<'_, '_>, subnets: &[&Subnet]) -> String {
    let noun = if subnets.len() == 1 { "subnet" } else { "subnets" };
    format!("{noun} {}", listed(subnets.iter().map(|subnet| network.id(subnet.resource))))
}

/// The route tables of subnets, each once, with the subnets that use it.
pub(super) fn tables_of<'s>(subnets: &[&'s Subnet]) -> Vec<(&'s Identity, Vec<&'s Subnet>)> {
    let mut tables: Vec<(&Identity, Vec<&Subnet>)> = Vec::new();
    for &subnet in subnets {
        let Some((table, _)) = &subnet.route_table else { continue };
        match tables.iter_mut().find(|(known, _)| *known == table) {
            Some((_, users)) => users.push(subnet),
            None => tables.push((table, vec![subnet])),
        }
    }
    tables
}

/// The tables of subnets as items of `RouteTableIds`, in backticks: "`!Ref A, !Ref B`".
pub(super) fn tables_to_list(network: &Network<'_, '_>, subnets: &[&Subnet]) -> String {
    let references: Vec<String> = tables_of(subnets)
        .into_iter()
        .filter_map(|(table, _)| table.resource())
        .map(|table| format!("!Ref {}", network.id(table)))
        .collect();
    format!("`{}`", references.join(", "))
}

/// Points at each subnet and at the route table that lets nothing out of it.
pub(super) fn label_subnets(
    finding: &mut Finding,
    network: &Network<'_, '_>,
    subnets: &[&Subnet],
    service: &str,
) {
    for (table, users) in tables_of(subnets) {
        let users = subnets_in_words(network, &users);
        if let Some(table) = table.resource() {
            let span = network.template().resource(table).id.span;
            // Only for workloads without a public address is a public subnet one without a way out.
            let message = if subnets.iter().any(|subnet| subnet.route_class == RouteClass::Public) {
                format!(
                    "the route table of {users} leads to an internet gateway, which carries traffic of public addresses only, and not to {service}"
                )
            } else {
                format!("the route table of {users} leads neither to the internet nor to {service}")
            };
            finding.label(Some(network.id(table)), span, message);
        }
    }
    for route in tables_of(subnets)
        .iter()
        .filter_map(|(table, _)| network.route_table(table))
        .flat_map(|it| &it.routes)
    {
        if let Some(end) = route.ends_in {
            let message =
                format!("stands in `{}`, from where nothing leads to the internet either", network.id(end));
            finding.label(Some(network.id(route.resource)), route.target_span, message);
        }
    }
    for subnet in subnets {
        let span = network.template().resource(subnet.resource).id.span;
        let table = subnet.route_table.as_ref().and_then(|(table, _)| table.resource());
        let message = table.map_or_else(
            || "isolated".to_owned(),
            |table| match subnet.route_class {
                RouteClass::Public => format!("its route table is `{}`", network.id(table)),
                _ => format!("isolated: its route table is `{}`", network.id(table)),
            },
        );
        finding.label(Some(network.id(subnet.resource)), span, message);
    }
}

/// Points at the endpoints that are there and do not help.
pub(super) fn label_obstacle(
    finding: &mut Finding,
    network: &Network<'_, '_>,
    obstacle: &Obstacle<'_, '_>,
    subnets: &[&Subnet],
) {
    let endpoints = match obstacle {
        Obstacle::NoEndpoint => return,
        Obstacle::NoGatewayRoute(endpoints) | Obstacle::NoPrivateName(endpoints) => endpoints,
    };
    for endpoint in endpoints {
        let id = network.id(endpoint.resource);
        if let Some((span, words)) = idle(network, endpoint) {
            finding.label(Some(id), span, words);
        } else if let Some(tables) = &endpoint.route_tables {
            let missing = tables_of(subnets).into_iter().filter_map(|(table, _)| table.resource());
            let missing = listed(missing.map(|table| network.id(table)));
            finding.label(Some(id), tables.span, format!("{missing} is not among its route tables"));
        }
    }
}

/// Why an endpoint certainly serves nobody in the VPC, if that is so: the place and the words.
pub(super) fn idle(network: &Network<'_, '_>, endpoint: &Endpoint<'_>) -> Option<(Span, &'static str)> {
    let id = network.template().resource(endpoint.resource).id.span;
    match endpoint.kind? {
        EndpointType::Gateway if endpoint.handed_out => None,
        EndpointType::Gateway => match &endpoint.route_tables {
            None => Some((id, "a gateway endpoint without route tables serves nobody")),
            Some(tables) if tables.complete && tables.items.is_empty() => {
                Some((tables.span, "no route table has a route to it"))
            }
            Some(_) => None,
        },
        EndpointType::Interface if network.named(endpoint) == Some(false) => {
            Some(match endpoint.private_dns {
                Switch::On(span) => {
                    (span, "serves only inbound resolver endpoints unless `DnsOptions` says `AllResolvers`")
                }
                Switch::Off(span) => (span, "its private DNS is off"),
                Switch::Absent | Switch::Unknown => (id, "its private DNS is not switched on"),
            })
        }
        _ => None,
    }
}

/// What is known of the subnets whose workloads an interface endpoint is for, where no workload shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clients {
    /// They have no way out of the VPC.
    Isolated,
    /// Nothing is seen that leads out of the VPC from them.
    Unseen,
    /// They may get out of the VPC without endpoints.
    Routed,
}

/// Judges by the subnets that the endpoint stands in, else by all subnets of the VPC.
pub(super) fn clients(network: &Network<'_, '_>, vpc: &Vpc, endpoint: &Endpoint<'_>) -> Clients {
    let here = |other: &Option<Identity>| other.as_ref() == Some(&vpc.identity);
    let tables = || network.route_tables.iter().filter(|table| here(&table.vpc));
    let subnets = || network.subnets.iter().filter(|subnet| here(&subnet.vpc));
    let isolated = |subnet: &Subnet| subnet.route_class == RouteClass::Isolated;
    let translated = tables().any(|table| table.class == RouteClass::Translated);
    if let Some(members) = &endpoint.subnets {
        let own: Vec<&Subnet> = members.known().filter_map(|member| network.subnet(member)).collect();
        let known = members.complete && own.len() == members.items.len() && !own.is_empty();
        if known && own.iter().all(|subnet| isolated(subnet)) {
            return if translated { Clients::Unseen } else { Clients::Isolated };
        }
    }
    // A table whose default route is not understood may lead out.
    let unclear = tables().any(|table| table.class == RouteClass::Unknown);
    let public = tables().any(|table| table.class == RouteClass::Public);
    if translated || unclear {
        Clients::Routed
    } else if !public && vpc.resource.is_some() && vpc.world == World::Closed {
        // The main table of a VPC made here has no route but the local one: a template cannot name it.
        Clients::Isolated
    } else if public && !subnets().any(isolated) {
        Clients::Routed
    } else {
        Clients::Unseen
    }
}
