//! Route tables, what carries their routes, and where traffic for the internet goes from a subnet.

use std::rc::Rc;

use ipnet::Ipv4Net;
use rustc_hash::FxHashMap;

use crate::scenario::{Data, Value};
use crate::template::ResourceId;
use crate::text::Span;

use super::address::AddressRange;
use super::identity::{Identity, identity};
use super::vpc::{self, Subnet, Vpc};
use super::{Network, Reader};

/// Where the default route of a subnet leads. IPv4 decides: not every service has IPv6 addresses, so that a way for
/// IPv6 alone does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteClass {
    /// To an internet gateway.
    Public,
    /// Something carries it: NAT, a transit gateway, VPN, peering, a firewall.
    Translated,
    /// Nowhere: only what is in the VPC, and endpoints, can be reached.
    Isolated,
    /// Not known: the main route table, a table from outside, a target from outside, a route for some addresses only.
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
    /// Where traffic for public addresses goes, from subnets that may have addresses of both kinds.
    pub class: RouteClass,
    /// Whether a VPN gateway adds the routes that it learns: to another network, and perhaps a default route.
    pub propagated: bool,
    /// Whether an output gives its id away, so that another stack may add routes and gateway endpoints.
    pub shared: bool,
}

/// A route.
#[derive(Debug, Clone)]
pub struct Route {
    /// The resource.
    pub resource: ResourceId,
    /// Where to; absent for a prefix list.
    pub destination: Option<AddressRange>,
    /// Through what, with its place.
    pub target: RouteTarget,
    /// Place of the target.
    pub target_span: Span,
    /// The subnet where what it carries ends: that of a NAT gateway, from which nothing leads on.
    pub ends_in: Option<ResourceId>,
}

/// What carries a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteTarget {
    /// An internet gateway.
    InternetGateway,
    /// A NAT gateway, if known which.
    NatGateway(Option<Identity>),
    /// A private NAT gateway, which leads to other networks and never to an internet gateway
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html>).
    PrivateNatGateway(ResourceId),
    /// An egress-only internet gateway: IPv6 only.
    EgressOnlyGateway,
    /// Nothing: the destination lies in the VPC.
    Local,
    /// Another network: a transit gateway, a peering connection, a VPN, a core network, one on premises.
    OtherNetwork,
    /// Anything else that carries packets: an appliance, a firewall, a carrier gateway.
    Other,
    /// Not known.
    Unknown,
}

impl RouteTable {
    /// Whether it leads to another network, in which endpoints may be shared.
    pub fn leads_to_other_network(&self) -> bool {
        let targets = self.routes.iter().map(|route| &route.target);
        let other = |target: &RouteTarget| {
            matches!(target, RouteTarget::OtherNetwork | RouteTarget::PrivateNatGateway(_))
        };
        self.propagated || targets.into_iter().any(other)
    }
}

/// The option of an account that blocks the internet for all its VPCs in a Region, both ways
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html>).
#[derive(Debug)]
pub struct PublicAccessBlock {
    /// The resource.
    pub resource: ResourceId,
    /// Place of `InternetGatewayBlockMode`.
    pub span: Span,
    /// VPCs and subnets that are excluded from it; absent where that is not known.
    excluded: Vec<Option<Identity>>,
}

impl Network<'_, '_> {
    /// What blocks the internet for a whole VPC, whatever its routes say, as far as this template shows. Exclusions may
    /// be made elsewhere.
    pub fn public_access_block(&self, vpc: &Vpc) -> Option<&PublicAccessBlock> {
        let block = self.public_access_block.as_ref()?;
        let spared = block.excluded.iter().any(|excluded| match excluded {
            None => true,
            Some(excluded) => match self.subnet(excluded) {
                Some(subnet) => subnet.vpc.as_ref().is_none_or(|own| !own.differs(&vpc.identity)),
                None => !excluded.differs(&vpc.identity),
            },
        });
        (!spared).then_some(block)
    }
}

