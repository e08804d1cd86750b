//! What each kind of workload needs in a subnet without a route to the internet (`rules/data/workloads.yaml`).

use std::sync::LazyLock;

use memchr::memmem;
use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::sources::{ENGINEERING, sources};
use super::table::Table;

/// A kind of workload and its needs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkloadKind {
    /// Its key.
    pub id: String,
    /// What people call one, in lower case: "Fargate service".
    pub name: String,
    /// What fails when something that it needs is missing, with `{}` for its name: "builds of {} fail".
    pub failure: String,
    /// Which rule tells what it misses.
    pub family: Family,
    /// The types of the resources that may be one.
    #[serde(rename = "type", deserialize_with = "one_or_more")]
    pub resource_types: Vec<String>,
    /// What else must hold of the resource.
    pub when: Option<Condition>,
    /// Where its subnets are named: alternatives, the first that is written counts.
    #[serde(default)]
    pub subnets: Vec<Path>,
    /// Where its security groups are named: alternatives, the first that is written counts.
    #[serde(default)]
    pub security_groups: Vec<Path>,
    /// Where this holds, no security group is written anywhere, so that it is in the default group of its VPC.
    pub in_default_group: Option<Condition>,
    /// Where this holds, it has no public address, so that an internet gateway does not carry its traffic.
    pub without_public_address: Option<Condition>,
    /// Where this holds, it has one.
    pub with_public_address: Option<Condition>,
    /// Whether its calls go out from an instance whose security groups are not its own.
    #[serde(default)]
    pub calls_from_host: bool,
    /// Whether it fails whole when a required endpoint is missing: it cannot be deployed, or nothing in it starts.
    #[serde(default)]
    pub blocks_creation: bool,
    /// Whether, and how, CloudFormation waits for its calls when it creates it.
    pub creation: Option<Creation>,
    /// Where its container images are named.
    #[serde(default)]
    pub images: Vec<Path>,
    /// Its needs, in the order in which they fail at run time.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// The buckets of AWS that it uses.
    #[serde(default)]
    pub buckets: Vec<BucketUse>,
    /// The sources of the whole.
    pub refs: Vec<String>,
    /// What else is known, for people.
    pub note: Option<String>,
}

/// How CloudFormation waits for the calls of a workload when it creates it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Creation {
    /// Where it does.
    pub when: Option<Condition>,
    /// Whether it calls within seconds, or again when it is deleted, so that even a gateway endpoint may not be there.
    #[serde(default)]
    pub at_once: bool,
    /// Whether what fails at first is tried again, so that it mostly settles.
    #[serde(default)]
    pub tries_again: bool,
    /// What makes it fail.
    pub why: String,
    /// The source.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What a person sees.
    pub symptom: String,
}

/// Which rule tells what a workload misses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Containers on AWS Fargate.
    Fargate,
    /// Containers on instances of Amazon ECS.
    ContainerHosts,
    /// Functions of AWS Lambda.
    Function,
    /// Nodes and pods of Amazon EKS.
    Kubernetes,
    /// Instances and groups of them.
    Instance,
    /// Everything else that AWS runs in subnets of the customer.
    Service,
}

/// One need of a workload.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Ids of services; an endpoint of any one satisfies.
    pub endpoint: Vec<String>,
    /// What kind of need it is.
    #[serde(default)]
    pub purpose: Purpose,
    /// How much it is needed.
    pub level: Level,
    /// When it is needed.
    pub when: Option<Condition>,
    /// What fails without it, where that is not what its kind of workload says.
    pub failure: Option<String>,
    /// What the service does for the workload: "authorises image pulls".
    pub why: String,
    /// The source.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What a person sees when it is missing.
    pub symptom: Option<String>,
}

impl Need {
    /// The page that says so, where one does.
    pub fn source(&self) -> Option<&'static str> {
        let source = sources().by_key.get(&self.reference).filter(|_| self.is_documented())?;
        Some(source.url.as_str())
    }

    /// Whether a document says so; what rests on engineering knowledge alone may carry no error.
    pub fn is_documented(&self) -> bool {
        self.reference != ENGINEERING
    }
}

/// Buckets of AWS that a workload uses.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BucketUse {
    /// The id of the buckets.
    pub bucket: String,
    /// When it uses them.
    pub when: Option<Condition>,
}

