//! From the network of a scenario to the picture of it: the only file here that knows how the network is asked.

use rustc_hash::FxHashMap;

use super::{
    Endpoint, EndpointService, Hop, Link, LoadBalancer, Need, Party, Picture, Subnet, Through, Verdict, Vpc,
    Workload,
};
use crate::facts::{self, EndpointType, Service};
use crate::network::{
    self, AddressRange, Admission, Doubt, Identity, LoadBalancerKind, Members, Network, Obstacle,
    RefusalReason, Registry, RouteClass, RouteTarget, ServiceName, Switch, Walk, Way, World,
};
use crate::text::{Source, Span};

/// Longer expressions say less than "not known".
const LONGEST_EXPRESSION: usize = 40;

/// Draws the network. `source` is the text that it was read from; `scenario` says in words which scenario it is.
pub fn picture(network: &Network<'_, '_>, source: &Source, scenario: Option<String>) -> Picture {
    let mut painter = Painter {
        network,
        source,
        picture: Picture { template: source.name.clone(), scenario, ..Picture::default() },
        unknown_vpc: None,
        vpcs: FxHashMap::default(),
        subnets: FxHashMap::default(),
        votes: FxHashMap::default(),
        calls: FxHashMap::default(),
    };
    painter.vpcs();
    painter.subnets();
    painter.endpoints();
    painter.load_balancers();
    painter.workloads();
    painter.links();
    painter.picture
}

struct Painter<'n, 't> {
    network: &'n Network<'n, 't>,
    source: &'n Source,
    picture: Picture,
    /// Index of the VPC without a name.
    unknown_vpc: Option<usize>,
    vpcs: FxHashMap<&'n Identity, usize>,
    /// By identity, or else by the expression that stands for several.
    subnets: FxHashMap<String, usize>,
    /// The VPC that a subnet from outside lies in, by what else is in it.
    votes: FxHashMap<String, usize>,
    /// Of each workload, by its resource, the endpoints that it calls, with what keeps it from them.
    calls: FxHashMap<u32, Vec<(usize, Stop)>>,
}

/// What keeps traffic from going on, if something does, and how sure that is.
type Stop = Option<(Verdict, Cause)>;

/// Why traffic stops, or why that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    NoEndpoint,
    PublicRegistry,
    NoGatewayRoute,
    NoPrivateName,
    /// The workload's security groups.
    NotLetOut,
    /// The endpoint's security groups.
    NotLetIn,
    SubnetFromOutside,
    MayExistElsewhere,
    Doubtful,
    UnknownRoute,
    NoPublicAddress,
    UnknownAddress,
    NotShown,
    /// A network ACL.
    NotPassed,
    /// The policy of the endpoint.
    NotAllowed,
}

impl Cause {
    /// What another stack may add that lets traffic through, to a thing whose id an output gives away.
    fn remedy(self) -> Option<&'static str> {
        match self {
            Self::NoEndpoint | Self::PublicRegistry | Self::NoGatewayRoute | Self::NoPrivateName => {
                Some("route")
            }
            Self::NotLetOut | Self::NotLetIn => Some("rule"),
            _ => None,
        }
    }
}

/// How a workload gets to a service from one subnet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Outcome {
    verdict: Verdict,
    through: Through,
    cause: Option<Cause>,
}

/// What a workload needs: a service of AWS or a registry on the internet.
#[derive(Clone, Copy)]
enum Wanted<'n> {
    Service(&'n network::Need, &'static str),
    Registry(&'static str),
}

/// What shows that a workload needs something, in words and with its place.
struct Shown {
    words: String,
    span: Span,
}

impl Wanted<'_> {
    fn in_words(self) -> String {
        match self {
            Self::Service(_, id) => facts::service(id).map_or_else(|| format!("`{id}`"), service_in_words),
            Self::Registry(name) => name.to_owned(),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Service(_, one), Self::Service(_, other))
            | (Self::Registry(one), Self::Registry(other)) => one == other,
            _ => false,
        }
    }
}

fn cause_of(hop: &network::Hop<'_, '_>) -> Cause {
    match hop {
        network::Hop::Obstacle(Obstacle::NoEndpoint) => Cause::NoEndpoint,
        network::Hop::Obstacle(Obstacle::NoGatewayRoute(_)) => Cause::NoGatewayRoute,
        network::Hop::Obstacle(Obstacle::NoPrivateName(_)) => Cause::NoPrivateName,
        network::Hop::NoRoute => Cause::PublicRegistry,
        network::Hop::NoPublicAddress => Cause::NoPublicAddress,
        network::Hop::Egress(..) => Cause::NotLetOut,
        network::Hop::Ingress(..) => Cause::NotLetIn,
        network::Hop::NetworkAcl(..) => Cause::NotPassed,
        network::Hop::Policy(..) => Cause::NotAllowed,
    }
}

