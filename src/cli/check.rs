//! `check`: options together, run, report, exit code.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Instant;

use miette::Diagnostic;
use thiserror::Error;

use super::Outcome;
use super::arguments::{COMMANDS, Check, FailOn, Format};
use super::given::{self, Refusal, is_error, show};
use super::progress::Progress;
use super::report;
use super::terminal::look;
use crate::fix;
use crate::output::{self, Ending, Look};
use crate::project::{self, Baseline, BaselineError, Problem, Request, Run, Setup};
use crate::text::nearest;

/// Changes of a text that came from nowhere.
#[derive(Debug, Error, Diagnostic)]
#[error("`{option}` writes into files, and the standard input is none")]
struct NoFile {
    option: &'static str,
    #[help]
    help: Option<&'static str>,
}

/// What a baseline knows and is there no more.
#[derive(Debug, Error, Diagnostic)]
#[error("{} of the baseline {} fixed", number(*count), if *count == 1 { "is" } else { "are" })]
#[diagnostic(severity(Advice), help("`--write-baseline {file}` writes it anew, without what is fixed"))]
struct Fixed {
    count: usize,
    file: String,
}

fn number(count: usize) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}

/// Checks and reports.
pub(super) fn run(arguments: &Check) -> io::Result<Outcome> {
    let started = Instant::now();
    let mut stderr = io::stderr().lock();
    let error_look = look(&io::stderr(), arguments.color);
    let setup = match given::setup(&arguments.given, Some(&arguments.selection)) {
        Ok(setup) => setup,
        Err(refusal) => {
            refusal.show(error_look, &mut stderr)?;
            return Ok(Outcome::Failed);
        }
    };
    let request = match request(arguments) {
        Ok(request) => request,
        Err(refusal) => {
            refusal.show(error_look, &mut stderr)?;
            return Ok(Outcome::Failed);
        }
    };
    if arguments.show_files {
        return show_files(&request, error_look);
    }
    // The bar locks the standard error from the threads that lint.
    drop(stderr);
    let progress = Progress::new(!arguments.quiet && !arguments.no_progress && io::stderr().is_terminal());
    let carried_out = carry_out(arguments, &request, &setup, &|done, total| progress.update(done, total));
    progress.finish();
    let (run, done) = match carried_out {
        Ok(carried_out) => carried_out,
        Err(error) => {
            unusable(error).show(error_look, &mut io::stderr().lock())?;
            return Ok(Outcome::Failed);
        }
    };

    let time = started.elapsed();

    let fail_on = if arguments.exit_zero { FailOn::Never } else { arguments.fail_on };
    let mut outcome = outcome(&run, fail_on, !arguments.paths.is_empty() && !arguments.templates_only);
    if arguments.diff {
        outcome = with_diff(outcome, !run.changes.is_empty());
    }
    let ending = |outcome: Outcome| Ending {
        rules: &run.rules,
        fail_on: fail_on.severity(),
        problems: run.problems.iter().map(|problem| problem as &dyn Diagnostic).collect(),
        successful: outcome != Outcome::Failed,
        exit_code: outcome.code(),
    };
    let unwritten = report::write_files(&arguments.output_file, &run.report, &ending(outcome)).err();
    if unwritten.is_some() {
        outcome = Outcome::Failed;
    }
    let written = write_report(arguments, &run, &ending(outcome));
    let no_summary = report::summarise_step(arguments, &run.report).err();
    let mut stderr = io::stderr().lock();
    for problem in run.problems.iter().filter(|problem| !arguments.quiet || is_error(problem)) {
        show([problem], error_look, &mut stderr)?;
        suggest_command(problem, &mut stderr)?;
    }
    for problem in unwritten.iter().chain(&no_summary) {
        output::problem(problem, None, error_look, &mut stderr)?;
    }
    if let (Some(path), false) = (&arguments.baseline, arguments.quiet || run.fixed == 0) {
        let fixed = Fixed { count: run.fixed, file: path.display().to_string() };
        output::problem(&fixed, None, error_look, &mut stderr)?;
    }
    match written {
        // The reader has seen enough; what was found still decides the exit code.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        other => other?,
    }
    if let (Some(done), false) = (done, arguments.quiet) {
        writeln!(stderr, "{done}")?;
    }
    let totals = &run.report.totals;
    let is_read_by_people = matches!(arguments.format, Format::Full | Format::Concise | Format::Github);
    if !arguments.quiet && is_read_by_people && !arguments.diff && totals.templates > 0 {
        writeln!(stderr, "{}", output::summary(totals, time))?;
        if let Some(hint) = output::fixable(totals, arguments.fix) {
            writeln!(stderr, "{hint}")?;
        }
        if arguments.format == Format::Full
            && !arguments.statistics
            && totals.findings.all() > 0
            && stderr.is_terminal()
        {
            writeln!(stderr, "`privatelint explain RULE` tells more about a rule")?;
        }
    }
    Ok(outcome)
}

fn request(arguments: &Check) -> Result<Request, Refusal> {
    let paths = if arguments.paths.is_empty() { vec![PathBuf::from(".")] } else { arguments.paths.clone() };
    let writes = if arguments.add_ignores {
        Some(NoFile { option: "--add-ignores", help: None })
    } else if arguments.mending().is_some_and(|mending| mending.write) {
        Some(NoFile { option: "--fix", help: Some("`--diff` shows what would change") })
    } else {
        None
    };
    if let Some(error) = writes.filter(|_| paths.iter().any(|path| path.as_os_str() == "-")) {
        return Err(Refusal::new(error, None));
    }
    let baseline = arguments.baseline.as_deref().map(Baseline::read).transpose().map_err(unusable)?;
    Ok(Request {
        paths,
        stdin_name: arguments.stdin_filename.clone(),
        templates_only: arguments.templates_only,
        baseline,
    })
}

