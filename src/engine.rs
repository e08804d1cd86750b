//! One template from text to findings: load, model, rules, merge scenarios, sort.

use crate::diagnostic::Finding;
use crate::text::FileId;

/// What a run found, with the texts that the spans point into.
#[derive(Debug, Default)]
pub struct Report {
    /// The texts.
    pub sources: crate::text::Sources,
    /// All findings, sorted by file, place and rule.
    pub findings: Vec<Finding>,
    /// How many of the sources are templates.
    pub templates: usize,
}

/// What one text is and what was found in it.
#[derive(Debug, Default)]
pub struct FileReport {
    /// Whether the text is a CloudFormation template.
    pub is_template: bool,
    /// Findings in order of place.
    pub findings: Vec<Finding>,
}

/// Lints one text. `file` is the id under which `text` will stand in [`Report::sources`].
pub fn lint(text: &str, file: FileId, options: &crate::config::Options) -> FileReport {
    let _ = (text, file, options);
    FileReport::default()
}
