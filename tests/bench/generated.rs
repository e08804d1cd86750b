//! Templates of any size, to see how cost grows with resources and with conditions.

use std::fmt::Write as _;

/// Services of which endpoints are made.
const SERVICES: &[&str] = &[
    "ecr.api",
    "ecr.dkr",
    "logs",
    "secretsmanager",
    "ssm",
    "ssmmessages",
    "kms",
    "sts",
    "sqs",
    "sns",
    "events",
    "states",
    "monitoring",
    "ec2",
    "lambda",
    "kinesis-streams",
    "ecs",
    "ecs-agent",
    "ecs-telemetry",
];

/// Resources in all of [`wide`] with a size of one.
pub(crate) const PER_UNIT: usize = 50;

/// Isolated networks with everything that reads across resources: for each unit of size 2 subnets with their tables, 4
/// endpoints, 6 groups with 6 rules of their own, and 12 workloads. A size of 10 has 500 resources: 20 subnets, 40
/// endpoints, 60 groups. Every fifth unit starts another VPC.
pub(crate) fn wide(size: usize) -> String {
    let mut text = "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n".to_owned();
    for unit in 0..size {
        let vpc = format!("Vpc{}", unit / 5);
        if unit % 5 == 0 {
            resource(&mut text, &vpc, "EC2::VPC", "CidrBlock: 10.0.0.0/16, EnableDnsHostnames: true");
        } else {
            resource(&mut text, &format!("Topic{unit}"), "SNS::Topic", "");
        }
        subnets(&mut text, &vpc, unit);
        groups(&mut text, &vpc, unit);
        endpoints(&mut text, &vpc, unit);
        workloads(&mut text, unit);
    }
    text
}

fn resource(text: &mut String, id: &str, kind: &str, properties: &str) {
    let _ = writeln!(text, "  {id}: {{Type: 'AWS::{kind}', Properties: {{{properties}}}}}");
}

fn subnets(text: &mut String, vpc: &str, unit: usize) {
    for zone in 0..2 {
        let range = unit % 5 * 2 + zone;
        let subnet = format!(
            "VpcId: !Ref {vpc}, CidrBlock: 10.0.{range}.0/24, AvailabilityZone: !Select [{zone}, !GetAZs '']"
        );
        resource(text, &format!("Subnet{unit}Z{zone}"), "EC2::Subnet", &subnet);
        resource(text, &format!("Table{unit}Z{zone}"), "EC2::RouteTable", &format!("VpcId: !Ref {vpc}"));
        let association =
            format!("SubnetId: !Ref Subnet{unit}Z{zone}, RouteTableId: !Ref Table{unit}Z{zone}");
        let id = format!("Association{unit}Z{zone}");
        resource(text, &id, "EC2::SubnetRouteTableAssociation", &association);
    }
    let gateway = format!(
        "VpcId: !Ref {vpc}, ServiceName: !Sub 'com.amazonaws.${{AWS::Region}}.s3', RouteTableIds: [!Ref Table{unit}Z0, !Ref Table{unit}Z1]"
    );
    resource(text, &format!("S3Endpoint{unit}"), "EC2::VPCEndpoint", &gateway);
}

fn groups(text: &mut String, vpc: &str, unit: usize) {
    for group in 0..6 {
        let body = format!("GroupDescription: group {group}, VpcId: !Ref {vpc}");
        resource(text, &format!("Group{unit}N{group}"), "EC2::SecurityGroup", &body);
        let rule = format!(
            "GroupId: !Ref Group{unit}N{group}, IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/16"
        );
        resource(text, &format!("Rule{unit}N{group}"), "EC2::SecurityGroupIngress", &rule);
    }
}

fn endpoints(text: &mut String, vpc: &str, unit: usize) {
    for number in 0..3 {
        let service = SERVICES[(unit % 5 * 3 + number) % SERVICES.len()];
        let body = format!(
            "VpcId: !Ref {vpc}, VpcEndpointType: Interface, PrivateDnsEnabled: true, ServiceName: !Sub 'com.amazonaws.${{AWS::Region}}.{service}', SubnetIds: [!Ref Subnet{unit}Z0, !Ref Subnet{unit}Z1], SecurityGroupIds: [!Ref Group{unit}N{number}]"
        );
        resource(text, &format!("Endpoint{unit}N{number}"), "EC2::VPCEndpoint", &body);
    }
}

