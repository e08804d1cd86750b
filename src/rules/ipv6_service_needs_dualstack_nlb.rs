//! `ipv6-service-needs-dualstack-nlb`: an endpoint service for IPv6 before a load balancer that has IPv4 only.

use crate::diagnostic::Severity;
use crate::network::Switch;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "ipv6-service-needs-dualstack-nlb",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "An endpoint service for IPv6 before a network load balancer that has IPv4 only",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-share-your-services.html",
    page: include_str!("../../rules/ipv6-service-needs-dualstack-nlb.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for service in &network.endpoint_services {
        let Some(ipv6) = service.ipv6 else { continue };
        for balancer in network.network_load_balancers_of(service) {
            let (id, service_id) = (cx.id(balancer.resource), cx.id(service.resource));
            let (span, words) = match balancer.dual_stack {
                Switch::Off(span) => (span, "IPv4 only"),
                Switch::Absent => {
                    (cx.id_span(balancer.resource), "without `IpAddressType` a load balancer has IPv4 only")
                }
                Switch::On(_) | Switch::Unknown => continue,
            };
            cx.report(
                service.resource,
                ipv6,
                format!("`{service_id}` is to take IPv6, but `{id}` behind it has IPv4 only"),
            )
            .here("needs dual-stack load balancers")
            .label(Some(id), span, words)
            .why("a service can support IPv6 only if every network load balancer behind it is dual-stack")
            .help(format!(
                "set `IpAddressType: dualstack` on `{id}`, in subnets that have IPv6, or leave `ipv6` out"
            ))
            .symptom("the service is refused when the stack is made");
        }
    }
}
