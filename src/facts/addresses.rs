//! Cross-Region access and IP address types of endpoints (`rules/data/addresses.yaml`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::table::parse;

/// What is known of addresses.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Addresses {
    /// Access to services of another Region.
    pub cross_region: CrossRegion,
    /// IP address types.
    pub ip_types: IpTypes,
}

/// Access to services of another Region.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossRegion {
    /// Since when some services of AWS have it.
    pub aws_services_since: String,
    /// Since when endpoint services have it.
    pub endpoint_services_since: String,
    /// The action that both sides need.
    pub iam_action: String,
    /// Zones that do not have it.
    pub unsupported_az_ids: Vec<String>,
    /// Whether names of single zones exist.
    pub zonal_dns: bool,
    /// What excludes it, in words.
    pub not_with: Vec<String>,
}

/// By `IpAddressType` of the endpoint, the values of `DnsRecordIpType` that go with it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IpTypes {
    /// Interface endpoints.
    pub interface: BTreeMap<String, Vec<String>>,
    /// Gateway endpoints.
    pub gateway: BTreeMap<String, Vec<String>>,
    /// The gateway endpoint of `dynamodb`.
    pub gateway_dynamodb: BTreeMap<String, Vec<String>>,
}

/// What is known of addresses.
pub fn addresses() -> &'static Addresses {
    static ADDRESSES: LazyLock<Addresses> =
        LazyLock::new(|| parse(include_str!(concat!(env!("OUT_DIR"), "/addresses.json"))));
    &ADDRESSES
}
