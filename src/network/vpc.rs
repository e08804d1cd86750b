//! VPCs, subnets, route tables and where their default routes lead.

use std::rc::Rc;

use crate::scenario::{Data, Value};
use crate::template::ResourceId;
use crate::text::Span;

use super::Reader;
use super::address::AddressRange;
use super::identity::Identity;

/// Whether all that matters of a VPC stands in the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum World {
    /// The template makes the VPC and nothing hides resources: what is absent is absent.
    Closed,
    /// Endpoints, routes and groups may exist elsewhere.
    Open,
}

/// A boolean property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// On, at this place.
    On(Span),
    /// Off, at this place.
    Off(Span),
    /// Not written: the default of the property holds.
    Absent,
    /// Not known.
    Unknown,
}

impl Switch {
    pub(super) fn of(value: Option<Value<'_>>) -> Self {
        match value {
            None => Self::Absent,
            Some(value) => match value.boolean() {
                Some(true) => Self::On(value.span),
                Some(false) => Self::Off(value.span),
                None => Self::Unknown,
            },
        }
    }
}

/// A VPC, made here or named by something here.
#[derive(Debug)]
pub struct Vpc {
    /// Which one.
    pub identity: Identity,
    /// The resource, if the template makes it.
    pub resource: Option<ResourceId>,
    /// Whether all that matters of it is visible.
    pub world: World,
    /// `EnableDnsSupport`; default on.
    pub dns_support: Switch,
    /// `EnableDnsHostnames`; default off.
    pub dns_hostnames: Switch,
    /// `CidrBlock` and the blocks that are added.
    pub ranges: Vec<AddressRange>,
}

/// A subnet of the template.
#[derive(Debug)]
pub struct Subnet {
    /// The resource.
    pub resource: ResourceId,
    /// Its VPC.
    pub vpc: Option<Identity>,
    /// `CidrBlock`.
    pub range: Option<AddressRange>,
    /// Whether it has IPv6 addresses; absent where that is not known.
    pub ipv6: Option<bool>,
    /// `Ipv6Native`: without IPv4 addresses where it is on; default off
    /// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-subnet.html>).
    pub ipv6_native: Switch,
    /// Canonical spelling of its availability zone.
    pub zone: Option<Rc<str>>,
    /// The route table that the template associates, with the resource that does it.
    pub route_table: Option<(Identity, ResourceId)>,
    /// Where its default route leads.
    pub route_class: RouteClass,
}

/// Where the default route of a subnet leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteClass {
    /// To an internet gateway.
    Public,
    /// Something carries it: NAT, a transit gateway, VPN, peering, a firewall.
    Translated,
    /// Nowhere: only what is in the VPC, and endpoints, can be reached.
    Isolated,
    /// Not known: the main route table, a table from outside, a target from outside.
    Unknown,
}

/// A route table of the template.
#[derive(Debug)]
pub struct RouteTable {
    /// The resource.
    pub resource: ResourceId,
    /// Its VPC.
    pub vpc: Option<Identity>,
    /// Its routes.
    pub routes: Vec<Route>,
    /// Where traffic for public addresses goes.
    pub class: RouteClass,
    /// Whether an output gives its id away, so that another stack may add routes and gateway endpoints.
    pub shared: bool,
}

/// A route.
#[derive(Debug)]
pub struct Route {
    /// The resource.
    pub resource: ResourceId,
    /// Where to; absent for a prefix list.
    pub destination: Option<AddressRange>,
    /// Through what, with its place.
    pub target: RouteTarget,
    /// Place of the target.
    pub target_span: Span,
}

/// What carries a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteTarget {
    /// An internet gateway.
    InternetGateway,
    /// A NAT gateway, if known which.
    NatGateway(Option<Identity>),
    /// An egress-only internet gateway: IPv6 only.
    EgressOnlyGateway,
    /// Nothing: the destination lies in the VPC.
    Local,
    /// Another network: a transit gateway, a peering connection, a VPN, a core network.
    OtherNetwork,
    /// Anything else that carries packets.
    Other,
    /// Not known.
    Unknown,
}

