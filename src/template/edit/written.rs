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
    Map(Vec<(String, Written)>),
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
    pub fn map<const N: usize>(members: [(&str, Self); N]) -> Self {
        Self::Map(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// Whether it takes one line in any style.
    fn is_scalar(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Flag(_) | Self::Number(_) | Self::Token(_))
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

    /// The value on one line, as it stands in brackets or braces; also the value of a key or item in a block where
    /// `flow` is not set.
    fn inline(&self, value: &Written, flow: bool) -> String {
        match value {
            Written::Token(token) => token.clone(),
            Written::Text(text) => self.scalar(text, self.quote(), flow),
            Written::Flag(flag) => self.bare(&flag.to_string(), self.quotes_booleans()),
            Written::Number(number) => self.bare(&number.to_string(), self.quotes_numbers()),
            Written::Ref(name) if self.short() => {
                format!("!Ref {}", self.argument(name, self.quote_of_names(), flow))
            }
            Written::Sub(text) if self.short() => {
                format!("!Sub {}", self.argument(text, self.quote_of_sub(), flow))
            }
            Written::GetAtt(resource, attribute) if self.short() => {
                format!(
                    "!GetAtt {}",
                    self.argument(&format!("{resource}.{attribute}"), self.quote_of_names(), flow)
                )
            }
            Written::Ref(_) | Written::Sub(_) | Written::GetAtt(..) => match self.long(value, true) {
                Some((name, argument)) => {
                    format!("{{{0}{1}{0}}}", self.padding(), self.pair(name, &argument))
                }
                None => String::new(),
            },
            Written::List(items) => {
                let items: Vec<String> = items.iter().map(|item| self.inline(item, true)).collect();
                format!("[{0}{1}{0}]", self.padding_of_lists(), items.join(self.comma()))
            }
            Written::Map(members) => {
                let members: Vec<String> = members.iter().map(|(key, value)| self.pair(key, value)).collect();
                format!("{{{0}{1}{0}}}", self.padding(), members.join(self.comma()))
            }
        }
    }

    /// A value in brackets or braces, or after a key in them.
    pub(super) fn in_flow(&self, value: &Written) -> String {
        self.inline(value, true)
    }

    /// A value in brackets or braces, over several lines where its key or itself, with this before it, begins a line.
    pub(super) fn in_flow_behind(&self, before: &str, value: &Written) -> String {
        if is_blank(before) { self.spread(value, before) } else { self.in_flow(value) }
    }

    /// `key: value` in braces.
    fn pair(&self, key: &str, value: &Written) -> String {
        format!("{}{}{}", self.key_in_flow(key), self.colon(), self.inline(value, true))
    }

    /// `key: value` in braces, a map or list spread over lines like those around it; `indent` stands before the key.
    pub(super) fn spread_pair(&self, key: &str, value: &Written, indent: &str) -> String {
        format!("{}{}{}", self.key_in_flow(key), self.colon(), self.spread(value, indent))
    }

    pub(super) fn spread(&self, value: &Written, indent: &str) -> String {
        let inner = format!("{indent}{}", self.unit());
        let between = format!(",{}{inner}", self.newline);
        let wrap = |open: char, parts: &[String], close: char| {
            format!("{open}{0}{inner}{1}{0}{indent}{close}", self.newline, parts.join(&between))
        };
        match value {
            Written::Map(members) => {
                let parts: Vec<String> =
                    members.iter().map(|(key, value)| self.spread_pair(key, value, &inner)).collect();
                wrap('{', &parts, '}')
            }
            Written::List(items) if !self.flow_lists() => {
                let parts: Vec<String> = items.iter().map(|item| self.spread(item, &inner)).collect();
                wrap('[', &parts, ']')
            }
            Written::Ref(_) | Written::Sub(_) | Written::GetAtt(..) if self.spread_functions() => {
                match self.long(value, true) {
                    Some((name, argument)) => wrap('{', &[self.spread_pair(name, &argument, &inner)], '}'),
                    None => String::new(),
                }
            }
            _ => self.inline(value, true),
        }
    }

    /// What stands behind `key:` in a block whose keys stand in `column`: a blank and a value, or lines.
    pub(super) fn behind_key(&self, value: &Written, column: usize) -> String {
        match value {
            Written::Map(members) => {
                let column = column + self.step();
                members
                    .iter()
                    .map(|(key, value)| self.line(column, &self.block_pair(key, value, column)))
                    .collect()
            }
            Written::List(items) if !self.flow_lists() => {
                let column = column + self.dash_offset();
                items
                    .iter()
                    .map(|item| self.line(column, &format!("- {}", self.item(item, column + 2))))
                    .collect()
            }
            Written::Ref(_) | Written::Sub(_) | Written::GetAtt(..) if !self.short() => {
                match self.long(value, false) {
                    Some((name, argument)) => {
                        let column = column + self.step();
                        self.line(column, &self.block_pair(name, &argument, column))
                    }
                    None => String::new(),
                }
            }
            _ => format!(" {}", self.inline(value, false)),
        }
    }

    /// `key: value` in a block whose keys stand in `column`.
    pub(super) fn block_pair(&self, key: &str, value: &Written, column: usize) -> String {
        format!("{}:{}", self.key(key), self.behind_key(value, column))
    }

    /// An item of a list in a block, without its `- `; what it holds stands in `column`.
    pub(super) fn item(&self, item: &Written, column: usize) -> String {
        let members = match item {
            Written::Map(members) => members.clone(),
            _ if item.is_scalar() || self.short() => return self.inline(item, false),
            _ => match self.long(item, false) {
                Some((name, argument)) => vec![(name.to_owned(), argument)],
                None => return self.inline(item, false),
            },
        };
        let parts: Vec<String> =
            members.iter().map(|(key, value)| self.block_pair(key, value, column)).collect();
        parts.join(&self.line(column, ""))
    }

    /// A line break, and a text in a column.
    pub(super) fn line(&self, column: usize, text: &str) -> String {
        format!("{}{:column$}{text}", self.newline, "")
    }

    pub(super) fn key(&self, key: &str) -> String {
        match self.quote_of_keys() {
            Some(quote) => self.quoted(key, quote),
            None => key.to_owned(),
        }
    }

    fn key_in_flow(&self, key: &str) -> String {
        if key.contains(':') { self.scalar(key, self.quote_of_keys(), true) } else { self.key(key) }
    }

    /// A boolean or number.
    fn bare(&self, text: &str, quotes: bool) -> String {
        if quotes { self.quoted(text, self.quote().unwrap_or('"')) } else { text.to_owned() }
    }

    /// A scalar that must stay the text that it is.
    pub(super) fn scalar(&self, text: &str, quote: Option<char>, flow: bool) -> String {
        match quote {
            Some(quote) => self.quoted(text, quote),
            None if self.json => self.quoted(text, '"'),
            None if is_plain(text, flow) => text.to_owned(),
            None => self.quoted(text, self.other_quote()),
        }
    }

    /// The argument of a short function: a text whatever it looks like.
    fn argument(&self, text: &str, quote: Option<char>, flow: bool) -> String {
        let brackets = flow && text.contains(['{', '}', '[', ']', ',']);
        match quote {
            Some(quote) => self.quoted(text, quote),
            // Those in the text would be read as its own.
            None if text.starts_with('"') => self.quoted(text, '\''),
            None if brackets || text.contains(": ") || text.contains(" #") || text.starts_with('\'') => {
                self.quoted(text, self.other_quote())
            }
            None => text.to_owned(),
        }
    }

    fn quoted(&self, text: &str, quote: char) -> String {
        if self.json {
            return serde_json::Value::from(text).to_string();
        }
        match quote {
            '\'' => format!("'{}'", text.replace('\'', "''")),
            _ => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        }
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
