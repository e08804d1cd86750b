//! `load-balancer-shared`: one network load balancer behind two endpoint services.

use crate::diagnostic::Severity;
use crate::network::{EndpointService, Identity, Item, Network};
use crate::text::Span;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "load-balancer-shared",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "One network load balancer behind two endpoint services",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/create-endpoint-service.html",
    page: include_str!("../../rules/load-balancer-shared.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for (index, service) in network.endpoint_services.iter().enumerate() {
        let id = cx.id(service.resource);
        for Item { identity, span } in items(service) {
            let Some(identity) = identity else { continue };
            let Some((first, first_span)) = first_with(network, index, identity) else { continue };
            let (first_id, balancer) = (cx.id(first.resource), network.name_of(identity));
            cx.report(
                service.resource,
                *span,
                format!("`{balancer}` stands behind `{first_id}` already and cannot serve `{id}` too"),
            )
            .here("a second service for it")
            .label(Some(first_id), first_span, "the first one")
            .why("a network load balancer can be behind one endpoint service only")
            .help(format!(
                "give `{id}` a network load balancer of its own, or let consumers of both use `{first_id}`"
            ))
            .symptom("the load balancer is refused when the second service is made");
        }
    }
}

fn items<'n>(service: &'n EndpointService<'_>) -> impl Iterator<Item = &'n Item> {
    service.network_load_balancers.iter().flat_map(|members| &members.items)
}

/// The first of the services before this one that names the load balancer, with the place.
fn first_with<'n, 't>(
    network: &'n Network<'_, 't>,
    before: usize,
    balancer: &Identity,
) -> Option<(&'n EndpointService<'t>, Span)> {
    network.endpoint_services[..before].iter().find_map(|service| {
        let item = items(service).find(|item| item.identity.as_ref() == Some(balancer))?;
        Some((service, item.span))
    })
}
