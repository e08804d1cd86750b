//! Whether a condition holds for a request.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::cmp::Ordering;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::scenario::Value;

use super::document::Condition;
use super::operator::{Operator, OperatorKind as K, Quantifier};
use super::request::{Context, Request};
use super::spelling::{Letter, Spelling};
use super::stack::Stack;
use super::truth::{agree, all, any, not};
use super::variable::{Reading, Replaced, Variables};
use super::{arn, date, pattern};

/// Whether a condition holds; `None` where that is not known.
pub(super) fn holds(
    condition: &Condition<'_>,
    request: &Request,
    variables: Variables<'_>,
    stack: &Stack,
) -> Option<bool> {
    let operator = condition.operator()?;
    let test = Test { operator, condition, variables, stack };
    if !condition.key_is_known() {
        return None;
    }
    match request.context(&condition.key.text) {
        Context::Absent => test.absent(),
        Context::Present(values) => test.present(values),
        Context::Perhaps(values) => agree(test.absent(), test.present(values)),
        Context::Unknown => test.unknown(),
    }
}

struct Test<'c, 't> {
    operator: Operator,
    condition: &'c Condition<'t>,
    variables: Variables<'c>,
    stack: &'c Stack,
}

impl Test<'_, '_> {
    /// For a request without the key.
    fn absent(&self) -> Option<bool> {
        let Operator { kind, negated, if_exists, quantifier } = self.operator;
        match quantifier {
            _ if if_exists => Some(true),
            _ if kind == K::Null => self.null(true),
            // The text of AWS says true, its table for `StringNotLike` says false.
            Some(Quantifier::All) if negated => None,
            Some(Quantifier::All) => Some(true),
            Some(Quantifier::Any) => Some(false),
            None => Some(negated),
        }
    }

    /// For a request of which nothing is known.
    fn unknown(&self) -> Option<bool> {
        // Every text matches `*`; a request without the key is then all that matters.
        let anything = self.operator.kind == K::StringLike
            && !self.operator.negated
            && self.operator.quantifier.is_none()
            && self.condition.values.iter().any(|value| value.text() == Some("*"));
        if anything { agree(self.absent(), Some(true)) } else { None }
    }

    fn null(&self, absent: bool) -> Option<bool> {
        let wanted = |value: &Value<'_>| match value.text() {
            Some(text) if text.eq_ignore_ascii_case("true") => Some(absent),
            Some(text) if text.eq_ignore_ascii_case("false") => Some(!absent),
            _ => None,
        };
        self.one_of(self.condition.values.iter().map(wanted))
    }

    /// For a request with these values.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
    fn present(&self, values: &[Spelling]) -> Option<bool> {
        let empty = all(values.iter().map(is_empty));
        if self.operator.kind == K::Null {
            // A key without a value counts as absent.
            return self.null(empty?);
        }
        match (self.operator.quantifier, values) {
            (Some(Quantifier::All), _) if empty == Some(true) => self.absent(),
            (Some(Quantifier::All), _) if empty.is_none() => {
                let filled = all(values.iter().map(|value| self.value(value)));
                filled.filter(|_| filled == self.absent())
            }
            (Some(Quantifier::All), _) => all(values.iter().map(|value| self.value(value))),
            (Some(Quantifier::Any), _) => any(values.iter().map(|value| self.value(value))),
            (None, [value]) => self.value(value),
            // Several values need a quantifier; what AWS does without is not said.
            (None, _) => None,
        }
    }

    /// For one value of the request. A negated operator holds where none of the condition's values matches.
    fn value(&self, value: &Spelling) -> Option<bool> {
        let matched = self.one_of(self.condition.values.iter().map(|written| self.matches(written, value)));
        if self.operator.negated { not(matched) } else { matched }
    }

    /// Whether one of the condition's values fits. What an empty list means is not said.
    fn one_of(&self, truths: impl Iterator<Item = Option<bool>>) -> Option<bool> {
        let complete = self.condition.complete && !self.condition.values.is_empty();
        any(truths.chain((!complete).then_some(None)))
    }

    fn matches(&self, written: &Value<'_>, value: &Spelling) -> Option<bool> {
        let kind = self.operator.kind;
        if !matches!(kind, K::String | K::StringIgnoreCase | K::StringLike | K::Arn) {
            // Whether variables work here is said differently in different places.
            return compare(kind, written.text().filter(|text| !text.contains("${"))?, &value.known()?);
        }
        let wildcards = matches!(kind, K::StringLike | K::Arn);
        let fold = kind == K::StringIgnoreCase;
        let reading = Reading { wildcards, variables: self.variables, fold, behind_fifth_colon: false };
        let Replaced::Pattern(pattern) = reading.replace(written, self.stack) else { return Some(false) };
        let folded;
        let letters: &[Letter] = if fold {
            folded = value.folded();
            &folded.letters
        } else {
            &value.letters
        };
        match kind {
            K::Arn => arn::is_like(&pattern, letters),
            K::StringLike => pattern::matches(&pattern, letters),
            _ => pattern::same(&pattern, letters),
        }
    }
}

