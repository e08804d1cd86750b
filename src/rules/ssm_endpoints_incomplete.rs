//! `ssm-endpoints-incomplete`: one endpoint of Systems Manager without the other.

use crate::diagnostic::{Applicability, Severity};
use crate::facts::Purpose;
use crate::network::{Endpoint, Need, Network, Presence, Vpc, Workload, World};

use super::cut_off::Clients;
use super::{Check, Context, Group, Persona, Rule, cut_off, mend, missing};

pub(super) static RULE: Rule = Rule {
    name: "ssm-endpoints-incomplete",
    group: Group::Reachability,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "Only one of the endpoints of Systems Manager: instances cannot be managed in private",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-create-vpc.html",
    page: include_str!("../../rules/ssm-endpoints-incomplete.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    for vpc in &cx.network.vpcs {
        for (there, lacking) in [("ssm", "ssmmessages"), ("ssmmessages", "ssm")] {
            let Presence::Present(endpoints) = cx.network.presence(vpc, there) else { continue };
            let Some(world) = cx.network.absence(vpc, lacking) else { continue };
            if let Some(endpoint) = endpoints.first() {
                report(cx, vpc, endpoint, lacking, world);
            }
        }
    }
}

fn report(cx: &mut Context<'_, '_>, vpc: &Vpc, endpoint: &Endpoint<'_>, lacking: &str, world: World) {
    let network = cx.network;
    let failing: Vec<(&Workload, &Need)> = network
        .needs_in(vpc, Purpose::Management)
        .into_iter()
        .filter(|(workload, _)| network.cut_off(workload, lacking).is_some())
        .collect();
    // An instance that misses more has a finding of its own that tells all.
    let told = |workload: &Workload| missing::told_by(network, workload, &missing::of(network, workload));
    if !failing.is_empty() && !failing.iter().any(|(workload, _)| told(workload) == RULE.name) {
        return;
    }
    // The endpoint of the older message service shows that instances are to be managed.
    let messages = match network.presence(vpc, "ec2messages") {
        Presence::Present(endpoints) => endpoints,
        Presence::Absent | Presence::Unknown => Vec::new(),
    };
    let severity = if !failing.is_empty() {
        cut_off::severity(RULE.severity, world)
    } else if cut_off::clients(network, vpc, endpoint) == Clients::Routed {
        return;
    } else if !messages.is_empty() {
        Severity::Warning
    } else if has_other_use(network, vpc, lacking) {
        return;
    } else {
        // Parameter Store is reached through `ssm` alone, and ECS Exec through `ssmmessages`: nothing shows which is meant.
        Severity::Info
    };
    let id = network.id(endpoint.resource);
    let name = network.name_of(&vpc.identity);
    let subject = match world {
        World::Closed => format!("`{name}` has"),
        World::Open => format!("this template gives `{name}`"),
    };
    let span = endpoint.service_span.unwrap_or_else(|| cx.id_span(endpoint.resource));
    let consequence = if failing.is_empty() {
        "managing instances takes both".to_owned()
    } else {
        let managed = failing.iter().map(|(workload, _)| network.id(workload.resource));
        format!("without it Systems Manager cannot manage {}", cut_off::listed(managed))
    };
    let headline = format!("{subject} no endpoint for `{lacking}` beside `{id}`: {consequence}");
    let finding = cx.report(endpoint.resource, span, headline);
    finding.severity(severity).here(format!("`{lacking}` is missing beside this"));
    for (workload, need) in &failing {
        let (subnets, _) = network.subnets_of(workload);
        let subnets = cut_off::subnets_in_words(network, &subnets);
        let (resource, kind) = (network.id(workload.resource), workload.kind.name.as_str());
        let words = format!(
            "lets Systems Manager manage the {kind} `{resource}`, which runs in the isolated {subnets}"
        );
        finding.label(Some(resource), need.span, words);
    }
    for other in &messages {
        let span = other.service_span.unwrap_or_else(|| network.template().resource(other.resource).id.span);
        let words = "the older message service, which current agents do without";
        finding.label(Some(network.id(other.resource)), span, words);
    }
    let role = if lacking == "ssm" {
        "`ssm` is where the agent registers and reports"
    } else {
        "`ssmmessages` carries Session Manager and Run Command"
    };
    let elsewhere = match world {
        World::Closed => String::new(),
        World::Open => {
            format!("; `{lacking}` may have its endpoint outside this template, then ignore this rule here")
        }
    };
    let there = if lacking == "ssm" { "ssmmessages" } else { "ssm" };
    let edits = mend::sibling(network, endpoint, there, lacking);
    finding
        .fix(Applicability::Suggested, format!("add an endpoint for `{lacking}` like `{id}`"), edits)
        .why(format!("the agent needs `ssm` and `ssmmessages`: {role}; `ec2messages` is for agents before 3.3.40.0 only{elsewhere}"))
        .help(format!(
            "add an interface endpoint for `com.amazonaws.${{AWS::Region}}.{lacking}` with the subnets, security groups and private DNS of `{id}`"
        ))
        .symptom("TargetNotConnected: ... is not connected; the instance is absent in Fleet Manager");
}

/// Whether the template shows another use for the endpoint that is there: parameters for `ssm`, ECS Exec for
/// `ssmmessages`.
fn has_other_use(network: &Network<'_, '_>, vpc: &Vpc, lacking: &str) -> bool {
    // Tasks read parameters and are entered by ECS Exec; notebooks and pipelines read parameters.
    let beside: &[&str] = if lacking == "ssm" { &["ecr.", "ecs"] } else { &["ecr.", "ecs", "sagemaker."] };
    let endpoints = network.endpoints_in(&vpc.identity).filter_map(Endpoint::service_id);
    let mut endpoints = endpoints.filter(|id| beside.iter().any(|prefix| id.starts_with(prefix)));
    let purpose = if lacking == "ssm" { Purpose::Exec } else { Purpose::Parameter };
    let kinds: &[&str] =
        if lacking == "ssm" { &["AWS::ECS::"] } else { &["AWS::SSM::Parameter", "AWS::SageMaker::"] };
    endpoints.next().is_some()
        || network.workloads.iter().any(|workload| workload.need(purpose).is_some())
        || network
            .template()
            .iter()
            .any(|(_, resource)| kinds.iter().any(|kind| resource.kind.text.starts_with(kind)))
}
