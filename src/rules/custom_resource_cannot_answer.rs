//! `custom-resource-cannot-answer`: a custom resource whose function has no way to the bucket that takes its answer.

use crate::diagnostic::Severity;
use crate::facts::Family;
use crate::network::{CustomResource, CutOff, Obstacle, Workload, World};
use crate::template::ResourceId;
use crate::text::Span;

use super::{Check, Context, Group, Persona, Rule, cut_off};

pub(super) static RULE: Rule = Rule {
    name: "custom-resource-cannot-answer",
    group: Group::Reachability,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "A custom resource whose function has no way to Amazon S3, where CloudFormation waits for its answer",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/vpc-interface-endpoints.html",
    page: include_str!("../../rules/custom-resource-cannot-answer.md"),
    check: Check::Network(&["AWS::Lambda::Function", "AWS::Serverless::Function"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for CustomResource { resource, function, token } in network.custom_resources() {
        let Some(workload) = network.workload(function) else { continue };
        if workload.family() != Family::Function {
            continue;
        }
        if let Some(cut_off) = network.cut_off(workload, "s3") {
            report(cx, resource, token, workload, &cut_off);
        }
    }
}

fn report(
    cx: &mut Context<'_, '_>,
    resource: ResourceId,
    token: Span,
    workload: &Workload,
    cut_off: &CutOff<'_, '_>,
) {
    let network = cx.network;
    let (id, function) = (network.id(resource), network.id(workload.resource));
    let subnets = cut_off::subnets_in_words(network, &cut_off.subnets);
    let verb = if cut_off.subnets.len() == 1 { "has" } else { "have" };
    let (headline, together, elsewhere) = match cut_off.world {
        World::Closed => (
            format!(
                "`{id}` never gets its answer to CloudFormation: {subnets} of `{function}` {verb} no way to Amazon S3"
            ),
            format!(
                "answers of {{count}} custom resources never get to CloudFormation, since {subnets} of `{function}` {verb} no way to Amazon S3: {{names}}"
            ),
            "",
        ),
        World::Open => (
            format!(
                "`{id}` answers CloudFormation through Amazon S3, to which this template gives {subnets} of `{function}` no way"
            ),
            format!(
                "answers of {{count}} custom resources go to CloudFormation through Amazon S3, to which this template gives {subnets} of `{function}` no way: {{names}}"
            ),
            "; a gateway endpoint may exist outside this template, then ignore this rule here",
        ),
    };
    let finding = cx.report(resource, token, headline);
    finding
        .severity(cut_off::severity(RULE.severity, cut_off.world))
        .here(format!("`{function}` is called, and has to answer"))
        .label(
            Some(function),
            network.template().resource(workload.resource).id.span,
            format!("runs in {subnets}"),
        );
    cut_off::label_obstacle(finding, network, &cut_off.obstacle, &cut_off.subnets);
    cut_off::label_subnets(finding, network, &cut_off.subnets, "Amazon S3");
    let tables = cut_off::tables_to_list(network, &cut_off.subnets);
    finding
        .why(format!("the function answers by putting an object into the bucket `cloudformation-custom-resource-response-<region>`, and CloudFormation waits for it{elsewhere}"))
        .help(match &cut_off.obstacle {
            Obstacle::NoGatewayRoute(endpoints) if !endpoints.is_empty() => {
                format!("add {tables} to `RouteTableIds` of `{}`", network.id(endpoints[0].resource))
            }
            _ => format!("add an `AWS::EC2::VPCEndpoint` of type `Gateway` for `com.amazonaws.${{AWS::Region}}.s3`, free of charge, with {tables} in `RouteTableIds`, or take `{function}` out of the VPC"),
        })
        .symptom("the stack hangs in CREATE_IN_PROGRESS for up to an hour, then fails: CloudFormation did not receive a response from your Custom Resource")
        .together(together);
}
