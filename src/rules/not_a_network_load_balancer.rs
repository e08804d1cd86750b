//! `not-a-network-load-balancer`: an endpoint service before a load balancer of a kind that cannot stand behind one.

use crate::diagnostic::Severity;
use crate::network::{Identity, LoadBalancerKind, Members};
use crate::template::ResourceId;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "not-a-network-load-balancer",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "An endpoint service before a load balancer of another kind; without `Type` that is application",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/create-endpoint-service.html",
    page: include_str!("../../rules/not-a-network-load-balancer.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    for service in &cx.network.endpoint_services {
        let lists = [
            (&service.network_load_balancers, LoadBalancerKind::Network),
            (&service.gateway_load_balancers, LoadBalancerKind::Gateway),
        ];
        for (members, wanted) in lists {
            if let Some(members) = members {
                report_others(cx, service.resource, members, wanted);
            }
        }
    }
}

fn report_others(cx: &mut Context<'_, '_>, service: ResourceId, members: &Members, wanted: LoadBalancerKind) {
    let id = cx.id(service);
    let network = cx.network;
    for item in &members.items {
        let Some(identity) = &item.identity else { continue };
        let Some(kind) = kind_of(cx, identity).filter(|kind| *kind != wanted) else { continue };
        let resource = identity.resource();
        let name = resource.map_or("the load balancer".to_owned(), |it| format!("`{}`", cx.id(it)));
        let finding = cx.report(
            service,
            item.span,
            format!("{name} behind `{id}` is {}, not {}", with_article(kind), with_article(wanted)),
        );
        finding.here(format!("{} is wanted here", with_article(wanted)));
        if let Some(resource) = resource {
            let (span, words) = match network.scenario.property(resource, "Type") {
                Some(value) => (value.span, format!("the type is {}", word(kind))),
                None => (
                    network.template().resource(resource).id.span,
                    "without `Type` a load balancer is an application load balancer".to_owned(),
                ),
            };
            finding.label(Some(network.id(resource)), span, words);
        }
        finding
            .why("an endpoint service stands before network load balancers (`NetworkLoadBalancerArns`) or gateway load balancers (`GatewayLoadBalancerArns`) and no others")
            .help(match (wanted, kind) {
                (LoadBalancerKind::Network, LoadBalancerKind::Application) => {
                    "set `Type: network`, or put a network load balancer in front with a target group of `TargetType: alb`"
                }
                (LoadBalancerKind::Network, _) => "name it in `GatewayLoadBalancerArns` instead",
                (_, LoadBalancerKind::Network) => "name it in `NetworkLoadBalancerArns` instead",
                _ => "set `Type: gateway`",
            })
            .symptom("the load balancer is refused when the service is made");
    }
}

/// The kind of a load balancer of the template, or of an ARN that is written out.
fn kind_of(cx: &Context<'_, '_>, identity: &Identity) -> Option<LoadBalancerKind> {
    if let Identity::Outside(arn) = identity {
        // The form of ARNs:
        // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html
        let (_, rest) = arn.split_once(":loadbalancer/")?;
        return match rest.split('/').next()? {
            "app" => Some(LoadBalancerKind::Application),
            "net" => Some(LoadBalancerKind::Network),
            "gwy" => Some(LoadBalancerKind::Gateway),
            _ => None,
        };
    }
    cx.network.load_balancer(identity)?.kind
}

fn word(kind: LoadBalancerKind) -> &'static str {
    match kind {
        LoadBalancerKind::Application => "application",
        LoadBalancerKind::Network => "network",
        LoadBalancerKind::Gateway => "gateway",
    }
}

fn with_article(kind: LoadBalancerKind) -> &'static str {
    match kind {
        LoadBalancerKind::Application => "an application load balancer",
        LoadBalancerKind::Network => "a network load balancer",
        LoadBalancerKind::Gateway => "a gateway load balancer",
    }
}
