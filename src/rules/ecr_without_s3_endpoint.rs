//! `ecr-without-s3-endpoint`: images whose layers cannot be reached.

use crate::diagnostic::{Applicability, Severity};
use crate::facts::{EndpointType, Purpose};
use crate::network::{
    CutOff, Endpoint, Need, Network, Obstacle, Presence, Reach, RouteClass, Subnet, Vpc, Workload, World,
};
use crate::text::Span;

use super::cut_off::Clients;
use super::{Check, Context, Group, Persona, Rule, cut_off, mend, missing};

pub(super) static RULE: Rule = Rule {
    name: "ecr-without-s3-endpoint",
    group: Group::Reachability,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "Images are pulled from Amazon ECR without a way to Amazon S3, where their layers are",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html",
    page: include_str!("../../rules/ecr-without-s3-endpoint.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint", "AWS::ECS::Service"], check),
};

const TITLE: &str = "lead the route tables without a way out to Amazon S3 by a gateway endpoint";

const SYMPTOM: &str = "CannotPullContainerError: ... dial tcp ...:443: i/o timeout";

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for vpc in &network.vpcs {
        let pulling = network.needs_in(vpc, Purpose::Image);
        let mut found = false;
        for (workload, need) in &pulling {
            if let Some(cut_off) = network.cut_off(workload, "s3") {
                found = true;
                // Where more is missing, one finding tells all.
                if missing::told_by(network, workload, &missing::of(network, workload)) == RULE.name {
                    report_workload(cx, vpc, workload, need, &cut_off);
                }
            }
        }
        // A workload that gets its layers shows how the endpoints are meant.
        let works = |workload: &Workload| {
            let (subnets, _) = network.subnets_of(workload);
            subnets
                .iter()
                .any(|subnet| matches!(network.reach(subnet, "s3"), Reach::Endpoint(_) | Reach::Route(_)))
        };
        if !found && !pulling.iter().any(|(workload, _)| works(workload)) {
            check_endpoint(cx, vpc);
        }
    }
}

fn report_workload(
    cx: &mut Context<'_, '_>,
    vpc: &Vpc,
    workload: &Workload,
    need: &Need,
    cut_off: &CutOff<'_, '_>,
) {
    let network = cx.network;
    let id = network.id(workload.resource);
    let subnets = cut_off::subnets_in_words(network, &cut_off.subnets);
    let verb = if cut_off.subnets.len() == 1 { "has" } else { "have" };
    let (headline, together) = match cut_off.world {
        World::Closed => (
            format!(
                "`{id}` cannot pull its image from Amazon ECR: {subnets} {verb} no way to S3, where the layers are"
            ),
            format!(
                "images of {{count}} workloads in `{}` cannot be pulled from Amazon ECR, since nothing leads to S3, where the layers are: {{names}}",
                network.name_of(&vpc.identity)
            ),
        ),
        World::Open => (
            format!(
                "`{id}` pulls its image from Amazon ECR, and this template gives {subnets} no way to S3, where the layers are"
            ),
            format!(
                "images of {{count}} workloads in `{}` lie in Amazon ECR, and this template gives them no way to S3, where the layers are: {{names}}",
                network.name_of(&vpc.identity)
            ),
        ),
    };
    let finding = cx.report(workload.resource, need.span, headline);
    finding
        .severity(cut_off::severity(RULE.severity, cut_off.world))
        .here("lies in Amazon ECR, with its layers in S3");
    if let Presence::Present(endpoints) = network.presence(vpc, "ecr.dkr") {
        for endpoint in endpoints {
            let span = network.template().resource(endpoint.resource).id.span;
            finding.label(
                Some(network.id(endpoint.resource)),
                span,
                "gives the manifest, and sends the client to S3 for the layers",
            );
        }
    }
    let span = network.template().resource(workload.resource).id.span;
    finding.label(Some(id), span, format!("runs in {subnets}"));
    cut_off::label_obstacle(finding, network, &cut_off.obstacle, &cut_off.subnets);
    cut_off::label_subnets(finding, network, &cut_off.subnets, "Amazon S3");
    let edits = match &cut_off.obstacle {
        Obstacle::NoGatewayRoute(endpoints) if !endpoints.is_empty() => {
            mend::list_tables_of(network, endpoints[0], &cut_off.subnets)
        }
        _ => mend::gateway_endpoint_for(network, vpc, "s3", &cut_off.subnets).map(|new| new.edits),
    };
    finding
        .fix(Applicability::Suggested, TITLE, edits)
        .why(why(cut_off.world))
        .help(help(network, cut_off))
        .symptom(SYMPTOM)
        .together(together);
}

