//! What can be typed behind `privatelint`.

use std::env;
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Arg, ArgAction, ArgGroup, Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::diagnostic::{Applicability, Severity};
use crate::project::Mending;
use crate::text::nearest;

/// Checks AWS CloudFormation templates for PrivateLink, VPC endpoints, endpoint services and their network
///
/// Exit codes: 0 nothing found at or above --fail-on, 1 findings, 2 something could not be checked.
#[derive(Debug, Parser)]
#[command(
    name = "privatelint",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Options may stand in the environment too: PRIVATELINT_FAIL_ON=error is --fail-on error."
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) check: Check,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check templates (also without this word: `privatelint PATHS`)
    Check(Check),
    /// Print the completions of a shell, to be sourced by it
    Completions(Completions),
    /// Show the configuration that is in force, and where each value comes from
    Config(Config),
    /// Explain a rule: what it finds, why, and what to do
    Explain(Explain),
    /// Draw the network of a template, and how its workloads reach what they need
    Graph(Graph),
    /// Write a first `privatelint.toml`, with every setting explained
    Init(Init),
    /// Serve an editor over the standard streams (Language Server Protocol)
    Lsp(Lsp),
    /// Print the manual page, or write one for each command
    Man(Man),
    /// List all rules
    Rules(Rules),
}

/// Names of the subcommands, to recognise a mistyped one among the paths.
pub(super) const COMMANDS: &[&str] =
    &["check", "completions", "config", "explain", "graph", "init", "lsp", "man", "rules"];

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line are independent of each other")]
#[command(group(ArgGroup::new("fixing").args(["fix", "diff"]).multiple(true).conflicts_with_all(["write_baseline", "add_ignores"])))]
pub(super) struct Check {
    /// Files and folders to check, `-` for the standard input [default: the current folder]
    pub(super) paths: Vec<PathBuf>,
    /// Name of the standard input in the report
    #[arg(long, value_name = "NAME")]
    pub(super) stdin_filename: Option<String>,
    /// Pass over files that are no templates even where they are named, as in folders
    #[arg(long)]
    pub(super) templates_only: bool,
    /// Check again whenever a template or the configuration changes, until interrupted
    #[arg(long, conflicts_with_all = ["write_baseline", "add_ignores", "fix"])]
    pub(super) watch: bool,
    /// How the findings are written
    #[arg(long, value_enum, default_value_t = Format::Full)]
    pub(super) format: Format,
    /// Write a report to a file too, as in `sarif=privatelint.sarif`; may be given several times
    #[arg(long, value_name = "FORMAT=PATH", value_parser = output_file)]
    pub(super) output_file: Vec<OutputFile>,
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Tell only what this file does not know
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Write what is found to a file, so that from then on only new findings are told
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "add_ignores"])]
    pub(super) write_baseline: Option<PathBuf>,
    /// Write ignores for all that is found into the templates
    #[arg(long)]
    pub(super) add_ignores: bool,
    /// Why, to be written into these ignores
    #[arg(long, value_name = "TEXT", requires = "add_ignores")]
    pub(super) reason: Option<String>,
    /// From which severity on findings make the exit code 1
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = FailOn::Warning)]
    pub(super) fail_on: FailOn,
    /// Fix what can be fixed safely, in the files themselves
    #[arg(long)]
    pub(super) fix: bool,
    /// Show as a unified diff what --fix would change, and change nothing
    #[arg(long)]
    pub(super) diff: bool,
    /// With --fix or --diff, also what is probably meant and wants a look afterwards
    #[arg(long, requires = "fixing")]
    pub(super) unsafe_fixes: bool,
    /// Exit with 0 whatever is found
    #[arg(long)]
    pub(super) exit_zero: bool,
    #[command(flatten)]
    pub(super) given: Given,
    /// Count the findings of each rule instead of showing them
    #[arg(long)]
    pub(super) statistics: bool,
    /// Name the templates that would be checked, and check nothing
    #[arg(long)]
    pub(super) show_files: bool,
    /// When to use colours; auto asks the terminal, `NO_COLOR` and `CLICOLOR_FORCE`
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub(super) color: ColorChoice,
    /// Show no progress bar
    #[arg(long)]
    pub(super) no_progress: bool,
    /// Print findings and errors only, no summary and no progress bar
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// Which rules speak.
#[derive(Debug, Args)]
pub(super) struct Selection {
    /// Only these rules; separate several with commas; a persona such as `pedantic` means all its rules
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(super) select: Vec<String>,
    /// These rules or personas too, beside those that run anyway
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(super) extend_select: Vec<String>,
    /// Never these rules or personas
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(super) ignore: Vec<String>,
}

