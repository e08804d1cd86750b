//! Fixes: chooses edits that do not touch each other, makes them, reads and lints anew, until nothing is left to fix.

mod diff;

pub use diff::unified;

use std::cell::LazyCell;
use std::collections::HashSet;

use crate::config::Options;
use crate::diagnostic::{Applicability, Certainty, Edit, Finding, Fix, Severity};
use crate::engine::{self, FileReport};
use crate::rules::{self, Group};
use crate::syntax;
use crate::template::Template;
use crate::text::{FileId, edited};

/// How often a text is fixed and read again: one fix may uncover another finding.
const MAXIMUM_PASSES: usize = 10;

/// A text with its fixes made.
#[derive(Debug, Default)]
pub struct Fixed {
    /// The text now.
    pub text: String,
    /// What is found in it now.
    pub report: FileReport,
    /// What was done, in order: the rule and the title of the fix.
    pub done: Vec<(&'static str, String)>,
    /// What was not done, because the result would have been worse.
    pub refused: Vec<(&'static str, String)>,
}

/// What makes two fixes of different passes the same: rule, owner, title.
type Key = (&'static str, Option<String>, String);

/// Fixes that are not to be made.
#[derive(Default)]
struct Closed {
    /// Like one that is left alone.
    left_alone: Vec<Key>,
    /// They do harm to the text as it is now.
    harmful: Vec<Key>,
    /// Made before, as what does not help once does not help twice.
    /// With the owners of the other places: what is left of a finding about several is another one.
    made: Vec<(Key, Vec<Option<String>>)>,
}

impl Closed {
    fn contains(&self, chosen: &Chosen<'_>) -> bool {
        let key = chosen.key();
        self.left_alone.contains(&key)
            || self.harmful.contains(&key)
            || self.made.contains(&(key, chosen.other_owners()))
    }
}

/// A fix that is to be made.
struct Chosen<'f> {
    finding: &'f Finding,
    fix: &'f Fix,
}

impl Chosen<'_> {
    fn key(&self) -> Key {
        (self.finding.rule, self.finding.primary.owner.clone(), self.fix.title.clone())
    }

    fn other_owners(&self) -> Vec<Option<String>> {
        self.finding.labels.iter().map(|label| label.owner.clone()).collect()
    }

    fn name(&self) -> (&'static str, String) {
        (self.finding.rule, self.fix.title.clone())
    }
}

/// Makes all fixes of a report on a text that are at least so well applicable; what is known beside the report stays as it
/// is. A result that cannot be read, or in which there is an error that was not there, be it in some scenarios only, is never
/// kept.
pub fn fix(
    text: &str,
    file: FileId,
    report: FileReport,
    known: &[Finding],
    options: &Options,
    wanted: Applicability,
) -> Fixed {
    let mut fixed = Fixed { text: text.to_owned(), report, done: Vec::new(), refused: Vec::new() };
    let left_alone = known.iter().filter_map(|finding| Some(Chosen { finding, fix: finding.fix.as_ref()? }));
    let mut closed =
        Closed { left_alone: left_alone.map(|chosen| chosen.key()).collect(), ..Closed::default() };
    for _ in 0..MAXIMUM_PASSES {
        let Fixed { text, report, done, .. } = &mut fixed;
        let chosen = choose(&report.findings, wanted, &closed);
        if chosen.is_empty() {
            break;
        }
        let attempt =
            |chosen: &[&Chosen<'_>]| attempt(text, file, options, &[&report.findings, known], chosen);
        let mut made: Vec<&Chosen<'_>> = chosen.iter().collect();
        let mut after = attempt(&made);
        if after.is_none() && made.len() > 1 {
            // Some do harm, or two together, such as those that add resources of one name.
            for one in std::mem::take(&mut made) {
                made.push(one);
                match attempt(&made) {
                    Some(now) => after = Some(now),
                    None => _ = made.pop(),
                }
            }
        }
        let Some((text_now, report_now)) = after else {
            closed.harmful.extend(chosen.iter().map(Chosen::key));
            continue;
        };
        done.extend(made.iter().map(|one| one.name()));
        closed.made.extend(made.iter().map(|one| (one.key(), one.other_owners())));
        // A copy of an endpoint, say, does no harm any more when the endpoint itself is mended.
        closed.harmful.clear();
        (*text, *report) = (text_now, report_now);
    }
    fixed.refused = closed.harmful.into_iter().map(|(rule, _, title)| (rule, title)).collect();
    fixed
}

/// The fixes that can be made at once, the safe ones first: none touches what another one changes, unless both change it
/// alike.
fn choose<'f>(findings: &'f [Finding], wanted: Applicability, closed: &Closed) -> Vec<Chosen<'f>> {
    let mut candidates: Vec<Chosen<'f>> = findings
        .iter()
        .filter_map(|finding| Some(Chosen { finding, fix: finding.fix.as_ref()? }))
        .filter(|chosen| chosen.fix.applicability >= wanted && !closed.contains(chosen))
        .collect();
    candidates.sort_by_key(|chosen| std::cmp::Reverse(chosen.fix.applicability));
    let mut taken: Vec<&Edit> = Vec::new();
    candidates.retain(|chosen| {
        let fits = |edit: &Edit| taken.iter().all(|other| *other == edit || !other.touches(edit));
        let fits = chosen.fix.edits.iter().all(fits);
        if fits {
            taken.extend(&chosen.fix.edits);
        }
        fits
    });
    candidates
}

