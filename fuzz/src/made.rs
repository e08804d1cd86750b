//! Templates that could be somebody's: networks of the right kinds of resources with the right kinds of values, and now and
//! then a wrong one. Each can be written as YAML and as JSON.

use libfuzzer_sys::arbitrary::{Result, Unstructured};

/// A value of a template.
#[derive(Debug, Clone)]
pub enum Value {
    /// In quotes.
    Text(String),
    /// Without quotes: a number, `true`, `false`.
    Plain(String),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
    /// An intrinsic function by its short name.
    Call(&'static str, Box<Value>),
}

use Value::{Call, List, Map, Plain, Text};

/// What a property holds.
#[derive(Clone, Copy)]
enum Shape {
    /// One resource of a type, or an id.
    One(&'static str),
    /// Several of them.
    Some(&'static str),
    Attribute(&'static str, &'static str),
    Flag,
    Port,
    Protocol,
    Block,
    Zone,
    Service,
    Policy,
    Word(&'static [&'static str]),
    Rules,
    Tags,
    VpcConfig,
    Actions,
}

const VPC: &str = "AWS::EC2::VPC";
const SUBNET: &str = "AWS::EC2::Subnet";
const GROUP: &str = "AWS::EC2::SecurityGroup";
const TABLE: &str = "AWS::EC2::RouteTable";
const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const TARGETS: &str = "AWS::ElasticLoadBalancingV2::TargetGroup";
const FUNCTION: &str = "AWS::Lambda::Function";
const SERVERLESS: &str = "AWS::Serverless::Function";

const KINDS: &[(&str, &[(&str, Shape)])] = &[
    (
        VPC,
        &[
            ("CidrBlock", Shape::Block),
            ("EnableDnsSupport", Shape::Flag),
            ("EnableDnsHostnames", Shape::Flag),
        ],
    ),
    (SUBNET, &[("VpcId", Shape::One(VPC)), ("CidrBlock", Shape::Block), ("AvailabilityZone", Shape::Zone)]),
    (
        "AWS::EC2::VPCEndpoint",
        &[
            ("VpcId", Shape::One(VPC)),
            ("ServiceName", Shape::Service),
            ("VpcEndpointType", Shape::Word(&["Interface", "Gateway", "GatewayLoadBalancer", "interface"])),
            ("SubnetIds", Shape::Some(SUBNET)),
            ("SecurityGroupIds", Shape::Some(GROUP)),
            ("RouteTableIds", Shape::Some(TABLE)),
            ("PrivateDnsEnabled", Shape::Flag),
            ("PolicyDocument", Shape::Policy),
            ("Tags", Shape::Tags),
        ],
    ),
    (
        GROUP,
        &[
            ("VpcId", Shape::One(VPC)),
            ("SecurityGroupIngress", Shape::Rules),
            ("SecurityGroupEgress", Shape::Rules),
            ("Tags", Shape::Tags),
        ],
    ),
    (
        "AWS::EC2::SecurityGroupIngress",
        &[
            ("GroupId", Shape::Attribute(GROUP, "GroupId")),
            ("SourceSecurityGroupId", Shape::Attribute(GROUP, "GroupId")),
            ("IpProtocol", Shape::Protocol),
            ("FromPort", Shape::Port),
            ("ToPort", Shape::Port),
        ],
    ),
    (TABLE, &[("VpcId", Shape::One(VPC))]),
    (
        "AWS::EC2::SubnetRouteTableAssociation",
        &[("SubnetId", Shape::One(SUBNET)), ("RouteTableId", Shape::One(TABLE))],
    ),
    (
        "AWS::EC2::Route",
        &[
            ("RouteTableId", Shape::One(TABLE)),
            ("DestinationCidrBlock", Shape::Block),
            ("GatewayId", Shape::One("AWS::EC2::InternetGateway")),
            ("NatGatewayId", Shape::One("AWS::EC2::NatGateway")),
        ],
    ),
    ("AWS::EC2::InternetGateway", &[]),
    ("AWS::EC2::NatGateway", &[("SubnetId", Shape::One(SUBNET))]),
    ("AWS::EC2::NetworkAcl", &[("VpcId", Shape::One(VPC))]),
    (
        "AWS::EC2::NetworkAclEntry",
        &[
            ("NetworkAclId", Shape::One("AWS::EC2::NetworkAcl")),
            ("RuleNumber", Shape::Port),
            ("Protocol", Shape::Protocol),
            ("RuleAction", Shape::Word(&["allow", "deny"])),
            ("Egress", Shape::Flag),
            ("CidrBlock", Shape::Block),
        ],
    ),
    (
        "AWS::EC2::SubnetNetworkAclAssociation",
        &[("SubnetId", Shape::One(SUBNET)), ("NetworkAclId", Shape::One("AWS::EC2::NetworkAcl"))],
    ),
    (
        BALANCER,
        &[
            ("Type", Shape::Word(&["network", "application", "gateway"])),
            ("Scheme", Shape::Word(&["internal", "internet-facing"])),
            ("Subnets", Shape::Some(SUBNET)),
            ("SecurityGroups", Shape::Some(GROUP)),
        ],
    ),
    (
        "AWS::ElasticLoadBalancingV2::Listener",
        &[
            ("LoadBalancerArn", Shape::One(BALANCER)),
            ("Port", Shape::Port),
            ("Protocol", Shape::Protocol),
            ("DefaultActions", Shape::Actions),
        ],
    ),
    (
        TARGETS,
        &[
            ("VpcId", Shape::One(VPC)),
            ("Port", Shape::Port),
            ("Protocol", Shape::Protocol),
            ("TargetType", Shape::Word(&["ip", "instance", "lambda", "alb"])),
            ("HealthCheckPort", Shape::Port),
        ],
    ),
    (
        "AWS::EC2::VPCEndpointService",
        &[
            ("NetworkLoadBalancerArns", Shape::Some(BALANCER)),
            ("AcceptanceRequired", Shape::Flag),
            ("Tags", Shape::Tags),
        ],
    ),
    (
        "AWS::EC2::VPCEndpointServicePermissions",
        &[
            ("ServiceId", Shape::One("AWS::EC2::VPCEndpointService")),
            ("AllowedPrincipals", Shape::Word(&["*", "arn:aws:iam::111122223333:root"])),
        ],
    ),
    (FUNCTION, &[("Role", Shape::Attribute("AWS::IAM::Role", "Arn")), ("VpcConfig", Shape::VpcConfig)]),
    (SERVERLESS, &[("Role", Shape::Attribute("AWS::IAM::Role", "Arn")), ("VpcConfig", Shape::VpcConfig)]),
    ("AWS::IAM::Role", &[("AssumeRolePolicyDocument", Shape::Policy)]),
    ("AWS::S3::Bucket", &[]),
    (
        "AWS::S3::BucketPolicy",
        &[("Bucket", Shape::One("AWS::S3::Bucket")), ("PolicyDocument", Shape::Policy)],
    ),
    ("AWS::EC2::Instance", &[("SubnetId", Shape::One(SUBNET)), ("SecurityGroupIds", Shape::Some(GROUP))]),
    ("AWS::CloudFormation::CustomResource", &[("ServiceToken", Shape::Attribute(FUNCTION, "Arn"))]),
];

const BLOCKS: &[&str] = &["10.0.0.0/16", "10.0.0.0/24", "10.0.1.0/24", "0.0.0.0/0", "10.0.0.0/33", "::/0"];
const NAMES: &[&str] =
    &["s3", "dynamodb", "sqs", "ecr.api", "ecr.dkr", "logs", "execute-api", "ssm", "nosuch", "sqz"];
const WORDS: &[&str] = &[
    "",
    "x",
    "true",
    "443",
    "*",
    "vpc-1",
    "yes",
    "größe",
    "a: b",
    "#",
    "'",
    "\"",
    "{{resolve:ssm:a}}",
    "${A}",
    "-",
    "null",
    "~",
];

/// A template under construction.
struct Maker<'u, 'a> {
    u: &'u mut Unstructured<'a>,
    parameters: usize,
    conditions: usize,
    /// Type of each resource.
    kinds: Vec<&'static str>,
}

/// Makes a template.
pub fn template(u: &mut Unstructured<'_>) -> Result<Value> {
    let (parameters, conditions) = (u.int_in_range(0..=3)?, u.int_in_range(0..=4)?);
    let count = u.int_in_range(1..=14)?;
    let kinds = (0..count).map(|_| Ok(u.choose(KINDS)?.0)).collect::<Result<Vec<_>>>()?;
    let mut maker = Maker { u, parameters, conditions, kinds };
    let mut sections = vec![("AWSTemplateFormatVersion".to_owned(), Text("2010-09-09".to_owned()))];
    if maker.kinds.contains(&SERVERLESS) {
        sections.push(("Transform".to_owned(), text("AWS::Serverless-2016-10-31")));
        let inherited = maker.properties(SERVERLESS)?;
        sections.push(("Globals".to_owned(), Map(vec![("Function".to_owned(), Map(inherited))])));
    }
    let declared = (0..parameters)
        .map(|number| Ok((format!("P{number}"), maker.parameter()?)))
        .collect::<Result<Vec<_>>>()?;
    if !declared.is_empty() {
        sections.push(("Parameters".to_owned(), Map(declared)));
    }
    let declared = (0..conditions)
        .map(|number| Ok((format!("C{number}"), maker.truth(3)?)))
        .collect::<Result<Vec<_>>>()?;
    if !declared.is_empty() {
        sections.push(("Conditions".to_owned(), Map(declared)));
    }
    let declared = (0..count)
        .map(|number| Ok((format!("R{number}"), maker.resource(number)?)))
        .collect::<Result<Vec<_>>>()?;
    sections.push(("Resources".to_owned(), Map(declared)));
    Ok(Map(sections))
}

fn text(text: &str) -> Value {
    Text(text.to_owned())
}

fn call(name: &'static str, value: Value) -> Value {
    Call(name, Box::new(value))
}

impl Maker<'_, '_> {
    fn one_in(&mut self, count: u8) -> Result<bool> {
        Ok(self.u.int_in_range(1..=count)? == 1)
    }

