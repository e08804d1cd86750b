//! How long one template takes: each phase from text to report, the whole program, and how that grows.

mod generated;
mod phases;

use std::hint::black_box;
use std::process::{Command, Stdio};

use criterion::{BenchmarkId, Criterion, Throughput};
use privatelint::config::Options;
use privatelint::engine;
use privatelint::text::FileId;

fn main() {
    let options = Options::default();
    let mut criterion = Criterion::default().configure_from_args();

    for (size, text) in phases::templates() {
        let mut group = criterion.benchmark_group(size);
        group.throughput(Throughput::Bytes(text.len() as u64));
        phases::each(&text, &mut |phase, work| {
            group.bench_function(phase, |bencher| bencher.iter(&mut *work));
        });
        group.finish();
    }

    let mut group = criterion.benchmark_group("program");
    for size in ["small", "medium"] {
        let file = format!("{}/testdata/bench/{size}.yaml", env!("CARGO_MANIFEST_DIR"));
        group.bench_function(size, |bencher| {
            bencher.iter(|| {
                let mut command = Command::new(env!("CARGO_BIN_EXE_privatelint"));
                command
                    .arg(&file)
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .status()
                    .map_or(2, |status| status.code().unwrap_or(2))
            });
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
