//! `completions` and `man`: what shells and readers of manuals know of the command line.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use clap::builder::PossibleValuesParser;
use clap::{Command, CommandFactory};
use clap_complete::generate;
use clap_mangen::Man;
use miette::Diagnostic;
use thiserror::Error;

use super::Outcome;
use super::arguments::{Arguments, ColorChoice, Completions, Man as ManArguments};
use super::rules::names;
use super::terminal::look;
use crate::config;
use crate::output;

/// A folder that takes no pages.
#[derive(Debug, Error, Diagnostic)]
#[error("cannot write the manual pages to `{folder}`: {cause}")]
struct Unwritten {
    folder: String,
    cause: io::Error,
}

/// Prints the completions of a shell.
pub(super) fn completions(arguments: &Completions) -> io::Result<Outcome> {
    let mut script = Vec::new();
    let mut command = with_rules(Arguments::command());
    let name = command.get_name().to_owned();
    generate(arguments.shell, &mut command, name, &mut script);
    print(&script)
}

/// The command with the names of the rules where they are expected. At work any word is taken there, so that a
/// misspelt one can be answered with the nearest.
fn with_rules(command: Command) -> Command {
    let rules = names();
    let selectors: Vec<&'static str> = config::selectors(&rules);
    let select = |command: Command| {
        ["select", "extend_select", "ignore"].into_iter().fold(command, |command, argument| {
            command.mut_arg(argument, |it| it.value_parser(PossibleValuesParser::new(&selectors)))
        })
    };
    select(command).mut_subcommand("check", select).mut_subcommand("explain", |explain| {
        explain.mut_arg("rule", |it| it.value_parser(PossibleValuesParser::new(&rules)))
    })
}

/// Prints the manual page, or writes that of each command.
pub(super) fn man(arguments: &ManArguments) -> io::Result<Outcome> {
    let command = Arguments::command();
    let Some(folder) = &arguments.output else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page)?;
        return print(&page);
    };
    if let Err(cause) = write_pages(command, folder) {
        let error = Unwritten { folder: folder.display().to_string(), cause };
        let error_look = look(&io::stderr(), ColorChoice::Auto);
        output::problem(&error, None, error_look, &mut io::stderr().lock())?;
        return Ok(Outcome::Failed);
    }
    Ok(Outcome::Clean)
}

fn write_pages(command: Command, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(command, folder)
}

fn print(bytes: &[u8]) -> io::Result<Outcome> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()?;
    Ok(Outcome::Clean)
}
