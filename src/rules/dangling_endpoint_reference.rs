//! `dangling-endpoint-reference`: a name that the template does not have, an attribute that the type does not have, or a
//! resource of a type that does not fit.

use crate::diagnostic::{Applicability, Finding, Severity};
use crate::facts::{TypeAttributes, type_attributes, type_properties};
use crate::scenario::{Data, Value};
use crate::template::{
    Asks, Expression, Member, Mention, NO_VALUE, PSEUDO_PARAMETERS, Resource, ResourceId, Template, Use,
};
use crate::text::{Span, nearest, within};

use super::written::is_rewritten;
use super::{Check, Context, Group, Persona, Rule, TemplateContext};

pub(super) static RULE: Rule = Rule {
    name: "dangling-endpoint-reference",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "A reference around endpoints to a name, an attribute or a type of resource that is not there",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-ref.html",
    page: include_str!("../../rules/dangling-endpoint-reference.md"),
    check: Check::Network(PRIVATELINK, check),
};

/// The types of PrivateLink, whose attributes are looked at wherever they are asked for.
const PRIVATELINK: &[&str] = &[
    "AWS::EC2::VPCEndpoint",
    "AWS::EC2::VPCEndpointConnectionNotification",
    "AWS::EC2::VPCEndpointService",
    "AWS::EC2::VPCEndpointServicePermissions",
];

/// The types around them whose references are looked at.
const AROUND: &[&str] = &[
    "AWS::EC2::Route",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SecurityGroupVpcAssociation",
    "AWS::EC2::Subnet",
    "AWS::EC2::SubnetCidrBlock",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPC",
    "AWS::EC2::VPCCidrBlock",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
];

/// What properties of these types name.
const NAMED: &[(&str, &str)] = &[
    ("DestinationSecurityGroupId", "AWS::EC2::SecurityGroup"),
    ("GatewayLoadBalancerArns", "AWS::ElasticLoadBalancingV2::LoadBalancer"),
    ("GroupId", "AWS::EC2::SecurityGroup"),
    ("LoadBalancerArn", "AWS::ElasticLoadBalancingV2::LoadBalancer"),
    ("NetworkLoadBalancerArns", "AWS::ElasticLoadBalancingV2::LoadBalancer"),
    ("ResourceConfigurationArn", "AWS::VpcLattice::ResourceConfiguration"),
    ("RouteTableId", "AWS::EC2::RouteTable"),
    ("RouteTableIds", "AWS::EC2::RouteTable"),
    ("SecurityGroupIds", "AWS::EC2::SecurityGroup"),
    ("SecurityGroups", "AWS::EC2::SecurityGroup"),
    ("ServiceId", "AWS::EC2::VPCEndpointService"),
    ("ServiceNetworkArn", "AWS::VpcLattice::ServiceNetwork"),
    ("SourceSecurityGroupId", "AWS::EC2::SecurityGroup"),
    ("SubnetId", "AWS::EC2::Subnet"),
    ("SubnetIds", "AWS::EC2::Subnet"),
    ("Subnets", "AWS::EC2::Subnet"),
    ("VPCEndpointId", "AWS::EC2::VPCEndpoint"),
    ("VpcId", "AWS::EC2::VPC"),
];

fn pseudo_parameters<'n>() -> impl Iterator<Item = &'n str> {
    PSEUDO_PARAMETERS.iter().copied().chain([NO_VALUE])
}

/// What is the same in all scenarios.
pub(super) struct References {
    /// What is wrong with names and attributes as they are written.
    wrong: Vec<Finding>,
    /// The properties that may name a resource of another type than they want.
    doubtful: Vec<Doubtful>,
}

/// A property that may name a resource of another type than it wants.
struct Doubtful {
    owner: ResourceId,
    /// Where it stands among the properties of its owner.
    index: usize,
    property: &'static str,
    wanted: &'static str,
}

