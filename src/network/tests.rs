//! Small networks: what network ACLs do with packets, where routes lead, whose private zone a zone is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Direction, Flow, FlowPeer, Hop, Network, SubnetAcl, Surroundings, Verdict, Walk};
use crate::facts::Purpose;
use crate::policy::Trial;
use crate::scenario::{Freed, Scenarios};
use crate::syntax;
use crate::template::Template;
use crate::text::FileId;

/// The network of a template in its first scenario, given to `look`.
fn with_network<R>(text: &str, look: impl FnOnce(&Network<'_, '_>) -> R) -> R {
    let parsed = syntax::parse(text, FileId(0));
    assert!(parsed.errors.is_empty(), "{:?}\n{text}", parsed.errors);
    let template = Template::from_tree(&parsed.tree, text);
    let scenarios = Scenarios::of(&template, &BTreeMap::new(), &|_| true);
    let scenario = scenarios.scenario(0, Freed::None);
    look(&Network::of(&scenario, &Surroundings::default()))
}

/// What a network ACL with these entries does with TCP from `10.0.1.0/24` to the ports, in the words of [`verdicts`].
/// Each entry: `number direction action protocol ports range`, `-` for what is not written.
fn verdict(entries: &[&str], ports: (u16, u16)) -> String {
    let mut text = "
Parameters: {P: {Type: String}}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Client: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24}}
  Server: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.2.0/24}}
  Acl: {Type: AWS::EC2::NetworkAcl, Properties: {VpcId: !Ref Vpc}}
  Association:
    {Type: AWS::EC2::SubnetNetworkAclAssociation, Properties: {SubnetId: !Ref Server, NetworkAclId: !Ref Acl}}
"
    .to_owned();
    for (index, entry) in entries.iter().enumerate() {
        let [number, egress, action, protocol, ports, range] =
            entry.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let written = |key: &str, value: &str| match value {
            "-" => String::new(),
            "?" => format!(", {key}: !Ref P"),
            _ => format!(", {key}: {value}"),
        };
        let ports = ports.split_once("..").map_or(String::new(), |(from, to)| {
            format!(", PortRange: {{{}}}", written("From", from)[2..].to_owned() + &written("To", to))
        });
        let range = match range.split_once("::") {
            Some(_) => written("Ipv6CidrBlock", &format!("'{range}'")),
            None => written("CidrBlock", range),
        };
        let _ = writeln!(
            text,
            "  E{index}: {{Type: AWS::EC2::NetworkAclEntry, Properties: {{NetworkAclId: !Ref Acl{}{}{}{}{ports}{range}}}}}",
            written("RuleNumber", number),
            written("Egress", egress),
            written("RuleAction", action),
            written("Protocol", protocol),
        );
    }
    with_network(&text, |network| {
        let [client, server] = network.subnets.as_slice() else { panic!("{:?}", network.subnets) };
        let SubnetAcl::Own(acl) = network.network_acl_of(server) else { panic!("no network ACL") };
        let flow = Flow { direction: Direction::In, ports, peer: FlowPeer::Subnet(client), ipv6: false };
        match network.verdict(acl, &flow) {
            Verdict::Allowed(entry) => format!("allowed by {}", network.id(entry.resource)),
            Verdict::Denied(Some(entry)) => format!("denied by {}", network.id(entry.resource)),
            Verdict::Denied(None) => "denied".to_owned(),
            Verdict::Unknown => "unknown".to_owned(),
        }
    })
}

#[test]
fn the_lowest_number_that_matches_decides() {
    let https = (443, 443);
    assert_eq!(verdict(&[], https), "denied");
    let all = ["200 false deny -1 - 0.0.0.0/0", "100 false allow -1 - 0.0.0.0/0"];
    assert_eq!(verdict(&all, https), "allowed by E1");
    let all = ["90 false deny 6 80..443 10.0.0.0/16", "100 false allow -1 - 0.0.0.0/0"];
    assert_eq!(verdict(&all, https), "denied by E0");
    // What is not for these packets does not matter.
    let others = [
        "10 true deny -1 - 0.0.0.0/0",
        "20 false deny 17 443..443 0.0.0.0/0",
        "30 false deny 1 - 0.0.0.0/0",
        "40 false deny 6 80..80 0.0.0.0/0",
        "50 false deny -1 - 10.0.3.0/24",
        "60 false deny -1 - ::/0",
        "70 - allow tcp 443..443 10.0.0.0/8",
    ];
    assert_eq!(verdict(&others, https), "allowed by E6");
    assert_eq!(verdict(&others[..6], https), "denied");
}

