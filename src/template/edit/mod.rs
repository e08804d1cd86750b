//! Changes to a template as edits of its text, in the style of the file: nothing outside the edits changes.
//!
//! An edit is offered only where it is certain to mean what it says: not in what an alias repeats or a loop copies, not
//! beside merged keys or macros, not in a layout that is hard to read. Everything here returns `None` then.

mod style;
mod written;

pub use written::Written;

use std::cell::{OnceCell, RefCell};
use std::ops::Range;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::syntax::{Entries, Entry, Items, Node, NodeId, NodeKind, Style as ScalarStyle};
use crate::text::{Edit, Span, edited};

use super::{HiddenKind, ResourceId, Template};
use style::{Observed, Sheet, Style, is_blank};

/// Makes edits of one template.
pub struct Editor<'m, 't> {
    template: &'m Template<'t>,
    sheet: Sheet<'m, 't>,
    /// What aliases repeat.
    repeated: &'m FxHashSet<NodeId>,
}

/// What has been found out about the writing of a template, since it is asked in every scenario.
#[derive(Debug, Default)]
pub(super) struct Memory<'t> {
    repeated: OnceCell<FxHashSet<NodeId>>,
    anywhere: Observed<'t>,
    here: RefCell<FxHashMap<Span, Rc<Observed<'t>>>>,
}

/// A map that may be changed.
struct Map<'m> {
    entries: &'m [Entry],
    shape: Shape,
}

/// How a map or list is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// By indentation; the column of its keys or dashes.
    Block(usize),
    /// In brackets.
    Flow,
}

impl<'t> Template<'t> {
    /// Makes edits; `None` where the text could not be read whole, or where they are not certain.
    pub fn edit<T>(&self, make: impl FnOnce(Editor<'_, 't>) -> Option<T>) -> Option<T> {
        let unread = self.hidden.iter().any(|hidden| hidden.kind == HiddenKind::Unreadable);
        let tree = self.tree;
        let targets = || {
            tree.nodes().iter().filter_map(|node| match node.kind {
                NodeKind::Alias(target) => Some(target),
                _ => None,
            })
        };
        let repeated = self.writing.repeated.get_or_init(|| targets().collect());
        let sheet = Sheet { tree, source: self.source };
        if unread { None } else { make(Editor { template: self, sheet, repeated }) }
    }
}

