//! Options of a run: which rules speak, what they are told about the organisation, and parameter values.

mod file;
mod patterns;

use std::collections::BTreeMap;

pub use file::{ConfigError, parse};
pub use patterns::Patterns;

use crate::diagnostic::Severity;

/// Everything that may change what a run says. The default is what a new user gets.
#[derive(Debug, Clone)]
pub struct Options {
    /// Only these rules, if any are named.
    pub select: Vec<String>,
    /// Never these rules.
    pub ignore: Vec<String>,
    /// Rules whose definite findings have another severity than the rule's own.
    pub severity: BTreeMap<String, Severity>,
    /// Values of template parameters and pseudo parameters (`AWS::Region`, also set by `region`).
    pub parameters: BTreeMap<String, String>,
    /// What may exist beside the template.
    pub world: World,
    /// Tag keys that every endpoint service must have: `endpoint-service-untagged.required-tags`.
    pub required_tags: Vec<String>,
    /// What makes a service sensitive by its name, description or tags: `acceptance-off.sensitive`.
    pub sensitive: Patterns,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            select: Vec::new(),
            ignore: Vec::new(),
            severity: BTreeMap::new(),
            parameters: BTreeMap::new(),
            world: World::Open,
            required_tags: vec!["Name".to_owned()],
            sensitive: Patterns::sensitive(),
        }
    }
}

impl Options {
    /// Whether a rule runs.
    pub fn runs(&self, rule: &str) -> bool {
        let named = |rules: &[String]| rules.iter().any(|name| name == rule);
        (self.select.is_empty() || named(&self.select)) && !named(&self.ignore)
    }
}

/// Whether a VPC that comes from outside the template may hold more than the template shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum World {
    /// An endpoint, route or group may exist elsewhere.
    #[default]
    Open,
    /// What the template does not show does not exist.
    Closed,
}
