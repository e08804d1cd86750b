//! Workloads: what runs in which subnets, with which groups, and what the template shows that it needs.
//!
//! What makes a resource a workload, and what it then needs, stands in `rules/data/workloads.yaml`.

use std::rc::Rc;

use crate::facts::{self, Family, Level, Purpose};
use crate::scenario::Value;
use crate::template::ResourceId;
use crate::text::Span;

use super::evidence::{Evidence, Truth};
use super::identity::Members;
use super::image::Image;
use super::route::RouteClass;
use super::vpc::Subnet;
use super::{List, Network, Reader};

/// Something that runs in subnets and talks to services.
#[derive(Debug)]
pub struct Workload {
    /// The resource.
    pub resource: ResourceId,
    /// What it is; the further kinds of one resource add needs only.
    pub kind: &'static facts::WorkloadKind,
    /// Its subnets, if the template says.
    pub subnets: Option<Members>,
    /// Its security groups, if the template says.
    pub security_groups: Option<Members>,
    /// Whether no group is written anywhere, so that it is in the default group of its VPC.
    pub in_default_group: bool,
    /// Whether it has a public address, as far as is known: without one a route to an internet gateway carries nothing
    /// for it.
    pub public_address: Option<bool>,
    /// What the template shows that it needs, in the order in which it fails without.
    pub needs: Vec<Need>,
    /// The buckets of AWS that the template shows it to use.
    pub buckets: Vec<BucketUse>,
    /// Its container images.
    pub images: Vec<Image>,
    /// Where CloudFormation waits for a signal that its user data sends: a creation policy or a wait condition.
    pub awaited: Option<(ResourceId, Span)>,
    /// How CloudFormation waits for its calls when it creates it, if it does.
    pub creation: Option<&'static facts::Creation>,
}

/// A service that a workload needs, with the place that shows it.
#[derive(Debug, Clone)]
pub struct Need {
    /// The kind of workload whose need it is.
    pub kind: &'static facts::WorkloadKind,
    /// What is known of it.
    pub data: &'static facts::Need,
    /// The resource that shows it: the workload, its task definition, its role.
    pub resource: ResourceId,
    /// The place that shows it.
    pub span: Span,
}

/// Buckets of AWS that a workload uses, with the place that shows it.
#[derive(Debug, Clone)]
pub struct BucketUse {
    /// The buckets.
    pub bucket: &'static facts::Bucket,
    /// The resource that shows it.
    pub resource: ResourceId,
    /// The place that shows it.
    pub span: Span,
}

impl Need {
    /// What for.
    pub fn purpose(&self) -> Purpose {
        self.data.purpose
    }

    /// What fails without it, with `{}` for the logical id of the workload.
    pub fn failure(&self) -> &'static str {
        self.data.failure.as_deref().unwrap_or(&self.kind.failure)
    }

    /// The ids of the services of which one must be reached.
    pub fn services(&self) -> impl Iterator<Item = &'static str> {
        self.data.endpoint.iter().map(String::as_str)
    }
}

impl Workload {
    /// The first need for this purpose.
    pub fn need(&self, purpose: Purpose) -> Option<&Need> {
        self.needs.iter().find(|need| need.purpose() == purpose)
    }

    /// The need for a service for this purpose.
    pub fn need_of(&self, purpose: Purpose, service: &str) -> Option<&Need> {
        self.needs.iter().find(|need| need.purpose() == purpose && need.services().any(|own| own == service))
    }

    /// Where the default route of one of its subnets leads for it: an internet gateway carries nothing for who has no
    /// public address (<https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html>).
    pub fn route_class(&self, subnet: &Subnet) -> RouteClass {
        match subnet.route_class {
            RouteClass::Public if self.public_address == Some(false) && subnet.ipv6 == Some(false) => {
                RouteClass::Isolated
            }
            class => class,
        }
    }

    /// Which rule tells what it misses.
    pub fn family(&self) -> Family {
        self.kind.family
    }
}

impl Network<'_, '_> {
    /// Whether the template shows tasks on Fargate and no sign of container instances.
    pub fn runs_on_fargate_only(&self) -> bool {
        let template = self.template();
        let is = |id: ResourceId, kind| template.resource(id).kind.text == kind && self.scenario.exists(id);
        let for_fargate = |id| {
            let compatible = self.scenario.property(id, "RequiresCompatibilities");
            compatible
                .as_ref()
                .and_then(Value::items)
                .is_some_and(|items| items.iter().any(|item| item.text() == Some("FARGATE")))
        };
        let fargate = self.workloads.iter().any(|workload| workload.family() == Family::Fargate)
            || template.iter().any(|(id, _)| is(id, "AWS::ECS::TaskDefinition") && for_fargate(id));
        fargate
            && !self.workloads.iter().any(|workload| workload.need(Purpose::Agent).is_some())
            && !template.iter().any(|(id, _)| is(id, "AWS::ECS::CapacityProvider"))
    }
}

pub(super) fn read(reader: &Reader<'_, '_, '_>) -> Rc<List<Workload>> {
    reader.shared.all_workloads.get_or_find(reader.scenario, || Rc::new(find(reader)))
}

