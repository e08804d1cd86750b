//! Puts nodes together to a tree, for both readers: places of absent and nested values, anchors, equal keys.

use std::num::NonZeroU32;

use rustc_hash::FxHashMap;

use super::tree::{Document, Text};
use super::{
    Entries, Entry, Items, MAXIMUM_DEPTH, MAXIMUM_EXPANSION, Node, NodeId, NodeKind, Scalar, Style,
    SyntaxError, Tag, TagId, Tree,
};
use crate::text::{FileId, Span};

/// Number of an anchor, from 1.
pub(super) type Anchor = NonZeroU32;

/// A collection that is still open.
#[derive(Clone, Copy)]
struct Open {
    node: NodeId,
    /// Where its children begin in [`Builder::children`].
    first_child: u32,
    anchor: Option<Anchor>,
    is_mapping: bool,
    /// How deep its deepest child nests, counted where there are anchors.
    height: usize,
    /// What [`Builder::expansion`] was when it was opened.
    expansion: usize,
}

/// What an alias may point at.
#[derive(Clone, Copy)]
struct Anchored {
    node: NodeId,
    /// How many nodes it stands for, aliases expanded; absent while the node is open.
    size: Option<usize>,
    height: usize,
}

/// Up to so many keys are compared with one that looks like one of them, which is faster than to hash all.
const FEW_KEYS: usize = 32;

/// How many collections may be open at a mark.
const MARKED_DEPTH: usize = 2;

/// How far a tree was, to go back there.
pub(super) struct Mark {
    nodes: usize,
    tags: usize,
    items: usize,
    entries: usize,
    decoded: usize,
    children: usize,
    errors: usize,
    end: usize,
    open: [Option<Open>; MARKED_DEPTH],
}

impl Mark {
    /// How many collections were open.
    pub(super) fn depth(&self) -> usize {
        self.open.iter().flatten().count()
    }
}

/// A tree under construction.
pub(super) struct Builder<'t> {
    file: FileId,
    document: Document<'t>,
    open: Vec<Open>,
    /// Children of all open collections, those of the innermost last.
    children: Vec<NodeId>,
    /// End of the last thing that was added.
    end: usize,
    anchors: FxHashMap<Anchor, Anchored>,
    /// How many nodes all aliases so far stand for.
    expansion: usize,
    expansion_reported: bool,
    /// What was found that leaves the tree whole.
    pub(super) errors: Vec<SyntaxError>,
}

impl<'t> Builder<'t> {
    pub(super) fn new(file: FileId, text_length: usize) -> Self {
        Self {
            file,
            // Templates have a node per 15 to 30 bytes, and most are keys or values.
            document: Document {
                nodes: Vec::with_capacity(text_length / 16),
                entries: Vec::with_capacity(text_length / 32),
                items: Vec::with_capacity(text_length / 128),
                tags: Vec::with_capacity(text_length / 256),
                ..Document::default()
            },
            open: Vec::with_capacity(16),
            children: Vec::with_capacity(64),
            end: 0,
            anchors: FxHashMap::default(),
            expansion: 0,
            expansion_reported: false,
            errors: Vec::new(),
        }
    }

    /// How far the tree is; none where something later may depend on what was read before, or where it is deep.
    pub(super) fn mark(&self) -> Option<Mark> {
        (self.anchors.is_empty() && self.open.len() <= MARKED_DEPTH).then(|| Mark {
            nodes: self.document.nodes.len(),
            tags: self.document.tags.len(),
            items: self.document.items.len(),
            entries: self.document.entries.len(),
            decoded: self.document.decoded.len(),
            children: self.children.len(),
            errors: self.errors.len(),
            end: self.end,
            open: std::array::from_fn(|level| self.open.get(level).copied()),
        })
    }

