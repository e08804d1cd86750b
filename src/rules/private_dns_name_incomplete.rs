//! `private-dns-name-incomplete`: a private DNS name of an endpoint service that is refused or does not get to work.

use crate::diagnostic::{Applicability, Edit, Severity};
use crate::network::EndpointService;
use crate::scenario::{Data, Value};
use crate::template::{ResourceId, Written};

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "private-dns-name-incomplete",
    group: Group::Correctness,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "A private DNS name of an endpoint service that AWS refuses, or without proof or certificate for it",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html",
    page: include_str!("../../rules/private-dns-name-incomplete.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    for service in &cx.network.endpoint_services {
        let Some(name) = service.private_dns_name.as_ref().filter(|name| !name.is_unknown()) else {
            continue;
        };
        if service.is_for_appliances() {
            report_appliances(cx, service, name);
            continue;
        }
        if let Some((flaw, words, help)) = flaw(name) {
            let id = cx.id(service.resource);
            let edits = in_lower_case(cx, name);
            cx.report(service.resource, name.span, format!("the private DNS name of `{id}` {flaw}"))
                .severity(Severity::Error)
                .here(words)
                .why("a private DNS name is of lower case, with up to 63 characters in each label and 255 in all; its first label may be `*`")
                .help(help)
                .fix(Applicability::Suggested, "write the name in lower case", edits)
                .symptom("the stack rolls back: the private DNS name is not valid");
        }
        report_missing_proof(cx, service, name);
        report_certificates(cx, service, name);
    }
}

/// A name that no service can have: the flaw, words for the place, and what to do
/// (<https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html>).
fn flaw(name: &Value<'_>) -> Option<(String, &'static str, String)> {
    let known: Vec<&str> = match &name.data {
        Data::Text(text) => vec![text],
        Data::Pieces(pieces) => pieces
            .iter()
            .filter_map(|piece| match &piece.data {
                Data::Text(text) => Some(text.as_ref()),
                _ => None,
            })
            .collect(),
        _ => return None,
    };
    let has_capitals = |text: &&&str| text.contains(|letter: char| letter.is_ascii_uppercase());
    if let Some(part) = known.iter().find(has_capitals) {
        let lower = part.to_ascii_lowercase();
        return Some((format!("has capitals: `{part}`"), "lower case only", format!("write `{lower}`")));
    }
    // What is not known makes a name longer, never shorter.
    let longest = known.iter().flat_map(|part| part.split('.')).map(str::len).max()?;
    if longest > 63 {
        let flaw = format!("has a label of {longest} characters, more than 63");
        return Some((flaw, "too long between two dots", "shorten the label to 63 characters".to_owned()));
    }
    let length: usize = known.iter().map(|part| part.len()).sum();
    (length > 255).then(|| {
        let flaw = format!("has {length} characters, more than 255");
        (flaw, "too long", "shorten the name to 255 characters".to_owned())
    })
}

/// The name in lower case, where that is all that is wrong with it.
fn in_lower_case(cx: &Context<'_, '_>, name: &Value<'_>) -> Option<Vec<Edit>> {
    let text = name.text()?;
    let lower = text.to_ascii_lowercase();
    let fits = lower.len() <= 255 && lower.split('.').all(|label| label.len() <= 63);
    let spelt = || cx.template().edit(|editor| editor.respell(name.span, text, &lower));
    if fits && lower != text { spelt() } else { None }
}

fn report_appliances(cx: &mut Context<'_, '_>, service: &EndpointService<'_>, name: &Value<'_>) {
    let id = cx.id(service.resource);
    let edits = cx.template().edit(|editor| editor.remove(service.resource, "PrivateDnsName"));
    let finding = cx.report(
        service.resource,
        name.span,
        format!("`{id}` has a private DNS name, and services for Gateway Load Balancer endpoints have none"),
    );
    finding.severity(Severity::Error).here("not for this kind of service");
    if let Some(balancers) = &service.gateway_load_balancers {
        finding.label(Some(id), balancers.span, "a gateway load balancer stands behind it");
    }
    finding
        .fix(Applicability::Suggested, "remove `PrivateDnsName`", edits)
        .why("Gateway Load Balancer endpoints are reached by routes, not by names")
        .help("remove `PrivateDnsName`")
        .symptom("the stack rolls back when the service is made");
}

