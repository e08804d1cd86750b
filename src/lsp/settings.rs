//! What the user has set: the configuration file that holds for a document, and preferences of the editor.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::Diagnostic;
use serde_json::Value;

use crate::config::{self, Options};
use crate::rules;

/// Name of a configuration file.
pub(super) const FILE_NAME: &str = "privatelint.toml";

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

/// The configuration files that were looked at.
#[derive(Debug, Default)]
pub(super) struct Settings {
    defaults: Arc<Options>,
    /// The file that holds in a folder.
    nearest: BTreeMap<PathBuf, Option<PathBuf>>,
    files: BTreeMap<PathBuf, File>,
    news: Vec<(PathBuf, Option<Mistake>)>,
}

#[derive(Debug)]
struct File {
    /// Of the last text without a mistake, else the defaults: a slip of the pen does not bring back all that is ignored.
    options: Arc<Options>,
    text: String,
    mistake: Option<Mistake>,
}

impl Settings {
    /// The options that hold in a folder; the nearest configuration file there or above, unless one is named.
    pub(super) fn options(&mut self, folder: Option<&Path>, named: Option<&Path>) -> Arc<Options> {
        let path = match (named, folder) {
            (Some(named), _) => Some(named.to_owned()),
            (None, Some(folder)) => self.nearest(folder),
            (None, None) => None,
        };
        let Some(path) = path else { return Arc::clone(&self.defaults) };
        if !self.files.contains_key(&path) {
            self.read(&path);
        }
        self.files.get(&path).map_or_else(|| Arc::clone(&self.defaults), |file| Arc::clone(&file.options))
    }

    fn nearest(&mut self, folder: &Path) -> Option<PathBuf> {
        if let Some(found) = self.nearest.get(folder) {
            return found.clone();
        }
        let mut candidates = folder.ancestors().map(|folder| folder.join(FILE_NAME));
        let found = candidates.find(|candidate| candidate.is_file());
        self.nearest.insert(folder.to_owned(), found.clone());
        found
    }

    /// Looks at the disk again. Whether anything may hold now that did not.
    pub(super) fn reload(&mut self) -> bool {
        let nearest = std::mem::take(&mut self.nearest);
        let mut changed = false;
        for (folder, before) in nearest {
            changed |= self.nearest(&folder) != before;
        }
        let paths: Vec<PathBuf> = self.files.keys().cloned().collect();
        for path in paths {
            changed |= self.read(&path);
        }
        changed
    }

    /// What has become wrong, or right, since this was last asked.
    pub(super) fn news(&mut self) -> Vec<(PathBuf, Option<Mistake>)> {
        std::mem::take(&mut self.news)
    }

    /// What is wrong in a file on disk, as far as it was looked at.
    pub(super) fn mistake(&self, path: &Path) -> Option<&Mistake> {
        self.files.get(path)?.mistake.as_ref()
    }

    /// Reads a file; whether it has another text than before.
    fn read(&mut self, path: &Path) -> bool {
        let before = self.files.remove(path);
        let mistake_before = before.as_ref().and_then(|file| file.mistake.clone());
        let (text, result) = match fs::read_to_string(path) {
            Ok(text) => (text.clone(), check(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound && before.is_some() => {
                if mistake_before.is_some() {
                    self.news.push((path.to_owned(), None));
                }
                return true;
            }
            Err(error) => (String::new(), Err(unreadable(path, &error))),
        };
        let last_good = before.as_ref().map(|file| Arc::clone(&file.options));
        let is_same = |before: &File| before.text == text && before.mistake.as_ref() == result.as_ref().err();
        if let Some(before) = before.filter(is_same) {
            self.files.insert(path.to_owned(), before);
            return false;
        }
        let (options, mistake) = match result {
            Ok(options) => (Arc::new(options), None),
            Err(mistake) => (last_good.unwrap_or_else(|| Arc::clone(&self.defaults)), Some(mistake)),
        };
        if mistake != mistake_before {
            self.news.push((path.to_owned(), mistake.clone()));
        }
        self.files.insert(path.to_owned(), File { options, text, mistake });
        true
    }
}

/// Reads the text of a configuration file.
pub(super) fn check(text: &str) -> Result<Options, Mistake> {
    let names: Vec<&str> = rules::all().iter().map(|rule| rule.name).collect();
    config::parse(text, &names).map_err(|error| {
        let label = error.labels().and_then(|mut labels| labels.next());
        let place = label.map_or(0..0, |label| label.offset()..label.offset() + label.len());
        let help = error.help().map(|help| help.to_string());
        Mistake { message: error.to_string(), help, place, text: text.to_owned() }
    })
}

fn unreadable(path: &Path, error: &io::Error) -> Mistake {
    let message = format!("cannot read the configuration file `{}`: {error}", path.display());
    Mistake { message, help: None, place: 0..0, text: String::new() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
        let file = folder.path().join(FILE_NAME);
        let inner = folder.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        let mut settings = Settings::default();
        assert!(settings.options(Some(&inner), None).ignore.is_empty());

        fs::write(&file, "ignore = ['acceptance-off']").unwrap();
        assert!(settings.reload(), "a new file");
        assert_eq!(settings.options(Some(&inner), None).ignore, ["acceptance-off"]);
        assert!(!settings.reload(), "nothing new");

        fs::write(&file, "ignore = ['acceptance-of']").unwrap();
        assert!(settings.reload());
        assert_eq!(settings.options(Some(&inner), None).ignore, ["acceptance-off"]);
        let news = settings.news();
        let [(path, Some(mistake))] = news.as_slice() else { panic!("{news:?}") };
        assert_eq!((path, &mistake.text[mistake.place.clone()]), (&file, "'acceptance-of'"));

        fs::remove_file(&file).unwrap();
        assert!(settings.reload());
        assert_eq!(settings.news(), [(file, None)]);
        assert!(settings.options(Some(&inner), None).ignore.is_empty());
    }
}
