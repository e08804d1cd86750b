//! Tree to template: sections, resources and intrinsic functions, with `Fn::ForEach` over literal lists expanded.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

use memchr::memchr_iter;
use rustc_hash::FxHashMap;

use crate::syntax::{Entries, Entry, Node, NodeId, NodeKind, Scalar, Style, SyntaxError, Tree};
use crate::text::{Span, within};

use super::edit::Memory;
use super::expression::Store;
use super::globals::{self, Globals};
use super::{
    Assertion, Expression, ExpressionKind as K, Hidden, HiddenKind, Items, Member, Members, Name, Parameter,
    Resource, ResourceId, SubPart, SubPartKind, SubParts, Template,
};

/// How many resources, members and items loops may add in one template; CloudFormation allows 500 resources.
const MAXIMUM_EXPANSION: usize = 20_000;

/// The merge key of YAML 1.1, which command-line tools resolve before they upload.
const MERGE: &str = "<<";

/// Functions that have a short form, by their name behind `Fn::` or `!`.
const FUNCTIONS: &[&str] = &[
    "And",
    "Base64",
    "Cidr",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "GetStackOutput",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "RefAll",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
    "ValueOf",
    "ValueOfAll",
];

pub(super) fn lower<'t>(tree: &'t Tree<'t>, text: &'t str) -> Template<'t> {
    let template = Template {
        source: text,
        parameters: Vec::new(),
        mappings: Vec::new(),
        conditions: Vec::new(),
        assertions: Vec::new(),
        resources: Vec::new(),
        outputs: Vec::new(),
        transforms: Vec::new(),
        is_declared: false,
        metadata: None,
        hidden: Vec::new(),
        errors: Vec::new(),
        globals: None,
        tree,
        store: Store::for_tree(tree),
        writing: Memory::default(),
        by_type: OnceCell::new(),
        leading_nowhere: OnceCell::new(),
        resource_index: FxHashMap::default(),
        parameter_index: FxHashMap::default(),
        condition_index: FxHashMap::default(),
    };
    let mut lowering = Lowering {
        tree,
        text,
        template,
        members: Vec::new(),
        functions: 0,
        bindings: Vec::new(),
        expanded: 0,
        globals: None,
    };
    if let Some(root) = tree.root() {
        lowering.sections(root);
    }
    let mut template = lowering.template;
    template.resource_index = by_id(&template.resources);
    if template.resource_index.len() < template.resources.len() {
        keep_last_of_equal_ids(&mut template.resources, &template.resource_index);
        template.resource_index = by_id(&template.resources);
    }
    template.parameter_index.reserve(template.parameters.len());
    for (index, parameter) in template.parameters.iter().enumerate() {
        template.parameter_index.entry(parameter.name.text.clone()).or_insert(index);
    }
    template.condition_index.reserve(template.conditions.len());
    for (index, condition) in template.conditions.iter().enumerate() {
        template.condition_index.entry(condition.key.text.clone()).or_insert(index);
    }
    template
}

/// The resources by their logical ids, of equal ones the last.
fn by_id<'t>(resources: &[Resource<'t>]) -> FxHashMap<Cow<'t, str>, ResourceId> {
    let ids = resources.iter().enumerate();
    ids.map(|(index, resource)| (resource.id.text.clone(), ResourceId(index as u32))).collect()
}

/// Of two resources with one logical id, readers of YAML and JSON take the last.
fn keep_last_of_equal_ids(resources: &mut Vec<Resource<'_>>, last: &FxHashMap<Cow<'_, str>, ResourceId>) {
    let mut ids = (0..).map(ResourceId);
    resources.retain(|resource| last.get(&resource.id.text).copied() == ids.next());
}

struct Lowering<'t> {
    tree: &'t Tree<'t>,
    text: &'t str,
    template: Template<'t>,
    /// The members that were read so far of the section, and of those maps in it of which nobody knows yet how many they
    /// have; those of the innermost last.
    members: Vec<Member<'t>>,
    /// How many functions were met so far.
    functions: usize,
    /// Identifiers of the loops around the present node, innermost last.
    bindings: Vec<(Cow<'t, str>, Cow<'t, str>)>,
    expanded: usize,
    /// What resources of SAM inherit.
    globals: Option<Globals<'t>>,
}

