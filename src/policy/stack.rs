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
    /// Roles and users, in order.
    identities: Vec<ResourceId>,
}

impl Stack {
    /// The stack of a scenario.
    pub fn of(scenario: &Scenario<'_, '_>) -> Self {
        let pseudo = |name: &str| scenario.pseudo(name).map(Rc::from);
        let all = |kinds: &[&str]| {
            let template = scenario.template;
            let kind = |ids: &[ResourceId]| template.resource(ids[0]).kind.text.as_ref();
            let of_kinds = template.by_type().iter().filter(|ids| kinds.contains(&kind(ids)));
            let mut all: Vec<ResourceId> = of_kinds.flatten().copied().collect();
            all.sort_unstable();
            all
        };
        Self {
            account: pseudo("AWS::AccountId"),
            partition: pseudo("AWS::Partition"),
            region: pseudo("AWS::Region"),
            buckets: all(&["AWS::S3::Bucket"]),
            identities: all(&["AWS::IAM::Role", "AWS::IAM::User"]),
        }
    }

    /// The same in a Region and a partition that are not known.
    #[must_use]
    pub fn anywhere(&self) -> Self {
        Self { partition: None, region: None, ..self.clone() }
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

    /// Whether a reference is the name, the ARN or the id of a role or user that the stack makes.
    pub(super) fn is_of_identity(&self, reference: &Reference<'_>) -> bool {
        self.identities.binary_search(&reference.resource).is_ok()
    }

    fn makes_bucket(&self, resource: ResourceId) -> bool {
        self.buckets.binary_search(&resource).is_ok()
    }
}

fn known_or_symbol(known: Option<&str>, name: &str) -> Spelling {
    known.map_or_else(|| Spelling::symbol(name), Spelling::from)
}
