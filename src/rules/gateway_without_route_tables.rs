//! `gateway-without-route-tables`: a gateway endpoint that no route table leads to.

use crate::diagnostic::{Applicability, Severity};
use crate::facts::EndpointType;
use crate::network::{Endpoint, Network, RouteClass};
use crate::template::ResourceId;
use crate::text::Span;

use super::{Check, Context, Group, Persona, Rule, mend};

pub(super) static RULE: Rule = Rule {
    name: "gateway-without-route-tables",
    group: Group::Reachability,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "A gateway endpoint in no route table: nothing goes through it",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
    page: include_str!("../../rules/gateway-without-route-tables.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for endpoint in &network.endpoints {
        let Some(span) = without_tables(endpoint, cx.id_span(endpoint.resource)) else { continue };
        // A custom resource or nested stack may associate the tables.
        if endpoint.handed_out {
            continue;
        }
        let id = cx.id(endpoint.resource);
        let tables = private_tables(network, endpoint);
        let help = if tables.is_empty() {
            "list the route tables of the subnets that use it in `RouteTableIds`".to_owned()
        } else {
            let references: Vec<String> =
                tables.iter().map(|&table| format!("!Ref {}", cx.id(table))).collect();
            format!("list the private route tables: `RouteTableIds: [{}]`", references.join(", "))
        };
        let edits = mend::list_tables(network, endpoint, &tables);
        cx.report(endpoint.resource, span, format!("the gateway endpoint `{id}` is in no route table, so nothing goes through it"))
            .here("no route table gets a route to it")
            .why("a gateway endpoint is nothing but a route in the tables of `RouteTableIds`; subnets of other tables go on to the public addresses of the service, or nowhere")
            .help(help)
            .fix(Applicability::Suggested, "list the private route tables of the VPC in `RouteTableIds`", edits)
            .symptom("requests to the service time out in isolated subnets, and are charged by the NAT gateway elsewhere")
            .together("nothing goes through {count} gateway endpoints, since they are in no route table: {names}");
    }
}

/// Where a gateway endpoint certainly has no route table: the place of the empty list, else of its name.
fn without_tables(endpoint: &Endpoint<'_>, id: Span) -> Option<Span> {
    // Where the type is not written, a service without gateway endpoints shows that another was meant.
    let gateway = match endpoint.aws_service() {
        Some(service) => service.types.contains(&EndpointType::Gateway),
        None => endpoint.kind_span.is_some(),
    };
    // Subnets or groups show that an interface endpoint was meant.
    let interface = endpoint.subnets.is_some() || endpoint.security_groups.is_some();
    if !gateway || interface || !endpoint.is(EndpointType::Gateway) {
        return None;
    }
    match &endpoint.route_tables {
        None => Some(id),
        Some(tables) => (tables.complete && tables.items.is_empty()).then_some(tables.span),
    }
}

/// The template's tables of that VPC that have no route to an internet gateway.
fn private_tables(network: &Network<'_, '_>, endpoint: &Endpoint<'_>) -> Vec<ResourceId> {
    let tables = network.route_tables.iter();
    tables
        .filter(|table| table.vpc.is_some() && table.vpc == endpoint.vpc && table.class != RouteClass::Public)
        .map(|table| table.resource)
        .collect()
}
