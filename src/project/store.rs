//! What was found in the files of a run: in memory as long as it is little, beyond that in a temporary file, so that a
//! folder of any size fits into memory.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::diagnostic::{Finding, Suppressed};
use crate::engine::FileReport;
use crate::report::{Part, Totals};

/// How many bytes stay in memory.
const IN_MEMORY: usize = 4 << 20;
/// What a finding takes, with its texts and labels.
const OF_A_FINDING: usize = 2 << 10;

/// What was found in one file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Found {
    /// The text; none where nothing points into it.
    #[serde(skip)]
    pub(super) text: String,
    /// Each finding by itself.
    pub(super) findings: Vec<Finding>,
    pub(super) suppressed: Vec<Suppressed>,
}

/// Where it is now. In most files of a folder nothing is found.
#[derive(Debug, Default)]
pub(super) enum Kept {
    #[default]
    Nothing,
    Here(Box<Found>),
    Away(Box<Away>),
}

/// What is known of that which lies in the temporary file.
#[derive(Debug)]
pub(super) struct Away {
    place: Place,
    /// How much it is with what is said together, so that nothing is brought back to be counted.
    pub(super) totals: Totals,
    /// Rules and pages of the findings and of what is suppressed: parts of the program, which stay where they are.
    fixed: Vec<(&'static str, Option<&'static str>)>,
}

/// A place in the temporary file.
#[derive(Debug, Clone, Copy)]
struct Place {
    start: u64,
    text: usize,
    rest: usize,
}

impl Away {
    fn new(place: Place, Found { findings, suppressed, .. }: Found) -> Self {
        let all = findings.iter().chain(suppressed.iter().map(|it| &it.finding));
        let fixed = all.map(|finding| (finding.rule, finding.url)).collect();
        let FileReport { findings, suppressed, .. } =
            FileReport { findings, suppressed, ..FileReport::default() }.said_once();
        let mut totals = Totals::default();
        totals.add(&Part { findings, suppressed, ..Part::default() });
        Self { place, totals, fixed }
    }
}

/// Where what was found is kept.
#[derive(Debug)]
pub(super) struct Store {
    room: AtomicUsize,
    file: Mutex<Option<File>>,
}

impl Default for Store {
    fn default() -> Self {
        Self { room: AtomicUsize::new(IN_MEMORY), file: Mutex::default() }
    }
}

impl Store {
    /// Keeps what was found in a file.
    pub(super) fn keep(&self, found: Found) -> Kept {
        let count = found.findings.len() + found.suppressed.len();
        if count == 0 {
            return Kept::Nothing;
        }
        let size = found.text.len() + count * OF_A_FINDING;
        let taken =
            self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |room| room.checked_sub(size));
        if taken.is_err()
            && let Ok(place) = self.put_away(&found)
        {
            return Kept::Away(Box::new(Away::new(place, found)));
        }
        // Where there is no room on the disk, there may be some in memory.
        Kept::Here(Box::new(found))
    }

    fn put_away(&self, found: &Found) -> io::Result<Place> {
        let rest = serde_json::to_vec(found)?;
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match &mut *file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        let start = file.seek(SeekFrom::End(0))?;
        file.write_all(found.text.as_bytes())?;
        file.write_all(&rest)?;
        Ok(Place { start, text: found.text.len(), rest: rest.len() })
    }

    /// What was found in a file.
    pub(super) fn get<'k>(&self, kept: &'k Kept) -> io::Result<Cow<'k, Found>> {
        match kept {
            Kept::Nothing => Ok(Cow::default()),
            Kept::Here(found) => Ok(Cow::Borrowed(found)),
            Kept::Away(away) => self.bring_back(away).map(Cow::Owned),
        }
    }

    /// What was found in a file and is not in memory.
    pub(super) fn bring_back(&self, away: &Away) -> io::Result<Found> {
        let mut text = vec![0; away.place.text];
        let mut rest = vec![0; away.place.rest];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let file = file.as_mut().ok_or(io::ErrorKind::NotFound)?;
        file.seek(SeekFrom::Start(away.place.start))?;
        file.read_exact(&mut text)?;
        file.read_exact(&mut rest)?;
        let mut found: Found = serde_json::from_slice(&rest)?;
        found.text = String::from_utf8(text).map_err(io::Error::other)?;
        let all = found.findings.iter_mut().chain(found.suppressed.iter_mut().map(|it| &mut it.finding));
        for (finding, (rule, url)) in all.zip(&away.fixed) {
            (finding.rule, finding.url) = (rule, *url);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Applicability, Edit, Label, Severity};
    use crate::text::{FileId, Span};

    fn found(number: usize) -> Found {
        let span = Span::new(FileId(7), number, number + 1);
        let primary = Label { owner: Some("A".to_owned()), span, message: "größe\n".to_owned() };
        let mut finding = Finding::new("a-rule", Severity::Error, primary, format!("finding {number}"));
        finding.label(None, span, "there").why("why").help("help").symptom("symptom").together("all");
        finding.fix(Applicability::Safe, "title", Some(vec![Edit { span, text: "\0".to_owned() }]));
        (finding.url, finding.when) = (Some("https://example.com"), Some("when".to_owned()));
        let suppressed = Suppressed { finding: finding.clone(), span, reason: Some("reason".to_owned()) };
        Found { text: "x".repeat(100_000 + number), findings: vec![finding], suppressed: vec![suppressed] }
    }

    #[test]
    fn what_is_put_away_comes_back_as_it_was() {
        let store = Store::default();
        let all: Vec<Kept> = (0..100).map(|number| store.keep(found(number))).collect();
        let away = all.iter().filter(|kept| matches!(kept, Kept::Away(_))).count();
        assert!((50..75).contains(&away), "{away}");
        for (number, kept) in all.iter().enumerate().rev() {
            let (before, now) = (found(number), store.get(kept).unwrap());
            assert_eq!(
                (&before.text, &before.findings, &before.suppressed),
                (&now.text, &now.findings, &now.suppressed)
            );
        }
    }

    #[test]
    fn what_is_put_away_is_counted_as_it_will_be_told() {
        let mut found = found(0);
        found.text = "x".repeat(IN_MEMORY);
        let together = |name: &str| {
            let mut finding = found.findings[0].clone();
            finding.primary.owner = Some(name.to_owned());
            finding.together("all of {count}");
            finding
        };
        found.findings = vec![together("A"), together("B"), found.findings[0].clone()];
        let Kept::Away(away) = Store::default().keep(found) else { panic!("it is in memory") };
        let Totals { files_with_findings, findings, suppressed, safe_fixes, .. } = away.totals;
        assert_eq!((files_with_findings, findings.errors, suppressed, safe_fixes), (1, 2, 1, 2));
    }

    #[test]
    fn texts_that_nothing_points_into_are_dropped() {
        let kept = Store::default().keep(Found { text: "x".to_owned(), ..Found::default() });
        assert!(matches!(kept, Kept::Nothing));
    }
}
