//! `nacl-blocks-endpoint`: a network ACL that stops what clients send to an endpoint, or what it answers.

use crate::diagnostic::Severity;
use crate::facts::EndpointType;
use crate::network::{
    ANSWER_PORTS, Action, AddressRange, Direction, Endpoint, Network, NetworkAclEntry, Ports, Stop, Subnet,
    Workload,
};

use super::cut_off::{listed, subnets_in_words};
use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "nacl-blocks-endpoint",
    group: Group::Reachability,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "A network ACL stops what clients send to an endpoint, or the answers",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html",
    page: include_str!("../../rules/nacl-blocks-endpoint.md"),
    check: Check::Network(&["AWS::EC2::NetworkAcl"], check),
};

/// What one network ACL stops for the same causes.
struct Blocked<'n, 't> {
    /// One stop for each cause.
    causes: Vec<Stop<'n>>,
    /// The subnets that have the ACL.
    subnets: Vec<&'n Subnet>,
    workloads: Vec<&'n Workload>,
    /// The endpoints that these call through.
    called: Vec<&'n Endpoint<'t>>,
    /// Subnets that are kept from endpoints whoever calls.
    clients: Vec<&'n Subnet>,
    /// Those endpoints.
    uncalled: Vec<&'n Endpoint<'t>>,
}

impl<'n, 't> Blocked<'n, 't> {
    fn endpoints(&self) -> impl Iterator<Item = &'n Endpoint<'t>> {
        self.called.iter().chain(&self.uncalled).copied()
    }
}

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    let calls = network.calls();
    let mut found = Vec::new();
    for call in &calls {
        for subnet in network.subnets_of(call.workload).0 {
            let stops = network.stops_to_endpoint(subnet, call.endpoint);
            for blocked in filed(&mut found, &stops) {
                push_once(&mut blocked.workloads, call.workload, |workload| workload.resource);
                push_once(&mut blocked.called, call.endpoint, |endpoint| endpoint.resource);
            }
        }
    }
    for endpoint in &network.endpoints {
        if calls.iter().any(|call| call.endpoint.resource == endpoint.resource) {
            continue;
        }
        let Some((clients, stops)) = network.subnets_kept_from(endpoint) else { continue };
        for blocked in filed(&mut found, &stops) {
            push_once(&mut blocked.uncalled, endpoint, |endpoint| endpoint.resource);
            for &client in &clients {
                push_once(&mut blocked.clients, client, |client| client.resource);
            }
        }
    }
    for blocked in &found {
        report(cx, blocked);
    }
}

/// Files stops under their network ACLs and causes.
fn filed<'f, 'n, 't>(
    found: &'f mut Vec<Blocked<'n, 't>>,
    stops: &[Stop<'n>],
) -> impl Iterator<Item = &'f mut Blocked<'n, 't>> {
    let mut by_acl: Vec<Vec<&Stop<'n>>> = Vec::new();
    for stop in stops {
        match by_acl.iter_mut().find(|own| own[0].acl.resource == stop.acl.resource) {
            Some(own) => own.push(stop),
            None => by_acl.push(vec![stop]),
        }
    }
    let mut touched = Vec::new();
    for own in by_acl {
        let mut causes: Vec<Stop<'n>> = Vec::new();
        for stop in &own {
            if !causes.iter().any(|known| known.has_cause_of(stop)) {
                causes.push(**stop);
            }
        }
        let same = |known: &Blocked<'_, '_>| {
            known.causes.len() == causes.len()
                && known.causes.iter().zip(&causes).all(|(known, cause)| known.has_cause_of(cause))
        };
        let place = found.iter().position(same).unwrap_or_else(|| {
            found.push(Blocked {
                causes,
                subnets: Vec::new(),
                workloads: Vec::new(),
                called: Vec::new(),
                clients: Vec::new(),
                uncalled: Vec::new(),
            });
            found.len() - 1
        });
        for stop in own {
            push_once(&mut found[place].subnets, stop.subnet, |subnet| subnet.resource);
        }
        touched.push(place);
    }
    found.iter_mut().enumerate().filter(move |(place, _)| touched.contains(place)).map(|(_, blocked)| blocked)
}

fn push_once<T, K: PartialEq>(things: &mut Vec<T>, thing: T, key: impl Fn(&T) -> K) {
    if !things.iter().any(|known| key(known) == key(&thing)) {
        things.push(thing);
    }
}

