//! The fast reader of YAML against the complete one: of all that it takes, both make the same, with every place,
//! comment, tag and style; and it takes nothing that the complete one refuses.

#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

use std::path::{Path, PathBuf};

use privatelint::syntax::{self, Parsed, YamlReader};
use privatelint::text::FileId;

fn read(text: &str, reader: YamlReader) -> Option<Parsed<'_>> {
    syntax::read_yaml(text, FileId(7), reader)
}

/// How many texts the fast reader took, and how many only the complete one.
#[derive(Debug, Default)]
struct Count {
    fast: usize,
    complete: usize,
}

impl Count {
    fn compare(&mut self, text: &str, what: &dyn std::fmt::Display) {
        let complete = read(text, YamlReader::Complete);
        match (read(text, YamlReader::Subset), complete) {
            (None, None) => {}
            (None, Some(_)) => self.complete += 1,
            (Some(_), None) => panic!("{what}: only the fast reader takes this: {text:?}"),
            (Some(fast), Some(complete)) => {
                self.fast += 1;
                assert!(fast == complete, "{what}: {text:?} is read in two ways\n{fast:#?}\n{complete:#?}");
            }
        }
    }

    /// Whether the fast reader took so much of all that can be read, in percent.
    fn takes_most(&self, percent: usize) -> bool {
        self.fast * 100 >= (self.fast + self.complete) * percent
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The texts of all templates in a folder; JSON has a reader of its own.
fn texts(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    files(folder, &mut found);
    let is_yaml = |path: &PathBuf| {
        path.extension()
            .is_some_and(|extension| ["yaml", "yml", "template"].iter().any(|it| extension == *it))
    };
    found
        .into_iter()
        .filter(is_yaml)
        .filter_map(|path| Some((path.display().to_string(), std::fs::read_to_string(path).ok()?)))
        .filter(|(_, text)| !text.trim_start().starts_with(['{', '[']))
        .collect()
}

/// The examples of all rule pages.
fn examples(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    files(folder, &mut found);
    let mut examples = Vec::new();
    for path in found.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
        let page = std::fs::read_to_string(&path).unwrap();
        for block in page.split("```yaml").skip(1) {
            let (_, text) = block.split_once('\n').unwrap();
            let text = text.split("\n```").next().unwrap();
            examples.push((path.display().to_string(), format!("{text}\n")));
        }
    }
    examples
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn in_repository() -> Vec<(String, String)> {
    let mut all = texts(&root().join("testdata"));
    all.extend(examples(&root().join("rules")));
    all
}

#[test]
fn both_read_alike_what_is_in_the_repository() {
    let mut count = Count::default();
    for (path, text) in in_repository() {
        count.compare(&text, &path);
        count.compare(&text.replace('\n', "\r\n"), &path);
        count.compare(text.trim_end(), &path);
    }
    assert!(count.fast > 1000 && count.takes_most(95), "{count:?}");
}

/// Runs where the folder of real templates lies beside the repository.
#[test]
fn both_read_alike_the_corpus() {
    let folder = root().join("../shared/corpus");
    if !folder.is_dir() {
        return;
    }
    let mut count = Count::default();
    for (path, text) in texts(&folder) {
        count.compare(&text, &path);
    }
    assert!(count.takes_most(98), "{count:?}");
}

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    /// A place between two characters.
    fn place(&mut self, text: &str) -> usize {
        boundary(text, self.below(text.len() + 1))
    }

    fn piece(&mut self) -> &'static str {
        PIECES[self.below(PIECES.len())]
    }
}

fn boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// What has a meaning somewhere in YAML, and some that has none.
const PIECES: &[&str] = &[
    " ", "  ", "    ", "\n", "\n\n", "\n ", "\n  ", "\n    ", "\n- ", "\t", "-", "- ", ":", ": ", "::", "#",
    " #", "'", "''", "\"", "[", "]", "{", "}", ",", ", ", "[]", "{}", "[a, b]", "[-, a]", "{a: b}", "!",
    "!Ref ", "!If\n", "!!str ", "!a!b ", "&a ", "&b\n", "*a", "*b", "<<: *a", "|", "|-\n", "|+\n", "|2\n",
    ">", ">+\n", "> # c\n", "? ", "---\n", "--- ", "...\n", "%", "@", "`", "~", "=", "\\", "\\n", "\\\n",
    "\\x41", "\r\n", "\r", "é", "\u{feff}", "\u{85}", "\u{2028}", "\0", "\u{7f}", "x", "a: b", "a:\n", "- a",
];