fn workloads(text: &mut String, unit: usize) {
    let subnets = format!("[!Ref Subnet{unit}Z0, !Ref Subnet{unit}Z1]");
    resource(text, &format!("Repository{unit}"), "ECR::Repository", "");
    resource(text, &format!("Secret{unit}"), "SecretsManager::Secret", "GenerateSecretString: {}");
    for number in 0..6 {
        let task = format!(
            "RequiresCompatibilities: [FARGATE], NetworkMode: awsvpc, ContainerDefinitions: [{{Name: app, Image: !GetAtt Repository{unit}.RepositoryUri, LogConfiguration: {{LogDriver: awslogs}}}}]"
        );
        resource(text, &format!("Task{unit}N{number}"), "ECS::TaskDefinition", &task);
        let service = format!(
            "LaunchType: FARGATE, TaskDefinition: !Ref Task{unit}N{number}, NetworkConfiguration: {{AwsvpcConfiguration: {{Subnets: {subnets}, SecurityGroups: [!Ref Group{unit}N{number}]}}}}"
        );
        resource(text, &format!("Service{unit}N{number}"), "ECS::Service", &service);
        let function = format!(
            "Runtime: python3.13, Handler: index.handler, Code: {{ZipFile: ''}}, Role: !Sub 'arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/function', Environment: {{Variables: {{SECRET: !Ref Secret{unit}}}}}, VpcConfig: {{SubnetIds: {subnets}, SecurityGroupIds: [!Ref Group{unit}N{number}]}}"
        );
        resource(text, &format!("Function{unit}N{number}"), "Lambda::Function", &function);
    }
    for number in 0..PADDING {
        let instance = format!(
            "ImageId: ami-0123456789abcdef0, SubnetId: !Ref Subnet{unit}Z0, SecurityGroupIds: [!Ref Group{unit}N0], PrivateIpAddress: 10.0.{}.{}",
            unit % 5 * 2,
            number + 10
        );
        resource(text, &format!("Instance{unit}N{number}"), "EC2::Instance", &instance);
    }
}

/// What makes a unit 50 resources.
const PADDING: usize = PER_UNIT - 1 - 6 - 1 - 12 - 3 - 2 - 18;

/// One network with endpoints, each behind a condition of its own that depends on a parameter of its own.
pub(crate) fn conditional(conditions: usize) -> String {
    let mut parameters = String::new();
    let mut truths = String::new();
    let mut resources = String::new();
    for number in 0..conditions {
        let _ = writeln!(parameters, "  With{number}: {{Type: String, AllowedValues: ['yes', 'no']}}");
        let _ = writeln!(truths, "  Has{number}: !Equals [!Ref With{number}, 'yes']");
        let service = SERVICES[number % SERVICES.len()];
        let _ = writeln!(
            resources,
            "  Endpoint{number}: {{Type: 'AWS::EC2::VPCEndpoint', Condition: Has{number}, Properties: {{VpcId: !Ref Vpc0, VpcEndpointType: Interface, PrivateDnsEnabled: true, ServiceName: !Sub 'com.amazonaws.${{AWS::Region}}.{service}', SubnetIds: [!Ref Subnet0Z0, !Ref Subnet0Z1], SecurityGroupIds: [!Ref Group0N0]}}}}"
        );
    }
    // Without the endpoints of the network itself, so that the conditions decide.
    let network = wide(1);
    let network: Vec<&str> = network.lines().skip(2).filter(|line| !line.contains("Endpoint0N")).collect();
    format!(
        "AWSTemplateFormatVersion: '2010-09-09'\nParameters:\n{parameters}Conditions:\n{truths}Resources:\n{resources}{}\n",
        network.join("\n")
    )
}
