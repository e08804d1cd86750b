//! The services of AWS that offer VPC endpoints (`rules/data/services.yaml`).

use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;

use super::names::{self, NameParts};
use super::sources::ENGINEERING;
use super::table::Table;

/// The port of almost every service.
pub const DEFAULT_PORT: u16 = 443;

/// The kinds of VPC endpoint, as `VpcEndpointType` spells them.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcendpoint.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub enum EndpointType {
    /// A network interface in each chosen subnet.
    Interface,
    /// A route to a prefix list in each chosen route table.
    Gateway,
    /// A route target in front of appliances.
    GatewayLoadBalancer,
    /// One resource of a VPC, shared through a resource configuration.
    Resource,
    /// A VPC Lattice service network.
    ServiceNetwork,
    /// A range of addresses, shared through a resource configuration.
    Tunnel,
}

impl EndpointType {
    /// All kinds, in the order of the reference.
    pub const ALL: [Self; 6] = [
        Self::Interface,
        Self::Gateway,
        Self::GatewayLoadBalancer,
        Self::Resource,
        Self::ServiceNetwork,
        Self::Tunnel,
    ];

    /// As a template spells it; case matters.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// As a template spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interface => "Interface",
            Self::Gateway => "Gateway",
            Self::GatewayLoadBalancer => "GatewayLoadBalancer",
            Self::Resource => "Resource",
            Self::ServiceNetwork => "ServiceNetwork",
            Self::Tunnel => "Tunnel",
        }
    }
}

impl fmt::Display for EndpointType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether a service has an ability, and how sure that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(try_from = "SupportInData")]
pub enum Support {
    /// A source says yes.
    Yes,
    /// A source says no.
    No,
    /// Not checked for this service; the general guidance of AWS is yes.
    Assumed,
    /// No source that was read says either.
    #[default]
    Unknown,
}

/// `true`, `false`, `assumed` or `unknown`.
#[derive(Deserialize)]
#[serde(untagged)]
enum SupportInData {
    Said(bool),
    Word(String),
}

impl TryFrom<SupportInData> for Support {
    type Error = String;

    fn try_from(written: SupportInData) -> Result<Self, Self::Error> {
        match written {
            SupportInData::Said(true) => Ok(Self::Yes),
            SupportInData::Said(false) => Ok(Self::No),
            SupportInData::Word(word) => match word.as_str() {
                "assumed" => Ok(Self::Assumed),
                "unknown" => Ok(Self::Unknown),
                _ => Err(format!("`{word}` is none of true, false, assumed, unknown")),
            },
        }
    }
}

/// Why a service is worth more care than others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// It changes the account or its infrastructure.
    ControlPlane,
    /// It hands out credentials.
    Credentials,
    /// It holds or moves customer data.
    Data,
    /// It opens sessions on machines or clusters.
    RemoteAccess,
    /// It holds secrets or keys.
    Secrets,
}

/// One service of AWS that offers VPC endpoints.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its key in the tables; for most services what follows the Region in `name`.
    pub id: String,
    /// The name of its endpoint service, with `{region}` where it holds a Region.
    pub name: String,
    /// What people call it.
    pub group: String,
    /// The kinds of endpoint it offers.
    pub types: Vec<EndpointType>,
    /// Whether its endpoints take a policy.
    pub policy: Support,
    /// The source of `policy`, when one says so.
    pub policy_src: Option<String>,
    /// What else is known of `policy`.
    pub policy_note: Option<String>,
    /// Whether its interface endpoints take over its usual names.
    pub private_dns: Support,
    /// Those names, with `{region}`; empty when not known.
    #[serde(default)]
    pub private_dns_names: Vec<String>,
    /// The source of `private_dns` and `private_dns_names`, when one says so.
    pub private_dns_src: Option<String>,
    /// Whether it deserves a narrow endpoint policy.
    #[serde(default)]
    pub sensitive: bool,
    /// Why it is sensitive.
    pub class: Option<Class>,
    /// Whether its interface endpoints speak IPv6.
    #[serde(default)]
    pub ipv6: Support,
    /// Whether its gateway endpoints speak IPv6.
    #[serde(default)]
    pub gateway_ipv6: Support,
    /// The IAM prefixes of its actions; empty when not known.
    #[serde(default)]
    pub iam: Vec<String>,
    /// Ids of services without whose endpoints this one is of little use.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Whether it is the FIPS variant of a service.
    #[serde(default)]
    pub fips: bool,
    /// Whether it can be reached from another Region (`ServiceRegion`).
    #[serde(default)]
    pub cross_region: bool,
    /// The TCP ports it listens on.
    #[serde(default = "usual_ports")]
    pub ports: Vec<u16>,
    /// The source of `ports` when they are not the usual one.
    pub ports_src: Option<String>,
    /// What else is known.
    pub note: Option<String>,
    /// The sources that list it.
    pub src: Vec<String>,
}

