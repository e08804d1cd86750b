//! The condition keys of a statement, which of them draw a line around identities or resources, and who and what is
//! left outside of any line.

use crate::facts::{Perimeter, policy_facts};
use crate::text::Span;

use super::document::{Condition, Policy, Statement};
use super::spelling::{Letter, Spelling};
use super::stack::Stack;

/// What the statements of a policy that allow leave open together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// A statement lets anybody reach resources of any account: the places that say so.
    Both {
        /// Anybody.
        identity: Span,
        /// Resources of any account.
        resource: Span,
    },
    /// Conditions draw lines around one side only; the other is open at this place.
    Side(Perimeter, Span),
}

impl<'t> Statement<'t> {
    /// Its conditions, one for each operator and key, as far as they are visible.
    pub fn conditions(&self) -> &[Condition<'t>] {
        self.conditions.as_ref().map_or(&[], |conditions| &conditions.items)
    }

    /// Its conditions on perimeter keys, with what each draws a line around.
    pub fn perimeter(&self) -> impl Iterator<Item = (&Condition<'t>, Perimeter)> {
        let keys = &policy_facts().condition_keys.endpoint_policy_perimeter;
        self.conditions().iter().filter_map(|condition| Some((condition, keys.side(&condition.key.text)?)))
    }

    fn draws_line(&self, side: Perimeter) -> bool {
        self.perimeter().any(|(_, known)| known == side)
    }

    /// The place that certainly leaves a side open: anybody, or resources of any account.
    fn open(&self, side: Perimeter, stack: &Stack) -> Option<Span> {
        // Services have keys of their own for accounts and organisations, such as `ssm:NodeOrgId`.
        let own_line = |condition: &Condition<'_>| {
            let (prefix, name) = condition.key.text.split_once(':').unwrap_or_default();
            let name = name.to_ascii_lowercase();
            !prefix.eq_ignore_ascii_case("aws")
                && ["account", "org", "owner"].iter().any(|word| name.contains(word))
        };
        let visible = self.complete && self.conditions.as_ref().is_none_or(|conditions| conditions.complete);
        if !visible || self.draws_line(side) || self.conditions().iter().any(own_line) {
            return None;
        }
        match side {
            Perimeter::Identity => self.everybody(),
            Perimeter::Resource => {
                let resources = self.resources.as_ref().filter(|resources| !resources.negated)?;
                let mut items = resources.items.iter();
                items
                    .find(|item| Spelling::of(item, stack).is_some_and(|it| is_of_anybody(&it)))
                    .map(|item| item.span)
            }
        }
    }
}

impl Policy<'_> {
    /// What the statements that allow leave open, if that is certain and no statement that denies closes it: those that
    /// leave both sides open, else the side around which no statement draws a line.
    pub fn openings(&self) -> Vec<Opening> {
        use Perimeter::{Identity, Resource};
        if !self.complete || self.statements.iter().any(|statement| statement.known_effect().is_none()) {
            return Vec::new();
        }
        let spares = |it: &Statement<'_>| it.principals.as_ref().is_some_and(|it| it.negated);
        let closed = |side: Perimeter| {
            let mut denying = self.statements.iter().filter(|statement| statement.denies());
            denying.any(|it| it.draws_line(side) || (side == Identity && spares(it)))
        };
        let open =
            |statement: &Statement<'_>, side| statement.open(side, &self.stack).filter(|_| !closed(side));
        let allowing = || self.statements.iter().filter(|statement| statement.allows());
        let both: Vec<Opening> = allowing()
            .filter_map(|it| {
                Some(Opening::Both { identity: open(it, Identity)?, resource: open(it, Resource)? })
            })
            .collect();
        if !both.is_empty() {
            return both;
        }
        let side = |side: Perimeter| {
            // Named resources are a line that needs no condition.
            let other = |it: &&Statement<'_>| side == Resource || it.draws_line(Resource);
            let drawn = allowing().any(|it| it.draws_line(side));
            let span = allowing().filter(other).find_map(|it| open(it, side))?;
            (!drawn).then_some(Opening::Side(side, span))
        };
        [side(Identity), side(Resource)].into_iter().flatten().collect()
    }
}

/// Whether a resource is certainly one of any account: `*`, an ARN with any account, or one of any bucket.
fn is_of_anybody(resource: &Spelling) -> bool {
    let any =
        |field: &[Letter]| !field.is_empty() && field.iter().all(|letter| *letter == Letter::Known('*'));
    let fields: Vec<&[Letter]> = resource.letters.splitn(6, |letter| *letter == Letter::Known(':')).collect();
    match fields.as_slice() {
        [_, _, service, _, account, name] => {
            let bucket = *service == Spelling::from("s3").letters && account.is_empty();
            any(account) || (bucket && name.first() == Some(&Letter::Known('*')))
        }
        // A wildcard reaches over colons.
        [.., last] => any(last),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_of_anybody() {
        let open = |text: &str| is_of_anybody(&Spelling::from(text));
        for text in ["*", "arn:aws:s3:::*", "arn:aws:s3:::*/*", "arn:aws:sqs:*:*:orders", "arn:aws:kms:*"] {
            assert!(open(text), "{text}");
        }
        for text in [
            "arn:aws:s3:::reports/*",
            "arn:aws:sqs:*:111122223333:*",
            "arn:aws:bedrock:*::foundation-model/*",
            "arn:aws:iam::aws:policy/*",
            "arn:aws:dynamodb:::*",
        ] {
            assert!(!open(text), "{text}");
        }
    }
}
