//! Messages over a pair of streams, framed as the protocol says, with limits: garbage costs neither memory nor the server.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Sender, select, unbounded};
use lsp_server::{Connection, Message, Notification};
use serde_json::json;

/// How many bytes a message may have: an edit of the largest text that is read, each byte of it escaped as `\u0000`, and
/// some room.
const MAXIMUM_MESSAGE: u64 = 64 << 20;

/// How many bytes the headers of a message may have together.
const MAXIMUM_HEADERS: u64 = 8 << 10;

/// What came in.
#[derive(Debug)]
enum Incoming {
    Message(Message),
    /// A whole message that cannot be understood; the next one begins where it ends.
    Malformed(String),
    /// The stream ends, maybe in the middle of a message.
    End,
}

/// The thread that writes.
#[derive(Debug)]
pub struct Writer {
    thread: JoinHandle<()>,
    last: Sender<()>,
}

impl Writer {
    /// Waits until all that was sent is written.
    pub fn finish(self) {
        // What a client that has gone does not read is lost either way.
        let _ = self.last.send(());
        let _ = self.thread.join();
    }
}

/// A connection over two streams. What is malformed is told to the client and passed over; where it cannot be known where
/// the next message begins, the connection ends.
pub fn connect(
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
) -> (Connection, Writer) {
    let (sender, outgoing) = unbounded::<Message>();
    let (incoming, receiver) = unbounded();
    let (last, is_last) = unbounded();
    let complaints = sender.clone();
    // The reader stands in a read when the server ends, so nobody waits for it.
    thread::spawn(move || read_all(&mut BufReader::new(input), &incoming, &complaints));
    let thread = thread::spawn(move || {
        let mut output = BufWriter::new(output);
        let mut write = |message: &Message| message.write(&mut output).is_ok();
        loop {
            select! {
                recv(outgoing) -> message => match message {
                    Ok(message) if write(&message) => {}
                    _ => break,
                },
                recv(is_last) -> _ => {
                    _ = outgoing.try_iter().all(|message| write(&message));
                    break;
                }
            }
        }
    });
    (Connection { sender, receiver }, Writer { thread, last })
}

fn read_all(input: &mut impl BufRead, incoming: &Sender<Message>, complaints: &Sender<Message>) {
    loop {
        let message = match read(input) {
            Ok(Incoming::Message(message)) => message,
            Ok(Incoming::Malformed(reason)) => {
                let params =
                    json!({ "type": 2, "message": format!("privatelint passes over a message: {reason}") });
                let complaint = Notification { method: "window/logMessage".to_owned(), params };
                let _ = complaints.send(complaint.into());
                continue;
            }
            Ok(Incoming::End) | Err(_) => return,
        };
        let is_exit = matches!(&message, Message::Notification(note) if note.method == "exit");
        if incoming.send(message).is_err() || is_exit {
            return;
        }
    }
}

/// One message. An error leaves the stream at a place where no message begins.
fn read(input: &mut impl BufRead) -> io::Result<Incoming> {
    let Some(length) = read_headers(input)? else { return Ok(Incoming::End) };
    if length > MAXIMUM_MESSAGE {
        io::copy(&mut input.take(length), &mut io::sink())?;
        return Ok(Incoming::Malformed(format!("it has {length} bytes")));
    }
    // As much memory as there is text, whatever the header promises.
    let mut body = Vec::new();
    input.take(length).read_to_end(&mut body)?;
    if (body.len() as u64) < length {
        return Ok(Incoming::End);
    }
    Ok(serde_json::from_slice(&body)
        .map_or_else(|error| Incoming::Malformed(error.to_string()), Incoming::Message))
}

/// The length of the message that follows; `None` at the end of the stream.
fn read_headers(input: &mut impl BufRead) -> io::Result<Option<u64>> {
    let malformed = |reason: &str| io::Error::new(io::ErrorKind::InvalidData, reason.to_owned());
    let mut input = input.take(MAXIMUM_HEADERS);
    let mut length = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return if input.limit() == 0 { Err(malformed("endless headers")) } else { Ok(None) };
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            return length.map(Some).ok_or_else(|| malformed("no Content-Length"));
        }
        let (name, value) = text.split_once(':').ok_or_else(|| malformed("not a header"))?;
        if name.trim().eq_ignore_ascii_case("Content-Length") {
            length = Some(value.trim().parse().map_err(|_| malformed("not a length"))?);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Vec<String> {
        let mut input = bytes;
        let mut words = Vec::new();
        loop {
            match read(&mut input) {
                Ok(Incoming::Message(Message::Notification(note))) => words.push(note.method),
                Ok(Incoming::Message(other)) => words.push(format!("{other:?}")),
                Ok(Incoming::Malformed(_)) => words.push("malformed".to_owned()),
                Ok(Incoming::End) => break,
                Err(_) => {
                    words.push("lost".to_owned());
                    break;
                }
            }
        }
        words
    }

    fn framed(body: &[u8]) -> Vec<u8> {
        [format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
    }

    #[test]
    fn reads_messages_one_after_the_other() {
        let one = framed(br#"{"jsonrpc":"2.0","method":"a","params":{}}"#);
        let two = b"content-length:24\nContent-Type: x\n\n{\"method\":\"b\",\"params\":1}".to_vec();
        assert_eq!(all(&[one, two].concat())[..1], ["a"]);
    }

    #[test]
    fn what_is_malformed_is_passed_over() {
        let good = framed(br#"{"method":"good"}"#);
        let deep = framed("[".repeat(100_000).as_bytes());
        for bad in
            [framed(b"\xff\xfe"), framed(b"{"), framed(b""), framed(b"[]"), framed(br#"{"id":1.5}"#), deep]
        {
            assert_eq!(all(&[bad, good.clone()].concat()), ["malformed", "good"]);
        }
    }

    #[test]
    fn a_promised_length_costs_nothing() {
        assert_eq!(all(b"Content-Length: 60000000\r\n\r\nabc"), [""; 0]);
        // More than is taken: skipped until the stream ends.
        assert_eq!(all(b"Content-Length: 18446744073709551615\r\n\r\nabc"), ["malformed"]);
        assert_eq!(all(b"Content-Length: 184467440737095516150\r\n\r\nabc"), ["lost"]);
        assert_eq!(all(b"Content-Length: -1\r\n\r\nabc"), ["lost"]);
    }

    #[test]
    fn headers_that_are_none_end_the_connection() {
        assert_eq!(all(b"hello\r\n\r\n"), ["lost"]);
        assert_eq!(all(b"\r\n\r\n"), ["lost"]);
        assert_eq!(all(&b"x: y\r\n".repeat(10_000)), ["lost"]);
        assert_eq!(all(&b"x".repeat(1_000_000)), ["lost"]);
        assert_eq!(all(b"Content-Length: 2"), [""; 0], "the stream ends in a header");
        assert_eq!(all(b""), [""; 0]);
    }
}
