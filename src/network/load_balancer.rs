//! Load balancers, listeners, target groups with their targets, endpoint services and who may use them.

use rustc_hash::FxHashSet;

use crate::scenario::{Data, Value};
use crate::template::{Asks, ResourceId};
use crate::text::Span;

use super::Reader;
use super::identity::{Identity, Members, identity};
use super::security_group::Protocol;
use super::vpc::Switch;

/// A load balancer of the template.
#[derive(Debug)]
pub struct LoadBalancer {
    /// The resource.
    pub resource: ResourceId,
    /// `Type`; application where it is not written; absent where it is not known.
    pub kind: Option<LoadBalancerKind>,
    /// `Subnets` or `SubnetMappings`, if written.
    pub subnets: Option<Members>,
    /// `SecurityGroups`, if written.
    pub security_groups: Option<Members>,
    /// `EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic`; default on.
    pub enforcement: Switch,
    /// Whether `Scheme` is internal; internet-facing where it is not written.
    pub internal: Switch,
    /// Whether `IpAddressType` lets IPv6 in; IPv4 only where it is not written.
    pub dual_stack: Switch,
    /// `load_balancing.cross_zone.enabled`; default off.
    pub cross_zone: Switch,
    /// Whether something other than listeners and endpoint services names it: a DNS record, an output, a nested
    /// stack.
    pub has_other_uses: bool,
    /// Whether something that may add listeners to it is given its ARN, or resources may exist that the text does
    /// not show.
    pub passed_on: bool,
}

/// Kinds of load balancers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadBalancerKind {
    /// Application.
    Application,
    /// Network.
    Network,
    /// Gateway.
    Gateway,
}

/// A listener.
#[derive(Debug)]
pub struct Listener {
    /// The resource.
    pub resource: ResourceId,
    /// Its load balancer.
    pub load_balancer: Option<Identity>,
    /// Its port, if known, with the place.
    pub port: Option<(u16, Span)>,
    /// `Protocol`, if known, with the place.
    pub protocol: Option<(ListenerProtocol, Span)>,
    /// `Certificates`, if written.
    pub certificates: Option<Members>,
    /// Target groups that it forwards to.
    pub target_groups: Vec<Identity>,
}

/// Protocols of listeners and target groups
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-listeners.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListenerProtocol {
    /// Of application load balancers.
    Http,
    /// Of application load balancers.
    Https,
    /// TCP.
    Tcp,
    /// TLS that the load balancer ends.
    Tls,
    /// UDP.
    Udp,
    /// TCP and UDP on one port.
    TcpUdp,
    /// QUIC.
    Quic,
    /// TCP and QUIC on one port.
    TcpQuic,
    /// Of gateway load balancers.
    Geneve,
}

/// A target group.
#[derive(Debug)]
pub struct TargetGroup {
    /// The resource.
    pub resource: ResourceId,
    /// `TargetType`: `instance` where it is not written; absent where it is not known.
    pub target_type: Option<TargetType>,
    /// Its port, if known, with the place.
    pub port: Option<(u16, Span)>,
    /// `Protocol`, if known, with the place.
    pub protocol: Option<(ListenerProtocol, Span)>,
    /// Whether it certainly reaches its targets over IPv4: `IpAddressType` is `ipv4` or not written.
    pub ipv4: bool,
    /// `HealthCheckPort`, if it is a known number, with the place.
    pub health_check_port: Option<(u16, Span)>,
    /// `preserve_client_ip.enabled`.
    pub preserve_client_ip: Switch,
    /// `proxy_protocol_v2.enabled`; default off.
    pub proxy_protocol: Switch,
    /// `load_balancing.cross_zone.enabled`, where it differs from that of the load balancer.
    pub cross_zone: Switch,
    /// Whether all attributes are known.
    pub attributes_complete: bool,
    /// What is registered in the template, by itself or by a service or an Auto Scaling group.
    pub targets: Vec<Target>,
    /// Whether these are all: each is known, and nothing that may register others is given the ARN of the group.
    pub targets_complete: bool,
}

/// Target types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetType {
    /// Instances.
    Instance,
    /// Addresses.
    Ip,
    /// One application load balancer.
    Alb,
    /// One function.
    Lambda,
}

