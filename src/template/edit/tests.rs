//! Edits in every style of writing: what changes, and that nothing else does.

use super::*;
use crate::syntax;
use crate::text::FileId;

/// The text after edits of resource `A`.
fn after(text: &str, make: impl FnOnce(Editor<'_, '_>, ResourceId) -> Option<Vec<Edit>>) -> Option<String> {
    let parsed = syntax::parse(text, FileId(0));
    let template = Template::from_tree(&parsed.tree, text);
    let resource = template.find_resource("A")?;
    let edits = template.edit(|editor| make(editor, resource))?;
    let after = edited(text, &edits)?;
    let parsed = syntax::parse(&after, FileId(0));
    assert!(parsed.errors.is_empty(), "{after}\n{:?}", parsed.errors);
    Some(after)
}

fn endpoint(rest: &str) -> String {
    format!("Resources:\n  A:\n    Type: AWS::EC2::VPCEndpoint\n    Properties:\n{rest}")
}

fn set(text: &str, path: &[&'static str], value: Written) -> Option<String> {
    after(text, |editor, id| editor.set(id, path, None, value))
}

#[test]
fn a_property_is_added_in_a_block() {
    let value = || Written::Flag(true);
    let text = endpoint("      VpcId: vpc-1 # here\n\n  B: {Type: A::B::C}\n");
    let expected = endpoint("      VpcId: vpc-1 # here\n      On: true\n\n  B: {Type: A::B::C}\n");
    assert_eq!(set(&text, &["On"], value()).unwrap(), expected);
    let text = endpoint("      Ids:\n      - a\n        # - b\n      # of On");
    let expected = endpoint("      Ids:\n      - a\n        # - b\n      On: true\n      # of On");
    assert_eq!(set(&text, &["On"], value()).unwrap(), expected);
    let text = endpoint("      Note: |\n        text\n");
    assert_eq!(
        set(&text, &["On"], value()).unwrap(),
        endpoint("      Note: |\n        text\n      On: true\n")
    );
    let nested = endpoint("      VpcId: vpc-1\n      Options:\n        On: true\n");
    assert_eq!(set(&endpoint("      VpcId: vpc-1\n"), &["Options", "On"], value()).unwrap(), nested);
}

#[test]
fn what_a_text_may_hold_at_its_end_is_left_alone() {
    let text = endpoint("      VpcId: a\n      Note: |+\n        text\n\n");
    let expected = endpoint("      VpcId: a\n      On: true\n      Note: |+\n        text\n\n");
    assert_eq!(set(&text, &["On"], Written::Flag(true)).unwrap(), expected);
    let only = endpoint("      Note: |\n        text");
    assert_eq!(set(&only, &["On"], Written::Flag(true)), None);
}

#[test]
fn line_ends_and_a_missing_last_one_stay() {
    let text = endpoint("      VpcId: vpc-1\n      Tags: []").replace('\n', "\r\n");
    let expected = endpoint("      VpcId: vpc-1\n      Tags: []\n      On: true").replace('\n', "\r\n");
    assert_eq!(set(&text, &["On"], Written::Flag(true)).unwrap(), expected);
}

#[test]
fn a_property_is_added_in_braces() {
    let text = "{\n\t\"Resources\": {\n\t\t\"A\": {\n\t\t\t\"Properties\": {\n\t\t\t\t\"V\" : \"a\"\n\t\t\t}\n\t\t}\n\t}\n}";
    let list = Written::List(vec![Written::reference("B"), Written::map([("Key", Written::Number(1))])]);
    let expected = text.replace(
        "\"a\"\n",
        "\"a\",\n\t\t\t\t\"L\" : [\n\t\t\t\t\t{\"Ref\" : \"B\"},\n\t\t\t\t\t{\n\t\t\t\t\t\t\"Key\" : 1\n\t\t\t\t\t}\n\t\t\t\t]\n",
    );
    assert_eq!(set(text, &["L"], list).unwrap(), expected);
    let minified = r#"{"Resources":{"A":{"Type":"A::B::C","Properties":{"V":"a"}}}}"#;
    let expected = r#"{"Resources":{"A":{"Type":"A::B::C","Properties":{"V":"a","On":true}}}}"#;
    assert_eq!(set(minified, &["On"], Written::Flag(true)).unwrap(), expected);
    let flow = "Resources:\n  A: {Type: A::B::C, Properties: {V: a, W: [!Ref B]}} # x\n";
    let name = Written::Sub("x.${AWS::Region}".to_owned());
    let expected = "Resources:\n  A: {Type: A::B::C, Properties: {V: a, W: [!Ref B], N: !Sub \"x.${AWS::Region}\"}} # x\n";
    assert_eq!(set(flow, &["N"], name).unwrap(), expected);
}

#[test]
fn a_literal_is_replaced_in_its_quotes() {
    for (before, now) in [("false", "true"), ("'false'", "'true'"), ("\"false\" # x", "\"true\" # x")] {
        let (text, expected) =
            (endpoint(&format!("      On: {before}\n")), endpoint(&format!("      On: {now}\n")));
        assert_eq!(set(&text, &["On"], Written::Flag(true)).unwrap(), expected);
    }
    let text = endpoint("      On: on\n");
    assert_eq!(set(&text, &["On"], Written::text("on")).unwrap(), endpoint("      On: \"on\"\n"));
}

#[test]
fn values_follow_the_neighbours() {
    let text = endpoint("      VpcId:\n        Ref: Vpc\n      Kind: 'x'\n");
    let expected = endpoint(
        "      VpcId:\n        Ref: Vpc\n      Kind: 'x'\n      Ids:\n        - Ref: B\n        - 'c'\n",
    );
    let list = || Written::List(vec![Written::reference("B"), Written::text("c")]);
    assert_eq!(set(&text, &["Ids"], list()).unwrap(), expected);
    let text = endpoint("      Other: [!Ref B]\n");
    assert_eq!(
        set(&text, &["Ids"], list()).unwrap(),
        endpoint("      Other: [!Ref B]\n      Ids: [!Ref B, c]\n")
    );
    let text = endpoint("      Other:\n      - !Ref B\n");
    let expected = endpoint("      Other:\n      - !Ref B\n      Ids:\n      - !Ref B\n      - c\n");
    assert_eq!(set(&text, &["Ids"], list()).unwrap(), expected);
}

#[test]
fn what_is_not_certain_is_not_changed() {
    for rest in [
        "      <<: *x\n      V: a\n",
        "      Fn::Transform: {Name: X}\n      V: a\n",
        "      On: !If [C, true, false]\n",
        "      On: !Ref P\n",
        "      On:\n",
        "      On: false\n      On: false\n",
    ] {
        assert_eq!(set(&endpoint(rest), &["On"], Written::Flag(true)), None, "{rest}");
    }
    let aliased = "Resources:\n  A: &a\n    Properties:\n      V: a\n  B: *a\n";
    assert_eq!(set(aliased, &["On"], Written::Flag(true)), None);
    let copied = "Resources:\n  Fn::ForEach::L:\n    - N\n    - [A, B]\n    - ${N}:\n        Type: A::B::C\n        Properties:\n          V: a\n";
    assert_eq!(set(copied, &["On"], Written::Flag(true)), None);
}

#[test]
fn items_are_added() {
    let append = |text: &str| after(text, |editor, id| editor.append(id, "L", &[Written::reference("C")]));
    let cases = [
        ("      L: [!Ref B]\n", "      L: [!Ref B, !Ref C]\n"),
        ("      L: []\n", "      L: [!Ref C]\n"),
        ("      L:\n        -   !Ref B # b\n", "      L:\n        -   !Ref B # b\n        -   !Ref C\n"),
        ("      L:\n      - Ref: B\n", "      L:\n      - Ref: B\n      - Ref: C\n"),
        ("      L: [\n        !Ref B\n      ]\n", "      L: [\n        !Ref B,\n        !Ref C\n      ]\n"),
    ];
    for (before, now) in cases {
        assert_eq!(append(&endpoint(before)).unwrap(), endpoint(now));
    }
    for rest in ["      L: !Ref B\n", "      L: !If [X, [a], [b]]\n", "      L: [\n        b # b\n      ]\n"]
    {
        assert_eq!(append(&endpoint(rest)), None, "{rest}");
    }
}

#[test]
fn properties_are_removed() {
    let remove = |text: &str| after(text, |editor, id| editor.remove(id, "R"));
    let cases = [
        ("      R: 1 # one\n      V: a\n", "      V: a\n"),
        ("      V: a\n      R:\n        - b\n        # c\n", "      V: a\n"),
        ("      V: a\n      R: 1", "      V: a"),
    ];
    for (before, now) in cases {
        assert_eq!(remove(&endpoint(before)).unwrap(), endpoint(now));
    }
    assert_eq!(remove(&endpoint("      R: 1\n")), None);
    let json = |members: &str| format!("{{\"Resources\": {{\"A\": {{\"Properties\": {{{members}}}}}}}}}");
    assert_eq!(remove(&json(r#""R": [1], "V": 2"#)).unwrap(), json(r#""V": 2"#));
    assert_eq!(remove(&json(r#""V": 2, "R": 1"#)).unwrap(), json(r#""V": 2"#));
}

#[test]
fn dependencies_are_added() {
    let depend = |text: &str| after(text, |editor, id| editor.depend(id, &["C"]));
    let text = |dependency: &str| {
        format!("Resources:\n  A:\n    Type: A::B::C\n{dependency}    Properties: {{V: a}}\n")
    };
    assert_eq!(depend(&text("")).unwrap(), text("    DependsOn: C\n"));
    assert_eq!(depend(&text("    DependsOn: B\n")).unwrap(), text("    DependsOn:\n      - B\n      - C\n"));
    assert_eq!(depend(&text("    DependsOn: [B]\n")).unwrap(), text("    DependsOn: [B, C]\n"));
    let json =
        |dependency: &str| format!("{{\"Resources\": {{\"A\": {{\"Type\": \"A::B::C\"{dependency}}}}}}}");
    assert_eq!(depend(&json("")).unwrap(), json(", \"DependsOn\": \"C\""));
    assert_eq!(depend(&json(", \"DependsOn\": \"B\"")).unwrap(), json(", \"DependsOn\": [\"B\", \"C\"]"));
}

#[test]
fn resources_are_added() {
    let properties =
        || Written::map([("Vpc", Written::reference("V")), ("Ids", Written::List(vec![Written::text("a")]))]);
    let insert =
        |text: &str| after(text, |editor, id| editor.insert_resource(id, "New", "A::B::C", properties()));
    let text =
        "Resources:\n\n  V:\n    Type: 'A::B::C'\n\n  A:\n    Type: 'A::B::C'\n    # end\n\nOutputs: {}\n";
    let expected = text.replace(
        "    # end\n",
        "    # end\n\n  New:\n    Type: 'A::B::C'\n    Properties:\n      Vpc: !Ref V\n      Ids:\n        - a\n",
    );
    assert_eq!(insert(text).unwrap(), expected);
    let text = "Resources:\n  A: {Type: A::B::C, Properties: {V: !Ref B}}\n";
    let expected = format!("{text}  New: {{Type: A::B::C, Properties: {{Vpc: !Ref V, Ids: [a]}}}}\n");
    assert_eq!(insert(text).unwrap(), expected);
    let text = "{\n  \"Resources\": {\n    \"A\": {\n      \"Type\": \"A::B::C\"\n    }\n  }\n}\n";
    let new = "    },\n    \"New\": {\n      \"Type\": \"A::B::C\",\n      \"Properties\": {\n        \"Vpc\": {\"Ref\": \"V\"},\n        \"Ids\": [\n          \"a\"\n        ]\n      }\n    }\n";
    assert_eq!(insert(text).unwrap(), text.replacen("    }\n", new, 1));
}

#[test]
fn resources_are_copied_with_changes() {
    let copy = |text: &str| {
        after(text, |editor, id| {
            let change = editor.stretch(id, "Name", "api", "dkr")?;
            editor.copy_resource(id, "New", &[change])
        })
    };
    let text = endpoint("      # c\n      Name: !Sub x.api\n      V: a # c\n      W: '# d'\n");
    let new = "  New:\n    Type: AWS::EC2::VPCEndpoint\n    Properties:\n      Name: !Sub x.dkr\n      V: a\n      W: '# d'\n";
    assert_eq!(copy(&text).unwrap(), format!("{text}{new}"));
    assert_eq!(copy(&endpoint("      Name: api.api\n")), None);
    let json = "{\"Resources\": {\"A\": {\"Type\": \"A::B::C\", \"Properties\": {\"Name\": \"api\"}}}}";
    let expected = "{\"Resources\": {\"A\": {\"Type\": \"A::B::C\", \"Properties\": {\"Name\": \"api\"}}, \"New\": {\"Type\": \"A::B::C\", \"Properties\": {\"Name\": \"dkr\"}}}}";
    assert_eq!(copy(json).unwrap(), expected);
}

#[test]
fn a_stretch_becomes_a_parameter() {
    let free = |text: &str| {
        let span = text.find("eu-west-1").unwrap();
        after(text, |editor, _| editor.parameterise(Span::new(FileId(0), span, span + 9), "AWS::Region"))
    };
    let cases = [
        ("x.eu-west-1.y", "!Sub x.${AWS::Region}.y"),
        ("'x.eu-west-1.y' # z", "!Sub 'x.${AWS::Region}.y' # z"),
        ("!Sub x.eu-west-1.${Y}", "!Sub x.${AWS::Region}.${Y}"),
        ("!Join [., [x, eu-west-1]]", "!Join [., [x, !Ref AWS::Region]]"),
        ("!Join [., [x.eu-west-1]]", "!Join [., [!Sub \"x.${AWS::Region}\"]]"),
    ];
    for (before, now) in cases {
        let (text, expected) = (
            endpoint(&format!("      V: !Ref V\n      Name: {before}\n")),
            endpoint(&format!("      V: !Ref V\n      Name: {now}\n")),
        );
        assert_eq!(free(&text).unwrap(), expected);
    }
    let text = endpoint("      V:\n        Ref: V\n      Name: x.eu-west-1.y\n");
    let expected = endpoint("      V:\n        Ref: V\n      Name:\n        Fn::Sub: x.${AWS::Region}.y\n");
    assert_eq!(free(&text).unwrap(), expected);
    let json = |name: &str| format!("{{\"Resources\": {{\"A\": {{\"Properties\": {{\"Name\": {name}}}}}}}}}");
    assert_eq!(free(&json("\"x.eu-west-1\"")).unwrap(), json("{\"Fn::Sub\": \"x.${AWS::Region}\"}"));
    assert_eq!(free("Mappings: {M: {a: {b: eu-west-1}}}\nResources: {A: {Type: A::B::C}}\n"), None);
}

#[test]
fn functions_give_way_to_values() {
    let substitute = |text: &str| {
        after(text, |editor, id| {
            let span = editor.template.property(id, "L")?.items(editor.template).first()?.span;
            editor.substitute(span, &Written::Sub("x.${P}".to_owned()))
        })
    };
    let cases = [
        ("      L:\n        - !Ref P\n", "      L:\n        - !Sub x.${P}\n"),
        ("      L: [!Ref P]\n", "      L: [!Sub \"x.${P}\"]\n"),
        ("      L:\n        - Ref: P\n", "      L:\n        - Fn::Sub: x.${P}\n"),
        ("      L:\n        - '123'\n", "      L:\n        - !Sub x.${P}\n"),
    ];
    for (before, now) in cases {
        assert_eq!(substitute(&endpoint(before)).unwrap(), endpoint(now));
    }
    let json = |item: &str| format!("{{\"Resources\": {{\"A\": {{\"Properties\": {{\"L\": [{item}]}}}}}}}}");
    assert_eq!(substitute(&json("{\"Ref\": \"P\"}")).unwrap(), json("{\"Fn::Sub\": \"x.${P}\"}"));
    assert_eq!(substitute(&endpoint("      L: [!Join [a, [!Ref P]]]\n")), None);
}

/// The place of a stretch of a text.
fn place(text: &str, stretch: &str) -> Span {
    let start = text.find(stretch).unwrap();
    Span::new(FileId(0), start, start + stretch.len())
}

#[test]
fn a_map_deep_in_a_resource_gets_a_member_and_another_value() {
    let text =
        endpoint("      Policy:\n        - {Who: [a, b], On: true} # x\n        - Who:\n            A: b\n");
    let flow = place(&text, "{Who: [a, b], On: true}");
    let block = place(&text, "Who:\n            A: b");
    let star = Written::text("*");
    let put = |map: Span| after(&text, |editor, _| editor.replace_in(map, "Who", &star));
    assert_eq!(put(flow).unwrap(), text.replace("[a, b]", "\"*\""));
    assert_eq!(put(block).unwrap(), text.replace("\n            A: b", " \"*\""));
    let key = Written::map([("aws:Key", Written::text("a:b"))]);
    let add = |map: Span| after(&text, |editor, _| editor.insert_in(map, "If", &key, None));
    assert_eq!(add(flow).unwrap(), text.replace("true}", "true, If: {\"aws:Key\": \"a:b\"}}"));
    assert_eq!(
        add(block).unwrap(),
        text.replace("A: b\n", "A: b\n          If:\n            aws:Key: a:b\n")
    );
    assert_eq!(after(&text, |editor, _| editor.insert_in(flow, "Who", &star, None)), None);
    let commented = text.replace("Who:\n", "Who:\n            # of A\n");
    let block = place(&commented, "Who:\n            # of A\n            A: b");
    assert_eq!(after(&commented, |editor, _| editor.replace_in(block, "Who", &star)), None);
}

#[test]
fn json_in_a_text_gets_another_item() {
    let add = |text: &str, last: &str| {
        let span = place(text, last);
        after(text, |editor, _| editor.append_to_json(span, r#"{"b": "c"}"#))
    };
    let block = endpoint("      Policy: !Sub |\n        [{\"a\": 1}\n        ]\n");
    assert_eq!(add(&block, "{\"a\": 1}").unwrap(), block.replace("1}", "1}, {\"b\": \"c\"}"));
    let quoted = endpoint("      Policy: {\"Fn::Sub\": \"[{\\\"a\\\": 1}\\n]\"}\n");
    assert_eq!(add(&quoted, "{\\\"a\\\": 1}").unwrap(), quoted.replace("1}", "1}, {\\\"b\\\": \\\"c\\\"}"));
    let plain = endpoint("      Policy: |\n        [{\"a\": 1}]\n");
    assert_eq!(add(&plain, "{\"a\": 1}"), None);
}

#[test]
fn a_resource_is_taken_away_without_a_comment_that_may_be_about_it() {
    let remove = |text: &str| after(text, |editor, id| editor.remove_resource(id));
    let rest = "Resources:\n  B: {Type: A::B::C}\n";
    let text = rest.replace("  B", "  A:\n    Type: A::B::C # of A\n  B");
    assert_eq!(remove(&text).unwrap(), rest);
    assert_eq!(remove(&text.replace("  A:", "  # of A\n  A:")), None);
    let anchored = "Resources:\n  A: {Type: &t A::B::C}\n  B: {Type: *t}\n";
    assert_eq!(remove(anchored), None);
    let json = r#"{"Resources":{"A":{"Type":"A::B::C"},"B":{"Type":"A::B::C"}}}"#;
    assert_eq!(remove(json).unwrap(), r#"{"Resources":{"B":{"Type":"A::B::C"}}}"#);
}

#[test]
fn a_name_is_spelt_otherwise_in_its_quotes() {
    let text = endpoint("      Policy: {\"aws:A\": x, b: y}\n");
    let respell = |place: Span, from: &str| after(&text, |editor, _| editor.respell(place, from, "c"));
    assert_eq!(respell(place(&text, "\"aws:A\""), "aws:A").unwrap(), text.replace("aws:A", "c"));
    assert_eq!(respell(place(&text, "b"), "b").unwrap(), text.replace("b:", "c:"));
    assert_eq!(respell(place(&text, "b"), "d"), None);
}

#[test]
fn what_is_emptied_goes_too() {
    let text = "\
Metadata:
  own:
    # about one
    - one # here
    - two: 2
      three: 3
    - [four]
    - 'five' # there
      # and deeper
Resources:
  A: {Type: A::B::C, Metadata: {a: {b: [c]}}}
";
    let remove = |text: &str, needle: &str| {
        let span = place(text, needle);
        after(text, |editor, _| editor.remove_with_emptied(span))
    };
    assert_eq!(remove(text, "one #").map(|_| ()), None, "no such node");
    let without = |lines: &str| Some(text.replace(lines, ""));
    assert_eq!(remove(text, "four"), without("    - [four]\n"));
    assert_eq!(remove(text, "three"), without("      three: 3\n"));
    assert_eq!(remove(text, "two"), None, "the dash stands before it");
    assert_eq!(remove(text, "'five'"), None, "a comment on another line");
    assert_eq!(remove(text, "c"), None, "the first `c` is in a comment");
    let alone =
        "Metadata:\n  own:\n    - one # here\nResources:\n  A: {Type: A::B::C, Metadata: {a: {b: [four]}}}\n";
    assert_eq!(remove(alone, "one").unwrap(), alone[alone.find("Resources").unwrap()..]);
    assert_eq!(remove(alone, "four").unwrap(), alone.replace(", Metadata: {a: {b: [four]}}", ""));
    let last = "Resources:\n  A:\n    Type: A::B::C\n    Metadata:\n      own: [one]";
    assert_eq!(remove(last, "one").unwrap(), "Resources:\n  A:\n    Type: A::B::C");
    let repeated =
        "Resources:\n  A: {Type: A::B::C, Metadata: &m {own: [one]}}\n  B: {Type: A::B::C, Metadata: *m}\n";
    assert_eq!(remove(repeated, "one"), None);
    let commented = alone.replace("  own:\n", "  # kept\n  own:\n");
    assert_eq!(remove(&commented, "one"), None);
}
