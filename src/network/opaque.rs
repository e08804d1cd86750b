//! What may add to the network without being visible in the text: macros, loops, nested stacks, modules, custom resources.

use rustc_hash::FxHashSet;

use crate::template::{Asks, Expression, HiddenKind, ResourceId, Template, Use};
use crate::text::Span;

use super::{identity, is_custom_resource};

/// Something that may add resources which the text does not show.
#[derive(Debug)]
pub struct Opaque {
    /// What it is.
    pub kind: OpaqueKind,
    /// The resource, if it is one.
    pub resource: Option<ResourceId>,
    /// Its place.
    pub span: Span,
    /// The resources that it is given by their ids, in the order of the template: it may add to these. What is no
    /// resource may add to all.
    pub given: Vec<ResourceId>,
}

/// The kinds of [`Opaque`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpaqueKind {
    /// What hides a part of the template itself.
    Text(HiddenKind),
    /// A nested stack.
    NestedStack,
    /// A custom resource.
    CustomResource,
    /// A module (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/modules.html>).
    Module,
    /// A resource of a type that is not AWS's own.
    ThirdParty,
}

/// Everything of a template that may add to its network unseen, in the order of the text.
pub fn opaque(template: &Template<'_>) -> Vec<Opaque> {
    let hidden = template.hidden.iter().map(|hidden| Opaque {
        kind: OpaqueKind::Text(hidden.kind),
        resource: None,
        span: hidden.span,
        given: Vec::new(),
    });
    let resources = template.iter().filter_map(|(id, resource)| {
        let kind = kind_of(&resource.kind.text)?;
        let mut given = FxHashSet::default();
        for member in template.properties(id) {
            note_resources(template, &member.value, &mut given);
        }
        let mut given: Vec<ResourceId> = given.into_iter().collect();
        given.sort_unstable();
        Some(Opaque { kind, resource: Some(id), span: resource.id.span, given })
    });
    let mut all: Vec<Opaque> = hidden.chain(resources).collect();
    all.sort_by_key(|opaque| opaque.span);
    all
}

/// How a resource of this type is opaque, if it is.
fn kind_of(kind: &str) -> Option<OpaqueKind> {
    if kind == "AWS::CloudFormation::Stack" {
        Some(OpaqueKind::NestedStack)
    } else if is_custom_resource(kind) {
        Some(OpaqueKind::CustomResource)
    } else if kind.ends_with("::MODULE") {
        Some(OpaqueKind::Module)
    } else if !kind.is_empty() && !kind.starts_with("AWS::") {
        Some(OpaqueKind::ThirdParty)
    } else {
        None
    }
}

/// Whether resources of this type are opaque.
pub(super) fn is_opaque(kind: &str) -> bool {
    kind_of(kind).is_some()
}

/// Adds the resources that an expression names by their ids.
pub(super) fn note_resources<'t>(
    template: &Template<'t>,
    expression: &Expression<'t>,
    found: &mut FxHashSet<ResourceId>,
) {
    expression.mentions(template, &mut |mention| {
        if asks_for_it(&mention.asks) {
            found.extend(template.find_resource(mention.name));
        }
    });
}

/// Whether a resource is named by its id or ARN.
pub(super) fn hands_out(one: &Use<'_>) -> bool {
    asks_for_it(&one.asks)
}

/// Whether it is the resource itself that is asked for. A CIDR block or the default security group of a VPC does not hand
/// out the VPC.
fn asks_for_it(asks: &Asks<'_>) -> bool {
    !matches!(asks, Asks::Attribute(attribute, _) if !identity::names_its_resource(attribute))
}
