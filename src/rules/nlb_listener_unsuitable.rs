//! `nlb-listener-unsuitable`: a load balancer of an endpoint service without a listener, or with one that cannot work.

use crate::diagnostic::Severity;
use crate::network::{
    EndpointService, Listener, ListenerProtocol, LoadBalancer, Members, Switch, TargetGroup,
};

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "nlb-listener-unsuitable",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "A load balancer of an endpoint service without a listener, or with one that AWS refuses",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-listeners.html",
    page: include_str!("../../rules/nlb-listener-unsuitable.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for service in &network.endpoint_services {
        for balancer in network.network_load_balancers_of(service) {
            if network.lacks_listeners(balancer) {
                report_absence(cx, service, balancer);
            }
            for listener in network.listeners_of(balancer) {
                report_listener(cx, balancer, listener);
            }
        }
    }
}

fn report_absence(cx: &mut Context<'_, '_>, service: &EndpointService<'_>, balancer: &LoadBalancer) {
    let (id, service_id) = (cx.id(balancer.resource), cx.id(service.resource));
    let service_span = cx.id_span(service.resource);
    cx.report(
        balancer.resource,
        cx.id_span(balancer.resource),
        format!("`{service_id}` leads nowhere: `{id}` has no listener"),
    )
    .here("no `AWS::ElasticLoadBalancingV2::Listener` names this load balancer")
    .label(Some(service_id), service_span, "consumers connect to it through this service")
    .why("a load balancer takes connections on the ports of its listeners, and without a listener on none")
    .help(format!("add an `AWS::ElasticLoadBalancingV2::Listener` with `LoadBalancerArn` of `{id}`"))
    .symptom("endpoints become available, and every connection through them fails");
}

fn report_listener(cx: &mut Context<'_, '_>, balancer: &LoadBalancer, listener: &Listener) {
    let network = cx.network;
    let Some((protocol, span)) = listener.protocol else { return };
    let (id, balancer_id) = (cx.id(listener.resource), cx.id(balancer.resource));
    if protocol.forwards_to().is_some_and(<[_]>::is_empty) {
        let balancer_span = cx.id_span(balancer.resource);
        cx.report(
            listener.resource,
            span,
            format!("`{id}` listens for {}, which a network load balancer cannot do", protocol.name()),
        )
        .here("a protocol of other load balancers")
        .label(Some(balancer_id), balancer_span, "a network load balancer")
        .why(
            "network load balancers pass on connections, not requests: they listen for TCP, TLS, UDP or QUIC",
        )
        .help("set `Protocol: TCP`, or `TLS` with a certificate where the load balancer is to end TLS")
        .symptom("the stack rolls back when the listener is made");
        return;
    }
    if protocol == ListenerProtocol::Tls && has_none(listener.certificates.as_ref()) {
        let finding = cx.report(
            listener.resource,
            span,
            format!("`{id}` of `{balancer_id}` listens for TLS without a certificate"),
        );
        finding.here("TLS ends at the load balancer");
        if let Some(certificates) = &listener.certificates {
            finding.label(Some(id), certificates.span, "no certificate here");
        }
        finding
            .why("a load balancer that ends TLS shows a server certificate, and the listener is refused without one")
            .help("list one certificate in `Certificates`, or set `Protocol: TCP` and let the targets end TLS")
            .symptom("the stack rolls back: a certificate must be specified for TLS listeners");
    }
    for target_group in network.target_groups_of(listener) {
        report_mismatch(cx, listener, target_group);
        report_ipv4_targets(cx, balancer, listener, target_group);
    }
}

fn has_none(certificates: Option<&Members>) -> bool {
    certificates.is_none_or(|certificates| certificates.complete && certificates.items.is_empty())
}

/// A target group of a protocol that the listener does not forward to.
fn report_mismatch(cx: &mut Context<'_, '_>, listener: &Listener, target_group: &TargetGroup) {
    let (Some((protocol, span)), Some((wanted, wanted_span))) = (listener.protocol, target_group.protocol)
    else {
        return;
    };
    let Some(possible) = protocol.forwards_to().filter(|possible| !possible.contains(&wanted)) else {
        return;
    };
    let (id, targets) = (cx.id(listener.resource), cx.id(target_group.resource));
    let (name, wanted) = (protocol.name(), wanted.name());
    let possible: Vec<&str> = possible.iter().map(|protocol| protocol.name()).collect();
    let possible = possible.join(" or ");
    cx.report(
        listener.resource,
        span,
        format!("`{id}` listens for {name} and cannot forward to `{targets}`, a target group for {wanted}"),
    )
    .here(format!("needs target groups for {possible}"))
    .label(Some(targets), wanted_span, format!("{wanted} here"))
    .why(format!("a {name} listener of a network load balancer forwards to target groups for {possible} only"))
    .help(format!("set `Protocol` of `{targets}` to {possible}, or change that of `{id}`"))
    .symptom("the stack rolls back when the listener is made: its protocol is not supported with that of the target group");
}

/// UDP through a dual-stack load balancer to targets that have IPv4 addresses.
fn report_ipv4_targets(
    cx: &mut Context<'_, '_>,
    balancer: &LoadBalancer,
    listener: &Listener,
    target_group: &TargetGroup,
) {
    let (Some((ListenerProtocol::Udp, span)), Switch::On(dual_stack)) =
        (listener.protocol, balancer.dual_stack)
    else {
        return;
    };
    if !target_group.ipv4 {
        return;
    }
    let (id, balancer_id) = (cx.id(listener.resource), cx.id(balancer.resource));
    let targets = cx.id(target_group.resource);
    let written = cx.network.scenario.property(target_group.resource, "IpAddressType");
    let (target_span, words) = match written {
        Some(value) => (value.span, "IPv4 targets"),
        None => {
            (cx.id_span(target_group.resource), "without `IpAddressType` its targets have IPv4 addresses")
        }
    };
    cx.report(
        listener.resource,
        span,
        format!("`{id}` listens for UDP on dual-stack `{balancer_id}` and cannot forward to IPv4 targets in `{targets}`"),
    )
    .here("needs IPv6 targets here")
    .label(Some(balancer_id), dual_stack, "dual-stack")
    .label(Some(targets), target_span, words)
    .why("a UDP listener of a dual-stack load balancer forwards to IPv6 target groups only")
    .help(format!("set `IpAddressType: ipv6` on `{targets}` and register IPv6 addresses, or leave `{balancer_id}` at IPv4"))
    .symptom("the stack rolls back when the listener is made");
}
