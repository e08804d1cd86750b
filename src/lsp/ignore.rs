//! Ignores for findings, written as comments above the line that they cover.

use std::sync::LazyLock;

use lsp_types::TextEdit;
use regex::Regex;

use super::documents::{FILE, Snapshot};
use crate::diagnostic::Finding;
use crate::syntax;

/// A line that holds nothing but an ignore.
static IGNORE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^\s*#\s*privatelint:\s*ignore\[([^\]]*)\]").ok());

/// The edit that ignores a finding on its line, or, where no comment can stand above that, in its resource. JSON has no
/// comments.
pub(super) fn edit(finding: &Finding, snapshot: &Snapshot) -> Option<TextEdit> {
    if snapshot.is_json() {
        return None;
    }
    let lines = &snapshot.lines;
    let own = lines.line_at(finding.primary.span.start as usize);
    let of_owner = || {
        let owner = finding.primary.owner.as_deref()?;
        let place = snapshot.in_first_scenario(|network, _| {
            let template = network.template();
            Some(template.resource(template.find_resource(owner)?).id.span.start)
        })??;
        Some(lines.line_at(place as usize))
    };
    at_line(own, finding.rule, snapshot).or_else(|| at_line(of_owner()?, finding.rule, snapshot))
}

fn at_line(number: usize, rule: &str, snapshot: &Snapshot) -> Option<TextEdit> {
    let (text, lines): (&str, _) = (&snapshot.text, &snapshot.lines);
    let line = lines.line(number)?;
    let above = number.checked_sub(1).and_then(|above| lines.line(above));
    let present = above.and_then(|above| {
        let rules = IGNORE.as_ref()?.captures(&text[above.clone()])?.get(1)?;
        Some((above.start + rules.end(), rules.as_str().trim().is_empty()))
    });
    let indentation = text[line.clone()].len() - text[line.clone()].trim_start_matches(' ').len();
    let (at, written, comment_at) = if let Some((end, is_empty)) = present {
        (end, format!("{}{rule}", if is_empty { "" } else { ", " }), None)
    } else {
        let line_break = if text[..line.start].ends_with("\r\n") { "\r\n" } else { "\n" };
        let indent = &text[line.start..line.start + indentation];
        let written = format!("{indent}# privatelint: ignore[{rule}]{line_break}");
        (line.start, written, Some(line.start + indentation))
    };
    let after = format!("{}{written}{}", &text[..at], &text[at..]);
    // Inside a text over several lines it would not be a comment, and elsewhere it may break what is there.
    let parsed = syntax::parse(&after, FILE);
    let is_comment = comment_at
        .is_none_or(|place| parsed.tree.comments().iter().any(|comment| comment.start as usize == place));
    let does_harm = || parsed.errors.len() > syntax::parse(text, FILE).errors.len();
    (is_comment && !does_harm()).then(|| TextEdit { range: lines.range(at..at), new_text: written })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::client::Client;
    use super::super::convert::{Encoding, Lines};
    use super::super::settings::Preferences;
    use super::*;
    use crate::diagnostic::{Label, Severity};
    use crate::text::Span;

    /// The text with an ignore for a finding on the word `here`, in the resource `A`.
    fn ignored(text: &str) -> Option<String> {
        let text_now: Arc<str> = text.into();
        let snapshot = Snapshot {
            uri: lsp_types::Uri::parse("file:///a.yaml").unwrap(),
            version: 1,
            lines: Arc::new(Lines::new(Arc::clone(&text_now), Encoding::Utf16)),
            text: text_now,
            report: None,
            options: Arc::default(),
            client: Arc::new(Client::default()),
            preferences: Preferences::default(),
        };
        let at = text.find("here").unwrap();
        let primary =
            Label { owner: Some("A".to_owned()), span: Span::new(FILE, at, at + 4), message: String::new() };
        let finding = Finding::new("acceptance-off", Severity::Info, primary, "x");
        let edit = edit(&finding, &snapshot)?;
        let bytes = snapshot.lines.bytes(edit.range);
        Some(format!("{}{}{}", &text[..bytes.start], edit.new_text, &text[bytes.end..]))
    }

    #[test]
    fn a_comment_stands_above_the_line() {
        let text = "Resources:\r\n  A:\r\n    Type: AWS::EC2::VPC\r\n    Properties:\r\n      é: here\r\n";
        let expected = text.replace("      é", "      # privatelint: ignore[acceptance-off]\r\n      é");
        assert_eq!(ignored(text), Some(expected.clone()));
        // A further rule joins the comment that is there.
        let other = expected.replace("acceptance-off", "private-dns-off");
        let both = other.replace("private-dns-off", "private-dns-off, acceptance-off");
        assert_eq!(ignored(&other), Some(both));
    }

    #[test]
    fn where_no_comment_can_stand_the_resource_has_it() {
        let block = "Resources:\n  A:\n    Type: AWS::EC2::VPC\n    Properties:\n      Text: |\n        one\n        here\n";
        let expected = block.replace("  A:", "  # privatelint: ignore[acceptance-off]\n  A:");
        assert_eq!(ignored(block), Some(expected));
        let folded =
            "Resources:\n  A:\n    Type: AWS::EC2::VPC\n    Properties:\n      Text: one\n        here\n";
        let expected = folded.replace("  A:", "  # privatelint: ignore[acceptance-off]\n  A:");
        assert_eq!(ignored(folded), Some(expected));
    }

    #[test]
    fn json_has_no_comments() {
        assert_eq!(
            ignored("{\"Resources\": {\n\"A\": {\n\"Type\": \"AWS::EC2::VPC\", \"x\": \"here\"}}}"),
            None
        );
    }
}
