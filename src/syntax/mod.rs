//! YAML and JSON text to one tree of spanned nodes. Never fails: what can be read is read, the rest is errors.

mod json;
mod part;
mod recover;
mod tree;
mod yaml;

pub use tree::{Entry, Node, NodeId, NodeKind, Scalar, Style, Tag, Tree};

use crate::text::{FileId, Span};

/// What is read at most of one file, in bytes. CloudFormation takes templates of up to 1 MB
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>).
pub const MAXIMUM_BYTES: usize = 8 << 20;

/// How deep collections may nest.
pub const MAXIMUM_DEPTH: usize = 255;

/// A tree with what was wrong in the text.
#[derive(Debug)]
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