/// Something registered in a target group.
#[derive(Debug)]
pub struct Target {
    /// What receives the traffic: an instance, an Auto Scaling group, an ECS service, a load balancer.
    pub identity: Identity,
    /// Place of the registration.
    pub span: Span,
    /// The port on which it receives: its own, else that of the group; absent where it is not known.
    pub port: Option<u16>,
    /// Whether `AvailabilityZone` is written, as it is for addresses outside the VPC.
    pub has_zone: bool,
}

/// An endpoint service of the template.
#[derive(Debug)]
pub struct EndpointService<'t> {
    /// The resource.
    pub resource: ResourceId,
    /// `NetworkLoadBalancerArns`, if written.
    pub network_load_balancers: Option<Members>,
    /// `GatewayLoadBalancerArns`, if written.
    pub gateway_load_balancers: Option<Members>,
    /// `AcceptanceRequired`; acceptance is required where it is not written.
    pub acceptance: Switch,
    /// `Tags`, if written.
    pub tags: Option<Value<'t>>,
    /// `PrivateDnsName`, if written.
    pub private_dns_name: Option<Value<'t>>,
    /// Place of `ipv6` in `SupportedIpAddressTypes`, if it is there.
    pub ipv6: Option<Span>,
    /// Whether a nested stack, a custom resource or another stack is given it and may grant permissions.
    pub handed_out: bool,
    /// Whether something of the template may accept connections to it without a person.
    pub accepts_by_itself: bool,
}

/// Who may create endpoints to a service.
#[derive(Debug)]
pub struct Permissions<'t> {
    /// The resource.
    pub resource: ResourceId,
    /// The endpoint service.
    pub service: Option<Identity>,
    /// `AllowedPrincipals`, if written.
    pub principals: Option<Value<'t>>,
}

pub(super) fn load_balancers(reader: &Reader<'_, '_, '_>) -> Vec<LoadBalancer> {
    let mut balancers = reader.resources("AWS::ElasticLoadBalancingV2::LoadBalancer").peekable();
    if balancers.peek().is_none() {
        return Vec::new();
    }
    let (used, named) = (used_elsewhere(reader), reader.named_elsewhere(EXPECTED_USERS));
    let read = |resource| LoadBalancer {
        resource,
        kind: match reader.property(resource, "Type") {
            None => Some(LoadBalancerKind::Application),
            Some(value) => match value.text() {
                Some("application") => Some(LoadBalancerKind::Application),
                Some("network") => Some(LoadBalancerKind::Network),
                Some("gateway") => Some(LoadBalancerKind::Gateway),
                _ => None,
            },
        },
        subnets: reader
            .members(resource, "Subnets")
            .or_else(|| reader.members_by_key(resource, "SubnetMappings", "SubnetId")),
        security_groups: reader.members(resource, "SecurityGroups"),
        enforcement: Switch::of(
            reader.property(resource, "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"),
        ),
        internal: words(reader.property(resource, "Scheme"), "internal", "internet-facing"),
        dual_stack: words(reader.property(resource, "IpAddressType"), "dualstack", "ipv4"),
        cross_zone: cross_zone(reader.property(resource, "LoadBalancerAttributes").as_ref()),
        has_other_uses: used.contains(&resource),
        passed_on: named.contains(&resource) || reader.may_add_resources(),
    };
    balancers.map(read).collect()
}

/// A property with one word for on and one for off.
fn words(value: Option<Value<'_>>, on: &str, off: &str) -> Switch {
    match value {
        None => Switch::Absent,
        Some(value) if value.text() == Some(on) => Switch::On(value.span),
        Some(value) if value.text() == Some(off) => Switch::Off(value.span),
        Some(_) => Switch::Unknown,
    }
}

/// Resources that name load balancers and target groups for what these are there for.
const EXPECTED_USERS: &[&str] = &[
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::EC2::VPCEndpointService",
    "AWS::ECS::Service",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
];

/// What resources that exist and outputs name, besides the expected ones. Names for metrics are no use.
fn used_elsewhere(reader: &Reader<'_, '_, '_>) -> FxHashSet<ResourceId> {
    let is_use =
        |asks: &Asks<'_>| !matches!(asks, Asks::Attribute("LoadBalancerFullName" | "LoadBalancerName", _));
    let uses = reader.other_uses(EXPECTED_USERS);
    uses.filter(|one| is_use(&one.asks)).map(|one| one.resource).collect()
}

