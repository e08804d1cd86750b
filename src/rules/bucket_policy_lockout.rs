//! `bucket-policy-lockout`: the policy of a resource that denies everything but what comes through endpoints, or compares
//! an endpoint with a VPC.

use crate::diagnostic::Severity;
use crate::network::{Lockout, MixUp, Named, ResourcePolicy};
use crate::policy::Effect;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "bucket-policy-lockout",
    group: Group::Reachability,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "The policy of a bucket, queue, topic, key or secret that locks out whoever does not come through an endpoint",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies-vpc-endpoint.html",
    page: include_str!("../../rules/bucket-policy-lockout.md"),
    check: Check::Network(
        &[
            "AWS::ApiGateway::RestApi",
            "AWS::KMS::Key",
            "AWS::KMS::ReplicaKey",
            "AWS::S3::BucketPolicy",
            "AWS::SNS::TopicInlinePolicy",
            "AWS::SNS::TopicPolicy",
            "AWS::SQS::QueueInlinePolicy",
            "AWS::SQS::QueuePolicy",
            "AWS::SecretsManager::ResourcePolicy",
        ],
        check,
    ),
};

fn check(cx: &mut Context<'_, '_>) {
    for policy in &cx.network.resource_policies {
        let mix_ups = cx.network.mix_ups(policy);
        for mix_up in &mix_ups {
            report_mix_up(cx, policy, mix_up);
        }
        for lockout in policy.lockouts() {
            // What is mixed up is to be mended first.
            if mix_ups.iter().all(|mix_up| mix_up.statement.span != lockout.statement.span) {
                report_lockout(cx, policy, &lockout);
            }
        }
    }
}

fn report_mix_up(cx: &mut Context<'_, '_>, policy: &ResourcePolicy<'_>, mix_up: &MixUp<'_, '_>) {
    let (id, key) = (cx.id(policy.resource), &mix_up.condition.key);
    let (what, instead) = match mix_up.named {
        Named::Vpc => ("a VPC", "aws:SourceVpc"),
        Named::Endpoint => ("an endpoint", "aws:SourceVpce"),
    };
    let negated = mix_up.condition.operator().filter(|_| mix_up.all).map(|operator| operator.negated);
    let why = match (mix_up.statement.known_effect(), negated) {
        (Some(Effect::Deny), Some(true)) => {
            "no request has such a value, so the statement denies everything, through endpoints too"
        }
        (Some(Effect::Allow), Some(false)) => {
            "no request has such a value, so the statement never allows anything"
        }
        _ => "no request has such a value, so nothing is ever equal to it",
    };
    cx.report(policy.resource, mix_up.span, format!("`{}` is compared with {what} in `{id}`", key.text))
        .here(what)
        .label(Some(id), key.span, format!("`{instead}` is the key for this"))
        .why(why)
        .help(format!("compare `{instead}` with it"))
        .symptom("AccessDenied");
}

fn report_lockout(cx: &mut Context<'_, '_>, policy: &ResourcePolicy<'_>, lockout: &Lockout<'_, '_>) {
    let (id, noun) = (cx.id(policy.resource), policy.kind.noun.as_str());
    let place = lockout.condition.span();
    let key = &lockout.condition.key.text;
    let finding = if let Some(change) = lockout.change {
        let message = format!(
            "`{id}` denies `{change}` to whatever does not come through an endpoint, CloudFormation included"
        );
        cx.report(policy.resource, place, message)
            .why(format!("CloudFormation and the console come from networks of AWS, where no request has `{key}`, so the stack can neither change nor delete this policy again"))
            .help("except those who must keep access, by `aws:PrincipalArn` in the same `Condition`, or deny the actions on data only")
            .symptom(match noun {
                "key" => "The new key policy will not allow you to update the key policy in the future",
                _ => "with an explicit deny in a resource-based policy",
            })
    } else {
        let message = format!(
            "`{id}` denies its actions to services of AWS too, which do not come through an endpoint"
        );
        cx.report(policy.resource, place, message)
            .severity(RULE.severity.lowered())
            .why(format!("the console, replication, log delivery and services that use the {noun} for you come from networks of AWS, where no request has `{key}`"))
            .help("if one of them uses it, except it by `aws:PrincipalIsAWSService` and `aws:ViaAWSService` in the same `Condition`")
            .together(format!("services of AWS, which do not come through an endpoint, are denied too in {{count}} policies of {noun}s: {{names}}"))
    };
    finding.here("holds for every request that comes by another way");
    if let Some(actions) = &lockout.statement.actions {
        let denied = if actions.negated { "all but this is denied to it" } else { "this is denied to it" };
        finding.label(Some(id), actions.span, denied);
    }
}
