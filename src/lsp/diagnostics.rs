//! Findings as diagnostics.

use std::fmt::Write;

use lsp_types::{
    Code, CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag,
    Location, Message, Uri,
};

use super::client::Client;
use super::convert::Lines;
use super::documents::{FILE, Snapshot};
use super::settings::Mistake;
use crate::diagnostic::{Finding, Label, Severity};
use crate::engine::FileReport;
use crate::output::headline;
use crate::rules;

/// Who says it.
const SOURCE: &str = "privatelint";

/// Rules that find what can be removed without any effect: shown faded.
const UNNECESSARY: &[&str] = &["unused-suppression"];

/// What is said about a document; nothing about one that is no template.
pub(super) fn of(report: &FileReport, snapshot: &Snapshot) -> Vec<Diagnostic> {
    said(report, &snapshot.text).map(|finding| diagnostic(finding, snapshot)).collect()
}

/// The findings to show. A text that is too broken to be read as a template is one where it speaks of AWS.
pub(super) fn said<'r>(report: &'r FileReport, text: &str) -> impl Iterator<Item = &'r Finding> {
    let shown = report.is_template || (!report.findings.is_empty() && text.contains("AWS::"));
    report.findings.iter().filter(move |_| shown)
}

/// One finding.
pub(super) fn diagnostic(finding: &Finding, snapshot: &Snapshot) -> Diagnostic {
    let Snapshot { lines, client, uri, .. } = snapshot;
    // Labels without words only show where else it is so.
    let related: Vec<&Label> = finding.labels.iter().filter(|label| label.span.file == FILE).collect();
    let mut message = words(finding);
    if !client.related_information {
        for label in &related {
            let line = lines.line_at(label.span.start as usize) + 1;
            _ = write!(message, "\nline {line}: {}", words_of(label));
        }
    }
    let href = page_of(finding).filter(|_| client.code_description).and_then(|url| Uri::parse(url).ok());
    Diagnostic {
        range: lines.range_of(finding.primary.span),
        severity: Some(severity(finding.severity)),
        code: Some(Code::String(finding.rule.to_owned())),
        code_description: href.map(|href| CodeDescription { href }),
        source: Some(SOURCE.to_owned()),
        message: Message::String(message),
        tags: UNNECESSARY.contains(&finding.rule).then(|| vec![DiagnosticTag::Unnecessary]),
        related_information: client.related_information.then(|| {
            let one = |label: &&Label| DiagnosticRelatedInformation {
                location: Location { uri: uri.clone(), range: lines.range_of(label.span) },
                message: words_of(label),
            };
            related.iter().map(one).collect()
        }),
        data: None,
    }
}

/// The page that explains a finding, or else the one that its rule rests on.
pub(super) fn page_of(finding: &Finding) -> Option<&'static str> {
    finding.url.or_else(|| rules::find(finding.rule).map(|rule| rule.url))
}

/// All that a finding says, one thing a line.
fn words(finding: &Finding) -> String {
    let mut words = headline(finding);
    let parts = [("", &finding.why), ("help: ", &finding.help), ("symptom: ", &finding.symptom)];
    for (name, text) in parts {
        if let Some(text) = text {
            _ = write!(words, "\n{name}{text}");
        }
    }
    words
}

fn words_of(label: &Label) -> String {
    match (&label.owner, label.message.as_str()) {
        (Some(owner), "") => format!("`{owner}`"),
        (None, "") => "here too".to_owned(),
        (_, message) => message.to_owned(),
    }
}

fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Error => DiagnosticSeverity::Error,
        Severity::Warning => DiagnosticSeverity::Warning,
        Severity::Info => DiagnosticSeverity::Information,
    }
}

/// What is wrong in a configuration file.
pub(super) fn of_configuration(mistake: &Mistake, client: &Client) -> Diagnostic {
    let lines = Lines::new(mistake.text.as_str().into(), client.encoding);
    let mut message = mistake.message.clone();
    if let Some(help) = &mistake.help {
        _ = write!(message, "\nhelp: {help}");
    }
    Diagnostic {
        range: lines.range(mistake.place.clone()),
        severity: Some(DiagnosticSeverity::Error),
        source: Some(SOURCE.to_owned()),
        message: Message::String(message),
        code: None,
        code_description: None,
        tags: None,
        related_information: None,
        data: None,
    }
}
