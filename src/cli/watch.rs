//! `check --watch`: checks whenever something has changed, until the user interrupts.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use miette::Diagnostic;
use thiserror::Error;

use super::arguments::{Check, Given};
use super::terminal::look;
use super::{Outcome, check};
use crate::output;
use crate::project::Snapshot;

/// A change is seen within this time, or somewhat later among very many files.
const PATIENCE: Duration = Duration::from_millis(200);
/// What is still being written is given this time to come to rest: editors and version control write in several steps.
const REST: Duration = Duration::from_millis(50);
/// How often it is given that time at most: some files never rest.
const RESTS: usize = 20;
/// Of the time, at most one part in so many is spent on looking.
const SHARE: u32 = 25;
/// More files than these are counted, not named.
const NAMED: usize = 3;

/// Nothing to watch.
#[derive(Debug, Error, Diagnostic)]
#[error("`--watch` looks at files, and the standard input is none")]
struct NoFile;

/// Checks again and again. Nothing is kept between two runs, so that configuration and folders are read anew; an
/// interrupt ends the process as it ends any other, for there is nothing to put in order.
pub(super) fn run(arguments: &Check) -> io::Result<Outcome> {
    if arguments.paths.iter().any(|path| path.as_os_str() == "-") {
        let error_look = look(&io::stderr(), arguments.color);
        output::problem(&NoFile, None, error_look, &mut io::stderr().lock())?;
        return Ok(Outcome::Failed);
    }
    let mut seen = snapshot(arguments);
    let mut changed = Vec::new();
    loop {
        clear()?;
        let mut stderr = io::stderr();
        if !changed.is_empty() {
            writeln!(stderr, "{} changed, checking again\n", enumerated(&changed))?;
        }
        // What was found is on the screen, and what could not be checked may be mended.
        check::run(arguments)?;
        if !arguments.quiet {
            writeln!(stderr, "watching for changes, Ctrl-C ends")?;
        }
        (seen, changed) = wait(arguments, &seen);
    }
}

/// Waits until files differ from what was seen and have come to rest.
fn wait(arguments: &Check, seen: &Snapshot) -> (Snapshot, Vec<String>) {
    loop {
        let started = Instant::now();
        let mut now = snapshot(arguments);
        let cost = started.elapsed();
        if now == *seen {
            thread::sleep(PATIENCE.max(cost * SHARE));
            continue;
        }
        for _ in 0..RESTS {
            thread::sleep(REST);
            let later = snapshot(arguments);
            if later == now {
                break;
            }
            now = later;
        }
        let changed = now.changed_since(seen);
        // Some editors take a file away for a moment.
        if !changed.is_empty() {
            return (now, changed);
        }
    }
}

/// What the check depends on, as it is now.
fn snapshot(arguments: &Check) -> Snapshot {
    let here = [PathBuf::from(".")];
    let paths = if arguments.paths.is_empty() { &here[..] } else { &arguments.paths };
    let Given { config, parameters, .. } = &arguments.given;
    // `NAME=FILE` or `FILE`: what is no file counts for nothing.
    let parameters =
        parameters.iter().flat_map(|text| [Some(text.as_str()), text.split_once('=').map(|it| it.1)]);
    let parameters = parameters.flatten().map(PathBuf::from);
    let others: Vec<PathBuf> = config.iter().chain(&arguments.baseline).cloned().chain(parameters).collect();
    Snapshot::of(paths, &others)
}

/// Empties the screen, if there is one, and leaves what was scrolled off.
fn clear() -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    if stdout.is_terminal() {
        stdout.write_all(b"\x1b[2J\x1b[H")?;
        stdout.flush()?;
    }
    Ok(())
}

fn enumerated(names: &[String]) -> String {
    let first: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    let first = first.join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => first,
        1 => format!("{first} and 1 more file"),
        more => format!("{first} and {more} more files"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_files_are_counted() {
        let names = |count: usize| (0..count).map(|number| format!("{number}.yaml")).collect::<Vec<_>>();
        assert_eq!(enumerated(&names(1)), "`0.yaml`");
        assert_eq!(enumerated(&names(3)), "`0.yaml`, `1.yaml`, `2.yaml`");
        assert_eq!(enumerated(&names(4)), "`0.yaml`, `1.yaml`, `2.yaml` and 1 more file");
        assert_eq!(enumerated(&names(9)), "`0.yaml`, `1.yaml`, `2.yaml` and 6 more files");
    }
}
