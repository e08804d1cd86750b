//! Patterns with `*` and `?` against texts, both of which may have holes: they match, they do not, or that is not known.

use super::spelling::{Behind, Hole, Letter};

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// This and what it may stand for: a letter, or a stretch that is not known.
    Letter(Letter),
    /// `?`: any one letter.
    One,
    /// `*`: any letters, none too.
    Many,
}

impl Token {
    /// The letter or hole, if it is no wildcard.
    fn letter(&self) -> Option<&Letter> {
        match self {
            Self::Letter(letter) => Some(letter),
            Self::One | Self::Many => None,
        }
    }

    /// Whether it is this letter.
    pub(super) fn is(&self, letter: char) -> bool {
        *self == Self::Letter(Letter::Known(letter))
    }

    /// The letter, if it is known to be one.
    pub(super) fn known(&self) -> Option<char> {
        match self {
            Self::Letter(Letter::Known(letter)) => Some(*letter),
            _ => None,
        }
    }

    /// Whether it is no more than a part of one field of an ARN, or the end of one, where `*` ends with the field.
    pub(super) fn is_in_field(&self) -> bool {
        self.letter().is_none_or(Letter::is_in_field)
    }

    /// Whether it is a letter or hole, and the other stands for the same.
    pub(super) fn is_same(&self, other: &Letter) -> bool {
        match (self, other) {
            (Self::Letter(Letter::Known(one)), Letter::Known(other)) => one == other,
            (Self::Letter(Letter::Hole(one)), Letter::Hole(other)) => one.is(other),
            _ => false,
        }
    }

    fn hole(&self) -> Option<&Hole> {
        self.letter().and_then(Letter::hole)
    }
}

/// Whether a pattern matches a text. Only what holds for every text that the holes may stand for is certain.
pub(super) fn matches(pattern: &[Token], text: &[Letter]) -> Option<bool> {
    compare(pattern, text, Wildcards::Also)
}

/// Whether a text without wildcards is another text.
pub(super) fn same(one: &[Token], other: &[Letter]) -> Option<bool> {
    compare(one, other, Wildcards::None)
}

/// Whether the holes of a pattern may hold wildcards.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wildcards {
    Also,
    None,
}

fn compare(pattern: &[Token], text: &[Letter], wildcards: Wildcards) -> Option<bool> {
    if begin_differently(pattern, text) {
        return Some(false);
    }
    if matches_certainly(pattern, text) {
        return Some(true);
    }
    let holes = pattern.iter().any(|token| token.hole().is_some())
        || text.iter().any(|letter| letter.hole().is_some());
    let possible =
        holes && !differ_somewhere(pattern, text, wildcards) && may_match(pattern, text, Given::Anything);
    if possible { None } else { Some(false) }
}

/// Whether the two differ in a letter before the first wildcard or hole, as most do.
fn begin_differently(pattern: &[Token], text: &[Letter]) -> bool {
    for pair in pattern.iter().zip(text) {
        match pair {
            (Token::Letter(Letter::Known(one)), Letter::Known(other)) if one == other => {}
            (Token::Letter(Letter::Known(_)), Letter::Known(_)) => return true,
            _ => return false,
        }
    }
    false
}

/// Whether a pattern names by its name alone a bucket that is `own`: then it matches nothing of anybody else.
pub(super) fn names_bucket(pattern: &[Token], own: impl Fn(&Hole) -> bool) -> bool {
    let colons = pattern.iter().enumerate().filter(|(_, token)| token.is(':'));
    let Some(name) = colons.map(|(index, _)| index + 1).nth(4) else { return false };
    let plain = pattern[..name].iter().all(|token| token.letter().is_some_and(Letter::is_in_field));
    plain
        && pattern.get(name).and_then(Token::hole).is_some_and(own)
        && pattern.get(name + 1).is_none_or(|token| token.is('/'))
}

