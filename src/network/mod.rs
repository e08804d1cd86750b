//! The network that a template would create in one scenario, and how traffic gets through it.

mod address;
mod call;
mod cluster;
mod custom_resource;
mod delivery;
mod endpoint;
mod endpoint_policy;
mod evidence;
mod identity;
mod image;
mod list;
mod load_balancer;
mod network_acl;
mod opaque;
mod part;
mod private_api;
mod private_name;
mod race;
mod reach;
mod resource_policy;
mod route;
mod security_group;
mod shared;
mod vpc;
mod walk;
mod workload;
mod zone;

#[cfg(test)]
mod tests;

pub use address::AddressRange;
pub use call::{Call, KeptOut};
pub use cluster::Cluster;
pub use custom_resource::CustomResource;
pub use delivery::{Admission, Delivery, Refusal, RefusalReason};
pub use endpoint::{Endpoint, NamedRegion, ServiceName};
pub use endpoint_policy::Denial;
pub use identity::{Identity, Item, Members};
pub use image::{Image, PullThrough, Registry};
pub use list::{List, Things};
pub use load_balancer::{
    EndpointService, Listener, ListenerProtocol, LoadBalancer, LoadBalancerKind, Permissions, Target,
    TargetGroup, TargetType,
};
pub use network_acl::{
    ANSWER_PORTS, Action, Direction, Flow, FlowPeer, NetworkAcl, NetworkAclEntry, Stop, SubnetAcl, Verdict,
};
pub use opaque::{Opaque, OpaqueKind, opaque};
pub use part::Part;
pub use private_api::PrivateApi;
pub use private_name::Certificate;
pub use race::{Passage, Race};
pub use reach::{CutOff, GatewayBeside, Obstacle, Presence, Reach};
pub use resource_policy::{AddressCondition, Lockout, MixUp, Named, ResourcePolicy};
pub use route::{PublicAccessBlock, Route, RouteClass, RouteTable, RouteTarget};
pub use security_group::{Peer, Ports, Protocol, Scope, SecurityGroup, SecurityGroupRule};
pub use shared::Shared;
pub use vpc::{Subnet, Switch, Vpc, World};
pub use walk::{Doubt, Hop, Walk, Way};
pub use workload::{BucketUse, Need, Workload};
pub use zone::{LeftOut, LoneTarget};

use std::rc::Rc;
use std::sync::LazyLock;

use part::Origin;
use private_name::PrivateNames;
use rustc_hash::{FxHashMap, FxHashSet};
use shared::Given;

use crate::facts::{self, Purpose};
use crate::scenario::{Data, Scenario, Value};
use crate::template::{ResourceId, Template, Use};

