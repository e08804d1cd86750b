//! `s3-private-dns-needs-gateway`: private DNS of an S3 interface endpoint in a VPC without a gateway endpoint.

use crate::diagnostic::{Applicability, Edit, Severity};
use crate::network::{Endpoint, GatewayBeside, Network, Switch, Vpc, World};

use super::{Check, Context, Group, Persona, Rule, cut_off, mend};

pub(super) static RULE: Rule = Rule {
    name: "s3-private-dns-needs-gateway",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "Private DNS of an S3 interface endpoint needs a gateway endpoint for S3 in the VPC, or `AllResolvers`",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html",
    page: include_str!("../../rules/s3-private-dns-needs-gateway.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for endpoint in &network.endpoints {
        let (Some(GatewayBeside::Absent), Switch::On(span)) =
            (network.gateway_beside(endpoint), endpoint.private_dns)
        else {
            continue;
        };
        let Some(vpc) = endpoint.vpc.as_ref().and_then(|vpc| network.vpc(vpc)) else { continue };
        // In a VPC from outside, other endpoints show that this template gives it its endpoints.
        let others = network.endpoints_in(&vpc.identity).any(|other| other.resource != endpoint.resource);
        if vpc.world == World::Open && !others {
            continue;
        }
        let (id, name) = (cx.id(endpoint.resource), network.name_of(&vpc.identity));
        let (headline, elsewhere) = match vpc.world {
            World::Closed => (
                format!(
                    "private DNS of the S3 endpoint `{id}` needs a gateway endpoint for S3 in `{name}`, which has none"
                ),
                "",
            ),
            World::Open => (
                format!(
                    "private DNS of the S3 endpoint `{id}` needs a gateway endpoint for S3 in `{name}`, and this template makes none"
                ),
                "; one may exist outside this template, then ignore this rule here",
            ),
        };
        let edits = gateway_first(network, vpc, endpoint);
        cx.report(endpoint.resource, span, headline)
            .fix(Applicability::Suggested, "add a gateway endpoint for S3, and wait for it", edits)
            .severity(cut_off::severity(RULE.severity, vpc.world))
            .here("for inbound resolver endpoints only, where `DnsOptions` does not say `AllResolvers`")
            .why(format!("clients in the VPC are then meant to use the gateway endpoint, so AWS refuses private DNS without one{elsewhere}"))
            .help("add an `AWS::EC2::VPCEndpoint` of type `Gateway` for `com.amazonaws.${AWS::Region}.s3`, free of charge, and let this endpoint depend on it; or set `DnsOptions: {PrivateDnsOnlyForInboundResolverEndpoint: AllResolvers}`")
            .symptom("To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC ... must have a gateway endpoint for the service");
    }
}

/// A gateway endpoint for the subnets without a way out, which the interface endpoint waits for.
fn gateway_first(network: &Network<'_, '_>, vpc: &Vpc, endpoint: &Endpoint<'_>) -> Option<Vec<Edit>> {
    let new = mend::gateway_endpoint(network, vpc, "s3", &mend::isolated_tables(network, vpc)?)?;
    let mut edits = network.template().edit(|editor| editor.depend(endpoint.resource, &[&new.id]))?;
    edits.extend(new.edits);
    Some(edits)
}
