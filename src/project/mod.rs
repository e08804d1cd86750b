//! From paths to a report: finds the files, reads them, lints them in parallel, leaves out what a baseline knows, and puts
//! the results in order.

mod add_ignores;
mod baseline;
mod discover;
mod problem;
mod write;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use memchr::memmem;
use rayon::prelude::*;

pub use add_ignores::Added;
pub use baseline::{Baseline, BaselineError};
pub use problem::Problem;

use crate::config::Options;
use crate::diagnostic::Finding;
use crate::engine::{self, FileReport, Report};
use crate::syntax::MAXIMUM_BYTES;
use crate::text::{FileId, Source};
use discover::{Candidate, Origin};

/// What to check.
#[derive(Debug, Default)]
pub struct Request {
    /// Files, folders, and `-` for the standard input.
    pub paths: Vec<PathBuf>,
    /// Name of the standard input in the report.
    pub stdin_name: Option<String>,
    /// What is known already.
    pub baseline: Option<Baseline>,
}

/// What was found, and what could not be checked.
#[derive(Debug, Default)]
pub struct Run {
    /// The findings. Texts of files without findings are not kept.
    pub report: Report,
    /// In the order of the paths.
    pub problems: Vec<Problem>,
    /// How many entries of the baseline stand for nothing any more.
    pub fixed: usize,
}

/// Told how many of how many files are done, from any thread.
pub type Progress<'p> = dyn Fn(usize, usize) + Sync + 'p;

/// Checks all templates.
pub fn check(request: &Request, options: &Options, progress: &Progress<'_>) -> Run {
    let mut checked = Checked::of(request, progress, inspector(options));
    let fixed = request.baseline.as_ref().map_or(0, |baseline| checked.compare(baseline, options));
    Run { fixed, ..checked.run(request) }
}

/// Checks all templates and writes what is found to a baseline; it is known from then on.
pub fn write_baseline(
    path: &Path,
    request: &Request,
    options: &Options,
    progress: &Progress<'_>,
) -> Result<Run, BaselineError> {
    let mut checked = Checked::of(request, progress, inspector(options));
    let names = checked.names(&Baseline::of(path, std::iter::empty()));
    let baseline = Baseline::of(path, checked.findings(&names).into_iter());
    baseline.write(path)?;
    checked.compare(&baseline, options);
    Ok(checked.run(request))
}

/// Checks all templates and writes ignores for what is found into them. The report is that of the files as they are then.
pub fn add_ignores(
    request: &Request,
    options: &Options,
    reason: Option<&str>,
    progress: &Progress<'_>,
) -> (Run, Added) {
    let mut checked = Checked::of(request, progress, inspector(options));
    if let Some(baseline) = &request.baseline {
        checked.compare(baseline, options);
    }
    let (added, problems) = add_ignores::add(&checked, options, reason);
    let mut run = check(request, options, progress);
    run.problems.extend(problems);
    (run, added)
}

fn inspector(options: &Options) -> impl Fn(&str, FileId) -> FileReport + Sync {
    |text, file| engine::inspect(text, file, options)
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
    let (candidates, problems) =
        discover::discover(&Request { paths: vec![path.to_owned()], stdin_name, baseline: None });
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
    /// Findings that the baseline knows.
    known: Vec<Finding>,
    problem: Option<Problem>,
}

/// Where a text came from, and so where it may go.
#[derive(Debug, Clone)]
enum Place {
    /// A file.
    File(PathBuf),
    /// The standard input.
    Stdin,
    /// A file whose bytes are not those of the text.
    Inexact,
}

/// A file that was looked at.
#[derive(Debug)]
struct Examined {
    /// For display.
    name: String,
    place: Place,
    /// The folder of the request that it was found in.
    root: Option<usize>,
}

/// All files of a run, each with what came of it; findings are not said together yet.
struct Checked {
    files: Vec<Examined>,
    outcomes: Vec<Outcome>,
    problems: Vec<Problem>,
}

impl Checked {
    fn of(
        request: &Request,
        progress: &Progress<'_>,
        lint: impl Fn(&str, FileId) -> FileReport + Sync,
    ) -> Self {
        let (candidates, problems) = discover::discover(request);
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
        let examined = |(candidate, outcome): (Candidate, &Outcome)| Examined {
            name: candidate.name,
            place: match (candidate.origin, &outcome.problem) {
                (Origin::Stdin, _) => Place::Stdin,
                (_, Some(_)) => Place::Inexact,
                (Origin::Named | Origin::Walked { .. }, None) => Place::File(candidate.path),
            },
            root: match candidate.origin {
                Origin::Walked { root } => Some(root),
                Origin::Stdin | Origin::Named => None,
            },
        };
        let files = candidates.into_iter().zip(&outcomes).map(examined).collect();
        Self { files, outcomes, problems }
    }