impl<'m, 't> Editor<'m, 't> {
    /// Gives a property of a resource a value, in place of a literal one; else as a new property, behind another one
    /// where that is named and there.
    pub fn set(
        &self,
        resource: ResourceId,
        path: &[&'static str],
        behind: Option<&str>,
        value: Written,
    ) -> Option<Vec<Edit>> {
        let (last, parents) = path.split_last()?;
        let mut map = self.properties(resource)?;
        for (depth, key) in parents.iter().enumerate() {
            if let Some(entry) = self.entry(map, key)? {
                map = entry.value;
            } else {
                let inner = path[depth + 1..].iter().rev();
                let nested = inner.fold(value, |value, key| Written::Map(vec![(*key, value)]));
                return self.insert(map, key, &nested, behind);
            }
        }
        match self.entry(map, last)? {
            Some(entry) => {
                let flow = self.map(map)?.shape == Shape::Flow;
                self.replace_value(entry, &value, flow)
            }
            None => self.insert(map, last, &value, behind),
        }
    }

    /// Takes a property of a resource away.
    pub fn remove(&self, resource: ResourceId, property: &str) -> Option<Vec<Edit>> {
        let id = self.properties(resource)?;
        let entry = self.entry(id, property)??;
        self.take_away(id, entry)
    }

    /// Takes the item of a list or the member of a map at a place away, and each list and map that nothing else is in; not
    /// where a comment on another line would go with it.
    pub fn remove_with_emptied(&self, place: Span) -> Option<Vec<Edit>> {
        let mut way = self.way_to(place)?;
        let mut id = way.pop().filter(|&id| self.node(id).span == place)?;
        let edits = loop {
            let parent = way.pop()?;
            match &self.node(parent).kind {
                NodeKind::Mapping(entries) if entries.len() > 1 => {
                    let mut entries = self.entries(*entries).iter();
                    let entry = entries.find(|entry| entry.key == id || entry.value == id)?;
                    break self.take_away(parent, *entry)?;
                }
                NodeKind::Sequence(items) if items.len() > 1 => break self.take_item(parent, id)?,
                NodeKind::Mapping(_) | NodeKind::Sequence(_) => id = parent,
                NodeKind::Scalar(_) | NodeKind::Alias(_) => return None,
            }
        };
        let line = self.sheet.line_start(place.start as usize)..=self.sheet.line_end(place.end as usize);
        let mut comments = self.sheet.tree.comments().iter();
        let goes_too = |comment: &Span| {
            let goes = edits.iter().any(|edit| edit.span.contains(*comment));
            goes && !line.contains(&(comment.start as usize))
        };
        (!comments.any(goes_too)).then_some(edits)
    }

    /// Takes an item of a list away, which has others.
    fn take_item(&self, list: NodeId, item: NodeId) -> Option<Vec<Edit>> {
        let node = self.node(list);
        let NodeKind::Sequence(items) = node.kind else { return None };
        let items = self.items(items);
        if node.tag.is_some() || self.node(item).tag.is_some() || self.is_anchored(item) {
            return None;
        }
        let index = items.iter().position(|&other| other == item)?;
        let (start, end) = (self.node(item).span.start as usize, self.end_of(item));
        let range = if self.sheet.starts_with(node, ['[']) {
            let next = items.get(index + 1).map(|&next| self.node(next).span.start as usize);
            let previous = index.checked_sub(1).map(|index| self.end_of(items[index]));
            self.member_in_brackets(start..end, previous, next)?
        } else {
            let before = self.sheet.before(start);
            let dash = before.trim_end_matches(' ').strip_suffix('-').filter(|before| is_blank(before))?;
            self.lines(start, self.behind_value(item, dash.len())?)?
        };
        Some(vec![self.edit(range, String::new())])
    }

    /// Whole lines.
    fn lines(&self, start: usize, end: usize) -> Option<Range<usize>> {
        let line = self.sheet.line_start(start);
        match self.sheet.source[end..].find('\n') {
            Some(offset) => Some(line..end + offset + 1),
            None => Some(line.checked_sub(1)?..end),
        }
    }

    /// What goes with a member or item in brackets: the comma behind it, of the last one that before it.
    fn member_in_brackets(
        &self,
        member: Range<usize>,
        previous: Option<usize>,
        next: Option<usize>,
    ) -> Option<Range<usize>> {
        match (next, previous) {
            (Some(next), _) => {
                self.is_separator(member.end..next)?;
                Some(member.start..next)
            }
            (None, Some(previous)) => {
                self.is_separator(previous..member.start)?;
                Some(previous..member.end)
            }
            (None, None) => None,
        }
    }

    /// Takes a resource away, unless a comment above it may be about it. What names it is for the caller to look at.
    pub fn remove_resource(&self, resource: ResourceId) -> Option<Vec<Edit>> {
        let entry = self.resource(resource)?;
        let start = self.sheet.line_start(self.node(entry.key).span.start as usize);
        let above = self.sheet.source[..start].trim_end().lines().next_back();
        if above.is_some_and(|above| above.trim_start().starts_with('#')) {
            return None;
        }
        self.take_away(self.resources()?, entry)
    }

    /// Takes a member of a map away.
    fn take_away(&self, id: NodeId, entry: Entry) -> Option<Vec<Edit>> {
        let map = self.map(id)?;
        if self.is_anchored(entry.value) {
            return None;
        }
        let index = map.entries.iter().position(|other| other.key == entry.key)?;
        let next = map.entries.get(index + 1).map(|next| self.node(next.key).span.start as usize);
        let previous = index.checked_sub(1).map(|index| self.end_of(map.entries[index].value));
        let (start, end) = (self.node(entry.key).span.start as usize, self.end_of(entry.value));
        let range = match map.shape {
            Shape::Block(_) if next.is_none() && previous.is_none() => return None,
            Shape::Block(column) => {
                if self.sheet.before(start).len() != column || !is_blank(self.sheet.before(start)) {
                    return None;
                }
                self.lines(start, self.behind(entry, column)?)?
            }
            Shape::Flow => self.member_in_brackets(start..end, previous, next)?,
        };
        Some(vec![self.edit(range, String::new())])
    }

    /// Adds items to the list that a map somewhere in a resource has under a key.
    pub fn append_in(&self, map: Span, key: &str, items: &[Written]) -> Option<Vec<Edit>> {
        let entry = self.entry(self.map_at(map)?, key)??;
        self.append_to(entry.value, items, map)
    }

    /// Adds an item, as JSON, behind the last one of a list in a JSON text that is the text of `Fn::Sub`.
    pub fn append_to_json(&self, last: Span, item: &str) -> Option<Vec<Edit>> {
        let way = self.way_to(last)?;
        let (&id, parents) = way.split_last()?;
        let NodeKind::Scalar(scalar) = &self.node(id).kind else { return None };
        if scalar.style == ScalarStyle::Plain
            || !way.contains(&self.resources()?)
            || !self.is_text_of_sub(id, parents)
        {
            return None;
        }
        let end = last.end as usize;
        let whole = self.sheet.source.get(last.range())?;
        let rest = self.sheet.source.get(end..self.end_of(id))?;
        let escaped = scalar.style == ScalarStyle::DoubleQuoted;
        let blanks: &[&str] = if escaped { &[" ", "\\n", "\\r", "\\t"] } else { &[" ", "\n", "\r", "\t"] };
        let mut next = rest;
        while let Some(behind) = blanks.iter().find_map(|blank| next.strip_prefix(blank)) {
            next = behind;
        }
        let is_last = whole.starts_with('{') && whole.ends_with('}') && next.starts_with(']');
        let item = if escaped { item.replace('\\', r"\\").replace('"', "\\\"") } else { item.to_owned() };
        let before = self.sheet.before(last.start as usize);
        let newline = self.style(self.node(id).span).newline;
        let gap = if is_blank(before) { format!("{newline}{before}") } else { " ".to_owned() };
        is_last.then(|| vec![self.edit(end..end, format!(",{gap}{item}"))])
    }

    /// Adds a member to a map somewhere in a resource, behind another one where that is named and there.
    pub fn insert_in(
        &self,
        map: Span,
        key: &str,
        value: &Written,
        behind: Option<&str>,
    ) -> Option<Vec<Edit>> {
        let map = self.map_at(map)?;
        match self.entry(map, key)? {
            Some(_) => None,
            None => self.insert(map, key, value, behind),
        }
    }

    /// Gives a member of a map somewhere in a resource another value, of any shape; not where a comment is inside.
    pub fn replace_in(&self, map: Span, key: &str, value: &Written) -> Option<Vec<Edit>> {
        let id = self.map_at(map)?;
        let map = self.map(id)?;
        let entry = self.entry(id, key)??;
        let old = self.node(entry.value);
        let between = self.sheet.between(entry);
        let commented = self.sheet.tree.comments().iter().any(|comment| old.span.contains(*comment));
        if commented || old.tag.is_some() || self.is_anchored(entry.value) {
            return None;
        }
        let style = self.style(self.node(id).span);
        let Shape::Block(column) = map.shape else {
            let before = self.sheet.before(self.node(entry.key).span.start as usize);
            return Some(vec![self.edit(old.span.range(), style.in_flow_behind(before, value))]);
        };
        let colon = between.find(':')?;
        let start = self.node(entry.key).span.end as usize + colon + 1;
        self.behind(entry, column)?;
        is_blank(between[colon + 1..].trim())
            .then(|| vec![self.edit(start..self.end_of(entry.value), style.behind_key(value, column))])
    }

    /// Spells a text or key otherwise, quotes apart, where it stands at a place just so.
    pub fn respell(&self, span: Span, from: &str, to: &str) -> Option<Vec<Edit>> {
        let token = self.sheet.source.get(span.range())?;
        let start = span.start as usize
            + match token.len().checked_sub(from.len())? {
                0 => 0,
                2 if token.starts_with(['"', '\'']) => 1,
                _ => return None,
            };
        let stretch = Span::new(span.file, start, start + from.len());
        let same = self.sheet.source.get(stretch.range()) == Some(from);
        if same { self.replace(stretch, to) } else { None }
    }

    /// A map somewhere in a resource, by its place.
    fn map_at(&self, span: Span) -> Option<NodeId> {
        let way = self.way_to(span)?;
        let &id = way.last()?;
        (self.node(id).span == span && way.contains(&self.resources()?)).then_some(id)
    }

    /// Whether an alias repeats some of a value.
    fn is_anchored(&self, value: NodeId) -> bool {
        let span = self.node(value).span;
        self.repeated.iter().any(|&target| span.contains(self.node(target).span))
    }

    /// Adds items to a list property.
    pub fn append(&self, resource: ResourceId, property: &str, items: &[Written]) -> Option<Vec<Edit>> {
        let entry = self.entry(self.properties(resource)?, property)??;
        self.append_to(entry.value, items, self.near(resource))
    }

    /// Makes a resource wait for others.
    pub fn depend(&self, resource: ResourceId, on: &[&str]) -> Option<Vec<Edit>> {
        let attributes = self.resource(resource)?.value;
        let mut names: Vec<Written> = on.iter().map(|name| Written::text(*name)).collect();
        let Some(entry) = self.entry(attributes, "DependsOn")? else {
            let value = if names.len() == 1 { names.pop()? } else { Written::List(names) };
            return self.insert(attributes, "DependsOn", &value, Some("Type"));
        };
        match &self.node(entry.value).kind {
            NodeKind::Sequence(_) => self.append_to(entry.value, &names, self.near(resource)),
            NodeKind::Scalar(_) => {
                names.insert(0, Written::Token(self.literal(entry.value)?.to_owned()));
                let flow = self.map(attributes)?.shape == Shape::Flow;
                self.put_value(entry, &Written::List(names), &self.style(self.near(resource)), flow)
            }
            _ => None,
        }
    }

    /// Adds a resource behind another one.
    pub fn insert_resource(
        &self,
        behind: ResourceId,
        id: &str,
        kind: &str,
        properties: Written,
    ) -> Option<Vec<Edit>> {
        let neighbour = self.resource(behind)?;
        let resources = self.map(self.resources()?)?;
        if self.template.find_resource(id).is_some() {
            return None;
        }
        let near = self.near(behind);
        let style = self.style(near);
        let kind_beside = self.entry(neighbour.value, "Type")?.and_then(|entry| self.literal(entry.value));
        let quote = kind_beside.and_then(|token| token.chars().next()).filter(|it| matches!(it, '"' | '\''));
        let braces = self.sheet.starts_with(self.node(neighbour.value), ['{']);
        let kind = Written::Token(style.scalar(kind, quote, false));
        let value = Written::map([("Type", kind), ("Properties", properties)]);
        let edit = match resources.shape {
            Shape::Block(column) => {
                let body = if braces {
                    format!("{}: {}", style.key(id), style.in_flow(&value))
                } else {
                    style.block_pair(id, &value, column)
                };
                self.add_line(&resources, neighbour, column, &style, &body)?
            }
            Shape::Flow => self.add_member(neighbour, &style, |indent| match indent {
                Some(indent) => style.spread_pair(id, &value, indent),
                None => format!("{}{}{}", style.key(id), style.colon(), style.in_flow(&value)),
            })?,
        };
        Some(vec![edit])
    }

    /// Adds a resource that is another one, byte for byte, but for its logical id, some stretches, and comments.
    pub fn copy_resource(&self, original: ResourceId, id: &str, changes: &[Edit]) -> Option<Vec<Edit>> {
        let entry = self.resource(original)?;
        let resources = self.map(self.resources()?)?;
        let (key, value) = (self.node(entry.key), self.node(entry.value));
        if self.is_anchored(entry.value) || self.template.find_resource(id).is_some() {
            return None;
        }
        let start = key.span.end as usize;
        let text = self.sheet.source.get(start..self.end_of(entry.value))?;
        let whole = Span { start: key.span.end, ..value.span };
        // A comment on the original may be wrong of the copy.
        let comments = self.sheet.tree.comments().iter().filter(|comment| whole.contains(**comment));
        let uncommented = comments.map(|comment| self.without(comment.range()));
        let shifted: Option<Vec<Edit>> = changes
            .iter()
            .cloned()
            .chain(uncommented)
            .map(|edit| {
                let from = (edit.span.start as usize).checked_sub(start)?;
                let span = Span::new(edit.span.file, from, (edit.span.end as usize).checked_sub(start)?);
                Some(Edit { span, text: edit.text })
            })
            .collect();
        let style = self.style(self.near(original));
        let body = format!("{}{}", style.key(id), edited(text, &shifted?)?);
        let edit = match resources.shape {
            Shape::Block(column) => self.add_line(&resources, entry, column, &style, &body)?,
            Shape::Flow => self.add_member(entry, &style, |_| body.clone())?,
        };
        Some(vec![edit])
    }

    /// Takes a comment away with the blanks before it, and with its line where it has one of its own.
    fn without(&self, comment: Range<usize>) -> Edit {
        let before = self.sheet.before(comment.start);
        let line = self.sheet.line_start(comment.start);
        let end = self.sheet.line_end(comment.end);
        let start = line + before.trim_end_matches([' ', '\t']).len();
        let next = self.sheet.source[end..].find('\n').map(|offset| end + offset + 1);
        match next {
            Some(next) if is_blank(before) => self.edit(line..next, String::new()),
            _ => self.edit(start..end, String::new()),
        }
    }

    /// Puts a value in the place of a literal text, or of a function, that is a value or an item.
    pub fn substitute(&self, span: Span, value: &Written) -> Option<Vec<Edit>> {
        let way = self.way_to(span)?;
        let [.., parent, id] = way.as_slice() else { return None };
        let node = self.node(*id);
        if node.span != span || !way.contains(&self.resources()?) {
            return None;
        }
        let style = self.style(self.node(*parent).span);
        let flow = self.sheet.starts_with(self.node(*parent), ['{', '[']);
        match self.sheet.tree.tag(node) {
            None if matches!(node.kind, NodeKind::Scalar(_)) => self.put(*id, *parent, value, &style),
            // The long form of a function.
            None if flow => {
                let key = match &self.node(*parent).kind {
                    NodeKind::Mapping(entries) => {
                        self.entries(*entries).iter().find(|entry| entry.value == *id)?.key
                    }
                    _ => *id,
                };
                let before = self.sheet.before(self.node(key).span.start as usize);
                Some(vec![self.edit(span.range(), style.in_flow_behind(before, value))])
            }
            None => {
                let column = self.sheet.column(span.start as usize)?;
                Some(vec![self.edit(span.range(), style.item(value, column))])
            }
            Some(tag) if style.short() && matches!(node.kind, NodeKind::Scalar(_)) => {
                let text = if flow { style.in_flow(value) } else { style.item(value, 0) };
                Some(vec![self.edit(tag.span.start as usize..self.end_of(*id), text)])
            }
            Some(_) => None,
        }
    }

    /// Puts other text in a stretch of a scalar or key; where that is all of it, its quotes stay.
    pub fn replace(&self, span: Span, text: &str) -> Option<Vec<Edit>> {
        let node = self.node(*self.way_to(span)?.last()?);
        let NodeKind::Scalar(scalar) = &node.kind else { return None };
        let quotes = match scalar.style {
            _ if node.span != span => 0,
            ScalarStyle::Plain => 0,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => 1,
            ScalarStyle::Literal | ScalarStyle::Folded => return None,
        };
        let range = span.range();
        Some(vec![self.edit(range.start + quotes..range.end - quotes, text.to_owned())])
    }

    /// Puts other text in the only place of a property where a text stands; the place alone, to change a copy.
    pub fn stretch(&self, resource: ResourceId, property: &str, from: &str, to: &str) -> Option<Edit> {
        let entry = self.entry(self.properties(resource)?, property)??;
        let value = self.node(entry.value);
        let start = value.span.start as usize;
        let text = self.sheet.source.get(start..self.end_of(entry.value))?;
        let mut places = text.match_indices(from);
        let (offset, _) = places.next().filter(|_| places.next().is_none())?;
        Some(self.edit(start + offset..start + offset + from.len(), to.to_owned()))
    }

    /// Gives a stretch of a literal text in a resource to a parameter: by `Fn::Sub`, or by `Ref` where it is the whole
    /// text.
    pub fn parameterise(&self, span: Span, parameter: &str) -> Option<Vec<Edit>> {
        let way = self.way_to(span)?;
        let (&id, parents) = way.split_last()?;
        let node = self.node(id);
        let NodeKind::Scalar(scalar) = &node.kind else { return None };
        if !way.contains(&self.resources()?) {
            return None;
        }
        if self.is_text_of_sub(id, parents) {
            return Some(vec![self.edit(span.range(), format!("${{{parameter}}}"))]);
        }
        let token = self.literal(id)?;
        let text = self.sheet.tree.text_of(scalar);
        let offset = (span.start - node.span.start) as usize;
        let quotes = token.len().checked_sub(text.len())? / 2;
        let from = offset.checked_sub(quotes)?;
        let stretch = text.get(from..from + span.range().len())?;
        if text.contains("${") || token.get(quotes..quotes + text.len()) != Some(text) {
            return None;
        }
        let value = if stretch == text {
            Written::reference(parameter)
        } else {
            let (before, after) = (&text[..from], &text[from + stretch.len()..]);
            Written::Sub(format!("{before}${{{parameter}}}{after}"))
        };
        // The quotes of the text are those of the new text.
        let quote = token.chars().next().filter(|first| matches!(first, '"' | '\''));
        let style = self.style(self.node(*parents.last()?).span).with_quote_of_sub(quote);
        self.put(id, *parents.last()?, &value, &style)
    }

    /// Whether a scalar is the text of `Fn::Sub`.
    fn is_text_of_sub(&self, id: NodeId, parents: &[NodeId]) -> bool {
        let is_sub = |node: NodeId, parent: Option<&NodeId>| {
            let tagged = self.sheet.tree.tag(self.node(node)).is_some_and(|tag| tag.name == "!Sub");
            let keyed = parent.is_some_and(|&parent| match &self.node(parent).kind {
                NodeKind::Mapping(entries) => self
                    .entries(*entries)
                    .iter()
                    .any(|entry| entry.value == node && self.text(entry.key) == Some("Fn::Sub")),
                _ => false,
            });
            tagged || keyed
        };
        if is_sub(id, parents.last()) {
            return true;
        }
        let [before @ .., list] = parents else { return false };
        let first = matches!(self.node(*list).kind, NodeKind::Sequence(items) if self.items(items).first() == Some(&id));
        first && is_sub(*list, before.last())
    }

    /// Puts a value in the place of a scalar that is a value or an item of `parent`.
    fn put(&self, id: NodeId, parent: NodeId, value: &Written, style: &Style<'_, '_>) -> Option<Vec<Edit>> {
        let node = self.node(id);
        let before = self.sheet.before(node.span.start as usize);
        match &self.node(parent).kind {
            NodeKind::Mapping(entries) => {
                let entry = self.entries(*entries).iter().find(|entry| entry.value == id)?;
                let flow = self.sheet.starts_with(self.node(parent), ['{']);
                self.put_value(*entry, value, style, flow)
            }
            NodeKind::Sequence(_) if self.sheet.starts_with(self.node(parent), ['[']) => {
                Some(vec![self.edit(node.span.range(), style.in_flow_behind(before, value))])
            }
            NodeKind::Sequence(_) => {
                let text = style.item(value, before.len());
                Some(vec![self.edit(node.span.range(), text)])
            }
            _ => None,
        }
    }

    /// The style near a place.
    fn style(&self, near: Span) -> Style<'m, 't> {
        let memory = &self.template.writing;
        let here = memory.here.borrow_mut().entry(near).or_default().clone();
        self.sheet.style(near, here, &memory.anywhere)
    }

    fn items(&self, items: Items) -> &'m [NodeId] {
        self.sheet.tree.items(items)
    }

