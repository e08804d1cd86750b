//! Configuration, parameter files, deployments and the environment, through the front door.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use command::{folder, outcome, privatelint};
use tempfile::TempDir;

mod command;

/// An endpoint service that asks for approval unless it is told otherwise, and whose load balancer hides in production.
const SERVICE: &str = "\
Parameters:
  Acceptance: {Type: String, Default: 'true'}
  Environment: {Type: String, Default: dev, AllowedValues: [dev, test, prod]}
  Principals: {Type: CommaDelimitedList, Default: 'arn:aws:iam::111122223333:root'}
Conditions:
  IsProd: !Equals [!Ref Environment, prod]
Resources:
  Service:
    Type: AWS::EC2::VPCEndpointService
    Properties:
      AcceptanceRequired: !If [IsProd, !Ref Acceptance, true]
      NetworkLoadBalancerArns: [!ImportValue load-balancer]
      Tags: [{Key: Name, Value: orders}]
  Allowed:
    Type: AWS::EC2::VPCEndpointServicePermissions
    Properties:
      ServiceId: !Ref Service
      AllowedPrincipals: !Ref Principals
";

/// What the service needs to connect everyone who is allowed, in the words of the AWS CLI.
const PROD: &str = r#"[
  {"ParameterKey": "Environment", "ParameterValue": "prod"},
  {"ParameterKey": "Acceptance", "ParameterValue": "false"}
]
"#;

/// A folder with the service and other files.
fn with_service(files: &[(&str, &str)]) -> TempDir {
    let all = [("service.yaml", SERVICE)].iter().chain(files);
    let all: Vec<(&str, &[u8])> = all.map(|(name, text)| (*name, text.as_bytes())).collect();
    folder(&all)
}

/// Standard output of a run in the concise form, with the exit code.
fn concise(folder: &TempDir, arguments: &[&str]) -> (i32, String) {
    let mut command = privatelint(folder.path());
    let (code, stdout, _) = outcome(command.args(["--format", "concise"]).args(arguments));
    (code, stdout)
}

/// Standard error of a run, with the exit code.
fn told(folder: &TempDir, arguments: &[&str]) -> (i32, String) {
    let (code, _, stderr) = outcome(privatelint(folder.path()).args(["-q"]).args(arguments));
    (code, stderr)
}

