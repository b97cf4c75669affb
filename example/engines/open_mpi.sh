#!/bin/sh
# A run in four shards, each a process that mpirun starts:
#   OMPI_MCA_orte_default_hostfile=hosts ./open_mpi.sh RUN_ID --real --sessions 1M --rate 1k
# It is started in a folder that all hosts share. Started again, it goes on where it was stopped. Afterwards:
#   bandwidth-webrtc-bulk merge shard-*.json --json all.json --report all.html

# The other shards go on where one ends with a failure.
export OMPI_MCA_orte_abort_on_non_zero_status=0
# Told to stop, mpirun waits so many seconds, sends SIGTERM, waits as long again for the shards to delete what they
# created, and sends SIGKILL.
export OMPI_MCA_odls_base_sigkill_timeout="${OMPI_MCA_odls_base_sigkill_timeout:-12}"

# shellcheck disable=SC2016 # each shard's own shell expands what is in single quotes
exec mpirun -np 4 sh -c '
    run=$1 shard=$OMPI_COMM_WORLD_RANK
    shift
    if [ -s "shard-$shard.journal" ]; then go_on=--resume; else go_on=--journal; fi
    exec bandwidth-webrtc-bulk --shard auto --run-id "$run" "$go_on" "shard-$shard.journal" \
        --json "shard-$shard.$(date +%s).json" "$@"' sh "$@"
