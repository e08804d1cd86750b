//! What may be written at a place: services, types of endpoints, switches, and rules in comments that ignore them.

use std::ops::Range;
use std::sync::LazyLock;

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionItemTextEdit, CompletionList, CompletionResponse, Position,
    TextEdit,
};
use regex::Regex;

use super::documents::Snapshot;
use crate::facts::{self, ANY_REGION, EndpointType, Service};
use crate::network::{Network, ServiceName};
use crate::rules;

/// What stands before the cursor in a comment that ignores rules.
static IGNORE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"#\s*privatelint:\s*ignore(-file)?\[([^\]]*)$").ok());

/// What stands before the cursor in the value of a property that can be completed.
static VALUE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?:^|[\s{,"'])(ServiceName|VpcEndpointType|PrivateDnsEnabled)["']?\s*:\s*(.*)$"#).ok()
});

/// The same, where `Fn::Sub` has a line of its own below the property.
static SUB_BELOW: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?:^|\n)[ \t{"']*(ServiceName)["']?\s*:\s*\{?\s*\n\s*(["']?Fn::Sub["']?\s*:\s*.*)$"#).ok()
});

/// What may be written at a place.
pub(super) fn complete(snapshot: &Snapshot, position: Position) -> Option<CompletionResponse> {
    let cursor = snapshot.lines.offset(position);
    let line = snapshot.lines.line(position.line as usize)?;
    let before = snapshot.text.get(line.start..cursor)?;
    let items = match IGNORE.as_ref()?.captures(before) {
        Some(found) => rules_in(snapshot, &found[2], cursor, line.end),
        None => values(snapshot, cursor, line)?,
    };
    (!items.is_empty()).then(|| {
        CompletionResponse::CompletionList(CompletionList {
            // What is typed on may be another form of the same value.
            is_incomplete: true,
            items,
            ..CompletionList::default()
        })
    })
}

/// All rules, those that find something here first.
fn rules_in(snapshot: &Snapshot, typed: &str, cursor: usize, line_end: usize) -> Vec<CompletionItem> {
    let word = typed.rsplit([',', ' ']).next().unwrap_or(typed);
    let place = cursor - word.len()..end_of(snapshot, cursor, line_end, |letter| {
        letter.is_alphanumeric() || letter == '-'
    });
    let report = snapshot.report();
    let is_found = |name: &str| report.findings.iter().any(|finding| finding.rule == name);
    let item = |rule: &&'static rules::Rule| {
        let mut item = item(snapshot, place.clone(), rule.name, rule.name, rule.name);
        item.detail = Some(rule.summary.to_owned());
        item.kind = Some(CompletionItemKind::EnumMember);
        item.sort_text = Some(format!("{}{}", u8::from(!is_found(rule.name)), rule.name));
        item
    };
    rules::all().iter().map(item).collect()
}

/// How a value has begun.
struct Begun<'t> {
    /// Inside `Fn::Sub` or behind `!Sub`.
    in_sub: bool,
    /// The quote that is open.
    quote: Option<char>,
    /// Without quotes.
    typed: &'t str,
}

impl<'t> Begun<'t> {
    /// `None` for what is no plain text: a list, another function.
    fn read(value: &'t str) -> Option<Self> {
        let mut rest = value.trim_start();
        let mut in_sub = false;
        if let Some(after) = rest.strip_prefix("!Sub") {
            (rest, in_sub) = (after.trim_start(), true);
        } else {
            let inner = rest.trim_start_matches('{').trim_start().trim_start_matches(['"', '\'']);
            if let Some(after) = inner.strip_prefix("Fn::Sub") {
                let after = after.trim_start_matches(['"', '\'']).trim_start().strip_prefix(':')?;
                (rest, in_sub) = (after.trim_start(), true);
            }
        }
        let quote = rest.chars().next().filter(|first| ['"', '\''].contains(first));
        let typed = &rest[quote.map_or(0, char::len_utf8)..];
        let is_plain = |letter: char| letter.is_alphanumeric() || ".-_:${}".contains(letter);
        (typed.chars().all(is_plain) && !typed.starts_with(['{', ':', '-'])).then_some(Self {
            in_sub,
            quote,
            typed,
        })
    }
}

