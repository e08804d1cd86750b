//! A value as the template writes it: literals, collections and intrinsic functions as an enum.

use std::borrow::Cow;

use super::Template;
use crate::syntax::Tree;
use crate::text::Span;

/// A value in the template, with the place where it stands.
#[derive(Debug, Default, Clone)]
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

/// Index of an expression that a function takes, in its [`Template`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpressionId(u32);

/// Where a [`Template`] keeps the items of a list.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Items {
    run: Run,
    has_functions: bool,
}

/// Where a [`Template`] keeps the members of a map.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Members {
    run: Run,
    has_functions: bool,
}

/// Where a [`Template`] keeps the stretches of a text of `Fn::Sub`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct SubParts(Run);

impl Items {
    pub(super) fn len(self) -> usize {
        (self.run.end - self.run.start) as usize
    }

    /// The item at `index`, one of [`Items::len`].
    pub(super) fn id(self, index: u32) -> ExpressionId {
        ExpressionId(self.run.start + index)
    }

    pub(super) fn with_functions(self, has_functions: bool) -> Self {
        Self { has_functions, ..self }
    }
}

impl Members {
    pub(super) fn with_functions(self, has_functions: bool) -> Self {
        Self { has_functions, ..self }
    }
}

/// A part of a list of values.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Run {
    start: u32,
    end: u32,
}

impl Run {
    fn since<T>(count: usize, values: &[T]) -> Self {
        Self { start: count as u32, end: values.len() as u32 }
    }

    fn of<T>(self, values: &[T]) -> &[T] {
        &values[self.start as usize..self.end as usize]
    }
}

/// All expressions below those that a template names itself, those of one list, map or function side by side.
#[derive(Debug, Default)]
pub(super) struct Store<'t> {
    expressions: Vec<Expression<'t>>,
    pub(super) members: Vec<Member<'t>>,
    pub(super) parts: Vec<SubPart<'t>>,
}

impl<'t> Store<'t> {
    /// One for a tree.
    pub(super) fn for_tree(tree: &Tree<'_>) -> Self {
        let (items, members) = tree.children();
        // As it is in templates: few grow beyond that.
        Self {
            expressions: Vec::with_capacity(items + tree.len() / 12),
            members: Vec::with_capacity(members),
            parts: Vec::with_capacity(tree.len() / 24),
        }
    }

    pub(super) fn add(&mut self, expression: Expression<'t>) -> ExpressionId {
        self.expressions.push(expression);
        ExpressionId(self.expressions.len() as u32 - 1)
    }

    /// Makes room for the items of a list, which are nothing until [`Store::put`] puts them there.
    pub(super) fn room_for_items(&mut self, count: usize) -> Items {
        let first = self.expressions.len();
        self.expressions.resize_with(first + count, Expression::default);
        Items { run: Run::since(first, &self.expressions), has_functions: false }
    }

    /// Puts an item where there is room for it.
    pub(super) fn put(&mut self, id: ExpressionId, item: Expression<'t>) {
        self.expressions[id.0 as usize] = item;
    }

    /// The same with the value of a member.
    pub(super) fn put_value(&mut self, members: Members, index: usize, value: Expression<'t>) {
        self.members[members.run.start as usize + index].value = value;
    }

    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.expressions.len() + self.members.len() + self.parts.len()
    }

    /// The items of a list.
    pub(super) fn items_of(&self, items: Items) -> &[Expression<'t>] {
        items.run.of(&self.expressions)
    }

    /// The members of a map.
    pub(super) fn members_of(&self, members: Members) -> &[Member<'t>] {
        members.run.of(&self.members)
    }

    /// Adds the items of a list.
    pub(super) fn add_items(&mut self, items: Vec<Expression<'t>>) -> Items {
        let (first, has_functions) = (self.expressions.len(), items.iter().any(Expression::has_functions));
        self.expressions.extend(items);
        Items { run: Run::since(first, &self.expressions), has_functions }
    }

    /// Adds the members of a map.
    pub(super) fn add_members(&mut self, members: Vec<Member<'t>>) -> Members {
        let first = self.members.len();
        let has_functions = members.iter().any(|member| member.value.has_functions());
        self.members.extend(members);
        Members { run: Run::since(first, &self.members), has_functions }
    }

    /// Those that were pushed since there were so many.
    pub(super) fn members_since(&self, count: usize) -> Members {
        Members { run: Run::since(count, &self.members), has_functions: false }
    }

    /// The same.
    pub(super) fn parts_since(&self, count: usize) -> SubParts {
        SubParts(Run::since(count, &self.parts))
    }
}

