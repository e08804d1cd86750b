//! A baseline: the findings that a project has agreed to live with, so that only new ones are told.
//!
//! A finding is known again by its [fingerprint](crate::diagnostic::Fingerprint), which knows neither lines nor files, and
//! then by its file. What a baseline knows of a file that is gone, it knows of whatever other file shows it: the file was
//! renamed. As long as the file is there, the same finding in another one is new, for that is a copy.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use miette::{Diagnostic, SourceSpan};
use serde::Serialize;
use thiserror::Error;

use super::write::Staged;
use super::{discover, problem};
use crate::config::Options;
use crate::diagnostic::{Finding, identity};
use crate::rules;
use crate::syntax::{self, NodeId, NodeKind, Style, Tree};
use crate::text::{FileId, Source};

/// What `format` says, so that a baseline is not taken for something else, nor something else for a baseline.
const FORMAT: &str = "privatelint baseline";
/// Raised when a key changes its meaning or goes away, or when fingerprints are made in another way.
const VERSION: &str = "1";
/// Of a larger file nothing is read. An entry takes some 400 bytes.
const MAXIMUM_BYTES: usize = 256 << 20;

/// A baseline as it stands in its file.
#[derive(Debug, Default)]
pub struct Baseline {
    /// The folder that file names are relative to, which is that of the baseline.
    folder: PathBuf,
    /// In the file they are in order.
    entries: Vec<Entry>,
}

/// One finding. The fields are in the order in which entries are sorted and written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Entry {
    file: String,
    rule: String,
    owner: Option<String>,
    message: String,
    fingerprint: String,
}

/// What a baseline says of the findings of a run.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Comparison {
    /// For each finding whether the baseline knows it.
    pub(super) known: Vec<bool>,
    /// How many entries stand for nothing any more.
    pub(super) fixed: usize,
}

/// A baseline that cannot be used.
#[derive(Debug, Error, Diagnostic)]
#[error("{message}")]
pub struct BaselineError {
    message: String,
    #[help]
    help: Option<String>,
    #[label("{words}")]
    place: Option<SourceSpan>,
    words: String,
    /// The file, if its text could be read; the place is one in it.
    pub file: Option<Box<Source>>,
}

impl BaselineError {
    fn new(message: String, help: Option<String>) -> Self {
        Self { message, help, place: None, words: String::new(), file: None }
    }
}

/// A place that is not as it must be: start, length, what was expected.
type Misfit = (usize, usize, String);

impl Baseline {
    /// Reads a baseline.
    pub fn read(path: &Path) -> Result<Self, BaselineError> {
        let name = discover::display_name(path);
        let text = fs::read_to_string(path).map_err(|error| {
            let help = (error.kind() == io::ErrorKind::NotFound)
                .then(|| format!("`--write-baseline {name}` makes one of what is found now"));
            BaselineError::new(format!("cannot read the baseline `{name}`: {}", problem::cause(&error)), help)
        })?;
        let entries = entries(&text).map_err(|(start, length, words)| BaselineError {
            message: format!("the baseline `{name}` cannot be used"),
            help: Some(format!("`--write-baseline {name}` writes it anew")),
            place: Some((start, length).into()),
            words,
            file: Some(Box::new(Source::new(name, text))),
        })?;
        Ok(Self { folder: folder(path), entries })
    }

    /// A baseline that will stand at a path and knows nothing yet.
    pub(super) fn at(path: &Path) -> Self {
        Self { folder: folder(path), entries: Vec::new() }
    }

    /// Adds the findings of a file.
    pub(super) fn add(&mut self, findings: &[Finding], file: &str) {
        self.entries.extend(findings.iter().map(|finding| Entry {
            file: file.to_owned(),
            rule: finding.rule.to_owned(),
            owner: finding.primary.owner.clone(),
            message: finding.message.clone(),
            fingerprint: shown(identity(finding)),
        }));
    }

