//! `exec-needs-ssmmessages`: tasks that ECS Exec cannot enter.

use crate::diagnostic::Severity;
use crate::facts::{Family, Purpose};
use crate::network::{Need, Switch, Workload};

use super::{Check, Context, Group, Persona, Rule, cut_off, missing};

pub(super) static RULE: Rule = Rule {
    name: "exec-needs-ssmmessages",
    group: Group::Reachability,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "ECS Exec is on for tasks that it cannot enter: no way to `ssmmessages`, or no IPv4 addresses",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html",
    page: include_str!("../../rules/exec-needs-ssmmessages.md"),
    check: Check::Network(&["AWS::ECS::Service"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for workload in &network.workloads {
        // Tasks on instances may have addresses of their own, from other subnets than the instance.
        let own_addresses = workload.family() == Family::Fargate;
        match workload.need(Purpose::Exec) {
            // No endpoint would help.
            Some(need) if own_addresses && network.is_ipv6_only(workload) => report(cx, workload, need),
            _ => missing::tell(cx, &RULE, workload),
        }
    }
}

fn report(cx: &mut Context<'_, '_>, workload: &Workload, need: &Need) {
    let network = cx.network;
    let id = network.id(workload.resource);
    let (subnets, _) = network.subnets_of(workload);
    let words = cut_off::subnets_in_words(network, &subnets);
    let verb = if subnets.len() == 1 { "has" } else { "have" };
    let finding = cx.report(
        workload.resource,
        need.span,
        format!("ECS Exec cannot enter tasks of `{id}`: {words} {verb} IPv6 addresses only"),
    );
    finding.here("switches ECS Exec on");
    for subnet in subnets {
        if let Switch::On(span) = subnet.ipv6_native {
            finding.label(Some(network.id(subnet.resource)), span, "no IPv4 addresses");
        }
    }
    finding
        .why("Amazon ECS does not support ECS Exec for tasks without IPv4 addresses, whatever endpoints and routes there are")
        .help(format!("move `{id}` to subnets with both kinds of address, or leave `EnableExecuteCommand` out"))
        .symptom("TargetNotConnectedException: The execute command failed due to an internal error");
}
