//! YAML and JSON text to one tree of spanned nodes. Never fails: what can be read is read, the rest is errors.

mod build;
mod json;
mod part;
mod quoted;
mod recover;
mod scan;
mod subset;
mod tree;
mod yaml;

pub use part::Places;
pub use tree::{Entries, Entry, Items, Node, NodeId, NodeKind, Scalar, Style, Tag, TagId, Tree};

use crate::text::{FileId, Span};

/// What is read at most of one file, in bytes. A template may have up to 1 MB
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>).
pub const MAXIMUM_BYTES: usize = 8 << 20;

/// How deep collections may nest.
pub const MAXIMUM_DEPTH: usize = 255;

/// How many nodes the aliases of a document may stand for, all of them expanded.
pub const MAXIMUM_EXPANSION: usize = 200_000;

/// A tree with what was wrong in the text.
#[derive(Debug, PartialEq, Eq)]
pub struct Parsed<'t> {
    /// What could be read.
    pub tree: Tree<'t>,
    /// What could not, in the order of the text.
    pub errors: Vec<SyntaxError>,
}

/// A mistake in the text, worded for the author of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where.
    pub span: Span,
    /// What the author did; lower case, no full stop.
    pub message: String,
    /// Another place that belongs to it (the first of two equal keys), with its words.
    pub other: Option<(Span, String)>,
    /// What to write instead.
    pub help: Option<String>,
}

/// Reads a template's text, JSON or YAML. Whatever the text is, there is a tree of what could be read.
pub fn parse(text: &str, file: FileId) -> Parsed<'_> {
    if text.len() > MAXIMUM_BYTES {
        let error = SyntaxError {
            span: Span::new(file, 0, 0),
            message: format!("it has more than {} MiB, and CloudFormation takes 1 MB", MAXIMUM_BYTES >> 20),
            other: None,
            help: Some("split it into nested stacks".to_owned()),
        };
        return Parsed { tree: Tree::default(), errors: vec![error] };
    }
    parse_long(text, file)
}

/// The same for a text that may be longer than a template, up to 4 GiB.
pub(crate) fn parse_long(text: &str, file: FileId) -> Parsed<'_> {
    let (tree, mut errors) =
        if looks_like_json(text) { read_json(text, file) } else { read_lines(text, file) };
    errors.sort_by_key(|error| error.span);
    Parsed { tree, errors }
}

/// A reader of YAML.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum YamlReader {
    /// The fast one, for what templates are written in.
    Subset,
    /// The one for all of YAML, which also finds the mistakes.
    Complete,
}

/// What one reader alone makes of a text, and none where it does not take it. It is there for tests: what
/// [`YamlReader::Subset`] takes, [`YamlReader::Complete`] takes too, with the same result.
#[doc(hidden)]
pub fn read_yaml(text: &str, file: FileId, reader: YamlReader) -> Option<Parsed<'_>> {
    match reader {
        YamlReader::Subset => subset::read(text, file).ok().map(|(tree, errors)| Parsed { tree, errors }),
        YamlReader::Complete => {
            let reading = recover::read(yaml::Reader::new(text, file));
            reading.failure.is_none().then_some(Parsed { tree: reading.tree, errors: reading.errors })
        }
    }
}

/// Whether the first thing in the text is a bracket of JSON, and not one of a text template (`{{ name }}`, `{% if %}`).
fn looks_like_json(text: &str) -> bool {
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\n', '\r']);
    start.starts_with(['{', '[']) && !["{{", "{%", "{#"].iter().any(|mark| start.starts_with(mark))
}

/// YAML: by the fast reader as far as it takes the text.
fn read_lines(text: &str, file: FileId) -> (Tree<'_>, Vec<SyntaxError>) {
    subset::read(text, file).unwrap_or_else(|reader| {
        let reading = recover::read(*reader);
        (reading.tree, reading.errors)
    })
}

/// JSON, or YAML in brackets if the text is that without a mistake: CloudFormation tries the two in this order
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-validate-template.html>).
fn read_json(text: &str, file: FileId) -> (Tree<'_>, Vec<SyntaxError>) {
    let json = json::read(text, file);
    if !json.well_formed {
        let mut reader = yaml::Reader::new(text, file);
        if reader.read(0).is_none() {
            let yaml = reader.finish();
            if yaml.1.is_empty() {
                return yaml;
            }
        }
    }
    (json.tree, json.errors)
}
