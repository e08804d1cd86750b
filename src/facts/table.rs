//! A built-in table of records with an `id`, each parsed on its own when it is first asked for.

use std::sync::OnceLock;

use serde::de::DeserializeOwned;

/// Records in the order of their file, which is sorted by `id`. A run asks for a few of several hundred records; one is
/// parsed once, by the first who wants it.
pub(super) struct Table<T> {
    /// The id of each record, and the record as JSON.
    records: &'static [(&'static str, &'static str)],
    /// In boxes, so that little memory is touched for records that nobody asks for.
    values: Vec<OnceLock<Box<T>>>,
}

impl<T: DeserializeOwned> Table<T> {
    /// A table as the build script leaves it.
    pub(super) fn new(records: &'static [(&'static str, &'static str)]) -> Self {
        Self { records, values: records.iter().map(|_| OnceLock::new()).collect() }
    }

    /// All ids, in order.
    pub(super) fn ids(&self) -> impl Iterator<Item = &'static str> {
        self.records.iter().map(|(id, _)| *id)
    }

    /// The text of each record, in order.
    pub(super) fn texts(&self) -> impl Iterator<Item = &'static str> {
        self.records.iter().map(|(_, text)| *text)
    }

    /// The record with this id.
    pub(super) fn get(&self, id: &str) -> Option<&T> {
        let index = self.records.binary_search_by(|(known, _)| (*known).cmp(id)).ok()?;
        self.at(index)
    }

    /// The record at this place of the file.
    pub(super) fn at(&self, index: usize) -> Option<&T> {
        let (_, text) = self.records.get(index)?;
        Some(self.values.get(index)?.get_or_init(|| Box::new(parse(text))))
    }

    /// All records, in order; parses what was not parsed yet.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        (0..self.records.len()).filter_map(|index| self.at(index))
    }
}

/// Reads a built-in table, or a record of one.
#[expect(clippy::expect_used, reason = "the text is part of the program and a test reads every record of it")]
pub(super) fn parse<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).expect("built-in data follows its schema")
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDS: &[(&str, &str)] =
        &[("a:b", r#"{"id":"a:b","n":1}"#), ("c", r#"{"id":"c","n":2}"#), ("d", r#"{"id":"d","n":3}"#)];

    #[derive(serde::Deserialize)]
    struct Row {
        id: String,
        n: u8,
    }

    #[test]
    fn a_lookup_parses_only_what_it_returns() {
        let table = Table::<Row>::new(RECORDS);
        assert_eq!(table.ids().collect::<Vec<_>>(), ["a:b", "c", "d"]);
        let row = table.get("c").unwrap();
        assert_eq!((row.id.as_str(), row.n), ("c", 2));
        let parsed: Vec<bool> = table.values.iter().map(|value| value.get().is_some()).collect();
        assert_eq!(parsed, [false, true, false]);
        assert!(std::ptr::eq(row, table.get("c").unwrap()), "a record is parsed once");
        assert_eq!(table.iter().map(|row| row.n).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn an_unknown_id_has_no_record() {
        let table = Table::<Row>::new(RECORDS);
        assert!(table.get("b").is_none());
        assert!(table.get("").is_none());
        assert!(table.at(3).is_none());
    }
}
