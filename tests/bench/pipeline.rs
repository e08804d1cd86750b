//! How long one template takes: each phase from text to report, the whole program, and how that grows.

mod generated;
mod phases;

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};

use criterion::{BenchmarkId, Criterion, Throughput};
use granit_parser::Parser;
use privatelint::config::Options;
use privatelint::engine;
use privatelint::text::FileId;

/// The texts of all templates below a folder; none where it is not there.
fn templates_in(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            texts.extend(templates_in(&path));
        } else if let Ok(text) = std::fs::read_to_string(&path)
            && engine::is_template(&text)
        {
            texts.push(text);
        }
    }
    texts
}

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

    // Where the real templates lie beside the repository: all of them, by a parser of YAML that only tells its events,
    // and from text to findings with every default rule.
    let texts = templates_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"));
    if !texts.is_empty() {
        let mut group = criterion.benchmark_group("corpus");
        group.throughput(Throughput::Elements(texts.len() as u64)).sample_size(20);
        group.bench_function("events of YAML, nothing else", |bencher| {
            bencher.iter(|| {
                let events =
                    texts.iter().map(|text| Parser::new_from_str(text).map_while(Result::ok).count());
                black_box(events.sum::<usize>())
            });
        });
        group.bench_function("text to findings", |bencher| {
            bencher.iter(|| {
                let findings =
                    texts.iter().map(|text| engine::lint(text, FileId(0), &options).findings.len());
                black_box(findings.sum::<usize>())
            });
        });
        group.finish();
    }

    criterion.final_summary();
}
