//! The way of a call, hop by hop as a packet goes: name, route, security groups of both sides, network ACLs both ways.

use crate::facts::EndpointType;

use super::call::Call;
use super::identity::Members;
use super::network_acl::Stop;
use super::reach::{Obstacle, Presence, Reach};
use super::route::{RouteClass, RouteTarget};
use super::security_group::{SecurityGroup, SecurityGroupRule};
use super::vpc::Subnet;
use super::workload::{Need, Workload};
use super::{Endpoint, Network};

/// Whether a call of a workload from one of its subnets gets to a service, and how or where it ends.
#[derive(Debug)]
pub enum Walk<'n, 't> {
    /// It gets there.
    Reachable(Way<'n, 't>),
    /// It ends at this hop.
    Blocked(Hop<'n, 't>),
    /// That is not known.
    Unknown(Doubt<'n, 't>),
}

/// What carries a call to its service.
#[derive(Debug, Clone, Copy)]
pub enum Way<'n, 't> {
    /// An endpoint.
    Endpoint(&'n Endpoint<'t>),
    /// An internet gateway.
    InternetGateway,
    /// A NAT gateway.
    NatGateway,
}

/// Where a call ends.
#[derive(Debug)]
pub enum Hop<'n, 't> {
    /// Nothing leads from the subnet to the service; what is there and does not help, if anything is.
    Obstacle(Obstacle<'n, 't>),
    /// Nothing leads from the subnet to the internet, where the service is.
    NoRoute,
    /// Only an internet gateway leads to the service, and the workload has no public address.
    NoPublicAddress,
    /// No security group of the workload lets it send to the endpoint.
    Egress(&'n Endpoint<'t>, Vec<&'n SecurityGroup>),
    /// The security groups of the endpoint open its port to others only, by these rules, or to nobody.
    Ingress(&'n Endpoint<'t>, Vec<&'n SecurityGroupRule>),
    /// Network ACLs drop the call or its answers.
    NetworkAcl(&'n Endpoint<'t>, Vec<Stop<'n>>),
}

/// Why it is not known whether a call gets to its service.
#[derive(Debug)]
pub enum Doubt<'n, 't> {
    /// An endpoint may exist that the template does not show.
    Elsewhere,
    /// Whether these serve the subnet is not known.
    Endpoints(Vec<&'n Endpoint<'t>>),
    /// Where the default route leads is not known.
    Route,
    /// What stands behind the default route, another network or an appliance, is not shown.
    OtherNetwork,
    /// An internet gateway leads there, and whether the workload has a public address is not known.
    PublicAddress,
    /// As shown it ends at this hop, but an output gives away the id of the route table or security group, so that
    /// another stack may add what is missing.
    GivenAway(Hop<'n, 't>),
}

impl<'t> Network<'_, 't> {
    /// Walks the way of a call of a workload, for one of its needs, from one of its subnets to a service.
    pub fn walk<'n>(
        &'n self,
        workload: &'n Workload,
        need: &'n Need,
        subnet: &'n Subnet,
        service: &str,
    ) -> Walk<'n, 't> {
        match self.reach(subnet, service) {
            Reach::Endpoint(endpoint) => match self.end_of_call(&Call { workload, need, endpoint }, subnet) {
                None => Walk::Reachable(Way::Endpoint(endpoint)),
                Some(end) => end,
            },
            Reach::Route(RouteClass::Public) if workload.public_address == Some(false) => {
                if subnet.ipv6 != Some(false) {
                    Walk::Unknown(Doubt::PublicAddress)
                } else if self.has_no_endpoint(subnet, service) {
                    Walk::Blocked(Hop::NoPublicAddress)
                } else {
                    Walk::Unknown(Doubt::Elsewhere)
                }
            }
            Reach::Route(class) => self.walk_out(workload, subnet, class),
            Reach::Blocked(obstacle) => self.ended_by_route(subnet, Hop::Obstacle(obstacle)),
            Reach::Unknown => Walk::Unknown(self.doubt(subnet, service)),
        }
    }

    /// Walks the way of a workload from one of its subnets to the internet.
    pub fn walk_to_internet<'n>(&'n self, workload: &Workload, subnet: &Subnet) -> Walk<'n, 't> {
        match subnet.route_class {
            RouteClass::Isolated => self.ended_by_route(subnet, Hop::NoRoute),
            RouteClass::Unknown => Walk::Unknown(Doubt::Route),
            class => self.walk_out(workload, subnet, class),
        }
    }

