//! The question of this program: how does traffic from a subnet reach a service, and if it does not, why.

use crate::facts::{ANY_REGION, EndpointType, Service};

use super::route::{RouteClass, RouteTable};
use super::vpc::{Subnet, Switch, Vpc, World};
use super::workload::{Need, Workload};
use super::{Endpoint, Identity, Members, Network, PrivateZone};

/// Whether endpoints for a service exist in a VPC.
#[derive(Debug)]
pub enum Presence<'n, 't> {
    /// These do; one at least.
    Present(Vec<&'n Endpoint<'t>>),
    /// None does, and all endpoints of the VPC are visible.
    Absent,
    /// None is seen, and one may exist elsewhere or under a name that is not known.
    Unknown,
}

/// How traffic from a subnet gets to a service of AWS.
#[derive(Debug)]
pub enum Reach<'n, 't> {
    /// Through this endpoint.
    Endpoint(&'n Endpoint<'t>),
    /// Through the subnet's default route.
    Route(RouteClass),
    /// Not at all.
    Blocked(Obstacle<'n, 't>),
    /// Not known.
    Unknown,
}

/// What stops traffic on its way.
#[derive(Debug)]
pub enum Obstacle<'n, 't> {
    /// The VPC has no endpoint for the service.
    NoEndpoint,
    /// Gateway endpoints exist; the subnet's route table is in none of them.
    NoGatewayRoute(Vec<&'n Endpoint<'t>>),
    /// Interface endpoints exist; the service's name does not lead to them.
    NoPrivateName(Vec<&'n Endpoint<'t>>),
}

/// Whether the gateway endpoint exists that private DNS of an S3 interface endpoint needs.
#[derive(Debug)]
pub enum GatewayBeside<'n, 't> {
    /// These do; one at least.
    Present(Vec<&'n Endpoint<'t>>),
    /// The template makes none in this VPC.
    Absent,
}

/// A workload without any way to a service.
#[derive(Debug)]
pub struct CutOff<'n, 't> {
    /// Its subnets; from none of them does anything lead to the service.
    pub subnets: Vec<&'n Subnet>,
    /// What stops traffic from the first of them.
    pub obstacle: Obstacle<'n, 't>,
    /// Whether that is all there is, or a way may exist elsewhere.
    pub world: World,
}

