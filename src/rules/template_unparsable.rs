//! `template-unparsable`: places that cannot be read as YAML, JSON or CloudFormation.

use crate::diagnostic::{Finding, Label, Severity};
use crate::template::{Malformed, repeats_a_key};
use crate::text::Span;

use super::{Check, Group, Persona, Rule, TextContext};

pub(super) static RULE: Rule = Rule {
    name: "template-unparsable",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "A place that cannot be read: broken YAML or JSON, a key that stands there twice, a malformed function",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html",
    page: include_str!("../../rules/template-unparsable.md"),
    check: Check::Text(check),
};

/// How many places are told apart; after these, one mistake mostly follows from another.
const MAXIMUM_FINDINGS: usize = 10;

/// How the tags of text templates begin, most telling first, with what has such tags.
const TAGS: &[(&str, &str)] = &[
    ("{%", "a Jinja template"),
    ("{#", "a Jinja template"),
    ("<%", "an ERB template"),
    ("${{", "a template of a CI workflow"),
    ("{{", "a Jinja, Go or Mustache template"),
];

fn check(cx: &mut TextContext<'_>) {
    if let Some((span, tag, engine)) = cx.errors.iter().find_map(|error| tag_at(cx.text, error.span)) {
        let message = format!("this looks like {engine}, and what its `{tag}` tags would write is not known");
        let mut finding = finding(cx, span, message);
        finding
            .severity(Severity::Info)
            .here("a tag of a text template")
            .why("only what stands outside the tags is checked, and resources that a tag touches are passed over")
            .help("render the template and check what comes out");
        cx.findings.push(finding);
        return;
    }
    let mut errors: Vec<&Malformed> = cx.errors.iter().collect();
    // The body of a loop is read once for each of its values.
    errors.dedup();
    let count = errors.len();
    for (index, error) in errors.into_iter().take(MAXIMUM_FINDINGS).enumerate() {
        let mut message = headline(cx.text, error);
        if count > MAXIMUM_FINDINGS && index + 1 == MAXIMUM_FINDINGS {
            message = format!("{message} ({MAXIMUM_FINDINGS} of {count} places that cannot be read)");
        }
        let mut finding = finding(cx, error.span, message);
        if let Some((span, words)) = &error.other {
            finding.label(None, *span, words.as_str());
        }
        if let Some(help) = &error.help {
            finding.help(help.as_str());
        }
        if repeats_a_key(error, cx.text) {
            finding
                .severity(Severity::Warning)
                .why("CloudFormation takes the last of the two, and the first is lost without a word")
                .help("remove the one that is not wanted, or give the second a name of its own");
        } else {
            finding
                .why("CloudFormation refuses what stands here, or takes it for something else than what is meant")
                .symptom("ValidationError: Template format error");
        }
        cx.findings.push(finding);
    }
}

fn finding(cx: &TextContext<'_>, span: Span, message: String) -> Finding {
    let primary = Label { owner: None, span, message: String::new() };
    let mut finding = Finding::new(cx.rule.name, cx.rule.severity, primary, message);
    finding.url = Some(cx.rule.url);
    finding
}

/// What is wrong, with the key of the line where the words name nothing.
fn headline(text: &str, error: &Malformed) -> String {
    if error.message.contains('`') {
        return error.message.clone();
    }
    let start = error.span.range().start;
    match text.get(line_start(text, start)..start).and_then(open_key) {
        Some(key) if !error.span.is_empty() => {
            format!("the value of `{key}` cannot be read: {}", error.message)
        }
        _ => format!("the template cannot be read: {}", error.message),
    }
}

/// The innermost key in the beginning of a line whose value goes on behind it. A line of JSON may be a whole template.
fn open_key(line: &str) -> Option<&str> {
    let bytes = line.as_bytes();
    let is_named = |key: &str| !key.is_empty() && key.chars().all(|it| it.is_alphanumeric() || it == ':');
    // Of each bracket that is open the key whose value is not at its end.
    let mut keys: Vec<Option<&str>> = vec![None];
    let mut word = 0..0;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'{' | b'[' => keys.push(None),
            b'}' | b']' if keys.len() > 1 => drop(keys.pop()),
            b',' if keys.len() > 1 || line[word.end..].starts_with('"') => {
                keys.last_mut().map(Option::take);
            }
            quote @ (b'"' | b'\'')
                if at == 0 || matches!(bytes[at - 1], b' ' | b'\t' | b'{' | b'[' | b',' | b':') =>
            {
                let closes =
                    |end: &usize| bytes[*end] == quote && (quote == b'\'' || bytes[end - 1] != b'\\');
                let Some(end) = (at + 1..bytes.len()).find(closes) else { break };
                word = at + 1..end;
                at = end;
            }
            b':' => {
                let behind = bytes.get(at + 1).is_none_or(|it| matches!(it, b' ' | b'\t'));
                let is_quoted = at > 0 && matches!(bytes[at - 1], b'"' | b'\'') && word.end == at - 1;
                if behind || is_quoted {
                    if !is_quoted {
                        let begin = line[..at].rfind([' ', '\t', '{', '[', ',']).map_or(0, |found| found + 1);
                        word = begin..at;
                    }
                    if let (Some(last), Some(key)) = (keys.last_mut(), line.get(word.clone())) {
                        // Behind the first, a colon is a part of the value: only brackets hold several keys.
                        *last = last.or(Some(key));
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
    keys.into_iter().rev().flatten().next().filter(|key| is_named(key))
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |found| found + 1)
}

/// The first tag of a text template on the lines of a mistake and on those beside them.
fn tag_at(text: &str, span: Span) -> Option<(Span, &'static str, &'static str)> {
    let line_end = |at: usize| text[at..].find('\n').map_or(text.len(), |found| at + found);
    let (first, last) = (span.range().start.min(text.len()), span.range().end.min(text.len()));
    let start = line_start(text, line_start(text, first).saturating_sub(1));
    let end = line_end((line_end(last) + 1).min(text.len()));
    TAGS.iter().find_map(|&(tag, engine)| {
        let (found, _) = text[start..end].match_indices(tag).find(|(found, _)| {
            // `{{resolve:ssm:name}}` is CloudFormation's own, a dynamic reference.
            !text[start + found + tag.len()..].trim_start().starts_with("resolve:")
        })?;
        let place = start + found..line_end(start + found);
        let words = text[place.clone()].trim_end().len();
        Some((Span::new(span.file, place.start, place.start + words), tag, engine))
    })
}
