//! The provider side of PrivateLink: from an endpoint service through its load balancers to their targets.

use super::address::AddressRange;
use super::identity::{Identity, Item, Members, members};
use super::load_balancer::{EndpointService, Listener, LoadBalancer, Permissions, Target, TargetGroup};
use super::security_group::{Peer, Ports, Protocol, SecurityGroup, SecurityGroupRule};
use super::vpc::Subnet;
use super::{Endpoint, LoadBalancerKind, Network, ServiceName};

/// One way that traffic takes through an endpoint service, and whether the target lets it in.
#[derive(Debug)]
pub struct Delivery<'n, 't> {
    /// The endpoint service.
    pub service: &'n EndpointService<'t>,
    /// The network load balancer behind it.
    pub load_balancer: &'n LoadBalancer,
    /// The listener.
    pub listener: &'n Listener,
    /// The target group that it forwards to.
    pub target_group: &'n TargetGroup,
    /// What is registered there.
    pub target: &'n Target,
    /// Whether the target's security groups let the load balancer in.
    pub admission: Admission<'n>,
    /// The same for its health checks, where they have a port of their own.
    pub health_check: Option<Admission<'n>>,
    /// Where TCP and UDP come and the target lets in one of them only: the other, and why it is not let in.
    pub shut_protocol: Option<(Protocol, Admission<'n>)>,
    /// Whether the load balancer's security groups let it send to the target.
    pub departure: Admission<'n>,
    /// The same for its health checks, where they have a port of their own.
    pub health_check_departure: Option<Admission<'n>>,
}

/// Whether security groups let traffic of a load balancer through: those of a target in, or its own out.
#[derive(Debug)]
pub enum Admission<'n> {
    /// A rule of one of them does.
    Admitted,
    /// No rule does, and all are known.
    Blocked {
        /// The port that they do not open.
        port: u16,
        /// All security groups at that end; one at least.
        groups: Vec<&'n SecurityGroup>,
        /// Their rules, none of which is enough.
        refusals: Vec<Refusal<'n>>,
    },
    /// Not known.
    Unknown,
}

/// A rule that does not let the load balancer in, or out, on the port.
#[derive(Debug)]
pub struct Refusal<'n> {
    /// The group that the rule belongs to.
    pub group: &'n SecurityGroup,
    /// The rule.
    pub rule: &'n SecurityGroupRule,
    /// What it lacks.
    pub reason: RefusalReason,
}

/// Why a rule does not let a load balancer in or out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalReason {
    /// It is for other ports.
    Ports,
    /// It is for other addresses than those at the other end.
    Range,
    /// It is for members of a group that the other end is not in.
    Group,
    /// It is for members of a group of the load balancer, which lets in its health checks, and need not let in what
    /// comes through PrivateLink, as its inbound rules do not hold for that.
    NotEnforced,
}

/// What a load balancer sends to a target.
#[derive(Clone, Copy)]
struct Sent<'a> {
    /// In one of these.
    protocols: &'a [Protocol],
    /// To this port.
    port: u16,
    /// Whether a rule for a security group of the load balancer lets it in.
    by_group: bool,
}

impl Delivery<'_, '_> {
    /// The transport in which the target is reached; absent where there are two and where it is not known.
    pub fn transport(&self) -> Option<Protocol> {
        transport(self.listener, self.target_group)
    }
}