impl<'t> Network<'_, 't> {
    /// Endpoints for a service in a VPC. `service` is an id of the data, such as `ecr.dkr`.
    pub fn presence<'n>(&'n self, vpc: &Vpc, service: &str) -> Presence<'n, 't> {
        let present: Vec<_> = self.endpoints_for(vpc, service).collect();
        if !present.is_empty() {
            Presence::Present(present)
        } else if self.may_be_hidden(vpc, service) || self.endpoint_world(vpc) == World::Open {
            Presence::Unknown
        } else {
            Presence::Absent
        }
    }

    /// How surely a VPC has no endpoint for a service. `Closed`: it has none. `Open`: the template makes other
    /// endpoints in the VPC and none for this service, but one may exist elsewhere. `None`: it has one, or
    /// one may hide behind a name that is not known, or nothing shows that this template gives the VPC its
    /// endpoints.
    pub fn absence(&self, vpc: &Vpc, service: &str) -> Option<World> {
        let world = self.endpoint_world(vpc);
        let absent = self.endpoints_for(vpc, service).next().is_none() && !self.may_be_hidden(vpc, service);
        let shown = world == World::Closed || self.endpoints_in(&vpc.identity).next().is_some();
        (absent && shown).then_some(world)
    }

    /// Whether all endpoints that a VPC can use are visible. Routes to other networks may lead to shared
    /// endpoints there, which private hosted zones of their owner name
    /// (<https://docs.aws.amazon.com/whitepapers/latest/building-scalable-secure-multi-vpc-network-infrastructure/centralized-access-to-vpc-private-endpoints.html>).
    pub fn endpoint_world(&self, vpc: &Vpc) -> World {
        let mut tables = self.route_tables.iter().filter(|table| table.vpc.as_ref() == Some(&vpc.identity));
        let joined = tables.any(RouteTable::leads_to_other_network);
        if joined { World::Open } else { vpc.world }
    }

    /// The endpoints that are for a service in a VPC.
    fn endpoints_for<'n>(&'n self, vpc: &Vpc, service: &str) -> impl Iterator<Item = &'n Endpoint<'t>> {
        let of_service = self.endpoints.iter().filter(move |endpoint| endpoint.service_id() == Some(service));
        of_service.filter(|endpoint| endpoint.vpc.as_ref() == Some(&vpc.identity))
    }

    /// Whether other endpoints may be for a service in a VPC: under another name, in a VPC that may be this one, or
    /// elsewhere.
    fn may_be_hidden(&self, vpc: &Vpc, service: &str) -> bool {
        let may_be = |endpoint: &Endpoint<'t>| match &endpoint.vpc {
            Some(own) if *own == vpc.identity => endpoint.service_id() != Some(service),
            Some(other) => !other.differs(&vpc.identity),
            None => true,
        };
        let mut endpoints = self.endpoints.iter().filter(|endpoint| endpoint.may_be_for(service));
        self.surroundings.share(service) || endpoints.any(may_be)
    }

    /// How traffic from a subnet of the template gets to a service of AWS, as far as names and routes decide.
    pub fn reach<'n>(&'n self, subnet: &Subnet, service: &str) -> Reach<'n, 't> {
        self.reach_by(subnet, subnet.route_class, service)
    }

    /// How traffic of a workload from one of its subnets gets to a service of AWS, as far as names and routes decide.
    pub fn reach_of<'n>(&'n self, workload: &Workload, subnet: &Subnet, service: &str) -> Reach<'n, 't> {
        self.reach_by(subnet, workload.route_class(subnet), service)
    }

    /// The same where the default route carries what `class` says.
    fn reach_by<'n>(&'n self, subnet: &Subnet, class: RouteClass, service: &str) -> Reach<'n, 't> {
        let Some(vpc) = subnet.vpc.as_ref().and_then(|vpc| self.vpc(vpc)) else { return Reach::Unknown };
        let endpoints = match self.presence(vpc, service) {
            Presence::Present(endpoints) => endpoints,
            Presence::Absent => return by_route(class, Obstacle::NoEndpoint),
            Presence::Unknown => {
                return match class {
                    RouteClass::Public | RouteClass::Translated => Reach::Route(class),
                    RouteClass::Isolated | RouteClass::Unknown => Reach::Unknown,
                };
            }
        };
        let mut gateways = Vec::new();
        let mut nameless = Vec::new();
        let mut doubt = false;
        let mut routed = None;
        for endpoint in endpoints {
            match endpoint.kind {
                // A private name leads past the route.
                Some(EndpointType::Gateway) => match self.routes_through(subnet, endpoint) {
                    Some(true) => routed = routed.or(Some(endpoint)),
                    Some(false) => gateways.push(endpoint),
                    None => doubt = true,
                },
                Some(EndpointType::Interface) => match self.named(endpoint) {
                    Some(true) => return Reach::Endpoint(endpoint),
                    Some(false) => nameless.push(endpoint),
                    None => doubt = true,
                },
                Some(_) => {}
                None => doubt = true,
            }
        }
        if let Some(endpoint) = routed {
            return Reach::Endpoint(endpoint);
        }
        if doubt {
            return match class {
                RouteClass::Public | RouteClass::Translated => Reach::Route(class),
                _ => Reach::Unknown,
            };
        }
        let obstacle = if !gateways.is_empty() {
            Obstacle::NoGatewayRoute(gateways)
        } else if !nameless.is_empty() {
            Obstacle::NoPrivateName(nameless)
        } else {
            Obstacle::NoEndpoint
        };
        by_route(class, obstacle)
    }

    /// What keeps a subnet from a service, as far as the template shows: in a VPC that is open, a way may exist
    /// elsewhere.
    pub fn obstacle<'n>(&'n self, subnet: &Subnet, service: &str) -> Option<Obstacle<'n, 't>> {
        self.obstacle_by(subnet, subnet.route_class, service)
    }

    fn obstacle_by<'n>(
        &'n self,
        subnet: &Subnet,
        class: RouteClass,
        service: &str,
    ) -> Option<Obstacle<'n, 't>> {
        match self.reach_by(subnet, class, service) {
            Reach::Blocked(obstacle) => Some(obstacle),
            Reach::Unknown if class == RouteClass::Isolated => {
                let vpc = self.vpc(subnet.vpc.as_ref()?)?;
                self.absence(vpc, service).map(|_| Obstacle::NoEndpoint)
            }
            Reach::Unknown | Reach::Endpoint(_) | Reach::Route(_) => None,
        }
    }

    /// The gateway endpoint that the private DNS of an S3 interface endpoint needs. `None` where it needs none, or
    /// where that is not known: it does unless `AllResolvers` is written
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html>).
    pub fn gateway_beside<'n>(&'n self, endpoint: &Endpoint<'_>) -> Option<GatewayBeside<'n, 't>> {
        let vpc = endpoint.vpc.as_ref()?;
        let asks = endpoint.service_id() == Some("s3")
            && endpoint.is(EndpointType::Interface)
            && matches!(endpoint.private_dns, Switch::On(_))
            && endpoint.all_resolvers == Some(false)
            && endpoint.service_region.is_none();
        if !asks {
            return None;
        }
        let mut present = Vec::new();
        let mut doubt = false;
        for other in self.endpoints.iter().filter(|other| other.may_be_for("s3")) {
            let here = other.vpc.as_ref() == Some(vpc);
            let elsewhere = other.vpc.as_ref().is_some_and(|own| own.differs(vpc));
            match other.kind {
                Some(EndpointType::Gateway) if here && other.service_id().is_some() => present.push(other),
                Some(EndpointType::Gateway) | None => doubt |= !elsewhere,
                Some(_) => {}
            }
        }
        if !present.is_empty() {
            Some(GatewayBeside::Present(present))
        } else if doubt {
            None
        } else {
            Some(GatewayBeside::Absent)
        }
    }

    /// Whether a workload has no way to a service from any of its subnets, all of which are known. Where an output
    /// gives away one of their route tables, another stack may add a route: then as in a VPC that is open.
    pub fn cut_off<'n>(&'n self, workload: &Workload, service: &str) -> Option<CutOff<'n, 't>> {
        let (subnets, complete) = self.subnets_of(workload);
        let vpc = self.vpc_of(workload)?;
        let obstacles: Option<Vec<Obstacle<'n, 't>>> = subnets
            .iter()
            .map(|subnet| self.obstacle_by(subnet, workload.route_class(subnet), service))
            .collect();
        let obstacle = obstacles?.into_iter().next().filter(|_| complete)?;
        let mut world = self.absence(vpc, service).unwrap_or(vpc.world);
        if subnets.iter().any(|subnet| self.may_get_routes(subnet)) {
            self.endpoints_in(&vpc.identity).next()?;
            world = World::Open;
        }
        Some(CutOff { subnets, obstacle, world })
    }

    /// Whether a workload certainly reaches a service by the default routes of its subnets, without an endpoint.
    pub fn goes_by_route(&self, workload: &Workload, service: &str) -> bool {
        let (subnets, complete) = self.subnets_of(workload);
        complete && subnets.iter().all(|subnet| matches!(self.reach(subnet, service), Reach::Route(_)))
    }

    /// Whether another stack may add routes to the table of a subnet.
    pub(super) fn may_get_routes(&self, subnet: &Subnet) -> bool {
        let table = subnet.route_table.as_ref().and_then(|(table, _)| self.route_table(table));
        table.is_some_and(|table| table.shared)
    }

    /// Whether a workload has no way to any of the services of which it needs one.
    pub fn misses<'n>(&'n self, workload: &Workload, need: &Need) -> Option<CutOff<'n, 't>> {
        let mut obstacles = need.services().map(|service| self.cut_off(workload, service));
        let first = obstacles.next()??;
        obstacles.all(|other| other.is_some()).then_some(first)
    }

    /// Whether a gateway endpoint puts its route into the subnet's table.
    pub fn routes_through(&self, subnet: &Subnet, endpoint: &Endpoint<'_>) -> Option<bool> {
        // A custom resource may associate more tables.
        let missing = (!endpoint.handed_out).then_some(false);
        let Some(tables) = &endpoint.route_tables else { return missing };
        // Without an association the main table serves, which the template does not show.
        let Some((table, _)) = &subnet.route_table else {
            return missing.filter(|_| tables.complete && tables.items.is_empty());
        };
        if tables.contains(table) {
            Some(true)
        } else if tables.lacks(table) {
            missing
        } else {
            None
        }
    }

    /// Whether the service's own name leads clients in the VPC to an interface endpoint.
    pub fn named(&self, endpoint: &Endpoint<'_>) -> Option<bool> {
        let service = endpoint.aws_service()?;
        if self.has_private_zone(endpoint) {
            return None;
        }
        match endpoint.private_dns {
            Switch::On(_) if service.id == "s3" => endpoint.all_resolvers,
            Switch::On(_) => Some(true),
            Switch::Off(_) | Switch::Absent => Some(false),
            Switch::Unknown => None,
        }
    }

    /// Whether the template makes a private zone or a profile that may give the endpoint's service its name in the
    /// VPC of the endpoint, or one is known to stand elsewhere.
    pub fn has_private_zone(&self, endpoint: &Endpoint<'_>) -> bool {
        let central = &self.surroundings.central_endpoints;
        let is_central =
            |vpc: &Identity| central.iter().any(|name| name == "*" || *name == self.name_of(vpc));
        endpoint.vpc.as_ref().is_some_and(is_central)
            || self
                .private_zones_for(endpoint)
                .any(|vpcs| endpoint.vpc.as_ref().is_none_or(|vpc| vpcs.is_none_or(|vpcs| !vpcs.lacks(vpc))))
    }

    /// Whether the template makes a private zone that may lead clients in another VPC to the endpoint.
    pub fn has_private_zone_elsewhere(&self, endpoint: &Endpoint<'_>) -> bool {
        let own = endpoint.vpc.as_ref();
        self.private_zones_for(endpoint)
            .any(|vpcs| vpcs.is_none_or(|vpcs| !vpcs.complete || vpcs.known().any(|vpc| Some(vpc) != own)))
    }

    /// The VPCs of each zone that may give the endpoint's service its name; absent for a profile, which may be for any.
    fn private_zones_for<'n>(&'n self, endpoint: &Endpoint<'_>) -> impl Iterator<Item = Option<&'n Members>> {
        let service = endpoint.aws_service();
        let endpoint = Identity::Resource(endpoint.resource);
        self.private_zones.iter().filter_map(move |zone| match (zone, service) {
            (_, None) => None,
            (PrivateZone::Zone { name, vpcs }, Some(service)) => {
                name.as_ref().is_none_or(|zone| may_name(zone, service)).then_some(Some(vpcs))
            }
            (PrivateZone::Profile(target), Some(_)) => {
                target.as_ref().is_none_or(|target| *target == endpoint).then_some(None)
            }
        })
    }
}

