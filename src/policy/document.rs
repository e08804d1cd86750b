//! The parts of a policy document, each with its place.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use std::cell::OnceCell;

use crate::scenario::{Data, Value};
use crate::template::Name;
use crate::text::Span;

use super::length::Length;
use super::mistake::Mistake;
use super::place::HOLE;
use super::stack::Stack;

/// A policy.
#[derive(Debug)]
pub struct Policy<'t> {
    /// The whole document.
    pub span: Span,
    /// `Version`, if it is written.
    pub version: Option<Value<'t>>,
    /// `Id`, if it is written.
    pub id: Option<Value<'t>>,
    /// The statements that are known to be there, in order.
    pub statements: Vec<Statement<'t>>,
    /// Whether these are all, and the elements beside them too.
    pub complete: bool,
    /// What AWS refuses in it, in the order of the text.
    pub mistakes: Vec<Mistake<'t>>,
    /// How long it is as JSON without white space.
    pub compact: Length,
    /// How long it is as text, where the template writes it as one.
    pub written: Option<Length>,
    /// The stack that it is part of.
    pub stack: Stack,
    /// Found once for all scenarios that have it.
    pub(super) vague_accounts: OnceCell<Vec<Span>>,
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies.
    Deny,
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
    /// Whether it has a mistake for which AWS refuses it.
    pub refused: bool,
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
    pub operator_name: Name<'t>,
    /// Such as `aws:PrincipalOrgID`.
    pub key: Name<'t>,
    /// One of these must match.
    pub values: Vec<Value<'t>>,
    /// Whether these are all.
    pub complete: bool,
}

/// The version of the policy language that has variables.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html>
pub(super) const CURRENT_VERSION: &str = "2012-10-17";

impl Policy<'_> {
    /// Whether policy variables are variables in it and not text.
    pub fn supports_variables(&self) -> Option<bool> {
        match &self.version {
            None => self.complete.then_some(false),
            Some(version) => version.text().map(|text| text == CURRENT_VERSION),
        }
    }
}

impl Statement<'_> {
    /// What it does, where that is known.
    pub fn known_effect(&self) -> Option<Effect> {
        match self.effect.as_ref()?.text()? {
            "Allow" => Some(Effect::Allow),
            "Deny" => Some(Effect::Deny),
            _ => None,
        }
    }

    /// Whether it allows; false where the effect is not known.
    pub fn allows(&self) -> bool {
        self.known_effect() == Some(Effect::Allow)
    }

    /// Whether it denies; false where the effect is not known.
    pub fn denies(&self) -> bool {
        self.known_effect() == Some(Effect::Deny)
    }
}

impl Condition<'_> {
    /// Its values; its key where it has none.
    pub fn span(&self) -> Span {
        let spans = self.values.iter().map(|value| value.span);
        spans.reduce(Span::to).unwrap_or(self.key.span)
    }

    /// Whether the name of the key is known whole.
    pub(super) fn key_is_known(&self) -> bool {
        is_known(&self.key)
    }
}

/// Whether a key is known whole: that of a JSON text may have a parameter inside.
pub(super) fn is_known(name: &Name<'_>) -> bool {
    !name.text.contains(HOLE)
}

/// Whether a value stands for something that is not known, so that it may be of any type.
pub(super) fn is_open(value: &Value<'_>) -> bool {
    matches!(value.data, Data::Symbol(_) | Data::Reference(_) | Data::Unknown(_))
}
