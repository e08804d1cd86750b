//! The loop: messages in their order, results of what runs beside it, and when it ends.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender, select, unbounded};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response, ResponseError};
use lsp_types::{
    CodeActionRequest, CompletionRequest, Diagnostic, DidChangeTextDocumentParams,
    DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    DocumentDiagnosticParams, DocumentSymbolRequest, ExecuteCommandParams, HoverRequest, InlayHintRequest,
    PublishDiagnosticsParams, Request as Asked, Uri,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::client::{self, Client};
use super::commands::{self, Command};
use super::convert::{path_of, uri_of};
use super::documents::{Document, FILE, Snapshot};
use super::settings::{self, Preferences, Settings};
use super::{actions, completion, diagnostics, hints, hover, symbols};
use crate::engine::{self, FileReport};
use crate::project::CONFIG_FILE;

/// By which the client tells that files have changed on the disk.
const WATCHED_FILES: &str = "workspace/didChangeWatchedFiles";
/// Under which it is asked to watch files of parameters.
const PARAMETERS: &str = "parameters";

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With `exit` after `shutdown`.
    Orderly,
    /// With `exit` alone.
    Early,
    /// The client is gone.
    Lost,
}

/// Serves one client until it leaves.
pub fn serve(connection: &Connection) -> End {
    let params = match wait_for_initialize(connection) {
        Ok((id, params)) => {
            respond(connection, id, Ok(client::greeting(&Client::of(&params))));
            params
        }
        Err(end) => return end,
    };
    let (events, results) = unbounded();
    let client = Client::of(&params);
    let mut preferences = Preferences::default();
    preferences.update(params.get("initializationOptions").unwrap_or(&Value::Null));
    let mut server = Server {
        connection,
        events,
        client: Arc::new(client),
        preferences,
        folders: client::folders(&params).iter().filter_map(path_of).collect(),
        settings: Settings::default(),
        watched: BTreeSet::new(),
        documents: BTreeMap::new(),
        generation: 0,
        running: BTreeMap::new(),
        asked: BTreeMap::new(),
        next_id: 0,
        is_shut_down: false,
    };
    let end = server.run(&results);
    for document in server.documents.values() {
        document.wanted.store(false, Ordering::Relaxed);
    }
    end
}

/// Refuses whatever comes before `initialize`.
fn wait_for_initialize(connection: &Connection) -> Result<(RequestId, Value), End> {
    for message in &connection.receiver {
        match message {
            Message::Request(request) if request.method == "initialize" => {
                return Ok((request.id, request.params));
            }
            Message::Request(request) => {
                let words = "`initialize` comes first".to_owned();
                respond(connection, request.id, Err((ErrorCode::ServerNotInitialized, words)));
            }
            Message::Notification(note) if note.method == "exit" => return Err(End::Early),
            Message::Notification(_) | Message::Response(_) => {}
        }
    }
    Err(End::Lost)
}

type Answer = Result<Value, (ErrorCode, String)>;

fn respond(connection: &Connection, id: RequestId, answer: Answer) {
    let response_result =
        answer.map_err(|(code, message)| ResponseError { code: code as i32, message, data: None });
    // A client that has gone is noticed where it is read from.
    let _ = connection.sender.send(Response { id, response_result }.into());
}

/// What comes back from another thread.
enum Event {
    /// What was found in a document; nothing where it was not wanted any more.
    Linted { uri: Uri, generation: u64, report: Result<Option<FileReport>, String> },
    /// The answer to a request.
    Answered { id: RequestId, answer: Answer },
}

/// What the loop has to do with next.
enum Next {
    Message(Message),
    Event(Event),
    /// The client is gone.
    Lost,
}

/// A request that is being worked on.
struct Running {
    wanted: Arc<AtomicBool>,
    /// The document and its generation, where an answer for another one would do harm.
    only_for: Option<(Uri, u64)>,
}

/// What the client was asked for.
enum Expected {
    Settings,
    Nothing,
}

struct Server<'c> {
    connection: &'c Connection,
    events: Sender<Event>,
    client: Arc<Client>,
    preferences: Preferences,
    folders: Vec<PathBuf>,
    settings: Settings,
    /// The names of the files of parameters that the client watches.
    watched: BTreeSet<String>,
    documents: BTreeMap<Uri, Document>,
    generation: u64,
    running: BTreeMap<RequestId, Running>,
    asked: BTreeMap<RequestId, Expected>,
    next_id: i32,
    is_shut_down: bool,
}

