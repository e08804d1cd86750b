//! `awslogs-needs-logs-endpoint`: containers that cannot write their logs.

use crate::diagnostic::Severity;
use crate::network::{CutOff, Need, Workload, World};

use super::{Check, Context, Group, Persona, Rule, cut_off, missing};

pub(super) static RULE: Rule = Rule {
    name: "awslogs-needs-logs-endpoint",
    group: Group::Reachability,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "The `awslogs` driver in isolated subnets without an endpoint for CloudWatch Logs: tasks do not start",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html",
    page: include_str!("../../rules/awslogs-needs-logs-endpoint.md"),
    check: Check::Network(&["AWS::ECS::Service"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for workload in &network.workloads {
        let missing = missing::of(network, workload);
        let (Some(one), Some(vpc)) = (missing.first(), network.vpc_of(workload)) else { continue };
        if missing::told_by(network, workload, &missing) == RULE.name {
            report(cx, workload, one.need, &one.cut_off, &network.name_of(&vpc.identity));
        }
    }
}

fn report(cx: &mut Context<'_, '_>, workload: &Workload, need: &Need, cut_off: &CutOff<'_, '_>, vpc: &str) {
    let network = cx.network;
    let id = network.id(workload.resource);
    let subnets = cut_off::subnets_in_words(network, &cut_off.subnets);
    let verb = if cut_off.subnets.len() == 1 { "has" } else { "have" };
    let (headline, together, elsewhere) = match cut_off.world {
        World::Closed => (
            format!("`{id}` cannot write its logs: {subnets} {verb} no way to CloudWatch Logs"),
            format!(
                "logs of {{count}} workloads cannot be written, since nothing in `{vpc}` leads to CloudWatch Logs: {{names}}"
            ),
            "",
        ),
        World::Open => (
            format!("`{id}` writes logs, and this template gives {subnets} no way to CloudWatch Logs"),
            format!(
                "logs of {{count}} workloads go to CloudWatch Logs, to which this template gives `{vpc}` no way: {{names}}"
            ),
            "; the endpoint may exist outside this template, then ignore this rule here",
        ),
    };
    let finding = cx.report(workload.resource, need.span, headline);
    finding
        .severity(cut_off::severity(RULE.severity, cut_off.world))
        .here("writes to CloudWatch Logs before the container starts")
        .label(
            Some(id),
            network.template().resource(workload.resource).id.span,
            format!("runs in {subnets}"),
        );
    cut_off::label_subnets(finding, network, &cut_off.subnets, "CloudWatch Logs");
    finding
        .why(format!("the `awslogs` driver opens its stream from the subnets of the task or its instance, and a task whose driver fails does not start{elsewhere}"))
        .help("add an interface endpoint for `com.amazonaws.${AWS::Region}.logs` with `PrivateDnsEnabled: true`")
        .symptom("ResourceInitializationError: failed to validate logger args")
        .together(together);
}
