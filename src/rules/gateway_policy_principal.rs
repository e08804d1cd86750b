//! `gateway-policy-principal`: the policy of a gateway endpoint names principals, of which it knows `*` only.

use crate::diagnostic::Severity;
use crate::facts::EndpointType;
use crate::network::Endpoint;
use crate::policy::{Effect, Policy, Principals, Statement};

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
