//! Custom resources and the functions of the template that they call.

use crate::scenario::{Data, Piece};
use crate::template::ResourceId;
use crate::text::Span;

use super::{Network, is_custom_resource};

/// A custom resource that calls a function of the template.
#[derive(Debug, Clone, Copy)]
pub struct CustomResource {
    /// The resource.
    pub resource: ResourceId,
    /// The function.
    pub function: ResourceId,
    /// The place that names it: `ServiceToken`.
    pub token: Span,
}

impl Network<'_, '_> {
    /// The custom resources that call functions of the template.
    pub fn custom_resources(&self) -> impl Iterator<Item = CustomResource> {
        let all = self.template().iter();
        let all = all.filter(|(id, other)| is_custom_resource(&other.kind.text) && self.scenario.exists(*id));
        all.filter_map(|(resource, _)| {
            let (function, token) = self.function_behind(resource)?;
            Some(CustomResource { resource, function, token })
        })
    }

    /// The resource of the template that a custom resource calls, with the place that says so: the ARN of a function
    /// as an attribute, or spelled out with its name at the end.
    fn function_behind(&self, resource: ResourceId) -> Option<(ResourceId, Span)> {
        let token = self.scenario.property(resource, "ServiceToken")?;
        let function = match &token.data {
            Data::Reference(reference) if reference.attribute.as_deref() == Some("Arn") => reference.resource,
            Data::Pieces(pieces) => match pieces.as_slice() {
                [.., Piece { data: Data::Text(before), .. }, Piece { data: Data::Reference(name), .. }]
                    if before.ends_with(":function:") && name.attribute.is_none() =>
                {
                    name.resource
                }
                _ => return None,
            },
            _ => return None,
        };
        Some((function, token.span))
    }
}
