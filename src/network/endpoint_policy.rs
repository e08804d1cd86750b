//! The policies of endpoints: what they certainly do not let through, and which statement keeps it out.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use crate::facts::{self, Bucket, EndpointType, Purpose, Service, policy_facts};
use crate::policy::{Decision, Patterns, Place, Policy, Reading, Request, Verdict, evaluate};
use crate::scenario::{Data, Seen, Value};

use super::call::Call;
use super::{Endpoint, Network, Reader, ServiceName, endpoint};

/// Something that the policy of an endpoint certainly does not let through.
#[derive(Debug)]
pub struct Denial<'n, 't> {
    /// The policy.
    pub policy: &'n Policy<'t>,
    /// What it says: the statement that denies, or, where none allows, what keeps each that would from doing so.
    pub decision: Rc<Decision>,
    /// Parameters and the like that would let it through by naming it.
    pub unless_named: Vec<String>,
}

/// What is written as a policy, with what it was asked.
#[derive(Debug)]
pub(super) struct WrittenPolicy<'t> {
    reading: Reading<'t>,
    answers: RefCell<Vec<(Question, Option<Answer>)>>,
}

/// What a policy may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    /// Whether it lets nothing of the service through, or of any where that is not known.
    Service(Option<&'static str>, Place),
    /// Whether it shuts these buckets out.
    Buckets(&'static str, Place),
}

/// How a policy certainly denies something.
type Answer = (Rc<Decision>, Vec<String>);

impl<'t> WrittenPolicy<'t> {
    pub(super) fn new(reading: Reading<'t>) -> Self {
        Self { reading, answers: RefCell::default() }
    }

    pub(super) fn reading(&self) -> &Reading<'t> {
        &self.reading
    }

    fn answer(&self, question: Question, find: impl FnOnce() -> Option<Answer>) -> Option<Answer> {
        if let Some((_, answer)) = self.answers.borrow().iter().find(|(asked, _)| *asked == question) {
            return answer.clone();
        }
        let answer = find();
        self.answers.borrow_mut().push((question, answer.clone()));
        answer
    }
}

/// What is written as a policy, if it is, once somebody has asked.
pub(super) type Asked<'t> = OnceCell<Seen<Option<Rc<WrittenPolicy<'t>>>>>;

/// A place for the policy of each endpoint.
pub(super) fn unread<'t>(reader: &Reader<'_, '_, 't>) -> Vec<Asked<'t>> {
    endpoint::read(reader).iter().map(|_| OnceCell::new()).collect()
}

impl Endpoint<'_> {
    /// Whether it obeys its policy. Customers' services take none, and endpoints to appliances, resources and service
    /// networks neither. <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>
    pub fn obeys_policy(&self) -> Option<bool> {
        let facts = &policy_facts().endpoint_policy;
        match &self.service {
            _ if self.kind.is_some_and(|kind| facts.types_without_policy.contains(&kind)) => Some(false),
            ServiceName::Own(_) | ServiceName::Customer => Some(facts.customer_services_take_policy),
            ServiceName::Aws(service) => service.documented_policy(),
            ServiceName::Unlisted(_) | ServiceName::Absent | ServiceName::Unknown => None,
        }
    }

    /// The service of AWS whose endpoint obeys its policy, as far as is known.
    pub fn service_with_policy(&self) -> Option<&'static Service> {
        self.aws_service().filter(|_| self.obeys_policy() != Some(false))
    }

    /// Where its requests meet its policy.
    pub fn place(&self) -> Option<Place> {
        match self.kind? {
            EndpointType::Gateway => Some(Place::Gateway),
            EndpointType::Interface => Some(Place::Interface),
            _ => None,
        }
    }
}

