//! `acceptance-off`: an endpoint service that connects consumers without anybody's approval.

use std::sync::LazyLock;

use crate::config::{Patterns, Setting, SettingKind};
use crate::diagnostic::{Applicability, Severity};
use crate::network::{
    EndpointService, Listener, LoadBalancer, Permissions, ServiceName, Switch, TargetGroup,
};
use crate::scenario::{Data, Piece, Value};
use crate::template::{ResourceId, Written};
use crate::text::Span;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "acceptance-off",
    group: Group::Security,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "An endpoint service with acceptance off: consumers connect without approval",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html",
    page: include_str!("../../rules/acceptance-off.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

/// What else makes a service sensitive.
pub(super) static SENSITIVE: Setting = Setting {
    rule: "acceptance-off",
    name: "sensitive",
    summary: "Patterns that in a name, a description or a tag tell of data worth protecting",
    kind: SettingKind::Patterns,
    default: &[
        r"\bauth(entication|orization)?\b",
        r"\bbilling\b",
        r"\bcredentials?\b",
        r"\bidentity\b",
        r"\bpasswords?\b",
        r"\bpayments?\b",
        r"\bpii\b",
        r"\bsecrets?\b",
        r"\btokens?\b",
        r"\bvaults?\b",
    ],
};

static BUILT_IN: LazyLock<Patterns> = LazyLock::new(|| Patterns::built_in(SENSITIVE.default));

/// Ports of databases, caches, queues, directories and secret stores
/// (<https://www.iana.org/assignments/service-names-port-numbers/service-names-port-numbers.xhtml> and the defaults of
/// the AWS services: MSK 9092 to 9098, Neptune 8182, Keyspaces 9142).
const SENSITIVE_PORTS: &[(u16, &str)] = &[
    (389, "LDAP"),
    (636, "LDAPS"),
    (1433, "SQL Server"),
    (1521, "Oracle Database"),
    (3306, "MySQL"),
    (5432, "PostgreSQL"),
    (5439, "Amazon Redshift"),
    (6379, "Redis"),
    (7687, "Neo4j"),
    (8182, "Amazon Neptune"),
    (8200, "Vault"),
    (9042, "Cassandra"),
    (9092, "Kafka"),
    (9094, "Kafka"),
    (9096, "Kafka"),
    (9098, "Kafka"),
    (9142, "Cassandra"),
    (9200, "Elasticsearch"),
    (11211, "Memcached"),
    (27017, "MongoDB"),
];

/// Who may create endpoints to a service, as far as the template says.
enum Allowed {
    /// Nobody but the own account: the template gives no permissions.
    Nobody,
    /// Principals of the own account or organisation, in these words, by the permissions of this resource.
    Own(ResourceId, Span, String),
    /// Everyone.
    Everyone(ResourceId, Span),
    /// Somebody else.
    Others(ResourceId, Span),
}

impl Allowed {
    /// The more, the wider the door.
    fn breadth(&self) -> u8 {
        match self {
            Self::Nobody => 0,
            Self::Own(..) => 1,
            Self::Others(..) => 2,
            Self::Everyone(..) => 3,
        }
    }
}

/// A place that tells that a service is sensitive, in words that end a sentence.
struct Evidence {
    owner: ResourceId,
    span: Span,
    words: String,
}

fn check(cx: &mut Context<'_, '_>) {
    for service in &cx.network.endpoint_services {
        let Switch::Off(span) = service.acceptance else { continue };
        let id = cx.id(service.resource);
        let evidence = evidence(cx, service);
        let allowed = allowed(cx, service);
        let sensitive = evidence.as_ref().map_or(String::new(), |_| ", which looks sensitive".to_owned());
        let (severity, who) = match (&allowed, &evidence) {
            (Allowed::Everyone(..), _) => {
                (Severity::Warning, "everyone connects without approval".to_owned())
            }
            (Allowed::Others(..), _) => {
                (Severity::Warning, "whoever is allowed connects without approval".to_owned())
            }
            // That nobody is allowed is `service-without-permissions`.
            (Allowed::Nobody, evidence) => {
                let severity = if evidence.is_some() { Severity::Warning } else { Severity::Info };
                (severity, "whoever will be allowed connects without approval".to_owned())
            }
            (Allowed::Own(_, _, own), _) => (Severity::Info, format!("only {own} can connect")),
        };
        let why = match (&allowed, &evidence) {
            (Allowed::Nobody, _) => {
                "the template gives no permissions, so for now only the account that owns the service can create endpoints to it; each of them is connected at once"
            }
            (Allowed::Own(..), _) => {
                "each endpoint that an allowed principal creates is connected at once; who may create one is decided by these permissions and by IAM alone"
            }
            (_, Some(_)) => {
                "each endpoint that an allowed principal creates is connected at once, so every role of an allowed account that may create endpoints gets to the data behind the service"
            }
            (_, None) => {
                "each endpoint that an allowed principal creates is connected at once, and nobody on this side sees a request first"
            }
        };
        // An endpoint of this template would wait for somebody, and the stack with it.
        let consumed = cx
            .network
            .endpoints
            .iter()
            .any(|endpoint| matches!(endpoint.service, ServiceName::Own(own) if own == service.resource));
        let edits = cx.template().edit(|editor| {
            if consumed || severity == Severity::Info {
                return None;
            }
            editor.set(service.resource, &["AcceptanceRequired"], None, Written::Flag(true))
        });
        let id_of = |resource| cx.network.id(resource);
        let finding = cx.report(
            service.resource,
            span,
            format!("acceptance of connections is off for `{id}`{sensitive}: {who}"),
        );
        finding.severity(severity).here("off here").why(why);
        finding.fix(Applicability::Suggested, "set `AcceptanceRequired: true`", edits);
        if let Some(evidence) = evidence {
            finding.label(Some(id_of(evidence.owner)), evidence.span, evidence.words);
        }
        match allowed {
            Allowed::Nobody => {}
            Allowed::Own(owner, span, own) => {
                finding.label(Some(id_of(owner)), span, format!("allows only {own}"));
            }
            Allowed::Everyone(owner, span) => {
                finding.label(Some(id_of(owner)), span, "everyone may connect");
            }
            Allowed::Others(owner, span) => {
                finding.label(Some(id_of(owner)), span, "these may connect");
            }
        }
        if severity == Severity::Info {
            finding.help("set `AcceptanceRequired: true` before anyone else is allowed");
        } else {
            finding
                .help("set `AcceptanceRequired: true` and accept each connection after a look at its owner")
                .symptom("new endpoints are `available` without ever being `pendingAcceptance`");
        }
    }
}

fn allowed(cx: &Context<'_, '_>, service: &EndpointService<'_>) -> Allowed {
    let mut result = Allowed::Nobody;
    for permissions in cx.network.permissions_of(service) {
        let Some(principals) = &permissions.principals else { continue };
        let one = principals_allow(cx, permissions, principals);
        if one.breadth() > result.breadth() {
            result = one;
        }
    }
    result
}

fn principals_allow(cx: &Context<'_, '_>, permissions: &Permissions<'_>, principals: &Value<'_>) -> Allowed {
    let owner = permissions.resource;
    let items = principals.items().unwrap_or(std::slice::from_ref(principals));
    if let Some(everyone) = items.iter().find(|item| item.text() == Some("*")) {
        return Allowed::Everyone(owner, everyone.span);
    }
    let own: Option<Vec<String>> = items.iter().map(|item| own_principal(cx, item)).collect();
    match own {
        Some(mut own) if !own.is_empty() => {
            own.dedup();
            Allowed::Own(owner, principals.span, own.join(" and "))
        }
        Some(_) => Allowed::Nobody,
        None => Allowed::Others(owner, principals.span),
    }
}

/// In words, the principals of the own account or organisation that a value names; `None` for others.
fn own_principal(cx: &Context<'_, '_>, principal: &Value<'_>) -> Option<String> {
    let own_account = || Some("its own account".to_owned());
    match &principal.data {
        Data::Reference(reference) => {
            let kind = &cx.template().resource(reference.resource).kind.text;
            if kind.starts_with("AWS::IAM::") { own_account() } else { None }
        }
        Data::Symbol(symbol) if names_organisation(&symbol.key) => Some(format!("`{}`", symbol.key)),
        _ => {
            let account = cx.network.scenario.pseudo("AWS::AccountId").unwrap_or("<AWS::AccountId>");
            let text = principal.canonical()?;
            if text == account || text.contains(&format!(":iam::{account}:")) { own_account() } else { None }
        }
    }
}

/// Whether the name of a parameter speaks of an organisation: `OrganizationPrincipals`, `OrgAccounts`.
fn names_organisation(name: &str) -> bool {
    let starts_word = |rest: &str| !rest.starts_with(char::is_lowercase);
    name.to_lowercase().contains("organi") || name.split("Org").skip(1).any(starts_word)
}

/// The first place that tells that a service is sensitive: its own words, those of what stands behind it, ports.
fn evidence(cx: &Context<'_, '_>, service: &EndpointService<'_>) -> Option<Evidence> {
    let network = cx.network;
    let balancers: Vec<&LoadBalancer> = network.network_load_balancers_of(service).collect();
    let listeners: Vec<&Listener> = balancers.iter().flat_map(|&it| network.listeners_of(it)).collect();
    let groups: Vec<&TargetGroup> = listeners.iter().flat_map(|&it| network.target_groups_of(it)).collect();
    let targets = groups.iter().flat_map(|group| &group.targets).filter_map(|it| it.identity.resource());
    let named = std::iter::once(service.resource)
        .chain(balancers.iter().map(|balancer| balancer.resource))
        .chain(groups.iter().map(|group| group.resource))
        .chain(targets);
    let ports = listeners.iter().filter_map(|listener| Some((listener.resource, listener.port?)));
    let ports = ports.chain(groups.iter().filter_map(|group| Some((group.resource, group.port?))));
    let registered = groups
        .iter()
        .flat_map(|group| group.targets.iter().filter_map(|it| Some((group.resource, (it.port?, it.span)))));
    named.into_iter().find_map(|resource| telling_words(cx, resource)).or_else(|| {
        ports.chain(registered).find_map(|(owner, (port, span))| {
            let (_, name) = SENSITIVE_PORTS.iter().find(|(sensitive, _)| *sensitive == port)?;
            Some(Evidence { owner, span, words: format!("port {port} is that of {name}") })
        })
    })
}

/// Words in the logical id, names, description or tags of a resource that tell that it is sensitive.
fn telling_words(cx: &Context<'_, '_>, owner: ResourceId) -> Option<Evidence> {
    let resource = cx.template().resource(owner);
    let sensitive = cx.options.patterns(&SENSITIVE).unwrap_or(&BUILT_IN);
    if let Some(found) = sensitive.find(&resource.id.text) {
        let words = format!("`{found}` in the name tells that it is sensitive");
        return Some(Evidence { owner, span: resource.id.span, words });
    }
    let scenario = cx.network.scenario;
    let mut values: Vec<Value<'_>> = ["Name", "PrivateDnsName", "ServiceName"]
        .iter()
        .filter_map(|property| scenario.property(owner, property))
        .collect();
    let metadata = resource.metadata.as_ref().and_then(|metadata| scenario.evaluate(metadata));
    values.extend(metadata.as_ref().and_then(|metadata| metadata.get("Description")).cloned());
    let tags = scenario.property(owner, "Tags");
    for tag in tags.iter().filter_map(Value::items).flatten() {
        values.extend(tag.get("Value").cloned());
    }
    values.into_iter().find_map(|value| {
        let found = sensitive.find(&shown(&value)?)?;
        Some(Evidence { owner, span: value.span, words: format!("`{found}` tells that it is sensitive") })
    })
}

/// The text of a value with a blank for what is not known.
fn shown(value: &Value<'_>) -> Option<String> {
    let known = |data: &Data<'_>| match data {
        Data::Text(text) => Some(text.clone().into_owned()),
        _ => None,
    };
    match &value.data {
        Data::Pieces(pieces) => {
            let texts = pieces.iter().map(|Piece { data, .. }| known(data).unwrap_or_default());
            Some(texts.collect::<Vec<_>>().join(" "))
        }
        data => known(data),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_patterns_are_patterns() {
        assert_eq!(BUILT_IN.written().collect::<Vec<_>>(), SENSITIVE.default);
    }
}
