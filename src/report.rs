//! What a run found, told part by part, since all of it at once may be more than memory should hold.

use std::io;
use std::ops::AddAssign;

use crate::diagnostic::{Applicability, Finding, Severity, Suppressed};
use crate::text::Sources;

/// What was found in some files that follow one another, with the texts that the spans point into.
#[derive(Debug, Default)]
pub struct Part {
    /// The texts.
    pub sources: Sources,
    /// All findings, sorted by file, place and rule.
    pub findings: Vec<Finding>,
    /// What ignores in the templates keep from being findings, in the same order.
    pub suppressed: Vec<Suppressed>,
}

/// Where parts come from.
pub trait Parts {
    /// Shows every part in which something was found, in the order of the files, and stops at the first error.
    fn each(&self, look: &mut dyn FnMut(&Part) -> io::Result<()>) -> io::Result<()>;
}

impl Parts for Part {
    fn each(&self, look: &mut dyn FnMut(&Part) -> io::Result<()>) -> io::Result<()> {
        look(self)
    }
}

/// What a run found.
pub struct Report {
    parts: Box<dyn Parts>,
    /// How much of what there is.
    pub totals: Totals,
}

impl Report {
    /// A report of parts whose totals are known.
    pub fn new(parts: impl Parts + 'static, totals: Totals) -> Self {
        Self { parts: Box::new(parts), totals }
    }

    /// Shows every part, as [`Parts::each`] does.
    pub fn each(&self, look: &mut dyn FnMut(&Part) -> io::Result<()>) -> io::Result<()> {
        self.parts.each(look)
    }
}

impl From<Part> for Report {
    /// A report of one part, in which every source is a template.
    fn from(part: Part) -> Self {
        let files = part.sources.iter().count();
        let mut totals = Totals { files, templates: files, ..Totals::default() };
        totals.add(&part);
        Self::new(part, totals)
    }
}

impl Default for Report {
    fn default() -> Self {
        Part::default().into()
    }
}

/// How much there is of what a report tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Files that were looked at.
    pub files: usize,
    /// Those of them that are templates.
    pub templates: usize,
    /// Those of them that have findings.
    pub files_with_findings: usize,
    /// The findings.
    pub findings: Counts,
    /// What ignores in the templates suppress.
    pub suppressed: usize,
    /// How many findings more there are that the baseline knows.
    pub known: usize,
    /// Findings with a fix that may be made unseen.
    pub safe_fixes: usize,
    /// Findings with a fix that wants a look.
    pub suggested_fixes: usize,
}

impl Totals {
    /// Counts what was found in a part.
    pub fn add(&mut self, part: &Part) {
        let mut last = None;
        for finding in &part.findings {
            self.findings.add(finding.severity);
            self.files_with_findings += usize::from(last != Some(finding.primary.span.file));
            last = Some(finding.primary.span.file);
            match finding.fix.as_ref().map(|fix| fix.applicability) {
                Some(Applicability::Safe) => self.safe_fixes += 1,
                Some(Applicability::Suggested) => self.suggested_fixes += 1,
                None => {}
            }
        }
        self.suppressed += part.suppressed.len();
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        let Self {
            files,
            templates,
            files_with_findings,
            findings,
            suppressed,
            known,
            safe_fixes,
            suggested_fixes,
        } = other;
        self.files += files;
        self.templates += templates;
        self.files_with_findings += files_with_findings;
        self.findings.errors += findings.errors;
        self.findings.warnings += findings.warnings;
        self.findings.infos += findings.infos;
        self.suppressed += suppressed;
        self.known += known;
        self.safe_fixes += safe_fixes;
        self.suggested_fixes += suggested_fixes;
    }
}

/// How many findings of each severity there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Informations.
    pub infos: usize,
}

impl Counts {
    /// Counts one more.
    pub fn add(&mut self, severity: Severity) {
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            Severity::Info => self.infos += 1,
        }
    }

    /// How many are as bad as that, or worse.
    pub fn at_least(self, severity: Severity) -> usize {
        match severity {
            Severity::Error => self.errors,
            Severity::Warning => self.errors + self.warnings,
            Severity::Info => self.all(),
        }
    }

    /// How many there are.
    pub fn all(self) -> usize {
        self.errors + self.warnings + self.infos
    }
}
