//! IAM policy documents: a map, or JSON as text, to statements in which every part knows its place in the template; and
//! what a policy says to a request.
//!
//! Values may hold what is not known: parameters, references, imports. [`evaluate`] is three-valued and sound: what
//! depends on something unknown is [`Verdict::Unknown`]. The rules of AWS are those of the IAM user guide; each file names
//! the page that it follows.

mod arn;
mod condition;
mod coverage;
mod date;
mod document;
mod evaluate;
mod foreign;
mod json;
mod length;
mod mistake;
mod operator;
mod pattern;
mod perimeter;
mod place;
mod principal;
mod read;
mod request;
mod spelling;
mod stack;
#[cfg(test)]
mod tests;
mod truth;
mod variable;
mod wildcard;

pub use coverage::AllowsEverything;
pub use document::{
    Condition, Conditions, Effect, Patterns, Policy, Principal, PrincipalKind, Principals, Statement,
};
pub use evaluate::{Decision, Finding, Part, Trial, Verdict, evaluate, trials};
pub use foreign::ForeignActions;
pub use length::Length;
pub use mistake::{Element, Expected, Malformed, Mistake, MistakeKind};
pub use operator::{Operator, OperatorKind, Order, Quantifier};
pub use perimeter::Opening;
pub use request::{Caller, Context, Identity, Place, Request};
pub use spelling::Spelling;
pub use stack::Stack;
pub use wildcard::{Vague, VagueKind};

use std::rc::Rc;

use crate::scenario::{Data, Scenario};
use crate::template::Expression;

/// What an expression gives as a policy.
#[derive(Debug)]
pub enum Reading<'t> {
    /// A policy. Single parts of it may be unknown, or be what AWS refuses.
    Policy(Rc<Policy<'t>>),
    /// No policy, whatever is unknown in it: where and why.
    Malformed(Malformed),
    /// Not known.
    Unknown,
}

/// Reads a policy that stands in a template: as a map, or as JSON in a text of any style, in `Fn::Sub` and `Fn::Join`
/// too. `None` for `AWS::NoValue`.
pub fn read<'t>(scenario: &Scenario<'_, 't>, expression: &Expression<'t>) -> Option<Reading<'t>> {
    let value = scenario.evaluate(expression)?;
    let (value, written) = match value.data {
        Data::Text(_) | Data::Pieces(_) => {
            let text = place::Text::of(scenario.template.source, scenario.pieces(expression), value.span);
            // Whether no text at all is taken for no policy is not documented.
            if text.joined.trim().is_empty() {
                return Some(Reading::Unknown);
            }
            match json::read(&text) {
                Ok(Some(value)) => (value, Some(text.length())),
                Ok(None) => return Some(Reading::Unknown),
                Err(malformed) => return Some(Reading::Malformed(malformed)),
            }
        }
        _ => (value, None),
    };
    Some(match read::read(value, written, Stack::of(scenario)) {
        Ok(Some(policy)) => Reading::Policy(policy.into()),
        Ok(None) => Reading::Unknown,
        Err(malformed) => Reading::Malformed(malformed),
    })
}