    fn word(&mut self, words: &[&str]) -> Result<Value> {
        Ok(text(self.u.choose(words)?))
    }

    fn parameter(&mut self) -> Result<Value> {
        let mut members = vec![(
            "Type".to_owned(),
            self.word(&[
                "String",
                "CommaDelimitedList",
                "AWS::EC2::VPC::Id",
                "AWS::SSM::Parameter::Value<String>",
            ])?,
        )];
        if self.u.arbitrary()? {
            members.push(("Default".to_owned(), self.word(WORDS)?));
        }
        if self.u.arbitrary()? {
            members.push(("AllowedValues".to_owned(), List(vec![self.word(WORDS)?, self.word(WORDS)?])));
        }
        Ok(Map(members))
    }

    fn resource(&mut self, number: usize) -> Result<Value> {
        let kind = self.kinds[number];
        let mut members = vec![("Type".to_owned(), text(kind))];
        if self.conditions > 0 && self.one_in(3)? {
            members.push(("Condition".to_owned(), text(&self.condition()?)));
        }
        if self.one_in(6)? {
            let other = self.u.int_in_range(0..=self.kinds.len())?;
            members.push(("DependsOn".to_owned(), text(&format!("R{other}"))));
        }
        let properties = self.properties(kind)?;
        if !properties.is_empty() {
            members.push(("Properties".to_owned(), Map(properties)));
        }
        Ok(Map(members))
    }

