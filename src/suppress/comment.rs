//! One comment: the ignores in it, their reasons, and what was meant to be one.

use std::ops::Range;

use crate::text::nearest;

use super::Fault;

/// What stands before every ignore.
const MARK: &str = "privatelint";
const LINE: &str = "ignore";
const FILE: &str = "ignore-file";

/// What a comment says to this program. Ranges are those of the comment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Directive<'c> {
    /// `ignore[rule, rule] reason`, or `ignore-file[...]` for the whole template; all of it from its `#`.
    Ignore { whole_template: bool, rules: Vec<Range<usize>>, reason: Option<&'c str>, all: Range<usize> },
    /// Something that ignores nothing and was meant to.
    Mistake(Range<usize>, Fault),
}

/// All directives of a comment, which may stand behind other words: `# for the auditors # privatelint: ignore[rule]`.
pub(super) fn read(comment: &str) -> Vec<Directive<'_>> {
    let mut found = Vec::new();
    // Nearly all comments speak of something else.
    if !comment.contains(MARK) {
        return found;
    }
    let mut starts = hashes(comment).peekable();
    while let Some(start) = starts.next() {
        let content = start + 1 + blanks(&comment[start + 1..]);
        if !comment[content..].starts_with(MARK) {
            continue;
        }
        // A reason may speak of `#123`; it ends where another comment begins.
        let end = loop {
            match starts.peek() {
                Some(&next) if !begins_a_comment(&comment[next + 1..]) => {
                    starts.next();
                }
                Some(&next) => break next,
                None => break comment.len(),
            }
        };
        found.extend(directive(&comment[..end], start, content));
    }
    found
}

/// Every `#` that has nothing, a blank or another `#` before it.
fn hashes(comment: &str) -> impl Iterator<Item = usize> {
    let bytes = comment.as_bytes();
    let begins = |at: &usize| *at == 0 || matches!(bytes[at - 1], b' ' | b'\t' | b'#');
    memchr::memchr_iter(b'#', bytes).filter(begins)
}

fn begins_a_comment(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with([' ', '\t', '#']) || rest.starts_with(MARK)
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// The directive that begins with the mark at `start`, behind its `#`, in a comment that ends with it.
fn directive(comment: &str, hash: usize, start: usize) -> Option<Directive<'_>> {
    let whole = start..comment.trim_end().len();
    let behind_mark = start + MARK.len();
    let colon = comment[behind_mark..].starts_with(':');
    let word_start = behind_mark + usize::from(colon) + blanks(&comment[behind_mark + usize::from(colon)..]);
    let word = word_at(comment, word_start);
    let behind = word_start + word.len();
    let bracket = behind + blanks(&comment[behind..]);
    let opens = comment[bracket..].starts_with('[');
    let is_known = word == LINE || word == FILE;
    if !colon {
        return (is_known && opens).then_some(Directive::Mistake(whole, Fault::NoColon));
    }
    if !is_known {
        // A comment may speak of this program in prose.
        let meant = nearest(word, [LINE, FILE]).is_some() || (opens && !word.is_empty());
        let word_range = word_start..behind;
        return meant.then(|| Directive::Mistake(word_range, Fault::UnknownWord { word: word.to_owned() }));
    }
    if !opens {
        return Some(Directive::Mistake(whole, Fault::NoRule { word: word.to_owned() }));
    }
    let Some(close) = comment[bracket..].find(']').map(|found| bracket + found) else {
        return Some(Directive::Mistake(whole, Fault::Unclosed));
    };
    let mut rules = Vec::new();
    let mut at = bracket + 1;
    for piece in comment[at..close].split(',') {
        let name = piece.trim();
        if !name.is_empty() {
            let name_start = at + blanks(piece);
            rules.push(name_start..name_start + name.len());
        }
        at += piece.len() + 1;
    }
    if rules.is_empty() {
        return Some(Directive::Mistake(whole, Fault::NoRule { word: word.to_owned() }));
    }
    let reason =
        comment[close + 1..].trim_start_matches([' ', '\t', ':', '-', '\u{2013}', '\u{2014}']).trim_end();
    Some(Directive::Ignore {
        whole_template: word == FILE,
        rules,
        reason: (!reason.is_empty()).then_some(reason),
        all: hash..comment.len(),
    })
}

