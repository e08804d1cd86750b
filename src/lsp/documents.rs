//! The documents that the client has open, and copies of them for the threads that work on one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lsp_server::RequestId;
use lsp_types::{TextDocumentContentChangeEvent, Uri};

use super::client::Client;
use super::convert::{Lines, path_of};
use super::settings::Preferences;
use crate::config::Options;
use crate::engine::{self, FileReport};
use crate::network::Network;
use crate::text::{FileId, Source};

/// The one source of a report on a document.
pub(super) const FILE: FileId = FileId(0);

/// An open document.
pub(super) struct Document {
    pub(super) uri: Uri,
    pub(super) version: i32,
    pub(super) text: Arc<str>,
    pub(super) lines: Arc<Lines>,
    /// Another number for every text and every change of the options.
    pub(super) generation: u64,
    /// What was found, if that is known for this generation.
    pub(super) report: Option<Arc<FileReport>>,
    /// Whether the result of the lint that runs is still wanted.
    pub(super) wanted: Arc<AtomicBool>,
    /// Who waits for what is found.
    pub(super) waiting: Vec<RequestId>,
    /// Whether the client shows something for it.
    pub(super) shows: bool,
}

impl Document {
    pub(super) fn new(uri: Uri, version: i32, text: String, client: &Client) -> Self {
        let text: Arc<str> = text.into();
        let lines = Arc::new(Lines::new(Arc::clone(&text), client.encoding));
        Self {
            uri,
            version,
            text,
            lines,
            generation: 0,
            report: None,
            wanted: Arc::new(AtomicBool::new(true)),
            waiting: Vec::new(),
            shows: false,
        }
    }

    /// Makes the changes, each on the result of the one before. They are whole texts; a client that sends parts all the same
    /// is understood.
    pub(super) fn change(
        &mut self,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        client: &Client,
    ) {
        self.version = version;
        for change in changes {
            let text: String = match change {
                TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => whole.text,
                TextDocumentContentChangeEvent::TextDocumentContentChangePartial(part) => {
                    let mut text = self.text.to_string();
                    text.replace_range(self.lines.bytes(part.range), &part.text);
                    text
                }
            };
            self.text = text.into();
            self.lines = Arc::new(Lines::new(Arc::clone(&self.text), client.encoding));
        }
    }

    /// Begins a new generation: whatever is being worked on is not wanted any more.
    pub(super) fn renew(&mut self, generation: u64) -> Arc<AtomicBool> {
        self.generation = generation;
        self.report = None;
        self.wanted.store(false, Ordering::Relaxed);
        self.wanted = Arc::new(AtomicBool::new(true));
        Arc::clone(&self.wanted)
    }
}

/// A document at one moment, with all that it takes to answer questions about it.
pub(super) struct Snapshot {
    pub(super) uri: Uri,
    pub(super) version: i32,
    pub(super) text: Arc<str>,
    pub(super) lines: Arc<Lines>,
    pub(super) report: Option<Arc<FileReport>>,
    pub(super) options: Arc<Options>,
    pub(super) client: Arc<Client>,
    pub(super) preferences: Preferences,
}

impl Snapshot {
    /// What is found in it.
    pub(super) fn report(&self) -> Arc<FileReport> {
        let lint = || Arc::new(engine::lint(&self.text, FILE, &self.options));
        self.report.clone().unwrap_or_else(lint)
    }

    /// Shows its network in a scenario, from 0; see [`engine::in_scenario`].
    pub(super) fn in_scenario<T>(
        &self,
        index: usize,
        show: impl FnOnce(&Network<'_, '_>, &[String]) -> T,
    ) -> Result<T, Vec<String>> {
        engine::in_scenario(&self.text, FILE, &self.options, index, show)
    }

    /// Shows its network in the first scenario, in which the defaults hold.
    pub(super) fn in_first_scenario<T>(
        &self,
        show: impl FnOnce(&Network<'_, '_>, &[String]) -> T,
    ) -> Option<T> {
        self.in_scenario(0, show).ok()
    }

    /// Whether it is written as JSON.
    pub(super) fn is_json(&self) -> bool {
        self.text.trim_start_matches('\u{feff}').trim_start().starts_with('{')
    }

    /// Its name and text.
    pub(super) fn source(&self) -> Source {
        let path = path_of(&self.uri);
        let name = path
            .as_deref()
            .and_then(std::path::Path::file_name)
            .map_or_else(|| self.uri.path().to_owned(), |name| name.to_string_lossy().into_owned());
        Source::new(name, &*self.text)
    }
}
