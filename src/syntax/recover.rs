//! Reading on after a mistake in YAML: what cannot be read is blanked, and the mistake is told in the author's terms.

use std::ops::Range;

use super::quoted;
use super::yaml::{self, Failure, Fault};
use super::{MAXIMUM_DEPTH, SyntaxError, Tree};
use crate::text::{FileId, Span};

/// How many bytes are read at most, all rounds together; it bounds the time for a large file full of mistakes.
const MAXIMUM_WORK: usize = 48 << 20;

/// How tags of text templates that take whole lines begin and end.
const TAGS: &[(&str, &str)] = &[("{%", "%}"), ("{#", "#}"), ("{{", "}}")];

/// What was read of a text.
pub(super) struct Reading<'t> {
    pub(super) tree: Tree<'t>,
    pub(super) errors: Vec<SyntaxError>,
    /// The first failure that could not be passed over.
    pub(super) failure: Option<Failure>,
}

/// Reads YAML. After a mistake its line is blanked in a copy (so that all offsets stay) and the copy is read; where
/// that does not help, the block around it goes too.
pub(super) fn read(mut reader: yaml::Reader<'_>) -> Reading<'_> {
    let yaml::Reader { source, file, .. } = reader;
    let mut failure = reader.read(source.len());
    let mut first = None;
    let mut errors = Vec::new();
    let mut gap: Option<Gap> = None;
    let rounds = (MAXIMUM_WORK / source.len().max(1)).clamp(4, 100);
    for _ in 0..rounds {
        let Some(failed) = &failure else { break };
        let copy = &mut reader.text;
        let stand_in = tolerate(copy, failed);
        if stand_in.is_none() && first.is_none() {
            first = Some(failed.clone());
            if let Some(changed) = blank_tags(copy, file, &mut errors) {
                failure = reader.read_again(changed);
                continue;
            }
        }
        let changed;
        if let Some((range, stand_in)) = stand_in {
            changed = range.start;
            copy.replace_range(range, &stand_in);
        } else if let Fault::Character(character) = failed.fault
            && character.is_control()
        {
            changed = 0;
            let start =
                copy[failed.offset..].find(character).map_or(failed.offset, |found| failed.offset + found);
            let message = format!("the control character U+{:04X}", u32::from(character));
            errors.push(error(file, start..(start + character.len_utf8()).min(copy.len()), message, None));
            *copy = copy.replace(character, &" ".repeat(character.len_utf8()));
        } else {
            let lines = Lines { text: copy };
            let wider = gap.as_ref().and_then(|gap| lines.widen(gap, failed.offset));
            let region = wider.unwrap_or_else(|| {
                let (mut error, region) = explain(&lines, failed, file);
                error.span.end = error.span.end.min(source.len() as u32);
                while !source.is_char_boundary(error.span.end as usize) {
                    error.span.end += 1;
                }
                errors.push(error);
                region
            });
            if copy[region.clone()].trim().is_empty() {
                break;
            }
            changed = region.start;
            blank(copy, region.clone());
            let indentation = Lines { text: source }.indentation(&Lines { text: source }.line(region.start));
            gap = Some(Gap { region, indentation });
        }
        failure = reader.read_again(changed);
    }
    let (tree, further) = reader.finish();
    errors.extend(further);
    if errors.is_empty() && failure.is_some() {
        errors.push(error(file, 0..0, "the file cannot be read as YAML", None));
    }
    Reading { tree, errors, failure: first.or(failure) }
}

/// What `PyYAML` (and with it every other tool for templates) reads and the parser refuses: a text in quotes that goes on
/// in a line indented too little, and a lone `-` in brackets. The copy gets a stand-in of the same length, the value
/// comes from the source.
fn tolerate(copy: &str, failure: &Failure) -> Option<(Range<usize>, String)> {
    match failure.fault {
        Fault::LoneDash => Some((failure.offset..failure.offset + 1, "x".to_owned())),
        Fault::ShallowQuote => {
            let opening = opening_quote(copy, failure)?;
            let end = opening + quoted::length(&copy[opening..])?.0;
            let behind = copy[end..].lines().next().unwrap_or("").trim();
            let inside = opening + 1..end - 1;
            (behind.is_empty() || behind.starts_with('#')).then(|| (inside.clone(), "x".repeat(inside.len())))
        }
        _ => None,
    }
}

/// The quote that a failure inside or behind a quoted text is about: of those behind what was read well, the first
/// that is not closed before the failure.
fn opening_quote(text: &str, failure: &Failure) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_quote = |at: usize| matches!(bytes.get(at), Some(b'"' | b'\''));
    if failure.fault != Fault::ShallowQuote && is_quote(failure.offset) {
        return Some(failure.offset);
    }
    let mut at = failure.cursor;
    while at < failure.offset {
        let begins =
            at == 0 || matches!(bytes[at - 1], b' ' | b'\t' | b'\n' | b'\r' | b'[' | b'{' | b',' | b':');
        if begins && bytes[at] == b'#' {
            at += memchr::memchr(b'\n', &bytes[at..])?;
        } else if begins && is_quote(at) {
            let end = quoted::length(&text[at..]).map_or(text.len(), |(length, _)| at + length);
            if end >= failure.offset {
                return Some(at);
            }
            at = end;
        } else {
            at += 1;
        }
    }
    None
}

