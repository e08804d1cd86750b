//! `gitlab`: a code quality report, which GitLab shows in merge requests.
//!
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use std::io::{self, Write};

use serde::Serialize;

use super::told;
use crate::diagnostic::{Severity, fingerprints};
use crate::engine::Report;

#[derive(Serialize)]
struct Violation<'r> {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'r>,
}

#[derive(Serialize)]
struct Location<'r> {
    path: &'r str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

/// Writes one JSON array.
pub fn gitlab(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let violations = report.findings.iter().zip(fingerprints(&report.findings));
    let violations: Vec<Violation<'_>> = violations
        .map(|(finding, fingerprint)| {
            let span = finding.primary.span;
            let source = report.sources.get(span.file);
            Violation {
                description: told::in_one_line(finding),
                check_name: finding.rule,
                fingerprint: fingerprint.to_string(),
                // `blocker` and `minor` are left for what is neither: GitLab has five steps, a report has three.
                severity: match finding.severity {
                    Severity::Error => "critical",
                    Severity::Warning => "major",
                    Severity::Info => "info",
                },
                location: Location {
                    path: &source.name,
                    lines: Lines {
                        begin: source.position(span.start).line,
                        end: source.position(span.end.max(span.start)).line,
                    },
                },
            }
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &violations)?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::super::example;

    #[test]
    fn looks_as_agreed() {
        example::compare_format("gitlab.json", super::gitlab);
    }
}
