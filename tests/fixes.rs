//! What holds for every fix, in the templates of this project, the examples of the pages and the templates beside it: the
//! result can be read, the finding is gone, no error is new, a second run changes nothing, and nothing else has changed.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and says what it skips")]

mod plain;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use privatelint::config::Options;
use privatelint::diagnostic::{Applicability, Edit, Finding, Fix, Severity};
use privatelint::engine::{self, FileReport};
use privatelint::fix::{self, Fixed};
use privatelint::rules::{self, Group};
use privatelint::syntax;
use privatelint::text::{FileId, edited};
use rayon::prelude::*;

use plain::{tree_of, value};

/// All rules, those that are off by default too.
fn options() -> Options {
    Options { select: rules::all().iter().map(|rule| rule.name.to_owned()).collect(), ..Options::default() }
}

fn lint(text: &str) -> FileReport {
    engine::lint(text, FileId(0), &options())
}

fn fixed(text: &str) -> Fixed {
    fix::fix(text, FileId(0), lint(text), &[], &options(), Applicability::Suggested)
}

/// A template in which something can be fixed.
struct Case {
    name: String,
    text: String,
    findings: Vec<Finding>,
}

impl Case {
    fn report(&self) -> FileReport {
        FileReport { is_template: true, findings: self.findings.clone(), ..FileReport::default() }
    }

    fn fixed(&self, wanted: Applicability) -> Fixed {
        fix::fix(&self.text, FileId(0), self.report(), &[], &options(), wanted)
    }
}

static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let folders = ["testdata/ok", "testdata/err", "testdata/bench", "testdata/syntax", "../shared/corpus"];
    let mut templates = plain::templates(&folders);
    templates.extend(examples());
    let case = |(name, text): (String, String)| {
        let findings = lint(&text).findings;
        findings.iter().any(|finding| finding.fix.is_some()).then_some(Case { name, text, findings })
    };
    templates.into_par_iter().filter_map(case).collect()
});

/// The examples of all pages, as they were before a fix.
fn examples() -> Vec<(String, String)> {
    let mut examples = Vec::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).unwrap().flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let page = fs::read_to_string(&path).unwrap();
        let mut block: Option<String> = None;
        for (number, line) in (1..).zip(page.lines()) {
            match &mut block {
                None if line.starts_with("```yaml") || line.starts_with("```json") => {
                    block = Some(String::new());
                }
                Some(text) if line.starts_with("```") => {
                    examples.push((format!("{}:{number}", path.display()), std::mem::take(text)));
                    block = None;
                }
                Some(text) => {
                    text.push_str(line);
                    text.push('\n');
                }
                None => {}
            }
        }
    }
    examples.sort();
    examples
}

/// Runs a check on every template, and shows all complaints.
fn for_every_case(check: impl Fn(&Case) -> Vec<String> + Sync) {
    let complaints: Vec<String> = CASES
        .par_iter()
        .flat_map(|case| {
            check(case).into_iter().map(|complaint| format!("{}: {complaint}", case.name)).collect::<Vec<_>>()
        })
        .collect();
    assert!(complaints.is_empty(), "{} complaints\n{}", complaints.len(), complaints.join("\n"));
}

/// Who and what a finding is about, its words apart.
fn subject(finding: &Finding) -> (&'static str, Vec<&str>) {
    let labels = std::iter::once(&finding.primary).chain(&finding.labels);
    let mut owners: Vec<&str> = labels.filter_map(|label| label.owner.as_deref()).collect();
    owners.sort_unstable();
    owners.dedup();
    (finding.rule, owners)
}

fn errors(report: &FileReport) -> Vec<(&'static str, Option<&str>)> {
    let errors = report.findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| (finding.rule, finding.primary.owner.as_deref())).collect()
}

