//! How a file is written: what prevails near a place, else in the whole file.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::syntax::{Entry, Node, NodeKind, Scalar, Style as ScalarStyle, Tree};
use crate::text::Span;

/// So many nodes show how a place is written; a larger one, as all resources are, is not read whole for it.
const ENOUGH: usize = 500;

/// The quotes around a scalar, if it has any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quote(Option<char>);

impl Quote {
    fn mark(self) -> Option<char> {
        self.0
    }
}

/// What is seen most often in a stretch of a file, as far as it is seen at all and was asked for.
#[derive(Debug, Default)]
pub(super) struct Observed<'t> {
    step: OnceCell<Option<usize>>,
    unit: OnceCell<Option<&'t str>>,
    dash_offset: OnceCell<Option<usize>>,
    short: OnceCell<Option<bool>>,
    flow_lists: OnceCell<Option<bool>>,
    spread_functions: OnceCell<Option<bool>>,
    quote: OnceCell<Option<Quote>>,
    other_quote: OnceCell<Option<char>>,
    quote_of_sub: OnceCell<Option<Quote>>,
    quote_of_names: OnceCell<Option<Quote>>,
    quote_of_keys: OnceCell<Option<Quote>>,
    quotes_booleans: OnceCell<Option<bool>>,
    quotes_numbers: OnceCell<Option<bool>>,
    colon: OnceCell<Option<&'t str>>,
    padded_maps: OnceCell<Option<bool>>,
    padded_lists: OnceCell<Option<bool>>,
}

/// A tree with its text, to see how it is written.
#[derive(Clone, Copy)]
pub(super) struct Sheet<'m, 't> {
    pub(super) tree: &'m Tree<'t>,
    pub(super) source: &'t str,
}

/// Notes what is seen at a node.
type Observe<'m, 't, T> = fn(Sheet<'m, 't>, &'m Node<'t>, &mut Vec<T>);

/// Where what is seen is kept.
type Kept<'t, T> = for<'o> fn(&'o Observed<'t>) -> &'o OnceCell<Option<T>>;

/// How values are written around a place: what is seen there, else what is seen in the whole file. Each habit is looked
/// for when it is asked for.
pub(super) struct Style<'m, 't> {
    sheet: Sheet<'m, 't>,
    nodes: &'m [Node<'t>],
    here: Rc<Observed<'t>>,
    anywhere: &'m Observed<'t>,
    pub(super) json: bool,
    pub(super) newline: &'static str,
}

impl<'m, 't> Style<'m, 't> {
    /// The same, but with these quotes around the text of `Fn::Sub`: what is kept of the place is true of other edits only.
    pub(super) fn with_quote_of_sub(mut self, quote: Option<char>) -> Self {
        self.here = Rc::new(Observed { quote_of_sub: Some(Quote(quote)).into(), ..Observed::default() });
        self
    }

    /// What is seen most often here, else in the whole file.
    fn seen<T: Clone + PartialEq>(&self, kept: Kept<'t, T>, observe: Observe<'m, 't, T>) -> Option<T> {
        let look =
            |at: &Observed<'t>, nodes| kept(at).get_or_init(|| self.sheet.prevailing(nodes, observe)).clone();
        look(&self.here, self.nodes).or_else(|| look(self.anywhere, self.sheet.tree.nodes()))
    }

    /// JSON has one kind of quotes.
    fn quotes_seen(&self, kept: Kept<'t, Quote>, observe: Observe<'m, 't, Quote>) -> Option<char> {
        if self.json { Some('"') } else { self.seen(kept, observe).and_then(Quote::mark) }
    }

    /// Blanks that a map in a block stands further right than its key.
    pub(super) fn step(&self) -> usize {
        self.seen(|it| &it.step, Sheet::steps).unwrap_or(2)
    }

