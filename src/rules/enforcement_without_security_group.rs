//! `enforcement-without-security-group`: the switch for PrivateLink traffic on a load balancer that cannot have it.

use crate::diagnostic::{Applicability, Severity};
use crate::network::{LoadBalancer, LoadBalancerKind};
use crate::template::{ExpressionKind, ResourceId, Written};
use crate::text::Span;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "enforcement-without-security-group",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "The switch for inbound rules on PrivateLink traffic without a security group, or neither `on` nor `off`",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-loadbalancer.html",
    page: include_str!("../../rules/enforcement-without-security-group.md"),
    check: Check::Network(&["AWS::ElasticLoadBalancingV2::LoadBalancer"], check),
};

const PROPERTY: &str = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic";

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for balancer in &network.load_balancers {
        if cx.template().property(balancer.resource, PROPERTY).is_none() {
            continue;
        }
        let Some(value) = network.scenario.property(balancer.resource, PROPERTY) else { continue };
        report_word(cx, balancer.resource, value.span, value.text());
        report_place(cx, balancer, value.span);
    }
}

/// A value that is not one of the two words.
fn report_word(cx: &mut Context<'_, '_>, resource: ResourceId, span: Span, text: Option<&str>) {
    let Some(text) = text else { return };
    let written = cx.template().property(resource, PROPERTY).map(|written| &written.kind);
    let unquoted = matches!(written, Some(ExpressionKind::Text { plain: true, .. }));
    let is_word = matches!(text, "on" | "off");
    if is_word && !unquoted {
        return;
    }
    let id = cx.id(resource);
    let lower = text.to_ascii_lowercase();
    let meant = if ["off", "false", "no", "disabled"].contains(&lower.as_str()) { "off" } else { "on" };
    let understood =
        is_word || ["true", "yes", "enabled", "false", "no", "disabled"].contains(&lower.as_str());
    let edits = cx.template().edit(|editor| {
        let value = understood.then(|| Written::text(meant))?;
        editor.set(resource, &[PROPERTY], None, value)
    });
    let finding = if is_word {
        let taken = text == "on";
        let headline = format!("`{text}` without quotes is `{taken}` for `{PROPERTY}` of `{id}`");
        cx.report(resource, span, headline).here("CloudFormation takes this word for a boolean")
    } else {
        let headline = format!("`{text}` is neither `on` nor `off` for `{PROPERTY}` of `{id}`");
        cx.report(resource, span, headline).here("not one of the two words")
    };
    let applicability = if is_word { Applicability::Safe } else { Applicability::Suggested };
    finding
        .fix(applicability, format!("write `\"{meant}\"`"), edits)
        .why("the property takes the texts `on` and `off`; CloudFormation reads YAML 1.1, in which these words without quotes are booleans")
        .help(format!("write `\"{meant}\"`, with quotes"))
        .symptom("the load balancer is refused for a value that is neither `on` nor `off`");
}

/// A load balancer that does not have the property.
fn report_place(cx: &mut Context<'_, '_>, balancer: &LoadBalancer, span: Span) {
    let id = cx.id(balancer.resource);
    let id_span = cx.id_span(balancer.resource);
    if matches!(balancer.kind, Some(LoadBalancerKind::Application | LoadBalancerKind::Gateway)) {
        cx.report(
            balancer.resource,
            span,
            format!("`{PROPERTY}` is written on `{id}`, which is no network load balancer"),
        )
        .here("for network load balancers only")
        .why("only network load balancers stand behind PrivateLink and can decide about its traffic")
        .help("remove the property, or set `Type: network`")
        .symptom("the load balancer is refused when the stack is made");
        return;
    }
    let none =
        balancer.security_groups.as_ref().is_none_or(|groups| groups.complete && groups.items.is_empty());
    if balancer.kind == Some(LoadBalancerKind::Network) && none {
        let groups = balancer.security_groups.as_ref().map_or(id_span, |groups| groups.span);
        cx.report(
            balancer.resource,
            span,
            format!("`{PROPERTY}` is written on `{id}`, which has no security group"),
        )
        .here("for load balancers with security groups only")
        .label(Some(id), groups, "no security groups here")
        .why("the property says whether the inbound rules of the load balancer's security groups hold for PrivateLink traffic, and cannot be set without groups")
        .help("give the load balancer `SecurityGroups`, or remove the property")
        .symptom("the load balancer is refused when the stack is made");
    }
}
