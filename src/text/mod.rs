//! Source text, byte spans into it, and the way from bytes to lines and columns.

mod edit;
mod nearest;

pub use edit::{Edit, disjoint, edited};
pub use nearest::{nearest, within};

use std::sync::OnceLock;

use line_index::{LineCol, LineIndex, TextSize, WideEncoding};
use serde::{Deserialize, Serialize};

/// Which source of a run a span points into: an index into [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct FileId(pub u32);

/// A range of bytes in one source, always on character boundaries: `text[start..end]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Span {
    /// The source.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span from byte offsets.
    #[inline]
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        Self { file, start: start as u32, end: end as u32 }
    }

    /// The smallest span that holds both; both must lie in one file.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether nothing lies between start and end.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// Whether `other` lies inside this span (both may be equal).
    pub fn contains(self, other: Self) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }

    /// As a range of `usize`, to slice the text with.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A place as people count it: line and column from 1, columns in characters unless something else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

/// One text with its name, as read from disk or handed over by an editor.
#[derive(Debug)]
pub struct Source {
    /// How the user named it (a path relative to where they stand, with `/`), for display.
    pub name: String,
    /// The whole text. A byte order mark, if any, is part of it and of every offset.
    pub text: String,
    lines: OnceLock<LineIndex>,
}

impl Source {
    /// A source from its name and text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), lines: OnceLock::new() }
    }

    /// The text under a span; empty if the span does not fit this text.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// The place of a byte offset. An offset past the end is the place of the end.
    pub fn position(&self, offset: u32) -> Position {
        let (index, place) = self.line_and_byte(offset);
        let column = index.to_wide(WideEncoding::Utf32, place).map_or(place.col, |wide| wide.col);
        Position { line: place.line + 1, column: column + 1 }
    }

    /// As [`Source::position`], with the column in bytes of UTF-8.
    pub fn position_in_bytes(&self, offset: u32) -> Position {
        let (_, place) = self.line_and_byte(offset);
        Position { line: place.line + 1, column: place.col + 1 }
    }

    fn line_and_byte(&self, offset: u32) -> (&LineIndex, LineCol) {
        let index = self.lines.get_or_init(|| LineIndex::new(&self.text));
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        (index, index.line_col(TextSize::new(offset as u32)))
    }
}

/// Sources of a run that follow one another.
#[derive(Debug, Default)]
pub struct Sources {
    /// The id of the first.
    first: u32,
    files: Vec<Source>,
}

impl Sources {
    /// One source, which is known under an id.
    pub fn one(file: FileId, source: Source) -> Self {
        Self { first: file.0, files: vec![source] }
    }

    /// Adds a source and says under which id it is known.
    pub fn add(&mut self, source: Source) -> FileId {
        self.files.push(source);
        FileId(self.first + self.files.len() as u32 - 1)
    }

    /// The source of an id that [`Sources::add`] gave.
    ///
    /// # Panics
    /// Where the id belongs to another table.
    pub fn get(&self, file: FileId) -> &Source {
        &self.files[(file.0 - self.first) as usize]
    }

    /// All sources in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().zip(self.first..).map(|(source, file)| (FileId(file), source))
    }
}
