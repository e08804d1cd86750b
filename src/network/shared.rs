//! What the networks of all scenarios of a template share, so that it is not found anew for each.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::policy::{self, Stack};
use crate::scenario::{Basis, Scenario};
use crate::template::{ResourceId, Template};

use super::endpoint_policy::WrittenPolicy;
use super::{opaque, reads};

/// What the networks of all scenarios of a template share.
#[derive(Debug, Default)]
pub struct Shared<'t> {
    policies: RefCell<FxHashMap<Property, Vec<ReadPolicy<'t>>>>,
    given: OnceCell<Given>,
    types_to_read: OnceCell<Vec<usize>>,
}

/// A property of a resource.
type Property = (ResourceId, &'static str);

/// A policy with what its value rests on.
type ReadPolicy<'t> = (Basis<'t>, Rc<WrittenPolicy<'t>>);

/// Resources whose ids others are given.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// By something which may add to them: a nested stack, a custom resource.
    pub(super) handed_out: FxHashSet<ResourceId>,
    /// By an output, so that another stack may add to them.
    pub(super) given_away: FxHashSet<ResourceId>,
}

impl<'t> Shared<'t> {
    /// What a property of a resource holds as a policy; read once for all scenarios in which it is the same.
    pub(super) fn policy(
        &self,
        scenario: &Scenario<'_, 't>,
        resource: ResourceId,
        property: &'static str,
    ) -> Option<Rc<WrittenPolicy<'t>>> {
        let written = scenario.template.resource(resource).property(property)?;
        let read = || Some(Rc::new(WrittenPolicy::new(policy::read(scenario, written)?)));
        let Some(basis) = scenario.basis(written, Stack::RESTS_ON) else { return read() };
        let mut policies = self.policies.borrow_mut();
        let known = policies.entry((resource, property)).or_default();
        if let Some((_, policy)) = known.iter().find(|(other, _)| *other == basis) {
            return Some(Rc::clone(policy));
        }
        let policy = read()?;
        known.push((basis, Rc::clone(&policy)));
        Some(policy)
    }

    /// Places among the types of a template ([`Template::by_type`]): those whose resources are read, or may hide some.
    pub(super) fn types_to_read(&self, template: &Template<'t>) -> &[usize] {
        self.types_to_read.get_or_init(|| {
            let is_read = |ids: &Vec<ResourceId>| {
                let kind: &str = &template.resource(ids[0]).kind.text;
                reads(kind) || opaque::is_opaque(kind)
            };
            let types = template.by_type().iter().enumerate();
            types.filter(|(_, ids)| is_read(ids)).map(|(place, _)| place).collect()
        })
    }

    pub(super) fn given(&self, scenario: &Scenario<'_, 't>) -> &Given {
        self.given.get_or_init(|| {
            let template = scenario.template;
            let is_opaque = |by: ResourceId| opaque::is_opaque(&template.resource(by).kind.text);
            let mut given = Given::default();
            for one in scenario.uses.iter().filter(|one| opaque::hands_out(one)) {
                match one.by {
                    None => _ = given.given_away.insert(one.resource),
                    Some(by) if is_opaque(by) => _ = given.handed_out.insert(one.resource),
                    Some(_) => {}
                }
            }
            given
        })
    }
}
