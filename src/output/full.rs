//! `full`: findings and operational errors with source excerpts, drawn by `codespan-reporting`.

use std::io::{self, Write};
use std::ops::Range;

use codespan_reporting::diagnostic::{Diagnostic, Label, LabelStyle, Severity as Level};
use codespan_reporting::files::{Error, Files, Location};
use codespan_reporting::term::{self, Config, WriteStyle};

use super::excerpt::{Excerpt, LINES_AT_END, LINES_AT_START};
use super::{Look, SHOWN_LABELS, clean, headline, wrap};
use crate::diagnostic::{Finding, Severity};
use crate::report::Report;
use crate::text::{FileId, Source, Sources, Span};

/// How many of the counted places are named.
const NAMED_PLACES: usize = 6;

/// Draws all findings.
pub fn full(report: &Report, look: Look, out: &mut dyn Write) -> io::Result<()> {
    report.each(&mut |part| {
        let mut each = part.findings.iter();
        each.try_for_each(|finding| draw(&drawing(finding, &part.sources), &part.sources, look, out))
    })
}

/// Draws an error of the tool itself. `source` is the text that its labels point into.
pub fn problem(
    error: &dyn miette::Diagnostic,
    source: Option<Source>,
    look: Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let level = match error.severity() {
        None | Some(miette::Severity::Error) => Level::Error,
        Some(miette::Severity::Warning) => Level::Warning,
        Some(miette::Severity::Advice) => Level::Note,
    };
    let mut sources = Sources::default();
    let file = source.map(|source| sources.add(source));
    // Where none is marked, all are what it is about.
    let marked = error.labels().into_iter().flatten().any(|label| label.primary());
    let labels = file.into_iter().flat_map(|file| {
        error.labels().into_iter().flatten().map(move |label| {
            let span = Span::new(file, label.offset(), label.offset() + label.len());
            let style = if marked && !label.primary() { LabelStyle::Secondary } else { LabelStyle::Primary };
            (style, span, label.label().unwrap_or_default().to_owned())
        })
    });
    let drawing = Drawing {
        level,
        rule: None,
        headline: clean(&error.to_string()).into_owned(),
        labels: labels.collect(),
        notes: error.help().map(|help| ("help".to_owned(), help.to_string())).into_iter().collect(),
    };
    draw(&drawing, &sources, look, out)
}

/// What is drawn, before it is cut and set.
struct Drawing {
    level: Level,
    rule: Option<&'static str>,
    headline: String,
    labels: Vec<(LabelStyle, Span, String)>,
    /// A word and the text behind it.
    notes: Vec<(String, String)>,
}

fn drawing(finding: &Finding, sources: &Sources) -> Drawing {
    let primary = &finding.primary;
    let mut labels = vec![(LabelStyle::Primary, primary.span, clean(&primary.message).into_owned())];
    let shown = finding.labels.len().min(SHOWN_LABELS);
    for label in &finding.labels[..shown] {
        labels.push((LabelStyle::Secondary, label.span, clean(&label.message).into_owned()));
    }
    let mut notes = Vec::new();
    if let Some(owner) = &primary.owner {
        let quoted = format!("`{owner}`");
        let is_named = finding.message.contains(&quoted)
            || primary.message.contains(&quoted)
            || sources.get(primary.span.file).slice(primary.span) == owner;
        if !is_named {
            notes.push(("resource".to_owned(), quoted));
        }
    }
    if let Some(rest) = rest_of_places(&finding.labels[shown..], sources) {
        notes.push(rest);
    }
    notes.extend(super::told::notes(finding).map(|(word, text)| (word.to_owned(), text.into_owned())));
    Drawing {
        level: match finding.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
            Severity::Info => Level::Note,
        },
        rule: Some(finding.rule),
        headline: headline(finding),
        labels,
        notes,
    }
}

