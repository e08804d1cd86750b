//! Tests of the image: it is read back, and nothing in it may overlap, stick out or be cut.

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use roxmltree::{Document, Node};

use super::boxes::Rect;
use super::measure::{self, Run};
use crate::output::graph::tests::{NASTY, picture_of, picture_of_file, written};
use crate::output::graph::{Picture, svg};

/// Text reaches this far above and below its base line.
const ABOVE: i32 = 11;
const BELOW: i32 = 3;

/// What is wrong with the image of a picture.
fn faults(picture: &Picture) -> Vec<String> {
    let text = written(picture, svg);
    let document = match Document::parse(&text) {
        Ok(document) => document,
        Err(error) => return vec![error.to_string()],
    };
    let mut faults = Vec::new();
    for group in document.descendants().filter(|node| rect_of(*node).is_some()) {
        boxes(group, &mut faults);
    }
    for text in document.descendants().filter(|node| node.has_tag_name("text")) {
        texts(text, &mut faults);
    }
    wires(&document, &mut faults);
    faults
}

fn number(node: Node<'_, '_>, name: &str) -> i32 {
    node.attribute(name).unwrap().parse().unwrap()
}

/// The rectangle of a group that has one.
fn rect_of(group: Node<'_, '_>) -> Option<Rect> {
    let rect = group.children().find(|node| node.has_tag_name("rect"))?;
    let side = |name| number(rect, name);
    Some(Rect { x: side("x"), y: side("y"), width: side("width"), height: side("height") })
}

fn inside(inner: Rect, outer: Rect) -> bool {
    outer.x <= inner.x
        && outer.y <= inner.y
        && inner.right() <= outer.right()
        && inner.bottom() <= outer.bottom()
}

fn overlap(one: Rect, other: Rect) -> bool {
    one.x < other.right() && other.x < one.right() && one.y < other.bottom() && other.y < one.bottom()
}

/// The boxes right inside a box.
fn content<'a, 'i>(group: Node<'a, 'i>) -> Vec<(Node<'a, 'i>, Rect)> {
    let of_group =
        |node: Node<'a, 'i>| node.ancestors().skip(1).find(|node| rect_of(*node).is_some()) == Some(group);
    let inner = group.descendants().filter(|node| *node != group);
    inner.filter_map(|node| Some((node, rect_of(node)?))).filter(|(node, _)| of_group(*node)).collect()
}

fn boxes(group: Node<'_, '_>, faults: &mut Vec<String>) {
    let outer = rect_of(group).unwrap();
    let content = content(group);
    for (index, (_, rect)) in content.iter().enumerate() {
        if !inside(*rect, outer) {
            faults.push(format!("{rect:?} is not in {outer:?}"));
        }
        faults.extend(
            content[..index]
                .iter()
                .filter(|(_, other)| overlap(*rect, *other))
                .map(|(_, other)| format!("{rect:?} and {other:?} overlap")),
        );
    }
}

fn texts(text: Node<'_, '_>, faults: &mut Vec<String>) {
    let shown: String =
        text.descendants().filter_map(|node| if node.is_text() { node.text() } else { None }).collect();
    let width = if text.attribute("class") == Some("title") {
        measure::title_width(&shown)
    } else {
        let runs: Vec<Run> = text
            .children()
            .map(|node| {
                let is_name = node.has_tag_name("tspan");
                let text = if is_name { node.text() } else { Some(node.text().unwrap()) };
                Run { text: text.unwrap_or_default().to_owned(), is_name }
            })
            .collect();
        measure::width(&runs)
    };
    let y = number(text, "y");
    let place = Rect { x: number(text, "x"), y: y - ABOVE, width, height: ABOVE + BELOW };
    let Some(group) = text.ancestors().find(|node| rect_of(*node).is_some()) else {
        faults.push(format!("`{shown}` stands nowhere"));
        return;
    };
    if !inside(place, rect_of(group).unwrap()) {
        faults.push(format!("`{shown}` sticks out of its box"));
    }
    if content(group).iter().any(|(_, other)| overlap(place, *other)) {
        faults.push(format!("a box stands on `{shown}`"));
    }
}

