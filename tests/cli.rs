//! The binary as people and scripts use it: exit codes, messages, streams.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::fs;
use std::path::Path;

use command::{folder, outcome, privatelint};

mod command;

#[test]
fn help_and_version_succeed() {
    let folder = folder(&[]);
    let (code, stdout, _) = outcome(privatelint(folder.path()).arg("--help"));
    assert_eq!(code, 0);
    for option in [
        "--select",
        "--extend-select",
        "--fail-on",
        "--parameter",
        "--stdin-filename",
        "--fix",
        "--diff",
        "explain",
        "rules",
    ] {
        assert!(stdout.contains(option), "{option} is not in\n{stdout}");
    }
    let (code, stdout, _) = outcome(privatelint(folder.path()).arg("--version"));
    assert_eq!((code, stdout), (0, format!("privatelint {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn wrong_arguments_are_the_users_mistake() {
    let folder = folder(&[]);
    let (code, _, stderr) = outcome(privatelint(folder.path()).args(["--format", "fulll"]));
    assert_eq!(code, 2);
    assert!(stderr.contains("full"), "{stderr}");
    let (code, _, stderr) = outcome(privatelint(folder.path()).args(["--parameter", "Environment"]));
    assert_eq!(code, 2);
    assert!(stderr.contains("expected NAME=VALUE"), "{stderr}");
}

#[test]
fn a_missing_path_is_said() {
    let folder = folder(&[]);
    let (code, stdout, stderr) = outcome(privatelint(folder.path()).arg("gone.yaml"));
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert_eq!(stderr, "error: `gone.yaml` does not exist\n\n");
}

#[test]
fn a_mistyped_command_is_recognised() {
    let folder = folder(&[]);
    let (code, _, stderr) = outcome(privatelint(folder.path()).arg("chekc"));
    assert_eq!(code, 2);
    assert!(stderr.contains("there is a command `check`"), "{stderr}");
}

#[test]
fn a_file_that_is_no_template_is_said() {
    let folder = folder(&[("values.txt", b"a: 1\n")]);
    let (code, _, stderr) = outcome(privatelint(folder.path()).arg("values.txt"));
    assert_eq!(code, 2);
    assert!(
        stderr.contains("`values.txt` is not a CloudFormation template: it has no `Resources`"),
        "{stderr}"
    );
}

#[test]
fn a_template_that_is_not_utf8_is_checked_and_said_with_the_offset() {
    let folder = folder(&[("latin.yaml", b"# caf\xe9\nResources: {Topic: {Type: AWS::SNS::Topic}}\n")]);
    let (code, _, stderr) = outcome(privatelint(folder.path()).arg("latin.yaml"));
    assert_eq!(code, 0);
    assert!(stderr.contains("`latin.yaml` is not UTF-8: the byte at offset 5 does not fit"), "{stderr}");
    assert!(stderr.contains("= help: save the file as UTF-8"), "{stderr}");
    assert!(stderr.contains("no problems in 1 template"), "{stderr}");
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_read_is_said() {
    use std::os::unix::fs::symlink;
    // A link to itself cannot be read by anyone, not even by the superuser.
    let folder = folder(&[]);
    symlink("loop.yaml", folder.path().join("loop.yaml")).unwrap();
    let (code, _, stderr) = outcome(privatelint(folder.path()).arg("loop.yaml"));
    assert_eq!(code, 2);
    assert!(stderr.contains("error: cannot read `loop.yaml`: "), "{stderr}");
}

#[test]
fn a_folder_without_templates_fails_only_if_asked_for() {
    let folder = folder(&[("values.yaml", b"a: 1\n")]);
    let (code, _, stderr) = outcome(&mut privatelint(folder.path()));
    assert_eq!(code, 0);
    assert!(stderr.starts_with("warning: no templates in `.`\n"), "{stderr}");
    let (code, _, stderr) = outcome(privatelint(folder.path()).args(["check", "."]));
    assert_eq!(code, 2);
    assert!(stderr.contains("no templates in `.`"), "{stderr}");
}

#[test]
fn the_standard_input_has_a_name() {
    let folder = folder(&[]);
    let mut command = privatelint(folder.path());
    let (code, _, stderr) = outcome(command.args(["-", "--stdin-filename", "stack.yaml"]).write_stdin(""));
    assert_eq!(code, 2);
    assert!(stderr.contains("`stack.yaml` is not a CloudFormation template: it is empty"), "{stderr}");
}

#[test]
fn json_is_json_even_where_nothing_was_found() {
    let folder = folder(&[]);
    let (code, stdout, _) = outcome(privatelint(folder.path()).args(["--format", "json"]));
    assert_eq!(code, 0);
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["schema_version"], 1);
    assert_eq!(report["summary"]["templates"], 0);
}

#[test]
fn unknown_rules_are_errors() {
    let folder = folder(&[]);
    for option in ["--select", "--extend-select", "--ignore", "explain"] {
        let arguments = [option, "no-such-rule"];
        let (code, stdout, stderr) = outcome(privatelint(folder.path()).args(arguments));
        assert_eq!((code, stdout.as_str()), (2, ""));
        assert!(stderr.starts_with("error: unknown rule `no-such-rule`\n"), "{stderr}");
        assert!(stderr.contains("= help: `privatelint rules` lists all rules"), "{stderr}");
    }
}

#[test]
fn personas_are_named_where_rules_are_selected() {
    let folder = folder(&[]);
    let (code, _, stderr) = outcome(privatelint(folder.path()).args(["--select", "pedantik"]));
    assert_eq!(code, 2);
    assert!(stderr.contains("unknown rule `pedantik`"), "{stderr}");
    assert!(stderr.contains("= help: did you mean `pedantic`?"), "{stderr}");
    let (code, _, stderr) = outcome(privatelint(folder.path()).args([
        "--extend-select",
        "pedantic,cost",
        "--ignore",
        "perimeter",
    ]));
    assert_eq!(code, 0, "{stderr}");
}

const NESTED: &[u8] = b"
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Workers:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: workers.yaml, Parameters: {VpcId: !Ref Vpc}}
";

#[test]
fn opt_in_rules_wait_to_be_asked() {
    let folder = folder(&[("nested.yaml", NESTED), ("privatelint.toml", b"extend-select = ['pedantic']\n")]);
    let run = |arguments: &[&str]| {
        let (_, stdout, _) = outcome(privatelint(folder.path()).args(arguments));
        stdout
    };
    let with = |arguments: &[&str]| run(&[&["nested.yaml", "--format", "concise"], arguments].concat());
    let without_file = |arguments: &[&str]| with(&[&["--config", "none.toml"], arguments].concat());
    fs::write(folder.path().join("none.toml"), "").unwrap();
    assert_eq!(without_file(&[]), "");
    assert!(without_file(&["--select", "analysis-limited"]).contains("[analysis-limited]"));
    assert!(without_file(&["--extend-select", "pedantic"]).contains("[analysis-limited]"));
    assert_eq!(without_file(&["--extend-select", "cost"]), "");
    assert!(with(&[]).contains("[analysis-limited]"));
    assert_eq!(with(&["--ignore", "pedantic"]), "");
    assert_eq!(with(&["--select", "default"]), "");
    assert!(
        run(&["explain", "analysis-limited"])
            .contains("\nOff by default: `--extend-select analysis-limited`")
    );
    let list = run(&["rules"]);
    let line = list.lines().find(|line| line.starts_with("analysis-limited ")).unwrap();
    assert!(line.ends_with("(off by default: `pedantic`)"), "{line}");
    let list: serde_json::Value = serde_json::from_str(&run(&["rules", "--format", "json"])).unwrap();
    let persona = |name: &str| {
        let found = list.as_array().unwrap().iter().find(|rule| rule["name"] == name).unwrap();
        found["persona"].as_str().unwrap().to_owned()
    };
    assert_eq!(persona("analysis-limited"), "pedantic");
    assert_eq!(persona("s3-all-resolvers-cost"), "cost");
    assert_eq!(persona("private-dns-off"), "default");
}

#[test]
fn a_vpc_that_is_shown_whole_is_decided() {
    let folder = folder(&[("nested.yaml", NESTED), ("privatelint.toml", b"assume = 'closed'\n")]);
    let (code, stdout, _) = outcome(privatelint(folder.path()).args([
        "nested.yaml",
        "--format",
        "concise",
        "--select",
        "pedantic",
    ]));
    assert_eq!((code, stdout.as_str()), (0, ""));
}

#[test]
fn the_list_of_rules_is_there_for_programs() {
    let folder = folder(&[]);
    let (code, stdout, _) = outcome(privatelint(folder.path()).args(["rules", "--format", "json"]));
    assert_eq!(code, 0);
    assert!(serde_json::from_str::<serde_json::Value>(&stdout).unwrap().is_array());
    assert_eq!(outcome(privatelint(folder.path()).arg("rules")).0, 0);
}

#[test]
fn the_nearest_configuration_is_read_and_its_mistakes_are_shown() {
    let folder = folder(&[("privatelint.toml", b"assume = \"closed\"\nslect = []\n")]);
    let inner = folder.path().join("stacks/network");
    fs::create_dir_all(&inner).unwrap();
    let (code, _, stderr) = outcome(&mut privatelint(&inner));
    assert_eq!(code, 2);
    let expected = "\
error: unknown setting `slect`
  ┌─ ../../privatelint.toml:2:1
  │
2 │ slect = []
  │ ^^^^^ no such setting
  │
  = help: did you mean `select`?

";
    assert_eq!(stderr, expected);
}

#[test]
fn a_named_configuration_wins_and_must_exist() {
    let folder = folder(&[("privatelint.toml", b"slect = []\n"), ("good.toml", b"assume = \"closed\"\n")]);
    let (code, _, stderr) = outcome(privatelint(folder.path()).args(["--config", "good.toml"]));
    assert_eq!(code, 0, "{stderr}");
    let (code, _, stderr) = outcome(privatelint(folder.path()).args(["--config", "gone.toml"]));
    assert_eq!(code, 2);
    assert!(stderr.contains("cannot read the configuration file `gone.toml`"), "{stderr}");
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let folder = folder(&[]);
    let colored = |command: &mut assert_cmd::Command| outcome(command.arg("gone.yaml")).2.contains('\u{1b}');
    assert!(!colored(&mut privatelint(folder.path())));
    assert!(colored(privatelint(folder.path()).args(["--color", "always"])));
    assert!(colored(privatelint(folder.path()).env("CLICOLOR_FORCE", "1")));
    assert!(!colored(privatelint(folder.path()).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1")));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    use std::process::Stdio;
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_privatelint"))
        .args(["-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It waits for its input until nobody reads its output any more.
    drop(child.stdout.take());
    drop(child.stdin.take());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr, "error: `<stdin>` is not a CloudFormation template: it is empty\n\n");
    assert_eq!(output.status.code(), Some(2));
}

/// A command of the README with what it shows there.
struct Shown {
    command: String,
    output: String,
}

fn shown_in_readme(root: &Path) -> Vec<Shown> {
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let blocks =
        readme.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    let mut shown: Vec<Shown> = Vec::new();
    for line in blocks.flat_map(|block| block.lines().map(str::to_owned).collect::<Vec<_>>()) {
        match line.strip_prefix("$ ") {
            Some(command) => shown.push(Shown { command: command.to_owned(), output: String::new() }),
            None => shown.last_mut().unwrap().output.extend([line.as_str(), "\n"]),
        }
    }
    shown
}

/// The text with every time such as `(12 ms)` or `(1.5 s)` made equal and blanks at line ends cut.
fn without_times(text: &str) -> String {
    let lines = text.lines().map(|line| match line.rsplit_once(" (") {
        Some((rest, time)) if time.ends_with("ms)") || time.ends_with(" s)") => format!("{rest} (time)"),
        _ => line.trim_end().to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

#[test]
fn the_readme_shows_what_happens() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let checks = fs::read_to_string(root.join(".ci/run")).unwrap();
    let shown = shown_in_readme(root);
    assert!(shown.len() >= 2, "the first screen has a command that lints and one that tests");
    for Shown { command, output } in shown {
        let Some(arguments) = command.strip_prefix("cargo run --quiet -- ") else {
            assert!(checks.contains(&command), "`{command}` is run neither here nor in .ci/run");
            continue;
        };
        let (_, stdout, stderr) = outcome(privatelint(root).args(arguments.split(' ')));
        assert_eq!(without_times(&format!("{stdout}{stderr}")), without_times(&output), "{command}");
    }
}

#[test]
fn the_configuration_in_the_readme_is_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    for block in readme.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
        let folder = folder(&[
            ("privatelint.toml", block.as_bytes()),
            ("stacks/network.yaml", b"Resources: {Topic: {Type: AWS::SNS::Topic}}\n"),
            ("stacks/prod.json", b"[]"),
        ]);
        let (code, _, stderr) = outcome(privatelint(folder.path()).arg("stacks/network.yaml"));
        assert_eq!(code, 0, "{stderr}");
    }
}

const OPEN_SERVICE: &[u8] = b"
Parameters:
  Acceptance: {Type: String, Default: 'true'}
Resources:
  Service:
    Type: AWS::EC2::VPCEndpointService
    Properties:
      AcceptanceRequired: !Ref Acceptance
      NetworkLoadBalancerArns: [!ImportValue load-balancer]
      Tags: [{Key: Name, Value: orders}]
  Allowed:
    Type: AWS::EC2::VPCEndpointServicePermissions
    Properties:
      ServiceId: !Ref Service
      AllowedPrincipals: ['arn:aws:iam::111122223333:root']
";

#[test]
fn findings_decide_the_exit_code_and_options_decide_what_is_found() {
    let folder = folder(&[("service.yaml", OPEN_SERVICE)]);
    let run = |arguments: &[&str]| {
        let (code, stdout, _) = outcome(privatelint(folder.path()).arg("service.yaml").args(arguments));
        (code, stdout)
    };
    let off = &["--parameter", "Acceptance=false", "--format", "concise"];
    assert_eq!(run(&[]), (0, String::new()), "acceptance is required by default");
    let (code, stdout) = run(off);
    assert_eq!(code, 1);
    assert!(stdout.contains("service.yaml:8:32: warning[acceptance-off]"), "{stdout}");
    assert_eq!(run(&[off as &[_], &["--fail-on", "error"]].concat()).0, 0);
    assert_eq!(run(&[off as &[_], &["--fail-on", "never"]].concat()).0, 0);
    assert_eq!(run(&[off as &[_], &["--ignore", "acceptance-off"]].concat()), (0, String::new()));
    assert_eq!(run(&[off as &[_], &["--select", "private-dns-off"]].concat()), (0, String::new()));
    assert_eq!(run(&[off as &[_], &["--select", "pedantic"]].concat()), (0, String::new()));
    assert_eq!(run(&[off as &[_], &["--extend-select", "pedantic"]].concat()).0, 1);
}

#[test]
fn a_template_on_the_standard_input_is_checked_under_its_name() {
    let folder = folder(&[]);
    let mut command = privatelint(folder.path());
    command.args(["-", "--stdin-filename", "x/service.yaml", "--format", "concise"]);
    command.args(["--parameter", "Acceptance=false"]);
    let (code, stdout, _) = outcome(command.write_stdin(OPEN_SERVICE));
    assert_eq!(code, 1);
    assert!(stdout.starts_with("x/service.yaml:8:32: warning[acceptance-off]"), "{stdout}");
}

#[test]
fn a_missing_path_does_not_keep_the_rest_from_being_checked() {
    let folder = folder(&[("broken.yaml", b"Resources:\n  A: {Type: AWS::SNS::Topic\n")]);
    let (code, stdout, stderr) =
        outcome(privatelint(folder.path()).args(["gone.yaml", "broken.yaml", "--format", "concise"]));
    assert_eq!(code, 2);
    assert!(stderr.contains("`gone.yaml` does not exist"), "{stderr}");
    assert!(stdout.contains("broken.yaml:2:6: error[template-unparsable]"), "{stdout}");
}

/// Every format, by its name on the command line.
const FORMATS: &[&str] = &[
    "full",
    "concise",
    "json",
    "jsonl",
    "sarif",
    "github",
    "gitlab",
    "junit",
    "checkstyle",
    "rdjson",
    "markdown",
];

/// Names of what is in a folder.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn every_format_has_the_same_exit_code_and_the_same_text_in_a_file() {
    let folder = folder(&[("service.yaml", OPEN_SERVICE)]);
    let run = |arguments: &[&str]| {
        let off = ["service.yaml", "--parameter", "Acceptance=false"];
        outcome(privatelint(folder.path()).args(off).args(arguments))
    };
    for format in FORMATS {
        let (code, shown, stderr) = run(&["--format", format]);
        assert_eq!(code, 1, "{format}: {stderr}");
        assert!(shown.contains("acceptance-off"), "{format}: {shown}");
        assert_eq!(run(&["--format", format, "--fail-on", "error"]).0, 0, "{format}");
        let summarised = stderr.contains("1 warning");
        assert_eq!(summarised, ["full", "concise", "github"].contains(format), "{format}: {stderr}");
        let (code, _, stderr) = run(&["--output-file", &format!("{format}=out")]);
        assert_eq!(code, 1, "{format}: {stderr}");
        assert_eq!(fs::read_to_string(folder.path().join("out")).unwrap(), shown, "{format}");
    }
    assert_eq!(names(folder.path()), ["out", "service.yaml"], "nothing temporary is left");
}

#[test]
fn several_reports_are_written_in_one_run() {
    let folder = folder(&[("service.yaml", OPEN_SERVICE)]);
    let (code, stdout, stderr) = outcome(privatelint(folder.path()).args([
        "service.yaml",
        "--format=concise",
        "--output-file=sarif=a.sarif",
        "--output-file=junit=b.xml",
        "--output-file=json=c.json",
    ]));
    assert_eq!((code, stdout.as_str()), (0, ""), "{stderr}");
    assert_eq!(names(folder.path()), ["a.sarif", "b.xml", "c.json", "service.yaml"]);
    let log = fs::read_to_string(folder.path().join("a.sarif")).unwrap();
    let log: serde_json::Value = serde_json::from_str(&log).unwrap();
    assert_eq!(log["runs"][0]["invocations"][0]["exitCode"], 0);
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(rules.iter().any(|rule| rule["id"] == "acceptance-off"));
    assert!(!rules.iter().any(|rule| rule["id"] == "analysis-limited"), "it is off by default");
}

#[test]
fn a_report_that_cannot_be_written_is_a_failure_with_its_path_and_leaves_nothing() {
    let folder = folder(&[("service.yaml", OPEN_SERVICE), ("old.json", b"old")]);
    fs::create_dir(folder.path().join("taken")).unwrap();
    let before = names(folder.path());
    for (path, reason) in [
        ("gone/x.json", "cannot write `gone/x.json`: "),
        ("taken", "cannot write `taken`: it is a folder"),
        ("old.json/x", "cannot write `old.json/x`: "),
        ("./old.json", "`./old.json` cannot hold two reports"),
    ] {
        let (code, stdout, stderr) = outcome(
            privatelint(folder.path())
                .args(["service.yaml", "--parameter=Acceptance=false", "--format=concise"])
                .args(["--output-file", "json=old.json", "--output-file", &format!("sarif={path}")]),
        );
        assert_eq!(code, 2, "{stderr}");
        assert!(stderr.contains(reason), "{stderr}");
        assert!(stdout.contains("[acceptance-off]"), "what was found is still shown: {stdout}");
        assert_eq!(fs::read(folder.path().join("old.json")).unwrap(), b"old");
        assert_eq!(names(folder.path()), before);
    }
}

/// A template with one thing to fix safely (`VpcEndpointType`) and one to look at afterwards (private DNS).
const FIXABLE: &str = "\
Resources:
  LogsEndpoint:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: vpc-0123456789abcdef0
      ServiceName: !Sub com.amazonaws.${AWS::Region}.logs # the service
      SubnetIds: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
      SecurityGroupIds: [sg-0123456789abcdef0]
";

#[test]
fn fixes_are_written_and_what_is_left_is_reported() {
    let folder = folder(&[("a.yaml", FIXABLE.as_bytes()), ("b.yaml", FIXABLE.as_bytes())]);
    let (code, stdout, stderr) =
        outcome(privatelint(folder.path()).args(["a.yaml", "b.yaml", "--fix", "--format", "concise"]));
    let typed = FIXABLE.replace("# the service\n", "# the service\n      VpcEndpointType: Interface\n");
    assert_eq!(fs::read_to_string(folder.path().join("a.yaml")).unwrap(), typed);
    assert_eq!(code, 1, "{stdout}{stderr}");
    assert!(!stdout.contains("endpoint-type-service-mismatch"), "{stdout}");
    assert!(stdout.contains("private-dns-off"), "{stdout}");
    assert!(stderr.contains("fixed 2 problems in 2 files"), "{stderr}");
    assert!(stderr.contains("`--fix --unsafe-fixes` mends 2 of them"), "{stderr}");
    let (code, _, stderr) = outcome(privatelint(folder.path()).args(["a.yaml", "--fix", "--unsafe-fixes"]));
    let named = typed.replace("Interface\n", "Interface\n      PrivateDnsEnabled: true\n");
    assert_eq!(fs::read_to_string(folder.path().join("a.yaml")).unwrap(), named);
    assert_eq!(code, 0, "{stderr}");
    let present: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(present.len(), 2, "{present:?}");
}

#[test]
fn a_diff_shows_what_would_change_and_changes_nothing() {
    let folder = folder(&[
        ("a.yaml", FIXABLE.as_bytes()),
        ("clean.yaml", b"Resources: {Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}}\n"),
    ]);
    let (code, stdout, stderr) = outcome(privatelint(folder.path()).args(["a.yaml", "--fix", "--diff"]));
    assert_eq!(code, 1);
    let expected = "--- a/a.yaml\n+++ b/a.yaml\n@@ -4,5 +4,6 @@\n     Properties:\n       VpcId: vpc-0123456789abcdef0\n       ServiceName: !Sub com.amazonaws.${AWS::Region}.logs # the service\n+      VpcEndpointType: Interface\n       SubnetIds: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]\n       SecurityGroupIds: [sg-0123456789abcdef0]\n";
    assert_eq!(stdout, expected);
    assert_eq!(stderr, "would fix 1 problem in 1 file\n");
    assert_eq!(fs::read_to_string(folder.path().join("a.yaml")).unwrap(), FIXABLE);
    let (code, stdout, stderr) = outcome(privatelint(folder.path()).args(["clean.yaml", "--diff"]));
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (0, "", "nothing to fix\n"));
    let mut from_stdin = privatelint(folder.path());
    let (code, stdout, _) = outcome(from_stdin.args(["-", "--diff"]).write_stdin(FIXABLE));
    assert_eq!(code, 1);
    assert!(stdout.contains("+      VpcEndpointType: Interface\n"), "{stdout}");
}

#[test]
fn unsafe_fixes_need_to_be_told_where_to_go() {
    let folder = folder(&[("a.yaml", FIXABLE.as_bytes())]);
    let (code, _, stderr) = outcome(privatelint(folder.path()).args(["a.yaml", "--unsafe-fixes"]));
    assert_eq!(code, 2);
    assert!(stderr.contains("--fix"), "{stderr}");
}

#[test]
fn what_cannot_be_written_is_told_and_the_others_are_fixed() {
    let folder = folder(&[("a.yaml", FIXABLE.as_bytes()), ("b.yaml", FIXABLE.as_bytes())]);
    let (locked, open) = (folder.path().join("a.yaml"), folder.path().join("b.yaml"));
    let mut permissions = fs::metadata(&locked).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&locked, permissions).unwrap();
    let (code, stdout, stderr) =
        outcome(privatelint(folder.path()).args(["a.yaml", "b.yaml", "--fix", "--format", "concise"]));
    assert_eq!(code, 2);
    assert!(stderr.contains("cannot write `a.yaml`: it is read-only"), "{stderr}");
    assert!(stderr.contains("fixed 1 problem in 1 file"), "{stderr}");
    assert!(stdout.contains("a.yaml:2:3: error[endpoint-type-service-mismatch]"), "{stdout}");
    assert_eq!(fs::read_to_string(&locked).unwrap(), FIXABLE);
    assert_ne!(fs::read_to_string(&open).unwrap(), FIXABLE);
    let (code, _, stderr) = outcome(privatelint(folder.path()).args(["-", "--fix"]).write_stdin(FIXABLE));
    assert_eq!(code, 2);
    assert!(stderr.contains("`--fix` writes into files, and the standard input is none"), "{stderr}");
}

#[cfg(unix)]
#[test]
fn devices_and_links_stay_what_they_are() {
    use std::os::unix::fs::symlink;
    let folder = folder(&[("service.yaml", OPEN_SERVICE), ("real.json", b"old")]);
    symlink("real.json", folder.path().join("link.json")).unwrap();
    let run = |file: &str| {
        outcome(privatelint(folder.path()).args(["service.yaml", "--output-file", &format!("json={file}")]))
    };
    let (code, _, stderr) = run("/dev/null");
    assert_eq!(code, 2);
    assert!(stderr.contains("cannot write `/dev/null`: it is not a regular file"), "{stderr}");
    assert_eq!(run("link.json").0, 0);
    assert!(fs::symlink_metadata(folder.path().join("link.json")).unwrap().is_symlink());
    assert!(fs::read_to_string(folder.path().join("real.json")).unwrap().contains("schema_version"));
}

#[cfg(unix)]
#[test]
fn a_report_has_the_permissions_of_any_other_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(&[("service.yaml", OPEN_SERVICE), ("plain.txt", b""), ("old.json", b"old")]);
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    fs::set_permissions(folder.path().join("old.json"), fs::Permissions::from_mode(0o640)).unwrap();
    let reports = ["--output-file", "json=old.json", "--output-file", "sarif=new.sarif"];
    let (code, _, stderr) = outcome(privatelint(folder.path()).arg("service.yaml").args(reports));
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(mode("new.sarif"), mode("plain.txt"), "as the user lets new files be");
    assert_eq!(mode("old.json"), 0o640, "as it was");
    fs::set_permissions(folder.path().join("old.json"), fs::Permissions::from_mode(0o440)).unwrap();
    let (code, _, stderr) = outcome(privatelint(folder.path()).arg("service.yaml").args(reports));
    assert_eq!(code, 2);
    assert!(stderr.contains("cannot write `old.json`: it is read-only"), "{stderr}");
}

#[test]
fn a_wrong_output_file_is_the_users_mistake() {
    let folder = folder(&[]);
    for (file, reason) in [
        ("sarf=x", "did you mean `sarif`?"),
        ("sarif", "expected FORMAT=PATH"),
        ("sarif=-", "for the standard output use `--format sarif`"),
    ] {
        let (code, _, stderr) = outcome(privatelint(folder.path()).args(["--output-file", file]));
        assert_eq!(code, 2);
        assert!(stderr.contains(reason), "{stderr}");
    }
    assert!(names(folder.path()).is_empty());
}

#[test]
fn github_shows_a_summary_of_the_step() {
    let folder = folder(&[("service.yaml", OPEN_SERVICE), ("summary.md", b"# Before")]);
    let run = |format: &str, summary: &str| {
        outcome(
            privatelint(folder.path())
                .args(["service.yaml", "--parameter=Acceptance=false", "--format", format])
                .env("GITHUB_STEP_SUMMARY", summary),
        )
    };
    let summary = || fs::read_to_string(folder.path().join("summary.md")).unwrap();
    run("full", "summary.md");
    assert_eq!(summary(), "# Before");
    let (code, stdout, _) = run("github", "summary.md");
    assert_eq!(code, 1);
    assert!(stdout.starts_with("::warning file=service.yaml,line=8,"), "{stdout}");
    assert!(summary().starts_with("# Before\n## privatelint: 1 warning in 1 template\n"), "{}", summary());
    let (code, _, stderr) = run("github", "gone/summary.md");
    assert_eq!(code, 1, "nobody asked for this file");
    assert!(
        stderr.contains("warning: cannot write the summary of the step to `gone/summary.md`"),
        "{stderr}"
    );
}

#[test]
fn what_could_not_be_checked_is_in_reports() {
    let folder = folder(&[("service.yaml", OPEN_SERVICE)]);
    let run = |format: &str| {
        let arguments = ["service.yaml", "gone.yaml", "--format", format];
        let (code, stdout, _) = outcome(privatelint(folder.path()).args(arguments));
        assert_eq!(code, 2);
        stdout
    };
    let log: serde_json::Value = serde_json::from_str(&run("sarif")).unwrap();
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!((&invocation["executionSuccessful"], &invocation["exitCode"]), (&false.into(), &2.into()));
    let text = &invocation["toolExecutionNotifications"][0]["message"]["text"];
    assert_eq!(text, "`gone.yaml` does not exist");
    assert!(run("junit").contains(r#"<error message="`gone.yaml` does not exist"/>"#));
}

#[test]
fn named_files_that_are_no_templates_are_passed_over_where_that_is_asked_for() {
    let folder = folder(&[
        ("values.yaml", b"a: 1\n"),
        ("empty.json", b""),
        ("broken.yaml", b"AWSTemplateFormatVersion: 2010-09-09\nResources:\n  A: [\n"),
    ]);
    let mut only = privatelint(folder.path());
    let (code, stdout, stderr) = outcome(only.args(["--templates-only", "values.yaml", "empty.json"]));
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (0, "", ""));
    let mut with_a_broken_one = privatelint(folder.path());
    let (code, stdout, _) =
        outcome(with_a_broken_one.args(["--templates-only", "values.yaml", "broken.yaml"]));
    assert_eq!(code, 1);
    assert!(stdout.contains("template-unparsable"), "{stdout}");
    let (code, _, stderr) = outcome(privatelint(folder.path()).args(["--templates-only", "gone.yaml"]));
    assert_eq!(code, 2, "a path that is not there is a mistake all the same");
    assert!(stderr.contains("`gone.yaml` does not exist"), "{stderr}");
}

#[test]
fn shells_get_completions_with_the_names_of_rules() {
    let folder = folder(&[]);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (code, stdout, stderr) = outcome(privatelint(folder.path()).args(["completions", shell]));
        assert_eq!((code, stderr.as_str()), (0, ""), "{shell}");
        assert!(stdout.contains("templates-only") && stdout.contains("explain"), "{shell}:\n{stdout}");
        // The generators of PowerShell and Elvish know options but no values.
        let knows_values = !matches!(shell, "powershell" | "elvish");
        assert_eq!(stdout.contains("acceptance-off"), knows_values, "{shell}:\n{stdout}");
    }
    let (code, _, stderr) = outcome(privatelint(folder.path()).args(["completions", "cmd"]));
    assert_eq!(code, 2);
    assert!(stderr.contains("elvish"), "{stderr}");
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = folder(&[("file", b"")]);
    let (code, stdout, _) = outcome(privatelint(folder.path()).arg("man"));
    assert_eq!(code, 0);
    assert!(stdout.contains(".TH privatelint 1"), "{stdout}");
    let (code, stdout, stderr) = outcome(privatelint(folder.path()).args(["man", "--output", "a/b"]));
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (0, "", ""));
    for page in ["privatelint.1", "privatelint-check.1", "privatelint-explain.1"] {
        let text = fs::read_to_string(folder.path().join("a/b").join(page)).unwrap();
        assert!(text.contains(".SH OPTIONS"), "{page}:\n{text}");
    }
    let (code, _, stderr) = outcome(privatelint(folder.path()).args(["man", "--output", "file"]));
    assert_eq!(code, 2);
    assert!(stderr.contains("cannot write the manual pages to `file`"), "{stderr}");
}

