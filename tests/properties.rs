//! Properties of the reading of texts: what holds for every document, and what is read of each file in `testdata/syntax`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails panics")]

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use privatelint::syntax::{self, MAXIMUM_BYTES, MAXIMUM_DEPTH, Node, NodeId, NodeKind, Parsed, Style, Tree};
use privatelint::text::FileId;
use proptest::prelude::*;
use yaml_rust2::parser::{Event, MarkedEventReceiver, Parser};
use yaml_rust2::scanner::{Marker, TScalarStyle};

fn read(text: &str) -> Parsed<'_> {
    syntax::parse(text, FileId(7))
}

/// Structure, texts and tags, without styles and places.
fn shape(tree: &Tree<'_>) -> String {
    fn write(tree: &Tree<'_>, id: NodeId, out: &mut String) {
        let node = tree.resolve(id);
        if let Some(tag) = tree.tag(node) {
            write!(out, "{} ", tag.name).unwrap();
        }
        match &node.kind {
            NodeKind::Scalar(scalar) => write!(out, "{:?}", tree.text_of(scalar)).unwrap(),
            NodeKind::Sequence(items) => {
                out.push('[');
                for &item in tree.items(*items) {
                    write(tree, item, out);
                    out.push(',');
                }
                out.push(']');
            }
            NodeKind::Mapping(entries) => {
                out.push('{');
                for entry in tree.entries(*entries) {
                    write(tree, entry.key, out);
                    out.push(':');
                    write(tree, entry.value, out);
                    out.push(',');
                }
                out.push('}');
            }
            NodeKind::Alias(_) => panic!("an alias leads to an alias"),
        }
    }
    let mut out = String::new();
    if let Some(root) = tree.root() {
        write(tree, root, &mut out);
    }
    out
}

/// The same of what yaml-rust2 reads.
fn oracle_shape(text: &str) -> String {
    #[derive(Default)]
    struct Shape {
        out: String,
        /// For each open collection whether it is a mapping, and how many children it has.
        open: Vec<(bool, usize)>,
    }
    impl Shape {
        fn separate(&mut self) {
            if let Some((is_mapping, children)) = self.open.last_mut() {
                *children += 1;
                self.out.push(if *is_mapping && *children % 2 == 1 { ':' } else { ',' });
            }
        }
    }
    impl MarkedEventReceiver for Shape {
        fn on_event(&mut self, event: Event, _: Marker) {
            match event {
                Event::Scalar(text, style, ..) => {
                    let absent = style == TScalarStyle::Plain && text == "~";
                    write!(self.out, "{:?}", if absent { "" } else { &text }).unwrap();
                    self.separate();
                }
                Event::SequenceStart(..) => {
                    self.out.push('[');
                    self.open.push((false, 0));
                }
                Event::MappingStart(..) => {
                    self.out.push('{');
                    self.open.push((true, 0));
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    self.open.pop();
                    self.out.push(if event == Event::SequenceEnd { ']' } else { '}' });
                    self.separate();
                }
                _ => {}
            }
        }
    }
    let mut shape = Shape::default();
    Parser::new_from_str(text).load(&mut shape, true).unwrap();
    shape.out
}

/// What must hold for whatever was read of whatever text.
fn check_tree(text: &str, parsed: &Parsed<'_>) {
    fn walk<'t>(text: &str, tree: &Tree<'t>, id: NodeId, parent: Option<&Node<'t>>, depth: usize) {
        assert!(depth <= MAXIMUM_DEPTH + 1, "too deep");
        let node = tree.node(id);
        let slice = text.get(node.span.range()).expect("spans lie on character boundaries");
        if let Some(parent) = parent {
            assert!(
                parent.span.contains(node.span),
                "{:?} is not in {:?} of {text:?}",
                node.span,
                parent.span
            );
        }
        if let Some(tag) = tree.tag(node) {
            assert_eq!(&text[tag.span.range()], tag.name);
        }
        match &node.kind {
            NodeKind::Scalar(scalar) => {
                let decoded = tree.text_of(scalar);
                assert!(!node.is_absent() || decoded.is_empty());
                for (at, character) in decoded.char_indices().take(200) {
                    let part = tree.part(node, text, at..at + character.len_utf8());
                    assert!(
                        text.get(part.range()).is_some() && node.span.contains(part),
                        "{part:?} of {slice:?}"
                    );
                }
            }
            NodeKind::Sequence(items) => {
                for &item in tree.items(*items) {
                    walk(text, tree, item, Some(node), depth + 1);
                }
            }
            NodeKind::Mapping(entries) => {
                for entry in tree.entries(*entries) {
                    walk(text, tree, entry.key, Some(node), depth + 1);
                    walk(text, tree, entry.value, Some(node), depth + 1);
                }
            }
            NodeKind::Alias(target) => assert!(!matches!(tree.node(*target).kind, NodeKind::Alias(_))),
        }
    }
    if let Some(root) = parsed.tree.root() {
        walk(text, &parsed.tree, root, None, 0);
    }
    for comment in parsed.tree.comments() {
        assert!(text[comment.range()].starts_with('#'));
    }
    for error in &parsed.errors {
        assert!(text.get(error.span.range()).is_some(), "{error:?}");
        if let Some((other, _)) = &error.other {
            assert!(text.get(other.range()).is_some(), "{error:?}");
        }
    }
    assert!(parsed.errors.is_sorted_by_key(|error| error.span));
}

