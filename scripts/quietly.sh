#!/bin/sh
# Runs a command without its chatter: one line says what goes on if it takes longer than two seconds; a failure shows everything.
# Usage: scripts/quietly.sh WHAT COMMAND…
set -u
what=$1
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT
"$@" >"$log" 2>&1 &
job=$!
trap 'kill "$job" 2>/dev/null; rm -f "$log"; exit 130' INT TERM
started=$(date +%s)
said=0
while kill -0 "$job" 2>/dev/null; do
    sleep 0.2
    if [ "$said" -eq 0 ] && [ $(($(date +%s) - started)) -ge 2 ]; then
        echo "$what …"
        said=1
    fi
done
wait "$job"
status=$?
[ "$status" -eq 0 ] || cat "$log" >&2
exit "$status"
