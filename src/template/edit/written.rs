//! Values as they are written into a template: in block or flow style of YAML, or in JSON.

use super::style::{Style, is_blank};

/// A value to write, whatever the style of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// A text, in quotes where the file or the text wants them.
    Text(String),
    /// A boolean.
    Flag(bool),
    /// A number.
    Number(i64),
    /// `Ref`.
    Ref(String),
    /// `Fn::GetAtt`.
    GetAtt(String, String),
    /// `Fn::Sub` of a text.
    Sub(String),
    /// A list.
    List(Vec<Written>),
    /// A map.
    Map(Vec<(&'static str, Written)>),
    /// A scalar as it stands in the file, quotes included.
    Token(String),
}

impl Written {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// `Ref` of a resource or parameter.
    pub fn reference(name: impl Into<String>) -> Self {
        Self::Ref(name.into())
    }

    /// A map.
    pub fn map<const N: usize>(members: [(&'static str, Self); N]) -> Self {
        Self::Map(members.into())
    }
}

impl Style<'_, '_> {
    /// The function as a map: its name and its argument.
    fn long(&self, value: &Written, flow: bool) -> Option<(&'static str, Written)> {
        let name = |name: &str| Written::Token(self.scalar(name, self.quote_of_names(), true));
        match value {
            Written::Ref(resource) => Some(("Ref", name(resource))),
            Written::Sub(text) => {
                Some(("Fn::Sub", Written::Token(self.scalar(text, self.quote_of_sub(), flow))))
            }
            Written::GetAtt(resource, attribute) => {
                Some(("Fn::GetAtt", Written::List(vec![name(resource), name(attribute)])))
            }
            _ => None,
        }
    }

    /// A value in brackets or braces, or after a key in them.
    pub(super) fn in_flow(&self, value: &Written) -> String {
        made(|out| self.put_inline(out, value, true))
    }

    /// A value in brackets or braces, over several lines where its key or itself, with this before it, begins a line.
    pub(super) fn in_flow_behind(&self, before: &str, value: &Written) -> String {
        if is_blank(before) { self.spread(value, before) } else { self.in_flow(value) }
    }

    /// `key: value` in braces, a map or list spread over lines like those around it; `indent` stands before the key.
    pub(super) fn spread_pair(&self, key: &str, value: &Written, indent: &str) -> String {
        made(|out| self.put_spread_pair(out, key, value, indent))
    }

    pub(super) fn spread(&self, value: &Written, indent: &str) -> String {
        made(|out| self.put_spread(out, value, indent))
    }

    /// What stands behind `key:` in a block whose keys stand in `column`: a blank and a value, or lines.
    pub(super) fn behind_key(&self, value: &Written, column: usize) -> String {
        made(|out| self.put_behind_key(out, value, column))
    }

    /// `key: value` in a block whose keys stand in `column`.
    pub(super) fn block_pair(&self, key: &str, value: &Written, column: usize) -> String {
        made(|out| self.put_block_pair(out, key, value, column))
    }

    /// An item of a list in a block, without its `- `; what it holds stands in `column`.
    pub(super) fn item(&self, item: &Written, column: usize) -> String {
        made(|out| self.put_item(out, item, column))
    }

    /// A line break, and a text in a column.
    pub(super) fn line(&self, column: usize, text: &str) -> String {
        format!("{}{:column$}{text}", self.newline, "")
    }

    pub(super) fn key(&self, key: &str) -> String {
        made(|out| self.put_key(out, key))
    }

    /// A scalar that must stay the text that it is.
    pub(super) fn scalar(&self, text: &str, quote: Option<char>, flow: bool) -> String {
        made(|out| self.put_scalar(out, text, quote, flow))
    }

    /// The value on one line, as it stands in brackets or braces; also the value of a key or item in a block where
    /// `flow` is not set.
    fn put_inline(&self, out: &mut String, value: &Written, flow: bool) {
        match value {
            Written::Token(token) => out.push_str(token),
            Written::Text(text) => self.put_scalar(out, text, self.quote(), flow),
            Written::Flag(flag) => self.put_bare(out, &flag.to_string(), self.quotes_booleans()),
            Written::Number(number) => self.put_bare(out, &number.to_string(), self.quotes_numbers()),
            Written::Ref(name) if self.short() => {
                out.push_str("!Ref ");
                self.put_argument(out, name, self.quote_of_names(), flow);
            }
            Written::Sub(text) if self.short() => {
                out.push_str("!Sub ");
                self.put_argument(out, text, self.quote_of_sub(), flow);
            }
            Written::GetAtt(resource, attribute) if self.short() => {
                out.push_str("!GetAtt ");
                self.put_argument(out, &format!("{resource}.{attribute}"), self.quote_of_names(), flow);
            }
            Written::Ref(_) | Written::Sub(_) | Written::GetAtt(..) => {
                if let Some((name, argument)) = self.long(value, true) {
                    self.put_members(out, &[(name, argument)]);
                }
            }
            Written::List(items) => {
                let padding = self.padding_of_lists();
                out.extend(["[", padding]);
                put_all(out, items, self.comma(), |out, item| self.put_inline(out, item, true));
                out.extend([padding, "]"]);
            }
            Written::Map(members) => self.put_members(out, members),
        }
    }

    /// A map in braces on one line.
    fn put_members(&self, out: &mut String, members: &[(&str, Written)]) {
        let padding = self.padding();
        out.extend(["{", padding]);
        put_all(out, members, self.comma(), |out, (key, value)| {
            self.put_key_in_flow(out, key);
            out.push_str(self.colon());
            self.put_inline(out, value, true);
        });
        out.extend([padding, "}"]);
    }

    fn put_spread_pair(&self, out: &mut String, key: &str, value: &Written, indent: &str) {
        self.put_key_in_flow(out, key);
        out.push_str(self.colon());
        self.put_spread(out, value, indent);
    }

    fn put_spread(&self, out: &mut String, value: &Written, indent: &str) {
        let inner = || format!("{indent}{}", self.unit());
        match value {
            Written::Map(members) => {
                let inner = inner();
                self.put_lines(out, ["{", "}"], indent, &inner, members, |out, (key, value)| {
                    self.put_spread_pair(out, key, value, &inner);
                });
            }
            Written::List(items) if !self.flow_lists() => {
                let inner = inner();
                self.put_lines(out, ["[", "]"], indent, &inner, items, |out, item| {
                    self.put_spread(out, item, &inner);
                });
            }
            Written::Ref(_) | Written::Sub(_) | Written::GetAtt(..) if self.spread_functions() => {
                if let Some((name, argument)) = self.long(value, true) {
                    let inner = inner();
                    self.put_lines(out, ["{", "}"], indent, &inner, &[argument], |out, argument| {
                        self.put_spread_pair(out, name, argument, &inner);
                    });
                }
            }
            _ => self.put_inline(out, value, true),
        }
    }

    /// Parts between brackets, each on a line of its own.
    fn put_lines<T>(
        &self,
        out: &mut String,
        [open, close]: [&str; 2],
        indent: &str,
        inner: &str,
        parts: &[T],
        put: impl FnMut(&mut String, &T),
    ) {
        out.extend([open, self.newline, inner]);
        put_all(out, parts, &format!(",{}{inner}", self.newline), put);
        out.extend([self.newline, indent, close]);
    }

    fn put_behind_key(&self, out: &mut String, value: &Written, column: usize) {
        match value {
            Written::Map(members) => {
                let column = column + self.step();
                for (key, value) in members {
                    self.begin_line(out, column);
                    self.put_block_pair(out, key, value, column);
                }
            }
            Written::List(items) if !self.flow_lists() => {
                let column = column + self.dash_offset();
                for item in items {
                    self.begin_line(out, column);
                    out.push_str("- ");
                    self.put_item(out, item, column + 2);
                }
            }
            Written::Ref(_) | Written::Sub(_) | Written::GetAtt(..) if !self.short() => {
                if let Some((name, argument)) = self.long(value, false) {
                    let column = column + self.step();
                    self.begin_line(out, column);
                    self.put_block_pair(out, name, &argument, column);
                }
            }
            _ => {
                out.push(' ');
                self.put_inline(out, value, false);
            }
        }
    }

    fn put_block_pair(&self, out: &mut String, key: &str, value: &Written, column: usize) {
        self.put_key(out, key);
        out.push(':');
        self.put_behind_key(out, value, column);
    }

    fn put_item(&self, out: &mut String, item: &Written, column: usize) {
        match item {
            Written::Map(members) => {
                for (index, (key, value)) in members.iter().enumerate() {
                    if index > 0 {
                        self.begin_line(out, column);
                    }
                    self.put_block_pair(out, key, value, column);
                }
            }
            _ if self.short() => self.put_inline(out, item, false),
            _ => match self.long(item, false) {
                Some((name, argument)) => self.put_block_pair(out, name, &argument, column),
                None => self.put_inline(out, item, false),
            },
        }
    }

    fn begin_line(&self, out: &mut String, column: usize) {
        out.push_str(self.newline);
        out.extend(std::iter::repeat_n(' ', column));
    }

    fn put_key(&self, out: &mut String, key: &str) {
        match self.quote_of_keys() {
            Some(quote) => self.put_quoted(out, key, quote),
            None => out.push_str(key),
        }
    }

    fn put_key_in_flow(&self, out: &mut String, key: &str) {
        if key.contains(':') {
            self.put_scalar(out, key, self.quote_of_keys(), true);
        } else {
            self.put_key(out, key);
        }
    }

    /// A boolean or number.
    fn put_bare(&self, out: &mut String, text: &str, quotes: bool) {
        if quotes {
            self.put_quoted(out, text, self.quote().unwrap_or('"'));
        } else {
            out.push_str(text);
        }
    }

    fn put_scalar(&self, out: &mut String, text: &str, quote: Option<char>, flow: bool) {
        match quote {
            Some(quote) => self.put_quoted(out, text, quote),
            None if self.json => self.put_quoted(out, text, '"'),
            None if is_plain(text, flow) => out.push_str(text),
            None => self.put_quoted(out, text, self.other_quote()),
        }
    }

    /// The argument of a short function: a text whatever it looks like.
    fn put_argument(&self, out: &mut String, text: &str, quote: Option<char>, flow: bool) {
        let brackets = flow && text.contains(['{', '}', '[', ']', ',']);
        match quote {
            Some(quote) => self.put_quoted(out, text, quote),
            // Those in the text would be read as its own.
            None if text.starts_with('"') => self.put_quoted(out, text, '\''),
            None if brackets || text.contains(": ") || text.contains(" #") || text.starts_with('\'') => {
                self.put_quoted(out, text, self.other_quote());
            }
            None => out.push_str(text),
        }
    }

    fn put_quoted(&self, out: &mut String, text: &str, quote: char) {
        if self.json && text.contains(char::is_control) {
            out.push_str(&serde_json::Value::from(text).to_string());
            return;
        }
        let quote = if self.json { '"' } else { quote };
        out.push(quote);
        for letter in text.chars() {
            match letter {
                '\'' if quote == '\'' => out.push('\''),
                '"' | '\\' if quote == '"' => out.push('\\'),
                _ => {}
            }
            out.push(letter);
        }
        out.push(quote);
    }
}

/// So long are most texts that are put out, or shorter.
const USUAL_LENGTH: usize = 256;

/// The text that is put out.
fn made(put: impl FnOnce(&mut String)) -> String {
    let mut text = String::with_capacity(USUAL_LENGTH);
    put(&mut text);
    text
}

/// Puts out parts with something between them.
fn put_all<T>(out: &mut String, parts: &[T], between: &str, mut put: impl FnMut(&mut String, &T)) {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.push_str(between);
        }
        put(out, part);
    }
}

/// What has a meaning in brackets and braces, a colon for some parsers of YAML even without a blank behind it.
const FLOW: [char; 6] = ['{', '}', '[', ']', ',', ':'];

/// Whether a text without quotes is read as this text, and not as a boolean, a number or something with a structure.
fn is_plain(text: &str, flow: bool) -> bool {
    const WORDS: &[&str] = &["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let starts_well = text
        .starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '/' | '.' | '$'))
        || (text.starts_with(|first: char| first.is_ascii_digit())
            && !text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b':' | b'_' | b'-' | b'e')));
    let breaks = text.contains(": ") || text.contains(" #") || text.ends_with([':', ' ']);
    let control = text.chars().any(char::is_control);
    let brackets = flow && text.contains(FLOW);
    starts_well
        && !breaks
        && !control
        && !brackets
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}
