//! Three-valued truth: `None` is what is not known.

/// Whether all hold.
pub(super) fn all(truths: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(true);
    for truth in truths {
        match truth {
            Some(false) => return Some(false),
            None => result = None,
            Some(true) => {}
        }
    }
    result
}

/// Whether one holds at least.
pub(super) fn any(truths: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    not(all(truths.into_iter().map(not)))
}

/// The opposite.
pub(super) fn not(truth: Option<bool>) -> Option<bool> {
    truth.map(|truth| !truth)
}

/// What both say.
pub(super) fn agree(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    if one == other { one } else { None }
}
