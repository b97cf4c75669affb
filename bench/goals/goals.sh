#!/bin/bash
# Measures each goal that doc/performance.md sets, and tells whether it holds. The command to type is ./bench/run --goals, which builds
# first.
set -euo pipefail
export LC_ALL=C

usage() {
    cat <<'END'
usage: ./bench/run --goals [OPTION...]

Measures each goal of doc/performance.md and prints a row for it: the figure (median, with minimum and maximum), the goal, and whether
it holds. Clients run on one core, nginx or the loopback service on another.

  --rounds N       rounds, each measurement once in each (default 5)
  --requests N     requests of one run (default 200000)
  --short          one round of few requests, without callgrind: shows that all of it works, and nothing about the goals
  --json FILE      write all figures to FILE

The exit status is 0 when all ran, whether or not the goals hold; 1 when something failed, which the table says.
END
}

# shellcheck disable=SC2034 # measure.sh uses it
tool=goals programs=${1:-}
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=bench/compare/measure.sh
. "$here/../compare/measure.sh"
shift

rounds=5
requests=200000
short=no
json=
while [ $# -gt 0 ]; do
    case $1 in
    --help | -h) usage; exit 0 ;;
    --short) short=yes rounds=1 requests=5000; shift; continue ;;
    --rounds | --requests | --json) [ $# -ge 2 ] || wrong "$1 needs a value" ;;
    *) wrong "unknown option '$1'" ;;
    esac
    case $1 in
    --rounds) rounds=$2 ;;
    --requests) requests=$2 ;;
    --json) json=$2 ;;
    esac
    shift 2
done
check_load

# What takes long in one place, and shows as much with less in a short run.
if [ $short = no ]; then
    callers=(10 100 1000 10000 100000) pools=(1 10 100 1000) waiting=100000 idle=1000 compilations=5 delayed_seconds=4 many=200
    few=10 # one of `pools`: with it the client does not sleep between batches
else
    callers=(10 1000) pools=(1 100) few=1 waiting=10000 idle=100 compilations=1 delayed_seconds=1 many=20
fi
callgrind=yes # also where there are counters: it counts the user's part alone, and always the same
# shellcheck disable=SC2034 # measure.sh uses it
peers=(floor h2load curl undici wrk ours)

# ---- the data that verdicts.awk reads ----
# sample KEY ROUND FIGURE
sample() {
    [[ $3 =~ ^-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?$ ]] || die "no figure for $1, but '$3'"
    printf 'sample\t%s\t%s\t%s\n' "$1" "$2" "$3" >> "$data"
}
# missing KEY WHY: there is no such figure.
missing() { printf 'missing\t%s\t%s\n' "$1" "$2" >> "$data"; }
# goal ROW WHAT KEY BASE RELATION LIMIT UNIT [OR_KEY OR_LEAST OR_TEXT]: the figure is KEY, or KEY over BASE where that is not "-".
# RELATION is <=, <, >= or "-" for what is told without a goal. It holds as well where OR_KEY is OR_LEAST or more: OR_TEXT.
goal() { (IFS=$'\t'; printf 'goal\t%s\n' "$*") >> "$data"; }

# The figure of this name, where the program before told it.
figure() { awk -v name="$1" '$1 == name { print $2; found = 1 } END { exit !found }' "$work/out"; }

# run PROGRAM ARGUMENT...: on the clients' core; its output is in $work/out.
run() { run_on "$client_core" "$@"; }
run_on() {
    "${limit[@]}" taskset -c "$1" "${@:2}" > "$work/out" 2>&1 || { tail -20 "$work/out" >&2; die "failed: ${*:2}"; }
}

# Ours against nginx: connections, depth and requests, then more options.
run_ours() {
    run "$programs/get_session_cost" --base-url "https://$host:$port$prefix" --ca-file "$work/certificate.pem" \
        --session "$session" --connections "$1" --depth "$2" --requests "$3" "${@:4}"
}

# What a call of ours cost in the run before: instructions where the machine counts them, of a thread too.
take_cost() {
    local cost
    if [ "$counters" = yes ] && cost=$(figure instructions); then
        :
    else
        : > "$work/threads_not_counted"
        cost=$(figure cpu_us)
    fi
    sample "$1" "$2" "$cost"
}

