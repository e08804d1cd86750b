//! The rules: what a rule is, what it sees, and the list of all of them.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::config::{Options, Registry, Setting};
use crate::diagnostic::{Finding, Label, Severity};
use crate::facts;
use crate::network::Network;
use crate::suppress::Useless;
use crate::template::{Malformed, ResourceId, Template};
use crate::text::Span;

mod cut_off;
mod mend;
mod missing;
mod shut_out;
mod written;

// rule modules: begin
mod acceptance_off;
mod analysis_limited;
mod awslogs_needs_logs_endpoint;
mod bucket_policy_lockout;
mod client_egress_blocked;
mod client_identity_lost;
mod custom_resource_cannot_answer;
mod dangling_endpoint_reference;
mod default_policy_on_sensitive_service;
mod duplicate_gateway_route;
mod duplicate_private_dns;
mod ecr_endpoint_pair;
mod ecr_without_s3_endpoint;
mod ecs_endpoints_incomplete;
mod endpoint_clients_not_allowed;
mod endpoint_default_security_group;
mod endpoint_open_to_world;
mod endpoint_port_not_allowed;
mod endpoint_service_untagged;
mod endpoint_type_service_mismatch;
mod enforcement_without_security_group;
mod exec_needs_ssmmessages;
mod foreign_vpc_member;
mod gateway_policy_principal;
mod gateway_route_coverage;
mod gateway_with_interface_properties;
mod gateway_without_route_tables;
mod gwlb_endpoint_shape;
mod hard_coded_region;
mod health_check_port_blocked;
mod interface_without_subnets;
mod internet_facing_service_nlb;
mod ip_type_subnet_mismatch;
mod ipv6_service_needs_dualstack_nlb;
mod isolated_container_hosts_missing_endpoints;
mod isolated_fargate_missing_endpoints;
mod isolated_function_missing_endpoints;
mod isolated_kubernetes_missing_endpoints;
mod isolated_service_missing_endpoints;
mod lattice_endpoint_shape;
mod load_balancer_shared;
mod manual_endpoint_route;
mod nacl_blocks_endpoint;
mod nat_carries_aws_traffic;
mod nlb_egress_blocks_targets;
mod nlb_listener_unsuitable;
mod nlb_sg_blocks_consumers;
mod nlb_target_sg_not_opened;
mod nlb_without_security_group;
mod not_a_network_load_balancer;
mod paid_path_for_free_service;
mod policy_arn_account_mix;
mod policy_foreign_actions;
mod policy_missing_principal;
mod policy_not_elements;
mod policy_not_supported;
mod policy_too_large;
mod policy_unparsable;
mod policy_wildcard_in_identifier;
mod policy_without_perimeter;
mod principal_format;
mod private_api_resource_policy;
mod private_api_unreachable;
mod private_dns_name_incomplete;
mod private_dns_needs_vpc_attributes;
mod private_dns_off;
mod private_dns_unsupported;
mod public_registry_from_isolated_subnet;
mod pull_through_cache_first_pull;
mod route_tables_on_non_gateway;
mod s3_all_resolvers_cost;
mod s3_policy_blocks_aws_buckets;
mod s3_policy_blocks_image_layers;
mod s3_private_dns_needs_gateway;
mod s3_private_dns_order;
mod self_consumption_waits;
mod service_load_balancer_kind;
mod service_open_to_everyone;
mod service_region_missing;
mod service_without_permissions;
mod signal_cannot_leave;
mod single_zone_endpoint;
mod single_zone_service;
mod ssm_endpoints_incomplete;
mod target_sg_only_consumer_ranges;
mod task_secrets_need_endpoint;
mod template_unparsable;
mod two_subnets_one_az;
mod unknown_privatelink_property;
mod unknown_service_name;
mod unused_suppression;
mod wildcard_endpoint_policy;
mod workload_races_endpoints;
mod wrong_direction_condition;
mod zone_not_offered;
mod zone_without_targets;
// rule modules: end

pub use crate::config::Persona;

