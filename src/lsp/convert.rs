//! Places as the protocol counts them: the only file that knows lines and columns of editors, UTF-16 and addresses of files.

use std::ops::Range as Bytes;
use std::path::PathBuf;
use std::sync::Arc;

use lsp_types::{Position, Range, TextEdit, Uri};

use crate::text::Span;

/// How columns are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Encoding {
    /// In bytes.
    Utf8,
    /// In units of UTF-16, as every client can.
    #[default]
    Utf16,
    /// In characters.
    Utf32,
}

impl Encoding {
    /// The best that a client offers: bytes need no counting.
    pub(super) fn negotiated<'n>(offered: impl Iterator<Item = &'n str>) -> Self {
        let mut found = Self::Utf16;
        for name in offered {
            match name {
                "utf-8" => return Self::Utf8,
                "utf-32" => found = Self::Utf32,
                _ => {}
            }
        }
        found
    }

    /// As the protocol spells it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16 => "utf-16",
            Self::Utf32 => "utf-32",
        }
    }

    fn width(self, letter: char) -> usize {
        match self {
            Self::Utf8 => letter.len_utf8(),
            Self::Utf16 => letter.len_utf16(),
            Self::Utf32 => 1,
        }
    }
}

/// A text with its lines.
#[derive(Debug)]
pub(super) struct Lines {
    text: Arc<str>,
    /// Where each line begins. A line ends with LF, CRLF or CR.
    starts: Vec<usize>,
    encoding: Encoding,
}

impl Lines {
    pub(super) fn new(text: Arc<str>, encoding: Encoding) -> Self {
        let bytes = text.as_bytes();
        let is_end = |&at: &usize| bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n');
        let ends = memchr::memchr2_iter(b'\n', b'\r', bytes).filter(is_end).map(|at| at + 1);
        let starts = std::iter::once(0).chain(ends).collect();
        Self { text, starts, encoding }
    }

    /// The place of a byte; of the end, where it lies behind it.
    pub(super) fn position(&self, offset: usize) -> Position {
        let offset = self.floor(offset);
        let line = self.line_at(offset);
        let before = &self.text[self.starts[line]..offset];
        let character = match self.encoding {
            Encoding::Utf8 => before.len(),
            Encoding::Utf16 => before.chars().map(char::len_utf16).sum(),
            Encoding::Utf32 => before.chars().count(),
        };
        Position { line: line as u32, character: character as u32 }
    }

    /// The byte at a place. A line that does not exist is the end of the text, a column that does not the end of its line,
    /// and the middle of a character its beginning.
    pub(super) fn offset(&self, position: Position) -> usize {
        let Some(line) = self.line(position.line as usize) else { return self.text.len() };
        let mut left = position.character as usize;
        for (at, letter) in self.text[line.clone()].char_indices() {
            let width = self.encoding.width(letter);
            if left < width {
                return line.start + at;
            }
            left -= width;
        }
        line.end
    }

    /// The bytes of a line, from 0, without its end.
    pub(super) fn line(&self, number: usize) -> Option<Bytes<usize>> {
        let start = *self.starts.get(number)?;
        let end = self.starts.get(number + 1).copied().unwrap_or(self.text.len());
        let line = self.text[start..end].trim_end_matches(['\r', '\n']);
        Some(start..start + line.len())
    }

    /// The line that a byte stands on, from 0.
    pub(super) fn line_at(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset) - 1
    }

    pub(super) fn range(&self, bytes: Bytes<usize>) -> Range {
        Range { start: self.position(bytes.start), end: self.position(bytes.end.max(bytes.start)) }
    }

    pub(super) fn range_of(&self, span: Span) -> Range {
        self.range(span.range())
    }

    pub(super) fn bytes(&self, range: Range) -> Bytes<usize> {
        let start = self.offset(range.start);
        start..self.offset(range.end).max(start)
    }

    /// The one edit that makes another text of this one; none where they are equal.
    pub(super) fn edit_to(&self, other: &str) -> Option<TextEdit> {
        let text: &str = &self.text;
        if text == other {
            return None;
        }
        let same = text.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
        let same = floor(text, same);
        let (rest, other_rest) = (&text[same..], &other[same..]);
        let tail = rest.bytes().rev().zip(other_rest.bytes().rev()).take_while(|(a, b)| a == b).count();
        let tail = rest.len() - ceiling(rest, rest.len() - tail);
        Some(TextEdit {
            range: self.range(same..text.len() - tail),
            new_text: other_rest[..other_rest.len() - tail].to_owned(),
        })
    }

    fn floor(&self, offset: usize) -> usize {
        floor(&self.text, offset)
    }
}

fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

fn ceiling(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset += 1;
    }
    offset
}

/// The file of a document, where it is one.
pub(super) fn path_of(uri: &Uri) -> Option<PathBuf> {
    if uri.scheme() == "file" { uri.to_file_path().ok() } else { None }
}

/// The address of a file.
pub(super) fn uri_of(path: &std::path::Path) -> Option<Uri> {
    Uri::from_file_path(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "aé😀z\r\nb\rc\n\n😀";

    fn lines(encoding: Encoding) -> Lines {
        Lines::new(TEXT.into(), encoding)
    }

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn columns_are_counted_as_negotiated() {
        let z = TEXT.find('z').unwrap();
        assert_eq!(lines(Encoding::Utf8).position(z), at(0, 7));
        assert_eq!(lines(Encoding::Utf16).position(z), at(0, 4));
        assert_eq!(lines(Encoding::Utf32).position(z), at(0, 3));
    }

    #[test]
    fn there_and_back_again() {
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            let lines = lines(encoding);
            for (offset, _) in TEXT.char_indices() {
                let position = lines.position(offset);
                let inside_of_end = TEXT[offset..].starts_with('\n') && TEXT[..offset].ends_with('\r');
                if !inside_of_end {
                    assert_eq!(lines.offset(position), offset, "{encoding:?} {position:?}");
                }
            }
            assert_eq!(lines.offset(lines.position(TEXT.len())), TEXT.len());
        }
    }

    #[test]
    fn lines_end_in_three_ways() {
        let lines = lines(Encoding::Utf16);
        assert_eq!(lines.position(TEXT.find('b').unwrap()), at(1, 0));
        assert_eq!(lines.position(TEXT.find('c').unwrap()), at(2, 0));
        assert_eq!(lines.position(TEXT.rfind('😀').unwrap()), at(4, 0));
    }

    #[test]
    fn places_that_do_not_exist_are_near_ones() {
        let lines = lines(Encoding::Utf16);
        assert_eq!(lines.offset(at(0, 99)), TEXT.find('\r').unwrap(), "the end of the line");
        assert_eq!(lines.offset(at(99, 0)), TEXT.len());
        assert_eq!(lines.offset(at(0, 3)), TEXT.find('😀').unwrap(), "half a character");
        assert_eq!(lines.position(usize::MAX), lines.position(TEXT.len()));
        let empty = Lines::new("".into(), Encoding::Utf8);
        assert_eq!(empty.position(7), at(0, 0));
        assert_eq!(empty.offset(at(3, 3)), 0);
    }

    #[test]
    fn an_edit_is_as_small_as_can_be() {
        let lines = Lines::new("one 😀\ntwo\n".into(), Encoding::Utf16);
        let edit = lines.edit_to("one 😁\ntwo\n").unwrap();
        assert_eq!((edit.range.start, edit.range.end, edit.new_text.as_str()), (at(0, 4), at(0, 6), "😁"));
        let edit = lines.edit_to("one 😀\n# x\ntwo\n").unwrap();
        assert_eq!((edit.range.start, edit.range.end, edit.new_text.as_str()), (at(1, 0), at(1, 0), "# x\n"));
        assert!(lines.edit_to("one 😀\ntwo\n").is_none());
    }

    #[test]
    fn the_best_encoding_is_taken() {
        let negotiated = |names: &[&'static str]| Encoding::negotiated(names.iter().copied()).name();
        assert_eq!(negotiated(&["utf-16", "utf-8"]), "utf-8");
        assert_eq!(negotiated(&["utf-32", "utf-16"]), "utf-32");
        assert_eq!(negotiated(&["utf-16"]), "utf-16");
        assert_eq!(negotiated(&[]), "utf-16");
    }
}
