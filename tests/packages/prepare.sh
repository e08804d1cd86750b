# Sourced by the scripts beside it: where things are, and a Python with the tools. Nothing is written outside target.
# shellcheck shell=bash disable=SC2034 # the variables are for those scripts
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"
work=$root/target/packages
tools=$work/tools/bin
dist=$work/dist
# The program as it comes out of the wheel.
installed=$work/installed/bin
# How fast the program is does not matter here, how fast it is built does; `PACKAGES_PROFILE=release` for a release.
profile=${PACKAGES_PROFILE:-dev}
export CARGO_TARGET_DIR=$root/target PIP_DISABLE_PIP_VERSION_CHECK=1 NO_COLOR=1
mkdir -p "$work"

skip() {
    echo "skipped: $1"
    exit 0
}

fail() {
    echo "failed: $1" >&2
    exit 1
}

# Makes a fresh virtual environment. Debian ships venv and pip apart from Python: either is enough.
environment() {
    python3 -m venv --clear "$1" 2>/dev/null && return
    rm -rf "$1"
    python3 -m pip install --quiet --upgrade --target "$work/virtualenv" virtualenv 2>/dev/null &&
        PYTHONPATH=$work/virtualenv python3 -m virtualenv --quiet "$1"
}

# Runs a command whose output is of interest only where it fails.
logged() {
    "$@" >"$work/log" 2>&1 || fail "$*: $(cat "$work/log")"
}

# Runs a command that must end with a status; its output goes where it goes.
expect() {
    local wanted=$1 status=0
    shift
    "$@" || status=$?
    [ "$status" -eq "$wanted" ] || fail "status $status, not $wanted: $*"
}

command -v python3 >/dev/null || skip 'no Python 3 here'
if ! cmp -s "$here/requirements.txt" "$work/tools/requirements.txt"; then
    environment "$work/tools" || skip 'this Python 3 has neither venv nor pip'
    "$tools/pip" install --quiet --requirement "$here/requirements.txt" || skip 'the tools cannot be installed'
    cp "$here/requirements.txt" "$work/tools/requirements.txt"
fi