impl<'n> Painter<'n, '_> {
    fn vpcs(&mut self) {
        for (index, vpc) in self.network.vpcs.iter().enumerate() {
            self.vpcs.insert(&vpc.identity, index);
            self.picture.vpcs.push(Vpc {
                name: Some(self.network.name_of(&vpc.identity)),
                made_here: vpc.resource.is_some(),
                open: vpc.world == World::Open,
                ranges: vpc.ranges.iter().filter_map(range_in_words).collect(),
            });
        }
    }

    /// The index of a VPC; that of the nameless one where it is not known.
    fn vpc(&mut self, identity: Option<&Identity>) -> usize {
        if let Some(&index) = identity.and_then(|identity| self.vpcs.get(identity)) {
            return index;
        }
        *self.unknown_vpc.get_or_insert_with(|| {
            self.picture.vpcs.push(Vpc { name: None, made_here: false, open: true, ranges: Vec::new() });
            self.picture.vpcs.len() - 1
        })
    }

    fn subnets(&mut self) {
        let network = self.network;
        for subnet in &network.subnets {
            let identity = Identity::Resource(subnet.resource);
            self.subnets.insert(key(&identity), self.picture.subnets.len());
            let vpc = self.vpc(subnet.vpc.as_ref());
            self.picture.subnets.push(Subnet {
                name: Some(network.id(subnet.resource).to_owned()),
                vpc,
                zone: subnet.zone.as_deref().map(zone_in_words),
                range: subnet.range.as_ref().and_then(range_in_words),
                made_here: true,
                class: subnet.route_class,
                route: self.route_in_words(subnet),
            });
        }
        // What stands in a subnet from outside tells which VPC that lies in.
        let endpoints =
            network.endpoints.iter().map(|endpoint| (endpoint.subnets.as_ref(), endpoint.vpc.as_ref()));
        let balancers = network.load_balancers.iter().map(|balancer| {
            (balancer.subnets.as_ref(), self.vpc_of_groups(balancer.security_groups.as_ref()))
        });
        let workloads = network
            .workloads
            .iter()
            .map(|workload| (workload.subnets.as_ref(), network.vpc_of(workload).map(|vpc| &vpc.identity)));
        let mut votes = FxHashMap::default();
        for (members, vpc) in endpoints.chain(balancers).chain(workloads) {
            let Some(&index) = vpc.and_then(|vpc| self.vpcs.get(vpc)) else { continue };
            for key in self.keys(members) {
                votes.entry(key).or_insert(index);
            }
        }
        self.votes = votes;
    }

    /// What stands for the subnets in a list: what it names, and the expression for what it does not show.
    fn keys(&self, members: Option<&Members>) -> Vec<String> {
        let Some(members) = members else { return Vec::new() };
        let hidden = (!members.complete).then(|| self.expression(members.span)).flatten();
        members.known().map(key).chain(hidden).collect()
    }

    /// The VPC of the first security group whose VPC is known.
    fn vpc_of_groups(&self, members: Option<&'n Members>) -> Option<&'n Identity> {
        let network = self.network;
        members
            .into_iter()
            .flat_map(Members::known)
            .find_map(|group| network.security_group(group)?.vpc.as_ref())
    }

    /// Where the default route of a subnet of the template leads.
    fn route_in_words(&self, subnet: &network::Subnet) -> String {
        let Some((table, _)) = &subnet.route_table else {
            return "the main route table, which is not shown".to_owned();
        };
        let name = self.network.name_of(table);
        match subnet.route_class {
            RouteClass::Public => format!("`{name}`: default route to an internet gateway"),
            RouteClass::Translated => format!("`{name}`: default route to {}", self.carrier(table)),
            RouteClass::Isolated => format!("`{name}`: no default route"),
            RouteClass::Unknown => format!("`{name}`: where its default route leads is not known"),
        }
    }

    /// What carries the default route of a table, in words.
    fn carrier(&self, table: &Identity) -> String {
        match self.carriers(table).first() {
            Some(RouteTarget::NatGateway(Some(gateway))) => {
                format!("NAT gateway `{}`", self.network.name_of(gateway))
            }
            Some(RouteTarget::NatGateway(None)) => "a NAT gateway".to_owned(),
            Some(RouteTarget::OtherNetwork) => "another network".to_owned(),
            _ => "something that carries it".to_owned(),
        }
    }

    /// What carries the routes of a table for public addresses.
    fn carriers(&self, table: &Identity) -> Vec<&'n RouteTarget> {
        let routes = self.table(table).map_or(&[][..], |table| &table.routes);
        let is_public =
            |route: &&network::Route| route.destination.as_ref().is_some_and(AddressRange::is_public);
        let targets = routes.iter().filter(is_public).map(|route| &route.target);
        targets.filter(|target| **target != RouteTarget::Local).collect()
    }

    fn table(&self, table: &Identity) -> Option<&'n network::RouteTable> {
        let tables = &self.network.route_tables;
        let resource = table.resource()?;
        tables.binary_search_by_key(&resource, |table| table.resource).ok().map(|index| &tables[index])
    }

    /// The indexes of the subnets in a list: what it names, and one more for what it does not show.
    fn subnets_of(&mut self, members: Option<&'n Members>, vpc: Option<usize>) -> Vec<usize> {
        let mut found = Vec::new();
        for identity in members.into_iter().flat_map(Members::known) {
            let key = key(identity);
            let vpc = self.votes.get(&key).copied().or(vpc);
            let index = self.subnet(key, Some(self.network.name_of(identity)), vpc);
            if !found.contains(&index) {
                found.push(index);
            }
        }
        if members.is_none_or(|members| !members.complete) {
            let name = members.and_then(|members| self.expression(members.span));
            let voted = name.as_ref().and_then(|name| self.votes.get(name).copied());
            let vpc = voted.or(vpc).or_else(|| found.first().map(|&subnet| self.picture.subnets[subnet].vpc));
            // Two lists of which nothing is known are one box in each VPC.
            let key = name.clone().unwrap_or_else(|| format!("{vpc:?}"));
            found.push(self.subnet(key, name, vpc));
        }
        found
    }

    /// The index of a subnet, which is from outside where it is met for the first time.
    fn subnet(&mut self, key: String, name: Option<String>, vpc: Option<usize>) -> usize {
        if let Some(&index) = self.subnets.get(&key) {
            return index;
        }
        let vpc = vpc.unwrap_or_else(|| self.vpc(None));
        self.picture.subnets.push(Subnet {
            name,
            vpc,
            zone: None,
            range: None,
            made_here: false,
            class: RouteClass::Unknown,
            route: "from outside: its routes are not shown".to_owned(),
        });
        let index = self.picture.subnets.len() - 1;
        self.subnets.insert(key, index);
        index
    }

    /// What a short expression calls a thing: the name behind `Ref`, or the expression itself.
    fn expression(&self, span: Span) -> Option<String> {
        let text = self.source.slice(span);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let name = text.strip_prefix("!Ref ").map(|name| name.trim_matches(['"', '\'']).to_owned());
        let long = || {
            let inside = text.strip_prefix('{')?.strip_suffix('}')?;
            let (function, name) = inside.split_once(':')?;
            let trimmed = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
            (trimmed(function) == "Ref").then(|| trimmed(name))
        };
        let name = name.or_else(long).unwrap_or(text);
        (!name.is_empty() && name.chars().count() <= LONGEST_EXPRESSION).then_some(name)
    }

    /// The names of what a list names, and the expression for what it does not show.
    fn names(&self, members: Option<&Members>) -> Vec<String> {
        let Some(members) = members else { return Vec::new() };
        let mut names: Vec<String> = members.known().map(|identity| self.network.name_of(identity)).collect();
        if !members.complete {
            names.push(self.expression(members.span).unwrap_or_else(|| "...".to_owned()));
        }
        names
    }

    fn endpoints(&mut self) {
        for endpoint in &self.network.endpoints {
            let vpc = self.vpc(endpoint.vpc.as_ref());
            self.subnets_drawn(endpoint.subnets.as_ref(), vpc);
            let own_service = match endpoint.service {
                ServiceName::Own(service) => {
                    self.network.endpoint_services.binary_search_by_key(&service, |it| it.resource).ok()
                }
                _ => None,
            };
            let private_dns = match endpoint.private_dns {
                _ if !endpoint.is(EndpointType::Interface) => None,
                Switch::On(_) => Some(true),
                Switch::Off(_) | Switch::Absent => Some(false),
                Switch::Unknown => None,
            };
            self.picture.endpoints.push(Endpoint {
                name: self.network.id(endpoint.resource).to_owned(),
                vpc,
                kind: endpoint.kind,
                service: self.service_of(endpoint),
                own_service,
                subnets: self.names(endpoint.subnets.as_ref()),
                route_tables: self.names(endpoint.route_tables.as_ref()),
                private_dns,
            });
        }
    }

    /// Makes sure that the subnets from outside in a list are drawn.
    fn subnets_drawn(&mut self, members: Option<&'n Members>, vpc: usize) {
        if let Some(members) = members.filter(|members| !members.items.is_empty() || !members.complete) {
            self.subnets_of(Some(members), Some(vpc));
        }
    }

    fn service_of(&self, endpoint: &network::Endpoint<'_>) -> String {
        match &endpoint.service {
            ServiceName::Aws(service) => service_in_words(service),
            ServiceName::Unlisted(name) => format!("`{name}`"),
            ServiceName::Own(service) => format!("`{}` of this template", self.network.id(*service)),
            ServiceName::Customer => "an endpoint service of somebody".to_owned(),
            ServiceName::Absent => "no endpoint service".to_owned(),
            ServiceName::Unknown => "a service that is not known".to_owned(),
        }
    }

    fn load_balancers(&mut self) {
        let network = self.network;
        for balancer in &network.load_balancers {
            let by_subnet = self.keys(balancer.subnets.as_ref()).iter().find_map(|key| {
                let subnet = self.subnets.get(key);
                subnet.map(|&subnet| self.picture.subnets[subnet].vpc).or(self.votes.get(key).copied())
            });
            let by_group = self.vpc_of_groups(balancer.security_groups.as_ref());
            let vpc = by_subnet.unwrap_or_else(|| self.vpc(by_group));
            self.subnets_drawn(balancer.subnets.as_ref(), vpc);
            self.picture.load_balancers.push(LoadBalancer {
                name: network.id(balancer.resource).to_owned(),
                vpc,
                kind: balancer.kind,
                internal: match balancer.internal {
                    Switch::On(_) => Some(true),
                    Switch::Off(_) | Switch::Absent => Some(false),
                    Switch::Unknown => None,
                },
                subnets: self.names(balancer.subnets.as_ref()),
            });
        }
        for service in &network.endpoint_services {
            self.picture.services.push(EndpointService {
                name: network.id(service.resource).to_owned(),
                acceptance: match service.acceptance {
                    Switch::On(_) | Switch::Absent => Some(true),
                    Switch::Off(_) => Some(false),
                    Switch::Unknown => None,
                },
            });
        }
    }

    fn workloads(&mut self) {
        let network = self.network;
        for call in network.calls() {
            let Some(endpoint) = self.endpoint_index(call.endpoint) else { continue };
            let cause = network.ended_by_groups(&call, None).map(|end| match end {
                Walk::Unknown(Doubt::GivenAway(hop)) => (Verdict::Unknown, cause_of(&hop)),
                Walk::Blocked(hop) => (Verdict::Blocked, cause_of(&hop)),
                _ => (Verdict::Unknown, Cause::Doubtful),
            });
            self.calls.entry(call.workload.resource.0).or_default().push((endpoint, cause));
        }
        for workload in &network.workloads {
            let vpc = network.vpc_of(workload).and_then(|vpc| self.vpcs.get(&vpc.identity).copied());
            let subnets = self.subnets_of(workload.subnets.as_ref(), vpc);
            self.needs_of(workload, &subnets);
            self.picture.workloads.push(Workload {
                name: network.id(workload.resource).to_owned(),
                kind: workload.kind.name.clone(),
                subnets,
            });
        }
    }

    fn endpoint_index(&self, endpoint: &network::Endpoint<'_>) -> Option<usize> {
        self.network.endpoints.place(endpoint.resource, |it| it.resource)
    }

    /// The arrows of a workload: one for each service, or several where its subnets differ.
    fn needs_of(&mut self, workload: &'n network::Workload, subnets: &[usize]) {
        let index = self.picture.workloads.len();
        let mut wants: Vec<(Wanted<'n>, Vec<Shown>)> = Vec::new();
        for (wanted, shown) in wanted(workload) {
            match wants.iter_mut().find(|(known, _)| known.is_same(&wanted)) {
                Some((_, all)) => all.push(shown),
                None => wants.push((wanted, vec![shown])),
            }
        }
        for (wanted, needs) in wants {
            let mut outcomes: Vec<(Outcome, Vec<usize>)> = Vec::new();
            for &subnet in subnets {
                let outcome = self.outcome(workload, subnet, wanted);
                match outcomes.iter_mut().find(|(known, _)| *known == outcome) {
                    Some((_, subnets)) => subnets.push(subnet),
                    None => outcomes.push((outcome, vec![subnet])),
                }
            }
            for (outcome, subnets) in outcomes {
                let mut purposes: Vec<String> = needs.iter().map(|shown| shown.words.clone()).collect();
                purposes.dedup();
                let reason = outcome.cause.map(|cause| {
                    let reason = self.reason(cause, outcome.through, &subnets);
                    match cause.remedy().filter(|_| outcome.verdict == Verdict::Unknown) {
                        Some(remedy) => format!("{reason}, unless another stack adds a {remedy}"),
                        None => reason,
                    }
                });
                let proof =
                    self.proof(workload, (&wanted.in_words(), &needs), outcome, reason.as_deref(), &subnets);
                self.picture.needs.push(Need {
                    workload: index,
                    subnets,
                    service: wanted.in_words(),
                    purposes,
                    verdict: outcome.verdict,
                    through: outcome.through,
                    reason,
                    proof,
                });
            }
        }
    }

    /// The subnet of the network behind one of the picture: those made in the template stand first in both.
    fn made_here(&self, subnet: usize) -> Option<&'n network::Subnet> {
        self.network.subnets.get(subnet)
    }

    fn outcome(&self, workload: &'n network::Workload, subnet: usize, wanted: Wanted<'n>) -> Outcome {
        let Some(subnet) = self.made_here(subnet) else { return self.outcome_outside(workload, wanted) };
        let walk = match wanted {
            Wanted::Service(need, service) => self.network.walk(workload, need, subnet, service),
            Wanted::Registry(_) => self.network.walk_to_internet(workload, subnet),
        };
        let reachable = |through| Outcome { verdict: Verdict::Reachable, through, cause: None };
        let blocked = |through, cause| Outcome { verdict: Verdict::Blocked, through, cause: Some(cause) };
        let unknown = |through, cause| Outcome { verdict: Verdict::Unknown, through, cause: Some(cause) };
        match walk {
            Walk::Reachable(Way::Endpoint(endpoint)) => reachable(self.through(Some(endpoint))),
            Walk::Reachable(Way::InternetGateway) => reachable(Through::Internet),
            Walk::Reachable(Way::NatGateway) => reachable(Through::Nat),
            Walk::Blocked(hop) => blocked(self.through_of(&hop), cause_of(&hop)),
            Walk::Unknown(doubt) => match doubt {
                Doubt::Elsewhere => unknown(Through::Nothing, Cause::MayExistElsewhere),
                Doubt::Endpoints(endpoints) => {
                    unknown(self.through(endpoints.first().copied()), Cause::Doubtful)
                }
                Doubt::Route => unknown(Through::Nothing, Cause::UnknownRoute),
                Doubt::OtherNetwork => unknown(Through::OtherNetwork, Cause::NotShown),
                Doubt::PublicAddress => unknown(Through::Internet, Cause::UnknownAddress),
                Doubt::GivenAway(hop) => unknown(self.through_of(&hop), cause_of(&hop)),
            },
        }
    }

    /// The outcome from a subnet that comes from outside: only what is certain whatever the subnet.
    fn outcome_outside(&self, workload: &network::Workload, wanted: Wanted<'_>) -> Outcome {
        let calls = self.calls.get(&workload.resource.0).map_or(&[][..], Vec::as_slice);
        let call = calls.iter().find(|&&(index, _)| match wanted {
            Wanted::Service(_, service) => self.network.endpoints[index].service_id() == Some(service),
            Wanted::Registry(_) => false,
        });
        match call {
            Some(&(index, None)) => {
                Outcome { verdict: Verdict::Reachable, through: Through::Endpoint(index), cause: None }
            }
            Some(&(index, Some((verdict, cause)))) => {
                Outcome { verdict, through: Through::Endpoint(index), cause: Some(cause) }
            }
            None => Outcome {
                verdict: Verdict::Unknown,
                through: Through::Nothing,
                cause: Some(Cause::SubnetFromOutside),
            },
        }
    }

    fn through(&self, endpoint: Option<&network::Endpoint<'_>>) -> Through {
        endpoint
            .and_then(|endpoint| self.endpoint_index(endpoint))
            .map_or(Through::Nothing, Through::Endpoint)
    }

    fn through_of(&self, hop: &network::Hop<'_, '_>) -> Through {
        match hop {
            network::Hop::Obstacle(Obstacle::NoEndpoint) | network::Hop::NoRoute => Through::Nothing,
            network::Hop::NoPublicAddress => Through::Internet,
            network::Hop::Obstacle(
                Obstacle::NoGatewayRoute(endpoints) | Obstacle::NoPrivateName(endpoints),
            ) => self.through(endpoints.first().copied()),
            network::Hop::Egress(endpoint, _)
            | network::Hop::Ingress(endpoint, _)
            | network::Hop::NetworkAcl(endpoint, _)
            | network::Hop::Policy(endpoint, _) => self.through(Some(endpoint)),
        }
    }

    /// Why traffic from these subnets stops, or why that is not known; without the name of the workload.
    fn reason(&self, cause: Cause, through: Through, subnets: &[usize]) -> String {
        let endpoint = match through {
            Through::Endpoint(index) => Some(&self.network.endpoints[index]),
            _ => None,
        };
        let name = |subnet: &usize| self.picture.subnets[*subnet].title();
        let names = || subnets.iter().map(name).collect::<Vec<_>>().join(", ");
        let vpc = || {
            subnets.first().map_or_else(String::new, |&subnet| {
                self.picture.vpcs[self.picture.subnets[subnet].vpc].title()
            })
        };
        match cause {
            Cause::NoEndpoint => format!("{} has no endpoint for it", vpc()),
            Cause::PublicRegistry => "no endpoint leads to a registry on the internet".to_owned(),
            Cause::NoGatewayRoute => {
                let mut tables: Vec<String> = subnets
                    .iter()
                    .filter_map(|&subnet| self.made_here(subnet)?.route_table.as_ref())
                    .map(|(table, _)| format!("`{}`", self.network.name_of(table)))
                    .collect();
                tables.dedup();
                match tables.as_slice() {
                    [] => format!("the route table of {} is not among its tables", names()),
                    [one] => format!("{one} is not among its route tables"),
                    many => format!("{} are not among its route tables", many.join(", ")),
                }
            }
            Cause::NoPrivateName => match endpoint.map(|endpoint| endpoint.private_dns) {
                Some(Switch::Off(_)) => "its private DNS is off".to_owned(),
                Some(Switch::On(_)) => "its private DNS serves only inbound resolver endpoints".to_owned(),
                _ => "its private DNS is not switched on".to_owned(),
            },
            Cause::NotLetOut => "the security groups of the workload do not let it out".to_owned(),
            Cause::NotLetIn => {
                let groups = self.names(endpoint.and_then(|endpoint| endpoint.security_groups.as_ref()));
                match groups.as_slice() {
                    [one] => format!("its security group `{one}` does not let it in"),
                    _ => "its security groups do not let it in".to_owned(),
                }
            }
            Cause::SubnetFromOutside => "the subnets come from outside".to_owned(),
            Cause::MayExistElsewhere => format!("an endpoint may exist in {} that is not shown", vpc()),
            Cause::Doubtful => format!("whether it serves {} is not known", names()),
            Cause::NoPublicAddress => "the workload has no public address".to_owned(),
            Cause::NotPassed => "a network ACL drops the call or its answers".to_owned(),
            Cause::NotAllowed => "its policy does not let it through".to_owned(),
            Cause::NotShown => "what stands behind the default route is not shown".to_owned(),
            Cause::UnknownAddress => "whether the workload has a public address is not known".to_owned(),
            Cause::UnknownRoute => format!("where the default route of {} leads is not known", names()),
        }
    }

    fn hop(&self, text: String, span: Span) -> Hop {
        Hop { text, line: Some(self.source.position(span.start).line) }
    }

    fn proof(
        &self,
        workload: &network::Workload,
        (service, needs): (&str, &[Shown]),
        outcome: Outcome,
        reason: Option<&str>,
        subnets: &[usize],
    ) -> Vec<Hop> {
        let id = self.network.id(workload.resource);
        let span_of = |resource| self.network.template().resource(resource).id.span;
        let mut hops: Vec<Hop> = needs
            .iter()
            .map(|shown| self.hop(format!("`{id}` needs {service}: {}", shown.words), shown.span))
            .collect();
        let names: Vec<String> = subnets.iter().map(|&subnet| self.picture.subnets[subnet].title()).collect();
        let place = workload.subnets.as_ref().map(|members| members.span);
        let runs = format!("it runs in {}", names.join(", "));
        hops.push(self.hop(runs, place.unwrap_or_else(|| span_of(workload.resource))));
        let endpoint = match outcome.through {
            Through::Endpoint(index) => Some(&self.network.endpoints[index]),
            _ => None,
        };
        let by_name = endpoint.is_some_and(|endpoint| endpoint.is(EndpointType::Interface));
        if !by_name {
            for (table, route) in self.tables_of(subnets) {
                hops.push(self.hop(route, table));
            }
        }
        if let Some(endpoint) = endpoint {
            let name = self.network.id(endpoint.resource);
            let at = span_of(endpoint.resource);
            match (endpoint.kind, outcome.cause) {
                (Some(EndpointType::Interface), None | Some(Cause::NotLetOut | Cause::NotLetIn)) => {
                    let place = match endpoint.private_dns {
                        Switch::On(span) => span,
                        _ => at,
                    };
                    hops.push(
                        self.hop(format!("private DNS leads the name of the service to `{name}`"), place),
                    );
                }
                (Some(EndpointType::Gateway), None) => {
                    let place = endpoint.route_tables.as_ref().map_or(at, |tables| tables.span);
                    hops.push(self.hop(format!("`{name}` is in this route table"), place));
                }
                _ => {}
            }
            if let Some(reason) = reason {
                let stops = if outcome.verdict == Verdict::Blocked { "stops at " } else { "" };
                hops.push(self.hop(format!("{stops}`{name}`: {reason}"), at));
            }
        } else if let Some(reason) = reason {
            hops.push(last_hop(outcome.verdict, reason));
        }
        hops
    }

    /// The route tables of subnets, each once, with where their default routes lead.
    fn tables_of(&self, subnets: &[usize]) -> Vec<(Span, String)> {
        let mut tables: Vec<(Span, String)> = Vec::new();
        for &subnet in subnets {
            let table = self.made_here(subnet).and_then(|subnet| subnet.route_table.as_ref());
            let Some(table) = table.and_then(|(table, _)| self.table(table)) else { continue };
            let span = self.network.template().resource(table.resource).id.span;
            if !tables.iter().any(|(known, _)| *known == span) {
                tables.push((span, format!("route table {}", self.picture.subnets[subnet].route)));
            }
        }
        tables
    }

    fn links(&mut self) {
        let network = self.network;
        for (index, service) in network.endpoint_services.iter().enumerate() {
            let kinds = [
                (&service.network_load_balancers, LoadBalancerKind::Network),
                (&service.gateway_load_balancers, LoadBalancerKind::Gateway),
            ];
            for (members, kind) in kinds {
                for identity in members.iter().flat_map(Members::known) {
                    let balancer = self.load_balancer(identity, kind);
                    let (from, to) = (Party::Service(index), Party::LoadBalancer(balancer));
                    self.link(from, to, String::new(), None, Vec::new());
                }
            }
        }
        let deliveries = network.deliveries();
        let judged: FxHashMap<_, _> = deliveries
            .iter()
            .map(|it| ((it.listener.resource, it.target_group.resource, it.target.span.start), &it.admission))
            .collect();
        for (index, balancer) in network.load_balancers.iter().enumerate() {
            let vpc = self.picture.load_balancers[index].vpc;
            for listener in network.listeners_of(balancer) {
                for group in network.target_groups_of(listener) {
                    for target in &group.targets {
                        let to = self.target(target, vpc);
                        let key = (listener.resource, group.resource, target.span.start);
                        let judged = judged.get(&key).map(|admission| self.admission(admission));
                        let ports = ports_in_words(listener.port.map(|(port, _)| port), target.port);
                        let (listener, group) = (network.id(listener.resource), network.id(group.resource));
                        let words = format!("`{listener}` forwards to `{group}`: {ports}");
                        let mut proof = vec![self.hop(words.trim_end_matches(": ").to_owned(), target.span)];
                        if let Some((verdict, Some(reason))) = &judged {
                            proof.push(last_hop(*verdict, reason));
                        }
                        self.link(Party::LoadBalancer(index), to, ports, judged, proof);
                    }
                }
            }
        }
    }

    /// Whether a target lets a load balancer in, and why not.
    fn admission(&self, admission: &Admission<'_>) -> (Verdict, Option<String>) {
        match admission {
            Admission::Admitted => (Verdict::Reachable, None),
            Admission::Blocked { refusals, .. }
                if refusals.iter().any(|refusal| refusal.reason == RefusalReason::NotEnforced) =>
            {
                let reason =
                    "its security group is let in, and AWS asks for its addresses where enforcement is off";
                (Verdict::Unknown, Some(reason.to_owned()))
            }
            Admission::Blocked { port, groups, .. } => {
                let names: Vec<String> = groups
                    .iter()
                    .map(|group| format!("`{}`", self.network.name_of(&group.identity)))
                    .collect();
                let reason = format!("{} does not open port {port} to it", names.join(", "));
                if groups.iter().any(|group| group.shared) {
                    (Verdict::Unknown, Some(format!("{reason}, unless another stack adds a rule")))
                } else {
                    (Verdict::Blocked, Some(reason))
                }
            }
            Admission::Unknown => {
                (Verdict::Unknown, Some("whether its security groups let it in is not known".to_owned()))
            }
        }
    }

    /// Adds a link, or adds to the one that is there.
    fn link(
        &mut self,
        from: Party,
        to: Party,
        ports: String,
        judged: Option<(Verdict, Option<String>)>,
        proof: Vec<Hop>,
    ) {
        let verdict = judged.as_ref().map(|(verdict, _)| *verdict);
        // The links of one load balancer stand together at the end.
        let own = self.picture.links.iter_mut().rev().take_while(|link| link.from == from);
        if let Some(link) = own.into_iter().find(|link| link.to == to && link.verdict == verdict) {
            if !ports.is_empty() && !link.ports.split(", ").any(|known| known == ports) {
                let separator = if link.ports.is_empty() { "" } else { ", " };
                link.ports = format!("{}{separator}{ports}", link.ports);
            }
            link.proof.extend(proof);
            return;
        }
        let reason = judged.and_then(|(_, reason)| reason);
        self.picture.links.push(Link { from, to, ports, verdict, reason, proof });
    }

    /// The index of a load balancer, which is from outside where it is met for the first time.
    fn load_balancer(&mut self, identity: &Identity, kind: LoadBalancerKind) -> usize {
        let name = self.network.name_of(identity);
        let made_here = self.network.load_balancers.len();
        let known = identity.resource().and_then(|resource| {
            self.network.load_balancers.binary_search_by_key(&resource, |balancer| balancer.resource).ok()
        });
        let from_outside = |picture: &Picture| {
            let others = picture.load_balancers.iter().skip(made_here);
            others.into_iter().position(|other| other.name == name).map(|index| made_here + index)
        };
        if let Some(index) = known.or_else(|| from_outside(&self.picture)) {
            return index;
        }
        let vpc = self.vpc(None);
        self.picture.load_balancers.push(LoadBalancer {
            name,
            vpc,
            kind: Some(kind),
            internal: None,
            subnets: Vec::new(),
        });
        self.picture.load_balancers.len() - 1
    }

    /// What receives the traffic of a target group. What is no workload of the network is drawn as one without needs.
    fn target(&mut self, target: &network::Target, vpc: usize) -> Party {
        let network = self.network;
        if let Some(resource) = target.identity.resource() {
            if let Ok(index) = network.load_balancers.binary_search_by_key(&resource, |it| it.resource) {
                return Party::LoadBalancer(index);
            }
            if let Some(index) = network.workloads.place(resource, |it| it.resource) {
                return Party::Workload(index);
            }
        }
        let name = network.name_of(&target.identity);
        let others = self.picture.workloads.iter().enumerate().skip(network.workloads.len());
        let known = others.into_iter().find(|(_, other)| other.name == name).map(|(index, _)| index);
        Party::Workload(known.unwrap_or_else(|| {
            let kind = match target.identity.resource() {
                Some(resource) => network.template().resource(resource).kind.text.clone().into_owned(),
                None => "target".to_owned(),
            };
            let subnets = self.subnets_of(None, Some(vpc));
            self.picture.workloads.push(Workload { name, kind, subnets });
            self.picture.workloads.len() - 1
        }))
    }
}

