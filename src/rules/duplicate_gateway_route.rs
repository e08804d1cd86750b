//! `duplicate-gateway-route`: two gateway endpoints for one service in one route table.

use crate::diagnostic::Severity;
use crate::facts::EndpointType;
use crate::network::{Endpoint, Members, Network};
use crate::text::Span;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "duplicate-gateway-route",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "Two gateway endpoints for one service in one route table, which can hold one route to it",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
    page: include_str!("../../rules/duplicate-gateway-route.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    let gateways: Vec<(&Endpoint<'_>, &'static str, &Members)> = network
        .endpoints
        .iter()
        .filter(|endpoint| endpoint.is(EndpointType::Gateway))
        .filter_map(|endpoint| Some((endpoint, endpoint.service_id()?, endpoint.route_tables.as_ref()?)))
        .collect();
    for (index, &(later, service, tables)) in gateways.iter().enumerate() {
        let first = gateways[..index].iter().find_map(|&(first, other, others)| {
            let shared = (other == service).then(|| shared_table(network, others, tables))??;
            Some((network.id(first.resource), shared))
        });
        let Some((first, shared)) = first else { continue };
        let id = network.id(later.resource);
        let table = &shared.name;
        cx.report(
            later.resource,
            shared.later,
            format!("`{first}` and `{id}` are both gateway endpoints for `{service}` in the route table `{table}`"),
        )
        .here(format!("the second route to `{service}` in `{table}`"))
        .label(Some(first), shared.first, format!("the route of `{first}`"))
        .why("a gateway endpoint is a route to the prefix list of its service, and a route table holds one route to each destination")
        .help(format!("remove `{id}`, or list `{table}` in one of the two only"))
        .symptom("route table rtb-... already has a route with destination-prefix-list-id pl-...");
    }
}

/// A route table that two endpoints list.
struct SharedTable {
    name: String,
    first: Span,
    later: Span,
}

fn shared_table(network: &Network<'_, '_>, first: &Members, later: &Members) -> Option<SharedTable> {
    later.items.iter().find_map(|item| {
        let table = item.identity.as_ref()?;
        let same = first.items.iter().find(|other| other.identity.as_ref() == Some(table))?;
        Some(SharedTable { name: network.name_of(table), first: same.span, later: item.span })
    })
}