fn values(snapshot: &Snapshot, cursor: usize, line: Range<usize>) -> Option<Vec<CompletionItem>> {
    let text: &str = &snapshot.text;
    // The property may stand on the line above.
    let number = snapshot.lines.line_at(cursor);
    let above = snapshot.lines.line(number.saturating_sub(1)).map_or(line.start, |above| above.start);
    let found = VALUE.as_ref()?.captures(&text[line.start..cursor]);
    let found = found.or_else(|| SUB_BELOW.as_ref()?.captures(&text[above..cursor]))?;
    let property = found.get(1)?.as_str();
    let begun = Begun::read(found.get(2)?.as_str())?;
    let is_json = snapshot.is_json();
    snapshot.in_first_scenario(|network, _| {
        let own = network
            .template()
            .resources
            .iter()
            .rfind(|resource| resource.id.span.start as usize <= cursor)?;
        if own.kind.text != "AWS::EC2::VPCEndpoint" {
            return None;
        }
        let id: &str = &own.id.text;
        let writer = Writer { snapshot, network, id, begun, cursor, line_end: line.end, is_json };
        Some(match property {
            "ServiceName" => writer.services(),
            "VpcEndpointType" => writer.kinds(),
            _ => writer.switches(),
        })
    })?
}

/// Writes values in the form that fits what is there.
struct Writer<'a, 'n, 's, 't> {
    snapshot: &'a Snapshot,
    network: &'n Network<'s, 't>,
    /// The endpoint that is written.
    id: &'a str,
    begun: Begun<'a>,
    cursor: usize,
    line_end: usize,
    is_json: bool,
}

impl Writer<'_, '_, '_, '_> {
    fn services(&self) -> Vec<CompletionItem> {
        let region = self.literal_region();
        facts::service_ids()
            .filter_map(facts::service)
            // What stands for a cell is known to the account alone.
            .filter(|service| !service.name.contains("{cell}"))
            .map(|service| self.service(service, region))
            .collect()
    }

    fn service(&self, service: &Service, region: Option<&str>) -> CompletionItem {
        let has_region = service.name.contains(ANY_REGION);
        let name = match region.filter(|_| has_region && !self.begun.in_sub) {
            Some(region) => service.name_in(region),
            None => service.name.replace(ANY_REGION, "${AWS::Region}"),
        };
        let needs_sub = name.contains("${") && !self.begun.in_sub;
        let mut item = if needs_sub {
            let whole = if self.is_json {
                format!("{{\"Fn::Sub\": \"{name}\"}}")
            } else if let Some(quote) = self.begun.quote {
                format!("!Sub {quote}{name}{quote}")
            } else {
                format!("!Sub {name}")
            };
            self.whole(&service.id, &whole, &name)
        } else {
            self.text(&service.id, &name, &name)
        };
        let kinds: Vec<&str> = service.types.iter().map(|kind| kind.name()).collect();
        item.detail = Some(format!("{}: {}", kinds.join(", "), service.group));
        item.kind = Some(CompletionItemKind::Value);
        item.sort_text = Some(format!("{}{}", u8::from(service.fips), service.id));
        item
    }

    /// The Region that the other endpoints of this template write out, unless they leave it to `AWS::Region`.
    fn literal_region(&self) -> Option<&str> {
        let others =
            self.network.endpoints.iter().filter(|endpoint| self.network.id(endpoint.resource) != self.id);
        let names = others.filter_map(|endpoint| self.snapshot.text.get(endpoint.service_span?.range()));
        let first = names.into_iter().find(|name| name.contains("amazonaws"))?;
        if first.contains("AWS::Region") {
            return None;
        }
        let start = first.find(|letter: char| letter.is_alphanumeric())?;
        let end = first.rfind(|letter: char| letter.is_alphanumeric())?;
        facts::recognise(first.get(start..=end)?)?.region
    }

    fn kinds(&self) -> Vec<CompletionItem> {
        let own =
            self.network.endpoints.iter().find(|endpoint| self.network.id(endpoint.resource) == self.id);
        let service = own.and_then(|own| match &own.service {
            ServiceName::Aws(service) => Some(*service),
            _ => None,
        });
        let kinds = EndpointType::ALL.into_iter().enumerate();
        let item = |(index, kind): (usize, EndpointType)| {
            let mut item = self.plain(kind.name());
            let offered = service.map(|service| service.offers(kind));
            item.detail = match (service, offered) {
                (Some(service), Some(true)) => Some(format!("offered by `{}`", service.id)),
                (Some(service), Some(false)) => Some(format!("not offered by `{}`", service.id)),
                _ => None,
            };
            item.sort_text = Some(format!("{}{index}", u8::from(offered == Some(false))));
            item
        };
        kinds.map(item).collect()
    }

