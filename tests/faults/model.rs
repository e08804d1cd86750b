//! What the oracle reads of a template: plain values, and the few questions whose answer is beyond doubt. It shares no
//! code with the linter's own model, so that the two can be wrong in different ways only.

use serde_json::Value;

/// A template as the oracle sees it.
pub(crate) struct Model {
    document: Value,
    pub(crate) resources: Vec<Resource>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) workloads: Vec<Workload>,
}

/// A resource.
pub(crate) struct Resource {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) condition: Option<String>,
    pub(crate) body: Value,
}

/// A VPC endpoint; what is not known beyond doubt is absent.
pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) condition: Option<String>,
    pub(crate) vpc: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) service: Option<String>,
    pub(crate) subnets: Option<Vec<String>>,
    pub(crate) groups: Option<Vec<String>>,
    pub(crate) tables: Option<Vec<String>>,
    pub(crate) private_dns: Option<bool>,
}

/// Something that runs in subnets of the template, all of which are known.
pub(crate) struct Workload {
    /// The resource, then its task definition.
    pub(crate) ids: Vec<String>,
    pub(crate) condition: Option<String>,
    pub(crate) subnets: Vec<String>,
    pub(crate) groups: Option<Vec<String>>,
    pub(crate) needs: Vec<Need>,
}

/// What a workload certainly needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// An image from Amazon ECR, with platform version 1.4.0 or on an instance.
    Image,
    /// The `awslogs` driver of a task.
    Logs,
    /// A secret of a task.
    Secret,
    /// ECS Exec.
    Exec,
    /// An instance that Systems Manager manages.
    Management,
    /// The answer of a custom resource.
    Answer,
    /// A bucket in the environment of a function.
    Objects,
    /// A table in the environment of a function.
    Tables,
}

/// Services whose endpoints listen on 443, can have private DNS and take a policy.
pub(crate) const PLAIN_SERVICES: &[&str] = &[
    "ecr.api",
    "ecr.dkr",
    "logs",
    "monitoring",
    "ssm",
    "ssmmessages",
    "ec2",
    "sts",
    "kms",
    "secretsmanager",
    "sqs",
    "sns",
    "lambda",
    "events",
    "states",
    "kinesis-streams",
    "ecs",
    "ecs-agent",
    "ecs-telemetry",
    "sagemaker.api",
    "sagemaker.runtime",
    "elasticloadbalancing",
    "autoscaling",
    "cloudformation",
];

/// Attributes that are another name of the resource itself.
const OWN_NAMES: &[&str] = &[
    "Arn",
    "GroupId",
    "Id",
    "ListenerArn",
    "LoadBalancerArn",
    "RouteTableId",
    "ServiceId",
    "SubnetId",
    "TargetGroupArn",
    "VpcId",
];

impl Model {
    pub(crate) fn of(document: &Value) -> Option<Self> {
        let mut resources = Vec::new();
        for (id, body) in document.get("Resources")?.as_object()? {
            resources.push(Resource {
                id: id.clone(),
                kind: body.get("Type").and_then(Value::as_str).unwrap_or_default().to_owned(),
                condition: body.get("Condition").and_then(Value::as_str).map(str::to_owned),
                body: body.clone(),
            });
        }
        let mut model =
            Self { document: document.clone(), resources, endpoints: Vec::new(), workloads: Vec::new() };
        model.endpoints = model.of_kind("AWS::EC2::VPCEndpoint").map(|it| model.endpoint(it)).collect();
        model.workloads = model.read_workloads();
        Some(model)
    }

    pub(crate) fn of_kind<'m>(&'m self, kind: &'m str) -> impl Iterator<Item = &'m Resource> {
        self.resources.iter().filter(move |resource| resource.kind == kind)
    }