/// What is told about the templates.
#[derive(Debug, Args)]
pub(super) struct Given {
    /// Value of a template parameter, or of a pseudo parameter as in `AWS::Region=eu-west-1`
    #[arg(long, value_name = "NAME=VALUE", value_parser = parameter)]
    pub(super) parameter: Vec<(String, String)>,
    /// Parameter values of a deployment, called NAME or else as the file; several are told apart in the findings
    #[arg(long, value_name = "[NAME=]FILE")]
    pub(super) parameters: Vec<String>,
    /// Configuration file [default: for each template the nearest privatelint.toml in its folder or above]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Read no configuration file, not even one that is named
    #[arg(long)]
    pub(super) no_config: bool,
}

#[derive(Debug, Args)]
pub(super) struct Config {
    /// The file or folder in question [default: the current folder]
    pub(super) path: Option<PathBuf>,
    /// Print a JSON Schema of configuration files, for editors
    #[arg(long)]
    pub(super) schema: bool,
    #[command(flatten)]
    pub(super) selection: Selection,
    #[command(flatten)]
    pub(super) given: Given,
    /// When to use colours in messages; auto asks the terminal, `NO_COLOR` and `CLICOLOR_FORCE`
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub(super) color: ColorChoice,
}

#[derive(Debug, Args)]
pub(super) struct Init {
    /// The folder for the file [default: the current folder]
    pub(super) folder: Option<PathBuf>,
    /// Overwrite the file that is there
    #[arg(long)]
    pub(super) force: bool,
    /// When to use colours in messages; auto asks the terminal, `NO_COLOR` and `CLICOLOR_FORCE`
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub(super) color: ColorChoice,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// Name of the rule, as in `acceptance-off`
    pub(super) rule: String,
    /// When to use colours; auto asks the terminal, `NO_COLOR` and `CLICOLOR_FORCE`
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub(super) color: ColorChoice,
}

#[derive(Debug, Args)]
pub(super) struct Graph {
    /// The template, `-` for the standard input
    pub(super) template: PathBuf,
    /// Name of the standard input in the picture
    #[arg(long, value_name = "NAME")]
    pub(super) stdin_filename: Option<String>,
    /// How the picture is written
    #[arg(long, value_enum, default_value_t = GraphFormat::Svg)]
    pub(super) format: GraphFormat,
    /// File for the picture [default: the standard output]
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Which of the scenarios that the conditions allow; without it the first, in which the defaults hold, and a list of all
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) scenario: Option<u32>,
    #[command(flatten)]
    pub(super) given: Given,
    /// When to use colours in messages; auto asks the terminal, `NO_COLOR` and `CLICOLOR_FORCE`
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub(super) color: ColorChoice,
}

#[derive(Debug, Args)]
pub(super) struct Lsp {
    /// Only for editors that add it; the standard streams are used anyway
    #[arg(long, hide = true)]
    pub(super) stdio: bool,
}

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// Which shell
    #[arg(value_enum)]
    pub(super) shell: Shell,
}

#[derive(Debug, Args)]
pub(super) struct Man {
    /// Write the page of each command into this folder instead
    #[arg(long, value_name = "FOLDER")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Rules {
    /// How the list is written
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub(super) format: ListFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// With excerpts of the source
    Full,
    /// One line per finding
    Concise,
    /// One JSON object
    Json,
    /// One JSON object a line, the last one for the whole run
    Jsonl,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions, and a summary of the step
    Github,
    /// Code quality report of GitLab
    Gitlab,
    /// XML of JUnit: what makes the exit code 1 is a failed test
    Junit,
    /// XML of Checkstyle
    Checkstyle,
    /// JSON of reviewdog
    Rdjson,
    /// For a comment on a pull request
    Markdown,
}

/// A report that goes to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OutputFile {
    pub(super) format: Format,
    pub(super) path: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum GraphFormat {
    /// An image for browsers and documents
    Svg,
    /// A flowchart for Markdown
    Mermaid,
    /// A graph for Graphviz
    Dot,
    /// One JSON object
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// One line per rule
    Table,
    /// One JSON array
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    Error,
    Warning,
    Info,
    Never,
}

impl Check {
    /// What is done about fixes.
    pub(super) fn mending(&self) -> Option<Mending> {
        let wanted = if self.unsafe_fixes { Applicability::Suggested } else { Applicability::Safe };
        (self.fix || self.diff).then_some(Mending { wanted, write: !self.diff })
    }
}

