//! `s3-policy-blocks-aws-buckets`: a policy of an endpoint for S3 that shuts out buckets of AWS that a workload uses.

use crate::diagnostic::{Applicability, Severity, listed};
use crate::facts::{Bucket, Signer};
use crate::network::{BucketUse, Denial, Endpoint, Network, Workload, World};

use super::shut_out::{self, User};
use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "s3-policy-blocks-aws-buckets",
    group: Group::Reachability,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "The policy of an endpoint for Amazon S3 shuts out buckets of AWS that a workload depends on",
    since: "0.1.0",
    url: "https://github.com/aws-samples/data-perimeter-policy-examples",
    page: include_str!("../../rules/s3-policy-blocks-aws-buckets.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for endpoint in network.endpoints.iter().filter(|endpoint| endpoint.service_id() == Some("s3")) {
        if network.policy_of(endpoint).is_none() || network.lets_nothing_through(endpoint).is_some() {
            continue;
        }
        let mut users: Vec<(&'static Bucket, Vec<(User<'_>, &BucketUse)>)> = Vec::new();
        for (workload, used) in uses(network, endpoint) {
            let Some(user) = shut_out::user(network, workload, endpoint) else { continue };
            match users.iter_mut().find(|(bucket, _)| bucket.id == used.bucket.id) {
                Some((_, users)) => users.push((user, used)),
                None => users.push((used.bucket, vec![(user, used)])),
            }
        }
        for (bucket, users) in users {
            if let Some(denial) = network.shuts_out(endpoint, bucket) {
                report(cx, endpoint, &denial, bucket, &users);
            }
        }
    }
}

/// What the workloads in the VPC of an endpoint use.
fn uses<'n>(
    network: &'n Network<'_, '_>,
    endpoint: &'n Endpoint<'_>,
) -> impl Iterator<Item = (&'n Workload, &'n BucketUse)> {
    let here = |workload: &&Workload| {
        !workload.buckets.is_empty()
            && network.vpc_of(workload).map(|vpc| &vpc.identity) == endpoint.vpc.as_ref()
    };
    let workloads = network.workloads.iter().filter(here);
    workloads.flat_map(|workload| workload.buckets.iter().map(move |used| (workload, used)))
}

fn report(
    cx: &mut Context<'_, '_>,
    endpoint: &Endpoint<'_>,
    denial: &Denial<'_, '_>,
    bucket: &'static Bucket,
    users: &[(User<'_>, &BucketUse)],
) {
    let network = cx.network;
    let id = network.id(endpoint.resource);
    let names = listed(users.iter().map(|(user, _)| network.id(user.workload.resource)));
    let Some(failure) = &bucket.failure else { return };
    let told = shut_out::told(cx, denial, bucket);
    let Some((first, faults)) = told.faults.split_first() else { return };
    let failure = failure.replace("{}", &names);
    let headline = format!("{failure}: the policy of `{id}` shuts out {}", shut_out::named(bucket));
    let finding = cx.report(endpoint.resource, first.span, headline);
    finding.severity(severity(network, endpoint, denial, bucket, users)).here(&first.words);
    for fault in faults {
        finding.label(Some(id), fault.span, &fault.words);
    }
    for (user, used) in users {
        let place = network.template().resource(user.workload.resource).id.span;
        if place != used.span {
            finding.label(
                Some(network.id(used.resource)),
                used.span,
                format!("needs {}", shut_out::named(bucket)),
            );
        }
        finding.label(Some(network.id(user.workload.resource)), place, user.in_words(network, endpoint));
    }
    finding.fix(
        Applicability::Suggested,
        format!("allow {} in a statement of their own", shut_out::named(bucket)),
        told.statement.clone(),
    );
    finding.why(why(bucket)).help(&told.help);
    if let Some(symptom) = &bucket.symptom {
        finding.symptom(symptom);
    }
}

/// CloudFormation waits for answers and signals. What may be otherwise is a level lower: where a workload has other
/// ways too, where the VPC is open, and where a parameter may name the bucket.
fn severity(
    network: &Network<'_, '_>,
    endpoint: &Endpoint<'_>,
    denial: &Denial<'_, '_>,
    bucket: &Bucket,
    users: &[(User<'_>, &BucketUse)],
) -> Severity {
    let stops_stack = |user: &User<'_>| match bucket.id.as_str() {
        "cfn-custom-resource" => true,
        "cfn-wait-condition" => user.workload.awaited.is_some(),
        _ => false,
    };
    let vpc = endpoint.vpc.as_ref().and_then(|vpc| network.vpc(vpc));
    let closed = vpc.is_some_and(|vpc| network.endpoint_world(vpc) == World::Closed);
    let of_user = |user: &User<'_>| {
        let severity = if stops_stack(user) { Severity::Error } else { RULE.severity };
        if user.wholly && closed && denial.unless_named.is_empty() { severity } else { severity.lowered() }
    };
    users.iter().map(|(user, _)| of_user(user)).max().unwrap_or(RULE.severity)
}

fn why(bucket: &Bucket) -> String {
    let names = bucket.arns.iter().filter_map(|arn| arn.split(":::").nth(1)?.split('/').next());
    let names: Vec<String> = names.map(shut_out::in_words).collect();
    let (noun, it, belongs) = match names.len() {
        1 => ("this is the bucket", "it", "it belongs to an account"),
        _ => ("these are the buckets", "them", "they belong to accounts"),
    };
    let signed = match bucket.auth {
        Signer::Anonymous => format!(
            "requests to {it} are not signed, so that no condition on principals or organizations lets them through"
        ),
        Signer::Caller => {
            format!("{belongs} of AWS, so that no condition on your own resources lets requests through")
        }
        Signer::PresignedAccount | Signer::PresignedService | Signer::PresignedAws => format!(
            "AWS signs the requests to {it}, so that no condition on your own organization or accounts lets them through"
        ),
    };
    format!("{noun} {} of AWS; {signed}", listed(names.iter().map(String::as_str)))
}
