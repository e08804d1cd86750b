//! What the value of an expression rests on: in two scenarios where that is the same, so is the value.

use crate::template::{Expression, ExpressionKind as K, SubPartKind};

use super::evaluate::repeats_property;
use super::{Scenario, Setting, place_of_setting};

/// How deep attributes may repeat properties that repeat properties; what goes deeper is circular.
const MAXIMUM_DEPTH: usize = 8;

/// What an expression meets of a scenario, in the order in which it does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Basis<'t> {
    settings: Vec<Setting<'t>>,
    truths: Vec<Option<bool>>,
}

impl<'t> Scenario<'_, 't> {
    /// What the value of an expression rests on, together with these pseudo parameters. `None` where that is not told
    /// apart: an expression that compares values itself, outside of `Conditions`.
    ///
    /// Only the bases of one expression can be compared with each other.
    pub fn basis(&self, expression: &Expression<'t>, pseudo: &[&str]) -> Option<Basis<'t>> {
        let mut basis = Basis::default();
        for name in pseudo {
            self.note(name, &mut basis);
        }
        self.rests_on(expression, &mut basis, 0).then_some(basis)
    }

    fn rests_on(&self, expression: &Expression<'t>, basis: &mut Basis<'t>, depth: usize) -> bool {
        if depth > MAXIMUM_DEPTH {
            return false;
        }
        let mut told = true;
        expression.walk(&mut |part| match &part.kind {
            K::Ref(name) => self.note(&name.text, basis),
            K::If { condition, .. } => basis.truths.push(self.holds(&condition.text)),
            K::GetAZs(_) => self.note("AWS::Region", basis),
            K::GetAtt { resource, attribute } => {
                let attribute = attribute.text();
                told &= attribute.is_some_and(|it| self.attribute(&resource.text, it, basis, depth));
            }
            K::Sub { parts, .. } => {
                for part in parts {
                    match &part.kind {
                        SubPartKind::Literal(_) => {}
                        SubPartKind::Variable(name) => self.note(name, basis),
                        SubPartKind::Attribute(resource, attribute) => {
                            told &= self.attribute(resource, attribute, basis, depth);
                        }
                    }
                }
            }
            K::FindInMap { .. } => {
                for mapping in &self.template.mappings {
                    mapping.value.walk(&mut |inside| {
                        told &= matches!(inside.kind, K::Null | K::Text { .. } | K::List(_) | K::Map(_));
                    });
                }
            }
            K::And(_) | K::Or(_) | K::Not(_) | K::Equals(..) | K::Condition(_) | K::Contains(..) => {
                told = false;
            }
            _ => {}
        });
        told
    }

    /// An attribute that repeats a property rests on what that rests on.
    fn attribute(&self, resource: &str, attribute: &str, basis: &mut Basis<'t>, depth: usize) -> bool {
        let Some(resource) = self.template.find_resource(resource) else { return true };
        let resource = self.template.resource(resource);
        match resource.property(attribute) {
            Some(property) if repeats_property(&resource.kind.text, attribute) => {
                self.rests_on(property, basis, depth + 1)
            }
            _ => true,
        }
    }

    fn note(&self, name: &str, basis: &mut Basis<'t>) {
        let index = place_of_setting(self.template, name);
        basis.settings.extend(index.map(|index| self.settings[index].clone()));
    }
}