/// Whether the pattern matches where each hole is a letter of its own kind: then it does whatever the hole holds.
/// The last `*` met is the only one to come back to: what an earlier one could take, it can take too.
fn matches_certainly(pattern: &[Token], text: &[Letter]) -> bool {
    let (mut at, mut position) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(letter) = text.get(position) {
        let fits = match (pattern.get(at), letter) {
            (Some(Token::Many), _) => {
                at += 1;
                star = Some((at, position));
                continue;
            }
            (Some(Token::One), Letter::Known(_)) => true,
            (token, letter) => token.is_some_and(|token| token.is_same(letter)),
        };
        if fits {
            at += 1;
            position += 1;
        } else if let Some((behind, taken)) = star {
            star = Some((behind, taken + 1));
            (at, position) = (behind, taken + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|token| *token == Token::Many)
}

/// Whether a pattern may match a text although what parameters and the like give does not spell out the text: each of
/// them stands for one of its holes at most, such as the Region in a name. Nor does the pattern spell out the key of an
/// object, of which nothing is known.
pub(super) fn may_match_unspelled(pattern: &[Token], text: &[Letter]) -> bool {
    may_match(pattern, text, Given::Holes)
}

/// What may be in the holes of a pattern that parameters and the like fill.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Given {
    Anything,
    /// What is in one of the holes of the text. Behind a `*`, it is a word of its own.
    Holes,
}

/// Whether there are texts for the holes with which the pattern matches; each hole is looked at for itself.
fn may_match(pattern: &[Token], text: &[Letter], given: Given) -> bool {
    let width = text.len() + 1;
    let mut seen = vec![false; (pattern.len() + 1) * width * 4];
    let mut open = Vec::with_capacity(16);
    open.push(Place::default());
    while let Some(place) = open.pop() {
        let Place { at, position, begun, text_begun } = place;
        let known = (at * width + position) * 4 + usize::from(begun) * 2 + usize::from(text_begun);
        if std::mem::replace(&mut seen[known], true) {
            continue;
        }
        let (token, letter) = (pattern.get(at), text.get(position));
        if token.is_none() && letter.is_none() {
            return true;
        }
        if given == Given::Holes && token.and_then(Token::hole).is_some_and(Hole::may_be_wild) {
            if !is_behind_wildcard(pattern, at)
                && !text_begun
                && letter.is_some_and(|letter| letter.hole().is_some())
            {
                open.push(place.behind_both());
            }
            continue;
        }
        // A hole of either side may end here, and so may what a `*` takes.
        match token {
            Some(Token::Many) => open.push(place.behind_token()),
            Some(Token::Letter(Letter::Hole(hole)))
                if (begun || hole.may_be_empty()) && hole.may_end(place.taken(text)) =>
            {
                open.push(place.behind_token());
            }
            _ => {}
        }
        if let Some(Letter::Hole(hole)) = letter
            && (text_begun || hole.may_be_empty())
            && hole.may_end(place.given(pattern))
        {
            open.push(place.behind_letter());
        }
        match (token, letter) {
            (Some(Token::Many), Some(_)) => open.push(place.behind_letter()),
            (Some(Token::Letter(Letter::Hole(hole))), Some(Letter::Known(letter)))
                if hole.may_hold(*letter, place.taken(text)) =>
            {
                open.push(Place { begun: true, ..place.behind_letter() });
            }
            (Some(Token::Letter(Letter::Hole(_))), Some(Letter::Hole(_))) => {
                open.push(Place { begun: true, text_begun: true, ..place });
            }
            (Some(Token::One), Some(Letter::Known(_))) => open.push(place.behind_both()),
            (Some(Token::One), Some(Letter::Hole(_))) => {
                open.push(Place { text_begun: true, ..place.behind_token() });
            }
            (Some(Token::Letter(Letter::Known(one))), Some(Letter::Known(other))) if one == other => {
                open.push(place.behind_both());
            }
            (Some(Token::Letter(Letter::Known(letter))), Some(Letter::Hole(hole)))
                if hole.may_hold(*letter, place.given(pattern))
                    && (given == Given::Anything || text_begun || may_spell(pattern, at, hole)) =>
            {
                open.push(Place { text_begun: true, ..place.behind_token() });
            }
            _ => {}
        }
    }
    false
}

fn is_behind_wildcard(pattern: &[Token], at: usize) -> bool {
    at.checked_sub(1).is_some_and(|before| pattern[before] == Token::Many)
}

/// Whether letters of a pattern may mean what is in a hole: part of a field, and where they come behind a `*`, a Region,
/// as in `*eu-west-1-logs` but not in `*logs*`.
fn may_spell(pattern: &[Token], at: usize, hole: &Hole) -> bool {
    let letters = || pattern[at..].iter().map_while(Token::known);
    let numbered = || letters().zip(letters().skip(1)).any(|(one, next)| one == '-' && next.is_ascii_digit());
    hole.is_in_field() && (!is_behind_wildcard(pattern, at) || numbered())
}

/// How far a pattern and a text have been laid side by side.
#[derive(Clone, Copy, Default)]
struct Place {
    /// The next token.
    at: usize,
    /// The next letter.
    position: usize,
    /// Whether that token is a hole that has taken something.
    begun: bool,
    /// Whether that letter is a hole that has given something.
    text_begun: bool,
}

impl Place {
    /// What the hole that is the next token has taken so far.
    fn taken(self, text: &[Letter]) -> Behind {
        let last = || text.get(self.position.checked_sub(1)?);
        match (self.begun, self.text_begun, last()) {
            (false, ..) => Behind::Nothing,
            (true, false, Some(Letter::Known(letter))) => Behind::Letter(*letter),
            _ => Behind::Something,
        }
    }

    /// What the hole that is the next letter has given so far; to a `*` it may have given anything.
    fn given(self, pattern: &[Token]) -> Behind {
        let last = self.at.checked_sub(1).and_then(|last| pattern.get(last));
        match (self.begun, self.text_begun, last) {
            (true, ..) | (.., Some(Token::Many)) => Behind::Something,
            (_, false, _) => Behind::Nothing,
            (_, true, last) => last.and_then(Token::known).map_or(Behind::Something, Behind::Letter),
        }
    }

    fn behind_token(self) -> Self {
        Self { at: self.at + 1, begun: false, ..self }
    }

    fn behind_letter(self) -> Self {
        Self { position: self.position + 1, text_begun: false, ..self }
    }

    fn behind_both(self) -> Self {
        self.behind_token().behind_letter()
    }
}

/// Whether the two certainly differ as wholes, or in one of the fields between colons and slashes that certainly lie
/// side by side: those in front of the first wildcard and of the first hole that may hold more than one field.
fn differ_somewhere(pattern: &[Token], text: &[Letter], wildcards: Wildcards) -> bool {
    let is_literal = |tokens: &[Token]| tokens.iter().all(|token| token.letter().is_some());
    let wild = |tokens: &[Token]| {
        wildcards == Wildcards::Also && tokens.iter().filter_map(Token::hole).any(Hole::may_be_wild)
    };
    if !wild(pattern) && is_literal(pattern) && differ(pattern, text) {
        return true;
    }
    let (mut pattern, mut text) = (pattern, text);
    loop {
        let end = pattern.iter().position(|token| token.is(':') || token.is('/')).unwrap_or(pattern.len());
        let text_end = text.iter().position(Letter::ends_field).unwrap_or(text.len());
        let (field, text_field) = (&pattern[..end], &text[..text_end]);
        if !is_literal(field)
            || wild(field)
            || !field.iter().all(Token::is_in_field)
            || !text_field.iter().all(Letter::is_in_field)
        {
            return false;
        }
        if differ(field, text_field) {
            return true;
        }
        let (Some(rest), Some(text_rest)) = (pattern.get(end + 1..), text.get(text_end + 1..)) else {
            return false;
        };
        (pattern, text) = (rest, text_rest);
    }
}

/// Whether two texts without wildcards certainly differ although it is not known what is in their holes.
fn differ(one: &[Token], other: &[Letter]) -> bool {
    let letters = || one.iter().filter_map(Token::letter).cloned().collect::<Vec<_>>();
    matches!(one, [Token::Letter(Letter::Hole(hole))] if hole.differs_from(other))
        || matches!(other, [Letter::Hole(hole)] if hole.differs_from(&letters()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::spelling::Spelling;

    fn tokens(pattern: &Spelling) -> Vec<Token> {
        let token = |letter: &Letter| match letter {
            Letter::Known('*') => Token::Many,
            Letter::Known('?') => Token::One,
            letter => Token::Letter(letter.clone()),
        };
        pattern.letters.iter().map(token).collect()
    }

    /// The definition: `*` is any text, `?` any letter.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), _) => (0..=text.len()).any(|taken| naive(rest, &text[taken..])),
            (Some(('?', rest)), Some((_, others))) => naive(rest, others),
            (Some((one, rest)), Some((other, others))) => one == other && naive(rest, others),
            _ => false,
        }
    }

    fn naive_text(pattern: &str, text: &str) -> bool {
        naive(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>())
    }

    /// `P` and `Q` as symbols, `R` as a Region, `A` as an account.
    fn with_holes(text: &str) -> Spelling {
        let letter = |letter: char| match letter {
            'P' | 'Q' => Spelling::symbol(&letter.to_string()),
            'R' => Spelling::symbol("AWS::Region"),
            'A' => Spelling::symbol("AWS::AccountId"),
            other => Spelling::from(other.to_string()),
        };
        text.chars().map(letter).fold(Spelling::default(), Spelling::then)
    }

    proptest! {
        #[test]
        fn known_texts_match_by_definition(pattern in "[ab:é*?]{0,8}", text in "[ab:é]{0,8}") {
            let spelled = tokens(&Spelling::from(pattern.as_str()));
            let result = matches(&spelled, &Spelling::from(text.as_str()).letters);
            prop_assert_eq!(result, Some(naive_text(&pattern, &text)));
        }

        #[test]
        fn what_is_certain_holds_for_every_text(
            pattern in "[a1:/*?PQRA-]{0,7}", text in "[a1:/PQRA-]{0,7}",
            p in "[a:/*?]{0,2}", q in "[a:/]{0,2}", region in "[ab]{1,2}(-[ab]){1,2}-[12]", account in "[12]{1,2}",
        ) {
            let result = matches(&tokens(&with_holes(&pattern)), &with_holes(&text).letters);
            let fill = |text: &str| text.replace('P', &p).replace('Q', &q).replace('R', &region).replace('A', &account);
            if let Some(result) = result {
                prop_assert_eq!(result, naive_text(&fill(&pattern), &fill(&text)));
            }
        }

        #[test]
        fn the_same_text_is_certain_for_every_text(
            one in "[a1:/PQRA-]{0,6}", other in "[a1:/PQRA-]{0,6}",
            p in "[a:/*]{0,2}", q in "[a:/]{0,2}", region in "[ab]{1,2}(-[ab]){1,2}-[12]", account in "[12]{1,2}",
        ) {
            let fill = |text: &str| text.replace('P', &p).replace('Q', &q).replace('R', &region).replace('A', &account);
            let tokens: Vec<Token> = with_holes(&one).letters.into_iter().map(Token::Letter).collect();
            if let Some(result) = same(&tokens, &with_holes(&other).letters) {
                prop_assert_eq!(result, fill(&one) == fill(&other));
            }
        }
    }

    #[test]
    fn what_nobody_is_told_is_in_no_template() {
        let undisclosed =
            Spelling::from("arn:aws:iam::").then(Spelling::undisclosed("account")).then(":role/x".into());
        let written = |text: &str| tokens(&with_holes(text));
        assert_eq!(matches(&written("arn:aws:iam::A:role/*"), &undisclosed.letters), Some(false));
        assert_eq!(matches(&written("arn:aws:iam::111122223333:role/*"), &undisclosed.letters), Some(false));
        assert_eq!(matches(&written("arn:aws:iam::*:role/x"), &undisclosed.letters), Some(true));
        assert_eq!(matches(&written("arn:aws:iam::P:role/x"), &undisclosed.letters), None);
        assert_eq!(matches(&written("arn:aws:iam::1*:role/x"), &undisclosed.letters), None);
        assert_eq!(matches(&written("P"), &undisclosed.letters), None);
    }

    #[test]
    fn what_is_given_spells_no_name() {
        let may = |pattern: &str| {
            may_match_unspelled(&tokens(&with_holes(pattern)), &with_holes("b:o-R-s/Q").letters)
        };
        for pattern in [
            "b:o-R-s/*",
            "b:o-P-s/*",
            "b:o-P*",
            "b:*",
            "b:*-P-s/*",
            "b:o-eu-1-s/*",
            "b:o-P-*/*",
            "b:*eu-1-s/*",
        ] {
            assert!(may(pattern), "{pattern}");
        }
        for pattern in [
            "b:P/*",
            "b:P-s/*",
            "b:*P*",
            "b:*P/*",
            "b:o-PP-s/*",
            "b:oP/*",
            "b:o-eu-s/*",
            "b:x-P-s/*",
            "b:*eu-s/a",
            "b:*u*",
            "b:*u-t*",
        ] {
            assert!(!may(pattern), "{pattern}");
        }
    }

    #[test]
    fn a_region_is_words_and_a_number() {
        let matches =
            |pattern: &str, text: &str| matches(&tokens(&with_holes(pattern)), &with_holes(text).letters);
        for text in ["us-east-1", "us-gov-west-1", "ap-southeast-7", "us-iso-east-1", "eusc-de-east-1"] {
            assert_eq!(matches("s-R-t", &format!("s-{text}-t")), None, "{text}");
            assert_eq!(matches(&format!("s-{text}-t"), "s-R-t"), None, "{text}");
        }
        for text in
            ["eu", "logs-data", "al2023-1", "-east-1", "east--1", "east-1-", "1", "east-1-east-1", "East-1"]
        {
            assert_eq!(matches("s-R-t", &format!("s-{text}-t")), Some(false), "{text}");
            assert_eq!(matches(&format!("s-{text}-t"), "s-R-t"), Some(false), "{text}");
        }
        assert_eq!(matches("R-t/*", "al2023-R/x"), Some(false));
        assert_eq!(matches("s-R-t", "s-eu-P-t"), None);
        assert_eq!(matches("s-*1-t", "s-R-t"), None);
        assert_eq!(matches("s-*east*-t", "s-R-t"), None);
        assert_eq!(matches("s-?u-*", "s-R-t"), None);
    }

    #[test]
    fn a_region_is_never_empty() {
        let matches =
            |pattern: &str, text: &str| matches(&tokens(&with_holes(pattern)), &with_holes(text).letters);
        assert_eq!(matches("s:::*", "s:R:A:x"), Some(false));
        assert_eq!(matches("s:*:A:*", "s:R:A:x"), Some(true));
        assert_eq!(matches("s:eu-1:1:*", "s:R:A:x"), None);
        assert_eq!(matches("s:P:1:*", "s:R:A:x"), None);
        assert_eq!(matches("s:R:P*", "s::A:x"), Some(false));
        assert_eq!(matches("s:P:*", "s::A:x"), None);
    }
}
