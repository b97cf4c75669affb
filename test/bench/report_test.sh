#!/bin/bash
# report_test.sh BENCH: what the table of the side by side says of made-up figures.
# shellcheck source=test/bench/made_up_figures.sh
. "$(dirname "$0")/made_up_figures.sh"

line fact machine 'a "quoted" one'
for round in 1 2 3; do
    for peer in floor h2load curl ours; do
        case $peer in floor) cost=10 ;; h2load) cost=20 ;; curl) cost=100 ;; ours) cost=$((10 + round)) ;; esac
        if [ $peer = curl ] && [ $round = 3 ]; then continue; fi
        line value 8 $peer $round cpu_us "$cost"
        line value 8 $peer $round cpu_user_us 4
        line value 8 $peer $round cpu_sys_us 6
        line value 8 $peer $round requests_per_s 50000
        line value 8 $peer $round server_busy 0 # which nothing is a multiple of
    done
done
line value 8 ours 1 callgrind_instructions 14000
line value 8 floor 1 callgrind_instructions 7000
make_table "$1" compare/report.awk
expect '^machine: +a "quoted" one$' text
expect '^Instructions of user and kernel, cycles: NOT COUNTED' text
expect '^ +8  ours +12\.00 \(11\.00-13\.00\) +4\.00 +6\.00 +1\.20 \(1\.10-1\.30\) +0\.60 \(0\.55-0\.65\) +50000 +0$' text
expect '^ +8  floor +1\.20 \(1\.10-1\.30\) +2\.00$' text
expect '^ +8  curl +0\.1[12] \(0\.11-0\.12\) +-$' text
expect '"text": "a \\"quoted\\" one"' json
expect '"client": "ours", "metric": "cpu_us", "median": 12, "min": 11, "max": 13, "rounds": \[11, 12, 13\], "of_floor": 1.2, "of_h2load": 0.6, "of_curl": 0.115}' json

# Where the machine counts instructions, and system calls.
for peer in floor ours; do
    if [ $peer = floor ]; then cost=10000; else cost=14000; fi
    line value 8 $peer 1 instructions "$cost"
    line value 8 $peer 1 instructions_user 4000
    line value 8 $peer 1 instructions_kernel 6000
    line value 8 $peer 1 cycles 9000
    line value 8 $peer 1 system_calls 2.5
done
make_table "$1" compare/report.awk
expect '^ +8  ours +14\.0 +4\.0 +6\.0 +1\.40 +- ' text
expect '^ +8  floor +1\.40 +2\.00$' text
expect '^ +8  ours +2\.50$' text
