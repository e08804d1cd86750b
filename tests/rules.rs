//! Every fenced example of every rule's page as a test of its own, and the larger templates of `testdata`.

mod page;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use privatelint::config::Options;
use privatelint::diagnostic::{Applicability, Finding, Severity};
use privatelint::engine;
use privatelint::fix;
use privatelint::rules;
use privatelint::text::FileId;

use page::{Example, Page};

/// What every page shows: a word under which it is meant when it does not apply, and the words of which the
/// headings above an example must contain one.
const FORMS: &[(&str, &[&str])] = &[
    ("plain", &["plain"]),
    ("conditional", &["conditional"]),
    ("parameter", &["parameter"]),
    ("outside", &["outside"]),
    ("short", &["long", "short"]),
    ("json", &["json"]),
];

/// Words with one capital that may open a message. `S3`, `DynamoDB`, `IPv4` and the like need no mention: a
/// digit or a capital further on shows that they are names.
const NAMES: &[&str] = &[
    "Amazon",
    "Athena",
    "Availability",
    "Bedrock",
    "Direct",
    "Elastic",
    "Fargate",
    "Gateway",
    "Glue",
    "Kinesis",
    "Lambda",
    "Network",
    "Redshift",
    "Region",
    "Regions",
    "Route",
    "Secrets",
    "Session",
    "Step",
    "Systems",
];