#[derive(Debug, Clone)]
enum Value {
    Text(String, usize),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-z][A-Za-z0-9]{0,8}",
        "[a-zé😀:# ,'\"\\\\{}$!&*%@|>\\-]{0,12}",
        "[a-z]{1,4}(\n[a-z ]{0,5}){0,3}",
        "\\PC{0,6}",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = (text(), 0..5_usize).prop_map(|(text, style)| Value::Text(text, style));
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::vec(("[A-Z][a-zé]{0,5}", inner), 0..4).prop_map(Value::Map),
        ]
    })
}

/// As JSON; control characters and some others escaped.
fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => write!(out, "\\{character}").unwrap(),
            '\n' => out.push_str("\\n"),
            _ if character.is_control()
                || matches!(character, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fff0}'..='\u{ffff}') =>
            {
                let mut units = [0; 2];
                character
                    .encode_utf16(&mut units)
                    .iter()
                    .for_each(|unit| write!(out, "\\u{unit:04x}").unwrap());
            }
            _ => out.push(character),
        }
    }
    out + "\""
}

fn json(value: &Value) -> String {
    match value {
        Value::Text(text, _) => quote(text),
        Value::List(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", ")),
        Value::Map(pairs) => {
            format!(
                "{{{}}}",
                pairs
                    .iter()
                    .map(|(key, value)| format!("{}:\t{}", quote(key), json(value)))
                    .collect::<Vec<_>>()
                    .join(" ,")
            )
        }
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(char::is_alphanumeric)
}

/// Lines that a block scalar can hold without an indentation indicator and without trailing blanks to lose.
fn is_lines(text: &str) -> bool {
    !text.is_empty()
        && !text.ends_with('\n')
        && !text.starts_with([' ', '\n'])
        && text
            .lines()
            .all(|line| line.chars().all(|character| character.is_ascii_lowercase() || character == ' '))
        && text.lines().all(|line| line.is_empty() || !line.trim().is_empty())
}

/// A scalar in one of five styles where the text allows it, in double quotes otherwise.
fn yaml_scalar(text: &str, style: usize, indentation: usize) -> String {
    let pad = " ".repeat(indentation + 2);
    match style {
        0 if is_word(text) => text.to_owned(),
        1 if !text.chars().any(char::is_control) && !quote(text).contains("\\u") => {
            format!("'{}'", text.replace('\'', "''"))
        }
        2 if is_lines(text) => text.lines().fold("|-".to_owned(), |out, line| {
            format!("{out}\n{}{line}", if line.is_empty() { "" } else { &pad })
        }),
        3 if is_word(text) || (is_lines(text) && !text.contains('\n')) => {
            format!(">\n{pad}{text}").replace(">\n", ">-\n")
        }
        _ => quote(text),
    }
}

fn yaml(value: &Value, indentation: usize, out: &mut String) {
    let pad = " ".repeat(indentation);
    match value {
        Value::Text(text, style) => writeln!(out, " {}", yaml_scalar(text, *style, indentation)).unwrap(),
        Value::List(items) if items.is_empty() => out.push_str(" []\n"),
        Value::Map(pairs) if pairs.is_empty() => out.push_str(" {}\n"),
        Value::List(items) => {
            out.push_str(" # list\n");
            for item in items {
                write!(out, "{pad}-").unwrap();
                yaml(item, indentation + 2, out);
            }
        }
        Value::Map(pairs) => {
            out.push('\n');
            for (key, value) in pairs {
                write!(out, "{pad}{key}:").unwrap();
                yaml(value, indentation + 2, out);
            }
        }
    }
}

