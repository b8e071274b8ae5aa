#!/bin/sh
# Starts an upstream and a gateway on free ports and lets the official clients at it. Usage: sdk_checks.sh WIREDESK PYTHON
set -eu
wiredesk=$1
python=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
upstream= host=
# Whoever waits for this script also waits for what it leaves behind, and a child may have been born deaf to SIGTERM.
trap 'kill -9 $upstream $host 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
echo '{"version": 1, "sources": []}' > Plugins.json
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
up=$(free_port)
down=$(free_port)
python3 "$here/upstream.py" "$up" >upstream.log 2>&1 &
upstream=$!
key=$("$wiredesk" keys create clients --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["key"])')
ANTHROPIC_BASE_URL=http://127.0.0.1:$up ANTHROPIC_API_KEY=upstream-key OPENAI_BASE_URL=http://127.0.0.1:$up/v1 OPENAI_API_KEY=upstream-key \
    "$wiredesk" run --listen "127.0.0.1:$down" >host.log 2>&1 &
host=$!
for _ in $(seq 100); do grep -q listening host.log && break || sleep 0.1; done
"$python" -u "$here/sdk_checks.py" "http://127.0.0.1:$down" "$key" "http://127.0.0.1:$up"
"$wiredesk" costs verify
