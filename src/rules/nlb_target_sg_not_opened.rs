//! `nlb-target-sg-not-opened`: targets of an endpoint service whose security group does not open the port at all.

use rustc_hash::FxHashSet;

use crate::diagnostic::{Applicability, Edit, Finding, Severity};
use crate::network::{
    AddressRange, Admission, Delivery, Identity, LoadBalancer, Members, Network, Peer, Ports, Protocol,
    Refusal, RefusalReason, SecurityGroup, Switch, Target, TargetGroup,
};
use crate::template::ResourceId;
use crate::text::Span;

use super::{Check, Context, Group, Persona, Rule, cut_off, mend};

pub(super) static RULE: Rule = Rule {
    name: "nlb-target-sg-not-opened",
    group: Group::Reachability,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "A network load balancer behind an endpoint service whose targets do not open their port to it",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-register-targets.html",
    page: include_str!("../../rules/nlb-target-sg-not-opened.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    report_shut(cx);
    if cx.network.load_balancers.iter().any(|balancer| !balancer.is_enforced()) {
        report_not_enforced(cx);
    }
    let is_for_both = |group: &TargetGroup| group.protocol.is_some() && group.transport().is_none();
    if cx.network.target_groups.iter().any(is_for_both) {
        report_shut_protocol(cx, Protocol::Tcp);
        report_shut_protocol(cx, Protocol::Udp);
    }
}

fn report_shut(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    // Ranges that leave the load balancer out are `target-sg-only-consumer-ranges`.
    let is_left = |reason| matches!(reason, RefusalReason::Range | RefusalReason::NotEnforced);
    let wanted = |refusals: &[Refusal<'_>]| !refusals.iter().any(|it| is_left(it.reason));
    for blocked in blocked(network, &wanted) {
        let (outcome, symptom) = (outcome(network, &blocked), symptom(&blocked));
        let Blocked { owner, port, deliveries, groups, refusals, whole } = blocked;
        let Some(first) = deliveries.first() else { continue };
        let group = cx.id(owner);
        let balancer = cx.id(first.load_balancer.resource);
        let headline = format!(
            "{outcome}: `{group}` does not open port {port} for `{}`",
            cx.id(first.target_group.resource),
        );
        let here = if groups.iter().all(|group| group.ingress.is_empty()) {
            "it has no ingress at all".to_owned()
        } else {
            format!("no ingress lets `{balancer}` in on port {port}")
        };
        let finding = cx.report(owner, cx.id_span(owner), headline);
        finding.here(here);
        if !whole {
            finding.severity(RULE.severity.lowered());
        }
        for refusal in &refusals {
            if let Some(words) = comes_near(network, first, refusal, port) {
                finding.label(Some(network.id(refusal.rule.resource)), refusal.rule.span, words);
            }
        }
        for other in groups.iter().filter_map(|group| group.resource).filter(|other| *other != owner) {
            let span = network.template().resource(other).id.span;
            finding.label(Some(network.id(other)), span, "nor does this group");
        }
        label_way(network, finding, &deliveries);
        finding
            .why("consumers reach the targets from the private addresses of the load balancer, and a security group drops what no ingress lets in")
            .help(opening(network, first, group, port))
            .fix(Applicability::Suggested, OPENING, opened(network, &deliveries, owner, port, first.transport()))
            .symptom(symptom);
    }
}

/// Reports targets that let in only a group of the load balancer whose inbound rules do not hold for `PrivateLink`. No
/// more than an info: AWS asks for the addresses, and does not say what becomes of the traffic without them.
fn report_not_enforced(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    let is_wanted = |refusal: &&Refusal<'_>| refusal.reason == RefusalReason::NotEnforced;
    let wanted = |refusals: &[Refusal<'_>]| refusals.iter().any(|refusal| is_wanted(&refusal));
    for Blocked { owner, port, deliveries, refusals, .. } in blocked(network, &wanted) {
        let (Some(first), Some(nearest)) = (deliveries.first(), refusals.iter().find(is_wanted)) else {
            continue;
        };
        let Switch::Off(switch) = first.load_balancer.enforcement else { continue };
        let (group, balancer) = (cx.id(owner), cx.id(first.load_balancer.resource));
        let headline = format!(
            "`{group}` opens port {port} for `{}` only to the security group of `{balancer}`, and AWS asks for its addresses where enforcement is off",
            cx.id(first.target_group.resource),
        );
        let finding = cx.report(owner, nearest.rule.peer_span, headline);
        finding.severity(Severity::Info).here(format!("the security group of `{balancer}`")).label(
            Some(balancer),
            switch,
            "its inbound rules do not hold for PrivateLink traffic",
        );
        label_way(network, finding, &deliveries);
        finding
            .why("by the documentation a rule for the security group of the load balancer lets PrivateLink traffic in where the inbound rules of that hold for it, and otherwise one for its private addresses is needed")
            .help(opening(network, first, group, port))
            .fix(Applicability::Suggested, OPENING, opened(network, &deliveries, owner, port, first.transport()))
            .symptom("connections of consumers may time out, although the targets are healthy");
    }
}

/// Reports targets that let in only the other of the two protocols that come.
fn report_shut_protocol(cx: &mut Context<'_, '_>, protocol: Protocol) {
    let network = cx.network;
    let (shut, open) = match protocol {
        Protocol::Tcp => (protocol.name(), Protocol::Udp.name()),
        Protocol::Udp => (protocol.name(), Protocol::Tcp.name()),
    };
    let blocked = gathered(network, &|_| true, |delivery| match delivery.shut_protocol.take() {
        Some((shut, admission)) if shut == protocol => admission,
        _ => Admission::Unknown,
    });
    for Blocked { owner, port, deliveries, refusals, .. } in blocked {
        let Some(first) = deliveries.first() else { continue };
        let (group, balancer) = (cx.id(owner), cx.id(first.load_balancer.resource));
        let headline = format!(
            "`{group}` lets {open} of `{balancer}` into port {port} of `{}`, but no {shut}",
            cx.id(first.target_group.resource),
        );
        let finding = cx.report(owner, cx.id_span(owner), headline);
        finding
            .severity(RULE.severity.lowered())
            .here(format!("no ingress lets `{balancer}` in over {shut} on port {port}"));
        for refusal in &refusals {
            if let Some(words) = comes_near(network, first, refusal, port) {
                finding.label(Some(network.id(refusal.rule.resource)), refusal.rule.span, words);
            }
        }
        label_way(network, finding, &deliveries);
        finding
            .why("the listener passes on TCP and UDP, and an ingress lets in no other protocol than the one that it names")
            .help(opening_for(network, first, group, &format!("{shut} {port}")))
            .fix(
                Applicability::Suggested,
                OPENING,
                opened(network, &deliveries, owner, port, Some(protocol)),
            )
            .symptom(match protocol {
                Protocol::Udp if first.health_check.is_none() => {
                    "health checks over TCP get in, and what consumers send over UDP gets no answer"
                }
                Protocol::Udp => "what consumers send over UDP gets no answer",
                Protocol::Tcp if first.health_check.is_none() => {
                    "targets stay unhealthy with `Target.FailedHealthChecks`, and TCP connections of consumers time out"
                }
                Protocol::Tcp => "TCP connections of consumers time out",
            });
    }
}

/// Deliveries to one port of targets with the same security groups, through the same target group.
pub(super) struct Blocked<'n, 't> {
    /// The first of the security groups, which a finding belongs to.
    pub(super) owner: ResourceId,
    /// The port on which the targets receive.
    pub(super) port: u16,
    /// One at least.
    pub(super) deliveries: Vec<Delivery<'n, 't>>,
    /// All security groups of the target.
    pub(super) groups: Vec<&'n SecurityGroup>,
    /// Their rules, none of which is enough.
    pub(super) refusals: Vec<Refusal<'n>>,
    /// Whether it is the same with all other targets to which the listeners send through this target group.
    pub(super) whole: bool,
}

/// What is blocked for a reason that is wanted, said once.
pub(super) fn blocked<'n, 't>(
    network: &'n Network<'_, 't>,
    wanted: &dyn Fn(&[Refusal<'_>]) -> bool,
) -> Vec<Blocked<'n, 't>> {
    gathered(network, wanted, |delivery| std::mem::replace(&mut delivery.admission, Admission::Unknown))
}

/// What is blocked for a reason that is wanted, said once, of what is taken from each delivery.
pub(super) fn gathered<'n, 't>(
    network: &'n Network<'_, 't>,
    wanted: &dyn Fn(&[Refusal<'_>]) -> bool,
    take: impl Fn(&mut Delivery<'n, 't>) -> Admission<'n>,
) -> Vec<Blocked<'n, 't>> {
    let take_from = |mut delivery| {
        let admission = take(&mut delivery);
        (delivery, admission)
    };
    let judged: Vec<(Delivery<'n, 't>, Admission<'n>)> =
        network.deliveries().into_iter().map(take_from).collect();
    let way = |delivery: &Delivery<'_, '_>| (delivery.listener.resource, delivery.target_group.resource);
    // What AWS asks for, and does not say what becomes of it otherwise, is no proof.
    let is_blocked = |admission: &Admission<'_>| match admission {
        Admission::Blocked { refusals, .. } => {
            refusals.iter().all(|refusal| refusal.reason != RefusalReason::NotEnforced)
        }
        Admission::Admitted | Admission::Unknown => false,
    };
    let others = judged.iter().filter(|(_, admission)| !is_blocked(admission));
    let may_lead_on: FxHashSet<_> = others.map(|(delivery, _)| way(delivery)).collect();
    let mut result: Vec<Blocked<'n, 't>> = Vec::new();
    for (delivery, admission) in judged {
        let Admission::Blocked { port, groups, refusals } = admission else { continue };
        let whole = !may_lead_on.contains(&way(&delivery));
        let Some(owner) = groups.iter().find_map(|group| group.resource).filter(|_| wanted(&refusals)) else {
            continue;
        };
        let same = |known: &&mut Blocked<'_, '_>| {
            let target_group = known.deliveries.first().map(|first| first.target_group.resource);
            known.owner == owner
                && known.port == port
                && known.whole == whole
                && target_group == Some(delivery.target_group.resource)
        };
        match result.iter_mut().find(same) {
            Some(known) => known.deliveries.push(delivery),
            None => {
                result.push(Blocked { owner, port, deliveries: vec![delivery], groups, refusals, whole });
            }
        }
    }
    result
}

/// What becomes of the traffic: it reaches none of the targets, or some of them never.
pub(super) fn outcome(network: &Network<'_, '_>, blocked: &Blocked<'_, '_>) -> String {
    let Some(first) = blocked.deliveries.first() else { return String::new() };
    let balancer = network.id(first.load_balancer.resource);
    if blocked.whole {
        return format!("{} of `{balancer}` leads nowhere", listener_port(first));
    }
    let mut names: Vec<&str> = Vec::new();
    for receiver in blocked.deliveries.iter().filter_map(|delivery| delivery.target.identity.resource()) {
        let name = network.id(receiver);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    format!("`{balancer}` never reaches {}", cut_off::listed(names.into_iter()))
}

/// What is seen of it.
fn symptom(blocked: &Blocked<'_, '_>) -> &'static str {
    if blocked.whole {
        return "targets stay unhealthy with `Target.FailedHealthChecks`, and connections of consumers time out";
    }
    let checks = blocked.deliveries.first().map(|first| (&first.health_check, first.transport()));
    match checks {
        Some((Some(Admission::Blocked { .. }), _) | (None, Some(Protocol::Tcp))) => {
            "this target stays unhealthy with `Target.FailedHealthChecks`"
        }
        _ => "what consumers send times out where it goes to this target, and works elsewhere",
    }
}

/// The listener's port, as the subject of a sentence.
fn listener_port(delivery: &Delivery<'_, '_>) -> String {
    match delivery.listener.port {
        Some((port, _)) => format!("listener port {port}"),
        None => "a listener".to_owned(),
    }
}

/// Labels for the way from the listener to the targets.
pub(super) fn label_way(network: &Network<'_, '_>, finding: &mut Finding, deliveries: &[Delivery<'_, '_>]) {
    let mut labels: Vec<(ResourceId, Span, String)> = Vec::new();
    for delivery in deliveries {
        let way = [listener_label(network, delivery), balancer_label(network, delivery)];
        labels.extend(way.into_iter().chain(port_label(delivery)).chain([target_label(network, delivery)]));
    }
    let mut said: Vec<Span> = Vec::new();
    for (resource, span, words) in labels {
        if !said.contains(&span) {
            said.push(span);
            finding.label(Some(network.id(resource)), span, words);
        }
    }
}

fn balancer_label(network: &Network<'_, '_>, delivery: &Delivery<'_, '_>) -> (ResourceId, Span, String) {
    let balancer = delivery.load_balancer;
    let service = network.id(delivery.service.resource);
    let grouped = balancer.security_groups.as_ref().is_some_and(|groups| !groups.items.is_empty());
    let words = if !balancer.is_enforced() {
        format!("stands behind `{service}` without enforcement, so ingress must name its addresses")
    } else if grouped {
        format!("stands behind `{service}` and has a security group that ingress can name")
    } else {
        format!("stands behind `{service}` and has no security group, so ingress must name its addresses")
    };
    (balancer.resource, network.template().resource(balancer.resource).id.span, words)
}

fn listener_label(network: &Network<'_, '_>, delivery: &Delivery<'_, '_>) -> (ResourceId, Span, String) {
    let listener = delivery.listener;
    let group = network.id(delivery.target_group.resource);
    let on =
        delivery.target.port.map_or(String::new(), |port| format!(", and on to port {port} of its targets"));
    if let Some((port, span)) = listener.port {
        (listener.resource, span, format!("port {port} goes to `{group}`{on}"))
    } else {
        let span = network.template().resource(listener.resource).id.span;
        (listener.resource, span, format!("forwards to `{group}`{on}"))
    }
}

/// The port of the target group, where the target has none of its own.
pub(super) fn port_label(delivery: &Delivery<'_, '_>) -> Option<(ResourceId, Span, String)> {
    let group = delivery.target_group;
    let (port, span) = group.port.filter(|(port, _)| Some(*port) == delivery.target.port)?;
    Some((group.resource, span, format!("targets receive on port {port}")))
}

pub(super) fn target_label(
    network: &Network<'_, '_>,
    delivery: &Delivery<'_, '_>,
) -> (ResourceId, Span, String) {
    register_label(network, delivery.target_group, delivery.target)
}

/// Where a target is registered in a target group.
pub(super) fn register_label(
    network: &Network<'_, '_>,
    group: &TargetGroup,
    target: &Target,
) -> (ResourceId, Span, String) {
    let Some(receiver) = target.identity.resource() else {
        return (group.resource, target.span, "a target".to_owned());
    };
    let whole = network.template().resource(receiver).span;
    let registers_itself = whole.start <= target.span.start && target.span.end <= whole.end;
    if registers_itself {
        (receiver, target.span, format!("`{}` registers itself here", network.id(receiver)))
    } else {
        (group.resource, target.span, format!("`{}` is a target", network.id(receiver)))
    }
}

/// Why a rule that comes near the mark is not enough; nothing for one that has nothing to do with it.
fn comes_near(
    network: &Network<'_, '_>,
    delivery: &Delivery<'_, '_>,
    refusal: &Refusal<'_>,
    port: u16,
) -> Option<String> {
    match (&refusal.rule.peer, refusal.reason) {
        (_, RefusalReason::Ports) => other_ports(network, delivery, refusal),
        (_, RefusalReason::NotEnforced) => Some(format!(
            "opens {port} for a group of the load balancer, and AWS asks for its addresses where enforcement is off"
        )),
        (Peer::Group(peer), _) if refusal.group.identity == *peer => {
            Some(format!("opens {port} for members of the same group, which the load balancer is not"))
        }
        (Peer::Group(peer), _) => {
            Some(format!("opens {port} for `{}`, which the load balancer is not in", network.name_of(peer)))
        }
        _ => None,
    }
}

/// The words for a rule that lets the load balancer in, or may, on other ports.
fn other_ports(
    network: &Network<'_, '_>,
    delivery: &Delivery<'_, '_>,
    refusal: &Refusal<'_>,
) -> Option<String> {
    let Ports::Range(protocol, from, to) = refusal.rule.ports else { return None };
    if network.is_source(delivery.load_balancer, &refusal.rule.peer) == Some(false) {
        return None;
    }
    let ports = if from == to { from.to_string() } else { format!("{from} to {to}") };
    let is_of_target = delivery.target.port.is_some_and(|port| (from..=to).contains(&port));
    let listener =
        delivery.listener.port.is_some_and(|(port, _)| from == port && to == port) && !is_of_target;
    Some(if listener {
        format!("opens {ports}, the port of the listener and not that of the target")
    } else {
        format!("opens {} {ports} only", protocol.name())
    })
}

/// What [`opened`] does.
pub(super) const OPENING: &str = "let the load balancer in";

/// Ingress for the port from the security group of each load balancer, or from its subnets where that does not hold.
pub(super) fn opened(
    network: &Network<'_, '_>,
    deliveries: &[Delivery<'_, '_>],
    owner: ResourceId,
    port: u16,
    protocol: Option<Protocol>,
) -> Option<Vec<Edit>> {
    let protocol = protocol?;
    let template = network.template();
    let mut rules = Vec::new();
    for delivery in deliveries {
        let balancer = delivery.load_balancer;
        let groups = balancer.security_groups.as_ref();
        let sources = match group_to_name(balancer) {
            Some(group) => vec![mend::members_of(template, group, owner)?],
            None if balancer.is_enforced() && groups.is_some_and(|groups| !groups.complete) => return None,
            None => {
                let subnets = balancer.subnets.as_ref().filter(|subnets| subnets.complete)?;
                let addresses = subnets
                    .known()
                    .map(|subnet| mend::addresses_of(template, network.subnet(subnet)?.resource, owner));
                addresses.collect::<Option<Vec<_>>>()?
            }
        };
        for source in sources {
            let rule = mend::ingress(protocol, port, source);
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
    }
    mend::admit(template, owner, &rules).filter(|_| !rules.is_empty())
}

/// The security group of a load balancer that lets in what comes through `PrivateLink` where ingress names it.
fn group_to_name(balancer: &LoadBalancer) -> Option<&Identity> {
    balancer.security_groups.iter().flat_map(Members::known).next().filter(|_| balancer.is_enforced())
}

/// What to add to the group, in words.
pub(super) fn opening(
    network: &Network<'_, '_>,
    delivery: &Delivery<'_, '_>,
    group: &str,
    port: u16,
) -> String {
    let protocol = delivery.transport().map_or("TCP and UDP", |protocol| protocol.name());
    opening_for(network, delivery, group, &format!("{protocol} {port}"))
}

/// What to add to the group for a protocol with its port, in words.
pub(super) fn opening_for(
    network: &Network<'_, '_>,
    delivery: &Delivery<'_, '_>,
    group: &str,
    port: &str,
) -> String {
    let ingress = format!("add an ingress for {port} to `{group}`");
    match group_to_name(delivery.load_balancer) {
        Some(own) => format!("{ingress} with `SourceSecurityGroupId` of `{}`", network.name_of(own)),
        None => format!("{ingress} from {}", addresses(network, delivery)),
    }
}

/// Where the load balancer sends from, in words.
fn addresses(network: &Network<'_, '_>, delivery: &Delivery<'_, '_>) -> String {
    let balancer = network.id(delivery.load_balancer.resource);
    let subnets = delivery.load_balancer.subnets.iter().flat_map(|members| &members.items);
    let ranges: Option<Vec<String>> = subnets
        .map(|item| match &network.subnet(item.identity.as_ref()?)?.range {
            Some(AddressRange::Net(net)) => Some(format!("`{net}`")),
            _ => None,
        })
        .collect();
    match ranges.as_deref() {
        Some([one]) => format!("{one}, the subnet of `{balancer}`"),
        Some([before @ .., last]) => format!("{} and {last}, the subnets of `{balancer}`", before.join(", ")),
        _ => format!("the ranges of the subnets of `{balancer}`"),
    }
}