/// A rule: its data and its check. One file per rule holds one of these.
pub struct Rule {
    /// Kebab-case name of the defect, as in suppressions and in `explain`.
    pub name: &'static str,
    /// What kind of trouble it is about.
    pub group: Group,
    /// Severity of a definite finding.
    pub severity: Severity,
    /// For whom it speaks: by default for everybody.
    pub persona: Persona,
    /// One sentence for tables.
    pub summary: &'static str,
    /// First version that has it.
    pub since: &'static str,
    /// The page of AWS that it rests on.
    pub url: &'static str,
    /// Its page, `rules/<name>.md`.
    pub page: &'static str,
    /// The check.
    pub check: Check,
}

impl Rule {
    /// Its summary, and that it is off by default where it is.
    pub fn summary_in_tables(&self) -> Cow<'static, str> {
        if self.persona.is_opt_in() {
            format!("{} (off by default: `{}`)", self.summary, self.persona.name()).into()
        } else {
            self.summary.into()
        }
    }
}

/// What a rule looks at.
pub enum Check {
    /// The text of the template and what is malformed in it, once.
    Text(fn(&mut TextContext<'_>)),
    /// The template as it is written, once, where it has a resource of one of these types.
    Template(&'static [&'static str], fn(&mut TemplateContext<'_, '_>)),
    /// The network of each scenario, where the template has a resource of one of these types.
    Network(&'static [&'static str], fn(&mut Context<'_, '_>)),
    /// The ignores that suppress nothing, once, after all other rules.
    Suppressions(fn(&mut SuppressionContext<'_>)),
}

/// What kind of trouble a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// The deployment fails.
    Correctness,
    /// Traffic cannot flow.
    Reachability,
    /// Traffic flows too freely.
    Security,
    /// One failure takes it down.
    Resilience,
    /// Money for nothing.
    Cost,
    /// Order and names.
    Hygiene,
}

impl Group {
    /// The word used in tables and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Correctness => "correctness",
            Self::Reachability => "reachability",
            Self::Security => "security",
            Self::Resilience => "resilience",
            Self::Cost => "cost",
            Self::Hygiene => "hygiene",
        }
    }
}

/// What a rule on the text sees.
pub struct TextContext<'c> {
    /// The rule that runs.
    pub rule: &'static Rule,
    /// The text.
    pub text: &'c str,
    /// What is malformed, in the order of the text.
    pub errors: &'c [Malformed],
    /// What the rule has found.
    pub findings: Vec<Finding>,
}

/// What a rule on the template sees.
pub struct TemplateContext<'c, 't> {
    /// The template.
    pub template: &'c Template<'t>,
    /// What the user set.
    pub options: &'c Options,
    rule: &'static Rule,
    findings: Vec<Finding>,
}

impl<'c, 't> TemplateContext<'c, 't> {
    /// What a rule sees of a template.
    pub(crate) fn new(rule: &'static Rule, template: &'c Template<'t>, options: &'c Options) -> Self {
        Self { template, options, rule, findings: Vec::new() }
    }

    /// What the rule has found.
    pub(crate) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    /// Says something about a resource, or about the template as a whole where there is no owner.
    pub fn report(
        &mut self,
        owner: Option<ResourceId>,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Finding {
        let owner = owner.map(|owner| self.template.resource(owner).id.text.clone().into_owned());
        let primary = Label { owner, span, message: String::new() };
        push(&mut self.findings, self.rule, primary, message)
    }
}

/// What rules have found out about a template, to look at it once for all scenarios.
#[derive(Default)]
pub(crate) struct Known {
    references: OnceCell<dangling_endpoint_reference::References>,
    doubtful_properties: OnceCell<Vec<unknown_privatelink_property::Doubtful>>,
    denials: RefCell<shut_out::Denials>,
}

/// What a rule on the network sees.
pub struct Context<'c, 't> {
    /// The network of one scenario; the scenario and the template are behind it.
    pub network: &'c Network<'c, 't>,
    /// What the user set.
    pub options: &'c Options,
    known: &'c Known,
    rule: &'static Rule,
    findings: Vec<Finding>,
}

impl<'c, 't> Context<'c, 't> {
    /// What a rule sees of a network.
    pub(crate) fn new(
        rule: &'static Rule,
        network: &'c Network<'c, 't>,
        options: &'c Options,
        known: &'c Known,
    ) -> Self {
        Self { network, options, known, rule, findings: Vec::new() }
    }

