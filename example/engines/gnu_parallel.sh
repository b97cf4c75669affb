#!/bin/sh
# A run in four shards, each a job of GNU parallel:
#   ./gnu_parallel.sh RUN_ID --real --sessions 1M --lives --rate 1k
# Its files are in the folder RUN_ID. Over several hosts that share it: add --sshloginfile HOSTS --workdir . to the line with parallel.
# Started again with the same words, it runs what did not end well, and goes on where that was stopped. Afterwards:
#   bandwidth-webrtc-bulk merge RUN_ID/shard-*.json --json all.json --report all.html
run=$1
shift
mkdir -p "$run" && cd "$run" || exit

# --termseq: told to stop, parallel gives the shards 15 seconds to delete what they created.
# shellcheck disable=SC2016 # each shard's own shell expands what is in single quotes
exec parallel --quote --jobs 4 --line-buffer --joblog shards.joblog --resume-failed --termseq TERM,15000,KILL sh -c '
    shard=$1
    shift
    if [ -s "shard-$shard.journal" ]; then go_on=--resume; else go_on=--journal; fi
    exec bandwidth-webrtc-bulk --shard "$shard/4" "$go_on" "shard-$shard.journal" \
        --json "shard-$shard.$(date +%s).json" "$@"' sh {} --run-id "$run" "$@" ::: 1 2 3 4
