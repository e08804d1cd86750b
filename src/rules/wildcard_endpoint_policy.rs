//! `wildcard-endpoint-policy`: an endpoint policy that is written and allows everybody everything.

use crate::diagnostic::Severity;
use crate::facts::{self, Service, policy_facts};
use crate::network::Endpoint;
use crate::policy::{self, Policy, Reading, Statement};
use crate::text::Span;

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
        let Some(service) = service_with_policy(endpoint) else { continue };
        let property = cx.template().resource(endpoint.resource).property("PolicyDocument");
        let reading = property.and_then(|property| policy::read(cx.network.scenario, property));
        let Some(Reading::Policy(policy)) = reading else { continue };
        let prefixes = prefixes(service);
        let region = cx.network.scenario.pseudo("AWS::Region");
        let wide = policy.statements.iter().find_map(|statement| wide_open(statement, &prefixes, region));
        let (Some(wide), Some(restricted)) = (wide, restricted(&policy)) else { continue };
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

/// The service of AWS whose endpoint obeys its policy. Customers' services take none, and endpoints to appliances,
/// resources and service networks neither.
fn service_with_policy(endpoint: &Endpoint<'_>) -> Option<&'static Service> {
    let without = &policy_facts().endpoint_policy.types_without_policy;
    let obeys = endpoint.kind.is_none_or(|kind| !without.contains(&kind));
    endpoint.aws_service().filter(|service| obeys && service.documented_policy() != Some(false))
}

/// The prefixes of the service's actions; where the data has none, the id of the service, which nearly always is one.
fn prefixes(service: &'static Service) -> Vec<&'static str> {
    let base = service.base_id().and_then(facts::service).unwrap_or(service);
    if base.iam.is_empty() { vec![&base.id] } else { base.iam.iter().map(String::as_str).collect() }
}

/// The places of a statement that allows everybody everything.
struct WideOpen {
    principal: Span,
    action: Span,
    resource: Span,
}

fn wide_open(statement: &Statement<'_>, prefixes: &[&str], region: Option<&str>) -> Option<WideOpen> {
    if !statement.allows() || !statement.is_unconditional() {
        return None;
    }
    Some(WideOpen {
        principal: statement.everybody()?,
        action: statement.every_action(prefixes)?,
        resource: statement.every_resource(prefixes, region)?,
    })
}

/// Whether a `Deny` statement draws a line around identities or resources; `None` where that is not known.
fn restricted(policy: &Policy<'_>) -> Option<bool> {
    let mut known = policy.complete;
    for statement in &policy.statements {
        if statement.denies() {
            match draws_line(statement) {
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

/// Whether a `Deny` statement spares only what is named, or has a condition that tells identities or resources apart.
fn draws_line(statement: &Statement<'_>) -> Option<bool> {
    let negated = statement.principals.as_ref().is_some_and(|principals| principals.negated)
        || [&statement.actions, &statement.resources].into_iter().flatten().any(|patterns| patterns.negated);
    let keys = &policy_facts().condition_keys.endpoint_policy_perimeter;
    let is_perimeter = |key: &str| keys.iter().any(|known| known.eq_ignore_ascii_case(key));
    let conditions = statement.conditions.as_ref();
    let conditional = conditions
        .is_some_and(|conditions| conditions.items.iter().any(|condition| is_perimeter(&condition.key.text)));
    let known = statement.complete && conditions.is_none_or(|conditions| conditions.complete);
    if negated || conditional { Some(true) } else { known.then_some(false) }
}
