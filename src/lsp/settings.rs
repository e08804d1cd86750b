//! What the user has set: the configuration file that holds for a document, and preferences of the editor.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::Diagnostic;
use serde_json::Value;

use crate::config::{self, ConfigError, Options, Overrides, Written};
use crate::project::{Configuration, Problem, Search, Setup};
use crate::rules;

/// Preferences of the editor; all off until turned on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Preferences {
    /// Hints that tell where the routes of subnets lead.
    pub(super) hint_routes: bool,
    /// Hints that tell what endpoints cost.
    pub(super) hint_prices: bool,
    /// A configuration file for all documents.
    pub(super) configuration: Option<PathBuf>,
}

impl Preferences {
    /// Reads `{"inlayHints": {"routes": true, "prices": true}, "configuration": "FILE"}`, also below `privatelint`;
    /// `inlayHints` may also be just `true`. What is not there stays as it is.
    pub(super) fn update(&mut self, settings: &Value) {
        let settings = settings.get("privatelint").unwrap_or(settings);
        match settings.get("inlayHints") {
            Some(Value::Bool(on)) => (self.hint_routes, self.hint_prices) = (*on, *on),
            Some(hints) => {
                let set = |name: &str, preference: &mut bool| {
                    *preference = hints.get(name).and_then(Value::as_bool).unwrap_or(*preference);
                };
                set("routes", &mut self.hint_routes);
                set("prices", &mut self.hint_prices);
            }
            None => {}
        }
        match settings.get("configuration") {
            Some(Value::String(path)) if !path.is_empty() => self.configuration = Some(PathBuf::from(path)),
            Some(Value::String(_) | Value::Null) => self.configuration = None,
            _ => {}
        }
    }
}

/// What is wrong in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// In the file's text.
    pub(super) place: Range<usize>,
    /// The file's text.
    pub(super) text: String,
}

/// The options of the documents that were asked for.
#[derive(Debug, Default)]
pub(super) struct Settings {
    setup: Setup,
    /// The configuration file for all documents, if one is named.
    named: Option<PathBuf>,
    documents: BTreeMap<PathBuf, Governed>,
    /// Of files on disk.
    mistakes: BTreeMap<PathBuf, Vec<Mistake>>,
    /// The files whose mistakes have changed since this was last asked.
    news: Vec<PathBuf>,
}

/// What holds for a document.
#[derive(Debug)]
struct Governed {
    /// Of the last configuration without a mistake, else the defaults: a slip of the pen does not bring back all that is
    /// ignored.
    options: Arc<Options>,
    configuration: Option<Arc<Configuration>>,
}

impl Settings {
    /// The options that hold for a file; those of the nearest configuration file, unless one is named.
    pub(super) fn options(&mut self, path: &Path, named: Option<&Path>) -> Arc<Options> {
        if self.named.as_deref() != named {
            self.named = named.map(Path::to_owned);
            self.start();
            let documents: Vec<PathBuf> = self.documents.keys().cloned().collect();
            self.look_at(&documents);
        }
        if !self.documents.contains_key(path) {
            self.look_at(&[path.to_owned()]);
        }
        self.documents.get(path).map(|governed| Arc::clone(&governed.options)).unwrap_or_default()
    }

    /// Looks at the disk again. Whether anything may hold now that did not.
    pub(super) fn reload(&mut self) -> bool {
        self.start();
        let documents: Vec<PathBuf> = self.documents.keys().cloned().collect();
        let before: Vec<_> = self.documents.values().map(|it| it.configuration.clone()).collect();
        self.look_at(&documents);
        let now = self.documents.values().map(|governed| governed.configuration.as_deref());
        before.iter().zip(now).any(|(before, now)| !is_same(before.as_deref(), now))
    }

    fn start(&mut self) {
        let search = self.named.clone().map_or(Search::Nearest, Search::File);
        self.setup = Setup::new(search, Overrides::default());
    }

    /// Finds what holds for documents, and what is wrong in the files that say so.
    fn look_at(&mut self, documents: &[PathBuf]) {
        let mut mistakes: BTreeMap<PathBuf, Vec<Mistake>> = BTreeMap::new();
        for path in documents {
            let configuration = self.setup.configuration_of(path.parent().unwrap_or(path));
            let last = || self.documents.get(path).map(|governed| Arc::clone(&governed.options));
            let options = match self.setup.for_file(path) {
                Ok(options) => options,
                Err(problems) => {
                    for problem in &problems {
                        let (file, mistake) = self.mistake_of(problem);
                        let found = mistakes.entry(file).or_default();
                        if !found.contains(&mistake) {
                            found.push(mistake);
                        }
                    }
                    last().unwrap_or_default()
                }
            };
            self.documents.insert(path.clone(), Governed { options, configuration });
        }
        // What other documents rest on has been looked at before.
        let all = documents.len() == self.documents.len();
        let gone = self.mistakes.keys().filter(|file| all && !mistakes.contains_key(*file));
        let gone: Vec<PathBuf> = gone.cloned().collect();
        for file in gone {
            self.mistakes.remove(&file);
            self.news.push(file);
        }
        for (file, found) in mistakes {
            if self.mistakes.get(&file) != Some(&found) {
                self.mistakes.insert(file.clone(), found);
                self.news.push(file);
            }
        }
    }

