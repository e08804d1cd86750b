//! `gateway-route-coverage`: a gateway endpoint whose route is missing where it is needed.

use crate::diagnostic::{Applicability, Severity};
use crate::facts::{EndpointType, Purpose};
use crate::network::{Endpoint, Network, Obstacle, Reach, RouteClass, Subnet, Vpc, World};
use crate::template::ResourceId;
use crate::text::Span;

use super::{Check, Context, Group, Persona, Rule, cut_off, mend};

pub(super) static RULE: Rule = Rule {
    name: "gateway-route-coverage",
    group: Group::Reachability,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "A gateway endpoint misses the route table of an isolated subnet that needs it",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
    page: include_str!("../../rules/gateway-route-coverage.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

/// The services that have gateway endpoints, and for what workloads need them.
const GATEWAY_SERVICES: &[(&str, &str, &[Purpose])] = &[
    ("s3", "Amazon S3", &[Purpose::Image, Purpose::Objects]),
    ("dynamodb", "Amazon DynamoDB", &[Purpose::Tables]),
];

/// A subnet that a gateway endpoint misses, and what shows that it needs the endpoint.
struct Gap<'n> {
    subnet: &'n Subnet,
    resource: ResourceId,
    span: Span,
    words: String,
}

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for (service, name, purposes) in GATEWAY_SERVICES {
        for vpc in &network.vpcs {
            // Where several endpoints share the tables of a VPC, one more table belongs to the first.
            let Some(endpoint) = gateway(network, vpc, service) else { continue };
            let mut gaps = gaps_of_workloads(network, vpc, service, purposes);
            gaps.extend(gaps_beside_endpoints(network, vpc, service, &gaps));
            if let Some(tables) = endpoint.route_tables.as_ref().filter(|_| !gaps.is_empty()) {
                report(cx, endpoint, tables.span, &gaps, name, vpc.world);
            }
        }
    }
}

/// The first gateway endpoint for the service in the VPC that has route tables.
fn gateway<'n, 't>(network: &'n Network<'_, 't>, vpc: &'n Vpc, service: &str) -> Option<&'n Endpoint<'t>> {
    network.endpoints_in(&vpc.identity).find(|endpoint| {
        endpoint.is(EndpointType::Gateway)
            && endpoint.service_id() == Some(service)
            && endpoint.route_tables.as_ref().is_some_and(|tables| !tables.items.is_empty())
    })
}

/// Whether nothing but a missing route keeps the subnet from the service.
fn misses_route(network: &Network<'_, '_>, subnet: &Subnet, service: &str) -> bool {
    matches!(network.obstacle(subnet, service), Some(Obstacle::NoGatewayRoute(_)))
}

fn gaps_of_workloads<'n>(
    network: &'n Network<'_, '_>,
    vpc: &Vpc,
    service: &str,
    purposes: &[Purpose],
) -> Vec<Gap<'n>> {
    let mut gaps: Vec<Gap<'n>> = Vec::new();
    for workload in &network.workloads {
        let Some(need) = purposes.iter().find_map(|&purpose| workload.need(purpose)) else { continue };
        // An image that can be pulled from no subnet at all is what `ecr-without-s3-endpoint` is about.
        if need.purpose() == Purpose::Image && network.cut_off(workload, service).is_some() {
            continue;
        }
        let (subnets, _) = network.subnets_of(workload);
        for subnet in subnets {
            let seen = gaps.iter().any(|gap| gap.subnet.resource == subnet.resource);
            if seen || subnet.vpc.as_ref() != Some(&vpc.identity) || !misses_route(network, subnet, service) {
                continue;
            }
            let what = match need.purpose() {
                Purpose::Image => "pulls an image from Amazon ECR, which keeps the layers in S3",
                Purpose::Tables => "uses a table",
                _ => "uses a bucket",
            };
            let id = network.id(workload.resource);
            let subnet_id = network.id(subnet.resource);
            gaps.push(Gap {
                subnet,
                resource: need.resource,
                span: need.span,
                words: format!("`{id}` {what}, and runs in `{subnet_id}`"),
            });
        }
    }
    gaps
}

/// Isolated subnets in which an interface endpoint stands that also stands in a subnet with the route: the two
/// are of one tier, and one was forgotten.
fn gaps_beside_endpoints<'n>(
    network: &'n Network<'_, '_>,
    vpc: &Vpc,
    service: &str,
    known: &[Gap<'n>],
) -> Vec<Gap<'n>> {
    let mut gaps: Vec<Gap<'n>> = Vec::new();
    for endpoint in network.endpoints_in(&vpc.identity) {
        let Some(members) = endpoint.subnets.as_ref().filter(|_| endpoint.is(EndpointType::Interface)) else {
            continue;
        };
        let subnets = || members.known().filter_map(|member| network.subnet(member));
        let isolated = |subnet: &Subnet| subnet.route_class == RouteClass::Isolated;
        let covered = subnets().find(|subnet| {
            isolated(subnet)
                && matches!(network.reach(subnet, service), Reach::Endpoint(by) if by.is(EndpointType::Gateway))
        });
        let Some(covered) = covered else { continue };
        for subnet in subnets() {
            let seen = known.iter().chain(&gaps).any(|gap| gap.subnet.resource == subnet.resource);
            if !seen && misses_route(network, subnet, service) {
                let (id, this) = (network.id(endpoint.resource), network.id(subnet.resource));
                let other = network.id(covered.resource);
                gaps.push(Gap {
                    subnet,
                    resource: endpoint.resource,
                    span: members.span,
                    words: format!(
                        "`{id}` stands in `{other}`, which has the route, and in `{this}`, which has not"
                    ),
                });
            }
        }
    }
    gaps
}

fn report(
    cx: &mut Context<'_, '_>,
    endpoint: &Endpoint<'_>,
    span: Span,
    gaps: &[Gap<'_>],
    service: &str,
    world: World,
) {
    let network = cx.network;
    let subnets: Vec<&Subnet> = gaps.iter().map(|gap| gap.subnet).collect();
    let tables = cut_off::tables_of(&subnets);
    let names = cut_off::listed(
        tables.iter().filter_map(|(table, _)| table.resource()).map(|table| network.id(table)),
    );
    let noun = if tables.len() == 1 { "route table" } else { "route tables" };
    let in_words = cut_off::subnets_in_words(network, &subnets);
    let verb = if subnets.len() == 1 { "has" } else { "have" };
    let id = network.id(endpoint.resource);
    let headline =
        format!("gateway endpoint `{id}` misses {noun} {names}, so {in_words} {verb} no way to {service}");
    let finding = cx.report(endpoint.resource, span, headline);
    finding.severity(cut_off::severity(RULE.severity, world)).here(format!("{names} missing here"));
    for gap in gaps {
        finding.label(Some(network.id(gap.resource)), gap.span, gap.words.clone());
    }
    cut_off::label_subnets(finding, network, &subnets, service);
    let elsewhere = match world {
        World::Closed => "",
        World::Open => "; another endpoint for these tables may exist outside this template",
    };
    let edits = mend::list_tables_of(network, endpoint, &subnets);
    finding
        .fix(Applicability::Suggested, format!("add {names} to `RouteTableIds`"), edits)
        .why(format!("only subnets whose route table is listed use a gateway endpoint, and {in_words} {verb} no way to the internet either{elsewhere}"))
        .help(format!("add {} to `RouteTableIds`", cut_off::tables_to_list(network, &subnets)))
        .symptom("it works in some subnets and times out in others: CannotPullContainerError with `i/o timeout`, connect timeouts of the SDK");
}
