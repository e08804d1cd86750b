//! The command line: arguments, subcommands, exit codes.

mod arguments;
mod check;
mod config;
mod given;
mod graph;
mod init;
mod manual;
mod progress;
mod report;
mod rules;
mod terminal;
mod watch;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::FromArgMatches;

use crate::lsp::{self, End};
use arguments::{Arguments, Check, Command};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Nothing at or above `--fail-on`.
    Clean,
    /// Findings.
    Findings,
    /// The tool could not do its work, or not all of it.
    Failed,
}

impl Outcome {
    fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Failed => 2,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(outcome.code())
    }
}

/// Runs the command with its arguments, the first of which is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let parsed = arguments::command().try_get_matches_from(arguments).and_then(|mut matches| {
        // Where each option came from, which only this command tells.
        let config = matches.subcommand_matches("config").cloned();
        Ok((Arguments::from_arg_matches_mut(&mut matches)?, config))
    });
    let (arguments, config_matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            // `--help` and `--version` come this way too. Nothing can be done where they cannot be printed.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    // Nothing can be done where that cannot be printed.
    let _ = given::misspelt_variables(&mut io::stderr());
    let outcome = match arguments.command {
        None => check(&arguments.check),
        Some(Command::Check(arguments)) => check(&arguments),
        Some(Command::Completions(completions)) => manual::completions(&completions),
        Some(Command::Config(config)) => config::run(&config, config_matches.as_ref()),
        Some(Command::Explain(explain)) => rules::explain(&explain),
        Some(Command::Graph(graph)) => graph::run(&graph),
        Some(Command::Init(init)) => init::run(&init),
        // The protocol says which code: 1 where the client did not shut it down first.
        Some(Command::Lsp(_)) => return ExitCode::from(u8::from(lsp::stdio() == End::Early)),
        Some(Command::Man(man)) => manual::man(&man),
        Some(Command::Rules(list)) => rules::list(&list),
    };
    match outcome {
        Ok(outcome) => outcome.into(),
        // The reader has seen enough: `privatelint | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Outcome::Clean.into(),
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: cannot write the report: {error}");
            Outcome::Failed.into()
        }
    }
}

fn check(arguments: &Check) -> io::Result<Outcome> {
    if arguments.watch { watch::run(arguments) } else { check::run(arguments) }
}
