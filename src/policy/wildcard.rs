//! What AWS refuses of wildcards in endpoint policies since July 2024.
//! <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>

use crate::facts::{IdentifierKey, policy_facts};
use crate::scenario::Value;
use crate::text::Span;

use super::arn;
use super::document::{Condition, Policy, Statement};
use super::operator::{Operator, OperatorKind};
use super::spelling::{Letter, Spelling};
use super::stack::Stack;

/// How many letters must stand side by side before or behind a wildcard.
const BESIDE_WILDCARD: usize = 6;

/// A place where an endpoint policy is too vague for AWS.
#[derive(Debug)]
pub struct Vague<'p, 't> {
    /// The place.
    pub span: Span,
    /// The condition.
    pub condition: &'p Condition<'t>,
    /// What is vague.
    pub kind: VagueKind,
}

/// The kinds of vagueness.
#[derive(Debug, Clone, Copy)]
pub enum VagueKind {
    /// A wildcard in the value of a key that holds identifiers of AWS.
    Identifier(&'static IdentifierKey),
    /// The same where the operator takes it for a letter, which no identifier has.
    IdentifierAsText(&'static IdentifierKey),
    /// A numeric operator with such a key.
    NumericIdentifier(&'static IdentifierKey),
    /// A wildcard with too few letters beside it.
    FewLetters,
}

impl<'t> Policy<'t> {
    /// Where its conditions are too vague for an endpoint policy, in the order of the text.
    pub fn vague_conditions(&self) -> Vec<Vague<'_, 't>> {
        let conditions = self.statements.iter().flat_map(Statement::conditions);
        conditions.flat_map(|condition| condition.vague(&self.stack)).collect()
    }

    /// The ARNs in resources and conditions whose account is in part a wildcard.
    pub fn vague_accounts(&self) -> &[Span] {
        self.vague_accounts.get_or_init(|| self.find_vague_accounts())
    }

    fn find_vague_accounts(&self) -> Vec<Span> {
        let resources = self.statements.iter().filter_map(|statement| statement.resources.as_ref());
        let conditions = self.statements.iter().flat_map(Statement::conditions);
        let in_conditions = conditions.filter(|condition| condition.operator().is_some_and(takes_wildcards));
        resources
            .flat_map(|resources| &resources.items)
            .chain(in_conditions.flat_map(|condition| &condition.values))
            .filter(|value| letters(value, &self.stack).is_some_and(|arn| arn::mixes_account(&arn)))
            .map(|value| value.span)
            .collect()
    }
}

impl<'t> Condition<'t> {
    fn vague(&self, stack: &Stack) -> Vec<Vague<'_, 't>> {
        let Some(operator) = self.operator().filter(|_| self.key_is_known()) else { return Vec::new() };
        let identifier = policy_facts().endpoint_policy.identifier_key(&self.key.text);
        if let (Some(key), OperatorKind::Numeric(_)) = (identifier, operator.kind) {
            let span = self.operator_name.span;
            return vec![Vague { span, condition: self, kind: VagueKind::NumericIdentifier(key) }];
        }
        let kind = |letters: &[Letter]| {
            let wild = letters.iter().any(is_wildcard);
            match (identifier, operator.kind) {
                _ if !wild => None,
                (Some(key), _) if takes_wildcards(operator) => Some(VagueKind::Identifier(key)),
                (Some(key), OperatorKind::String | OperatorKind::StringIgnoreCase) => {
                    Some(VagueKind::IdentifierAsText(key))
                }
                (None, OperatorKind::StringLike) if !all_are_anchored(letters) => Some(VagueKind::FewLetters),
                _ => None,
            }
        };
        let vague = |value: &Value<'_>| {
            let kind = kind(&letters(value, stack)?)?;
            Some(Vague { span: value.span, condition: self, kind })
        };
        self.values.iter().filter_map(vague).collect()
    }
}

/// The letters of a value; `None` where a policy variable, or what may hold one, stands in it.
fn letters(value: &Value<'_>, stack: &Stack) -> Option<Vec<Letter>> {
    let letters = Spelling::of(value, stack)?.letters;
    (!letters.contains(&Letter::Known('$'))).then_some(letters)
}

fn takes_wildcards(operator: Operator) -> bool {
    matches!(operator.kind, OperatorKind::StringLike | OperatorKind::Arn)
}

pub(super) fn is_wildcard(letter: &Letter) -> bool {
    matches!(letter, Letter::Known('*' | '?'))
}

/// Whether enough letters stand before or behind each wildcard. What is not known may be long.
fn all_are_anchored(letters: &[Letter]) -> bool {
    let enough = |beside: &mut dyn Iterator<Item = &Letter>| {
        let mut count = 0;
        for letter in beside.take_while(|letter| !is_wildcard(letter)) {
            count += 1;
            if letter.hole().is_some() || count == BESIDE_WILDCARD {
                return true;
            }
        }
        false
    };
    letters.iter().enumerate().filter(|(_, letter)| is_wildcard(letter)).all(|(index, _)| {
        enough(&mut letters[..index].iter().rev()) || enough(&mut letters[index + 1..].iter())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_beside_a_wildcard() {
        let anchored = |text: &str| all_are_anchored(&Spelling::from(text).letters);
        for text in ["team-a/*", "*/team-a", "prefix*suffix", "home-of-*", "a*-of-the-team", "letters"] {
            assert!(anchored(text), "{text}");
        }
        for text in ["*", "home/*", "*home", "abcde*fghij", "team-a*b*c", "?", "team-a**"] {
            assert!(!anchored(text), "{text}");
        }
        let unknown = Spelling::symbol("Team").then("*".into());
        assert!(all_are_anchored(&unknown.letters));
    }
}