    /// Writes the baseline. A file that is something else is left alone.
    pub(super) fn write(&mut self, path: &Path) -> Result<(), BaselineError> {
        let name = discover::display_name(path);
        if let Ok(present) = fs::read_to_string(path)
            && !present.trim().is_empty()
            && !present.contains(FORMAT)
        {
            let message = format!("`{name}` is there and is no baseline, so it is not written over");
            return Err(BaselineError::new(
                message,
                Some("name another file, or remove this one".to_owned()),
            ));
        }
        self.entries.sort_unstable();
        let written = Staged::beside(path).and_then(|staged| {
            let mut out = BufWriter::new(staged);
            self.write_to(&mut out)?;
            out.into_inner().map_err(io::IntoInnerError::into_error)?.put()
        });
        written.map_err(|error| {
            BaselineError::new(
                format!("cannot write the baseline `{name}`: {}", problem::cause(&error)),
                None,
            )
        })
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it knows nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// As JSON, one entry a line.
    fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        write!(out, "{{\n  \"format\": \"{FORMAT}\",\n  \"version\": {VERSION},\n  \"findings\": [")?;
        for (index, entry) in self.entries.iter().enumerate() {
            let separator = if index == 0 { "" } else { "," };
            write!(out, "{separator}\n    ")?;
            serde_json::to_writer(&mut *out, entry)?;
        }
        out.write_all(if self.entries.is_empty() { b"]\n}\n" } else { b"\n  ]\n}\n" })
    }

    /// The name of a file as entries have it.
    pub(super) fn name_of(&self, path: &Path) -> String {
        let path = absolute(path);
        let common = self.folder.components().zip(path.components()).take_while(|(a, b)| a == b).count();
        let up = self.folder.components().skip(common).map(|_| "..".to_owned());
        let down = path.components().skip(common).map(|part| part.as_os_str().to_string_lossy().into_owned());
        up.chain(down).collect::<Vec<_>>().join("/")
    }

    /// Compares with the identities of the findings of a run, each with the name of its file, and the files that were read, with the options
    /// under which they were checked, if they were.
    pub(super) fn compare(
        &self,
        findings: &[(u128, &str)],
        read: &BTreeMap<&str, Option<&Options>>,
    ) -> Comparison {
        let mut left: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
        for entry in &self.entries {
            left.entry(&entry.fingerprint).or_default().push(entry);
        }
        let files: BTreeSet<&str> = self.entries.iter().map(|entry| entry.file.as_str()).collect();
        let gone: BTreeSet<&str> = files
            .into_iter()
            .filter(|file| !read.contains_key(file) && !self.folder.join(file).exists())
            .collect();
        let mut known = vec![false; findings.len()];
        let mut match_up = |fits: &dyn Fn(&Entry, &str) -> bool| {
            for (known, (identity, file)) in known.iter_mut().zip(findings) {
                let entries = left.get_mut(shown(*identity).as_str()).filter(|_| !*known);
                let Some(entries) = entries else { continue };
                if let Some(index) = entries.iter().position(|entry| fits(entry, file)) {
                    entries.remove(index);
                    *known = true;
                }
            }
        };
        match_up(&|entry, file| entry.file == file);
        match_up(&|entry, _| gone.contains(entry.file.as_str()));
        let runs = |name: &str, options: &Options| {
            rules::find(name).is_none_or(|rule| options.runs(rule.name, rule.persona))
        };
        let is_fixed = |entry: &Entry| match read.get(entry.file.as_str()) {
            Some(options) => options.is_none_or(|options| runs(&entry.rule, options)),
            None => gone.contains(entry.file.as_str()),
        };
        let fixed = left.values().flatten().filter(|entry| is_fixed(entry)).count();
        Comparison { known, fixed }
    }
}

fn shown(identity: u128) -> String {
    format!("{identity:032x}")
}

