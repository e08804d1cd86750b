//! What `Ref` and `Fn::GetAtt` give of the types around endpoints (`rules/data/attributes.yaml`).

use std::sync::LazyLock;

use serde::Deserialize;

use super::table::Table;

/// What a resource of a type gives to others; lists are sorted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeAttributes {
    /// The type.
    pub id: String,
    /// What a resource of it is, with an article: `a subnet`.
    pub noun: String,
    /// The attributes that give the same id or ARN as `Ref`.
    #[serde(default)]
    pub own: Vec<String>,
    /// All attributes, up to the first dot.
    pub attributes: Vec<String>,
}

impl TypeAttributes {
    /// Whether it has an attribute.
    pub fn has(&self, attribute: &str) -> bool {
        let head = attribute.split('.').next().unwrap_or(attribute);
        self.attributes.iter().any(|known| known == head)
    }

    /// Whether an attribute is another way to write `Ref`.
    pub fn is_own(&self, attribute: &str) -> bool {
        self.own.iter().any(|known| known == attribute)
    }
}

static TABLE: LazyLock<Table<TypeAttributes>> =
    LazyLock::new(|| Table::new(include!(concat!(env!("OUT_DIR"), "/attributes.rs"))));

/// What a type gives, if the data knows it. An attribute may be newer than the table.
pub fn type_attributes(kind: &str) -> Option<&'static TypeAttributes> {
    TABLE.get(kind)
}

/// All types of the table, in order.
pub fn types_with_attributes() -> impl Iterator<Item = &'static str> {
    TABLE.ids()
}
