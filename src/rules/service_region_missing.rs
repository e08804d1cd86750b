//! `service-region-missing`: an endpoint for a service in another Region that does not say so.

use crate::diagnostic::Severity;
use crate::facts::EndpointType;
use crate::network::{Endpoint, NamedRegion, ServiceName};
use crate::text::Span;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "service-region-missing",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "The service name of an endpoint names another Region than the stack's, or than its `ServiceRegion`",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-cross-region-privatelink-support.html",
    page: include_str!("../../rules/service-region-missing.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for endpoint in &network.endpoints {
        let Some(region) = &endpoint.region else { continue };
        match &endpoint.service_region {
            Some(value) => {
                let other = value.text().map(str::trim).filter(|text| *text != region.name);
                if let Some(other) = other.filter(|text| !text.is_empty()) {
                    report_contradiction(cx, endpoint, region, other, value.span);
                }
            }
            None => report_missing(cx, endpoint, region),
        }
    }
}

fn report_contradiction(
    cx: &mut Context<'_, '_>,
    endpoint: &Endpoint<'_>,
    region: &NamedRegion,
    other: &str,
    span: Span,
) {
    let (id, named) = (cx.id(endpoint.resource), &region.name);
    let finding = cx.report(
        endpoint.resource,
        span,
        format!("`ServiceRegion` of `{id}` is `{other}`, and its service name is one of `{named}`"),
    );
    finding.here(format!("the service is looked for in `{other}`"));
    if let Some(span) = region.span.or(endpoint.service_span) {
        finding.label(Some(id), span, format!("the name of a service in `{named}`"));
    }
    finding
        .why("the name of an endpoint service holds its Region, and `ServiceRegion` must say the same one")
        .help(format!("set `ServiceRegion: {named}`, or write the service name with `{other}`"))
        .symptom(symptom(endpoint, named))
        .together(format!("`ServiceRegion` of {{count}} endpoints is `{other}`, and their service names are of `{named}`: {{names}}"));
}

fn report_missing(cx: &mut Context<'_, '_>, endpoint: &Endpoint<'_>, region: &NamedRegion) {
    let network = cx.network;
    let named = &region.name;
    let Some(span) = region.span.or(endpoint.service_span) else { return };
    let (stack, severity, subnet) = match network.scenario.pseudo("AWS::Region") {
        // A name that spells out a Region is what `hard-coded-region` is about, unless the user says which it is for.
        Some(stack) if cx.options.parameters.contains_key("AWS::Region") || region.span.is_none() => {
            (stack, Severity::Error, None)
        }
        Some(_) => return,
        None => match network.region_by_zone(endpoint) {
            Some((stack, subnet)) => (stack, Severity::Warning, Some(subnet)),
            None => return,
        },
    };
    if stack == named {
        return;
    }
    let id = cx.id(endpoint.resource);
    let finding = cx.report(
        endpoint.resource,
        span,
        format!(
            "`{id}` is for a service in `{named}`, the stack is in `{stack}`, and no `ServiceRegion` says so"
        ),
    );
    finding.severity(severity).here(format!("not a service in `{stack}`"));
    if let Some(subnet) = subnet {
        let place = network.template().resource(subnet.resource).id.span;
        finding.label(Some(network.id(subnet.resource)), place, format!("in a zone of `{stack}`"));
    }
    finding
        .why("an endpoint finds services of the stack's own Region only, unless `ServiceRegion` names another")
        .help(help(endpoint, named, stack))
        .symptom(symptom(endpoint, named))
        .together(format!(
            "services of {{count}} endpoints are in `{named}`, the stack is in `{stack}`, and no `ServiceRegion` says so: {{names}}"
        ));
}

/// What to do: only some services can be reached from another Region.
fn help(endpoint: &Endpoint<'_>, named: &str, stack: &str) -> String {
    let set = format!("set `ServiceRegion: {named}`");
    match &endpoint.service {
        ServiceName::Aws(service) => {
            let own = "write the service name with `${AWS::Region}`";
            if service.cross_region && endpoint.is(EndpointType::Interface) {
                format!("{own}, or {set} if the other Region is meant")
            } else {
                own.to_owned()
            }
        }
        _ => format!("{set} if the service is offered to other Regions, or name a service in `{stack}`"),
    }
}

fn symptom(endpoint: &Endpoint<'_>, region: &str) -> String {
    let name = match &endpoint.service {
        ServiceName::Aws(service) => service.name_in(region),
        ServiceName::Unlisted(name) => name.clone(),
        _ => format!("com.amazonaws.vpce.{region}.vpce-svc-..."),
    };
    format!("The Vpc Endpoint Service '{name}' does not exist")
}