    fn properties(&mut self, kind: &str) -> Result<Vec<(String, Value)>> {
        let shapes = KINDS.iter().find(|(name, _)| *name == kind).map_or(&[][..], |(_, shapes)| *shapes);
        let mut properties = Vec::new();
        for (name, shape) in shapes {
            if !self.one_in(6)? {
                properties.push(((*name).to_owned(), self.property(*shape)?));
            }
        }
        Ok(properties)
    }

    /// A value of a shape, now and then behind a condition, and now and then something else.
    fn property(&mut self, shape: Shape) -> Result<Value> {
        match self.u.int_in_range(0..=15)? {
            0 => self.any(3),
            1 if self.conditions > 0 => {
                let condition = text(&self.condition()?);
                Ok(call("If", List(vec![condition, self.shaped(shape)?, self.shaped(shape)?])))
            }
            2 if self.conditions > 0 => {
                let condition = text(&self.condition()?);
                Ok(call("If", List(vec![condition, self.shaped(shape)?, call("Ref", text("AWS::NoValue"))])))
            }
            3 if self.parameters > 0 => self.parameter_reference(),
            _ => self.shaped(shape),
        }
    }

    fn condition(&mut self) -> Result<String> {
        Ok(format!("C{}", self.u.int_in_range(0..=self.conditions)?))
    }