fn blank(copy: &mut String, region: Range<usize>) {
    let blanks: String = copy[region.clone()]
        .bytes()
        .map(|byte| if matches!(byte, b'\n' | b'\r') { byte as char } else { ' ' })
        .collect();
    copy.replace_range(region, &blanks);
}

/// Blanks the lines of a text template that are tags such as `{% if %}`, and what stands between `{% macro %}` and
/// `{% endmacro %}`, which is text for elsewhere. Gives where the first of them is; lines that are alone with `{{ }}` may
/// be meant for something else.
fn blank_tags(copy: &mut String, file: FileId, errors: &mut Vec<SyntaxError>) -> Option<usize> {
    let is_tag = |line: &str| TAGS[..2].iter().any(|(open, _)| line.trim_start().starts_with(open));
    if !copy.lines().any(is_tag) {
        return None;
    }
    let mut regions: Vec<Range<usize>> = Vec::new();
    let mut end_of_tag = 0;
    let mut at = 0;
    for line in copy.split_inclusive('\n') {
        let text = line.trim();
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        if start >= end_of_tag
            && let Some((open, close)) = TAGS.iter().find(|(open, _)| text.starts_with(open))
        {
            errors.push(tag_error(file, start..start + text.len()));
            let inside = text[open.len()..].trim_start_matches('-').trim_start();
            let close = if inside.starts_with("macro ") { "endmacro" } else { close };
            end_of_tag = copy[start..].find(close).map_or(at, |found| start + found + close.len()).max(at);
        }
        if at - line.len() < end_of_tag {
            regions.push(at - line.len()..at);
        }
    }
    let first = regions.first().map(|region| region.start);
    for region in regions {
        blank(copy, region);
    }
    first
}

fn tag_error(file: FileId, range: Range<usize>) -> SyntaxError {
    let help = "put the value in quotes, or check what the text template makes".to_owned();
    error(file, range, "`{{` and `{%` of a text template are not YAML", Some(help))
}

fn error(file: FileId, range: Range<usize>, message: impl Into<String>, help: Option<String>) -> SyntaxError {
    SyntaxError { span: Span::new(file, range.start, range.end), message: message.into(), other: None, help }
}

/// What was blanked last, and how deep its first line was indented.
struct Gap {
    region: Range<usize>,
    indentation: Option<usize>,
}

/// A text seen as indented lines.
struct Lines<'s> {
    text: &'s str,
}

impl<'s> Lines<'s> {
    /// The line around an offset, without its line break.
    fn line(&self, offset: usize) -> Range<usize> {
        let bytes = self.text.as_bytes();
        let offset = offset.min(bytes.len());
        let start = memchr::memrchr2(b'\n', b'\r', &bytes[..offset]).map_or(0, |found| found + 1);
        let end = memchr::memchr2(b'\n', b'\r', &bytes[offset..]).map_or(bytes.len(), |found| offset + found);
        start..end
    }

    fn following(&self, line: &Range<usize>) -> Option<Range<usize>> {
        (line.end < self.text.len()).then(|| self.line(line.end + 1))
    }

    /// The nearest line above that is not blank.
    fn above(&self, line: &Range<usize>) -> Option<Range<usize>> {
        let mut line = line.clone();
        while line.start > 0 {
            line = self.line(line.start - 1);
            if self.indentation(&line).is_some() {
                return Some(line);
            }
        }
        None
    }

