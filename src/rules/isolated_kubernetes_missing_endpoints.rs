//! `isolated-kubernetes-missing-endpoints`: nodes and pods without a way to what they need.

use crate::diagnostic::Severity;
use crate::network::{Cluster, Network, Subnet, Workload, World};
use crate::text::Span;

use super::{Check, Context, Group, Persona, Rule, cut_off, missing};

pub(super) static RULE: Rule = Rule {
    name: "isolated-kubernetes-missing-endpoints",
    group: Group::Reachability,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "Nodes or pods of Amazon EKS in isolated subnets that miss endpoints, or the private access of the cluster",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html",
    page: include_str!("../../rules/isolated-kubernetes-missing-endpoints.md"),
    check: Check::Network(&["AWS::EKS::Nodegroup", "AWS::EKS::FargateProfile"], |cx| {
        missing::check(cx, &RULE);
        check_access(cx);
    }),
};

/// A cluster whose API server is out of reach, and who is shut in before it.
struct Unreached<'n> {
    cluster: Cluster,
    place: Span,
    workloads: Vec<(&'n Workload, Vec<&'n Subnet>)>,
    world: World,
}

fn check_access(cx: &mut Context<'_, '_>) {
    for unreached in unreached(cx.network) {
        report(cx, &unreached);
    }
}

fn unreached<'n>(network: &'n Network<'_, '_>) -> Vec<Unreached<'n>> {
    let mut found: Vec<Unreached<'n>> = Vec::new();
    for workload in &network.workloads {
        let Some(cluster) = network.cluster_of(workload) else { continue };
        let Some(place) = cluster.without_private_access(network) else { continue };
        let Some((subnets, world)) = network.shut_in(workload) else { continue };
        match found.iter_mut().find(|other| other.cluster == cluster) {
            Some(other) => {
                other.workloads.push((workload, subnets));
                if world == World::Open {
                    other.world = world;
                }
            }
            None => found.push(Unreached { cluster, place, workloads: vec![(workload, subnets)], world }),
        }
    }
    found
}

fn report(cx: &mut Context<'_, '_>, unreached: &Unreached<'_>) {
    let network = cx.network;
    let id = network.id(unreached.cluster.resource);
    let mut subnets: Vec<&Subnet> = Vec::new();
    for subnet in unreached.workloads.iter().flat_map(|(_, subnets)| subnets) {
        if !subnets.iter().any(|known| known.resource == subnet.resource) {
            subnets.push(subnet);
        }
    }
    let words = cut_off::subnets_in_words(network, &subnets);
    let verb = if subnets.len() == 1 { "has" } else { "have" };
    let names =
        cut_off::listed(unreached.workloads.iter().map(|(workload, _)| network.id(workload.resource)));
    let headline = match unreached.world {
        World::Closed => format!(
            "nodes of {names} cannot join `{id}`: its private access is off, and {words} {verb} no way to its public address"
        ),
        World::Open => format!(
            "nodes of {names} join `{id}` at its public address, since its private access is off, and this template gives {words} no way there"
        ),
    };
    let finding = cx.report(unreached.cluster.resource, unreached.place, headline);
    finding
        .severity(cut_off::severity(RULE.severity, unreached.world))
        .here("the API server has no address in the VPC");
    for (workload, own) in &unreached.workloads {
        let span = network.template().resource(workload.resource).id.span;
        let words = format!("runs in {}", cut_off::subnets_in_words(network, own));
        finding.label(Some(network.id(workload.resource)), span, words);
    }
    cut_off::label_subnets(finding, network, &subnets, "the API server");
    let elsewhere = match unreached.world {
        World::Closed => "",
        World::Open => {
            "; another stack may give the subnets a way out of the VPC, then ignore this rule here"
        }
    };
    finding
        .why(format!("nodes register with the API server of their cluster, and its name leads to a public address unless private access is on{elsewhere}"))
        .help(format!("set `EndpointPrivateAccess: true` in `ResourcesVpcConfig` of `{id}`"))
        .symptom("NodeCreationFailure: Instances failed to join the kubernetes cluster");
}