/// Types whose resources are read here, sorted; only conditions that touch them make scenarios.
const READ_TYPES: &[&str] = &[
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::RestApi",
    "AWS::AppRunner::VpcConnector",
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::AutoScaling::LaunchConfiguration",
    "AWS::Batch::ComputeEnvironment",
    "AWS::Batch::JobDefinition",
    "AWS::CertificateManager::Certificate",
    "AWS::Cloud9::EnvironmentEC2",
    "AWS::CloudFormation::WaitCondition",
    "AWS::CloudFormation::WaitConditionHandle",
    "AWS::CodeBuild::Project",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::DMS::Endpoint",
    "AWS::DMS::ReplicationInstance",
    "AWS::DMS::ReplicationSubnetGroup",
    "AWS::EC2::Instance",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::LaunchTemplate",
    "AWS::EC2::NatGateway",
    "AWS::EC2::NetworkAcl",
    "AWS::EC2::NetworkAclEntry",
    "AWS::EC2::NetworkInterface",
    "AWS::EC2::Route",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SecurityGroupVpcAssociation",
    "AWS::EC2::Subnet",
    "AWS::EC2::SubnetCidrBlock",
    "AWS::EC2::SubnetNetworkAclAssociation",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPC",
    "AWS::EC2::VPCBlockPublicAccessExclusion",
    "AWS::EC2::VPCBlockPublicAccessOptions",
    "AWS::EC2::VPCCidrBlock",
    "AWS::EC2::VPCEndpoint",
    "AWS::EC2::VPCEndpointConnectionNotification",
    "AWS::EC2::VPCEndpointService",
    "AWS::EC2::VPCEndpointServicePermissions",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::EC2::VPNGatewayRoutePropagation",
    "AWS::ECR::PullThroughCacheRule",
    "AWS::ECR::Repository",
    "AWS::ECS::CapacityProvider",
    "AWS::ECS::Service",
    "AWS::ECS::TaskDefinition",
    "AWS::EKS::Cluster",
    "AWS::EKS::FargateProfile",
    "AWS::EKS::Nodegroup",
    "AWS::EKS::PodIdentityAssociation",
    "AWS::EMR::Cluster",
    "AWS::EMRServerless::Application",
    "AWS::ElasticBeanstalk::Environment",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::ListenerCertificate",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::Glue::Connection",
    "AWS::IAM::InstanceProfile",
    "AWS::IAM::OIDCProvider",
    "AWS::IAM::Role",
    "AWS::ImageBuilder::InfrastructureConfiguration",
    "AWS::KMS::Key",
    "AWS::KMS::ReplicaKey",
    "AWS::Lambda::Function",
    "AWS::MWAA::Environment",
    "AWS::Redshift::Cluster",
    "AWS::Redshift::ClusterSubnetGroup",
    "AWS::Route53::HostedZone",
    "AWS::Route53::RecordSet",
    "AWS::Route53::RecordSetGroup",
    "AWS::Route53Profiles::ProfileResourceAssociation",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicInlinePolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueueInlinePolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SageMaker::Domain",
    "AWS::SageMaker::Model",
    "AWS::SageMaker::NotebookInstance",
    "AWS::SecretsManager::ResourcePolicy",
    "AWS::SecretsManager::RotationSchedule",
    "AWS::Serverless::Api",
    "AWS::Serverless::Function",
];

/// Where a type stands among those that are read.
fn place_of_type(kind: &str) -> Option<usize> {
    static PLACES: LazyLock<FxHashMap<&str, usize>> =
        LazyLock::new(|| READ_TYPES.iter().enumerate().map(|(place, kind)| (*kind, place)).collect());
    PLACES.get(kind).copied()
}

/// Whether a resource of this type is read by the network.
pub fn reads(kind: &str) -> bool {
    place_of_type(kind).is_some() || is_custom_resource(kind)
}

/// Whether a resource of this type is made by calling a function or a topic.
pub fn is_custom_resource(kind: &str) -> bool {
    kind == "AWS::CloudFormation::CustomResource" || kind.starts_with("Custom::")
}

/// What exists and how it is connected, in one scenario. Lists are in the order of the template.
#[derive(Debug)]
pub struct Network<'s, 't> {
    /// The scenario that it was read from.
    pub scenario: &'s Scenario<'s, 't>,
    /// VPCs: those made here, then those from outside that something names.
    pub vpcs: Part<'s, 't, Rc<Vec<Vpc>>>,
    /// Subnets made here.
    pub subnets: Part<'s, 't, Rc<Vec<Subnet>>>,
    /// Route tables made here.
    pub route_tables: Part<'s, 't, Rc<Vec<RouteTable>>>,
    /// Security groups made here, then those from outside that get rules here.
    pub security_groups: Part<'s, 't, Rc<Vec<SecurityGroup>>>,
    /// Network ACLs made here.
    pub network_acls: Part<'s, 't, Vec<NetworkAcl>>,
    /// VPC endpoints.
    pub endpoints: Part<'s, 't, Rc<List<Endpoint<'t>>>>,
    /// Load balancers.
    pub load_balancers: Part<'s, 't, Vec<LoadBalancer>>,
    /// Listeners.
    pub listeners: Part<'s, 't, Vec<Listener>>,
    /// Target groups.
    pub target_groups: Part<'s, 't, Vec<TargetGroup>>,
    /// Endpoint services.
    pub endpoint_services: Part<'s, 't, Vec<EndpointService<'t>>>,
    /// Permissions of endpoint services.
    pub permissions: Part<'s, 't, Vec<Permissions<'t>>>,
    /// Workloads.
    pub workloads: Part<'s, 't, Rc<List<Workload>>>,
    /// Private REST APIs.
    pub private_apis: Part<'s, 't, Vec<PrivateApi<'t>>>,
    /// Policies of resources that may ask by which way a request comes, as far as they can be read.
    pub resource_policies: Part<'s, 't, Rc<Vec<ResourcePolicy<'t>>>>,
    /// What is written as policies of the endpoints, each once somebody asks.
    endpoint_policies: Part<'s, 't, Vec<endpoint_policy::Asked<'t>>>,
    private_zones: Part<'s, 't, Vec<PrivateZone>>,
    private_names: Part<'s, 't, PrivateNames>,
    public_access_block: Part<'s, 't, Option<PublicAccessBlock>>,
    /// The network ACLs that subnets are given, by subnet; absent where any subnet may be given any.
    acl_associations: Part<'s, 't, Option<network_acl::Associations>>,
    surroundings: Surroundings,
    shared: Rc<Shared<'t>>,
}

