//! One template from text to findings: load, model, rules in every deployment and scenario, merge, suppress, say once,
//! sort.

use std::borrow::Cow;
use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::config::{Deployment, Options, World};
use crate::diagnostic::{Certainty, Edit, Finding, Fix, Label, Severity, Suppressed, listed};
use crate::network::{self, Network, Shared, Surroundings};
use crate::rules::{self, Check, Context, Rule, SuppressionContext, TemplateContext, TextContext};
use crate::scenario::{Freed, Once, Scenarios};
use crate::suppress::{Ignores, Useless};
use crate::syntax::{self, Parsed};
use crate::template::{self, ExpressionKind, HiddenKind, PSEUDO_PARAMETERS, Resource, ResourceId, Template};
use crate::text::{FileId, Span};

/// How many parameters are tried to find the default that a finding rests on.
const MAXIMUM_TRIALS: usize = 12;

/// How many resources the networks of all these trials may have together, so that thousands of findings that rest on
/// defaults do not take time without end.
const MAXIMUM_TRIED: usize = 100_000;

/// What one text is and what was found in it.
#[derive(Debug, Clone, Default)]
pub struct FileReport {
    /// Whether the text is a CloudFormation template.
    pub is_template: bool,
    /// The parameters of the template, to compare what is given for them with; absent where nothing is given, and where a
    /// mistake in the text may hide some.
    pub parameters: Option<Vec<String>>,
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

/// Whether a name is that of a pseudo parameter, which every template has.
pub fn is_pseudo_parameter(name: &str) -> bool {
    PSEUDO_PARAMETERS.contains(&name)
}

/// Whether values are given for parameters that a template may lack.
fn gives_parameters(options: &Options) -> bool {
    !options.deployments.is_empty() || options.parameters.keys().any(|name| !is_pseudo_parameter(name))
}

/// The names of the pseudo parameters.
pub fn pseudo_parameters() -> &'static [&'static str] {
    PSEUDO_PARAMETERS
}

/// Whether a text is a template, or says that it is one and is too broken to tell.
pub fn is_template(text: &str) -> bool {
    let parsed = syntax::parse(text, FileId(0));
    shows_template(&parsed, text)
}

/// A text may be too broken, or too large, to show by its tree that it is a template. Where it says so all the same, or
/// the user does, what is broken is all there is to say.
fn shows_template(parsed: &Parsed<'_>, text: &str) -> bool {
    template::is_template(&parsed.tree)
        || (!parsed.errors.is_empty() && text.contains("AWSTemplateFormatVersion"))
}

/// Lints one text. `file` is the id under which `text` will stand in the sources of its [`Part`](crate::report::Part).
pub fn lint(text: &str, file: FileId, options: &Options) -> FileReport {
    inspect(text, file, options).said_once()
}

/// As [`lint`], as long as the result is wanted; nothing once it is not.
pub fn lint_while(
    text: &str,
    file: FileId,
    options: &Options,
    wanted: &dyn Fn() -> bool,
) -> Option<FileReport> {
    let report = inspect_while(text, file, options, wanted).said_once();
    wanted().then_some(report)
}

/// As [`lint`], with each finding by itself, also where several will be said together.
pub fn inspect(text: &str, file: FileId, options: &Options) -> FileReport {
    inspect_while(text, file, options, &|| true)
}