    fn entries(&self, entries: Entries) -> &'m [Entry] {
        self.sheet.tree.entries(entries)
    }

    fn node(&self, id: NodeId) -> &'m Node<'m> {
        self.sheet.tree.node(id)
    }

    fn text(&self, id: NodeId) -> Option<&'m str> {
        self.sheet.tree.text(self.node(id))
    }

    fn edit(&self, range: Range<usize>, text: String) -> Edit {
        let file = self.sheet.tree.root().map(|root| self.node(root).span.file).unwrap_or_default();
        Edit { span: Span::new(file, range.start, range.end), text }
    }

    /// The place whose neighbours show the style: a resource.
    fn near(&self, resource: ResourceId) -> Span {
        self.template.resource(resource).span
    }

    /// The members of a map, unless something else may add to them or depend on them.
    fn map(&self, id: NodeId) -> Option<Map<'m>> {
        let node = self.node(id);
        let NodeKind::Mapping(entries) = node.kind else { return None };
        let entries = self.entries(entries);
        let opaque = |entry: &Entry| {
            let key = self.text(entry.key);
            key.is_none_or(|key| key == "<<" || key.starts_with("Fn::"))
        };
        let first = entries.first()?;
        if self.repeated.contains(&id) || node.tag.is_some() || entries.iter().any(opaque) {
            return None;
        }
        let shape = if self.sheet.starts_with(node, ['{']) {
            Shape::Flow
        } else {
            Shape::Block(self.sheet.column(self.node(first.key).span.start as usize)?)
        };
        Some(Map { entries, shape })
    }

    /// The member of a map with a key, if there is one.
    #[expect(clippy::option_option, reason = "not there, or not to be changed")]
    fn entry(&self, map: NodeId, key: &str) -> Option<Option<Entry>> {
        let map = self.map(map)?;
        let mut found = map.entries.iter().filter(|entry| self.text(entry.key) == Some(key));
        let first = found.next().copied();
        if found.next().is_some() || first.is_some_and(|entry| self.repeated.contains(&entry.value)) {
            return None;
        }
        Some(first)
    }

    fn resources(&self) -> Option<NodeId> {
        let NodeKind::Mapping(sections) = self.node(self.sheet.tree.root()?).kind else { return None };
        let sections = self.entries(sections).iter();
        let mut found = sections.filter(|section| self.text(section.key) == Some("Resources"));
        found.next().map(|section| section.value)
    }

    /// A resource that is written as such, and not by a loop.
    fn resource(&self, resource: ResourceId) -> Option<Entry> {
        let id = self.template.resource(resource).id.span;
        let NodeKind::Mapping(resources) = self.node(self.resources()?).kind else { return None };
        let entry = self.entries(resources).iter().find(|entry| self.node(entry.key).span == id)?;
        (!self.repeated.contains(&entry.value)).then_some(*entry)
    }

    fn properties(&self, resource: ResourceId) -> Option<NodeId> {
        Some(self.entry(self.resource(resource)?.value, "Properties")??.value)
    }

    /// A literal scalar on one line, without tag, as it stands in the file.
    fn literal(&self, id: NodeId) -> Option<&'m str> {
        let node = self.node(id);
        let NodeKind::Scalar(scalar) = &node.kind else { return None };
        let token = self.sheet.source.get(node.span.range())?;
        let simple = !matches!(scalar.style, ScalarStyle::Literal | ScalarStyle::Folded);
        let plain = node.tag.is_none() && !node.is_absent() && !token.contains('\n') && simple;
        (plain && !self.repeated.contains(&id)).then_some(token)
    }

    /// Where a value ends.
    fn end_of(&self, value: NodeId) -> usize {
        self.node(value).span.end as usize
    }

    /// The nodes from the top to the innermost one that holds a place; `None` where something repeats or copies it.
    fn way_to(&self, span: Span) -> Option<Vec<NodeId>> {
        let mut way = vec![self.sheet.tree.root()?];
        loop {
            let &id = way.last()?;
            if self.repeated.contains(&id) {
                return None;
            }
            let holds = |child: NodeId| self.node(child).span.contains(span);
            let next = match self.node(id).kind {
                NodeKind::Mapping(entries) => {
                    let entries = self.entries(entries);
                    let end = |entry: &Entry| self.end_of(entry.key).max(self.end_of(entry.value));
                    let entry = entries.get(entries.partition_point(|entry| end(entry) < span.end as usize));
                    let entry = entry.filter(|entry| holds(entry.key) || holds(entry.value));
                    let copied = |entry: &Entry| {
                        self.text(entry.key).is_some_and(|key| key.starts_with("Fn::ForEach"))
                    };
                    if entry.is_some_and(copied) {
                        return None;
                    }
                    entry.map(|entry| if holds(entry.key) { entry.key } else { entry.value })
                }
                NodeKind::Sequence(items) => {
                    let items = self.items(items);
                    let before = items.partition_point(|&item| self.end_of(item) < span.end as usize);
                    items.get(before).copied().filter(|&item| holds(item))
                }
                NodeKind::Scalar(_) => return Some(way),
                NodeKind::Alias(_) => return None,
            };
            match next {
                Some(next) => way.push(next),
                None => return Some(way),
            }
        }
    }

    /// Puts a value in the place of a literal, in the same quotes.
    fn replace_value(&self, entry: Entry, value: &Written, flow: bool) -> Option<Vec<Edit>> {
        let token = self.literal(entry.value)?;
        let span = self.node(entry.value).span;
        let style = self.style(span);
        let quote = token.chars().next().filter(|first| matches!(first, '"' | '\''));
        let text = match value {
            Written::Text(text) => style.scalar(text, quote, flow),
            Written::Flag(flag) if quote.is_some() => style.scalar(&flag.to_string(), quote, true),
            Written::Number(number) if quote.is_some() => style.scalar(&number.to_string(), quote, true),
            Written::Flag(flag) => flag.to_string(),
            Written::Number(number) => number.to_string(),
            Written::Token(token) => token.clone(),
            _ => return self.put_value(entry, value, &style, flow),
        };
        Some(vec![self.edit(span.range(), text)])
    }

    /// Puts a value of any shape in the place of a literal one; `flow` where its map stands in braces.
    fn put_value(
        &self,
        entry: Entry,
        value: &Written,
        style: &Style<'_, '_>,
        flow: bool,
    ) -> Option<Vec<Edit>> {
        self.literal(entry.value)?;
        let span = self.node(entry.value).span;
        if flow {
            let before = self.sheet.before(self.node(entry.key).span.start as usize);
            return Some(vec![self.edit(span.range(), style.in_flow_behind(before, value))]);
        }
        let key = self.node(entry.key).span;
        let text = style.behind_key(value, self.sheet.column(key.start as usize)?);
        if let Some(inline) = text.strip_prefix(' ') {
            return Some(vec![self.edit(span.range(), inline.to_owned())]);
        }
        let between = self.sheet.between(entry);
        let colon = between.find(':')?;
        let start = key.end as usize + colon + 1;
        is_blank(&between[colon + 1..]).then(|| vec![self.edit(start..span.end as usize, text)])
    }

    /// Adds a member to a map: behind the one that is named, else behind the last one.
    fn insert(&self, map: NodeId, key: &str, value: &Written, behind: Option<&str>) -> Option<Vec<Edit>> {
        let near = self.node(map).span;
        let map = self.map(map)?;
        let style = self.style(near);
        let named = map.entries.iter().find(|entry| self.text(entry.key) == behind && behind.is_some());
        named.into_iter().chain(map.entries.iter().rev()).find_map(|entry| {
            let edit = match map.shape {
                Shape::Block(column) => {
                    let at = self.behind(*entry, column)?;
                    self.edit(at..at, style.line(column, &style.block_pair(key, value, column)))
                }
                Shape::Flow => self.add_member(*entry, &style, |indent| match indent {
                    Some(indent) => style.spread_pair(key, value, indent),
                    None => format!("{}{}{}", style.key(key), style.colon(), style.in_flow(value)),
                })?,
            };
            Some(vec![edit])
        })
    }

    /// Adds lines behind a member of a block, set apart like the other members.
    fn add_line(
        &self,
        map: &Map<'_>,
        behind: Entry,
        column: usize,
        style: &Style<'_, '_>,
        body: &str,
    ) -> Option<Edit> {
        let at = self.behind(behind, column)?;
        let blank = if self.sheet.has_blank_lines(map.entries) { style.newline } else { "" };
        Some(self.edit(at..at, format!("{blank}{}", style.line(column, body))))
    }

    /// Adds a member behind another one in braces; `body` is told the indentation where each stands on a line of its own.
    fn add_member(
        &self,
        behind: Entry,
        style: &Style<'_, '_>,
        body: impl Fn(Option<&str>) -> String,
    ) -> Option<Edit> {
        let (key, at) = (self.node(behind.key), self.end_of(behind.value));
        self.without_comment(at)?;
        let indent = Some(self.sheet.before(key.span.start as usize)).filter(|before| is_blank(before));
        let text = match indent {
            Some(indent) => format!(",{}{indent}{}", style.newline, body(Some(indent))),
            None => format!("{}{}", style.comma(), body(None)),
        };
        Some(self.edit(at..at, text))
    }

    /// `None` where a comment stands on the rest of the line, which would move away from what it is about.
    fn without_comment(&self, at: usize) -> Option<()> {
        let rest = self.sheet.source.get(at..self.sheet.line_end(at))?;
        (!rest.trim_start_matches([' ', '\t', ',']).starts_with('#')).then_some(())
    }

    /// Whether there is nothing but the comma between two members in braces.
    fn is_separator(&self, range: Range<usize>) -> Option<()> {
        let text = self.sheet.source.get(range)?;
        text.bytes().all(|byte| byte.is_ascii_whitespace() || byte == b',').then_some(())
    }

    /// The end of the last line of a member of a block: of its value, and of comments that stand deeper than its key.
    fn behind(&self, entry: Entry, column: usize) -> Option<usize> {
        let key = self.node(entry.key).span.start as usize;
        if self.sheet.before(key).len() != column {
            return None;
        }
        self.behind_value(entry.value, column)
    }

    /// The end of the last line of a value in a block.
    fn behind_value(&self, value: NodeId, column: usize) -> Option<usize> {
        let source = self.sheet.source;
        let mut last = self.node(value);
        loop {
            let inner = match last.kind {
                NodeKind::Mapping(entries) => self.entries(entries).last().map(|entry| entry.value),
                NodeKind::Sequence(items) => self.items(items).last().copied(),
                _ => None,
            };
            let Some(inner) = inner else { break };
            last = self.node(inner);
        }
        if let NodeKind::Scalar(scalar) = &last.kind
            && matches!(scalar.style, ScalarStyle::Literal | ScalarStyle::Folded)
        {
            // Blank lines and the break at the end may belong to the text.
            let token = source.get(last.span.range())?;
            let keeps = token.lines().next().is_some_and(|header| header.contains('+'));
            if keeps || !source.get(self.end_of(value)..)?.contains('\n') {
                return None;
            }
        }
        let mut end = self.end_of(value);
        let rest = source.get(end..self.sheet.line_end(end))?;
        let comment = rest.trim_start_matches([' ', '\t']);
        let stands_apart = comment.starts_with('#') && comment.len() < rest.len();
        if !(comment.is_empty() || stands_apart) {
            return None;
        }
        end = self.sheet.line_end(end);
        while let Some(offset) = source.get(end..)?.find('\n') {
            let start = end + offset + 1;
            let line = source.get(start..self.sheet.line_end(start))?;
            let text = line.trim_start_matches(' ');
            if !text.starts_with('#') || line.len() - text.len() <= column {
                break;
            }
            end = self.sheet.line_end(start);
        }
        Some(end)
    }

    /// Adds items to a list.
    fn append_to(&self, list: NodeId, items: &[Written], near: Span) -> Option<Vec<Edit>> {
        let node = self.node(list);
        let NodeKind::Sequence(present) = node.kind else { return None };
        let present = self.items(present);
        if node.tag.is_some() || self.repeated.contains(&list) {
            return None;
        }
        let style = self.style(near);
        let Some(&end) = present.last() else {
            let at = self.end_of(list).checked_sub(1)?;
            let texts: Vec<String> = items.iter().map(|item| style.in_flow(item)).collect();
            return Some(vec![self.edit(at..at, texts.join(style.comma()))]);
        };
        let tag = self.sheet.tree.tag(self.node(end)).map(|tag| tag.span.start);
        let start = tag.unwrap_or(self.node(end).span.start) as usize;
        let before = self.sheet.before(start);
        if self.sheet.starts_with(node, ['[']) {
            let at = self.end_of(end);
            self.without_comment(at)?;
            let own_line = is_blank(before);
            let texts = items.iter().map(|item| {
                if own_line {
                    format!(",{}{before}{}", style.newline, style.spread(item, before))
                } else {
                    format!("{}{}", style.comma(), style.in_flow(item))
                }
            });
            return Some(vec![self.edit(at..at, texts.collect())]);
        }
        let dash = before.trim_end_matches(' ').len().checked_sub(1)?;
        if !before[dash..].starts_with('-') || !is_blank(&before[..dash]) {
            return None;
        }
        let at = self.behind_value(end, dash)?;
        let lead = &before[dash..];
        let braces = self.sheet.starts_with(self.node(end), ['{']);
        let body = |item: &Written| {
            if braces { style.in_flow(item) } else { style.item(item, dash + lead.len()) }
        };
        let texts = items.iter().map(|item| style.line(dash, &format!("{lead}{}", body(item))));
        Some(vec![self.edit(at..at, texts.collect())])
    }
}

#[cfg(test)]
mod tests;
