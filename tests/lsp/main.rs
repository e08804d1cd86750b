//! The language server as a client sees it: scripted sessions over the real loop, in this process and over the binary's streams.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a session that goes wrong fails the test")]
#![expect(clippy::needless_pass_by_value, reason = "`json!` makes values, and they read better without `&`")]

mod client;
mod edits;
mod streams;

use client::Client;
use privatelint::config::Options;
use privatelint::diagnostic::Applicability;
use privatelint::lsp::End;
use privatelint::text::FileId;
use privatelint::{engine, fix};
use serde_json::{Value, json};

const URI: &str = "file:///templates/network.yaml";

/// An endpoint with a mistake behind text that is longer in bytes than in letters.
const TEMPLATE: &str = "\
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: 10.0.0.0/16, EnableDnsSupport: true, EnableDnsHostnames: true}
  Table:
    Type: AWS::EC2::RouteTable
    Properties: {VpcId: !Ref Vpc}
  SubnetA:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24, AvailabilityZone: eu-west-1a}
  Join:
    Type: AWS::EC2::SubnetRouteTableAssociation
    Properties: {SubnetId: !Ref SubnetA, RouteTableId: !Ref Table}
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: 'für 😀'
      VpcId: !Ref Vpc
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/16}]
  Images:
    Type: AWS::EC2::VPCEndpoint
    Properties: {Tags: [{Key: é, Value: '😀 größe'}], ServiceName: !Sub 'com.amazonaws.${AWS::Region}.ecr.dkr', VpcEndpointType: Gateway, VpcId: !Ref Vpc, SubnetIds: [!Ref SubnetA], SecurityGroupIds: [!Ref Group]}
";

const RULE: &str = "endpoint-type-service-mismatch";

fn with_rule<'d>(diagnostics: &'d [Value], rule: &str) -> &'d Value {
    let found = diagnostics.iter().find(|diagnostic| diagnostic["code"] == rule);
    found.unwrap_or_else(|| panic!("{rule} is not in {diagnostics:#?}"))
}

/// How long a text is, as one of the encodings counts.
type Measure = fn(&str) -> usize;

/// Line and column of a place in a text, the column by a measure of the text before it in its line.
fn place(text: &str, what: &str, measure: impl Fn(&str) -> usize) -> (u64, u64) {
    let start = text.find(what).unwrap_or_else(|| panic!("{what} is not there"));
    let line = text[..start].matches('\n').count();
    let column = measure(&text[text[..start].rfind('\n').map_or(0, |at| at + 1)..start]);
    (line as u64, column as u64)
}

fn utf16(text: &str) -> usize {
    text.encode_utf16().count()
}

fn start_of(range: &Value) -> (u64, u64) {
    (range["start"]["line"].as_u64().unwrap(), range["start"]["character"].as_u64().unwrap())
}

#[test]
fn findings_stand_where_the_editor_counts_them() {
    let measures: [(&str, Measure); 3] =
        [("utf-8", str::len), ("utf-16", utf16), ("utf-32", |text| text.chars().count())];
    for (name, measure) in measures {
        for text in [TEMPLATE.to_owned(), TEMPLATE.replace('\n', "\r\n")] {
            let mut client = Client::with_abilities(&[("general/positionEncodings", json!([name]))]);
            assert_eq!(client.greeting["capabilities"]["positionEncoding"], name);
            client.open(URI, &text);
            let (version, diagnostics) = client.published(URI);
            assert_eq!(version, Some(1));
            let found = with_rule(&diagnostics, RULE);
            assert_eq!(start_of(&found["range"]), place(&text, "Gateway", measure), "{name}");
            let end = found["range"]["end"]["character"].as_u64().unwrap();
            assert_eq!(end, place(&text, "Gateway", measure).1 + "Gateway".len() as u64);
            assert_eq!(client.leave(), End::Orderly);
        }
    }
}

#[test]
fn a_diagnostic_says_all_that_a_finding_says() {
    let mut client = Client::new();
    client.open(URI, TEMPLATE);
    let (_, diagnostics) = client.published(URI);
    let found = with_rule(&diagnostics, RULE);
    assert_eq!(found["severity"], 1);
    assert_eq!(found["source"], "privatelint");
    assert!(found["codeDescription"]["href"].as_str().unwrap().starts_with("https://docs.aws.amazon.com/"));
    assert!(found["message"].as_str().unwrap().contains("\nhelp: "), "{found}");
    let related = found["relatedInformation"].as_array().unwrap();
    assert!(!related.is_empty(), "{found}");
    assert!(related.iter().all(|one| one["location"]["uri"] == URI && one["message"] != ""), "{found}");

    // Without related information the other places are in the words.
    let mut client = Client::with_abilities(&[("textDocument/publishDiagnostics", json!({}))]);
    client.open(URI, TEMPLATE);
    let (version, diagnostics) = client.published(URI);
    let found = with_rule(&diagnostics, RULE);
    assert_eq!(version, None);
    assert!(found.get("relatedInformation").is_none() && found.get("codeDescription").is_none());
    assert!(found["message"].as_str().unwrap().contains("\nline "), "{found}");
}

