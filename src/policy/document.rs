//! The parts of a policy document, each with its place.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use crate::scenario::{Data, Value};
use crate::template::Name;
use crate::text::Span;

use super::{Reading, malformed};

/// A policy.
#[derive(Debug)]
pub struct Policy<'t> {
    /// The whole document.
    pub span: Span,
    /// `Version`, if it is written.
    pub version: Option<Value<'t>>,
    /// The statements that are known to be there, in order.
    pub statements: Vec<Statement<'t>>,
    /// Whether these are all.
    pub complete: bool,
}

/// A statement. A part that is not written is absent.
#[derive(Debug)]
pub struct Statement<'t> {
    /// The whole statement.
    pub span: Span,
    /// `Sid`.
    pub sid: Option<Value<'t>>,
    /// `Effect`.
    pub effect: Option<Value<'t>>,
    /// `Principal` or `NotPrincipal`.
    pub principals: Option<Principals<'t>>,
    /// `Action` or `NotAction`.
    pub actions: Option<Patterns<'t>>,
    /// `Resource` or `NotResource`.
    pub resources: Option<Patterns<'t>>,
    /// `Condition`.
    pub conditions: Option<Conditions<'t>>,
    /// Names of elements that statements do not have.
    pub unknown_elements: Vec<Name<'t>>,
    /// Whether all elements are visible: no macro writes any.
    pub complete: bool,
}

/// Actions or resources: texts in which `*` and `?` stand for anything.
#[derive(Debug)]
pub struct Patterns<'t> {
    /// The value: a text or a list.
    pub span: Span,
    /// Whether it is the `Not` form: everything but these.
    pub negated: bool,
    /// One text each, known or not.
    pub items: Vec<Value<'t>>,
    /// Whether these are all.
    pub complete: bool,
}

/// Who a statement is about.
#[derive(Debug)]
pub struct Principals<'t> {
    /// The value: `"*"` or a map.
    pub span: Span,
    /// Whether it is `NotPrincipal`: everybody but these.
    pub negated: bool,
    /// One each, in order.
    pub items: Vec<Principal<'t>>,
    /// Whether these are all.
    pub complete: bool,
}

/// One principal.
#[derive(Debug)]
pub struct Principal<'t> {
    /// What kind.
    pub kind: PrincipalKind,
    /// An ARN, an account, the name of a service, `*`.
    pub value: Value<'t>,
}

/// The kinds of principal.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrincipalKind {
    /// A bare text, in policies only `"*"`: everybody, also without credentials.
    Bare,
    /// `AWS`: accounts, users, roles.
    Aws,
    /// `Service`.
    Service,
    /// `Federated`.
    Federated,
    /// `CanonicalUser`.
    CanonicalUser,
    /// No kind that IAM has.
    Other,
}

/// `Condition`: all of its conditions must hold.
#[derive(Debug)]
pub struct Conditions<'t> {
    /// The whole map.
    pub span: Span,
    /// One for each operator and key, in order.
    pub items: Vec<Condition<'t>>,
    /// Whether these are all.
    pub complete: bool,
}

/// One operator with one key.
#[derive(Debug)]
pub struct Condition<'t> {
    /// Such as `StringEquals`.
    pub operator: Name<'t>,
    /// Such as `aws:PrincipalOrgID`.
    pub key: Name<'t>,
    /// One of these must match.
    pub values: Vec<Value<'t>>,
    /// Whether these are all.
    pub complete: bool,
}

/// The key in place of which a macro writes others.
const TRANSFORM: &str = "Fn::Transform";

