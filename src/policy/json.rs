//! JSON text in which some stretches are not known, to a value whose parts have their places in the template.

use std::borrow::Cow;

use super::mistake::Malformed;
use super::place::{HOLE, Text};
use crate::scenario::{Data, Field, Piece, Unknown, Value};
use crate::template::Name;

/// How deep values may nest; policies need six levels.
const MAXIMUM_DEPTH: usize = 64;

/// Reads the text. `None` where it depends on an unknown stretch whether it is JSON.
pub(super) fn read<'t>(text: &Text<'t>) -> Result<Option<Value<'t>>, Malformed> {
    let mut reader = Reader { text, at: 0, depth: 0, open: false };
    let value = reader.document();
    if reader.open && value.is_err() {
        return Ok(None);
    }
    value.map(Some)
}

struct Reader<'r, 't> {
    text: &'r Text<'t>,
    at: usize,
    depth: usize,
    /// Whether an unknown stretch was met outside of quotes: it may hold commas and brackets.
    open: bool,
}

impl<'t> Reader<'_, 't> {
    fn document(&mut self) -> Result<Value<'t>, Malformed> {
        let value = self.value()?;
        match self.next() {
            None => Ok(value),
            Some(_) => Err(self.problem("text after the end of the policy")),
        }
    }

    fn value(&mut self) -> Result<Value<'t>, Malformed> {
        let next = self.next();
        let start = self.at;
        let data = match next {
            Some('{') => Data::Map(self.map()?),
            Some('[') => Data::List(self.list()?),
            Some('"') => self.string()?,
            Some(HOLE) if self.text.hole(start).is_some() => {
                self.at += HOLE.len_utf8();
                Data::Unknown(Unknown::Function)
            }
            _ => self.word()?,
        };
        Ok(Value { span: self.text.place(start..self.at), data })
    }

    fn map(&mut self) -> Result<Vec<Field<'t>>, Malformed> {
        let mut fields = Vec::new();
        self.enter()?;
        let mut next = self.next();
        while next != Some('}') || !fields.is_empty() {
            if next != Some('"') {
                return Err(self.problem("no key in double quotes here"));
            }
            let start = self.at;
            let data = self.string()?;
            let span = self.text.place(start..self.at);
            // A key that is not known whole is none that has a meaning.
            let key = Value { span, data }.text().map_or_else(|| HOLE.to_string(), str::to_owned);
            if self.next() != Some(':') {
                return Err(self.problem("no `:` behind the key here"));
            }
            self.at += 1;
            let value = self.value()?;
            fields.push(Field { key: Name { text: Cow::Owned(key), span }, value });
            match self.next() {
                Some(',') => self.at += 1,
                Some('}') => break,
                _ => return Err(self.problem("no `,` or `}` here")),
            }
            next = self.next();
        }
        self.leave();
        Ok(fields)
    }

    fn list(&mut self) -> Result<Vec<Value<'t>>, Malformed> {
        let mut items = Vec::new();
        self.enter()?;
        while self.next() != Some(']') || !items.is_empty() {
            items.push(self.value()?);
            match self.next() {
                Some(',') => self.at += 1,
                Some(']') => break,
                _ => return Err(self.problem("no `,` or `]` here")),
            }
        }
        self.leave();
        Ok(items)
    }

    /// Behind an opening bracket.
    fn enter(&mut self) -> Result<(), Malformed> {
        if self.depth == MAXIMUM_DEPTH {
            return Err(self.problem(format!("values nest deeper than {MAXIMUM_DEPTH} levels")));
        }
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    /// Behind a closing bracket.
    fn leave(&mut self) {
        self.depth -= 1;
        self.at += 1;
    }

    /// A text in quotes, with unknown stretches as pieces of their own.
    fn string(&mut self) -> Result<Data<'t>, Malformed> {
        let opening = self.at;
        self.at += 1;
        let mut pieces: Vec<Piece<'t>> = Vec::new();
        let mut known = String::new();
        let mut start = self.at;
        loop {
            let at = self.at;
            let Some(letter) = self.text.joined[at..].chars().next() else {
                self.at = opening;
                return Err(self.problem("a text whose quote is not closed"));
            };
            self.at += letter.len_utf8();
            match letter {
                '"' | HOLE => {
                    if !known.is_empty() {
                        let data = Data::Text(Cow::Owned(std::mem::take(&mut known)));
                        pieces.push(Piece { span: self.text.place(start..at), data });
                    }
                    if letter == '"' {
                        break;
                    }
                    self.at = at;
                    pieces.push(self.text.hole(at).ok_or_else(|| self.control_character())?);
                    self.at += letter.len_utf8();
                    start = self.at;
                }
                '\\' => known.push(self.escape(at)?),
                _ if letter < ' ' => {
                    self.at = at;
                    return Err(self.control_character());
                }
                _ => known.push(letter),
            }
        }
        if pieces.len() > 1 {
            return Ok(Data::Pieces(pieces));
        }
        Ok(match pieces.pop() {
            None => Data::Text(Cow::Borrowed("")),
            // Inside quotes a list has no meaning.
            Some(Piece { data: Data::Symbol(symbol), .. }) if symbol.list => Data::Unknown(Unknown::Function),
            Some(piece) => piece.data,
        })
    }

    /// The character of the escape sequence whose backslash is at `start`; the reader stands behind the backslash.
    fn escape(&mut self, start: usize) -> Result<char, Malformed> {
        let rest = &self.text.joined[self.at..];
        let unit = |from: usize| {
            let digits = rest.get(from..from + 4).filter(|it| it.bytes().all(|it| it.is_ascii_hexdigit()))?;
            u32::from_str_radix(digits, 16).ok()
        };
        let (character, length) = match rest.bytes().next() {
            Some(byte @ (b'"' | b'\\' | b'/')) => (Some(byte as char), 1),
            Some(b'b') => (Some('\u{8}'), 1),
            Some(b'f') => (Some('\u{c}'), 1),
            Some(b'n') => (Some('\n'), 1),
            Some(b'r') => (Some('\r'), 1),
            Some(b't') => (Some('\t'), 1),
            Some(b'u') => match (unit(1), unit(7).filter(|_| rest.get(5..7) == Some("\\u"))) {
                (Some(high @ 0xD800..=0xDBFF), Some(low @ 0xDC00..=0xDFFF)) => {
                    (char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)), 11)
                }
                (Some(unit), _) => (char::from_u32(unit), 5),
                (None, _) => (None, 0),
            },
            _ => (None, 0),
        };
        self.at += length;
        character.ok_or_else(|| {
            self.at = start;
            self.problem("an escape sequence that JSON does not have")
        })
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<Data<'t>, Malformed> {
        let rest = &self.text.joined[self.at..];
        let length = rest
            .find(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '+' | '.')))
            .unwrap_or(rest.len());
        let word = &rest[..length];
        let is_number = word.starts_with(|letter: char| letter == '-' || letter.is_ascii_digit())
            && word.parse::<f64>().is_ok();
        if !is_number && !matches!(word, "true" | "false" | "null") {
            return Err(self.problem("no value of JSON here"));
        }
        self.at += length;
        Ok(match word {
            "null" => Data::Unknown(Unknown::Null),
            _ => Data::Text(Cow::Owned(word.to_owned())),
        })
    }

    /// The next letter behind white space.
    fn next(&mut self) -> Option<char> {
        let rest = &self.text.joined[self.at..];
        let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.at += rest.len() - trimmed.len();
        let next = trimmed.chars().next();
        self.open |= next == Some(HOLE) && self.text.hole(self.at).is_some();
        next
    }

    fn control_character(&self) -> Malformed {
        self.problem("a control character, which JSON has only as an escape sequence")
    }

    /// Something wrong where the reader stands.
    fn problem(&self, message: impl Into<Cow<'static, str>>) -> Malformed {
        let length = self.text.joined[self.at..].chars().next().map_or(0, char::len_utf8);
        Malformed { span: self.text.place(self.at..self.at + length), message: message.into() }
    }
}