    /// What the rule has found.
    pub(crate) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    /// The template.
    pub fn template(&self) -> &'c Template<'t> {
        self.network.template()
    }

    /// The logical id of a resource.
    pub fn id(&self, resource: ResourceId) -> &'c str {
        self.network.id(resource)
    }

    /// The place of the logical id of a resource.
    pub fn id_span(&self, resource: ResourceId) -> Span {
        self.template().resource(resource).id.span
    }

    /// Says something about a resource: `owner` is what the finding belongs to, whatever is underlined.
    pub fn report(&mut self, owner: ResourceId, span: Span, message: impl Into<String>) -> &mut Finding {
        let primary = Label { owner: Some(self.id(owner).to_owned()), span, message: String::new() };
        push(&mut self.findings, self.rule, primary, message)
    }
}

/// What a rule on ignores sees.
pub struct SuppressionContext<'c> {
    /// What suppresses nothing, as far as that is known.
    pub useless: &'c [Useless],
    rule: &'static Rule,
    findings: Vec<Finding>,
}

impl<'c> SuppressionContext<'c> {
    /// What a rule sees of the ignores of a template.
    pub(crate) fn new(rule: &'static Rule, useless: &'c [Useless]) -> Self {
        Self { useless, rule, findings: Vec::new() }
    }

    /// What the rule has found.
    pub(crate) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    /// Says something about an ignore.
    pub fn report(&mut self, useless: &Useless, message: impl Into<String>) -> &mut Finding {
        let primary = Label { owner: useless.owner.clone(), span: useless.span, message: String::new() };
        push(&mut self.findings, self.rule, primary, message)
    }
}

/// Adds a finding of a rule, to be told more about.
fn push<'f>(
    findings: &'f mut Vec<Finding>,
    rule: &'static Rule,
    primary: Label,
    message: impl Into<String>,
) -> &'f mut Finding {
    let mut finding = Finding::new(rule.name, rule.severity, primary, message);
    finding.url = Some(rule.url);
    let index = findings.len();
    findings.push(finding);
    &mut findings[index]
}

/// A rule by its name.
pub fn find(name: &str) -> Option<&'static Rule> {
    all().iter().copied().find(|rule| rule.name == name)
}

