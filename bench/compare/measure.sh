# shellcheck shell=bash
# Sourced by compare.sh and ../goals/goals.sh: the peers, nginx, and how one run of a peer is measured. Whoever sources it has set
# `tool`, the name that messages begin with, and `programs`, the folder with the programs, and has a function `usage`.
# shellcheck disable=SC2034,SC2154 # who sources it reads what is set here, and has set what it reads

# Wrong usage.
wrong() {
    echo "$tool: $1" >&2
    usage >&2
    exit 2
}

die() {
    echo "$tool: $1" >&2
    exit 1
}

# The options that both have: `rounds`, `requests` and `json`.
check_load() {
    [[ $rounds =~ ^[1-9][0-9]{0,3}$ ]] || wrong "--rounds takes a number from 1 to 9999"
    [[ $requests =~ ^[1-9][0-9]{3,8}$ ]] || wrong "--requests takes a number from 1000 to 999999999"
    if [ -n "$json" ]; then : > "$json" || die "cannot write $json"; fi
}

compare_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
host=127.0.0.1
prefix=/v1
account=9900000
session=75c21163-e110-41bc-bd76-1bb428ec85d5
connections=16
port=
[ -n "$programs" ] || wrong "the folder with the programs is missing"

# ---- the peers ----
# A further one is its name here and a function: `peer_NAME DEPTH REQUESTS` sets `command`, and `proof`, a text that its output holds
# when every request was answered. Where it cannot run at that depth, or at all, it says why and fails. The names of the first two
# stand in the ratios of the report.
peers=(floor h2load asio curl undici wrk beast ours)
# A slow one makes only one of so many requests.
declare -A share=([curl]=2)
# How many requests a peer makes before those that it is asked for; its times are then those that it tells itself, without them. Node
# compiles while it runs.
declare -A warm_up=([undici]=20000)
# Callgrind follows no code that is compiled while it runs; wrk runs for a time and not for a number of requests.
declare -A no_callgrind=([undici]="callgrind cannot run Node" [wrk]="wrk runs for a time, not for a number of requests")
ours_options=() # more options for ours

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

peer_curl() {
    [ -x "$programs/curl_multi" ] || { echo "curl_multi is not built: libcurl is missing (Debian package libcurl4-openssl-dev)"; return 1; }
    command=("$programs/curl_multi" "https://$host:$port$prefix/accounts/$account/sessions/$session" "$connections" "$1" "$2")
    proof="curl_multi: $2 requests in"
}

# The newest undici of version 8 on the day this was written, and one that Node 20 can still load.
undici_versions=(8.12.4 8.0.0)
undici_loads() { node -e 'require(process.argv[1] + "/node_modules/undici")' "$undici_folder" > /dev/null 2>&1; }

# Says why not, where Node is missing or too old.
node_is_there() {
    local version
    if ! command -v node > /dev/null || ! command -v npm > /dev/null; then
        echo "undici is missing: it needs Node 20 or newer, with npm"
        return 1
    fi
    version=$(node --version)
    version=${version#v}
    [ "${version%%.*}" -ge 20 ] || { echo "undici is missing: Node $version is older than 20"; return 1; }
}

install_undici() {
    local version
    node_is_there > /dev/null || return 0
    if undici_loads; then return; fi
    mkdir -p "$undici_folder"
    for version in "${undici_versions[@]}"; do
        npm install --prefix "$undici_folder" --no-audit --no-fund --ignore-scripts --fetch-retries 0 --fetch-timeout 20000 \
            "undici@$version" > "$undici_folder/log" 2>&1 || true
        if undici_loads; then return; fi
    done
    rm -rf "$undici_folder/node_modules"
}

peer_undici() {
    node_is_there || return 1
    [ -d "$undici_folder/node_modules/undici" ] || { echo "undici is missing: npm could not install it, see $undici_folder/log"; return 1; }
    command=(node "$compare_folder/undici_pool.mjs" "$undici_folder" "https://$host:$port"
        "$prefix/accounts/$account/sessions/$session" "$session" "$connections" "$1" "$2")
    proof="undici: $2 requests in"
}

# It does not pipeline. How many requests it makes follows from how long it runs; answered_wrk tells.
peer_wrk() {
    command -v wrk > /dev/null || { echo "wrk is missing (Debian package wrk)"; return 1; }
    [ "$1" = 1 ] || { echo "wrk does not pipeline"; return 1; }
    command=(wrk -t 1 -c "$connections" -d "$(($2 / 50000 + 1))s" "https://$host:$port$prefix/accounts/$account/sessions/$session")
    proof=" requests in "
}

answered_wrk() {
    if grep -qE 'Non-2xx|Socket errors' "$work/out"; then return 1; fi
    awk '/ requests in / { print $1 }' "$work/out"
}

peer_ours() {
    command=("$programs/get_session_cost" --base-url "https://$host:$port$prefix" --ca-file "$work/certificate.pem"
        --account "$account" --session "$session" --connections "$connections" --depth "$1" --requests "$2" "${ours_options[@]}")
    proof="get_session: $2 requests in"
}

# Ours too, with the request and the response as messages of Beast.
peer_beast() {
    peer_ours "$1" "$2"
    command+=(--messages)
}

# ---- the servers ----
work=$(mktemp -d)
servers=()
stop_servers() {
    local one
    for one in "${servers[@]}"; do
        kill "$one" 2> /dev/null || true
        wait "$one" 2> /dev/null || true
    done
    rm -rf "$work"
}
trap stop_servers EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The first core is the clients', the last one the server's.
cores=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
client_core=${cores%%[-,]*}
server_core=${cores##*[-,]}

# One cipher suite for all: h2load would prefer a lighter one than OpenSSL's default, which the others use. Below /storm each
# connection is closed after ten responses.
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
    default_type application/json;
    server {
        listen $host:$port ssl;
        ssl_certificate $work/certificate.pem;
        ssl_certificate_key $work/key.pem;
        ssl_protocols TLSv1.3;
        ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
        ssl_session_ticket_key $work/tickets; # so that a reload does not forget them
        location / {
            return 200 '{"id":"$session","tag":"session1"}';
        }
        location /storm/ {
            keepalive_requests 10;
            return 200 '{"id":"$session","tag":"session1"}';
        }
    }
}
END
}

