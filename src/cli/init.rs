//! `init`: a first configuration file.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use miette::Diagnostic;
use thiserror::Error;

use super::Outcome;
use super::arguments::Init;
use super::terminal::look;
use crate::config;
use crate::output;
use crate::project::CONFIG_FILE;
use crate::rules;

/// Why no file was written.
#[derive(Debug, Error, Diagnostic)]
enum NotWritten {
    #[error("`{name}` is there already")]
    #[diagnostic(help("`--force` overwrites it"))]
    Present { name: String },
    #[error("cannot write `{name}`: {cause}")]
    Failed { name: String, cause: io::Error },
}

/// Writes the file.
pub(super) fn run(arguments: &Init) -> io::Result<Outcome> {
    let folder = arguments.folder.as_deref().unwrap_or(Path::new(""));
    let path = folder.join(CONFIG_FILE);
    let name = path.to_string_lossy().into_owned();
    let mut stderr = io::stderr().lock();
    let text = config::starter(&rules::registry());
    let error = match write(&path, &text, arguments.force) {
        Ok(()) => {
            writeln!(stderr, "wrote `{name}`: every setting with its meaning, none in force yet")?;
            return Ok(Outcome::Clean);
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => NotWritten::Present { name },
        Err(cause) => NotWritten::Failed { name, cause },
    };
    output::problem(&error, None, look(&io::stderr(), arguments.color), &mut stderr)?;
    Ok(Outcome::Failed)
}

/// Writes a file that is not there, or one in place of another, which stays whole until then.
fn write(path: &Path, text: &str, force: bool) -> io::Result<()> {
    if !force {
        return OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes());
    }
    let beside = path.with_extension("toml.new");
    fs::write(&beside, text)?;
    fs::rename(&beside, path)
}
