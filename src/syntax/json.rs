//! JSON text to a tree: a strict reader that reports every mistake in the words of JSON and reads on.

use super::build::Builder;
use super::tree::Text;
use super::{MAXIMUM_DEPTH, Style, SyntaxError, Tree, scan};
use crate::text::{FileId, Span};

/// After this many mistakes a text is hardly meant to be JSON; the rest is left unread.
const MAXIMUM_ERRORS: usize = 20;

/// What was read of a JSON text.
pub(super) struct Reading<'t> {
    pub(super) tree: Tree<'t>,
    /// All errors, equal keys included.
    pub(super) errors: Vec<SyntaxError>,
    /// Whether the text is JSON to the letter.
    pub(super) well_formed: bool,
}

/// Reads a JSON text.
pub(super) fn read(text: &str, file: FileId) -> Reading<'_> {
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: if text.starts_with('\u{feff}') { 3 } else { 0 },
        file,
        builder: Builder::new(file, text.len()),
        comma: 0,
        errors: Vec::new(),
    };
    reader.document();
    let Reader { builder, mut errors, .. } = reader;
    let well_formed = errors.is_empty();
    let (tree, equal_keys) = builder.finish(Vec::new());
    errors.extend(equal_keys);
    Reading { tree, errors, well_formed }
}

/// What may stand next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Value,
    /// A value or the end of the sequence.
    FirstItem,
    NextItem,
    FirstKey,
    NextKey,
    Colon,
    CommaOrEnd,
    Nothing,
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    file: FileId,
    builder: Builder<'t>,
    /// The last comma.
    comma: usize,
    errors: Vec<SyntaxError>,
}

