//! The faults: for each, where it certainly breaks or worsens a template, the edit, and what must be found then.

use privatelint::diagnostic::Severity;
use serde_json::{Value, json};

use crate::change::{Change, keys};
use crate::model::{Endpoint, Model, Need, PLAIN_SERVICES, Resource, mentions};

/// A kind of mistake that people make.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    /// The places of a template where it certainly matters.
    pub(crate) sites: fn(&Model) -> Vec<Site>,
    /// Rules that may report errors of the same fault besides the expected ones, and why.
    pub(crate) also: &'static [(&'static [&'static str], &'static str)],
}

/// One place, with what must be found.
pub(crate) struct Site {
    pub(crate) changes: Vec<Change>,
    /// One of these rules must speak,
    pub(crate) rules: &'static [&'static str],
    /// at one of these resources (owner or a further place),
    pub(crate) at: Vec<String>,
    /// at least this loud.
    pub(crate) severity: Severity,
}

/// What workloads cannot reach any more.
const CUT_OFF: &[&str] = &[
    "awslogs-needs-logs-endpoint",
    "custom-resource-cannot-answer",
    "ecr-endpoint-pair",
    "ecr-without-s3-endpoint",
    "exec-needs-ssmmessages",
    "isolated-container-hosts-missing-endpoints",
    "isolated-fargate-missing-endpoints",
    "isolated-function-missing-endpoints",
    "isolated-kubernetes-missing-endpoints",
    "isolated-service-missing-endpoints",
    "signal-cannot-leave",
    "ssm-endpoints-incomplete",
    "task-secrets-need-endpoint",
];
const UNREACHABLE: (&[&str], &str) = (CUT_OFF, "workloads lose the service with the endpoint");

pub(crate) const FAULTS: &[Fault] = &[
    Fault {
        name: "delete the S3 gateway endpoint",
        sites: delete_s3_gateway,
        also: &[UNREACHABLE, (&["s3-private-dns-needs-gateway"], "the interface endpoint needs it")],
    },
    Fault {
        name: "take a route table out of a gateway endpoint",
        sites: drop_route_table,
        also: &[UNREACHABLE],
    },
    Fault {
        name: "close 443 of an endpoint's groups",
        sites: |model| ingress(model, &Rewrite::Remove),
        also: SAME_GROUP,
    },
    Fault {
        name: "open 8443 instead of 443",
        sites: |model| ingress(model, &Rewrite::Port),
        also: SAME_GROUP,
    },
    Fault {
        name: "let in a foreign range instead of the clients",
        sites: |model| ingress(model, &Rewrite::Source),
        also: SAME_GROUP,
    },
    Fault { name: "switch PrivateDnsEnabled off", sites: private_dns_off, also: &[UNREACHABLE] },
    Fault {
        name: "switch EnableDnsHostnames off",
        sites: |model| dns_attribute(model, "EnableDnsHostnames"),
        also: &[],
    },
    Fault {
        name: "switch EnableDnsSupport off",
        sites: |model| dns_attribute(model, "EnableDnsSupport"),
        also: &[],
    },
    Fault { name: "delete ecr.api", sites: |model| delete_interface(model, "ecr.api"), also: &[UNREACHABLE] },
    Fault { name: "delete ecr.dkr", sites: |model| delete_interface(model, "ecr.dkr"), also: &[UNREACHABLE] },
    Fault { name: "delete logs", sites: |model| delete_interface(model, "logs"), also: &[UNREACHABLE] },
    Fault { name: "delete ssm", sites: |model| delete_interface(model, "ssm"), also: &[UNREACHABLE] },
    Fault {
        name: "delete ssmmessages",
        sites: |model| delete_interface(model, "ssmmessages"),
        also: &[UNREACHABLE],
    },
    Fault {
        name: "delete secretsmanager",
        sites: |model| delete_interface(model, "secretsmanager"),
        also: &[UNREACHABLE],
    },
    Fault { name: "switch ECS Exec on without ssmmessages", sites: exec_on, also: &[UNREACHABLE] },
    Fault { name: "give an interface endpoint RouteTableIds", sites: interface_with_tables, also: &[] },
    Fault { name: "give a gateway endpoint SubnetIds", sites: gateway_with_subnets, also: &[] },
    Fault { name: "double an interface endpoint", sites: double_interface, also: &[] },
    Fault { name: "double a gateway endpoint", sites: double_gateway, also: &[] },
    Fault { name: "make the service's NLB internet-facing", sites: internet_facing, also: &[] },
    Fault {
        name: "make the service's NLB an application load balancer",
        sites: application,
        also: &[(
            &["enforcement-without-security-group"],
            "the switch for PrivateLink traffic is for network load balancers only",
        )],
    },
    Fault {
        name: "close the targets' groups",
        sites: close_targets,
        also: &[(
            &["health-check-port-blocked", "nlb-sg-blocks-consumers", "endpoint-port-not-allowed"],
            "health checks come through the same rules, and one group may serve both sides",
        )],
    },
    Fault {
        name: "close the NLB's own groups",
        sites: close_balancer,
        also: &[(
            &["nlb-target-sg-not-opened", "health-check-port-blocked", "endpoint-port-not-allowed"],
            "one group may serve both sides",
        )],
    },
    Fault { name: "pin a Region into ServiceName", sites: pin_region, also: &[] },
    Fault {
        name: "move a subnet of an endpoint to another VPC",
        sites: foreign_subnet,
        also: &[
            UNREACHABLE,
            (&["foreign-vpc-member"], "whatever else stands in the subnet is torn apart too"),
            (
                &["nlb-target-sg-not-opened", "target-sg-only-consumer-ranges", "health-check-port-blocked"],
                "targets in the subnet are in another VPC now",
            ),
        ],
    },
    Fault {
        name: "remove VpcEndpointType: Interface",
        sites: type_removed,
        also: &[
            UNREACHABLE,
            (&["gateway-with-interface-properties"], "without a type it is a gateway endpoint with subnets"),
        ],
    },
    Fault { name: "remove SubnetIds", sites: subnets_removed, also: &[UNREACHABLE] },
    Fault { name: "leave one subnet of an interface endpoint", sites: single_zone, also: &[] },
    Fault { name: "set AcceptanceRequired to false", sites: acceptance_off, also: &[] },
    Fault { name: "allow every principal", sites: allow_everyone, also: &[] },
    Fault { name: "allow everything in an endpoint policy", sites: wildcard_policy, also: &[] },
    Fault { name: "deny 443 in the network ACL of an endpoint", sites: deny_by_acl, also: &[UNREACHABLE] },
    Fault { name: "list egress without 443 for a client", sites: close_egress, also: &[UNREACHABLE] },
    Fault { name: "misspell the name of the service", sites: misspell_service, also: &[UNREACHABLE] },
    Fault { name: "misspell PrivateDnsEnabled", sites: misspell_property, also: &[UNREACHABLE] },
    Fault { name: "put two subnets of an endpoint into one zone", sites: one_zone, also: &[] },
    Fault { name: "give a Gateway Load Balancer endpoint two subnets", sites: wide_inspection, also: &[] },
    Fault { name: "allow a bare account id", sites: bare_account, also: &[] },
];