    /// What each level in brackets adds to the indentation.
    pub(super) fn unit(&self) -> &'t str {
        self.seen(|it| &it.unit, Sheet::units).unwrap_or("  ")
    }

    /// Blanks between the column of a key and that of the `-` of its list.
    pub(super) fn dash_offset(&self) -> usize {
        self.seen(|it| &it.dash_offset, Sheet::dash_offsets).unwrap_or(2)
    }

    /// Whether functions are tags such as `!Ref`.
    pub(super) fn short(&self) -> bool {
        !self.json && self.seen(|it| &it.short, Sheet::spellings_of_functions).unwrap_or(true)
    }

    /// Whether lists stand in brackets on one line.
    pub(super) fn flow_lists(&self) -> bool {
        self.seen(|it| &it.flow_lists, Sheet::shapes_of_lists).unwrap_or(false)
    }

    /// Whether `{"Ref": "Name"}` takes several lines.
    pub(super) fn spread_functions(&self) -> bool {
        self.seen(|it| &it.spread_functions, Sheet::shapes_of_functions).unwrap_or(false)
    }

    /// The quotes around texts that need none.
    pub(super) fn quote(&self) -> Option<char> {
        self.quotes_seen(|it| &it.quote, Sheet::quotes_of_texts)
    }

    /// The quotes around texts that need some.
    pub(super) fn other_quote(&self) -> char {
        if self.json { '"' } else { self.seen(|it| &it.other_quote, Sheet::quotes).unwrap_or('"') }
    }

    /// The quotes around the text of `Fn::Sub`.
    pub(super) fn quote_of_sub(&self) -> Option<char> {
        self.quotes_seen(|it| &it.quote_of_sub, Sheet::quotes_of_sub)
    }

    /// The quotes around names behind `Ref:` and `!Ref`.
    pub(super) fn quote_of_names(&self) -> Option<char> {
        self.quotes_seen(|it| &it.quote_of_names, Sheet::quotes_of_names)
    }

    /// The quotes around keys.
    pub(super) fn quote_of_keys(&self) -> Option<char> {
        self.quotes_seen(|it| &it.quote_of_keys, Sheet::quotes_of_keys)
    }

    /// Whether booleans stand in quotes.
    pub(super) fn quotes_booleans(&self) -> bool {
        self.seen(|it| &it.quotes_booleans, Sheet::quotes_of_booleans).unwrap_or(false)
    }

    /// Whether numbers stand in quotes.
    pub(super) fn quotes_numbers(&self) -> bool {
        self.seen(|it| &it.quotes_numbers, Sheet::quotes_of_numbers).unwrap_or(false)
    }

    /// Between key and value in braces.
    pub(super) fn colon(&self) -> &'t str {
        self.seen(|it| &it.colon, Sheet::colons).unwrap_or(": ")
    }

    /// Between members in braces on one line.
    pub(super) fn comma(&self) -> &'static str {
        if self.json && self.colon() == ":" { "," } else { ", " }
    }

    /// Inside braces on one line.
    pub(super) fn padding(&self) -> &'static str {
        padding(self.seen(|it| &it.padded_maps, Sheet::paddings_of_maps))
    }

    /// Inside brackets on one line.
    pub(super) fn padding_of_lists(&self) -> &'static str {
        padding(self.seen(|it| &it.padded_lists, Sheet::paddings_of_lists))
    }
}

fn padding(padded: Option<bool>) -> &'static str {
    if padded == Some(true) { " " } else { "" }
}

impl<'m, 't> Sheet<'m, 't> {
    /// The style near a place of a template; `here` and `anywhere` keep what is seen there and in the whole file.
    pub(super) fn style(
        self,
        near: Span,
        here: Rc<Observed<'t>>,
        anywhere: &'m Observed<'t>,
    ) -> Style<'m, 't> {
        Style {
            sheet: self,
            nodes: self.nodes_in(near),
            here,
            anywhere,
            json: self.is_json(),
            newline: self.newline(near.start as usize),
        }
    }