impl Reader<'_> {
    fn document(&mut self) {
        let mut expected = Expected::Value;
        while self.errors.len() < MAXIMUM_ERRORS {
            self.skip_space();
            let Some(&byte) = self.bytes.get(self.at) else { return self.end_of_text(expected) };
            expected = match expected {
                Expected::Value => self.value(byte),
                Expected::FirstItem | Expected::NextItem => self.item(byte, expected == Expected::NextItem),
                Expected::FirstKey | Expected::NextKey => self.key(byte, expected == Expected::NextKey),
                Expected::Colon => self.colon(byte),
                Expected::CommaOrEnd => self.comma_or_end(byte),
                Expected::Nothing => {
                    self.error(self.at, self.text.trim_end().len(), "text after the end of the JSON value");
                    return;
                }
            };
        }
    }

    fn value(&mut self, byte: u8) -> Expected {
        match byte {
            b'"' => self.string(),
            b'{' | b'[' => return self.open(byte),
            b',' | b'}' | b']' => {
                self.error(self.at, self.at + 1, format!("no value before `{}`", byte as char));
                self.builder.absent(self.behind_last(), None, None);
            }
            _ => self.word(),
        }
        self.after_value()
    }

    fn item(&mut self, byte: u8, after_comma: bool) -> Expected {
        match byte {
            b']' if after_comma => self.trailing_comma(byte),
            b']' => self.close(byte),
            b',' => {
                self.error(self.at, self.at + 1, "no value before `,`");
                self.at += 1;
                Expected::NextItem
            }
            _ => self.value(byte),
        }
    }

    fn key(&mut self, byte: u8, after_comma: bool) -> Expected {
        match byte {
            b'}' if after_comma => return self.trailing_comma(byte),
            b'}' | b']' => return self.close(byte),
            b'"' => {
                self.string();
                if self.bytes.get(self.at) == Some(&b':') {
                    return self.colon(b':');
                }
            }
            b',' => {
                self.error(self.at, self.at + 1, "no key before `,`");
                self.at += 1;
                return Expected::NextKey;
            }
            b':' | b'{' | b'[' => {
                self.error(self.at, self.at + 1, format!("no key before `{}`", byte as char));
                self.builder.absent(self.at, None, None);
                return if byte == b':' { Expected::Colon } else { Expected::Value };
            }
            _ => {
                let errors = self.errors.len();
                let start = self.at;
                self.word();
                if self.errors.len() == errors {
                    self.error_with_help(
                        start,
                        self.at,
                        "a key of JSON is a text in double quotes",
                        "put the key in double quotes",
                    );
                }
            }
        }
        Expected::Colon
    }

    fn colon(&mut self, byte: u8) -> Expected {
        match byte {
            b':' => {
                self.at += 1;
                Expected::Value
            }
            b',' | b'}' | b']' => {
                self.error(self.at, self.at + 1, format!("no `:` and value before `{}`", byte as char));
                self.builder.absent(self.behind_last(), None, None);
                Expected::CommaOrEnd
            }
            _ => {
                self.error(self.at, self.at, "missing `:` between key and value");
                Expected::Value
            }
        }
    }

    fn comma_or_end(&mut self, byte: u8) -> Expected {
        match byte {
            b',' => {
                self.comma = self.at;
                self.at += 1;
                if self.builder.in_mapping() { Expected::NextKey } else { Expected::NextItem }
            }
            b'}' | b']' => self.close(byte),
            b':' => {
                self.error(self.at, self.at + 1, "a `:` where a `,` or the end belongs");
                self.at += 1;
                Expected::CommaOrEnd
            }
            _ => {
                let behind = self.behind_last();
                self.error_with_help(behind, behind, "missing comma", "put a `,` here");
                if self.builder.in_mapping() { Expected::NextKey } else { Expected::NextItem }
            }
        }
    }

    fn trailing_comma(&mut self, bracket: u8) -> Expected {
        self.error_with_help(
            self.comma,
            self.comma + 1,
            format!("a comma before `{}`", bracket as char),
            "JSON has commas between values only: remove it",
        );
        self.close(bracket)
    }

    fn open(&mut self, bracket: u8) -> Expected {
        if self.builder.depth() >= MAXIMUM_DEPTH {
            self.error(self.at, self.at + 1, format!("values nest deeper than {MAXIMUM_DEPTH} levels"));
            // What is left would only repeat this.
            self.at = self.bytes.len();
            self.builder.absent(self.at, None, None);
            return Expected::Nothing;
        }
        self.builder.open(self.at, None, bracket == b'{', None);
        self.at += 1;
        if bracket == b'{' { Expected::FirstKey } else { Expected::FirstItem }
    }

    fn close(&mut self, bracket: u8) -> Expected {
        let is_mapping = bracket == b'}';
        let end = self.at + 1;
        if self.builder.in_mapping() != is_mapping {
            let (start, open) = self.innermost().unwrap_or((self.at, '?'));
            self.error(self.at, end, format!("`{}` does not close `{open}`", bracket as char));
            if let Some(error) = self.errors.last_mut() {
                error.other = Some((Span::new(self.file, start, start + 1), format!("`{open}` opened here")));
            }
            if !self.builder.is_inside(is_mapping) {
                self.at = end;
                return Expected::CommaOrEnd;
            }
            while self.builder.in_mapping() != is_mapping {
                self.builder.close(Some(self.at));
            }
        }
        self.builder.close(Some(end));
        self.at = end;
        self.after_value()
    }

    /// The innermost bracket that is open, with its place.
    fn innermost(&self) -> Option<(usize, char)> {
        let start = self.builder.start_of(self.builder.depth().checked_sub(1)?)?;
        Some((start, if self.builder.in_mapping() { '{' } else { '[' }))
    }

    fn after_value(&mut self) -> Expected {
        if self.builder.depth() == 0 {
            Expected::Nothing
        } else if self.bytes.get(self.at) == Some(&b',') {
            self.comma_or_end(b',')
        } else {
            Expected::CommaOrEnd
        }
    }

    fn end_of_text(&mut self, expected: Expected) {
        if expected == Expected::Nothing {
            return;
        }
        if let Some((start, bracket)) = self.innermost() {
            self.error(start, start + 1, format!("`{bracket}` is never closed"));
        } else {
            self.error(self.at, self.at, "no value in the text");
        }
    }

    /// A number or `true`, `false`, `null`; anything else is reported and read as plain text.
    fn word(&mut self) {
        let start = self.at;
        let first = self.bytes[start];
        if first == b'\'' {
            return self.single_quoted();
        }
        let length = self.bytes[start..]
            .iter()
            .position(|byte| {
                matches!(byte, b',' | b':' | b'}' | b']' | b'{' | b'[' | b'"' | b' ' | b'\t' | b'\n' | b'\r')
            })
            .unwrap_or(self.bytes.len() - start);
        let end = start + length.max(1);
        let word = &self.text[start..end];
        self.at = end;
        if !matches!(word, "true" | "false" | "null") && !is_number(word.as_bytes()) {
            self.error_with_help(
                start,
                end,
                format!("`{word}` is no value of JSON"),
                "put a text in double quotes; other values are numbers, `true`, `false` and `null`",
            );
        }
        self.builder.scalar(Span::new(self.file, start, end), None, Text::Written(word), Style::Plain, None);
    }

    fn single_quoted(&mut self) {
        let start = self.at;
        let rest = &self.bytes[start + 1..];
        let length = rest.iter().position(|byte| matches!(byte, b'\'' | b'\n' | b'\r')).unwrap_or(rest.len());
        let text_end = start + 1 + length;
        let end = if self.bytes.get(text_end) == Some(&b'\'') { text_end + 1 } else { text_end };
        self.at = end;
        self.error_with_help(start, end, "a text in single quotes", "JSON has texts in double quotes only");
        let text = Text::Written(&self.text[start + 1..text_end]);
        self.builder.scalar(Span::new(self.file, start, end), None, text, Style::SingleQuoted, None);
    }

    fn string(&mut self) {
        let start = self.at;
        let inside = start + 1;
        let end = inside + scan::before(&self.bytes[inside..], *b"\"\\");
        if self.bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            let text = Text::Written(&self.text[inside..end]);
            let span = Span::new(self.file, start, self.at);
            self.builder.scalar(span, None, text, Style::DoubleQuoted, None);
        } else {
            self.decode(start, end);
        }
    }

    /// The rest of a string from `at` on, where something else stands than a character for itself.
    #[inline(never)]
    fn decode(&mut self, start: usize, mut at: usize) {
        let decoded = self.builder.decoded().len();
        let mut verbatim = start + 1;
        let text_end = loop {
            at += scan::before(&self.bytes[at..], *b"\"\\");
            match self.bytes.get(at) {
                Some(b'"') => {
                    self.at = at + 1;
                    break at;
                }
                Some(b'\\') => {
                    self.builder.decoded().push_str(&self.text[verbatim..at]);
                    let (character, length) = unescape(&self.bytes[at..]);
                    if let Some(character) = character {
                        self.builder.decoded().push(character);
                    } else {
                        let mut end = (at + length).min(self.text.len());
                        while !self.text.is_char_boundary(end) {
                            end += 1;
                        }
                        self.error(at, end, format!("`{}` is no escape of JSON", &self.text[at..end]));
                        self.builder.decoded().push(char::REPLACEMENT_CHARACTER);
                        at = end;
                        verbatim = at;
                        continue;
                    }
                    at += length;
                    verbatim = at;
                }
                None | Some(b'\n' | b'\r') => {
                    self.error_with_help(
                        start,
                        start + 1,
                        "a text whose quote is not closed on its line",
                        "write a line break as `\\n`",
                    );
                    self.at = at;
                    break at;
                }
                Some(_) => {
                    self.error(at, at + 1, "a control character in a text");
                    at += 1;
                }
            }
        };
        let rest = &self.text[verbatim..text_end];
        let text = if verbatim == start + 1 {
            Text::Written(rest)
        } else {
            self.builder.decoded().push_str(rest);
            self.builder.decoded_since(decoded)
        };
        let span = Span::new(self.file, start, self.at);
        self.builder.scalar(span, None, text, Style::DoubleQuoted, None);
    }

    #[inline]
    fn skip_space(&mut self) {
        let bytes = self.bytes;
        // Behind a `:` there is mostly one blank, and behind a `,` the next line.
        match bytes.get(self.at) {
            Some(b' ') => self.at += 1,
            Some(b'\n') => {
                self.at += 1;
                self.at += scan::blanks(&bytes[self.at..]);
            }
            _ => {}
        }
        if let Some(0..=b' ' | b'/' | b'#') = bytes.get(self.at) {
            self.skip_more();
        }
    }

    /// The same for any space, and for what people write there as comments.
    #[inline(never)]
    fn skip_more(&mut self) {
        loop {
            while self.bytes.get(self.at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
                self.at += 1;
                self.at += scan::blanks(&self.bytes[self.at..]);
            }
            if !matches!(self.bytes.get(self.at), Some(b'/' | b'#')) {
                return;
            }
            let rest = &self.text[self.at..];
            let length = if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |end| end + 2)
            } else if rest.starts_with("//") || rest.starts_with('#') {
                rest.find(['\n', '\r']).unwrap_or(rest.len())
            } else {
                return;
            };
            self.error(self.at, self.at + length, "a comment, which JSON does not have");
            self.at += length;
            if self.errors.len() >= MAXIMUM_ERRORS {
                return;
            }
        }
    }

    /// End of the last thing before here that is no space.
    fn behind_last(&self) -> usize {
        self.text[..self.at].trim_end_matches([' ', '\t', '\n', '\r']).len()
    }

    fn error(&mut self, start: usize, end: usize, message: impl Into<String>) {
        self.errors.push(SyntaxError {
            span: Span::new(self.file, start, end),
            message: message.into(),
            other: None,
            help: None,
        });
    }

    fn error_with_help(&mut self, start: usize, end: usize, message: impl Into<String>, help: &str) {
        self.error(start, end, message);
        if let Some(error) = self.errors.last_mut() {
            error.help = Some(help.to_owned());
        }
    }
}

