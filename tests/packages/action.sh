#!/usr/bin/env bash
# Runs the steps of action.yml as a runner would, with the wheel from here in place of the index.
# shellcheck source=tests/packages/prepare.sh
. "$(dirname "$0")/prepare.sh"
[ -x "$installed/privatelint" ] || "$here/wheel.sh"
scratch=$work/action
rm -rf "$scratch" && mkdir -p "$scratch/temp" "$scratch/repository"
cp testdata/example.yaml "$scratch/repository/one template.yaml"
cp testdata/ok/isolated-fargate.json "$scratch/repository/good.json"

"$tools/python" - "$scratch" <<'PYTHON'
import sys

import ruamel.yaml

steps = ruamel.yaml.YAML(typ="safe").load(open("action.yml"))["runs"]["steps"]
for number, step in enumerate(step for step in steps if "run" in step):
    with open(f"{sys.argv[1]}/step{number}", "w") as script:
        script.write(step["run"])
PYTHON

cd "$scratch/repository"
export GITHUB_OUTPUT=$scratch/output PIP_FIND_LINKS="$dist ${PIP_FIND_LINKS:-}"
version=$("$installed/privatelint" --version)
# The options that a runner gives to bash.
step() { bash --noprofile --norc -eo pipefail "$scratch/step$1"; }

VERSION=${version#* } SOURCE=$root ENVIRONMENT=$scratch/temp/privatelint step 0 >/dev/null
program=$(sed -n 's/^program=//p' "$scratch/output")

# Runs the check and the last step: PATHS ARGUMENTS FAIL_ON, and which exit code is wanted.
check() {
    : >"$scratch/output"
    PROGRAM=$program PATHS=$1 FURTHER=$2 FAIL_ON=$3 SARIF=report.sarif step 1 >"$scratch/told" 2>&1
    code=$(sed -n 's/^exit-code=//p' "$scratch/output")
    [ "$code" = "$4" ] || fail "the code is $code, not $4: $(cat "$scratch/told")"
    CODE=$code expect "$4" step 2
}
check . '' warning 1
grep -q '^::warning .*file=one template.yaml,line=72' "$scratch/told" || fail "no annotation: $(cat "$scratch/told")"
grep -qx 'written=true' "$scratch/output" || fail 'the report is not uploaded'
grep -q 'gateway-route-coverage' report.sarif || fail 'nothing in the report'
check $'one template.yaml\ngood.json' '' error 0
check 'one template.yaml' $'--ignore=gateway-route-coverage\n\n--parameter=AWS::Region=eu-west-1' info 0
rm report.sarif
check gone.yaml '' warning 2
echo 'the action: ok'
