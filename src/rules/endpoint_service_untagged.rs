//! `endpoint-service-untagged`: an endpoint service without tags, or with tags that AWS refuses.

use crate::config::{Setting, SettingKind};
use crate::diagnostic::{Applicability, Finding, Severity};
use crate::scenario::Value;
use crate::template::{HiddenKind, ResourceId, Written};
use crate::text::Span;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "endpoint-service-untagged",
    group: Group::Hygiene,
    severity: Severity::Info,
    persona: Persona::Default,
    summary: "An endpoint service without tags or without the required ones, or with tags that AWS refuses",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcendpointservice.html",
    page: include_str!("../../rules/endpoint-service-untagged.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointService"], check),
};

/// What an organisation asks for.
pub(super) static REQUIRED_TAGS: Setting = Setting {
    rule: "endpoint-service-untagged",
    name: "required-tags",
    summary: "Keys of tags that every endpoint service must have",
    kind: SettingKind::Texts,
    default: &["Name"],
};

/// What AWS says of tags.
const RESTRICTIONS: &str = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html";

/// Tags of one resource; those of AWS itself do not count.
const MAXIMUM_TAGS: usize = 50;
/// Characters of a key.
const MAXIMUM_KEY: usize = 128;
/// Characters of a value.
const MAXIMUM_VALUE: usize = 256;

fn check(cx: &mut Context<'_, '_>) {
    // A macro is the usual way to tag everything in a template.
    let macros = cx.template().hidden.iter().any(|hidden| hidden.kind == HiddenKind::Macro);
    for service in &cx.network.endpoint_services {
        let id = cx.id(service.resource);
        let Some(tags) = &service.tags else {
            if !macros {
                untagged(cx, service.resource, cx.id_span(service.resource), id);
            }
            continue;
        };
        let Some(items) = tags.items() else { continue };
        refused(cx, service.resource, tags, items);
        if macros {
            continue;
        }
        if items.is_empty() {
            untagged(cx, service.resource, tags.span, id);
            continue;
        }
        let Some(keys) = service.tag_keys() else { continue };
        let missing: Vec<String> = cx
            .options
            .texts(&REQUIRED_TAGS)
            .into_iter()
            .filter(|required| !keys.iter().any(|(key, _)| key == required))
            .map(|required| format!("`{required}`"))
            .collect();
        if !missing.is_empty() {
            let (missing, plural) = (missing.join(", "), if missing.len() == 1 { "" } else { "s" });
            let edits = cx.template().edit(|editor| {
                let name = Written::map([("Key", Written::text("Name")), ("Value", Written::text(id))]);
                (missing == "`Name`").then(|| editor.append(service.resource, "Tags", &[name]))?
            });
            cx.report(service.resource, tags.span, format!("endpoint service `{id}` lacks the tag{plural} {missing}"))
                .fix(Applicability::Safe, "add a tag `Name` with the logical id", edits)
                .here("not among these")
                .why("lists of endpoint services, cost reports and policies that go by tags find it only under its id")
                .help(format!("add {missing} to `Tags`"));
        }
    }
}

fn untagged(cx: &mut Context<'_, '_>, owner: ResourceId, span: Span, id: &str) {
    let required: Vec<String> =
        cx.options.texts(&REQUIRED_TAGS).iter().map(|key| format!("`{key}`")).collect();
    let help = if required.is_empty() {
        "add `Tags`".to_owned()
    } else {
        format!("add `Tags` with {}", required.join(", "))
    };
    let edits = cx.template().edit(|editor| {
        let &[key] = cx.options.texts(&REQUIRED_TAGS).as_slice() else { return None };
        let name = (key == "Name")
            .then(|| Written::map([("Key", Written::text("Name")), ("Value", Written::text(id))]));
        editor.set(owner, &["Tags"], None, Written::List(vec![name?]))
    });
    cx.report(owner, span, format!("endpoint service `{id}` has no tags"))
        .fix(Applicability::Safe, "add a tag `Name` with the logical id", edits)
        .here("no `Tags`")
        .why("without a tag it is one `vpce-svc-...` among others in lists, cost reports and policies; endpoint services can have tags in CloudFormation since December 2024")
        .help(help)
        .together("tags are missing on {count} endpoint services: {names}");
}

/// Tags with which the deployment fails.
fn refused(cx: &mut Context<'_, '_>, owner: ResourceId, tags: &Value<'_>, items: &[Value<'_>]) {
    let id = cx.id(owner);
    let mut seen: Vec<(&str, Span)> = Vec::new();
    for tag in items {
        if let Some(value) = tag.get("Value")
            && let Some(length) = value.text().map(|text| text.chars().count())
            && length > MAXIMUM_VALUE
        {
            let message =
                format!("a tag value of `{id}` has {length} characters, {MAXIMUM_VALUE} are allowed");
            deployment_fails(cx, owner, value.span, message).here("too long").help("shorten it");
        }
        let Some(value) = tag.get("Key") else { continue };
        let Some(key) = value.text() else { continue };
        let length = key.chars().count();
        if key.starts_with("aws:") {
            let message =
                format!("the tag key `{key}` of `{id}` starts with `aws:`, which AWS keeps for itself");
            deployment_fails(cx, owner, value.span, message)
                .here("reserved")
                .help("choose a key with another beginning")
                .symptom(
                    "InvalidParameterValue: Tag keys starting with 'aws:' are reserved for internal use",
                );
        } else if length > MAXIMUM_KEY {
            let message = format!("a tag key of `{id}` has {length} characters, {MAXIMUM_KEY} are allowed");
            deployment_fails(cx, owner, value.span, message).here("too long").help("shorten it");
        } else if let Some(&(_, first)) = seen.iter().find(|(other, _)| *other == key) {
            deployment_fails(cx, owner, value.span, format!("`{id}` has two tags with the key `{key}`"))
                .here("again here")
                .label(Some(id), first, "first here")
                .help("keep one of them")
                .symptom(format!("InvalidParameterValue: Duplicate tag key '{key}' specified"));
        }
        seen.push((key, value.span));
    }
    if items.len() > MAXIMUM_TAGS {
        let message = format!("`{id}` has {} tags, {MAXIMUM_TAGS} are allowed", items.len());
        deployment_fails(cx, owner, tags.span, message)
            .here("too many")
            .help("keep the most useful ones")
            .symptom("CREATE_FAILED with TagLimitExceeded");
    }
}

fn deployment_fails<'f>(
    cx: &'f mut Context<'_, '_>,
    owner: ResourceId,
    span: Span,
    message: String,
) -> &'f mut Finding {
    let finding = cx.report(owner, span, message);
    finding.url = Some(RESTRICTIONS);
    finding
        .severity(Severity::Error)
        .why("AWS refuses such tags, so the service is not created")
        .symptom("CREATE_FAILED with InvalidParameterValue")
}
