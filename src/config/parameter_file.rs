//! Files of parameter values, in the shapes that the tools of AWS take.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;
use std::sync::Arc;

use crate::text::{Source, nearest};

use super::plain::{Name, Plain, PlainKind};
use super::{ConfigError, Given, Place};

/// The keys of an entry in a list of the AWS CLI
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Parameter.html>).
const ENTRY: &[&str] = &["ParameterKey", "ParameterValue", "UsePreviousValue", "ResolvedValue"];

/// The commands of SAM whose parameters a deployment has, a later one outweighs; `global` holds for all
/// (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html>).
const SAM_COMMANDS: &[&str] = &["global", "sync", "deploy"];

const SHAPES: &str = "known are a list of `ParameterKey` and `ParameterValue` (AWS CLI), a list of `\"Name=Value\"` (`aws cloudformation deploy`), `{\"Parameters\": {...}}` (CodePipeline), `samconfig.toml`, and a map of names to values, in JSON or YAML";

/// The values of one deployment.
#[derive(Debug, Clone, Default)]
pub struct ParameterSet {
    /// The environment, in a file of SAM.
    pub environment: Option<String>,
    /// The values by name.
    pub parameters: BTreeMap<String, Given>,
}

/// Reads a file: one set of values, or one for each environment of a file of SAM.
pub fn parse_parameters(source: &Arc<Source>) -> Result<Vec<ParameterSet>, Vec<ConfigError>> {
    let toml = source.name.to_ascii_lowercase().ends_with(".toml");
    let root = Plain::read(&source.text, toml)?;
    let mut reader = Reader { source, errors: Vec::new() };
    let sets = if is_sam(&root) { reader.sam(&root) } else { reader.one(&root).into_iter().collect() };
    if reader.errors.is_empty() { Ok(sets) } else { Err(reader.errors) }
}

/// Whether a map is a configuration of SAM: a version, and environments that hold commands.
fn is_sam(root: &Plain) -> bool {
    let environments = || root.entries().iter().filter(|(name, _)| name.text != "version");
    let commands = |environment: &Plain| {
        let commands = environment.entries();
        !commands.is_empty() && commands.iter().all(|(_, command)| command.get("parameters").is_some())
    };
    environments().next().is_some() && environments().any(|(_, environment)| commands(environment))
}

struct Reader<'s> {
    source: &'s Arc<Source>,
    errors: Vec<ConfigError>,
}

type Values = BTreeMap<String, Given>;

