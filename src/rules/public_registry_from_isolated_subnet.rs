//! `public-registry-from-isolated-subnet`: an image from the internet for tasks that cannot get there.

use crate::diagnostic::Severity;
use crate::facts::Family;
use crate::network::{Image, Registry, Subnet, Vpc, Workload, World};

use super::{Check, Context, Group, Persona, Rule, cut_off};

pub(super) static RULE: Rule = Rule {
    name: "public-registry-from-isolated-subnet",
    group: Group::Reachability,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "An image from a public registry for tasks in isolated subnets: no endpoint leads there",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html",
    page: include_str!("../../rules/public-registry-from-isolated-subnet.md"),
    check: Check::Network(&["AWS::ECS::Service"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for workload in &network.workloads {
        // An instance may have the image already, or pull it through a proxy.
        let fargate = workload.family() == Family::Fargate;
        if !fargate || !network.is_isolated(workload) {
            continue;
        }
        let Some(vpc) = network.vpc_of(workload) else { continue };
        // Routes of a VPC from outside are this template's business where its endpoints are.
        if vpc.world == World::Open && network.endpoints_in(&vpc.identity).next().is_none() {
            continue;
        }
        let (subnets, _) = network.subnets_of(workload);
        let mut said = Vec::new();
        for image in &workload.images {
            if let Registry::Public(registry) = image.registry
                && !said.contains(&registry)
            {
                said.push(registry);
                report(cx, workload, image, registry, vpc, &subnets);
            }
        }
    }
}

fn report(
    cx: &mut Context<'_, '_>,
    workload: &Workload,
    image: &Image,
    registry: &str,
    vpc: &Vpc,
    subnets: &[&Subnet],
) {
    let network = cx.network;
    let id = network.id(workload.resource);
    let name = network.name_of(&vpc.identity);
    let words = cut_off::subnets_in_words(network, subnets);
    let verb = if subnets.len() == 1 { "has" } else { "have" };
    let (headline, together, elsewhere) = match vpc.world {
        World::Closed => (
            format!("`{id}` cannot pull its image from {registry}: {words} {verb} no way to the internet"),
            format!(
                "images of {{count}} services cannot be pulled from {registry}, since their subnets in `{name}` have no way to the internet: {{names}}"
            ),
            "",
        ),
        World::Open => (
            format!(
                "`{id}` pulls its image from {registry}, and this template gives {words} no way to the internet"
            ),
            format!(
                "images of {{count}} services come from {registry}, and this template gives their subnets in `{name}` no way to the internet: {{names}}"
            ),
            "; a route may exist outside this template, then ignore this rule here",
        ),
    };
    let finding = cx.report(workload.resource, image.span, headline);
    finding
        .severity(cut_off::severity(RULE.severity, vpc.world))
        .here(format!("comes from {registry}"))
        .label(Some(id), network.template().resource(workload.resource).id.span, format!("runs in {words}"));
    cut_off::label_subnets(finding, network, subnets, registry);
    finding
        .why(format!("{registry} is on the internet and no VPC endpoint leads to it, those for Amazon ECR neither{elsewhere}"))
        .help("copy the image into a private repository of Amazon ECR and name it there, with endpoints for `ecr.api`, `ecr.dkr` and `s3`; or give the subnets a NAT gateway")
        .symptom("CannotPullContainerError: pull image manifest has been retried: dial tcp: i/o timeout")
        .together(together);
}
