//! `internet-facing-service-nlb`: a load balancer with public addresses that only an endpoint service uses.

use crate::diagnostic::{Applicability, Severity};
use crate::network::{LoadBalancer, Switch};
use crate::template::Written;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "internet-facing-service-nlb",
    group: Group::Security,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "An internet-facing load balancer that only an endpoint service uses; without `Scheme` it faces the internet",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-loadbalancer.html",
    page: include_str!("../../rules/internet-facing-service-nlb.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for service in &network.endpoint_services {
        for balancer in network.network_load_balancers_of(service) {
            let (span, here, how) = match balancer.internal {
                Switch::Off(span) => (span, "faces the internet", "is internet-facing"),
                Switch::Absent => (
                    cx.id_span(balancer.resource),
                    "without `Scheme` a load balancer faces the internet",
                    "is internet-facing by default",
                ),
                Switch::On(_) | Switch::Unknown => continue,
            };
            if balancer.has_other_uses || has_chosen_public_addresses(cx, balancer) {
                continue;
            }
            let (id, service_id) = (cx.id(balancer.resource), cx.id(service.resource));
            let service_span = cx.id_span(service.resource);
            let edits = cx.template().edit(|editor| {
                editor.set(balancer.resource, &["Scheme"], Some("Type"), Written::text("internal"))
            });
            cx.report(
                balancer.resource,
                span,
                format!("`{id}` {how}, and only endpoint service `{service_id}` uses it"),
            )
            .here(here)
            .fix(Applicability::Suggested, "set `Scheme: internal`", edits)
            .label(Some(service_id), service_span, "consumers come through this service, inside the network of AWS")
            .why("an internet-facing load balancer has public addresses on which anybody can try its listeners, past the permissions and the acceptance of the service")
            .help(format!("set `Scheme: internal` on `{id}`; changing it later replaces the load balancer"))
            .symptom("connections from the internet in the flow logs of the load balancer, or a deployment that fails for want of an internet gateway");
        }
    }
}

/// Whether the load balancer is given Elastic IP addresses, which nobody does by mistake, or may be.
fn has_chosen_public_addresses(cx: &Context<'_, '_>, balancer: &LoadBalancer) -> bool {
    let mappings = cx.network.scenario.property(balancer.resource, "SubnetMappings");
    mappings.is_some_and(|mappings| {
        mappings.items().is_none_or(|items| items.iter().any(|item| item.get("AllocationId").is_some()))
    })
}