/// A running `--watch`, with what it prints line by line.
struct Watch {
    process: std::process::Child,
    lines: std::sync::mpsc::Receiver<String>,
}

impl Watch {
    fn of(folder: &Path, arguments: &[&str]) -> Self {
        let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_privatelint"))
            .args(["check", "--watch", "--format", "concise"])
            .args(arguments)
            .current_dir(folder)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = std::sync::mpsc::channel();
        let streams: [Box<dyn std::io::Read + Send>; 2] =
            [Box::new(process.stdout.take().unwrap()), Box::new(process.stderr.take().unwrap())];
        for stream in streams {
            let sender = sender.clone();
            std::thread::spawn(move || {
                let lines = std::io::BufRead::lines(std::io::BufReader::new(stream));
                lines.map_while(Result::ok).try_for_each(|line| sender.send(line))
            });
        }
        Self { process, lines }
    }

    /// What is printed until it waits for changes again.
    fn report(&self) -> String {
        let mut text = String::new();
        // The two streams are read apart: what was found may come behind the last line of the other.
        let mut patience = std::time::Duration::from_secs(30);
        while let Ok(line) = self.lines.recv_timeout(patience) {
            if line.starts_with("watching for changes") {
                patience = std::time::Duration::from_millis(100);
            }
            text += &(line + "\n");
        }
        assert!(text.contains("watching for changes"), "it stopped, or says nothing:\n{text}");
        assert!(!text.contains('\u{1b}'), "no screen is cleared where there is none:\n{text}");
        text
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn changes_are_watched() {
    let template = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/example.yaml")).unwrap();
    let folder = folder(&[("a.yaml", &template)]);
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let watch = Watch::of(folder.path(), &[]);
    let found = "warning[gateway-route-coverage]";
    assert!(watch.report().contains(found));
    write("privatelint.toml", "ignore = [\"gateway-route-coverage\"]\n");
    let text = watch.report();
    assert!(text.contains("`privatelint.toml` changed") && !text.contains(found), "{text}");
    write("privatelint.toml", "ignore = [\"gateway-route\"]\n");
    let text = watch.report();
    assert!(text.contains("gateway-route") && text.contains("error"), "{text}");
    fs::remove_file(folder.path().join("privatelint.toml")).unwrap();
    assert!(watch.report().contains(found));
    write("a.yaml", "AWSTemplateFormatVersion: 2010-09-09\nResources:\n  A: [\n");
    let text = watch.report();
    assert!(text.contains("`a.yaml` changed") && text.contains("template-unparsable"), "{text}");
    write("a.yaml", "Resources: {Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}}\n");
    let text = watch.report();
    assert!(text.contains("no problems"), "{text}");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_watch() {
    use std::os::unix::process::ExitStatusExt;
    let folder = folder(&[("a.yaml", b"Resources: {Vpc: {Type: AWS::EC2::VPC}}\n")]);
    let mut watch = Watch::of(folder.path(), &["a.yaml"]);
    watch.report();
    let pid = watch.process.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(watch.process.wait().unwrap().signal(), Some(2), "a shell says 130");
}

#[test]
fn the_standard_input_cannot_be_watched() {
    let folder = folder(&[]);
    let (code, _, stderr) = outcome(privatelint(folder.path()).args(["-", "--watch"]).write_stdin(""));
    assert_eq!(code, 2);
    assert!(stderr.contains("the standard input is none"), "{stderr}");
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = folder(&[("a.yaml", FIXABLE.as_bytes())]);
    let (file, link) = (folder.path().join("a.yaml"), folder.path().join("link.yaml"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("a.yaml", &link).unwrap();
    outcome(privatelint(folder.path()).args(["link.yaml", "--fix"]));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_ne!(fs::read_to_string(&file).unwrap(), FIXABLE);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_file_in_another_encoding_is_left_alone() {
    let mut bytes = FIXABLE.as_bytes().to_vec();
    bytes.extend(b"# caf\xe9\n");
    let folder = folder(&[("a.yaml", &bytes)]);
    outcome(privatelint(folder.path()).args(["a.yaml", "--fix"]));
    assert_eq!(fs::read(folder.path().join("a.yaml")).unwrap(), bytes);
}
