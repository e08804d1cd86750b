//! What is too large, too deep, too many, circular, cut off or taken away: each ends with a clear word, in bounded time and
//! memory, and what else is in the template is still found.
//!
//! Every run is that of the binary under a limit on memory, and one that does not end is stopped. A build for debugging is some
//! twenty times slower than what is released, so it gets [`MANY`] and [`MILLION`] smaller; `cargo test --release --test limits`
//! has the whole sizes.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Resources of one kind.
const MANY: usize = if cfg!(debug_assertions) { 400 } else { 5_000 };
/// Keys of one map, items of one list.
const MILLION: usize = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };
/// Conditions of one template.
const CONDITIONS: usize = if cfg!(debug_assertions) { 1_000 } else { 10_000 };
/// Routes of a table, entries of a network ACL, rules of a group, statements of a policy.
const ENTRIES: usize = 1_000;

/// Files of almost 800 KiB.
const LARGE: usize = 300;
/// Templates in which nothing is found.
const QUIET: usize = 20_000;

/// Address space of a run in KiB; a tenth of it is used at most, but allocators reserve more than they take.
const MEMORY: usize = 1 << 20;
/// A run that takes so long will not end.
const PATIENCE: Duration = Duration::from_secs(120);

const HEAD: &str = "AWSTemplateFormatVersion: '2010-09-09'\n";
/// A network without mistakes.
const NETWORK: &str =
    "  Vpc: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.0.0.0/8, EnableDnsHostnames: true}}
  Subnet: {Type: 'AWS::EC2::Subnet', Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}}
  Group: {Type: 'AWS::EC2::SecurityGroup', Properties: {GroupDescription: all, VpcId: !Ref Vpc}}
";
/// A mistake that must be found whatever stands beside it.
const WRONG: &str = "  Wrong: {Type: 'AWS::EC2::VPCEndpoint', Properties: {VpcId: vpc-1, RouteTableIds: [rtb-1], ServiceName: com.amazonaws.eu-west-1.sqs}}\n";
/// Behind it, since nothing is said of the resource before a place that cannot be read.
const LAST: &str = "  Last: {Type: 'AWS::SNS::Topic'}\n";
const FOUND: &str = "error[endpoint-type-service-mismatch]";

/// What came of a run.
struct Outcome {
    code: Option<i32>,
    signal: Option<i32>,
    out: String,
    err: String,
}

impl Outcome {
    /// The findings of a rule, a line each.
    fn of(&self, rule: &str) -> Vec<&str> {
        let rule = format!("[{rule}]");
        self.out.lines().filter(|line| line.contains(&rule)).collect()
    }

    /// The one finding about what cannot be read.
    fn unreadable(&self) -> &str {
        let all = self.of("template-unparsable");
        assert_eq!(all.len(), 1, "{}", self.out);
        all[0]
    }

    /// The mistake beside it all is found, and nothing broke.
    fn still_finds(&self) -> &Self {
        assert_eq!(self.code, Some(1), "{}{}", self.out, self.err);
        assert!(self.out.contains(FOUND), "{}{}", self.out, self.err);
        self.sound()
    }

    fn sound(&self) -> &Self {
        assert!(matches!(self.code, Some(0..=2)), "{:?} {:?} {}", self.code, self.signal, self.err);
        for text in [&self.out, &self.err] {
            assert!(!text.contains("panicked") && !text.contains("this is a bug"), "{text}");
        }
        self
    }
}

/// The command in a folder, with bounded memory.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    under(&format!("ulimit -v {MEMORY}"), folder, arguments)
}

/// The command in a folder behind words of the shell.
fn under(limits: &str, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{limits} && exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_privatelint")]);
    command.args(arguments).current_dir(folder);
    for variable in ["CI", "NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "GITHUB_STEP_SUMMARY"] {
        command.env_remove(variable);
    }
    command.env("RAYON_NUM_THREADS", "2").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Outcome {
    finish(command(folder, arguments).spawn().unwrap())
}

/// Waits for a run, but not for ever.
fn finish(mut child: Child) -> Outcome {
    let read = |mut stream: Box<dyn Read + Send>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).unwrap();
            String::from_utf8(bytes).unwrap()
        })
    };
    let out = child.stdout.take().map(|stream| read(Box::new(stream)));
    let err = child.stderr.take().map(|stream| read(Box::new(stream)));
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("the run did not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let text = |reader: Option<std::thread::JoinHandle<String>>| {
        reader.map_or_else(String::new, |reader| reader.join().unwrap())
    };
    Outcome { code: status.code(), signal: status.signal(), out: text(out), err: text(err) }
}

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

/// Checks one text, which is the name of its file too.
fn check(name: &str, text: impl AsRef<[u8]>) -> Outcome {
    let folder = folder(&[(name, text.as_ref())]);
    run(folder.path(), &["check", "--format", "concise", name])
}

/// A template with the network, some more resources, and the mistake.
fn template(sections: &str, resources: &str) -> String {
    format!("{HEAD}{sections}Resources:\n{NETWORK}{resources}{WRONG}{LAST}")
}

fn each(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |text, number| text + &line(number))
}

fn endpoint(id: &str, more: &str) -> String {
    format!(
        "  {id}: {{Type: 'AWS::EC2::VPCEndpoint', {more} Properties: {{VpcId: !Ref Vpc, VpcEndpointType: Interface, ServiceName: !Sub 'com.amazonaws.${{AWS::Region}}.sqs', SubnetIds: [!Ref Subnet], SecurityGroupIds: [!Ref Group]}}}}\n"
    )
}

fn function(id: &str) -> String {
    format!(
        "  {id}: {{Type: 'AWS::Lambda::Function', Properties: {{Role: 'arn:aws:iam::111122223333:role/x', Code: {{ZipFile: x}}, VpcConfig: {{SubnetIds: [!Ref Subnet], SecurityGroupIds: [!Ref Group]}}}}}}\n"
    )
}

