//! Checks what `json` and `jsonl` write against the schema that readers are given.

use serde_json::Value;

pub(super) fn report() -> Value {
    serde_json::from_str(include_str!("report.schema.json")).unwrap()
}

/// The part of JSON Schema that our schema uses: every key is checked, and every required key must be there.
pub(super) fn check(value: &Value, schema: &Value, root: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.strip_prefix("#/$defs/").unwrap();
        return check(value, &root["$defs"][name], root, at);
    }
    if let Some(constant) = schema.get("const") {
        assert_eq!(value, constant, "{at}");
    }
    if let Some(choices) = schema["enum"].as_array() {
        assert!(choices.contains(value), "{at}: {value}");
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    match &schema["type"] {
        Value::String(expected) => assert_eq!(kind, expected, "{at}"),
        Value::Array(expected) => assert!(expected.contains(&kind.into()), "{at}: {kind}"),
        _ => {}
    }
    if let Some(minimum) = schema["minimum"].as_u64() {
        assert!(value.as_u64().unwrap() >= minimum, "{at}");
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        check(item, &schema["items"], root, &format!("{at}[{index}]"));
    }
    for (key, member) in value.as_object().into_iter().flatten() {
        let known =
            schema["properties"].get(key).unwrap_or_else(|| panic!("{at}.{key} is not in the schema"));
        check(member, known, root, &format!("{at}.{key}"));
    }
    for key in schema["required"].as_array().into_iter().flatten() {
        assert!(value.get(key.as_str().unwrap()).is_some(), "{at} lacks {key}");
    }
}
