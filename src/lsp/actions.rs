//! What can be done about findings: mend them, ignore them, open the page of a rule.

use lsp_types::{
    CodeAction, CodeActionKind, CodeActionParams, CodeActionResponse, Command, Diagnostic, TextEdit,
    WorkspaceEdit,
};
use serde_json::json;

use super::commands::OPEN_PAGE;
use super::diagnostics::{diagnostic, page_of, said};
use super::documents::{FILE, Snapshot};
use super::ignore;
use crate::diagnostic::{Applicability, Edit, Finding};
use crate::fix;

/// The kind of the action that mends all that may be mended unseen.
pub(super) const FIX_ALL: &str = "source.fixAll.privatelint";

/// What can be done about what is found in a part of the document.
pub(super) fn actions(snapshot: &Snapshot, params: &CodeActionParams) -> Vec<CodeActionResponse> {
    let wanted = snapshot.lines.bytes(params.range);
    let report = snapshot.report();
    let is_here = |finding: &&Finding| {
        let place = finding.primary.span.range();
        place.start <= wanted.end && wanted.start <= place.end
    };
    let found: Vec<&Finding> = said(&report, &snapshot.text).collect();
    let here: Vec<&Finding> = found.iter().copied().filter(is_here).collect();
    let asked = |kind| is_asked(params.context.only.as_deref(), kind);
    let mut actions = Vec::new();
    if asked("quickfix") {
        actions.extend(here.iter().filter_map(|finding| mend(finding, snapshot)));
        actions.extend(here.iter().filter_map(|finding| ignore(finding, snapshot)));
        let mut opened = Vec::new();
        actions.extend(here.iter().filter_map(|finding| open_page(finding, snapshot, &mut opened)));
    }
    if asked(FIX_ALL) {
        actions.extend(mend_all(&found, snapshot));
    }
    // A client that takes commands only cannot be given edits.
    actions.retain(|action| snapshot.client.code_actions || action.edit.is_none());
    let respond = |action: CodeAction| match action.command {
        Some(command) if !snapshot.client.code_actions => CodeActionResponse::Command(command),
        _ => CodeActionResponse::CodeAction(action),
    };
    actions.into_iter().map(respond).collect()
}

/// Whether a kind is among those that the client asks for; all are if it does not say. `source` includes
/// `source.fixAll`.
fn is_asked(only: Option<&[CodeActionKind]>, kind: &str) -> bool {
    let includes = |wanted: &str| {
        kind.strip_prefix(wanted)
            .is_some_and(|rest| wanted.is_empty() || rest.is_empty() || rest.starts_with('.'))
    };
    only.is_none_or(|kinds| kinds.iter().any(|wanted| includes(wanted.as_str())))
}

/// The fix of a finding.
fn mend(finding: &Finding, snapshot: &Snapshot) -> Option<CodeAction> {
    let fix = finding.fix.as_ref()?;
    let edit =
        |edit: &Edit| TextEdit { range: snapshot.lines.range_of(edit.span), new_text: edit.text.clone() };
    let edits: Vec<TextEdit> = fix.edits.iter().map(edit).collect();
    Some(CodeAction {
        is_preferred: Some(fix.applicability == Applicability::Safe),
        edit: workspace_edit(&edits, snapshot),
        ..action(fix.title.clone(), "quickfix", &[diagnostic(finding, snapshot)])
    })
}

/// Everything that may be mended unseen, with all that this uncovers.
fn mend_all(found: &[&Finding], snapshot: &Snapshot) -> Option<CodeAction> {
    let is_safe = |finding: &&&Finding| {
        finding.fix.as_ref().is_some_and(|fix| fix.applicability == Applicability::Safe)
    };
    let mended: Vec<Diagnostic> =
        found.iter().filter(is_safe).map(|finding| diagnostic(finding, snapshot)).collect();
    if mended.is_empty() {
        return None;
    }
    let report = (*snapshot.report()).clone();
    let fixed = fix::fix(&snapshot.text, FILE, report, &[], &snapshot.options, Applicability::Safe);
    let edit = snapshot.lines.edit_to(&fixed.text)?;
    Some(CodeAction {
        edit: workspace_edit(&[edit], snapshot),
        ..action("make all safe fixes of privatelint".to_owned(), FIX_ALL, &mended)
    })
}

/// A comment, or `Metadata` in JSON, that ignores a finding.
fn ignore(finding: &Finding, snapshot: &Snapshot) -> Option<CodeAction> {
    let edit = ignore::edit(finding, snapshot)?;
    let title = format!("ignore `{}` here", finding.rule);
    let edit = workspace_edit(&[edit], snapshot);
    Some(CodeAction { edit, ..action(title, "quickfix", &[diagnostic(finding, snapshot)]) })
}

/// Opens the page that a rule rests on; once for each rule.
fn open_page(finding: &Finding, snapshot: &Snapshot, opened: &mut Vec<&'static str>) -> Option<CodeAction> {
    let url = page_of(finding)?;
    if !snapshot.client.opens_pages || opened.contains(&finding.rule) {
        return None;
    }
    opened.push(finding.rule);
    let title = format!("open the page behind `{}`", finding.rule);
    let command = Command {
        title: title.clone(),
        command: OPEN_PAGE.to_owned(),
        arguments: Some(vec![json!(url)]),
        ..Command::default()
    };
    Some(CodeAction { command: Some(command), ..action(title, "quickfix", &[diagnostic(finding, snapshot)]) })
}

fn action(title: String, kind: &'static str, diagnostics: &[Diagnostic]) -> CodeAction {
    CodeAction {
        title,
        kind: Some(CodeActionKind::Custom(kind.into())),
        diagnostics: Some(diagnostics.to_vec()),
        ..CodeAction::default()
    }
}

/// Edits of the document, for this version of it where the client can tell.
fn workspace_edit(edits: &[TextEdit], snapshot: &Snapshot) -> Option<WorkspaceEdit> {
    let uri = &snapshot.uri;
    let edit = if snapshot.client.versioned_edits {
        let document = json!({ "uri": uri, "version": snapshot.version });
        json!({ "documentChanges": [{ "textDocument": document, "edits": edits }] })
    } else {
        json!({ "changes": { uri.as_str(): edits } })
    };
    serde_json::from_value(edit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_include_their_own() {
        let asked = |only: &[&'static str], kind| {
            let only: Vec<CodeActionKind> =
                only.iter().map(|&kind| CodeActionKind::Custom(kind.into())).collect();
            is_asked(Some(&only), kind)
        };
        assert!(is_asked(None, FIX_ALL));
        assert!(asked(&["source"], FIX_ALL) && asked(&["source.fixAll"], FIX_ALL) && asked(&[""], FIX_ALL));
        assert!(!asked(&["source.fix"], FIX_ALL) && !asked(&["quickfix"], FIX_ALL) && !asked(&[], FIX_ALL));
    }
}