/// What is wrong with one fix.
fn complaints_of(text: &str, before: &FileReport, finding: &Finding, fix: &Fix) -> Vec<String> {
    let title = format!("{}: {}", finding.rule, fix.title);
    let Some(after) = edited(text, &fix.edits) else { return vec![format!("{title}: edits do not fit")] };
    let report = lint(&after);
    let mut complaints = Vec::new();
    let mistakes = |text: &str| syntax::parse(text, FileId(0)).errors.len();
    if mistakes(&after) > mistakes(text) || !report.is_template {
        complaints.push(format!("{title}: the result cannot be read\n{after}"));
    }
    // What is said of many at once may be true of some of them still.
    if report
        .findings
        .iter()
        .any(|other| subject(other) == subject(finding) && other.message == finding.message)
    {
        complaints.push(format!("{title}: the finding is still there: {}", finding.message));
    }
    let known = errors(before);
    let others = before.findings.iter().filter(|other| !std::ptr::eq(*other, finding)).map(subject);
    let owners: Vec<&str> = others.flat_map(|(_, owners)| owners).collect();
    // What is left of several things that a workload lacks may be told by another rule.
    let left = |(rule, owner): &(&'static str, Option<&str>)| {
        rules::find(rule).is_some_and(|rule| rule.group == Group::Reachability)
            && owner.is_some_and(|owner| owners.contains(&owner))
    };
    for error in errors(&report).into_iter().filter(|error| !known.contains(error) && !left(error)) {
        complaints.push(format!("{title}: a new error: {error:?}"));
    }
    if !keeps_comments(text, &after, &fix.edits) {
        complaints.push(format!("{title}: a comment is lost"));
    }
    complaints
}

/// Whether every comment outside of what is taken away is there afterwards, in the same order.
fn keeps_comments(before: &str, after: &str, edits: &[Edit]) -> bool {
    let comments = |text: &str, kept: &dyn Fn(privatelint::text::Span) -> bool| -> Vec<String> {
        let parsed = syntax::parse(text, FileId(0));
        let kept = parsed.tree.comments().iter().filter(|span| kept(**span));
        kept.map(|span| text[span.range()].to_owned()).collect()
    };
    let all = comments(after, &|_| true);
    let mut all = all.iter();
    // An edit inside a comment is about the comment: an ignore.
    let is_changed =
        |edit: &Edit, span| edit.span.contains(span) || (!edit.span.is_empty() && span.contains(edit.span));
    let left = comments(before, &|span| !edits.iter().any(|edit| is_changed(edit, span)));
    left.iter().all(|comment| all.any(|other| other == comment))
}

#[test]
fn each_fix_mends_its_finding_and_nothing_else() {
    for_every_case(|case| {
        let report = case.report();
        let fixes = report.findings.iter().filter_map(|finding| Some((finding, finding.fix.as_ref()?)));
        fixes.flat_map(|(finding, fix)| complaints_of(&case.text, &report, finding, fix)).collect()
    });
}

#[test]
fn all_fixes_together_do_no_harm_and_a_second_run_changes_nothing() {
    for_every_case(|case| {
        let once = case.fixed(Applicability::Suggested);
        let mut complaints: Vec<String> =
            once.refused.iter().map(|(rule, title)| format!("{rule}: refused: {title}")).collect();
        let twice = fixed(&once.text);
        complaints.extend(twice.done.iter().map(|(rule, title)| format!("{rule}: done twice: {title}")));
        complaints
    });
}

/// Two fixes of one pass: a reference that leads nowhere is mended where it stands, and copied into a new endpoint.
#[test]
fn what_is_copied_while_it_is_mended_is_mended_too() {
    let text = r#"{"Resources": {
        "R0": {"Type": "AWS::EC2::VPCEndpoint", "Properties": {
            "VpcId": {"Ref": "R1"}, "ServiceName": {"Fn::Sub": "com.amazonaws.${AWS::Region}.ecr.api"},
            "VpcEndpointType": "GatewayLoadBalancer",
            "SecurityGroupIds": [{"Fn::If": ["A", {"Fn::If": ["A", "x", {"Fn::Split": [",", {"Fn::GetAtt": ["R0", "Arn"]}]}]},
                {"Fn::GetAtt": ["R2", "Arn"]}]}],
            "RouteTableIds": {"Fn::If": ["A", {"Fn::If": ["A", "${A}",
                {"Fn::If": ["A", {"Fn::GetAtt": ["R2", "Arn"]}, {"Fn::GetAtt": ["R2", "Arn"]}]}]}, ""]}}},
        "R1": {"Type": "AWS::EC2::VPC", "DependsOn": "R0"}}}"#;
    let options = Options::default();
    let mend = |text: &str| {
        let report = engine::lint(text, FileId(0), &options);
        fix::fix(text, FileId(0), report, &[], &options, Applicability::Suggested)
    };
    let once = mend(text);
    assert!(once.done.iter().any(|(rule, _)| *rule == "ecr-endpoint-pair"), "{:?}", once.done);
    assert_eq!(mend(&once.text).done, []);
}

