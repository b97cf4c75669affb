#!/bin/bash
# many_lives.sh PROGRAM LOOPBACK_SERVER: a million session lives at a constant rate, in four shards under a Slurm of its own.
# One shard is stopped in the middle, requeued and resumed. It takes about a quarter of an hour, and no test runs it. LIVES and
# RATE of the environment are other numbers of lives, and of those that begin in each second; OPERATIONS are other calls.
# shellcheck source=test/engines/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=test/engines/slurm_cluster.sh
. "$(dirname "$0")/slurm_cluster.sh"
lives=${LIVES:-1000000}
rate=${RATE:-1200}
operations=${OPERATIONS:-create,join,get,list,subscribe,remove,delete}

start_slurm
"$loopback_server" --port 0 --write-ca "$folder/ca.pem" > "$folder/service.log" &
service=$!
wait_until "the service listens" grep -q '^base URL ' "$folder/service.log"
options=(--base-url "$(awk '/^base URL / { print $3 }' "$folder/service.log")" --ca-file "$folder/ca.pem"
    --sessions "$lives" --participants 1 --operations "$operations" --lives --rate "$rate" --connections 4 --quiet)
cd "$folder/results/run-1"

RUN=run-1 in_background sbatch.log sbatch --parsable --wait "$examples/slurm_array.sh" "${options[@]}"
sbatch=$!
wait_until_created shard-2.journal
array=$(head -n 1 "$folder/sbatch.log")
sleep $((lives / rate / 3))
scancel --signal=TERM "${array}_2"
status=0
wait $sbatch || status=$?
[ $status = 0 ] || fail "the array ended with $status"
expect_reports 5
expect_stopped "$(find . -name 'shard-2.*.json' | sort | head -n 1)"
bandwidth-webrtc-bulk merge shard-*.json --json all.json --report all.html | tee merge.log ||
    fail "merge ended with $?"
jq -e --argjson lives "$lives" '.lives | .planned == $lives and .complete == $lives and .failed == 0' all.json > /dev/null ||
    fail "not all lives: $(jq -c .lives all.json)"
kill "$service"
wait "$service" || fail "the service ended with $?"
service=
grep -q ', 0 sessions, 0 participants and 0 endpoints left$' "$folder/service.log" ||
    fail "left behind: $(tail -n 1 "$folder/service.log")"
jq -c '[.parts[] | {shard_index, exit_status, seconds: (.time_ns / 1e9 | floor), lives}]' all.json
echo "$name: $lives lives in 5 reports, nothing lost"
