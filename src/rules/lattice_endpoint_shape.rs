//! `lattice-endpoint-shape`: an endpoint that does not name what its type is for: a service, a resource, a service network.

use crate::diagnostic::Severity;
use crate::facts::{EndpointType, type_properties};
use crate::network::{Endpoint, Network, ServiceName};
use crate::scenario::{Data, Value};
use crate::template::ResourceId;
use crate::text::Span;

use super::written::{fits_its_service, is_rewritten, joined, written};
use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "lattice-endpoint-shape",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "An endpoint without what its type is for: a service name, a resource configuration or a service network",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-resources.html",
    page: include_str!("../../rules/lattice-endpoint-shape.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

/// What the ARN of a property holds, and the other property that it might be meant for.
const ARNS: &[(&str, &str, &str)] = &[
    ("ResourceConfigurationArn", ":resourceconfiguration/", "a resource configuration"),
    ("ServiceNetworkArn", ":servicenetwork/", "a service network"),
];

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    if is_rewritten(cx.template()) {
        return;
    }
    for endpoint in &network.endpoints {
        let Some(kind) = endpoint.kind.filter(|_| fits_its_service(endpoint)) else { continue };
        let wanted = property_of(kind);
        // A name that is known is the name of a service.
        if wanted == "ServiceName" && !matches!(endpoint.service, ServiceName::Absent | ServiceName::Unknown)
        {
            continue;
        }
        let given = network.scenario.property(endpoint.resource, wanted);
        match given.filter(|value| value.text() != Some("")) {
            None if is_misspelt(network, endpoint.resource) => {}
            None => report_missing(cx, endpoint, kind, wanted),
            Some(value) => check_arn(cx, endpoint, kind, wanted, &value),
        }
        if wanted != "ServiceName" {
            check_others(cx, endpoint, kind);
        }
    }
}

/// The property that says what an endpoint of this type leads to.
fn property_of(kind: EndpointType) -> &'static str {
    match kind {
        EndpointType::Resource | EndpointType::Tunnel => "ResourceConfigurationArn",
        EndpointType::ServiceNetwork => "ServiceNetworkArn",
        EndpointType::Interface | EndpointType::Gateway | EndpointType::GatewayLoadBalancer => "ServiceName",
    }
}

/// Whether the endpoint has a property that the type does not have: it may be meant for the missing one, and
/// `unknown-privatelink-property` says so.
fn is_misspelt(network: &Network<'_, '_>, endpoint: ResourceId) -> bool {
    let resource = network.template().resource(endpoint);
    let Some(known) = type_properties().get(resource.kind.text.as_ref()) else { return true };
    let is_known = |name: &str| known.properties.iter().chain(&known.read_only).any(|known| known == name);
    network.template().properties(endpoint).iter().any(|member| !is_known(&member.key.text))
}

fn report_missing(cx: &mut Context<'_, '_>, endpoint: &Endpoint<'_>, kind: EndpointType, wanted: &str) {
    let network = cx.network;
    let id = cx.id(endpoint.resource);
    // What is there instead shows which type was meant.
    let others = ["ServiceName", "ResourceConfigurationArn", "ServiceNetworkArn"];
    let instead = others
        .into_iter()
        .filter(|other| *other != wanted)
        .find_map(|other| Some((other, written(network, endpoint, other)?)));
    let span = endpoint.kind_span.unwrap_or_else(|| cx.id_span(endpoint.resource));
    let article = if kind == EndpointType::Interface { "an" } else { "a" };
    let untold = if endpoint.kind_span.is_none() { "without `VpcEndpointType`, " } else { "" };
    let message =
        format!("{untold}`{id}` is {article} {kind} endpoint, which needs `{wanted}`, and has none");
    let finding = cx.report(endpoint.resource, span, message);
    finding.here(format!("needs `{wanted}`"));
    let meant = instead.map(|(other, span)| {
        finding.label(Some(id), span, "for an endpoint of another type");
        let kind = match other {
            "ServiceName" => "`VpcEndpointType: Interface`",
            "ServiceNetworkArn" => "`VpcEndpointType: ServiceNetwork`",
            _ => "`VpcEndpointType: Resource`",
        };
        (other, kind)
    });
    finding
        .why("the type of an endpoint decides whether it leads to a service, to a resource configuration or to a service network")
        .help(match meant {
            Some((other, kind)) => format!("set {kind}, or write `{wanted}` instead of `{other}`"),
            None => format!("name in `{wanted}` what the endpoint leads to"),
        })
        .symptom("InvalidParameter when the endpoint is created")
        .together(format!(
            "without `{wanted}`, {{count}} {kind} endpoints lead to nothing: {{names}}"
        ));
}

