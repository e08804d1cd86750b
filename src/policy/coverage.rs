//! How much a statement covers: everybody, every action, every resource.

use crate::scenario::{Data, Piece};
use crate::text::Span;

use super::stack::Stack;
use super::truth::any;
use super::{Patterns, Policy, PrincipalKind, Principals, Statement};

/// The places of a statement that allows everybody everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllowsEverything {
    /// Everybody.
    pub principal: Span,
    /// Every action.
    pub action: Span,
    /// Every resource.
    pub resource: Span,
}

impl Policy<'_> {
    /// Whether it leaves everything open, as if there were none. `prefixes` and `region` are those of
    /// [`Statement::allows_everything`].
    pub fn gives_full_access(&self, prefixes: &[&str], region: Option<&str>) -> Option<bool> {
        if self.statements.iter().any(Statement::denies) {
            return Some(false);
        }
        let open = |statement: &Statement<'_>| match statement.allows_everything(prefixes, region) {
            Some(_) => Some(true),
            None => statement.leaves_something_out(prefixes, region, &self.stack).then_some(false),
        };
        let open = any(self.statements.iter().map(open));
        let known = self.complete && self.statements.iter().all(Statement::allows);
        open.filter(|_| known)
    }
}

impl Statement<'_> {
    /// Whether it certainly does not allow everybody everything.
    fn leaves_something_out(&self, prefixes: &[&str], region: Option<&str>, stack: &Stack) -> bool {
        let named = |patterns: &Option<Patterns<'_>>, everything: Option<Span>| {
            patterns.as_ref().is_some_and(|patterns| {
                let known = patterns.items.iter().all(|item| matches!(item.data, Data::Text(_)));
                patterns.negated || (everything.is_none() && known && patterns.complete)
            })
        };
        let somebody = |principals: &Principals<'_>| {
            principals.negated || principals.name_everybody(stack) == Some(false)
        };
        self.refused
            || !self.conditions().is_empty()
            || self.principals.as_ref().is_some_and(somebody)
            || named(&self.actions, self.every_action(prefixes))
            || named(&self.resources, self.every_resource(prefixes, region))
    }

    /// Where it allows everybody every action of a service on every resource, without a condition. `prefixes` are those of
    /// the service's actions, `region` is that of the stack, where it is known.
    pub fn allows_everything(&self, prefixes: &[&str], region: Option<&str>) -> Option<AllowsEverything> {
        if !self.allows() || !self.is_unconditional() {
            return None;
        }
        Some(AllowsEverything {
            principal: self.everybody()?,
            action: self.every_action(prefixes)?,
            resource: self.every_resource(prefixes, region)?,
        })
    }

    /// Whether it certainly has no condition.
    pub fn is_unconditional(&self) -> bool {
        self.complete
            && self
                .conditions
                .as_ref()
                .is_none_or(|conditions| conditions.complete && conditions.items.is_empty())
    }

    /// Where it names everybody as principal: `"*"` or `{"AWS": "*"}`.
    pub fn everybody(&self) -> Option<Span> {
        let principals = self.principals.as_ref().filter(|principals| !principals.negated)?;
        let everybody = principals.items.iter().find(|principal| {
            matches!(principal.kind, PrincipalKind::Bare | PrincipalKind::Aws)
                && principal.value.text() == Some("*")
        })?;
        Some(everybody.value.span)
    }

    /// Where it names every action of a service with one of these prefixes, alone or among others.
    pub fn every_action(&self, prefixes: &[&str]) -> Option<Span> {
        find(self.actions.as_ref()?, |text| match text.split_once(':') {
            None => is_anything(text),
            Some((prefix, action)) => {
                is_anything(action)
                    && (is_anything(prefix)
                        || prefixes.iter().any(|known| known.eq_ignore_ascii_case(prefix)))
            }
        })
    }

    /// Where it names every resource of a service with one of these prefixes, alone or among others. `region` is that
    /// of the stack, where it is known: an endpoint leads to no other.
    pub fn every_resource(&self, prefixes: &[&str], region: Option<&str>) -> Option<Span> {
        find(self.resources.as_ref()?, |text| covers_service(text, prefixes, region.unwrap_or(OWN_REGION)))
    }
}

