//! From paths to a report: finds the files, reads them, lints them in parallel and puts the results in order; writes fixes.

mod discover;
mod mend;
mod problem;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use memchr::memmem;
use rayon::prelude::*;

pub use mend::{Change, Mending, mend};
pub use problem::Problem;

use crate::config::Options;
use crate::engine::{self, FileReport, Report};
use crate::syntax::MAXIMUM_BYTES;
use crate::text::{FileId, Source, Sources};
use discover::{Candidate, Origin};
use mend::Place;

/// What to check.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Files, folders, and `-` for the standard input.
    pub paths: Vec<PathBuf>,
    /// Name of the standard input in the report.
    pub stdin_name: Option<String>,
}

/// What was found, and what could not be checked.
#[derive(Debug, Default)]
pub struct Run {
    /// The findings. Texts of files without findings are not kept.
    pub report: Report,
    /// In the order of the paths.
    pub problems: Vec<Problem>,
    /// What fixes change, where they are made.
    pub changes: Vec<Change>,
    /// Where each text came from.
    places: Vec<Place>,
}

/// Checks all templates. `progress` is told how many of how many files are done, from any thread.
pub fn check(request: &Request, options: &Options, progress: &(dyn Fn(usize, usize) + Sync)) -> Run {
    check_with(request, progress, |text, file| engine::lint(text, file, options))
}

/// One template that the user named, with its text.
#[derive(Debug)]
pub struct Named {
    /// The text.
    pub source: Source,
    /// What was found in it.
    pub report: FileReport,
    /// What is wrong with the file all the same.
    pub problem: Option<Problem>,
}

/// Reads and checks one template: a file, or `-` for the standard input.
pub fn open(path: &Path, stdin_name: Option<String>, options: &Options) -> Result<Named, Problem> {
    let name = discover::display_name(path);
    if path.is_dir() {
        return Err(Problem::Unreadable { name, cause: "it is a folder".to_owned() });
    }
    let (candidates, problems) = discover::discover(&Request { paths: vec![path.to_owned()], stdin_name });
    let Some(candidate) = candidates.into_iter().next() else {
        return Err(problems.into_iter().next().unwrap_or(Problem::Missing { name }));
    };
    let outcome = check_file(&candidate, FileId(0), &|text, file| engine::lint(text, file, options));
    match outcome.problem {
        Some(problem) if !outcome.report.is_template => Err(problem),
        problem => {
            Ok(Named { source: Source::new(candidate.name, outcome.text), report: outcome.report, problem })
        }
    }
}

/// What came of one file.
#[derive(Default)]
struct Outcome {
    /// The text.
    text: String,
    report: FileReport,
    problem: Option<Problem>,
}

fn check_with(
    request: &Request,
    progress: &(dyn Fn(usize, usize) + Sync),
    lint: impl Fn(&str, FileId) -> FileReport + Sync,
) -> Run {
    let (candidates, mut problems) = discover::discover(request);
    let total = candidates.len();
    let done = AtomicUsize::new(0);
    let outcomes: Vec<Outcome> = candidates
        .par_iter()
        .enumerate()
        .map(|(index, candidate)| {
            let outcome = check_file(candidate, FileId(index as u32), &lint);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            outcome
        })
        .collect();
    let mut report = Report { sources: Sources::default(), findings: Vec::new(), templates: 0 };
    let mut templates_by_folder = vec![0_usize; request.paths.len()];
    let mut places = Vec::with_capacity(total);
    for (candidate, outcome) in candidates.into_iter().zip(outcomes) {
        // Of files without findings only the name is kept.
        let text = if outcome.report.findings.is_empty() { String::new() } else { outcome.text };
        report.sources.add(Source::new(candidate.name, text));
        report.findings.extend(outcome.report.findings);
        report.templates += usize::from(outcome.report.is_template);
        places.push(match (&candidate.origin, &outcome.problem) {
            (_, Some(_)) => Place::Inexact,
            (Origin::Stdin, None) => Place::Stdin,
            (Origin::Named | Origin::Walked { .. }, None) => Place::File(candidate.path),
        });
        problems.extend(outcome.problem);
        if let Origin::Walked { root } = candidate.origin {
            templates_by_folder[root] += usize::from(outcome.report.is_template);
        }
    }
    for (path, templates) in request.paths.iter().zip(templates_by_folder) {
        if templates == 0 && path.is_dir() {
            problems.push(Problem::NoTemplates { name: discover::display_name(path) });
        }
    }
    Run { report, problems, changes: Vec::new(), places }
}

fn check_file(candidate: &Candidate, file: FileId, lint: &impl Fn(&str, FileId) -> FileReport) -> Outcome {
    let name = || candidate.name.clone();
    let is_named = !matches!(candidate.origin, Origin::Walked { .. });
    let failed = |problem| Outcome { problem: Some(problem), ..Outcome::default() };
    let bytes = match read(candidate) {
        Ok(bytes) => bytes,
        Err(error) => return failed(Problem::unreadable(name(), &error)),
    };
    if !may_be_template(&bytes) && !is_named {
        return Outcome::default();
    }
    let (text, misfit) = text(bytes);
    let problem = misfit.map(|offset| Problem::NotUtf8 { name: name(), offset });
    let mut report = lint(&text, file);
    if !report.is_template {
        if !is_named {
            return Outcome::default();
        }
        if report.findings.is_empty() {
            return failed(Problem::NotATemplate { name: name(), reason: missing_mark(&text) });
        }
        // The user says that it is one, and it is too broken to tell: what was found is the better answer.
        report.is_template = true;
    }
    Outcome { text, report, problem }
}

/// The bytes of a file. Of a huge file only as much is read as shows that it is too large for a template.
fn read(candidate: &Candidate) -> io::Result<Vec<u8>> {
    let limit = MAXIMUM_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    match candidate.origin {
        Origin::Stdin => io::stdin().lock().take(limit).read_to_end(&mut bytes)?,
        Origin::Named | Origin::Walked { .. } => {
            File::open(&candidate.path)?.take(limit).read_to_end(&mut bytes)?
        }
    };
    Ok(bytes)
}

/// The text, with the offset of the first byte that is not UTF-8. A character cut by the limit of [`read`] is no misfit.
fn text(bytes: Vec<u8>) -> (String, Option<usize>) {
    String::from_utf8(bytes).map_or_else(
        |error| {
            let cut = error.utf8_error().error_len().is_none() && error.as_bytes().len() > MAXIMUM_BYTES;
            let offset = error.utf8_error().valid_up_to();
            (String::from_utf8_lossy(error.as_bytes()).into_owned(), (!cut).then_some(offset))
        },
        |text| (text, None),
    )
}

/// Whether the bytes hold the words that no template is without. Most files of a folder are told apart by this alone.
fn may_be_template(bytes: &[u8]) -> bool {
    let holds = |word: &[u8]| memmem::find(bytes, word).is_some();
    holds(b"AWSTemplateFormatVersion") || (holds(b"::") && (holds(b"Resources") || holds(b"Transform")))
}

/// Why a text is no template, for one who thought it was.
fn missing_mark(text: &str) -> &'static str {
    if text.trim().is_empty() {
        "it is empty"
    } else if memmem::find(text.as_bytes(), b"Resources").is_none() {
        "it has no `Resources`"
    } else {
        "none of its `Resources` has a `Type` such as `AWS::EC2::VPC`"
    }
}

#[cfg(test)]
mod tests;
