#!/bin/sh
# A run in four shards, each a process that mpirun starts:
#   OMPI_MCA_orte_default_hostfile=hosts ./open_mpi.sh RUN_ID --real --sessions 1M --lives --rate 1k
# Its files are in the folder RUN_ID, which all hosts share. Started again, it goes on where it was stopped. Afterwards:
#   bandwidth-webrtc-bulk merge RUN_ID/shard-*.json --json all.json --report all.html
run=$1
shift
mkdir -p "$run" && cd "$run" || exit

# The other shards go on where one ends with a failure.
export OMPI_MCA_orte_abort_on_non_zero_status=0
# Told to stop, mpirun waits so many seconds, sends SIGTERM, waits as long again for the shards to delete what they
# created, and sends SIGKILL.
export OMPI_MCA_odls_base_sigkill_timeout="${OMPI_MCA_odls_base_sigkill_timeout:-15}"

# shellcheck disable=SC2016 # each shard's own shell expands what is in single quotes
exec mpirun -np 4 sh -c '
    shard=$OMPI_COMM_WORLD_RANK
    if [ -s "shard-$shard.journal" ]; then go_on=--resume; else go_on=--journal; fi
    exec bandwidth-webrtc-bulk --shard auto "$go_on" "shard-$shard.journal" --json "shard-$shard.$(date +%s).json" \
        "$@"' sh --run-id "$run" "$@"
