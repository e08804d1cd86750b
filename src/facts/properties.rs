//! The properties of the PrivateLink types in CloudFormation (`rules/data/properties.yaml`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::table::parse;

/// What the schema of a type says; all lists are sorted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeProperties {
    /// What a template may write.
    pub properties: Vec<String>,
    /// What AWS fills.
    #[serde(default)]
    pub read_only: Vec<String>,
    /// The keys below a property.
    #[serde(default)]
    pub inner: BTreeMap<String, Vec<String>>,
    /// By path, the only texts of a property or of the items of its list.
    #[serde(default)]
    pub values: BTreeMap<String, Vec<String>>,
    /// What the API takes and CloudFormation does not.
    #[serde(default)]
    pub api_only: Vec<String>,
}

/// The PrivateLink types by their names. A property may be newer than this table.
pub fn type_properties() -> &'static BTreeMap<String, TypeProperties> {
    static TYPES: LazyLock<BTreeMap<String, TypeProperties>> =
        LazyLock::new(|| parse(include_str!(concat!(env!("OUT_DIR"), "/properties.json"))));
    &TYPES
}
