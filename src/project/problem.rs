//! What can keep a file from being checked.

use std::io;

use miette::Diagnostic;
use thiserror::Error;

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
}

/// The operating system's words without the number behind them, as the other messages begin and end.
pub(super) fn cause(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
