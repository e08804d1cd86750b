//! Which options hold for a file: those of the nearest `privatelint.toml` above it, under what the user says for this run.

use std::collections::BTreeMap;
use std::env;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::discover::display_name;
use super::parameters::{ParameterFiles, environments, pick, read_text};
use super::problem::{Problem, Shown};
use crate::config::{
    self, ConfigError, ConfigFile, Deployment, DeploymentEntry, Given, Options, Overrides, Place, Written,
};
use crate::rules;
use crate::text::Source;

/// The name of configuration files.
pub const CONFIG_FILE: &str = "privatelint.toml";

/// Where configuration is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Search {
    /// In the folder of each file and those above it; the nearest file wins.
    #[default]
    Nearest,
    /// Only here.
    File(PathBuf),
    /// Nowhere.
    Nothing,
}

/// Options by file.
#[derive(Debug, Default)]
pub struct Setup {
    search: Search,
    overrides: Overrides,
    here: PathBuf,
    /// What holds where no configuration file does.
    unconfigured: Arc<Options>,
    /// The configuration files that were read, so that none is read twice.
    read: Mutex<BTreeMap<PathBuf, Arc<Configuration>>>,
    parameter_files: ParameterFiles,
}

/// A configuration file that was found.
#[derive(Debug)]
pub struct Configuration {
    /// The text, named from the current folder.
    pub source: Arc<Source>,
    /// What it says, or what is wrong with it.
    pub file: Result<ConfigFile, Vec<Problem>>,
    folder: PathBuf,
    /// Its options under those of this run.
    options: Arc<Options>,
    /// The same for files that some of its patterns spare, by the indices of these, so that files share them.
    sparing: Mutex<BTreeMap<Vec<usize>, Arc<Options>>>,
}

impl Configuration {
    /// The options for a file, named by its way from the folder of the configuration file.
    fn options_for(&self, file: &ConfigFile, name: &str) -> Arc<Options> {
        let patterns = file.per_file_ignores.iter().enumerate();
        let fitting: Vec<usize> =
            patterns.filter(|(_, (pattern, _))| pattern.fits(name)).map(|(index, _)| index).collect();
        if fitting.is_empty() {
            return self.options.clone();
        }
        let spared = |index: &usize| {
            let (pattern, spared) = file.per_file_ignores.get(*index)?;
            Some((pattern.written().to_owned(), spared.clone()))
        };
        let mut sparing = self.sparing.lock().unwrap_or_else(PoisonError::into_inner);
        let options = sparing.entry(fitting).or_insert_with_key(|fitting| {
            let mut options = self.options.as_ref().clone();
            options.spared.extend(fitting.iter().filter_map(spared));
            Arc::new(options)
        });
        options.clone()
    }
}

impl Setup {
    /// Options from files and from what the user says for this run.
    pub fn new(search: Search, overrides: Overrides) -> Self {
        let mut options = Options::default();
        overrides.apply(&mut options);
        Self {
            search,
            overrides,
            here: env::current_dir().unwrap_or_default(),
            unconfigured: Arc::new(options),
            ..Self::default()
        }
    }

    /// The same options for every file, whatever files say.
    pub fn fixed(options: Options) -> Self {
        Self { search: Search::Nothing, unconfigured: Arc::new(options), ..Self::default() }
    }

    /// What the user says for this run.
    pub fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    /// The options where no configuration file holds.
    pub(super) fn unconfigured(&self) -> &Options {
        &self.unconfigured
    }

    /// The options for a file, or what keeps them from being known.
    pub fn for_file(&self, path: &Path) -> Result<Arc<Options>, Vec<Problem>> {
        self.lookup().for_file(path)
    }

