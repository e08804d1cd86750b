//! `endpoint-default-security-group`: an endpoint that only members of the VPC's default group can reach.

use crate::diagnostic::{Applicability, Edit, Severity};
use crate::facts::EndpointType;
use crate::network::{Endpoint, Identity, Members, Network, Protocol, Workload};
use crate::template::Written;

use super::{Check, Context, Group, Persona, Rule, mend};

pub(super) static RULE: Rule = Rule {
    name: "endpoint-default-security-group",
    group: Group::Reachability,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "An endpoint in the default security group of its VPC, which admits only its own members",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html",
    page: include_str!("../../rules/endpoint-default-security-group.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for endpoint in &network.endpoints {
        if !has_security_groups(endpoint) {
            continue;
        }
        let id = network.id(endpoint.resource);
        let (span, message, here, together) = match &endpoint.security_groups {
            _ if names_no_group(endpoint) => {
                if default_group_of(endpoint).is_some_and(|group| is_in_use(network, &group)) {
                    continue;
                }
                let groups = endpoint.security_groups.as_ref();
                (
                    groups.map_or(cx.id_span(endpoint.resource), |members| members.span),
                    format!("`{id}` has no `SecurityGroupIds`, so it gets the default security group of its VPC"),
                    "without `SecurityGroupIds` the default group of the VPC",
                    "without `SecurityGroupIds`, {count} endpoints get the default security group of their VPC: {names}".to_owned(),
                )
            }
            None => continue,
            Some(members) => {
                let Some(group) = only_default_group(members).filter(|group| !is_in_use(network, group))
                else {
                    continue;
                };
                let name = network.name_of(group);
                (
                    members.span,
                    format!("the only security group of `{id}` is `{name}`, the default one"),
                    "admits only members of the default group itself",
                    format!(
                        "the only security group of {{count}} endpoints is `{name}`, the default one: {{names}}"
                    ),
                )
            }
        };
        let port = port_in_words(endpoint);
        let edits = in_own_group(network, endpoint);
        cx.report(endpoint.resource, span, message)
            .here(here)
            .together(together)
            .fix(Applicability::Suggested, "add a group that lets in the range of the VPC", edits)
            .why("unless rules were added to it, the default group admits only traffic from its own members, so clients in other groups cannot connect")
            .help(format!("set `SecurityGroupIds` to a group whose ingress opens {port} to the clients"))
            .symptom("connections to the service time out");
    }
}

fn has_security_groups(endpoint: &Endpoint<'_>) -> bool {
    endpoint
        .kind
        .is_some_and(|kind| !matches!(kind, EndpointType::Gateway | EndpointType::GatewayLoadBalancer))
}

/// The port that clients connect to.
fn port_in_words(endpoint: &Endpoint<'_>) -> String {
    match endpoint.kind {
        // (<https://docs.aws.amazon.com/vpc/latest/privatelink/use-cidr-endpoint.html>)
        Some(EndpointType::Tunnel) => "UDP 6081".to_owned(),
        Some(EndpointType::Resource | EndpointType::ServiceNetwork) => "the port of the resource".to_owned(),
        _ => match endpoint.aws_service().map(|service| service.ports.as_slice()) {
            Some(&[port]) => format!("TCP {port}"),
            _ => "the port of the service".to_owned(),
        },
    }
}

fn names_no_group(endpoint: &Endpoint<'_>) -> bool {
    endpoint.security_groups.as_ref().is_none_or(|members| members.complete && members.items.is_empty())
}

fn default_group_of(endpoint: &Endpoint<'_>) -> Option<Identity> {
    endpoint.vpc.as_ref()?.resource().map(Identity::DefaultGroup)
}

fn only_default_group(members: &Members) -> Option<&Identity> {
    let mut known = members.known();
    let first = known.next().filter(|group| matches!(group, Identity::DefaultGroup(_)))?;
    (members.complete && known.all(|group| group == first)).then_some(first)
}

/// Whether the template opens the default group, or puts a workload into it.
fn is_in_use(network: &Network<'_, '_>, group: &Identity) -> bool {
    let vpc = match group {
        Identity::DefaultGroup(vpc) => Some(Identity::Resource(*vpc)),
        _ => None,
    };
    let here = |workload: &Workload| {
        let left_to_it = workload.in_default_group
            && network.vpc_of(workload).is_some_and(|own| Some(&own.identity) == vpc.as_ref());
        left_to_it || workload.security_groups.as_ref().is_some_and(|members| members.contains(group))
    };
    network.security_group(group).is_some_and(|group| !group.ingress.is_empty())
        || network.workloads.iter().any(here)
}

/// A new group that opens the port to the VPC, the same for all endpoints in it that listen there.
fn in_own_group(network: &Network<'_, '_>, endpoint: &Endpoint<'_>) -> Option<Vec<Edit>> {
    const PROPERTY: &str = "SecurityGroupIds";
    let template = network.template();
    let &[port] = endpoint.aws_service()?.ports.as_slice() else { return None };
    let vpc = endpoint.vpc.as_ref()?;
    let resource = vpc.resource().filter(|_| endpoint.is(EndpointType::Interface))?;
    let vpc_id = network.id(resource);
    let several = template.iter().filter(|(_, other)| other.kind.text == "AWS::EC2::VPC").count() > 1;
    let id = format!(
        "{}EndpointSecurityGroup{}",
        if several { vpc_id } else { "" },
        if port == 443 { String::new() } else { port.to_string() }
    );
    let free = template.find_resource(&id).is_none() && template.find_parameter(&id).is_none();
    if !free || template.resource(resource).condition.is_some() {
        return None;
    }
    let rule = mend::ingress(Protocol::Tcp, port, ("CidrIp", mend::range_of(network, Some(vpc))?));
    let properties = Written::map([
        ("GroupDescription", Written::text("Lets clients in the VPC reach its endpoints")),
        ("VpcId", Written::reference(vpc_id)),
        ("SecurityGroupIngress", Written::List(vec![rule])),
    ]);
    let member = Written::GetAtt(id.clone(), "GroupId".to_owned());
    template.edit(|editor| {
        let mut edits = match endpoint.security_groups.as_ref().map(|members| members.items.as_slice()) {
            None => {
                editor.set(endpoint.resource, &[PROPERTY], Some("SubnetIds"), Written::List(vec![member]))?
            }
            Some([]) => editor.append(endpoint.resource, PROPERTY, &[member])?,
            Some([only]) => editor.substitute(only.span, &member)?,
            Some(_) => return None,
        };
        edits.extend(editor.insert_resource(resource, &id, "AWS::EC2::SecurityGroup", properties)?);
        Some(edits)
    })
}
