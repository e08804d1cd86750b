//! `privatelint.toml`: from text to options, with the place of what is wrong.

use std::ops::Range;

use miette::{Diagnostic, SourceSpan};
use regex::Regex;
use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Options, Patterns, World, selectors};
use crate::diagnostic::Severity;
use crate::text::nearest;

type Value<'t> = Spanned<DeValue<'t>>;

const SETTINGS: &[&str] = &[
    "select",
    "extend-select",
    "ignore",
    "assume",
    "region",
    "parameters",
    "severity",
    "endpoint-service-untagged",
    "acceptance-off",
];

/// What is wrong in a configuration file, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[error("{message}")]
pub struct ConfigError {
    message: String,
    here: String,
    #[label("{here}")]
    span: SourceSpan,
    #[help]
    help: Option<String>,
}

impl ConfigError {
    fn new(span: Range<usize>, message: impl Into<String>, here: impl Into<String>) -> Self {
        Self { message: message.into(), here: here.into(), span: span.into(), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// A name that is not one of the known ones.
    fn unknown(kind: &str, name: &str, span: Range<usize>, known: &[&str]) -> Self {
        let error = Self::new(span, format!("unknown {kind} `{name}`"), format!("no such {kind}"));
        match nearest(name, known.iter().copied()) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None if kind == "rule" => error.help("`privatelint rules` lists all rules"),
            None => error.help(format!("known here: {}", quoted(known))),
        }
    }

    /// A value of another kind than expected.
    fn wrong_value(setting: &str, value: &Value<'_>, expected: &str) -> Self {
        Self::new(value.span(), format!("`{setting}` must be {expected}"), format!("expected {expected}"))
    }
}

/// Reads the text of a configuration file. `rules` are the names of all rules.
///
/// ```
/// let file = r#"
///     select = []                  # only these rules, if any; a persona such as "pedantic" is all its rules
///     extend-select = ["pedantic"] # these rules too
///     ignore = ["acceptance-off"]  # never these
///     assume = "closed"            # "open": VPCs from outside may hold more than the template shows
///     region = "eu-west-1"         # the same as "AWS::Region" below
///
///     [parameters]
///     Environment = "prod"
///
///     [severity]
///     endpoint-service-untagged = "warning"
///
///     [endpoint-service-untagged]
///     required-tags = ["Name", "owner"]
///
///     [acceptance-off]
///     sensitive = ['\bledger\b']
/// "#;
/// let options = privatelint::config::parse(file, &["acceptance-off", "endpoint-service-untagged"])?;
/// assert_eq!(options.parameters["AWS::Region"], "eu-west-1");
/// # Ok::<(), privatelint::config::ConfigError>(())
/// ```
pub fn parse(text: &str, rules: &[&str]) -> Result<Options, ConfigError> {
    let table = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        ConfigError::new(span, "the file is not valid TOML", error.message().replace('\n', ", "))
    })?;
    let mut options = Options::default();
    let mut region = None;
    for (key, value) in table.get_ref() {
        match key.get_ref().as_ref() {
            "select" => options.select = selection("select", value, rules)?,
            "extend-select" => options.extend_select = selection("extend-select", value, rules)?,
            "ignore" => options.ignore = selection("ignore", value, rules)?,
            "assume" => options.world = world(value)?,
            "region" => region = Some((text_of("region", value)?, value.span())),
            "parameters" => {
                for (name, value) in entries("parameters", value)? {
                    let name = name.get_ref();
                    options.parameters.insert(name.to_string(), parameter(name, value)?);
                }
            }
            "severity" => {
                for (name, value) in entries("severity", value)? {
                    let rule = rule_name(name.get_ref(), name.span(), rules)?;
                    options.severity.insert(rule, severity(name.get_ref(), value)?);
                }
            }
            "endpoint-service-untagged" => {
                let value = only_setting(value, "endpoint-service-untagged", "required-tags")?;
                if let Some(value) = value {
                    options.required_tags =
                        texts("required-tags", value)?.into_iter().map(|(text, _)| text).collect();
                }
            }
            "acceptance-off" => {
                if let Some(value) = only_setting(value, "acceptance-off", "sensitive")? {
                    options.sensitive = patterns("sensitive", value)?;
                }
            }
            other => return Err(ConfigError::unknown("setting", other, key.span(), SETTINGS)),
        }
    }
    if let Some((region, span)) = region {
        if options.parameters.contains_key("AWS::Region") {
            return Err(ConfigError::new(
                span,
                "the Region is set twice",
                "also set as the parameter `AWS::Region`",
            )
            .help("keep one of the two"));
        }
        options.parameters.insert("AWS::Region".to_owned(), region);
    }
    Ok(options)
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn entries<'v, 't>(setting: &str, value: &'v Value<'t>) -> Result<&'v DeTable<'t>, ConfigError> {
    value.get_ref().as_table().ok_or_else(|| ConfigError::wrong_value(setting, value, "a table"))
}