/// Whether a text is as agreed in `testdata/output`.
fn compare(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/output").join(name);
    if std::env::var_os("PRIVATELINT_REWRITE").is_some() {
        fs::write(&path, text).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{name} differs; PRIVATELINT_REWRITE=1 writes it anew");
}

const OFF_IN_PROD: &str = "service.yaml:11:45: warning[acceptance-off] acceptance of connections is off for `Service`: whoever is allowed connects without approval";

#[test]
fn each_file_has_the_configuration_nearest_to_it() {
    let files = folder(&[
        ("privatelint.toml", b"ignore = ['endpoint-service-untagged']\n"),
        ("a.yaml", UNTAGGED),
        ("inner/b.yaml", UNTAGGED),
        ("strict/privatelint.toml", b"[severity]\nendpoint-service-untagged = 'error'\n"),
        ("strict/deep/c.yaml", UNTAGGED),
    ]);
    let found =
        "strict/deep/c.yaml:2:3: error[endpoint-service-untagged] endpoint service `Service` has no tags\n";
    let only = ["--select", "endpoint-service-untagged,acceptance-off"];
    assert_eq!(concise(&files, &["--extend-select", "pedantic"]).1, found);
    assert_eq!(concise(&files, &["a.yaml", "inner", "strict/deep/c.yaml"]), (1, found.to_owned()));
    let (_, all) = concise(&files, &only);
    assert_eq!(all.lines().count(), 3, "the command line outweighs every file: {all}");
    // From elsewhere it is the same.
    let elsewhere = folder(&[]);
    let inner = files.path().join("inner");
    assert_eq!(concise(&elsewhere, &[inner.to_str().unwrap()]), (0, String::new()));
    // The standard input stands where its name says.
    let run = |name: &str| {
        let mut command = privatelint(files.path());
        command.args(["-", "--stdin-filename", name, "--format", "concise"]).write_stdin(UNTAGGED);
        outcome(&mut command).1.matches(": error[").count()
    };
    assert_eq!((run("inner/x.yaml"), run("strict/x.yaml")), (0, 1));
}

const UNTAGGED: &[u8] = b"Resources:
  Service:
    Type: AWS::EC2::VPCEndpointService
    Properties: {NetworkLoadBalancerArns: [!ImportValue load-balancer], AcceptanceRequired: true}
  Allowed:
    Type: AWS::EC2::VPCEndpointServicePermissions
    Properties: {ServiceId: !Ref Service, AllowedPrincipals: ['arn:aws:iam::111122223333:root']}
";

#[test]
fn one_configuration_may_be_named_or_none_be_read() {
    let files = folder(&[
        ("privatelint.toml", b"slect = []\n"),
        ("other/one.toml", b"[per-file-ignores]\n'../a.yaml' = ['default']\n'a.yaml' = []\n"),
        ("a.yaml", UNTAGGED),
    ]);
    assert_eq!(told(&files, &["a.yaml"]).0, 2);
    assert_eq!(concise(&files, &["a.yaml", "--no-config"]).1.lines().count(), 1);
    assert_eq!(
        concise(&files, &["a.yaml", "--config", "other/one.toml"]).1,
        "",
        "patterns start beside the file"
    );
    let (_, stdout) = concise(&files, &["a.yaml", "--no-config", "--config", "other/one.toml"]);
    assert_eq!(stdout.lines().count(), 1, "none is none");
    let mut command = privatelint(files.path());
    command
        .args(["a.yaml", "--format", "concise", "--no-config"])
        .env("PRIVATELINT_CONFIG", "other/one.toml");
    assert_eq!(outcome(&mut command).1.lines().count(), 1, "and the command line the environment");
}

#[test]
fn files_may_be_spared_by_patterns() {
    let files = folder(&[
        (
            "privatelint.toml",
            b"[per-file-ignores]\n'legacy/**' = ['endpoint-service-untagged']\n'*.tmp.yaml' = ['default']\n",
        ),
        ("legacy/old/a.yaml", UNTAGGED),
        ("new/b.yaml", UNTAGGED),
        ("new/c.tmp.yaml", UNTAGGED),
    ]);
    let found = |arguments: &[&str]| {
        let (_, stdout) = concise(&files, arguments);
        stdout.lines().map(|line| line.split(':').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found(&[]), ["new/b.yaml"]);
    assert_eq!(
        found(&["--select", "endpoint-service-untagged"]),
        ["new/b.yaml"],
        "what a file is spared it is spared whatever is selected"
    );
    // From inside the folder the patterns still start beside their file.
    let mut command = privatelint(&files.path().join("legacy"));
    assert_eq!(outcome(command.args(["--format", "concise", "."])).1, "");
}

#[test]
fn a_broken_configuration_stops_only_what_it_governs() {
    let files = folder(&[
        ("good/a.yaml", UNTAGGED),
        ("bad/privatelint.toml", b"assume = 'shut'\n"),
        ("bad/b.yaml", UNTAGGED),
        ("bad/c.yaml", UNTAGGED),
    ]);
    let (code, stdout, stderr) = outcome(privatelint(files.path()).args(["--format", "concise"]));
    assert_eq!(code, 2);
    assert!(stdout.starts_with("good/a.yaml:2:3: info["), "{stdout}");
    assert_eq!(stdout.lines().count(), 1);
    let expected = "\
error: `assume` must be `\"open\"` or `\"closed\"`
  ┌─ bad/privatelint.toml:1:10
  │
1 │ assume = 'shut'
  │          ^^^^^^ expected `\"open\"` or `\"closed\"`

";
    assert!(stderr.starts_with(expected), "{stderr}");
    assert_eq!(stderr.matches("error:").count(), 1, "{stderr}");
}

#[test]
fn mistakes_in_a_configuration_are_shown_all_at_once() {
    let config = "\
slect = ['acceptance-off']
ignore = ['acceptance-of', 7]
region = 'Ireland'
account = 111122223333
shared-endpoints = ['ecr.apl', 'com.amazonaws.eu-west-1.s3']

[severity]
private-dns-off = 'off'

[acceptance-off]
sensitive = ['led(ger']

[private-dns-off]
central = true

[per-file-ignores]
'legacy/[' = ['private-dns-of']

[[deployment]]
name = 'prod'
template = 'service.yaml'
parameter = 'prod.json'

[[deployment]]
name = 'dev'
";
    let files = with_service(&[("privatelint.toml", config)]);
    let (code, stderr) = told(&files, &["service.yaml"]);
    assert_eq!(code, 2);
    compare("config-errors.txt", &stderr);
    let (_, broken) = told(&with_service(&[("privatelint.toml", "ignore = [\n  'a'\n[severity\n")]), &["."]);
    assert!(broken.contains("error: the file is not valid TOML\n  ┌─ privatelint.toml:3:1\n"), "{broken}");
}

#[test]
fn a_first_configuration_is_written_once() {
    let files = folder(&[("a.yaml", UNTAGGED)]);
    let (code, _, stderr) = outcome(privatelint(files.path()).arg("init"));
    assert_eq!(
        (code, stderr.as_str()),
        (0, "wrote `privatelint.toml`: every setting with its meaning, none in force yet\n")
    );
    let path = files.path().join("privatelint.toml");
    compare("init.toml", &fs::read_to_string(&path).unwrap());
    assert_eq!(concise(&files, &[]).0, 0);
    fs::write(&path, "ignore = ['endpoint-service-untagged']\n").unwrap();
    let (code, _, stderr) = outcome(privatelint(files.path()).arg("init"));
    assert_eq!(code, 2);
    assert_eq!(stderr, "error: `privatelint.toml` is there already\n = help: `--force` overwrites it\n\n");
    assert!(fs::read_to_string(&path).unwrap().starts_with("ignore"));
    assert_eq!(outcome(privatelint(files.path()).args(["init", "--force"])).0, 0);
    assert!(fs::read_to_string(&path).unwrap().starts_with("# privatelint.toml"));
    let (code, _, stderr) = outcome(privatelint(files.path()).args(["init", "gone"]));
    assert_eq!(code, 2);
    assert!(stderr.starts_with("error: cannot write `gone/privatelint.toml`"), "{stderr}");
}

#[test]
fn the_configuration_in_force_is_shown_with_origins() {
    let config = "\
ignore = ['single-zone-service']
assume = 'closed'
region = 'eu-west-1'

[parameters]
Environment = 'test'
Acceptance = 'true'

[per-file-ignores]
'*.yaml' = ['cost']

[[deployment]]
name = 'prod'
template = 'service.yaml'
parameters = 'prod.json'
";
    let files = with_service(&[("privatelint.toml", config), ("prod.json", PROD), ("inner/x", "")]);
    let arguments =
        ["config", "service.yaml", "--extend-select", "perimeter", "--parameter", "Environment=prod"];
    let mut command = privatelint(files.path());
    let (code, stdout, stderr) = outcome(command.args(arguments).env("PRIVATELINT_IGNORE", "acceptance-off"));
    assert_eq!((code, stderr.as_str()), (0, ""));
    // How many rules there are is not the point.
    let shown =
        stdout.split("\n# ").filter(|part| !part.contains(" rules run") && !part.starts_with("off: "));
    compare("config.txt", &format!("{}\n", shown.collect::<Vec<_>>().join("\n# ").trim_end()));
    assert!(stdout.contains("\n# off: acceptance-off, ignored\n"), "{stdout}");
    assert!(
        stdout.contains("\n# off: analysis-limited, only with `extend-select = [\"pedantic\"]`\n"),
        "{stdout}"
    );
    let run =
        |arguments: &[&str]| outcome(privatelint(&files.path().join("inner")).arg("config").args(arguments));
    assert!(run(&[]).1.starts_with("# in force for `.`\n# configuration file: ../privatelint.toml\n"));
    assert!(run(&["--no-config"]).1.contains("# configuration file: none\n"));
    assert_eq!(run(&["gone"]).2, "error: `gone` does not exist\n\n");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("privatelint.schema.json");
    assert_eq!(run(&["--schema"]).1, fs::read_to_string(schema).unwrap());
}

/// The same values in all shapes.
const SHAPES: &[(&str, &str)] = &[
    ("cli.json", PROD),
    (
        "cli.yaml",
        "- ParameterKey: Environment\n  ParameterValue: prod\n- {ParameterKey: Acceptance, ParameterValue: false}\n",
    ),
    ("deploy.json", r#"["Environment=prod", "Acceptance=false"]"#),
    (
        "pipeline.json",
        r#"{"Parameters": {"Environment": "prod", "Acceptance": "false"}, "Tags": {"Team": "a"}}"#,
    ),
    (
        "sync.yaml",
        "template-file-path: service.yaml\nparameters:\n  Environment: prod\n  Acceptance: 'false'\n",
    ),
    (
        "samconfig.toml",
        "version = 0.1\n[prod.deploy.parameters]\nparameter_overrides = \"Environment=prod Acceptance=\\\"false\\\"\"\n",
    ),
    (
        "list.toml",
        "[prod.deploy.parameters]\nparameter_overrides = [\"Environment=prod\", \"Acceptance=false\"]\n",
    ),
    ("map.json", r#"{"Environment": "prod", "Acceptance": false}"#),
    ("map.yaml", "Environment: prod\nAcceptance: false\n"),
    ("bom.json", "\u{feff}{\"Environment\": \"prod\", \"Acceptance\": \"false\"}"),
];

#[test]
fn parameter_files_of_every_shape_say_the_same() {
    let files = with_service(SHAPES);
    for (name, _) in SHAPES {
        let (code, stdout, stderr) = outcome(privatelint(files.path()).args([
            "service.yaml",
            "--format",
            "concise",
            "--parameters",
            name,
        ]));
        assert_eq!((code, stdout.as_str()), (1, format!("{OFF_IN_PROD}\n").as_str()), "{name}: {stderr}");
        assert!(stderr.starts_with("1 warning in 1 template"), "{name}: {stderr}");
    }
}

#[test]
fn parameter_files_that_cannot_be_used_are_shown() {
    let wrong: &[(&str, &str)] = &[
        ("text.json", "\"Environment=prod\"\n"),
        ("empty.yaml", ""),
        ("typo.json", "[\n  {\"ParameterKey\": \"Environment\", \"ParamterValue\": \"prod\"}\n]\n"),
        ("nameless.json", "[{\"ParameterValue\": \"prod\"}]\n"),
        ("valueless.json", "[{\"ParameterKey\": \"Environment\"}]\n"),
        ("mixed.json", "[\"Environment=prod\", \"Acceptance\", 7, []]\n"),
        ("deep.yaml", "Environment:\n  Name: prod\n"),
        ("null.yaml", "Environment:\nAcceptance: true\n"),
        ("function.yaml", "Environment: !Ref Other\n"),
        ("twice.json", "{\"Environment\": \"prod\", \"Environment\": \"dev\"}\n"),
        ("again.json", "[\"Environment=prod\", \"Environment=dev\"]\n"),
        ("broken.json", "{\"Environment\": \"prod\"\n"),
        ("broken.toml", "[prod.deploy.parameters\n"),
        ("none.toml", "version = 0.1\n[default.deploy.parameters]\nstack_name = \"net\"\n"),
        ("number.toml", "[default.deploy.parameters]\nparameter_overrides = 7\n"),
        ("old.toml", "[default.deploy.parameters]\nparameter_overrides = \"ParameterKey=Environment\"\n"),
        ("other.toml", "[default.deploy.parameters]\nparameter_overrides = [\"file://prod.json\"]\n"),
    ];
    let files = with_service(wrong);
    let mut shown = String::new();
    for (name, _) in wrong {
        let (code, stderr) = told(&files, &["service.yaml", "--parameters", name]);
        assert_eq!(code, 2, "{name}: {stderr}");
        write!(shown, "$ privatelint service.yaml --parameters {name}\n{stderr}").unwrap();
    }
    compare("parameter-errors.txt", &shown);
    let (code, stderr) =
        told(&files, &["service.yaml", "--parameters", "gone.json", "--parameters", "typo.json"]);
    assert_eq!(code, 2);
    assert!(
        stderr.starts_with("error: cannot read the parameter file `gone.json`: no such file"),
        "{stderr}"
    );
    assert!(stderr.contains("typo.json:2:"), "all files are looked at: {stderr}");
    fs::write(files.path().join("wide.json"), b"\xff\xfe[\0]\0").unwrap();
    let (_, stderr) = told(&files, &["service.yaml", "--parameters", "wide.json"]);
    assert_eq!(stderr, "error: cannot read the parameter file `wide.json`: it is not UTF-8\n\n");
}

#[test]
fn names_that_no_template_has_are_told() {
    let typo =
        "{\n  \"Enviroment\": \"prod\",\n  \"Elsewhere\": \"x\",\n  \"AWS::Region\": \"eu-west-1\"\n}\n";
    let files = with_service(&[("typo.json", typo)]);
    let run = |arguments: &[&str]| {
        let (code, _, stderr) = outcome(privatelint(files.path()).args(arguments));
        assert_eq!(code, 0);
        stderr
    };
    let stderr = run(&["service.yaml", "--parameters", "typo.json", "--parameter", "AWS::Regoin=x"]);
    let (warnings, summary) = stderr.rsplit_once("\n\n").unwrap();
    assert!(summary.starts_with("no problems in 1 template"), "{summary}");
    let expected = "\
warning: `service.yaml` has no parameter `AWS::Regoin`
 = help: did you mean `AWS::Region`?

warning: `service.yaml` has no parameter `Elsewhere`
  ┌─ typo.json:3:3
  │
3 │   \"Elsewhere\": \"x\",
  │   ^^^^^^^^^^^ given here

warning: `service.yaml` has no parameter `Enviroment`
  ┌─ typo.json:2:3
  │
2 │   \"Enviroment\": \"prod\",
  │   ^^^^^^^^^^^^ given here
  │
  = help: did you mean `Environment`?";
    assert_eq!(warnings, expected);
    // One of several templates has it: that is enough.
    fs::write(
        files.path().join("other.yaml"),
        "Parameters: {Elsewhere: {Type: String}}\nResources: {A: {Type: AWS::SNS::Topic}}\n",
    )
    .unwrap();
    let stderr = run(&["--parameters", "typo.json"]);
    assert!(stderr.starts_with("warning: no template here has a parameter `Enviroment`\n"), "{stderr}");
    assert!(!stderr.contains("`Elsewhere`"), "{stderr}");
    // A template that cannot be read whole may have it.
    fs::write(
        files.path().join("other.yaml"),
        "AWSTemplateFormatVersion: x\nResources: {A: {Type: AWS::SNS::Topic}\n",
    )
    .unwrap();
    let (_, _, stderr) = outcome(privatelint(files.path()).args(["--parameters", "typo.json"]));
    assert!(!stderr.contains("warning:"), "{stderr}");
    // What stands in the configuration is for other templates too.
    fs::write(files.path().join("privatelint.toml"), "[parameters]\nElsewhere = 'x'\n").unwrap();
    assert!(!run(&["service.yaml"]).contains("warning:"));
}

#[test]
fn what_holds_in_some_deployments_only_names_them() {
    let dev = r#"["Environment=dev", "Acceptance=false"]"#;
    let files = with_service(&[("prod.json", PROD), ("dev.json", dev), ("all.json", r#"["Principals=*"]"#)]);
    let both = ["service.yaml", "--parameters", "prod.json", "--parameters", "dev.json"];
    assert_eq!(concise(&files, &both), (1, format!("{OFF_IN_PROD} (in deployment `prod`)\n")));
    // Nobody knows how it is deployed: then it is only possible, and a level lower.
    assert_eq!(concise(&files, &["service.yaml"]), (0, String::new()));
    let guess = OFF_IN_PROD.replace("warning[", "info[");
    let run = concise(&files, &["service.yaml", "--parameter", "Acceptance=false"]);
    assert_eq!(run, (0, format!("{guess} (when `Environment` is `prod`)\n")));
    // Names, and files that add up.
    let arguments = ["service.yaml", "--parameters", "eu=prod.json", "--parameters", "us=prod.json"];
    let (_, stdout) = concise(&files, &[&arguments[..], &["--parameters", "test=dev.json"]].concat());
    assert_eq!(stdout, format!("{OFF_IN_PROD} (in deployments `eu` and `us`)\n"));
    assert_eq!(concise(&files, &arguments).1, format!("{OFF_IN_PROD}\n"), "in all of them");
    let arguments = ["service.yaml", "--parameters", "prod=prod.json", "--parameters", "prod=all.json"];
    let (_, stdout) = concise(&files, &[&arguments[..], &["--parameters", "dev=dev.json"]].concat());
    assert_eq!(stdout.matches("(in deployment `prod`)").count(), 2, "{stdout}");
    assert!(stdout.contains("error[service-open-to-everyone]"), "{stdout}");
    // One value on the command line outweighs the files.
    let (_, stdout) = concise(&files, &[&both[..], &["--parameter", "Environment=test"]].concat());
    assert_eq!(stdout, "");
    // The same for programs.
    let (_, stdout, _) = outcome(privatelint(files.path()).args(both).args(["--format", "json"]));
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    let finding = &report["findings"][0];
    assert_eq!(
        (&finding["certainty"], &finding["when"]),
        (&"definite".into(), &"in deployment `prod`".into())
    );
}

#[test]
fn what_exists_in_some_deployments_only_is_wrong_wherever_it_exists() {
    let text = SERVICE.replace("  Service:\n", "  Service:\n    Condition: IsProd\n");
    let text = text.replace("  Allowed:\n", "  Allowed:\n    Condition: IsProd\n");
    let files = with_service(&[
        ("conditional.yaml", &text),
        ("prod.json", PROD),
        ("dev.json", "[\"Environment=dev\"]"),
    ]);
    let (_, stdout) =
        concise(&files, &["conditional.yaml", "--parameters", "prod.json", "--parameters", "dev.json"]);
    assert_eq!(stdout.lines().count(), 1);
    assert!(!stdout.contains("deployment"), "{stdout}");
}

#[test]
fn a_finding_in_a_deployment_looks_as_agreed() {
    let files = with_service(&[
        ("prod.json", PROD),
        ("dev.json", r#"["Principals=arn:aws:iam::111122223333:root,*"]"#),
    ]);
    let mut command = privatelint(files.path());
    let (_, stdout, _) = outcome(command.args(["--parameters", "prod.json", "--parameters", "dev.json"]));
    compare("deployments.txt", &stdout);
}

#[test]
fn files_called_alike_are_told_apart_by_their_folders() {
    let files = with_service(&[("prod/params.json", PROD), ("dev/params.json", "[]")]);
    let arguments = ["service.yaml", "--parameters", "prod/params.json", "--parameters", "dev/params.json"];
    assert_eq!(concise(&files, &arguments).1, format!("{OFF_IN_PROD} (in deployment `prod/params`)\n"));
}

#[test]
fn what_a_stack_keeps_is_not_known() {
    let kept = r#"[{"ParameterKey": "Environment", "UsePreviousValue": true}, {"ParameterKey": "Acceptance", "ParameterValue": "false"}]"#;
    let files = with_service(&[("kept.json", kept)]);
    let guess = OFF_IN_PROD.replace("warning[", "info[");
    let found = concise(&files, &["service.yaml", "--parameters", "kept.json"]);
    assert_eq!(found, (0, format!("{guess} (when `Environment` is `prod`)\n")), "and not the default `dev`");
}

#[test]
fn lists_and_names_of_ssm_parameters_are_what_they_are() {
    let ssm = SERVICE.replace(
        "Acceptance: {Type: String, Default: 'true'}",
        "Acceptance: {Type: 'AWS::SSM::Parameter::Value<String>'}",
    );
    let files = with_service(&[
        ("ssm.yaml", &ssm),
        ("prod.json", PROD),
        ("list.json", r#"{"Principals": ["arn:aws:iam::111122223333:root", "*"]}"#),
    ]);
    assert_eq!(
        concise(&files, &["ssm.yaml", "--parameters", "prod.json"]),
        (0, String::new()),
        "`false` is a name there"
    );
    let (_, stdout) = concise(&files, &["service.yaml", "--parameters", "list.json"]);
    assert!(stdout.contains("`Allowed` lets every AWS account ask for"), "{stdout}");
}

#[test]
fn every_environment_of_sam_is_a_deployment() {
    let sam = "\
version = 0.1
[default.global.parameters]
stack_name = 'net'
[prod.deploy.parameters]
parameter_overrides = 'Environment=prod Acceptance=false'
region = 'eu-west-1'
[dev.deploy.parameters]
parameter_overrides = 'Environment=dev'
";
    let files = with_service(&[("samconfig.toml", sam)]);
    let run = |argument: &str| concise(&files, &["service.yaml", "--parameters", argument]);
    assert_eq!(run("samconfig.toml"), (1, format!("{OFF_IN_PROD} (in deployment `prod`)\n")));
    assert_eq!(run("prod=samconfig.toml"), (1, format!("{OFF_IN_PROD}\n")));
    assert_eq!(run("dev=samconfig.toml"), (0, String::new()));
    let (code, stderr) = told(&files, &["service.yaml", "--parameters", "prd=samconfig.toml"]);
    assert_eq!(code, 2);
    assert_eq!(stderr, "error: `samconfig.toml` has no environment `prd`\n = help: it has `prod`, `dev`\n\n");
    let config = "[[deployment]]\nname = 'prd'\ntemplate = 'service.yaml'\nparameters = 'samconfig.toml'\n";
    fs::write(files.path().join("privatelint.toml"), config).unwrap();
    let (code, stderr) = told(&files, &["service.yaml"]);
    assert_eq!(code, 2);
    assert!(
        stderr.starts_with("error: `samconfig.toml` has no environment `prd`\n  ┌─ privatelint.toml:2:8\n"),
        "{stderr}"
    );
    fs::write(files.path().join("privatelint.toml"), config.replace("prd", "prod")).unwrap();
    assert_eq!(concise(&files, &["service.yaml"]).0, 1);
}

#[test]
fn a_file_for_one_template_says_nothing_of_another() {
    let other = SERVICE.replace("Acceptance:", "Consent:").replace("!Ref Acceptance", "!Ref Consent");
    let other = other.replace("Environment", "Stage").replace("Default: 'true'", "Default: 'false'");
    let files =
        with_service(&[("other.yaml", &other), ("prod.json", PROD), ("dev.json", "[\"Environment=dev\"]")]);
    let (_, without) = concise(&files, &["other.yaml"]);
    assert!(without.contains("when `Stage` is `prod`"), "{without}");
    let (_, with) = concise(&files, &["other.yaml", "--parameters", "prod.json", "--parameters", "dev.json"]);
    assert_eq!(with, without);
}

#[test]
fn deployments_may_stand_in_the_configuration() {
    let config = "\
[[deployment]]
name = 'prod'
template = 'stacks/service.yaml'
parameters = 'stacks/prod.json'
region = 'eu-west-1'

[[deployment]]
name = 'dev'
template = './stacks/service.yaml'
parameters = { Environment = 'dev' }
";
    let files = folder(&[
        ("privatelint.toml", config.as_bytes()),
        ("stacks/service.yaml", SERVICE.as_bytes()),
        ("stacks/copy.yaml", SERVICE.as_bytes()),
        ("stacks/prod.json", PROD.as_bytes()),
        ("stacks/dev.json", b"{\"Environment\": \"test\"}"),
    ]);
    let found = format!("stacks/{OFF_IN_PROD} (in deployment `prod`)\n");
    assert_eq!(concise(&files, &[]), (1, found.clone()), "the copy is deployed in no known way");
    let mut command = privatelint(&files.path().join("stacks"));
    let (_, stdout, _) = outcome(command.args(["service.yaml", "--format", "concise"]));
    assert_eq!(format!("stacks/{stdout}"), found);
    // What the command line says of deployments takes the place of the file's.
    assert_eq!(concise(&files, &["--parameters", "stacks/dev.json"]), (0, String::new()));
    assert_eq!(concise(&files, &["--parameter", "Environment=dev"]), (0, String::new()));

    let write = |text: &str| fs::write(files.path().join("privatelint.toml"), text).unwrap();
    write(&config.replace("{ Environment = 'dev' }", "{ Enviroment = 'dev' }"));
    let (code, _, stderr) = outcome(privatelint(files.path()).arg("stacks"));
    assert_eq!(code, 1);
    let expected = "\
warning: `stacks/service.yaml` has no parameter `Enviroment`
   ┌─ privatelint.toml:10:16
   │
10 │ parameters = { Enviroment = 'dev' }
   │                ^^^^^^^^^^ given here
   │
   = help: did you mean `Environment`?
";
    assert!(stderr.starts_with(expected), "{stderr}");
    write(
        &config
            .replace("'stacks/service.yaml'", "'stacks/servce.yaml'")
            .replace("stacks/prod.json", "prod.json"),
    );
    let (code, stderr) = told(&files, &["stacks"]);
    assert_eq!(code, 2);
    let expected = "\
error: `stacks/servce.yaml` does not exist
  ┌─ privatelint.toml:3:12
  │
3 │ template = 'stacks/servce.yaml'
  │            ^^^^^^^^^^^^^^^^^^^^ no such file
  │
  = help: paths start from the folder of this configuration file

";
    assert_eq!(stderr, expected);
    write(&config.replace("stacks/prod.json", "prod.json"));
    let (code, stderr) = told(&files, &["stacks/service.yaml"]);
    assert_eq!(code, 2);
    assert!(
        stderr.starts_with("error: `prod.json` does not exist\n  ┌─ privatelint.toml:4:14\n"),
        "{stderr}"
    );
    assert_eq!(concise(&files, &["stacks/copy.yaml"]), (0, String::new()), "its configuration is whole");
    fs::write(files.path().join("stacks/prod.json"), "[\"Environment\"]").unwrap();
    write(config);
    let (code, stderr) = told(&files, &["stacks/service.yaml"]);
    assert_eq!(code, 2);
    assert!(
        stderr.starts_with("error: `Environment` gives no parameter a value\n  ┌─ stacks/prod.json:1:2\n"),
        "{stderr}"
    );
}

#[test]
fn a_file_for_several_templates_of_the_configuration_is_needed_whole_by_none() {
    let config = "\
[[deployment]]
name = 'prod'
template = 'service.yaml'
parameters = 'prod.json'

[[deployment]]
name = 'prod'
template = 'other.yaml'
parameters = 'prod.json'
";
    let other = "Parameters: {Elsewhere: {Type: String}}\nResources: {A: {Type: AWS::SNS::Topic}}\n";
    let files = with_service(&[
        ("privatelint.toml", config),
        ("other.yaml", other),
        ("prod.json", r#"{"Elsewhere": "x", "Environment": "prod"}"#),
    ]);
    let (code, _, stderr) = outcome(privatelint(files.path()).arg("service.yaml"));
    assert_eq!(code, 0);
    assert!(stderr.starts_with("no problems in 1 template"), "{stderr}");
}

#[test]
fn a_picture_takes_the_values_of_a_deployment() {
    let files = with_service(&[("prod.json", PROD)]);
    let run = |arguments: &[&str]| {
        let mut command = privatelint(files.path());
        outcome(command.args(["graph", "service.yaml", "--format", "json"]).args(arguments)).2
    };
    assert!(run(&[]).starts_with("2 scenarios"), "{}", run(&[]));
    assert_eq!(run(&["--parameters", "prod.json"]), "");
    assert!(run(&["--parameters", "gone.json"]).starts_with("error: cannot read the parameter file"));
}

#[test]
fn options_may_stand_in_the_environment() {
    let files = with_service(&[("prod.json", PROD)]);
    let run = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = privatelint(files.path());
        command.envs(variables.iter().map(|(name, value)| (format!("PRIVATELINT_{name}"), *value)));
        outcome(command.arg("service.yaml").args(arguments))
    };
    let prod = [("PARAMETERS", "prod.json"), ("FORMAT", "concise"), ("QUIET", "yes")];
    let with = |more: &[(&'static str, &'static str)], arguments: &[&str]| {
        run(&[&prod[..], more].concat(), arguments)
    };
    assert_eq!(with(&[], &[]), (1, format!("{OFF_IN_PROD}\n"), String::new()));
    assert_eq!(with(&[("FAIL_ON", "error")], &[]).0, 0);
    assert_eq!(with(&[("FAIL_ON", "error")], &["--fail-on", "info"]).0, 1, "the command line outweighs");
    assert_eq!(with(&[("FAIL_ON", "")], &[]).0, 1, "an empty variable is one that is not set");
    assert_eq!(with(&[("EXIT_ZERO", "1")], &[]).0, 0);
    assert_eq!(with(&[("EXIT_ZERO", "false")], &[]).0, 1);
    assert_eq!(with(&[("IGNORE", "acceptance-off,cost")], &[]).1, "");
    let (code, _, stderr) = with(&[("EXIT_ZERO", "maybe")], &[]);
    assert_eq!(code, 2);
    assert!(stderr.contains("maybe"), "{stderr}");
    let (code, _, stderr) = with(&[("IGNROE", "acceptance-off"), ("VERSION", "0.1.0")], &[]);
    assert_eq!(code, 1);
    assert_eq!(
        stderr,
        "warning: `PRIVATELINT_IGNROE` in the environment is no option; did you mean `PRIVATELINT_IGNORE`?\n\n"
    );
    // Formats of findings are no formats of lists, and other commands go on.
    let mut command = privatelint(files.path());
    command.args(["rules"]).envs([("PRIVATELINT_FORMAT", "concise"), ("PRIVATELINT_SELECT", "no-such-rule")]);
    assert_eq!(outcome(&mut command).0, 0);
}

#[test]
fn counts_files_and_zero() {
    let files = with_service(&[
        ("prod.json", PROD),
        ("values.yaml", "a: 1\n"),
        ("sub/broken.yaml", "AWSTemplateFormatVersion: '2010-09-09'\nResources: {\n"),
    ]);
    let run = |arguments: &[&str]| {
        outcome(privatelint(files.path()).args(["-q", "--parameters", "prod.json"]).args(arguments))
    };
    let (code, stdout, _) = run(&["--statistics"]);
    assert_eq!(code, 1);
    let expected = "errors  warnings  infos  rule\n     -         1      -  acceptance-off\n     1         -      -  template-unparsable\n";
    assert_eq!(stdout, expected);
    let (_, stdout, _) = run(&["--statistics", "--format", "json"]);
    let counts: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((&counts[0]["rule"], &counts[0]["warnings"]), (&"acceptance-off".into(), &1.into()));
    let (code, stdout, _) = run(&["--exit-zero", "--format", "concise"]);
    assert_eq!((code, stdout.lines().count()), (0, 2));
    assert_eq!(run(&["--exit-zero", "gone.yaml"]).0, 2, "what was not checked still fails");
    assert_eq!(run(&["--show-files"]), (0, "service.yaml\nsub/broken.yaml\n".to_owned(), String::new()));
    let (code, stdout, stderr) = run(&["--show-files", "service.yaml", "values.yaml"]);
    assert_eq!((code, stdout.as_str()), (2, "service.yaml\n"));
    assert!(stderr.contains("`values.yaml` is not a CloudFormation template"), "{stderr}");
}
