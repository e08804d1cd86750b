//! IAM policy documents: a map, or JSON as text, to statements in which every part knows its place in the template.

mod document;
mod json;
mod pattern;
mod place;
#[cfg(test)]
mod tests;

pub use document::{
    Condition, Conditions, Patterns, Policy, Principal, PrincipalKind, Principals, Statement,
};

use crate::scenario::{Data, Scenario};
use crate::template::{Expression, Malformed};

/// What an expression gives as a policy.
#[derive(Debug)]
pub enum Reading<'t> {
    /// A policy. Single parts of it may be unknown.
    Policy(Policy<'t>),
    /// No policy, whatever is unknown in it: where and why.
    Malformed(Malformed),
    /// Not known.
    Unknown,
}

/// Reads a policy that stands in a template: as a map, or as JSON in a text of any style, in `Fn::Sub` and `Fn::Join`
/// too. `None` for `AWS::NoValue`.
pub fn read<'t>(scenario: &Scenario<'_, 't>, expression: &Expression<'t>) -> Option<Reading<'t>> {
    let value = scenario.evaluate(expression)?;
    let value = match value.data {
        Data::Text(_) | Data::Pieces(_) => {
            let text = place::Text::of(scenario.template.source, scenario.pieces(expression), value.span);
            match json::read(&text) {
                Ok(Some(value)) => value,
                Ok(None) => return Some(Reading::Unknown),
                Err(malformed) => return Some(Reading::Malformed(malformed)),
            }
        }
        _ => value,
    };
    Some(document::read(value))
}

/// What is wrong with a policy, and where.
fn malformed(span: crate::text::Span, message: impl Into<String>) -> Malformed {
    Malformed { span, message: message.into(), other: None, help: None }
}
