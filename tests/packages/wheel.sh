#!/usr/bin/env bash
# Builds the wheel and the source distribution, and installs the wheel into a fresh environment.
# shellcheck source=tests/packages/prepare.sh
. "$(dirname "$0")/prepare.sh"

rm -rf "$dist"
logged "$tools/maturin" build --profile "$profile" --out "$dist"
logged "$tools/maturin" sdist --out "$dist"
"$tools/twine" check --strict "$dist"/*

environment "$work/installed"
"$installed/pip" install --quiet --no-index --no-deps "$dist"/*.whl
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
[ "$("$installed/privatelint" --version)" = "privatelint $version" ] || fail 'the program has another version'
[ "$("$installed/python" -m privatelint --version)" = "privatelint $version" ] || fail 'python -m privatelint'
expect 1 "$installed/privatelint" check --quiet --format concise testdata/example.yaml >"$work/found"
grep -q '^testdata/example.yaml:72:22: warning\[gateway-route-coverage\]' "$work/found" || fail "found: $(cat "$work/found")"
expect 0 "$installed/privatelint" check --quiet testdata/ok >/dev/null

"$installed/python" - "$version" <<'PYTHON'
import importlib.metadata
import json
import sys

wheel = importlib.metadata.distribution("privatelint")
metadata = wheel.metadata
assert metadata["Version"] == sys.argv[1], metadata["Version"]
assert metadata["License-Expression"] == "MIT OR Apache-2.0", metadata["License-Expression"]
assert set(metadata.get_all("License-File")) == {"LICENSE-MIT", "LICENSE-APACHE"}
assert metadata["Requires-Python"] == ">=3.9" and wheel.requires is None, "the program needs no package"
assert "# privatelint" in metadata.get_payload(), "the page on the index is the README"
bill = next(file for file in wheel.files if file.name.endswith(".cyclonedx.json"))
assert len(json.loads(bill.read_text())["components"]) > 30
PYTHON

# What is in the source distribution suffices to build the same.
rm -rf "$work/again"
PATH=$tools:$PATH MATURIN_PEP517_ARGS="--profile $profile" \
    logged "$tools/pip" wheel --no-deps --no-build-isolation --wheel-dir "$work/again" "$dist"/*.tar.gz
"$tools/python" - "$dist"/*.whl "$work/again"/*.whl <<'PYTHON'
import sys
import zipfile

first, second = ({file.filename for file in zipfile.ZipFile(wheel).infolist()} for wheel in sys.argv[1:])
assert first == second, first ^ second
PYTHON
echo 'the wheel is well'