    /// Options for one file after another.
    pub(super) fn lookup(&self) -> Lookup<'_> {
        Lookup { setup: self, last: None, above: Vec::new() }
    }

    /// What is wrong with the configuration for the files of a folder, whether there are any or not.
    pub(super) fn problems_of_folder(&self, folder: &Path) -> Vec<Problem> {
        let configuration = self.configuration_of(folder);
        configuration.and_then(|found| found.file.as_ref().err().cloned()).unwrap_or_default()
    }

    /// The configuration file that governs the files of a folder.
    pub fn configuration_of(&self, folder: &Path) -> Option<Arc<Configuration>> {
        self.lookup().find(folder)
    }

    fn read(&self, file: &Path) -> Arc<Configuration> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.entry(file.to_owned()).or_insert_with(|| Arc::new(self.load(file))).clone()
    }

    fn load(&self, path: &Path) -> Configuration {
        let name = self.name_of(path);
        let folder = path.parent().unwrap_or(path).to_owned();
        let (text, unreadable) = match read_text(path, "configuration file", &name) {
            Ok(text) => (text, None),
            Err(problems) => (String::new(), Some(problems)),
        };
        let source = Arc::new(Source::new(name, text));
        let mut options = Options::default();
        let file = match unreadable {
            Some(problems) => Err(problems),
            None => config::parse(&source.text, &rules::registry())
                .and_then(|file| if_templates_exist(file, &folder))
                .map_err(|errors| {
                    let shown = |error| Problem::Setting { error, file: Shown(source.clone()) };
                    errors.into_iter().map(shown).collect()
                }),
        };
        if let Ok(file) = &file {
            options.clone_from(&file.options);
        }
        self.overrides.apply(&mut options);
        Configuration { source, file, folder, options: Arc::new(options), sparing: Mutex::default() }
    }

    /// The deployments of a template.
    fn deployments_of(
        &self,
        configuration: &Configuration,
        file: &ConfigFile,
        template: &Path,
    ) -> Result<Vec<Deployment>, Vec<Problem>> {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let template = real(template);
        let own = |entry: &DeploymentEntry| {
            real(&normal(&configuration.folder.join(&entry.template.text))) == template
        };
        let mut deployments = Vec::new();
        let mut problems = Vec::new();
        for entry in file.deployments.iter().filter(|entry| own(entry)) {
            match self.deployment(configuration, file, entry) {
                Ok(deployment) => deployments.push(deployment),
                Err(told) => problems.extend(told),
            }
        }
        if problems.is_empty() { Ok(deployments) } else { Err(problems) }
    }

    fn deployment(
        &self,
        configuration: &Configuration,
        file: &ConfigFile,
        entry: &DeploymentEntry,
    ) -> Result<Deployment, Vec<Problem>> {
        let mut deployment =
            Deployment { name: entry.name.text.clone(), named_for_template: true, ..Deployment::default() };
        for written in &entry.files {
            let path = normal(&configuration.folder.join(&written.text));
            if !path.is_file() {
                return Err(vec![wrong(configuration, missing(written))]);
            }
            let name = self.name_of(&path);
            let sets = self.parameter_files.read(&path, &name)?;
            let Some(set) = pick(&sets, &deployment.name) else {
                let headline = format!("`{name}` has no environment `{}`", deployment.name);
                let error = ConfigError::new(entry.name.span.clone(), headline, "no such environment");
                return Err(vec![wrong(
                    configuration,
                    error.help(format!("it has {}", environments(&sets))),
                )]);
            };
            // Of a file for several templates none needs all.
            let shared = file.deployments.iter().any(|other| {
                other.template.text != entry.template.text
                    && other.files.iter().any(|one| one.text == written.text)
            });
            let given = set.parameters.iter().map(|(name, given)| {
                let place = given.place.clone().filter(|_| !shared);
                (name.clone(), Given { place, ..given.clone() })
            });
            deployment.parameters.extend(given);
        }
        for (name, Written { text, span }) in &entry.parameters {
            let place = Place { source: configuration.source.clone(), span: span.clone() };
            let given = Given { value: Some(text.clone()), place: Some(place) };
            deployment.parameters.insert(name.clone(), given);
        }
        Ok(deployment)
    }

    /// A path from the root, without `.` and `..`; a relative one starts from the folder that was current at first.
    pub fn absolute(&self, path: &Path) -> PathBuf {
        normal(&self.here.join(path))
    }

    /// A path for display, from the current folder.
    fn name_of(&self, path: &Path) -> String {
        display_name(&relative(path, &self.here))
    }
}

/// Finds the options for one file after another. Files come folder by folder, so it remembers only what held for the last
/// one: a run may have as many folders as files.
pub(super) struct Lookup<'s> {
    setup: &'s Setup,
    /// The folder that was asked for last, as its path is written, and what governs it.
    last: Option<(PathBuf, Option<Arc<Configuration>>)>,
    /// That folder and those above it from the root on, each with its configuration file, if it has one.
    above: Vec<(PathBuf, Option<PathBuf>)>,
}

