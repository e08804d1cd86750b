//! Workloads: what runs in which subnets, with which groups, and what the template shows that it needs.

use crate::scenario::{Data, Piece, Value};
use crate::template::ResourceId;
use crate::text::Span;

use super::Reader;
use super::identity::{Identity, Members, identity};

/// Something that runs in subnets and talks to services.
#[derive(Debug)]
pub struct Workload {
    /// The resource.
    pub resource: ResourceId,
    /// What it is.
    pub kind: WorkloadKind,
    /// Its subnets, if the template says.
    pub subnets: Option<Members>,
    /// Its security groups, if the template says.
    pub security_groups: Option<Members>,
    /// Whether no group is written anywhere, so that it is in the default group of its VPC.
    pub in_default_group: bool,
    /// What the template shows that it needs.
    pub needs: Vec<Need>,
}

/// Kinds of workloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkloadKind {
    /// An ECS service on Fargate.
    FargateService {
        /// Platform version 1.3.0 or earlier, which does not call the ECR API.
        old_platform: bool,
    },
    /// An ECS service on instances.
    InstanceService,
    /// A Lambda function in a VPC.
    Function,
    /// An instance.
    Instance,
    /// An Auto Scaling group.
    AutoScalingGroup,
}

impl WorkloadKind {
    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::FargateService { .. } => "Fargate service",
            Self::InstanceService => "ECS service",
            Self::Function => "function",
            Self::Instance => "instance",
            Self::AutoScalingGroup => "Auto Scaling group",
        }
    }
}

/// A service that a workload needs, with the place that shows it.
#[derive(Debug, Clone)]
pub struct Need {
    /// What for.
    pub purpose: Purpose,
    /// The resource that shows it: the workload or its task definition.
    pub resource: ResourceId,
    /// The place that shows it.
    pub span: Span,
}

/// What a workload needs a service for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// Pulls an image from Amazon ECR.
    Image,
    /// Pulls an image from this public registry, which no endpoint leads to.
    PublicImage(&'static str),
    /// Writes logs with the `awslogs` driver.
    Logs,
    /// Reads a secret from Secrets Manager before it starts.
    Secret,
    /// Reads a parameter of Systems Manager before it starts.
    Parameter,
    /// ECS Exec.
    Exec,
    /// Managed by Systems Manager: Session Manager, Run Command, patches.
    Management,
    /// Reads or writes objects in Amazon S3.
    Objects,
    /// Reads or writes tables in `DynamoDB`.
    Tables,
}

impl Workload {
    /// The need for this purpose.
    pub fn need(&self, purpose: Purpose) -> Option<&Need> {
        self.needs.iter().find(|need| need.purpose == purpose)
    }
}

pub(super) fn read(reader: &Reader<'_, '_, '_>) -> Vec<Workload> {
    let mut workloads = Vec::new();
    workloads.extend(
        reader.resources("AWS::ECS::Service").iter().filter_map(|&resource| ecs_service(reader, resource)),
    );
    for kind in ["AWS::Lambda::Function", "AWS::Serverless::Function"] {
        workloads.extend(reader.resources(kind).iter().filter_map(|&resource| function(reader, resource)));
    }
    workloads
        .extend(reader.resources("AWS::EC2::Instance").iter().map(|&resource| instance(reader, resource)));
    let groups = reader.resources("AWS::AutoScaling::AutoScalingGroup");
    workloads.extend(groups.iter().map(|&resource| auto_scaling_group(reader, resource)));
    workloads.sort_by_key(|workload| workload.resource);
    workloads
}

fn members_of(reader: &Reader<'_, '_, '_>, value: Option<&Value<'_>>) -> Option<Members> {
    value.map(|value| super::identity::members(reader.scenario, value))
}

