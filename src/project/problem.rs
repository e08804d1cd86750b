//! What can keep a file from being checked.

use std::io;
use std::sync::Arc;

use miette::{Diagnostic, SourceSpan};
use thiserror::Error;

use crate::config::ConfigError;
use crate::text::Source;

/// A file that an error points into.
#[derive(Debug, Clone)]
pub struct Shown(pub Arc<Source>);

impl PartialEq for Shown {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Shown {}

/// Why something was not checked. The rest still is.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum Problem {
    /// A path that the user gave is not there.
    #[error("`{name}` does not exist")]
    Missing {
        /// As the user typed it.
        name: String,
    },
    /// A file or folder cannot be read.
    #[error("cannot read `{name}`: {cause}")]
    Unreadable {
        /// For display.
        name: String,
        /// In the words of the operating system.
        cause: String,
    },
    /// A file cannot be written; it is as it was.
    #[error("cannot write `{name}`: {cause}")]
    #[diagnostic(help("the file is as it was"))]
    Unwritable {
        /// For display.
        name: String,
        /// In the words of the operating system.
        cause: String,
    },
    /// A template is in another encoding. It is checked all the same, since what matters is nearly always ASCII.
    #[error("`{name}` is not UTF-8: the byte at offset {offset} does not fit; it was read as \u{fffd}")]
    #[diagnostic(severity(Warning), help("save the file as UTF-8"))]
    NotUtf8 {
        /// For display.
        name: String,
        /// From 0.
        offset: usize,
    },
    /// A template is in the encoding of some editors and shells. It is checked all the same.
    #[error("`{name}` is UTF-16, and templates are UTF-8; it was read all the same")]
    #[diagnostic(severity(Warning), help("save the file as UTF-8"))]
    Utf16 {
        /// For display.
        name: String,
    },
    /// A file that the user named is something else.
    #[error("`{name}` is not a CloudFormation template: {reason}")]
    NotATemplate {
        /// For display.
        name: String,
        /// What it lacks.
        reason: &'static str,
    },
    /// A configuration file or a file of parameters is wrong: what it governs is not checked.
    #[error("{error}")]
    #[diagnostic(forward(error))]
    Setting {
        /// What and where.
        error: ConfigError,
        /// The file.
        file: Shown,
    },
    /// A configuration file or a file of parameters cannot be read.
    #[error("cannot read the {kind} `{name}`: {cause}")]
    UnreadableSetting {
        /// What it is.
        kind: &'static str,
        /// For display.
        name: String,
        /// In the words of the operating system.
        cause: String,
    },
    /// A file with several environments lacks the one that is asked for.
    #[error("`{file}` has no environment `{environment}`")]
    #[diagnostic(help("it has {known}"))]
    NoEnvironment {
        /// What is asked for.
        environment: String,
        /// For display.
        file: String,
        /// Those that it has, in words.
        known: String,
    },
    /// A value is given for a parameter that does not exist.
    #[error("{whose} `{parameter}`")]
    #[diagnostic(severity(Warning))]
    NoSuchParameter {
        /// Who lacks it, in words.
        whose: String,
        /// Its name.
        parameter: String,
        /// Where it is given a value.
        #[label("given here")]
        span: Option<SourceSpan>,
        /// The file of that place.
        file: Option<Shown>,
        /// What was meant, perhaps.
        #[help]
        help: Option<String>,
    },
    /// A folder that the user named holds nothing to check.
    #[error("no templates in `{name}`")]
    #[diagnostic(
        severity(Warning),
        help(
            "looked at *.yaml, *.yml, *.json, *.template and *.j2; hidden files and those in .gitignore are passed over"
        )
    )]
    NoTemplates {
        /// As the user typed it.
        name: String,
    },
}

impl Problem {
    pub(super) fn unreadable(name: String, error: &io::Error) -> Self {
        Self::Unreadable { name, cause: cause(error) }
    }

    pub(super) fn unwritable(name: String, error: &io::Error) -> Self {
        Self::Unwritable { name, cause: cause(error) }
    }

    /// The text that its labels point into.
    pub fn source(&self) -> Option<Source> {
        let shown = match self {
            Self::Setting { file, .. } => Some(file),
            Self::NoSuchParameter { file, .. } => file.as_ref(),
            _ => None,
        };
        shown.map(|Shown(source)| Source::new(source.name.clone(), source.text.clone()))
    }
}

/// The operating system's words without the number behind them, as the other messages begin and end.
pub(super) fn cause(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
