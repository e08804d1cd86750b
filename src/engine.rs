//! One template from text to findings: load, model, rules in every scenario, merge, say once, sort.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use rustc_hash::FxHashSet;

use crate::config::{Options, World};
use crate::diagnostic::{Certainty, Edit, Finding, Fix, Label, Severity, listed};
use crate::network::{self, Network};
use crate::rules::{self, Check, Context, Rule, TemplateContext, TextContext};
use crate::scenario::{Freed, Scenarios};
use crate::syntax;
use crate::template::{self, Resource, Template};
use crate::text::{FileId, Sources, Span};

/// How many parameters are tried to find the default that a finding rests on.
const MAXIMUM_TRIALS: usize = 12;

/// What a run found, with the texts that the spans point into.
#[derive(Debug, Default)]
pub struct Report {
    /// The texts.
    pub sources: Sources,
    /// All findings, sorted by file, place and rule.
    pub findings: Vec<Finding>,
    /// How many of the sources are templates.
    pub templates: usize,
}

/// What one text is and what was found in it.
#[derive(Debug, Clone, Default)]
pub struct FileReport {
    /// Whether the text is a CloudFormation template.
    pub is_template: bool,
    /// Findings in order of place.
    pub findings: Vec<Finding>,
}

/// Lints one text. `file` is the id under which `text` will stand in [`Report::sources`].
pub fn lint(text: &str, file: FileId, options: &Options) -> FileReport {
    checked(text, file, options, &|| true)
}

/// Lints one text as long as the result is wanted; nothing once it is not.
pub fn lint_while(
    text: &str,
    file: FileId,
    options: &Options,
    wanted: &dyn Fn() -> bool,
) -> Option<FileReport> {
    let report = checked(text, file, options, wanted);
    wanted().then_some(report)
}

fn checked(text: &str, file: FileId, options: &Options, wanted: &dyn Fn() -> bool) -> FileReport {
    let parsed = syntax::parse(text, file);
    // A text may be too broken, or too large, to show by its tree that it is a template. Where it says so all the same, or
    // the user does, what is broken is all there is to say.
    let is_template = template::is_template(&parsed.tree)
        || (!parsed.errors.is_empty() && text.contains("AWSTemplateFormatVersion"));
    if !is_template && (parsed.errors.is_empty() || !text.contains("Resources")) {
        return FileReport::default();
    }
    let mut template = Template::from_tree(&parsed.tree, text);
    template.hide_unreadable(&parsed.errors, text);
    let mut errors = parsed.errors;
    errors.extend_from_slice(&template.errors);
    errors.sort_by_key(|error| error.span);
    let rules: Vec<&'static Rule> =
        rules::all().iter().copied().filter(|rule| options.runs(rule.name, rule.persona)).collect();
    let kinds: FxHashSet<&str> =
        template.resources.iter().map(|resource| resource.kind.text.as_ref()).collect();
    let present = |wanted: &[&str]| wanted.iter().any(|kind| kinds.contains(kind));
    let mut findings = Vec::new();
    for rule in &rules {
        match rule.check {
            Check::Text(check) => findings.extend(guarded(rule, file, options, || {
                let mut cx = TextContext { rule, text, errors: &errors, findings: Vec::new() };
                check(&mut cx);
                cx.findings
            })),
            Check::Template(kinds, check) if present(kinds) => {
                findings.extend(guarded(rule, file, options, || {
                    let mut cx = TemplateContext::new(rule, &template, options);
                    check(&mut cx);
                    cx.into_findings()
                }));
            }
            Check::Template(..) | Check::Network(..) => {}
        }
    }
    let rules: Vec<&'static Rule> = rules
        .into_iter()
        .filter(|rule| matches!(rule.check, Check::Network(kinds, _) if present(kinds)))
        .collect();
    if !rules.is_empty() {
        let scenarios = Scenarios::of(&template, &options.parameters, &is_relevant);
        let run = Run { template: &template, scenarios: &scenarios, options, file, wanted };
        findings.extend(run.findings(&rules));
    }
    let mut findings = say_once(findings);
    findings.sort_by(|a, b| (a.primary.span, a.rule, &a.message).cmp(&(b.primary.span, b.rule, &b.message)));
    FileReport { is_template, findings }
}

