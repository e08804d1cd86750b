//! Quotas and fixed limits (`rules/data/quotas.yaml`).

use std::sync::LazyLock;

use serde::Deserialize;

use super::table::parse;

/// One limit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Where nothing was asked for.
    pub default: u32,
    /// Whether AWS raises it on request; none when no source says.
    pub adjustable: Option<bool>,
    /// The least that can be set.
    pub minimum: Option<u32>,
    /// The most that can be set or reached.
    pub maximum: Option<u32>,
    /// The source.
    pub src: String,
}

/// All limits.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quotas {
    /// Interface and Gateway Load Balancer endpoints in one VPC.
    pub interface_and_gwlb_endpoints_per_vpc: Quota,
    /// Gateway endpoints in one Region.
    pub gateway_endpoints_per_region: Quota,
    /// Gateway endpoints in one VPC.
    pub gateway_endpoints_per_vpc: Quota,
    /// Resource endpoints in one VPC.
    pub resource_endpoints_per_vpc: Quota,
    /// Service network endpoints in one VPC.
    pub service_network_endpoints_per_vpc: Quota,
    /// Characters of an endpoint policy.
    pub endpoint_policy_characters: Quota,
    /// Gigabits per second of an endpoint in one zone.
    pub bandwidth_gbps_per_az: Quota,
    /// Largest packet, in bytes.
    pub mtu_bytes: Quota,
    /// Security groups on one network interface.
    pub security_groups_per_network_interface: Quota,
    /// Private DNS names of one endpoint service.
    pub private_dns_names_per_endpoint_service: Quota,
    /// Endpoint services that one Network Load Balancer can serve.
    pub endpoint_services_per_nlb: Quota,
    /// Connections to one target that come through endpoints.
    pub nlb_connections_per_target_through_privatelink: Quota,
    /// Seconds after which an idle TCP flow ends.
    pub nlb_tcp_idle_timeout_seconds: Quota,
    /// Seconds after which an idle TLS flow ends.
    pub nlb_tls_idle_timeout_seconds: Quota,
    /// Seconds after which an idle UDP flow ends.
    pub nlb_udp_flow_timeout_seconds: Quota,
}

/// All limits.
pub fn quotas() -> &'static Quotas {
    static QUOTAS: LazyLock<Quotas> =
        LazyLock::new(|| parse(include_str!(concat!(env!("OUT_DIR"), "/quotas.json"))));
    &QUOTAS
}
