//! Follows the paths of the workload data through a template and tests what stands there.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::facts::{Condition, Literal, Path, Predicate, Segment, Step, Test};
use crate::scenario::{Data, Known, Piece, Value};
use crate::template::ResourceId;
use crate::text::Span;

use super::identity::{self, Members, members};
use super::{Reader, is_custom_resource};

/// What a path leads to: a value in a resource, or a resource itself.
pub(super) struct Sight<'v, 't> {
    pub(super) resource: ResourceId,
    pub(super) span: Span,
    pub(super) value: Option<&'v Value<'t>>,
}

/// The outcome of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    /// It holds, as this place of this resource shows.
    Holds(ResourceId, Span),
    Fails,
    Unknown,
}

/// Which resources of a type name which others in a property.
pub(super) type Referrers = FxHashMap<ResourceId, Vec<ResourceId>>;

/// What was found along paths. A property is evaluated once, however many paths lead through it.
#[derive(Debug, Default)]
pub(super) struct Found<'t> {
    /// By resource and where among its properties it is written.
    properties: Known<(ResourceId, usize), Option<Rc<Value<'t>>>>,
    /// By type, none for custom resources, and property.
    referrers: Known<(Option<&'static str>, &'static str), Rc<Referrers>>,
}

/// Reads a template along paths.
pub(super) struct Evidence<'e, 'r, 's, 't> {
    reader: &'e Reader<'r, 's, 't>,
}

impl<'e, 'r, 's, 't> Evidence<'e, 'r, 's, 't> {
    pub(super) fn new(reader: &'e Reader<'r, 's, 't>) -> Self {
        Self { reader }
    }

    /// Shows what a path leads to from a resource. `false` where something on the way is not known, so that more
    /// may be there.
    pub(super) fn look(
        &self,
        path: &'static Path,
        from: ResourceId,
        see: &mut dyn FnMut(&Sight<'_, 't>),
    ) -> bool {
        self.follow(&path.0, from, see)
    }

    fn follow(
        &self,
        segments: &'static [Segment],
        at: ResourceId,
        see: &mut dyn FnMut(&Sight<'_, 't>),
    ) -> bool {
        let Some((segment, rest)) = segments.split_first() else {
            let span = self.reader.scenario.template.resource(at).id.span;
            see(&Sight { resource: at, span, value: None });
            return true;
        };
        match segment {
            Segment::Property(steps) => {
                let Some((Step::Key(name), steps)) = steps.split_first() else { return true };
                let Some(value) = self.property(at, name) else { return true };
                let mut complete = true;
                complete &= enter(&value, steps, &mut |leaf| {
                    if rest.is_empty() {
                        see(&Sight { resource: at, span: leaf.span, value: Some(leaf) });
                        return true;
                    }
                    match identity::resource(self.reader.scenario, leaf) {
                        Some(next) if self.reader.scenario.exists(next) => self.follow(rest, next, see),
                        Some(_) => true,
                        None => false,
                    }
                });
                complete
            }
            Segment::Referrers { resource_type, property } => {
                let referrers = self.referrers(resource_type.as_deref(), property);
                let found = referrers.get(&at).map_or(&[][..], Vec::as_slice);
                each(found.iter().copied(), |next| self.follow(rest, next, see))
            }
            Segment::All(kind) => each(self.reader.resources(kind), |next| self.follow(rest, next, see)),
        }
    }

