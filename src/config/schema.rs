//! The JSON Schema of `privatelint.toml`, for editors that complete and check while one types.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::general::{DEPLOYMENT, GENERAL};
use super::{Persona, Registry, Setting, SettingKind};

/// The schema as text, draft 7, which is what editors know for TOML.
pub fn schema(registry: &Registry) -> String {
    let mut properties = Map::new();
    for general in GENERAL {
        properties.insert(general.name.to_owned(), described(shape(general.name), general.summary));
    }
    let rules: BTreeSet<&str> = registry.settings.iter().map(|setting| setting.rule).collect();
    for rule in rules {
        let own = registry.settings.iter().filter(|setting| setting.rule == rule);
        let settings: Map<String, Value> =
            own.map(|setting| (setting.name.to_owned(), of_setting(setting))).collect();
        let description = format!("Settings of the rule {rule}");
        properties.insert(rule.to_owned(), described(table(&settings, &[]), &description));
    }
    let personas = Persona::ALL.map(Persona::name);
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Configuration of privatelint",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "definitions": {
            "rule": {"type": "string", "enum": registry.rules},
            "selector": {"type": "string", "anyOf": [{"$ref": "#/definitions/rule"}, {"enum": personas}]},
            "severity": {"type": "string", "enum": ["error", "warning", "info"]},
            "region": {"type": "string", "pattern": "^[a-z]{2,}(-[a-z]{2,})+-[0-9]$"},
            "account": {"type": "string", "pattern": "^[0-9]{12}$"},
            "parameters": {"type": "object", "additionalProperties": {
                "type": ["string", "integer", "boolean", "array"], "items": {"type": "string"},
            }},
        },
    });
    format!("{schema:#}\n")
}

/// The values that a general setting may have. One without a line here takes anything, which a test excludes.
fn shape(name: &str) -> Value {
    match name {
        "select" | "extend-select" | "ignore" => list(&reference("selector")),
        "assume" => json!({"type": "string", "enum": ["open", "closed"], "default": "open"}),
        "region" | "account" | "parameters" => reference(name),
        "shared-endpoints" | "central-endpoints" => list(&json!({"type": "string"})),
        "severity" => json!({
            "type": "object",
            "propertyNames": reference("rule"),
            "additionalProperties": reference("severity"),
        }),
        "per-file-ignores" => json!({"type": "object", "additionalProperties": list(&reference("selector"))}),
        "deployment" => {
            let settings = DEPLOYMENT.iter().map(|(name, summary)| {
                let shape = match *name {
                    "region" | "account" => reference(name),
                    "parameters" => json!({"anyOf": [
                        {"type": "string"},
                        list(&json!({"type": "string"})),
                        reference("parameters"),
                    ]}),
                    _ => json!({"type": "string"}),
                };
                ((*name).to_owned(), described(shape, summary))
            });
            json!({"type": "array", "items": table(&settings.collect(), &["name", "template"])})
        }
        _ => json!({}),
    }
}

fn of_setting(setting: &Setting) -> Value {
    let format = match setting.kind {
        SettingKind::Texts => json!({"type": "string"}),
        SettingKind::Patterns => json!({"type": "string", "format": "regex"}),
    };
    let mut shape = list(&format);
    shape["default"] = json!(setting.default);
    described(shape, setting.summary)
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/definitions/{name}")})
}

fn list(items: &Value) -> Value {
    json!({"type": "array", "items": items})
}

fn table(properties: &Map<String, Value>, required: &[&str]) -> Value {
    let mut table = json!({"type": "object", "additionalProperties": false, "properties": properties});
    if !required.is_empty() {
        table["required"] = json!(required);
    }
    table
}

/// In draft 7, what stands beside a reference is not read.
fn described(shape: Value, summary: &str) -> Value {
    let mut shape = if shape.get("$ref").is_some() { json!({"allOf": [shape]}) } else { shape };
    shape["description"] = json!(summary);
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_shape() {
        for general in GENERAL {
            assert_ne!(shape(general.name), json!({}), "{}", general.name);
        }
    }
}
