//! Makes the fixes of a run: in memory, to show them, or in the files.

use rayon::prelude::*;

use super::discover::{Candidate, Origin};
use super::store::{Found, Store};
use super::{Checked, New, Outcome, Problem};
use crate::diagnostic::Applicability;
use crate::engine::{self, FileReport};
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
    let store = &checked.store;
    let mended: Vec<Result<Change, Problem>> = checked
        .outcomes
        .par_iter_mut()
        .zip(&checked.files)
        .enumerate()
        .filter_map(|(index, (outcome, file))| {
            mend_file(outcome, store, file, FileId(index as u32), mending).transpose()
        })
        .collect();
    let mut changes = Vec::new();
    for result in mended {
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
    store: &Store,
    file: &Candidate,
    id: FileId,
    mending: Mending,
) -> Result<Option<Change>, Problem> {
    let Some(options) =
        outcome.options.clone().filter(|_| file.origin == Origin::Stdin || outcome.is_exact())
    else {
        return Ok(None);
    };
    let found = outcome.get(store).map_err(|error| Problem::unreadable(file.name().into_owned(), &error))?;
    let New { text: before, findings, suppressed, known } = found;
    if findings.iter().all(|finding| finding.fix.is_none()) {
        return Ok(None);
    }
    let report =
        FileReport { is_template: outcome.is_template, findings, suppressed, ..FileReport::default() };
    let Fixed { text: after, done, .. } =
        fix::fix(&before, id, report.said_once(), &known, &options, mending.wanted);
    if done.is_empty() {
        return Ok(None);
    }
    if mending.write {
        outcome.write(file, &after)?;
        let FileReport { is_template, parameters, findings, suppressed } =
            engine::inspect(&after, id, &options);
        (outcome.is_template, outcome.parameters) = (is_template, parameters);
        outcome.found = store.keep(Found { text: after.clone(), findings, suppressed });
        outcome.known.clear();
    }
    Ok(Some(Change { name: file.name().into_owned(), before, after, fixes: done.len() }))
}
