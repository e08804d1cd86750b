//! `policy-arn-account-mix`: ARNs in endpoint policies whose account is in part a wildcard.

use crate::diagnostic::Severity;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "policy-arn-account-mix",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "An ARN in an endpoint policy with a wildcard in the middle of its account",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html",
    page: include_str!("../../rules/policy-arn-account-mix.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    for endpoint in &cx.network.endpoints {
        let Some(policy) = cx.network.policy_of(endpoint) else { continue };
        for &span in policy.vague_accounts() {
            let id = cx.id(endpoint.resource);
            let message =
                format!("an ARN in the policy of `{id}` has a part of an account beside a wildcard");
            cx.report(endpoint.resource, span, message)
                .here("the account is an id or a wildcard, never both")
                .why("AWS refuses such an endpoint policy since July 2024, because ids of accounts could be guessed digit by digit with it")
                .help("write the whole account id, or only `*`")
                .symptom("NO_WILDCARD")
                .together("endpoint policies have {count} ARNs with a part of an account beside a wildcard: {names}");
        }
    }
}
