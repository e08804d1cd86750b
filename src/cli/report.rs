//! Where reports go: to the standard output, whole or not at all to files, and to the summary of a build step.

use std::collections::BTreeSet;
use std::env;
use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use miette::Diagnostic;
use thiserror::Error;

use super::arguments::{Check, Format, OutputFile};
use super::terminal::IN_FILE;
use crate::output::{self, Ending, Look};
use crate::project::Staged;
use crate::report::Report;

/// Names the file whose Markdown GitHub Actions shows on the page of a run.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";
/// How much of it is taken; of more than that, nothing is shown.
const STEP_SUMMARY_BYTES: u64 = 1024 * 1024;

/// A report that did not get to its place.
#[derive(Debug, Error, Diagnostic)]
pub(super) enum Unwritten {
    #[error("cannot write `{path}`: {cause}")]
    File { path: String, cause: io::Error },
    #[error("`{path}` cannot hold two reports")]
    Twice { path: String },
    /// Not asked for by name, so the run does not fail by it.
    #[error("cannot write the summary of the step to `{path}`: {cause}")]
    #[diagnostic(severity(Warning))]
    StepSummary { path: String, cause: io::Error },
}

/// Writes a report in a format.
pub(super) fn write(
    format: Format,
    report: &Report,
    ending: &Ending<'_>,
    look: Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Full => output::full(report, look, out),
        Format::Concise => output::concise(report, out),
        Format::Json => output::json(report, out),
        Format::Jsonl => output::jsonl(report, out),
        Format::Sarif => output::sarif(report, ending, out),
        Format::Github => output::github(report, out),
        Format::Gitlab => output::gitlab(report, out),
        Format::Junit => output::junit(report, ending, out),
        Format::Checkstyle => output::checkstyle(report, out),
        Format::Rdjson => output::rdjson(report, out),
        Format::Markdown => output::markdown(report, output::COMMENT_BYTES, out),
    }
}

/// Writes the files of `--output-file`. None is there under its name before all are written.
pub(super) fn write_files(
    files: &[OutputFile],
    report: &Report,
    ending: &Ending<'_>,
) -> Result<(), Unwritten> {
    let mut places = BTreeSet::new();
    let mut whole = Vec::new();
    for file in files {
        let path = || file.path.display().to_string();
        let failed = |cause| Unwritten::File { path: path(), cause };
        let staged = Staged::beside(&file.path).map_err(failed)?;
        if !places.insert(staged.place().to_owned()) {
            return Err(Unwritten::Twice { path: path() });
        }
        let mut out = BufWriter::new(staged);
        write(file.format, report, ending, IN_FILE, &mut out).map_err(failed)?;
        whole.push((out.into_inner().map_err(|error| failed(error.into_error()))?, path()));
    }
    for (staged, path) in whole {
        staged.put().map_err(|cause| Unwritten::File { path, cause })?;
    }
    Ok(())
}

/// Appends to the summary of the step where GitHub Actions runs this and its format is written.
pub(super) fn summarise_step(arguments: &Check, report: &Report) -> Result<(), Unwritten> {
    let is_for_github = arguments.format == Format::Github
        || arguments.output_file.iter().any(|file| file.format == Format::Github);
    match env::var_os(STEP_SUMMARY).filter(|path| !path.is_empty()) {
        Some(path) if is_for_github => append_summary(Path::new(&path), report)
            .map_err(|cause| Unwritten::StepSummary { path: Path::new(&path).display().to_string(), cause }),
        _ => Ok(()),
    }
}

fn append_summary(path: &Path, report: &Report) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    let room = STEP_SUMMARY_BYTES.saturating_sub(file.metadata()?.len());
    let mut text = Vec::new();
    output::markdown(report, usize::try_from(room).unwrap_or(usize::MAX), &mut text)?;
    // What came before may have no line end, and a heading behind a text would be none.
    text.splice(0..0, *b"\n");
    file.write_all(&text)
}
