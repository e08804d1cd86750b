//! `unknown-privatelink-property`: a property or value that the type does not have, with the one that was meant.

use crate::diagnostic::{Applicability, Severity};
use crate::facts::{TypeProperties, type_properties};
use crate::scenario::Value;
use crate::template::{Member, Name, ResourceId, Template, Written};
use crate::text::{Span, nearest, within};

use super::written::is_rewritten;
use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "unknown-privatelink-property",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "A property, or a value of one, that endpoints and endpoint services do not have in CloudFormation",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcendpoint.html",
    page: include_str!("../../rules/unknown-privatelink-property.md"),
    check: Check::Network(TYPES, check),
};

/// The types of `rules/data/properties.yaml`.
const TYPES: &[&str] = &[
    "AWS::EC2::VPCEndpoint",
    "AWS::EC2::VPCEndpointConnectionNotification",
    "AWS::EC2::VPCEndpointService",
    "AWS::EC2::VPCEndpointServicePermissions",
];

/// A property that the type does not have, or of which it does not take every value.
pub(super) struct Doubtful {
    owner: ResourceId,
    known: &'static TypeProperties,
    /// Where it stands among the properties of its owner.
    index: usize,
}

fn check(cx: &mut Context<'_, '_>) {
    let template = cx.template();
    for doubtful in cx.known.doubtful_properties.get_or_init(|| doubtful(template)) {
        if cx.network.scenario.exists(doubtful.owner) {
            let member = &template.properties(doubtful.owner)[doubtful.index];
            check_property(cx, doubtful.owner, doubtful.known, member);
        }
    }
}

fn doubtful(template: &Template<'_>) -> Vec<Doubtful> {
    let mut found = Vec::new();
    // A macro may be given properties of its own, which it takes away.
    if is_rewritten(template) {
        return found;
    }
    for ids in template.by_type().iter() {
        let Some(known) = type_properties().get(template.resource(ids[0]).kind.text.as_ref()) else {
            continue;
        };
        for &owner in ids.iter().filter(|id| !template.resource(**id).properties_hidden) {
            let members = template.properties(owner).iter().enumerate();
            let doubtful = members.filter(|(_, member)| is_doubtful(known, &member.key.text));
            found.extend(doubtful.map(|(index, _)| Doubtful { owner, known, index }));
        }
    }
    found
}

fn is_doubtful(known: &TypeProperties, name: &str) -> bool {
    // Functions that add keys, and keys that YAML merges.
    let is_key = !name.starts_with("Fn::") && name != "<<";
    is_key && (!is_property(known, name) || known.inner.contains_key(name) || known.values.contains_key(name))
}

fn is_property(known: &TypeProperties, name: &str) -> bool {
    known.properties.iter().chain(&known.read_only).any(|known| known == name)
}

fn check_property<'t>(
    cx: &mut Context<'_, 't>,
    resource: ResourceId,
    known: &TypeProperties,
    member: &Member<'t>,
) {
    let scenario = cx.network.scenario;
    let (key, name) = (&member.key, member.key.text.as_ref());
    if !is_property(known, name) {
        if scenario.has_property(resource, name) {
            report_property(cx, resource, known, key, name, &known.properties);
        }
        return;
    }
    let Some(value) = scenario.evaluate(&member.value) else { return };
    check_values(cx, resource, known, name, &value);
    let Some(inner) = known.inner.get(name) else { return };
    for field in value.fields() {
        let path = format!("{name}.{}", field.key.text);
        if inner.iter().any(|known| *known == field.key.text) {
            check_values(cx, resource, known, &path, &field.value);
        } else {
            report_property(cx, resource, known, &field.key, &path, inner);
        }
    }
}