impl Lookup<'_> {
    /// The options for a file, or what keeps them from being known.
    pub(super) fn for_file(&mut self, path: &Path) -> Result<Arc<Options>, Vec<Problem>> {
        let setup = self.setup;
        let Some(configuration) = self.configuration(path.parent().unwrap_or(path)) else {
            return Ok(setup.unconfigured.clone());
        };
        let file = configuration.file.as_ref().map_err(Clone::clone)?;
        if file.per_file_ignores.is_empty() && file.deployments.is_empty() {
            return Ok(configuration.options.clone());
        }
        let path = setup.absolute(path);
        let from_there = display_name(&relative(&path, &configuration.folder));
        let options = configuration.options_for(file, &from_there);
        if !setup.overrides.deployments.is_empty() {
            return Ok(options);
        }
        let deployments = setup.deployments_of(&configuration, file, &path)?;
        if deployments.is_empty() {
            return Ok(options);
        }
        let mut options = Options { deployments, ..options.as_ref().clone() };
        let on_the_command_line =
            Overrides { parameters: setup.overrides.parameters.clone(), ..Overrides::default() };
        on_the_command_line.apply(&mut options);
        Ok(Arc::new(options))
    }

    /// The configuration file that governs the files of a folder.
    fn configuration(&mut self, folder: &Path) -> Option<Arc<Configuration>> {
        if self.setup.search == Search::Nothing {
            return None;
        }
        match &self.last {
            // Paths are equal that are written in several ways; to see that takes longer.
            Some((last, found)) if last.as_os_str() == folder.as_os_str() => found.clone(),
            _ => {
                let found = self.find(folder);
                self.last = Some((folder.to_owned(), found.clone()));
                found
            }
        }
    }

    fn find(&mut self, folder: &Path) -> Option<Arc<Configuration>> {
        let setup = self.setup;
        match &setup.search {
            Search::Nothing => None,
            Search::File(file) => Some(setup.read(&setup.absolute(file))),
            Search::Nearest => self.nearest(&setup.absolute(folder)).map(|file| setup.read(file)),
        }
    }

    fn nearest(&mut self, folder: &Path) -> Option<&Path> {
        let mut ways: Vec<&Path> = folder.ancestors().collect();
        ways.reverse();
        // As texts: both are without `.` and `..`.
        let is_known = |(way, (above, _)): &(&&Path, &(PathBuf, _))| way.as_os_str() == above.as_os_str();
        let known = ways.iter().zip(&self.above).take_while(is_known).count();
        self.above.truncate(known);
        for way in ways.into_iter().skip(known) {
            let file = Some(way.join(CONFIG_FILE)).filter(|file| file.is_file());
            self.above.push((way.to_owned(), file));
        }
        self.above.iter().rev().find_map(|(_, file)| file.as_deref())
    }
}

fn wrong(configuration: &Configuration, error: ConfigError) -> Problem {
    Problem::Setting { error, file: Shown(configuration.source.clone()) }
}

fn missing(written: &Written) -> ConfigError {
    let headline = format!("`{}` does not exist", written.text);
    ConfigError::new(written.span.clone(), headline, "no such file")
        .help("paths start from the folder of this configuration file")
}

/// The file, if the template of every deployment is there.
fn if_templates_exist(file: ConfigFile, folder: &Path) -> Result<ConfigFile, Vec<ConfigError>> {
    let templates = file.deployments.iter().map(|entry| &entry.template);
    let lost: Vec<ConfigError> =
        templates.filter(|template| !folder.join(&template.text).is_file()).map(missing).collect();
    if lost.is_empty() { Ok(file) } else { Err(lost) }
}

/// A path without `.` and `..`, as people read it: links are not followed.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::with_capacity(path.as_os_str().len());
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            _ => normal.push(part),
        }
    }
    normal
}

/// The way from a folder to a path, both absolute; the path itself where they have nothing in common.
fn relative(path: &Path, folder: &Path) -> PathBuf {
    let common = path.components().zip(folder.components()).take_while(|(one, other)| one == other).count();
    if common <= 1 {
        return path.to_owned();
    }
    let up = folder.components().skip(common).map(|_| Component::ParentDir);
    up.chain(path.components().skip(common)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_named_from_where_one_stands() {
        let way = |path: &str, folder: &str| display_name(&relative(Path::new(path), Path::new(folder)));
        assert_eq!(way("/a/b/c.toml", "/a/b"), "c.toml");
        assert_eq!(way("/a/c.toml", "/a/b/d"), "../../c.toml");
        assert_eq!(way("/a/x/c.toml", "/a/b"), "../x/c.toml");
        assert_eq!(way("/etc/c.toml", "/a/b"), "/etc/c.toml");
        assert_eq!(normal(Path::new("/a/./b/../c")), Path::new("/a/c"));
    }
}
