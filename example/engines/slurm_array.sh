#!/bin/bash
# A run in four shards, each a task of a Slurm array:
#   sbatch slurm_array.sh --real --sessions 1M --lives --rate 1k
# It is submitted from a folder that all nodes share. Its files are in a folder in there, whose name is the id of the
# array, or what RUN says. Afterwards:
#   bandwidth-webrtc-bulk merge ID/shard-*.json --json all.json --report all.html
# To go on with shards 2 and 3 of a run that has ended:
#   RUN=ID sbatch --array=2,3 slurm_array.sh --real --sessions 1M --lives --rate 1k
#SBATCH --job-name=bulk
#SBATCH --array=1-4
#SBATCH --time=04:00:00
#SBATCH --signal=TERM@30
#SBATCH --requeue
#SBATCH --output=%x-%A-%a.log
#SBATCH --open-mode=append
set -u
shard=$SLURM_ARRAY_TASK_ID
run=${RUN:-$SLURM_ARRAY_JOB_ID}
mkdir -p "$run" && cd "$run" || exit

# Where the journal exists, this shard was stopped before: it goes on.
journal=shard-$shard.journal
if [ -s "$journal" ]; then go_on=--resume; else go_on=--journal; fi
srun bandwidth-webrtc-bulk --shard "$shard/4" --run-id "$run" "$go_on" "$journal" \
    --json "shard-$shard.$(date +%s).json" "$@"
status=$?

# 143: stopped by SIGTERM, before its time was over. What it had created is deleted, the rest is still to be done.
if [ $status = 143 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit $status
