//! `isolated-function-missing-endpoints`: a function whose calls cannot leave the VPC.

use crate::diagnostic::Severity;

use super::{Check, Group, Persona, Rule, missing};

pub(super) static RULE: Rule = Rule {
    name: "isolated-function-missing-endpoints",
    group: Group::Reachability,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "A function in isolated subnets whose calls to a service of AWS cannot leave the VPC",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html",
    page: include_str!("../../rules/isolated-function-missing-endpoints.md"),
    check: Check::Network(
        &["AWS::Lambda::Function", "AWS::Serverless::Function", "AWS::SecretsManager::RotationSchedule"],
        |cx| missing::check(cx, &RULE),
    ),
};
