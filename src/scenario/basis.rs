//! What a conclusion about a template rests on: in two scenarios that answer the same questions alike, it is the same.

use std::cell::{Cell, RefCell};
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::rc::Rc;

use rustc_hash::FxHashMap;

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

    fn and(self, other: Self) -> Self {
        Self {
            settings: self.settings | other.settings,
            truths: self.truths | other.truths,
            equations: self.equations || other.equations,
        }
    }
}

pub(super) fn bit(place: usize) -> u64 {
    1 << (place % 64)
}

/// Questions, with the facts by which one scenario answered them.
#[derive(Debug)]
struct Basis<'t> {
    asked: Asked,
    facts: Rc<Facts<'t>>,
}

/// What was found in some scenarios of a template, each by a key: found once for all scenarios in which the same comes
/// of it.
#[derive(Debug)]
pub struct Known<'t, K, T>(RefCell<FxHashMap<K, Several<Found<'t, T>>>>);

/// The first, with those found after it: most often none.
type Several<T> = (T, Vec<T>);

#[derive(Debug)]
struct Found<'t, T> {
    it: T,
    basis: Basis<'t>,
    /// The last scenario that answered alike.
    last: Cell<usize>,
}

impl<K, T> Default for Known<'_, K, T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<'t, K: Eq + Hash, T: Clone> Known<'t, K, T> {
    /// What `find` finds in a scenario, one of those that one [`Scenarios`](super::Scenarios) gives. Whatever differs
    /// between them, `find` must ask this one for, and may not have been told before.
    pub fn get_or_find(&self, scenario: &Scenario<'_, 't>, key: K, find: impl FnOnce() -> T) -> T {
        let answers_alike = |found: &&Found<'t, T>| {
            found.last.get() == scenario.number || scenario.answers_alike(&found.basis)
        };
        if let Some((first, others)) = self.0.borrow().get(&key)
            // What was found last answers most often.
            && let Some(found) = others.iter().rev().chain([first]).find(answers_alike)
        {
            found.last.set(scenario.number);
            scenario.note(found.basis.asked);
            return found.it.clone();
        }
        let (it, basis) = scenario.observed(find);
        let found = Found { it: it.clone(), basis, last: Cell::new(scenario.number) };
        match self.0.borrow_mut().entry(key) {
            Entry::Vacant(first) => {
                first.insert((found, Vec::new()));
            }
            Entry::Occupied(mut known) => known.get_mut().1.push(found),
        }
        it
    }
}

impl<'t> Scenario<'_, 't> {
    pub(super) fn note(&self, asked: Asked) {
        self.asked.set(self.asked.get().and(asked));
    }

    /// What `find` finds, and what that rests on.
    fn observed<T>(&self, find: impl FnOnce() -> T) -> (T, Basis<'t>) {
        let before = self.asked.take();
        let found = find();
        let asked = self.asked.get();
        self.note(before);
        (found, Basis { asked, facts: self.facts.clone() })
    }

    fn answers_alike(&self, Basis { asked, facts }: &Basis<'t>) -> bool {
        are_alike(&self.facts.settings, &facts.settings, asked.settings)
            && are_alike(&self.facts.truths, &facts.truths, asked.truths)
            && (!asked.equations || self.facts.equations == facts.equations)
    }
}

/// Whether two scenarios answer alike at the places whose bits are set.
fn are_alike<T: PartialEq>(one: &[T], other: &[T], mut asked: u64) -> bool {
    while asked != 0 {
        let mut place = asked.trailing_zeros() as usize;
        while place < one.len() {
            if one[place] != other[place] {
                return false;
            }
            place += 64;
        }
        asked &= asked - 1;
    }
    true
}
