#!/bin/sh
# output.sh exact|like FILE PROGRAM: the program succeeds, and prints what is in FILE. Ids may be others. With `like` the
# numbers may be others too, and lines may come before.
set -eu
how=$1 expected=$2 program=$3

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$program" > "$folder/printed"
cat "$folder/printed"

plain() {
    if [ "$how" = like ]; then
        sed -E 's/[0-9]+/N/g; s/ +/ /g'
    else
        sed -E 's/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/ID/g'
    fi
}
plain < "$expected" > "$folder/told"
if [ "$how" = like ]; then
    tail -n "$(wc -l < "$expected")" "$folder/printed" | plain > "$folder/found"
else
    plain < "$folder/printed" > "$folder/found"
fi
diff "$folder/told" "$folder/found" || { echo "FAILED: the page says that it prints something else"; exit 1; }
