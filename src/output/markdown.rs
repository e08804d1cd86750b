//! `markdown`: a report to be read in a comment on a pull request or in the summary of a build.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{clean, headline, number, told, whole, xml};
use crate::diagnostic::{Finding, Label, Severity};
use crate::report::Report;
use crate::text::Sources;

/// What fits into a comment on GitHub, which takes 65,536 characters and refuses longer ones as a whole.
pub const COMMENT_BYTES: usize = 65_000;
/// What the lines that count the rest take at most.
const BYTES_OF_REST: usize = 200;

/// Writes a table of all findings, the worst first, and then more about each of them. What does not fit into `limit`
/// bytes is counted.
pub fn markdown(report: &Report, limit: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut text = format!("## {}: {}\n", env!("CARGO_PKG_NAME"), whole(&report.totals));
    let all = report.totals.findings.all();
    if all > 0 {
        text.push_str("\n| Severity | Place | Rule | Finding |\n| --- | --- | --- | --- |\n");
        let mut rows = WorstFirst::new(limit);
        let mut blocks = WorstFirst::new(limit);
        report.each(&mut |part| {
            for finding in &part.findings {
                rows.add(finding.severity, || row(finding, &part.sources));
                blocks.add(finding.severity, || details(finding, &part.sources));
            }
            Ok(())
        })?;
        // Half of the room, so that the worst findings are told with what to do.
        let left_out = all - add(&mut text, limit / 2, rows.texts());
        if left_out > 0 {
            text.extend(["\nand ", &number(left_out, "more finding"), "\n"]);
        }
        let left_out = all - add(&mut text, limit, blocks.texts());
        if left_out > 0 {
            text.extend(["\nFor ", &number(left_out, "finding"), " there is no room to say more.\n"]);
        }
    }
    out.write_all(text.as_bytes())
}

/// Texts by severity, of each no more than there may be room for.
struct WorstFirst {
    limit: usize,
    by_severity: BTreeMap<Reverse<Severity>, (usize, Vec<String>)>,
}

impl WorstFirst {
    fn new(limit: usize) -> Self {
        Self { limit, by_severity: BTreeMap::new() }
    }

    fn add(&mut self, severity: Severity, text: impl FnOnce() -> String) {
        let (bytes, texts) = self.by_severity.entry(Reverse(severity)).or_default();
        if *bytes <= self.limit {
            let text = text();
            *bytes += text.len();
            texts.push(text);
        }
    }

    fn texts(self) -> impl Iterator<Item = String> {
        self.by_severity.into_values().flat_map(|(_, texts)| texts)
    }
}

/// Adds parts as long as they fit, and says how many did.
fn add(text: &mut String, limit: usize, parts: impl Iterator<Item = String>) -> usize {
    let mut added = 0;
    for part in parts {
        if text.len() + part.len() + BYTES_OF_REST > limit {
            break;
        }
        text.push_str(&part);
        added += 1;
    }
    added
}

fn row(finding: &Finding, sources: &Sources) -> String {
    format!(
        "| {} | {} | `{}` | {} |\n",
        finding.severity.name(),
        in_cell(&code(&told::place(finding.primary.span, sources))),
        finding.rule,
        in_cell(&prose(&headline(finding)))
    )
}

/// What is folded below the table. The blank lines make what stands between them Markdown.
fn details(finding: &Finding, sources: &Sources) -> String {
    let place = told::place(finding.primary.span, sources);
    let mut text = format!(
        "\n<details>\n<summary>{}: <code>{}</code> in <code>{}</code></summary>\n\n**{}**\n\n",
        finding.severity.name(),
        finding.rule,
        xml::Text(&place),
        prose(&headline(finding))
    );
    let line = |label: &Label| {
        let place = code(&told::place(label.span, sources));
        format!("- {place} {}\n", prose(&told::words(label)))
    };
    text.extend(std::iter::once(&finding.primary).chain(&finding.labels).map(line));
    for (word, note) in told::notes(finding) {
        let note =
            if Some(note.as_ref()) == finding.url { format!("<{note}>") } else { prose(&clean(&note)) };
        text.extend(["\n**", word, ":** ", &note, "\n"]);
    }
    text.push_str("\n</details>\n");
    text
}