/// The endpoint cannot have route tables, and neither can a copy of it: it is copied when it is mended.
#[test]
fn what_does_harm_until_something_else_is_mended_is_done_then() {
    let text = r"
Resources:
  Table:
    Type: AWS::EC2::RouteTable
    Properties:
      VpcId: vpc-1
  EcrDocker:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: vpc-2
      ServiceName: !Sub com.amazonaws.${AWS::Region}.ecr.dkr
      VpcEndpointType: Interface
      SubnetIds: [subnet-1]
      SecurityGroupIds: [sg-1]
      RouteTableIds: [!Ref Table]
      PrivateDnsEnabled: true
";
    let once = fixed(text);
    let done: Vec<&str> = once.done.iter().map(|(rule, _)| *rule).collect();
    assert_eq!(done, ["route-tables-on-non-gateway", "ecr-endpoint-pair"]);
    assert_eq!(once.refused, []);
    assert!(!once.text.contains("RouteTableIds"), "{}", once.text);
    assert_eq!(fixed(&once.text).done, []);
}

/// The route table that one fix adds would be an error behind the type that another one sets, and said together with
/// that of the other endpoint.
#[test]
fn what_would_be_said_together_with_an_old_error_is_an_error_all_the_same() {
    let text = r"
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties:
      CidrBlock: 10.0.0.0/16
      EnableDnsHostnames: true
  Subnet:
    Type: AWS::EC2::Subnet
    Properties:
      VpcId: !Ref Vpc
      CidrBlock: 10.0.1.0/24
  Table:
    Type: AWS::EC2::RouteTable
    Properties:
      VpcId: !Ref Vpc
  Images:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: !Ref Vpc
      ServiceName: !Sub com.amazonaws.${AWS::Region}.ecr.dkr
      VpcEndpointType: Interface
      SubnetIds: [!Ref Subnet]
      SecurityGroupIds: [sg-1]
      RouteTableIds: [!Ref Table]
      PrivateDnsEnabled: true
  Layers:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: !Ref Vpc
      ServiceName: !Sub com.amazonaws.${AWS::Region}.s3
      SubnetIds: [!Ref Subnet]
      SecurityGroupIds: [sg-1]
";
    let once = fixed(text);
    let has = |rule: &str| once.report.findings.iter().any(|finding| finding.rule == rule);
    assert!(!has("ecr-without-s3-endpoint") && !has("route-tables-on-non-gateway"), "{}", once.text);
    assert_eq!(fixed(&once.text).done, []);
}

#[test]
fn a_name_is_taken_for_one_of_the_type_that_is_wanted_only() {
    let naming = |kind: &str| {
        format!(
            "
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Routes:
    Type: {kind}
    Properties:
      GroupDescription: of the application
      VpcId: vpc-1
  Endpoint:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: vpc-1
      ServiceName: !Sub com.amazonaws.${{AWS::Region}}.s3
      RouteTableIds: [!Ref Route]
"
        )
    };
    let rule = "dangling-endpoint-reference";
    let done = |kind: &str| fixed(&naming(kind)).done.iter().any(|(done, _)| *done == rule);
    assert!(done("AWS::EC2::RouteTable"));
    assert!(!done("AWS::EC2::SecurityGroup"));
    let report = lint(&naming("AWS::EC2::SecurityGroup"));
    let dangling = report.findings.iter().find(|finding| finding.rule == rule);
    assert_eq!(
        dangling.map(|finding| finding.primary.message.as_str()),
        Some("no such resource or parameter")
    );
}