fn word_at(comment: &str, start: usize) -> &str {
    let rest = &comment[start..];
    let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '-' && letter != '_');
    &rest[..end.unwrap_or(rest.len())]
}

/// An ignore as a comment. The reason is put on one line, and into letters that may stand in a comment.
pub(super) fn write(rules: &[&str], whole_template: bool, reason: Option<&str>) -> String {
    let word = if whole_template { FILE } else { LINE };
    let reason = reason.map_or_else(String::new, |reason| format!(" {reason}"));
    format!("# {MARK}: {word}[{}]{reason}", rules.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each directive in one line.
    fn shown(comment: &str) -> Vec<String> {
        read(comment)
            .into_iter()
            .map(|directive| match directive {
                Directive::Ignore { whole_template, rules, reason, .. } => {
                    let rules: Vec<&str> = rules.into_iter().map(|rule| &comment[rule]).collect();
                    let place = if whole_template { "file" } else { "line" };
                    format!("{place} {} ({})", rules.join("+"), reason.unwrap_or("-"))
                }
                Directive::Mistake(range, fault) => format!("{fault:?} at {}", &comment[range]),
            })
            .collect()
    }

    #[test]
    fn reads_ignores() {
        for (comment, expected) in [
            ("# privatelint: ignore[a-b]", "line a-b (-)"),
            ("#privatelint:ignore[a, b ,c,]why not", "line a+b+c (why not)"),
            ("## privatelint: ignore [a] - see #123, and `x]`", "line a (see #123, and `x]`)"),
            ("# for all # privatelint: ignore[a]: größe # more", "line a (größe)"),
            ("# privatelint: ignore-file[a]\tbecause ", "file a (because)"),
        ] {
            assert_eq!(shown(comment), [expected], "{comment}");
        }
        let two = "# privatelint: ignore[a] one # privatelint: ignore-file[b] two";
        assert_eq!(shown(two), ["line a (one)", "file b (two)"]);
    }

    #[test]
    fn tells_what_was_meant() {
        for (comment, expected) in [
            ("# privatelint: ignore", "NoRule { word: \"ignore\" } at privatelint: ignore"),
            ("# privatelint: ignore a-b ", "NoRule { word: \"ignore\" } at privatelint: ignore a-b"),
            (
                "# privatelint: ignore-file[ , ]",
                "NoRule { word: \"ignore-file\" } at privatelint: ignore-file[ , ]",
            ),
            ("# privatelint: ingore[a]", "UnknownWord { word: \"ingore\" } at ingore"),
            ("# privatelint: disable-line[a]", "UnknownWord { word: \"disable-line\" } at disable-line"),
            ("# privatelint ignore[a]", "NoColon at privatelint ignore[a]"),
            ("# privatelint: ignore[a, b", "Unclosed at privatelint: ignore[a, b"),
        ] {
            assert_eq!(shown(comment), [expected], "{comment}");
        }
    }

    #[test]
    fn leaves_prose_alone() {
        for comment in [
            "# privatelint: reads this file",
            "# privatelint",
            "# checked by privatelint: ignore[a]",
            "# see privatelint ignore list",
            "# privatelint: [a]",
            "#",
        ] {
            assert_eq!(shown(comment), [""; 0], "{comment}");
        }
    }

    #[test]
    fn reads_what_it_writes() {
        let written = write(&["a", "b"], false, Some("accepted in #12"));
        assert_eq!(written, "# privatelint: ignore[a, b] accepted in #12");
        assert_eq!(shown(&written), ["line a+b (accepted in #12)"]);
        assert_eq!(shown(&write(&["a"], true, None)), ["file a (-)"]);
    }
}