fn why(world: World) -> String {
    let elsewhere = match world {
        World::Closed => "",
        World::Open => "; a gateway endpoint may exist outside this template, then ignore this rule here",
    };
    format!(
        "Amazon ECR answers with the manifest only; the layers come from the bucket `prod-<region>-starport-layer-bucket`, and without a way to S3 the download hangs{elsewhere}"
    )
}

/// What is to be added or changed so that the workload gets its image.
fn help(network: &Network<'_, '_>, cut_off: &CutOff<'_, '_>) -> String {
    let tables = cut_off::tables_to_list(network, &cut_off.subnets);
    match &cut_off.obstacle {
        Obstacle::NoGatewayRoute(endpoints) if !endpoints.is_empty() => {
            format!("add {tables} to `RouteTableIds` of `{}`", network.id(endpoints[0].resource))
        }
        _ => format!(
            "add an `AWS::EC2::VPCEndpoint` of type `Gateway` for `com.amazonaws.${{AWS::Region}}.s3`, free of charge, with {tables} in `RouteTableIds`"
        ),
    }
}

/// Without a workload to judge by: an endpoint for the registry in a VPC where nothing leads to S3.
fn check_endpoint(cx: &mut Context<'_, '_>, vpc: &Vpc) {
    let network = cx.network;
    let Presence::Present(registries) = network.presence(vpc, "ecr.dkr") else { return };
    let Some(registry) = registries.first().filter(|endpoint| endpoint.is(EndpointType::Interface)) else {
        return;
    };
    let idle: Vec<(&Endpoint<'_>, Span, &str)> = match network.presence(vpc, "s3") {
        Presence::Present(endpoints) => {
            let count = endpoints.len();
            let idle: Vec<_> = endpoints
                .into_iter()
                .filter_map(|endpoint| {
                    cut_off::idle(network, endpoint).map(|(span, words)| (endpoint, span, words))
                })
                .collect();
            if idle.len() < count {
                return;
            }
            idle
        }
        _ if network.absence(vpc, "s3").is_some() => Vec::new(),
        _ => return,
    };
    let world = network.absence(vpc, "s3").unwrap_or(vpc.world);
    let clients = cut_off::clients(network, vpc, registry);
    let severity = match (clients, world) {
        (Clients::Routed, _) => return,
        (Clients::Isolated, World::Closed) => RULE.severity,
        (Clients::Isolated | Clients::Unseen, _) => RULE.severity.lowered(),
    };
    let id = network.id(registry.resource);
    let name = network.name_of(&vpc.identity);
    let headline = match world {
        World::Closed => format!(
            "`{id}` serves the manifests of images, but nothing in `{name}` leads to S3, where the layers are"
        ),
        World::Open => format!(
            "`{id}` serves the manifests of images, but this template gives `{name}` no way to S3, where the layers are"
        ),
    };
    let finding =
        cx.report(registry.resource, network.template().resource(registry.resource).id.span, headline);
    finding.severity(severity).here("a registry without its layers");
    for (endpoint, span, words) in &idle {
        finding.label(Some(network.id(endpoint.resource)), *span, *words);
    }
    if let Some(members) = &registry.subnets {
        let own: Vec<&Subnet> = members.known().filter_map(|member| network.subnet(member)).collect();
        let isolated: Vec<&Subnet> =
            own.into_iter().filter(|subnet| subnet.route_class == RouteClass::Isolated).collect();
        cut_off::label_subnets(finding, network, &isolated, "Amazon S3");
    }
    let gateway = idle.iter().find(|(endpoint, ..)| endpoint.is(EndpointType::Gateway));
    let help = match gateway {
        Some((endpoint, ..)) => format!(
            "list the route tables of the subnets that pull images in `RouteTableIds` of `{}`",
            network.id(endpoint.resource)
        ),
        None => "add an `AWS::EC2::VPCEndpoint` of type `Gateway` for `com.amazonaws.${AWS::Region}.s3`, free of charge, with the route tables of the subnets that pull images".to_owned(),
    };
    let tables = mend::isolated_tables(network, vpc);
    let edits = tables.and_then(|tables| match gateway {
        Some((endpoint, ..)) => mend::list_tables(network, endpoint, &tables),
        None => mend::gateway_endpoint(network, vpc, "s3", &tables).map(|new| new.edits),
    });
    finding.fix(Applicability::Suggested, TITLE, edits).why(why(world)).help(help).symptom(SYMPTOM);
}
