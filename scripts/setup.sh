#!/bin/sh
# Installs what building wiredesk needs on Debian 12 or Ubuntu and is not there yet. Says what it does; does nothing, silently, when
# nothing is missing. Usage: scripts/setup.sh [--tests]
set -eu

# libcurl, libxml2, zlib, SQLite, OpenSSL, libmongoc: the libraries; pkg-config: how the package manager finds them; ca-certificates and
# tzdata: needed when running; the rest is what the Swift toolchain itself needs on Debian.
packages="libcurl4-openssl-dev libxml2-dev zlib1g-dev libsqlite3-dev libssl-dev libmongoc-dev pkg-config ca-certificates tzdata
          git binutils gcc libc6-dev libstdc++-12-dev libgcc-12-dev libncurses6 libedit2"
if [ "${1:-}" = "--tests" ]; then packages="$packages openssl python3 python3-venv chromium fonts-dejavu-core"; fi

if ! command -v swift >/dev/null 2>&1; then
    echo "setup: there is no \`swift\` on the PATH. Install Swift 6.3 or later from https://www.swift.org/install/linux/ first." >&2
    exit 1
fi
if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "setup: this is no Debian or Ubuntu. Install these by hand, under their names here: $packages" >&2
    exit 0
fi

missing=""
for package in $packages; do
    status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing="$missing $package"
done

# Python packages from PyPI in an environment of their own under .build. Usage: python_environment NAME WHAT_FOR PACKAGE…
python_environment() {
    venv=$(cd "$(dirname "$0")/.." && pwd)/.build/$1
    what=$2
    shift 2
    [ "$(cat "$venv/ready" 2>/dev/null)" != "$*" ] || return 0
    echo "setup: installing the Python packages $* into ${venv##*/.build/} under .build, for $what"
    log=$(mktemp)
    if ! { python3 -m venv "$venv" && "$venv/bin/python" -m pip install -q --disable-pip-version-check "$@"; } >"$log" 2>&1; then
        echo "setup: this failed:" >&2
        tail -n 20 "$log" >&2
        rm -f "$log"
        exit 1
    fi
    rm -f "$log"
    echo "$*" >"$venv/ready"
}

# The official clients of Anthropic and OpenAI, which the gateway's tests let at it; what drives Debian's browser, axe-core and schemathesis,
# for the tests of dashboard and API; a Singer tap, which the plugins' tests run; and SecantusDB, a server that
# speaks MongoDB's protocol.
clients() {
    [ "${1:-}" = "--tests" ] || return 0
    python_environment clients "the tests" anthropic openai playwright axe-playwright-python schemathesis
    python_environment taps "the tests of Singer taps" tap-rest-api-msdk
    python_environment mongo "the tests of the store on MongoDB" "secantusdb==0.7.0b3"
}

if [ -z "$missing" ]; then
    clients "$@"
    exit 0
fi

if [ "$(id -u)" -eq 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1; then
    as_root="sudo"
else
    echo "setup: packages are missing, and this is neither root nor is there sudo. Let an administrator run:" >&2
    echo "    apt-get update && apt-get install -y --no-install-recommends$missing" >&2
    exit 1
fi

echo "setup: installing${as_root:+ through sudo}:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() {
    # shellcheck disable=SC2086
    if ! $as_root env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1; then
        echo "setup: this failed: $*" >&2
        tail -n 20 "$log" >&2
        echo "setup: if another program holds the package lock, wait for it; if there is no network, connect and try again." >&2
        exit 1
    fi
}
run apt-get update -q
# shellcheck disable=SC2086
run apt-get install -q -y --no-install-recommends $missing
clients "$@"
echo "setup: done"
