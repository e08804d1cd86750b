//! A client for tests: says what it is told to say, and waits for what comes back.

use std::collections::VecDeque;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use lsp_server::{Connection, Message, Notification, Request, RequestId, Response};
use privatelint::lsp::{End, serve};
use serde_json::{Value, json};

/// How long an answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A client with a server on a thread of its own.
pub(crate) struct Client {
    pub(crate) connection: Connection,
    server: Option<JoinHandle<End>>,
    next_id: i32,
    /// What came before it was asked for.
    early: VecDeque<Message>,
    /// What `initialize` was answered with.
    pub(crate) greeting: Value,
}

/// What editors of today can.
pub(crate) fn capabilities() -> Value {
    json!({
        "general": { "positionEncodings": ["utf-16"] },
        "textDocument": {
            "publishDiagnostics": {
                "relatedInformation": true, "versionSupport": true, "codeDescriptionSupport": true
            },
            "codeAction": { "codeActionLiteralSupport": { "codeActionKind": { "valueSet": [] } } },
            "documentSymbol": { "hierarchicalDocumentSymbolSupport": true },
        },
        "window": { "showDocument": { "support": true } },
        "workspace": { "workspaceEdit": { "documentChanges": true } },
    })
}

impl Client {
    /// A client of which nothing has been heard yet.
    pub(crate) fn silent() -> Self {
        let (server, connection) = Connection::memory();
        let server = Some(thread::spawn(move || serve(&server)));
        Self { connection, server, next_id: 0, early: VecDeque::new(), greeting: Value::Null }
    }

    /// A client that has been greeted.
    pub(crate) fn with(params: Value) -> Self {
        let mut client = Self::silent();
        client.greeting = client.ask("initialize", params).unwrap();
        client.tell("initialized", json!({}));
        client
    }

    pub(crate) fn new() -> Self {
        Self::with(json!({ "capabilities": capabilities() }))
    }

    /// The same with other abilities: pairs of a path and a value.
    pub(crate) fn with_abilities(abilities: &[(&str, Value)]) -> Self {
        let mut all = capabilities();
        for (path, value) in abilities {
            let mut place = &mut all;
            for key in path.split('/') {
                place = &mut place[key];
            }
            *place = value.clone();
        }
        Self::with(json!({ "capabilities": all }))
    }

    pub(crate) fn tell(&mut self, method: &str, params: Value) {
        let note = Notification { method: method.to_owned(), params };
        self.connection.sender.send(note.into()).unwrap();
    }

    /// Asks and does not wait.
    pub(crate) fn begin(&mut self, method: &str, params: Value) -> i32 {
        self.next_id += 1;
        let request = Request { id: self.next_id.into(), method: method.to_owned(), params };
        self.connection.sender.send(request.into()).unwrap();
        self.next_id
    }

    /// Waits for an answer: the result, or the code of the error.
    pub(crate) fn end(&mut self, id: i32) -> Result<Value, i32> {
        let id = RequestId::from(id);
        let message =
            self.wait(|message| matches!(message, Message::Response(response) if response.id == id));
        let Message::Response(Response { response_result, .. }) = message else { unreachable!() };
        response_result.map_err(|error| error.code)
    }

    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Result<Value, i32> {
        let id = self.begin(method, params);
        self.end(id)
    }

    /// Waits for a request or notification of the server: its parameters.
    pub(crate) fn told(&mut self, method: &str) -> Value {
        let is_it = |message: &Message| match message {
            Message::Notification(note) => note.method == method,
            Message::Request(request) => request.method == method,
            Message::Response(_) => false,
        };
        match self.wait(is_it) {
            Message::Notification(note) => note.params,
            Message::Request(request) => {
                self.connection.sender.send(Response::new_ok(request.id, Value::Null).into()).unwrap();
                request.params
            }
            Message::Response(_) => unreachable!(),
        }
    }

    /// Waits for a request of the server and answers it.
    pub(crate) fn answer(&mut self, method: &str, answer: Value) -> Value {
        let is_it =
            |message: &Message| matches!(message, Message::Request(request) if request.method == method);
        let Message::Request(request) = self.wait(is_it) else { unreachable!() };
        self.connection.sender.send(Response::new_ok(request.id, answer).into()).unwrap();
        request.params
    }

    fn wait(&mut self, is_it: impl Fn(&Message) -> bool) -> Message {
        if let Some(index) = self.early.iter().position(&is_it) {
            return self.early.remove(index).unwrap();
        }
        loop {
            let message = self.connection.receiver.recv_timeout(PATIENCE).expect("the server is silent");
            if is_it(&message) {
                return message;
            }
            self.early.push_back(message);
        }
    }

    pub(crate) fn open(&mut self, uri: &str, text: &str) {
        let document = json!({ "uri": uri, "languageId": "yaml", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    pub(crate) fn change(&mut self, uri: &str, version: i32, text: &str) {
        let document = json!({ "uri": uri, "version": version });
        let params = json!({ "textDocument": document, "contentChanges": [{ "text": text }] });
        self.tell("textDocument/didChange", params);
    }

    pub(crate) fn close(&mut self, uri: &str) {
        self.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    }

    /// Waits until something is published for a document: its version and the diagnostics.
    pub(crate) fn published(&mut self, uri: &str) -> (Option<i64>, Vec<Value>) {
        let params = loop {
            let is_it = |message: &Message| {
                matches!(message, Message::Notification(note)
                    if note.method == "textDocument/publishDiagnostics" && note.params["uri"] == uri)
            };
            if let Message::Notification(note) = self.wait(is_it) {
                break note.params;
            }
        };
        (params["version"].as_i64(), params["diagnostics"].as_array().unwrap().clone())
    }

    /// What has been published for a document and not been waited for.
    pub(crate) fn was_published(&mut self, uri: &str) -> bool {
        // Whatever was going to be said before this answer has been said.
        let _ = self.ask("nothing/such", Value::Null);
        self.early.iter().any(|message| {
            matches!(message, Message::Notification(note)
                if note.method == "textDocument/publishDiagnostics" && note.params["uri"] == uri)
        })
    }

    /// Asks at a place of a document.
    pub(crate) fn ask_at(&mut self, method: &str, uri: &str, line: u32, character: u32) -> Value {
        let position = json!({ "line": line, "character": character });
        self.ask(method, json!({ "textDocument": { "uri": uri }, "position": position })).unwrap()
    }

    /// Leaves in order.
    pub(crate) fn leave(mut self) -> End {
        assert_eq!(self.ask("shutdown", Value::Null), Ok(Value::Null));
        self.tell("exit", Value::Null);
        self.server.take().unwrap().join().unwrap()
    }

    /// How the session ended, after the client has said what ends it.
    pub(crate) fn ended(mut self) -> End {
        self.server.take().unwrap().join().unwrap()
    }

    /// Goes away without a word.
    pub(crate) fn vanish(mut self) -> End {
        let server = self.server.take().unwrap();
        drop(self.connection);
        server.join().unwrap()
    }
}
