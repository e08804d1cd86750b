//! How long a policy of the greatest length takes: to read it, and to ask it about a request.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;

use criterion::Criterion;
use privatelint::facts::{self, policy_facts};
use privatelint::policy::{Caller, Place, Policy, Reading, Request, Stack, evaluate, read};
use privatelint::scenario::{Freed, Scenarios};
use privatelint::syntax;
use privatelint::template::Template;
use privatelint::text::FileId;

fn main() {
    let longest = policy_facts().endpoint_policy.max_characters as usize;
    let source = template(&policy(longest));
    let parsed = syntax::parse(&source, FileId(0));
    let template = Template::from_tree(&parsed.tree, &source);
    let scenarios = Scenarios::of(&template, &BTreeMap::new(), &|_| true);
    let scenario = scenarios.scenario(0, Freed::None);
    let Some(expression) = template.iter().find_map(|(id, _)| template.property(id, "PolicyDocument")) else {
        return;
    };
    let reading = || read(&scenario, black_box(expression));
    let Some(Reading::Policy(policy)) = reading() else { return };

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("policy");
    group.bench_function("read", |bencher| bencher.iter(reading));
    for (name, request) in requests(&policy) {
        group.bench_function(name, |bencher| bencher.iter(|| evaluate(black_box(&policy), &request).verdict));
    }
    group.finish();
    criterion.final_summary();
}

/// A known request that the last statement allows, and one of which the stack does not know all.
fn requests(policy: &Policy<'_>) -> Vec<(&'static str, Request)> {
    let caller = Caller::role_of(&Stack::default());
    let known =
        Request::new(Place::Gateway, caller, "s3:GetObject", "arn:aws:s3:::the-last-one/2024/report.csv");
    let layers = facts::bucket("ecr-layers")
        .and_then(|bucket| Request::to_buckets(bucket, Place::Gateway, &policy.stack).into_iter().next());
    std::iter::once(("known", known)).chain(layers.map(|request| ("image layers", request))).collect()
}

/// A policy of statements about many buckets, as long as it may be.
fn policy(longest: usize) -> String {
    let last =
        r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::the-last-one/*"}"#;
    let mut text = r#"{"Version":"2012-10-17","Statement":["#.to_owned();
    for number in 0.. {
        let mut statement = format!(
            r#"{{"Sid":"S{number}","Effect":"Allow","Principal":{{"AWS":"*"}},"Action":["s3:GetObject","s3:PutObject"],"Resource":["arn:aws:s3:::bucket-{number}","arn:aws:s3:::bucket-{number}/*/report-?.csv"],"#
        );
        let _ = write!(
            statement,
            r#""Condition":{{"StringEquals":{{"aws:PrincipalOrgID":"o-{number}"}},"ArnLike":{{"aws:PrincipalArn":"arn:aws:iam::*:role/team-{number}-*"}}}}}},"#
        );
        if text.len() + statement.len() + last.len() + 2 > longest {
            break;
        }
        text.push_str(&statement);
    }
    let text = text + last + "]}";
    format!("{text:longest$}")
}

fn template(policy: &str) -> String {
    format!(
        "Resources:\n  Endpoint:\n    Type: AWS::EC2::VPCEndpoint\n    Properties:\n      PolicyDocument: !Sub '{policy}'\n"
    )
}
