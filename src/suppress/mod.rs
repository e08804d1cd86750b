//! What the author of a template does not want to hear: ignores in comments and in `Metadata`, and which finding each covers.
//!
//! An ignore in a comment covers what its rule finds on the line of the comment, or, where the comment stands alone, on the
//! line below. On the line of a resource's logical id it covers the whole resource, whatever is underlined there. A value
//! over several lines stands, as a person sees it, where it begins: what is found inside a block of text belongs to the
//! line of its `|`, and a block of keys or items to the line of the key above it.

mod add;
mod comment;
mod lines;
mod metadata;

use std::ops::Range;

use rustc_hash::FxHashMap;

pub use add::{Level, add};

use crate::diagnostic::{Finding, Suppressed};
use crate::syntax::{NodeId, NodeKind, Tree};
use crate::template::Template;
use crate::text::{Edit, Span};
use lines::Lines;

/// For how many ignores in `Metadata` it is found out how to take them away, which goes through all the members beside each.
const MAXIMUM_REMOVALS: usize = 100;

/// The ignores of a template.
#[derive(Debug, Default)]
pub struct Ignores {
    all: Vec<Ignore>,
    /// Indices of the ignores of each rule, most specific first.
    by_rule: FxHashMap<String, Vec<usize>>,
    mistakes: Vec<Useless>,
}

/// One rule in one ignore.
#[derive(Debug)]
struct Ignore {
    rule: String,
    /// The rule's name.
    span: Span,
    reason: Option<String>,
    reach: Reach,
    /// The resource that it stands in.
    owner: Option<String>,
    used: bool,
    /// What its rule finds in the same resource and it does not cover.
    elsewhere: Option<Span>,
    /// What goes if it goes, of a comment.
    removal: Option<Span>,
}

/// What an ignore covers.
#[derive(Debug)]
enum Reach {
    Place(Place),
    /// Whole resources: more than one where a loop or an alias repeats what is written once.
    Owners(Vec<String>),
    Template,
}

/// What a comment covers.
#[derive(Debug, Default)]
struct Place {
    /// What begins here.
    bytes: Range<u32>,
    /// What begins in one of these texts over several lines.
    texts: Vec<Span>,
    /// These blocks, as a whole.
    blocks: Vec<Span>,
    /// These resources, whose logical ids stand on the line.
    owners: Vec<String>,
}

/// An ignore, or something that was meant to be one, that suppresses nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Useless {
    /// Where it stands.
    pub span: Span,
    /// The resource that it stands in.
    pub owner: Option<String>,
    /// What is wrong with it.
    pub fault: Fault,
}

/// Why something suppresses nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Its rule finds nothing that it covers, or there is no such rule.
    Idle {
        /// As written.
        rule: String,
        /// What it covers.
        covers: Covers,
        /// What the rule finds in the same resource all the same.
        elsewhere: Option<Span>,
        /// What takes it away, where that is certain.
        removal: Option<Vec<Edit>>,
    },
    /// `ignore` or `ignore-file` without brackets, or with nothing in them.
    NoRule {
        /// Which of the two.
        word: String,
    },
    /// `ignore` in `Metadata` with nothing behind it.
    NoItem,
    /// Another word where `ignore` belongs.
    UnknownWord {
        /// As written.
        word: String,
    },
    /// `privatelint` without its colon.
    NoColon,
    /// A bracket that is not closed.
    Unclosed,
    /// `privatelint` in `Metadata` that is no map.
    Settings,
    /// Something else than a rule's name in `Metadata`.
    Item,
}

/// What an ignore covers, for words about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Covers {
    /// A line.
    Line,
    /// A resource.
    Resource,
    /// The template.
    Template,
}

