#!/bin/sh
# CPU time of `wiredesk parse --ndjson` over 300 feeds as a multiple of libxml2's bare SAX pass over the same files, in turn, medians.
# Usage: Benchmarks/parse.sh [WIREDESK] [ROUNDS]; needs python3 and xmllint (Debian: libxml2-utils).
set -eu
cd "$(dirname "$0")/.."
wiredesk=${1:-.build/release/wiredesk}
rounds=${2:-7}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 Benchmarks/make_feeds.py "$work/feeds"
python3 - "$wiredesk" "$rounds" "$work/feeds" <<'PY'
import glob, os, resource, statistics, subprocess, sys
wiredesk, rounds, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
files = sorted(glob.glob(folder + "/*.xml"))
size = sum(map(os.path.getsize, files))
commands = {"xmllint --sax --noout": ["xmllint", "--sax", "--noout"], "wiredesk parse --ndjson": [wiredesk, "parse", "--ndjson"]}
times = {name: [] for name in commands}
for round in range(rounds + 1):
    for name, command in commands.items():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command + files, stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if round: times[name].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
print(f"{len(files)} feeds, {size / 1e6:.1f} MB, {rounds} rounds, CPU seconds (median)")
floor, ours = (statistics.median(times[name]) for name in commands)
for name in commands: print(f"  {statistics.median(times[name]):6.3f}  {min(times[name]):6.3f} … {max(times[name]):6.3f}  {name}")
print(f"  {ours / floor:.2f} × the floor")
PY