    /// A problem with the file that it is in.
    fn mistake_of(&self, problem: &Problem) -> (PathBuf, Mistake) {
        let source = problem.source();
        let name = match (&source, problem) {
            (Some(source), _) => &source.name,
            (None, Problem::UnreadableSetting { name, .. }) => name,
            (None, _) => "",
        };
        let text = source.as_ref().map(|source| source.text.clone()).unwrap_or_default();
        (self.setup.absolute(Path::new(name)), mistake(problem, text))
    }

    /// The files in which something has become wrong, or right, since this was last asked, with what is wrong now.
    pub(super) fn news(&mut self) -> Vec<(PathBuf, Vec<Mistake>)> {
        let news = std::mem::take(&mut self.news);
        news.into_iter().map(|file| (file.clone(), self.mistakes(&file).to_vec())).collect()
    }

    /// The names of the files of parameters that what holds for documents rests on.
    pub(super) fn parameter_files(&self) -> BTreeSet<String> {
        let configurations = self.documents.values().filter_map(|governed| governed.configuration.as_ref());
        let files = configurations.filter_map(|found| found.file.as_ref().ok());
        let entries = files.flat_map(|file| file.deployments.iter().flat_map(|entry| &entry.files));
        let name = |written: &Written| Some(Path::new(&written.text).file_name()?.to_str()?.to_owned());
        entries.filter_map(name).collect()
    }

    /// What is wrong in a file on disk, as far as it was looked at.
    pub(super) fn mistakes(&self, path: &Path) -> &[Mistake] {
        self.mistakes.get(path).map_or(&[], Vec::as_slice)
    }
}

/// Whether a configuration says what another one says. Files that one with deployments names may have changed.
fn is_same(one: Option<&Configuration>, other: Option<&Configuration>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return one.is_none() && other.is_none() };
    let is_alone = other.file.as_ref().is_ok_and(|file| file.deployments.is_empty());
    let is_wrong = other.file.is_err() && one.file.is_err();
    (one.source.name == other.source.name && one.source.text == other.source.text) && (is_alone || is_wrong)
}

/// What is wrong in the text of a configuration file.
pub(super) fn check(text: &str) -> Vec<Mistake> {
    let errors = config::parse(text, &rules::registry()).err().unwrap_or_default();
    errors.iter().map(|error: &ConfigError| mistake(error, text.to_owned())).collect()
}

fn mistake(error: &dyn Diagnostic, text: String) -> Mistake {
    let label = error.labels().and_then(|mut labels| labels.next());
    let place = label.map_or(0..0, |label| label.offset()..label.offset() + label.len());
    let help = error.help().map(|help| help.to_string());
    Mistake { message: error.to_string(), help, place, text }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::*;
    use crate::project::CONFIG_FILE;

    #[test]
    fn preferences_are_read_wherever_clients_put_them() {
        let mut preferences = Preferences::default();
        preferences.update(&json!({"inlayHints": true}));
        assert!(preferences.hint_routes && preferences.hint_prices);
        preferences
            .update(&json!({"privatelint": {"inlayHints": {"prices": false}, "configuration": "a.toml"}}));
        assert!(preferences.hint_routes && !preferences.hint_prices);
        assert_eq!(preferences.configuration.as_deref(), Some(Path::new("a.toml")));
        preferences.update(&json!({"configuration": null, "inlayHints": {"routes": "yes"}}));
        assert!(preferences.hint_routes, "what is no boolean says nothing");
        assert_eq!(preferences.configuration, None);
        preferences.update(&json!([1, "x"]));
    }

    #[test]
    fn a_mistake_keeps_what_held_before() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(CONFIG_FILE);
        let folder_of_it = folder.path().join("a/b");
        let inner = folder_of_it.join("template.yaml");
        fs::create_dir_all(&folder_of_it).unwrap();
        let mut settings = Settings::default();
        assert!(settings.options(&inner, None).ignore.is_empty());

        fs::write(&file, "ignore = ['acceptance-off']").unwrap();
        assert!(settings.reload(), "a new file");
        assert_eq!(settings.options(&inner, None).ignore, ["acceptance-off"]);
        assert!(!settings.reload(), "nothing new");

        fs::write(&file, "ignore = ['acceptance-of']").unwrap();
        assert!(settings.reload());
        assert_eq!(settings.options(&inner, None).ignore, ["acceptance-off"]);
        let news = settings.news();
        let [(path, mistakes)] = news.as_slice() else { panic!("{news:?}") };
        let [mistake] = mistakes.as_slice() else { panic!("{mistakes:?}") };
        assert_eq!((path, &mistake.text[mistake.place.clone()]), (&file, "'acceptance-of'"));

        fs::remove_file(&file).unwrap();
        assert!(settings.reload());
        assert_eq!(settings.news(), [(file, Vec::new())]);
        assert!(settings.options(&inner, None).ignore.is_empty());
    }
}
