#!/bin/sh
# Checks the links between the documents.
#
#   check_links.sh INDEX PAGE...    prints each relative link in a page that leads to no file, or to no heading of its page, and each
#                                   page beside INDEX that INDEX does not link; exits 1 when there is one. INDEX is one of the pages
#   check_links.sh --self-test      proves that it finds what it must, and nothing else
set -eu

# links_of PAGE...: "PAGE LINE TARGET" for each relative link. Fenced blocks are no text, nor is what stands between grave accents.
links_of() {
    awk '
    FNR == 1 { code = 0 }
    /^ *```/ { code = !code; next }
    code { next }
    {
        line = $0
        gsub(/`[^`]*`/, "", line)
        while (match(line, /\]\([^() \t]+\)/)) {
            target = substr(line, RSTART + 2, RLENGTH - 3)
            line = substr(line, RSTART + RLENGTH)
            if (target !~ /^[a-z]+:/) print FILENAME, FNR, target
        }
    }' "$@"
}

# headings_of PAGE...: "PAGE#ANCHOR" for each heading, as GitHub makes its anchors.
headings_of() {
    awk '
    FNR == 1 { code = 0 }
    /^ *```/ { code = !code; next }
    code || !/^#+ / { next }
    {
        anchor = tolower($0)
        sub(/^#+ +/, "", anchor)
        gsub(/[^a-z0-9_ -]/, "", anchor)
        gsub(/ /, "-", anchor)
        again = seen[FILENAME, anchor]++
        print FILENAME "#" anchor (again ? "-" again : "")
    }' "$@"
}

# Paths of this project have no white space.
scan() (
    index=$(realpath "$1")
    shift
    headings=$(mktemp) linked=$(mktemp) found=$(mktemp)
    trap 'rm -f "$headings" "$linked" "$found"' EXIT
    pages=$(realpath "$@")
    headings_of $pages > "$headings"
    links_of $pages | while read -r page line target; do
        case $target in
        '#'*) path=$page ;;
        *) path=$(realpath -m "${page%/*}/${target%%#*}") ;;
        esac
        if [ ! -e "$path" ]; then
            echo "$page:$line: $target: there is no such file"
        elif [ "$target" != "${target#*#}" ] && ! grep -qxF "$path#${target#*#}" "$headings"; then
            echo "$page:$line: $target: there is no such heading"
        fi
        [ "$page" != "$index" ] || echo "$path" >> "$linked"
    done > "$found"
    for page in $pages; do
        if [ "${page%/*}" = "${index%/*}" ] && [ "$page" != "$index" ] && ! grep -qxF "$page" "$linked"; then
            echo "$index: $page is not linked"
        fi
    done >> "$found"
    cat "$found"
    [ ! -s "$found" ]
)

self_test() (
    folder=$(realpath "$(mktemp -d)")
    trap 'rm -rf "$folder"' EXIT
    mkdir "$folder/doc" "$folder/code"
    cat > "$folder/doc/index.md" <<'END'
# Index
[one](one.md), [over
two lines](two.md#a-b-and-c), [`code`](../code), [out](https://example.com/none), [here](#index), [up](../front.md#twice-1)
END
    printf '# One\n```\n[not](a-link.md)\n# Nor a heading\n```\n`[](none.md)` and [&](const auto& x)\n' > "$folder/doc/one.md"
    printf '# `a_b`\n## A: b, and `c`\n[x](#a_b)\n' > "$folder/doc/two.md"
    printf '# Twice\n# Twice\n' > "$folder/front.md"
    check() { scan "$folder/doc/index.md" "$folder"/*.md "$folder"/doc/*.md > "$folder/told"; }
    check || { echo "found what is right:"; cat "$folder/told"; exit 1; }

    printf '[a](none.md) [b](one.md#nor-a-heading)\n[c](../front.md#twice-2)\n' > "$folder/doc/lost.md"
    if check; then echo "nothing is found"; exit 1; fi
    for told in "doc/lost.md:1: none.md: there is no such file" "doc/lost.md:1: one.md#nor-a-heading: there is no such heading" \
        "doc/lost.md:2: ../front.md#twice-2: there is no such heading" "doc/index.md: $folder/doc/lost.md is not linked"; do
        grep -qxF "$folder/$told" "$folder/told" || { echo "not found: $told"; cat "$folder/told"; exit 1; }
    done
    [ "$(wc -l < "$folder/told")" = 4 ] || { echo "found too much:"; cat "$folder/told"; exit 1; }
)

case ${1:-} in
--self-test) self_test ;;
*) scan "$@" ;;
esac
