//! Boxes in boxes: what they say, and where `taffy` puts them.

use std::io;

use rustc_hash::FxHashMap;
use taffy::prelude::{
    AlignItems, AvailableSpace, Display, FlexDirection, LengthPercentage, NodeId, Rect as Sides, Size, Style,
    TaffyTree, length,
};

use super::measure::{self, LINE, Runs};

/// Everything stands on lines this far apart, so that no two arrows of different sides share one.
pub(super) const STEP: i32 = 12;

/// What an arrow may start from or end at, or where arrows run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Key {
    /// An endpoint service.
    Service(usize),
    /// A load balancer.
    LoadBalancer(usize),
    /// A group of workloads in one of its subnets.
    Chip(usize, usize),
    /// What arrows of needs end at.
    End(usize),
    /// The channel with this index.
    Channel(usize),
    /// A sample in the legend.
    Sample(usize),
}

/// How a line of text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// What a box is called.
    Head,
    /// What else there is to say.
    Plain,
    /// Why something is blocked.
    Blocked,
    /// Why something is not known.
    Unknown,
    /// The title of the page.
    Title,
}

impl Tone {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Plain => "plain",
            Self::Blocked => "why-blocked",
            Self::Unknown => "why-unknown",
            Self::Title => "title",
        }
    }
}

/// A line of text.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) runs: Runs,
    pub(super) tone: Tone,
}

impl Line {
    pub(super) fn height(&self) -> i32 {
        if self.tone == Tone::Title { 2 * STEP } else { LINE }
    }

    pub(super) fn width(&self) -> i32 {
        match self.tone {
            Tone::Title => {
                measure::title_width(&self.runs.iter().map(|run| run.text.as_str()).collect::<String>())
            }
            _ => measure::width(&self.runs),
        }
    }
}

/// A rectangle on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Rect {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

impl Rect {
    pub(super) fn right(self) -> i32 {
        self.x + self.width
    }

    pub(super) fn bottom(self) -> i32 {
        self.y + self.height
    }

    /// `count` heights for arrows at one side, in the middle, of those that are `phase` behind a step.
    pub(super) fn pins(self, count: usize, phase: i32) -> Vec<i32> {
        let first = self.y + (phase - self.y).rem_euclid(STEP);
        let first = if first == self.y { first + STEP } else { first };
        let room = (self.bottom() - 1 - first) / STEP + 1;
        let spare = (room - whole(count)).max(0) / 2;
        (0..whole(count)).map(|index| first + (spare + index) * STEP).collect()
    }
}

/// A number of things as a number of pixels.
pub(super) fn whole(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// Which way the content of a box goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Flow {
    #[default]
    Down,
    Across,
}

/// A box.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// What it is, for the style; empty where only its content shows.
    pub(super) class: &'static str,
    pub(super) lines: Vec<Line>,
    /// Room left of the text.
    pub(super) indent: i32,
    pub(super) flow: Flow,
    pub(super) content: Vec<Block>,
    /// How many arrows come to one side of it.
    pub(super) pins: usize,
    pub(super) min_width: i32,
    /// Room left of its content, for the heads of arrows.
    pub(super) margin: i32,
    /// Whether it takes the room that its neighbours leave.
    pub(super) grows: bool,
    pub(super) key: Option<Key>,
    /// Where it is, once it has been placed.
    pub(super) rect: Rect,
}

impl Block {
    pub(super) fn new(class: &'static str) -> Self {
        Self { class, ..Self::default() }
    }

    pub(super) fn down(content: Vec<Self>) -> Self {
        Self { content, ..Self::default() }
    }

    pub(super) fn across(content: Vec<Self>) -> Self {
        Self { content, flow: Flow::Across, ..Self::default() }
    }

    /// Adds text, broken into lines that fit the room.
    pub(super) fn say(mut self, tone: Tone, text: &str, room: i32) -> Self {
        let text = crate::output::clean(text);
        self.lines.extend(measure::lines(&text, room).into_iter().map(|runs| Line { runs, tone }));
        self
    }

    /// Height of its text with the room above and below it: whole steps.
    pub(super) fn text_height(&self) -> i32 {
        match self.lines.iter().map(Line::height).sum::<i32>() {
            0 => 0,
            lines => (lines + STEP + STEP - 1) / STEP * STEP,
        }
    }

