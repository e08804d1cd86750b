//! `workload-races-endpoints`: something that calls while CloudFormation creates it, and may do so before its endpoints
//! are there.

use crate::diagnostic::{Applicability, Severity};
use crate::network::Race;

use super::written::joined;
use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "workload-races-endpoints",
    group: Group::Hygiene,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "A workload in isolated subnets that may be created before the endpoints that it calls through by then",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-dependson.html",
    page: include_str!("../../rules/workload-races-endpoints.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], |cx| {
        for race in cx.network.races() {
            report(cx, &race);
        }
    }),
};

fn report(cx: &mut Context<'_, '_>, race: &Race<'_, '_>) {
    let network = cx.network;
    let template = cx.template();
    let id = network.id(race.resource);
    let place = template.resource(race.resource);
    let caller = network.id(race.workload.resource);
    let endpoints: Vec<&str> =
        race.endpoints.iter().map(|passage| network.id(passage.endpoint.resource)).collect();
    let names = joined(&endpoints);
    let mut services: Vec<&str> = Vec::new();
    for passage in &race.endpoints {
        if !services.contains(&passage.service) {
            services.push(passage.service);
        }
    }
    let services = joined(&services);
    let (one, many) = match race.custom_resource {
        Some(_) => (format!("`{caller}` calls"), format!("`{caller}` calls")),
        None => ("it calls".to_owned(), "they call".to_owned()),
    };
    let severity = if race.creation.tries_again { Severity::Info } else { RULE.severity };
    let headline = format!("nothing makes `{id}` wait for {names}, through which {one} {services}");
    let finding = cx.report(race.resource, place.id.span, headline);
    finding.severity(severity).here("may be created first");
    if let Some(custom_resource) = race.custom_resource {
        finding.label(Some(id), custom_resource.token, format!("calls `{caller}`"));
    }
    if let Some((awaited, span)) = race.workload.awaited {
        finding.label(Some(network.id(awaited)), span, "CloudFormation waits here for the signal");
    }
    for passage in &race.endpoints {
        let endpoint = passage.endpoint.resource;
        let span = template.resource(endpoint).id.span;
        finding.label(
            Some(network.id(endpoint)),
            span,
            format!("may be created after `{id}`, and deleted before it"),
        );
    }
    let (subnets, _) = network.subnets_of(race.workload);
    for subnet in subnets {
        let span = template.resource(subnet.resource).id.span;
        finding.label(Some(network.id(subnet.resource)), span, "no other way leads out of it");
    }
    let list = if let [endpoint] = endpoints.as_slice() {
        (*endpoint).to_owned()
    } else {
        format!("[{}]", endpoints.join(", "))
    };
    let help = if place.depends_on.is_empty() {
        format!("add `DependsOn: {list}`")
    } else {
        format!("add {names} to `DependsOn`")
    };
    let edits = template.edit(|editor| editor.depend(race.resource, &endpoints));
    finding
        .fix(Applicability::Suggested, format!("wait for {names}"), edits)
        .why(format!("CloudFormation creates resources that do not depend on each other at the same time, and deletes them so; {}", race.creation.why))
        .help(help)
        .symptom(race.creation.symptom.as_str())
        .together(format!("nothing makes {{count}} resources wait for {names}, through which {many} {services}: {{names}}"));
}
