#!/usr/bin/env bash
# The extension of VS Code: lint, types, unit tests, its protocol layer against the language server, and the package, which holds
# the bundle and nothing that it is made of. Needs Node.js 20.15 or newer.
#
#   PRIVATELINT=target/release/privatelint tests/editors/vscode.sh    default: target/debug/privatelint
set -euo pipefail
cd "$(dirname "$0")/../.."
PRIVATELINT=$(realpath "${PRIVATELINT:-target/debug/privatelint}")
export PRIVATELINT

if ! command -v npm >/dev/null || ! node -e 'process.exit(require("zlib").crc32 ? 0 : 1)'; then
    echo 'skipped: no Node.js 20.15 or newer with npm here'
    exit 0
fi
[ -x "$PRIVATELINT" ] || { echo "there is no program $PRIVATELINT"; exit 1; }
cd editors/vscode

# Where packages come from is for whoever installs them to say.
if grep --line-number --extended-regexp '"resolved"|https?://[^"]*\.tgz' package-lock.json; then
    echo 'package-lock.json names places to download from'
    exit 1
fi
npm ci --no-progress
npm run --silent check
npm test
npm run --silent package

package=privatelint.vsix
contents=$(node scripts/contents.mjs "$package")
printf '%s holds:\n%s\n' "$package" "$contents"
expected='[Content_Types].xml
extension.vsixmanifest
extension/LICENSE.txt
extension/dist/extension.js
extension/dist/view.css
extension/dist/view.js
extension/icon.png
extension/package.json
extension/readme.md'
diff <(printf '%s\n' "$expected" | LC_ALL=C sort) <(printf '%s\n' "$contents" | LC_ALL=C sort) || {
    echo "$package holds something else than it should"
    exit 1
}
echo "ok: $package"
