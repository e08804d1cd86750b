//! From parts of a scalar's decoded text back to their places in the source.

use std::ops::Range;

use super::{Node, NodeKind, Style};
use crate::text::Span;

/// The way from the decoded text of one scalar back to its source. It is walked once, however many parts are asked for.
#[derive(Debug)]
pub struct Places<'n> {
    /// The whole, which is the place of a part that cannot be found.
    whole: Span,
    way: Way,
    decoded: &'n str,
}

/// How a token and its decoded text belong together.
#[derive(Debug)]
enum Way {
    /// Not at all: they disagree.
    Nowhere,
    /// Each character stands for itself, from here on in the token.
    Verbatim(usize),
    /// By stretches in order. The text ends at `end` in the token.
    Stretches { stretches: Vec<Stretch>, end: usize },
}

/// A stretch of the token that stands for a stretch of the decoded text.
#[derive(Debug)]
struct Stretch {
    decoded: Range<usize>,
    source: Range<usize>,
    /// Whether each character stands for itself; else all of them stand for all of the decoded ones.
    verbatim: bool,
}

impl<'n> Places<'n> {
    /// The places of a node that has this text. What is no scalar, or not the scalar of this source, is its own place.
    pub(super) fn of(node: &Node<'_>, text: Option<&'n str>, source: &str) -> Self {
        let nothing = Self { whole: node.span, way: Way::Nowhere, decoded: "" };
        let (NodeKind::Scalar(scalar), Some(decoded)) = (&node.kind, text) else { return nothing };
        let Some(token) = source.get(node.span.range()) else { return nothing };
        let style = scalar.style;
        let quote = usize::from(matches!(style, Style::SingleQuoted | Style::DoubleQuoted));
        let inside = quote..token.len().saturating_sub(quote);
        // Most texts are written as they are.
        let way = if token.get(inside.clone()) == Some(decoded) {
            Way::Verbatim(quote)
        } else {
            let mut walk = Walk { token, decoded, at: 0, stretches: Vec::new(), end: token.len() };
            let walked = match style {
                Style::Plain => walk.flow(inside, Escapes::None),
                Style::SingleQuoted => walk.flow(inside, Escapes::DoubledQuote),
                Style::DoubleQuoted => walk.flow(inside, Escapes::Backslash),
                Style::Literal => walk.block(false),
                Style::Folded => walk.block(true),
            };
            let Walk { stretches, end, .. } = walk;
            walked.map_or(Way::Nowhere, |()| Way::Stretches { stretches, end })
        };
        Self { whole: node.span, way, decoded }
    }

    /// Place of a byte range of the decoded text.
    pub fn part(&self, range: Range<usize>) -> Span {
        self.find(&range).map_or(self.whole, |found| {
            let base = self.whole.start as usize;
            Span::new(self.whole.file, base + found.start, base + found.end)
        })
    }

    fn find(&self, range: &Range<usize>) -> Option<Range<usize>> {
        self.decoded.get(range.clone())?;
        let (stretches, text_end) = match &self.way {
            Way::Nowhere => return None,
            Way::Verbatim(start) => return Some(start + range.start..start + range.end),
            Way::Stretches { stretches, end } => (stretches, *end),
        };
        let holds_start = |stretch: &Stretch| {
            range.start < stretch.decoded.end
                || (stretch.verbatim && range.is_empty() && range.start == stretch.decoded.end)
        };
        let near = stretches.partition_point(|stretch| stretch.decoded.end < range.start);
        let first = stretches[near..].iter().position(holds_start).map(|found| near + found);
        let Some((first, stretch)) = first.and_then(|first| Some((first, stretches.get(first)?))) else {
            // What lies at the very end of the text lies at the end of the token.
            return Some(text_end..text_end);
        };
        let start =
            stretch.source.start + if stretch.verbatim { range.start - stretch.decoded.start } else { 0 };
        let last = first + stretches[first..].partition_point(|stretch| stretch.decoded.end < range.end);
        let end = match stretches.get(last) {
            None => text_end.max(start),
            Some(last) if last.verbatim => last.source.start + (range.end - last.decoded.start),
            Some(_) if range.is_empty() => start,
            Some(last) => last.source.end,
        };
        (start <= end).then_some(start..end)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    None,
    DoubledQuote,
    Backslash,
}

/// Goes through token and decoded text side by side. Every step returns none where the two disagree.
struct Walk<'w> {
    token: &'w str,
    decoded: &'w str,
    /// How much of the decoded text has been met.
    at: usize,
    stretches: Vec<Stretch>,
    end: usize,
}