#[test]
fn edits_are_followed_and_closing_clears() {
    let mut client = Client::new();
    client.open(URI, TEMPLATE);
    with_rule(&client.published(URI).1, RULE);
    client.change(URI, 2, &TEMPLATE.replace("Gateway", "Interface"));
    let (version, diagnostics) = client.published(URI);
    assert_eq!(version, Some(2));
    assert!(diagnostics.iter().all(|diagnostic| diagnostic["code"] != RULE), "{diagnostics:#?}");
    client.change(URI, 3, TEMPLATE);
    with_rule(&client.published(URI).1, RULE);
    client.close(URI);
    assert_eq!(client.published(URI), (None, Vec::new()));
    // An edit of what is closed is passed over.
    client.change(URI, 4, TEMPLATE);
    assert!(!client.was_published(URI));
}

#[test]
fn parts_are_understood_although_whole_texts_are_asked_for() {
    let mut client = Client::new();
    client.open(URI, TEMPLATE);
    client.published(URI);
    let (line, column) = place(TEMPLATE, "Gateway", utf16);
    let range = json!({
        "start": { "line": line, "character": column },
        "end": { "line": line, "character": column + 7 },
    });
    let params = json!({
        "textDocument": { "uri": URI, "version": 2 },
        "contentChanges": [{ "range": range, "text": "Interface" }],
    });
    client.tell("textDocument/didChange", params);
    let (_, diagnostics) = client.published(URI);
    assert!(diagnostics.iter().all(|diagnostic| diagnostic["code"] != RULE), "{diagnostics:#?}");
}

#[test]
fn documents_do_not_mix() {
    let other = "file:///templates/other.yaml";
    let mut client = Client::new();
    client.open(URI, TEMPLATE);
    client.open(other, &TEMPLATE.replace("Gateway", "Interface"));
    with_rule(&client.published(URI).1, RULE);
    let (_, diagnostics) = client.published(other);
    assert!(diagnostics.iter().all(|diagnostic| diagnostic["code"] != RULE));
    client.close(other);
    client.change(URI, 2, TEMPLATE);
    with_rule(&client.published(URI).1, RULE);
}

#[test]
fn nothing_is_said_of_what_is_no_template() {
    let mut client = Client::new();
    for (name, text) in
        [("a", "kind: Deployment\nspec: {}\n"), ("b", "Resources: [\n"), ("c", ""), ("d", "{")]
    {
        let uri = format!("file:///{name}.yaml");
        client.open(&uri, text);
        client.close(&uri);
    }
    client.open(URI, TEMPLATE);
    client.published(URI);
    assert!(["a", "b", "c", "d"].iter().all(|name| !client.was_published(&format!("file:///{name}.yaml"))));
    // What was a template and is none any more is cleared.
    client.change(URI, 2, "kind: Deployment\n");
    assert_eq!(client.published(URI), (Some(2), Vec::new()));
    client.change(URI, 3, "kind: Deployment2\n");
    assert!(!client.was_published(URI));
}

#[test]
fn a_syntax_error_is_shown_and_nothing_stale_with_it() {
    let mut client = Client::new();
    client.open(URI, TEMPLATE);
    with_rule(&client.published(URI).1, RULE);
    // The endpoint cannot be read while its line is being written.
    let broken = TEMPLATE.replace("VpcEndpointType: Gateway,", "VpcEndpointType: [Gateway,");
    client.change(URI, 2, &broken);
    let (_, diagnostics) = client.published(URI);
    with_rule(&diagnostics, "template-unparsable");
    assert!(diagnostics.iter().all(|diagnostic| diagnostic["code"] != RULE), "{diagnostics:#?}");
    client.change(URI, 3, TEMPLATE);
    with_rule(&client.published(URI).1, RULE);
}

#[test]
fn a_client_that_asks_is_answered_and_told_nothing() {
    let mut client = Client::with_abilities(&[("textDocument/diagnostic", json!({}))]);
    assert_eq!(client.greeting["capabilities"]["diagnosticProvider"]["workspaceDiagnostics"], false);
    client.open(URI, TEMPLATE);
    let ask = |previous: &Value| json!({ "textDocument": { "uri": URI }, "previousResultId": previous });
    let report = client.ask("textDocument/diagnostic", ask(&Value::Null)).unwrap();
    assert_eq!(report["kind"], "full");
    with_rule(report["items"].as_array().unwrap(), RULE);
    let again = client.ask("textDocument/diagnostic", ask(&report["resultId"])).unwrap();
    assert_eq!(again, json!({ "kind": "unchanged", "resultId": report["resultId"] }));
    client.change(URI, 2, &TEMPLATE.replace("Gateway", "Interface"));
    let after = client.ask("textDocument/diagnostic", ask(&report["resultId"])).unwrap();
    assert_eq!(after["kind"], "full");
    assert!(after["items"].as_array().unwrap().iter().all(|item| item["code"] != RULE));
    assert!(!client.was_published(URI));
    // Who waits for what is closed waits no longer.
    client.change(URI, 3, TEMPLATE);
    let id = client.begin("textDocument/diagnostic", ask(&Value::Null));
    client.close(URI);
    assert!(client.end(id).map_or_else(|code| code == -32801, |report| report["kind"] == "full"));
    assert_eq!(client.ask("textDocument/diagnostic", ask(&Value::Null)), Err(-32602), "it is not open");
}

