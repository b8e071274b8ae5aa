#!/bin/sh
# Builds ExchangeBench and runs it against Benchmarks/model_server.py.
set -eu
cd "$(dirname "$0")/.."
swift build -c release --product ExchangeBench
address=$(mktemp)
python3 Benchmarks/model_server.py >"$address" &
server=$!
trap 'kill $server; rm -f "$address"' EXIT
while [ ! -s "$address" ]; do sleep 0.1; done
.build/release/ExchangeBench "$(cat "$address")"
