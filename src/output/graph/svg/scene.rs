//! What stands on the page: the boxes of the picture and which arrows join them.

use std::io;

use rustc_hash::{FxHashMap, FxHashSet};

use super::boxes::{Block, Key, Rect, STEP, Tone, place, whole};
use super::wires::{self, Net};
use crate::network::RouteClass;
use crate::output::graph::{Hop, Link, Need, Party, Picture, Subnet, Through, Verdict, alike, told, way};

/// Room for the text of a box, by what it is.
const ROOM: i32 = 250;
const WIDE_ROOM: i32 = 300;
const PAGE_ROOM: i32 = 560;
/// The same for larger letters, measured as if they were not.
const TITLE_ROOM: i32 = PAGE_ROOM / 2;
/// Room for a sample of an arrow in the legend.
pub(super) const SAMPLE: i32 = 48;

/// The page with everything placed.
pub(super) struct Scene {
    pub(super) root: Block,
    pub(super) places: FxHashMap<Key, Rect>,
    pub(super) trees: Vec<Tree>,
    /// What the samples of the legend show, by their keys.
    pub(super) samples: Vec<Option<Verdict>>,
}

/// The arrows that share a trunk.
pub(super) struct Tree {
    /// The channel that they run in.
    pub(super) channel: usize,
    /// What starts them.
    pub(super) sources: Vec<Key>,
    pub(super) arrows: Vec<Arrow>,
    /// Heights of the sources, in their order.
    pub(super) starts: Vec<i32>,
    /// Where the trunk stands.
    pub(super) trunk: i32,
}

/// An arrow, or one with several heads where its target is drawn several times.
pub(super) struct Arrow {
    pub(super) ends: Vec<Key>,
    /// Whether the ends are on the side on which it starts.
    pub(super) turns_back: bool,
    pub(super) verdict: Option<Verdict>,
    pub(super) tooltip: String,
    /// Heights of the ends, in their order.
    pub(super) heights: Vec<i32>,
}

/// What arrows of needs end at, beside endpoints.
#[derive(PartialEq, Eq)]
struct Way {
    vpc: usize,
    title: String,
    verdict: Verdict,
}

/// An end of arrows.
struct End<'p> {
    /// Index of the endpoint, or of the way.
    place: Result<usize, usize>,
    service: &'p str,
    /// Reasons, each once, with the verdict.
    reasons: Vec<(Verdict, &'p str)>,
    arrows: usize,
}

struct Composer<'p> {
    picture: &'p Picture,
    groups: Vec<alike::Group<'p>>,
    ways: Vec<Way>,
    ends: Vec<End<'p>>,
    trees: Vec<Tree>,
    /// How many arrows come to what.
    pins: FxHashMap<(Key, Side), usize>,
    /// What a load balancer or service forwards to that stands elsewhere on the page.
    elsewhere: FxHashMap<Party, Vec<String>>,
    channels: usize,
}

/// Composes the page.
pub(super) fn compose(picture: &Picture) -> io::Result<Scene> {
    let mut composer = Composer {
        picture,
        groups: alike::groups(picture),
        ways: Vec::new(),
        ends: Vec::new(),
        trees: Vec::new(),
        pins: FxHashMap::default(),
        elsewhere: FxHashMap::default(),
        channels: picture.vpcs.len() * CHANNELS,
    };
    composer.needs();
    composer.links();
    let (root, samples) = composer.page();
    let mut scene = Scene { root, places: FxHashMap::default(), trees: composer.trees, samples };
    scene.settle(composer.channels)?;
    Ok(scene)
}

/// Channels of a VPC: before its load balancers, before its subnets, behind them.
const CHANNELS: usize = 3;

