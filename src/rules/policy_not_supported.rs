//! `policy-not-supported`: an endpoint policy where the service behind the endpoint knows none.

use crate::diagnostic::{Applicability, Severity};
use crate::facts::policy_facts;
use crate::network::{Endpoint, Network, ServiceName};
use crate::policy::Reading;

use super::written::written;
use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "policy-not-supported",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "An endpoint policy for a service that supports none: those of customers and some of AWS",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html",
    page: include_str!("../../rules/policy-not-supported.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    let network = cx.network;
    for endpoint in &network.endpoints {
        let by_type = &policy_facts().endpoint_policy.types_without_policy;
        if endpoint.kind.is_some_and(|kind| by_type.contains(&kind))
            || endpoint.obeys_policy() != Some(false)
            || !says_something(network, endpoint)
        {
            // `gwlb-endpoint-shape` and `lattice-endpoint-shape` speak of the types.
            continue;
        }
        let Some(span) = written(network, endpoint, "PolicyDocument") else { continue };
        let id = cx.id(endpoint.resource);
        let finding = if let Some(service) = endpoint.aws_service() {
            let message = format!("`{id}` has an endpoint policy, which `{}` does not support", service.id);
            cx.report(endpoint.resource, span, message)
                .severity(RULE.severity.lowered())
                .why("an endpoint for this service always gives full access; what the policy is to keep out gets through")
                .help("remove `PolicyDocument`, and say in the policies of the identities who may do what")
                .together("the policies of {count} endpoints are not supported by their services: {names}")
        } else {
            let message =
                format!("`{id}` has an endpoint policy, but its service is not of AWS and obeys none");
            cx.report(endpoint.resource, span, message)
                .why("an endpoint for a service of a customer or vendor always gives full access: a policy is about requests to AWS, and none go through it")
                .help("remove `PolicyDocument`, and say in the security group of the endpoint who may use it")
                .symptom("InvalidParameter when the endpoint is created, or a policy without effect")
                .together("the services of {count} endpoints with a policy are not of AWS and obey none: {names}")
        };
        let edits = network.template().edit(|editor| editor.remove(endpoint.resource, "PolicyDocument"));
        finding.here("not supported").fix(Applicability::Suggested, "remove `PolicyDocument`", edits);
        if let Some(span) = endpoint.service_span {
            finding.label(Some(id), span, "a service without endpoint policies");
        }
    }
}

/// Whether the policy is certainly another than that of every endpoint, which allows everything.
fn says_something<'t>(network: &Network<'_, 't>, endpoint: &Endpoint<'t>) -> bool {
    let prefixes = match &endpoint.service {
        ServiceName::Aws(service) => service.iam_prefixes(),
        _ => Vec::new(),
    };
    match network.policy_reading(endpoint) {
        Some(Reading::Policy(policy)) => {
            policy.gives_full_access(&prefixes, network.scenario.pseudo("AWS::Region")) == Some(false)
        }
        Some(Reading::Malformed(_)) => true,
        Some(Reading::Unknown) | None => false,
    }
}