const SAME_GROUP: &[(&[&str], &str)] = &[
    UNREACHABLE,
    (
        &["nlb-target-sg-not-opened", "nlb-sg-blocks-consumers", "health-check-port-blocked"],
        "one group may serve endpoints and targets",
    ),
];

fn properties(id: &str) -> Vec<String> {
    keys(&["Resources", id, "Properties"])
}

fn set(id: &str, property: &'static str, value: Value) -> Change {
    Change::Set(properties(id), property, value)
}

fn add(id: &str, body: Value) -> Change {
    Change::Add(keys(&["Resources"]), id.to_owned(), body)
}

/// What takes a resource away; `None` where others need it for more than their order.
fn delete(model: &Model, id: &str) -> Option<Vec<Change>> {
    let mut changes = vec![Change::Remove(keys(&["Resources", id]))];
    for other in model.resources.iter().filter(|other| other.id != id) {
        if mentions(&other.body, id) {
            return None;
        }
        let rest: Vec<&Value> = match other.body.get("DependsOn") {
            Some(Value::String(name)) if name == id => Vec::new(),
            Some(Value::Array(names)) if names.iter().any(|name| name == id) => {
                names.iter().filter(|name| *name != id).collect()
            }
            _ => continue,
        };
        changes.push(Change::Set(keys(&["Resources", &other.id]), "DependsOn", json!(rest)));
    }
    for (name, output) in model.outputs().filter(|(_, output)| mentions(output, id)) {
        // An output that says more stays as it is.
        output.get("Value").filter(|value| mentions(value, id))?;
        changes.push(Change::Remove(keys(&["Outputs", name])));
    }
    Some(changes)
}

fn is_plain(endpoint: &Endpoint) -> bool {
    endpoint.kind.as_deref() == Some("Interface")
        && endpoint.service.as_deref().is_some_and(|service| PLAIN_SERVICES.contains(&service))
}

fn plain(model: &Model) -> impl Iterator<Item = &Endpoint> {
    model.endpoints.iter().filter(|endpoint| is_plain(endpoint))
}

/// The endpoints for a service in a VPC; none where one of them may be missed.
fn endpoints_for<'m>(model: &'m Model, vpc: &str, service: &str) -> Vec<&'m Endpoint> {
    let here = |it: &&Endpoint| it.vpc.as_deref() == Some(vpc) && it.service.as_deref() == Some(service);
    model.endpoints.iter().filter(here).collect()
}

/// The places where something about the workloads in a VPC may be shown.
fn ids_of<'m>(
    workloads: impl Iterator<Item = &'m crate::model::Workload>,
    more: &[&str],
) -> Option<Vec<String>> {
    let mut ids: Vec<String> = workloads.flat_map(|it| it.ids.iter().cloned()).collect();
    if ids.is_empty() {
        return None;
    }
    ids.extend(more.iter().map(|&id| id.to_owned()));
    Some(ids)
}

fn delete_s3_gateway(model: &Model) -> Vec<Site> {
    let mut sites = Vec::new();
    for gateway in &model.endpoints {
        let (Some("Gateway"), Some("s3"), Some(vpc)) =
            (gateway.kind.as_deref(), gateway.service.as_deref(), gateway.vpc.as_deref())
        else {
            continue;
        };
        if !model.is_closed(vpc) || gateway.condition.is_some() {
            continue;
        }
        let Some(changes) = delete(model, &gateway.id) else { continue };
        let all = endpoints_for(model, vpc, "s3");
        let others: Vec<&&Endpoint> = all.iter().filter(|other| other.id != gateway.id).collect();
        let mut site = |rules, at, severity| {
            sites.push(Site { changes: changes.clone(), rules, at, severity });
        };
        if others.is_empty() {
            if let Some(at) = ids_of(model.isolated(vpc, Need::Image), &[]) {
                site(&["ecr-without-s3-endpoint"], at, Severity::Error);
            } else if model.is_sealed(vpc)
                && let [registry] = endpoints_for(model, vpc, "ecr.dkr").as_slice()
            {
                site(&["ecr-without-s3-endpoint"], vec![registry.id.clone()], Severity::Error);
            }
            if let Some(at) = ids_of(model.isolated(vpc, Need::Answer), &[]) {
                site(&["custom-resource-cannot-answer"], at, Severity::Error);
            }
            if let Some(at) = ids_of(model.isolated(vpc, Need::Objects), &[]) {
                site(&["isolated-function-missing-endpoints"], at, Severity::Info);
            }
            if let Some(mut at) = model.translated_by(vpc) {
                at.push(inner(vpc).to_owned());
                site(&["nat-carries-aws-traffic"], at, Severity::Info);
            }
        }
        let asks = others.iter().find(|other| {
            let options = model.resource(&other.id).and_then(|it| it.property("DnsOptions"));
            other.kind.as_deref() == Some("Interface")
                && other.private_dns == Some(true)
                && options.is_none_or(|it| !it.to_string().contains("AllResolvers"))
        });
        if let Some(interface) = asks.filter(|_| others.len() == 1) {
            site(&["s3-private-dns-needs-gateway"], vec![interface.id.clone()], Severity::Error);
        }
    }
    sites
}