    /// The names of the files as a baseline has them.
    fn names(&self, baseline: &Baseline) -> Vec<String> {
        let name = |file: &Examined| match &file.place {
            Place::File(path) => baseline.name_of(path),
            Place::Stdin | Place::Inexact => baseline.name_of(Path::new(&file.name)),
        };
        self.files.iter().map(name).collect()
    }

    /// All findings, each with the name of its file.
    fn findings<'c>(&'c self, names: &'c [String]) -> Vec<(&'c Finding, &'c str)> {
        let each = self.outcomes.iter().zip(names);
        each.flat_map(|(outcome, name)| outcome.report.findings.iter().map(|it| (it, name.as_str())))
            .collect()
    }

    /// Takes away what a baseline knows, and says how many of its entries stand for nothing any more.
    fn compare(&mut self, baseline: &Baseline, options: &Options) -> usize {
        let names = self.names(baseline);
        let was_read = |outcome: &Outcome| {
            !matches!(outcome.problem, Some(Problem::Unreadable { .. } | Problem::Missing { .. }))
        };
        let read: BTreeSet<&str> = names
            .iter()
            .zip(&self.outcomes)
            .filter(|(_, outcome)| was_read(outcome))
            .map(|(name, _)| name.as_str())
            .collect();
        let comparison = baseline.compare(&self.findings(&names), &read, options);
        let mut known = comparison.known.into_iter();
        for outcome in &mut self.outcomes {
            let findings = std::mem::take(&mut outcome.report.findings);
            let (old, new) = findings.into_iter().partition(|_| known.next().unwrap_or(false));
            (outcome.known, outcome.report.findings) = (old, new);
        }
        comparison.fixed
    }

    fn run(self, request: &Request) -> Run {
        let mut report = Report::default();
        let mut problems = self.problems;
        let mut templates_by_folder = vec![0_usize; request.paths.len()];
        for (file, outcome) in self.files.into_iter().zip(self.outcomes) {
            let FileReport { is_template, findings, suppressed } = outcome.report.said_once();
            // Of files without findings only the name is kept.
            let is_clean = findings.is_empty() && suppressed.is_empty();
            report.sources.add(Source::new(file.name, if is_clean { String::new() } else { outcome.text }));
            report.findings.extend(findings);
            report.suppressed.extend(suppressed);
            report.known += outcome.known.len();
            report.templates += usize::from(is_template);
            problems.extend(outcome.problem);
            if let Some(root) = file.root {
                templates_by_folder[root] += usize::from(is_template);
            }
        }
        for (path, templates) in request.paths.iter().zip(templates_by_folder) {
            if templates == 0 && path.is_dir() {
                problems.push(Problem::NoTemplates { name: discover::display_name(path) });
            }
        }
        Run { report, problems, fixed: 0 }
    }
}

fn check_file(candidate: &Candidate, file: FileId, lint: &impl Fn(&str, FileId) -> FileReport) -> Outcome {
    let name = || candidate.name.clone();
    let is_named = !matches!(candidate.origin, Origin::Walked { .. });
    let failed = |problem| Outcome { problem: Some(problem), ..Outcome::default() };
    let bytes = match read(candidate) {
        Ok(bytes) => bytes,
        Err(error) => return failed(Problem::unreadable(name(), &error)),
    };
    let other_encoding = from_utf16(&bytes);
    let is_utf16 = other_encoding.is_some();
    let bytes = other_encoding.map_or(bytes, String::into_bytes);
    if !may_be_template(&bytes) && !is_named {
        return Outcome::default();
    }
    let (text, misfit) = text(bytes);
    let problem = match misfit {
        Some(offset) => Some(Problem::NotUtf8 { name: name(), offset }),
        None => is_utf16.then(|| Problem::Utf16 { name: name() }),
    };
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
    Outcome { text, report, known: Vec::new(), problem }
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

/// The text of what is UTF-16 by its byte order mark: `aws ... > template.json` in Windows `PowerShell` writes that.
fn from_utf16(bytes: &[u8]) -> Option<String> {
    let (unit, behind): (fn([u8; 2]) -> u16, _) = match bytes {
        // So does UTF-32 begin.
        [0xff, 0xfe, 0, 0, ..] => return None,
        [0xff, 0xfe, behind @ ..] => (u16::from_le_bytes, behind),
        [0xfe, 0xff, behind @ ..] => (u16::from_be_bytes, behind),
        _ => return None,
    };
    let units = behind.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    Some(char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
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
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        "it is empty"
    } else if text.contains('\0') {
        "it is binary, or in another encoding than UTF-8"
    } else if memmem::find(text.as_bytes(), b"Resources").is_none() {
        "it has no `Resources`"
    } else {
        "none of its `Resources` has a `Type` such as `AWS::EC2::VPC`"
    }
}

#[cfg(test)]
mod tests;
