//! `single-zone-endpoint`: an interface endpoint that goes down with one availability zone.

use std::borrow::Cow;

use crate::diagnostic::Severity;
use crate::facts::EndpointType;
use crate::network::{Endpoint, Item, Network, Subnet, Workload};
use crate::template::ExpressionKind;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "single-zone-endpoint",
    group: Group::Resilience,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "An interface endpoint in one subnet, so in one availability zone",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html",
    page: include_str!("../../rules/single-zone-endpoint.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for endpoint in &network.endpoints {
        // A service of somebody else may itself stand in one zone only.
        if endpoint.aws_service().is_none() || !endpoint.is(EndpointType::Interface) {
            continue;
        }
        let Some(item) = only_subnet(endpoint) else { continue };
        if zones_are_chosen(network, endpoint) || another_serves(network, endpoint) {
            continue;
        }
        let own = item.identity.as_ref().and_then(|subnet| network.subnet(subnet));
        let elsewhere = own.and_then(|own| client_elsewhere(network, own));
        let id = network.id(endpoint.resource);
        match (own, elsewhere) {
            (Some(own), Some((workload, subnet))) => {
                let (client, other) = (network.id(workload.resource), network.id(subnet.resource));
                let message = format!("`{id}` stands in one zone only, and `{client}` runs in another too");
                cx.report(endpoint.resource, item.span, message)
                    .label(
                        Some(other),
                        network.template().resource(subnet.resource).id.span,
                        format!("`{client}` runs here, in another zone than `{}`", network.id(own.resource)),
                    )
                    .together("one zone only has {count} interface endpoints whose clients run in others too: {names}")
            }
            _ => cx
                .report(endpoint.resource, item.span, format!("`{id}` stands in one subnet, so in one zone only"))
                .severity(RULE.severity.lowered())
                .together("one subnet each, so one zone only, have {count} interface endpoints: {names}"),
        }
        .here("the only subnet")
        .why("an endpoint has one network interface per zone: while this zone is impaired, clients in the other zones do not reach the service either")
        .help("add a subnet of a second zone to `SubnetIds`; every zone is charged by the hour, so one is enough for a test")
        .symptom("calls to the service time out in every zone while one zone is impaired");
    }
}

/// The only subnet of an endpoint, where it is known that there is one.
fn only_subnet<'n>(endpoint: &'n Endpoint<'_>) -> Option<&'n Item> {
    let members = endpoint.subnets.as_ref().filter(|members| members.complete)?;
    let [item] = members.items.as_slice() else { return None };
    // What stands for the whole list may be a list itself, and the default of a list parameter says little.
    let is_one = item.span != members.span || item.identity.as_ref()?.resource().is_some();
    is_one.then_some(item)
}

/// Words in the name of a condition that say that one zone is meant.
const SMALL: &[&str] = &["dev", "sandbox", "single", "test"];

/// Whether a condition decides how many zones there are: then one is meant where it is one.
fn zones_are_chosen(network: &Network<'_, '_>, endpoint: &Endpoint<'_>) -> bool {
    let template = network.template();
    let resource = template.resource(endpoint.resource);
    let small = resource.condition.as_ref().is_some_and(|condition| {
        let name = condition.text.to_ascii_lowercase();
        SMALL.iter().any(|word| name.contains(word))
    });
    let mut chosen = small;
    if let Some(subnets) = template.property(endpoint.resource, "SubnetIds") {
        subnets.walk(template, &mut |part| chosen |= matches!(part.kind, ExpressionKind::If { .. }));
    }
    // Where this endpoint is not made, another one may take its place.
    let name = |resource| {
        let name = network.scenario.property(resource, "ServiceName")?;
        name.canonical().map(Cow::into_owned)
    };
    let own_name = name(endpoint.resource);
    chosen
        || template.iter().any(|(other, resource)| {
            resource.kind.text == "AWS::EC2::VPCEndpoint"
                && !network.scenario.exists(other)
                && name(other) == own_name
        })
}

/// Whether another endpoint of the VPC is for the same service, in another zone perhaps.
fn another_serves(network: &Network<'_, '_>, endpoint: &Endpoint<'_>) -> bool {
    network.endpoints.iter().any(|other| {
        other.resource != endpoint.resource
            && other.vpc == endpoint.vpc
            && other.is(EndpointType::Interface)
            && endpoint.service_id().is_some_and(|service| other.may_be_for(service))
    })
}

/// A workload of the VPC that certainly runs in another zone too.
fn client_elsewhere<'n>(network: &'n Network<'_, '_>, own: &Subnet) -> Option<(&'n Workload, &'n Subnet)> {
    network.workloads.iter().find_map(|workload| {
        let (subnets, _) = network.subnets_of(workload);
        let mut subnets = subnets.into_iter().filter(|subnet| subnet.vpc.is_some() && subnet.vpc == own.vpc);
        subnets.find(|subnet| subnet.is_in_another_zone_than(own)).map(|subnet| (workload, subnet))
    })
}