#[test]
fn requests_are_cancelled() {
    let mut client = Client::with_abilities(&[("textDocument/diagnostic", json!({}))]);
    client.open(URI, TEMPLATE);
    let id = client.begin("textDocument/diagnostic", json!({ "textDocument": { "uri": URI } }));
    client.tell("$/cancelRequest", json!({ "id": id }));
    assert!(matches!(client.end(id), Err(-32800) | Ok(_)), "cancelled, unless it was done already");
    // What is not running cannot be cancelled.
    client.tell("$/cancelRequest", json!({ "id": 4000 }));
    client.tell("$/cancelRequest", json!({ "id": [] }));
    client.tell("$/cancelRequest", Value::Null);
    assert_eq!(client.leave(), End::Orderly);
}

fn markdown(hover: &Value) -> &str {
    assert_eq!(hover["contents"]["kind"], "markdown", "{hover}");
    hover["contents"]["value"].as_str().unwrap()
}

#[test]
fn hovering_tells_about_services_endpoints_and_rules() {
    let text = format!(
        "{}{}",
        TEMPLATE
            .replace("Gateway", "Interface")
            .replace("[!Ref Group]}", "[!Ref Group], PrivateDnsEnabled: true}"),
        "  Role:\n    Type: AWS::IAM::Role\n    Properties: {AssumeRolePolicyDocument: {}}\n"
    );
    let mut client = Client::new();
    client.open(URI, &text);
    let at = |what: &str| {
        let (line, column) = place(&text, what, utf16);
        (line as u32, column as u32 + 1)
    };
    let (line, column) = at("com.amazonaws");
    let hover = client.ask_at("textDocument/hover", URI, line, column);
    let told = markdown(&hover);
    for words in
        ["`ecr.dkr`", "`ecr.api`", "Endpoint types: Interface", "per zone and hour", "endpoint policy"]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
    let (line, column) = at("Images:");
    let hover = client.ask_at("textDocument/hover", URI, line, column);
    assert!(markdown(&hover).starts_with("### `Images`: "), "{hover}");
    assert_eq!(start_of(&hover["range"]), place(&text, "Images", utf16));
    assert_eq!(client.ask_at("textDocument/hover", URI, 0, 3), Value::Null);
    assert_eq!(client.ask_at("textDocument/hover", URI, 4000, 4000), Value::Null);

    client.change(URI, 2, TEMPLATE);
    let (line, column) = place(TEMPLATE, "Gateway", utf16);
    let hover = client.ask_at("textDocument/hover", URI, line as u32, column as u32 + 2);
    assert!(markdown(&hover).contains(&format!("# {RULE}\n")), "{hover}");
}

#[test]
fn hovering_over_an_endpoint_tells_what_reaches_it() {
    let text = TEMPLATE.replace("Gateway", "Interface, PrivateDnsEnabled: true")
        + "  Cluster: {Type: AWS::ECS::Cluster}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      RequiresCompatibilities: [FARGATE]
      NetworkMode: awsvpc
      ContainerDefinitions: [{Name: app, Image: !Sub '${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/app'}]
  Service:
    Type: AWS::ECS::Service
    Properties:
      Cluster: !Ref Cluster
      TaskDefinition: !Ref Task
      LaunchType: FARGATE
      NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [!Ref SubnetA], SecurityGroups: [!Ref Group]}}
";
    let mut client = Client::new();
    client.open(URI, &text);
    let (line, column) = place(&text, "Images:", utf16);
    let hover = client.ask_at("textDocument/hover", URI, line as u32, column as u32);
    let told = markdown(&hover);
    assert!(told.contains("\nReached by:\n\n- `Service` ("), "{told}");
    assert!(told.contains("from `SubnetA`"), "{told}");
}

