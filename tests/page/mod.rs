//! Reads the examples out of a rule's page, and the marks that say what must be found in them.

use std::collections::BTreeMap;

use libtest_mimic::{Failed, Trial};
use privatelint::diagnostic::{Finding, Label, Severity};
use privatelint::text::{FileId, Source, Span};

/// A page, `rules/<rule-name>.md`, as far as tests read it.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// Examples in the order of the page.
    pub(crate) examples: Vec<Example>,
    /// Words of `not applicable: <word> - reason` lines.
    pub(crate) not_applicable: Vec<String>,
    /// What is wrong with the page itself, each with its line.
    pub(crate) complaints: Vec<String>,
}

/// One fenced template.
#[derive(Debug, Clone)]
pub(crate) struct Example {
    /// `<rule>/<heading>/<n>`.
    pub(crate) name: String,
    /// All headings above it but the title, lower case.
    pub(crate) headings: String,
    /// Whether it is JSON.
    pub(crate) json: bool,
    /// The template.
    pub(crate) text: String,
    /// What must be found.
    pub(crate) marks: Vec<Mark>,
    /// Values for the template's parameters.
    pub(crate) parameters: BTreeMap<String, String>,
    /// A line of configuration.
    pub(crate) config: String,
    /// Rules that report an error in this block although it has no marks.
    pub(crate) other: Vec<String>,
    /// The template without marks after `--fix --unsafe-fixes --select <rule>`, where the page shows it.
    pub(crate) fixed: Option<String>,
}

/// One finding that must be reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Line on which the primary span starts, from 1.
    pub(crate) line: u32,
    /// How bad.
    pub(crate) severity: Severity,
    /// Which rule.
    pub(crate) rule: String,
    /// Contained in the headline.
    pub(crate) message: Option<String>,
    /// Contained in the scenario.
    pub(crate) when: Option<String>,
}

/// Reads the page of `rule`.
pub(crate) fn read(rule: &str, text: &str) -> Page {
    let mut page = Page::default();
    let mut headings: Vec<(usize, &str)> = Vec::new();
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let at = index + 1;
        if let Some(info) = line.strip_prefix("```") {
            let mut block = String::new();
            let closed = lines.by_ref().map(|(_, line)| line).any(|line| {
                let end = line.trim_end() == "```";
                if !end {
                    block.push_str(line);
                    block.push('\n');
                }
                end
            });
            if !closed {
                page.complaints.push(format!("line {at}: the block has no end"));
            }
            let heading = headings.last().map_or("top".to_owned(), |(_, heading)| slug(heading));
            // The title is the rule's name, which may hold any word.
            let above: Vec<&str> = headings.iter().filter(|(level, _)| *level > 1).map(|it| it.1).collect();
            if matches!(info, "yaml fixed" | "json fixed") {
                match page.examples.last_mut().filter(|before| !before.marks.is_empty()) {
                    Some(before) => before.fixed = Some(block),
                    None => page.complaints.push(format!("line {at}: a fixed block follows a failing one")),
                }
                continue;
            }
            match example(rule, info, block) {
                Ok(None) => {}
                Ok(Some(mut example)) => {
                    let number = numbers.entry(heading.clone()).or_default();
                    *number += 1;
                    example.name = format!("{rule}/{heading}/{number}");
                    example.headings = above.join(" / ").to_lowercase();
                    page.examples.push(example);
                }
                Err(complaint) => page.complaints.push(format!("line {at}: {complaint}")),
            }
        } else if let Some((marks, heading)) = line.split_once(' ')
            && !marks.is_empty()
            && marks.bytes().all(|byte| byte == b'#')
        {
            headings.retain(|(level, _)| *level < marks.len());
            headings.push((marks.len(), heading.trim()));
        } else if let Some(rest) = line.trim_start_matches(['-', '*', ' ']).strip_prefix("not applicable: ") {
            match rest.split_once(" - ") {
                Some((word, reason)) if !reason.trim().is_empty() => {
                    page.not_applicable.push(word.trim().to_lowercase());
                }
                _ => page
                    .complaints
                    .push(format!("line {at}: write `not applicable: <word> - reason`, with a reason")),
            }
        }
    }
    page
}

