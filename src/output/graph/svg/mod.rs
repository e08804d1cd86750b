//! `svg`: a picture that needs nothing but itself: no script, no font, no file from elsewhere.

mod boxes;
mod measure;
mod scene;
mod wires;

use std::fmt::Write as _;
use std::io::{self, Write};

use boxes::{Block, Key, Line, Rect, STEP, Tone};
use scene::{Arrow, Scene, Tree};

use super::{Picture, Verdict, told};
use crate::output::clean;

/// The look. Where a viewer knows no colour schemes, the light one holds; where it knows no styles, the attributes do.
const STYLE: &str = include_str!("style.css");

/// How many blocked needs the description tells.
const TOLD: usize = 20;

/// Draws the picture as SVG.
pub fn svg(picture: &Picture, out: &mut dyn Write) -> io::Result<()> {
    let scene = scene::compose(picture)?;
    let mut text = String::new();
    draw(&mut text, picture, &scene).map_err(io::Error::other)?;
    out.write_all(text.as_bytes())
}

fn draw(out: &mut String, picture: &Picture, scene: &Scene) -> std::fmt::Result {
    let Rect { width, height, .. } = scene.root.rect;
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"title desc\" \
         font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\">"
    )?;
    writeln!(out, "<title id=\"title\">Network of {}</title>", escaped(&picture.template))?;
    writeln!(out, "<desc id=\"desc\">{}</desc>", escaped(&description(picture)))?;
    writeln!(out, "<style>\n{STYLE}</style>")?;
    block(out, &scene.root)?;
    writeln!(out, "<g class=\"arrows\">")?;
    scene.trees.iter().try_for_each(|it| tree(out, scene, it))?;
    for (index, verdict) in scene.samples.iter().enumerate() {
        if let Some(rect) = scene.places.get(&Key::Sample(index)) {
            let y = rect.y + rect.height / 2;
            let (from, to) = (rect.x + STEP, rect.x + scene::SAMPLE);
            writeln!(out, "<g class=\"{}\">", arrow_class(*verdict))?;
            writeln!(
                out,
                "<path class=\"wire\" stroke=\"#3d444d\" fill=\"none\" d=\"M{from} {y}H{}\"/>",
                to - tail(*verdict)
            )?;
            head(out, *verdict, to, y, 1)?;
            writeln!(out, "</g>")?;
        }
    }
    writeln!(out, "</g>\n</svg>")
}

/// The picture in words.
fn description(picture: &Picture) -> String {
    let mut sentences = picture.summary();
    let blocked: Vec<_> = picture.needs.iter().filter(|need| need.verdict == Verdict::Blocked).collect();
    sentences.extend(blocked.iter().take(TOLD).map(|need| format!("{}.", told(picture, need).join("; "))));
    if blocked.len() > TOLD {
        sentences.push(format!("And {} more.", blocked.len() - TOLD));
    }
    sentences.join(" ")
}

fn block(out: &mut String, it: &Block) -> std::fmt::Result {
    let Rect { x, y, width, height } = it.rect;
    if it.class.is_empty() {
        lines(out, &it.lines, x, y, it.text_height())?;
        return it.content.iter().try_for_each(|inner| block(out, inner));
    }
    writeln!(out, "<g class=\"{}\">", it.class)?;
    if it.class != "sample" {
        let (radius, stroke) = if it.class == "page" { (0, "none") } else { (4, "#59636e") };
        writeln!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\" \
             stroke=\"{stroke}\" fill=\"#ffffff\"/>"
        )?;
    }
    // Text without a box below it stands in the middle.
    let room = if it.content.is_empty() { height } else { it.text_height() };
    lines(out, &it.lines, x + STEP + it.indent, y, room)?;
    it.content.iter().try_for_each(|inner| block(out, inner))?;
    writeln!(out, "</g>")
}

/// Lines of text in the middle of a stretch of the page.
fn lines(out: &mut String, lines: &[Line], x: i32, y: i32, room: i32) -> std::fmt::Result {
    let height: i32 = lines.iter().map(Line::height).sum();
    let mut top = y + (room - height) / 2;
    for line in lines {
        let baseline = top + line.height() - if line.tone == Tone::Title { 6 } else { 5 };
        top += line.height();
        write!(out, "<text class=\"{}\" x=\"{x}\" y=\"{baseline}\">", line.tone.class())?;
        for run in &line.runs {
            let text = escaped(&run.text);
            if run.is_name && line.tone != Tone::Title {
                write!(out, "<tspan class=\"name\">{text}</tspan>")?;
            } else {
                write!(out, "{text}")?;
            }
        }
        writeln!(out, "</text>")?;
    }
    Ok(())
}