/// A level or upright stretch of an arrow, with the number of its tree.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    tree: usize,
    from: (i32, i32),
    to: (i32, i32),
}

fn stretches(path: &str, tree: usize) -> Vec<Stretch> {
    let mut found = Vec::new();
    for part in path.split('M').skip(1) {
        let end = part.find(['H', 'V']).unwrap();
        let (x, y) = part[..end].split_once(' ').unwrap();
        let from = (x.parse().unwrap(), y.parse().unwrap());
        let goal: i32 = part[end + 1..].parse().unwrap();
        let to = if part[end..].starts_with('H') { (goal, from.1) } else { (from.0, goal) };
        found.push(Stretch { tree, from: from.min(to), to: from.max(to) });
    }
    found
}

/// Arrows run neither through things nor along one another.
fn wires(document: &Document<'_>, faults: &mut Vec<String>) {
    let class = |node: Node<'_, '_>, name: &str| node.attribute("class") == Some(name);
    let trees = document.descendants().filter(|node| class(*node, "tree"));
    let mut all = Vec::new();
    for (index, tree) in trees.enumerate() {
        for wire in tree.descendants().filter(|node| class(*node, "wire")) {
            all.extend(stretches(wire.attribute("d").unwrap(), index));
        }
    }
    let things = document.descendants().filter(|node| rect_of(*node).is_some() && content(*node).is_empty());
    let things: Vec<Rect> = things.filter_map(rect_of).collect();
    for stretch in &all {
        let Stretch { from, to, .. } = *stretch;
        let through = |thing: &&Rect| {
            from.0 < thing.right()
                && thing.x < to.0.max(from.0 + 1)
                && from.1 < thing.bottom()
                && thing.y < to.1.max(from.1 + 1)
        };
        faults
            .extend(things.iter().filter(through).map(|thing| format!("{stretch:?} runs through {thing:?}")));
    }
    let level = |stretch: &Stretch| stretch.from.1 == stretch.to.1;
    for (index, one) in all.iter().enumerate() {
        for other in all[..index].iter().filter(|other| other.tree != one.tree) {
            let along = match (level(one), level(other)) {
                (true, true) => {
                    one.from.1 == other.from.1 && one.from.0 < other.to.0 && other.from.0 < one.to.0
                }
                (false, false) => {
                    one.from.0 == other.from.0 && one.from.1 <= other.to.1 && other.from.1 <= one.to.1
                }
                _ => false,
            };
            if along {
                faults.push(format!("{one:?} runs along {other:?}"));
            }
        }
    }
}

fn templates(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            templates(&path, found);
        } else if path
            .extension()
            .is_some_and(|it| it == "yaml" || it == "yml" || it == "json" || it == "template")
        {
            found.push(path);
        }
    }
}

#[test]
fn nothing_overlaps_and_nothing_is_cut() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for folder in ["testdata/ok", "testdata/err", "testdata/bench", "../shared/corpus"] {
        let folder = root.join(folder);
        if folder.is_dir() {
            templates(&folder, &mut paths);
        }
    }
    let faults: Vec<String> = paths
        .par_iter()
        .flat_map_iter(|path| {
            let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
            let name = path.to_string_lossy();
            let faults = faults(&picture_of(&name, &text));
            faults.into_iter().map(move |fault| format!("{name}: {fault}")).collect::<Vec<_>>()
        })
        .collect();
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults[..faults.len().min(20)].join("\n"));
}

