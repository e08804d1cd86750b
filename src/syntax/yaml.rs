//! YAML text to a tree: the one file that knows the YAML parser.

use std::borrow::Cow;
use std::rc::Rc;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, StructureStyle};
use memchr::memchr2;

use super::build::Builder;
use super::quoted;
use super::{MAXIMUM_DEPTH, Node, NodeId, Style, SyntaxError, Tag, Tree};
use crate::text::{FileId, Span};

/// Why the parser stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) fault: Fault,
    /// Where the parser noticed.
    pub(super) offset: usize,
    /// End of the last thing that was read well.
    pub(super) cursor: usize,
    /// The outermost bracket that is open.
    pub(super) bracket: Option<usize>,
}

/// The parser's reasons as far as their words differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    UnclosedQuote,
    /// A quoted text goes on in a line that is indented too little.
    ShallowQuote,
    /// `[-, x]`
    LoneDash,
    BadEscape,
    AfterQuote,
    UnclosedBracket,
    WrongBracket {
        open: char,
        close: char,
    },
    StrayBracket,
    Separator,
    Tab,
    Depth,
    Character(char),
    SecondColon,
    NoColon,
    Structure,
    TagHandle,
    NoName,
    Other(String),
}

/// What was read of a text, up to its end or the first failure.
pub(super) struct Reading<'t> {
    pub(super) tree: Tree<'t>,
    pub(super) errors: Vec<SyntaxError>,
    pub(super) failure: Option<Failure>,
}

/// Reads `text`, which is `source` or a copy of the same length with parts blanked; texts borrow from `source`.
pub(super) fn read<'t>(source: &'t str, text: &str, file: FileId) -> Reading<'t> {
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        max_buffered_comment_events: 1_000_000, // else 97 comment lines behind a key are an error
        flow_nesting_limit: MAXIMUM_DEPTH,
        block_nesting_limit: MAXIMUM_DEPTH,
    };
    let mut reader = Reader {
        source,
        text,
        builder: Builder::new(file, text.len()),
        cursor: 0,
        flow: Vec::new(),
        comments: Vec::new(),
        documents: 0,
        earlier: None,
    };
    let mut failure = None;
    for event in Parser::new_from_str_with_options(text, options) {
        match event {
            Ok((event, span)) => {
                if !reader.take(event, &span) {
                    break;
                }
            }
            Err(error) => {
                let offset = error.marker().byte_offset().unwrap_or(reader.cursor).min(text.len());
                failure = Some(Failure {
                    fault: fault(error.kind()),
                    offset,
                    cursor: reader.cursor,
                    bracket: reader.outermost_bracket(),
                });
                break;
            }
        }
    }
    let (tree, errors) = reader.finish();
    Reading { tree, errors, failure }
}

/// How an open collection is delimited.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Delimiter {
    Indentation,
    Brackets,
    /// `[key: value]`: a mapping of one pair without braces.
    Pair,
}