#[test]
fn part_of_the_packets_is_not_all_of_them() {
    let answers = (1024, 65535);
    assert_eq!(verdict(&["100 false allow 6 32768..65535 0.0.0.0/0"], answers), "unknown");
    assert_eq!(verdict(&["100 false allow 6 0..65535 10.0.1.128/25"], answers), "unknown");
    assert_eq!(verdict(&["100 false allow 6 443..443 0.0.0.0/0"], answers), "denied");
    let denied = ["90 false deny 6 1024..2000 0.0.0.0/0", "100 false allow -1 - 0.0.0.0/0"];
    assert_eq!(verdict(&denied, answers), "unknown");
    assert_eq!(verdict(&denied[..1], answers), "denied");
}

#[test]
fn what_is_not_known_decides_nothing_unless_it_comes_too_late() {
    let https = (443, 443);
    for unknown in [
        "90 false allow -1 - ?",
        "90 false allow ? - 0.0.0.0/0",
        "90 false allow 6 ?..443 0.0.0.0/0",
        "90 ? allow -1 - 0.0.0.0/0",
        "90 false ? -1 - 0.0.0.0/0",
        "? false allow -1 - 0.0.0.0/0",
        "90 false allow 6 - 0.0.0.0/0",
    ] {
        assert_eq!(verdict(&[unknown], https), "unknown", "{unknown}");
        assert_eq!(verdict(&["10 false deny -1 - 0.0.0.0/0", unknown], https), {
            if unknown.starts_with('?') { "unknown" } else { "denied by E0" }
        });
        let denies = unknown.replace("allow", "deny");
        let allowed = verdict(&[&denies, "100 false allow -1 - 0.0.0.0/0"], https);
        assert_eq!(allowed, "unknown", "{denies}");
    }
    // Whether it matches or not, the answer is the same.
    assert_eq!(verdict(&["90 false deny -1 - ?"], https), "denied");
    assert_eq!(verdict(&["90 false allow -1 - ?", "95 false allow -1 - 0.0.0.0/0"], https), "allowed by E1");
}

/// The classes of subnets in a VPC with the usual gateways. Each subnet: its name, its further properties, and its
/// routes, `destination target`; a route table of its own is associated with it.
fn classes(subnets: &[(&str, &str, &[&str])], more: &str) -> String {
    let mut text = format!(
        "
Parameters: {{P: {{Type: String}}}}
Resources:
  Vpc: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16}}}}
  Igw: {{Type: AWS::EC2::InternetGateway}}
  Attachment: {{Type: AWS::EC2::VPCGatewayAttachment, Properties: {{VpcId: !Ref Vpc, InternetGatewayId: !Ref Igw}}}}
  Loose: {{Type: AWS::EC2::InternetGateway}}
  Vgw: {{Type: AWS::EC2::VPNGateway, Properties: {{Type: ipsec.1}}}}
{more}"
    );
    for (name, properties, routes) in subnets {
        let _ = write!(
            text,
            "
  {name}: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24{properties}}}}}
  {name}Table: {{Type: AWS::EC2::RouteTable, Properties: {{VpcId: !Ref Vpc}}}}
  {name}Association:
    {{Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {{SubnetId: !Ref {name}, RouteTableId: !Ref {name}Table}}}}
"
        );
        for (index, route) in routes.iter().enumerate() {
            let (destination, target) = route.split_once(' ').unwrap();
            let destination = match destination {
                "list" => "DestinationPrefixListId: pl-0123456789abcdef0".to_owned(),
                "?" => "DestinationCidrBlock: !Ref P".to_owned(),
                range if range.contains(':') => format!("DestinationIpv6CidrBlock: '{range}'"),
                range => format!("DestinationCidrBlock: {range}"),
            };
            let _ = writeln!(
                text,
                "  {name}Route{index}: {{Type: AWS::EC2::Route, Properties: {{RouteTableId: !Ref {name}Table, {destination}, {target}}}}}"
            );
        }
    }
    with_network(&text, |network| {
        let classes = network.subnets.iter().map(|subnet| format!("{:?}", subnet.route_class));
        classes.collect::<Vec<_>>().join(" ")
    })
}

