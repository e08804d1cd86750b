//! What holds for every policy and every request, with and without something that is not known.

use std::fmt::Write as _;

use privatelint::policy::{Caller, Context, Identity, Place, Request, Spelling, Verdict, evaluate};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::{ACCOUNT, spelling, template, with_policy};

/// What a parameter of the template may be given.
const GIVEN: &[&str] =
    &["*", "reports", "re?orts", "arn:aws:s3:::reports/a", "o-1", ACCOUNT, "s3:GetObject", ""];

const PRINCIPALS: &[&str] = &[
    "'*'",
    "{AWS: '*'}",
    "{AWS: '111122223333'}",
    "{AWS: 'arn:aws:iam::111122223333:role/app'}",
    "{AWS: '444455556666', Service: sns.amazonaws.com}",
    "{AWS: !Ref P}",
];
const ACTIONS: &[&str] =
    &["'*'", "'s3:*'", "'S3:get*'", "'s3:PutObject'", "'sqs:*'", "!Ref P", "!Sub 's3:${P}'"];
const RESOURCES: &[&str] = &[
    "'*'",
    "'arn:aws:s3:::*'",
    "'arn:aws:s3:::reports/*'",
    "'arn:*:reports/?'",
    "'arn:aws:s3:::other'",
    "'arn:aws:s3:::${aws:username}/*'",
    "!Ref P",
    "!Sub 'arn:aws:s3:::${P}/*'",
    "!Sub 'arn:aws:s3:::${P}'",
];
const OPERATORS: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "StringNotLikeIfExists",
    "StringEqualsIfExists",
    "ArnLike",
    "ArnNotEquals",
    "NumericLessThan",
    "NumericNotEquals",
    "Bool",
    "IpAddress",
    "NotIpAddress",
    "DateGreaterThan",
    "'Null'",
    "'ForAllValues:StringLike'",
    "'ForAnyValue:StringNotEquals'",
];
const KEYS: &[&str] = &["aws:username", "aws:PrincipalOrgID", "aws:PrincipalArn", "x:y"];
const VALUES: &[&str] = &[
    "reports",
    "'*'",
    "o-1",
    "'O-*'",
    "'10'",
    "'true'",
    "10.0.0.0/8",
    "2024-01-01",
    "'arn:aws:*:*:*:r*'",
    "!Ref P",
    "!Sub '${P}:1'",
];
const CONTEXT: &[&str] =
    &["reports", "o-1", "7", "true", "10.1.2.3", "2024-05-05", "arn:aws:iam::1:role/x", "", "*"];