fn document(value: &Value) -> String {
    let mut out = "---".to_owned();
    yaml(value, 0, &mut out);
    out
}

fn without_equal_keys(parsed: &Parsed<'_>) -> Vec<String> {
    parsed
        .errors
        .iter()
        .map(|error| error.message.clone())
        .filter(|message| !message.starts_with("duplicate key"))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn yaml_and_json_twins_are_one_tree(value in value()) {
        let (yaml_text, json_text) = (document(&value), json(&value));
        let (from_yaml, from_json) = (read(&yaml_text), read(&json_text));
        prop_assert_eq!(without_equal_keys(&from_yaml), Vec::<String>::new(), "{}", yaml_text);
        prop_assert_eq!(without_equal_keys(&from_json), Vec::<String>::new(), "{}", json_text);
        check_tree(&yaml_text, &from_yaml);
        check_tree(&json_text, &from_json);
        let both_empty = from_yaml.tree.root().is_none();
        if !both_empty {
            prop_assert_eq!(shape(&from_yaml.tree), shape(&from_json.tree), "{}", yaml_text);
        }
    }

    #[test]
    fn values_agree_with_another_parser(value in value()) {
        let text = document(&value);
        let expected = oracle_shape(&text);
        prop_assert_eq!(shape(&read(&text).tree), expected.strip_suffix(',').unwrap_or(&expected), "{}", text);
    }

    #[test]
    fn the_slice_of_a_scalar_reads_as_its_value(value in value()) {
        for text in [document(&value), json(&value)] {
            let parsed = read(&text);
            for scalar_id in (0..parsed.tree.len()).map(|id| NodeId(id as u32)) {
                let node = parsed.tree.node(scalar_id);
                let NodeKind::Scalar(scalar) = &node.kind else { continue };
                if matches!(scalar.style, Style::Literal | Style::Folded) || node.is_absent() {
                    continue;
                }
                let slice = &text[node.span.range()];
                let again = read(slice);
                let root = again.tree.root().expect("a scalar");
                prop_assert_eq!(again.tree.text(again.tree.node(root)), Some(parsed.tree.text_of(scalar)), "{}", slice);
                prop_assert_eq!(again.tree.node(root).span.range(), 0..slice.len());
            }
        }
    }

    #[test]
    fn parts_slice_to_their_text(lines in prop::collection::vec("[a-zé😀]{1,5}( [a-z]{1,3}){0,2}", 1..4), blank in any::<bool>(), crlf in any::<bool>()) {
        let gap = if blank { "\n\n    " } else { "\n    " };
        let folded = lines.join(gap);
        let texts = [
            format!("k:\n  - {folded}\n"),
            format!("k:\n  - '{folded}'\n"),
            format!("k:\n  - \"{folded}\"\n"),
            format!("k:\n  - |\n    {folded}\n"),
            format!("k:\n  - >+\n    {folded}\n\n"),
            format!("k:\n  - |2-\n     {folded}\n"),
            format!("k:\n  - >2-\n     {folded}\n"),
            format!("{{\"k\": [{}]}}", quote(&lines.join(" "))),
        ];
        for text in texts {
            let text = if crlf { text.replace('\n', "\r\n") } else { text };
            let parsed = read(&text);
            prop_assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
            let id = (0..parsed.tree.len()).rev().map(|id| NodeId(id as u32)).find(|&id| parsed.tree.text(parsed.tree.node(id)).is_some()).unwrap();
            let node = parsed.tree.node(id);
            let decoded = parsed.tree.text(node).unwrap();
            let bounds: Vec<usize> = decoded.char_indices().map(|(at, _)| at).chain([decoded.len()]).collect();
            for (index, &start) in bounds.iter().enumerate() {
                for &end in &bounds[index..] {
                    let part = &text[parsed.tree.part(node, &text, start..end).range()];
                    let expected = &decoded[start..end];
                    let inside_a_line = !expected.contains([' ', '\n']);
                    if inside_a_line {
                        prop_assert_eq!(part, expected, "{}..{} of {:?}", start, end, text);
                    } else if !expected.trim().is_empty() {
                        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
                        prop_assert_eq!(words(part), words(expected), "{}..{} of {:?}", start, end, text);
                    }
                }
            }
        }
    }

    #[test]
    fn any_text_is_read_without_panic(text in "(\\PC|[\n\r\t :\\-?!&*#|>'\"{}\\[\\],\\\\]){0,60}") {
        check_tree(&text, &read(&text));
    }

    #[test]
    fn mutated_documents_are_read_without_panic(
        value in value(),
        as_json in any::<bool>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), "[\n\r\t :?!&*#|>'\"{}\\[\\],\\\\0aé\\-]{0,3}", 0..4_usize), 1..4),
    ) {
        let mut text = if as_json { json(&value) } else { document(&value) };
        for (at, insertion, removed) in edits {
            let bounds: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let start = at.index(bounds.len());
            let end = (start + removed).min(bounds.len() - 1);
            text.replace_range(bounds[start]..bounds[end], &insertion);
        }
        check_tree(&text, &read(&text));
    }
}

