//! Lines of a text by number, from 0: which one a byte lies on, where one begins and what it holds.

use std::ops::Range;

use crate::text::Span;

pub(super) struct Lines<'t> {
    text: &'t str,
    /// First byte of each line; a byte order mark is part of no line.
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let first = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        Self { text, starts: std::iter::once(first).chain(breaks).collect() }
    }

    pub(super) fn number(&self, offset: u32) -> usize {
        self.starts.partition_point(|start| *start <= offset as usize).saturating_sub(1)
    }

    /// The lines on which a span begins and ends.
    pub(super) fn of_span(&self, span: Span) -> (usize, usize) {
        (self.number(span.start), self.number(span.end.max(span.start)))
    }

    pub(super) fn start(&self, line: usize) -> usize {
        self.starts.get(line).copied().unwrap_or(self.text.len())
    }

    /// The bytes of lines, with what stands before the first line of all and, behind the last, with the end.
    pub(super) fn bytes(&self, first: usize, last: usize) -> Range<u32> {
        let start = if first == 0 { 0 } else { self.start(first) as u32 };
        let end = self.start(last + 1);
        start..if end < self.text.len() { end as u32 } else { u32::MAX }
    }

    /// The line without its break; empty past the end.
    pub(super) fn content(&self, line: usize) -> &'t str {
        let content = self.text.get(self.start(line)..self.start(line + 1)).unwrap_or("");
        content.trim_end_matches(['\n', '\r'])
    }

    /// What a line is indented with.
    pub(super) fn indentation(&self, line: usize) -> &'t str {
        let content = self.content(line);
        &content[..content.len() - content.trim_start().len()]
    }

    /// How lines end in this text.
    pub(super) fn line_break(&self) -> &'static str {
        match memchr::memchr(b'\n', self.text.as_bytes()) {
            Some(at) if self.text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }
}
