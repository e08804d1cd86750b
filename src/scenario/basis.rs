//! What a conclusion about a template rests on: in two scenarios that answer the same questions alike, it is the same.

use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::{Facts, Scenario, Setting};

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

/// All that a scenario answers.
#[derive(Debug)]
pub(super) struct Answers<'t> {
    facts: Rc<Facts<'t>>,
    /// Which conditions hold and which do not, as bits.
    truths: Vec<(u64, u64)>,
}

/// Something that was found in a scenario: whoever looks at it rests on what it rests on.
#[derive(Debug)]
pub struct Seen<T> {
    it: T,
    asked: Asked,
}

/// What was found in some scenarios of a template: found once for all scenarios in which the same comes of it.
#[derive(Debug)]
pub struct Once<'t, T>(RefCell<Option<Variants<'t, T>>>);

/// The same of several things, each by a key.
#[derive(Debug)]
pub struct Known<'t, K, T>(RefCell<FxHashMap<K, Variants<'t, T>>>);

/// What was found of one thing; in most templates that is the same in every scenario.
#[derive(Debug)]
struct Variants<'t, T> {
    first: Found<'t, T>,
    others: Vec<Found<'t, T>>,
}

#[derive(Debug)]
struct Found<'t, T> {
    seen: Seen<T>,
    /// What the scenario answers in which it was found.
    answers: Rc<Answers<'t>>,
}

impl<T> Default for Once<'_, T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<K, T> Default for Known<'_, K, T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<'t, T: Clone> Once<'t, T> {
    /// As [`Known::get_or_find`].
    pub fn get_or_find(&self, scenario: &Scenario<'_, 't>, find: impl FnOnce() -> T) -> T {
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

impl<'t, K: Eq + Hash, T: Clone> Known<'t, K, T> {
    /// What `find` finds in a scenario, one of those that one [`Scenarios`](super::Scenarios) gives. Whatever differs
    /// between them, `find` must ask this one for, or look for in what was [seen](Scenario::look) in it, and may not have
    /// been told before.
    pub fn get_or_find(&self, scenario: &Scenario<'_, 't>, key: K, find: impl FnOnce() -> T) -> T {
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

impl<'t, T: Clone> Variants<'t, T> {
    /// What was found in a scenario that answers like this one.
    fn in_scenario(&self, scenario: &Scenario<'_, 't>) -> Option<T> {
        let answers = scenario.answers();
        // What was found last answers most often.
        let mut found = self.others.iter().rev().chain([&self.first]);
        let alike = found.find(|found| found.answers.are_alike(answers, found.seen.asked))?;
        Some(scenario.look(&alike.seen).clone())
    }
}

impl<'t> Answers<'t> {
    fn of(scenario: &Scenario<'_, 't>) -> Self {
        let bits = |truths: &[Option<bool>], wanted: bool| {
            let places = (0..truths.len()).filter(|&place| truths[place] == Some(wanted));
            places.fold(0, |bits, place| bits | bit(place))
        };
        let facts = Rc::clone(&scenario.facts);
        let truths =
            facts.truths.chunks(64).map(|truths| (bits(truths, true), bits(truths, false))).collect();
        Self { facts, truths }
    }

    /// Whether these and the answers of another scenario are the same to what was asked.
    fn are_alike(&self, others: &Self, asked: Asked) -> bool {
        let mut truths = self.truths.iter().zip(&others.truths);
        std::ptr::eq(self, others)
            || truths.all(|(one, other)| ((one.0 ^ other.0) | (one.1 ^ other.1)) & asked.truths == 0)
                && are_same(&self.facts.settings, &others.facts.settings, asked.settings)
                && (!asked.equations || self.facts.equations == others.facts.equations)
    }
}

impl<'t> Scenario<'_, 't> {
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
    pub fn look<'f, T>(&self, seen: &'f Seen<T>) -> &'f T {
        self.note(seen.asked);
        &seen.it
    }

    fn find<T>(&self, find: impl FnOnce() -> T) -> Found<'t, T> {
        let seen = self.see(find);
        self.note(seen.asked);
        Found { seen, answers: Rc::clone(self.answers()) }
    }

    fn answers(&self) -> &Rc<Answers<'t>> {
        self.answers.get_or_init(|| Rc::new(Answers::of(self)))
    }
}

/// Whether settings are the same at the places whose bits are set.
fn are_same(some: &[Setting<'_>], others: &[Setting<'_>], mut asked: u64) -> bool {
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
