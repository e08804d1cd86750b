//! The consistent worlds that a template allows: in each, a resource exists or not and an expression has one value.

mod basis;
mod choose;
mod evaluate;
mod truths;
mod value;

pub use basis::{Known, Once, Seen};
pub use choose::{Freed, Scenarios};
pub(crate) use value::no_texts;
pub use value::{Data, Field, Piece, Reference, Symbol, Unknown, Value, same};

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use basis::Asked;
use truths::Truths;

use crate::template::{Expression, ExpressionKind, PSEUDO_PARAMETERS, ResourceId, Template, Use};

/// What a scenario holds for one parameter.
#[derive(Debug, Clone)]
pub enum Setting<'t> {
    /// This text.
    Is(Cow<'t, str>),
    /// Anything but these texts.
    Other(Rc<[String]>),
    /// Anything.
    Free,
}

/// Where the setting of a parameter or pseudo parameter stands among all.
fn place_of_setting(template: &Template<'_>, name: &str) -> Option<usize> {
    if let Some((index, _)) = template.find_parameter(name) {
        return Some(index);
    }
    // Names of resources, which stand at the same places, have no colon.
    if !name.starts_with("AWS::") {
        return None;
    }
    let pseudo = PSEUDO_PARAMETERS.iter().position(|&pseudo| pseudo == name)?;
    Some(template.parameters.len() + pseudo)
}

/// What a scenario takes for granted.
#[derive(Debug, Clone)]
struct Facts {
    /// One entry per parameter, then one per pseudo parameter: where its setting stands among all of the template.
    settings: Vec<u32>,
    truths: Truths,
    /// Those that the settings do not decide.
    equations: Vec<Equation>,
}

/// Two values as they are spelled, and whether they are taken to be equal.
type Equation = (Rc<str>, bool);

/// One consistent world.
#[derive(Debug)]
pub struct Scenario<'m, 't> {
    /// The template.
    pub template: &'m Template<'t>,
    /// Where resources and outputs name resources: the same in every scenario, and found once for all.
    pub uses: Rc<[Use<'m>]>,
    /// Of each resource the index of its condition, if it has one that is there.
    conditions: Rc<[Option<usize>]>,
    /// All settings that parameters have in some scenario; no two of one parameter are the same.
    settings: Rc<[Setting<'t>]>,
    /// Shared with what was found in it.
    facts: Rc<Facts>,
    /// Equations met that are neither decided nor assumed.
    undecided: RefCell<Vec<Rc<str>>>,
    /// What was asked so far.
    asked: Cell<Asked>,
}

impl<'t> Scenario<'_, 't> {
    /// Whether a resource exists. One whose condition is not known is taken to exist.
    ///
    /// # Panics
    /// Where the id belongs to another template.
    pub fn exists(&self, resource: ResourceId) -> bool {
        self.conditions[resource.0 as usize].is_none_or(|condition| self.truth(condition) != Some(false))
    }

    /// The truth of a condition by its name.
    pub fn holds(&self, condition: &str) -> Option<bool> {
        let (index, _) = self.template.find_condition(condition)?;
        self.truth(index)
    }

    fn truth(&self, condition: usize) -> Option<bool> {
        self.note(Asked::truth(condition));
        self.facts.truths.of(condition)
    }

    fn setting(&self, place: usize) -> &Setting<'t> {
        self.note(Asked::setting(place));
        &self.settings[self.facts.settings[place] as usize]
    }

    /// The value of a property; `None` if it is absent here (not written, or `AWS::NoValue`).
    pub fn property(&self, resource: ResourceId, name: &str) -> Option<Value<'t>> {
        let owner = self.template.resource(resource);
        match self.template.property(resource, name) {
            Some(expression) => self.evaluate(expression),
            None if owner.properties_hidden => {
                Some(Value { span: owner.id.span, data: Data::Unknown(Unknown::Macro) })
            }
            None => None,
        }
    }

    /// Whether a property is there: written, and not `AWS::NoValue`. As [`Scenario::property`], without finding the value.
    pub fn has_property(&self, resource: ResourceId, name: &str) -> bool {
        match self.template.property(resource, name) {
            Some(expression) => self.is_value(expression),
            None => self.template.resource(resource).properties_hidden,
        }
    }

    fn is_value(&self, expression: &Expression<'t>) -> bool {
        match &expression.kind {
            ExpressionKind::Map(_) | ExpressionKind::List(_) | ExpressionKind::Text { .. } => true,
            _ => self.evaluate(expression).is_some(),
        }
    }

    /// The value of an expression; `None` for `AWS::NoValue`.
    pub fn evaluate(&self, expression: &Expression<'t>) -> Option<Value<'t>> {
        evaluate::evaluate(self, expression, 0)
    }

    /// The text of an expression piece by piece as the template writes it: what [`Scenario::evaluate`] joins stays
    /// apart here, so that a place in the text can be told. Empty for `AWS::NoValue`.
    pub fn pieces(&self, expression: &Expression<'t>) -> Vec<Piece<'t>> {
        evaluate::pieces(self, expression, 0)
    }

    /// The text of a pseudo parameter such as `AWS::Region`, where it is known.
    pub fn pseudo(&self, name: &str) -> Option<&str> {
        match self.setting(place_of_setting(self.template, name)?) {
            Setting::Is(text) => Some(text),
            _ => None,
        }
    }

    /// The truth assumed here of an equation that the settings do not decide.
    fn assumed(&self, one: &Value<'_>, other: &Value<'_>) -> Option<bool> {
        let (one, other) = (one.canonical()?, other.canonical()?);
        let key = if one <= other { format!("{one} = {other}") } else { format!("{other} = {one}") };
        self.note(Asked::equations());
        let assumed =
            self.facts.equations.iter().find(|(equation, _)| **equation == *key).map(|&(_, truth)| truth);
        if assumed.is_none() {
            self.undecided.borrow_mut().push(key.into());
        }
        assumed
    }
}