impl Ignores {
    /// Reads the ignores of a template.
    pub fn read(tree: &Tree<'_>, template: &Template<'_>, text: &str) -> Self {
        let mut ignores = Self::default();
        ignores.read_comments(tree, template, text);
        ignores.read_metadata(template);
        // The most specific one gives the reason.
        let mut order: Vec<usize> = (0..ignores.all.len()).collect();
        order.sort_by_key(|&index| ignores.all[index].reach.covers() as usize);
        for index in order {
            ignores.by_rule.entry(ignores.all[index].rule.clone()).or_default().push(index);
        }
        ignores
    }

    fn read_comments(&mut self, tree: &Tree<'_>, template: &Template<'_>, text: &str) {
        let told = tree.comments().iter().filter_map(|&at| {
            let comment = text.get(at.range())?;
            let directives = comment::read(comment);
            (!directives.is_empty()).then_some((at, comment, directives))
        });
        let mut told = told.peekable();
        // Few templates have any.
        if told.peek().is_none() {
            return;
        }
        let (lines, resources) = (Lines::of(text), Resources::of(template));
        let mut on_line: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
        let mut alone = 0..0;
        for (at, comment, directives) in told {
            let place = |range: Range<usize>| {
                Span::new(at.file, at.range().start + range.start, at.range().start + range.end)
            };
            let (own, last) = covered_lines(&lines, at, &mut alone);
            let named: Vec<&str> = resources.named_in(lines.start(last)..lines.start(last + 1)).collect();
            // What stands behind the last value of a resource belongs to it.
            let start = lines.start(own) + lines.indentation(own).len();
            let owner = named.first().copied().or_else(|| resources.around(start as u32));
            for directive in directives {
                let (whole_template, rules, reason, all) = match directive {
                    comment::Directive::Ignore { whole_template, rules, reason, all } => {
                        (whole_template, rules, reason, all)
                    }
                    comment::Directive::Mistake(range, fault) => {
                        let owner = owner.map(str::to_owned);
                        self.mistakes.push(Useless { span: place(range), owner, fault });
                        continue;
                    }
                };
                let goes_on = all.end < comment.len();
                let all = place(all);
                for (index, range) in rules.iter().enumerate() {
                    let removal = match (index.checked_sub(1), rules.get(index + 1)) {
                        (None, None) if goes_on => all,
                        (None, None) => whole(text, &lines, all),
                        (_, Some(next)) => place(range.start..next.start),
                        (Some(before), None) => place(rules[before].end..range.end),
                    };
                    let rule = comment[range.clone()].to_owned();
                    let reach = if whole_template {
                        Reach::Template
                    } else {
                        on_line.entry(last).or_default().push(self.all.len());
                        let owners = named.iter().map(|&id| id.to_owned()).collect();
                        Reach::Place(Place { bytes: lines.bytes(own, last), owners, ..Place::default() })
                    };
                    self.push(rule, place(range.clone()), reason.map(str::to_owned), reach, owner);
                    if let Some(ignore) = self.all.last_mut() {
                        ignore.removal = Some(removal);
                    }
                }
            }
        }
        if !on_line.is_empty() {
            self.reach_over_lines(tree, text, &lines, &on_line);
        }
    }

    /// Adds to what comments cover the texts and blocks that begin on their lines and go on below.
    fn reach_over_lines(
        &mut self,
        tree: &Tree<'_>,
        text: &str,
        lines: &Lines<'_>,
        on_line: &FxHashMap<usize, Vec<usize>>,
    ) {
        let mut reach = |at: Span, extend: &dyn Fn(&mut Place)| {
            for &index in on_line.get(&lines.number(at.start)).into_iter().flatten() {
                if let Some(Ignore { reach: Reach::Place(place), .. }) = self.all.get_mut(index) {
                    extend(place);
                }
            }
        };
        for index in 0..tree.len() {
            let node = tree.node(NodeId(index as u32));
            match &node.kind {
                NodeKind::Scalar(_) => {
                    if text.get(node.span.range()).is_some_and(|slice| slice.contains('\n')) {
                        reach(node.span, &|place| place.texts.push(node.span));
                    }
                }
                NodeKind::Mapping(entries) => {
                    for entry in tree.entries(*entries) {
                        let (key, value) = (tree.node(entry.key).span, tree.node(entry.value).span);
                        if !value.is_empty() && lines.number(value.start) > lines.number(key.start) {
                            reach(key, &|place| place.blocks.push(value));
                        }
                    }
                }
                NodeKind::Sequence(_) | NodeKind::Alias(_) => {}
            }
        }
    }

