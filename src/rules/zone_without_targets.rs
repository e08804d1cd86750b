//! `zone-without-targets`: a load balancer of an endpoint service with a zone in which there is no target.

use crate::diagnostic::{Finding, Severity};
use crate::network::{EndpointService, Item, LeftOut, LoadBalancer, Network, Subnet, Switch, TargetGroup};

use super::nlb_target_sg_not_opened::register_label;
use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "zone-without-targets",
    group: Group::Reachability,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "A load balancer of an endpoint service with a zone in which it has no target to send to",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-cross-zone.html",
    page: include_str!("../../rules/zone-without-targets.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for service in &network.endpoint_services {
        for balancer in network.network_load_balancers_of(service) {
            let mut seen = Vec::new();
            for group in network.listeners_of(balancer).flat_map(|it| network.target_groups_of(it)) {
                if seen.contains(&group.resource) {
                    continue;
                }
                seen.push(group.resource);
                if let Some(left_out) = network.zones_without_targets(balancer, group) {
                    report(cx, service, balancer, group, &left_out);
                }
            }
        }
    }
}

fn report(
    cx: &mut Context<'_, '_>,
    service: &EndpointService<'_>,
    balancer: &LoadBalancer,
    group: &TargetGroup,
    left_out: &LeftOut<'_>,
) {
    let network = cx.network;
    let (id, targets) = (cx.id(balancer.resource), cx.id(group.resource));
    let Some(subnets) = &balancer.subnets else { return };
    let mut everywhere = false;
    let finding = match left_out {
        LeftOut::Subnets { left_out, others } => {
            let [(item, subnet), further @ ..] = left_out.as_slice() else { return };
            everywhere = left_out.len() == subnets.items.len() && subnets.complete;
            let finding = cx.report(
                balancer.resource,
                item.span,
                format!(
                    "`{id}` has no target of `{targets}` in the zone of `{}`",
                    network.id(subnet.resource)
                ),
            );
            finding.here("no target in this zone");
            for (item, _) in further {
                finding.label(Some(id), item.span, "nor in this zone");
            }
            label_zones(network, finding, left_out, others, "where targets are");
            finding
        }
        LeftOut::Some { zones, at_most } => {
            let finding = cx.report(
                balancer.resource,
                subnets.span,
                format!(
                    "`{id}` stands in {zones} zones, and the targets in `{targets}` in {at_most} at most"
                ),
            );
            finding.here(format!("{zones} subnets, so {zones} zones"));
            finding
        }
    };
    for target in &group.targets {
        let (resource, span, words) = register_label(network, group, target);
        finding.label(Some(network.id(resource)), span, words);
    }
    let (holder, list) = match group.cross_zone {
        Switch::Off(_) => (targets, "TargetGroupAttributes"),
        _ => (id, "LoadBalancerAttributes"),
    };
    if let Switch::Off(span) = group.cross_zone {
        finding.label(Some(targets), span, "each zone sends to its own targets only");
    } else if let Switch::Off(span) = balancer.cross_zone {
        finding.label(Some(id), span, "each zone sends to its own targets only");
    }
    let why = if everywhere {
        "a load balancer sends to targets in zones of its own subnets only".to_owned()
    } else {
        format!(
            "cross-zone load balancing is off unless it is switched on: each zone of the load balancer sends to targets in that zone, so consumers of `{}` whose endpoint is in a zone without targets reach nothing",
            network.id(service.resource)
        )
    };
    let help = if everywhere {
        format!("give `{id}` a subnet in each zone of its targets")
    } else {
        format!(
            "set `load_balancing.cross_zone.enabled` to `true` in `{list}` of `{holder}`, or register targets in each zone"
        )
    };
    finding
        .why(why)
        .help(help)
        .symptom("connections of consumers are reset or time out in one zone and work in others");
}

/// Labels for the zones of subnets that are left out and of the others.
pub(super) fn label_zones(
    network: &Network<'_, '_>,
    finding: &mut Finding,
    left_out: &[(&Item, &Subnet)],
    others: &[&Subnet],
    what: &str,
) {
    let left_out = left_out.iter().map(|(_, subnet)| (*subnet, String::new()));
    let others = others.iter().map(|subnet| (*subnet, format!(", {what}")));
    for (subnet, what) in left_out.chain(others) {
        let zone = ["AvailabilityZone", "AvailabilityZoneId"];
        if let Some(zone) = zone.iter().find_map(|key| network.scenario.property(subnet.resource, key)) {
            let id = network.id(subnet.resource);
            finding.label(Some(id), zone.span, format!("zone of `{id}`{what}"));
        }
    }
}
