//! What AWS does, as typed, read-only tables; the tables themselves are in `rules/data`.
//!
//! Each fact names its source. What is `unknown`, or rests on [`ENGINEERING`] knowledge, may advise but never carries
//! an error; [`Service::documented_policy`] and [`Service::documented_private_dns`] leave such facts out.
//!
//! The build script turns the tables into JSON. Of a table of records each is parsed when it is first asked for; the other
//! tables are parsed as a whole, once.

mod addresses;
mod attributes;
mod buckets;
mod names;
mod policy;
mod prices;
mod properties;
mod quotas;
mod regions;
mod resource_policies;
mod services;
mod sources;
mod table;
mod workloads;

pub use addresses::{Addresses, CrossRegion, IpTypes, addresses};
pub use attributes::{TypeAttributes, type_attributes, types_with_attributes};
pub use buckets::{Bucket, Signer, bucket, buckets};
pub use names::{ANY_REGION, NamePattern, Names, PrefixException, RecognisedName, aliases, names, recognise};
pub use policy::{
    ConditionKeys, IdentifierKey, Perimeter, PerimeterKeys, PolicyFacts, PolicyGrammar, WildcardRule,
    policy_facts,
};
pub use prices::{OtherRegionPrices, PriceTier, Prices, prices};
pub use properties::{TypeProperties, type_properties};
pub use quotas::{Quota, Quotas, quotas};
pub use regions::{Regions, regions};
pub use resource_policies::{ResourcePolicyType, resource_policy_type, resource_policy_types};
pub use services::{
    Class, DEFAULT_PORT, EndpointType, Service, Support, service, service_ids, service_names,
};
pub use sources::{ENGINEERING, Source, Sources, sources};
pub use workloads::{
    BucketUse, Condition, Creation, Family, Level, Literal, Need, Path, Predicate, Purpose, Segment, Step,
    Test, WorkloadKind, workload, workloads, workloads_of_type,
};