    fn visit<'b>(&'b self, see: &mut dyn FnMut(&'b Self)) {
        see(self);
        self.content.iter().for_each(|block| block.visit(see));
    }
}

/// Places a block and all that is in it, with the widths that the channels need. Says where the things with keys are.
pub(super) fn place(root: &mut Block, channels: &FxHashMap<Key, i32>) -> io::Result<FxHashMap<Key, Rect>> {
    let mut tree = TaffyTree::new();
    let node = node(root, channels, &mut tree).map_err(io::Error::other)?;
    tree.compute_layout(node, Size { width: AvailableSpace::MaxContent, height: AvailableSpace::MaxContent })
        .map_err(io::Error::other)?;
    take(root, node, (0, 0), &tree).map_err(io::Error::other)?;
    let mut places = FxHashMap::default();
    root.visit(&mut |block| {
        if let Some(key) = block.key {
            places.insert(key, block.rect);
        }
    });
    Ok(places)
}

type Tree = TaffyTree<()>;

fn node(block: &Block, channels: &FxHashMap<Key, i32>, tree: &mut Tree) -> taffy::TaffyResult<NodeId> {
    let shows = !block.class.is_empty();
    let side = |pixels: i32| -> LengthPercentage { length(pixels_of(pixels)) };
    let gap = |pixels: i32| Size { width: side(pixels), height: side(pixels) };
    let content: Vec<NodeId> =
        block.content.iter().map(|inner| node(inner, channels, tree)).collect::<Result<_, _>>()?;
    let mut children = Vec::new();
    if !block.lines.is_empty() {
        let width = block.lines.iter().map(Line::width).max().unwrap_or(0) + block.indent;
        children.push(tree.new_leaf(Style {
            size: Size { width: length(pixels_of(width)), height: length(pixels_of(block.text_height())) },
            flex_shrink: 0.0,
            ..Style::default()
        })?);
    }
    if !content.is_empty() {
        let (direction, align) = match block.flow {
            Flow::Down => (FlexDirection::Column, AlignItems::STRETCH),
            Flow::Across => (FlexDirection::Row, AlignItems::FLEX_START),
        };
        let style = Style {
            display: Display::Flex,
            flex_direction: direction,
            align_items: align,
            gap: gap(match block.flow {
                Flow::Across => 0,
                Flow::Down if block.class == "page" => 2 * STEP,
                Flow::Down => STEP,
            }),
            ..Style::default()
        };
        children.push(tree.new_with_children(style, &content)?);
    }
    let channel = block.key.and_then(|key| channels.get(&key)).copied().unwrap_or(0);
    let edge = if shows { STEP } else { 0 };
    let style = Style {
        display: Display::Flex,
        flex_direction: FlexDirection::Column,
        align_items: AlignItems::STRETCH,
        padding: Sides {
            left: side(edge + block.margin),
            right: side(edge),
            top: side(if shows && block.lines.is_empty() { STEP } else { 0 }),
            bottom: side(if shows && !content.is_empty() { STEP } else { 0 }),
        },
        min_size: Size {
            width: length(pixels_of(block.min_width.max(channel))),
            height: length(pixels_of(if shows { (whole(block.pins) + 1) * STEP } else { 0 })),
        },
        flex_grow: if block.grows { 1.0 } else { 0.0 },
        flex_shrink: 0.0,
        ..Style::default()
    };
    tree.new_with_children(style, &children)
}

#[expect(clippy::cast_precision_loss, reason = "a page has far fewer pixels than an f32 tells apart")]
fn pixels_of(pixels: i32) -> f32 {
    pixels as f32
}

/// Takes over where the nodes have been placed.
fn take(block: &mut Block, node: NodeId, origin: (i32, i32), tree: &Tree) -> taffy::TaffyResult<()> {
    let layout = tree.layout(node)?;
    let at = |layout: &taffy::Layout, origin: (i32, i32)| {
        (origin.0 + layout.location.x as i32, origin.1 + layout.location.y as i32)
    };
    let (x, y) = at(layout, origin);
    block.rect = Rect { x, y, width: layout.size.width as i32, height: layout.size.height as i32 };
    if block.content.is_empty() {
        return Ok(());
    }
    let Some(&inner) = tree.children(node)?.last() else { return Ok(()) };
    let origin = at(tree.layout(inner)?, (x, y));
    for (block, node) in block.content.iter_mut().zip(tree.children(inner)?) {
        take(block, node, origin, tree)?;
    }
    Ok(())
}
