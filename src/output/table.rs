//! The list of rules, for people and for programs.

use std::io::{self, Write};

use serde::Serialize;

use super::wrap;
use crate::rules::Rule;

/// Below this width a summary is easier to read unbroken.
const NARROWEST_SUMMARY: usize = 30;

/// Writes one line per rule: name, severity, group and summary. With a `width`, summaries are wrapped to it.
pub fn rules_table(rules: &[&Rule], width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let names = rules.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let groups = rules.iter().map(|rule| rule.group.name().len()).max().unwrap_or(0);
    for rule in rules {
        let head =
            format!("{:names$}  {:7}  {:groups$}  ", rule.name, rule.severity.name(), rule.group.name());
        let room =
            width.map(|width| width.saturating_sub(head.len())).filter(|room| *room >= NARROWEST_SUMMARY);
        let indent = head.len();
        let summary = rule.summary_in_tables();
        match room {
            Some(room) => {
                let lines = wrap(&summary, room);
                writeln!(out, "{head}{}", lines.join(&format!("\n{:indent$}", "")))?;
            }
            None => writeln!(out, "{head}{summary}")?,
        }
    }
    Ok(())
}

/// A rule for programs.
#[derive(Serialize)]
struct JsonRule {
    name: &'static str,
    severity: &'static str,
    group: &'static str,
    /// `default`, or the persona that the rule is off without.
    persona: &'static str,
    summary: &'static str,
    /// First version that has it.
    since: &'static str,
    url: &'static str,
}

/// Writes the rules as one JSON array.
pub fn rules_json(rules: &[&Rule], out: &mut dyn Write) -> io::Result<()> {
    let rules: Vec<JsonRule> = rules
        .iter()
        .map(|rule| JsonRule {
            name: rule.name,
            severity: rule.severity.name(),
            group: rule.group.name(),
            persona: rule.persona.name(),
            summary: rule.summary,
            since: rule.since,
            url: rule.url,
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &rules)?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::super::example::RULE;
    use super::*;
    use crate::rules::Persona;

    #[test]
    fn stands_in_columns() {
        let mut out = Vec::new();
        rules_table(&[&RULE], None, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "example-rule  warning  security  a summary that is long enough to be wrapped on a narrow terminal\n"
        );
        let mut out = Vec::new();
        rules_table(&[&RULE], Some(70), &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "example-rule  warning  security  a summary that is long enough to be\n\
             \x20                                wrapped on a narrow terminal\n"
        );
    }

    #[test]
    fn says_what_is_off_by_default() {
        let rule = Rule { persona: Persona::Pedantic, ..RULE };
        let mut out = Vec::new();
        rules_table(&[&rule], None, &mut out).unwrap();
        let line = String::from_utf8(out).unwrap();
        assert!(line.ends_with("on a narrow terminal (off by default: `pedantic`)\n"), "{line}");
    }

    #[test]
    fn stands_in_json() {
        let mut out = Vec::new();
        rules_json(&[&RULE], &mut out).unwrap();
        let rules: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(rules[0]["name"], "example-rule");
        assert_eq!(rules[0]["group"], "security");
        assert_eq!(rules[0]["persona"], "default");
    }
}
