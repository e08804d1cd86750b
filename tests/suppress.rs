//! What the author of a template does not want to hear: ignores, ignores written by the program, baselines.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::fs;

use command::{outcome, privatelint};
use privatelint::config::{Deployment, Given, Options};
use privatelint::diagnostic::Finding;
use privatelint::engine::{self, FileReport};
use privatelint::suppress::{self, Level};
use privatelint::text::FileId;
use serde_json::{Value, json};
use tempfile::TempDir;

mod command;

fn inspect(text: &str) -> FileReport {
    engine::inspect(text, FileId(0), &Options::default())
}

/// The rules that speak, and those that are ignored with the reasons.
fn told(text: &str) -> (Vec<&'static str>, Vec<(&'static str, Option<String>)>) {
    let report = inspect(text);
    let findings = report.findings.iter().map(|finding| finding.rule).collect();
    let suppressed = report.suppressed.into_iter().map(|it| (it.finding.rule, it.reason)).collect();
    (findings, suppressed)
}

const SERVICE: &str = "\
Resources:
  Service:
    Type: AWS::EC2::VPCEndpointService
    Properties:
      AcceptanceRequired: false
      NetworkLoadBalancerArns: [!ImportValue load-balancer]
      Tags: [{Key: Name, Value: orders}]
  Allowed:
    Type: AWS::EC2::VPCEndpointServicePermissions
    Properties:
      ServiceId: !Ref Service
      AllowedPrincipals: ['arn:aws:iam::111122223333:root']
";

/// The service with one of its lines replaced.
fn service(line: &str, by: &str) -> String {
    let line = format!("{line}\n");
    assert_eq!(SERVICE.matches(&line).count(), 1, "{line}");
    SERVICE.replace(&line, &format!("{by}\n"))
}

const ID: &str = "  Service:";
const ACCEPTANCE: &str = "      AcceptanceRequired: false";

#[test]
fn the_service_has_one_defect() {
    assert_eq!(told(SERVICE), (vec!["acceptance-off"], vec![]));
}

#[test]
fn an_ignore_holds_where_it_stands() {
    let reasonless = [
        service(ACCEPTANCE, "      AcceptanceRequired: false # privatelint: ignore[acceptance-off]"),
        service(ACCEPTANCE, "      # privatelint: ignore[acceptance-off]\n      AcceptanceRequired: false"),
        // In whatever column, and with other comments between.
        service(
            ACCEPTANCE,
            "# privatelint: ignore[acceptance-off]\n      # as agreed\n      AcceptanceRequired: false",
        ),
        // On the line of the key, where the value begins below.
        service(ACCEPTANCE, "      AcceptanceRequired: # privatelint: ignore[acceptance-off]\n        false"),
        service(
            ACCEPTANCE,
            "      AcceptanceRequired:\n        # privatelint: ignore[acceptance-off]\n        false",
        ),
        service(ID, "  Service: # privatelint: ignore[acceptance-off]"),
        service(ID, "  # privatelint: ignore[acceptance-off]\n  Service:"),
        format!("# privatelint: ignore-file[acceptance-off]\n\n{SERVICE}"),
        format!("{SERVICE}# privatelint: ignore-file[acceptance-off]"),
        service(ID, "  Service:\n    Metadata: {privatelint: {ignore: [acceptance-off]}}"),
        service(ID, "  Service:\n    Metadata: {privatelint: {ignore: acceptance-off}}"),
        service(ID, "  Service:\n    Metadata: {Owner: me, privatelint: {ignore: {acceptance-off: }}}"),
        format!("Metadata: {{privatelint: {{ignore: [acceptance-off]}}}}\n{SERVICE}"),
    ];
    for text in reasonless {
        assert_eq!(told(&text), (vec![], vec![("acceptance-off", None)]), "{text}");
        let with_breaks = text.replace('\n', "\r\n");
        assert_eq!(told(&with_breaks), (vec![], vec![("acceptance-off", None)]), "CRLF: {text}");
        let with_mark = format!("\u{feff}{text}");
        assert_eq!(told(&with_mark), (vec![], vec![("acceptance-off", None)]), "byte order mark: {text}");
    }
}