# compared PEER DEPTH ROUND KEY: one run of a peer of the side by side, or why there is none.
compared() {
    local metric value cost=cpu_us
    if ! runs_at "$1" "$2"; then
        missing "cost.$4" "$("peer_$1" "$2" 1000)"
        missing "rate.$4" "$("peer_$1" "$2" 1000)"
        return
    fi
    measure "$1" "$2" "$requests"
    if [ "$counters" = yes ]; then cost=instructions; fi
    while read -r metric value; do
        case $metric in
        "$cost") sample "cost.$4" "$3" "$value" ;;
        requests_per_s) sample "rate.$4" "$3" "$value" ;;
        server_busy) sample "busy.$4" "$3" "$value" ;;
        esac
    done < "$work/figures"
}

# counted KEY PEER DEPTH FEW: user instructions per request, where callgrind is there.
counted() {
    local why=${no_callgrind[$2]:-}
    if [ "$short" = yes ]; then why="not in a short run"; fi
    if [ "$callgrind" = no ]; then why="valgrind is missing"; fi
    if ! runs_at "$2" "$3"; then why=$("peer_$2" "$3" 1000) || true; fi
    if [ -n "$why" ]; then missing "$1" "$why"; return; fi
    note "callgrind: $1"
    # As many more as there were few, or the noise of those would be in it.
    count_with_callgrind "$2" "$3" "$4" $(($4 > 10000 ? $4 : 10000)) "$work/kept"
    # shellcheck disable=SC2154 # count_with_callgrind sets it
    sample "$1" 1 "$counted"
}

# ---- the rows: each declares its goals once, and measures in each round ----
row_1_goals() {
    local depth
    for depth in 1 8 32; do
        goal 1 "get_session at depth $depth, to the floor" "cost.ours.$depth" "cost.floor.$depth" "<=" 1.5 "times"
        goal 1 "get_session at depth $depth, to h2load" "cost.ours.$depth" "cost.h2load.$depth" "<" 1 "times"
    done
    goal 1 "  get_session, which throws, to try_get_session, depth 8" cost.throwing.8 cost.ours.8 - - "times"
    for depth in 1 8 32; do
        goal 1 "  user instructions alone, depth $depth, to the floor" "user.ours.$depth" "user.floor.$depth" - - "times"
        goal 1 "  user instructions alone, depth $depth, to h2load" "user.ours.$depth" "user.h2load.$depth" - - "times"
    done
}
row_1() {
    local depth peer
    for depth in 1 8 32; do
        for peer in floor h2load ours; do compared $peer $depth "$1" $peer.$depth; done
    done
    ours_options=(--throwing)
    compared ours 8 "$1" throwing.8
    ours_options=()
}
row_1_callgrind() {
    local depth peer
    for depth in 1 8 32; do
        for peer in floor h2load ours; do counted user.$peer.$depth $peer $depth $((128 * depth + 2000)); done
    done
}

row_2_goals() {
    goal 2 "get_session at depth 8, to undici" cost.ours.8 cost.undici.8 "<=" 0.2 "times"
    goal 2 "get_session at depth 8, to libcurl multi" cost.ours.8 cost.curl.8 "<=" 0.2 "times"
    goal 2 "  the floor at depth 8, to undici" cost.floor.8 cost.undici.8 - - "times"
    goal 2 "  the floor at depth 8, to libcurl multi" cost.floor.8 cost.curl.8 - - "times"
    goal 2 "  get_session at depth 1, to wrk" cost.ours.1 cost.wrk.1 - - "times"
    goal 2 "  user instructions alone, depth 8, to libcurl multi" user.ours.8 user.curl.8 - - "times"
}
row_2() {
    compared undici 8 "$1" undici.8
    compared curl 8 "$1" curl.8
    compared wrk 1 "$1" wrk.1
}
row_2_callgrind() { counted user.curl.8 curl 8 3000; }

row_3_goals() {
    goal 3 "requests/s over 8 connections at depth 10, to undici" rate.ours.8x10 rate.undici.8x10 ">=" 2 "times" \
        busy.ours.8x10 0.95 "nginx's core is saturated"
    goal 3 "  how busy nginx's core was with ours" busy.ours.8x10 - - - "of 1"
}
row_3() {
    local connections=8
    compared undici 10 "$1" undici.8x10
    compared ours 10 "$1" ours.8x10
}