    /// Column of the first thing in a line; none for a blank line or a mere comment.
    fn indentation(&self, line: &Range<usize>) -> Option<usize> {
        let text = self.text[line.clone()].trim_start_matches('\u{feff}');
        let content = text.trim_start();
        (!content.is_empty() && !content.starts_with('#')).then(|| text.len() - content.len())
    }

    /// A line with all lines below that are indented deeper, and the closing bracket below them.
    fn block(&self, first: &Range<usize>) -> Range<usize> {
        let indentation = self.indentation(first).unwrap_or(0);
        let mut block = first.clone();
        let mut line = first.clone();
        while let Some(next) = self.following(&line) {
            let closes = self.text[next.clone()].trim_start().starts_with([']', '}']);
            match self.indentation(&next) {
                Some(deeper) if deeper > indentation => block.end = next.end,
                Some(same) if same == indentation && closes => return block.start..next.end,
                Some(_) => break,
                None => {}
            }
            line = next;
        }
        block
    }

    /// What to blank beyond a gap when reading failed again right behind it or in it: first what hangs deeper
    /// below the gap, then the block that encloses it. None if the failure has nothing to do with the gap.
    fn widen(&self, gap: &Gap, offset: usize) -> Option<Range<usize>> {
        let failed = self.line(offset);
        let Gap { region: gap, indentation } = gap;
        let between = self.text.get(gap.start..failed.start.max(gap.start))?;
        let sibling = indentation.is_some() && self.indentation(&failed) == *indentation;
        if offset < gap.start || sibling || !between.trim().is_empty() {
            return None;
        }
        let parent = self.above(gap);
        let parent_indentation = parent.as_ref().and_then(|line| self.indentation(line));
        match (self.indentation(&failed), parent, parent_indentation) {
            (Some(here), _, Some(parent)) if here > parent => Some(gap.start..self.block(&failed).end),
            (_, Some(parent), _) => {
                let block = self.block(&parent);
                Some(block.start..block.end.max(failed.end))
            }
            _ => Some(gap.start..self.block(&failed).end),
        }
    }

