//! Which worlds a template allows, and what an expression is in each of them.

#[path = "bench/generated.rs"]
mod generated;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use privatelint::network::{Network, Surroundings};
use privatelint::scenario::{Data, Freed, Scenario, Scenarios, Value};
use privatelint::syntax;
use privatelint::template::Template;
use privatelint::text::FileId;
use proptest::prelude::*;

fn with<R>(
    text: &str,
    assigned: &[(&str, &str)],
    look: impl for<'t> Fn(&Scenarios<'_, 't>, &Template<'t>) -> R,
) -> R {
    let parsed = syntax::parse(text, FileId(0));
    assert_eq!(parsed.errors, [], "the template of the test is well formed");
    let template = Template::from_tree(&parsed.tree, text);
    assert_eq!(template.errors, []);
    let assigned: BTreeMap<String, String> =
        assigned.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    look(&Scenarios::of(&template, &assigned, &|_| true), &template)
}

/// The truths of the named conditions, one set of letters per scenario: `t`, `f`, `?`.
fn truths(text: &str, assigned: &[(&str, &str)], names: &[&str]) -> Vec<String> {
    with(text, assigned, |scenarios, _| {
        (0..scenarios.len())
            .map(|index| {
                let scenario = scenarios.scenario(index, Freed::None);
                let letter = |name: &&str| match scenario.holds(name) {
                    Some(true) => 't',
                    Some(false) => 'f',
                    None => '?',
                };
                names.iter().map(letter).collect()
            })
            .collect()
    })
}

fn shown(value: Option<Value<'_>>) -> String {
    match value {
        None => "absent".to_owned(),
        Some(value) => match &value.data {
            Data::List(items) => {
                format!(
                    "[{}]",
                    items.iter().map(|item| shown(Some(item.clone()))).collect::<Vec<_>>().join(", ")
                )
            }
            Data::Map(fields) => {
                let fields = fields
                    .iter()
                    .map(|field| format!("{}: {}", field.key.text, shown(Some(field.value.clone()))));
                format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
            }
            Data::Symbol(symbol) if symbol.list => format!("<{}>*", symbol.key),
            Data::Unknown(_) => "?".to_owned(),
            _ => value.canonical().map_or_else(|| "?".to_owned(), Cow::into_owned),
        },
    }
}

/// The value of `Topic.Name` in every scenario.
fn names(text: &str, assigned: &[(&str, &str)]) -> Vec<String> {
    with(text, assigned, |scenarios, template| {
        let Some(topic) = template.find_resource("Topic") else { panic!("the template has a `Topic`") };
        let name = |index| {
            let scenario: Scenario<'_, '_> = scenarios.scenario(index, Freed::None);
            shown(scenario.property(topic, "Name"))
        };
        (0..scenarios.len()).map(name).collect()
    })
}

/// The value of one expression in a template with a few things to refer to.
fn value(expression: &str) -> String {
    let text = format!(
        "
Parameters:
  Free: {{Type: String}}
  Subnets: {{Type: 'List<AWS::EC2::Subnet::Id>'}}
  Given: {{Type: CommaDelimitedList, Default: 'a, b'}}
  Default: {{Type: String, Default: yes}}
  Secret: {{Type: 'AWS::SSM::Parameter::Value<String>', Default: /name}}
Mappings:
  Same: {{one: {{key: x}}, two: {{key: x}}}}
  Differ: {{one: {{key: x}}, two: {{key: y}}}}
Resources:
  Vpc: {{Type: 'AWS::EC2::VPC', Properties: {{CidrBlock: 10.0.0.0/16}}}}
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      Name: {expression}
"
    );
    names(&text, &[]).concat()
}

