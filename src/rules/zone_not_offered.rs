//! `zone-not-offered`: an endpoint to a service of the template in a zone in which the service is not offered.

use crate::diagnostic::{Severity, listed};
use crate::network::{Endpoint, EndpointService, LeftOut, Members};

use super::zone_without_targets::label_zones;
use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "zone-not-offered",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "An endpoint to a service of the template in a zone where its load balancer has no subnet",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-share-your-services.html",
    page: include_str!("../../rules/zone-not-offered.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for endpoint in &network.endpoints {
        if let Some((service, left_out)) = network.zones_not_offered(endpoint) {
            report(cx, endpoint, service, &left_out);
        }
    }
}

fn report(
    cx: &mut Context<'_, '_>,
    endpoint: &Endpoint<'_>,
    service: &EndpointService<'_>,
    left_out: &LeftOut<'_>,
) {
    let network = cx.network;
    let (id, service_id) = (cx.id(endpoint.resource), cx.id(service.resource));
    let Some(subnets) = &endpoint.subnets else { return };
    let lists = [&service.network_load_balancers, &service.gateway_load_balancers];
    let known = lists.into_iter().flatten().flat_map(Members::known);
    let balancers: Vec<_> = known.filter_map(|balancer| network.load_balancer(balancer)).collect();
    let behind = listed(balancers.iter().map(|balancer| network.id(balancer.resource)));
    let (finding, help) = match left_out {
        LeftOut::Subnets { left_out, others } => {
            let [(item, subnet), further @ ..] = left_out.as_slice() else { return };
            let name = network.id(subnet.resource);
            let finding = cx.report(
                endpoint.resource,
                item.span,
                format!("`{id}` cannot be in `{name}`: `{service_id}` is not offered in its zone"),
            );
            finding.here("not a zone of the service");
            for (item, _) in further {
                finding.label(Some(id), item.span, "nor is this");
            }
            label_zones(network, finding, left_out, others, "where the service is offered");
            (finding, format!("take `{name}` out of `SubnetIds`, or give {behind} a subnet in its zone"))
        }
        LeftOut::Some { zones, at_most } => {
            let finding = cx.report(
                endpoint.resource,
                subnets.span,
                format!(
                    "`{id}` is to be in {zones} zones, and `{service_id}` is offered in {at_most} at most"
                ),
            );
            finding.here(format!("{zones} subnets, so {zones} zones"));
            let help =
                format!("list subnets in zones of the service only, or give {behind} a subnet in each zone");
            (finding, help)
        }
    };
    for balancer in balancers {
        if let Some(subnets) = &balancer.subnets {
            let words = format!("`{service_id}` is offered in the zones of these");
            finding.label(Some(network.id(balancer.resource)), subnets.span, words);
        }
    }
    finding
        .why("a service is offered in the zones in which its load balancer has a subnet, and an endpoint in any other zone is refused")
        .help(help)
        .symptom("The VPC endpoint service does not support the availability zone of the subnet");
}
