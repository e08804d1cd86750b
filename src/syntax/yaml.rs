//! YAML text to a tree: the one file that knows the YAML parser.

use granit_parser::{ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, StructureStyle};
use memchr::{memchr2, memrchr};

use super::build::{self, Anchor, Builder};
use super::tree::{Document, Text};
use super::{MAXIMUM_DEPTH, Style, SyntaxError, TagId, Tree};
use super::{quoted, subset};
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

/// How an open collection is delimited.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Delimiter {
    Indentation,
    Brackets,
    /// `[key: value]`: a mapping of one pair without braces.
    Pair,
}

/// What stands before a text that is read from a key of the second level on, in place of all before it.
const PARENT: &str = "x:\n";

/// A key of the document or of a part of it, such as a resource, in a line of its own: reading can begin anew here.
pub(super) struct Mark {
    /// Where its line begins.
    pub(super) line: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// How many comments stand before it.
    pub(super) comments: usize,
    pub(super) tree: build::Mark,
}

/// What was made of a text so far.
pub(super) struct Progress<'t> {
    pub(super) builder: Builder<'t>,
    pub(super) comments: Vec<Span>,
    pub(super) marks: Vec<Mark>,
}

/// Drops the marks that a tree cannot go back to, as nothing can be added any more to what was open there.
pub(super) fn drop_closed(marks: &mut Vec<Mark>, tree: &Builder<'_>) {
    while marks.last().is_some_and(|mark| mark.tree.depth() > tree.depth()) {
        marks.pop();
    }
}

/// Reads a text, and reads it again from near where it was changed.
pub(super) struct Reader<'t> {
    pub(super) source: &'t str,
    /// What is read: the source, or a copy of the same length with parts blanked. Texts borrow from the source.
    pub(super) text: String,
    pub(super) file: FileId,
    builder: Builder<'t>,
    /// End of the last token that was understood.
    cursor: usize,
    flow: Vec<Delimiter>,
    comments: Vec<Span>,
    documents: usize,
    /// The first document, if it holds no mapping.
    earlier: Option<Document<'t>>,
    /// Where reading can begin anew, in order: keys of the document, then those of its last part.
    marks: Vec<Mark>,
    /// Whether the only document so far has no directives before it.
    may_mark: bool,
    /// What the parser was not given of the text.
    left_out: usize,
    /// Whether the fast reader is to read what it can.
    has_help: bool,
}

impl<'t> Reader<'t> {
    pub(super) fn new(source: &'t str, file: FileId) -> Self {
        Self {
            source,
            text: source.to_owned(),
            file,
            builder: Builder::new(file, source.len()),
            cursor: 0,
            flow: Vec::new(),
            comments: Vec::new(),
            documents: 0,
            earlier: None,
            marks: Vec::new(),
            may_mark: false,
            left_out: 0,
            has_help: false,
        }
    }

    /// One that goes on from the last of the marks in what the fast reader made of the text.
    pub(super) fn resume(source: &'t str, file: FileId, progress: Progress<'t>) -> Self {
        let mut reader = Self { has_help: true, ..Self::new(source, file) };
        reader.set_progress(progress);
        reader
    }

    fn set_progress(&mut self, progress: Progress<'t>) {
        Progress { builder: self.builder, comments: self.comments, marks: self.marks } = progress;
        (self.documents, self.may_mark) = (1, true);
    }

    /// Whether it need not begin at the start.
    #[cfg(test)]
    pub(super) fn has_marks(&self) -> bool {
        !self.marks.is_empty()
    }

    /// Reads the text again, of which nothing before `changed` was changed since, up to its end or the first failure: as
    /// far as it can with the fast reader.
    pub(super) fn read_again(&mut self, changed: usize) -> Option<Failure> {
        if !self.has_help {
            return self.read(changed);
        }
        let (_, line) = self.begin(changed);
        let progress = Progress {
            builder: std::mem::replace(&mut self.builder, Builder::new(self.file, 0)),
            comments: std::mem::take(&mut self.comments),
            marks: std::mem::take(&mut self.marks),
        };
        let (is_whole, progress) = subset::read_on(self.source, &self.text, line, progress);
        self.set_progress(progress);
        if is_whole { None } else { self.read(self.text.len()) }
    }

