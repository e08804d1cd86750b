//! `two-subnets-one-az`: an interface endpoint in two subnets of one availability zone.

use std::rc::Rc;

use crate::diagnostic::Severity;
use crate::facts::EndpointType;
use crate::network::{Endpoint, Item, Network, Subnet};

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "two-subnets-one-az",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "An interface endpoint in two subnets of one availability zone, where it can have one only",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html",
    page: include_str!("../../rules/two-subnets-one-az.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    let mut zoned = Vec::new();
    for endpoint in &network.endpoints {
        if !endpoint.is(EndpointType::Interface) {
            continue;
        }
        zoned.clear();
        zoned.extend(zoned_subnets(network, endpoint));
        let Some([(first_item, first), (item, second)]) = neighbours(&zoned) else { continue };
        let id = cx.id(endpoint.resource);
        let (first_id, second_id) = (network.id(first.resource), network.id(second.resource));
        let finding = cx.report(
            endpoint.resource,
            item.span,
            format!(
                "`{first_id}` and `{second_id}` are in one availability zone, so `{id}` cannot have both"
            ),
        );
        finding.here(format!("in the zone of `{first_id}`")).label(
            Some(id),
            first_item.span,
            "the other subnet in that zone",
        );
        for (subnet, subnet_id) in [(first, first_id), (second, second_id)] {
            let zone = ["AvailabilityZone", "AvailabilityZoneId"];
            if let Some(zone) = zone.iter().find_map(|key| network.scenario.property(subnet.resource, key)) {
                finding.label(Some(subnet_id), zone.span, format!("zone of `{subnet_id}`"));
            }
        }
        finding
            .why("an interface endpoint has one network interface in each availability zone, and clients in every subnet of the zone use it")
            .help(format!("remove `{first_id}` or `{second_id}` from `SubnetIds`, or put one of them in another zone"))
            .symptom("DuplicateSubnetsInSameZone: Found another VPC endpoint subnet in the availability zone")
            .together(format!(
                "`{first_id}` and `{second_id}` are in one availability zone, so {{count}} endpoints cannot have both: {{names}}"
            ));
    }
}

/// A subnet of an endpoint whose zone is known.
type Zoned<'n> = (&'n Item, &'n Subnet, &'n Rc<str>);

/// Those of its subnets whose zones are known, in the order of the list.
fn zoned_subnets<'n>(
    network: &'n Network<'_, '_>,
    endpoint: &'n Endpoint<'_>,
) -> impl Iterator<Item = Zoned<'n>> {
    let items = endpoint.subnets.iter().flat_map(|subnets| &subnets.items);
    items.filter_map(|item| {
        let subnet = network.subnet(item.identity.as_ref()?)?;
        Some((item, subnet, subnet.zone.as_ref()?))
    })
}

/// The first two that are certainly in one zone.
fn neighbours<'n>(zoned: &[Zoned<'n>]) -> Option<[(&'n Item, &'n Subnet); 2]> {
    zoned.iter().enumerate().find_map(|(index, &(item, subnet, zone))| {
        let &(first_item, first, _) = zoned[..index]
            .iter()
            .find(|(_, first, first_zone)| *first_zone == zone && first.resource != subnet.resource)?;
        Some([(first_item, first), (item, subnet)])
    })
}
