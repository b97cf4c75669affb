#!/bin/bash
# install.sh CMAKE SOURCES BUILD_FOLDER STAGE: installs the component `tools` alone and looks at what is there: the programs
# run and tell their versions, their man pages render without a remark, the completions are right for their shells, and
# man pages and completions have the options that --help has, and no others.
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

cmake=$1 source=$2 build=$3 stage=$4
rm -rf "$stage"
"$cmake" --install "$build" --component tools --prefix "$stage" > /dev/null

# ---- what is installed, and nothing else ----
documents=$stage/share/doc/bandwidth_webrtc
diff <(find "$stage" -type f | sort) <({
    for name in bandwidth-webrtc-bulk bandwidth-webrtc-loopback; do
        printf '%s\n' "$stage/bin/$name" "$stage/share/man/man1/$name.1" "$stage/share/bash-completion/completions/$name" \
            "$stage/share/zsh/site-functions/_$name" "$stage/share/fish/vendor_completions.d/$name.fish"
    done
    printf '%s\n' "$documents"/{LICENSE,bulk.md,many_machines.md,bulk_report.schema.json}
} | sort) || fail "another set of files is installed (< it is, > it should be)"

# look_at NAME: chooses the program that the rest is about
look_at() {
    name=$1
    program=$stage/bin/$name
    man_page=$stage/share/man/man1/$name.1
    bash_completion=$stage/share/bash-completion/completions/$name
    zsh_completion=$stage/share/zsh/site-functions/_$name
    fish_completion=$stage/share/fish/vendor_completions.d/$name.fish
}
# complete_in_bash WORD...: what can stand in place of the last word
complete_in_bash() {
    bash -c '. "$1" && function=$2 && shift 2 && COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) && $function 2> /dev/null &&
        printf "%s\n" "${COMPREPLY[@]}"' bash "$bash_completion" "_${name//-/_}" "$name" "$@"
}
same() { # same WHAT EXPECTED FOUND: lists of words, a line each
    diff <(sort -u <<< "$2") <(sort -u <<< "$3") || fail "$name: $1 (< --help has it, > only there)"
}
# names HELP: as "-s" and "--sessions"
names() {
    sed -nE 's/^  ((-[A-Za-z],)?--[a-z0-9-]+).*/\1/p' <<< "$1" | tr , '\n'
}