impl<'p> Composer<'p> {
    /// Trees of what the workloads need: one for all subnets from which the same arrows start.
    fn needs(&mut self) {
        let picture = self.picture;
        for (endpoint, it) in picture.endpoints.iter().enumerate() {
            self.ends.push(End { place: Ok(endpoint), service: &it.service, reasons: Vec::new(), arrows: 0 });
        }
        let mut known: FxHashMap<(usize, &'p str), usize> = FxHashMap::default();
        for group in 0..self.groups.len() {
            let needs = self.groups[group].needs.clone();
            let mut classes: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
            for &subnet in &picture.workloads[self.groups[group].workloads[0]].subnets {
                let of_subnet = |need: &&Need| need.subnets.contains(&subnet);
                let own: Vec<usize> = needs
                    .iter()
                    .enumerate()
                    .filter(|(_, need)| of_subnet(need))
                    .map(|(index, _)| index)
                    .collect();
                let vpc = |subnet: usize| picture.subnets[subnet].vpc;
                let class = classes
                    .iter_mut()
                    .find(|(subnets, other)| *other == own && vpc(subnets[0]) == vpc(subnet));
                match class {
                    _ if own.is_empty() => {}
                    Some((subnets, _)) => subnets.push(subnet),
                    None => classes.push((vec![subnet], own)),
                }
            }
            for (subnets, own) in classes {
                let vpc = picture.subnets[subnets[0]].vpc;
                let arrows =
                    own.iter().map(|&index| self.arrow(needs[index], vpc, group, &mut known)).collect();
                self.trees.push(Tree {
                    channel: vpc * CHANNELS + 2,
                    sources: subnets.iter().map(|&subnet| Key::Chip(group, subnet)).collect(),
                    arrows,
                    starts: Vec::new(),
                    trunk: 0,
                });
            }
        }
    }

    fn arrow(
        &mut self,
        need: &'p Need,
        vpc: usize,
        group: usize,
        known: &mut FxHashMap<(usize, &'p str), usize>,
    ) -> Arrow {
        let picture = self.picture;
        let end = match (way(picture, need, vpc), need.through) {
            (None, Through::Endpoint(endpoint)) => endpoint,
            (title, _) => {
                let way = Way { vpc, title: title.unwrap_or_default(), verdict: need.verdict };
                let index = self.ways.iter().position(|other| *other == way).unwrap_or(self.ways.len());
                if index == self.ways.len() {
                    self.ways.push(way);
                }
                *known.entry((index, &need.service)).or_insert_with(|| {
                    let place = Err(index);
                    self.ends.push(End { place, service: &need.service, reasons: Vec::new(), arrows: 0 });
                    self.ends.len() - 1
                })
            }
        };
        self.ends[end].arrows += 1;
        if let Some(reason) = &need.reason {
            let reason = (need.verdict, reason.as_str());
            if !self.ends[end].reasons.contains(&reason) {
                self.ends[end].reasons.push(reason);
            }
        }
        let mut lines = told(picture, need);
        let others = &self.groups[group].workloads[1..];
        if !others.is_empty() {
            let names: Vec<&str> =
                others.iter().map(|&other| picture.workloads[other].name.as_str()).collect();
            lines.push(format!("the same holds of {}", names.join(", ")));
        }
        Arrow {
            ends: vec![Key::End(end)],
            turns_back: false,
            verdict: Some(need.verdict),
            tooltip: lines.join("\n"),
            heights: Vec::new(),
        }
    }

    /// The VPC that a party stands in, and how it is drawn there.
    fn keys(&self, party: Party, group_of: &[usize]) -> Vec<(usize, Key)> {
        let picture = self.picture;
        match party {
            Party::Service(_) => Vec::new(),
            Party::LoadBalancer(index) => vec![(picture.load_balancers[index].vpc, Key::LoadBalancer(index))],
            Party::Workload(index) => {
                let subnets = &picture.workloads[index].subnets;
                let key = |&subnet: &usize| (picture.subnets[subnet].vpc, Key::Chip(group_of[index], subnet));
                subnets.iter().map(key).collect()
            }
        }
    }

    /// The VPC beside which an endpoint service stands: that of its first load balancer.
    fn band_of_service(&self, service: usize) -> Option<usize> {
        let picture = self.picture;
        let link = picture.links.iter().find(|link| link.from == Party::Service(service))?;
        match link.to {
            Party::LoadBalancer(index) => Some(picture.load_balancers[index].vpc),
            _ => None,
        }
    }

    /// Trees of the provider's side.
    fn links(&mut self) {
        let picture = self.picture;
        let mut group_of = vec![0; picture.workloads.len()];
        for (group, members) in self.groups.iter().enumerate() {
            members.workloads.iter().for_each(|&workload| group_of[workload] = group);
        }
        let mut tree_of: FxHashMap<Party, usize> = FxHashMap::default();
        let mut drawn: FxHashSet<(Party, Key, Option<Verdict>)> = FxHashSet::default();
        for link in &picture.links {
            let (source, channel, vpc) = match link.from {
                Party::Service(index) => {
                    let Some(vpc) = self.band_of_service(index) else { continue };
                    (Key::Service(index), vpc * CHANNELS, vpc)
                }
                Party::LoadBalancer(index) => {
                    let vpc = picture.load_balancers[index].vpc;
                    (Key::LoadBalancer(index), vpc * CHANNELS + 1, vpc)
                }
                Party::Workload(_) => continue,
            };
            let keys = self.keys(link.to, &group_of);
            let ends: Vec<Key> = keys.iter().filter(|(at, _)| *at == vpc).map(|(_, key)| *key).collect();
            if ends.is_empty() {
                self.elsewhere.entry(link.from).or_default().push(party_name(picture, link.to));
                continue;
            }
            // Workloads that look alike are drawn as one, and so are the arrows to them.
            if !drawn.insert((link.from, ends[0], link.verdict)) {
                continue;
            }
            let tree = *tree_of.entry(link.from).or_insert_with(|| {
                *self.pins.entry((source, Side::Right)).or_default() += 1;
                let sources = vec![source];
                self.trees.push(Tree { channel, sources, arrows: Vec::new(), starts: Vec::new(), trunk: 0 });
                self.trees.len() - 1
            });
            let arrow = Arrow {
                turns_back: matches!((link.from, link.to), (Party::LoadBalancer(_), Party::LoadBalancer(_))),
                ends,
                verdict: link.verdict,
                tooltip: link_told(picture, link),
                heights: Vec::new(),
            };
            for &end in &arrow.ends {
                *self.pins.entry((end, arrow.end_side())).or_default() += 1;
            }
            self.trees[tree].arrows.push(arrow);
        }
    }

    fn page(&mut self) -> (Block, Vec<Option<Verdict>>) {
        let picture = self.picture;
        let (folder, file) = match picture.template.rsplit_once('/') {
            Some((folder, file)) => (Some(folder), file),
            None => (None, picture.template.as_str()),
        };
        let title = Block::default().say(Tone::Title, file, TITLE_ROOM);
        let title = match folder {
            Some(folder) => title.say(Tone::Plain, &format!("in {folder}"), PAGE_ROOM),
            None => title,
        };
        let title = match &picture.scenario {
            Some(scenario) => title.say(Tone::Plain, scenario, PAGE_ROOM),
            None => title,
        };
        let title =
            picture.summary().iter().fold(title, |title, line| title.say(Tone::Plain, line, PAGE_ROOM));
        let mut content = vec![title];
        let (legend, samples) = self.legend();
        if !legend.is_empty() {
            content.push(Block::down(legend));
        }
        let mut services: Vec<Vec<usize>> = vec![Vec::new(); picture.vpcs.len()];
        let mut alone = Vec::new();
        for service in 0..picture.services.len() {
            match self.band_of_service(service) {
                Some(vpc) => services[vpc].push(service),
                None => alone.push(service),
            }
        }
        for (vpc, services) in services.iter().enumerate() {
            content.push(self.band(vpc, services));
        }
        if !alone.is_empty() {
            let services = alone.into_iter().map(|service| self.service(service)).collect();
            content.push(Block::across(vec![Block::down(services)]));
        }
        let mut root = Block::new("page");
        root.content = content;
        (root, samples)
    }

    /// What the lines and colours mean, as far as this page has them.
    fn legend(&self) -> (Vec<Block>, Vec<Option<Verdict>>) {
        let picture = self.picture;
        let mut samples: Vec<Option<Verdict>> = Vec::new();
        let verdicts = Verdict::ALL.map(Some).into_iter().chain([None]);
        let used = |verdict: Option<Verdict>| {
            self.trees.iter().flat_map(|tree| &tree.arrows).any(|arrow| arrow.verdict == verdict)
        };
        samples.extend(verdicts.filter(|verdict| used(*verdict)));
        let arrows = samples.iter().enumerate().map(|(index, verdict)| {
            let words = match verdict {
                Some(Verdict::Reachable) => "reachable",
                Some(Verdict::Blocked) => "blocked: stops at the cross",
                Some(Verdict::Unknown) => "unknown",
                None => "forwards to",
            };
            let mut block = Block::new("sample").say(Tone::Plain, words, ROOM);
            block.indent = SAMPLE;
            block.key = Some(Key::Sample(index));
            block
        });
        let arrows: Vec<Block> = arrows.collect();
        let classes = [
            (RouteClass::Public, "public: a route to the internet"),
            (RouteClass::Translated, "translated: NAT or another network"),
            (RouteClass::Isolated, "isolated: no default route"),
            (RouteClass::Unknown, "routes not known"),
        ];
        let used = |class: RouteClass| picture.subnets.iter().any(|subnet| subnet.class == class);
        let classes: Vec<Block> = classes
            .into_iter()
            .filter(|(class, _)| used(*class))
            .map(|(class, words)| Block::new(subnet_style(class)).say(Tone::Plain, words, ROOM))
            .collect();
        let rows = [arrows, classes].into_iter().filter(|row| !row.is_empty());
        (rows.map(|row| Block::across(spaced(row))).collect(), samples)
    }

    fn band(&mut self, vpc: usize, services: &[usize]) -> Block {
        let picture = self.picture;
        let it = &picture.vpcs[vpc];
        let mut block = Block::new(if it.name.is_some() { "vpc" } else { "vpc unknown-vpc" });
        block = block.say(Tone::Head, &format!("{} {}", it.title(), it.ranges.join(", ")), WIDE_ROOM * 2);
        if it.name.is_some() {
            let from = if it.made_here { "VPC of this template" } else { "VPC from outside" };
            let open = if it.open { ": it may hold more than is shown" } else { "" };
            block = block.say(Tone::Plain, &format!("{from}{open}"), WIDE_ROOM * 2);
        }
        let balancers: Vec<Block> = (0..picture.load_balancers.len())
            .filter(|&index| picture.load_balancers[index].vpc == vpc)
            .map(|index| self.load_balancer(index))
            .collect();
        let subnets = self.subnets(vpc);
        let ends = self.ends(vpc);
        let mut columns = Vec::new();
        if !balancers.is_empty() {
            columns.push(Block::down(balancers));
            columns.push(channel(vpc * CHANNELS + 1));
        }
        if !subnets.is_empty() {
            columns.push(Block::down(subnets));
        }
        if !ends.is_empty() {
            columns.push(channel(vpc * CHANNELS + 2));
            columns.push(Block::down(ends));
        }
        block.content = if columns.is_empty() { Vec::new() } else { vec![Block::across(columns)] };
        block.grows = true;
        if services.is_empty() {
            return Block::across(vec![block]);
        }
        let services = services.iter().map(|&service| self.service(service)).collect();
        Block::across(vec![Block::down(services), channel(vpc * CHANNELS), block])
    }

    fn service(&self, index: usize) -> Block {
        let picture = self.picture;
        let service = &picture.services[index];
        let mut block = Block::new("service").say(Tone::Head, &format!("`{}`", service.name), ROOM);
        block = block.say(Tone::Plain, service.kind_in_words(), ROOM);
        let consumers = picture.endpoints.iter().filter(|endpoint| endpoint.own_service == Some(index));
        for consumer in consumers {
            block = block.say(Tone::Plain, &format!("consumer: `{}`", consumer.name), ROOM);
        }
        self.finished(block, Party::Service(index), Key::Service(index))
    }

    fn load_balancer(&self, index: usize) -> Block {
        let balancer = &self.picture.load_balancers[index];
        let mut block = Block::new("balancer").say(Tone::Head, &format!("`{}`", balancer.name), ROOM);
        block = block.say(Tone::Plain, &balancer.kind_in_words(), ROOM);
        if let Some(place) = balancer.place() {
            block = block.say(Tone::Plain, &place, ROOM);
        }
        for link in self.picture.links.iter().filter(|link| link.from == Party::LoadBalancer(index)) {
            if let (Some(verdict), Some(reason)) = (link.verdict, &link.reason) {
                let text = format!("{}: {reason}", party_name(self.picture, link.to));
                block = block.say(tone(verdict), &text, ROOM);
            }
        }
        self.finished(block, Party::LoadBalancer(index), Key::LoadBalancer(index))
    }

    /// With what it forwards to elsewhere, and with room for its arrows.
    fn finished(&self, mut block: Block, party: Party, key: Key) -> Block {
        for other in self.elsewhere.get(&party).into_iter().flatten() {
            block = block.say(Tone::Plain, &format!("forwards to {other}"), ROOM);
        }
        block.pins = self.pins_of(key);
        block.key = Some(key);
        block
    }

    /// How many arrows come to the side of a box to which more come.
    fn pins_of(&self, key: Key) -> usize {
        let count = |side| self.pins.get(&(key, side)).copied().unwrap_or(0);
        count(Side::Left).max(count(Side::Right)).max(1)
    }

    /// The subnets of a VPC, those of one zone in one box.
    fn subnets(&self, vpc: usize) -> Vec<Block> {
        let picture = self.picture;
        let mut chips: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
        for (group, members) in self.groups.iter().enumerate() {
            for &subnet in &picture.workloads[members.workloads[0]].subnets {
                chips.entry(subnet).or_default().push(group);
            }
        }
        let mut blocks: Vec<Block> = Vec::new();
        let mut zones: FxHashMap<&str, usize> = FxHashMap::default();
        for (index, subnet) in picture.subnets.iter().enumerate().filter(|(_, subnet)| subnet.vpc == vpc) {
            let groups = chips.get(&index).map_or(&[][..], Vec::as_slice);
            let block = self.subnet(index, subnet, groups);
            match &subnet.zone {
                None => blocks.push(block),
                Some(zone) => {
                    let place = *zones.entry(zone).or_insert_with(|| {
                        blocks.push(Block::new("zone").say(Tone::Plain, zone, ROOM));
                        blocks.len() - 1
                    });
                    blocks[place].content.push(block);
                }
            }
        }
        blocks
    }

    fn subnet(&self, index: usize, subnet: &Subnet, groups: &[usize]) -> Block {
        let mut block = Block::new(subnet_style(subnet.class));
        let range = subnet.range.as_deref().unwrap_or_default();
        block = block.say(Tone::Head, &format!("{} {range}", subnet.title()), ROOM + 24);
        block = block.say(Tone::Plain, &subnet.route_in_words(), ROOM + 24);
        block.content = groups.iter().map(|&group| self.chip(group, index)).collect();
        block
    }

    fn chip(&self, group: usize, subnet: usize) -> Block {
        let picture = self.picture;
        let workloads = &self.groups[group].workloads;
        let mut block = Block::new("workload");
        for &workload in workloads {
            block = block.say(Tone::Head, &format!("`{}`", picture.workloads[workload].name), ROOM);
        }
        let kind = &picture.workloads[workloads[0]].kind;
        block = match workloads.len() {
            1 => block.say(Tone::Plain, kind, ROOM),
            count => block.say(Tone::Plain, &format!("{count} × {kind}"), ROOM),
        };
        let key = Key::Chip(group, subnet);
        block.pins = self.pins_of(key);
        block.key = Some(key);
        block
    }

    /// What the arrows of a VPC end at: endpoints, then what there is instead of them, then endpoints to which none comes.
    fn ends(&self, vpc: usize) -> Vec<Block> {
        let picture = self.picture;
        let mut blocks = Vec::new();
        let mut idle = Vec::new();
        let mut rows: Vec<Vec<usize>> = vec![Vec::new(); self.ways.len()];
        for (index, end) in self.ends.iter().enumerate() {
            match end.place {
                Ok(endpoint) if picture.endpoints[endpoint].vpc == vpc => {
                    let it = &picture.endpoints[endpoint];
                    let mut block =
                        Block::new("endpoint").say(Tone::Head, &format!("`{}`", it.name), WIDE_ROOM);
                    block = block.say(Tone::Plain, &it.service, WIDE_ROOM);
                    block = block.say(Tone::Plain, &it.kind_in_words(), WIDE_ROOM);
                    if let Some(place) = it.place() {
                        block = block.say(Tone::Plain, &place, WIDE_ROOM);
                    }
                    let endpoints = if end.arrows > 0 { &mut blocks } else { &mut idle };
                    endpoints.push(with_reasons(block, index, end));
                }
                Ok(_) => {}
                Err(way) => rows[way].push(index),
            }
        }
        for (way, rows) in self.ways.iter().zip(rows).filter(|(way, _)| way.vpc == vpc) {
            let class = match way.verdict {
                Verdict::Reachable => "way",
                Verdict::Blocked => "way no-way",
                Verdict::Unknown => "way unknown-way",
            };
            let mut block = Block::new(class).say(Tone::Plain, &way.title, WIDE_ROOM);
            block.margin = STEP;
            block.content = rows
                .into_iter()
                .map(|index| {
                    let end = &self.ends[index];
                    with_reasons(Block::new("row").say(Tone::Plain, end.service, WIDE_ROOM), index, end)
                })
                .collect();
            blocks.push(block);
        }
        blocks.extend(side_by_side(idle));
        blocks
    }
}

/// Many boxes in a few columns, few in one.
fn side_by_side(blocks: Vec<Block>) -> Option<Block> {
    const HEIGHT: usize = 6;
    const COLUMNS: usize = 3;
    let height = HEIGHT.max(blocks.len().div_ceil(COLUMNS));
    let mut columns: Vec<Vec<Block>> = Vec::new();
    for block in blocks {
        match columns.last_mut() {
            Some(column) if column.len() < height => column.push(block),
            _ => columns.push(vec![block]),
        }
    }
    let mut columns: Vec<Block> = columns.into_iter().map(Block::down).collect();
    if columns.len() < 2 { columns.pop() } else { Some(Block::across(spaced(columns))) }
}

/// Boxes in a row with room between them.
fn spaced(row: Vec<Block>) -> Vec<Block> {
    let room = || Block { min_width: STEP, ..Block::default() };
    row.into_iter()
        .enumerate()
        .flat_map(|(index, block)| (index > 0).then(room).into_iter().chain([block]))
        .collect()
}

fn channel(index: usize) -> Block {
    Block { key: Some(Key::Channel(index)), ..Block::default() }
}

fn with_reasons(mut block: Block, index: usize, end: &End<'_>) -> Block {
    for (verdict, reason) in &end.reasons {
        block = block.say(tone(*verdict), reason, WIDE_ROOM);
    }
    block.pins = end.arrows;
    block.key = Some(Key::End(index));
    block
}

fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Reachable => Tone::Plain,
        Verdict::Blocked => Tone::Blocked,
        Verdict::Unknown => Tone::Unknown,
    }
}

