//! From paths to a report: finds the files, reads them, lints them in parallel, leaves out what a baseline knows, puts the
//! results in order; writes fixes and ignores.

mod add_ignores;
mod baseline;
mod discover;
mod mend;
mod parameters;
mod problem;
mod setup;
mod store;
mod unknown;
mod watch;
mod write;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use memchr::memmem;
use rayon::prelude::*;

pub use add_ignores::Added;
pub use baseline::{Baseline, BaselineError};
pub use mend::{Change, Mending};
pub use parameters::{ParameterFile, deployments};
pub use problem::{Problem, Shown};
pub use setup::{CONFIG_FILE, Configuration, Search, Setup};
pub use watch::Snapshot;
pub use write::Staged;

use crate::config::Options;
use crate::diagnostic::{Finding, Suppressed, identity};
use crate::engine::{self, FileReport};
use crate::report::{Part, Parts, Report, Totals};
use crate::rules::{self, Rule};
use crate::syntax::MAXIMUM_BYTES;
use crate::text::{FileId, Source, Sources};
use discover::{Candidate, Origin};
use setup::Lookup;
use store::{Away, Found, Kept, Store};
use unknown::Looked;

/// What to check.
#[derive(Debug, Default)]
pub struct Request {
    /// Files, folders, and `-` for the standard input.
    pub paths: Vec<PathBuf>,
    /// Name of the standard input in the report.
    pub stdin_name: Option<String>,
    /// Whether files that are no templates are passed over even where they are named.
    pub templates_only: bool,
    /// What is known already.
    pub baseline: Option<Baseline>,
}

/// What was found, and what could not be checked.
#[derive(Default)]
pub struct Run {
    /// The findings.
    pub report: Report,
    /// The rules that took part.
    pub rules: Vec<&'static Rule>,
    /// In the order of the paths.
    pub problems: Vec<Problem>,
    /// How many entries of the baseline stand for nothing any more.
    pub fixed: usize,
    /// What fixes change, where they are made.
    pub changes: Vec<Change>,
}

/// Told how many of how many files are done, from any thread.
pub type Progress<'p> = dyn Fn(usize, usize) + Sync + 'p;

/// Checks all templates.
pub fn check(request: &Request, setup: &Setup, progress: &Progress<'_>) -> Run {
    let mut checked = Checked::of(request, setup, progress, engine::inspect);
    let fixed = request.baseline.as_ref().map_or(0, |baseline| checked.compare(baseline));
    Run { fixed, ..checked.run(request, setup) }
}

/// Checks all templates and writes what is found to a baseline; it is known from then on.
pub fn write_baseline(
    path: &Path,
    request: &Request,
    setup: &Setup,
    progress: &Progress<'_>,
) -> Result<Run, BaselineError> {
    let mut checked = Checked::of(request, setup, progress, engine::inspect);
    let mut baseline = Baseline::at(path);
    let names = checked.names(&baseline);
    checked.each(|index, findings| baseline.add(findings, &names[index]));
    baseline.write(path)?;
    checked.compare(&baseline);
    Ok(checked.run(request, setup))
}

/// Checks all templates and writes ignores for what is found into them. The report is that of the files as they are then.
pub fn add_ignores(
    request: &Request,
    setup: &Setup,
    reason: Option<&str>,
    progress: &Progress<'_>,
) -> (Run, Added) {
    let mut checked = Checked::of(request, setup, progress, engine::inspect);
    if let Some(baseline) = &request.baseline {
        checked.compare(baseline);
    }
    let (added, problems) = add_ignores::add(&checked, reason);
    drop(checked);
    let mut run = check(request, setup, progress);
    run.problems.extend(problems);
    (run, added)
}

