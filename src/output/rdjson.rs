//! `rdjson`: the format of reviewdog, which comments on pull requests of many hosts.
//!
//! <https://github.com/reviewdog/reviewdog/tree/master/proto/rdf>

use std::io::{self, Write};

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use super::{Told, headline, list, told};
use crate::diagnostic::{Finding, Severity};
use crate::report::Report;
use crate::text::{self, Sources, Span};

#[derive(Serialize)]
struct DiagnosticResult<'r> {
    source: Source,
    diagnostics: Diagnostics<'r>,
}

#[derive(Serialize)]
struct Source {
    name: &'static str,
}

#[derive(Serialize)]
struct Diagnostic<'r> {
    message: String,
    location: Location<'r>,
    severity: &'static str,
    code: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestions: Option<[Suggestion<'r>; 1]>,
}

/// A text in place of another. Suggestions are taken one by one, so only a fix of one edit is one.
#[derive(Serialize)]
struct Suggestion<'r> {
    range: Range,
    text: &'r str,
}

#[derive(Serialize)]
struct Location<'r> {
    path: &'r str,
    range: Range,
}

/// The end is exclusive.
#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

/// From 1, columns in bytes of UTF-8.
#[derive(Serialize)]
struct Position {
    line: u32,
    column: u32,
}

impl From<text::Position> for Position {
    fn from(text::Position { line, column }: text::Position) -> Self {
        Self { line, column }
    }
}

#[derive(Serialize)]
struct Code {
    value: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'static str>,
}

/// Writes one JSON object.
pub fn rdjson(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let source = Source { name: env!("CARGO_PKG_NAME") };
    serde_json::to_writer_pretty(&mut *out, &DiagnosticResult { source, diagnostics: Diagnostics(report) })?;
    writeln!(out)
}

struct Diagnostics<'r>(&'r Report);

impl Serialize for Diagnostics<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        list(serializer, self.0, &[Told::Findings], |list, part, finding, _| {
            list.serialize_element(&diagnostic(finding, &part.sources))
        })
    }
}

fn diagnostic<'r>(finding: &'r Finding, sources: &'r Sources) -> Diagnostic<'r> {
    let span = finding.primary.span;
    let source = sources.get(span.file);
    // Comments have the message only, so all is in there.
    let mut lines = vec![headline(finding)];
    lines.extend(told::below_headline(finding, sources));
    let range = |span: Span| Range {
        start: source.position_in_bytes(span.start).into(),
        end: source.position_in_bytes(span.end.max(span.start)).into(),
    };
    let suggestion = finding.fix.as_ref().and_then(|fix| match &fix.edits[..] {
        [edit] => Some([Suggestion { range: range(edit.span), text: &edit.text }]),
        _ => None,
    });
    Diagnostic {
        message: lines.join("\n"),
        location: Location { path: &source.name, range: range(span) },
        severity: match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Info => "INFO",
        },
        code: Code { value: finding.rule, url: finding.url },
        suggestions: suggestion,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::example;

    #[test]
    fn looks_as_agreed() {
        example::compare_format("rdjson.json", super::rdjson);
    }

    #[test]
    fn columns_count_bytes() {
        let mut out = Vec::new();
        super::rdjson(&example::behind_wide_letters(), &mut out).unwrap();
        let result: Value = serde_json::from_slice(&out).unwrap();
        let range = &result["diagnostics"][0]["location"]["range"];
        assert_eq!((&range["start"]["column"], &range["end"]["column"]), (&10.into(), &12.into()));
    }
}