fn check(cx: &mut Context<'_, '_>) {
    let (template, scenario) = (cx.template(), cx.network.scenario);
    if is_rewritten(template) {
        return;
    }
    let references = cx.known.references.get_or_init(|| {
        let mut cx = TemplateContext::new(&RULE, template, cx.options);
        let doubtful = check_as_written(&mut cx, &scenario.uses);
        References { wrong: cx.into_findings(), doubtful }
    });
    cx.findings.extend_from_slice(&references.wrong);
    for &Doubtful { owner, index, property, wanted } in &references.doubtful {
        if scenario.exists(owner)
            && let Some(value) = scenario.evaluate(&template.properties(owner)[index].value)
        {
            check_types(cx, owner, property, wanted, &value);
        }
    }
}

/// Looks at names and attributes; returns the properties whose types are to be looked at in each scenario.
fn check_as_written(cx: &mut TemplateContext<'_, '_>, uses: &[Use<'_>]) -> Vec<Doubtful> {
    let template = cx.template;
    let mut around = vec![false; template.resources.len()];
    for &id in template.by_type().iter().filter(|ids| is_of_network(template, ids[0])).flatten() {
        around[id.0 as usize] = !template.resource(id).properties_hidden;
    }
    // Whether references of a resource are looked at, whatever they name.
    let is_around = |id: ResourceId| around[id.0 as usize];
    for &(id, index) in template.properties_that_lead_nowhere().iter().filter(|(id, _)| is_around(*id)) {
        let member = &template.properties(id)[index];
        member.value.mentions(template, &mut |mention| check_name(cx, id, mention, member));
    }
    let mut doubtful = Vec::new();
    for (owner, resource) in template.iter().filter(|(id, _)| is_around(*id)) {
        for (index, member) in template.properties(owner).iter().enumerate() {
            if let Some(&(property, wanted)) = named_by(member)
                && may_name_another(template, &member.value, wanted)
            {
                doubtful.push(Doubtful { owner, index, property, wanted });
            }
        }
        for name in &resource.depends_on {
            let itself =
                Mention { name: &name.text, asks: Asks::SomeAttribute, span: name.span, in_text: false };
            if is_missing(template, itself) {
                report_missing(cx, owner, itself, &[], None);
            }
        }
    }
    for one in uses {
        check_attribute(cx, one, &is_around);
    }
    doubtful
}

/// The line of [`NAMED`] for a property.
fn named_by(property: &Member<'_>) -> Option<&'static (&'static str, &'static str)> {
    NAMED.iter().find(|(name, _)| *name == property.key.text)
}

/// Whether a value may give the id or ARN of a resource that is not of the wanted type.
fn may_name_another<'t>(template: &Template<'t>, value: &Expression<'t>, wanted: &str) -> bool {
    let mut may = false;
    value.mentions(template, &mut |mention| {
        let fits = template.find_resource(mention.name).is_none_or(|named| {
            template.resource(named).kind.text == wanted
                && match mention.asks {
                    Asks::Itself => true,
                    Asks::Attribute(attribute, _) => {
                        type_attributes(wanted).is_some_and(|known| known.is_own(attribute))
                    }
                    Asks::SomeAttribute => false,
                }
        });
        may |= !fits;
    });
    may
}

/// Whether a resource is an endpoint and the like, or stands around them.
fn is_of_network(template: &Template<'_>, resource: ResourceId) -> bool {
    let kind: &str = &template.resource(resource).kind.text;
    PRIVATELINK.contains(&kind) || AROUND.contains(&kind)
}

fn check_name<'t>(
    cx: &mut TemplateContext<'_, 't>,
    owner: ResourceId,
    mention: Mention<'_>,
    property: &Member<'t>,
) {
    if is_missing(cx.template, mention) {
        let mut beside = Vec::new();
        property.value.mentions(cx.template, &mut |other| beside.push(other.name));
        report_missing(cx, owner, mention, &beside, named_by(property).map(|&(_, wanted)| wanted));
    }
}