fn drop_route_table(model: &Model) -> Vec<Site> {
    let mut sites = Vec::new();
    for gateway in model.endpoints.iter().filter(|it| it.kind.as_deref() == Some("Gateway")) {
        let (Some(tables), Some(vpc)) = (&gateway.tables, gateway.vpc.as_deref()) else { continue };
        let own = |table: &String| model.named(table, "AWS::EC2::RouteTable").is_some();
        if tables.is_empty() || !tables.iter().all(own) || model.is_handed_out(&gateway.id) {
            continue;
        }
        let service = gateway.service.as_deref();
        if endpoints_for(model, vpc, service.unwrap_or_default()).len() != 1 {
            continue;
        }
        if let [table] = tables.as_slice() {
            if !model.hides_something() {
                sites.push(Site {
                    changes: vec![set(&gateway.id, "RouteTableIds", json!([]))],
                    rules: &["gateway-without-route-tables"],
                    at: vec![gateway.id.clone(), table.clone()],
                    severity: Severity::Warning,
                });
            }
            continue;
        }
        for table in tables {
            // A workload that needs the service in an isolated subnet with this table.
            let harmed = |need: Need| {
                model.isolated(vpc, need).filter(move |workload| {
                    let uses = |subnet: &String| {
                        model.isolated_table(subnet).is_some_and(|it| format!("<{}>", it.id) == *table)
                    };
                    workload.subnets.iter().any(uses)
                })
            };
            let found: Vec<_> = match service {
                Some("s3") => {
                    harmed(Need::Image).chain(harmed(Need::Answer)).chain(harmed(Need::Objects)).collect()
                }
                Some("dynamodb") => harmed(Need::Tables).collect(),
                _ => Vec::new(),
            };
            let Some(at) = ids_of(found.into_iter(), &[&gateway.id]) else { continue };
            if !model.is_closed(vpc) || gateway.condition.is_some() {
                continue;
            }
            let rest: Vec<Value> =
                tables.iter().filter(|other| *other != table).map(|it| json!({"Ref": inner(it)})).collect();
            sites.push(Site {
                changes: vec![set(&gateway.id, "RouteTableIds", json!(rest))],
                rules: &[
                    "gateway-route-coverage",
                    "ecr-without-s3-endpoint",
                    "custom-resource-cannot-answer",
                ],
                at,
                severity: Severity::Warning,
            });
        }
    }
    sites
}

fn inner(canonical: &str) -> &str {
    canonical.trim_start_matches('<').trim_end_matches('>')
}

/// What becomes of a rule that lets clients in.
enum Rewrite {
    Remove,
    Port,
    Source,
}

/// Ingress of security groups: what is open to a port, and how that is changed.
struct Ingress {
    changes: Vec<Change>,
    /// Whether there was anything to change.
    found: bool,
}

/// Changes every rule of the groups that opens the port; `None` where not all is known of them.
fn rewrite(model: &Model, groups: &[&Resource], ports: &[i64], rewrite: &Rewrite) -> Option<Ingress> {
    let mut result = Ingress { changes: Vec::new(), found: false };
    let stand_alone: Option<Vec<(&Resource, String)>> = model
        .of_kind("AWS::EC2::SecurityGroupIngress")
        .map(|rule| Some((rule, model.canonical(rule.property("GroupId")?)?)))
        .collect();
    let stand_alone = stand_alone?;
    for group in groups {
        if model.is_handed_out(&group.id) {
            return None;
        }
        if let Some(inline) = group.property("SecurityGroupIngress") {
            let items = match inline {
                Value::Array(items) => items.clone(),
                one => vec![one.clone()],
            };
            let mut rest = Vec::new();
            let mut touched = false;
            for item in items {
                if opens(model, &item, ports)? {
                    touched = true;
                    rest.extend(rewritten(&item, rewrite));
                } else {
                    rest.push(item);
                }
            }
            if touched {
                result.found = true;
                result.changes.push(set(&group.id, "SecurityGroupIngress", json!(rest)));
            }
        }
        for (rule, _) in stand_alone.iter().filter(|(_, of)| *of == format!("<{}>", group.id)) {
            let item = rule.body.get("Properties")?;
            if opens(model, item, ports)? {
                result.found = true;
                match rewritten(item, rewrite) {
                    Some(new) => {
                        result.changes.push(Change::Set(keys(&["Resources", &rule.id]), "Properties", new));
                    }
                    None => result.changes.extend(delete(model, &rule.id)?),
                }
            }
        }
    }
    Some(result)
}

/// Whether a rule opens TCP on one of the ports.
fn opens(model: &Model, rule: &Value, ports: &[i64]) -> Option<bool> {
    let text = |key: &str| rule.get(key).map(|value| model.canonical(value));
    let number = |key: &str| match text(key) {
        None => Some(None),
        Some(value) => value?.parse::<i64>().ok().map(Some),
    };
    match text("IpProtocol")??.to_lowercase().as_str() {
        "-1" => Some(true),
        "tcp" | "6" => match (number("FromPort")?, number("ToPort")?) {
            (Some(from), Some(to)) => Some(ports.iter().any(|port| from <= *port && *port <= to)),
            _ => None,
        },
        "udp" | "17" | "icmp" | "1" | "icmpv6" | "58" => Some(false),
        _ => None,
    }
}

fn rewritten(rule: &Value, rewrite: &Rewrite) -> Option<Value> {
    let mut rule = rule.as_object()?.clone();
    match rewrite {
        Rewrite::Remove => return None,
        Rewrite::Port => {
            rule.insert("IpProtocol".to_owned(), json!("tcp"));
            rule.insert("FromPort".to_owned(), json!(8443));
            rule.insert("ToPort".to_owned(), json!(8443));
        }
        Rewrite::Source => {
            rule.retain(|key, _| !key.starts_with("Source") && !key.starts_with("Cidr"));
            rule.insert("CidrIp".to_owned(), json!("192.0.2.0/24"));
        }
    }
    Some(Value::Object(rule))
}

/// The security groups, where the template makes all of them and they exist whenever `condition` holds.
fn own_groups<'m>(
    model: &'m Model,
    groups: Option<&Vec<String>>,
    condition: Option<&String>,
) -> Option<Vec<&'m Resource>> {
    let groups = groups.filter(|groups| !groups.is_empty())?;
    let group = |name: &String| {
        model
            .named(name, "AWS::EC2::SecurityGroup")
            .filter(|group| group.condition.is_none() || group.condition.as_ref() == condition)
    };
    groups.iter().map(group).collect()
}