/// What a workload needs, with what shows it.
fn wanted(workload: &network::Workload) -> impl Iterator<Item = (Wanted<'_>, Shown)> {
    let services = workload.needs.iter().flat_map(|need| {
        let shown = move || Shown { words: need.data.why.clone(), span: need.span };
        need.services().map(move |service| (Wanted::Service(need, service), shown()))
    });
    let registries = workload.images.iter().filter_map(|image| match image.registry {
        Registry::Public(name) => {
            let words = "holds an image that it pulls".to_owned();
            Some((Wanted::Registry(name), Shown { words, span: image.span }))
        }
        Registry::Ecr | Registry::Other => None,
    });
    services.chain(registries)
}

fn ports_in_words(listener: Option<u16>, target: Option<u16>) -> String {
    match (listener, target) {
        (Some(listener), Some(target)) => format!("{listener} to {target}"),
        (Some(listener), None) => listener.to_string(),
        (None, Some(target)) => format!("to {target}"),
        (None, None) => String::new(),
    }
}

/// What stands at the end of a proof that leads to nothing.
fn last_hop(verdict: Verdict, reason: &str) -> Hop {
    let stops = if verdict == Verdict::Blocked { "stops here: " } else { "" };
    Hop { text: format!("{stops}{reason}"), line: None }
}