#[test]
fn intrinsics_have_values() {
    let vpc = "<resource 0>";
    for (expression, expected) in [
        ("text", "text".to_owned()),
        ("443", "443".to_owned()),
        ("!Ref Default", "yes".to_owned()),
        ("!Ref Free", "<Free>".to_owned()),
        ("!Ref Given", "[a, b]".to_owned()),
        ("!Ref Subnets", "<Subnets>*".to_owned()),
        ("[!Ref Subnets]", "<Subnets>*".to_owned()),
        ("!Ref Secret", "<Secret>".to_owned()),
        ("!Ref AWS::NoValue", "absent".to_owned()),
        ("[a, !Ref AWS::NoValue]", "[a]".to_owned()),
        ("!Ref Vpc", vpc.to_owned()),
        ("{Ref: Vpc}", vpc.to_owned()),
        ("!Sub '${Vpc}'", vpc.to_owned()),
        ("!GetAtt Vpc.VpcId", "<resource 0.VpcId>".to_owned()),
        ("!GetAtt [Vpc, VpcId]", "<resource 0.VpcId>".to_owned()),
        ("!GetAtt Vpc.CidrBlock", "10.0.0.0/16".to_owned()),
        ("!Sub 'com.amazonaws.${AWS::Region}.s3'", "com.amazonaws.<AWS::Region>.s3".to_owned()),
        (
            "{'Fn::Join': [., [com, amazonaws, !Ref 'AWS::Region', s3]]}",
            "com.amazonaws.<AWS::Region>.s3".to_owned(),
        ),
        ("!Sub ['${A}-${Default}-${!Literal}', {A: !Ref Default}]", "yes-yes-${Literal}".to_owned()),
        ("!Join ['-', !Ref Given]", "a-b".to_owned()),
        ("!Join ['', !Ref Subnets]", "<Join(\"\",Subnets)>".to_owned()),
        ("!Select [1, !Ref Given]", "b".to_owned()),
        ("!Select ['0', !Ref Subnets]", "<Select(0,Subnets)>".to_owned()),
        ("!Select [0, !GetAZs '']", "<Select(0,GetAZs(<AWS::Region>))>".to_owned()),
        ("!Select [0, {'Fn::GetAZs': !Ref 'AWS::Region'}]", "<Select(0,GetAZs(<AWS::Region>))>".to_owned()),
        ("!Split ['/', a/b]", "[a, b]".to_owned()),
        ("!Select [0, !Split ['/', !Ref Free]]", "<Select(0,Split(\"/\")(<Free>))>".to_owned()),
        ("!Select [1, !Cidr [10.0.0.0/16, 4, 8]]", "10.0.1.0/24".to_owned()),
        ("!ImportValue network-vpc", "<Import(network-vpc)>".to_owned()),
        ("{'Fn::ImportValue': !Sub '${Free}-vpc'}", "<Import(<Free>-vpc)>".to_owned()),
        ("!FindInMap [Same, !Ref AWS::Region, key]", "x".to_owned()),
        ("!FindInMap [Differ, !Ref AWS::Region, key]", "<FindInMap(Differ,<AWS::Region>,key)>".to_owned()),
        ("!FindInMap [Differ, two, key]", "y".to_owned()),
        ("!FindInMap [Differ, three, key, {DefaultValue: z}]", "z".to_owned()),
        ("{'Fn::Length': !Ref Given}", "2".to_owned()),
        ("'{{resolve:ssm:/vpc}}'", "<{{resolve:ssm:/vpc}}>".to_owned()),
        ("!Base64 text", "text".to_owned()),
        ("{'Fn::GetStackOutput': {StackName: a}}", "?".to_owned()),
        ("{'Fn::Transform': {Name: Macro}}", "?".to_owned()),
        ("!Ref Nothing", "?".to_owned()),
        ("", "?".to_owned()),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

const ENVIRONMENTS: &str = "
Parameters:
  Environment: {Type: String, AllowedValues: [dev, test, prod], Default: dev}
Conditions:
  IsProd: !Equals [!Ref Environment, prod]
  IsDev: !Equals [dev, !Ref Environment]
  NotProd: !Not [!Condition IsProd]
  Both: !And [!Condition IsProd, !Condition IsDev]
Resources:
  A: {Type: 'AWS::SNS::Topic', Condition: IsProd}
  B: {Type: 'AWS::SNS::Topic', Condition: IsDev}
  C: {Type: 'AWS::SNS::Topic', Condition: NotProd}
  D: {Type: 'AWS::SNS::Topic', Condition: Both}
";

#[test]
fn worlds_are_consistent_and_the_default_is_first() {
    let names = ["IsProd", "IsDev", "NotProd", "Both"];
    assert_eq!(truths(ENVIRONMENTS, &[], &names), ["fttf", "tfff", "fftf"]);
    assert_eq!(truths(ENVIRONMENTS, &[("Environment", "prod")], &names), ["tfff"]);
}

#[test]
fn without_allowed_values_something_else_is_possible() {
    let text = ENVIRONMENTS.replace(", AllowedValues: [dev, test, prod], Default: dev", "");
    let found: BTreeSet<String> = truths(&text, &[], &["IsProd", "IsDev", "NotProd"]).into_iter().collect();
    assert_eq!(found, ["tff".to_owned(), "ftt".to_owned(), "fft".to_owned()].into());
}

/// A template with one resource for each of the conditions.
fn on_conditions(parameters: &str, conditions: &[(&str, &str)]) -> String {
    let each = |line: &dyn Fn(&str, &str) -> String| -> String {
        conditions.iter().map(|(name, condition)| line(name, condition)).collect()
    };
    let resource =
        |name: &str, _: &str| format!("  On{name}: {{Type: 'AWS::SNS::Topic', Condition: {name}}}\n");
    let (conditions, resources) =
        (each(&|name, condition| format!("  {name}: {condition}\n")), each(&resource));
    format!("Parameters: {{{parameters}}}\nConditions:\n{conditions}Resources:\n{resources}")
}

#[test]
fn what_a_parameter_cannot_be_decides_conditions() {
    let text = on_conditions(
        "Size: {Type: String, AllowedValues: [small, large, huge]}",
        &[("IsTiny", "!Equals [!Ref Size, tiny]"), ("IsHuge", "!Equals [!Ref Size, huge]")],
    );
    assert_eq!(truths(&text, &[], &["IsTiny", "IsHuge"]), ["ft", "ff"]);
}

#[test]
fn a_pseudo_parameter_has_only_values_of_its_form() {
    for condition in [
        "!Equals [!Ref AWS::Region, 'true']",
        "!Equals ['', !Ref AWS::Region]",
        "!Equals [!Ref AWS::Region, us-east-1a]",
        "!Equals [!Ref AWS::Partition, china]",
        "!Equals [!Ref AWS::AccountId, '1234']",
    ] {
        assert_eq!(
            truths(&on_conditions("", &[("Never", condition)]), &[], &["Never"]),
            ["f"],
            "{condition}"
        );
    }
    for condition in [
        "!Equals [!Ref AWS::Region, us-gov-east-1]",
        "!Equals [!Ref AWS::Partition, aws-cn]",
        "!Equals [!Ref AWS::AccountId, '123456789012']",
        "!Equals [!Ref AWS::StackName, 'true']",
    ] {
        let found = truths(&on_conditions("", &[("Perhaps", condition)]), &[], &["Perhaps"]);
        assert_eq!(found, ["t", "f"], "{condition}");
    }
}

#[test]
fn conditions_that_nothing_relevant_depends_on_make_no_worlds() {
    let text = "
Parameters:
  A: {Type: String, AllowedValues: [x, y]}
Conditions:
  IsX: !Equals [!Ref A, x]
Resources:
  Topic: {Type: 'AWS::SNS::Topic'}
Outputs:
  Out: {Value: x, Condition: IsX}
";
    assert_eq!(truths(text, &[], &["IsX"]).len(), 1);
}

#[test]
fn a_list_parameter_is_given_or_not() {
    let text = "
Parameters:
  Subnets: {Type: CommaDelimitedList, Default: ''}
Conditions:
  HasSubnets: !Not [!Equals [!Join ['', !Ref Subnets], '']]
  NoSubnets: !Equals [!Join ['', !Ref Subnets], '']
Resources:
  A: {Type: 'AWS::SNS::Topic', Condition: HasSubnets}
  B: {Type: 'AWS::SNS::Topic', Condition: NoSubnets}
";
    let found: BTreeSet<String> = truths(text, &[], &["HasSubnets", "NoSubnets"]).into_iter().collect();
    assert_eq!(found, ["tf".to_owned(), "ft".to_owned()].into(), "never both, never neither");
}

#[test]
fn an_equation_that_nothing_decides_is_tried_both_ways_and_alike_everywhere() {
    let text = "
Parameters:
  A: {Type: String}
  B: {Type: String}
Conditions:
  Same: !Equals [!Ref A, !Ref B]
  Differ: !Not [!Equals [!Ref B, !Ref A]]
Resources:
  A1: {Type: 'AWS::SNS::Topic', Condition: Same}
  B1: {Type: 'AWS::SNS::Topic', Condition: Differ}
";
    let found: BTreeSet<String> = truths(text, &[], &["Same", "Differ"]).into_iter().collect();
    assert_eq!(found, ["tf".to_owned(), "ft".to_owned()].into());
}

#[test]
fn the_rules_section_prunes() {
    let text = "
Parameters:
  Environment: {Type: String, AllowedValues: [dev, prod]}
  Nat: {Type: String, AllowedValues: ['true', 'false']}
Rules:
  ProdNeedsNat:
    RuleCondition: !Equals [!Ref Environment, prod]
    Assertions:
      - Assert: {'Fn::Equals': [!Ref Nat, 'true']}
Conditions:
  IsProd: !Equals [!Ref Environment, prod]
  HasNat: !Equals [!Ref Nat, 'true']
Resources:
  A: {Type: 'AWS::SNS::Topic', Condition: IsProd}
  B: {Type: 'AWS::SNS::Topic', Condition: HasNat}
";
    let found: BTreeSet<String> = truths(text, &[], &["IsProd", "HasNat"]).into_iter().collect();
    assert_eq!(found, ["tt".to_owned(), "ft".to_owned(), "ff".to_owned()].into());
}

#[test]
fn a_small_mapping_is_looked_up_for_each_key() {
    let text = "
Parameters:
  Size: {Type: String, AllowedValues: [small, large], Default: large}
Mappings:
  Sizes: {small: {name: s}, large: {name: l}}
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties: {Name: !FindInMap [Sizes, !Ref Size, name]}
";
    assert_eq!(names(text, &[]), ["l", "s"]);
    assert_eq!(names(text, &[("Size", "small")]), ["s"]);
}

#[test]
fn loops_over_a_literal_list_are_expanded() {
    let text = "
Transform: AWS::LanguageExtensions
Resources:
  'Fn::ForEach::Topics':
    - Zone
    - [A, B]
    - 'Topic${Zone}':
        Type: AWS::SNS::Topic
        Properties:
          Name: !Sub 'topic-${Zone}-${AWS::Region}'
          Other: !Ref Zone
";
    with(text, &[], |scenarios, template| {
        let scenario = scenarios.scenario(0, Freed::None);
        let ids: Vec<&str> = template.resources.iter().map(|resource| resource.id.text.as_ref()).collect();
        assert_eq!(ids, ["TopicA", "TopicB"]);
        let second = template.find_resource("TopicB").unwrap();
        assert_eq!(shown(scenario.property(second, "Name")), "topic-B-<AWS::Region>");
        assert_eq!(shown(scenario.property(second, "Other")), "B");
        assert_eq!(template.hidden, []);
        let first = template.resource(template.find_resource("TopicA").unwrap());
        assert_eq!(&text[first.id.span.range()], "'Topic${Zone}'");
    });
}

#[test]
fn a_loop_over_a_parameter_hides_resources() {
    let text = "
Parameters: {Zones: {Type: CommaDelimitedList}}
Resources:
  'Fn::ForEach::Topics':
    - Zone
    - !Ref Zones
    - 'Topic${Zone}': {Type: 'AWS::SNS::Topic'}
";
    with(text, &[], |_, template| assert_eq!(template.hidden.len(), 1));
}

/// What `Topic` has of two properties in a template of SAM, where `Globals` and its own properties say this.
fn inherited(transforms: &str, globals: &str, attributes: &str) -> String {
    let text = format!(
        "
Transform: {transforms}
Parameters: {{Two: {{Type: CommaDelimitedList}}, Kind: {{Type: String, AllowedValues: [x, y]}}}}
Conditions: {{IsX: !Equals [!Ref Kind, x]}}
Globals: {globals}
Resources:
  Topic: {{Type: 'AWS::Serverless::Function', {attributes}}}
"
    );
    with(&text, &[], |scenarios, template| {
        let Some(topic) = template.find_resource("Topic") else { panic!("the template has a `Topic`") };
        let property = |index: usize| {
            let scenario = scenarios.scenario(index, Freed::None);
            ["A", "B"].map(|name| shown(scenario.property(topic, name))).join(" ")
        };
        (0..scenarios.len()).map(property).collect::<Vec<_>>().join(" or ")
    })
}

#[test]
fn resources_of_sam_inherit_globals() {
    for (globals, attributes, expected) in [
        ("{Function: {A: x}}", "Properties: {B: y}", "x y"),
        ("{Function: {A: x}}", "DependsOn: []", "x absent"),
        // Maps are merged, lists come first, and of texts the own one holds.
        ("{Function: {A: {a: 1, b: 2}}}", "Properties: {A: {b: 3, c: 4}}", "{b: 3, c: 4, a: 1} absent"),
        ("{Function: {A: {a: {b: [1]}}}}", "Properties: {A: {a: {b: [2, 1]}}}", "{a: {b: [1, 2, 1]}} absent"),
        ("{Function: {A: [1], B: [1]}}", "Properties: {A: []}", "[1] [1]"),
        ("{Function: {A: [1], B: {a: 1}}}", "Properties: {A: {a: 1}, B: [1]}", "{a: 1} [1]"),
        ("{Function: {A: [1], B: x}}", "Properties: {A: x, B: [1]}", "x [1]"),
        // A function is taken as it stands.
        ("{Function: {A: [1], B: !Ref Two}}", "Properties: {A: !Ref Two, B: [1]}", "<Two>* [1]"),
        ("{Function: {A: !Ref Two}}", "Properties: {B: x}", "<Two>* x"),
        ("{Function: {A: [1]}}", "Properties: {A: !Ref AWS::NoValue}", "absent absent"),
        ("{Function: {A: [!Ref Two, 1]}}", "Properties: {A: [2]}", "[<Two>*, 1, 2] absent"),
        ("{Function: {A: !If [IsX, x, y]}}", "Properties: {}", "x absent or y absent"),
        (
            "{Function: {A: [!If [IsX, 1, !Ref AWS::NoValue]]}}",
            "Properties: {A: [2]}",
            "[1, 2] absent or [2] absent",
        ),
        // What a macro writes is not known.
        ("{Function: {A: !Transform {Name: M}}}", "Properties: {A: [1], B: x}", "? x"),
        ("{Function: {A: [1]}}", "Properties: {A: !Transform {Name: M}, B: x}", "? x"),
        ("{Function: {'Fn::Transform': {Name: M}, A: [1]}}", "Properties: {A: [2]}", "? ?"),
        ("{'Fn::Transform': {Name: M}}", "Properties: {A: [2], B: x}", "? x"),
        ("{Function: {A: [1]}}", "Properties: {'Fn::Transform': {Name: M}, B: x}", "? x"),
        ("{Function: {A: [1]}}", "Properties: {'Fn::Transform': {Name: M}, A: [2]}", "? ?"),
        // Others inherit something else, and some nothing.
        ("{Api: {A: x}, SimpleTable: {B: x}}", "Properties: {A: y}", "y absent"),
        ("{Function: {A: x, B: y}}", "IgnoreGlobals: [A]", "absent y"),
        ("{Function: {A: x, B: [1]}}", "IgnoreGlobals: '*', Properties: {B: [2]}", "absent [2]"),
        ("", "Properties: {A: x}", "x absent"),
        ("{Function: }", "Properties: {A: x}", "x absent"),
    ] {
        let transforms = "AWS::Serverless-2016-10-31";
        assert_eq!(inherited(transforms, globals, attributes), expected, "{globals} {attributes}");
    }
}

#[test]
fn globals_are_those_of_sam() {
    let text = |transforms| {
        inherited(transforms, "{Function: {A: [1], B: x}}", "Properties: {A: [2], B: !Ref Kind}")
    };
    assert_eq!(text("AWS::Include"), "[2] <Kind>");
    let alone = text("AWS::Serverless-2016-10-31");
    assert_eq!(alone, text("[AWS::Serverless-2016-10-31]"));
    // Of a function that another transform may have replaced by a list nothing is known.
    let transforms = "[AWS::LanguageExtensions, AWS::Serverless-2016-10-31]";
    let both = |globals, own| inherited(transforms, globals, &format!("Properties: {{A: {own}}}"));
    assert_eq!(both("{Function: {A: [1]}}", "!Ref Two"), "? absent");
    assert_eq!(both("{Function: {A: !Ref Two}}", "[1]"), "? absent");
    assert_eq!(both("{Function: {A: !Ref Two}}", "x"), "x absent");
    assert_eq!(both("{Function: {A: x}}", "!Ref Two"), "<Two>* absent");
    assert_eq!(both("{Function: {A: [1]}}", "[2]"), "[1, 2] absent");
}

/// What stands in `Globals` is named by each resource that inherits it, also where its value is not known.
#[test]
fn resources_name_what_they_inherit() {
    let text = "
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {A: !Ref First, B: [!Ref First]}}
Resources:
  First: {Type: 'AWS::SNS::Topic'}
  Second: {Type: 'AWS::SNS::Topic'}
  One: {Type: 'AWS::Serverless::Function'}
  Two: {Type: 'AWS::Serverless::Function', Properties: {A: x, B: !Transform {Name: M}}}
  Three: {Type: 'AWS::Serverless::Function', Properties: {B: [!Ref Second]}, IgnoreGlobals: [A]}
  Four: {Type: 'AWS::Serverless::Function', IgnoreGlobals: '*'}
";
    with(text, &[], |_, template| {
        let named = |name| {
            let id = template.find_resource(name).unwrap();
            template.named_by(id).iter().map(|id| id.0).collect::<Vec<_>>()
        };
        assert_eq!(named("One"), [0, 0]);
        assert_eq!(named("Two"), [0]);
        assert_eq!(named("Three"), [0, 1]);
        assert!(named("Four").is_empty());
        let place = template.property(template.find_resource("Three").unwrap(), "B").unwrap();
        assert_eq!(&text[place.span.range()], "[!Ref Second]");
        let items = place.items(template).iter().map(|item| &text[item.span.range()]);
        assert_eq!(items.collect::<Vec<_>>(), ["First", "Second"]);
    });
}

#[test]
fn a_mistake_in_globals_hides_what_resources_inherit() {
    let text = "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    A: [1}
Resources:
  One: {Type: 'AWS::Serverless::Function', Properties: {A: [2]}}
  Two: {Type: 'AWS::SNS::Topic', Properties: {A: [2]}}
";
    let parsed = syntax::parse(text, FileId(0));
    let mut template = Template::from_tree(&parsed.tree, text);
    template.hide_unreadable(&parsed.errors, text);
    let hidden = |name| {
        let resource = template.resource(template.find_resource(name).unwrap());
        (resource.properties_hidden, template.members(resource.properties).len())
    };
    assert_eq!(hidden("One"), (true, 0));
    assert_eq!(hidden("Two"), (false, 1));
}

/// Many independent conditions end in few scenarios, in which each condition is met and not met.
#[test]
fn worlds_do_not_explode() {
    let forty = |line: &dyn Fn(usize) -> String| (0..40).map(line).collect::<String>();
    let parameters = forty(&|index| {
        format!("  P{index}: {{Type: String, Default: 'no', AllowedValues: ['yes', 'no']}}\n")
    });
    let conditions = forty(&|index| format!("  C{index}: !Equals [!Ref P{index}, 'yes']\n"));
    let resources = forty(&|index| format!("  R{index}: {{Type: 'AWS::SNS::Topic', Condition: C{index}}}\n"));
    let text = format!("Parameters:\n{parameters}Conditions:\n{conditions}Resources:\n{resources}");
    let names: Vec<String> = (0..40).map(|index| format!("C{index}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let truths = truths(&text, &[], &names);
    assert!(truths.len() <= 64, "{}", truths.len());
    assert_eq!(truths[0], "f".repeat(40), "the default is first");
    for condition in 0..40 {
        let letters: BTreeSet<char> =
            truths.iter().filter_map(|truth| truth.chars().nth(condition)).collect();
        assert_eq!(letters, ['t', 'f'].into(), "C{condition}");
    }
}

/// The templates that benchmarks grow: as many resources as they say, no scenario for what nothing depends on, and no
/// more of them than the cap.
#[test]
fn generated_templates_have_the_size_that_they_say() {
    for size in [1, 10] {
        let text = generated::wide(size);
        with(&text, &[], |scenarios, template| {
            assert_eq!(template.resources.len(), size * generated::PER_UNIT);
            assert_eq!(scenarios.len(), 1);
        });
    }
    for (conditions, most) in [(0, 1), (3, 8), (6, 64), (12, 64)] {
        let text = generated::conditional(conditions);
        with(&text, &[], |scenarios, template| {
            assert_eq!(template.conditions.len(), conditions);
            assert!((conditions..=most).contains(&scenarios.len()), "{conditions}: {}", scenarios.len());
        });
    }
}

#[test]
fn circular_conditions_and_references_end() {
    let text = "
Conditions:
  A: !Not [!Condition B]
  B: !Not [!Condition A]
Resources:
  Topic: {Type: 'AWS::SNS::Topic', Condition: A, Properties: {Name: !GetAtt Subnet.CidrBlock}}
  Subnet: {Type: 'AWS::EC2::Subnet', Properties: {CidrBlock: !GetAtt Other.CidrBlock}}
  Other: {Type: 'AWS::EC2::Subnet', Properties: {CidrBlock: !GetAtt Subnet.CidrBlock}}
";
    assert_eq!(truths(text, &[], &["A"]), ["?"]);
    assert_eq!(names(text, &[]).len(), 1);
}

/// Something that conditions compare: a parameter that has a default, one that may be anything, texts made of them.
fn compared() -> impl Strategy<Value = String> {
    let parameter = (0..PARAMETERS).prop_map(|index| format!("!Ref P{index}"));
    let joined = (0..PARAMETERS).prop_map(|index| format!("!Join ['-', [!Ref P{index}, x]]"));
    let written = prop_oneof![Just("a"), Just("b"), Just("a-x"), Just("''")].prop_map(str::to_owned);
    prop_oneof![3 => parameter, 1 => joined, 2 => written]
}

/// A condition that may rest on those with a lower number.
fn condition(number: usize) -> BoxedStrategy<String> {
    let equation = (compared(), compared()).prop_map(|(one, other)| format!("!Equals [{one}, {other}]"));
    let leaf = if number == 0 {
        equation.boxed()
    } else {
        let other = (0..number).prop_map(|other| format!("{{Condition: C{other}}}"));
        let chosen = (0..number, compared(), compared(), compared())
            .prop_map(|(other, one, two, three)| format!("!Equals [!If [C{other}, {one}, {two}], {three}]"));
        prop_oneof![3 => equation, 2 => other, 1 => chosen].boxed()
    };
    composed(leaf)
}

/// The same where each equation compares a parameter with what it may be.
fn plain_condition(number: usize) -> BoxedStrategy<String> {
    let equation = (0..PARAMETERS, prop_oneof![Just("a"), Just("b"), Just("a-x")])
        .prop_map(|(parameter, text)| format!("!Equals [!Ref P{parameter}, {text}]"));
    let other = (0..number.max(1)).prop_map(move |other| match number {
        0 => "!Equals [!Ref P0, a]".to_owned(),
        _ => format!("{{Condition: C{other}}}"),
    });
    composed(prop_oneof![equation, other].boxed())
}

/// A condition of these parts.
fn composed(leaf: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let long = |name: &str, items: Vec<String>| format!("{{'Fn::{name}': [{}]}}", items.join(", "));
    leaf.prop_recursive(2, 6, 3, move |inner| {
        let several = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            inner.prop_map(move |inner| long("Not", vec![inner])),
            (prop_oneof![Just("And"), Just("Or")], several).prop_map(move |(name, items)| long(name, items)),
        ]
    })
    .boxed()
}

const PARAMETERS: usize = 4;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Worlds are found one from the other; each is what it would be if it was found alone.
    #[test]
    fn conditions_have_the_truth_that_follows_from_their_world(
        conditions in (0..6usize).map(condition).collect::<Vec<_>>()
    ) {
        let listed = |line: &dyn Fn(usize) -> String| (0..conditions.len()).map(line).collect::<String>();
        let text = format!(
            "
Parameters:
  P0: {{Type: String, Default: a}}
  P1: {{Type: String}}
  P2: {{Type: String, AllowedValues: [a, b]}}
  P3: {{Type: String, Default: ''}}
Conditions:
{}Resources:
{}",
            listed(&|number| format!("  C{number}: {}\n", conditions[number])),
            listed(&|number| format!("  R{number}: {{Type: 'AWS::SNS::Topic', Condition: C{number}}}\n")),
        );
        let wrong = with(&text, &[], |scenarios, template| {
            let mut wrong = Vec::new();
            for index in 0..scenarios.len() {
                let scenario = scenarios.scenario(index, Freed::None);
                for member in &template.conditions {
                    let holds = scenario.holds(&member.key.text).map(|truth| truth.to_string());
                    let alone = scenario.evaluate(&member.value);
                    let alone = alone.as_ref().and_then(Value::text).map(str::to_owned);
                    if holds != alone {
                        wrong.push(format!("{} in {index}: {holds:?}, alone {alone:?}", member.key.text));
                    }
                }
            }
            wrong
        });
        prop_assert!(wrong.is_empty(), "{wrong:?}\n{text}");
    }
}

/// Whether what is said of scenarios in words is true: "`P0` is `a` or `b` and `P1` is not `a`", "condition `C1` holds".
fn is_true(said: &str, value: &dyn Fn(&str) -> String, holds: &dyn Fn(&str) -> bool) -> bool {
    said.split(" and ").all(|part| {
        let quoted: Vec<&str> = part.split('`').skip(1).step_by(2).collect();
        if part.starts_with("condition") {
            return holds(quoted[0]) != part.contains("does not");
        }
        let is_other = part.contains("` is not `") || part.contains("` is none of `");
        quoted[1..].contains(&value(quoted[0]).as_str()) != is_other
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 96, ..ProptestConfig::default() })]

    /// One scenario stands for several assignments; what is said of when it is the case is true of each of them.
    #[test]
    fn what_is_said_of_scenarios_is_true_of_every_assignment(
        conditions in (0..6usize).map(plain_condition).collect::<Vec<_>>()
    ) {
        let listed = |numbers: std::ops::Range<usize>, line: &dyn Fn(usize) -> String| {
            numbers.map(line).collect::<String>()
        };
        let text = format!(
            "Parameters:\n{}Conditions:\n{}Resources:\n{}",
            listed(0..PARAMETERS, &|number| {
                format!("  P{number}: {{Type: String, AllowedValues: [a, b, a-x]}}\n")
            }),
            listed(0..6, &|number| format!("  C{number}: {}\n", conditions[number])),
            listed(3..6, &|number| format!("  R{number}: {{Type: 'AWS::SNS::Topic', Condition: C{number}}}\n")),
        );
        let pairs = || (3..6).flat_map(|one| (3..6).map(move |other| (format!("C{one}"), format!("C{other}"))));
        let only = |scenario: &Scenario<'_, '_>, (one, other): &(String, String)| {
            scenario.holds(one) == Some(true) && (one == other || scenario.holds(other) == Some(false))
        };
        let said: Vec<String> = with(&text, &[], |scenarios, _| {
            let all: Vec<usize> = (0..scenarios.len()).collect();
            let said = |pair: (String, String)| {
                let is_case = |&index: &usize| only(&scenarios.scenario(index, Freed::None), &pair);
                let holding: Vec<usize> = all.iter().copied().filter(is_case).collect();
                let is_some = !holding.is_empty() && holding.len() < all.len();
                if is_some { scenarios.describe(&holding, &all) } else { String::new() }
            };
            pairs().map(said).collect()
        });
        for assignment in 0..3usize.pow(PARAMETERS as u32) {
            let value = |name: &str| {
                let number: u32 = name[1..].parse().unwrap();
                ["a", "b", "a-x"][assignment / 3usize.pow(number) % 3].to_owned()
            };
            let names: Vec<String> = (0..PARAMETERS).map(|number| format!("P{number}")).collect();
            let values: Vec<String> = names.iter().map(|name| value(name)).collect();
            let assigned: Vec<(&str, &str)> =
                names.iter().zip(&values).map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let wrong: Vec<&String> = with(&text, &assigned, |scenarios, _| {
                let scenario = scenarios.scenario(0, Freed::None);
                let holds = |name: &str| scenario.holds(name) == Some(true);
                let is_wrong = |(pair, said): &((String, String), &String)| {
                    let is_case = only(&scenario, pair);
                    match (said.strip_prefix("when "), said.strip_prefix("for example when ")) {
                        (Some(always), _) => is_true(always, &value, &holds) != is_case,
                        (_, Some(example)) => is_true(example, &value, &holds) && !is_case,
                        _ => false,
                    }
                };
                pairs().zip(&said).filter(is_wrong).map(|(_, said)| said).collect()
            });
            prop_assert!(wrong.is_empty(), "{wrong:?} with {assigned:?} in\n{text}");
        }
    }
}

