#!/usr/bin/env python3
"""Times privatelint and the other linters over the same templates, in turn, and prints how they compare.

A tool that is not installed is left out, and said so. README.md tells how each is installed."""

import argparse
import datetime
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
EXTENSIONS = {".yaml", ".yml", ".json", ".template"}
OURS = "privatelint"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="templates, looked for in its subfolders too")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--first", type=int, help="only so many templates, evenly spread")
    parser.add_argument("--privatelint", default=str(ROOT / "target/release/privatelint"))
    parser.add_argument("--cfn-guard", default="cfn-guard")
    parser.add_argument("--cfn-lint", default="cfn-lint")
    parser.add_argument("--checkov", default="checkov")
    parser.add_argument("--python", default=sys.executable, help="one that has cloudformation_validate")
    parser.add_argument("--cores", type=int, default=1, help="how many cores each tool may use")
    return parser.parse_args()


def tools(options):
    """Of each tool its name and the command for a folder and its files."""
    guard = [options.cfn_guard, "validate", "--rules", str(HERE / "one.guard"), "--show-summary", "none"]
    validate = [options.python, str(HERE / "validate.py")]
    return {
        OURS: lambda folder, files: [options.privatelint, "check", "--quiet", "--format", "json", folder],
        "cfn-guard, one rule": lambda folder, files: [*guard, "--data", folder],
        "cloudformation-validate": lambda folder, files: [*validate, *files],
        "cfn-lint": lambda folder, files: [options.cfn_lint, "--format", "json", "--", *files],
        "checkov": lambda folder, files: [
            options.checkov, "--framework", "cloudformation", "--compact", "--quiet",
            "--skip-download", "--output", "json", "--directory", folder,
        ],
    }  # fmt: skip


def is_installed(command):
    if shutil.which(command[0]) is None:
        return False
    if command[1].endswith("validate.py"):
        return subprocess.run([command[0], "-c", "import cloudformation_validate"], capture_output=True).returncode == 0
    return True


def measure(command, cores):
    """Wall time and time of the processor in seconds, greatest memory in MiB, exit status."""
    environment = {**os.environ, "LOG_LEVEL": "ERROR", "RAYON_NUM_THREADS": str(cores)}
    with tempfile.TemporaryFile() as sink:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, env=environment
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / unit, process.returncode


def staged(options, into):
    """The templates in one flat folder, so that every tool sees the same files."""
    found = sorted(path for path in options.folder.rglob("*") if path.suffix in EXTENSIONS and path.is_file())
    found = [path for path in found if b"Resources" in path.read_bytes()]
    if options.first and options.first < len(found):
        found = [found[number * len(found) // options.first] for number in range(options.first)]
    for number, path in enumerate(found):
        shutil.copyfile(path, into / f"{number:05}{path.suffix}")
    return sorted(str(path) for path in into.iterdir())


def compare(commands, rounds, cores):
    """Each tool once per round, so that a busy minute of the machine falls on all of them; a first round only warms up."""
    results = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            print(f"  {'warming up' if number == 0 else f'round {number}'}: {name}", file=sys.stderr, flush=True)
            result = measure(command, cores)
            if number > 0:
                results[name].append(result)
    return results


def table(results, templates):
    def middle(name, index):
        return statistics.median(result[index] for result in results[name])

    rate = "Templates per second" if templates else "–"
    print(f"| Tool | Wall | Spread | ÷ | CPU | ÷ | Peak | ÷ | {rate} | Exit |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name in results:
        wall, cpu, peak = (middle(name, index) for index in range(3))
        walls = [result[0] for result in results[name]]
        ours = [middle(OURS, index) for index in range(3)]
        ratio = [f"{mine / our:.1f}" if our else "–" for mine, our in zip((wall, cpu, peak), ours)]
        speed = f"{templates / wall:,.0f}" if templates else "–"
        exits = ", ".join(sorted({str(result[3]) for result in results[name]}))
        print(
            f"| {name} | {wall:.3f} s | {min(walls):.3f}–{max(walls):.3f} | {ratio[0]} "
            f"| {cpu:.3f} s | {ratio[1]} | {peak:.0f} MiB | {ratio[2]} | {speed} | {exits} |"
        )
    print()


def main():
    options = arguments()
    if hasattr(os, "sched_setaffinity"):
        # What is started inherits it. To set it in between would take a fork, which is longer than some of the runs.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    with tempfile.TemporaryDirectory() as folder:
        files = staged(options, Path(folder))
        if not files:
            sys.exit(f"no templates in {options.folder}")
        small = Path(folder).parent / f"{Path(folder).name}-small"
        small.mkdir()
        try:
            shutil.copy(ROOT / "testdata/bench/small.yaml", small)
            made = tools(options)
            missing = [name for name, make in made.items() if not is_installed(make(folder, files))]
            if OURS in missing:
                sys.exit(f"there is no {options.privatelint}: build it with `cargo build --release`")
            made = {name: make for name, make in made.items() if name not in missing}
            size = sum(os.path.getsize(path) for path in files)
            print(
                f"{datetime.date.today()}, {platform.machine()}, {platform.system()}, {options.cores} core(s), "
                f"{options.rounds} rounds, medians; ÷ is how many times as much as {OURS}"
                + "".join(f"; not installed: {name}" for name in missing)
            )
            print(f"\n{len(files)} templates, {size / 1e6:.2f} MB:\n")
            commands = {name: make(folder, files) for name, make in made.items()}
            table(compare(commands, options.rounds, options.cores), len(files))
            print("One small template:\n")
            one = [str(small / "small.yaml")]
            commands = {name: make(str(small), one) for name, make in made.items()}
            table(compare(commands, options.rounds, options.cores), 0)
        finally:
            shutil.rmtree(small)


if __name__ == "__main__":
    main()