fn unusable(mut error: BaselineError) -> Refusal {
    let file = error.file.take().map(|file| *file);
    Refusal::new(error, file)
}

/// Checks, and writes what is to be written; with a line that says what was.
fn carry_out(
    arguments: &Check,
    request: &Request,
    setup: &Setup,
    progress: &project::Progress<'_>,
) -> Result<(Run, Option<String>), BaselineError> {
    let plural = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    if let Some(path) = &arguments.write_baseline {
        let run = project::write_baseline(path, request, setup, progress)?;
        let findings = plural(run.report.totals.known, "finding");
        return Ok((run, Some(format!("wrote {findings} to the baseline `{}`", path.display()))));
    }
    if arguments.add_ignores {
        let (run, added) = project::add_ignores(request, setup, arguments.reason.as_deref(), progress);
        let done = if added.files == 0 {
            "no ignores were added".to_owned()
        } else {
            let (findings, files) = (plural(added.findings, "finding"), plural(added.files, "file"));
            format!("added ignores for {findings} to {files}")
        };
        return Ok((run, Some(done)));
    }
    if let Some(mending) = arguments.mending() {
        let run = project::mend(request, setup, mending, progress);
        let fixes = run.changes.iter().map(|change| change.fixes).sum();
        let done = output::fixes(fixes, run.changes.len(), arguments.diff);
        return Ok((run, Some(done)));
    }
    Ok((project::check(request, setup, progress), None))
}

/// Names the templates that would be checked.
fn show_files(request: &Request, error_look: Look) -> io::Result<Outcome> {
    let (names, problems) = project::templates(request);
    let mut out = BufWriter::new(io::stdout().lock());
    names.iter().try_for_each(|name| writeln!(out, "{name}"))?;
    out.flush()?;
    show(&problems, error_look, &mut io::stderr().lock())?;
    Ok(if problems.iter().any(is_error) { Outcome::Failed } else { Outcome::Clean })
}

fn write_report(arguments: &Check, run: &Run, ending: &Ending<'_>) -> io::Result<()> {
    let stdout = io::stdout().lock();
    let look = look(&stdout, arguments.color);
    // Each write is a call of the system, and reports are long.
    let mut out = BufWriter::with_capacity(64 << 10, stdout);
    let report = &run.report;
    if arguments.diff {
        for change in &run.changes {
            out.write_all(fix::unified(&change.name, &change.before, &change.after).as_bytes())?;
        }
        return out.flush();
    }
    match arguments.format {
        Format::Json if arguments.statistics => output::statistics_json(report, &mut out)?,
        _ if arguments.statistics => output::statistics(report, &mut out)?,
        format => report::write(format, report, ending, look, &mut out)?,
    }
    out.flush()
}

/// Of a diff, the exit code says whether there is one.
fn with_diff(outcome: Outcome, differs: bool) -> Outcome {
    match (outcome, differs) {
        (Outcome::Failed, _) => Outcome::Failed,
        (_, true) => Outcome::Findings,
        (_, false) => Outcome::Clean,
    }
}

fn outcome(run: &Run, fail_on: FailOn, paths_given: bool) -> Outcome {
    let failed = run.problems.iter().any(is_error);
    let fails = |threshold| run.report.totals.findings.at_least(threshold) > 0;
    if failed || (paths_given && run.report.totals.templates == 0) {
        Outcome::Failed
    } else if fail_on.severity().is_some_and(fails) {
        Outcome::Findings
    } else {
        Outcome::Clean
    }
}

/// `privatelint chekc` takes `chekc` for a path.
fn suggest_command(problem: &Problem, out: &mut dyn Write) -> io::Result<()> {
    if let Problem::Missing { name } = problem
        && let Some(command) = nearest(name, COMMANDS.iter().copied())
    {
        writeln!(out, "help: there is a command `{command}`\n")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Severity;

    fn run_with(severities: &[Severity]) -> Run {
        let mut run = Run::default();
        run.report.totals.templates = 1;
        for severity in severities {
            run.report.totals.findings.add(*severity);
        }
        run
    }

    #[test]
    fn findings_decide_the_exit_code() {
        use FailOn::{Error, Info, Never, Warning};
        let info = run_with(&[Severity::Info]);
        let warning = run_with(&[Severity::Info, Severity::Warning]);
        assert_eq!(outcome(&info, Warning, true), Outcome::Clean);
        assert_eq!(outcome(&info, Info, true), Outcome::Findings);
        assert_eq!(outcome(&warning, Warning, true), Outcome::Findings);
        assert_eq!(outcome(&warning, Error, true), Outcome::Clean);
        assert_eq!(outcome(&warning, Never, true), Outcome::Clean);
    }

    #[test]
    fn what_was_not_checked_outweighs_findings() {
        let mut run = run_with(&[Severity::Error]);
        run.problems.push(Problem::Missing { name: "x".to_owned() });
        assert_eq!(outcome(&run, FailOn::Never, true), Outcome::Failed);
    }

    #[test]
    fn an_empty_folder_fails_only_where_it_was_asked_for_and_nothing_else_was_checked() {
        let mut run = run_with(&[]);
        run.problems.push(Problem::NoTemplates { name: "x".to_owned() });
        assert_eq!(outcome(&run, FailOn::Warning, true), Outcome::Clean);
        run.report.totals.templates = 0;
        assert_eq!(outcome(&run, FailOn::Warning, true), Outcome::Failed);
        assert_eq!(outcome(&run, FailOn::Warning, false), Outcome::Clean);
    }
}
