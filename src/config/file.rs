//! `privatelint.toml`: from text to options, with the place of everything that is wrong.

use std::collections::BTreeMap;
use std::ops::Range;

use regex::Regex;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::general::{DEPLOYMENT, GENERAL, is_account, is_region};
use super::{
    ConfigError, FilePattern, Options, Patterns, Registry, Setting, SettingKind, SettingValue, World,
    selectors,
};
use crate::diagnostic::Severity;
use crate::text::nearest;

type Key<'t> = Spanned<std::borrow::Cow<'t, str>>;
type Value<'t> = Spanned<DeValue<'t>>;

const REGION: &str = "AWS::Region";
const ACCOUNT: &str = "AWS::AccountId";

/// What a configuration file says.
#[derive(Debug, Clone, Default)]
pub struct ConfigFile {
    /// For all files that it governs. Its deployments are not in here: which of them matters depends on the template.
    pub options: Options,
    /// Rules and personas that are never said of the files that a pattern fits.
    pub per_file_ignores: Vec<(FilePattern, Vec<String>)>,
    /// How templates are deployed.
    pub deployments: Vec<DeploymentEntry>,
    /// Where what is set stands, by names such as `assume`, `severity.acceptance-off`, `parameters.AWS::Region`.
    pub places: BTreeMap<String, Range<usize>>,
}

/// A text with its place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The text.
    pub text: String,
    /// Its place.
    pub span: Range<usize>,
}

/// A `[[deployment]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentEntry {
    /// What people call it.
    pub name: Written,
    /// The template, from the folder of the configuration file.
    pub template: Written,
    /// Files of parameters, from the same folder; a later one outweighs.
    pub files: Vec<Written>,
    /// Values that stand in the configuration file itself, `AWS::Region` and `AWS::AccountId` among them.
    pub parameters: BTreeMap<String, Written>,
}

/// Reads the text of a configuration file.
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
/// let file = privatelint::config::parse(file, &privatelint::rules::registry()).unwrap();
/// assert_eq!(file.options.parameters["AWS::Region"], "eu-west-1");
/// ```
pub fn parse(text: &str, registry: &Registry) -> Result<ConfigFile, Vec<ConfigError>> {
    let (table, broken) = DeTable::parse_recoverable(text);
    let broken: Vec<ConfigError> = broken.iter().map(|error| not_toml(text, error)).collect();
    // What was read around a mistake may be another thing than was meant: only the mistake is told.
    if !broken.is_empty() {
        return Err(broken);
    }
    let mut reader = Reader { text, registry, file: ConfigFile::default(), errors: Vec::new() };
    reader.read(table.get_ref());
    let Reader { file, mut errors, .. } = reader;
    errors.sort_by_key(|error| error.span.offset());
    if errors.is_empty() { Ok(file) } else { Err(errors) }
}

/// A mistake of TOML in words.
pub(super) fn not_toml(text: &str, error: &toml::de::Error) -> ConfigError {
    let span = error.span().unwrap_or(0..0);
    // A line break cannot be underlined.
    let end = span.start + text[span.clone()].trim_end().len();
    ConfigError::new(span.start..end, "the file is not valid TOML", error.message().replace('\n', ", "))
}

/// What goes on while a file is read: what is wrong is noted, and the rest is read on.
struct Reader<'r> {
    text: &'r str,
    registry: &'r Registry,
    file: ConfigFile,
    errors: Vec<ConfigError>,
}

