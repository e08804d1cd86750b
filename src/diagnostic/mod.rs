//! Findings as plain data: what is wrong, where, under which circumstances, why, and what to do.

mod fingerprint;

pub use crate::text::Edit;
pub use fingerprint::{Fingerprint, Fingerprints, identity};

use serde::{Deserialize, Serialize};

use crate::text::{Span, disjoint};

/// How bad a finding is. Ordered: `Info < Warning < Error`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// Advice, cost.
    Info,
    /// Security or reliability.
    Warning,
    /// The deployment fails or traffic cannot work.
    Error,
}

impl Severity {
    /// The word used in every output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// One level lower; information stays information.
    #[must_use]
    pub fn lowered(self) -> Self {
        match self {
            Self::Error => Self::Warning,
            Self::Warning | Self::Info => Self::Info,
        }
    }
}

/// Whether a finding holds in every scenario in which its owner exists. The scenarios of a known deployment stand for
/// themselves: what holds in all of them is certain there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Certainty {
    /// In every scenario.
    Definite,
    /// In some scenarios only; [`Finding::when`] says in which.
    Possible,
}

impl Certainty {
    /// The word used in every output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Definite => "definite",
            Self::Possible => "possible",
        }
    }
}

/// A place with words of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Logical id of the resource, or name of the parameter, that the place belongs to; absent for a place outside all.
    pub owner: Option<String>,
    /// The place.
    pub span: Span,
    /// What is to be seen there; lower case, no full stop, may be empty.
    pub message: String,
}

/// One thing to say. Written by `serde` it lacks what is part of the program: the rule's name and the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Name of the rule.
    #[serde(skip)]
    pub rule: &'static str,
    /// How bad.
    pub severity: Severity,
    /// In every scenario or in some.
    pub certainty: Certainty,
    /// The headline; stands alone, lower case, no full stop.
    pub message: String,
    /// The exact place, with the owner: the resource that the finding belongs to, whatever is underlined.
    pub primary: Label,
    /// Other places that make it so, in the order of the argument.
    pub labels: Vec<Label>,
    /// The scenario, if these words do not hold in every one: "when `Environment` is `prod`". Where other words say the
    /// same of the rest, the finding is definite all the same; so it is "in deployment `prod`", where it is certain.
    pub when: Option<String>,
    /// Why this is a problem, in one or two sentences.
    pub why: Option<String>,
    /// The one thing to do.
    pub help: Option<String>,
    /// What a person would see at run time and search for.
    pub symptom: Option<String>,
    /// A page that explains it.
    #[serde(skip)]
    pub url: Option<&'static str>,
    /// Changes to the source after which the finding is gone.
    pub fix: Option<Fix>,
    /// Findings of one rule with the same text here become one finding with many labels.
    pub together: Option<Together>,
}

/// Changes to the source that mend what a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// What it does; lower case, no full stop.
    pub title: String,
    /// Whether it may be made unseen.
    pub applicability: Applicability,
    /// The changes; no two touch the same bytes.
    pub edits: Vec<Edit>,
}

/// How much a fix can be trusted. Ordered: `Suggested < Safe`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Applicability {
    /// Probably what is wanted, but somebody should look at it.
    Suggested,
    /// Only says what the author says elsewhere, or what AWS leaves no choice about.
    Safe,
}

impl Applicability {
    /// The word used in every output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Suggested => "suggested",
            Self::Safe => "safe",
        }
    }
}

/// How findings that are true of many resources for one reason are said once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Together {
    /// The headline for more than one, with `{count}` for how many and `{names}` for the first owners.
    pub message: String,
}

/// A finding that is neither shown nor counted, because the template says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppressed {
    /// The finding, never said together with others: each has its own reason.
    pub finding: Finding,
    /// The rule's name in the ignore.
    pub span: Span,
    /// Why, in the words of whoever wrote the ignore.
    pub reason: Option<String>,
}

impl Finding {
    /// A definite finding with nothing but its headline and place.
    pub fn new(rule: &'static str, severity: Severity, primary: Label, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity,
            certainty: Certainty::Definite,
            message: message.into(),
            primary,
            labels: Vec::new(),
            when: None,
            why: None,
            help: None,
            symptom: None,
            url: None,
            fix: None,
            together: None,
        }
    }

    /// Words for the underlined place.
    pub fn here(&mut self, message: impl Into<String>) -> &mut Self {
        self.primary.message = message.into();
        self
    }

    /// Another place.
    pub fn label(&mut self, owner: Option<&str>, span: Span, message: impl Into<String>) -> &mut Self {
        self.labels.push(Label { owner: owner.map(str::to_owned), span, message: message.into() });
        self
    }

    /// Another severity than the rule's.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = severity;
        self
    }

    /// Why this is a problem.
    pub fn why(&mut self, text: impl Into<String>) -> &mut Self {
        self.why = Some(text.into());
        self
    }

    /// The one thing to do.
    pub fn help(&mut self, text: impl Into<String>) -> &mut Self {
        self.help = Some(text.into());
        self
    }

    /// What a person would see at run time.
    pub fn symptom(&mut self, text: impl Into<String>) -> &mut Self {
        self.symptom = Some(text.into());
        self
    }

    /// Changes after which the finding is gone; `None` where they cannot be told for certain.
    pub fn fix(
        &mut self,
        applicability: Applicability,
        title: impl Into<String>,
        edits: Option<Vec<Edit>>,
    ) -> &mut Self {
        self.fix = edits.filter(|edits| !edits.is_empty() && disjoint(edits)).map(|edits| Fix {
            title: title.into(),
            applicability,
            edits,
        });
        self
    }

    /// Said once for all findings of this rule with the same text; `{count}` becomes how many, `{names}` the
    /// first owners.
    pub fn together(&mut self, message: impl Into<String>) -> &mut Self {
        self.together = Some(Together { message: message.into() });
        self
    }
}

/// Names in backticks as a list in a sentence: "`A`, `B` and 2 more".
pub fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    const SHOWN: usize = 3;
    let mut names = names.peekable();
    let mut list = String::new();
    for index in 0..SHOWN {
        let Some(name) = names.next() else { break };
        let between = match names.peek() {
            _ if index == 0 => "",
            None => " and ",
            Some(_) => ", ",
        };
        list.extend([between, "`", name, "`"]);
    }
    match names.count() {
        0 => list,
        more => format!("{list} and {more} more"),
    }
}
