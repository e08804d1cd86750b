//! Prints what is read of each file as one line of JSON, to be compared with what another reader makes of it.
//!
//! Paths come from the arguments or, without any, from the lines of standard input.

use std::io::{self, BufRead, Write};

use privatelint::syntax::{self, NodeId, NodeKind, Style, Tree};
use privatelint::text::FileId;
use serde_json::{Value, json};

fn main() -> io::Result<()> {
    let mut paths: Vec<String> = std::env::args().skip(1).collect();
    if paths.is_empty() {
        paths = io::stdin().lock().lines().collect::<Result<_, _>>()?;
    }
    let mut output = io::BufWriter::new(io::stdout().lock());
    for path in paths {
        let line = match std::fs::read_to_string(&path) {
            Ok(text) => {
                let parsed = syntax::parse(&text, FileId(0));
                let errors: Vec<String> = parsed
                    .errors
                    .iter()
                    .map(|error| {
                        format!(
                            "{}: {}",
                            text[..error.span.start as usize].matches('\n').count() + 1,
                            error.message
                        )
                    })
                    .collect();
                let value = parsed.tree.root().map(|root| value(&parsed.tree, root));
                json!({ "file": path, "value": value, "errors": errors })
            }
            Err(error) => json!({ "file": path, "value": null, "errors": [format!("1: {error}")] }),
        };
        writeln!(output, "{line}")?;
    }
    output.flush()
}

/// The value of a node. Mappings become lists of pairs, so that their order and equal keys can be seen.
fn value(tree: &Tree<'_>, id: NodeId) -> Value {
    let node = tree.resolve(id);
    let bare = match &node.kind {
        NodeKind::Scalar(scalar) => {
            json!({ "s": tree.text_of(scalar), "plain": scalar.style == Style::Plain })
        }
        NodeKind::Sequence(items) => tree.items(*items).iter().map(|&item| value(tree, item)).collect(),
        NodeKind::Mapping(entries) => {
            let pairs: Value = tree
                .entries(*entries)
                .iter()
                .map(|entry| json!([value(tree, entry.key), value(tree, entry.value)]))
                .collect();
            json!({ "m": pairs })
        }
        // An alias never leads to another one.
        NodeKind::Alias(_) => Value::Null,
    };
    match tree.tag(node) {
        Some(tag) => json!({ tag.name: bare }),
        None => bare,
    }
}
