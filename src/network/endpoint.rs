//! VPC endpoints of all types, with the service that each is for.

use std::borrow::Cow;
use std::rc::Rc;

use crate::facts::{self, ANY_REGION, EndpointType, Service};
use crate::scenario::{Data, Value};
use crate::template::{ExpressionKind, Parameter, ResourceId};
use crate::text::Span;

use super::identity::{Identity, Members, identity};
use super::security_group::Protocol;
use super::vpc::Switch;
use super::{List, Network, Reader};

/// A VPC endpoint of the template.
#[derive(Debug)]
pub struct Endpoint<'t> {
    /// The resource.
    pub resource: ResourceId,
    /// Its VPC.
    pub vpc: Option<Identity>,
    /// `VpcEndpointType`; `Gateway` where it is not written; absent where it is not known.
    pub kind: Option<EndpointType>,
    /// Place of `VpcEndpointType`, if it is written.
    pub kind_span: Option<Span>,
    /// The service.
    pub service: ServiceName,
    /// Place of `ServiceName`, if it is written.
    pub service_span: Option<Span>,
    /// The Region in the name of the service, unless it is the one of every stack.
    pub region: Option<NamedRegion>,
    /// `ServiceRegion`, if it is written.
    pub service_region: Option<Value<'t>>,
    /// `SubnetIds`, if it is written.
    pub subnets: Option<Members>,
    /// `RouteTableIds`, if it is written.
    pub route_tables: Option<Members>,
    /// `SecurityGroupIds`, if it is written.
    pub security_groups: Option<Members>,
    /// `IpAddressType`, if it is written.
    pub ip_type: Option<Value<'t>>,
    /// `PrivateDnsEnabled`; default off
    /// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcendpoint.html>).
    pub private_dns: Switch,
    /// Whether the private name works for clients in the VPC too and not only for those behind a resolver
    /// endpoint. Matters for S3, where it is off unless `AllResolvers` is written
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html>).
    pub all_resolvers: Option<bool>,
    /// Whether `PolicyDocument` is written.
    pub has_policy: bool,
    /// Whether a nested stack or custom resource that may change it is given it.
    pub handed_out: bool,
}

/// The service that an endpoint is for.
#[derive(Debug, Clone)]
pub enum ServiceName {
    /// A service of AWS that the data knows.
    Aws(&'static Service),
    /// A name shaped like one of AWS that the data does not know, as written.
    Unlisted(String),
    /// An endpoint service that the template makes.
    Own(ResourceId),
    /// An endpoint service of a customer, partner or vendor.
    Customer,
    /// Not written: endpoints to resources and service networks have none.
    Absent,
    /// Not known.
    Unknown,
}

/// A Region in the name of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedRegion {
    /// The Region.
    pub name: String,
    /// Its place, where the name itself spells it; absent where a parameter or mapping gives it.
    pub span: Option<Span>,
}

impl Endpoint<'_> {
    /// The service of AWS, if it is known.
    pub fn aws_service(&self) -> Option<&'static Service> {
        match self.service {
            ServiceName::Aws(service) => Some(service),
            _ => None,
        }
    }

    /// The id of the service of AWS, if it is known.
    pub fn service_id(&self) -> Option<&'static str> {
        self.aws_service().map(|service| service.id.as_str())
    }

    /// The Region in the name of the service, where it is known.
    pub fn named_region(&self) -> Option<&str> {
        self.region.as_ref().map(|region| region.name.as_str())
    }

    /// Whether it may be for that service of AWS although the name is not known, or stands in for it as the
    /// FIPS variant does.
    pub fn may_be_for(&self, service: &str) -> bool {
        match &self.service {
            ServiceName::Aws(own) => {
                own.id == service || (own.fips && own.id.replace("-fips", "") == service)
            }
            ServiceName::Unknown => true,
            _ => false,
        }
    }

    /// Whether it is an interface endpoint, as far as is known.
    pub fn is(&self, kind: EndpointType) -> bool {
        self.kind == Some(kind)
    }
}