/// The character of an escape sequence and the length of the sequence; none where JSON has no such escape.
fn unescape(bytes: &[u8]) -> (Option<char>, usize) {
    let simple = match bytes.get(1) {
        Some(&byte @ (b'"' | b'\\' | b'/')) => byte as char,
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unescape_unicode(bytes),
        _ => return (None, 2),
    };
    (Some(simple), 2)
}

fn unescape_unicode(bytes: &[u8]) -> (Option<char>, usize) {
    let unit = |from: usize| {
        let digits = bytes.get(from..from + 6).filter(|digits| digits.starts_with(b"\\u"))?;
        digits[2..].iter().try_fold(0, |sum, &digit| Some(sum * 16 + (digit as char).to_digit(16)?))
    };
    match (unit(0), unit(6)) {
        (Some(high @ 0xD800..=0xDBFF), Some(low @ 0xDC00..=0xDFFF)) => {
            (char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)), 12)
        }
        (Some(unit), _) => (char::from_u32(unit), 6),
        (None, _) => (None, 2),
    }
}

/// Whether the whole of `word` is a number of JSON.
fn is_number(word: &[u8]) -> bool {
    let digits = |from: usize| word[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(word.first() == Some(&b'-'));
    match digits(at) {
        0 => return false,
        count if count > 1 && word[at] == b'0' => return false,
        count => at += count,
    }
    if word.get(at) == Some(&b'.') {
        match digits(at + 1) {
            0 => return false,
            count => at += 1 + count,
        }
    }
    if matches!(word.get(at), Some(b'e' | b'E')) {
        at += 1;
        at += usize::from(matches!(word.get(at), Some(b'+' | b'-')));
        match digits(at) {
            0 => return false,
            count => at += count,
        }
    }
    at == word.len()
}