/// What may give a service its private name without the endpoint's own private DNS.
#[derive(Debug)]
enum PrivateZone {
    /// A zone for these VPCs; its name, if it is known, with `*` for what is not known of it.
    Zone { name: Option<String>, vpcs: Members },
    /// A Route 53 profile that this is associated with, if known what.
    Profile(Option<Identity>),
}

/// What is known of the network beside the template.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Whether VPCs from outside are shown whole.
    pub closed: bool,
    /// Services, or `*` for all, that every VPC may reach by endpoints of another VPC.
    pub shared_endpoints: Vec<String>,
    /// VPCs, or `*` for all, whose endpoints get their names from private zones that stand elsewhere; called as
    /// [`Network::name_of`] calls them.
    pub central_endpoints: Vec<String>,
}

impl Surroundings {
    fn share(&self, service: &str) -> bool {
        self.shared_endpoints.iter().any(|shared| shared == "*" || shared == service)
    }
}

impl<'s, 't> Network<'s, 't> {
    /// Reads the network of a scenario.
    pub fn of(scenario: &'s Scenario<'s, 't>, surroundings: &Surroundings) -> Self {
        Self::beside(scenario, surroundings, &Rc::default())
    }

    /// Reads the network of a scenario. What the networks of other scenarios of the template with the same surroundings
    /// have found and put into `shared` is not found anew. What is found by looking at the network, by way of
    /// [`Known`](crate::scenario::Known), rests on that part of it.
    pub fn beside(
        scenario: &'s Scenario<'s, 't>,
        surroundings: &Surroundings,
        shared: &Rc<Shared<'t>>,
    ) -> Self {
        let origin = Origin { scenario, shared: Rc::clone(shared), assume_closed: surroundings.closed };
        Self {
            scenario,
            vpcs: Part::of(&origin, vpc::read),
            subnets: Part::of(&origin, |reader| route::routed(reader).0),
            route_tables: Part::of(&origin, |reader| route::routed(reader).1),
            security_groups: Part::of(&origin, security_group::read),
            network_acls: Part::of(&origin, network_acl::read),
            endpoints: Part::of(&origin, endpoint::read),
            load_balancers: Part::of(&origin, load_balancer::load_balancers),
            listeners: Part::of(&origin, load_balancer::listeners),
            target_groups: Part::of(&origin, load_balancer::target_groups),
            endpoint_services: Part::of(&origin, load_balancer::endpoint_services),
            permissions: Part::of(&origin, load_balancer::permissions),
            workloads: Part::of(&origin, workload::read),
            private_apis: Part::of(&origin, private_api::read),
            resource_policies: Part::of(&origin, resource_policy::read),
            endpoint_policies: Part::of(&origin, endpoint_policy::unread),
            private_zones: Part::of(&origin, private_zones),
            private_names: Part::of(&origin, private_name::read),
            public_access_block: Part::of(&origin, route::public_access_block),
            acl_associations: Part::of(&origin, network_acl::associations),
            surroundings: surroundings.clone(),
            shared: Rc::clone(shared),
        }
    }