port_answers() { (: < "/dev/tcp/$host/$port") 2> /dev/null; }

start_nginx() {
    local started
    nginx=$(PATH=$PATH:/usr/sbin command -v nginx) || die "nginx is missing (Debian package nginx-light)"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
        -addext "subjectAltName=DNS:localhost,IP:$host" \
        -keyout "$work/key.pem" -out "$work/certificate.pem" 2> "$work/openssl.log" ||
        die "cannot make a certificate: $(cat "$work/openssl.log")"
    head -c 80 /dev/urandom > "$work/tickets"
    for _ in {1..20}; do
        port=$((20000 + RANDOM % 12000))
        if port_answers; then continue; fi
        write_server_config
        taskset -c "$server_core" "$nginx" -p "$work" -c "$work/nginx.conf" -e "$work/error.log" 2> "$work/start.log" &
        started=$!
        for _ in {1..100}; do
            kill -0 "$started" 2> /dev/null || break
            if port_answers; then
                nginx_process=$started
                servers+=("$started")
                return
            fi
            sleep 0.05
        done
        kill "$started" 2> /dev/null || true
        wait "$started" 2> /dev/null || true
    done
    die "nginx does not start: $(cat "$work/error.log" "$work/start.log")"
}

# A run that hangs ends after a quarter of an hour, and Ctrl-C reaches it.
limit=(timeout --foreground 900)

