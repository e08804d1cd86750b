//! `graph`: one template, one scenario, one picture.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use miette::Diagnostic;
use thiserror::Error;

use super::Outcome;
use super::arguments::{Graph, GraphFormat};
use super::given::{self, Refusal, is_error};
use super::terminal::look;
use crate::config::Options;
use crate::engine;
use crate::output::graph::Picture;
use crate::output::{self, graph};
use crate::project;
use crate::report::Part;
use crate::text::{FileId, Sources};

/// The rule that says what cannot be read.
const UNREADABLE: &str = "template-unparsable";

/// A scenario that the template does not have.
#[derive(Debug, Error, Diagnostic)]
#[error("there is no scenario {number}: `{name}` has {count}")]
struct NoScenario {
    number: usize,
    name: String,
    count: usize,
}

/// A file that cannot be written.
#[derive(Debug, Error, Diagnostic)]
#[error("cannot write `{name}`: {cause}")]
struct Unwritable {
    name: String,
    cause: io::Error,
}

/// Draws.
pub(super) fn run(arguments: &Graph) -> io::Result<Outcome> {
    let mut stderr = io::stderr().lock();
    let look = look(&io::stderr(), arguments.color);
    let mut options = match options(arguments) {
        Ok(options) => options,
        Err(refusal) => {
            refusal.show(look, &mut stderr)?;
            return Ok(Outcome::Failed);
        }
    };
    options.select = vec![UNREADABLE.to_owned()];
    options.ignore.clear();
    options.severity.clear();
    let named = match project::open(&arguments.template, arguments.stdin_filename.clone(), &options) {
        Ok(named) => named,
        Err(problem) => {
            output::problem(&problem, None, look, &mut stderr)?;
            return Ok(Outcome::Failed);
        }
    };
    let mut outcome = Outcome::Clean;
    if let Some(problem) = &named.problem {
        output::problem(problem, None, look, &mut stderr)?;
        outcome = if is_error(problem) { Outcome::Failed } else { outcome };
    }
    let number = arguments.scenario.map_or(1, |number| number as usize);
    let drawn =
        engine::in_scenario(&named.source.text, FileId(0), &options, number - 1, |network, scenarios| {
            let several = scenarios.len() > 1;
            let words =
                || format!("scenario {number} of {}: {}", scenarios.len(), in_words(&scenarios[number - 1]));
            let words = several.then(words);
            (graph::picture(network, &named.source, words), scenarios.to_vec())
        });
    let (picture, scenarios) = match drawn {
        Ok(drawn) => drawn,
        Err(scenarios) => {
            let (name, count) = (named.source.name, scenarios.len());
            output::problem(&NoScenario { number, name, count }, None, look, &mut stderr)?;
            if count > 1 {
                list(&scenarios, &mut stderr)?;
            }
            return Ok(Outcome::Failed);
        }
    };
    // The picture comes first: it is there even where nobody reads what is said beside it.
    if let Err(error) = deliver(arguments, &picture)? {
        output::problem(&error, None, look, &mut stderr)?;
        outcome = Outcome::Failed;
    }
    if scenarios.len() > 1 && arguments.scenario.is_none() {
        list(&scenarios, &mut stderr)?;
    }
    // What could not be read is missing in the picture.
    if !named.report.findings.is_empty() {
        let mut sources = Sources::default();
        sources.add(named.source);
        let part = Part { sources, findings: named.report.findings, ..Part::default() };
        output::full(&part.into(), look, &mut stderr)?;
        outcome = Outcome::Failed;
    }
    Ok(outcome)
}

/// The options under which the picture is drawn: with all values that are given, as of one deployment.
fn options(arguments: &Graph) -> Result<Options, Refusal> {
    let setup = given::setup(&arguments.given, None)?;
    let stdin = arguments.template.as_os_str() == "-";
    let name = arguments.stdin_filename.as_deref().filter(|_| stdin).map(Path::new);
    let options = setup.for_file(name.unwrap_or(&arguments.template)).map_err(Refusal::files)?;
    let given = &setup.overrides().deployments;
    let mut drawn = given.iter().fold(options.as_ref().clone(), |options, one| options.within(one));
    drawn.deployments.clear();
    // What is said of one parameter outweighs a file.
    for (name, value) in &setup.overrides().parameters {
        drawn.set(name, Some(value));
    }
    Ok(drawn)
}

/// Writes the picture to the file that was asked for, else to the standard output.
fn deliver(arguments: &Graph, picture: &Picture) -> io::Result<Result<(), Unwritable>> {
    let Some(path) = &arguments.output else {
        let mut out = BufWriter::new(io::stdout().lock());
        draw(picture, arguments.format, &mut out)?;
        return out.flush().map(Ok);
    };
    let mut bytes = Vec::new();
    draw(picture, arguments.format, &mut bytes)?;
    let name = || path.to_string_lossy().into_owned();
    Ok(fs::write(path, bytes).map_err(|cause| Unwritable { name: name(), cause }))
}

fn draw(picture: &Picture, format: GraphFormat, out: &mut dyn Write) -> io::Result<()> {
    match format {
        GraphFormat::Svg => graph::svg(picture, out),
        GraphFormat::Mermaid => graph::mermaid(picture, out),
        GraphFormat::Dot => graph::dot(picture, out),
        GraphFormat::Json => graph::json(picture, out),
    }
}

/// A scenario in words, from what it differs in from the first.
fn in_words(difference: &str) -> &str {
    if difference.is_empty() { "the defaults" } else { difference }
}

/// The scenarios that can be asked for.
fn list(scenarios: &[String], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} scenarios; `--scenario NUMBER` draws another than the first:", scenarios.len())?;
    let width = scenarios.len().to_string().len();
    scenarios
        .iter()
        .zip(1..)
        .try_for_each(|(difference, number)| writeln!(out, "  {number:width$}  {}", in_words(difference)))
}
