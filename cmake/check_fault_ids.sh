#!/bin/sh
# Checks that the ids at the front of test names ("W08: ...", "W07, W09: ...", "I1 to I7: ...") are explained.
#
#   check_fault_ids.sh FOLDER PAGE...    the tests, and the pages that have a table row for each id ("| W08 | ..."); prints each id that
#                                        has none, exits 1 when there is one
#   check_fault_ids.sh --self-test       proves that it finds what it must, and nothing else
set -eu

scan() (
    folder=$1
    shift
    # Paths of this project have no white space.
    awk '
    function use(id) { if (!(id in explained) && !((FILENAME, id) in told)) { print FILENAME ": " id " in: " name; found = told[FILENAME, id] = 1 } }
    # The ids at the front of a name, with what lies between the ends of a range.
    function check(front,    ids, count, i, last, letter) {
        count = split(front, ids, /(, | to )/)
        for (i = 1; i <= count; i++) use(ids[i])
        if (front ~ / to / && count == 2) {
            letter = substr(ids[1], 1, 1); last = substr(ids[2], 2)
            for (i = substr(ids[1], 2) + 1; i < last; i++) use(letter i)
        }
    }
    FILENAME ~ /\.md$/ { if (match($0, /^\| *[A-Z][0-9]+[a-z]? *\|/)) { id = $0; gsub(/^\| */, "", id); sub(/ *\|.*/, "", id); explained[id] = 1 } next }
    /TEST_CASE[A-Z_]*\(/ { waiting = 1; sub(/.*TEST_CASE[A-Z_]*\(/, "") }
    waiting && match($0, /"/) {
        waiting = 0
        name = substr($0, RSTART + 1); sub(/".*/, "", name)
        if (match(name, /^[A-Z][0-9]+[a-z]?((, | to )[A-Z][0-9]+[a-z]?)*:/)) check(substr(name, 1, RLENGTH - 1))
    }
    END { exit found }
    ' "$@" $(find "$folder" -type f \( -name '*.cpp' -o -name '*.hpp' \) | sort)
)

self_test() {
    place=$(mktemp -d)
    trap 'rm -rf "$place"' EXIT
    mkdir "$place/test"
    printf '%s\n' '| id | what |' '|---|---|' '| A01 | known |' '| A02b | known |' '| I1 | known |' '| I3 | known |' >"$place/page.md"
    cat >"$place/test/good.cpp" <<'END'
TEST_CASE("A01: known") {}
TEST_CASE("A01, A02b: both known") {}
TEST_CASE(
    "A02b: on the next line") {}
TEST_CASE("HTTP/1.0: no id, nor is Z99 here, nor X: this") {}
CHECK(text == "Z98: not a test's name");
END
    scan "$place/test" "$place/page.md" || { echo "it complains without a reason"; exit 1; }
    cat >"$place/test/bad.cpp" <<'END'
TEST_CASE("A01, B07: one is not known") {}
TEST_CASE(
    "A02: not the same as A02b") {}
TEST_CASE("I1 to I3: one in the middle is not known") {}
TEST_CASE_FIXTURE(thing, "C01c: not known") {}
END
    found=$(scan "$place/test" "$place/page.md") && { echo "it finds nothing"; exit 1; }
    for id in B07 A02 I2 C01c; do
        case $found in *": $id in: "*) ;; *) echo "it does not find $id"; exit 1 ;; esac
    done
    [ "$(echo "$found" | wc -l)" = 4 ] || { echo "it finds too much: $found"; exit 1; }
}

if [ "${1-}" = --self-test ]; then
    self_test
elif [ $# -ge 2 ]; then
    scan "$@"
else
    sed -n '2,6s/^# \{0,1\}//p' "$0"
    exit 2
fi
