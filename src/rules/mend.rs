//! Fixes that several rules offer: gateway endpoints and their route tables, copies of endpoints, DNS attributes of VPCs,
//! ingress of security groups.

use crate::diagnostic::Edit;
use crate::network::{AddressRange, Endpoint, Identity, Network, Protocol, RouteClass, Subnet, Switch, Vpc};
use crate::template::{ResourceId, Template, Written};

use super::cut_off;

/// Whether a resource is there whenever another one is, as far as conditions are written on the two.
fn is_there_with(template: &Template<'_>, resource: ResourceId, owner: ResourceId) -> bool {
    let condition = |id: ResourceId| template.resource(id).condition.as_ref().map(|name| name.text.as_ref());
    condition(resource).is_none() || condition(resource) == condition(owner)
}

fn is_unconditional(template: &Template<'_>, resource: ResourceId) -> bool {
    template.resource(resource).condition.is_none()
}

/// The route tables of subnets, where the template makes all of them.
fn tables_of(subnets: &[&Subnet]) -> Option<Vec<ResourceId>> {
    let explicit = subnets.iter().all(|subnet| subnet.route_table.is_some());
    let tables = cut_off::tables_of(subnets).into_iter().map(|(table, _)| table.resource());
    tables.collect::<Option<Vec<_>>>().filter(|_| explicit)
}

/// The route tables of a VPC whose subnets have no way out.
fn isolated<'n>(network: &'n Network<'_, '_>, vpc: &'n Vpc) -> impl Iterator<Item = ResourceId> + 'n {
    let tables = network.route_tables.iter();
    let own = tables.filter(|it| it.vpc.as_ref() == Some(&vpc.identity) && it.class == RouteClass::Isolated);
    own.map(|table| table.resource)
}

/// The same, where none of them is there in some scenarios only.
pub(super) fn isolated_tables(network: &Network<'_, '_>, vpc: &Vpc) -> Option<Vec<ResourceId>> {
    isolated(network, vpc).map(|table| is_unconditional(network.template(), table).then_some(table)).collect()
}

/// References to route tables.
fn references(template: &Template<'_>, tables: &[ResourceId]) -> Vec<Written> {
    tables.iter().map(|&table| Written::reference(template.resource(table).id.text.as_ref())).collect()
}

/// Lists more route tables on a gateway endpoint.
pub(super) fn list_tables(
    network: &Network<'_, '_>,
    endpoint: &Endpoint<'_>,
    tables: &[ResourceId],
) -> Option<Vec<Edit>> {
    const PROPERTY: &str = "RouteTableIds";
    let template = network.template();
    if tables.is_empty() || !tables.iter().all(|&table| is_there_with(template, table, endpoint.resource)) {
        return None;
    }
    let items = references(template, tables);
    template.edit(|editor| {
        if template.property(endpoint.resource, PROPERTY).is_some() {
            editor.append(endpoint.resource, PROPERTY, &items)
        } else {
            editor.set(endpoint.resource, &[PROPERTY], None, Written::List(items))
        }
    })
}

/// Lists the route tables of subnets on a gateway endpoint.
pub(super) fn list_tables_of(
    network: &Network<'_, '_>,
    endpoint: &Endpoint<'_>,
    subnets: &[&Subnet],
) -> Option<Vec<Edit>> {
    list_tables(network, endpoint, &tables_of(subnets)?)
}

/// A new resource: its logical id, and the edits that add it.
pub(super) struct Addition {
    pub(super) id: String,
    pub(super) edits: Vec<Edit>,
}