impl<'t> Lowering<'t> {
    fn sections(&mut self, root: NodeId) {
        let tree = self.tree;
        let NodeKind::Mapping(sections) = tree.resolve(root).kind else { return };
        let sections = tree.entries(sections);
        // What the transforms allow must be known before anything is read.
        for section in sections {
            if tree.text(tree.resolve(section.key)) == Some("Transform") {
                self.transforms(section.value);
            }
        }
        if self.template.transforms.iter().any(|transform| transform.text == globals::TRANSFORM) {
            self.globals(sections);
        }
        for section in sections {
            match tree.text(tree.resolve(section.key)) {
                Some("AWSTemplateFormatVersion") => self.template.is_declared = true,
                Some("Parameters") => self.parameters(section.value),
                Some("Mappings") => self.template.mappings = self.section("Mappings", section.value, false),
                Some("Conditions") => {
                    self.template.conditions = self.section("Conditions", section.value, true);
                }
                Some("Outputs") => self.template.outputs = self.section("Outputs", section.value, false),
                Some("Rules") => self.assertions(section.value),
                Some("Metadata") => self.template.metadata = Some(self.expression(section.value, false)),
                Some("Resources") => self.resources(section.value),
                _ => {}
            }
        }
    }

    /// Reads what resources of SAM inherit, before the resources.
    fn globals(&mut self, sections: &[Entry]) {
        let tree = self.tree;
        let named = |section: &&Entry| tree.text(tree.resolve(section.key)) == Some("Globals");
        let Some(section) = sections.iter().rfind(named) else { return };
        let before = self.template.store.len();
        let kinds = self.section("Globals", section.value, false);
        let size = kinds.len() + self.template.store.len() - before;
        let globals = Globals::new(kinds, size, self.is_extended());
        if let Some(by_macro) = globals.by_macro(&self.template.store) {
            self.template.hidden.push(Hidden { kind: HiddenKind::Include, span: by_macro.value.span });
        }
        self.template.globals = Some(tree.resolve(section.key).span);
        self.globals = Some(globals);
    }