    /// Goes back to where a mark was made. What was open there must not have been closed in between.
    pub(super) fn go_back(&mut self, mark: &Mark) {
        self.document.nodes.truncate(mark.nodes);
        self.document.tags.truncate(mark.tags);
        self.document.items.truncate(mark.items);
        self.document.entries.truncate(mark.entries);
        self.document.decoded.truncate(mark.decoded);
        self.children.truncate(mark.children);
        self.errors.truncate(mark.errors);
        self.end = mark.end;
        self.open.clear();
        self.open.extend(mark.open.iter().flatten());
        self.anchors.clear();
        self.expansion = 0;
        self.expansion_reported = false;
    }

    #[inline]
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    /// How many collections are open.
    #[inline]
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Whether the innermost open collection is a mapping.
    #[inline]
    pub(super) fn in_mapping(&self) -> bool {
        self.open.last().is_some_and(|open| open.is_mapping)
    }

    /// Whether one of the open collections is a mapping, or a sequence.
    pub(super) fn is_inside(&self, is_mapping: bool) -> bool {
        self.open.iter().any(|open| open.is_mapping == is_mapping)
    }

    /// Whether the innermost open collection is a mapping whose last key has no value yet.
    pub(super) fn awaits_value(&self) -> bool {
        self.open.last().is_some_and(|open| {
            open.is_mapping && !(self.children.len() - open.first_child as usize).is_multiple_of(2)
        })
    }

    /// Whether nothing but mappings is open.
    pub(super) fn in_mappings_only(&self) -> bool {
        self.open.iter().all(|open| open.is_mapping)
    }

    /// Where an open collection begins, by its level from 0.
    pub(super) fn start_of(&self, level: usize) -> Option<usize> {
        self.open.get(level).map(|open| self.document.nodes[open.node.0 as usize].span.start as usize)
    }

    /// Takes a tag for a node that is added next.
    pub(super) fn tag(&mut self, name: &'t str, span: Span) -> Option<TagId> {
        self.document.tags.push(Tag { name, span });
        NonZeroU32::new(self.document.tags.len() as u32).map(TagId)
    }

    /// The decoded texts so far, to put another one behind them, which [`Builder::decoded_since`] then takes.
    #[inline]
    pub(super) fn decoded(&mut self) -> &mut String {
        &mut self.document.decoded
    }