impl<'s, 't> Network<'s, 't> {
    /// The ports on which clients of an endpoint call its service; `None` where they are not known, as for a service
    /// of a customer.
    pub fn service_ports(
        &self,
        endpoint: &Endpoint<'_>,
    ) -> Option<impl Iterator<Item = (Protocol, u16)> + Clone + use<>> {
        let (of_aws, others): (&'static [u16], _) = match (endpoint.kind?, &endpoint.service) {
            (EndpointType::Interface, ServiceName::Aws(service)) => (&service.ports, Vec::new()),
            (EndpointType::Interface, ServiceName::Own(service)) => (&[], self.listener_ports(*service)?),
            // GENEVE (<https://docs.aws.amazon.com/vpc/latest/privatelink/use-cidr-endpoint.html>).
            (EndpointType::Tunnel, _) => (&[], vec![(Protocol::Udp, 6081)]),
            _ => return None,
        };
        Some(of_aws.iter().map(|&port| (Protocol::Tcp, port)).chain(others))
    }

    /// The ports of all listeners behind an endpoint service of the template; `None` where one may be missing.
    fn listener_ports(&self, service: ResourceId) -> Option<Vec<(Protocol, u16)>> {
        let service = self.endpoint_service(service)?;
        let balancers = service.network_load_balancers.as_ref()?;
        let all_here = balancers.complete && balancers.known().all(|one| self.load_balancer(one).is_some());
        if !all_here || !self.template().hidden.is_empty() {
            return None;
        }
        let mut ports = Vec::new();
        for listener in &self.listeners {
            let balancer = listener.load_balancer.as_ref()?;
            if balancers.contains(balancer) {
                ports.push((listener.transport()?, listener.port?.0));
            } else if balancer.resource().is_none() {
                return None;
            }
        }
        (!ports.is_empty()).then_some(ports)
    }

    /// The parameter whose value is the whole service name of an endpoint.
    pub fn parameter_of_service_name(&self, endpoint: &Endpoint<'_>) -> Option<&'s Parameter<'t>> {
        let (span, template) = (endpoint.service_span?, self.template());
        let mut found = None;
        template.property(endpoint.resource, "ServiceName")?.walk(template, &mut |expression| {
            if let ExpressionKind::Ref(name) = &expression.kind
                && expression.span == span
            {
                found = template.find_parameter(&name.text).map(|(_, parameter)| parameter);
            }
        });
        found
    }
}

pub(super) fn read<'t>(reader: &Reader<'_, '_, 't>) -> Rc<List<Endpoint<'t>>> {
    let read = |resource| {
        let read = || Rc::new(endpoint(reader, resource));
        reader.shared.endpoints.get_or_find(reader.scenario, resource, read)
    };
    let read = || Rc::new(reader.resources("AWS::EC2::VPCEndpoint").map(read).collect());
    reader.shared.all_endpoints.get_or_find(reader.scenario, read)
}

fn endpoint<'t>(reader: &Reader<'_, '_, 't>, resource: ResourceId) -> Endpoint<'t> {
    let hidden = reader.scenario.template.resource(resource).properties_hidden;
    let kind = reader.property(resource, "VpcEndpointType");
    let name = reader.property(resource, "ServiceName");
    let options = reader.property(resource, "DnsOptions");
    let option = options.as_ref().and_then(|options| options.get("PrivateDnsOnlyForInboundResolverEndpoint"));
    let all_resolvers = match (&options, option) {
        (Some(options), None) if options.is_unknown() => None,
        (_, None) => Some(false),
        (_, Some(option)) => option.text().map(|text| text == "AllResolvers"),
    };
    let (service, region) =
        name.as_ref().map_or((ServiceName::Absent, None), |name| service_name(reader, name));
    Endpoint {
        resource,
        vpc: reader.identity(resource, "VpcId"),
        kind: match &kind {
            None => Some(EndpointType::Gateway),
            Some(value) => value.text().and_then(EndpointType::from_name),
        },
        kind_span: kind.filter(|_| !hidden).map(|value| value.span),
        service,
        service_span: name.map(|name| name.span),
        region,
        service_region: reader.property(resource, "ServiceRegion"),
        subnets: reader.members(resource, "SubnetIds"),
        route_tables: reader.members(resource, "RouteTableIds"),
        security_groups: reader.members(resource, "SecurityGroupIds"),
        ip_type: reader.property(resource, "IpAddressType"),
        private_dns: Switch::of(reader.property(resource, "PrivateDnsEnabled")),
        all_resolvers,
        has_policy: reader.scenario.has_property(resource, "PolicyDocument"),
        handed_out: reader.is_handed_out(resource),
    }
}