fn check_values(
    cx: &mut Context<'_, '_>,
    resource: ResourceId,
    known: &TypeProperties,
    path: &str,
    value: &Value<'_>,
) {
    let Some(allowed) = known.values.get(path) else { return };
    for item in value.items().unwrap_or_default() {
        if let Some(text) = item.text().filter(|text| !allowed.iter().any(|known| known == text)) {
            let property = path.rsplit('.').next().unwrap_or(path);
            report_value(cx, resource, property, allowed, text, item.span);
        }
    }
}

fn report_property(
    cx: &mut Context<'_, '_>,
    resource: ResourceId,
    known: &TypeProperties,
    key: &Name<'_>,
    path: &str,
    candidates: &[String],
) {
    let (id, name) = (cx.id(resource), key.text.as_ref());
    let kind = cx.template().resource(resource).kind.text.as_ref();
    let api_only = known.api_only.iter().any(|other| other == name);
    let names = || candidates.iter().map(String::as_str);
    // A name cut short, as `Policy` for `PolicyDocument`, is far from it by letters.
    let near = nearest(name, names()).or_else(|| names().find(|candidate| candidate.starts_with(name)));
    let meant = near.filter(|_| !api_only);
    // A property that is there already is not meant once more.
    let present = |name: &str| cx.template().property(resource, name).is_some();
    let near = meant.filter(|meant| is_slip(name, meant) && !present(meant));
    let edits = near.and_then(|near| cx.template().edit(|editor| editor.replace(key.span, near)));
    let (here, help) = match meant {
        Some(meant) => (format!("did you mean `{meant}`?"), format!("write `{meant}`")),
        None if api_only => (
            "only the API of Amazon EC2 takes it".to_owned(),
            format!("remove `{name}`, which CloudFormation does not offer"),
        ),
        None => (
            "not in the schema of this type".to_owned(),
            format!("remove `{name}`, or look it up in the reference of `{kind}`"),
        ),
    };
    let finding = cx.report(
        resource,
        key.span,
        format!("`{id}` has a property `{path}`, which `{kind}` does not have"),
    );
    finding
        .here(here)
        .why("CloudFormation refuses a property that the type does not have")
        .fix(Applicability::Suggested, help.clone(), edits)
        .help(help)
        .symptom(format!("Encountered unsupported property {name}"))
        .together(format!("`{kind}` has no property `{path}`, but {{count}} resources have it: {{names}}"));
    // What is near no known name may be newer than the data.
    if meant.is_none() && !api_only {
        finding.severity(RULE.severity.lowered());
    }
}

fn report_value(
    cx: &mut Context<'_, '_>,
    resource: ResourceId,
    property: &str,
    allowed: &[String],
    text: &str,
    span: Span,
) {
    let id = cx.id(resource);
    let meant = nearest(text, allowed.iter().map(String::as_str));
    let near = meant.filter(|meant| is_slip(text, meant));
    let edits =
        near.and_then(|near| cx.template().edit(|editor| editor.substitute(span, &Written::text(near))));
    let all: Vec<String> = allowed.iter().map(|value| format!("`{value}`")).collect();
    let (here, help) = match meant {
        Some(meant) => (format!("did you mean `{meant}`?"), format!("write `{property}: {meant}`")),
        None => ("not a value of this property".to_owned(), format!("write one of {}", all.join(", "))),
    };
    let finding =
        cx.report(resource, span, format!("`{property}` of `{id}` is `{text}`, which is none of its values"));
    finding
        .here(here)
        .why("CloudFormation takes only the values of the schema, and small and capital letters matter")
        .fix(Applicability::Suggested, help.clone(), edits)
        .help(help)
        .symptom(format!("{text} is not a valid enum value"))
        .together(format!(
            "`{property}` of {{count}} resources is `{text}`, which is none of its values: {{names}}"
        ));
    // What is near no known value may be newer than the data.
    if meant.is_none() {
        finding.severity(RULE.severity.lowered());
    }
}

/// Whether a name is another one mistyped, so near that nothing else can be meant.
fn is_slip(written: &str, known: &str) -> bool {
    within(&written.to_lowercase(), &known.to_lowercase(), 2).is_some()
}
