//! `nlb-without-security-group`: a load balancer of an endpoint service that can never get a security group.

use crate::diagnostic::Severity;
use crate::network::Switch;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "nlb-without-security-group",
    group: Group::Security,
    severity: Severity::Info,
    persona: Persona::Default,
    summary: "A load balancer of an endpoint service without a security group: none can be added later",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html",
    page: include_str!("../../rules/nlb-without-security-group.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for service in &network.endpoint_services {
        for balancer in network.network_load_balancers_of(service) {
            // A property that needs a group is `enforcement-without-security-group`.
            let (span, here) = match &balancer.security_groups {
                _ if balancer.enforcement != Switch::Absent => continue,
                None => (cx.id_span(balancer.resource), "no `SecurityGroups`"),
                Some(groups) if groups.complete && groups.items.is_empty() => (groups.span, "an empty list"),
                Some(_) => continue,
            };
            cx.report(
                balancer.resource,
                span,
                format!("`{}` has no security group and can never get one", cx.id(balancer.resource)),
            )
            .here(here)
            .why("a network load balancer made without a security group lets everybody through to its targets, and a group can be added only by making a new load balancer, which cuts off the consumers of its endpoint service")
            .help("give it `SecurityGroups` now, even one that lets everything in; targets can then name that group as their source")
            .symptom("`SetSecurityGroups` is refused: the load balancer was made without security groups")
            .together("no security group is on {count} load balancers of endpoint services, and none can be added: {names}");
        }
    }
}