/// What stands in the network of a scenario.
fn listed(network: &Network<'_, '_>) -> String {
    let endpoints = network.endpoints.iter();
    let policies: Vec<_> = endpoints.map(|endpoint| network.policy_reading(endpoint)).collect();
    format!(
        "{:?}",
        (
            (&network.vpcs, &network.subnets, &network.route_tables, &network.security_groups),
            (&network.network_acls, &network.endpoints, policies, &network.resource_policies),
            (&network.load_balancers, &network.listeners, &network.target_groups),
            (&network.endpoint_services, &network.permissions),
            (&network.workloads, &network.private_apis),
        )
    )
}

/// A resource that may have a condition, with properties of the values that are given, and others.
fn made(id: &str, kind: &str, condition: &str, properties: &[(&str, &str)], others: &str) -> String {
    let properties: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}: {value}, ")).collect();
    let properties = properties.concat();
    let condition = if condition.is_empty() { String::new() } else { format!("Condition: {condition}, ") };
    format!("  {id}: {{Type: 'AWS::{kind}', {condition}Properties: {{{properties}{others}}}}}\n")
}

/// A value that differs between scenarios, or does not.
fn varying() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "text",
        "!Ref Given",
        "!Ref Free",
        "!Ref Nets",
        "!Ref AWS::NoValue",
        "!Ref Vpc",
        "!GetAtt SubnetA.VpcId",
        "!GetAtt SubnetA.CidrBlock",
        "!Sub 'com.amazonaws.${AWS::Region}.s3'",
        "!Sub 'a-${Given}-${SubnetB.AvailabilityZone}'",
        "!FindInMap [Map, !Ref Key, value]",
        "!If [First, !Ref Given, !Ref Free]",
        "!If [Second, !Ref AWS::NoValue, !GetAtt SubnetB.VpcId]",
        "!If [Alike, 10.0.1.0/24, 10.0.2.0/24]",
        "!Equals [!Ref Free, !Ref Other]",
        "!Equals [!Ref Given, one]",
        "!Condition Second",
        "!Join ['', [!Ref Given, !Ref Key]]",
        "!Select [0, {'Fn::GetAZs': !Ref Key}]",
    ])
}