struct Reader<'t, 's> {
    source: &'t str,
    text: &'s str,
    builder: Builder<'t>,
    /// End of the last token that was understood.
    cursor: usize,
    flow: Vec<Delimiter>,
    comments: Vec<Span>,
    documents: usize,
    /// The first document, if it holds no mapping.
    earlier: Option<(Vec<Node<'t>>, Option<NodeId>)>,
}

impl<'t> Reader<'t, '_> {
    /// Takes one event; false once nothing further is of interest.
    fn take(&mut self, event: Event<'_>, at: &granit_parser::Span) -> bool {
        let start = at.start.byte_offset().unwrap_or(self.cursor);
        let end = at.end.byte_offset().unwrap_or(start).max(start);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.and_then(|tag| self.tag(at, &tag));
                self.scalar(text, style, start, end, anchor_of(anchor), tag);
            }
            Event::MappingStart(style, anchor, tag) => {
                let tag = tag.and_then(|tag| self.tag(at, &tag));
                self.open(start, end, style, anchor_of(anchor), tag, true);
            }
            Event::SequenceStart(style, anchor, tag) => {
                let tag = tag.and_then(|tag| self.tag(at, &tag));
                self.open(start, end, style, anchor_of(anchor), tag, false);
            }
            Event::MappingEnd | Event::SequenceEnd => {
                let end = match self.flow.pop() {
                    Some(Delimiter::Brackets) => {
                        self.cursor = end;
                        Some(end)
                    }
                    _ => None,
                };
                self.builder.close(end);
            }
            Event::Alias(anchor) => self.alias(start, end, Some(anchor)),
            Event::UnresolvedAlias(_) => self.alias(start, end, None),
            Event::Comment(..) => self.comments.push(self.builder.span(start, end)),
            Event::DocumentStart(..) => return self.begin_document(start, end),
            _ => {}
        }
        true
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        start: usize,
        end: usize,
        anchor: Option<usize>,
        tag: Option<Tag<'t>>,
    ) {
        let (span, text_start, style) = match style {
            // The parser writes an absent value as `~` in places of its own choice.
            ScalarStyle::Plain if start == end || (text == "~" && self.text.get(start..end) != Some("~")) => {
                let at = if tag.is_some() || anchor.is_some() { start } else { self.absent_place() };
                self.cursor = self.cursor.max(at);
                return self.builder.absent(at, tag, anchor);
            }
            ScalarStyle::Plain => (start..end, start, Style::Plain),
            ScalarStyle::SingleQuoted => (start..end, start + 1, Style::SingleQuoted),
            ScalarStyle::DoubleQuoted => (start..end, start + 1, Style::DoubleQuoted),
            // The parser's span is the content only.
            ScalarStyle::Literal => (self.block_scalar(b'|', start, end), start, Style::Literal),
            ScalarStyle::Folded => (self.block_scalar(b'>', start, end), start, Style::Folded),
        };
        self.cursor = span.end;
        let verbatim = matches!(style, Style::Literal | Style::Folded)
            || text_start + text.len() + (text_start - span.start) == span.end;
        let text = match self.source.get(text_start..text_start + text.len()) {
            Some(slice) if verbatim && slice == text => Cow::Borrowed(slice),
            _ => self.changed_text(text, &span, style),
        };
        self.builder.scalar(self.builder.span(span.start, span.end), tag, text, style, anchor);
    }

    /// The text of a scalar that differs from its token, by decoding or because it was changed in the copy.
    fn changed_text(&self, text: Cow<'_, str>, span: &std::ops::Range<usize>, style: Style) -> Cow<'t, str> {
        let (token, read) = (self.source.get(span.clone()), self.text.get(span.clone()));
        match (token, style) {
            (Some(token), Style::Plain)
                if token != read.unwrap_or(token) && !token.contains(['\n', '\r']) =>
            {
                Cow::Borrowed(token)
            }
            (Some(token), Style::SingleQuoted | Style::DoubleQuoted) if token != read.unwrap_or(token) => {
                quoted::decode(token).map_or_else(|| Cow::Owned(text.into_owned()), Cow::Owned)
            }
            _ => Cow::Owned(text.into_owned()),
        }
    }

    fn open(
        &mut self,
        start: usize,
        end: usize,
        style: StructureStyle,
        anchor: Option<usize>,
        tag: Option<Tag<'t>>,
        is_mapping: bool,
    ) {
        let delimiter = match style {
            StructureStyle::Block => Delimiter::Indentation,
            StructureStyle::Flow if start == end => Delimiter::Pair,
            StructureStyle::Flow => Delimiter::Brackets,
        };
        let mut place = start;
        if !is_mapping && delimiter == Delimiter::Indentation && self.builder.in_mapping() {
            // For a sequence that is not indented, the parser names the place behind its first `-`.
            let dash = self.skip(self.cursor, b":?");
            if self.text.as_bytes().get(dash) == Some(&b'-') {
                place = dash;
            }
        }
        self.cursor = if delimiter == Delimiter::Brackets { end } else { place };
        self.flow.push(delimiter);
        self.builder.open(place, tag, is_mapping, anchor);
    }

    fn alias(&mut self, start: usize, end: usize, anchor: Option<usize>) {
        let absent_at = self.absent_place();
        self.cursor = end;
        let name = self.source.get(start..end).unwrap_or("*");
        self.builder.alias(self.builder.span(start, end), name, anchor, absent_at);
    }

    fn tag(&self, at: &granit_parser::Span, tag: &granit_parser::Tag) -> Option<Tag<'t>> {
        let place = at.tag_span()?;
        let (start, end) = (place.start.byte_offset()?, place.end.byte_offset()?);
        let name = self.source.get(start..end).map_or_else(|| Cow::Owned(tag.original()), Cow::Borrowed);
        Some(Tag { name, span: self.builder.span(start, end) })
    }

    /// Reads on with the next document, unless one with a mapping has been read.
    fn begin_document(&mut self, start: usize, end: usize) -> bool {
        self.documents += 1;
        self.cursor = end;
        if self.documents == 1 {
            return true;
        }
        if self.documents == 2 {
            self.builder.errors.push(SyntaxError {
                span: self.builder.span(start, end),
                message: "a second document begins here, and a template is one document".to_owned(),
                other: None,
                help: Some("keep one template per file".to_owned()),
            });
        }
        let (nodes, root) = self.builder.take();
        let found =
            root.is_some_and(|root| matches!(nodes[root.0 as usize].kind, super::NodeKind::Mapping(_)));
        if found || self.earlier.is_none() {
            self.earlier = Some((nodes, root));
        }
        !found
    }

    fn finish(self) -> (Tree<'t>, Vec<SyntaxError>) {
        let (mut tree, errors) = self.builder.finish(self.comments);
        let is_mapping = |nodes: &[Node<'_>], root: Option<NodeId>| {
            root.is_some_and(|root| matches!(nodes[root.0 as usize].kind, super::NodeKind::Mapping(_)))
        };
        if let Some((nodes, root)) = self.earlier.filter(|_| !is_mapping(&tree.nodes, tree.root)) {
            (tree.nodes, tree.root) = (Rc::new(nodes), root);
        }
        if tree.root.is_some_and(|root| tree.node(root).is_absent() && tree.node(root).tag.is_none()) {
            (tree.nodes, tree.root) = (Rc::default(), None);
        }
        (tree, errors)
    }

    fn outermost_bracket(&self) -> Option<usize> {
        let level = self.flow.iter().position(|delimiter| *delimiter == Delimiter::Brackets)?;
        self.builder.start_of(level)
    }

    /// Where a value belongs that is not there: right behind its `:`, `-` or `?`, if it has one.
    fn absent_place(&self) -> usize {
        let bytes = self.text.as_bytes();
        let place = self.skip(self.cursor, b"");
        let indicator = bytes.get(place).copied();
        let behind = match (self.builder.in_mapping(), self.builder.awaits_value()) {
            (true, true) => indicator == Some(b':'),
            (true, false) => {
                let key = self.skip(self.cursor, b",");
                return if bytes.get(key) == Some(&b'?') { key + 1 } else { key };
            }
            (false, _) => indicator == Some(b'-'),
        };
        if behind { place + 1 } else { self.cursor }
    }

    /// The whole of a block scalar: from its `|` or `>` to the end of its text, without the last line break.
    fn block_scalar(&self, indicator: u8, start: usize, end: usize) -> std::ops::Range<usize> {
        let bytes = self.text.as_bytes();
        let header = self.skip(self.cursor, b":-?");
        if bytes.get(header) != Some(&indicator) {
            return start..end;
        }
        let mut end = end.max(header + 1);
        loop {
            let mut before = end;
            while before > header + 1 && matches!(bytes[before - 1], b' ' | b'\t') {
                before -= 1;
            }
            if before <= start.max(header + 1) || !matches!(bytes[before - 1], b'\n' | b'\r') {
                break;
            }
            end = before - 1;
        }
        // Without text, the parser ends behind the header's line or on the header itself.
        let text_follows =
            self.text.get(start..end).is_some_and(|text| start > header && !text.trim().is_empty());
        if !text_follows {
            end = header + 1;
            while bytes.get(end).is_some_and(|byte| matches!(byte, b'+' | b'-' | b'0'..=b'9')) {
                end += 1;
            }
        }
        header..end
    }

    /// The next byte from `from` on that is no space, comment, tag, anchor or one of `indicators`.
    fn skip(&self, from: usize, indicators: &[u8]) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = from;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => at += 1,
                b'#' => at += memchr2(b'\n', b'\r', &bytes[at..]).unwrap_or(bytes.len() - at),
                b'!' | b'&' => {
                    at += bytes[at..].iter().position(u8::is_ascii_whitespace).unwrap_or(bytes.len() - at);
                }
                _ if indicators.contains(&byte) => at += 1,
                _ => break,
            }
        }
        at
    }
}

