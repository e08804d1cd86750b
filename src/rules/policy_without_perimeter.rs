//! `policy-without-perimeter`: endpoint policies that hold neither identities nor resources to the own organisation, or
//! only one of the two.

use crate::diagnostic::Severity;
use crate::facts::{Class, Perimeter, policy_facts};
use crate::network::Endpoint;
use crate::policy::{Opening, Policy};

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "policy-without-perimeter",
    group: Group::Security,
    severity: Severity::Info,
    persona: Persona::Perimeter,
    summary: "An endpoint policy without a line around identities, around resources, or around both",
    since: "0.1.0",
    url: "https://github.com/aws-samples/data-perimeter-policy-examples",
    page: include_str!("../../rules/policy-without-perimeter.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    for endpoint in &cx.network.endpoints {
        if let Some(policy) = cx.network.policy_of(endpoint) {
            check_policy(cx, endpoint, policy);
        } else if cx.network.has_default_policy(endpoint) && !is_said_elsewhere(endpoint) {
            let id = cx.id(endpoint.resource);
            let message = format!("`{id}` has no policy: it lets anybody reach resources of any account");
            cx.report(endpoint.resource, cx.id_span(endpoint.resource), message)
                .here("`PolicyDocument` is not written")
                .why(WHY_BOTH)
                .help(HELP_BOTH)
                .together("anybody reaches resources of any account through {count} endpoints without a policy: {names}");
        }
    }
}

const WHY_BOTH: &str = "somebody on a machine in the VPC can bring credentials of another account along, or write data to a resource of another account";
const HELP_BOTH: &str = "allow only with a `Condition` on `aws:PrincipalOrgID` and `aws:ResourceOrgID`, and what AWS itself needs in statements of its own";

/// Whether `default-policy-on-sensitive-service` speaks of the endpoint.
fn is_said_elsewhere(endpoint: &Endpoint<'_>) -> bool {
    let class = endpoint.aws_service().and_then(|service| service.class);
    matches!(class, Some(Class::Credentials | Class::Secrets | Class::ControlPlane))
}

fn check_policy(cx: &mut Context<'_, '_>, endpoint: &Endpoint<'_>, policy: &Policy<'_>) {
    let Some(service) = endpoint.aws_service() else { return };
    let (prefixes, region) = (service.iam_prefixes(), cx.network.scenario.pseudo("AWS::Region"));
    // Then `wildcard-endpoint-policy` speaks.
    if policy.statements.iter().any(|it| it.allows_everything(&prefixes, region).is_some()) {
        return;
    }
    let id = cx.id(endpoint.resource);
    let shared = &policy_facts().condition_keys.shared_across_accounts;
    let is_shared = prefixes.iter().any(|own| shared.iter().any(|prefix| prefix == own));
    for opening in policy.openings() {
        match opening {
            Opening::Both { identity, resource } => {
                let message = format!("the policy of `{id}` lets anybody reach resources of any account");
                cx.report(endpoint.resource, resource, message)
                    .here("resources of any account")
                    .label(Some(id), identity, "anybody")
                    .why(WHY_BOTH)
                    .help(HELP_BOTH)
                    .together("anybody reaches resources of any account by {count} statements in endpoint policies: {names}")
            }
            Opening::Side(Perimeter::Identity, span) => {
                let message =
                    format!("the policy of `{id}` draws a line around resources, but none around identities");
                cx.report(endpoint.resource, span, message)
                    .here("anybody, in every statement")
                    .why("somebody on a machine in the VPC can use credentials of another account with the resources inside the line")
                    .help("add `aws:PrincipalOrgID` or `aws:PrincipalAccount` to the `Condition`")
                    .together("a line around resources, but none around identities, is in the policies of {count} endpoints: {names}")
            }
            // Elsewhere own identities reach nothing of others.
            Opening::Side(Perimeter::Resource, _) if !is_shared => continue,
            Opening::Side(Perimeter::Resource, span) => {
                let message =
                    format!("the policy of `{id}` draws a line around identities, but none around resources");
                cx.report(endpoint.resource, span, message)
                    .here("resources of any account, in every statement")
                    .why("workloads in the VPC, or somebody with their credentials, can write data to a resource of another account that lets them")
                    .help("add `aws:ResourceOrgID` or `aws:ResourceAccount` to the `Condition`, or name the resources")
                    .together("a line around identities, but none around resources, is in the policies of {count} endpoints: {names}")
            }
        };
    }
}