/// `load_balancing.cross_zone.enabled` among the attributes of a load balancer or a target group.
fn cross_zone(attributes: Option<&Value<'_>>) -> Switch {
    let Some(attributes) = attributes else { return Switch::Absent };
    let Some(items) = attributes.items() else { return Switch::Unknown };
    let mut result = Switch::Absent;
    for item in items {
        match item.get("Key").map(Value::text) {
            Some(Some("load_balancing.cross_zone.enabled")) => {
                return match item.get("Value") {
                    Some(value) if value.text() == Some("use_load_balancer_configuration") => Switch::Absent,
                    Some(value) => Switch::of(Some(value.clone())),
                    None => Switch::Unknown,
                };
            }
            Some(Some(_)) => {}
            _ => result = Switch::Unknown,
        }
    }
    result
}

pub(super) fn listeners(reader: &Reader<'_, '_, '_>) -> Vec<Listener> {
    let read = |resource| {
        let mut target_groups = Vec::new();
        let actions = reader.property(resource, "DefaultActions");
        for action in actions.iter().filter_map(Value::items).flatten() {
            let forwarded = action.at(&["ForwardConfig", "TargetGroups"]).and_then(Value::items);
            let forwarded = forwarded.into_iter().flatten().filter_map(|group| group.get("TargetGroupArn"));
            for group in action.get("TargetGroupArn").into_iter().chain(forwarded) {
                if let Some(group) = identity(reader.scenario, group)
                    && !target_groups.contains(&group)
                {
                    target_groups.push(group);
                }
            }
        }
        Listener {
            resource,
            load_balancer: reader.identity(resource, "LoadBalancerArn"),
            port: port(reader, resource, "Port"),
            protocol: protocol(reader, resource),
            certificates: reader.members_by_key(resource, "Certificates", "CertificateArn"),
            target_groups,
        }
    };
    reader.resources("AWS::ElasticLoadBalancingV2::Listener").map(read).collect()
}

fn port(reader: &Reader<'_, '_, '_>, resource: ResourceId, name: &str) -> Option<(u16, Span)> {
    let value = reader.property(resource, name)?;
    Some((u16::try_from(value.integer()?).ok()?, value.span))
}

fn protocol(reader: &Reader<'_, '_, '_>, resource: ResourceId) -> Option<(ListenerProtocol, Span)> {
    let value = reader.property(resource, "Protocol")?;
    Some((ListenerProtocol::from_name(value.text()?)?, value.span))
}

pub(super) fn target_groups(reader: &Reader<'_, '_, '_>) -> Vec<TargetGroup> {
    let mut groups = reader.resources("AWS::ElasticLoadBalancingV2::TargetGroup").peekable();
    if groups.peek().is_none() {
        return Vec::new();
    }
    let named = reader.named_elsewhere(EXPECTED_USERS);
    let mut groups: Vec<TargetGroup> =
        groups.map(|resource| target_group(reader, resource, &named)).collect();
    let mut doubtful = false;
    let mut attach = |group: Option<Identity>, resource: ResourceId, span: Span, port: Option<&Value<'_>>| {
        // It may be a target of any group.
        doubtful |= group.is_none();
        let group = group.and_then(|group| group.resource());
        if let Some(place) = group.and_then(|group| super::place(&groups, group, |known| known.resource)) {
            let port = own_or_group_port(port, groups[place].port);
            let identity = Identity::Resource(resource);
            groups[place].targets.push(Target { identity, span, port, has_zone: false });
        }
    };
    for resource in reader.resources("AWS::ECS::Service") {
        let balancers = reader.property(resource, "LoadBalancers");
        for balancer in balancers.iter().filter_map(Value::items).flatten() {
            let group = balancer.get("TargetGroupArn").and_then(|group| identity(reader.scenario, group));
            attach(group, resource, balancer.span, balancer.get("ContainerPort"));
        }
    }
    for resource in reader.resources("AWS::AutoScaling::AutoScalingGroup") {
        for item in reader.members(resource, "TargetGroupARNs").into_iter().flat_map(|members| members.items)
        {
            attach(item.identity, resource, item.span, None);
        }
        let sources = reader.property(resource, "TrafficSources");
        for source in sources.iter().filter_map(Value::items).flatten() {
            // `Type` need not be written
            // (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-autoscaling-autoscalinggroup-trafficsourceidentifier.html>).
            if !matches!(source.get("Type").and_then(Value::text), Some("elb" | "vpc-lattice")) {
                let group = source.get("Identifier").and_then(|group| identity(reader.scenario, group));
                attach(group, resource, source.span, None);
            }
        }
    }
    for group in &mut groups {
        group.targets_complete &= !doubtful;
    }
    groups
}

