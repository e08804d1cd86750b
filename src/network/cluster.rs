//! EKS clusters and the workloads that have to reach their API server.

use crate::scenario::Data;
use crate::template::ResourceId;
use crate::text::Span;

use super::identity::identity;
use super::{Network, Subnet, Switch, Workload, World};

/// A cluster of Amazon EKS made here.
#[derive(Debug, PartialEq, Eq)]
pub struct Cluster {
    /// The resource.
    pub resource: ResourceId,
    /// `EndpointPrivateAccess`, whether its API server has an address in the VPC; default off
    /// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-eks-cluster-resourcesvpcconfig.html>).
    pub private_access: Switch,
}

impl Cluster {
    /// The place that leaves private access off, if it certainly is.
    pub fn without_private_access(&self, network: &Network<'_, '_>) -> Option<Span> {
        match self.private_access {
            Switch::Off(span) => Some(span),
            Switch::Absent => Some(network.template().resource(self.resource).id.span),
            Switch::On(_) | Switch::Unknown => None,
        }
    }
}

impl Network<'_, '_> {
    /// The cluster that a node group or a Fargate profile belongs to, if the template makes it.
    pub fn cluster_of(&self, workload: &Workload) -> Option<Cluster> {
        let name = self.scenario.property(workload.resource, "ClusterName")?;
        let resource = identity(self.scenario, &name)?.resource()?;
        let made_here = self.template().resource(resource).kind.text == "AWS::EKS::Cluster";
        if !made_here || !self.scenario.exists(resource) {
            return None;
        }
        let configuration = self.scenario.property(resource, "ResourcesVpcConfig");
        let private_access = match configuration {
            Some(map) if matches!(map.data, Data::Map(_)) => {
                Switch::of(map.get("EndpointPrivateAccess").cloned())
            }
            _ => Switch::Unknown,
        };
        Some(Cluster { resource, private_access })
    }

    /// The subnets of a workload, where nothing leads from any of them out of the VPC. Open: another stack may add
    /// routes to their tables.
    pub fn shut_in(&self, workload: &Workload) -> Option<(Vec<&Subnet>, World)> {
        if !self.is_isolated(workload) {
            return None;
        }
        let (subnets, _) = self.subnets_of(workload);
        let open = subnets.iter().any(|subnet| self.may_get_routes(subnet));
        Some((subnets, if open { World::Open } else { World::Closed }))
    }
}