#[test]
fn an_ignore_has_a_reason() {
    for text in [
        service(ACCEPTANCE, &format!("{ACCEPTANCE} # privatelint: ignore[acceptance-off] as agreed in #12")),
        service(
            ID,
            "  Service:\n    Metadata: {privatelint: {ignore: [acceptance-off: 'as agreed in #12']}}",
        ),
        service(
            ID,
            "  Service:\n    Metadata: {privatelint: {ignore: {acceptance-off: 'as agreed in #12'}}}",
        ),
        // The nearest one gives it.
        service(ACCEPTANCE, &format!("{ACCEPTANCE} # privatelint: ignore[acceptance-off] as agreed in #12"))
            .replace("  Service:\n", "  Service: # privatelint: ignore[acceptance-off] all of it\n"),
    ] {
        let reason = Some("as agreed in #12".to_owned());
        assert_eq!(told(&text), (vec![], vec![("acceptance-off", reason)]), "{text}");
    }
}

#[test]
fn what_is_no_ignore_here_ignores_nothing_here() {
    for (text, is_told) in [
        // No comments.
        (SERVICE.replace("orders", "'x # privatelint: ignore-file[acceptance-off]'"), false),
        (format!("Description: |\n  # privatelint: ignore-file[acceptance-off]\n{SERVICE}"), false),
        // Not this line, not this resource, not this rule.
        (service(ACCEPTANCE, &format!("      # privatelint: ignore[acceptance-off]\n\n{ACCEPTANCE}")), true),
        (
            service(
                "    Properties:\n      ServiceId: !Ref Service",
                "    Properties: # privatelint: ignore[acceptance-off]\n      ServiceId: !Ref Service",
            ),
            true,
        ),
        (service("  Allowed:", "  Allowed: # privatelint: ignore[acceptance-off]"), true),
        (service("  Allowed:", "  Allowed:\n    Metadata: {privatelint: {ignore: [acceptance-off]}}"), true),
        (service(ACCEPTANCE, &format!("{ACCEPTANCE} # privatelint: ignore[private-dns-off]")), true),
        // No rule is named.
        (service(ACCEPTANCE, &format!("{ACCEPTANCE} # privatelint: ignore")), true),
        (service(ACCEPTANCE, &format!("{ACCEPTANCE} # privatelint: ignore[all]")), true),
        (format!("Metadata: {{privatelint: {{ignore: }}}}\n{SERVICE}"), true),
    ] {
        let (mut findings, suppressed) = told(&text);
        findings.retain(|rule| !(is_told && *rule == "unused-suppression"));
        assert_eq!((findings, suppressed), (vec!["acceptance-off"], vec![]), "{text}");
        let told = inspect(&text).findings.iter().any(|finding| finding.rule == "unused-suppression");
        assert_eq!(told, is_told, "{text}");
    }
}

#[test]
fn a_text_over_several_lines_stands_where_it_begins() {
    let text = |above: &str, behind: &str| {
        format!(
            "\
Resources:
  Vpc: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16}}}}
  Table: {{Type: AWS::EC2::RouteTable, Properties: {{VpcId: !Ref Vpc}}}}
  Endpoint:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: !Ref Vpc
      RouteTableIds: [!Ref Table]
      ServiceName: !Sub com.amazonaws.${{AWS::Region}}.s3
{above}      PolicyDocument: |{behind}
        {{\"Version\": \"2012-10-17\", \"Statement\": [
          {{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"s3:*\", \"Resource\": \"*\"}}
          ]}}
"
        )
    };
    let rule = "wildcard-endpoint-policy";
    assert_eq!(told(&text("", "")).0, [rule]);
    let comment = format!("# privatelint: ignore[{rule}] why not");
    for text in [text("", &format!(" {comment}")), text(&format!("      {comment}\n"), "")] {
        assert_eq!(told(&text), (vec![], vec![(rule, Some("why not".to_owned()))]), "{text}");
    }
}

#[test]
fn json_has_metadata() {
    let text = |resource: Value, template: Value| {
        let mut service = json!({
            "Type": "AWS::EC2::VPCEndpointService",
            "Properties": {
                "AcceptanceRequired": false,
                "NetworkLoadBalancerArns": [{"Fn::ImportValue": "load-balancer"}],
                "Tags": [{"Key": "Name", "Value": "orders"}]
            }
        });
        service["Metadata"] = resource;
        let mut all = json!({"Resources": {"Service": service}});
        all["Metadata"] = template;
        serde_json::to_string_pretty(&all).unwrap()
    };
    let ignore = |rules: Value| json!({"privatelint": {"ignore": rules}});
    let rest = ignore(json!({"service-without-permissions": "by hand"}));
    let acceptance = ignore(json!(["acceptance-off", {"service-without-permissions": "by hand"}]));
    let expected = [("acceptance-off", None), ("service-without-permissions", Some("by hand".to_owned()))];
    for text in [text(acceptance.clone(), json!({})), text(rest, ignore(json!("acceptance-off")))] {
        let (findings, mut suppressed) = told(&text);
        suppressed.sort();
        assert_eq!((findings, suppressed), (vec![], expected.to_vec()), "{text}");
    }
}