    /// Reads the text, of which nothing before `changed` was changed since it was read last, up to its end or the first
    /// failure.
    pub(super) fn read(&mut self, changed: usize) -> Option<Failure> {
        let options = granit_parser::options! {
            emit_unresolved_aliases: true,
            max_buffered_comment_events: 1_000_000, // else 97 comment lines behind a key are an error
            flow_nesting_limit: MAXIMUM_DEPTH,
            block_nesting_limit: MAXIMUM_DEPTH,
        };
        let (parent, line) = self.begin(changed);
        let text = [parent, &self.text[line..]].concat();
        let is_before = |event: &Result<(Event<'_>, granit_parser::Span), ScanError>| match event {
            Ok((event, at)) => {
                line > 0
                    && (!matches!(event, Event::Scalar(..)) || at.start.byte_offset() < Some(parent.len()))
            }
            Err(_) => false,
        };
        for event in Parser::new_from_str_with_options(&text, options).skip_while(is_before) {
            match event {
                Ok((event, span)) => {
                    if !self.take(event, &span) {
                        break;
                    }
                }
                Err(error) => {
                    let offset = self.offset(error.marker()).unwrap_or(self.cursor).min(self.text.len());
                    return Some(Failure {
                        fault: fault(error.kind()),
                        offset,
                        cursor: self.cursor,
                        bracket: self.outermost_bracket(),
                    });
                }
            }
        }
        None
    }

    /// Goes back to the last mark that stands before a change, else to the start of the text. Gives what to read in
    /// place of what stands before it, and where its line begins.
    fn begin(&mut self, changed: usize) -> (&'static str, usize) {
        while self.marks.last().is_some_and(|mark| mark.end >= changed) {
            self.marks.pop();
        }
        let Some(mark) = self.marks.pop() else {
            let text = std::mem::take(&mut self.text);
            *self = Self { text, has_help: self.has_help, ..Self::new(self.source, self.file) };
            return ("", 0);
        };
        self.builder.go_back(&mark.tree);
        self.comments.truncate(mark.comments);
        self.cursor = mark.line;
        self.flow = vec![Delimiter::Indentation; self.builder.depth()];
        let parent = if self.builder.depth() > 1 { PARENT } else { "" };
        self.left_out = mark.line.saturating_sub(parent.len());
        (parent, mark.line)
    }

    /// A mark for a scalar that is read next, if it is a key in lines.
    fn mark(&self, start: usize, end: usize) -> Option<Mark> {
        let depth = self.builder.depth();
        if !self.may_mark || depth == 0 || depth > 2 || self.builder.awaits_value() {
            return None;
        }
        let line_of = |at: usize| memrchr(b'\n', &self.text.as_bytes()[..at]).map_or(0, |found| found + 1);
        let line = line_of(start);
        let is_key = line > 0
            && self.text.get(line..start)?.bytes().all(|byte| byte == b' ')
            && self.text.get(end..)?.trim_start_matches(' ').starts_with(':')
            && self.flow.iter().all(|delimiter| *delimiter == Delimiter::Indentation)
            && self.builder.in_mappings_only()
            && self.builder.start_of(0).is_some_and(|first| line_of(first) == first);
        let mark = |tree| Mark { line, end, comments: self.comments.len(), tree };
        is_key.then(|| self.builder.mark().map(mark)).flatten()
    }

    /// The offset in the text of a place that the parser names.
    fn offset(&self, marker: &Marker) -> Option<usize> {
        Some(marker.byte_offset()? + self.left_out)
    }

