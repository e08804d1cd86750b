//! Breaks templates that are right, one fault at a time, and looks whether the right rule says so, and nothing else.
//!
//! `cargo test --test faults -- --nocapture` prints the table and every fault that is missed.
#![expect(clippy::print_stdout, reason = "a test says what it skips and what it counts")]

#[path = "faults/catalogue.rs"]
mod catalogue;
#[path = "faults/change.rs"]
mod change;
#[path = "faults/model.rs"]
mod model;
mod plain;

use std::collections::BTreeMap;

use privatelint::config::Options;
use privatelint::diagnostic::{Finding, Severity};
use privatelint::text::FileId;
use privatelint::{engine, rules};
use rayon::prelude::*;

use catalogue::{FAULTS, Fault, Site};
use change::{Change, Document, changed, keys};
use model::Model;
use plain::templates;

/// How many places of one template a fault is tried at.
const PLACES: usize = 2;

/// How much of what applies must be caught.
const CAUGHT_PERCENT: usize = 97;

/// A fault at one place.
struct Trial {
    /// Which of the faults.
    fault: usize,
    /// The template.
    name: String,
    outcome: Outcome,
    /// Errors that have nothing to do with the fault.
    noise: Vec<String>,
}

/// What came of one fault at one place.
enum Outcome {
    Caught,
    /// No rule of those that must speak exists.
    RuleAbsent,
    /// What was found instead.
    Missed(String),
}

/// The count of one fault.
#[derive(Default)]
struct Row {
    templates: usize,
    applicable: usize,
    caught: usize,
    rule_absent: usize,
}

fn findings(text: &str) -> Vec<Finding> {
    engine::lint(text, FileId(0), &Options::default()).findings
}

