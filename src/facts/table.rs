//! A built-in table of records with an `id`, each parsed on its own when it is first asked for.

use std::sync::OnceLock;

use serde::de::DeserializeOwned;

/// Records in the order of their file, which is sorted by `id`. A run asks for a few of several hundred records, so
/// the file is only cut into pieces; a piece is parsed once, by the first who wants it.
pub(super) struct Table<T> {
    records: Vec<Record<T>>,
}

struct Record<T> {
    id: &'static str,
    text: &'static str,
    value: OnceLock<T>,
}

impl<T: DeserializeOwned> Table<T> {
    /// Cuts `text` where a line begins with `- `: that is where a record begins, its `id` first.
    pub(super) fn new(text: &'static str) -> Self {
        let starts: Vec<usize> =
            memchr::memmem::find_iter(text.as_bytes(), b"\n- ").map(|at| at + 1).collect();
        let ends = starts.iter().skip(1).copied().chain([text.len()]);
        let records = starts
            .iter()
            .zip(ends)
            .map(|(&start, end)| {
                let text = &text[start..end];
                Record { id: leading_id(text), text, value: OnceLock::new() }
            })
            .collect();
        Self { records }
    }

    /// All ids, in order.
    pub(super) fn ids(&self) -> impl Iterator<Item = &'static str> {
        self.records.iter().map(|record| record.id)
    }

    /// The text of each record, in order.
    pub(super) fn texts(&self) -> impl Iterator<Item = &'static str> {
        self.records.iter().map(|record| record.text)
    }

    /// The record with this id.
    pub(super) fn get(&self, id: &str) -> Option<&T> {
        let index = self.records.binary_search_by(|record| record.id.cmp(id)).ok()?;
        self.at(index)
    }

    /// The record at this place of the file.
    pub(super) fn at(&self, index: usize) -> Option<&T> {
        let record = self.records.get(index)?;
        // A record is a list of one item.
        Some(record.value.get_or_init(|| parse::<(T,)>(record.text).0))
    }

    /// All records, in order; parses what was not parsed yet.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        (0..self.records.len()).filter_map(|index| self.at(index))
    }
}

/// The id at the head of a record: `- id: x` or `- {id: 'x', ...}`.
fn leading_id(record: &'static str) -> &'static str {
    let id = record.trim_start_matches(['-', ' ', '{']).trim_start_matches("id: ");
    match id.strip_prefix('\'') {
        Some(quoted) => quoted.split('\'').next().unwrap_or(quoted),
        None => id.split([',', '\r', '\n']).next().unwrap_or(id),
    }
}

/// Reads a built-in table.
#[expect(clippy::expect_used, reason = "the text is part of the program and a test reads every record of it")]
pub(super) fn parse<T: DeserializeOwned>(text: &str) -> T {
    serde_yaml::from_str(text).expect("built-in data follows its schema")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# head\n\n- {id: 'a:b', n: 1}\n- id: c\n  n: 2\n\n- {id: d, n: 3}\n";

    #[derive(serde::Deserialize)]
    struct Row {
        id: String,
        n: u8,
    }

    #[test]
    fn a_lookup_parses_only_what_it_returns() {
        let table = Table::<Row>::new(TEXT);
        assert_eq!(table.ids().collect::<Vec<_>>(), ["a:b", "c", "d"]);
        let row = table.get("c").unwrap();
        assert_eq!((row.id.as_str(), row.n), ("c", 2));
        let parsed: Vec<bool> = table.records.iter().map(|record| record.value.get().is_some()).collect();
        assert_eq!(parsed, [false, true, false]);
        assert!(std::ptr::eq(row, table.get("c").unwrap()), "a record is parsed once");
        assert_eq!(table.iter().map(|row| row.n).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn an_unknown_id_has_no_record() {
        let table = Table::<Row>::new(TEXT);
        assert!(table.get("b").is_none());
        assert!(table.get("").is_none());
        assert!(table.at(3).is_none());
    }
}