    fn read_metadata(&mut self, template: &Template<'_>) {
        let whole = template.metadata.iter().map(|metadata| (None, metadata));
        let each = template
            .resources
            .iter()
            .filter_map(|it| Some((Some(it.id.text.as_ref()), it.metadata.as_ref()?)));
        let mut known: FxHashMap<Span, usize> = FxHashMap::default();
        for (owner, metadata) in whole.chain(each) {
            let read = metadata::read(template, metadata);
            for (rule, span, reason) in read.ignores {
                if let Some(&index) = known.get(&span) {
                    if let (Some(owner), Reach::Owners(owners)) = (owner, &mut self.all[index].reach) {
                        owners.push(owner.to_owned());
                    }
                    continue;
                }
                known.insert(span, self.all.len());
                let reach = owner.map_or(Reach::Template, |owner| Reach::Owners(vec![owner.to_owned()]));
                self.push(rule, span, reason, reach, owner);
            }
            for (span, fault) in read.mistakes {
                let mistake = Useless { span, owner: owner.map(str::to_owned), fault };
                if !self.mistakes.iter().any(|known| known.span == span) {
                    self.mistakes.push(mistake);
                }
            }
        }
    }

    fn push(&mut self, rule: String, span: Span, reason: Option<String>, reach: Reach, owner: Option<&str>) {
        let owner = owner.map(str::to_owned);
        self.all.push(Ignore {
            rule,
            span,
            reason,
            reach,
            owner,
            used: false,
            elsewhere: None,
            removal: None,
        });
    }

    /// Parts the findings that are ignored from the others, and remembers which ignores were of use.
    pub fn apply(&mut self, findings: Vec<Finding>) -> (Vec<Finding>, Vec<Suppressed>) {
        if self.all.is_empty() {
            return (findings, Vec::new());
        }
        let (mut left, mut suppressed) = (Vec::new(), Vec::new());
        for finding in findings {
            let candidates = self.by_rule.get(finding.rule).map_or(&[][..], Vec::as_slice);
            let mut by = None;
            for &index in candidates {
                if self.all[index].reach.holds(&finding) {
                    self.all[index].used = true;
                    by = by.or(Some(index));
                }
            }
            if let Some(Ignore { span, reason, .. }) = by.map(|index| &self.all[index]) {
                suppressed.push(Suppressed { span: *span, reason: reason.clone(), finding });
                continue;
            }
            for &index in candidates {
                let ignore = &mut self.all[index];
                if ignore.owner.is_some() && ignore.owner == finding.primary.owner {
                    ignore.elsewhere = ignore.elsewhere.or(Some(finding.primary.span));
                }
            }
            left.push(finding);
        }
        (left, suppressed)
    }

    /// The ignores that have suppressed nothing, of the rules of which something is known.
    pub fn idle(&self, template: &Template<'_>, is_known: impl Fn(&str) -> bool) -> Vec<Useless> {
        let mut looked_for = 0;
        let idle = self.all.iter().filter(|ignore| !ignore.used && is_known(&ignore.rule));
        idle.map(|ignore| {
            let removal = match ignore.removal {
                Some(span) => Some(vec![Edit { span, text: String::new() }]),
                None if looked_for < MAXIMUM_REMOVALS => {
                    looked_for += 1;
                    template.edit(|editor| editor.remove_with_emptied(ignore.span))
                }
                None => None,
            };
            Useless {
                span: ignore.span,
                owner: ignore.owner.clone(),
                fault: Fault::Idle {
                    rule: ignore.rule.clone(),
                    covers: ignore.reach.covers(),
                    elsewhere: ignore.elsewhere,
                    removal,
                },
            }
        })
        .collect()
    }