/// The class of a subnet with these routes.
fn class(routes: &[&str]) -> String {
    classes(&[("S", "", routes)], "")
}

#[test]
fn targets_decide_what_a_default_route_is_worth() {
    for (target, expected) in [
        ("GatewayId: !Ref Igw", "Public"),
        ("GatewayId: igw-0123456789abcdef0", "Public"),
        ("GatewayId: !Ref Loose", "Unknown"),
        ("GatewayId: !Ref P", "Unknown"),
        ("GatewayId: local", "Isolated"),
        ("GatewayId: !Ref Vgw", "Translated"),
        ("GatewayId: vgw-0123456789abcdef0", "Translated"),
        ("NatGatewayId: nat-0123456789abcdef0", "Translated"),
        ("TransitGatewayId: !Ref P", "Translated"),
        ("VpcPeeringConnectionId: pcx-0123456789abcdef0", "Translated"),
        ("CoreNetworkArn: !Ref P", "Translated"),
        ("LocalGatewayId: lgw-0123456789abcdef0", "Translated"),
        ("CarrierGatewayId: cagw-0123456789abcdef0", "Translated"),
        ("VpcEndpointId: vpce-0123456789abcdef0", "Translated"),
        ("NetworkInterfaceId: eni-0123456789abcdef0", "Translated"),
        ("InstanceId: i-0123456789abcdef0", "Translated"),
        ("EgressOnlyInternetGatewayId: !Ref P", "Unknown"),
    ] {
        assert_eq!(class(&[&format!("0.0.0.0/0 {target}")]), expected, "{target}");
        // A route inside private networks decides nothing.
        assert_eq!(class(&[&format!("10.8.0.0/16 {target}")]), "Isolated", "{target}");
    }
}

#[test]
fn destinations_must_be_every_address_together() {
    let igw = |destination: &str| format!("{destination} GatewayId: !Ref Igw");
    let tgw = |destination: &str| format!("{destination} TransitGatewayId: tgw-0123456789abcdef0");
    assert_eq!(class(&[]), "Isolated");
    assert_eq!(class(&[&igw("0.0.0.0/1"), &igw("128.0.0.0/1")]), "Public");
    assert_eq!(class(&[&igw("0.0.0.0/1"), &tgw("128.0.0.0/1")]), "Translated");
    assert_eq!(class(&[&igw("0.0.0.0/1")]), "Unknown");
    assert_eq!(class(&[&tgw("52.0.0.0/8")]), "Unknown");
    assert_eq!(class(&[&tgw("list")]), "Unknown");
    assert_eq!(class(&[&tgw("?")]), "Unknown");
    // The order of routes does not matter.
    assert_eq!(class(&[&tgw("?"), &tgw("list"), &igw("0.0.0.0/0")]), "Public");
    assert_eq!(class(&[&igw("52.0.0.0/8"), &tgw("0.0.0.0/0")]), "Translated");
}

#[test]
fn a_way_for_ipv6_tells_nothing_about_ipv4() {
    let routes: &[&str] = &["::/0 EgressOnlyInternetGatewayId: !Ref P"];
    let open: &[&str] = &["::/0 GatewayId: !Ref Igw"];
    for routes in [routes, open] {
        assert_eq!(class(routes), "Isolated", "the subnet has no IPv6 addresses");
        for properties in [
            ", Ipv6CidrBlock: '2001:db8::/64'",
            ", Ipv6CidrBlock: !Ref P",
            ", Ipv6Native: true, Ipv6NetmaskLength: 64",
        ] {
            assert_eq!(classes(&[("S", properties, routes)], ""), "Unknown", "{properties}");
        }
    }
    assert_eq!(class(&["fd00::/8 TransitGatewayId: !Ref P"]), "Isolated");
}