fn anchor_of(id: usize) -> Option<usize> {
    (id != 0).then_some(id)
}

fn fault(kind: &ErrorKind) -> Fault {
    match *kind {
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => Fault::UnclosedQuote,
        ErrorKind::InvalidQuotedScalarIndent => Fault::ShallowQuote,
        ErrorKind::PlainScalarStartsWithDashFlowIndicator => Fault::LoneDash,
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate
        | ErrorKind::InvalidUnicodeEscape => Fault::BadEscape,
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            Fault::AfterQuote
        }
        ErrorKind::UnclosedFlowCollection { .. } => Fault::UnclosedBracket,
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => Fault::WrongBracket { open, close },
        ErrorKind::MisplacedFlowCollectionEnd => Fault::StrayBracket,
        ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::InvalidColonPlacement
        | ErrorKind::InvalidFlowScalarIndent
        | ErrorKind::BlockEntryInFlowCollection => Fault::Separator,
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart => Fault::Tab,
        ErrorKind::RecursionLimitExceeded => Fault::Depth,
        ErrorKind::UnexpectedCharacter { character } => Fault::Character(character),
        ErrorKind::MappingValueNotAllowed => Fault::SecondColon,
        ErrorKind::SimpleKeyExpected => Fault::NoColon,
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::ExpectedNodeContent
        | ErrorKind::UnexpectedEofBlockMapping
        | ErrorKind::UnexpectedEofBlockSequence
        | ErrorKind::InvalidIndentation
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::InvalidBlockScalarIndent
        | ErrorKind::MappingKeyNotAllowed => Fault::Structure,
        ErrorKind::MissingAnchorOrAliasName => Fault::NoName,
        ErrorKind::UndeclaredTagHandle => Fault::TagHandle,
        ref other => Fault::Other(other.to_string()),
    }
}
