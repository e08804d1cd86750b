//! `signal-cannot-leave`: signals to CloudFormation that cannot leave the VPC.

use crate::diagnostic::Severity;

use super::{Check, Group, Persona, Rule, missing};

pub(super) static RULE: Rule = Rule {
    name: "signal-cannot-leave",
    group: Group::Reachability,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "Instances in isolated subnets whose signal to CloudFormation, which waits for it, cannot leave the VPC",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/vpc-interface-endpoints.html",
    page: include_str!("../../rules/signal-cannot-leave.md"),
    check: Check::Network(&["AWS::EC2::Instance", "AWS::AutoScaling::AutoScalingGroup"], |cx| {
        missing::check(cx, &RULE);
    }),
};