/// The first item that is such a text, with what is not known in it as [`UNKNOWN`] or [`OWN_REGION`].
fn find(patterns: &Patterns<'_>, fits: impl Fn(&str) -> bool) -> Option<Span> {
    let items = (!patterns.negated).then_some(&patterns.items)?;
    let fitting = items.iter().find(|item| match &item.data {
        Data::Text(text) => fits(text),
        Data::Pieces(pieces) => fits(&with_unknowns(pieces)),
        _ => false,
    })?;
    Some(fitting.span)
}

/// Stands for an unknown stretch; it is no wildcard.
const UNKNOWN: &str = "\u{1}";
/// Stands for the Region of the stack where it is not known.
const OWN_REGION: &str = "\u{2}";

fn with_unknowns(pieces: &[Piece<'_>]) -> String {
    let mut result = String::new();
    for piece in pieces {
        result.push_str(match &piece.data {
            Data::Text(text) => text,
            Data::Symbol(symbol) if symbol.key.as_ref() == "AWS::Region" => OWN_REGION,
            _ => UNKNOWN,
        });
    }
    result
}

/// Whether an ARN pattern covers every resource of a service. Names of buckets have neither Region nor account, so
/// that `arn:aws:s3:::*` is every bucket and object, while `arn:aws:dynamodb:::*` fits no table.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
fn covers_service(text: &str, prefixes: &[&str], own_region: &str) -> bool {
    if is_anything(text) {
        return true;
    }
    let mut fields: Vec<&str> = text.splitn(6, ':').collect();
    // A wildcard reaches over colons: `arn:aws:*` is `arn:aws:*:*:*:*`.
    if let Some(last) = fields.last().copied().filter(|last| is_anything(last)) {
        fields.resize(6, last);
    }
    let [arn, partition, service, region, account, resource] = fields[..] else { return false };
    let bucket = service == "s3";
    (arn == "arn" || is_anything(arn))
        && (partition == UNKNOWN || partition.starts_with("aws") || is_anything(partition))
        && (is_anything(service) || prefixes.contains(&service))
        && (is_anything(region) || region == own_region || (bucket && region.is_empty()))
        && (is_anything(account) || (bucket && account.is_empty()))
        && is_anything(resource)
}

/// Whether it is a wildcard and nothing else.
fn is_anything(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_that_are_all_of_a_service() {
        let everything = |text: &str, prefix: &str| covers_service(text, &[prefix], "eu-west-1");
        for text in
            ["*", "**", "arn:*", "arn:aws:s3:::*", "arn:aws-cn:s3:*:*:*", "arn:*:s3:*", "arn:\u{1}:s3:::*"]
        {
            assert!(everything(text, "s3"), "{text}");
        }
        for text in ["arn:aws:sqs:*:*:*", "arn:aws:sqs:eu-west-1:*:*", "arn:aws:*:*:*:*", "arn:aws:sqs:*"] {
            assert!(everything(text, "sqs"), "{text}");
        }
        for text in [
            "",
            "arn:aws:s3",
            "arn:aws:s3:::*/*",
            "arn:aws:s3:::b*",
            "arn:aws:s3:::\u{1}*",
            "arn:aws:sqs:*:*:*",
        ] {
            assert!(!everything(text, "s3"), "{text}");
        }
        for text in
            ["arn:aws:sqs:::*", "arn:aws:sqs:us-east-1:*:*", "arn:aws:sqs:*:111122223333:*", "arn:aws:s3:::*"]
        {
            assert!(!everything(text, "sqs"), "{text}");
        }
    }
}
