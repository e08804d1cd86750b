//! Any bytes from a client: first as they are, then each line of them as a message with the right headers. The server ends
//! when the stream does, and what it writes is framed.
#![no_main]

use std::io::{self, Cursor, Write};
use std::sync::{Arc, Mutex};

use privatelint::lsp;

/// What the server writes.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().map_or(Ok(0), |mut all| all.write(bytes))
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"capabilities":{}}}"#;
const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"initialized","params":{}}"#;
const EXIT: &str = r#"{"jsonrpc":"2.0","method":"exit"}"#;

fn talk(bytes: Vec<u8>) {
    let sink = Sink::default();
    let (connection, writer) = lsp::connect(Cursor::new(bytes), sink.clone());
    lsp::serve(&connection);
    writer.finish();
    let written = sink.0.lock().map_or_else(|_| Vec::new(), |all| all.clone());
    let mut rest = &written[..];
    while !rest.is_empty() {
        let text = String::from_utf8_lossy(rest).into_owned();
        let (head, _) = text.split_once("\r\n\r\n").expect("headers");
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).expect("a length");
        rest = &rest[head.len() + 4 + length.parse::<usize>().expect("a number")..];
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    talk(bytes.to_vec());
    let mut framed = Vec::new();
    let lines = bytes.split(|byte| *byte == b'\n');
    for message in [INITIALIZE, INITIALIZED].map(str::as_bytes).into_iter().chain(lines).chain([EXIT.as_bytes()]) {
        let _ = write!(framed, "Content-Length: {}\r\n\r\n", message.len());
        framed.extend_from_slice(message);
    }
    talk(framed);
});