#[test]
fn an_ignore_takes_one_of_many() {
    // What is said once for many resources belongs to each of them.
    let endpoints = ["sqs", "sns", "kms"]
        .iter()
        .map(|service| {
            format!(
                "  {service}:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: !Ref Vpc
      VpcEndpointType: Interface
      ServiceName: !Sub com.amazonaws.${{AWS::Region}}.{service}
      SubnetIds: [!Ref A, !Ref B]
      SecurityGroupIds: [!Ref Group]
"
            )
        })
        .collect::<Vec<_>>()
        .concat();
    let text = format!(
        "Resources:
  Vpc: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16, EnableDnsHostnames: true}}}}
  A: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24, AvailabilityZone: !Select [0, !GetAZs '']}}}}
  B: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZone: !Select [1, !GetAZs '']}}}}
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      VpcId: !Ref Vpc
      GroupDescription: endpoints
      SecurityGroupIngress: [{{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/16}}]
{endpoints}"
    );
    let rule = "private-dns-off";
    let owners = |text: &str| {
        let report = engine::lint(text, FileId(0), &Options::default());
        let findings: Vec<Finding> = report.findings.into_iter().filter(|it| it.rule == rule).collect();
        assert_eq!(findings.len(), 1, "said once");
        let labels = std::iter::once(&findings[0].primary).chain(&findings[0].labels);
        labels.filter_map(|label| label.owner.clone()).collect::<Vec<_>>()
    };
    assert_eq!(owners(&text), ["sqs", "sns", "kms"]);
    let ignored = text.replace("  sns:\n", &format!("  sns: # privatelint: ignore[{rule}]\n"));
    assert_eq!(owners(&ignored), ["sqs", "kms"]);
}

#[test]
fn ignores_of_ignores_end_somewhere() {
    let unused = "# privatelint: ignore[acceptance-off, unused-suppression]";
    let text = format!("{unused}\nResources: {{Topic: {{Type: AWS::SNS::Topic}}}}\n");
    assert_eq!(told(&text), (vec![], vec![("unused-suppression", None)]));
    let text =
        "# privatelint: ignore-file[unused-suppression]\nResources: {Topic: {Type: AWS::SNS::Topic}}\n";
    assert_eq!(told(text), (vec!["unused-suppression"], vec![]));
}

#[test]
fn nothing_is_said_of_rules_that_did_not_run() {
    let text = service(
        ACCEPTANCE,
        "      # privatelint: ignore[acceptance-off, s3-all-resolvers-cost]\n      AcceptanceRequired: true",
    );
    let unused = |options: Options| {
        let report = engine::inspect(&text, FileId(0), &options);
        report
            .findings
            .into_iter()
            .filter(|it| it.rule == "unused-suppression")
            .map(|it| it.message)
            .collect::<Vec<_>>()
    };
    let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(unused(Options::default()), ["the ignore of `acceptance-off` suppresses nothing"]);
    let ignoring = Options { ignore: names(&["acceptance-off"]), ..Options::default() };
    assert_eq!(unused(ignoring), [""; 0]);
    let selecting =
        Options { select: names(&["unused-suppression", "private-dns-off"]), ..Options::default() };
    assert_eq!(unused(selecting), [""; 0]);
    let with_cost = Options { extend_select: names(&["cost"]), ..Options::default() };
    assert_eq!(unused(with_cost).len(), 2);
    let not_asked = Options { ignore: names(&["unused-suppression"]), ..Options::default() };
    assert_eq!(unused(not_asked), [""; 0]);
}