fn inspect_while(text: &str, file: FileId, options: &Options, wanted: &dyn Fn() -> bool) -> FileReport {
    let parsed = syntax::parse(text, file);
    let is_template = shows_template(&parsed, text);
    if !is_template && (parsed.errors.is_empty() || !text.contains("Resources")) {
        return FileReport::default();
    }
    let mut template = Template::from_tree(&parsed.tree, text);
    template.hide_unreadable(&parsed.errors, text);
    let mut ignores = Ignores::read(&parsed.tree, &template, text);
    let mut errors = parsed.errors;
    errors.extend_from_slice(&template.errors);
    errors.sort_by_key(|error| error.span);
    let parameters = template.parameters.iter().map(|parameter| parameter.name.text.clone().into_owned());
    let parameters = (errors.is_empty() && gives_parameters(options)).then(|| parameters.collect());
    let runs = |rule: &Rule| options.runs(rule.name, rule.persona);
    let guard = Guard { file, wanted, failed: RefCell::default() };
    let mut findings = Vec::new();
    for rule in rules::all() {
        if let Check::Text(check) = rule.check
            && runs(rule)
        {
            findings.extend(guard.run(rule, options, || {
                let mut cx = TextContext { rule, text, errors: &errors, findings: Vec::new() };
                check(&mut cx);
                cx.findings
            }));
        }
    }
    let rules: Vec<&'static Rule> = rules::about(template.types()).filter(|rule| runs(rule)).collect();
    let deployed = in_deployments(&template, options);
    let several = deployed.len() > 1;
    let looks = deployed.iter().map(|one| look(&template, &rules, &one.options, several, &guard)).collect();
    findings.extend(over_deployments(looks, &deployed));
    let (mut findings, mut suppressed) = ignores.apply(findings);
    for rule in rules::all() {
        if let Check::Suppressions(check) = rule.check
            && runs(rule)
        {
            let (own, own_suppressed) =
                useless_ignores(rule, check, &mut ignores, &template, &guard, options, &deployed);
            findings.extend(own);
            suppressed.extend(own_suppressed);
        }
    }
    sort(&mut findings);
    suppressed.sort_by(|a, b| order(&a.finding).cmp(&order(&b.finding)));
    FileReport { is_template, parameters, findings, suppressed }
}

/// What a rule about ignores finds, and what of it is ignored itself.
fn useless_ignores(
    rule: &'static Rule,
    check: fn(&mut SuppressionContext<'_>),
    ignores: &mut Ignores,
    template: &Template<'_>,
    guard: &Guard<'_>,
    options: &Options,
    deployed: &[Deployed<'_>],
) -> (Vec<Finding>, Vec<Suppressed>) {
    // Another run may give a parameter another value, and then find what this one does not.
    let is_narrowed = deployed.iter().any(|deployed| {
        deployed.options.parameters.keys().any(|name| template.find_parameter(name).is_some())
    });
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
        guard.run(rule, options, || {
            let mut cx = SuppressionContext::new(rule, useless);
            check(&mut cx);
            cx.into_findings()
        })
    };
    let mut useless = ignores.mistakes().to_vec();
    useless.extend(ignores.idle(template, |name| name != rule.name && is_known(name)));
    let (mut findings, suppressed) = ignores.apply(found(&useless));
    // Whether an ignore of this rule is of use is known only now, and what is said of it stays said.
    findings.extend(found(&ignores.idle(template, |name| name == rule.name)));
    (findings, suppressed)
}

fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
}

/// By what findings of a file are put in order.
fn order(finding: &Finding) -> (Span, &'static str, &str, Option<&str>) {
    (finding.primary.span, finding.rule, &finding.message, finding.when.as_deref())
}

/// Deployments that are the same for a template, with the options under which it is looked at.
struct Deployed<'o> {
    /// None where nothing is known of how the template is deployed.
    names: Vec<&'o str>,
    options: Cow<'o, Options>,
}

/// How a template is deployed. Deployments that differ only in parameters that it does not have are the same.
fn in_deployments<'o>(template: &Template<'_>, options: &'o Options) -> Vec<Deployed<'o>> {
    let mut different: Vec<Deployed<'o>> = Vec::new();
    let concerned = options.deployments.iter().any(|deployment| concerns(deployment, template));
    for deployment in &options.deployments {
        let options = within(template, options, deployment, concerned);
        let same = |other: &&mut Deployed<'_>| {
            (&other.options.parameters, &other.options.kept) == (&options.parameters, &options.kept)
        };
        match different.iter_mut().find(same) {
            Some(same) => same.names.push(&deployment.name),
            None => different.push(Deployed { names: vec![&deployment.name], options: Cow::Owned(options) }),
        }
    }
    if different.is_empty() {
        different.push(Deployed { names: Vec::new(), options: Cow::Borrowed(options) });
    }
    different
}