    /// The first nodes inside a place; nodes are in the order of the text.
    fn nodes_in(self, place: Span) -> &'m [Node<'t>] {
        let nodes = self.tree.nodes();
        let first = nodes.partition_point(|node| node.span.start < place.start);
        let length = nodes[first..].partition_point(|node| node.span.start < place.end);
        &nodes[first..first + length.min(ENOUGH)]
    }

    fn colons(self, node: &'m Node<'t>, found: &mut Vec<&'t str>) {
        for entry in self.flow_entries(node) {
            let between = self.between(*entry);
            if !between.contains(['\n', '\r', '#', '&', '!']) {
                found.push(between);
            }
        }
    }

    /// Whether it is JSON, and not YAML in braces.
    pub(super) fn is_json(self) -> bool {
        let Some(root) = self.tree.root().map(|root| self.tree.node(root)) else { return false };
        let NodeKind::Mapping(entries) = root.kind else { return false };
        self.starts_with(root, ['{'])
            && self
                .tree
                .entries(entries)
                .iter()
                .all(|entry| self.starts_with(self.tree.node(entry.key), ['"']))
    }

    pub(super) fn starts_with<const N: usize>(self, node: &Node<'_>, characters: [char; N]) -> bool {
        self.source.get(node.span.range()).is_some_and(|text| text.starts_with(characters))
    }

    /// The line break of the line at an offset, or of the one before.
    pub(super) fn newline(self, offset: usize) -> &'static str {
        let bytes = self.source.as_bytes();
        let behind = memchr::memchr(b'\n', &bytes[offset.min(bytes.len())..]).map(|at| at + offset);
        let found = behind.or_else(|| memchr::memrchr(b'\n', bytes));
        match found.and_then(|at| at.checked_sub(1)).and_then(|at| bytes.get(at)) {
            Some(b'\r') => "\r\n",
            _ => "\n",
        }
    }

    /// Where the line of an offset begins.
    pub(super) fn line_start(self, offset: usize) -> usize {
        memchr::memrchr(b'\n', &self.source.as_bytes()[..offset]).map_or(0, |at| at + 1)
    }

    /// Where the line of an offset ends, without its line break.
    pub(super) fn line_end(self, offset: usize) -> usize {
        let bytes = self.source.as_bytes();
        let end = memchr::memchr(b'\n', &bytes[offset..]).map_or(bytes.len(), |at| at + offset);
        if end > offset && bytes.get(end - 1) == Some(&b'\r') { end - 1 } else { end }
    }

    /// What stands before an offset on its line.
    pub(super) fn before(self, offset: usize) -> &'t str {
        self.source.get(self.line_start(offset)..offset).unwrap_or("")
    }

    /// The column of a key in a block: nothing but blanks and dashes of lists stand before it.
    pub(super) fn column(self, offset: usize) -> Option<usize> {
        let before = self.before(offset);
        before.bytes().all(|byte| matches!(byte, b' ' | b'-')).then_some(before.len())
    }

    /// What stands between a key and its value.
    pub(super) fn between(self, entry: Entry) -> &'t str {
        let (key, value) = (self.tree.node(entry.key), self.tree.node(entry.value));
        let start = self.tree.tag(value).map_or(value.span.start, |tag| tag.span.start);
        self.source.get(key.span.end as usize..start as usize).unwrap_or("#")
    }

    /// What is seen most often; of equals the first.
    fn prevailing<T: PartialEq>(self, nodes: &'m [Node<'t>], observe: Observe<'m, 't, T>) -> Option<T> {
        let mut found = Vec::new();
        for node in nodes {
            observe(self, node, &mut found);
        }
        most(found)
    }

    fn entries(self, node: &Node<'_>) -> &'m [Entry] {
        match node.kind {
            NodeKind::Mapping(entries) => self.tree.entries(entries),
            _ => &[],
        }
    }

    /// The members of a map in braces.
    fn flow_entries(self, node: &'m Node<'t>) -> &'m [Entry] {
        let entries = self.entries(node);
        if !entries.is_empty() && self.starts_with(node, ['{']) { entries } else { &[] }
    }

    /// The members of a map in a block.
    fn block_entries(self, node: &'m Node<'t>) -> &'m [Entry] {
        let entries = self.entries(node);
        if !entries.is_empty() && !self.starts_with(node, ['{']) { entries } else { &[] }
    }

    /// Quotes around texts that would be the same without: values of properties, types and descriptions apart.
    fn quotes_of_texts(self, node: &'m Node<'t>, found: &mut Vec<Quote>) {
        for entry in self.entries(node) {
            let (key, value) = (self.tree.node(entry.key), self.tree.node(entry.value));
            let NodeKind::Scalar(scalar) = &value.kind else { continue };
            let key = self.tree.text(key).unwrap_or_default();
            let text = self.tree.text_of(scalar);
            let simple = || {
                text.starts_with(|first: char| first.is_ascii_alphabetic())
                    && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte))
                    && !matches!(text, "true" | "false" | "yes" | "no" | "on" | "off")
            };
            let function =
                || key.starts_with("Fn::") || matches!(key, "Ref" | "Type" | "Condition" | "Description");
            if value.tag.is_none() && !function() && simple() {
                found.push(Quote(quote_of(scalar)));
            }
        }
    }

    fn quotes(_: Self, node: &'m Node<'t>, found: &mut Vec<char>) {
        if let NodeKind::Scalar(scalar) = &node.kind {
            found.extend(quote_of(scalar));
        }
    }

    fn quotes_of_booleans(self, node: &'m Node<'t>, found: &mut Vec<bool>) {
        self.quotes_of(node, found, |text| matches!(text, "true" | "false"));
    }

    fn quotes_of_numbers(self, node: &'m Node<'t>, found: &mut Vec<bool>) {
        let short = |text: &str| text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit());
        self.quotes_of(node, found, short);
    }

    fn quotes_of(self, node: &'m Node<'t>, found: &mut Vec<bool>, fits: impl Fn(&str) -> bool) {
        for entry in self.entries(node) {
            let value = self.tree.node(entry.value);
            if let NodeKind::Scalar(scalar) = &value.kind
                && value.tag.is_none()
                && fits(self.tree.text_of(scalar))
            {
                found.push(quote_of(scalar).is_some());
            }
        }
    }

    fn quotes_of_sub(self, node: &'m Node<'t>, found: &mut Vec<Quote>) {
        if let NodeKind::Scalar(scalar) = &node.kind
            && self.tree.tag(node).is_some_and(|tag| tag.name == "!Sub")
            && !matches!(scalar.style, ScalarStyle::Literal | ScalarStyle::Folded)
        {
            found.push(Quote(quote_of(scalar)));
        }
        self.quotes_behind(node, "Fn::Sub", found);
    }

    fn quotes_of_names(self, node: &'m Node<'t>, found: &mut Vec<Quote>) {
        self.quotes_behind(node, "Ref", found);
        if let NodeKind::Scalar(scalar) = &node.kind
            && self.tree.tag(node).is_some_and(|tag| tag.name == "!Ref")
        {
            found.push(Quote(quote_of(scalar)));
        }
    }

    fn quotes_behind(self, node: &'m Node<'t>, function: &str, found: &mut Vec<Quote>) {
        if let [entry] = self.entries(node)
            && self.tree.text(self.tree.node(entry.key)) == Some(function)
            && let NodeKind::Scalar(scalar) = &self.tree.node(entry.value).kind
        {
            found.push(Quote(quote_of(scalar)));
        }
    }

    fn quotes_of_keys(self, node: &'m Node<'t>, found: &mut Vec<Quote>) {
        for entry in self.entries(node) {
            if let NodeKind::Scalar(scalar) = &self.tree.node(entry.key).kind {
                found.push(Quote(quote_of(scalar)));
            }
        }
    }

    /// Whether functions are tags.
    fn spellings_of_functions(self, node: &'m Node<'t>, found: &mut Vec<bool>) {
        if self.tree.tag(node).is_some_and(|tag| !tag.name.starts_with("!!")) {
            found.push(true);
        }
        if self.is_function(node) {
            found.push(false);
        }
    }

    /// Whether a node is a function in its long form.
    fn is_function(self, node: &'m Node<'t>) -> bool {
        let [entry] = self.entries(node) else { return false };
        self.tree.text(self.tree.node(entry.key)).is_some_and(|key| key == "Ref" || key.starts_with("Fn::"))
    }

    /// Whether lists that are values of properties stand in brackets on one line.
    fn shapes_of_lists(self, node: &'m Node<'t>, found: &mut Vec<bool>) {
        for entry in self.entries(node) {
            let value = self.tree.node(entry.value);
            let NodeKind::Sequence(items) = value.kind else { continue };
            let key = self.tree.text(self.tree.node(entry.key)).unwrap_or_default();
            let maps = self.tree.items(items).iter().any(|&item| {
                let item = self.tree.node(item);
                matches!(item.kind, NodeKind::Mapping(_)) && !self.is_function(item)
            });
            if value.tag.is_none() && !items.is_empty() && !maps && !key.starts_with("Fn::") {
                found.push(self.starts_with(value, ['[']) && !self.has_lines(value));
            }
        }
    }

    fn shapes_of_functions(self, node: &'m Node<'t>, found: &mut Vec<bool>) {
        if self.is_function(node) && self.starts_with(node, ['{']) {
            found.push(self.has_lines(node));
        }
    }

    fn has_lines(self, node: &Node<'_>) -> bool {
        self.source.get(node.span.range()).is_some_and(|text| text.contains('\n'))
    }

    fn steps(self, node: &'m Node<'t>, found: &mut Vec<usize>) {
        for entry in self.block_entries(node) {
            let value = self.tree.node(entry.value);
            if let Some(inner) = self.block_entries(value).first()
                && let Some(outer) = self.column(self.tree.node(entry.key).span.start as usize)
                && let Some(inner) = self.column(self.tree.node(inner.key).span.start as usize)
                && inner > outer
            {
                found.push(inner - outer);
            }
        }
    }

    fn units(self, node: &'m Node<'t>, found: &mut Vec<&'t str>) {
        for entry in self.flow_entries(node) {
            let value = self.tree.node(entry.value);
            let Some(inner) = self.flow_entries(value).first() else { continue };
            let outer = self.before(self.tree.node(entry.key).span.start as usize);
            let inner = self.before(self.tree.node(inner.key).span.start as usize);
            if let Some(unit) = inner.strip_prefix(outer).filter(|unit| !unit.is_empty() && is_blank(inner)) {
                found.push(unit);
            }
        }
    }

    fn dash_offsets(self, node: &'m Node<'t>, found: &mut Vec<usize>) {
        for entry in self.block_entries(node) {
            let value = self.tree.node(entry.value);
            if matches!(value.kind, NodeKind::Sequence(_))
                && self.starts_with(value, ['-'])
                && let Some(key) = self.column(self.tree.node(entry.key).span.start as usize)
                && let Some(dash) = self.column(value.span.start as usize)
                && dash >= key
            {
                found.push(dash - key);
            }
        }
    }

    fn paddings_of_maps(self, node: &'m Node<'t>, found: &mut Vec<bool>) {
        self.padding(node, '{', found);
    }

    fn paddings_of_lists(self, node: &'m Node<'t>, found: &mut Vec<bool>) {
        self.padding(node, '[', found);
    }

    fn padding(self, node: &'m Node<'t>, bracket: char, found: &mut Vec<bool>) {
        if !matches!(node.kind, NodeKind::Scalar(_))
            && let Some(text) = self.source.get(node.span.range())
            && let Some(inside) = text.strip_prefix(bracket).filter(|inside| inside.len() > 1)
            && !inside.contains('\n')
        {
            found.push(inside.starts_with(' '));
        }
    }

    /// Whether the members of a map are set apart by blank lines.
    pub(super) fn has_blank_lines(self, entries: &[Entry]) -> bool {
        let gaps = entries.windows(2).map(|pair| {
            let (value, key) = (self.tree.node(pair[0].value), self.tree.node(pair[1].key));
            let gap = self.source.get(value.span.end as usize..key.span.start as usize).unwrap_or("");
            let mut lines = gap.split('\n');
            // The first piece ends the line of the value, the last one begins that of the key.
            let (_, _) = (lines.next(), lines.next_back());
            lines.any(is_blank)
        });
        most(gaps.collect()).unwrap_or(false)
    }
}

/// Whether there are blanks only.
pub(super) fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
}

fn quote_of(scalar: &Scalar<'_>) -> Option<char> {
    match scalar.style {
        ScalarStyle::SingleQuoted => Some('\''),
        ScalarStyle::DoubleQuoted => Some('"'),
        _ => None,
    }
}

/// What is there most often; of equals the first.
fn most<T: PartialEq>(values: Vec<T>) -> Option<T> {
    let mut counted: Vec<(T, usize)> = Vec::new();
    for value in values {
        match counted.iter_mut().find(|(known, _)| *known == value) {
            Some((_, count)) => *count += 1,
            None => counted.push((value, 1)),
        }
    }
    let most = counted.iter().map(|(_, count)| *count).max()?;
    counted.into_iter().find(|(_, count)| *count == most).map(|(value, _)| value)
}
