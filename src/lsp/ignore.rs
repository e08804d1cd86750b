//! The ignore of a finding, as near to it as it can stand.

use lsp_types::TextEdit;

use super::documents::Snapshot;
use crate::diagnostic::Finding;
use crate::suppress::{self, Level};

/// The edit that ignores a finding on its line, or, where nothing can stand there, in its resource or the template.
pub(super) fn edit(finding: &Finding, snapshot: &Snapshot) -> Option<TextEdit> {
    let levels = std::iter::successors(Some(Level::Line), |level| level.wider());
    let texts = levels.map(|level| suppress::add(&snapshot.text, &[(finding, level)], None));
    texts.into_iter().find_map(|text| snapshot.lines.edit_to(&text))
}