#[test]
fn nothing_is_said_where_another_deployment_may_need_it() {
    let text = format!(
        "Parameters:\n  Environment: {{Type: String, AllowedValues: [prod, test]}}\nConditions:\n  IsTest: !Equals [!Ref Environment, test]\n{}",
        service(
            ACCEPTANCE,
            "      AcceptanceRequired: !If [IsTest, false, true] # privatelint: ignore[acceptance-off]"
        )
    );
    let unused = |options: &Options| {
        let findings = engine::inspect(&text, FileId(0), options).findings;
        findings.iter().filter(|finding| finding.rule == "unused-suppression").count()
    };
    assert_eq!(unused(&Options::default()), 0, "it is of use in a test");
    let given = Given { value: Some("prod".to_owned()), place: None };
    let prod = Deployment {
        name: "prod".to_owned(),
        named_for_template: true,
        parameters: [("Environment".to_owned(), given)].into(),
    };
    let in_prod = Options { deployments: vec![prod], ..Options::default() };
    assert_eq!(unused(&in_prod), 0, "nobody said that it is deployed nowhere else");
}

#[test]
fn nothing_is_said_of_what_could_not_be_read() {
    let text =
        service(ACCEPTANCE, "      AcceptanceRequired: \"false\" x # privatelint: ignore[acceptance-off]")
            .replace("Service:\n", "Service: # privatelint: ignore[acceptance-off, no-rule]\n");
    let report = inspect(&text);
    let messages: Vec<&str> = report.findings.iter().map(|it| it.message.as_str()).collect();
    assert!(messages.contains(&"there is no rule `no-rule`, so nothing is ignored"), "{messages:?}");
    assert!(!messages.iter().any(|message| message.contains("suppresses nothing")), "{messages:?}");
}

/// Exit code and streams, without the time that the summary ends with.
fn run(folder: &TempDir, arguments: &[&str]) -> (i32, String, String) {
    let (code, stdout, stderr) = outcome(privatelint(folder.path()).args(arguments));
    let lines = stderr.lines().map(|line| match line.rsplit_once(" (") {
        Some((rest, time)) if time.ends_with("s)") => format!("{rest}\n"),
        _ => format!("{line}\n"),
    });
    (code, stdout, lines.collect())
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    command::folder(&files)
}

fn read(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap()
}

#[test]
fn what_is_suppressed_does_not_fail_and_is_counted() {
    let text = service(ACCEPTANCE, &format!("{ACCEPTANCE} # privatelint: ignore[acceptance-off] as agreed"));
    let folder = folder(&[("a.yaml", &text)]);
    assert_eq!(
        run(&folder, &["a.yaml"]),
        (0, String::new(), "no problems in 1 template, 1 suppressed\n".to_owned())
    );
    let (code, stdout, _) = run(&folder, &["a.yaml", "--format", "json"]);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &report["findings"], &report["summary"]["suppressed"]), (0, &json!([]), &json!(1)));
    let finding = &report["suppressed"][0];
    assert_eq!((&finding["rule"], &finding["line"]), (&json!("acceptance-off"), &json!(5)));
    assert_eq!(finding["suppressed"]["reason"], "as agreed");
    assert_eq!((&finding["suppressed"]["line"], &finding["suppressed"]["column"]), (&json!(5), &json!(55)));
    let (_, stdout, _) = run(&folder, &["a.yaml", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&stdout).unwrap();
    let suppression = &log["runs"][0]["results"][0]["suppressions"][0];
    assert_eq!(
        (&suppression["kind"], &suppression["justification"]),
        (&json!("inSource"), &json!("as agreed"))
    );
}

const JSON: &str = "{
\t\"Resources\": {
\t\t\"Service\": {
\t\t\t\"Type\": \"AWS::EC2::VPCEndpointService\",
\t\t\t\"Properties\": {\"AcceptanceRequired\": false, \"NetworkLoadBalancerArns\": [{\"Fn::ImportValue\": \"a\"}]}
\t\t},
\t\t\"Other\": {\"Type\": \"AWS::EC2::VPCEndpointService\", \"Metadata\": {\"a\": {\"b\": 1}}, \"Properties\": {
\t\t\t\"AcceptanceRequired\": false, \"NetworkLoadBalancerArns\": [{\"Fn::ImportValue\": \"b\"}]}}
\t}
}";

