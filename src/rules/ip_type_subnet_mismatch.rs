//! `ip-type-subnet-mismatch`: an endpoint with addresses of a kind that its subnets do not have.

use crate::diagnostic::Severity;
use crate::network::{Endpoint, Members, Network, Subnet, Switch};
use crate::text::Span;

use super::written::joined;
use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "ip-type-subnet-mismatch",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "`IpAddressType` of an endpoint asks for addresses that its subnets do not have",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html",
    page: include_str!("../../rules/ip-type-subnet-mismatch.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for endpoint in &network.endpoints {
        let Some(ip_type) = &endpoint.ip_type else { continue };
        let Some(name) = ip_type.text() else { continue };
        let lacking = Family::needed_by(name).iter().find_map(|&family| {
            let subnets = subnets_without(network, endpoint, family);
            (!subnets.is_empty()).then_some((family, subnets))
        });
        let Some((family, subnets)) = lacking else { continue };
        let id = cx.id(endpoint.resource);
        let ids: Vec<&str> = subnets.iter().map(|(subnet, _)| network.id(subnet.resource)).collect();
        let have = if ids.len() == 1 { "has" } else { "have" };
        let (addresses, other) = family.words();
        let (joined_ids, article) = (joined(&ids), if name.starts_with("ip") { "an" } else { "a" });
        let message = format!(
            "`{id}` is {article} `{name}` endpoint, but {joined_ids} {have} no {addresses} addresses"
        );
        let finding = cx.report(endpoint.resource, ip_type.span, message);
        finding.here(format!("asks for {addresses} addresses"));
        for ((subnet, span), subnet_id) in subnets.iter().zip(&ids) {
            let owner = network.template().resource(subnet.resource);
            finding.label(Some(id), *span, format!("`{subnet_id}` has no {addresses} addresses"));
            if let Switch::On(span) = subnet.ipv6_native {
                finding.label(Some(subnet_id), span, format!("`{subnet_id}` is for IPv6 only"));
            } else {
                finding.label(Some(subnet_id), owner.id.span, "no `Ipv6CidrBlock`");
            }
        }
        let remedy = match family {
            Family::Ipv6 => "give the subnets an `Ipv6CidrBlock`",
            Family::Ipv4 => "list subnets that have a `CidrBlock`",
        };
        finding
            .why("each network interface of the endpoint gets its addresses from its subnet: AWS refuses an address type that one of the subnets does not have")
            .help(format!("{remedy}, or set `IpAddressType: {other}`"))
            .symptom("InvalidParameter when the endpoint is created")
            .together(format!(
                "subnets of {{count}} `{name}` endpoints have no {addresses} addresses: {{names}}"
            ));
    }
}

/// A kind of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Ipv4,
    Ipv6,
}

impl Family {
    /// The kinds that every subnet of an endpoint must have
    /// (<https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html>).
    fn needed_by(ip_type: &str) -> &'static [Self] {
        match ip_type {
            "ipv4" => &[Self::Ipv4],
            "ipv6" => &[Self::Ipv6],
            "dualstack" => &[Self::Ipv6, Self::Ipv4],
            _ => &[],
        }
    }

    /// What to call it, and the `IpAddressType` that does without it.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Ipv4 => ("IPv4", "ipv6"),
            Self::Ipv6 => ("IPv6", "ipv4"),
        }
    }
}

/// The subnets of an endpoint that certainly have no addresses of that kind, with their places in its list.
fn subnets_without<'n>(
    network: &'n Network<'_, '_>,
    endpoint: &Endpoint<'_>,
    family: Family,
) -> Vec<(&'n Subnet, Span)> {
    let items = endpoint.subnets.iter().flat_map(|Members { items, .. }| items);
    items
        .filter_map(|item| Some((network.subnet(item.identity.as_ref()?)?, item.span)))
        .filter(|(subnet, _)| match family {
            Family::Ipv4 => matches!(subnet.ipv6_native, Switch::On(_)),
            Family::Ipv6 => {
                subnet.ipv6 == Some(false) && matches!(subnet.ipv6_native, Switch::Off(_) | Switch::Absent)
            }
        })
        .collect()
}
