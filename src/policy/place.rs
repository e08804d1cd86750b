//! The text of a policy put together from its pieces, and the way from an offset in it back to the template.

use std::ops::Range;

use crate::scenario::{Data, Piece};
use crate::text::Span;

use super::length::Length;

/// Stands in the text for a piece that is not known. JSON has no control characters, not even inside texts.
pub(super) const HOLE: char = '\u{1}';

/// The text of a policy.
pub(super) struct Text<'t> {
    /// All pieces one behind the other, those that are not known as [`HOLE`].
    pub(super) joined: String,
    /// In order, none empty.
    stretches: Vec<Stretch<'t>>,
    /// Place of the whole.
    span: Span,
}

/// What one piece has become in the text.
struct Stretch<'t> {
    start: usize,
    span: Span,
    kind: StretchKind<'t>,
}

enum StretchKind<'t> {
    /// It stands in the template as it is here, but for its style.
    Written(Vec<Run>),
    /// It is as a whole what stands at its place, such as the value of a parameter.
    Whole,
    /// It is not known.
    Hole(Data<'t>),
}

/// Bytes of a stretch and the bytes of the source that they stand for: the same bytes, or one escape sequence.
struct Run {
    offset: usize,
    length: usize,
    source: usize,
    width: usize,
}

/// What an escape sequence looks like in a style of scalar.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    /// Plain and block scalars have none.
    None,
    /// `''`
    DoubledQuote,
    /// `\"`
    Backslash,
}

impl<'t> Text<'t> {
    /// Puts the text together. `source` is what the places of the pieces point into.
    pub(super) fn of(source: &str, pieces: Vec<Piece<'t>>, span: Span) -> Self {
        let mut result = Self { joined: String::new(), stretches: Vec::with_capacity(pieces.len()), span };
        for Piece { span, data } in pieces {
            let start = result.joined.len();
            let kind = match data {
                Data::Text(text) if text.is_empty() => continue,
                Data::Text(text) => {
                    result.joined.push_str(&text);
                    match source.get(span.range()).and_then(|raw| align(raw, &text)) {
                        Some(runs) => StretchKind::Written(runs),
                        None => StretchKind::Whole,
                    }
                }
                unknown => {
                    result.joined.push(HOLE);
                    StretchKind::Hole(unknown)
                }
            };
            result.stretches.push(Stretch { start, span, kind });
        }
        result
    }

    /// How long it is, what is not known left out.
    pub(super) fn length(&self) -> Length {
        let holes =
            self.stretches.iter().filter(|stretch| matches!(stretch.kind, StretchKind::Hole(_))).count();
        Length { characters: self.joined.chars().count() - holes, exact: holes == 0 }
    }

    /// The unknown piece at an offset.
    pub(super) fn hole(&self, offset: usize) -> Option<Piece<'t>> {
        let index = self.stretches.binary_search_by_key(&offset, |stretch| stretch.start).ok()?;
        let stretch = &self.stretches[index];
        match &stretch.kind {
            StretchKind::Hole(data) => Some(Piece { span: stretch.span, data: data.clone() }),
            StretchKind::Written(_) | StretchKind::Whole => None,
        }
    }

    /// The place of a part of the text; that of its last letter where the range begins behind it.
    pub(super) fn place(&self, range: Range<usize>) -> Span {
        let Some((last_letter, _)) = self.joined.char_indices().next_back() else { return self.span };
        let first = range.start.min(last_letter);
        let last = range.end.clamp(first + 1, self.joined.len()) - 1;
        match (self.byte(first), self.byte(last)) {
            (Some(first), Some(last)) => first.to(last),
            _ => self.span,
        }
    }

    /// The place of what the byte at an offset stands for.
    fn byte(&self, offset: usize) -> Option<Span> {
        let index = self.stretches.partition_point(|stretch| stretch.start <= offset).checked_sub(1)?;
        let Stretch { start, span, kind } = &self.stretches[index];
        let StretchKind::Written(runs) = kind else { return Some(*span) };
        let offset = offset - start;
        let Some(run) = runs.partition_point(|run| run.offset <= offset).checked_sub(1) else {
            return Some(*span);
        };
        let Run { offset: begin, length, source, width } = runs[run];
        let base = span.start as usize;
        Some(if offset >= begin + length {
            // White space.
            Span::new(span.file, base + source + width, base + source + width)
        } else if length == width {
            let at = base + source + offset - begin;
            Span::new(span.file, at, at + 1)
        } else {
            Span::new(span.file, base + source, base + source + width)
        })
    }
}

