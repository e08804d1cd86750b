//! `wildcard-endpoint-policy`: an endpoint policy that is written and allows everybody everything.

use std::cell::LazyCell;

use crate::diagnostic::Severity;
use crate::policy::{Part, Place, Policy, Request, Statement, Trial};

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "wildcard-endpoint-policy",
    group: Group::Security,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "An endpoint policy that allows everybody every action on every resource, as if there were none",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html",
    page: include_str!("../../rules/wildcard-endpoint-policy.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    for endpoint in &cx.network.endpoints {
        let Some(service) = endpoint.service_with_policy() else { continue };
        let Some(policy) = cx.network.policy_of(endpoint) else { continue };
        let prefixes = service.iam_prefixes();
        let region = cx.network.scenario.pseudo("AWS::Region");
        let wide =
            policy.statements.iter().find_map(|statement| statement.allows_everything(&prefixes, region));
        let Some(wide) = wide.filter(|_| cx.network.lets_nothing_through(endpoint).is_none()) else {
            continue;
        };
        let place = endpoint.place().unwrap_or(Place::Interface);
        let prefix = prefixes.first().copied().unwrap_or_default();
        let stranger = || Request::of_stranger(prefix, place, &policy.stack);
        let Some(restricted) = restricted(policy, stranger) else { continue };
        let id = cx.id(endpoint.resource);
        let finding = if restricted {
            let message =
                format!("the policy of `{id}` allows everybody whatever its `Deny` statements leave");
            cx.report(endpoint.resource, wide.action, message)
                .severity(RULE.severity.lowered())
                .why("only the `Deny` statements stand in the way; what they do not think of is allowed")
                .help("write their conditions into the `Allow` statement, or name its actions and resources")
                .together("the policies of {count} endpoints allow everybody whatever their `Deny` statements leave: {names}")
        } else {
            let message = format!("the policy of `{id}` allows everybody everything, as if there were none");
            cx.report(endpoint.resource, wide.action, message)
                .why("credentials and resources of any account may be used through the endpoint, so data can leave to an account that is not yours")
                .help(if service.id == "s3" {
                    "name the actions and buckets that the workloads need, those of AWS too, such as the one with the image layers of ECR"
                } else {
                    "name the actions and resources that the workloads need, or add a `Condition` on `aws:PrincipalOrgID` and `aws:ResourceOrgID`"
                })
                .together("the policies of {count} endpoints allow everybody everything, as if there were none: {names}")
        };
        finding.here("every action").label(Some(id), wide.principal, "for everybody").label(
            Some(id),
            wide.resource,
            "on every resource",
        );
    }
}

/// Whether a `Deny` statement draws a line around identities or resources; `None` where that is not known.
fn restricted(policy: &Policy<'_>, stranger: impl FnOnce() -> Request) -> Option<bool> {
    let stranger = LazyCell::new(stranger);
    let mut known = policy.complete;
    for (index, statement) in policy.statements.iter().enumerate() {
        if statement.denies() {
            match draws_line(statement, policy.trial(index, &stranger).as_ref()) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => known = false,
            }
        } else if !statement.allows() {
            known = false;
        }
    }
    known.then_some(false)
}

/// Whether a `Deny` statement spares only what is named, or has a condition that tells identities or resources apart and
/// does not spare strangers.
fn draws_line(statement: &Statement<'_>, trial: Option<&Trial>) -> Option<bool> {
    let negated = statement.principals.as_ref().is_some_and(|principals| principals.negated)
        || [&statement.actions, &statement.resources].into_iter().flatten().any(|patterns| patterns.negated);
    let conditional = statement.perimeter().next().is_some();
    let conditions = statement.conditions.as_ref();
    let known = statement.complete && conditions.is_none_or(|conditions| conditions.complete);
    let spared = |trial: &Trial| trial.misses().any(|miss| matches!(miss.part, Part::Condition(_)));
    if trial.is_some_and(spared) {
        Some(false)
    } else if negated || conditional {
        Some(true)
    } else {
        known.then_some(false)
    }
}
