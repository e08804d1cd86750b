//! The built-in tables: they parse, they are sorted, they name only what exists, and names are recognised.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "functions shared by tests may panic, and one test tells times"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use privatelint::facts::{self, EndpointType, Support};

const TABLES: [(&str, &str); 11] = [
    ("addresses", include_str!("../rules/data/addresses.yaml")),
    ("buckets", include_str!("../rules/data/buckets.yaml")),
    ("names", include_str!("../rules/data/names.yaml")),
    ("policy", include_str!("../rules/data/policy.yaml")),
    ("prices", include_str!("../rules/data/prices.yaml")),
    ("quotas", include_str!("../rules/data/quotas.yaml")),
    ("regions", include_str!("../rules/data/regions.yaml")),
    ("resource-policies", include_str!("../rules/data/resource-policies.yaml")),
    ("services", include_str!("../rules/data/services.yaml")),
    ("sources", include_str!("../rules/data/sources.yaml")),
    ("workloads", include_str!("../rules/data/workloads.yaml")),
];

fn table(name: &str) -> &'static str {
    TABLES.iter().find(|(table, _)| *table == name).unwrap().1
}

/// The ids of a table as people write it, to hold those that the program has against.
fn ids_read_as_yaml(name: &str) -> Vec<String> {
    let records: Vec<serde_yaml::Value> = serde_yaml::from_str(table(name)).unwrap();
    records.iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect()
}

fn assert_sorted<T: Ord + std::fmt::Debug>(what: &str, items: &[T]) {
    for pair in items.windows(2) {
        assert!(pair[0] < pair[1], "{what}: {:?} must stand before {:?}, once", pair[1], pair[0]);
    }
}

fn all_services() -> impl Iterator<Item = &'static facts::Service> {
    facts::service_ids().map(|id| facts::service(id).unwrap())
}

#[test]
fn every_table_says_what_it_is() {
    for (name, text) in TABLES {
        assert!(text.starts_with("# "), "{name} has no heading");
        let heading: String = text.lines().take_while(|line| line.starts_with('#')).collect();
        assert!(heading.contains("Compiled 2026-11-20"), "{name}: the heading has no date");
        assert!(
            !text.contains('\t') && text.ends_with('\n') && !text.ends_with("\n\n"),
            "{name}: white space"
        );
    }
}

#[test]
fn small_tables_parse() {
    assert_eq!(facts::sources().compiled, "2026-11-20");
    assert_eq!(facts::quotas().endpoint_policy_characters.default, 20_480);
    assert_eq!(facts::policy_facts().endpoint_policy.max_characters, 20_480);
    assert_eq!(facts::prices().region, "us-east-1");
    assert_eq!(facts::addresses().cross_region.iam_action, "vpce:AllowMultiRegion");
    assert!(std::ptr::eq(facts::prices(), facts::prices()), "a table is parsed once");
}

#[test]
fn every_service_has_one_line_and_the_lines_are_sorted() {
    let lines: Vec<&str> = table("services").lines().filter(|line| line.starts_with('-')).collect();
    let ids: Vec<&str> = facts::service_ids().collect();
    assert_eq!(lines.len(), ids.len());
    assert_eq!(ids, ids_read_as_yaml("services"));
    assert_sorted("services", &ids);
    let names: BTreeSet<&str> = all_services().map(|service| service.name.as_str()).collect();
    assert_eq!(names.len(), ids.len(), "two services have one name");
    for (id, service) in ids.iter().zip(all_services()) {
        assert_eq!(*id, service.id);
        assert!(std::ptr::eq(service, facts::service(id).unwrap()), "{id} is parsed twice");
    }
}

