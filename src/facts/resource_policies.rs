//! Types whose resources are, or carry, the policy of a resource (`rules/data/resource-policies.yaml`).

use std::sync::LazyLock;

use serde::Deserialize;

use super::table::Table;

/// A type of CloudFormation whose resources are, or carry, the policy of a resource.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourcePolicyType {
    /// The type.
    pub id: String,
    /// The property with the policy.
    pub property: String,
    /// What people call the resource.
    pub noun: String,
    /// The service of the endpoints by which it is reached.
    pub service: String,
    /// The actions that change or delete the policy; empty where nothing depends on it itself.
    pub change: Vec<String>,
}

static TABLE: LazyLock<Table<ResourcePolicyType>> =
    LazyLock::new(|| Table::new(include!(concat!(env!("OUT_DIR"), "/resource-policies.rs"))));

/// How a type holds the policy of a resource, if it does.
pub fn resource_policy_type(kind: &str) -> Option<&'static ResourcePolicyType> {
    TABLE.get(kind)
}

/// All types that hold the policy of a resource, in order.
pub fn resource_policy_types() -> impl Iterator<Item = &'static str> {
    TABLE.ids()
}
