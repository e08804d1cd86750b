//! What must not change what is found: the form of the text, the order of keys, names, a condition that always
//! holds, what functions inherit, rules of a security group that stand on their own, another run. An ignore takes its
//! finding and nothing else.
#![expect(clippy::print_stdout, reason = "a test says what it skips")]

mod plain;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use privatelint::config::Options;
use privatelint::diagnostic::{Finding, Severity};
use privatelint::engine;
use privatelint::suppress::{self, Level};
use privatelint::syntax::{NodeId, NodeKind, Style, Tree};
use privatelint::text::{FileId, Source};
use rayon::prelude::*;
use serde_json::{Map, Value, json};

use plain::{tree_of, value};

/// The larger templates of this project, and those beside it where they are present.
fn templates() -> Vec<(String, String)> {
    plain::templates(&["testdata/ok", "testdata/err", "../shared/corpus"])
}

/// Those that the tests below rewrite as a whole, which takes time.
fn sample() -> Vec<(String, String)> {
    const STEP: usize = 3;
    let (own, others): (Vec<_>, Vec<_>) =
        templates().into_iter().partition(|(name, _)| name.contains("testdata"));
    let others = others.into_iter().filter(|(_, text)| text.contains("AWS::EC2::VPC"));
    own.into_iter().chain(others.step_by(STEP)).collect()
}

fn findings(text: &str) -> Vec<Finding> {
    engine::lint(text, FileId(0), &Options::default()).findings
}

/// What a finding says, without its place.
type Said = (&'static str, Severity, Option<String>, String, Option<String>);

fn said(finding: &Finding) -> Said {
    (
        finding.rule,
        finding.severity,
        finding.primary.owner.clone(),
        finding.message.clone(),
        finding.when.clone(),
    )
}

fn all_said(text: &str) -> Vec<Said> {
    let mut all: Vec<_> = findings(text).iter().map(said).collect();
    all.sort();
    all
}

/// A template as plain values.
fn plain_value(text: &str) -> Option<Value> {
    let tree = tree_of(text)?;
    Some(value(&tree, tree.root()?))
}

/// In which order the keys of mappings are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Same,
    Reversed,
    /// Those of sections and of the resources in them stay.
    ReversedInside,
}

/// The tree as JSON, with short functions in their long form.
fn json(tree: &Tree<'_>, id: NodeId, order: Order, depth: usize, out: &mut String) {
    let node = tree.resolve(id);
    let function = tree.tag(node).map(|tag| tag.name).filter(|name| !name.starts_with("!!"));
    let function = function.map(|name| name.trim_start_matches('!'));
    if let Some(name) = function {
        let prefix = if matches!(name, "Ref" | "Condition") { "" } else { "Fn::" };
        let _ = write!(out, "{{{:?}: ", format!("{prefix}{name}"));
    }
    match &node.kind {
        NodeKind::Scalar(scalar) if node.is_absent() && function.is_none() => {
            debug_assert!(tree.text_of(scalar).is_empty());
            out.push_str("null");
        }
        NodeKind::Scalar(scalar) => {
            let text = tree.text_of(scalar);
            let bare = scalar.style == Style::Plain && matches!(text, "true" | "false" | "null");
            if bare && function.is_none() {
                out.push_str(text);
            } else {
                out.push_str(&serde_json::Value::from(text).to_string());
            }
        }
        NodeKind::Sequence(items) => {
            out.push('[');
            for (index, item) in tree.items(*items).iter().enumerate() {
                out.push_str(if index > 0 { ",\n" } else { "" });
                json(tree, *item, order, depth + 1, out);
            }
            out.push(']');
        }
        NodeKind::Mapping(entries) => {
            out.push('{');
            let mut entries = tree.entries(*entries).to_vec();
            if order == Order::Reversed || order == Order::ReversedInside && depth > 1 {
                entries.reverse();
            }
            for (index, entry) in entries.iter().enumerate() {
                out.push_str(if index > 0 { ",\n" } else { "" });
                let key = tree.text(tree.resolve(entry.key)).unwrap_or_default();
                let _ = write!(out, "{}: ", serde_json::Value::from(key));
                json(tree, entry.value, order, depth + 1, out);
            }
            out.push('}');
        }
        NodeKind::Alias(_) => out.push_str("null"),
    }
    if function.is_some() {
        out.push('}');
    }
}