static ALL: &[&Rule] = &[
    // rules: begin
    &acceptance_off::RULE,
    &analysis_limited::RULE,
    &awslogs_needs_logs_endpoint::RULE,
    &bucket_policy_lockout::RULE,
    &client_egress_blocked::RULE,
    &client_identity_lost::RULE,
    &custom_resource_cannot_answer::RULE,
    &dangling_endpoint_reference::RULE,
    &default_policy_on_sensitive_service::RULE,
    &duplicate_gateway_route::RULE,
    &duplicate_private_dns::RULE,
    &ecr_endpoint_pair::RULE,
    &ecr_without_s3_endpoint::RULE,
    &ecs_endpoints_incomplete::RULE,
    &endpoint_clients_not_allowed::RULE,
    &endpoint_default_security_group::RULE,
    &endpoint_open_to_world::RULE,
    &endpoint_port_not_allowed::RULE,
    &endpoint_service_untagged::RULE,
    &endpoint_type_service_mismatch::RULE,
    &enforcement_without_security_group::RULE,
    &exec_needs_ssmmessages::RULE,
    &foreign_vpc_member::RULE,
    &gateway_policy_principal::RULE,
    &gateway_route_coverage::RULE,
    &gateway_with_interface_properties::RULE,
    &gateway_without_route_tables::RULE,
    &gwlb_endpoint_shape::RULE,
    &hard_coded_region::RULE,
    &health_check_port_blocked::RULE,
    &interface_without_subnets::RULE,
    &internet_facing_service_nlb::RULE,
    &ip_type_subnet_mismatch::RULE,
    &ipv6_service_needs_dualstack_nlb::RULE,
    &isolated_container_hosts_missing_endpoints::RULE,
    &isolated_fargate_missing_endpoints::RULE,
    &isolated_function_missing_endpoints::RULE,
    &isolated_kubernetes_missing_endpoints::RULE,
    &isolated_service_missing_endpoints::RULE,
    &lattice_endpoint_shape::RULE,
    &load_balancer_shared::RULE,
    &manual_endpoint_route::RULE,
    &nacl_blocks_endpoint::RULE,
    &nat_carries_aws_traffic::RULE,
    &nlb_egress_blocks_targets::RULE,
    &nlb_listener_unsuitable::RULE,
    &nlb_sg_blocks_consumers::RULE,
    &nlb_target_sg_not_opened::RULE,
    &nlb_without_security_group::RULE,
    &not_a_network_load_balancer::RULE,
    &paid_path_for_free_service::RULE,
    &policy_arn_account_mix::RULE,
    &policy_foreign_actions::RULE,
    &policy_missing_principal::RULE,
    &policy_not_elements::RULE,
    &policy_not_supported::RULE,
    &policy_too_large::RULE,
    &policy_unparsable::RULE,
    &policy_wildcard_in_identifier::RULE,
    &policy_without_perimeter::RULE,
    &principal_format::RULE,
    &private_api_resource_policy::RULE,
    &private_api_unreachable::RULE,
    &private_dns_name_incomplete::RULE,
    &private_dns_needs_vpc_attributes::RULE,
    &private_dns_off::RULE,
    &private_dns_unsupported::RULE,
    &public_registry_from_isolated_subnet::RULE,
    &pull_through_cache_first_pull::RULE,
    &route_tables_on_non_gateway::RULE,
    &s3_all_resolvers_cost::RULE,
    &s3_policy_blocks_aws_buckets::RULE,
    &s3_policy_blocks_image_layers::RULE,
    &s3_private_dns_needs_gateway::RULE,
    &s3_private_dns_order::RULE,
    &self_consumption_waits::RULE,
    &service_load_balancer_kind::RULE,
    &service_open_to_everyone::RULE,
    &service_region_missing::RULE,
    &service_without_permissions::RULE,
    &signal_cannot_leave::RULE,
    &single_zone_endpoint::RULE,
    &single_zone_service::RULE,
    &ssm_endpoints_incomplete::RULE,
    &target_sg_only_consumer_ranges::RULE,
    &task_secrets_need_endpoint::RULE,
    &template_unparsable::RULE,
    &two_subnets_one_az::RULE,
    &unknown_privatelink_property::RULE,
    &unknown_service_name::RULE,
    &unused_suppression::RULE,
    &wildcard_endpoint_policy::RULE,
    &workload_races_endpoints::RULE,
    &wrong_direction_condition::RULE,
    &zone_not_offered::RULE,
    &zone_without_targets::RULE,
    // rules: end
];

/// What users may set for single rules; each stands beside its rule.
static SETTINGS: &[&Setting] = &[
    // rule settings: begin
    &acceptance_off::SENSITIVE,
    &endpoint_service_untagged::REQUIRED_TAGS,
    // rule settings: end
];

/// The names that a configuration may use.
pub fn registry() -> Registry {
    let rules = ALL.iter().map(|rule| rule.name).collect();
    Registry { rules, settings: SETTINGS, services: facts::service_ids().collect() }
}

/// All rules by name.
pub fn all() -> &'static [&'static Rule] {
    ALL
}

/// The rules on templates and networks that concern resources of these types, by name.
pub fn about<'k>(types: impl Iterator<Item = &'k str>) -> impl Iterator<Item = &'static Rule> {
    let mut concerned = vec![false; ALL.len()];
    for index in types.filter_map(|kind| BY_TYPE.get(kind)).flatten() {
        concerned[*index] = true;
    }
    ALL.iter().zip(concerned).filter(|(_, concerned)| *concerned).map(|(rule, _)| *rule)
}

/// Of each type that a rule concerns the places of these rules among all.
static BY_TYPE: LazyLock<FxHashMap<&str, Vec<usize>>> = LazyLock::new(|| {
    let mut by_type: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for (index, rule) in ALL.iter().enumerate() {
        if let Check::Template(types, _) | Check::Network(types, _) = rule.check {
            for kind in types {
                by_type.entry(kind).or_default().push(index);
            }
        }
    }
    by_type
});