/// What a finding says and of what, without its place.
type Said = (&'static str, Severity, String, Option<String>, Vec<Option<String>>);

fn said(finding: &Finding) -> Said {
    let owners = std::iter::once(&finding.primary).chain(&finding.labels).map(|label| label.owner.clone());
    (finding.rule, finding.severity, finding.message.clone(), finding.when.clone(), owners.collect())
}

fn shown(finding: &Finding) -> String {
    let owner = finding.primary.owner.as_deref().unwrap_or("-");
    let when = finding.when.as_deref().unwrap_or_default();
    format!("{}[{}] {owner}: {} {when}", finding.severity.name(), finding.rule, finding.message)
}

/// One fault at one place: what came of it, and errors that have nothing to do with it.
fn tried(fault: &Fault, site: &Site, text: &str, before: &[Said]) -> (Outcome, Vec<String>) {
    let after = findings(text);
    let new: Vec<&Finding> = after.iter().filter(|finding| !before.contains(&said(finding))).collect();
    let known: Vec<&&str> = site.rules.iter().filter(|rule| rules::find(rule).is_some()).collect();
    let expected = |finding: &&&Finding| {
        known.iter().any(|rule| **rule == finding.rule)
            && finding.severity >= site.severity
            && said(finding).4.iter().flatten().any(|owner| site.at.contains(owner))
    };
    let also = |rule: &str| fault.also.iter().any(|(rules, _)| rules.contains(&rule));
    let noise = new
        .iter()
        .filter(|it| it.severity == Severity::Error && !site.rules.contains(&it.rule) && !also(it.rule))
        .map(|it| shown(it))
        .collect();
    let outcome = if known.is_empty() {
        Outcome::RuleAbsent
    } else if new.iter().any(|finding| expected(&finding)) {
        Outcome::Caught
    } else {
        let found: Vec<String> = new.iter().map(|finding| shown(finding)).collect();
        Outcome::Missed(format!("{} at {:?}; found: {found:?}", site.rules.join(" or "), site.at))
    };
    (outcome, noise)
}

#[test]
fn faults_are_found() {
    let all = templates(&["testdata/ok", "../shared/corpus"]);
    let results: Vec<Vec<Trial>> = all.par_iter().map(|(name, text)| faults_of(name, text)).collect();

    let mut rows: BTreeMap<usize, Row> = BTreeMap::new();
    let mut complaints = Vec::new();
    let mut noise = Vec::new();
    for template in results {
        let mut last = None;
        for Trial { fault, name, outcome, noise: other } in template {
            let row = rows.entry(fault).or_default();
            row.templates += usize::from(last != Some(fault));
            last = Some(fault);
            match outcome {
                Outcome::RuleAbsent => row.rule_absent += 1,
                Outcome::Caught => {
                    row.applicable += 1;
                    row.caught += 1;
                }
                Outcome::Missed(words) => {
                    row.applicable += 1;
                    complaints.push(format!("missed: {}: {name}: {words}", FAULTS[fault].name));
                }
            }
            noise.extend(other.into_iter().map(|it| format!("noise: {}: {name}: {it}", FAULTS[fault].name)));
        }
    }
    let (mut caught, mut applicable) = (0, 0);
    for (index, fault) in FAULTS.iter().enumerate() {
        let row = rows.remove(&index).unwrap_or_default();
        caught += row.caught;
        applicable += row.applicable;
        let absent = match row.rule_absent {
            0 => String::new(),
            count => format!(", rule absent at {count}"),
        };
        let Row { templates, caught, applicable, .. } = row;
        println!("{caught:5} / {applicable:<5} in {templates:3} templates: {}{absent}", fault.name);
    }
    println!("{caught:5} / {applicable:<5} overall");
    for line in complaints.iter().chain(&noise) {
        println!("{line}");
    }
    assert!(applicable >= 100, "only {applicable} faults apply: the oracle has lost its sight");
    assert!(
        caught * 100 >= applicable * CAUGHT_PERCENT,
        "{caught} of {applicable} faults are caught\n{}",
        complaints.join("\n")
    );
    assert!(noise.is_empty(), "errors that have nothing to do with the fault\n{}", noise.join("\n"));
}

/// Every fault at its places in one template; nothing for a template without endpoints or with an error.
fn faults_of(name: &str, text: &str) -> Vec<Trial> {
    let mut results = Vec::new();
    let Some(document) = Document::read(text).filter(|_| text.contains("AWS::EC2::VPCEndpoint")) else {
        return results;
    };
    let Some(model) = Model::of(&document.value) else { return results };
    let before = findings(text);
    if before.iter().any(|finding| finding.severity == Severity::Error) {
        return results;
    }
    let before: Vec<Said> = before.iter().map(said).collect();
    for (index, fault) in FAULTS.iter().enumerate() {
        for site in (fault.sites)(&model).iter().take(PLACES) {
            let Some(broken) = changed(&document, &site.changes) else { continue };
            // An anchor that goes leaves its aliases behind; such an edit is none.
            let Some(read) = Document::read(&broken) else {
                assert!(
                    text.contains(['&', '*']),
                    "{name}: {}: the edit broke the text\n{broken}",
                    fault.name
                );
                continue;
            };
            assert!(read.value != document.value, "{name}: {}: the edit changed nothing", fault.name);
            let (outcome, noise) = tried(fault, site, &broken, &before);
            results.push(Trial { fault: index, name: name.to_owned(), outcome, noise });
        }
    }
    results
}

/// Faults that take one thing away, for which one finding is enough.
const SINGLE: &[&str] = &[
    "delete the S3 gateway endpoint",
    "take a route table out of a gateway endpoint",
    "close 443 of an endpoint's groups",
    "open 8443 instead of 443",
    "delete ecr.api",
    "delete ecr.dkr",
    "delete logs",
    "delete ssm",
    "delete ssmmessages",
    "delete secretsmanager",
    "close the NLB's own groups",
];

/// What is missing is said once, and what is put back ends exactly that.
#[test]
fn one_fault_is_one_finding() {
    let mut complaints = Vec::new();
    let mut tried = 0;
    for (name, text) in templates(&["testdata/ok"]) {
        let Some(document) = Document::read(&text) else { continue };
        let Some(model) = Model::of(&document.value) else { continue };
        let before: Vec<Said> = findings(&text).iter().map(said).collect();
        for fault in FAULTS.iter().filter(|fault| SINGLE.contains(&fault.name)) {
            for site in (fault.sites)(&model) {
                let known = site.rules.iter().any(|rule| rules::find(rule).is_some());
                // That it has no table at all is said at the endpoint, what follows from it at the workloads.
                if site.rules.contains(&"gateway-without-route-tables") {
                    continue;
                }
                let Some(broken) = changed(&document, &site.changes).filter(|_| known) else { continue };
                let after = findings(&broken);
                let new: Vec<String> =
                    after.iter().filter(|it| !before.contains(&said(it))).map(shown).collect();
                tried += 1;
                if new.len() != 1 {
                    complaints.push(format!("{}: {name}: {new:#?}", fault.name));
                }
                let gone = removed(&site);
                let [removed] = gone.as_slice() else { continue };
                let body = document.value["Resources"][removed].clone();
                let add = Change::Add(keys(&["Resources"]), removed.clone(), body);
                let healed = Document::read(&broken).and_then(|broken| changed(&broken, &[add]));
                // One thing may be named before another now, and nothing waits for it any more.
                let told = |all: &[Said]| {
                    let all = all.iter().filter(|it| it.0 != "s3-private-dns-order");
                    let mut all: Vec<_> = all.map(|it| (it.0, it.1, it.4.first().cloned())).collect();
                    all.sort();
                    all
                };
                let after: Vec<Said> =
                    healed.iter().flat_map(|text| findings(text)).map(|it| said(&it)).collect();
                if told(&before) != told(&after) {
                    complaints.push(format!("put back: {}: {name}: {after:#?}", fault.name));
                }
            }
        }
    }
    assert!(tried >= 20, "only {tried} faults apply");
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// The resources that a fault takes away.
fn removed(site: &Site) -> Vec<String> {
    let resource = |change: &Change| match change {
        Change::Remove(path) if path.len() == 2 && path[0] == "Resources" => Some(path[1].clone()),
        _ => None,
    };
    site.changes.iter().filter_map(resource).collect()
}
