//! A value inside one scenario, and what is known about two values being the same.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::rc::Rc;

use crate::template::{Name, ResourceId};
use crate::text::Span;

/// A value with the place where the template writes it (the use, not the definition of a parameter).
#[derive(Debug, Clone)]
pub struct Value<'t> {
    /// The place.
    pub span: Span,
    /// What is known.
    pub data: Data<'t>,
}

/// What is known of a value.
#[derive(Debug, Clone)]
pub enum Data<'t> {
    /// Text; numbers and booleans are text, as for CloudFormation.
    Text(Cow<'t, str>),
    /// A list of known length.
    List(Vec<Value<'t>>),
    /// A map with known keys.
    Map(Vec<Field<'t>>),
    /// `Ref` or (with an attribute) `GetAtt` of a resource of this template.
    Reference(Reference<'t>),
    /// Equal to itself; nothing else is known.
    Symbol(Symbol<'t>),
    /// Text of which some stretches are not known.
    Pieces(Vec<Piece<'t>>),
    /// Nothing is known.
    Unknown(Unknown),
}

/// A key with its value.
#[derive(Debug, Clone)]
pub struct Field<'t> {
    /// The key.
    pub key: Name<'t>,
    /// The value.
    pub value: Value<'t>,
}

/// `Ref` or `GetAtt` of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference<'t> {
    /// The resource.
    pub resource: ResourceId,
    /// The attribute of `GetAtt`, absent for `Ref`.
    pub attribute: Option<Cow<'t, str>>,
}

/// Something outside the template: a parameter without value, an import, what a list of unknown length holds.
#[derive(Debug, Clone)]
pub struct Symbol<'t> {
    /// Canonical spelling; two symbols with equal keys are equal.
    pub key: Cow<'t, str>,
    /// Whether it is a list of unknown length.
    pub list: bool,
    /// Texts that it is known not to be.
    pub excluded: Rc<[String]>,
}

/// One stretch of a text.
#[derive(Debug, Clone)]
pub struct Piece<'t> {
    /// Its place.
    pub span: Span,
    /// [`Data::Text`], [`Data::Reference`], [`Data::Symbol`] or [`Data::Unknown`].
    pub data: Data<'t>,
}

/// Why nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// A macro writes it.
    Macro,
    /// A function that is not known here, or is malformed.
    Function,
    /// It names something that the template does not have.
    Dangling,
    /// `null`, which CloudFormation refuses.
    Null,
}

thread_local! {
    static NO_TEXTS: Rc<[String]> = Rc::new([]);
}

/// No texts. Symbols are made by the thousand, and of nearly all no text is known that they are not: they share this.
pub(crate) fn no_texts() -> Rc<[String]> {
    NO_TEXTS.with(Rc::clone)
}

impl<'t> Symbol<'t> {
    /// A symbol of which nothing is known but its key.
    pub fn new(key: impl Into<Cow<'t, str>>, list: bool) -> Self {
        Self { key: key.into(), list, excluded: no_texts() }
    }
}

impl<'t> Value<'t> {
    /// The text, if it is known whole.
    pub fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A boolean as CloudFormation takes it: `true`, `"true"`, and the YAML 1.1 words.
    pub fn boolean(&self) -> Option<bool> {
        let text = self.text()?;
        let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
        if is(&["true", "yes", "on"]) {
            Some(true)
        } else if is(&["false", "no", "off"]) {
            Some(false)
        } else {
            None
        }
    }

    /// A whole number as CloudFormation takes it: `443` or `"443"`.
    pub fn integer(&self) -> Option<i64> {
        self.text()?.trim().parse().ok()
    }

    /// The value of a key; `None` if it is absent or this is no known map.
    pub fn get(&self, key: &str) -> Option<&Value<'t>> {
        self.fields().iter().rev().find(|field| field.key.text == key).map(|field| &field.value)
    }

    /// The value behind several keys.
    pub fn at(&self, path: &[&str]) -> Option<&Value<'t>> {
        path.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The fields of a known map.
    pub fn fields(&self) -> &[Field<'t>] {
        match &self.data {
            Data::Map(fields) => fields,
            _ => &[],
        }
    }

    /// The items where a list is expected: CloudFormation takes one item for a list of one. `None` if
    /// the length is not known.
    pub fn items(&self) -> Option<&[Value<'t>]> {
        match &self.data {
            Data::List(items) => Some(items),
            Data::Symbol(symbol) if symbol.list => None,
            Data::Unknown(_) => None,
            _ => Some(std::slice::from_ref(self)),
        }
    }

    /// Whether nothing is known of it, not even that it equals itself.
    pub fn is_unknown(&self) -> bool {
        matches!(self.data, Data::Unknown(_))
    }

    /// The canonical spelling of a scalar value: equal spellings are equal values. `None` for lists, maps and
    /// values of which nothing is known.
    pub fn canonical(&self) -> Option<Cow<'_, str>> {
        if let Data::Text(text) = &self.data {
            return Some(Cow::Borrowed(text));
        }
        let mut spelling = String::new();
        self.data.spell(&mut spelling)?;
        Some(Cow::Owned(spelling))
    }
}

impl Data<'_> {
    /// Adds the canonical spelling to a text; `None` where there is none.
    pub(super) fn spell(&self, text: &mut String) -> Option<()> {
        match self {
            Self::Text(known) => text.push_str(known),
            Self::Reference(reference) => reference.spell(text),
            Self::Symbol(symbol) => {
                text.reserve(symbol.key.len() + 2);
                text.push('<');
                text.push_str(&symbol.key);
                text.push('>');
            }
            Self::Pieces(pieces) => return pieces.iter().try_for_each(|piece| piece.data.spell(text)),
            Self::List(_) | Self::Map(_) | Self::Unknown(_) => return None,
        }
        Some(())
    }

    /// Whether the canonical spellings are there and equal, without spelling them.
    fn is_spelled_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Reference(one), Self::Reference(other)) => {
                one.resource == other.resource && one.attribute == other.attribute
            }
            (Self::Symbol(one), Self::Symbol(other)) => one.key == other.key,
            (Self::Pieces(one), Self::Pieces(other)) => {
                let mut pairs = one.iter().zip(other);
                one.len() == other.len() && pairs.all(|(one, other)| one.data.is_spelled_like(&other.data))
            }
            _ => false,
        }
    }
}

impl Reference<'_> {
    /// Canonical spelling.
    pub fn key(&self) -> String {
        let mut key = String::new();
        self.spell(&mut key);
        key
    }

    fn spell(&self, text: &mut String) {
        let _ = write!(text, "<resource {}", self.resource.0);
        if let Some(attribute) = &self.attribute {
            text.push('.');
            text.push_str(attribute);
        }
        text.push('>');
    }
}

/// Whether two scalar values are equal: `None` where that is not known.
pub fn same(one: &Value<'_>, other: &Value<'_>) -> Option<bool> {
    match (&one.data, &other.data) {
        (Data::Text(a), Data::Text(b)) => Some(a == b),
        (Data::Symbol(symbol), Data::Text(text)) | (Data::Text(text), Data::Symbol(symbol))
            if symbol.excluded.iter().any(|excluded| excluded == text.as_ref()) =>
        {
            Some(false)
        }
        (one, other) => one.is_spelled_like(other).then_some(true),
    }
}
