//! What the command line and the environment say about the options, made into one thing.

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use miette::Diagnostic;

use super::arguments::{Given, Selection, VARIABLES, variables};
use super::rules::{UnknownRule, names};
use crate::config::{self, Overrides};
use crate::output::{self, Look};
use crate::project::{self, ParameterFile, Problem, Search, Setup};
use crate::text::{Source, nearest};

/// Why a run did not begin.
pub(super) struct Refusal {
    /// Each with the text that it points into.
    errors: Vec<(Box<dyn Diagnostic>, Option<Source>)>,
}

impl Refusal {
    pub(super) fn new(error: impl Diagnostic + 'static, source: Option<Source>) -> Self {
        Self { errors: vec![(Box::new(error), source)] }
    }

    /// Files that cannot be used.
    pub(super) fn files(problems: Vec<Problem>) -> Self {
        let each = problems.into_iter().map(|problem| {
            let source = problem.source();
            (Box::new(problem) as Box<dyn Diagnostic>, source)
        });
        Self { errors: each.collect() }
    }

    pub(super) fn show(self, look: Look, out: &mut dyn Write) -> io::Result<()> {
        self.errors
            .into_iter()
            .try_for_each(|(error, source)| output::problem(error.as_ref(), source, look, out))
    }
}

/// Draws problems, each with the text that it points into.
pub(super) fn show<'p>(
    problems: impl IntoIterator<Item = &'p Problem>,
    look: Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    problems.into_iter().try_for_each(|problem| output::problem(problem, problem.source(), look, out))
}

pub(super) fn is_error(problem: &Problem) -> bool {
    problem.severity().is_none_or(|severity| severity == miette::Severity::Error)
}

/// The options of files under those of the command line.
pub(super) fn setup(given: &Given, selection: Option<&Selection>) -> Result<Setup, Refusal> {
    let mut overrides =
        Overrides { parameters: given.parameter.iter().cloned().collect(), ..Overrides::default() };
    if let Some(Selection { select, extend_select, ignore }) = selection {
        let rules = names();
        let known = config::selectors(&rules);
        let unknown = |name: &&String| !known.contains(&name.as_str());
        if let Some(name) = select.iter().chain(extend_select).chain(ignore).find(unknown) {
            return Err(Refusal::new(UnknownRule::new(name, &known), None));
        }
        overrides.select.clone_from(select);
        overrides.extend_select.clone_from(extend_select);
        overrides.ignore.clone_from(ignore);
    }
    let files: Vec<ParameterFile> = given.parameters.iter().map(|text| parameter_file(text)).collect();
    overrides.deployments = project::deployments(&files).map_err(Refusal::files)?;
    let search = match &given.config {
        _ if given.no_config => Search::Nothing,
        Some(file) => Search::File(file.clone()),
        None => Search::Nearest,
    };
    Ok(Setup::new(search, overrides))
}

/// `prod=prod.json` or `prod.json`. Where a file is called like the whole, that is what is meant.
fn parameter_file(text: &str) -> ParameterFile {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !Path::new(text).is_file() => {
            ParameterFile { deployment: Some(name.to_owned()), path: PathBuf::from(file) }
        }
        _ => ParameterFile { deployment: None, path: PathBuf::from(text) },
    }
}

/// Warns of variables that are nearly those of options. Others may be of a script around this program.
pub(super) fn misspelt_variables(out: &mut dyn Write) -> io::Result<()> {
    let set = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut set: Vec<String> = set.filter(|name| name.starts_with(VARIABLES)).collect();
    if set.is_empty() {
        return Ok(());
    }
    set.sort();
    let known = variables();
    for name in set.into_iter().filter(|name| !known.contains(name)) {
        let short = |name: &str| name.trim_start_matches(VARIABLES).to_owned();
        let known: Vec<String> = known.iter().map(|name| short(name)).collect();
        if let Some(near) = nearest(&short(&name), known.iter().map(String::as_str)) {
            writeln!(
                out,
                "warning: `{name}` in the environment is no option; did you mean `{VARIABLES}{near}`?\n"
            )?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_have_a_name_for_its_deployment() {
        let file = |text: &str| {
            let ParameterFile { deployment, path } = parameter_file(text);
            (deployment, path.to_string_lossy().into_owned())
        };
        assert_eq!(file("prod=a/b.json"), (Some("prod".to_owned()), "a/b.json".to_owned()));
        assert_eq!(file("a/b.json"), (None, "a/b.json".to_owned()));
        assert_eq!(file("=b.json"), (None, "=b.json".to_owned()));
    }
}
