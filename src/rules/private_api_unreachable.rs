//! `private-api-unreachable`: a private API, and no endpoint through which it could be called.

use crate::diagnostic::Severity;
use crate::network::{Network, PrivateApi, World};
use crate::policy::{Condition, Policy, Reading};
use crate::scenario::Data;

use super::{Check, Context, Group, Persona, Rule, cut_off};

pub(super) static RULE: Rule = Rule {
    name: "private-api-unreachable",
    group: Group::Reachability,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "A private REST API without an endpoint for `execute-api`: nothing can call it",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-api-create.html",
    page: include_str!("../../rules/private-api-unreachable.md"),
    check: Check::Network(&["AWS::ApiGateway::RestApi", "AWS::Serverless::Api"], check),
};

/// A custom domain of private APIs that is made known to an endpoint.
const ACCESS_ASSOCIATION: &str = "AWS::ApiGateway::DomainNameAccessAssociation";

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    let absent = |world: Option<World>| world == Some(World::Closed);
    let nowhere = network.vpcs.iter().all(|vpc| absent(network.absence(vpc, "execute-api")));
    let associated = cx.template().resources.iter().any(|resource| resource.kind.text == ACCESS_ASSOCIATION);
    if network.vpcs.is_empty() || !nowhere || associated {
        return;
    }
    for api in &network.private_apis {
        if api.may_name_endpoints {
            continue;
        }
        match callers(network, api) {
            Callers::Here => report(cx, api, RULE.severity),
            Callers::NotSaid => report(cx, api, RULE.severity.lowered()),
            Callers::Elsewhere => {}
        }
    }
}

/// Where the resource policy of an API says that its callers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Callers {
    /// In VPCs of the template.
    Here,
    /// It does not say.
    NotSaid,
    /// Outside the template, or that is not known.
    Elsewhere,
}

fn callers(network: &Network<'_, '_>, api: &PrivateApi<'_>) -> Callers {
    match &api.policy {
        None => Callers::NotSaid,
        Some(Reading::Policy(policy)) => callers_by_policy(network, policy),
        Some(Reading::Malformed(_) | Reading::Unknown) => Callers::Elsewhere,
    }
}

fn callers_by_policy(network: &Network<'_, '_>, policy: &Policy<'_>) -> Callers {
    let visible = policy.complete
        && policy.statements.iter().all(|statement| {
            statement.complete && statement.conditions.as_ref().is_none_or(|conditions| conditions.complete)
        });
    if !visible {
        return Callers::Elsewhere;
    }
    let conditions = policy.statements.iter().filter_map(|statement| statement.conditions.as_ref());
    let mut conditions = conditions.flat_map(|conditions| &conditions.items).peekable();
    if conditions.peek().is_none() {
        Callers::NotSaid
    } else if conditions.all(|condition| names_vpcs_of_template(network, condition)) {
        Callers::Here
    } else {
        // An endpoint, a VPC or a range of addresses that is not of this template, or identities.
        Callers::Elsewhere
    }
}

fn names_vpcs_of_template(network: &Network<'_, '_>, condition: &Condition<'_>) -> bool {
    let is_own_vpc = |data: &Data<'_>| match data {
        Data::Reference(reference) => {
            network.template().resource(reference.resource).kind.text == "AWS::EC2::VPC"
        }
        _ => false,
    };
    condition.key.text.eq_ignore_ascii_case("aws:SourceVpc")
        && condition.complete
        && condition.values.iter().all(|value| is_own_vpc(&value.data))
}

fn report(cx: &mut Context<'_, '_>, api: &PrivateApi<'_>, severity: Severity) {
    let network = cx.network;
    let id = network.id(api.resource);
    let names: Vec<String> = network.vpcs.iter().map(|vpc| network.name_of(&vpc.identity)).collect();
    let vpcs = cut_off::listed(names.iter().map(String::as_str));
    let finding = cx.report(
        api.resource,
        api.span,
        format!(
            "`{id}` is private, and there is no endpoint for `execute-api` in {vpcs} through which to call it"
        ),
    );
    finding.severity(severity).here("private");
    for vpc in network.vpcs.iter().filter_map(|vpc| vpc.resource) {
        let span = network.template().resource(vpc).id.span;
        finding.label(Some(network.id(vpc)), span, "no endpoint here is for `execute-api`");
    }
    finding
        .why("a private API has no public address: calls come through interface endpoints for `execute-api` only; one of another VPC or account may do, then ignore this rule here")
        .help(format!(
            "add an interface endpoint for `com.amazonaws.${{AWS::Region}}.execute-api` with `PrivateDnsEnabled: true`, or name the endpoints that lead to the API in `EndpointConfiguration.{}`",
            api.kind.endpoints
        ))
        .symptom("the name of the API does not resolve, or calls are answered with 403 Forbidden")
        .together(format!("no endpoint for `execute-api` in {vpcs} leads to {{count}} private APIs: {{names}}"));
}