    /// The way over a default route that leads out of the VPC.
    fn walk_out<'n>(&'n self, workload: &Workload, subnet: &Subnet, class: RouteClass) -> Walk<'n, 't> {
        match class {
            RouteClass::Public => match workload.public_address {
                Some(true) => Walk::Reachable(Way::InternetGateway),
                Some(false) if subnet.ipv6 == Some(false) => Walk::Blocked(Hop::NoPublicAddress),
                _ => Walk::Unknown(Doubt::PublicAddress),
            },
            _ if self.leads_to_nat(subnet) => Walk::Reachable(Way::NatGateway),
            _ => Walk::Unknown(Doubt::OtherNetwork),
        }
    }

    /// Whether nothing but NAT gateways carries what leaves the VPC from a subnet.
    fn leads_to_nat(&self, subnet: &Subnet) -> bool {
        let table = subnet.route_table.as_ref().and_then(|(table, _)| self.route_table(table));
        let mut carriers = table.into_iter().flat_map(|table| &table.routes).filter(|route| {
            route.destination.as_ref().is_some_and(super::AddressRange::is_public)
                && !matches!(route.target, RouteTarget::Local | RouteTarget::EgressOnlyGateway)
        });
        let is_nat = |route: &super::Route| matches!(route.target, RouteTarget::NatGateway(_));
        carriers.next().is_some_and(is_nat) && carriers.all(is_nat)
    }

    /// Ends a call for want of a route, which another stack may add to a table that is given away.
    fn ended_by_route<'n>(&self, subnet: &Subnet, hop: Hop<'n, 't>) -> Walk<'n, 't> {
        if self.may_get_routes(subnet) { Walk::Unknown(Doubt::GivenAway(hop)) } else { Walk::Blocked(hop) }
    }

    /// Where a call certainly ends on its way to the endpoint that names and routes lead it to; `None` where it gets
    /// there as far as is known.
    pub fn end_of_call<'n>(&'n self, call: &Call<'n, 't>, subnet: &'n Subnet) -> Option<Walk<'n, 't>> {
        self.ended_by_groups(call, Some(subnet)).or_else(|| {
            let stops = self.stops_to_endpoint(subnet, call.endpoint);
            (!stops.is_empty()).then_some(Walk::Blocked(Hop::NetworkAcl(call.endpoint, stops)))
        })
    }

    /// Where the security groups of one side or the other certainly end a call, from one subnet or from all.
    pub fn ended_by_groups<'n>(
        &'n self,
        call: &Call<'n, 't>,
        subnet: Option<&Subnet>,
    ) -> Option<Walk<'n, 't>> {
        // Calls for a task on an instance go out through the groups of the instance, which are not known.
        if call.workload.kind.calls_from_host {
            return None;
        }
        let ended = |members: Option<&Members>, hop| {
            let groups = self.groups_made_here(members).unwrap_or_default();
            if groups.iter().any(|group| group.shared) {
                Walk::Unknown(Doubt::GivenAway(hop))
            } else {
                Walk::Blocked(hop)
            }
        };
        if let Some(groups) = self.groups_without_way_out(call) {
            let members = call.workload.security_groups.as_ref();
            return Some(ended(members, Hop::Egress(call.endpoint, groups)));
        }
        let kept_out = self.kept_out(call).filter(|kept_out| {
            kept_out.subnets.is_empty()
                || subnet
                    .is_some_and(|own| kept_out.subnets.iter().any(|other| other.resource == own.resource))
        })?;
        let rules = kept_out.rules;
        Some(ended(call.endpoint.security_groups.as_ref(), Hop::Ingress(call.endpoint, rules)))
    }

    /// Whether no endpoint leads from a subnet to a service, and none may exist that is not shown.
    fn has_no_endpoint(&self, subnet: &Subnet, service: &str) -> bool {
        let vpc = subnet.vpc.as_ref().and_then(|vpc| self.vpc(vpc));
        match vpc.map(|vpc| self.presence(vpc, service)) {
            Some(Presence::Absent) => true,
            Some(Presence::Present(endpoints)) => endpoints.iter().all(|endpoint| match endpoint.kind {
                Some(EndpointType::Gateway) => self.routes_through(subnet, endpoint) == Some(false),
                Some(EndpointType::Interface) => self.named(endpoint) == Some(false),
                Some(_) => true,
                None => false,
            }),
            Some(Presence::Unknown) | None => false,
        }
    }

    fn doubt<'n>(&'n self, subnet: &Subnet, service: &str) -> Doubt<'n, 't> {
        let vpc = subnet.vpc.as_ref().and_then(|vpc| self.vpc(vpc));
        match vpc.map(|vpc| self.presence(vpc, service)) {
            Some(Presence::Present(endpoints)) => Doubt::Endpoints(endpoints),
            Some(Presence::Absent) => Doubt::Route,
            Some(Presence::Unknown) | None => Doubt::Elsewhere,
        }
    }
}