    fn parameter_reference(&mut self) -> Result<Value> {
        Ok(call("Ref", text(&format!("P{}", self.u.int_in_range(0..=self.parameters)?))))
    }

    fn of_kind(&mut self, kind: &str) -> Result<Option<String>> {
        let found: Vec<usize> = (0..self.kinds.len()).filter(|&number| self.kinds[number] == kind).collect();
        if found.is_empty() { Ok(None) } else { Ok(Some(format!("R{}", self.u.choose(&found)?))) }
    }

    fn shaped(&mut self, shape: Shape) -> Result<Value> {
        match shape {
            Shape::One(kind) => Ok(match self.of_kind(kind)? {
                Some(id) => call("Ref", text(&id)),
                None => self.word(&["vpc-1", "subnet-1", "sg-1", "rtb-1"])?,
            }),
            Shape::Some(kind) => {
                let count = self.u.int_in_range(0..=3)?;
                Ok(List((0..count).map(|_| self.property(Shape::One(kind))).collect::<Result<_>>()?))
            }
            Shape::Attribute(kind, attribute) => Ok(match self.of_kind(kind)? {
                Some(id) => call("GetAtt", text(&format!("{id}.{attribute}"))),
                None => self.word(WORDS)?,
            }),
            Shape::Flag => Ok(match self.u.int_in_range(0..=3)? {
                0 => text("true"),
                1 => text("false"),
                2 => Plain("true".to_owned()),
                _ => Plain("false".to_owned()),
            }),
            Shape::Port => Ok(Plain(self.u.choose(&["443", "80", "0", "65535", "-1", "70000"])?.to_string())),
            Shape::Protocol => self.word(&["tcp", "TCP", "6", "-1", "TLS", "UDP", "icmp"]),
            Shape::Block => self.word(BLOCKS),
            Shape::Zone => match self.u.int_in_range(0..=2)? {
                0 => self.word(&["eu-west-1a", "eu-west-1b"]),
                _ => Ok(call(
                    "Select",
                    List(vec![Plain(self.u.int_in_range(0..=2)?.to_string()), call("GetAZs", text(""))]),
                )),
            },
            Shape::Service => {
                let name = *self.u.choose(NAMES)?;
                Ok(match self.u.int_in_range(0..=3)? {
                    0 => text(&format!("com.amazonaws.eu-west-1.{name}")),
                    1 => call(
                        "Join",
                        List(vec![
                            text("."),
                            List(vec![text("com.amazonaws"), call("Ref", text("AWS::Region")), text(name)]),
                        ]),
                    ),
                    _ => call("Sub", text(&format!("com.amazonaws.${{AWS::Region}}.{name}"))),
                })
            }
            Shape::Policy => self.policy(),
            Shape::Word(words) => self.word(words),
            Shape::Rules => {
                let count = self.u.int_in_range(0..=2)?;
                Ok(List((0..count).map(|_| self.rule()).collect::<Result<_>>()?))
            }
            Shape::Tags => Ok(List(vec![Map(vec![
                ("Key".to_owned(), self.word(&["Name", "x"])?),
                ("Value".to_owned(), self.any(1)?),
            ])])),
            Shape::VpcConfig => Ok(Map(vec![
                ("SubnetIds".to_owned(), self.property(Shape::Some(SUBNET))?),
                ("SecurityGroupIds".to_owned(), self.property(Shape::Some(GROUP))?),
            ])),
            Shape::Actions => Ok(List(vec![Map(vec![
                ("Type".to_owned(), text("forward")),
                ("TargetGroupArn".to_owned(), self.property(Shape::One(TARGETS))?),
            ])])),
        }
    }

