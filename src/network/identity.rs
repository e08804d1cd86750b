//! Which thing a value names: a resource of the template, a VPC's default group, or something outside.

use std::rc::Rc;

use crate::scenario::{Data, Scenario, Value};
use crate::template::ResourceId;
use crate::text::Span;

/// The thing that an id in a property names. Equal identities are the same thing; whether two others differ,
/// [`Identity::differs`] tells.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Identity {
    /// A resource of the template.
    Resource(ResourceId),
    /// The default security group of a VPC of the template.
    DefaultGroup(ResourceId),
    /// Something else, by the canonical spelling of its value; a literal id has no `<`.
    Outside(Rc<str>),
}

impl Identity {
    /// Whether the two are certainly not the same thing. Two parameters are not known to differ.
    pub fn differs(&self, other: &Self) -> bool {
        let literal = |text: &str| !text.contains('<');
        match (self, other) {
            (Self::Outside(one), Self::Outside(other)) => one != other && literal(one) && literal(other),
            (Self::Outside(_), _) | (_, Self::Outside(_)) => false,
            _ => self != other,
        }
    }

    /// The resource, if it is one of the template.
    pub fn resource(&self) -> Option<ResourceId> {
        match self {
            Self::Resource(resource) => Some(*resource),
            _ => None,
        }
    }
}

/// A list property that names things: subnets, route tables, security groups.
#[derive(Debug, Clone)]
pub struct Members {
    /// Place of the whole list.
    pub span: Span,
    /// What is known to be in it.
    pub items: Vec<Item>,
    /// Whether that is all, and each item is known.
    pub complete: bool,
}

/// One item of [`Members`].
#[derive(Debug, Clone)]
pub struct Item {
    /// What it names; absent where that is not known.
    pub identity: Option<Identity>,
    /// Its place.
    pub span: Span,
}

impl Members {
    /// A list of one item of another.
    pub(super) fn one(item: &Item) -> Self {
        Self { span: item.span, items: vec![item.clone()], complete: item.identity.is_some() }
    }

    /// The identities that are known.
    pub fn known(&self) -> impl Iterator<Item = &Identity> {
        self.items.iter().filter_map(|item| item.identity.as_ref())
    }

    /// Whether the thing is known to be in the list.
    pub fn contains(&self, identity: &Identity) -> bool {
        self.known().any(|known| known == identity)
    }

    /// Whether the thing is certainly not in the list.
    pub fn lacks(&self, identity: &Identity) -> bool {
        self.complete && self.known().all(|known| known.differs(identity))
    }
}

/// Attributes that give the same id or ARN as `Ref` does, or the other way to name the resource.
const OWN_NAMES: &[&str] = &[
    "AllocationId",
    "Arn",
    "AutoScalingGroupARN",
    "ClusterArn",
    "GroupId",
    "Id",
    "InternetGatewayId",
    "LaunchTemplateId",
    "ListenerArn",
    "LoadBalancerArn",
    "NatGatewayId",
    "RouteTableId",
    "ServiceArn",
    "ServiceId",
    "SubnetId",
    "TargetGroupArn",
    "TaskDefinitionArn",
    "VpcEndpointId",
    "VpcId",
];

/// Whether an attribute is a name of the resource itself, such as `VpcId`, and not one of its properties.
pub(super) fn names_its_resource(attribute: &str) -> bool {
    OWN_NAMES.contains(&attribute)
}

/// What a scalar value names.
pub(super) fn identity(scenario: &Scenario<'_, '_>, value: &Value<'_>) -> Option<Identity> {
    made_here(scenario, value).or_else(|| value.canonical().map(|key| Identity::Outside(key.into())))
}

/// The resource of the template that a scalar value names.
pub(super) fn resource(scenario: &Scenario<'_, '_>, value: &Value<'_>) -> Option<ResourceId> {
    made_here(scenario, value)?.resource()
}

/// What a scalar value names, where it comes with the template.
fn made_here(scenario: &Scenario<'_, '_>, value: &Value<'_>) -> Option<Identity> {
    let Data::Reference(reference) = &value.data else { return None };
    let kind = scenario.template.resource(reference.resource).kind.text.as_ref();
    // What a custom resource or a nested stack returns is a thing of its own.
    let opaque = kind.starts_with("Custom::") || kind.starts_with("AWS::CloudFormation::");
    match reference.attribute.as_deref() {
        _ if opaque => None,
        None => Some(Identity::Resource(reference.resource)),
        Some("DefaultSecurityGroup") => Some(Identity::DefaultGroup(reference.resource)),
        Some("VpcId") if kind != "AWS::EC2::VPC" => None,
        Some(attribute) => names_its_resource(attribute).then_some(Identity::Resource(reference.resource)),
    }
}

/// What a list value names.
pub(super) fn members(scenario: &Scenario<'_, '_>, value: &Value<'_>) -> Members {
    let Some(items) = value.items() else {
        return Members { span: value.span, items: Vec::new(), complete: false };
    };
    let mut complete = true;
    let mut result = Vec::with_capacity(items.len());
    for item in items {
        match &item.data {
            // A list inside a list: CloudFormation would refuse it, macros flatten it.
            Data::List(_) => complete = false,
            Data::Symbol(symbol) if symbol.list => complete = false,
            _ => {
                let identity = identity(scenario, item);
                complete &= identity.is_some();
                result.push(Item { identity, span: item.span });
            }
        }
    }
    Members { span: value.span, items: result, complete }
}