/// The marks in a YAML template; `rule` is meant by a mark without a rule, and then no mark may name one.
pub(crate) fn marks(text: &str, rule: Option<&str>) -> Result<Vec<Mark>, String> {
    let mut marks = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut rest = line;
        let mut here = Vec::new();
        while let Some((before, comment)) = rest.rsplit_once('#') {
            if !(before.is_empty() || before.ends_with([' ', '\t'])) {
                break;
            }
            let Some(mark) = mark(number, comment.trim(), rule)? else { break };
            here.insert(0, mark);
            rest = before;
        }
        marks.append(&mut here);
    }
    Ok(marks)
}

/// The text without its marks.
pub(crate) fn unmarked(text: &str) -> String {
    let line = |line: &str| {
        let mut line = line;
        while let Some((before, comment)) = line.rsplit_once('#') {
            let is_mark = matches!(mark(0, comment.trim(), Some("")), Ok(Some(_)));
            if !is_mark || !(before.is_empty() || before.ends_with([' ', '\t'])) {
                break;
            }
            line = before.trim_end();
        }
        format!("{line}\n")
    };
    text.lines().map(line).collect()
}

/// What differs between the marks and the findings in `text`; nothing if they agree.
pub(crate) fn differences(marks: &[Mark], findings: &[&Finding], text: &str) -> Vec<String> {
    let mut open: Vec<&Finding> = findings.to_vec();
    let mut missing = Vec::new();
    // A mark with words is choosier than one without and takes its finding first.
    let (choosy, plain): (Vec<&Mark>, Vec<&Mark>) =
        marks.iter().partition(|mark| mark.message.is_some() || mark.when.is_some());
    for mark in choosy.into_iter().chain(plain) {
        match open.iter().position(|finding| fits(mark, finding, text)) {
            Some(index) => {
                open.remove(index);
            }
            None => missing.push(format!("not found: {}", show_mark(mark))),
        }
    }
    missing.extend(open.into_iter().map(|finding| format!("not expected: {}", show(finding, text))));
    missing
}

/// A finding on one line: place, severity, rule and words.
pub(crate) fn show(finding: &Finding, text: &str) -> String {
    let when = finding.when.as_ref().map_or(String::new(), |when| format!(" ({when})"));
    format!(
        "line {}: {}[{}]: {}{when}",
        line_of(finding, text),
        finding.severity.name(),
        finding.rule,
        finding.message
    )
}

/// The text with line numbers.
pub(crate) fn numbered(text: &str) -> String {
    let lines = text.lines().enumerate().map(|(index, line)| format!("{:4} | {line}", index + 1));
    lines.collect::<Vec<_>>().join("\n")
}

fn show_mark(mark: &Mark) -> String {
    let words = match (&mark.message, &mark.when) {
        (Some(message), _) => format!(" with `{message}` in its message"),
        (None, Some(when)) => format!(" with `{when}` in its scenario"),
        (None, None) => String::new(),
    };
    format!("line {}: {}[{}]{words}", mark.line, mark.severity.name(), mark.rule)
}

fn fits(mark: &Mark, finding: &Finding, text: &str) -> bool {
    mark.rule == finding.rule
        && mark.severity == finding.severity
        && mark.line == line_of(finding, text)
        && mark.message.as_ref().is_none_or(|part| finding.message.contains(part.as_str()))
        && mark
            .when
            .as_ref()
            .is_none_or(|part| finding.when.as_ref().is_some_and(|when| when.contains(part.as_str())))
}

fn line_of(finding: &Finding, text: &str) -> u32 {
    Source::new("", text).position(finding.primary.span.start).line
}

/// A block that is a template; `None` for a block in another language.
fn example(rule: &str, info: &str, text: String) -> Result<Option<Example>, String> {
    let mut words = words(info)?.into_iter();
    let json = match words.next().as_deref() {
        Some("yaml") => false,
        Some("json") => true,
        Some("text" | "sh") => return Ok(None),
        other => {
            let language = other.unwrap_or("no language");
            return Err(format!("a block is `yaml`, `json`, `text` or `sh`, not `{language}`"));
        }
    };
    let mut example = Example {
        name: String::new(),
        headings: String::new(),
        json,
        marks: if json { Vec::new() } else { marks(&text, Some(rule))? },
        text,
        parameters: BTreeMap::new(),
        config: String::new(),
        other: Vec::new(),
        fixed: None,
    };
    for word in words {
        match word.split_once('=') {
            Some(("config", value)) => value.clone_into(&mut example.config),
            Some(("parameters", value)) => example.parameters = parameters(value)?,
            Some(("other", value)) => {
                example.other = value.split(',').map(|name| name.trim().to_owned()).collect();
            }
            _ if word.contains('@') => {
                for place in word.split(',') {
                    example.marks.push(place_mark(place, rule)?);
                }
            }
            _ => return Err(format!("`{word}` is not known in the first line of a block")),
        }
    }
    Ok(Some(example))
}

