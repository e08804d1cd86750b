//! A text letter by letter, with a hole for each stretch that is not known.

use std::rc::Rc;

use crate::scenario::{Data, Reference, Value, no_texts};

use super::stack::Stack;

/// How [`crate::scenario`] names what `!Join ['', !Split ['-', !Ref AWS::Region]]` gives where the Region is not known.
pub(super) const REGION_WITHOUT_HYPHENS: &str = r#"Join("",Split("-")(<AWS::Region>))"#;

/// A text of which some stretches may not be known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spelling {
    pub(super) letters: Vec<Letter>,
}

/// A letter, or a stretch that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Letter {
    Known(char),
    /// Shared, for a text has far more letters than holes.
    Hole(Rc<Hole>),
}

impl Letter {
    pub(super) fn hole(&self) -> Option<&Hole> {
        match self {
            Self::Known(_) => None,
            Self::Hole(hole) => Some(hole),
        }
    }

    /// Whether it is a letter of a name.
    fn is_of_name(&self) -> bool {
        matches!(self, Self::Known(letter) if letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.'))
    }

    /// Whether it stands between two fields of an ARN.
    pub(super) fn ends_field(&self) -> bool {
        matches!(self, Self::Known(':' | '/'))
    }

    /// Whether it is a digit, or stands for digits.
    pub(super) fn is_of_account(&self) -> bool {
        match self {
            Self::Known(letter) => letter.is_ascii_digit(),
            Self::Hole(hole) => hole.shape == Shape::Digits,
        }
    }

    /// Whether it holds no more than a part of one field of an ARN, or the end of one.
    pub(super) fn is_in_field(&self) -> bool {
        self.hole().is_none_or(Hole::is_in_field)
    }
}

/// A stretch that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hole {
    /// Holes with one key stand for one text. `None` where not even that is known.
    key: Option<Rc<str>>,
    origin: Origin,
    shape: Shape,
    /// Texts that it is known not to be.
    excluded: Rc<[String]>,
}

/// Where the text in a hole comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// A parameter, an import and the like: whatever was given, wildcards too.
    Given,
    /// The same within a name.
    PieceOfName,
    /// A pseudo parameter or what is made of one.
    Pseudo,
    /// The name of a bucket that the stack makes.
    OwnBucket,
    /// A property of AWS: not the stack's account, nor a thing of it.
    OfAws,
    /// Of AWS, and AWS tells nobody, so that no template names it.
    Undisclosed,
    /// Anything.
    Unknown,
}

/// Which letters a hole may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Any,
    /// No colon and no slash: one field of an ARN.
    Field,
    Digits,
    /// Such as `eu-west-1` and `us-gov-east-1`.
    Region,
    /// Such as `aws-cn`.
    LowerCase,
    /// Such as `euwest1`.
    WithoutHyphens,
}

/// What a hole holds in front of the next letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behind {
    Nothing,
    /// This letter, at its end.
    Letter(char),
    /// That is not known.
    Something,
}

/// Whether a letter may stand there in the name of a Region: words between hyphens, and a number as the last of them.
fn may_go_on_in_region(letter: char, behind: Behind) -> bool {
    match letter {
        'a'..='z' => !matches!(behind, Behind::Letter('0'..='9')),
        '-' => !matches!(behind, Behind::Nothing | Behind::Letter('-' | '0'..='9')),
        '0'..='9' => !matches!(behind, Behind::Nothing | Behind::Letter('a'..='z')),
        _ => false,
    }
}

impl Spelling {
    /// A symbol as [`crate::scenario`] names it: a pseudo parameter such as `AWS::Region`, a parameter, an import.
    pub fn symbol(key: &str) -> Self {
        Self::from(Hole::symbol(key, &[].into()))
    }

    /// Nothing is known.
    pub fn unknown() -> Self {
        Self::from(Hole::unknown(Shape::Any))
    }

    /// A text that is not known but contains no colon and no slash.
    pub fn unknown_field() -> Self {
        Self::from(Hole::unknown(Shape::Field))
    }

    /// Some account.
    pub fn any_account() -> Self {
        Self::from(Hole::unknown(Shape::Digits))
    }

    /// Some Region.
    pub fn any_region() -> Self {
        Self::from(Hole::unknown(Shape::Region))
    }