impl FailOn {
    /// The lowest severity that fails, if any does.
    pub(super) fn severity(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Info => Some(Severity::Info),
            Self::Never => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    Auto,
    Always,
    Never,
}

/// Before the name of an option in the environment.
pub(super) const VARIABLES: &str = "PRIVATELINT_";

/// What belongs to one call, not to an environment: options that write files or that ask for something else than a
/// check, and what only takes back a variable.
const ONLY_ON_THE_LINE: &[&str] = &[
    "add-ignores",
    "diff",
    "fix",
    "force",
    "help",
    "no-config",
    "output",
    "reason",
    "scenario",
    "schema",
    "show-files",
    "unsafe-fixes",
    "version",
    "watch",
    "write-baseline",
];

/// The command with the variables of the environment that its options may come from.
pub(super) fn command() -> clap::Command {
    let command = Arguments::command();
    // Mostly there are none, and then there is no need to look for that of each option.
    if !has_variables() {
        return command;
    }
    let from_environment = |command: clap::Command, but: &[&str]| {
        command.mut_args(|argument| match variable(&argument) {
            Some((option, _)) if but.contains(&option.as_str()) => argument,
            Some((_, variable)) => with_variable(argument, variable),
            None => argument,
        })
    };
    // Formats are those of findings: a picture and a list have others.
    let inner = |command: clap::Command| {
        let but: &[&str] = if command.get_name() == "check" { &[] } else { &["format"] };
        from_environment(command, but)
    };
    from_environment(command, &[]).mut_subcommands(inner)
}

/// Whether the environment has a variable that may be meant for an option; Windows does not tell their case apart.
fn has_variables() -> bool {
    let start = VARIABLES.as_bytes();
    env::vars_os().any(|(name, _)| {
        let name = name.as_encoded_bytes();
        name.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
    })
}

/// The name of an option and its variable.
fn variable(argument: &Arg) -> Option<(String, String)> {
    let option = argument.get_long().filter(|option| !ONLY_ON_THE_LINE.contains(option))?;
    Some((option.to_owned(), format!("{VARIABLES}{}", option.replace('-', "_").to_uppercase())))
}

/// An empty variable is one that is not set: many tools cannot unset what they set.
fn with_variable(argument: Arg, variable: String) -> Arg {
    if env::var_os(&variable).is_none_or(|value| value.is_empty()) {
        return argument;
    }
    let is_switch = matches!(argument.get_action(), ArgAction::SetTrue);
    let argument = argument.env(variable).hide_env(true);
    if is_switch { argument.value_parser(BoolishValueParser::new()) } else { argument }
}

/// The variables that options may come from.
pub(super) fn variables() -> Vec<String> {
    let check = Arguments::command();
    let mut names: Vec<String> =
        check.get_arguments().filter_map(variable).map(|(_, variable)| variable).collect();
    names.sort();
    names
}

fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

fn output_file(text: &str) -> Result<OutputFile, String> {
    let Some((name, path)) = text.split_once('=') else {
        return Err("expected FORMAT=PATH".to_owned());
    };
    let names: Vec<String> = Format::value_variants()
        .iter()
        .filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned()))
        .collect();
    let Ok(format) = Format::from_str(name, false) else {
        let help = nearest(name, names.iter().map(String::as_str)).map_or_else(
            || format!("the formats are {}", names.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(format!("unknown format `{name}`; {help}"));
    };
    match path {
        "" => Err("the path is empty".to_owned()),
        "-" => Err(format!("`-` is no file; for the standard output use `--format {name}`")),
        _ => Ok(OutputFile { format, path: PathBuf::from(path) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_consistent() {
        command().debug_assert();
        let names: Vec<String> =
            Arguments::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
        assert_eq!(names, COMMANDS);
    }

    #[test]
    fn check_is_what_happens_without_a_subcommand() {
        let plain =
            Arguments::try_parse_from(["privatelint", "a.yaml", "--select", "a,b", "--select", "c"]).unwrap();
        assert!(plain.command.is_none());
        assert_eq!(plain.check.paths, [PathBuf::from("a.yaml")]);
        assert_eq!(plain.check.selection.select, ["a", "b", "c"]);
        let named = Arguments::try_parse_from(["privatelint", "check", "a.yaml", "-q"]).unwrap();
        assert!(matches!(named.command, Some(Command::Check(check)) if check.quiet));
    }

    #[test]
    fn parameters_may_have_colons_and_equal_signs() {
        assert_eq!(
            parameter("AWS::Region=eu-west-1"),
            Ok(("AWS::Region".to_owned(), "eu-west-1".to_owned()))
        );
        assert_eq!(parameter("Key=a=b"), Ok(("Key".to_owned(), "a=b".to_owned())));
        assert!(parameter("=b").is_err());
        assert!(parameter("Key").is_err());
    }

    #[test]
    fn output_files_have_a_format_and_a_path() {
        let file = output_file("sarif=out/a=b.sarif").unwrap();
        assert_eq!(file, OutputFile { format: Format::Sarif, path: PathBuf::from("out/a=b.sarif") });
        assert_eq!(output_file("sarif").unwrap_err(), "expected FORMAT=PATH");
        assert_eq!(output_file("sarf=x").unwrap_err(), "unknown format `sarf`; did you mean `sarif`?");
        assert!(
            output_file("pdf=x").unwrap_err().starts_with("unknown format `pdf`; the formats are full, ")
        );
        assert_eq!(output_file("json=").unwrap_err(), "the path is empty");
        assert!(output_file("json=-").unwrap_err().ends_with("use `--format json`"));
    }
}
