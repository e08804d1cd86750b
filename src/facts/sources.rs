//! Where the facts come from (`rules/data/sources.yaml`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::table::parse;

/// The source key of what was not re-read in a document; such a fact may advise but not carry an error.
pub const ENGINEERING: &str = "engineering";

/// All sources.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sources {
    /// The day on which the tables were compiled.
    pub compiled: String,
    /// The sources by key.
    #[serde(rename = "sources")]
    pub by_key: BTreeMap<String, Source>,
}

/// One source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its address.
    pub url: String,
    /// The state of it that was read.
    pub read: String,
    /// What was taken from it.
    pub what: String,
}

/// All sources.
pub fn sources() -> &'static Sources {
    static SOURCES: LazyLock<Sources> =
        LazyLock::new(|| parse(include_str!(concat!(env!("OUT_DIR"), "/sources.json"))));
    &SOURCES
}