/// Whether a deployment is one of this template: a file that the user names for a whole folder may be for another.
fn concerns(deployment: &Deployment, template: &Template<'_>) -> bool {
    let in_file = deployment.parameters.iter().filter(|(_, given)| given.place.is_some());
    deployment.named_for_template
        || in_file.into_iter().any(|(name, _)| template.find_parameter(name).is_some())
}

/// The options under which a template is looked at in a deployment. Where its deployments are known, what one does not
/// give has the default of the template for sure: nobody else will choose another.
fn within(template: &Template<'_>, options: &Options, deployment: &Deployment, concerned: bool) -> Options {
    let mut options = options.within(deployment);
    let has = |name: &String| is_pseudo_parameter(name) || template.find_parameter(name).is_some();
    options.parameters.retain(|name, _| has(name));
    options.kept.retain(|name| has(name));
    for parameter in template.parameters.iter().filter(|_| concerned) {
        let name = parameter.name.text.as_ref();
        if let Some(default) = &parameter.default
            && !options.kept.contains(name)
        {
            options.parameters.entry(name.to_owned()).or_insert_with(|| default.text.clone().into_owned());
        }
    }
    options
}

/// What was found under one set of options.
struct Look {
    findings: Vec<Finding>,
    /// Resources that exist in no scenario; none where it is the only look.
    nowhere: BTreeSet<String>,
}