#[test]
fn other_records_are_sorted() {
    let workloads: Vec<&str> = facts::workloads().map(|workload| workload.id.as_str()).collect();
    assert_eq!(workloads, ids_read_as_yaml("workloads"));
    assert_sorted("workloads", &workloads);
    let policies: Vec<&str> = facts::resource_policy_types().collect();
    assert_eq!(policies, ids_read_as_yaml("resource-policies"));
    assert_sorted("resource-policies", &policies);
    assert!(policies.iter().all(|kind| facts::resource_policy_type(kind).is_some()));
    let buckets: Vec<&str> = facts::buckets().map(|bucket| bucket.id.as_str()).collect();
    assert_eq!(buckets, ids_read_as_yaml("buckets"));
    assert_sorted("buckets", &buckets);
    assert_sorted("regions", &facts::regions().all);
    for id in workloads {
        assert!(
            std::ptr::eq(facts::workload(id).unwrap(), facts::workload(id).unwrap()),
            "{id} is parsed twice"
        );
    }
    for id in buckets {
        assert!(std::ptr::eq(facts::bucket(id).unwrap(), facts::bucket(id).unwrap()), "{id} is parsed twice");
    }
}

/// Values under `src`, `..._src`, `ref` and `refs`, wherever they stand.
fn source_keys(value: &serde_yaml::Value, found: &mut BTreeSet<String>) {
    match value {
        serde_yaml::Value::Mapping(mapping) => {
            for (key, value) in mapping {
                let key = key.as_str().unwrap_or_default();
                if matches!(key, "src" | "ref" | "refs") || key.ends_with("_src") {
                    let one = value.as_str().map(str::to_owned);
                    let many =
                        value.as_sequence().into_iter().flatten().map(|key| key.as_str().unwrap().to_owned());
                    found.extend(one.into_iter().chain(many));
                } else {
                    source_keys(value, found);
                }
            }
        }
        serde_yaml::Value::Sequence(items) => items.iter().for_each(|item| source_keys(item, found)),
        _ => {}
    }
}

#[test]
fn every_source_key_exists_and_is_used() {
    let mut used = BTreeSet::new();
    for (name, text) in TABLES {
        let mut found = BTreeSet::new();
        source_keys(&serde_yaml::from_str(text).unwrap(), &mut found);
        for key in &found {
            assert!(facts::sources().by_key.contains_key(key), "{name}: no source `{key}`");
        }
        used.extend(found);
    }
    let headings: String = TABLES
        .iter()
        .filter(|(name, _)| *name != "sources")
        .flat_map(|(_, text)| text.lines().filter(|line| line.contains('#')))
        .collect();
    for key in facts::sources().by_key.keys() {
        assert!(used.contains(key) || headings.contains(key.as_str()), "source `{key}` is never used");
    }
}

#[test]
fn properties_are_sorted_and_looked_at() {
    let types = facts::type_properties();
    for (kind, known) in types {
        let lists = known.inner.values().chain(known.values.values());
        for list in lists.chain([&known.properties, &known.read_only, &known.api_only]) {
            assert_sorted(kind, list);
        }
        for path in known.inner.keys().chain(known.values.keys()) {
            let property = path.split('.').next().unwrap_or(path);
            assert!(known.properties.iter().any(|name| name == property), "{kind}: no property `{property}`");
        }
        assert!(!known.properties.iter().any(|name| known.read_only.contains(name)), "{kind}");
    }
    let kinds = &types["AWS::EC2::VPCEndpoint"].values["VpcEndpointType"];
    assert!(kinds.iter().all(|name| facts::EndpointType::from_name(name).is_some()), "{kinds:?}");
    let rule = privatelint::rules::find("unknown-privatelink-property").unwrap();
    let privatelint::rules::Check::Network(looked_at, _) = rule.check else { panic!("looks at resources") };
    assert!(types.keys().eq(looked_at.iter()), "{looked_at:?}");
}

#[test]
fn attributes_are_sorted_and_hold_the_names_of_their_resources() {
    let kinds: Vec<&str> = facts::types_with_attributes().collect();
    assert_sorted("attributes", &kinds);
    for kind in kinds {
        let known = facts::type_attributes(kind).unwrap();
        assert_eq!(known.id, kind);
        assert_sorted(kind, &known.attributes);
        assert!(known.own.iter().all(|name| known.has(name)), "{kind}");
        assert!(["a ", "an ", "the "].iter().any(|article| known.noun.starts_with(article)), "{kind}");
        // What AWS fills and a template may ask for.
        let read_only = facts::type_properties().get(kind).map(|known| &known.read_only);
        assert!(read_only.into_iter().flatten().all(|name| known.has(name)), "{kind}");
    }
    assert!(facts::type_attributes("AWS::EC2::VPC").unwrap().has("VpcEncryptionControl.Mode"));
}