/// A text as code, whatever backticks it holds.
fn code(text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

/// A text in which names stand in backticks: these stay, and all else means what it says.
fn prose(text: &str) -> String {
    let mut parts: Vec<&str> = text.split('`').collect();
    // Without its partner a backtick would open code that never ends.
    let lone = parts.len().is_multiple_of(2).then(|| parts.pop()).flatten();
    let mut result = String::with_capacity(text.len() + 16);
    for (index, part) in parts.iter().enumerate() {
        match (index % 2, *part) {
            (0, text) => escape(text, &mut result),
            (_, "") => result.push_str("\\`\\`"),
            (_, name) => result.push_str(&code(name)),
        }
    }
    if let Some(lone) = lone {
        result.push_str("\\`");
        escape(lone, &mut result);
    }
    result
}

fn escape(text: &str, result: &mut String) {
    let mut before = ' ';
    for letter in text.chars() {
        match letter {
            '&' => result.push_str("&amp;"),
            '<' => result.push_str("&lt;"),
            '>' => result.push_str("&gt;"),
            // Would call a person, an issue, a merge request or a formula where the text is shown.
            '@' => result.push_str("&#64;"),
            '#' => result.push_str("&#35;"),
            '!' => result.push_str("&#33;"),
            '$' => result.push_str("&#36;"),
            '\\' | '*' | '[' | ']' | '~' | '|' => result.extend(['\\', letter]),
            // Inside a word it means itself.
            '_' if !before.is_alphanumeric() => result.push_str("\\_"),
            _ => result.push(letter),
        }
        before = letter;
    }
}

/// In a table a bar ends the cell, even in code, unless it is escaped already.
fn in_cell(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut escapes = false;
    for letter in text.chars() {
        if letter == '|' && !escapes {
            result.push('\\');
        }
        result.push(letter);
        escapes = letter == '\\' && !escapes;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;

    #[test]
    fn looks_as_agreed() {
        example::compare_format("markdown.md", |report, out| markdown(report, COMMENT_BYTES, out));
    }

    #[test]
    fn only_names_in_backticks_are_marked_up() {
        assert_eq!(prose("`A_b` is <b> & *c* [d](e)"), "`A_b` is &lt;b&gt; &amp; \\*c\\* \\[d\\](e)");
        assert_eq!(
            prose("see @team, #1 and !2 for a_b _c_"),
            "see &#64;team, &#35;1 and &#33;2 for a_b \\_c_"
        );
        assert_eq!(prose("`A` and a lone ` `"), "`A` and a lone ` `");
        assert_eq!(prose("a lone ` <"), "a lone \\` &lt;");
        assert_eq!(prose("``"), "\\`\\`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
    }

    #[test]
    fn a_cell_ends_where_the_table_says() {
        assert_eq!(in_cell("a|b"), r"a\|b");
        assert_eq!(in_cell(r"a\|b"), r"a\|b");
        assert_eq!(in_cell(r"a\\|b"), r"a\\\|b");
        let part = example::hostile();
        let row = row(&part.findings[0], &part.sources);
        assert_eq!(
            row,
            "| error | `a\"<b>& .yaml:1:1` | `a-rule` | `\u{2401}]]>\u{fffe}` &amp; \\| \"&lt;&#33;--\" |\n"
        );
    }

    #[test]
    fn it_fits_into_a_comment_and_counts_what_does_not() {
        let mut part = example::part();
        for _ in 0..200 {
            part.findings.extend(example::part().findings);
        }
        let report = Report::from(part);
        let render = |limit| {
            let mut out = Vec::new();
            markdown(&report, limit, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let short = render(20_000);
        assert!(short.len() <= 20_000, "{}", short.len());
        let rows = short.lines().filter(|line| line.starts_with("| error")).count();
        let blocks = short.matches("<details>").count();
        assert!(rows > 10 && blocks > 5, "{rows} {blocks}");
        assert!(short.contains(&format!("\nand {} more findings\n", 804 - rows)), "{short}");
        assert!(short.contains(&format!("\nFor {} findings there is no room", 804 - blocks)), "{short}");
        assert_eq!(render(usize::MAX).matches("<details>").count(), 804);
    }
}
