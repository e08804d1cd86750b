//! The grammar of endpoint policies and the condition keys that belong in them (`rules/data/policy.yaml`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::services::EndpointType;
use super::table::parse;

/// What is known of endpoint policies.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyFacts {
    /// What AWS accepts.
    pub endpoint_policy: PolicyGrammar,
    /// Where condition keys work.
    pub condition_keys: ConditionKeys,
}

/// What AWS accepts as endpoint policy.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyGrammar {
    /// The longest policy, white space included.
    pub max_characters: u32,
    /// Whether a statement needs a principal.
    pub principal_required: bool,
    /// The only principal of a gateway endpoint.
    pub gateway_principal_must_be: String,
    /// Whether endpoints for services that are not of AWS take a policy.
    pub customer_services_take_policy: bool,
    /// Kinds of endpoint that take none.
    pub types_without_policy: Vec<EndpointType>,
    /// Since when the wildcard rules hold.
    pub since: String,
    /// What wildcards may not do.
    pub wildcard_rules: Vec<WildcardRule>,
    /// Global condition keys that hold identifiers of AWS.
    pub identifier_keys: Vec<IdentifierKey>,
}

/// One thing that a wildcard may not do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WildcardRule {
    /// Its key.
    pub id: String,
    /// In words.
    pub rule: String,
}

/// A condition key that holds an identifier of AWS.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentifierKey {
    /// The key.
    pub key: String,
    /// The source.
    pub src: String,
}

/// Where condition keys work.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionKeys {
    /// Keys that make an endpoint policy a perimeter.
    pub endpoint_policy_perimeter: PerimeterKeys,
    /// Keys that belong in the policy of a resource or of an organisation.
    pub resource_policy_network: Vec<String>,
    /// Keys that no request through an endpoint matches.
    pub never_matches_through_an_endpoint: Vec<String>,
    /// IAM prefixes of services whose resources can let in identities of other accounts.
    pub shared_across_accounts: Vec<String>,
    /// Keys about the endpoint itself, which say the same of every request there.
    pub of_the_endpoint_itself: Vec<String>,
    /// When a key was introduced.
    pub dates: BTreeMap<String, String>,
}

/// Keys that make an endpoint policy a perimeter, by what they draw a line around.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerimeterKeys {
    /// Around those who use the endpoint.
    pub identity: Vec<String>,
    /// Around what they reach through it.
    pub resource: Vec<String>,
}

/// What a perimeter key draws a line around.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Perimeter {
    /// Those who use the endpoint.
    Identity,
    /// What they reach through it.
    Resource,
}

impl PolicyGrammar {
    /// The identifier key with this name, in any case: it takes no wildcards.
    pub fn identifier_key(&self, name: &str) -> Option<&IdentifierKey> {
        self.identifier_keys.iter().find(|known| known.key.eq_ignore_ascii_case(name))
    }
}

impl ConditionKeys {
    /// Whether a key tells by which way of the network a request to a resource comes; case does not matter.
    pub fn tells_way(&self, name: &str) -> bool {
        contains(&self.resource_policy_network, name)
    }

    /// Whether a key says the same of every request that comes through one endpoint.
    pub fn is_of_endpoint(&self, name: &str) -> bool {
        contains(&self.of_the_endpoint_itself, name)
    }

    /// Whether no request that comes through an endpoint carries a key.
    pub fn never_comes_through(&self, name: &str) -> bool {
        contains(&self.never_matches_through_an_endpoint, name)
    }
}

fn contains(keys: &[String], name: &str) -> bool {
    keys.iter().any(|key| key.eq_ignore_ascii_case(name))
}

impl PerimeterKeys {
    /// What a condition key draws a line around, if it is one of these; case does not matter.
    pub fn side(&self, name: &str) -> Option<Perimeter> {
        if contains(&self.identity, name) {
            Some(Perimeter::Identity)
        } else {
            contains(&self.resource, name).then_some(Perimeter::Resource)
        }
    }
}

/// What is known of endpoint policies.
pub fn policy_facts() -> &'static PolicyFacts {
    static POLICY: LazyLock<PolicyFacts> =
        LazyLock::new(|| parse(include_str!(concat!(env!("OUT_DIR"), "/policy.json"))));
    &POLICY
}
