//! `junit`: the XML of JUnit, in which each finding that makes the run fail is a failed test.

use std::io::{self, Write};

use super::xml::{Attribute, Text};
use super::{Ending, by_file, headline, told};
use crate::diagnostic::{Finding, Fingerprints};
use crate::report::Report;
use crate::text::Sources;

/// The suite about the run itself. It is never empty: some readers take a report without tests for a mistake.
const RUN: &str = env!("CARGO_PKG_NAME");

/// Writes one XML document, with a suite for each file that has findings. What is below `fail_on` is a skipped test.
pub fn junit(report: &Report, ending: &Ending<'_>, out: &mut dyn Write) -> io::Result<()> {
    let fails = |finding: &Finding| ending.fail_on.is_some_and(|threshold| finding.severity >= threshold);
    let problems: Vec<String> =
        ending.problems.iter().filter(|problem| is_error(**problem)).map(ToString::to_string).collect();
    let findings = report.totals.findings;
    let failures = ending.fail_on.map_or(0, |threshold| findings.at_least(threshold));

    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    let all = Counts {
        tests: findings.all() + problems.len().max(1),
        failures,
        errors: problems.len(),
        skipped: findings.all() - failures,
    };
    writeln!(out, r#"<testsuites name="{RUN}" {all}>"#)?;

    let run = Counts { tests: problems.len().max(1), failures: 0, errors: problems.len(), skipped: 0 };
    writeln!(out, r#"  <testsuite name="{RUN}" {run}>"#)?;
    if problems.is_empty() {
        writeln!(out, r#"    <testcase classname="{RUN}" name="every file was checked"/>"#)?;
    }
    for problem in &problems {
        let problem = Attribute(problem);
        writeln!(out, r#"    <testcase classname="{RUN}" name="{problem}">"#)?;
        writeln!(out, r#"      <error message="{problem}"/>"#)?;
        writeln!(out, "    </testcase>")?;
    }
    writeln!(out, "  </testsuite>")?;

    let mut fingerprints = Fingerprints::default();
    report.each(&mut |part| {
        by_file(part).try_for_each(|(file, findings)| {
            let name = Attribute(&part.sources.get(file).name);
            let failures = findings.iter().filter(|finding| fails(finding)).count();
            let skipped = findings.len() - failures;
            let counts = Counts { tests: findings.len(), failures, errors: 0, skipped };
            writeln!(out, r#"  <testsuite name="{name}" {counts}>"#)?;
            for finding in findings {
                let occurrence = fingerprints.next(finding).occurrence;
                test_case(finding, occurrence, fails(finding), &part.sources, out)?;
            }
            writeln!(out, "  </testsuite>")
        })
    })?;
    writeln!(out, "</testsuites>")
}

fn test_case(
    finding: &Finding,
    occurrence: u32,
    fails: bool,
    sources: &Sources,
    out: &mut dyn Write,
) -> io::Result<()> {
    let source = sources.get(finding.primary.span.file);
    let name = Attribute(&source.name);
    let headline = headline(finding);
    // Readers take tests of one name for one test.
    let count = match occurrence {
        1 => String::new(),
        occurrence => format!(" ({occurrence})"),
    };
    writeln!(
        out,
        r#"    <testcase classname="{name}" name="{}: {}{count}" file="{name}" line="{}">"#,
        finding.rule,
        Attribute(&headline),
        source.position(finding.primary.span.start).line
    )?;
    if fails {
        let severity = finding.severity.name();
        write!(out, r#"      <failure type="{severity}" message="{}">"#, Attribute(&headline))?;
        let lines = told::below_headline(finding, sources);
        writeln!(out, "{}</failure>", Text(&lines.join("\n")))?;
    } else {
        let message = format!("{}: {}", finding.severity.name(), told::in_one_line(finding));
        writeln!(out, r#"      <skipped message="{}"/>"#, Attribute(&message))?;
    }
    writeln!(out, "    </testcase>")
}

fn is_error(problem: &dyn miette::Diagnostic) -> bool {
    problem.severity().is_none_or(|severity| severity == miette::Severity::Error)
}

/// How many tests there are and what came of them.
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { tests, failures, errors, skipped } = self;
        write!(f, r#"tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}""#)
    }
}

#[cfg(test)]
mod tests {
    use roxmltree::Document;

    use super::super::{Ending, example};
    use crate::report::Report;

    fn rendered(report: &Report, ending: &Ending<'_>) -> String {
        let mut out = Vec::new();
        super::junit(report, ending, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn looks_as_agreed() {
        example::compare_format("junit.xml", |report, out| super::junit(report, &example::ending(), out));
    }

    #[test]
    fn it_is_well_formed_whatever_a_template_holds() {
        let text = rendered(&example::hostile().into(), &example::ending());
        let document = Document::parse(&text).unwrap();
        let case = document.descendants().rfind(|node| node.has_tag_name("testcase")).unwrap();
        assert_eq!(case.attribute("name"), Some("a-rule: `\u{2401}]]>\u{fffd}` & | \"<!--\""));
    }

    #[test]
    fn counts_are_those_of_the_elements() {
        let text = rendered(&example::report(), &example::ending());
        let document = Document::parse(&text).unwrap();
        for suite in document.descendants().filter(|node| node.has_tag_name("testsuite")) {
            for (attribute, element) in
                [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]
            {
                let count = suite.descendants().filter(|node| node.has_tag_name(element)).count();
                assert_eq!(suite.attribute(attribute), Some(count.to_string().as_str()), "{attribute}");
            }
        }
        let root = document.root_element();
        let attribute = |name| root.attribute(name).unwrap();
        assert_eq!([attribute("tests"), attribute("failures")], ["5", "3"]);
        assert_eq!([attribute("errors"), attribute("skipped")], ["1", "1"]);
    }

    #[test]
    fn what_does_not_fail_the_run_is_no_failure() {
        let ending = Ending { fail_on: None, problems: Vec::new(), ..example::ending() };
        assert!(!rendered(&example::report(), &ending).contains("<failure"));
        let empty = rendered(&Report::default(), &ending);
        assert!(empty.contains(r#"name="every file was checked"/>"#), "{empty}");
    }
}