fn on_condition() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "", "First", "Second", "Alike", "Missing"])
}

/// A template of which everything that is shared between scenarios is read, in any way.
fn shared() -> impl Strategy<Value = String> {
    let values = prop::collection::vec(varying(), 27);
    let conditions = prop::collection::vec(on_condition(), 14);
    (values, conditions).prop_map(|(v, c)| {
        let head = "
Parameters:
  Given: {Type: String, Default: one}
  Key: {Type: String, Default: a, AllowedValues: [a, b]}
  Free: {Type: String}
  Other: {Type: String}
  Nets: {Type: 'List<AWS::EC2::Subnet::Id>'}
Mappings: {Map: {a: {value: '10.0.0.0/16'}, b: {value: 'Interface'}}}
Conditions:
  First: !Equals [!Ref Given, one]
  Second: !Equals [!Ref Key, a]
  Alike: !Equals [!Ref Free, !Ref Other]
Resources:
";
        let user_data = "UserData: {'Fn::Base64': !Sub 'yum install; cfn-signal ${Given}'}";
        let policy = format!("PolicyDocument: {{Statement: {{Effect: Allow, Principal: '*', Action: 's3:*', Resource: {}}}}}", v[0]);
        let role = format!("Policies: [{{PolicyName: p, PolicyDocument: {{Statement: [{{Effect: Allow, Action: 'sqs:*', Resource: {}}}]}}}}]", v[1]);
        let rules = format!("SecurityGroupIngress: [{{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: {}}}]", v[2]);
        let resources = [
            made("Vpc", "EC2::VPC", c[0], &[("CidrBlock", v[3])], ""),
            made("SubnetA", "EC2::Subnet", c[1], &[("VpcId", v[4]), ("CidrBlock", v[5]), ("AvailabilityZone", v[6])], ""),
            made("SubnetB", "EC2::Subnet", c[2], &[("VpcId", v[7]), ("Ipv6CidrBlock", v[8]), ("AvailabilityZone", v[9])], ""),
            made("Block", "EC2::SubnetCidrBlock", c[3], &[("Ipv6CidrBlock", v[10])], "SubnetId: !Ref SubnetA"),
            made("Table", "EC2::RouteTable", c[4], &[("VpcId", v[11])], ""),
            made("Route", "EC2::Route", c[5], &[("DestinationCidrBlock", v[12]), ("NatGatewayId", v[13])], "RouteTableId: !Ref Table"),
            made("Association", "EC2::SubnetRouteTableAssociation", c[6], &[("RouteTableId", v[14])], "SubnetId: !Ref SubnetA"),
            made("Group", "EC2::SecurityGroup", c[7], &[("VpcId", v[15])], &rules),
            made("Rule", "EC2::SecurityGroupEgress", c[8], &[("IpProtocol", v[16]), ("CidrIp", v[17])], "GroupId: !Ref Group"),
            made("Endpoint", "EC2::VPCEndpoint", c[9], &[("ServiceName", v[18]), ("VpcEndpointType", v[19]), ("VpcId", v[20]), ("SubnetIds", v[21]), ("PrivateDnsEnabled", v[22])], &policy),
            made("Role", "IAM::Role", c[10], &[], &role),
            made("Function", "Lambda::Function", c[11], &[("Handler", v[23])], "Role: !GetAtt Role.Arn, VpcConfig: {SubnetIds: [!Ref SubnetA, !Ref SubnetB], SecurityGroupIds: [!Ref Group]}"),
            made("Custom", "CloudFormation::CustomResource", c[12], &[("Value", v[24])], "ServiceToken: !GetAtt Function.Arn"),
            made("Instance", "EC2::Instance", c[13], &[("SubnetId", v[25]), ("IamInstanceProfile", v[26])], user_data),
            made("Queue", "SQS::QueuePolicy", c[3], &[], &policy),
        ];
        head.to_owned() + &resources.concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Networks that share what they have read are those that are read alone.
    #[test]
    fn what_scenarios_share_is_the_same_in_all_of_them(text in shared()) {
        with(&text, &[], |scenarios, template| {
            let common = Rc::default();
            let surroundings = Surroundings::default();
            let freed = [Freed::None, Freed::All].into_iter().chain((0..template.parameters.len()).map(Freed::One));
            for freed in freed {
                for index in 0..scenarios.len() {
                    let alone = scenarios.scenario(index, freed);
                    let alone = listed(&Network::of(&alone, &surroundings));
                    let together = scenarios.scenario(index, freed);
                    let together = listed(&Network::beside(&together, &surroundings, &common));
                    assert_eq!(together, alone, "scenario {index}, {freed:?} of\n{text}");
                }
            }
        });
    }
}