/// Looks at a template and its network under one set of options, by the rules that concern it; `several` where it is
/// looked at under other ones too.
fn look(
    template: &Template<'_>,
    rules: &[&'static Rule],
    options: &Options,
    several: bool,
    guard: &Guard<'_>,
) -> Look {
    let mut look = Look { findings: Vec::new(), nowhere: BTreeSet::new() };
    for rule in rules {
        if let Check::Template(_, check) = rule.check {
            look.findings.extend(guard.run(rule, options, || {
                let mut cx = TemplateContext::new(rule, template, options);
                check(&mut cx);
                cx.into_findings()
            }));
        }
    }
    let mut on_network = Vec::with_capacity(rules.len());
    on_network.extend(rules.iter().filter_map(|rule| NetworkRule::of(rule)));
    if !on_network.is_empty() {
        let scenarios = Scenarios::with_kept(template, &options.parameters, &options.kept, &is_relevant);
        let run = Run::new(template, &scenarios, on_network, options, guard);
        look.findings.extend(run.findings());
        let conditional = template.iter().filter(|(_, resource)| several && resource.condition.is_some());
        let nowhere = conditional.filter(|(id, _)| scenarios.existing(*id).next().is_none());
        look.nowhere = nowhere.map(|(_, resource)| resource.id.text.clone().into_owned()).collect();
    }
    look
}

fn surroundings(options: &Options) -> Surroundings {
    Surroundings {
        closed: options.world == World::Closed,
        shared_endpoints: options.shared_endpoints.clone(),
        central_endpoints: options.central_endpoints.clone(),
    }
}

/// What makes two findings of different deployments the same: place and words, severity, scenario.
type Same = (&'static str, Option<String>, Span, String, Severity, Option<String>);

/// Merges what different deployments found. What is the same in every deployment that has the resource is said as of
/// one; the rest is said with the names of the deployments. Its severity stays: a deployment is no guess, it will fail.
fn over_deployments(mut looks: Vec<Look>, deployed: &[Deployed<'_>]) -> Vec<Finding> {
    if looks.len() == 1 {
        return looks.pop().map(|look| look.findings).unwrap_or_default();
    }
    let mut found: BTreeMap<Same, (Finding, Vec<usize>)> = BTreeMap::new();
    for (index, look) in looks.iter_mut().enumerate() {
        for finding in std::mem::take(&mut look.findings) {
            let (rule, primary) = (finding.rule, &finding.primary);
            let (message, when) = (finding.message.clone(), finding.when.clone());
            let same = (rule, primary.owner.clone(), primary.span, message, finding.severity, when);
            let (first, places) = found.entry(same).or_insert_with(|| (finding.clone(), Vec::new()));
            // What mends it in one deployment only is no fix.
            if first.fix != finding.fix {
                first.fix = None;
            }
            if places.last() != Some(&index) {
                places.push(index);
            }
        }
    }
    let merged = found.into_values().map(|(mut finding, places)| {
        let has_owner =
            |look: &&Look| finding.primary.owner.as_ref().is_none_or(|owner| !look.nowhere.contains(owner));
        if places.len() < looks.iter().filter(has_owner).count() {
            let names: Vec<&str> = places.iter().flat_map(|&index| &deployed[index].names).copied().collect();
            let noun = if names.len() == 1 { "deployment" } else { "deployments" };
            let place = format!("in {noun} {}", listed(names.into_iter()));
            finding.when = Some(match finding.when {
                Some(when) => format!("{place}, {when}"),
                None => place,
            });
            finding.fix = None;
        }
        finding
    });
    merged.collect()
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
    let scenarios = Scenarios::with_kept(&template, &options.parameters, &options.kept, &is_relevant);
    let descriptions: Vec<String> = (0..scenarios.len()).map(|one| scenarios.difference(one, 0)).collect();
    if index >= scenarios.len() {
        return Err(descriptions);
    }
    let scenario = scenarios.scenario(index, Freed::None);
    Ok(show(&Network::of(&scenario, &surroundings(options)), &descriptions))
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
    surroundings: Surroundings,
    shared: Rc<Shared<'t>>,
    known: rules::Known,
    rules: Vec<NetworkRule>,
    trials: RefCell<BTreeMap<Trial, Rc<Worst>>>,
    /// Of each resource that was asked for, the places of its outermost choices.
    choices: RefCell<FxHashMap<ResourceId, Vec<Span>>>,
}

/// A rule on the network.
struct NetworkRule {
    rule: &'static Rule,
    check: fn(&mut Context<'_, '_>),
    /// What it has found, if anything.
    found: Once<Option<Told>>,
}

/// What a rule tells of one scenario or of several.
type Told = Rc<Vec<Finding>>;

impl NetworkRule {
    fn of(rule: &'static Rule) -> Option<Self> {
        match rule.check {
            Check::Network(_, check) => Some(Self { rule, check, found: Once::default() }),
            Check::Text(_) | Check::Template(..) | Check::Suppressions(_) => None,
        }
    }
}

/// A rule in a scenario where a parameter may have any value.
type Trial = (&'static str, usize, usize);

/// How bad what was found in a trial is at most, by owner and place.
type Worst = BTreeMap<(Option<String>, Span), Severity>;

/// What was found in the same words in several scenarios.
struct Repeated<'f> {
    /// As it was found first.
    finding: &'f Finding,
    /// Whether the same mends it in each scenario.
    mended_alike: bool,
    scenarios: Vec<usize>,
    /// How bad it is in each of these.
    severities: Vec<Severity>,
}

/// Findings that stay whatever parameters with a default are given, with the scenarios.
type Lasting<'f> = BTreeMap<Key<'f>, Vec<(usize, &'f Finding)>>;

/// What makes two findings of different scenarios the same: rule, owner, place.
type Key<'f> = (&'static str, Option<&'f str>, Span);

fn key(finding: &Finding) -> Key<'_> {
    (finding.rule, finding.primary.owner.as_deref(), finding.primary.span)
}

/// Whether two findings of one rule give the same reason: their words are the same but for the names in them.
fn say_alike(one: &Finding, other: &Finding) -> bool {
    one.message.split('`').step_by(2).eq(other.message.split('`').step_by(2))
}

/// The places of the choices (`Fn::If`) in the properties of a resource that lie in no other one, in the order of the text.
fn outermost_choices(template: &Template<'_>, owner: ResourceId) -> Vec<Span> {
    let mut choices = Vec::new();
    for member in template.members(template.resource(owner).properties) {
        member.value.walk(template, &mut |part| {
            if matches!(part.kind, ExpressionKind::If { .. }) {
                choices.push(part.span);
            }
        });
    }
    choices.sort_unstable_by_key(|choice: &Span| (choice.start, Reverse(choice.end)));
    let mut outermost: Vec<Span> = Vec::new();
    for choice in choices {
        if outermost.last().is_none_or(|last| last.end < choice.end) {
            outermost.push(choice);
        }
    }
    outermost
}

impl<'r, 't> Run<'r, 't> {
    fn new(
        template: &'r Template<'t>,
        scenarios: &'r Scenarios<'r, 't>,
        rules: Vec<NetworkRule>,
        options: &'r Options,
        guard: &'r Guard<'r>,
    ) -> Self {
        Self {
            template,
            scenarios,
            options,
            guard,
            surroundings: surroundings(options),
            shared: Rc::default(),
            known: rules::Known::default(),
            rules,
            trials: RefCell::default(),
            choices: RefCell::default(),
        }
    }

    fn findings(&self) -> Vec<Finding> {
        let told: Vec<Vec<Told>> =
            (0..self.scenarios.len()).map(|index| self.check(&self.rules, index, Freed::None)).collect();
        // By place and words: a finding that reads differently in another scenario is said with its own "when".
        let mut found: BTreeMap<(Key<'_>, &str), Repeated<'_>> = BTreeMap::new();
        for (index, told) in told.iter().enumerate() {
            for finding in told.iter().flat_map(|told| told.iter()) {
                let first = found.entry((key(finding), &finding.message)).or_insert_with(|| Repeated {
                    finding,
                    mended_alike: true,
                    scenarios: Vec::new(),
                    severities: Vec::new(),
                });
                // What mends it in one scenario only is no fix.
                first.mended_alike &= first.finding.fix == finding.fix;
                if first.scenarios.last() != Some(&index) {
                    first.scenarios.push(index);
                    first.severities.push(finding.severity);
                }
            }
        }
        if found.is_empty() {
            return Vec::new();
        }
        let freed = self.without_defaults(found.values());
        let mut lasting = Lasting::new();
        for (index, findings) in freed.as_ref().unwrap_or(&told).iter().enumerate() {
            for finding in findings.iter().flat_map(|told| told.iter()) {
                lasting.entry(key(finding)).or_default().push((index, finding));
            }
        }
        let mut all: BTreeMap<(Key<'_>, Severity), BTreeSet<usize>> = BTreeMap::new();
        for repeated in found.values() {
            let in_all = all.entry((key(repeated.finding), repeated.finding.severity)).or_default();
            in_all.extend(&repeated.scenarios);
        }
        let in_all = |finding: &Finding| all.get(&(key(finding), finding.severity)).map_or(0, BTreeSet::len);
        found.values().map(|repeated| self.merged(repeated, in_all(repeated.finding), &lasting)).collect()
    }

    /// What is found in each scenario when the parameters with only a default may have any value; `None` where there are no
    /// such parameters.
    fn without_defaults<'f>(&self, found: impl Iterator<Item = &'f Repeated<'f>>) -> Option<Vec<Vec<Told>>> {
        // What no network reads makes no difference.
        let mut read = self.template.resources.iter().filter(|it| is_relevant(it));
        if !read.any(|it| !self.scenarios.defaulted(&[it]).is_empty()) {
            return None;
        }
        let mut found_by = vec![vec![false; self.rules.len()]; self.scenarios.len()];
        for repeated in found {
            if let Some(rule) = self.rules.iter().position(|it| it.rule.name == repeated.finding.rule) {
                repeated.scenarios.iter().for_each(|&index| found_by[index][rule] = true);
            }
        }
        let again = found_by.iter().enumerate().map(|(index, found)| {
            let rules = self.rules.iter().zip(found).filter_map(|(rule, found)| found.then_some(rule));
            self.check(rules, index, Freed::All)
        });
        Some(again.collect())
    }

    /// What was found in some scenarios, and, whatever the words, in so many of all.
    fn merged(&self, repeated: &Repeated<'_>, in_all: usize, lasting: &Lasting<'_>) -> Finding {
        let Repeated { finding, mended_alike, scenarios, severities } = repeated;
        let existing: Vec<usize> =
            match finding.primary.owner.as_deref().and_then(|id| self.template.find_resource(id)) {
                Some(owner) => self.scenarios.existing(owner).collect(),
                None => (0..self.scenarios.len()).collect(),
            };
        let mut when = Vec::new();
        let mut definite = true;
        if scenarios.len() < existing.len() {
            when.push(self.scenarios.describe(scenarios, &existing));
            // What reads differently in each scenario is wrong in all of them nevertheless.
            definite = in_all >= existing.len() || self.in_choice(finding, lasting) >= existing.len();
        }
        let lasting = lasting.get(&key(finding)).map_or(&[][..], Vec::as_slice);
        // What is less bad without the default is, as bad as here, only possible.
        let stays = |(index, severity): (&usize, &Severity)| {
            let as_bad = || lasting.iter().filter(|(at, other)| at == index && other.severity >= *severity);
            // Another finding at the same place has other words.
            as_bad().find(|(_, other)| other.message == finding.message).or_else(|| as_bad().next())
        };
        let mut each = scenarios.iter().zip(severities);
        let mut said = *finding;
        if !each.clone().all(|one| stays(one).is_some()) {
            when.push(self.with_defaults(finding, scenarios));
            definite = false;
        } else if let Some((_, other)) = each.next().and_then(stays) {
            // Words that rest on a default give way to those that are true of every value.
            said = other;
        }
        let mut merged = said.clone();
        if !definite {
            merged.certainty = Certainty::Possible;
            merged.severity = merged.severity.lowered();
        }
        merged.when = (!when.is_empty()).then(|| when.join(", "));
        // A fix is made whatever the scenario.
        if !mended_alike || merged.when.is_some() || said.fix != finding.fix {
            merged.fix = None;
        }
        merged
    }

    /// In how many scenarios the same is wrong, whatever the defaults, with what a choice (`Fn::If`) gives its owner here or
    /// in its other branch.
    fn in_choice(&self, finding: &Finding, lasting: &Lasting<'_>) -> usize {
        let Some(choice) = self.choice_around(&finding.primary) else { return 0 };
        let (rule, owner, _) = key(finding);
        let (first, last) = (Span { end: choice.start, ..choice }, Span { start: choice.end, ..choice });
        let places = lasting.range((rule, owner, first)..=(rule, owner, last));
        let inside = places.filter(|((.., span), _)| choice.contains(*span)).flat_map(|(_, found)| found);
        let same =
            inside.filter(|(_, other)| other.severity >= finding.severity && say_alike(finding, other));
        same.map(|(index, _)| index).collect::<BTreeSet<_>>().len()
    }

    /// The place of the outermost choice in the properties of its owner in which something lies.
    fn choice_around(&self, place: &Label) -> Option<Span> {
        let owner = self.template.find_resource(place.owner.as_deref()?)?;
        let mut choices = self.choices.borrow_mut();
        let choices = choices.entry(owner).or_insert_with(|| outermost_choices(self.template, owner));
        let before = choices.partition_point(|choice| choice.start <= place.span.start);
        choices[..before].last().copied().filter(|choice| choice.contains(place.span))
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
        let place = (finding.primary.owner.clone(), finding.primary.span);
        let rule = self.rules.iter().find(|it| it.rule.name == finding.rule);
        let (Some(rule), Some(&first)) = (rule, scenarios.first()) else {
            return String::new();
        };
        let decisive: Vec<String> = candidates
            .iter()
            .take(MAXIMUM_TRIALS)
            .filter(|(parameter, _)| {
                self.trial(rule, first, *parameter).is_some_and(|still| {
                    still.get(&place).is_none_or(|severity| *severity < finding.severity)
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
    fn trial(&self, rule: &NetworkRule, index: usize, parameter: usize) -> Option<Rc<Worst>> {
        let trial = (rule.rule.name, index, parameter);
        let mut trials = self.trials.borrow_mut();
        if let Some(known) = trials.get(&trial) {
            return Some(Rc::clone(known));
        }
        if trials.len() * self.template.resources.len() > MAXIMUM_TRIED {
            return None;
        }
        let mut worst = Worst::new();
        for finding in self.check([rule], index, Freed::One(parameter)).iter().flat_map(|told| told.iter()) {
            let place = (finding.primary.owner.clone(), finding.primary.span);
            let severity = worst.entry(place).or_insert(finding.severity);
            *severity = finding.severity.max(*severity);
        }
        let worst = Rc::new(worst);
        trials.insert(trial, Rc::clone(&worst));
        Some(worst)
    }

    /// What these rules find in a scenario. One that is told by it what it was told by another one finds the same, and is
    /// not asked again.
    fn check<'c>(
        &self,
        rules: impl IntoIterator<Item = &'c NetworkRule>,
        index: usize,
        freed: Freed,
    ) -> Vec<Told> {
        let mut rules = rules.into_iter().peekable();
        if rules.peek().is_none() || !(self.guard.wanted)() {
            return Vec::new();
        }
        let scenario = self.scenarios.scenario(index, freed);
        let network = Network::beside(&scenario, &self.surroundings, &self.shared);
        let mut findings = Vec::new();
        for NetworkRule { rule, check, found } in rules {
            findings.extend(found.get_or_find(&scenario, || {
                let found = self.guard.run(rule, self.options, || {
                    let mut cx = Context::new(rule, &network, self.options, &self.known);
                    check(&mut cx);
                    cx.into_findings()
                });
                (!found.is_empty()).then(|| Rc::new(found))
            }));
        }
        findings
    }
}

/// Runs rules as long as the result is wanted, and keeps the panic of one from the others.
struct Guard<'r> {
    file: FileId,
    wanted: &'r dyn Fn() -> bool,
    /// The rules that have panicked.
    failed: RefCell<BTreeSet<&'static str>>,
}

impl Guard<'_> {
    /// Runs a rule; a panic becomes one finding, and the other rules still speak.
    fn run(
        &self,
        rule: &'static Rule,
        options: &Options,
        check: impl FnOnce() -> Vec<Finding>,
    ) -> Vec<Finding> {
        if !(self.wanted)() {
            return Vec::new();
        }
        if let Ok(mut findings) = catch_unwind(AssertUnwindSafe(check)) {
            if let Some(&severity) = options.severity.get(rule.name) {
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
    let (mut alike, mut result): (Vec<Finding>, Vec<Finding>) =
        findings.into_iter().partition(|finding| finding.together.is_some());
    alike.sort_by(|a, b| (reason(a), a.primary.span).cmp(&(reason(b), b.primary.span)));
    let mut alike = alike.into_iter().peekable();
    while let Some(first) = alike.next() {
        let others = std::iter::from_fn(|| alike.next_if(|other| reason(other) == reason(&first)));
        let others: Vec<Finding> = others.collect();
        result.push(if others.is_empty() { first } else { said_together(first, others) });
    }
    result
}

/// By what findings are said together.
fn reason(finding: &Finding) -> (&'static str, Option<&str>, Severity, Option<&str>) {
    let together = finding.together.as_ref().map(|together| together.message.as_str());
    (finding.rule, together, finding.severity, finding.when.as_deref())
}

/// Several findings for one reason as one, in the order of the text.
fn said_together(mut first: Finding, others: Vec<Finding>) -> Finding {
    if let Some(together) = &first.together {
        let mut owners: Vec<&str> =
            std::iter::once(&first).chain(&others).filter_map(|one| one.primary.owner.as_deref()).collect();
        // Several places in one resource.
        owners.dedup();
        first.message = together
            .message
            .replace("{count}", &(1 + others.len()).to_string())
            .replace("{names}", &listed(owners.into_iter()));
    }
    let mut by_place: FxHashMap<Span, Vec<usize>> = FxHashMap::default();
    for (index, label) in first.labels.iter().enumerate() {
        by_place.entry(label.span).or_default().push(index);
    }
    for mut other in others {
        first.fix = united(first.fix.take(), other.fix.take());
        for label in std::iter::once(other.primary).chain(other.labels) {
            let there = by_place.entry(label.span).or_default();
            if !there.iter().any(|&index| first.labels[index] == label) {
                there.push(first.labels.len());
                first.labels.push(label);
            }
        }
    }
    first
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The templates of a folder, if it is there.
    fn templates(folder: &str) -> Vec<String> {
        let files = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
        let paths = files.into_iter().flatten().map(|file| file.unwrap().path());
        paths.filter_map(|path| std::fs::read_to_string(path).ok()).collect()
    }

    #[test]
    fn what_a_rule_finds_in_one_scenario_it_finds_in_those_that_tell_it_the_same() {
        let mut compared = 0;
        for text in ["testdata/ok", "testdata/err", "testdata/bench"].map(templates).concat() {
            let parsed = syntax::parse(&text, FileId(0));
            let template = Template::from_tree(&parsed.tree, &text);
            let options = Options::default();
            let guard = Guard { file: FileId(0), wanted: &|| true, failed: RefCell::default() };
            let scenarios = Scenarios::with_kept(&template, &options.parameters, &options.kept, &is_relevant);
            let run = || {
                let rules = rules::about(template.types()).filter_map(NetworkRule::of).collect();
                Run::new(&template, &scenarios, rules, &options, &guard)
            };
            let together = run();
            for freed in [Freed::None, Freed::All] {
                for index in 0..scenarios.len() {
                    let alone = run();
                    let found = together.check(&together.rules, index, freed);
                    assert_eq!(found, alone.check(&alone.rules, index, freed), "scenario {index} of\n{text}");
                    compared += usize::from(index > 0);
                }
            }
        }
        assert!(compared > 0, "no template has several scenarios");
    }

    #[test]
    fn what_is_less_bad_in_another_scenario_is_not_laid_to_a_default() {
        let text = "\
Parameters:
  Environment: {Type: String, AllowedValues: [production, test]}
  Organization: {Type: String, Default: o-a1b2c3d4e5}
Conditions:
  InProduction: !Equals [!Ref Environment, production]
Resources:
  TokenEndpoint:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: vpc-0123456789abcdef0
      VpcEndpointType: Interface
      ServiceName: com.amazonaws.eu-west-1.sts
  S3Endpoint:
    Type: AWS::EC2::VPCEndpoint
    Condition: InProduction
    Properties:
      VpcId: vpc-0123456789abcdef0
      ServiceName: com.amazonaws.eu-west-1.s3
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: \"*\"
            Action: s3:GetObject
            Resource: \"*\"
            Condition: {StringEquals: {aws:PrincipalOrgID: !Ref Organization}}
";
        let report = lint(text, FileId(0), &Options::default());
        let of_rule = |finding: &&Finding| finding.rule == "default-policy-on-sensitive-service";
        let whens: Vec<_> = report.findings.iter().filter(of_rule).map(|finding| &finding.when).collect();
        assert_eq!(whens, [&None]);
    }
}
