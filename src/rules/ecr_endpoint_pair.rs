//! `ecr-endpoint-pair`: one endpoint of Amazon ECR without the other.

use crate::diagnostic::{Applicability, Severity};
use crate::facts::Purpose;
use crate::network::{Endpoint, Need, Presence, Vpc, Workload, World};

use super::cut_off::Clients;
use super::{Check, Context, Group, Persona, Rule, cut_off, mend, missing};

pub(super) static RULE: Rule = Rule {
    name: "ecr-endpoint-pair",
    group: Group::Reachability,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "One of the two endpoints of Amazon ECR is missing: images need both",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html",
    page: include_str!("../../rules/ecr-endpoint-pair.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

/// One of the two endpoints, what fails without it, and what a person sees then.
struct Half {
    service: &'static str,
    role: &'static str,
    symptom: &'static str,
}

static API: Half = Half {
    service: "ecr.api",
    role: "the call that authorises the pull",
    symptom: "ResourceInitializationError: unable to pull secrets or registry auth: ... i/o timeout",
};

static REGISTRY: Half = Half {
    service: "ecr.dkr",
    role: "the registry that the image is pulled from",
    symptom: "CannotPullContainerError: ... dial tcp ...:443: i/o timeout",
};

fn check(cx: &mut Context<'_, '_>) {
    for vpc in &cx.network.vpcs {
        for (there, lacking) in [(&API, &REGISTRY), (&REGISTRY, &API)] {
            let Presence::Present(endpoints) = cx.network.presence(vpc, there.service) else { continue };
            let Some(world) = cx.network.absence(vpc, lacking.service) else { continue };
            if let Some(endpoint) = endpoints.first() {
                report(cx, vpc, endpoint, there, lacking, world);
            }
        }
    }
}

fn report(
    cx: &mut Context<'_, '_>,
    vpc: &Vpc,
    endpoint: &Endpoint<'_>,
    there: &Half,
    lacking: &Half,
    world: World,
) {
    let network = cx.network;
    let pulling = network.needs_in(vpc, Purpose::Image);
    // Fargate up to platform version 1.3.0 makes do with the registry.
    let content = |workload: &Workload| workload.need_of(Purpose::Image, lacking.service).is_none();
    let failing: Vec<(&Workload, &Need)> = pulling
        .iter()
        .filter(|(workload, _)| !content(workload) && network.cut_off(workload, lacking.service).is_some())
        .copied()
        .collect();
    // A workload that misses more has a finding of its own that tells all.
    let told = |workload: &Workload| missing::told_by(network, workload, &missing::of(network, workload));
    if !failing.is_empty() && !failing.iter().any(|(workload, _)| told(workload) == RULE.name) {
        return;
    }
    // Workloads that get their images show that nothing is missing.
    let by_route = |workload: &Workload| network.goes_by_route(workload, lacking.service);
    let served =
        !pulling.is_empty() && pulling.iter().all(|(workload, _)| content(workload) || by_route(workload));
    if failing.is_empty() && (served || cut_off::clients(network, vpc, endpoint) == Clients::Routed) {
        return;
    }
    let severity = if failing.is_empty() { RULE.severity.lowered() } else { RULE.severity };
    let id = network.id(endpoint.resource);
    let name = network.name_of(&vpc.identity);
    let (have, lack) = (there.service, lacking.service);
    let headline = match world {
        World::Closed => format!(
            "`{id}` gives `{name}` an endpoint for `{have}`, but it has none for `{lack}`: an image pull needs both"
        ),
        World::Open => format!(
            "`{id}` gives `{name}` an endpoint for `{have}`, but this template has none for `{lack}`: an image pull needs both"
        ),
    };
    let span = endpoint.service_span.unwrap_or_else(|| cx.id_span(endpoint.resource));
    let finding = cx.report(endpoint.resource, span, headline);
    finding.severity(cut_off::severity(severity, world)).here("one of a pair");
    for (workload, need) in &failing {
        let id = network.id(workload.resource);
        let (subnets, _) = network.subnets_of(workload);
        let subnets = cut_off::subnets_in_words(network, &subnets);
        finding.label(
            Some(network.id(need.resource)),
            need.span,
            format!("`{id}` pulls this image in the isolated {subnets}"),
        );
    }
    let elsewhere = match world {
        World::Closed => "",
        World::Open => "; it may exist outside this template, then ignore this rule here",
    };
    let edits = mend::sibling(network, endpoint, have, lack);
    finding
        .fix(Applicability::Suggested, format!("add an endpoint for `{lack}` like `{id}`"), edits)
        .why(format!(
            "ECS and Docker use `ecr.api` to authorise a pull and `ecr.dkr` for the registry itself; without `{lack}`, {} goes to public addresses, out of reach of isolated subnets{elsewhere}",
            lacking.role
        ))
        .help(format!(
            "add an interface endpoint for `com.amazonaws.${{AWS::Region}}.{lack}` with the subnets, security groups and private DNS of `{id}`"
        ))
        .symptom(lacking.symptom);
}