    fn rule(&mut self) -> Result<Value> {
        let mut members = vec![
            ("IpProtocol".to_owned(), self.property(Shape::Protocol)?),
            ("FromPort".to_owned(), self.property(Shape::Port)?),
            ("ToPort".to_owned(), self.property(Shape::Port)?),
        ];
        if self.u.arbitrary()? {
            members.push(("CidrIp".to_owned(), self.property(Shape::Block)?));
        } else {
            members.push(("SourceSecurityGroupId".to_owned(), self.property(Shape::One(GROUP))?));
        }
        Ok(Map(members))
    }

    fn policy(&mut self) -> Result<Value> {
        let mut statement = vec![
            ("Effect".to_owned(), self.word(&["Allow", "Deny", "allow"])?),
            ("Principal".to_owned(), self.word(&["*", "arn:aws:iam::111122223333:root"])?),
        ];
        let key = *self.u.choose(&["Action", "NotAction"])?;
        statement.push((
            key.to_owned(),
            self.word(&["*", "s3:*", "s3:GetObject", "sqs:Send*", "S3:getobject", "x"])?,
        ));
        let key = *self.u.choose(&["Resource", "NotResource"])?;
        statement.push((
            key.to_owned(),
            self.word(&[
                "*",
                "arn:aws:s3:::a",
                "arn:aws:s3:::a/*",
                "arn:aws:s3:::prod-${AWS::Region}-starport-layer-bucket/*",
            ])?,
        ));
        if self.u.arbitrary()? {
            let operator = *self.u.choose(&[
                "StringEquals",
                "StringNotEquals",
                "ArnLike",
                "StringEqualsIfExists",
                "Bool",
            ])?;
            let key = *self.u.choose(&[
                "aws:PrincipalOrgID",
                "aws:SourceVpce",
                "aws:SourceVpc",
                "aws:PrincipalArn",
                "aws:SecureTransport",
            ])?;
            let condition = Map(vec![(key.to_owned(), self.any(1)?)]);
            statement.push(("Condition".to_owned(), Map(vec![(operator.to_owned(), condition)])));
        }
        Ok(Map(vec![
            ("Version".to_owned(), text("2012-10-17")),
            ("Statement".to_owned(), List(vec![Map(statement)])),
        ]))
    }

    /// A condition function.
    fn truth(&mut self, depth: u8) -> Result<Value> {
        let below = depth.saturating_sub(1);
        match self.u.int_in_range(0..=if depth == 0 { 1 } else { 5 })? {
            0 => Ok(call("Equals", List(vec![self.any(1)?, self.any(1)?]))),
            1 => {
                let left = if self.parameters > 0 {
                    self.parameter_reference()?
                } else {
                    call("Ref", text("AWS::Region"))
                };
                Ok(call("Equals", List(vec![left, self.word(WORDS)?])))
            }
            2 => Ok(call("Not", List(vec![self.truth(below)?]))),
            3 => Ok(call("And", List(vec![self.truth(below)?, self.truth(below)?]))),
            4 => Ok(call("Or", List(vec![self.truth(below)?, self.truth(below)?]))),
            _ => Ok(Map(vec![("Condition".to_owned(), text(&self.condition()?))])),
        }
    }