/// Checks all templates and makes the fixes of what is new. Where files are written, the report is that of what stands in
/// them then.
pub fn mend(request: &Request, setup: &Setup, mending: Mending, progress: &Progress<'_>) -> Run {
    let mut checked = Checked::of(request, setup, progress, engine::inspect);
    let mut fixed = 0;
    if let Some(baseline) = &request.baseline {
        fixed = checked.compare(baseline);
    }
    let changes = mend::mend(&mut checked, mending);
    if let (Some(baseline), true) = (&request.baseline, mending.write) {
        fixed = checked.compare(baseline);
    }
    Run { fixed, changes, ..checked.run(request, setup) }
}

/// The names of the templates that would be checked, and what could not be looked at.
pub fn templates(request: &Request) -> (Vec<String>, Vec<Problem>) {
    let (candidates, mut problems) = discover::discover(request);
    let setup = Setup::fixed(Options::default());
    let recognise = |text: &str, _, _: &Options| FileReport {
        is_template: engine::is_template(text),
        ..FileReport::default()
    };
    let recognised: Vec<(bool, Option<Box<Problem>>)> = candidates
        .par_iter()
        .map_init(
            || setup.lookup(),
            |lookup, candidate| {
                let linted = check_file(candidate, FileId(0), lookup, &recognise);
                (linted.report.is_template, linted.problem.map(Box::new))
            },
        )
        .collect();
    let mut names = Vec::new();
    for (candidate, (is_template, problem)) in candidates.into_iter().zip(recognised) {
        problems.extend(problem.map(|problem| *problem));
        if is_template {
            names.push(candidate.name().into_owned());
        }
    }
    (names, problems)
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
        discover::discover(&Request { paths: vec![path.to_owned()], stdin_name, ..Request::default() });
    let Some(candidate) = candidates.into_iter().next() else {
        return Err(problems.into_iter().next().unwrap_or(Problem::Missing { name }));
    };
    let setup = Setup::fixed(options.clone());
    let linted = check_file(&candidate, FileId(0), &mut setup.lookup(), &engine::lint);
    match linted.problem {
        Some(problem) if !linted.report.is_template => Err(problem),
        problem => {
            Ok(Named { source: Source::new(candidate.name(), linted.text), report: linted.report, problem })
        }
    }
}

/// One file that was read and linted.
#[derive(Default)]
struct Linted {
    /// The text.
    text: String,
    /// Whether its lines end in CR alone; in the text they end in LF.
    ends_in_cr: bool,
    report: FileReport,
    problem: Option<Problem>,
    /// What held for it; absent where nothing was checked.
    options: Option<Arc<Options>>,
    /// What keeps the options from being known.
    refused: Vec<Problem>,
}

/// What came of one file. There may be very many, and most have nothing in most of these places.
#[derive(Default)]
struct Outcome {
    ends_in_cr: bool,
    is_template: bool,
    parameters: Option<Vec<String>>,
    found: Kept,
    /// Which of the findings the baseline knows; empty where it knows none.
    known: Vec<bool>,
    problem: Option<Box<Problem>>,
    options: Option<Arc<Options>>,
    refused: Vec<Problem>,
}

impl Outcome {
    fn new(linted: Linted, store: &Store) -> Self {
        let Linted { text, ends_in_cr, report, problem, options, refused } = linted;
        let FileReport { is_template, parameters, findings, suppressed } = report;
        let found = store.keep(Found { text, findings, suppressed });
        let problem = problem.map(Box::new);
        Self { ends_in_cr, is_template, parameters, found, known: Vec::new(), problem, options, refused }
    }

    /// Whether the bytes of its file are those of the text, or those with CR at the ends of the lines.
    fn is_exact(&self) -> bool {
        self.problem.is_none()
    }

    /// Writes another text into its file, if it is one whose bytes are known.
    fn write(&self, file: &Candidate, text: &str) -> Result<(), Problem> {
        let name = || file.name().into_owned();
        let refused = |cause: &str| Err(Problem::Unwritable { name: name(), cause: cause.to_owned() });
        if file.origin == Origin::Stdin {
            return refused("it is the standard input");
        }
        if !self.is_exact() {
            return refused("it is not UTF-8");
        }
        let written = if self.ends_in_cr {
            write::replace(&file.path, &text.replace('\n', "\r"))
        } else {
            write::replace(&file.path, text)
        };
        written.map_err(|error| Problem::unwritable(name(), &error))
    }

