//! The language server: the engine behind an editor, over the standard streams.
//!
//! One thread owns all state and handles messages in their order ([`serve`]); what takes longer runs beside it on a copy of
//! a document and comes back as an event. An edit makes a lint that still runs stop, and a result that is not for the text
//! as it is now is dropped. Every answer is about the text as it is: nothing is remembered from before the last edit.

mod actions;
mod client;
mod commands;
mod completion;
mod convert;
mod diagnostics;
mod documents;
mod hints;
mod hover;
mod ignore;
mod server;
mod settings;
mod symbols;
mod wire;

use std::io;

pub use server::{End, serve};
pub use wire::{Writer, connect};

/// Serves the client at the other end of the standard streams until it leaves.
pub fn stdio() -> End {
    let (connection, writer) = connect(io::stdin(), io::stdout());
    let end = serve(&connection);
    writer.finish();
    end
}
