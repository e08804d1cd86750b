//! What resources of SAM inherit from the `Globals` section: maps are merged, the items of lists come first, and of all
//! else the resource's own value holds.
//!
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>
//! SAM takes a function for a text, whatever it gives, so one is never merged with a map or a list
//! (<https://github.com/aws/serverless-application-model/issues/1647>).

use std::borrow::Cow;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::syntax::MAXIMUM_EXPANSION;

use super::expression::Store;
use super::{Expression, ExpressionKind as K, Member, Members, Resource};

/// The transform that reads `Globals`.
pub(super) const TRANSFORM: &str = "AWS::Serverless-2016-10-31";

/// How the types begin whose resources inherit.
pub(super) const PREFIX: &str = "AWS::Serverless::";

/// The key under which a macro writes members of a map.
const MACRO: &str = "Fn::Transform";

/// How many values all resources together may inherit: as many as aliases may stand for.
pub(super) const MAXIMUM_INHERITANCE: usize = MAXIMUM_EXPANSION;

/// The `Globals` of a template.
pub(super) struct Globals<'t> {
    /// What each kind of resource inherits, by the type behind [`PREFIX`].
    kinds: Vec<Member<'t>>,
    /// How many values that is.
    size: usize,
    /// How many were inherited so far.
    inherited: usize,
    /// Whether another transform may put values in the place of functions before SAM merges them.
    computed: bool,
}

impl<'t> Globals<'t> {
    pub(super) fn new(kinds: Vec<Member<'t>>, size: usize, computed: bool) -> Self {
        Self { kinds, size, inherited: 0, computed }
    }

    /// Whether resources would inherit more than is read; they have what nobody knows then.
    pub(super) fn are_too_many(&self) -> bool {
        self.inherited > MAXIMUM_INHERITANCE
    }

    /// What a macro writes.
    pub(super) fn by_macro(&self, store: &Store<'t>) -> Option<&Member<'t>> {
        self.kinds.iter().find(|kind| match kind.value.kind {
            _ if kind.key.text == MACRO => true,
            K::Map(members) => has_macro(members, store),
            K::Transform => true,
            _ => false,
        })
    }

    /// Gives a resource what it inherits, but for what its attribute `IgnoreGlobals` names.
    pub(super) fn give(
        &mut self,
        resource: &mut Resource<'t>,
        ignored: Option<&Expression<'t>>,
        store: &mut Store<'t>,
    ) {
        let Some(kind) = resource.kind.text.strip_prefix(PREFIX) else { return };
        if ignored.and_then(Expression::text) == Some("*") {
            return;
        }
        self.inherited += self.size;
        if self.are_too_many() {
            leave_open(resource, store);
            return;
        }
        let hidden = self.kinds.iter().any(|kind| kind.key.text == MACRO);
        let members = match self.kinds.iter().rev().find(|known| known.key.text == kind) {
            None if !hidden => return,
            Some(Member { value: Expression { kind: K::Null, .. }, .. }) => return,
            Some(Member { value: Expression { kind: K::Map(members), .. }, .. }) => Some(*members),
            _ => None,
        };
        let members = members.filter(|&members| !hidden && !has_macro(members, store));
        let Some(members) = members else {
            leave_open(resource, store);
            return;
        };
        let mut globals = last_of_each(store.members_of(members));
        if let Some(Expression { kind: K::List(names), .. }) = ignored {
            let names: FxHashSet<&str> = store.items_of(*names).iter().filter_map(Expression::text).collect();
            globals.retain(|global| !names.contains(global.key.text.as_ref()));
        }
        resource.properties = self.merged(globals, resource.properties, store);
        if resource.properties_hidden {
            // What a macro writes in the resource is merged too.
            leave_open(resource, store);
        }
    }

    /// The members of a map, with those that it inherits behind its own.
    fn merged(&self, globals: Vec<Member<'t>>, own: Members, store: &mut Store<'t>) -> Members {
        let mut members = store.members_of(own).to_vec();
        let places: FxHashMap<Cow<'t, str>, usize> =
            members.iter().enumerate().map(|(place, member)| (member.key.text.clone(), place)).collect();
        for global in globals {
            match places.get(&global.key.text) {
                Some(&place) => {
                    let own = std::mem::take(&mut members[place].value);
                    members[place].value = self.merge(global.value, own, store);
                }
                None => members.push(global),
            }
        }
        store.add_members(members)
    }

    /// What SAM makes of the value of a resource and that which it inherits.
    fn merge(&self, global: Expression<'t>, own: Expression<'t>, store: &mut Store<'t>) -> Expression<'t> {
        let span = own.span;
        match (&global.kind, &own.kind) {
            (K::Map(inherited), K::Map(members)) => {
                let inherited = last_of_each(store.members_of(*inherited));
                Expression { span, kind: K::Map(self.merged(inherited, *members, store)) }
            }
            (K::List(first), K::List(items)) => {
                let all = [store.items_of(*first), store.items_of(*items)].concat();
                Expression { span, kind: K::List(store.add_items(all)) }
            }
            (K::List(_) | K::Map(_), K::List(_) | K::Map(_)) => own,
            _ if self.may_be_merged(&global) && self.may_be_merged(&own) => one_of(vec![global, own], store),
            _ => own,
        }
    }

    /// Whether a value is a map or a list, or may be one when SAM reads it: what a macro writes is there by then.
    fn may_be_merged(&self, value: &Expression<'t>) -> bool {
        match value.kind {
            K::List(_) | K::Map(_) | K::Transform => true,
            K::Ref(_) | K::If { .. } | K::FindInMap { .. } | K::Select { .. } | K::Split { .. } => {
                self.computed
            }
            _ => false,
        }
    }
}

/// Takes as unknown what else a macro or more inheritance than is read gives a resource.
fn leave_open<'t>(resource: &mut Resource<'t>, store: &mut Store<'t>) {
    resource.properties_hidden = true;
    let mut members = store.members_of(resource.properties).to_vec();
    for member in &mut members {
        if matches!(member.value.kind, K::List(_) | K::Map(_)) {
            member.value = one_of(vec![std::mem::take(&mut member.value)], store);
        }
    }
    resource.properties = store.add_members(members);
}

/// A value of which is known what it names, and not what it is: one of several, at a place that nobody knows.
fn one_of<'t>(values: Vec<Expression<'t>>, store: &mut Store<'t>) -> Expression<'t> {
    let span = values.last().map(|last| last.span).unwrap_or_default();
    let index = store.add(Expression { span, kind: K::Other(Cow::Borrowed("Transform")) });
    let items = store.add_items(values);
    let items = store.add(Expression { span, kind: K::List(items) });
    Expression { span, kind: K::Select { index, items } }
}

/// Whether a macro writes members of a map.
fn has_macro(members: Members, store: &Store<'_>) -> bool {
    store.members_of(members).iter().any(|member| member.key.text == MACRO)
}

/// The members of a map, of those with equal keys the last.
fn last_of_each<'t>(members: &[Member<'t>]) -> Vec<Member<'t>> {
    let last: FxHashMap<&str, usize> =
        members.iter().enumerate().map(|(place, member)| (member.key.text.as_ref(), place)).collect();
    let is_last = |(place, member): &(usize, &Member<'t>)| last.get(member.key.text.as_ref()) == Some(place);
    members.iter().enumerate().filter(is_last).map(|(_, member)| member.clone()).collect()
}
