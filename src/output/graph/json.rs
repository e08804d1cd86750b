//! `json`: the picture for programs, in a shape of its own that `graph.schema.json` describes.

use std::io::{self, Write};

use serde::Serialize;

use super::{Hop, Party, Picture, Through, Verdict, class_name};
use crate::facts::EndpointType;
use crate::network::LoadBalancerKind;

/// Raised when a field changes its meaning or goes away; new fields do not raise it.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct JsonPicture<'p> {
    schema_version: u32,
    template: &'p str,
    scenario: Option<&'p str>,
    vpcs: Vec<JsonVpc<'p>>,
    subnets: Vec<JsonSubnet<'p>>,
    endpoints: Vec<JsonEndpoint<'p>>,
    load_balancers: Vec<JsonLoadBalancer<'p>>,
    endpoint_services: Vec<JsonService<'p>>,
    workloads: Vec<JsonWorkload<'p>>,
    arrows: Vec<JsonArrow<'p>>,
    links: Vec<JsonLink<'p>>,
}

#[derive(Serialize)]
struct JsonVpc<'p> {
    id: String,
    name: Option<&'p str>,
    made_here: bool,
    open: bool,
    ranges: &'p [String],
}

#[derive(Serialize)]
struct JsonSubnet<'p> {
    id: String,
    name: Option<&'p str>,
    vpc: String,
    zone: Option<&'p str>,
    range: Option<&'p str>,
    made_here: bool,
    route_class: &'static str,
    route: &'p str,
}

#[derive(Serialize)]
struct JsonEndpoint<'p> {
    id: String,
    name: &'p str,
    vpc: String,
    #[serde(rename = "type")]
    kind: Option<&'static str>,
    service: &'p str,
    endpoint_service: Option<String>,
    subnets: &'p [String],
    route_tables: &'p [String],
    private_dns: Option<bool>,
}

#[derive(Serialize)]
struct JsonLoadBalancer<'p> {
    id: String,
    name: &'p str,
    vpc: String,
    #[serde(rename = "type")]
    kind: Option<&'static str>,
    internal: Option<bool>,
    subnets: &'p [String],
}

#[derive(Serialize)]
struct JsonService<'p> {
    id: String,
    name: &'p str,
    acceptance_required: Option<bool>,
}

#[derive(Serialize)]
struct JsonWorkload<'p> {
    id: String,
    name: &'p str,
    kind: &'p str,
    subnets: Vec<String>,
}

#[derive(Serialize)]
struct JsonArrow<'p> {
    workload: String,
    subnets: Vec<String>,
    service: &'p str,
    purposes: &'p [String],
    verdict: &'static str,
    /// `endpoint`, `internet`, `nat`, `network` or `nothing`.
    through: &'static str,
    endpoint: Option<String>,
    reason: Option<&'p str>,
    proof: Vec<JsonHop<'p>>,
}

#[derive(Serialize)]
struct JsonHop<'p> {
    text: &'p str,
    line: Option<u32>,
}

#[derive(Serialize)]
struct JsonLink<'p> {
    from: String,
    to: String,
    ports: &'p str,
    verdict: Option<&'static str>,
    reason: Option<&'p str>,
    proof: Vec<JsonHop<'p>>,
}

/// Writes the picture as one JSON object.
pub fn json(picture: &Picture, out: &mut dyn Write) -> io::Result<()> {
    let document = JsonPicture {
        schema_version: SCHEMA_VERSION,
        template: &picture.template,
        scenario: picture.scenario.as_deref(),
        vpcs: numbered(&picture.vpcs, |index, it| JsonVpc {
            id: id("vpc", index),
            name: it.name.as_deref(),
            made_here: it.made_here,
            open: it.open,
            ranges: &it.ranges,
        }),
        subnets: numbered(&picture.subnets, |index, it| JsonSubnet {
            id: id("subnet", index),
            name: it.name.as_deref(),
            vpc: id("vpc", it.vpc),
            zone: it.zone.as_deref(),
            range: it.range.as_deref(),
            made_here: it.made_here,
            route_class: class_name(it.class),
            route: &it.route,
        }),
        endpoints: numbered(&picture.endpoints, |index, it| JsonEndpoint {
            id: id("endpoint", index),
            name: &it.name,
            vpc: id("vpc", it.vpc),
            kind: it.kind.map(EndpointType::name),
            service: &it.service,
            endpoint_service: it.own_service.map(|index| id("endpoint-service", index)),
            subnets: &it.subnets,
            route_tables: &it.route_tables,
            private_dns: it.private_dns,
        }),
        load_balancers: numbered(&picture.load_balancers, |index, it| JsonLoadBalancer {
            id: id("load-balancer", index),
            name: &it.name,
            vpc: id("vpc", it.vpc),
            kind: it.kind.map(|kind| match kind {
                LoadBalancerKind::Application => "application",
                LoadBalancerKind::Network => "network",
                LoadBalancerKind::Gateway => "gateway",
            }),
            internal: it.internal,
            subnets: &it.subnets,
        }),
        endpoint_services: numbered(&picture.services, |index, it| JsonService {
            id: id("endpoint-service", index),
            name: &it.name,
            acceptance_required: it.acceptance,
        }),
        workloads: numbered(&picture.workloads, |index, it| JsonWorkload {
            id: id("workload", index),
            name: &it.name,
            kind: &it.kind,
            subnets: subnets(&it.subnets),
        }),
        arrows: numbered(&picture.needs, |_, it| JsonArrow {
            workload: id("workload", it.workload),
            subnets: subnets(&it.subnets),
            service: &it.service,
            purposes: &it.purposes,
            verdict: it.verdict.name(),
            through: match it.through {
                Through::Endpoint(_) => "endpoint",
                Through::Internet => "internet",
                Through::Nat => "nat",
                Through::OtherNetwork => "network",
                Through::Nothing => "nothing",
            },
            endpoint: match it.through {
                Through::Endpoint(index) => Some(id("endpoint", index)),
                _ => None,
            },
            reason: it.reason.as_deref(),
            proof: hops(&it.proof),
        }),
        links: numbered(&picture.links, |_, it| JsonLink {
            from: party(it.from),
            to: party(it.to),
            ports: &it.ports,
            verdict: it.verdict.map(Verdict::name),
            reason: it.reason.as_deref(),
            proof: hops(&it.proof),
        }),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn numbered<'p, T, J>(things: &'p [T], json: impl Fn(usize, &'p T) -> J) -> Vec<J> {
    things.iter().enumerate().map(|(index, thing)| json(index, thing)).collect()
}

/// What other parts of the picture call a thing. Names would not do: what is from outside may have that of a resource.
fn id(kind: &str, index: usize) -> String {
    format!("{kind}-{}", index + 1)
}

fn subnets(indexes: &[usize]) -> Vec<String> {
    indexes.iter().map(|&index| id("subnet", index)).collect()
}

fn party(party: Party) -> String {
    match party {
        Party::Service(index) => id("endpoint-service", index),
        Party::LoadBalancer(index) => id("load-balancer", index),
        Party::Workload(index) => id("workload", index),
    }
}

fn hops(proof: &[Hop]) -> Vec<JsonHop<'_>> {
    proof.iter().map(|hop| JsonHop { text: &hop.text, line: hop.line }).collect()
}
