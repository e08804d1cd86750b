//! Calls that workloads certainly make through endpoints, and whether security groups let them through.

use crate::facts::EndpointType;

use super::identity::Members;
use super::security_group::{Peer, Protocol, SecurityGroup, SecurityGroupRule};
use super::vpc::Subnet;
use super::workload::{Need, Workload};
use super::{AddressRange, Endpoint, Network, Presence};

/// A call of a workload to a service, which goes through an endpoint.
#[derive(Debug, Clone, Copy)]
pub struct Call<'n, 't> {
    /// Who calls.
    pub workload: &'n Workload,
    /// What shows it.
    pub need: &'n Need,
    /// Through what.
    pub endpoint: &'n Endpoint<'t>,
}

/// What keeps a workload from an endpoint on the endpoint's side.
#[derive(Debug)]
pub struct KeptOut<'n> {
    /// The rules that open the port to others; none where nothing opens it.
    pub rules: Vec<&'n SecurityGroupRule>,
    /// The subnets from which it is kept out; empty where it is from all.
    pub subnets: Vec<&'n Subnet>,
}

impl<'t> Network<'_, 't> {
    /// The calls that workloads certainly make through endpoints of the template, each once.
    pub fn calls(&self) -> Vec<Call<'_, 't>> {
        let mut calls: Vec<Call<'_, 't>> = Vec::new();
        // Tasks on instances have groups of their own; the instance pulls their images and writes their logs.
        let own = self
            .workloads
            .iter()
            .filter(|workload| !workload.kind.calls_from_host && !self.has_several_interfaces(workload));
        for workload in own {
            for need in &workload.needs {
                for service in need.services() {
                    let Some(endpoint) = self.endpoint_of_call(workload, service) else { continue };
                    let known = calls.iter().any(|call| {
                        call.workload.resource == workload.resource
                            && call.endpoint.resource == endpoint.resource
                    });
                    if !known {
                        calls.push(Call { workload, need, endpoint });
                    }
                }
            }
        }
        calls
    }

    /// Whether an instance has more network interfaces than the one whose groups are read.
    fn has_several_interfaces(&self, workload: &Workload) -> bool {
        let interfaces = self.scenario.property(workload.resource, "NetworkInterfaces");
        interfaces.is_some_and(|interfaces| interfaces.items().is_none_or(|items| items.len() > 1))
    }

    /// The endpoint through which a workload certainly reaches a service, as far as names and routes decide.
    fn endpoint_of_call<'n>(&'n self, workload: &Workload, service: &str) -> Option<&'n Endpoint<'t>> {
        let Presence::Present(endpoints) = self.presence(self.vpc_of(workload)?, service) else {
            return None;
        };
        let mut gateway = None;
        for endpoint in endpoints {
            match endpoint.kind? {
                EndpointType::Interface => match self.named(endpoint) {
                    Some(true) => return Some(endpoint),
                    Some(false) => {}
                    None => return None,
                },
                EndpointType::Gateway => {
                    let (subnets, complete) = self.subnets_of(workload);
                    let through = |subnet| self.routes_through(subnet, endpoint) == Some(true);
                    if complete && !subnets.is_empty() && subnets.into_iter().all(through) {
                        gateway = Some(endpoint);
                    }
                }
                _ => {}
            }
        }
        gateway
    }

    /// The security groups of a list, where the template makes all of them.
    pub fn groups_made_here(&self, members: Option<&Members>) -> Option<Vec<&SecurityGroup>> {
        let members = members.filter(|members| members.complete && !members.items.is_empty())?;
        members
            .known()
            .map(|group| self.security_group(group).filter(|group| group.resource.is_some()))
            .collect()
    }

    /// Where the security groups of the endpoint keep a workload out.
    pub fn kept_out<'n>(&'n self, call: &Call<'n, '_>) -> Option<KeptOut<'n>> {
        let members = call.workload.subnets.as_ref();
        if let Some(rules) = self.rules_without_client(call, members) {
            return Some(KeptOut { rules, subnets: Vec::new() });
        }
        let mut kept_out = KeptOut { rules: Vec::new(), subnets: Vec::new() };
        for item in &members?.items {
            let Some(subnet) = item.identity.as_ref().and_then(|subnet| self.subnet(subnet)) else {
                continue;
            };
            if let Some(rules) = self.rules_without_client(call, Some(&Members::one(item))) {
                kept_out.rules = rules;
                kept_out.subnets.push(subnet);
            }
        }
        (!kept_out.subnets.is_empty()).then_some(kept_out)
    }

    /// The ingress rules that open the port of the endpoint to others than the workload in these subnets; `None` where
    /// one may let it in.
    pub fn rules_without_client<'n>(
        &'n self,
        call: &Call<'n, '_>,
        subnets: Option<&Members>,
    ) -> Option<Vec<&'n SecurityGroupRule>> {
        let groups = self.groups_made_here(call.endpoint.security_groups.as_ref())?;
        if groups.iter().any(|group| !group.ingress_complete) {
            return None;
        }
        let mut others = Vec::new();
        for rule in groups.into_iter().flat_map(|group| &group.ingress) {
            if !opens(rule, call)? {
                continue;
            }
            if self.holds(&rule.peer, call.workload.security_groups.as_ref(), subnets)? {
                return None;
            }
            others.push(rule);
        }
        Some(others)
    }

    /// The security groups of a workload, where none of them lets it send to the endpoint.
    pub fn groups_without_way_out<'n>(&'n self, call: &Call<'n, '_>) -> Option<Vec<&'n SecurityGroup>> {
        let groups = self.groups_made_here(call.workload.security_groups.as_ref())?;
        for group in &groups {
            if group.limits_egress() != Some(true) {
                return None;
            }
            for rule in &group.egress {
                let blocks = !opens(rule, call)?
                    || match call.endpoint.kind? {
                        EndpointType::Gateway => is_inside(&rule.peer)?,
                        _ => !self.holds(
                            &rule.peer,
                            Some(call.endpoint.security_groups.as_ref()?),
                            call.endpoint.subnets.as_ref(),
                        )?,
                    };
                if !blocks {
                    return None;
                }
            }
        }
        Some(groups)
    }

    /// Whether the other side of a rule is in these groups or holds addresses of these subnets: `false` only where
    /// it holds none of them.
    fn holds(&self, peer: &Peer, groups: Option<&Members>, subnets: Option<&Members>) -> Option<bool> {
        match peer {
            Peer::Group(group) => {
                let groups = groups?;
                if groups.contains(group) { Some(true) } else { groups.lacks(group).then_some(false) }
            }
            Peer::Range(range) if range.is_ipv6() => None,
            Peer::Range(range) if range.is_everything() => Some(true),
            Peer::Range(range) => {
                let subnets = subnets.filter(|subnets| subnets.complete && !subnets.items.is_empty())?;
                for subnet in &subnets.items {
                    if self.holds_addresses_in(subnet, range)? {
                        return Some(true);
                    }
                }
                Some(false)
            }
            Peer::PrefixList | Peer::Unknown => None,
        }
    }
}

/// Whether a rule opens a port of the service; `None` where that is not known.
fn opens(rule: &SecurityGroupRule, call: &Call<'_, '_>) -> Option<bool> {
    for &port in &call.endpoint.aws_service()?.ports {
        if rule.ports.admit(Protocol::Tcp, port)? {
            return Some(true);
        }
    }
    Some(false)
}

/// Whether the other side certainly lies in private networks, so that the public addresses behind a gateway
/// endpoint are not part of it.
fn is_inside(peer: &Peer) -> Option<bool> {
    match peer {
        Peer::Group(_) => Some(true),
        Peer::Range(range @ AddressRange::Net(_)) if !range.is_ipv6() => {
            if range.is_everything() {
                Some(false)
            } else {
                (!range.is_public()).then_some(true)
            }
        }
        Peer::Range(_) | Peer::PrefixList | Peer::Unknown => None,
    }
}