/// The edit of the completion with a label, at the end of a line that is put below the endpoint's properties.
fn completed(client: &mut Client, text: &str, label: &str) -> Option<(String, Value)> {
    let cursor = text.find('|').unwrap();
    let text = text.replace('|', "");
    client.open(URI, &text);
    let (line, column) = {
        let line = text[..cursor].matches('\n').count();
        (line, utf16(&text[text[..cursor].rfind('\n').map_or(0, |at| at + 1)..cursor]))
    };
    let list = client.ask_at("textDocument/completion", URI, line as u32, column as u32);
    let items = list["items"].as_array()?;
    let item = items.iter().find(|item| item["label"] == label)?;
    // What the text becomes on that line.
    let edit = &item["textEdit"];
    let old = text.lines().nth(line).unwrap();
    let units: Vec<u16> = old.encode_utf16().collect();
    let at = |which: &str| edit["range"][which]["character"].as_u64().unwrap() as usize;
    let new = format!(
        "{}{}{}",
        String::from_utf16_lossy(&units[..at("start")]),
        edit["newText"].as_str().unwrap(),
        String::from_utf16_lossy(&units[at("end")..])
    );
    Some((new.trim_start().to_owned(), item.clone()))
}

#[test]
fn services_are_completed_in_the_form_of_the_file() {
    let head = "Resources:\n  Endpoint:\n    Type: AWS::EC2::VPCEndpoint\n    Properties:\n";
    let mut client = Client::new();
    let name = "com.amazonaws.${AWS::Region}.ecr.dkr";
    for (line, expected) in [
        ("ServiceName: |", format!("ServiceName: !Sub {name}")),
        ("ServiceName: ec|", format!("ServiceName: !Sub {name}")),
        ("ServiceName: !Sub com.amaz|", format!("ServiceName: !Sub {name}")),
        ("ServiceName: !Sub 'com.amaz|' # é", format!("ServiceName: !Sub '{name}' # é")),
        ("ServiceName: \"ec|\"", format!("ServiceName: !Sub \"{name}\"")),
        ("ServiceName: {'Fn::Sub': 'ec|'}", format!("ServiceName: {{'Fn::Sub': '{name}'}}")),
        ("ServiceName:\n        Fn::Sub: ec|", format!("Fn::Sub: {name}")),
    ] {
        let (new, item) = completed(&mut client, &format!("{head}      {line}\n"), "ecr.dkr").expect(line);
        assert_eq!(new, expected);
        assert!(item["detail"].as_str().unwrap().starts_with("Interface: "), "{item}");
    }
    // As another endpoint of the file writes its Region.
    let other = "  Other:\n    Type: AWS::EC2::VPCEndpoint\n    Properties: {ServiceName: com.amazonaws.eu-west-1.s3}\n";
    let text = format!(
        "{}{}      ServiceName: |\n",
        "",
        head.replacen("Resources:\n", &format!("Resources:\n{other}"), 1)
    );
    assert_eq!(
        completed(&mut client, &text, "ecr.dkr").unwrap().0,
        "ServiceName: com.amazonaws.eu-west-1.ecr.dkr"
    );
    let json = "{\"Resources\": {\"E\": {\"Type\": \"AWS::EC2::VPCEndpoint\", \"Properties\": {\n\"ServiceName\": \"ec|\"}}}}";
    assert_eq!(
        completed(&mut client, json, "ecr.dkr").unwrap().0,
        format!("\"ServiceName\": {{\"Fn::Sub\": \"{name}\"}}}}}}}}}}")
    );
    // The services of ECS have names too.
    let service = head.replace("AWS::EC2::VPCEndpoint", "AWS::ECS::Service");
    assert_eq!(completed(&mut client, &format!("{service}      ServiceName: |\n"), "ecr.dkr"), None);
    assert_eq!(
        completed(&mut client, &format!("{head}      ServiceName: !Join ['.', [com|\n"), "ecr.dkr"),
        None
    );
}

#[test]
fn types_switches_and_rules_are_completed() {
    let head = "Resources:\n  Endpoint:\n    Type: AWS::EC2::VPCEndpoint\n    Properties:\n";
    let mut client = Client::new();
    let text =
        format!("{head}      ServiceName: com.amazonaws.eu-west-1.ecr.dkr\n      VpcEndpointType: |\n");
    let (new, item) = completed(&mut client, &text, "Interface").unwrap();
    assert_eq!(
        (new.as_str(), &item["detail"]),
        ("VpcEndpointType: Interface", &json!("offered by `ecr.dkr`"))
    );
    let (_, item) = completed(&mut client, &text, "Gateway").unwrap();
    assert_eq!(item["detail"], "not offered by `ecr.dkr`");
    let (new, _) = completed(&mut client, &format!("{head}      PrivateDnsEnabled: t|\n"), "true").unwrap();
    assert_eq!(new, "PrivateDnsEnabled: true");
    let text = format!("{head}      # privatelint: ignore[private-dns-off, acc|] é\n");
    let (new, item) = completed(&mut client, &text, "acceptance-off").unwrap();
    assert_eq!(new, "# privatelint: ignore[private-dns-off, acceptance-off] é");
    assert!(item["detail"].is_string());
    assert_eq!(completed(&mut client, "# privatelint: |", "acceptance-off"), None);
    assert_eq!(completed(&mut client, &format!("{head}      VpcId: |\n"), "true"), None);
}

