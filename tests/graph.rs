//! `privatelint graph` as people and scripts use it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

const SCENARIOS: &str = "
Parameters:
  Environment: {Type: String, Default: test, AllowedValues: [test, prod]}
Conditions:
  IsProd: !Equals [!Ref Environment, prod]
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Endpoint:
    Type: AWS::EC2::VPCEndpoint
    Condition: IsProd
    Properties: {VpcId: !Ref Vpc, ServiceName: com.amazonaws.eu-west-1.s3}
";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// Exit code, standard output, standard error.
fn graph(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("privatelint").unwrap();
    for variable in ["NO_COLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(variable);
    }
    let output = command.current_dir(folder).arg("graph").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn each_format_goes_to_the_standard_output_or_to_a_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let template = "testdata/ok/isolated-fargate.yaml";
    let formats = [("svg", "<svg "), ("mermaid", "flowchart LR\n"), ("dot", "digraph "), ("json", "{\n")];
    for (format, start) in formats {
        let (code, stdout, stderr) = graph(root, &[template, "--format", format]);
        assert_eq!((code, stderr.as_str()), (0, ""), "{format}");
        assert!(stdout.starts_with(start) && stdout.ends_with('\n'), "{format}: {stdout}");
        let folder = folder(&[]);
        let file = folder.path().join("picture");
        let (code, nothing, _) =
            graph(root, &[template, "--format", format, "--output", file.to_str().unwrap()]);
        assert_eq!((code, nothing.as_str()), (0, ""));
        assert_eq!(fs::read_to_string(file).unwrap(), stdout);
    }
    assert!(graph(root, &[template]).1.starts_with("<svg "), "an image unless something else is asked for");
}

#[test]
fn the_defaults_are_drawn_and_other_scenarios_can_be_asked_for() {
    let folder = folder(&[("x.yaml", SCENARIOS)]);
    let run = |arguments: &[&str]| {
        let (code, stdout, stderr) =
            graph(folder.path(), &[&["x.yaml", "--format", "json"], arguments].concat());
        (code, stdout.contains("\"name\": \"Endpoint\""), stdout, stderr)
    };
    let list = "\
2 scenarios; `--scenario NUMBER` draws another than the first:
  1  the defaults
  2  `Environment` is `prod`
";
    let (code, has_endpoint, stdout, stderr) = run(&[]);
    assert_eq!((code, has_endpoint, stderr.as_str()), (0, false, list));
    assert!(stdout.contains("scenario 1 of 2: the defaults"), "{stdout}");
    let (code, has_endpoint, stdout, stderr) = run(&["--scenario", "2"]);
    assert_eq!((code, has_endpoint, stderr.as_str()), (0, true, ""));
    assert!(stdout.contains("scenario 2 of 2: `Environment` is `prod`"), "{stdout}");
    let (code, _, stdout, stderr) = run(&["--scenario", "3"]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert_eq!(stderr, format!("error: there is no scenario 3: `x.yaml` has 2\n\n{list}"));
    // A value from outside leaves nothing open.
    let (code, has_endpoint, _, stderr) = run(&["--parameter", "Environment=prod"]);
    assert_eq!((code, has_endpoint, stderr.as_str()), (0, true, ""));
}

#[test]
fn what_can_be_read_of_a_broken_template_is_drawn() {
    let broken = "
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Subnet:
    Type: AWS::EC2::Subnet
    Properties:
      VpcId: !Ref !Ref Vpc
";
    let folder = folder(&[("x.yaml", broken)]);
    let (code, stdout, stderr) = graph(folder.path(), &["x.yaml", "--format", "mermaid"]);
    assert_eq!(code, 2);
    assert!(stdout.contains("[\"Vpc 10.0.0.0/16\"]"), "{stdout}");
    assert!(stderr.contains("[template-unparsable]: the value of `VpcId` cannot be read"), "{stderr}");
    assert!(stderr.contains("x.yaml:7:"), "{stderr}");
}

#[test]
fn what_is_no_template_is_said() {
    let folder = folder(&[("values.yaml", "a: 1\n"), ("x.yaml", SCENARIOS)]);
    for (arguments, expected) in [
        (&["values.yaml"][..], "`values.yaml` is not a CloudFormation template: it has no `Resources`"),
        (&["gone.yaml"], "`gone.yaml` does not exist"),
        (&["."], "cannot read `.`: it is a folder"),
        (
            &["x.yaml", "--output", "no/such/folder.svg", "--scenario", "1"],
            "cannot write `no/such/folder.svg`: ",
        ),
        (&["x.yaml", "--scenario", "0"], "0 is not in 1.."),
        (&["x.yaml", "--parameter", "Environment"], "expected NAME=VALUE"),
        (&["x.yaml", "--config", "gone.toml"], "cannot read the configuration file `gone.toml`"),
    ] {
        let (code, stdout, stderr) = graph(folder.path(), arguments);
        assert_eq!((code, stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(stderr.contains(expected), "{arguments:?}: {stderr}");
    }
}

#[test]
fn the_configuration_gives_parameters_and_the_standard_input_has_a_name() {
    let folder = folder(&[(
        "privatelint.toml",
        "ignore = [\"template-unparsable\"]\n[parameters]\nEnvironment = \"prod\"\n",
    )]);
    let mut command = Command::cargo_bin("privatelint").unwrap();
    let command = command.current_dir(folder.path()).args(["graph", "-", "--stdin-filename", "a/b.yaml"]);
    let output = command.write_stdin(SCENARIOS).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout.contains("<title id=\"title\">Network of a/b.yaml</title>"), "{stdout}");
    assert!(stdout.contains(">Endpoint<"), "{stdout}");
}
