//! Many edits in a row: what is shown at the end is what a fresh run finds.

use serde_json::{Value, json};

use super::client::Client;
use super::{TEMPLATE, URI};

/// Edits, each on the text that the one before left.
const EDITS: i32 = 10_000;

/// Numbers that look random and are the same on every machine.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

const PIECES: &[&str] = &[
    "",
    " ",
    "\n",
    "\r\n",
    "  ",
    ":",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "'",
    "\"",
    "#",
    "!Ref ",
    "é",
    "😀",
    "Gateway",
    "Interface",
    "\t",
    "&a ",
    "*a ",
    "|\n",
    "AWS::",
    "Vpc",
    "0",
];

fn edited(text: &str, numbers: &mut Numbers) -> String {
    let bounds: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let start = numbers.below(bounds.len());
    let end = (start + numbers.below(4)).min(bounds.len() - 1);
    format!("{}{}{}", &text[..bounds[start]], PIECES[numbers.below(PIECES.len())], &text[bounds[end]..])
}

/// What a server that has seen nothing else says of a text.
fn fresh(text: &str) -> Value {
    let mut client = Client::with_abilities(&[("textDocument/diagnostic", json!({}))]);
    client.open(URI, text);
    found(&mut client)
}

fn found(client: &mut Client) -> Value {
    client.ask("textDocument/diagnostic", json!({ "textDocument": { "uri": URI } })).unwrap()["items"].clone()
}

#[test]
fn after_any_edits_the_findings_are_those_of_a_fresh_run() {
    let mut numbers = Numbers(0x2545_F491_4F6C_DD1D);
    let mut client = Client::with_abilities(&[("textDocument/diagnostic", json!({}))]);
    client.open(URI, TEMPLATE);
    let mut text = TEMPLATE.to_owned();
    for version in 2..EDITS + 2 {
        // What is broken beyond recognition has little left to get wrong.
        text = if version % 12 == 0 { TEMPLATE.to_owned() } else { edited(&text, &mut numbers) };
        client.change(URI, version, &text);
        if version % 250 == 0 {
            assert_eq!(found(&mut client), fresh(&text), "version {version}:\n{text}");
        }
    }
    assert_eq!(found(&mut client), fresh(&text), "{text}");
}

#[test]
fn the_last_thing_published_is_about_the_last_edit() {
    let mut numbers = Numbers(7);
    let mut client = Client::new();
    client.open(URI, TEMPLATE);
    let mut versions = vec![client.published(URI).0.unwrap()];
    for version in 2..=200 {
        let text = if version == 200 { TEMPLATE.to_owned() } else { edited(TEMPLATE, &mut numbers) };
        client.change(URI, version, &text);
    }
    while versions.last() != Some(&200) {
        versions.push(client.published(URI).0.unwrap());
    }
    assert!(versions.is_sorted(), "{versions:?}");
    assert!(!client.was_published(URI), "something came after the last");
}
