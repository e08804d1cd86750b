//! `service-open-to-everyone`: an endpoint service to which every AWS account may connect.

use crate::diagnostic::Severity;
use crate::network::{EndpointService, Permissions, Switch};
use crate::scenario::Value;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "service-open-to-everyone",
    group: Group::Security,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "An endpoint service that allows `*`: every AWS account may connect",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html",
    page: include_str!("../../rules/service-open-to-everyone.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointServicePermissions"], check),
};

fn check(cx: &mut Context<'_, '_>) {
    for permissions in &cx.network.permissions {
        let principals = permissions.principals.as_ref().and_then(Value::items);
        let Some(everyone) = principals.into_iter().flatten().find(|item| item.text() == Some("*")) else {
            continue;
        };
        let id = cx.id(permissions.resource);
        let service = service_of(cx, permissions);
        let name = match service {
            Some(service) => format!("`{}`", cx.id(service.resource)),
            None => "its service".to_owned(),
        };
        let acceptance = service.map(|service| service.acceptance);
        let off = matches!(acceptance, Some(Switch::Off(_)));
        let message = if off {
            format!("`{id}` lets every AWS account connect to {name} without approval")
        } else {
            format!("`{id}` lets every AWS account ask for a connection to {name}")
        };
        let owner = service.map(|service| cx.id(service.resource));
        let service_span = service.map(|service| cx.id_span(service.resource));
        let finding = cx.report(permissions.resource, everyone.span, message);
        finding.here("every principal of every account").help(
            "name the accounts that may connect: `arn:aws:iam::<account>:root`, or a role or user of them",
        );
        if off {
            finding
                .why("with `*` and without acceptance whoever learns the name of the service gets to its load balancer: it is public in all but name")
                .symptom("connections of unknown accounts that are `available` at once");
        } else {
            finding
                .severity(Severity::Warning)
                .why("with `*` the approval of each connection is all that keeps strangers out, and one mistake there lets them in")
                .symptom("connections of unknown accounts that are `pendingAcceptance`");
        }
        match acceptance {
            Some(Switch::Off(span)) => finding.label(owner, span, "and nobody approves their connections"),
            Some(Switch::On(span)) => finding.label(owner, span, "their connections wait for approval"),
            Some(Switch::Absent) => finding.label(
                owner,
                service_span.unwrap_or(everyone.span),
                "acceptance is required where `AcceptanceRequired` is not written",
            ),
            Some(Switch::Unknown) | None => finding,
        };
    }
}

/// The service of the template that the permissions are for.
fn service_of<'n, 't>(
    cx: &Context<'n, 't>,
    permissions: &Permissions<'_>,
) -> Option<&'n EndpointService<'t>> {
    let resource = permissions.service.as_ref()?.resource()?;
    cx.network.endpoint_service(resource)
}