pub(super) fn public_access_block(reader: &Reader<'_, '_, '_>) -> Option<PublicAccessBlock> {
    let (resource, mode) = reader
        .resources("AWS::EC2::VPCBlockPublicAccessOptions")
        .find_map(|resource| Some((resource, reader.property(resource, "InternetGatewayBlockMode")?)))?;
    let exclusions = reader.resources("AWS::EC2::VPCBlockPublicAccessExclusion");
    let excluded = exclusions
        .map(|exclusion| ["SubnetId", "VpcId"].iter().find_map(|key| reader.identity(exclusion, key)));
    (mode.text() == Some("block-bidirectional")).then(|| PublicAccessBlock {
        resource,
        span: mode.span,
        excluded: excluded.collect(),
    })
}

/// The subnets, told where they lead, and the route tables.
pub(super) type Routed = (Rc<Vec<Subnet>>, Rc<Vec<RouteTable>>);

pub(super) fn routed(reader: &Reader<'_, '_, '_>) -> Routed {
    reader.shared.routed.get_or_find(reader.scenario, || {
        let mut subnets = vpc::subnets(reader);
        let tables = tables(reader, &mut subnets);
        (Rc::new(subnets), Rc::new(tables))
    })
}

/// Reads the route tables and tells the subnets where they lead.
fn tables(reader: &Reader<'_, '_, '_>, subnets: &mut [Subnet]) -> Vec<RouteTable> {
    let Tables { mut tables, doubtful } = read(reader);
    let associated = associate(reader, subnets);
    let class = |table: &RouteTable, ipv6: bool| {
        if reader.is_handed_out(table.resource) {
            return RouteClass::Unknown;
        }
        match class(&table.routes, ipv6) {
            // Propagated routes may be anything, a default route included; what is written goes before them.
            RouteClass::Isolated if doubtful || table.propagated => RouteClass::Unknown,
            class => class,
        }
    };
    let classify = |tables: &mut [RouteTable], subnets: &mut [Subnet]| {
        for table in &mut *tables {
            table.class = class(table, true);
        }
        for subnet in subnets.iter_mut().filter(|_| associated) {
            if let Some(place) = place_of_table(tables, subnet) {
                subnet.route_class = class(&tables[place], subnet.ipv6 != Some(false));
            }
        }
    };
    classify(&mut tables, subnets);
    let ends = dead_ends(reader, &tables, subnets);
    if !ends.is_empty() {
        for route in tables.iter_mut().flat_map(|table| &mut table.routes) {
            let gateway = match &route.target {
                RouteTarget::NatGateway(gateway) => gateway.as_ref().and_then(Identity::resource),
                RouteTarget::PrivateNatGateway(gateway) => Some(*gateway),
                _ => None,
            };
            route.ends_in = gateway.and_then(|gateway| ends.get(&gateway).copied());
        }
        classify(&mut tables, subnets);
    }
    tables
}

fn place_of_table(tables: &[RouteTable], subnet: &Subnet) -> Option<usize> {
    let (table, _) = subnet.route_table.as_ref()?;
    super::place(tables, table.resource()?, |known| known.resource)
}

/// Notes which table each subnet has; false where an association may be for any subnet or any table.
fn associate(reader: &Reader<'_, '_, '_>, subnets: &mut [Subnet]) -> bool {
    let mut certain = true;
    for association in reader.resources("AWS::EC2::SubnetRouteTableAssociation") {
        let read =
            || (reader.identity(association, "SubnetId"), reader.identity(association, "RouteTableId"));
        let named = reader.shared.associations.get_or_find(reader.scenario, association, read);
        let (Some(subnet), Some(table)) = named else {
            certain = false;
            continue;
        };
        let place =
            subnet.resource().and_then(|subnet| super::place(subnets, subnet, |known| known.resource));
        if let Some(place) = place {
            subnets[place].route_table = Some((table, association));
        }
    }
    certain
}

/// The NAT gateways from whose subnets nothing leads on, with those subnets. A public one needs a route to an internet
/// gateway there; a regional one stands in no subnet and brings its own route
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateways-regional.html>).
fn dead_ends(
    reader: &Reader<'_, '_, '_>,
    tables: &[RouteTable],
    subnets: &[Subnet],
) -> FxHashMap<ResourceId, ResourceId> {
    let gateways = reader.resources("AWS::EC2::NatGateway").filter_map(|gateway| {
        let zonal = reader.property(gateway, "AvailabilityMode");
        if zonal.is_some_and(|mode| mode.text() != Some("zonal")) {
            return None;
        }
        let subnet = reader.reference(gateway, "SubnetId")?;
        let subnet = super::of_resource(subnets, subnet, |known| known.resource)?;
        let table = &tables[place_of_table(tables, subnet)?];
        let ends = subnet.route_class == RouteClass::Isolated && !table.shared;
        ends.then_some((gateway, subnet.resource))
    });
    gateways.collect()
}

