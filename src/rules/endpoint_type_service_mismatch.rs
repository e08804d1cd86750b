//! `endpoint-type-service-mismatch`: an endpoint of a type that its service does not offer.

use crate::diagnostic::{Applicability, Severity};
use crate::facts::EndpointType;
use crate::network::{Endpoint, Network, ServiceName};
use crate::template::Written;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "endpoint-type-service-mismatch",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "The service does not offer endpoints of this type; without `VpcEndpointType` the type is Gateway",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcendpoint.html",
    page: include_str!("../../rules/endpoint-type-service-mismatch.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for endpoint in &network.endpoints {
        let Some(kind) = endpoint.kind else { continue };
        let Some(types) = offered(network, endpoint).filter(|types| !types.contains(&kind)) else { continue };
        let service = match &endpoint.service {
            ServiceName::Aws(service) => format!("`{}`", service.id),
            ServiceName::Own(resource) => format!("`{}`", network.id(*resource)),
            _ => "an endpoint service of a customer or vendor".to_owned(),
        };
        let id = cx.id(endpoint.resource);
        let (article, offered) = (article(kind), joined(types, " or "));
        let finding = if let Some(span) = endpoint.kind_span {
            let message = format!("`{id}` is {article} {kind} endpoint, which {service} does not offer");
            cx.report(endpoint.resource, span, message).here("not a type of this service").together(format!(
                "the type of {{count}} endpoints is {kind}, which their services do not offer: {{names}}"
            ))
        } else {
            let message = format!(
                "`{id}` has no `VpcEndpointType`, so it is {article} {kind} endpoint, which {service} does not offer"
            );
            cx.report(endpoint.resource, cx.id_span(endpoint.resource), message)
                    .here(format!("without `VpcEndpointType` the type is {kind}"))
                    .together(format!(
                        "without `VpcEndpointType`, {{count}} endpoints are {kind} endpoints, which their services do not offer: {{names}}"
                    ))
        };
        if let Some(span) = endpoint.service_span {
            finding.label(Some(id), span, format!("offers {offered} endpoints only"));
        }
        let settings: Vec<String> = types.iter().map(|kind| format!("`VpcEndpointType: {kind}`")).collect();
        // AWS lists the types of the service; a service of a customer has one of the two, which is not known here.
        let listed = match (&endpoint.service, types) {
            (ServiceName::Aws(_), _) | (_, [_]) => format!(" ([{}])", joined(types, ", ")),
            _ => String::new(),
        };
        // The type is certain where the other properties are those of one.
        let interfaces = endpoint.subnets.is_some() && endpoint.route_tables.is_none();
        let routes = endpoint.subnets.is_none() && endpoint.security_groups.is_none();
        let meant = match types {
            [EndpointType::Gateway] if routes => Some(EndpointType::Gateway),
            types if interfaces && types.contains(&EndpointType::Interface) => Some(EndpointType::Interface),
            _ => None,
        };
        if let Some(meant) = meant {
            let safe = interfaces && endpoint.kind_span.is_none();
            let edits = network.template().edit(|editor| {
                let value = Written::text(meant.name());
                editor.set(endpoint.resource, &["VpcEndpointType"], Some("ServiceName"), value)
            });
            finding.fix(
                if safe { Applicability::Safe } else { Applicability::Suggested },
                format!("set `VpcEndpointType: {meant}`"),
                edits,
            );
        }
        finding
            .why("an endpoint service takes endpoints of its own types only, and the type of an existing endpoint cannot be changed")
            .help(format!("set {}", settings.join(" or ")))
            .symptom(format!("Endpoint type ({kind}) does not match available service types{listed}"));
    }
}

/// The types of endpoints that the service of an endpoint takes.
fn offered(network: &Network<'_, '_>, endpoint: &Endpoint<'_>) -> Option<&'static [EndpointType]> {
    const BEHIND_EITHER: &[EndpointType] = &[EndpointType::Interface, EndpointType::GatewayLoadBalancer];
    match endpoint.service {
        ServiceName::Aws(service) => Some(&service.types),
        ServiceName::Own(resource) => {
            let service = network.endpoint_service(resource)?;
            let written = |balancers: &Option<_>| balancers.is_some();
            Some(match (written(&service.network_load_balancers), written(&service.gateway_load_balancers)) {
                (true, false) => &[EndpointType::Interface],
                (false, true) => &[EndpointType::GatewayLoadBalancer],
                _ => BEHIND_EITHER,
            })
        }
        // A load balancer stands behind it, of which kind is not known.
        ServiceName::Customer => Some(BEHIND_EITHER),
        ServiceName::Unlisted(_) | ServiceName::Absent | ServiceName::Unknown => None,
    }
}

fn article(kind: EndpointType) -> &'static str {
    if kind == EndpointType::Interface { "an" } else { "a" }
}

fn joined(types: &[EndpointType], between: &str) -> String {
    let names: Vec<&str> = types.iter().map(|kind| kind.name()).collect();
    names.join(between)
}
