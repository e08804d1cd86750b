//! Reports as people and programs read them: one file per format, and what the formats share.

mod checkstyle;
mod concise;
mod excerpt;
mod full;
mod github;
mod gitlab;
pub mod graph;
mod json;
mod jsonl;
mod junit;
mod markdown;
mod page;
mod rdjson;
mod sarif;
mod statistics;
mod table;
mod told;
mod xml;

use std::borrow::Cow;
use std::io;
use std::time::Duration;

use serde::Serializer;
use serde::ser::{Error, SerializeSeq};

pub use checkstyle::checkstyle;
pub use concise::concise;
pub use full::{full, problem};
pub use github::github;
pub use gitlab::gitlab;
pub use json::json;
pub use jsonl::jsonl;
pub use junit::junit;
pub use markdown::{COMMENT_BYTES, markdown};
pub use page::page;
pub use rdjson::rdjson;
pub use sarif::sarif;
pub use statistics::{statistics, statistics_json};
pub use table::{rules_json, rules_table};

use crate::diagnostic::{Certainty, Finding, Severity, Suppressed};
use crate::report::{Part, Report, Totals};
use crate::rules::Rule;
use crate::text::FileId;

/// How many places beside the primary one are shown where not all can be; the rest is counted.
const SHOWN_LABELS: usize = 3;

/// How text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Whether colours and bold type are used.
    pub color: bool,
    /// How many characters a line of prose has at most.
    pub width: usize,
}

/// What some formats say of a run beside its findings.
pub struct Ending<'r> {
    /// The rules that ran.
    pub rules: &'r [&'r Rule],
    /// From which severity on a finding makes the run fail, if any does.
    pub fail_on: Option<Severity>,
    /// What kept files from being checked.
    pub problems: Vec<&'r dyn miette::Diagnostic>,
    /// Whether all was done that was asked for.
    pub successful: bool,
    /// The exit code of the process.
    pub exit_code: u8,
}

/// The line at the end: `3 errors, 1 warning in 2 of 14 templates (12 ms)`.
pub fn summary(totals: &Totals, time: Duration) -> String {
    let time = if time.as_secs() >= 10 {
        format!("{} s", time.as_secs())
    } else if time.as_secs() >= 1 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} ms", time.as_millis())
    };
    format!("{} ({time})", whole(totals))
}

/// `3 errors, 1 warning in 2 of 14 templates, 2 suppressed`.
fn whole(totals: &Totals) -> String {
    let untold = [(totals.suppressed, "suppressed"), (totals.known, "in the baseline")];
    let untold = untold.into_iter().filter(|(count, _)| *count > 0);
    untold.fold(counted(totals), |counted, (count, why)| format!("{counted}, {count} {why}"))
}

fn counted(totals: &Totals) -> String {
    let templates = number(totals.templates, "template");
    let counts = totals.findings;
    if counts.all() == 0 {
        return format!("no problems in {templates}");
    }
    let kinds = [(counts.errors, "error"), (counts.warnings, "warning"), (counts.infos, "info")];
    let kinds: Vec<String> =
        kinds.into_iter().filter(|(count, _)| *count > 0).map(|(count, noun)| number(count, noun)).collect();
    let place = match totals.templates {
        0 | 1 => templates,
        _ => format!("{} of {templates}", totals.files_with_findings),
    };
    format!("{} in {place}", kinds.join(", "))
}

/// The findings of each file that has any, in the order of the files.
fn by_file(part: &Part) -> impl Iterator<Item = (FileId, &[Finding])> {
    let files = part.findings.chunk_by(|one, next| one.primary.span.file == next.primary.span.file);
    files.filter_map(|findings| Some((findings.first()?.primary.span.file, findings)))
}

/// What a list of findings holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Findings,
    Suppressed,
}

/// Writes findings as a list while the report is read. `add` is given each with what suppresses it, if anything does.
fn list<S: Serializer>(
    serializer: S,
    report: &Report,
    told: &[Told],
    mut add: impl FnMut(&mut S::SerializeSeq, &Part, &Finding, Option<&Suppressed>) -> Result<(), S::Error>,
) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(None)?;
    for told in told {
        // To read a long report takes as long as to write it.
        if *told == Told::Suppressed && report.totals.suppressed == 0 {
            continue;
        }
        let mut unwritten = None;
        let read = report.each(&mut |part| {
            let written = match told {
                Told::Findings => {
                    part.findings.iter().try_for_each(|finding| add(&mut list, part, finding, None))
                }
                Told::Suppressed => {
                    part.suppressed.iter().try_for_each(|it| add(&mut list, part, &it.finding, Some(it)))
                }
            };
            written.map_err(|error| {
                unwritten = Some(error);
                io::ErrorKind::Other.into()
            })
        });
        // Only the error itself tells that nobody reads any more.
        match (unwritten, read) {
            (Some(error), _) => return Err(error),
            (None, read) => read.map_err(S::Error::custom)?,
        }
    }
    list.end()
}

