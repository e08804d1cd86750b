//! `gateway-policy-principal`: the policy of a gateway endpoint names principals, of which it knows `*` only.

use crate::diagnostic::{Applicability, Edit, Severity};
use crate::facts::EndpointType;
use crate::network::Endpoint;
use crate::policy::{Effect, Policy, Principal, PrincipalKind, Principals, Statement};
use crate::scenario::Data;
use crate::template::{Template, Written};

use super::written::fits_its_service;
use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "gateway-policy-principal",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "The policy of a gateway endpoint with another principal than `*`, the only one that it can have",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html",
    page: include_str!("../../rules/gateway-policy-principal.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    for endpoint in &cx.network.endpoints {
        if !endpoint.is(EndpointType::Gateway) || !fits_its_service(endpoint) {
            continue;
        }
        let Some(policy) = cx.network.possible_policy_of(endpoint) else { continue };
        for statement in &policy.statements {
            let principals = statement.principals.as_ref().filter(|principals| !principals.negated);
            if let Some(principals) = principals
                && principals.name_everybody(&policy.stack) == Some(false)
            {
                report(cx, endpoint, policy, statement, principals);
            }
        }
    }
}

fn report(
    cx: &mut Context<'_, '_>,
    endpoint: &Endpoint<'_>,
    policy: &Policy<'_>,
    statement: &Statement<'_>,
    principals: &Principals<'_>,
) {
    let id = cx.id(endpoint.resource);
    let account = principals.items.iter().find(|principal| principal.is_account(&policy.stack));
    let span = account.or(principals.items.first()).map_or(principals.span, |it| it.value.span);
    let (verb, plural) = match statement.known_effect() {
        Some(Effect::Allow) => ("allows", "allow"),
        Some(Effect::Deny) => ("denies", "deny"),
        None => ("names", "name"),
    };
    let object = if account.is_some() {
        "an account, which at a gateway endpoint is its root user alone"
    } else {
        "named principals, but a gateway endpoint knows `*` only"
    };
    let edits = by_condition(cx.template(), policy, statement, principals);
    let finding = cx.report(endpoint.resource, span, format!("the policy of `{id}` {verb} {object}"));
    if account.is_some() {
        finding
            .here("the root user, and no role or user of the account")
            .why("at a gateway endpoint the number of an account or its `:root` stands for the root user; the roles and users, who make the requests, are not meant")
            .help("write `Principal: \"*\"`, and name the account in a `Condition` on `aws:PrincipalAccount`");
    } else {
        finding
            .here("not `*`")
            .why("the `Principal` of a gateway endpoint's policy must be `*`; roles and users are told apart by a condition key instead")
            .help("write `Principal: \"*\"`, and name the roles and users in a `Condition` on `aws:PrincipalArn`");
    }
    finding.fix(Applicability::Suggested, "name them in a `Condition`", edits);
    if statement.allows() {
        finding.symptom("AccessDenied (403): no VPC endpoint policy allows the action");
    }
    if let Some(span) = endpoint.kind_span {
        finding.label(Some(id), span, "a gateway endpoint");
    }
    let objects = if account.is_some() { "accounts, which are their root users alone there" } else { object };
    finding.together(format!(
        "in policies of gateway endpoints, {{count}} statements {plural} {objects}: {{names}}"
    ));
}

/// Everybody, and who is meant in a condition: accounts, or roles and users, where all are spelt out and the statement
/// has no condition yet.
fn by_condition(
    template: &Template<'_>,
    policy: &Policy<'_>,
    statement: &Statement<'_>,
    principals: &Principals<'_>,
) -> Option<Vec<Edit>> {
    let all_known = statement.complete && principals.complete && !principals.items.is_empty();
    if statement.conditions.is_some() || !all_known {
        return None;
    }
    let are_accounts = principals.items.iter().all(|item| item.is_account(&policy.stack));
    let name = |item: &Principal<'_>| {
        if are_accounts { account(item) } else { identity(template, item) }
    };
    let mut names = principals.items.iter().map(name).collect::<Option<Vec<Written>>>()?;
    let (operator, key) = if are_accounts {
        ("StringEquals", "aws:PrincipalAccount")
    } else {
        ("ArnEquals", "aws:PrincipalArn")
    };
    let value = if names.len() == 1 { names.pop()? } else { Written::List(names) };
    let condition = Written::map([(operator, Written::map([(key, value)]))]);
    template.edit(|editor| {
        let mut edits = editor.replace_in(statement.span, "Principal", &Written::text("*"))?;
        edits.extend(editor.insert_in(statement.span, "Condition", &condition, None)?);
        Some(edits)
    })
}

/// The number of an account that is named by it or by its root user.
fn account(principal: &Principal<'_>) -> Option<Written> {
    let own = || Some(Written::reference("AWS::AccountId"));
    match &principal.value.data {
        Data::Text(text) => {
            let number = text.strip_suffix(":root").and_then(|arn| arn.rsplit(':').next()).unwrap_or(text);
            let digits = number.len() == 12 && number.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| Written::text(number))
        }
        Data::Symbol(symbol) if &*symbol.key == "AWS::AccountId" => own(),
        Data::Pieces(pieces) => match pieces.as_slice() {
            [.., account, root] if matches!(&root.data, Data::Text(text) if text == ":root") => {
                let is_own =
                    matches!(&account.data, Data::Symbol(symbol) if &*symbol.key == "AWS::AccountId");
                if is_own { own() } else { None }
            }
            _ => None,
        },
        _ => None,
    }
}

/// The ARN of a role or user, spelt out or made here.
fn identity(template: &Template<'_>, principal: &Principal<'_>) -> Option<Written> {
    if principal.kind != PrincipalKind::Aws {
        return None;
    }
    match &principal.value.data {
        Data::Text(text) => {
            let named = text.contains(":iam::") && (text.contains(":role/") || text.contains(":user/"));
            (named && !text.contains(['*', '?', '$'])).then(|| Written::text(text.as_ref()))
        }
        Data::Reference(reference) if reference.attribute.as_deref() == Some("Arn") => {
            let resource = template.resource(reference.resource);
            matches!(resource.kind.text.as_ref(), "AWS::IAM::Role" | "AWS::IAM::User")
                .then(|| Written::GetAtt(resource.id.text.clone().into_owned(), "Arn".to_owned()))
        }
        _ => None,
    }
}