/// All nodes, comments and errors of a file, one per line: `depth kind tag slice = text`.
fn describe(text: &str) -> String {
    fn write(text: &str, tree: &Tree<'_>, id: NodeId, depth: usize, out: &mut String) {
        let node = tree.node(id);
        let pad = "  ".repeat(depth);
        let slice = &text[node.span.range()];
        let tag = tree.tag(node).map(|tag| format!("{} ", tag.name)).unwrap_or_default();
        let start = node.span.start;
        match &node.kind {
            NodeKind::Scalar(scalar) => {
                write!(out, "{pad}{tag}{start} {:?} {slice:?}", scalar.style).unwrap();
                let decoded = tree.text_of(scalar);
                if decoded != slice {
                    write!(out, " = {decoded:?}").unwrap();
                }
                out.push('\n');
            }
            NodeKind::Sequence(items) => {
                writeln!(out, "{pad}{tag}{start} Sequence {slice:?}").unwrap();
                for &item in tree.items(*items) {
                    write(text, tree, item, depth + 1, out);
                }
            }
            NodeKind::Mapping(entries) => {
                writeln!(out, "{pad}{tag}{start} Mapping {slice:?}").unwrap();
                for entry in tree.entries(*entries) {
                    write(text, tree, entry.key, depth + 1, out);
                    write(text, tree, entry.value, depth + 2, out);
                }
            }
            NodeKind::Alias(target) => {
                let target = &text[tree.node(*target).span.range()];
                writeln!(out, "{pad}{tag}{start} Alias {slice:?} of {target:?}").unwrap();
            }
        }
    }
    let parsed = read(text);
    check_tree(text, &parsed);
    let mut out = String::new();
    if let Some(root) = parsed.tree.root() {
        write(text, &parsed.tree, root, 0, &mut out);
    }
    for comment in parsed.tree.comments() {
        writeln!(out, "comment {} {:?}", comment.start, &text[comment.range()]).unwrap();
    }
    for error in &parsed.errors {
        writeln!(out, "error {} {:?}: {}", error.span.start, &text[error.span.range()], error.message)
            .unwrap();
        if let Some((other, words)) = &error.other {
            writeln!(out, "  {} {:?}: {words}", other.start, &text[other.range()]).unwrap();
        }
        if let Some(help) = &error.help {
            writeln!(out, "  help: {help}").unwrap();
        }
    }
    out
}

