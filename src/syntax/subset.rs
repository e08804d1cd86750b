//! Reads in one pass the part of YAML that templates are written in, and refuses every text that has anything else in it.
//!
//! What is accepted gives the very tree that the complete reader ([`super::yaml`]) gives, with every place and comment;
//! `tests/readers.rs` holds the two together. So a doubt is a reason to refuse, and never one to guess: directives, several
//! documents, tabs as blanks, explicit keys (`? `), tags, anchors and aliases at keys, absent values
//! between brackets, numbers in the header of a block scalar.

use memchr::{memchr, memchr_iter, memchr2, memchr2_iter, memrchr};
use rustc_hash::FxHashMap;

use super::build::{Anchor, Builder};
use super::tree::Text;
use super::yaml::{self, Mark, Progress};
use super::{Style, SyntaxError, TagId, Tree, quoted, scan};
use crate::text::{FileId, Span};

/// How deep collections may nest here. It bounds the recursion; real templates stay below 30.
const DEPTH: usize = 64;

/// The longest key in bytes. YAML ends the search for a `:` after 1024 characters.
const KEY_LENGTH: usize = 1000;

/// How many texts may need a stand-in in the complete reader, which takes one round for each and has a limit of its own:
/// in quotes, with a further line that is indented too little, and a lone `-` in brackets.
const STAND_INS: usize = 50;

/// How many bytes lie at least between two marks.
const MARKS_APART: usize = 1000;

/// Reads a text. Where it is not certain what the complete reader makes of it, that one is to read on.
pub(super) fn read(text: &str, file: FileId) -> Result<(Tree<'_>, Vec<SyntaxError>), Box<yaml::Reader<'_>>> {
    if !is_printable(text) {
        return Err(Box::new(yaml::Reader::new(text, file)));
    }
    let progress = Progress {
        builder: Builder::new(file, text.len()),
        comments: Vec::with_capacity(32),
        marks: Vec::with_capacity(text.len() / MARKS_APART),
    };
    let mut reader = Reader::new(text, text, progress);
    let is_whole = reader.document().is_some();
    let progress = reader.progress();
    if is_whole {
        Ok(progress.builder.finish(progress.comments))
    } else {
        Err(Box::new(yaml::Reader::resume(text, file, progress)))
    }
}

/// Reads on from a line where a mark was made, or from the start, in a copy of a source that has parts blanked. Tells
/// whether it came to the end.
pub(super) fn read_on<'t>(
    source: &'t str,
    copy: &str,
    line: usize,
    progress: Progress<'t>,
) -> (bool, Progress<'t>) {
    let mut reader = Reader::new(source, copy, progress);
    (reader.at, reader.line, reader.is_copy) = (line, line, true);
    let is_whole = is_printable(copy) && if line == 0 { reader.document() } else { reader.rest() }.is_some();
    (is_whole, reader.progress())
}

/// Whether all characters are those that YAML allows, and each `\r` stands before a `\n`.
fn is_printable(text: &str) -> bool {
    // Without a way out inside of a chunk, many bytes are compared at once.
    let all = |chunk: &[u8], is: fn(u8) -> bool| chunk.iter().fold(true, |all, &byte| all & is(byte));
    let is_plain = |byte| matches!(byte, b' '..=0x7E | b'\n' | b'\t');
    let may_be_allowed = |byte| matches!(byte, b' '..=0x7E | b'\n' | b'\t' | b'\r' | 0x80..);
    let is_bad_character =
        |character| matches!(character, '\u{80}'..='\u{9F}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}');
    let bytes = text.as_bytes();
    let is_allowed = |chunk: &[u8], start: usize| {
        all(chunk, may_be_allowed)
            && memchr_iter(b'\r', chunk).all(|at| bytes.get(start + at + 1) == Some(&b'\n'))
            // With one of these two begins each of the other characters in question.
            && !memchr2_iter(0xC2, 0xEF, chunk).any(|at| text[start + at..].starts_with(is_bad_character))
    };
    let (chunks, rest) = bytes.as_chunks::<64>();
    chunks.iter().zip(0..).all(|(chunk, index)| all(chunk, is_plain) || is_allowed(chunk, index * 64))
        && is_allowed(rest, bytes.len() - rest.len())
}

