//! Private REST APIs of API Gateway: who may call them, and through which endpoints.

use crate::policy::{self, Reading};
use crate::scenario::{Data, Value};
use crate::template::ResourceId;
use crate::text::Span;

use super::Reader;

/// A REST API of the type `PRIVATE`, which is called through endpoints for `execute-api` only
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html>).
#[derive(Debug)]
pub struct PrivateApi<'t> {
    /// The resource.
    pub resource: ResourceId,
    /// The place that makes it private.
    pub span: Span,
    /// Its resource policy; absent where it certainly has none.
    pub policy: Option<Reading<'t>>,
    /// Whether it may name endpoints that lead to it.
    pub may_name_endpoints: bool,
    /// Whether the template deploys it.
    pub deployed: bool,
}

pub(super) fn read<'t>(reader: &Reader<'_, '_, 't>) -> Vec<PrivateApi<'t>> {
    let apis = reader.resources("AWS::ApiGateway::RestApi");
    apis.filter_map(|resource| private_api(reader, resource)).collect()
}

fn private_api<'t>(reader: &Reader<'_, '_, 't>, resource: ResourceId) -> Option<PrivateApi<'t>> {
    let configuration = reader.property(resource, "EndpointConfiguration")?;
    let [kind] = configuration.get("Types")?.items()? else { return None };
    if kind.text() != Some("PRIVATE") {
        return None;
    }
    let mut deployments = reader.resources("AWS::ApiGateway::Deployment");
    Some(PrivateApi {
        resource,
        span: kind.span,
        policy: resource_policy(reader, resource),
        may_name_endpoints: configuration.get("VpcEndpointIds").is_some()
            || may_be_in_definition(
                reader,
                resource,
                &["x-amazon-apigateway-endpoint-configuration", "servers"],
            )
            || reader.property(resource, "Parameters").is_some(),
        deployed: deployments.any(|deployment| reader.reference(deployment, "RestApiId") == Some(resource)),
    })
}

fn resource_policy<'t>(reader: &Reader<'_, '_, 't>, resource: ResourceId) -> Option<Reading<'t>> {
    let template = reader.scenario.template;
    let written = template.property(resource, "Policy");
    if let Some(reading) = written.and_then(|written| policy::read(reader.scenario, written)) {
        return Some(reading);
    }
    let elsewhere = reader.property(resource, "Policy").is_some()
        || may_be_in_definition(reader, resource, &["x-amazon-apigateway-policy"])
        || reader.property(resource, "CloneFrom").is_some()
        || reader.is_handed_out(resource)
        || reader.may_add_resources();
    elsewhere.then_some(Reading::Unknown)
}

/// Whether the definition of the API has one of these keys, or cannot be seen whole.
fn may_be_in_definition(reader: &Reader<'_, '_, '_>, resource: ResourceId, keys: &[&str]) -> bool {
    let body = reader.property(resource, "Body");
    reader.property(resource, "BodyS3Location").is_some()
        || body.is_some_and(|body: Value<'_>| match &body.data {
            Data::Map(fields) => fields
                .iter()
                .any(|field| keys.contains(&field.key.text.as_ref()) || field.key.text == "Fn::Transform"),
            _ => true,
        })
}