    /// The template.
    pub fn template(&self) -> &'s Template<'t> {
        self.scenario.template
    }

    /// A VPC.
    pub fn vpc(&self, identity: &Identity) -> Option<&Vpc> {
        vpc::find(&self.vpcs, identity)
    }

    /// A subnet made here.
    pub fn subnet(&self, identity: &Identity) -> Option<&Subnet> {
        of_resource(&self.subnets, identity.resource()?, |subnet| subnet.resource)
    }

    /// A route table made here.
    pub fn route_table(&self, identity: &Identity) -> Option<&RouteTable> {
        of_resource(&self.route_tables, identity.resource()?, |table| table.resource)
    }

    /// A security group made here or given rules here.
    pub fn security_group(&self, identity: &Identity) -> Option<&SecurityGroup> {
        let groups: &[SecurityGroup] = &self.security_groups;
        security_group::place(groups, identity).map(|index| &groups[index])
    }

    /// A target group made here.
    pub fn target_group(&self, identity: &Identity) -> Option<&TargetGroup> {
        of_resource(&self.target_groups, identity.resource()?, |group| group.resource)
    }

    /// A load balancer made here.
    pub fn load_balancer(&self, identity: &Identity) -> Option<&LoadBalancer> {
        of_resource(&self.load_balancers, identity.resource()?, |balancer| balancer.resource)
    }

    /// The workload of a resource.
    pub fn workload(&self, resource: ResourceId) -> Option<&Workload> {
        let workloads: &List<Workload> = &self.workloads;
        Some(&workloads[workloads.place(resource, |workload| workload.resource)?])
    }

    /// The endpoint service of a resource.
    pub fn endpoint_service(&self, resource: ResourceId) -> Option<&EndpointService<'t>> {
        of_resource(&self.endpoint_services, resource, |service| service.resource)
    }

    /// Endpoints in a VPC.
    pub fn endpoints_in<'n>(&'n self, vpc: &'n Identity) -> impl Iterator<Item = &'n Endpoint<'t>> {
        self.endpoints.iter().filter(move |endpoint| endpoint.vpc.as_ref() == Some(vpc))
    }

    /// The Region in which an endpoint stands, by the zone of a subnet of its VPC.
    pub fn region_by_zone(&self, endpoint: &Endpoint<'_>) -> Option<(&'static str, &Subnet)> {
        let subnets = self.subnets.iter().filter(|subnet| subnet.vpc.is_some() && subnet.vpc == endpoint.vpc);
        subnets.into_iter().find_map(|subnet| {
            let zone = subnet.zone.as_deref()?;
            let region = facts::regions().all.iter().find(|region| zone.starts_with(region.as_str()))?;
            Some((region.as_str(), subnet))
        })
    }

    /// The subnets of the template in which a workload may run, and whether these are all.
    pub fn subnets_of<'n>(&'n self, workload: &Workload) -> (Vec<&'n Subnet>, bool) {
        let Some(members) = &workload.subnets else { return (Vec::new(), false) };
        let subnets: Vec<&Subnet> = members.known().filter_map(|identity| self.subnet(identity)).collect();
        let complete = members.complete && subnets.len() == members.items.len();
        (subnets, complete)
    }

    /// The VPC of a workload: that of its subnets, else that of its security groups.
    pub fn vpc_of(&self, workload: &Workload) -> Option<&Vpc> {
        let mut subnets = workload.subnets.iter().flat_map(Members::known);
        let by_subnet = subnets.find_map(|subnet| self.subnet(subnet)?.vpc.as_ref());
        let mut groups = workload.security_groups.iter().flat_map(Members::known);
        let by_group = || groups.find_map(|group| self.security_group(group)?.vpc.as_ref());
        self.vpc(by_subnet.or_else(by_group)?)
    }

    /// The workloads in a VPC that need a service for a purpose, with what shows it.
    pub fn needs_in(&self, vpc: &Vpc, purpose: Purpose) -> Vec<(&Workload, &Need)> {
        let here =
            |workload: &&Workload| self.vpc_of(workload).is_some_and(|own| own.identity == vpc.identity);
        let workloads = self.workloads.iter().filter(here);
        workloads.filter_map(|workload| Some((workload, workload.need(purpose)?))).collect()
    }

    /// Whether a workload certainly has no way out of its VPC: all its subnets are known and isolated.
    pub fn is_isolated(&self, workload: &Workload) -> bool {
        let (subnets, complete) = self.subnets_of(workload);
        complete
            && !subnets.is_empty()
            && subnets.iter().all(|subnet| workload.route_class(subnet) == RouteClass::Isolated)
    }

    /// Whether a workload certainly has no IPv4 address: all its subnets are known and have IPv6 addresses only.
    pub fn is_ipv6_only(&self, workload: &Workload) -> bool {
        let (subnets, complete) = self.subnets_of(workload);
        complete
            && !subnets.is_empty()
            && subnets.iter().all(|subnet| matches!(subnet.ipv6_native, Switch::On(_)))
    }

    /// The logical id of a resource.
    pub fn id(&self, resource: ResourceId) -> &'s str {
        &self.scenario.template.resource(resource).id.text
    }

    /// What to call a VPC, group or table in a message: a logical id, or the name of the parameter or import.
    pub fn name_of(&self, identity: &Identity) -> String {
        match identity {
            Identity::Resource(resource) => self.id(*resource).to_owned(),
            Identity::DefaultGroup(resource) => format!("{}.DefaultSecurityGroup", self.id(*resource)),
            Identity::Outside(key) => {
                let key = key.trim_start_matches('<').trim_end_matches('>');
                match key.strip_prefix("resource ").and_then(|rest| rest.split_once('.')) {
                    Some((index, attribute)) => match index.parse() {
                        Ok(index) => format!("{}.{attribute}", self.id(ResourceId(index))),
                        Err(_) => key.to_owned(),
                    },
                    None => key.to_owned(),
                }
            }
        }
    }
}

