//! Private REST APIs of API Gateway: who may call them, and through which endpoints.

use rustc_hash::FxHashSet;

use crate::policy::{self, Reading};
use crate::scenario::{Data, Value};
use crate::template::ResourceId;
use crate::text::Span;

use super::evidence::each_part_within;
use super::{Network, Reader};

/// A type of resource that makes a REST API, and what it calls things.
#[derive(Debug, PartialEq, Eq)]
pub struct ApiType {
    /// The type.
    pub resource: &'static str,
    /// Of `EndpointConfiguration`, what says whether the API is private.
    kind: &'static str,
    /// Of `EndpointConfiguration`, the endpoints that the API is associated with.
    pub endpoints: &'static str,
    /// The definition of the API, in the template and elsewhere.
    definition: [&'static str; 2],
    /// Where the resource policy is written.
    pub policy: &'static str,
    /// Whether AWS SAM makes the API of it, and its deployment.
    pub is_serverless: bool,
}

static API: ApiType = ApiType {
    resource: "AWS::ApiGateway::RestApi",
    kind: "Types",
    endpoints: "VpcEndpointIds",
    definition: ["Body", "BodyS3Location"],
    policy: "Policy",
    is_serverless: false,
};

/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-api.html>
static SERVERLESS_API: ApiType = ApiType {
    resource: "AWS::Serverless::Api",
    kind: "Type",
    endpoints: "VPCEndpointIds",
    definition: ["DefinitionBody", "DefinitionUri"],
    policy: "Auth.ResourcePolicy",
    is_serverless: true,
};

/// What of a definition may name endpoints, too.
const ENDPOINTS_IN_DEFINITION: &[&str] = &["x-amazon-apigateway-endpoint-configuration", "servers"];

/// A REST API of the type `PRIVATE`, which is called through endpoints for `execute-api` only
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html>).
#[derive(Debug)]
pub struct PrivateApi<'t> {
    /// The resource.
    pub resource: ResourceId,
    /// Its type.
    pub kind: &'static ApiType,
    /// The place that makes it private.
    pub span: Span,
    /// Its resource policy; absent where it certainly has none.
    pub policy: Option<Reading<'t>>,
    /// Whether it may name endpoints that lead to it.
    pub may_name_endpoints: bool,
    /// Whether the template deploys it.
    pub deployed: bool,
}

/// The resources that make REST APIs, in the order of the template.
fn apis(reader: &Reader<'_, '_, '_>) -> Vec<(ResourceId, &'static ApiType)> {
    let of_type = |kind: &'static ApiType| reader.resources(kind.resource).map(move |api| (api, kind));
    let mut apis: Vec<_> = of_type(&API).chain(of_type(&SERVERLESS_API)).collect();
    apis.sort_unstable_by_key(|(api, _)| *api);
    apis
}

pub(super) fn read<'t>(reader: &Reader<'_, '_, 't>) -> Vec<PrivateApi<'t>> {
    apis(reader).into_iter().filter_map(|(api, kind)| private_api(reader, api, kind)).collect()
}

fn private_api<'t>(
    reader: &Reader<'_, '_, 't>,
    resource: ResourceId,
    kind: &'static ApiType,
) -> Option<PrivateApi<'t>> {
    let configuration = reader.property(resource, "EndpointConfiguration")?;
    // AWS SAM takes the bare type in place of the map, too.
    let bare = kind.is_serverless.then_some(&configuration);
    let [private] = configuration.get(kind.kind).or(bare)?.items()? else { return None };
    if private.text() != Some("PRIVATE") {
        return None;
    }
    let mut deployments = reader.resources("AWS::ApiGateway::Deployment");
    Some(PrivateApi {
        resource,
        kind,
        span: private.span,
        policy: resource_policy(reader, resource, kind),
        may_name_endpoints: configuration.get(kind.endpoints).is_some()
            || may_be_in_definition(reader, resource, kind, ENDPOINTS_IN_DEFINITION)
            || reader.property(resource, "Parameters").is_some(),
        deployed: kind.is_serverless
            || deployments.any(|deployment| reader.reference(deployment, "RestApiId") == Some(resource)),
    })
}

fn resource_policy<'t>(
    reader: &Reader<'_, '_, 't>,
    resource: ResourceId,
    kind: &'static ApiType,
) -> Option<Reading<'t>> {
    let template = reader.scenario.template;
    let written = template.property(resource, "Policy");
    if let Some(reading) = written.and_then(|written| policy::read(reader.scenario, written)) {
        return Some(reading);
    }
    let elsewhere = reader.property(resource, "Policy").is_some()
        || may_be_in_definition(reader, resource, kind, &["x-amazon-apigateway-policy"])
        || reader.property(resource, "CloneFrom").is_some()
        || (kind.is_serverless && may_be_made_by_sam(reader, resource))
        || reader.is_handed_out(resource)
        || reader.may_add_resources();
    elsewhere.then_some(Reading::Unknown)
}

/// Whether AWS SAM may make the resource policy, of the lists in `Auth`.
fn may_be_made_by_sam(reader: &Reader<'_, '_, '_>, resource: ResourceId) -> bool {
    let auth = reader.property(resource, "Auth");
    auth.is_some_and(|auth| match &auth.data {
        Data::Map(_) => auth.get("ResourcePolicy").is_some() || auth.get("Fn::Transform").is_some(),
        _ => true,
    })
}

/// Whether the definition of the API has one of these keys, or cannot be seen whole.
fn may_be_in_definition(
    reader: &Reader<'_, '_, '_>,
    resource: ResourceId,
    kind: &'static ApiType,
    keys: &[&str],
) -> bool {
    let [here, elsewhere] = kind.definition;
    let body = reader.property(resource, here);
    reader.property(resource, elsewhere).is_some()
        || body.is_some_and(|body: Value<'_>| match &body.data {
            Data::Map(fields) => fields
                .iter()
                .any(|field| keys.contains(&field.key.text.as_ref()) || field.key.text == "Fn::Transform"),
            _ => true,
        })
}

impl Network<'_, '_> {
    /// The endpoints of the template with which REST APIs are associated, which private ones alone can be. API Gateway
    /// makes a name for each such pair, by which clients find the API whether private DNS is on or off
    /// (<https://aws.amazon.com/about-aws/whats-new/2019/09/amazon-api-gateway-simplifies-invoking-private-apis/>).
    pub fn endpoints_of_apis(&self) -> FxHashSet<ResourceId> {
        let reader = Reader::of(self.scenario, &self.shared, self.surroundings.closed);
        let mut found = FxHashSet::default();
        for (api, kind) in apis(&reader) {
            let configuration = reader.property(api, "EndpointConfiguration");
            let definition = reader.property(api, kind.definition[0]);
            let in_definition =
                ENDPOINTS_IN_DEFINITION.iter().filter_map(|key| definition.as_ref()?.get(key));
            for value in configuration.iter().chain(in_definition) {
                each_part_within(value, &mut |part| {
                    if let Data::Reference(reference) = part {
                        found.insert(reference.resource);
                    }
                });
            }
        }
        found
    }
}
