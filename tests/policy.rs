//! What policies say to requests: the tables in `testdata/policy`, what holds for every policy, and what rules ask.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its table fails")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use privatelint::facts;
use privatelint::policy::{
    Caller, Context, Identity, Part, Place, Policy, Reading, Request, Spelling, Stack, Verdict, evaluate,
    read,
};
use privatelint::scenario::{Freed, Scenarios};
use privatelint::syntax;
use privatelint::template::Template;
use privatelint::text::FileId;
use serde::Deserialize;

/// Policies with what they say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// `Allow` or `Deny` and what differs from everybody, every action and every resource.
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

fn current() -> String {
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

const ACCOUNT: &str = "111122223333";

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
    let resource = template.resource(template.find_resource("R").unwrap());
    match read(&scenario, resource.property("Policy").unwrap()) {
        Some(Reading::Policy(policy)) => look(source, &policy),
        other => panic!("{other:?}\n{source}"),
    }
}

impl Case {
    fn source(&self) -> String {
        let written = self.policy.clone().unwrap_or_else(|| {
            let mut text = format!("\n  Version: '{}'\n  Statement:", self.version);
            for statement in &self.statements {
                let (effect, rest) = statement.split_once(", ").unwrap_or((statement, ""));
                write!(text, "\n    - {{Effect: {effect}").unwrap();
                for (element, default) in [("Principal", "'*'"), ("Action", "'*'"), ("Resource", "'*'")] {
                    if !rest.contains(&format!("{element}:")) {
                        write!(text, ", {element}: {default}").unwrap();
                    }
                }
                write!(text, "{}{rest}}}", if rest.is_empty() { "" } else { ", " }).unwrap();
            }
            text
        });
        template(&written)
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
            request = request.with(key, said.context());
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

fn verdict(word: &str) -> Verdict {
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

#[test]
fn buckets_of_aws() {
    let layers = "!Sub 'arn:${AWS::Partition}:s3:::prod-${AWS::Region}-starport-layer-bucket/*'";
    let organisation = "Condition: {StringEquals: {'aws:PrincipalOrgID': !Ref Org}}";
    let own = "Resource: [!GetAtt Bucket.Arn, !Sub '${Bucket.Arn}/*', !Sub 'arn:aws:s3:::${Bucket}/*']";
    let perimeter = "Deny, Condition: {StringNotEqualsIfExists: {'aws:ResourceOrgID': !Ref Org}}";
    let foreign = "Condition: {StringEquals: {'aws:ResourceAccount': !Ref 'AWS::AccountId'}}";
    let services = "Condition: {Bool: {'aws:PrincipalIsAWSService': 'true'}}";
    for (statements, layers_are, responses_are, packages_are) in [
        (vec!["Allow".to_owned()], "allowed", "allowed", "allowed"),
        (vec![format!("Allow, {organisation}")], "denied", "denied", "denied"),
        (vec![format!("Allow, {own}")], "denied", "denied", "denied"),
        (vec![format!("Allow, {foreign}")], "denied", "denied", "denied"),
        (vec![format!("Allow, {organisation}"), format!("Allow, {services}")], "denied", "allowed", "denied"),
        (
            vec![format!("Allow, {organisation}"), format!("Allow, Resource: {layers}")],
            "allowed",
            "denied",
            "denied",
        ),
        (vec!["Allow".to_owned(), perimeter.to_owned()], "denied", "denied", "denied"),
        (vec![format!("Allow, Action: 's3:Get*', {own}, {organisation}")], "denied", "denied", "denied"),
        (vec!["Allow, Resource: !Sub 'arn:aws:s3:::${P}/*'".to_owned()], "unknown", "unknown", "unknown"),
        (vec!["Allow, Resource: 'arn:aws:s3:::reports/*'".to_owned()], "denied", "denied", "denied"),
        (vec!["Allow, Resource: 'arn:aws:s3:::prod-*'".to_owned()], "unknown", "denied", "denied"),
        (vec!["Allow, Principal: {AWS: !Ref 'AWS::AccountId'}".to_owned()], "denied", "denied", "denied"),
    ] {
        let name = statements.join(" / ");
        let case =
            Case { name, statements, version: current(), policy: None, ask: Vec::new(), mistakes: None };
        with_policy(&case.source(), |_, policy| {
            let ask = |id: &str| {
                let bucket = facts::bucket(id).unwrap();
                let requests = Request::to_buckets(bucket, Place::Gateway, &policy.stack);
                let verdicts: Vec<Verdict> =
                    requests.iter().map(|request| evaluate(policy, request).verdict).collect();
                assert!(verdicts.iter().all(|one| *one == verdicts[0]), "{}: {verdicts:?}", case.name);
                verdicts[0]
            };
            assert_eq!(ask("ecr-layers"), verdict(layers_are), "{}", case.name);
            assert_eq!(ask("cfn-custom-resource"), verdict(responses_are), "{}", case.name);
            assert_eq!(ask("amazon-linux-2023"), verdict(packages_are), "{}", case.name);
        });
    }
}

#[test]
fn what_rules_ask() {
    let source = template(
        "!Sub |\n  {\"Version\": \"2012-10-17\", \"Statement\": [\n    \
         {\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": [\"s3:Put*\", \"s3:Get*\"], \"Resource\": \"arn:aws:s3:::${P}*\",\n     \
         \"Condition\": {\"StringNotEquals\": {\"AWS:ResourceOrgID\": \"${Org}\", \"aws:PrincipalOrgID\": \"o-1\", \"a:b\": \"c\"}}},\n    \
         {\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"*\"}, \"Action\": \"s3:*\", \"Resource\": \"*\"}]}",
    );
    with_policy(&source, |source, policy| {
        let slice = |span: privatelint::text::Span| &source[span.range()];
        let keys: Vec<_> = policy.statements[0]
            .perimeter()
            .map(|(condition, side)| (slice(condition.key.span), side, slice(condition.span())))
            .collect();
        let expected = [
            ("\"AWS:ResourceOrgID\"", facts::Perimeter::Resource, "\"${Org}\""),
            ("\"aws:PrincipalOrgID\"", facts::Perimeter::Identity, "\"o-1\""),
        ];
        assert_eq!(keys, expected);
        assert!(policy.statements[0].allows_everything(&["s3"], None).is_none());
        let everything = policy.statements[1].allows_everything(&["s3"], None).unwrap();
        let places = [everything.principal, everything.action, everything.resource].map(slice);
        assert_eq!(places, ["\"*\"", "\"s3:*\"", "\"*\""]);

        let request = Request::new(Place::Gateway, Caller::Anonymous, "s3:GetObject", "arn:aws:s3:::b/k");
        let request = request.with("aws:ResourceOrgID", Context::Absent).with("a:b", Context::is("d"));
        let decision = evaluate(policy, &request);
        assert_eq!((decision.verdict, decision.by), (Verdict::Unknown, None));
        let [trial] = decision.why.as_slice() else { panic!("{decision:?}") };
        let open: Vec<_> = trial.parts.iter().filter(|finding| finding.fits.is_none()).collect();
        assert_eq!(
            (open.len(), open[0].part, slice(open[0].span)),
            (1, Part::Resource, "\"arn:aws:s3:::${P}*\"")
        );

        // Without the two pieces and the white space: `${P}` and `${Org}` count nothing.
        let text = &source[policy.span.range()];
        let compact: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
        assert_eq!(policy.compact.characters, compact.len() - "${P}${Org}".len());
        assert!(!policy.compact.exact);
        let written = policy.written.unwrap();
        assert!(!written.exact && written.characters > policy.compact.characters);
    });
}

#[test]
fn lengths() {
    let length = |policy: &str| with_policy(&template(policy), |_, policy| (policy.compact, policy.written));
    let (compact, written) = length("{Version: '2012-10-17', Id: \"a\\\"b\", Statement: []}");
    let json = r#"{"Version":"2012-10-17","Id":"a\"b","Statement":[]}"#;
    assert_eq!((compact.characters, compact.exact, written), (json.len(), true, None));
    let (compact, written) = length(&format!("'{}'", json.replace(',', " , ")));
    assert_eq!((compact.characters, written.unwrap().characters), (json.len(), json.len() + 4));
    assert!(written.unwrap().exact);
}
