//! `endpoint-open-to-world`: an endpoint that lets every address in, where its VPC would do.

use crate::diagnostic::{Applicability, Edit, Severity};
use crate::facts::EndpointType;
use crate::network::{AddressRange, Endpoint, Network, Peer, Ports, SecurityGroup, SecurityGroupRule};

use super::{Check, Context, Group, Persona, Rule, cut_off, mend};

pub(super) static RULE: Rule = Rule {
    name: "endpoint-open-to-world",
    group: Group::Security,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "The security group of an endpoint lets in every address, not only those of its clients",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html",
    page: include_str!("../../rules/endpoint-open-to-world.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    let open: Vec<(&SecurityGroup, Vec<(&SecurityGroupRule, String)>)> = network
        .security_groups
        .iter()
        // Another stack, or a macro, may put something else into the group.
        .filter(|group| group.resource.is_some() && !group.shared && network.template().hidden.is_empty())
        .map(|group| (group, open_rules(group)))
        .filter(|(_, rules)| !rules.is_empty())
        .collect();
    let groups: Vec<&SecurityGroup> = open.iter().map(|(group, _)| *group).collect();
    for ((group, rules), users) in open.iter().zip(network.users_of(&groups)) {
        let endpoints: Vec<&Endpoint<'_>> =
            network.endpoints.iter().filter(|endpoint| is_in(endpoint, group)).collect();
        let only_endpoints =
            users.iter().all(|&user| network.template().resource(user).kind.text == "AWS::EC2::VPCEndpoint");
        if only_endpoints && !endpoints.is_empty() {
            report(cx, group, rules, &endpoints);
        }
    }
}

/// The ingress rules of a group that let every address in, with that range in words.
fn open_rules(group: &SecurityGroup) -> Vec<(&SecurityGroupRule, String)> {
    group
        .ingress
        .iter()
        // An endpoint does not answer ICMP.
        .filter(|rule| rule.ports != Ports::Other)
        .filter_map(|rule| match &rule.peer {
            Peer::Range(range @ AddressRange::Net(net)) if range.is_everything() => {
                Some((rule, format!("`{net}`")))
            }
            _ => None,
        })
        .collect()
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
    rules: &[(&SecurityGroupRule, String)],
    endpoints: &[&Endpoint<'_>],
) {
    let network = cx.network;
    let (Some(owner), Some(((first, range), others))) = (group.resource, rules.split_first()) else { return };
    let name = network.id(owner);
    let served = cut_off::listed(endpoints.iter().map(|endpoint| network.id(endpoint.resource)));
    let noun = if endpoints.len() == 1 { "endpoint" } else { "endpoints" };
    let headline =
        format!("`{name}`, the security group of {noun} {served}, lets in every address ({range})");
    let finding = cx.report(owner, first.peer_span, headline);
    finding.here("every address");
    for (rule, _) in others {
        finding.label(Some(network.id(rule.resource)), rule.peer_span, "every address here too");
    }
    for endpoint in endpoints {
        if let Some(members) = &endpoint.security_groups {
            finding.label(
                Some(network.id(endpoint.resource)),
                members.span,
                format!("only endpoints are in `{name}`"),
            );
        }
    }
    finding
        .why("an endpoint has no public address, so the internet does not get in; but every network that is ever joined to the VPC does, by peering, a transit gateway or a VPN")
        .help(narrower(network, group, first))
        .fix(Applicability::Suggested, "let in the range of the VPC only", to_vpc_range(network, group, rules))
        .together("every address is let in by {count} security groups of endpoints: {names}");
}

/// The range of the VPC in place of every address.
fn to_vpc_range(
    network: &Network<'_, '_>,
    group: &SecurityGroup,
    rules: &[(&SecurityGroupRule, String)],
) -> Option<Vec<Edit>> {
    let range = mend::range_of(network, group.vpc.as_ref())?;
    let edits = rules.iter().map(|(rule, _)| match &rule.peer {
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
