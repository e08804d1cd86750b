//! What YAML, JSON and TOML have in common: texts, lists and maps, each with its place.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::syntax::{self, NodeId, NodeKind, Tree};
use crate::text::FileId;

use super::ConfigError;
use super::file::not_toml;

/// A value.
#[derive(Debug)]
pub(super) struct Plain {
    pub(super) span: Range<usize>,
    pub(super) kind: PlainKind,
}

/// What a value is.
#[derive(Debug)]
pub(super) enum PlainKind {
    /// A text, or a number or boolean as it is written.
    Text(String),
    List(Vec<Plain>),
    /// In order.
    Map(Vec<(Name, Plain)>),
    /// Nothing, or something that the three have not in common.
    Other,
}

/// A key.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) span: Range<usize>,
}

impl Plain {
    /// Reads a text, TOML or else YAML and JSON.
    pub(super) fn read(text: &str, toml: bool) -> Result<Self, Vec<ConfigError>> {
        if toml {
            let (table, errors) = DeTable::parse_recoverable(text);
            if !errors.is_empty() {
                return Err(errors.iter().map(|error| not_toml(text, error)).collect());
            }
            let kind = of_table(table.get_ref());
            return Ok(Self { span: 0..first_line(text), kind });
        }
        let parsed = syntax::parse(text, FileId(0));
        if !parsed.errors.is_empty() {
            let told = parsed.errors.into_iter().map(|error| {
                let mut told = ConfigError::new(error.span.range(), error.message, "");
                if let Some((first, _)) = error.other {
                    told.first = Some(first.range().into());
                    "and again here".clone_into(&mut told.here);
                }
                told.help = error.help;
                told
            });
            return Err(told.collect());
        }
        match parsed.tree.root() {
            Some(root) => Ok(of_node(&parsed.tree, root)),
            None => Ok(Self { span: 0..0, kind: PlainKind::Other }),
        }
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            PlainKind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The entries of a map; none of anything else.
    pub(super) fn entries(&self) -> &[(Name, Plain)] {
        match &self.kind {
            PlainKind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The value of a key of a map.
    pub(super) fn get(&self, key: &str) -> Option<&Plain> {
        self.entries().iter().find(|(name, _)| name.text == key).map(|(_, value)| value)
    }
}

/// How long the first line is, to have something to underline of a whole file.
fn first_line(text: &str) -> usize {
    text.lines().next().map_or(0, str::len)
}

/// The tree has no circles, and its depth and the nodes behind its aliases are bounded.
fn of_node(tree: &Tree<'_>, id: NodeId) -> Plain {
    let node = tree.resolve(id);
    // A tag asks for another value than the one that stands there: `!Ref`, `!!binary`.
    let tagged = tree.tag(node).is_some_and(|tag| !tag.name.starts_with("!!str"));
    let kind = match &node.kind {
        _ if tagged => PlainKind::Other,
        NodeKind::Scalar(scalar) => {
            let plain = scalar.style == syntax::Style::Plain;
            let text = tree.text_of(scalar);
            let nothing = plain && matches!(text, "" | "~" | "null" | "Null" | "NULL");
            if nothing { PlainKind::Other } else { PlainKind::Text(text.to_owned()) }
        }
        NodeKind::Sequence(items) => {
            PlainKind::List(tree.items(*items).iter().map(|&item| of_node(tree, item)).collect())
        }
        NodeKind::Mapping(entries) => {
            let entries = tree.entries(*entries).iter().filter_map(|entry| {
                let key = tree.resolve(entry.key);
                let name = Name { text: tree.text(key)?.to_owned(), span: key.span.range() };
                Some((name, of_node(tree, entry.value)))
            });
            PlainKind::Map(entries.collect())
        }
        NodeKind::Alias(_) => PlainKind::Other,
    };
    Plain { span: node.span.range(), kind }
}

fn of_table(table: &DeTable<'_>) -> PlainKind {
    let entries = table.iter().map(|(key, value)| {
        let name = Name { text: key.get_ref().to_string(), span: key.span() };
        (name, of_value(value))
    });
    let mut entries: Vec<(Name, Plain)> = entries.collect();
    // TOML sorts by name.
    entries.sort_by_key(|(name, _)| name.span.start);
    PlainKind::Map(entries)
}

fn of_value(value: &Spanned<DeValue<'_>>) -> Plain {
    let kind = match value.get_ref() {
        DeValue::String(text) => PlainKind::Text(text.to_string()),
        DeValue::Integer(number) => PlainKind::Text(number.to_string()),
        DeValue::Float(number) => PlainKind::Text(number.to_string()),
        DeValue::Boolean(boolean) => PlainKind::Text(boolean.to_string()),
        DeValue::Array(items) => PlainKind::List(items.iter().map(of_value).collect()),
        DeValue::Table(table) => of_table(table),
        DeValue::Datetime(_) => PlainKind::Other,
    };
    Plain { span: value.span(), kind }
}