/// Whether nothing of the template, and nothing that a transform of AWS or a module makes, has this name.
fn is_missing(template: &Template<'_>, mention: Mention<'_>) -> bool {
    let name = mention.name;
    if !template.leads_nowhere(mention) {
        return false;
    }
    // Text of another template language is no name; a wrong pseudo parameter is one only where its like is near.
    let is_name = name.chars().all(|character| character.is_ascii_alphanumeric())
        || (name.starts_with("AWS::") && nearest(name, pseudo_parameters()).is_some())
        || is_policy_variable(mention);
    is_name && template.hidden.is_empty() && !may_be_generated(template, name)
}

/// Whether it is a variable of IAM, such as `${aws:PrincipalOrgID}`, in the text of `Fn::Sub`, which takes it for its own.
fn is_policy_variable(mention: Mention<'_>) -> bool {
    let service = mention.name.split_once(':').map(|(service, key)| (service, key.starts_with(':')));
    mention.in_text
        && service.is_some_and(|(service, double)| {
            !double
                && !service.is_empty()
                && service.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
        })
}

/// Whether a name may be that of a resource which SAM makes from another, or which stands in a module: such names begin
/// with the logical id of that other
/// (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html>,
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/modules.html>).
fn may_be_generated(template: &Template<'_>, name: &str) -> bool {
    let sam = template.transforms.iter().any(|transform| transform.text.starts_with("AWS::Serverless"));
    let begins = |resource: &Resource<'_>| name.starts_with(resource.id.text.as_ref());
    let makes_others = |resource: &&Resource<'_>| sam || resource.kind.text.ends_with("::MODULE");
    (sam && name.starts_with("Serverless")) || template.resources.iter().filter(makes_others).any(begins)
}

/// Whether a resource is known to be of another type than is wanted where it would be mentioned.
fn is_of_another_type(resource: &Resource<'_>, mention: Mention<'_>, wanted: &str) -> bool {
    resource.kind.text != wanted
        && match mention.asks {
            Asks::Itself => given(resource, None).is_some(),
            Asks::Attribute(attribute, _) => given(resource, Some(attribute)).is_some(),
            Asks::SomeAttribute => false,
        }
}

/// `wanted` is the type that a resource has there.
fn report_missing(
    cx: &mut TemplateContext<'_, '_>,
    owner: ResourceId,
    mention: Mention<'_>,
    beside: &[&str],
    wanted: Option<&str>,
) {
    let (name, template) = (mention.name, cx.template);
    let id: &str = &template.resource(owner).id.text;
    let takes_values = mention.asks == Asks::Itself;
    let may_be =
        |resource: &&Resource<'_>| wanted.is_none_or(|wanted| !is_of_another_type(resource, mention, wanted));
    let resources = template.resources.iter().filter(may_be).map(|resource| resource.id.text.as_ref());
    let parameters = template.parameters.iter().map(|parameter| parameter.name.text.as_ref());
    let values = parameters.chain(pseudo_parameters()).filter(|_| takes_values);
    // What is named beside it is not meant once more.
    let others = |candidate: &&str| *candidate != id && !beside.contains(candidate);
    let near = nearest(name, resources.chain(values).filter(others));
    // A file that does not declare itself a template may be a part of one: the name may stand in another part.
    if near.is_none() && !template.is_declared && !is_policy_variable(mention) {
        return;
    }
    let edits =
        near.filter(|near| is_the_only_one(name, near, template, takes_values, beside)).and_then(|near| {
            let text = match (mention.in_text, mention.asks) {
                (true, Asks::Itself) => format!("${{{near}}}"),
                (true, Asks::Attribute(attribute, _)) => format!("${{{near}.{attribute}}}"),
                _ => near.to_owned(),
            };
            template.edit(|editor| editor.replace(mention.span, &text))
        });
    let what = if takes_values { "neither a resource nor a parameter" } else { "no resource" };
    let finding = cx.report(
        Some(owner),
        mention.span,
        format!("`{id}` names `{name}`, which is {what} of this template"),
    );
    match near {
        _ if is_policy_variable(mention) => finding
            .here("`Fn::Sub` takes it for a name of the template")
            .help(format!("write `${{!{name}}}`, which leaves `${{{name}}}` to IAM")),
        Some(near) => finding.here(format!("did you mean `{near}`?")).help(format!("write `{near}`")),
        None if takes_values => finding
            .here("no such resource or parameter")
            .help(format!("add `{name}` as a parameter or a resource, or name one that is there")),
        None => finding
            .here("no such resource")
            .help(format!("add the resource `{name}`, or name one that is there")),
    };
    if let Some(near) = near {
        finding.fix(Applicability::Suggested, format!("write `{near}`"), edits);
    }
    finding
        .why("CloudFormation refuses the whole template for a name that leads nowhere")
        .symptom(match mention.asks {
            Asks::Attribute(..) if !mention.in_text => {
                format!("Template error: instance of Fn::GetAtt references undefined resource {name}")
            }
            _ => format!("Template format error: Unresolved resource dependencies [{name}] in the Resources block of the template"),
        })
        .together(format!("`{name}`, which is {what} of this template, is named {{count}} times, by {{names}}"));
}