    /// What to blank for a mistake in a line: the line, and what belongs to it if it opens a block.
    fn region(&self, line: &Range<usize>) -> Range<usize> {
        let text = self.text[line.clone()].trim_end();
        let header = text.trim_end_matches(['+', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
        if text.ends_with(':') || header.ends_with(['|', '>']) { self.block(line) } else { line.clone() }
    }

    fn slice(&self, range: Range<usize>) -> &'s str {
        self.text.get(range).unwrap_or("")
    }
}

/// The mistake in the author's terms, and what to blank for it.
fn explain(lines: &Lines<'_>, failure: &Failure, file: FileId) -> (SyntaxError, Range<usize>) {
    let offset = failure.offset;
    let line = lines.line(offset);
    let near = lines.above(&line).unwrap_or_else(|| line.clone());
    if let Some((found, place)) =
        [&line, &near].into_iter().find_map(|line| conflict_marker(lines, line).map(|found| (found, line)))
    {
        let help = "finish the merge and remove the marker lines".to_owned();
        return (error(file, found, "a merge conflict marker of Git", Some(help)), place.clone());
    }
    if let Some(found) = two_tags(lines, &line, offset, file) {
        return (found, lines.region(&line));
    }
    if let Some((found, place)) =
        [&line, &near].into_iter().find_map(|line| text_template(lines, line).map(|found| (found, line)))
    {
        return (tag_error(file, found), lines.region(place));
    }
    if let Some((tab, place)) = tab_indentation(lines, &line, failure) {
        let help = "indent with spaces".to_owned();
        return (error(file, tab, "a line is indented with a tab", Some(help)), lines.region(&place));
    }
    let (found, place) = explain_fault(lines, failure, &line, file);
    let region = match failure.fault {
        Fault::UnclosedQuote
        | Fault::ShallowQuote
        | Fault::AfterQuote
        | Fault::UnclosedBracket
        | Fault::WrongBracket { .. }
        | Fault::Separator => {
            let block = lines.block(&place);
            // The line that failed belongs to the block only if it is indented deeper.
            if block.end < line.start { block } else { block.start..block.end.max(place.end) }
        }
        _ => lines.region(&place),
    };
    (found, region)
}

/// By what the parser says: the error and the line that it lies in.
fn explain_fault(
    lines: &Lines<'_>,
    failure: &Failure,
    line: &Range<usize>,
    file: FileId,
) -> (SyntaxError, Range<usize>) {
    let offset = failure.offset;
    let here = |message: String, help: Option<&str>| {
        (error(file, token(lines, offset), message, help.map(str::to_owned)), line.clone())
    };
    let at = |range: Range<usize>, message: String, help: Option<&str>| {
        let place = lines.line(range.start);
        (error(file, range, message, help.map(str::to_owned)), place)
    };
    let text = lines.slice(line.clone());
    match &failure.fault {
        Fault::UnclosedQuote | Fault::ShallowQuote | Fault::AfterQuote | Fault::BadEscape => {
            explain_quote(lines, failure, line, file)
        }
        Fault::UnclosedBracket | Fault::Separator | Fault::WrongBracket { .. } => {
            let bytes = lines.text.as_bytes();
            let is_bracket = |at: &usize| matches!(bytes.get(*at), Some(b'[' | b'{'));
            let outermost = failure.bracket.filter(|_| failure.fault != Fault::UnclosedBracket);
            let open = outermost
                .or_else(|| Some(offset).filter(is_bracket))
                .or_else(|| (failure.cursor..offset).find(is_bracket));
            let Some(open) = open else { return here("a bracket, comma or colon too many".to_owned(), None) };
            let bracket = lines.slice(open..open + 1);
            if let Fault::WrongBracket { open: opening, close } = failure.fault {
                return at(offset..offset + 1, format!("`{opening}` is closed by `{close}`"), None);
            }
            let place = lines.line(open);
            let dedented = place.start < line.start && lines.indentation(line) <= lines.indentation(&place);
            if failure.fault == Fault::UnclosedBracket || dedented {
                return at(open..open + 1, format!("`{bracket}` is never closed"), None);
            }
            let (found, _) =
                here(format!("a comma is missing or too many between the values of this `{bracket}`"), None);
            let other = Some((Span::new(file, open, open + 1), "opened here".to_owned()));
            (SyntaxError { other, ..found }, place)
        }
        Fault::LoneDash => here("a lone `-` between brackets".to_owned(), Some("put it in quotes")),
        Fault::StrayBracket => here(
            format!("`{}` closes nothing", lines.slice(offset..offset + 1)),
            Some("a text that begins with a bracket needs quotes"),
        ),
        Fault::Tab => here("a tab where only spaces may stand".to_owned(), Some("use spaces")),
        Fault::Depth => here(format!("values nest deeper than {MAXIMUM_DEPTH} levels"), None),
        Fault::Character(character) => {
            here(format!("a value cannot begin with `{character}`"), Some("put the value in quotes"))
        }
        Fault::NoName => here(
            format!(
                "`{}` at the start of a value has a meaning of its own in YAML",
                lines.slice(offset..offset + 1)
            ),
            Some("put the value in quotes"),
        ),
        Fault::TagHandle => {
            here(format!("`{}` is no function or tag", lines.slice(token(lines, offset))), None)
        }
        Fault::NoColon => {
            if let Some(colon) = missing_space(lines, line) {
                return at(colon, "missing space after `:`".to_owned(), None);
            }
            let start = line.start + (text.len() - text.trim_start().len());
            let content = start..start + text.trim().len();
            at(content, "a line without `:` among `key: value` lines".to_owned(), None)
        }
        Fault::SecondColon => {
            let above = lines.above(line);
            if let Some(colon) = above.as_ref().and_then(|above| missing_space(lines, above)) {
                return at(colon, "missing space after `:`".to_owned(), None);
            }
            let before = lines.slice(line.start..offset);
            if let Some(first) = before.find(": ") {
                let start = line.start + first + 1;
                let start = start
                    + (lines.slice(start..offset).len() - lines.slice(start..offset).trim_start().len());
                return at(
                    start..line.start + text.trim_end().len(),
                    "a second `: ` in a value without quotes".to_owned(),
                    Some("put the value in quotes"),
                );
            }
            let key = line.start + (before.len() - before.trim_start().len())..offset;
            let name = lines.slice(key.clone()).trim();
            at(
                key.clone(),
                format!("`{name}` is indented under a line that already has a value"),
                Some("align it with the key that it belongs beside"),
            )
        }
        Fault::Structure => {
            let content = line.start + (text.len() - text.trim_start().len());
            if offset > content && !lines.slice(content..offset).trim_matches(['-', ' ', '\t']).is_empty() {
                return here(
                    "this does not belong to the value before it".to_owned(),
                    Some("put the whole value in quotes, or start a new line"),
                );
            }
            let above = lines.above(line);
            let above_indentation = above.as_ref().and_then(|above| lines.indentation(above));
            let is_item = |range: &Range<usize>| lines.slice(range.clone()).trim_start().starts_with("- ");
            if above_indentation == lines.indentation(line) {
                match (is_item(line), above.as_ref().is_some_and(is_item)) {
                    (true, false) => return here("a list item among `key: value` lines".to_owned(), None),
                    (false, true) => return here("a `key: value` line among list items".to_owned(), None),
                    _ => {}
                }
            }
            here(
                "the indentation of this line fits no line above".to_owned(),
                Some("align it with the lines that it belongs beside"),
            )
        }
        Fault::Other(message) => here(message.clone(), None),
    }
}

fn explain_quote(
    lines: &Lines<'_>,
    failure: &Failure,
    line: &Range<usize>,
    file: FileId,
) -> (SyntaxError, Range<usize>) {
    let offset = failure.offset;
    let opening = opening_quote(lines.text, failure).unwrap_or(offset);
    let place = lines.line(opening);
    if failure.fault == Fault::BadEscape {
        let escape =
            bad_escape(lines.slice(opening..lines.text.len())).map_or(opening, |found| opening + found);
        let range = escape..(escape + 2).min(lines.text.len());
        let help = Some("write `\\\\` for a backslash, or use single quotes".to_owned());
        let message =
            format!("`{}` is no escape in double quotes", lines.text.get(range.clone()).unwrap_or("\\"));
        let range = if lines.text.is_char_boundary(range.end) { range } else { escape..escape + 1 };
        return (error(file, range, message, help), place);
    }
    if matches!(failure.fault, Fault::UnclosedQuote | Fault::ShallowQuote) || place.start < line.start {
        return (
            error(file, opening..opening + 1, "a quote that is not closed where its value ends", None),
            place,
        );
    }
    let rest = lines.slice(offset..line.end);
    let range = offset..offset + rest.trim_end().len();
    if rest.starts_with(',') {
        let help = "YAML has no comma at the end of a line".to_owned();
        return (error(file, offset..offset + 1, "a comma after a value", Some(help)), place);
    }
    let help = "put the whole value in quotes, and double a quote inside it or write `\\\"`".to_owned();
    (error(file, range, "text after the closing quote", Some(help)), place)
}

/// The first escape in a double-quoted text that YAML does not have.
fn bad_escape(text: &str) -> Option<usize> {
    let mut at = 1;
    while let Some(found) = text.get(at..)?.find('\\') {
        let next = text.as_bytes().get(at + found + 1).copied().unwrap_or(0);
        if !br#"0abtnvfre "/\N_LPxuU"#.contains(&next) && !matches!(next, b'\t' | b'\n' | b'\r') {
            return Some(at + found);
        }
        at += found + 2;
    }
    None
}

