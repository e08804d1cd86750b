//! Container images: from which registry each comes, as far as its name says.

use crate::scenario::{Data, Value};
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
        Self { registry, name: super::shown_text(value).unwrap_or_default(), resource, span }
    }
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