impl Walk<'_> {
    /// Characters that stand for themselves.
    fn verbatim(&mut self, source: Range<usize>) -> Option<()> {
        let decoded = self.at..self.at + source.len();
        if self.decoded.get(decoded.clone())? != self.token.get(source.clone())? {
            return None;
        }
        self.at = decoded.end;
        self.stretches.push(Stretch { decoded, source, verbatim: true });
        Some(())
    }

    /// A stretch of source that stands as a whole for the next `length` bytes of the decoded text.
    fn whole(&mut self, source: Range<usize>, length: usize) -> Option<()> {
        let decoded = self.at..self.at + length;
        self.decoded.get(decoded.clone())?;
        self.at = decoded.end;
        self.stretches.push(Stretch { decoded, source, verbatim: false });
        Some(())
    }

    /// The decoded text must be used up.
    fn finish(&mut self, end: usize) -> Option<()> {
        self.end = end;
        (self.at == self.decoded.len()).then_some(())
    }

    /// Plain and quoted scalars: escapes, and line breaks folded to spaces.
    fn flow(&mut self, inside: Range<usize>, escapes: Escapes) -> Option<()> {
        let bytes = self.token.as_bytes();
        let Range { start: mut at, end: to } = inside;
        let mut run = at;
        while at < to {
            match bytes[at] {
                b'\n' | b'\r' => {
                    let text = bytes.get(run..at)?;
                    let blanks = text.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                    self.verbatim(run..at - blanks)?;
                    let (next, breaks) = self.line_breaks(at, to);
                    self.whole(at - blanks..next, if breaks == 1 { 1 } else { breaks - 1 })?;
                    (at, run) = (next, next);
                }
                b'\'' if escapes == Escapes::DoubledQuote => {
                    self.verbatim(run..at)?;
                    self.whole(at..at + 2, 1)?;
                    (at, run) = (at + 2, at + 2);
                }
                b'\\' if escapes == Escapes::Backslash => {
                    self.verbatim(run..at)?;
                    let next = if matches!(bytes.get(at + 1), Some(b'\n' | b'\r')) {
                        let (next, breaks) = self.line_breaks(at + 1, to);
                        self.whole(at..next, breaks.checked_sub(1)?)?;
                        next
                    } else {
                        let length = escape_length(bytes, at).min(to - at);
                        let character = self.decoded.get(self.at..)?.chars().next()?;
                        self.whole(at..at + length, character.len_utf8())?;
                        at + length
                    };
                    (at, run) = (next, next);
                }
                _ => at += 1,
            }
        }
        self.verbatim(run..to.max(run))?;
        self.finish(to)
    }

    /// Behind the line breaks at `from` and the blanks around them, and how many breaks they are.
    fn line_breaks(&self, from: usize, to: usize) -> (usize, usize) {
        let bytes = &self.token.as_bytes()[..to];
        let (mut at, mut breaks) = (from, 0);
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\r' if bytes.get(at + 1) == Some(&b'\n') => (at, breaks) = (at + 2, breaks + 1),
                b'\n' | b'\r' => (at, breaks) = (at + 1, breaks + 1),
                b' ' | b'\t' => at += 1,
                _ => break,
            }
        }
        (at, breaks)
    }

    /// Block scalars: the header, then indented lines.
    fn block(&mut self, folded: bool) -> Option<()> {
        let lines = lines(self.token);
        let content = &lines[1..];
        let token = self.token;
        let is_blank = |line: &Line| token[line.start..line.end].trim_matches(' ').is_empty();
        let Some(first) = content.iter().find(|line| !is_blank(line)) else {
            return self.rest(token.len());
        };
        // The first line of text says how deep the scalar is indented, also where the header gives a number.
        let blanks = |text: &str| text.len() - text.trim_start_matches(' ').len();
        let first_decoded = self.decoded.split('\n').find(|line| !line.trim_matches(' ').is_empty())?;
        let indentation = blanks(&token[first.start..first.end]).checked_sub(blanks(first_decoded))?;
        // The line break before the next text: where it begins, how many there are, whether it folds.
        let mut breaks: Option<(usize, usize)> = None;
        let mut previous_indented = true;
        for line in content {
            let text = line.start + indentation.min(blanks(&token[line.start..line.end]))..line.end;
            if text.is_empty() {
                let (from, count) = breaks.unwrap_or((text.start, 0));
                breaks = Some((from, count + 1));
                continue;
            }
            let indented = matches!(token.as_bytes()[text.start], b' ' | b'\t');
            let (from, count) = breaks.unwrap_or((text.start, 0));
            let is_first = self.at == 0;
            let length = match count {
                0 => 0,
                _ if is_first || !folded || indented || previous_indented => count,
                1 => 1,
                _ => count - 1,
            };
            self.whole(from..text.start, length)?;
            self.verbatim(text.clone())?;
            previous_indented = indented;
            breaks = Some((text.end, 1));
        }
        self.rest(token.len())
    }

    /// The line breaks at the end, which chomping keeps or adds and the token leaves out.
    fn rest(&mut self, end: usize) -> Option<()> {
        let rest = self.decoded.get(self.at..)?;
        if !rest.trim_matches(['\n', ' ']).is_empty() {
            return None;
        }
        self.whole(end..end, rest.len())?;
        self.finish(end)
    }
}

struct Line {
    start: usize,
    end: usize,
}

/// The lines of a text without their breaks; at least one.
fn lines(text: &str) -> Vec<Line> {
    let bytes = text.as_bytes();
    let mut lines = Vec::new();
    let mut start = 0;
    while let Some(length) = memchr::memchr2(b'\n', b'\r', &bytes[start..]) {
        let end = start + length;
        lines.push(Line { start, end });
        start = if bytes[end..].starts_with(b"\r\n") { end + 2 } else { end + 1 };
    }
    lines.push(Line { start, end: text.len() });
    lines
}

/// Length of the escape sequence at `at`, a surrogate pair counted as one.
fn escape_length(bytes: &[u8], at: usize) -> usize {
    let surrogate = |from: usize, digits: &[u8]| {
        bytes.get(from..from + 4).is_some_and(|escape| {
            escape.starts_with(b"\\u")
                && matches!(escape[2], b'd' | b'D')
                && digits.contains(&escape[3].to_ascii_lowercase())
        })
    };
    match bytes.get(at + 1) {
        Some(b'x') => 4,
        Some(b'u') if surrogate(at, b"89ab") && surrogate(at + 6, b"cdef") => 12,
        Some(b'u') => 6,
        Some(b'U') => 10,
        Some(byte) if !byte.is_ascii() => {
            1 + bytes[at + 1..].iter().skip(1).take_while(|byte| (0x80..0xC0).contains(*byte)).count() + 1
        }
        _ => 2,
    }
}
