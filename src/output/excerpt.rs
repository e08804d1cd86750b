//! The lines of a source that a finding shows: only those, cut around the underlined places, safe for a terminal.

use std::collections::BTreeMap;
use std::ops::Range;

use memchr::{memchr, memrchr};

use super::visible;
use crate::text::{Position, Source, Span};

/// How many lines after the first and before the last line of a long place are shown.
pub(super) const LINES_AT_START: usize = 2;
/// See [`LINES_AT_START`].
pub(super) const LINES_AT_END: usize = 1;

/// A small text made of the shown lines, which keep their numbers.
#[derive(Debug)]
pub(super) struct Excerpt {
    /// Name of the source, safe to print.
    pub(super) name: String,
    /// The shown lines, each with a line break.
    pub(super) text: String,
    /// The labels' places in `text`, in the order in which they were asked for.
    pub(super) places: Vec<Range<usize>>,
    /// Line numbers (from 0) and where these lines stand in `text`.
    lines: BTreeMap<usize, Range<usize>>,
    /// Where each label starts in the source.
    starts: Vec<Position>,
}

impl Excerpt {
    /// The lines of `source` under `spans`, each at most about `width` characters long.
    pub(super) fn new(source: &Source, spans: &[Span], width: usize) -> Self {
        let spans: Vec<Range<usize>> = spans.iter().map(|span| fitted(&source.text, *span)).collect();
        let mut wanted = BTreeMap::new();
        for span in &spans {
            collect_lines(source, span, &mut wanted);
        }
        let mut ends: BTreeMap<usize, usize> =
            spans.iter().flat_map(|span| [(span.start, 0), (span.end, 0)]).collect();
        let mut text = String::new();
        let mut lines = BTreeMap::new();
        for (number, line) in wanted {
            let start = text.len();
            cut_line(&source.text, line, &spans, width, &mut text, &mut ends);
            text.push('\n');
            lines.insert(number, start..text.len());
        }
        let places = spans.iter().map(|span| ends[&span.start]..ends[&span.end]).collect();
        let starts = spans.iter().map(|span| source.position(span.start as u32)).collect();
        Self { name: super::clean(&source.name).into_owned(), text, places, lines, starts }
    }

    /// Number (from 0) of the line that holds an offset of `text`.
    pub(super) fn line_number(&self, offset: usize) -> usize {
        let last = self.lines.keys().next_back().copied().unwrap_or(0);
        self.lines.iter().find(|(_, line)| offset < line.end).map_or(last, |(number, _)| *number)
    }

    /// Where a line stands in `text`; lines that are not shown are empty.
    pub(super) fn line(&self, number: usize) -> Range<usize> {
        self.lines.get(&number).cloned().unwrap_or(self.text.len()..self.text.len())
    }

    /// Line and column in the source of an offset of `text` at which a label starts.
    pub(super) fn start(&self, offset: usize) -> Option<Position> {
        self.places.iter().zip(&self.starts).find(|(place, _)| place.start == offset).map(|(_, start)| *start)
    }
}

/// The span as a range that fits the text, without white space at its end.
fn fitted(text: &str, span: Span) -> Range<usize> {
    let start = boundary(text, span.start as usize);
    let end = boundary(text, span.end as usize).max(start);
    let visible = text[start..end].trim_end();
    if visible.is_empty() { start..end.min(line_end(text, start)) } else { start..start + visible.len() }
}

/// The character boundary at or before an offset.
fn boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

fn line_start(text: &str, offset: usize) -> usize {
    memrchr(b'\n', &text.as_bytes()[..offset]).map_or(0, |found| found + 1)
}

fn line_end(text: &str, offset: usize) -> usize {
    let end = memchr(b'\n', &text.as_bytes()[offset..]).map_or(text.len(), |found| offset + found);
    if end > offset && text.as_bytes()[end - 1] == b'\r' { end - 1 } else { end }
}

