//! `task-secrets-need-endpoint`: tasks that cannot fetch their secrets.

use crate::diagnostic::Severity;

use super::{Check, Group, Persona, Rule, missing};

pub(super) static RULE: Rule = Rule {
    name: "task-secrets-need-endpoint",
    group: Group::Reachability,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "Tasks in isolated subnets that cannot fetch their secrets, parameters or registry credentials",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html",
    page: include_str!("../../rules/task-secrets-need-endpoint.md"),
    check: Check::Network(&["AWS::ECS::Service"], |cx| {
        missing::check(cx, &RULE);
    }),
};
