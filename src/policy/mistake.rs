//! What AWS refuses in a policy, each with its place.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use std::borrow::Cow;

use crate::template::Name;
use crate::text::Span;

/// Why something is no policy at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// Where.
    pub span: Span,
    /// Why; lower case, no full stop.
    pub message: Cow<'static, str>,
}

/// Something that AWS refuses in a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake<'t> {
    /// Where; for what is missing, the whole in which it is missing.
    pub span: Span,
    /// The statement in which it is, as an index.
    pub statement: Option<usize>,
    /// What.
    pub kind: MistakeKind<'t>,
}

/// The kinds of mistake. Names of elements are taken as AWS spells them: case matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MistakeKind<'t> {
    /// `Version` is none that there is.
    WrongVersion,
    /// There is no `Statement`.
    MissingStatement,
    /// An element that policies or statements do not have.
    UnknownElement(Name<'t>),
    /// A key stands there twice.
    Repeated {
        /// The first.
        first: Span,
    },
    /// Two statements have one `Sid`.
    DuplicateSid {
        /// The first.
        first: Span,
    },
    /// A statement lacks this element (or its `Not` form).
    Missing(Element),
    /// An element and its `Not` form in one statement.
    Both {
        /// Which.
        element: Element,
        /// The first.
        first: Span,
    },
    /// `Effect` is neither `Allow` nor `Deny`.
    WrongEffect,
    /// A bare principal that is not `*`.
    BarePrincipal,
    /// A kind of principal that there is not.
    UnknownPrincipalKind(Name<'t>),
    /// A condition operator that there is not.
    UnknownOperator(Name<'t>),
    /// A value of another type than this element takes.
    WrongType(Expected),
}

/// Elements that a statement must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// `Effect`.
    Effect,
    /// `Principal` or `NotPrincipal`.
    Principal,
    /// `Action` or `NotAction`.
    Action,
    /// `Resource` or `NotResource`.
    Resource,
}

/// What an element takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// A text.
    Text,
    /// A text or a list of texts.
    Texts,
    /// A map.
    Map,
    /// `*` or a map.
    StarOrMap,
}
