//! Files of parameter values: read once each, and made into deployments with names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::discover::display_name;
use super::problem::{Problem, Shown};
use crate::config::{Deployment, ParameterSet, parse_parameters};
use crate::text::Source;

/// A file of parameters that the user names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterFile {
    /// The deployment that its values are for; absent where the file gives the name.
    pub deployment: Option<String>,
    /// The file.
    pub path: PathBuf,
}

/// The files that were read, so that none is read twice.
#[derive(Debug, Default)]
pub(super) struct ParameterFiles {
    read: Mutex<BTreeMap<PathBuf, Read>>,
}

type Read = Result<Arc<Vec<ParameterSet>>, Vec<Problem>>;

impl ParameterFiles {
    /// The sets of values of a file; `name` is for display.
    pub(super) fn read(&self, path: &Path, name: &str) -> Read {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.entry(path.to_owned()).or_insert_with(|| read_file(path, name)).clone()
    }
}

fn read_file(path: &Path, name: &str) -> Read {
    let source = Arc::new(Source::new(name, read_text(path, "parameter file", name)?));
    parse_parameters(&source).map(Arc::new).map_err(|errors| {
        errors.into_iter().map(|error| Problem::Setting { error, file: Shown(source.clone()) }).collect()
    })
}

/// The text of a file that sets something; `kind` says what it is.
pub(super) fn read_text(path: &Path, kind: &'static str, name: &str) -> Result<String, Vec<Problem>> {
    let unreadable = |cause: String| vec![Problem::UnreadableSetting { kind, name: name.to_owned(), cause }];
    let bytes = std::fs::read(path).map_err(|error| unreadable(super::problem::cause(&error)))?;
    String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".to_owned()))
}

/// The values that a file holds for a deployment: those of the environment of its name, or the only ones.
pub(super) fn pick<'s>(sets: &'s [ParameterSet], deployment: &str) -> Option<&'s ParameterSet> {
    let named = sets.iter().find(|set| set.environment.as_deref() == Some(deployment));
    match sets {
        [only] => Some(named.unwrap_or(only)),
        _ => named,
    }
}

/// The environments of a file in words.
pub(super) fn environments(sets: &[ParameterSet]) -> String {
    let names = sets.iter().filter_map(|set| set.environment.as_deref());
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The deployments that files of parameters stand for. Files for one deployment add up, a later one outweighs. A file
/// without a name gives its own: the environment in a file of SAM, else the name of the file without its extension.
pub fn deployments(files: &[ParameterFile]) -> Result<Vec<Deployment>, Vec<Problem>> {
    let read = ParameterFiles::default();
    let mut deployments: Vec<Deployment> = Vec::new();
    let mut problems: Vec<Problem> = Vec::new();
    let mut add = |name: String, set: &ParameterSet| {
        let index = deployments.iter().position(|one| one.name == name).unwrap_or_else(|| {
            deployments.push(Deployment { name, ..Deployment::default() });
            deployments.len() - 1
        });
        let given = set.parameters.iter().map(|(name, given)| (name.clone(), given.clone()));
        deployments[index].parameters.extend(given);
    };
    for file in files {
        let shown = display_name(&file.path);
        let sets = match read.read(&file.path, &shown) {
            Ok(sets) => sets,
            Err(told) => {
                problems.extend(told.into_iter().filter(|one| !problems.contains(one)).collect::<Vec<_>>());
                continue;
            }
        };
        let Some(name) = &file.deployment else {
            let own = own_name(file, files);
            for set in sets.iter() {
                add(set.environment.clone().unwrap_or_else(|| own.clone()), set);
            }
            continue;
        };
        match pick(&sets, name) {
            Some(set) => add(name.clone(), set),
            None => problems.push(Problem::NoEnvironment {
                environment: name.clone(),
                file: shown,
                known: environments(&sets),
            }),
        }
    }
    if problems.is_empty() { Ok(deployments) } else { Err(problems) }
}

/// `prod` of `stacks/prod.json`; with its folders where another file would be called the same.
fn own_name(file: &ParameterFile, files: &[ParameterFile]) -> String {
    let unnamed = files.iter().filter(|other| other.deployment.is_none() && other.path != file.path);
    let ambiguous = unnamed.into_iter().any(|other| other.path.file_stem() == file.path.file_stem());
    if ambiguous {
        return display_name(&file.path.with_extension(""));
    }
    file.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}