fn report_missing_proof(cx: &mut Context<'_, '_>, service: &EndpointService<'_>, name: &Value<'_>) {
    let Some(zone) = cx.network.zone_without_proof(service) else { return };
    let (id, zone_id) = (cx.id(service.resource), cx.id(zone));
    let zone_span = cx.id_span(zone);
    let edits = proof(cx, service, zone);
    cx.report(
        service.resource,
        name.span,
        format!("the private DNS name of `{id}` stays unverified: no TXT record in `{zone_id}` proves its domain"),
    )
    .here("of use to consumers when it is verified")
    .label(Some(zone_id), zone_span, "the public zone of this domain, without the record")
    .why("consumers can use a private DNS name only after a TXT record, with a name and a value that the service gives, has proved who owns the domain")
    .help(format!("add an `AWS::Route53::RecordSet` of `Type: TXT` to `{zone_id}`, with `PrivateDnsNameConfiguration.Name` of `{id}` before the domain as its name and `PrivateDnsNameConfiguration.Value` in quotes as its text"))
    .fix(Applicability::Suggested, format!("add the record to `{zone_id}`"), edits)
    .symptom("the name stays `pendingVerification`, and private DNS cannot be enabled for endpoints to the service");
}

/// The record that proves the domain of the zone, and so that of the name in it
/// (<https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html>).
fn proof(cx: &Context<'_, '_>, service: &EndpointService<'_>, zone: ResourceId) -> Option<Vec<Edit>> {
    let template = cx.template();
    let (service, name) = (service.resource, cx.network.scenario.property(zone, "Name")?);
    let domain = name.text()?.trim_end_matches('.');
    let unconditional = [service, zone].iter().all(|&it| template.resource(it).condition.is_none());
    let id = format!("{}DomainProof", cx.id(service));
    let free = template.find_resource(&id).is_none() && template.find_parameter(&id).is_none();
    if !unconditional || !free || domain.contains("${") {
        return None;
    }
    let attribute = format!("{}.PrivateDnsNameConfiguration", cx.id(service));
    let properties = Written::map([
        ("HostedZoneId", Written::reference(cx.id(zone))),
        ("Type", Written::text("TXT")),
        ("TTL", Written::text("300")),
        ("Name", Written::Sub(format!("${{{attribute}.Name}}.{domain}"))),
        ("ResourceRecords", Written::List(vec![Written::Sub(format!("\"${{{attribute}.Value}}\""))])),
    ]);
    template.edit(|editor| editor.insert_resource(service, &id, "AWS::Route53::RecordSet", properties))
}

fn report_certificates(cx: &mut Context<'_, '_>, service: &EndpointService<'_>, name: &Value<'_>) {
    let network = cx.network;
    let Some(text) = name.text() else { return };
    let service_id = cx.id(service.resource);
    for (listener, certificates) in network.listeners_without_private_name(service).unwrap_or_default() {
        let Some(own) = &listener.certificates else { continue };
        let Some(first) = certificates.first() else { continue };
        let id = cx.id(listener.resource);
        let finding = cx.report(
            listener.resource,
            own.span,
            format!("`{id}` has no certificate for `{text}`, the private DNS name of `{service_id}`"),
        );
        finding.here("shown to clients that ask for the private name").label(
            Some(service_id),
            name.span,
            "clients connect by this name",
        );
        for certificate in &certificates {
            for (own, span) in certificate.names.iter().flatten() {
                finding.label(Some(network.id(certificate.resource)), *span, format!("covers `{own}`"));
            }
        }
        finding
            .why("a client that connects by the private DNS name compares it with the names in the certificate that the load balancer shows; `*` stands for one label there")
            .help(format!("add `{text}` to `SubjectAlternativeNames` of `{}`", network.id(first.resource)))
            .symptom("TLS handshakes of consumers fail: the certificate is not valid for the name of the host");
    }
}