/// A scalar that was read and is not part of the tree yet: it may turn out to be the first key of a mapping.
/// Unless [`Reader::decoded`] holds its text, the source does, inside of the quotes.
#[derive(Clone, Copy)]
struct Scalar {
    start: u32,
    end: u32,
    style: Style,
}

/// What stands before a value.
#[derive(Clone, Copy, Default)]
struct Properties {
    tag: Option<TagId>,
    anchor: Option<Anchor>,
}

/// Every step returns none to refuse the whole text.
struct Reader<'c, 't> {
    source: &'t str,
    /// What is read: the source or a copy of the same length.
    text: &'c str,
    is_copy: bool,
    /// What is read next.
    at: usize,
    /// Where its line begins. At the end of the text, the end.
    line: usize,
    builder: Builder<'t>,
    comments: Vec<Span>,
    anchors: FxHashMap<&'t str, Anchor>,
    stand_ins: usize,
    /// Where the complete reader can begin.
    marks: Vec<Mark>,
    /// Where the text of the scalar that was read last begins in [`Builder::decoded`], if it differs from what is written.
    decoded: Option<usize>,
}

impl<'c, 't> Reader<'c, 't> {
    fn new(source: &'t str, text: &'c str, progress: Progress<'t>) -> Self {
        let Progress { builder, comments, marks } = progress;
        let anchors = FxHashMap::default();
        Self {
            source,
            text,
            is_copy: false,
            at: 0,
            line: 0,
            builder,
            comments,
            anchors,
            stand_ins: 0,
            marks,
            decoded: None,
        }
    }