fn ingress(model: &Model, way: &Rewrite) -> Vec<Site> {
    let mut sites = Vec::new();
    let mut seen: Vec<&Vec<String>> = Vec::new();
    if model.hides_something() {
        return sites;
    }
    for endpoint in plain(model) {
        let Some(names) = endpoint.groups.as_ref().filter(|names| !seen.contains(names)) else { continue };
        let Some(groups) = own_groups(model, Some(names), endpoint.condition.as_ref()) else { continue };
        let Some(ingress) = rewrite(model, &groups, &[443], way).filter(|it| it.found) else { continue };
        seen.push(names);
        let sharing = plain(model).filter(|other| other.groups.as_ref() == Some(names));
        let mut at: Vec<String> = sharing.map(|other| other.id.clone()).collect();
        let given_away = groups.iter().any(|group| model.is_given_away(&group.id));
        let (rules, severity): (&'static [&'static str], _) = match way {
            Rewrite::Source => {
                let Some(vpc) = endpoint.vpc.as_deref().filter(|_| !given_away) else { continue };
                let need = match endpoint.service.as_deref() {
                    Some("ecr.api" | "ecr.dkr") => Need::Image,
                    Some("logs") => Need::Logs,
                    Some("secretsmanager") => Need::Secret,
                    Some("ssm" | "ssmmessages") => Need::Management,
                    _ => continue,
                };
                if endpoint.private_dns != Some(true) || endpoint.condition.is_some() {
                    continue;
                }
                let Some(clients) = ids_of(model.isolated(vpc, need), &[]) else { continue };
                at.extend(clients);
                at.extend(groups.iter().map(|group| group.id.clone()));
                (&["endpoint-clients-not-allowed"], Severity::Warning)
            }
            _ if given_away => (&["endpoint-port-not-allowed"], Severity::Warning),
            _ => (&["endpoint-port-not-allowed"], Severity::Error),
        };
        sites.push(Site { changes: ingress.changes, rules, at, severity });
    }
    sites
}

fn private_dns_off(model: &Model) -> Vec<Site> {
    if model.has_private_names() || model.hides_something() {
        return Vec::new();
    }
    // Clients that are told the endpoint's own names need no private DNS.
    let own_names = |endpoint: &&Endpoint| model.uses_attribute(&endpoint.id, "DnsEntries");
    plain(model)
        .filter(|endpoint| endpoint.private_dns == Some(true) && !has_twin(model, endpoint))
        .filter(|endpoint| {
            model.resource(&endpoint.id).is_some_and(|it| it.property("ServiceRegion").is_none())
        })
        .filter(|endpoint| !own_names(endpoint))
        .map(|endpoint| Site {
            changes: vec![set(&endpoint.id, "PrivateDnsEnabled", json!(false))],
            rules: &["private-dns-off"],
            at: vec![endpoint.id.clone()],
            severity: Severity::Warning,
        })
        .collect()
}

/// Whether another endpoint may be for the same service.
fn has_twin(model: &Model, endpoint: &Endpoint) -> bool {
    model.endpoints.iter().any(|other| {
        other.id != endpoint.id && (other.service.is_none() || other.service == endpoint.service)
    })
}

fn dns_attribute(model: &Model, attribute: &'static str) -> Vec<Site> {
    let mut sites = Vec::new();
    for vpc in model.of_kind("AWS::EC2::VPC") {
        let now = match vpc.property(attribute) {
            None => Some((attribute == "EnableDnsSupport").to_string()),
            Some(value) => model.canonical(value).map(|text| text.to_lowercase()),
        };
        let name = format!("<{}>", vpc.id);
        let using: Vec<&Endpoint> = model
            .endpoints
            .iter()
            .filter(|it| it.vpc.as_ref() == Some(&name) && it.private_dns == Some(true))
            .filter(|it| it.kind.as_deref() == Some("Interface"))
            .collect();
        let sometimes = using.iter().all(|it| it.condition.is_some() && it.condition != vpc.condition);
        let using: Vec<String> = using.iter().map(|it| it.id.clone()).collect();
        if now.as_deref() == Some("true") && !using.is_empty() {
            sites.push(Site {
                changes: vec![set(&vpc.id, attribute, json!(false))],
                rules: &["private-dns-needs-vpc-attributes"],
                at: using.into_iter().chain([vpc.id.clone()]).collect(),
                // Where no endpoint exists the VPC is as right as before.
                severity: if sometimes { Severity::Warning } else { Severity::Error },
            });
        }
    }
    sites
}

fn delete_interface(model: &Model, service: &str) -> Vec<Site> {
    let mut sites = Vec::new();
    for endpoint in plain(model).filter(|it| it.service.as_deref() == Some(service)) {
        let Some(vpc) = endpoint.vpc.as_deref().filter(|vpc| model.is_closed(vpc)) else { continue };
        if endpoint.condition.is_some() || endpoints_for(model, vpc, service).len() != 1 {
            continue;
        }
        let Some(changes) = delete(model, &endpoint.id) else { continue };
        let vpc_id = inner(vpc);
        let sister = |name: &str| match endpoints_for(model, vpc, name).as_slice() {
            [one] if one.private_dns == Some(true) && one.condition.is_none() => Some(one.id.clone()),
            _ => None,
        };
        let mut site = |rules, mut at: Vec<String>, severity| {
            at.push(vpc_id.to_owned());
            sites.push(Site { changes: changes.clone(), rules, at, severity });
        };
        match service {
            "ecr.api" | "ecr.dkr" => {
                let other = sister(if service == "ecr.api" { "ecr.dkr" } else { "ecr.api" });
                let workloads = ids_of(model.isolated(vpc, Need::Image), &[]);
                match (other, workloads) {
                    (Some(other), Some(workloads)) => site(
                        &["ecr-endpoint-pair", "isolated-fargate-missing-endpoints"],
                        workloads.into_iter().chain([other]).collect(),
                        Severity::Error,
                    ),
                    (Some(other), None) if model.is_sealed(vpc) => {
                        site(&["ecr-endpoint-pair"], vec![other], Severity::Warning);
                    }
                    _ => {}
                }
            }
            "logs" => {
                if let Some(at) = ids_of(model.isolated(vpc, Need::Logs), &[]) {
                    site(
                        &["awslogs-needs-logs-endpoint", "isolated-fargate-missing-endpoints"],
                        at,
                        Severity::Error,
                    );
                }
            }
            "secretsmanager" => {
                if let Some(at) = ids_of(model.isolated(vpc, Need::Secret), &[]) {
                    site(&["task-secrets-need-endpoint"], at, Severity::Error);
                }
            }
            _ => {
                let other = sister(if service == "ssm" { "ssmmessages" } else { "ssm" });
                let managed = ids_of(model.isolated(vpc, Need::Management), &[]);
                match (other, managed) {
                    (Some(other), Some(managed)) => site(
                        &["ssm-endpoints-incomplete"],
                        managed.into_iter().chain([other]).collect(),
                        Severity::Error,
                    ),
                    (Some(other), None) if model.is_sealed(vpc) && service == "ssmmessages" => {
                        site(&["ssm-endpoints-incomplete"], vec![other], Severity::Warning);
                    }
                    _ => {}
                }
                if service == "ssmmessages"
                    && let Some(at) = ids_of(model.isolated(vpc, Need::Exec), &[])
                {
                    site(&["exec-needs-ssmmessages"], at, Severity::Error);
                }
            }
        }
    }
    sites
}

