//! `ecs-endpoints-incomplete`: some of the endpoints of Amazon ECS, not all.

use crate::diagnostic::Severity;
use crate::facts::Purpose;
use crate::network::{Endpoint, Network, Presence, Vpc, Workload, World};

use super::cut_off::Clients;
use super::missing::{AGENT_SERVICES, Missing};
use super::written::joined;
use super::{Check, Context, Group, Persona, Rule, cut_off, missing};

pub(super) static RULE: Rule = Rule {
    name: "ecs-endpoints-incomplete",
    group: Group::Reachability,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "Some of the three endpoints of Amazon ECS are missing: container instances need all of them",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html",
    page: include_str!("../../rules/ecs-endpoints-incomplete.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    // Tasks on Fargate take none of these endpoints; the ones that are there serve calls of the API.
    if network.runs_on_fargate_only() {
        return;
    }
    for vpc in &network.vpcs {
        let mut there = Vec::new();
        let mut lacking = Vec::new();
        let mut world = vpc.world;
        for service in AGENT_SERVICES {
            if let Presence::Present(endpoints) = network.presence(vpc, service) {
                there.extend(endpoints);
            } else if let Some(shown) = network.absence(vpc, service) {
                lacking.push(service);
                world = shown;
            }
        }
        if !there.is_empty() && !lacking.is_empty() {
            report(cx, vpc, &there, &lacking, world);
        }
    }
}

fn report(
    cx: &mut Context<'_, '_>,
    vpc: &Vpc,
    there: &[&Endpoint<'_>],
    lacking: &[&'static str],
    world: World,
) {
    let network = cx.network;
    let hosts = network.needs_in(vpc, Purpose::Agent);
    let failing: Vec<(&Workload, Vec<Missing<'_, '_>>)> = hosts
        .iter()
        .filter(|(workload, _)| lacking.iter().any(|service| network.cut_off(workload, service).is_some()))
        .map(|(workload, _)| (*workload, missing::of(network, workload)))
        .collect();
    // A workload that misses more has a finding of its own that tells all.
    let told =
        |workload: &Workload, missing: &[Missing<'_, '_>]| missing::told_by(network, workload, missing);
    if !failing.is_empty() && !failing.iter().any(|(workload, missing)| told(workload, missing) == RULE.name)
    {
        return;
    }
    let by_route =
        |workload: &Workload| lacking.iter().all(|service| network.goes_by_route(workload, service));
    let served = !hosts.is_empty() && hosts.iter().all(|(workload, _)| by_route(workload));
    let Some(first) = there.first() else { return };
    if failing.is_empty() && (served || cut_off::clients(network, vpc, first) == Clients::Routed) {
        return;
    }
    // The endpoint for `ecs` serves calls of the API too; the others are for agents.
    let for_agents = there.iter().any(|endpoint| endpoint.service_id() != Some("ecs"));
    if hosts.is_empty() && !for_agents {
        return;
    }
    let severity = if failing.is_empty() { RULE.severity.lowered() } else { RULE.severity };
    let id = network.id(first.resource);
    let name = network.name_of(&vpc.identity);
    let (subject, elsewhere) = match world {
        World::Closed => (format!("`{name}` has"), ""),
        World::Open => (
            format!("this template gives `{name}`"),
            "; endpoints may exist outside this template, then ignore this rule here",
        ),
    };
    let services = joined(lacking);
    let consequence = consequence(network, &failing);
    let span = first.service_span.unwrap_or_else(|| cx.id_span(first.resource));
    let headline = format!("{subject} no endpoint for {services} beside `{id}`: {consequence}");
    let finding = cx.report(first.resource, span, headline);
    finding.severity(cut_off::severity(severity, world)).here("one of three");
    for other in &there[1..] {
        let span = other.service_span.unwrap_or_else(|| network.template().resource(other.resource).id.span);
        finding.label(Some(network.id(other.resource)), span, "another of them");
    }
    for (workload, missing) in &failing {
        let Some(one) = missing.first() else { continue };
        let subnets = cut_off::subnets_in_words(network, &one.cut_off.subnets);
        let words = format!("runs in the isolated {subnets}");
        let place = network.template().resource(workload.resource).id.span;
        finding.label(Some(network.id(workload.resource)), place, words);
    }
    let noun = if lacking.len() == 1 { "an interface endpoint" } else { "interface endpoints" };
    let names: Vec<String> =
        lacking.iter().map(|service| format!("com.amazonaws.${{AWS::Region}}.{service}")).collect();
    let names = joined(&names.iter().map(String::as_str).collect::<Vec<_>>());
    finding
        .why(format!("the ECS agent registers its instance through `ecs`, polls for work through `ecs-agent` and reports metrics and health through `ecs-telemetry`; for one that has no endpoint it calls the public address, out of reach of isolated subnets{elsewhere}"))
        .help(format!("add {noun} for {names} with the subnets, security groups and private DNS of `{id}`"))
        .symptom("AGENT disconnected: container instances do not appear in the cluster, or never become healthy");
}

/// What comes of it.
fn consequence(network: &Network<'_, '_>, failing: &[(&Workload, Vec<Missing<'_, '_>>)]) -> String {
    let failure = |missing: &[Missing<'_, '_>]| missing.first().map(|one| one.need.failure());
    let Some(first) = failing.first().and_then(|(_, missing)| failure(missing)) else {
        return "container instances take all three".to_owned();
    };
    let alike = failing.iter().filter(|(_, missing)| failure(missing) == Some(first));
    first.replace("{}", &cut_off::listed(alike.map(|(workload, _)| network.id(workload.resource))))
}