/// So many letters are mistyped at most where nothing else can be meant.
const SLIP: usize = 2;

/// Whether no other name of the template is as near, so that nothing else can be meant.
fn is_the_only_one(
    name: &str,
    near: &str,
    template: &Template<'_>,
    takes_values: bool,
    beside: &[&str],
) -> bool {
    let name = name.to_lowercase();
    let Some(limit) = within(&name, &near.to_lowercase(), SLIP) else { return false };
    let resources = template.resources.iter().map(|resource| resource.id.text.as_ref());
    let parameters = template.parameters.iter().map(|parameter| parameter.name.text.as_ref());
    let is_far = |other: &str| within(&name, &other.to_lowercase(), limit).is_none();
    resources
        .chain(parameters.filter(|_| takes_values))
        .all(|other| other == near || beside.contains(&other) || is_far(other))
}

fn check_attribute(cx: &mut TemplateContext<'_, '_>, one: &Use<'_>, is_around: &impl Fn(ResourceId) -> bool) {
    let template = cx.template;
    let Asks::Attribute(attribute, span) = one.asks else { return };
    let target = template.resource(one.resource);
    let kind: &str = &target.kind.text;
    let is_hidden = one.by.is_some_and(|by| template.resource(by).properties_hidden);
    let is_near = PRIVATELINK.contains(&kind) || one.by.is_some_and(is_around);
    if is_hidden || !is_near {
        return;
    }
    if let Some(known) = type_attributes(kind).filter(|known| !known.has(attribute)) {
        // An output belongs to what it shows.
        report_attribute(cx, one.by.unwrap_or(one.resource), target, known, attribute, span);
    }
}

