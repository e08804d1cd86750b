//! `wrong-direction-condition`: conditions about the way of a request in a policy that sees only one way, and conditions
//! on addresses that requests through endpoints do not carry.

use crate::diagnostic::{Applicability, Edit, Severity, listed};
use crate::facts::policy_facts;
use crate::network::{AddressCondition, AddressRange, ResourcePolicy};
use crate::policy::{Condition, Policy, Statement};
use crate::template::ResourceId;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "wrong-direction-condition",
    group: Group::Reachability,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "A condition on the way of a request that says nothing there: the endpoint itself, or `aws:SourceIp` through endpoints",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
    page: include_str!("../../rules/wrong-direction-condition.md"),
    check: Check::Network(&["AWS::ApiGateway::RestApi", "AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let keys = &policy_facts().condition_keys;
    for endpoint in &cx.network.endpoints {
        let Some(policy) = cx.network.policy_of(endpoint) else { continue };
        for statement in &policy.statements {
            for condition in statement.conditions() {
                let key = condition.key.text.as_ref();
                if keys.is_of_endpoint(key) {
                    report_endpoint_itself(cx, endpoint.resource, condition);
                } else if keys.never_comes_through(key) {
                    report_address(cx, endpoint.resource, policy, statement, condition);
                }
            }
        }
    }
    for policy in &cx.network.resource_policies {
        for found in cx.network.address_conditions(policy) {
            report_resource_policy(cx, policy, &found);
        }
    }
}

fn report_endpoint_itself(cx: &mut Context<'_, '_>, endpoint: ResourceId, condition: &Condition<'_>) {
    let (id, key) = (cx.id(endpoint), &condition.key.text);
    cx.report(endpoint, condition.key.span, format!("`{key}` in the policy of `{id}` always tells of this endpoint itself"))
        .here("the same for every request that comes here")
        .label(Some(id), condition.span(), "compared with this")
        .why("every request at an endpoint has come through it and from its VPC, so the condition holds for all of them or for none")
        .help("put the condition into the policy of the resource behind the endpoint; here use `aws:PrincipalOrgID` or `aws:ResourceOrgID`")
        .symptom("because no VPC endpoint policy allows")
        .together(format!("`{key}` tells of the endpoint itself, {{count}} times in policies of endpoints: {{names}}"));
}

fn report_address(
    cx: &mut Context<'_, '_>,
    endpoint: ResourceId,
    policy: &Policy<'_>,
    statement: &Statement<'_>,
    condition: &Condition<'_>,
) {
    let (id, key) = (cx.id(endpoint), &condition.key.text);
    // Where nothing is allowed, that is what is wrong in the first place.
    let useful = policy.statements.iter().any(Statement::allows);
    let edits = if useful { private_address(cx, statement, condition) } else { None };
    let holds = condition.operator().map(|operator| operator.negated || operator.if_exists);
    let why = match (statement.denies(), holds) {
        (true, Some(true)) => {
            "the condition holds for every request without the key, so all that the statement is about is denied"
        }
        (true, _) => "the condition never holds, so the statement denies nothing",
        (false, Some(true)) => {
            "the condition holds for every request without the key, so it holds nobody back"
        }
        (false, _) => "the condition never holds, so the statement allows nothing",
    };
    cx.report(endpoint, condition.key.span, format!("`{key}` in the policy of `{id}` is in no request that comes through an endpoint"))
        .here("never there")
        .label(Some(id), condition.span(), "compared with this")
        .why(why)
        .help("use `aws:VpcSourceIp`, the private address that the request comes from")
        .fix(Applicability::Suggested, "compare `aws:VpcSourceIp`", edits)
        .symptom("because no VPC endpoint policy allows")
        .together(format!("`{key}` is in no request that comes through an endpoint, {{count}} times in policies of endpoints: {{names}}"));
}

/// The key of private addresses instead, where it is compared with nothing but such.
fn private_address(
    cx: &Context<'_, '_>,
    statement: &Statement<'_>,
    condition: &Condition<'_>,
) -> Option<Vec<Edit>> {
    const KEY: &str = "aws:VpcSourceIp";
    let private = condition.values.iter().all(|value| AddressRange::of(value).is_private());
    let key = &condition.key.text;
    let certain = condition.complete
        && !condition.values.is_empty()
        && key.eq_ignore_ascii_case("aws:SourceIp")
        && statement.conditions().iter().all(|other| !other.key.text.eq_ignore_ascii_case(KEY));
    if !private || !certain {
        return None;
    }
    cx.template().edit(|editor| editor.respell(condition.key.span, key, KEY))
}

fn report_resource_policy(
    cx: &mut Context<'_, '_>,
    policy: &ResourcePolicy<'_>,
    found: &AddressCondition<'_, '_>,
) {
    let network = cx.network;
    let (id, key) = (cx.id(policy.resource), &found.condition.key);
    let api = network.private_apis.iter().find(|api| api.resource == policy.resource);
    let endpoints: Vec<ResourceId> = network.endpoints_before(policy.kind).map(|it| it.resource).collect();
    let through = match endpoints.as_slice() {
        [] if api.is_some() => "an endpoint".to_owned(),
        [] => return,
        known => listed(known.iter().map(|&resource| network.id(resource))),
    };
    let (message, why) = if found.denies {
        (
            format!(
                "a `Deny` of `{id}` applies to all that comes through {through}, where no request has `{}`",
                key.text
            ),
            "a negated condition holds for requests without the key, and those through an endpoint never have it",
        )
    } else {
        (
            format!("`{id}` allows by `{}`, which no request through {through} has", key.text),
            "requests through an endpoint have `aws:VpcSourceIp` in its place, and private addresses never are in `aws:SourceIp`",
        )
    };
    let finding = cx.report(policy.resource, key.span, message);
    finding
        .here("not in requests through endpoints")
        .label(Some(id), found.range.unwrap_or(found.condition.span()), "compared with this")
        .why(why)
        .help(if found.denies && api.is_none() {
            "add `aws:SourceVpce` or `aws:SourceVpc` to the negated part of the same `Condition`, so that both must differ"
        } else {
            "use `aws:VpcSourceIp` for private addresses, with `aws:SourceVpc` beside it"
        })
        .symptom("AccessDenied");
    if let Some(api) = api {
        finding.label(Some(id), api.span, "private: every call comes through an endpoint");
    }
    for endpoint in endpoints {
        let span = network.template().resource(endpoint).id.span;
        finding.label(Some(network.id(endpoint)), span, format!("leads to the {}", policy.kind.noun));
    }
}