#[test]
fn ignores_are_written_for_all_that_is_found() {
    let crlf = SERVICE.replace('\n', "\r\n");
    let folder = folder(&[
        ("a/plain.yaml", SERVICE),
        ("a/breaks.yaml", &crlf),
        (
            "flow.yaml",
            "Resources: {S: {Type: AWS::EC2::VPCEndpointService, Properties: {AcceptanceRequired: false, NetworkLoadBalancerArns: [!ImportValue a]}}, T: {Type: AWS::EC2::VPCEndpointService, Properties: {NetworkLoadBalancerArns: [!ImportValue b]}}}\n",
        ),
        ("tabs.json", JSON),
        ("clean.yaml", "Resources: {Topic: {Type: AWS::SNS::Topic}}\n"),
    ]);
    let (code, stdout, stderr) = run(&folder, &[".", "--add-ignores", "--reason", " as agreed\nin #12 "]);
    assert_eq!((code, stdout.as_str()), (0, ""), "{stderr}");
    assert!(
        stderr.starts_with("added ignores for ") && stderr.contains(" findings to 4 files\n"),
        "{stderr}"
    );
    assert!(stderr.contains("no problems in 5 templates, "), "{stderr}");
    let comment = "      # privatelint: ignore[acceptance-off] as agreed in #12";
    let expected = service(ACCEPTANCE, &format!("{comment}\n{ACCEPTANCE}"));
    assert_eq!(read(&folder, "a/plain.yaml"), expected);
    assert_eq!(read(&folder, "a/breaks.yaml"), expected.replace('\n', "\r\n"));
    let json = read(&folder, "tabs.json");
    assert!(json.contains("VPCEndpointService\",\n\t\t\t\"Metadata\": {\"privatelint\": {\"ignore\": [{\"acceptance-off\": \"as agreed in #12\"}, "), "{json}");
    assert!(json.contains("\"Metadata\": {\"privatelint\": {\"ignore\": [{\"acceptance-off\": \"as agreed in #12\"}, {\"endpoint-service-untagged\": \"as agreed in #12\"}, {\"service-without-permissions\": \"as agreed in #12\"}]}, \"a\": {\"b\": 1}}"), "{json}");
    serde_json::from_str::<Value>(&json).unwrap();
    let flow = read(&folder, "flow.yaml");
    assert!(flow.contains("Resources: {S: {Type: AWS::EC2::VPCEndpointService, Metadata: {privatelint: {ignore: [{acceptance-off: \"as agreed in #12\"}, "), "{flow}");
    // A second time there is nothing to do.
    let (code, _, stderr) = run(&folder, &[".", "--add-ignores"]);
    assert_eq!(code, 0);
    assert!(stderr.starts_with("no ignores were added\n"), "{stderr}");
    assert_eq!(read(&folder, "tabs.json"), json);
}