fn ecs_service(reader: &Reader<'_, '_, '_>, resource: ResourceId) -> Option<Workload> {
    let launch = reader.property(resource, "LaunchType");
    let strategy = reader.property(resource, "CapacityProviderStrategy");
    let providers: Option<Vec<&Value<'_>>> = match &strategy {
        None => Some(Vec::new()),
        Some(strategy) => strategy
            .items()
            .map(|items| items.iter().filter_map(|item| item.get("CapacityProvider")).collect()),
    };
    let providers = providers?;
    let fargate_provider = |value: &&Value<'_>| matches!(value.text(), Some("FARGATE" | "FARGATE_SPOT"));
    let fargate = match launch.as_ref().map(Value::text) {
        Some(Some("FARGATE")) => true,
        Some(Some("EC2")) => false,
        None if !providers.is_empty() && providers.iter().all(fargate_provider) => true,
        None if !providers.is_empty() && !providers.iter().any(fargate_provider) => false,
        // The cluster's default strategy decides, or a parameter, or capacity elsewhere.
        _ => return None,
    };
    let network = reader.property(resource, "NetworkConfiguration");
    let network = network.as_ref().and_then(|network| {
        network.get("AwsvpcConfiguration").or_else(|| network.get("AwsVpcConfiguration"))
    });
    let mut subnets = members_of(reader, network.and_then(|network| network.get("Subnets")));
    let security_groups = members_of(reader, network.and_then(|network| network.get("SecurityGroups")));
    let kind = if fargate {
        let platform = reader.property(resource, "PlatformVersion");
        let old = ["1.0.0", "1.1.0", "1.2.0", "1.3.0"];
        let old_platform =
            platform.as_ref().and_then(Value::text).is_some_and(|version| old.contains(&version));
        WorkloadKind::FargateService { old_platform }
    } else {
        // Images are pulled and logs are written by the instance, from its own subnets.
        subnets = providers.first().and_then(|provider| capacity_subnets(reader, provider));
        WorkloadKind::InstanceService
    };
    let mut needs = Vec::new();
    if let Some(definition) = reader.reference(resource, "TaskDefinition")
        && reader.kind(definition) == "AWS::ECS::TaskDefinition"
    {
        task_definition_needs(reader, definition, &mut needs);
    }
    let exec = reader.property(resource, "EnableExecuteCommand");
    if let Some(exec) = exec.filter(|exec| exec.boolean() == Some(true)) {
        needs.push(Need { purpose: Purpose::Exec, resource, span: exec.span });
    }
    let in_default_group = network.is_some() && security_groups.is_none();
    Some(Workload { resource, kind, subnets, security_groups, in_default_group, needs })
}

/// Subnets of the Auto Scaling group behind a capacity provider.
fn capacity_subnets(reader: &Reader<'_, '_, '_>, provider: &Value<'_>) -> Option<Members> {
    let provider = identity(reader.scenario, provider)?.resource()?;
    let group = reader.property(provider, "AutoScalingGroupProvider")?;
    let group = identity(reader.scenario, group.get("AutoScalingGroupArn")?)?.resource()?;
    reader.members(group, "VPCZoneIdentifier")
}

fn task_definition_needs(reader: &Reader<'_, '_, '_>, definition: ResourceId, needs: &mut Vec<Need>) {
    let containers = reader.property(definition, "ContainerDefinitions");
    let mut need = |purpose: Purpose, span: Span| {
        if !needs.iter().any(|need| need.purpose == purpose) {
            needs.push(Need { purpose, resource: definition, span });
        }
    };
    for container in containers.iter().filter_map(Value::items).flatten() {
        if let Some(image) = container.get("Image").filter(|image| is_from_ecr(reader, image)) {
            need(Purpose::Image, image.span);
        }
        if let Some(image) = container.get("Image")
            && let Some(registry) = public_registry(image)
        {
            need(Purpose::PublicImage(registry), image.span);
        }
        if let Some(driver) = container.at(&["LogConfiguration", "LogDriver"])
            && driver.text() == Some("awslogs")
        {
            need(Purpose::Logs, driver.span);
        }
        let secrets = container.get("Secrets").and_then(Value::items).into_iter().flatten();
        let credentials = container.at(&["RepositoryCredentials", "CredentialsParameter"]);
        for from in secrets.filter_map(|secret| secret.get("ValueFrom")).chain(credentials) {
            if let Some(purpose) = secret_store(reader, from) {
                need(purpose, from.span);
            }
        }
    }
}