#[test]
fn a_nat_gateway_leads_as_far_as_its_own_subnet() {
    let nat = |properties: &str| {
        let more = format!("  Nat: {{Type: AWS::EC2::NatGateway, Properties: {{{properties}}}}}\n");
        let through: &[&str] = &["0.0.0.0/0 NatGatewayId: !Ref Nat"];
        classes(
            &[
                ("Client", "", through),
                ("Inner", "", &["10.8.0.0/16 TransitGatewayId: !Ref P"]),
                ("Outer", "", &["0.0.0.0/0 GatewayId: !Ref Igw"]),
                ("Joined", "", &["0.0.0.0/0 TransitGatewayId: !Ref P"]),
            ],
            &more,
        )
        .split(' ')
        .next()
        .unwrap()
        .to_owned()
    };
    assert_eq!(nat("SubnetId: !Ref Outer"), "Translated");
    assert_eq!(nat("SubnetId: !Ref Inner"), "Isolated");
    assert_eq!(nat("SubnetId: !Ref Inner, ConnectivityType: private"), "Isolated");
    assert_eq!(nat("SubnetId: !Ref Joined, ConnectivityType: private"), "Unknown");
    assert_eq!(nat("SubnetId: !Ref Outer, ConnectivityType: private"), "Unknown");
    assert_eq!(nat("SubnetId: !Ref Outer, ConnectivityType: !Ref P"), "Translated");
    assert_eq!(nat("SubnetId: !Ref P"), "Translated");
    assert_eq!(nat("VpcId: !Ref Vpc, AvailabilityMode: regional"), "Translated");
    assert_eq!(nat("SubnetId: !Ref Inner, AvailabilityMode: !Ref P"), "Translated");
}

#[test]
fn a_vpn_gateway_may_add_routes_to_what_is_written() {
    let propagation = |tables: &str| {
        format!(
            "  Propagation: {{Type: AWS::EC2::VPNGatewayRoutePropagation, Properties: {{RouteTableIds: {tables}, VpnGatewayId: !Ref Vgw}}}}\n"
        )
    };
    let subnets: [(&str, &str, &[&str]); 2] = [("A", "", &[]), ("B", "", &["0.0.0.0/0 GatewayId: !Ref Igw"])];
    assert_eq!(classes(&subnets, ""), "Isolated Public");
    assert_eq!(classes(&subnets, &propagation("[!Ref ATable]")), "Unknown Public");
    assert_eq!(classes(&subnets, &propagation("[!Ref BTable]")), "Isolated Public");
    assert_eq!(classes(&subnets, &propagation("!Split [',', !Ref P]")), "Unknown Public");
}

#[test]
fn blocked_public_access_is_told_unless_an_exclusion_may_spare_the_vpc() {
    let blocked = |mode: &str, exclusion: &str| {
        let text = format!(
            "
Parameters: {{P: {{Type: String}}}}
Resources:
  Vpc: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16}}}}
  Other: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.1.0.0/16}}}}
  Subnet: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24}}}}
  Elsewhere: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref Other, CidrBlock: 10.1.1.0/24}}}}
  Block: {{Type: AWS::EC2::VPCBlockPublicAccessOptions, Properties: {{InternetGatewayBlockMode: {mode}}}}}
  Exclusion:
    Type: AWS::EC2::VPCBlockPublicAccessExclusion
    Properties: {{InternetGatewayExclusionMode: allow-egress, {exclusion}}}
"
        );
        with_network(&text, |network| network.public_access_block(&network.vpcs[0]).is_some())
    };
    assert!(blocked("block-bidirectional", "VpcId: !Ref Other"));
    assert!(blocked("block-bidirectional", "SubnetId: !Ref Elsewhere"));
    assert!(!blocked("block-bidirectional", "VpcId: !Ref Vpc"));
    assert!(!blocked("block-bidirectional", "SubnetId: !GetAtt Subnet.SubnetId"));
    assert!(!blocked("block-bidirectional", "VpcId: !Ref P"));
    assert!(!blocked("block-ingress", "VpcId: !Ref Other"));
    assert!(!blocked("!Ref P", "VpcId: !Ref Other"));
}

