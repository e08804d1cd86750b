//! Security groups with their inline and stand-alone rules.

use std::rc::Rc;

use crate::scenario::Value;
use crate::template::ResourceId;
use crate::text::Span;

use super::address::AddressRange;
use super::identity::Identity;
use super::{Network, Reader};

/// A security group of the template, or a group from outside to which the template adds rules.
#[derive(Debug, Clone)]
pub struct SecurityGroup {
    /// The group.
    pub identity: Identity,
    /// The resource, if the template makes the group; only then all its rules are known.
    pub resource: Option<ResourceId>,
    /// Its VPC.
    pub vpc: Option<Identity>,
    /// Where it can be used.
    pub scope: Scope,
    /// What may come in.
    pub ingress: Vec<SecurityGroupRule>,
    /// Whether `ingress` is all.
    pub ingress_complete: bool,
    /// Whether an output gives its id away, so that another stack may add rules.
    pub shared: bool,
    /// What may go out. A group without any egress rule lets everything out
    /// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html>).
    pub egress: Vec<SecurityGroupRule>,
    /// Whether `egress` is all.
    pub egress_complete: bool,
}

/// The VPCs in which a security group can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Its own only.
    OwnVpc,
    /// Perhaps others of its Region too, by an association
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/security-group-assoc.html>).
    OtherVpcs,
}

/// One rule, inline or a resource of its own.
#[derive(Debug, Clone)]
pub struct SecurityGroupRule {
    /// The resource that holds the rule: the group itself or the stand-alone rule.
    pub resource: ResourceId,
    /// The whole rule.
    pub span: Span,
    /// Protocol and ports.
    pub ports: Ports,
    /// Place of the protocol.
    pub ports_span: Span,
    /// The other side: the source of ingress, the destination of egress.
    pub peer: Peer,
    /// Place of the other side.
    pub peer_span: Span,
}

/// Transport protocols that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        }
    }
}

/// What a rule lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ports {
    /// Every protocol and port.
    All,
    /// Ports of one protocol, both ends included.
    Range(Protocol, u16, u16),
    /// Another protocol, such as ICMP.
    Other,
    /// Not known.
    Unknown,
}

impl Ports {
    /// Whether a port of a protocol is let through; `None` where that is not known.
    pub fn admit(self, protocol: Protocol, port: u16) -> Option<bool> {
        match self {
            Self::All => Some(true),
            Self::Range(own, from, to) => Some(own == protocol && from <= port && port <= to),
            Self::Other => Some(false),
            Self::Unknown => None,
        }
    }
}

/// The other side of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// A range of addresses.
    Range(AddressRange),
    /// Members of a security group.
    Group(Identity),
    /// A prefix list.
    PrefixList,
    /// Not known.
    Unknown,
}

impl SecurityGroup {
    /// Whether some ingress admits the port from anywhere at all; `None` where that is not known.
    pub fn opens(&self, protocol: Protocol, port: u16) -> Option<bool> {
        let mut unknown = !self.ingress_complete;
        for rule in &self.ingress {
            match rule.ports.admit(protocol, port) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => unknown = true,
            }
        }
        if unknown { None } else { Some(false) }
    }

    /// Whether it lets out only what its egress rules name. The rule that lets everything out is there until the
    /// group itself lists others; `None` where the rules are not all known.
    pub fn limits_egress(&self) -> Option<bool> {
        let listed = self.egress.iter().any(|rule| Some(rule.resource) == self.resource);
        self.egress_complete.then_some(listed)
    }
}

impl Network<'_, '_> {
    /// What names the security group of a resource, except security groups and their rules: the resources that are in it,
    /// and those that hand it on. Resources that do not exist in this scenario count too.
    pub fn users_of(&self, group: ResourceId) -> &[ResourceId] {
        self.shared.users_of_groups(self.scenario).get(&group).map_or(&[], Vec::as_slice)
    }
}

/// Where a group stands among those made here, which are in the order of the template, or among those behind them.
pub(super) fn place(groups: &[SecurityGroup], identity: &Identity) -> Option<usize> {
    let made_here = identity.resource().and_then(|resource| {
        groups.binary_search_by_key(&Some(resource), |group| group.resource.or(super::LAST)).ok()
    });
    made_here.or_else(|| {
        let outside = groups.partition_point(|group| group.resource.is_some());
        Some(outside + groups[outside..].iter().position(|group| group.identity == *identity)?)
    })
}

pub(super) fn read(reader: &Reader<'_, '_, '_>) -> Rc<Vec<SecurityGroup>> {
    reader.shared.all_security_groups.get_or_find(reader.scenario, || Rc::new(find(reader)))
}

