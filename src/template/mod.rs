//! A CloudFormation template as typed sections; every key and value knows its place.

mod edit;
mod expression;
mod globals;
mod lower;
mod mention;

pub use edit::{Editor, Written};
pub use expression::{
    Expression, ExpressionId, ExpressionKind, Items, Member, Members, Name, SubPart, SubPartKind, SubParts,
};
pub use mention::{Asks, Mention, NO_VALUE, PSEUDO_PARAMETERS, Use, pseudo_parameter_may_be};

use std::borrow::Cow;
use std::cell::OnceCell;

use rustc_hash::{FxHashMap, FxHashSet};

pub use crate::syntax::SyntaxError as Malformed;

use crate::syntax::{NodeKind, Tree};
use crate::text::Span;

/// How many types of resources few templates have more of.
const USUAL_TYPES: usize = 14;

/// Index of a resource in its template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceId(pub u32);

/// A template. Texts borrow from the source and its tree.
#[derive(Debug)]
pub struct Template<'t> {
    /// The text that its places point into.
    pub source: &'t str,
    /// Parameters in the order of the text.
    pub parameters: Vec<Parameter<'t>>,
    /// Mappings: name, first key, second key.
    pub mappings: Vec<Member<'t>>,
    /// Conditions by name.
    pub conditions: Vec<Member<'t>>,
    /// The `Rules` section: assertions about parameters.
    pub assertions: Vec<Assertion<'t>>,
    /// Resources in the order of the text, those of `Fn::ForEach` over a literal list expanded.
    pub resources: Vec<Resource<'t>>,
    /// Outputs by name.
    pub outputs: Vec<Member<'t>>,
    /// Names of the transforms, with places.
    pub transforms: Vec<Name<'t>>,
    /// Whether it says by `AWSTemplateFormatVersion` that it is a template; some tools put one together from parts that
    /// do not.
    pub is_declared: bool,
    /// Template-wide `Metadata`.
    pub metadata: Option<Expression<'t>>,
    /// What may add or change resources without being visible here.
    pub hidden: Vec<Hidden>,
    /// What is malformed.
    pub errors: Vec<Malformed>,
    /// The key of the `Globals` section, if resources may inherit from it.
    globals: Option<Span>,
    /// What it was read from, to change it.
    tree: &'t Tree<'t>,
    store: expression::Store<'t>,
    writing: edit::Memory<'t>,
    by_type: OnceCell<ByType>,
    leading_nowhere: OnceCell<Vec<(ResourceId, usize)>>,
    resource_index: FxHashMap<Cow<'t, str>, ResourceId>,
    parameter_index: FxHashMap<Cow<'t, str>, usize>,
    condition_index: FxHashMap<Cow<'t, str>, usize>,
}

/// Something that hides resources or properties from a reader of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hidden {
    /// What hides them.
    pub kind: HiddenKind,
    /// Where.
    pub span: Span,
}

/// What can hide resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HiddenKind {
    /// A macro that is no transform of AWS known here: it may add anything.
    Macro,
    /// `AWS::Include` or `Fn::Transform`: the content stands elsewhere.
    Include,
    /// `Fn::ForEach` over something that is not a literal list.
    Loop,
    /// A mistake in the text: what stands there was not read as its author meant it.
    Unreadable,
}

/// A template parameter.
#[derive(Debug)]
pub struct Parameter<'t> {
    /// Its name.
    pub name: Name<'t>,
    /// `Type` as written, `String` if absent.
    pub kind: Cow<'t, str>,
    /// `Default`, if it is a scalar.
    pub default: Option<Name<'t>>,
    /// `AllowedValues`, the scalars.
    pub allowed: Vec<Cow<'t, str>>,
    /// `AllowedPattern`, if it is a scalar.
    pub pattern: Option<Cow<'t, str>>,
}

impl Parameter<'_> {
    /// Whether the value is a list (`CommaDelimitedList`, `List<...>`, and both behind an SSM parameter).
    pub fn is_list(&self) -> bool {
        self.kind == "CommaDelimitedList"
            || (self.kind.contains('<')
                && (self.kind.contains("List<") || self.kind.contains("<CommaDelimitedList>")))
    }

    /// Whether the text given is the name of an SSM parameter and the value is what stands there.
    pub fn is_indirect(&self) -> bool {
        self.kind.starts_with("AWS::SSM::Parameter::Value")
    }
}

/// One rule of the `Rules` section: where `condition` holds, every assertion must.
#[derive(Debug)]
pub struct Assertion<'t> {
    /// `RuleCondition`.
    pub condition: Option<Expression<'t>>,
    /// The `Assert` of each of its `Assertions`.
    pub asserts: Vec<Expression<'t>>,
}

