//! A first `privatelint.toml`: every setting with its meaning, nothing in force yet.

use std::fmt::Write as _;

use super::general::{DEPLOYMENT, GENERAL};
use super::{Registry, in_force};

/// The text of the file.
pub fn starter(registry: &Registry) -> String {
    let mut text = String::from(
        "# privatelint.toml: settings for the templates of this folder and of those below it.\n\
         # Every line is off until its `#` is taken away; `privatelint config` shows what is in force.\n\
         # For editors: `privatelint config --schema` prints a JSON Schema of this file.\n",
    );
    for general in GENERAL {
        section(&mut text, general.summary, general.example);
        if general.name == "deployment" {
            for (name, summary) in DEPLOYMENT {
                let _ = writeln!(text, "# - {name}: {}", uncapitalised(summary));
            }
        }
        if general.name == "central-endpoints" {
            for setting in registry.settings {
                let default = in_force::list(setting.default.iter().copied());
                let example = format!("{} = {default}", setting.key());
                section(&mut text, &format!("{} (rule `{}`)", setting.summary, setting.rule), &example);
            }
        }
    }
    text
}

fn section(text: &mut String, summary: &str, example: &str) {
    let _ = write!(text, "\n# {summary}.\n");
    for line in example.lines() {
        let _ = writeln!(text, "#{line}");
    }
}

fn uncapitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Setting, SettingKind, parse};

    static SETTINGS: &[&Setting] = &[&Setting {
        rule: "acceptance-off",
        name: "sensitive",
        summary: "Patterns of what is sensitive",
        kind: SettingKind::Patterns,
        default: &[r"\bauth\b"],
    }];

    fn registry() -> Registry {
        Registry {
            rules: vec!["acceptance-off", "endpoint-service-untagged", "private-dns-off"],
            settings: SETTINGS,
            services: vec!["ecr.api", "ssm"],
        }
    }

    #[test]
    fn nothing_is_in_force_until_a_line_is_turned_on() {
        let text = starter(&registry());
        assert!(parse(&text, &registry()).unwrap().places.is_empty());
        let on = |line: &str| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') => rest.to_owned(),
            _ => line.to_owned(),
        };
        let text: Vec<String> = text.lines().map(on).collect();
        let file = parse(&text.join("\n"), &registry()).unwrap();
        for general in GENERAL {
            assert!(file.places.contains_key(general.name), "{}", general.name);
        }
        assert!(file.places.contains_key("acceptance-off.sensitive"));
    }
}
