//! `nlb-sg-blocks-consumers`: a load balancer of an endpoint service whose security group keeps consumers out.

use crate::diagnostic::{Applicability, Edit, Severity};
use crate::network::{
    EndpointService, Listener, LoadBalancer, Network, Peer, Protocol, Scope, SecurityGroup,
    SecurityGroupRule, Switch,
};
use crate::template::{ResourceId, Written};
use crate::text::Span;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "nlb-sg-blocks-consumers",
    group: Group::Reachability,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "A load balancer of an endpoint service whose security group does not let consumers in",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html",
    page: include_str!("../../rules/nlb-sg-blocks-consumers.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

/// What the fix does.
const TITLE: &str = "let all through that comes by PrivateLink, whatever the security groups say";

/// Whom the security groups let in to a port.
enum Entry<'n> {
    /// Nobody.
    Nobody,
    /// What is in the VPC of the load balancer only, by these rules.
    OwnVpc(Vec<&'n SecurityGroupRule>),
    /// Others, or it is not known whom.
    Others,
}

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for service in &network.endpoint_services {
        for balancer in network.network_load_balancers_of(service) {
            if matches!(balancer.enforcement, Switch::Off(_) | Switch::Unknown) {
                continue;
            }
            let Some(groups) = known_groups(network, balancer) else { continue };
            let listeners = network.listeners_of(balancer).filter_map(|it| Some((it, it.port?)));
            let entries: Vec<(&Listener, u16, Span, Entry<'_>)> = listeners
                .map(|(listener, (port, span))| {
                    (listener, port, span, entry(network, &groups, listener, port))
                })
                .collect();
            let shut: Vec<(ResourceId, u16, Span)> = entries
                .iter()
                .filter(|(.., entry)| matches!(entry, Entry::Nobody))
                .map(|(listener, port, span, _)| (listener.resource, *port, *span))
                .collect();
            report_shut(cx, service, balancer, &groups, &shut);
            // Consumers in the VPC of the service itself are let in.
            if network.endpoints_to(service).next().is_some() {
                continue;
            }
            let narrow = entries.iter().find_map(|(listener, port, span, entry)| match entry {
                Entry::OwnVpc(rules) => Some((listener.resource, *port, *span, rules.as_slice())),
                _ => None,
            });
            if let Some(narrow) = narrow {
                report_narrow(cx, service, balancer, narrow);
            }
        }
    }
}

/// The security groups of a load balancer, where there are some and all that they let in is known.
fn known_groups<'n>(network: &'n Network<'_, '_>, balancer: &LoadBalancer) -> Option<Vec<&'n SecurityGroup>> {
    let members = balancer.security_groups.as_ref().filter(|members| members.complete)?;
    let groups: Vec<&SecurityGroup> =
        members.known().filter_map(|group| network.security_group(group)).collect();
    let known = |group: &&SecurityGroup| group.resource.is_some() && group.ingress_complete && !group.shared;
    (!groups.is_empty() && groups.len() == members.items.len() && groups.iter().all(known)).then_some(groups)
}

fn entry<'n>(
    network: &Network<'_, '_>,
    groups: &[&'n SecurityGroup],
    listener: &Listener,
    port: u16,
) -> Entry<'n> {
    let both = [Protocol::Tcp, Protocol::Udp];
    let transport = listener.transport();
    let protocols: &[Protocol] = transport.as_ref().map_or(&both, std::slice::from_ref);
    let mut openers = Vec::new();
    for group in groups {
        for rule in &group.ingress {
            let admits = protocols.iter().map(|&protocol| rule.ports.admit(protocol, port));
            if admits.clone().any(|admits| admits.is_none()) {
                return Entry::Others;
            }
            if admits.flatten().any(|admits| admits) {
                if !is_in_own_vpc(network, group, rule) {
                    return Entry::Others;
                }
                openers.push(rule);
            }
        }
    }
    if openers.is_empty() { Entry::Nobody } else { Entry::OwnVpc(openers) }
}

/// Whether a rule certainly lets in nothing but what is in the VPC of its group.
fn is_in_own_vpc(network: &Network<'_, '_>, group: &SecurityGroup, rule: &SecurityGroupRule) -> bool {
    let Some(own) = &group.vpc else { return false };
    match &rule.peer {
        Peer::Range(range) => network
            .vpc(own)
            .is_some_and(|vpc| vpc.ranges.iter().any(|whole| whole.covers(range) == Some(true))),
        // A group that is given away may be associated with other VPCs.
        Peer::Group(peer) => network.security_group(peer).is_some_and(|peer| {
            peer.resource.is_some()
                && peer.vpc.as_ref() == Some(own)
                && peer.scope == Scope::OwnVpc
                && !peer.shared
        }),
        Peer::PrefixList | Peer::Unknown => false,
    }
}