fn as_json(text: &str, order: Order) -> Option<String> {
    let tree = tree_of(text)?;
    let mut out = String::new();
    json(&tree, tree.root()?, order, 0, &mut out);
    Some(out)
}

#[test]
fn json_twin_has_the_same_findings() {
    for (name, text) in templates() {
        if let Some(twin) = as_json(&text, Order::Same) {
            assert_eq!(all_said(&text), all_said(&twin), "{name}");
        }
    }
}

/// Which of two equal things is named first may change; that something is said of a resource must not.
#[test]
fn order_of_keys_does_not_matter() {
    for (name, text) in templates() {
        if let Some(twin) = as_json(&text, Order::Reversed) {
            let count = |text: &str| {
                let mut count: BTreeMap<(&'static str, Severity), usize> = BTreeMap::new();
                for finding in findings(text) {
                    *count.entry((finding.rule, finding.severity)).or_default() += 1;
                }
                count
            };
            assert_eq!(count(&text), count(&twin), "{name}");
        }
    }
}

#[test]
fn order_inside_resources_does_not_matter() {
    for (name, text) in sample() {
        if let Some(twin) = as_json(&text, Order::ReversedInside) {
            assert_eq!(all_said(&text), all_said(&twin), "{name}");
        }
    }
}

#[test]
fn two_runs_say_the_same() {
    for (name, text) in templates() {
        assert_eq!(findings(&text), findings(&text), "{name}");
    }
}

#[test]
fn places_are_inside_the_text_and_on_characters() {
    for (name, text) in templates() {
        for finding in findings(&text) {
            for label in std::iter::once(&finding.primary).chain(&finding.labels) {
                assert!(text.get(label.span.range()).is_some(), "{name}: {}: {:?}", finding.rule, label.span);
            }
        }
    }
}

/// A template with a line missing, whichever it is, is read without a panic.
#[test]
fn broken_templates_do_not_panic() {
    templates().into_par_iter().filter(|(name, _)| name.contains("testdata")).for_each(|(name, text)| {
        let lines: Vec<&str> = text.lines().collect();
        for skipped in 0..lines.len() {
            let text = [&lines[..skipped], &lines[skipped + 1..]].concat().join("\n");
            let failed = findings(&text).into_iter().find(|finding| finding.message.contains("was skipped"));
            assert_eq!(failed, None, "{name} without line {}", skipped + 1);
        }
    });
}

/// The logical ids of a template.
fn ids(template: &Value) -> Vec<String> {
    let resources = template.get("Resources").and_then(Value::as_object);
    resources.into_iter().flat_map(|resources| resources.keys().cloned()).collect()
}

/// What every logical id gets in front of it; the order of the ids stays.
const PREFIX: &str = "Xq";

/// A value with the prefix in front of every logical id.
fn renamed(value: &Value, ids: &[String]) -> Value {
    let known = |name: &str| ids.iter().any(|id| id == name);
    let prefixed = |name: &str| {
        let head = name.split('.').next().unwrap_or_default();
        if known(head) { format!("{PREFIX}{name}") } else { name.to_owned() }
    };
    let substituted = |text: &str| {
        let mut pieces = text.split("${");
        let mut result = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (name, rest) = piece.split_once('}').unwrap_or((piece, ""));
            let _ = write!(result, "${{{}}}{rest}", prefixed(name));
        }
        result
    };
    let all = |map: &Map<String, Value>| -> Value {
        let pair = |(key, value): (&String, &Value)| {
            let value = match (key.as_str(), value) {
                ("Ref" | "Fn::GetAtt" | "DependsOn", Value::String(name)) => Value::from(prefixed(name)),
                ("Fn::GetAtt", Value::Array(parts)) => {
                    let first = parts.first().and_then(Value::as_str).map(prefixed);
                    first.into_iter().map(Value::from).chain(parts.iter().skip(1).cloned()).collect()
                }
                ("Fn::Sub", Value::String(text)) => Value::from(substituted(text)),
                ("Fn::Sub", Value::Array(parts)) => {
                    let text = parts.first().and_then(Value::as_str).map(substituted);
                    let rest = parts.iter().skip(1).map(|part| renamed(part, ids));
                    text.into_iter().map(Value::from).chain(rest).collect()
                }
                ("DependsOn", Value::Array(names)) => {
                    names.iter().filter_map(Value::as_str).map(|name| Value::from(prefixed(name))).collect()
                }
                (_, value) => renamed(value, ids),
            };
            (key.clone(), value)
        };
        Value::Object(map.iter().map(pair).collect())
    };
    match value {
        Value::Object(map) => all(map),
        Value::Array(items) => items.iter().map(|item| renamed(item, ids)).collect(),
        other => other.clone(),
    }
}