fn folder(path: &Path) -> PathBuf {
    let path = absolute(path);
    path.parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

/// A path from the root, without links as far as it is there.
fn absolute(path: &Path) -> PathBuf {
    let whole = fs::canonicalize(path);
    let parent = || {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(fs::canonicalize(parent).ok()?.join(path.file_name()?))
    };
    whole.ok().or_else(parent).or_else(|| std::path::absolute(path).ok()).unwrap_or_else(|| path.to_owned())
}

/// The entries in the text of a baseline.
fn entries(text: &str) -> Result<Vec<Entry>, Misfit> {
    if text.len() > MAXIMUM_BYTES {
        return Err((0, 0, format!("more than {} MiB", MAXIMUM_BYTES >> 20)));
    }
    let expected = "expected a JSON object with `format`, `version` and `findings`";
    let start = text.len() - text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).len();
    if !text[start..].starts_with('{') {
        let line = text[start..].lines().next().unwrap_or_default().len();
        return Err((start, line, expected.to_owned()));
    }
    let parsed = syntax::parse_long(text, FileId(0));
    if let Some(error) = parsed.errors.first() {
        let range = error.span.range();
        return Err((range.start, range.len(), format!("expected JSON: {}", error.message)));
    }
    let reader = Reader { tree: &parsed.tree };
    let Some(root) = parsed.tree.root() else { return Err((start, 1, expected.to_owned())) };
    reader.is(root, "format", &format!("\"{FORMAT}\""), |text, quoted| quoted && text == FORMAT)?;
    reader.is(root, "version", VERSION, |text, quoted| !quoted && text == VERSION)?;
    let findings = reader.member(root, "findings")?;
    let NodeKind::Sequence(items) = parsed.tree.node(findings).kind else {
        return Err(reader.misfit(findings, "expected a list of findings".to_owned()));
    };
    parsed.tree.items(items).iter().map(|&item| reader.entry(item)).collect()
}

struct Reader<'a, 't> {
    tree: &'a Tree<'t>,
}

