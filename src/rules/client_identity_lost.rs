//! `client-identity-lost`: targets of an endpoint service that ask for client addresses in a way that has no effect.

use crate::diagnostic::Severity;
use crate::network::Switch;
use crate::template::ResourceId;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "client-identity-lost",
    group: Group::Security,
    severity: Severity::Info,
    persona: Persona::Default,
    summary: "Targets of an endpoint service that ask for client addresses without proxy protocol",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html",
    page: include_str!("../../rules/client-identity-lost.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    let mut said: Vec<ResourceId> = Vec::new();
    for service in &network.endpoint_services {
        let balancers = network.network_load_balancers_of(service);
        // Other clients of the load balancer keep their addresses.
        let listeners =
            balancers.filter(|it| !it.has_other_uses).flat_map(|balancer| network.listeners_of(balancer));
        for group in listeners.flat_map(|listener| network.target_groups_of(listener)) {
            let Switch::On(span) = group.preserve_client_ip else { continue };
            let without_header = matches!(group.proxy_protocol, Switch::Off(_) | Switch::Absent);
            if !without_header || !group.attributes_complete || said.contains(&group.resource) {
                continue;
            }
            said.push(group.resource);
            let (id, service_id) = (cx.id(group.resource), cx.id(service.resource));
            let service_span = cx.id_span(service.resource);
            cx.report(
                group.resource,
                span,
                format!("`{id}` asks for client addresses, which consumers of `{service_id}` never have there"),
            )
            .here("without effect on what comes through PrivateLink")
            .label(Some(service_id), service_span, "consumers come through this service")
            .why("what comes through PrivateLink reaches the targets from the addresses of the load balancer, so logs, limits and allow-lists see one client for all consumers")
            .help("set `proxy_protocol_v2.enabled` to `\"true\"` once the targets can read its header, which tells the address and the endpoint of the consumer")
            .symptom("every request in the logs of the targets comes from an address of the load balancer");
        }
    }
}