    fn section(&mut self, name: &str, value: NodeId, conditional: bool) -> Vec<Member<'t>> {
        let node = self.tree.resolve(value);
        if let NodeKind::Mapping(entries) = node.kind {
            self.members.reserve_exact(entries.len());
            self.open_members(entries, conditional);
            return std::mem::take(&mut self.members);
        }
        if !node.is_absent() {
            self.problem(node.span, format!("`{name}` must be a map"), None);
        }
        Vec::new()
    }

    fn transforms(&mut self, value: NodeId) {
        let tree = self.tree;
        let items = match tree.resolve(value).kind {
            NodeKind::Sequence(items) => tree.items(items),
            _ => std::slice::from_ref(&value),
        };
        for &item in items {
            let node = tree.resolve(item);
            let name = match &node.kind {
                NodeKind::Scalar(scalar) => {
                    Some(Name { text: Cow::Borrowed(tree.text_of(scalar)), span: node.span })
                }
                NodeKind::Mapping(entries) => tree
                    .entries(*entries)
                    .iter()
                    .find(|entry| tree.text(tree.resolve(entry.key)) == Some("Name"))
                    .and_then(|entry| self.expression(entry.value, false).name()),
                _ => None,
            };
            let Some(name) = name else { continue };
            let hides = match name.text.as_ref() {
                "AWS::Include" => Some(HiddenKind::Include),
                "AWS::LanguageExtensions"
                | globals::TRANSFORM
                | "AWS::SecretsManager-2020-07-23"
                | "AWS::SecretsManager-2024-09-16"
                | "AWS::CodeDeployBlueGreen" => None,
                _ => Some(HiddenKind::Macro),
            };
            if let Some(kind) = hides {
                self.template.hidden.push(Hidden { kind, span: name.span });
            }
            self.template.transforms.push(name);
        }
    }

    fn parameters(&mut self, value: NodeId) {
        let tree = self.tree;
        let NodeKind::Mapping(entries) = tree.resolve(value).kind else { return };
        self.template.parameters.reserve(entries.len());
        for entry in tree.entries(entries) {
            let Some(name) = self.name(entry.key) else { continue };
            let kind = Cow::Borrowed("String");
            let mut parameter = Parameter { name, kind, default: None, allowed: Vec::new(), pattern: None };
            if let NodeKind::Mapping(attributes) = tree.resolve(entry.value).kind {
                for attribute in tree.entries(attributes) {
                    let node = tree.resolve(attribute.value);
                    match (tree.text(tree.resolve(attribute.key)), &node.kind) {
                        (Some("Type"), NodeKind::Scalar(scalar)) => {
                            parameter.kind = Cow::Borrowed(tree.text_of(scalar));
                        }
                        (Some("Default"), NodeKind::Scalar(scalar)) if !node.is_absent() => {
                            let text = Cow::Borrowed(tree.text_of(scalar));
                            parameter.default = Some(Name { text, span: node.span });
                        }
                        (Some("AllowedPattern"), NodeKind::Scalar(scalar)) => {
                            parameter.pattern = Some(Cow::Borrowed(tree.text_of(scalar)));
                        }
                        (Some("AllowedValues"), NodeKind::Sequence(items)) => {
                            let values = tree.items(*items).iter().filter_map(|&item| self.name(item));
                            parameter.allowed = Vec::with_capacity(items.len());
                            parameter.allowed.extend(values.map(|name| name.text));
                        }
                        _ => {}
                    }
                }
            }
            self.template.parameters.push(parameter);
        }
    }

    fn assertions(&mut self, value: NodeId) {
        let rules = self.section("Rules", value, true);
        for rule in rules {
            let mut assertion = Assertion { condition: None, asserts: Vec::new() };
            for member in rule.value.members(&self.template) {
                match member.key.text.as_ref() {
                    "RuleCondition" => assertion.condition = Some(member.value.clone()),
                    "Assertions" => {
                        for item in member.value.items(&self.template) {
                            let parts = item.members(&self.template).iter();
                            let asserts = parts.filter(|part| part.key.text == "Assert");
                            assertion.asserts.extend(asserts.map(|part| part.value.clone()));
                        }
                    }
                    _ => {}
                }
            }
            self.template.assertions.push(assertion);
        }
    }

    fn resources(&mut self, value: NodeId) {
        let node = self.tree.resolve(value);
        let NodeKind::Mapping(entries) = node.kind else {
            if !node.is_absent() {
                self.problem(node.span, "`Resources` must be a map of logical ids to resources".into(), None);
            }
            return;
        };
        self.template.resources.reserve(entries.len());
        self.each_entry(entries, &mut |lowering, key, value| lowering.resource(key, value));
        if let Some(span) = self.template.globals
            && self.globals.as_ref().is_some_and(Globals::are_too_many)
        {
            let most = globals::MAXIMUM_INHERITANCE;
            self.template.hidden.push(Hidden { kind: HiddenKind::Unreadable, span });
            self.problem(span, format!("the resources inherit more than {most} values from `Globals`"), None);
        }
    }

    fn resource(&mut self, id: Name<'t>, value: NodeId) {
        let tree = self.tree;
        let node = tree.resolve(value);
        if id.text == "Fn::Transform" {
            self.template.hidden.push(Hidden { kind: HiddenKind::Include, span: node.span });
            return;
        }
        let NodeKind::Mapping(attributes) = node.kind else {
            let message = format!("resource `{}` is not a map with a `Type`", id.text);
            self.problem(if node.is_absent() { id.span } else { node.span }, message, None);
            return;
        };
        let mut resource = Resource {
            kind: Name { text: Cow::Borrowed(""), span: id.span },
            id,
            span: node.span,
            condition: None,
            depends_on: Vec::new(),
            properties: Members::default(),
            properties_hidden: false,
            metadata: None,
            creation_policy: None,
        };
        let mut typed = false;
        let mut ignored = None;
        for attribute in tree.entries(attributes) {
            let child = tree.resolve(attribute.value);
            match tree.text(tree.resolve(attribute.key)) {
                Some("Type") => {
                    typed = true;
                    if let Some(kind) = self.name(attribute.value) {
                        resource.kind = kind;
                    }
                }
                Some("Condition") => resource.condition = self.name(attribute.value),
                Some("DependsOn") => {
                    resource.depends_on = match &child.kind {
                        NodeKind::Sequence(items) => {
                            tree.items(*items).iter().filter_map(|&item| self.name(item)).collect()
                        }
                        _ => self.name(attribute.value).into_iter().collect(),
                    };
                }
                Some("Properties") => match child.kind {
                    NodeKind::Mapping(entries) => {
                        resource.properties_hidden = tree
                            .entries(entries)
                            .iter()
                            .any(|entry| tree.text(tree.resolve(entry.key)) == Some("Fn::Transform"));
                        resource.properties = self.members(entries, false);
                    }
                    _ if child.is_absent() => {}
                    _ => self.problem(
                        child.span,
                        format!("`Properties` of `{}` must be a map", resource.id.text),
                        None,
                    ),
                },
                Some("Metadata") => resource.metadata = Some(self.expression(attribute.value, false)),
                Some("CreationPolicy") => {
                    resource.creation_policy = Some(self.expression(attribute.value, false));
                }
                Some("IgnoreGlobals") if self.globals.is_some() => {
                    ignored = Some(self.expression(attribute.value, false));
                }
                Some("Fn::Transform") => {
                    resource.properties_hidden = true;
                    typed = true;
                }
                _ => {}
            }
        }
        if !typed {
            self.problem(resource.id.span, format!("resource `{}` has no `Type`", resource.id.text), None);
        }
        if let Some(globals) = &mut self.globals {
            globals.give(&mut resource, ignored.as_ref(), &mut self.template.store);
        }
        self.template.resources.push(resource);
    }

    /// Calls `each` for every entry, with loops expanded.
    fn each_entry(&mut self, entries: Entries, each: &mut impl FnMut(&mut Self, Name<'t>, NodeId)) {
        for entry in self.tree.entries(entries) {
            let key = self.tree.resolve(entry.key);
            if self.tree.text(key).is_some_and(is_loop) {
                self.for_each(entry.value, each);
            } else if let Some(name) = self.name_in(key) {
                each(self, name, entry.value);
            }
        }
    }

    /// `Fn::ForEach`: `[Identifier, [values], {key: body}]`
    /// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html>).
    fn for_each(&mut self, value: NodeId, each: &mut impl FnMut(&mut Self, Name<'t>, NodeId)) {
        let tree = self.tree;
        let node = tree.resolve(value);
        let parts = match node.kind {
            NodeKind::Sequence(items) if items.len() == 3 => tree.items(items),
            _ => {
                let help = "write `Fn::ForEach::Name: [Identifier, [values], {key: body}]`";
                self.problem(node.span, "`Fn::ForEach` takes a list of three items".into(), Some(help));
                return;
            }
        };
        let identifier = self.name(parts[0]);
        let collection = match tree.resolve(parts[1]).kind {
            NodeKind::Sequence(items) if tree.resolve(parts[1]).tag.is_none() => {
                let names = tree.items(items).iter().map(|&item| self.name(item).map(|name| name.text));
                names.collect::<Option<Vec<_>>>()
            }
            _ => None,
        };
        let (Some(identifier), Some(collection), NodeKind::Mapping(body)) =
            (identifier, collection, &tree.resolve(parts[2]).kind)
        else {
            self.template.hidden.push(Hidden { kind: HiddenKind::Loop, span: node.span });
            return;
        };
        for item in collection {
            if self.expanded >= MAXIMUM_EXPANSION {
                self.template.hidden.push(Hidden { kind: HiddenKind::Loop, span: node.span });
                return;
            }
            self.expanded += 1;
            self.bindings.push((identifier.text.clone(), item));
            self.each_entry(*body, each);
            self.bindings.pop();
        }
    }

    /// A scalar as a name; `None` for anything else, a tagged scalar included.
    fn name(&self, id: NodeId) -> Option<Name<'t>> {
        self.name_in(self.tree.resolve(id))
    }

    fn name_in(&self, node: &Node<'t>) -> Option<Name<'t>> {
        match &node.kind {
            NodeKind::Scalar(scalar) if self.tree.tag(node).is_none_or(|tag| tag.is_of_yaml()) => {
                Some(Name { text: self.bound(scalar), span: node.span })
            }
            _ => None,
        }
    }

    /// The text of a scalar with the identifiers of loops replaced.
    #[inline]
    fn bound(&self, scalar: &Scalar<'t>) -> Cow<'t, str> {
        let text = self.tree.text_of(scalar);
        if self.bindings.is_empty() { Cow::Borrowed(text) } else { self.replaced(text) }
    }

    #[inline(never)]
    fn replaced(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        if !text.contains('{') {
            return text;
        }
        for (identifier, value) in &self.bindings {
            for pattern in [format!("${{{identifier}}}"), format!("&{{{identifier}}}")] {
                if text.contains(&pattern) {
                    text = Cow::Owned(text.replace(&pattern, value));
                }
            }
        }
        text
    }

    fn problem(&mut self, span: Span, message: String, help: Option<&str>) {
        self.template.errors.push(SyntaxError { span, message, other: None, help: help.map(str::to_owned) });
    }

    fn members(&mut self, entries: Entries, conditional: bool) -> Members {
        let functions = self.functions;
        let members = if let Some(members) = self.room_for_members(entries) {
            for (index, entry) in self.tree.entries(entries).iter().enumerate() {
                let value = self.expression(entry.value, conditional);
                self.template.store.put_value(members, index, value);
            }
            members
        } else {
            let first = self.open_members(entries, conditional);
            let store = &mut self.template.store;
            let count = store.members.len();
            store.members.extend(self.members.drain(first..));
            store.members_since(count)
        };
        members.with_functions(self.functions > functions)
    }

    /// Makes room for the members of a map, with their keys; none where it has loops or merge keys, or keys that are no
    /// names.
    fn room_for_members(&mut self, entries: Entries) -> Option<Members> {
        let count = self.template.store.members.len();
        for entry in self.tree.entries(entries) {
            let key = self.name_in(self.tree.resolve(entry.key));
            let Some(key) = key.filter(|key| !is_loop(&key.text) && key.text != MERGE) else {
                self.template.store.members.truncate(count);
                return None;
            };
            self.template.store.members.push(Member { key, value: Expression::default() });
        }
        Some(self.template.store.members_since(count))
    }

    /// Puts the members of a map on [`Lowering::members`], and tells where they begin there.
    fn open_members(&mut self, entries: Entries, conditional: bool) -> usize {
        let first = self.members.len();
        self.each_entry(entries, &mut |lowering, key, value| {
            if key.text == MERGE {
                lowering.merge(value, conditional, first);
            } else {
                let value = lowering.expression(value, conditional);
                lowering.members.push(Member { key, value });
            }
        });
        first
    }

    /// Adds what a merge key brings to the members of its map, which begin at `first`.
    fn merge(&mut self, value: NodeId, conditional: bool, first: usize) {
        let tree = self.tree;
        let sources = match tree.resolve(value).kind {
            NodeKind::Sequence(items) => tree.items(items),
            _ => std::slice::from_ref(&value),
        };
        for &source in sources {
            if let NodeKind::Mapping(entries) = tree.resolve(source).kind {
                let merged = self.open_members(entries, conditional);
                for member in self.members.split_off(merged) {
                    if !self.members[first..].iter().any(|present| present.key.text == member.key.text) {
                        self.members.push(member);
                    }
                }
            }
        }
    }

    fn items(&mut self, nodes: &[NodeId], conditional: bool) -> Items {
        let functions = self.functions;
        let items = self.template.store.room_for_items(nodes.len());
        for (&node, index) in nodes.iter().zip(0..) {
            let item = self.expression(node, conditional);
            self.template.store.put(items.id(index), item);
        }
        items.with_functions(self.functions > functions)
    }

    fn expression(&mut self, id: NodeId, conditional: bool) -> Expression<'t> {
        let node = self.tree.resolve(id);
        // What is reached through an alias is underlined where it was written, because that is where it can be changed.
        if let Some(tag) = self.tree.tag(node)
            && !tag.is_of_yaml()
        {
            let kind = self.tagged(tag.name, tag.span, node, conditional);
            let span = if node.span.is_empty() { tag.span } else { node.span };
            return Expression { span, kind };
        }
        Expression { span: node.span, kind: self.plain(node, conditional) }
    }

    fn plain(&mut self, node: &Node<'t>, conditional: bool) -> K<'t> {
        match &node.kind {
            NodeKind::Scalar(scalar) => {
                if scalar.style == Style::Plain
                    && (node.is_absent() || matches!(self.tree.text_of(scalar), "null" | "~"))
                {
                    return K::Null;
                }
                K::Text { text: self.bound(scalar), plain: scalar.style == Style::Plain }
            }
            NodeKind::Sequence(items) => K::List(self.items(self.tree.items(*items), conditional)),
            NodeKind::Mapping(entries) => self.map(*entries, conditional),
            NodeKind::Alias(_) => K::Null,
        }
    }

    fn map(&mut self, entries: Entries, conditional: bool) -> K<'t> {
        let tree = self.tree;
        if let [entry] = tree.entries(entries) {
            let (key, value) = (tree.resolve(entry.key), tree.resolve(entry.value));
            match tree.text(key) {
                Some("Ref") => return self.function("Ref", key.span, value, false, conditional),
                Some("Condition") if conditional && tree.text(value).is_some() => {
                    return self.function("Condition", key.span, value, false, conditional);
                }
                Some(name) if !is_loop(name) => {
                    if let Some(name) = name.strip_prefix("Fn::") {
                        return self.function(name, key.span, value, false, conditional);
                    }
                }
                _ => {}
            }
        }
        K::Map(self.members(entries, conditional))
    }

    fn tagged(&mut self, tag: &'t str, span: Span, node: &Node<'t>, conditional: bool) -> K<'t> {
        let name = tag.trim_start_matches('!');
        self.function(name, span, node, true, conditional)
    }

    /// A function that is read no further. Its tag may be misspelt.
    fn other(&mut self, name: &'t str, tag: Option<Span>) -> K<'t> {
        if let Some(span) = tag
            && !FUNCTIONS.contains(&name)
            && let Some(near) = nearest_function(name)
        {
            let message = format!("`!{name}` is no intrinsic function of CloudFormation");
            self.problem(span, message, Some(&format!("did you mean `!{near}`?")));
        }
        K::Other(Cow::Borrowed(name))
    }

    /// A function by its name without `Fn::`, from its argument. `short` where the tag of the argument is the function.
    fn function(
        &mut self,
        name: &'t str,
        at: Span,
        argument: &Node<'t>,
        short: bool,
        conditional: bool,
    ) -> K<'t> {
        self.functions += 1;
        let whole = |lowering: &mut Self| {
            let argument = lowering.argument(argument, short, conditional);
            lowering.template.store.add(argument)
        };
        let nested = !short && self.tree.tag(argument).is_some_and(|tag| !tag.is_of_yaml());
        let lowered = match name {
            "GetAZs" => Some(K::GetAZs(whole(self))),
            "Base64" => Some(K::Base64(whole(self))),
            "ImportValue" => Some(K::ImportValue(whole(self))),
            "Length" => Some(K::Length(whole(self))),
            "ToJsonString" => Some(K::ToJsonString(whole(self))),
            // A function where another one wants a literal: the language extensions may allow it.
            _ if nested => return K::Other(Cow::Borrowed(name)),
            "Ref" | "Condition" => self.reference(name, argument),
            "GetAtt" => self.get_att(argument),
            "Sub" => self.sub(argument),
            "Transform" => Some(K::Transform),
            "Join" | "Split" | "Select" | "FindInMap" | "Cidr" | "If" | "And" | "Or" | "Not" | "Equals"
            | "Contains" => self.listed(name, argument, conditional),
            _ => return self.other(name, short.then_some(at)),
        };
        lowered.unwrap_or_else(|| {
            if self.may_be_computed(argument) {
                return K::Other(Cow::Borrowed(name));
            }
            let span = if argument.span.is_empty() { at } else { argument.span };
            self.problem(span, format!("malformed {}", shown(name)), Some(shape(name)));
            K::Other(Cow::Borrowed(name))
        })
    }

    /// The argument as one expression, without its tag where that was the function.
    fn argument(&mut self, argument: &Node<'t>, short: bool, conditional: bool) -> Expression<'t> {
        match self.tree.tag(argument) {
            Some(tag) if !short && !tag.is_of_yaml() => Expression {
                span: argument.span,
                kind: self.tagged(tag.name, tag.span, argument, conditional),
            },
            _ => Expression { span: argument.span, kind: self.plain(argument, conditional) },
        }
    }

    /// Whether the argument of a function may come from another one: from `Fn::Transform` anywhere, with the language
    /// extensions from any function
    /// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-languageextensions.html>).
    fn may_be_computed(&self, argument: &Node<'t>) -> bool {
        let NodeKind::Mapping(entries) = argument.kind else { return false };
        let [entry] = self.tree.entries(entries) else { return false };
        match self.tree.text(self.tree.resolve(entry.key)) {
            Some("Fn::Transform") => true,
            Some(key) => self.is_extended() && (key == "Ref" || key.starts_with("Fn::")),
            None => false,
        }
    }

    fn is_extended(&self) -> bool {
        self.template.transforms.iter().any(|name| name.text == "AWS::LanguageExtensions")
    }

    fn reference(&mut self, name: &str, argument: &Node<'t>) -> Option<K<'t>> {
        let NodeKind::Scalar(scalar) = &argument.kind else { return None };
        if self.tree.text_of(scalar).is_empty() {
            return None;
        }
        let text = self.bound(scalar);
        if name == "Condition" {
            return Some(K::Condition(Name { text, span: argument.span }));
        }
        if let Some((_, value)) = self.bindings.iter().rev().find(|(identifier, _)| *identifier == text) {
            return Some(K::Text { text: value.clone(), plain: false });
        }
        Some(K::Ref(Name { text, span: argument.span }))
    }

    fn get_att(&mut self, argument: &Node<'t>) -> Option<K<'t>> {
        match &argument.kind {
            NodeKind::Scalar(scalar) => {
                let text = self.bound(scalar);
                let dot = text.find('.')?;
                let (resource, attribute) = (cut(&text, 0..dot), cut(&text, dot + 1..text.len()));
                if resource.is_empty() || attribute.is_empty() {
                    return None;
                }
                // Replacing the identifier of a loop moves what stands behind it.
                let same = text == self.tree.text_of(scalar);
                let places = self.tree.places(argument, self.text);
                let place = |range| if same { places.part(range) } else { argument.span };
                let (first, second) = (place(0..dot), place(dot + 1..text.len()));
                let attribute = K::Text { text: attribute, plain: true };
                Some(K::GetAtt {
                    resource: Name { text: resource, span: first },
                    attribute: self.template.store.add(Expression { span: second, kind: attribute }),
                })
            }
            NodeKind::Sequence(items) => {
                let [first, rest @ ..] = self.tree.items(*items) else { return None };
                let resource = self.expression(*first, false);
                let attribute = match rest {
                    [one] => self.expression(*one, false),
                    // `[Stack, Outputs, Name]` is taken as `Outputs.Name`.
                    [_, ..] => {
                        let parts: Option<Vec<_>> = rest.iter().map(|&part| self.name(part)).collect();
                        let parts: Vec<_> = parts?.into_iter().map(|part| part.text.into_owned()).collect();
                        let kind = K::Text { text: Cow::Owned(parts.join(".")), plain: true };
                        Expression { span: argument.span, kind }
                    }
                    [] => return None,
                };
                match resource.kind {
                    K::Text { text, .. } => Some(K::GetAtt {
                        resource: Name { text, span: resource.span },
                        attribute: self.template.store.add(attribute),
                    }),
                    // With the language extensions the resource may be computed.
                    K::List(_) | K::Map(_) | K::Null => None,
                    _ => Some(K::Other(Cow::Borrowed("GetAtt"))),
                }
            }
            _ => None,
        }
    }

    fn sub(&mut self, argument: &Node<'t>) -> Option<K<'t>> {
        match &argument.kind {
            NodeKind::Scalar(_) => {
                Some(K::Sub { parts: self.sub_parts(argument)?, variables: Members::default() })
            }
            NodeKind::Sequence(items) => {
                let [text, variables] = self.tree.items(*items) else { return None };
                let text = self.tree.resolve(*text);
                let NodeKind::Mapping(entries) = self.tree.resolve(*variables).kind else { return None };
                let parts = self.sub_parts(text)?;
                let variables = self.members(entries, false);
                Some(K::Sub { parts, variables })
            }
            _ => None,
        }
    }

    fn sub_parts(&mut self, node: &Node<'t>) -> Option<SubParts> {
        let NodeKind::Scalar(scalar) = &node.kind else { return None };
        let text = self.bound(scalar);
        // Replacing the identifier of a loop moves everything behind it, so places are those of the whole text then.
        let places = (text == self.tree.text_of(scalar)).then(|| self.tree.places(node, self.text));
        let place = |range: Range<usize>| places.as_ref().map_or(node.span, |places| places.part(range));
        let cut = |range: Range<usize>| cut(&text, range);
        let text = text.as_ref();
        let parts = &mut self.template.store.parts;
        let first = parts.len();
        let mut start = 0;
        let mut from = 0;
        for open in memchr_iter(b'$', text.as_bytes()) {
            if open < from || !text[open..].starts_with("${") {
                continue;
            }
            let Some(close) = text[open..].find('}').map(|offset| open + offset) else { break };
            let name = text[open + 2..close].trim();
            if let Some(escaped) = text[open + 2..close].strip_prefix('!') {
                if open > start {
                    parts.push(SubPart {
                        span: place(start..open),
                        kind: SubPartKind::Literal(cut(start..open)),
                    });
                }
                let literal = SubPartKind::Literal(Cow::Owned(format!("${{{escaped}}}")));
                parts.push(SubPart { span: place(open..close + 1), kind: literal });
            } else if name.is_empty() || name.contains(char::is_whitespace) {
                // Not a name: shell text such as `${x:-a b}` that CloudFormation would refuse; read on behind it.
                from = close + 1;
                continue;
            } else {
                if open > start {
                    parts.push(SubPart {
                        span: place(start..open),
                        kind: SubPartKind::Literal(cut(start..open)),
                    });
                }
                let offset =
                    open + 2 + (text[open + 2..close].len() - text[open + 2..close].trim_start().len());
                let kind = match name.split_once('.') {
                    Some((resource, _)) => {
                        let middle = offset + resource.len();
                        SubPartKind::Attribute(cut(offset..middle), cut(middle + 1..offset + name.len()))
                    }
                    None => SubPartKind::Variable(cut(offset..offset + name.len())),
                };
                parts.push(SubPart { span: place(open..close + 1), kind });
            }
            start = close + 1;
            from = start;
        }
        if start < text.len() || parts.len() == first {
            parts.push(SubPart {
                span: place(start..text.len()),
                kind: SubPartKind::Literal(cut(start..text.len())),
            });
        }
        Some(self.template.store.parts_since(first))
    }

    /// The functions whose argument is a list of fixed shape.
    fn listed(&mut self, function: &str, argument: &Node<'t>, conditional: bool) -> Option<K<'t>> {
        let NodeKind::Sequence(nodes) = argument.kind else { return None };
        let conditions = conditional || matches!(function, "And" | "Or" | "Not");
        let arguments = self.items(self.tree.items(nodes), conditions);
        let at = |index| arguments.id(index);
        let name = |index| self.template.expression(at(index)).name();
        let kind = match (function, arguments.len()) {
            ("Join", 2) => {
                K::Join { delimiter: name(0).map(|name| name.text).unwrap_or_default(), items: at(1) }
            }
            ("Split", 2) => K::Split { delimiter: name(0)?.text, text: at(1) },
            ("Select", 2) => K::Select { index: at(0), items: at(1) },
            ("FindInMap", 3) => K::FindInMap { map: at(0), first: at(1), second: at(2), default: None },
            ("FindInMap", 4) => {
                let options = self.template.expression(at(3)).members(&self.template);
                let default = options.iter().find(|member| member.key.text == "DefaultValue");
                let default = default.map(|member| member.value.clone());
                let default = default.map(|default| self.template.store.add(default));
                K::FindInMap { map: at(0), first: at(1), second: at(2), default }
            }
            ("Cidr", 2) => K::Cidr { block: at(0), count: at(1), bits: None },
            ("Cidr", 3) => K::Cidr { block: at(0), count: at(1), bits: Some(at(2)) },
            ("If", 3) => K::If { condition: name(0)?, then: at(1), otherwise: at(2) },
            ("Not", 1) => K::Not(at(0)),
            ("Equals", 2) => K::Equals(at(0), at(1)),
            ("Contains", 2) => K::Contains(at(0), at(1)),
            ("And", 1..) => K::And(arguments),
            ("Or", 1..) => K::Or(arguments),
            _ => return None,
        };
        Some(kind)
    }
}

/// Whether a key is that of a loop.
#[inline]
fn is_loop(key: &str) -> bool {
    key.as_bytes().first() == Some(&b'F') && key.starts_with("Fn::ForEach::")
}

/// A part of a text.
fn cut<'t>(text: &Cow<'t, str>, range: Range<usize>) -> Cow<'t, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[range]),
        Cow::Owned(text) => Cow::Owned(text[range].to_owned()),
    }
}

fn shown(name: &str) -> String {
    if matches!(name, "Ref" | "Condition") { format!("`{name}`") } else { format!("`Fn::{name}`") }
}

fn shape(name: &str) -> &'static str {
    match name {
        "Ref" => "write `!Ref LogicalId`",
        "Condition" => "write `!Condition Name`",
        "GetAtt" => "write `!GetAtt LogicalId.Attribute`",
        "Sub" => "write `!Sub 'text ${Name}'` or `!Sub ['text ${Name}', {Name: value}]`",
        "Join" => "write `!Join [delimiter, [values]]`",
        "Split" => "write `!Split [delimiter, text]`",
        "Select" => "write `!Select [index, list]`",
        "FindInMap" => "write `!FindInMap [Mapping, FirstKey, SecondKey]`",
        "Cidr" => "write `!Cidr [block, count, bits]`",
        "If" => "write `!If [ConditionName, value, otherwise]`",
        "Not" => "write `!Not [condition]`",
        "Equals" => "write `!Equals [one, other]`",
        "Contains" => "write `!Contains [list, value]`",
        _ => "write a list of conditions",
    }
}

/// The function that a misspelt tag was meant to be: equal but for case, or one edit away.
fn nearest_function(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    std::iter::once("Ref")
        .chain(std::iter::once("Condition"))
        .chain(FUNCTIONS.iter().copied())
        .find(|function| within(&function.to_ascii_lowercase(), &lower, 1).is_some())
}
