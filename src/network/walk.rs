//! The way of a call, hop by hop as a packet goes: name, route, security groups of both sides, network ACLs both ways,
//! and the policy of the endpoint.

use super::call::Call;
use super::endpoint_policy::Denial;
use super::network_acl::Stop;
use super::reach::{Obstacle, Presence, Reach};
use super::route::RouteClass;
use super::security_group::{SecurityGroup, SecurityGroupRule};
use super::vpc::{Subnet, World};
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
    /// The default route of the subnet.
    Route(RouteClass),
}

/// Where a call ends.
#[derive(Debug)]
pub enum Hop<'n, 't> {
    /// Nothing leads from the subnet to the service; what is there and does not help, if anything is.
    Obstacle(Obstacle<'n, 't>),
    /// No security group of the workload lets it send to the endpoint.
    Egress(&'n Endpoint<'t>, Vec<&'n SecurityGroup>),
    /// The security groups of the endpoint open its port to others only, by these rules, or to nobody.
    Ingress(&'n Endpoint<'t>, Vec<&'n SecurityGroupRule>),
    /// Network ACLs drop the call or its answers.
    NetworkAcl(&'n Endpoint<'t>, Vec<Stop<'n>>),
    /// The policy of the endpoint does not let through what the workload calls for.
    Policy(&'n Endpoint<'t>, Denial<'n, 't>),
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
        match self.reach_of(workload, subnet, service) {
            Reach::Endpoint(endpoint) => self
                .kept_from(&Call { workload, need, endpoint }, subnet)
                .map_or(Walk::Reachable(Way::Endpoint(endpoint)), Walk::Blocked),
            Reach::Route(class) => Walk::Reachable(Way::Route(class)),
            Reach::Blocked(obstacle) => Walk::Blocked(Hop::Obstacle(obstacle)),
            Reach::Unknown => Walk::Unknown(self.doubt(subnet, service)),
        }
    }

    /// What certainly keeps a call from the endpoint that names and routes lead it to.
    fn kept_from<'n>(&'n self, call: &Call<'n, 't>, subnet: &'n Subnet) -> Option<Hop<'n, 't>> {
        // Calls for a task on an instance go out through the groups of the instance, which are not known.
        let own_groups = !call.workload.kind.calls_from_host;
        if own_groups && let Some(groups) = self.groups_without_way_out(call) {
            return Some(Hop::Egress(call.endpoint, groups));
        }
        if own_groups && let Some(rules) = self.rules_without_client(call) {
            return Some(Hop::Ingress(call.endpoint, rules));
        }
        let stops = self.stops_to_endpoint(subnet, call.endpoint);
        if !stops.is_empty() {
            return Some(Hop::NetworkAcl(call.endpoint, stops));
        }
        self.kept_by_policy(call).map(|denial| Hop::Policy(call.endpoint, denial))
    }

    fn doubt<'n>(&'n self, subnet: &Subnet, service: &str) -> Doubt<'n, 't> {
        let vpc = subnet.vpc.as_ref().and_then(|vpc| self.vpc(vpc));
        match vpc.map(|vpc| (self.presence(vpc, service), vpc.world)) {
            Some((Presence::Present(endpoints), _)) => Doubt::Endpoints(endpoints),
            Some((Presence::Absent, World::Closed)) => Doubt::Route,
            Some((Presence::Absent | Presence::Unknown, _)) | None => Doubt::Elsewhere,
        }
    }
}
