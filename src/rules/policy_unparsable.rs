//! `policy-unparsable`: an endpoint policy that is none, that AWS refuses as a whole, or that lets nothing through.

use crate::diagnostic::Severity;
use crate::facts::Service;
use crate::network::{Denial, Endpoint};
use crate::policy::{Expected, Mistake, MistakeKind, Operator, Part, Patterns, Policy, Reading, Statement};
use crate::text::{Span, nearest};

use super::written::is_rewritten;
use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "policy-unparsable",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "An endpoint policy that is no policy, that AWS refuses as a whole, or that lets nothing through",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html",
    page: include_str!("../../rules/policy-unparsable.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

/// The error where no statement allows a request.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
const NOT_ALLOWED: &str = "AccessDenied (403): no VPC endpoint policy allows the action";

/// The error where AWS refuses a policy.
const REFUSED: &str = "InvalidPolicyDocument: The Policy Document is not valid";

fn check(cx: &mut Context<'_, '_>) {
    // A macro may complete what is written.
    if is_rewritten(cx.template()) {
        return;
    }
    let network = cx.network;
    for endpoint in network.endpoints.iter().filter(|endpoint| endpoint.obeys_policy() != Some(false)) {
        let id = cx.id(endpoint.resource);
        match network.policy_reading(endpoint) {
            Some(Reading::Policy(policy)) => {
                for mistake in &policy.mistakes {
                    report_mistake(cx, endpoint, policy, mistake);
                }
                // What AWS refuses does not get so far.
                if policy.mistakes.is_empty()
                    && let Some(denial) = network.lets_nothing_through(endpoint)
                {
                    report_denial(cx, endpoint, &denial);
                }
            }
            Some(Reading::Malformed(malformed)) => {
                let message = format!("the policy of `{id}` cannot be read: {}", malformed.message);
                cx.report(endpoint.resource, malformed.span, message)
                    .here("here it stops being a policy")
                    .why("an endpoint policy is a map, or one written as JSON")
                    .help("mend the text, or write the policy as a map in the template, where a slip shows sooner")
                    .symptom(REFUSED);
            }
            Some(Reading::Unknown) | None => {}
        }
    }
}

fn report_mistake(
    cx: &mut Context<'_, '_>,
    endpoint: &Endpoint<'_>,
    policy: &Policy<'_>,
    mistake: &Mistake<'_>,
) {
    let Some(Fault { words, here, help, first }) = fault_of(policy, mistake) else { return };
    let id = cx.id(endpoint.resource);
    let finding = cx.report(endpoint.resource, mistake.span, format!("the policy of `{id}` {words}"));
    finding
        .here(here)
        .why("AWS refuses an endpoint policy that is not correct as a whole, and the endpoint with it")
        .help(help)
        .symptom(REFUSED)
        .together(format!("in {{count}} places, the policy of an endpoint {words}: {{names}}"));
    if let Some(first) = first {
        finding.label(Some(id), first, "the first");
    }
    if let MistakeKind::UnknownOperator(name) = &mistake.kind
        && Operator::names().any(|known| name.text.eq_ignore_ascii_case(known))
    {
        // Whether AWS minds case in names is not documented.
        finding.severity(RULE.severity.lowered());
    }
}

/// Something that is wrong with a policy.
struct Fault {
    /// What follows "the policy of the endpoint".
    words: String,
    here: String,
    help: String,
    /// The place of what is there twice.
    first: Option<Span>,
}

/// What is wrong with the policy; `policy-missing-principal` speaks of the elements of its statements.
fn fault_of(policy: &Policy<'_>, mistake: &Mistake<'_>) -> Option<Fault> {
    let fault =
        |words: String, here: String, help: &str| Fault { words, here, help: help.to_owned(), first: None };
    Some(match &mistake.kind {
        MistakeKind::WrongVersion => {
            let version = policy.version.as_ref().and_then(|version| version.text()).unwrap_or_default();
            fault(
                format!("has version `{version}`, which there is not"),
                "no version of the policy language".to_owned(),
                "write `Version: \"2012-10-17\"`: it names the language, and not the day on which the policy was written",
            )
        }
        MistakeKind::MissingStatement => fault(
            "has no `Statement`".to_owned(),
            "without `Statement`".to_owned(),
            "add `Statement` with a list of statements",
        ),
        MistakeKind::UnknownElement(name) if mistake.statement.is_none() => fault(
            format!("has an element `{}`, which policies do not have", name.text),
            did_you_mean(nearest(&name.text, ["Id", "Statement", "Version"])),
            "a policy has `Version`, `Id` and `Statement`; all else stands in the statements",
        ),
        MistakeKind::Repeated { first } if policy.written.is_some() => Fault {
            first: Some(*first),
            ..fault(
                "has a key twice in one map".to_owned(),
                "the second".to_owned(),
                "keep one of the two, or write one list for both",
            )
        },
        MistakeKind::DuplicateSid { first } => {
            let statement = mistake.statement.and_then(|index| policy.statements.get(index));
            let sid = statement.and_then(|statement| statement.sid.as_ref()?.text()).unwrap_or_default();
            Fault {
                first: Some(*first),
                ..fault(
                    format!("has two statements with the `Sid` `{sid}`"),
                    "the second".to_owned(),
                    "give each statement a `Sid` of its own, or none",
                )
            }
        }
        MistakeKind::UnknownOperator(name) => fault(
            format!("has a condition operator `{}`, which policies do not have", name.text),
            did_you_mean(nearest(&name.text, Operator::names())),
            "write an operator such as `StringEquals`, `ArnLike` or `Bool`, and the key and its values below it",
        ),
        MistakeKind::WrongType(expected) => {
            let expected = match expected {
                Expected::Text => "a text",
                Expected::Texts => "a text or a list of texts",
                Expected::Map => "a map",
                Expected::StarOrMap => "`*` or a map",
            };
            Fault {
                words: format!("has something else where only {expected} may stand"),
                here: "something else".to_owned(),
                help: format!("write {expected} here"),
                first: None,
            }
        }
        _ => return None,
    })
}

fn did_you_mean(meant: Option<&str>) -> String {
    meant.map_or_else(|| "not in the policy language".to_owned(), |meant| format!("did you mean `{meant}`?"))
}

/// Says that nothing gets through, for the reason that decides.
fn report_denial(cx: &mut Context<'_, '_>, endpoint: &Endpoint<'_>, denial: &Denial<'_, '_>) {
    let policy = denial.policy;
    let allows = policy.statements.iter().any(Statement::allows);
    if let Some(by) = denial.decision.by.and_then(|by| policy.statements.get(by)) {
        report_deny_all(cx, endpoint, by, allows);
    } else if allows {
        report_misses(cx, endpoint, denial);
    } else {
        report_no_allow(cx, endpoint, policy);
    }
}

fn report_deny_all(cx: &mut Context<'_, '_>, endpoint: &Endpoint<'_>, by: &Statement<'_>, allows: bool) {
    let id = cx.id(endpoint.resource);
    let message = format!("the policy of `{id}` denies everything, so nothing gets through the endpoint");
    let finding = cx.report(endpoint.resource, effect_span(by), message);
    finding
        .here("everything is denied to everybody")
        .why("a `Deny` that fits wins over every `Allow`")
        .help("name in the `Deny` statement what must not pass, or give it a `Condition`")
        .symptom("AccessDenied (403): with an explicit deny in a VPC endpoint policy")
        .together("the policies of {count} endpoints deny everything, so nothing gets through: {names}");
    if !allows {
        // That may be all that is wanted.
        finding.severity(RULE.severity.lowered());
    }
}

fn report_no_allow(cx: &mut Context<'_, '_>, endpoint: &Endpoint<'_>, policy: &Policy<'_>) {
    let id = cx.id(endpoint.resource);
    let first = policy.statements.first();
    let message = format!("the policy of `{id}` allows nothing, so nothing gets through the endpoint");
    cx.report(endpoint.resource, first.map_or(policy.span, effect_span), message)
        .here(if first.is_some() { "denies, as all statements do" } else { "without statements" })
        .why("what no statement allows is denied; the policy that allows everything is there only where none is written")
        .help("add a statement with `Effect: Allow` for what the workloads need, or for everything that is not denied")
        .symptom(NOT_ALLOWED)
        .together("the policies of {count} endpoints allow nothing, so nothing gets through: {names}");
}

/// Statements that allow, but nothing that the service has.
fn report_misses(cx: &mut Context<'_, '_>, endpoint: &Endpoint<'_>, denial: &Denial<'_, '_>) {
    let (policy, Some(service)) = (denial.policy, endpoint.aws_service()) else { return };
    let mut missed = Vec::new();
    for trial in &denial.decision.why {
        // A condition that nobody meets is another matter.
        let miss = trial.misses().find(|miss| matches!(miss.part, Part::Action | Part::Resource));
        let (Some(miss), Some(statement)) = (miss, policy.statements.get(trial.statement)) else { return };
        missed.push((miss, statement));
    }
    let Some(((first, statement), others)) = missed.split_first() else { return };
    let here = |part: Part| match part {
        Part::Action => format!("no action of `{}`", service.id),
        _ => format!("fits no resource of `{}`", service.id),
    };
    let id = cx.id(endpoint.resource);
    let message = format!(
        "the policy of `{id}` allows nothing that `{}` has, so nothing gets through the endpoint",
        service.id
    );
    let finding = cx.report(endpoint.resource, first.span, message);
    finding.here(here(first.part));
    for (miss, _) in others {
        finding.label(Some(id), miss.span, here(miss.part));
    }
    let filled = statement.resources.as_ref().and_then(|resources| with_fields_filled(resources, service));
    match filled.filter(|_| first.part == Part::Resource) {
        Some(filled) => finding
            .why("the ARNs of this service have a Region and an account, and a pattern that leaves these fields empty fits none of them")
            .help(format!("write them, or `*` for any: `{filled}`")),
        None => finding
            .why("an endpoint leads to one service, and its policy is asked about requests to that service only")
            .help(format!("name actions and resources of `{}`", service.id)),
    };
    finding.symptom(NOT_ALLOWED).together(format!(
        "the policies of {{count}} endpoints allow nothing that `{}` has, so nothing gets through: {{names}}",
        service.id
    ));
}

/// The first of the patterns for the service that has neither Region nor account, with both.
fn with_fields_filled(resources: &Patterns<'_>, service: &'static Service) -> Option<String> {
    let own = |prefix: &str| service.known_iam_prefixes().iter().any(|known| known == prefix);
    resources.items.iter().find_map(|item| match item.text()?.splitn(6, ':').collect::<Vec<_>>()[..] {
        ["arn", partition, prefix, "", "", resource] if own(prefix) => {
            Some(format!("arn:{partition}:{prefix}:*:*:{resource}"))
        }
        _ => None,
    })
}

fn effect_span(statement: &Statement<'_>) -> Span {
    statement.effect.as_ref().map_or(statement.span, |effect| effect.span)
}
