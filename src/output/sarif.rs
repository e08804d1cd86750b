//! `sarif`: SARIF 2.1.0, which code scanning of many hosts and viewers of editors read.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html>

use std::collections::BTreeMap;
use std::io::{self, Write};

use rustc_hash::FxHashMap;
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use super::{Ending, SHOWN_LABELS, Told, clean, headline, list, number, told};
use crate::diagnostic::{Finding, Fingerprint, Fingerprints, Fix, Label, Severity};
use crate::report::Report;
use crate::rules::Rule;
use crate::text::{FileId, Sources, Span};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Serialize)]
struct Log<'r> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'r>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'r> {
    tool: Tool<'r>,
    invocations: [Invocation; 1],
    /// How columns are counted.
    column_kind: &'static str,
    results: Results<'r>,
}

#[derive(Serialize)]
struct Tool<'r> {
    driver: Driver<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'r> {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    rules: Vec<Descriptor<'r>>,
}

/// A rule.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor<'r> {
    id: &'r str,
    short_description: Message,
    full_description: Message,
    help_uri: &'r str,
    help: Help,
    default_configuration: Configuration,
    properties: RuleProperties<'r>,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    enabled: bool,
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties<'r> {
    tags: [&'static str; 1],
    persona: &'static str,
    since: &'r str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    exit_code: u8,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
}

/// What kept a file from being checked.
#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
}

/// The findings and then what is suppressed, read while they are written.
struct Results<'r> {
    report: &'r Report,
    rules: &'r [&'r Rule],
}

/// A finding.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'r> {
    rule_id: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: PartialFingerprints,
    /// Present in all results or in none; empty where nothing suppresses the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<Vec<Suppression<'r>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixes: Option<[SarifFix<'r>; 1]>,
    properties: Properties<'r>,
}

/// An ignore in the template.
#[derive(Serialize)]
struct Suppression<'r> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<&'r str>,
    location: Location,
}

/// What mends it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifFix<'r> {
    description: Message,
    artifact_changes: Vec<ArtifactChange<'r>>,
}

/// The changes of one file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange<'r> {
    artifact_location: ArtifactLocation,
    replacements: Vec<Replacement<'r>>,
}

/// A stretch that gives way to a text.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement<'r> {
    deleted_region: Region,
    inserted_content: Content<'r>,
}

#[derive(Serialize)]
struct Content<'r> {
    text: &'r str,
}

/// GitHub makes a `primaryLocationLineHash` of its own from the line, and warns of every other value under that name.
#[derive(Serialize)]
struct PartialFingerprints {
    #[serde(rename = "privatelint/v1")]
    privatelint: Fingerprint,
}

#[derive(Serialize)]
struct Properties<'r> {
    certainty: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    symptom: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'r str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    /// By which the message links to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    #[serde(rename = "physicalLocation")]
    place: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    logical_locations: Option<[LogicalLocation; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

/// Lines and columns from 1, the end behind the last character.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

/// The resource.
#[derive(Serialize)]
struct LogicalLocation {
    name: String,
    kind: &'static str,
}

/// A text. There are no arguments in these logs, so a brace is a brace: readers look for `{0}` only where there are.
#[derive(Serialize)]
struct Message {
    text: String,
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self { text }
    }
}

