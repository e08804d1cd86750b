//! Policies of resources that the template makes: of buckets, queues, topics, keys, secrets, APIs.

use std::rc::Rc;

use crate::facts::{ResourcePolicyType, policy_facts, resource_policy_type, resource_policy_types};
use crate::policy::{Condition, OperatorKind, Part, Policy, Reading, Request, Statement, Trial, trials};
use crate::scenario::{Data, Value};
use crate::template::{Expression, ExpressionKind, ResourceId, Template};
use crate::text::Span;

use super::address::AddressRange;
use super::{Endpoint, Network, Reader};

/// The policy of a resource.
#[derive(Debug)]
pub struct ResourcePolicy<'t> {
    /// The resource of the template that is or carries it.
    pub resource: ResourceId,
    /// What kind it is.
    pub kind: &'static ResourcePolicyType,
    /// What it says.
    pub policy: Rc<Policy<'t>>,
}

/// A statement that denies whatever does not come through an endpoint.
#[derive(Debug)]
pub struct Lockout<'p, 't> {
    /// The statement.
    pub statement: &'p Statement<'t>,
    /// The condition that says so.
    pub condition: &'p Condition<'t>,
    /// An action that it denies and without which the policy cannot be changed or deleted, if it certainly does.
    pub change: Option<&'static str>,
}

/// A value of a condition that no request can have: a VPC where endpoints are compared, or the other way round.
#[derive(Debug)]
pub struct MixUp<'p, 't> {
    /// The statement.
    pub statement: &'p Statement<'t>,
    /// The condition.
    pub condition: &'p Condition<'t>,
    /// What the value names.
    pub named: Named,
    /// The value.
    pub span: Span,
    /// Whether all values of the condition are like this.
    pub all: bool,
}

/// A condition on the address of the sender, which requests through endpoints do not carry.
#[derive(Debug)]
pub struct AddressCondition<'p, 't> {
    /// The condition.
    pub condition: &'p Condition<'t>,
    /// Whether its statement therefore denies everything that comes through an endpoint; else it never allows anything
    /// that does.
    pub denies: bool,
    /// The range at fault: no request from there has an address at all that the condition sees.
    pub range: Option<Span>,
}

/// What a value names, as far as conditions on the network can be about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// A VPC.
    Vpc,
    /// An endpoint.
    Endpoint,
}

pub(super) fn read<'t>(reader: &Reader<'_, '_, 't>) -> Rc<Vec<ResourcePolicy<'t>>> {
    reader.shared.all_resource_policies.get_or_find(reader.scenario, || Rc::new(find(reader)))
}

fn find<'t>(reader: &Reader<'_, '_, 't>) -> Vec<ResourcePolicy<'t>> {
    let template = reader.scenario.template;
    let mut policies = Vec::new();
    for kind in resource_policy_types() {
        for resource in reader.resources(kind) {
            let Some(kind) = resource_policy_type(kind) else { continue };
            let property = template.property(resource, &kind.property);
            if !property.is_some_and(|policy| may_ask_for_way(template, policy)) {
                continue;
            }
            let written = reader.shared.policy(reader.scenario, resource, &kind.property);
            if let Some(Reading::Policy(policy)) = written.as_ref().map(|written| written.reading()) {
                policies.push(ResourcePolicy { resource, kind, policy: Rc::clone(policy) });
            }
        }
    }
    policies.sort_by_key(|policy| policy.resource);
    policies
}

/// Whether a policy may have a condition on the way of a request: it has the key of one, or is not written as a map.
fn may_ask_for_way(template: &Template<'_>, policy: &Expression<'_>) -> bool {
    !matches!(policy.kind, ExpressionKind::Map(_)) || may_have_key_of_way(template, policy)
}

