//! Reading on after a mistake in YAML: what cannot be read is blanked, and the mistake is told in the author's terms.

use super::yaml::{self, Failure};
use super::{SyntaxError, Tree};
use crate::text::{FileId, Span};

pub(super) fn read<'t>(source: &'t str, file: FileId) -> (Tree<'t>, Vec<SyntaxError>) {
    let yaml::Reading { tree, mut errors, failure } = yaml::read(source, source, file);
    if let Some(Failure { fault, offset, .. }) = failure {
        errors.push(SyntaxError { span: Span::new(file, offset, offset), message: format!("{fault:?}"), other: None, help: None });
    }
    (tree, errors)
}