    /// An account of AWS itself: not that of the stack, which may be known.
    pub fn account_of_aws(of_stack: Option<&str>) -> Self {
        let excluded = of_stack.map(str::to_owned).into_iter().collect();
        let key = Some("account of AWS".into());
        Self::from(Hole { key, origin: Origin::OfAws, shape: Shape::Digits, excluded })
    }

    /// An identifier of AWS itself that it tells nobody, such as its organisation; no template names it.
    pub fn undisclosed(name: &str) -> Self {
        let key = Some(format!("undisclosed {name}").into());
        Self::from(Hole { key, origin: Origin::Undisclosed, shape: Shape::Field, excluded: no_texts() })
    }

    /// A value of a template; `None` for lists and maps.
    pub fn of(value: &Value<'_>, stack: &Stack) -> Option<Self> {
        Self::of_data(&value.data, stack)
    }

    pub(super) fn of_data(data: &Data<'_>, stack: &Stack) -> Option<Self> {
        let mut spelling = Self::default();
        spelling.add(data, stack)?;
        if let Data::Pieces(_) = data {
            spelling.find_pieces_of_names();
        }
        Some(spelling)
    }

    /// Adds a value of a template; `None` for lists and maps.
    fn add(&mut self, data: &Data<'_>, stack: &Stack) -> Option<()> {
        let hole = match data {
            Data::Text(text) => {
                self.add_text(text);
                return Some(());
            }
            Data::Pieces(pieces) => return pieces.iter().try_for_each(|piece| self.add(&piece.data, stack)),
            Data::Symbol(symbol) if symbol.list => return None,
            Data::Symbol(symbol) => Hole::symbol(&symbol.key, &symbol.excluded),
            Data::Reference(reference) if stack.is_arn_of_bucket(reference) => {
                self.add_text("arn:");
                self.letters.extend(stack.partition().letters);
                self.add_text(":s3:::");
                Hole::of_bucket(reference)
            }
            Data::Reference(reference) if stack.names_bucket(reference) => Hole::of_bucket(reference),
            Data::Reference(reference) => Hole {
                key: Some(reference.key().into()),
                origin: Origin::Given,
                shape: Shape::Any,
                excluded: no_texts(),
            },
            Data::Unknown(_) => Hole::unknown(Shape::Any),
            Data::List(_) | Data::Map(_) => return None,
        };
        self.letters.push(Letter::Hole(hole.into()));
        Some(())
    }

    fn add_text(&mut self, text: &str) {
        self.letters.reserve(text.len());
        self.letters.extend(text.chars().map(Letter::Known));
    }

    /// What is given within a name, such as `Project` in `${Project}-data`, is a piece of that name: it holds neither
    /// wildcards nor what ends a name.
    fn find_pieces_of_names(&mut self) {
        for index in 0..self.letters.len() {
            let Letter::Hole(hole) = &self.letters[index] else { continue };
            let is_of_name = |index: usize| self.letters.get(index).is_some_and(Letter::is_of_name);
            if hole.origin == Origin::Given
                && (is_of_name(index + 1) || index.checked_sub(1).is_some_and(is_of_name))
            {
                let hole = Hole { origin: Origin::PieceOfName, shape: Shape::Field, ..(**hole).clone() };
                self.letters[index] = Letter::Hole(hole.into());
            }
        }
    }

    /// This text and another behind it.
    #[must_use]
    pub fn then(mut self, next: Self) -> Self {
        self.letters.extend(next.letters);
        self
    }

    /// The text, if it is known whole.
    pub fn known(&self) -> Option<String> {
        let known = |letter: &Letter| match letter {
            Letter::Known(letter) => Some(*letter),
            Letter::Hole(_) => None,
        };
        self.letters.iter().map(known).collect()
    }

    /// In lower case, where case does not matter.
    pub(super) fn folded(&self) -> Self {
        let fold = |letter: &Letter| match letter {
            Letter::Known(letter) => Letter::Known(letter.to_ascii_lowercase()),
            Letter::Hole(hole) => Letter::Hole(hole.clone()),
        };
        Self { letters: self.letters.iter().map(fold).collect() }
    }
}

impl From<&str> for Spelling {
    fn from(text: &str) -> Self {
        let mut spelling = Self::default();
        spelling.add_text(text);
        spelling
    }
}

