//! Decodes a quoted scalar of YAML, for the few that people and `PyYAML` read and the parser refuses.

use super::scan;

/// The length of the quoted scalar at the start of `text`, both quotes included, and whether all between them certainly
/// stands for itself on one line; none if it is never closed.
pub(super) fn length(text: &str) -> Option<(usize, bool)> {
    let bytes = text.as_bytes();
    let quote = *bytes.first()?;
    let (mut at, mut is_verbatim) = (1, true);
    loop {
        at += scan::before(bytes.get(at..)?, [quote, b'\\']);
        let byte = *bytes.get(at)?;
        at += match byte {
            b'\\' if quote == b'"' => 2,
            b'\'' if quote == b'\'' && bytes.get(at + 1) == Some(&quote) => 2,
            _ if byte == quote => return Some((at + 1, is_verbatim)),
            _ => 1,
        };
        is_verbatim = false;
    }
}

/// Puts the text of a quoted scalar, quotes included in `token`, behind others; none where an escape is wrong.
pub(super) fn decode(token: &str, text: &mut String) -> Option<()> {
    let double = token.starts_with('"');
    let mut rest = token.get(1..token.len().checked_sub(1)?)?;
    // Blanks around a folded line break go, escaped ones stay.
    let mut kept = text.len();
    while let Some(character) = rest.chars().next() {
        match character {
            '\n' | '\r' => {
                text.truncate(kept + text[kept..].trim_end_matches([' ', '\t']).len());
                let (breaks, behind) = line_breaks(rest);
                if breaks == 1 {
                    text.push(' ');
                } else {
                    text.extend(std::iter::repeat_n('\n', breaks - 1));
                }
                kept = text.len();
                rest = behind;
            }
            '\'' if !double => {
                text.push('\'');
                // One that stands alone is there only where the text of several scalars was taken for one.
                rest = rest.strip_prefix("''").unwrap_or(&rest[1..]);
            }
            '\\' if double && rest[1..].starts_with(['\n', '\r']) => {
                let (breaks, behind) = line_breaks(&rest[1..]);
                text.extend(std::iter::repeat_n('\n', breaks - 1));
                kept = text.len();
                rest = behind;
            }
            '\\' if double => {
                let (decoded, length) = escape(rest)?;
                text.push(decoded);
                kept = text.len();
                rest = &rest[length..];
            }
            _ => {
                let run = scan::before(rest.as_bytes(), *b"'\\").max(1);
                text.push_str(&rest[..run]);
                rest = &rest[run..];
            }
        }
    }
    Some(())
}

/// How many line breaks are at the start of `text`, blanks between them passed over, and what follows.
fn line_breaks(text: &str) -> (usize, &str) {
    let end = text.len() - text.trim_start_matches([' ', '\t', '\n', '\r']).len();
    let (blanks, behind) = text.split_at(end);
    (blanks.matches(['\n', '\r']).count() - blanks.matches("\r\n").count(), behind)
}

/// The character of the escape at the start of `text`, and the length of the escape.
fn escape(text: &str) -> Option<(char, usize)> {
    let hexadecimal = |from: usize, length: usize| {
        let digits = text.get(from..from + length)?;
        let are_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        are_digits.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    };
    let simple = match *text.as_bytes().get(1)? {
        b'0' => '\0',
        b'a' => '\u{7}',
        b'b' => '\u{8}',
        b't' | b'\t' => '\t',
        b'n' => '\n',
        b'v' => '\u{b}',
        b'f' => '\u{c}',
        b'r' => '\r',
        b'e' => '\u{1b}',
        b'N' => '\u{85}',
        b'_' => '\u{a0}',
        b'L' => '\u{2028}',
        b'P' => '\u{2029}',
        byte @ (b' ' | b'"' | b'/' | b'\\') => byte as char,
        b'x' => return Some((char::from_u32(hexadecimal(2, 2)?)?, 4)),
        b'U' => return Some((char::from_u32(hexadecimal(2, 8)?)?, 10)),
        b'u' => {
            let unit = hexadecimal(2, 4)?;
            if let Some(character) = char::from_u32(unit) {
                return Some((character, 6));
            }
            let low = hexadecimal(8, 4).filter(|low| {
                (0xDC00..0xE000).contains(low) && unit < 0xDC00 && text[6..].starts_with("\\u")
            })?;
            return Some((char::from_u32(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))?, 12));
        }
        _ => return None,
    };
    Some((simple, 2))
}
