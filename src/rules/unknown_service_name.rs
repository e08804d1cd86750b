//! `unknown-service-name`: an endpoint for a service name that AWS does not have, where it is clear what was meant.

use crate::diagnostic::{Applicability, Severity};
use crate::facts::{self, ANY_REGION, RecognisedName, Service};
use crate::network::ServiceName;
use crate::text::within;
use std::sync::LazyLock;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "unknown-service-name",
    group: Group::Correctness,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "The service name of an endpoint is not one of AWS, and nearly one: a slip or a wrong prefix",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html",
    page: include_str!("../../rules/unknown-service-name.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    for endpoint in &cx.network.endpoints {
        let (ServiceName::Unlisted(written), Some(span)) = (&endpoint.service, endpoint.service_span) else {
            continue;
        };
        let Some(name) = facts::recognise(written) else { continue };
        let meant = meant(&name);
        if meant.is_empty() {
            continue;
        }
        let region = name.region.filter(|region| *region != ANY_REGION).unwrap_or("${AWS::Region}");
        let spelled = |service: &&Service| format!("`{}`", service.name_in(region));
        let choice = meant.iter().map(spelled).collect::<Vec<_>>().join(" or ");
        let id = cx.id(endpoint.resource);
        let edits = match meant.as_slice() {
            [service] => cx.template().edit(|editor| {
                let parts = |name: &str| name.replace(ANY_REGION, "${AWS::Region}");
                let whole = editor.stretch(
                    endpoint.resource,
                    "ServiceName",
                    &parts(written),
                    &service.name_in(
                        name.region.filter(|region| *region != ANY_REGION).unwrap_or("${AWS::Region}"),
                    ),
                );
                Some(vec![whole?])
            }),
            _ => None,
        };
        let written = written.replace(ANY_REGION, region);
        cx.report(
            endpoint.resource,
            span,
            format!("`{id}` is for `{written}`, which is not the name of a known service of AWS"),
        )
        .here(format!("probably {choice}"))
        .why("the names of endpoint services often differ from the names by which the services are known, and AWS refuses a name that it does not have")
        .help(format!("write {choice}"))
        .fix(Applicability::Suggested, format!("write {choice}"), edits)
        .symptom(format!("The Vpc Endpoint Service '{}' does not exist", written.replace("${AWS::Region}", "<region>")));
    }
}

/// The services that were probably meant; none where nothing is near, since AWS adds services weekly.
fn meant(name: &RecognisedName<'_>) -> Vec<&'static Service> {
    if let Some(ids) = facts::aliases().get(name.suffix) {
        return ids.iter().filter_map(|id| facts::service(id)).collect();
    }
    let elsewhere: Vec<RecognisedName<'_>> = names().filter(|known| known.suffix == name.suffix).collect();
    if !elsewhere.is_empty() {
        return only_one(elsewhere.into_iter());
    }
    only_one(names().filter(|known| {
        known.prefix == name.prefix
            && known.region.is_some() == name.region.is_some()
            && is_slip(name.suffix, known.suffix)
    }))
}

/// The service where there is one candidate: of several, none is clearly meant.
fn only_one(mut names: impl Iterator<Item = RecognisedName<'static>>) -> Vec<&'static Service> {
    match (names.next(), names.next()) {
        (Some(name), None) => name.service.into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The names of all services in their parts.
fn names() -> impl Iterator<Item = RecognisedName<'static>> {
    static NAMES: LazyLock<Vec<RecognisedName<'static>>> =
        LazyLock::new(|| facts::service_names().filter_map(facts::recognise).collect());
    NAMES.iter().copied()
}

/// Whether a suffix is another one mistyped. A service may be new and have a short name, or the next number of a
/// service that is known.
fn is_slip(written: &str, known: &str) -> bool {
    let (lower, letters) =
        (written.to_lowercase(), |text: &str| text.replace(|c: char| c.is_ascii_digit(), ""));
    let limit = match known.len() {
        0..4 => 0,
        4..6 => 1,
        _ => 2,
    };
    within(&lower, known, limit).is_some() && (lower == known || letters(&lower) != letters(known))
}
