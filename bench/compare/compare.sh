#!/bin/bash
# Measures what one get_session costs the client, against nginx over TLS 1.3, beside other clients in the same run. The command to
# type is ./bench/run --compare, which builds first. doc/performance.md tells how to read the figures.
set -euo pipefail
export LC_ALL=C

usage() {
    cat <<'END'
usage: ./bench/run --compare [OPTION...]

Cost of one get_session at several pipeline depths over 16 connections, of this library and of peers, which take turns. Each client
runs alone on one core, nginx on another. A table is printed: the median, with minimum and maximum.

  --rounds N       rounds, each peer once in each (default 5)
  --depths LIST    requests in flight on each connection (default 1,8,32)
  --requests N     requests of one peer in one round (default 200000)
  --callgrind      count user instructions with callgrind too; always done where the machine has no counters
  --profile DIR    as --callgrind, and keep what callgrind_annotate reads, one file a peer and depth, in DIR
  --json FILE      write all figures, of every round, to FILE
END
}

# shellcheck disable=SC2034 # measure.sh uses it
tool=compare programs=${1:-}
# shellcheck source=bench/compare/measure.sh
. "$(dirname "$0")/measure.sh"
shift

rounds=5
depths=1,8,32
requests=200000
callgrind=no
profile=
json=
while [ $# -gt 0 ]; do
    case $1 in
    --help | -h) usage; exit 0 ;;
    --callgrind) callgrind=yes; shift; continue ;;
    --rounds | --depths | --requests | --profile | --json) [ $# -ge 2 ] || wrong "$1 needs a value" ;;
    *) wrong "unknown option '$1'" ;;
    esac
    case $1 in
    --rounds) rounds=$2 ;;
    --depths) depths=$2 ;;
    --requests) requests=$2 ;;
    --profile) profile=$2 callgrind=yes ;;
    --json) json=$2 ;;
    esac
    shift 2
done
check_load
[[ $depths =~ ^[1-9][0-9]*(,[1-9][0-9]*)*$ ]] || wrong "--depths takes numbers, such as 1,8,32"
IFS=, read -ra depths <<< "$depths"
for depth in "${depths[@]}"; do
    if [ ${#depth} -gt 3 ] || [ "$depth" -gt 128 ]; then wrong "--depths: each from 1 to 128"; fi
done
if [ -n "$profile" ]; then mkdir -p "$profile" || die "cannot make the folder $profile"; fi

# ---- system calls ----
system_calls=raw_syscalls:sys_enter
has_system_calls() {
    command -v perf > /dev/null || return 1
    perf stat -x, -o "$work/probe" -e "$system_calls" true > /dev/null 2>&1 || return 1
    grep -q '^[0-9]' "$work/probe"
}

# Runs apart from the timed ones, because to count a system call makes it slower.
count_system_calls() {
    local n=$((requests / 4 / ${share[$1]:-1}))
    "peer_$1" "$2" "$n"
    perf stat -x, -o "$work/counted" -e "$system_calls" "${limit[@]}" taskset -c "$client_core" "${command[@]}" > "$work/out" 2>&1 ||
        die "$1 at depth $2 failed: $(tail -5 "$work/out")"
    check_output "$1" "$2"
    if declare -F "answered_$1" > /dev/null; then n=$("answered_$1") || die "$1 at depth $2 failed: $(cat "$work/out")"; fi
    awk -F, -v peer="$1" -v depth="$2" -v round="$3" -v n=$((n + ${warm_up[$1]:-0})) '
        /^[0-9]/ { printf "value\t%s\t%s\t%s\tsystem_calls\t%.4g\n", depth, peer, round, $1 / n }' "$work/counted" >> "$data"
}

# ---- measuring ----
look_around
calls=yes
if ! has_system_calls; then
    calls=no
    fact "not counted" "system calls: perf cannot count them on this machine"
fi
fact load "$connections connections, $requests requests a run (libcurl: half), $rounds rounds, peers in turn"

for ((round = 1; round <= rounds; ++round)); do
    for depth in "${depths[@]}"; do
        for peer in "${have[@]}"; do
            if ! runs_at "$peer" "$depth"; then continue; fi
            note "round $round of $rounds, depth $depth, $peer"
            measure "$peer" "$depth" "$requests"
            while read -r metric figure; do
                printf 'value\t%s\t%s\t%s\t%s\t%s\n' "$depth" "$peer" "$round" "$metric" "$figure"
            done < "$work/figures" >> "$data"
            if [ "$calls" = yes ]; then count_system_calls "$peer" "$depth" "$round"; fi
        done
    done
done
if [ "$callgrind" = yes ]; then
    for depth in "${depths[@]}"; do
        few=$((8 * connections * depth))
        [ "$few" -ge 2000 ] || few=2000
        for peer in "${have[@]}"; do
            if [ -n "${no_callgrind[$peer]:-}" ] || ! runs_at "$peer" "$depth"; then continue; fi
            note "callgrind, depth $depth, $peer"
            count_with_callgrind "$peer" "$depth" "$few" 10000 "${profile:-$work}/callgrind.$peer.$depth"
            printf 'value\t%s\t%s\t1\tcallgrind_instructions\t%d\n' "$depth" "$peer" "$counted" >> "$data"
        done
    done
fi
note ""
awk -v json="$json" -f "$compare_folder/figures.awk" -f "$compare_folder/report.awk" "$data"