/// An ARN of another kind, or of a resource configuration that the type cannot lead to.
fn check_arn(
    cx: &mut Context<'_, '_>,
    endpoint: &Endpoint<'_>,
    kind: EndpointType,
    property: &str,
    value: &Value<'_>,
) {
    let (id, network) = (cx.id(endpoint.resource), cx.network);
    let names = |part: &str| match &value.data {
        Data::Text(text) => text.contains(part),
        Data::Pieces(pieces) => {
            pieces.iter().any(|piece| matches!(&piece.data, Data::Text(text) if text.contains(part)))
        }
        _ => false,
    };
    let other = ARNS.iter().find(|(other, part, _)| *other != property && names(part));
    if let Some((other, _, noun)) = other.filter(|_| property != "ServiceName") {
        cx.report(endpoint.resource, value.span, format!("`{property}` of `{id}` is the ARN of {noun}"))
            .here(format!("for `{other}`"))
            .why("an endpoint of this type leads to something else than what the ARN names")
            .help(format!("name it in `{other}` and set the `VpcEndpointType` that goes with it"))
            .symptom("InvalidParameter when the endpoint is created");
        return;
    }
    let Some((configuration, own)) =
        configuration_of(network, value).filter(|_| kind == EndpointType::Tunnel)
    else {
        return;
    };
    if own.text().is_some_and(|own| own != "CIDR") {
        let name = network.id(configuration);
        cx.report(
            endpoint.resource,
            value.span,
            format!("`{id}` is a Tunnel endpoint, but its resource configuration `{name}` is not of type CIDR"),
        )
        .here("a configuration of type CIDR is wanted here")
        .label(Some(name), own.span, "another type")
        .why("a tunnel leads to a range of addresses, and single resources are reached through an endpoint of type Resource")
        .help("set `VpcEndpointType: Resource`, or `ResourceConfigurationType: CIDR`")
        .symptom("InvalidParameter when the endpoint is created");
    }
}

/// The resource configuration of the template that an ARN names, with its type.
fn configuration_of<'t>(network: &Network<'_, 't>, value: &Value<'_>) -> Option<(ResourceId, Value<'t>)> {
    let Data::Reference(reference) = &value.data else { return None };
    let kind = &network.template().resource(reference.resource).kind.text;
    if kind != "AWS::VpcLattice::ResourceConfiguration" {
        return None;
    }
    let own = network.scenario.property(reference.resource, "ResourceConfigurationType")?;
    Some((reference.resource, own))
}

/// What is for endpoints to services only.
fn check_others(cx: &mut Context<'_, '_>, endpoint: &Endpoint<'_>, kind: EndpointType) {
    let network = cx.network;
    let service = match endpoint.service {
        ServiceName::Absent => None,
        _ => Some("ServiceName"),
    };
    let found: Vec<(&str, Span)> = service
        .into_iter()
        .chain(["PolicyDocument"])
        .filter_map(|name| Some((name, written(network, endpoint, name)?)))
        .collect();
    let Some(&(_, span)) = found.first() else { return };
    let id = cx.id(endpoint.resource);
    let names: Vec<&str> = found.iter().map(|&(name, _)| name).collect();
    let names = joined(&names);
    let taken = names.replace(" and ", " or ");
    let finding =
        cx.report(endpoint.resource, span, format!("`{id}` is a {kind} endpoint, which takes no {taken}"));
    finding.here("not for this type of endpoint");
    for &(_, span) in &found[1..] {
        finding.label(Some(id), span, "not for this type of endpoint");
    }
    finding
        .why("an endpoint of this type leads to no service, so it has neither the name of one nor an endpoint policy")
        .help(format!("remove {names}"))
        .symptom("InvalidParameter when the endpoint is created")
        .together(format!(
            "what is for endpoints to services only is on {{count}} {kind} endpoints: {{names}}"
        ));
}