impl Reader<'_> {
    fn one(&mut self, root: &Plain) -> Option<ParameterSet> {
        let mut parameters = Values::new();
        match &root.kind {
            PlainKind::List(items) => self.list(items, &mut parameters),
            PlainKind::Map(entries) => match wrapped(root) {
                Some(Plain { kind: PlainKind::List(items), .. }) => self.list(items, &mut parameters),
                Some(inner) => self.map(inner.entries(), &mut parameters),
                None => self.map(entries, &mut parameters),
            },
            PlainKind::Text(_) | PlainKind::Other => {
                let headline = format!("`{}` holds no parameters", self.source.name);
                let error = ConfigError::new(root.span.clone(), headline, "neither a list nor a map");
                self.errors.push(error.help(SHAPES));
                return None;
            }
        }
        Some(ParameterSet { environment: None, parameters })
    }

    fn wrong(&mut self, span: &Range<usize>, message: impl Into<String>, expected: &str) {
        self.errors.push(ConfigError::new(span.clone(), message, format!("expected {expected}")));
    }

    fn add(&mut self, values: &mut Values, name: &str, value: Option<String>, span: &Range<usize>) {
        let place = Some(Place { source: self.source.clone(), span: span.clone() });
        match values.entry(name.to_owned()) {
            Entry::Vacant(vacant) => {
                vacant.insert(Given { value, place });
            }
            Entry::Occupied(first) => {
                let first = first.get().place.as_ref().map_or(0..0, |place| place.span.clone());
                self.errors.push(ConfigError::twice(name, span.clone(), first));
            }
        }
    }

    /// Entries of the AWS CLI, or assignments.
    fn list(&mut self, items: &[Plain], values: &mut Values) {
        for item in items {
            match &item.kind {
                PlainKind::Map(entries) => self.entry(item, entries, values),
                PlainKind::Text(text) => self.assignment(text, &item.span, values),
                PlainKind::List(_) | PlainKind::Other => {
                    let expected = "`{\"ParameterKey\": ..., \"ParameterValue\": ...}` or `\"Name=Value\"`";
                    self.wrong(&item.span, "an entry that gives no parameter a value", expected);
                }
            }
        }
    }

    /// `{"ParameterKey": "Name", "ParameterValue": "value"}`.
    fn entry(&mut self, item: &Plain, entries: &[(Name, Plain)], values: &mut Values) {
        for (key, _) in entries.iter().filter(|(key, _)| !ENTRY.contains(&key.text.as_str())) {
            let headline = format!("unknown key `{}` in the entry of a parameter", key.text);
            let error = ConfigError::new(key.span.clone(), headline, "no such key");
            let help = match nearest(&key.text, ENTRY.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "an entry has `ParameterKey`, and `ParameterValue` or `UsePreviousValue`".to_owned(),
            };
            self.errors.push(error.help(help));
        }
        if entries.iter().any(|(key, _)| !ENTRY.contains(&key.text.as_str())) {
            return;
        }
        let Some(key) = item.get("ParameterKey") else {
            self.wrong(&item.span, "an entry without the name of its parameter", "`ParameterKey`");
            return;
        };
        let Some(name) = key.text() else {
            self.wrong(&key.span, "`ParameterKey` is no text", "the name of a parameter");
            return;
        };
        let kept = item.get("UsePreviousValue").and_then(Plain::text) == Some("true");
        match item.get("ParameterValue") {
            None if kept => self.add(values, name, None, &key.span),
            None => {
                let headline = format!("`{name}` is given no value");
                self.wrong(&item.span, headline, "`ParameterValue`, or `\"UsePreviousValue\": true`");
            }
            Some(value) => {
                if let Some(text) = self.value(name, value) {
                    self.add(values, name, Some(text), &key.span);
                }
            }
        }
    }

    /// `Name=value`.
    fn assignment(&mut self, text: &str, span: &Range<usize>, values: &mut Values) {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => self.add(values, name, Some(value.to_owned()), span),
            _ => self.wrong(span, format!("`{text}` gives no parameter a value"), "`Name=Value`"),
        }
    }

    fn map(&mut self, entries: &[(Name, Plain)], values: &mut Values) {
        for (name, value) in entries {
            if let Some(text) = self.value(&name.text, value) {
                self.add(values, &name.text, Some(text), &name.span);
            }
        }
    }

    /// The text of a value; a list of texts is what `CommaDelimitedList` writes with commas.
    fn value(&mut self, name: &str, value: &Plain) -> Option<String> {
        let text = match &value.kind {
            PlainKind::Text(text) => Some(text.clone()),
            PlainKind::List(items) => {
                let texts: Option<Vec<&str>> = items.iter().map(Plain::text).collect();
                texts.map(|texts| texts.join(","))
            }
            PlainKind::Map(_) | PlainKind::Other => None,
        };
        if text.is_none() {
            let headline = format!("the value of `{name}` is no text");
            self.wrong(&value.span, headline, "a text, a number, a boolean or a list of them");
        }
        text
    }

    /// The environments that give parameters values.
    fn sam(&mut self, root: &Plain) -> Vec<ParameterSet> {
        let mut sets = Vec::new();
        for (environment, commands) in root.entries() {
            let mut set = ParameterSet { environment: Some(environment.text.clone()), ..Default::default() };
            let mut gives = false;
            for command in SAM_COMMANDS {
                let Some(parameters) = commands.get(command).and_then(|command| command.get("parameters"))
                else {
                    continue;
                };
                for (option, pseudo) in [("region", "AWS::Region"), ("stack_name", "AWS::StackName")] {
                    if let Some(value) = parameters.get(option).and_then(Plain::text) {
                        set.parameters
                            .insert(pseudo.to_owned(), Given { value: Some(value.to_owned()), place: None });
                    }
                }
                if let Some(overrides) = parameters.get("parameter_overrides") {
                    gives = true;
                    let mut values = Values::new();
                    self.overrides(overrides, &mut values);
                    set.parameters.extend(values);
                }
            }
            if gives {
                sets.push(set);
            }
        }
        if sets.is_empty() {
            let headline = format!("no environment of `{}` has `parameter_overrides`", self.source.name);
            let first = root.entries().iter().find(|(name, _)| name.text != "version");
            let span = first.map_or(0..0, |(name, _)| name.span.clone());
            self.wrong(&span, headline, "`parameter_overrides` for the command `deploy` or `global`");
        }
        sets
    }

    /// `"Name=value Other=\"two words\""`, the older `"ParameterKey=Name,ParameterValue=value"`, a list of these, or a map.
    fn overrides(&mut self, overrides: &Plain, values: &mut Values) {
        match &overrides.kind {
            PlainKind::Map(entries) => self.map(entries, values),
            PlainKind::List(items) => items.iter().for_each(|item| self.overrides(item, values)),
            PlainKind::Text(_) | PlainKind::Other => self.overrides_in_text(overrides, values),
        }
    }

    fn overrides_in_text(&mut self, overrides: &Plain, values: &mut Values) {
        let span = &overrides.span;
        let Some(text) = overrides.text() else {
            self.wrong(
                span,
                "`parameter_overrides` is neither a text nor a list of texts",
                "`\"Name=Value\"`",
            );
            return;
        };
        for word in words(text) {
            if let Some(older) = word.strip_prefix("ParameterKey=") {
                if let Some((name, value)) = older.split_once(",ParameterValue=") {
                    self.add(values, name, Some(value.to_owned()), span);
                } else {
                    let headline = format!("`{word}` gives no parameter a value");
                    self.wrong(span, headline, "`ParameterKey=Name,ParameterValue=Value`");
                }
            } else if word.starts_with("file://") {
                let headline = format!("`{word}` is not read from here");
                let error = ConfigError::new(span.clone(), headline, "names another file");
                self.errors.push(error.help("give that file with `--parameters`"));
            } else {
                self.assignment(&word, span, values);
            }
        }
    }
}