/// The store that the `ValueFrom` of a container's secret names
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html>).
fn secret_store(reader: &Reader<'_, '_, '_>, from: &Value<'_>) -> Option<Purpose> {
    let mut result = None;
    each_part(from, &mut |part| match part {
        Data::Text(text) if text.contains(":secretsmanager:") => result = result.or(Some(Purpose::Secret)),
        Data::Text(text) if text.contains(":ssm:") => result = result.or(Some(Purpose::Parameter)),
        Data::Reference(reference) => {
            let store = match reader.kind(reference.resource) {
                "AWS::SecretsManager::Secret" => Some(Purpose::Secret),
                "AWS::SSM::Parameter" => Some(Purpose::Parameter),
                _ => None,
            };
            result = result.or(store);
        }
        _ => {}
    });
    result
}

/// Calls `visit` for a scalar value, or for each piece of one.
fn each_part<'t>(value: &Value<'t>, visit: &mut dyn FnMut(&Data<'t>)) {
    match &value.data {
        Data::Pieces(pieces) => pieces.iter().for_each(|Piece { data, .. }| visit(data)),
        data => visit(data),
    }
}

/// Whether an image lies in a private repository of Amazon ECR.
fn is_from_ecr(reader: &Reader<'_, '_, '_>, image: &Value<'_>) -> bool {
    let mut found = false;
    each_part(image, &mut |part| match part {
        Data::Text(text) => found |= text.contains(".dkr.ecr"),
        Data::Reference(reference) => found |= reader.kind(reference.resource) == "AWS::ECR::Repository",
        _ => {}
    });
    found
}

/// Registries on the internet by their hosts. Every other host with a dot may be a private one.
const PUBLIC_REGISTRIES: &[(&str, &str)] = &[
    ("docker.io", DOCKER_HUB),
    ("index.docker.io", DOCKER_HUB),
    ("registry-1.docker.io", DOCKER_HUB),
    ("registry.hub.docker.com", DOCKER_HUB),
    ("public.ecr.aws", "Amazon ECR Public"),
    ("quay.io", "Quay"),
    ("ghcr.io", "the GitHub container registry"),
    ("mcr.microsoft.com", "the Microsoft container registry"),
];

/// Where images without a host in their name come from.
const DOCKER_HUB: &str = "Docker Hub";