/// The line before it where fixes are made, or shown in a diff: `fixed 3 problems in 2 files`.
pub fn fixes(count: usize, files: usize, shown_only: bool) -> String {
    let (verb, nothing) =
        if shown_only { ("would fix", "nothing to fix") } else { ("fixed", "fixed nothing") };
    match count {
        0 => nothing.to_owned(),
        _ => format!("{verb} {} in {}", number(count, "problem"), number(files, "file")),
    }
}

/// The line behind it where something can be fixed: `--fix mends 3 of them, --fix --unsafe-fixes 2 more`.
pub fn fixable(totals: &Totals, fixed: bool) -> Option<String> {
    match ((totals.safe_fixes, totals.suggested_fixes), fixed) {
        ((0, 0), _) => None,
        ((0, suggested), _) => Some(format!("`--fix --unsafe-fixes` mends {suggested} of them")),
        // What could be fixed safely has been; what is left was refused.
        ((_, 0), true) => None,
        ((safe, 0), false) => Some(format!("`--fix` mends {safe} of them")),
        ((_, suggested), true) => Some(format!("`--fix --unsafe-fixes` mends {suggested} of them")),
        ((safe, suggested), false) => {
            Some(format!("`--fix` mends {safe} of them, `--fix --unsafe-fixes` {suggested} more"))
        }
    }
}

fn number(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The headline with its circumstances, so that it stands alone.
pub(crate) fn headline(finding: &Finding) -> String {
    let message = clean(&finding.message);
    match (&finding.when, finding.certainty) {
        (Some(when), _) => format!("{message} ({})", clean(when)),
        (None, Certainty::Possible) => format!("{message} (in some cases)"),
        (None, Certainty::Definite) => message.into_owned(),
    }
}

/// Text from a template, made safe for a terminal: control characters are shown and do nothing.
fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(|letter| visible(letter) == Some(letter)) {
        return Cow::Borrowed(text);
    }
    let breaks_removed = text.lines().collect::<Vec<_>>().join(" ");
    Cow::Owned(breaks_removed.chars().filter_map(visible).collect())
}

/// What is shown for a character; nothing for a byte order mark.
fn visible(letter: char) -> Option<char> {
    match letter {
        '\u{feff}' => None,
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(letter)),
        '\u{7f}' => Some('\u{2421}'),
        // Controls of the second set, and those that turn the direction of writing and so hide what is written.
        '\u{80}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some('\u{fffd}')
        }
        _ => Some(letter),
    }
}

/// Breaks a text at blanks into lines of at most `width` characters; a longer word stands alone.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let word_length = word.chars().count();
        if length > 0 && length + 1 + word_length > width {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += word_length;
    }
    if length > 0 {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod example;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_blanks() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("incomprehensibilities", 5), ["incomprehensibilities"]);
        assert!(wrap("", 5).is_empty());
    }

    #[test]
    fn control_characters_do_nothing() {
        assert_eq!(clean("a\u{1b}[31mb\u{202e}c"), "a\u{241b}[31mb\u{fffd}c");
        assert_eq!(clean("a\nb"), "a b");
        assert!(matches!(clean("plain ünïcode"), Cow::Borrowed(_)));
    }

    #[test]
    fn sums_up() {
        let report = example::report();
        assert_eq!(
            summary(&report.totals, Duration::from_millis(12)),
            "2 errors, 1 warning, 1 info in 2 of 3 templates, 1 suppressed (12 ms)"
        );
        let clean = Totals { templates: 1, ..Totals::default() };
        assert_eq!(summary(&clean, Duration::from_millis(1500)), "no problems in 1 template (1.5 s)");
        let known = Totals { known: 2, ..clean };
        assert_eq!(
            summary(&known, Duration::from_millis(1)),
            "no problems in 1 template, 2 in the baseline (1 ms)"
        );
    }
}