/// Shows the network of one scenario of a text, from 0, together with all scenarios in words: what each differs in from
/// the first. These are the answer where there is no such scenario.
pub fn in_scenario<T>(
    text: &str,
    file: FileId,
    options: &Options,
    index: usize,
    show: impl FnOnce(&Network<'_, '_>, &[String]) -> T,
) -> Result<T, Vec<String>> {
    let parsed = syntax::parse(text, file);
    let mut template = Template::from_tree(&parsed.tree, text);
    template.hide_unreadable(&parsed.errors, text);
    let scenarios = Scenarios::of(&template, &options.parameters, &is_relevant);
    let descriptions: Vec<String> = (0..scenarios.len()).map(|one| scenarios.difference(one, 0)).collect();
    if index >= scenarios.len() {
        return Err(descriptions);
    }
    let scenario = scenarios.scenario(index, Freed::None);
    Ok(show(&Network::of(&scenario, options.world == World::Closed), &descriptions))
}

fn is_relevant(resource: &Resource<'_>) -> bool {
    network::reads(&resource.kind.text)
}

/// One template under the rules that concern it.
struct Run<'r, 't> {
    template: &'r Template<'t>,
    scenarios: &'r Scenarios<'r, 't>,
    options: &'r Options,
    file: FileId,
    /// Whether anybody waits for the result; once nobody does, nothing more is looked for.
    wanted: &'r dyn Fn() -> bool,
}

/// Findings that stay whatever parameters with a default are given, with the scenarios.
type Lasting = BTreeMap<Key, Vec<(usize, Finding)>>;