fn subnet_style(class: RouteClass) -> &'static str {
    match class {
        RouteClass::Public => "subnet public",
        RouteClass::Translated => "subnet translated",
        RouteClass::Isolated => "subnet isolated",
        RouteClass::Unknown => "subnet unknown",
    }
}

fn party_name(picture: &Picture, party: Party) -> String {
    let name = match party {
        Party::Service(index) => &picture.services[index].name,
        Party::LoadBalancer(index) => &picture.load_balancers[index].name,
        Party::Workload(index) => &picture.workloads[index].name,
    };
    format!("`{name}`")
}

fn link_told(picture: &Picture, link: &Link) -> String {
    let name = |party| party_name(picture, party).replace('`', "");
    let mut lines =
        vec![format!("{} → {} {}", name(link.from), name(link.to), link.ports).trim_end().to_owned()];
    if let Some(verdict) = link.verdict {
        lines[0] = format!("{}: {}", lines[0], verdict.name());
    }
    lines.extend(link.proof.iter().map(Hop::told));
    lines.join("\n")
}

/// A side of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Side {
    Left,
    Right,
}

impl Arrow {
    fn end_side(&self) -> Side {
        if self.turns_back { Side::Right } else { Side::Left }
    }
}

/// How far behind a step the arrows at a side of a box are: the two sides of a channel differ.
fn phase(key: Key, side: Side) -> i32 {
    match (key, side) {
        (Key::LoadBalancer(_), _) | (_, Side::Left) if !matches!(key, Key::Chip(..)) => STEP / 2,
        _ => 0,
    }
}

