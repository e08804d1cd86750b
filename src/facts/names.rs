//! How the names of endpoint services are made, and how one is read (`rules/data/names.yaml`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::services::{self, Service};
use super::table::parse;

/// Stands in a name for a Region that is not known.
pub const ANY_REGION: &str = "{region}";

/// What stands before the Region in most names.
const USUAL_PREFIX: &str = "com.amazonaws";

/// The shapes of names and their exceptions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// The shapes.
    pub patterns: Vec<NamePattern>,
    /// Regions in which some services have another prefix.
    pub prefix_exceptions: BTreeMap<String, PrefixException>,
    /// Regions in which some services have a further suffix: Region, service id, suffix.
    pub suffix_exceptions: BTreeMap<String, BTreeMap<String, String>>,
    /// Wrong suffixes that people write, and the ids that were probably meant.
    pub aliases: BTreeMap<String, Vec<String>>,
}

/// One shape of a name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamePattern {
    /// With `{region}`, `{service}`, `{id}`.
    pub pattern: String,
    /// Who has such names.
    #[serde(rename = "use")]
    pub used_by: String,
}

/// Another prefix than the usual one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrefixException {
    /// What stands before the Region.
    pub prefix: String,
    /// Ids of the services that have it.
    pub services: Vec<String>,
}

/// The shapes of names and their exceptions.
pub fn names() -> &'static Names {
    static NAMES: LazyLock<Names> =
        LazyLock::new(|| parse(include_str!(concat!(env!("OUT_DIR"), "/names.json"))));
    &NAMES
}

/// Wrong suffixes that people write, and the ids that were probably meant.
pub fn aliases() -> &'static BTreeMap<String, Vec<String>> {
    &names().aliases
}

impl Names {
    /// Whether names of AWS services begin like this, before the Region.
    fn is_prefix(&self, prefix: &str) -> bool {
        let shaped = |shape: &NamePattern| shape.pattern.strip_suffix(".{region}.{service}") == Some(prefix);
        self.patterns.iter().any(shaped) || self.is_exceptional_prefix(prefix)
    }

    fn is_exceptional_prefix(&self, prefix: &str) -> bool {
        self.prefix_exceptions.values().any(|exception| exception.prefix == prefix)
    }

    /// What stands before the service in a name without Region: the longest shape that fits.
    fn prefix_without_region<'n>(&self, name: &'n str) -> Option<(&'n str, &'n str)> {
        self.patterns
            .iter()
            .filter(|shape| !shape.pattern.contains(ANY_REGION))
            .filter_map(|shape| {
                let prefix = shape.pattern.strip_suffix(".{service}")?;
                let suffix = name.strip_prefix(prefix)?.strip_prefix('.')?;
                Some((&name[..prefix.len()], suffix))
            })
            .max_by_key(|(prefix, _)| prefix.len())
    }

    /// The service id that is left of a suffix when what this Region adds is taken away.
    fn without_added_suffix<'n>(&self, region: &str, suffix: &'n str) -> Option<&'n str> {
        self.suffix_exceptions
            .iter()
            .filter(|(exceptional, _)| region == *exceptional || region == ANY_REGION)
            .flat_map(|(_, services)| services)
            .find_map(|(id, added)| suffix.strip_suffix(added.as_str()).filter(|bare| bare == id))
    }
}

/// A name cut at its Region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NameParts<'n> {
    /// Before the Region; empty when there is none.
    pub(super) prefix: &'n str,
    /// As written.
    pub(super) region: Option<&'n str>,
    /// After the Region; the whole name when there is none.
    pub(super) suffix: &'n str,
}

impl<'n> NameParts<'n> {
    pub(super) fn of(name: &'n str) -> Self {
        let mut start = 0;
        for label in name.split('.') {
            let end = start + label.len();
            if start > 0 && end < name.len() && is_shaped_like_region(label) {
                return Self { prefix: &name[..start - 1], region: Some(label), suffix: &name[end + 1..] };
            }
            start = end + 1;
        }
        Self { prefix: "", region: None, suffix: name }
    }
}

