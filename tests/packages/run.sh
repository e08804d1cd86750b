#!/usr/bin/env bash
# Everything around the program that people install: the wheel, cfn-lint, pre-commit, shells, GitHub, the container.
# Needs Rust and Python 3 with venv or pip, and for some of it git and npm; what cannot be tried here is said.
set -euo pipefail
cd "$(dirname "$0")"
for part in wheel cfn_lint pre-commit shells action forges; do
    printf -- '-- %s (after %s s)\n' "$part" "$SECONDS"
    ./"$part.sh"
done
printf -- '-- packages: all done (after %s s)\n' "$SECONDS"