/// Lays the text of a scalar, or of a piece of one, beside its source. White space is left out on both sides: folding
/// and indentation change it, and between the values of JSON it has no meaning.
fn align(raw: &str, text: &str) -> Option<Vec<Run>> {
    let whole = 0..raw.len();
    let quoted = |quote: char| {
        (raw.len() > 1 && raw.starts_with(quote) && raw.ends_with(quote)).then(|| 1..raw.len() - 1)
    };
    let below_header = raw.starts_with(['|', '>']).then(|| raw.find('\n').unwrap_or(0)..raw.len());
    [
        (below_header, Escapes::None),
        (quoted('\''), Escapes::DoubledQuote),
        (quoted('"'), Escapes::Backslash),
        (Some(whole.clone()), Escapes::None),
        (Some(whole.clone()), Escapes::DoubledQuote),
        (Some(whole), Escapes::Backslash),
    ]
    .into_iter()
    .find_map(|(range, escapes)| align_in(raw, range?, text, escapes))
}

fn align_in(raw: &str, range: Range<usize>, text: &str, escapes: Escapes) -> Option<Vec<Run>> {
    let mut runs: Vec<Run> = Vec::new();
    let (mut source, mut offset) = (range.start, 0);
    loop {
        let (rest, left) = (raw.get(source..range.end)?, &text[offset..]);
        let (rest_trimmed, left_trimmed) = (rest.trim_start(), left.trim_start());
        source += rest.len() - rest_trimmed.len();
        offset += left.len() - left_trimmed.len();
        let (written, letter) = match (rest_trimmed.chars().next(), left_trimmed.chars().next()) {
            (None, None) => return Some(runs),
            (Some('\\'), letter) if escapes == Escapes::Backslash => {
                let (width, stands_for) = escape(rest_trimmed);
                if stands_for.is_some_and(char::is_whitespace) {
                    source += width;
                    continue;
                }
                let letter = letter.filter(|&letter| stands_for.is_none_or(|it| it == letter))?;
                let length = letter.len_utf8();
                runs.push(Run { offset, length, source, width });
                (source, offset) = (source + width, offset + length);
                continue;
            }
            (Some(written), Some(letter)) => (written, letter),
            _ => return None,
        };
        if written != letter {
            return None;
        }
        if written == '\'' && escapes == Escapes::DoubledQuote {
            if !rest_trimmed.starts_with("''") {
                return None;
            }
            runs.push(Run { offset, length: 1, source, width: 2 });
            (source, offset) = (source + 2, offset + 1);
            continue;
        }
        let length = letter.len_utf8();
        match runs.last_mut() {
            Some(run)
                if run.length == run.width
                    && run.offset + run.length == offset
                    && run.source + run.width == source =>
            {
                run.length += length;
                run.width += length;
            }
            _ => runs.push(Run { offset, length, source, width: length }),
        }
        (source, offset) = (source + length, offset + length);
    }
}

/// How long the escape sequence at the start of `raw` is and, where it is a single letter, what it stands for. A
/// backslash before a line break stands for nothing and counts as white space.
fn escape(raw: &str) -> (usize, Option<char>) {
    match raw.chars().nth(1) {
        Some('x') => (4.min(raw.len()), None),
        Some('u') => (6.min(raw.len()), None),
        Some('U') => (10.min(raw.len()), None),
        Some('n' | 'r' | 't' | ' ' | 'v' | 'f') => (2, Some(' ')),
        Some(letter) if letter.is_whitespace() => (1, Some(' ')),
        Some(letter @ ('"' | '\\' | '/')) => (2, Some(letter)),
        Some(letter) => (1 + letter.len_utf8(), None),
        None => (1, None),
    }
}