#[test]
fn alias_bombs() {
    let level = |number: usize| {
        format!("a{number}: &a{number} [{}]\n  ", vec![format!("*a{}", number - 1); 9].join(", "))
    };
    let bomb =
        (1..30).fold("Metadata:\n  a0: &a0 [x, x]\n  ".to_owned(), |text, number| text + &level(number));
    let outcome = check("bomb.yaml", template(&format!("{}\n", bomb.trim_end()), ""));
    assert!(
        outcome.still_finds().unreadable().ends_with("aliases expand to more than 200000 nodes"),
        "{}",
        outcome.out
    );
    // The same where rules look.
    let level = |number: usize| {
        let alias = number - 1;
        format!(
            "  T{number}: &t{number} {{Type: 'AWS::EC2::VPCEndpoint', Properties: {{PolicyDocument: [*t{alias}, *t{alias}, *t{alias}]}}}}\n"
        )
    };
    let bomb = (1..20)
        .fold("  T0: &t0 {Type: 'AWS::SNS::Topic'}\n".to_owned(), |text, number| text + &level(number));
    check("bomb.yaml", template("", &bomb)).still_finds();
    let itself = check("itself.yaml", template("Metadata: &a [*a]\n", ""));
    assert!(
        itself.still_finds().unreadable().contains("the alias `*a` stands inside the value that it repeats")
    );
}

/// Many functions that inherit much, which is more than is read, and little.
#[test]
fn many_that_inherit() {
    let inherit = |name: &str, count: usize| {
        let globals = format!(
            "Transform: AWS::Serverless-2016-10-31\nGlobals: {{Function: {{VpcConfig: {{SubnetIds: [!Ref Subnet]}}, Environment: {{Variables: {{{}}}}}}}}}\n",
            each(count, |number| format!("V{number}: !Ref Group, "))
        );
        let function = |number: usize| {
            format!(
                "  F{number}: {{Type: 'AWS::Serverless::Function', Properties: {{CodeUri: x, VpcConfig: {{SecurityGroupIds: [!Ref Group]}}, Environment: {{Variables: {{V1: x}}}}}}}}\n"
            )
        };
        check(name, template(&globals, &each(MANY, function)))
    };
    let few = inherit("few.yaml", 10);
    assert!(few.still_finds().of("template-unparsable").is_empty(), "{}", few.out);
    let many = inherit("many.yaml", 2 * MANY);
    let told = many.still_finds().unreadable();
    assert!(told.ends_with("the resources inherit more than 200000 values from `Globals`"), "{told}");
}