/// Adds a gateway endpoint with these route tables, behind the other endpoints of the VPC, else its route tables.
pub(super) fn gateway_endpoint(
    network: &Network<'_, '_>,
    vpc: &Vpc,
    service: &str,
    tables: &[ResourceId],
) -> Option<Addition> {
    let template = network.template();
    let certain = |&resource: &ResourceId| is_unconditional(template, resource);
    if tables.is_empty() || !tables.iter().chain(&vpc.resource).all(certain) {
        return None;
    }
    let vpc_id = match &vpc.identity {
        Identity::Resource(resource) => template.resource(*resource).id.text.as_ref(),
        Identity::Outside(key) => {
            let name = key.strip_prefix('<')?.strip_suffix('>')?;
            template.find_parameter(name).map(|_| name)?
        }
        Identity::DefaultGroup(_) => return None,
    };
    let noun = match service {
        "s3" => "S3",
        "dynamodb" => "DynamoDb",
        _ => return None,
    };
    // The same name in every scenario, and another one for each VPC.
    let several = template.iter().filter(|(_, resource)| resource.kind.text == "AWS::EC2::VPC").count() > 1;
    let start = if several { vpc_id } else { "" };
    let id = [format!("{start}{noun}Endpoint"), format!("{start}{noun}GatewayEndpoint")]
        .into_iter()
        .find(|id| template.find_resource(id).is_none() && template.find_parameter(id).is_none())?;
    let properties = || {
        Written::map([
            ("VpcId", Written::reference(vpc_id)),
            ("ServiceName", Written::Sub(format!("com.amazonaws.${{AWS::Region}}.{service}"))),
            ("VpcEndpointType", Written::text("Gateway")),
            ("RouteTableIds", Written::List(references(template, tables))),
        ])
    };
    let last_endpoint = network.endpoints_in(&vpc.identity).map(|endpoint| endpoint.resource).max();
    let own = network.route_tables.iter().filter(|table| table.vpc.as_ref() == Some(&vpc.identity));
    let last_table = own.map(|table| table.resource).max();
    let behind = last_endpoint.iter().chain(&last_table).chain(&vpc.resource);
    let edits = behind.into_iter().find_map(|&behind| {
        template.edit(|editor| editor.insert_resource(behind, &id, "AWS::EC2::VPCEndpoint", properties()))
    })?;
    Some(Addition { id, edits })
}

/// Adds a gateway endpoint for subnets that need it, and for all others of the VPC without a way out.
pub(super) fn gateway_endpoint_for(
    network: &Network<'_, '_>,
    vpc: &Vpc,
    service: &str,
    subnets: &[&Subnet],
) -> Option<Addition> {
    let mut tables = tables_of(subnets)?;
    tables.extend(isolated(network, vpc).filter(|&table| is_unconditional(network.template(), table)));
    tables.sort_unstable();
    tables.dedup();
    gateway_endpoint(network, vpc, service, &tables)
}

/// Adds an endpoint for another service that is like one for a service of the same family.
pub(super) fn sibling(
    network: &Network<'_, '_>,
    endpoint: &Endpoint<'_>,
    service: &str,
    other: &str,
) -> Option<Vec<Edit>> {
    let template = network.template();
    // A policy for one service says nothing of another.
    if endpoint.has_policy || endpoint.service_id() != Some(service) {
        return None;
    }
    let own = template.resource(endpoint.resource).id.text.as_ref();
    let renamed = spellings(service)
        .into_iter()
        .zip(spellings(other))
        .find(|(from, _)| own.contains(from.as_str()))
        .map(|(from, to)| own.replacen(&from, &to, 1));
    let plain = format!("{}Endpoint", spellings(other).swap_remove(0));
    let free = |id: &String| template.find_resource(id).is_none() && template.find_parameter(id).is_none();
    let longer = format!("{own}{plain}");
    let id = renamed.into_iter().chain([plain, longer]).find(free)?;
    template.edit(|editor| {
        let mut changes = vec![editor.stretch(endpoint.resource, "ServiceName", service, other)?];
        let in_tags =
            [(service.to_owned(), other.to_owned()), (service.replace('.', "-"), other.replace('.', "-"))];
        changes.extend(
            in_tags.iter().find_map(|(from, to)| editor.stretch(endpoint.resource, "Tags", from, to)),
        );
        editor.copy_resource(endpoint.resource, &id, &changes)
    })
}

