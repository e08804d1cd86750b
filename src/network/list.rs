//! A list in the order of the template whose things are shared with the networks of other scenarios.

use std::ops::Index;
use std::rc::Rc;
use std::slice;

use crate::template::ResourceId;

/// Things each of which may stand in the networks of several scenarios.
#[derive(Debug)]
pub struct List<T>(Vec<Rc<T>>);

/// Goes through a [`List`].
pub type Things<'l, T> = std::iter::Map<slice::Iter<'l, Rc<T>>, fn(&'l Rc<T>) -> &'l T>;

impl<T> List<T> {
    /// All of them.
    pub fn iter(&self) -> Things<'_, T> {
        self.0.iter().map(Rc::as_ref)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where the thing of a resource stands.
    pub fn place(&self, resource: ResourceId, of: impl Fn(&T) -> ResourceId) -> Option<usize> {
        super::place(&self.0, resource, |thing| of(thing))
    }
}

impl<T> FromIterator<Rc<T>> for List<T> {
    fn from_iter<I: IntoIterator<Item = Rc<T>>>(things: I) -> Self {
        Self(things.into_iter().collect())
    }
}

impl<T> Index<usize> for List<T> {
    type Output = T;

    fn index(&self, place: usize) -> &T {
        &self.0[place]
    }
}

impl<'l, T> IntoIterator for &'l List<T> {
    type Item = &'l T;
    type IntoIter = Things<'l, T>;

    fn into_iter(self) -> Things<'l, T> {
        self.iter()
    }
}