/// `and 6 more places: A, B, ...`, each place named by its resource or else by its line.
fn rest_of_places(rest: &[crate::diagnostic::Label], sources: &Sources) -> Option<(String, String)> {
    if rest.is_empty() {
        return None;
    }
    let mut names: Vec<String> = Vec::new();
    for label in rest {
        let name = label.owner.as_ref().map_or_else(
            || {
                let source = sources.get(label.span.file);
                format!("{}:{}", source.name, source.position(label.span.start).line)
            },
            |owner| format!("`{owner}`"),
        );
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let more = if names.len() > NAMED_PLACES { ", ..." } else { "" };
    names.truncate(NAMED_PLACES);
    Some((format!("and {}", super::number(rest.len(), "more place")), format!("{}{more}", names.join(", "))))
}

fn draw(drawing: &Drawing, sources: &Sources, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let mut by_file: Vec<(FileId, Vec<Span>)> = Vec::new();
    for (_, span, _) in &drawing.labels {
        match by_file.iter_mut().find(|(file, _)| *file == span.file) {
            Some((_, spans)) => spans.push(*span),
            None => by_file.push((span.file, vec![*span])),
        }
    }
    // The line number and the border stand before the source.
    let width = look.width.saturating_sub(10);
    let excerpts = Excerpts(
        by_file.iter().map(|(file, spans)| Excerpt::new(sources.get(*file), spans, width)).collect(),
    );
    let mut next_place = vec![0; by_file.len()];
    let mut labels = Vec::new();
    for (style, span, message) in &drawing.labels {
        if let Some(index) = by_file.iter().position(|(file, _)| *file == span.file) {
            let place = excerpts.0[index].places[next_place[index]].clone();
            next_place[index] += 1;
            labels.push(Label::new(*style, index, place).with_message(message));
        }
    }
    let mut diagnostic = Diagnostic::new(drawing.level).with_message(&drawing.headline).with_labels(labels);
    diagnostic.code = drawing.rule.map(str::to_owned);
    diagnostic.notes = drawing.notes.iter().map(|(word, text)| note(word, text, width)).collect();
    let config =
        Config { start_context_lines: LINES_AT_START, end_context_lines: LINES_AT_END, ..Config::default() };
    let mut writer = Writer { out, color: look.color, before_severity: None };
    term::emit_to_write_style(&mut writer, &config, &excerpts, &diagnostic).map_err(|error| match error {
        Error::Io(error) => error,
        other => io::Error::other(other.to_string()),
    })
}

/// A note whose further lines stand under the beginning of its text.
fn note(word: &str, text: &str, width: usize) -> String {
    let text = clean(text);
    let lines = wrap(&text, width.saturating_sub(word.len() + 2));
    let indent = format!("\n{}", " ".repeat(word.len() + 2));
    format!("{word}: {}", lines.join(&indent))
}

/// The excerpts of one drawing; their index is codespan's file id.
struct Excerpts(Vec<Excerpt>);

impl Excerpts {
    fn excerpt(&self, id: usize) -> Result<&Excerpt, Error> {
        self.0.get(id).ok_or(Error::FileMissing)
    }
}

impl<'a> Files<'a> for Excerpts {
    type FileId = usize;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: usize) -> Result<&'a str, Error> {
        Ok(&self.excerpt(id)?.name)
    }

    fn source(&'a self, id: usize) -> Result<&'a str, Error> {
        Ok(&self.excerpt(id)?.text)
    }

    fn line_index(&'a self, id: usize, offset: usize) -> Result<usize, Error> {
        Ok(self.excerpt(id)?.line_number(offset))
    }

    fn line_range(&'a self, id: usize, line: usize) -> Result<Range<usize>, Error> {
        Ok(self.excerpt(id)?.line(line))
    }

    fn location(&'a self, id: usize, offset: usize) -> Result<Location, Error> {
        let start = self.excerpt(id)?.start(offset);
        let start = start.ok_or(Error::IndexTooLarge { given: offset, max: 0 })?;
        Ok(Location { line_number: start.line as usize, column_number: start.column as usize })
    }
}

/// Colours by escape sequences, and our own word for codespan's lowest level.
struct Writer<'w> {
    out: &'w mut dyn Write,
    color: bool,
    /// Set between the start of the head and the word that names the level there.
    before_severity: Option<Level>,
}

const RED: &str = "31";
const YELLOW: &str = "33";
const BLUE: &str = "34";
const CYAN: &str = "36";

fn color_of(level: Level) -> &'static str {
    match level {
        Level::Bug | Level::Error => RED,
        Level::Warning => YELLOW,
        Level::Note | Level::Help => CYAN,
    }
}

impl Writer<'_> {
    fn style(&mut self, codes: &str) -> io::Result<()> {
        if self.color { write!(self.out, "\x1b[{codes}m") } else { Ok(()) }
    }
}

