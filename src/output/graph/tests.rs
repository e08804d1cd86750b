//! Tests of the picture and of the formats that are text: golden files, the schema, names that look like markup.

use std::path::Path;

use serde_json::Value;

use super::*;
use crate::config::Options;
use crate::engine;
use crate::output::example;
use crate::text::{FileId, Source};

/// The picture of a template in its first scenario.
pub(super) fn picture_of(name: &str, text: &str) -> Picture {
    let source = Source::new(name, text);
    engine::in_scenario(text, FileId(0), &Options::default(), 0, |network, _| picture(network, &source, None))
        .unwrap()
}

/// The picture of a file in `testdata`.
pub(super) fn picture_of_file(name: &str) -> Picture {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name);
    picture_of(name, &std::fs::read_to_string(path).unwrap())
}

pub(super) fn written(
    picture: &Picture,
    format: fn(&Picture, &mut dyn std::io::Write) -> std::io::Result<()>,
) -> String {
    let mut out = Vec::new();
    format(picture, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// A template whose names are all that a format could take for markup.
pub(super) const NASTY: &str = r#"
Resources:
  '<b>&"Vpc"':
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: 10.0.0.0/16}
  'Table`]--x end':
    Type: AWS::EC2::RouteTable
    Properties: {VpcId: !Ref '<b>&"Vpc"'}
  'Subnet\"; }':
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref '<b>&"Vpc"', CidrBlock: 10.0.0.0/24}
  Association:
    Type: AWS::EC2::SubnetRouteTableAssociation
    Properties: {SubnetId: !Ref 'Subnet\"; }', RouteTableId: !Ref 'Table`]--x end'}
  "Function\u0001\u202e]]>#quot;":
    Type: AWS::Lambda::Function
    Properties:
      VpcConfig: {SubnetIds: [!Ref 'Subnet\"; }'], SecurityGroupIds: [sg-1]}
      Environment: {Variables: {BUCKET: !Ref Bucket}}
  Bucket: {Type: AWS::S3::Bucket}
"#;

#[test]
fn each_format_looks_as_agreed() {
    let picture = picture_of_file("example.yaml");
    example::compare("graph.svg", &written(&picture, svg));
    example::compare("graph.mmd", &written(&picture, mermaid));
    example::compare("graph.dot", &written(&picture, dot));
    example::compare("graph.json", &written(&picture, json));
}

#[test]
fn the_schema_describes_it() {
    let schema: Value = serde_json::from_str(include_str!("../graph.schema.json")).unwrap();
    let names = [
        "err/layers-out-of-reach.yaml",
        "ok/provider-nlb-security-group.yaml",
        "ok/two-vpcs.yaml",
        "ok/provider-gwlb.yaml",
    ];
    for name in names {
        let picture: Value = serde_json::from_str(&written(&picture_of_file(name), json)).unwrap();
        example::fits(&picture, &schema, &schema, name);
        assert_eq!(picture["schema_version"], schema["properties"]["schema_version"]["const"]);
    }
}

#[test]
fn every_need_has_its_verdict_and_its_proof() {
    let picture = picture_of_file("err/layers-out-of-reach.yaml");
    let of = |workload: &str, service: &str| {
        let is = |need: &&Need| picture.workloads[need.workload].name == workload && need.service == service;
        let found: Vec<&Need> = picture.needs.iter().filter(is).collect();
        assert_eq!(found.len(), 1, "{workload} {service}");
        found[0]
    };
    let layers = of("Web", "Amazon S3");
    assert_eq!(layers.verdict, Verdict::Blocked);
    let Through::Endpoint(endpoint) = layers.through else { panic!("{:?}", layers.through) };
    assert_eq!(picture.endpoints[endpoint].name, "S3Endpoint");
    assert_eq!(layers.reason.as_deref(), Some("`PrivateTable` is not among its route tables"));
    let proof: Vec<String> = layers.proof.iter().map(Hop::told).collect();
    assert_eq!(
        proof,
        [
            "`Web` needs Amazon S3: holds the layers of images (line 112)",
            "it runs in `PrivateA`, `PrivateB` (line 124)",
            "route table `PrivateTable`: no default route (line 39)",
            "stops at `S3Endpoint`: `PrivateTable` is not among its route tables (line 72)",
        ]
    );
    assert_eq!(of("Web", "Amazon ECR (`ecr.dkr`)").verdict, Verdict::Reachable);
    let logs = of("Web", "Amazon CloudWatch Logs");
    assert_eq!((logs.verdict, logs.through), (Verdict::Blocked, Through::Nothing));
}

#[test]
fn subnets_that_differ_have_arrows_of_their_own() {
    let text = "
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Gateway: {Type: AWS::EC2::InternetGateway}
  Attached: {Type: AWS::EC2::VPCGatewayAttachment, Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Gateway}}
  Inner: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  Outer: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  Route: {Type: AWS::EC2::Route, Properties: {RouteTableId: !Ref Outer, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gateway}}
  A: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}}
  B: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24}}
  InA: {Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {SubnetId: !Ref A, RouteTableId: !Ref Inner}}
  InB: {Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {SubnetId: !Ref B, RouteTableId: !Ref Outer}}
  Endpoint: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref Vpc, ServiceName: com.amazonaws.eu-west-1.s3, RouteTableIds: [!Ref Outer]}}
  Bucket: {Type: AWS::S3::Bucket}
  Table: {Type: AWS::DynamoDB::Table}
  Function:
    Type: AWS::Lambda::Function
    Properties:
      VpcConfig: {SubnetIds: [!Ref A, !Ref B], SecurityGroupIds: []}
      Environment: {Variables: {BUCKET: !Ref Bucket, TABLE: !Ref Table}}
