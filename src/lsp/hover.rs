//! What is told about the thing under the pointer: a service, an endpoint, a finding's rule.

use std::fmt::Write;
use std::ops::Range;

use lsp_types::{Contents, Hover, MarkupContent, MarkupKind, Position};

use super::diagnostics::said;
use super::documents::{FILE, Snapshot};
use crate::facts::{self, EndpointType, Service, prices};
use crate::network::{Endpoint, Network, ServiceName};
use crate::output::graph::{self, Picture, Through, Verdict};
use crate::rules;
use crate::text::Span;

/// What is told at a place.
pub(super) fn hover(snapshot: &Snapshot, position: Position) -> Option<Hover> {
    let offset = snapshot.lines.offset(position);
    let holds = |span: Span| {
        span.file == FILE && span.range().start <= offset && offset <= span.range().end && !span.is_empty()
    };
    let (mut pages, mut places) = (Vec::new(), Vec::new());
    let told = snapshot.in_first_scenario(|network, scenarios| {
        for endpoint in &network.endpoints {
            let id = network.template().resource(endpoint.resource).id.span;
            if let Some(span) = endpoint.service_span.filter(|&span| holds(span)) {
                let region = network.scenario.pseudo("AWS::Region");
                return service_of(endpoint, network, region).map(|page| (page, span));
            }
            if holds(id) {
                return Some((reached(endpoint, network, snapshot, scenarios.len()), id));
            }
        }
        None
    });
    if let Some((page, place)) = told.flatten() {
        pages.push(page);
        places.push(place.range());
    }
    let report = snapshot.report();
    let mut told_rules = Vec::new();
    for finding in said(&report, &snapshot.text) {
        let spans =
            std::iter::once(finding.primary.span).chain(finding.labels.iter().map(|label| label.span));
        let Some(place) = spans.into_iter().find(|&span| holds(span)) else { continue };
        if let Some(rule) = rules::find(finding.rule).filter(|rule| !told_rules.contains(&rule.name)) {
            told_rules.push(rule.name);
            pages.push(page(rule.page));
            places.push(place.range());
        }
    }
    let range = places.into_iter().min_by_key(Range::len)?;
    Some(Hover {
        contents: Contents::MarkupContent(MarkupContent {
            kind: MarkupKind::Markdown,
            value: pages.join("\n\n---\n\n"),
        }),
        range: Some(snapshot.lines.range(range)),
    })
}

/// A rule's page; links to other pages would lead nowhere from an editor.
fn page(markdown: &str) -> String {
    let mut result = String::with_capacity(markdown.len());
    let mut rest = markdown;
    while let Some(start) = rest.find('[') {
        result.push_str(&rest[..start]);
        rest = &rest[start..];
        let link = rest[1..].split_once("](").and_then(|(words, after)| {
            let (address, after) = after.split_once(')')?;
            (!words.contains('[') && !address.contains(':')).then_some((words, after))
        });
        let (words, after) = link.unwrap_or(("[", &rest[1..]));
        result.push_str(words);
        rest = after;
    }
    result.push_str(rest);
    result
}

fn service_of(endpoint: &Endpoint<'_>, network: &Network<'_, '_>, region: Option<&str>) -> Option<String> {
    match &endpoint.service {
        ServiceName::Aws(service) => Some(service_page(service, region)),
        ServiceName::Own(resource) => {
            Some(format!("The endpoint service `{}` of this template.", network.id(*resource)))
        }
        ServiceName::Customer => Some(
            "An endpoint service of a customer, partner or vendor; who may connect is up to its owner."
                .to_owned(),
        ),
        ServiceName::Unlisted(name) => Some(format!(
            "`{name}` is not among the services that privatelint knows; AWS adds some every week."
        )),
        ServiceName::Unknown | ServiceName::Absent => None,
    }
}

/// What is known of a service.
pub(super) fn service_page(service: &Service, region: Option<&str>) -> String {
    let mut page = format!("### {}: `{}`\n\n`{}`\n", service.group, service.id, service.name);
    let mut item = |text: String| _ = write!(page, "\n- {text}");
    let kinds: Vec<&str> = service.types.iter().map(|kind| kind.name()).collect();
    item(format!("Endpoint types: {}", kinds.join(", ")));
    if !service.needs.is_empty() {
        let needs: Vec<String> = service.needs.iter().map(|id| format!("`{id}`")).collect();
        item(format!("Of little use without endpoints for: {}", needs.join(", ")));
    }
    for &kind in &service.types {
        if let Some(price) = price_in_words(kind, region) {
            item(price);
        }
    }
    item(
        match service.documented_policy() {
            Some(true) => "Takes an endpoint policy",
            Some(false) => "Takes no endpoint policy",
            None => "Whether it takes an endpoint policy is not documented where privatelint has looked",
        }
        .to_owned(),
    );
    if service.documented_private_dns() == Some(false) {
        item("No private DNS names".to_owned());
    } else if !service.private_dns_names.is_empty() {
        let names: Vec<String> = service.private_dns_names.iter().map(|name| format!("`{name}`")).collect();
        item(format!("Private DNS names: {}", names.join(", ")));
    }
    if service.ports != [facts::DEFAULT_PORT] {
        let ports: Vec<String> = service.ports.iter().map(u16::to_string).collect();
        item(format!("TCP ports: {}", ports.join(", ")));
    }
    if service.cross_region {
        item("Can be reached from another Region".to_owned());
    }
    if let Some(note) = &service.note {
        item(note.clone());
    }
    page.push('\n');
    page
}