    pub(crate) fn resource(&self, id: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.id == id)
    }

    /// The resource of this type that a value names, written `<Id>`.
    pub(crate) fn named(&self, canonical: &str, kind: &str) -> Option<&Resource> {
        let id = canonical.strip_prefix('<')?.strip_suffix('>')?;
        self.resource(id).filter(|resource| resource.kind == kind)
    }

    /// The resource of this type that a property names.
    pub(crate) fn target(&self, of: &Resource, property: &str, kind: &str) -> Option<&Resource> {
        self.named(&self.canonical(of.property(property)?)?, kind)
    }

    /// One spelling for equal values: `<Vpc>` for `Ref` and `GetAtt Vpc.VpcId`, text with `<...>` for what is not known.
    /// `None` for what depends on conditions and for lists.
    pub(crate) fn canonical(&self, value: &Value) -> Option<String> {
        let (name, argument) = match value {
            Value::String(text) => return Some(text.clone()),
            Value::Object(map) if map.len() == 1 => map.iter().next()?,
            _ => return None,
        };
        match (name.as_str(), argument) {
            ("Ref", Value::String(name)) if name == "AWS::NoValue" => None,
            ("Ref", Value::String(name)) => Some(format!("<{name}>")),
            ("Fn::GetAtt", _) => {
                let (resource, attribute) = attribute(argument)?;
                Some(variable(&format!("{resource}.{attribute}")))
            }
            ("Fn::Sub", Value::String(text)) => Some(self.substituted(text, None)),
            ("Fn::Sub", Value::Array(parts)) => {
                Some(self.substituted(parts.first()?.as_str()?, parts.get(1)))
            }
            ("Fn::Join", Value::Array(parts)) => {
                let delimiter = parts.first()?.as_str()?;
                let parts: Option<Vec<String>> =
                    parts.get(1)?.as_array()?.iter().map(|part| self.canonical(part)).collect();
                Some(parts?.join(delimiter))
            }
            ("Fn::ImportValue", _) => Some(format!("<import {argument}>")),
            ("Fn::If" | "Fn::Split" | "Fn::GetAZs" | "Fn::Cidr", _) => None,
            _ if name.starts_with("Fn::") && !value.to_string().contains("Fn::If") => {
                Some(format!("<{value}>"))
            }
            _ => None,
        }
    }

    fn substituted(&self, text: &str, values: Option<&Value>) -> String {
        let mut result = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, behind) = after.split_once('}').unwrap_or((after, ""));
            result.push_str(before);
            let given = values.and_then(|values| values.get(name)).and_then(|value| self.canonical(value));
            result.push_str(&given.unwrap_or_else(|| variable(name)));
            rest = behind;
        }
        result + rest
    }

    /// The items of a list property; `None` where one may stand for several or depends on a condition.
    pub(crate) fn list(&self, value: &Value) -> Option<Vec<String>> {
        let items = match value {
            Value::Array(items) => items.iter().collect(),
            _ => vec![value],
        };
        items
            .into_iter()
            .map(|item| self.canonical(item).filter(|item| !self.is_list_parameter(item)))
            .collect()
    }

    fn is_list_parameter(&self, canonical: &str) -> bool {
        let name = canonical.trim_start_matches('<').trim_end_matches('>');
        let kind = self.document.pointer(&format!("/Parameters/{name}/Type")).and_then(Value::as_str);
        let custom =
            self.resource(name.split('.').next().unwrap_or_default()).is_some_and(Resource::is_opaque);
        custom || kind.is_some_and(|kind| kind.contains("List"))
    }

    /// Whether more may belong to the template than its text shows.
    pub(crate) fn hides_something(&self) -> bool {
        let known = ["AWS::Serverless-2016-10-31", "AWS::LanguageExtensions"];
        let transforms = match self.document.get("Transform") {
            None => Vec::new(),
            Some(Value::Array(items)) => items.iter().collect(),
            Some(one) => vec![one],
        };
        transforms.iter().any(|name| !name.as_str().is_some_and(|name| known.contains(&name)))
            || self.document.to_string().contains("Fn::Transform")
            || self.resources.iter().any(|it| it.id.starts_with("Fn::") || !it.kind.contains("::"))
    }

    /// Whether something that may add to a resource is given it.
    pub(crate) fn is_handed_out(&self, id: &str) -> bool {
        self.resources.iter().any(|other| other.is_opaque() && mentions(&other.body, id))
    }

    /// Whether an output gives it away, so that another stack may add to it.
    pub(crate) fn is_given_away(&self, id: &str) -> bool {
        self.document.get("Outputs").is_some_and(|outputs| mentions(outputs, id))
    }

    pub(crate) fn outputs(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.document.get("Outputs").and_then(Value::as_object).into_iter().flatten()
    }

    /// Whether something uses this attribute of a resource.
    pub(crate) fn uses_attribute(&self, id: &str, name: &str) -> bool {
        let text = self.document.to_string();
        text.contains(&format!("[\"{id}\",\"{name}\"]")) || text.contains(&format!("{id}.{name}"))
    }

    /// Whether ids of a network outside are written down.
    pub(crate) fn has_literal_ids(&self) -> bool {
        let text = self.document.to_string();
        ["vpc-", "subnet-", "sg-", "rtb-"].iter().any(|prefix| text.contains(&format!("\"{prefix}")))
    }

    /// NAT gateways of the template to which a default route of the VPC leads, where no other stack can add routes.
    pub(crate) fn translated_by(&self, vpc: &str) -> Option<Vec<String>> {
        let mut gateways = Vec::new();
        for route in self.of_kind("AWS::EC2::Route") {
            let table = self.target(route, "RouteTableId", "AWS::EC2::RouteTable")?;
            if route.property("VpcEndpointId").is_some() || self.is_given_away(&table.id) {
                return None;
            }
            let own = self.canonical(table.property("VpcId")?)? == vpc;
            if let Some(gateway) = self.target(route, "NatGatewayId", "AWS::EC2::NatGateway")
                && own
                && route.condition.is_none()
                && gateway.condition.is_none()
            {
                gateways.push(gateway.id.clone());
            }
        }
        (!gateways.is_empty()).then_some(gateways)
    }

    /// Whether something in the template may name a service by itself.
    pub(crate) fn has_private_names(&self) -> bool {
        self.resources.iter().any(|it| it.kind.starts_with("AWS::Route53"))
    }

    /// Whether a Region is spelled out somewhere.
    pub(crate) fn names_a_region(&self) -> bool {
        let text = self.document.to_string();
        ["us-", "eu-", "ap-", "ca-", "sa-", "me-", "af-", "il-", "cn-", "mx-"].iter().any(|start| {
            text.match_indices(start).any(|(at, _)| {
                let rest = &text[at + start.len()..];
                let word = rest.find(|it: char| !it.is_ascii_lowercase()).unwrap_or(0);
                word > 3 && rest[word..].starts_with('-') && rest[word + 1..].starts_with(char::is_numeric)
            })
        })
    }

    /// Whether the template makes the VPC and shows every endpoint that can be used in it.
    pub(crate) fn is_closed(&self, vpc: &str) -> bool {
        let Some(resource) = self.named(vpc, "AWS::EC2::VPC") else { return false };
        let joined = self.resources.iter().any(|it| {
            it.kind == "AWS::EC2::VPNGatewayRoutePropagation"
                || it.kind == "AWS::EC2::Route"
                    && ["TransitGatewayId", "VpcPeeringConnectionId", "CoreNetworkArn"]
                        .iter()
                        .any(|key| it.property(key).is_some())
        });
        let endpoints_known = self.endpoints.iter().all(|it| it.vpc.is_some() && it.service.is_some());
        !joined && endpoints_known && !self.hides_something() && !self.is_handed_out(&resource.id)
    }

    /// Whether nothing leads out of any subnet of the VPC: none of its route tables has a route.
    pub(crate) fn is_sealed(&self, vpc: &str) -> bool {
        self.is_closed(vpc)
            && self.of_kind("AWS::EC2::Route").all(|route| {
                let table = self.target(route, "RouteTableId", "AWS::EC2::RouteTable");
                let own = table.and_then(|table| self.canonical(table.property("VpcId")?));
                own.is_some_and(|own| own != vpc)
            })
    }

    /// The route table of a subnet from which certainly nothing leads out.
    pub(crate) fn isolated_table(&self, subnet: &str) -> Option<&Resource> {
        let mut tables = Vec::new();
        for association in self.of_kind("AWS::EC2::SubnetRouteTableAssociation") {
            if self.canonical(association.property("SubnetId")?)? == subnet {
                tables.push(self.target(association, "RouteTableId", "AWS::EC2::RouteTable")?);
            }
        }
        let [table] = tables.as_slice() else { return None };
        for route in self.of_kind("AWS::EC2::Route") {
            if self.target(route, "RouteTableId", "AWS::EC2::RouteTable")?.id == table.id {
                return None;
            }
        }
        let shown = !self.hides_something()
            && !self.is_given_away(&table.id)
            && !self.is_handed_out(&table.id)
            && self.of_kind("AWS::EC2::VPNGatewayRoutePropagation").next().is_none();
        shown.then_some(*table)
    }

    /// Whether nothing leads out of the subnets of a workload.
    pub(crate) fn is_isolated(&self, workload: &Workload) -> bool {
        workload.subnets.iter().all(|subnet| self.isolated_table(subnet).is_some())
    }

    /// The VPC of a workload.
    pub(crate) fn vpc_of(&self, workload: &Workload) -> Option<String> {
        let subnet = self.named(workload.subnets.first()?, "AWS::EC2::Subnet")?;
        self.canonical(subnet.property("VpcId")?)
    }

    /// Workloads without a way out of the VPC that need something and exist at least where `condition` holds.
    pub(crate) fn isolated<'m>(&'m self, vpc: &'m str, need: Need) -> impl Iterator<Item = &'m Workload> {
        self.workloads.iter().filter(move |it| {
            it.needs.contains(&need)
                && it.condition.is_none()
                && self.is_isolated(it)
                && self.vpc_of(it).as_deref() == Some(vpc)
        })
    }

    fn endpoint(&self, resource: &Resource) -> Endpoint {
        let text = |name: &str| resource.property(name).and_then(|value| self.canonical(value));
        let list = |name: &str| match resource.property(name) {
            None => Some(Vec::new()),
            Some(value) => self.list(value),
        };
        let service = text("ServiceName").and_then(|name| {
            let name = name.strip_prefix("com.amazonaws.")?.to_owned();
            let (region, service) = name.split_once('.')?;
            (region != "vpce" && !service.contains(['<', '{'])).then(|| service.to_owned())
        });
        let flag = |name: &str| match resource.property(name) {
            None => Some(false),
            Some(value) => self.canonical(value)?.to_lowercase().parse().ok(),
        };
        Endpoint {
            id: resource.id.clone(),
            condition: resource.condition.clone(),
            vpc: text("VpcId"),
            kind: match resource.property("VpcEndpointType") {
                None => Some("Gateway".to_owned()),
                Some(value) => self.canonical(value),
            },
            service,
            subnets: list("SubnetIds"),
            groups: list("SecurityGroupIds"),
            tables: list("RouteTableIds"),
            private_dns: flag("PrivateDnsEnabled"),
        }
    }

    fn read_workloads(&self) -> Vec<Workload> {
        let tasks = self.of_kind("AWS::ECS::Service").filter_map(|it| self.fargate_service(it));
        let instances = self.of_kind("AWS::EC2::Instance").filter_map(|it| self.instance(it));
        let functions = self.of_kind("AWS::Lambda::Function").filter_map(|it| self.function(it));
        let fleets = self.of_kind("AWS::AutoScaling::AutoScalingGroup").filter_map(|it| self.fleet(it));
        tasks.chain(instances).chain(functions).chain(fleets).collect()
    }

    /// Subnets that are all of the template.
    fn own_subnets(&self, value: &Value) -> Option<Vec<String>> {
        let subnets = self.list(value)?;
        let own = |subnet: &String| {
            self.named(subnet, "AWS::EC2::Subnet").is_some_and(|subnet| subnet.condition.is_none())
        };
        (!subnets.is_empty() && subnets.iter().all(own)).then_some(subnets)
    }

    fn fargate_service(&self, service: &Resource) -> Option<Workload> {
        let text = |name: &str| service.property(name).and_then(|value| self.canonical(value));
        if text("LaunchType").as_deref() != Some("FARGATE") || service.property("PlatformVersion").is_some() {
            return None;
        }
        let network = service.property("NetworkConfiguration")?.get("AwsvpcConfiguration")?;
        let task = self.target(service, "TaskDefinition", "AWS::ECS::TaskDefinition")?;
        let mut needs = Vec::new();
        for container in task.property("ContainerDefinitions")?.as_array()? {
            let image = self.canonical(container.get("Image")?).unwrap_or_default();
            let own_repository = self.of_kind("AWS::ECR::Repository").any(|it| mentions(container, &it.id));
            if image.contains(".dkr.ecr.") || own_repository {
                needs.push(Need::Image);
            }
            if container.pointer("/LogConfiguration/LogDriver").and_then(Value::as_str) == Some("awslogs") {
                needs.push(Need::Logs);
            }
            let secrets = container.get("Secrets");
            let own_secret = |it: &Resource| secrets.is_some_and(|secrets| mentions(secrets, &it.id));
            if self.of_kind("AWS::SecretsManager::Secret").any(own_secret) {
                needs.push(Need::Secret);
            }
        }
        if text("EnableExecuteCommand").as_deref() == Some("true") {
            needs.push(Need::Exec);
        }
        Some(Workload {
            ids: vec![service.id.clone(), task.id.clone()],
            condition: service.condition.clone(),
            subnets: self.own_subnets(network.get("Subnets")?)?,
            groups: network.get("SecurityGroups").and_then(|groups| self.list(groups)),
            needs,
        })
    }

    fn instance(&self, instance: &Resource) -> Option<Workload> {
        let interface = instance.property("NetworkInterfaces").and_then(|it| it.get(0));
        let subnet = instance.property("SubnetId").or_else(|| interface?.get("SubnetId"))?;
        let groups = instance.property("SecurityGroupIds").or_else(|| interface?.get("GroupSet"));
        let profile = self.canonical(instance.property("IamInstanceProfile")?)?;
        Some(Workload {
            ids: vec![instance.id.clone()],
            condition: instance.condition.clone(),
            subnets: self.own_subnets(subnet)?,
            groups: groups.and_then(|groups| self.list(groups)),
            needs: self.management(&profile)?,
        })
    }

    fn function(&self, function: &Resource) -> Option<Workload> {
        let config = function.property("VpcConfig")?;
        let answers = |other: &Resource| {
            other.is_custom() && other.property("ServiceToken").is_some_and(|it| mentions(it, &function.id))
        };
        let variables = function.property("Environment").and_then(|it| it.get("Variables"));
        let names =
            |kind: &str| variables.is_some_and(|it| self.of_kind(kind).any(|other| mentions(it, &other.id)));
        Some(Workload {
            ids: vec![function.id.clone()],
            condition: function.condition.clone(),
            subnets: self.own_subnets(config.get("SubnetIds")?)?,
            groups: config.get("SecurityGroupIds").and_then(|groups| self.list(groups)),
            needs: [
                (Need::Answer, self.resources.iter().any(answers)),
                (Need::Objects, names("AWS::S3::Bucket")),
                (Need::Tables, names("AWS::DynamoDB::Table")),
            ]
            .into_iter()
            .filter_map(|(need, shown)| shown.then_some(need))
            .collect(),
        })
    }

    /// A group of instances from a launch template.
    fn fleet(&self, fleet: &Resource) -> Option<Workload> {
        let template = fleet.property("LaunchTemplate")?.get("LaunchTemplateId")?;
        let template = self.named(&self.canonical(template)?, "AWS::EC2::LaunchTemplate")?;
        let data = template.property("LaunchTemplateData")?;
        let profile = data.get("IamInstanceProfile")?;
        let profile = self.canonical(profile.get("Arn").or_else(|| profile.get("Name"))?)?;
        Some(Workload {
            ids: vec![fleet.id.clone()],
            condition: fleet.condition.clone(),
            subnets: self.own_subnets(fleet.property("VPCZoneIdentifier")?)?,
            groups: data.get("SecurityGroupIds").and_then(|groups| self.list(groups)),
            needs: self.management(&profile)?,
        })
    }

    fn management(&self, profile: &str) -> Option<Vec<Need>> {
        let profile = self.named(profile, "AWS::IAM::InstanceProfile")?;
        let roles = self.list(profile.property("Roles")?)?;
        let role = self.named(roles.first()?, "AWS::IAM::Role")?;
        let policies = self.list(role.property("ManagedPolicyArns")?)?;
        let managed = policies.iter().any(|policy| policy.ends_with("/AmazonSSMManagedInstanceCore"));
        Some(if managed { vec![Need::Management] } else { Vec::new() })
    }
}

