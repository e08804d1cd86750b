//! `s3-private-dns-order`: an S3 interface endpoint that may be created before the gateway endpoint that it needs.

use crate::diagnostic::{Applicability, Severity};
use crate::network::{GatewayBeside, Switch};

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "s3-private-dns-order",
    group: Group::Correctness,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "An S3 interface endpoint with private DNS that does not wait for the gateway endpoint that it needs",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html",
    page: include_str!("../../rules/s3-private-dns-order.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    let template = cx.template();
    for endpoint in &network.endpoints {
        let (Some(GatewayBeside::Present(gateways)), Switch::On(span)) =
            (network.gateway_beside(endpoint), endpoint.private_dns)
        else {
            continue;
        };
        // A macro may write the missing dependency.
        let hidden = template.resource(endpoint.resource).properties_hidden || !template.hidden.is_empty();
        if hidden || gateways.iter().any(|gateway| template.waits_for(endpoint.resource, gateway.resource)) {
            continue;
        }
        let Some(gateway) = gateways.first().map(|gateway| gateway.resource) else { continue };
        let (id, gateway_id) = (cx.id(endpoint.resource), cx.id(gateway));
        let finding = cx.report(
            endpoint.resource,
            span,
            format!("private DNS of the S3 endpoint `{id}` needs the gateway endpoint `{gateway_id}`, and nothing makes `{id}` wait for it"),
        );
        finding
            .here("refused while the VPC has no gateway endpoint for S3")
            .label(Some(gateway_id), template.resource(gateway).id.span, format!("may be created after `{id}` and deleted before it"))
            .why("CloudFormation creates and deletes the two in any order, or at the same time, where neither names the other")
            .symptom("the stack sometimes fails: To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC ... must have a gateway endpoint for the service");
        if template.waits_for(gateway, endpoint.resource) {
            finding.help(format!("turn the dependency round: `DependsOn: {gateway_id}` on `{id}`"));
        } else {
            let edits = template.edit(|editor| editor.depend(endpoint.resource, &[gateway_id]));
            finding.fix(Applicability::Safe, format!("add `DependsOn: {gateway_id}` to `{id}`"), edits);
            finding.help(format!("add `DependsOn: {gateway_id}` to `{id}`"));
        }
    }
}