/// What a rule lets in that is in the VPC of its group.
fn those_let_in(network: &Network<'_, '_>, rule: &SecurityGroupRule) -> String {
    match &rule.peer {
        Peer::Group(peer) => {
            format!("members of `{}`, which are in the VPC that offers the service", network.name_of(peer))
        }
        _ => "addresses of the VPC that offers the service".to_owned(),
    }
}

/// What helps, in words after what has to be opened, and as edits that give the security groups of a load balancer no say
/// in what comes through `PrivateLink`.
fn remedy(cx: &Context<'_, '_>, balancer: &LoadBalancer, opening: &str) -> (String, Option<Vec<Edit>>) {
    const PROPERTY: &str = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic";
    let help = format!("{opening}, or set `{PROPERTY}: \"off\"` on `{}`", cx.id(balancer.resource));
    // It may shut the way to the targets.
    if cx.network.rests_on_enforcement(balancer) {
        let targets =
            "and open its targets to its private addresses too, as they let in only its security group";
        return (format!("{help} {targets}"), None);
    }
    let off = Written::text("off");
    (help, cx.template().edit(|editor| editor.set(balancer.resource, &[PROPERTY], None, off)))
}

/// What holds for the traffic of consumers, and where that stands.
fn enforcement(cx: &Context<'_, '_>, balancer: &LoadBalancer) -> (Span, &'static str) {
    match balancer.enforcement {
        Switch::On(span) => (span, "its security groups hold for PrivateLink traffic too"),
        _ => (
            cx.id_span(balancer.resource),
            "its security groups hold for PrivateLink traffic too, unless that is switched off",
        ),
    }
}

fn report_shut(
    cx: &mut Context<'_, '_>,
    service: &EndpointService<'_>,
    balancer: &LoadBalancer,
    groups: &[&SecurityGroup],
    listeners: &[(ResourceId, u16, Span)],
) {
    let (Some((_, port, _)), Some(owner)) = (listeners.first(), groups.iter().find_map(|it| it.resource))
    else {
        return;
    };
    let network = cx.network;
    let (group, id) = (cx.id(owner), cx.id(balancer.resource));
    let (enforcement_span, enforcement) = enforcement(cx, balancer);
    let (help, edits) =
        remedy(cx, balancer, &format!("open port {port} in `{group}` to the ranges of consumers"));
    let finding = cx.report(
        owner,
        cx.id_span(owner),
        format!(
            "consumers of `{}` do not get in: `{group}` lets nothing into port {port} of `{id}`",
            cx.id(service.resource)
        ),
    );
    finding.here(format!("no ingress for port {port}"));
    for (listener, port, span) in listeners {
        finding.label(Some(network.id(*listener)), *span, format!("`{id}` listens on {port}"));
    }
    finding
        .label(Some(id), enforcement_span, enforcement)
        .why("what consumers send through PrivateLink has to pass the inbound rules of the load balancer, with the private address of the consumer as its source")
        .help(help)
        .fix(Applicability::Suggested, TITLE, edits)
        .symptom("consumers time out, and `SecurityGroupBlockedFlowCount_Inbound` of the load balancer rises");
}

fn report_narrow(
    cx: &mut Context<'_, '_>,
    service: &EndpointService<'_>,
    balancer: &LoadBalancer,
    (listener, port, port_span, rules): (ResourceId, u16, Span, &[&SecurityGroupRule]),
) {
    let Some(first) = rules.first() else { return };
    let network = cx.network;
    let id = cx.id(balancer.resource);
    let (enforcement_span, enforcement) = enforcement(cx, balancer);
    let (help, edits) = remedy(cx, balancer, &format!("open port {port} to the ranges of consumers"));
    let finding = cx.report(
        first.resource,
        first.peer_span,
        format!(
            "consumers of `{}` in other VPCs do not get in: port {port} of `{id}` is open to its own VPC only",
            cx.id(service.resource)
        ),
    );
    finding.severity(Severity::Warning).here(those_let_in(network, first));
    for rule in rules.iter().skip(1) {
        finding.label(Some(network.id(rule.resource)), rule.peer_span, those_let_in(network, rule));
    }
    finding
        .label(Some(network.id(listener)), port_span, format!("`{id}` listens here"))
        .label(Some(id), enforcement_span, enforcement)
        .why("what consumers send through PrivateLink has to pass the inbound rules of the load balancer, with the private address of the consumer in its own VPC as the source")
        .help(help)
        .fix(Applicability::Suggested, TITLE, edits)
        .symptom("consumers time out, and `SecurityGroupBlockedFlowCount_Inbound` of the load balancer rises");
}
