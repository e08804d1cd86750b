//! Makes the fixes of a run: in memory, to show them, or in the files.

use rayon::prelude::*;

use super::{Checked, Examined, Outcome, Place, Problem, write};
use crate::diagnostic::Applicability;
use crate::engine;
use crate::fix::{self, Fixed};
use crate::text::FileId;

/// What is done about fixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mending {
    /// Fixes that are at least so well applicable.
    pub wanted: Applicability,
    /// Whether files are written; else the changes are only told.
    pub write: bool,
}

/// What fixes change in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Name of the file.
    pub name: String,
    /// The text as it was.
    pub before: String,
    /// The text with the fixes.
    pub after: String,
    /// How many fixes were made.
    pub fixes: usize,
}

/// Makes the fixes of what is new, and puts what is found afterwards in place of what was, where files are written.
pub(super) fn mend(checked: &mut Checked, mending: Mending) -> Vec<Change> {
    let mended: Vec<Option<Result<Change, Problem>>> = checked
        .outcomes
        .par_iter_mut()
        .zip(&checked.files)
        .enumerate()
        .map(|(index, (outcome, file))| mend_file(outcome, file, FileId(index as u32), mending))
        .collect();
    let mut changes = Vec::new();
    for result in mended.into_iter().flatten() {
        match result {
            Ok(change) => changes.push(change),
            Err(problem) => checked.problems.push(problem),
        }
    }
    changes
}

/// Nothing where nothing can be fixed.
fn mend_file(
    outcome: &mut Outcome,
    file: &Examined,
    id: FileId,
    mending: Mending,
) -> Option<Result<Change, Problem>> {
    let options = outcome.options.clone()?;
    let is_exact = !matches!(file.place, Place::Inexact);
    if !is_exact || outcome.report.findings.iter().all(|finding| finding.fix.is_none()) {
        return None;
    }
    let report = outcome.report.clone().said_once();
    let Fixed { text, done, .. } =
        fix::fix(&outcome.text, id, report, &outcome.known, &options, mending.wanted);
    if done.is_empty() {
        return None;
    }
    let before = outcome.text.clone();
    if mending.write {
        if let Place::File(path) = &file.place
            && let Err(error) = write::replace(path, &text)
        {
            return Some(Err(Problem::unwritable(file.name.clone(), &error)));
        }
        outcome.report = engine::inspect(&text, id, &options);
        outcome.known.clear();
        outcome.text.clone_from(&text);
    }
    Some(Ok(Change { name: file.name.clone(), before, after: text, fixes: done.len() }))
}
