#!/bin/bash
# install.sh CMAKE BUILD_FOLDER STAGE: installs the component `tools` alone and looks at what is there: the program
# runs, its man page renders without a remark, the completions are right for their shells, and man page and completions
# have the options that --help has, and no others.
set -euo pipefail
export LC_ALL=C

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# have PROGRAM: whether it is there; says so where it is not
have() {
    command -v "$1" > /dev/null || { echo "*** SKIPPED: $1 is missing"; false; }
}

cmake=$1 build=$2 stage=$3
rm -rf "$stage"
"$cmake" --install "$build" --component tools --prefix "$stage" > /dev/null

# ---- what is installed, and nothing else ----
program=$stage/bin/bandwidth-webrtc-bulk
man_page=$stage/share/man/man1/bandwidth-webrtc-bulk.1
bash_completion=$stage/share/bash-completion/completions/bandwidth-webrtc-bulk
zsh_completion=$stage/share/zsh/site-functions/_bandwidth-webrtc-bulk
fish_completion=$stage/share/fish/vendor_completions.d/bandwidth-webrtc-bulk.fish
documents=$stage/share/doc/bandwidth_webrtc
diff <(find "$stage" -type f | sort) <(printf '%s\n' "$program" "$man_page" "$bash_completion" "$zsh_completion" \
    "$fish_completion" "$documents"/{LICENSE,bulk.md,many_machines.md,bulk_report.schema.json} | sort) ||
    fail "another set of files is installed (< it is, > it should be)"

# ---- the program ----
"$program" --version | grep -q '^bandwidth-webrtc-bulk [0-9]' || fail "--version tells no version"
"$program" --sessions 20 --quiet > "$stage/report.txt" || fail "a run of 20 sessions ends with $?"
grep -q '^delete_session  *20  *0  *0 ' "$stage/report.txt" || fail "20 sessions were not deleted"

# ---- the man page ----
if have mandoc; then
    mandoc -Tlint -W warning "$man_page" || fail "mandoc has a remark"
fi
if have groff; then
    remarks=$(groff -mdoc -Tutf8 -ww -z "$man_page" 2>&1)
    [ -z "$remarks" ] || fail "groff has a remark: $remarks"
fi
if have man; then
    text=$(man -l "$man_page" | sed 's/.\x08//g')
    for section in NAME SYNOPSIS DESCRIPTION COMMANDS OPTIONS SIGNALS ENVIRONMENT FILES 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
        grep -qx "$section" <<< "$text" || fail "the man page has no section $section"
    done
fi

# ---- the completions ----
bash -n "$bash_completion" || fail "bash refuses its completions"
if have zsh; then
    zsh -n "$zsh_completion" || fail "zsh refuses its completions"
fi
if have fish; then
    fish --no-execute "$fish_completion" || fail "fish refuses its completions"
fi
# complete_in_bash WORD...: what can stand in place of the last word
complete_in_bash() {
    bash -c '. "$1" && shift && COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) && _bandwidth_webrtc_bulk 2> /dev/null &&
        printf "%s\n" "${COMPREPLY[@]}"' bash "$bash_completion" bandwidth-webrtc-bulk "$@"
}
[ "$(complete_in_bash --progress al)" = always ] || fail "bash completes no word of --progress"
[ "$(complete_in_bash --color = ne)" = never ] || fail "bash completes no word of --color="
[ "$(complete_in_bash cl)" = clean-up ] || fail "bash completes no command"

# ---- the same options and commands everywhere ----
same() { # same WHAT EXPECTED FOUND: lists of words, a line each
    diff <(sort -u <<< "$2") <(sort -u <<< "$3") || fail "$1 (< --help has it, > only there)"
}
help=$("$program" --help)
commands=$(sed -n '/^Subcommands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' <<< "$help")
[ "$(wc -l <<< "$commands")" -ge 3 ] || fail "--help tells of no commands"
# names HELP: as "-s" and "--sessions"
names() {
    sed -nE 's/^  ((-[A-Za-z],)?--[a-z-]+).*/\1/p' <<< "$1" | tr , '\n'
}
options=$(for command in $commands; do names "$("$program" "$command" --help)"; done; names "$help") && options=$(sort -u <<< "$options")
[ "$(wc -l <<< "$options")" -ge 50 ] || fail "--help tells of no options"
long=$(grep -e '^--' <<< "$options")

same "options of the man page" "$options" "$(awk '/^\.It Fl/ {
    for (i = 3; i <= NF && $i ~ /^(,|-?[A-Za-z][a-z-]*)$/ && ($i == "," || i == 3 || $(i - 1) == ","); i++)
        if ($i != ",") print "-" $i
}' "$man_page")"
same "options in the text of the man page" "$long" "$({
    echo "$long"
    grep -oE -- '--[a-z][a-z-]*' "$man_page" || true
    grep -E '^\.(It )?Fl |^\.Op Fl |^Fl ' "$man_page" | grep -oE ' -[a-z][a-z-]+' | sed 's/^ /-/'
})"
same "commands of the man page" "$commands" "$(sed -n '/^\.Sh COMMANDS/,/^\.Sh OPTIONS/s/^\.It Cm \([a-z-]*\).*/\1/p' "$man_page")"
same "options that bash completes" "$long" "$(complete_in_bash compare --)"
same "options in the text of bash's completions" "$long" "$(grep -oE -- '--[a-z][a-z-]*' "$bash_completion")"
same "options that zsh completes" "$options" "$(
    grep -oE -- '--[a-z][a-z-]*' "$zsh_completion"
    grep -oE '\{-[A-Za-z],' "$zsh_completion" | tr -d '{,'
)"
same "options that fish completes" "$options" "$(
    sed -nE "s/^complete .* -l ([a-z-]+) .*/--\1/p" "$fish_completion"
    sed -nE "s/^complete .* -s ([A-Za-z]) .*/-\1/p" "$fish_completion"
)"
for command in $commands; do
    for completion in "$bash_completion" "$zsh_completion" "$fish_completion"; do
        grep -qw -e "$command" "$completion" || fail "$completion does not know the command $command"
    done
done
echo "The program, its man page and its completions: $(wc -l <<< "$long") options and $(wc -l <<< "$commands") commands agree"
