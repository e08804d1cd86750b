//! `dot`: a graph for Graphviz.

use std::io::{self, Write};

use super::nested::{Arrow, Kind, Node, nested};
use super::{Picture, Verdict};
use crate::network::RouteClass;
use crate::output::clean;

/// Draws the picture as a graph for Graphviz.
pub fn dot(picture: &Picture, out: &mut dyn Write) -> io::Result<()> {
    let (nodes, arrows) = nested(picture);
    let mut title = format!("Network of {}", picture.template);
    if let Some(scenario) = &picture.scenario {
        title = format!("{title}\n{}", scenario.replace('`', ""));
    }
    writeln!(out, "digraph network {{")?;
    writeln!(
        out,
        "  graph [label={}, labelloc=t, rankdir=LR, fontname=\"Helvetica,Arial,sans-serif\"];",
        quoted(&title)
    )?;
    writeln!(
        out,
        "  node [shape=box, style=filled, fillcolor=\"#ffffff\", fontname=\"Helvetica,Arial,sans-serif\"];"
    )?;
    writeln!(out, "  edge [fontname=\"Helvetica,Arial,sans-serif\", fontsize=10];")?;
    for node in &nodes {
        draw(node, 1, out)?;
    }
    if nodes.is_empty() {
        writeln!(out, "  nothing [label={}];", quoted(&picture.summary().join(" ")))?;
    }
    for arrow in &arrows {
        edge(arrow, out)?;
    }
    writeln!(out, "}}")
}

fn draw(node: &Node, depth: usize, out: &mut dyn Write) -> io::Result<()> {
    let indent = "  ".repeat(depth);
    let label = quoted(&node.lines.join("\n"));
    let (fill, line) = match node.kind {
        Kind::Vpc => ("#f6f8fa", "#59636e"),
        Kind::Zone => ("#ffffff", "#8b949e"),
        Kind::Subnet(RouteClass::Public) => ("#e3f6f8", "#0b7285"),
        Kind::Subnet(RouteClass::Translated) => ("#e8f0fc", "#1c5fb0"),
        Kind::Subnet(RouteClass::Isolated) => ("#f2ecfd", "#6639ba"),
        Kind::Subnet(RouteClass::Unknown) => ("#eef0f2", "#59636e"),
        Kind::Way(Verdict::Blocked) => ("#ffffff", "#b3261e"),
        Kind::Way(Verdict::Unknown) => ("#ffffff", "#7a4f00"),
        _ => ("#ffffff", "#14181d"),
    };
    let dashes = match node.kind {
        Kind::Zone | Kind::Way(Verdict::Unknown) => ",dotted",
        Kind::Subnet(RouteClass::Unknown) | Kind::Way(Verdict::Blocked) => ",dashed",
        _ => "",
    };
    if node.content.is_empty() {
        let shape = match node.kind {
            Kind::LoadBalancer => ", shape=hexagon",
            Kind::Service => ", shape=component",
            _ => "",
        };
        let rounded = if matches!(node.kind, Kind::Endpoint | Kind::Workload) { ",rounded" } else { "" };
        return writeln!(
            out,
            "{indent}{} [label={label}, style=\"filled{rounded}{dashes}\", fillcolor=\"{fill}\", color=\"{line}\"{shape}];",
            node.id
        );
    }
    writeln!(out, "{indent}subgraph cluster_{} {{", node.id)?;
    writeln!(
        out,
        "{indent}  label={label}; style=\"filled{dashes}\"; fillcolor=\"{fill}\"; color=\"{line}\"; labeljust=l;"
    )?;
    for inner in &node.content {
        draw(inner, depth + 1, out)?;
    }
    writeln!(out, "{indent}}}")
}

fn edge(arrow: &Arrow, out: &mut dyn Write) -> io::Result<()> {
    let (colour, look) = match arrow.verdict {
        Some(Verdict::Reachable) => ("#1a7f37", "style=solid, arrowhead=normal"),
        Some(Verdict::Blocked) => ("#b3261e", "style=dashed, arrowhead=tee"),
        Some(Verdict::Unknown) => ("#7a4f00", "style=dotted, arrowhead=odot"),
        None => ("#59636e", "style=solid, arrowhead=vee"),
    };
    let (from, to) = (&arrow.from, &arrow.to);
    write!(out, "  {from} -> {to} [color=\"{colour}\", fontcolor=\"{colour}\", {look}")?;
    if !arrow.label.is_empty() {
        write!(out, ", label={}", quoted(&arrow.label))?;
    }
    if !arrow.proof.is_empty() {
        write!(out, ", tooltip={}", quoted(&arrow.proof.join("\n")))?;
    }
    writeln!(out, "];")
}

/// A string of the language: quotes and backslashes escaped, line breaks as `\n`.
fn quoted(text: &str) -> String {
    let lines: Vec<String> =
        text.lines().map(|line| clean(line).replace('\\', "\\\\").replace('"', "\\\"")).collect();
    format!("\"{}\"", lines.join("\\n"))
}
