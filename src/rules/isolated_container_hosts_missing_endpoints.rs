//! `isolated-container-hosts-missing-endpoints`: container instances without a way to what they need.

use crate::diagnostic::Severity;

use super::{Check, Group, Persona, Rule, missing};

pub(super) static RULE: Rule = Rule {
    name: "isolated-container-hosts-missing-endpoints",
    group: Group::Reachability,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "Container instances in isolated subnets that cannot register, pull images or write logs",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html",
    page: include_str!("../../rules/isolated-container-hosts-missing-endpoints.md"),
    check: Check::Network(
        &[
            "AWS::AutoScaling::AutoScalingGroup",
            "AWS::Batch::ComputeEnvironment",
            "AWS::EC2::Instance",
            "AWS::ECS::Service",
        ],
        |cx| missing::check(cx, &RULE),
    ),
};