    /// Anything.
    fn any(&mut self, depth: u8) -> Result<Value> {
        let below = depth.saturating_sub(1);
        Ok(match self.u.int_in_range(0..=if depth == 0 { 3 } else { 11 })? {
            0 => self.word(WORDS)?,
            1 => self.parameter_reference()?,
            2 => call("Ref", text(&format!("R{}", self.u.int_in_range(0..=self.kinds.len())?))),
            3 => call("GetAtt", text(&format!("R{}.Arn", self.u.int_in_range(0..=self.kinds.len())?))),
            4 => call(
                "Sub",
                text(self.u.choose(&[
                    "${P0}",
                    "a-${R0}-${R1.Arn}",
                    "${!x}",
                    "${AWS::Region}",
                    "${",
                    "${Nope}",
                ])?),
            ),
            5 => List(vec![self.any(below)?]),
            6 => Map(vec![("Key".to_owned(), self.any(below)?)]),
            7 => call("ImportValue", self.any(below)?),
            8 => call("Split", List(vec![text(","), self.any(below)?])),
            9 => call("Select", List(vec![Plain("0".to_owned()), self.any(below)?])),
            10 => call("Join", List(vec![text(""), List(vec![self.any(below)?, self.any(below)?])])),
            _ => call("If", List(vec![text(&self.condition()?), self.any(below)?, self.any(below)?])),
        })
    }
}

/// As JSON, functions in their long form.
pub fn json(value: &Value, out: &mut String) {
    match value {
        Text(text) => quote(text, out),
        Plain(text) => out.push_str(text),
        List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                json(item, out);
            }
            out.push(']');
        }
        Map(members) => {
            out.push('{');
            for (index, (key, value)) in members.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                quote(key, out);
                out.push_str(": ");
                json(value, out);
            }
            out.push('}');
        }
        Call(name, argument) => {
            out.push_str(if *name == "Ref" { "{\"" } else { "{\"Fn::" });
            out.push_str(name);
            out.push_str("\": ");
            match argument.as_ref() {
                Text(text) if *name == "GetAtt" => {
                    let (resource, attribute) = text.split_once('.').unwrap_or((text, ""));
                    json(&List(vec![Text(resource.to_owned()), Text(attribute.to_owned())]), out);
                }
                other => json(other, out),
            }
            out.push('}');
        }
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        if matches!(letter, '"' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out.push('"');
}

/// As YAML in block style, functions in their short form where that is possible.
pub fn yaml(value: &Value) -> String {
    let mut out = String::new();
    block(value, 0, false, &mut out);
    out
}

/// Behind a key or a dash on the same line.
fn block(value: &Value, indentation: usize, tagged: bool, out: &mut String) {
    let pad = "  ".repeat(indentation);
    match value {
        Text(text) => {
            out.push_str(" \"");
            out.push_str(&text.replace('\\', "\\\\").replace('"', "\\\""));
            out.push_str("\"\n");
        }
        Plain(text) => {
            out.push(' ');
            out.push_str(text);
            out.push('\n');
        }
        List(items) if items.is_empty() => out.push_str(" []\n"),
        Map(members) if members.is_empty() => out.push_str(" {}\n"),
        List(items) => {
            out.push('\n');
            for item in items {
                out.push_str(&pad);
                out.push('-');
                block(item, indentation + 1, false, out);
            }
        }
        Map(members) => {
            out.push_str(if indentation == 0 { "" } else { "\n" });
            for (key, value) in members {
                out.push_str(&pad);
                out.push_str(key);
                out.push(':');
                block(value, indentation + 1, false, out);
            }
        }
        // A value can carry one tag only.
        Call(name, argument) if tagged => {
            let key = if *name == "Ref" { "Ref".to_owned() } else { format!("Fn::{name}") };
            block(&Map(vec![(key, argument.as_ref().clone())]), indentation, false, out);
        }
        Call(name, argument) => {
            out.push_str(" !");
            out.push_str(name);
            block(argument, indentation, true, out);
        }
    }
}
