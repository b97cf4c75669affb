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

wrong() {
    echo "compare: $1" >&2
    usage >&2
    exit 2
}

die() {
    echo "compare: $1" >&2
    exit 1
}

here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || wrong "the folder with the programs is missing"
programs=$1
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
[[ $rounds =~ ^[1-9][0-9]{0,3}$ ]] || wrong "--rounds takes a number from 1 to 9999"
[[ $requests =~ ^[1-9][0-9]{3,8}$ ]] || wrong "--requests takes a number from 1000 to 999999999"
[[ $depths =~ ^[1-9][0-9]*(,[1-9][0-9]*)*$ ]] || wrong "--depths takes numbers, such as 1,8,32"
IFS=, read -ra depths <<< "$depths"
for depth in "${depths[@]}"; do
    [ ${#depth} -le 3 ] && [ "$depth" -le 128 ] || wrong "--depths: each from 1 to 128"
done
if [ -n "$json" ]; then : > "$json" || die "cannot write $json"; fi
if [ -n "$profile" ]; then mkdir -p "$profile" || die "cannot make the folder $profile"; fi

host=127.0.0.1
prefix=/v1
account=9900000
session=75c21163-e110-41bc-bd76-1bb428ec85d5
connections=16

# ---- the peers ----
# A further one is its name here and a function: `peer_NAME DEPTH REQUESTS` sets `command`, and `proof`, a text that its output holds
# when every request was answered. Without the program it says what is missing and fails. The names of the first two stand in the
# ratios of the report.
peers=(floor h2load asio ours)

peer_floor() {
    command=("$programs/floor" "$host" "$port" "$prefix/accounts/$account/sessions/$session" "$connections" "$1" "$2")
    proof="floor: $2 requests in"
}

peer_h2load() {
    command -v h2load > /dev/null || { echo "h2load is missing (Debian package nghttp2-client)"; return 1; }
    command=(h2load --h1 -t 1 -c "$connections" -m "$1" -n "$2"
        "https://$host:$port$prefix/accounts/$account/sessions/$session")
    proof="$2 succeeded, 0 failed"
}

peer_asio() {
    command=("$programs/asio_client" "$host" "$port" "$account" "$session" "$connections" "$1" "$2")
    proof="asio_client: $2 requests in"
}

peer_ours() {
    command=("$programs/get_session_cost" --base-url "https://$host:$port$prefix" --ca-file "$work/certificate.pem"
        --account "$account" --session "$session" --connections "$connections" --depth "$1" --requests "$2")
    proof="get_session: $2 requests in"
}

# ---- the server ----
work=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then
        kill "$server" 2> /dev/null || true
        wait "$server" 2> /dev/null || true
    fi
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The first core is the clients', the last one the server's.
cores=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
client_core=${cores%%[-,]*}
server_core=${cores##*[-,]}

# One cipher suite for all: h2load would prefer a lighter one than OpenSSL's default, which the others use.
write_server_config() {
    cat > "$work/nginx.conf" <<END
daemon off;
worker_processes 1;
pid $work/nginx.pid;
error_log $work/error.log;
events { worker_connections 4096; }
http {
    access_log off;
    client_body_temp_path $work/body;
    proxy_temp_path $work/proxy;
    fastcgi_temp_path $work/fastcgi;
    scgi_temp_path $work/scgi;
    uwsgi_temp_path $work/uwsgi;
    keepalive_requests 100000000;
    keepalive_timeout 1h;
    server {
        listen $host:$port ssl;
        ssl_certificate $work/certificate.pem;
        ssl_certificate_key $work/key.pem;
        ssl_protocols TLSv1.3;
        ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
        location / {
            default_type application/json;
            return 200 '{"id":"$session","tag":"session1"}';
        }
    }
}
END
}

port_answers() { (: < "/dev/tcp/$host/$port") 2> /dev/null; }

start_server() {
    local nginx attempt tries
    nginx=$(PATH=$PATH:/usr/sbin command -v nginx) || die "nginx is missing (Debian package nginx-light)"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
        -addext "subjectAltName=DNS:localhost,IP:$host" \
        -keyout "$work/key.pem" -out "$work/certificate.pem" 2> "$work/openssl.log" ||
        die "cannot make a certificate: $(cat "$work/openssl.log")"
    for attempt in {1..20}; do
        port=$((20000 + RANDOM % 12000))
        if port_answers; then continue; fi
        write_server_config
        taskset -c "$server_core" "$nginx" -p "$work" -c "$work/nginx.conf" -e "$work/error.log" 2> "$work/start.log" &
        server=$!
        for tries in {1..100}; do
            kill -0 "$server" 2> /dev/null || break
            if port_answers; then return; fi
            sleep 0.05
        done
        kill "$server" 2> /dev/null || true
        wait "$server" 2> /dev/null || true
        server=
    done
    die "nginx does not start: $(cat "$work/error.log" "$work/start.log")"
}

# CPU time of nginx's worker so far, in clock ticks.
server_ticks() {
    local worker
    read -r worker < "/proc/$server/task/$server/children"
    sed 's/.*) //' "/proc/${worker%% *}/stat" | awk '{ print $12 + $13 }'
}

# ---- measuring ----
data=$work/data
fact() { printf 'fact\t%s\t%s\n' "$1" "$2" >> "$data"; }

check_output() {
    grep -qF -- "$proof" "$work/out" && return
    tail -20 "$work/out" >&2
    die "$1 at depth $2 did not do its work, see above: ${command[*]}"
}

events=instructions:u,instructions:k,cycles
has_counters() {
    command -v perf > /dev/null || return 1
    perf stat -x, -o "$work/probe" -e "$events" true > /dev/null 2>&1 || return 1
    [ "$(grep -c '^[0-9]' "$work/probe")" = 3 ]
}

# measure PEER DEPTH ROUND: one run of the peer, its figures per request added to the data.
measure() {
    local before after status=0
    local count=()
    "peer_$1" "$2" "$requests"
    if [ "$counters" = yes ]; then count=(perf stat -x, -o "$work/counted" -e "$events"); fi
    : > "$work/counted"
    before=$(server_ticks)
    # The shell inside is part of what perf counts: some millions of instructions beside thousands of millions.
    "${count[@]}" bash -c 'out=$1 times=$2; shift 2; TIMEFORMAT="%R %U %S"; { time "$@" > "$out" 2>&1; } 2> "$times"' \
        measure "$work/out" "$work/times" taskset -c "$client_core" "${command[@]}" || status=$?
    after=$(server_ticks)
    check_output "$1" "$2"
    [ "$status" = 0 ] || die "$1 at depth $2 ended with status $status"
    awk -F'[ ,]' -v peer="$1" -v depth="$2" -v round="$3" -v n="$requests" -v ticks=$((after - before)) -v hertz="$hertz" '
        function put(metric, value) { printf "value\t%s\t%s\t%s\t%s\t%.6g\n", depth, peer, round, metric, value }
        /^#/ || NF == 0 { next }
        FILENAME ~ /counted$/ { counted[$3] = $1; next }
        {
            put("cpu_us", ($2 + $3) * 1e6 / n); put("cpu_user_us", $2 * 1e6 / n); put("cpu_sys_us", $3 * 1e6 / n)
            put("requests_per_s", n / $1); put("server_busy", ticks / hertz / $1)
        }
        END {
            if (!("cycles" in counted)) exit
            put("instructions", (counted["instructions:u"] + counted["instructions:k"]) / n)
            put("instructions_user", counted["instructions:u"] / n)
            put("instructions_kernel", counted["instructions:k"] / n)
            put("cycles", counted["cycles"] / n)
        }' "$work/counted" "$work/times" >> "$data"
}

system_calls=raw_syscalls:sys_enter
has_system_calls() {
    command -v perf > /dev/null || return 1
    perf stat -x, -o "$work/probe" -e "$system_calls" true > /dev/null 2>&1 || return 1
    grep -q '^[0-9]' "$work/probe"
}

# Runs apart from the timed ones, because to count a system call makes it slower.
count_system_calls() {
    local n=$((requests / 4))
    "peer_$1" "$2" "$n"
    perf stat -x, -o "$work/counted" -e "$system_calls" taskset -c "$client_core" "${command[@]}" > "$work/out" 2>&1 ||
        die "$1 at depth $2 failed: $(tail -5 "$work/out")"
    check_output "$1" "$2"
    awk -F, -v peer="$1" -v depth="$2" -v round="$3" -v n="$n" '
        /^[0-9]/ { printf "value\t%s\t%s\t%s\tsystem_calls\t%.4g\n", depth, peer, round, $1 / n }' "$work/counted" >> "$data"
}

# User instructions of the current `command`, under callgrind, which leaves its file at $1.
callgrind_total() {
    taskset -c "$client_core" valgrind --tool=callgrind --callgrind-out-file="$1" "${command[@]}" > "$work/out" 2>&1 ||
        { tail -20 "$work/out" >&2; die "failed under callgrind: ${command[*]}"; }
    total=$(awk '/^(summary|totals):/ { print $2; exit }' "$1")
}

# Twice, with few and with many requests: the difference is free of start-up and handshakes.
count_with_callgrind() {
    local few=$((8 * connections * $2)) many few_total
    [ "$few" -ge 2000 ] || few=2000
    many=$((few + 10000))
    "peer_$1" "$2" "$few"
    callgrind_total "$work/callgrind"
    check_output "$1" "$2"
    few_total=$total
    "peer_$1" "$2" "$many"
    callgrind_total "${profile:-$work}/callgrind.$1.$2"
    check_output "$1" "$2"
    printf 'value\t%s\t%s\t1\tcallgrind_instructions\t%d\n' "$2" "$1" $(((total - few_total) / (many - few))) >> "$data"
}

# ---- what there is ----
hertz=$(getconf CLK_TCK)
counters=no
if has_counters; then counters=yes; fi
if [ "$counters" = no ]; then callgrind=yes; fi
start_server

first_line() { "$@" 2>&1 | sed -n 1p; }
fact cpu "$(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo), $(nproc) cores"
if grep -q '^flags.* hypervisor' /proc/cpuinfo; then fact machine "a virtual machine"; fi
fact kernel "$(uname -sr)"
fact "load before" "$(cut -d' ' -f1 /proc/loadavg)"
fact server "$(PATH=$PATH:/usr/sbin first_line nginx -v | sed 's/.*: //'), TLS 1.3, TLS_AES_128_GCM_SHA256, P-256, one worker"
fact OpenSSL "$(openssl version | cut -d' ' -f2)"
have=()
for peer in "${peers[@]}"; do
    if said=$("peer_$peer" 1 1000); then have+=("$peer"); else fact missing "$said"; fi
done
if [[ " ${have[*]} " == *" h2load "* ]]; then fact h2load "$(first_line h2load --version)"; fi
fact missing "not among the peers: wrk, libcurl multi, undici"
if [ "$counters" = no ]; then
    fact "not counted" "instructions and cycles, kernel included: perf cannot count them on this machine"
fi
calls=yes
if ! has_system_calls; then
    calls=no
    fact "not counted" "system calls: perf cannot count them on this machine"
fi
if [ "$callgrind" = yes ] && ! command -v valgrind > /dev/null; then
    callgrind=no
    fact "not counted" "user instructions: valgrind is missing"
fi
if [ "$client_core" = "$server_core" ]; then
    fact "not apart" "client and server share the only core: times mean little"
else
    fact pinned "clients to core $client_core, nginx to core $server_core"
fi
fact load "$connections connections, $requests requests a run, $rounds rounds, peers in turn"

note() { if [ -t 2 ]; then printf '\r\033[K%s' "$1" >&2; fi; }
for ((round = 1; round <= rounds; ++round)); do
    for depth in "${depths[@]}"; do
        for peer in "${have[@]}"; do
            note "round $round of $rounds, depth $depth, $peer"
            measure "$peer" "$depth" "$round"
            if [ "$calls" = yes ]; then count_system_calls "$peer" "$depth" "$round"; fi
        done
    done
done
if [ "$callgrind" = yes ]; then
    for depth in "${depths[@]}"; do
        for peer in "${have[@]}"; do
            note "callgrind, depth $depth, $peer"
            count_with_callgrind "$peer" "$depth"
        done
    done
fi
note ""
awk -v json="$json" -f "$here/report.awk" "$data"
