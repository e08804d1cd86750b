//! `pull-through-cache-first-pull`: the first pull through a cache goes to the internet.

use crate::diagnostic::Severity;
use crate::network::{Image, PullThrough, Subnet, Vpc, Workload, World};

use super::{Check, Context, Group, Persona, Rule, cut_off};

pub(super) static RULE: Rule = Rule {
    name: "pull-through-cache-first-pull",
    group: Group::Reachability,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "An image through a pull through cache for isolated subnets: the first pull takes a way to the internet",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html",
    page: include_str!("../../rules/pull-through-cache-first-pull.md"),
    check: Check::Network(&["AWS::ECR::PullThroughCacheRule"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for workload in network.workloads.iter().filter(|workload| network.is_isolated(workload)) {
        let Some(vpc) = network.vpc_of(workload) else { continue };
        // Routes of a VPC from outside are this template's business where its endpoints are.
        if vpc.world == World::Open && network.endpoints_in(&vpc.identity).next().is_none() {
            continue;
        }
        let (subnets, _) = network.subnets_of(workload);
        let mut said = Vec::new();
        for image in &workload.images {
            let Some(through) = &image.pulled_through else { continue };
            if let Some(upstream) = &through.upstream
                && !said.contains(&through.rule)
            {
                said.push(through.rule);
                report(cx, workload, image, through, upstream, vpc, &subnets);
            }
        }
    }
}

fn report(
    cx: &mut Context<'_, '_>,
    workload: &Workload,
    image: &Image,
    through: &PullThrough,
    upstream: &str,
    vpc: &Vpc,
    subnets: &[&Subnet],
) {
    let network = cx.network;
    let (id, rule) = (network.id(workload.resource), network.id(through.rule));
    let name = network.name_of(&vpc.identity);
    let words = cut_off::subnets_in_words(network, subnets);
    let verb = if subnets.len() == 1 { "has" } else { "have" };
    let (headline, together, elsewhere) = match vpc.world {
        World::Closed => (
            format!(
                "`{id}` cannot be the first to pull its image through `{rule}`: {words} {verb} no way to the internet"
            ),
            format!(
                "the first pull through `{rule}` fails for {{count}} services, since their subnets in `{name}` have no way to the internet: {{names}}"
            ),
            "",
        ),
        World::Open => (
            format!(
                "`{id}` pulls its image through `{rule}`, and this template gives {words} no way to the internet for the first pull"
            ),
            format!(
                "the first pull through `{rule}` goes to the internet, to which this template gives the subnets of {{count}} services in `{name}` no way: {{names}}"
            ),
            "; a route may exist outside this template, then ignore this rule here",
        ),
    };
    let finding = cx.report(workload.resource, image.span, headline);
    finding
        .severity(cut_off::severity(RULE.severity, vpc.world))
        .here(format!("comes from {upstream} through the cache"))
        .label(Some(rule), through.span, format!("images under this prefix come from {upstream}"))
        .label(Some(id), network.template().resource(workload.resource).id.span, format!("runs in {words}"));
    cut_off::label_subnets(finding, network, subnets, upstream);
    finding
        .why(format!("until Amazon ECR has stored an image it sends who pulls it to the upstream registry, to which no VPC endpoint leads; later pulls go through the endpoints{elsewhere}"))
        .help("pull each new image once from where there is a way to the internet, a pipeline for one; or give the subnets a NAT gateway")
        .symptom("CannotPullContainerError: ... failed to copy: httpReadSeeker: failed open: dial tcp: i/o timeout")
        .together(together);
}
