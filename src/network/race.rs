//! What CloudFormation may create before the endpoints of the template that it calls through when it is created.

use std::cell::LazyCell;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{self, EndpointType, Family, Purpose};
use crate::template::{Dependents, ResourceId};

use super::{CustomResource, Endpoint, Need, Network, Presence, Reach, Workload};

/// A resource that CloudFormation may create before endpoints that it needs then.
#[derive(Debug)]
pub struct Race<'n, 't> {
    /// The resource that does not wait: the workload, or a custom resource that calls it.
    pub resource: ResourceId,
    /// The custom resource, if it is one.
    pub custom_resource: Option<CustomResource>,
    /// What calls.
    pub workload: &'n Workload,
    /// How CloudFormation waits for the calls.
    pub creation: &'static facts::Creation,
    /// The endpoints that it does not wait for; one at least.
    pub endpoints: Vec<Passage<'n, 't>>,
}

/// An endpoint with the service that is called through it.
#[derive(Debug, Clone, Copy)]
pub struct Passage<'n, 't> {
    /// The endpoint.
    pub endpoint: &'n Endpoint<'t>,
    /// The id of the service.
    pub service: &'static str,
    /// The need for it.
    pub need: &'n Need,
}

impl Workload {
    /// What it calls while CloudFormation waits for it.
    fn needs_at_creation(&self, creation: &'static facts::Creation) -> impl Iterator<Item = &Need> {
        self.needs.iter().filter(move |need| {
            let own = need.kind.creation.as_ref().is_some_and(|own| std::ptr::eq(own, creation));
            own && !matches!(need.purpose(), Purpose::Exec | Purpose::Management)
        })
    }
}

impl<'t> Network<'_, 't> {
    /// What may be created before endpoints that it calls through when it is created. Nothing where something hides
    /// resources or properties, since a dependency may be hidden too.
    pub fn races(&self) -> Vec<Race<'_, 't>> {
        let mut races = Vec::new();
        if !self.template().hidden.is_empty() {
            return races;
        }
        let dependents = LazyCell::new(|| self.template().dependents(&self.scenario.uses));
        let mut order = Order { dependents, known: FxHashMap::default() };
        let mut callers: FxHashMap<ResourceId, Vec<CustomResource>> = FxHashMap::default();
        for custom_resource in self.custom_resources() {
            callers.entry(custom_resource.function).or_default().push(custom_resource);
        }
        for workload in &self.workloads {
            let Some(creation) = workload.creation else { continue };
            let passages = self.passages(workload, creation);
            if passages.is_empty() || !self.is_isolated(workload) {
                continue;
            }
            let mut note = |resource: ResourceId, custom_resource: Option<CustomResource>| {
                let endpoints: Vec<Passage<'_, 't>> = passages
                    .iter()
                    .filter(|passage| self.is_unawaited(&mut order, resource, passage))
                    .copied()
                    .collect();
                if !endpoints.is_empty() {
                    races.push(Race { resource, custom_resource, workload, creation, endpoints });
                }
            };
            if workload.family() == Family::Function {
                for &caller in callers.get(&workload.resource).into_iter().flatten() {
                    note(caller.resource, Some(caller));
                }
            } else {
                note(workload.resource, None);
            }
        }
        races
    }

    /// The endpoints that a workload calls through when it is created, each once. A gateway endpoint is there within
    /// seconds.
    fn passages<'n>(
        &'n self,
        workload: &'n Workload,
        creation: &'static facts::Creation,
    ) -> Vec<Passage<'n, 't>> {
        let (subnets, _) = self.subnets_of(workload);
        let mut passages: Vec<Passage<'n, 't>> = Vec::new();
        for need in workload.needs_at_creation(creation) {
            for service in need.services() {
                for subnet in &subnets {
                    let Reach::Endpoint(endpoint) = self.reach_of(workload, subnet, service) else {
                        continue;
                    };
                    let late = creation.at_once || !endpoint.is(EndpointType::Gateway);
                    if late && passages.iter().all(|known| known.endpoint.resource != endpoint.resource) {
                        passages.push(Passage { endpoint, service, need });
                    }
                }
            }
        }
        passages
    }

    /// Whether nothing makes a resource wait for an endpoint or for another one of its service. An endpoint that
    /// itself waits for the resource cannot be waited for.
    fn is_unawaited<F: FnOnce() -> Dependents>(
        &self,
        order: &mut Order<F>,
        resource: ResourceId,
        passage: &Passage<'_, 't>,
    ) -> bool {
        let endpoint = passage.endpoint;
        let vpc = endpoint.vpc.as_ref().and_then(|vpc| self.vpc(vpc));
        let others = match vpc.map(|vpc| self.presence(vpc, passage.service)) {
            Some(Presence::Present(endpoints)) => endpoints,
            _ => vec![endpoint],
        };
        others.iter().all(|other| !order.waits(resource, other.resource))
            && !order.waits(endpoint.resource, resource)
    }
}

/// What CloudFormation creates after what, worked out once for each resource that is asked for.
struct Order<F> {
    dependents: LazyCell<Dependents, F>,
    known: FxHashMap<ResourceId, FxHashSet<ResourceId>>,
}

impl<F: FnOnce() -> Dependents> Order<F> {
    fn waits(&mut self, later: ResourceId, earlier: ResourceId) -> bool {
        let dependents = &self.dependents;
        self.known.entry(earlier).or_insert_with(|| dependents.of(earlier)).contains(&later)
    }
}
