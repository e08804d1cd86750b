//! What is in force, setting by setting, in the form of the configuration file.

use super::{Deployment, Options, Registry, SettingKind, World};

/// One setting with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The table that it stands in, if it does not stand at the top: `severity`, `[deployment]`.
    pub table: Option<String>,
    /// The key, as TOML has it.
    pub key: String,
    /// The value, as TOML has it.
    pub value: String,
    /// Under which name its place is known, see [`super::ConfigFile::places`].
    pub name: String,
}

/// All settings that have a value, those that stand alone first. Those with an empty list are there too.
pub fn entries(options: &Options, registry: &Registry) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut top = |name: &str, value: String| {
        entries.push(Entry { table: None, key: name.to_owned(), value, name: name.to_owned() });
    };
    let texts = |texts: &[String]| list(texts.iter().map(String::as_str));
    top("select", texts(&options.select));
    top("extend-select", texts(&options.extend_select));
    top("ignore", texts(&options.ignore));
    top("assume", text(if options.world == World::Closed { "closed" } else { "open" }));
    top("shared-endpoints", texts(&options.shared_endpoints));
    top("central-endpoints", texts(&options.central_endpoints));
    let mut inside = |table: &str, key: &str, value: String| {
        let name = format!("{table}.{key}");
        entries.push(Entry { table: Some(table.to_owned()), key: bare_or_quoted(key), value, name });
    };
    for setting in registry.settings {
        let value = match (setting.kind, options.patterns(setting)) {
            (SettingKind::Patterns, Some(patterns)) => list(patterns.written()),
            _ => list(options.texts(setting).into_iter()),
        };
        inside(setting.rule, setting.name, value);
    }
    for (rule, severity) in &options.severity {
        inside("severity", rule, text(severity.name()));
    }
    for (pattern, spared) in &options.spared {
        inside("per-file-ignores", pattern, texts(spared));
    }
    for (parameter, value) in &options.parameters {
        inside("parameters", parameter, text(value));
    }
    for deployment in &options.deployments {
        let table = "[deployment]".to_owned();
        let name = format!("deployment.{}", deployment.name);
        let row = |key: &str, value| Entry {
            table: Some(table.clone()),
            key: key.to_owned(),
            value,
            name: name.clone(),
        };
        entries.extend([row("name", text(&deployment.name)), row("parameters", values(deployment))]);
    }
    entries
}

/// The values of a deployment as a table in one line; what the stack keeps is left out.
fn values(deployment: &Deployment) -> String {
    let given = deployment.parameters.iter();
    let given = given.filter_map(|(name, given)| Some((name, given.value.as_ref()?)));
    let given: Vec<String> =
        given.map(|(name, value)| format!("{} = {}", bare_or_quoted(name), text(value))).collect();
    if given.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", given.join(", ")) }
}

fn text(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A list of texts.
pub(super) fn list<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    format!("[{}]", texts.map(text).collect::<Vec<_>>().join(", "))
}

fn bare_or_quoted(key: &str) -> String {
    let bare = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { text(key) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Write as _;

    use super::*;
    use crate::config::{Given, parse};

    #[test]
    fn what_is_shown_can_be_read_again() {
        let written = "ignore = ['acceptance-off']\nassume = 'closed'\n[parameters]\n'AWS::Region' = 'x'\nA = \"a\\\"b\\\\\"\n";
        let registry = Registry { rules: vec!["acceptance-off"], ..Registry::default() };
        let mut options = parse(written, &registry).unwrap().options;
        let given = |value: Option<&str>| Given { value: value.map(str::to_owned), place: None };
        let parameters = BTreeMap::from([
            ("Env".to_owned(), given(Some("prod"))),
            ("Kept".to_owned(), given(None)),
            ("AWS::Region".to_owned(), given(Some("eu-west-1"))),
        ]);
        options.deployments.push(Deployment { name: "prod".to_owned(), parameters, ..Deployment::default() });
        let mut shown = String::new();
        let mut table = None;
        for entry in entries(&options, &registry) {
            if entry.table != table {
                let _ = writeln!(shown, "[{}]", entry.table.as_deref().unwrap());
                table.clone_from(&entry.table);
            }
            let _ = writeln!(shown, "{} = {}", entry.key, entry.value);
        }
        assert!(
            shown.contains("parameters = { \"AWS::Region\" = \"eu-west-1\", Env = \"prod\" }"),
            "{shown}"
        );
        let again =
            parse(&shown.replace("name = \"prod\"", "name = \"prod\"\ntemplate = 'a'"), &registry).unwrap();
        assert_eq!(again.options.parameters, options.parameters);
        assert_eq!(again.options.world, World::Closed);
        assert_eq!(again.deployments[0].parameters["Env"].text, "prod");
    }
}
