//! `endpoint-clients-not-allowed`: an endpoint that lets others in, and not the workload that calls through it.

use crate::diagnostic::{Applicability, Edit, Finding, Severity};
use crate::network::{AddressRange, Call, Identity, KeptOut, Network, Peer, Protocol, SecurityGroupRule};
use crate::template::ResourceId;
use crate::text::Span;

use super::{Check, Context, Group, Persona, Rule, cut_off, mend};

pub(super) static RULE: Rule = Rule {
    name: "endpoint-clients-not-allowed",
    group: Group::Reachability,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "The security group of an endpoint opens the port, but not to a workload that calls through it",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html",
    page: include_str!("../../rules/endpoint-clients-not-allowed.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    // The calls that the same rules keep out.
    let mut all: Vec<(KeptOut<'_>, Vec<Call<'_, '_>>)> = Vec::new();
    for call in network.calls() {
        // An endpoint that opens the port to nobody is what `endpoint-port-not-allowed` is about.
        let Some(kept_out) = network.kept_out(&call).filter(|kept_out| !kept_out.rules.is_empty()) else {
            continue;
        };
        let places = |kept_out: &KeptOut<'_>| -> Vec<Span> {
            let rules = kept_out.rules.iter().map(|rule| rule.span);
            rules.chain(kept_out.subnets.iter().map(|subnet| cx.id_span(subnet.resource))).collect()
        };
        match all.iter_mut().find(|(known, _)| places(known) == places(&kept_out)) {
            Some((_, calls)) => calls.push(call),
            None => all.push((kept_out, vec![call])),
        }
    }
    for (kept_out, calls) in &all {
        report(cx, kept_out, calls);
    }
}

fn report(cx: &mut Context<'_, '_>, kept_out: &KeptOut<'_>, calls: &[Call<'_, '_>]) {
    let network = cx.network;
    let (Some((rule, others)), Some(call)) = (kept_out.rules.split_first(), calls.first()) else { return };
    let clients = clients(network, calls);
    let endpoints = endpoints(network, calls);
    let groups = network.groups_made_here(call.endpoint.security_groups.as_ref()).unwrap_or_default();
    let holder = groups.iter().find(|group| group.ingress.iter().any(|other| other.span == rule.span));
    let Some(owner) = holder.and_then(|group| group.resource) else { return };
    let group = network.id(owner);
    let from = match kept_out.subnets.as_slice() {
        [] => String::new(),
        subnets => format!(" from {}", cut_off::subnets_in_words(network, subnets)),
    };
    let more = if others.is_empty() { "" } else { " and others" };
    let message = format!(
        "{clients} cannot connect to {endpoints}{from}: `{group}` opens the port only to {}{more}",
        source(network, rule)
    );
    let finding = cx.report(owner, rule.peer_span, message);
    finding.here(format!("does not cover {clients}{from}"));
    if groups.iter().any(|group| group.shared) {
        finding.severity(RULE.severity.lowered());
    }
    for rule in others {
        finding.label(Some(network.id(rule.resource)), rule.peer_span, "nor does this");
    }
    for subnet in &kept_out.subnets {
        let place = network.template().resource(subnet.resource).id.span;
        finding.label(Some(network.id(subnet.resource)), place, format!("{clients} may run here too"));
    }
    label_needs(network, finding, calls);
    let own = call.workload.security_groups.as_ref().and_then(|members| members.known().next());
    let source = match (own, kept_out.subnets.as_slice()) {
        (Some(group), _) => format!("`{}`", network.name_of(group)),
        (None, []) => "the security group of the workload".to_owned(),
        (None, subnets) => format!("the range of {}", cut_off::subnets_in_words(network, subnets)),
    };
    finding
        .fix(
            Applicability::Suggested,
            format!("let members of the workload's security group into `{group}`"),
            admitted(network, owner, calls),
        )
        .why("an endpoint drops what its security groups do not admit, without an answer, and its private name leads every call in the VPC to it")
        .help(format!("add ingress on the same port from {source} to `{group}`"))
        .symptom("connections to the service time out: Could not connect to the endpoint URL, ResourceInitializationError");
}

/// Ingress for the port of the services from a security group of each workload.
fn admitted(network: &Network<'_, '_>, owner: ResourceId, calls: &[Call<'_, '_>]) -> Option<Vec<Edit>> {
    let mut sources: Vec<(&Identity, u16)> = Vec::new();
    for call in calls {
        let &[port] = call.endpoint.aws_service()?.ports.as_slice() else { return None };
        let source = (call.workload.security_groups.as_ref()?.known().next()?, port);
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    let template = network.template();
    let rule =
        |(group, port)| Some(mend::ingress(Protocol::Tcp, port, mend::members_of(template, group, owner)?));
    let rules: Vec<_> = sources.into_iter().map(rule).collect::<Option<_>>()?;
    mend::admit(template, owner, &rules)
}

/// Who calls, in words.
pub(super) fn clients(network: &Network<'_, '_>, calls: &[Call<'_, '_>]) -> String {
    listed_once(calls.iter().map(|call| network.id(call.workload.resource)))
}

/// What is called through, in words.
pub(super) fn endpoints(network: &Network<'_, '_>, calls: &[Call<'_, '_>]) -> String {
    listed_once(calls.iter().map(|call| network.id(call.endpoint.resource)))
}

fn listed_once<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut once: Vec<&str> = Vec::new();
    for name in names {
        if !once.contains(&name) {
            once.push(name);
        }
    }
    cut_off::listed(once.into_iter())
}

/// Points at what shows that each call is made, and at the security groups of the workload.
pub(super) fn label_needs(network: &Network<'_, '_>, finding: &mut Finding, calls: &[Call<'_, '_>]) {
    for (index, call) in calls.iter().enumerate() {
        let client = network.id(call.workload.resource);
        let service = call.endpoint.service_id().unwrap_or_default();
        let endpoint = network.id(call.endpoint.resource);
        // What is needed whatever is written has the workload itself for its place.
        let by_kind = call.need.span == network.template().resource(call.workload.resource).id.span;
        let why = if by_kind { "" } else { " for this" };
        let words = format!("`{client}` needs `{service}`{why}, through `{endpoint}`");
        finding.label(Some(network.id(call.need.resource)), call.need.span, words);
        let seen = calls[..index].iter().any(|other| other.workload.resource == call.workload.resource);
        if let Some(members) = call.workload.security_groups.as_ref().filter(|_| !seen) {
            finding.label(Some(client), members.span, format!("the security groups of `{client}`"));
        }
    }
}

/// The other side of a rule in words.
fn source(network: &Network<'_, '_>, rule: &SecurityGroupRule) -> String {
    match &rule.peer {
        Peer::Group(group) => format!("members of `{}`", network.name_of(group)),
        Peer::Range(AddressRange::Net(net)) => format!("`{net}`"),
        _ => "others".to_owned(),
    }
}
