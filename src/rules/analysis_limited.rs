//! `analysis-limited`: what stays undecided because something that the text does not show may add to it.

use std::collections::BTreeSet;

use crate::config::World;
use crate::diagnostic::{Severity, listed};
use crate::network::{Opaque, OpaqueKind, opaque};
use crate::template::{HiddenKind, ResourceId, Template};

use super::{Check, Group, Persona, Rule, TemplateContext};

pub(super) static RULE: Rule = Rule {
    name: "analysis-limited",
    group: Group::Hygiene,
    severity: Severity::Info,
    persona: Persona::Pedantic,
    summary: "A macro, a loop, a nested stack or the like hides resources, so what is missing stays undecided",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros.html",
    page: include_str!("../../rules/analysis-limited.md"),
    check: Check::Template(
        &[
            "AWS::EC2::RouteTable",
            "AWS::EC2::SecurityGroup",
            "AWS::EC2::VPC",
            "AWS::EC2::VPCEndpoint",
            "AWS::EC2::VPCEndpointService",
        ],
        check,
    ),
};

/// What rules that report something missing ask of resources of a type.
struct Question {
    kind: &'static str,
    /// In words, before the names of the resources.
    words: &'static str,
    /// Whether only what is given the resource changes the answer, and nothing that is hidden elsewhere does.
    of_given: bool,
}

const QUESTIONS: &[Question] = &[
    Question { kind: "AWS::EC2::VPC", words: "the endpoints, subnets and routes of", of_given: false },
    Question { kind: "AWS::EC2::RouteTable", words: "the routes of", of_given: false },
    Question { kind: "AWS::EC2::SecurityGroup", words: "the rules of", of_given: false },
    Question { kind: "AWS::EC2::VPCEndpoint", words: "the subnets and route tables of", of_given: true },
    Question { kind: "AWS::EC2::VPCEndpointService", words: "the consumers of", of_given: false },
];

fn check(cx: &mut TemplateContext<'_, '_>) {
    let template = cx.template;
    // A VPC may be taken as shown whole.
    let assumed =
        |question: &&Question| question.kind == "AWS::EC2::VPC" && cx.options.world == World::Closed;
    let questions: Vec<&Question> = QUESTIONS.iter().filter(|question| !assumed(question)).collect();
    let question_of = |id: ResourceId| {
        let kind = &template.resource(id).kind.text;
        questions.iter().copied().find(|question| question.kind == kind)
    };
    let asked_of_all =
        template.iter().any(|(id, _)| question_of(id).is_some_and(|question| !question.of_given));
    let mut causes = opaque(template);
    causes.retain(|cause| match cause.resource {
        None => asked_of_all,
        Some(_) => cause.given.iter().any(|&id| question_of(id).is_some()),
    });
    let Some(first) = causes.first() else { return };
    let items = joined(&undecided(template, &questions, &causes));
    let who = joined(&named(template, &causes));
    let finding = cx.report(
        first.resource,
        first.span,
        format!("what {who} may add is not shown, which leaves undecided {items}"),
    );
    finding.here(words(template, first));
    for cause in &causes[1..] {
        let owner = cause.resource.map(|resource| template.resource(resource).id.text.as_ref());
        finding.label(owner, cause.span, words(template, cause));
    }
    finding
        .why("rules that report something missing stay silent, or say less, where it may stand elsewhere")
        .help(match first.kind {
            OpaqueKind::Text(HiddenKind::Unreadable) => "correct the place that cannot be read",
            OpaqueKind::Text(_) => {
                "check the processed template too: `aws cloudformation get-template --template-stage Processed`"
            }
            OpaqueKind::NestedStack => "check the template of the nested stack too",
            OpaqueKind::Module => "check the template of the module too",
            OpaqueKind::CustomResource | OpaqueKind::ThirdParty => {
                "look up what is made with the resources that it is given"
            }
        });
}

/// What these leave undecided: each question with the resources that it is asked of.
fn undecided(template: &Template<'_>, questions: &[&Question], causes: &[Opaque]) -> Vec<String> {
    let hides_all = causes.iter().any(|cause| cause.resource.is_none());
    let given: BTreeSet<ResourceId> = causes.iter().flat_map(|cause| cause.given.iter().copied()).collect();
    let worded = questions.iter().filter_map(|question| {
        let concerned = |id: ResourceId| (hides_all && !question.of_given) || given.contains(&id);
        let names: Vec<&str> = template
            .iter()
            .filter(|(id, resource)| resource.kind.text == question.kind && concerned(*id))
            .map(|(_, resource)| resource.id.text.as_ref())
            .collect();
        (!names.is_empty()).then(|| format!("{} {}", question.words, listed(names.into_iter())))
    });
    worded.collect()
}

/// What hides something, in the headline: each kind with its names.
fn named(template: &Template<'_>, causes: &[Opaque]) -> Vec<String> {
    let mut kinds: Vec<(OpaqueKind, Vec<&str>)> = Vec::new();
    for cause in causes {
        let name = match cause.resource {
            Some(resource) => template.resource(resource).id.text.as_ref(),
            None => template.source.get(cause.span.range()).unwrap_or_default(),
        };
        match kinds.iter_mut().find(|(kind, _)| *kind == cause.kind) {
            Some((_, names)) => names.push(name),
            None => kinds.push((cause.kind, vec![name])),
        }
    }
    let worded = |(kind, names): (OpaqueKind, Vec<&str>)| {
        let noun = match kind {
            OpaqueKind::Text(HiddenKind::Include) => return "`AWS::Include`".to_owned(),
            OpaqueKind::Text(HiddenKind::Loop) => return "`Fn::ForEach`".to_owned(),
            OpaqueKind::Text(HiddenKind::Unreadable) => return "the unread part of the template".to_owned(),
            OpaqueKind::Text(HiddenKind::Macro) => "macro",
            OpaqueKind::NestedStack => "nested stack",
            OpaqueKind::Module => "module",
            OpaqueKind::CustomResource => "custom resource",
            OpaqueKind::ThirdParty => "third-party resource",
        };
        let plural = if names.len() == 1 { "" } else { "s" };
        format!("the {noun}{plural} {}", listed(names.into_iter()))
    };
    kinds.into_iter().map(worded).collect()
}

/// What is to be seen at the place of something that hides.
fn words(template: &Template<'_>, cause: &Opaque) -> String {
    let given = cause.given.iter().map(|&resource| template.resource(resource));
    let asked = given.filter(|resource| QUESTIONS.iter().any(|question| question.kind == resource.kind.text));
    match cause.kind {
        OpaqueKind::Text(HiddenKind::Macro) => "a macro may add and change anything".to_owned(),
        OpaqueKind::Text(HiddenKind::Include) => "what is included stands elsewhere".to_owned(),
        OpaqueKind::Text(HiddenKind::Loop) => "what the loop runs over is not known here".to_owned(),
        OpaqueKind::Text(HiddenKind::Unreadable) => "what stands here was passed over".to_owned(),
        _ => format!("is given {}", listed(asked.map(|resource| resource.id.text.as_ref()))),
    }
}

fn joined(items: &[String]) -> String {
    match items {
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => items.concat(),
    }
}