/// Words of an info string; quotes hold spaces together and are dropped.
fn words(info: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for character in info.chars().chain([' ']) {
        match character {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            _ => word.push(character),
        }
    }
    words.retain(|word| !word.is_empty());
    if quoted { Err("a quote has no end".to_owned()) } else { Ok(words) }
}

/// `Env=prod,AWS::Region=eu-west-1`; a piece without `=` continues a list: `Subnets=subnet-1,subnet-2`.
fn parameters(value: &str) -> Result<BTreeMap<String, String>, String> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for piece in value.split(',') {
        match (piece.split_once('='), pairs.last_mut()) {
            (Some((name, value)), _) => pairs.push((name.trim().to_owned(), value.to_owned())),
            (None, Some((_, list))) => {
                list.push(',');
                list.push_str(piece);
            }
            (None, None) => return Err(format!("`{piece}` is not `Name=value`")),
        }
    }
    Ok(pairs.into_iter().collect())
}

/// `error@12`
fn place_mark(place: &str, rule: &str) -> Result<Mark, String> {
    place
        .split_once('@')
        .and_then(|(word, line)| Some((severity(word)?, line.parse().ok()?)))
        .map(|(severity, line)| Mark { line, severity, rule: rule.to_owned(), message: None, when: None })
        .ok_or_else(|| format!("`{place}` is not `error@12`, `warning@12` or `info@12`"))
}

/// `error`, `error: part of the message`, `error when: part of the scenario`, `error[rule]` and so on.
fn mark(line: u32, comment: &str, rule: Option<&str>) -> Result<Option<Mark>, String> {
    let (head, words) = match comment.split_once(": ") {
        Some((head, words)) => (head, Some(words.trim().to_owned())),
        None => (comment, None),
    };
    let (head, scenario) = match head.strip_suffix(" when") {
        Some(head) if words.is_some() => (head, true),
        _ => (head, false),
    };
    let (word, named) = match head.strip_suffix(']').and_then(|head| head.split_once('[')) {
        Some((word, named)) => (word, Some(named)),
        None => (head, None),
    };
    let Some(severity) = severity(word) else { return Ok(None) };
    let rule = match (rule, named) {
        (Some(rule), None) | (None, Some(rule)) => rule.to_owned(),
        (Some(_), Some(_)) => {
            return Err(format!("line {line} of the block: a page marks its own rule only"));
        }
        (None, None) => return Err(format!("line {line}: write `# {word}[rule-name]`")),
    };
    let (message, when) = if scenario { (None, words) } else { (words, None) };
    Ok(Some(Mark { line, severity, rule, message, when }))
}

fn severity(word: &str) -> Option<Severity> {
    [Severity::Info, Severity::Warning, Severity::Error].into_iter().find(|severity| severity.name() == word)
}