impl Reader<'_> {
    fn read(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if GENERAL.iter().any(|general| general.name == name) {
                self.file.places.insert(name.to_owned(), key.span());
            }
            match name {
                "select" => self.file.options.select = self.selection(name, value),
                "extend-select" => self.file.options.extend_select = self.selection(name, value),
                "ignore" => self.file.options.ignore = self.selection(name, value),
                "assume" => self.world(value),
                "region" | "account" => {}
                "shared-endpoints" => self.shared_endpoints(value),
                "central-endpoints" => {
                    let texts = self.texts(name, value);
                    self.file.options.central_endpoints = texts.into_iter().map(|one| one.text).collect();
                }
                "parameters" => self.parameters(value),
                "severity" => self.severities(value),
                "per-file-ignores" => self.per_file_ignores(value),
                "deployment" => self.deployments(value),
                _ if self.registry.rules.contains(&name) => self.rule(name, key, value),
                _ => {
                    let registry = self.registry;
                    let of_rules = registry.settings.iter().map(|setting| setting.rule);
                    let known: Vec<&str> =
                        GENERAL.iter().map(|general| general.name).chain(of_rules).collect();
                    self.errors.push(ConfigError::unknown("setting", name, key.span(), &known));
                }
            }
        }
        // Behind `[parameters]`, wherever they stand.
        for (name, pseudo, noun) in [("region", REGION, "Region"), ("account", ACCOUNT, "account")] {
            let Some((key, value)) = table.get_key_value(name) else { continue };
            let Some(text) = self.pseudo(name, value) else { continue };
            if self.file.options.parameters.insert(pseudo.to_owned(), text).is_some() {
                let headline = format!("the {noun} is set twice");
                let here = format!("also set as the parameter `{pseudo}`");
                let error = ConfigError::new(key.span(), headline, here);
                self.errors.push(error.help("keep one of the two"));
            }
            self.file.places.insert(format!("parameters.{pseudo}"), key.span());
        }
    }

    fn wrong(&mut self, setting: &str, value: &Value<'_>, expected: &str) {
        self.errors.push(ConfigError::wrong_value(setting, value.span(), expected));
    }

    /// The entries of a table, each with its place noted under `setting.key`.
    fn entries<'v, 't>(&mut self, setting: &str, value: &'v Value<'t>) -> Vec<(&'v Key<'t>, &'v Value<'t>)> {
        let Some(table) = value.get_ref().as_table() else {
            self.wrong(setting, value, "a table");
            return Vec::new();
        };
        for key in table.keys() {
            self.file.places.insert(format!("{setting}.{}", key.get_ref()), key.span());
        }
        table.iter().collect()
    }

    fn text(&mut self, setting: &str, value: &Value<'_>) -> Option<String> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong(setting, value, "a text in quotes");
        }
        text.map(str::to_owned)
    }

    fn texts(&mut self, setting: &str, value: &Value<'_>) -> Vec<Written> {
        let Some(items) = value.get_ref().as_array() else {
            self.wrong(setting, value, "a list of texts");
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items {
            match item.get_ref().as_str() {
                Some(text) => texts.push(Written { text: text.to_owned(), span: item.span() }),
                None => self.wrong(setting, item, "a list of texts"),
            }
        }
        texts
    }

    /// The names of rules and personas.
    fn selection(&mut self, setting: &str, value: &Value<'_>) -> Vec<String> {
        let known = selectors(&self.registry.rules);
        let mut names = Vec::new();
        for Written { text, span } in self.texts(setting, value) {
            if known.contains(&text.as_str()) {
                names.push(text);
            } else {
                self.errors.push(ConfigError::unknown("rule", &text, span, &known));
            }
        }
        names
    }

    fn world(&mut self, value: &Value<'_>) {
        match value.get_ref().as_str() {
            Some("open") => self.file.options.world = World::Open,
            Some("closed") => self.file.options.world = World::Closed,
            _ => self.wrong("assume", value, "`\"open\"` or `\"closed\"`"),
        }
    }

    /// The Region or the account.
    fn pseudo(&mut self, name: &str, value: &Value<'_>) -> Option<String> {
        let (fits, expected): (fn(&str) -> bool, _) = if name == "region" {
            (is_region, "the name of a Region such as `\"eu-west-1\"`")
        } else {
            (is_account, "the 12 digits of an account in quotes")
        };
        let text = value.get_ref().as_str().filter(|text| fits(text));
        if text.is_none() {
            self.wrong(name, value, expected);
        }
        text.map(str::to_owned)
    }

    /// Services that are new to the program are taken as they are, slips are not.
    fn shared_endpoints(&mut self, value: &Value<'_>) {
        for Written { text, span } in self.texts("shared-endpoints", value) {
            let services = &self.registry.services;
            let name = text.strip_prefix("com.amazonaws.").and_then(|rest| rest.split_once('.'));
            let known = |id: &str| services.contains(&id);
            let near = match name {
                Some((_, id)) if known(id) => Some(id),
                _ if text == "*" || known(&text) => None,
                _ => nearest(&text, services.iter().copied()),
            };
            match near {
                Some(near) => {
                    let headline = format!("unknown service `{text}`");
                    let error = ConfigError::new(span, headline, "no such service");
                    self.errors.push(error.help(format!("did you mean `{near}`?")));
                }
                None => self.file.options.shared_endpoints.push(text),
            }
        }
    }

    fn parameters(&mut self, value: &Value<'_>) {
        for (name, value) in self.entries("parameters", value) {
            let name = name.get_ref();
            if let Some(value) = self.parameter(&format!("parameters.{name}"), value) {
                self.file.options.parameters.insert(name.to_string(), value);
            }
        }
    }

    /// Template parameters are texts; numbers, booleans and lists are taken as a parameter file would write them.
    fn parameter(&mut self, setting: &str, value: &Value<'_>) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Boolean(boolean) => Some(boolean.to_string()),
            DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
            DeValue::Array(_) => {
                let items = self.texts(setting, value);
                Some(items.into_iter().map(|item| item.text).collect::<Vec<_>>().join(","))
            }
            _ => {
                self.wrong(setting, value, "a text, a whole number, a boolean or a list of texts");
                None
            }
        }
    }

    fn severities(&mut self, value: &Value<'_>) {
        for (name, value) in self.entries("severity", value) {
            let rule = name.get_ref().as_ref();
            if !self.registry.rules.contains(&rule) {
                self.errors.push(ConfigError::unknown("rule", rule, name.span(), &self.registry.rules));
                continue;
            }
            let all = [Severity::Error, Severity::Warning, Severity::Info];
            let text = value.get_ref().as_str();
            if let Some(severity) = text.and_then(|text| all.into_iter().find(|known| known.name() == text)) {
                self.file.options.severity.insert(rule.to_owned(), severity);
                continue;
            }
            let expected = "`\"error\"`, `\"warning\"` or `\"info\"`";
            let error = ConfigError::wrong_value(&format!("severity.{rule}"), value.span(), expected);
            let off = matches!(text, Some("off" | "ignore" | "none"));
            let help = format!("to silence the rule: `ignore = [\"{rule}\"]`");
            self.errors.push(if off { error.help(help) } else { error });
        }
    }

    fn per_file_ignores(&mut self, value: &Value<'_>) {
        for (pattern, value) in self.entries("per-file-ignores", value) {
            let rules = self.selection(&format!("per-file-ignores.{}", pattern.get_ref()), value);
            match FilePattern::new(pattern.get_ref()) {
                Ok(files) => self.file.per_file_ignores.push((files, rules)),
                Err(reason) => {
                    let headline = format!("`{}` is not a pattern for files", pattern.get_ref());
                    self.errors.push(ConfigError::new(pattern.span(), headline, reason));
                }
            }
        }
    }

    /// The table of a rule.
    fn rule(&mut self, rule: &str, key: &Key<'_>, value: &Value<'_>) {
        let settings: Vec<&'static Setting> =
            self.registry.settings.iter().copied().filter(|setting| setting.rule == rule).collect();
        if settings.is_empty() {
            let headline = format!("nothing can be set for the rule `{rule}`");
            self.errors
                .push(ConfigError::new(key.span(), headline, "a rule without settings").help(format!(
                "to silence it: `ignore = [\"{rule}\"]`; its severity: `{rule} = \"info\"` below `[severity]`"
            )));
            return;
        }
        for (name, value) in self.entries(rule, value) {
            let Some(setting) = settings.iter().find(|setting| setting.name == name.get_ref()) else {
                let known: Vec<&str> = settings.iter().map(|setting| setting.name).collect();
                self.errors.push(ConfigError::unknown("setting", name.get_ref(), name.span(), &known));
                continue;
            };
            let set = match setting.kind {
                SettingKind::Texts => {
                    let texts = self.texts(setting.name, value);
                    SettingValue::Texts(texts.into_iter().map(|one| one.text).collect())
                }
                SettingKind::Patterns => SettingValue::Patterns(self.patterns(setting.name, value)),
            };
            self.file.options.settings.insert((setting.rule, setting.name), set);
        }
    }

    fn patterns(&mut self, setting: &str, value: &Value<'_>) -> Patterns {
        let mut patterns = Vec::new();
        for Written { text, span } in self.texts(setting, value) {
            match Regex::new(&text) {
                Ok(pattern) => patterns.push(pattern),
                Err(error) => {
                    let headline = format!("`{text}` is not a valid regular expression");
                    let in_double_quotes = self.text[span.clone()].starts_with('"');
                    let error = ConfigError::new(span, headline, reason(&error));
                    let help = "write patterns in single quotes, so that `\\` stays as it is";
                    self.errors.push(if in_double_quotes { error.help(help) } else { error });
                }
            }
        }
        Patterns::new(patterns)
    }

    fn deployments(&mut self, value: &Value<'_>) {
        let Some(items) = value.get_ref().as_array() else {
            self.wrong("deployment", value, "a list of tables, each below `[[deployment]]`");
            return;
        };
        let place = self.file.places.get("deployment").cloned().unwrap_or_default();
        for item in items {
            let Some(table) = item.get_ref().as_table() else {
                self.wrong("deployment", item, "a list of tables, each below `[[deployment]]`");
                continue;
            };
            let Some(entry) = self.deployment(table, item.span(), &place) else { continue };
            let same = |other: &&DeploymentEntry| {
                (&other.name.text, &other.template.text) == (&entry.name.text, &entry.template.text)
            };
            match self.file.deployments.iter().find(same) {
                Some(first) => {
                    let error =
                        ConfigError::twice(&entry.name.text, entry.name.span, first.name.span.clone());
                    self.errors.push(error.help("give each deployment of a template a name of its own"));
                }
                None => self.file.deployments.push(entry),
            }
        }
    }

    /// `first` is where the list begins, in case that nothing in the table can be underlined.
    fn deployment(
        &mut self,
        table: &DeTable<'_>,
        whole: Range<usize>,
        first: &Range<usize>,
    ) -> Option<DeploymentEntry> {
        let (mut named, mut template) = (None, None);
        let (mut files, mut parameters) = (Vec::new(), BTreeMap::new());
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let setting = format!("deployment.{name}");
            match name {
                "name" | "template" => {
                    let text = self.text(&setting, value);
                    let written = text.map(|text| Written { text, span: value.span() });
                    *(if name == "name" { &mut named } else { &mut template }) = written;
                }
                "region" | "account" => {
                    if let Some(text) = self.pseudo(name, value) {
                        let pseudo = if name == "region" { REGION } else { ACCOUNT };
                        parameters.insert(pseudo.to_owned(), Written { text, span: key.span() });
                    }
                }
                "parameters" => match value.get_ref() {
                    DeValue::String(text) => {
                        files.push(Written { text: text.to_string(), span: value.span() });
                    }
                    DeValue::Array(_) => files = self.texts(&setting, value),
                    DeValue::Table(values) => {
                        for (name, value) in values {
                            let setting = format!("{setting}.{}", name.get_ref());
                            if let Some(text) = self.parameter(&setting, value) {
                                let written = Written { text, span: name.span() };
                                parameters.entry(name.get_ref().to_string()).or_insert(written);
                            }
                        }
                    }
                    _ => self.wrong(&setting, value, "a file, a list of files or a table of values"),
                },
                _ => {
                    let known: Vec<&str> = DEPLOYMENT.iter().map(|(name, _)| *name).collect();
                    self.errors.push(ConfigError::unknown("setting", name, key.span(), &known));
                }
            }
        }
        let lacks = ["name", "template"].into_iter().find(|needed| !table.contains_key(*needed));
        if let Some(lacks) = lacks {
            let place = if whole.is_empty() { first.clone() } else { whole };
            let error =
                ConfigError::new(place, format!("a deployment needs `{lacks}`"), "it is not set here");
            self.errors.push(error);
        }
        Some(DeploymentEntry { name: named?, template: template?, files, parameters })
    }
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

    static SETTINGS: &[&Setting] = &[
        &Setting {
            rule: "acceptance-off",
            name: "sensitive",
            summary: "",
            kind: SettingKind::Patterns,
            default: &["secret"],
        },
        &Setting {
            rule: "endpoint-service-untagged",
            name: "required-tags",
            summary: "",
            kind: SettingKind::Texts,
            default: &["Name"],
        },
    ];

    fn registry() -> Registry {
        Registry {
            rules: vec!["acceptance-off", "endpoint-service-untagged", "private-dns-off"],
            settings: SETTINGS,
            services: vec!["ecr.api", "ecr.dkr", "s3"],
        }
    }

    /// Headline, what is underlined, and help of everything that is wrong.
    fn errors(text: &str) -> Vec<(String, String, String)> {
        let errors = parse(text, &registry()).unwrap_err().into_iter();
        let told = errors.map(|error| {
            let start = error.span.offset();
            let at = text[start..start + error.span.len()].to_owned();
            (error.message, at, error.help.unwrap_or_default())
        });
        told.collect()
    }

    fn assert_error(text: &str, message: &str, at: &str, help: &str) {
        assert_eq!(errors(text), [(message.to_owned(), at.to_owned(), help.to_owned())]);
    }

    #[test]
    fn an_empty_file_is_the_default() {
        let options = parse("", &registry()).unwrap().options;
        assert_eq!(options.texts(SETTINGS[1]), ["Name"]);
        assert!(options.patterns(SETTINGS[0]).is_none());
        assert_eq!(options.world, World::Open);
    }

    #[test]
    fn reads_every_setting() {
        let file = parse(
            r#"
            select = ["acceptance-off", "private-dns-off"]
            extend-select = ["pedantic"]
            ignore = ["endpoint-service-untagged"]
            assume = "closed"
            region = "eu-west-1"
            account = "011122223333"
            shared-endpoints = ["ecr.api", "brand-new-service"]
            central-endpoints = ["HubVpc"]

            [parameters]
            Environment = "prod"
            Zones = 2
            Public = false
            Subnets = ["subnet-1", "subnet-2"]
            "AWS::Partition" = "aws-cn"

            [severity]
            acceptance-off = "error"

            [per-file-ignores]
            "legacy/**" = ["private-dns-off", "perimeter"]

            [endpoint-service-untagged]
            required-tags = ["Name", "owner"]

            [acceptance-off]
            sensitive = ['ledger']

            [[deployment]]
            name = "prod"
            template = "vpc.yaml"
            parameters = ["common.json", "prod.json"]
            region = "eu-central-1"

            [[deployment]]
            name = "dev"
            template = "vpc.yaml"
            parameters = { Environment = "dev", Zones = 1 }
            "#,
            &registry(),
        )
        .unwrap();
        let options = file.options;
        assert_eq!(options.select, ["acceptance-off", "private-dns-off"]);
        assert_eq!(options.extend_select, ["pedantic"]);
        assert_eq!(options.ignore, ["endpoint-service-untagged"]);
        assert_eq!(options.world, World::Closed);
        assert_eq!(options.shared_endpoints, ["ecr.api", "brand-new-service"]);
        assert_eq!(options.central_endpoints, ["HubVpc"]);
        let parameters: Vec<(&str, &str)> =
            options.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            parameters,
            [
                ("AWS::AccountId", "011122223333"),
                ("AWS::Partition", "aws-cn"),
                ("AWS::Region", "eu-west-1"),
                ("Environment", "prod"),
                ("Public", "false"),
                ("Subnets", "subnet-1,subnet-2"),
                ("Zones", "2"),
            ]
        );
        assert_eq!(options.severity["acceptance-off"], Severity::Error);
        assert_eq!(options.texts(SETTINGS[1]), ["Name", "owner"]);
        let sensitive = options.patterns(SETTINGS[0]).unwrap();
        assert!(sensitive.find("LedgerService").is_some());
        assert!(sensitive.find("secret").is_none());
        let (pattern, rules) = &file.per_file_ignores[0];
        assert!(pattern.fits("legacy/a.yaml") && !pattern.fits("a.yaml"));
        assert_eq!(*rules, ["private-dns-off", "perimeter"]);
        let [prod, dev] = file.deployments.as_slice() else { panic!("two deployments") };
        assert_eq!((prod.name.text.as_str(), prod.template.text.as_str()), ("prod", "vpc.yaml"));
        assert_eq!(
            prod.files.iter().map(|file| file.text.as_str()).collect::<Vec<_>>(),
            ["common.json", "prod.json"]
        );
        assert_eq!(prod.parameters["AWS::Region"].text, "eu-central-1");
        assert_eq!(dev.parameters["Environment"].text, "dev");
        assert_eq!(dev.parameters["Zones"].text, "1");
    }

    #[test]
    fn points_at_what_is_wrong() {
        assert_error("slect = []", "unknown setting `slect`", "slect", "did you mean `select`?");
        assert_error(
            "ignore = [\"acceptance-of\"]",
            "unknown rule `acceptance-of`",
            "\"acceptance-of\"",
            "did you mean `acceptance-off`?",
        );
        assert_error(
            "extend-select = [\"pedantik\"]",
            "unknown rule `pedantik`",
            "\"pedantik\"",
            "did you mean `pedantic`?",
        );
        let (message, ..) = errors("[severity]\npedantic = \"error\"").remove(0);
        assert_eq!(message, "unknown rule `pedantic`", "a severity is that of one rule");
        assert_error("assume = \"shut\"", "`assume` must be `\"open\"` or `\"closed\"`", "\"shut\"", "");
        assert_error(
            "[severity]\nacceptance-off = \"off\"",
            "`severity.acceptance-off` must be `\"error\"`, `\"warning\"` or `\"info\"`",
            "\"off\"",
            "to silence the rule: `ignore = [\"acceptance-off\"]`",
        );
        assert_error(
            "[acceptance-off]\nsensitiv = []",
            "unknown setting `sensitiv`",
            "sensitiv",
            "did you mean `sensitive`?",
        );
        assert_error("select = [\"acceptance-off\", 3]", "`select` must be a list of texts", "3", "");
        assert_error(
            "[private-dns-off]\ncentral = true",
            "nothing can be set for the rule `private-dns-off`",
            "private-dns-off",
            "to silence it: `ignore = [\"private-dns-off\"]`; its severity: `private-dns-off = \"info\"` below `[severity]`",
        );
        assert_error(
            "shared-endpoints = [\"com.amazonaws.eu-west-1.s3\"]",
            "unknown service `com.amazonaws.eu-west-1.s3`",
            "\"com.amazonaws.eu-west-1.s3\"",
            "did you mean `s3`?",
        );
        assert_error(
            "shared-endpoints = [\"ecr.apl\"]",
            "unknown service `ecr.apl`",
            "\"ecr.apl\"",
            "did you mean `ecr.api`?",
        );
        assert_error(
            "region = \"Ireland\"",
            "`region` must be the name of a Region such as `\"eu-west-1\"`",
            "\"Ireland\"",
            "",
        );
        assert_error(
            "account = 11112222333",
            "`account` must be the 12 digits of an account in quotes",
            "11112222333",
            "",
        );
        assert_error("[per-file-ignores]\n\"a[\" = []", "`a[` is not a pattern for files", "\"a[\"", "");
    }

    #[test]
    fn deployments_are_whole_and_have_names_of_their_own() {
        assert_error("[[deployment]]\nname = 'prod'", "a deployment needs `template`", "[[deployment]]", "");
        assert_error(
            "[[deployment]]\nname = 1\ntemplate = \"a\"",
            "`deployment.name` must be a text in quotes",
            "1",
            "",
        );
        assert_error(
            "[[deployment]]\nname = 'a'\ntemplate = 'b'\nparametrs = 'c'",
            "unknown setting `parametrs`",
            "parametrs",
            "did you mean `parameters`?",
        );
        assert_error(
            "[[deployment]]\nname = 'a'\ntemplate = 'b'\n[[deployment]]\ntemplate = 'b'\nname = 'a' ",
            "`a` is given twice",
            "'a'",
            "give each deployment of a template a name of its own",
        );
        assert_eq!(
            errors("deployment = 1").remove(0).0,
            "`deployment` must be a list of tables, each below `[[deployment]]`"
        );
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_in_the_order_of_the_file() {
        let told =
            errors("[severity]\nx = 'error'\n[acceptance-off]\nsensitive = ['(', ')', 'a']\nother = 1");
        let at: Vec<&str> = told.iter().map(|(_, at, _)| at.as_str()).collect();
        assert_eq!(at, ["x", "'('", "')'", "other"]);
    }

    #[test]
    fn refuses_bad_patterns_and_bad_toml() {
        let (message, at, _) = errors("[acceptance-off]\nsensitive = ['a', '(']").remove(0);
        assert_eq!((message.as_str(), at.as_str()), ("`(` is not a valid regular expression", "'('"));
        assert_eq!(errors("select = [").remove(0).0, "the file is not valid TOML");
        let (message, at, _) = errors("region = 'eu-west-1'\n[parameters]\n'AWS::Region' = 'b'").remove(0);
        assert_eq!((message.as_str(), at.as_str()), ("the Region is set twice", "region"));
    }
}