/// Each of two fixes adds an endpoint under the first name that is free.
#[test]
fn what_is_added_twice_has_two_names() {
    let endpoint = |id: &str, vpc: &str| {
        format!(
            "  {id}:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: {vpc}
      ServiceName: !Sub com.amazonaws.${{AWS::Region}}.ecr.api
      VpcEndpointType: Interface
      SubnetIds: [subnet-{vpc}]
      SecurityGroupIds: [sg-{vpc}]
      PrivateDnsEnabled: true
"
        )
    };
    let text = ["Resources:\n".to_owned(), endpoint("First", "vpc-1"), endpoint("Second", "vpc-2")].concat();
    let once = fixed(&text);
    let pairs = once.done.iter().filter(|(rule, _)| *rule == "ecr-endpoint-pair");
    assert_eq!(pairs.count(), 2, "{:?}", once.done);
    assert!(tree_of(&once.text).is_some(), "{}", once.text);
    assert_eq!(once.text.matches("ecr.dkr").count(), 2);
    assert_eq!(fixed(&once.text).done, []);
}

/// Where `Isolated` does not hold, a second gateway endpoint would put its route into the same table as the first.
#[test]
fn an_error_in_some_scenarios_only_is_harm_too() {
    let registry = |id: &str, service: &str| {
        format!(
            "  {id}:
    Type: AWS::EC2::VPCEndpoint
    Condition: Isolated
    Properties:
      VpcId: !Ref Vpc
      VpcEndpointType: Interface
      ServiceName: !Sub com.amazonaws.${{AWS::Region}}.{service}
      PrivateDnsEnabled: true
      SubnetIds: [!Ref Subnet]
      SecurityGroupIds: [sg-0123456789abcdef0]
"
        )
    };
    let template = |condition: &str| {
        format!(
            "Parameters:
  Isolated: {{Type: String, AllowedValues: ['yes', 'no']}}
Conditions:
  Isolated: !Equals [!Ref Isolated, 'yes']
  Open: !Not [!Condition Isolated]
Resources:
  Vpc: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.9.0.0/16, EnableDnsHostnames: true}}}}
  Subnet: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref Vpc, CidrBlock: 10.9.1.0/24}}}}
  Table: {{Type: AWS::EC2::RouteTable, Properties: {{VpcId: !Ref Vpc}}}}
  Association:
    Type: AWS::EC2::SubnetRouteTableAssociation
    Properties: {{SubnetId: !Ref Subnet, RouteTableId: !Ref Table}}
  Gateway:
    Type: AWS::EC2::VPCEndpoint
    Condition: {condition}
    Properties:
      VpcId: !Ref Vpc
      ServiceName: !Sub com.amazonaws.${{AWS::Region}}.s3
      RouteTableIds: [!Ref Table]
{}{}",
            registry("EcrDkrEndpoint", "ecr.dkr"),
            registry("EcrApiEndpoint", "ecr.api")
        )
    };
    let rule = "ecr-without-s3-endpoint";
    let text = template("Open");
    let found = lint(&text).findings;
    assert!(found.iter().any(|finding| finding.rule == rule && finding.fix.is_some()), "{found:?}");
    let fixed = fixed(&text);
    assert!(!fixed.done.iter().any(|(done, _)| *done == rule), "{}", fixed.text);
    assert!(fixed.refused.iter().any(|(refused, _)| *refused == rule));
    assert!(lint(&template("Isolated")).findings.iter().all(|finding| finding.rule != rule));
}

