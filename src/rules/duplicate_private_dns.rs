//! `duplicate-private-dns`: two endpoints in one VPC that both want the same private name.

use std::borrow::Cow;

use crate::diagnostic::{Applicability, Severity};
use crate::facts::{EndpointType, Service};
use crate::network::{Endpoint, Network, ServiceName, Switch};
use crate::scenario::Value;
use crate::template::Written;
use crate::text::Span;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "duplicate-private-dns",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "Two interface endpoints in one VPC have private DNS on for the same name",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html",
    page: include_str!("../../rules/duplicate-private-dns.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    let named: Vec<(&Endpoint<'_>, Span)> = network
        .endpoints
        .iter()
        .filter(|endpoint| {
            let nameless = endpoint.aws_service().and_then(Service::documented_private_dns) == Some(false);
            endpoint.is(EndpointType::Interface) && !nameless
        })
        .filter_map(|endpoint| match endpoint.private_dns {
            Switch::On(span) => Some((endpoint, span)),
            Switch::Off(_) | Switch::Absent | Switch::Unknown => None,
        })
        .collect();
    for (index, &(later, span)) in named.iter().enumerate() {
        let first = named[..index].iter().find_map(|&(first, span)| {
            let shared = shared_name(network, first, later)?;
            (first.vpc.is_some() && first.vpc == later.vpc).then_some((first, span, shared))
        });
        let Some((first, first_span, shared)) = first else { continue };
        let (first_id, id) = (network.id(first.resource), network.id(later.resource));
        let edits = network
            .template()
            .edit(|editor| editor.set(later.resource, &["PrivateDnsEnabled"], None, Written::Flag(false)));
        cx.report(
            later.resource,
            span,
            format!("`{id}` and `{first_id}` both have private DNS on for {shared} in one VPC"),
        )
        .here(format!("private DNS of `{id}`"))
        .label(Some(first_id), first_span, format!("private DNS of `{first_id}`"))
        .why("a private name can lead to one endpoint of a VPC only, and AWS refuses the second endpoint")
        .help(format!("remove one of the two endpoints, or set `PrivateDnsEnabled: false` on `{id}`"))
        .fix(Applicability::Suggested, "switch private DNS of the later endpoint off", edits)
        .symptom("private-dns-enabled cannot be set because there is already a conflicting DNS domain")
        .together("private DNS of {count} endpoints is on for names that other endpoints in their VPC have: {names}");
    }
}

/// What two endpoints would both be the private name of, in words; `None` where that is not certain.
fn shared_name(network: &Network<'_, '_>, one: &Endpoint<'_>, other: &Endpoint<'_>) -> Option<String> {
    let spelling = |value: Option<Value<'_>>| value.map(|value| value.canonical().map(Cow::into_owned));
    if spelling(one.service_region.clone()) != spelling(other.service_region.clone())
        || spelling(one.service_region.clone()) == Some(None)
    {
        return None;
    }
    let name = |endpoint: &Endpoint<'_>| {
        let name = network.scenario.property(endpoint.resource, "ServiceName")?;
        // A literal that is no service name holds a place, as in a mapping for Regions without the service.
        let placeholder = name.text().is_some() && matches!(endpoint.service, ServiceName::Unknown);
        name.canonical().filter(|_| !placeholder).map(Cow::into_owned)
    };
    match (one.aws_service(), other.aws_service()) {
        (Some(first), Some(second)) if one.named_region() == other.named_region() => {
            if first.id == second.id {
                return Some(format!("`{}`", first.id));
            }
            // The FIPS variant of some services answers to a name of the service itself.
            let shared =
                first.private_dns_names.iter().find(|name| second.private_dns_names.contains(name))?;
            Some(format!("`{}`", shared.replace("{region}", "*")))
        }
        (Some(_), Some(_)) => None,
        _ if name(one).is_some() && name(one) == name(other) => Some("the same service".to_owned()),
        _ => None,
    }
}
