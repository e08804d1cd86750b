//! What a run depends on, and how to tell that it has changed.
//!
//! Files are looked at again and again, where the system could be asked to send news: a folder on a network drive or
//! mounted into a container sends none, a large tree takes more watches than a user may have, and ignored folders would
//! have to be watched to be passed over. A look costs a walk and no reading.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::discover;
use super::{CONFIG_FILE, Request};

/// Files that say how templates are checked, and are not themselves among what is looked through for templates.
const SETTINGS: &[&str] = &[CONFIG_FILE, "samconfig.toml"];

/// All files that a run depends on, as they were at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot(BTreeMap<String, Stamp>);

/// What differs between two states of a file, without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
}

impl Snapshot {
    /// The templates below paths, the configuration files that may govern them, and other files.
    pub fn of(paths: &[PathBuf], others: &[PathBuf]) -> Self {
        let request = Request { paths: paths.to_vec(), ..Request::default() };
        let (candidates, _) = discover::discover(&request);
        let here = env::current_dir().unwrap_or_default();
        let mut folders = BTreeSet::new();
        for folder in
            paths.iter().map(PathBuf::as_path).chain(candidates.iter().filter_map(|it| it.path.parent()))
        {
            for way in here.join(folder).ancestors() {
                if !folders.insert(way.to_owned()) {
                    break;
                }
            }
        }
        let mut stamps = BTreeMap::new();
        let mut add = |name: String, path: &Path| {
            if let Some(stamp) = stamp(path) {
                stamps.insert(name, stamp);
            }
        };
        for folder in folders {
            for name in SETTINGS {
                let file = folder.join(name);
                add(discover::display_name(file.strip_prefix(&here).unwrap_or(&file)), &file);
            }
        }
        for path in others {
            add(discover::display_name(path), path);
        }
        for candidate in candidates {
            add(candidate.name().into_owned(), &candidate.path);
        }
        Self(stamps)
    }

    /// The names of the files that have come, gone or changed since an earlier moment.
    pub fn changed_since(&self, earlier: &Self) -> Vec<String> {
        let names: BTreeSet<&String> = self.0.keys().chain(earlier.0.keys()).collect();
        names.into_iter().filter(|name| self.0.get(*name) != earlier.0.get(*name)).cloned().collect()
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    Some(Stamp { modified: metadata.modified().ok(), bytes: metadata.len() })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_comes_goes_and_changes_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
        fs::create_dir(folder.join("ignored")).unwrap();
        for (name, text) in
            [("a.yaml", "a"), ("b.json", "b"), (".gitignore", "ignored/\n"), ("known.json", "{}")]
        {
            write(name, text);
        }
        let others = [folder.join("known")];
        let look = || Snapshot::of(&[folder.to_owned()], &others);
        let first = look();
        assert_eq!(look(), first);
        for name in ["ignored/c.yaml", "readme.txt"] {
            write(name, "new");
        }
        assert_eq!(look(), first, "neither is checked");
        write("a.yaml", "longer");
        write("c.yaml", "c");
        write("known", "k");
        write(CONFIG_FILE, "");
        fs::remove_file(folder.join("b.json")).unwrap();
        let second = look();
        let prefix = format!("{}/", discover::display_name(folder));
        let names: Vec<String> =
            second.changed_since(&first).iter().map(|name| name.replace(&prefix, "")).collect();
        assert_eq!(names, ["a.yaml", "b.json", "c.yaml", "known", CONFIG_FILE]);
        assert!(second.changed_since(&second).is_empty());
    }
}
