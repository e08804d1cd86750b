//! `s3-all-resolvers-cost`: private DNS of an S3 interface endpoint that takes clients away from the free gateway endpoint.

use crate::diagnostic::{Applicability, Edit, Severity};
use crate::facts::EndpointType;
use crate::network::{Endpoint, Network, Switch};
use crate::template::{ResourceId, Written};

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "s3-all-resolvers-cost",
    group: Group::Cost,
    severity: Severity::Info,
    persona: Persona::Cost,
    summary: "Private DNS of an S3 interface endpoint that takes all clients of the VPC away from the free gateway endpoint",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html",
    page: include_str!("../../rules/s3-all-resolvers-cost.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for endpoint in &network.endpoints {
        let private = matches!(endpoint.private_dns, Switch::On(_)) && endpoint.all_resolvers == Some(true);
        let is_s3 = endpoint.is(EndpointType::Interface)
            && endpoint.service_id() == Some("s3")
            && endpoint.service_region.is_none();
        let Some(gateway) = gateway_for_s3(network, endpoint).filter(|_| private && is_s3) else { continue };
        let (id, gateway_id) = (cx.id(endpoint.resource), cx.id(gateway.resource));
        let gateway_span = cx.id_span(gateway.resource);
        let options = network.scenario.property(endpoint.resource, "DnsOptions");
        let option =
            options.as_ref().and_then(|options| options.get("PrivateDnsOnlyForInboundResolverEndpoint"));
        let span = option.map_or_else(|| cx.id_span(endpoint.resource), |option| option.span);
        let finding = cx.report(
            endpoint.resource,
            span,
            format!("clients in the VPC reach S3 through `{id}`, by the gigabyte, and not through `{gateway_id}`, which is free"),
        );
        finding
            .fix(
                Applicability::Suggested,
                "leave clients in the VPC to the gateway endpoint",
                for_resolvers_only(network, endpoint.resource, gateway.resource),
            )
            .here("its private name is for clients in the VPC too")
            .label(Some(gateway_id), gateway_span, "a gateway endpoint for S3 in the same VPC")
            .why("with `AllResolvers` the name of S3 leads to the interface endpoint for everybody in the VPC, so nothing goes by the routes of the gateway endpoint")
            .help("set `PrivateDnsOnlyForInboundResolverEndpoint: OnlyInboundResolver`: clients outside the VPC then use the interface endpoint, and those in it the gateway endpoint");
    }
}

/// Private DNS for inbound resolver endpoints only, which AWS takes once the gateway endpoint is there.
fn for_resolvers_only(
    network: &Network<'_, '_>,
    endpoint: ResourceId,
    gateway: ResourceId,
) -> Option<Vec<Edit>> {
    const OPTION: &[&str] = &["DnsOptions", "PrivateDnsOnlyForInboundResolverEndpoint"];
    let template = network.template();
    if template.waits_for(gateway, endpoint) {
        return None;
    }
    template.edit(|editor| {
        let value = Written::text("OnlyInboundResolver");
        let mut edits = editor.set(endpoint, OPTION, Some("PrivateDnsEnabled"), value)?;
        if !template.waits_for(endpoint, gateway) {
            edits.extend(editor.depend(endpoint, &[network.id(gateway)])?);
        }
        Some(edits)
    })
}

/// A gateway endpoint for S3 in the VPC of an endpoint, with route tables through which it is used.
fn gateway_for_s3<'n, 't>(network: &'n Network<'_, 't>, endpoint: &Endpoint<'_>) -> Option<&'n Endpoint<'t>> {
    let vpc = endpoint.vpc.as_ref()?;
    network.endpoints.iter().find(|other| {
        other.is(EndpointType::Gateway)
            && other.service_id() == Some("s3")
            && other.vpc.as_ref() == Some(vpc)
            && other.route_tables.as_ref().is_some_and(|tables| !tables.items.is_empty() || !tables.complete)
    })
}