#[test]
fn every_named_service_exists() {
    let exists = |id: &str, place: &str| assert!(facts::service(id).is_some(), "{place}: no service `{id}`");
    for service in all_services() {
        for id in &service.needs {
            exists(id, &service.id);
        }
        assert!(!service.needs.contains(&service.id), "{} needs itself", service.id);
        assert!(
            !service.types.is_empty() && !service.ports.is_empty() && !service.src.is_empty(),
            "{}",
            service.id
        );
    }
    for workload in facts::workloads() {
        for need in &workload.needs {
            assert!(!need.endpoint.is_empty(), "{}: a need without endpoint", workload.id);
            for id in &need.endpoint {
                exists(id, &workload.id);
            }
            assert!(
                need.level != facts::Level::Conditional || need.when.is_some(),
                "{}: a conditional need without condition",
                workload.id
            );
        }
    }
    for (alias, meant) in facts::aliases() {
        assert!(facts::service(alias).is_none(), "alias `{alias}` is a service");
        for id in meant {
            exists(id, alias);
        }
    }
    let names = facts::names();
    for (region, exception) in &names.prefix_exceptions {
        assert!(facts::regions().all.contains(region), "no Region `{region}`");
        for id in &exception.services {
            exists(id, region);
        }
        assert_sorted(region, &exception.services);
    }
    for (region, services) in &names.suffix_exceptions {
        assert!(facts::regions().all.contains(region), "no Region `{region}`");
        for id in services.keys() {
            exists(id, region);
        }
    }
    let regions = facts::regions();
    for region in regions.without_ec2messages.iter().chain(&regions.without_eks_endpoint) {
        assert!(regions.all.contains(region), "no Region `{region}`");
    }
}

#[test]
fn a_fact_that_is_said_has_a_source() {
    // The gateway endpoint of S3 Express has no private DNS because no gateway endpoint has; no page says it of it.
    let without_source = ["s3express"];
    for service in all_services() {
        let said = |support: Support| matches!(support, Support::Yes | Support::No);
        assert!(!said(service.policy) || service.policy_src.is_some(), "{}: policy", service.id);
        assert!(
            !said(service.private_dns)
                || service.private_dns_src.is_some()
                || without_source.contains(&&*service.id),
            "{}: private DNS",
            service.id
        );
        assert!(
            service.ports == [facts::DEFAULT_PORT] || service.ports_src.is_some(),
            "{}: ports",
            service.id
        );
        assert_eq!(service.sensitive, service.class.is_some(), "{}: sensitive and class", service.id);
    }
    let dynamodb = facts::service("dynamodb").unwrap();
    assert_eq!((dynamodb.documented_policy(), dynamodb.documented_private_dns()), (Some(true), Some(false)));
    assert_eq!(facts::service("s3express").unwrap().documented_private_dns(), None);
    assert_eq!(facts::service("sagemaker.api").unwrap().documented_private_dns(), None);
}

#[test]
fn what_rules_lean_on_is_there() {
    let gateways: Vec<&str> = all_services()
        .filter(|service| service.offers(EndpointType::Gateway))
        .map(|service| &*service.id)
        .collect();
    assert_eq!(gateways, ["dynamodb", "s3", "s3express"]);
    assert_eq!(facts::service("s3").unwrap().ports, [443]);
    assert_eq!(facts::service("cassandra").unwrap().ports, [9142]);
    assert_eq!(facts::service("email-smtp").unwrap().ports_src.as_deref(), Some(facts::ENGINEERING));
    assert_eq!(facts::service("transfer.server").unwrap().documented_policy(), Some(false));
    assert!(facts::service("no-such-service").is_none());
    let layers = facts::bucket("ecr-layers").unwrap();
    assert_eq!(layers.arns, ["arn:{partition}:s3:::prod-{region}-starport-layer-bucket/*"]);
    assert_eq!((layers.auth, layers.action.as_str()), (facts::Signer::PresignedAccount, "s3:GetObject"));
    let fargate = facts::workload("ecs-fargate-1.4").unwrap();
    let tests = fargate.when.as_ref().unwrap();
    let text = |text: &str| facts::Literal::Text(text.to_owned());
    assert_eq!(tests.any[0].test, facts::Test::In(vec![text("FARGATE")]));
    assert_eq!(
        tests.all[0].test,
        facts::Test::In(vec![facts::Literal::Absent, text("LATEST"), text("1.4.0")])
    );
    assert_eq!(facts::workloads().count(), 33);
}

