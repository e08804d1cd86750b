//! `github`: workflow commands, which GitHub Actions shows at the lines of a pull request.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use std::io::{self, Write};

use super::{headline, told};
use crate::diagnostic::{Finding, Severity};
use crate::report::Report;
use crate::text::Sources;

/// Writes `::error file=...,line=...::message` for each finding.
pub fn github(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    report.each(&mut |part| part.findings.iter().try_for_each(|finding| command(finding, &part.sources, out)))
}

fn command(finding: &Finding, sources: &Sources, out: &mut dyn Write) -> io::Result<()> {
    let span = finding.primary.span;
    let source = sources.get(span.file);
    let start = source.position(span.start);
    let end = source.position(span.end.max(span.start));
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    write!(out, "::{command} file={},line={},endLine={}", property(&source.name), start.line, end.line)?;
    // Columns of a place over several lines are refused.
    if start.line == end.line {
        write!(out, ",col={},endColumn={}", start.column, end.column)?;
    }
    let mut lines = vec![headline(finding)];
    lines.extend(told::below_headline(finding, sources));
    writeln!(out, ",title={}::{}", property(finding.rule), message(&lines.join("\n")))
}

/// The text of a command, on one line.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which a comma or a colon would end.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;
    use crate::diagnostic::Label;
    use crate::report::Part;
    use crate::text::{FileId, Source, Span};

    #[test]
    fn looks_as_agreed() {
        example::compare_format("github.txt", github);
    }

    #[test]
    fn nothing_in_a_template_ends_a_command() {
        let file = FileId(0);
        let sources = Sources::one(file, Source::new("a,b:c%\n.yaml", "x"));
        let primary = Label { owner: None, span: Span::new(file, 0, 1), message: String::new() };
        let mut finding = Finding::new("a-rule", Severity::Info, primary, "100% of a::b, c");
        finding.help("first\r\n::error::second");
        let part = Part { sources, findings: vec![finding], ..Part::default() };
        let mut out = Vec::new();
        github(&part.into(), &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "::notice file=a%2Cb%3Ac%25%0A.yaml,line=1,endLine=1,col=1,endColumn=2,title=a-rule::100%25 of a::b, c\
             %0Ahelp: first ::error::second\n"
        );
    }
}