/// What a workload needs a service for, where rules ask for it by that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// The agent of a container host: it registers and polls for work.
    Agent,
    /// A function answers CloudFormation for a custom resource.
    Answer,
    /// ECS Exec.
    Exec,
    /// Pulls an image from Amazon ECR.
    Image,
    /// Writes logs to `CloudWatch` Logs.
    Logs,
    /// Managed by Systems Manager: Session Manager, Run Command, patches.
    Management,
    /// Reads or writes objects in Amazon S3.
    Objects,
    /// Anything else that it calls.
    #[default]
    Operation,
    /// Reads a parameter of Systems Manager.
    Parameter,
    /// Reads a secret of Secrets Manager.
    Secret,
    /// Signals CloudFormation from an instance.
    Signal,
    /// Reads or writes tables in `DynamoDB`.
    Tables,
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

/// A test of what stands at a path.
#[derive(Debug, Deserialize)]
#[serde(try_from = "PredicateInData")]
pub struct Predicate {
    /// Where to look.
    pub path: Path,
    /// What must hold of something there.
    pub test: Test,
}

/// What must hold of a value.
#[derive(Debug, PartialEq, Eq)]
pub enum Test {
    /// It is one of these values.
    In(Vec<Literal>),
    /// It is there, or is not.
    Exists(bool),
    /// It contains this text.
    Contains(String),
    /// It is a text without this text.
    Lacks(String),
    /// It starts with this text.
    Starts(String),
    /// It names a resource of one of these types, or holds the name of one.
    Refers(Vec<String>),
    /// It comes from a parameter of Systems Manager with this text in its name.
    Resolves(String),
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
    path: Path,
    equals: Option<Literal>,
    r#in: Option<Vec<Literal>>,
    exists: Option<bool>,
    contains: Option<String>,
    lacks: Option<String>,
    starts: Option<String>,
    refers: Option<Vec<String>>,
    resolves: Option<String>,
}

impl TryFrom<PredicateInData> for Predicate {
    type Error = String;

    fn try_from(written: PredicateInData) -> Result<Self, Self::Error> {
        let mut tests = [
            written.equals.map(|literal| Test::In(vec![literal])),
            written.r#in.map(Test::In),
            written.exists.map(Test::Exists),
            written.contains.map(Test::Contains),
            written.lacks.map(Test::Lacks),
            written.starts.map(Test::Starts),
            written.refers.map(Test::Refers),
            written.resolves.map(Test::Resolves),
        ]
        .into_iter()
        .flatten();
        match (tests.next(), tests.next()) {
            (Some(test), None) => Ok(Self { path: written.path, test }),
            _ => Err("a predicate needs exactly one test".to_owned()),
        }
    }
}

/// A way from a resource to values: `TaskDefinition -> ContainerDefinitions[].Image`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Path(pub Vec<Segment>);

/// What leads from one resource on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// A property and what lies in it; what it names is the next resource.
    Property(Vec<Step>),
    /// The resources of a type whose property names this one; no type stands for custom resources.
    Referrers {
        /// The type.
        resource_type: Option<String>,
        /// The property.
        property: String,
    },
    /// All resources of a type.
    All(String),
}

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The value of a key.
    Key(String),
    /// The values of all keys.
    AnyKey,
    /// Each item of a list.
    Each,
    /// Those items of a list in which these keys have these values.
    Where(Vec<(String, String)>),
}

impl TryFrom<String> for Path {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.split(" -> ").map(segment).collect::<Result<_, _>>().map(Self)
    }
}