/// Adds the lines that are drawn for a label, and their neighbours: a gap of one line is drawn as that line.
fn collect_lines(source: &Source, span: &Range<usize>, wanted: &mut BTreeMap<usize, Range<usize>>) {
    let text = &source.text;
    let number_of = |offset: usize| source.position(offset as u32).line as usize - 1;
    let mut walk = |mut start: usize, mut number: usize, last: usize| {
        while number <= last {
            let end = line_end(text, start);
            wanted.insert(number, start..end);
            let Some(next) = memchr(b'\n', &text.as_bytes()[end..]) else { return };
            start = end + next + 1;
            number += 1;
        }
    };
    let first = number_of(span.start);
    let last = number_of(span.end);
    let start = line_start(text, span.start);
    walk(start, first, (first + LINES_AT_START + 1).min(last + 1));
    if last > first {
        let mut start = line_start(text, span.end);
        let mut number = last;
        while number + LINES_AT_END > last && number > first {
            start = line_start(text, start - 1);
            number -= 1;
        }
        walk(start, number, last + 1);
    }
}

/// Appends a line to `text`, without what is far from all labels if the line is too long, and notes where the
/// ends of labels come to stand.
fn cut_line(
    source: &str,
    line: Range<usize>,
    spans: &[Range<usize>],
    width: usize,
    text: &mut String,
    ends: &mut BTreeMap<usize, usize>,
) {
    let short = source[line.clone()].chars().nth(width).is_none();
    let kept = if short { vec![line.clone()] } else { kept_parts(source, &line, spans, width) };
    let mut shown_to = line.start;
    for part in kept {
        if part.start > shown_to {
            text.push('…');
        }
        for (offset, letter) in source[part.clone()].char_indices() {
            if let Some(place) = ends.get_mut(&(part.start + offset)) {
                *place = text.len();
            }
            if letter == '\t' {
                text.push(letter);
            } else {
                text.extend(visible(letter));
            }
        }
        if let Some(place) = ends.get_mut(&part.end) {
            *place = text.len();
        }
        shown_to = part.end;
    }
    if shown_to < line.end {
        text.push('…');
    }
}

/// Which parts of a long line are shown: the surroundings of every label's ends, in order and without overlap.
fn kept_parts(source: &str, line: &Range<usize>, spans: &[Range<usize>], width: usize) -> Vec<Range<usize>> {
    let mut anchors: Vec<Range<usize>> = Vec::new();
    for span in spans {
        let starts_here = line.contains(&span.start) || span.start == line.end;
        let ends_here = line.contains(&span.end) || span.end == line.end;
        if starts_here && ends_here && source[span.clone()].chars().nth(width / 2).is_none() {
            anchors.push(span.clone());
        } else {
            if starts_here {
                anchors.push(span.start..span.start);
            }
            if ends_here {
                anchors.push(span.end..span.end);
            }
        }
    }
    if anchors.is_empty() {
        anchors.push(line.start..line.start);
    }
    anchors.sort_by_key(|anchor| (anchor.start, anchor.end));
    let underlined: usize = anchors.iter().map(|anchor| source[anchor.clone()].chars().count()).sum();
    let margin = (width.saturating_sub(underlined) / (2 * anchors.len())).clamp(8, 40);
    let mut parts: Vec<Range<usize>> = Vec::new();
    for anchor in anchors {
        let start = before(source, anchor.start, margin, line.start);
        let end = after(source, anchor.end, margin, line.end);
        match parts.last_mut() {
            Some(part) if start <= part.end => part.end = part.end.max(end),
            _ => parts.push(start..end),
        }
    }
    // What the margins leave free, at the beginning of the line for one, goes to the other end.
    let shown: usize = parts.iter().map(|part| source[part.clone()].chars().count()).sum();
    let mut free = width.saturating_sub(shown);
    if let Some(last) = parts.last_mut() {
        let end = after(source, last.end, free, line.end);
        free -= source[last.end..end].chars().count();
        last.end = end;
    }
    if let Some(first) = parts.first_mut() {
        first.start = before(source, first.start, free, line.start);
    }
    parts
}

