#!/bin/bash
# slurm.sh PROGRAM LOOPBACK_SERVER: a run in four shards, as an array under a Slurm of its own. One shard is stopped by
# SIGTERM, requeued and resumed. A second array numbers its tasks otherwise, for --shard auto.
# shellcheck source=test/engines/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=test/engines/slurm_cluster.sh
. "$(dirname "$0")/slurm_cluster.sh"

start_slurm
start_service

# ---- four shards; the second is stopped ----
RUN=run-1 in_background sbatch.log sbatch --parsable --wait "$examples/slurm_array.sh" "${options[@]}"
sbatch=$!
wait_until_created shard-2.journal
array=$(head -n 1 "$folder/sbatch.log")
scancel --signal=TERM "${array}_2"
status=0
wait $sbatch || status=$?
[ $status = 0 ] || fail "the array ended with $status"
expect_reports 5
expect_stopped "$(find . -name 'shard-2.*.json' | sort | head -n 1)"
for shard in 1 3 4; do
    [ "$(figure shard-$shard.*.json create_session)" = $((sessions / 4)) ] || fail "shard $shard is no quarter"
done
expect_merged $sessions $((sessions + sessions / 4))

# ---- --shard auto, of an array that begins at 0 and has steps ----
rm -r "$folder/results/run-1"
mkdir "$folder/results/run-1"
start_service
cat > job.sh << 'END'
#!/bin/bash
srun bandwidth-webrtc-bulk --shard auto --run-id "$SLURM_ARRAY_JOB_ID" --json 'shard-{shard}.json' "$@"
END
sbatch --wait --array=0-7:2 job.sh "${options[@]}" > "$folder/sbatch_auto.log" 2>&1 || fail "the array ended with $?"
for shard in 1 2 3 4; do
    [ "$(figure shard-$shard-of-4.json create_session)" = $((sessions / 4)) ] || fail "shard $shard is no quarter"
done
expect_merged $sessions $sessions
