//! What a conclusion about a template rests on: in two scenarios that answer the same questions alike, it is the same.

use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::truths::bit;
use super::{Facts, Scenario};

/// What a scenario was asked: settings, and truths of conditions, by their places. Those that lie 64 apart share a bit,
/// so that more may be noted than was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Asked {
    settings: u64,
    truths: u64,
    equations: bool,
}

impl Asked {
    pub(super) fn setting(place: usize) -> Self {
        Self { settings: bit(place), ..Self::default() }
    }

    pub(super) fn truth(place: usize) -> Self {
        Self { truths: bit(place), ..Self::default() }
    }

    pub(super) fn equations() -> Self {
        Self { equations: true, ..Self::default() }
    }

    #[inline]
    fn and(self, other: Self) -> Self {
        Self {
            settings: self.settings | other.settings,
            truths: self.truths | other.truths,
            equations: self.equations || other.equations,
        }
    }
}

/// Something that was found in a scenario: whoever looks at it rests on what it rests on.
#[derive(Debug)]
pub struct Seen<T> {
    it: T,
    asked: Asked,
}

/// What was found in some scenarios of a template: found once for all scenarios in which the same comes of it.
#[derive(Debug)]
pub struct Once<T>(RefCell<Option<Variants<T>>>);

/// The same of several things, each by a key.
#[derive(Debug)]
pub struct Known<K, T>(RefCell<FxHashMap<K, Variants<T>>>);

/// What was found of one thing; in most templates that is the same in every scenario.
#[derive(Debug)]
struct Variants<T> {
    first: Found<T>,
    others: Vec<Found<T>>,
}

#[derive(Debug)]
struct Found<T> {
    seen: Seen<T>,
    /// What holds in the scenario in which it was found.
    facts: Rc<Facts>,
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<K, T> Default for Known<K, T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T: Clone> Once<T> {
    /// As [`Known::get_or_find`].
    pub fn get_or_find(&self, scenario: &Scenario<'_, '_>, find: impl FnOnce() -> T) -> T {
        if let Some(known) = self.0.borrow().as_ref().and_then(|known| known.in_scenario(scenario)) {
            return known;
        }
        let found = scenario.find(find);
        let it = found.seen.it.clone();
        match &mut *self.0.borrow_mut() {
            Some(known) => known.others.push(found),
            none => *none = Some(Variants { first: found, others: Vec::new() }),
        }
        it
    }
}

impl<K: Eq + Hash, T: Clone> Known<K, T> {
    /// What `find` finds in a scenario, one of those that one [`Scenarios`](super::Scenarios) gives. Whatever differs
    /// between them, `find` must ask this one for, or look for in what was [seen](Scenario::look) in it, and may not have
    /// been told before.
    pub fn get_or_find(&self, scenario: &Scenario<'_, '_>, key: K, find: impl FnOnce() -> T) -> T {
        if let Some(known) = self.0.borrow().get(&key).and_then(|known| known.in_scenario(scenario)) {
            return known;
        }
        let found = scenario.find(find);
        let it = found.seen.it.clone();
        match self.0.borrow_mut().entry(key) {
            Entry::Occupied(known) => known.into_mut().others.push(found),
            Entry::Vacant(place) => _ = place.insert(Variants { first: found, others: Vec::new() }),
        }
        it
    }
}

impl<T: Clone> Variants<T> {
    /// What was found in a scenario that answers like this one.
    fn in_scenario(&self, scenario: &Scenario<'_, '_>) -> Option<T> {
        let facts = &scenario.facts;
        let is_alike = |found: &&Found<T>| {
            Rc::ptr_eq(&found.facts, facts) || found.facts.are_alike(facts, found.seen.asked)
        };
        // What was found last answers most often.
        let alike = self.others.iter().rev().find(is_alike).or_else(|| Some(&self.first).filter(is_alike))?;
        Some(scenario.look(&alike.seen).clone())
    }
}

impl Facts {
    /// Whether these and the facts of another scenario are the same as far as was asked. Most that are not differ in the
    /// truth of a condition.
    #[inline]
    fn are_alike(&self, others: &Self, asked: Asked) -> bool {
        self.truths.agree(&others.truths, asked.truths) && self.are_given_alike(others, asked)
    }

    #[inline(never)]
    fn are_given_alike(&self, others: &Self, asked: Asked) -> bool {
        are_same(&self.settings, &others.settings, asked.settings)
            && (!asked.equations || self.equations == others.equations)
    }
}

/// Whether settings are the same at the places whose bits are set.
fn are_same(some: &[u32], others: &[u32], mut asked: u64) -> bool {
    while asked != 0 {
        let mut place = asked.trailing_zeros() as usize;
        while place < some.len() {
            if some[place] != others[place] {
                return false;
            }
            place += 64;
        }
        asked &= asked - 1;
    }
    true
}

impl Scenario<'_, '_> {
    #[inline]
    pub(super) fn note(&self, asked: Asked) {
        self.asked.set(self.asked.get().and(asked));
    }

    /// What `find` finds in this scenario, for whoever [looks](Scenario::look) at it.
    pub fn see<T>(&self, find: impl FnOnce() -> T) -> Seen<T> {
        let before = self.asked.take();
        let it = find();
        Seen { it, asked: self.asked.replace(before) }
    }

    /// Looks at what was seen in this scenario.
    #[inline]
    pub fn look<'f, T>(&self, seen: &'f Seen<T>) -> &'f T {
        self.note(seen.asked);
        &seen.it
    }

    fn find<T>(&self, find: impl FnOnce() -> T) -> Found<T> {
        let seen = self.see(find);
        self.note(seen.asked);
        Found { seen, facts: Rc::clone(&self.facts) }
    }
}