/// Every file of `testdata/syntax` with what is read of it in the file of the same name and `.read`. With `BLESS` in
/// the environment these are written anew.
#[test]
fn files_are_read_as_described() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/syntax");
    let mut wrong = Vec::new();
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension != "read")) {
        let actual = describe(&std::fs::read_to_string(path).unwrap());
        let described = format!("{}.read", path.display());
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&described, &actual).unwrap();
        } else if std::fs::read_to_string(&described).unwrap_or_default() != actual {
            wrong.push(format!("{}\n{actual}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Reads a hostile text and says what was wrong with it.
fn survive(name: &str, text: &str) -> Vec<String> {
    let started = Instant::now();
    let parsed = read(text);
    let taken = started.elapsed();
    assert!(taken < Duration::from_secs(10), "{name} took {taken:?}");
    check_tree(text, &parsed);
    parsed.errors.into_iter().map(|error| error.message).collect()
}

#[test]
fn deep_nesting_is_an_error() {
    for opening in ["[", "{", "- ", "? ", "{a: ", "[{", "{\"a\":", "- - a: - "] {
        let errors = survive(opening, &opening.repeat(100_000));
        assert!((1..=25).contains(&errors.len()), "{opening}: {errors:?}");
    }
    let closed = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(survive("closed", &closed), ["values nest deeper than 255 levels"]);
    let steps = (0..2_000).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "a:\n");
    assert!(survive("steps", &steps).contains(&"values nest deeper than 255 levels".to_owned()));
    let allowed = format!("{}1{}", "[".repeat(MAXIMUM_DEPTH), "]".repeat(MAXIMUM_DEPTH));
    assert_eq!(survive("allowed", &allowed), [""; 0]);
    assert_eq!(survive("allowed in YAML", &format!("--- {allowed}")), [""; 0]);
}

#[test]
fn aliases_cannot_grow_without_bound() {
    let bomb = (1..30).fold("a0: &a0 [x, x]\n".to_owned(), |text, level| {
        format!("{text}a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 9].join(", "))
    });
    assert_eq!(survive("bomb", &bomb), ["aliases expand to more than 200000 nodes"]);
    let tower = (1..400).fold("a0: &a0 [x]\n".to_owned(), |text, level| {
        format!("{text}a{level}: &a{level} [*a{}]\n", level - 1)
    });
    assert!(survive("tower", &tower).iter().all(|error| error.contains("nest values deeper")));
    assert_eq!(survive("itself", "a: &a [*a]"), ["the alias `*a` stands inside the value that it repeats"]);
}

#[test]
fn odd_bytes_are_errors_and_the_rest_is_read() {
    let nul = read("a: 1\0\0\nb: 2\n");
    assert_eq!(nul.errors.len(), 1);
    assert_eq!(shape(&nul.tree), r#"{"a":"1","b":"2",}"#);
    assert_eq!(survive("many", &"a\0".repeat(50_000)).len(), 1);
    survive("a quote at the end", "? !- {\u{1ed37}&\u{eb}}\"\n");
    survive("a quote in quotes before a letter of two bytes", "'\n'\"'\u{430}\n'");
    let carriage_return = read("a: 1\rb: x\r  y\r");
    assert!(carriage_return.errors.is_empty());
    assert_eq!(shape(&carriage_return.tree), r#"{"a":"1","b":"x y",}"#);
}

#[test]
fn large_texts_take_linear_time() {
    let line = format!("{{\"a\": [{}1]}}", "{\"Key\": \"value\"}, ".repeat(100_000));
    assert_eq!(survive("JSON in a line", &line), [""; 0]);
    assert!(!survive("unclosed", &format!("{{\"a\": {}", "[1, ".repeat(200))).is_empty());
    let keys = (0..30_000).fold(String::new(), |text, key: u32| text + "k" + &key.to_string() + ": 1\n");
    assert_eq!(survive("keys", &keys), [""; 0]);
    let comments = format!("a:\n{}b: 1\n", "# comment\n".repeat(30_000));
    assert_eq!(survive("comments", &comments), [""; 0]);
    let absent = "a:\n- \n".to_string() + &"- # comment\n".repeat(20_000);
    assert_eq!(survive("absent", &absent), [""; 0]);
    let mistakes = "a: 'x' y\n".repeat(5_000);
    assert!(!survive("mistakes", &mistakes).is_empty());
    let quotes = "a: 'x\n".repeat(5_000);
    assert!(!survive("quotes", &quotes).is_empty());
}

#[test]
fn a_text_over_the_limit_is_one_error() {
    let parsed = read(Box::leak(" ".repeat(MAXIMUM_BYTES + 1).into_boxed_str()));
    assert_eq!(parsed.errors.len(), 1);
    assert!(parsed.tree.is_empty());
}

#[test]
fn texts_without_escapes_borrow_from_the_source() {
    let text = "a: plain\nb: 'single'\nc: \"double\"\nd: !Ref x\n";
    let parsed = read(text);
    for id in (0..parsed.tree.len()).map(|id| NodeId(id as u32)) {
        if let NodeKind::Scalar(scalar) = &parsed.tree.node(id).kind {
            let decoded = parsed.tree.text_of(scalar);
            assert!(text.as_bytes().as_ptr_range().contains(&decoded.as_ptr()), "{decoded}");
        }
    }
}