struct Tables {
    tables: Vec<RouteTable>,
    /// Whether there may be routes that are not read, in any table.
    doubtful: bool,
}

fn read(reader: &Reader<'_, '_, '_>) -> Tables {
    let propagations: Vec<Value<'_>> = reader
        .resources("AWS::EC2::VPNGatewayRoutePropagation")
        .filter_map(|resource| reader.property(resource, "RouteTableIds"))
        .collect();
    let propagations: Vec<_> =
        propagations.iter().map(|tables| super::identity::members(reader.scenario, tables)).collect();
    let mut tables: Vec<RouteTable> = reader
        .resources("AWS::EC2::RouteTable")
        .map(|resource| {
            let identity = Identity::Resource(resource);
            RouteTable {
                resource,
                vpc: reader.identity(resource, "VpcId"),
                routes: Vec::new(),
                class: RouteClass::Isolated,
                propagated: propagations.iter().any(|tables| !tables.complete || tables.contains(&identity)),
                shared: reader.is_given_away(resource),
            }
        })
        .collect();
    let attachments: Vec<(Option<Identity>, Option<Identity>)> = reader
        .resources("AWS::EC2::VPCGatewayAttachment")
        .filter(|&resource| reader.property(resource, "InternetGatewayId").is_some())
        .map(|resource| (reader.identity(resource, "InternetGatewayId"), reader.identity(resource, "VpcId")))
        .collect();
    let mut doubtful = reader.may_add_resources();
    for resource in reader.resources("AWS::EC2::Route") {
        let Some(table) = reader.identity(resource, "RouteTableId") else {
            doubtful = true;
            continue;
        };
        let place = table.resource().and_then(|table| super::place(&tables, table, |known| known.resource));
        if let Some(place) = place {
            let read = || route(reader, resource);
            let mut route = reader.shared.routes.get_or_find(reader.scenario, resource, read);
            if route.target == RouteTarget::InternetGateway
                && !may_be_attached(reader, resource, &attachments, tables[place].vpc.as_ref())
            {
                route.target = RouteTarget::Unknown;
            }
            tables[place].routes.push(route);
        }
    }
    Tables { tables, doubtful }
}

/// Whether the internet gateway of a route may be that of the VPC. Where the template makes the gateway and shows no
/// attachment, another stack may attach it, or nobody.
fn may_be_attached(
    reader: &Reader<'_, '_, '_>,
    route: ResourceId,
    attachments: &[(Option<Identity>, Option<Identity>)],
    vpc: Option<&Identity>,
) -> bool {
    let Some(Identity::Resource(gateway)) = reader.identity(route, "GatewayId") else { return true };
    attachments.iter().any(|(attached, to)| {
        let here = match (to, vpc) {
            (Some(to), Some(vpc)) => !to.differs(vpc),
            _ => true,
        };
        here && attached.as_ref().is_none_or(|attached| !attached.differs(&Identity::Resource(gateway)))
    })
}

fn route(reader: &Reader<'_, '_, '_>, resource: ResourceId) -> Route {
    let destination = ["DestinationCidrBlock", "DestinationIpv6CidrBlock"];
    let destination = destination.iter().find_map(|key| reader.property(resource, key));
    let destination = match destination {
        Some(value) => Some(AddressRange::of(&value)),
        None if reader.property(resource, "DestinationPrefixListId").is_some() => None,
        None => Some(AddressRange::Unknown),
    };
    let (target, target_span) = target(reader, resource)
        .unwrap_or_else(|| (RouteTarget::Unknown, reader.scenario.template.resource(resource).id.span));
    Route { resource, destination, target, target_span, ends_in: None }
}