/// Writes one log with one run.
pub fn sarif(report: &Report, ending: &Ending<'_>, out: &mut dyn Write) -> io::Result<()> {
    let notifications = ending.problems.iter().map(|problem| Notification {
        level: match problem.severity() {
            None | Some(miette::Severity::Error) => "error",
            Some(miette::Severity::Warning) => "warning",
            Some(miette::Severity::Advice) => "note",
        },
        message: problem.to_string().into(),
    });
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: env!("CARGO_PKG_NAME"),
                    version: env!("CARGO_PKG_VERSION"),
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    rules: ending.rules.iter().map(|rule| descriptor(rule)).collect(),
                },
            },
            invocations: [Invocation {
                execution_successful: ending.successful,
                exit_code: ending.exit_code,
                tool_execution_notifications: notifications.collect(),
            }],
            column_kind: "unicodeCodePoints",
            results: Results { report, rules: ending.rules },
        }],
    };
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let indices: FxHashMap<&str, usize> =
            self.rules.iter().enumerate().map(|(index, rule)| (rule.name, index)).collect();
        let says_suppressions = self.report.totals.suppressed > 0;
        let mut fingerprints = Fingerprints::default();
        let told = [Told::Findings, Told::Suppressed];
        list(serializer, self.report, &told, |list, part, finding, by| {
            let suppressions = by.map(|it| Suppression {
                kind: "inSource",
                justification: it.reason.as_deref(),
                location: location(
                    &Label { owner: None, span: it.span, message: String::new() },
                    None,
                    &part.sources,
                ),
            });
            let index = indices.get(finding.rule).copied();
            list.serialize_element(&SarifResult {
                suppressions: says_suppressions.then(|| suppressions.into_iter().collect()),
                ..result(finding, fingerprints.next(finding), index, &part.sources)
            })
        })
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn descriptor(rule: &Rule) -> Descriptor<'_> {
    Descriptor {
        id: rule.name,
        short_description: rule.summary.to_owned().into(),
        full_description: rule.summary.to_owned().into(),
        help_uri: rule.url,
        help: Help { text: format!("{}\n{}", rule.summary, rule.url), markdown: without_examples(rule.page) },
        default_configuration: Configuration {
            enabled: !rule.persona.is_opt_in(),
            level: level(rule.severity),
        },
        properties: RuleProperties {
            tags: [rule.group.name()],
            persona: rule.persona.name(),
            since: rule.since,
        },
    }
}

/// A rule's page without the section of its examples, which are tests first, and three quarters of all pages.
fn without_examples(page: &str) -> String {
    let (mut fence, mut kept) = (0, true);
    let mut result = String::new();
    for line in page.lines() {
        let ticks = line.bytes().take_while(|byte| *byte == b'`').count();
        if fence == 0 && ticks >= 3 {
            fence = ticks;
        } else if fence > 0 && ticks >= fence && ticks == line.len() {
            fence = 0;
        } else if fence == 0 && line.starts_with("## ") {
            kept = line != "## Examples";
        }
        if kept {
            result.push_str(line);
            result.push('\n');
        }
    }
    result
}

fn result<'r>(
    finding: &'r Finding,
    fingerprint: Fingerprint,
    rule_index: Option<usize>,
    sources: &Sources,
) -> SarifResult<'r> {
    let related = finding.labels.iter().zip(1..);
    SarifResult {
        rule_id: finding.rule,
        rule_index,
        level: level(finding.severity),
        message: message(finding).into(),
        locations: [location(&finding.primary, None, sources)],
        related_locations: related.map(|(label, id)| location(label, Some(id), sources)).collect(),
        partial_fingerprints: PartialFingerprints { privatelint: fingerprint },
        suppressions: None,
        fixes: finding.fix.as_ref().map(|fix| [sarif_fix(fix, sources)]),
        properties: Properties {
            certainty: finding.certainty.name(),
            when: finding.when.as_deref(),
            why: finding.why.as_deref(),
            symptom: finding.symptom.as_deref(),
            help: finding.help.as_deref(),
            url: finding.url,
        },
    }
}

/// All that is said: GitHub shows nothing of a result but its message, and related locations only where it links to them.
fn message(finding: &Finding) -> String {
    let mut lines = vec![unlinked(&headline(finding))];
    let places: Vec<String> = finding
        .labels
        .iter()
        .zip(1..)
        .take(SHOWN_LABELS)
        .map(|(label, id)| format!("[{}]({id})", link_text(&told::words(label))))
        .collect();
    if !places.is_empty() {
        let rest = finding.labels.len() - places.len();
        let more = if rest > 0 { format!("; and {}", number(rest, "more place")) } else { String::new() };
        lines.push(format!("places: {}{more}", places.join("; ")));
    }
    lines.extend(told::notes(finding).map(|(word, text)| format!("{word}: {}", unlinked(&clean(&text)))));
    lines.join("\n")
}

fn sarif_fix<'r>(fix: &'r Fix, sources: &Sources) -> SarifFix<'r> {
    let mut by_file: BTreeMap<FileId, ArtifactChange<'r>> = BTreeMap::new();
    for edit in &fix.edits {
        let PhysicalLocation { artifact_location, region } = physical(edit.span, sources);
        let change = by_file
            .entry(edit.span.file)
            .or_insert_with(|| ArtifactChange { artifact_location, replacements: Vec::new() });
        let inserted_content = Content { text: &edit.text };
        change.replacements.push(Replacement { deleted_region: region, inserted_content });
    }
    SarifFix { description: fix.title.clone().into(), artifact_changes: by_file.into_values().collect() }
}

