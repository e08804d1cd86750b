//! Parts of a network, each read when somebody looks at it.

use std::cell::OnceCell;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

use crate::scenario::{Scenario, Seen};

use super::{Reader, Shared};

/// Reads a part.
pub(super) type Read<'t, T> = fn(&Reader<'_, '_, 't>) -> T;

/// From what parts are read.
#[derive(Debug, Clone)]
pub(super) struct Origin<'s, 't> {
    pub(super) scenario: &'s Scenario<'s, 't>,
    pub(super) shared: Rc<Shared<'t>>,
    pub(super) assume_closed: bool,
}

/// A part of a network. Who looks at it rests on what it rests on.
pub struct Part<'s, 't, T> {
    origin: Origin<'s, 't>,
    read: Read<'t, T>,
    seen: OnceCell<Seen<T>>,
}

impl<'s, 't, T> Part<'s, 't, T> {
    pub(super) fn of(origin: &Origin<'s, 't>, read: Read<'t, T>) -> Self {
        Self { origin: origin.clone(), read, seen: OnceCell::new() }
    }

    fn seen(&self) -> &Seen<T> {
        let Origin { scenario, shared, assume_closed } = &self.origin;
        let read = || scenario.see(|| (self.read)(&Reader::of(scenario, shared, *assume_closed)));
        self.seen.get_or_init(read)
    }
}

impl<T> Deref for Part<'_, '_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        let seen = self.seen.get().unwrap_or_else(|| self.seen());
        self.origin.scenario.look(seen)
    }
}

impl<T: fmt::Debug> fmt::Debug for Part<'_, '_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[expect(clippy::into_iter_without_iter, reason = "the list itself has one")]
impl<'p, T: Deref> IntoIterator for &'p Part<'_, '_, T>
where
    &'p T::Target: IntoIterator,
{
    type Item = <&'p T::Target as IntoIterator>::Item;
    type IntoIter = <&'p T::Target as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        let list: &'p T::Target = self;
        list.into_iter()
    }
}