impl Reader<'_, '_> {
    fn entry(&self, item: NodeId) -> Result<Entry, Misfit> {
        let text = |name: &str| {
            let value = self.member(item, name)?;
            self.text(value).ok_or_else(|| self.misfit(value, "expected a text".to_owned()))
        };
        let fingerprint = text("fingerprint")?;
        if fingerprint.len() != 32 || !fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let value = self.member(item, "fingerprint")?;
            return Err(self.misfit(value, "expected 32 hexadecimal digits".to_owned()));
        }
        let owner = self.member(item, "owner")?;
        let node = self.tree.node(owner);
        let owner = match self.text(owner) {
            None if self.tree.text(node) == Some("null") => None,
            None => return Err(self.misfit(owner, "expected a text or `null`".to_owned())),
            owner => owner,
        };
        Ok(Entry { file: text("file")?, rule: text("rule")?, owner, message: text("message")?, fingerprint })
    }

    /// A text in quotes.
    fn text(&self, value: NodeId) -> Option<String> {
        match &self.tree.node(value).kind {
            NodeKind::Scalar(scalar) if scalar.style == Style::DoubleQuoted => {
                Some(self.tree.text_of(scalar).to_owned())
            }
            _ => None,
        }
    }

    fn is(
        &self,
        mapping: NodeId,
        name: &str,
        expected: &str,
        fits: impl Fn(&str, bool) -> bool,
    ) -> Result<(), Misfit> {
        let value = self.member(mapping, name)?;
        match &self.tree.node(value).kind {
            NodeKind::Scalar(scalar)
                if fits(self.tree.text_of(scalar), scalar.style == Style::DoubleQuoted) =>
            {
                Ok(())
            }
            _ => Err(self.misfit(value, format!("expected {expected}"))),
        }
    }

    fn member(&self, mapping: NodeId, name: &str) -> Result<NodeId, Misfit> {
        let NodeKind::Mapping(entries) = self.tree.node(mapping).kind else {
            return Err(self.misfit(mapping, format!("expected a JSON object with `{name}`")));
        };
        let mut entries = self.tree.entries(entries).iter();
        let found = entries.find(|entry| self.tree.text(self.tree.node(entry.key)) == Some(name));
        found.map(|entry| entry.value).ok_or_else(|| {
            let start = self.tree.node(mapping).span.range().start;
            (start, 1, format!("expected `{name}` in this object"))
        })
    }

    fn misfit(&self, node: NodeId, words: String) -> Misfit {
        let range = self.tree.node(node).span.range();
        (range.start, range.len(), words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Label, Severity};
    use crate::text::Span;

    fn finding(owner: &str) -> Finding {
        let primary = Label { owner: Some(owner.to_owned()), span: Span::default(), message: String::new() };
        Finding::new("acceptance-off", Severity::Warning, primary, format!("`{owner}` is \"open\""))
    }

    /// A baseline of findings of these owners in these files, in a folder where only `there.yaml` is.
    fn baseline(findings: &[(&str, &str)]) -> (tempfile::TempDir, Baseline) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("there.yaml"), "").unwrap();
        let mut baseline = Baseline::at(&folder.path().join("b.json"));
        for (owner, file) in findings {
            baseline.add(&[finding(owner)], file);
        }
        (folder, baseline)
    }

    /// Which findings are known, and how many entries are fixed, where the files with findings and these were read.
    fn compared(
        baseline: &Baseline,
        findings: &[(&str, &str)],
        read: &[&str],
        options: &Options,
    ) -> (String, usize) {
        let found: Vec<(u128, &str)> =
            findings.iter().map(|(owner, file)| (identity(&finding(owner)), *file)).collect();
        let read = findings.iter().map(|(_, file)| *file).chain(read.iter().copied());
        let read = read.map(|file| (file, Some(options))).collect();
        let Comparison { known, fixed } = baseline.compare(&found, &read);
        (known.into_iter().map(|known| if known { '=' } else { '+' }).collect(), fixed)
    }

    #[test]
    fn only_what_is_new_is_new() {
        let (_folder, baseline) = baseline(&[("A", "a.yaml"), ("A", "a.yaml"), ("B", "b.yaml")]);
        let options = Options::default();
        let compared =
            |findings: &[(&str, &str)], read: &[&str]| compared(&baseline, findings, read, &options);
        let same = [("A", "a.yaml"), ("A", "a.yaml"), ("B", "b.yaml")];
        assert_eq!(compared(&same, &[]), ("===".to_owned(), 0));
        assert_eq!(
            compared(&[("A", "a.yaml"), ("C", "a.yaml")], &["b.yaml"]),
            ("=+".to_owned(), 2),
            "fixed and new"
        );
        let thrice = [("A", "a.yaml"), ("A", "a.yaml"), ("A", "a.yaml"), ("B", "b.yaml")];
        assert_eq!(compared(&thrice, &[]), ("==+=".to_owned(), 0), "once more");
        assert_eq!(compared(&[], &["a.yaml"]), (String::new(), 3), "and b.yaml is gone");
    }

    #[test]
    fn a_renamed_file_is_known_and_a_copy_is_new() {
        let (_folder, baseline) = baseline(&[("A", "a.yaml"), ("B", "there.yaml")]);
        let options = Options::default();
        let compared =
            |findings: &[(&str, &str)], read: &[&str]| compared(&baseline, findings, read, &options);
        assert_eq!(compared(&[("A", "new.yaml"), ("B", "there.yaml")], &[]), ("==".to_owned(), 0));
        let copy = [("A", "a.yaml"), ("A", "copy.yaml"), ("B", "there.yaml")];
        assert_eq!(compared(&copy, &[]), ("=+=".to_owned(), 0));
        // Its file is there, although this run did not look at it; so nothing is known of its entry.
        assert_eq!(compared(&[("A", "a.yaml"), ("B", "copy.yaml")], &[]), ("=+".to_owned(), 0));
        assert_eq!(compared(&[("A", "a.yaml"), ("B", "copy.yaml")], &["there.yaml"]), ("=+".to_owned(), 1));
    }

    #[test]
    fn what_did_not_run_is_not_fixed() {
        let (_folder, baseline) = baseline(&[("A", "a.yaml")]);
        let options = Options { ignore: vec!["acceptance-off".to_owned()], ..Options::default() };
        assert_eq!(compared(&baseline, &[], &["a.yaml"], &options), (String::new(), 0));
    }

    #[test]
    fn it_reads_what_it_writes_and_is_as_the_schema_says() {
        let (folder, mut baseline) = baseline(&[("B", "b.yaml"), ("A", "größe/a.yaml"), ("A", "b.yaml")]);
        let path = folder.path().join("b.json");
        baseline.write(&path).unwrap();
        let mut again = Baseline::read(&path).unwrap();
        assert_eq!(again.entries, baseline.entries);
        assert!(again.entries.is_sorted());
        again.write(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, written(&baseline));

        let schema: serde_json::Value = serde_json::from_str(include_str!("baseline.schema.json")).unwrap();
        let written: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(schema["properties"]["format"]["const"], FORMAT);
        assert_eq!(schema["properties"]["version"]["const"].to_string(), VERSION);
        let keys = |value: &serde_json::Value| {
            value.as_object().unwrap().keys().cloned().collect::<std::collections::BTreeSet<String>>()
        };
        let required = |schema: &serde_json::Value| {
            let required = schema["required"].as_array().unwrap().iter();
            required
                .map(|key| key.as_str().unwrap().to_owned())
                .collect::<std::collections::BTreeSet<String>>()
        };
        let entry = &schema["properties"]["findings"]["items"];
        for (value, schema) in [(&written, &schema), (&written["findings"][0], entry)] {
            assert_eq!(keys(value), keys(&schema["properties"]));
            assert_eq!(keys(value), required(schema));
        }
    }

    #[test]
    fn one_longer_than_any_template_is_read_again() {
        let (folder, mut baseline) = baseline(&[]);
        for index in 0..25_000 {
            let mut one = finding(&format!("Service{index}"));
            one.message = "x".repeat(250);
            baseline.add(&[one], "a.yaml");
        }
        let path = folder.path().join("b.json");
        baseline.write(&path).unwrap();
        assert!(fs::metadata(&path).unwrap().len() > syntax::MAXIMUM_BYTES as u64);
        assert_eq!(Baseline::read(&path).unwrap().entries, baseline.entries);
    }

    fn written(baseline: &Baseline) -> String {
        let mut bytes = Vec::new();
        baseline.write_to(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn an_empty_one_is_json() {
        let text = written(&Baseline::default());
        assert_eq!(entries(&text), Ok(Vec::new()));
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let head = r#"{"format": "privatelint baseline", "version": 1, "findings": "#;
        let entry = |owner: &str, fingerprint: &str| {
            format!(
                r#"{head}[{{"file": "a", "rule": "r", "owner": {owner}, "message": "m", "fingerprint": {fingerprint}}}]}}"#
            )
        };
        for (text, place, words) in [
            ("Resources: {}".to_owned(), "Resources: {}", "expected a JSON object with `format`"),
            (String::new(), "", "expected a JSON object"),
            (r#"{"findings": []}"#.to_owned(), "{", "expected `format` in this object"),
            (r#"{"format": "other"}"#.to_owned(), "\"other\"", "expected \"privatelint baseline\""),
            (head.replace('1', "2") + "[]}", "2", "expected 1"),
            (head.replace('1', "\"1\"") + "[]}", "\"1\"", "expected 1"),
            (format!("{head}{{}}}}"), "{}", "expected a list of findings"),
            (format!("{head}[3]}}"), "3", "expected a JSON object with `fingerprint`"),
            (entry("null", "\"12\""), "\"12\"", "expected 32 hexadecimal digits"),
            (entry("null", "12"), "12", "expected a text"),
            (entry("7", &format!("\"{}\"", "0".repeat(32))), "7", "expected a text or `null`"),
            (format!("{head}[\n<<<<<<< HEAD\n]}}"), "<<<<<<<", "expected a JSON object"),
            (format!("{head}[,]}}"), ",", "expected JSON: "),
        ] {
            let (start, length, told) = entries(&text).unwrap_err();
            assert!(told.starts_with(words), "{text}: {told}");
            assert!(
                text[start..start + length].starts_with(place),
                "{text}: {}",
                &text[start..start + length]
            );
        }
    }
}