    fn property(&self, resource: ResourceId, name: &'static str) -> Option<Rc<Value<'t>>> {
        let scenario = self.reader.scenario;
        let properties = scenario.template.properties(resource);
        // As CloudFormation, of a key that stands there twice the last.
        let Some(place) = properties.iter().rposition(|member| member.key.text == name) else {
            // A macro may write it.
            let hidden = scenario.template.resource(resource).properties_hidden;
            return if hidden { scenario.property(resource, name).map(Rc::new) } else { None };
        };
        let read = || scenario.evaluate(&properties[place].value).map(Rc::new);
        self.reader.shared.found.properties.get_or_find(scenario, (resource, place), read)
    }

    /// For each resource those of a type, or custom resources, that name it in a property.
    pub(super) fn referrers(&self, kind: Option<&'static str>, property: &'static str) -> Rc<Referrers> {
        let find = || Rc::new(self.find_referrers(kind, property));
        self.reader.shared.found.referrers.get_or_find(self.reader.scenario, (kind, property), find)
    }

    fn find_referrers(&self, kind: Option<&'static str>, property: &'static str) -> Referrers {
        let template = self.reader.scenario.template;
        let all: Vec<ResourceId> = match kind {
            Some(kind) => self.reader.resources(kind).collect(),
            None => template
                .iter()
                .filter(|(id, other)| {
                    is_custom_resource(&other.kind.text) && self.reader.scenario.exists(*id)
                })
                .map(|(id, _)| id)
                .collect(),
        };
        let mut referrers = Referrers::default();
        for referrer in all {
            let Some(value) = self.property(referrer, property) else { continue };
            each_part_within(&value, &mut |part| {
                if let Data::Reference(reference) = part {
                    referrers.entry(reference.resource).or_default().push(referrer);
                }
            });
        }
        referrers
    }

    /// Whether a condition holds of a resource. The place is that of the first alternative that holds, else of the
    /// first test; one without tests holds always.
    pub(super) fn condition(&self, condition: &'static Condition, resource: ResourceId) -> Truth {
        let mut truth = Truth::Holds(resource, self.reader.scenario.template.resource(resource).id.span);
        for (index, predicate) in condition.all.iter().enumerate() {
            match self.predicate(predicate, resource) {
                Truth::Fails => return Truth::Fails,
                Truth::Unknown => truth = Truth::Unknown,
                holds @ Truth::Holds(..) if index == 0 => truth = holds,
                Truth::Holds(..) => {}
            }
        }
        let mut alternative = if condition.any.is_empty() { None } else { Some(Truth::Fails) };
        for predicate in &condition.any {
            match self.predicate(predicate, resource) {
                holds @ Truth::Holds(..) => {
                    alternative = Some(holds);
                    break;
                }
                Truth::Unknown => alternative = Some(Truth::Unknown),
                Truth::Fails => {}
            }
        }
        match (alternative, truth) {
            (None, truth) => truth,
            (Some(Truth::Fails), _) => Truth::Fails,
            (Some(Truth::Unknown), _) | (_, Truth::Unknown) => Truth::Unknown,
            (Some(holds), _) => holds,
        }
    }

    fn predicate(&self, predicate: &'static Predicate, resource: ResourceId) -> Truth {
        let mut shown = None;
        let mut seen = false;
        let mut doubt = false;
        let complete = self.look(&predicate.path, resource, &mut |sight| {
            seen = true;
            let holds = match (&predicate.test, sight.value) {
                (Test::Exists(_), Some(value)) if value.is_unknown() => None,
                (Test::Exists(_), _) => Some(true),
                (test, Some(value)) => self.satisfies(test, value),
                (_, None) => Some(false),
            };
            match holds {
                Some(true) => shown = shown.or(Some((sight.resource, sight.span))),
                Some(false) => {}
                None => doubt = true,
            }
        });
        let unsure = doubt || !complete;
        let here = Truth::Holds(resource, self.reader.scenario.template.resource(resource).id.span);
        match (&predicate.test, shown) {
            (Test::Exists(false), Some(_)) => Truth::Fails,
            (Test::Exists(false), None) => {
                if unsure {
                    Truth::Unknown
                } else {
                    here
                }
            }
            (_, Some((owner, span))) => Truth::Holds(owner, span),
            (_, None) if unsure => Truth::Unknown,
            (Test::In(literals), None) if !seen && literals.contains(&Literal::Absent) => here,
            (_, None) => Truth::Fails,
        }
    }

    /// Whether a test holds of a value; `None` where that is not known.
    fn satisfies(&self, test: &Test, value: &Value<'t>) -> Option<bool> {
        match test {
            Test::Exists(wanted) => Some(*wanted),
            Test::In(literals) => {
                let is = |literal: &Literal| match literal {
                    Literal::Absent => Some(false),
                    Literal::Flag(flag) => Some(value.boolean()? == *flag),
                    Literal::Text(wanted) => match &value.data {
                        Data::Text(own) => Some(own == wanted),
                        Data::Symbol(symbol) if symbol.excluded.contains(wanted) => Some(false),
                        _ => None,
                    },
                };
                any(literals.iter().map(is))
            }
            Test::Contains(wanted) => {
                any_part(value, |part| matches!(part, Data::Text(own) if own.contains(wanted)))
            }
            Test::Lacks(unwanted) => match &value.data {
                Data::Text(own) => Some(!own.contains(unwanted)),
                _ => None,
            },
            Test::Starts(wanted) => match &value.data {
                Data::Text(own) => Some(own.starts_with(wanted)),
                Data::Pieces(pieces) => match &pieces.first()?.data {
                    Data::Text(own) => Some(own.starts_with(wanted)),
                    _ => None,
                },
                _ => None,
            },
            Test::Resolves(wanted) => self.resolved_name(value).map(|name| name.contains(wanted)),
            Test::Refers(kinds) => any_part(value, |part| {
                matches!(part, Data::Reference(reference)
                    if kinds.iter().any(|kind| kind == self.reader.kind(reference.resource)))
            }),
        }
    }

    /// The name of the parameter of Systems Manager that gives a value: in a dynamic reference, or in the default of a
    /// parameter of the template.
    fn resolved_name<'v>(&'v self, value: &'v Value<'t>) -> Option<&'v str> {
        let Data::Symbol(symbol) = &value.data else { return None };
        if symbol.key.starts_with("{{resolve:ssm:") {
            return Some(&symbol.key);
        }
        let (_, parameter) = self.reader.scenario.template.find_parameter(&symbol.key)?;
        parameter.default.as_ref().filter(|_| parameter.is_indirect()).map(|default| default.text.as_ref())
    }

    /// The things that the first alternative that is written names; `None` where none is written.
    pub(super) fn members(&self, paths: &'static [Path], from: ResourceId) -> Option<Members> {
        for path in paths {
            let mut found: Option<Members> = None;
            let complete = self.look(path, from, &mut |sight| {
                let Some(value) = sight.value else { return };
                let more = match separate(value) {
                    Some(items) => members(self.reader.scenario, &items),
                    None => members(self.reader.scenario, value),
                };
                match &mut found {
                    None => found = Some(more),
                    Some(found) => {
                        found.items.extend(more.items);
                        found.complete &= more.complete;
                    }
                }
            });
            match found {
                Some(mut found) => {
                    found.complete &= complete;
                    return Some(found);
                }
                None if !complete => {
                    let span = self.reader.scenario.template.resource(from).id.span;
                    return Some(Members { span, items: Vec::new(), complete: false });
                }
                None => {}
            }
        }
        None
    }
}

