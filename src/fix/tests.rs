//! Which fixes are made together, and which are not kept.

use super::*;
use crate::diagnostic::Label;
use crate::report::{Part, Totals};
use crate::text::Span;

fn finding(rule: &'static str, applicability: Applicability, edits: &[(usize, usize, &str)]) -> Finding {
    let edit = |&(start, end, text): &(usize, usize, &str)| Edit {
        span: Span::new(FileId(0), start, end),
        text: text.to_owned(),
    };
    let label = Label { owner: None, span: Span::default(), message: String::new() };
    let mut finding = Finding::new(rule, Severity::Error, label, "x");
    finding.fix(applicability, rule, Some(edits.iter().map(edit).collect()));
    finding
}

fn names(findings: &[Finding], wanted: Applicability) -> Vec<&'static str> {
    choose(findings, wanted, &Closed::default()).iter().map(|chosen| chosen.finding.rule).collect()
}

#[test]
fn what_overlaps_waits() {
    use Applicability::{Safe, Suggested};
    let findings = [
        finding("suggested", Suggested, &[(0, 4, "a")]),
        finding("safe", Safe, &[(2, 3, "b")]),
        finding("beside", Safe, &[(3, 3, "c")]),
        finding("apart", Safe, &[(9, 9, "d")]),
        finding("alike", Suggested, &[(9, 9, "d")]),
    ];
    assert_eq!(names(&findings, Safe), ["safe", "apart"]);
    assert_eq!(names(&findings, Suggested), ["safe", "apart", "alike"]);
    let mut totals = Totals::default();
    totals.add(&Part { findings: findings.into(), ..Part::default() });
    assert_eq!((totals.safe_fixes, totals.suggested_fixes), (3, 2));
}

#[test]
fn what_does_harm_is_not_kept() {
    let text = "AWSTemplateFormatVersion: 2010-09-09\nResources: {}\n";
    let harmful = finding("harmful", Applicability::Safe, &[(0, 0, "[")]);
    let chosen = Chosen { finding: &harmful, fix: harmful.fix.as_ref().unwrap() };
    assert!(attempt(text, FileId(0), &Options::default(), &[], &[&chosen]).is_none());
    let harmless = finding("harmless", Applicability::Safe, &[(0, 0, "# x\n")]);
    let chosen = Chosen { finding: &harmless, fix: harmless.fix.as_ref().unwrap() };
    let (text, report) = attempt(text, FileId(0), &Options::default(), &[], &[&chosen]).unwrap();
    assert!(text.starts_with("# x\nAWS"));
    assert!(report.is_template && report.findings.is_empty());
}