/// The value of the one setting that a rule's table may have.
fn only_setting<'v, 't>(
    value: &'v Value<'t>,
    rule: &str,
    setting: &str,
) -> Result<Option<&'v Value<'t>>, ConfigError> {
    let mut found = None;
    for (key, value) in entries(rule, value)? {
        if key.get_ref() != setting {
            return Err(ConfigError::unknown("setting", key.get_ref(), key.span(), &[setting]));
        }
        found = Some(value);
    }
    Ok(found)
}

fn text_of(setting: &str, value: &Value<'_>) -> Result<String, ConfigError> {
    let text = value.get_ref().as_str();
    text.map(str::to_owned).ok_or_else(|| ConfigError::wrong_value(setting, value, "a text in quotes"))
}

fn texts(setting: &str, value: &Value<'_>) -> Result<Vec<(String, Range<usize>)>, ConfigError> {
    let items = value
        .get_ref()
        .as_array()
        .ok_or_else(|| ConfigError::wrong_value(setting, value, "a list of texts"))?;
    items
        .iter()
        .map(|item| match item.get_ref().as_str() {
            Some(text) => Ok((text.to_owned(), item.span())),
            None => Err(ConfigError::wrong_value(setting, item, "a list of texts")),
        })
        .collect()
}

/// The names of rules and personas.
fn selection(setting: &str, value: &Value<'_>, rules: &[&str]) -> Result<Vec<String>, ConfigError> {
    let known = selectors(rules);
    texts(setting, value)?.into_iter().map(|(name, span)| rule_name(&name, span, &known)).collect()
}

fn rule_name(name: &str, span: Range<usize>, rules: &[&str]) -> Result<String, ConfigError> {
    if rules.contains(&name) {
        Ok(name.to_owned())
    } else {
        Err(ConfigError::unknown("rule", name, span, rules))
    }
}

fn world(value: &Value<'_>) -> Result<World, ConfigError> {
    match value.get_ref().as_str() {
        Some("open") => Ok(World::Open),
        Some("closed") => Ok(World::Closed),
        _ => Err(ConfigError::wrong_value("assume", value, "`\"open\"` or `\"closed\"`")),
    }
}

fn severity(rule: &str, value: &Value<'_>) -> Result<Severity, ConfigError> {
    let all = [Severity::Error, Severity::Warning, Severity::Info];
    let named = value.get_ref().as_str().and_then(|text| all.into_iter().find(|known| known.name() == text));
    named.ok_or_else(|| {
        let error = ConfigError::wrong_value(
            &format!("severity.{rule}"),
            value,
            "`\"error\"`, `\"warning\"` or `\"info\"`",
        );
        match value.get_ref().as_str() {
            Some("off" | "ignore" | "none") => {
                error.help(format!("to silence the rule: `ignore = [\"{rule}\"]`"))
            }
            _ => error,
        }
    })
}

/// Template parameters are texts; numbers, booleans and lists are taken as a parameter file would write them.
fn parameter(name: &str, value: &Value<'_>) -> Result<String, ConfigError> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Boolean(boolean) => Ok(boolean.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().to_owned()),
        DeValue::Array(_) => {
            let items = texts(&format!("parameters.{name}"), value)?;
            Ok(items.into_iter().map(|(item, _)| item).collect::<Vec<_>>().join(","))
        }
        _ => Err(ConfigError::wrong_value(
            &format!("parameters.{name}"),
            value,
            "a text, a whole number, a boolean or a list of texts",
        )),
    }
}

fn patterns(setting: &str, value: &Value<'_>) -> Result<Patterns, ConfigError> {
    let mut patterns = Vec::new();
    for (pattern, span) in texts(setting, value)? {
        patterns.push(Regex::new(&pattern).map_err(|error| {
            ConfigError::new(span, format!("`{pattern}` is not a valid regular expression"), reason(&error))
                .help("write patterns in single quotes, so that `\\` stays as it is")
        })?);
    }
    Ok(Patterns::new(patterns))
}

