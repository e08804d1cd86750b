//! From a part of a scalar's decoded text back to its place in the source.

use std::ops::Range;

use super::Node;
use crate::text::Span;

pub(super) fn locate(node: &Node<'_>, _source: &str, _range: Range<usize>) -> Span {
    node.span
}