fn may_have_key_of_way(template: &Template<'_>, value: &Expression<'_>) -> bool {
    use ExpressionKind as K;
    match value.kind {
        K::Null | K::Text { .. } | K::Ref(_) | K::GetAtt { .. } | K::Sub { .. } | K::Join { .. } => false,
        K::List(items) => template.items(items).iter().any(|item| may_have_key_of_way(template, item)),
        K::Map(members) => template.members(members).iter().any(|member| {
            let keys = &policy_facts().condition_keys;
            keys.tells_way(&member.key.text)
                || keys.never_comes_through(&member.key.text)
                || may_have_key_of_way(template, &member.value)
        }),
        _ => true,
    }
}

impl<'t> ResourcePolicy<'t> {
    /// The statements that certainly deny everybody what does not come through an endpoint. Those that leave data alone
    /// or that have exceptions count only where they deny to change the policy all the same.
    pub fn lockouts(&self) -> Vec<Lockout<'_, 't>> {
        let keys = &policy_facts().condition_keys;
        let tells_way = |condition: &Condition<'_>| keys.tells_way(&condition.key.text);
        let may_lock_out =
            |statement: &Statement<'_>| statement.denies() && statement.conditions().iter().any(tells_way);
        if !self.policy.statements.iter().any(may_lock_out) {
            return Vec::new();
        }
        let change = self.kind.change.iter();
        let by_change: Vec<(&'static str, Vec<Trial>)> = change
            .map(|action| {
                (
                    action.as_str(),
                    trials(&self.policy, &Request::outside_endpoints(&self.policy.stack, action.as_str())),
                )
            })
            .collect();
        (0..self.policy.statements.len()).filter_map(|index| self.lockout(index, &by_change)).collect()
    }

    /// `by_change`: what comes of all statements for each action that changes the policy.
    fn lockout(&self, index: usize, by_change: &[(&'static str, Vec<Trial>)]) -> Option<Lockout<'_, 't>> {
        let statement = &self.policy.statements[index];
        let (_, trials) = by_change.first()?;
        if !statement.denies() || !trials[index].applies_to_caller() {
            return None;
        }
        let keys = &policy_facts().condition_keys;
        let (ways, others): (Vec<_>, Vec<_>) =
            statement.conditions().iter().partition(|condition| keys.tells_way(&condition.key.text));
        let condition = ways.first().copied()?;
        let denied = by_change.iter().find(|(_, trials)| trials[index].fits(Part::Action));
        let whole = self.kind.service != "s3" || names_bucket(statement);
        let change = denied.filter(|_| whole).map(|(action, _)| *action);
        (change.is_some() || others.is_empty()).then_some(Lockout { statement, condition, change })
    }
}

/// Whether a condition holds for requests from a range only, and not for those without an address.
fn asks_for_range(condition: &Condition<'_>) -> bool {
    condition.operator().is_some_and(|operator| {
        operator.kind == OperatorKind::IpAddress
            && !operator.negated
            && !operator.if_exists
            && operator.quantifier.is_none()
    })
}

/// Whether a statement is about a bucket itself and not only about the objects in it.
fn names_bucket(statement: &Statement<'_>) -> bool {
    let without_slash = |data: &Data<'_>| match data {
        Data::Text(text) => !text.contains('/'),
        Data::Pieces(pieces) => {
            !pieces.iter().any(|piece| matches!(&piece.data, Data::Text(text) if text.contains('/')))
        }
        Data::Reference(_) => true,
        _ => false,
    };
    let resources = statement.resources.as_ref().filter(|resources| !resources.negated);
    resources.is_some_and(|resources| resources.items.iter().any(|item| without_slash(&item.data)))
}

impl<'t> Network<'_, 't> {
    /// Where a policy compares an endpoint with a VPC, or the other way round.
    pub fn mix_ups<'p>(&self, policy: &'p ResourcePolicy<'t>) -> Vec<MixUp<'p, 't>> {
        let mut found = Vec::new();
        for statement in &policy.policy.statements {
            for condition in statement.conditions() {
                let named = match condition.key.text.to_ascii_lowercase().as_str() {
                    "aws:sourcevpce" => Named::Vpc,
                    "aws:sourcevpc" => Named::Endpoint,
                    _ => continue,
                };
                let wrong: Vec<Span> = condition
                    .values
                    .iter()
                    .filter(|value| self.part_of_network(value) == Some(named))
                    .map(|value| value.span)
                    .collect();
                let all = condition.complete && wrong.len() == condition.values.len();
                found.extend(wrong.into_iter().map(|span| MixUp { statement, condition, named, span, all }));
            }
        }
        found
    }