    /// Takes one event; false once nothing further is of interest.
    fn take(&mut self, event: Event<'_>, at: &granit_parser::Span) -> bool {
        let start = self.offset(&at.start).unwrap_or(self.cursor);
        let end = self.offset(&at.end).unwrap_or(start).max(start);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.and_then(|_| self.tag(at));
                self.scalar(&text, style, start, end, anchor_of(anchor), tag);
            }
            Event::MappingStart(style, anchor, tag) => {
                let tag = tag.and_then(|_| self.tag(at));
                self.open(start, end, style, anchor_of(anchor), tag, true);
            }
            Event::SequenceStart(style, anchor, tag) => {
                let tag = tag.and_then(|_| self.tag(at));
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
                drop_closed(&mut self.marks, &self.builder);
            }
            Event::Alias(anchor) => self.alias(start, end, anchor_of(anchor)),
            Event::UnresolvedAlias(_) => self.alias(start, end, None),
            Event::Comment(..) => self.comments.push(self.builder.span(start, end)),
            Event::DocumentStart(..) => return self.begin_document(start, end),
            _ => {}
        }
        true
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        start: usize,
        end: usize,
        anchor: Option<Anchor>,
        tag: Option<TagId>,
    ) {
        let (span, text_start, style) = match style {
            // The parser writes an absent value as `~` in places of its own choice.
            ScalarStyle::Plain if start == end || (text == "~" && self.text.get(start..end) != Some("~")) => {
                let at = if tag.is_some() || anchor.is_some() { start } else { self.absent_place() };
                self.cursor = self.cursor.max(at);
                return self.builder.absent(at, tag, anchor);
            }
            ScalarStyle::Plain => {
                if tag.is_none() && anchor.is_none() {
                    self.marks.extend(self.mark(start, end));
                }
                (start..end, start, Style::Plain)
            }
            ScalarStyle::SingleQuoted => (start..end, start + 1, Style::SingleQuoted),
            ScalarStyle::DoubleQuoted => (start..end, start + 1, Style::DoubleQuoted),
            // The parser's span is the content only.
            ScalarStyle::Literal => (self.block_scalar(b'|', start, end), start, Style::Literal),
            ScalarStyle::Folded => (self.block_scalar(b'>', start, end), start, Style::Folded),
        };
        self.cursor = span.end;
        let verbatim = !matches!(style, Style::Literal | Style::Folded)
            && text_start + text.len() + (text_start - span.start) == span.end;
        let text = match self.source.get(text_start..text_start + text.len()) {
            Some(slice) if verbatim && slice == text => Text::Written(slice),
            _ => self.changed_text(text, &span, style),
        };
        self.builder.scalar(self.builder.span(span.start, span.end), tag, text, style, anchor);
    }

    /// The text of a scalar that differs from its token, by decoding or because it was changed in the copy.
    fn changed_text(&mut self, text: &str, span: &std::ops::Range<usize>, style: Style) -> Text<'t> {
        let (token, read) = (self.source.get(span.clone()), self.text.get(span.clone()));
        let decoded = self.builder.decoded();
        let start = decoded.len();
        match (token, style) {
            (Some(token), Style::Plain)
                if token != read.unwrap_or(token) && !token.contains(['\n', '\r']) =>
            {
                return Text::Written(token);
            }
            (Some(token), Style::SingleQuoted | Style::DoubleQuoted) if token != read.unwrap_or(token) => {
                if quoted::decode(token, decoded).is_none() {
                    decoded.truncate(start);
                    decoded.push_str(text);
                }
            }
            _ => decoded.push_str(text),
        }
        self.builder.decoded_since(start)
    }

    fn open(
        &mut self,
        start: usize,
        end: usize,
        style: StructureStyle,
        anchor: Option<Anchor>,
        tag: Option<TagId>,
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

    fn alias(&mut self, start: usize, end: usize, anchor: Option<Anchor>) {
        let absent_at = self.absent_place();
        self.cursor = end;
        let name = self.source.get(start..end).unwrap_or("*");
        self.builder.alias(self.builder.span(start, end), name, anchor, absent_at);
    }

    fn tag(&mut self, at: &granit_parser::Span) -> Option<TagId> {
        let place = at.tag_span()?;
        let (start, end) = (self.offset(&place.start)?, self.offset(&place.end)?);
        let name = self.source.get(start..end)?;
        self.builder.tag(name, self.builder.span(start, end))
    }

    /// Reads on with the next document, unless one with a mapping has been read.
    fn begin_document(&mut self, start: usize, end: usize) -> bool {
        self.documents += 1;
        self.cursor = end;
        self.may_mark = self.documents == 1 && !self.text[..start].contains('%');
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
        let document = self.builder.take();
        let found = document.is_mapping();
        if found || self.earlier.is_none() {
            self.earlier = Some(document);
        }
        !found
    }

    /// What was read, and what was wrong with it though it could be read.
    pub(super) fn finish(mut self) -> (Tree<'t>, Vec<SyntaxError>) {
        let mut document = self.builder.take();
        if let Some(earlier) = self.earlier.filter(|_| !document.is_mapping()) {
            document = earlier;
        }
        if document.root().is_some_and(|root| root.is_absent() && root.tag.is_none()) {
            document = Document::default();
        }
        (document.finish(self.comments), self.builder.errors)
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

fn anchor_of(id: usize) -> Option<Anchor> {
    Anchor::new(id as u32)
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

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: FileId = FileId(7);

    /// What is read of a text in one go.
    fn at_once<'t>(source: &'t str, text: &str) -> (Option<Failure>, Tree<'t>, Vec<SyntaxError>) {
        let mut reader = Reader { text: text.to_owned(), ..Reader::new(source, FILE) };
        let failure = reader.read(0);
        let (tree, errors) = reader.finish();
        (failure, tree, errors)
    }

    /// Every line in turn is a mistake; it is blanked, and after it one of the lines above.
    #[test]
    fn reading_anew_from_a_mark_gives_what_reading_from_the_start_gives() {
        let text = "\u{feff}# 1\n---\nA: 1 # 2\n# 3\nB: # 4\n # 5\n  C: # 6\n    # 7\n    - D: {E: [F, G: H]}\n\n\
            \x20 # 8\n  I: |  # 9\n    text: text\n  # 10\n  J: \n  'K' : \"L\n    M\"\n  N: !Sub O\n  N: a\n    b\n\
            # 11\nP:\n- Q: R\n  S: T\nU:\n  V: *W\n  X:\n    Y: >-\n      Z\n\n  a: b\n  b:\n\n# 12\nc:\n  ? d\n  : e\n\
            \x20 f: {\n   g: h, i\n  }\n  j: &k l\n  m: *k\nn:\n  o: p\n---\nq:\n  r: s\n  t: u\n";
        let mut from_marks = 0;
        for lines in [text.to_owned(), text.replace('\n', "\r\n"), text.replace("---", "#--")] {
            let starts: Vec<usize> = memchr::memchr_iter(b'\n', lines.as_bytes()).map(|at| at + 1).collect();
            for (number, &start) in starts.iter().enumerate() {
                let source = [&lines[..start], "@\n", &lines[start..]].concat();
                for &above in starts[..=number].iter().step_by(5) {
                    let mut reader = Reader { has_help: number % 2 == 0, ..Reader::new(&source, FILE) };
                    reader.read(0);
                    for changed in [start, above] {
                        let end = changed + memchr::memchr(b'\n', &source.as_bytes()[changed..]).unwrap_or(0);
                        let blanks: String = source[changed..end]
                            .chars()
                            .map(|it| if it == '\r' { it } else { ' ' })
                            .collect();
                        reader.text.replace_range(changed..end, &blanks);
                        let failure = reader.read_again(changed);
                        from_marks += usize::from(reader.left_out > 0);
                        assert_eq!(failure, at_once(&source, &reader.text).0, "{:?}", reader.text);
                    }
                    let text = reader.text.clone();
                    let (tree, errors) = reader.finish();
                    let expected = at_once(&source, &text);
                    assert!(tree == expected.1 && errors == expected.2, "{text:?}\n{tree:#?}\n{expected:#?}");
                }
            }
        }
        assert!(from_marks > 300, "{from_marks}");
    }
}