/// A template with this many functions in three subnets of two kinds, which need different things.
fn large(functions: usize) -> String {
    let thing = |id: &str, kind: &str, properties: &str| {
        format!("  {id}: {{Type: AWS::{kind}, Properties: {{{properties}}}}}\n")
    };
    let mut text = "Resources:\n".to_owned();
    text += &thing("Vpc", "EC2::VPC", "CidrBlock: 10.0.0.0/16");
    text += &thing("Gateway", "EC2::InternetGateway", "");
    text += &thing("Inner", "EC2::RouteTable", "VpcId: !Ref Vpc");
    text += &thing("Outer", "EC2::RouteTable", "VpcId: !Ref Vpc");
    let route = "RouteTableId: !Ref Outer, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gateway";
    text += &thing("Route", "EC2::Route", route);
    let endpoint = "VpcId: !Ref Vpc, ServiceName: com.amazonaws.eu-west-1.s3, RouteTableIds: [!Ref Outer]";
    text += &thing("Endpoint", "EC2::VPCEndpoint", endpoint);
    text += &thing("Bucket", "S3::Bucket", "");
    text += &thing("Table", "DynamoDB::Table", "");
    text += &thing("Secret", "SecretsManager::Secret", "");
    for (index, table) in ["Inner", "Inner", "Outer"].iter().enumerate() {
        let subnet =
            format!("VpcId: !Ref Vpc, CidrBlock: 10.0.{index}.0/24, AvailabilityZone: eu-west-1{index}");
        text += &thing(&format!("Subnet{index}"), "EC2::Subnet", &subnet);
        let association = format!("SubnetId: !Ref Subnet{index}, RouteTableId: !Ref {table}");
        text += &thing(&format!("In{index}"), "EC2::SubnetRouteTableAssociation", &association);
    }
    for index in 0..functions {
        let needs = ["Bucket", "Table", "Secret"].iter().enumerate();
        let needs = needs.filter(|(bit, _)| (index % 7 + 1) >> bit & 1 == 1);
        let needs: Vec<String> = needs.map(|(bit, name)| format!("V{bit}: !Ref {name}")).collect();
        // Each in a subnet of its own too, so that no two look alike.
        let (one, other) = (index % 3, (index + 1 + index / 3 % 2) % 3);
        let subnets = format!("!Ref Subnet{one}, !Ref Subnet{other}, subnet-{index}");
        let function = format!(
            "VpcConfig: {{SubnetIds: [{subnets}], SecurityGroupIds: [sg-1]}}, Environment: {{Variables: {{{}}}}}",
            needs.join(", ")
        );
        text += &thing(&format!("Function{index}"), "Lambda::Function", &function);
    }
    text
}

#[test]
fn many_arrows_do_not_run_along_one_another() {
    let picture = picture_of("large.yaml", &large(40));
    assert!(picture.needs.len() > 100);
    assert_eq!(faults(&picture), [""; 0]);
}

#[test]
fn names_are_text() {
    let picture = picture_of("<x>&\".yaml", NASTY);
    assert_eq!(faults(&picture), [""; 0]);
    let image = written(&picture, svg);
    let document = Document::parse(&image).unwrap();
    let text: String =
        document.descendants().filter_map(|node| if node.is_text() { node.text() } else { None }).collect();
    assert!(text.contains("<b>&\"Vpc\""), "{text}");
    assert!(!image.contains(['\u{1}', '\u{202e}']));
}

#[test]
fn it_can_be_read_aloud_and_needs_nothing_from_elsewhere() {
    let image = written(&picture_of_file("err/layers-out-of-reach.yaml"), svg);
    let document = Document::parse(&image).unwrap();
    let root = document.root_element();
    let by = |id: &str| {
        document.descendants().find(|node| node.attribute("id") == Some(id)).and_then(|node| node.text())
    };
    assert_eq!(root.attribute("role"), Some("img"));
    assert_eq!(by("title"), Some("Network of err/layers-out-of-reach.yaml"));
    assert!(by("desc").unwrap().contains("Web → Amazon S3: blocked"));
    for word in ["<script", "href", "url(", "@import", "var("] {
        assert!(!image.contains(word), "{word}");
    }
    let arrows = document.descendants().filter(|node| {
        matches!(node.attribute("class"), Some("reachable" | "blocked"))
            && node.children().any(|node| node.has_tag_name("title"))
    });
    assert_eq!(arrows.count(), 7);
}
