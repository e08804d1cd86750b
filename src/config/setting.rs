//! What may be set for single rules: a rule states it beside its check, and the configuration knows no rule.

use super::Patterns;

/// Something that a user may set for one rule, in the rule's own table: `[rule] name = [...]`.
#[derive(Debug)]
pub struct Setting {
    /// The rule.
    pub rule: &'static str,
    /// The key in the rule's table.
    pub name: &'static str,
    /// One phrase for tables.
    pub summary: &'static str,
    /// What is expected.
    pub kind: SettingKind,
    /// What holds where nothing is set.
    pub default: &'static [&'static str],
}

/// What a rule expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingKind {
    /// A list of texts.
    Texts,
    /// A list of regular expressions.
    Patterns,
}

impl Setting {
    /// How it is called from outside its table: `acceptance-off.sensitive`.
    pub fn key(&self) -> String {
        format!("{}.{}", self.rule, self.name)
    }
}

/// What a user set for a rule.
#[derive(Debug, Clone)]
pub enum SettingValue {
    /// Of [`SettingKind::Texts`].
    Texts(Vec<String>),
    /// Of [`SettingKind::Patterns`].
    Patterns(Patterns),
}

/// The names that a configuration may use, from the rules and the data.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    /// All rules.
    pub rules: Vec<&'static str>,
    /// What may be set for single rules.
    pub settings: &'static [&'static Setting],
    /// The services of AWS that are known, such as `ecr.dkr`.
    pub services: Vec<&'static str>,
}