#[test]
fn buckets_that_workloads_use_are_there() {
    for used in facts::workloads().flat_map(|kind| &kind.buckets) {
        let bucket = facts::bucket(&used.bucket).unwrap_or_else(|| panic!("there is no `{}`", used.bucket));
        let failure = bucket.failure.as_deref().unwrap_or_default();
        assert!(failure.contains("{}"), "`{}` does not say what fails", bucket.id);
    }
}

#[test]
fn fips_variants_lead_to_their_service() {
    let base = |id: &str| facts::service(id).unwrap().base_id();
    assert_eq!(base("kms-fips"), Some("kms"));
    assert_eq!(base("ecr-fips.api"), Some("ecr.api"));
    assert_eq!(base("kms"), None);
    let without_service: Vec<&str> = all_services()
        .filter(|service| service.fips && service.base_id().is_none())
        .map(|service| &*service.id)
        .collect();
    assert_eq!(
        without_service,
        ["mail-manager-smtp.auth.fips", "mail-manager-smtp.open.fips", "memorydb-fips"]
    );
}

#[test]
fn endpoint_types_are_spelled_as_in_cloudformation() {
    for kind in EndpointType::ALL {
        assert_eq!(EndpointType::from_name(kind.name()), Some(kind));
    }
    assert_eq!(EndpointType::from_name("interface"), None);
}

#[test]
fn a_service_is_recognised_by_its_own_name() {
    for service in all_services() {
        for region in ["us-east-1", "us-gov-west-1", "ap-southeast-7", "{region}"] {
            let name = service.name.replace("{region}", region);
            let found = facts::recognise(&name).unwrap_or_else(|| panic!("{name} is not recognised"));
            assert!(std::ptr::eq(found.service.unwrap(), service), "{name}");
            assert!(!found.customer);
            if service.name.contains("{region}") {
                assert_eq!(found.region, Some(region), "{name}");
            }
        }
        for region in &facts::regions().all {
            let name = service.name_in(region);
            let found = facts::recognise(&name).unwrap_or_else(|| panic!("{name} is not recognised"));
            assert_eq!(found.service.unwrap().id, service.id, "{name}");
        }
    }
}