fn code_actions(client: &mut Client, text: &str, what: &str, only: Option<&[&str]>) -> Vec<Value> {
    let (line, column) = place(text, what, utf16);
    let position = json!({ "line": line, "character": column });
    let mut context = json!({ "diagnostics": [] });
    if let Some(only) = only {
        context["only"] = json!(only);
    }
    let params = json!({
        "textDocument": { "uri": URI }, "range": { "start": position, "end": position }, "context": context,
    });
    client.ask("textDocument/codeAction", params).unwrap().as_array().unwrap().clone()
}

/// A text after the edits of an action.
fn applied(text: &str, action: &Value, version: i64) -> String {
    let change = &action["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"], json!({ "uri": URI, "version": version }), "{action}");
    let mut edits: Vec<(usize, usize, &str)> = change["edits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edit| {
            let at = |which: &str| {
                let position = &edit["range"][which];
                let line = position["line"].as_u64().unwrap() as usize;
                let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
                let column = position["character"].as_u64().unwrap() as usize;
                let is_before = |letters: &&str| utf16(letters) <= column;
                let prefixes = text[start..].char_indices().map(|(at, _)| &text[start..start + at]);
                prefixes.take_while(is_before).last().map_or(start, |prefix| start + prefix.len())
            };
            (at("start"), at("end"), edit["newText"].as_str().unwrap())
        })
        .collect();
    edits.sort_unstable();
    let mut result = text.to_owned();
    for (start, end, new) in edits.into_iter().rev() {
        result.replace_range(start..end, new);
    }
    result
}

#[test]
fn findings_are_mended_from_the_editor() {
    for text in [TEMPLATE.to_owned(), TEMPLATE.replace('\n', "\r\n")] {
        let mut client = Client::new();
        client.open(URI, &text);
        client.published(URI);
        let actions = code_actions(&mut client, &text, "Gateway", Some(&["quickfix"]));
        let fix = actions.iter().find(|action| action["isPreferred"].is_boolean()).unwrap();
        assert_eq!(fix["kind"], "quickfix");
        assert_eq!(fix["diagnostics"][0]["code"], RULE);
        let mended = applied(&text, fix, 1);
        client.change(URI, 2, &mended);
        let (_, diagnostics) = client.published(URI);
        assert!(diagnostics.iter().all(|one| one["code"] != RULE), "{mended}{diagnostics:#?}");
        assert!(
            code_actions(&mut client, &text, "Vpc:", Some(&["quickfix"])).is_empty(),
            "nothing is wrong there"
        );
    }
}

#[test]
fn findings_are_ignored_from_the_editor() {
    let mut client = Client::new();
    client.open(URI, TEMPLATE);
    let actions = code_actions(&mut client, TEMPLATE, "Gateway", Some(&["quickfix"]));
    let title = format!("ignore `{RULE}` here");
    let ignore = actions.iter().find(|action| action["title"] == title.as_str()).unwrap();
    let expected = TEMPLATE.replace(
        "    Properties: {Tags",
        &format!("    # privatelint: ignore[{RULE}]\n    Properties: {{Tags"),
    );
    let ignored = applied(TEMPLATE, ignore, 1);
    assert_eq!(ignored, expected);
    let rules = |(_, found): (_, Vec<Value>)| -> Vec<String> {
        found.iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect()
    };
    client.published(URI);
    client.change(URI, 2, &ignored);
    assert!(!rules(client.published(URI)).contains(&RULE.to_owned()));

    // JSON has no comments: the resource says it.
    let mut client = Client::new();
    let text = r#"{"Resources": {"Logs": {
  "Type": "AWS::EC2::VPCEndpoint",
  "Properties": {"VpcId": "vpc-0123456789abcdef0", "ServiceName": "com.amazonaws.eu-west-1.logs"}}}}
"#;
    client.open(URI, text);
    let told = rules(client.published(URI));
    let actions = code_actions(&mut client, text, "Logs", Some(&["quickfix"]));
    let of_rule = |rule: &String| {
        let title = format!("ignore `{rule}` here");
        actions.iter().find(|action| action["title"] == title.as_str()).map(|action| (rule.clone(), action))
    };
    let (rule, ignore) = told.iter().find_map(of_rule).unwrap();
    let ignored = applied(text, ignore, 1);
    let tree: Value = serde_json::from_str(&ignored).unwrap();
    let names = &tree["Resources"]["Logs"]["Metadata"]["privatelint"]["ignore"];
    assert!(names.to_string().contains(&rule), "{ignored}");
    client.change(URI, 2, &ignored);
    assert!(!rules(client.published(URI)).contains(&rule));
}

