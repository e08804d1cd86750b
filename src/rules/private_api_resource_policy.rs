//! `private-api-resource-policy`: a private API without a resource policy, or with one that any VPC may pass.

use crate::diagnostic::Severity;
use crate::network::PrivateApi;
use crate::policy::{Policy, Reading, Statement};
use crate::text::Span;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "private-api-resource-policy",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "A private REST API without a resource policy cannot be deployed; one without a condition lets in any VPC",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-api-create.html",
    page: include_str!("../../rules/private-api-resource-policy.md"),
    check: Check::Network(&["AWS::ApiGateway::RestApi", "AWS::Serverless::Api"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    for api in &cx.network.private_apis {
        match &api.policy {
            None => report_missing(cx, api),
            Some(Reading::Policy(policy)) => {
                if let Some(everybody) = open_to_any_vpc(policy) {
                    report_open(cx, api, everybody);
                }
            }
            Some(Reading::Malformed(_) | Reading::Unknown) => {}
        }
    }
}

fn report_missing(cx: &mut Context<'_, '_>, api: &PrivateApi<'_>) {
    let id = cx.id(api.resource);
    // Where it is deployed elsewhere, it may get its policy before that.
    let severity = if api.deployed { RULE.severity } else { RULE.severity.lowered() };
    cx.report(
        api.resource,
        cx.id_span(api.resource),
        format!("`{id}` is private and has no resource policy, so it cannot be deployed"),
    )
    .severity(severity)
    .here(format!("`{}` is not written", api.kind.policy))
    .label(Some(id), api.span, "private")
    .why("API Gateway refuses to deploy a private API without a resource policy, since without one nobody may call it")
    .help(if api.kind.is_serverless {
        "add `Auth.ResourcePolicy` with `IntrinsicVpceWhitelist`, the endpoints through which the API may be called"
    } else {
        "add `Policy` with an `Allow` for `execute-api:Invoke` on `execute-api:/*` and a `Condition` on `aws:SourceVpce` or `aws:SourceVpc`"
    })
    .symptom("Private REST API doesn't have a resource policy attached to it");
}

fn report_open(cx: &mut Context<'_, '_>, api: &PrivateApi<'_>, everybody: Span) {
    let id = cx.id(api.resource);
    cx.report(api.resource, everybody, format!("the resource policy of `{id}` lets in every VPC of every account"))
        .severity(RULE.severity.lowered())
        .here("everybody, without a condition")
        .label(Some(id), api.span, "private")
        .why("private means only that calls come through some endpoint for `execute-api`; anybody can make one in a VPC of their own, and only the authorisation of the methods is left in the way")
        .help("add a `Condition` with `StringEquals` on `aws:SourceVpce` or `aws:SourceVpc` to the statement")
        .together("the resource policies of {count} private APIs let in every VPC of every account: {names}");
}

/// Where a policy allows everybody without a condition, and no `Deny` has one.
fn open_to_any_vpc(policy: &Policy<'_>) -> Option<Span> {
    let narrowed = policy.statements.iter().any(|statement| !statement.allows() && may_narrow(statement));
    if narrowed || !policy.complete {
        return None;
    }
    let open = policy.statements.iter().find(|statement| statement.allows() && statement.is_unconditional());
    open.and_then(Statement::everybody)
}

/// Whether a statement that does not allow may tell callers apart: by a condition, or by sparing some.
fn may_narrow(statement: &Statement<'_>) -> bool {
    !statement.denies()
        || !statement.is_unconditional()
        || statement.principals.as_ref().is_some_and(|principals| principals.negated)
}
