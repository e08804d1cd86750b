//! `policy-foreign-actions`: an endpoint policy that allows actions of services to which the endpoint does not lead.

use crate::diagnostic::{Severity, listed};
use crate::network::Endpoint;
use crate::policy::{ForeignActions, Policy};

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "policy-foreign-actions",
    group: Group::Reachability,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "An endpoint policy that allows actions of services to which the endpoint does not lead",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html",
    page: include_str!("../../rules/policy-foreign-actions.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    for endpoint in &cx.network.endpoints {
        if let Some(policy) = cx.network.policy_of(endpoint) {
            check_policy(cx, endpoint, policy);
        }
    }
}

fn check_policy(cx: &mut Context<'_, '_>, endpoint: &Endpoint<'_>, policy: &Policy<'_>) {
    let Some(service) = endpoint.aws_service() else { return };
    let prefixes: Vec<&str> = service.known_iam_prefixes().iter().map(String::as_str).collect();
    if prefixes.is_empty() {
        return;
    }
    let allowing = policy.statements.iter().filter(|statement| statement.allows());
    let found: Vec<ForeignActions<'_>> = allowing.map(|it| it.foreign_actions(&prefixes)).collect();
    let nothing_else = policy.complete
        && found.iter().all(|actions| actions.only)
        && policy.statements.iter().all(|statement| statement.known_effect().is_some());
    let places = found.iter().flat_map(|actions| &actions.items);
    let mut foreign: Vec<&str> = places.clone().map(|&(prefix, _)| prefix).collect();
    foreign.sort_unstable();
    foreign.dedup();
    // One text for several endpoints names the actions of all of them.
    if !nothing_else && foreign.iter().all(|&prefix| leads_elsewhere(cx, endpoint, prefix)) {
        return;
    }
    let mut places = places.map(|&(_, span)| span);
    let Some(first) = places.next() else { return };
    let (id, own) = (cx.id(endpoint.resource), &service.id);
    let foreign = listed(foreign.into_iter());
    let finding = if nothing_else {
        let message = format!(
            "the policy of `{id}` allows actions of {foreign} only, and the endpoint leads to `{own}`: nothing passes"
        );
        cx.report(endpoint.resource, first, message)
            .why("requests to other services never come through this endpoint, and those to its own service match no statement, so they are denied")
            .help(format!("name actions of `{}`", prefixes.join("` or `")))
            .symptom("because no VPC endpoint policy allows the action")
    } else {
        let message = format!(
            "the policy of `{id}` names actions of {foreign}, which never come through an endpoint for `{own}`"
        );
        cx.report(endpoint.resource, first, message)
            .severity(RULE.severity.lowered())
            .why("an endpoint carries the requests to its own service only, so whoever relies on these lines relies on nothing")
            .help("remove them, or put them into the policy of the endpoint for that service")
            .together(format!("the policies of {{count}} endpoints name actions of {foreign}, to which they do not lead: {{names}}"))
    };
    finding.here("an action of another service");
    for span in places {
        finding.label(Some(id), span, "another one");
    }
}

/// Whether another endpoint of the template leads to a service with this IAM prefix.
fn leads_elsewhere(cx: &Context<'_, '_>, endpoint: &Endpoint<'_>, prefix: &str) -> bool {
    let others = cx.network.endpoints.iter().filter(|other| other.resource != endpoint.resource);
    others
        .filter_map(Endpoint::aws_service)
        .any(|service| service.iam_prefixes().iter().any(|own| own.eq_ignore_ascii_case(prefix)))
}
