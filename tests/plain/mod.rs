//! The templates that tests rewrite, and a template as plain values with long functions.

use std::fs;
use std::path::{Path, PathBuf};

use privatelint::syntax::{self, Entry, NodeId, NodeKind, Style, Tree};
use privatelint::text::FileId;
use serde_json::{Map, Value};

/// The templates of folders beside `Cargo.toml`, by their paths; says which folders are not there.
pub(crate) fn templates(folders: &[&str]) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in folders {
        if root.join(folder).is_dir() {
            collect(&root.join(folder), &mut files);
        } else {
            println!("skipped: there is no folder {folder} beside Cargo.toml");
        }
    }
    files.sort();
    let read = |path: PathBuf| Some((path.display().to_string(), fs::read_to_string(path).ok()?));
    files.into_iter().filter_map(read).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    const EXTENSIONS: &[&str] = &["yaml", "yml", "json", "template"];
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|end| EXTENSIONS.iter().any(|one| end == *one)) {
            files.push(path);
        }
    }
}

/// The tree of a text that can be rewritten from it: read without a mistake, no merge key.
pub(crate) fn tree_of(text: &str) -> Option<Tree<'_>> {
    let parsed = syntax::parse(text, FileId(0));
    let plain = parsed.errors.is_empty() && !text.contains("<<:");
    plain.then_some(parsed.tree)
}

/// A node as a plain value: scalars as text, functions in their long form, aliases replaced by what they stand for.
pub(crate) fn value(tree: &Tree<'_>, id: NodeId) -> Value {
    let node = tree.resolve(id);
    let tag = tree.tag(node).filter(|tag| !tag.name.starts_with("!!"));
    let plain = match &node.kind {
        NodeKind::Scalar(_) if node.is_absent() && tag.is_none() => Value::Null,
        NodeKind::Scalar(scalar) if scalar.style == Style::Plain && tree.text_of(scalar) == "null" => {
            Value::Null
        }
        NodeKind::Scalar(scalar) => Value::from(tree.text_of(scalar)),
        NodeKind::Sequence(items) => tree.items(*items).iter().map(|&item| value(tree, item)).collect(),
        NodeKind::Mapping(entries) => {
            let pair = |entry: &Entry| {
                let key = tree.text(tree.resolve(entry.key)).unwrap_or_default();
                (key.to_owned(), value(tree, entry.value))
            };
            Value::Object(tree.entries(*entries).iter().map(pair).collect())
        }
        // An alias never stands for an alias.
        NodeKind::Alias(_) => Value::Null,
    };
    let Some(tag) = tag else { return plain };
    let name = match tag.name.trim_start_matches('!') {
        name @ ("Ref" | "Condition") => name.to_owned(),
        name => format!("Fn::{name}"),
    };
    Value::Object(Map::from_iter([(name, plain)]))
}
