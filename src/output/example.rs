//! What the tests of the formats share: a report made by hand, with everything a finding can have; golden files; schemas.

use std::io::{self, Write};
use std::path::Path;

use miette::Diagnostic;
use serde_json::Value;
use thiserror::Error;

use super::Ending;
use crate::diagnostic::{Applicability, Certainty, Edit, Finding, Label, Severity, Suppressed};
use crate::report::{Part, Report};
use crate::rules::{Check, Group, Persona, Rule};
use crate::text::{FileId, Source, Sources, Span};

pub(super) const RULE: Rule = Rule {
    name: "example-rule",
    group: Group::Security,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "a summary that is long enough to be wrapped on a narrow terminal",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/",
    page: "# example-rule\n",
    check: Check::Text(|_| {}),
};

/// The rules that made the report, and one that found nothing.
pub(super) static RULES: &[&Rule] = &[
    &Rule { name: "acceptance-off", page: PAGE, ..RULE },
    &Rule { name: "ecr-without-s3-endpoint", severity: Severity::Error, group: Group::Reachability, ..RULE },
    &Rule { name: "endpoint-service-untagged", severity: Severity::Info, group: Group::Hygiene, ..RULE },
    &Rule { name: "example-rule", persona: Persona::Pedantic, ..RULE },
    &Rule { name: "private-dns-off", severity: Severity::Error, ..RULE },
];

const PAGE: &str = "\
# acceptance-off
Every connection request is accepted.

## Examples
````yaml
```yaml
## When it stays silent
```
````

## When it stays silent
Where `AcceptanceRequired` is not known.
";

const SERVICE: &str = "\
Parameters:
  Environment: {Type: String, AllowedValues: [prod, test]}
Resources:
  PaymentsService:
    Type: AWS::EC2::VPCEndpointService
    Properties:
      AcceptanceRequired: false
      NetworkLoadBalancerArns: [!Ref LoadBalancer]
  Tasks:
    Type: AWS::ECS::Service
    Properties:
      LaunchType: FARGATE
      TaskDefinition: !Ref Definition
      NetworkConfiguration:
        AwsvpcConfiguration:
          Subnets: [!Ref PrivateA]
  RegistryEndpoint:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      ServiceName: !Sub com.amazonaws.${AWS::Region}.ecr.dkr
  QueueEndpoint: {Type: AWS::EC2::VPCEndpoint, Properties: {ServiceName: com.amazonaws.eu-west-1.sqs}}
  TopicEndpoint: {Type: AWS::EC2::VPCEndpoint, Properties: {ServiceName: com.amazonaws.eu-west-1.sns}}
  KeyEndpoint: {Type: AWS::EC2::VPCEndpoint, Properties: {ServiceName: com.amazonaws.eu-west-1.kms}}
  LogsEndpoint: {Type: AWS::EC2::VPCEndpoint, Properties: {ServiceName: com.amazonaws.eu-west-1.logs}}
  StatesEndpoint: {Type: AWS::EC2::VPCEndpoint, Properties: {ServiceName: com.amazonaws.eu-west-1.states}}
";

