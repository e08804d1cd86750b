//! `gitlab`: a code quality report, which GitLab shows in merge requests.
//!
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use std::io::{self, Write};

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use super::{Told, list, told};
use crate::diagnostic::{Finding, Fingerprint, Fingerprints, Severity};
use crate::report::Report;
use crate::text::Sources;

#[derive(Serialize)]
struct Violation<'r> {
    description: String,
    check_name: &'static str,
    fingerprint: Fingerprint,
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
    serde_json::to_writer_pretty(&mut *out, &Violations(report))?;
    writeln!(out)
}

struct Violations<'r>(&'r Report);

impl Serialize for Violations<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fingerprints = Fingerprints::default();
        list(serializer, self.0, &[Told::Findings], |list, part, finding, _| {
            list.serialize_element(&violation(finding, fingerprints.next(finding), &part.sources))
        })
    }
}

fn violation<'r>(finding: &Finding, fingerprint: Fingerprint, sources: &'r Sources) -> Violation<'r> {
    let span = finding.primary.span;
    let source = sources.get(span.file);
    Violation {
        description: told::in_one_line(finding),
        check_name: finding.rule,
        fingerprint,
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
}

#[cfg(test)]
mod tests {
    use super::super::example;

    #[test]
    fn looks_as_agreed() {
        example::compare_format("gitlab.json", super::gitlab);
    }
}
