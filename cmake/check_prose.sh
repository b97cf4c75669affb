#!/bin/sh
# Checks that the documents are wrapped, so that they can be read in a terminal and in a diff.
#
#   check_prose.sh PAGE...        prints each line of more than 120 characters, exits 1 when there is one. Rows of tables may be
#                                 longer, and so may what a program prints (blocks of the kind "text")
#   check_prose.sh --self-test    proves that it finds what it must, and nothing else
set -eu

scan() (
    # A page's last fence may be missing; it ends with its page. A line without a space (an address) cannot be wrapped.
    LC_ALL=C.UTF-8 awk '
    FNR == 1 { code = text = 0 }
    /^ *```/ { code = !code; text = code && /```text/; next }
    text || !code && /^ *\|/ || !/[^ ] +[^ ]/ { next }
    length($0) > 120 { print FILENAME ":" FNR ": " length($0) " characters"; found = 1 }
    END { exit found }' "$@"
)

self_test() (
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    long=$(printf '%0121d' 0 | sed 's/00/0 /30')
    printf 'short\n%s\n' "$long" > "$folder/long.md"
    printf '```sh\n| %s\n```\n' "$long" > "$folder/long_command.md"
    printf '| %s |\n```text\n%s\n```\n%s\n%s\n' "$long" "$long" "$(printf '%0200d' 0)" "$(echo "$long" | cut -c 2-)" > "$folder/allowed.md"
    if scan "$folder/long.md" > "$folder/told"; then echo "a long line is not found"; exit 1; fi
    grep -q 'long.md:2: 121 characters' "$folder/told" || { echo "told otherwise:"; cat "$folder/told"; exit 1; }
    if scan "$folder/long_command.md" > "$folder/told"; then echo "a long command is not found"; exit 1; fi
    scan "$folder/allowed.md" || { echo "found what is allowed"; exit 1; }
)

case ${1:-} in
--self-test) self_test ;;
*) scan "$@" ;;
esac
