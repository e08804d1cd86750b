//! Ignores for findings, written into a template's text: a comment above the line, else a member of `Metadata`.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Finding;
use crate::syntax::{self, Entry, NodeId, NodeKind, Scalar, Style, Tree};
use crate::template::Template;
use crate::text::Span;

use super::lines::Lines;
use super::{Resources, comment, metadata};

/// How much an ignore may cover. JSON has no comments: there, what a line would do a resource does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The line of the finding.
    Line,
    /// The resource that it belongs to.
    Resource,
    /// The template; only for what belongs to no resource.
    Template,
}

impl Level {
    /// The next one to try.
    pub fn wider(self) -> Option<Self> {
        match self {
            Self::Line => Some(Self::Resource),
            Self::Resource => Some(Self::Template),
            Self::Template => None,
        }
    }
}

/// The text with ignores for these findings; for one that cannot have any at its level nothing is written. The findings
/// must be those of this text.
pub fn add(text: &str, findings: &[(&Finding, Level)], reason: Option<&str>) -> String {
    let Some((first, _)) = findings.first() else { return text.to_owned() };
    let parsed = syntax::parse(text, first.primary.span.file);
    let template = Template::from_tree(&parsed.tree, text);
    let is_json = text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '['])
        && (!parsed.errors.is_empty() || is_json(text));
    let reason = reason.map(on_one_line).filter(|reason| !reason.is_empty());
    let lines = Lines::of(text);
    let mut writer = Writer {
        text,
        tree: &parsed.tree,
        line_break: lines.line_break(),
        lines,
        is_json,
        reason: reason.as_deref(),
        insertions: Vec::new(),
    };
    writer.write(findings, &Resources::of(&template));
    writer.done()
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text.trim_start_matches('\u{feff}')).is_ok()
}