fn exec_on(model: &Model) -> Vec<Site> {
    let mut sites = Vec::new();
    for workload in model.workloads.iter().filter(|it| it.ids.len() == 2 && model.is_isolated(it)) {
        let Some(vpc) = model.vpc_of(workload).filter(|vpc| model.is_closed(vpc)) else { continue };
        let on = workload.needs.contains(&Need::Exec) || workload.condition.is_some();
        if on || !endpoints_for(model, &vpc, "ssmmessages").is_empty() {
            continue;
        }
        sites.push(Site {
            changes: vec![set(&workload.ids[0], "EnableExecuteCommand", json!(true))],
            rules: &["exec-needs-ssmmessages"],
            at: workload.ids.clone(),
            severity: Severity::Error,
        });
    }
    sites
}

fn interface_with_tables(model: &Model) -> Vec<Site> {
    let tables = json!(["rtb-0123456789abcdef0"]);
    model
        .endpoints
        .iter()
        .filter(|it| it.kind.as_deref() == Some("Interface"))
        .map(|it| Site {
            changes: vec![set(&it.id, "RouteTableIds", tables.clone())],
            rules: &["route-tables-on-non-gateway"],
            at: vec![it.id.clone()],
            severity: Severity::Error,
        })
        .collect()
}

fn gateway_with_subnets(model: &Model) -> Vec<Site> {
    let subnets = json!(["subnet-0123456789abcdef0"]);
    model
        .endpoints
        .iter()
        .filter(|it| it.kind.as_deref() == Some("Gateway") && it.subnets.as_ref().is_some_and(Vec::is_empty))
        .map(|it| Site {
            changes: vec![set(&it.id, "SubnetIds", subnets.clone())],
            rules: &["gateway-with-interface-properties", "endpoint-type-service-mismatch"],
            at: vec![it.id.clone()],
            severity: Severity::Error,
        })
        .collect()
}

/// The name of what a fault adds.
const ADDED: &str = "AddedByTest";

fn double(model: &Model, endpoint: &Endpoint, rules: &'static [&'static str]) -> Option<Site> {
    Some(Site {
        changes: vec![add(ADDED, model.resource(&endpoint.id)?.body.clone())],
        rules,
        at: vec![endpoint.id.clone(), ADDED.to_owned()],
        severity: Severity::Error,
    })
}

fn double_interface(model: &Model) -> Vec<Site> {
    plain(model)
        .filter(|endpoint| endpoint.private_dns == Some(true) && endpoint.vpc.is_some())
        .filter_map(|endpoint| double(model, endpoint, &["duplicate-private-dns"]))
        .collect()
}

fn double_gateway(model: &Model) -> Vec<Site> {
    model
        .endpoints
        .iter()
        .filter(|it| it.kind.as_deref() == Some("Gateway") && it.service.is_some() && it.vpc.is_some())
        .filter(|it| it.tables.as_ref().is_some_and(|tables| !tables.is_empty()))
        .filter_map(|endpoint| double(model, endpoint, &["duplicate-gateway-route"]))
        .collect()
}

/// Endpoint services with a load balancer of the template behind them, where that is known to be a network one.
fn provided(model: &Model) -> Vec<(&Resource, &Resource)> {
    let mut pairs = Vec::new();
    for service in model.of_kind("AWS::EC2::VPCEndpointService") {
        let balancers = service.property("NetworkLoadBalancerArns").and_then(|it| model.list(it));
        for name in balancers.unwrap_or_default() {
            if let Some(balancer) = model.named(&name, "AWS::ElasticLoadBalancingV2::LoadBalancer")
                && balancer.condition.is_none()
                && balancer.property("Type").and_then(Value::as_str) == Some("network")
            {
                pairs.push((service, balancer));
            }
        }
    }
    pairs
}

fn internet_facing(model: &Model) -> Vec<Site> {
    let mut sites = Vec::new();
    for (service, balancer) in provided(model) {
        let others = model.resources.iter().any(|it| {
            let own = it.kind == "AWS::EC2::VPCEndpointService"
                || it.kind == "AWS::ElasticLoadBalancingV2::Listener";
            !own && mentions(&it.body, &balancer.id)
        });
        let scheme = balancer.property("Scheme").and_then(Value::as_str);
        let addresses = balancer.body.to_string().contains("AllocationId");
        if scheme != Some("internal") || others || addresses || model.is_given_away(&balancer.id) {
            continue;
        }
        sites.push(Site {
            changes: vec![set(&balancer.id, "Scheme", json!("internet-facing"))],
            rules: &["internet-facing-service-nlb"],
            at: vec![service.id.clone(), balancer.id.clone()],
            severity: Severity::Warning,
        });
    }
    sites
}

fn application(model: &Model) -> Vec<Site> {
    provided(model)
        .into_iter()
        .map(|(service, balancer)| Site {
            changes: vec![set(&balancer.id, "Type", json!("application"))],
            rules: &["not-a-network-load-balancer"],
            at: vec![service.id.clone(), balancer.id.clone()],
            severity: Severity::Error,
        })
        .collect()
}

