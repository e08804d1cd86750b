//! `private-dns-unsupported`: private DNS on for a service that has no private name.

use crate::diagnostic::{Applicability, Severity};
use crate::facts::{EndpointType, Service};
use crate::network::Switch;
use crate::template::Written;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "private-dns-unsupported",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "Private DNS is on for a service of AWS that has no private name",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html",
    page: include_str!("../../rules/private-dns-unsupported.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for endpoint in &network.endpoints {
        let Switch::On(span) = endpoint.private_dns else { continue };
        let Some(service) = endpoint.aws_service() else { continue };
        if !endpoint.is(EndpointType::Interface)
            || !service.offers(EndpointType::Interface)
            || service.documented_private_dns() != Some(false)
        {
            continue;
        }
        let id = cx.id(endpoint.resource);
        let message = format!("private DNS of `{id}` is on, but `{}` has no private name", service.id);
        let finding = cx.report(endpoint.resource, span, message);
        finding.here("on here");
        if let Some(span) = endpoint.service_span {
            finding.label(Some(id), span, "a service without a private name");
        }
        let edits = network
            .template()
            .edit(|editor| editor.set(endpoint.resource, &["PrivateDnsEnabled"], None, Written::Flag(false)));
        finding
            .fix(Applicability::Safe, "set `PrivateDnsEnabled: false`", edits)
            .why("AWS refuses the endpoint: clients can reach this service through it by the endpoint's own names only")
            .help(help(service))
            .symptom(format!(
                "Private DNS can't be enabled because the service {} does not provide a private DNS name",
                service.name.replace("{region}", "<region>")
            ))
            .together("private DNS of {count} endpoints is on, but their services have no private names: {names}");
    }
}

fn help(service: &Service) -> &'static str {
    if service.offers(EndpointType::Gateway) {
        "set `PrivateDnsEnabled: false`; a gateway endpoint serves clients in the VPC under the usual name, free of charge"
    } else {
        "set `PrivateDnsEnabled: false`, and give clients the endpoint's own name as endpoint URL"
    }
}
