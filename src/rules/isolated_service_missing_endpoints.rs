//! `isolated-service-missing-endpoints`: other workloads without a way to what they need.

use crate::diagnostic::Severity;

use super::{Check, Group, Persona, Rule, missing};

pub(super) static RULE: Rule = Rule {
    name: "isolated-service-missing-endpoints",
    group: Group::Reachability,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "A workload of another service in isolated subnets that misses endpoints",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html",
    page: include_str!("../../rules/isolated-service-missing-endpoints.md"),
    check: Check::Network(
        &[
            "AWS::AutoScaling::AutoScalingGroup",
            "AWS::Cloud9::EnvironmentEC2",
            "AWS::CodeBuild::Project",
            "AWS::CodeDeploy::DeploymentGroup",
            "AWS::DMS::ReplicationInstance",
            "AWS::EC2::Instance",
            "AWS::EMR::Cluster",
            "AWS::EMRServerless::Application",
            "AWS::ElasticBeanstalk::Environment",
            "AWS::Glue::Connection",
            "AWS::ImageBuilder::InfrastructureConfiguration",
            "AWS::MWAA::Environment",
            "AWS::Redshift::Cluster",
            "AWS::SageMaker::Domain",
            "AWS::SageMaker::Model",
            "AWS::SageMaker::NotebookInstance",
        ],
        |cx| missing::check(cx, &RULE),
    ),
};
