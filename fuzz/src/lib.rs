//! What the targets share: what must hold of every tree and every report, and templates that could be somebody's.

pub mod made;

use std::fmt::Write as _;

use privatelint::config::Options;
use privatelint::engine;
use privatelint::output::{self, Ending};
use privatelint::report::{Part, Report};
use privatelint::syntax::{self, NodeId, NodeKind, Tree};
use privatelint::text::{FileId, Source, Sources, Span};

/// Reads a text and holds the tree and the errors to what they promise.
pub fn read(text: &str) {
    let parsed = syntax::parse(text, FileId(0));
    let fits = |span: Span| assert!(text.get(span.range()).is_some(), "{span:?} of {text:?}");
    for index in 0..parsed.tree.len() {
        let node = parsed.tree.node(NodeId(index as u32));
        fits(node.span);
        if let Some(tag) = parsed.tree.tag(node) {
            assert_eq!(&text[tag.span.range()], tag.name);
        }
        if let NodeKind::Scalar(scalar) = &node.kind {
            let places = parsed.tree.places(node, text);
            for (at, letter) in parsed.tree.text_of(scalar).char_indices().take(100) {
                let part = places.part(at..at + letter.len_utf8());
                fits(part);
                assert!(node.span.contains(part), "{part:?} is not in {:?} of {text:?}", node.span);
            }
        }
    }
    if let Some(root) = parsed.tree.root() {
        nested(&parsed.tree, root, 0);
    }
    for comment in parsed.tree.comments() {
        assert!(text[comment.range()].starts_with('#'));
    }
    for error in &parsed.errors {
        fits(error.span);
        error.other.iter().for_each(|(span, _)| fits(*span));
    }
    assert!(parsed.errors.is_sorted_by_key(|error| error.span));
}

fn nested(tree: &Tree<'_>, id: NodeId, depth: usize) {
    assert!(depth <= syntax::MAXIMUM_DEPTH + 1, "too deep");
    let node = tree.node(id);
    let child = |child: NodeId| {
        assert!(
            node.span.contains(tree.node(child).span),
            "{:?} is not in {:?}",
            tree.node(child).span,
            node.span
        );
        nested(tree, child, depth + 1);
    };
    match &node.kind {
        NodeKind::Sequence(items) => tree.items(*items).iter().for_each(|&item| child(item)),
        NodeKind::Mapping(entries) => tree.entries(*entries).iter().for_each(|entry| {
            child(entry.key);
            child(entry.value);
        }),
        NodeKind::Alias(target) => assert!(!matches!(tree.node(*target).kind, NodeKind::Alias(_))),
        NodeKind::Scalar(_) => {}
    }
}

/// Lints a text with every rule, writes the report in every format, and gives the findings without places.
pub fn lint(text: &str) -> Vec<String> {
    let options = Options {
        extend_select: privatelint::rules::all().iter().map(|rule| rule.name.to_owned()).collect(),
        ..Options::default()
    };
    let report = engine::lint(text, FileId(0), &options);
    let mut words = Vec::new();
    for finding in &report.findings {
        // The guard around a rule would hide its panic from the fuzzer.
        assert!(!finding.message.contains("failed on this template"), "{}", finding.message);
        for label in std::iter::once(&finding.primary).chain(&finding.labels) {
            assert!(text.get(label.span.range()).is_some(), "{finding:?}");
        }
        let mut word = String::new();
        let _ = write!(
            word,
            "{} {:?} {:?} {:?} {} {:?}",
            finding.rule,
            finding.severity,
            finding.certainty,
            finding.primary.owner,
            finding.message,
            finding.when
        );
        words.push(word);
    }
    let sources = Sources::one(FileId(0), Source::new("t.yaml", text));
    write_all(&Part { sources, findings: report.findings, suppressed: report.suppressed }.into());
    words.sort();
    words
}

fn write_all(report: &Report) {
    let ending = Ending { rules: &[], fail_on: None, problems: Vec::new(), successful: true, exit_code: 0 };
    let mut out = Vec::new();
    let look = output::Look { color: false, width: 80 };
    let written = output::full(report, look, &mut out)
        .and_then(|()| output::concise(report, &mut out))
        .and_then(|()| output::json(report, &mut out))
        .and_then(|()| output::sarif(report, &ending, &mut out))
        .and_then(|()| output::junit(report, &ending, &mut out))
        .and_then(|()| output::markdown(report, output::COMMENT_BYTES, &mut out));
    assert!(written.is_ok());
}