/// The last line of the message, which says what is wrong; the lines before it draw the pattern once more.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let line = text.lines().last().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &[&str] = &["acceptance-off", "endpoint-service-untagged", "private-dns-off"];

    fn error(text: &str) -> (String, String, Option<String>) {
        let error = parse(text, RULES).unwrap_err();
        let start = error.span.offset();
        (error.message, text[start..start + error.span.len()].to_owned(), error.help)
    }

    #[test]
    fn an_empty_file_is_the_default() {
        let options = parse("", RULES).unwrap();
        assert_eq!(options.required_tags, ["Name"]);
        assert_eq!(options.world, World::Open);
    }

    #[test]
    fn reads_every_setting() {
        let options = parse(
            r#"
            select = ["acceptance-off", "private-dns-off"]
            extend-select = ["pedantic"]
            ignore = ["endpoint-service-untagged"]
            assume = "closed"
            region = "eu-west-1"

            [parameters]
            Environment = "prod"
            Zones = 2
            Public = false
            Subnets = ["subnet-1", "subnet-2"]
            "AWS::Partition" = "aws-cn"

            [severity]
            acceptance-off = "error"

            [endpoint-service-untagged]
            required-tags = ["Name", "owner"]

            [acceptance-off]
            sensitive = ['ledger']
            "#,
            RULES,
        )
        .unwrap();
        assert_eq!(options.select, ["acceptance-off", "private-dns-off"]);
        assert_eq!(options.extend_select, ["pedantic"]);
        assert_eq!(options.ignore, ["endpoint-service-untagged"]);
        assert_eq!(options.world, World::Closed);
        let parameters: Vec<(&str, &str)> =
            options.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            parameters,
            [
                ("AWS::Partition", "aws-cn"),
                ("AWS::Region", "eu-west-1"),
                ("Environment", "prod"),
                ("Public", "false"),
                ("Subnets", "subnet-1,subnet-2"),
                ("Zones", "2"),
            ]
        );
        assert_eq!(options.severity["acceptance-off"], Severity::Error);
        assert_eq!(options.required_tags, ["Name", "owner"]);
        assert!(options.sensitive.find("LedgerService").is_some());
        assert!(options.sensitive.find("secret").is_none());
    }

    #[test]
    fn points_at_what_is_wrong() {
        let (message, at, help) = error("slect = []");
        assert_eq!((message.as_str(), at.as_str()), ("unknown setting `slect`", "slect"));
        assert_eq!(help.as_deref(), Some("did you mean `select`?"));

        let (message, at, help) = error("ignore = [\"acceptance-of\"]");
        assert_eq!((message.as_str(), at.as_str()), ("unknown rule `acceptance-of`", "\"acceptance-of\""));
        assert_eq!(help.as_deref(), Some("did you mean `acceptance-off`?"));

        let (message, at, help) = error("extend-select = [\"pedantik\"]");
        assert_eq!((message.as_str(), at.as_str()), ("unknown rule `pedantik`", "\"pedantik\""));
        assert_eq!(help.as_deref(), Some("did you mean `pedantic`?"));

        let (message, _, _) = error("[severity]\npedantic = \"error\"");
        assert_eq!(message, "unknown rule `pedantic`", "a severity is that of one rule");

        let (message, at, _) = error("assume = \"shut\"");
        assert_eq!(message, "`assume` must be `\"open\"` or `\"closed\"`");
        assert_eq!(at, "\"shut\"");

        let (message, at, help) = error("[severity]\nacceptance-off = \"off\"");
        assert_eq!(message, "`severity.acceptance-off` must be `\"error\"`, `\"warning\"` or `\"info\"`");
        assert_eq!(at, "\"off\"");
        assert_eq!(help.as_deref(), Some("to silence the rule: `ignore = [\"acceptance-off\"]`"));

        let (message, at, help) = error("[acceptance-off]\nsensitiv = []");
        assert_eq!((message.as_str(), at.as_str()), ("unknown setting `sensitiv`", "sensitiv"));
        assert_eq!(help.as_deref(), Some("did you mean `sensitive`?"));

        let (message, at, _) = error("select = [\"acceptance-off\", 3]");
        assert_eq!((message.as_str(), at.as_str()), ("`select` must be a list of texts", "3"));
    }

    #[test]
    fn refuses_bad_patterns_and_bad_toml() {
        let (message, at, _) = error("[acceptance-off]\nsensitive = ['a', '(']");
        assert_eq!((message.as_str(), at.as_str()), ("`(` is not a valid regular expression", "'('"));
        assert_eq!(error("select = [").0, "the file is not valid TOML");
        assert_eq!(error("region = 'a'\n[parameters]\n'AWS::Region' = 'b'").0, "the Region is set twice");
    }
}
