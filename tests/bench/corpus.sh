#!/usr/bin/env bash
# Times the release binary, or another one, over a folder of templates, one thread, and its start on one small template.
# usage: [PRIVATELINT=BINARY] corpus.sh [FOLDER] [ROUNDS]     default: ../shared/corpus, 5
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=${1:-../shared/corpus}
rounds=${2:-5}
binary=${PRIVATELINT:-$PWD/target/release/privatelint}

[ -d "$folder" ] || { echo "there is no folder $folder" >&2; exit 2; }
[ "${PRIVATELINT:-}" ] || cargo build --locked --release --quiet
export RAYON_NUM_THREADS=1
# The clock of bash has a point or a comma, as the locale has it.
export LC_ALL=C

# Seconds that the given command takes. A linter's exit status 1 only says that it found something.
seconds() {
    local start=$EPOCHREALTIME status=0
    "$@" >/dev/null 2>&1 || status=$?
    local end=$EPOCHREALTIME
    if [ "$status" -gt 1 ]; then
        echo "status $status from: $*" >&2
        return 2
    fi
    awk -v start="$start" -v end="$end" 'BEGIN { printf "%.6f\n", end - start }'
}

# Smallest, median and largest of the numbers on the input.
spread() {
    sort -n | awk '{ n[NR] = $1 } END { printf "%.4f %.4f %.4f\n", n[1], n[int((NR + 1) / 2)], n[NR] }'
}

times() {
    local count=$1 number
    shift
    seconds "$@" >/dev/null || return # files into the cache of the system
    for ((number = 0; number < count; number++)); do seconds "$@" || return; done
}

files=$(find "$folder" -type f \( -name '*.yaml' -o -name '*.yml' -o -name '*.json' -o -name '*.template' \) | sort)
count=$(printf '%s\n' "$files" | grep -c . || true)
[ "$count" -gt 0 ] || { echo "no templates in $folder" >&2; exit 2; }
bytes=$(printf '%s\n' "$files" | tr '\n' '\0' | xargs -0 cat | wc -c)

echo "binary     $("$binary" --version 2>/dev/null || echo "$binary"), $(wc -c <"$binary") bytes"
echo "folder     $folder: $count files, $bytes bytes; one thread, $rounds rounds"

small=$(times 20 "$binary" check --format json testdata/bench/small.yaml | spread)
read -r least middle most <<<"$small"
echo "start-up   $middle s median ($least to $most) for one small template"

whole=$(times "$rounds" "$binary" check --format json "$folder" | spread)
read -r least middle most <<<"$whole"
awk -v least="$least" -v middle="$middle" -v most="$most" -v count="$count" -v bytes="$bytes" 'BEGIN {
    printf "folder     %s s median (%s to %s): %.0f files per second, %.1f MB per second\n",
        middle, least, most, count / middle, bytes / middle / 1e6
}'

if [ -x /usr/bin/time ]; then
    mkdir -p target
    /usr/bin/time -o target/peak.txt -f '%M' "$binary" check --format json "$folder" >/dev/null 2>&1 || true
    peak=$(tail -n 1 target/peak.txt)
    echo "peak       $peak KB resident"
else
    echo 'peak       not measured: there is no /usr/bin/time'
fi

# One process per file: the start-up is in each, so only the order and the distance to it count.
echo 'slowest files, each alone (start-up included):'
while IFS= read -r file; do
    # A single named file that is no template is a failure of the tool (2), and no matter here.
    start=$EPOCHREALTIME
    "$binary" check --format json "$file" >/dev/null 2>&1 || true
    end=$EPOCHREALTIME
    awk -v start="$start" -v end="$end" -v file="$file" 'BEGIN { printf "%.4f s  %s\n", end - start, file }'
done <<<"$files" | sort -rn | sed -n 1,5p
