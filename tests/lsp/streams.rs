//! The binary over its standard streams: framing, garbage, clients that die, exit codes.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::{RULE, TEMPLATE, URI, with_rule};

struct Server {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Server {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_privatelint"))
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    fn raw(&mut self, bytes: &[u8]) {
        // A server that has given up does not read.
        let input = self.input.as_mut().unwrap();
        let _ = input.write_all(bytes).and_then(|()| input.flush());
    }

    fn say(&mut self, message: &Value) {
        let body = message.to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    fn ask(&mut self, id: i32, method: &str, params: Value) -> Value {
        self.say(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        self.hear(|message| message["id"] == id)
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.say(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn hear(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let mut length = 0;
            loop {
                let mut line = String::new();
                assert!(self.output.read_line(&mut line).unwrap() > 0, "the server has ended");
                if line == "\r\n" {
                    break;
                }
                length = line.trim().strip_prefix("Content-Length: ").unwrap().parse().unwrap();
            }
            let mut body = vec![0; length];
            self.output.read_exact(&mut body).unwrap();
            let message: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(message["jsonrpc"], "2.0");
            if is_it(&message) {
                return message;
            }
        }
    }

    fn works(&mut self) {
        let document = json!({ "uri": URI, "languageId": "yaml", "version": 1, "text": TEMPLATE });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
        let published = self.hear(|message| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["diagnostics"] != json!([])
        });
        with_rule(published["params"]["diagnostics"].as_array().unwrap(), RULE);
        self.tell("textDocument/didClose", json!({ "textDocument": { "uri": URI } }));
    }

    /// Its exit code, and nothing on the standard error.
    fn end(mut self) -> Option<i32> {
        drop(self.input.take());
        let mut rest = Vec::new();
        let _ = self.output.read_to_end(&mut rest);
        let mut complaints = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut complaints).unwrap();
        assert_eq!(complaints, "");
        self.child.wait().unwrap().code()
    }
}

#[test]
fn a_session_over_the_streams() {
    let mut server = Server::start();
    let greeting = server.ask(1, "initialize", json!({ "capabilities": {} }));
    assert_eq!(greeting["result"]["serverInfo"]["name"], "privatelint");
    server.tell("initialized", json!({}));
    server.works();
    assert_eq!(server.ask(2, "shutdown", Value::Null)["result"], Value::Null);
    server.tell("exit", Value::Null);
    assert_eq!(server.end(), Some(0));

    let mut server = Server::start();
    server.ask(1, "initialize", json!({}));
    server.tell("exit", Value::Null);
    assert_eq!(server.end(), Some(1), "the protocol wants it so without `shutdown`");
}

#[test]
fn a_client_that_dies_ends_it() {
    assert_eq!(Server::start().end(), Some(0));
    let mut server = Server::start();
    server.ask(1, "initialize", json!({}));
    assert_eq!(server.end(), Some(0));
    let mut server = Server::start();
    server.ask(1, "initialize", json!({}));
    let document = json!({ "uri": URI, "languageId": "yaml", "version": 1, "text": TEMPLATE });
    server.tell("textDocument/didOpen", json!({ "textDocument": document }));
    server.raw(b"Content-Length: 1000\r\n\r\n{\"jso");
    assert_eq!(server.end(), Some(0), "in the middle of a message");
}

#[test]
fn garbage_is_passed_over() {
    let mut server = Server::start();
    server.raw(b"Content-Length: 3\r\n\r\n\xff\xfe\xfd");
    server.raw(b"Content-Length: 0\r\n\r\n");
    server.raw(b"Content-Length: 2\r\nX-Header: \xff\r\n\r\n[]");
    server.ask(1, "initialize", json!({ "capabilities": {} }));
    for garbage in [
        "{",
        "null",
        "7",
        "{\"jsonrpc\":\"2.0\"}",
        "{\"id\":1.5,\"method\":\"x\"}",
        "{\"id\":{},\"result\":1}",
    ] {
        server.raw(format!("content-length:{}\n\n{garbage}", garbage.len()).as_bytes());
    }
    let deep = "[".repeat(1_000_000);
    server.raw(format!("Content-Length: {}\r\n\r\n{deep}", deep.len()).as_bytes());
    server.say(&json!({ "jsonrpc": "2.0", "id": 77, "result": [1, 2] }));
    server.say(&json!({ "jsonrpc": "2.0", "id": 77, "error": { "code": 1, "message": "" } }));
    server.hear(|message| message["method"] == "window/logMessage");
    server.works();
    // More than is taken, read and dropped.
    let large = 65 << 20;
    server.raw(format!("Content-Length: {large}\r\n\r\n").as_bytes());
    let chunk = vec![b'x'; 1 << 20];
    for _ in 0..65 {
        server.raw(&chunk);
    }
    server.works();
    assert_eq!(server.ask(2, "shutdown", Value::Null)["result"], Value::Null);
    server.tell("exit", Value::Null);
    assert_eq!(server.end(), Some(0));
}

#[test]
fn a_stream_that_is_lost_ends_it_cleanly() {
    for garbage in [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"Content-Length: many\r\n\r\n{}".to_vec(),
        b"Content-Length: -1\r\n\r\n{}".to_vec(),
        b"Content-Length: 99999999999999999999999\r\n\r\n{}".to_vec(),
        b"Content-Length: 18446744073709551615\r\n\r\n{}".to_vec(),
        b"Content-Length: 60000000\r\n\r\n{}".to_vec(),
        vec![b'x'; 10 << 20],
        b"X: y\r\n".repeat(1 << 20),
        vec![0; 1 << 20],
    ] {
        let mut server = Server::start();
        server.ask(1, "initialize", json!({}));
        server.raw(&garbage);
        assert_eq!(server.end(), Some(0));
    }
}
