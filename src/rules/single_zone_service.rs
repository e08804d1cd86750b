//! `single-zone-service`: an endpoint service whose load balancers stand in one subnet.

use crate::diagnostic::Severity;
use crate::network::{EndpointService, LoadBalancer, Members, Network};

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "single-zone-service",
    group: Group::Resilience,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "An endpoint service whose network load balancer stands in one availability zone",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-share-your-services.html",
    page: include_str!("../../rules/single-zone-service.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for service in &network.endpoint_services {
        let Some((balancer, subnets)) = only_subnet(network, service) else { continue };
        let (id, service_id) = (cx.id(balancer.resource), cx.id(service.resource));
        let service_span = cx.id_span(service.resource);
        cx.report(
            balancer.resource,
            subnets.span,
            format!("`{service_id}` is offered in one availability zone: `{id}` has one subnet"),
        )
        .here("one subnet, so one zone")
        .label(Some(service_id), service_span, "consumers can have endpoints in that zone only")
        .why("consumers can make endpoints only in zones where the load balancer of the service has a subnet, and when the zone fails the service is gone for all of them")
        .help(format!("give `{id}` a subnet in each zone where consumers are, two at least"))
        .symptom("`The VPC endpoint service does not support the availability zone of the subnet`");
    }
}

/// The first load balancer of a service and its subnets, where all load balancers stand in the same one subnet.
fn only_subnet<'n>(
    network: &'n Network<'_, '_>,
    service: &'n EndpointService<'_>,
) -> Option<(&'n LoadBalancer, &'n Members)> {
    let named = service.network_load_balancers.as_ref().filter(|named| named.complete)?;
    let balancers: Vec<&LoadBalancer> = network.network_load_balancers_of(service).collect();
    if balancers.len() != named.items.len() {
        return None;
    }
    let first = *balancers.first()?;
    let subnets = first.subnets.as_ref()?;
    let same = |balancer: &&LoadBalancer| {
        let own = balancer.subnets.as_ref().filter(|own| own.complete && own.items.len() == 1);
        own.is_some_and(|own| own.known().eq(subnets.known()))
    };
    balancers.iter().all(same).then_some((first, subnets))
}