/// The offset `count` characters before `offset`, not before `limit`.
fn before(source: &str, offset: usize, count: usize, limit: usize) -> usize {
    source[limit..offset].char_indices().rev().take(count).last().map_or(offset, |(found, _)| limit + found)
}

/// The offset `count` characters after `offset`, not after `limit`.
fn after(source: &str, offset: usize, count: usize, limit: usize) -> usize {
    source[offset..limit].char_indices().nth(count).map_or(limit, |(found, _)| offset + found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;

    fn excerpt(text: &str, places: &[&str], width: usize) -> Excerpt {
        let source = Source::new("x.yaml", text);
        let spans: Vec<Span> = places
            .iter()
            .map(|place| {
                let start = text.find(place).unwrap();
                Span::new(FileId(0), start, start + place.len())
            })
            .collect();
        Excerpt::new(&source, &spans, width)
    }

    #[test]
    fn keeps_line_numbers_and_places() {
        let excerpt = excerpt("a: 1\nb: 2\nc: 3\nd: 4\ne: 5\n", &["b", "5"], 80);
        assert_eq!(excerpt.text, "b: 2\nc: 3\ne: 5\n\n");
        assert_eq!(&excerpt.text[excerpt.places[1].clone()], "5");
        assert_eq!(excerpt.line_number(excerpt.places[1].start), 4);
        assert_eq!(excerpt.start(excerpt.places[1].start), Some(Position { line: 5, column: 4 }));
    }

    #[test]
    fn cuts_wide_lines_around_labels() {
        let filler = "\"k\": 1, ".repeat(20_000);
        let text = format!("{{{filler}\"Needle\": true, {filler}\"Other\": false, {filler}}}");
        let excerpt = excerpt(&text, &["true", "false"], 100);
        assert!(excerpt.text.chars().count() < 140, "{}", excerpt.text);
        assert_eq!(&excerpt.text[excerpt.places[0].clone()], "true");
        assert_eq!(&excerpt.text[excerpt.places[1].clone()], "false");
        assert_eq!(excerpt.text.matches('…').count(), 3);
    }

    #[test]
    fn cuts_wide_labels_in_the_middle() {
        let long = "x".repeat(5_000);
        let excerpt = excerpt(&format!("a: {long}y b"), &[&format!("{long}y")], 80);
        assert!(excerpt.text.chars().count() < 100, "{}", excerpt.text);
        assert!(excerpt.text[excerpt.places[0].clone()].starts_with('x'));
        assert!(excerpt.text[excerpt.places[0].clone()].ends_with('y'));
    }

    #[test]
    fn shows_control_characters_and_hides_the_byte_order_mark() {
        let excerpt = excerpt("\u{feff}a: \"\u{1b}[31m\" # é\r\n", &["# é"], 80);
        assert_eq!(excerpt.text, "a: \"\u{241b}[31m\" # é\n\n");
        assert_eq!(&excerpt.text[excerpt.places[0].clone()], "# é");
    }

    #[test]
    fn long_places_have_their_first_and_last_lines() {
        let text = (0..50).map(|number| format!("line{number}\n")).collect::<Vec<_>>().concat();
        let source = Source::new("x", text.as_str());
        let excerpt = Excerpt::new(&source, &[Span::new(FileId(0), 6, text.len())], 80);
        for number in [1, 2, 3, 48, 49] {
            assert_eq!(excerpt.text[excerpt.line(number)], format!("line{number}\n"));
        }
        assert!(excerpt.line(20).is_empty());
    }

    #[test]
    fn places_outside_the_text_do_no_harm() {
        let source = Source::new("x", "é");
        let excerpt = Excerpt::new(&source, &[Span::new(FileId(0), 1, 900), Span::new(FileId(0), 9, 3)], 80);
        assert_eq!(excerpt.places.len(), 2);
        let empty = Source::new("x", "");
        assert_eq!(Excerpt::new(&empty, &[Span::default()], 80).text, "\n");
    }
}
