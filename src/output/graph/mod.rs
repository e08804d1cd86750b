//! The network as a picture: what is drawn, as plain data, and one file per format that draws it.

mod alike;
mod dot;
mod json;
mod mermaid;
mod nested;
mod picture;
mod svg;

pub use dot::dot;
pub use json::json;
pub use mermaid::mermaid;
pub use picture::picture;
pub use svg::svg;

use crate::facts::EndpointType;
use crate::network::{LoadBalancerKind, RouteClass};

/// What there is in one scenario and how traffic gets through it. Things name each other by their index in these
/// lists, which are in the order of the template.
#[derive(Debug, Default)]
pub struct Picture {
    /// The name of the template's file.
    pub template: String,
    /// Which scenario it is, in words, where the template allows several.
    pub scenario: Option<String>,
    /// VPCs. One without a name holds what stands in a VPC that is not known.
    pub vpcs: Vec<Vpc>,
    /// Subnets, those from outside included.
    pub subnets: Vec<Subnet>,
    /// VPC endpoints.
    pub endpoints: Vec<Endpoint>,
    /// Load balancers.
    pub load_balancers: Vec<LoadBalancer>,
    /// Endpoint services.
    pub services: Vec<EndpointService>,
    /// Workloads, and what else is the target of a load balancer.
    pub workloads: Vec<Workload>,
    /// What workloads need of services and how they get there: the arrows.
    pub needs: Vec<Need>,
    /// What forwards traffic to what: the provider's side.
    pub links: Vec<Link>,
}

/// A VPC.
#[derive(Debug)]
pub struct Vpc {
    /// Logical id, or the name of the parameter or import; absent for what stands in a VPC that is not known.
    pub name: Option<String>,
    /// Whether the template makes it.
    pub made_here: bool,
    /// Whether endpoints, routes and groups that the template does not show may exist.
    pub open: bool,
    /// Its address ranges, where they are known.
    pub ranges: Vec<String>,
}

/// A subnet, or several that one expression stands for.
#[derive(Debug)]
pub struct Subnet {
    /// Logical id, or how the template names what comes from outside; absent where nothing does.
    pub name: Option<String>,
    /// Index of its VPC.
    pub vpc: usize,
    /// Its availability zone in words, if it is known.
    pub zone: Option<String>,
    /// Its address range, if it is known.
    pub range: Option<String>,
    /// Whether the template makes it.
    pub made_here: bool,
    /// Where its default route leads.
    pub class: RouteClass,
    /// The same in words, with the names.
    pub route: String,
}

/// A VPC endpoint.
#[derive(Debug)]
pub struct Endpoint {
    /// Logical id.
    pub name: String,
    /// Index of its VPC.
    pub vpc: usize,
    /// Its type, if it is known.
    pub kind: Option<EndpointType>,
    /// What it is for, in words.
    pub service: String,
    /// Index of the endpoint service of this template that it is for.
    pub own_service: Option<usize>,
    /// Names of its subnets.
    pub subnets: Vec<String>,
    /// Names of its route tables.
    pub route_tables: Vec<String>,
    /// Whether the usual name of the service leads to it, where that makes sense and is known.
    pub private_dns: Option<bool>,
}

/// A load balancer.
#[derive(Debug)]
pub struct LoadBalancer {
    /// Logical id.
    pub name: String,
    /// Index of its VPC.
    pub vpc: usize,
    /// Its kind, if it is known.
    pub kind: Option<LoadBalancerKind>,
    /// Whether it has private addresses only, if that is known.
    pub internal: Option<bool>,
    /// Names of its subnets.
    pub subnets: Vec<String>,
}

/// An endpoint service.
#[derive(Debug)]
pub struct EndpointService {
    /// Logical id.
    pub name: String,
    /// Whether its owner accepts each connection, if that is known.
    pub acceptance: Option<bool>,
}

/// Something that runs in subnets.
#[derive(Debug)]
pub struct Workload {
    /// Logical id, or the address of a target.
    pub name: String,
    /// What it is, in words.
    pub kind: String,
    /// Indexes of the subnets in which it may run; one at least.
    pub subnets: Vec<usize>,
}

