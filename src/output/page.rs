//! A rule's page on a terminal: the Markdown that the pages use, with its marks turned into type.

use std::io::{self, Write};

use super::{Look, wrap};

const BOLD: &str = "\x1b[1m";
const CODE: &str = "\x1b[36m";
const HEADING: &str = "\x1b[1;4m";
const PLAIN: &str = "\x1b[0m";

/// Writes a page: headings, paragraphs and lists wrapped, examples indented.
pub fn page(markdown: &str, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let mut paragraph = String::new();
    let mut in_example = false;
    for line in markdown.lines() {
        let starts_item = line.trim_start().starts_with("- ");
        let stands_alone = line.starts_with("```") || line.starts_with('#') || line.starts_with('|');
        if in_example || stands_alone || starts_item || line.trim().is_empty() {
            write_paragraph(&std::mem::take(&mut paragraph), look, out)?;
        }
        if line.starts_with("```") {
            in_example = !in_example;
        } else if in_example {
            writeln!(out, "{}", format!("    {line}").trim_end())?;
        } else if let Some(title) = line.strip_prefix('#') {
            let title = title.trim_start_matches('#').trim();
            if look.color {
                writeln!(out, "{HEADING}{title}{PLAIN}")?;
            } else {
                writeln!(out, "{title}")?;
            }
        } else if line.starts_with('|') || line.trim().is_empty() {
            writeln!(out, "{line}")?;
        } else {
            if !paragraph.is_empty() {
                paragraph.push('\n');
            }
            paragraph.push_str(line);
        }
    }
    write_paragraph(&paragraph, look, out)
}

fn write_paragraph(paragraph: &str, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let text = paragraph.trim_start();
    let blanks = paragraph.len() - text.len();
    let (bullet, text) = text.strip_prefix("- ").map_or(("", text), |item| ("- ", item));
    let indent = blanks + bullet.len();
    let mut open = Marks::default();
    for (index, line) in
        wrap(&with_addresses(text), look.width.saturating_sub(indent).max(20)).iter().enumerate()
    {
        let bullet = if index == 0 { bullet } else { "" };
        writeln!(
            out,
            "{:blanks$}{bullet:width$}{}",
            "",
            open.set(line, look.color),
            width = indent - blanks
        )?;
    }
    Ok(())
}

/// `[text](address)` as `text (address)`, `<address>` as the address.
fn with_addresses(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(['[', '<']) {
        result.push_str(&rest[..start]);
        rest = &rest[start..];
        let link = rest.strip_prefix('[').and_then(|inner| {
            let (words, after) = inner.split_once("](")?;
            let (address, after) = after.split_once(')')?;
            Some((format!("{words} ({address})"), after))
        });
        let address = rest.strip_prefix("<https://").and_then(|inner| {
            let (address, after) = inner.split_once('>')?;
            Some((format!("https://{address}"), after))
        });
        if let Some((shown, after)) = link.or(address) {
            result.push_str(&shown);
            rest = after;
        } else {
            result.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    result.push_str(rest);
    result
}

/// Which marks are open at the end of a line, as they may close on a later one.
#[derive(Default)]
struct Marks {
    code: bool,
    bold: bool,
}

impl Marks {
    /// A line with `` `code` `` and `**bold**` as type, or as they are without colours.
    fn set(&mut self, line: &str, color: bool) -> String {
        if !color {
            return line.to_owned();
        }
        let mut result = String::from(if self.code {
            CODE
        } else if self.bold {
            BOLD
        } else {
            ""
        });
        let mut rest = line;
        while let Some(letter) = rest.chars().next() {
            let (length, opened, style) = if letter == '`' {
                self.code = !self.code;
                (1, self.code, CODE)
            } else if !self.code && rest.starts_with("**") {
                self.bold = !self.bold;
                (2, self.bold, BOLD)
            } else {
                result.push(letter);
                rest = &rest[letter.len_utf8()..];
                continue;
            };
            rest = &rest[length..];
            if opened {
                result.push_str(style);
            } else {
                result.push_str(PLAIN);
                result.push_str(if self.bold { BOLD } else { "" });
            }
        }
        if self.code || self.bold {
            result.push_str(PLAIN);
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# some-rule\n\nA `Key` that **must** be\nset, see [the guide](https://example.com/a).\n\n\
        - first item with quite a few words in it\n- second\n\n```yaml\nA: !Ref B # error\n\n  C: 1\n```\n";

    fn set(look: Look) -> String {
        let mut out = Vec::new();
        page(PAGE, look, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn sets_a_page_without_colours() {
        assert_eq!(
            set(Look { color: false, width: 30 }),
            "some-rule\n\nA `Key` that **must** be set,\nsee the guide\n(https://example.com/a).\n\n\
             - first item with quite a few\n  words in it\n- second\n\n    A: !Ref B # error\n\n      C: 1\n"
        );
    }

    #[test]
    fn sets_a_page_with_colours() {
        let colored = set(Look { color: true, width: 80 });
        assert!(colored.contains("\x1b[1;4msome-rule\x1b[0m"), "{colored:?}");
        assert!(colored.contains("A \x1b[36mKey\x1b[0m that \x1b[1mmust\x1b[0m be"), "{colored:?}");
        assert!(!colored.contains('`'), "{colored:?}");
    }
}
