//! The project about itself: who may use whom, lists that follow from files, pages, links and first lines.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the project fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use privatelint::rules::{self, Persona, Rule};
use regex::Regex;

/// Who may use whom inside `src`: a folder, or a file beside `lib.rs`, and what it may name behind `crate::`.
/// Unit tests, at the end of a file or in a `tests.rs`, are free.
const MAY_USE: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("facts", &[]),
    ("syntax", &["text"]),
    ("diagnostic", &["text"]),
    ("report", &["diagnostic", "text"]),
    ("template", &["syntax", "text"]),
    ("scenario", &["template", "text"]),
    ("policy", &["scenario", "template", "facts", "text"]),
    ("network", &["policy", "scenario", "template", "facts", "text"]),
    ("config", &["diagnostic", "syntax", "text"]),
    (
        "rules",
        &[
            "network",
            "policy",
            "scenario",
            "template",
            "facts",
            "diagnostic",
            "text",
            "config::Options",
            "config::Patterns",
            "config::Persona",
            "config::Registry",
            "config::Setting",
            "config::SettingKind",
            "config::World",
            "suppress::Covers",
            "suppress::Fault",
            "suppress::Useless",
        ],
    ),
    ("suppress", &["config", "diagnostic", "template", "syntax", "text"]),
    (
        "engine",
        &[
            "rules",
            "suppress",
            "network",
            "policy",
            "scenario",
            "template",
            "syntax",
            "facts",
            "diagnostic",
            "config",
            "text",
        ],
    ),
    (
        "project",
        &[
            "report",
            "fix",
            "engine",
            "suppress",
            "rules",
            "scenario",
            "template",
            "syntax",
            "diagnostic",
            "config",
            "text",
        ],
    ),
    ("fix", &["engine", "rules", "template", "syntax", "diagnostic", "config", "text"]),
    ("output", &["report", "rules", "network", "facts", "diagnostic", "config", "text"]),
    (
        "lsp",
        &[
            "output",
            "fix",
            "project",
            "engine",
            "suppress",
            "rules",
            "network",
            "syntax",
            "facts",
            "diagnostic",
            "config",
            "text",
        ],
    ),
    (
        "cli",
        &[
            "lsp",
            "report",
            "output",
            "fix",
            "project",
            "engine",
            "rules",
            "network",
            "facts",
            "diagnostic",
            "config",
            "text",
        ],
    ),
    ("lib", &[]),
    ("main", &[]),
];

/// The report made by hand that the tests of all formats render; not in the program.
const TEST_REPORT: &str = "output/example.rs";

/// What only some places of `src` may name.
const ONLY_IN: &[(&str, &[&str])] = &[
    (r"\bstd::fs\b", &["cli", "project", "lsp", TEST_REPORT]),
    (r"\bstd::env\b", &["cli", "project", "lsp", "main.rs", TEST_REPORT]),
    (r"\b(Instant|SystemTime)\b", &["cli", "project", "lsp"]),
    (r"\be?print(ln)?!", &["cli", "project"]),
    (r"\bio::(stdin|stdout|stderr|Stdin|Stdout|Stderr)", &["cli", "project", "lsp"]),
    (r"\bcodespan_reporting\b", &["output/full.rs"]),
    (r"\bgranit_parser\b", &["syntax/yaml.rs"]),
];

/// Files in `src/rules` that hold no rule but what several rules share.
const SHARED_BY_RULES: &[&str] = &["cut_off", "mend", "missing", "shut_out", "written"];

/// The first number of a rule in cfn-lint; from 9001 on it numbers the lines of a user's own file of rules.
const FIRST_NUMBER_IN_CFN_LINT: u32 = 9501;

/// Numbers of some rules, to notice that lines of the file have changed places.
const NUMBERS_IN_CFN_LINT: &[(u32, &str)] =
    &[(9501, "acceptance-off"), (9525, "gateway-route-coverage"), (9596, "zone-without-targets")];

#[test]
fn layers_are_kept() {
    let mut complaints = Vec::new();
    for (path, code) in sources() {
        let place = top(&path);
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == place) else {
            complaints.push(format!("src/{path}: `{place}` has no line in the table of tests/tidy.rs"));
            continue;
        };
        for used in paths_after(&code, "crate::") {
            let fits =
                |name: &str| used == name || used.strip_prefix(name).is_some_and(|it| it.starts_with("::"));
            if !fits(&place) && !allowed.iter().any(|name| fits(name)) {
                complaints.push(format!("src/{path}: `{place}` may not use `crate::{used}`"));
            }
        }
        if code.contains("super::super") {
            complaints.push(format!("src/{path}: name it from `crate::`, not by `super::super`"));
        }
    }
    assert_none(&complaints);
}