/// The port on which a target receives: what is written for it, else that of its group.
fn own_or_group_port(own: Option<&Value<'_>>, group: Option<(u16, Span)>) -> Option<u16> {
    match own {
        Some(own) => own.integer().and_then(|port| u16::try_from(port).ok()),
        None => group.map(|(port, _)| port),
    }
}

/// What an `Id` registers; `GetAtt Instance.PrivateIp` registers the instance by its address.
fn registered(reader: &Reader<'_, '_, '_>, id: &Value<'_>) -> Option<Identity> {
    match &id.data {
        Data::Reference(reference) if reference.attribute.as_deref() == Some("PrivateIp") => {
            Some(Identity::Resource(reference.resource))
        }
        _ => identity(reader.scenario, id),
    }
}

fn target_group(
    reader: &Reader<'_, '_, '_>,
    resource: ResourceId,
    named: &FxHashSet<ResourceId>,
) -> TargetGroup {
    let group_port = port(reader, resource, "Port");
    let mut targets = Vec::new();
    let mut complete = true;
    if let Some(value) = reader.property(resource, "Targets") {
        let items = value.items();
        complete = items.is_some();
        for item in items.into_iter().flatten() {
            let target = item.get("Id").and_then(|id| Some((registered(reader, id)?, id.span)));
            let Some((identity, span)) = target else {
                complete = false;
                continue;
            };
            let port = own_or_group_port(item.get("Port"), group_port);
            let has_zone = item.get("AvailabilityZone").is_some();
            targets.push(Target { identity, span, port, has_zone });
        }
    }
    let attributes = reader.property(resource, "TargetGroupAttributes");
    let attribute = |key: &str| {
        let items = attributes.as_ref()?.items()?;
        items.iter().find(|item| item.get("Key").and_then(Value::text) == Some(key))?.get("Value").cloned()
    };
    TargetGroup {
        resource,
        target_type: match reader.property(resource, "TargetType") {
            None => Some(TargetType::Instance),
            Some(value) => match value.text() {
                Some("instance") => Some(TargetType::Instance),
                Some("ip") => Some(TargetType::Ip),
                Some("alb") => Some(TargetType::Alb),
                Some("lambda") => Some(TargetType::Lambda),
                _ => None,
            },
        },
        port: group_port,
        protocol: protocol(reader, resource),
        ipv4: reader.property(resource, "IpAddressType").is_none_or(|value| value.text() == Some("ipv4")),
        health_check_port: port(reader, resource, "HealthCheckPort"),
        preserve_client_ip: Switch::of(attribute("preserve_client_ip.enabled")),
        proxy_protocol: Switch::of(attribute("proxy_protocol_v2.enabled")),
        cross_zone: cross_zone(attributes.as_ref()),
        attributes_complete: attributes.as_ref().is_none_or(|attributes| {
            let known = |item: &Value<'_>| item.get("Key").and_then(Value::text).is_some();
            attributes.items().is_some_and(|items| items.iter().all(known))
        }),
        targets,
        targets_complete: complete && !named.contains(&resource) && !reader.may_add_resources(),
    }
}

pub(super) fn endpoint_services<'t>(reader: &Reader<'_, '_, 't>) -> Vec<EndpointService<'t>> {
    let mut services = reader.resources("AWS::EC2::VPCEndpointService").peekable();
    if services.peek().is_none() {
        return Vec::new();
    }
    let template = reader.scenario.template;
    let mut exported = FxHashSet::default();
    for output in template.outputs.iter().filter(|output| output.value.get(template, "Export").is_some()) {
        super::opaque::note_resources(template, &output.value, &mut exported);
    }
    // What is told of requests may accept them, and so may code that names the call.
    let notified: Vec<Option<Identity>> = reader
        .resources("AWS::EC2::VPCEndpointConnectionNotification")
        .map(|notification| reader.identity(notification, "ServiceId"))
        .collect();
    let is_called = reader.may_add_resources() || reader.shared.may_accept_connections(template);
    let is_accepted = |resource: ResourceId| {
        let own = Identity::Resource(resource);
        let may_be = |other: &Option<Identity>| other.as_ref().is_none_or(|other| !other.differs(&own));
        is_called || reader.is_handed_out(resource) || notified.iter().any(may_be)
    };
    let read = |resource| EndpointService {
        resource,
        network_load_balancers: reader.members(resource, "NetworkLoadBalancerArns"),
        gateway_load_balancers: reader.members(resource, "GatewayLoadBalancerArns"),
        acceptance: Switch::of(reader.property(resource, "AcceptanceRequired")),
        tags: reader.property(resource, "Tags"),
        private_dns_name: reader.property(resource, "PrivateDnsName"),
        ipv6: reader.property(resource, "SupportedIpAddressTypes").and_then(|types| {
            types.items()?.iter().find(|item| item.text() == Some("ipv6")).map(|item| item.span)
        }),
        handed_out: reader.is_handed_out(resource) || exported.contains(&resource),
        accepts_by_itself: is_accepted(resource),
    };
    services.map(read).collect()
}