/// The word at an offset, for underlining.
fn token(lines: &Lines<'_>, offset: usize) -> Range<usize> {
    let rest = lines.slice(offset..lines.text.len());
    offset..offset + rest.find(char::is_whitespace).unwrap_or(rest.len())
}

fn conflict_marker(lines: &Lines<'_>, line: &Range<usize>) -> Option<Range<usize>> {
    ["<<<<<<<", "=======", ">>>>>>>"]
        .iter()
        .any(|mark| lines.slice(line.clone()).starts_with(mark))
        .then(|| line.clone())
}

/// `!Sub !Ref x`, the commonest slip of all
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-base64.html>).
fn two_tags(lines: &Lines<'_>, line: &Range<usize>, offset: usize, file: FileId) -> Option<SyntaxError> {
    let second = token(lines, offset);
    let inner = lines.slice(second.clone());
    let before = lines.slice(line.start..offset).trim_end();
    let outer = &before[before.rfind([' ', '\t']).map_or(0, |space| space + 1)..];
    if !outer.starts_with('!') || !inner.starts_with(['!', '*']) {
        return None;
    }
    let first = line.start + before.len() - outer.len()..line.start + before.len();
    if inner.starts_with('*') {
        return Some(error(file, second, "an alias cannot carry a function or tag", None));
    }
    let name = &outer[1..];
    let long = if matches!(name, "Ref" | "Condition") { name.to_owned() } else { format!("Fn::{name}") };
    let help = format!("write the outer one in its long form, `{long}:`, with `{inner}` as its value");
    let found = error(file, second, "a value can carry only one short-form function", Some(help));
    Some(SyntaxError {
        other: Some((Span::new(file, first.start, first.end), "the first".to_owned())),
        ..found
    })
}