# check_documents FEWEST SECTION...: the man page and the completions, which have the options and commands of --help, no
# others, and FEWEST at least
check_documents() {
    local fewest=$1 section help commands options long remarks text command completion
    shift
    if have mandoc; then
        mandoc -Tlint -W warning "$man_page" || fail "mandoc has a remark"
    fi
    if have groff; then
        remarks=$(groff -mdoc -Tutf8 -ww -z "$man_page" 2>&1)
        [ -z "$remarks" ] || fail "groff has a remark: $remarks"
    fi
    if have man; then
        text=$(man -l "$man_page" | sed 's/.\x08//g')
        for section in NAME SYNOPSIS DESCRIPTION OPTIONS SIGNALS ENVIRONMENT FILES 'EXIT STATUS' EXAMPLES 'SEE ALSO' "$@"; do
            grep -qx "$section" <<< "$text" || fail "the man page of $name has no section $section"
        done
    fi
    bash -n "$bash_completion" || fail "bash refuses its completions"
    if have zsh; then
        zsh -n "$zsh_completion" || fail "zsh refuses its completions"
    fi
    if have fish; then
        fish --no-execute "$fish_completion" || fail "fish refuses its completions"
    fi

    help=$("$program" --help)
    commands=$(sed -n '/^Subcommands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' <<< "$help")
    options=$(for command in $commands; do names "$("$program" "$command" --help)"; done; names "$help") && options=$(sort -u <<< "$options")
    [ "$(wc -l <<< "$options")" -ge "$fewest" ] || fail "--help of $name tells of no options"
    long=$(grep -e '^--' <<< "$options")
    same "options of the man page" "$options" "$(awk '/^\.It Fl/ {
        for (i = 3; i <= NF && $i ~ /^(,|-?[A-Za-z][a-z0-9-]*)$/ && ($i == "," || i == 3 || $(i - 1) == ","); i++)
            if ($i != ",") print "-" $i
    }' "$man_page")"
    same "options in the text of the man page" "$long" "$({
        echo "$long"
        grep -oE -- '--[a-z][a-z0-9-]*' "$man_page" || true
        grep -E '^\.(It )?Fl |^\.Op Fl |^Fl ' "$man_page" | grep -oE ' -[a-z][a-z0-9-]+' | sed 's/^ /-/'
    })"
    same "commands of the man page" "$commands" "$(sed -n '/^\.Sh COMMANDS/,/^\.Sh OPTIONS/s/^\.It Cm \([a-z-]*\).*/\1/p' "$man_page")"
    # With a command bash completes its options, too; the last has some of its own.
    same "options that bash completes" "$long" "$(complete_in_bash $(tail -n 1 <<< "$commands") --)"
    same "options in the text of bash's completions" "$long" "$(grep -oE -- '--[a-z][a-z0-9-]*' "$bash_completion")"
    same "options that zsh completes" "$options" "$(
        grep -oE -- '--[a-z][a-z0-9-]*' "$zsh_completion"
        grep -oE '\{-[A-Za-z],' "$zsh_completion" | tr -d '{,'
    )"
    same "options that fish completes" "$options" "$(
        sed -nE "s/^complete .* -l ([a-z0-9-]+) .*/--\1/p" "$fish_completion"
        sed -nE "s/^complete .* -s ([A-Za-z]) .*/-\1/p" "$fish_completion"
    )"
    for command in $commands; do
        for completion in "$bash_completion" "$zsh_completion" "$fish_completion"; do
            grep -qw -e "$command" "$completion" || fail "$completion does not know the command $command"
        done
    done
    echo "$name, its man page and its completions: $(wc -l <<< "$long") options and $(wc -w <<< "$commands") commands agree"
}

# check_version: a line for each part, and no other
check_version() {
    "$program" --version > "$stage/version.txt"
    for line in "$name [0-9.]*" 'Boost 1\.[0-9.]*' 'OpenSSL 3\.[0-9.]* .*, compiled with 3\.[0-9.]*' 'compiled by [a-z+]* [0-9].*'; do
        grep -qx "$line" "$stage/version.txt" || fail "--version of $name has no line $line: $(cat "$stage/version.txt")"
    done
    # What was built from a repository knows the commit.
    if [ -e "$source/.git" ] && git -C "$source" rev-parse HEAD > /dev/null 2>&1; then
        grep -qx "git revision [0-9a-f]\{12\}" "$stage/version.txt" || fail "--version of $name tells no git revision"
    fi
    [ "$(wc -l < "$stage/version.txt")" -le 5 ] || fail "--version of $name says more: $(cat "$stage/version.txt")"
}

look_at bandwidth-webrtc-bulk
check_version
"$program" --sessions 20 --quiet > "$stage/report.txt" || fail "a run of 20 sessions ends with $?"
grep -q '^delete_session  *20  *0  *0 ' "$stage/report.txt" || fail "20 sessions were not deleted"
check_documents 50 COMMANDS
[ "$(complete_in_bash --progress al)" = always ] || fail "bash completes no word of --progress"
[ "$(complete_in_bash --color = ne)" = never ] || fail "bash completes no word of --color="
[ "$(complete_in_bash cl)" = clean-up ] || fail "bash completes no command"

look_at bandwidth-webrtc-loopback
check_version
check_documents 18 FAULTS
[ "$(complete_in_bash --fault gar)" = garbage= ] || fail "bash completes no word of --fault"
for part in $("$program" --help | sed -nE '/^Which requests/,/^Durations/s/^  ([a-z-]+=?).*/\1/p'); do
    for file in "$man_page" "$bash_completion" "$zsh_completion" "$fish_completion"; do
        grep -qF -e "$part" "$file" || fail "$file does not know the part $part of a fault"
    done
done
