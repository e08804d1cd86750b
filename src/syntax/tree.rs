//! The tree that YAML and JSON both become: nodes with exact byte spans, nothing interpreted.

use std::num::NonZeroU32;
use std::ops::Range;

use super::Places;
use crate::text::Span;

/// Index of a node in its [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// One document. Texts borrow from the source unless decoding changed them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tree<'t> {
    document: Document<'t>,
}

/// The nodes of a document.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Document<'t> {
    pub(super) nodes: Vec<Node<'t>>,
    pub(super) root: Option<NodeId>,
    /// The tags of all nodes. Few nodes have one, so they stand beside them.
    pub(super) tags: Vec<Tag<'t>>,
    /// The items of all sequences, those of one side by side.
    pub(super) items: Vec<NodeId>,
    /// The entries of all mappings, likewise.
    pub(super) entries: Vec<Entry>,
    /// The texts of all scalars whose decoding changed them, one behind the other.
    pub(super) decoded: String,
    /// Places of all comments.
    pub(super) comments: Vec<Span>,
}

/// One node: a scalar, a collection or an alias, with its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node<'t> {
    /// The value as a person would underline it, without tag and anchor. An absent value is an empty span
    /// right behind the `:` or `-` (or tag) that it belongs to.
    pub span: Span,
    /// A tag such as `!Ref`; [`Tree::tag`] tells which.
    pub tag: Option<TagId>,
    /// What the node is.
    pub kind: NodeKind<'t>,
}

/// Number of a tag in its [`Tree`], from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TagId(pub(super) NonZeroU32);

/// A YAML tag as written, with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag<'t> {
    /// As written, with the leading `!`: `!Ref`, `!!str`.
    pub name: &'t str,
    /// Place of the tag.
    pub span: Span,
}

/// The three shapes of a node, and the reference to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind<'t> {
    /// A scalar.
    Scalar(Scalar<'t>),
    /// Items in order.
    Sequence(Items),
    /// All pairs in order, duplicates included.
    Mapping(Entries),
    /// `*name`: the node with the anchor, never an alias itself and never an ancestor.
    Alias(NodeId),
}

/// Where a [`Tree`] keeps the items of a sequence.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Items {
    pub(super) start: u32,
    pub(super) end: u32,
}

/// Where a [`Tree`] keeps the entries of a mapping.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Entries {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Items {
    /// How many there are.
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