/// The text with the fixes made and what is found in it; `None` where that would be worse than before.
fn attempt(
    text: &str,
    file: FileId,
    options: &Options,
    before: &[&[Finding]],
    chosen: &[&Chosen<'_>],
) -> Option<(String, FileReport)> {
    let mut edits: Vec<Edit> = Vec::new();
    for edit in chosen.iter().flat_map(|chosen| &chosen.fix.edits) {
        if !edits.contains(edit) {
            edits.push(edit.clone());
        }
    }
    let faults = |text: &str| syntax::parse(text, file).errors.len();
    let mended = edited(text, &edits)?;
    let faults_now = faults(&mended);
    // A text with no fault at all needs no comparison.
    if faults_now > 0 && faults_now > faults(text) {
        return None;
    }
    // Each by itself: one that is new could be said together with one that is not.
    let report = engine::inspect(&mended, file, options);
    let error = |finding: &&Finding| is_error(finding);
    let is_chosen = |old: &Finding| chosen.iter().any(|chosen| std::ptr::eq(chosen.finding, old));
    let resources = LazyCell::new(|| -> HashSet<String> {
        let parsed = syntax::parse(text, file);
        let template = Template::from_tree(&parsed.tree, text);
        template.resources.iter().map(|resource| resource.id.text.to_string()).collect()
    });
    let is_added = |owner: &str| !resources.contains(owner);
    let known = |now: &Finding| {
        let owner = &now.primary.owner;
        before.iter().copied().flatten().filter(error).any(|old| {
            let names_it =
                || std::iter::once(&old.primary).chain(&old.labels).any(|label| label.owner == *owner);
            // What is said of many is as wrong with what is added in their likeness.
            let is_of_many =
                || old.together.is_some() && (names_it() || owner.as_deref().is_some_and(is_added));
            let same = old.rule == now.rule && (old.primary.owner == *owner || is_of_many());
            // What is left of several things that a workload lacks may be told by another rule.
            same || (is_about_reach(old) && is_about_reach(now) && !is_chosen(old) && names_it())
        })
    };
    (report.is_template && report.findings.iter().filter(error).all(known))
        .then(|| (mended, report.said_once()))
}

/// Whether it is an error, be it in some scenarios only, where it is told a level lower.
fn is_error(finding: &Finding) -> bool {
    match finding.certainty {
        Certainty::Definite => finding.severity == Severity::Error,
        Certainty::Possible => finding.severity >= Severity::Error.lowered(),
    }
}

fn is_about_reach(finding: &Finding) -> bool {
    rules::find(finding.rule).is_some_and(|rule| rule.group == Group::Reachability)
}

#[cfg(test)]
mod tests;