fn find(reader: &Reader<'_, '_, '_>) -> List<Workload> {
    let evidence = Evidence::new(reader);
    let read = |resource| {
        let read = || workload(reader, &evidence, resource).map(Rc::new);
        reader.shared.workloads.get_or_find(reader.scenario, resource, read)
    };
    let candidates = reader.shared.candidates(reader.scenario.template).iter().copied();
    candidates.filter(|&resource| reader.scenario.exists(resource)).filter_map(read).collect()
}

/// Whether resources of this type may be workloads.
pub(super) fn may_be(kind: &str) -> bool {
    facts::workloads_of_type(kind).any(|kind| !kind.subnets.is_empty())
}

fn workload(
    reader: &Reader<'_, '_, '_>,
    evidence: &Evidence<'_, '_, '_, '_>,
    resource: ResourceId,
) -> Option<Workload> {
    let id = reader.scenario.template.resource(resource).id.span;
    // With the place that makes it one.
    let kinds: Vec<(&facts::WorkloadKind, ResourceId, Span)> =
        facts::workloads_of_type(reader.kind(resource))
            .filter_map(|kind| match &kind.when {
                None => Some((kind, resource, id)),
                Some(condition) => match evidence.condition(condition, resource) {
                    Truth::Holds(owner, span) => Some((kind, owner, span)),
                    Truth::Fails | Truth::Unknown => None,
                },
            })
            .collect();
    let (kind, ..) = *kinds.iter().find(|(kind, ..)| !kind.subnets.is_empty())?;
    let holds = |condition: Option<&'static facts::Condition>| {
        condition.is_some_and(|condition| matches!(evidence.condition(condition, resource), Truth::Holds(..)))
    };
    let mut needs = Vec::new();
    let mut buckets: Vec<BucketUse> = Vec::new();
    for &(kind, owner, span) in &kinds {
        for used in &kind.buckets {
            let place = match &used.when {
                None => Some((owner, span)),
                Some(condition) => match evidence.condition(condition, resource) {
                    Truth::Holds(owner, span) => Some((owner, span)),
                    Truth::Fails | Truth::Unknown => None,
                },
            };
            if let Some((resource, span)) = place
                && let Some(bucket) = facts::bucket(&used.bucket)
                && !buckets.iter().any(|known| known.bucket.id == bucket.id)
            {
                buckets.push(BucketUse { bucket, resource, span });
            }
        }
        for data in kind.needs.iter().filter(|need| need.level != Level::Optional) {
            let (resource, span) = match &data.when {
                None => (owner, span),
                Some(condition) => match evidence.condition(condition, resource) {
                    Truth::Holds(owner, span) => (owner, span),
                    Truth::Fails | Truth::Unknown => continue,
                },
            };
            needs.push(Need { kind, data, resource, span });
        }
    }
    let mut images = Vec::new();
    for path in &kind.images {
        evidence.look(path, resource, &mut |sight| {
            if let Some(value) = sight.value {
                images.push(Image::of(reader, sight.resource, sight.span, value));
            }
        });
    }
    let awaited = awaited(reader, evidence, resource, &needs);
    let creation = kinds.iter().filter_map(|(kind, ..)| Some((kind, kind.creation.as_ref()?)));
    let creation = creation
        .filter(|(kind, creation)| match &creation.when {
            Some(condition) => holds(Some(condition)),
            None => kind.family != Family::Instance || awaited.is_some(),
        })
        .map(|(_, creation)| creation)
        .next();
    let public_address = if holds(kind.without_public_address.as_ref()) {
        Some(false)
    } else {
        holds(kind.with_public_address.as_ref()).then_some(true)
    };
    Some(Workload {
        resource,
        kind,
        subnets: evidence.members(&kind.subnets, resource),
        security_groups: evidence.members(&kind.security_groups, resource),
        in_default_group: holds(kind.in_default_group.as_ref()),
        public_address,
        needs,
        buckets,
        images,
        awaited,
        creation,
    })
}

/// Where CloudFormation waits for the signal of an instance or a group of them: its own creation policy, or a wait
/// condition whose handle its user data names, or which has a creation policy and is named in its user data.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-waitcondition.html>
fn awaited(
    reader: &Reader<'_, '_, '_>,
    evidence: &Evidence<'_, '_, '_, '_>,
    resource: ResourceId,
    needs: &[Need],
) -> Option<(ResourceId, Span)> {
    const CONDITION: &str = "AWS::CloudFormation::WaitCondition";
    let template = reader.scenario.template;
    let signals: Vec<&Need> = needs.iter().filter(|need| need.purpose() == Purpose::Signal).collect();
    let first = signals.first()?;
    if let Some(policy) = &template.resource(resource).creation_policy {
        return Some((resource, policy.span));
    }
    let handles = evidence.referrers(Some(CONDITION), "Handle");
    let named = signals.iter().flat_map(|need| template.named_by(need.resource));
    let by_handle = named.filter_map(|handle| handles.get(&handle)).flatten().copied().next();
    let text = template.source.get(first.span.range()).unwrap_or_default();
    let by_name = || {
        reader.resources(CONDITION).find(|&condition| {
            let condition = template.resource(condition);
            condition.creation_policy.is_some() && text.contains(condition.id.text.as_ref())
        })
    };
    let condition = by_handle.or_else(by_name)?;
    Some((condition, template.resource(condition).id.span))
}
