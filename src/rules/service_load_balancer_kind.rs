//! `service-load-balancer-kind`: an endpoint service without a load balancer, or with load balancers of both kinds.

use crate::diagnostic::Severity;
use crate::network::Members;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "service-load-balancer-kind",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "An endpoint service without a load balancer, or with both network and gateway load balancers",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/create-endpoint-service.html",
    page: include_str!("../../rules/service-load-balancer-kind.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    for service in &cx.network.endpoint_services {
        let id = cx.id(service.resource);
        let (network, gateway) = (&service.network_load_balancers, &service.gateway_load_balancers);
        if let (Some(network), Some(gateway)) = (network, gateway)
            && !network.items.is_empty()
            && !gateway.items.is_empty()
        {
            cx.report(
                service.resource,
                gateway.span,
                format!("`{id}` names network and gateway load balancers, and a service takes one kind only"),
            )
            .here("gateway load balancers here")
            .label(Some(id), network.span, "and network load balancers here")
            .why("consumers reach a service through interface endpoints to network load balancers or through gateway load balancer endpoints, never both")
            .help("keep the kind that this service is for and make a second endpoint service for the other")
            .symptom("the service is refused when the stack is made");
        } else if is_none(network.as_ref()) && is_none(gateway.as_ref()) {
            let written = network.as_ref().or(gateway.as_ref());
            cx.report(
                service.resource,
                written.map_or(cx.id_span(service.resource), |written| written.span),
                format!("`{id}` has no load balancer: an endpoint service needs one at least"),
            )
            .here(if written.is_some() { "an empty list" } else { "no load balancer is named" })
            .why("an endpoint service is a door to a load balancer, and AWS does not make one without")
            .help("name a load balancer in `NetworkLoadBalancerArns`, or in `GatewayLoadBalancerArns` for appliances")
            .symptom("the service is refused when the stack is made");
        }
    }
}

/// Whether a list is certainly absent or empty.
fn is_none(members: Option<&Members>) -> bool {
    members.is_none_or(|members| members.complete && members.items.is_empty())
}
