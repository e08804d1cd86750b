//! What the client can, and what it is told that the server can.

use lsp_types::Uri;
use serde_json::{Value, json};

use super::commands;
use super::convert::Encoding;

/// Abilities of the client.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each stands for an ability of its own")]
pub(super) struct Client {
    pub(super) encoding: Encoding,
    /// It shows other places beside a diagnostic.
    pub(super) related_information: bool,
    /// It links the code of a diagnostic.
    pub(super) code_description: bool,
    /// It knows to which version of a document diagnostics belong.
    pub(super) diagnostics_have_versions: bool,
    /// It asks for diagnostics.
    pub(super) pulls: bool,
    /// It asks for diagnostics again when told to.
    pub(super) pulls_again: bool,
    /// It can be told which files to watch.
    pub(super) watches: bool,
    /// It can be asked for its settings.
    pub(super) has_settings: bool,
    /// It opens pages.
    pub(super) opens_pages: bool,
    /// It takes edits for a version of a document, and refuses them for another.
    pub(super) versioned_edits: bool,
    /// It takes code actions that are more than a command.
    pub(super) code_actions: bool,
    /// It takes symbols with their whole range.
    pub(super) document_symbols: bool,
    /// It asks for inlay hints again when told to.
    pub(super) hints_again: bool,
}

impl Client {
    /// Reads the parameters of `initialize`. What is not there, or something else than expected, is an ability less.
    pub(super) fn of(params: &Value) -> Self {
        let at = |path: &str| params.pointer(&format!("/capabilities/{path}"));
        let can = |path: &str| at(path).and_then(Value::as_bool).unwrap_or(false);
        let has = |path: &str| at(path).is_some_and(|value| !value.is_null());
        let encodings = at("general/positionEncodings").and_then(Value::as_array);
        Self {
            encoding: Encoding::negotiated(encodings.into_iter().flatten().filter_map(Value::as_str)),
            related_information: can("textDocument/publishDiagnostics/relatedInformation")
                || can("textDocument/diagnostic/relatedInformation"),
            code_description: can("textDocument/publishDiagnostics/codeDescriptionSupport")
                || can("textDocument/diagnostic/codeDescriptionSupport"),
            diagnostics_have_versions: can("textDocument/publishDiagnostics/versionSupport"),
            pulls: has("textDocument/diagnostic"),
            pulls_again: can("workspace/diagnostics/refreshSupport"),
            watches: can("workspace/didChangeWatchedFiles/dynamicRegistration"),
            has_settings: can("workspace/configuration"),
            opens_pages: can("window/showDocument/support"),
            versioned_edits: can("workspace/workspaceEdit/documentChanges"),
            code_actions: has("textDocument/codeAction/codeActionLiteralSupport"),
            document_symbols: can("textDocument/documentSymbol/hierarchicalDocumentSymbolSupport"),
            hints_again: can("workspace/inlayHint/refreshSupport"),
        }
    }
}

/// The folders of the workspace.
pub(super) fn folders(params: &Value) -> Vec<Uri> {
    let listed = params.get("workspaceFolders").and_then(Value::as_array);
    let folders: Vec<Uri> =
        listed.into_iter().flatten().filter_map(|folder| uri(folder.get("uri"))).collect();
    if folders.is_empty() { uri(params.get("rootUri")).into_iter().collect() } else { folders }
}

fn uri(value: Option<&Value>) -> Option<Uri> {
    Uri::parse(value?.as_str()?).ok()
}

/// The answer to `initialize`.
pub(super) fn greeting(client: &Client) -> Value {
    let mut capabilities = json!({
        "positionEncoding": client.encoding.name(),
        "textDocumentSync": { "openClose": true, "change": 1, "save": { "includeText": false } },
        "hoverProvider": true,
        "completionProvider": { "triggerCharacters": [".", "[", ":", " ", "\"", ","] },
        "codeActionProvider": { "codeActionKinds": ["quickfix", "source.fixAll.privatelint"] },
        "documentSymbolProvider": true,
        "inlayHintProvider": true,
        "executeCommandProvider": { "commands": commands::NAMES },
        "workspace": { "workspaceFolders": { "supported": true, "changeNotifications": true } },
    });
    // A client that asks would otherwise show everything twice.
    if client.pulls {
        capabilities["diagnosticProvider"] = json!({
            "identifier": "privatelint", "interFileDependencies": false, "workspaceDiagnostics": false
        });
    }
    json!({
        "capabilities": capabilities,
        "serverInfo": { "name": "privatelint", "version": env!("CARGO_PKG_VERSION") },
    })
}