/// A service by what people call it, and by its id where several have that name.
fn service_in_words(service: &Service) -> String {
    let is_said = service.group.to_lowercase().ends_with(&format!(" {}", service.id));
    if is_said { service.group.clone() } else { format!("{} (`{}`)", service.group, service.id) }
}

fn range_in_words(range: &AddressRange) -> Option<String> {
    match range {
        AddressRange::Net(net) => Some(net.to_string()),
        AddressRange::Symbol(_) | AddressRange::Unknown => None,
    }
}

/// A key that no expression has.
fn key(identity: &Identity) -> String {
    format!("{identity:?}")
}

/// An availability zone: by its name, or by what it is the first, second or third of.
fn zone_in_words(zone: &str) -> String {
    let chosen = zone.strip_prefix("<Select(").and_then(|rest| rest.strip_suffix(")>")?.split_once(','));
    if let Some((index, list)) = chosen
        && let Ok(index) = index.parse::<usize>()
    {
        let words = ["first", "second", "third", "fourth", "fifth", "sixth"];
        let position =
            words.get(index).map_or_else(|| format!("number {}", index + 1), |word| (*word).to_owned());
        return if list.starts_with("GetAZs(") {
            format!("{position} zone")
        } else {
            format!("{position} zone of `{}`", list.trim_matches(['<', '>']))
        };
    }
    match zone.rsplit_once('>') {
        Some((before, end)) if !end.is_empty() && before.starts_with('<') => format!("zone {end}"),
        Some((name, "")) => format!("zone `{}`", name.trim_start_matches('<')),
        _ => format!("zone {zone}"),
    }
}
