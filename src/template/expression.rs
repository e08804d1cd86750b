//! A value as the template writes it: literals, collections and intrinsic functions as an enum.

use std::borrow::Cow;

use crate::text::Span;

/// A value in the template, with the place where it stands.
#[derive(Debug, Clone)]
pub struct Expression<'t> {
    /// The value without its tag: what a person would underline.
    pub span: Span,
    /// What it is.
    pub kind: ExpressionKind<'t>,
}

/// A name with its place: a logical id, a key, a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name<'t> {
    /// The text.
    pub text: Cow<'t, str>,
    /// Where it stands.
    pub span: Span,
}

/// A key with its value.
#[derive(Debug, Clone)]
pub struct Member<'t> {
    /// The key.
    pub key: Name<'t>,
    /// The value.
    pub value: Expression<'t>,
}

/// One stretch of the text of `Fn::Sub`.
#[derive(Debug, Clone)]
pub struct SubPart<'t> {
    /// Where it stands, `${` and `}` included.
    pub span: Span,
    /// What it is.
    pub kind: SubPartKind<'t>,
}

/// What a stretch of the text of `Fn::Sub` is.
#[derive(Debug, Clone)]
pub enum SubPartKind<'t> {
    /// Text as it stands; `${!Name}` is already `${Name}`.
    Literal(Cow<'t, str>),
    /// `${Name}`: a variable of the list form, a parameter, or the `Ref` of a resource.
    Variable(Cow<'t, str>),
    /// `${Resource.Attribute}`.
    Attribute(Cow<'t, str>, Cow<'t, str>),
}

/// Every form that a value can take, short and long spellings alike. The functions are described at
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>.
#[derive(Debug, Clone)]
pub enum ExpressionKind<'t> {
    /// Nothing behind the key, or `null`.
    Null,
    /// A scalar as CloudFormation sees it: text. `plain` tells `true` from `"true"`.
    Text {
        /// Decoded text.
        text: Cow<'t, str>,
        /// Written without quotes (YAML) or as a number, `true` or `false` (JSON).
        plain: bool,
    },
    /// A list.
    List(Vec<Expression<'t>>),
    /// A map that is no intrinsic function.
    Map(Vec<Member<'t>>),
    /// `Ref`.
    Ref(Name<'t>),
    /// `Fn::GetAtt`.
    GetAtt {
        /// The resource.
        resource: Name<'t>,
        /// The attribute, nearly always a text.
        attribute: Box<Expression<'t>>,
    },
    /// `Fn::Sub`, both forms.
    Sub {
        /// The text in pieces.
        parts: Vec<SubPart<'t>>,
        /// The variables of the list form.
        variables: Vec<Member<'t>>,
    },
    /// `Fn::Join`.
    Join {
        /// What stands between the items.
        delimiter: Cow<'t, str>,
        /// The items: a list or something that gives one.
        items: Box<Expression<'t>>,
    },
    /// `Fn::Select`.
    Select {
        /// Index from zero.
        index: Box<Expression<'t>>,
        /// A list or something that gives one.
        items: Box<Expression<'t>>,
    },
    /// `Fn::Split`.
    Split {
        /// Where to cut.
        delimiter: Cow<'t, str>,
        /// The text.
        text: Box<Expression<'t>>,
    },
    /// `Fn::FindInMap`.
    FindInMap {
        /// Name of the mapping, a text or (with the language extensions) a function.
        map: Box<Expression<'t>>,
        /// First key.
        first: Box<Expression<'t>>,
        /// Second key.
        second: Box<Expression<'t>>,
        /// `DefaultValue` of the language extensions.
        default: Option<Box<Expression<'t>>>,
    },
    /// `Fn::GetAZs` with its Region.
    GetAZs(Box<Expression<'t>>),
    /// `Fn::Cidr`.
    Cidr {
        /// The block to cut.
        block: Box<Expression<'t>>,
        /// How many.
        count: Box<Expression<'t>>,
        /// Host bits of each.
        bits: Option<Box<Expression<'t>>>,
    },
    /// `Fn::Base64`.
    Base64(Box<Expression<'t>>),
    /// `Fn::ImportValue`.
    ImportValue(Box<Expression<'t>>),
    /// `Fn::If`.
    If {
        /// Name of the condition.
        condition: Name<'t>,
        /// Value where it holds.
        then: Box<Expression<'t>>,
        /// Value where it does not.
        otherwise: Box<Expression<'t>>,
    },
    /// `Fn::And`.
    And(Vec<Expression<'t>>),
    /// `Fn::Or`.
    Or(Vec<Expression<'t>>),
    /// `Fn::Not`.
    Not(Box<Expression<'t>>),
    /// `Fn::Equals`.
    Equals(Box<Expression<'t>>, Box<Expression<'t>>),
    /// `Condition`: the truth of another condition.
    Condition(Name<'t>),
    /// `Fn::Contains` of the `Rules` section: whether a list holds a text.
    Contains(Box<Expression<'t>>, Box<Expression<'t>>),
    /// `Fn::Transform` inside a value: a macro writes it.
    Transform,
    /// `Fn::Length`.
    Length(Box<Expression<'t>>),
    /// `Fn::ToJsonString`.
    ToJsonString(Box<Expression<'t>>),
    /// A function that is not known here, with its name; its value is unknown, never an error.
    Other(Cow<'t, str>),
}

impl<'t> Expression<'t> {
    /// The literal text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            ExpressionKind::Text { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The literal text with its place, if it is one.
    pub(super) fn into_name(self) -> Option<Name<'t>> {
        match self.kind {
            ExpressionKind::Text { text, .. } => Some(Name { text, span: self.span }),
            _ => None,
        }
    }

    /// The members, if it is a map.
    pub fn members(&self) -> &[Member<'t>] {
        match &self.kind {
            ExpressionKind::Map(members) => members,
            _ => &[],
        }
    }

    /// The items, if it is a list.
    pub fn items(&self) -> &[Expression<'t>] {
        match &self.kind {
            ExpressionKind::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a key, if this is a map that has it; of a key that stands there twice, the last, as CloudFormation
    /// takes it.
    pub fn get(&self, key: &str) -> Option<&Expression<'t>> {
        self.members().iter().rev().find(|member| member.key.text == key).map(|member| &member.value)
    }

    /// Calls `visit` for this expression and everything inside it.
    pub fn walk<'e>(&'e self, visit: &mut dyn FnMut(&'e Expression<'t>)) {
        use ExpressionKind as K;
        visit(self);
        match &self.kind {
            K::Null | K::Text { .. } | K::Ref(_) | K::Condition(_) | K::Transform | K::Other(_) => {}
            K::List(items) | K::And(items) | K::Or(items) => items.iter().for_each(|item| item.walk(visit)),
            K::Map(members) | K::Sub { variables: members, .. } => {
                for member in members {
                    member.value.walk(visit);
                }
            }
            K::GetAtt { attribute: inner, .. }
            | K::Join { items: inner, .. }
            | K::Split { text: inner, .. }
            | K::GetAZs(inner)
            | K::Base64(inner)
            | K::ImportValue(inner)
            | K::Not(inner)
            | K::Length(inner)
            | K::ToJsonString(inner) => inner.walk(visit),
            K::Select { index: first, items: second }
            | K::Equals(first, second)
            | K::Contains(first, second)
            | K::If { then: first, otherwise: second, .. } => {
                first.walk(visit);
                second.walk(visit);
            }
            K::FindInMap { map, first, second, default } => {
                map.walk(visit);
                first.walk(visit);
                second.walk(visit);
                if let Some(default) = default {
                    default.walk(visit);
                }
            }
            K::Cidr { block, count, bits } => {
                block.walk(visit);
                count.walk(visit);
                if let Some(bits) = bits {
                    bits.walk(visit);
                }
            }
        }
    }
}
