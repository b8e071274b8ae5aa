#!/bin/sh
# Checks the documentation: links between pages lead somewhere, made pages are current, marked examples run.
# Usage: scripts/check-docs.sh WIREDESK
set -eu
wiredesk=$1
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
failed=0
complain() {
    echo "docs: $*" >&2
    failed=1
}

for page in README.md CONTRIBUTING.md CHANGELOG.md docs/*.md; do
    folder=$(dirname "$page")
    for link in $(grep -o '](\([^)#: ]*\)[^):]*)' "$page" | sed 's/^](//; s/[#)].*$//' | sort -u); do
        [ -z "$link" ] || [ -e "$folder/$link" ] || complain "$page links to $link, which is not there"
    done
done

"$wiredesk" plugins ceilings --markdown | cmp -s - docs/ceilings.md ||
    complain "docs/ceilings.md is out of date: make docs"
"$wiredesk" plugins schema | cmp -s - docs/plugins.schema.json ||
    complain "docs/plugins.schema.json is out of date: make docs"

"$wiredesk" prices schema | cmp -s - docs/prices.schema.json ||
    complain "docs/prices.schema.json is out of date: make docs"

# Examples: each ```sh block behind a line `<!-- run -->` runs in a folder of its own, with wiredesk on the PATH.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$(cd "$(dirname "$wiredesk")" && pwd)/$(basename "$wiredesk")" "$work/bin/wiredesk"
for page in README.md docs/*.md; do
    awk -v prefix="$work/$(basename "$page")" '
        /^<!-- run -->$/ { marked = 1; next }
        marked && /^```sh$/ { inside = 1; marked = 0; count++; next }
        inside && /^```$/ { inside = 0; next }
        inside { print > (prefix "." count ".sh") }
    ' "$page"
done
for script in "$work"/*.sh; do
    [ -e "$script" ] || continue
    run=$(mktemp -d "$work/run.XXXX")
    cp Plugins.json "$run/"
    if ! (cd "$run" && PATH="$work/bin:$PATH" sh -eu "$script") >"$work/out" 2>&1; then
        complain "an example of $(basename "$script" | sed 's/\.[0-9]*\.sh$//') fails:"
        cat "$script" "$work/out" >&2
    fi
done
exit $failed
