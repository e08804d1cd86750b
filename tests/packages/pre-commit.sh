#!/usr/bin/env bash
# Installs the hooks with the real pre-commit into a scratch repository, and commits.
# shellcheck source=tests/packages/prepare.sh
. "$(dirname "$0")/prepare.sh"
command -v git >/dev/null || skip 'no git here'
[ -x "$installed/privatelint" ] || "$here/wheel.sh"
scratch=$work/pre-commit
rm -rf "$scratch" && mkdir -p "$scratch"

# pre-commit builds a release without the lock file. Here the same commands give what has been built already.
mkdir "$scratch/bin"
cat >"$scratch/bin/cargo" <<SHIM
#!/bin/sh
if [ "\$1" = install ]; then
    shift
    exec "$(command -v cargo)" install --debug --locked "\$@"
fi
exec "$(command -v cargo)" "\$@"
SHIM
chmod +x "$scratch/bin/cargo"
export PATH=$scratch/bin:$tools:$PATH
export MATURIN_PEP517_ARGS="--profile $profile" PRE_COMMIT_HOME=$scratch/home PRE_COMMIT_COLOR=never
export PIP_FIND_LINKS="$dist ${PIP_FIND_LINKS:-}"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org
export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org
unset GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE

# The project as it stands here, committed or not, as a repository that hooks come from.
mkdir "$scratch/project" "$scratch/user"
git ls-files -z --cached --others --exclude-standard | xargs -0 tar -cf - 2>/dev/null | tar -xf - -C "$scratch/project"
git -C "$scratch/project" init --quiet
git -C "$scratch/project" add --all
git -C "$scratch/project" commit --quiet --message 'the project'
revision=$(git -C "$scratch/project" rev-parse HEAD)

cd "$scratch/user"
git init --quiet
good() { cp "$root/testdata/ok/isolated-fargate.yaml" "$1"; }
bad() { cp "$root/testdata/example.yaml" "$1"; }

# Configures one hook of the project.
hook() {
    printf 'repos:\n- repo: %s\n  rev: %s\n  hooks:\n  - id: %s\n' "$scratch/project" "$revision" "$1" >.pre-commit-config.yaml
    git add .pre-commit-config.yaml
}

try() {
    git reset --quiet
    git add .pre-commit-config.yaml
    good good.yaml
    printf 'services:\n  web: {image: web}\n' >compose.yaml
    printf '{"a": 1}' >values.json
    printf 'a: {{ .Values.a }}\n' >chart.yaml
    git add good.yaml compose.yaml values.json chart.yaml
    pre-commit run >out 2>&1 || fail "$1 on good files: $(cat out)"
    grep -q 'Passed' out || fail "$1 saw nothing: $(cat out)"
    bad bad.template
    git add bad.template
    ! pre-commit run >out 2>&1 || fail "$1 passes a bad template"
    grep -q 'gateway-route-coverage' out || fail "$1 says: $(cat out)"
    ! grep -qE 'compose|values|chart|not a CloudFormation' out || fail "$1 speaks of other files: $(cat out)"
    rm bad.template
    git rm --quiet --cached bad.template
    echo "$1: ok"
}

hook privatelint
try privatelint

# As a person does it: the hook stops the commit of a bad template and lets a good one through.
pre-commit install >/dev/null
bad network.yaml
git add network.yaml
! git commit --quiet --message bad >out 2>&1 || fail 'a bad template was committed'
grep -q 'gateway-route-coverage' out || fail "the commit says: $(cat out)"
good network.yaml
git add network.yaml
git commit --quiet --message good >out 2>&1 || fail "a good template was not committed: $(cat out)"
echo 'commits: ok'

# A thousand other files cost next to nothing.
mkdir others
for number in $(seq 1000); do
    printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: n%s}\n' "$number" >"others/$number.yaml"
done
git add others
started=$(date +%s%N)
pre-commit run >out 2>&1 || fail "other files: $(cat out)"
echo "a thousand other files: $((($(date +%s%N) - started) / 1000000)) ms with pre-commit itself"
git rm --quiet -r --cached others && rm -rf others

hook privatelint-py
try privatelint-py

# A wheel from an index, for those without a compiler.
version=$("$installed/privatelint" --version)
cat >.pre-commit-config.yaml <<YAML
repos:
- repo: local
  hooks:
  - id: privatelint
    name: privatelint
    language: python
    additional_dependencies: ["privatelint==${version#* }"]
    entry: privatelint check --templates-only
    types: [text]
    files: (?i)\.(ya?ml|json|template|j2)\$
    require_serial: true
YAML
try 'a wheel without the repository'

if "$installed/privatelint" check --help | grep -- '--fix\b' >/dev/null; then
    hook privatelint-fix
    cat >fixable.yaml <<'YAML'
Resources:
  LogsEndpoint:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: vpc-0123456789abcdef0
      ServiceName: !Sub com.amazonaws.${AWS::Region}.logs # the service
      PrivateDnsEnabled: true
      SubnetIds: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
      SecurityGroupIds: [sg-0123456789abcdef0]
YAML
    git add fixable.yaml
    ! pre-commit run >out 2>&1 || fail 'a fixed file is to be looked at before it is committed'
    grep -q 'files were modified' out || fail "the fix says: $(cat out)"
    grep -q 'VpcEndpointType: Interface' fixable.yaml || fail "not fixed: $(cat fixable.yaml)"
    grep -q '# the service' fixable.yaml || fail 'the comment is gone'
    git add fixable.yaml
    pre-commit run >out 2>&1 || fail "the fixed file: $(cat out)"
    echo 'privatelint-fix: ok'
else
    echo 'privatelint-fix: this privatelint makes no fixes yet'
fi
