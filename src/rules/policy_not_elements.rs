//! `policy-not-elements`: an endpoint policy that allows everything except what it names.

use crate::diagnostic::Severity;
use crate::policy::Statement;
use crate::text::Span;

use super::written::joined;
use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "policy-not-elements",
    group: Group::Security,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "An `Allow` statement of an endpoint policy with `NotAction`, `NotResource` or `NotPrincipal`",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notresource.html",
    page: include_str!("../../rules/policy-not-elements.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    for endpoint in &cx.network.endpoints {
        let Some(policy) = cx.network.possible_policy_of(endpoint) else { continue };
        let id = cx.id(endpoint.resource);
        for statement in policy.statements.iter().filter(|statement| statement.allows()) {
            let found = negated(statement);
            let Some(&(_, span)) = found.first() else { continue };
            let allowed = allowed(&found);
            let message = format!("the policy of `{id}` allows {allowed}");
            let finding = cx.report(endpoint.resource, span, message);
            finding.here("all but this is allowed");
            for &(_, span) in &found[1..] {
                finding.label(Some(id), span, "all but this");
            }
            finding
                .why(if found.iter().any(|(name, _)| *name == "NotPrincipal") {
                    "everybody else is let through, callers of other accounts too; AWS does not support `NotPrincipal` with `Allow`"
                } else {
                    "what AWS or somebody else adds later is allowed as well, without a change of the policy"
                })
                .help("name in the `Allow` statement what the workloads need, and keep the `Not` form for `Deny` statements")
                .together(format!("in endpoint policies, {{count}} statements allow {allowed}: {{names}}"));
        }
    }
}

/// What these `Not` forms allow, in words.
fn allowed(found: &[(&str, Span)]) -> String {
    match found {
        [("NotPrincipal", _)] => "everybody except whom `NotPrincipal` names".to_owned(),
        [("NotAction", _)] => "every action except those that `NotAction` names".to_owned(),
        [("NotResource", _)] => "every resource except those that `NotResource` names".to_owned(),
        _ => {
            let names: Vec<&str> = found.iter().map(|&(name, _)| name).collect();
            format!("everything except what {} name", joined(&names))
        }
    }
}

/// The `Not` forms of a statement, with the places of their values.
fn negated(statement: &Statement<'_>) -> Vec<(&'static str, Span)> {
    let principals = statement.principals.as_ref().filter(|it| it.negated).map(|it| it.span);
    let actions = statement.actions.as_ref().filter(|it| it.negated).map(|it| it.span);
    let resources = statement.resources.as_ref().filter(|it| it.negated).map(|it| it.span);
    [("NotPrincipal", principals), ("NotAction", actions), ("NotResource", resources)]
        .into_iter()
        .filter_map(|(name, span)| Some((name, span?)))
        .collect()
}