    fn switches(&self) -> Vec<CompletionItem> {
        ["true", "false"].map(|word| self.plain(word)).into()
    }

    /// A word that JSON quotes, unless it is a boolean.
    fn plain(&self, word: &str) -> CompletionItem {
        let mut item = if self.is_json && !["true", "false"].contains(&word) {
            self.text(word, word, word)
        } else {
            let place = self.cursor - self.begun.typed.len()..self.end();
            item(self.snapshot, place, word, word, word)
        };
        item.kind = Some(CompletionItemKind::EnumMember);
        item
    }

    /// Replaces the text; puts it into quotes where JSON wants some and none is open.
    fn text(&self, label: &str, text: &str, name: &str) -> CompletionItem {
        if self.is_json && self.begun.quote.is_none() {
            return self.whole(label, &format!("\"{text}\""), name);
        }
        let place = self.cursor - self.begun.typed.len()..self.end();
        item(self.snapshot, place, label, text, &self.filter(label, name))
    }

    /// Replaces the text with the quotes around it.
    fn whole(&self, label: &str, text: &str, name: &str) -> CompletionItem {
        let quote = self.begun.quote;
        let start = self.cursor - self.begun.typed.len() - quote.map_or(0, char::len_utf8);
        let mut end = self.end();
        if quote.is_some() && self.snapshot.text[end..].chars().next() == quote {
            end += 1;
        }
        let quote = quote.map(String::from).unwrap_or_default();
        item(self.snapshot, start..end, label, text, &format!("{quote}{}", self.filter(label, name)))
    }

    /// What is compared with what was typed: the beginning of the name, or else what is special about it.
    fn filter(&self, label: &str, name: &str) -> String {
        let typed = self.begun.typed;
        let is_name = ["com.", "aws.", "cn.", "api."]
            .iter()
            .any(|start| start.starts_with(typed) && !typed.is_empty() || typed.starts_with(start));
        if is_name { name.to_owned() } else { label.to_owned() }
    }

    fn end(&self) -> usize {
        end_of(self.snapshot, self.cursor, self.line_end, |letter| {
            letter.is_alphanumeric() || ".-_:${}".contains(letter)
        })
    }
}

/// Where the word ends that the cursor stands in.
fn end_of(snapshot: &Snapshot, cursor: usize, line_end: usize, is_part: impl Fn(char) -> bool) -> usize {
    let rest = &snapshot.text[cursor..line_end.max(cursor)];
    cursor + rest.find(|letter| !is_part(letter)).unwrap_or(rest.len())
}

fn item(snapshot: &Snapshot, place: Range<usize>, label: &str, text: &str, filter: &str) -> CompletionItem {
    CompletionItem {
        label: label.to_owned(),
        filter_text: Some(filter.to_owned()),
        text_edit: Some(CompletionItemTextEdit::TextEdit(TextEdit {
            range: snapshot.lines.range(place),
            new_text: text.to_owned(),
        })),
        ..CompletionItem::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_begin_in_many_ways() {
        let read = |value| Begun::read(value).map(|begun| (begun.in_sub, begun.quote, begun.typed));
        assert_eq!(read(""), Some((false, None, "")));
        assert_eq!(read("com.amaz"), Some((false, None, "com.amaz")));
        assert_eq!(read("!Sub "), Some((true, None, "")));
        assert_eq!(read("!Sub 'com.${AWS::Re"), Some((true, Some('\''), "com.${AWS::Re")));
        assert_eq!(read("\"ec"), Some((false, Some('"'), "ec")));
        assert_eq!(read("{\"Fn::Sub\": \"ec"), Some((true, Some('"'), "ec")));
        assert_eq!(read("Fn::Sub: ec"), Some((true, None, "ec")));
        assert_eq!(read("!Join ['', [a"), None);
        assert_eq!(read("!Ref x"), None);
        assert_eq!(read("done # and a comment"), None);
    }
}