/// Reads a service name: literal, or with the Region left to the deployment.
fn service_name(reader: &Reader<'_, '_, '_>, name: &Value<'_>) -> (ServiceName, Option<NamedRegion>) {
    let text: Cow<'_, str> = match &name.data {
        Data::Text(text) => Cow::Borrowed(text),
        Data::Pieces(pieces) => {
            // As long as the names of services are.
            let mut text = String::with_capacity(64);
            for (index, piece) in pieces.iter().enumerate() {
                match &piece.data {
                    Data::Text(literal) => text.push_str(literal),
                    Data::Reference(reference) => {
                        let target = reader.scenario.template.resource(reference.resource);
                        let own =
                            target.kind.text == "AWS::EC2::VPCEndpointService" && text.contains(".vpce.");
                        if own
                            && reference.attribute.as_deref().is_none_or(|attribute| attribute == "ServiceId")
                        {
                            return (ServiceName::Own(reference.resource), None);
                        }
                        return (ServiceName::Unknown, None);
                    }
                    // Whatever stands between "com.amazonaws." and the next dot is the Region.
                    Data::Symbol(_) if text.ends_with('.') && starts_with_dot(pieces.get(index + 1)) => {
                        text.push_str(ANY_REGION);
                    }
                    _ if text.contains(".vpce.") => return (ServiceName::Customer, None),
                    _ => return (ServiceName::Unknown, None),
                }
            }
            Cow::Owned(text)
        }
        _ => {
            // A pattern of the template decides what a parameter may be.
            if let Data::Symbol(symbol) = &name.data
                && let Some((_, parameter)) = reader.scenario.template.find_parameter(&symbol.key)
                && parameter.pattern.as_deref().is_some_and(admits_customer_services_only)
            {
                return (ServiceName::Customer, None);
            }
            // An attribute of the service such as `GetAtt Service.ServiceName` does not exist, but what is meant is clear.
            let service = match identity(reader.scenario, name) {
                Some(Identity::Resource(resource))
                    if reader.scenario.template.resource(resource).kind.text
                        == "AWS::EC2::VPCEndpointService" =>
                {
                    ServiceName::Own(resource)
                }
                _ => ServiceName::Unknown,
            };
            return (service, None);
        }
    };
    let Some(recognised) = facts::recognise(&text) else { return (ServiceName::Unknown, None) };
    // The names of some services hold the same Region everywhere.
    let varies = |service: &Service| service.name.contains(ANY_REGION);
    let region = recognised
        .region
        .filter(|region| *region != ANY_REGION && recognised.service.is_none_or(varies))
        .map(|region| NamedRegion { name: region.to_owned(), span: place_of(reader, name.span, region) });
    let service = match recognised.service {
        _ if recognised.customer => ServiceName::Customer,
        Some(service) => ServiceName::Aws(service),
        None => ServiceName::Unlisted(text.into_owned()),
    };
    (service, region)
}

/// Whether every name that an `AllowedPattern` lets through begins as those of endpoint services of customers do: a
/// value must match it from the first letter to the last.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>
fn admits_customer_services_only(pattern: &str) -> bool {
    let pattern = pattern.trim_start_matches('^');
    // Behind `|` stands another way to match.
    let begins = |prefix: &str| pattern.starts_with(prefix) && !pattern.contains('|');
    begins(r"com\.amazonaws\.vpce\.") || begins("com.amazonaws.vpce.")
}

/// Where in the text of a value a word stands, if it stands there.
fn place_of(reader: &Reader<'_, '_, '_>, value: Span, word: &str) -> Option<Span> {
    let offset = reader.scenario.template.source.get(value.range())?.find(word)?;
    let start = value.start as usize + offset;
    Some(Span::new(value.file, start, start + word.len()))
}

fn starts_with_dot(piece: Option<&crate::scenario::Piece<'_>>) -> bool {
    matches!(piece, Some(crate::scenario::Piece { data: Data::Text(text), .. }) if text.starts_with('.'))
}
