#!/bin/sh
# What the gateway adds to a call: the same loopback upstream asked directly, through nginx as a bare proxy, and through the gateway, at 1, 16
# and 64 connections, in one run. Every request differs, so that nothing comes from the cache; every call is an entry on disk.
# Usage: Benchmarks/gateway.sh [WIREDESK] [SECONDS] [LITELLM]; needs nginx and wrk (Debian: nginx-light, wrk). LITELLM: the program of that
# name (`pip install 'litellm[proxy]'` into an environment of its own) runs beside, one process without a database, asked the same.
set -eu
wiredesk=$(realpath "${1:-.build/release/wiredesk}")
seconds=${2:-5}
litellm=${3:-}
work=$(mktemp -d)
trap 'kill $(cat "$work/nginx.pid" 2>/dev/null) $host $other 2>/dev/null || true; sleep 0.3; rm -rf "$work"' EXIT
host= other=
cat >"$work/nginx.conf" <<CONF
worker_processes 1; pid $work/nginx.pid; error_log $work/error.log; daemon on;
events { worker_connections 1024; }
http {
  access_log off; client_body_temp_path $work/b; proxy_temp_path $work/p; fastcgi_temp_path $work/f; uwsgi_temp_path $work/u; scgi_temp_path $work/s;
  keepalive_requests 10000000;
  upstream up { server 127.0.0.1:18081; keepalive 128; keepalive_requests 10000000; }
  server { listen 127.0.0.1:18081; default_type application/json; location / { return 200
    '{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[{"type":"text","text":"Hello there"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":12,"output_tokens":7}}'; } }
  server { listen 127.0.0.1:18082; location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; } }
}
CONF
nginx -c "$work/nginx.conf"
cd "$work"
echo '{"version": 1, "sources": []}' >Plugins.json
key=$("$wiredesk" keys create bench --json | sed 's/.*"key":"\([^"]*\)".*/\1/')
ANTHROPIC_BASE_URL=http://127.0.0.1:18081 ANTHROPIC_API_KEY=k "$wiredesk" run --listen 127.0.0.1:18083 2>host.log &
host=$!
for _ in $(seq 100); do grep -q listening host.log && break || sleep 0.05; done
cat >call.lua <<LUA
local n, id = 0, tostring({}):sub(8)
wrk.method = "POST"
wrk.headers["x-api-key"] = "$key"
wrk.headers["content-type"] = "application/json"
request = function()
  n = n + 1
  return wrk.format(nil, "/v1/messages", nil,
    '{"model":"claude-haiku-4-5","max_tokens":64,"messages":[{"role":"user","content":"hello ' .. id .. n .. '"}]}')
end
done = function(summary, latency, requests)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format("%8.0f requests/s  p50 %7.3f ms  p99 %7.3f ms  %d failed", summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, bad))
end
LUA
ports="18081 18082 18083"
if [ -n "$litellm" ]; then
    cat >litellm.yaml <<YAML
model_list:
  - model_name: claude-haiku-4-5
    litellm_params: {model: anthropic/claude-haiku-4-5, api_base: "http://127.0.0.1:18081", api_key: k}
YAML
    LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY=true LITELLM_LOG=ERROR "$litellm" --config litellm.yaml --host 127.0.0.1 --port 18084 >litellm.log 2>&1 &
    other=$!
    for _ in $(seq 300); do curl -sf -o health http://127.0.0.1:18084/health/liveliness && break || sleep 0.2; done
    ports="$ports 18084"
fi
ticks=$(getconf CLK_TCK)
cpu() { awk '{print $14 + $15}' "/proc/$1/stat"; }
# The host gives back what only its start needed.
sleep 3
echo "idle: $(awk '/VmRSS/ {printf "%.0f MB", $2 / 1024}' "/proc/$host/status")"
for connections in 1 16 64; do
    for port in $ports; do
        process=
        case $port in 18081) name=direct ;; 18082) name=nginx ;; 18083) name=gateway process=$host ;; *) name=litellm process=$other ;; esac
        before=$(cpu ${process:-$host})
        line=$(wrk -t1 -c$connections -d"${seconds}s" -s call.lua "http://127.0.0.1:$port" 2>&1 | tail -1)
        spent=$(($(cpu ${process:-$host}) - before))
        [ -n "$process" ] && line="$line  $(echo "$line" | awk -v spent=$spent -v ticks="$ticks" -v s="$seconds" '{printf "%.0f µs CPU a call", spent / ticks / ($1 * s) * 1e6}')"
        printf '%3d connections  %-8s %s\n' $connections $name "$line"
    done
done
echo "under load: $(awk '/VmHWM/ {printf "%.0f MB at most", $2 / 1024}' "/proc/$host/status")"
"$wiredesk" costs verify