/// Whether a zone with this name and these VPCs may name an endpoint for the service in `Vpc`, there and elsewhere.
fn zone(name: &str, vpcs: &str, service: &str) -> (bool, bool) {
    let text = format!(
        "
Parameters: {{P: {{Type: String}}}}
Resources:
  Vpc: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16}}}}
  Other: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.1.0.0/16}}}}
  Endpoint:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: !Ref Vpc
      VpcEndpointType: Interface
      ServiceName: !Sub 'com.amazonaws.${{AWS::Region}}.{service}'
  Zone: {{Type: AWS::Route53::HostedZone, Properties: {{Name: {name}, VPCs: {vpcs}}}}}
"
    );
    with_network(&text, |network| {
        let endpoint = &network.endpoints[0];
        (network.has_private_zone(endpoint), network.has_private_zone_elsewhere(endpoint))
    })
}

#[test]
fn a_private_zone_is_for_its_vpcs() {
    let here = |vpcs: &str| zone("!Sub 'kms.${AWS::Region}.amazonaws.com'", vpcs, "kms");
    assert_eq!(here("[{VPCId: !Ref Vpc, VPCRegion: !Ref AWS::Region}]"), (true, false));
    assert_eq!(here("[{VPCId: !GetAtt Vpc.VpcId}, {VPCId: !Ref Other}]"), (true, true));
    assert_eq!(here("[{VPCId: !Ref Other}]"), (false, true));
    assert_eq!(here("[{VPCId: !Ref P}]"), (true, true));
    assert_eq!(here("!Ref P"), (true, true));
}

#[test]
fn a_private_zone_is_for_its_names() {
    let named = |name: &str, service: &str| zone(name, "[{VPCId: !Ref Vpc}]", service).0;
    for (name, service) in [
        ("!Sub 'kms.${AWS::Region}.amazonaws.com'", "kms"),
        ("kms.eu-west-1.amazonaws.com.", "kms"),
        ("eu-west-1.amazonaws.com", "kms"),
        ("!Sub '${AWS::Region}.amazonaws.com'", "ecr.api"),
        ("ecr.eu-west-1.amazonaws.com", "ecr.api"),
        ("api.ecr.cn-north-1.amazonaws.com.cn", "ecr.api"),
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com", "ecr.dkr"),
        ("firehose.eu-west-1.amazonaws.com", "kinesis-firehose"),
        ("!Sub '${P}.amazonaws.com'", "kms"),
        ("!Ref P", "kms"),
    ] {
        assert!(named(name, service), "{name} {service}");
    }
    for (name, service) in [
        ("!Sub 'kms.${AWS::Region}.amazonaws.com'", "ecr.api"),
        ("!Sub 'api.ecr.${AWS::Region}.amazonaws.com'", "kms"),
        ("!Sub '${P}.example.com'", "kms"),
        ("example.com", "kms"),
    ] {
        assert!(!named(name, service), "{name} {service}");
    }
}

/// Whether the policy of an endpoint for a service, with these statements, certainly lets nothing of it through, and
/// the place that decides: the statement that denies, or what does not fit of those that allow.
fn shut(service: &str, statements: &str) -> Option<String> {
    let kind = if matches!(service, "s3" | "dynamodb") { "Gateway" } else { "Interface" };
    let text = format!(
        "Parameters: {{P: {{Type: String}}}}
Resources:
  E:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: vpc-1
      VpcEndpointType: {kind}
      ServiceName: !Sub com.amazonaws.${{AWS::Region}}.{service}
      PolicyDocument: {{Version: '2012-10-17', Statement: [{statements}]}}
"
    );
    with_network(&text, |network| {
        let denial = network.lets_nothing_through(&network.endpoints[0])?;
        let misses = denial.decision.why.iter().flat_map(Trial::misses);
        let misses: Vec<&str> = misses.map(|finding| &text[finding.span.range()]).collect();
        Some(match denial.decision.by {
            Some(by) => format!("denied by {by}"),
            None => misses.join("; "),
        })
    })
}