/// What makes two findings of different scenarios the same: rule, owner, place.
type Key = (&'static str, Option<String>, Span);

fn key(finding: &Finding) -> Key {
    (finding.rule, finding.primary.owner.clone(), finding.primary.span)
}

impl Run<'_, '_> {
    fn findings(&self, rules: &[&'static Rule]) -> Vec<Finding> {
        // By place and words: a finding that reads differently in another scenario is said with its own "when".
        let mut found: BTreeMap<(Key, String), (Finding, Vec<usize>)> = BTreeMap::new();
        for index in 0..self.scenarios.len() {
            for finding in self.check(rules, index, Freed::None) {
                let (first, scenarios) = found
                    .entry((key(&finding), finding.message.clone()))
                    .or_insert_with(|| (finding.clone(), Vec::new()));
                // What mends it in one scenario only is no fix.
                if first.fix != finding.fix {
                    first.fix = None;
                }
                if scenarios.last() != Some(&index) {
                    scenarios.push(index);
                }
            }
        }
        if found.is_empty() {
            return Vec::new();
        }
        let lasting = self.without_defaults(&found);
        let mut all: BTreeMap<(Key, Severity), BTreeSet<usize>> = BTreeMap::new();
        for (finding, scenarios) in found.values() {
            all.entry((key(finding), finding.severity)).or_default().extend(scenarios);
        }
        let in_all = |finding: &Finding| all.get(&(key(finding), finding.severity)).map_or(0, BTreeSet::len);
        found
            .into_values()
            .map(|(finding, scenarios)| {
                let in_all = in_all(&finding);
                self.merged(finding, &scenarios, in_all, &lasting)
            })
            .collect()
    }

    /// The findings that stay when the parameters with only a default may have any value, with the scenarios.
    fn without_defaults(&self, found: &BTreeMap<(Key, String), (Finding, Vec<usize>)>) -> Lasting {
        let mut result = Lasting::new();
        let all: Vec<&Resource<'_>> = self.template.resources.iter().collect();
        let defaulted = !self.scenarios.defaulted(&all).is_empty();
        let mut rules_of: BTreeMap<usize, Vec<&'static Rule>> = BTreeMap::new();
        for (finding, scenarios) in found.values() {
            for &index in scenarios {
                if !defaulted {
                    result.entry(key(finding)).or_default().push((index, finding.clone()));
                } else if let Some(rule) = rules::find(finding.rule) {
                    let rules = rules_of.entry(index).or_default();
                    if !rules.iter().any(|present| present.name == rule.name) {
                        rules.push(rule);
                    }
                }
            }
        }
        for (index, rules) in rules_of {
            for finding in self.check(&rules, index, Freed::All) {
                result.entry(key(&finding)).or_default().push((index, finding));
            }
        }
        result
    }

    /// What was found in these scenarios, and, whatever the words, in so many of all.
    fn merged(&self, mut finding: Finding, scenarios: &[usize], in_all: usize, lasting: &Lasting) -> Finding {
        let existing: Vec<usize> =
            match finding.primary.owner.as_deref().and_then(|id| self.template.find_resource(id)) {
                Some(owner) => self.scenarios.existing(owner),
                None => (0..self.scenarios.len()).collect(),
            };
        let mut when = Vec::new();
        let mut definite = true;
        if scenarios.len() < existing.len() {
            when.push(self.scenarios.describe(scenarios, &existing));
            // What reads differently in each scenario is wrong in all of them nevertheless.
            definite = in_all >= existing.len();
        }
        let lasting = lasting.get(&key(&finding)).map_or(&[][..], Vec::as_slice);
        // What is less bad without the default is, as bad as here, only possible.
        let stays = |index: &usize| {
            let as_bad =
                || lasting.iter().filter(|(at, other)| at == index && other.severity >= finding.severity);
            // Another finding at the same place has other words.
            as_bad().find(|(_, other)| other.message == finding.message).or_else(|| as_bad().next())
        };
        if !scenarios.iter().all(|index| stays(index).is_some()) {
            when.push(self.with_defaults(&finding, scenarios));
            definite = false;
        } else if let Some((_, other)) = scenarios.first().and_then(stays) {
            // Words that rest on a default give way to those that are true of every value.
            let fix = finding.fix.take();
            finding = other.clone();
            finding.fix = fix.filter(|fix| other.fix.as_ref() == Some(fix));
        }
        if !definite {
            finding.certainty = Certainty::Possible;
            finding.severity = finding.severity.lowered();
        }
        finding.when = (!when.is_empty()).then(|| when.join(", "));
        // A fix is made whatever the scenario.
        finding.fix = finding.fix.filter(|_| finding.when.is_none());
        finding
    }

    /// In words, the defaults that a finding rests on: those without which it is gone.
    fn with_defaults(&self, finding: &Finding, scenarios: &[usize]) -> String {
        let owners = std::iter::once(&finding.primary)
            .chain(&finding.labels)
            .filter_map(|label| label.owner.as_deref());
        let owners: Vec<&Resource<'_>> = owners
            .filter_map(|id| self.template.find_resource(id))
            .map(|resource| self.template.resource(resource))
            .collect();
        let candidates = self.scenarios.defaulted(&owners);
        let (Some(rule), Some(&first)) = (rules::find(finding.rule), scenarios.first()) else {
            return String::new();
        };
        let decisive: Vec<String> = candidates
            .iter()
            .take(MAXIMUM_TRIALS)
            .filter(|(parameter, _)| {
                let still = self.check(&[rule], first, Freed::One(*parameter));
                let as_bad =
                    |other: &Finding| key(other) == key(finding) && other.severity >= finding.severity;
                !still.iter().any(as_bad)
            })
            .map(|(parameter, name)| match self.scenarios.default_of(*parameter) {
                "" => format!("`{name}` left empty"),
                default => format!("the default `{default}` of `{name}`"),
            })
            .collect();
        if decisive.is_empty() {
            "with the defaults of the parameters".to_owned()
        } else {
            format!("with {}", decisive.join(" and "))
        }
    }

    fn check(&self, rules: &[&'static Rule], index: usize, freed: Freed) -> Vec<Finding> {
        if !(self.wanted)() {
            return Vec::new();
        }
        let scenario = self.scenarios.scenario(index, freed);
        let network = Network::of(&scenario, self.options.world == World::Closed);
        let mut findings = Vec::new();
        for rule in rules.iter().take_while(|_| (self.wanted)()) {
            if let Check::Network(_, check) = rule.check {
                findings.extend(guarded(rule, self.file, self.options, || {
                    let mut cx = Context::new(rule, &network, self.options);
                    check(&mut cx);
                    cx.into_findings()
                }));
            }
        }
        findings
    }
}

/// Runs a rule; a panic becomes one finding, and the other rules still speak.
fn guarded(
    rule: &'static Rule,
    file: FileId,
    options: &Options,
    check: impl FnOnce() -> Vec<Finding>,
) -> Vec<Finding> {
    if let Ok(mut findings) = catch_unwind(AssertUnwindSafe(check)) {
        if let Some(&severity) = options.severity.get(rule.name) {
            for finding in &mut findings {
                finding.severity = severity;
            }
        }
        return findings;
    }
    let primary = Label { owner: None, span: Span { file, start: 0, end: 0 }, message: String::new() };
    let message = format!("the rule `{}` failed on this template and was skipped", rule.name);
    let mut finding = Finding::new(rule.name, Severity::Error, primary, message);
    finding.help(format!(
        "this is a bug in privatelint {}: please report it with the template",
        env!("CARGO_PKG_VERSION")
    ));
    vec![finding]
}

/// Folds what is true of many resources for one reason into one finding with many labels.
fn say_once(findings: Vec<Finding>) -> Vec<Finding> {
    let mut result: Vec<Finding> = Vec::with_capacity(findings.len());
    let mut groups: BTreeMap<(&'static str, String, Severity, Option<String>), Vec<Finding>> =
        BTreeMap::new();
    for finding in findings {
        match &finding.together {
            None => result.push(finding),
            Some(together) => {
                let group = (finding.rule, together.message.clone(), finding.severity, finding.when.clone());
                groups.entry(group).or_default().push(finding);
            }
        }
    }
    for ((_, message, _, _), mut group) in groups {
        group.sort_by_key(|finding| finding.primary.span);
        let count = group.len();
        let mut group = group.into_iter();
        let Some(mut first) = group.next() else { continue };
        if count > 1 {
            let mut owners: Vec<&str> = std::iter::once(&first)
                .chain(group.as_slice())
                .filter_map(|one| one.primary.owner.as_deref())
                .collect();
            // Several places in one resource.
            owners.dedup();
            first.message = message
                .replace("{count}", &count.to_string())
                .replace("{names}", &listed(owners.into_iter()));
        }
        for mut other in group {
            first.fix = united(first.fix.take(), other.fix.take());
            for label in std::iter::once(other.primary).chain(other.labels) {
                if !first.labels.contains(&label) {
                    first.labels.push(label);
                }
            }
        }
        result.push(first);
    }
    result
}

/// What mends all that is said at once, as far as it can be mended; only as applicable as its least part.
fn united(one: Option<Fix>, other: Option<Fix>) -> Option<Fix> {
    let (mut one, other) = match (one, other) {
        (Some(one), Some(other)) => (one, other),
        (one, other) => return one.or(other),
    };
    one.applicability = one.applicability.min(other.applicability);
    let new: Vec<Edit> = other.edits.into_iter().filter(|edit| !one.edits.contains(edit)).collect();
    // What would touch another edit waits until that is made.
    if !new.iter().any(|edit| one.edits.iter().any(|known| known.touches(edit))) {
        one.edits.extend(new);
    }
    Some(one)
}
