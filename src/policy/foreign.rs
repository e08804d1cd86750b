//! Actions of other services than the one that a policy is asked about.

use crate::text::Span;

use super::document::Statement;

/// What a statement says of other services.
#[derive(Debug)]
pub struct ForeignActions<'p> {
    /// The actions that certainly belong to another service: its IAM prefix and the place.
    pub items: Vec<(&'p str, Span)>,
    /// Whether these are all actions of the statement.
    pub only: bool,
}

impl Statement<'_> {
    /// Its actions that certainly belong to none of the services with these IAM prefixes.
    pub fn foreign_actions(&self, prefixes: &[&str]) -> ForeignActions<'_> {
        let Some(actions) = self.actions.as_ref().filter(|actions| !actions.negated) else {
            return ForeignActions { items: Vec::new(), only: false };
        };
        let own = |prefix: &str| prefixes.iter().any(|own| own.eq_ignore_ascii_case(prefix));
        let items: Vec<(&str, Span)> = actions
            .items
            .iter()
            .filter_map(|item| Some((item.text()?.split_once(':')?.0, item.span)))
            .filter(|(prefix, _)| !prefix.is_empty() && !prefix.contains(['*', '?']) && !own(prefix))
            .collect();
        let only = self.complete && actions.complete && items.len() == actions.items.len();
        ForeignActions { only: only && !items.is_empty(), items }
    }
}