pub(super) fn read(value: Value<'_>) -> Reading<'_> {
    let span = value.span;
    let fields = match value.data {
        Data::Map(fields) => fields,
        Data::List(_) => return Reading::Malformed(malformed(span, "a policy is a map and not a list")),
        Data::Text(_) | Data::Pieces(_) => {
            return Reading::Malformed(malformed(span, "a policy is a map and not a text"));
        }
        Data::Symbol(_) | Data::Reference(_) | Data::Unknown(_) => return Reading::Unknown,
    };
    let mut policy = Policy { span, version: None, statements: Vec::new(), complete: true };
    for field in fields {
        match field.key.text.as_ref() {
            "Version" => policy.version = Some(field.value),
            "Statement" => {
                let (items, complete) = into_items(field.value);
                policy.complete &= complete;
                for item in items {
                    match item.data {
                        Data::Map(_) => policy.statements.push(statement(item)),
                        Data::Symbol(_) | Data::Reference(_) | Data::Unknown(_) => policy.complete = false,
                        Data::Text(_) | Data::Pieces(_) | Data::List(_) => {
                            return Reading::Malformed(malformed(item.span, "a statement is a map"));
                        }
                    }
                }
            }
            TRANSFORM => policy.complete = false,
            _ => {}
        }
    }
    Reading::Policy(policy)
}

fn statement(value: Value<'_>) -> Statement<'_> {
    let mut statement = Statement {
        span: value.span,
        sid: None,
        effect: None,
        principals: None,
        actions: None,
        resources: None,
        conditions: None,
        unknown_elements: Vec::new(),
        complete: true,
    };
    let Data::Map(fields) = value.data else { return statement };
    for field in fields {
        let value = field.value;
        match field.key.text.as_ref() {
            "Sid" => statement.sid = Some(value),
            "Effect" => statement.effect = Some(value),
            name @ ("Principal" | "NotPrincipal") => {
                statement.principals = Some(principals(value, name.starts_with("Not")));
            }
            name @ ("Action" | "NotAction") => {
                statement.actions = Some(patterns(value, name.starts_with("Not")));
            }
            name @ ("Resource" | "NotResource") => {
                statement.resources = Some(patterns(value, name.starts_with("Not")));
            }
            "Condition" => statement.conditions = Some(conditions(value)),
            TRANSFORM => statement.complete = false,
            _ => statement.unknown_elements.push(field.key),
        }
    }
    statement
}

fn patterns(value: Value<'_>, negated: bool) -> Patterns<'_> {
    let span = value.span;
    let (items, complete) = into_items(value);
    Patterns { span, negated, items, complete }
}

fn principals(value: Value<'_>, negated: bool) -> Principals<'_> {
    let mut result = Principals { span: value.span, negated, items: Vec::new(), complete: true };
    let Data::Map(fields) = value.data else {
        let (items, complete) = into_items(value);
        result.complete = complete;
        result.items.extend(items.into_iter().map(|value| Principal { kind: PrincipalKind::Bare, value }));
        return result;
    };
    for field in fields {
        let kind = match field.key.text.as_ref() {
            "AWS" => PrincipalKind::Aws,
            "Service" => PrincipalKind::Service,
            "Federated" => PrincipalKind::Federated,
            "CanonicalUser" => PrincipalKind::CanonicalUser,
            TRANSFORM => {
                result.complete = false;
                continue;
            }
            _ => PrincipalKind::Other,
        };
        let (items, complete) = into_items(field.value);
        result.complete &= complete;
        result.items.extend(items.into_iter().map(|value| Principal { kind, value }));
    }
    result
}

fn conditions(value: Value<'_>) -> Conditions<'_> {
    let mut result = Conditions { span: value.span, items: Vec::new(), complete: true };
    let Data::Map(operators) = value.data else {
        result.complete = false;
        return result;
    };
    for operator in operators {
        let Data::Map(keys) = operator.value.data else {
            result.complete = false;
            continue;
        };
        for key in keys {
            let (values, complete) = into_items(key.value);
            if key.key.text == TRANSFORM {
                result.complete = false;
                continue;
            }
            let operator = operator.key.clone();
            result.items.push(Condition { operator, key: key.key, values, complete });
        }
    }
    result
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
