//! A finding as plain lines, for formats that have one text where others have a place for each part.

use std::borrow::Cow;

use super::{SHOWN_LABELS, clean, headline, number};
use crate::diagnostic::{Applicability, Finding, Label};
use crate::text::{Sources, Span};

/// What is said below the headline, each text behind a word of its own.
pub(super) fn notes(finding: &Finding) -> impl Iterator<Item = (&'static str, Cow<'_, str>)> {
    let fix = finding.fix.as_ref().map(|fix| match fix.applicability {
        Applicability::Safe => format!("{} (`--fix`)", fix.title).into(),
        Applicability::Suggested => format!("{} (`--fix --unsafe-fixes`)", fix.title).into(),
    });
    let texts = [
        ("why", finding.why.as_deref().map(Cow::Borrowed)),
        ("symptom", finding.symptom.as_deref().map(Cow::Borrowed)),
        ("help", finding.help.as_deref().map(Cow::Borrowed)),
        ("fix", fix),
        ("see", finding.url.map(Cow::Borrowed)),
    ];
    texts.into_iter().filter_map(|(word, text)| Some((word, text?)))
}

/// Everything below the headline: the first places, the count of the others, the notes.
pub(super) fn below_headline(finding: &Finding, sources: &Sources) -> Vec<String> {
    let shown = finding.labels.len().min(SHOWN_LABELS);
    let mut lines: Vec<String> = std::iter::once(&finding.primary)
        .chain(&finding.labels[..shown])
        .filter(|label| !words(label).is_empty())
        .map(|label| format!("{}: {}", place(label.span, sources), words(label)))
        .collect();
    let rest = finding.labels.len() - shown;
    if rest > 0 {
        lines.push(format!("and {}", number(rest, "more place")));
    }
    lines.extend(notes(finding).map(|(word, text)| format!("{word}: {}", clean(&text))));
    lines
}

/// What is wrong and what to do, in one line.
pub(super) fn in_one_line(finding: &Finding) -> String {
    match &finding.help {
        Some(help) => format!("{}; {}", headline(finding), clean(help)),
        None => headline(finding),
    }
}

/// What is to be seen at a place: the label's words, else its owner.
pub(super) fn words(label: &Label) -> String {
    match &label.owner {
        Some(owner) if label.message.is_empty() => format!("`{}`", clean(owner)),
        _ => clean(&label.message).into_owned(),
    }
}

/// `file:line:column`.
pub(super) fn place(span: Span, sources: &Sources) -> String {
    let source = sources.get(span.file);
    let place = source.position(span.start);
    format!("{}:{}:{}", clean(&source.name), place.line, place.column)
}