    /// The endpoints by which resources with policies of a kind are certainly reached from their VPCs.
    pub fn endpoints_before(&self, kind: &'static ResourcePolicyType) -> impl Iterator<Item = &Endpoint<'t>> {
        self.endpoints.iter().filter(|endpoint| endpoint.service_id() == Some(kind.service.as_str()))
    }

    /// The conditions of a policy on the address of the sender that fail what comes through an endpoint: those that deny it,
    /// and those that would allow only it. At a private API nothing else comes.
    pub fn address_conditions<'p>(&self, policy: &'p ResourcePolicy<'t>) -> Vec<AddressCondition<'p, 't>> {
        let keys = &policy_facts().condition_keys;
        let never_comes = |condition: &Condition<'_>| keys.never_comes_through(&condition.key.text);
        let names_address = |statement: &Statement<'_>| statement.conditions().iter().any(never_comes);
        if !policy.policy.statements.iter().any(names_address) {
            return Vec::new();
        }
        let private = self.private_apis.iter().any(|api| api.resource == policy.resource);
        let trials = trials(&policy.policy, &Request::through_endpoint(&policy.policy.stack));
        let mut found = Vec::new();
        for (statement, trial) in policy.policy.statements.iter().zip(&trials) {
            let mut conditions = statement.conditions().iter();
            let Some(condition) = conditions.find(|it| never_comes(it)) else { continue };
            if statement.denies() && trial.applies_to_caller() {
                found.push(AddressCondition { condition, denies: true, range: None });
            } else if statement.allows() && asks_for_range(condition) {
                let inside = condition.complete && condition.values.iter().all(|it| self.is_inside_vpcs(it));
                let range = condition.values.first().filter(|_| inside).map(|value| value.span);
                if range.is_some() || private {
                    found.push(AddressCondition { condition, denies: false, range });
                }
            }
        }
        found
    }

    /// Whether a range certainly holds addresses inside VPCs only: private ones, or those of a VPC of the template.
    fn is_inside_vpcs(&self, value: &Value<'t>) -> bool {
        if let Data::Reference(reference) = &value.data {
            return reference.attribute.as_deref() == Some("CidrBlock");
        }
        let range = AddressRange::of(value);
        match range {
            AddressRange::Net(_) => range.is_private(),
            AddressRange::Symbol(_) => self.vpcs.iter().any(|vpc| vpc.ranges.contains(&range)),
            AddressRange::Unknown => false,
        }
    }

    /// What a value certainly names: by its form, its reference, or the type of its parameter.
    pub fn part_of_network(&self, value: &Value<'t>) -> Option<Named> {
        let template = self.template();
        match &value.data {
            Data::Text(text) if text.starts_with("vpc-") => Some(Named::Vpc),
            Data::Text(text) if text.starts_with("vpce-") => Some(Named::Endpoint),
            Data::Reference(reference) => {
                let kind = template.resource(reference.resource).kind.text.as_ref();
                match (kind, reference.attribute.as_deref()) {
                    ("AWS::EC2::VPC", None | Some("VpcId")) => Some(Named::Vpc),
                    ("AWS::EC2::VPCEndpoint", None | Some("Id")) => Some(Named::Endpoint),
                    _ => None,
                }
            }
            Data::Symbol(symbol) => {
                let (_, parameter) = template.find_parameter(&symbol.key)?;
                parameter.kind.contains("AWS::EC2::VPC::Id").then_some(Named::Vpc)
            }
            _ => None,
        }
    }
}
