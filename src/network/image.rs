//! Container images: from which registry each comes, as far as its name says.

use crate::scenario::{Data, Reference, Value};
use crate::template::ResourceId;
use crate::text::Span;

use super::Reader;
use super::evidence::each_part;

/// An image that a workload runs.
#[derive(Debug, Clone)]
pub struct Image {
    /// Where it comes from.
    pub registry: Registry,
    /// Its name, with `*` for what is not known.
    pub name: String,
    /// The rule of the template by which Amazon ECR fetches it from another registry.
    pub pulled_through: Option<PullThrough>,
    /// The resource that names it.
    pub resource: ResourceId,
    /// The place of the name.
    pub span: Span,
}

/// Where an image comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registry {
    /// A private repository of Amazon ECR.
    Ecr,
    /// This public registry, to which no endpoint leads.
    Public(&'static str),
    /// Another registry, or not known.
    Other,
}

/// A pull through cache rule that an image falls under.
#[derive(Debug, Clone)]
pub struct PullThrough {
    /// The rule.
    pub rule: ResourceId,
    /// Place of its prefix.
    pub span: Span,
    /// The registry on the internet that it fetches from; absent where that is not known, or is one of Amazon ECR.
    pub upstream: Option<String>,
}

/// Registries on the internet by their hosts. Every other host with a dot may be a private one.
const PUBLIC_REGISTRIES: &[(&str, &str)] = &[
    ("docker.io", DOCKER_HUB),
    ("index.docker.io", DOCKER_HUB),
    ("registry-1.docker.io", DOCKER_HUB),
    ("registry.hub.docker.com", DOCKER_HUB),
    ("public.ecr.aws", "Amazon ECR Public"),
    ("quay.io", "Quay"),
    ("ghcr.io", "the GitHub container registry"),
    ("mcr.microsoft.com", "the Microsoft container registry"),
];

/// Where images without a host in their name come from.
const DOCKER_HUB: &str = "Docker Hub";

impl Image {
    pub(super) fn of(
        reader: &Reader<'_, '_, '_>,
        resource: ResourceId,
        span: Span,
        value: &Value<'_>,
    ) -> Self {
        let registry = if is_from_ecr(reader, value) {
            Registry::Ecr
        } else {
            public_registry(value).map_or(Registry::Other, Registry::Public)
        };
        let pulled_through = if registry == Registry::Ecr { pull_through(reader, value) } else { None };
        let name = super::shown_text(value).unwrap_or_default();
        Self { registry, name, pulled_through, resource, span }
    }
}

/// The rule whose prefix begins the path of an image in a private registry. The prefix is written out there, or
/// `Ref` of the rule gives it
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-pullthroughcacherule.html>).
fn pull_through(reader: &Reader<'_, '_, '_>, image: &Value<'_>) -> Option<PullThrough> {
    let mut rules = reader.resources("AWS::ECR::PullThroughCacheRule").peekable();
    rules.peek()?;
    let name = image.canonical()?;
    let (_, path) = name.split_once(".dkr.ecr")?.1.split_once('/')?;
    rules.find_map(|rule| {
        let prefix = reader.property(rule, "EcrRepositoryPrefix")?;
        let own_name = Reference { resource: rule, attribute: None }.key();
        let begins = |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'));
        let fits = begins(prefix.canonical()?.trim_end_matches('/')) || begins(&own_name);
        fits.then(|| PullThrough { rule, span: prefix.span, upstream: upstream(reader, rule) })
    })
}

/// The host of a registry on the internet from which a rule fetches.
fn upstream(reader: &Reader<'_, '_, '_>, rule: ResourceId) -> Option<String> {
    let url = reader.property(rule, "UpstreamRegistryUrl")?;
    let host = url.text()?.trim_start_matches("https://").trim_end_matches('/');
    (!host.contains(".dkr.ecr")).then(|| host.to_owned())
}

/// Whether an image lies in a private repository of Amazon ECR.
fn is_from_ecr(reader: &Reader<'_, '_, '_>, image: &Value<'_>) -> bool {
    let mut found = false;
    each_part(image, &mut |part| match part {
        Data::Text(text) => found |= text.contains(".dkr.ecr"),
        Data::Reference(reference) => found |= reader.kind(reference.resource) == "AWS::ECR::Repository",
        _ => {}
    });
    found
}

/// The public registry that an image comes from, where its name says so as far as it is known: `nginx:${Tag}` does,
/// `${Registry}/nginx` does not
/// (<https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html>).
fn public_registry(image: &Value<'_>) -> Option<&'static str> {
    let (known, whole) = match &image.data {
        Data::Text(text) => (text.as_ref(), true),
        Data::Pieces(pieces) => match &pieces.first()?.data {
            Data::Text(text) => (text.as_ref(), false),
            _ => return None,
        },
        _ => return None,
    };
    let is_name = |text: &str| {
        text.starts_with(|letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit())
            && text.chars().all(|letter| {
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || "._-".contains(letter)
            })
    };
    let Some((first, _)) = known.split_once('/') else {
        let end = known.find([':', '@']).or_else(|| whole.then_some(known.len()))?;
        return is_name(&known[..end]).then_some(DOCKER_HUB);
    };
    if let Some((_, name)) = PUBLIC_REGISTRIES.iter().find(|(host, _)| *host == first) {
        return Some(name);
    }
    (first != "localhost" && !first.contains('.') && is_name(first)).then_some(DOCKER_HUB)
}
