//! Text inside XML: escaped, and without what no XML document may hold, so that any text is well formed.

use std::fmt::{self, Write};

/// Text between tags.
pub(super) struct Text<'t>(pub(super) &'t str);

/// Text between the quotes of an attribute.
pub(super) struct Attribute<'t>(pub(super) &'t str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|letter| match letter {
            '\n' | '\t' => f.write_char(letter),
            _ => escaped(letter, f),
        })
    }
}

impl fmt::Display for Attribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|letter| escaped(letter, f))
    }
}

fn escaped(letter: char, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match letter {
        '&' => f.write_str("&amp;"),
        '<' => f.write_str("&lt;"),
        '>' => f.write_str("&gt;"),
        '"' => f.write_str("&quot;"),
        // A reader makes blanks of these in an attribute, and of a carriage return a line feed anywhere.
        '\t' | '\n' | '\r' => write!(f, "&#{};", u32::from(letter)),
        // Not even as a reference: https://www.w3.org/TR/xml/#charsets
        '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => f.write_char('\u{fffd}'),
        _ => f.write_char(letter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_comes_back() {
        let all: String = (0..=0x1_0000).filter_map(char::from_u32).collect();
        let document = format!("<a b=\"{}\">{}</a>", Attribute(&all), Text(&all));
        let document = roxmltree::Document::parse(&document).unwrap();
        let forbidden = |letter: char| {
            !matches!(letter, '\t' | '\n' | '\r') && letter < ' ' || "\u{fffe}\u{ffff}".contains(letter)
        };
        let expected: String =
            all.chars().map(|letter| if forbidden(letter) { '\u{fffd}' } else { letter }).collect();
        assert_eq!(document.root_element().attribute("b"), Some(expected.as_str()));
        assert_eq!(document.root_element().text(), Some(expected.as_str()));
    }
}
