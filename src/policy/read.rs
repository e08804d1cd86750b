//! From a value to a policy: its elements, and what AWS refuses in them.

use std::cell::OnceCell;

use crate::scenario::{Data, Field, Value};
use crate::template::Name;
use crate::text::Span;

use super::document::{
    CURRENT_VERSION, Condition, Conditions, Patterns, Policy, Principal, PrincipalKind, Principals,
    Statement, is_known, is_open,
};
use super::length::Length;
use super::mistake::{Element, Expected, Malformed, Mistake, MistakeKind};
use super::operator::Operator;
use super::stack::Stack;

/// The key that takes over those of another map of YAML.
const MERGE: &str = "<<";

/// The version before the current one, and what a policy without version has.
const OLD_VERSION: &str = "2008-10-17";

/// `Ok(None)` where it is not known whether it is a policy.
pub(super) fn read(
    value: Value<'_>,
    written: Option<Length>,
    stack: Stack,
) -> Result<Option<Policy<'_>>, Malformed> {
    let span = value.span;
    let malformed = |message: &'static str| Err(Malformed { span, message: message.into() });
    let compact = Length::compact(&value);
    let fields = match value.data {
        Data::Map(fields) => fields,
        Data::List(_) => return malformed("a policy is a map and not a list"),
        Data::Text(_) | Data::Pieces(_) => return malformed("a policy is a map and not a text"),
        Data::Symbol(_) | Data::Reference(_) | Data::Unknown(_) => return Ok(None),
    };
    let mut policy = Policy {
        span,
        version: None,
        id: None,
        statements: Vec::new(),
        complete: true,
        mistakes: Vec::new(),
        compact,
        written,
        stack,
        vague_accounts: OnceCell::new(),
    };
    let mut mistakes = Mistakes::default();
    mistakes.repeated(&fields);
    let mut statements = None;
    for Field { key, value } in fields {
        match key.text.as_ref() {
            "Version" => {
                mistakes.text(&value);
                if value.text().is_some_and(|text| text != CURRENT_VERSION && text != OLD_VERSION) {
                    mistakes.add(value.span, MistakeKind::WrongVersion);
                }
                policy.version = Some(value);
            }
            "Id" => {
                mistakes.text(&value);
                policy.id = Some(value);
            }
            "Statement" => statements = Some(value),
            _ if hides(&key) => policy.complete = false,
            _ => mistakes.add(key.span, MistakeKind::UnknownElement(key)),
        }
    }
    if let Some(value) = statements {
        let (items, complete) = into_items(value);
        policy.complete &= complete;
        for item in items {
            if is_open(&item) {
                policy.complete = false;
            } else if let Data::Map(fields) = item.data {
                mistakes.statement = Some(policy.statements.len());
                policy.statements.push(statement(item.span, fields, &mut mistakes));
            } else {
                return Err(Malformed { span: item.span, message: "a statement is a map".into() });
            }
        }
        mistakes.statement = None;
    } else if policy.complete {
        mistakes.add(span, MistakeKind::MissingStatement);
    }
    mistakes.duplicate_sids(&policy.statements);
    policy.mistakes = mistakes.list;
    policy.mistakes.sort_by_key(|mistake| mistake.span);
    Ok(Some(policy))
}

/// Whether a key stands for others that are not visible, or is not known itself.
fn hides(key: &Name<'_>) -> bool {
    key.text.starts_with("Fn::") || key.text == MERGE || !is_known(key)
}

#[derive(Default)]
struct Mistakes<'t> {
    list: Vec<Mistake<'t>>,
    /// The statement that is being read.
    statement: Option<usize>,
}

impl<'t> Mistakes<'t> {
    fn add(&mut self, span: Span, kind: MistakeKind<'t>) {
        self.list.push(Mistake { span, statement: self.statement, kind });
    }

    /// Whether a list or map stands where a text must.
    fn text(&mut self, value: &Value<'_>) {
        if matches!(value.data, Data::List(_) | Data::Map(_)) {
            self.add(value.span, MistakeKind::WrongType(Expected::Text));
        }
    }

