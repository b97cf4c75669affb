#!/bin/bash
# gnu_parallel.sh PROGRAM LOOPBACK_SERVER: a run in four shards under GNU parallel; one is stopped, and goes on when
# the same line is run again.
# shellcheck source=test/engines/common.sh
. "$(dirname "$0")/common.sh"
need parallel parallel
export PARALLEL_HOME=$folder # where it would keep that it was cited
start_service

in_background parallel.log "$examples/gnu_parallel.sh" run-1 "${options[@]}"
parallel=$!
wait_until_created shard-2.journal
pkill -TERM -P "$parallel" -f 'shard 2/4' || fail "shard 2 is not there"
status=0
wait $parallel || status=$?
[ $status = 1 ] || fail "one of four jobs was stopped, and parallel ended with $status"
[ "$(awk 'NR > 1 { print $7 }' shards.joblog | sort -n | tr '\n' ' ')" = "0 0 0 143 " ] ||
    fail "the jobs ended otherwise than three with 0 and one with 143: $(cat shards.joblog)"
expect_reports 4
expect_stopped shard-2.*.json

sleep 1 # the second report's name has another second
in_background parallel_again.log "$examples/gnu_parallel.sh" run-1 "${options[@]}"
wait $! || fail "parallel ended with $?"
expect_reports 5
expect_merged $sessions $((sessions + sessions / 4))