/// Behind every resource: what comes from outside stands behind what is made here.
const LAST: Option<ResourceId> = Some(ResourceId(u32::MAX));

/// Where the thing of a resource stands in a list in the order of the template.
fn place<T, K: Copy + Ord>(things: &[T], resource: K, of: impl Fn(&T) -> K) -> Option<usize> {
    things.binary_search_by_key(&resource, of).ok()
}

/// The thing of a resource in such a list.
fn of_resource<T>(things: &[T], resource: ResourceId, of: impl Fn(&T) -> ResourceId) -> Option<&T> {
    place(things, resource, of).map(|place| &things[place])
}

fn private_zones(reader: &Reader<'_, '_, '_>) -> Vec<PrivateZone> {
    let mut zones = Vec::new();
    for resource in reader.resources("AWS::Route53::HostedZone") {
        let Some(vpcs) = reader.property(resource, "VPCs") else { continue };
        let name = reader.property(resource, "Name").and_then(|name| shown_text(&name));
        let items = vpcs.items().unwrap_or_default().iter().map(|item| Item {
            identity: item.get("VPCId").and_then(|vpc| identity::identity(reader.scenario, vpc)),
            span: item.span,
        });
        let items: Vec<Item> = items.collect();
        let complete = vpcs.items().is_some()
            && items.iter().all(|item| item.identity.is_some())
            && !reader.is_handed_out(resource);
        zones.push(PrivateZone::Zone { name, vpcs: Members { span: vpcs.span, items, complete } });
    }
    for resource in reader.resources("AWS::Route53Profiles::ProfileResourceAssociation") {
        let arn = reader.property(resource, "ResourceArn");
        let named = arn.as_ref().and_then(|arn| match &arn.data {
            Data::Pieces(pieces) => pieces.iter().find_map(|piece| match &piece.data {
                Data::Reference(reference) => Some(Identity::Resource(reference.resource)),
                _ => None,
            }),
            _ => identity::identity(reader.scenario, arn),
        });
        zones.push(PrivateZone::Profile(named));
    }
    zones
}