/// A text that holds no link, whatever it looks like.
fn unlinked(text: &str) -> String {
    if text.contains("](") { link_text(text) } else { text.to_owned() }
}

/// Brackets inside a link.
fn link_text(text: &str) -> String {
    text.replace('\\', r"\\").replace('[', r"\[").replace(']', r"\]")
}

fn location(label: &Label, id: Option<usize>, sources: &Sources) -> Location {
    let owner = label.owner.as_ref();
    // Of a related location, words are required by readers that list them.
    let words = if id.is_some() { told::words(label) } else { clean(&label.message).into_owned() };
    Location {
        id,
        place: physical(label.span, sources),
        logical_locations: owner.map(|owner| [LogicalLocation { name: owner.clone(), kind: "resource" }]),
        message: (!words.is_empty()).then(|| unlinked(&words).into()),
    }
}

fn physical(span: Span, sources: &Sources) -> PhysicalLocation {
    let source = sources.get(span.file);
    let start = source.position(span.start);
    let end = source.position(span.end.max(span.start));
    PhysicalLocation {
        artifact_location: ArtifactLocation { uri: uri(&source.name) },
        region: Region {
            start_line: start.line,
            start_column: start.column,
            end_line: end.line,
            end_column: end.column,
        },
    }
}

/// The name of a file as a URI, relative if the name is (RFC 3986, section 4.2; RFC 8089 for the others).
fn uri(name: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let (prefix, path) = match name.as_bytes() {
        [b'/', ..] => ("file://", name),
        [drive, b':', b'/', ..] if drive.is_ascii_alphabetic() => ("file:///", name),
        _ => ("", name),
    };
    let mut result = prefix.to_owned();
    for (index, byte) in path.bytes().enumerate() {
        let is_drive = prefix == "file:///" && index == 1;
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) || is_drive {
            result.push(char::from(byte));
        } else {
            result.push('%');
            result.extend([byte >> 4, byte & 0xf].map(|digit| char::from(HEX[usize::from(digit)])));
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::example;
    use super::*;

    fn rendered(report: &Report) -> Value {
        let mut out = Vec::new();
        sarif(report, &example::ending(), &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn looks_as_agreed() {
        example::compare_format("sarif.json", |report, out| sarif(report, &example::ending(), out));
    }

    #[test]
    fn columns_count_characters_and_names_are_encoded() {
        let log = rendered(&example::behind_wide_letters());
        assert_eq!(log["runs"][0]["columnKind"], "unicodeCodePoints");
        let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "gr%C3%B6%C3%9Fe/100%25.yaml");
        assert_eq!((&place["region"]["startColumn"], &place["region"]["endColumn"]), (&6.into(), &8.into()));
    }

    #[test]
    fn results_point_to_their_rules() {
        let log = rendered(&example::report());
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
        }
        // A finding of a rule that did not run, as far as the caller says.
        let unknown = rendered(&example::hostile().into());
        assert_eq!(unknown["runs"][0]["results"][0].get("ruleIndex"), None);
    }

    #[test]
    fn what_is_suppressed_says_so_and_the_rest_says_that_it_is_not() {
        let log = rendered(&example::report());
        let results = log["runs"][0]["results"].as_array().unwrap();
        let suppressed: Vec<usize> =
            results.iter().map(|result| result["suppressions"].as_array().unwrap().len()).collect();
        assert_eq!(suppressed, [0, 0, 0, 0, 1]);
        let suppression = &results[4]["suppressions"][0];
        assert_eq!(suppression["kind"], "inSource");
        assert_eq!(suppression["justification"], "a network for tests, see #12");
        let plain = rendered(&example::hostile().into());
        assert_eq!(plain["runs"][0]["results"][0].get("suppressions"), None);
    }

    #[test]
    fn names_become_uris() {
        assert_eq!(uri("stacks/a b.yaml"), "stacks/a%20b.yaml");
        assert_eq!(uri("../x"), "../x");
        assert_eq!(uri("a:b"), "a%3Ab", "or `a` would be a scheme");
        assert_eq!(uri("<stdin>"), "%3Cstdin%3E");
        assert_eq!(uri("/a/#b"), "file:///a/%23b");
        assert_eq!(uri("C:/a"), "file:///C:/a");
    }

    #[test]
    fn brackets_make_no_links() {
        assert_eq!(unlinked("`[a]` is"), "`[a]` is");
        assert_eq!(unlinked("[a](b)"), r"\[a\](b)");
        assert_eq!(link_text(r"a[0]\b"), r"a\[0\]\\b");
    }
}