/// The public registry that an image comes from, where its name says so as far as it is known: `nginx:${Tag}` does,
/// `${Registry}/nginx` does not
/// (<https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html>).
fn public_registry(image: &Value<'_>) -> Option<&'static str> {
    let (known, whole) = match &image.data {
        Data::Text(text) => (text.as_ref(), true),
        Data::Pieces(pieces) => match &pieces.first()?.data {
            Data::Text(text) => (text.as_ref(), false),
            _ => return None,
        },
        _ => return None,
    };
    let is_name = |text: &str| {
        text.starts_with(|letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit())
            && text.chars().all(|letter| {
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || "._-".contains(letter)
            })
    };
    let Some((first, _)) = known.split_once('/') else {
        let end = known.find([':', '@']).or_else(|| whole.then_some(known.len()))?;
        return is_name(&known[..end]).then_some(DOCKER_HUB);
    };
    if let Some((_, name)) = PUBLIC_REGISTRIES.iter().find(|(host, _)| *host == first) {
        return Some(name);
    }
    (first != "localhost" && !first.contains('.') && is_name(first)).then_some(DOCKER_HUB)
}

fn function(reader: &Reader<'_, '_, '_>, resource: ResourceId) -> Option<Workload> {
    let vpc = reader.property(resource, "VpcConfig")?;
    let subnets = members_of(reader, vpc.get("SubnetIds"));
    let security_groups = members_of(reader, vpc.get("SecurityGroupIds"));
    let mut needs = Vec::new();
    let variables = reader.property(resource, "Environment");
    let variables = variables.as_ref().and_then(|environment| environment.get("Variables"));
    for field in variables.map_or(&[][..], Value::fields) {
        each_part(&field.value, &mut |part| {
            let Data::Reference(reference) = part else { return };
            let purpose = match reader.kind(reference.resource) {
                "AWS::S3::Bucket" => Purpose::Objects,
                "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable" | "AWS::Serverless::SimpleTable" => {
                    Purpose::Tables
                }
                "AWS::SecretsManager::Secret" => Purpose::Secret,
                "AWS::SSM::Parameter" => Purpose::Parameter,
                _ => return,
            };
            needs.push(Need { purpose, resource, span: field.value.span });
        });
    }
    let kind = WorkloadKind::Function;
    Some(Workload { resource, kind, subnets, security_groups, in_default_group: false, needs })
}

fn instance(reader: &Reader<'_, '_, '_>, resource: ResourceId) -> Workload {
    let mut subnets = reader.members(resource, "SubnetId");
    let mut security_groups = reader.members(resource, "SecurityGroupIds");
    if let Some(interfaces) = reader.property(resource, "NetworkInterfaces")
        && let Some(first) = interfaces.items().and_then(<[_]>::first)
    {
        subnets = subnets.or_else(|| members_of(reader, first.get("SubnetId")));
        security_groups = security_groups.or_else(|| members_of(reader, first.get("GroupSet")));
        // The groups of an interface that stands on its own are not followed.
        if first.get("NetworkInterfaceId").is_some() {
            security_groups = None;
        }
    }
    let mut needs = Vec::new();
    // A launch template may say the rest.
    if reader.property(resource, "LaunchTemplate").is_none()
        && let Some(span) = management(reader, reader.property(resource, "IamInstanceProfile").as_ref())
    {
        needs.push(Need { purpose: Purpose::Management, resource, span });
    }
    let in_default_group = ["SecurityGroupIds", "SecurityGroups", "NetworkInterfaces", "LaunchTemplate"]
        .iter()
        .all(|property| reader.property(resource, property).is_none());
    Workload { resource, kind: WorkloadKind::Instance, subnets, security_groups, in_default_group, needs }
}

fn auto_scaling_group(reader: &Reader<'_, '_, '_>, resource: ResourceId) -> Workload {
    let subnets = reader.members(resource, "VPCZoneIdentifier");
    let mut security_groups = None;
    let mut needs = Vec::new();
    let mut profile = None;
    if let Some(configuration) = reader.reference(resource, "LaunchConfigurationName") {
        security_groups = reader.members(configuration, "SecurityGroups");
        profile = reader.property(configuration, "IamInstanceProfile");
    } else if let Some(template) = reader.property(resource, "LaunchTemplate")
        && let Some(id) = template.get("LaunchTemplateId").or_else(|| template.get("LaunchTemplateName"))
        && let Some(template) = identity(reader.scenario, id).and_then(|identity| identity.resource())
        && let Some(data) = reader.property(template, "LaunchTemplateData")
    {
        security_groups = members_of(reader, data.get("SecurityGroupIds"));
        if let Some(first) = data.get("NetworkInterfaces").and_then(Value::items).and_then(<[_]>::first) {
            security_groups = security_groups.or_else(|| members_of(reader, first.get("Groups")));
        }
        profile = data
            .at(&["IamInstanceProfile", "Name"])
            .or_else(|| data.at(&["IamInstanceProfile", "Arn"]))
            .cloned();
    }
    if let Some(span) = management(reader, profile.as_ref()) {
        needs.push(Need { purpose: Purpose::Management, resource, span });
    }
    let kind = WorkloadKind::AutoScalingGroup;
    Workload { resource, kind, subnets, security_groups, in_default_group: false, needs }
}

/// Where the role of an instance profile lets Systems Manager manage the instance
/// (<https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-instance-permissions.html>).
fn management(reader: &Reader<'_, '_, '_>, profile: Option<&Value<'_>>) -> Option<Span> {
    let profile = identity(reader.scenario, profile?)?.resource()?;
    let roles = reader.members(profile, "Roles")?;
    let roles: Vec<ResourceId> = roles.known().filter_map(Identity::resource).collect();
    roles.into_iter().find_map(|role| {
        let policies = reader.property(role, "ManagedPolicyArns")?;
        policies.items()?.iter().find_map(|policy| {
            let mut managed = false;
            each_part(policy, &mut |part| {
                managed |= matches!(part, Data::Text(text) if text.contains("AmazonSSMManagedInstanceCore") || text.contains("AmazonEC2RoleforSSM"));
            });
            managed.then_some(policy.span)
        })
    })
}
