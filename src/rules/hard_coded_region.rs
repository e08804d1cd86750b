//! `hard-coded-region`: an endpoint whose service name is that of one Region, whatever the Region of the stack.

use crate::diagnostic::{Applicability, Severity};
use crate::facts::ANY_REGION;
use crate::network::{Endpoint, Identity, Members, NamedRegion, Network, ServiceName};
use crate::text::Span;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "hard-coded-region",
    group: Group::Correctness,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "The service name of an endpoint spells out a Region: the template works in that Region only",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html",
    page: include_str!("../../rules/hard-coded-region.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    // Where the user says which Region it is for, `service-region-missing` compares the two.
    if cx.options.parameters.contains_key("AWS::Region") {
        return;
    }
    let network = cx.network;
    let stack = network.scenario.pseudo("AWS::Region");
    for endpoint in &network.endpoints {
        let Some(region) = endpoint.region.as_ref().filter(|_| endpoint.service_region.is_none()) else {
            continue;
        };
        if stack == Some(region.name.as_str()) || is_bound(network, endpoint) {
            continue;
        }
        if matches!(endpoint.service, ServiceName::Customer) {
            report_service_of_customer(cx, endpoint, region);
            continue;
        }
        let Some(span) = region.span else { continue };
        let Some(portable) = portable_name(endpoint, &region.name) else { continue };
        let (id, region) = (cx.id(endpoint.resource), &region.name);
        let edits = cx.template().edit(|editor| editor.parameterise(span, "AWS::Region"));
        cx.report(
            endpoint.resource,
            span,
            format!("the service name of `{id}` spells out `{region}`, so the stack can be created in that Region only"),
        )
        .here("spelled out, whatever the Region of the stack")
        .why("the service name of an endpoint is that of the stack's own Region, unless `ServiceRegion` names another")
        .help(format!("write `!Sub {portable}`"))
        .symptom(format!("in another Region: The Vpc Endpoint Service '{}' does not exist", portable.replace("${AWS::Region}", region)))
        .fix(Applicability::Safe, "take the Region of the stack: `AWS::Region`", edits)
        .together(format!(
            "the service names of {{count}} endpoints spell out `{region}`, so the stack can be created in that Region only: {{names}}"
        ));
    }
}

/// A service of a customer: its name is one thing with its Region, so another Region takes another service.
fn report_service_of_customer(cx: &mut Context<'_, '_>, endpoint: &Endpoint<'_>, region: &NamedRegion) {
    let Some((span, parameter)) = place_of_name(cx, endpoint, region) else { return };
    let (id, region) = (cx.id(endpoint.resource), &region.name);
    let finding = cx.report(
        endpoint.resource,
        span,
        format!("`{id}` is for a service in `{region}` by its name, so the stack can be created in that Region only"),
    );
    finding.severity(Severity::Info);
    let other = if let Some((name, default)) = parameter {
        finding.here("the name of the service, whatever the Region of the stack");
        finding.label(Some(name), default, format!("a default for `{region}` only"));
        format!("take the default of `{name}` away, so that each deployment names the service of its Region")
    } else {
        finding.here("spelled out, whatever the Region of the stack");
        "take the name from a parameter without a default, or from a mapping by `AWS::Region`".to_owned()
    };
    finding
        .why("an endpoint finds services of the stack's own Region only, unless `ServiceRegion` names another")
        .help(format!("{other}; or set `ServiceRegion: {region}`, if the service is offered to other Regions"))
        .symptom(format!(
            "in another Region: The Vpc Endpoint Service 'com.amazonaws.vpce.{region}.vpce-svc-...' does not exist"
        ))
        .together(format!(
            "by their names, the services of {{count}} endpoints are in `{region}`, so the stack can be created in that Region only: {{names}}"
        ));
}

/// Where the Region stands in a service name: spelled out in the endpoint, or in the default of a parameter, which
/// comes with its name and place.
fn place_of_name<'c>(
    cx: &Context<'c, '_>,
    endpoint: &Endpoint<'_>,
    region: &NamedRegion,
) -> Option<(Span, Option<(&'c str, Span)>)> {
    if let Some(span) = region.span {
        return Some((span, None));
    }
    let parameter = cx.network.parameter_of_service_name(endpoint)?;
    let (name, default) = (parameter.name.text.as_ref(), parameter.default.as_ref()?);
    // A value that somebody gave is meant, and so is a choice among several.
    let is_chosen = cx.options.parameters.contains_key(name) || parameter.allowed.len() > 1;
    let is_whole = !parameter.is_indirect() && default.text.contains(region.name.as_str());
    (is_whole && !is_chosen).then_some((endpoint.service_span?, Some((name, default.span))))
}

/// The name for the Region of the stack, whatever it is. `None` for a service of a customer: its name is one thing
/// with its Region.
fn portable_name(endpoint: &Endpoint<'_>, region: &str) -> Option<String> {
    match &endpoint.service {
        ServiceName::Aws(service) => Some(service.name.replace(ANY_REGION, "${AWS::Region}")),
        ServiceName::Unlisted(name) => Some(name.replace(region, "${AWS::Region}")),
        ServiceName::Own(_) | ServiceName::Customer | ServiceName::Absent | ServiceName::Unknown => None,
    }
}

/// Whether the endpoint is bound to one Region anyway: by the id of a VPC, subnet, table or group in it, or by a zone.
fn is_bound(network: &Network<'_, '_>, endpoint: &Endpoint<'_>) -> bool {
    let lists = [&endpoint.subnets, &endpoint.route_tables, &endpoint.security_groups];
    let mut ids = endpoint.vpc.iter().chain(lists.into_iter().flatten().flat_map(Members::known));
    let literal = |id: &Identity| matches!(id, Identity::Outside(text) if !text.contains('<'));
    ids.any(literal) || network.region_by_zone(endpoint).is_some()
}
