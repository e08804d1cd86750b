//! How often each phase asks for memory, and for how much: unlike times, these are the same in every run.
//!
//! `tests/bench/allocations.txt` holds what they were. A twentieth more or less fails, since compilers and the standard
//! library change a little too; `PRIVATELINT_REWRITE=1 cargo test --test allocations` writes it anew.

#![expect(clippy::print_stdout, reason = "it is its own harness")]

#[path = "bench/phases.rs"]
mod phases;

use std::alloc::System;
use std::fmt::Write as _;
use std::process::ExitCode;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/allocations.txt");

/// No harness: another thread would be counted too.
fn main() -> ExitCode {
    if !cfg!(debug_assertions) {
        println!("allocations are compared without optimisation only, which leaves some of them out");
        return ExitCode::SUCCESS;
    }
    let counted = counted();
    if std::env::var_os("PRIVATELINT_REWRITE").is_some() {
        return match std::fs::write(SNAPSHOT, &counted) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                println!("cannot write {SNAPSHOT}: {error}");
                ExitCode::FAILURE
            }
        };
    }
    let expected = std::fs::read_to_string(SNAPSHOT).unwrap_or_default();
    let near = expected.lines().count() == counted.lines().count()
        && expected.lines().zip(counted.lines()).all(|(before, now)| is_near(before, now));
    if near {
        return ExitCode::SUCCESS;
    }
    println!("allocations have changed; PRIVATELINT_REWRITE=1 writes {SNAPSHOT} anew");
    for (before, now) in expected.lines().zip(counted.lines()).filter(|(before, now)| before != now) {
        println!("- {before}\n+ {now}");
    }
    ExitCode::FAILURE
}

/// A line for each phase of each template.
fn counted() -> String {
    let mut text = format!("{:10}{:28}{:>12}{:>12}\n", "template", "phase", "allocations", "KiB");
    for (size, template) in phases::templates() {
        phases::each(&template, &mut |phase, work| {
            // What is read once per process is not counted.
            work();
            let region = Region::new(COUNTED);
            work();
            let change = region.change();
            let count = change.allocations + change.reallocations;
            let _ =
                writeln!(text, "{size:10}{phase:28}{count:12}{:12}", change.bytes_allocated.div_ceil(1024));
        });
    }
    text
}

/// Whether two lines have the same words and nearly the same numbers.
fn is_near(before: &str, now: &str) -> bool {
    let (mut before, mut now) = (before.split_whitespace(), now.split_whitespace());
    loop {
        let (one, other) = (before.next(), now.next());
        let (Some(one), Some(other)) = (one, other) else { return one == other };
        let equal = match (one.parse::<u64>(), other.parse::<u64>()) {
            // A few more of very few are no change.
            (Ok(one), Ok(other)) => one.abs_diff(other) <= one / 20 + 4,
            _ => one == other,
        };
        if !equal {
            return false;
        }
    }
}
