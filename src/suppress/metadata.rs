//! `Metadata: {privatelint: {ignore: [...]}}`: the ignores of JSON and of templates that a program writes.

use crate::template::{Expression, ExpressionKind, Member, Template};
use crate::text::{Span, nearest};

use super::Fault;

/// The key of this program in `Metadata`.
pub(super) const PROGRAM: &str = "privatelint";
/// Its only setting.
pub(super) const IGNORE: &str = "ignore";

/// What is ignored, and what cannot be understood.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// Name of the rule, its place, the reason.
    pub(super) ignores: Vec<(String, Span, Option<String>)>,
    pub(super) mistakes: Vec<(Span, Fault)>,
}

/// Reads the `Metadata` of a resource or a template.
pub(super) fn read<'t>(template: &Template<'t>, metadata: &Expression<'t>) -> Read {
    let mut read = Read::default();
    let settings = metadata.members(template).iter();
    for settings in settings.filter(|member| member.key.text == PROGRAM) {
        let ExpressionKind::Map(known) = settings.value.kind else {
            read.mistakes.push((place(settings), Fault::Settings));
            continue;
        };
        for setting in template.members(known) {
            if setting.key.text == IGNORE {
                read.rules(template, setting);
            } else if nearest(&setting.key.text, [IGNORE]).is_some() {
                let word = setting.key.text.clone().into_owned();
                read.mistakes.push((setting.key.span, Fault::UnknownWord { word }));
            }
        }
    }
    read
}

impl Read {
    fn rules(&mut self, template: &Template<'_>, setting: &Member<'_>) {
        let before = (self.ignores.len(), self.mistakes.len());
        match &setting.value.kind {
            ExpressionKind::Text { text, .. } => {
                self.ignores.push((text.to_string(), setting.value.span, None));
            }
            ExpressionKind::Map(rules) => self.with_reasons(template.members(*rules)),
            ExpressionKind::List(items) => {
                for item in template.items(*items) {
                    match &item.kind {
                        ExpressionKind::Text { text, .. } => {
                            self.ignores.push((text.to_string(), item.span, None));
                        }
                        ExpressionKind::Map(rules) => self.with_reasons(template.members(*rules)),
                        _ => self.mistakes.push((item.span, Fault::Item)),
                    }
                }
            }
            ExpressionKind::Null => {}
            _ => self.mistakes.push((place(setting), Fault::Item)),
        }
        if before == (self.ignores.len(), self.mistakes.len()) {
            self.mistakes.push((setting.key.span, Fault::NoItem));
        }
    }

    fn with_reasons(&mut self, rules: &[Member<'_>]) {
        for rule in rules {
            let reason = match &rule.value.kind {
                ExpressionKind::Text { text, .. } => {
                    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
                }
                _ => None,
            };
            self.ignores.push((rule.key.text.to_string(), rule.key.span, reason));
        }
    }
}

fn place(member: &Member<'_>) -> Span {
    if member.value.span.is_empty() { member.key.span } else { member.value.span }
}
