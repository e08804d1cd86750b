//! Availability zones: in which of its zones something certainly finds nothing of what it needs there.

use std::rc::Rc;

use crate::facts::EndpointType;

use super::address::AddressRange;
use super::identity::{Identity, Item, Members};
use super::load_balancer::{EndpointService, LoadBalancer, Target, TargetGroup, TargetType};
use super::vpc::{Subnet, Switch};
use super::{Endpoint, Network, ServiceName};

/// Zones in which one thing stands and others do not.
#[derive(Debug)]
pub enum LeftOut<'n> {
    /// Those of its subnets; the others lie elsewhere.
    Subnets {
        /// One at least.
        left_out: Vec<(&'n Item, &'n Subnet)>,
        /// Where the others stand; one at least, none in a zone of those left out.
        others: Vec<&'n Subnet>,
    },
    /// Which ones is not known.
    Some {
        /// In how many zones the one thing stands.
        zones: usize,
        /// In how many zones the others can be.
        at_most: usize,
    },
}

/// A target that is the only one in a zone of a load balancer.
#[derive(Debug, Clone, Copy)]
pub struct LoneTarget<'n> {
    /// The subnet of the load balancer in the zone.
    pub zone: &'n Item,
    /// The target.
    pub target: &'n Target,
    /// The subnet of the target, if the template makes it.
    pub subnet: Option<&'n Subnet>,
}

/// Something that stands in one zone.
struct Place<'n> {
    /// The subnet, if the template makes it.
    subnet: Option<&'n Subnet>,
    /// Equal keys are in one zone; different ones may be.
    key: ZoneKey,
}

#[derive(PartialEq, Eq)]
enum ZoneKey {
    Zone(Rc<str>),
    Thing(Identity),
}