impl<'t> Network<'_, 't> {
    /// What is written as policy of an endpoint, whether it obeys it or not.
    pub fn policy_reading<'n>(&'n self, endpoint: &'n Endpoint<'t>) -> Option<&'n Reading<'t>> {
        Some(&self.written_policy(endpoint)?.reading)
    }

    fn written_policy<'n>(&'n self, endpoint: &'n Endpoint<'t>) -> Option<&'n WrittenPolicy<'t>> {
        if !endpoint.has_policy {
            return None;
        }
        let place = self.endpoints.place(endpoint.resource, |known| known.resource)?;
        let read = || self.shared.policy(self.scenario, endpoint.resource, "PolicyDocument");
        let seen = self.endpoint_policies[place].get_or_init(|| self.scenario.see(read));
        self.scenario.look(seen).as_deref()
    }

    /// The policy that an endpoint for a service of AWS obeys, where one is written and can be read.
    pub fn policy_of<'n>(&'n self, endpoint: &'n Endpoint<'t>) -> Option<&'n Policy<'t>> {
        endpoint.service_with_policy()?;
        self.possible_policy_of(endpoint)
    }

    /// The policy that an endpoint obeys unless its service, which may not be known, supports none.
    pub fn possible_policy_of<'n>(&'n self, endpoint: &'n Endpoint<'t>) -> Option<&'n Policy<'t>> {
        match self.policy_reading(endpoint)? {
            Reading::Policy(policy) if endpoint.obeys_policy() != Some(false) => Some(policy),
            _ => None,
        }
    }

    /// Whether an endpoint certainly has the policy that AWS gives where none is written, which lets everything pass, and
    /// would obey another.
    pub fn has_default_policy(&self, endpoint: &Endpoint<'t>) -> bool {
        let documented = endpoint.service_with_policy().and_then(Service::documented_policy);
        documented == Some(true) && endpoint.kind.is_some() && !endpoint.has_policy && !endpoint.handed_out
    }

    /// How the policy of an endpoint lets nothing of its service through, if it certainly does not: no statement allows
    /// anything, one denies everything, or those that allow are about actions or resources that the service has not.
    /// Where the service is not known, or no source tells its IAM prefixes, only the first two are certain.
    pub fn lets_nothing_through<'n>(&'n self, endpoint: &'n Endpoint<'t>) -> Option<Denial<'n, 't>> {
        let (place, policy) = (endpoint.place()?, self.possible_policy_of(endpoint)?);
        let find = || {
            let prefixes = endpoint.aws_service().map_or(&[][..], Service::known_iam_prefixes);
            let requests = match prefixes {
                [] => vec![Request::any(place)],
                known => {
                    known.iter().flat_map(|prefix| Request::all_of(prefix, place, &policy.stack)).collect()
                }
            };
            Some((denied(policy, &requests)?, Vec::new()))
        };
        let question = Question::Service(endpoint.service_id(), place);
        let (decision, unless_named) = self.written_policy(endpoint)?.answer(question, find)?;
        Some(Denial { policy, decision, unless_named })
    }

    /// How the policy of an endpoint for S3 shuts out all of these buckets of AWS, if it certainly does; or does unless a
    /// parameter for the name of a bucket names one of them.
    pub fn shuts_out<'n>(
        &'n self,
        endpoint: &'n Endpoint<'t>,
        bucket: &'static Bucket,
    ) -> Option<Denial<'n, 't>> {
        let (place, policy) = (endpoint.place()?, self.policy_of(endpoint)?);
        if endpoint.service_id() != Some("s3") || endpoint.service_region.is_some() {
            return None;
        }
        let find = || {
            if let Some(decision) = denied(policy, &Request::to_buckets(bucket, place, &policy.stack)) {
                return Some((decision, Vec::new()));
            }
            let names = self.open_names(policy, bucket)?;
            // In another Region or partition the same parameter would have to name them.
            let requests = Request::to_buckets(bucket, place, &policy.stack.anywhere());
            let requests: Vec<Request> =
                requests.into_iter().map(Request::assuming_given_names_are_of_others).collect();
            Some((denied(policy, &requests)?, names))
        };
        let question = Question::Buckets(&bucket.id, place);
        let (decision, unless_named) = self.written_policy(endpoint)?.answer(question, find)?;
        Some(Denial { policy, decision, unless_named })
    }

    /// What keeps a call from its service at the policy of the endpoint: the policy lets nothing of the service
    /// through, or not the buckets of AWS that the need is for.
    pub(super) fn kept_by_policy<'n>(&'n self, call: &Call<'n, 't>) -> Option<Denial<'n, 't>> {
        let bucket = match call.need.purpose() {
            Purpose::Image => "ecr-layers",
            Purpose::Answer => "cfn-custom-resource",
            Purpose::Signal => "cfn-wait-condition",
            _ => "",
        };
        self.lets_nothing_through(call.endpoint).or_else(|| {
            self.shuts_out(call.endpoint, facts::bucket(bucket)?)
                .filter(|denial| denial.unless_named.is_empty())
        })
    }

    /// The parameters and the like in the resources of a policy; `None` where one of them may name these buckets by its
    /// default.
    fn open_names(&self, policy: &Policy<'_>, bucket: &Bucket) -> Option<Vec<String>> {
        let patterns = policy.statements.iter().filter_map(|statement| statement.resources.as_ref());
        let mut names = Vec::new();
        for key in patterns.flat_map(symbols) {
            if let Some((_, parameter)) = self.template().find_parameter(key) {
                let default = parameter.default.iter().map(|default| default.text.as_ref());
                if default
                    .chain(parameter.allowed.iter().map(AsRef::as_ref))
                    .any(|text| may_name(text, bucket))
                {
                    return None;
                }
            }
            if !key.starts_with("AWS::") && !names.iter().any(|known| known == key) {
                names.push(key.to_owned());
            }
        }
        Some(names)
    }
}

/// The keys of the symbols in the values.
fn symbols<'p>(patterns: &'p Patterns<'_>) -> impl Iterator<Item = &'p str> {
    fn of<'p>(data: &'p Data<'_>) -> Option<&'p str> {
        match data {
            Data::Symbol(symbol) => Some(&symbol.key),
            _ => None,
        }
    }
    let pieces = |value: &'p Value<'_>| match &value.data {
        Data::Pieces(pieces) => pieces.iter().filter_map(|piece| of(&piece.data)).collect(),
        data => of(data).into_iter().collect::<Vec<_>>(),
    };
    patterns.items.iter().flat_map(pieces)
}

/// Whether a text has a wildcard, or a word of the names of these buckets.
fn may_name(text: &str, bucket: &Bucket) -> bool {
    const SHORTEST: usize = 6;
    let words = bucket.arns.iter().filter_map(|arn| arn.split(":::").nth(1)).flat_map(|name| {
        name.split(['{', '}', '/', '*'])
            .map(|word| word.trim_matches(['-', '.']))
            .filter(|word| word.len() >= SHORTEST)
    });
    text.contains(['*', '?']) || words.into_iter().any(|word| text.contains(word))
}

/// What a policy says to the first of these requests, where it certainly denies all of them.
fn denied(policy: &Policy<'_>, requests: &[Request]) -> Option<Rc<Decision>> {
    let mut decisions = requests.iter().map(|request| evaluate(policy, request));
    let decision = decisions.next().filter(|decision| decision.verdict == Verdict::Denied)?;
    decisions.all(|other| other.verdict == Verdict::Denied).then(|| decision.into())
}
