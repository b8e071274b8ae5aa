#!/bin/bash
# Runs the tests; when some fail, says at the end which and why: the thousand lines before hide it.
# Usage: scripts/test.sh COMMAND…
set -uo pipefail
log=$(mktemp)
trap 'rm -f "$log"' EXIT
"$@" 2>&1 | tee "$log"
status=$?
if [ "$status" -ne 0 ]; then
    echo
    echo "What failed:"
    grep -E '^(✘|↳)' "$log" | grep -v -E '^✘ (Test run|Suite)' || tail -n 20 "$log"
fi
exit "$status"
