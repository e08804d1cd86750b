//! What policies say to requests: the tables in `testdata/policy`, what holds for every policy, and what rules ask.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its policy fails")]

mod properties;
mod questions;
mod table;

use std::collections::BTreeMap;

use privatelint::policy::{Policy, Reading, Spelling, Stack, read};
use privatelint::scenario::{Freed, Scenarios};
use privatelint::syntax;
use privatelint::template::Template;
use privatelint::text::FileId;

/// The account of the callers.
const ACCOUNT: &str = "111122223333";

/// A template around the value of `Policy`.
fn template(policy: &str) -> String {
    let policy = policy.trim_end().replace('\n', "\n        ");
    format!(
        "Parameters:\n  P: {{Type: String}}\n  L: {{Type: CommaDelimitedList}}\n  Org: {{Type: String}}\n\
         Resources:\n  Bucket: {{Type: 'AWS::S3::Bucket'}}\n  Endpoint: {{Type: 'AWS::EC2::VPCEndpoint'}}\n  \
         R:\n    Type: A::B::C\n    Properties:\n      Policy: {policy}\n"
    )
}

/// Gives `look` the policy of a template, with the template's text.
fn with_policy<T>(source: &str, look: impl FnOnce(&str, &Policy<'_>) -> T) -> T {
    let parsed = syntax::parse(source, FileId(0));
    assert!(parsed.errors.is_empty(), "{:?}\n{source}", parsed.errors);
    let template = Template::from_tree(&parsed.tree, source);
    let scenarios = Scenarios::of(&template, &BTreeMap::new(), &|_| true);
    let scenario = scenarios.scenario(0, Freed::None);
    let resource = template.find_resource("R").unwrap();
    match read(&scenario, template.property(resource, "Policy").unwrap()) {
        Some(Reading::Policy(policy)) => look(source, &policy),
        other => panic!("{other:?}\n{source}"),
    }
}

/// A text with holes: `<?>` is unknown, `<!name>` undisclosed, any other name in brackets a symbol.
fn spelling(text: &str) -> Spelling {
    let mut result = Spelling::default();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('<') {
        let (name, behind) = behind.split_once('>').unwrap();
        let hole = match name.strip_prefix('!') {
            Some(name) => Spelling::undisclosed(name),
            None if name == "?" => Spelling::unknown(),
            None if name == "region without hyphens" => Stack::default().region_without_hyphens(),
            None => Spelling::symbol(name),
        };
        result = result.then(before.into()).then(hole);
        rest = behind;
    }
    result.then(rest.into())
}