const NETWORK: &str = "\
Resources:
  PrivateA:
    Type: AWS::EC2::Subnet
    Properties:
      VpcId: !Ref Vpc
      CidrBlock: 10.0.1.0/24
      Tags: [{Key: Name, Value: \"größe\"}]
      MapPublicIpOnLaunch: true # privatelint: ignore[example-rule] a network for tests, see #12
";

/// The place of the first `needle` behind the first `after`.
fn place(sources: &Sources, file: FileId, after: &str, needle: &str) -> Span {
    let text = &sources.get(file).text;
    let from = text.find(after).unwrap();
    let start = from + text[from..].find(needle).unwrap();
    Span::new(file, start, start + needle.len())
}

fn label(owner: &str, span: Span, message: &str) -> Label {
    Label { owner: Some(owner.to_owned()), span, message: message.to_owned() }
}

pub(super) fn report() -> Report {
    part().into()
}

pub(super) fn part() -> Part {
    let mut sources = Sources::default();
    let service = sources.add(Source::new("stacks/service.yaml", SERVICE));
    let network = sources.add(Source::new("stacks/network.yaml", NETWORK));
    sources.add(Source::new("stacks/clean.yaml", ""));

    let mut images = Finding::new(
        "ecr-without-s3-endpoint",
        Severity::Error,
        label(
            "Tasks",
            place(&sources, service, "Tasks:", "LaunchType: FARGATE"),
            "this workload pulls its images from a subnet without a way out",
        ),
        "`Tasks` cannot pull images: its VPC has no S3 endpoint",
    );
    images
        .label(
            Some("RegistryEndpoint"),
            place(&sources, service, "RegistryEndpoint:", "!Sub com.amazonaws.${AWS::Region}.ecr.dkr"),
            "ECR is reached through this endpoint",
        )
        .label(
            Some("PrivateA"),
            place(&sources, network, "PrivateA", "PrivateA"),
            "this subnet has no default route",
        )
        .why(
            "ECR hands out image layers from S3, so a task in a subnet without a default route needs an S3 gateway \
             endpoint beside the two endpoints of ECR",
        )
        .symptom("CannotPullContainerError: ref pull has been retried 5 time(s): i/o timeout")
        .help("add an S3 gateway endpoint and put the route table of `PrivateA` into its `RouteTableIds`");
    images.url = Some("https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html");

    let mut acceptance = Finding::new(
        "acceptance-off",
        Severity::Warning,
        label(
            "PaymentsService",
            place(&sources, service, "AcceptanceRequired", "false"),
            "connections are not reviewed",
        ),
        "`PaymentsService` accepts every connection request",
    );
    acceptance.certainty = Certainty::Possible;
    acceptance.when = Some("when `Environment` is `prod`".to_owned());
    acceptance.help("set `AcceptanceRequired` to true");
    let off = Edit { span: acceptance.primary.span, text: "true".to_owned() };
    acceptance.fix(Applicability::Suggested, "set `AcceptanceRequired` to true", Some(vec![off]));

    let mut names = Finding::new(
        "private-dns-off",
        Severity::Error,
        label("RegistryEndpoint", place(&sources, service, "RegistryEndpoint", "RegistryEndpoint"), ""),
        "6 endpoints have private DNS off, so clients do not find them by the public name",
    );
    for owner in ["QueueEndpoint", "TopicEndpoint", "KeyEndpoint", "LogsEndpoint", "StatesEndpoint"] {
        names.label(Some(owner), place(&sources, service, owner, owner), "");
    }

    let tags = Finding::new(
        "endpoint-service-untagged",
        Severity::Info,
        label(
            "PrivateA",
            place(&sources, network, "Properties", "VpcId: !Ref Vpc\n      CidrBlock: 10.0.1.0/24"),
            "these are all",
        ),
        "the tag `Name` is missing",
    );

    let public = Finding::new(
        "example-rule",
        Severity::Warning,
        label("PrivateA", place(&sources, network, "MapPublicIpOnLaunch", "true"), ""),
        "`PrivateA` hands out public addresses",
    );
    let suppressed = Suppressed {
        finding: public,
        span: place(&sources, network, "ignore[", "example-rule"),
        reason: Some("a network for tests, see #12".to_owned()),
    };

    let findings = vec![images, acceptance, names, tags];
    Part { sources, findings, suppressed: vec![suppressed] }
}

/// A place of two characters behind a wide letter and one of two UTF-16 units: characters 6 and 7 of the line.
pub(super) fn behind_wide_letters() -> Report {
    let mut sources = Sources::default();
    let text = "# ä 😀xy\n";
    let file = sources.add(Source::new("größe/100%.yaml", text));
    let span = Span::new(file, text.find('x').unwrap(), text.find('\n').unwrap());
    let finding = Finding::new("acceptance-off", Severity::Info, label("A", span, ""), "x");
    Part { sources, findings: vec![finding], ..Part::default() }.into()
}

/// A finding that breaks whatever does not escape it.
pub(super) fn hostile() -> Part {
    let mut sources = Sources::default();
    let file = sources.add(Source::new("a\"<b>&\n.yaml", "x"));
    let primary = label("|", Span::new(file, 0, 1), "");
    let mut finding = Finding::new("a-rule", Severity::Error, primary, "`\u{1}]]>\u{fffe}` & | \"<!--\"");
    finding.help("<b>@all</b>").why("[a](b) *c* `|` #1");
    Part { sources, findings: vec![finding], ..Part::default() }
}

/// How the run that made the report ended.
pub(super) fn ending() -> Ending<'static> {
    static MISSING: Problem = Problem;
    Ending {
        rules: RULES,
        fail_on: Some(Severity::Warning),
        problems: vec![&MISSING],
        successful: false,
        exit_code: 2,
    }
}

#[derive(Debug, Error, Diagnostic)]
#[error("cannot read `stacks/locked.yaml`: permission denied")]
struct Problem;

/// What a format makes of the report.
pub(super) fn rendered(format: impl FnOnce(&Report, &mut dyn Write) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    format(&report(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Compares what a format makes of the report with a file in `testdata/output`; the program's version is 0.0.0 there.
pub(super) fn compare_format(name: &str, format: impl FnOnce(&Report, &mut dyn Write) -> io::Result<()>) {
    let mut text = rendered(format);
    for before in ["ersion\": \"", "ersion\":\"", "ersion=\""] {
        let of = |version| format!("{before}{version}\"");
        text = text.replace(&of(env!("CARGO_PKG_VERSION")), &of("0.0.0"));
    }
    compare(name, &text);
}

/// Compares with a file in `testdata/output`. With `PRIVATELINT_REWRITE=1` in the environment the file is written.
pub(super) fn compare(name: &str, rendered: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/output").join(name);
    if std::env::var_os("PRIVATELINT_REWRITE").is_some() {
        std::fs::write(&path, rendered).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        rendered == expected,
        "{name} differs; PRIVATELINT_REWRITE=1 writes it anew\n--- expected\n{expected}\n--- rendered\n{rendered}"
    );
}

/// The part of JSON Schema that our schemas use: every key is checked, and every required key must be there.
pub(super) fn fits(value: &Value, schema: &Value, root: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.strip_prefix("#/$defs/").unwrap();
        return fits(value, &root["$defs"][name], root, at);
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let kind = if value.is_null() { "null" } else { "object" };
        let fitting = choices.iter().find(|choice| choice.get("$ref").is_some() == (kind == "object"));
        return fits(value, fitting.unwrap_or_else(|| panic!("{at}: {value}")), root, at);
    }
    if let Some(constant) = schema.get("const") {
        assert_eq!(value, constant, "{at}");
    }
    if let Some(choices) = schema["enum"].as_array() {
        assert!(choices.contains(value), "{at}: {value}");
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    match &schema["type"] {
        Value::String(expected) => assert_eq!(kind, expected, "{at}"),
        Value::Array(expected) => assert!(expected.contains(&kind.into()), "{at}: {kind}"),
        _ => {}
    }
    if let (Some(minimum), Some(number)) = (schema["minimum"].as_u64(), value.as_u64()) {
        assert!(number >= minimum, "{at}");
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        fits(item, &schema["items"], root, &format!("{at}[{index}]"));
    }
    for (key, member) in value.as_object().into_iter().flatten() {
        let known =
            schema["properties"].get(key).unwrap_or_else(|| panic!("{at}.{key} is not in the schema"));
        fits(member, known, root, &format!("{at}.{key}"));
    }
    for key in schema["required"].as_array().into_iter().flatten() {
        assert!(value.get(key.as_str().unwrap()).is_some(), "{at} lacks {key}");
    }
}
