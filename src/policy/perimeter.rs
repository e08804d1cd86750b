//! The condition keys of a statement, and which of them draw a line around identities or resources.

use crate::facts::{Perimeter, policy_facts};

use super::document::{Condition, Statement};

impl<'t> Statement<'t> {
    /// Its conditions, one for each operator and key, as far as they are visible.
    pub fn conditions(&self) -> &[Condition<'t>] {
        self.conditions.as_ref().map_or(&[], |conditions| &conditions.items)
    }

    /// Its conditions on perimeter keys, with what each draws a line around.
    pub fn perimeter(&self) -> impl Iterator<Item = (&Condition<'t>, Perimeter)> {
        let keys = &policy_facts().condition_keys.endpoint_policy_perimeter;
        self.conditions().iter().filter_map(|condition| Some((condition, keys.side(&condition.key.text)?)))
    }
}