/// The target group of a listener's first action.
fn first_target_group<'m>(model: &'m Model, listener: &Resource) -> Option<&'m Resource> {
    let action = listener.property("DefaultActions")?.get(0)?;
    let group = action
        .get("TargetGroupArn")
        .or_else(|| action.pointer("/ForwardConfig/TargetGroups/0/TargetGroupArn"))?;
    model.named(&model.canonical(group)?, "AWS::ElasticLoadBalancingV2::TargetGroup")
}

/// The security groups of what receives in a target group, with the port, where one receiver is beyond doubt.
fn receivers<'m>(model: &'m Model, targets: &Resource) -> Option<(Vec<&'m Resource>, i64)> {
    let name = format!("<{}>", targets.id);
    for service in model.of_kind("AWS::ECS::Service").filter(|it| it.condition.is_none()) {
        let registrations = service.property("LoadBalancers").and_then(Value::as_array);
        let own = registrations
            .into_iter()
            .flatten()
            .find(|it| it.get("TargetGroupArn").and_then(|arn| model.canonical(arn)).as_ref() == Some(&name));
        if let Some(own) = own {
            let port = model.canonical(own.get("ContainerPort")?)?.parse().ok()?;
            let network = service.property("NetworkConfiguration")?.get("AwsvpcConfiguration")?;
            let groups = model.list(network.get("SecurityGroups")?)?;
            return Some((own_groups(model, Some(&groups), None)?, port));
        }
    }
    let port = model.canonical(targets.property("Port")?)?.parse().ok()?;
    let first = targets.property("Targets").and_then(|it| it.get(0));
    if let Some(first) = first {
        if first.get("Port").is_some() {
            return None;
        }
        let instance = model.named(&model.canonical(first.get("Id")?)?, "AWS::EC2::Instance")?;
        let interface = instance.property("NetworkInterfaces").and_then(|it| it.get(0));
        let groups = instance.property("SecurityGroupIds").or_else(|| interface?.get("GroupSet"))?;
        return Some((own_groups(model, Some(&model.list(groups)?), None)?, port));
    }
    let fleet = model.of_kind("AWS::AutoScaling::AutoScalingGroup").find(|it| {
        it.condition.is_none()
            && it
                .property("TargetGroupARNs")
                .and_then(|arns| model.list(arns))
                .is_some_and(|it| it.contains(&name))
    })?;
    let template = fleet.property("LaunchTemplate")?.get("LaunchTemplateId")?;
    let template = model.named(&model.canonical(template)?, "AWS::EC2::LaunchTemplate")?;
    let data = template.property("LaunchTemplateData")?;
    let groups = data.get("SecurityGroupIds").or_else(|| data.pointer("/NetworkInterfaces/0/Groups"))?;
    Some((own_groups(model, Some(&model.list(groups)?), None)?, port))
}

fn close_targets(model: &Model) -> Vec<Site> {
    let mut sites = Vec::new();
    if model.hides_something() {
        return sites;
    }
    for (_, balancer) in provided(model) {
        let listeners = model.of_kind("AWS::ElasticLoadBalancingV2::Listener").filter(|listener| {
            model
                .target(listener, "LoadBalancerArn", "AWS::ElasticLoadBalancingV2::LoadBalancer")
                .is_some_and(|it| it.id == balancer.id)
        });
        for listener in listeners.filter(|it| it.condition.is_none()) {
            let Some(targets) = first_target_group(model, listener) else { continue };
            let Some((groups, port)) = receivers(model, targets) else { continue };
            if groups.iter().any(|group| model.is_given_away(&group.id)) {
                continue;
            }
            let Some(ingress) = rewrite(model, &groups, &[port], &Rewrite::Remove) else { continue };
            if ingress.found {
                sites.push(Site {
                    changes: ingress.changes,
                    rules: &["nlb-target-sg-not-opened"],
                    at: groups.iter().map(|group| group.id.clone()).collect(),
                    severity: Severity::Error,
                });
            }
        }
    }
    sites
}

fn close_balancer(model: &Model) -> Vec<Site> {
    let mut sites = Vec::new();
    if model.hides_something() {
        return sites;
    }
    for (service, balancer) in provided(model) {
        if balancer.property("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic").is_some() {
            continue;
        }
        let names = balancer.property("SecurityGroups").and_then(|groups| model.list(groups));
        let Some(groups) = own_groups(model, names.as_ref(), None) else { continue };
        let listeners = model.of_kind("AWS::ElasticLoadBalancingV2::Listener").filter(|listener| {
            model
                .target(listener, "LoadBalancerArn", "AWS::ElasticLoadBalancingV2::LoadBalancer")
                .is_some_and(|it| it.id == balancer.id)
        });
        let ports: Option<Vec<i64>> =
            listeners.map(|it| model.canonical(it.property("Port")?)?.parse().ok()).collect();
        let Some(ports) = ports.filter(|ports| !ports.is_empty()) else { continue };
        if groups.iter().any(|group| model.is_given_away(&group.id)) {
            continue;
        }
        let Some(ingress) = rewrite(model, &groups, &ports, &Rewrite::Remove) else { continue };
        if ingress.found {
            sites.push(Site {
                changes: ingress.changes,
                rules: &["nlb-sg-blocks-consumers"],
                at: groups
                    .iter()
                    .map(|it| it.id.clone())
                    .chain([service.id.clone(), balancer.id.clone()])
                    .collect(),
                severity: Severity::Error,
            });
        }
    }
    sites
}

fn pin_region(model: &Model) -> Vec<Site> {
    // Ids, even as defaults of parameters, bind the stack to a Region anyway.
    if model.names_a_region() || model.has_literal_ids() {
        return Vec::new();
    }
    let mut sites = Vec::new();
    for endpoint in &model.endpoints {
        let Some(resource) = model.resource(&endpoint.id) else { continue };
        let name = resource.property("ServiceName").and_then(|name| model.canonical(name));
        let Some(service) = name.as_deref().and_then(|it| it.strip_prefix("com.amazonaws.<AWS::Region>."))
        else {
            continue;
        };
        if service.contains('<') || resource.property("ServiceRegion").is_some() {
            continue;
        }
        sites.push(Site {
            changes: vec![set(
                &endpoint.id,
                "ServiceName",
                json!(format!("com.amazonaws.eu-west-1.{service}")),
            )],
            rules: &["hard-coded-region"],
            at: vec![endpoint.id.clone()],
            severity: Severity::Warning,
        });
    }
    sites
}

