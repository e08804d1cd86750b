//! Parameters that are given a value and that no template has: most likely a slip.

use std::collections::BTreeSet;

use super::discover::Candidate;
use super::problem::{Problem, Shown};
use crate::config::{Options, Overrides, Place};
use crate::engine;
use crate::text::nearest;

/// A template that was looked at.
pub(super) struct Looked<'r> {
    pub(super) file: &'r Candidate,
    /// Its parameters, if they are known.
    pub(super) parameters: Option<&'r [String]>,
    /// The options that held for it.
    pub(super) options: &'r Options,
}

/// What is given for parameters that do not exist. What the command line gives may be for any of the templates, what a
/// `[[deployment]]` gives is for its own. What stands below `[parameters]` is for templates elsewhere too.
pub(super) fn unknown<'r>(
    overrides: &Overrides,
    looked: impl Iterator<Item = Looked<'r>> + Clone,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut first = looked.clone();
    let (Some(one), second) = (first.next(), first.next()) else { return problems };
    let lacks = |file: &Candidate| format!("`{}` has no parameter", file.name());
    let on_line = overrides.parameters.keys().map(|name| (name, None));
    let files = overrides.deployments.iter().flat_map(|deployment| &deployment.parameters);
    let in_files = files.filter_map(|(name, given)| Some((name, Some(given.place.as_ref()?))));
    let mut given = on_line.chain(in_files).peekable();
    if given.peek().is_some()
        && let Some(all) = all_parameters(looked.clone())
    {
        let whose = match second {
            None => lacks(one.file),
            Some(_) => "no template here has a parameter".to_owned(),
        };
        for (name, place) in given {
            note(&mut problems, &all, name, place, &whose);
        }
    }
    if overrides.deployments.is_empty() {
        for one in looked {
            if one.options.deployments.is_empty() {
                continue;
            }
            let Some(parameters) = one.parameters else { continue };
            let own: BTreeSet<&str> = parameters.iter().map(String::as_str).collect();
            for (name, given) in one.options.deployments.iter().flat_map(|one| &one.parameters) {
                if let Some(place) = &given.place {
                    note(&mut problems, &own, name, Some(place), &lacks(one.file));
                }
            }
        }
    }
    problems
}

/// The parameters of all templates, where they are known of each.
fn all_parameters<'r>(mut looked: impl Iterator<Item = Looked<'r>>) -> Option<BTreeSet<&'r str>> {
    looked.try_fold(BTreeSet::new(), |mut all, one| {
        all.extend(one.parameters?.iter().map(String::as_str));
        Some(all)
    })
}

fn note(problems: &mut Vec<Problem>, known: &BTreeSet<&str>, name: &str, place: Option<&Place>, whose: &str) {
    if known.contains(name) || engine::is_pseudo_parameter(name) {
        return;
    }
    let pseudo: &[&str] = engine::pseudo_parameters();
    let candidates = known.iter().chain(pseudo).copied();
    let problem = Problem::NoSuchParameter {
        whose: whose.to_owned(),
        parameter: name.to_owned(),
        span: place.map(|place| place.span.clone().into()),
        file: place.map(|place| Shown(place.source.clone())),
        help: nearest(name, candidates).map(|near| format!("did you mean `{near}`?")),
    };
    if !problems.contains(&problem) {
        problems.push(problem);
    }
}
