//! What rules say in common about policies that shut out buckets of AWS, and the statement that lets them in.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::diagnostic::Edit;
use crate::facts::{Bucket, Perimeter, Signer, policy_facts};
use crate::network::{Denial, Endpoint, Network, Subnet, Workload};
use crate::policy::{Decision, Part, Statement, Trial};
use crate::template::{Template, Written};
use crate::text::Span;

use super::written::joined;
use super::{Context, cut_off};

/// A workload whose requests to S3 go through an endpoint.
pub(super) struct User<'n> {
    pub(super) workload: &'n Workload,
    /// Those of its subnets that the template shows to be served; empty where an interface endpoint serves all.
    pub(super) subnets: Vec<&'n Subnet>,
    /// Whether all its requests do.
    pub(super) wholly: bool,
}

impl User<'_> {
    /// "reaches S3 from subnet `A` through `S3Endpoint`"
    pub(super) fn in_words(&self, network: &Network<'_, '_>, endpoint: &Endpoint<'_>) -> String {
        let from = match self.subnets.as_slice() {
            [] => String::new(),
            subnets => format!(" from {}", cut_off::subnets_in_words(network, subnets)),
        };
        format!("reaches S3{from} through `{}`", network.id(endpoint.resource))
    }
}

/// How a workload uses an endpoint for S3, if it certainly does from one of its subnets at least.
pub(super) fn user<'n>(
    network: &'n Network<'_, '_>,
    workload: &'n Workload,
    endpoint: &Endpoint<'_>,
) -> Option<User<'n>> {
    let is_this = |other: &Endpoint<'_>| other.resource == endpoint.resource;
    let wholly = network.endpoint_of_call(workload, "s3").is_some_and(is_this);
    let (mut subnets, _) = network.subnets_of(workload);
    subnets.retain(|subnet| network.endpoint_of_subnet(subnet, "s3").is_some_and(is_this));
    (wholly || !subnets.is_empty()).then_some(User { workload, subnets, wholly })
}

/// A place in a policy that keeps a request out, with words for it.
pub(super) struct Fault {
    pub(super) span: Span,
    pub(super) words: String,
}

/// What there is to say of a denial, whoever meets it.
pub(super) struct Told {
    /// The places that shut the buckets out: in the statement that denies, or in those that would allow. The first one is
    /// what is to be changed.
    pub(super) faults: Vec<Fault>,
    /// The statement to add, or the exception to make.
    pub(super) help: String,
    /// The statement that help names, where it can be added.
    pub(super) statement: Option<Vec<Edit>>,
}

/// What was said of denials: of each policy and bucket that of the last decision, as one is met in many scenarios.
pub(super) type Denials = FxHashMap<(Span, &'static str), (Rc<Decision>, Rc<Told>)>;

/// What there is to say of a denial.
pub(super) fn told(cx: &Context<'_, '_>, denial: &Denial<'_, '_>, bucket: &'static Bucket) -> Rc<Told> {
    let place = (denial.policy.span, bucket.id.as_str());
    if let Some((decision, told)) = cx.known.denials.borrow().get(&place)
        && Rc::ptr_eq(decision, &denial.decision)
    {
        return Rc::clone(told);
    }
    let told = Rc::new(Told {
        faults: faults(denial, bucket),
        help: help(denial, bucket),
        statement: statement(cx.template(), denial, bucket),
    });
    cx.known.denials.borrow_mut().insert(place, (Rc::clone(&denial.decision), Rc::clone(&told)));
    told
}

fn faults(denial: &Denial<'_, '_>, bucket: &Bucket) -> Vec<Fault> {
    let statement = |trial: &Trial| &denial.policy.statements[trial.statement];
    if denial.decision.by.is_some() {
        let places = denial.decision.why.iter().flat_map(|trial| of_denying(statement(trial), trial, bucket));
        return places.collect();
    }
    // A statement about other actions only says nothing of this one.
    let about = |trial: &&Trial| trial.misses().all(|miss| miss.part != Part::Action);
    let mut trials: Vec<&Trial> = denial.decision.why.iter().filter(about).collect();
    if trials.is_empty() {
        trials = denial.decision.why.iter().collect();
    }
    trials.sort_by_key(|trial| trial.misses().count());
    let mut faults: Vec<Fault> =
        trials.into_iter().flat_map(|trial| of_allowing(statement(trial), trial, denial, bucket)).collect();
    if faults.is_empty() {
        faults.push(Fault { span: denial.policy.span, words: "no statement allows it".to_owned() });
    }
    faults
}

/// What keeps a statement from allowing it.
fn of_allowing(
    statement: &Statement<'_>,
    trial: &Trial,
    denial: &Denial<'_, '_>,
    bucket: &Bucket,
) -> Vec<Fault> {
    let unless = match denial.unless_named.as_slice() {
        [] => String::new(),
        [name] => format!(", unless `{name}` does"),
        _ => ", unless a parameter does".to_owned(),
    };
    let mut faults: Vec<(Part, Fault)> = trial
        .misses()
        .map(|miss| {
            let words = match miss.part {
                Part::Principal => format!("not for this request: {}", signed_by(bucket)),
                Part::Action => format!("`{}` is not allowed", bucket.action),
                Part::Resource => {
                    let negated = statement.resources.as_ref().is_some_and(|resources| resources.negated);
                    let lack = if negated { "leaves out" } else { "does not name" };
                    format!("{lack} {}{unless}", named(bucket))
                }
                Part::Condition(index) => {
                    let key = &statement.conditions()[index].key.text;
                    format!("`{key}` does not let it through: {}", reason(key, bucket))
                }
                Part::Whole => "does not allow it".to_owned(),
            };
            (miss.part, Fault { span: miss.span, words })
        })
        .collect();
    // The list of resources is what a person would mend.
    faults.sort_by_key(|(part, _)| *part != Part::Resource);
    faults.into_iter().map(|(_, fault)| fault).collect()
}

/// What makes a statement deny it.
fn of_denying(statement: &Statement<'_>, trial: &Trial, bucket: &Bucket) -> Vec<Fault> {
    let place = |part: &Part| trial.parts.iter().find(|finding| finding.part == *part).map(|it| it.span);
    let conditions = statement.conditions().iter().enumerate().filter_map(|(index, condition)| {
        let key = &condition.key.text;
        let words = format!("`{key}` shuts it out: {}", reason(key, bucket));
        Some(Fault { span: place(&Part::Condition(index))?, words })
    });
    let conditions: Vec<Fault> = conditions.collect();
    if !conditions.is_empty() {
        return conditions;
    }
    let negated = statement.resources.as_ref().is_some_and(|resources| resources.negated);
    let words = if negated {
        format!("denies all but this, and so {}", named(bucket))
    } else {
        format!("denies {} too", named(bucket))
    };
    vec![Fault { span: place(&Part::Resource).unwrap_or(statement.span), words }]
}

/// Why a condition on a key turns out as it does.
fn reason(key: &str, bucket: &Bucket) -> &'static str {
    match policy_facts().condition_keys.endpoint_policy_perimeter.side(key) {
        Some(Perimeter::Resource) => "what is asked for belongs to AWS",
        Some(Perimeter::Identity) => signed_by(bucket),
        None if key.starts_with("s3:ExistingObjectTag/") => {
            "the objects belong to AWS, and carry no tags of yours"
        }
        None => "a request to this bucket does not fit",
    }
}

