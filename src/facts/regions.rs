//! The Regions and what some of them lack (`rules/data/regions.yaml`).

use std::sync::LazyLock;

use serde::Deserialize;

use super::table::parse;

/// The Regions known here.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regions {
    /// All of them, sorted. A Region may be newer than this list.
    #[serde(rename = "regions")]
    pub all: Vec<String>,
    /// Those that do not offer `ec2messages`.
    pub without_ec2messages: Vec<String>,
    /// Those that do not offer `eks` and `eks-auth`.
    pub without_eks_endpoint: Vec<String>,
}

/// The Regions known here.
pub fn regions() -> &'static Regions {
    static REGIONS: LazyLock<Regions> =
        LazyLock::new(|| parse(include_str!(concat!(env!("OUT_DIR"), "/regions.json"))));
    &REGIONS
}
