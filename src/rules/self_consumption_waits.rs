//! `self-consumption-waits`: an endpoint to a service of the same template that somebody has to accept first.

use crate::diagnostic::Severity;
use crate::network::{Endpoint, EndpointService, Switch};
use crate::scenario::Data;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "self-consumption-waits",
    group: Group::Reachability,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "An endpoint to a service of the same template that requires acceptance: it waits for somebody",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html",
    page: include_str!("../../rules/self-consumption-waits.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for service in network.endpoint_services.iter().filter(|service| !service.accepts_by_itself) {
        for endpoint in network.endpoints_to(service).filter(|endpoint| !endpoint.handed_out) {
            report(cx, service, endpoint);
        }
    }
}

fn report(cx: &mut Context<'_, '_>, service: &EndpointService<'_>, endpoint: &Endpoint<'_>) {
    let network = cx.network;
    let (acceptance, words) = match service.acceptance {
        Switch::On(span) => (span, "each connection has to be accepted"),
        Switch::Absent => (
            cx.id_span(service.resource),
            "without `AcceptanceRequired: false` each connection has to be accepted",
        ),
        Switch::Off(_) | Switch::Unknown => return,
    };
    let (id, service_id) = (cx.id(endpoint.resource), cx.id(service.resource));
    let place = endpoint.service_span.unwrap_or(cx.id_span(endpoint.resource));
    let finding = cx.report(
        endpoint.resource,
        place,
        format!("`{id}` waits until somebody accepts it: `{service_id}` requires acceptance, of its own template too"),
    );
    finding.here("an endpoint to this template's own service").label(Some(service_id), acceptance, words);
    for (route, resource) in network.template().iter() {
        if resource.kind.text != "AWS::EC2::Route" || !network.scenario.exists(route) {
            continue;
        }
        let Some(value) = network.scenario.property(route, "VpcEndpointId") else { continue };
        if matches!(&value.data, Data::Reference(reference) if reference.resource == endpoint.resource) {
            finding.label(Some(network.id(route)), value.span, "a route to an endpoint that waits");
        }
    }
    finding
        .why("an endpoint stays pending, and passes nothing on, until its connection is accepted; CloudFormation has no resource that accepts it")
        .help(format!("accept it when it is made (`aws ec2 accept-vpc-endpoint-connections`), or set `AcceptanceRequired: false` if nobody but this account may connect to `{service_id}`"))
        .symptom("the endpoint stays in state `pendingAcceptance`, and routes to it fail")
        .together(format!("`{service_id}` requires acceptance, so {{count}} endpoints of its own template wait until somebody accepts them: {{names}}"));
}