#[test]
fn a_hundred_thousand_levels() {
    const LEVELS: usize = 100_000;
    let too_deep = "values nest deeper than 255 levels";
    for (opening, closing) in [("[", "]"), ("{a: ", "}"), ("!If [A, ", "]"), ("[", "")] {
        let value = format!("{}1{}", opening.repeat(LEVELS), closing.repeat(LEVELS));
        let outcome = check(
            "deep.yaml",
            format!(
                "{HEAD}Resources:\n{WRONG}  X:\n    Type: AWS::EC2::VPC\n    Properties:\n      CidrBlock: {value}\n"
            ),
        );
        outcome.still_finds();
        assert!(
            outcome.unreadable().ends_with(&format!(
                "the value of `{}` cannot be read: {too_deep}",
                if opening == "{a: " { "a" } else { "CidrBlock" }
            )),
            "{opening}: {}",
            outcome.out
        );
    }
    for opening in ["- ", "? ", "!Sub "] {
        let outcome = check(
            "deep.yaml",
            format!("{HEAD}Resources:\n{WRONG}{LAST}  X:\n    {}1\n", opening.repeat(LEVELS)),
        );
        assert!(outcome.still_finds().of("template-unparsable").len() <= 2, "{}", outcome.out);
    }
    for (opening, closing) in [("[", "]"), (r#"{"a":"#, "}"), ("[", "")] {
        let value = format!("{}1{}", opening.repeat(LEVELS), closing.repeat(LEVELS));
        let wrong = r#""Wrong":{"Type":"AWS::EC2::VPCEndpoint","Properties":{"VpcId":"vpc-1","RouteTableIds":["rtb-1"],"ServiceName":"com.amazonaws.eu-west-1.sqs"}}"#;
        let outcome = check(
            "deep.json",
            format!(
                r#"{{"Resources":{{{wrong},"X":{{"Type":"AWS::EC2::VPC","Properties":{{"CidrBlock":{value}}}}}}}}}"#
            ),
        );
        assert!(outcome.still_finds().unreadable().ends_with(too_deep), "{}", outcome.out);
    }
}

#[test]
fn sixty_four_megabytes() {
    let huge = format!("{}Description: {}\n", template("", ""), "x".repeat(64 << 20));
    let outcome = check("huge.yaml", &huge);
    assert_eq!(
        outcome.sound().unreadable(),
        "huge.yaml:1:1: error[template-unparsable] the template cannot be read: it has more than 8 MiB, and CloudFormation takes 1 MB"
    );
}

#[test]
fn scalars_up_to_the_limit() {
    const LENGTH: usize = if cfg!(debug_assertions) { 1 << 20 } else { 7 << 20 };
    for scalar in [
        "x".repeat(LENGTH),
        format!("'{}'", "x''".repeat(LENGTH / 3)),
        format!("\"{}\"", "x\\n".repeat(LENGTH / 3)),
        format!(
            "|\n{}",
            "  a line of sixty-four bytes or so, as in a script of user data\n".repeat(LENGTH / 64)
        ),
    ] {
        let outcome = check("long.yaml", format!("{}Description: {scalar}\n", template("", "")));
        assert!(outcome.still_finds().of("template-unparsable").is_empty(), "{}", outcome.out);
    }
    let open = check("open.yaml", format!("{}Description: \"{}\n", template("", ""), "x".repeat(LENGTH)));
    assert!(open.still_finds().unreadable().contains("a quote that is not closed"), "{}", open.out);
}

#[test]
fn texts_of_many_pieces() {
    let pieces = MILLION / 10;
    let sub = |text: String| {
        format!("  Y: {{Type: 'AWS::EC2::Subnet', Properties: {{CidrBlock: !Sub '{text}'}}}}\n")
    };
    check("sub.yaml", template("", &sub("${Vpc}".repeat(pieces)))).still_finds();
    check("quotes.yaml", template("", &sub("${Vpc}''".repeat(pieces)))).still_finds();
    let split = format!(
        "  Y: {{Type: 'AWS::EC2::Subnet', Properties: {{CidrBlock: !Select [0, !Split [',', '{}']]}}}}\n",
        ",".repeat(MILLION)
    );
    check("split.yaml", template("", &split)).still_finds();
    let join = format!(
        "  Y: {{Type: 'AWS::EC2::Subnet', Properties: {{CidrBlock: {}y{}}}}}\n",
        "!Join ['', [x, ".repeat(100),
        "]]".repeat(100)
    );
    check("join.yaml", template("", &join)).still_finds();
    let stars = format!(
        "  Y: {{Type: 'AWS::EC2::VPCEndpoint', Properties: {{VpcId: !Ref Vpc, ServiceName: com.amazonaws.eu-west-1.s3, PolicyDocument: {{Statement: [{{Effect: Allow, Principal: '*', Action: '{0}', Resource: '{0}b'}}]}}}}}}\n",
        "*a".repeat(5_000)
    );
    check("stars.yaml", template("", &stars)).still_finds();
}

#[test]
fn a_million_keys() {
    let keys = check(
        "keys.yaml",
        template(&format!("Metadata:\n{}", each(MILLION, |number| format!(" {number:x}:\n"))), ""),
    );
    assert!(keys.still_finds().of("template-unparsable").is_empty());
    let same = check("same.yaml", template(&format!("Metadata:\n{}", " a:\n".repeat(MILLION)), ""));
    let told = same.still_finds().of("template-unparsable");
    assert_eq!(told.len(), 10);
    assert!(told[9].ends_with(&format!("(10 of {} places that cannot be read)", MILLION - 1)), "{}", told[9]);
    let items =
        format!("  Y: {{Type: 'AWS::EC2::Subnet', Properties: {{Tags: [{}]}}}}\n", "1,".repeat(MILLION));
    check("items.yaml", template("", &items)).still_finds();
}

#[test]
fn a_million_ignores_and_mistakes() {
    let ignores = check(
        "ignores.yaml",
        template("", &"  # privatelint: ignore[endpoint-type-service-mismatch]\n".repeat(MILLION / 20)),
    );
    assert_eq!(ignores.sound().of("unused-suppression").len(), 0, "each of them covers what stands below");
    assert!(!ignores.out.contains(FOUND), "{}", ignores.out);
    // After a hundred of them nothing further is read.
    let lines = each(MILLION / 50, |number| format!("  R{number}: !Sub !Ref x\n"));
    let mistakes = check("mistakes.yaml", format!("{}{lines}", template("", "")));
    assert_eq!(mistakes.still_finds().of("template-unparsable").len(), 10);
    let commas = check(
        "commas.json",
        format!("{{\"Resources\":{{\"X\":{{\"Type\":\"AWS::EC2::VPC\"}}{}", ",".repeat(MILLION / 5)),
    );
    assert_eq!(commas.sound().of("template-unparsable").len(), 10);
}

#[test]
fn ten_thousand_conditions() {
    let resources =
        each(MANY.min(1_000), |number| endpoint(&format!("E{number}"), &format!("Condition: C{number},")));
    // Each decided by a parameter of its own; all by one; each by the one before; each by what nobody knows.
    let own_parameters =
        each(CONDITIONS, |number| format!("  P{number}: {{Type: String, AllowedValues: ['no', 'yes']}}\n"));
    let own = each(CONDITIONS, |number| format!("  C{number}: !Equals [!Ref P{number}, 'yes']\n"));
    let one = each(CONDITIONS, |number| format!("  C{number}: !Equals [!Ref P, v{number}]\n"));
    let chain = each(CONDITIONS, |number| match number {
        0 => "  C0: !Equals [!Ref P, v]\n".to_owned(),
        _ => format!("  C{number}: !And [!Condition C{0}, !Not [!Condition C{0}]]\n", number - 1),
    });
    let unknown = each(CONDITIONS, |number| {
        format!("  C{number}: !Equals [!ImportValue a{number}, !ImportValue b{number}]\n")
    });
    let parameter = "  P: {Type: String, Default: v0}\n";
    for (name, parameters, conditions) in [
        ("own", own_parameters.as_str(), own),
        ("one", parameter, one),
        ("chain", parameter, chain),
        ("unknown", parameter, unknown),
    ] {
        let outcome =
            check(name, template(&format!("Parameters:\n{parameters}Conditions:\n{conditions}"), &resources));
        outcome.still_finds();
    }
}

/// In each of many scenarios it is looked up where each of them stands.
#[test]
fn one_resource_with_ten_thousand_choices() {
    let parameters =
        each(CONDITIONS, |number| format!("  P{number}: {{Type: String, AllowedValues: ['no', 'yes']}}\n"));
    let conditions = each(CONDITIONS, |number| format!("  C{number}: !Equals [!Ref P{number}, 'yes']\n"));
    let rule = "{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}";
    let rules = each(CONDITIONS, |number| format!("      - !If [C{number}, {rule}, !Ref 'AWS::NoValue']\n"));
    let group = format!(
        "  Open:\n    Type: AWS::EC2::SecurityGroup\n    Properties:\n      GroupDescription: open\n      VpcId: !Ref Vpc\n      SecurityGroupIngress:\n{rules}"
    );
    let endpoint = endpoint("E", "").replace("!Ref Group", "!Ref Open");
    let outcome = check(
        "choices.yaml",
        template(&format!("Parameters:\n{parameters}Conditions:\n{conditions}"), &(group + &endpoint)),
    );
    assert!(!outcome.still_finds().of("endpoint-open-to-world").is_empty(), "{}", outcome.out);
}

#[test]
fn each_of_many_conditions_is_seen_to_hold() {
    use privatelint::scenario::{Freed, Scenarios};
    let parameters =
        each(CONDITIONS, |number| format!("  P{number}: {{Type: String, AllowedValues: ['no', 'yes']}}\n"));
    let conditions = each(CONDITIONS, |number| format!("  C{number}: !Equals [!Ref P{number}, 'yes']\n"));
    let resources = each(CONDITIONS, |number| {
        format!("  R{number}: {{Type: 'AWS::SNS::Topic', Condition: C{number}}}\n")
    });
    let text = format!("Parameters:\n{parameters}Conditions:\n{conditions}Resources:\n{resources}");
    let parsed = privatelint::syntax::parse(&text, privatelint::text::FileId(0));
    let template = privatelint::template::Template::from_tree(&parsed.tree, &text);
    let scenarios = Scenarios::of(&template, &std::collections::BTreeMap::new(), &|_| true);
    assert!(scenarios.len() <= 64, "{}", scenarios.len());
    let shown: Vec<_> = (0..scenarios.len()).map(|index| scenarios.scenario(index, Freed::None)).collect();
    let holds =
        |number: usize, truth: bool| shown.iter().any(|it| it.holds(&format!("C{number}")) == Some(truth));
    assert!((0..CONDITIONS).all(|number| holds(number, true) && holds(number, false)));
    // Any two of them are once told apart and once both hold.
    for (one, other) in [(0, 1), (7, 500), (CONDITIONS - 2, CONDITIONS - 1)] {
        let both = |wanted: (bool, bool)| {
            let truth = |it: &privatelint::scenario::Scenario<'_, '_>, number| {
                it.holds(&format!("C{number}")) == Some(true)
            };
            shown.iter().any(|it| (truth(it, one), truth(it, other)) == wanted)
        };
        assert!(both((true, true)) && both((true, false)) && both((false, true)) && both((false, false)));
    }
}

#[test]
fn circles() {
    let next = |number: usize| (number + 1) % CONDITIONS;
    let circle = each(CONDITIONS, |number| format!("  C{number}: !Not [!Condition C{}]\n", next(number)));
    let conditions = check(
        "conditions.yaml",
        template(&format!("Conditions:\n{circle}"), &endpoint("E", "Condition: C1,")),
    );
    assert!(
        conditions.still_finds().out.contains("private DNS of `E`"),
        "what may exist is looked at: {}",
        conditions.out
    );
    let next = |number: usize| (number + 1) % MANY;
    let references = each(MANY, |number| {
        let next = next(number);
        format!(
            "  R{number}: {{Type: 'AWS::EC2::Subnet', DependsOn: R{next}, Properties: {{VpcId: !Ref R{next}, CidrBlock: !GetAtt R{next}.Cidr}}}}\n"
        )
    });
    check("references.yaml", template("", &references)).still_finds();
    let itself =
        endpoint("E", "DependsOn: E,").replace("!Ref Vpc", "!Ref E").replace("!Ref Subnet", "!GetAtt E.Id");
    check("itself.yaml", template("", &itself)).still_finds();
    let groups = each(MANY, |number| {
        format!(
            "  G{number}: {{Type: 'AWS::EC2::SecurityGroup', Properties: {{GroupDescription: x, VpcId: !Ref Vpc}}}}\n  I{number}: {{Type: 'AWS::EC2::SecurityGroupIngress', Properties: {{GroupId: !Ref G{number}, IpProtocol: tcp, FromPort: 443, ToPort: 443, SourceSecurityGroupId: !Ref G{}}}}}\n",
            next(number)
        )
    });
    let members =
        endpoint("E", "").replace("!Ref Group", "!Ref G0") + &function("F").replace("!Ref Group", "!Ref G1");
    check("groups.yaml", template("", &(groups + &members))).still_finds();
}

#[test]
fn a_thousand_allowed_values() {
    let values = (0..1_000).map(|number| format!("v{number}")).collect::<Vec<_>>().join(", ");
    let conditions = each(1_000, |number| format!("  C{number}: !Equals [!Ref P, v{number}]\n"));
    let resources = each(MANY.min(1_000) / 4, |number| {
        endpoint(&format!("E{number}"), &format!("Condition: C{number},"))
    });
    let sections =
        format!("Parameters:\n  P: {{Type: String, AllowedValues: [{values}]}}\nConditions:\n{conditions}");
    check("allowed.yaml", template(&sections, &resources)).still_finds();
}

/// What rests on defaults is tried without each of them: not for every finding anew.
#[test]
fn thousands_of_findings_that_rest_on_defaults() {
    let parameters = each(20, |number| format!("  P{number}: {{Type: String, Default: 'false'}}\n"));
    let resources = each(MANY, |number| {
        endpoint(&format!("E{number}"), "")
            .replace("VpcEndpointType", &format!("PrivateDnsEnabled: !Ref P{}, VpcEndpointType", number % 20))
    });
    let outcome = check("defaults.yaml", template(&format!("Parameters:\n{parameters}"), &resources));
    assert!(outcome.still_finds().out.contains("with the default `false` of `P"), "{}", outcome.out);
}

/// Five thousand of everything that rules look at in pairs.
#[test]
fn many_of_each_kind() {
    let kinds: [(&str, &dyn Fn(usize) -> String); 9] = [
        ("interface endpoints", &|number| endpoint(&format!("E{number}"), "")),
        ("gateway endpoints", &|number| {
            format!(
                "  E{number}: {{Type: 'AWS::EC2::VPCEndpoint', Properties: {{VpcId: !Ref Vpc, ServiceName: !Sub 'com.amazonaws.${{AWS::Region}}.s3', RouteTableIds: [!Ref T{number}]}}}}\n  T{number}: {{Type: 'AWS::EC2::RouteTable', Properties: {{VpcId: !Ref Vpc}}}}\n"
            )
        }),
        ("subnets with tables and routes", &|number| {
            format!(
                "  S{number}: {{Type: 'AWS::EC2::Subnet', Properties: {{VpcId: !Ref Vpc, CidrBlock: 10.{}.{}.0/24}}}}\n  T{number}: {{Type: 'AWS::EC2::RouteTable', Properties: {{VpcId: !Ref Vpc}}}}\n  A{number}: {{Type: 'AWS::EC2::SubnetRouteTableAssociation', Properties: {{SubnetId: !Ref S{number}, RouteTableId: !Ref T{number}}}}}\n  R{number}: {{Type: 'AWS::EC2::Route', Properties: {{RouteTableId: !Ref T{number}, DestinationCidrBlock: 0.0.0.0/0, TransitGatewayId: tgw-1}}}}\n",
                number / 256,
                number % 256
            )
        }),
        ("groups", &|number| {
            format!(
                "  G{number}: {{Type: 'AWS::EC2::SecurityGroup', Properties: {{GroupDescription: x, VpcId: !Ref Vpc, SecurityGroupIngress: [{{IpProtocol: tcp, FromPort: 443, ToPort: 443, SourceSecurityGroupId: !Ref Group}}]}}}}\n"
            )
        }),
        ("functions", &|number| function(&format!("F{number}"))),
        ("services on Fargate", &|number| {
            format!(
                "  T{number}: {{Type: 'AWS::ECS::TaskDefinition', Properties: {{NetworkMode: awsvpc, RequiresCompatibilities: [FARGATE], ContainerDefinitions: [{{Name: a, Image: !Sub '${{AWS::AccountId}}.dkr.ecr.${{AWS::Region}}.amazonaws.com/x'}}]}}}}\n  C{number}: {{Type: 'AWS::ECS::Service', Properties: {{LaunchType: FARGATE, TaskDefinition: !Ref T{number}, NetworkConfiguration: {{AwsvpcConfiguration: {{Subnets: [!Ref Subnet], SecurityGroups: [!Ref Group], AssignPublicIp: DISABLED}}}}}}}}\n"
            )
        }),
        ("endpoint services", &|number| {
            format!(
                "  N{number}: {{Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer', Properties: {{Type: network, Scheme: internal, Subnets: [!Ref Subnet], SecurityGroups: [!Ref Group]}}}}\n  L{number}: {{Type: 'AWS::ElasticLoadBalancingV2::Listener', Properties: {{LoadBalancerArn: !Ref N{number}, Port: 443, Protocol: TCP, DefaultActions: [{{Type: forward, TargetGroupArn: !Ref TG{number}}}]}}}}\n  TG{number}: {{Type: 'AWS::ElasticLoadBalancingV2::TargetGroup', Properties: {{VpcId: !Ref Vpc, Port: 443, Protocol: TCP, TargetType: ip}}}}\n  ES{number}: {{Type: 'AWS::EC2::VPCEndpointService', Properties: {{NetworkLoadBalancerArns: [!Ref N{number}]}}}}\n"
            )
        }),
        ("custom resources", &|number| {
            format!(
                "  X{number}: {{Type: 'AWS::CloudFormation::CustomResource', DependsOn: [F{number}, Group], Properties: {{ServiceToken: !GetAtt F{number}.Arn}}}}\n{}",
                function(&format!("F{number}"))
            )
        }),
        ("instances", &|number| {
            format!(
                "  I{number}: {{Type: 'AWS::EC2::Instance', Properties: {{ImageId: ami-1, SubnetId: !Ref Subnet, SecurityGroupIds: [!Ref Group]}}}}\n"
            )
        }),
    ];
    for (name, kind) in kinds {
        let text = template("", &(each(MANY, kind) + &endpoint("Other", "") + &function("Client")));
        check(&format!("{name}.yaml"), text).still_finds();
    }
}

#[test]
fn a_thousand_entries_of_one_thing() {
    let clients = endpoint("E", "") + &each(20, |number| function(&format!("F{number}")));
    let range = |number: usize| format!("10.{}.{}.0/24", number % 256, number / 256);
    let acl = "  Acl: {Type: 'AWS::EC2::NetworkAcl', Properties: {VpcId: !Ref Vpc}}\n  Has: {Type: 'AWS::EC2::SubnetNetworkAclAssociation', Properties: {SubnetId: !Ref Subnet, NetworkAclId: !Ref Acl}}\n";
    let entries = each(ENTRIES, |number| {
        format!(
            "  X{number}: {{Type: 'AWS::EC2::NetworkAclEntry', Properties: {{NetworkAclId: !Ref Acl, RuleNumber: {}, Protocol: 6, RuleAction: {}, Egress: {}, CidrBlock: {}, PortRange: {{From: {number}, To: {}}}}}}}\n",
            number + 1,
            ["deny", "allow"][number % 2],
            number % 4 < 2,
            range(number),
            number + 100
        )
    });
    check("entries.yaml", template("", &format!("{acl}{entries}{clients}"))).still_finds();
    let table = "  Table: {Type: 'AWS::EC2::RouteTable', Properties: {VpcId: !Ref Vpc}}\n  Uses: {Type: 'AWS::EC2::SubnetRouteTableAssociation', Properties: {SubnetId: !Ref Subnet, RouteTableId: !Ref Table}}\n";
    let routes = each(ENTRIES, |number| {
        format!(
            "  R{number}: {{Type: 'AWS::EC2::Route', Properties: {{RouteTableId: !Ref Table, DestinationCidrBlock: {}, TransitGatewayId: tgw-1}}}}\n",
            range(number)
        )
    });
    check("routes.yaml", template("", &format!("{table}{routes}{clients}"))).still_finds();
    let rules = each(ENTRIES, |number| {
        format!(
            "  I{number}: {{Type: 'AWS::EC2::SecurityGroupIngress', Properties: {{GroupId: !Ref Group, IpProtocol: tcp, FromPort: {number}, ToPort: {number}, CidrIp: {}}}}}\n",
            range(number)
        )
    });
    check("rules.yaml", template("", &format!("{rules}{clients}"))).still_finds();
    let statements = each(ENTRIES, |number| {
        format!(
            "{{Effect: Allow, Principal: '*', Action: ['s3:Get*', 's3:Put{number}'], Resource: ['arn:aws:s3:::b{number}/*'], Condition: {{StringEquals: {{'aws:PrincipalOrgID': o-{number}}}}}}}, "
        )
    });
    let gateway = format!(
        "  Gateway: {{Type: 'AWS::EC2::VPCEndpoint', Properties: {{VpcId: !Ref Vpc, ServiceName: !Sub 'com.amazonaws.${{AWS::Region}}.s3', RouteTableIds: [!Ref Table], PolicyDocument: {{Version: '2012-10-17', Statement: [{statements}]}}}}}}\n"
    );
    let outcome = check("statements.yaml", template("", &format!("{table}{gateway}{clients}")));
    assert_eq!(outcome.still_finds().of("policy-too-large").len(), 1, "{}", outcome.out);
}

#[test]
fn very_long_lines() {
    let endpoints = each(MANY / 2, |number| endpoint(&format!("E{number}"), "").trim().to_owned() + ", ");
    let network = NETWORK.trim().replace("\n ", ",");
    let text = format!("{HEAD}Resources: {{{network}, {endpoints}{}}}\n", WRONG.trim());
    check("line.yaml", &text).still_finds();
    let folder = folder(&[("line.yaml", text.as_bytes())]);
    let full = run(folder.path(), &["line.yaml"]);
    assert!(full.still_finds().out.lines().all(|line| line.chars().count() < 400), "an excerpt is cut");
    let name = "n".repeat(1 << 20);
    check("names.yaml", template("", &WRONG.replace("sqs", &name).replace("Wrong", "Long"))).still_finds();
    check("keys.yaml", template("", &endpoint(&name, "").replace("SubnetIds", &name))).still_finds();
}

#[test]
fn texts_of_nothing() {
    for (text, reason) in [
        (&b""[..], "it is empty"),
        (b"\xef\xbb\xbf", "it is empty"),
        (b"\xff\xfe", "it is empty"),
        (b"\xef\xbb\xbf \r\n\t\n", "it is empty"),
        (b"# only words\n", "it has no `Resources`"),
        (b"\0\0\0\0\0\0", "it is binary, or in another encoding than UTF-8"),
        (b"R\0e\0s\0o\0u\0r\0c\0e\0s\0:\0", "it is binary, or in another encoding than UTF-8"),
        (b"\xff\xfe\0\0R\0\0\0", "it is binary, or in another encoding than UTF-8"),
    ] {
        let outcome = check("nothing.yaml", text);
        assert_eq!(outcome.code, Some(2));
        assert!(
            outcome.err.contains(&format!("`nothing.yaml` is not a CloudFormation template: {reason}")),
            "{}",
            outcome.err
        );
    }
}

/// Windows `PowerShell` writes it.
#[test]
fn utf_16_is_read_and_said() {
    let text = template("Description: größer 😀\n", "");
    let units = |encode: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(encode).collect::<Vec<u8>>();
    let little = [&[0xff, 0xfe][..], &units(u16::to_le_bytes)].concat();
    let big = [&[0xfe, 0xff][..], &units(u16::to_be_bytes)].concat();
    let expected = check("t.yaml", &text);
    for bytes in [little, big] {
        let outcome = check("t.yaml", &bytes);
        assert_eq!(outcome.still_finds().out, expected.out);
        assert!(
            outcome
                .err
                .contains("warning: `t.yaml` is UTF-16, and templates are UTF-8; it was read all the same"),
            "{}",
            outcome.err
        );
        // Also in a folder, where what is no template is passed over.
        let folder = folder(&[("t.yaml", &bytes)]);
        let walked = run(folder.path(), &["--format", "concise", "."]);
        assert_eq!(walked.still_finds().out, expected.out);
        // Places in it are not those of the file: nothing is written into it.
        let kept = run(folder.path(), &["--add-ignores", "--format", "concise", "."]);
        assert_eq!((kept.sound().code, &kept.out), (Some(2), &expected.out));
        assert!(kept.err.contains("cannot write `t.yaml`: it is not UTF-8"), "{}", kept.err);
        assert_eq!(fs::read(folder.path().join("t.yaml")).unwrap(), bytes);
    }
    let odd = check("odd.yaml", [&[0xff, 0xfe][..], &units(u16::to_le_bytes), b"\0"].concat());
    odd.still_finds();
}

#[test]
fn nul_bytes() {
    let text = format!("{}Description: a\0b\n", template("", ""));
    assert!(
        check("nul.yaml", text)
            .still_finds()
            .unreadable()
            .ends_with("the value of `Description` cannot be read: the control character U+0000")
    );
    check("tail.yaml", format!("{}{}", template("", ""), "\0".repeat(100_000))).still_finds();
    let json = r#"{"AWSTemplateFormatVersion":"2010-09-09","Description":"a?b","Resources":{"V":{"Type":"AWS::EC2::VPC"}}}"#;
    let outcome = check("nul.json", json.replace('?', "\0"));
    assert!(
        outcome
            .unreadable()
            .ends_with("the value of `Description` cannot be read: a control character in a text"),
        "{}",
        outcome.out
    );
}

#[test]
fn line_ends() {
    let text = template("", &endpoint("E", ""));
    let unix = check("t.yaml", &text);
    unix.still_finds();
    let windows = check("t.yaml", text.replace('\n', "\r\n"));
    assert_eq!(windows.out, unix.out);
    let old = text.replace('\n', "\r");
    let macintosh = check("t.yaml", &old);
    assert_eq!(macintosh.out, unix.out);
    let folder = folder(&[("t.yaml", old.as_bytes())]);
    let full = run(folder.path(), &["t.yaml"]);
    assert!(!full.still_finds().out.contains('\r'), "no terminal gets what moves its cursor");
    // What is ignored, and what is written, is the same too.
    let ignored = run(folder.path(), &["t.yaml", "--add-ignores"]);
    assert_eq!(ignored.sound().code, Some(0), "{}{}", ignored.out, ignored.err);
    let with_ignores = fs::read_to_string(folder.path().join("t.yaml")).unwrap();
    assert!(
        with_ignores.contains("# privatelint: ignore[") && !with_ignores.contains('\n'),
        "{with_ignores}"
    );
    fs::write(folder.path().join("t.yaml"), text).unwrap();
    run(folder.path(), &["t.yaml", "--add-ignores"]);
    let expected = fs::read_to_string(folder.path().join("t.yaml")).unwrap().replace('\n', "\r");
    assert_eq!(with_ignores, expected);
}

#[test]
fn links_in_a_circle() {
    let folder = folder(&[("t.yaml", template("", "").as_bytes())]);
    let path = folder.path();
    fs::create_dir(path.join("inner")).unwrap();
    symlink("..", path.join("inner/outer")).unwrap();
    symlink("loop.yaml", path.join("loop.yaml")).unwrap();
    symlink("gone.yaml", path.join("dangling.yaml")).unwrap();
    let walked = run(path, &["--format", "concise", "."]);
    assert_eq!(walked.still_finds().of("endpoint-type-service-mismatch").len(), 1, "{}", walked.out);
    let through = run(path, &["--format", "concise", "inner/outer/inner/outer", "t.yaml"]);
    assert_eq!(
        through.still_finds().of("endpoint-type-service-mismatch").len(),
        1,
        "the same file once: {}",
        through.out
    );
    let named = run(path, &["loop.yaml", "dangling.yaml"]);
    assert_eq!(named.code, Some(2));
    assert!(named.err.contains("cannot read `loop.yaml`: "), "{}", named.err);
    assert!(named.err.contains("`dangling.yaml` does not exist"), "{}", named.err);
}

#[test]
fn files_that_change_while_they_are_read() {
    let folder = folder(&[]);
    let path = folder.path().join("t.yaml");
    let texts = [
        template("", &each(200, |number| endpoint(&format!("E{number}"), ""))),
        template("", ""),
        String::new(),
    ];
    fs::write(&path, &texts[0]).unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                match texts.get(round % 4) {
                    Some(text) => fs::write(&path, text).unwrap(),
                    None => drop(fs::remove_file(&path)),
                }
            }
        });
        let arguments: [&[&str]; 3] = [&["t.yaml"], &["."], &["--add-ignores", "."]];
        let outcomes: Vec<Outcome> = (0..12).map(|round| run(folder.path(), arguments[round % 3])).collect();
        stop.store(true, Ordering::Relaxed);
        for outcome in outcomes {
            outcome.sound();
        }
    });
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| name == "t.yaml"), "{left:?}");
}