";
    let picture = picture_of("two.yaml", text);
    let needs: Vec<_> = picture.needs.iter().map(|need| (need.verdict, need.subnets.as_slice())).collect();
    let (inner, outer) = (&[0][..], &[1][..]);
    assert_eq!(
        needs,
        [
            (Verdict::Blocked, inner),
            (Verdict::Blocked, outer),
            (Verdict::Blocked, inner),
            (Verdict::Reachable, outer),
        ]
    );
    // The internet gateway is there, and a function has no public address.
    assert_eq!(picture.needs[1].through, Through::Internet);
    assert!(written(&picture, mermaid).contains("|\"from B\"|"));
}

#[test]
fn an_internet_gateway_takes_a_public_address() {
    use Verdict::{Blocked, Reachable, Unknown};

    let text = |subnet: &str, service: &str| {
        format!(
            "
Resources:
  Vpc: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16}}}}
  Gateway: {{Type: AWS::EC2::InternetGateway}}
  Attached: {{Type: AWS::EC2::VPCGatewayAttachment, Properties: {{VpcId: !Ref Vpc, InternetGatewayId: !Ref Gateway}}}}
  Table: {{Type: AWS::EC2::RouteTable, Properties: {{VpcId: !Ref Vpc}}}}
  Route: {{Type: AWS::EC2::Route, Properties: {{RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gateway}}}}
  A: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24{subnet}}}}}
  InA: {{Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {{SubnetId: !Ref A, RouteTableId: !Ref Table}}}}
  Task: {{Type: AWS::ECS::TaskDefinition, Properties: {{ContainerDefinitions: [{{Image: nginx}}]}}}}
  Service:
    Type: AWS::ECS::Service
    Properties:
      LaunchType: FARGATE
      TaskDefinition: !Ref Task
      NetworkConfiguration: {{AwsvpcConfiguration: {{Subnets: [!Ref A]{service}}}}}
  Instance: {{Type: AWS::EC2::Instance, Properties: {{SubnetId: !Ref A, IamInstanceProfile: !Ref Profile}}}}
  Profile: {{Type: AWS::IAM::InstanceProfile, Properties: {{Roles: [!Ref Role]}}}}
  Role: {{Type: AWS::IAM::Role, Properties: {{ManagedPolicyArns: [arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore]}}}}
"
        )
    };
    let verdicts = |text: &str| {
        let picture = picture_of("public.yaml", text);
        let of = |name: &str| {
            let need = picture.needs.iter().find(|need| picture.workloads[need.workload].name == name);
            need.unwrap().verdict
        };
        (of("Service"), of("Instance"))
    };
    assert_eq!(verdicts(&text("", "")), (Unknown, Unknown));
    assert_eq!(
        verdicts(&text(", MapPublicIpOnLaunch: true", ", AssignPublicIp: ENABLED")),
        (Reachable, Reachable)
    );
    assert_eq!(
        verdicts(&text(", MapPublicIpOnLaunch: false", ", AssignPublicIp: DISABLED")),
        (Blocked, Unknown)
    );
}

#[test]
fn what_another_stack_may_add_to_is_not_judged() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/err/layers-out-of-reach.yaml");
    let text = std::fs::read_to_string(path).unwrap() + "Outputs:\n  Table: {Value: !Ref PrivateTable}\n";
    let picture = picture_of("x.yaml", &text);
    assert!(picture.needs.iter().all(|need| need.verdict != Verdict::Blocked));
    let need = picture.needs.iter().find(|need| need.verdict == Verdict::Unknown).unwrap();
    let reason = "`PrivateTable` is not among its route tables, unless another stack adds a route";
    assert_eq!(need.reason.as_deref(), Some(reason));
}

#[test]
fn what_comes_from_outside_is_drawn_and_not_judged() {
    let picture = picture_of_file("ok/provider-nlb-security-group.yaml");
    assert_eq!(picture.vpcs.len(), 1);
    assert!(!picture.vpcs[0].made_here && picture.vpcs[0].open);
    let names: Vec<_> = picture.subnets.iter().map(|subnet| subnet.name.as_deref().unwrap()).collect();
    assert_eq!(names, ["SubnetA", "SubnetB"]);
    assert!(picture.subnets.iter().all(|subnet| !subnet.made_here && subnet.class == RouteClass::Unknown));
    let verdicts: Vec<_> = picture.links.iter().map(|link| link.verdict).collect();
    assert_eq!(verdicts, [None, Some(Verdict::Reachable), Some(Verdict::Reachable)]);
}

#[test]
fn names_are_no_markup() {
    let picture = picture_of("<x>&\".yaml", NASTY);
    let graph = written(&picture, dot);
    assert!(graph.contains(r#"Subnet\\\"; }"#), "{graph}");
    for text in [written(&picture, mermaid), graph] {
        assert!(!text.contains(['\u{1}', '\u{202e}']));
    }
    // Outside of quotes only what the format itself is made of.
    for line in written(&picture, mermaid).lines().skip(3) {
        let bare: String = line.split('"').step_by(2).collect();
        assert!(!bare.contains(['<', '&', '`', ';', '\\']), "{line}");
        assert!(line.matches('"').count() % 2 == 0, "{line}");
    }
    assert!(written(&picture, json).contains(r#""name": "<b>&\"Vpc\"""#));
}

#[test]
fn a_template_without_a_network_is_said_to_have_none() {
    let picture = picture_of("empty.yaml", "Resources: {Topic: {Type: AWS::SNS::Topic}}");
    for format in [svg, mermaid, dot] {
        assert!(written(&picture, format).contains("Nothing of a network is in this template"));
    }
}