#[test]
fn all_is_mended_at_once() {
    let text = TEMPLATE
        .replace("EnableDnsHostnames: true", "EnableDnsHostnames: false")
        .replace("Gateway", "Interface, PrivateDnsEnabled: true");
    let mut client = Client::new();
    client.open(URI, &text);
    client.published(URI);
    let all = code_actions(&mut client, &text, "AWSTemplate", Some(&["source.fixAll"]));
    let options = Options::default();
    let report = engine::lint(&text, FileId(0), &options);
    let fixed = fix::fix(&text, FileId(0), report, &[], &options, Applicability::Safe);
    let [action] = all.as_slice() else { panic!("{all:#?}") };
    assert_eq!(action["kind"], "source.fixAll.privatelint");
    assert_ne!(fixed.text, text);
    assert_eq!(applied(&text, action, 1), fixed.text);
}

#[test]
fn the_page_of_a_rule_is_opened() {
    let mut client = Client::new();
    client.open(URI, TEMPLATE);
    let actions = code_actions(&mut client, TEMPLATE, "Gateway", None);
    let open = actions.iter().find(|action| action["command"].is_object()).unwrap();
    let params = json!({ "command": open["command"]["command"], "arguments": open["command"]["arguments"] });
    assert_eq!(client.ask("workspace/executeCommand", params), Ok(Value::Null));
    let shown = client.told("window/showDocument");
    assert_eq!(shown, json!({ "uri": open["command"]["arguments"][0], "external": true }));
    for arguments in [json!(["file:///etc/passwd"]), json!([]), json!([7]), json!(["no address"])] {
        let params = json!({ "command": "privatelint.openPage", "arguments": arguments });
        assert_eq!(client.ask("workspace/executeCommand", params), Err(-32602));
    }
}

#[test]
fn the_network_is_drawn() {
    let mut client = Client::new();
    client.open(URI, TEMPLATE);
    let mut draw = |arguments: Value| {
        client.ask(
            "workspace/executeCommand",
            json!({ "command": "privatelint.graph", "arguments": arguments }),
        )
    };
    let svg = draw(json!([URI])).unwrap();
    assert!(svg.as_str().unwrap().starts_with("<svg") && svg.as_str().unwrap().contains("Images"));
    assert_eq!(draw(json!([URI, 1])), Ok(svg));
    assert_eq!(draw(json!([URI, 2])), Err(-32803), "there is one scenario");
    assert_eq!(draw(json!([URI, 0])), Err(-32602));
    assert_eq!(draw(json!(["file:///elsewhere.yaml"])), Err(-32602));
    assert_eq!(client.ask("workspace/executeCommand", json!({ "command": "x" })), Err(-32602));
}

#[test]
fn the_outline_is_that_of_the_resources() {
    let ask = json!({ "textDocument": { "uri": URI } });
    let mut client = Client::new();
    client.open(URI, TEMPLATE);
    let symbols = client.ask("textDocument/documentSymbol", ask.clone()).unwrap();
    let symbols = symbols.as_array().unwrap();
    let names: Vec<&str> = symbols.iter().map(|symbol| symbol["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Vpc", "Table", "SubnetA", "Join", "Group", "Images"]);
    assert_eq!(symbols[5]["detail"], "AWS::EC2::VPCEndpoint");
    assert_eq!(start_of(&symbols[5]["selectionRange"]), place(TEMPLATE, "Images", utf16));
    let mut client = Client::with_abilities(&[("textDocument/documentSymbol", json!({}))]);
    client.open(URI, TEMPLATE);
    let symbols = client.ask("textDocument/documentSymbol", ask).unwrap();
    assert_eq!(symbols[5]["containerName"], "AWS::EC2::VPCEndpoint");
    assert_eq!(symbols[5]["location"]["uri"], URI);
}

#[test]
fn hints_are_given_to_who_wants_them() {
    let whole = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 999, "character": 0 } });
    let ask = json!({ "textDocument": { "uri": URI }, "range": whole });
    let text = TEMPLATE.replace("Gateway", "Interface");
    let mut client = Client::new();
    client.open(URI, &text);
    assert_eq!(client.ask("textDocument/inlayHint", ask.clone()), Ok(json!([])), "off by default");
    client.tell(
        "workspace/didChangeConfiguration",
        json!({ "settings": { "privatelint": { "inlayHints": true } } }),
    );
    let hints = client.ask("textDocument/inlayHint", ask.clone()).unwrap();
    let labels: Vec<&str> =
        hints.as_array().unwrap().iter().map(|hint| hint["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["isolated", "$7.30 a month"]);
    assert_eq!(hints[0]["position"], json!({ "line": 8, "character": "  SubnetA:".len() }));
    let none = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 1, "character": 0 } });
    let part = json!({ "textDocument": { "uri": URI }, "range": none });
    assert_eq!(client.ask("textDocument/inlayHint", part), Ok(json!([])));

    // Asked for by the server, and from the start.
    let mut client = Client::with_abilities(&[
        ("workspace/configuration", json!(true)),
        ("workspace/inlayHint", json!({ "refreshSupport": true })),
    ]);
    client.answer("workspace/configuration", json!([{ "inlayHints": { "prices": true } }]));
    client.told("workspace/inlayHint/refresh");
    client.open(URI, &text);
    assert_eq!(client.ask("textDocument/inlayHint", ask.clone()).unwrap().as_array().unwrap().len(), 1);
    let mut client =
        Client::with(json!({ "capabilities": {}, "initializationOptions": { "inlayHints": true } }));
    client.open(URI, &text);
    assert_eq!(client.ask("textDocument/inlayHint", ask).unwrap().as_array().unwrap().len(), 2);
}