/// Without what may not stand in a comment.
fn on_one_line(text: &str) -> String {
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

struct Writer<'a, 't> {
    text: &'t str,
    tree: &'a Tree<'t>,
    lines: Lines<'t>,
    line_break: &'static str,
    is_json: bool,
    reason: Option<&'a str>,
    /// Offset and what is put there.
    insertions: Vec<(usize, String)>,
}

type Rules = BTreeSet<&'static str>;

impl Writer<'_, '_> {
    fn write(&mut self, findings: &[(&Finding, Level)], resources: &Resources<'_>) {
        let mut on_lines: BTreeMap<usize, Rules> = BTreeMap::new();
        let mut in_resources: BTreeMap<&str, Rules> = BTreeMap::new();
        let mut in_template = Rules::new();
        let texts = self.texts_over_lines();
        for (finding, level) in findings {
            let owner = finding.primary.owner.as_deref();
            let line = self.line_of(finding.primary.span, &texts);
            // A comment above several resources would cover them all.
            let crowded = || {
                let ids: BTreeSet<&str> =
                    resources.named_in(self.lines.start(line)..self.lines.start(line + 1)).collect();
                ids.len() > 1
            };
            match (level, owner) {
                (Level::Line, _) if !self.is_json && (owner.is_none() || !crowded()) => {
                    on_lines.entry(line).or_default().insert(finding.rule);
                }
                (Level::Line | Level::Resource, Some(owner)) => {
                    in_resources.entry(owner).or_default().insert(finding.rule);
                }
                (_, None) => {
                    in_template.insert(finding.rule);
                }
                (Level::Template, Some(_)) => {}
            }
        }
        for (line, rules) in on_lines {
            let rules: Vec<&str> = rules.into_iter().collect();
            let comment = comment::write(&rules, false, self.reason);
            let text = format!("{}{comment}{}", self.lines.indentation(line), self.line_break);
            self.insertions.push((self.lines.start(line), text));
        }
        if !in_template.is_empty() {
            self.in_template(&in_template);
        }
        let all = self.tree.root().and_then(|root| self.member(root, "Resources"));
        // Several resources are one in the text where a loop writes them.
        let mut by_place: BTreeMap<NodeId, Rules> = BTreeMap::new();
        for (owner, rules) in in_resources {
            let plain = all.and_then(|all| self.member(all, owner));
            if let Some(resource) = plain.or_else(|| self.value_of(resources.id_of(owner)?)) {
                by_place.entry(resource).or_default().extend(rules);
            }
        }
        for (resource, rules) in by_place {
            self.in_metadata(resource, &["Type", "Condition", "DependsOn"], &rules);
        }
    }

    /// The text with everything that was put into it.
    fn done(mut self) -> String {
        self.insertions.sort_by_key(|(offset, _)| *offset);
        let mut result = String::with_capacity(self.text.len() + 256);
        let mut at = 0;
        for (offset, insertion) in &self.insertions {
            result.push_str(&self.text[at..*offset]);
            result.push_str(insertion);
            at = *offset;
        }
        result.push_str(&self.text[at..]);
        result
    }

    /// The scalars that go over several lines, in order.
    fn texts_over_lines(&self) -> Vec<Span> {
        let nodes = (0..self.tree.len()).map(|index| self.tree.node(NodeId(index as u32)));
        let mut texts: Vec<Span> = nodes
            .filter(|node| matches!(node.kind, NodeKind::Scalar(_)))
            .map(|node| node.span)
            .filter(|span| self.slice(*span).contains('\n'))
            .collect();
        texts.sort_unstable();
        texts
    }

    /// The line above which a comment covers a place: no comment can stand inside a text over several lines.
    fn line_of(&self, span: Span, texts: &[Span]) -> usize {
        let next = texts.partition_point(|text| text.start <= span.start);
        match next.checked_sub(1).and_then(|before| texts.get(before)) {
            Some(text) if span.start < text.end => self.lines.number(text.start),
            _ => self.lines.number(span.start),
        }
    }

    fn in_template(&mut self, rules: &Rules) {
        if !self.is_json {
            let rules: Vec<&str> = rules.iter().copied().collect();
            let comment = comment::write(&rules, true, self.reason);
            self.insertions.push((self.lines.start(0), format!("{comment}{}", self.line_break)));
        } else if let Some(root) = self.tree.root() {
            self.in_metadata(root, &["AWSTemplateFormatVersion", "Description", "Transform"], rules);
        }
    }

    /// Puts rules into `Metadata.privatelint.ignore` of a mapping, as much of which as there is.
    fn in_metadata(&mut self, mapping: NodeId, after: &[&str], rules: &Rules) {
        let items = rules.iter().map(|rule| self.item(rule)).collect::<Vec<_>>().join(", ");
        let settings = format!("{{{}: [{items}]}}", self.quoted(metadata::IGNORE));
        let insertion = match self.member(mapping, "Metadata") {
            None => {
                let value = format!("{{{}: {settings}}}", self.quoted(metadata::PROGRAM));
                self.new_member(mapping, &format!("{}: {value}", self.quoted("Metadata")), after)
            }
            Some(all) => match self.member(all, metadata::PROGRAM) {
                None => self.new_member(all, &format!("{}: {settings}", self.quoted(metadata::PROGRAM)), &[]),
                Some(own) => match self.member(own, metadata::IGNORE) {
                    None => {
                        self.new_member(own, &format!("{}: [{items}]", self.quoted(metadata::IGNORE)), &[])
                    }
                    Some(ignored) => return self.further_items(ignored, rules, &items),
                },
            },
        };
        self.insertions.extend(insertion);
    }

    /// Adds rules to the value of `ignore`.
    fn further_items(&mut self, ignored: NodeId, rules: &Rules, items: &str) {
        let node = self.tree.node(ignored);
        let is_flow = self.slice(node.span).starts_with(['[', '{']);
        let (start, end) = (node.span.range().start, node.span.range().end);
        match &node.kind {
            NodeKind::Sequence(known) => match self.tree.items(*known).last() {
                None => self.insertions.push((start + 1, items.to_owned())),
                Some(&last) => {
                    let last = self.tree.node(last).span;
                    let line = self.lines.number(last.start);
                    let new_line = format!("{}{}", self.line_break, self.lines.indentation(line));
                    if is_flow {
                        let own_line = self.begins_line(last.range().start);
                        let separator = if own_line { new_line } else { " ".to_owned() };
                        self.insertions.push((last.range().end, format!(",{separator}{items}")));
                    } else {
                        let mut rows = String::new();
                        for rule in rules {
                            rows.extend([&new_line, "- ", &self.item(rule)]);
                        }
                        self.insertions.push((self.line_end(last.range().end), rows));
                    }
                }
            },
            NodeKind::Mapping(_) => {
                for rule in rules {
                    let member =
                        format!("{}: {}", self.quoted(rule), json_text(self.reason.unwrap_or_default()));
                    let insertion = self.new_member(ignored, &member, &[]);
                    self.insertions.extend(insertion);
                }
            }
            NodeKind::Scalar(Scalar {
                style: Style::Plain | Style::SingleQuoted | Style::DoubleQuoted,
                ..
            }) if !node.is_absent() => {
                self.insertions.push((start, "[".to_owned()));
                self.insertions.push((end, format!(", {items}]")));
            }
            NodeKind::Scalar(_) | NodeKind::Alias(_) => {}
        }
    }

    /// A member put into a mapping, behind the first of these keys that is there, in the style of the mapping.
    fn new_member(&self, mapping: NodeId, member: &str, after: &[&str]) -> Option<(usize, String)> {
        let node = self.tree.node(mapping);
        let NodeKind::Mapping(entries) = node.kind else { return None };
        let entries = self.tree.entries(entries);
        let before =
            after.iter().find_map(|name| entries.iter().find(|entry| self.key(**entry) == Some(*name)));
        let is_flow = self.slice(node.span).starts_with('{');
        let Some(first) = entries.first() else {
            return is_flow.then(|| (node.span.range().start + 1, member.to_owned()));
        };
        let near = self.tree.node(before.unwrap_or(first).key).span;
        let own_line = self.begins_line(near.range().start);
        let indentation = self.lines.indentation(self.lines.number(near.start));
        let new_line = format!("{}{indentation}", self.line_break);
        let value = before.map(|before| self.tree.node(before.value));
        if is_flow {
            let separator = if own_line { new_line.as_str() } else { " " };
            return Some(match value {
                Some(value) => (value.span.range().end, format!(",{separator}{member}")),
                None => (near.range().start, format!("{member},{separator}")),
            });
        }
        if !own_line {
            return None;
        }
        let one_line = value.filter(|value| {
            let (start, end) = self.lines.of_span(value.span);
            matches!(value.kind, NodeKind::Scalar(_))
                && start == end
                && start == self.lines.number(near.start)
        });
        if let Some(value) = one_line {
            return Some((self.line_end(value.span.range().end), format!("{new_line}{member}")));
        }
        let first = self.tree.node(first.key).span.range().start;
        self.begins_line(first).then(|| (first, format!("{member}{new_line}")))
    }

    fn member(&self, mapping: NodeId, name: &str) -> Option<NodeId> {
        let NodeKind::Mapping(entries) = self.tree.node(mapping).kind else { return None };
        // Of equal keys the last one counts.
        self.tree
            .entries(entries)
            .iter()
            .rev()
            .find(|entry| self.key(**entry) == Some(name))
            .map(|entry| entry.value)
    }

    /// The value of the key at a place.
    fn value_of(&self, key: u32) -> Option<NodeId> {
        (0..self.tree.len()).find_map(|index| match self.tree.node(NodeId(index as u32)).kind {
            NodeKind::Mapping(entries) => {
                let mut entries = self.tree.entries(entries).iter();
                let found = entries.find(|entry| self.tree.node(entry.key).span.start == key);
                found.map(|entry| entry.value)
            }
            _ => None,
        })
    }

    fn key(&self, entry: Entry) -> Option<&str> {
        self.tree.text(self.tree.node(entry.key))
    }

    fn item(&self, rule: &str) -> String {
        match self.reason {
            Some(reason) => format!("{{{}: {}}}", self.quoted(rule), json_text(reason)),
            None => self.quoted(rule),
        }
    }

    fn quoted(&self, word: &str) -> String {
        if self.is_json { json_text(word) } else { word.to_owned() }
    }

    fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    fn begins_line(&self, offset: usize) -> bool {
        let line = self.lines.number(offset as u32);
        self.lines.start(line) + self.lines.indentation(line).len() == offset
    }

    fn line_end(&self, offset: usize) -> usize {
        let line = self.lines.number(offset as u32);
        self.lines.start(line) + self.lines.content(line).len()
    }
}

/// Quoted as JSON does it, which YAML reads too.
fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
