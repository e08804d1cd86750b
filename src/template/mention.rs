//! The names that an expression mentions: of resources, parameters and pseudo parameters.

use crate::text::Span;

use super::{Expression, ExpressionKind, Member, ResourceId, SubPartKind, Template};

/// The pseudo parameters that have a value
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html>).
pub const PSEUDO_PARAMETERS: &[&str] = &[
    "AWS::AccountId",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// Whether a pseudo parameter can have this value, by the forms of Regions, accounts and partitions
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>).
pub fn pseudo_parameter_may_be(name: &str, value: &str) -> bool {
    match name {
        "AWS::Region" => {
            value.matches('-').count() >= 2 && value.ends_with(|last: char| last.is_ascii_digit())
        }
        "AWS::AccountId" => value.len() == 12 && value.bytes().all(|digit| digit.is_ascii_digit()),
        "AWS::Partition" => value == "aws" || value.starts_with("aws-"),
        _ => true,
    }
}

/// The pseudo parameter that stands for a property that is not written.
pub const NO_VALUE: &str = "AWS::NoValue";

/// One place that names something of the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mention<'e> {
    /// The name.
    pub name: &'e str,
    /// What is asked of it.
    pub asks: Asks<'e>,
    /// Its place; in the text of `Fn::Sub` with `${` and `}`.
    pub span: Span,
    /// Whether it stands in the text of `Fn::Sub`.
    pub in_text: bool,
}

/// What a mention asks of what it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks<'e> {
    /// The value of a parameter, or what `Ref` gives of a resource.
    Itself,
    /// An attribute of a resource, and the place of the attribute.
    Attribute(&'e str, Span),
    /// An attribute whose name is computed.
    SomeAttribute,
}

/// One place where a resource or an output names a resource of the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use<'e> {
    /// The resource that names it; absent for an output.
    pub by: Option<ResourceId>,
    /// What is named.
    pub resource: ResourceId,
    /// What is asked of it.
    pub asks: Asks<'e>,
}

impl<'t> Template<'t> {
    /// Where properties and outputs name resources, in the order of the template with the outputs last.
    pub fn uses(&self) -> Vec<Use<'_>> {
        let (uses, leading_nowhere) = self.names();
        // Found on the way.
        self.leading_nowhere.get_or_init(|| leading_nowhere);
        uses
    }

    /// Whether the template has nothing of the name that is mentioned.
    pub fn leads_nowhere(&self, mention: Mention<'_>) -> bool {
        let is_value = || mention.asks == Asks::Itself && self.is_parameter(mention.name);
        self.find_resource(mention.name).is_none() && !is_value()
    }

    /// The properties in which a name leads nowhere: the resource, and which of its properties.
    pub fn properties_that_lead_nowhere(&self) -> &[(ResourceId, usize)] {
        self.leading_nowhere.get_or_init(|| self.names().1)
    }

    /// Where names of resources stand, and the properties in which a name leads nowhere.
    fn names<'e>(&'e self) -> (Vec<Use<'e>>, Vec<(ResourceId, usize)>) {
        let mut uses = Vec::with_capacity(4 * self.resources.len());
        // Whether all names lead somewhere.
        let mut note = |by, value: &'e Expression<'t>| {
            let mut lead = true;
            value.mentions(self, &mut |mention| match self.find_resource(mention.name) {
                Some(resource) => uses.push(Use { by, resource, asks: mention.asks }),
                None => lead &= mention.asks == Asks::Itself && self.is_parameter(mention.name),
            });
            lead
        };
        let mut leading_nowhere = Vec::new();
        for (id, _) in self.iter() {
            for (index, member) in self.properties(id).iter().enumerate() {
                if !note(Some(id), &member.value) {
                    leading_nowhere.push((id, index));
                }
            }
        }
        for output in &self.outputs {
            note(None, &output.value);
        }
        (uses, leading_nowhere)
    }

    fn is_parameter(&self, name: &str) -> bool {
        self.find_parameter(name).is_some() || name == NO_VALUE || PSEUDO_PARAMETERS.contains(&name)
    }
}

impl<'t> Expression<'t> {
    /// Calls `visit` for every name that this expression mentions, conditions and mappings apart.
    pub fn mentions<'e>(&'e self, template: &'e Template<'t>, visit: &mut dyn FnMut(Mention<'e>)) {
        self.walk(template, &mut |part| match &part.kind {
            ExpressionKind::Ref(name) => {
                visit(Mention { name: &name.text, asks: Asks::Itself, span: name.span, in_text: false });
            }
            ExpressionKind::GetAtt { resource, attribute } => visit(Mention {
                name: &resource.text,
                asks: {
                    let attribute = template.expression(*attribute);
                    attribute.text().map_or(Asks::SomeAttribute, |it| Asks::Attribute(it, attribute.span))
                },
                span: resource.span,
                in_text: false,
            }),
            ExpressionKind::Sub { parts, variables } => {
                let variables = template.members(*variables);
                for part in template.parts(*parts) {
                    let (name, asks) = match &part.kind {
                        SubPartKind::Literal(_) => continue,
                        SubPartKind::Variable(name) if is_variable(variables, name, None) => continue,
                        SubPartKind::Variable(name) => (name, Asks::Itself),
                        SubPartKind::Attribute(name, attribute)
                            if is_variable(variables, name, Some(attribute)) =>
                        {
                            continue;
                        }
                        SubPartKind::Attribute(name, attribute) => {
                            (name, Asks::Attribute(attribute, part.span))
                        }
                    };
                    visit(Mention { name, asks, span: part.span, in_text: true });
                }
            }
            _ => {}
        });
    }
}

/// Whether `${name}` or `${name.rest}` is a variable of the list form of `Fn::Sub`.
fn is_variable(variables: &[Member<'_>], name: &str, rest: Option<&str>) -> bool {
    variables.iter().any(|variable| {
        let key = variable.key.text.as_ref();
        match rest {
            None => key == name,
            Some(rest) => {
                key.strip_prefix(name).and_then(|key| key.strip_prefix('.')).is_some_and(|key| key == rest)
            }
        }
    })
}
