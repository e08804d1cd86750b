//! What must not change what is found: the form of the text, the order of keys, another run.
#![expect(clippy::print_stdout, reason = "a test says what it skips")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use privatelint::config::Options;
use privatelint::diagnostic::{Finding, Severity};
use privatelint::engine;
use privatelint::syntax::{self, NodeId, NodeKind, Style, Tree};
use privatelint::text::FileId;

/// The larger templates of this project, and those beside it where they are present.
fn templates() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["testdata/ok", "testdata/err", "../shared/corpus"] {
        let folder = root.join(folder);
        if folder.is_dir() {
            collect(&folder, &mut files);
        } else {
            println!("skipped: there is no folder {}", folder.display());
        }
    }
    files.sort();
    files
        .into_iter()
        .filter_map(|path| Some((path.display().to_string(), fs::read_to_string(path).ok()?)))
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path
            .extension()
            .is_some_and(|end| ["yaml", "yml", "json", "template"].iter().any(|one| end == *one))
        {
            files.push(path);
        }
    }
}

fn findings(text: &str) -> Vec<Finding> {
    engine::lint(text, FileId(0), &Options::default()).findings
}

/// What a finding says, without its place.
type Said = (&'static str, Severity, Option<String>, String, Option<String>);

fn said(finding: &Finding) -> Said {
    (
        finding.rule,
        finding.severity,
        finding.primary.owner.clone(),
        finding.message.clone(),
        finding.when.clone(),
    )
}

fn all_said(text: &str) -> Vec<Said> {
    let mut all: Vec<_> = findings(text).iter().map(said).collect();
    all.sort();
    all
}

/// Whether a template can be rewritten from its tree: read without a mistake, no alias and no merge key.
fn tree_of(text: &str) -> Option<Tree<'_>> {
    let parsed = syntax::parse(text, FileId(0));
    let plain = parsed.errors.is_empty() && !text.contains("<<:");
    plain.then_some(parsed.tree)
}

/// The tree as JSON, with short functions in their long form.
fn json(tree: &Tree<'_>, id: NodeId, reversed: bool, out: &mut String) {
    let node = tree.resolve(id);
    let function = node
        .tag
        .as_ref()
        .map(|tag| tag.name.trim_start_matches('!'))
        .filter(|_| node.tag.as_ref().is_some_and(|tag| !tag.name.starts_with("!!")));
    if let Some(name) = function {
        let prefix = if matches!(name, "Ref" | "Condition") { "" } else { "Fn::" };
        let _ = write!(out, "{{{:?}: ", format!("{prefix}{name}"));
    }
    match &node.kind {
        NodeKind::Scalar(scalar) if node.is_absent() && function.is_none() => {
            debug_assert!(scalar.text.is_empty());
            out.push_str("null");
        }
        NodeKind::Scalar(scalar) => {
            let bare =
                scalar.style == Style::Plain && matches!(scalar.text.as_ref(), "true" | "false" | "null");
            if bare && function.is_none() {
                out.push_str(&scalar.text);
            } else {
                out.push_str(&serde_json::Value::from(scalar.text.as_ref()).to_string());
            }
        }
        NodeKind::Sequence(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ",\n" } else { "" });
                json(tree, *item, reversed, out);
            }
            out.push(']');
        }
        NodeKind::Mapping(entries) => {
            out.push('{');
            let mut entries = entries.clone();
            if reversed {
                entries.reverse();
            }
            for (index, entry) in entries.iter().enumerate() {
                out.push_str(if index > 0 { ",\n" } else { "" });
                let key = tree.resolve(entry.key).text().unwrap_or_default();
                let _ = write!(out, "{}: ", serde_json::Value::from(key));
                json(tree, entry.value, reversed, out);
            }
            out.push('}');
        }
        NodeKind::Alias(_) => out.push_str("null"),
    }
    if function.is_some() {
        out.push('}');
    }
}

fn as_json(text: &str, reversed: bool) -> Option<String> {
    let tree = tree_of(text)?;
    let mut out = String::new();
    json(&tree, tree.root()?, reversed, &mut out);
    Some(out)
}

#[test]
fn json_twin_has_the_same_findings() {
    for (name, text) in templates() {
        if let Some(twin) = as_json(&text, false) {
            assert_eq!(all_said(&text), all_said(&twin), "{name}");
        }
    }
}

/// Which of two equal things is named first may change; that something is said of a resource must not.
#[test]
fn order_of_keys_does_not_matter() {
    for (name, text) in templates() {
        if let Some(twin) = as_json(&text, true) {
            let count = |text: &str| {
                let mut count: BTreeMap<(&'static str, Severity), usize> = BTreeMap::new();
                for finding in findings(text) {
                    *count.entry((finding.rule, finding.severity)).or_default() += 1;
                }
                count
            };
            assert_eq!(count(&text), count(&twin), "{name}");
        }
    }
}

#[test]
fn two_runs_say_the_same() {
    for (name, text) in templates() {
        assert_eq!(findings(&text), findings(&text), "{name}");
    }
}

#[test]
fn places_are_inside_the_text_and_on_characters() {
    for (name, text) in templates() {
        for finding in findings(&text) {
            for label in std::iter::once(&finding.primary).chain(&finding.labels) {
                assert!(text.get(label.span.range()).is_some(), "{name}: {}: {:?}", finding.rule, label.span);
            }
        }
    }
}

/// A template cut anywhere, or with a line missing, is read without a panic.
#[test]
fn broken_templates_do_not_panic() {
    for (name, text) in templates().into_iter().filter(|(name, _)| name.contains("testdata")) {
        let lines: Vec<&str> = text.lines().collect();
        for skipped in 0..lines.len() {
            let text: Vec<&str> = lines
                .iter()
                .enumerate()
                .filter(|(index, _)| *index != skipped)
                .map(|(_, line)| *line)
                .collect();
            let failed = findings(&text.join("\n"))
                .into_iter()
                .find(|finding| finding.message.contains("was skipped"));
            assert_eq!(failed, None, "{name} without line {}", skipped + 1);
        }
    }
}