pub(super) fn subnets_and_tables(reader: &Reader<'_, '_, '_>) -> (Vec<Subnet>, Vec<RouteTable>) {
    let tables = route_tables(reader);
    let added_blocks: Vec<Option<Identity>> = reader
        .resources("AWS::EC2::SubnetCidrBlock")
        .iter()
        .map(|&resource| reader.identity(resource, "SubnetId"))
        .collect();
    let mut subnets: Vec<Subnet> = reader
        .resources("AWS::EC2::Subnet")
        .iter()
        .map(|&resource| Subnet {
            resource,
            vpc: reader.identity(resource, "VpcId"),
            range: reader.property(resource, "CidrBlock").map(|value| AddressRange::of(&value)),
            ipv6: has_ipv6(reader, resource, &added_blocks),
            ipv6_native: Switch::of(reader.property(resource, "Ipv6Native")),
            zone: reader
                .property(resource, "AvailabilityZone")
                .or_else(|| reader.property(resource, "AvailabilityZoneId"))
                .and_then(|value| value.canonical())
                .map(Rc::from),
            route_table: None,
            route_class: RouteClass::Unknown,
        })
        .collect();
    let mut doubtful = false;
    for &association in reader.resources("AWS::EC2::SubnetRouteTableAssociation") {
        let subnet = reader.identity(association, "SubnetId");
        let table = reader.identity(association, "RouteTableId");
        let (Some(subnet), Some(table)) = (subnet, table) else {
            doubtful = true;
            continue;
        };
        if let Some(place) =
            subnet.resource().and_then(|subnet| super::place(&subnets, subnet, |known| known.resource))
        {
            subnets[place].route_table = Some((table, association));
        }
    }
    for subnet in &mut subnets {
        let table = subnet.route_table.as_ref().and_then(|(table, _)| table.resource());
        let table = table.and_then(|table| super::place(&tables, table, |known| known.resource));
        if !doubtful && let Some(place) = table {
            subnet.route_class = tables[place].class;
        }
    }
    (subnets, tables)
}

/// Whether a subnet has IPv6 addresses: of its own, or by a block that is added to it.
fn has_ipv6(
    reader: &Reader<'_, '_, '_>,
    resource: ResourceId,
    added_blocks: &[Option<Identity>],
) -> Option<bool> {
    let own = ["Ipv6CidrBlock", "Ipv6IpamPoolId", "Ipv6NetmaskLength"];
    let own: Vec<Value<'_>> = own.iter().filter_map(|key| reader.property(resource, key)).collect();
    let identity = Identity::Resource(resource);
    if own.iter().any(|value| !value.is_unknown()) || added_blocks.contains(&Some(identity.clone())) {
        return Some(true);
    }
    let vpc = reader.reference(resource, "VpcId");
    let may_be_given_one = reader.may_add_resources()
        || reader.is_handed_out(resource)
        || vpc.is_some_and(|vpc| reader.is_handed_out(vpc))
        || !added_blocks.iter().flatten().all(|subnet| subnet.differs(&identity))
        || added_blocks.contains(&None);
    (own.is_empty() && !may_be_given_one).then_some(false)
}

fn route_tables(reader: &Reader<'_, '_, '_>) -> Vec<RouteTable> {
    let mut tables: Vec<RouteTable> = reader
        .resources("AWS::EC2::RouteTable")
        .iter()
        .map(|&resource| RouteTable {
            resource,
            vpc: reader.identity(resource, "VpcId"),
            routes: Vec::new(),
            class: RouteClass::Isolated,
            shared: reader.given_away.contains(&resource),
        })
        .collect();
    let mut doubtful = reader.may_add_resources();
    for &resource in reader.resources("AWS::EC2::Route") {
        let Some(table) = reader.identity(resource, "RouteTableId") else {
            doubtful = true;
            continue;
        };
        if let Some(place) =
            table.resource().and_then(|table| super::place(&tables, table, |known| known.resource))
        {
            tables[place].routes.push(route(reader, resource));
        }
    }
    // Propagated routes may be anything, a default route included.
    let propagated: Vec<Identity> = reader
        .resources("AWS::EC2::VPNGatewayRoutePropagation")
        .iter()
        .filter_map(|&resource| reader.members(resource, "RouteTableIds"))
        .flat_map(|members| members.items)
        .filter_map(|item| item.identity)
        .collect();
    for table in &mut tables {
        let identity = Identity::Resource(table.resource);
        table.class = if propagated.contains(&identity) || reader.is_handed_out(table.resource) {
            RouteClass::Unknown
        } else {
            class(&table.routes)
        };
        if doubtful && table.class == RouteClass::Isolated {
            table.class = RouteClass::Unknown;
        }
    }
    tables
}

fn route(reader: &Reader<'_, '_, '_>, resource: ResourceId) -> Route {
    let destination = ["DestinationCidrBlock", "DestinationIpv6CidrBlock"];
    let destination = destination.iter().find_map(|key| reader.property(resource, key));
    let destination = match destination {
        Some(value) => Some(AddressRange::of(&value)),
        None if reader.property(resource, "DestinationPrefixListId").is_some() => None,
        None => Some(AddressRange::Unknown),
    };
    let id = reader.scenario.template.resource(resource).id.span;
    let (target, target_span) = if let Some(value) = reader.property(resource, "GatewayId") {
        let target = match &value.data {
            Data::Reference(reference) => {
                match reader.scenario.template.resource(reference.resource).kind.text.as_ref() {
                    "AWS::EC2::InternetGateway" => RouteTarget::InternetGateway,
                    "AWS::EC2::VPNGateway" => RouteTarget::OtherNetwork,
                    _ => RouteTarget::Unknown,
                }
            }
            Data::Text(text) if text == "local" => RouteTarget::Local,
            Data::Text(text) if text.starts_with("igw-") => RouteTarget::InternetGateway,
            _ => RouteTarget::Unknown,
        };
        (target, value.span)
    } else if let Some(value) = reader.property(resource, "NatGatewayId") {
        (RouteTarget::NatGateway(super::identity::identity(reader.scenario, &value)), value.span)
    } else if let Some(value) = reader.property(resource, "EgressOnlyInternetGatewayId") {
        (RouteTarget::EgressOnlyGateway, value.span)
    } else {
        let networks = ["TransitGatewayId", "VpcPeeringConnectionId", "CoreNetworkArn"];
        match networks.iter().find_map(|key| reader.property(resource, key)) {
            Some(value) => (RouteTarget::OtherNetwork, value.span),
            None => (RouteTarget::Other, id),
        }
    };
    Route { resource, destination, target, target_span }
}

