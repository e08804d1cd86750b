//! Policy text in every style of scalar: each part of it points at the very letters in the template.

use std::collections::BTreeMap;

use super::{Policy, Reading, read};
use crate::scenario::{Freed, Scenarios, Value};
use crate::syntax;
use crate::template::Template;
use crate::text::{FileId, Span};

/// What is read of the `Policy` of the only resource, given to `look` with the template's text.
fn with_reading(source: &str, look: impl FnOnce(&str, Option<Reading<'_>>)) {
    with_any_reading(source, look).unwrap();
}

/// The same for a template that may not be one.
fn with_any_reading(source: &str, look: impl FnOnce(&str, Option<Reading<'_>>)) -> Option<()> {
    let parsed = syntax::parse(source, FileId(0));
    let template = Template::from_tree(&parsed.tree, source);
    let scenarios = Scenarios::of(&template, &BTreeMap::new(), &|_| true);
    let scenario = scenarios.scenario(0, Freed::None);
    let expression = template.property(template.find_resource("R")?, "Policy")?;
    look(source, read(&scenario, expression));
    Some(())
}

fn with_policy(source: &str, look: impl FnOnce(&dyn Fn(Span) -> String, &Policy<'_>)) {
    with_reading(source, |source, reading| match reading {
        Some(Reading::Policy(policy)) => look(&|span| source[span.range()].to_owned(), &policy),
        other => panic!("{other:?}\n{source}"),
    });
}

/// A template around the value of `Policy`, which starts behind `Policy: ` and is indented by eight blanks.
fn template(policy: &str) -> String {
    format!(
        "Parameters: {{P: {{Type: String}}, D: {{Type: String, Default: dé}}}}\n\
         Resources:\n  R:\n    Type: A::B::C\n    Properties:\n      # é\n      Policy: {policy}\n"
    )
}

/// Everything that has a place in a policy with one statement, as written.
fn parts(source: &str) -> Vec<String> {
    let mut parts = Vec::new();
    with_policy(source, |slice, policy| {
        let mut push = |value: &Value<'_>| parts.push(slice(value.span));
        policy.version.iter().for_each(&mut push);
        let [statement] = policy.statements.as_slice() else { panic!("{policy:?}") };
        statement.sid.iter().chain(&statement.effect).for_each(&mut push);
        statement.principals.iter().flat_map(|it| &it.items).for_each(|it| push(&it.value));
        statement.actions.iter().flat_map(|it| &it.items).for_each(&mut push);
        statement.resources.iter().flat_map(|it| &it.items).for_each(&mut push);
        for condition in statement.conditions.iter().flat_map(|it| &it.items) {
            parts.push(slice(condition.operator_name.span));
            parts.push(slice(condition.key.span));
            parts.extend(condition.values.iter().map(|value| slice(value.span)));
        }
        for (span, end) in [(policy.span, "}"), (statement.span, "}")] {
            let text = slice(span);
            assert!(text.starts_with('{') && text.ends_with(end), "{text}");
        }
    });
    parts
}

const LINES: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [{
    "Sid": "é€𐍈",
    "Effect": "Allow",
    "Principal": {"AWS": ["*"]},

    "Action": ["s3:GetObject",   "s3:*"],
    "Resource": "arn:aws:s3:::b/\u002a",
    "Condition": {"StringEquals": {"aws:PrincipalOrgID": ["o-1", "o-2"]}}
  }]
}"#;

const PARTS: [&str; 11] = [
    r#""2012-10-17""#,
    r#""é€𐍈""#,
    r#""Allow""#,
    r#""*""#,
    r#""s3:GetObject""#,
    r#""s3:*""#,
    r#""arn:aws:s3:::b/\u002a""#,
    r#""StringEquals""#,
    r#""aws:PrincipalOrgID""#,
    r#""o-1""#,
    r#""o-2""#,
];

fn expected() -> Vec<String> {
    PARTS.map(str::to_owned).to_vec()
}

/// `LINES` behind `header`, each line indented.
fn block(header: &str) -> String {
    let lines: Vec<String> = LINES.lines().map(|line| format!("        {line}")).collect();
    format!("{header}\n{}", lines.join("\n"))
}

#[test]
fn block_scalars() {
    for header in ["|", "|-", ">", ">+", "|2", "!Sub |", "!Sub >-", "&anchor |", "| # comment"] {
        assert_eq!(parts(&template(&block(header))), expected(), "{header}");
    }
}

#[test]
fn line_breaks_of_windows() {
    let source = template(&block("!Sub |")).replace('\n', "\r\n");
    assert_eq!(parts(&source), expected());
}

#[test]
fn single_quotes() {
    for tag in ["", "!Sub "] {
        assert_eq!(parts(&template(&format!("{tag}{}'", block("'")))), expected());
    }
    let quoted = template(r#"'{"Statement": {"Sid": "it''s", "Action": "s3:*"}}'"#);
    assert_eq!(parts(&quoted), [r#""it''s""#, r#""s3:*""#]);
}

#[test]
fn double_quotes() {
    let escaped = LINES.replace('\\', r"\\").replace('"', r#"\""#);
    let expected: Vec<String> =
        expected().iter().map(|part| part.replace('\\', r"\\").replace('"', r#"\""#)).collect();
    let folded = escaped.replace('\n', "\n        ");
    let on_one_line = escaped.replace('\n', r"\n");
    let continued = escaped.replace('\n', " \\\n        ");
    for text in [folded, on_one_line, continued] {
        for tag in ["", "!Sub "] {
            assert_eq!(parts(&template(&format!("{tag}\"{text}\""))), expected, "{text}");
        }
    }
}

#[test]
fn a_template_of_json() {
    let text = LINES.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n");
    let expected: Vec<String> =
        expected().iter().map(|part| part.replace('\\', r"\\").replace('"', r#"\""#)).collect();
    for policy in [format!("\"{text}\""), format!("{{\"Fn::Sub\": \"{text}\"}}")] {
        let source = format!(
            "{{\"Resources\": {{\"R\": {{\"Type\": \"A::B::C\", \"Properties\": {{\"Policy\": {policy}}}}}}}}}"
        );
        assert_eq!(parts(&source), expected, "{source}");
    }
}

#[test]
fn pieces_of_substitution_and_join() {
    let text = r#"!Sub |
        {"Statement": [{
          "Action": "s3:Get*",
          "Resource": ["arn:${AWS::Partition}:s3:::${D}/*", "${P}", "${D}"], "Effect": "Deny"
        }]}"#;
    let parts_of_text =
        [r#""Deny""#, r#""s3:Get*""#, r#""arn:${AWS::Partition}:s3:::${D}/*""#, r#""${P}""#, r#""${D}""#];
    assert_eq!(parts(&template(text)), parts_of_text);
    let list_form = r#"!Sub
        - '{"Statement": {"Action": "${A}:Get*", "Resource": "*"}}'
        - {A: s3}"#;
    assert_eq!(parts(&template(list_form)), [r#""${A}:Get*""#, r#""*""#]);
    let joined = r#"!Join
        - "\n"
        - - '{"Statement":'
          - !Sub '{"Action": "s3:*", "Resource": "${D}:x"'
          - "}}""#;
    assert_eq!(parts(&template(joined)), [r#""s3:*""#, r#""${D}:x""#]);
}

#[test]
fn what_is_unknown_stays_unknown() {
    let policy = |text: &str| template(&format!("!Sub '{text}'"));
    with_policy(&policy(r#"{"Statement": [${P}, {"Effect": "Allow", "Action": ${P}}]}"#), |_, policy| {
        assert!(!policy.complete);
        let actions = policy.statements[0].actions.as_ref().unwrap();
        assert!(!actions.complete && actions.items.is_empty());
    });
    // Whether these are JSON depends on the parameter.
    for text in ["${P}", r#"{"Statement": [${P} {}]}"#, "{${P}}", r#"{"Statement": {}${P}"#] {
        with_reading(&policy(text), |_, reading| {
            assert!(matches!(reading, Some(Reading::Unknown)), "{text}: {reading:?}");
        });
    }
    with_reading(&template("!Ref P"), |_, reading| assert!(matches!(reading, Some(Reading::Unknown))));
    with_reading(&template("!Ref AWS::NoValue"), |_, reading| assert!(reading.is_none()));
}

#[test]
fn mistakes_have_their_place() {
    let cases = [
        (r#"{"Statement": [{"Effect": "Allow"},]}"#, "]", "no value of JSON here"),
        (r#"{"Statement" [],}"#, "[", "no `:` behind the key here"),
        (r#"{"Statement": [{} {}]}"#, "{", "no `,` or `]` here"),
        (r#"{"Statement": {}} x"#, "x", "text after the end of the policy"),
        (r#"{"Statement": [{"Sid": "a\q"}]}"#, "\\", "an escape sequence that JSON does not have"),
        (r#"{"Statement": ["é"]}"#, "\"é\"", "a statement is a map"),
        (r#"{"Statement": "é"#, "", "a control character, which JSON has only as an escape sequence"),
        (r#"["é"]"#, "[\"é\"]", "a policy is a map and not a list"),
    ];
    for (text, place, message) in cases {
        with_reading(&template(&format!("|\n        {text}")), |source, reading| {
            let Some(Reading::Malformed(malformed)) = reading else { panic!("{text}: {reading:?}") };
            assert_eq!(
                (&source[malformed.span.range()], malformed.message.as_ref()),
                (place, message),
                "{text}"
            );
        });
    }
}

#[test]
fn a_quote_that_is_not_closed() {
    with_reading(&template(r#"'{"Statement": "é'"#), |source, reading| {
        let Some(Reading::Malformed(malformed)) = reading else { panic!("{reading:?}") };
        assert_eq!(malformed.message, "a text whose quote is not closed");
        assert!(source[malformed.span.start as usize..].starts_with("\"é'"));
    });
}

#[test]
fn no_text_is_too_odd() {
    let deep = "[".repeat(5000);
    let texts: Vec<String> = (0..=LINES.len())
        .filter(|&end| LINES.is_char_boundary(end))
        .map(|end| LINES[..end].to_owned())
        .chain([deep, String::new(), "\u{1}".to_owned(), r#"{"\ud83d":"\ud83d\ude00\u12é"}"#.to_owned()])
        .collect();
    for text in texts {
        let lines = text.replace('\n', "\n        ");
        let escaped = lines.replace('\\', r"\\").replace('"', r#"\""#);
        for style in [format!("!Sub |\n        {lines}"), format!("'{lines}'"), format!("!Sub \"{escaped}\"")]
        {
            let _ = with_any_reading(&template(&style), |source, reading| {
                let span = match reading {
                    Some(Reading::Malformed(malformed)) => malformed.span,
                    Some(Reading::Policy(policy)) => policy.span,
                    Some(Reading::Unknown) | None => return,
                };
                assert!(source.get(span.range()).is_some(), "{style}");
            });
        }
    }
}
