//! Small networks: what network ACLs do with packets, where routes lead, whose private zone a zone is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Direction, Flow, FlowPeer, Network, SubnetAcl, Verdict};
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
    look(&Network::of(&scenario, false))
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
