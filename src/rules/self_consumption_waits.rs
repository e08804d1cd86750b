//! `self-consumption-waits`: an endpoint to a service of the same template that somebody has to accept first.

use crate::diagnostic::{Severity, listed};
use crate::network::{Endpoint, EndpointService, Switch};
use crate::scenario::Data;

use super::{Check, Context, Group, Rule};

pub(super) static RULE: Rule = Rule {
    name: "self-consumption-waits",
    group: Group::Reachability,
    severity: Severity::Warning,
    summary: "An endpoint to a service of the same template that requires acceptance: it waits for somebody",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html",
    page: include_str!("../../rules/self-consumption-waits.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for service in &network.endpoint_services {
        if service.accepts_by_itself {
            continue;
        }
        let endpoints: Vec<_> =
            network.endpoints_to(service).filter(|endpoint| !endpoint.handed_out).collect();
        report(cx, service, &endpoints);
    }
}

fn report(cx: &mut Context<'_, '_>, service: &EndpointService<'_>, endpoints: &[&Endpoint<'_>]) {
    let network = cx.network;
    let (span, words) = match service.acceptance {
        Switch::On(span) => (span, "each connection has to be accepted"),
        Switch::Absent => (
            cx.id_span(service.resource),
            "without `AcceptanceRequired: false` each connection has to be accepted",
        ),
        Switch::Off(_) | Switch::Unknown => return,
    };
    let verb = match endpoints.len() {
        0 => return,
        1 => "waits",
        _ => "wait",
    };
    let id = cx.id(service.resource);
    let names = listed(endpoints.iter().map(|endpoint| network.id(endpoint.resource)));
    let finding = cx.report(
        service.resource,
        span,
        format!("{names} {verb} until somebody accepts: `{id}` requires acceptance, of its own template too"),
    );
    finding.here(words);
    for endpoint in endpoints {
        let place = network.template().resource(endpoint.resource).id.span;
        let place = endpoint.service_span.unwrap_or(place);
        finding.label(Some(network.id(endpoint.resource)), place, "an endpoint to this service");
    }
    for (route, resource) in network.template().iter() {
        if resource.kind.text != "AWS::EC2::Route" || !network.scenario.exists(route) {
            continue;
        }
        let Some(value) = network.scenario.property(route, "VpcEndpointId") else { continue };
        let Data::Reference(reference) = &value.data else { continue };
        if endpoints.iter().any(|endpoint| endpoint.resource == reference.resource) {
            finding.label(Some(network.id(route)), value.span, "a route to an endpoint that waits");
        }
    }
    finding
        .why("an endpoint stays pending, and passes nothing on, until its connection is accepted; CloudFormation has no resource that accepts it")
        .help(format!("accept it when it is made (`aws ec2 accept-vpc-endpoint-connections`), or set `AcceptanceRequired: false` if nobody but this account may connect to `{id}`"))
        .symptom("the endpoint stays in state `pendingAcceptance`, and routes to it fail");
}
