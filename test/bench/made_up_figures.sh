# shellcheck shell=bash
# Sourced by the tests of the benchmarks' tables: made-up data in $folder/data, and what the text and the JSON made of it must hold.
set -euo pipefail
export LC_ALL=C
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# line FIELD...: of the data.
line() { (IFS=$'\t'; printf '%s\n' "$*") >> "$folder/data"; }
# make_table BENCH AWK_FILE: from the data, into $folder/text and $folder/json.
make_table() {
    awk -v json="$folder/json" -f "$1/compare/figures.awk" -f "$1/$2" "$folder/data" > "$folder/text"
    if command -v python3 > /dev/null; then
        python3 -m json.tool "$folder/json" > "$folder/formatted" || { cat "$folder/json" >&2; exit 1; }
    fi
}
# expect REGEX text|json
expect() {
    grep -qE -- "$1" "$folder/$2" && return
    echo "$0: no line like '$1' in:" >&2
    cat "$folder/$2" >&2
    exit 1
}