impl<'t> Network<'_, 't> {
    /// What may say who connects to a service: the permissions for it, and those that are for a service not known.
    pub fn permissions_of<'n>(
        &'n self,
        service: &EndpointService<'_>,
    ) -> impl Iterator<Item = &'n Permissions<'t>> {
        let service = Identity::Resource(service.resource);
        self.permissions
            .iter()
            .filter(move |it| it.service.as_ref().is_none_or(|other| !other.differs(&service)))
    }

    /// The endpoints of the template to a service.
    pub fn endpoints_to<'n>(
        &'n self,
        service: &EndpointService<'_>,
    ) -> impl Iterator<Item = &'n Endpoint<'t>> {
        let resource = service.resource;
        let is_for = move |endpoint: &&Endpoint<'_>| matches!(endpoint.service, ServiceName::Own(own) if own == resource);
        self.endpoints.iter().filter(is_for)
    }

    /// The network load balancers of the template behind a service.
    pub fn network_load_balancers_of<'n>(
        &'n self,
        service: &'n EndpointService<'_>,
    ) -> impl Iterator<Item = &'n LoadBalancer> {
        let named = service.network_load_balancers.iter().flat_map(Members::known);
        named
            .filter_map(|identity| self.load_balancer(identity))
            .filter(|balancer| balancer.kind == Some(LoadBalancerKind::Network))
    }

    /// The gateway load balancers of the template behind an endpoint service.
    pub fn gateway_load_balancers_of<'n>(
        &'n self,
        service: &'n EndpointService<'_>,
    ) -> impl Iterator<Item = &'n LoadBalancer> {
        let named = service.gateway_load_balancers.iter().flat_map(Members::known);
        named
            .filter_map(|identity| self.load_balancer(identity))
            .filter(|balancer| balancer.kind == Some(LoadBalancerKind::Gateway))
    }

    /// The listeners of a load balancer.
    pub fn listeners_of<'n>(&'n self, balancer: &LoadBalancer) -> impl Iterator<Item = &'n Listener> {
        let balancer = Identity::Resource(balancer.resource);
        self.listeners.iter().filter(move |listener| listener.load_balancer.as_ref() == Some(&balancer))
    }

    /// Whether a load balancer certainly has no listener: the template makes none, and nothing else may add one.
    pub fn lacks_listeners(&self, balancer: &LoadBalancer) -> bool {
        let own = Identity::Resource(balancer.resource);
        let is_for_another = |listener: &Listener| {
            listener.load_balancer.as_ref().is_some_and(|balancer| balancer.differs(&own))
        };
        !balancer.passed_on && self.listeners.iter().all(is_for_another)
    }

    /// The target groups of the template that a listener forwards to.
    pub fn target_groups_of<'n>(&'n self, listener: &'n Listener) -> impl Iterator<Item = &'n TargetGroup> {
        listener.target_groups.iter().filter_map(|group| self.target_group(group))
    }

    /// Every way through every endpoint service, as far as the template shows it.
    pub fn deliveries(&self) -> Vec<Delivery<'_, 't>> {
        let mut deliveries = Vec::new();
        for service in &self.endpoint_services {
            for load_balancer in self.network_load_balancers_of(service) {
                for listener in self.listeners_of(load_balancer) {
                    for target_group in self.target_groups_of(listener) {
                        let delivery =
                            |target| self.delivery(service, load_balancer, listener, target_group, target);
                        deliveries.extend(target_group.targets.iter().map(delivery));
                    }
                }
            }
        }
        deliveries
    }

    fn delivery<'n>(
        &'n self,
        service: &'n EndpointService<'t>,
        load_balancer: &'n LoadBalancer,
        listener: &'n Listener,
        target_group: &'n TargetGroup,
        target: &'n Target,
    ) -> Delivery<'n, 't> {
        let admission = self.admission(load_balancer, listener, target_group, target);
        Delivery {
            service,
            load_balancer,
            listener,
            target_group,
            target,
            health_check: self.health_check_admission(load_balancer, target_group, target),
            shut_protocol: match admission {
                Admission::Admitted => self.shut_protocol(load_balancer, listener, target_group, target),
                Admission::Blocked { .. } | Admission::Unknown => None,
            },
            admission,
            departure: self.departure(load_balancer, listener, target_group, target),
            health_check_departure: self.health_check_departure(load_balancer, target_group, target),
        }
    }

    /// Whether a target's security groups let a network load balancer in on the port of the target. What comes
    /// through PrivateLink comes from the private addresses of the load balancer, whatever the target group says
    /// about client addresses
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html>).
    fn admission<'n>(
        &'n self,
        balancer: &'n LoadBalancer,
        listener: &Listener,
        target_group: &TargetGroup,
        target: &Target,
    ) -> Admission<'n> {
        self.traffic_admission(balancer, listener, target_group, target, balancer.is_enforced())
    }

    /// Whether what comes through PrivateLink gets into a target. A rule for the security group of the load balancer
    /// is enough only where that evaluates its inbound rules for PrivateLink traffic
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-register-targets.html>).
    fn traffic_admission<'n>(
        &'n self,
        balancer: &LoadBalancer,
        listener: &Listener,
        target_group: &TargetGroup,
        target: &Target,
        by_group: bool,
    ) -> Admission<'n> {
        let Some(port) = target.port.filter(|_| target_group.ipv4) else { return Admission::Unknown };
        self.admission_on(
            balancer,
            target,
            Sent { protocols: protocols(listener, target_group), port, by_group },
        )
    }

    /// Whether a target of a load balancer certainly lets in what comes through PrivateLink for a security group of
    /// the load balancer only, which is not enough once its inbound rules do not hold for that.
    pub fn rests_on_enforcement(&self, balancer: &LoadBalancer) -> bool {
        let is_by_group = |listener: &Listener, group: &TargetGroup, target: &Target| match self
            .traffic_admission(balancer, listener, group, target, false)
        {
            Admission::Blocked { refusals, .. } => {
                refusals.iter().any(|refusal| refusal.reason == RefusalReason::NotEnforced)
            }
            Admission::Admitted | Admission::Unknown => false,
        };
        self.listeners_of(balancer).any(|listener| {
            self.target_groups_of(listener)
                .any(|group| group.targets.iter().any(|target| is_by_group(listener, group, target)))
        })
    }

    /// The one of two protocols that a target certainly does not let in, where it lets in the other.
    fn shut_protocol<'n>(
        &'n self,
        balancer: &'n LoadBalancer,
        listener: &Listener,
        target_group: &TargetGroup,
        target: &Target,
    ) -> Option<(Protocol, Admission<'n>)> {
        let port = target.port.filter(|_| listener.protocol.is_some() && target_group.protocol.is_some())?;
        let [_, _] = protocols(listener, target_group) else { return None };
        let by_group = balancer.is_enforced();
        let mut admissions = protocols(listener, target_group)
            .iter()
            .map(|protocol| (*protocol, std::slice::from_ref(protocol)))
            .map(|(protocol, protocols)| {
                (protocol, self.admission_on(balancer, target, Sent { protocols, port, by_group }))
            });
        admissions.find(|(_, admission)| matches!(admission, Admission::Blocked { .. }))
    }

    /// Health checks are TCP, HTTP or HTTPS, whatever the protocol of the traffic
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html>).
    fn health_check_admission<'n>(
        &'n self,
        balancer: &'n LoadBalancer,
        target_group: &TargetGroup,
        target: &Target,
    ) -> Option<Admission<'n>> {
        let port = own_health_check_port(target_group, target)?;
        if !target_group.ipv4 {
            return Some(Admission::Unknown);
        }
        let sent = Sent { protocols: &[Protocol::Tcp], port, by_group: true };
        Some(self.admission_on(balancer, target, sent))
    }

    /// Whether a load balancer's security groups let it send to a target, on the port of the target.
    fn departure<'n>(
        &'n self,
        balancer: &'n LoadBalancer,
        listener: &Listener,
        target_group: &TargetGroup,
        target: &Target,
    ) -> Admission<'n> {
        let Some(port) = target.port.filter(|_| target_group.ipv4) else { return Admission::Unknown };
        let protocols = protocols(listener, target_group);
        self.departure_on(balancer, target, protocols, port).unwrap_or(Admission::Unknown)
    }

    /// Health checks too have to pass the egress of the load balancer
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html>).
    fn health_check_departure<'n>(
        &'n self,
        balancer: &'n LoadBalancer,
        target_group: &TargetGroup,
        target: &Target,
    ) -> Option<Admission<'n>> {
        let port = own_health_check_port(target_group, target)?;
        let departure = self.departure_on(balancer, target, &[Protocol::Tcp], port);
        Some(departure.filter(|_| target_group.ipv4).unwrap_or(Admission::Unknown))
    }

    /// Whether a load balancer's security groups let it send to a target on a port, in one of the protocols; `None`
    /// where that is not known.
    fn departure_on<'n>(
        &'n self,
        balancer: &'n LoadBalancer,
        target: &Target,
        protocols: &[Protocol],
        port: u16,
    ) -> Option<Admission<'n>> {
        let groups = self.groups_made_here(balancer.security_groups.as_ref())?;
        let mut refusals = Vec::new();
        for group in &groups {
            if !group.limits_egress()? {
                return Some(Admission::Admitted);
            }
            for rule in &group.egress {
                let reason = match (opens(rule.ports, protocols, port)?, &rule.peer) {
                    (false, _) => RefusalReason::Ports,
                    (true, peer) if self.is_destination(target, peer)? => return Some(Admission::Admitted),
                    (true, Peer::Range(_)) => RefusalReason::Range,
                    (true, _) => RefusalReason::Group,
                };
                refusals.push(Refusal { group, rule, reason });
            }
        }
        Some(Admission::Blocked { port, groups, refusals })
    }

    /// Whether the other side of an egress rule is, or holds an address of, a target with IPv4 addresses; `None`
    /// where that is not known.
    fn is_destination(&self, target: &Target, peer: &Peer) -> Option<bool> {
        match peer {
            Peer::Group(group) => {
                let members = self.group_members_of_target(target)?;
                if members.contains(group) { Some(true) } else { members.lacks(group).then_some(false) }
            }
            Peer::Range(range) if range.is_ipv6() => Some(false),
            Peer::Range(range) if range.is_everything() => Some(true),
            Peer::Range(range) => {
                if let Identity::Outside(address) = &target.identity {
                    return range.covers(&AddressRange::written(address));
                }
                self.holds_addresses_in_any(&self.subnets_of_target(target)?, range)
            }
            Peer::PrefixList | Peer::Unknown => None,
        }
    }

    /// The subnets in which a target may be.
    pub(super) fn subnets_of_target(&self, target: &Target) -> Option<Members> {
        if let Some(balancer) = self.load_balancer(&target.identity) {
            return balancer.subnets.clone();
        }
        let resource = target.identity.resource()?;
        // Tasks with network interfaces of their own are not where the instances are that they run on.
        if let Some(configuration) = self.scenario.property(resource, "NetworkConfiguration") {
            return Some(members(self.scenario, configuration.at(&["AwsvpcConfiguration", "Subnets"])?));
        }
        self.workload(resource)?.subnets.clone()
    }

    /// Whether a target's security groups let in what a load balancer sends.
    fn admission_on<'n>(
        &'n self,
        balancer: &LoadBalancer,
        target: &Target,
        Sent { protocols, port, by_group }: Sent<'_>,
    ) -> Admission<'n> {
        let Some((groups, all)) = self.groups_of_target(target) else { return Admission::Unknown };
        let mut certain = all && !groups.is_empty();
        let mut refusals = Vec::new();
        for group in &groups {
            certain &= group.resource.is_some() && group.ingress_complete;
            for rule in &group.ingress {
                match opens(rule.ports, protocols, port) {
                    Some(false) => refusals.push(Refusal { group, rule, reason: RefusalReason::Ports }),
                    None => certain = false,
                    Some(true) => match (self.is_source(balancer, &rule.peer), &rule.peer) {
                        (Some(true), Peer::Group(_)) if !by_group => {
                            refusals.push(Refusal { group, rule, reason: RefusalReason::NotEnforced });
                        }
                        (Some(true), _) => return Admission::Admitted,
                        (Some(false), Peer::Range(_)) => {
                            refusals.push(Refusal { group, rule, reason: RefusalReason::Range });
                        }
                        (Some(false), _) => {
                            refusals.push(Refusal { group, rule, reason: RefusalReason::Group });
                        }
                        (None, _) => certain = false,
                    },
                }
            }
        }
        if certain { Admission::Blocked { port, groups, refusals } } else { Admission::Unknown }
    }

    /// The security groups of a target that the template shows, and whether these are all.
    fn groups_of_target(&self, target: &Target) -> Option<(Vec<&SecurityGroup>, bool)> {
        let members = self.group_members_of_target(target)?;
        let groups: Vec<&SecurityGroup> =
            members.known().filter_map(|group| self.security_group(group)).collect();
        let all = members.complete && groups.len() == members.items.len();
        Some((groups, all))
    }

    /// The security groups of a target, if the template says.
    pub fn group_members_of_target(&self, target: &Target) -> Option<Members> {
        if let Some(balancer) = self.load_balancer(&target.identity) {
            return balancer.security_groups.clone();
        }
        let resource = target.identity.resource()?;
        if let Some(workload) = self.workload(resource) {
            return workload.security_groups.clone();
        }
        // An ECS service whose capacity is decided elsewhere says itself which groups its tasks have.
        let configuration = self.scenario.property(resource, "NetworkConfiguration")?;
        Some(members(self.scenario, configuration.at(&["AwsvpcConfiguration", "SecurityGroups"])?))
    }

    /// Whether the other side of an ingress rule is, or holds an address of, a load balancer; `None` where that is
    /// not known.
    pub fn is_source(&self, balancer: &LoadBalancer, peer: &Peer) -> Option<bool> {
        match peer {
            Peer::Range(range) => self.holds_addresses_of(balancer, range),
            Peer::Group(group) => match &balancer.security_groups {
                None => Some(false),
                Some(members) if members.contains(group) => Some(true),
                Some(members) => members.lacks(group).then_some(false),
            },
            Peer::PrefixList | Peer::Unknown => None,
        }
    }

    /// Whether a range holds the addresses that a load balancer has in one of its subnets at least.
    fn holds_addresses_of(&self, balancer: &LoadBalancer, range: &AddressRange) -> Option<bool> {
        // The addresses are IPv4, those of the subnets: an IPv6 range holds none of them.
        if range.is_ipv6() {
            return Some(false);
        }
        if range.is_everything() {
            return Some(true);
        }
        self.holds_addresses_in_any(balancer.subnets.as_ref()?, range)
    }

    /// Whether a range holds the addresses of one of these subnets at least.
    fn holds_addresses_in_any(&self, subnets: &Members, range: &AddressRange) -> Option<bool> {
        let held: Vec<Option<bool>> =
            subnets.items.iter().map(|subnet| self.holds_addresses_in(subnet, range)).collect();
        if held.contains(&Some(true)) {
            Some(true)
        } else if subnets.complete && !held.is_empty() && held.iter().all(|one| *one == Some(false)) {
            Some(false)
        } else {
            None
        }
    }

    /// Whether a range holds every address of a subnet (`true`) or none (`false`).
    pub(super) fn holds_addresses_in(&self, subnet: &Item, range: &AddressRange) -> Option<bool> {
        self.holds_addresses_of_subnet(self.subnet(subnet.identity.as_ref()?)?, range)
    }

    /// Whether a range holds every address of a subnet of the template (`true`) or none (`false`).
    pub(super) fn holds_addresses_of_subnet(&self, subnet: &Subnet, range: &AddressRange) -> Option<bool> {
        if let Some(own) = &subnet.range {
            if range.covers(own) == Some(true) {
                return Some(true);
            }
            if range.is_apart_from(own) {
                return Some(false);
            }
        }
        // The subnet lies in one of the ranges of its VPC.
        let vpc = self.vpc(subnet.vpc.as_ref()?)?;
        if vpc.ranges.is_empty() {
            None
        } else if vpc.ranges.iter().all(|whole| range.covers(whole) == Some(true)) {
            Some(true)
        } else if vpc.ranges.iter().all(|whole| range.is_apart_from(whole)) {
            Some(false)
        } else {
            None
        }
    }
}

/// The transport in which a listener reaches targets; absent where there are two and where it is not known.
/// A group for TCP and UDP gets what the listener takes.
fn transport(listener: &Listener, target_group: &TargetGroup) -> Option<Protocol> {
    target_group.transport().or(listener.transport())
}

/// The protocols in which a listener may reach targets.
fn protocols(listener: &Listener, target_group: &TargetGroup) -> &'static [Protocol] {
    match transport(listener, target_group) {
        Some(Protocol::Tcp) => &[Protocol::Tcp],
        Some(Protocol::Udp) => &[Protocol::Udp],
        None => &[Protocol::Tcp, Protocol::Udp],
    }
}

/// The port of health checks, where it is not that of the target.
fn own_health_check_port(target_group: &TargetGroup, target: &Target) -> Option<u16> {
    let (port, _) = target_group.health_check_port.filter(|(port, _)| target.port != Some(*port))?;
    Some(port)
}

/// Whether a rule lets a port through in one of the protocols; `None` where that is not known.
fn opens(ports: Ports, protocols: &[Protocol], port: u16) -> Option<bool> {
    let mut unknown = false;
    for &protocol in protocols {
        match ports.admit(protocol, port) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => unknown = true,
        }
    }
    if unknown { None } else { Some(false) }
}
