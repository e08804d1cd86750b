//! `health-check-port-blocked`: targets of an endpoint service that do not open the port of their health checks.

use crate::diagnostic::Severity;
use crate::network::{Admission, Peer, RefusalReason};

use super::nlb_target_sg_not_opened::{Blocked, gathered, label_way, opening_for};
use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "health-check-port-blocked",
    group: Group::Reachability,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "Targets of an endpoint service that do not open the port of their health checks",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html",
    page: include_str!("../../rules/health-check-port-blocked.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    let blocked =
        gathered(network, &|_| true, |delivery| delivery.health_check.take().unwrap_or(Admission::Unknown));
    for Blocked { owner, port, deliveries, refusals, .. } in blocked {
        let Some(first) = deliveries.first() else { continue };
        let Some((_, port_span)) = first.target_group.health_check_port else { continue };
        let (group, balancer) = (cx.id(owner), cx.id(first.load_balancer.resource));
        let targets = cx.id(first.target_group.resource);
        let finding = cx.report(
            owner,
            cx.id_span(owner),
            format!("health checks of `{targets}` fail: `{group}` does not open port {port} to `{balancer}`"),
        );
        finding.here(format!("no ingress lets `{balancer}` in on port {port}")).label(
            Some(targets),
            port_span,
            "health checks have a port of their own",
        );
        for refusal in refusals.iter().filter(|refusal| refusal.reason != RefusalReason::Ports) {
            let words = match &refusal.rule.peer {
                Peer::Group(peer) => {
                    format!("opens {port} for `{}`, which the load balancer is not in", network.name_of(peer))
                }
                _ => format!("opens {port} for addresses of which `{balancer}` has none"),
            };
            finding.label(Some(network.id(refusal.rule.resource)), refusal.rule.span, words);
        }
        label_way(network, finding, &deliveries);
        finding
            .why("the load balancer checks its targets from its own addresses, and sends nothing to targets that it finds unhealthy while others are healthy")
            .help(opening_for(network, first, group, &format!("TCP {port}")))
            .symptom("targets are unhealthy with `Target.FailedHealthChecks` although the service itself answers");
    }
}
