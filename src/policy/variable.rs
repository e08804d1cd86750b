//! From the value of a policy to a pattern: policy variables give way to what the request carries.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use crate::scenario::Value;

use super::pattern::Token;
use super::request::{Context, Request};
use super::spelling::{Letter, Spelling};
use super::stack::Stack;

/// What policy variables mean in a policy.
#[derive(Clone, Copy)]
pub(super) enum Variables<'r> {
    /// What the request carries.
    Of(&'r Request),
    /// Nothing: before version 2012-10-17 they are text like any other.
    Text,
    /// Whether they are variables is not known.
    Unknown,
}

/// What stands in a value once its variables are replaced.
pub(super) enum Replaced {
    /// This.
    Pattern(Vec<Token>),
    /// A variable has no value: nothing is equal to this value or like it.
    Nothing,
}

/// How the values of an element are read.
#[derive(Clone, Copy)]
pub(super) struct Reading<'r> {
    /// Whether `*` and `?` are wildcards.
    pub(super) wildcards: bool,
    /// What variables mean.
    pub(super) variables: Variables<'r>,
    /// Whether case does not matter.
    pub(super) fold: bool,
    /// Whether variables are for the last part of an ARN only: behind the fifth colon.
    pub(super) behind_fifth_colon: bool,
}

impl Reading<'_> {
    /// Reads a value. What is neither text nor anything that stands for one is a hole.
    pub(super) fn replace(self, value: &Value<'_>, stack: &Stack) -> Replaced {
        let spelling = Spelling::of(value, stack).unwrap_or_else(Spelling::unknown);
        if !spelling.letters.contains(&Letter::Known('$')) {
            return Replaced::Pattern(
                spelling.letters.into_iter().map(|letter| self.written(letter)).collect(),
            );
        }
        let mut tokens = Vec::with_capacity(spelling.letters.len());
        let mut letters = spelling.letters.as_slice();
        let mut colons = 0;
        while let Some((letter, rest)) = letters.split_first() {
            if *letter == Letter::Known('$') && rest.first() == Some(&Letter::Known('{')) {
                let usable = !self.behind_fifth_colon || colons >= 5;
                match self.variable(&rest[1..], usable) {
                    Some(Variable { value: Some(value), length }) => {
                        tokens.extend(value.letters.into_iter().map(|letter| self.token(letter)));
                        letters = &rest[1 + length..];
                        continue;
                    }
                    Some(Variable { value: None, .. }) => return Replaced::Nothing,
                    None => {}
                }
            }
            letters = rest;
            colons += usize::from(*letter == Letter::Known(':'));
            tokens.push(self.written(letter.clone()));
        }
        Replaced::Pattern(tokens)
    }

    /// What a letter of the value itself stands for.
    fn written(self, letter: Letter) -> Token {
        match letter {
            Letter::Known('*') if self.wildcards => Token::Many,
            Letter::Known('?') if self.wildcards => Token::One,
            letter => self.token(letter),
        }
    }

    fn token(self, letter: Letter) -> Token {
        Token::Letter(match letter {
            Letter::Known(letter) if self.fold => Letter::Known(letter.to_ascii_lowercase()),
            letter => letter,
        })
    }

    /// The variable whose text follows; `None` where there are no variables.
    fn variable(self, letters: &[Letter], usable: bool) -> Option<Variable> {
        let unknown = |length| Some(Variable { value: Some(Spelling::unknown()), length });
        let request = match self.variables {
            Variables::Text => return None,
            Variables::Unknown => None,
            Variables::Of(request) => Some(request),
        };
        let Some(end) = letters.iter().position(|letter| *letter == Letter::Known('}')) else {
            return unknown(letters.len());
        };
        let length = end + 1;
        let inside = Spelling { letters: letters[..end].to_vec() };
        let (Some(request), Some(inside)) = (request, inside.known()) else { return unknown(length) };
        if let "*" | "?" | "$" = inside.as_str() {
            return Some(Variable { value: Some(Spelling::from(inside)), length });
        }
        let (key, default) = match inside.split_once(',') {
            None => (inside.as_str(), None),
            Some((key, default)) => {
                let default = default.trim().strip_prefix('\'').and_then(|it| it.strip_suffix('\''));
                let Some(default) = default else { return unknown(length) };
                (key, Some(Spelling::from(default)))
            }
        };
        // Each key has a prefix.
        if !usable || !key.contains(':') {
            return unknown(length);
        }
        let value = match request.context(key.trim()) {
            Context::Absent => default,
            Context::Present(values) => match values.as_slice() {
                [value] => Some(value.clone()),
                // A key with several values is no variable.
                _ => Some(Spelling::unknown()),
            },
            Context::Perhaps(_) | Context::Unknown => Some(Spelling::unknown()),
        };
        Some(Variable { value, length })
    }
}

/// A variable.
struct Variable {
    /// Its value; `None` if it has none.
    value: Option<Spelling>,
    /// How many letters it is written with, behind `${`.
    length: usize,
}