#[test]
fn only_some_places_touch_the_world() {
    let mut complaints = Vec::new();
    for (path, code) in sources() {
        // `use std::{env, fs}` is looked at as if each stood alone.
        let paths = paths_after(&code, "std::").into_iter().map(|used| format!("std::{used}\n"));
        let code = code.clone() + &paths.collect::<String>();
        for (pattern, places) in ONLY_IN {
            let allowed = places.iter().any(|place| path == *place || top(&path) == *place);
            if let Some(found) = Regex::new(pattern).unwrap().find(&code).filter(|_| !allowed) {
                let places = places.join(", ");
                complaints.push(format!("src/{path}: `{}` belongs only in {places}", found.as_str()));
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn list_of_rules_follows_from_files() {
    let names = rule_files();
    let modules: Vec<String> = names.iter().map(|name| format!("mod {name};")).collect();
    let statics: Vec<String> = names.iter().map(|name| format!("&{name}::RULE,")).collect();
    let file = root().join("src/rules/mod.rs");
    let text = fs::read_to_string(&file).unwrap();
    let text_now = between(&text, "// rule modules: begin", "// rule modules: end", &modules)
        .and_then(|text| between(&text, "// rules: begin", "// rules: end", &statics))
        .and_then(|text| {
            between(&text, "// rule settings: begin", "// rule settings: end", &settings(&names))
        })
        .unwrap_or_else(|missing| panic!("src/rules/mod.rs: {missing}"));
    keep(&file, &text, &text_now);
}

/// Lines for what users may set, from the files of the rules.
fn settings(rules: &[String]) -> Vec<String> {
    let setting = Regex::new(r"pub\(super\) static (\w+): Setting\b").unwrap();
    let mut lines = Vec::new();
    for name in rules {
        let code = fs::read_to_string(root().join(format!("src/rules/{name}.rs"))).unwrap();
        lines.extend(setting.captures_iter(&code).map(|found| format!("&{name}::{},", &found[1])));
    }
    lines
}

#[test]
fn settings_name_their_rule_and_are_explained_on_its_page() {
    let mut complaints = Vec::new();
    for setting in rules::registry().settings {
        let key = setting.key();
        match rules::find(setting.rule) {
            None => complaints.push(format!("`{key}`: there is no such rule")),
            Some(rule) if !rule.page.contains(&key) => {
                complaints.push(format!("rules/{}.md does not name `{key}`", rule.name));
            }
            Some(_) => {}
        }
    }
    assert_none(&complaints);
}

#[test]
fn schema_of_the_configuration_is_current() {
    let file = root().join("privatelint.schema.json");
    let text = fs::read_to_string(&file).unwrap_or_default();
    keep(&file, &text, &privatelint::config::schema(&rules::registry()));
}

#[test]
fn table_of_rules_is_current() {
    let head = ["", "| Rule | Group | Severity | Since | What is wrong |", "| --- | --- | --- | --- | --- |"];
    let mut rows: Vec<String> = head.map(str::to_owned).into();
    for rule in sorted_rules() {
        let Rule { name, since, .. } = rule;
        let (group, severity, summary) = (rule.group.name(), rule.severity.name(), rule.summary_in_tables());
        rows.push(format!("| [`{name}`]({name}.md) | {group} | {severity} | {since} | {summary} |"));
    }
    rows.push(String::new());
    let file = root().join("rules/README.md");
    let text = fs::read_to_string(&file).unwrap();
    let text_now = between(&text, "<!-- rules: begin -->", "<!-- rules: end -->", &rows)
        .unwrap_or_else(|missing| panic!("rules/README.md: {missing}"));
    keep(&file, &text, &text_now);
}

#[test]
fn every_rule_keeps_its_number_in_cfn_lint() {
    let file = root().join("python/privatelint/cfn_lint/numbers.txt");
    let text = fs::read_to_string(&file).unwrap();
    let mut complaints = Vec::new();
    let mut numbered = BTreeSet::new();
    let mut next = FIRST_NUMBER_IN_CFN_LINT;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        let (number, name, is_gone) = match words[..] {
            [number, name] => (number, name, false),
            [number, name, "gone"] => (number, name, true),
            _ => panic!("numbers.txt: `{line}` is not a number, a rule and perhaps `gone`"),
        };
        if number != next.to_string() {
            complaints
                .push(format!("numbers.txt: {next} is followed by, or was, `{line}`; no number may vanish"));
        }
        if !numbered.insert(name.to_owned()) {
            complaints.push(format!("numbers.txt: `{name}` has two numbers"));
        }
        if is_gone == rules::all().iter().any(|rule| rule.name == name) {
            complaints.push(format!("numbers.txt: `{line}`: a rule is either there or gone"));
        }
        next += 1;
    }
    for (number, name) in NUMBERS_IN_CFN_LINT {
        if !text.lines().any(|line| line.starts_with(&format!("{number} {name}"))) {
            complaints.push(format!("numbers.txt: `{name}` was {number} once and is no more"));
        }
    }
    assert_none(&complaints);
    let mut missing: Vec<&str> =
        rules::all().iter().map(|rule| rule.name).filter(|name| !numbered.contains(*name)).collect();
    missing.sort_unstable();
    let added: Vec<String> =
        (next..).zip(missing).map(|(number, name)| format!("{number} {name}\n")).collect();
    keep(&file, &text, &(text.clone() + &added.concat()));
}

#[test]
fn every_rule_has_its_page() {
    let mut complaints = Vec::new();
    let names: BTreeSet<String> = rules::all().iter().map(|rule| rule.name.to_owned()).collect();
    if names.len() != rules::all().len() {
        complaints.push("two rules have one name".to_owned());
    }
    if let Some(persona) = Persona::ALL.iter().find(|persona| names.contains(persona.name())) {
        complaints.push(format!("`{}` is the name of a persona, which selects rules", persona.name()));
    }
    let from_files: BTreeSet<String> = rule_files().iter().map(|file| file.replace('_', "-")).collect();
    for name in names.symmetric_difference(&from_files) {
        complaints.push(format!("`{name}`: a rule is named as its file in `src/rules`, with `-` for `_`"));
    }
    let pages = folder("rules", "md").into_iter().filter(|name| name != "README").collect::<BTreeSet<_>>();
    for name in pages.difference(&names) {
        complaints.push(format!("rules/{name}.md: there is no such rule"));
    }
    for rule in rules::all() {
        let name = rule.name;
        let Ok(page) = fs::read_to_string(root().join(format!("rules/{name}.md"))) else {
            complaints.push(format!("rules/{name}.md is missing"));
            continue;
        };
        if page != rule.page {
            complaints.push(format!("`{name}`: `page` is not rules/{name}.md"));
        }
        if page.lines().next() != Some(&format!("# {name}")) {
            complaints.push(format!("rules/{name}.md does not start with `# {name}`"));
        }
        // `explain` prints the page: it says that the rule is off, and how to turn it on.
        let persona = rule.persona.name();
        let opt_in = format!(
            "Off by default: `--extend-select {name}` turns it on, `--extend-select {persona}` all rules of its kind."
        );
        if rule.persona.is_opt_in() && !page.lines().any(|line| line == opt_in) {
            complaints.push(format!("rules/{name}.md has no line `{opt_in}`"));
        } else if !rule.persona.is_opt_in() && page.contains("Off by default:") {
            complaints.push(format!("rules/{name}.md says that the rule is off by default, which it is not"));
        }
        if page.contains("http://") || !rule.url.starts_with("https://") {
            complaints.push(format!("`{name}`: links start with https"));
        }
        if rule.summary.contains(['\n', '|']) || rule.summary.ends_with('.') || rule.summary.is_empty() {
            complaints.push(format!("`{name}`: the summary is one phrase for a table, without a full stop"));
        }
    }
    assert_none(&complaints);
}

#[test]
fn files_open_with_their_purpose() {
    let mut complaints = Vec::new();
    for (path, text) in texts() {
        let kept = ["src/", "tests/", "examples/"].iter().any(|folder| path.starts_with(folder));
        if kept && has_extension(&path, "rs") && !text.starts_with("//! ") {
            complaints.push(format!("{path}: the first line says what the file is for, after `//! `"));
        }
    }
    assert_none(&complaints);
}

#[test]
fn nothing_is_left_to_do_without_a_link() {
    let word = Regex::new(concat!(r"\b(TO", "DO|FIX", r"ME)\b")).unwrap();
    let mut complaints = Vec::new();
    for (path, text) in texts() {
        for (number, line) in (1..).zip(text.lines()) {
            if word.is_match(line) && !line.contains("https://") {
                complaints.push(format!("{path}:{number}: says what is left to do, without a link"));
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn nothing_names_a_machine() {
    // Taken apart, so that this file does not find itself.
    let place = Regex::new(concat!(
        r#"(^|[\s"'`(=:])/(wo"#,
        r"rk|ro",
        r"ot)/|\b(index|static)\.crates",
        r"\.io\b|\bregistry\.npm",
        r"js\.org\b|\bpypi\.org",
        r"/simple"
    ));
    let place = place.unwrap();
    let mut complaints = Vec::new();
    for (path, text) in texts() {
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(found) = place.find(line) {
                complaints.push(format!("{path}:{number}: names a machine: {}", found.as_str()));
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn paths_in_pages_exist() {
    let link = Regex::new(r"\]\(([^)\s#]+)[^)]*\)").unwrap();
    let code = Regex::new(r"`([\w.-]+(?:/[\w.-]+)*/?)`").unwrap();
    let mut complaints = Vec::new();
    for (path, text) in texts().into_iter().filter(|(path, _)| has_extension(path, "md")) {
        let beside = root().join(&path).parent().unwrap().to_owned();
        let prose = outside_fences(&text);
        for found in link.captures_iter(&prose).map(|captures| captures[1].to_owned()) {
            if !found.contains(':') && !beside.join(&found).exists() {
                complaints.push(format!("{path}: the link {found} leads nowhere"));
            }
        }
        for found in code.captures_iter(&prose).map(|captures| captures[1].to_owned()) {
            let here = ["src/", "rules/", "tests/", "testdata/", "editors/", "examples/", ".ci/", ".github/"];
            if here.iter().any(|folder| found.starts_with(folder))
                && !root().join(&found).exists()
                && !beside.join(&found).exists()
            {
                complaints.push(format!("{path}: there is no {found}"));
            }
        }
    }
    assert_none(&complaints);
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// Writes what a file must hold and fails, so that the next run passes; where a build checks, only fails.
fn keep(file: &Path, text: &str, text_now: &str) {
    if text == text_now {
        return;
    }
    let name = file.strip_prefix(root()).unwrap().display();
    if std::env::var_os("CI").is_none() {
        fs::write(file, text_now).unwrap();
        panic!("{name} was out of date and has been rewritten; run again");
    }
    panic!("{name} is out of date; `cargo test --test tidy` rewrites it");
}

/// `text` with other lines between two marker lines, indented as the first marker is.
fn between(text: &str, begin: &str, end: &str, lines: &[String]) -> Result<String, String> {
    let old: Vec<&str> = text.lines().collect();
    let find = |marker: &str| {
        let index = old.iter().position(|line| line.trim() == marker);
        index.ok_or_else(|| format!("the line `{marker}` is missing"))
    };
    let (first, last) = (find(begin)?, find(end)?);
    if last < first {
        return Err(format!("the line `{end}` stands before `{begin}`"));
    }
    let indent = &old[first][..old[first].len() - old[first].trim_start().len()];
    let new =
        lines.iter().map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") });
    let mut all: Vec<String> = old[..=first].iter().map(|line| (*line).to_owned()).collect();
    all.extend(new);
    all.extend(old[last..].iter().map(|line| (*line).to_owned()));
    Ok(all.join("\n") + "\n")
}

/// Stems of the files of a folder, sorted as rustfmt sorts modules: `_` before letters and digits.
fn folder(name: &str, extension: &str) -> Vec<String> {
    let paths = fs::read_dir(root().join(name)).unwrap().map(|entry| entry.unwrap().path());
    let mut stems: Vec<String> = paths
        .filter(|path| path.extension().is_some_and(|it| it == extension))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    stems.sort_by_key(|stem| stem.replace('_', " "));
    stems
}

/// Names of the files that hold a rule each.
fn rule_files() -> Vec<String> {
    let mut names = folder("src/rules", "rs");
    names.retain(|name| name != "mod" && !SHARED_BY_RULES.contains(&name.as_str()));
    names
}

fn sorted_rules() -> Vec<&'static Rule> {
    let mut sorted = rules::all().to_vec();
    sorted.sort_by_key(|rule| (rule.group, rule.name));
    sorted
}

/// All files that belong to the project, as text, by their path from the root with `/`.
fn texts() -> Vec<(String, String)> {
    let mut files = Vec::new();
    let outside = |path: &Path| path.ends_with(".git") || path.ends_with("target");
    let walk =
        ignore::WalkBuilder::new(root()).hidden(false).filter_entry(move |it| !outside(it.path())).build();
    for path in walk.map(|entry| entry.unwrap().into_path()).filter(|path| path.is_file()) {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        if let Ok(text) = fs::read_to_string(&path) {
            files.push((name, text));
        }
    }
    files.sort();
    files
}

/// The code of every file of `src`, without comments and without unit tests, by its path in `src`.
fn sources() -> Vec<(String, String)> {
    let in_src = |(path, text): (String, String)| {
        let path = path
            .strip_prefix("src/")
            .filter(|path| has_extension(path, "rs") && !path.ends_with("/tests.rs"))?
            .to_owned();
        let code = text.split("\n#[cfg(test)]\n").next().unwrap_or_default();
        let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        Some((path, code.collect::<Vec<_>>().join("\n")))
    };
    texts().into_iter().filter_map(in_src).collect()
}

fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|it| it == extension)
}

/// The folder, or the file beside `lib.rs`, that a file of `src` belongs to.
fn top(path: &str) -> String {
    path.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned()
}

/// What follows `prefix` in code, `a::b` or each of `{a::b, c}`, as far as plain names go.
fn paths_after(code: &str, prefix: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (start, _) in code.match_indices(prefix) {
        let before = code[..start].chars().next_back();
        if before.is_some_and(|it| it.is_alphanumeric() || it == '_' || it == ':') {
            continue;
        }
        collect_paths("", &code[start + prefix.len()..], &mut found);
    }
    found
}

/// The paths of one use tree: `a::B` of `a::B as C` or `a::B::new()`; `a::b` and `a::c` of `a::{b, c}`.
fn collect_paths(before: &str, text: &str, found: &mut Vec<String>) {
    let end = text.find(|it: char| !(it.is_alphanumeric() || it == '_' || it == ':')).unwrap_or(text.len());
    let path = format!("{before}{}", &text[..end]);
    match text[end..].strip_prefix('{') {
        Some(group) if path.is_empty() || path.ends_with("::") => {
            for member in members(group) {
                collect_paths(&path, member, found);
            }
        }
        _ => {
            let path = path.trim_end_matches(':');
            found.push(path.strip_suffix("::self").unwrap_or(path).to_owned());
        }
    }
}

/// The outermost members of a group whose brace has been opened.
fn members(group: &str) -> Vec<&str> {
    let mut members = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    for (index, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                members.push(group[start..index].trim());
                start = index + 1;
                if character == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    members.retain(|member| !member.is_empty());
    members
}

/// Markdown without its fenced blocks; a longer fence may hold shorter ones.
fn outside_fences(text: &str) -> String {
    let mut open = 0;
    let mut prose = Vec::new();
    for line in text.lines() {
        let ticks = line.trim_start().bytes().take_while(|byte| *byte == b'`').count();
        if open == 0 && ticks >= 3 {
            open = ticks;
        } else if open == 0 {
            prose.push(line);
        } else if ticks >= open && line.trim().len() == ticks {
            open = 0;
        }
    }
    prose.join("\n")
}

#[test]
fn paths_are_found_in_code() {
    let code =
        "use crate::text::Span;\nuse crate::{a, b::{C, D}, e::F as G};\nlet x = crate::h::i(my_crate::z);";
    assert_eq!(paths_after(code, "crate::"), ["text::Span", "a", "b::C", "b::D", "e::F", "h::i"]);
    assert_eq!(paths_after("use std::{env, io::{self, stdout}};", "std::"), ["env", "io", "io::stdout"]);
}

#[test]
fn lines_between_markers_are_replaced() {
    let new = ["new".to_owned(), String::new()];
    assert_eq!(between("a\n  # x\nold\n  # y\n", "# x", "# y", &new).unwrap(), "a\n  # x\n  new\n\n  # y\n");
    assert!(between("# y\n# x\n", "# x", "# y", &new).is_err());
    assert!(between("a", "# x", "# y", &new).is_err());
}