#[test]
fn names_are_recognised() {
    // Name; service id, prefix, Region, suffix.
    let good = [
        ("com.amazonaws.us-east-1.s3", "s3", "com.amazonaws", "us-east-1", "s3"),
        ("com.amazonaws.{region}.ecr.dkr", "ecr.dkr", "com.amazonaws", "{region}", "ecr.dkr"),
        ("cn.com.amazonaws.cn-north-1.ecr.dkr", "ecr.dkr", "cn.com.amazonaws", "cn-north-1", "ecr.dkr"),
        ("cn.com.amazonaws.{region}.ecr.dkr", "ecr.dkr", "cn.com.amazonaws", "{region}", "ecr.dkr"),
        ("com.amazonaws.cn-north-1.ecr.dkr", "ecr.dkr", "com.amazonaws", "cn-north-1", "ecr.dkr"),
        (
            "cn.com.amazonaws.cn-north-1.transcribe.cn",
            "transcribe",
            "cn.com.amazonaws",
            "cn-north-1",
            "transcribe.cn",
        ),
        (
            "cn.com.amazonaws.{region}.transcribe.cn",
            "transcribe",
            "cn.com.amazonaws",
            "{region}",
            "transcribe.cn",
        ),
        ("gov.ic.c2s.us-iso-east-1.sqs", "sqs", "gov.ic.c2s", "us-iso-east-1", "sqs"),
        ("eu.amazonaws.eusc-de-east-1.ecr.api", "ecr.api", "eu.amazonaws", "eusc-de-east-1", "ecr.api"),
        ("uk.adc-e.cloud.eu-isoe-west-1.ebs", "ebs", "uk.adc-e.cloud", "eu-isoe-west-1", "ebs"),
        ("aws.sagemaker.eu-west-1.notebook", "sagemaker:notebook", "aws.sagemaker", "eu-west-1", "notebook"),
        ("aws.api.{region}.qbusiness", "aws-api:qbusiness", "aws.api", "{region}", "qbusiness"),
        (
            "aws.api.us-east-1.resource-explorer-2",
            "aws-api:resource-explorer-2",
            "aws.api",
            "us-east-1",
            "resource-explorer-2",
        ),
        (
            "api.aws.us-east-1.cassandra-streams",
            "aws-api:cassandra-streams",
            "api.aws",
            "us-east-1",
            "cassandra-streams",
        ),
        (
            "com.amazonaws.us-east-1.timestream.ingest-cell1",
            "timestream.ingest-{cell}",
            "com.amazonaws",
            "us-east-1",
            "timestream.ingest-cell1",
        ),
        (
            "com.amazonaws.{region}.pricingplanmanager",
            "global:com.amazonaws.us-east-1.pricingplanmanager",
            "com.amazonaws",
            "{region}",
            "pricingplanmanager",
        ),
    ];
    for (name, id, prefix, region, suffix) in good {
        let found = facts::recognise(name).unwrap_or_else(|| panic!("{name} is not recognised"));
        assert_eq!(found.service.map(|service| service.id.as_str()), Some(id), "{name}");
        assert_eq!((found.prefix, found.region, found.suffix), (prefix, Some(region), suffix), "{name}");
        assert!(!found.customer, "{name}");
    }
}

#[test]
fn names_without_region_are_recognised() {
    let good = [
        ("com.amazonaws.iam", Some("global:com.amazonaws.iam"), "com.amazonaws", "iam"),
        (
            "com.amazonaws.s3-global.accesspoint",
            Some("global:com.amazonaws.s3-global.accesspoint"),
            "com.amazonaws",
            "s3-global.accesspoint",
        ),
        (
            "aws.api.global.codecatalyst",
            Some("global:aws.api.global.codecatalyst"),
            "aws.api.global",
            "codecatalyst",
        ),
        ("com.amazonaws.s3", None, "com.amazonaws", "s3"),
        ("com.amazonaws.useast1.ecr.dkr", None, "com.amazonaws", "useast1.ecr.dkr"),
    ];
    for (name, id, prefix, suffix) in good {
        let found = facts::recognise(name).unwrap_or_else(|| panic!("{name} is not recognised"));
        assert_eq!(found.service.map(|service| service.id.as_str()), id, "{name}");
        assert_eq!((found.prefix, found.region, found.suffix), (prefix, None, suffix), "{name}");
    }
}

#[test]
fn unknown_services_and_services_of_customers_are_told_apart() {
    let new = facts::recognise("com.amazonaws.us-east-1.brand-new").unwrap();
    assert!(new.service.is_none() && !new.customer);
    let usual = facts::recognise("com.amazonaws.us-east-1.notebook").unwrap();
    assert!(usual.service.is_none(), "notebook has another prefix");
    for name in [
        "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0",
        "com.amazonaws.vpce.{region}.vpce-svc-{id}",
        "cn.com.amazonaws.vpce.cn-north-1.vpce-svc-0123456789abcdef0",
    ] {
        let found = facts::recognise(name).unwrap_or_else(|| panic!("{name} is not recognised"));
        assert!(found.customer && found.service.is_none(), "{name}");
        assert!(found.suffix.starts_with("vpce-svc-"), "{name}");
    }
}