/// `{{ name }}` or `{% if %}` at the start of a line or value.
fn text_template(lines: &Lines<'_>, line: &Range<usize>) -> Option<Range<usize>> {
    let text = lines.slice(line.clone());
    let mark = ["{{", "{%", "{#"].iter().find_map(|mark| {
        let found = text.find(mark)?;
        let before = text[..found].trim_end();
        (before.is_empty() || before.ends_with([':', '-'])).then_some(found)
    })?;
    Some(line.start + mark..line.start + text.trim_end().len())
}

/// The tab that indents the line that failed or, after a value that seems to go on, the next one.
fn tab_indentation(
    lines: &Lines<'_>,
    line: &Range<usize>,
    failure: &Failure,
) -> Option<(Range<usize>, Range<usize>)> {
    if failure.fault != Fault::Tab {
        return None;
    }
    let next = lines.following(line).filter(|_| !lines.slice(failure.offset..line.end).contains('\t'));
    [Some(line.clone()), next].into_iter().flatten().find_map(|line| {
        let text = lines.slice(line.clone());
        let tab = text[..text.len() - text.trim_start().len()].find('\t')?;
        Some((line.start + tab..line.start + tab + 1, line))
    })
}

/// The colon of `Type:AWS::EC2::VPC`, with the first character behind it.
fn missing_space(lines: &Lines<'_>, line: &Range<usize>) -> Option<Range<usize>> {
    let text = lines.slice(line.clone());
    let content = text.trim_start().trim_start_matches("- ").trim_start();
    let colon = content.find(':')?;
    let is_key = colon > 0
        && content[..colon].bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    let behind = content[colon + 1..].chars().next()?;
    let start = line.start + (text.len() - content.len()) + colon;
    (is_key && !behind.is_whitespace() && behind != '/').then(|| start..start + 1 + behind.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::super::subset;
    use super::*;

    /// In a text that is long enough for marks, some lines in turn get a mistake below them.
    #[test]
    fn reading_on_where_the_fast_reader_stops_gives_what_reading_from_the_start_gives() {
        let part = |number: usize| {
            format!(
                "# {number}\nA{number}: # {}\n  B: C # D\n  # E\n  F: |\n    G\n  'H': \"I\n    J\"\n  K: !Sub\n    - L\n\
                 \x20   - {{M: N}}\n\n  O:\n    P: Q\n  P:\n  P: Q\n  R: S\n    T\n",
                "long ".repeat(100)
            )
        };
        let mistakes = [
            "@",
            "  @",
            "  x: [",
            "\tx",
            "  '",
            "  x: 'y\n z'",
            "{% if x %}",
            "---",
            "? x",
            "x: &x y",
            "  x: \u{1}",
        ];
        let file = FileId(7);
        let mut from_marks = 0;
        for start in ["", "---\n", " # x\n", "%YAML 1.2\n---\n", "\u{feff}"] {
            let text = start.to_owned() + &(0..5).map(part).collect::<String>();
            for (number, (at, _)) in text.match_indices('\n').enumerate().skip(1).step_by(5) {
                let mistake = mistakes[number % mistakes.len()];
                let text = [&text[..=at], mistake, &text[at..]].concat();
                let Err(reader) = subset::read(&text, file) else { continue };
                from_marks += usize::from(reader.has_marks());
                let (on, anew) = (read(*reader), read(yaml::Reader::new(&text, file)));
                assert!(
                    on.tree == anew.tree && on.errors == anew.errors,
                    "{text:?}\n{:#?}\n{:#?}",
                    on.tree,
                    anew.tree
                );
                assert_eq!(on.failure, anew.failure, "{text:?}");
            }
        }
        assert!(from_marks > 30, "{from_marks}");
    }
}
