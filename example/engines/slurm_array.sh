#!/bin/bash
# A run in four shards, each a task of a Slurm array:
#   sbatch slurm_array.sh --real --sessions 1M --rate 1k
# It is submitted from a folder that all nodes share. Afterwards:
#   bandwidth-webrtc-bulk merge shard-*.json --json all.json --report all.html
#SBATCH --job-name=bulk
#SBATCH --array=1-4
#SBATCH --time=04:00:00
#SBATCH --signal=TERM@30
#SBATCH --requeue
#SBATCH --output=shard-%a.log
#SBATCH --open-mode=append
set -u
shard=$SLURM_ARRAY_TASK_ID

# Where the journal exists, this shard was stopped before: it goes on.
journal=shard-$shard.journal
if [ -s "$journal" ]; then go_on=--resume; else go_on=--journal; fi
srun bandwidth-webrtc-bulk --shard "$shard/4" --run-id "$SLURM_ARRAY_JOB_ID" "$go_on" "$journal" \
    --json "shard-$shard.$(date +%s).json" "$@"
status=$?

# 143: stopped by SIGTERM, before its time was over. What it had created is deleted, the rest is still to be done.
if [ $status = 143 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit $status
