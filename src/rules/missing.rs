//! What the rules on workloads say in common: all that one misses is told once, by the rule that fits it best.

use crate::diagnostic::{Applicability, Edit, Severity};
use crate::facts::{self, EndpointType, Family, Purpose};
use crate::network::{CutOff, Need, Network, Obstacle, Presence, RouteClass, Subnet, Vpc, Workload, World};
use crate::template::ResourceId;
use crate::text::Span;

use super::written::joined;
use super::{Context, Rule, cut_off, mend};

/// Something that a workload needs and has no way to.
pub(super) struct Missing<'n, 't> {
    pub(super) need: &'n Need,
    /// The service of the need that the finding speaks of.
    pub(super) service: &'static str,
    pub(super) cut_off: CutOff<'n, 't>,
}

/// What a workload misses because nothing is there, each service once, in the order in which it fails. What is there
/// and does not work is told by rules on endpoints; but images without a way to their layers are told here, whatever
/// the reason.
pub(super) fn of<'n, 't>(network: &'n Network<'_, 't>, workload: &'n Workload) -> Vec<Missing<'n, 't>> {
    let mut missing: Vec<Missing<'n, 't>> = Vec::new();
    for need in &workload.needs {
        // Custom resources have a rule of their own.
        if need.purpose() == Purpose::Answer {
            continue;
        }
        let Some(service) = need.services().next() else { continue };
        if missing.iter().any(|other| other.service == service) {
            continue;
        }
        let Some(cut_off) = network.misses(workload, need) else { continue };
        let absent = matches!(cut_off.obstacle, Obstacle::NoEndpoint);
        let unrouted = matches!(cut_off.obstacle, Obstacle::NoGatewayRoute(_));
        if absent || (unrouted && need.purpose() == Purpose::Image) {
            missing.push(Missing { need, service, cut_off });
        }
    }
    missing
}

/// What the agent of a container instance calls, all three
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html>).
pub(super) const AGENT_SERVICES: [&str; 3] = ["ecs", "ecs-agent", "ecs-telemetry"];

/// The name of the rule that tells what a workload misses: one for the single thing where there is one, else the one
/// for its kind.
pub(super) fn told_by(
    network: &Network<'_, '_>,
    workload: &Workload,
    missing: &[Missing<'_, '_>],
) -> &'static str {
    let only = |purposes: &[Purpose]| missing.iter().all(|one| purposes.contains(&one.need.purpose()));
    let task = matches!(workload.family(), Family::Fargate | Family::ContainerHosts)
        && network.template().resource(workload.resource).kind.text == "AWS::ECS::Service";
    let services: Vec<&str> = missing.iter().map(|one| one.service).collect();
    let present = |service: &str| {
        network
            .vpc_of(workload)
            .is_some_and(|vpc| matches!(network.presence(vpc, service), Presence::Present(_)))
    };
    match services.as_slice() {
        ["s3"] if only(&[Purpose::Image]) => "ecr-without-s3-endpoint",
        ["ecr.api"] if present("ecr.dkr") => "ecr-endpoint-pair",
        ["ecr.dkr"] if present("ecr.api") => "ecr-endpoint-pair",
        ["ssm"] if only(&[Purpose::Management]) && present("ssmmessages") => "ssm-endpoints-incomplete",
        ["ssmmessages"] if only(&[Purpose::Management]) && present("ssm") => "ssm-endpoints-incomplete",
        _ if workload.awaited.is_some() && only(&[Purpose::Signal]) => "signal-cannot-leave",
        _ if task && only(&[Purpose::Logs]) => "awslogs-needs-logs-endpoint",
        _ if task && only(&[Purpose::Secret, Purpose::Parameter]) => "task-secrets-need-endpoint",
        _ if task && only(&[Purpose::Exec]) => "exec-needs-ssmmessages",
        _ if only(&[Purpose::Agent]) && AGENT_SERVICES.into_iter().any(present) => "ecs-endpoints-incomplete",
        // An Auto Scaling group may be container instances too: what fails first says how to see it.
        _ => match missing.first().map_or(workload.family(), |one| one.need.kind.family) {
            Family::Fargate => "isolated-fargate-missing-endpoints",
            Family::ContainerHosts => "isolated-container-hosts-missing-endpoints",
            Family::Function => "isolated-function-missing-endpoints",
            Family::Kubernetes => "isolated-kubernetes-missing-endpoints",
            Family::Instance | Family::Service => "isolated-service-missing-endpoints",
        },
    }
}