#[test]
fn policies_that_let_nothing_through() {
    let allow = |action: &str, resource: &str| {
        format!("{{Effect: Allow, Principal: '*', Action: '{action}', Resource: '{resource}'}}")
    };
    let deny = "{Effect: Deny, Principal: '*', Action: '*', Resource: '*'}";
    for (service, statements, expected) in [
        ("dynamodb", allow("*", "*"), None),
        ("dynamodb", allow("*", "arn:aws:dynamodb:::*"), Some("'arn:aws:dynamodb:::*'")),
        ("dynamodb", allow("dynamodb:*", "arn:aws:dynamodb:*:*:table/*"), None),
        ("dynamodb", allow("dynamodb:*", "arn:aws:dynamodb::111122223333:global-table/t"), None),
        ("dynamodb", allow("dynamodb:*", "arn:aws:s3:::*"), Some("'arn:aws:s3:::*'")),
        ("s3", allow("*", "arn:aws:s3:::*"), None),
        ("s3", allow("s3:GetObject", "arn:aws:s3:::b/*"), None),
        ("s3", allow("dynamodb:*", "*"), Some("'dynamodb:*'")),
        ("s3", allow("s3-object-lambda:*", "*"), None),
        ("s3", deny.to_owned(), Some("denied by 0")),
        ("s3", String::new(), Some("")),
        ("s3", "{Effect: Deny, Principal: '*', Action: 's3:Delete*', Resource: '*'}".to_owned(), Some("")),
        ("s3", format!("{}, {deny}", allow("*", "*")), Some("denied by 1")),
        ("s3", "!Ref P".to_owned(), None),
        ("s3", "{Effect: !Ref P, Principal: '*', Action: 's3:*', Resource: '*'}".to_owned(), None),
        (
            "dynamodb",
            "{Effect: Allow, Principal: '*', NotAction: 'dynamodb:*', Resource: '*'}".to_owned(),
            Some("'dynamodb:*'"),
        ),
        ("logs", allow("s3:*", "*"), Some("'s3:*'")),
        ("logs", format!("{}, {}", allow("s3:*", "*"), allow("logs:PutLogEvents", "x")), None),
        // Nobody says what the actions of this service begin with.
        ("account", allow("s3:*", "*"), None),
    ] {
        assert_eq!(shut(service, &statements).as_deref(), expected, "{service}: {statements}");
    }
}

#[test]
fn a_call_may_end_at_the_policy_of_an_endpoint() {
    let end = |resource: &str| {
        let text = format!(
            "Resources:
  Vpc: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16}}}}
  Table: {{Type: AWS::EC2::RouteTable, Properties: {{VpcId: !Ref Vpc}}}}
  Subnet: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24}}}}
  Association:
    {{Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {{SubnetId: !Ref Subnet, RouteTableId: !Ref Table}}}}
  S3:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: !Ref Vpc
      ServiceName: !Sub com.amazonaws.${{AWS::Region}}.s3
      RouteTableIds: [!Ref Table]
      PolicyDocument:
        Statement: [{{Effect: Allow, Principal: '*', Action: 's3:*', Resource: {resource}}}]
  Function:
    Type: AWS::Lambda::Function
    Properties: {{VpcConfig: {{SubnetIds: [!Ref Subnet], SecurityGroupIds: [sg-1]}}}}
  Setup: {{Type: Custom::Setup, Properties: {{ServiceToken: !GetAtt Function.Arn}}}}
"
        );
        with_network(&text, |network| {
            let workload = &network.workloads[0];
            let need = workload.need(Purpose::Answer).unwrap();
            match network.walk(workload, need, &network.subnets[0], "s3") {
                Walk::Reachable(_) => "reachable".to_owned(),
                Walk::Blocked(Hop::Policy(endpoint, _)) => network.id(endpoint.resource).to_owned(),
                other => format!("{other:?}"),
            }
        })
    };
    assert_eq!(end("'*'"), "reachable");
    assert_eq!(end("'arn:aws:s3:::reports/*'"), "S3");
    assert_eq!(end("'arn:aws:sqs:::*'"), "S3");
    // A parameter of another stack may name it.
    assert_eq!(end("!Sub ['arn:aws:s3:::${Name}/*', {Name: !ImportValue bucket}]"), "reachable");
}

#[test]
fn the_types_that_are_read_can_be_searched() {
    assert!(super::READ_TYPES.is_sorted());
}
