//! Prices in US dollars (`rules/data/prices.yaml`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::table::parse;

/// Prices in one Region, and where others differ.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// The Region of the prices.
    pub region: String,
    /// The month of the prices.
    pub as_of: String,
    /// The source.
    pub src: String,
    /// Interface endpoint, each zone, each hour.
    pub interface_endpoint_per_az_hour: f64,
    /// Interface endpoint, each gigabyte, by volume in a month.
    pub interface_endpoint_per_gb: Vec<PriceTier>,
    /// Gateway endpoint.
    pub gateway_endpoint: f64,
    /// Gateway Load Balancer endpoint, each hour.
    pub gwlb_endpoint_per_hour: f64,
    /// Gateway Load Balancer endpoint, each gigabyte.
    pub gwlb_endpoint_per_gb: f64,
    /// Resource endpoint, each hour; the sources disagree on a further part, so it is not for printing.
    pub resource_endpoint_per_hour: f64,
    /// NAT gateway, each hour.
    pub nat_gateway_per_hour: f64,
    /// NAT gateway, each gigabyte.
    pub nat_gateway_per_gb: f64,
    /// What a provider pays for each remote Region in use, each hour.
    pub cross_region_provider_per_active_remote_region_hour: f64,
    /// Transfer between Regions, each gigabyte, each way.
    pub cross_region_transfer_per_gb_each_way: f64,
    /// Hours that a month is counted as.
    pub hours_per_month: u32,
    /// Prices that are known to differ in another Region.
    pub other_regions: BTreeMap<String, OtherRegionPrices>,
}

/// A price up to a volume.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceTier {
    /// Up to so many petabytes in a month; none for the last tier.
    pub up_to_pb: Option<u32>,
    /// Each gigabyte.
    pub price: f64,
}

/// Prices that differ in another Region.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherRegionPrices {
    /// Interface endpoint, each zone, each hour.
    pub interface_endpoint_per_az_hour: f64,
    /// Gateway Load Balancer endpoint, each hour.
    pub gwlb_endpoint_per_hour: f64,
    /// Resource endpoint, each hour; not for printing.
    pub resource_endpoint_per_hour: f64,
}

/// The prices.
pub fn prices() -> &'static Prices {
    static PRICES: LazyLock<Prices> =
        LazyLock::new(|| parse(include_str!(concat!(env!("OUT_DIR"), "/prices.json"))));
    &PRICES
}
