//! Makes the fixes of a run: in memory, to show them, or in the files.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::{Problem, Run};
use crate::config::Options;
use crate::diagnostic::{Applicability, Finding};
use crate::engine::FileReport;
use crate::fix::{self, Fixed};
use crate::text::FileId;

/// Where a text came from, and so where it may go.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// A file.
    File(PathBuf),
    /// The standard input.
    Stdin,
    /// A file whose bytes are not those of the text.
    Inexact,
}

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

/// Makes the fixes. Where files are written, the report is that of what stands in them then.
pub fn mend(mut run: Run, options: &Options, mending: Mending) -> Run {
    let mut findings: Vec<Vec<Finding>> = run.places.iter().map(|_| Vec::new()).collect();
    for finding in std::mem::take(&mut run.report.findings) {
        findings[finding.primary.span.file.0 as usize].push(finding);
    }
    let sources = &run.report.sources;
    let mended: Vec<(Vec<Finding>, Option<(Change, bool)>, Option<Problem>)> = findings
        .into_par_iter()
        .enumerate()
        .map(|(index, findings)| {
            let source = sources.get(FileId(index as u32));
            let place = &run.places[index];
            let file = FileId(index as u32);
            if matches!(place, Place::Inexact) || findings.iter().all(|finding| finding.fix.is_none()) {
                return (findings, None, None);
            }
            let report = FileReport { is_template: true, findings: findings.clone() };
            let Fixed { text, report, done, .. } =
                fix::fix(&source.text, file, report, options, mending.wanted);
            if done.is_empty() {
                return (findings, None, None);
            }
            let (name, before) = (source.name.clone(), source.text.clone());
            let change = Change { name: name.clone(), before, after: text, fixes: done.len() };
            if !mending.write {
                return (findings, Some((change, false)), None);
            }
            let written = match place {
                Place::File(path) => replace(path, &change.after),
                Place::Stdin | Place::Inexact => Err(io::Error::other("it is the standard input")),
            };
            match written {
                Ok(()) => (report.findings, Some((change, true)), None),
                Err(error) => (findings, None, Some(Problem::unwritable(name, &error))),
            }
        })
        .collect();
    for (index, (findings, change, problem)) in mended.into_iter().enumerate() {
        run.report.findings.extend(findings);
        run.problems.extend(problem);
        if let Some((change, written)) = change {
            if written {
                run.report.sources.replace(FileId(index as u32), change.after.clone());
            }
            run.changes.push(change);
        }
    }
    run
}

/// Writes a file whole or not at all: beside it first, then in its place, with its permissions. Of a link, what it leads
/// to is written.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let permissions = fs::metadata(&path)?.permissions();
    if permissions.readonly() {
        return Err(io::Error::other("it is read-only"));
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".privatelint-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(permissions)?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}