fn foreign_subnet(model: &Model) -> Vec<Site> {
    let mut sites = Vec::new();
    for endpoint in model.endpoints.iter().filter(|it| it.kind.as_deref() == Some("Interface")) {
        let own = endpoint.vpc.as_deref().and_then(|vpc| model.named(vpc, "AWS::EC2::VPC"));
        let Some(last) = endpoint.subnets.as_ref().and_then(|it| it.last()).filter(|_| own.is_some()) else {
            continue;
        };
        let Some(subnet) = model.named(last, "AWS::EC2::Subnet") else { continue };
        let exists = subnet.condition.is_none() || subnet.condition == endpoint.condition;
        let vpc = subnet.property("VpcId").and_then(|vpc| model.canonical(vpc));
        if !exists || vpc != endpoint.vpc || model.hides_something() {
            continue;
        }
        let other = json!({"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.255.0.0/16"}});
        sites.push(Site {
            changes: vec![add(ADDED, other), set(&subnet.id, "VpcId", json!({"Ref": ADDED}))],
            rules: &["foreign-vpc-member"],
            at: vec![endpoint.id.clone()],
            severity: Severity::Error,
        });
    }
    sites
}

fn type_removed(model: &Model) -> Vec<Site> {
    plain(model)
        .map(|it| Site {
            changes: vec![Change::Remove(keys(&["Resources", &it.id, "Properties", "VpcEndpointType"]))],
            rules: &["endpoint-type-service-mismatch"],
            at: vec![it.id.clone()],
            severity: Severity::Error,
        })
        .collect()
}

fn subnets_removed(model: &Model) -> Vec<Site> {
    let with = |it: &&Endpoint| {
        it.kind.as_deref() == Some("Interface")
            && model.resource(&it.id).is_some_and(|it| it.property("SubnetIds").is_some())
            && !model.is_handed_out(&it.id)
            && !model.hides_something()
    };
    model
        .endpoints
        .iter()
        .filter(with)
        .map(|it| Site {
            changes: vec![Change::Remove(keys(&["Resources", &it.id, "Properties", "SubnetIds"]))],
            rules: &["interface-without-subnets"],
            at: vec![it.id.clone()],
            severity: Severity::Error,
        })
        .collect()
}

fn single_zone(model: &Model) -> Vec<Site> {
    let mut sites = Vec::new();
    for endpoint in plain(model).filter(|it| it.condition.is_none() && !has_twin(model, it)) {
        let subnets = endpoint.subnets.as_deref().unwrap_or_default();
        let own = |subnet: &String| model.named(subnet, "AWS::EC2::Subnet").is_some();
        if subnets.len() < 2 || !subnets.iter().all(own) {
            continue;
        }
        sites.push(Site {
            changes: vec![set(&endpoint.id, "SubnetIds", json!([{"Ref": inner(&subnets[0])}]))],
            rules: &["single-zone-endpoint"],
            at: vec![endpoint.id.clone()],
            severity: Severity::Info,
        });
    }
    sites
}

fn acceptance_off(model: &Model) -> Vec<Site> {
    model
        .of_kind("AWS::EC2::VPCEndpointService")
        .filter(|it| {
            let now = it.property("AcceptanceRequired");
            now.is_none_or(|now| model.canonical(now).is_some_and(|text| text.eq_ignore_ascii_case("true")))
        })
        .map(|it| Site {
            changes: vec![set(&it.id, "AcceptanceRequired", json!(false))],
            rules: &["acceptance-off"],
            at: vec![it.id.clone()],
            severity: Severity::Info,
        })
        .collect()
}

fn allow_everyone(model: &Model) -> Vec<Site> {
    let mut sites = Vec::new();
    for permissions in model.of_kind("AWS::EC2::VPCEndpointServicePermissions") {
        let now = permissions.property("AllowedPrincipals").map(Value::to_string);
        let service = model.target(permissions, "ServiceId", "AWS::EC2::VPCEndpointService");
        if now.is_none_or(|now| now.contains("\"*\"")) {
            continue;
        }
        let off = service.and_then(|it| model.canonical(it.property("AcceptanceRequired")?));
        let off = off.as_deref() == Some("false");
        sites.push(Site {
            changes: vec![set(&permissions.id, "AllowedPrincipals", json!(["*"]))],
            rules: &["service-open-to-everyone"],
            at: service.into_iter().map(|it| it.id.clone()).chain([permissions.id.clone()]).collect(),
            severity: if off { Severity::Error } else { Severity::Warning },
        });
    }
    sites
}

fn wildcard_policy(model: &Model) -> Vec<Site> {
    const SERVICES: &[&str] = &["s3", "dynamodb"];
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
    });
    let mut sites = Vec::new();
    for endpoint in &model.endpoints {
        let gateway = endpoint.kind.as_deref() == Some("Gateway")
            && endpoint.service.as_deref().is_some_and(|service| SERVICES.contains(&service));
        let now = model.resource(&endpoint.id).and_then(|it| it.property("PolicyDocument"));
        if (gateway || is_plain(endpoint))
            && now.is_none_or(|now| now.get("Statement").is_some() && now.to_string().contains("Condition"))
        {
            sites.push(Site {
                changes: vec![set(&endpoint.id, "PolicyDocument", policy.clone())],
                rules: &["wildcard-endpoint-policy"],
                at: vec![endpoint.id.clone()],
                severity: Severity::Warning,
            });
        }
    }
    sites
}

