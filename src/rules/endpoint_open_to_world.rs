//! `endpoint-open-to-world`: an endpoint that lets every address in, where its VPC would do, or opens every port.

use crate::diagnostic::{Applicability, Edit, Finding, Severity};
use crate::facts::EndpointType;
use crate::network::{
    AddressRange, Endpoint, Network, Peer, Ports, Protocol, SecurityGroup, SecurityGroupRule,
};
use crate::template::{Editor, ResourceId, Written};

use super::endpoint_port_not_allowed::ports_in_words;
use super::{Check, Context, Group, Persona, Rule, cut_off, mend};

pub(super) static RULE: Rule = Rule {
    name: "endpoint-open-to-world",
    group: Group::Security,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "The security group of an endpoint lets in every address, not only its clients, or opens every port",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html",
    page: include_str!("../../rules/endpoint-open-to-world.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    // A macro may put something else into the group.
    if !network.template().hidden.is_empty() {
        return;
    }
    for group in &network.security_groups {
        let Some(resource) = group.resource else { continue };
        if !group.ingress.iter().any(|rule| is_open(rule) || opens_every_port(rule)) {
            continue;
        }
        let endpoints: Vec<&Endpoint<'_>> =
            network.endpoints.iter().filter(|endpoint| is_in(endpoint, group)).collect();
        if endpoints.is_empty() {
            continue;
        }
        let is_endpoint =
            |user: &ResourceId| network.template().resource(*user).kind.text == "AWS::EC2::VPCEndpoint";
        let users = network.users_of(resource).iter().copied();
        let others: Vec<ResourceId> = users.filter(|user| !is_endpoint(user)).collect();
        let rules: Vec<&SecurityGroupRule> = group.ingress.iter().filter(|rule| is_open(rule)).collect();
        // Another stack may put something else into the group.
        if others.is_empty() && !rules.is_empty() && !group.shared {
            report(cx, group, &rules, &endpoints);
        }
        report_ports(cx, group, &endpoints, &others);
    }
}

fn label_members(finding: &mut Finding, network: &Network<'_, '_>, endpoints: &[&Endpoint<'_>], words: &str) {
    finding.labels.reserve(endpoints.len());
    for endpoint in endpoints {
        if let Some(members) = &endpoint.security_groups {
            finding.label(Some(network.id(endpoint.resource)), members.span, words);
        }
    }
}

/// Whether a rule lets every address in. An endpoint does not answer ICMP.
fn is_open(rule: &SecurityGroupRule) -> bool {
    rule.ports != Ports::Other
        && matches!(&rule.peer, Peer::Range(range @ AddressRange::Net(_)) if range.is_everything())
}

fn is_in(endpoint: &Endpoint<'_>, group: &SecurityGroup) -> bool {
    // Endpoints of the two other types have no security groups.
    !endpoint.is(EndpointType::Gateway)
        && !endpoint.is(EndpointType::GatewayLoadBalancer)
        && endpoint.security_groups.as_ref().is_some_and(|members| members.contains(&group.identity))
}

fn report(
    cx: &mut Context<'_, '_>,
    group: &SecurityGroup,
    rules: &[&SecurityGroupRule],
    endpoints: &[&Endpoint<'_>],
) {
    let network = cx.network;
    let (Some(owner), Some((first, others))) = (group.resource, rules.split_first()) else { return };
    let name = network.id(owner);
    let served = cut_off::listed(endpoints.iter().map(|endpoint| network.id(endpoint.resource)));
    let noun = if endpoints.len() == 1 { "endpoint" } else { "endpoints" };
    let Peer::Range(AddressRange::Net(range)) = &first.peer else { return };
    let headline =
        format!("`{name}`, the security group of {noun} {served}, lets in every address (`{range}`)");
    let finding = cx.report(owner, first.peer_span, headline);
    finding.here("every address");
    for rule in others {
        finding.label(Some(network.id(rule.resource)), rule.peer_span, "every address here too");
    }
    label_members(finding, network, endpoints, &format!("only endpoints are in `{name}`"));
    finding
        .why("an endpoint has no public address, so the internet does not get in; but every network that is ever joined to the VPC does, by peering, a transit gateway or a VPN")
        .help(narrower(network, group, first))
        .fix(Applicability::Suggested, "let in the range of the VPC only", to_vpc_range(network, group, rules))
        .together("every address is let in by {count} security groups of endpoints: {names}");
}

/// Rules that open every port to some addresses, where the endpoints are called on known ports. `others` are in the
/// group too, and may need it.
fn report_ports(
    cx: &mut Context<'_, '_>,
    group: &SecurityGroup,
    endpoints: &[&Endpoint<'_>],
    others: &[ResourceId],
) {
    let network = cx.network;
    let is_shared = !others.is_empty();
    let rules: Vec<&SecurityGroupRule> = group.ingress.iter().filter(|rule| opens_every_port(rule)).collect();
    // What lets every address in is spoken of as that, unless others may need it.
    if !is_shared && rules.iter().all(|rule| is_open(rule)) {
        return;
    }
    let (Some(owner), Some((first, further))) = (group.resource, rules.split_first()) else { return };
    let mut ports: Vec<(Protocol, u16)> = Vec::new();
    for endpoint in endpoints {
        let Some(own) = network.service_ports(endpoint) else { return };
        ports.extend(own);
    }
    ports.sort_unstable();
    ports.dedup();
    if ports.is_empty() {
        return;
    }
    let (name, needed) = (network.id(owner), ports_in_words(&ports, "and"));
    let shared_with = cut_off::listed(others.iter().map(|&other| network.id(other)));
    let headline = if is_shared {
        format!(
            "`{name}`, which endpoints share with {shared_with}, opens every port, where {needed} would do for them"
        )
    } else {
        format!("`{name}`, a security group of endpoints, opens every port, where {needed} would do")
    };
    let finding = cx.report(owner, first.ports_span, headline);
    finding.severity(Severity::Info).here(ports_of(first));
    finding.label(Some(network.id(first.resource)), first.peer_span, "to these addresses");
    for rule in further {
        let words = format!("{} here too", ports_of(rule));
        finding.label(Some(network.id(rule.resource)), rule.ports_span, words);
    }
    let who = if group.shared || is_shared { "an endpoint is" } else { "only endpoints are" };
    label_members(finding, network, endpoints, &format!("{who} in `{name}`"));
    let open = match ports.as_slice() {
        [(protocol, port)] => format!(
            "set `IpProtocol: {}` with `FromPort: {port}` and `ToPort: {port}`",
            protocol.name().to_lowercase()
        ),
        _ => format!("open {needed} only, with a rule for each"),
    };
    if is_shared {
        finding
            .why("an endpoint takes connections on the ports of its service only; in a group with what needs more, its rules change with every need of that")
            .help(format!("give the endpoints a group of their own that opens {needed} only"))
            .together(format!(
                "every port is opened by {{count}} security groups that endpoints share with other resources, where {needed} would do for them: {{names}}"
            ));
        return;
    }
    let edits = match ports.as_slice() {
        [(protocol, port)] => rules
            .iter()
            .map(|rule| network.template().edit(|editor| to_port(&editor, group, rule, *protocol, *port)))
            .collect::<Option<Vec<Vec<Edit>>>>()
            .map(|edits| edits.concat()),
        _ => None,
    };
    finding
        .why("an endpoint takes connections on the ports of its service only: the rest of what is open serves nobody, and whatever else is put into the group is open to all of it")
        .help(open)
        .fix(Applicability::Suggested, format!("open {needed} only"), edits)
        .together(format!(
            "every port is opened by {{count}} security groups of endpoints, where {needed} would do: {{names}}"
        ));
}

/// Whether a rule lets some addresses in on every port, or every TCP port.
fn opens_every_port(rule: &SecurityGroupRule) -> bool {
    matches!(rule.ports, Ports::All | Ports::Range(Protocol::Tcp, 0 | 1, u16::MAX))
        && matches!(rule.peer, Peer::Range(_))
}

fn ports_of(rule: &SecurityGroupRule) -> &'static str {
    if rule.ports == Ports::All { "every protocol and port" } else { "every TCP port" }
}

/// One port in place of every one.
fn to_port(
    editor: &Editor<'_, '_>,
    group: &SecurityGroup,
    rule: &SecurityGroupRule,
    protocol: Protocol,
    port: u16,
) -> Option<Vec<Edit>> {
    let port = Written::Number(i64::from(port));
    let members = [
        ("IpProtocol", Written::text(protocol.name().to_lowercase())),
        ("FromPort", port.clone()),
        ("ToPort", port),
    ];
    let is_inline = Some(rule.resource) == group.resource;
    let edits = members.into_iter().map(|(key, value)| {
        if !is_inline {
            editor.set(rule.resource, &[key], Some("IpProtocol"), value)
        } else if rule.ports == Ports::All && key != "IpProtocol" {
            editor.insert_in(rule.span, key, &value, Some("IpProtocol"))
        } else {
            editor.replace_in(rule.span, key, &value)
        }
    });
    Some(edits.collect::<Option<Vec<Vec<Edit>>>>()?.concat())
}

/// The range of the VPC in place of every address.
fn to_vpc_range(
    network: &Network<'_, '_>,
    group: &SecurityGroup,
    rules: &[&SecurityGroupRule],
) -> Option<Vec<Edit>> {
    let range = mend::range_of(network, group.vpc.as_ref())?;
    let edits = rules.iter().map(|rule| match &rule.peer {
        Peer::Range(peer) if !peer.is_ipv6() => {
            network.template().edit(|editor| editor.substitute(rule.peer_span, &range))
        }
        _ => None,
    });
    Some(edits.collect::<Option<Vec<Vec<Edit>>>>()?.concat())
}

/// What to open the group to instead.
fn narrower(network: &Network<'_, '_>, group: &SecurityGroup, rule: &SecurityGroupRule) -> String {
    let vpc = group.vpc.as_ref().and_then(|vpc| network.vpc(vpc)?.resource);
    let range = match (&rule.peer, vpc) {
        (Peer::Range(range), _) if range.is_ipv6() => "`CidrIpv6` to the IPv6 range of the VPC".to_owned(),
        (_, Some(vpc)) => format!("`CidrIp: !GetAtt {}.CidrBlock`", network.id(vpc)),
        _ => "`CidrIp` to the range of the VPC".to_owned(),
    };
    format!("set {range}, or name the clients' group in `SourceSecurityGroupId`")
}