/// The buckets in a sentence: "the bucket with the layers of images".
pub(super) fn named(bucket: &Bucket) -> String {
    let noun = if bucket.arns.len() == 1 { "bucket" } else { "buckets" };
    format!("the {noun} with {}", bucket.holds)
}

/// Who signs the requests to buckets.
pub(super) fn signed_by(bucket: &Bucket) -> &'static str {
    match bucket.auth {
        Signer::Anonymous => "the request is not signed",
        Signer::Caller => "the role of the caller signs the request",
        Signer::PresignedAccount => "an account of AWS signs the request, not one of yours",
        Signer::PresignedService => "a service of AWS signs the request, not one of your accounts",
        Signer::PresignedAws => "AWS signs the request, not one of your accounts",
    }
}

fn help(denial: &Denial<'_, '_>, bucket: &Bucket) -> String {
    let arns: Vec<String> = bucket.arns.iter().map(|arn| in_templates(arn)).collect();
    let arns = joined(&arns.iter().map(String::as_str).collect::<Vec<_>>());
    if denial.decision.by.is_some() {
        format!("let the `Deny` statement leave out {arns}, by `NotResource` for example")
    } else {
        format!("add a statement that allows everybody `{}` on {arns}, without a condition", bucket.action)
    }
}

/// The statement behind those of the policy. Not where a `Deny` is in the way, and not for buckets whose names a template
/// cannot spell by `Fn::Sub` alone.
fn statement(template: &Template<'_>, denial: &Denial<'_, '_>, bucket: &Bucket) -> Option<Vec<Edit>> {
    let spelt = |arn: &String| {
        let text = arn.replace("{partition}", "${AWS::Partition}").replace("{region}", "${AWS::Region}");
        (!text.replace("${", "").contains('{')).then_some(text)
    };
    let texts = bucket.arns.iter().map(spelt).collect::<Option<Vec<String>>>()?;
    if denial.decision.by.is_some() {
        return None;
    }
    let last = denial.policy.statements.last()?.span;
    let json = || {
        let action = serde_json::Value::from(bucket.action.as_str());
        let resource = match texts.as_slice() {
            [one] => serde_json::Value::from(one.as_str()),
            several => serde_json::Value::from(several),
        };
        format!(r#"{{"Effect": "Allow", "Principal": "*", "Action": {action}, "Resource": {resource}}}"#)
    };
    let in_text = template.edit(|editor| editor.append_to_json(last, &json()));
    if in_text.is_some() {
        return in_text;
    }
    let mut arns: Vec<Written> = texts.into_iter().map(Written::Sub).collect();
    let statement = Written::map([
        ("Effect", Written::text("Allow")),
        ("Principal", Written::text("*")),
        ("Action", Written::text(bucket.action.as_str())),
        ("Resource", if arns.len() == 1 { arns.pop()? } else { Written::List(arns) }),
    ]);
    template.edit(|editor| editor.append_in(denial.policy.span, "Statement", &[statement]))
}

/// The ARN of buckets as a template spells it.
fn in_templates(arn: &str) -> String {
    arn.replace("{partition}", "${AWS::Partition}")
        .replace("{region}", "${AWS::Region}")
        .replace("{regionnodash}", "<Region without hyphens>")
}

/// The name of a bucket as a person writes it.
pub(super) fn in_words(name: &str) -> String {
    name.replace("{region}", "<region>").replace("{regionnodash}", "<region without hyphens>")
}
