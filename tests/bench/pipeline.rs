//! How long one template takes: the parse alone, everything from text to findings, and how that grows.

mod generated;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use privatelint::config::Options;
use privatelint::text::FileId;
use privatelint::{engine, syntax};

const SMALL: &str = include_str!("../../testdata/bench/small.yaml");
const MEDIUM: &str = include_str!("../../testdata/bench/medium.yaml");

fn main() {
    let large = repeated(MEDIUM, 10);
    let templates = [("small", SMALL), ("medium", MEDIUM), ("large", large.as_str())];
    let options = Options::default();
    let mut criterion = Criterion::default().configure_from_args();

    let mut group = criterion.benchmark_group("parse");
    for (size, text) in templates {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(BenchmarkId::from_parameter(size), text, |bencher, text| {
            bencher.iter(|| syntax::parse(black_box(text), FileId(0)).errors.len());
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("lint");
    for (size, text) in templates {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(BenchmarkId::from_parameter(size), text, |bencher, text| {
            bencher.iter(|| engine::lint(black_box(text), FileId(0), &options).findings.len());
        });
    }
    group.finish();

    // Twice the resources should take twice the time; conditions should cost no more than their scenarios.
    let mut group = criterion.benchmark_group("growth");
    for size in [5, 10, 20] {
        let text = generated::wide(size);
        group.throughput(Throughput::Elements((size * generated::PER_UNIT) as u64));
        group.bench_with_input(
            BenchmarkId::new("resources", size * generated::PER_UNIT),
            &text,
            |bencher, text| {
                bencher.iter(|| engine::lint(black_box(text), FileId(0), &options).findings.len());
            },
        );
    }
    for conditions in [0, 3, 6, 12] {
        let text = generated::conditional(conditions);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(BenchmarkId::new("conditions", conditions), &text, |bencher, text| {
            bencher.iter(|| engine::lint(black_box(text), FileId(0), &options).findings.len());
        });
    }
    group.finish();

    criterion.final_summary();
}

/// The template with its resources `count` times, each time under other names: all of them begin with `Main`.
fn repeated(template: &str, count: usize) -> String {
    let (head, resources) = template.split_once("Resources:\n").unwrap_or((template, ""));
    let mut text = format!("{head}Resources:\n");
    for number in 1..=count {
        text.push_str(&resources.replace("Main", &format!("Part{number}")));
    }
    text
}
