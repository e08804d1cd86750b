//! `json`: the whole report for programs, in a shape of its own that `report.schema.json` describes.

use std::cell::RefCell;
use std::io::{self, BufWriter, Write};

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use super::{Told, list};
use crate::diagnostic::{Finding, Fingerprint, Fingerprints, Fix, Label};
use crate::report::{Report, Totals};
use crate::text::{Sources, Span};

/// Raised when a field changes its meaning or goes away; new fields do not raise it.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// The report.
#[derive(Serialize)]
struct JsonReport<'r> {
    schema_version: u32,
    tool: JsonTool,
    summary: JsonSummary,
    /// Sorted by file, place and rule.
    findings: JsonFindings<'r>,
    /// What the templates say is not to be told, in the same order.
    suppressed: JsonFindings<'r>,
}

/// Findings, read while they are written.
struct JsonFindings<'r> {
    report: &'r Report,
    told: Told,
    fingerprints: &'r RefCell<Fingerprints>,
}

/// Who made the report.
#[derive(Serialize)]
pub(super) struct JsonTool {
    name: &'static str,
    version: &'static str,
}

/// Counts of the run.
#[derive(Serialize)]
pub(super) struct JsonSummary {
    /// Files that were looked at.
    files: usize,
    /// Those of them that are templates.
    templates: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
    /// What ignores in the templates suppress.
    suppressed: usize,
    /// What the baseline knows.
    in_baseline: usize,
}

/// One finding.
#[derive(Serialize)]
pub(super) struct JsonFinding<'r> {
    rule: &'static str,
    /// `error`, `warning` or `info`.
    severity: &'static str,
    /// `definite` or `possible`.
    certainty: &'static str,
    message: &'r str,
    #[serde(flatten)]
    place: JsonPlace<'r>,
    /// Other places that make it so.
    labels: Vec<JsonLabel<'r>>,
    /// The circumstances of a possible finding.
    when: Option<&'r str>,
    why: Option<&'r str>,
    help: Option<&'r str>,
    /// What a person would see at run time.
    symptom: Option<&'r str>,
    url: Option<&'static str>,
    /// What mends it.
    fix: Option<JsonFix<'r>>,
    /// Tells the finding from others across runs.
    fingerprint: Fingerprint,
    /// By what it is suppressed.
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<JsonSuppression<'r>>,
}

/// An ignore.
#[derive(Serialize)]
struct JsonSuppression<'r> {
    reason: Option<&'r str>,
    #[serde(flatten)]
    place: JsonPlace<'r>,
}

/// Changes to the source after which the finding is gone.
#[derive(Serialize)]
struct JsonFix<'r> {
    /// What it does.
    title: &'r str,
    /// `safe` or `suggested`.
    applicability: &'static str,
    /// No two of them touch each other.
    edits: Vec<JsonEdit<'r>>,
}

/// A stretch that gives way to a text.
#[derive(Serialize)]
struct JsonEdit<'r> {
    file: &'r str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    text: &'r str,
}

/// Another place of a finding.
#[derive(Serialize)]
struct JsonLabel<'r> {
    #[serde(flatten)]
    place: JsonPlace<'r>,
    message: &'r str,
}

/// A place: lines and columns from 1, columns in characters, the end behind the last character.
#[derive(Serialize)]
struct JsonPlace<'r> {
    file: &'r str,
    /// Logical id of the resource.
    owner: Option<&'r str>,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

impl<'r> JsonPlace<'r> {
    fn new(span: Span, owner: Option<&'r str>, sources: &'r Sources) -> Self {
        let source = sources.get(span.file);
        let start = source.position(span.start);
        let end = source.position(span.end.max(span.start));
        Self {
            file: &source.name,
            owner,
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}

impl JsonTool {
    pub(super) const THIS: Self = Self { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };
}

impl JsonSummary {
    pub(super) fn of(totals: &Totals) -> Self {
        Self {
            files: totals.files,
            templates: totals.templates,
            errors: totals.findings.errors,
            warnings: totals.findings.warnings,
            infos: totals.findings.infos,
            suppressed: totals.suppressed,
            in_baseline: totals.known,
        }
    }
}

/// Writes the report as one JSON object.
pub fn json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let fingerprints = RefCell::default();
    let document = JsonReport {
        schema_version: SCHEMA_VERSION,
        tool: JsonTool::THIS,
        summary: JsonSummary::of(&report.totals),
        findings: JsonFindings { report, told: Told::Findings, fingerprints: &fingerprints },
        suppressed: JsonFindings { report, told: Told::Suppressed, fingerprints: &fingerprints },
    };
    // Gathers the many small pieces, each of which would be a call through `dyn`.
    let mut out = BufWriter::new(out);
    serde_json::to_writer_pretty(&mut out, &document)?;
    writeln!(out)?;
    out.flush()
}

impl Serialize for JsonFindings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fingerprints = self.fingerprints.borrow_mut();
        list(serializer, self.report, &[self.told], |list, part, finding, by| {
            let suppressed = by.map(|by| JsonSuppression {
                reason: by.reason.as_deref(),
                place: JsonPlace::new(by.span, None, &part.sources),
            });
            let finding = json_finding(finding, fingerprints.next(finding), &part.sources);
            list.serialize_element(&JsonFinding { suppressed, ..finding })
        })
    }
}

pub(super) fn json_finding<'r>(
    finding: &'r Finding,
    fingerprint: Fingerprint,
    sources: &'r Sources,
) -> JsonFinding<'r> {
    let label = |label: &'r Label| JsonLabel {
        place: JsonPlace::new(label.span, label.owner.as_deref(), sources),
        message: &label.message,
    };
    JsonFinding {
        rule: finding.rule,
        severity: finding.severity.name(),
        certainty: finding.certainty.name(),
        message: &finding.message,
        place: JsonPlace::new(finding.primary.span, finding.primary.owner.as_deref(), sources),
        labels: finding.labels.iter().map(label).collect(),
        when: finding.when.as_deref(),
        why: finding.why.as_deref(),
        help: finding.help.as_deref(),
        symptom: finding.symptom.as_deref(),
        url: finding.url,
        fix: finding.fix.as_ref().map(|fix| json_fix(fix, sources)),
        fingerprint,
        suppressed: None,
    }
}

fn json_fix<'r>(fix: &'r Fix, sources: &'r Sources) -> JsonFix<'r> {
    let edits = fix.edits.iter().map(|edit| {
        let JsonPlace { file, line, column, end_line, end_column, .. } =
            JsonPlace::new(edit.span, None, sources);
        JsonEdit { file, line, column, end_line, end_column, text: &edit.text }
    });
    JsonFix { title: &fix.title, applicability: fix.applicability.name(), edits: edits.collect() }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::example;

    #[test]
    fn looks_as_agreed() {
        example::compare_format("json.json", super::json);
    }

    #[test]
    fn the_schema_describes_it() {
        let schema: Value = serde_json::from_str(include_str!("report.schema.json")).unwrap();
        let report: Value = serde_json::from_str(&example::rendered(super::json)).unwrap();
        example::fits(&report, &schema, &schema, "report");
        assert_eq!(schema["properties"]["schema_version"]["const"], super::SCHEMA_VERSION);
    }
}