/// What an endpoint of a type costs in an hour.
pub(super) struct Hourly {
    pub(super) dollars: f64,
    /// The Region of the price: that of the template, where its prices are known.
    pub(super) region: String,
}

impl Hourly {
    /// Nothing for types whose prices are not for printing.
    pub(super) fn of(kind: EndpointType, region: Option<&str>) -> Option<Self> {
        let prices = prices();
        let other = region.and_then(|region| Some((region, prices.other_regions.get(region)?)));
        let dollars = match (kind, other) {
            (EndpointType::Gateway, _) => prices.gateway_endpoint,
            (EndpointType::Interface, None) => prices.interface_endpoint_per_az_hour,
            (EndpointType::Interface, Some((_, other))) => other.interface_endpoint_per_az_hour,
            (EndpointType::GatewayLoadBalancer, None) => prices.gwlb_endpoint_per_hour,
            (EndpointType::GatewayLoadBalancer, Some((_, other))) => other.gwlb_endpoint_per_hour,
            _ => return None,
        };
        let region = other.map_or(prices.region.as_str(), |(region, _)| region).to_owned();
        Some(Self { dollars, region })
    }
}

fn price_in_words(kind: EndpointType, region: Option<&str>) -> Option<String> {
    let price = Hourly::of(kind, region)?;
    let hourly = dollars(price.dollars);
    let monthly = dollars(price.dollars * f64::from(prices().hours_per_month));
    let place = format!("in {}, {}; data is charged on top", price.region, prices().as_of);
    Some(match kind {
        EndpointType::Gateway => "Gateway endpoint: free".to_owned(),
        EndpointType::Interface => {
            format!("Interface endpoint: {hourly} per zone and hour, {monthly} per zone and month ({place})")
        }
        _ => format!("{} endpoint: {hourly} per hour, {monthly} per month ({place})", kind.name()),
    })
}

/// A sum with cents, and with more digits where it is less than that can tell.
pub(super) fn dollars(sum: f64) -> String {
    let exact = format!("{sum:.4}");
    let short = exact.trim_end_matches('0');
    if sum < 1.0 && short.len() > "0.00".len() { format!("${short}") } else { format!("${sum:.2}") }
}

/// What gets to an endpoint and what does not.
fn reached(
    endpoint: &Endpoint<'_>,
    network: &Network<'_, '_>,
    snapshot: &Snapshot,
    scenarios: usize,
) -> String {
    let picture = graph::picture(network, &snapshot.source(), None);
    let name = network.id(endpoint.resource);
    let Some(index) = picture.endpoints.iter().position(|drawn| drawn.name == name) else {
        return format!("### `{name}`\n");
    };
    let mut page = format!("### `{name}`: {}\n", picture.endpoints[index].service);
    let mut is_used = false;
    for verdict in Verdict::ALL {
        let title = match verdict {
            Verdict::Reachable => "Reached by",
            Verdict::Blocked => "Not reached by",
            Verdict::Unknown => "Not known whether it is reached by",
        };
        let lines = lines(&picture, index, verdict);
        if !lines.is_empty() {
            is_used = true;
            _ = write!(page, "\n{title}:\n\n{}\n", lines.join("\n"));
        }
    }
    if !is_used {
        page.push_str("\nNo workload of this template is known to need it.\n");
    }
    if scenarios > 1 {
        _ = writeln!(page, "\nAs it is with the defaults; the conditions allow {scenarios} scenarios.");
    }
    page
}

/// One line for each workload that needs the endpoint, with this verdict.
fn lines(picture: &Picture, endpoint: usize, verdict: Verdict) -> Vec<String> {
    let needs = picture
        .needs
        .iter()
        .filter(|need| need.through == Through::Endpoint(endpoint) && need.verdict == verdict);
    let lines = needs.map(|need| {
        let workload = &picture.workloads[need.workload];
        let subnets = need.subnets.iter().filter_map(|&subnet| picture.subnets[subnet].name.as_deref());
        let subnets: Vec<String> = subnets.map(|name| format!("`{name}`")).collect();
        let mut line = format!("- `{}` ({})", workload.name, workload.kind);
        if !subnets.is_empty() {
            _ = write!(line, " from {}", subnets.join(", "));
        }
        if let Some(reason) = &need.reason {
            _ = write!(line, ": {reason}");
        } else if !need.purposes.is_empty() {
            _ = write!(line, ": {}", need.purposes.join("; "));
        }
        line
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_have_cents() {
        assert_eq!(
            [0.01, 0.014, 7.3, 10.22, 0.5].map(dollars),
            ["$0.01", "$0.014", "$7.30", "$10.22", "$0.50"]
        );
    }

    #[test]
    fn pages_keep_only_links_that_lead_somewhere() {
        assert_eq!(
            page("see [`a-b`](a-b.md), [AWS](https://x.example/y.md) and [1]"),
            "see `a-b`, [AWS](https://x.example/y.md) and [1]"
        );
    }

    #[test]
    fn a_service_is_told_with_its_companions_and_price() {
        let page = service_page(facts::service("ecr.dkr").unwrap(), Some("ap-northeast-1"));
        assert!(page.contains("`ecr.api`"), "{page}");
        assert!(
            page.contains("$0.014 per zone and hour, $10.22 per zone and month (in ap-northeast-1"),
            "{page}"
        );
        assert!(service_page(facts::service("s3").unwrap(), None).contains("Gateway endpoint: free"));
    }
}
