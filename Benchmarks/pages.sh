#!/bin/sh
# Times pages and API over a large store: Benchmarks/pages.sh [ENTRIES] [ARTICLES] [FOLDER]. Needs curl and wrk.
set -eu
cd "$(dirname "$0")/.."
folder=${3:-$(mktemp -d)}
swift build -c release --product PageBench >/dev/null
.build/release/PageBench "${1:-10000000}" "${2:-1000000}" "$folder" >"$folder.out" &
bench=$!
trap 'kill $bench 2>/dev/null || true' EXIT
until grep -q ^http "$folder.out"; do sleep 0.2; done
cat "$folder.out"
desk=$(grep ^http "$folder.out")
for path in / /costs /sources /articles /ledger /api/v1/sources /admin/api-costs/summary; do
    for _ in $(seq 30); do curl -s -o /dev/null -w '%{time_total} %{size_download}\n' "$desk$path"; done | sort -n |
        awk -v path="$path" '{ time[NR] = $1; size = $2 } END { printf "%-26s median %5.1f ms, slowest of %d %5.1f ms, %d bytes\n", path, time[int(NR / 2) + 1] * 1000, NR, time[NR] * 1000, size }'
done
for path in /api/v1/sources "/api/v1/articles?limit=20" /admin/api-costs/summary "/api/v1/ledger?limit=20"; do
    printf '%-26s %s\n' "$path" "$(wrk -t1 -c32 -d5s "$desk$path" | grep -E 'Requests/sec|Non-2xx' | tr -s ' \n' ' ')"
done
