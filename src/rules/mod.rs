//! The rules: what a rule is, what it sees, and the list of all of them.

use crate::diagnostic::Severity;

/// A rule: its data and its check. One file per rule holds one of these.
pub struct Rule {
    /// Kebab-case name of the defect, as in suppressions and in `explain`.
    pub name: &'static str,
    /// What kind of trouble it is about.
    pub group: Group,
    /// Severity of a definite finding.
    pub severity: Severity,
    /// One sentence for tables.
    pub summary: &'static str,
    /// First version that has it.
    pub since: &'static str,
    /// The page of AWS that it rests on.
    pub url: &'static str,
    /// Its page, `rules/<name>.md`.
    pub page: &'static str,
}

/// What kind of trouble a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// The deployment fails.
    Correctness,
    /// Traffic cannot flow.
    Reachability,
    /// Traffic flows too freely.
    Security,
    /// One failure takes it down.
    Resilience,
    /// Money for nothing.
    Cost,
    /// Order and names.
    Hygiene,
}

impl Group {
    /// The word used in tables and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Correctness => "correctness",
            Self::Reachability => "reachability",
            Self::Security => "security",
            Self::Resilience => "resilience",
            Self::Cost => "cost",
            Self::Hygiene => "hygiene",
        }
    }
}

/// All rules by name.
pub fn all() -> &'static [&'static Rule] {
    &[]
}
