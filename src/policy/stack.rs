//! What is known of the stack that a policy is part of: where it stands, and whose names are its own.

use std::rc::Rc;

use crate::scenario::{Reference, Scenario};
use crate::template::ResourceId;

use super::spelling::{REGION_WITHOUT_HYPHENS, Spelling};

/// The stack around a policy.
#[derive(Debug, Clone, Default)]
pub struct Stack {
    account: Option<Rc<str>>,
    partition: Option<Rc<str>>,
    region: Option<Rc<str>>,
    /// In order.
    buckets: Vec<ResourceId>,
}

impl Stack {
    /// The stack of a scenario.
    pub fn of(scenario: &Scenario<'_, '_>) -> Self {
        let pseudo = |name: &str| scenario.pseudo(name).map(Rc::from);
        let buckets =
            scenario.template.iter().filter(|(_, resource)| resource.kind.text == "AWS::S3::Bucket");
        Self {
            account: pseudo("AWS::AccountId"),
            partition: pseudo("AWS::Partition"),
            region: pseudo("AWS::Region"),
            buckets: buckets.map(|(id, _)| id).collect(),
        }
    }

    /// Its account.
    pub fn account(&self) -> Spelling {
        known_or_symbol(self.account.as_deref(), "AWS::AccountId")
    }

    /// Its partition.
    pub fn partition(&self) -> Spelling {
        known_or_symbol(self.partition.as_deref(), "AWS::Partition")
    }

    /// Its Region.
    pub fn region(&self) -> Spelling {
        known_or_symbol(self.region.as_deref(), "AWS::Region")
    }

    /// Its Region without the hyphens, as the names of some buckets have it.
    pub fn region_without_hyphens(&self) -> Spelling {
        match &self.region {
            Some(region) => Spelling::from(region.replace('-', "")),
            None => Spelling::symbol(REGION_WITHOUT_HYPHENS),
        }
    }

    pub(super) fn known_account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// Whether a reference is the name of a bucket that the stack makes.
    pub(super) fn names_bucket(&self, reference: &Reference<'_>) -> bool {
        reference.attribute.is_none() && self.makes_bucket(reference.resource)
    }

    /// Whether a reference is the ARN of a bucket that the stack makes.
    pub(super) fn is_arn_of_bucket(&self, reference: &Reference<'_>) -> bool {
        reference.attribute.as_deref() == Some("Arn") && self.makes_bucket(reference.resource)
    }

    fn makes_bucket(&self, resource: ResourceId) -> bool {
        self.buckets.binary_search(&resource).is_ok()
    }
}

fn known_or_symbol(known: Option<&str>, name: &str) -> Spelling {
    known.map_or_else(|| Spelling::symbol(name), Spelling::from)
}
