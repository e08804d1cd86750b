//! Which files of the given paths may be templates, in the order of their names.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use ignore::{WalkBuilder, WalkState};

use super::{Problem, Request};

/// Extensions that a template in a folder may have.
const EXTENSIONS: &[&str] = &["yaml", "yml", "json", "template", "j2"];

/// A file to look at.
#[derive(Debug)]
pub(super) struct Candidate {
    /// For display: as the user typed it, joined with the way from there, with `/`.
    pub(super) name: String,
    /// Where it is; empty for the standard input.
    pub(super) path: PathBuf,
    pub(super) origin: Origin,
    /// Whether the user says that it is a template.
    pub(super) is_said_to_be_one: bool,
}

impl Candidate {
    /// Where it stands as far as configuration goes: the standard input stands where its name says.
    pub(super) fn place(&self) -> &Path {
        if self.origin == Origin::Stdin { Path::new(&self.name) } else { &self.path }
    }
}

/// How a file came to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The standard input.
    Stdin,
    /// Named by the user.
    Named,
    /// Found in the folder with this index among the request's paths.
    Walked { root: usize },
}

/// All files to look at, each once, and what is wrong with the paths.
pub(super) fn discover(request: &Request) -> (Vec<Candidate>, Vec<Problem>) {
    let mut candidates = Vec::new();
    let mut problems = Vec::new();
    for (root, path) in request.paths.iter().enumerate() {
        if path.as_os_str() == "-" {
            let name = request.stdin_name.clone().unwrap_or_else(|| "<stdin>".to_owned());
            candidates.push(Candidate {
                name,
                path: PathBuf::new(),
                origin: Origin::Stdin,
                is_said_to_be_one: !request.templates_only,
            });
            continue;
        }
        match path.metadata() {
            Ok(metadata) if metadata.is_dir() => walk(path, root, &mut candidates, &mut problems),
            Ok(_) => candidates.push(Candidate {
                name: display_name(path),
                path: path.clone(),
                origin: Origin::Named,
                is_said_to_be_one: !request.templates_only,
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                problems.push(Problem::Missing { name: display_name(path) });
            }
            Err(error) => problems.push(Problem::unreadable(display_name(path), &error)),
        }
    }
    // A file that is named and also lies in a named folder is one that the user named.
    candidates
        .sort_by(|left, right| (&left.name, left.origin.rank()).cmp(&(&right.name, right.origin.rank())));
    if request.paths.len() > 1 {
        remove_repeated(&mut candidates);
    }
    problems.sort_by_key(ToString::to_string);
    (candidates, problems)
}

impl Origin {
    fn rank(self) -> usize {
        match self {
            Self::Stdin => 0,
            Self::Named => 1,
            Self::Walked { root } => 2 + root,
        }
    }
}

/// Drops files that were reached by two of the given paths.
fn remove_repeated(candidates: &mut Vec<Candidate>) {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by_key(|index| candidates[*index].origin.rank());
    let mut seen = HashSet::new();
    let mut keep = vec![true; candidates.len()];
    for index in order {
        let path = &candidates[index].path;
        let place = path.canonicalize().unwrap_or_else(|_| path.clone());
        keep[index] = seen.insert(place);
    }
    let mut keep = keep.into_iter();
    candidates.retain(|_| keep.next().unwrap_or(true));
}

/// A path for display: `/` everywhere, no `./` before it.
pub(super) fn display_name(path: &Path) -> String {
    let name = path.to_string_lossy();
    let name = if std::path::MAIN_SEPARATOR == '/' { name } else { name.replace('\\', "/").into() };
    let stripped = name.trim_start_matches("./");
    if stripped.is_empty() { ".".to_owned() } else { stripped.to_owned() }
}

/// Finds the files of one folder with the ignore files that hold there. Links are not followed, so that the walk
/// ends and no file is seen twice.
fn walk(folder: &Path, root: usize, candidates: &mut Vec<Candidate>, problems: &mut Vec<Problem>) {
    let (sender, receiver) = mpsc::channel();
    WalkBuilder::new(folder).require_git(false).build_parallel().run(|| {
        let sender = sender.clone();
        Box::new(move |entry| {
            let sent = match entry {
                Ok(entry) if is_candidate(&entry) => sender.send(Ok(entry.into_path())),
                Ok(_) => Ok(()),
                Err(error) => sender.send(Err(error)),
            };
            if sent.is_ok() { WalkState::Continue } else { WalkState::Quit }
        })
    });
    drop(sender);
    for found in receiver {
        match found {
            Ok(path) => {
                let name = display_name(&path);
                candidates.push(Candidate {
                    name,
                    path,
                    origin: Origin::Walked { root },
                    is_said_to_be_one: false,
                });
            }
            Err(error) => problems.push(walk_problem(folder, &error)),
        }
    }
}

fn is_candidate(entry: &ignore::DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_file())
        && entry
            .path()
            .extension()
            .and_then(|extension| extension.to_str())
            .is_some_and(|extension| EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

fn walk_problem(folder: &Path, error: &ignore::Error) -> Problem {
    let mut place = folder;
    let mut inner = error;
    loop {
        match inner {
            ignore::Error::WithPath { path, err } => {
                place = path;
                inner = err;
            }
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => inner = err,
            ignore::Error::Io(cause) => return Problem::unreadable(display_name(place), cause),
            other => {
                return Problem::Unreadable { name: display_name(place), cause: other.to_string() };
            }
        }
    }
}