#[test]
fn the_configuration_is_found_and_followed() {
    let folder = tempfile::tempdir().unwrap();
    let address = |name: &str| format!("file://{}", folder.path().join(name).display());
    let (uri, toml) = (address("a/b.yaml"), address("privatelint.toml"));
    let file = folder.path().join("privatelint.toml");
    let write = |text: String| std::fs::write(&file, text).unwrap();
    write(format!("ignore = ['{RULE}']"));
    let mut client = Client::with_abilities(&[(
        "workspace/didChangeWatchedFiles",
        json!({ "dynamicRegistration": true }),
    )]);
    let registered = client.told("client/registerCapability");
    assert_eq!(registered["registrations"][0]["method"], "workspace/didChangeWatchedFiles");
    client.open(&uri, TEMPLATE);
    let is_found =
        |(_, diagnostics): (_, Vec<Value>)| diagnostics.iter().any(|diagnostic| diagnostic["code"] == RULE);
    assert!(!is_found(client.published(&uri)));
    let watched = json!({ "changes": [{ "uri": toml, "type": 2 }] });
    write(String::new());
    client.tell("workspace/didChangeWatchedFiles", watched.clone());
    assert!(is_found(client.published(&uri)));

    // A mistake is told, shown in its file, and changes nothing else.
    write("ignore = ['é', 'endpoint-type-service-mismatc']".to_owned());
    client.tell("workspace/didChangeWatchedFiles", watched.clone());
    let message = client.told("window/showMessage");
    assert!(message["message"].as_str().unwrap().contains("unknown rule"), "{message}");
    let (_, found) = client.published(&toml);
    assert_eq!(start_of(&found[0]["range"]).0, 0);
    assert_eq!(found[0]["severity"], 1);
    assert!(is_found(client.published(&uri)));

    // Open in the editor, it is looked at as it stands there.
    let document = json!({ "uri": toml, "languageId": "toml", "version": 1, "text": "region = 7" });
    client.tell("textDocument/didOpen", json!({ "textDocument": document }));
    let (version, found) = client.published(&toml);
    assert_eq!((version, found.len()), (Some(1), 1));
    assert!(found[0]["message"].as_str().unwrap().contains("`region`"), "{found:?}");
    client.change(&toml, 2, "region = 'eu-west-1'");
    assert_eq!(client.published(&toml), (Some(2), Vec::new()));
    client.close(&toml);
    assert_eq!(client.published(&toml).1.len(), 2, "the file on disk still has its mistakes");

    write(format!("ignore = ['{RULE}']"));
    client.tell("workspace/didChangeWatchedFiles", watched.clone());
    assert_eq!(client.published(&toml), (None, Vec::new()));
    assert!(!is_found(client.published(&uri)));
    std::fs::remove_file(&file).unwrap();
    client.tell("workspace/didChangeWatchedFiles", watched);
    assert!(is_found(client.published(&uri)));
}

#[test]
fn files_of_parameters_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let address = |name: &str| format!("file://{}", folder.path().join(name).display());
    let (uri, toml, json) = (address("b.yaml"), address("privatelint.toml"), address("conf/prod.json"));
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let deployment =
        |files: &str| format!("[[deployment]]\nname = 'prod'\ntemplate = 'b.yaml'\nparameters = [{files}]\n");
    let template = "\
Parameters:
  Acceptance: {Type: String}
Resources:
  Service:
    Type: AWS::EC2::VPCEndpointService
    Properties:
      NetworkLoadBalancerArns: [!ImportValue load-balancer]
      AcceptanceRequired: !Ref Acceptance
      Tags: [{Key: Name, Value: orders}]