/// A resource.
#[derive(Debug)]
pub struct Resource<'t> {
    /// Logical id with the place of the key.
    pub id: Name<'t>,
    /// The whole value.
    pub span: Span,
    /// `Type` with its place; empty if absent.
    pub kind: Name<'t>,
    /// `Condition`.
    pub condition: Option<Name<'t>>,
    /// `DependsOn`.
    pub depends_on: Vec<Name<'t>>,
    /// `Properties`.
    pub properties: Members,
    /// Whether a macro writes a part of the properties.
    pub properties_hidden: bool,
    /// `Metadata`.
    pub metadata: Option<Expression<'t>>,
    /// `CreationPolicy`.
    pub creation_policy: Option<Expression<'t>>,
}

impl<'t> Template<'t> {
    /// Reads a tree as a template.
    pub fn from_tree(tree: &'t Tree<'t>, text: &'t str) -> Self {
        lower::lower(tree, text)
    }

    /// Takes back what was read around mistakes in the text: nothing may be concluded from what is missing there.
    pub fn hide_unreadable(&mut self, mistakes: &[Malformed], text: &str) {
        for mistake in mistakes.iter().filter(|mistake| !repeats_a_key(mistake, text)) {
            self.hidden.push(Hidden { kind: HiddenKind::Unreadable, span: mistake.span });
            let before = |resource: &&mut Resource<'_>| resource.id.span.start <= mistake.span.start;
            let last = self.resources.iter_mut().filter(before).last();
            let start = last.as_ref().map_or(0, |resource| resource.id.span.start);
            let in_globals = self.globals.is_some_and(|it| (start..=mistake.span.start).contains(&it.start));
            last.into_iter().for_each(hide_properties);
            if in_globals {
                let inherits = |resource: &&mut Resource<'_>| resource.kind.text.starts_with(globals::PREFIX);
                self.resources.iter_mut().filter(inherits).for_each(hide_properties);
            }
        }
    }

    /// A resource by its index.
    ///
    /// # Panics
    /// Where the index belongs to another template.
    pub fn resource(&self, id: ResourceId) -> &Resource<'t> {
        &self.resources[id.0 as usize]
    }

    /// The properties of a resource.
    pub fn properties(&self, resource: ResourceId) -> &[Member<'t>] {
        self.members(self.resource(resource).properties)
    }

    /// The value of a property as written.
    pub fn property(&self, resource: ResourceId, name: &str) -> Option<&Expression<'t>> {
        self.value_of(self.resource(resource).properties, name)
    }

    /// Whether CloudFormation creates a resource only after another and deletes it before: it, or what it waits
    /// for, names the other in its properties or `DependsOn`.
    pub fn waits_for(&self, later: ResourceId, earlier: ResourceId) -> bool {
        let mut reached = vec![later];
        let mut next = 0;
        while let Some(&current) = reached.get(next) {
            next += 1;
            for named in self.named_by(current) {
                if named == earlier {
                    return true;
                }
                if !reached.contains(&named) {
                    reached.push(named);
                }
            }
        }
        false
    }

    /// The resources that a resource names in its properties or `DependsOn`.
    pub fn named_by(&self, resource: ResourceId) -> Vec<ResourceId> {
        let depends_on = self.resource(resource).depends_on.iter();
        let mut names: Vec<ResourceId> =
            depends_on.filter_map(|name| self.find_resource(&name.text)).collect();
        for member in self.properties(resource) {
            member.value.mentions(self, &mut |mention| names.extend(self.find_resource(mention.name)));
        }
        names
    }

    /// Which resources name which, to ask more than once what waits for what. `uses` are those of this template.
    pub fn dependents(&self, uses: &[Use<'_>]) -> Dependents {
        let mut naming = vec![Vec::new(); self.resources.len()];
        for (later, resource) in self.iter() {
            for earlier in resource.depends_on.iter().filter_map(|name| self.find_resource(&name.text)) {
                naming[earlier.0 as usize].push(later);
            }
        }
        for one in uses {
            naming[one.resource.0 as usize].extend(one.by);
        }
        Dependents { naming }
    }

    /// A resource by its logical id.
    pub fn find_resource(&self, name: &str) -> Option<ResourceId> {
        self.resource_index.get(name).copied()
    }

    /// A parameter by its name, with its index.
    pub fn find_parameter(&self, name: &str) -> Option<(usize, &Parameter<'t>)> {
        self.parameter_index.get(name).map(|&index| (index, &self.parameters[index]))
    }

    /// A condition by its name, with its index.
    pub fn find_condition(&self, name: &str) -> Option<(usize, &Expression<'t>)> {
        self.condition_index.get(name).map(|&index| (index, &self.conditions[index].value))
    }

    /// The resources by their types.
    pub fn by_type(&self) -> &ByType {
        self.by_type.get_or_init(|| {
            let mut types: FxHashMap<&str, u32> = FxHashMap::default();
            types.reserve(self.resources.len().min(USUAL_TYPES));
            let mut placed: Vec<(u32, ResourceId)> = Vec::with_capacity(self.resources.len());
            for (id, resource) in self.iter() {
                let next = types.len() as u32;
                placed.push((*types.entry(&resource.kind.text).or_insert(next), id));
            }
            placed.sort_unstable();
            let mut ends = Vec::with_capacity(types.len());
            for same in placed.chunk_by(|(one, _), (other, _)| one == other) {
                ends.push(ends.last().unwrap_or(&0) + same.len());
            }
            ByType { ids: placed.into_iter().map(|(_, id)| id).collect(), ends }
        })
    }

    /// The types that occur, each once.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.by_type().iter().map(|ids| self.resource(ids[0]).kind.text.as_ref())
    }

    /// All resources with their indexes.
    pub fn iter(&self) -> impl Iterator<Item = (ResourceId, &Resource<'t>)> {
        self.resources.iter().enumerate().map(|(index, resource)| (ResourceId(index as u32), resource))
    }
}

