//! Condition operators by their names.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

/// A condition operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    /// What it compares.
    pub kind: OperatorKind,
    /// Whether it holds where the values do not match.
    pub negated: bool,
    /// `...IfExists`: whether it holds for a request without the key.
    pub if_exists: bool,
    /// `ForAllValues:` or `ForAnyValue:`.
    pub quantifier: Option<Quantifier>,
}

/// What an operator compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorKind {
    /// `StringEquals`.
    String,
    /// `StringEqualsIgnoreCase`.
    StringIgnoreCase,
    /// `StringLike`.
    StringLike,
    /// `Numeric...`.
    Numeric(Order),
    /// `Date...`.
    Date(Order),
    /// `Bool`.
    Bool,
    /// `BinaryEquals`.
    Binary,
    /// `IpAddress`.
    IpAddress,
    /// `ArnEquals` and `ArnLike`, which are one.
    Arn,
    /// `Null`.
    Null,
}

/// How the value of the request must lie to that of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The same.
    Equal,
    /// `...LessThan`.
    Less,
    /// `...LessThanEquals`.
    LessOrEqual,
    /// `...GreaterThan`.
    Greater,
    /// `...GreaterThanEquals`.
    GreaterOrEqual,
}

/// How many values of the request must match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// All of them.
    All,
    /// One at least.
    Any,
}

use OperatorKind as K;

/// Every operator without what may stand before and behind it, and whether it is negated.
const NAMES: &[(&str, OperatorKind, bool)] = &[
    ("ArnEquals", K::Arn, false),
    ("ArnLike", K::Arn, false),
    ("ArnNotEquals", K::Arn, true),
    ("ArnNotLike", K::Arn, true),
    ("BinaryEquals", K::Binary, false),
    ("Bool", K::Bool, false),
    ("DateEquals", K::Date(Order::Equal), false),
    ("DateGreaterThan", K::Date(Order::Greater), false),
    ("DateGreaterThanEquals", K::Date(Order::GreaterOrEqual), false),
    ("DateLessThan", K::Date(Order::Less), false),
    ("DateLessThanEquals", K::Date(Order::LessOrEqual), false),
    ("DateNotEquals", K::Date(Order::Equal), true),
    ("IpAddress", K::IpAddress, false),
    ("NotIpAddress", K::IpAddress, true),
    ("Null", K::Null, false),
    ("NumericEquals", K::Numeric(Order::Equal), false),
    ("NumericGreaterThan", K::Numeric(Order::Greater), false),
    ("NumericGreaterThanEquals", K::Numeric(Order::GreaterOrEqual), false),
    ("NumericLessThan", K::Numeric(Order::Less), false),
    ("NumericLessThanEquals", K::Numeric(Order::LessOrEqual), false),
    ("NumericNotEquals", K::Numeric(Order::Equal), true),
    ("StringEquals", K::String, false),
    ("StringEqualsIgnoreCase", K::StringIgnoreCase, false),
    ("StringLike", K::StringLike, false),
    ("StringNotEquals", K::String, true),
    ("StringNotEqualsIgnoreCase", K::StringIgnoreCase, true),
    ("StringNotLike", K::StringLike, true),
];

impl Operator {
    /// The operator with this name; case matters. `Null` takes nothing before it and nothing behind it.
    pub fn from_name(name: &str) -> Option<Self> {
        let (quantifier, rest) = match name.split_once(':') {
            None => (None, name),
            Some(("ForAllValues", rest)) => (Some(Quantifier::All), rest),
            Some(("ForAnyValue", rest)) => (Some(Quantifier::Any), rest),
            Some(_) => return None,
        };
        let (base, if_exists) = match rest.strip_suffix("IfExists") {
            Some(base) => (base, true),
            None => (rest, false),
        };
        let &(_, kind, negated) = NAMES.iter().find(|(name, ..)| *name == base)?;
        let plain = quantifier.is_none() && !if_exists;
        (plain || kind != K::Null).then_some(Self { kind, negated, if_exists, quantifier })
    }

    /// The names of all operators without what may stand before and behind them, sorted.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, ..)| *name)
    }
}

impl Order {
    /// Whether it holds where the request's value compares so to the policy's.
    pub(super) fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}
