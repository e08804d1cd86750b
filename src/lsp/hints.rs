//! Hints inside the text, off until asked for: where the routes of a subnet lead, what an endpoint costs.

use lsp_types::{InlayHint, Label, Range, Tooltip};

use super::documents::Snapshot;
use super::hover::{Hourly, dollars};
use crate::facts::{EndpointType, prices};
use crate::network::{Endpoint, RouteClass};
use crate::text::Span;

/// The hints in a part of the document.
pub(super) fn hints(snapshot: &Snapshot, range: Range) -> Vec<InlayHint> {
    let preferences = &snapshot.preferences;
    if !preferences.hint_routes && !preferences.hint_prices {
        return Vec::new();
    }
    let wanted = snapshot.lines.bytes(range);
    let is_wanted = |span: Span| wanted.start <= span.end as usize && span.start as usize <= wanted.end;
    let hints = snapshot.in_first_scenario(|network, _| {
        let mut hints = Vec::new();
        let template = network.template();
        if preferences.hint_routes {
            for subnet in &network.subnets {
                let id = template.resource(subnet.resource).id.span;
                if let Some((label, tooltip)) = route_in_words(subnet.route_class).filter(|_| is_wanted(id)) {
                    hints.push(hint(snapshot, id, label.to_owned(), tooltip.to_owned()));
                }
            }
        }
        if preferences.hint_prices {
            let region = network.scenario.pseudo("AWS::Region");
            for endpoint in &network.endpoints {
                let id = template.resource(endpoint.resource).id.span;
                if let Some((label, tooltip)) = price_in_words(endpoint, region).filter(|_| is_wanted(id)) {
                    hints.push(hint(snapshot, id, label, tooltip));
                }
            }
        }
        hints
    });
    hints.unwrap_or_default()
}

/// At the end of the line of a logical id: behind its colon or bracket.
fn hint(snapshot: &Snapshot, id: Span, label: String, tooltip: String) -> InlayHint {
    let line = snapshot.lines.line(snapshot.lines.line_at(id.start as usize));
    let end = line.map_or(id.end as usize, |line| line.end);
    InlayHint {
        position: snapshot.lines.position(end),
        label: Label::String(label),
        kind: None,
        text_edits: None,
        tooltip: Some(Tooltip::String(tooltip)),
        padding_left: Some(true),
        padding_right: None,
        data: None,
    }
}

/// Nothing is said where it is not known.
fn route_in_words(class: RouteClass) -> Option<(&'static str, &'static str)> {
    Some(match class {
        RouteClass::Public => ("public", "its default route leads to an internet gateway"),
        RouteClass::Translated => {
            ("routed out", "its default route leads to a NAT gateway, another network or an appliance")
        }
        RouteClass::Isolated => ("isolated", "no route leads out of the VPC"),
        RouteClass::Unknown => return None,
    })
}

/// What an endpoint costs in a month, before data.
fn price_in_words(endpoint: &Endpoint<'_>, region: Option<&str>) -> Option<(String, String)> {
    let kind = endpoint.kind?;
    let hours = prices().hours_per_month;
    let price = Hourly::of(kind, region)?;
    let where_from = format!("prices of {} in {}", prices().as_of, price.region);
    let per_month = price.dollars * f64::from(hours);
    let hourly = dollars(price.dollars);
    Some(match kind {
        EndpointType::Gateway => ("free".to_owned(), "gateway endpoints cost nothing".to_owned()),
        EndpointType::Interface => {
            let zones = endpoint.subnets.as_ref().filter(|subnets| subnets.complete);
            if let Some(zones) = zones.map(|subnets| subnets.items.len() as u32) {
                let noun = if zones == 1 { "zone" } else { "zones" };
                let total = dollars(per_month * f64::from(zones));
                let tooltip = format!("{zones} {noun} × {hours} hours × {hourly}, and data; {where_from}");
                (format!("{total} a month"), tooltip)
            } else {
                let tooltip = format!("{hours} hours × {hourly}, and data; {where_from}");
                (format!("{} a month for each zone", dollars(per_month)), tooltip)
            }
        }
        _ => {
            let tooltip = format!("{hours} hours × {hourly}, and data; {where_from}");
            (format!("{} a month", dollars(per_month)), tooltip)
        }
    })
}