impl Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.before_severity.take() == Some(Level::Note) && bytes == b"note" {
            self.out.write_all(b"info")?;
            return Ok(bytes.len());
        }
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl WriteStyle for Writer<'_> {
    fn set_header(&mut self, level: Level) -> io::Result<()> {
        self.before_severity = Some(level);
        self.style(&format!("1;{}", color_of(level)))
    }

    fn set_header_message(&mut self) -> io::Result<()> {
        self.style("0;1")
    }

    fn set_line_number(&mut self) -> io::Result<()> {
        self.style(BLUE)
    }

    fn set_note_bullet(&mut self) -> io::Result<()> {
        self.style(BLUE)
    }

    fn set_source_border(&mut self) -> io::Result<()> {
        self.style(BLUE)
    }

    fn set_label(&mut self, level: Level, style: LabelStyle) -> io::Result<()> {
        match style {
            LabelStyle::Primary => self.style(&format!("1;{}", color_of(level))),
            LabelStyle::Secondary => self.style(BLUE),
        }
    }

    fn reset(&mut self) -> io::Result<()> {
        self.style("0")
    }
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;
    use crate::report::Part;

    const LOOK: Look = Look { color: false, width: 100 };

    fn drawn(finding: Finding, sources: Sources, look: Look) -> String {
        let mut out = Vec::new();
        let part = Part { sources, findings: vec![finding], ..Part::default() };
        full(&part.into(), look, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn looks_as_agreed() {
        let mut out = Vec::new();
        full(&example::report(), LOOK, &mut out).unwrap();
        example::compare("full.txt", &String::from_utf8(out).unwrap());
    }

    #[test]
    fn colours_only_on_demand() {
        let report = example::report();
        let mut plain = Vec::new();
        full(&report, LOOK, &mut plain).unwrap();
        assert!(!plain.contains(&0x1b));
        let mut colored = Vec::new();
        full(&report, Look { color: true, ..LOOK }, &mut colored).unwrap();
        let colored = String::from_utf8(colored).unwrap();
        assert!(colored.contains("\x1b[1;31merror"), "{colored}");
        assert!(colored.contains("\x1b[1;36minfo["), "{colored}");
    }

    #[test]
    fn one_long_line_does_not_fill_the_screen() {
        let filler = "\"Key\": \"value\", ".repeat(6_000);
        let text = format!("{{{filler}\"AcceptanceRequired\": false, {filler}}}");
        let start = text.find("false").unwrap();
        let mut sources = Sources::default();
        let file = sources.add(Source::new("one-line.json", text));
        let place = crate::diagnostic::Label {
            owner: Some("Service".to_owned()),
            span: Span::new(file, start, start + 5),
            message: "off".to_owned(),
        };
        let drawn = drawn(Finding::new("acceptance-off", Severity::Warning, place, "x"), sources, LOOK);
        assert!(drawn.len() < 600, "{drawn}");
        assert!(drawn.contains("\"AcceptanceRequired\": false"), "{drawn}");
        assert!(drawn.contains(&format!("one-line.json:1:{}", start + 1)), "{drawn}");
        assert!(drawn.contains("^^^^^ off"), "{drawn}");
    }

    #[test]
    fn nothing_from_a_template_reaches_the_terminal_raw() {
        let text = "a: \"\u{1b}]0;title\u{7}\"\n";
        let mut sources = Sources::default();
        let file = sources.add(Source::new("\u{1b}[2Jx.yaml", text));
        let place = crate::diagnostic::Label {
            owner: Some("\u{1b}[31mRed".to_owned()),
            span: Span::new(file, 3, text.len() - 1),
            message: "\u{9b}31m".to_owned(),
        };
        let mut finding = Finding::new("r", Severity::Error, place, "message \u{1b}[5m");
        finding.help("line\nbreak \u{8}").why("\u{1b}c");
        let drawn = drawn(finding, sources, LOOK);
        assert!(drawn.chars().all(|letter| letter == '\n' || !letter.is_control()), "{drawn:?}");
    }

    #[test]
    fn draws_operational_errors_with_a_caret() {
        let text = "slect = []\n";
        let error = crate::config::parse(text, &crate::config::Registry::default()).unwrap_err().remove(0);
        let mut out = Vec::new();
        problem(&error, Some(Source::new("privatelint.toml", text)), LOOK, &mut out).unwrap();
        let drawn = String::from_utf8(out).unwrap();
        assert!(drawn.starts_with("error: unknown setting `slect`\n"), "{drawn}");
        assert!(drawn.contains("privatelint.toml:1:1"), "{drawn}");
        assert!(drawn.contains("^^^^^ no such setting"), "{drawn}");
        assert!(drawn.contains("= help: did you mean `select`?"), "{drawn}");
    }

    proptest::proptest! {
        #[test]
        fn any_place_in_any_text_can_be_drawn(
            text in "([a-z é\u{1F980}\u{1b}\t]{0,30}(\n|\r\n|)){0,12}",
            long in 0_usize..400,
            places in proptest::collection::vec((0_usize..600, 0_usize..600), 1..6),
        ) {
            let text = format!("{text}{}", "x: é, ".repeat(long));
            let mut sources = Sources::default();
            let file = sources.add(Source::new("x.yaml", text));
            let mut labels = places.iter().map(|(start, length)| crate::diagnostic::Label {
                owner: None,
                span: Span::new(file, *start, start + length),
                message: "here".to_owned(),
            });
            let mut finding = Finding::new("r", Severity::Error, labels.next().unwrap(), "m");
            finding.labels = labels.collect();
            let drawn = drawn(finding, sources, LOOK);
            let longest = drawn.lines().map(|line| line.chars().count()).max().unwrap();
            proptest::prop_assert!(longest < 260, "{longest}\n{drawn}");
        }
    }
}
