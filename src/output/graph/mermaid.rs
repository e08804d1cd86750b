//! `mermaid`: a flowchart that Markdown renderers draw.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::nested::{Kind, Node, nested};
use super::{Picture, Verdict, class_name};
use crate::network::RouteClass;
use crate::output::clean;

/// The looks of boxes: paper is light in one viewer and dark in another, so each brings its own.
const CLASSES: &[(&str, &str)] = &[
    ("vpc", "fill:#f6f8fa,stroke:#59636e,color:#14181d"),
    ("zone", "fill:#ffffff,stroke:#8b949e,color:#14181d,stroke-dasharray:2 3"),
    ("public", "fill:#e3f6f8,stroke:#0b7285,color:#14181d"),
    ("translated", "fill:#e8f0fc,stroke:#1c5fb0,color:#14181d"),
    ("isolated", "fill:#f2ecfd,stroke:#6639ba,color:#14181d"),
    ("unknown", "fill:#eef0f2,stroke:#59636e,color:#14181d,stroke-dasharray:6 4"),
    ("thing", "fill:#ffffff,stroke:#14181d,color:#14181d"),
    ("noWay", "fill:#ffffff,stroke:#b3261e,color:#b3261e,stroke-dasharray:6 3"),
    ("doubt", "fill:#ffffff,stroke:#7a4f00,color:#7a4f00,stroke-dasharray:2 3"),
];

/// Draws the picture as a Mermaid flowchart.
pub fn mermaid(picture: &Picture, out: &mut dyn Write) -> io::Result<()> {
    let (nodes, arrows) = nested(picture);
    writeln!(out, "flowchart LR")?;
    writeln!(out, "  accTitle: Network of {}", statement(&picture.template))?;
    writeln!(out, "  accDescr: {}", statement(&picture.summary().join(" ")))?;
    for node in &nodes {
        draw(node, 1, out)?;
    }
    if nodes.is_empty() {
        writeln!(out, "  nothing[\"{}\"]", escaped(&picture.summary().join(" ")))?;
    }
    let mut colours: Vec<(&str, Vec<String>)> = Vec::new();
    for (index, arrow) in arrows.iter().enumerate() {
        let (line, colour) = match arrow.verdict {
            Some(Verdict::Reachable) => ("-->", "#1a7f37"),
            Some(Verdict::Blocked) => ("--x", "#b3261e"),
            Some(Verdict::Unknown) => ("-.-o", "#7a4f00"),
            None => ("-->", "#59636e"),
        };
        let label =
            if arrow.label.is_empty() { String::new() } else { format!("|\"{}\"|", escaped(&arrow.label)) };
        writeln!(out, "  {} {line}{label} {}", arrow.from, arrow.to)?;
        match colours.iter_mut().find(|(known, _)| *known == colour) {
            Some((_, indexes)) => indexes.push(index.to_string()),
            None => colours.push((colour, vec![index.to_string()])),
        }
    }
    for (colour, indexes) in colours {
        writeln!(out, "  linkStyle {} stroke:{colour}", indexes.join(","))?;
    }
    let mut used = Vec::new();
    for node in &nodes {
        classes(node, &mut used);
    }
    for (name, look) in CLASSES {
        let members: Vec<&str> = used.iter().filter(|(class, _)| class == name).map(|(_, id)| *id).collect();
        if !members.is_empty() {
            writeln!(out, "  classDef {name} {look}\n  class {} {name}", members.join(","))?;
        }
    }
    Ok(())
}

fn draw(node: &Node, depth: usize, out: &mut dyn Write) -> io::Result<()> {
    let indent = "  ".repeat(depth);
    let id = &node.id;
    if node.content.is_empty() {
        let lines: Vec<String> = node.lines.iter().map(|line| escaped(line)).collect();
        let text = lines.join("<br/>");
        let (open, close) = match node.kind {
            Kind::Endpoint => ("(", ")"),
            Kind::LoadBalancer => ("{{", "}}"),
            Kind::Service => ("[[", "]]"),
            _ => ("[", "]"),
        };
        return writeln!(out, "{indent}{id}{open}\"{text}\"{close}");
    }
    // A title of several lines would stand on the content.
    let title = node.lines.first().map(|line| escaped(line)).unwrap_or_default();
    let class = match node.kind {
        Kind::Subnet(class) => format!(", {}", class_name(class)),
        _ => String::new(),
    };
    writeln!(out, "{indent}subgraph {id}[\"{title}{class}\"]\n{indent}  direction LR")?;
    for inner in &node.content {
        draw(inner, depth + 1, out)?;
    }
    writeln!(out, "{indent}end")
}

/// The look of each box.
fn classes<'n>(node: &'n Node, used: &mut Vec<(&'static str, &'n str)>) {
    let class = match node.kind {
        Kind::Vpc => "vpc",
        Kind::Zone => "zone",
        Kind::Subnet(RouteClass::Public) => "public",
        Kind::Subnet(RouteClass::Translated) => "translated",
        Kind::Subnet(RouteClass::Isolated) => "isolated",
        Kind::Subnet(RouteClass::Unknown) => "unknown",
        Kind::Way(Verdict::Blocked) => "noWay",
        Kind::Way(Verdict::Unknown) => "doubt",
        Kind::Workload
        | Kind::Endpoint
        | Kind::LoadBalancer
        | Kind::Service
        | Kind::Way(Verdict::Reachable) => "thing",
    };
    used.push((class, &node.id));
    for inner in &node.content {
        classes(inner, used);
    }
}

/// Text as it may stand between quotes: everything that could be markup, of Mermaid, HTML or Markdown, as an entity.
fn escaped(text: &str) -> String {
    let mut result = String::new();
    for letter in clean(text).chars() {
        if letter.is_alphanumeric() || " .,:/-_()".contains(letter) {
            result.push(letter);
        } else {
            let _ = write!(result, "#{};", u32::from(letter));
        }
    }
    result
}

/// Text of a statement that goes to the end of its line and knows no entities.
fn statement(text: &str) -> String {
    clean(text).replace([';', '#', '{', '}', '%'], " ")
}