/// A heading as part of a test's name.
fn slug(heading: &str) -> String {
    let words = heading.to_lowercase();
    let words = words.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// Tests of this reader.
pub(crate) fn trials() -> Vec<Trial> {
    let trial = |name: &str, test: fn() -> Result<(), Failed>| Trial::test(format!("page/{name}"), test);
    vec![
        trial("reads_examples", reads_examples),
        trial("reads_marks", reads_marks),
        trial("reads_parameters", reads_parameters),
        trial("complains", complains),
        trial("compares", compares),
    ]
}

const PAGE: &str = "\
# a-rule
Wrong.

## Examples
### Plain, of course
```yaml
Resources: # error: missing
  A: {} # warning
```
text
```yaml parameters=\"Env=prod\" other=\"b-rule, c-rule\"
Resources: {}
```
### JSON
```json error@1,info@2 warning@2
{
}
```
## When it stays silent
- not applicable: outside - it has no VPC
```sh
ls
```
";

fn reads_examples() -> Result<(), Failed> {
    let page = read("a-rule", PAGE);
    assert_eq!(page.complaints, [""; 0]);
    assert_eq!(page.not_applicable, ["outside"]);
    let names: Vec<&str> = page.examples.iter().map(|example| example.name.as_str()).collect();
    assert_eq!(names, ["a-rule/plain-of-course/1", "a-rule/plain-of-course/2", "a-rule/json/1"]);
    let [first, second, third] = page.examples.as_slice() else {
        return Err("three examples were expected".into());
    };
    assert_eq!(first.headings, "examples / plain, of course");
    assert_eq!(first.marks.len(), 2);
    assert_eq!(first.marks[0].message.as_deref(), Some("missing"));
    assert_eq!(second.parameters["Env"], "prod");
    assert_eq!(second.other, ["b-rule", "c-rule"]);
    assert!(third.json && !first.json);
    let places: Vec<_> = third.marks.iter().map(|mark| (mark.severity, mark.line)).collect();
    assert_eq!(places, [(Severity::Error, 1), (Severity::Info, 2), (Severity::Warning, 2)]);
    assert_eq!(third.text, "{\n}\n");
    Ok(())
}

fn reads_marks() -> Result<(), Failed> {
    let read = |text: &str| -> Result<Vec<String>, String> {
        Ok(marks(text, Some("r"))?.iter().map(show_mark).collect())
    };
    assert_eq!(read("a: 1\nb: 2 # info\n")?, ["line 2: info[r]"]);
    assert_eq!(
        read("a # error: one # warning when: Env is")?,
        ["line 1: error[r] with `one` in its message", "line 1: warning[r] with `Env is` in its scenario"]
    );
    assert_eq!(read("a # error handling is hard")?, [""; 0]);
    assert_eq!(read("a#error")?, [""; 0]);
    assert_eq!(marks("a # error[b-c]: x", None)?[0].rule, "b-c");
    assert!(marks("a # error", None).is_err());
    assert!(marks("a # error[b]", Some("b")).is_err());
    Ok(())
}

fn reads_parameters() -> Result<(), Failed> {
    let read = parameters("Env=prod,Subnets=subnet-1,subnet-2,AWS::Region=eu-west-1")?;
    assert_eq!(read["Subnets"], "subnet-1,subnet-2");
    assert_eq!(read["AWS::Region"], "eu-west-1");
    assert_eq!(read.len(), 3);
    assert!(parameters("prod").is_err());
    Ok(())
}

fn complains() -> Result<(), Failed> {
    let wrong = [
        "```yaml\n",
        "```\nx\n```\n",
        "```yaml unknown=\"x\"\n```\n",
        "```yaml parameters=\"A=1\n```\n",
        "```json eror@1\n{}\n```\n",
        "not applicable: JSON\n",
    ];
    match wrong.iter().find(|text| read("r", text).complaints.len() != 1) {
        Some(text) => Err(format!("no complaint, or more than one, about {text:?}").into()),
        None => Ok(()),
    }
}

fn compares() -> Result<(), Failed> {
    let text = "a\nb\nc\n";
    let at = |offset: usize, severity, message: &str| {
        let span = Span::new(FileId(0), offset, offset + 1);
        Finding::new("r", severity, Label { owner: None, span, message: String::new() }, message)
    };
    let (one, two) = (at(2, Severity::Error, "one"), at(2, Severity::Error, "two"));
    let compare = |marked: &str, findings: &[&Finding]| -> Result<usize, String> {
        Ok(differences(&marks(marked, Some("r"))?, findings, text).len())
    };
    assert_eq!(compare("a\nb # error\n", &[&one])?, 0);
    assert_eq!(compare("a\nb # error # error: one\n", &[&one, &two])?, 0);
    assert_eq!(compare("a\nb # error\n", &[&one, &two])?, 1);
    assert_eq!(compare("a # error\nb\n", &[&one])?, 2);
    assert_eq!(compare("a\nb # warning\n", &[&one])?, 2);
    assert_eq!(compare("a\nb # error when: x\n", &[&one])?, 2);
    assert_eq!(compare("a\nb\n", &[])?, 0);
    Ok(())
}