/// A few lines of a text, or all of it, with up to three small changes.
fn mutant(base: &str, random: &mut Random) -> String {
    let lines: Vec<&str> = base.split_inclusive('\n').collect();
    let from = random.below(lines.len());
    let to = (from + 1 + random.below(40)).min(lines.len());
    let mut text =
        if random.below(4) == 0 && base.len() < 3000 { base.to_owned() } else { lines[from..to].concat() };
    for _ in 0..random.below(4) {
        let at = random.place(&text);
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        let (line, other) = (random.below(lines.len()), random.below(lines.len()));
        match random.below(8) {
            _ if lines.is_empty() => {}
            0 => {
                let end = boundary(&text, (at + 1 + random.below(5)).min(text.len()));
                text.replace_range(at..end.max(at), "");
            }
            1 => {
                lines.remove(line);
                text = lines.concat();
            }
            2 => {
                lines.swap(line, other);
                text = lines.concat();
            }
            3 => {
                lines[line].insert_str(0, &" ".repeat(1 + random.below(4)));
                text = lines.concat();
            }
            4 => {
                let blanks = lines[line].len() - lines[line].trim_start_matches(' ').len();
                lines[line].drain(..blanks.min(1 + random.below(4)));
                text = lines.concat();
            }
            5 if random.below(3) == 0 => text.truncate(at),
            _ => text.insert_str(at, random.piece()),
        }
    }
    text
}

#[test]
fn no_mutant_is_read_in_two_ways() {
    let bases = in_repository();
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let mut count = Count::default();
    for number in 0..25_000 {
        let (path, base) = &bases[random.below(bases.len())];
        let text = mutant(base, &mut random);
        count.compare(&text, &format_args!("mutant {number} of {path}"));
    }
    assert!(count.fast > 5_000, "{count:?}");
}

#[test]
fn no_heap_of_pieces_is_read_in_two_ways() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut count = Count::default();
    for number in 0..50_000 {
        let mut text = String::from(["", "k: ", "k:\n  ", "k:\n- ", "k: [", "k: {"][random.below(6)]);
        for _ in 0..random.below(9) {
            text.push_str(random.piece());
        }
        text.push_str(["", "\n", "\nz: 1\n", "]\n", "}\n", ": v"][random.below(6)]);
        count.compare(&text, &format_args!("heap {number}"));
    }
    assert!(count.fast > 1_000, "{count:?}");
}

#[test]
fn what_templates_are_written_in_is_taken() {
    for text in [
        "a: b\n",
        "---\na: b",
        "# c\n--- # c\na: b # c\n",
        "a:\n- b\n-\n- - c\n  - d: e\n    f: g\n",
        "'a': \"b\\n\\u00e9\"\n\"c\" : 'd''e'\n",
        "a: b\n  c\n\n  d\n",
        "a: \"b\n  c\"\n",
        "a:\n  b: \"c\n d\" # e\n  f: 'g\n\nh'\ni: j\n",
        "a: |\n  b\n\n   c\nd: >-\n  e\n  f\n\n  g\n",
        "a: |+\n\nb: |\nc: d\n",
        "a: !Ref b\nc: !If\n  - d\n  - !Ref e\nf: !GetAZs\ng: [!GetAZs , 1]\n",
        "a: [b, {c: d, \"e\":f}, [], !Sub \"g\",\n  'h': i, # j\n]\n",
        "a: &b\n  c: d\ne: *b\nf:\n  <<: *b\n",
        "a: b\r\nc: |\r\n  d\r\n  e\r\n",
        "a: é\nü: 日本\n",
        "a: 1\na: 2\n",
        "a: [-, b, -]\nc: {d: -, e: [-,-], f: -}\ng: !Join [-,\n  [-]]\n",
    ] {
        let taken = read(text, YamlReader::Subset);
        assert!(taken.is_some(), "{text:?}");
        assert_eq!(taken, read(text, YamlReader::Complete), "{text:?}");
    }
}

#[test]
fn what_is_rare_is_left_to_the_complete_reader() {
    let deep = format!("a: {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    let steps: Vec<String> = (0..200).map(|depth| " ".repeat(depth) + "a:\n").collect();
    let steps = steps.concat();
    let long = format!("{}: b\n", "a".repeat(1020));
    for text in [
        "",
        "# c\n",
        "a",
        "- a\n",
        "[a]\n",
        "? a\n: b\n",
        "%YAML 1.2\n---\na: b\n",
        "a: b\n---\nc: d\n",
        "a: b\n...\n",
        "a:\tb\n",
        "a: b\rc: d\n",
        "\u{feff}a: b\n",
        "a: \u{7}\n",
        "!t a: b\n",
        "&x a: b\n",
        "*x : b\n",
        "a: *x\n",
        "a: &x [*x]\n",
        "a: &x b\nc: &x d\n",
        "a: !!str b\n",
        "a: {b}\n",
        "a: 'b\nc'\n",
        "a:\n  b: 'c\n  d' e\n",
        "a:\n  b: ['c\nd']\n",
        "a:\n  b: 'c\n--- d'\n",
        "a: |2\n   b\n",
        "a: |\n  b\n    \t",
        "a: b: c\n",
        "a: @b\n",
        &deep,
        &steps,
        &long,
    ] {
        assert!(read(text, YamlReader::Subset).is_none(), "{text:?}");
    }
}