/// An arrow that comes to a side of a box: the tree, and where it starts or which end of which arrow it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Start(usize, usize),
    End(usize, usize, usize),
}

impl Scene {
    /// Places everything: once to know the heights, then with the widths of the channels that follow from them.
    fn settle(&mut self, channels: usize) -> io::Result<()> {
        self.places = place(&mut self.root, &FxHashMap::default())?;
        self.pin();
        let mut of_channel: Vec<Vec<usize>> = vec![Vec::new(); channels];
        for (index, tree) in self.trees.iter().enumerate() {
            of_channel[tree.channel].push(index);
        }
        let mut widths = FxHashMap::default();
        let mut tracks = vec![0; self.trees.len()];
        for (channel, trees) in of_channel.iter().enumerate() {
            let mut nets: Vec<Net> = trees.iter().map(|&tree| self.trees[tree].net()).collect();
            widths.insert(Key::Channel(channel), wires::width(wires::route(&mut nets)));
            for (&tree, net) in trees.iter().zip(&nets) {
                tracks[tree] = net.track;
            }
        }
        self.places = place(&mut self.root, &widths)?;
        for (tree, track) in self.trees.iter_mut().zip(tracks) {
            let channel = self.places.get(&Key::Channel(tree.channel)).copied().unwrap_or_default();
            tree.trunk = channel.x + wires::EDGE + track * STEP;
        }
        Ok(())
    }

