//! What the private DNS name of an endpoint service takes: proof of who owns its domain, and certificates that cover it.

use rustc_hash::FxHashSet;

use crate::scenario::{Data, Value};
use crate::template::{Asks, ResourceId};
use crate::text::Span;

use super::identity::{Identity, Members};
use super::load_balancer::{EndpointService, Listener, ListenerProtocol};
use super::{Network, Reader};

/// What the template has for private DNS names of its endpoint services.
#[derive(Debug, Default)]
pub(super) struct PrivateNames {
    zones: Vec<PublicZone>,
    certificates: Vec<Certificate>,
    /// What `ListenerCertificate` resources add, with the listener.
    added_certificates: Vec<(Option<Identity>, Option<Members>)>,
    /// Services whose TXT record something names.
    proven: FxHashSet<ResourceId>,
    /// Whether a TXT record of the template may have been copied from a service.
    has_copied_proof: bool,
}

/// A public hosted zone to which nothing but records of the template is added.
#[derive(Debug)]
struct PublicZone {
    resource: ResourceId,
    /// Canonical spelling of its name, in lower case and without a dot at the end.
    name: String,
}

/// A certificate of the template.
#[derive(Debug)]
pub struct Certificate {
    /// The resource.
    pub resource: ResourceId,
    /// `DomainName` and `SubjectAlternativeNames` in lower case, with their places; absent where one is not known.
    pub names: Option<Vec<(String, Span)>>,
}

/// Resources that name a hosted zone and make no record that proves a domain, or are read here.
const EXPECTED_USERS: &[&str] = &[
    "AWS::CertificateManager::Certificate",
    "AWS::Route53::HostedZone",
    "AWS::Route53::RecordSet",
    "AWS::Route53::RecordSetGroup",
];

/// Attributes of an endpoint service for the TXT record
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ec2-vpcendpointservice-privatednsnameconfiguration.html>).
const PROOF: &str = "PrivateDnsNameConfiguration";

pub(super) fn read(reader: &Reader<'_, '_, '_>) -> PrivateNames {
    if reader.resources("AWS::EC2::VPCEndpointService").next().is_none() {
        return PrivateNames::default();
    }
    let named = reader.named_elsewhere(EXPECTED_USERS);
    let zones = reader.resources("AWS::Route53::HostedZone").filter_map(|resource| {
        let hidden = named.contains(&resource) || reader.may_add_resources();
        if hidden || reader.property(resource, "VPCs").is_some() {
            return None;
        }
        Some(PublicZone { resource, name: domain(&reader.property(resource, "Name")?)? })
    });
    let certificates = reader
        .resources("AWS::CertificateManager::Certificate")
        .map(|resource| Certificate { resource, names: certificate_names(reader, resource) });
    let added = reader.resources("AWS::ElasticLoadBalancingV2::ListenerCertificate").map(|resource| {
        let certificates = reader.members_by_key(resource, "Certificates", "CertificateArn");
        (reader.identity(resource, "ListenerArn"), certificates)
    });
    PrivateNames {
        zones: zones.collect(),
        certificates: certificates.collect(),
        added_certificates: added.collect(),
        proven: proven(reader),
        has_copied_proof: has_copied_proof(reader),
    }
}

/// A domain name as far as it is known, to compare it with others.
fn domain(value: &Value<'_>) -> Option<String> {
    Some(value.canonical()?.trim_end_matches('.').to_ascii_lowercase())
}

fn certificate_names(reader: &Reader<'_, '_, '_>, resource: ResourceId) -> Option<Vec<(String, Span)>> {
    let mut values = vec![reader.property(resource, "DomainName")?];
    if let Some(others) = reader.property(resource, "SubjectAlternativeNames") {
        values.extend(others.items()?.iter().cloned());
    }
    values.iter().map(|value| Some((value.text()?.to_ascii_lowercase(), value.span))).collect()
}

/// Services of which something names the record that proves their domain.
fn proven(reader: &Reader<'_, '_, '_>) -> FxHashSet<ResourceId> {
    let may_ask = |asks: &Asks<'_>| match asks {
        Asks::Attribute(attribute, _) => attribute.starts_with(PROOF),
        Asks::SomeAttribute => true,
        Asks::Itself => false,
    };
    reader.other_uses(&[]).filter(|one| may_ask(&one.asks)).map(|one| one.resource).collect()
}

