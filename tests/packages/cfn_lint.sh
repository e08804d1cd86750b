#!/usr/bin/env bash
# Runs cfn-lint with the rules of the wheel; the two are in different environments, as they often are.
# shellcheck source=tests/packages/prepare.sh
. "$(dirname "$0")/prepare.sh"
[ -x "$installed/privatelint" ] || "$here/wheel.sh"

"$tools/python" "$here/cfn_lint.py" "$tools/cfn-lint" "$installed" "$work/cfn-lint"
