//! VPCs and subnets.

use std::rc::Rc;

use crate::scenario::Value;
use crate::template::ResourceId;
use crate::text::Span;

use super::address::AddressRange;
use super::identity::Identity;
use super::route::{self, RouteClass};
use super::{LAST, Reader, endpoint, security_group};

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
#[derive(Debug, Clone)]
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

pub(super) fn subnets(reader: &Reader<'_, '_, '_>) -> Vec<Subnet> {
    let added_blocks: Vec<Option<Identity>> = reader
        .resources("AWS::EC2::SubnetCidrBlock")
        .map(|resource| reader.identity(resource, "SubnetId"))
        .collect();
    let subnets = reader.resources("AWS::EC2::Subnet").map(|resource| {
        let read = || subnet(reader, resource);
        let mut subnet = reader.shared.subnets.get_or_find(reader.scenario, resource, read);
        subnet.ipv6 = has_ipv6(reader, &subnet, &added_blocks);
        subnet
    });
    subnets.collect()
}

/// A subnet as far as its own properties tell.
fn subnet(reader: &Reader<'_, '_, '_>, resource: ResourceId) -> Subnet {
    let blocks = ["Ipv6CidrBlock", "Ipv6IpamPoolId", "Ipv6NetmaskLength"];
    let blocks: Vec<Value<'_>> = blocks.iter().filter_map(|key| reader.property(resource, key)).collect();
    let has_block = blocks.iter().any(|value| !value.is_unknown());
    Subnet {
        resource,
        vpc: reader.identity(resource, "VpcId"),
        range: reader.property(resource, "CidrBlock").map(|value| AddressRange::of(&value)),
        ipv6: (has_block || blocks.is_empty()).then_some(has_block),
        ipv6_native: Switch::of(reader.property(resource, "Ipv6Native")),
        zone: reader
            .property(resource, "AvailabilityZone")
            .or_else(|| reader.property(resource, "AvailabilityZoneId"))
            .and_then(|value| value.canonical().map(Rc::from)),
        route_table: None,
        route_class: RouteClass::Unknown,
    }
}

/// Whether a subnet has IPv6 addresses: of its own, or by a block that is added to it.
fn has_ipv6(reader: &Reader<'_, '_, '_>, subnet: &Subnet, added_blocks: &[Option<Identity>]) -> Option<bool> {
    let identity = Identity::Resource(subnet.resource);
    if subnet.ipv6 == Some(true) || added_blocks.contains(&Some(identity.clone())) {
        return Some(true);
    }
    let vpc = subnet.vpc.as_ref().and_then(Identity::resource);
    let may_be_given_one = reader.may_add_resources()
        || reader.is_handed_out(subnet.resource)
        || vpc.is_some_and(|vpc| reader.is_handed_out(vpc))
        || !added_blocks.iter().flatten().all(|subnet| subnet.differs(&identity))
        || added_blocks.contains(&None);
    subnet.ipv6.filter(|_| !may_be_given_one)
}

pub(super) fn read(reader: &Reader<'_, '_, '_>) -> Rc<Vec<Vpc>> {
    reader.shared.vpcs.get_or_find(reader.scenario, || Rc::new(vpcs(reader)))
}

/// Those made here, then those from outside that something names.
fn vpcs(reader: &Reader<'_, '_, '_>) -> Vec<Vpc> {
    let mut vpcs = made_here(reader);
    let (endpoints, groups) = (endpoint::read(reader), security_group::read(reader));
    let (subnets, _) = route::routed(reader);
    let of_endpoints = endpoints.iter().map(|endpoint| &endpoint.vpc);
    let of_subnets = subnets.iter().map(|subnet| &subnet.vpc);
    let of_groups = groups.iter().map(|group| &group.vpc);
    for identity in of_endpoints.chain(of_subnets).chain(of_groups).flatten() {
        if find(&vpcs, identity).is_none() {
            vpcs.push(Vpc::outside(identity.clone(), reader.assume_closed));
        }
    }
    vpcs
}

fn made_here(reader: &Reader<'_, '_, '_>) -> Vec<Vpc> {
    let mut vpcs: Vec<Vpc> = reader
        .resources("AWS::EC2::VPC")
        .map(|resource| {
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
    for resource in reader.resources("AWS::EC2::VPCCidrBlock") {
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

/// A VPC among all.
pub(super) fn find<'v>(vpcs: &'v [Vpc], identity: &Identity) -> Option<&'v Vpc> {
    let made_here = identity
        .resource()
        .and_then(|resource| super::place(vpcs, Some(resource), |vpc| vpc.resource.or(LAST)));
    let outside = vpcs.partition_point(|vpc| vpc.resource.is_some());
    made_here
        .map(|index| &vpcs[index])
        .or_else(|| vpcs[outside..].iter().find(|vpc| vpc.identity == *identity))
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