/// Whether a value is no text at all, as a parameter may be. Others are not asked for where they are none.
fn is_empty(value: &Spelling) -> Option<bool> {
    if value.letters.iter().any(|letter| letter.hole().is_none_or(|hole| !hole.is_given())) {
        return Some(false);
    }
    value.letters.is_empty().then_some(true)
}

/// Compares values that are neither texts nor ARNs; `None` where one of them is not of the kind.
fn compare(kind: K, written: &str, value: &str) -> Option<bool> {
    match kind {
        K::Numeric(order) => numbers(written, value).map(|ordering| order.holds(ordering)),
        K::Date(order) => Some(order.holds(date::parse(value)?.cmp(&date::parse(written)?))),
        K::Bool => Some(boolean(written)? == boolean(value)?),
        K::Binary => binary(written, value),
        K::IpAddress => address(written, value),
        K::String | K::StringIgnoreCase | K::StringLike | K::Arn | K::Null => None,
    }
}

/// How the number of the request lies to that of the policy.
fn numbers(written: &str, value: &str) -> Option<Ordering> {
    let number = |text: &str| {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let decimal = digits.starts_with(|it: char| it.is_ascii_digit())
            && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        decimal.then(|| text.parse::<f64>().ok()).flatten()
    };
    let ordering = number(value.trim())?.partial_cmp(&number(written.trim())?)?;
    // Long numbers may differ in digits that are lost here.
    let exact =
        ordering != Ordering::Equal || written.trim() == value.trim() || written.len().max(value.len()) < 15;
    exact.then_some(ordering)
}

fn boolean(text: &str) -> Option<bool> {
    [("true", true), ("false", false)]
        .into_iter()
        .find(|(word, _)| text.eq_ignore_ascii_case(word))
        .map(|it| it.1)
}

/// Whether two values in base64 are the same. Each value has one spelling if its padding is right.
fn binary(written: &str, value: &str) -> Option<bool> {
    let well_formed = |text: &str| {
        let digits = text.trim_end_matches('=');
        text.len().is_multiple_of(4)
            && text.len() - digits.len() <= 2
            && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
            && match text.len() - digits.len() {
                1 => digits.ends_with(|it: char| "AEIMQUYcgkosw048".contains(it)),
                2 => digits.ends_with(|it: char| "AQgw".contains(it)),
                _ => true,
            }
    };
    (written == value || (well_formed(written) && well_formed(value))).then(|| written == value)
}

/// Whether an address, or a range, lies in a range.
fn address(written: &str, value: &str) -> Option<bool> {
    let range = |text: &str| {
        let text = text.trim();
        text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
    };
    let (written, value) = (range(written)?, range(value)?);
    if written.contains(&value) {
        return Some(true);
    }
    // A range that holds the other is in part inside it.
    if value.contains(&written) { None } else { Some(false) }
}

impl Condition<'_> {
    /// The operator; `None` if there is none with this name.
    pub fn operator(&self) -> Option<Operator> {
        Operator::from_name(&self.operator_name.text)
    }
}
