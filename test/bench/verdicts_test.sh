#!/bin/bash
# verdicts_test.sh BENCH: what the table of the goals says of made-up figures.
# shellcheck source=test/bench/made_up_figures.sh
. "$(dirname "$0")/made_up_figures.sh"

line fact machine 'a "quoted" one'
for round in 1 2 3; do
    line sample ours $round $((10 + round))
    line sample base $round 10
    line sample busy $round 0.97
done
line missing absent "it is missing"
line goal 1 "holds by the median" ours base "<=" 1.2 times
line goal 2 "does not" ours base "<" 1.2 times
line goal 3 "a figure by itself" ours - ">=" 12 us
line goal 4 "or saturated" ours base ">=" 2 times busy 0.95 "the server is saturated"
line goal 5 "no base" ours absent "<=" 1 times
line goal 6 "no figure" absent base "<=" 1 times
line goal 7 "  told" ours - - - us
line goal 8 "holds in each round" ours base "<=" 1.3 times
line goal 9 "holds in each round, upwards" ours - ">=" 11 us
line goal 11 "one round failed" ours base "<=" 1.3 times
line failed 11
make_table "$1" goals/verdicts.awk

expect '^ +1  holds by the median +1\.200 \(1\.100-1\.300\) times +<= 1\.2 +holds by the median$' text
expect '^ +2  does not .* < 1\.2 +does not hold$' text
expect '^ +3  a figure by itself +12\.0 \(11\.0-13\.0\) us +>= 12 +holds by the median$' text
expect '^ +4  or saturated .* holds: the server is saturated$' text
expect '^ +5  no base +- +<= 1 +not measured: it is missing$' text
expect '^ +6  no figure +- +<= 1 +not measured: it is missing$' text
expect '^ +7    told +12\.0 .* for information$' text
expect '^ +8  holds in each round .* <= 1\.3 +holds$' text
expect '^ +9  holds in each round, upwards .* >= 11 +holds$' text
expect '^ +11  one round failed .* holds \(where nothing failed\)$' text
expect '^Of the goals, 6 hold, 1 do not hold, 2 were not measured\.$' text
expect '"goal": 4, .*"median": 1.2, .*"figures": \[1.1, 1.2, 1.3\]' json
expect '"text": "a \\"quoted\\" one"' json
expect '"goal": 1, "what": "holds by the median", .*"limit": 1.2, "verdict": "holds by the median", "median": 1.2, "min": 1.1, "max": 1.3' json
expect '"goal": 7, "what": "told", .*"relation": null, "limit": null' json
expect '^    "ours": \[11, 12, 13\],?$' json