impl Server<'_> {
    fn run(&mut self, results: &Receiver<Event>) -> End {
        loop {
            // An edit that has arrived is known before a result that it makes stale is looked at.
            let next = if let Ok(message) = self.connection.receiver.try_recv() {
                Next::Message(message)
            } else {
                select! {
                    recv(self.connection.receiver) -> message => message.map_or(Next::Lost, Next::Message),
                    recv(results) -> event => event.map_or(Next::Lost, Next::Event),
                }
            };
            match next {
                Next::Message(Message::Notification(note)) if note.method == "exit" => {
                    return if self.is_shut_down { End::Orderly } else { End::Early };
                }
                Next::Message(Message::Notification(note)) => self.notified(note),
                Next::Message(Message::Request(request)) => self.requested(request),
                Next::Message(Message::Response(response)) => self.answered(&response),
                Next::Event(event) => self.happened(event),
                Next::Lost => return End::Lost,
            }
            self.tell_news();
        }
    }

    fn notified(&mut self, note: Notification) {
        if self.is_shut_down {
            return;
        }
        let Notification { method, params } = note;
        match method.as_str() {
            "initialized" => self.greet(),
            "textDocument/didOpen" => self.with(&method, params, Self::opened),
            "textDocument/didChange" => self.with(&method, params, Self::changed),
            "textDocument/didClose" => self.with(&method, params, Self::closed),
            "textDocument/didSave" => {
                let uri = params.pointer("/textDocument/uri").and_then(Value::as_str);
                // Clients that do not watch files save them all the same.
                if uri.is_some_and(|uri| uri.ends_with(CONFIG_FILE)) || !self.client.watches {
                    self.reload();
                }
            }
            WATCHED_FILES => self.reload(),
            "workspace/didChangeConfiguration" => {
                self.prefer(params.get("settings").unwrap_or(&Value::Null));
                self.ask_for_settings();
            }
            "workspace/didChangeWorkspaceFolders" => {
                self.with(&method, params, |server, params| server.folders_changed(&params));
            }
            "$/cancelRequest" => self.cancelled(&params),
            _ => {}
        }
    }

    /// Hands over the parameters of a notification, if they are what they should be.
    fn with<P: DeserializeOwned>(&mut self, method: &str, params: Value, handle: impl FnOnce(&mut Self, P)) {
        match serde_json::from_value(params) {
            Ok(params) => handle(self, params),
            Err(error) => self.log(&format!("`{method}` is malformed: {error}")),
        }
    }

    fn greet(&mut self) {
        if self.client.watches {
            self.watch("configuration", [CONFIG_FILE].into_iter());
        }
        self.ask_for_settings();
    }

    /// Has the client tell when files of these names change, wherever they are.
    fn watch<'n>(&mut self, id: &str, names: impl Iterator<Item = &'n str>) {
        // A letter that means something in a pattern is any letter.
        let literal = |name: &str| name.replace(['*', '?', '{', '}', '[', ']'], "?");
        let watchers: Vec<Value> =
            names.map(|name| json!({ "globPattern": format!("**/{}", literal(name)) })).collect();
        let registration =
            json!({ "id": id, "method": WATCHED_FILES, "registerOptions": { "watchers": watchers } });
        let params = json!({ "registrations": [registration] });
        self.ask("client/registerCapability", params, Expected::Nothing);
    }

    /// Follows the files of parameters that deployments name now.
    fn watch_parameters(&mut self) {
        let names = self.settings.parameter_files();
        if !self.client.watches || names == self.watched {
            return;
        }
        if !self.watched.is_empty() {
            // The protocol spells it so.
            let params = json!({ "unregisterations": [{ "id": PARAMETERS, "method": WATCHED_FILES }] });
            self.ask("client/unregisterCapability", params, Expected::Nothing);
        }
        if !names.is_empty() {
            self.watch(PARAMETERS, names.iter().map(String::as_str));
        }
        self.watched = names;
    }

    fn ask_for_settings(&mut self) {
        if self.client.has_settings {
            let params = json!({ "items": [{ "section": "privatelint" }] });
            self.ask("workspace/configuration", params, Expected::Settings);
        }
    }

    fn prefer(&mut self, settings: &Value) {
        let before = self.preferences.clone();
        self.preferences.update(settings);
        if before.configuration != self.preferences.configuration {
            self.lint_all();
        }
        if before != self.preferences && self.client.hints_again {
            self.ask("workspace/inlayHint/refresh", Value::Null, Expected::Nothing);
        }
    }

    fn folders_changed(&mut self, params: &DidChangeWorkspaceFoldersParams) {
        let removed: Vec<PathBuf> =
            params.event.removed.iter().filter_map(|folder| path_of(&folder.uri)).collect();
        self.folders.retain(|folder| !removed.contains(folder));
        self.folders.extend(params.event.added.iter().filter_map(|folder| path_of(&folder.uri)));
        self.lint_all();
    }

    /// Looks at the configuration files again, and lints anew where something else holds now.
    fn reload(&mut self) {
        if self.settings.reload() {
            self.lint_all();
        }
    }

    fn lint_all(&mut self) {
        let uris: Vec<Uri> = self.documents.keys().cloned().collect();
        for uri in &uris {
            self.lint(uri);
        }
        self.watch_parameters();
        if self.client.pulls_again && self.client.pulls {
            self.ask("workspace/diagnostic/refresh", Value::Null, Expected::Nothing);
        }
    }

    fn opened(&mut self, params: DidOpenTextDocumentParams) {
        let item = params.text_document;
        if !self.client.watches {
            self.reload();
        }
        let document = Document::new(item.uri.clone(), item.version, item.text, &self.client);
        if let Some(before) = self.documents.insert(item.uri.clone(), document) {
            before.wanted.store(false, Ordering::Relaxed);
            for id in before.waiting {
                self.refuse_stale(id);
            }
        }
        self.lint(&item.uri);
        self.watch_parameters();
    }

    fn changed(&mut self, params: DidChangeTextDocumentParams) {
        let uri = params.text_document.text_document_identifier.uri;
        let Some(document) = self.documents.get_mut(&uri) else { return };
        document.change(params.text_document.version, params.content_changes, &self.client);
        self.lint(&uri);
    }

    fn closed(&mut self, params: DidCloseTextDocumentParams) {
        let uri = params.text_document.uri;
        let Some(document) = self.documents.remove(&uri) else { return };
        document.wanted.store(false, Ordering::Relaxed);
        for id in document.waiting {
            self.refuse_stale(id);
        }
        // What is on disk counts now.
        let mistakes = path_of(&uri).map(|path| self.settings.mistakes(&path).to_vec()).unwrap_or_default();
        if !mistakes.is_empty() || document.shows {
            let found = mistakes.iter().map(|mistake| diagnostics::of_configuration(mistake, &self.client));
            self.publish(uri, None, found.collect());
        }
    }

    fn refuse_stale(&self, id: RequestId) {
        let words = "the document has changed".to_owned();
        respond(self.connection, id, Err((ErrorCode::ContentModified, words)));
    }

    /// Lints a document as it is now, beside the loop.
    fn lint(&mut self, uri: &Uri) {
        self.generation += 1;
        let generation = self.generation;
        let Some(document) = self.documents.get_mut(uri) else { return };
        let wanted = document.renew(generation);
        let (text, events, uri) = (Arc::clone(&document.text), self.events.clone(), uri.clone());
        if is_configuration(&uri) {
            // Small, and its mistakes are no findings.
            self.check_configuration(&uri, &text);
            return;
        }
        let options = self.options(&uri);
        rayon::spawn_fifo(move || {
            let is_wanted = || wanted.load(Ordering::Relaxed);
            let lint = || {
                if is_wanted() { engine::lint_while(&text, FILE, &options, &is_wanted) } else { None }
            };
            let report = catch_unwind(AssertUnwindSafe(lint)).map_err(|panic| in_words(panic.as_ref()));
            let _ = events.send(Event::Linted { uri, generation, report });
        });
    }

    /// The options that hold for a document.
    fn options(&mut self, uri: &Uri) -> Arc<crate::config::Options> {
        let path = path_of(uri);
        // One that is nowhere yet would be in the first folder.
        let path = path.or_else(|| Some(self.folders.first()?.join("untitled.yaml")));
        // A relative path means one in the first folder of the workspace.
        let named = self.preferences.configuration.as_ref().map(|named| match self.folders.first() {
            Some(folder) => folder.join(named),
            None => named.clone(),
        });
        match path {
            Some(path) => self.settings.options(&path, named.as_deref()),
            None => Arc::default(),
        }
    }

    fn check_configuration(&mut self, uri: &Uri, text: &str) {
        let mistakes = settings::check(text);
        let found: Vec<Diagnostic> =
            mistakes.iter().map(|mistake| diagnostics::of_configuration(mistake, &self.client)).collect();
        let Some(document) = self.documents.get_mut(uri) else { return };
        document.report = Some(Arc::default());
        let version = document.version;
        let publishes = document.shows || !found.is_empty();
        document.shows = !found.is_empty();
        let waiting = std::mem::take(&mut document.waiting);
        if publishes {
            self.publish(uri.clone(), Some(version), found);
        }
        for id in waiting {
            respond(self.connection, id, Ok(json!({ "kind": "full", "items": [] })));
        }
    }

    /// Tells of mistakes in configuration files that were found by the way.
    fn tell_news(&mut self) {
        for (path, mistakes) in self.settings.news() {
            let Some(uri) = uri_of(&path) else { continue };
            if let Some(mistake) = mistakes.first() {
                let words = format!("{}: {}", path.display(), mistake.message);
                self.notify("window/showMessage", json!({ "type": 1, "message": words }));
            }
            // An open one is looked at as it stands in the editor.
            if !self.documents.contains_key(&uri) {
                let found = mistakes
                    .iter()
                    .map(|mistake| diagnostics::of_configuration(mistake, &self.client))
                    .collect();
                self.publish(uri, None, found);
            }
        }
    }

    fn happened(&mut self, event: Event) {
        match event {
            Event::Linted { uri, generation, report } => self.linted(&uri, generation, report),
            Event::Answered { id, answer } => {
                let Some(running) = self.running.remove(&id) else { return };
                let is_stale = running.only_for.is_some_and(|(uri, generation)| {
                    self.documents.get(&uri).is_none_or(|document| document.generation != generation)
                });
                if is_stale {
                    self.refuse_stale(id);
                } else {
                    respond(self.connection, id, answer);
                }
            }
        }
    }

    fn linted(&mut self, uri: &Uri, generation: u64, report: Result<Option<FileReport>, String>) {
        let is_current = |document: &Document| document.generation == generation && document.report.is_none();
        if !self.documents.get(uri).is_some_and(is_current) {
            return;
        }
        let report = match report {
            Ok(Some(report)) => report,
            Ok(None) => return,
            Err(panic) => {
                self.log(&format!(
                    "this is a bug in privatelint; please report it with the template: {panic}"
                ));
                FileReport::default()
            }
        };
        let report = Arc::new(report);
        let Some(document) = self.documents.get_mut(uri) else { return };
        document.report = Some(Arc::clone(&report));
        let waiting = std::mem::take(&mut document.waiting);
        let Some(snapshot) = self.snapshot(uri) else { return };
        if !self.client.pulls {
            let found = diagnostics::of(&report, &snapshot);
            if let Some(document) = self.documents.get_mut(uri) {
                // Nothing is said about what is no template, unless something has to be taken back.
                let publishes = report.is_template || document.shows || !found.is_empty();
                document.shows = !found.is_empty();
                if publishes {
                    self.publish(uri.clone(), Some(snapshot.version), found);
                }
            }
        }
        for id in waiting {
            self.report(id, &snapshot, &report, generation);
        }
    }

    fn publish(&self, uri: Uri, version: Option<i32>, diagnostics: Vec<Diagnostic>) {
        let version = version.filter(|_| self.client.diagnostics_have_versions);
        self.notify(
            "textDocument/publishDiagnostics",
            PublishDiagnosticsParams { uri, version, diagnostics },
        );
    }

    /// Answers who asked for what was found.
    fn report(&self, id: RequestId, snapshot: &Snapshot, report: &FileReport, generation: u64) {
        let items = diagnostics::of(report, snapshot);
        let answer = json!({ "kind": "full", "resultId": generation.to_string(), "items": items });
        respond(self.connection, id, Ok(answer));
    }

    fn snapshot(&mut self, uri: &Uri) -> Option<Snapshot> {
        let options = self.options(uri);
        let document = self.documents.get(uri)?;
        Some(Snapshot {
            uri: document.uri.clone(),
            version: document.version,
            text: Arc::clone(&document.text),
            lines: Arc::clone(&document.lines),
            report: document.report.clone(),
            options,
            client: Arc::clone(&self.client),
            preferences: self.preferences.clone(),
        })
    }

    fn requested(&mut self, request: Request) {
        let Request { id, method, .. } = &request;
        let refuse = |code, words: &str| respond(self.connection, id.clone(), Err((code, words.to_owned())));
        if self.is_shut_down {
            return refuse(ErrorCode::InvalidRequest, "the server has shut down");
        }
        match method.as_str() {
            "initialize" => refuse(ErrorCode::InvalidRequest, "the server is initialized already"),
            "shutdown" => self.shut_down(request.id),
            "textDocument/diagnostic" => self.asked_for_diagnostics(request),
            "textDocument/hover" => self.work::<HoverRequest>(
                request,
                |params| &params.text_document_position_params.text_document.uri,
                |snapshot, params| hover::hover(snapshot, params.text_document_position_params.position),
            ),
            "textDocument/completion" => self.work::<CompletionRequest>(
                request,
                |params| &params.text_document_position_params.text_document.uri,
                |snapshot, params| {
                    completion::complete(snapshot, params.text_document_position_params.position)
                },
            ),
            "textDocument/codeAction" => self.work::<CodeActionRequest>(
                request,
                |params| &params.text_document.uri,
                |snapshot, params| Some(actions::actions(snapshot, &params)),
            ),
            "textDocument/documentSymbol" => self.work::<DocumentSymbolRequest>(
                request,
                |params| &params.text_document.uri,
                |snapshot, _| symbols::symbols(snapshot),
            ),
            "textDocument/inlayHint" => self.work::<InlayHintRequest>(
                request,
                |params| &params.text_document.uri,
                |snapshot, params| Some(hints::hints(snapshot, params.range)),
            ),
            "workspace/executeCommand" => self.commanded(request),
            _ => refuse(ErrorCode::MethodNotFound, &format!("`{method}` is not known here")),
        }
    }

    fn shut_down(&mut self, id: RequestId) {
        self.is_shut_down = true;
        for (id, running) in std::mem::take(&mut self.running) {
            running.wanted.store(false, Ordering::Relaxed);
            self.refuse_cancelled(id);
        }
        let waiting: Vec<RequestId> =
            self.documents.values_mut().flat_map(|document| std::mem::take(&mut document.waiting)).collect();
        for id in waiting {
            self.refuse_cancelled(id);
        }
        respond(self.connection, id, Ok(Value::Null));
    }

    /// The parameters of a request; one that is malformed is refused.
    fn params<P: DeserializeOwned>(&self, request: Request) -> Option<(RequestId, P)> {
        match serde_json::from_value(request.params) {
            Ok(params) => Some((request.id, params)),
            Err(error) => {
                respond(self.connection, request.id, Err((ErrorCode::InvalidParams, error.to_string())));
                None
            }
        }
    }

    /// Answers a request about a document, beside the loop.
    fn work<R: Asked>(
        &mut self,
        request: Request,
        document: impl FnOnce(&R::Params) -> &Uri,
        answer: impl FnOnce(&Snapshot, R::Params) -> R::Result + Send + 'static,
    ) {
        let holds_edits = request.method == "textDocument/codeAction";
        let Some((id, params)) = self.params::<R::Params>(request) else { return };
        let uri = document(&params).clone();
        let Some(snapshot) = self.snapshot(&uri) else { return self.refuse_unknown(id, &uri) };
        let generation = self.documents.get(&uri).map_or(0, |document| document.generation);
        let only_for = holds_edits.then_some((uri, generation));
        self.begin(id, only_for, move || Ok(to_value(answer(&snapshot, params))));
    }

    fn refuse_unknown(&self, id: RequestId, uri: &Uri) {
        let words = format!("{uri} is not open");
        respond(self.connection, id, Err((ErrorCode::InvalidParams, words)));
    }

    fn begin(
        &mut self,
        id: RequestId,
        only_for: Option<(Uri, u64)>,
        work: impl FnOnce() -> Answer + Send + 'static,
    ) {
        let wanted = Arc::new(AtomicBool::new(true));
        self.running.insert(id.clone(), Running { wanted: Arc::clone(&wanted), only_for });
        let events = self.events.clone();
        rayon::spawn_fifo(move || {
            if wanted.load(Ordering::Relaxed) {
                let answer = catch_unwind(AssertUnwindSafe(work))
                    .unwrap_or_else(|panic| Err((ErrorCode::InternalError, in_words(panic.as_ref()))));
                let _ = events.send(Event::Answered { id, answer });
            }
        });
    }

    fn asked_for_diagnostics(&mut self, request: Request) {
        let Some((id, params)) = self.params::<DocumentDiagnosticParams>(request) else { return };
        let uri = params.text_document.uri;
        let Some(document) = self.documents.get_mut(&uri) else { return self.refuse_unknown(id, &uri) };
        let generation = document.generation;
        match document.report.clone() {
            None => document.waiting.push(id),
            Some(_) if params.previous_result_id.as_deref() == Some(generation.to_string().as_str()) => {
                let answer = json!({ "kind": "unchanged", "resultId": generation.to_string() });
                respond(self.connection, id, Ok(answer));
            }
            Some(report) => {
                if let Some(snapshot) = self.snapshot(&uri) {
                    self.report(id, &snapshot, &report, generation);
                }
            }
        }
    }

    fn commanded(&mut self, request: Request) {
        let Some((id, params)) = self.params::<ExecuteCommandParams>(request) else { return };
        match commands::read(&params) {
            Ok(Command::Graph { uri, scenario }) => match self.snapshot(&uri) {
                Some(snapshot) => self.begin(id, None, move || {
                    commands::graph(&snapshot, scenario).map_err(|words| (ErrorCode::RequestFailed, words))
                }),
                None => self.refuse_unknown(id, &uri),
            },
            Ok(Command::OpenPage(url)) => {
                let params = json!({ "uri": url, "external": true });
                self.ask("window/showDocument", params, Expected::Nothing);
                respond(self.connection, id, Ok(Value::Null));
            }
            Err(words) => respond(self.connection, id, Err((ErrorCode::InvalidParams, words))),
        }
    }

    fn cancelled(&mut self, params: &Value) {
        let Some(id) = params.get("id").cloned().and_then(|id| serde_json::from_value::<RequestId>(id).ok())
        else {
            return;
        };
        let mut found = false;
        if let Some(running) = self.running.remove(&id) {
            running.wanted.store(false, Ordering::Relaxed);
            found = true;
        }
        for document in self.documents.values_mut() {
            let before = document.waiting.len();
            document.waiting.retain(|waiting| *waiting != id);
            found |= document.waiting.len() < before;
        }
        if found {
            self.refuse_cancelled(id);
        }
    }

    fn refuse_cancelled(&self, id: RequestId) {
        respond(self.connection, id, Err((ErrorCode::RequestCanceled, "cancelled".to_owned())));
    }

    fn answered(&mut self, response: &Response) {
        if let Some(Expected::Settings) = self.asked.remove(&response.id)
            && let Ok(Value::Array(settings)) = &response.response_result
            && let Some(settings) = settings.first()
        {
            self.prefer(settings);
        }
    }

    fn ask(&mut self, method: &str, params: Value, expected: Expected) {
        self.next_id += 1;
        let id = RequestId::from(self.next_id);
        self.asked.insert(id.clone(), expected);
        let _ = self.connection.sender.send(Request { id, method: method.to_owned(), params }.into());
    }

    fn notify(&self, method: &str, params: impl Serialize) {
        let note = Notification { method: method.to_owned(), params: to_value(params) };
        let _ = self.connection.sender.send(note.into());
    }

    fn log(&self, words: &str) {
        self.notify("window/logMessage", json!({ "type": 1, "message": words }));
    }
}

fn is_configuration(uri: &Uri) -> bool {
    uri.path().rsplit('/').next() == Some(CONFIG_FILE)
}

fn to_value(value: impl Serialize) -> Value {
    // Fails only where a key of a map is no text.
    serde_json::to_value(value).unwrap_or(Value::Null)
}

/// What a panic said.
fn in_words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".to_owned())
}