/// The parameters inside a map that holds other things too: a template configuration of CodePipeline
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-cfn-artifacts.html>), the
/// input of a command of the AWS CLI, or a deployment file of Git sync
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/git-sync-concepts-terms.html>).
fn wrapped(root: &Plain) -> Option<&Plain> {
    let synced = || root.get("parameters").filter(|_| root.get("template-file-path").is_some());
    let inner = root.get("Parameters").or_else(synced)?;
    matches!(inner.kind, PlainKind::Map(_) | PlainKind::List(_)).then_some(inner)
}

/// The words of a text as SAM parts it: at blanks, which quotes and backslashes protect.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => word.get_or_insert_default().extend(letters.next()),
            _ if quote == Some(letter) => quote = None,
            _ if quote.is_some() => word.get_or_insert_default().push(letter),
            '"' | '\'' => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            _ if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<Vec<ParameterSet>, Vec<ConfigError>> {
        parse_parameters(&Arc::new(Source::new(name, text)))
    }

    fn shown(set: &ParameterSet) -> String {
        let values = set.parameters.iter();
        let values = values.map(|(name, given)| format!("{name}={}", given.value.as_deref().unwrap_or("?")));
        values.collect::<Vec<_>>().join(" ")
    }

    fn values(name: &str, text: &str) -> String {
        let sets = read(name, text).unwrap();
        assert_eq!(sets.len(), 1, "{sets:?}");
        shown(&sets[0])
    }

    fn error(name: &str, text: &str) -> (String, String) {
        let errors = read(name, text).unwrap_err();
        assert_eq!(errors.len(), 1, "{errors:?}");
        let start = errors[0].span.offset();
        (errors[0].message.clone(), text[start..start + errors[0].span.len()].to_owned())
    }

    #[test]
    fn the_list_of_the_aws_cli() {
        let text = r#"[{"ParameterKey": "Env", "ParameterValue": "prod"},
            {"ParameterKey": "Size", "ParameterValue": 3, "ResolvedValue": "3"},
            {"ParameterKey": "Secret", "UsePreviousValue": true}]"#;
        assert_eq!(values("p.json", text), "Env=prod Secret=? Size=3");
        assert_eq!(values("p.yml", "- {ParameterKey: Zip, ParameterValue: 01234}"), "Zip=01234");
    }

    #[test]
    fn the_list_of_deploy() {
        assert_eq!(values("p.json", r#"["Env=prod", "Url=a=b", "Empty="]"#), "Empty= Env=prod Url=a=b");
    }

    #[test]
    fn the_template_configuration_of_codepipeline_and_its_kin() {
        let text = r#"{"Parameters": {"Env": "prod", "Subnets": ["a", "b"]}, "Tags": {"Owner": "me"}}"#;
        assert_eq!(values("p.json", text), "Env=prod Subnets=a,b");
        let text = r#"{"StackName": "x", "Parameters": [{"ParameterKey": "Env", "ParameterValue": "prod"}]}"#;
        assert_eq!(values("p.json", text), "Env=prod");
        let text = "template-file-path: vpc.yaml\nparameters:\n  Env: prod\ntags: {}\n";
        assert_eq!(values("p.yaml", text), "Env=prod");
    }

    #[test]
    fn plain_maps() {
        assert_eq!(
            values("p.json", r#"{"Env": "prod", "On": true, "Size": 1.50}"#),
            "Env=prod On=true Size=1.50"
        );
        assert_eq!(
            values("p.yaml", "Env: prod\nZip: 010\nOn: yes\nEmpty: ''\n"),
            "Empty= Env=prod On=yes Zip=010"
        );
        assert_eq!(values("p.toml", "Env = \"prod\"\nversion = 1\n"), "Env=prod version=1");
        assert_eq!(values("p.json", r#"{"Parameters": "x"}"#), "Parameters=x");
        assert_eq!(values("p.json", "{}"), "");
    }

    #[test]
    fn every_environment_of_sam() {
        let text = r#"
            version = 0.1
            [default.global.parameters]
            stack_name = "net"
            [prod.global.parameters]
            region = "eu-west-1"
            parameter_overrides = "Env=global Kept=1"
            [prod.deploy.parameters]
            parameter_overrides = "Env=prod Name=\"two words\" Path=a\\ b"
            [dev.deploy.parameters]
            stack_name = "net-dev"
            parameter_overrides = ["Env=dev", "ParameterKey=Old,ParameterValue=form"]
        "#;
        let sets = read("samconfig.toml", text).unwrap();
        let told: Vec<String> = sets
            .iter()
            .map(|set| format!("{}: {}", set.environment.as_deref().unwrap(), shown(set)))
            .collect();
        assert_eq!(
            told,
            [
                "prod: AWS::Region=eu-west-1 Env=prod Kept=1 Name=two words Path=a b",
                "dev: AWS::StackName=net-dev Env=dev Old=form"
            ]
        );
        let text = "version: 0.1\ndefault:\n  deploy:\n    parameters:\n      parameter_overrides: [Env=x]\n";
        assert_eq!(values("samconfig.yaml", text), "Env=x");
    }

    #[test]
    fn what_is_wrong_is_shown_where_it_stands() {
        let told = |message: &str, at: &str| (message.to_owned(), at.to_owned());
        assert_eq!(error("p.json", "3"), told("`p.json` holds no parameters", "3"));
        assert_eq!(error("p.yaml", ""), told("`p.yaml` holds no parameters", ""));
        assert_eq!(
            error("p.json", r#"[{"ParameterKey": "A", "ParamterValue": "b"}]"#),
            told("unknown key `ParamterValue` in the entry of a parameter", "\"ParamterValue\"")
        );
        assert_eq!(
            error("p.json", r#"[{"ParameterValue": "b"}]"#),
            told("an entry without the name of its parameter", r#"{"ParameterValue": "b"}"#)
        );
        assert_eq!(
            error("p.json", r#"[{"ParameterKey": "A", "UsePreviousValue": false}]"#),
            told("`A` is given no value", r#"{"ParameterKey": "A", "UsePreviousValue": false}"#)
        );
        assert_eq!(error("p.json", r#"["A"]"#), told("`A` gives no parameter a value", "\"A\""));
        assert_eq!(error("p.json", "[[]]"), told("an entry that gives no parameter a value", "[]"));
        assert_eq!(error("p.yaml", "A: {b: c}"), told("the value of `A` is no text", "{b: c}"));
        assert_eq!(error("p.yaml", "A:\nB: c"), told("the value of `A` is no text", ""));
        assert_eq!(error("p.yaml", "A: !Ref B"), told("the value of `A` is no text", "B"));
        assert_eq!(error("p.json", r#"["A=1", "A=2"]"#), told("`A` is given twice", "\"A=2\""));
        let sam = "[default.deploy.parameters]\nparameter_overrides = 3.5\n";
        assert_eq!(error("samconfig.toml", sam), told("`3.5` gives no parameter a value", "3.5"));
        let sam = "[default.deploy.parameters]\nstack_name = 'x'\n";
        let none = "no environment of `samconfig.toml` has `parameter_overrides`";
        assert_eq!(error("samconfig.toml", sam), told(none, "default"));
        assert_eq!(error("p.toml", "a = ").0, "the file is not valid TOML");
        assert_eq!(error("p.json", r#"{"A": "1", "A": "2"}"#).1, "\"A\"");
    }

    #[test]
    fn words_are_parted_as_by_sam() {
        assert_eq!(words(r#" A=1  B="x y" C='z "' D=\" "#), ["A=1", "B=x y", "C=z \"", "D=\""]);
        assert_eq!(words(r#"A="" B"#), ["A=", "B"]);
        assert!(words("").is_empty());
    }
}
