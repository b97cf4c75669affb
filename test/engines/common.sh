# Read by the scripts beside it, for PROGRAM (bandwidth-webrtc-bulk) and LOOPBACK_SERVER of their command lines: a
# folder with nothing else in it, a service that all shards share, and what must be so afterwards.
# shellcheck shell=bash disable=SC2034 # what is not used here is used there
set -euo pipefail

name=$(basename "$0" .sh)
here=$(cd "$(dirname "$0")" && pwd)
examples=$(cd "$here/../../example/engines" && pwd)

fail() {
    echo "$name: FAILED: $*" >&2
    exit 1
}

skip() {
    echo "*** SKIPPED: $*"
    exit 77
}

need() { # need PROGRAM PACKAGE
    command -v "$1" > /dev/null || skip "$1 is missing (Debian's package $2)"
}

if [ $# != 2 ]; then
    echo "usage: $name.sh PROGRAM LOOPBACK_SERVER" >&2
    exit 2
fi
for file in "$@"; do [ -x "$file" ] || fail "$file is no program"; done
need jq jq
program=$(realpath "$1")
loopback_server=$(realpath "$2")
folder=$(mktemp -d)
service=

# The scripts add their own to this list: it is done in this order.
at_end=()
finish() {
    local status=$? command
    trap - EXIT
    for command in "${at_end[@]}"; do $command || true; done
    if [ -n "$service" ]; then
        kill "$service" || true
        wait "$service" || true
    fi
    if [ $status != 0 ] && [ $status != 77 ]; then
        tail -n 40 "$folder"/*.log "$folder"/results/*.log "$folder"/results/*/*.log 2> /dev/null || true
        echo "$name: $folder has more" >&2
    else
        rm -rf "$folder"
    fi
    exit $status
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir -p "$folder/bin" "$folder/results/run-1"
ln -s "$program" "$folder/bin/bandwidth-webrtc-bulk" # the examples find it by its name
PATH=$folder/bin:$PATH

wait_until() { # wait_until WHAT COMMAND...: at most 30 seconds
    local what=$1 i
    shift
    for ((i = 0; i < 300; ++i)); do
        if "$@"; then return; fi
        sleep 0.1
    done
    fail "in 30 seconds it did not come to this: $what"
}

# wait_until_created JOURNAL...: each of these shards has created something. Before its first creation a journal has two lines
# already, and a signal that comes then may end the program before it looks after signals, without a report.
wait_until_created() {
    local journal
    for journal; do wait_until "$journal tells of something that was created" grep -qs '^+ ' "$journal"; done
}

# One service for all shards. Its responses take a while, so that there is time to stop a shard.
sessions=400
start_service() {
    : > "$folder/service.log" # it is read before the service may have opened it
    "$loopback_server" --port 0 --delay 20ms --log --write-ca "$folder/ca.pem" > "$folder/service.log" &
    service=$!
    wait_until "the service listens" grep -q '^base URL ' "$folder/service.log"
    options=(--base-url "$(awk '/^base URL / { print $3 }' "$folder/service.log")" --ca-file "$folder/ca.pem"
        --sessions "$sessions" --participants 0 --operations "create,get,delete" --connections 1 --depth 1 --quiet)
    cd "$folder/results/run-1"
}

# in_background LOG COMMAND...: from where the folder run-1 is. Its process is $!.
in_background() {
    local log=$folder/$1
    shift
    (cd .. && exec "$@") > "$log" 2>&1 &
}

created_so_far() {
    grep -c '^20[01] POST .*/sessions$' "$folder/service.log" || true
}

# figure FILE OPERATION: how many calls of this operation succeeded.
figure() {
    jq -e --arg operation "$2" '[.operations[] | select(.operation == $operation) | .succeeded] | add // 0' "$1"
}

expect_reports() { # expect_reports NUMBER: so many in the run's folder
    [ "$(find . -name 'shard-*.json' | wc -l)" = "$1" ] || fail "there are not $1 reports: $(ls)"
}

expect_stopped() { # expect_stopped FILE: it is the report of a shard that SIGTERM ended
    [ "$(jq .exit_status "$1")" = 143 ] || fail "$1 is not of a shard that was stopped, but of $(jq .exit_status "$1")"
}

# expect_merged MIN MAX: one report of all reports of the run tells what the service has seen, that is from MIN to
# MAX sessions, and the service has none any more.
expect_merged() {
    local min=$1 max=$2 seen merged
    seen=$(created_so_far)
    bandwidth-webrtc-bulk merge shard-*.json --json all.json --report all.html > merge.log 2>&1 ||
        fail "merge ended with $?"
    grep -qi '<html' all.html || fail "all.html is no page"
    merged=$(figure all.json create_session)
    [ "$merged" = "$seen" ] || fail "the merged report tells of $merged sessions, and the service has created $seen"
    if [ "$seen" -lt "$min" ] || [ "$seen" -gt "$max" ]; then fail "$seen sessions, and not $min to $max"; fi
    kill "$service"
    wait "$service" || fail "the service ended with $?"
    service=
    grep -q ', 0 sessions, 0 participants and 0 endpoints left$' "$folder/service.log" ||
        fail "left behind: $(tail -n 1 "$folder/service.log")"
    echo "$name: $seen sessions in $(find . -name 'shard-*.json' | wc -l) reports, nothing lost"
}
