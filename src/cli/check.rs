//! `check`: options together, run, report, exit code.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Instant;

use super::Outcome;
use super::arguments::{COMMANDS, Check, FailOn, Format};
use super::given::{self, is_error, show};
use super::progress::Progress;
use super::terminal::look;
use crate::output::{self, Look};
use crate::project::{self, Problem, Request, Run};
use crate::text::nearest;

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
    let request = Request {
        paths: if arguments.paths.is_empty() { vec![PathBuf::from(".")] } else { arguments.paths.clone() },
        stdin_name: arguments.stdin_filename.clone(),
    };
    if arguments.show_files {
        return show_files(&request, error_look);
    }
    // The bar locks the standard error from the threads that lint.
    drop(stderr);
    let progress = Progress::new(!arguments.quiet && !arguments.no_progress && io::stderr().is_terminal());
    let run = project::check(&request, &setup, &|done, total| progress.update(done, total));
    progress.finish();

    let time = started.elapsed();

    let written = write_report(arguments, &run);
    let mut stderr = io::stderr().lock();
    for problem in run.problems.iter().filter(|problem| !arguments.quiet || is_error(problem)) {
        show([problem], error_look, &mut stderr)?;
        suggest_command(problem, &mut stderr)?;
    }
    match written {
        // The reader has seen enough; what was found still decides the exit code.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        other => other?,
    }
    if !arguments.quiet && arguments.format != Format::Json && run.report.templates > 0 {
        writeln!(stderr, "{}", output::summary(&run.report, time))?;
        if arguments.format == Format::Full
            && !arguments.statistics
            && !run.report.findings.is_empty()
            && stderr.is_terminal()
        {
            writeln!(stderr, "`privatelint explain RULE` tells more about a rule")?;
        }
    }
    let fail_on = if arguments.exit_zero { FailOn::Never } else { arguments.fail_on };
    Ok(outcome(&run, fail_on, !arguments.paths.is_empty()))
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

fn write_report(arguments: &Check, run: &Run) -> io::Result<()> {
    let stdout = io::stdout().lock();
    let look = look(&stdout, arguments.color);
    let mut out = BufWriter::new(stdout);
    match arguments.format {
        Format::Json if arguments.statistics => output::statistics_json(&run.report, &mut out)?,
        _ if arguments.statistics => output::statistics(&run.report, &mut out)?,
        Format::Full => output::full(&run.report, look, &mut out)?,
        Format::Concise => output::concise(&run.report, &mut out)?,
        Format::Json => output::json(&run.report, &mut out)?,
    }
    out.flush()
}

fn outcome(run: &Run, fail_on: FailOn, paths_given: bool) -> Outcome {
    let failed = run.problems.iter().any(is_error);
    let fails = |threshold| run.report.findings.iter().any(|finding| finding.severity >= threshold);
    if failed || (paths_given && run.report.templates == 0) {
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
    use crate::diagnostic::{Finding, Label, Severity};
    use crate::text::Span;

    fn run_with(severities: &[Severity]) -> Run {
        let mut run = Run::default();
        run.report.templates = 1;
        for severity in severities {
            let place = Label { owner: None, span: Span::default(), message: String::new() };
            run.report.findings.push(Finding::new("x", *severity, place, "x"));
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
        run.report.templates = 0;
        assert_eq!(outcome(&run, FailOn::Warning, true), Outcome::Failed);
        assert_eq!(outcome(&run, FailOn::Warning, false), Outcome::Clean);
    }
}