fn report_attribute(
    cx: &mut TemplateContext<'_, '_>,
    owner: ResourceId,
    target: &Resource<'_>,
    known: &TypeAttributes,
    attribute: &str,
    span: Span,
) {
    let (name, kind) = (target.id.text.as_ref(), known.id.as_str());
    let names = || known.attributes.iter().map(String::as_str);
    // A name cut short, as `Cidr` for `CidrBlock` or `Id` for `ServiceId`, is far from it by letters.
    let cut_short = || names().find(|name| name.starts_with(attribute) || name.ends_with(attribute));
    let near = nearest(attribute, names()).or_else(cut_short);
    let is_property = type_properties()
        .get(kind)
        .is_some_and(|properties| properties.properties.iter().any(|property| property == attribute));
    // In the text of `Fn::Sub` the place is that of the whole variable.
    let edits = near
        .filter(|near| within(&attribute.to_lowercase(), &near.to_lowercase(), SLIP).is_some())
        .and_then(|near| {
            let variable = format!("${{{name}.{attribute}}}");
            let in_text = cx.template.source.get(span.range()) == Some(variable.as_str());
            let text = if in_text { format!("${{{name}.{near}}}") } else { near.to_owned() };
            cx.template.edit(|editor| editor.replace(span, &text))
        });
    let finding = cx.report(
        Some(owner),
        span,
        format!("`{attribute}` is asked of `{name}`, but `{kind}` has no such attribute"),
    );
    match near {
        Some(near) => finding.here(format!("did you mean `{near}`?")),
        None => finding.here("not an attribute of this type"),
    };
    if let Some(near) = near {
        finding.fix(Applicability::Suggested, format!("write `{near}`"), edits);
    }
    finding
        .why("CloudFormation gives the attributes that the type returns, and refuses a template that asks for another")
        .symptom(format!("Template error: resource {name} does not support attribute type {attribute} in Fn::GetAtt"))
        .together(format!("`{attribute}`, which `{kind}` does not have as an attribute, is asked for {{count}} times, by {{names}}"))
        .help(match near {
            _ if kind == "AWS::EC2::VPCEndpointService" && attribute.contains("Name") => {
                format!("put the name together: `!Sub com.amazonaws.vpce.${{AWS::Region}}.${{{name}}}`")
            }
            Some(near) => format!("write `{near}`"),
            None if is_property => format!("write the value of `{attribute}` here too, or keep it in a parameter"),
            None if known.attributes.is_empty() => format!("use `Ref` of `{name}`: the type has no attributes"),
            None => format!("use `Ref`, or an attribute that the reference of `{kind}` lists"),
        });
    // What is near no known name may be newer than the data.
    if near.is_none() && !is_property && !attribute.contains("Name") {
        finding.severity(RULE.severity.lowered());
    }
}

fn check_types(cx: &mut Context<'_, '_>, owner: ResourceId, property: &str, wanted: &str, value: &Value<'_>) {
    for item in value.items().unwrap_or_default() {
        if let Data::Reference(reference) = &item.data
            && let named = cx.template().resource(reference.resource)
            && named.kind.text != wanted
            && let Some(known) = given(named, reference.attribute.as_deref())
            && let Some(wanted) = type_attributes(wanted)
        {
            report_type(cx, owner, (property, item.span), wanted, reference.resource, known);
        }
    }
}

/// What a resource is, where this attribute of it, or `Ref`, gives its id or ARN, and its type is known.
fn given(resource: &Resource<'_>, attribute: Option<&str>) -> Option<&'static TypeAttributes> {
    let known = type_attributes(&resource.kind.text)?;
    attribute.is_none_or(|attribute| known.is_own(attribute)).then_some(known)
}

fn report_type(
    cx: &mut Context<'_, '_>,
    owner: ResourceId,
    (property, span): (&str, Span),
    wanted: &TypeAttributes,
    named: ResourceId,
    known: &TypeAttributes,
) {
    let (template, noun) = (cx.template(), &wanted.noun);
    let (id, name) = (cx.id(owner), cx.id(named));
    let mut fitting = template.iter().filter(|(_, resource)| resource.kind.text == wanted.id);
    let only = fitting.next().filter(|_| fitting.next().is_none());
    cx.report(
        owner,
        span,
        format!("`{property}` of `{id}` names `{name}`, which is {}, not {noun}", known.noun),
    )
    .here(format!("{noun} is wanted here"))
    .label(Some(name), template.resource(named).kind.span, known.noun.as_str())
    .why("the reference gives an id of another kind, which AWS does not find")
    .help(match only {
        Some((_, resource)) => format!("name {noun}: `{}` is the one of this template", resource.id.text),
        None => format!("name {noun} here"),
    })
    .together(format!(
        "`{property}` names `{name}`, which is {}, not {noun}, in {{count}} places: {{names}}",
        known.noun
    ));
}
