//! `target-sg-only-consumer-ranges`: targets of an endpoint service that let in ranges without the load balancer.

use crate::diagnostic::{Applicability, Severity};
use crate::network::{AddressRange, Delivery, Members, Network, Peer, Refusal, RefusalReason, Switch};
use crate::template::ResourceId;
use crate::text::Span;

use super::nlb_target_sg_not_opened::{Blocked, OPENING, blocked, label_way, opened, opening, outcome};
use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "target-sg-only-consumer-ranges",
    group: Group::Reachability,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "Targets of an endpoint service that let in the ranges of consumers, but not the load balancer",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html",
    page: include_str!("../../rules/target-sg-only-consumer-ranges.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    // Where a group of the load balancer is let in without effect, `nlb-target-sg-not-opened` speaks.
    let wanted = |refusals: &[Refusal<'_>]| {
        let is_for = |reason| refusals.iter().any(|refusal| refusal.reason == reason);
        is_for(RefusalReason::Range) && !is_for(RefusalReason::NotEnforced)
    };
    for blocked in blocked(network, &wanted) {
        let outcome = outcome(network, &blocked);
        let Blocked { owner, port, deliveries, refusals, whole, .. } = blocked;
        let Some(first) = deliveries.first() else { continue };
        let group = cx.id(owner);
        let balancer = cx.id(first.load_balancer.resource);
        let ranges: Vec<&Refusal<'_>> =
            refusals.iter().filter(|refusal| refusal.reason == RefusalReason::Range).collect();
        let Some(nearest) = ranges.first() else { continue };
        let headline = format!(
            "{outcome}: `{group}` opens port {port} for `{}` only to {}",
            cx.id(first.target_group.resource),
            names(&ranges),
        );
        let finding = cx.report(owner, nearest.rule.peer_span, headline);
        finding.here(format!("no address of `{balancer}` is in this range"));
        if !whole {
            finding.severity(RULE.severity.lowered());
        }
        if let Switch::On(span) = first.target_group.preserve_client_ip {
            finding.label(
                Some(network.id(first.target_group.resource)),
                span,
                "without effect on what comes through PrivateLink",
            );
        }
        for refusal in ranges.iter().skip(1) {
            finding.label(
                Some(network.id(refusal.rule.resource)),
                refusal.rule.peer_span,
                "nor in this range",
            );
        }
        for (resource, span, words) in subnet_labels(network, first) {
            finding.label(Some(network.id(resource)), span, words);
        }
        label_way(network, finding, &deliveries);
        finding
            .why("what comes through PrivateLink reaches the targets from the private addresses of the load balancer, never from the consumer's, even with client IP preservation")
            .help(opening(network, first, group, port))
            .fix(Applicability::Suggested, OPENING, opened(network, &deliveries, owner, port, first.transport()))
            .symptom("it works over peering and not over PrivateLink: targets are unhealthy or connections of consumers time out");
    }
}

/// The ranges by name: "`10.1.0.0/16`", "`10.1.0.0/16` and 2 more".
fn names(ranges: &[&Refusal<'_>]) -> String {
    let mut names: Vec<String> = Vec::new();
    for refusal in ranges {
        if let Peer::Range(AddressRange::Net(net)) = &refusal.rule.peer {
            let name = format!("`{net}`");
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    match names.as_slice() {
        [] => "other ranges".to_owned(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, rest @ ..] => format!("{one} and {} more", rest.len()),
    }
}

/// Where the load balancer has its addresses.
fn subnet_labels(network: &Network<'_, '_>, delivery: &Delivery<'_, '_>) -> Vec<(ResourceId, Span, String)> {
    let balancer = delivery.load_balancer;
    let subnets = balancer.subnets.iter().flat_map(Members::known);
    subnets
        .filter_map(|subnet| network.subnet(subnet))
        .map(|subnet| {
            let words = match &subnet.range {
                Some(AddressRange::Net(net)) => {
                    format!("`{}` sends from here, from `{net}`", network.id(balancer.resource))
                }
                _ => format!("`{}` sends from here", network.id(balancer.resource)),
            };
            (subnet.resource, network.template().resource(subnet.resource).id.span, words)
        })
        .collect()
}
