//! Which files of the given paths may be templates, in the order of their names.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ignore::{WalkBuilder, WalkState};

use super::{Problem, Request};

/// Extensions that a template in a folder may have.
const EXTENSIONS: &[&str] = &["yaml", "yml", "json", "template", "j2"];

/// A file to look at. There may be very many, so the name is made from the path when it is shown.
#[derive(Debug)]
pub(super) struct Candidate {
    /// Where it is; of the standard input, the name that it goes by.
    pub(super) path: Box<Path>,
    pub(super) origin: Origin,
    /// Whether the user says that it is a template.
    pub(super) is_said_to_be_one: bool,
}

impl Candidate {
    /// For display: as the user typed it, joined with the way from there, with `/`.
    pub(super) fn name(&self) -> Cow<'_, str> {
        if self.origin == Origin::Stdin { self.path.to_string_lossy() } else { shown(&self.path) }
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
    Walked { root: u32 },
}

/// All files to look at, each once, and what is wrong with the paths.
pub(super) fn discover(request: &Request) -> (Vec<Candidate>, Vec<Problem>) {
    let mut candidates = Vec::new();
    let mut problems = Vec::new();
    for (root, path) in request.paths.iter().enumerate() {
        if path.as_os_str() == "-" {
            let name = request.stdin_name.as_deref().unwrap_or("<stdin>");
            candidates.push(Candidate {
                path: Path::new(name).into(),
                origin: Origin::Stdin,
                is_said_to_be_one: !request.templates_only,
            });
            continue;
        }
        match path.metadata() {
            Ok(metadata) if metadata.is_dir() => {
                walk(path, root as u32, &mut candidates, &mut problems);
            }
            Ok(_) => candidates.push(Candidate {
                path: path.as_path().into(),
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
        .sort_by(|left, right| (left.name(), left.origin.rank()).cmp(&(right.name(), right.origin.rank())));
    if request.paths.len() > 1 {
        remove_repeated(&mut candidates);
    }
    problems.sort_by_key(ToString::to_string);
    (candidates, problems)
}

impl Origin {
    fn rank(self) -> u32 {
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
        let Candidate { path, origin, .. } = &candidates[index];
        let place = match origin {
            // No file, whatever it is called.
            Origin::Stdin => PathBuf::new(),
            Origin::Named | Origin::Walked { .. } => {
                path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
            }
        };
        keep[index] = seen.insert(place);
    }
    let mut keep = keep.into_iter();
    candidates.retain(|_| keep.next().unwrap_or(true));
}

/// A path for display: `/` everywhere, no `./` before it.
pub(super) fn display_name(path: &Path) -> String {
    shown(path).into_owned()
}

/// As [`display_name`], without a copy where the path itself is shown.
fn shown(path: &Path) -> Cow<'_, str> {
    fn stripped(mut name: &str) -> &str {
        // `trim_start_matches` takes longer, and names are compared often.
        while let Some(rest) = name.strip_prefix("./") {
            name = rest;
        }
        if name.is_empty() { "." } else { name }
    }
    let name = path.to_str().map_or_else(|| path.to_string_lossy(), Cow::Borrowed);
    let name = if MAIN_SEPARATOR == '/' { name } else { name.replace('\\', "/").into() };
    match name {
        Cow::Borrowed(name) => Cow::Borrowed(stripped(name)),
        Cow::Owned(name) => Cow::Owned(stripped(&name).to_owned()),
    }
}

/// Finds the files of one folder with the ignore files that hold there. Links are not followed, so that the walk
/// ends and no file is seen twice.
fn walk(folder: &Path, root: u32, candidates: &mut Vec<Candidate>, problems: &mut Vec<Problem>) {
    let found = Mutex::new((candidates, problems));
    let threads = rayon::current_num_threads();
    WalkBuilder::new(folder).require_git(false).threads(threads).build_parallel().run(|| {
        Box::new(|entry| {
            let is_wanted = entry.as_ref().map_or(true, is_candidate);
            if is_wanted {
                let (candidates, problems) = &mut *found.lock().unwrap_or_else(PoisonError::into_inner);
                match entry {
                    Ok(entry) => candidates.push(Candidate {
                        path: entry.into_path().into(),
                        origin: Origin::Walked { root },
                        is_said_to_be_one: false,
                    }),
                    Err(error) => problems.push(walk_problem(folder, &error)),
                }
            }
            WalkState::Continue
        })
    });
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