pub(super) fn permissions<'t>(reader: &Reader<'_, '_, 't>) -> Vec<Permissions<'t>> {
    let read = |resource| Permissions {
        resource,
        service: reader.identity(resource, "ServiceId"),
        principals: reader.property(resource, "AllowedPrincipals"),
    };
    reader.resources("AWS::EC2::VPCEndpointServicePermissions").map(read).collect()
}

impl ListenerProtocol {
    const ALL: &'static [Self] = &[
        Self::Http,
        Self::Https,
        Self::Tcp,
        Self::Tls,
        Self::Udp,
        Self::TcpUdp,
        Self::Quic,
        Self::TcpQuic,
        Self::Geneve,
    ];

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|protocol| protocol.name() == name)
    }

    /// As templates write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Https => "HTTPS",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Udp => "UDP",
            Self::TcpUdp => "TCP_UDP",
            Self::Quic => "QUIC",
            Self::TcpQuic => "TCP_QUIC",
            Self::Geneve => "GENEVE",
        }
    }

    /// The transport below it, where it is one.
    pub fn transport(self) -> Option<Protocol> {
        match self {
            Self::Http | Self::Https | Self::Tcp | Self::Tls => Some(Protocol::Tcp),
            Self::Udp | Self::Quic | Self::Geneve => Some(Protocol::Udp),
            Self::TcpUdp | Self::TcpQuic => None,
        }
    }

    /// The protocols of target groups that a listener of a network load balancer with this protocol forwards to:
    /// none for protocols of other load balancers. Absent for QUIC alone, for which no list was found
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-target-groups.html>).
    pub fn forwards_to(self) -> Option<&'static [Self]> {
        match self {
            Self::Http | Self::Https | Self::Geneve => Some(&[]),
            Self::Tcp => Some(&[Self::Tcp, Self::TcpUdp]),
            Self::Tls => Some(&[Self::Tcp, Self::Tls]),
            Self::Udp => Some(&[Self::Udp, Self::TcpUdp]),
            Self::TcpUdp => Some(&[Self::TcpUdp]),
            Self::TcpQuic => Some(&[Self::TcpQuic]),
            Self::Quic => None,
        }
    }
}

impl LoadBalancer {
    /// Whether its inbound rules hold for what comes through PrivateLink, as far as is known.
    pub fn is_enforced(&self) -> bool {
        !matches!(self.enforcement, Switch::Off(_))
    }
}

impl Listener {
    /// The transport below its protocol; absent where there are two and where it is not known.
    pub fn transport(&self) -> Option<Protocol> {
        self.protocol.and_then(|(protocol, _)| protocol.transport())
    }
}

impl TargetGroup {
    /// The transport below its protocol; absent where there are two and where it is not known.
    pub fn transport(&self) -> Option<Protocol> {
        self.protocol.and_then(|(protocol, _)| protocol.transport())
    }
}

impl EndpointService<'_> {
    /// Whether a gateway load balancer stands behind it.
    pub fn is_for_appliances(&self) -> bool {
        self.gateway_load_balancers
            .as_ref()
            .is_some_and(|members| !members.complete || !members.items.is_empty())
            && self
                .network_load_balancers
                .as_ref()
                .is_none_or(|members| members.complete && members.items.is_empty())
    }

    /// The places of the `Key` of each tag, if all tags are known.
    pub fn tag_keys(&self) -> Option<Vec<(String, Span)>> {
        let Some(tags) = &self.tags else { return Some(Vec::new()) };
        tags.items()?
            .iter()
            .map(|tag| match &tag.get("Key")?.data {
                Data::Text(key) => Some((key.clone().into_owned(), tag.get("Key")?.span)),
                _ => None,
            })
            .collect()
    }
}