fn main() -> ExitCode {
    let mut trials = page::trials();
    trials.extend(wording_trials());
    for path in files("rules", &["md"]) {
        let rule = stem(&path);
        if rule != "README" {
            trials.extend(page_trials(&rule, &path));
        }
    }
    for path in files("testdata/ok", &["yaml", "yml", "json", "template"]) {
        trials.push(Trial::test(format!("ok/{}", stem(&path)), move || check_ok(&path)));
    }
    for path in files("testdata/err", &["yaml", "yml", "template"]) {
        trials.push(Trial::test(format!("err/{}", stem(&path)), move || check_err(&path)));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn page_trials(rule: &str, path: &Path) -> Vec<Trial> {
    let page = page::read(rule, &read(path));
    let mut trials: Vec<Trial> = Vec::new();
    for example in page.examples.clone() {
        let rule = rule.to_owned();
        trials.push(Trial::test(example.name.clone(), move || check_example(&rule, &example)));
    }
    let name = rule.to_owned();
    trials.push(Trial::test(format!("{rule}/page"), move || check_page(&name, &page)));
    trials
}

/// Whether the page shows what every page must show.
fn check_page(rule: &str, page: &Page) -> Result<(), Failed> {
    let mut complaints = page.complaints.clone();
    if !rules::all().iter().any(|known| known.name == rule) {
        complaints.push(format!("there is no rule `{rule}`"));
    }
    if page.examples.iter().all(|example| example.marks.is_empty()) {
        complaints.push("no example shows the defect".to_owned());
    }
    if page.examples.iter().all(|example| !example.marks.is_empty()) {
        complaints.push("no example stays silent".to_owned());
    }
    for (form, words) in FORMS {
        let shown =
            page.examples.iter().any(|example| words.iter().any(|word| example.headings.contains(word)));
        let excused = page.not_applicable.iter().any(|word| word == form || words.contains(&word.as_str()));
        if !shown && !excused {
            complaints.push(format!(
                "no example under a heading with `{}`; write one, or `not applicable: {form} - reason`",
                words.join("` or `")
            ));
        }
    }
    let has_fix = |example: &Example| {
        let report = engine::lint(&example.text, FileId(0), &Options::default());
        report.findings.iter().any(|finding| finding.rule == rule && finding.fix.is_some())
    };
    if page.examples.iter().all(|example| example.fixed.is_none()) && page.examples.iter().any(has_fix) {
        complaints.push("the rule has a fix, and no `yaml fixed` block shows it".to_owned());
    }
    for example in page.examples.iter().filter(|example| example.json) {
        if !example.text.trim_start().starts_with('{') {
            complaints.push(format!("{}: a JSON example starts with a brace", example.name));
        }
    }
    verdict(&complaints, &[], "")
}

/// Whether this rule finds in an example what is marked, and nothing else.
fn check_example(rule: &str, example: &Example) -> Result<(), Failed> {
    // All rules by name, so that the page of a rule that is off by default speaks too.
    let config = privatelint::config::parse(&example.config, &rules::registry());
    let config = config.map_err(|errors| format!("in `config`: {}", errors[0]))?;
    let options = Options {
        select: rules::all().iter().map(|rule| rule.name.to_owned()).collect(),
        parameters: example.parameters.clone(),
        ..config.options
    };
    let report = engine::lint(&example.text, FileId(0), &options);
    let own: Vec<&Finding> = report.findings.iter().filter(|finding| finding.rule == rule).collect();
    let mut complaints = page::differences(&example.marks, &own, &example.text);
    if example.marks.is_empty() {
        if !report.is_template {
            complaints.push("the block is not recognised as a template".to_owned());
        }
        complaints.extend(errors_of_others(rule, example, &report.findings));
    } else if !example.other.is_empty() {
        complaints.push("`other` is for blocks without marks".to_owned());
    }
    complaints.extend(own.iter().flat_map(|finding| wording(finding)));
    if let Some(expected) = &example.fixed {
        complaints.extend(differs_after_fixes(rule, example, expected));
    }
    verdict(&complaints, &report.findings, &example.text)
}

/// Whether an example becomes what the page shows when the fixes of its rule are made.
fn differs_after_fixes(rule: &str, example: &Example, expected: &str) -> Option<String> {
    let options = Options {
        select: vec![rule.to_owned()],
        parameters: example.parameters.clone(),
        ..Options::default()
    };
    let text = page::unmarked(&example.text);
    let report = engine::lint(&text, FileId(0), &options);
    let fixed = fix::fix(&text, FileId(0), report, &[], &options, Applicability::Suggested);
    let left = fixed.report.findings.iter().map(|finding| page::show(finding, &fixed.text));
    let left: Vec<String> = left.collect();
    if fixed.text != expected {
        return Some(format!("after the fixes, the text is\n{}", fixed.text));
    }
    (!left.is_empty()).then(|| format!("left after the fixes: {}", left.join("; ")))
}

/// A silent example must be a sane template: no other rule reports an error unless the block says so.
fn errors_of_others(rule: &str, example: &Example, findings: &[Finding]) -> Vec<String> {
    let mut complaints = Vec::new();
    let errors = || findings.iter().filter(|it| it.severity == Severity::Error && it.rule != rule);
    for finding in errors().filter(|finding| !example.other.iter().any(|name| name == finding.rule)) {
        complaints.push(format!("error of another rule: {}", page::show(finding, &example.text)));
    }
    for name in &example.other {
        if !errors().any(|finding| finding.rule == name) {
            complaints.push(format!("`other` names `{name}`, which reports no error here"));
        }
    }
    complaints
}

fn check_ok(path: &Path) -> Result<(), Failed> {
    let text = read(path);
    // JSON has no comments, so nothing may be found there.
    let json = path.extension().is_some_and(|it| it == "json");
    let marks = if json { Vec::new() } else { page::marks(&text, None)? };
    let report = engine::lint(&text, FileId(0), &Options::default());
    let findings: Vec<&Finding> = report.findings.iter().collect();
    let mut complaints = page::differences(&marks, &findings, &text);
    if marks.iter().any(|mark| mark.severity > Severity::Info) {
        complaints.push("what is right deserves no warning".to_owned());
    }
    if !report.is_template {
        complaints.push("not recognised as a template".to_owned());
    }
    verdict(&complaints, &report.findings, &text)
}

fn check_err(path: &Path) -> Result<(), Failed> {
    let text = read(path);
    let marks = page::marks(&text, None)?;
    let report = engine::lint(&text, FileId(0), &Options::default());
    let findings: Vec<&Finding> = report.findings.iter().collect();
    let mut complaints = page::differences(&marks, &findings, &text);
    if marks.is_empty() {
        complaints.push("no finding is marked".to_owned());
    }
    complaints.extend(findings.iter().flat_map(|finding| wording(finding)));
    verdict(&complaints, &report.findings, &text)
}

/// Passes without complaints; otherwise shows them, everything that was found, and the text.
fn verdict(complaints: &[String], findings: &[Finding], text: &str) -> Result<(), Failed> {
    if complaints.is_empty() {
        return Ok(());
    }
    let mut report = complaints.join("\n");
    if !findings.is_empty() {
        report.push_str("\n\nfound:");
    }
    for finding in findings {
        report.push_str("\n  ");
        report.push_str(&page::show(finding, text));
    }
    if !text.is_empty() {
        report.push_str("\n\n");
        report.push_str(&page::numbered(text));
    }
    Err(report.into())
}

/// What is wrong with the words of a finding.
fn wording(finding: &Finding) -> Vec<String> {
    let mut complaints = Vec::new();
    let labels = std::iter::once(&finding.primary).chain(&finding.labels).map(|label| &label.message);
    let headlines = std::iter::once(&finding.message).chain(finding.together.as_ref().map(|it| &it.message));
    let phrases = headlines.clone().chain(labels).chain(&finding.help).chain(&finding.when);
    for text in phrases.filter(|text| !text.is_empty()) {
        complaints.extend(phrase(text).map(|complaint| format!("wording: {complaint}: {text}")));
    }
    for title in finding.fix.iter().map(|fix| &fix.title) {
        complaints.extend(phrase(title).map(|complaint| format!("wording of a fix: {complaint}: {title}")));
    }
    for text in headlines.filter(|text| text.split('`').count() < 3 && !text.contains("{names}")) {
        complaints.push(format!("wording: a headline names something in backticks: {text}"));
    }
    for text in finding.why.iter().chain(&finding.symptom).filter(|text| text.contains(['\n', '\r'])) {
        complaints.push(format!("wording: a line break: {text:?}"));
    }
    complaints
}

/// What is wrong with a phrase that is not a sentence of its own.
fn phrase(text: &str) -> Option<&'static str> {
    let word = text.split(|character: char| !character.is_alphanumeric()).next().unwrap_or("");
    let capitalised = word.starts_with(char::is_uppercase)
        && !word.chars().skip(1).any(|character| character.is_uppercase() || character.is_ascii_digit())
        && !NAMES.contains(&word);
    if text.contains(['\n', '\r']) {
        Some("a line break")
    } else if text != text.trim() || text.contains("  ") {
        Some("a space too many")
    } else if text.ends_with('.') {
        Some("a full stop at the end")
    } else if !text.starts_with(|character: char| character.is_alphanumeric() || character == '`') {
        Some("starts with neither a word nor a name in backticks")
    } else if capitalised || word == "A" {
        Some("a capital at the start")
    } else if text.matches('`').count() % 2 == 1 {
        Some("a backtick without a partner")
    } else {
        None
    }
}

fn wording_trials() -> Vec<Trial> {
    let good =
        ["`Vpc` has no endpoint", "S3 is out of reach", "2 subnets", "Fargate pulls `image`", "add it"];
    let bad = ["Missing endpoint", "no endpoint.", "no  endpoint", "a\nb", " a", "`a", "(a)", "A thing"];
    vec![Trial::test("wording/phrases", move || {
        for text in good {
            assert_eq!(phrase(text), None, "{text}");
        }
        for text in bad {
            assert!(phrase(text).is_some(), "{text}");
        }
        Ok(())
    })]
}

/// Files of a folder beside `Cargo.toml` with one of these extensions, by name; none if there is no folder.
fn files(folder: &str, extensions: &[&str]) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|it| extensions.iter().any(|known| it == *known)));
    paths.sort();
    paths
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
