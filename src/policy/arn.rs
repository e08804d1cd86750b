//! ARNs as patterns: part by part in conditions, as one text in `Resource`.

use super::pattern::{Token, matches, may_match_unspelled, names_bucket};
use super::request::Owner;
use super::spelling::{Hole, Letter, Spelling};
use super::truth::all;
use super::wildcard::is_wildcard;

/// How many parts an ARN has.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
const PARTS: usize = 6;

/// Whether an ARN is like a pattern: each of its six parts is looked at for itself, so that `*` does not reach over a
/// colon. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
pub(super) fn is_like(pattern: &[Token], arn: &[Letter]) -> Option<bool> {
    let pattern_parts = parts(pattern, |token| token.is(':'), Token::is_in_field);
    let arn_parts = parts(arn, |letter| *letter == Letter::Known(':'), Letter::is_in_field);
    let (Some(pattern_parts), Some(arn_parts)) = (pattern_parts, arn_parts) else {
        // One of the two is no ARN, or where its parts end is not known.
        let is_same = |(one, other): (&Token, &Letter)| {
            // A wildcard is like itself.
            one.is_same(other)
                || matches!(
                    (one, other),
                    (Token::Many, Letter::Known('*')) | (Token::One, Letter::Known('?'))
                )
        };
        let same = pattern.len() == arn.len() && pattern.iter().zip(arn).all(is_same);
        return same.then_some(true);
    };
    all(pattern_parts.into_iter().zip(arn_parts).map(|(pattern, part)| matches(pattern, part)))
}

/// The six parts, if it is certain where they end.
fn parts<T>(
    text: &[T],
    is_colon: impl Fn(&T) -> bool,
    is_in_field: impl Fn(&T) -> bool,
) -> Option<Vec<&[T]>> {
    let parts: Vec<&[T]> = text.splitn(PARTS, is_colon).collect();
    let certain = parts.len() == PARTS && parts[..PARTS - 1].iter().all(|part| part.iter().all(&is_in_field));
    certain.then_some(parts)
}

/// Whether the account of an ARN is certainly an account, or a part of one, beside a wildcard.
pub(super) fn mixes_account(arn: &[Letter]) -> bool {
    let Some(parts) = parts(arn, |letter| *letter == Letter::Known(':'), Letter::is_in_field) else {
        return false;
    };
    let is_arn = parts[0] == Spelling::from("arn").letters;
    let account = parts[4];
    is_arn && account.iter().any(is_wildcard) && account.iter().any(Letter::is_of_account)
}

/// Whether a value of `Resource` matches a resource. Here `*` reaches over colons and slashes.
/// `owner` says whose the resource is.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
pub(super) fn covers(pattern: &[Token], resource: &[Letter], owner: Owner) -> Option<bool> {
    let result = matches(pattern, resource);
    if result != Some(false) {
        let elsewhere = match owner {
            Owner::Anybody => false,
            Owner::Aws => names_bucket(pattern, Hole::is_own_bucket),
            Owner::AwsAndNotGiven => {
                names_bucket(pattern, |hole| hole.is_own_bucket() || hole.is_given())
                    || (result.is_none()
                        && begins_with(pattern, "arn:")
                        && !may_match_unspelled(pattern, resource))
            }
        };
        return if elsewhere { Some(false) } else { result };
    }
    // In policies of identities AWS completes an ARN that ends early with wildcards; of other policies it says nothing.
    let fields = 1 + pattern.iter().filter(|token| token.is(':')).count();
    if fields < PARTS && begins_with(pattern, "arn:") {
        let mut completed = pattern.to_vec();
        for _ in fields..PARTS {
            completed.extend([Token::Letter(Letter::Known(':')), Token::Many]);
        }
        return if matches(&completed, resource) == Some(false) { result } else { None };
    }
    // Some services complete what is no ARN, such as `execute-api:/*`.
    // <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html>
    let relative =
        !begins_with(pattern, "arn") && pattern.first().is_some_and(|token| token.known().is_some());
    if relative && fields > 1 { None } else { result }
}

fn begins_with(pattern: &[Token], text: &str) -> bool {
    pattern.iter().map(Token::known).take(text.len()).eq(text.chars().map(Some))
}
