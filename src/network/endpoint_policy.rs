//! The policies of endpoints: what they certainly do not let through, and which statement keeps it out.

use crate::facts::{EndpointType, Service, policy_facts};
use crate::policy::{self, Decision, Place, Policy, Reading, Request, Verdict, evaluate};

use super::{Endpoint, Network};

/// Something that the policy of an endpoint certainly does not let through.
#[derive(Debug)]
pub struct Denial<'n, 't> {
    /// The policy.
    pub policy: &'n Policy<'t>,
    /// What it says: the statement that denies, or, where none allows, what keeps each that would from doing so.
    pub decision: Decision,
}

impl Endpoint<'_> {
    /// The service of AWS whose endpoint obeys its policy. Customers' services take none, and endpoints to appliances,
    /// resources and service networks neither.
    pub fn service_with_policy(&self) -> Option<&'static Service> {
        let without = &policy_facts().endpoint_policy.types_without_policy;
        let obeys = self.kind.is_none_or(|kind| !without.contains(&kind));
        self.aws_service().filter(|service| obeys && service.documented_policy() != Some(false))
    }

    /// Where its requests meet its policy.
    pub(super) fn place(&self) -> Option<Place> {
        match self.kind? {
            EndpointType::Gateway => Some(Place::Gateway),
            EndpointType::Interface => Some(Place::Interface),
            _ => None,
        }
    }
}

impl<'t> Network<'_, 't> {
    /// What is written as policy of an endpoint, whether it obeys it or not.
    pub fn policy_reading<'n>(&'n self, endpoint: &'n Endpoint<'t>) -> Option<&'n Reading<'t>> {
        let read = || {
            let property = self.template().resource(endpoint.resource).property("PolicyDocument")?;
            policy::read(self.scenario, property)
        };
        endpoint.policy_reading.get_or_init(read).as_ref()
    }

    /// The policy that an endpoint obeys, where one is written and can be read.
    pub fn policy_of<'n>(&'n self, endpoint: &'n Endpoint<'t>) -> Option<&'n Policy<'t>> {
        endpoint.service_with_policy()?;
        match self.policy_reading(endpoint)? {
            Reading::Policy(policy) => Some(policy),
            Reading::Malformed(_) | Reading::Unknown => None,
        }
    }

    /// Whether an endpoint certainly has the policy that AWS gives where none is written, which lets everything pass, and
    /// would obey another.
    pub fn has_default_policy(&self, endpoint: &Endpoint<'t>) -> bool {
        let documented = endpoint.service_with_policy().and_then(Service::documented_policy);
        documented == Some(true)
            && endpoint.kind.is_some()
            && endpoint.policy.is_none()
            && !endpoint.handed_out
    }

    /// How the policy of an endpoint lets nothing of its service through, if it certainly does not: no statement allows
    /// anything, one denies everything, or those that allow are about actions or resources that the service has not.
    /// Where no source tells the IAM prefixes of the service, only the first two are certain.
    pub fn lets_nothing_through<'n>(&'n self, endpoint: &'n Endpoint<'t>) -> Option<Denial<'n, 't>> {
        let (place, policy) = (endpoint.place()?, self.policy_of(endpoint)?);
        let prefixes = endpoint.service_with_policy()?.known_iam_prefixes();
        let requests = match prefixes {
            [] => vec![Request::any(place)],
            known => known.iter().flat_map(|prefix| Request::all_of(prefix, place, &policy.stack)).collect(),
        };
        denied(policy, &requests)
    }
}

/// What a policy says to the first of these requests, where it certainly denies all of them.
fn denied<'n, 't>(policy: &'n Policy<'t>, requests: &[Request]) -> Option<Denial<'n, 't>> {
    let mut decisions = requests.iter().map(|request| evaluate(policy, request));
    let decision = decisions.next().filter(|decision| decision.verdict == Verdict::Denied)?;
    decisions.all(|other| other.verdict == Verdict::Denied).then_some(Denial { policy, decision })
}