# The loopback service delays each request by itself, and responds in order, as a service behind a slow network would.
start_delayed_server() {
    local started
    taskset -c "$server_core" "$programs/../bandwidth-webrtc-loopback" --port 0 --delay 20 --write-ca "$work/delayed.pem" > "$work/delayed.out" 2>&1 &
    started=$!
    servers+=("$started")
    for _ in {1..100}; do
        delayed_url=$(sed -n 's/^base URL *//p' "$work/delayed.out")
        if [ -n "$delayed_url" ] && [ -s "$work/delayed.pem" ]; then return; fi
        kill -0 "$started" 2> /dev/null || break
        sleep 0.05
    done
    die "the loopback service does not start: $(cat "$work/delayed.out")"
}
# The floor asks the service for a session, which has to exist. Where none can be made, $no_delayed_session tells why.
make_delayed_session() {
    local url=$delayed_url/accounts/$account/sessions
    delayed_session=
    no_delayed_session="the command curl is missing"
    command -v curl > /dev/null || return 0
    if curl --silent --show-error --fail --noproxy '*' --cacert "$work/delayed.pem" --user user:secret \
        --header 'Content-Type: application/json' --data '{}' "$url" > "$work/out" 2>&1; then
        delayed_session=$(sed -n 's/.*"id": *"\([^"]*\)".*/\1/p' "$work/out")
    fi
    no_delayed_session="no session could be made: $(head -c 200 "$work/out" | tr '\n\t' '  ')"
}
row_4_goals() {
    local depth
    goal 4 "20 ms delay, 4 connections, depth 8: part of 1600 requests/s" delayed.8 - ">=" 0.98 "of 1"
    goal 4 "20 ms delay, 4 connections, depth 1: part of 200 requests/s" delayed.1 - ">=" 0.98 "of 1"
    goal 4 "  the floor's part of 1600 requests/s, depth 8" delayed.floor.8 - - - "of 1"
    goal 4 "  the floor's part of 200 requests/s, depth 1" delayed.floor.1 - - - "of 1"
    for depth in 8 1; do
        goal 4 "  p50 of a call above the 20 ms, depth $depth" "delayed.over.$depth" - - - "us"
        goal 4 "  p50 of a batch of the floor's above the 20 ms, depth $depth" "delayed.floor.over.$depth" - - - "us"
    done
}
row_4() {
    local depth batch port_and_path=${delayed_url#https://*:} # "8443/v1"
    for depth in 8 1; do
        batch=$((4 * depth)) # in each 20 ms; whole ones, for the clock to start and stop with a response
        if [ -n "$delayed_session" ]; then
            run "$programs/floor" --latency --header "Authorization: Basic $(printf user:secret | base64)" "$host" "${port_and_path%%/*}" \
                "/${port_and_path#*/}/accounts/$account/sessions/$delayed_session" 4 $depth $((50 * batch * delayed_seconds))
            sample delayed.floor.$depth "$1" "$(figure requests_per_s | awk -v ideal=$((50 * batch)) '{ print $1 / ideal }')"
            sample delayed.floor.over.$depth "$1" "$(figure p50_us | awk '{ print $1 - 20000 }')"
        else
            missing delayed.floor.$depth "$no_delayed_session"
            missing delayed.floor.over.$depth "$no_delayed_session"
        fi
        run "$programs/get_session_cost" --base-url "$delayed_url" --ca-file "$work/delayed.pem" --connections 4 --depth $depth \
            --warm-up $((12 * batch)) --requests $((50 * batch * delayed_seconds)) --latency
        sample delayed.$depth "$1" "$(figure requests_per_s | awk -v ideal=$((50 * batch)) '{ print $1 / ideal }')"
        sample delayed.over.$depth "$1" "$(figure p50_us | awk '{ print $1 - 20000 }')"
    done
}

row_5_goals() {
    goal 5 "one call in flight, p50 to the floor" p50.ours p50.floor "<=" 1.15 "times"
    goal 5 "one call in flight, p99 to the floor" p99.ours p99.floor "<=" 1.15 "times"
    goal 5 "  p50 of ours" p50.ours - - - "us"
    goal 5 "  p99 of ours" p99.ours - - - "us"
    local depth
    for depth in 8 32; do
        goal 5 "  $connections connections at depth $depth, p50 to a batch of the floor's" "p50.ours.$depth" "p50.floor.$depth" - - "times"
        goal 5 "  $connections connections at depth $depth, p99 to a batch of the floor's" "p99.ours.$depth" "p99.floor.$depth" - - "times"
    done
}
row_5() {
    local n=$((requests / 5)) name depth
    for depth in 8 32; do
        run "$programs/floor" --latency "$host" "$port" "$prefix/accounts/$account/sessions/$session" "$connections" "$depth" "$requests"
        for name in p50 p99; do sample "$name.floor.$depth" "$1" "$(figure ${name}_us)"; done
        run_ours "$connections" "$depth" "$requests" --warm-up 1000 --latency
        for name in p50 p99; do sample "$name.ours.$depth" "$1" "$(figure ${name}_us)"; done
    done
    run "$programs/floor" --latency "$host" "$port" "$prefix/accounts/$account/sessions/$session" 1 1 "$n"
    for name in p50 p99; do sample $name.floor "$1" "$(figure ${name}_us)"; done
    run_ours 1 1 "$n" --warm-up 100 --latency
    for name in p50 p99; do sample $name.ours "$1" "$(figure ${name}_us)"; done
}

row_6_goals() {
    local form depth
    for depth in 1 8; do
        for form in try_get_session get_session; do
            goal 6 "allocations of one $form, one connection, depth $depth" "allocations.$form.$depth" - "<=" 0 ""
        done
    done
}
row_6() {
    local form depth
    run "$programs/call_allocations" --calls $((requests / 5))
    for depth in 1 8; do
        for form in try_get_session get_session; do sample "allocations.$form.$depth" "$1" "$(figure "${form}_$depth")"; done
    done
}

row_7_goals() {
    goal 7 "heap of one of $waiting calls that wait on 8 connections" waiting.call - "<=" 1024 "bytes"
    goal 7 "  the same for get_session, which throws" waiting.throwing - - - "bytes"
    goal 7 "  the same for a call that is started with a handler" waiting.handler - - - "bytes"
    goal 7 "  a bare coroutine of Asio's, and a handler that resumes it" waiting.bare - - - "bytes"
}
row_7() {
    run "$programs/waiting_calls" --calls "$waiting"
    sample waiting.call "$1" "$(figure bytes_per_call)"
    sample waiting.throwing "$1" "$(figure bytes_per_throwing_call)"
    sample waiting.handler "$1" "$(figure bytes_per_call_with_handler)"
    sample waiting.bare "$1" "$(figure bytes_per_bare_coroutine)"
}

row_8_goals() {
    goal 8 "heap of one of $idle idle connections, above OpenSSL's own" idle.above - "<=" 4096 "bytes"
    goal 8 "  all of it, OpenSSL's included" idle.all - - - "bytes"
    goal 8 "  plain OpenSSL's with SSL_MODE_RELEASE_BUFFERS" idle.plain - - - "bytes"
}
row_8() {
    run "$programs/idle_connections" --connections "$idle"
    sample idle.above "$1" "$(figure bytes_above_openssl)"
    sample idle.all "$1" "$(figure bytes)"
    sample idle.plain "$1" "$(figure bytes_openssl_alone)"
}

# One connection at depth 8 is always full, so the batches are alike however many callers there are; with more connections the callers
# grow along, so that each is full. With one connection the client sleeps while nginx responds, which costs; so the most connections
# are held against the second fewest too.
row_9_goals() {
    local n
    for n in "${callers[@]:1}"; do
        goal 9 "cost per call, $n callers on one connection, to ${callers[0]}" "callers.$n" "callers.${callers[0]}" "<=" 1.15 "times"
    done
    for n in "${pools[@]:1}"; do
        goal 9 "cost per call, $n full connections, to ${pools[0]}" "pools.$n" "pools.${pools[0]}" "<=" 1.15 "times"
    done
    n=${pools[-1]}
    if [ $few != "${pools[0]}" ]; then
        goal 9 "cost per call, $n full connections, to $few" "pools.$n" "pools.$few" "<=" 1.15 "times"
    fi
    goal 9 "  the floor's CPU time, $n full connections, to $few" "pools.floor.$n" "pools.floor.$few" - - "times"
    goal 9 "  ours with $n full connections and a heap in huge pages, to without" "pools.huge.$n" "pools.$n" - - "times"
    for n in "${callers[@]:1}"; do
        goal 9 "  user instructions alone, $n callers, to ${callers[0]}" "user.callers.$n" "user.callers.${callers[0]}" - - "times"
    done
    for n in "${pools[@]:1}"; do
        goal 9 "  user instructions alone, $n connections, to ${pools[0]}" "user.pools.$n" "user.pools.${pools[0]}" - - "times"
    done
}
row_9() {
    local n
    for n in "${callers[@]}"; do
        run_ours 1 8 "$requests" --ahead --callers "$n" --warm-up $((n + 1000))
        take_cost "callers.$n" "$1"
    done
    for n in "${pools[@]}"; do
        run_ours "$n" 8 "$requests" --ahead --warm-up $((16 * n + 1000))
        take_cost "pools.$n" "$1"
    done
    for n in $few "${pools[-1]}"; do
        run "$programs/floor" --warm-up $((16 * n + 1000)) "$host" "$port" "$prefix/accounts/$account/sessions/$session" "$n" 8 \
            "$requests"
        sample "pools.floor.$n" "$1" "$(figure cpu_us)"
    done
    n=${pools[-1]}
    (export GLIBC_TUNABLES=glibc.malloc.hugetlb=1; run_ours "$n" 8 "$requests" --ahead --warm-up $((16 * n + 1000)))
    take_cost "pools.huge.$n" "$1"
}
row_9_callgrind() {
    local n connections=1
    for n in "${callers[@]}"; do
        ours_options=(--ahead --callers "$n")
        counted "user.callers.$n" ours 8 $((n + n / 2 + 2000))
    done
    ours_options=(--ahead)
    for connections in "${pools[@]}"; do counted "user.pools.$connections" ours 8 $((16 * connections + 2000)); done
    ours_options=()
}

# The first connection of each place in the pool, which has nothing to resume, falls into the warm-up.
row_10_goals() {
    goal 10 "handshakes resumed, nginx closes each connection after 10 responses" resumed - ">=" 0.95 "of 1"
    goal 10 "  handshakes" handshakes - - - ""
    goal 10 "handshakes resumed, nginx closes all $many connections over and over" resumed.storm - ">=" 0.95 "of 1"
    goal 10 "  handshakes" handshakes.storm - - - ""
}
row_10() {
    local reloads handshakes n=$((requests > 100000 ? requests : 100000)) # for the storm to come more than once
    run "$programs/get_session_cost" --base-url "https://$host:$port/storm$prefix" --ca-file "$work/certificate.pem" \
        --session "$session" --connections "$connections" --depth 8 --warm-up 500 --requests $((requests / 10 + 1000))
    sample resumed "$1" "$(figure resumed_share)"
    sample handshakes "$1" "$(figure handshakes)"

    while sleep 0.3; do reload_nginx; done &
    reloads=$!
    # shellcheck disable=SC2064 # this one
    trap "kill $reloads" EXIT # this row runs in a shell of its own
    run_ours "$many" 8 "$n" --ahead --warm-up $((16 * many))
    trap - EXIT
    kill "$reloads" || die "nginx was not reloaded to the end"
    wait "$reloads" 2> /dev/null || true
    settle_nginx
    handshakes=$(figure handshakes)
    [ "$handshakes" -ge "$many" ] || die "nginx was reloaded, and only $handshakes of $many connections were opened anew"
    sample resumed.storm "$1" "$(figure resumed_share)"
    sample handshakes.storm "$1" "$handshakes"
}

row_11_goals() {
    goal 11 "compile time of a file that awaits one call, -O0" compile.time - "<=" 1.5 "s"
    goal 11 "  CPU time of it" compile.cpu - - - "s"
}
row_11() {
    local TIMEFORMAT="%R %U %S" k real user kernel
    for ((k = 1; k <= compilations; ++k)); do
        { time taskset -c "$client_core" "${CXX:-g++}" -std=c++20 -O0 -I "$here/../../include" -I "$programs/../include" \
            -c "$here/one_call.cpp" -o "$work/one_call.o" 2> "$work/out"; } 2> "$work/times" || die "cannot compile: $(cat "$work/out")"
        read -r real user kernel < "$work/times"
        sample compile.time "$1.$k" "$real"
        sample compile.cpu "$1.$k" "$(awk -v user="$user" -v kernel="$kernel" 'BEGIN { print user + kernel }')"
    done
}

row_12_goals() { goal 12 "cost of create_session, not pipelined, to get_session at depth 1" create get "-" - "times"; }
row_12() {
    run_ours "$connections" 1 $((requests / 2)) --warm-up 1000
    take_cost get "$1"
    run_ours "$connections" 1 $((requests / 2)) --warm-up 1000 --create
    take_cost create "$1"
}

row_13_goals() {
    goal 13 "cost per call, one client with 2 shards on 2 threads, to 1" shards.2 shards.1 "<=" 1.15 "times"
    goal 13 "  two threads with a client each, to one thread" apart.2 shards.1 - - "times"
    goal 13 "  one client with 2 shards, to two threads with a client each" shards.2 apart.2 - - "times"
    goal 13 "  user instructions alone, one client with 2 shards, to 1" user.shards.2 user.shards.1 - - "times"
    goal 13 "  user instructions alone, two threads with a client each, to 1" user.apart.2 user.shards.1 - - "times"
}
# A peer, for callgrind: DEPTH REQUESTS.
peer_shards() {
    command=("$programs/shards_cost" --base-url "https://$host:$port$prefix" --ca-file "$work/certificate.pem"
        --session "$session" --connections "$connections" --depth "$1" --requests "$2" --warm-up 1000 "${ours_options[@]}")
    proof="shards_cost: $2 requests in"
}
# run_shards KEY ROUND OPTION...
run_shards() {
    ours_options=("${@:3}")
    peer_shards 8 "$requests"
    run_on "$cores" "${command[@]}"
    take_cost "$1" "$2"
}
row_13() {
    run_shards shards.1 "$1"
    run_shards shards.2 "$1" --threads 2 --shards 2
    run_shards apart.2 "$1" --threads 2 --apart
}
row_13_callgrind() {
    counted user.shards.1 shards 8 3000
    ours_options=(--threads 2 --shards 2)
    counted user.shards.2 shards 8 3000
    ours_options=(--threads 2 --apart)
    counted user.apart.2 shards 8 3000
}

# ---- all of them ----
look_around
if [ "$(nproc)" -lt 3 ]; then fact "not apart" "goal 13: two threads and nginx share $(nproc) cores"; fi
start_delayed_server
make_delayed_session
if [ $short = yes ]; then fact short "one round of few requests: the figures show that the programs work, and nothing else"; fi
fact compiler "$(first_line "${CXX:-g++}" --version)"
fact load "$requests requests a run (libcurl: half), $rounds rounds, in turn"
if [ "$counters" = yes ]; then fact cost "instructions, user and kernel"; else fact cost "CPU time, for want of instruction counters"; fi

rows=(1 2 3 4 5 6 7 8 9 10 11 12 13)
have+=(shards) # for callgrind in row 13; no other row knows it
for row in "${rows[@]}"; do "row_${row}_goals"; done
# In a shell of its own, so that a measurement that fails costs its figures and not the table. Not as a condition, in which bash does
# not end at the first error.
failed=0
attempt() {
    local status row=${1#row_} # "9", or "9_callgrind"
    set +e
    (set -e; "$@")
    status=$?
    set -e
    if [ $status != 0 ]; then
        failed=1
        fact FAILED "goal ${row/_/, }${2:+, round $2}: see above"
        printf 'failed\t%s\n' "${row%%_*}" >> "$data"
    fi
}
for ((round = 1; round <= rounds; ++round)); do
    for row in "${rows[@]}"; do
        note "round $round of $rounds, goal $row"
        attempt "row_$row" "$round"
    done
done
for row in 1 2 9 13; do attempt "row_${row}_callgrind"; done
note ""
if [ "$counters" = yes ] && [ -e "$work/threads_not_counted" ]; then
    fact "not counted" "goals 9, 12, 13: instructions of a thread; CPU time stands in for them"
fi
awk -v json="$json" -f "$compare_folder/figures.awk" -f "$here/verdicts.awk" "$data"
[ $failed = 0 ]