/// Every form that a value can take, short and long spellings alike. The functions are described at
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>.
#[derive(Debug, Default, Clone)]
pub enum ExpressionKind<'t> {
    /// Nothing behind the key, or `null`.
    #[default]
    Null,
    /// A scalar as CloudFormation sees it: text. `plain` tells `true` from `"true"`.
    Text {
        /// Decoded text.
        text: Cow<'t, str>,
        /// Written without quotes (YAML) or as a number, `true` or `false` (JSON).
        plain: bool,
    },
    /// A list.
    List(Items),
    /// A map that is no intrinsic function.
    Map(Members),
    /// `Ref`.
    Ref(Name<'t>),
    /// `Fn::GetAtt`.
    GetAtt {
        /// The resource.
        resource: Name<'t>,
        /// The attribute, nearly always a text.
        attribute: ExpressionId,
    },
    /// `Fn::Sub`, both forms.
    Sub {
        /// The text in pieces.
        parts: SubParts,
        /// The variables of the list form.
        variables: Members,
    },
    /// `Fn::Join`.
    Join {
        /// What stands between the items.
        delimiter: Cow<'t, str>,
        /// The items: a list or something that gives one.
        items: ExpressionId,
    },
    /// `Fn::Select`.
    Select {
        /// Index from zero.
        index: ExpressionId,
        /// A list or something that gives one.
        items: ExpressionId,
    },
    /// `Fn::Split`.
    Split {
        /// Where to cut.
        delimiter: Cow<'t, str>,
        /// The text.
        text: ExpressionId,
    },
    /// `Fn::FindInMap`.
    FindInMap {
        /// Name of the mapping, a text or (with the language extensions) a function.
        map: ExpressionId,
        /// First key.
        first: ExpressionId,
        /// Second key.
        second: ExpressionId,
        /// `DefaultValue` of the language extensions.
        default: Option<ExpressionId>,
    },
    /// `Fn::GetAZs` with its Region.
    GetAZs(ExpressionId),
    /// `Fn::Cidr`.
    Cidr {
        /// The block to cut.
        block: ExpressionId,
        /// How many.
        count: ExpressionId,
        /// Host bits of each.
        bits: Option<ExpressionId>,
    },
    /// `Fn::Base64`.
    Base64(ExpressionId),
    /// `Fn::ImportValue`.
    ImportValue(ExpressionId),
    /// `Fn::If`.
    If {
        /// Name of the condition.
        condition: Name<'t>,
        /// Value where it holds.
        then: ExpressionId,
        /// Value where it does not.
        otherwise: ExpressionId,
    },
    /// `Fn::And`.
    And(Items),
    /// `Fn::Or`.
    Or(Items),
    /// `Fn::Not`.
    Not(ExpressionId),
    /// `Fn::Equals`.
    Equals(ExpressionId, ExpressionId),
    /// `Condition`: the truth of another condition.
    Condition(Name<'t>),
    /// `Fn::Contains` of the `Rules` section: whether a list holds a text.
    Contains(ExpressionId, ExpressionId),
    /// `Fn::Transform` inside a value: a macro writes it.
    Transform,
    /// `Fn::Length`.
    Length(ExpressionId),
    /// `Fn::ToJsonString`.
    ToJsonString(ExpressionId),
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
    pub(super) fn name(&self) -> Option<Name<'t>> {
        match &self.kind {
            ExpressionKind::Text { text, .. } => Some(Name { text: text.clone(), span: self.span }),
            _ => None,
        }
    }

    /// The members, if it is a map.
    pub fn members<'e>(&self, template: &'e Template<'t>) -> &'e [Member<'t>] {
        match self.kind {
            ExpressionKind::Map(members) => template.members(members),
            _ => &[],
        }
    }

    /// The items, if it is a list.
    pub fn items<'e>(&self, template: &'e Template<'t>) -> &'e [Expression<'t>] {
        match self.kind {
            ExpressionKind::List(items) => template.items(items),
            _ => &[],
        }
    }

    /// The value of a key, if this is a map that has it.
    pub fn get<'e>(&self, template: &'e Template<'t>, key: &str) -> Option<&'e Expression<'t>> {
        match self.kind {
            ExpressionKind::Map(members) => template.value_of(members, key),
            _ => None,
        }
    }

    /// Whether it is a function or holds one.
    #[inline]
    fn has_functions(&self) -> bool {
        match self.kind {
            ExpressionKind::Null | ExpressionKind::Text { .. } => false,
            ExpressionKind::List(items) => items.has_functions,
            ExpressionKind::Map(members) => members.has_functions,
            _ => true,
        }
    }

    /// Calls `visit` for every function in this expression, for each before those that it takes.
    #[inline]
    pub fn walk<'e>(&'e self, template: &'e Template<'t>, visit: &mut dyn FnMut(&'e Expression<'t>)) {
        if self.has_functions() {
            self.walk_functions(template, visit);
        }
    }

    fn walk_functions<'e>(&'e self, template: &'e Template<'t>, visit: &mut dyn FnMut(&'e Expression<'t>)) {
        use ExpressionKind as K;
        if !matches!(self.kind, K::List(_) | K::Map(_)) {
            visit(self);
        }
        let mut inside = |id: ExpressionId| template.expression(id).walk(template, visit);
        match self.kind {
            K::Null | K::Text { .. } | K::Ref(_) | K::Condition(_) | K::Transform | K::Other(_) => {}
            K::List(items) | K::And(items) | K::Or(items) => {
                template.items(items).iter().for_each(|item| item.walk(template, visit));
            }
            K::Map(members) | K::Sub { variables: members, .. } => {
                template.members(members).iter().for_each(|member| member.value.walk(template, visit));
            }
            K::GetAtt { attribute: inner, .. }
            | K::Join { items: inner, .. }
            | K::Split { text: inner, .. }
            | K::GetAZs(inner)
            | K::Base64(inner)
            | K::ImportValue(inner)
            | K::Not(inner)
            | K::Length(inner)
            | K::ToJsonString(inner) => inside(inner),
            K::Select { index: first, items: second }
            | K::Equals(first, second)
            | K::Contains(first, second)
            | K::If { then: first, otherwise: second, .. } => {
                inside(first);
                inside(second);
            }
            K::FindInMap { map, first, second, default } => {
                [Some(map), Some(first), Some(second), default].into_iter().flatten().for_each(inside);
            }
            K::Cidr { block, count, bits } => {
                [Some(block), Some(count), bits].into_iter().flatten().for_each(inside);
            }
        }
    }
}

impl<'t> Template<'t> {
    /// An expression that a function takes.
    ///
    /// # Panics
    /// Where the id belongs to another template, as those below.
    pub fn expression(&self, id: ExpressionId) -> &Expression<'t> {
        &self.store.expressions[id.0 as usize]
    }

    /// The items of a list.
    pub fn items(&self, items: Items) -> &[Expression<'t>] {
        self.store.items_of(items)
    }

    /// The members of a map.
    pub fn members(&self, members: Members) -> &[Member<'t>] {
        self.store.members_of(members)
    }

    /// The value of a key among the members of a map; of a key that stands there twice, the last, as CloudFormation takes it.
    pub(super) fn value_of(&self, members: Members, key: &str) -> Option<&Expression<'t>> {
        self.members(members).iter().rev().find(|member| member.key.text == key).map(|member| &member.value)
    }

    /// The stretches of a text of `Fn::Sub`.
    pub fn parts(&self, parts: SubParts) -> &[SubPart<'t>] {
        parts.0.of(&self.store.parts)
    }
}
