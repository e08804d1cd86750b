//! `nlb-egress-blocks-targets`: a load balancer of an endpoint service whose own security group keeps it from targets.

use crate::diagnostic::Severity;
use crate::network::{Admission, Delivery, Network};
use crate::template::ResourceId;
use crate::text::Span;

use super::client_egress_blocked::destination;
use super::nlb_target_sg_not_opened::{Blocked, gathered, port_label, target_label};
use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "nlb-egress-blocks-targets",
    group: Group::Reachability,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "A load balancer of an endpoint service whose security group does not let it send to its targets",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html",
    page: include_str!("../../rules/nlb-egress-blocks-targets.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for blocked in gathered(network, &|_| true, |delivery| {
        std::mem::replace(&mut delivery.departure, Admission::Unknown)
    }) {
        report(cx, &blocked, false);
    }
    for blocked in gathered(network, &|_| true, |delivery| {
        delivery.health_check_departure.take().unwrap_or(Admission::Unknown)
    }) {
        report(cx, &blocked, true);
    }
}

fn report(cx: &mut Context<'_, '_>, blocked: &Blocked<'_, '_>, checks: bool) {
    let network = cx.network;
    let Some(first) = blocked.deliveries.first() else { return };
    let (group, balancer) = (cx.id(blocked.owner), cx.id(first.load_balancer.resource));
    let (targets, port) = (cx.id(first.target_group.resource), blocked.port);
    let headline = if checks {
        format!(
            "health checks of `{targets}` fail: no egress of `{group}` lets `{balancer}` send to port {port}"
        )
    } else {
        format!("`{balancer}` cannot send to `{targets}`: no egress of `{group}` leads to port {port} there")
    };
    let finding = cx.report(blocked.owner, cx.id_span(blocked.owner), headline);
    finding.here(format!("the security group of `{balancer}`"));
    if blocked.groups.iter().any(|group| group.shared) {
        finding.severity(RULE.severity.lowered());
    }
    for refusal in &blocked.refusals {
        let words = destination(network, refusal.rule);
        finding.label(Some(network.id(refusal.rule.resource)), refusal.rule.span, words);
    }
    let mut said: Vec<Span> = Vec::new();
    for delivery in &blocked.deliveries {
        for (resource, span, words) in way(network, delivery, checks) {
            if !said.contains(&span) {
                said.push(span);
                finding.label(Some(network.id(resource)), span, words);
            }
        }
    }
    let protocol = match first.transport() {
        _ if checks => "TCP",
        Some(protocol) => protocol.name(),
        None => "TCP and UDP",
    };
    let theirs = network.group_members_of_target(first.target);
    let to = match theirs.as_ref().and_then(|groups| groups.known().next()) {
        Some(own) => format!("with `DestinationSecurityGroupId` of `{}`", network.name_of(own)),
        None => format!("to the addresses of `{targets}`"),
    };
    finding
        .why("a security group that lists egress lets nothing else out, neither traffic nor health checks")
        .help(format!("add egress for {protocol} {port} to `{group}` {to}"))
        .symptom(
            "targets are unhealthy with `Target.FailedHealthChecks`, and connections of consumers time out",
        );
}

/// The ports and the targets.
fn way(
    network: &Network<'_, '_>,
    delivery: &Delivery<'_, '_>,
    checks: bool,
) -> Vec<(ResourceId, Span, String)> {
    let group = delivery.target_group;
    let port = if checks {
        let words = "health checks have a port of their own".to_owned();
        group.health_check_port.map(|(_, span)| (group.resource, span, words))
    } else {
        port_label(delivery)
    };
    port.into_iter().chain([target_label(network, delivery)]).collect()
}