fn deny_by_acl(model: &Model) -> Vec<Site> {
    let mut sites = Vec::new();
    for association in model.of_kind("AWS::EC2::SubnetNetworkAclAssociation") {
        let Some(subnet) = model.target(association, "SubnetId", "AWS::EC2::Subnet") else { continue };
        let Some(acl) = model.target(association, "NetworkAclId", "AWS::EC2::NetworkAcl") else { continue };
        let name = format!("<{}>", subnet.id);
        let here = |it: &&Endpoint| it.subnets.as_ref().is_some_and(|subnets| subnets.contains(&name));
        let endpoints: Vec<&Endpoint> = plain(model).filter(here).collect();
        let unconditional = [association, subnet, acl].iter().all(|it| it.condition.is_none())
            && endpoints.iter().all(|it| it.condition.is_none());
        let entries = model.of_kind("AWS::EC2::NetworkAclEntry");
        let taken = entries.into_iter().any(|entry| {
            entry.property("RuleNumber").and_then(|it| model.canonical(it)).is_none_or(|it| it == "1")
        });
        if endpoints.is_empty() || !unconditional || taken {
            continue;
        }
        let entry = json!({
            "Type": "AWS::EC2::NetworkAclEntry",
            "Properties": {
                "NetworkAclId": {"Ref": acl.id}, "RuleNumber": 1, "RuleAction": "deny", "Protocol": 6,
                "PortRange": {"From": 443, "To": 443}, "CidrBlock": "0.0.0.0/0",
            },
        });
        let mut at: Vec<String> = endpoints.iter().map(|it| it.id.clone()).collect();
        at.extend([acl.id.clone(), ADDED.to_owned(), subnet.id.clone()]);
        sites.push(Site {
            changes: vec![add(ADDED, entry)],
            rules: &["nacl-blocks-endpoint"],
            at,
            severity: Severity::Warning,
        });
    }
    sites
}

fn close_egress(model: &Model) -> Vec<Site> {
    let mut sites = Vec::new();
    let stand_alone = model.of_kind("AWS::EC2::SecurityGroupEgress").next().is_some();
    if stand_alone || model.hides_something() {
        return sites;
    }
    for (need, service) in [(Need::Logs, "logs"), (Need::Management, "ssm")] {
        for endpoint in plain(model).filter(|it| it.service.as_deref() == Some(service)) {
            let Some(vpc) = endpoint.vpc.as_deref() else { continue };
            if endpoint.private_dns != Some(true) || endpoint.condition.is_some() {
                continue;
            }
            for workload in model.isolated(vpc, need) {
                let Some(groups) = own_groups(model, workload.groups.as_ref(), None) else { continue };
                if groups.iter().any(|it| model.is_handed_out(&it.id) || model.is_given_away(&it.id)) {
                    continue;
                }
                let rule =
                    json!([{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "CidrIp": "0.0.0.0/0"}]);
                let at = groups.iter().map(|it| it.id.clone()).chain(workload.ids.iter().cloned());
                sites.push(Site {
                    changes: groups
                        .iter()
                        .map(|it| set(&it.id, "SecurityGroupEgress", rule.clone()))
                        .collect(),
                    rules: &["client-egress-blocked"],
                    at: at.collect(),
                    severity: Severity::Error,
                });
            }
        }
    }
    sites
}

fn misspell_service(model: &Model) -> Vec<Site> {
    const SLIPS: &[(&str, &str)] = &[
        ("ecr.dkr", "ecr.drk"),
        ("ecr.api", "ecr"),
        ("kinesis-streams", "kinesis"),
        ("monitoring", "cloudwatch"),
        ("secretsmanager", "secretmanager"),
        ("ssmmessages", "ssmmessage"),
    ];
    let mut sites = Vec::new();
    for endpoint in plain(model) {
        let slip = SLIPS.iter().find(|(right, _)| endpoint.service.as_deref() == Some(right));
        if let Some((_, wrong)) = slip {
            let name = json!({"Fn::Sub": format!("com.amazonaws.${{AWS::Region}}.{wrong}")});
            sites.push(Site {
                changes: vec![set(&endpoint.id, "ServiceName", name)],
                rules: &["unknown-service-name"],
                at: vec![endpoint.id.clone()],
                severity: Severity::Warning,
            });
        }
    }
    sites
}

fn misspell_property(model: &Model) -> Vec<Site> {
    let interfaces = plain(model).filter(|it| it.private_dns == Some(true) && !model.hides_something());
    interfaces
        .map(|it| Site {
            changes: vec![
                Change::Remove(keys(&["Resources", &it.id, "Properties", "PrivateDnsEnabled"])),
                set(&it.id, "PrivateDnsEnable", json!(true)),
            ],
            rules: &["unknown-privatelink-property"],
            at: vec![it.id.clone()],
            severity: Severity::Error,
        })
        .collect()
}

fn one_zone(model: &Model) -> Vec<Site> {
    let mut sites = Vec::new();
    for endpoint in model.endpoints.iter().filter(|it| it.kind.as_deref() == Some("Interface")) {
        let Some([one, other, ..]) = endpoint.subnets.as_deref() else { continue };
        let subnet = |name: &String| {
            model.named(name, "AWS::EC2::Subnet").filter(|subnet| {
                let always = subnet.condition.is_none() || subnet.condition == endpoint.condition;
                always && subnet.property("AvailabilityZoneId").is_none()
            })
        };
        let (Some(one), Some(other)) = (subnet(one), subnet(other)) else { continue };
        let Some(zone) = one.property("AvailabilityZone") else { continue };
        let known = model.canonical(zone).is_some_and(|zone| !zone.contains("FindInMap"));
        if known && other.property("AvailabilityZone").is_some_and(|own| own != zone) {
            sites.push(Site {
                changes: vec![set(&other.id, "AvailabilityZone", zone.clone())],
                rules: &["two-subnets-one-az"],
                at: vec![endpoint.id.clone()],
                severity: Severity::Error,
            });
        }
    }
    sites
}

fn wide_inspection(model: &Model) -> Vec<Site> {
    let subnets = json!(["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]);
    model
        .endpoints
        .iter()
        .filter(|it| it.kind.as_deref() == Some("GatewayLoadBalancer"))
        .map(|it| Site {
            changes: vec![set(&it.id, "SubnetIds", subnets.clone())],
            rules: &["gwlb-endpoint-shape"],
            at: vec![it.id.clone()],
            severity: Severity::Error,
        })
        .collect()
}

fn bare_account(model: &Model) -> Vec<Site> {
    model
        .of_kind("AWS::EC2::VPCEndpointServicePermissions")
        .map(|it| Site {
            changes: vec![set(&it.id, "AllowedPrincipals", json!(["111122223333"]))],
            rules: &["principal-format"],
            at: vec![it.id.clone()],
            // The API may take it for the ARN; the reference does not say so.
            severity: Severity::Warning,
        })
        .collect()
}
