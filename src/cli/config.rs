//! `config`: what is in force for a path, and where each value comes from.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::Outcome;
use super::arguments::{Config, VARIABLES};
use super::given::{self, Refusal};
use super::terminal::look;
use crate::config::{self, Entry, Options};
use crate::output::Look;
use crate::project::{CONFIG_FILE, Configuration, Problem, Setup};
use crate::rules;

/// The column in which origins stand, if the value leaves room.
const ORIGIN_COLUMN: usize = 44;

/// Prints the settings as a configuration file would have them, each with its origin.
pub(super) fn run(arguments: &Config, matches: Option<&ArgMatches>) -> io::Result<Outcome> {
    let mut out = io::stdout().lock();
    if arguments.schema {
        write!(out, "{}", config::schema(&rules::registry()))?;
        return Ok(Outcome::Clean);
    }
    let error_look = look(&io::stderr(), arguments.color);
    let shown = given::setup(&arguments.given, Some(&arguments.selection))
        .and_then(|setup| print(arguments, matches, &setup, &mut out).map_err(Refusal::files));
    match shown {
        Ok(written) => written.map(|()| Outcome::Clean),
        Err(refusal) => refused(refusal, error_look),
    }
}

fn refused(refusal: Refusal, look: Look) -> io::Result<Outcome> {
    refusal.show(look, &mut io::stderr().lock())?;
    Ok(Outcome::Failed)
}

fn print(
    arguments: &Config,
    matches: Option<&ArgMatches>,
    setup: &Setup,
    out: &mut dyn Write,
) -> Result<io::Result<()>, Vec<Problem>> {
    let path = arguments.path.clone().unwrap_or_else(|| PathBuf::from("."));
    // Of a folder, what holds for a file in it.
    let folder = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(Path::new("")) };
    let file = if path.is_dir() { path.join(CONFIG_FILE) } else { path.clone() };
    let missing = || vec![Problem::Missing { name: path.to_string_lossy().into_owned() }];
    path.metadata().map_err(|_| missing())?;
    let options = setup.for_file(&file)?;
    let configuration = setup.configuration_of(folder);
    let origins = Origins::of(configuration.as_deref(), setup, matches);
    Ok(table(&path, configuration.as_deref(), &options, &origins, out))
}

fn table(
    path: &Path,
    configuration: Option<&Configuration>,
    options: &Options,
    origins: &Origins,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "# in force for `{}`", path.display())?;
    match configuration {
        Some(found) => writeln!(out, "# configuration file: {}", found.source.name)?,
        None => writeln!(out, "# configuration file: none")?,
    }
    let mut open: Option<String> = None;
    for Entry { table, key, value, name } in config::entries(options, &rules::registry()) {
        let begins = table.as_deref() == Some("[deployment]") && key == "name";
        if table != open || begins {
            open = table;
            writeln!(out, "\n[{}]", open.as_deref().unwrap_or_default())?;
        }
        let line = format!("{key} = {value}");
        writeln!(out, "{line:ORIGIN_COLUMN$} # {}", origins.get(&name))?;
    }
    let off: Vec<String> = rules::all()
        .iter()
        .filter(|rule| !options.runs(rule.name, rule.persona))
        .map(|rule| {
            let all = options.spared.iter().flat_map(|(_, names)| names).chain(&options.ignore);
            let ignored = all.into_iter().any(|name| *name == rule.name || *name == rule.persona.name());
            let reason = if ignored {
                "ignored".to_owned()
            } else if options.select.is_empty() {
                format!("only with `extend-select = [\"{}\"]`", rule.persona.name())
            } else {
                "not selected".to_owned()
            };
            format!("{}, {reason}", rule.name)
        })
        .collect();
    writeln!(out, "\n# {} of {} rules run", rules::all().len() - off.len(), rules::all().len())?;
    off.into_iter().try_for_each(|rule| writeln!(out, "# off: {rule}"))
}

/// Where values come from, by their names.
struct Origins {
    by_name: BTreeMap<String, String>,
}

impl Origins {
    fn get(&self, name: &str) -> &str {
        self.by_name.get(name).map_or("default", String::as_str)
    }

    fn of(configuration: Option<&Configuration>, setup: &Setup, matches: Option<&ArgMatches>) -> Self {
        let mut by_name = BTreeMap::new();
        if let Some(found) = configuration
            && let Ok(file) = &found.file
        {
            let line =
                |start: usize| format!("{}:{}", found.source.name, found.source.position(start as u32).line);
            by_name.extend(file.places.iter().map(|(name, place)| (name.clone(), line(place.start))));
            for entry in &file.deployments {
                by_name.insert(format!("deployment.{}", entry.name.text), line(entry.name.span.start));
            }
        }
        let said = setup.overrides();
        let by = |option: &str| match matches
            .and_then(|matches| matches.value_source(&option.replace('-', "_")))
        {
            Some(ValueSource::EnvVariable) => {
                format!("{VARIABLES}{}", option.replace('-', "_").to_uppercase())
            }
            _ => format!("--{option}"),
        };
        if !said.select.is_empty() {
            by_name.insert("select".to_owned(), by("select"));
            by_name.remove("extend-select");
        }
        let lists = [("extend-select", &said.extend_select), ("ignore", &said.ignore)];
        for (name, _) in lists.into_iter().filter(|(_, said)| !said.is_empty()) {
            join(&mut by_name, name, by(name));
        }
        for name in said.parameters.keys() {
            by_name.insert(format!("parameters.{name}"), by("parameter"));
        }
        for deployment in &said.deployments {
            by_name.insert(format!("deployment.{}", deployment.name), by("parameters"));
        }
        Self { by_name }
    }
}

fn join(by_name: &mut BTreeMap<String, String>, name: &str, origin: String) {
    let joined = match by_name.get(name) {
        Some(present) => format!("{present}, {origin}"),
        None => origin,
    };
    by_name.insert(name.to_owned(), joined);
}