/// A service that a workload needs, and how it gets there from some of its subnets.
#[derive(Debug)]
pub struct Need {
    /// Index of the workload.
    pub workload: usize,
    /// Indexes of the subnets for which this holds; one at least.
    pub subnets: Vec<usize>,
    /// The service in words.
    pub service: String,
    /// What for, in words.
    pub purposes: Vec<String>,
    /// Whether it gets there.
    pub verdict: Verdict,
    /// Through what, or where it stops.
    pub through: Through,
    /// Why it stops, or why that is not known.
    pub reason: Option<String>,
    /// Hop by hop, what shows it.
    pub proof: Vec<Hop>,
}

/// Whether traffic gets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// It does, as far as the template shows.
    Reachable,
    /// It stops.
    Blocked,
    /// Not known.
    Unknown,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Reachable, Self::Blocked, Self::Unknown];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reachable => "reachable",
            Self::Blocked => "blocked",
            Self::Unknown => "unknown",
        }
    }
}

/// What traffic goes through, or comes as far as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Through {
    /// The endpoint with this index.
    Endpoint(usize),
    /// The default route of a public subnet: an internet gateway.
    Internet,
    /// The default route of a subnet: a NAT gateway.
    Nat,
    /// The default route of a subnet: another network, a firewall, an appliance.
    OtherNetwork,
    /// Nothing.
    Nothing,
}

/// One step of a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// In words.
    pub text: String,
    /// The line of the template that shows it, from 1.
    pub line: Option<u32>,
}

/// One thing hands traffic on to another.
#[derive(Debug)]
pub struct Link {
    /// The one.
    pub from: Party,
    /// The other.
    pub to: Party,
    /// The ports, in words; may be empty.
    pub ports: String,
    /// Whether it gets there; absent where that is not looked at.
    pub verdict: Option<Verdict>,
    /// Why it stops.
    pub reason: Option<String>,
    /// Hop by hop, what shows it.
    pub proof: Vec<Hop>,
}

/// An end of a link, by its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Party {
    /// An endpoint service.
    Service(usize),
    /// A load balancer.
    LoadBalancer(usize),
    /// A workload.
    Workload(usize),
}

impl Picture {
    /// What it shows, in a few sentences.
    pub fn summary(&self) -> Vec<String> {
        let count = |number: usize, noun: &str| crate::output::number(number, noun);
        let things = [
            (self.vpcs.iter().filter(|vpc| vpc.name.is_some()).count(), "VPC"),
            (self.subnets.iter().filter(|subnet| subnet.name.is_some()).count(), "subnet"),
            (self.endpoints.len(), "endpoint"),
            (self.load_balancers.len(), "load balancer"),
            (self.services.len(), "endpoint service"),
            (self.workloads.len(), "workload"),
        ];
        let things =
            things.iter().filter(|(number, _)| *number > 0).map(|&(number, noun)| count(number, noun));
        let things: Vec<String> = things.collect();
        if things.is_empty() {
            return vec!["Nothing of a network is in this template.".to_owned()];
        }
        let mut sentences = vec![format!("{}.", things.join(", "))];
        if !self.needs.is_empty() {
            let verdicts = Verdict::ALL.map(|verdict| {
                let number = self.needs.iter().filter(|need| need.verdict == verdict).count();
                (number, format!("{number} {}", verdict.name()))
            });
            let verdicts = verdicts.into_iter().filter(|(number, _)| *number > 0).map(|(_, words)| words);
            let verdicts: Vec<String> = verdicts.collect();
            sentences.push(format!("What workloads need: {}.", verdicts.join(", ")));
        }
        sentences
    }
}

impl Vpc {
    fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("`{name}`"),
            None => "VPC not known".to_owned(),
        }
    }
}

impl Subnet {
    fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("`{name}`"),
            None => "subnets not known".to_owned(),
        }
    }

    fn route_in_words(&self) -> String {
        match self.class {
            RouteClass::Unknown => self.route.clone(),
            class => format!("{}, {}", class_name(class), self.route),
        }
    }
}

