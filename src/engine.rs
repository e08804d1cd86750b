//! One template from text to findings: load, model, rules in every scenario, merge, suppress, say once, sort.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::config::{Options, World};
use crate::diagnostic::{Certainty, Finding, Label, Severity, Suppressed, listed};
use crate::network::{self, Network};
use crate::rules::{self, Check, Context, Rule, SuppressionContext, TemplateContext, TextContext};
use crate::scenario::{Freed, Scenarios};
use crate::suppress::{Ignores, Useless};
use crate::syntax;
use crate::template::{self, HiddenKind, Resource, Template};
use crate::text::{FileId, Sources, Span};

/// How many parameters are tried to find the default that a finding rests on.
const MAXIMUM_TRIALS: usize = 12;

/// How many resources the networks of all these trials may have together, so that thousands of findings that rest on
/// defaults do not take time without end.
const MAXIMUM_TRIED: usize = 100_000;

/// What a run found, with the texts that the spans point into.
#[derive(Debug, Default)]
pub struct Report {
    /// The texts.
    pub sources: Sources,
    /// All findings, sorted by file, place and rule.
    pub findings: Vec<Finding>,
    /// What ignores in the templates keep from being findings, in the same order.
    pub suppressed: Vec<Suppressed>,
    /// How many findings more there are that the baseline knows.
    pub known: usize,
    /// How many of the sources are templates.
    pub templates: usize,
}

/// What one text is and what was found in it.
#[derive(Debug, Default)]
pub struct FileReport {
    /// Whether the text is a CloudFormation template.
    pub is_template: bool,
    /// Findings in order of place.
    pub findings: Vec<Finding>,
    /// What ignores in the template keep from being findings, in order of place.
    pub suppressed: Vec<Suppressed>,
}

impl FileReport {
    /// The report with what is true of many resources for one reason said once.
    #[must_use]
    pub fn said_once(mut self) -> Self {
        self.findings = say_once(self.findings);
        sort(&mut self.findings);
        self
    }
}

/// Lints one text. `file` is the id under which `text` will stand in [`Report::sources`].
pub fn lint(text: &str, file: FileId, options: &Options) -> FileReport {
    inspect(text, file, options).said_once()
}

/// As [`lint`], with each finding by itself, also where several will be said together.
pub fn inspect(text: &str, file: FileId, options: &Options) -> FileReport {
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
    let mut ignores = Ignores::read(&parsed.tree, &template, text);
    let mut errors = parsed.errors;
    errors.extend_from_slice(&template.errors);
    errors.sort_by_key(|error| error.span);
    let rules: Vec<&'static Rule> =
        rules::all().iter().copied().filter(|rule| options.runs(rule.name, rule.persona)).collect();
    let kinds: FxHashSet<&str> =
        template.resources.iter().map(|resource| resource.kind.text.as_ref()).collect();
    let present = |wanted: &[&str]| wanted.iter().any(|kind| kinds.contains(kind));
    let guard = Guard { file, options, failed: RefCell::default() };
    let mut findings = Vec::new();
    for rule in &rules {
        match rule.check {
            Check::Text(check) => findings.extend(guard.run(rule, || {
                let mut cx = TextContext { rule, text, errors: &errors, findings: Vec::new() };
                check(&mut cx);
                cx.findings
            })),
            Check::Template(kinds, check) if present(kinds) => {
                findings.extend(guard.run(rule, || {
                    let mut cx = TemplateContext::new(rule, &template, options);
                    check(&mut cx);
                    cx.into_findings()
                }));
            }
            Check::Template(..) | Check::Network(..) | Check::Suppressions(..) => {}
        }
    }
    let on_network: Vec<&'static Rule> = rules
        .iter()
        .copied()
        .filter(|rule| matches!(rule.check, Check::Network(kinds, _) if present(kinds)))
        .collect();
    if !on_network.is_empty() {
        let scenarios = Scenarios::of(&template, &options.parameters, &is_relevant);
        let run = Run {
            template: &template,
            scenarios: &scenarios,
            options,
            guard: &guard,
            trials: RefCell::default(),
        };
        findings.extend(run.findings(&on_network));
    }
    let (mut findings, mut suppressed) = ignores.apply(findings);
    for rule in &rules {
        if let Check::Suppressions(check) = rule.check {
            let (own, own_suppressed) = useless_ignores(rule, check, &mut ignores, &template, &guard);
            findings.extend(own);
            suppressed.extend(own_suppressed);
        }
    }
    sort(&mut findings);
    suppressed.sort_by(|a, b| order(&a.finding).cmp(&order(&b.finding)));
    FileReport { is_template, findings, suppressed }
}

