//! What a policy says to a request, which statement decides, and why.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>

use crate::text::Span;

use super::document::{Effect, Patterns, Policy, Statement};
use super::pattern;
use super::request::Request;
use super::spelling::Spelling;
use super::truth::{all, any, not};
use super::variable::{Reading, Replaced, Variables};
use super::{arn, condition, principal};

/// What a policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// A statement allows it and none denies it.
    Allowed,
    /// A statement denies it, or none allows it.
    Denied,
    /// It depends on something that is not known.
    Unknown,
}

/// What a policy says to a request.
#[derive(Debug)]
pub struct Decision {
    /// What it says.
    pub verdict: Verdict,
    /// The statement that decides, as an index; absent where none allows, and where nothing is decided.
    pub by: Option<usize>,
    /// The statements that matter: the one that decides; where none allows, all that would; where nothing is decided,
    /// those on which it depends. In order.
    pub why: Vec<Trial>,
}

/// What came of one statement.
#[derive(Debug)]
pub struct Trial {
    /// The statement, as an index.
    pub statement: usize,
    /// Its effect, where it is known.
    pub effect: Option<Effect>,
    /// Whether it applies to the request.
    pub applies: Option<bool>,
    /// What came of each part of it, in the order of [`Part`].
    pub parts: Vec<Finding>,
}

/// What came of one part of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// The part.
    pub part: Part,
    /// Whether it fits the request.
    pub fits: Option<bool>,
    /// The value that decides, or all of the part where there is none.
    pub span: Span,
}

/// A part of a statement that a request must fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// `Principal` or `NotPrincipal`.
    Principal,
    /// `Action` or `NotAction`.
    Action,
    /// `Resource` or `NotResource`.
    Resource,
    /// One of the conditions, as an index.
    Condition(usize),
    /// The statement as a whole: AWS refuses it, or a part of it is not visible.
    Whole,
}

impl Trial {
    /// The parts that do not fit.
    pub fn misses(&self) -> impl Iterator<Item = &Finding> {
        self.parts.iter().filter(|finding| finding.fits == Some(false))
    }
}

/// Asks a policy about a request. A `Deny` that applies wins over every `Allow`, and what no statement allows is denied.
/// What is not known decides only where nothing depends on it.
pub fn evaluate(policy: &Policy<'_>, request: &Request) -> Decision {
    let variables = match policy.supports_variables() {
        Some(true) => Variables::Of(request),
        Some(false) => Variables::Text,
        None => Variables::Unknown,
    };
    let asked = Asked { policy, request, variables, action: request.action.folded() };
    let mut trials: Vec<Trial> = (0..policy.statements.len()).map(|index| asked.statement(index)).collect();
    let index = |effect: Effect| {
        trials.iter().position(|trial| trial.effect == Some(effect) && trial.applies == Some(true))
    };
    let may = |effect: Effect| {
        let opposite = |trial: &Trial| trial.effect.is_some_and(|other| other != effect);
        !policy.complete || trials.iter().any(|trial| trial.applies != Some(false) && !opposite(trial))
    };
    let (denying, allowing) = (index(Effect::Deny), index(Effect::Allow));
    let (verdict, by) = if denying.is_some() {
        (Verdict::Denied, denying)
    } else if !may(Effect::Allow) {
        (Verdict::Denied, None)
    } else if allowing.is_some() && !may(Effect::Deny) {
        (Verdict::Allowed, allowing)
    } else {
        (Verdict::Unknown, None)
    };
    match (verdict, by) {
        (_, Some(by)) => trials.retain(|trial| trial.statement == by),
        (Verdict::Denied, None) => trials.retain(|trial| trial.effect == Some(Effect::Allow)),
        _ => trials.retain(|trial| {
            trial.applies.is_none() || (trial.applies == Some(true) && trial.effect.is_none())
        }),
    }
    Decision { verdict, by, why: trials }
}

struct Asked<'a, 't> {
    policy: &'a Policy<'t>,
    request: &'a Request,
    variables: Variables<'a>,
    /// In lower case: case does not matter in actions.
    action: Spelling,
}

impl Asked<'_, '_> {
    fn statement(&self, index: usize) -> Trial {
        let (policy, request) = (self.policy, self.request);
        let statement = &policy.statements[index];
        let mut parts = Vec::with_capacity(4);
        if let Some(principals) = &statement.principals {
            let (fits, span) = principal::applies(principals, &request.caller, request.place, &policy.stack);
            parts.push(Finding { part: Part::Principal, fits, span });
        }
        if let Some(actions) = &statement.actions {
            let (fits, span) = self.patterns(actions, Part::Action);
            parts.push(Finding { part: Part::Action, fits, span });
        }
        if let Some(resources) = &statement.resources {
            let (fits, span) = self.patterns(resources, Part::Resource);
            parts.push(Finding { part: Part::Resource, fits, span });
        }
        if let Some(conditions) = &statement.conditions {
            for (index, one) in conditions.items.iter().enumerate() {
                let fits = condition::holds(one, request, self.variables, &policy.stack);
                parts.push(Finding { part: Part::Condition(index), fits, span: one.span() });
            }
        }
        if !statement.is_whole() {
            parts.push(Finding { part: Part::Whole, fits: None, span: statement.span });
        }
        let applies = all(parts.iter().map(|finding| finding.fits));
        Trial { statement: index, effect: statement.known_effect(), applies, parts }
    }

    fn patterns(&self, patterns: &Patterns<'_>, part: Part) -> (Option<bool>, Span) {
        let is_action = part == Part::Action;
        let reading = Reading {
            wildcards: true,
            variables: if is_action { Variables::Text } else { self.variables },
            fold: is_action,
            behind_fifth_colon: true,
        };
        let mut span = patterns.span;
        let mut truths = Vec::with_capacity(patterns.items.len());
        for item in &patterns.items {
            let truth = match reading.replace(item, &self.policy.stack) {
                Replaced::Nothing => Some(false),
                Replaced::Pattern(pattern) if is_action => pattern::matches(&pattern, &self.action.letters),
                Replaced::Pattern(pattern) => {
                    let request = self.request;
                    arn::covers(&pattern, &request.resource.letters, request.owner())
                }
            };
            truths.push(truth);
            if truth == Some(true) {
                span = item.span;
                break;
            }
        }
        let named = any(truths.iter().copied().chain((!patterns.complete).then_some(None)));
        if named.is_none()
            && let Some(index) = truths.iter().position(Option::is_none)
        {
            span = patterns.items[index].span;
        }
        (if patterns.negated { not(named) } else { named }, span)
    }
}

impl Statement<'_> {
    /// Whether all of it is visible and AWS takes it as it is.
    fn is_whole(&self) -> bool {
        let allows_others = self.principals.as_ref().is_some_and(|it| it.negated) && !self.denies();
        self.complete
            && !self.refused
            // `NotPrincipal` is not supported with `Allow`.
            && !allows_others
            && self.conditions.as_ref().is_none_or(|conditions| conditions.complete)
    }
}