#[test]
fn names_do_not_matter() {
    for (name, text) in sample() {
        let Some(value) = plain_value(&text).filter(|it| it.get("Resources").is_some()) else { continue };
        let ids = ids(&value);
        // A name in another language, or put together by a macro, is not found by its form.
        if ids.iter().any(|id| id.starts_with("Fn::") || id.contains(PREFIX)) || text.contains("Fn::ForEach")
        {
            continue;
        }
        let mut twin = renamed(&value, &ids);
        if let Some(resources) = twin.get_mut("Resources").and_then(Value::as_object_mut) {
            *resources = std::mem::take(resources)
                .into_iter()
                .map(|(id, body)| (format!("{PREFIX}{id}"), body))
                .collect();
        }
        let plain: Vec<Said> = all_said(&twin.to_string())
            .into_iter()
            .map(|(rule, severity, owner, message, when)| {
                let plain = |text: String| text.replace(PREFIX, "");
                (rule, severity, owner.map(plain), plain(message), when)
            })
            .collect();
        assert_eq!(all_said(&value.to_string()), plain, "{name}");
    }
}

/// A template with a condition that always holds around every property of every resource.
fn wrapped(template: &Value) -> Option<Value> {
    const ALWAYS: &str = "AlwaysHolds";
    let mut twin = template.clone();
    let map = twin.as_object_mut()?;
    let conditions = map.entry("Conditions").or_insert_with(|| json!({}));
    conditions.as_object_mut()?.insert(ALWAYS.to_owned(), json!({"Fn::Equals": ["yes", "yes"]}));
    for body in map.get_mut("Resources")?.as_object_mut()?.values_mut() {
        let Some(properties) = body.get_mut("Properties").and_then(Value::as_object_mut) else { continue };
        for value in properties.values_mut().filter(|value| !value.is_null()) {
            *value = json!({"Fn::If": [ALWAYS, value.take(), {"Ref": "AWS::NoValue"}]});
        }
    }
    Some(twin)
}