fn find(reader: &Reader<'_, '_, '_>) -> Vec<SecurityGroup> {
    let mut groups: Vec<SecurityGroup> = reader
        .resources("AWS::EC2::SecurityGroup")
        .map(|resource| {
            let read = || security_group(reader, resource);
            reader.shared.security_groups.get_or_find(reader.scenario, resource, read)
        })
        .collect();
    for (kind, inward) in [("AWS::EC2::SecurityGroupIngress", true), ("AWS::EC2::SecurityGroupEgress", false)]
    {
        for resource in reader.resources(kind) {
            let Some(group) = reader.identity(resource, "GroupId") else {
                // It may be a rule of any group.
                for group in &mut groups {
                    if inward {
                        group.ingress_complete = false;
                    } else {
                        group.egress_complete = false;
                    }
                }
                continue;
            };
            let read = || stand_alone(reader, resource, inward);
            let rule = reader.shared.security_group_rules.get_or_find(reader.scenario, resource, read);
            let index = place(&groups, &group).unwrap_or_else(|| {
                groups.push(SecurityGroup {
                    identity: group,
                    resource: None,
                    vpc: None,
                    scope: Scope::OtherVpcs,
                    ingress: Vec::new(),
                    ingress_complete: false,
                    shared: true,
                    egress: Vec::new(),
                    egress_complete: false,
                });
                groups.len() - 1
            });
            if inward {
                groups[index].ingress.push(rule);
            } else {
                groups[index].egress.push(rule);
            }
        }
    }
    // A macro may add rules, and so may something that is not CloudFormation's own to a group that it is given.
    for group in &mut groups {
        let handed_out = group.resource.is_some_and(|resource| reader.is_handed_out(resource));
        if handed_out || reader.may_add_resources() {
            group.ingress_complete = false;
            group.egress_complete = false;
        }
    }
    groups
}

/// A group as far as its own properties tell.
fn security_group(reader: &Reader<'_, '_, '_>, resource: ResourceId) -> SecurityGroup {
    let (ingress, ingress_complete) = inline(reader, resource, "SecurityGroupIngress");
    let (egress, egress_complete) = inline(reader, resource, "SecurityGroupEgress");
    SecurityGroup {
        identity: Identity::Resource(resource),
        resource: Some(resource),
        vpc: reader.identity(resource, "VpcId"),
        scope: scope(reader, resource),
        ingress,
        ingress_complete,
        shared: reader.is_given_away(resource),
        egress,
        egress_complete,
    }
}

/// Where a group can be used: an association by the template, or by something hidden, widens it.
fn scope(reader: &Reader<'_, '_, '_>, group: ResourceId) -> Scope {
    let group_of = |association| reader.identity(association, "GroupId");
    let mut named = reader.resources("AWS::EC2::SecurityGroupVpcAssociation").map(group_of);
    let associated = reader.may_add_resources()
        || reader.is_handed_out(group)
        || named.any(|named| named.is_none_or(|named| !named.differs(&Identity::Resource(group))));
    if associated { Scope::OtherVpcs } else { Scope::OwnVpc }
}

fn inline(
    reader: &Reader<'_, '_, '_>,
    resource: ResourceId,
    property: &str,
) -> (Vec<SecurityGroupRule>, bool) {
    let Some(value) = reader.property(resource, property) else { return (Vec::new(), true) };
    let Some(items) = value.items() else { return (Vec::new(), false) };
    let inward = property.ends_with("Ingress");
    let mut complete = true;
    let mut rules = Vec::with_capacity(items.len());
    for item in items {
        if item.fields().is_empty() {
            complete = false;
            continue;
        }
        rules.push(rule(reader, resource, item.span, inward, &|key| item.get(key).cloned()));
    }
    (rules, complete)
}

fn stand_alone(reader: &Reader<'_, '_, '_>, resource: ResourceId, inward: bool) -> SecurityGroupRule {
    let span = reader.scenario.template.resource(resource).id.span;
    rule(reader, resource, span, inward, &|key| reader.property(resource, key))
}

fn rule<'t>(
    reader: &Reader<'_, '_, 't>,
    resource: ResourceId,
    span: Span,
    inward: bool,
    get: &dyn Fn(&str) -> Option<Value<'t>>,
) -> SecurityGroupRule {
    let (list, group) = if inward {
        ("SourcePrefixListId", "SourceSecurityGroupId")
    } else {
        ("DestinationPrefixListId", "DestinationSecurityGroupId")
    };
    let ranges = ["CidrIp", "CidrIpv6"];
    let (peer, peer_span) = if let Some(value) = ranges.iter().find_map(|key| get(key)) {
        (Peer::Range(AddressRange::of(&value)), value.span)
    } else if let Some(value) = get(group) {
        (super::identity::identity(reader.scenario, &value).map_or(Peer::Unknown, Peer::Group), value.span)
    } else if let Some(value) = get(list) {
        (Peer::PrefixList, value.span)
    } else {
        (Peer::Unknown, span)
    };
    let ports_span = get("IpProtocol").map_or(span, |protocol| protocol.span);
    SecurityGroupRule { resource, span, ports: ports(get), ports_span, peer, peer_span }
}

fn ports<'t>(get: &dyn Fn(&str) -> Option<Value<'t>>) -> Ports {
    let Some(protocol) = get("IpProtocol") else { return Ports::Unknown };
    let protocol = match protocol.text() {
        Some("-1") => return Ports::All,
        Some(text) if text.eq_ignore_ascii_case("tcp") || text == "6" => Protocol::Tcp,
        Some(text) if text.eq_ignore_ascii_case("udp") || text == "17" => Protocol::Udp,
        // The reference knows -1 only; whether "all" is taken for it is not documented.
        Some(text) if text.eq_ignore_ascii_case("all") => return Ports::Unknown,
        Some(_) => return Ports::Other,
        None => return Ports::Unknown,
    };
    let bound = |key: &str| get(key).map(|value| value.integer());
    match (bound("FromPort"), bound("ToPort")) {
        (Some(Some(-1)), _) | (None, None) => Ports::Range(protocol, 0, u16::MAX),
        (Some(Some(from)), Some(Some(to))) => match (u16::try_from(from), u16::try_from(to)) {
            (Ok(from), Ok(to)) => Ports::Range(protocol, from, to),
            _ => Ports::Unknown,
        },
        _ => Ports::Unknown,
    }
}