# Ends every connection as soon as its current response is out, and what was asked behind that is not answered: what a service does when
# another version of it is deployed.
reload_nginx() { kill -HUP "$nginx_process"; }
# Waits until only the newest worker is left.
settle_nginx() {
    local workers
    for _ in {1..200}; do
        read -ra workers < "/proc/$nginx_process/task/$nginx_process/children" || true
        if [ ${#workers[@]} = 1 ]; then return; fi
        sleep 0.05
    done
    die "old workers of nginx do not end"
}

# CPU time of nginx's worker so far, in clock ticks.
server_ticks() {
    local worker
    read -r worker < "/proc/$nginx_process/task/$nginx_process/children"
    sed 's/.*) //' "/proc/${worker%% *}/stat" | awk '{ print $12 + $13 }'
}

# ---- measuring ----
data=$work/data
: > "$data"
fact() { printf 'fact\t%s\t%s\n' "$1" "$2" >> "$data"; }
note() { if [ -t 2 ]; then printf '\r\033[K%s' "$1" >&2; fi; }
first_line() { "$@" 2>&1 | sed -n 1p; }
hertz=$(getconf CLK_TCK)

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

# measure PEER DEPTH REQUESTS: one run of the peer. Its figures per request are in $work/figures then, lines of METRIC and FIGURE
# parted by a tab; but requests_per_s and server_busy are of the whole run.
measure() {
    local before after wall status=0 n=$(($3 / ${share[$1]:-1}))
    local count=()
    "peer_$1" "$2" "$n"
    if [ "$counters" = yes ]; then count=(perf stat -x "," -o "$work/counted" -e "$events"); fi
    : > "$work/counted"
    before=$(server_ticks)
    # shellcheck disable=SC2016
    # The shell inside is part of what perf counts: some millions of instructions beside thousands of millions.
    "${count[@]}" bash -c 'out=$1 times=$2; shift 2; TIMEFORMAT="%R %U %S"; { time "$@" > "$out" 2>&1; } 2> "$times"' \
        measure "$work/out" "$work/times" "${limit[@]}" taskset -c "$client_core" "${command[@]}" || status=$?
    after=$(server_ticks)
    check_output "$1" "$2"
    [ "$status" = 0 ] || die "$1 at depth $2 ended with status $status"
    if declare -F "answered_$1" > /dev/null; then n=$("answered_$1") || die "$1 at depth $2 failed: $(cat "$work/out")"; fi
    read -r wall _ < "$work/times"
    if [ -n "${warm_up[$1]:-}" ]; then sed -n 's/^own //p' "$work/out" > "$work/times"; fi
    awk -F'[ ,]' -v n="$n" -v all=$((n + ${warm_up[$1]:-0})) -v wall="$wall" -v ticks=$((after - before)) -v hertz="$hertz" '
        function put(metric, value) { printf "%s\t%.6g\n", metric, value }
        /^#/ || NF == 0 { next }
        FILENAME ~ /counted$/ { counted[$3] = $1; next }
        {
            put("cpu_us", ($2 + $3) * 1e6 / n); put("cpu_user_us", $2 * 1e6 / n); put("cpu_sys_us", $3 * 1e6 / n)
            put("requests_per_s", n / $1); put("server_busy", ticks / hertz / wall)
        }
        END {
            if (!("cycles" in counted)) exit
            put("instructions", (counted["instructions:u"] + counted["instructions:k"]) / all)
            put("instructions_user", counted["instructions:u"] / all)
            put("instructions_kernel", counted["instructions:k"] / all)
            put("cycles", counted["cycles"] / all)
        }' "$work/counted" "$work/times" > "$work/figures"
}

# User instructions of the current `command`, under callgrind, which leaves its file at $1.
callgrind_total() {
    "${limit[@]}" taskset -c "$client_core" valgrind --tool=callgrind --callgrind-out-file="$1" "${command[@]}" > "$work/out" 2>&1 ||
        { tail -20 "$work/out" >&2; die "failed under callgrind: ${command[*]}"; }
    total=$(awk '/^(summary|totals):/ { print $2; exit }' "$1")
}

# count_with_callgrind PEER DEPTH FEW MORE FILE: user instructions per request, in `counted`, from two runs of FEW requests and of MORE
# than that: the difference is free of start-up and handshakes. What callgrind_annotate reads is left in FILE.
count_with_callgrind() {
    local few_total
    "peer_$1" "$2" "$3"
    callgrind_total "$work/callgrind"
    check_output "$1" "$2"
    few_total=$total
    "peer_$1" "$2" "$(($3 + $4))"
    callgrind_total "$5"
    check_output "$1" "$2"
    counted=$(((total - few_total) / $4))
}

# What there is on this machine: starts nginx, sets `counters`, `callgrind` (which is yes already where it is asked for) and the array
# `have` of the peers that can run, and tells.
look_around() {
    local peer said
    programs=$(cd "$programs" && pwd)
    undici_folder=$programs/undici
    counters=no
    if has_counters; then counters=yes; fi
    if [ "$counters" = no ]; then callgrind=yes; fi
    install_undici
    start_nginx
    fact cpu "$(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo), $(nproc) cores"
    if grep -q '^flags.* hypervisor' /proc/cpuinfo; then fact machine "a virtual machine"; fi
    fact kernel "$(uname -sr)"
    fact "load before" "$(cut -d' ' -f1 /proc/loadavg)"
    fact server "$(first_line "$nginx" -v | sed 's/.*: //'), TLS 1.3, TLS_AES_128_GCM_SHA256, P-256, one worker"
    fact OpenSSL "$(openssl version | cut -d' ' -f2)"
    have=()
    for peer in "${peers[@]}"; do
        if said=$("peer_$peer" 1 1000); then have+=("$peer"); else fact missing "$said"; fi
    done
    if has h2load; then fact h2load "$(first_line h2load --version)"; fi
    if has wrk; then fact wrk "$(first_line wrk --version | cut -d' ' -f2), depth 1 only: it does not pipeline"; fi
    if has curl; then fact libcurl "$(first_line "$programs/curl_multi" --version | cut -d' ' -f1), no pipelining: as many handles as the others have requests in flight"; fi
    if has undici; then
        fact undici "$(sed -n 's/.*"version": "\(.*\)".*/\1/p' "$undici_folder/node_modules/undici/package.json"), Node $(node --version)"
    fi
    if [ "$counters" = no ]; then
        fact "not counted" "instructions and cycles, kernel included: perf cannot count them on this machine"
    fi
    if [ "$callgrind" = yes ] && ! command -v valgrind > /dev/null; then
        callgrind=no
        fact "not counted" "user instructions: valgrind is missing"
    fi
    if [ "$callgrind" = yes ]; then
        for peer in "${!no_callgrind[@]}"; do
            if has "$peer"; then fact "not counted" "user instructions of $peer: ${no_callgrind[$peer]}"; fi
        done
    fi
    if [ "$client_core" = "$server_core" ]; then
        fact "not apart" "client and server share the only core: times mean little"
    else
        fact pinned "clients to core $client_core, nginx to core $server_core"
    fi
}

has() { [[ " ${have[*]} " == *" $1 "* ]]; }
# Whether the peer is there and can run at this depth.
runs_at() { has "$1" && "peer_$1" "$2" 1000 > /dev/null; }
