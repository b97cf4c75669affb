# Read by the scripts beside it, behind common.sh: a Slurm of its own, which is of one node and lives in the temporary folder.
# shellcheck shell=bash
PATH=$PATH:/usr/sbin
need slurmctld slurm-wlm
need slurmd slurm-wlm
need sbatch slurm-wlm
need munged munge
[ "$(id -u)" = 0 ] || skip "slurmd runs tasks as root only"

# start DAEMON...: its messages are in $folder/DAEMON.log, its process is ended at the end.
daemons=()
start() {
    "$@" > "$folder/$1.log" 2>&1 &
    daemons=($! "${daemons[@]}") # in the reverse order
}
stop_daemons() {
    if [ -f "$SLURM_CONF" ]; then scancel --user="$(id -un)" --full 2> /dev/null; fi
    local daemon
    for daemon in "${daemons[@]}"; do kill "$daemon" && wait "$daemon"; done
}
at_end+=(stop_daemons)

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# No systemd, no cgroups, no accounting; four processors, however many there are. The certificate that lets a task
# start expires soon: a requeued task waits for that, by default for two minutes.
export SLURM_CONF=$folder/slurm.conf
start_slurm() {
    local host
    host=$(hostname -s)
    chmod 755 "$folder" # munged and Slurm want theirs to be nobody else's to write
    mkdir "$folder/munge" "$folder/state" "$folder/spool"
    (umask 077 && head -c 128 /dev/urandom > "$folder/munge/key")
    cat > "$SLURM_CONF" << END
ClusterName=temporary
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,sched_min_interval=0
SlurmdParameters=config_overrides
MpiDefault=none
ReturnToService=2
KillWait=30
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
    start munged --foreground --key-file="$folder/munge/key" --socket="$folder/munge/socket" \
        --pid-file="$folder/munge/pid" --log-file="$folder/munge/log" --seed-file="$folder/munge/seed"
    wait_until "munged listens" test -S "$folder/munge/socket"
    start slurmctld -D
    start slurmd -D
    wait_until "Slurm's node is idle" node_is_idle
}
node_is_idle() {
    [ "$(sinfo --noheader --format=%t 2> /dev/null)" = idle ]
}
