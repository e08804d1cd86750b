//! `explain` and `rules`: what the rules are about.

use std::io::{self, IsTerminal, Write};

use miette::Diagnostic;
use thiserror::Error;

use super::Outcome;
use super::arguments::{ColorChoice, Explain, ListFormat, Rules};
use super::terminal::look;
use crate::output;
use crate::rules::{self, Rule};
use crate::text::nearest;

/// A rule name that does not exist.
#[derive(Debug, Error, Diagnostic)]
#[error("unknown rule `{name}`")]
pub(super) struct UnknownRule {
    name: String,
    #[help]
    help: String,
}

impl UnknownRule {
    pub(super) fn new(name: &str, rules: &[&str]) -> Self {
        let help = nearest(name, rules.iter().copied()).map_or_else(
            || "`privatelint rules` lists all rules".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        Self { name: name.to_owned(), help }
    }
}

/// The names of all rules.
pub(super) fn names() -> Vec<&'static str> {
    rules::all().iter().map(|rule| rule.name).collect()
}

/// Prints a rule's page: as it is for a program, set for reading on a terminal.
pub(super) fn explain(arguments: &Explain) -> io::Result<Outcome> {
    let rule: Option<&&Rule> = rules::all().iter().find(|rule| rule.name == arguments.rule);
    let Some(rule) = rule else {
        let error = UnknownRule::new(&arguments.rule, &names());
        let mut stderr = io::stderr().lock();
        output::problem(&error, None, look(&io::stderr(), arguments.color), &mut stderr)?;
        return Ok(Outcome::Failed);
    };
    let mut stdout = io::stdout().lock();
    if stdout.is_terminal() || arguments.color == ColorChoice::Always {
        output::page(rule.page, look(&stdout, arguments.color), &mut stdout)?;
    } else {
        stdout.write_all(rule.page.as_bytes())?;
    }
    stdout.flush()?;
    Ok(Outcome::Clean)
}

/// Prints the list of rules.
pub(super) fn list(arguments: &Rules) -> io::Result<Outcome> {
    let mut stdout = io::stdout().lock();
    match arguments.format {
        ListFormat::Json => output::rules_json(rules::all(), &mut stdout)?,
        ListFormat::Table => {
            let width = stdout.is_terminal().then(|| look(&stdout, ColorChoice::Never).width);
            output::rules_table(rules::all(), width, &mut stdout)?;
        }
    }
    stdout.flush()?;
    Ok(Outcome::Clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_rule_is_answered_with_the_nearest() {
        let error = UnknownRule::new("aceptance-off", &["acceptance-off", "private-dns-off"]);
        assert_eq!(error.to_string(), "unknown rule `aceptance-off`");
        assert_eq!(error.help, "did you mean `acceptance-off`?");
        assert_eq!(UnknownRule::new("x", &[]).help, "`privatelint rules` lists all rules");
    }
}