impl Endpoint {
    /// What it is, in words: "interface endpoint, private DNS on".
    fn kind_in_words(&self) -> String {
        let kind = match self.kind {
            Some(EndpointType::Interface) => "interface endpoint",
            Some(EndpointType::Gateway) => "gateway endpoint",
            Some(EndpointType::GatewayLoadBalancer) => "Gateway Load Balancer endpoint",
            Some(EndpointType::Resource) => "resource endpoint",
            Some(EndpointType::ServiceNetwork) => "service network endpoint",
            Some(EndpointType::Tunnel) => "tunnel endpoint",
            None => "endpoint of unknown type",
        };
        match self.private_dns {
            Some(true) => format!("{kind}, private DNS on"),
            Some(false) => format!("{kind}, private DNS off"),
            None => kind.to_owned(),
        }
    }

    /// Where it stands, in words.
    fn place(&self) -> Option<String> {
        let names =
            |names: &[String]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        if !self.route_tables.is_empty() {
            let noun = if self.route_tables.len() == 1 { "route table" } else { "route tables" };
            Some(format!("in {noun} {}", names(&self.route_tables)))
        } else if !self.subnets.is_empty() {
            Some(format!("in {}", names(&self.subnets)))
        } else {
            None
        }
    }
}

impl LoadBalancer {
    fn kind_in_words(&self) -> String {
        let kind = match self.kind {
            Some(LoadBalancerKind::Application) => "application load balancer",
            Some(LoadBalancerKind::Network) => "network load balancer",
            Some(LoadBalancerKind::Gateway) => return "gateway load balancer".to_owned(),
            None => "load balancer",
        };
        match self.internal {
            Some(true) => format!("{kind}, internal"),
            Some(false) => format!("{kind}, internet-facing"),
            None => kind.to_owned(),
        }
    }

    fn place(&self) -> Option<String> {
        let names: Vec<String> = self.subnets.iter().map(|name| format!("`{name}`")).collect();
        (!names.is_empty()).then(|| format!("in {}", names.join(", ")))
    }
}

impl EndpointService {
    fn kind_in_words(&self) -> &'static str {
        match self.acceptance {
            Some(true) => "endpoint service, acceptance required",
            Some(false) => "endpoint service, acceptance off",
            None => "endpoint service",
        }
    }
}

/// The word for a route class.
fn class_name(class: RouteClass) -> &'static str {
    match class {
        RouteClass::Public => "public",
        RouteClass::Translated => "translated",
        RouteClass::Isolated => "isolated",
        RouteClass::Unknown => "unknown",
    }
}

/// What stands instead of an endpoint at the end of an arrow that starts in a VPC; absent where it ends at an endpoint
/// there.
fn way(picture: &Picture, need: &Need, vpc: usize) -> Option<String> {
    Some(match (need.through, need.verdict) {
        (Through::Endpoint(endpoint), _) if picture.endpoints[endpoint].vpc == vpc => return None,
        (Through::Endpoint(endpoint), _) => format!("through `{}`", picture.endpoints[endpoint].name),
        (Through::Internet, _) => "over an internet gateway".to_owned(),
        (Through::Nat, _) => "over a NAT gateway".to_owned(),
        (Through::OtherNetwork, _) => "over another network".to_owned(),
        (Through::Nothing, Verdict::Blocked) => "no way".to_owned(),
        (Through::Nothing, Verdict::Reachable | Verdict::Unknown) => "way not known".to_owned(),
    })
}

/// A need in words, with its proof, one line each: what a tooltip shows.
fn told(picture: &Picture, need: &Need) -> Vec<String> {
    let workload = &picture.workloads[need.workload];
    let mut lines = vec![format!("{} → {}: {}", workload.name, need.service, need.verdict.name())];
    if !need.purposes.is_empty() {
        lines.push(need.purposes.join("; "));
    }
    lines.extend(need.proof.iter().map(Hop::told));
    lines
}

impl Hop {
    fn told(&self) -> String {
        match self.line {
            Some(line) => format!("{} (line {line})", self.text),
            None => self.text.clone(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
