//! `unused-suppression`: ignores that suppress nothing.

use crate::diagnostic::Applicability;
use crate::suppress::{Covers, Fault, Useless};
use crate::text::{Edit, nearest};

use super::{Check, Group, Persona, Rule, Severity, SuppressionContext};

pub(super) static RULE: Rule = Rule {
    name: "unused-suppression",
    group: Group::Hygiene,
    severity: Severity::Warning,
    persona: Persona::Default,
    summary: "An ignore that suppresses nothing: its rule finds nothing there, does not exist, or is not named",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-metadata.html",
    page: include_str!("../../rules/unused-suppression.md"),
    check: Check::Suppressions(check),
};

const COMMENT: &str = "write `# privatelint: ignore[rule-name] reason`";
const STILL_REPORTED: &str = "what is found in spite of this ignore is still reported";
const METADATA: &str = "write `privatelint: {ignore: [rule-name]}`";

fn check(cx: &mut SuppressionContext<'_>) {
    for useless in cx.useless {
        let (message, help) = match &useless.fault {
            Fault::Idle { rule, .. } if super::find(rule).is_some() => {
                idle(cx, useless);
                continue;
            }
            Fault::Idle { rule, .. } => {
                unknown(cx, useless, rule);
                continue;
            }
            Fault::NoRule { word } => (
                format!("`{word}` names no rule in brackets, so nothing is ignored"),
                format!("write `# privatelint: {word}[rule-name] reason`"),
            ),
            Fault::NoItem => {
                ("`ignore` names no rule, so nothing is ignored".to_owned(), METADATA.to_owned())
            }
            Fault::UnknownWord { word } => {
                let help = nearest(word, ["ignore", "ignore-file"])
                    .map_or_else(|| COMMENT.to_owned(), |known| format!("did you mean `{known}`?"));
                (format!("`{word}` means nothing to privatelint, so nothing is ignored"), help)
            }
            Fault::NoColon => (
                "a colon is missing behind `privatelint`, so nothing is ignored".to_owned(),
                COMMENT.to_owned(),
            ),
            Fault::Unclosed => (
                "the `[` of this ignore is never closed, so nothing is ignored".to_owned(),
                COMMENT.to_owned(),
            ),
            Fault::Settings => (
                "`privatelint` in `Metadata` is a map, so nothing is ignored here".to_owned(),
                METADATA.to_owned(),
            ),
            Fault::Item => (
                "`ignore` in `Metadata` takes names of rules, so nothing is ignored here".to_owned(),
                METADATA.to_owned(),
            ),
        };
        cx.report(useless, message).why(STILL_REPORTED).help(help);
    }
}

/// The ignore of a rule that does not exist.
fn unknown(cx: &mut SuppressionContext<'_>, useless: &Useless, rule: &str) {
    let meant = nearest(rule, super::all().iter().map(|known| known.name));
    let finding = cx.report(useless, format!("there is no rule `{rule}`, so nothing is ignored"));
    finding.why(STILL_REPORTED);
    match meant {
        Some(meant) => {
            let edit = Edit { span: useless.span, text: meant.to_owned() };
            finding.help(format!("did you mean `{meant}`?")).fix(
                Applicability::Suggested,
                format!("write `{meant}`"),
                Some(vec![edit]),
            );
        }
        None => {
            finding.help("name a rule; `privatelint rules` lists all of them");
        }
    }
}

/// The ignore of a rule that finds nothing to ignore.
fn idle(cx: &mut SuppressionContext<'_>, useless: &Useless) {
    let Fault::Idle { rule, covers, elsewhere, removal } = &useless.fault else { return };
    let finding = cx.report(useless, format!("the ignore of `{rule}` suppresses nothing"));
    finding.here(match covers {
        Covers::Line => "the rule finds nothing on the line of this comment",
        Covers::Resource => "the rule finds nothing in this resource",
        Covers::Template => "the rule finds nothing in this template",
    });
    match elsewhere {
        Some(place) => finding
            .label(useless.owner.as_deref(), *place, format!("`{rule}` speaks here"))
            .why("an ignore covers its own line or, standing alone, the next one; on the line of a logical id it covers the resource")
            .help("put it on the line above that place, or above the logical id to cover the whole resource"),
        None => finding
            .why("an ignore that has outlived its finding hides the next one of its kind")
            .help("remove it")
            .fix(
                Applicability::Safe,
                format!("remove the ignore of `{rule}`"),
                removal.clone(),
            ),
    };
}