impl From<String> for Spelling {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Hole> for Spelling {
    fn from(hole: Hole) -> Self {
        Self { letters: vec![Letter::Hole(Rc::new(hole))] }
    }
}

impl Hole {
    fn unknown(shape: Shape) -> Self {
        Self { key: None, origin: Origin::Unknown, shape, excluded: no_texts() }
    }

    fn symbol(key: &str, excluded: &Rc<[String]>) -> Self {
        let (origin, shape) = match key {
            "AWS::AccountId" => (Origin::Pseudo, Shape::Digits),
            "AWS::Region" => (Origin::Pseudo, Shape::Region),
            "AWS::Partition" => (Origin::Pseudo, Shape::LowerCase),
            "AWS::StackName" => (Origin::Pseudo, Shape::Field),
            REGION_WITHOUT_HYPHENS => (Origin::Pseudo, Shape::WithoutHyphens),
            _ if key.starts_with("AWS::") => (Origin::Pseudo, Shape::Any),
            _ => (Origin::Given, Shape::Any),
        };
        Self { key: Some(key.into()), origin, shape, excluded: excluded.clone() }
    }

    fn of_bucket(reference: &Reference<'_>) -> Self {
        Self {
            key: Some(reference.key().into()),
            origin: Origin::OwnBucket,
            shape: Shape::Field,
            excluded: no_texts(),
        }
    }

    /// Whether it stands for the same text as another hole, whatever that is.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.key.is_some() && self.key == other.key
    }

    /// Whether it may hold a letter behind what it holds in front of that.
    pub(super) fn may_hold(&self, letter: char, behind: Behind) -> bool {
        match self.shape {
            Shape::Any => true,
            Shape::Field => !matches!(letter, ':' | '/'),
            Shape::Digits => letter.is_ascii_digit(),
            Shape::Region => may_go_on_in_region(letter, behind),
            Shape::WithoutHyphens => letter.is_ascii_lowercase() || letter.is_ascii_digit(),
            Shape::LowerCase => letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-',
        }
    }

    /// Whether it may end behind what it holds: a Region does with its number.
    pub(super) fn may_end(&self, behind: Behind) -> bool {
        self.shape != Shape::Region || !matches!(behind, Behind::Letter('a'..='z' | '-'))
    }

    /// Whether it holds nothing but digits.
    pub(super) fn is_number(&self) -> bool {
        self.shape == Shape::Digits
    }

    /// Whether it holds no more than a part of one field of an ARN, or the end of one.
    pub(super) fn is_in_field(&self) -> bool {
        self.shape != Shape::Any
    }

    /// Whether it may hold nothing: accounts, Regions and partitions always have a name.
    pub(super) fn may_be_empty(&self) -> bool {
        matches!(self.shape, Shape::Any | Shape::Field)
    }

    /// Whether, in a pattern, it may hold wildcards.
    pub(super) fn may_be_wild(&self) -> bool {
        matches!(self.origin, Origin::Given | Origin::Unknown)
    }

    /// Whether it is the name of a bucket that the stack makes.
    pub(super) fn is_own_bucket(&self) -> bool {
        self.origin == Origin::OwnBucket
    }

    /// Whether it is whatever was given.
    pub(super) fn is_given(&self) -> bool {
        self.origin == Origin::Given
    }

    /// Whether it certainly differs from a text that a template writes.
    pub(super) fn differs_from(&self, other: &[Letter]) -> bool {
        let anything =
            |letter: &Letter| matches!(letter, Letter::Hole(hole) if hole.origin == Origin::Unknown);
        if other.iter().any(anything) || matches!(other, [Letter::Hole(hole)] if hole.is(self)) {
            return false;
        }
        let is_excluded = || {
            let known = Spelling { letters: other.to_vec() }.known();
            known.is_some_and(|known| self.excluded.contains(&known))
        };
        match self.origin {
            Origin::Undisclosed => true,
            Origin::OfAws => {
                matches!(other, [Letter::Hole(hole)] if matches!(hole.origin, Origin::Pseudo | Origin::OwnBucket))
                    || is_excluded()
            }
            _ => !self.excluded.is_empty() && is_excluded(),
        }
    }
}