fn usual_ports() -> Vec<u16> {
    vec![DEFAULT_PORT]
}

impl Service {
    /// Whether it offers this kind of endpoint.
    pub fn offers(&self, kind: EndpointType) -> bool {
        self.types.contains(&kind)
    }

    /// Whether its endpoints take a policy, where a document says so; only such a fact may carry an error.
    pub fn documented_policy(&self) -> Option<bool> {
        documented(self.policy, self.policy_src.as_deref())
    }

    /// Whether it has private DNS names, where a document says so; only such a fact may carry an error.
    pub fn documented_private_dns(&self) -> Option<bool> {
        documented(self.private_dns, self.private_dns_src.as_deref())
    }

    /// The id of the service that this one is the FIPS variant of, when the data has that service.
    pub fn base_id(&self) -> Option<&'static str> {
        let (before, after) = self.id.split_once("-fips").filter(|_| self.fips)?;
        let base = format!("{before}{after}");
        SERVICES.ids().find(|id| *id == base)
    }

    /// The IAM prefixes of its actions: its own, or those of the service that it is the FIPS variant of. Where the data
    /// has none, the id of that service, which nearly always is one.
    pub fn iam_prefixes(&'static self) -> Vec<&'static str> {
        match self.known_iam_prefixes() {
            [] => vec![&self.base().id],
            known => known.iter().map(String::as_str).collect(),
        }
    }

    /// The same, empty where the data has none.
    pub fn known_iam_prefixes(&'static self) -> &'static [String] {
        &self.base().iam
    }

    /// Itself, or the service that it is the FIPS variant of.
    fn base(&'static self) -> &'static Self {
        self.base_id().and_then(service).unwrap_or(self)
    }

    /// The name of its endpoint service in a Region, with the prefix and suffix that this Region uses.
    pub fn name_in(&self, region: &str) -> String {
        names::name_in(&self.id, &self.name, region)
    }
}

fn documented(support: Support, source: Option<&str>) -> Option<bool> {
    source.filter(|key| *key != ENGINEERING)?;
    match support {
        Support::Yes => Some(true),
        Support::No => Some(false),
        Support::Assumed | Support::Unknown => None,
    }
}

static SERVICES: LazyLock<Table<Service>> =
    LazyLock::new(|| Table::new(include!(concat!(env!("OUT_DIR"), "/services.rs"))));

/// The service with this id.
pub fn service(id: &str) -> Option<&'static Service> {
    SERVICES.get(id)
}

/// The ids of all services, sorted.
pub fn service_ids() -> impl Iterator<Item = &'static str> {
    SERVICES.ids()
}

/// The usual names of all services, in the order of their ids, with `{region}` where the Region stands.
///
/// The names are cut out of the text: to parse several hundred lines for one lookup would be most of a run.
pub fn service_names() -> impl Iterator<Item = &'static str> {
    SERVICES.texts().map(|record| {
        let rest = record.split_once(r#","name":""#).map_or("", |(_, rest)| rest);
        rest.split('"').next().unwrap_or(rest)
    })
}

/// The few services whose id is not what follows the Region in their name, by the parts of that name.
static UNUSUAL: LazyLock<Vec<(NameParts<'static>, usize)>> = LazyLock::new(|| {
    let parts = service_names().map(NameParts::of);
    let all = service_ids().zip(parts).enumerate();
    let unusual = all.filter(|(_, (id, parts))| parts.suffix != *id || parts.suffix.contains(CELL));
    unusual.map(|(index, (_, parts))| (parts, index)).collect()
});

/// Stands in some names for one label or a part of it.
const CELL: &str = "{cell}";

/// The service whose name has this text before and after its Region; the whole name as suffix when it has no Region.
pub(super) fn by_name(prefix: &str, suffix: &str) -> Option<&'static Service> {
    let is_it = |parts: &NameParts<'_>| {
        parts.prefix == prefix && (parts.suffix == suffix || is_in_cell(suffix, parts.suffix))
    };
    let usual = service(suffix).filter(|service| is_it(&NameParts::of(&service.name)));
    usual.or_else(|| {
        let (_, index) = UNUSUAL.iter().find(|(parts, _)| is_it(parts))?;
        SERVICES.at(*index)
    })
}

/// Whether a text is one that has a cell, with something in place of it.
fn is_in_cell(text: &str, with_cell: &str) -> bool {
    with_cell.split_once(CELL).is_some_and(|(before, after)| {
        let cell = text.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        cell.is_some_and(|cell| !cell.is_empty() && !cell.contains('.'))
    })
}
