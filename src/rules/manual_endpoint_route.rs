//! `manual-endpoint-route`: a route of its own to an endpoint that routes cannot lead to.

use crate::diagnostic::{Applicability, Edit, Severity};
use crate::facts::EndpointType;
use crate::network::{Endpoint, Identity};
use crate::scenario::Data;
use crate::template::ResourceId;
use crate::text::Span;

use super::{Check, Context, Group, Persona, Rule, mend};

pub(super) static RULE: Rule = Rule {
    name: "manual-endpoint-route",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "An `AWS::EC2::Route` to a gateway or interface endpoint: only Gateway Load Balancer endpoints can be its target",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-route.html",
    page: include_str!("../../rules/manual-endpoint-route.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

/// The properties of a route that can be given the id of an endpoint.
const TARGETS: &[&str] = &["GatewayId", "VpcEndpointId"];

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for (route, resource) in cx.template().iter() {
        if resource.kind.text != "AWS::EC2::Route" || !network.scenario.exists(route) {
            continue;
        }
        for property in TARGETS {
            let Some(value) = network.scenario.property(route, property) else { continue };
            let Data::Reference(reference) = &value.data else { continue };
            let target = network.endpoints.iter().find(|endpoint| endpoint.resource == reference.resource);
            if let Some(endpoint) = target {
                report(cx, route, property, value.span, endpoint);
            }
        }
    }
}

fn report(cx: &mut Context<'_, '_>, route: ResourceId, property: &str, span: Span, endpoint: &Endpoint<'_>) {
    let (kind, why, help, title) = match endpoint.kind {
        // A type that the service does not offer is a mistake of its own, and the right type may be fine here.
        Some(kind) if endpoint.aws_service().is_some_and(|service| !service.offers(kind)) => return,
        Some(EndpointType::Gateway) if endpoint.aws_service().is_some() => (
            "a gateway endpoint",
            "AWS makes the routes to a gateway endpoint itself, in the tables that `RouteTableIds` lists, and they cannot be made by hand",
            format!(
                "remove the route, and list its table in `RouteTableIds` of `{}`",
                cx.id(endpoint.resource)
            ),
            "remove the route, and list its table in `RouteTableIds`",
        ),
        Some(EndpointType::Interface) => (
            "an interface endpoint",
            "clients find an interface endpoint by its name and reach its addresses by the local route of the VPC; it forwards nothing",
            "remove the route; for private names of the service set `PrivateDnsEnabled: true` on the endpoint".to_owned(),
            "remove the route",
        ),
        _ => return,
    };
    let (id, endpoint_id) = (cx.id(route), cx.id(endpoint.resource));
    let place = cx.template().resource(endpoint.resource).id.span;
    let place = endpoint.kind_span.unwrap_or(place);
    let edits = without(cx, route, endpoint);
    cx.report(
        route,
        span,
        format!("the route `{id}` leads to `{endpoint_id}`, {kind}, which cannot be the target of a route"),
    )
    .here(format!("`{property}` does not take {kind}"))
    .label(Some(endpoint_id), place, kind)
    .why(why)
    .help(help)
    .fix(Applicability::Suggested, title, edits)
    .symptom("the stack rolls back when the route is created")
    .together("the targets of {count} routes are endpoints that no route can lead to: {names}");
}

/// The template without the route, whose table the gateway endpoint lists. Not where something names the route.
fn without(cx: &Context<'_, '_>, route: ResourceId, endpoint: &Endpoint<'_>) -> Option<Vec<Edit>> {
    let (network, template) = (cx.network, cx.template());
    let uses = &network.scenario.uses;
    let in_output = uses.iter().any(|one| one.resource == route && one.by.is_none());
    if in_output || !template.dependents(uses).of(route).is_empty() {
        return None;
    }
    let mut edits = template.edit(|editor| editor.remove_resource(route))?;
    if endpoint.is(EndpointType::Gateway) {
        let table = network.scenario.property(route, "RouteTableId")?;
        let Data::Reference(reference) = &table.data else { return None };
        let listed = endpoint.route_tables.as_ref();
        if !listed.is_some_and(|tables| tables.contains(&Identity::Resource(reference.resource))) {
            edits.extend(mend::list_tables(network, endpoint, &[reference.resource])?);
        }
    }
    Some(edits)
}
