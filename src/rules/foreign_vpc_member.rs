//! `foreign-vpc-member`: an endpoint with a subnet, security group or route table of another VPC.

use crate::diagnostic::{Severity, listed};
use crate::network::{Endpoint, Identity, Item, Network, Scope};

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "foreign-vpc-member",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "An endpoint with a subnet, a security group or a route table of another VPC",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html",
    page: include_str!("../../rules/foreign-vpc-member.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for endpoint in &network.endpoints {
        let Some(vpc) = &endpoint.vpc else { continue };
        let foreign = foreign_members(network, endpoint, vpc);
        let Some((first, _, their_vpc)) = foreign.first() else { continue };
        let (id, own) = (cx.id(endpoint.resource), network.name_of(vpc));
        let mut names: Vec<String> = Vec::new();
        for (_, member, _) in &foreign {
            let name = network.name_of(member);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let verb = if names.len() == 1 { "is" } else { "are" };
        let (names, theirs) = (listed(names.iter().map(String::as_str)), network.name_of(their_vpc));
        let scattered = foreign.iter().any(|(_, _, other)| other != their_vpc);
        let there = if scattered { "other VPCs".to_owned() } else { format!("`{theirs}`") };
        let finding = cx.report(
            endpoint.resource,
            first.span,
            format!("`{id}` is in `{own}` and cannot have {names}, which {verb} in {there}"),
        );
        finding.here(format!("in `{theirs}`"));
        for (item, _, other) in &foreign[1..] {
            finding.label(Some(id), item.span, format!("in `{}`", network.name_of(other)));
        }
        if let Some(value) = network.scenario.property(endpoint.resource, "VpcId") {
            finding.label(Some(id), value.span, format!("the endpoint is in `{own}`"));
        }
        for (_, member, other) in &foreign {
            let vpc_id = member.resource().map(|member| (member, network.scenario.property(member, "VpcId")));
            if let Some((member, Some(value))) = vpc_id {
                let words = format!("in `{}`", network.name_of(other));
                finding.label(Some(network.id(member)), value.span, words);
            }
        }
        finding
            .why("the network interfaces and routes of an endpoint are all in its own VPC")
            .help(format!("name subnets, security groups and route tables of `{own}`, or make the endpoint in `{theirs}`"))
            .symptom("InvalidParameter: ... does not belong to VPC");
    }
}

/// The members of its lists that are certainly in another VPC, each with that VPC, in the order of the lists.
fn foreign_members<'n>(
    network: &'n Network<'_, '_>,
    endpoint: &'n Endpoint<'_>,
    vpc: &Identity,
) -> Vec<(&'n Item, &'n Identity, Identity)> {
    let lists = [&endpoint.subnets, &endpoint.security_groups, &endpoint.route_tables];
    let items = lists.into_iter().flatten().flat_map(|members| &members.items);
    items
        .filter_map(|item| {
            let member = item.identity.as_ref()?;
            let other = vpc_of(network, member).filter(|other| other.differs(vpc))?;
            Some((item, member, other))
        })
        .collect()
}

/// The VPC that a member must be used in, where it is known.
fn vpc_of(network: &Network<'_, '_>, member: &Identity) -> Option<Identity> {
    if let Identity::DefaultGroup(vpc) = member {
        return Some(Identity::Resource(*vpc));
    }
    let group = || network.security_group(member).filter(|group| group.scope == Scope::OwnVpc);
    let own = (network.subnet(member).map(|subnet| &subnet.vpc))
        .or_else(|| network.route_table(member).map(|table| &table.vpc))
        .or_else(|| group().map(|group| &group.vpc))?;
    own.clone()
}
