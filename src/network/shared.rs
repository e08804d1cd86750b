//! What the networks of all scenarios of a template share, so that it is not found anew for each.

use std::cell::OnceCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::policy;
use crate::scenario::{Known, Once, Scenario};
use crate::template::{ResourceId, Template};

use super::endpoint_policy::WrittenPolicy;
use super::route::Routed;
use super::{
    Endpoint, Identity, List, READ_TYPES, ResourcePolicy, Route, SecurityGroup, SecurityGroupRule, Subnet,
    Vpc, Workload, evidence, opaque, place_of_type, workload,
};

/// What the networks of all scenarios of a template share.
#[derive(Debug, Default)]
pub struct Shared<'t> {
    pub(super) endpoints: Known<ResourceId, Rc<Endpoint<'t>>>,
    pub(super) subnets: Known<ResourceId, Subnet>,
    pub(super) routes: Known<ResourceId, Route>,
    /// The subnet and the route table that an association names.
    pub(super) associations: Known<ResourceId, (Option<Identity>, Option<Identity>)>,
    pub(super) security_groups: Known<ResourceId, SecurityGroup>,
    /// Those that are resources of their own.
    pub(super) security_group_rules: Known<ResourceId, SecurityGroupRule>,
    pub(super) workloads: Known<ResourceId, Option<Rc<Workload>>>,
    pub(super) found: evidence::Found<'t>,
    pub(super) vpcs: Once<Rc<Vec<Vpc>>>,
    pub(super) routed: Once<Routed>,
    pub(super) all_security_groups: Once<Rc<Vec<SecurityGroup>>>,
    pub(super) all_endpoints: Once<Rc<List<Endpoint<'t>>>>,
    pub(super) all_workloads: Once<Rc<List<Workload>>>,
    pub(super) all_resource_policies: Once<Rc<Vec<ResourcePolicy<'t>>>>,
    policies: Known<(ResourceId, &'static str), Option<Rc<WrittenPolicy<'t>>>>,
    /// Of each resource who is given its id.
    given: OnceCell<Vec<Given>>,
    users_of_groups: OnceCell<FxHashMap<ResourceId, Vec<ResourceId>>>,
    /// Of each type that is read its place in [`Template::by_type`], if it occurs.
    types: OnceCell<Vec<Option<u32>>>,
    candidates: OnceCell<Vec<ResourceId>>,
    accepting: OnceCell<bool>,
}

/// Who is given the id of a resource.
#[derive(Debug, Clone, Default)]
pub(super) struct Given {
    /// Something which may add to it: a nested stack, a custom resource.
    pub(super) handed_out: bool,
    /// An output, so that another stack may add to it.
    pub(super) given_away: bool,
}

impl<'t> Shared<'t> {
    /// What a property of a resource holds as a policy.
    pub(super) fn policy(
        &self,
        scenario: &Scenario<'_, 't>,
        resource: ResourceId,
        property: &'static str,
    ) -> Option<Rc<WrittenPolicy<'t>>> {
        let written = scenario.template.property(resource, property)?;
        let read = || Some(Rc::new(WrittenPolicy::new(policy::read(scenario, written)?)));
        self.policies.get_or_find(scenario, (resource, property), read)
    }

    /// The resources of a type that is read, whether they exist or not.
    pub(super) fn resources<'m>(&self, template: &'m Template<'t>, kind: &str) -> &'m [ResourceId] {
        let types = self.types.get_or_init(|| {
            let mut types = vec![None; READ_TYPES.len()];
            for (place, kind) in template.types().enumerate() {
                if let Some(read) = place_of_type(kind) {
                    types[read] = Some(place as u32);
                }
            }
            types
        });
        let place = place_of_type(kind).and_then(|read| types[read]);
        place.map_or(&[], |place| template.by_type().at(place as usize))
    }

    /// The resources that may be workloads, by their types.
    pub(super) fn candidates(&self, template: &Template<'t>) -> &[ResourceId] {
        self.candidates.get_or_init(|| {
            let may_be = template.types().enumerate().filter(|(_, kind)| workload::may_be(kind));
            let of_types = may_be.flat_map(|(place, _)| template.by_type().at(place));
            let mut candidates: Vec<ResourceId> = of_types.copied().collect();
            candidates.sort_unstable();
            candidates
        })
    }

    /// Whether code in a template may accept requests for connections to endpoint services: it names the call.
    pub(super) fn may_accept_connections(&self, template: &Template<'t>) -> bool {
        let calls = ["AcceptVpcEndpointConnections", "accept_vpc_endpoint_connections"];
        *self.accepting.get_or_init(|| calls.iter().any(|call| template.source.contains(call)))
    }

    pub(super) fn given(&self, scenario: &Scenario<'_, 't>) -> &[Given] {
        self.given.get_or_init(|| {
            let template = scenario.template;
            let is_opaque = |by: ResourceId| opaque::is_opaque(&template.resource(by).kind.text);
            let mut given = vec![Given::default(); template.resources.len()];
            for uses in scenario.uses.chunk_by(|one, other| one.by == other.by) {
                let by = uses[0].by;
                if by.is_some_and(|by| !is_opaque(by)) {
                    continue;
                }
                for one in uses.iter().filter(|one| opaque::hands_out(one)) {
                    let given = &mut given[one.resource.0 as usize];
                    given.handed_out |= by.is_some();
                    given.given_away |= by.is_none();
                }
            }
            given
        })
    }

    /// For each security group the resources that name it, except security groups and their rules.
    pub(super) fn users_of_groups(
        &self,
        scenario: &Scenario<'_, 't>,
    ) -> &FxHashMap<ResourceId, Vec<ResourceId>> {
        self.users_of_groups.get_or_init(|| {
            let kind = |resource: ResourceId| &scenario.template.resource(resource).kind.text;
            let is_user = |by: &ResourceId| !kind(*by).starts_with("AWS::EC2::SecurityGroup");
            let mut users: FxHashMap<ResourceId, Vec<ResourceId>> = FxHashMap::default();
            for one in scenario.uses.iter().filter(|one| opaque::hands_out(one)) {
                if kind(one.resource) == "AWS::EC2::SecurityGroup"
                    && let Some(by) = one.by.filter(is_user)
                {
                    let users = users.entry(one.resource).or_default();
                    if users.last() != Some(&by) {
                        users.push(by);
                    }
                }
            }
            users
        })
    }
}
