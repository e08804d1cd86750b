//! Tests of discovery and of the way from files to a report, with a linter of their own.

use std::fs;
use std::path::Path;

use super::*;
use crate::diagnostic::{Finding, Label, Severity};
use crate::text::Span;

/// Every text with `AWS::` is a template; every `BAD` in it is a finding.
fn lint(text: &str, file: FileId, _: &Options) -> FileReport {
    let findings = text.match_indices("BAD").map(|(start, found)| {
        let place =
            Label { owner: None, span: Span::new(file, start, start + found.len()), message: String::new() };
        Finding::new("bad", Severity::Error, place, "bad")
    });
    FileReport { is_template: text.contains("AWS::"), findings: findings.collect(), ..FileReport::default() }
}

fn run(paths: &[&Path]) -> Run {
    checked(paths).1
}

/// The names of the files that were looked at, and what was found.
fn checked(paths: &[&Path]) -> (Vec<String>, Run) {
    let request =
        Request { paths: paths.iter().map(|path| path.to_path_buf()).collect(), ..Request::default() };
    let setup = Setup::fixed(Options::default());
    let checked = Checked::of(&request, &setup, &|_, _| {}, lint);
    (checked.files.iter().map(|file| file.name().into_owned()).collect(), checked.run(&request, &setup))
}

fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

const GOOD: &str = "Resources: {A: {Type: AWS::EC2::VPC}}\n";
const BAD: &str = "Resources: {A: {Type: AWS::EC2::VPC, BAD: 1}}\n";

fn within(folder: &Path, names: &[String]) -> Vec<String> {
    let prefix = format!("{}/", display(folder));
    names.iter().map(|name| name.strip_prefix(&prefix).unwrap_or(name).to_owned()).collect()
}

fn display(path: &Path) -> String {
    discover::display_name(path)
}

#[test]
fn walks_folders_and_respects_ignore_files() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "b.yaml", GOOD);
    write(folder, "a.yml", BAD);
    write(folder, "c/d.JSON", GOOD);
    write(folder, "c/e.template", BAD);
    write(folder, "c/readme.txt", BAD);
    write(folder, "values.yaml", "a: 1\n");
    write(folder, "ignored/f.yaml", BAD);
    write(folder, ".hidden/g.yaml", BAD);
    write(folder, ".gitignore", "ignored/\n");
    let (names, run) = checked(&[folder]);
    assert_eq!(within(folder, &names), ["a.yml", "b.yaml", "c/d.JSON", "c/e.template", "values.yaml"]);
    assert_eq!(run.report.totals.templates, 4);
    assert_eq!(run.problems, []);
}

#[test]
fn ids_point_to_the_right_texts() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..20 {
        let text = if number % 3 == 0 { BAD.replace('A', &format!("A{number}")) } else { GOOD.to_owned() };
        write(folder.path(), &format!("{number:02}.yaml"), text.replace("BA0D", "BAD"));
    }
    write(folder.path(), "00.yaml", BAD);
    let run = run(&[folder.path()]);
    let mut spans = Vec::new();
    let read = run.report.each(&mut |part| {
        assert!(!part.findings.is_empty());
        for finding in &part.findings {
            let span = finding.primary.span;
            assert_eq!(part.sources.get(span.file).slice(span), "BAD");
            spans.push(span);
        }
        Ok(())
    });
    assert!(read.is_ok() && !spans.is_empty() && spans.is_sorted());
    assert_eq!(run.report.totals.files_with_findings, spans.len());
}

#[test]
fn a_file_reached_twice_is_checked_once() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.yaml", BAD);
    let file = folder.path().join("a.yaml");
    let roundabout = folder.path().join(".").join("a.yaml");
    let run = run(&[folder.path(), &file, &roundabout]);
    assert_eq!(run.report.totals.findings.all(), 1);
}

#[test]
fn says_what_could_not_be_checked_and_checks_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "good.yaml", GOOD);
    write(folder, "latin.yaml", b"Resources: # caf\xe9\n  A: {Type: AWS::EC2::VPC}\n");
    write(folder, "notes.txt", "hello");
    write(folder, "empty.yaml", "");
    write(folder, "types.yaml", "Resources: {}\n");
    fs::create_dir(folder.join("nothing")).unwrap();
    let path = |name: &str| folder.join(name);
    let name = |name: &str| display(&folder.join(name));
    let paths = ["good.yaml", "latin.yaml", "notes.txt", "empty.yaml", "types.yaml", "gone.yaml", "nothing"]
        .map(path);
    let run = run(&paths.each_ref().map(std::path::PathBuf::as_path));
    assert_eq!(run.report.totals.templates, 2);
    let not = |file: &str, reason| Problem::NotATemplate { name: name(file), reason };
    assert_eq!(
        run.problems,
        [
            Problem::Missing { name: name("gone.yaml") },
            not("empty.yaml", "it is empty"),
            Problem::NotUtf8 { name: name("latin.yaml"), offset: 16 },
            not("notes.txt", "it has no `Resources`"),
            not("types.yaml", "none of its `Resources` has a `Type` such as `AWS::EC2::VPC`"),
            Problem::NoTemplates { name: name("nothing") },
        ]
    );
}

#[test]
fn a_named_file_too_broken_to_tell_is_reported_and_a_walked_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "broken.yaml", "Resources: {A: {Type: X::Y, BAD\n");
    assert_eq!(run(&[folder.path()]).report.totals.findings.all(), 0);
    let named = run(&[&folder.path().join("broken.yaml")]);
    assert_eq!((named.report.totals.findings.all(), named.report.totals.templates), (1, 1));
    assert_eq!(named.problems, []);
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_in_circles() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a/a.yaml", GOOD);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("a/around")).unwrap();
    let (names, run) = checked(&[folder.path()]);
    assert_eq!(within(folder.path(), &names), ["a/a.yaml"]);
    assert_eq!(run.problems, []);
}

#[test]
fn a_character_cut_by_the_limit_is_no_misfit() {
    let (text, misfit) = super::text("é".repeat(MAXIMUM_BYTES).into_bytes()[..=MAXIMUM_BYTES].to_vec());
    assert!(text.len() > MAXIMUM_BYTES, "still too large for a template");
    assert_eq!(misfit, None);
    assert_eq!(super::text(b"abc\xff".to_vec()), ("abc\u{fffd}".to_owned(), Some(3)));
}

#[test]
fn names_are_for_people() {
    assert_eq!(display(Path::new("./a/b.yaml")), "a/b.yaml");
    assert_eq!(display(Path::new(".")), ".");
    assert_eq!(display(Path::new("../a")), "../a");
}