/// `us-east-1`, `us-isob-west-1`, `{region}`: new Regions come, so the shape decides and not a list.
fn is_shaped_like_region(label: &str) -> bool {
    let mut parts = label.split('-');
    let area = parts.next().unwrap_or_default();
    let number = parts.next_back().unwrap_or_default();
    let mut between = parts.peekable();
    label == ANY_REGION
        || (2..=4).contains(&area.len())
            && area.bytes().all(|byte| byte.is_ascii_lowercase())
            && (1..=2).contains(&number.len())
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && between.peek().is_some()
            && between.all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// What the name of an endpoint service says.
#[derive(Debug, Clone, Copy)]
pub struct RecognisedName<'n> {
    /// The service of AWS; none for a service that is not known here and for a customer's.
    pub service: Option<&'static Service>,
    /// What stands before the Region, or before the service when there is no Region.
    pub prefix: &'n str,
    /// The Region as written, `{region}` when it was not known; none when the name has none.
    pub region: Option<&'n str>,
    /// What follows.
    pub suffix: &'n str,
    /// Whether it is an endpoint service of a customer or partner (`vpce-svc-...`).
    pub customer: bool,
}

/// Reads the name of an endpoint service, in which the Region may be written out or be `{region}`.
///
/// A service is recognised in every Region and also under the prefix of another partition; whether prefix and Region
/// are the right ones is told by [`Service::name_in`]. `None` when no name of AWS or of a customer has this shape. AWS adds services weekly: a
/// name with the right shape and no known service is not wrong.
pub fn recognise(name: &str) -> Option<RecognisedName<'_>> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_{}".contains(&byte);
    if name.split('.').any(|label| label.is_empty() || !label.bytes().all(allowed)) {
        return None;
    }
    let NameParts { prefix, region, suffix } = NameParts::of(name);
    let Some(region) = region else { return recognise_without_region(name) };
    if let Some(prefix) = prefix.strip_suffix(".vpce") {
        let id = suffix.strip_prefix("vpce-svc-")?;
        let shaped =
            !id.is_empty() && !id.contains('.') && (prefix == USUAL_PREFIX || names().is_prefix(prefix));
        return shaped.then_some(RecognisedName {
            service: None,
            prefix,
            region: Some(region),
            suffix,
            customer: true,
        });
    }
    let found = RecognisedName {
        service: services::by_name(prefix, suffix),
        prefix,
        region: Some(region),
        suffix,
        customer: false,
    };
    if found.service.is_some() {
        return Some(found);
    }
    let names = names();
    if !names.is_prefix(prefix) {
        return None;
    }
    let usual = if names.is_exceptional_prefix(prefix) { USUAL_PREFIX } else { prefix };
    let bare = names.without_added_suffix(region, suffix).unwrap_or(suffix);
    Some(RecognisedName { service: services::by_name(usual, bare), ..found })
}

fn recognise_without_region(name: &str) -> Option<RecognisedName<'_>> {
    let (prefix, suffix) = names().prefix_without_region(name)?;
    let first = suffix.split('.').next().unwrap_or_default();
    if first == "vpce" || is_shaped_like_region(first) {
        return None;
    }
    Some(RecognisedName {
        service: services::by_name("", name),
        prefix,
        region: None,
        suffix,
        customer: false,
    })
}

/// The name of a service in a Region, from its id and its usual name.
pub(super) fn name_in(id: &str, usual: &str, region: &str) -> String {
    let names = names();
    let exception = names.prefix_exceptions.get(region).filter(|exception| {
        let has_it = |service: &String| service == id;
        exception.services.iter().any(has_it)
    });
    let mut name = match exception.zip(usual.strip_prefix(USUAL_PREFIX)) {
        Some((exception, rest)) => format!("{}{rest}", exception.prefix),
        None => usual.to_owned(),
    };
    if let Some(added) = names.suffix_exceptions.get(region).and_then(|services| services.get(id)) {
        name.push_str(added);
    }
    name.replace(ANY_REGION, region)
}
