#!/bin/bash
# open_mpi.sh PROGRAM LOOPBACK_SERVER: a run in four shards under Open MPI. mpirun is told to stop, gives the shards
# the time to delete what they created, and goes on when it is started again.
# shellcheck source=test/engines/common.sh
. "$(dirname "$0")/common.sh"
need mpirun openmpi-bin
mpirun --version | grep -q 'Open MPI' || skip "mpirun is not that of Open MPI"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 # four processes, however many processors there are
# SIGTERM comes while the shards still have something to do, which takes 8 s, and they have the same time for the
# deleting, which takes 2 s on a machine that is not busy.
export OMPI_MCA_odls_base_sigkill_timeout=6
start_service
options=("${options[@]/create,get,delete/create,get,get,delete}")

in_background mpirun.log "$examples/open_mpi.sh" run-1 "${options[@]}"
mpirun=$!
wait_until_created shard-0.journal shard-1.journal shard-2.journal shard-3.journal
kill $mpirun
status=0
wait $mpirun || status=$?
[ $status != 0 ] || fail "mpirun was stopped, and ended with 0"
expect_reports 4
for report in shard-*.json; do expect_stopped "$report"; done

sleep 1 # the second report's name has another second
in_background mpirun_again.log "$examples/open_mpi.sh" run-1 "${options[@]}"
wait $! || fail "mpirun ended with $?"
expect_reports 8
expect_merged $sessions $((2 * sessions))
