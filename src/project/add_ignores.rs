//! Ignores for all that is found, written into the files.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{Checked, New, Problem};
use crate::config::Options;
use crate::diagnostic::Finding;
use crate::engine;
use crate::suppress::{self, Level};
use crate::text::FileId;

/// How many findings now have an ignore, and in how many files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Added {
    /// The findings, each by itself.
    pub findings: usize,
    /// The files that were written.
    pub files: usize,
}

/// Writes ignores for everything that was found and is new. What cannot be written is told; the rest is.
pub(super) fn add(checked: &Checked, reason: Option<&str>) -> (Added, Vec<Problem>) {
    let written: Vec<Result<usize, Problem>> = checked
        .outcomes
        .par_iter()
        .zip(&checked.files)
        .enumerate()
        .map(|(index, (outcome, file))| {
            let new = outcome.get(&checked.store);
            let new = new.map_err(|error| Problem::unreadable(file.name().into_owned(), &error))?;
            let options = outcome.options.as_deref().filter(|_| !new.findings.is_empty());
            let ignores = options.and_then(|it| with_ignores(&new, FileId(index as u32), it, reason));
            let Some((text, count)) = ignores else { return Ok(0) };
            outcome.write(file, &text).map(|()| count)
        })
        .filter(|result| !matches!(result, Ok(0)))
        .collect();
    let mut added = Added::default();
    let mut problems = Vec::new();
    for result in written {
        match result {
            Ok(count) => added = Added { findings: added.findings + count, files: added.files + 1 },
            Err(problem) => problems.push(problem),
        }
    }
    (added, problems)
}

/// What makes two findings the same while the text around them grows.
type Said<'f> = (&'static str, Option<&'f str>, &'f str);

fn said(finding: &Finding) -> Said<'_> {
    (finding.rule, finding.primary.owner.as_deref(), &finding.message)
}

fn counted<'f>(findings: impl Iterator<Item = &'f Finding>) -> BTreeMap<Said<'f>, usize> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry(said(finding)).or_insert(0) += 1;
    }
    counts
}

/// The text with ignores, and how many findings are gone by them; nothing if none can be. Each ignore stands as near to its
/// finding as it is of use: the text is read again to see that.
fn with_ignores(
    New { text, findings, known, .. }: &New,
    file: FileId,
    options: &Options,
    reason: Option<&str>,
) -> Option<(String, usize)> {
    let mut levels = vec![Some(Level::Line); findings.len()];
    let before = counted(findings.iter().chain(known));
    let mut allowed = counted(known.iter());
    // Each round takes at least one finding one level further.
    loop {
        let wanted: Vec<(&Finding, Level)> =
            findings.iter().zip(&levels).filter_map(|(finding, level)| Some((finding, (*level)?))).collect();
        if wanted.is_empty() {
            return None;
        }
        let text = suppress::add(text, &wanted, reason);
        let report = engine::inspect(&text, file, options);
        let after = counted(report.findings.iter());
        let stays = |finding: &Finding| {
            let said = said(finding);
            after.get(&said).copied().unwrap_or(0) > allowed.get(&said).copied().unwrap_or(0)
        };
        let mut given_up = Vec::new();
        let mut is_done = true;
        for (finding, level) in findings.iter().zip(&mut levels) {
            if level.is_some() && stays(finding) {
                is_done = false;
                *level = level.and_then(Level::wider);
                if level.is_none() {
                    given_up.push(said(finding));
                }
            }
        }
        if is_done {
            // An ignore that makes something else of the template is worse than a finding.
            let is_new = after.keys().any(|said| !before.contains_key(said));
            return (!is_new).then_some((text, wanted.len()));
        }
        for said in given_up {
            *allowed.entry(said).or_insert(0) += 1;
        }
    }
}