/// The name of a record that proves a domain starts with an underscore
/// (<https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html>).
fn has_copied_proof(reader: &Reader<'_, '_, '_>) -> bool {
    let may_prove = |kind: Option<&Value<'_>>, name: Option<&Value<'_>>| {
        let is_text_record = kind.and_then(Value::text).is_none_or(|kind| kind == "TXT");
        let start = name.and_then(|name| match &name.data {
            Data::Text(text) => Some(text.as_ref()),
            Data::Pieces(pieces) => match &pieces.first()?.data {
                Data::Text(text) => Some(text.as_ref()),
                _ => None,
            },
            _ => None,
        });
        is_text_record && start.is_none_or(|start| start.starts_with('_'))
    };
    let alone = reader.resources("AWS::Route53::RecordSet").any(|record| {
        may_prove(reader.property(record, "Type").as_ref(), reader.property(record, "Name").as_ref())
    });
    let grouped = reader.resources("AWS::Route53::RecordSetGroup").any(|group| {
        let records = reader.property(group, "RecordSets");
        records.as_ref().and_then(Value::items).is_none_or(|records| {
            records.iter().any(|record| may_prove(record.get("Type"), record.get("Name")))
        })
    });
    alone || grouped
}

impl Network<'_, '_> {
    /// The public hosted zone of the template for the private DNS name of a service, where certainly no record in it
    /// proves the domain.
    pub fn zone_without_proof(&self, service: &EndpointService<'_>) -> Option<ResourceId> {
        let known = &self.private_names;
        if service.handed_out || known.has_copied_proof || known.proven.contains(&service.resource) {
            return None;
        }
        let name = domain(service.private_dns_name.as_ref()?)?;
        let holds = |zone: &&PublicZone| {
            name.strip_suffix(&zone.name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        // The nearest of several zones is the one that answers.
        known.zones.iter().filter(holds).max_by_key(|zone| zone.name.len()).map(|zone| zone.resource)
    }

    /// The TLS listeners of a service with their certificates, all of the template, where none covers the private DNS
    /// name of the service.
    pub fn listeners_without_private_name<'n>(
        &'n self,
        service: &'n EndpointService<'_>,
    ) -> Option<Vec<(&'n Listener, Vec<&'n Certificate>)>> {
        let name = service.private_dns_name.as_ref()?.text()?.to_ascii_lowercase();
        let balancers = service.network_load_balancers.as_ref().filter(|balancers| balancers.complete)?;
        let mut result = Vec::new();
        for balancer in balancers.known() {
            let balancer = self.load_balancer(balancer).filter(|balancer| !balancer.passed_on)?;
            for listener in self.listeners_of(balancer) {
                if listener.protocol?.0 != ListenerProtocol::Tls {
                    continue;
                }
                let certificates = self.certificates_of(listener)?;
                for certificate in &certificates {
                    if certificate.names.as_ref()?.iter().any(|(own, _)| covers(own, &name)) {
                        return None;
                    }
                }
                result.push((listener, certificates));
            }
        }
        Some(result)
    }

    /// The certificates of a listener, where the template makes all of them; one at least.
    fn certificates_of(&self, listener: &Listener) -> Option<Vec<&Certificate>> {
        let own = Identity::Resource(listener.resource);
        let mut lists = vec![listener.certificates.as_ref()?];
        for (other, certificates) in &self.private_names.added_certificates {
            if other.as_ref().is_none_or(|other| !other.differs(&own)) {
                lists.push(certificates.as_ref()?);
            }
        }
        let mut certificates = Vec::new();
        for list in lists {
            if !list.complete {
                return None;
            }
            for identity in list.known() {
                let resource = identity.resource()?;
                let known = &self.private_names.certificates;
                let place = super::place(known, resource, |certificate| certificate.resource)?;
                certificates.push(&known[place]);
            }
        }
        (!certificates.is_empty()).then_some(certificates)
    }
}

/// Whether a name in a certificate, with `*` for one label, stands for a domain name.
fn covers(certificate: &str, name: &str) -> bool {
    let one_label_less = || certificate.strip_prefix("*.") == name.split_once('.').map(|(_, rest)| rest);
    certificate == name || (certificate.starts_with("*.") && one_label_less())
}
