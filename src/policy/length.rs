//! How long a policy is as JSON.

use crate::scenario::{Data, Value};

/// A number of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length {
    /// How many there are at least.
    pub characters: usize,
    /// Whether these are all: nothing in it is unknown.
    pub exact: bool,
}

impl Length {
    /// The length of a value as JSON without white space, as CloudFormation hands on a map.
    pub(super) fn compact(value: &Value<'_>) -> Self {
        match &value.data {
            Data::Text(text) => Self { characters: of_text(text), exact: true },
            Data::List(items) => Self::of_collection(items.iter().map(Self::compact)),
            Data::Map(fields) => Self::of_collection(fields.iter().map(|field| {
                let Self { characters, exact } = Self::compact(&field.value);
                // Quotes and colon.
                Self { characters: escaped(&field.key.text) + 3 + characters, exact }
            })),
            Data::Pieces(pieces) => {
                let known = pieces.iter().filter_map(|piece| match &piece.data {
                    Data::Text(text) => Some(escaped(text)),
                    _ => None,
                });
                Self { characters: known.sum::<usize>() + 2, exact: false }
            }
            Data::Symbol(_) | Data::Reference(_) => Self { characters: 2, exact: false },
            Data::Unknown(_) => Self { characters: 0, exact: false },
        }
    }

    fn of_collection(members: impl ExactSizeIterator<Item = Self>) -> Self {
        let commas = members.len().saturating_sub(1);
        members.fold(Self { characters: 2 + commas, exact: true }, |sum, member| Self {
            characters: sum.characters + member.characters,
            exact: sum.exact && member.exact,
        })
    }
}

/// A text with its quotes; numbers and truths, which may have none, without.
fn of_text(text: &str) -> usize {
    let bare = matches!(text, "true" | "false") || text.parse::<f64>().is_ok_and(f64::is_finite);
    if bare { text.len() } else { escaped(text) + 2 }
}

fn escaped(text: &str) -> usize {
    let length = |letter| match letter {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        _ => 1,
    };
    text.chars().map(length).sum()
}
