//! `s3-policy-blocks-image-layers`: a policy of an endpoint for S3 that shuts out the layers of images.

use crate::diagnostic::{Applicability, Label, Severity, listed};
use crate::facts::{Bucket, EndpointType, Purpose, bucket};
use crate::network::{Denial, Endpoint, Need, Network, Presence, Reach, Subnet, Vpc, Workload, World};
use crate::template::Resource;

use super::shut_out::{self, User};
use super::{Check, Context, Group, Persona, Rule, cut_off};

pub(super) static RULE: Rule = Rule {
    name: "s3-policy-blocks-image-layers",
    group: Group::Reachability,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "The policy of an endpoint for Amazon S3 shuts out the bucket of AWS with the layers of images",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html",
    page: include_str!("../../rules/s3-policy-blocks-image-layers.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    let Some(layers) = bucket("ecr-layers") else { return };
    for endpoint in network.endpoints.iter().filter(|endpoint| endpoint.service_id() == Some("s3")) {
        let Some(vpc) = endpoint.vpc.as_ref().and_then(|vpc| network.vpc(vpc)) else { continue };
        let Some(denial) = shuts_out_layers(network, endpoint, layers) else { continue };
        let pulling = pulling(network, vpc);
        let users: Vec<(User<'_>, &Need)> = pulling
            .iter()
            .filter_map(|&(workload, need)| Some((shut_out::user(network, workload, endpoint)?, need)))
            .collect();
        if !users.is_empty() {
            report_workloads(cx, vpc, endpoint, &denial, layers, &users);
        } else if !pulling.iter().any(|(workload, _)| gets_layers(network, workload)) {
            check_registry(cx, vpc, endpoint, &denial, layers);
        }
    }
}

/// A policy that lets nothing through is another matter.
fn shuts_out_layers<'n, 't>(
    network: &'n Network<'_, 't>,
    endpoint: &'n Endpoint<'t>,
    layers: &'static Bucket,
) -> Option<Denial<'n, 't>> {
    network.shuts_out(endpoint, layers).filter(|_| network.lets_nothing_through(endpoint).is_none())
}

/// The workloads in a VPC that fetch layers from S3.
fn pulling<'n>(network: &'n Network<'_, '_>, vpc: &Vpc) -> Vec<(&'n Workload, &'n Need)> {
    let pulling = network.needs_in(vpc, Purpose::Image).into_iter();
    pulling.filter_map(|(workload, _)| Some((workload, workload.need_of(Purpose::Image, "s3")?))).collect()
}

/// A workload that gets its layers another way shows how the endpoints are meant.
fn gets_layers(network: &Network<'_, '_>, workload: &Workload) -> bool {
    let (subnets, _) = network.subnets_of(workload);
    subnets.iter().any(|subnet| {
        matches!(network.reach_of(workload, subnet, "s3"), Reach::Endpoint(_) | Reach::Route(_))
    })
}

fn report_workloads(
    cx: &mut Context<'_, '_>,
    vpc: &Vpc,
    endpoint: &Endpoint<'_>,
    denial: &Denial<'_, '_>,
    layers: &'static Bucket,
    users: &[(User<'_>, &Need)],
) {
    let network = cx.network;
    let wholly = users.iter().any(|(user, _)| user.wholly);
    let closed = network.endpoint_world(vpc) == World::Closed;
    let names = listed(users.iter().map(|(user, _)| network.id(user.workload.resource)));
    let mut who = Vec::new();
    for (user, need) in users {
        let workload = network.template().resource(user.workload.resource);
        if workload.id.span != need.span {
            let words = "lies in Amazon ECR, with its layers in S3".to_owned();
            let owner = Some(network.id(need.resource).to_owned());
            who.push(Label { owner, span: need.span, message: words });
        }
        who.push(label(workload, user.in_words(network, endpoint)));
    }
    who.extend(registry_labels(network, vpc));
    let failure = format!("images of {names} cannot be pulled");
    report(cx, endpoint, denial, layers, wholly && closed, &failure, who);
}

/// Without a workload to judge by: an endpoint for the registry, whose clients have to go to S3 for the layers.
fn check_registry(
    cx: &mut Context<'_, '_>,
    vpc: &Vpc,
    endpoint: &Endpoint<'_>,
    denial: &Denial<'_, '_>,
    layers: &'static Bucket,
) {
    let network = cx.network;
    let Presence::Present(registries) = network.presence(vpc, "ecr.dkr") else { return };
    let in_use = |it: &&&Endpoint<'_>| it.is(EndpointType::Interface) && network.named(it) != Some(false);
    let Some(registry) = registries.iter().find(in_use) else { return };
    let served = |subnet: &Subnet| {
        network.endpoint_of_subnet(subnet, "s3").is_some_and(|other| other.resource == endpoint.resource)
    };
    let members = registry.subnets.as_ref();
    let own: Vec<&Subnet> =
        members.iter().flat_map(|it| it.known()).filter_map(|subnet| network.subnet(subnet)).collect();
    let known = members.is_some_and(|it| it.complete && it.items.len() == own.len() && !own.is_empty());
    let sure = known && own.iter().all(|subnet| served(subnet));
    // Clients elsewhere may go another way.
    let another = || match network.presence(vpc, "s3") {
        Presence::Present(all) => all.iter().any(|other| shuts_out_layers(network, other, layers).is_none()),
        Presence::Absent | Presence::Unknown => false,
    };
    if !sure && (cut_off::idle(network, endpoint).is_some() || another()) {
        return;
    }
    let closed = network.endpoint_world(vpc) == World::Closed;
    let failure = format!("images cannot be pulled through `{}`", network.id(registry.resource));
    let who = registry_labels(network, vpc).collect();
    report(cx, endpoint, denial, layers, sure && closed, &failure, who);
}

/// What is the same whoever pulls.
fn report(
    cx: &mut Context<'_, '_>,
    endpoint: &Endpoint<'_>,
    denial: &Denial<'_, '_>,
    layers: &'static Bucket,
    sure: bool,
    failure: &str,
    who: Vec<Label>,
) {
    // A parameter may name the bucket, although nobody means it to.
    let sure = sure && denial.unless_named.is_empty();
    let severity = if sure { RULE.severity } else { RULE.severity.lowered() };
    let id = cx.id(endpoint.resource);
    let told = shut_out::told(cx, denial, layers);
    let mut faults = told.faults.iter();
    let (span, words) =
        faults.next().map_or((denial.policy.span, ""), |fault| (fault.span, fault.words.as_str()));
    let headline = format!("{failure}: the policy of `{id}` shuts out the bucket with their layers");
    let finding = cx.report(endpoint.resource, span, headline);
    finding.severity(severity).here(words).labels.extend(who);
    for fault in faults {
        finding.label(Some(id), fault.span, &fault.words);
    }
    if let Some(tables) = endpoint.route_tables.as_ref().filter(|_| endpoint.is(EndpointType::Gateway)) {
        let words =
            "all requests to S3 from subnets with these tables go here, whatever their default route is";
        finding.label(Some(id), tables.span, words);
    }
    finding
        .fix(
            Applicability::Safe,
            "allow the layers in a statement of their own",
            told.statement.clone(),
        )
        .why("Amazon ECR sends whoever pulls an image to `prod-<region>-starport-layer-bucket` for the layers; the bucket belongs to AWS, and an account of AWS signs the requests, so a condition on your own organization or accounts does not let them through")
        .help(&told.help)
        .symptom("CannotPullContainerError: ... 403 Forbidden");
}

/// The endpoints that send their clients to S3.
fn registry_labels(network: &Network<'_, '_>, vpc: &Vpc) -> impl Iterator<Item = Label> {
    let registries = match network.presence(vpc, "ecr.dkr") {
        Presence::Present(registries) => registries,
        Presence::Absent | Presence::Unknown => Vec::new(),
    };
    let words = "gives the manifest, and sends the client to S3 for the layers";
    let template = network.template();
    registries.into_iter().map(move |registry| label(template.resource(registry.resource), words.to_owned()))
}

fn label(resource: &Resource<'_>, message: String) -> Label {
    Label { owner: Some(resource.id.text.clone().into_owned()), span: resource.id.span, message }
}