/// What a rule about ignores finds, and what of it is ignored itself.
fn useless_ignores(
    rule: &'static Rule,
    check: fn(&mut SuppressionContext<'_>),
    ignores: &mut Ignores,
    template: &Template<'_>,
    guard: &Guard<'_>,
) -> (Vec<Finding>, Vec<Suppressed>) {
    let options = guard.options;
    // Another run may give a parameter another value, and then find what this one does not.
    let is_narrowed = options.parameters.keys().any(|name| template.find_parameter(name).is_some());
    // What could not be read may hold what is ignored.
    let is_unread = template.hidden.iter().any(|hidden| hidden.kind == HiddenKind::Unreadable);
    let is_known = |name: &str| {
        rules::find(name).is_none_or(|known| {
            let was_told = match known.check {
                Check::Text(_) | Check::Suppressions(_) => true,
                Check::Template(..) => !is_unread,
                Check::Network(..) => !is_unread && !is_narrowed,
            };
            was_told && options.runs(known.name, known.persona) && !guard.failed.borrow().contains(known.name)
        })
    };
    let found = |useless: &[Useless]| {
        guard.run(rule, || {
            let mut cx = SuppressionContext::new(rule, useless);
            check(&mut cx);
            cx.into_findings()
        })
    };
    let mut useless = ignores.mistakes().to_vec();
    useless.extend(ignores.idle(|name| name != rule.name && is_known(name)));
    let (mut findings, suppressed) = ignores.apply(found(&useless));
    // Whether an ignore of this rule is of use is known only now, and what is said of it stays said.
    findings.extend(found(&ignores.idle(|name| name == rule.name)));
    (findings, suppressed)
}

fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
}

/// By what findings of a file are put in order.
fn order(finding: &Finding) -> (Span, &'static str, &str) {
    (finding.primary.span, finding.rule, &finding.message)
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
    guard: &'r Guard<'r>,
    trials: RefCell<BTreeMap<Trial, Rc<Worst>>>,
}

/// A rule in a scenario where a parameter may have any value.
type Trial = (&'static str, usize, usize);

/// What was found, and how bad it is at most.
type Worst = BTreeMap<Key, Severity>;

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
                let (_, scenarios) = found
                    .entry((key(&finding), finding.message.clone()))
                    .or_insert_with(|| (finding, Vec::new()));
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
            finding = other.clone();
        }
        if !definite {
            finding.certainty = Certainty::Possible;
            finding.severity = finding.severity.lowered();
        }
        finding.when = (!when.is_empty()).then(|| when.join(", "));
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
                self.trial(rule, first, *parameter).is_some_and(|still| {
                    still.get(&key(finding)).is_none_or(|severity| *severity < finding.severity)
                })
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

    /// What a rule finds in a scenario where one parameter may have any value; none where enough was tried.
    fn trial(&self, rule: &'static Rule, index: usize, parameter: usize) -> Option<Rc<Worst>> {
        let trial = (rule.name, index, parameter);
        let mut trials = self.trials.borrow_mut();
        if let Some(known) = trials.get(&trial) {
            return Some(Rc::clone(known));
        }
        if trials.len() * self.template.resources.len() > MAXIMUM_TRIED {
            return None;
        }
        let mut worst = Worst::new();
        for finding in self.check(&[rule], index, Freed::One(parameter)) {
            let severity = worst.entry(key(&finding)).or_insert(finding.severity);
            *severity = finding.severity.max(*severity);
        }
        let worst = Rc::new(worst);
        trials.insert(trial, Rc::clone(&worst));
        Some(worst)
    }

    fn check(&self, rules: &[&'static Rule], index: usize, freed: Freed) -> Vec<Finding> {
        let scenario = self.scenarios.scenario(index, freed);
        let network = Network::of(&scenario, self.options.world == World::Closed);
        let mut findings = Vec::new();
        for rule in rules {
            if let Check::Network(_, check) = rule.check {
                findings.extend(self.guard.run(rule, || {
                    let mut cx = Context::new(rule, &network, self.options);
                    check(&mut cx);
                    cx.into_findings()
                }));
            }
        }
        findings
    }
}

/// Keeps the panic of one rule from the others.
struct Guard<'r> {
    file: FileId,
    options: &'r Options,
    /// The rules that have panicked.
    failed: RefCell<BTreeSet<&'static str>>,
}

impl Guard<'_> {
    /// Runs a rule; a panic becomes one finding, and the other rules still speak.
    fn run(&self, rule: &'static Rule, check: impl FnOnce() -> Vec<Finding>) -> Vec<Finding> {
        if let Ok(mut findings) = catch_unwind(AssertUnwindSafe(check)) {
            if let Some(&severity) = self.options.severity.get(rule.name) {
                for finding in &mut findings {
                    finding.severity = severity;
                }
            }
            return findings;
        }
        self.failed.borrow_mut().insert(rule.name);
        let place = Span { file: self.file, start: 0, end: 0 };
        let primary = Label { owner: None, span: place, message: String::new() };
        let message = format!("the rule `{}` failed on this template and was skipped", rule.name);
        let mut finding = Finding::new(rule.name, Severity::Error, primary, message);
        finding.help(format!(
            "this is a bug in privatelint {}: please report it with the template",
            env!("CARGO_PKG_VERSION")
        ));
        vec![finding]
    }
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
        let mut by_place: FxHashMap<Span, Vec<usize>> = FxHashMap::default();
        for (index, label) in first.labels.iter().enumerate() {
            by_place.entry(label.span).or_default().push(index);
        }
        for label in group.flat_map(|other| std::iter::once(other.primary).chain(other.labels)) {
            let there = by_place.entry(label.span).or_default();
            if !there.iter().any(|&index| first.labels[index] == label) {
                there.push(first.labels.len());
                first.labels.push(label);
            }
        }
        result.push(first);
    }
    result
}