fn report(cx: &mut Context<'_, '_>, blocked: &Blocked<'_, '_>) {
    let network = cx.network;
    let Some(first) = blocked.causes.first() else { return };
    let acl = network.id(first.acl.resource);
    let ids = |resources: &mut dyn Iterator<Item = _>| listed(resources.map(|resource| network.id(resource)));
    let (clients, endpoints) = if blocked.workloads.is_empty() {
        (subnets_in_words(network, &blocked.clients), &blocked.uncalled)
    } else {
        (ids(&mut blocked.workloads.iter().map(|workload| workload.resource)), &blocked.called)
    };
    let endpoints = ids(&mut endpoints.iter().map(|endpoint| endpoint.resource));
    let causes = if first.acl.entries.is_empty() {
        "it has no entries, so it denies everything".to_owned()
    } else {
        let causes = blocked.causes.iter().map(|stop| cause(network, blocked, stop));
        causes.collect::<Vec<_>>().join(", and ")
    };
    // A single entry that denies is the place at fault.
    let denies = first.entry.filter(|_| blocked.causes.len() == 1);
    let (owner, span) = match denies {
        Some(entry) => (entry.resource, entry.action_span),
        None => (first.acl.resource, cx.id_span(first.acl.resource)),
    };
    let message = format!("`{acl}` keeps {clients} from {endpoints}: {causes}");
    let finding = cx.report(owner, span, message);
    finding.here(format!(
        "the network ACL of {}{}",
        subnets_in_words(network, &blocked.subnets),
        if denies.is_some() { " denies it here" } else { "" }
    ));
    if first.acl.shared {
        finding.severity(RULE.severity.lowered());
    }
    let directions = |entry: &&NetworkAclEntry| {
        entry.resource != owner
            && blocked.causes.iter().any(|stop| entry.direction.is_none_or(|own| own == stop.direction))
    };
    for entry in first.acl.entries.iter().filter(directions) {
        finding.label(Some(network.id(entry.resource)), entry.action_span, entry_in_words(entry));
    }
    for workload in &blocked.workloads {
        let id = network.id(workload.resource);
        let span = network.template().resource(workload.resource).id.span;
        finding.label(Some(id), span, format!("calls through {endpoints}"));
    }
    for endpoint in blocked.endpoints() {
        let (members, words) = if endpoint.is(EndpointType::Gateway) {
            (&endpoint.route_tables, "a route to the public addresses of the service, in these tables")
        } else {
            (&endpoint.subnets, "stands in these subnets")
        };
        if let Some(members) = members {
            finding.label(Some(network.id(endpoint.resource)), members.span, words);
        }
    }
    finding
        .why("a network ACL keeps no track of connections: entries must let the request through and the answer too, and what no entry matches is denied")
        .help(help(network, blocked, acl))
        .symptom("connections to the service time out");
}

/// Why something does not pass: "no entry lets TCP 443 out".
fn cause(network: &Network<'_, '_>, blocked: &Blocked<'_, '_>, stop: &Stop<'_>) -> String {
    let way = match stop.direction {
        Direction::In => "in",
        Direction::Out => "out",
    };
    let (what, ports) = if stop.answers {
        ("the answers".to_owned(), format!(" (TCP {})", port_range(ANSWER_PORTS)))
    } else {
        (ports_of(blocked), String::new())
    };
    match stop.entry {
        Some(entry) => format!("`{}` denies {what} {way}{ports}", network.id(entry.resource)),
        None => format!("no entry lets {what} {way}{ports}"),
    }
}

/// The entries that are missing, in words.
fn help(network: &Network<'_, '_>, blocked: &Blocked<'_, '_>, acl: &str) -> String {
    let gateway = blocked.endpoints().any(|endpoint| endpoint.is(EndpointType::Gateway));
    let missing: Vec<String> = blocked
        .causes
        .iter()
        .map(|stop| {
            let what =
                if stop.answers { format!("TCP {}", port_range(ANSWER_PORTS)) } else { ports_of(blocked) };
            let (way, at_client) = match stop.direction {
                Direction::In => ("in from", stop.answers),
                Direction::Out => ("out to", !stop.answers),
            };
            let peer = match (at_client, gateway) {
                (true, true) => "`0.0.0.0/0`",
                (true, false) => "the subnets of the endpoint",
                (false, _) => "the clients",
            };
            let before = stop
                .entry
                .map(|entry| format!(" before `{}`", network.id(entry.resource)))
                .unwrap_or_default();
            format!("{what} {way} {peer}{before}")
        })
        .collect();
    let prefix_lists = if gateway { "; network ACLs take no prefix lists" } else { "" };
    format!("allow in `{acl}`: {}{prefix_lists}", missing.join(", and "))
}

/// The ports of the services: "TCP 443".
fn ports_of(blocked: &Blocked<'_, '_>) -> String {
    let mut ports: Vec<u16> = Vec::new();
    for &port in blocked.endpoints().filter_map(Endpoint::aws_service).flat_map(|it| &it.ports) {
        push_once(&mut ports, port, |port| *port);
    }
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    format!("TCP {}", ports.join(", "))
}

fn port_range((first, last): (u16, u16)) -> String {
    if first == last { first.to_string() } else { format!("{first} to {last}") }
}

fn entry_in_words(entry: &NetworkAclEntry) -> String {
    let action = match entry.action {
        Some(Action::Allow) => "allows",
        Some(Action::Deny) => "denies",
        None => "may allow or deny",
    };
    let ports = match entry.ports {
        Ports::All => "everything".to_owned(),
        Ports::Range(protocol, 0, u16::MAX) => protocol.name().to_owned(),
        Ports::Range(protocol, first, last) => format!("{} {}", protocol.name(), port_range((first, last))),
        Ports::Other => "another protocol".to_owned(),
        Ports::Unknown => "some ports".to_owned(),
    };
    let way = match entry.direction {
        Some(Direction::In) => " in from",
        Some(Direction::Out) => " out to",
        None => ", in or out, for",
    };
    match &entry.range {
        AddressRange::Net(net) => format!("{action} {ports}{way} `{net}`"),
        _ => format!("{action} {ports}{way} a range that is not known"),
    }
}