impl Entries {
    /// How many there are.
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// A key with its value; both are nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The key, nearly always a scalar.
    pub key: NodeId,
    /// The value.
    pub value: NodeId,
}

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'...'`
    SingleQuoted,
    /// `"..."`, YAML or JSON.
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// A scalar: its decoded text, which [`Tree::text_of`] tells, and how it was written. Whether plain `true` or `010` means a
/// boolean or a number is for the reader of the tree to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scalar<'t> {
    pub(super) text: Text<'t>,
    /// How it was written.
    pub style: Style,
}

/// The decoded text of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text<'t> {
    /// It stands in the source.
    Written(&'t str),
    /// It is a part of [`Document::decoded`].
    Decoded { start: u32, end: u32 },
}

impl<'t> Text<'t> {
    /// The text itself; `decoded` are those of its document.
    #[inline]
    pub(super) fn within<'d>(self, decoded: &'d str) -> &'d str
    where
        't: 'd,
    {
        match self {
            Self::Written(text) => text,
            Self::Decoded { start, end } => decoded.get(start as usize..end as usize).unwrap_or_default(),
        }
    }
}

impl Tag<'_> {
    /// Whether it only names a type of YAML itself, as `!!str` does.
    #[inline]
    pub fn is_of_yaml(&self) -> bool {
        matches!(self.name.as_bytes(), [b'!', b'!', ..])
    }
}

impl<'t> Document<'t> {
    pub(super) fn root(&self) -> Option<&Node<'t>> {
        self.root.map(|root| &self.nodes[root.0 as usize])
    }

    pub(super) fn is_mapping(&self) -> bool {
        self.root().is_some_and(|root| matches!(root.kind, NodeKind::Mapping(_)))
    }

    pub(super) fn finish(mut self, comments: Vec<Span>) -> Tree<'t> {
        self.comments = comments;
        Tree { document: self }
    }
}

impl<'t> Tree<'t> {
    /// The top of the document; absent where the text holds nothing.
    pub fn root(&self) -> Option<NodeId> {
        self.document.root
    }

    /// A node by its id, aliases not followed.
    ///
    /// # Panics
    /// Where the id belongs to another tree.
    #[inline]
    pub fn node(&self, id: NodeId) -> &Node<'t> {
        &self.document.nodes[id.0 as usize]
    }

    /// A node by its id, with an alias replaced by what it stands for.
    #[inline]
    pub fn resolve(&self, id: NodeId) -> &Node<'t> {
        let node = self.node(id);
        match node.kind {
            NodeKind::Alias(target) => self.node(target),
            _ => node,
        }
    }

    /// The decoded text of a scalar.
    #[inline]
    pub fn text_of<'s>(&'s self, scalar: &Scalar<'t>) -> &'s str {
        scalar.text.within(&self.document.decoded)
    }

    /// A scalar's text, if the node is a scalar.
    #[inline]
    pub fn text<'s>(&'s self, node: &Node<'t>) -> Option<&'s str> {
        match &node.kind {
            NodeKind::Scalar(scalar) => Some(self.text_of(scalar)),
            _ => None,
        }
    }

    /// Place of a part of a scalar's *decoded* text (byte range) in the source, through quotes, escapes,
    /// folding and the indentation of block scalars. `source` is the whole source text.
    pub fn part(&self, node: &Node<'t>, source: &str, range: Range<usize>) -> Span {
        self.places(node, source).part(range)
    }

    /// As [`Tree::part`], for many parts of one scalar.
    pub fn places<'s>(&'s self, node: &Node<'t>, source: &str) -> Places<'s> {
        Places::of(node, self.text(node), source)
    }

    /// The tag of a node, kept as written.
    #[inline]
    pub fn tag(&self, node: &Node<'_>) -> Option<Tag<'t>> {
        self.document.tags.get(node.tag?.0.get() as usize - 1).copied()
    }

    /// The items of a sequence.
    ///
    /// # Panics
    /// Where the sequence belongs to another tree.
    #[inline]
    pub fn items(&self, items: Items) -> &[NodeId] {
        &self.document.items[items.start as usize..items.end as usize]
    }

    /// The entries of a mapping.
    ///
    /// # Panics
    /// Where the mapping belongs to another tree.
    #[inline]
    pub fn entries(&self, entries: Entries) -> &[Entry] {
        &self.document.entries[entries.start as usize..entries.end as usize]
    }

    /// How many items all sequences have together, and how many entries all mappings.
    pub(crate) fn children(&self) -> (usize, usize) {
        (self.document.items.len(), self.document.entries.len())
    }

    /// All nodes in the order of the text: each before what it holds.
    pub fn nodes(&self) -> &[Node<'t>] {
        &self.document.nodes
    }

    /// How many nodes the document has.
    pub fn len(&self) -> usize {
        self.document.nodes.len()
    }

    /// Whether the document has no node.
    pub fn is_empty(&self) -> bool {
        self.document.nodes.is_empty()
    }

    /// Places of all comments in order, from `#` to the end of the line.
    pub fn comments(&self) -> &[Span] {
        &self.document.comments
    }
}

impl Node<'_> {
    /// Whether this is an absent value: `Key:` with nothing behind it.
    #[inline]
    pub fn is_absent(&self) -> bool {
        self.span.is_empty() && matches!(&self.kind, NodeKind::Scalar(scalar) if scalar.style == Style::Plain)
    }
}
