//! Network ACLs: numbered entries that let traffic into and out of subnets, each way for itself.

use crate::facts::EndpointType;
use crate::scenario::Value;
use crate::template::ResourceId;
use crate::text::Span;

use super::address::AddressRange;
use super::identity::Identity;
use super::route::RouteClass;
use super::security_group::{Ports, Protocol};
use super::vpc::{Subnet, Switch, Vpc};
use super::{Endpoint, Network, Reader};

/// The ports at which clients take answers
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html>).
pub const ANSWER_PORTS: (u16, u16) = (1024, u16::MAX);

/// A network ACL of the template. What none of its entries matches is denied
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html>).
#[derive(Debug)]
pub struct NetworkAcl {
    /// The resource.
    pub resource: ResourceId,
    /// Its VPC.
    pub vpc: Option<Identity>,
    /// Its entries by their numbers; those whose number is not known stand last.
    pub entries: Vec<NetworkAclEntry>,
    /// Whether `entries` is all.
    pub complete: bool,
    /// Whether an output gives its id away, so that another stack may add entries.
    pub shared: bool,
}

/// An entry of a network ACL.
#[derive(Debug)]
pub struct NetworkAclEntry {
    /// The resource.
    pub resource: ResourceId,
    /// `RuleNumber`: the lowest number that matches decides.
    pub number: Option<i64>,
    /// `Egress`; default ingress.
    pub direction: Option<Direction>,
    /// `RuleAction`.
    pub action: Option<Action>,
    /// Place of `RuleAction`, or of the entry where it has none.
    pub action_span: Span,
    /// Protocol and ports, those of the side that the packet goes to.
    pub ports: Ports,
    /// The other side.
    pub range: AddressRange,
    /// Whether the other side is IPv6.
    pub ipv6: bool,
}

/// Into a subnet or out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Into the subnet.
    In,
    /// Out of the subnet.
    Out,
}

/// What an entry does with what it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Lets it through.
    Allow,
    /// Drops it.
    Deny,
}

/// The network ACL of a subnet.
#[derive(Debug)]
pub enum SubnetAcl<'n> {
    /// One that the template makes.
    Own(&'n NetworkAcl),
    /// The default one of a VPC made here, which lets everything through
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html>).
    Default,
    /// Not known.
    Unknown,
}

/// What a network ACL does with packets of one kind, all of them alike.
#[derive(Debug)]
pub enum Verdict<'n> {
    /// This entry lets them through.
    Allowed(&'n NetworkAclEntry),
    /// This entry drops them, or, where there is none, the rule behind the last entry.
    Denied(Option<&'n NetworkAclEntry>),
    /// Not known, or not the same for all of them.
    Unknown,
}

/// TCP packets that go to some ports of one side, seen from a subnet.
#[derive(Debug, Clone, Copy)]
pub struct Flow<'n> {
    /// Into the subnet or out of it.
    pub direction: Direction,
    /// The first and the last port that they go to.
    pub ports: (u16, u16),
    /// The side that is not the subnet.
    pub peer: FlowPeer<'n>,
    /// Whether they are IPv6.
    pub ipv6: bool,
}

/// The other side of a [`Flow`].
#[derive(Debug, Clone, Copy)]
pub enum FlowPeer<'n> {
    /// A subnet.
    Subnet(&'n Subnet),
    /// Every address of a VPC.
    Vpc(&'n Vpc),
    /// The public addresses of a service, as a gateway endpoint leads to them.
    Public,
}

/// A network ACL that stops a connection on its way there, or its answers on their way back.
#[derive(Debug, Clone, Copy)]
pub struct Stop<'n> {
    /// The subnet whose ACL it is.
    pub subnet: &'n Subnet,
    /// The ACL.
    pub acl: &'n NetworkAcl,
    /// The entry that drops the packets; none where no entry matches them.
    pub entry: Option<&'n NetworkAclEntry>,
    /// Into that subnet or out of it.
    pub direction: Direction,
    /// Whether it is the answers that are stopped.
    pub answers: bool,
}