#[test]
fn condition_that_always_holds_changes_nothing() {
    let mut differing = Vec::new();
    for (name, text) in sample() {
        let Some(value) = plain_value(&text) else { continue };
        if text.contains("Fn::Transform") || text.contains("Fn::ForEach") {
            continue;
        }
        // In how many zones an endpoint stands is advice, and not for one where a condition decides it.
        let said = |text: &str| {
            let mut said = all_said(text);
            said.retain(|(rule, ..)| *rule != "single-zone-endpoint");
            said
        };
        if let Some(twin) = wrapped(&value) {
            let (one, other) = (said(&value.to_string()), said(&twin.to_string()));
            if one != other {
                differing.push(format!("{name}\n{one:#?}\n{other:#?}"));
            }
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// Takes a part of a value of a function of SAM into `Globals`, from which the function inherits it; `turn` tells which.
fn inherited(value: &mut Value, turn: &mut usize) -> Option<Value> {
    *turn += 1;
    match value {
        Value::Object(members) if members.keys().all(|key| key != "Ref" && !key.starts_with("Fn::")) => {
            let mut taken = Map::new();
            for (key, value) in members.iter_mut() {
                let part = inherited(value, turn);
                taken.extend(part.map(|part| (key.clone(), part)));
            }
            members.retain(|_, value| !value.is_null());
            Some(Value::Object(taken))
        }
        Value::Array(items) => {
            let first = items.drain(..items.len().div_ceil(2)).collect();
            Some(Value::Array(first))
        }
        _ => turn.is_multiple_of(2).then(|| value.take()),
    }
}

/// A template with functions of SAM, and one in which the first of them inherits a part of its properties.
fn with_globals(template: &Value) -> Option<(Value, Value)> {
    let mut own = template.clone();
    let functions: Vec<String> = {
        let resources = own.get_mut("Resources")?.as_object_mut()?;
        let is_function = |body: &Value| {
            body.get("Type").and_then(Value::as_str) == Some("AWS::Lambda::Function")
                && body.get("Properties").is_some_and(Value::is_object)
        };
        let functions = resources.iter_mut().filter(|(_, body)| is_function(body));
        functions
            .map(|(id, body)| {
                body["Type"] = json!("AWS::Serverless::Function");
                id.clone()
            })
            .collect()
    };
    let (first, others) = functions.split_first()?;
    own.as_object_mut()?.insert("Transform".to_owned(), json!("AWS::Serverless-2016-10-31"));
    let mut twin = own.clone();
    for other in others {
        twin["Resources"][other].as_object_mut()?.insert("IgnoreGlobals".to_owned(), json!("*"));
    }
    let globals = inherited(&mut twin["Resources"][first]["Properties"], &mut 0)?;
    twin.as_object_mut()?.insert("Globals".to_owned(), json!({"Function": globals}));
    Some((own, twin))
}

#[test]
fn what_is_inherited_is_as_if_it_were_written_there() {
    let mut compared = 0;
    for (name, text) in sample() {
        let Some(value) = plain_value(&text) else { continue };
        if value.get("Transform").is_some() || text.contains("Fn::Transform") || text.contains("null") {
            continue;
        }
        if let Some((one, other)) = with_globals(&value) {
            assert_eq!(all_said(&one.to_string()), all_said(&other.to_string()), "{name}\n{other:#}");
            compared += 1;
        }
    }
    assert!(compared > 10, "{compared}");
}

/// A template in which the ingress of security groups stands in resources of its own.
fn split(template: &Value) -> Option<Value> {
    let mut twin = template.clone();
    let resources = twin.get_mut("Resources")?.as_object_mut()?;
    let mut added = Map::new();
    for (id, group) in resources.iter_mut() {
        if group.get("Type").and_then(Value::as_str) != Some("AWS::EC2::SecurityGroup") {
            continue;
        }
        let condition = group.get("Condition").cloned();
        let Some(properties) = group.get_mut("Properties").and_then(Value::as_object_mut) else { continue };
        let Some(Value::Array(rules)) = properties.get("SecurityGroupIngress") else { continue };
        if !rules.iter().all(|rule| rule.get("IpProtocol").is_some()) {
            continue;
        }
        for (number, rule) in rules.iter().enumerate() {
            let mut rule = rule.clone();
            rule.as_object_mut()?.insert("GroupId".to_owned(), json!({"Fn::GetAtt": [id, "GroupId"]}));
            let mut body = json!({"Type": "AWS::EC2::SecurityGroupIngress", "Properties": rule});
            if let Some(condition) = &condition {
                body.as_object_mut()?.insert("Condition".to_owned(), condition.clone());
            }
            added.insert(format!("{id}Split{number}"), body);
        }
        properties.remove("SecurityGroupIngress");
    }
    let some = !added.is_empty();
    resources.extend(added);
    some.then_some(twin)
}

/// The owner may be the rule instead of its group.
#[test]
fn rules_on_their_own_change_nothing() {
    for (name, text) in sample() {
        let Some(value) = plain_value(&text) else { continue };
        let Some(twin) = split(&value) else { continue };
        let said = |text: &str| {
            let all = all_said(text).into_iter();
            let mut all: Vec<_> = all
                .map(|(rule, severity, owner, message, when)| {
                    let owner = owner.map(|it| it.split("Split").next().unwrap_or_default().to_owned());
                    (rule, severity, owner, message, when)
                })
                .collect();
            all.sort();
            all
        };
        assert_eq!(said(&value.to_string()), said(&twin.to_string()), "{name}");
    }
}

/// How often each thing is said.
fn counted<'f>(findings: impl Iterator<Item = &'f Finding>) -> BTreeMap<Said, usize> {
    let mut all = BTreeMap::new();
    for finding in findings {
        *all.entry(said(finding)).or_insert(0) += 1;
    }
    all
}

#[test]
fn an_ignore_that_is_written_for_a_finding_takes_it_and_no_other() {
    let mut complaints = Vec::new();
    let mut checked = 0;
    let (own, others): (Vec<_>, Vec<_>) =
        templates().into_iter().partition(|(name, _)| name.contains("testdata"));
    // Much of the rest is alike.
    for (name, text) in own.into_iter().chain(others.into_iter().step_by(6)) {
        let inspect = |text: &str| engine::inspect(text, FileId(0), &Options::default());
        let before = inspect(&text);
        let line =
            |finding: &Finding| Source::new("", text.as_str()).position(finding.primary.span.start).line;
        let mut done: Vec<(&str, u32)> = Vec::new();
        for finding in &before.findings {
            // Findings of one rule on one line have one ignore.
            if done.contains(&(finding.rule, line(finding))) {
                continue;
            }
            done.push((finding.rule, line(finding)));
            checked += 1;
            let changed = suppress::add(&text, &[(finding, Level::Line)], Some("why"));
            let after = inspect(&changed);
            let mut complain = |what: &str| complaints.push(format!("{name}: {:?}: {what}", said(finding)));
            let (start, end) =
                (common(text.bytes(), changed.bytes()), common(text.bytes().rev(), changed.bytes().rev()));
            if start + end < text.len() {
                complain("the text around it is not what it was");
            }
            // The text is one document still, so that what is left is what was there but for what is suppressed.
            if counted(before.findings.iter().chain(before.suppressed.iter().map(|it| &it.finding)))
                != counted(after.findings.iter().chain(after.suppressed.iter().map(|it| &it.finding)))
            {
                complain("something else is found");
            }
            let gone: Vec<&Finding> = after.suppressed.iter().map(|it| &it.finding).collect();
            if !gone.iter().any(|it| said(it) == said(finding)) {
                complain("it is still there");
            }
            let changed_line =
                |it: &Finding| Source::new("", changed.as_str()).position(it.primary.span.start).line;
            let place = gone.iter().find(|it| said(it) == said(finding)).map(|it| changed_line(it));
            for other in gone {
                let is_beside =
                    other.primary.owner == finding.primary.owner || Some(changed_line(other)) == place;
                if other.rule != finding.rule || !is_beside {
                    complain(&format!("and so is {:?}", said(other)));
                }
            }
        }
    }
    assert!(checked > 60, "{checked}");
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// How long the common beginning is.
fn common(left: impl Iterator<Item = u8>, right: impl Iterator<Item = u8>) -> usize {
    left.zip(right).take_while(|(left, right)| left == right).count()
}
