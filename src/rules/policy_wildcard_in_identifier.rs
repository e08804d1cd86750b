//! `policy-wildcard-in-identifier`: conditions of an endpoint policy that are too vague for AWS.

use crate::diagnostic::Severity;
use crate::facts::{ENGINEERING, IdentifierKey};
use crate::network::Endpoint;
use crate::policy::{Vague, VagueKind};

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "policy-wildcard-in-identifier",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "A condition of an endpoint policy with a wildcard where AWS takes none, or with too little beside it",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html",
    page: include_str!("../../rules/policy-wildcard-in-identifier.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    for endpoint in &cx.network.endpoints {
        let Some(policy) = cx.network.policy_of(endpoint) else { continue };
        for vague in policy.vague_conditions() {
            report(cx, endpoint, &vague);
        }
    }
}

fn report(cx: &mut Context<'_, '_>, endpoint: &Endpoint<'_>, vague: &Vague<'_, '_>) {
    let id = cx.id(endpoint.resource);
    let key = vague.condition.key.text.as_ref();
    let operator = vague.condition.operator_name.text.as_ref();
    let (words, here) = match vague.kind {
        VagueKind::Identifier(_) => (format!("a wildcard with `{key}`, which takes none"), "a wildcard"),
        VagueKind::NumericIdentifier(_) => {
            (format!("`{operator}` with `{key}`, which is no number"), "a numeric operator")
        }
        VagueKind::IdentifierAsText(_) => {
            (format!("a value of `{key}` that nothing is equal to"), "taken letter by letter")
        }
        VagueKind::FewLetters => (
            format!("a wildcard with fewer than six letters beside it in a value of `{key}`"),
            "six letters must stand side by side before or behind each wildcard",
        ),
    };
    let (severity, why, help) = match vague.kind {
        VagueKind::Identifier(key) | VagueKind::NumericIdentifier(key) => (
            severity(key),
            "endpoint policies take no wildcards and no numeric operators with keys that hold identifiers made by AWS, which refuses such a policy since July 2024",
            "compare with `StringEquals` and write the identifiers out, one by one",
        ),
        VagueKind::IdentifierAsText(_) => (
            Severity::Warning,
            "only `StringLike` and the operators for ARNs know wildcards, and endpoint policies take none with this key there either",
            "write the identifiers out, one by one",
        ),
        VagueKind::FewLetters => (
            RULE.severity,
            "AWS refuses endpoint policies since July 2024 in which a wildcard of a string operator leaves nearly everything open",
            "write more of the value out, or use `StringEquals` with whole values",
        ),
    };
    let finding = cx.report(endpoint.resource, vague.span, format!("{words}, in the policy of `{id}`"));
    finding
        .severity(severity)
        .here(here)
        .label(Some(id), vague.condition.key.span, "with this key")
        .why(why)
        .help(help)
        .together(format!("{words}, in {{count}} places of endpoint policies: {{names}}"));
    if severity == Severity::Error {
        finding.symptom("NO_WILDCARD");
    }
}

/// What is only believed of a key may not carry an error.
fn severity(key: &IdentifierKey) -> Severity {
    if key.src == ENGINEERING { RULE.severity.lowered() } else { RULE.severity }
}
