//! What several rules on the properties of endpoints ask: is something written there, and does the type fit at all.

use crate::facts::EndpointType;
use crate::network::{Endpoint, Network, ServiceName, Switch};
use crate::scenario::Data;
use crate::template::{HiddenKind, Template};
use crate::text::Span;

/// The place of a property of an endpoint that certainly holds something. A list of unknown length does, since nobody
/// writes one that is always empty; but not that of a parameter which may be left empty.
pub(super) fn written(network: &Network<'_, '_>, endpoint: &Endpoint<'_>, property: &str) -> Option<Span> {
    let value = network.scenario.property(endpoint.resource, property)?;
    let holds = match &value.data {
        Data::Unknown(_) => false,
        Data::Text(text) => !text.is_empty(),
        Data::List(items) => items.iter().any(|item| !item.is_unknown() && item.text() != Some("")),
        Data::Symbol(symbol) => network
            .template()
            .find_parameter(&symbol.key)
            .is_none_or(|(_, parameter)| parameter.default.as_ref().is_none_or(|text| !text.text.is_empty())),
        _ => true,
    };
    holds.then_some(value.span)
}

/// Those of the properties that certainly hold something, and private DNS where it is on, with their places.
pub(super) fn misplaced(
    network: &Network<'_, '_>,
    endpoint: &Endpoint<'_>,
    properties: &[&'static str],
) -> Vec<(&'static str, Span)> {
    let mut found: Vec<(&str, Span)> =
        properties.iter().filter_map(|&name| Some((name, written(network, endpoint, name)?))).collect();
    if let Switch::On(span) = endpoint.private_dns {
        found.push(("PrivateDnsEnabled", span));
    }
    found
}

/// Whether a macro may write properties that are not in the text, or take some away that are.
pub(super) fn is_rewritten(template: &Template<'_>) -> bool {
    template.hidden.iter().any(|hidden| hidden.kind == HiddenKind::Macro)
}

/// Whether its service may take endpoints of its type; where not, `endpoint-type-service-mismatch` says so, and what
/// else does not fit follows from it.
pub(super) fn fits_its_service(endpoint: &Endpoint<'_>) -> bool {
    let Some(kind) = endpoint.kind else { return true };
    match &endpoint.service {
        ServiceName::Aws(service) => service.offers(kind),
        ServiceName::Own(_) | ServiceName::Customer => {
            matches!(kind, EndpointType::Interface | EndpointType::GatewayLoadBalancer)
        }
        ServiceName::Unlisted(_) | ServiceName::Absent | ServiceName::Unknown => true,
    }
}

/// Names in backticks, one after the other: "`SubnetIds` and `SecurityGroupIds`".
pub(super) fn joined(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => names.concat(),
    }
}
