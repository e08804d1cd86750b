//! Options of a run: which rules speak, what they are told about the organisation, and parameter values.

mod file;
mod patterns;
mod persona;

use std::collections::BTreeMap;

pub use file::{ConfigError, parse};
pub use patterns::Patterns;
pub use persona::{Persona, selectors};

use crate::diagnostic::Severity;

/// Everything that may change what a run says. The default is what a new user gets.
#[derive(Debug, Clone)]
pub struct Options {
    /// Only these rules, if any are named; the name of a persona stands for all its rules.
    pub select: Vec<String>,
    /// These rules, or those of these personas, too.
    pub extend_select: Vec<String>,
    /// Never these rules, or those of these personas.
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
            extend_select: Vec::new(),
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
    /// Whether a rule runs. What is said of the rule itself outweighs what is said of its persona.
    pub fn runs(&self, rule: &str, persona: Persona) -> bool {
        let named = |names: &[String], wanted: &str| names.iter().any(|name| name == wanted);
        let selected = |wanted: &str| named(&self.select, wanted) || named(&self.extend_select, wanted);
        let by_default = self.select.is_empty() && !persona.is_opt_in();
        if named(&self.ignore, rule) {
            false
        } else if selected(rule) {
            true
        } else {
            (by_default || selected(persona.name())) && !named(&self.ignore, persona.name())
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules that run of `on`, `strict` and `stricter`, the last two of which are pedantic.
    fn running(select: &[&str], extend_select: &[&str], ignore: &[&str]) -> Vec<&'static str> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let options = Options {
            select: owned(select),
            extend_select: owned(extend_select),
            ignore: owned(ignore),
            ..Options::default()
        };
        let rules =
            [("on", Persona::Default), ("strict", Persona::Pedantic), ("stricter", Persona::Pedantic)];
        rules
            .into_iter()
            .filter(|(name, persona)| options.runs(name, *persona))
            .map(|(name, _)| name)
            .collect()
    }

    #[test]
    fn opt_in_rules_wait_until_they_or_their_persona_are_selected() {
        assert_eq!(running(&[], &[], &[]), ["on"]);
        assert_eq!(running(&["strict"], &[], &[]), ["strict"]);
        assert_eq!(running(&["pedantic"], &[], &[]), ["strict", "stricter"]);
        assert_eq!(running(&["default", "strict"], &[], &[]), ["on", "strict"]);
        assert_eq!(running(&["cost"], &[], &[]), [""; 0]);
        assert_eq!(running(&[], &["strict"], &[]), ["on", "strict"]);
        assert_eq!(running(&[], &["pedantic"], &[]), ["on", "strict", "stricter"]);
        assert_eq!(running(&["strict"], &["stricter"], &[]), ["strict", "stricter"]);
    }

    #[test]
    fn what_is_said_of_a_rule_outweighs_what_is_said_of_its_persona() {
        assert_eq!(running(&[], &[], &["on"]), [""; 0]);
        assert_eq!(running(&[], &[], &["default"]), [""; 0]);
        assert_eq!(running(&[], &["pedantic"], &["strict"]), ["on", "stricter"]);
        assert_eq!(running(&[], &["pedantic"], &["pedantic"]), ["on"]);
        assert_eq!(running(&[], &["strict"], &["pedantic"]), ["on", "strict"]);
        assert_eq!(running(&["strict"], &[], &["strict"]), [""; 0]);
    }
}