impl Resource {
    pub(crate) fn property(&self, name: &str) -> Option<&Value> {
        self.body.get("Properties")?.get(name)
    }

    fn is_custom(&self) -> bool {
        self.kind.starts_with("Custom::") || self.kind == "AWS::CloudFormation::CustomResource"
    }

    /// Whether it may do anything with what it is given.
    fn is_opaque(&self) -> bool {
        self.is_custom() || self.kind == "AWS::CloudFormation::Stack" || !self.kind.starts_with("AWS::")
    }
}

/// `GetAtt` with both names in one text or two.
fn attribute(argument: &Value) -> Option<(String, String)> {
    match argument {
        Value::String(text) => text.split_once('.').map(|(one, two)| (one.to_owned(), two.to_owned())),
        Value::Array(parts) => {
            Some((parts.first()?.as_str()?.to_owned(), parts.get(1)?.as_str()?.to_owned()))
        }
        _ => None,
    }
}

/// The spelling of a name in `${...}`.
fn variable(name: &str) -> String {
    match name.split_once('.') {
        Some((resource, attribute)) if OWN_NAMES.contains(&attribute) => format!("<{resource}>"),
        _ if name.starts_with('!') => format!("${{{}}}", &name[1..]),
        _ => format!("<{name}>"),
    }
}

/// Whether a value names a resource.
pub(crate) fn mentions(value: &Value, id: &str) -> bool {
    let sub = |text: &str| text.contains(&format!("${{{id}}}")) || text.contains(&format!("${{{id}."));
    match value {
        Value::Object(map) => map.iter().any(|(key, inner)| match (key.as_str(), inner) {
            ("Ref", Value::String(name)) => name == id,
            ("Fn::GetAtt", inner) => attribute(inner).is_some_and(|(name, _)| name == id),
            ("Fn::Sub", Value::String(text)) => sub(text),
            ("Fn::Sub", Value::Array(parts)) => {
                parts.first().and_then(Value::as_str).is_some_and(sub)
                    || parts.iter().skip(1).any(|part| mentions(part, id))
            }
            (_, inner) => mentions(inner, id),
        }),
        Value::Array(items) => items.iter().any(|item| mentions(item, id)),
        _ => false,
    }
}