";
    std::fs::create_dir(folder.path().join("conf")).unwrap();
    write("b.yaml", template);
    write("privatelint.toml", &deployment("'conf/prod.json'"));
    write("conf/prod.json", r#"{"Parameters": {"Acceptance": "true"}}"#);
    let mut client = Client::with_abilities(&[(
        "workspace/didChangeWatchedFiles",
        json!({ "dynamicRegistration": true }),
    )]);
    client.told("client/registerCapability");
    client.open(&uri, template);
    let registered = client.told("client/registerCapability");
    let watchers = &registered["registrations"][0]["registerOptions"]["watchers"];
    assert_eq!(*watchers, json!([{ "globPattern": "**/prod.json" }]), "{registered}");
    let is_found = |(_, diagnostics): (_, Vec<Value>)| {
        diagnostics.iter().any(|diagnostic| diagnostic["code"] == "acceptance-off")
    };
    assert!(!is_found(client.published(&uri)));
    write("conf/prod.json", r#"{"Parameters": {"Acceptance": "false"}}"#);
    client.tell("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": json, "type": 2 }] }));
    assert!(is_found(client.published(&uri)));

    // Other files from now on, and then none.
    write("other.json", r#"{"Parameters": {"Acceptance": "true"}}"#);
    write("privatelint.toml", &deployment("'conf/prod.json', 'other.json'"));
    let changed = json!({ "changes": [{ "uri": toml, "type": 2 }] });
    client.tell("workspace/didChangeWatchedFiles", changed.clone());
    let removed = client.told("client/unregisterCapability");
    assert_eq!(removed["unregisterations"][0]["id"], registered["registrations"][0]["id"]);
    let registered = client.told("client/registerCapability");
    let watchers = &registered["registrations"][0]["registerOptions"]["watchers"];
    assert_eq!(*watchers, json!([{ "globPattern": "**/other.json" }, { "globPattern": "**/prod.json" }]));
    assert!(!is_found(client.published(&uri)));
    write("privatelint.toml", "");
    client.tell("workspace/didChangeWatchedFiles", changed);
    client.told("client/unregisterCapability");
    client.published(&uri);
}

#[test]
fn a_client_that_does_not_watch_saves() {
    let folder = tempfile::tempdir().unwrap();
    let uri = format!("file://{}", folder.path().join("b.yaml").display());
    let mut client = Client::new();
    client.open(&uri, TEMPLATE);
    with_rule(&client.published(&uri).1, RULE);
    std::fs::write(folder.path().join("privatelint.toml"), format!("ignore = ['{RULE}']")).unwrap();
    client.tell("textDocument/didSave", json!({ "textDocument": { "uri": uri } }));
    assert!(client.published(&uri).1.iter().all(|diagnostic| diagnostic["code"] != RULE));
}

#[test]
fn a_folder_of_the_workspace_configures_what_is_not_saved() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("privatelint.toml"), format!("ignore = ['{RULE}']")).unwrap();
    let root = format!("file://{}", folder.path().display());
    let unsaved = "untitled:Untitled-1";
    for params in [
        json!({ "capabilities": {}, "workspaceFolders": [{ "uri": root, "name": "x" }] }),
        json!({ "capabilities": {}, "rootUri": root }),
    ] {
        let mut client = Client::with(params);
        client.open(unsaved, TEMPLATE);
        assert!(client.published(unsaved).1.iter().all(|diagnostic| diagnostic["code"] != RULE));
        let event = json!({ "added": [], "removed": [{ "uri": root, "name": "x" }] });
        client.tell("workspace/didChangeWorkspaceFolders", json!({ "event": event }));
        with_rule(&client.published(unsaved).1, RULE);
    }
}

#[test]
fn sessions_begin_and_end_in_order() {
    let mut client = Client::silent();
    assert_eq!(client.ask("textDocument/hover", json!({})), Err(-32002));
    client.open(URI, TEMPLATE);
    client.tell("$/setTrace", json!({}));
    client.ask("initialize", json!({ "capabilities": "none", "workspaceFolders": 7 })).unwrap();
    assert_eq!(client.ask("initialize", json!({})), Err(-32600));
    assert!(!client.was_published(URI), "it was opened too early");
    assert_eq!(client.ask("no/such", Value::Null), Err(-32601));
    client.tell("no/such", json!([1]));
    assert_eq!(client.ask("textDocument/hover", json!({ "textDocument": 7 })), Err(-32602));
    assert_eq!(client.ask("textDocument/hover", Value::Null), Err(-32602));
    for method in ["didOpen", "didChange", "didClose", "didSave"] {
        client.tell(&format!("textDocument/{method}"), json!({ "textDocument": { "uri": "::" } }));
        client.tell(&format!("textDocument/{method}"), Value::Null);
    }
    client.tell("workspace/didChangeConfiguration", json!([]));
    client.open(URI, TEMPLATE);
    with_rule(&client.published(URI).1, RULE);
    client.ask("shutdown", Value::Null).unwrap();
    assert_eq!(client.ask("textDocument/hover", json!({})), Err(-32600));
    client.tell("exit", Value::Null);
    assert_eq!(client.ended(), End::Orderly);

    let mut client = Client::new();
    client.tell("exit", Value::Null);
    assert_eq!(client.ended(), End::Early);
    let mut client = Client::silent();
    client.tell("exit", Value::Null);
    assert_eq!(client.ended(), End::Early);

    assert_eq!(Client::new().vanish(), End::Lost);
    assert_eq!(Client::silent().vanish(), End::Lost);
    let mut client = Client::new();
    client.open(URI, TEMPLATE);
    assert_eq!(client.vanish(), End::Lost);
}