    /// What was found in the file, and of the findings what is new and what the baseline knows.
    fn get(&self, store: &Store) -> io::Result<New> {
        Ok(New::of(store.get(&self.found)?.into_owned(), &self.known))
    }
}

/// What was found in one file and what of that is new.
struct New {
    text: String,
    findings: Vec<Finding>,
    suppressed: Vec<Suppressed>,
    /// Findings that the baseline knows.
    known: Vec<Finding>,
}

impl New {
    /// `is_known` is as [`Outcome::known`].
    fn of(found: Found, is_known: &[bool]) -> Self {
        let Found { text, findings, suppressed } = found;
        let mut is_known = is_known.iter();
        let (known, findings) =
            findings.into_iter().partition(|_| is_known.next().copied().unwrap_or_default());
        Self { text, findings, suppressed, known }
    }
}

/// All files of a run, each with what came of it; findings are not said together yet.
struct Checked {
    files: Vec<Candidate>,
    outcomes: Vec<Outcome>,
    store: Store,
    problems: Vec<Problem>,
}

impl Checked {
    fn of(
        request: &Request,
        setup: &Setup,
        progress: &Progress<'_>,
        lint: impl Fn(&str, FileId, &Options) -> FileReport + Sync,
    ) -> Self {
        let mut problems = Vec::new();
        for folder in request.paths.iter().filter(|path| path.is_dir()) {
            add_new(&mut problems, setup.problems_of_folder(folder));
        }
        let (files, not_found) = discover::discover(request);
        problems.extend(not_found);
        let total = files.len();
        let done = AtomicUsize::new(0);
        let store = Store::default();
        let check = |lookup: &mut Lookup<'_>, (index, file): (usize, &Candidate)| {
            let outcome = Outcome::new(check_file(file, FileId(index as u32), lookup, &lint), &store);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            outcome
        };
        let outcomes = match files.as_slice() {
            // To start threads would take longer.
            [file] => vec![check(&mut setup.lookup(), (0, file))],
            // Memory of the main thread is cheaper than that of a single other one.
            _ if rayon::current_num_threads() == 1 => {
                let mut lookup = setup.lookup();
                files.iter().enumerate().map(|file| check(&mut lookup, file)).collect()
            }
            _ => files.par_iter().enumerate().map_init(|| setup.lookup(), check).collect(),
        };
        Self { files, outcomes, store, problems }
    }

    /// The names of the files as a baseline has them.
    fn names(&self, baseline: &Baseline) -> Vec<String> {
        self.files.iter().map(|file| baseline.name_of(&file.path)).collect()
    }

    /// Shows the findings of each file, new or not, with the index of the file.
    fn each(&mut self, mut look: impl FnMut(usize, &[Finding])) {
        for (index, (outcome, file)) in self.outcomes.iter().zip(&self.files).enumerate() {
            match self.store.get(&outcome.found) {
                Ok(found) => look(index, &found.findings),
                Err(error) => self.problems.push(Problem::unreadable(file.name().into_owned(), &error)),
            }
        }
    }

    /// Takes away what a baseline knows, and says how many of its entries stand for nothing any more.
    fn compare(&mut self, baseline: &Baseline) -> usize {
        let names = self.names(baseline);
        let mut found = Vec::new();
        self.each(|index, findings| found.extend(findings.iter().map(|it| (identity(it), index))));
        let was_read = |outcome: &Outcome| {
            let failed = matches!(
                outcome.problem.as_deref(),
                Some(Problem::Unreadable { .. } | Problem::Missing { .. })
            );
            !failed && outcome.refused.is_empty()
        };
        let read: BTreeMap<&str, Option<&Options>> = names
            .iter()
            .zip(&self.outcomes)
            .filter(|(_, outcome)| was_read(outcome))
            .map(|(name, outcome)| (name.as_str(), outcome.options.as_deref()))
            .collect();
        let with_files: Vec<(u128, &str)> =
            found.iter().map(|(identity, index)| (*identity, names[*index].as_str())).collect();
        let comparison = baseline.compare(&with_files, &read);
        for outcome in &mut self.outcomes {
            outcome.known.clear();
        }
        for ((_, index), known) in found.into_iter().zip(comparison.known) {
            self.outcomes[index].known.push(known);
        }
        comparison.fixed
    }

    /// The rules that looked at some file; where none was looked at, those that would have.
    fn rules(&self, setup: &Setup) -> Vec<&'static Rule> {
        let mut all: Vec<&Options> =
            self.outcomes.iter().filter_map(|outcome| outcome.options.as_deref()).collect();
        // Most files share their options.
        all.dedup_by_key(|options| std::ptr::from_ref(*options));
        if all.is_empty() {
            all.push(setup.unconfigured());
        }
        let looked = |rule: &&'static Rule| all.iter().any(|options| options.runs(rule.name, rule.persona));
        rules::all().iter().copied().filter(looked).collect()
    }

    fn run(self, request: &Request, setup: &Setup) -> Run {
        let rules = self.rules(setup);
        let looked = self.files.iter().zip(&self.outcomes).filter(|(_, outcome)| outcome.is_template);
        let looked = looked.filter_map(|(file, Outcome { parameters, options, .. })| {
            Some(Looked { file, parameters: parameters.as_deref(), options: options.as_ref()? })
        });
        let warnings = unknown::unknown(setup.overrides(), looked);
        let mut totals = Totals { files: self.files.len(), ..Totals::default() };
        let mut parts = Vec::new();
        let mut problems = self.problems;
        let mut templates_by_folder = vec![0_usize; request.paths.len()];
        let files = self.files.into_iter().zip(self.outcomes);
        for (index, (file, outcome)) in files.enumerate() {
            totals.templates += usize::from(outcome.is_template);
            totals.known += outcome.known.iter().filter(|known| **known).count();
            problems.extend(outcome.problem.map(|problem| *problem));
            if let Origin::Walked { root } = file.origin {
                let refused = !outcome.refused.is_empty();
                templates_by_folder[root as usize] += usize::from(outcome.is_template || refused);
            }
            add_new(&mut problems, outcome.refused);
            let id = FileId(index as u32);
            match outcome.found {
                Kept::Nothing => {}
                // What is in memory anyway is neither copied nor made again.
                Kept::Here(found) => {
                    let part = part(id, &file.name(), New::of(*found, &outcome.known));
                    totals.add(&part);
                    parts.push(KeptPart::Here(part));
                }
                Kept::Away(found) => {
                    let away = AwayPart { file: id, name: file.name().into(), found, known: outcome.known };
                    if away.known.is_empty() {
                        totals += away.found.totals;
                    } else {
                        match away.part(&self.store) {
                            Ok(part) => totals.add(&part),
                            Err(error) => {
                                problems.push(Problem::unreadable(away.name.into(), &error));
                                continue;
                            }
                        }
                    }
                    parts.push(KeptPart::Away(Box::new(away)));
                }
            }
        }
        for (path, templates) in request.paths.iter().zip(templates_by_folder) {
            // What is wrong with the configuration has been said, and is the reason.
            if templates == 0 && path.is_dir() && setup.problems_of_folder(path).is_empty() {
                problems.push(Problem::NoTemplates { name: discover::display_name(path) });
            }
        }
        problems.extend(warnings);
        let report = Report::new(AllParts { store: self.store, parts }, totals);
        Run { report, rules, problems, fixed: 0, changes: Vec::new() }
    }
}

