//! `jsonl`: one finding a line, as in `json`, and what is true of the whole run in the last line.

use std::io::{self, Write};

use serde::Serialize;

use super::json::{JsonSummary, JsonTool, SCHEMA_VERSION, json_finding};
use crate::diagnostic::Fingerprints;
use crate::report::Report;

/// The last line, which tells a whole report from one that was cut off.
#[derive(Serialize)]
struct End {
    schema_version: u32,
    tool: JsonTool,
    summary: JsonSummary,
}

/// Writes one JSON object a line.
pub fn jsonl(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut fingerprints = Fingerprints::default();
    report.each(&mut |part| {
        part.findings.iter().try_for_each(|finding| {
            line(&json_finding(finding, fingerprints.next(finding), &part.sources), out)
        })
    })?;
    let end = End {
        schema_version: SCHEMA_VERSION,
        tool: JsonTool::THIS,
        summary: JsonSummary::of(&report.totals),
    };
    line(&end, out)
}

fn line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::example;
    use crate::report::Report;

    #[test]
    fn looks_as_agreed() {
        example::compare_format("jsonl.jsonl", super::jsonl);
    }

    #[test]
    fn the_schema_describes_it_and_json_holds_the_same() {
        let schema: Value = serde_json::from_str(include_str!("report.schema.json")).unwrap();
        let whole: Value = serde_json::from_str(&example::rendered(super::super::json)).unwrap();
        let text = example::rendered(super::jsonl);
        let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let end = lines.pop().unwrap();
        example::fits(&end, &schema["$defs"]["end"], &schema, "end");
        assert_eq!(end["schema_version"], whole["schema_version"]);
        assert_eq!(end["summary"], whole["summary"]);
        assert_eq!(lines, *whole["findings"].as_array().unwrap());
    }

    #[test]
    fn a_report_without_findings_has_an_end() {
        let mut out = Vec::new();
        super::jsonl(&Report::default(), &mut out).unwrap();
        let end: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(end["summary"]["errors"], 0);
    }
}
