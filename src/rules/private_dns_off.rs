//! `private-dns-off`: an interface endpoint that the service's own name does not lead to.

use std::cell::LazyCell;

use crate::diagnostic::{Applicability, Edit, Severity};
use crate::facts::{EndpointType, Support};
use crate::network::{Endpoint, Network, Switch};
use crate::template::{ExpressionKind, SubPartKind, Template, Written};
use rustc_hash::FxHashSet;

use super::{Check, Context, Group, Persona, Rule, mend};

pub(super) static RULE: Rule = Rule {
    name: "private-dns-off",
    group: Group::Reachability,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "An interface endpoint without private DNS: calls to the service still go to its public addresses",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html",
    page: include_str!("../../rules/private-dns-off.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let template = cx.network.template();
    let own_names = LazyCell::new(|| called_by_their_own_names(template));
    let of_apis = LazyCell::new(|| cx.network.endpoints_of_apis());
    for endpoint in &cx.network.endpoints {
        if !endpoint.is(EndpointType::Interface) {
            continue;
        }
        let id = cx.id(endpoint.resource);
        let (span, headline, here) = match endpoint.private_dns {
            Switch::Off(span) => (span, "is off", "off here"),
            Switch::Absent => (
                cx.id_span(endpoint.resource),
                "is not switched on",
                "`PrivateDnsEnabled` is off where it is not written",
            ),
            Switch::On(_) | Switch::Unknown => continue,
        };
        if !should_have_private_dns(cx.network, endpoint) || own_names.contains(id) {
            continue;
        }
        if endpoint.service_id() == Some("execute-api") && of_apis.contains(&endpoint.resource) {
            continue;
        }
        let edits = switched_on(cx.network, endpoint);
        cx.report(endpoint.resource, span, format!("private DNS of `{id}` {headline}, so clients do not find it"))
            .here(here)
            .why("clients ask for the usual name of the service and get its public addresses; only calls that name the endpoint itself use it")
            .help("set `PrivateDnsEnabled: true`")
            .fix(Applicability::Suggested, "switch private DNS on", edits)
            .symptom("calls still go to public addresses; in a subnet without a way out they time out")
            .together("private DNS of {count} interface endpoints is off, so clients do not find them: {names}");
    }
}

/// Private DNS of the endpoint, and what it needs of the VPC.
fn switched_on(network: &Network<'_, '_>, endpoint: &Endpoint<'_>) -> Option<Vec<Edit>> {
    let mut edits = network.template().edit(|editor| {
        editor.set(endpoint.resource, &["PrivateDnsEnabled"], Some("VpcEndpointType"), Written::Flag(true))
    })?;
    if let Some(vpc) = endpoint.vpc.as_ref().and_then(|vpc| network.vpc(vpc)) {
        edits.extend(mend::dns_attributes(network, vpc)?);
    }
    Some(edits)
}

/// Whether the endpoint is for a service with a private name, and nothing else can give it that name.
fn should_have_private_dns(network: &Network<'_, '_>, endpoint: &Endpoint<'_>) -> bool {
    let Some(service) = endpoint.aws_service() else { return false };
    // S3 is a case of its own: its private name is for resolver endpoints unless more is said.
    service.id != "s3"
        && matches!(service.private_dns, Support::Yes | Support::Assumed)
        && endpoint.service_region.is_none()
        && !network.has_private_zone(endpoint)
        && !network.has_private_zone_elsewhere(endpoint)
        && !another_has_the_name(network, endpoint)
}

/// Whether another endpoint of the VPC has the private name, which only one can have.
fn another_has_the_name(network: &Network<'_, '_>, endpoint: &Endpoint<'_>) -> bool {
    network.endpoints.iter().any(|other| {
        other.resource != endpoint.resource
            && other.vpc == endpoint.vpc
            && other.service_id() == endpoint.service_id()
            && matches!(other.private_dns, Switch::On(_) | Switch::Unknown)
    })
}

/// The endpoints whose own names the template hands on: clients are meant to use those.
fn called_by_their_own_names<'n>(template: &'n Template<'_>) -> FxHashSet<&'n str> {
    let properties = template.iter().flat_map(|(id, _)| template.properties(id));
    let mut found = FxHashSet::default();
    for member in properties.chain(&template.outputs) {
        member.value.walk(template, &mut |part| match &part.kind {
            ExpressionKind::GetAtt { resource, attribute }
                if template.expression(*attribute).text() == Some("DnsEntries") =>
            {
                found.insert(resource.text.as_ref());
            }
            ExpressionKind::Sub { parts, .. } => {
                found.extend(template.parts(*parts).iter().filter_map(|part| match &part.kind {
                    SubPartKind::Attribute(resource, attribute) if attribute == "DnsEntries" => {
                        Some(resource.as_ref())
                    }
                    _ => None,
                }));
            }
            _ => {}
        });
    }
    found
}
