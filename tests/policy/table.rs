//! The tables in `testdata/policy`: policies with what they say to requests, and what AWS refuses in them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use privatelint::policy::{Caller, Context, Identity, Place, Request, Stack, Verdict, evaluate};
use serde::Deserialize;

use crate::{ACCOUNT, spelling, template, with_policy};

/// Policies with what they say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// What [`statements`] takes.
    #[serde(default)]
    statements: Vec<String>,
    #[serde(default = "current")]
    version: String,
    /// The whole policy as it stands in a template, in place of statements.
    policy: Option<String>,
    #[serde(default)]
    ask: Vec<Ask>,
    /// What AWS refuses in it: kind, and the text at its place.
    mistakes: Option<Vec<String>>,
}

pub(crate) fn current() -> String {
    "2012-10-17".to_owned()
}

/// A request with the answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    is: String,
    by: Option<usize>,
    action: Option<String>,
    resource: Option<String>,
    caller: Option<String>,
    place: Option<String>,
    #[serde(default)]
    keys: BTreeMap<String, Said>,
    /// What holds for keys that are not named: absent, or unknown.
    #[serde(default)]
    open: bool,
    /// The parts that do not fit of the first statement that matters.
    misses: Option<String>,
}

/// What a request says for a key: `-` absent, `?` unknown, `x or -` perhaps absent.
#[derive(Deserialize, Clone)]
#[serde(untagged)]
enum Said {
    One(String),
    Many(Vec<String>),
}

/// A policy of a version with statements: `Allow` or `Deny`, and what differs from everybody, every action and every
/// resource.
pub(crate) fn statements(version: &str, statements: &[String]) -> String {
    let mut text = format!("\n  Version: '{version}'\n  Statement:");
    for statement in statements {
        let (effect, rest) = statement.split_once(", ").unwrap_or((statement, ""));
        write!(text, "\n    - {{Effect: {effect}").unwrap();
        for element in ["Principal", "Action", "Resource"] {
            if !rest.contains(&format!("{element}:")) {
                write!(text, ", {element}: '*'").unwrap();
            }
        }
        write!(text, "{}{rest}}}", if rest.is_empty() { "" } else { ", " }).unwrap();
    }
    text
}

impl Case {
    fn source(&self) -> String {
        let written = || statements(&self.version, &self.statements);
        template(&self.policy.clone().unwrap_or_else(written))
    }
}

impl Ask {
    fn request(&self, stack: &Stack) -> Request {
        let identity = |kind: &str, session: Option<&str>| {
            Caller::Identity(Identity {
                account: ACCOUNT.into(),
                arn: format!("arn:aws:iam::{ACCOUNT}:{kind}").into(),
                session: session.map(|name| format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}").into()),
            })
        };
        let caller = match self.caller.as_deref().unwrap_or("role") {
            "role" => identity("role/app", Some("app/i-1")),
            "user" => identity("user/ana", None),
            "anonymous" => Caller::Anonymous,
            "own" => Caller::role_of(stack),
            "account of aws" => Caller::account_of_aws(stack),
            "aws" => Caller::Aws,
            "unknown" => Caller::Unknown,
            service => Caller::Service(service.into()),
        };
        let place = match self.place.as_deref() {
            None => Place::Resource,
            Some("gateway") => Place::Gateway,
            Some("interface") => Place::Interface,
            Some(other) => panic!("{other}"),
        };
        let action = spelling(self.action.as_deref().unwrap_or("s3:GetObject"));
        let resource = spelling(self.resource.as_deref().unwrap_or("arn:aws:s3:::reports/2024/a.csv"));
        let mut request = Request::new(place, caller, action, resource);
        if !self.open {
            request = request.with_nothing_else();
        }
        for (key, said) in &self.keys {
            request = request.with(key.clone().leak(), said.context());
        }
        request
    }
}

impl Said {
    fn context(&self) -> Context {
        match self {
            Self::One(text) if text == "-" => Context::Absent,
            Self::One(text) if text == "?" => Context::Unknown,
            Self::One(text) => match text.strip_suffix(" or -") {
                Some(text) => Context::Perhaps(vec![spelling(text)]),
                None => Context::Present(vec![spelling(text)]),
            },
            Self::Many(texts) => Context::Present(texts.iter().map(|text| spelling(text)).collect()),
        }
    }
}

fn cases() -> Vec<(String, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/policy");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file: &std::path::PathBuf| {
        let text = fs::read_to_string(file).unwrap();
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let cases: Vec<Case> = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        cases.into_iter().map(move |case| (name.clone(), case)).collect::<Vec<_>>()
    };
    files.iter().flat_map(read).collect()
}

pub(crate) fn verdict(word: &str) -> Verdict {
    match word {
        "allowed" => Verdict::Allowed,
        "denied" => Verdict::Denied,
        "unknown" => Verdict::Unknown,
        other => panic!("{other} is no verdict"),
    }
}

#[test]
fn what_the_tables_say() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (file, case) in cases() {
        with_policy(&case.source(), |source, policy| {
            for (number, ask) in (1..).zip(&case.ask) {
                count += 1;
                let decision = evaluate(policy, &ask.request(&policy.stack));
                let misses = decision.why.first().map(|trial| {
                    trial.misses().map(|finding| &source[finding.span.range()]).collect::<Vec<_>>().join("; ")
                });
                let right = decision.verdict == verdict(&ask.is)
                    && ask.by.is_none_or(|by| decision.by == Some(by))
                    && ask.misses.as_ref().is_none_or(|wanted| misses.as_ref() == Some(wanted));
                if !right {
                    let parts = decision.why.iter().map(|trial| {
                        let parts = trial.parts.iter().map(|finding| (finding.part, finding.fits));
                        (trial.statement, parts.collect::<Vec<_>>())
                    });
                    let parts: Vec<_> = parts.collect();
                    let (verdict, by) = (decision.verdict, decision.by);
                    wrong.push(format!(
                        "{file}: {}, {number}: {verdict:?} {by:?} {misses:?} {parts:?}",
                        case.name
                    ));
                }
            }
            let mistakes: Vec<String> = policy
                .mistakes
                .iter()
                .map(|mistake| {
                    let kind = format!("{:?}", mistake.kind);
                    let kind = kind.split([' ', '(']).next().unwrap();
                    let place = source[mistake.span.range()].split('\n').next().unwrap().trim();
                    format!("{kind} {place}")
                })
                .collect();
            if let Some(wanted) = &case.mistakes {
                count += 1;
                if *wanted != mistakes {
                    wrong.push(format!("{file}: {}: {mistakes:#?}", case.name));
                }
            } else if !mistakes.is_empty() {
                wrong.push(format!("{file}: {}: {mistakes:#?}", case.name));
            }
        });
    }
    assert!(wrong.is_empty(), "\n{}\n{} of {count} wrong", wrong.join("\n"), wrong.len());
    assert!(count >= 150, "{count} cases");
}