/// Calls `leaf` for each value that the steps lead to. `false` where something on the way is not known, or a leaf
/// says so.
fn enter<'t>(value: &Value<'t>, steps: &[Step], leaf: &mut dyn FnMut(&Value<'t>) -> bool) -> bool {
    let Some((step, rest)) = steps.split_first() else { return leaf(value) };
    match step {
        Step::Key(_) | Step::AnyKey if !matches!(value.data, Data::Map(_)) => false,
        Step::Key(key) => value.get(key).is_none_or(|value| enter(value, rest, leaf)),
        Step::AnyKey => each(value.fields(), |field| enter(&field.value, rest, leaf)),
        Step::Each => {
            let Some(items) = value.items() else { return false };
            each(items, |item| enter(item, rest, leaf))
        }
        Step::Where(pairs) => {
            let Some(items) = value.items() else { return false };
            each(items, |item| {
                let wanted = pairs.iter().map(|(key, text)| {
                    let own = item.get(key)?;
                    own.text().map(|own| own == text)
                });
                let mut fits = Some(true);
                for one in wanted {
                    match one {
                        Some(false) => fits = Some(false),
                        None if fits == Some(true) => fits = None,
                        _ => {}
                    }
                }
                match fits {
                    Some(true) => enter(item, rest, leaf),
                    Some(false) => true,
                    None => false,
                }
            })
        }
    }
}

/// Calls `visit` for a scalar value, or for each piece of one.
pub(super) fn each_part<'t>(value: &Value<'t>, visit: &mut dyn FnMut(&Data<'t>)) {
    match &value.data {
        Data::Pieces(pieces) => pieces.iter().for_each(|Piece { data, .. }| visit(data)),
        data => visit(data),
    }
}

/// The same for every scalar that lies in a value.
pub(super) fn each_part_within<'t>(value: &Value<'t>, visit: &mut dyn FnMut(&Data<'t>)) {
    match &value.data {
        Data::List(items) => items.iter().for_each(|item| each_part_within(item, visit)),
        Data::Map(fields) => fields.iter().for_each(|field| each_part_within(&field.value, visit)),
        _ => each_part(value, visit),
    }
}

/// Whether something holds of a part of a value; `None` where no known part shows it and others are not known.
fn any_part<'t>(value: &Value<'t>, holds: impl Fn(&Data<'t>) -> bool) -> Option<bool> {
    let mut found = false;
    let mut doubt = false;
    each_part(value, &mut |part| {
        found = found || holds(part);
        doubt |= !matches!(part, Data::Text(_) | Data::Reference(_));
    });
    if found { Some(true) } else { (!doubt).then_some(false) }
}

/// Visits every item, and says whether all went well.
fn each<T>(items: impl IntoIterator<Item = T>, mut visit: impl FnMut(T) -> bool) -> bool {
    let mut well = true;
    for item in items {
        well &= visit(item);
    }
    well
}

/// Three-valued "one of them".
fn any(truths: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(false);
    for truth in truths {
        match truth {
            Some(true) => return Some(true),
            Some(false) => {}
            None => result = None,
        }
    }
    result
}

/// The items of a list that is written as one text with commas, as some properties want it.
fn separate<'t>(value: &Value<'t>) -> Option<Value<'t>> {
    let pieces = match &value.data {
        Data::Pieces(pieces) => pieces,
        Data::List(items) if items.len() == 1 => return separate(&items[0]),
        _ => return None,
    };
    let mut items = Vec::new();
    for piece in pieces {
        match &piece.data {
            Data::Text(text) if text.trim() == "," => {}
            Data::Reference(_) | Data::Symbol(_) => {
                items.push(Value { span: piece.span, data: piece.data.clone() });
            }
            _ => return None,
        }
    }
    Some(Value { span: value.span, data: Data::List(items) })
}
