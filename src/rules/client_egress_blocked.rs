//! `client-egress-blocked`: a workload whose own security groups do not let it send to an endpoint.

use crate::diagnostic::Severity;
use crate::facts::{EndpointType, Family};
use crate::network::{AddressRange, Call, Network, Peer, Ports, SecurityGroup, SecurityGroupRule};

use super::cut_off;
use super::endpoint_clients_not_allowed::{clients, endpoints, label_needs};
use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "client-egress-blocked",
    group: Group::Reachability,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "The security groups of a workload do not let it send to an endpoint that it calls through",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
    page: include_str!("../../rules/client-egress-blocked.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    let mut blocked: Vec<(Vec<&SecurityGroup>, Vec<Call<'_, '_>>)> = Vec::new();
    for call in network.calls() {
        let Some(groups) = network.groups_without_way_out(&call) else { continue };
        let same = |(known, _): &&mut (Vec<&SecurityGroup>, Vec<Call<'_, '_>>)| {
            known.iter().map(|group| &group.identity).eq(groups.iter().map(|group| &group.identity))
        };
        match blocked.iter_mut().find(same) {
            Some((_, calls)) => calls.push(call),
            None => blocked.push((groups, vec![call])),
        }
    }
    for (groups, calls) in &blocked {
        report(cx, groups, calls);
    }
}

fn report(cx: &mut Context<'_, '_>, groups: &[&SecurityGroup], calls: &[Call<'_, '_>]) {
    let network = cx.network;
    let Some(owner) = groups.first().and_then(|group| group.resource) else { return };
    let clients = clients(network, calls);
    let endpoints = endpoints(network, calls);
    let names =
        cut_off::listed(groups.iter().filter_map(|group| group.resource).map(|group| network.id(group)));
    let span = cx.id_span(owner);
    let finding = cx.report(
        owner,
        span,
        format!("{clients} cannot send to {endpoints}: no egress rule of {names} leads there"),
    );
    finding.here(format!("the security group of {clients}"));
    // That a function's environment names a thing does not prove that the function calls for it.
    let certain = calls.iter().any(|call| call.workload.family() != Family::Function);
    if !certain || groups.iter().any(|group| group.shared) {
        finding.severity(RULE.severity.lowered());
    }
    for rule in groups.iter().flat_map(|group| &group.egress) {
        finding.label(Some(network.id(rule.resource)), rule.span, destination(network, rule));
    }
    label_needs(network, finding, calls);
    finding
        .why("a security group that lists egress lets nothing else out, not even to endpoints of its own VPC")
        .help(format!("add egress to `{}`: {}", network.id(owner), missing(network, calls)))
        .symptom("connections to the service time out: ResourceInitializationError, CannotPullContainerError with `i/o timeout`, connect timeouts of the SDK");
}

/// Where a rule leads, in words.
pub(super) fn destination(network: &Network<'_, '_>, rule: &SecurityGroupRule) -> String {
    let ports = match rule.ports {
        Ports::All => "every port".to_owned(),
        Ports::Range(protocol, from, to) if from == to => format!("{} {from}", protocol.name()),
        Ports::Range(protocol, 0, u16::MAX) => protocol.name().to_owned(),
        Ports::Range(protocol, from, to) => format!("{} {from} to {to}", protocol.name()),
        Ports::Other | Ports::Unknown => "another protocol".to_owned(),
    };
    match &rule.peer {
        Peer::Group(group) => format!("lets out {ports} to members of `{}`", network.name_of(group)),
        Peer::Range(AddressRange::Net(net)) => format!("lets out {ports} to `{net}`"),
        _ => format!("lets out {ports}"),
    }
}

/// The egress that the calls take.
fn missing(network: &Network<'_, '_>, calls: &[Call<'_, '_>]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for call in calls {
        let number =
            call.endpoint.aws_service().and_then(|service| service.ports.first()).copied().unwrap_or(443);
        let group = call.endpoint.security_groups.as_ref().and_then(|groups| groups.known().next());
        let part = match group {
            _ if call.endpoint.is(EndpointType::Gateway) => format!(
                "TCP {number} to the prefix list of {} (`DestinationPrefixListId`)",
                if call.endpoint.service_id() == Some("s3") { "Amazon S3" } else { "the service" }
            ),
            Some(group) => {
                format!("TCP {number} to `{}` (`DestinationSecurityGroupId`)", network.name_of(group))
            }
            None => format!("TCP {number} to the range of the VPC"),
        };
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.join(", and ")
}
