//! Whether a statement is about the caller.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use crate::scenario::Data;
use crate::text::Span;

use super::document::{Principal, PrincipalKind, Principals};
use super::pattern::{Token, same};
use super::request::{Caller, Identity, Place};
use super::spelling::{Letter, Spelling};
use super::stack::Stack;
use super::truth::{any, not};

/// How the ARN of an account's root user ends.
const ROOT: [char; 5] = [':', 'r', 'o', 'o', 't'];

/// Whether a statement is about the caller, and the place that says so.
pub(super) fn applies(
    principals: &Principals<'_>,
    caller: &Caller,
    place: Place,
    stack: &Stack,
) -> (Option<bool>, Span) {
    let truths: Vec<Option<bool>> =
        principals.items.iter().map(|item| is(item, caller, place, stack)).collect();
    let named = any(truths.iter().copied().chain((!principals.complete).then_some(None)));
    let item = truths.iter().position(|&truth| truth == named && truth != Some(false));
    let span = item.map_or(principals.span, |item| principals.items[item].value.span);
    if !principals.negated {
        return (named, span);
    }
    // A role may have a permissions boundary, with which it is never spared; and some services look at the account
    // first. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
    let spared_for_certain = !matches!(caller, Caller::Identity(_) | Caller::Unknown);
    (if named == Some(true) && !spared_for_certain { None } else { not(named) }, span)
}

impl Principals<'_> {
    /// Whether everybody is among those that are named: `*`, bare or as `AWS`.
    pub fn name_everybody(&self, stack: &Stack) -> Option<bool> {
        let truths = self.items.iter().map(|principal| principal.is_everybody(stack));
        any(truths.chain((!self.complete).then_some(None)))
    }
}

impl Principal<'_> {
    /// Whether it certainly is an account as a whole: its number, or its root user, who stands for it.
    pub fn is_account(&self, stack: &Stack) -> bool {
        let Some(written) = Spelling::of(&self.value, stack).filter(|_| self.kind == PrincipalKind::Aws)
        else {
            return false;
        };
        let number = !written.letters.is_empty()
            && written.letters.iter().all(|letter| match letter {
                Letter::Known(letter) => letter.is_ascii_digit(),
                Letter::Hole(hole) => hole.is_number(),
            });
        number || written.letters.ends_with(&ROOT.map(Letter::Known))
    }

    fn is_everybody(&self, stack: &Stack) -> Option<bool> {
        match (self.kind, &self.value.data) {
            (PrincipalKind::Bare | PrincipalKind::Aws, Data::Reference(reference)) => {
                stack.is_of_identity(reference).then_some(false)
            }
            (PrincipalKind::Bare | PrincipalKind::Aws, _) => is_star(&Spelling::of(&self.value, stack)?),
            _ => Some(false),
        }
    }
}

fn is(principal: &Principal<'_>, caller: &Caller, place: Place, stack: &Stack) -> Option<bool> {
    let text = principal.value.text();
    let written = Spelling::of(&principal.value, stack);
    match (principal.kind, caller) {
        (PrincipalKind::Bare | PrincipalKind::Aws, _) if text == Some("*") => Some(true),
        (PrincipalKind::Aws, caller) => {
            let written = written?;
            // A parameter may be `*`.
            let star = is_star(&written);
            match caller {
                Caller::Anonymous | Caller::Service(_) | Caller::Aws => star,
                Caller::Identity(identity) => any([star, is_identity(&written, identity, place)]),
                Caller::Unknown => None,
            }
        }
        (PrincipalKind::Service, Caller::Service(name)) => is_service(&written?, name),
        (PrincipalKind::Service, Caller::Identity(_) | Caller::Anonymous)
        | (
            PrincipalKind::Federated,
            Caller::Identity(_) | Caller::Service(_) | Caller::Aws | Caller::Anonymous,
        )
        | (PrincipalKind::CanonicalUser, Caller::Service(_) | Caller::Anonymous) => Some(false),
        _ => None,
    }
}

fn is_star(written: &Spelling) -> Option<bool> {
    same(&[Token::Letter(Letter::Known('*'))], &written.letters)
}

fn is_identity(written: &Spelling, identity: &Identity, place: Place) -> Option<bool> {
    let text = written.known();
    // Neither ARN nor account: the unique id of a role or user.
    if text.as_deref().is_some_and(|text| !text.contains(':') && !text.bytes().all(|it| it.is_ascii_digit()))
    {
        return None;
    }
    // What stands for many is not allowed here.
    if text.is_some_and(|text| text.contains(['*', '?'])) {
        return None;
    }
    let equal = |other: &Spelling| equal(written, other);
    let arns = || std::iter::once(&identity.arn).chain(&identity.session).map(equal);
    let account_matches = any([equal(&identity.account), is_root_of(written, identity)]);
    let arn = any(arns());
    let named = any([account_matches, arn]);
    if place != Place::Gateway || named == Some(false) {
        return named;
    }
    // At a gateway an account stands for its root user alone, and nothing but `*` is documented.
    // <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>
    let is_role = identity.session.is_some();
    (is_role && account_matches == Some(true) && arn == Some(false)).then_some(false)
}

/// Whether it is `arn:aws:iam::<account>:root` of the caller's account, which stands for the account.
fn is_root_of(written: &Spelling, identity: &Identity) -> Option<bool> {
    let letters = written.letters.strip_suffix(&ROOT.map(Letter::Known));
    let Some(letters) = letters else {
        // A hole at the end may hold it, unless it is the account alone.
        let last = written.letters.last();
        let open = last
            .is_some_and(|last| last.hole().is_some() && (written.letters.len() > 1 || !last.is_in_field()));
        return if open { None } else { Some(false) };
    };
    let colon = letters.iter().rposition(|letter| *letter == Letter::Known(':'))?;
    equal(&Spelling { letters: letters[colon + 1..].to_vec() }, &identity.account)
}

fn is_service(written: &Spelling, name: &Spelling) -> Option<bool> {
    let result = equal(written, name);
    // `Service: "*"`, and names with a Region for services that have several.
    let label = |name: &Spelling| name.known().and_then(|name| name.split('.').next().map(str::to_owned));
    let related = label(written) == label(name) || written.known().as_deref() == Some("*");
    if result == Some(false) && related { None } else { result }
}

fn equal(one: &Spelling, other: &Spelling) -> Option<bool> {
    let tokens: Vec<Token> = one.letters.iter().cloned().map(Token::Letter).collect();
    same(&tokens, &other.letters)
}