#[derive(Debug, Clone)]
struct Statement {
    effect: &'static str,
    principal: &'static str,
    action: (bool, Vec<&'static str>),
    resource: (bool, Vec<&'static str>),
    conditions: Vec<(&'static str, &'static str, Vec<&'static str>)>,
}

/// How a list of one is written.
#[derive(Clone, Copy)]
enum Style {
    Scalar,
    List,
}

impl Statement {
    fn write(&self, style: Style, out: &mut String) {
        let element = |(negated, _): &(bool, Vec<&str>), name: &str| {
            format!("{}{name}", if *negated { "Not" } else { "" })
        };
        write!(
            out,
            "{{Effect: {}, Principal: {}, {}: {}, {}: {}",
            self.effect,
            self.principal,
            element(&self.action, "Action"),
            items(&self.action.1, style),
            element(&self.resource, "Resource"),
            items(&self.resource.1, style),
        )
        .unwrap();
        out.push_str(", Condition: {");
        for (number, (operator, key, values)) in self.conditions.iter().enumerate() {
            // An operator stands there once.
            if self.conditions[..number].iter().all(|(other, ..)| other != operator) {
                write!(out, "{operator}: {{'{key}': {}}}, ", items(values, style)).unwrap();
            }
        }
        out.push_str("}}");
    }
}

fn items(items: &[&str], style: Style) -> String {
    match (items, style) {
        ([one], Style::Scalar) => (*one).to_owned(),
        _ => format!("[{}]", items.join(", ")),
    }
}

fn policy(statements: &[Statement], style: Style) -> String {
    let mut text = "{Version: '2012-10-17', Statement: [".to_owned();
    for statement in statements {
        statement.write(style, &mut text);
        text.push_str(", ");
    }
    text.push_str("]}");
    text
}

/// With a text in place of the parameter.
fn given(policy: &str, value: &str) -> String {
    policy.replace("!Ref P", &format!("'{value}'")).replace("!Sub ", "").replace("${P}", value)
}

fn statement() -> impl Strategy<Value = Statement> {
    let list = |pool: &'static [&'static str]| (prop::bool::weighted(0.2), subsequence(pool, 1..3));
    let condition = (select(OPERATORS), select(KEYS), subsequence(VALUES, 1..3));
    (
        prop_oneof![3 => Just("Allow"), 2 => Just("Deny"), 1 => Just("!Ref P")],
        select(PRINCIPALS),
        list(ACTIONS),
        list(RESOURCES),
        prop::collection::vec(condition, 0..3),
    )
        .prop_map(|(effect, principal, action, resource, conditions)| Statement {
            effect,
            principal,
            action,
            resource,
            conditions,
        })
}

fn statements() -> impl Strategy<Value = Vec<Statement>> {
    prop::collection::vec(statement(), 0..4)
}

#[derive(Debug, Clone)]
struct Asked {
    caller: &'static str,
    action: &'static str,
    resource: &'static str,
    context: Vec<(&'static str, Said)>,
}

#[derive(Debug, Clone)]
enum Said {
    Absent,
    Is(&'static str),
    Several(Vec<&'static str>),
}

fn request() -> impl Strategy<Value = Asked> {
    let said = prop_oneof![
        1 => Just(Said::Absent),
        3 => select(CONTEXT).prop_map(Said::Is),
        1 => subsequence(CONTEXT, 0..3).prop_map(Said::Several),
    ];
    let context = prop::collection::vec(said, KEYS.len());
    (
        select(&["role", "anonymous", "sns.amazonaws.com"][..]),
        select(&["s3:GetObject", "s3:PutObject", "sqs:SendMessage"][..]),
        select(&["arn:aws:s3:::reports/a", "arn:aws:s3:::other", "arn:aws:sqs:eu-west-1:111122223333:q"][..]),
        context,
    )
        .prop_map(|(caller, action, resource, said)| Asked {
            caller,
            action,
            resource,
            context: KEYS.iter().copied().zip(said).collect(),
        })
}

impl Asked {
    fn request(&self) -> Request {
        let caller = match self.caller {
            "anonymous" => Caller::Anonymous,
            "role" => Caller::Identity(Identity {
                account: ACCOUNT.into(),
                arn: format!("arn:aws:iam::{ACCOUNT}:role/app").into(),
                session: Some(format!("arn:aws:sts::{ACCOUNT}:assumed-role/app/i-1").into()),
            }),
            service => Caller::Service(service.into()),
        };
        let request = Request::new(Place::Resource, caller, self.action, self.resource).with_nothing_else();
        self.say(request)
    }

    fn say(&self, request: Request) -> Request {
        self.context.iter().fold(request, |request, (key, said)| request.with(key, said.context()))
    }
}

impl Said {
    fn context(&self) -> Context {
        match self {
            Self::Absent => Context::Absent,
            Self::Is(text) => Context::is(*text),
            Self::Several(texts) => {
                Context::Present(texts.iter().map(|text| Spelling::from(*text)).collect())
            }
        }
    }
}

fn verdict(policy: &str, request: &Request) -> Verdict {
    with_policy(&template(policy), |_, policy| evaluate(policy, request).verdict)
}

/// Whether one verdict is what becomes of another where less is known.
fn may_become(known: Verdict, unsure: Verdict) -> bool {
    unsure == known || unsure == Verdict::Unknown
}

proptest! {
    #[test]
    fn another_deny_never_allows_and_another_allow_never_denies(
        mut statements in statements(), mut another in statement(), asked in request()
    ) {
        let request = asked.request();
        let before = verdict(&policy(&statements, Style::Scalar), &request);
        another.effect = "Deny";
        statements.push(another.clone());
        let denied = verdict(&policy(&statements, Style::Scalar), &request);
        prop_assert!(denied != Verdict::Allowed || before == Verdict::Allowed);
        prop_assert!(before != Verdict::Denied || denied == Verdict::Denied);
        statements.pop();
        another.effect = "Allow";
        statements.push(another);
        let allowed = verdict(&policy(&statements, Style::Scalar), &request);
        prop_assert!(allowed != Verdict::Denied || before == Verdict::Denied);
        prop_assert!(before != Verdict::Allowed || allowed == Verdict::Allowed);
    }

    #[test]
    fn the_way_of_writing_and_the_order_change_nothing(statements in statements(), asked in request()) {
        let request = asked.request();
        let written = policy(&statements, Style::Scalar);
        let before = verdict(&written, &request);
        prop_assert_eq!(before, verdict(&policy(&statements, Style::List), &request));
        let reversed: Vec<Statement> = statements.iter().rev().cloned().collect();
        prop_assert_eq!(before, verdict(&policy(&reversed, Style::Scalar), &request));
        // The same as one text of JSON, through `Fn::ToJsonString`.
        prop_assert_eq!(before, verdict(&format!("{{'Fn::ToJsonString': {written}}}"), &request));
    }

    #[test]
    fn what_is_unknown_only_takes_certainty_away(
        statements in statements(), asked in request(), key in select(KEYS), given_value in select(GIVEN)
    ) {
        let written = policy(&statements, Style::Scalar);
        let filled = given(&written, given_value);
        let request = asked.request();
        let known = verdict(&filled, &request);
        let check = |what: &str, policy: &str, request: &Request| {
            let unsure = verdict(policy, request);
            prop_assert!(may_become(known, unsure), "{what}: {known:?} became {unsure:?} in {policy}");
            Ok(())
        };
        check("key", &filled, &request.clone().with(key, Context::Unknown))?;
        check("parameter", &written, &request)?;
        check("both", &written, &request.clone().with(key, Context::Unknown))?;
        if let Some((_, Said::Is(value))) = asked.context.iter().find(|(name, _)| *name == key) {
            check("value", &filled, &request.clone().with(key, Context::is(Spelling::unknown())))?;
            check("perhaps", &filled, &request.clone().with(key, Context::Perhaps(vec![(*value).into()])))?;
        }
        for unsure in [Spelling::unknown(), spelling("arn:aws:s3:::<?>"), spelling("arn:<AWS::Partition>:s3:::<?>")] {
            if asked.resource.starts_with("arn:aws:s3:::") {
                let mut request = request.clone();
                request.resource = unsure;
                check("resource", &filled, &request)?;
            }
        }
        let mut without_action = request;
        without_action.action = Spelling::unknown();
        check("action", &filled, &without_action)?;
        let anybody = Request::new(Place::Resource, Caller::Unknown, asked.action, asked.resource);
        check("caller", &filled, &asked.say(anybody))?;
    }

    #[test]
    fn a_symbol_in_both_stands_for_one_text(statements in statements(), asked in request(), value in select(GIVEN)) {
        let written = policy(&statements, Style::Scalar);
        let resource = |name: &str| spelling(&format!("arn:aws:s3:::{name}/a"));
        let request = |name: &str| {
            let mut request = asked.request().with("x:y", Context::is(spelling(name)));
            request.resource = resource(name);
            request
        };
        let known = verdict(&given(&written, value), &request(value));
        let unsure = verdict(&written, &request("<P>"));
        prop_assert!(may_become(known, unsure), "{known:?} became {unsure:?} in {written}");
    }
}