/// Whether a zone is for a name of a service or for a parent of it: `api.ecr.eu-west-1.amazonaws.com`,
/// `ecr.eu-west-1.amazonaws.com`, `eu-west-1.amazonaws.com`.
fn may_name(zone: &str, service: &Service) -> bool {
    let zone = zone.trim_end_matches('.').to_ascii_lowercase();
    // The names in China have one label more.
    let zone: Vec<&str> = zone.strip_suffix(".cn").unwrap_or(&zone).split('.').collect();
    // The names of most services hold their id.
    let by_id = |label: &&str| service.id.split('.').any(|own| own == *label);
    let names = service.private_dns_names.iter().map(String::as_str);
    zone.iter().any(by_id) || names.chain(["{region}.amazonaws.com"]).any(|name| holds(&zone, name))
}

/// Whether a name, in which `*` and `{region}` stand for any label, is that of a zone or lies in it. What is not known of the zone's
/// name may be all that is missing.
fn holds(zone: &[&str], name: &str) -> bool {
    let mut labels = name.rsplit('.');
    for own in zone.iter().rev() {
        if own.contains('*') {
            return true;
        }
        match labels.next() {
            Some("*" | ANY_REGION) => {}
            Some(label) if label == *own => {}
            _ => return false,
        }
    }
    true
}

fn by_route<'n, 't>(class: RouteClass, obstacle: Obstacle<'n, 't>) -> Reach<'n, 't> {
    match class {
        RouteClass::Public | RouteClass::Translated => Reach::Route(class),
        RouteClass::Isolated => Reach::Blocked(obstacle),
        RouteClass::Unknown => Reach::Unknown,
    }
}