fn target(reader: &Reader<'_, '_, '_>, route: ResourceId) -> Option<(RouteTarget, Span)> {
    if let Some(value) = reader.property(route, "GatewayId") {
        let target = match &value.data {
            Data::Reference(reference) => match reader.kind(reference.resource) {
                "AWS::EC2::InternetGateway" => RouteTarget::InternetGateway,
                "AWS::EC2::VPNGateway" => RouteTarget::OtherNetwork,
                _ => RouteTarget::Unknown,
            },
            Data::Text(text) if text == "local" => RouteTarget::Local,
            Data::Text(text) if text.starts_with("igw-") => RouteTarget::InternetGateway,
            Data::Text(text) if text.starts_with("vgw-") => RouteTarget::OtherNetwork,
            _ => RouteTarget::Unknown,
        };
        return Some((target, value.span));
    }
    if let Some(value) = reader.property(route, "NatGatewayId") {
        let gateway = identity(reader.scenario, &value);
        let private = gateway.as_ref().and_then(Identity::resource).filter(|&gateway| {
            let connectivity = reader.property(gateway, "ConnectivityType");
            connectivity.is_some_and(|connectivity| connectivity.text() == Some("private"))
        });
        let target = private.map_or(RouteTarget::NatGateway(gateway), RouteTarget::PrivateNatGateway);
        return Some((target, value.span));
    }
    let targets = [
        ("EgressOnlyInternetGatewayId", RouteTarget::EgressOnlyGateway),
        ("TransitGatewayId", RouteTarget::OtherNetwork),
        ("VpcPeeringConnectionId", RouteTarget::OtherNetwork),
        ("CoreNetworkArn", RouteTarget::OtherNetwork),
        ("LocalGatewayId", RouteTarget::OtherNetwork),
        ("OdbNetworkArn", RouteTarget::OtherNetwork),
        ("VpcEndpointId", RouteTarget::Other),
        ("NetworkInterfaceId", RouteTarget::Other),
        ("InstanceId", RouteTarget::Other),
        ("CarrierGatewayId", RouteTarget::Other),
    ];
    targets.into_iter().find_map(|(key, target)| Some((target, reader.property(route, key)?.span)))
}

/// Where traffic for public addresses goes by these routes. `ipv6`: whether there may be IPv6 addresses at all.
fn class(routes: &[Route], ipv6: bool) -> RouteClass {
    let mut public = Ranges::default();
    let mut carried = Ranges::default();
    let mut doubt = false;
    for route in routes {
        if route.target == RouteTarget::Local || route.ends_in.is_some() {
            continue;
        }
        match &route.destination {
            Some(range) if range.is_ipv6() => doubt |= ipv6 && range.is_public(),
            Some(AddressRange::Net(ipnet::IpNet::V4(net))) => match route.target {
                _ if route.destination.as_ref().is_some_and(|range| !range.is_public()) => {}
                RouteTarget::InternetGateway => public.add(*net),
                RouteTarget::NatGateway(_) | RouteTarget::OtherNetwork | RouteTarget::Other => {
                    carried.add(*net);
                }
                _ => doubt = true,
            },
            // A prefix list, or what a parameter gives.
            _ => doubt = true,
        }
    }
    if public.are_everything() {
        return RouteClass::Public;
    }
    public.parts.into_iter().for_each(|net| carried.add(net));
    if carried.are_everything() {
        RouteClass::Translated
    } else if doubt || !carried.parts.is_empty() {
        // The addresses of a service may be among those that a route is for, or not.
        RouteClass::Unknown
    } else {
        RouteClass::Isolated
    }
}

/// Ranges of IPv4 addresses.
#[derive(Default)]
struct Ranges {
    /// Whether one of them is every address, as it is of most routes.
    has_everything: bool,
    /// The others.
    parts: Vec<Ipv4Net>,
}

impl Ranges {
    fn add(&mut self, net: Ipv4Net) {
        if net.prefix_len() == 0 {
            self.has_everything = true;
        } else {
            self.parts.push(net);
        }
    }

    /// Whether they are every address together: one of them, or two halves.
    fn are_everything(&self) -> bool {
        let aggregated = || Ipv4Net::aggregate(&self.parts);
        self.has_everything || (self.parts.len() > 1 && aggregated().iter().any(|net| net.prefix_len() == 0))
    }
}
