//! `private-dns-needs-vpc-attributes`: private DNS in a VPC whose DNS attributes do not allow it.

use crate::diagnostic::{Applicability, Severity};
use crate::facts::EndpointType;
use crate::network::{Endpoint, Switch};
use crate::text::Span;

use super::{Check, Context, Group, Persona, Rule, mend};

pub(super) static RULE: Rule = Rule {
    name: "private-dns-needs-vpc-attributes",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "Private DNS of an endpoint needs `EnableDnsHostnames` and `EnableDnsSupport` of its VPC",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html",
    page: include_str!("../../rules/private-dns-needs-vpc-attributes.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for vpc in &network.vpcs {
        let Some(resource) = vpc.resource else { continue };
        // (<https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html>)
        let hostnames = match vpc.dns_hostnames {
            Switch::Off(span) => Some((span, "`EnableDnsHostnames` is off")),
            Switch::Absent => {
                Some((cx.id_span(resource), "`EnableDnsHostnames` is off unless it is written"))
            }
            Switch::On(_) | Switch::Unknown => None,
        };
        let support = match vpc.dns_support {
            Switch::Off(span) => Some(span),
            Switch::On(_) | Switch::Absent | Switch::Unknown => None,
        };
        let endpoints: Vec<(&Endpoint<'_>, Span)> =
            network.endpoints_in(&vpc.identity).filter_map(with_private_dns).collect();
        if endpoints.is_empty() {
            continue;
        }
        let id = cx.id(resource);
        let headline = |attributes: &str| format!("private DNS of endpoints in `{id}` needs {attributes}");
        let finding = match (hostnames, support) {
            (Some((span, here)), None) => cx
                .report(resource, span, headline("`EnableDnsHostnames`, which is not on"))
                .here(here)
                .help("set `EnableDnsHostnames: true` on the VPC"),
            (None, Some(span)) => cx
                .report(resource, span, headline("`EnableDnsSupport`, which is off"))
                .here("`EnableDnsSupport` is off")
                .help("set `EnableDnsSupport: true` on the VPC"),
            (Some((span, here)), Some(support)) => cx
                .report(
                    resource,
                    support,
                    headline("`EnableDnsSupport` and `EnableDnsHostnames`, which are not on"),
                )
                .here("`EnableDnsSupport` is off")
                .label(Some(id), span, here)
                .help("set `EnableDnsSupport: true` and `EnableDnsHostnames: true` on the VPC"),
            (None, None) => continue,
        };
        let edits = mend::dns_attributes(network, vpc);
        finding.fix(Applicability::Safe, "switch the DNS attributes of the VPC on", edits);
        for (endpoint, span) in endpoints {
            let id = network.id(endpoint.resource);
            finding.label(Some(id), span, format!("private DNS of `{id}` is on"));
        }
        finding
            .why("AWS refuses to create the endpoint, because its private names are answered by the resolver of the VPC, which these attributes switch on")
            .symptom("Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true");
    }
}

/// An interface endpoint with private DNS on, which its service can have; with the place where it is switched on.
fn with_private_dns<'n, 't>(endpoint: &'n Endpoint<'t>) -> Option<(&'n Endpoint<'t>, Span)> {
    let Switch::On(span) = endpoint.private_dns else { return None };
    let possible =
        endpoint.aws_service().is_none_or(|service| service.documented_private_dns() != Some(false));
    (endpoint.is(EndpointType::Interface) && possible).then_some((endpoint, span))
}