impl Stop<'_> {
    /// Whether the same entry of the same ACL stops the same way, be it of another subnet.
    pub fn has_cause_of(&self, other: &Stop<'_>) -> bool {
        let cause = |stop: &Stop<'_>| {
            (stop.acl.resource, stop.entry.map(|entry| entry.resource), stop.direction, stop.answers)
        };
        cause(self) == cause(other)
    }
}

impl<'t> Network<'_, 't> {
    /// The network ACL of a subnet.
    pub fn network_acl_of(&self, subnet: &Subnet) -> SubnetAcl<'_> {
        let Some(associations) = self.acl_associations.as_ref() else { return SubnetAcl::Unknown };
        let first = associations.partition_point(|(known, _)| *known < subnet.resource);
        let mut own = associations[first..].iter().take_while(|(known, _)| *known == subnet.resource);
        match (own.next(), own.next()) {
            (Some((_, Some(acl))), None) => acl
                .resource()
                .and_then(|acl| super::place(&self.network_acls, acl, |known| known.resource))
                .map_or(SubnetAcl::Unknown, |place| SubnetAcl::Own(&self.network_acls[place])),
            (Some(_), _) => SubnetAcl::Unknown,
            (None, _) => {
                let vpc = subnet.vpc.as_ref().and_then(|vpc| self.vpc(vpc));
                match vpc {
                    Some(vpc) if vpc.resource.is_some() && self.template().hidden.is_empty() => {
                        SubnetAcl::Default
                    }
                    _ => SubnetAcl::Unknown,
                }
            }
        }
    }

    /// What a network ACL does with packets: the matching entry with the lowest number decides.
    pub fn verdict<'n>(&self, acl: &'n NetworkAcl, flow: &Flow<'_>) -> Verdict<'n> {
        if !acl.complete {
            return Verdict::Unknown;
        }
        let numbered = acl.entries.partition_point(|entry| entry.number.is_some());
        let (numbered, unnumbered) = acl.entries.split_at(numbered);
        // What entries do that may match some of the packets before one matches them all.
        let mut may_allow = false;
        let mut may_deny = false;
        let mut note = |entry: &NetworkAclEntry| {
            may_allow |= entry.action != Some(Action::Deny);
            may_deny |= entry.action != Some(Action::Allow);
        };
        unnumbered.iter().filter(|entry| self.matches(entry, flow) != Some(false)).for_each(&mut note);
        let mut decided = None;
        for entry in numbered {
            match (self.matches(entry, flow), entry.action) {
                (Some(false), _) => {}
                (Some(true), Some(action)) => {
                    decided = Some((entry, action));
                    break;
                }
                _ => note(entry),
            }
        }
        match decided {
            Some((entry, Action::Allow)) if !may_deny => Verdict::Allowed(entry),
            Some((entry, Action::Deny)) if !may_allow => Verdict::Denied(Some(entry)),
            None if !may_allow => Verdict::Denied(None),
            _ => Verdict::Unknown,
        }
    }

    /// Whether an entry matches all packets (`true`) or none (`false`).
    fn matches(&self, entry: &NetworkAclEntry, flow: &Flow<'_>) -> Option<bool> {
        let direction = entry.direction.map(|direction| direction == flow.direction);
        let parts = [
            direction,
            Some(entry.ipv6 == flow.ipv6),
            covers_ports(entry.ports, flow.ports),
            self.covers_peer(&entry.range, flow),
        ];
        if parts.contains(&Some(false)) {
            Some(false)
        } else {
            parts.iter().all(|part| *part == Some(true)).then_some(true)
        }
    }

    /// Whether a range holds every address of the other side (`true`) or none (`false`).
    fn covers_peer(&self, range: &AddressRange, flow: &Flow<'_>) -> Option<bool> {
        if range.is_everything() {
            return Some(true);
        }
        match flow.peer {
            // Which IPv6 addresses a subnet of the template gets is not known.
            FlowPeer::Subnet(_) | FlowPeer::Vpc(_) if flow.ipv6 => None,
            FlowPeer::Subnet(subnet) => self.holds_addresses_of_subnet(subnet, range),
            FlowPeer::Vpc(vpc) if vpc.ranges.is_empty() => None,
            FlowPeer::Vpc(vpc) => {
                if vpc.ranges.iter().all(|whole| range.covers(whole) == Some(true)) {
                    Some(true)
                } else {
                    vpc.ranges.iter().all(|whole| range.is_apart_from(whole)).then_some(false)
                }
            }
            FlowPeer::Public => match range {
                AddressRange::Net(_) if !range.is_public() => Some(false),
                _ => None,
            },
        }
    }

    /// What stops TCP on a port from one subnet to another, or the answers. Traffic inside a subnet passes no
    /// network ACL (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html>).
    pub fn stops_between<'n>(
        &'n self,
        client: &'n Subnet,
        server: &'n Subnet,
        port: u16,
        ipv6: bool,
    ) -> Vec<Stop<'n>> {
        if client.resource == server.resource {
            return Vec::new();
        }
        let to_server = Path { peer: FlowPeer::Subnet(server), port, ipv6 };
        let to_client = Path { peer: FlowPeer::Subnet(client), port, ipv6 };
        let mut stops = self.stops_at_client(client, to_server);
        stops.extend(self.stops_at_server(server, to_client));
        stops
    }

    /// What stops TCP on a port from a subnet to public addresses, as through a gateway endpoint, or the answers.
    pub fn stops_to_public<'n>(&'n self, client: &'n Subnet, port: u16, ipv6: bool) -> Vec<Stop<'n>> {
        self.stops_at_client(client, Path { peer: FlowPeer::Public, port, ipv6 })
    }

    /// What the ACL of a subnet stops of TCP on a port that comes from any address of its VPC, or of the answers.
    pub fn stops_from_vpc<'n>(&'n self, vpc: &'n Vpc, server: &'n Subnet, port: u16) -> Vec<Stop<'n>> {
        self.stops_at_server(server, Path { peer: FlowPeer::Vpc(vpc), port, ipv6: false })
    }

    fn stops_at_client<'n>(&'n self, client: &'n Subnet, path: Path<'n>) -> Vec<Stop<'n>> {
        self.stops_at(client, path, Direction::Out, Direction::In)
    }

    fn stops_at_server<'n>(&'n self, server: &'n Subnet, path: Path<'n>) -> Vec<Stop<'n>> {
        self.stops_at(server, path, Direction::In, Direction::Out)
    }

    fn stops_at<'n>(
        &'n self,
        subnet: &'n Subnet,
        path: Path<'n>,
        there: Direction,
        back: Direction,
    ) -> Vec<Stop<'n>> {
        let SubnetAcl::Own(acl) = self.network_acl_of(subnet) else { return Vec::new() };
        let ways = [(there, (path.port, path.port), false), (back, ANSWER_PORTS, true)];
        let stops = ways.into_iter().filter_map(|(direction, ports, answers)| {
            let flow = Flow { direction, ports, peer: path.peer, ipv6: path.ipv6 };
            match self.verdict(acl, &flow) {
                Verdict::Denied(entry) => Some(Stop { subnet, acl, entry, direction, answers }),
                Verdict::Allowed(_) | Verdict::Unknown => None,
            }
        });
        stops.collect()
    }

    /// What stops clients in a subnet from using an endpoint for a service of AWS; empty where one way may be open:
    /// one of the ports of the service, one of the subnets of the endpoint.
    pub fn stops_to_endpoint<'n>(&'n self, client: &'n Subnet, endpoint: &'n Endpoint<'t>) -> Vec<Stop<'n>> {
        self.stops_on_every_way(client, endpoint).unwrap_or_default()
    }

    fn stops_on_every_way<'n>(
        &'n self,
        client: &'n Subnet,
        endpoint: &'n Endpoint<'t>,
    ) -> Option<Vec<Stop<'n>>> {
        let ports = &endpoint.aws_service()?.ports;
        let mut every = Vec::new();
        let mut add = |stops: Vec<Stop<'n>>| {
            every.extend(stops.iter().copied());
            (!stops.is_empty()).then_some(())
        };
        match endpoint.kind? {
            EndpointType::Interface => {
                for server in self.subnets_of_endpoint(endpoint)? {
                    for &port in ports {
                        for &ipv6 in families(endpoint) {
                            add(self.stops_between(client, server, port, ipv6))?;
                        }
                    }
                }
            }
            EndpointType::Gateway => {
                for &port in ports {
                    add(self.stops_to_public(client, port, false))?;
                    if client.ipv6 != Some(false) {
                        add(self.stops_to_public(client, port, true))?;
                    }
                }
            }
            _ => return None,
        }
        Some(every)
    }

    /// The subnets of a VPC whose traffic to an endpoint network ACLs stop, whoever sends it, with what stops it.
    /// Behind a gateway endpoint these are all that have its route. An interface endpoint must be kept from the whole
    /// VPC; then they are all but its own and the public ones, where what stands often calls no service.
    pub fn subnets_kept_from<'n>(
        &'n self,
        endpoint: &'n Endpoint<'t>,
    ) -> Option<(Vec<&'n Subnet>, Vec<Stop<'n>>)> {
        let vpc = self.vpc(endpoint.vpc.as_ref()?).filter(|vpc| vpc.resource.is_some())?;
        let here = self.subnets.iter().filter(|subnet| subnet.vpc.as_ref() == Some(&vpc.identity));
        let mut every = Vec::new();
        let mut add = |stops: Vec<Stop<'n>>| {
            every.extend(stops.iter().copied());
            (!stops.is_empty()).then_some(())
        };
        let clients: Vec<&Subnet> = match endpoint.kind? {
            EndpointType::Interface => {
                let own = self.subnets_of_endpoint(endpoint)?;
                if self.named(endpoint) != Some(true) || families(endpoint).len() > 1 {
                    return None;
                }
                for server in &own {
                    for &port in &endpoint.aws_service()?.ports {
                        add(self.stops_from_vpc(vpc, server, port))?;
                    }
                }
                here.filter(|subnet| subnet.route_class != RouteClass::Public)
                    .filter(|subnet| own.iter().all(|server| server.resource != subnet.resource))
                    .collect()
            }
            EndpointType::Gateway => {
                let tables = endpoint.route_tables.as_ref().filter(|tables| tables.complete)?;
                let routed = |subnet: &&Subnet| {
                    subnet.route_table.as_ref().is_some_and(|(table, _)| tables.contains(table))
                };
                let clients: Vec<&Subnet> = here.filter(routed).collect();
                for client in &clients {
                    add(self.stops_to_endpoint(client, endpoint))?;
                }
                clients
            }
            _ => return None,
        };
        (!clients.is_empty()).then_some((clients, every))
    }

    /// The subnets of an endpoint, where the template makes all of them.
    pub fn subnets_of_endpoint(&self, endpoint: &Endpoint<'_>) -> Option<Vec<&Subnet>> {
        let members =
            endpoint.subnets.as_ref().filter(|members| members.complete && !members.items.is_empty())?;
        members
            .known()
            .map(|subnet| {
                self.subnet(subnet)
                    .filter(|subnet| !matches!(subnet.ipv6_native, Switch::On(_) | Switch::Unknown))
            })
            .collect()
    }
}