fn tree(out: &mut String, scene: &Scene, it: &Tree) -> std::fmt::Result {
    let trunk = it.trunk;
    let place = |key: &Key| scene.places.get(key).copied().unwrap_or_default();
    let ends = || it.arrows.iter().flat_map(|arrow| &arrow.heights).chain(&it.starts).copied();
    let (Some(top), Some(bottom)) = (ends().min(), ends().max()) else { return Ok(()) };
    // The trunk looks like its arrows where they are all alike.
    let first = it.arrows.first().and_then(|arrow| arrow.verdict);
    let alike = it.arrows.iter().all(|arrow| arrow.verdict == first);
    let class = if alike { arrow_class(first) } else { "mixed" };
    writeln!(out, "<g class=\"tree\">\n<g class=\"{class}\">")?;
    let mut path = String::new();
    for (source, y) in it.sources.iter().zip(&it.starts) {
        write!(path, "M{} {y}H{trunk}", place(source).right())?;
    }
    if top < bottom {
        write!(path, "M{trunk} {top}V{bottom}")?;
    }
    writeln!(out, "<path class=\"wire\" stroke=\"#3d444d\" fill=\"none\" d=\"{path}\"/>")?;
    for y in ends().filter(|&y| top < y && y < bottom) {
        writeln!(out, "<circle class=\"joint\" cx=\"{trunk}\" cy=\"{y}\" r=\"3\"/>")?;
    }
    writeln!(out, "</g>")?;
    it.arrows.iter().try_for_each(|it| arrow(out, it, trunk, &place))?;
    writeln!(out, "</g>")
}

fn arrow(out: &mut String, it: &Arrow, trunk: i32, place: &dyn Fn(&Key) -> Rect) -> std::fmt::Result {
    writeln!(out, "<g class=\"{}\">\n<title>{}</title>", arrow_class(it.verdict), escaped(&it.tooltip))?;
    let mut whole = String::new();
    let mut wire = String::new();
    let mut heads = String::new();
    for (end, &y) in it.ends.iter().zip(&it.heights) {
        let rect = place(end);
        let (edge, direction) = if it.turns_back { (rect.right(), -1) } else { (rect.x, 1) };
        write!(whole, "M{trunk} {y}H{edge}")?;
        write!(wire, "M{trunk} {y}H{}", edge - direction * tail(it.verdict))?;
        head(&mut heads, it.verdict, edge, y, direction)?;
    }
    writeln!(out, "<path class=\"touch\" fill=\"none\" d=\"{whole}\"/>")?;
    writeln!(out, "<path class=\"wire\" stroke=\"#3d444d\" fill=\"none\" d=\"{wire}\"/>\n{heads}</g>")
}

fn arrow_class(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        Some(verdict) => verdict.name(),
        None => "forwards",
    }
}

/// How far before a box the line of an arrow ends.
fn tail(verdict: Option<Verdict>) -> i32 {
    match verdict {
        Some(Verdict::Reachable) => 8,
        Some(Verdict::Blocked) => 14,
        Some(Verdict::Unknown) => 13,
        None => 1,
    }
}

/// The end of an arrow at the edge of a box: full where it gets there, a cross where it stops, a question mark where that
/// is not known, open where nobody asked.
fn head(out: &mut String, verdict: Option<Verdict>, edge: i32, y: i32, direction: i32) -> std::fmt::Result {
    let at = |back: i32| edge - direction * back;
    match verdict {
        Some(Verdict::Reachable) => {
            writeln!(out, "<path class=\"full\" d=\"M{edge} {y}L{} {}V{}Z\"/>", at(10), y - 5, y + 5)
        }
        Some(Verdict::Blocked) => writeln!(
            out,
            "<path class=\"cross\" stroke=\"#3d444d\" fill=\"none\" d=\"M{} {}L{} {}M{} {}L{} {}\"/>",
            at(13),
            y - 5,
            at(3),
            y + 5,
            at(13),
            y + 5,
            at(3),
            y - 5
        ),
        Some(Verdict::Unknown) => {
            let x = at(8);
            writeln!(out, "<circle class=\"doubt\" cx=\"{x}\" cy=\"{y}\" r=\"5\" fill=\"#ffffff\"/>")?;
            writeln!(
                out,
                "<path class=\"mark\" stroke=\"#3d444d\" fill=\"none\" d=\"M{}.3 {}.3a1.7 1.7 0 1 1 1.7 1.7v.8M{x} {}.4v.8\"/>",
                x - 2,
                y - 2,
                y + 2
            )
        }
        None => writeln!(
            out,
            "<path class=\"open\" stroke=\"#3d444d\" fill=\"none\" d=\"M{} {}L{} {y}L{} {}\"/>",
            at(8),
            y - 4,
            at(1),
            at(8),
            y + 4
        ),
    }
}

/// Text as it may stand between tags and in quoted attributes.
fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    // Line breaks are wanted in tooltips.
    for (index, line) in text.lines().enumerate() {
        if index > 0 {
            result.push('\n');
        }
        for letter in clean(line).chars() {
            match letter {
                '&' => result += "&amp;",
                '<' => result += "&lt;",
                '>' => result += "&gt;",
                '"' => result += "&quot;",
                // XML has no way to write these.
                '\u{fffe}' | '\u{ffff}' => result.push('\u{fffd}'),
                letter => result.push(letter),
            }
        }
    }
    result
}

#[cfg(test)]
mod tests;