    fn progress(self) -> Progress<'t> {
        Progress { builder: self.builder, comments: self.comments, marks: self.marks }
    }

    /// The document: a mapping, perhaps behind `---`.
    fn document(&mut self) -> Option<()> {
        self.skip()?;
        if self.at == self.line && self.text[self.at..].starts_with("---") {
            self.at += 3;
            self.end_line()?;
        }
        let key = self.key()?;
        self.mapping(key, Properties::default())?;
        self.is_at_end().then_some(())
    }

    /// The rest of the document, from a key of the first two levels on. The first level has no indentation.
    fn rest(&mut self) -> Option<()> {
        self.skip()?;
        while !self.is_at_end() {
            if self.builder.depth() < 2 && self.column() > 0 {
                return None;
            }
            let key = self.key()?;
            self.entries(key)?;
        }
        Some(())
    }

    /// A mapping in lines, from behind its first key on.
    fn mapping(&mut self, first: Scalar, properties: Properties) -> Option<()> {
        self.open(first.start as usize, properties, true)?;
        self.entries(first)
    }

    /// The entries of a mapping in lines that is open, from behind a key on.
    fn entries(&mut self, mut key: Scalar) -> Option<()> {
        let column = key.start as usize - self.line;
        loop {
            self.mark(key);
            self.add(key, Properties::default())?;
            self.at += 1;
            self.value(column, true)?;
            if self.column() != column || self.is_at_end() {
                break;
            }
            key = self.key()?;
        }
        if self.column() > column {
            return None;
        }
        self.builder.close(None);
        yaml::drop_closed(&mut self.marks, &self.builder);
        Some(())
    }

    /// Makes a mark at a key of the first two levels that is added next. Behind a text that needs a stand-in there are
    /// none: the complete reader must meet and count it.
    fn mark(&mut self, key: Scalar) {
        if self.builder.depth() > 2 || key.style != Style::Plain || self.stand_ins > 0 {
            return;
        }
        if self.line < self.marks.last().map_or(0, |mark| mark.line) + MARKS_APART {
            return;
        }
        let begins_line = |at: usize| self.text[..at].ends_with('\n') || at == 0;
        if self.builder.in_mappings_only() && self.builder.start_of(0).is_some_and(begins_line) {
            let mark =
                |tree| Mark { line: self.line, end: key.end as usize, comments: self.comments.len(), tree };
            self.marks.extend(self.builder.mark().map(mark));
        }
    }

    /// A sequence in lines.
    fn sequence(&mut self, properties: Properties) -> Option<()> {
        let column = self.column();
        self.open(self.at, properties, false)?;
        while self.column() == column && self.is_dash() {
            self.at += 1;
            self.value(column, false)?;
        }
        self.builder.close(None);
        (self.column() <= column).then_some(())
    }

    /// What stands behind the `:` of a key or the `-` of an item, up to the next line with anything in it. `outer` is the
    /// column of the mapping or sequence that it belongs to.
    fn value(&mut self, outer: usize, in_mapping: bool) -> Option<()> {
        let mut behind = self.at;
        let mut properties = Properties::default();
        // In the line of a key and behind a tag, a collection can only begin with a bracket.
        let mut may_be_block = !in_mapping;
        loop {
            let line = self.line;
            self.skip()?;
            if self.line > line {
                let is_deeper =
                    self.column() > outer || (in_mapping && self.column() == outer && self.is_dash());
                if !is_deeper || self.is_at_end() {
                    self.builder.absent(behind, properties.tag, properties.anchor);
                    return Some(());
                }
                may_be_block = true;
            }
            if !self.property(&mut properties)? {
                break;
            }
            behind = self.at;
            may_be_block = false;
        }
        match self.peek() {
            b'-' if self.is_dash() => {
                return if may_be_block { self.sequence(properties) } else { None };
            }
            b'|' | b'>' => return self.block_scalar(outer, properties),
            b'[' | b'{' => self.brackets(properties)?,
            b'*' => self.alias(properties)?,
            _ => {
                let mut scalar = self.scalar(outer)?;
                if self.is_colon() {
                    let is_first_key = may_be_block && self.may_be_key(scalar);
                    return if is_first_key { self.mapping(scalar, properties) } else { None };
                }
                let (behind, comments) = (self.at, self.comments.len());
                self.end_line()?;
                if self.column() > outer && scalar.style == Style::Plain && self.comments.len() == comments {
                    self.further_lines(&mut scalar, outer, behind)?;
                }
                return self.add(scalar, properties);
            }
        }
        self.end_line()
    }

    /// A key of a mapping in lines, up to its `:`.
    fn key(&mut self) -> Option<Scalar> {
        let scalar = self.scalar(0)?;
        (self.is_colon() && self.may_be_key(scalar)).then_some(scalar)
    }

    /// Whether a scalar is short and in one line, with its `:` being next.
    fn may_be_key(&self, scalar: Scalar) -> bool {
        let start = scalar.start as usize;
        start >= self.line && self.at - start <= KEY_LENGTH
    }

    /// A collection in brackets.
    fn brackets(&mut self, properties: Properties) -> Option<()> {
        let is_mapping = self.peek() == b'{';
        let close = if is_mapping { b'}' } else { b']' };
        self.open(self.at, properties, is_mapping)?;
        self.at += 1;
        self.skip()?;
        while self.peek() != close {
            if is_mapping {
                let key = self.scalar_in_brackets()?;
                self.key_in_brackets(key)?;
            }
            self.value_in_brackets(!is_mapping)?;
            self.skip()?;
            match self.peek() {
                b',' => self.at += 1,
                byte if byte == close => {}
                _ => return None,
            }
            self.skip()?;
        }
        self.at += 1;
        self.builder.close(Some(self.at));
        Some(())
    }

    /// Takes a key with its `:`, behind quotes also without a blank, and goes to the value.
    fn key_in_brackets(&mut self, key: Scalar) -> Option<()> {
        let is_key = self.is_colon() || (key.style != Style::Plain && self.peek() == b':');
        if !is_key || !self.may_be_key(key) {
            return None;
        }
        self.add(key, Properties::default())?;
        self.at += 1;
        self.skip()
    }

    /// A value between brackets; an item of a sequence may be a mapping of one pair without braces.
    fn value_in_brackets(&mut self, is_item: bool) -> Option<()> {
        let mut properties = Properties::default();
        let mut behind = None;
        while self.property(&mut properties)? {
            behind = Some(self.at);
            self.skip()?;
        }
        match (self.peek(), behind) {
            (b'[' | b'{', _) => self.brackets(properties),
            (b'*', _) => self.alias(properties),
            (b',' | b']' | b'}', Some(behind)) => {
                self.builder.absent(behind, properties.tag, properties.anchor);
                Some(())
            }
            _ => {
                let scalar = self.scalar_in_brackets()?;
                if self.peek() != b':' {
                    return self.add(scalar, properties);
                }
                if !is_item || behind.is_some() {
                    return None;
                }
                self.open(scalar.start as usize, properties, true)?;
                self.key_in_brackets(scalar)?;
                self.value_in_brackets(false)?;
                self.builder.close(None);
                Some(())
            }
        }
    }

    /// A tag or an anchor, if one stands here.
    #[inline]
    fn property(&mut self, properties: &mut Properties) -> Option<bool> {
        match self.peek() {
            b'!' if properties.tag.is_none() => properties.tag = Some(self.tag()?),
            b'&' if properties.anchor.is_none() => properties.anchor = Some(self.anchor()?),
            _ => return Some(false),
        }
        is_blank(self.peek()).then_some(true)
    }

    #[inline(never)]
    fn tag(&mut self) -> Option<TagId> {
        let start = self.at;
        self.name(b":.")?;
        let name = self.slice(start, self.at)?;
        self.builder.tag(name, self.builder.span(start, self.at))
    }

    #[inline(never)]
    fn anchor(&mut self) -> Option<Anchor> {
        let name = self.name(b"")?;
        let id = Anchor::new(self.anchors.len() as u32 + 1)?;
        self.anchors.insert(name, id).is_none().then_some(id)
    }

    fn alias(&mut self, properties: Properties) -> Option<()> {
        let start = self.at;
        let name = self.name(b"")?;
        let anchor = *self.anchors.get(name)?;
        if properties.tag.is_some() || properties.anchor.is_some() {
            return None;
        }
        let errors = self.builder.errors.len();
        self.builder.alias(self.builder.span(start, self.at), name, Some(anchor), start);
        (self.builder.errors.len() == errors).then_some(())
    }

    /// The name behind a `!`, `&` or `*`: letters, digits, `_`, `-` and what is in `others`.
    fn name(&mut self, others: &[u8]) -> Option<&'t str> {
        self.at += 1;
        let start = self.at;
        let is_of_name =
            |byte: &u8| matches!(byte, b'_' | b'-') || byte.is_ascii_alphanumeric() || others.contains(byte);
        let rest = self.text.as_bytes().get(start..)?;
        self.at += rest.iter().take_while(|byte| is_of_name(byte)).count();
        self.slice(start, self.at).filter(|name| !name.is_empty())
    }

    /// A scalar in quotes, whose further lines are indented deeper than `outer`, or the first line of one without.
    #[expect(clippy::inline_always, reason = "most of a text is read here")]
    #[inline(always)]
    fn scalar(&mut self, outer: usize) -> Option<Scalar> {
        match self.peek() {
            quote @ (b'"' | b'\'') => self.quoted(quote, outer),
            _ => self.plain(),
        }
    }

    /// The same between brackets.
    fn scalar_in_brackets(&mut self) -> Option<Scalar> {
        match self.peek() {
            quote @ (b'"' | b'\'') => self.quoted(quote, 0),
            _ => self.plain_in_brackets(),
        }
    }

    /// A scalar without quotes, as far as it stands in this line.
    #[expect(clippy::inline_always, reason = "most of a text is read here")]
    #[inline(always)]
    fn plain(&mut self) -> Option<Scalar> {
        match self.peek() {
            b'-' | b'?' | b':' if is_blank(self.peek_at(1)) => return None,
            // `---` and `...` end a document.
            b'-' | b'.' if self.column() == 0 => return None,
            byte if begins_other(byte) => return None,
            _ => {}
        }
        self.line_of_plain()
    }

    /// What stands in this line of a scalar without quotes, from here on.
    #[expect(clippy::inline_always, reason = "most of a text is read here")]
    #[inline(always)]
    fn line_of_plain(&mut self) -> Option<Scalar> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut at = start;
        loop {
            at += scan::before(&bytes[at..], *b":#");
            match bytes.get(at) {
                Some(b':') if bytes.get(at + 1).is_some_and(|next| *next > b' ') => at += 1,
                Some(b'#') if at == start || bytes[at - 1] != b' ' => at += 1,
                Some(b'\t') => return None,
                _ => break,
            }
        }
        self.at = at;
        self.plain_since(start)
    }

    fn plain_in_brackets(&mut self) -> Option<Scalar> {
        match self.peek() {
            b'-' if self.column() > 0 && is_bracket_or_comma(self.peek_at(1)) => self.stand_in()?,
            b'-' | b'?' | b':' => return None,
            b'.' if self.column() == 0 => return None,
            byte if begins_other(byte) => return None,
            _ => {}
        }
        let bytes = self.text.as_bytes();
        let start = self.at;
        loop {
            self.at += scan::before(&bytes[self.at..], *b":#,[]{}");
            match self.peek() {
                b':' if self.is_colon() => break,
                b':' if is_bracket_or_comma(self.peek_at(1)) => return None,
                b'#' if self.at > start && bytes[self.at - 1] == b' ' => break,
                b':' | b'#' => self.at += 1,
                b'\t' => return None,
                _ => break,
            }
        }
        self.plain_since(start)
    }

    /// A scalar without quotes that begins at `start` and ends before the blanks here.
    #[expect(clippy::inline_always, reason = "most of a text is read here")]
    #[inline(always)]
    fn plain_since(&self, start: usize) -> Option<Scalar> {
        let bytes = self.text.as_bytes();
        let mut end = self.at;
        while end > start && bytes[end - 1] == b' ' {
            end -= 1;
        }
        if self.is_copy {
            self.slice(start, end)?;
        }
        Some(Scalar { start: start as u32, end: end as u32, style: Style::Plain })
    }

    /// Takes the lines that belong to a scalar without quotes, which are indented deeper than `outer`, and goes on to the
    /// line below them with anything in it. The line before the first of them ends at `behind`.
    fn further_lines(&mut self, scalar: &mut Scalar, outer: usize, mut behind: usize) -> Option<()> {
        let start = self.builder.decoded().len();
        let first = self.slice(scalar.start as usize, scalar.end as usize)?;
        self.builder.decoded().push_str(first);
        loop {
            let next = self.at;
            let line = self.line_of_plain()?;
            if self.is_colon() {
                return None;
            }
            let breaks = memchr_iter(b'\n', &self.text.as_bytes()[behind..next]).count();
            let slice = self.slice(line.start as usize, line.end as usize)?;
            let text = self.builder.decoded();
            if breaks == 1 {
                text.push(' ');
            } else {
                text.extend(std::iter::repeat_n('\n', breaks - 1));
            }
            text.push_str(slice);
            scalar.end = line.end;
            behind = self.at;
            let comments = self.comments.len();
            self.end_line()?;
            if self.column() <= outer || self.comments.len() > comments {
                self.decoded = Some(start);
                return Some(());
            }
        }
    }

    /// A scalar in quotes. Lines below must be indented deeper than `outer`, or nothing may stand behind it.
    fn quoted(&mut self, quote: u8, outer: usize) -> Option<Scalar> {
        let start = self.at;
        let rest = self.text.get(start..)?;
        let (length, is_verbatim) = quoted::length(rest)?;
        let token = self.slice(start, start + length)?;
        let inside = token.get(1..token.len() - 1)?;
        self.at = start + token.len();
        if !is_verbatim && let Some(last) = memrchr(b'\n', token.as_bytes()) {
            self.line = start + last + 1;
            self.further_lines_in_quotes(inside, outer)?;
        }
        let (style, escape) =
            if quote == b'"' { (Style::DoubleQuoted, b'\\') } else { (Style::SingleQuoted, b'\'') };
        if !is_verbatim && (self.line > start || memchr(escape, inside.as_bytes()).is_some()) {
            self.decoded = Some(self.builder.decoded().len());
            quoted::decode(token, self.builder.decoded())?;
        }
        let end = self.at;
        // A key may stand off its `:`.
        let blanks = scan::blanks(&self.text.as_bytes()[end..]);
        if self.peek_at(blanks) == b':' {
            self.at += blanks;
        }
        Some(Scalar { start: start as u32, end: end as u32, style })
    }

    /// Whether the lines below a quote can be read, up to which it goes.
    fn further_lines_in_quotes(&mut self, inside: &str, outer: usize) -> Option<()> {
        let mut is_shallow = self.column() <= outer;
        for line in inside.split('\n').skip(1) {
            let blanks = scan::blanks(line.as_bytes());
            let content = line[blanks..].trim_end_matches('\r');
            if blanks == 0 && content.starts_with(['-', '.']) {
                return None;
            }
            is_shallow |= blanks <= outer && !content.is_empty();
        }
        if is_shallow {
            self.stand_in()?;
            let behind = self.text.get(self.at..self.line_end())?.trim_start_matches(' ');
            let is_alone = behind.is_empty() || behind.starts_with('#');
            if !is_alone || outer == 0 {
                return None;
            }
        }
        (!inside.contains('\t')).then_some(())
    }

    /// Counts a text that needs a stand-in in the complete reader.
    fn stand_in(&mut self) -> Option<()> {
        self.stand_ins += 1;
        (self.stand_ins <= STAND_INS && !self.is_copy).then_some(())
    }

    /// A part of the source, if what is read is the same.
    #[inline]
    fn slice(&self, start: usize, end: usize) -> Option<&'t str> {
        let slice = self.source.get(start..end)?;
        if self.is_copy && self.is_changed(start, end) {
            return None;
        }
        Some(slice)
    }

    #[cold]
    fn is_changed(&self, start: usize, end: usize) -> bool {
        self.text.get(start..end) != self.source.get(start..end)
    }

    /// A `|` or `>` with the lines below it, up to the next line with anything in it.
    fn block_scalar(&mut self, outer: usize, properties: Properties) -> Option<()> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let style = if self.peek() == b'|' { Style::Literal } else { Style::Folded };
        self.at += 1;
        let chomping = self.peek();
        if matches!(chomping, b'+' | b'-') {
            self.at += 1;
        }
        let header_end = self.at;
        self.end_header()?;
        let decoded = self.builder.decoded().len();
        // Line breaks since the last line of text, the one at its end included.
        let mut breaks = 0;
        let mut indentation = None;
        let mut was_indented = false;
        let mut end = header_end;
        while self.at < bytes.len() {
            self.line = self.at;
            let line_end = self.line_end();
            let line = &bytes[self.at..line_end];
            let blanks = scan::blanks(&bytes[self.at..]);
            let is_empty = blanks == line.len();
            if is_empty && blanks <= indentation.unwrap_or(outer + 1) {
                self.at = line_end;
                breaks += usize::from(self.line_break());
                continue;
            }
            if is_empty && indentation.is_none() {
                return None;
            }
            // Where a text ends whose last line holds nothing but tabs is for the other reader to say.
            if !is_empty && line[blanks..].iter().all(u8::is_ascii_whitespace) {
                return None;
            }
            if !is_empty && blanks < indentation.unwrap_or(outer + 1) {
                break;
            }
            let column = *indentation.get_or_insert(blanks);
            let content = self.text.get(self.at + column..line_end)?;
            let text = self.builder.decoded();
            let is_indented = content.starts_with([' ', '\t']);
            let is_first = end == header_end;
            if style == Style::Folded && !is_first && !was_indented && !is_indented {
                if breaks == 1 {
                    text.push(' ');
                }
                breaks -= 1;
            }
            for _ in 0..breaks {
                text.push('\n');
            }
            text.push_str(content);
            (was_indented, breaks) = (is_indented, 1);
            if !is_empty {
                end = line_end;
            }
            self.at = line_end;
            self.line_break();
        }
        let is_empty = end == header_end;
        let is_at_end = self.is_at_end();
        let text = self.builder.decoded();
        if (is_empty && is_at_end) || (!is_empty && text[decoded..].trim().is_empty()) {
            return None;
        }
        match chomping {
            b'-' => {}
            b'+' => text.extend(std::iter::repeat_n('\n', breaks)),
            _ if is_empty => {}
            _ => text.push('\n'),
        }
        self.decoded = Some(decoded);
        self.add(Scalar { start: start as u32, end: end as u32, style }, properties)?;
        self.skip()
    }

    /// The rest of the line of a `|` or `>`: nothing or a comment.
    fn end_header(&mut self) -> Option<()> {
        self.at += scan::blanks(&self.text.as_bytes()[self.at..]);
        self.comment();
        self.line_break().then_some(())
    }

    /// Goes on to the next thing that is no blank, line break or comment.
    #[inline]
    fn skip(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        let (mut at, mut line) = (self.at, self.line);
        match self.peek() {
            // Behind a `:` or `-` there is mostly one blank.
            b' ' => at += 1,
            b'\n' => {
                line = at + 1;
                at = line + scan::blanks(&bytes[line..]);
            }
            _ => {}
        }
        match bytes.get(at) {
            None | Some(0..=b' ' | b'#') => self.skip_lines(),
            Some(_) => {
                (self.at, self.line) = (at, line);
                Some(())
            }
        }
    }

    #[inline(never)]
    fn skip_lines(&mut self) -> Option<()> {
        loop {
            match self.peek() {
                b' ' => self.at += scan::blanks(&self.text.as_bytes()[self.at..]),
                b'\r' => self.at += 1,
                b'\n' => {
                    self.at += 1;
                    self.line = self.at;
                }
                b'#' if self.comment() => {}
                b'#' | b'\t' => return None,
                0 => {
                    self.line = self.at;
                    return Some(());
                }
                _ => return Some(()),
            }
        }
    }

    /// Goes on to the next line with anything in it. In this one there may only be a comment.
    #[inline]
    fn end_line(&mut self) -> Option<()> {
        let line = self.line;
        self.skip()?;
        (self.line > line || self.is_at_end()).then_some(())
    }

    /// Takes a comment, if one stands here.
    fn comment(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        let is_comment = self.peek() == b'#' && (self.at == self.line || matches!(bytes[self.at - 1], b' '));
        if is_comment {
            let end = self.line_end();
            self.comments.push(self.builder.span(self.at, end));
            self.at = end;
        }
        is_comment
    }

    /// Where the line ends, without its line break.
    fn line_end(&self) -> usize {
        let rest = &self.text.as_bytes()[self.at..];
        self.at + memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())
    }

    /// Takes a line break, if one stands here.
    fn line_break(&mut self) -> bool {
        let length = match self.peek() {
            b'\n' => 1,
            b'\r' => 2,
            _ => 0,
        };
        self.at += length;
        length > 0
    }

    fn open(&mut self, start: usize, properties: Properties, is_mapping: bool) -> Option<()> {
        self.builder.open(start, properties.tag, is_mapping, properties.anchor);
        (self.builder.depth() <= DEPTH).then_some(())
    }

    /// Adds the scalar that was read last.
    #[inline]
    fn add(&mut self, scalar: Scalar, properties: Properties) -> Option<()> {
        let Scalar { start, end, style } = scalar;
        let (start, end) = (start as usize, end as usize);
        let text = if let Some(first) = self.decoded.take() {
            self.builder.decoded_since(first)
        } else {
            let quote = usize::from(style != Style::Plain);
            Text::Written(self.source.get(start + quote..end - quote)?)
        };
        let span = self.builder.span(start, end);
        self.builder.scalar(span, properties.tag, text, style, properties.anchor);
        Some(())
    }

    fn column(&self) -> usize {
        self.at - self.line
    }

    fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// The next byte; 0, which no text has in it, at the end.
    fn peek(&self) -> u8 {
        self.peek_at(0)
    }

    fn peek_at(&self, further: usize) -> u8 {
        self.text.as_bytes().get(self.at + further).copied().unwrap_or(0)
    }

    /// Whether a `-` of a sequence in lines stands here.
    fn is_dash(&self) -> bool {
        self.peek() == b'-' && is_blank(self.peek_at(1))
    }

    /// Whether a `:` behind a key stands here.
    fn is_colon(&self) -> bool {
        self.peek() == b':' && is_blank(self.peek_at(1))
    }
}

/// What a scalar without quotes does not begin with, wherever it stands.
#[inline]
fn begins_other(byte: u8) -> bool {
    matches!(
        byte,
        b',' | b'['
            | b']'
            | b'{'
            | b'}'
            | b'#'
            | b'&'
            | b'*'
            | b'!'
            | b'|'
            | b'>'
            | b'\''
            | b'"'
            | b'%'
            | b'@'
            | b'`'
            | 0
    )
}

/// A blank, a line break or the end.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0)
}

fn is_bracket_or_comma(byte: u8) -> bool {
    matches!(byte, b',' | b'[' | b']' | b'{' | b'}')
}