impl<'t> Network<'_, 't> {
    /// Whether each zone of a load balancer certainly sends to targets in that zone only, and all targets are known.
    /// Cross-zone load balancing is off by default
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-cross-zone.html>,
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/gateway-load-balancers.html>).
    fn keeps_to_its_zones(balancer: &LoadBalancer, group: &TargetGroup) -> bool {
        let is_off = match group.cross_zone {
            Switch::Off(_) => true,
            Switch::Absent => matches!(balancer.cross_zone, Switch::Off(_) | Switch::Absent),
            Switch::On(_) | Switch::Unknown => false,
        };
        let is_of_zones = matches!(group.target_type, Some(TargetType::Instance | TargetType::Ip));
        is_off && is_of_zones && group.targets_complete && !group.targets.is_empty()
    }

    /// The zones of a load balancer in which a target group certainly has no target that it sends to.
    pub fn zones_without_targets<'n>(
        &'n self,
        balancer: &'n LoadBalancer,
        group: &TargetGroup,
    ) -> Option<LeftOut<'n>> {
        if !Self::keeps_to_its_zones(balancer, group) {
            return None;
        }
        let mut places = Vec::new();
        for target in &group.targets {
            places.extend(self.places_of_target(target)?);
        }
        self.left_out(balancer.subnets.as_ref()?, &places)
    }

    /// The targets of a group that are certainly the only one in their zone of a load balancer, where each zone has one
    /// at least and sends to its own only. Its subnets lie in as many zones, so a target in the zone of one of them is
    /// in none of the others.
    pub fn lone_targets<'n>(
        &'n self,
        balancer: &'n LoadBalancer,
        group: &'n TargetGroup,
    ) -> Option<Vec<LoneTarget<'n>>> {
        if !Self::keeps_to_its_zones(balancer, group) {
            return None;
        }
        let mut zones: Vec<(&Item, ZoneKey, Vec<LoneTarget<'n>>)> = Vec::new();
        for item in whole(balancer.subnets.as_ref()?)? {
            zones.push((item, self.place_in(item.identity.as_ref()?).key, Vec::new()));
        }
        for target in &group.targets {
            let Place { subnet, key } = self.place_of_one(target)?;
            let (zone, _, there) = zones.iter_mut().find(|(_, own, _)| *own == key)?;
            // One machine may be registered on several ports.
            if !there.iter().any(|known| known.target.identity == target.identity) {
                there.push(LoneTarget { zone, target, subnet });
            }
        }
        if zones.len() < 2 || zones.iter().any(|(_, _, there)| there.is_empty()) {
            return None;
        }
        let lone = zones.iter().filter_map(|(_, _, there)| match there.as_slice() {
            [one] => Some(*one),
            _ => None,
        });
        Some(lone.collect())
    }

    /// The service of the template that an endpoint is for, with the zones of the endpoint in which it is certainly
    /// not offered: no load balancer of the service has a subnet there
    /// (<https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-share-your-services.html>).
    pub fn zones_not_offered<'n>(
        &'n self,
        endpoint: &'n Endpoint<'_>,
    ) -> Option<(&'n EndpointService<'t>, LeftOut<'n>)> {
        let ServiceName::Own(service) = endpoint.service else { return None };
        // Zones do not matter across Regions.
        let is_of_zones =
            matches!(endpoint.kind?, EndpointType::Interface | EndpointType::GatewayLoadBalancer)
                && endpoint.service_region.is_none();
        let service = self.endpoint_service(service).filter(|_| is_of_zones)?;
        let mut places = Vec::new();
        for list in [&service.network_load_balancers, &service.gateway_load_balancers].into_iter().flatten() {
            for item in whole(list)? {
                let balancer = self.load_balancer(item.identity.as_ref()?)?;
                places.extend(self.places_in(balancer.subnets.as_ref()?)?);
            }
        }
        Some((service, self.left_out(endpoint.subnets.as_ref()?, &places)?))
    }

    /// The zones of these subnets, of which no two are in one zone, in which no place lies.
    fn left_out<'n>(&'n self, subnets: &'n Members, places: &[Place<'n>]) -> Option<LeftOut<'n>> {
        if places.is_empty() {
            return None;
        }
        let is_left_out = |subnet: &Subnet| {
            places.iter().all(|place| place.subnet.is_some_and(|other| subnet.is_in_another_zone_than(other)))
        };
        let left_out: Vec<(&Item, &Subnet)> = subnets
            .items
            .iter()
            .filter_map(|item| Some((item, self.subnet(item.identity.as_ref()?)?)))
            .filter(|(_, subnet)| is_left_out(subnet))
            .collect();
        if !left_out.is_empty() {
            let mut others: Vec<&Subnet> = places.iter().filter_map(|place| place.subnet).collect();
            others.sort_by_key(|subnet| subnet.resource);
            others.dedup_by_key(|subnet| subnet.resource);
            return Some(LeftOut::Subnets { left_out, others });
        }
        let zones = distinct(whole(subnets)?.iter().map(|item| &item.identity));
        let at_most = distinct(places.iter().map(|place| &place.key));
        (zones > at_most).then_some(LeftOut::Some { zones, at_most })
    }

    fn places_in<'n>(&'n self, subnets: &Members) -> Option<Vec<Place<'n>>> {
        whole(subnets)?.iter().map(|item| Some(self.place_in(item.identity.as_ref()?))).collect()
    }

    fn place_in(&self, identity: &Identity) -> Place<'_> {
        let subnet = self.subnet(identity);
        let zone = subnet.and_then(|subnet| subnet.zone.clone());
        Place { subnet, key: zone.map_or_else(|| ZoneKey::Thing(identity.clone()), ZoneKey::Zone) }
    }

    /// Where a target is that is one machine or address; `None` for a service or group of several.
    fn place_of_one<'n>(&'n self, target: &Target) -> Option<Place<'n>> {
        let is_one = match &target.identity {
            Identity::Outside(_) => true,
            Identity::Resource(resource) => self.workload(*resource)?.kind.id == "ec2-instance",
            Identity::DefaultGroup(_) => false,
        };
        let mut places = self.places_of_target(target).filter(|places| is_one && places.len() == 1)?;
        places.pop()
    }

    /// Where a target may be; `None` where not even the number of zones is known.
    fn places_of_target<'n>(&'n self, target: &Target) -> Option<Vec<Place<'n>>> {
        // An address outside the VPC receives from one zone or from all.
        if target.has_zone {
            return None;
        }
        let alone = || Place { subnet: None, key: ZoneKey::Thing(target.identity.clone()) };
        if let Identity::Outside(id) = &target.identity {
            let address = AddressRange::written(id);
            let around = |subnet: &&Subnet| {
                subnet.range.as_ref().is_some_and(|range| range.covers(&address) == Some(true))
            };
            let mut subnets = self.subnets.iter().filter(around);
            // Two VPCs may have the same ranges.
            return Some(vec![match (subnets.next(), subnets.next()) {
                (Some(subnet), None) => self.place_in(&Identity::Resource(subnet.resource)),
                _ => alone(),
            }]);
        }
        let subnets = self.subnets_of_target(target).filter(|subnets| !subnets.items.is_empty());
        if let Some(places) = subnets.and_then(|subnets| self.places_in(&subnets)) {
            return Some(places);
        }
        let workload = self.workload(target.identity.resource()?)?;
        (workload.kind.id == "ec2-instance").then(|| vec![alone()])
    }
}

/// The items of a list that is known whole.
fn whole(members: &Members) -> Option<&[Item]> {
    members.complete.then_some(members.items.as_slice())
}

fn distinct<T: PartialEq>(things: impl Iterator<Item = T>) -> usize {
    let mut seen = Vec::new();
    for thing in things {
        if !seen.contains(&thing) {
            seen.push(thing);
        }
    }
    seen.len()
}