/// Tells what workloads miss, where this rule is the one to tell it.
pub(super) fn check(cx: &mut Context<'_, '_>, rule: &'static Rule) {
    for workload in &cx.network.workloads {
        tell(cx, rule, workload);
    }
}

/// Tells what a workload misses, where this rule is the one to tell it.
pub(super) fn tell(cx: &mut Context<'_, '_>, rule: &'static Rule, workload: &Workload) {
    let missing = of(cx.network, workload);
    if !missing.is_empty() && told_by(cx.network, workload, &missing) == rule.name {
        report(cx, rule, workload, &missing);
    }
}

/// How bad it is: what AWS does not document carries no error, and what may exist elsewhere is a level lower.
fn severity(rule: &Rule, workload: &Workload, missing: &[Missing<'_, '_>], world: World) -> Severity {
    let certain = missing.iter().any(|one| one.need.data.is_documented());
    let signal = missing.iter().any(|one| one.need.purpose() == Purpose::Signal);
    let blocks = workload.kind.blocks_creation || (signal && workload.awaited.is_some());
    let closed = if blocks { Severity::Error } else { rule.severity };
    cut_off::severity(if certain { closed } else { closed.min(Severity::Warning) }, world)
}

fn report(cx: &mut Context<'_, '_>, rule: &'static Rule, workload: &Workload, missing: &[Missing<'_, '_>]) {
    let network = cx.network;
    let (Some(first), Some(vpc)) = (missing.first(), network.vpc_of(workload)) else { return };
    let id = network.id(workload.resource);
    let services = services_in_words(missing);
    let subnets = cut_off::subnets_in_words(network, &first.cut_off.subnets);
    let verb = if first.cut_off.subnets.len() == 1 { "has" } else { "have" };
    // What may exist elsewhere for one service may for all.
    let world = missing.iter().map(|one| one.cut_off.world).find(|&world| world == World::Open);
    let world = world.unwrap_or(World::Closed);
    let name = network.name_of(&vpc.identity);
    let failure = first.need.failure().replace("{}", &format!("`{id}`"));
    let of_all = first.need.failure().replace("{}", "{count} workloads");
    let (headline, together, elsewhere) = match world {
        World::Closed => (
            format!("{failure}: {subnets} {verb} no way to {services}"),
            format!("nothing in `{name}` leads to {services}, so {of_all}: {{names}}"),
            "",
        ),
        World::Open => (
            format!("`{id}` needs {services}, and this template gives {subnets} no way there"),
            format!(
                "this template gives `{name}` no way to {services}, which {{count}} workloads need: {{names}}"
            ),
            "; endpoints may exist outside this template, then ignore this rule here",
        ),
    };
    let finding = cx.report(workload.resource, first.need.span, headline);
    finding.severity(severity(rule, workload, missing, world));
    for (index, (resource, span, words)) in evidence(missing).into_iter().enumerate() {
        if index == 0 {
            finding.here(words);
        } else {
            finding.label(Some(network.id(resource)), span, words);
        }
    }
    let place = network.template().resource(workload.resource).id.span;
    if place != first.need.span {
        finding.label(Some(id), place, format!("runs in {subnets}"));
    }
    if let Some((resource, span)) = workload.awaited
        && first.need.purpose() == Purpose::Signal
    {
        finding.label(Some(network.id(resource)), span, "CloudFormation waits here for the signal");
    }
    for one in missing {
        cut_off::label_obstacle(finding, network, &one.cut_off.obstacle, &one.cut_off.subnets);
    }
    // The headline names them all; four and more would only be repeated at each table.
    let there = if missing.len() > 3 { "any of these services" } else { &services };
    cut_off::label_subnets(finding, network, &first.cut_off.subnets, there);
    let reasons: Vec<String> =
        missing.iter().map(|one| format!("`{}`: {}", one.service, one.need.data.why)).collect();
    finding.fix(Applicability::Suggested, "lead there by gateway endpoints", fix(network, vpc, missing));
    finding.why(format!("{}{elsewhere}", reasons.join("; "))).help(help(network, vpc, workload, missing));
    if let Some(symptom) = missing.iter().find_map(|one| one.need.data.symptom.as_deref()) {
        finding.symptom(symptom);
    }
    if let Some(source) = missing.iter().find_map(|one| one.need.data.source()) {
        finding.url = Some(source);
    }
    finding.together(together);
}