/// Takes the properties of a resource as not read.
fn hide_properties(resource: &mut Resource<'_>) {
    resource.properties = Members::default();
    resource.properties_hidden = true;
}

/// The resources of each type that occurs, one at least.
#[derive(Debug)]
pub struct ByType {
    /// Those of one type side by side, the types in the order of the text.
    ids: Vec<ResourceId>,
    /// Where each type ends among them.
    ends: Vec<usize>,
}

impl ByType {
    /// The resources of the type at this place.
    ///
    /// # Panics
    /// Where there are not so many types.
    pub fn at(&self, place: usize) -> &[ResourceId] {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.ids[start..self.ends[place]]
    }

    /// Those of one type after the other.
    pub fn iter(&self) -> impl Iterator<Item = &[ResourceId]> {
        (0..self.ends.len()).map(|place| self.at(place))
    }
}

/// For each resource those that name it in their properties or `DependsOn`.
#[derive(Debug)]
pub struct Dependents {
    naming: Vec<Vec<ResourceId>>,
}

impl Dependents {
    /// All that CloudFormation creates only after a resource and deletes before it, as [`Template::waits_for`] tells of
    /// one.
    pub fn of(&self, earlier: ResourceId) -> FxHashSet<ResourceId> {
        let mut found = FxHashSet::default();
        let mut open = vec![earlier];
        while let Some(current) = open.pop() {
            for &later in self.naming.get(current.0 as usize).into_iter().flatten() {
                if found.insert(later) {
                    open.push(later);
                }
            }
        }
        found
    }
}

/// Whether what is malformed is a key that stands there for the second time: nothing is left unread then.
pub fn repeats_a_key(mistake: &Malformed, text: &str) -> bool {
    let slice = |span: Span| text.get(span.range());
    mistake.other.as_ref().is_some_and(|(first, _)| slice(*first) == slice(mistake.span))
}

/// Whether a tree is a CloudFormation template: it has a format version, a transform of CloudFormation, or
/// `Resources` with a member whose `Type` reads `A::B::C`.
pub fn is_template(tree: &Tree<'_>) -> bool {
    let Some(root) = tree.root() else { return false };
    let NodeKind::Mapping(entries) = tree.resolve(root).kind else { return false };
    tree.entries(entries).iter().any(|entry| match tree.text(tree.resolve(entry.key)) {
        Some("AWSTemplateFormatVersion") => true,
        Some("Transform") => names_cloudformation_transform(tree, entry.value),
        Some("Resources") => has_typed_member(tree, entry.value),
        _ => false,
    })
}

fn names_cloudformation_transform(tree: &Tree<'_>, value: crate::syntax::NodeId) -> bool {
    let names = |id| tree.text(tree.resolve(id)).is_some_and(|text| text.starts_with("AWS::"));
    match tree.resolve(value).kind {
        NodeKind::Sequence(items) => tree.items(items).iter().any(|&item| names(item)),
        _ => names(value),
    }
}

fn has_typed_member(tree: &Tree<'_>, value: crate::syntax::NodeId) -> bool {
    let NodeKind::Mapping(resources) = tree.resolve(value).kind else { return false };
    tree.entries(resources).iter().any(|resource| {
        let NodeKind::Mapping(attributes) = tree.resolve(resource.value).kind else { return false };
        tree.entries(attributes).iter().any(|attribute| {
            tree.text(tree.resolve(attribute.key)) == Some("Type")
                && tree.text(tree.resolve(attribute.value)).is_some_and(|kind| {
                    kind.starts_with("Custom::") || (kind.matches("::").count() >= 2 && !kind.contains(' '))
                })
        })
    })
}