/// What is to be told of one file.
fn part(file: FileId, name: &str, new: New) -> Part {
    let New { text, findings, suppressed, .. } = new;
    let FileReport { findings, suppressed, .. } =
        FileReport { findings, suppressed, ..FileReport::default() }.said_once();
    Part { sources: Sources::one(file, Source::new(name, text)), findings, suppressed }
}

/// What is to be told of one file and is not in memory.
struct AwayPart {
    file: FileId,
    name: Box<str>,
    found: Box<Away>,
    known: Vec<bool>,
}

impl AwayPart {
    fn part(&self, store: &Store) -> io::Result<Part> {
        Ok(part(self.file, &self.name, New::of(store.bring_back(&self.found)?, &self.known)))
    }
}

enum KeptPart {
    Here(Part),
    Away(Box<AwayPart>),
}

/// What was found in all files.
struct AllParts {
    store: Store,
    parts: Vec<KeptPart>,
}

impl Parts for AllParts {
    fn each(&self, look: &mut dyn FnMut(&Part) -> io::Result<()>) -> io::Result<()> {
        self.parts.iter().try_for_each(|part| match part {
            KeptPart::Here(part) => look(part),
            KeptPart::Away(away) => look(&away.part(&self.store)?),
        })
    }
}

/// Adds what is not there yet: one configuration file governs many files.
fn add_new(problems: &mut Vec<Problem>, more: Vec<Problem>) {
    for problem in more {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
}

fn check_file(
    candidate: &Candidate,
    file: FileId,
    lookup: &mut Lookup<'_>,
    lint: &impl Fn(&str, FileId, &Options) -> FileReport,
) -> Linted {
    let name = || candidate.name().into_owned();
    let failed = |problem| Linted { problem: Some(problem), ..Linted::default() };
    let bytes = match read(candidate) {
        Ok(bytes) => bytes,
        Err(error) => return failed(Problem::unreadable(name(), &error)),
    };
    let other_encoding = from_utf16(&bytes);
    let is_utf16 = other_encoding.is_some();
    let bytes = other_encoding.map_or(bytes, String::into_bytes);
    if !may_be_template(&bytes) && !candidate.is_said_to_be_one {
        return Linted::default();
    }
    let options = match lookup.for_file(&candidate.path) {
        Ok(options) => options,
        Err(refused) => return Linted { refused, ..Linted::default() },
    };
    let (text, misfit) = text(bytes);
    // Whoever counts by LF alone would see one long line. All bytes stay in their places.
    let ends_in_cr = !text.contains('\n') && text.contains('\r');
    let text = if ends_in_cr { text.replace('\r', "\n") } else { text };
    let problem = match misfit {
        Some(offset) => Some(Problem::NotUtf8 { name: name(), offset }),
        None => is_utf16.then(|| Problem::Utf16 { name: name() }),
    };
    let mut report = lint(&text, file, &options);
    if !report.is_template {
        if !candidate.is_said_to_be_one {
            return Linted::default();
        }
        if report.findings.is_empty() {
            return failed(Problem::NotATemplate { name: name(), reason: missing_mark(&text) });
        }
        // The user says that it is one, and it is too broken to tell: what was found is the better answer.
        report.is_template = true;
    }
    Linted { text, ends_in_cr, report, problem, options: Some(options), refused: Vec::new() }
}

/// The bytes of a file. Of a huge file only as much is read as shows that it is too large for a template.
fn read(candidate: &Candidate) -> io::Result<Vec<u8>> {
    let limit = MAXIMUM_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    match candidate.origin {
        Origin::Stdin => {
            io::stdin().lock().take(limit).read_to_end(&mut bytes)?;
        }
        Origin::Named | Origin::Walked { .. } => {
            let mut file = File::open(&candidate.path)?;
            let length = file.metadata().map_or(0, |metadata| metadata.len());
            if length == 0 {
                // So long is also what does not know how long it will be, such as a pipe.
                file.take(limit).read_to_end(&mut bytes)?;
            } else {
                bytes = vec![0; length.min(limit) as usize];
                let read = fill(&mut file, &mut bytes)?;
                bytes.truncate(read);
            }
        }
    }
    Ok(bytes)
}

/// Reads until the place is full or the file ends, and says how much that was. [`Read::read_to_end`] takes several calls of
/// the system for most files, and one more to see the end.
fn fill(file: &mut File, place: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < place.len() {
        match file.read(&mut place[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
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
