//! `default-policy-on-sensitive-service`: an endpoint for credentials, secrets or the control plane that lets
//! everything pass because nobody wrote a policy.

use crate::diagnostic::Severity;
use crate::facts::Class;
use crate::network::Endpoint;
use crate::text::Span;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "default-policy-on-sensitive-service",
    group: Group::Security,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "An endpoint for credentials, secrets or the control plane without a policy: it lets everything pass",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html",
    page: include_str!("../../rules/default-policy-on-sensitive-service.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    for endpoint in &cx.network.endpoints {
        let (Some(reason), Some(service)) = (sensitive(endpoint), endpoint.aws_service()) else { continue };
        if !cx.network.has_default_policy(endpoint) {
            continue;
        }
        let id = cx.id(endpoint.resource);
        let perimeter = perimeter_beside(cx, endpoint);
        let message = format!(
            "`{id}` has no policy: anybody's credentials may be used through it, for anything in `{}`",
            service.id
        );
        let finding = cx.report(endpoint.resource, cx.id_span(endpoint.resource), message);
        finding
            .here(format!("`PolicyDocument` is not written, and the service {reason}"))
            .why("without a policy an endpoint lets everything pass, so whoever gets onto a machine in the VPC reaches the service with credentials of any account, on a way that no firewall sees")
            .help("add `PolicyDocument` with the actions that the workloads need and a `Condition` on `aws:PrincipalOrgID` or `aws:PrincipalAccount`")
            .together("anybody's credentials may be used through {count} endpoints for credentials, secrets or the control plane, which have no policy: {names}");
        match perimeter {
            Some((other, span)) => {
                finding.label(Some(other), span, "another endpoint of the VPC is part of a perimeter");
            }
            // Nobody here means to draw a line.
            None => _ = finding.severity(RULE.severity.lowered()),
        }
    }
}

/// The first endpoint of the same VPC whose policy draws a line around identities or resources, and the place.
fn perimeter_beside<'n, 't>(cx: &Context<'n, 't>, endpoint: &Endpoint<'t>) -> Option<(&'n str, Span)> {
    let others = cx.network.endpoints_in(endpoint.vpc.as_ref()?);
    others.filter(|other| other.resource != endpoint.resource).find_map(|other| {
        let statements = &cx.network.policy_of(other)?.statements;
        let (condition, _) = statements.iter().find_map(|statement| statement.perimeter().next())?;
        Some((cx.network.id(other.resource), condition.key.span))
    })
}

/// Why its service deserves a policy more than others, in words.
fn sensitive(endpoint: &Endpoint<'_>) -> Option<&'static str> {
    match endpoint.aws_service()?.class? {
        Class::Credentials => Some("hands out credentials"),
        Class::Secrets => Some("holds secrets or keys"),
        Class::ControlPlane => Some("creates and changes resources of the account"),
        Class::Data | Class::RemoteAccess => None,
    }
}
