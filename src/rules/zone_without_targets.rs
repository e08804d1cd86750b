//! `zone-without-targets`: a load balancer of an endpoint service with a zone in which there is no target, or just one.

use crate::diagnostic::{Finding, Severity};
use crate::network::{
    EndpointService, Identity, Item, LeftOut, LoadBalancer, LoadBalancerKind, LoneTarget, Network, Subnet,
    Switch, TargetGroup,
};
use crate::template::ResourceId;
use crate::text::Span;

use super::nlb_target_sg_not_opened::register_label;
use super::{Check, Context, Group, Persona, Rule, cut_off};

pub(super) static RULE: Rule = Rule {
    name: "zone-without-targets",
    group: Group::Reachability,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "A load balancer of an endpoint service with a zone in which it has no target to send to, or one only",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-cross-zone.html",
    page: include_str!("../../rules/zone-without-targets.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    // Several services may share a gateway load balancer.
    let mut appliances: Vec<ResourceId> = Vec::new();
    for service in &network.endpoint_services {
        for balancer in network.network_load_balancers_of(service) {
            check_balancer(cx, service, balancer);
        }
        for balancer in network.gateway_load_balancers_of(service) {
            if !appliances.contains(&balancer.resource) {
                appliances.push(balancer.resource);
                check_balancer(cx, service, balancer);
            }
        }
    }
}

fn check_balancer(cx: &mut Context<'_, '_>, service: &EndpointService<'_>, balancer: &LoadBalancer) {
    let network = cx.network;
    let mut groups: Vec<&TargetGroup> = Vec::new();
    for group in network.listeners_of(balancer).flat_map(|it| network.target_groups_of(it)) {
        if !groups.iter().any(|known| known.resource == group.resource) {
            groups.push(group);
        }
    }
    let mut all_zones_have_targets = true;
    for &group in &groups {
        if let Some(left_out) = network.zones_without_targets(balancer, group) {
            report(cx, service, balancer, group, &left_out);
            all_zones_have_targets = false;
        }
    }
    let lone = groups.into_iter().filter_map(|group| Some((group, network.lone_targets(balancer, group)?)));
    // What helps against a zone without targets helps here too; and groups of one load balancer nearly always hold
    // the same machines.
    if let Some((group, lone)) = lone.into_iter().find(|(_, lone)| !lone.is_empty() && all_zones_have_targets)
    {
        report_lone(cx, service, balancer, group, &lone);
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
    label_switch(network, finding, balancer, group);
    let is_for_appliances = balancer.kind == Some(LoadBalancerKind::Gateway);
    let why = if everywhere {
        "a load balancer sends to targets in zones of its own subnets only".to_owned()
    } else if is_for_appliances {
        "cross-zone load balancing is off unless it is switched on: each zone of a gateway load balancer sends to targets in that zone, and drops all flows where there is none".to_owned()
    } else {
        format!(
            "cross-zone load balancing is off unless it is switched on: each zone of the load balancer sends to targets in that zone, so consumers of `{}` whose endpoint is in a zone without targets reach nothing",
            network.id(service.resource)
        )
    };
    let help = if everywhere {
        format!("give `{id}` a subnet in each zone of its targets")
    } else {
        format!("{}, or register targets in each zone", switch_on(network, balancer, group))
    };
    finding.why(why).help(help).symptom(if is_for_appliances {
        "traffic through the endpoints is dropped in one zone and passes in others"
    } else {
        "connections of consumers are reset or time out in one zone and work in others"
    });
}

/// Zones that one failure stops.
fn report_lone(
    cx: &mut Context<'_, '_>,
    service: &EndpointService<'_>,
    balancer: &LoadBalancer,
    group: &TargetGroup,
    lone: &[LoneTarget<'_>],
) {
    let network = cx.network;
    let (id, targets) = (cx.id(balancer.resource), cx.id(group.resource));
    let [first, further @ ..] = lone else { return };
    let names: Vec<String> = lone.iter().map(|one| network.name_of(&one.target.identity)).collect();
    let listed = cut_off::listed(names.iter().map(String::as_str));
    let of_zones: Vec<String> =
        lone.iter().filter_map(|one| Some(network.name_of(one.zone.identity.as_ref()?))).collect();
    let zones = balancer.subnets.as_ref().map_or(0, |subnets| subnets.items.len());
    let place = match of_zones.as_slice() {
        all if all.len() == zones => "each of its zones".to_owned(),
        [one] => format!("the zone of `{one}`"),
        some => format!("the zones of {}", cut_off::listed(some.iter().map(String::as_str))),
    };
    let finding = cx.report(
        balancer.resource,
        first.zone.span,
        format!(
            "`{id}` has one target of `{targets}` in {place}, {listed}, and cross-zone load balancing is off"
        ),
    );
    finding.severity(Severity::Info).here(format!("only `{}` is in this zone", names[0]));
    for (one, name) in further.iter().zip(&names[1..]) {
        finding.label(Some(id), one.zone.span, format!("only `{name}` is in this zone"));
    }
    for one in lone {
        let (resource, span, words) = register_label(network, group, one.target);
        finding.label(Some(network.id(resource)), span, words);
    }
    for (one, name) in lone.iter().zip(&names) {
        let other =
            one.subnet.filter(|subnet| one.zone.identity != Some(Identity::Resource(subnet.resource)));
        if let Some((subnet, zone)) = other.and_then(|subnet| Some((subnet, zone_of(network, subnet)?))) {
            let id = network.id(subnet.resource);
            finding.label(Some(id), zone, format!("zone of `{id}`, where `{name}` is"));
        }
    }
    label_switch(network, finding, balancer, group);
    let (why, symptom) = if balancer.kind == Some(LoadBalancerKind::Gateway) {
        (
            "each zone of a gateway load balancer sends to targets in that zone only: while its one target is down or replaced, the flows of the zone are dropped, although another zone has a target to which new flows could go".to_owned(),
            "all traffic through the endpoint of one zone is dropped when its appliance fails",
        )
    } else {
        (
            format!(
                "each zone of the load balancer sends to targets in that zone only: while its one target is down or replaced, consumers of `{}` that come in there reach nothing, although another zone has a target",
                network.id(service.resource)
            ),
            "connections of consumers fail in one zone while a target is replaced",
        )
    };
    finding
        .why(why)
        .help(format!("{}, or register a second target in each zone", switch_on(network, balancer, group)))
        .symptom(symptom);
}

/// A label where cross-zone load balancing is switched off by name.
fn label_switch(
    network: &Network<'_, '_>,
    finding: &mut Finding,
    balancer: &LoadBalancer,
    group: &TargetGroup,
) {
    let switches = [(group.cross_zone, group.resource), (balancer.cross_zone, balancer.resource)];
    let off = switches.into_iter().find_map(|(switch, owner)| match switch {
        Switch::Off(span) => Some((owner, span)),
        _ => None,
    });
    if let Some((owner, span)) = off {
        finding.label(Some(network.id(owner)), span, "each zone sends to its own targets only");
    }
}

/// How to let zones send to targets of others.
fn switch_on(network: &Network<'_, '_>, balancer: &LoadBalancer, group: &TargetGroup) -> String {
    let (list, holder) = match group.cross_zone {
        Switch::Off(_) => ("TargetGroupAttributes", group.resource),
        _ => ("LoadBalancerAttributes", balancer.resource),
    };
    let holder = network.id(holder);
    format!("set `load_balancing.cross_zone.enabled` to `true` in `{list}` of `{holder}`")
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
        if let Some(zone) = zone_of(network, subnet) {
            let id = network.id(subnet.resource);
            finding.label(Some(id), zone, format!("zone of `{id}`{what}"));
        }
    }
}

/// Where the zone of a subnet is written.
fn zone_of(network: &Network<'_, '_>, subnet: &Subnet) -> Option<Span> {
    let zone = ["AvailabilityZone", "AvailabilityZoneId"];
    zone.iter().find_map(|key| network.scenario.property(subnet.resource, key)).map(|zone| zone.span)
}