/// The services in words, all of them: "`ecr.api`, `ecr.dkr` and `logs`".
pub(super) fn services_in_words(missing: &[Missing<'_, '_>]) -> String {
    let names: Vec<&str> = missing.iter().map(|one| one.service).collect();
    joined(&names)
}

/// The places that show the needs, each once, with the services that it shows a need for.
fn evidence(missing: &[Missing<'_, '_>]) -> Vec<(ResourceId, Span, String)> {
    let mut places: Vec<(ResourceId, Span, Vec<&str>)> = Vec::new();
    for one in missing {
        match places.iter_mut().find(|(_, span, _)| *span == one.need.span) {
            Some((.., services)) => services.push(one.service),
            None => places.push((one.need.resource, one.need.span, vec![one.service])),
        }
    }
    places
        .into_iter()
        .map(|(resource, span, services)| (resource, span, format!("needs {}", joined(&services))))
        .collect()
}

/// What is to be added or changed.
fn help(network: &Network<'_, '_>, vpc: &Vpc, workload: &Workload, missing: &[Missing<'_, '_>]) -> String {
    let mut interfaces = Vec::new();
    let mut parts = Vec::new();
    for one in missing {
        let tables = cut_off::tables_to_list(network, &one.cut_off.subnets);
        let gateway =
            facts::service(one.service).is_some_and(|service| service.offers(EndpointType::Gateway));
        match &one.cut_off.obstacle {
            Obstacle::NoGatewayRoute(endpoints) if !endpoints.is_empty() => parts.push(format!(
                "add {tables} to `RouteTableIds` of `{}`",
                network.id(endpoints[0].resource)
            )),
            _ if gateway => parts.push(format!(
                "add an `AWS::EC2::VPCEndpoint` of type `Gateway` for `{}`, free of charge, with {tables} in `RouteTableIds`",
                name_of(one.service)
            )),
            _ => interfaces.push(name_of(one.service)),
        }
    }
    if !interfaces.is_empty() {
        let noun = if interfaces.len() == 1 { "an interface endpoint" } else { "interface endpoints" };
        let name = network.name_of(&vpc.identity);
        parts.insert(
            0,
            format!(
                "add {noun} with `PrivateDnsEnabled: true` to `{name}` for {}",
                joined(&interfaces.iter().map(String::as_str).collect::<Vec<_>>())
            ),
        );
    }
    let public = |subnet: &&Subnet| {
        subnet.route_class == RouteClass::Public && workload.route_class(subnet) == RouteClass::Isolated
    };
    if missing.first().is_some_and(|one| one.cut_off.subnets.iter().any(public)) {
        return format!(
            "move `{}` to subnets with a NAT gateway, or {}",
            network.id(workload.resource),
            parts.join(", and ")
        );
    }
    parts.join(", and ")
}

/// The gateway endpoints that are missing, where nothing else is: interface endpoints take decisions.
fn fix(network: &Network<'_, '_>, vpc: &Vpc, missing: &[Missing<'_, '_>]) -> Option<Vec<Edit>> {
    let edits = missing.iter().map(|one| {
        facts::service(one.service).filter(|service| service.offers(EndpointType::Gateway))?;
        match &one.cut_off.obstacle {
            Obstacle::NoGatewayRoute(endpoints) if !endpoints.is_empty() => {
                mend::list_tables_of(network, endpoints[0], &one.cut_off.subnets)
            }
            _ => mend::gateway_endpoint_for(network, vpc, one.service, &one.cut_off.subnets)
                .map(|new| new.edits),
        }
    });
    Some(edits.collect::<Option<Vec<Vec<Edit>>>>()?.concat())
}

/// The name of the endpoint service, as a template spells it in every Region.
fn name_of(service: &str) -> String {
    facts::service(service).map_or_else(|| service.to_owned(), |known| known.name_in("${AWS::Region}"))
}
