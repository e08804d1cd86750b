//! `policy-too-large`: an endpoint policy with more characters than AWS takes, or nearly.

use crate::diagnostic::Severity;
use crate::facts::policy_facts;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "policy-too-large",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "An endpoint policy of more than 20,480 characters, which AWS refuses, or of nearly as many",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html",
    page: include_str!("../../rules/policy-too-large.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

/// From how many hundredths of the limit on a policy is nearly too large.
const NEARLY: usize = 90;

fn check(cx: &mut Context<'_, '_>) {
    let limit = policy_facts().endpoint_policy.max_characters as usize;
    for endpoint in &cx.network.endpoints {
        let Some(policy) = cx.network.possible_policy_of(endpoint) else { continue };
        let length = policy.written.unwrap_or(policy.compact);
        if length.characters * 100 < limit * NEARLY {
            continue;
        }
        let id = cx.id(endpoint.resource);
        let count = in_words(length.characters, length.exact);
        let (limit, too_large) = (in_words(limit, true), length.characters > limit);
        let message = if too_large {
            format!("the policy of `{id}` has {count} characters, but AWS takes {limit} at most")
        } else {
            format!("the policy of `{id}` has {count} characters, nearly the {limit} that AWS takes at most")
        };
        let finding = cx.report(endpoint.resource, policy.span, message);
        finding.here(format!("{count} characters"));
        if too_large {
            finding
                .why("the size of an endpoint policy is limited, white space included, and AWS does not raise the limit")
                .symptom("InvalidPolicyDocument when the endpoint is created or updated");
        } else {
            finding
                .severity(RULE.severity.lowered())
                .why("the next statements that somebody adds make the update of the stack fail");
        }
        finding.help(if policy.written.is_some() && policy.compact.characters < length.characters {
            "write the policy as a map instead of a text, which saves the white space, or replace lists of names by wildcards"
        } else {
            "replace lists of names by wildcards, or by a `Condition` such as one on `aws:ResourceOrgID`"
        });
    }
}

/// A number with its thousands set apart.
fn in_words(number: usize, exact: bool) -> String {
    let digits = number.to_string();
    let mut result = if exact { String::new() } else { "at least ".to_owned() };
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            result.push(',');
        }
        result.push(digit);
    }
    result
}