/// A gateway endpoint for the tables that are always there would hide that another one has no way to S3.
#[test]
fn what_is_there_in_some_scenarios_only_is_not_left_out() {
    let template = |condition: &str| {
        format!(
            "Parameters:
  Zones: {{Type: Number, AllowedValues: [1, 2]}}
Conditions:
  Two: !Equals [!Ref Zones, '2']
Resources:
  Vpc: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.9.0.0/16, EnableDnsHostnames: true}}}}
  SubnetA: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref Vpc, CidrBlock: 10.9.1.0/24}}}}
  TableA: {{Type: AWS::EC2::RouteTable, Properties: {{VpcId: !Ref Vpc}}}}
  InA:
    Type: AWS::EC2::SubnetRouteTableAssociation
    Properties: {{SubnetId: !Ref SubnetA, RouteTableId: !Ref TableA}}
  SubnetB:
    Type: AWS::EC2::Subnet
    {condition}
    Properties: {{VpcId: !Ref Vpc, CidrBlock: 10.9.2.0/24}}
  TableB:
    Type: AWS::EC2::RouteTable
    {condition}
    Properties: {{VpcId: !Ref Vpc}}
  InB:
    Type: AWS::EC2::SubnetRouteTableAssociation
    {condition}
    Properties: {{SubnetId: !Ref SubnetB, RouteTableId: !Ref TableB}}
  EcrDkrEndpoint:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: !Ref Vpc
      VpcEndpointType: Interface
      ServiceName: !Sub com.amazonaws.${{AWS::Region}}.ecr.dkr
      PrivateDnsEnabled: true
      SubnetIds: [!Ref SubnetA]
      SecurityGroupIds: [sg-0123456789abcdef0]
"
        )
    };
    let fix_of = |text: &str| {
        let found = lint(text).findings.into_iter().find(|it| it.rule == "ecr-without-s3-endpoint");
        found.unwrap().fix
    };
    assert_eq!(fix_of(&template("Condition: Two")), None);
    let edits = fix_of(&template("DependsOn: Vpc")).unwrap().edits;
    assert!(edits.iter().any(|edit| edit.text.contains("!Ref TableA") && edit.text.contains("!Ref TableB")));
}

#[test]
fn safe_fixes_leave_nothing_that_is_safe_to_fix() {
    for_every_case(|case| {
        let safe = case.fixed(Applicability::Safe);
        let is_safe = |finding: &&Finding| {
            finding.fix.as_ref().is_some_and(|fix| fix.applicability == Applicability::Safe)
        };
        let left = safe.report.findings.iter().filter(is_safe);
        left.map(|finding| format!("{}: not made: {}", finding.rule, finding.message)).collect()
    });
}

/// What is said after all fixes, and how often.
fn said_after(text: &str) -> (Vec<String>, BTreeMap<&'static str, usize>) {
    let fixed = fixed(text);
    let mut said: Vec<String> =
        fixed.report.findings.iter().map(|finding| format!("{:?}", subject(finding))).collect();
    said.sort();
    let mut done = BTreeMap::new();
    for (rule, _) in fixed.done {
        *done.entry(rule).or_default() += 1;
    }
    (said, done)
}

#[test]
fn twins_in_yaml_and_json_are_fixed_alike() {
    for_every_case(|Case { text, .. }| {
        let small = text.len() < 60_000;
        let tree = tree_of(text).filter(|_| small);
        let Some(twin) = tree.and_then(|tree| Some(value(&tree, tree.root()?))) else { return Vec::new() };
        let twin = serde_json::to_string_pretty(&twin).unwrap();
        let ((said, done), (twin_said, twin_done)) = (said_after(text), said_after(&twin));
        // Booleans without quotes and comments are of YAML alone, and an alias is no longer one.
        let apart = ["enforcement-without-security-group", "template-unparsable", "unused-suppression"];
        if apart.iter().any(|rule| done.contains_key(rule) || text.contains('&')) || said == twin_said {
            return Vec::new();
        }
        vec![format!("{said:#?}\nin JSON {twin_said:#?}\n{done:?} {twin_done:?}")]
    });
}

/// A template with carriage returns, with the last line break missing: the same fixes, and the same line ends.
#[test]
fn line_ends_survive() {
    for_every_case(|Case { text, .. }| {
        if text.contains('\r') || text.len() > 60_000 {
            return Vec::new();
        }
        let expected = fixed(text).text.replace('\n', "\r\n");
        let windows = fixed(&text.replace('\n', "\r\n")).text;
        if windows == expected { Vec::new() } else { vec![format!("differs\n{windows}")] }
    });
}
