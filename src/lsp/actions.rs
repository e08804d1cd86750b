//! What can be done about findings: ignore them here, open the page of a rule.

use lsp_types::{CodeAction, CodeActionKind, CodeActionParams, CodeActionResponse, Command, Diagnostic};
use serde_json::json;

use super::commands::OPEN_PAGE;
use super::diagnostics::{diagnostic, said};
use super::documents::Snapshot;
use crate::diagnostic::Finding;
use crate::rules;

/// What can be done about what is found in a part of the document.
pub(super) fn actions(snapshot: &Snapshot, params: &CodeActionParams) -> Vec<CodeActionResponse> {
    let wanted = snapshot.lines.bytes(params.range);
    let report = snapshot.report();
    let is_here = |finding: &&Finding| {
        let place = finding.primary.span.range();
        place.start <= wanted.end && wanted.start <= place.end
    };
    let here: Vec<&Finding> = said(&report, &snapshot.text).filter(is_here).collect();
    let asked = Asked(params.context.only.as_deref());
    let mut actions = Vec::new();
    if asked.includes(&CodeActionKind::QuickFix) {
        let mut opened = Vec::new();
        for finding in &here {
            actions.extend(open_page(finding, snapshot, &mut opened));
        }
    }
    actions
}

/// The kinds that the client asks for; all if it does not say.
struct Asked<'p>(Option<&'p [CodeActionKind]>);

impl Asked<'_> {
    fn includes(&self, kind: &CodeActionKind) -> bool {
        // `source` includes `source.fixAll`.
        let is_part = |wanted: &CodeActionKind| {
            let rest = name(kind).strip_prefix(name(wanted));
            name(wanted).is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.0.is_none_or(|kinds| kinds.iter().any(is_part))
    }
}
