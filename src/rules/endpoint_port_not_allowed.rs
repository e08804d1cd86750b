//! `endpoint-port-not-allowed`: an endpoint whose security groups open the port of its service to nobody.

use crate::diagnostic::{Applicability, Edit, Severity};
use crate::facts::Service;
use crate::network::{Endpoint, Identity, Network, Ports, Protocol, SecurityGroup, ServiceName};
use crate::text::Span;

use super::{Check, Context, Group, Persona, Rule, mend};

pub(super) static RULE: Rule = Rule {
    name: "endpoint-port-not-allowed",
    group: Group::Reachability,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "No security group of the endpoint opens the port on which its service listens",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html",
    page: include_str!("../../rules/endpoint-port-not-allowed.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    // Groups whose rules are shown already: what is said together needs them once.
    let mut shown: Vec<&Identity> = Vec::new();
    for endpoint in &network.endpoints {
        let Some(needed) = network.service_ports(endpoint) else { continue };
        let Some((groups, span)) = groups_made_here(network, endpoint) else { continue };
        let is_closed =
            |(protocol, port)| groups.iter().all(|group| group.opens(protocol, port) == Some(false));
        if !needed.clone().all(is_closed) {
            continue;
        }
        let needed: Vec<(Protocol, u16)> = needed.collect();
        let service = match &endpoint.service {
            ServiceName::Aws(service) => format!("`{}`", service.id),
            ServiceName::Own(service) => format!("`{}`", network.id(*service)),
            _ => "the tunnel".to_owned(),
        };
        let id = network.id(endpoint.resource);
        let ports = ports_in_words(&needed, "or");
        let edits = opened(network, &groups, &needed);
        let finding = match groups.as_slice() {
            [group] => {
                let group = network.name_of(&group.identity);
                let message = format!(
                    "`{group}`, the security group of `{id}`, does not open {ports}, on which {service} listens"
                );
                cx.report(endpoint.resource, span, message)
                    .here(format!("does not open {ports}"))
                    .help(format!("add ingress for {ports} from the clients to `{group}`"))
                    .together(format!(
                        "`{group}` does not open {ports}, which {{count}} endpoints in it need: {{names}}"
                    ))
            }
            _ => cx
                .report(
                    endpoint.resource,
                    span,
                    format!(
                        "none of the security groups of `{id}` opens {ports}, on which {service} listens"
                    ),
                )
                .here(format!("none of these opens {ports}"))
                .help(format!("add ingress for {ports} from the clients to one of the groups"))
                .together(format!(
                    "none of the security groups of {{count}} endpoints opens {ports}, which they need: {{names}}"
                )),
        };
        finding.fix(Applicability::Suggested, format!("let {ports} in from the range of the VPC"), edits);
        // No document was read that says so, or another stack may add a rule to a group whose id an output gives away.
        let is_assumed = |service: &Service| service.ports_src.as_deref() == Some("engineering");
        if endpoint.aws_service().is_some_and(is_assumed) || groups.iter().any(|group| group.shared) {
            finding.severity(RULE.severity.lowered());
        }
        for group in groups {
            if shown.contains(&&group.identity) {
                continue;
            }
            shown.push(&group.identity);
            if let (Some(resource), []) = (group.resource, group.ingress.as_slice()) {
                let span = network.template().resource(resource).id.span;
                finding.label(Some(network.id(resource)), span, "has no ingress rule");
            }
            for rule in &group.ingress {
                let opens = rule_in_words(rule.ports);
                finding.label(Some(network.id(rule.resource)), rule.span, opens);
            }
        }
        finding
            .why("the network interfaces of the endpoint drop what their security groups do not admit, without an answer")
            .symptom("connections to the service time out");
    }
}

/// Ingress for the port from the range of the VPC, where there is one group and one port.
fn opened(
    network: &Network<'_, '_>,
    groups: &[&SecurityGroup],
    ports: &[(Protocol, u16)],
) -> Option<Vec<Edit>> {
    let ([group], [(protocol, port)]) = (groups, ports) else { return None };
    let range = mend::range_of(network, group.vpc.as_ref())?;
    mend::admit(network.template(), group.resource?, &[mend::ingress(*protocol, *port, ("CidrIp", range))])
}

/// The groups of an endpoint with the place to underline, where the template makes all of them.
fn groups_made_here<'n>(
    network: &'n Network<'_, '_>,
    endpoint: &Endpoint<'_>,
) -> Option<(Vec<&'n SecurityGroup>, Span)> {
    let members = endpoint.security_groups.as_ref()?;
    let groups = network.groups_made_here(Some(members))?;
    let span = match members.items.as_slice() {
        [one] => one.span,
        _ => members.span,
    };
    Some((groups, span))
}

/// "TCP 443", "TCP 25, 465 or 587", "TCP 80 or UDP 53".
pub(super) fn ports_in_words(ports: &[(Protocol, u16)], conjunction: &str) -> String {
    let mut last = None;
    let words: Vec<String> = ports
        .iter()
        .map(|&(protocol, port)| {
            let same = last.replace(protocol) == Some(protocol);
            if same { port.to_string() } else { format!("{} {port}", protocol.name()) }
        })
        .collect();
    match words.as_slice() {
        [before @ .., last] if !before.is_empty() => format!("{} {conjunction} {last}", before.join(", ")),
        words => words.concat(),
    }
}

fn rule_in_words(ports: Ports) -> String {
    match ports {
        Ports::Range(protocol, from, to) if from == to => format!("opens {} {from} only", protocol.name()),
        Ports::Range(protocol, 0, u16::MAX) => format!("opens {} only", protocol.name()),
        Ports::Range(protocol, from, to) => format!("opens {} {from} to {to} only", protocol.name()),
        Ports::Other => "opens neither TCP nor UDP".to_owned(),
        Ports::All | Ports::Unknown => String::new(),
    }
}
