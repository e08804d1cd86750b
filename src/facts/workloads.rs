//! What each kind of workload needs in a subnet without a route to the internet (`rules/data/workloads.yaml`).

use std::sync::LazyLock;

use serde::Deserialize;

use super::table::Table;

/// A kind of workload and its needs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkloadNeeds {
    /// Its key.
    pub id: String,
    /// The type of the resource that is one.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// What else must hold of the resource.
    pub when: Option<Condition>,
    /// The properties that name its subnets; a text with spaces is a sentence for people.
    #[serde(default)]
    pub subnets: Vec<String>,
    /// The property that names its security groups.
    pub security_groups: Option<String>,
    /// Its needs, in the order in which they are told.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// The sources of the whole.
    pub refs: Vec<String>,
    /// What else is known.
    pub note: Option<String>,
}

/// One need of a workload.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Ids of services; an endpoint of any one satisfies.
    pub endpoint: Vec<String>,
    /// How much it is needed.
    pub level: Level,
    /// When it is needed, in words.
    pub when: Option<String>,
    /// What for.
    pub why: String,
    /// The source.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What a person sees when it is missing.
    pub symptom: Option<String>,
}

/// How much an endpoint is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Without it the workload cannot start or be managed.
    Required,
    /// Required if its `when` holds.
    Conditional,
    /// Advice.
    Optional,
}

/// Tests of a resource: all of `all`, and one of `any` when there are any.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// One of these holds.
    #[serde(default)]
    pub any: Vec<Predicate>,
    /// All of these hold.
    #[serde(default)]
    pub all: Vec<Predicate>,
}

/// A test of one property.
#[derive(Debug, Deserialize)]
#[serde(try_from = "PredicateInData")]
pub struct Predicate {
    /// The property, with `[]` after a list; a text with spaces is a sentence for people.
    pub path: String,
    /// What must hold of it.
    pub test: Test,
}

/// What must hold of a property.
#[derive(Debug, PartialEq, Eq)]
pub enum Test {
    /// It is this value.
    Equals(Literal),
    /// It is one of these values.
    In(Vec<Literal>),
    /// It is there, or is not.
    Exists(bool),
    /// It contains this text, or this item.
    Contains(String),
    /// It is like this; a sentence for people.
    Matches(String),
}

/// A value to compare with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Option<LiteralInData>")]
pub enum Literal {
    /// The property is absent.
    Absent,
    /// A boolean.
    Flag(bool),
    /// A text.
    Text(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum LiteralInData {
    Flag(bool),
    Text(String),
}

impl From<Option<LiteralInData>> for Literal {
    fn from(written: Option<LiteralInData>) -> Self {
        match written {
            None => Self::Absent,
            Some(LiteralInData::Flag(flag)) => Self::Flag(flag),
            Some(LiteralInData::Text(text)) => Self::Text(text),
        }
    }
}

/// A predicate as written: one key beside `path`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PredicateInData {
    path: String,
    equals: Option<Literal>,
    r#in: Option<Vec<Literal>>,
    exists: Option<bool>,
    contains: Option<String>,
    matches: Option<String>,
}

impl TryFrom<PredicateInData> for Predicate {
    type Error = String;

    fn try_from(written: PredicateInData) -> Result<Self, Self::Error> {
        let mut tests = [
            written.equals.map(Test::Equals),
            written.r#in.map(Test::In),
            written.exists.map(Test::Exists),
            written.contains.map(Test::Contains),
            written.matches.map(Test::Matches),
        ]
        .into_iter()
        .flatten();
        match (tests.next(), tests.next()) {
            (Some(test), None) => Ok(Self { path: written.path, test }),
            _ => Err(format!("the predicate on `{}` needs exactly one test", written.path)),
        }
    }
}

static WORKLOADS: LazyLock<Table<WorkloadNeeds>> =
    LazyLock::new(|| Table::new(include_str!("../../rules/data/workloads.yaml")));

/// The kind of workload with this id.
pub fn workload(id: &str) -> Option<&'static WorkloadNeeds> {
    WORKLOADS.get(id)
}

/// All kinds of workload, sorted by id.
pub fn workloads() -> impl Iterator<Item = &'static WorkloadNeeds> {
    WORKLOADS.iter()
}
