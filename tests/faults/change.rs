//! Changes to the text of a template, byte for byte, by the places in its tree.

use std::ops::Range;

use privatelint::syntax::{Entry, NodeId, NodeKind, Tree};
use serde_json::{Map, Value};

use crate::plain::{tree_of, value};

/// A text with its tree.
pub(crate) struct Document<'t> {
    text: &'t str,
    tree: Tree<'t>,
    /// The whole document.
    pub(crate) value: Value,
}

impl<'t> Document<'t> {
    /// Reads a text; `None` where it has mistakes or merge keys, so that the value would not be what it means.
    pub(crate) fn read(text: &'t str) -> Option<Self> {
        let tree = tree_of(text)?;
        let value = value(&tree, tree.root()?);
        Some(Self { text, tree, value })
    }

    /// The entries of the mapping behind these keys.
    fn mapping(&self, path: &[&str]) -> Option<(NodeId, &[Entry])> {
        let mut id = self.tree.root()?;
        for key in path {
            let entry = self.entries(id)?.iter().rev().find(|entry| self.is_key(**entry, key))?;
            id = entry.value;
        }
        Some((id, self.entries(id)?))
    }

    fn entries(&self, id: NodeId) -> Option<&[Entry]> {
        match self.tree.node(id).kind {
            NodeKind::Mapping(entries) if self.tree.node(id).tag.is_none() => {
                Some(self.tree.entries(entries))
            }
            _ => None,
        }
    }

    fn is_key(&self, entry: Entry, key: &str) -> bool {
        self.tree.text(self.tree.resolve(entry.key)) == Some(key)
    }

    fn start(&self, id: NodeId) -> usize {
        self.tree.node(id).span.start as usize
    }

    fn end(&self, id: NodeId) -> usize {
        self.tree.node(id).span.end as usize
    }

    /// Whether the mapping is written in braces.
    fn is_flow(&self, id: NodeId) -> bool {
        self.text[self.tree.node(id).span.range()].starts_with('{')
    }
}

/// A change to a template. The places are keys from the top: `["Resources", "Vpc", "Properties"]`.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// Gives a key of a mapping a value; where the mapping is absent, it is made.
    Set(Vec<String>, &'static str, Value),
    /// Takes a key away with its value.
    Remove(Vec<String>),
    /// Adds a key in front of the others.
    Add(Vec<String>, String, Value),
}

/// Keys from the top.
pub(crate) fn keys(path: &[&str]) -> Vec<String> {
    path.iter().map(|&key| key.to_owned()).collect()
}

/// The text with the changes; `None` where a place is not written as a mapping of its own, such as behind an alias.
pub(crate) fn changed(document: &Document<'_>, changes: &[Change]) -> Option<String> {
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let mut removed: Vec<NodeId> = Vec::new();
    let mut shrunk: Vec<NodeId> = Vec::new();
    for change in changes {
        match change {
            Change::Set(path, key, value) => {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                if let Some((mapping, entries)) = document.mapping(&path) {
                    let present = entries.iter().rev().find(|entry| document.is_key(**entry, key));
                    edits.push(match present {
                        Some(entry) => {
                            let range = document.start(entry.key)..document.end(entry.value);
                            (range, pair(document, mapping, key, value))
                        }
                        None => inserted(document, mapping, entries, key, value)?,
                    });
                } else {
                    let (last, before) = path.split_last()?;
                    let (mapping, entries) = document.mapping(before)?;
                    if entries.iter().any(|entry| document.is_key(*entry, last)) {
                        return None;
                    }
                    let whole = Value::Object(Map::from_iter([((*key).to_owned(), value.clone())]));
                    edits.push(inserted(document, mapping, entries, last, &whole)?);
                }
            }
            Change::Add(path, key, value) => {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                let (mapping, entries) = document.mapping(&path)?;
                edits.push(inserted(document, mapping, entries, key, value)?);
            }
            Change::Remove(path) => {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                let (last, before) = path.split_last()?;
                let (mapping, entries) = document.mapping(before)?;
                let gone = entries.iter().filter(|entry| document.is_key(**entry, last));
                removed.extend(gone.map(|entry| entry.key));
                if !shrunk.contains(&mapping) {
                    shrunk.push(mapping);
                }
            }
        }
    }
    for mapping in shrunk {
        edits.extend(without(document, mapping, &removed)?);
    }
    // Of edits at one place, insertions come first, in their order.
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut text = String::with_capacity(document.text.len());
    let mut at = 0;
    for (range, new) in edits {
        if range.end < at {
            continue;
        }
        text.push_str(&document.text[at..range.start.max(at)]);
        text.push_str(&new);
        at = range.end;
    }
    text.push_str(&document.text[at..]);
    Some(text)
}

/// A key with its value as it is written in that mapping; JSON is right in YAML too.
fn pair(document: &Document<'_>, mapping: NodeId, key: &str, value: &Value) -> String {
    let key = if document.is_flow(mapping) { Value::from(key).to_string() } else { key.to_owned() };
    format!("{key}: {value}")
}

fn inserted(
    document: &Document<'_>,
    mapping: NodeId,
    entries: &[Entry],
    key: &str,
    value: &Value,
) -> Option<(Range<usize>, String)> {
    let pair = pair(document, mapping, key, value);
    let flow = document.is_flow(mapping);
    let Some(first) = entries.first() else {
        let at = document.start(mapping) + 1;
        return flow.then_some((at..at, pair));
    };
    let at = document.start(first.key);
    if flow {
        return Some((at..at, format!("{pair}, ")));
    }
    let line = document.text[..at].rfind('\n').map_or(0, |end| end + 1);
    let indent = " ".repeat(document.text[line..at].chars().count());
    Some((at..at, format!("{pair}\n{indent}")))
}

/// What takes the removed keys out of a mapping.
fn without(
    document: &Document<'_>,
    mapping: NodeId,
    removed: &[NodeId],
) -> Option<Vec<(Range<usize>, String)>> {
    let entries = document.entries(mapping)?;
    let gone = |entry: &Entry| removed.contains(&entry.key);
    let Some(last_kept) = entries.iter().rposition(|entry| !gone(entry)) else {
        let whole = document.start(entries.first()?.key)..document.end(entries.last()?.value);
        let braces = if document.is_flow(mapping) { "" } else { "{}" };
        return Some(vec![(whole, braces.to_owned())]);
    };
    let mut edits = Vec::new();
    for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| gone(entry)) {
        if index < last_kept {
            edits.push((document.start(entry.key)..document.start(entries[index + 1].key), String::new()));
        }
    }
    if let Some(last) = entries[last_kept + 1..].last() {
        edits.push((document.end(entries[last_kept].value)..document.end(last.value), String::new()));
    }
    Some(edits)
}