    /// Gives each arrow its height at each box that it touches, in the order of what is at its other ends.
    fn pin(&mut self) {
        let middle = |key: &Key| self.places.get(key).map_or(0, |rect| rect.y + rect.height / 2);
        let mean = |heights: Vec<i32>| heights.iter().sum::<i32>() / whole(heights.len().max(1));
        let mut slots: Vec<(Key, Side, i32, Slot)> = Vec::new();
        for (index, tree) in self.trees.iter_mut().enumerate() {
            let ends = tree.arrows.iter().flat_map(|arrow| &arrow.ends).map(middle).collect();
            let (from, to) = (mean(tree.sources.iter().map(middle).collect()), mean(ends));
            for (place, source) in tree.sources.iter().enumerate() {
                slots.push((*source, Side::Right, to, Slot::Start(index, place)));
            }
            tree.starts = vec![0; tree.sources.len()];
            for (number, arrow) in tree.arrows.iter_mut().enumerate() {
                let side = arrow.end_side();
                for (place, end) in arrow.ends.iter().enumerate() {
                    slots.push((*end, side, from, Slot::End(index, number, place)));
                }
                arrow.heights = vec![0; arrow.ends.len()];
            }
        }
        slots.sort_unstable();
        for slots in slots.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
            let (key, side, ..) = slots[0];
            let Some(rect) = self.places.get(&key) else { continue };
            for (height, (.., slot)) in rect.pins(slots.len(), phase(key, side)).into_iter().zip(slots) {
                match *slot {
                    Slot::Start(tree, place) => self.trees[tree].starts[place] = height,
                    Slot::End(tree, arrow, place) => self.trees[tree].arrows[arrow].heights[place] = height,
                }
            }
        }
    }
}

impl Tree {
    fn net(&self) -> Net {
        let heights = |turns_back: bool| {
            let arrows = self.arrows.iter().filter(move |arrow| arrow.turns_back == turns_back);
            arrows.flat_map(|arrow| arrow.heights.iter().copied())
        };
        let left = self.starts.iter().copied().chain(heights(true)).collect();
        Net { left, right: heights(false).collect(), track: 0 }
    }
}
