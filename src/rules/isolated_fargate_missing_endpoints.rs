//! `isolated-fargate-missing-endpoints`: containers on Fargate that cannot start.

use crate::diagnostic::Severity;

use super::{Check, Group, Persona, Rule, missing};

pub(super) static RULE: Rule = Rule {
    name: "isolated-fargate-missing-endpoints",
    group: Group::Reachability,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "Containers on Fargate in isolated subnets that miss several of the endpoints that they need",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html",
    page: include_str!("../../rules/isolated-fargate-missing-endpoints.md"),
    check: Check::Network(&["AWS::ECS::Service", "AWS::Batch::ComputeEnvironment"], |cx| {
        missing::check(cx, &RULE);
    }),
};