#[test]
fn further_ignores_join_those_that_are_there() {
    let head = "Resources:\n  Service:\n    Type: AWS::EC2::VPCEndpointService\n";
    let tail = "    Properties: {NetworkLoadBalancerArns: [!ImportValue a]}\n";
    let json = |metadata: &str| {
        format!(
            "{{\"Resources\": {{\"Service\": {{\"Type\": \"AWS::EC2::VPCEndpointService\", \"Metadata\": {metadata}, \"Properties\": {{\"NetworkLoadBalancerArns\": [{{\"Fn::ImportValue\": \"a\"}}]}}}}}}}}"
        )
    };
    let yaml = |metadata: &str| format!("{head}    Metadata: {metadata}{tail}");
    let first = "endpoint-service-untagged";
    for (text, expected) in [
        (json("{}"), r#"{"privatelint": {"ignore": ["service-without-permissions"]}}"#),
        (json(r#"{"privatelint": {}}"#), r#"{"privatelint": {"ignore": ["service-without-permissions"]}}"#),
        (
            json(r#"{"privatelint": {"ignore": "endpoint-service-untagged"}}"#),
            r#"{"ignore": ["endpoint-service-untagged", "service-without-permissions"]}"#,
        ),
        (
            json(r#"{"privatelint": {"ignore": ["endpoint-service-untagged"]}}"#),
            r#"{"ignore": ["endpoint-service-untagged", "service-without-permissions"]}"#,
        ),
        (
            json(r#"{"privatelint": {"ignore": {"endpoint-service-untagged": "x"}}}"#),
            r#"{"ignore": {"service-without-permissions": "", "endpoint-service-untagged": "x"}}"#,
        ),
        (
            yaml(&format!("{{privatelint: {{ignore: [{first}]}}}}\n")),
            "{privatelint: {ignore: [endpoint-service-untagged, service-without-permissions]}}",
        ),
        (
            yaml(&format!("\n      privatelint:\n        ignore:\n          - {first}\n")),
            "          - endpoint-service-untagged\n          - service-without-permissions\n",
        ),
        (
            yaml(&format!("\n      privatelint:\n        ignore: {first} # for now\n")),
            "        ignore: [endpoint-service-untagged, service-without-permissions] # for now\n",
        ),
        (
            yaml(&format!("\n      privatelint:\n        ignore:\n          {first}: x\n")),
            "          service-without-permissions: \"\"\n          endpoint-service-untagged: x\n",
        ),
        (
            yaml("\n      Owner: me\n"),
            "      privatelint: {ignore: [service-without-permissions]}\n      Owner: me\n",
        ),
    ] {
        let report = inspect(&text);
        let wanted: Vec<(&Finding, Level)> = report
            .findings
            .iter()
            .filter(|finding| finding.rule == "service-without-permissions")
            .map(|finding| (finding, Level::Resource))
            .collect();
        assert_eq!(wanted.len(), 1, "{text}");
        let changed = suppress::add(&text, &wanted, None);
        assert!(changed.contains(expected), "{changed}");
        let (_, suppressed) = told(&changed);
        assert!(suppressed.contains(&("service-without-permissions", None)), "{changed}");
    }
}

#[test]
fn what_belongs_to_no_resource_is_ignored_in_the_template() {
    let folder = folder(&[
        (
            "twice.json",
            "{\"Description\": \"a\", \"Description\": \"b\", \"Resources\": {\"T\": {\"Type\": \"AWS::SNS::Topic\"}}}",
        ),
        ("twice.yaml", "Description: a\nDescription: b\nResources: {T: {Type: AWS::SNS::Topic}}\n"),
    ]);
    let (code, stdout, stderr) = run(&folder, &[".", "--add-ignores"]);
    assert_eq!((code, stdout.as_str()), (0, ""), "{stderr}");
    assert!(
        read(&folder, "twice.json")
            .contains("\"Metadata\": {\"privatelint\": {\"ignore\": [\"template-unparsable\"]}}")
    );
    assert!(
        read(&folder, "twice.yaml").contains("a\n# privatelint: ignore[template-unparsable]\nDescription: b")
    );
}

#[test]
fn a_loop_in_json_has_one_metadata() {
    let text = r#"{"Transform": "AWS::LanguageExtensions", "Resources": {"Fn::ForEach::All": ["Name", ["A", "B"], {
  "Service${Name}": {"Type": "AWS::EC2::VPCEndpointService",
    "Properties": {"NetworkLoadBalancerArns": [{"Fn::ImportValue": {"Fn::Sub": "${Name}"}}], "Tags": [{"Key": "Name", "Value": "x"}]}}
}]}}"#;
    let folder = folder(&[("loop.json", text)]);
    let (code, _, stderr) = run(&folder, &["loop.json", "--add-ignores"]);
    assert_eq!(code, 0);
    assert!(stderr.starts_with("added ignores for 2 findings to 1 file\n"), "{stderr}");
    assert_eq!(read(&folder, "loop.json").matches("service-without-permissions").count(), 1);
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_written_is_told_and_the_others_are_written() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(&[("a.yaml", SERVICE), ("b.yaml", SERVICE)]);
    let locked = folder.path().join("a.yaml");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o444)).unwrap();
    fs::set_permissions(folder.path().join("b.yaml"), fs::Permissions::from_mode(0o640)).unwrap();
    fs::write(folder.path().join("c.yaml"), [SERVICE.as_bytes(), b"# caf\xe9\n"].concat()).unwrap();
    let (code, stdout, stderr) = run(&folder, &[".", "--add-ignores", "--format", "concise"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("error: cannot write `a.yaml`: it is read-only\n"), "{stderr}");
    assert!(stderr.contains("error: cannot write `c.yaml`: it is not UTF-8\n"), "{stderr}");
    assert!(stderr.contains("added ignores for 1 finding to 1 file\n"), "{stderr}");
    let files: Vec<&str> = stdout.lines().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(files, ["a.yaml", "c.yaml"], "what is left is told");
    assert_eq!(read(&folder, "a.yaml"), SERVICE);
    assert!(read(&folder, "b.yaml").contains("ignore[acceptance-off]"));
    let mode = fs::metadata(folder.path().join("b.yaml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[test]
fn the_standard_input_has_no_file_to_write() {
    let folder = folder(&[]);
    let (code, _, stderr) = run(&folder, &["-", "--add-ignores"]);
    assert_eq!(code, 2);
    assert!(
        stderr.starts_with("error: `--add-ignores` writes into files, and the standard input is none"),
        "{stderr}"
    );
    assert_eq!(run(&folder, &["--reason", "x"]).0, 2, "a reason for nothing");
}

#[test]
fn only_what_is_new_is_told() {
    let folder = folder(&[
        ("stacks/a.yaml", SERVICE),
        ("stacks/b.yaml", "Resources: {Topic: {Type: AWS::SNS::Topic}}\n"),
    ]);
    let with = ["stacks", "--baseline", "known.json"];
    let (code, stdout, stderr) = run(&folder, &["stacks", "--write-baseline", "known.json"]);
    assert_eq!((code, stdout.as_str()), (0, ""));
    assert_eq!(
        stderr,
        "wrote 1 finding to the baseline `known.json`\nno problems in 2 templates, 1 in the baseline\n"
    );
    let known = read(&folder, "known.json");
    let expected = "{
  \"format\": \"privatelint baseline\",
  \"version\": 1,
  \"findings\": [
    {\"file\":\"stacks/a.yaml\",\"rule\":\"acceptance-off\",\"owner\":\"Service\",\"message\":";
    assert!(known.starts_with(expected), "{known}");
    assert_eq!(
        run(&folder, &with),
        (0, String::new(), "no problems in 2 templates, 1 in the baseline\n".to_owned())
    );

    // Lines move, files are renamed; the caller stands elsewhere.
    fs::write(folder.path().join("stacks/new.yaml"), format!("# moved\n\n{SERVICE}")).unwrap();
    fs::remove_file(folder.path().join("stacks/a.yaml")).unwrap();
    assert_eq!(run(&folder, &with).0, 0);
    let inner =
        privatelint(&folder.path().join("stacks")).args(["--baseline", "../known.json"]).output().unwrap();
    assert_eq!(inner.status.code(), Some(0));

    // A second service is new, and so is a copy.
    let two = SERVICE
        .replace(
            "Service:\n    Type: AWS::EC2::VPCEndpointService\n",
            "Second:\n    Type: AWS::EC2::VPCEndpointService\n",
        )
        .replace("!Ref Service", "!Ref Second");
    fs::write(folder.path().join("stacks/b.yaml"), two).unwrap();
    let (code, stdout, stderr) = run(&folder, &[&with[..], &["--format", "concise"]].concat());
    assert_eq!(code, 1);
    assert!(stdout.starts_with("stacks/b.yaml:5:27: warning[acceptance-off]"), "{stdout}");
    assert_eq!(stdout.lines().count(), 1);
    assert!(stderr.contains("1 warning in 1 of 2 templates, 1 in the baseline"), "{stderr}");

    // What is fixed is told, so that the file shrinks; to write it anew empties it.
    fs::write(folder.path().join("stacks/new.yaml"), SERVICE.replace("false", "true")).unwrap();
    fs::remove_file(folder.path().join("stacks/b.yaml")).unwrap();
    let (code, _, stderr) = run(&folder, &with);
    assert_eq!(code, 0);
    assert!(stderr.starts_with("info: 1 entry of the baseline is fixed\n"), "{stderr}");
    assert!(stderr.contains("`--write-baseline known.json` writes it anew"), "{stderr}");
    assert_eq!(run(&folder, &["stacks", "--write-baseline", "known.json"]).0, 0);
    assert!(read(&folder, "known.json").contains("\"findings\": []"));
    assert_eq!(run(&folder, &with).2, "no problems in 1 template\n");
}

#[test]
fn a_baseline_knows_each_of_many() {
    let endpoint = |name: &str| {
        format!(
            "  {name}:\n    Type: AWS::EC2::VPCEndpointService\n    Properties: {{NetworkLoadBalancerArns: [!ImportValue {name}]}}\n"
        )
    };
    let both = format!("Resources:\n{}{}", endpoint("A"), endpoint("B"));
    let folder = folder(&[("a.yaml", &both)]);
    run(&folder, &["a.yaml", "--write-baseline", "known.json"]);
    fs::write(folder.path().join("a.yaml"), format!("{both}{}", endpoint("C"))).unwrap();
    let (_, stdout, _) = run(&folder, &["a.yaml", "--baseline", "known.json", "--format", "json"]);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert!(!findings.is_empty());
    for finding in findings {
        assert_eq!(finding["owner"], "C", "{finding}");
        assert!(finding["labels"].as_array().unwrap().iter().all(|label| label["owner"] == "C"), "{finding}");
    }
}

#[test]
fn ignores_are_written_for_what_is_new_only() {
    let folder = folder(&[("a.yaml", SERVICE)]);
    run(&folder, &["a.yaml", "--write-baseline", "known.json"]);
    let (code, _, stderr) = run(&folder, &["a.yaml", "--baseline", "known.json", "--add-ignores"]);
    assert_eq!((code, read(&folder, "a.yaml").as_str()), (0, SERVICE), "{stderr}");
}

#[test]
fn a_broken_baseline_is_shown() {
    let folder = folder(&[
        ("a.yaml", SERVICE),
        ("b.json", "{\"format\": \"privatelint baseline\",\n \"version\": 9}\n"),
    ]);
    let (code, stdout, stderr) = run(&folder, &["a.yaml", "--baseline", "b.json"]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    let expected = "\
error: the baseline `b.json` cannot be used
  ┌─ b.json:2:13
  │
2 │  \"version\": 9}
  │             ^ expected 1
  │
  = help: `--write-baseline b.json` writes it anew

";
    assert_eq!(stderr, expected);
    let (code, _, stderr) = run(&folder, &["a.yaml", "--baseline", "gone.json"]);
    assert_eq!(code, 2);
    assert!(stderr.starts_with("error: cannot read the baseline `gone.json`: no such file"), "{stderr}");
    assert!(
        stderr.contains("= help: `--write-baseline gone.json` makes one of what is found now"),
        "{stderr}"
    );
}

#[test]
fn a_baseline_is_not_written_over_something_else() {
    let folder =
        folder(&[("a.yaml", SERVICE), ("b.json", "{\"format\": \"privatelint baseline\", <<<<<<< HEAD\n")]);
    let (code, _, stderr) = run(&folder, &["a.yaml", "--write-baseline", "a.yaml"]);
    assert_eq!((code, read(&folder, "a.yaml").as_str()), (2, SERVICE));
    assert!(
        stderr.starts_with("error: `a.yaml` is there and is no baseline, so it is not written over"),
        "{stderr}"
    );
    assert_eq!(run(&folder, &["a.yaml", "--write-baseline", "b.json"]).0, 0, "a broken one is mended so");
    let (code, _, stderr) = run(&folder, &["a.yaml", "--write-baseline", "gone/b.json"]);
    assert_eq!(code, 2);
    assert!(stderr.starts_with("error: cannot write the baseline `gone/b.json`: "), "{stderr}");
    assert_eq!(run(&folder, &["a.yaml", "--baseline", "b.json", "--write-baseline", "b.json"]).0, 2);
}

#[test]
fn ignores_in_metadata_that_outlived_their_findings_are_taken_away() {
    let plain = ["acceptance-off", "private-dns-off", "gateway-route-coverage", "wildcard-endpoint-policy"];
    let told = ["service-without-permissions", "endpoint-service-untagged", "ecr-without-s3-endpoint"];
    let plain = plain.map(|rule| format!("          - {rule} # of no use\n"));
    let told = told.map(|rule| format!("          - {rule}: by hand\n"));
    let before = format!(
        "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n    Metadata:\n      privatelint:\n        ignore:\n{}{}",
        plain.concat(),
        told.concat()
    );
    let alias = "Resources:\n  A: {Type: AWS::SNS::Topic, Metadata: &m {privatelint: {ignore: [acceptance-off]}}}\n  B: {Type: AWS::SNS::Topic, Metadata: *m}\n";
    let folder = folder(&[("a.yaml", before.as_str()), ("b.yaml", alias)]);
    let (code, stdout, stderr) = run(&folder, &[".", "--fix", "--format", "concise"]);
    assert_eq!(read(&folder, "a.yaml"), "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n", "{stderr}");
    assert_eq!(read(&folder, "b.yaml"), alias, "two resources share it");
    assert_eq!(code, 1);
    assert!(stdout.starts_with("b.yaml:2:"), "{stdout}");
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    assert!(stderr.contains("fixed 7 problems in 1 file"), "{stderr}");
}
