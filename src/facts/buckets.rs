//! S3 buckets of AWS that a restrictive endpoint policy must let through (`rules/data/buckets.yaml`).

use std::sync::LazyLock;

use serde::Deserialize;

use super::table::Table;

/// Buckets of AWS for one purpose.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// Its key.
    pub id: String,
    /// What is in them: "the packages of Amazon Linux 2".
    pub holds: String,
    /// What fails for a workload without them, with `{}` for its name, where templates show who needs them.
    pub failure: Option<String>,
    /// Who needs them.
    pub when: String,
    /// Their objects, with `{partition}`, `{region}`, `{regionnodash}`, `{service-account}` and the like.
    pub arns: Vec<String>,
    /// The action that must be allowed.
    #[serde(default = "usual_action")]
    pub action: String,
    /// Who signs the requests.
    pub auth: Signer,
    /// The source.
    pub src: String,
    /// What a person sees when they are blocked.
    pub symptom: Option<String>,
}

fn usual_action() -> String {
    "s3:GetObject".to_owned()
}

/// Who signs a request; it decides which condition keys it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signer {
    /// Nobody.
    Anonymous,
    /// The role of the customer.
    Caller,
    /// An account of AWS, so that `aws:PrincipalOrgID` of the customer does not match.
    PresignedAccount,
    /// A service principal, for which `aws:PrincipalIsAWSService` is true.
    PresignedService,
    /// An account of AWS or a service principal; no source says which.
    PresignedAws,
}

static BUCKETS: LazyLock<Table<Bucket>> =
    LazyLock::new(|| Table::new(include!(concat!(env!("OUT_DIR"), "/buckets.rs"))));

/// The buckets with this id.
pub fn bucket(id: &str) -> Option<&'static Bucket> {
    BUCKETS.get(id)
}

/// All buckets, sorted by id.
pub fn buckets() -> impl Iterator<Item = &'static Bucket> {
    BUCKETS.iter()
}