fn class(routes: &[Route]) -> RouteClass {
    let mut class = RouteClass::Isolated;
    for route in routes {
        let carries = match &route.destination {
            Some(AddressRange::Net(_)) => route.destination.as_ref().is_some_and(AddressRange::is_public),
            Some(_) => return RouteClass::Unknown,
            None => false,
        };
        if !carries {
            continue;
        }
        match route.target {
            RouteTarget::InternetGateway => return RouteClass::Public,
            RouteTarget::NatGateway(_) | RouteTarget::OtherNetwork | RouteTarget::Other => {
                class = RouteClass::Translated;
            }
            RouteTarget::Local => {}
            // AWS endpoints with IPv6 addresses can be reached over it by clients that prefer IPv6.
            RouteTarget::EgressOnlyGateway | RouteTarget::Unknown => {
                if class == RouteClass::Isolated {
                    class = RouteClass::Unknown;
                }
            }
        }
    }
    class
}

pub(super) fn vpcs(reader: &Reader<'_, '_, '_>) -> Vec<Vpc> {
    let mut vpcs: Vec<Vpc> = reader
        .resources("AWS::EC2::VPC")
        .iter()
        .map(|&resource| {
            let open = reader.may_add_resources() || reader.is_handed_out(resource);
            let range = reader.property(resource, "CidrBlock");
            Vpc {
                identity: Identity::Resource(resource),
                resource: Some(resource),
                world: if open && !reader.assume_closed { World::Open } else { World::Closed },
                dns_support: Switch::of(reader.property(resource, "EnableDnsSupport")),
                dns_hostnames: Switch::of(reader.property(resource, "EnableDnsHostnames")),
                ranges: vec![range.map_or(AddressRange::Unknown, |value| AddressRange::of(&value))],
            }
        })
        .collect();
    for &resource in reader.resources("AWS::EC2::VPCCidrBlock") {
        let vpc = reader.reference(resource, "VpcId");
        let place = vpc.and_then(|vpc| super::place(&vpcs, Some(vpc), |known| known.resource));
        let Some(vpc) = place.map(|place| &mut vpcs[place]) else { continue };
        // An IPv6 block given by Amazon says nothing about IPv4 ranges; one from an address pool is not known.
        if let Some(value) = reader.property(resource, "CidrBlock") {
            vpc.ranges.push(AddressRange::of(&value));
        } else if reader.property(resource, "Ipv4IpamPoolId").is_some() {
            vpc.ranges.push(AddressRange::Unknown);
        }
    }
    vpcs
}

impl Subnet {
    /// Whether the two certainly lie in different availability zones.
    pub fn is_in_another_zone_than(&self, other: &Self) -> bool {
        matches!((&self.zone, &other.zone), (Some(one), Some(other)) if zones_differ(one, other))
    }
}

fn zones_differ(one: &str, other: &str) -> bool {
    let literal = |zone: &str| !zone.contains('<');
    // A name and an id may mean the same zone.
    let is_id = |zone: &str| zone.contains("-az");
    if one == other || is_id(one) != is_id(other) {
        return false;
    }
    // `Fn::Select` of a number over `Fn::GetAZs`.
    let chosen = |zone: &str| {
        let (index, list) = zone.strip_prefix("<Select(")?.split_once(",GetAZs(")?;
        Some((index.parse::<u32>().ok()?, list.to_owned()))
    };
    match (chosen(one), chosen(other)) {
        (Some((_, list)), Some((_, other))) => return list == other,
        (None, None) => {}
        _ => return false,
    }
    // Two endings of one Region.
    let ended = |zone: &str| zone.rsplit_once('>').map(|(region, end)| (region.to_owned(), !end.is_empty()));
    match (ended(one), ended(other)) {
        (Some((region, true)), Some((other, true))) => region == other,
        _ => literal(one) && literal(other),
    }
}

impl Vpc {
    /// A VPC that something here names and that is not made here.
    pub(super) fn outside(identity: Identity, assume_closed: bool) -> Self {
        Self {
            identity,
            resource: None,
            world: if assume_closed { World::Closed } else { World::Open },
            dns_support: Switch::Unknown,
            dns_hostnames: Switch::Unknown,
            ranges: Vec::new(),
        }
    }
}
