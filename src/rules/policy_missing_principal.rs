//! `policy-missing-principal`: a statement of an endpoint policy without an element that it needs, or with one that there
//! is not.

use crate::diagnostic::{Applicability, Edit, Severity};
use crate::facts::EndpointType;
use crate::network::Endpoint;
use crate::policy::{Element, Mistake, MistakeKind, Policy, Statement};
use crate::template::{Name, Template, Written};
use crate::text::{Span, nearest};

use super::written::{is_rewritten, joined};
use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "policy-missing-principal",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "A statement of an endpoint policy without `Principal` or `Effect`, or with an element that there is not",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html",
    page: include_str!("../../rules/policy-missing-principal.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

/// What a statement may have.
const ELEMENTS: &[&str] = &[
    "Action",
    "Condition",
    "Effect",
    "NotAction",
    "NotPrincipal",
    "NotResource",
    "Principal",
    "Resource",
    "Sid",
];

/// The kinds of principal.
const KINDS: &[&str] = &["AWS", "CanonicalUser", "Federated", "Service"];

fn check(cx: &mut Context<'_, '_>) {
    // A macro may complete what is written.
    if is_rewritten(cx.template()) {
        return;
    }
    for endpoint in &cx.network.endpoints {
        let Some(policy) = cx.network.possible_policy_of(endpoint) else { continue };
        for (index, statement) in policy.statements.iter().enumerate() {
            let own = |mistake: &&Mistake<'_>| mistake.statement == Some(index);
            let mistakes: Vec<&Mistake<'_>> = policy.mistakes.iter().filter(own).collect();
            check_statement(cx, endpoint, policy, statement, &mistakes);
        }
    }
}

fn check_statement(
    cx: &mut Context<'_, '_>,
    endpoint: &Endpoint<'_>,
    policy: &Policy<'_>,
    statement: &Statement<'_>,
    mistakes: &[&Mistake<'_>],
) {
    let mut missing: Vec<&str> = Vec::new();
    let meant: Vec<&str> = statement.unknown_elements.iter().filter_map(meant).collect();
    for mistake in mistakes {
        let fault = match &mistake.kind {
            MistakeKind::Missing(element) => {
                let name = name(*element);
                // What is misspelt is not missing too.
                if !meant.iter().any(|meant| meant.trim_start_matches("Not") == name) {
                    missing.push(name);
                }
                continue;
            }
            // `gateway-policy-principal` says so.
            MistakeKind::BarePrincipal if endpoint.is(EndpointType::Gateway) => continue,
            other => fault_of(cx.template(), other, statement),
        };
        if let Some(fault) = fault {
            report(cx, endpoint, policy, statement, mistake.span, fault);
        }
    }
    if !missing.is_empty() {
        let names = joined(&missing);
        let help = match missing.as_slice() {
            ["Principal"] => "add `Principal: \"*\"`, and a `Condition` on `aws:PrincipalArn` or `aws:PrincipalOrgID` if not everybody is meant".to_owned(),
            _ => format!("add {names}"),
        };
        let everybody = || {
            cx.template().edit(|editor| {
                editor.insert_in(statement.span, "Principal", &Written::text("*"), Some("Effect"))
            })
        };
        let edits = if missing == ["Principal"] { everybody() } else { None };
        let fault = Fault {
            words: format!("has no {}", names.replace(" and ", " and no ")),
            here: format!("without {names}"),
            help,
            fix: edits.map(|edits| ("add `Principal: \"*\"`".to_owned(), edits)),
            ..Fault::default()
        };
        report(cx, endpoint, policy, statement, statement.span, fault);
    }
}

/// Something that is wrong with a statement.
#[derive(Default)]
struct Fault {
    /// What follows "the statement of the policy".
    words: String,
    here: String,
    help: String,
    /// Another place that makes it so.
    beside: Option<Span>,
    /// Whether AWS may take it all the same.
    doubtful: bool,
    /// What mends it, with its title.
    fix: Option<(String, Vec<Edit>)>,
}

fn report(
    cx: &mut Context<'_, '_>,
    endpoint: &Endpoint<'_>,
    policy: &Policy<'_>,
    statement: &Statement<'_>,
    span: Span,
    fault: Fault,
) {
    let id = cx.id(endpoint.resource);
    let subject = match statement.sid.as_ref().and_then(|sid| sid.text()).filter(|sid| !sid.is_empty()) {
        Some(sid) => format!("the statement `{sid}` in the policy of `{id}`"),
        None if policy.statements.len() == 1 => format!("the statement in the policy of `{id}`"),
        None => format!("a statement in the policy of `{id}`"),
    };
    let Fault { words, here, help, beside, doubtful, fix } = fault;
    let finding = cx.report(endpoint.resource, span, format!("{subject} {words}"));
    finding
        .here(here)
        .why("AWS refuses an endpoint policy whose statements are not complete and correct, and the endpoint with it")
        .help(help)
        .symptom("InvalidPolicyDocument: The Policy Document is not valid")
        .together(format!("in endpoint policies, each of {{count}} statements {words}: {{names}}"));
    if let Some((title, edits)) = fix {
        finding.fix(Applicability::Suggested, title, Some(edits));
    }
    if let Some(span) = beside {
        finding.label(Some(id), span, "and the other here");
    }
    if doubtful {
        finding.severity(RULE.severity.lowered());
    }
}

fn fault_of(template: &Template<'_>, mistake: &MistakeKind<'_>, statement: &Statement<'_>) -> Option<Fault> {
    let written = |span: Span, from: &str, to: &str| {
        let edits = template.edit(|editor| editor.respell(span, from, to))?;
        Some((format!("write `{to}`"), edits))
    };
    Some(match mistake {
        MistakeKind::UnknownElement(name) => {
            let free = meant(name).filter(|meant| !has(statement, meant));
            Fault {
                fix: free.and_then(|meant| written(name.span, &name.text, meant)),
                ..unknown_element(name)
            }
        }
        MistakeKind::WrongEffect => {
            let value = statement.effect.as_ref();
            let effect = value.and_then(|effect| effect.text()).unwrap_or_default();
            let meant = ["Allow", "Deny"].into_iter().find(|meant| meant.eq_ignore_ascii_case(effect));
            Fault {
                fix: value.and_then(|value| written(value.span, effect, meant?)),
                words: format!("has the effect `{effect}`, but effects are `Allow` and `Deny` only"),
                here: "neither `Allow` nor `Deny`".to_owned(),
                help: "write `Allow` or `Deny`, with a capital letter".to_owned(),
                ..Fault::default()
            }
        }
        MistakeKind::Both { element, first } => {
            let name = name(*element);
            Fault {
                words: format!("has both `{name}` and `Not{name}`"),
                here: "one of the two here".to_owned(),
                help: format!(
                    "keep one of them, or make a second statement with `Effect: Deny` for what `Not{name}` names"
                ),
                beside: Some(*first),
                ..Fault::default()
            }
        }
        MistakeKind::BarePrincipal => Fault {
            words: "has a text as principal that is not `*`".to_owned(),
            here: "a text can be `*` only".to_owned(),
            help: "write it as `{AWS: ...}`, or `{Service: ...}` for a service".to_owned(),
            ..Fault::default()
        },
        MistakeKind::UnknownPrincipalKind(kind) => Fault {
            words: format!("has a principal of the kind `{}`, which policies do not have", kind.text),
            here: in_doubt(nearest(&kind.text, KINDS.iter().copied()), "no kind of principal"),
            help: "write one of `AWS`, `Service`, `Federated` and `CanonicalUser`".to_owned(),
            fix: nearest(&kind.text, KINDS.iter().copied())
                .and_then(|meant| written(kind.span, &kind.text, meant)),
            ..Fault::default()
        },
        _ => return None,
    })
}

/// Whether a statement has an element, or its `Not` form, beside which it can have none like it.
fn has(statement: &Statement<'_>, element: &str) -> bool {
    match element {
        "Action" | "NotAction" => statement.actions.is_some(),
        "Resource" | "NotResource" => statement.resources.is_some(),
        "Principal" | "NotPrincipal" => statement.principals.is_some(),
        "Condition" => statement.conditions.is_some(),
        "Effect" => statement.effect.is_some(),
        _ => statement.sid.is_some(),
    }
}

fn unknown_element(name: &Name<'_>) -> Fault {
    let meant = meant(name);
    Fault {
        words: format!("has an element `{}`, which policies do not have", name.text),
        here: in_doubt(meant, "no element of a statement"),
        help: match meant {
            Some(meant) => format!("write `{meant}`"),
            None => format!("remove `{}`; what a person should know goes into `Sid` or a comment", name.text),
        },
        // Whether AWS minds case in names is not documented.
        doubtful: meant.is_some_and(|meant| meant.eq_ignore_ascii_case(&name.text)),
        ..Fault::default()
    }
}

fn in_doubt(meant: Option<&str>, otherwise: &str) -> String {
    meant.map_or_else(|| otherwise.to_owned(), |meant| format!("did you mean `{meant}`?"))
}

/// The element that is meant by a name that is none.
fn meant(name: &Name<'_>) -> Option<&'static str> {
    let same = |element: &&&str| element.eq_ignore_ascii_case(&name.text);
    ELEMENTS.iter().find(same).copied().or_else(|| nearest(&name.text, ELEMENTS.iter().copied()))
}

fn name(element: Element) -> &'static str {
    match element {
        Element::Effect => "Effect",
        Element::Principal => "Principal",
        Element::Action => "Action",
        Element::Resource => "Resource",
    }
}
