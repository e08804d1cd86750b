//! `service-without-permissions`: an endpoint service that no other account may use.

use crate::diagnostic::Severity;
use crate::network::{EndpointService, Network, ServiceName};

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "service-without-permissions",
    group: Group::Reachability,
    severity: Severity::Info,
    persona: Persona::Default,
    summary: "An endpoint service without permissions: only its own account can make endpoints to it",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html",
    page: include_str!("../../rules/service-without-permissions.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    if !cx.template().hidden.is_empty() {
        return;
    }
    for service in &network.endpoint_services {
        // Appliances are nearly always used by the account that runs them.
        if service.is_for_appliances()
            || service.handed_out
            || is_used_here(network, service)
            || network.permissions_of(service).next().is_some()
        {
            continue;
        }
        cx.report(
            service.resource,
            cx.id_span(service.resource),
            format!("no other account can find `{}`: the template allows nobody to use it", cx.id(service.resource)),
        )
        .here("no `AWS::EC2::VPCEndpointServicePermissions` names this service")
        .why("an endpoint service that nobody is allowed to use is visible to the account that owns it and to no other")
        .help("add an `AWS::EC2::VPCEndpointServicePermissions` with the accounts that may connect, unless only this account is meant")
        .symptom("consumers in other accounts get `InvalidServiceName`: the VPC endpoint service does not exist")
        .together("no other account can find {count} endpoint services, as the template allows nobody to use them: {names}");
    }
}

/// Whether the template makes an endpoint to the service itself, or may.
fn is_used_here(network: &Network<'_, '_>, service: &EndpointService<'_>) -> bool {
    network.endpoints.iter().any(|endpoint| match endpoint.service {
        ServiceName::Own(own) => own == service.resource,
        ServiceName::Unknown => true,
        _ => false,
    })
}