    /// What stands from `start` on in [`Builder::decoded`], as a text.
    pub(super) fn decoded_since(&self, start: usize) -> Text<'t> {
        Text::Decoded { start: start as u32, end: self.document.decoded.len() as u32 }
    }

    /// Adds a scalar.
    #[inline]
    pub(super) fn scalar(
        &mut self,
        span: Span,
        tag: Option<TagId>,
        text: Text<'t>,
        style: Style,
        anchor: Option<Anchor>,
    ) {
        let node = self.add(Node { span, tag, kind: NodeKind::Scalar(Scalar { text, style }) });
        if let Some(anchor) = anchor {
            self.anchor(anchor, node, Some(1));
        }
    }

    /// Adds an absent value at a place.
    pub(super) fn absent(&mut self, at: usize, tag: Option<TagId>, anchor: Option<Anchor>) {
        self.scalar(self.span(at, at), tag, Text::Written(""), Style::Plain, anchor);
    }

    /// Adds a reference to an anchored node. One that may not be followed becomes an absent value at `absent_at`.
    pub(super) fn alias(&mut self, span: Span, name: &str, anchor: Option<Anchor>, absent_at: usize) {
        let target = anchor.and_then(|anchor| self.anchors.get(&anchor)).copied();
        let message = match target {
            None => Some(format!("no anchor `&{}` stands before this alias", name.trim_start_matches('*'))),
            Some(Anchored { size: None, .. }) => {
                Some(format!("the alias `{name}` stands inside the value that it repeats"))
            }
            Some(Anchored { node, size: Some(size), height }) => {
                let expansion = self.expansion.saturating_add(size);
                if self.open.len() + height > MAXIMUM_DEPTH {
                    Some(format!("aliases nest values deeper than {MAXIMUM_DEPTH} levels"))
                } else if expansion <= MAXIMUM_EXPANSION {
                    self.expansion = expansion;
                    self.add(Node { span, tag: None, kind: NodeKind::Alias(node) });
                    if let Some(open) = self.open.last_mut() {
                        open.height = open.height.max(height + 1);
                    }
                    return;
                } else if self.expansion_reported {
                    None
                } else {
                    self.expansion_reported = true;
                    Some(format!("aliases expand to more than {MAXIMUM_EXPANSION} nodes"))
                }
            }
        };
        if let Some(message) = message {
            let help = target.is_none().then(|| "a text that begins with `*` needs quotes".to_owned());
            self.errors.push(SyntaxError { span, message, other: None, help });
        }
        self.absent(absent_at, None, None);
        self.end = self.end.max(span.end as usize);
    }

    /// Opens a collection; its end is known when it is closed.
    pub(super) fn open(
        &mut self,
        start: usize,
        tag: Option<TagId>,
        is_mapping: bool,
        anchor: Option<Anchor>,
    ) {
        let kind = if is_mapping {
            NodeKind::Mapping(Entries::default())
        } else {
            NodeKind::Sequence(Items::default())
        };
        let node = self.add(Node { span: self.span(start, start), tag, kind });
        if let Some(anchor) = anchor {
            self.anchor(anchor, node, None);
        }
        self.open.push(Open {
            node,
            first_child: self.children.len() as u32,
            anchor,
            is_mapping,
            height: 0,
            expansion: self.expansion,
        });
    }

    #[cold]
    fn anchor(&mut self, anchor: Anchor, node: NodeId, size: Option<usize>) {
        self.anchors.insert(anchor, Anchored { node, size, height: 0 });
    }

    /// Closes the innermost collection at `end`, or where its last child ends.
    pub(super) fn close(&mut self, end: Option<usize>) {
        let Some(open) = self.open.pop() else { return };
        self.end = self.end.max(end.unwrap_or(0));
        let first_child = open.first_child as usize;
        let node = &mut self.document.nodes[open.node.0 as usize];
        node.span.end = self.end as u32;
        match &mut node.kind {
            NodeKind::Sequence(items) => {
                items.start = self.document.items.len() as u32;
                self.document.items.extend_from_slice(&self.children[first_child..]);
                items.end = self.document.items.len() as u32;
            }
            NodeKind::Mapping(entries) => {
                entries.start = self.document.entries.len() as u32;
                entries.end = entries.start + (self.children.len() - first_child) as u32 / 2;
                self.take_entries(first_child);
            }
            NodeKind::Scalar(_) | NodeKind::Alias(_) => {}
        }
        self.children.truncate(first_child);
        if !self.anchors.is_empty() {
            self.measure(&open);
        }
    }

    /// Takes the children from `first` on as entries, with a look at their keys.
    fn take_entries(&mut self, first: usize) {
        let Document { nodes, entries, decoded, .. } = &mut self.document;
        let start = entries.len();
        let (mut met, mut may_be_equal, mut has_collections) = (0, false, false);
        for &[key, value] in self.children[first..].as_chunks().0 {
            match nodes[key.0 as usize].kind {
                NodeKind::Scalar(Scalar { text, .. }) => {
                    let text = text.within(decoded);
                    let look = look_of(text);
                    if met & look != 0 {
                        let before = &entries[start..];
                        let is_same = |entry: &Entry| match nodes[entry.key.0 as usize].kind {
                            NodeKind::Scalar(other) => other.text.within(decoded) == text,
                            _ => false,
                        };
                        may_be_equal |= before.len() > FEW_KEYS || before.iter().any(is_same);
                    }
                    met |= look;
                }
                NodeKind::Mapping(_) | NodeKind::Sequence(_) => has_collections = true,
                NodeKind::Alias(_) => {}
            }
            entries.push(Entry { key, value });
        }
        if may_be_equal {
            self.report_equal_keys(start);
        }
        if has_collections {
            self.report_collection_keys(start);
        }
    }

    /// Keeps how large and high a collection has become, for the aliases of it and of what it stands in.
    #[cold]
    fn measure(&mut self, open: &Open) {
        if let Some(anchored) = open.anchor.and_then(|anchor| self.anchors.get_mut(&anchor)) {
            let nodes = self.document.nodes.len() - open.node.0 as usize;
            anchored.size = Some(nodes + (self.expansion - open.expansion));
            anchored.height = open.height + 1;
        }
        if let Some(parent) = self.open.last_mut() {
            parent.height = parent.height.max(open.height + 1);
        }
    }

    /// What was read so far as a document of its own, everything still open being closed; the next node begins anew.
    pub(super) fn take(&mut self) -> Document<'t> {
        while !self.open.is_empty() {
            if self.awaits_value() {
                self.absent(self.end, None, None);
            }
            self.close(None);
        }
        self.document.root = self.children.pop();
        self.children.clear();
        self.anchors.clear();
        std::mem::take(&mut self.document)
    }

    /// Ends the work.
    pub(super) fn finish(mut self, comments: Vec<Span>) -> (Tree<'t>, Vec<SyntaxError>) {
        (self.take().finish(comments), self.errors)
    }

    #[inline]
    fn add(&mut self, node: Node<'t>) -> NodeId {
        let id = NodeId(self.document.nodes.len() as u32);
        self.end = self.end.max(node.span.end as usize);
        self.document.nodes.push(node);
        self.children.push(id);
        id
    }

    /// Looks at all entries from `start` on: `{{ name }}` reads as a mapping that is the key of a mapping, and no template
    /// means that.
    #[cold]
    fn report_collection_keys(&mut self, start: usize) {
        for entry in &self.document.entries[start..] {
            let key = &self.document.nodes[entry.key.0 as usize];
            if matches!(key.kind, NodeKind::Mapping(_) | NodeKind::Sequence(_)) {
                self.errors.push(SyntaxError {
                    span: key.span,
                    message: "a key is a text, not a list or mapping".to_owned(),
                    other: None,
                    help: Some(
                        "a text that begins with `{` or `[`, such as `{{ name }}`, needs quotes".to_owned(),
                    ),
                });
            }
        }
    }

    /// Looks at all entries from `start` on.
    #[cold]
    fn report_equal_keys(&mut self, start: usize) {
        let Document { nodes, entries, decoded, .. } = &self.document;
        let entries = &entries[start..];
        let text = |entry: &Entry| {
            let node = &nodes[entry.key.0 as usize];
            match node.kind {
                NodeKind::Scalar(scalar) if !node.is_absent() => Some(scalar.text.within(decoded)),
                _ => None,
            }
        };
        let mut report = |first: &Entry, second: &Entry, key: &str| {
            self.errors.push(SyntaxError {
                span: nodes[second.key.0 as usize].span,
                message: format!("duplicate key `{key}`"),
                other: Some((nodes[first.key.0 as usize].span, "first here".to_owned())),
                help: None,
            });
        };
        let mut seen: FxHashMap<&str, &Entry> = FxHashMap::default();
        seen.reserve(entries.len());
        for second in entries {
            let Some(key) = text(second) else { continue };
            let first = *seen.entry(key).or_insert(second);
            if first != second {
                report(first, second, key);
            }
        }
    }
}

/// How a key looks: one of 64 bits, so that equal keys have the same and others mostly not.
#[inline]
fn look_of(key: &str) -> u64 {
    let bytes = key.as_bytes();
    let at = |index: usize| bytes.get(index).map_or(0, |&byte| usize::from(byte));
    let length = bytes.len();
    1 << ((length + 5 * at(length / 2) + 11 * at(length.wrapping_sub(1))) % 64)
}
