//! What is wrong in a file that sets something, and where in it.

use std::ops::Range;

use miette::{Diagnostic, SourceSpan};
use thiserror::Error;

use crate::text::nearest;

/// What is wrong in a configuration file or a file of parameters, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[error("{message}")]
pub struct ConfigError {
    pub(super) message: String,
    pub(super) here: String,
    #[label(primary, "{here}")]
    pub(super) span: SourceSpan,
    #[label("first here")]
    pub(super) first: Option<SourceSpan>,
    #[help]
    pub(super) help: Option<String>,
}

impl ConfigError {
    /// An error with words for the headline and for the place.
    pub fn new(span: Range<usize>, message: impl Into<String>, here: impl Into<String>) -> Self {
        Self { message: message.into(), here: here.into(), span: span.into(), first: None, help: None }
    }

    /// The one thing to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Something that stands there for the second time.
    pub(super) fn twice(name: &str, span: Range<usize>, first: Range<usize>) -> Self {
        let mut error = Self::new(span, format!("`{name}` is given twice"), "and again here");
        error.first = Some(first.into());
        error.help("keep one of the two")
    }

    /// A name that is not one of the known ones.
    pub(super) fn unknown(kind: &str, name: &str, span: Range<usize>, known: &[&str]) -> Self {
        let error = Self::new(span, format!("unknown {kind} `{name}`"), format!("no such {kind}"));
        match nearest(name, known.iter().copied()) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None if kind == "rule" => error.help("`privatelint rules` lists all rules"),
            None => error.help(format!("known here: {}", quoted(known))),
        }
    }

    /// A value of another kind than expected.
    pub(super) fn wrong_value(setting: &str, span: Range<usize>, expected: &str) -> Self {
        Self::new(span, format!("`{setting}` must be {expected}"), format!("expected {expected}"))
    }
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