/// How logical ids spell a service: `EcrApi`, `ECRApi`, `ECRAPI`, `Api`, `API`.
fn spellings(service: &str) -> Vec<String> {
    let parts: &[&str] = match service {
        "ssmmessages" => &["ssm", "messages"],
        _ => &service.split('.').collect::<Vec<_>>(),
    };
    let capital = |part: &str| {
        let mut letters = part.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    let upper = |part: &str| part.to_uppercase();
    let (first, rest) = parts.split_first().unwrap_or((&"", &[]));
    let (rest_capital, rest_upper): (String, String) =
        (rest.iter().map(|part| capital(part)).collect(), rest.iter().map(|part| upper(part)).collect());
    let mut all = vec![
        capital(first) + &rest_capital,
        upper(first) + &rest_capital,
        upper(first) + &rest_upper,
        (*first).to_owned() + &rest_capital,
    ];
    if *first == "ecr" {
        all.extend([rest_capital, rest_upper]);
    }
    all
}

/// Switches the DNS attributes of a VPC on that private DNS needs and that are off; no edits where that is so already.
pub(super) fn dns_attributes(network: &Network<'_, '_>, vpc: &Vpc) -> Option<Vec<Edit>> {
    let Some(resource) = vpc.resource else { return Some(Vec::new()) };
    let mut edits = Vec::new();
    for (attribute, missing) in [
        ("EnableDnsSupport", matches!(vpc.dns_support, Switch::Off(_))),
        ("EnableDnsHostnames", matches!(vpc.dns_hostnames, Switch::Off(_) | Switch::Absent)),
    ] {
        if missing {
            let value = Written::Flag(true);
            let on = |editor: crate::template::Editor<'_, '_>| {
                editor.set(resource, &[attribute], Some("EnableDnsSupport"), value)
            };
            edits.extend(network.template().edit(on)?);
        }
    }
    Some(edits)
}

/// The range of a VPC made here, where it has no other.
pub(super) fn range_of(network: &Network<'_, '_>, vpc: Option<&Identity>) -> Option<Written> {
    let vpc = network.vpc(vpc?)?;
    let id = network.id(vpc.resource?).to_owned();
    let one = vpc.ranges.iter().filter(|range| !AddressRange::is_ipv6(range)).count() <= 1;
    one.then(|| Written::GetAtt(id, "CidrBlock".to_owned()))
}

/// Ingress for a port from a source: `CidrIp` or `SourceSecurityGroupId`.
pub(super) fn ingress(protocol: Protocol, port: u16, (key, source): (&'static str, Written)) -> Written {
    Written::map([
        ("IpProtocol", Written::text(protocol.name().to_lowercase())),
        ("FromPort", Written::Number(i64::from(port))),
        ("ToPort", Written::Number(i64::from(port))),
        (key, source),
    ])
}

/// Adds ingress rules to a security group of the template.
pub(super) fn admit(template: &Template<'_>, group: ResourceId, rules: &[Written]) -> Option<Vec<Edit>> {
    const PROPERTY: &str = "SecurityGroupIngress";
    template.edit(|editor| {
        if template.property(group, PROPERTY).is_some() {
            editor.append(group, PROPERTY, rules)
        } else {
            editor.set(group, &[PROPERTY], None, Written::List(rules.to_vec()))
        }
    })
}

/// The members of a security group as a source for another group, which must not wait for it in turn.
pub(super) fn members_of(
    template: &Template<'_>,
    group: &Identity,
    owner: ResourceId,
) -> Option<(&'static str, Written)> {
    const KEY: &str = "SourceSecurityGroupId";
    match group {
        Identity::Resource(group) => {
            let circular = *group == owner || template.waits_for(*group, owner);
            let id = template.resource(*group).id.text.clone().into_owned();
            (!circular && is_there_with(template, *group, owner))
                .then(|| (KEY, Written::GetAtt(id, "GroupId".to_owned())))
        }
        Identity::Outside(key) => {
            let name = key.strip_prefix('<')?.strip_suffix('>')?;
            template.find_parameter(name).map(|_| (KEY, Written::reference(name)))
        }
        Identity::DefaultGroup(_) => None,
    }
}

/// The addresses of a subnet as a source for a security group.
pub(super) fn addresses_of(
    template: &Template<'_>,
    subnet: ResourceId,
    owner: ResourceId,
) -> Option<(&'static str, Written)> {
    let id = template.resource(subnet).id.text.clone().into_owned();
    (is_there_with(template, subnet, owner) && !template.waits_for(subnet, owner))
        .then(|| ("CidrIp", Written::GetAtt(id, "CidrBlock".to_owned())))
}