#[test]
fn other_texts_are_not_names() {
    for name in [
        "",
        ".",
        "s3",
        "com",
        "com.amazonaws",
        "com.amazonaws.",
        "com.amazonaws.us-east-1",
        "com.amazonaws.us-east-1.",
        "com.amazonaws..s3",
        "com.amazonaws.us-east-1.s3 ",
        "com.amazonaws.us-east-1.s3\n",
        "com.amazon.us-east-1.s3",
        "amazonaws.com.us-east-1.s3",
        "us-east-1.s3",
        "{region}.s3",
        "com.amazonaws.vpce.us-east-1.s3",
        "com.amazonaws.vpce.us-east-1.vpce-svc-",
        "com.amazonaws.vpce.vpce-svc-0123456789abcdef0",
        "org.example.vpce.us-east-1.vpce-svc-0123456789abcdef0",
        "vpce-svc-0123456789abcdef0",
        "arn:aws:s3:::bucket",
        "https://s3.us-east-1.amazonaws.com",
        "com.amazonaws.us-east-1.\u{e9}cr",
    ] {
        assert!(facts::recognise(name).is_none(), "`{name}` is recognised");
    }
}

#[test]
fn some_regions_name_services_otherwise() {
    let name = |id: &str, region: &str| facts::service(id).unwrap().name_in(region);
    assert_eq!(name("ecr.dkr", "us-east-1"), "com.amazonaws.us-east-1.ecr.dkr");
    assert_eq!(name("ecr.dkr", "cn-north-1"), "cn.com.amazonaws.cn-north-1.ecr.dkr");
    assert_eq!(name("logs", "cn-north-1"), "com.amazonaws.cn-north-1.logs");
    assert_eq!(name("transcribe", "cn-northwest-1"), "cn.com.amazonaws.cn-northwest-1.transcribe.cn");
    assert_eq!(name("sagemaker:studio", "cn-north-1"), "aws.sagemaker.cn-north-1.studio");
    assert_eq!(name("global:com.amazonaws.iam", "eu-west-1"), "com.amazonaws.iam");
    assert_eq!(name("ecr.dkr", "{region}"), "com.amazonaws.{region}.ecr.dkr");
}

#[test]
fn every_region_is_shaped_like_one() {
    for region in &facts::regions().all {
        let name = format!("com.amazonaws.{region}.s3");
        assert_eq!(facts::recognise(&name).unwrap().region, Some(region.as_str()));
    }
}

#[test]
fn fields_that_do_not_exist_are_refused() {
    let line = table("services").lines().find(|line| line.contains("{id: s3,")).unwrap();
    assert!(serde_yaml::from_str::<Vec<facts::Service>>(line).is_ok());
    let misspelt = line.replace("policy:", "polcy:");
    assert!(serde_yaml::from_str::<Vec<facts::Service>>(&misspelt).is_err());
    let no_support = line.replace("policy: true", "policy: maybe");
    assert!(serde_yaml::from_str::<Vec<facts::Service>>(&no_support).is_err());
    for predicate in ["{path: A}", "{path: A, equals: x, exists: true}", "{path: A, equal: x}"] {
        assert!(serde_yaml::from_str::<facts::Predicate>(predicate).is_err(), "{predicate}");
    }
}

#[test]
fn one_lookup_is_much_cheaper_than_all() {
    // Another test of this process may have parsed some records already; the numbers are for reading, not a limit.
    let start = Instant::now();
    assert!(facts::service("ecr.dkr").is_some());
    let one = start.elapsed();
    let start = Instant::now();
    assert!(facts::recognise("com.amazonaws.us-east-1.logs").is_some());
    let recognised = start.elapsed();
    let start = Instant::now();
    assert_eq!(facts::names().patterns.len(), 8);
    let shapes = start.elapsed();
    let start = Instant::now();
    assert!(facts::workload("mwaa").is_some());
    let workload = start.elapsed();
    let start = Instant::now();
    assert!(all_services().count() > 500);
    let all = start.elapsed();
    let start = Instant::now();
    let whole: Vec<BTreeMap<String, serde_yaml::Value>> = serde_yaml::from_str(table("services")).unwrap();
    println!(
        "one service {one:?}, one name {recognised:?}, one workload {workload:?}, names.yaml {shapes:?}"
    );
    println!("all {} services one by one {all:?}, their file as a whole {:?}", whole.len(), start.elapsed());
}