    /// What was meant to be an ignore and is none.
    pub fn mistakes(&self) -> &[Useless] {
        &self.mistakes
    }
}

impl Reach {
    fn covers(&self) -> Covers {
        match self {
            Self::Place(place) if place.owners.is_empty() => Covers::Line,
            Self::Place(_) | Self::Owners(_) => Covers::Resource,
            Self::Template => Covers::Template,
        }
    }

    fn holds(&self, finding: &Finding) -> bool {
        let owned_by =
            |owners: &[String]| finding.primary.owner.as_ref().is_some_and(|owner| owners.contains(owner));
        match self {
            Self::Template => true,
            Self::Owners(owners) => owned_by(owners),
            Self::Place(place) => {
                let span = finding.primary.span;
                place.bytes.contains(&span.start)
                    || owned_by(&place.owners)
                    || place.texts.iter().any(|text| text.contains(span))
                    || place.blocks.contains(&span)
            }
        }
    }
}

/// A part of a comment to its end, with the blanks before it; the whole line where nothing else stands there.
fn whole(text: &str, lines: &Lines<'_>, part: Span) -> Span {
    let line = lines.number(part.start);
    let before = lines.start(line)..part.start as usize;
    let kept = text.get(before.clone()).unwrap_or("").trim_end().len();
    match kept {
        0 => Span::new(part.file, before.start, lines.start(line + 1)),
        _ => Span::new(part.file, before.start + kept, part.end as usize),
    }
}

/// The lines from that of the comment to that which it speaks of: its own, or, if it stands alone, the first one below
/// that is not a mere comment itself. `alone` holds the lines of mere comments that were gone through last, since a long
/// row of them would be gone through once for each.
fn covered_lines(lines: &Lines<'_>, comment: Span, alone: &mut Range<usize>) -> (usize, usize) {
    let own = lines.number(comment.start);
    if alone.contains(&own) {
        return (own, alone.end);
    }
    let mut last = own;
    while lines.content(last).trim_start().starts_with('#') {
        last += 1;
    }
    *alone = own..last;
    (own, last)
}

/// The resources of a template by place.
struct Resources<'t> {
    /// Start of the logical id, end of the resource, logical id.
    places: Vec<(u32, u32, &'t str)>,
}

impl<'t> Resources<'t> {
    fn of(template: &'t Template<'_>) -> Self {
        let place = |resource: &'t crate::template::Resource<'_>| {
            (resource.id.span.start, resource.span.end, resource.id.text.as_ref())
        };
        let mut places: Vec<_> = template.resources.iter().map(place).collect();
        places.sort_unstable();
        Self { places }
    }

    /// The resource that a place lies in.
    fn around(&self, at: u32) -> Option<&'t str> {
        let next = self.places.partition_point(|(start, _, _)| *start <= at);
        let (_, end, id) = self.places.get(next.checked_sub(1)?)?;
        (at < *end).then_some(*id)
    }

    /// Where the logical id of a resource stands.
    fn id_of(&self, name: &str) -> Option<u32> {
        self.places.iter().find(|(_, _, id)| *id == name).map(|(start, _, _)| *start)
    }

    /// The resources whose logical id stands in some bytes.
    fn named_in(&self, bytes: Range<usize>) -> impl Iterator<Item = &'t str> {
        let first = self.places.partition_point(|(start, _, _)| (*start as usize) < bytes.start);
        self.places[first..]
            .iter()
            .take_while(move |(start, _, _)| (*start as usize) < bytes.end)
            .map(|place| place.2)
    }
}
