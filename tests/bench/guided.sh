#!/usr/bin/env bash
# Builds the program twice, the second time laid out for the ways that it goes: the first one counts them over testdata.
# usage: guided.sh TARGET     such as x86_64-unknown-linux-gnu; the program is then in target/TARGET/release
# Needs the component llvm-tools, and a machine that runs programs for the target.
# https://doc.rust-lang.org/rustc/profile-guided-optimization.html
set -euo pipefail
cd "$(dirname "$0")/../.."
target=$1
counted=$PWD/target/guided/$target
tools=$(rustc --print sysroot)/lib/rustlib/$(rustc --print host-tuple)/bin

rm -rf "$counted"
mkdir -p "$counted"
RUSTFLAGS="-Cprofile-generate=$counted" \
    cargo build --release --locked --target "$target" --target-dir target/guided/build
for options in '--format json' '--format full' '--format sarif' '--diff'; do
    # Findings make the exit status 1, which is what is wanted here.
    # shellcheck disable=SC2086 # several words
    "target/guided/build/$target/release/privatelint" check $options testdata >"$counted/output" 2>&1 || [ $? -eq 1 ]
done
"$tools/llvm-profdata" merge --output "$counted.profdata" "$counted"/*.profraw
RUSTFLAGS="-Cprofile-use=$counted.profdata" cargo build --release --locked --target "$target"