/// A way of TCP past the ACL of one subnet.
#[derive(Debug, Clone, Copy)]
struct Path<'n> {
    peer: FlowPeer<'n>,
    port: u16,
    ipv6: bool,
}

/// Whether clients reach an interface endpoint over IPv4 alone, or over IPv6 too.
fn families(endpoint: &Endpoint<'_>) -> &'static [bool] {
    match &endpoint.ip_type {
        None => &[false],
        Some(value) if value.text() == Some("ipv4") => &[false],
        Some(_) => &[false, true],
    }
}

/// Whether an entry is for all of these TCP ports (`true`) or for none (`false`).
fn covers_ports(ports: Ports, (first, last): (u16, u16)) -> Option<bool> {
    match ports {
        Ports::All => Some(true),
        Ports::Range(Protocol::Tcp, from, to) if from <= first && last <= to => Some(true),
        Ports::Range(Protocol::Tcp, from, to) if from <= last && first <= to => None,
        Ports::Range(..) | Ports::Other => Some(false),
        Ports::Unknown => None,
    }
}

pub(super) fn read(reader: &Reader<'_, '_, '_>) -> Vec<NetworkAcl> {
    let mut acls: Vec<NetworkAcl> = reader
        .resources("AWS::EC2::NetworkAcl")
        .map(|resource| NetworkAcl {
            resource,
            vpc: reader.identity(resource, "VpcId"),
            entries: Vec::new(),
            complete: !reader.may_add_resources() && !reader.is_handed_out(resource),
            shared: reader.is_given_away(resource),
        })
        .collect();
    for resource in reader.resources("AWS::EC2::NetworkAclEntry") {
        let Some(acl) = reader.identity(resource, "NetworkAclId") else {
            // It may be an entry of any of them.
            for acl in &mut acls {
                acl.complete = false;
            }
            continue;
        };
        let place = acl.resource().and_then(|acl| super::place(&acls, acl, |known| known.resource));
        if let Some(place) = place {
            acls[place].entries.push(entry(reader, resource));
        }
    }
    for acl in &mut acls {
        acl.entries.sort_by_key(|entry| (entry.number.is_none(), entry.number));
    }
    acls
}

/// The network ACLs that subnets are given, by subnet.
pub(super) type Associations = Vec<(ResourceId, Option<Identity>)>;

/// The ACLs that subnets of the template are given, by subnet; `None` where any subnet may be given any.
pub(super) fn associations(reader: &Reader<'_, '_, '_>) -> Option<Associations> {
    let mut associations = Vec::new();
    for resource in reader.resources("AWS::EC2::SubnetNetworkAclAssociation") {
        if let Some(subnet) = reader.identity(resource, "SubnetId")?.resource() {
            associations.push((subnet, reader.identity(resource, "NetworkAclId")));
        }
    }
    associations.sort_by_key(|(subnet, _)| *subnet);
    Some(associations)
}

fn entry(reader: &Reader<'_, '_, '_>, resource: ResourceId) -> NetworkAclEntry {
    let integer = |key: &str| reader.property(resource, key).and_then(|value| value.integer());
    let action = reader.property(resource, "RuleAction");
    let (range, ipv6) =
        match (reader.property(resource, "CidrBlock"), reader.property(resource, "Ipv6CidrBlock")) {
            (Some(range), None) => (AddressRange::of(&range), false),
            (None, Some(range)) => (AddressRange::of(&range), true),
            _ => (AddressRange::Unknown, false),
        };
    NetworkAclEntry {
        resource,
        number: integer("RuleNumber"),
        direction: match reader.property(resource, "Egress") {
            None => Some(Direction::In),
            Some(egress) => {
                egress.boolean().map(|egress| if egress { Direction::Out } else { Direction::In })
            }
        },
        action_span: action
            .as_ref()
            .map_or_else(|| reader.scenario.template.resource(resource).id.span, |action| action.span),
        action: match action.as_ref().and_then(Value::text) {
            Some(text) if text.eq_ignore_ascii_case("allow") => Some(Action::Allow),
            Some(text) if text.eq_ignore_ascii_case("deny") => Some(Action::Deny),
            _ => None,
        },
        ports: ports(reader, resource),
        range,
        ipv6,
    }
}

/// The protocol is a number; the interface of EC2 takes the three names too.
fn ports(reader: &Reader<'_, '_, '_>, resource: ResourceId) -> Ports {
    let Some(protocol) = reader.property(resource, "Protocol") else { return Ports::Unknown };
    let Some(text) = protocol.text().map(str::to_ascii_lowercase) else { return Ports::Unknown };
    let protocol = match text.as_str() {
        "-1" => return Ports::All,
        "6" | "tcp" => Protocol::Tcp,
        "17" | "udp" => Protocol::Udp,
        "icmp" => return Ports::Other,
        number if number.parse::<u8>().is_ok() => return Ports::Other,
        _ => return Ports::Unknown,
    };
    let range = reader.property(resource, "PortRange");
    let bound = |key: &str| {
        let bound = range.as_ref()?.get(key)?.integer()?;
        u16::try_from(bound).ok()
    };
    match (bound("From"), bound("To")) {
        (Some(from), Some(to)) => Ports::Range(protocol, from, to),
        _ => Ports::Unknown,
    }
}
