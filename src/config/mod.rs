//! Options of a run: which rules speak, what they are told about the organisation, and parameter values.

mod deployment;
mod error;
mod file;
mod general;
mod glob;
mod in_force;
mod parameter_file;
mod patterns;
mod persona;
mod plain;
mod schema;
mod setting;
mod starter;

use std::collections::{BTreeMap, BTreeSet};

pub use deployment::{Deployment, Given, Overrides, Place};
pub use error::ConfigError;
pub use file::{ConfigFile, DeploymentEntry, Written, parse};
pub use glob::FilePattern;
pub use in_force::{Entry, entries};
pub use parameter_file::{ParameterSet, parse_parameters};
pub use patterns::Patterns;
pub use persona::{Persona, selectors};
pub use schema::schema;
pub use setting::{Registry, Setting, SettingKind, SettingValue};
pub use starter::starter;

use crate::diagnostic::Severity;

/// Everything that may change what is said of one file. The default is what a new user gets.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Only these rules, if any are named; the name of a persona stands for all its rules.
    pub select: Vec<String>,
    /// These rules, or those of these personas, too.
    pub extend_select: Vec<String>,
    /// Never these rules, or those of these personas.
    pub ignore: Vec<String>,
    /// What this file is spared whatever is selected, by the patterns that say so: rules and personas.
    pub spared: Vec<(String, Vec<String>)>,
    /// Rules whose definite findings have another severity than the rule's own.
    pub severity: BTreeMap<String, Severity>,
    /// Values of template parameters and pseudo parameters (`AWS::Region`, also set by `region`).
    pub parameters: BTreeMap<String, String>,
    /// Parameters that keep the value that a stack has: it is not known, and not the default.
    pub kept: BTreeSet<String>,
    /// How the template is deployed; where it is deployed in no known way, `parameters` are all that is known.
    pub deployments: Vec<Deployment>,
    /// What may exist beside the template.
    pub world: World,
    /// Services, or `*` for all, that every VPC may reach by endpoints of another VPC.
    pub shared_endpoints: Vec<String>,
    /// VPCs, or `*` for all, whose endpoints get their names from private zones that stand elsewhere.
    pub central_endpoints: Vec<String>,
    /// What is set for single rules, by rule and name.
    pub settings: BTreeMap<(&'static str, &'static str), SettingValue>,
}

impl Options {
    /// What is set for a rule that expects texts, or its default.
    pub fn texts<'o>(&'o self, setting: &'o Setting) -> Vec<&'o str> {
        match self.settings.get(&(setting.rule, setting.name)) {
            Some(SettingValue::Texts(texts)) => texts.iter().map(String::as_str).collect(),
            _ => setting.default.to_vec(),
        }
    }

    /// What is set for a rule that expects patterns; the rule has its default itself.
    pub fn patterns(&self, setting: &Setting) -> Option<&Patterns> {
        match self.settings.get(&(setting.rule, setting.name)) {
            Some(SettingValue::Patterns(patterns)) => Some(patterns),
            _ => None,
        }
    }

    /// The options under which one deployment is looked at.
    #[must_use]
    pub fn within(&self, deployment: &Deployment) -> Self {
        let mut options = Self { deployments: Vec::new(), ..self.clone() };
        for (name, given) in &deployment.parameters {
            options.set(name, given.value.as_deref());
        }
        options
    }

    /// Gives a parameter a value, or says that it keeps the one that the stack has.
    pub fn set(&mut self, parameter: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.kept.remove(parameter);
            self.parameters.insert(parameter.to_owned(), value.to_owned());
        } else {
            self.parameters.remove(parameter);
            self.kept.insert(parameter.to_owned());
        }
    }

    /// Whether a rule runs. What is said of the rule itself outweighs what is said of its persona.
    pub fn runs(&self, rule: &str, persona: Persona) -> bool {
        let named = |names: &[String], wanted: &str| names.iter().any(|name| name == wanted);
        let selected = |wanted: &str| named(&self.select, wanted) || named(&self.extend_select, wanted);
        let spared = |name: &str| self.spared.iter().any(|(_, names)| named(names, name));
        let by_default = self.select.is_empty() && !persona.is_opt_in();
        if named(&self.ignore, rule) || spared(rule) || spared(persona.name()) {
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

    #[test]
    fn what_a_file_is_spared_outweighs_all() {
        let spared = vec![("*.json".to_owned(), vec!["on".to_owned(), "pedantic".to_owned()])];
        let select = ["on", "strict", "default"].map(str::to_owned).into();
        let options = Options { select, spared, ..Options::default() };
        assert!(!options.runs("on", Persona::Default));
        assert!(!options.runs("strict", Persona::Pedantic));
        assert!(options.runs("other", Persona::Default));
    }
}