fn segment(text: &str) -> Result<Segment, String> {
    if let Some(rest) = text.strip_prefix("<- ") {
        let (kind, property) = rest.split_once(' ').ok_or_else(|| format!("`{text}` names no property"))?;
        let resource_type = (kind != "custom").then(|| kind.to_owned());
        return Ok(Segment::Referrers { resource_type, property: property.to_owned() });
    }
    if let Some(kind) = text.strip_prefix("* ") {
        return Ok(Segment::All(kind.to_owned()));
    }
    let mut steps = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (filter, after) =
                inside.split_once(']').ok_or_else(|| format!("`{text}` has an open bracket"))?;
            let pairs: Option<Vec<(String, String)>> = filter
                .split(',')
                .filter(|pair| !pair.is_empty())
                .map(|pair| pair.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned())))
                .collect();
            let pairs = pairs.ok_or_else(|| format!("`{text}` has a filter without `=`"))?;
            steps.push(if pairs.is_empty() { Step::Each } else { Step::Where(pairs) });
            rest = after.strip_prefix('.').unwrap_or(after);
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (key, after) = rest.split_at(end);
            if key.is_empty() || key.contains(char::is_whitespace) {
                return Err(format!("`{text}` is no path"));
            }
            steps.push(if key == "*" { Step::AnyKey } else { Step::Key(key.to_owned()) });
            rest = after.strip_prefix('.').unwrap_or(after);
        }
    }
    if matches!(steps.first(), Some(Step::Key(_))) {
        Ok(Segment::Property(steps))
    } else {
        Err(format!("`{text}` does not begin with a property"))
    }
}

fn one_or_more<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        One(String),
        More(Vec<String>),
    }
    Ok(match Written::deserialize(deserializer)? {
        Written::One(one) => vec![one],
        Written::More(more) => more,
    })
}

static WORKLOADS: LazyLock<Table<WorkloadKind>> =
    LazyLock::new(|| Table::new(include!(concat!(env!("OUT_DIR"), "/workloads.rs"))));

/// Which records are about a type, without parsing them.
static BY_TYPE: LazyLock<FxHashMap<&'static str, Vec<usize>>> = LazyLock::new(|| {
    let mut by_type: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    let key = memmem::Finder::new(r#","type":"#);
    for (index, text) in WORKLOADS.texts().enumerate() {
        let rest = key.find(text.as_bytes()).map_or("", |at| &text[at + key.needle().len()..]);
        // A list of types, or one.
        let end = if rest.starts_with('[') { ']' } else { ',' };
        let types = rest.split(end).next().unwrap_or(rest);
        for name in types.split(['[', ',', '"']).filter(|name| !name.is_empty()) {
            by_type.entry(name).or_default().push(index);
        }
    }
    by_type
});

/// The kind of workload with this id.
pub fn workload(id: &str) -> Option<&'static WorkloadKind> {
    WORKLOADS.get(id)
}

/// All kinds of workload, sorted by id.
pub fn workloads() -> impl Iterator<Item = &'static WorkloadKind> {
    WORKLOADS.iter()
}

/// The kinds of workload that a resource of this type may be.
pub fn workloads_of_type(resource_type: &str) -> impl Iterator<Item = &'static WorkloadKind> {
    BY_TYPE.get(resource_type).into_iter().flatten().filter_map(|&index| WORKLOADS.at(index))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Result<Path, String> {
        Path::try_from(text.to_owned())
    }

    #[test]
    fn a_path_is_read_step_by_step() {
        let read = path("A[].B -> <- AWS::X::Y P -> C[K=v,L=w].D.*").unwrap();
        let key = |name: &str| Step::Key(name.to_owned());
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            read.0,
            [
                Segment::Property(vec![key("A"), Step::Each, key("B")]),
                Segment::Referrers { resource_type: Some("AWS::X::Y".to_owned()), property: "P".to_owned() },
                Segment::Property(vec![
                    key("C"),
                    Step::Where(vec![pair("K", "v"), pair("L", "w")]),
                    key("D"),
                    Step::AnyKey
                ]),
            ]
        );
        assert_eq!(
            path("<- custom ServiceToken").unwrap().0,
            [Segment::Referrers { resource_type: None, property: "ServiceToken".to_owned() }]
        );
        assert_eq!(path("* AWS::X::Y").unwrap().0, [Segment::All("AWS::X::Y".to_owned())]);
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["", "a sentence for people", "A[", "A[b]", "[].A", "<- AWS::X::Y"] {
            assert!(path(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_index_by_type_has_every_record() {
        for kind in workloads() {
            for name in &kind.resource_types {
                assert!(workloads_of_type(name).any(|other| std::ptr::eq(other, kind)), "{}", kind.id);
            }
        }
        assert_eq!(workloads_of_type("AWS::EC2::VPC").count(), 0);
    }
}