#[test]
fn a_reader_that_goes_away() {
    // Each of them is told by itself, which is more than a pipe holds.
    let services = each(MANY * 2, |number| {
        format!(
            "  S{number}: {{Type: 'AWS::EC2::VPCEndpointService', Properties: {{AcceptanceRequired: false, NetworkLoadBalancerArns: []}}}}\n"
        )
    });
    let text = template("", &services);
    let folder = folder(&[("t.yaml", text.as_bytes())]);
    for format in ["full", "concise", "json", "sarif", "markdown"] {
        let mut child = command(folder.path(), &["t.yaml", "--format", format]).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        assert!(!first.is_empty());
        drop(out);
        let outcome = finish(child);
        assert_eq!(outcome.code, Some(1), "what was found still decides: {format} {}", outcome.err);
        assert!(!outcome.sound().err.contains("pipe"), "{}", outcome.err);
    }
}

#[test]
fn interrupted() {
    let old = "what was there before";
    let folder = folder(&[
        ("out.json", old.as_bytes()),
        ("base.json", b"{}"),
        ("t.yaml", template("", "").as_bytes()),
    ]);
    let path = folder.path();
    // Waits for its input.
    let mut child = command(path, &["-", "t.yaml", "--output-file", "json=out.json"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.as_mut().unwrap().write_all(b"Resources:\n").unwrap();
    std::thread::sleep(Duration::from_millis(300));
    interrupt(&child);
    let outcome = finish(child);
    assert_eq!((outcome.signal, outcome.out.as_str()), (Some(2), ""), "{}", outcome.err);
    assert_eq!(fs::read_to_string(path.join("out.json")).unwrap(), old);
    // In the middle of its work, wherever that is.
    let whole = run(path, &["t.yaml", "--format", "json"]).out;
    for delay in (0..60).step_by(6) {
        let child = command(path, &["t.yaml", "--output-file", "json=out.json", "--quiet"]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        interrupt(&child);
        let outcome = finish(child);
        assert!(outcome.signal == Some(2) || outcome.code == Some(1), "{}", outcome.err);
        let now = fs::read_to_string(path.join("out.json")).unwrap();
        assert!(now == old || now == whole, "half a report: {now}");
        fs::write(path.join("out.json"), old).unwrap();
    }
    assert_eq!(fs::read_to_string(path.join("t.yaml")).unwrap(), template("", ""));
}

fn interrupt(child: &Child) {
    // It may have ended by itself.
    let _ =
        Command::new("kill").args(["-INT", &child.id().to_string()]).stderr(Stdio::null()).status().unwrap();
}

/// A file that may have no more bytes fails where a full disk does: in the middle of a write.
const FULL: &str = "trap '' XFSZ && ulimit -f 0";

#[test]
fn a_full_disk() {
    // An ignore of no use can be taken away.
    let text = format!("# privatelint: ignore[acceptance-off]\n{}", template("", ""));
    let folder = folder(&[("t.yaml", text.as_bytes()), ("out.json", b"old")]);
    let path = folder.path();
    let cases: [(&[&str], &str); 4] = [
        (&["t.yaml", "--output-file", "json=out.json"], "error: cannot write `out.json`: "),
        (
            &["t.yaml", "--write-baseline", "base.json"],
            "cannot write the baseline `base.json`: file too large",
        ),
        (&["t.yaml", "--add-ignores"], "cannot write `t.yaml`: file too large"),
        (&["t.yaml", "--fix"], "cannot write `t.yaml`: file too large"),
    ];
    for (arguments, message) in cases {
        let outcome = finish(under(FULL, path, arguments).spawn().unwrap());
        assert_eq!(outcome.sound().code, Some(2), "{arguments:?} {}", outcome.err);
        assert!(outcome.err.contains(message), "{}", outcome.err);
        let mut left: Vec<_> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, ["out.json", "t.yaml"], "nothing half written is left");
        for (name, content) in [("t.yaml", text.as_str()), ("out.json", "old")] {
            assert_eq!(fs::read_to_string(path.join(name)).unwrap(), content);
        }
    }
}

/// Many small files and a few that no one should read.
#[test]
fn a_folder_of_many_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut expected = String::new();
    for number in 0..MANY {
        let name = format!("{number:05}.yaml");
        fs::write(folder.path().join(&name), format!("Resources:\n{WRONG}")).unwrap();
        let _ = writeln!(expected, "{name}");
    }
    let outcome = run(folder.path(), &["--format", "concise", "."]);
    let names = outcome
        .still_finds()
        .of("endpoint-type-service-mismatch")
        .iter()
        .fold(String::new(), |names, line| names + line.split_once(':').unwrap().0 + "\n");
    assert_eq!(names, expected, "each once, in order");
}

/// Together they are larger than the memory of the run, and each of them is shown.
#[test]
fn files_with_findings_that_do_not_fit_into_memory() {
    let folder = tempfile::tempdir().unwrap();
    let mut expected = String::new();
    let long = "x".repeat(780_000);
    for number in 0..LARGE {
        let name = format!("{number:05}.yaml");
        let above = "# one line more\n".repeat(number);
        let text = format!("{above}# {long}\nResources:\n{WRONG}");
        fs::write(folder.path().join(&name), text).unwrap();
        let _ = writeln!(expected, "{name}:{}", number + 3);
    }
    let sarif = "sarif=report.sarif";
    let limit = format!("ulimit -v {}", MEMORY / 16 * 3);
    let arguments = ["--format", "concise", "--select", "endpoint-type-service-mismatch", "--output-file"];
    let mut command = under(&limit, folder.path(), &[&arguments[..], &[sarif, "."]].concat());
    let outcome = finish(command.spawn().unwrap());
    let places = |lines: Vec<&str>| {
        let place = |line: &str| line.splitn(3, ':').take(2).collect::<Vec<_>>().join(":") + "\n";
        lines.into_iter().map(place).collect::<String>()
    };
    assert_eq!(places(outcome.still_finds().of("endpoint-type-service-mismatch")), expected);
    let report = fs::read_to_string(folder.path().join("report.sarif")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let results = report["runs"][0]["results"].as_array().unwrap();
    let place = |result: &serde_json::Value| {
        let place = &result["locations"][0]["physicalLocation"];
        let file = place["artifactLocation"]["uri"].as_str().unwrap();
        format!("{file}:{}\n", place["region"]["startLine"])
    };
    assert_eq!(results.iter().map(place).collect::<String>(), expected);
    assert!(results.iter().all(|result| result["ruleId"] == "endpoint-type-service-mismatch"));
    let listed = finish(under(&limit, folder.path(), &["--show-files", "."]).spawn().unwrap());
    assert_eq!(listed.sound().out.lines().count(), LARGE, "{}", listed.err);
}

/// The most memory that a run has taken when it begins to report, in KiB.
#[cfg(target_os = "linux")]
fn peak(folder: &Path) -> usize {
    let mut child = command(folder, &["--format", "json", "."]).spawn().unwrap();
    // A report that is larger than a pipe keeps it waiting.
    child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    finish(child).sound();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Of a template in which nothing is found, little more than its name stays in memory, nothing of its folder, and no options
/// of its own.
#[test]
#[cfg(target_os = "linux")]
fn memory_hardly_grows_with_the_number_of_files() {
    let settings = "[per-file-ignores]\n'wrong/1*' = ['acceptance-off']\n'other' = ['acceptance-off']\n";
    let folder = folder(&[("privatelint.toml", settings.as_bytes())]);
    let write = |name: String, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    for number in 0..400 {
        write(format!("wrong/{number}.yaml"), &format!("Resources:\n{WRONG}"));
    }
    let few = peak(folder.path());
    for number in 0..QUIET {
        write(format!("other/{:05}/{number:05}.yaml", number / 2), &format!("Resources:\n{LAST}"));
    }
    let many = peak(folder.path());
    let of_each = many.saturating_sub(few) * 1024 / QUIET;
    assert!(of_each <= 320, "{of_each} bytes of a file: {few} KiB and {many} KiB");
}