/// The text of a value with `*` for what is not known, and the sign for any Region in place of the stack's.
fn shown_text(value: &Value<'_>) -> Option<String> {
    let shown = |data: &Data<'_>| match data {
        Data::Text(text) => text.clone().into_owned(),
        Data::Symbol(symbol) if symbol.key.as_ref() == "AWS::Region" => facts::ANY_REGION.to_owned(),
        _ => "*".to_owned(),
    };
    match &value.data {
        data @ Data::Text(_) => Some(shown(data)),
        Data::Pieces(pieces) => Some(pieces.iter().map(|piece| shown(&piece.data)).collect()),
        _ => None,
    }
}

/// Reads properties of the resources that exist in a scenario.
struct Reader<'r, 's, 't> {
    scenario: &'r Scenario<'s, 't>,
    shared: &'r Shared<'t>,
    given: &'r [Given],
    assume_closed: bool,
}

impl<'r, 's, 't> Reader<'r, 's, 't> {
    fn of(scenario: &'r Scenario<'s, 't>, shared: &'r Shared<'t>, assume_closed: bool) -> Self {
        Self { scenario, shared, given: shared.given(scenario), assume_closed }
    }

    /// The resources of a type that is read ([`READ_TYPES`]).
    fn resources(&self, kind: &str) -> impl Iterator<Item = ResourceId> {
        let all = self.shared.resources(self.scenario.template, kind).iter().copied();
        all.filter(|&resource| self.scenario.exists(resource))
    }

    fn kind(&self, resource: ResourceId) -> &'r str {
        &self.scenario.template.resource(resource).kind.text
    }

    fn property(&self, resource: ResourceId, name: &str) -> Option<Value<'t>> {
        self.scenario.property(resource, name)
    }

    fn identity(&self, resource: ResourceId, name: &str) -> Option<Identity> {
        identity::identity(self.scenario, &self.property(resource, name)?)
    }

    /// The resource of the template that a property names.
    fn reference(&self, resource: ResourceId, name: &str) -> Option<ResourceId> {
        identity::resource(self.scenario, &self.property(resource, name)?)
    }

    fn members(&self, resource: ResourceId, name: &str) -> Option<Members> {
        self.property(resource, name).map(|value| identity::members(self.scenario, &value))
    }

    /// What a list of maps names, each by one of its keys.
    fn members_by_key(&self, resource: ResourceId, list: &str, key: &str) -> Option<Members> {
        let value = self.property(resource, list)?;
        let Some(items) = value.items() else {
            return Some(Members { span: value.span, items: Vec::new(), complete: false });
        };
        let items: Vec<Item> = items
            .iter()
            .map(|item| {
                let named = item.get(key);
                Item {
                    identity: named.and_then(|named| identity::identity(self.scenario, named)),
                    span: named.map_or(item.span, |named| named.span),
                }
            })
            .collect();
        let complete = items.iter().all(|item| item.identity.is_some());
        Some(Members { span: value.span, items, complete })
    }

    /// What resources that exist, except those of some types, and outputs name.
    fn other_uses(&self, expected: &[&str]) -> impl Iterator<Item = &Use<'s>> {
        let is_other = move |by: ResourceId| !expected.contains(&self.kind(by)) && self.scenario.exists(by);
        self.scenario.uses.iter().filter(move |one| one.by.is_none_or(is_other))
    }

    /// What resources except those of some types, or outputs, name by id or ARN, so that somebody may add to it.
    fn named_elsewhere(&self, expected: &[&str]) -> FxHashSet<ResourceId> {
        self.other_uses(expected).filter(|one| opaque::hands_out(one)).map(|one| one.resource).collect()
    }

    /// Whether something that may add routes, rules or endpoints to a resource is given it.
    fn is_handed_out(&self, resource: ResourceId) -> bool {
        self.given[resource.0 as usize].handed_out
    }

    /// Whether another stack that may do so is given it.
    fn is_given_away(&self, resource: ResourceId) -> bool {
        self.given[resource.0 as usize].given_away
    }

    /// Whether resources may exist that the text does not show.
    fn may_add_resources(&self) -> bool {
        !self.scenario.template.hidden.is_empty()
    }
}