    /// Keys that stand in a map twice. In a map of the template that is a mistake of the template.
    fn repeated(&mut self, fields: &[Field<'_>]) {
        for (index, field) in fields.iter().enumerate() {
            let known = is_known(&field.key);
            if let Some(first) =
                fields[..index].iter().find(|first| known && first.key.text == field.key.text)
            {
                self.add(field.key.span, MistakeKind::Repeated { first: first.key.span });
            }
        }
    }

    fn duplicate_sids(&mut self, statements: &[Statement<'_>]) {
        let sids = statements.iter().map(|statement| {
            let sid = statement.sid.as_ref()?;
            sid.text().filter(|text| !text.is_empty()).map(|text| (text, sid.span))
        });
        let sids: Vec<_> = sids.collect();
        for (index, sid) in sids.iter().enumerate() {
            let Some((text, span)) = sid else { continue };
            if let Some((_, first)) = sids[..index].iter().flatten().find(|(first, _)| first == text) {
                let kind = MistakeKind::DuplicateSid { first: *first };
                self.list.push(Mistake { span: *span, statement: Some(index), kind });
            }
        }
    }
}

fn statement<'t>(span: Span, fields: Vec<Field<'t>>, mistakes: &mut Mistakes<'t>) -> Statement<'t> {
    let before = mistakes.list.len();
    let mut statement = Statement {
        span,
        sid: None,
        effect: None,
        principals: None,
        actions: None,
        resources: None,
        conditions: None,
        unknown_elements: Vec::new(),
        complete: true,
        refused: false,
    };
    mistakes.repeated(&fields);
    both(&fields, mistakes);
    for Field { key, value } in fields {
        match key.text.as_ref() {
            "Sid" => {
                mistakes.text(&value);
                statement.sid = Some(value);
            }
            "Effect" => {
                mistakes.text(&value);
                if value.text().is_some_and(|text| text != "Allow" && text != "Deny") {
                    mistakes.add(value.span, MistakeKind::WrongEffect);
                }
                statement.effect = Some(value);
            }
            name @ ("Principal" | "NotPrincipal") => {
                statement.principals = Some(principals(value, name.starts_with("Not"), mistakes));
            }
            name @ ("Action" | "NotAction") => {
                statement.actions = Some(patterns(value, name.starts_with("Not"), mistakes));
            }
            name @ ("Resource" | "NotResource") => {
                statement.resources = Some(patterns(value, name.starts_with("Not"), mistakes));
            }
            "Condition" => statement.conditions = Some(conditions(value, mistakes)),
            _ if hides(&key) => statement.complete = false,
            _ => {
                mistakes.add(key.span, MistakeKind::UnknownElement(key.clone()));
                statement.unknown_elements.push(key);
            }
        }
    }
    if statement.complete {
        for (element, present) in [
            (Element::Effect, statement.effect.is_some()),
            (Element::Principal, statement.principals.is_some()),
            (Element::Action, statement.actions.is_some()),
            (Element::Resource, statement.resources.is_some()),
        ] {
            if !present {
                mistakes.add(span, MistakeKind::Missing(element));
            }
        }
    }
    statement.refused = mistakes.list.len() > before;
    statement
}

/// An element and its `Not` form in one statement.
fn both(fields: &[Field<'_>], mistakes: &mut Mistakes<'_>) {
    for (element, name, negated) in [
        (Element::Principal, "Principal", "NotPrincipal"),
        (Element::Action, "Action", "NotAction"),
        (Element::Resource, "Resource", "NotResource"),
    ] {
        let find =
            |name: &str| fields.iter().find(|field| field.key.text == name).map(|field| field.key.span);
        if let (Some(one), Some(other)) = (find(name), find(negated)) {
            mistakes.add(one.max(other), MistakeKind::Both { element, first: one.min(other) });
        }
    }
}

fn patterns<'t>(value: Value<'t>, negated: bool, mistakes: &mut Mistakes<'t>) -> Patterns<'t> {
    let span = value.span;
    let (items, complete) = texts(value, mistakes);
    Patterns { span, negated, items, complete }
}

/// The texts of a list, or the one text that stands for a list of one; and whether these are all.
fn texts<'t>(value: Value<'t>, mistakes: &mut Mistakes<'t>) -> (Vec<Value<'t>>, bool) {
    let (items, complete) = into_items(value);
    for item in &items {
        if matches!(item.data, Data::List(_) | Data::Map(_)) {
            mistakes.add(item.span, MistakeKind::WrongType(Expected::Texts));
        }
    }
    (items, complete)
}

fn principals<'t>(value: Value<'t>, negated: bool, mistakes: &mut Mistakes<'t>) -> Principals<'t> {
    let mut result = Principals { span: value.span, negated, items: Vec::new(), complete: true };
    let is_list = matches!(value.data, Data::List(_));
    let Data::Map(fields) = value.data else {
        if is_list {
            mistakes.add(value.span, MistakeKind::WrongType(Expected::StarOrMap));
        } else if value.text().is_some_and(|text| text != "*") {
            mistakes.add(value.span, MistakeKind::BarePrincipal);
        }
        let (items, complete) = into_items(value);
        result.complete = complete;
        result.items.extend(items.into_iter().map(|value| Principal { kind: PrincipalKind::Bare, value }));
        return result;
    };
    mistakes.repeated(&fields);
    for Field { key, value } in fields {
        let kind = match key.text.as_ref() {
            "AWS" => PrincipalKind::Aws,
            "Service" => PrincipalKind::Service,
            "Federated" => PrincipalKind::Federated,
            "CanonicalUser" => PrincipalKind::CanonicalUser,
            _ if hides(&key) => {
                result.complete = false;
                continue;
            }
            _ => {
                mistakes.add(key.span, MistakeKind::UnknownPrincipalKind(key));
                PrincipalKind::Other
            }
        };
        let (items, complete) = texts(value, mistakes);
        result.complete &= complete;
        result.items.extend(items.into_iter().map(|value| Principal { kind, value }));
    }
    result
}

fn conditions<'t>(value: Value<'t>, mistakes: &mut Mistakes<'t>) -> Conditions<'t> {
    let mut result = Conditions { span: value.span, items: Vec::new(), complete: true };
    let Some(operators) = map(value, mistakes) else {
        result.complete = false;
        return result;
    };
    mistakes.repeated(&operators);
    for Field { key: operator, value } in operators {
        if hides(&operator) {
            result.complete = false;
            continue;
        }
        if Operator::from_name(&operator.text).is_none() {
            mistakes.add(operator.span, MistakeKind::UnknownOperator(operator.clone()));
        }
        let Some(keys) = map(value, mistakes) else {
            result.complete = false;
            continue;
        };
        mistakes.repeated(&keys);
        for Field { key, value } in keys {
            if key.text.starts_with("Fn::") || key.text == MERGE {
                result.complete = false;
                continue;
            }
            let (values, complete) = texts(value, mistakes);
            result.items.push(Condition { operator_name: operator.clone(), key, values, complete });
        }
    }
    result
}

/// The fields of a map; what certainly is none is a mistake.
fn map<'t>(value: Value<'t>, mistakes: &mut Mistakes<'t>) -> Option<Vec<Field<'t>>> {
    let open = is_open(&value);
    if let Data::Map(fields) = value.data {
        return Some(fields);
    }
    if !open {
        mistakes.add(value.span, MistakeKind::WrongType(Expected::Map));
    }
    None
}

/// The items of a list, or the one value that stands for a list of one; and whether these are all.
fn into_items(value: Value<'_>) -> (Vec<Value<'_>>, bool) {
    let span = value.span;
    match value.data {
        Data::List(items) => {
            // A list of unknown length among the items stands for any number of them.
            let long = |item: &Value<'_>| {
                matches!(&item.data, Data::Symbol(symbol) if symbol.list) || item.is_unknown()
            };
            let complete = !items.iter().any(long);
            (items, complete)
        }
        Data::Symbol(symbol) if symbol.list => (Vec::new(), false),
        Data::Unknown(_) => (Vec::new(), false),
        data => (vec![Value { span, data }], true),
    }
}
