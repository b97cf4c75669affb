# Prints the table of goals.sh, and with -v json=FILE writes all figures there. Stands behind ../compare/figures.awk. Lines of the data,
# fields parted by tabs:
#   fact     NAME  TEXT
#   sample   KEY   ROUND  FIGURE
#   missing  KEY   WHY
#   failed   ROW                     in one of the rounds
#   goal     ROW   WHAT   KEY  BASE  RELATION  LIMIT  UNIT  [OR_KEY  OR_LEAST  OR_TEXT]
BEGIN { FS = "\t" }

$1 == "sample" {
    if (!(($2, $3) in figure)) rounds_of[$2] = rounds_of[$2] " " $3
    figure[$2, $3] = $4 + 0
}
$1 == "missing" { why[$2] = $3 }
$1 == "failed" { failed[$2] }
$1 == "goal" { goals++; for (i = 2; i <= 11; i++) goal[goals, i] = $i }

# Sets median, low, high and `list` of the key's figures, or of their ratios to the base of the same round.
function summarise(key, base,    rounds, n, i) {
    count = 0
    n = split(rounds_of[key], rounds, " ")
    for (i = 1; i <= n; i++) {
        if (base == "-") list[++count] = figure[key, rounds[i]]
        else if (((base, rounds[i]) in figure) && figure[base, rounds[i]] > 0) list[++count] = figure[key, rounds[i]] / figure[base, rounds[i]]
    }
    return order(list, count)
}

function holds(x, relation, limit) {
    if (relation == "<=") return x <= limit
    if (relation == "<") return x < limit
    return x >= limit
}

function verdict(g,    relation, told) {
    relation = goal[g, 6]
    if (!summarise(goal[g, 4], goal[g, 5])) {
        told = goal[g, 4] in why ? why[goal[g, 4]] : why[goal[g, 5]]
        return "not measured: " (told == "" ? "no figure" : told)
    }
    if (relation == "-") return ""
    if (holds(median, relation, goal[g, 7]))
        return holds(relation == ">=" ? low : high, relation, goal[g, 7]) ? "holds" : "holds by the median"
    if (goal[g, 9] != "") {
        told = summarise(goal[g, 9], "-") && median >= goal[g, 10] ? "holds: " goal[g, 11] : ""
        summarise(goal[g, 4], goal[g, 5]) # that is what is printed
        if (told != "") return told
    }
    return "does not hold"
}

# Three digits that count, but no digit before the point is dropped.
function short(x) { return sprintf(x >= 100 || x <= -100 ? "%.0f" : x >= 10 ? "%.1f" : "%.3f", x) }

function number_or_null(s) { return s == "-" || s == "" ? "null" : s }

END {
    print_facts()
    print ""
    printf "%4s  %-64s %-26s %-14s %s\n", "goal", "what", "median (min-max)", "wanted", "verdict"
    if (json != "") printf "{\n%s  \"goals\": [\n", facts_as_json() > json
    for (g = 1; g <= goals; g++) {
        said = verdict(g)
        if (goal[g, 2] in failed && said != "" && said !~ /^not measured/) said = said " (where nothing failed)"
        measured = said !~ /^not measured/
        value = !measured ? "-" : short(low) == short(high) ? short(median) : short(median) " (" short(low) "-" short(high) ")"
        wanted = goal[g, 6] == "-" ? "" : goal[g, 6] " " goal[g, 7]
        if (wanted != "") tally[measured ? (said ~ /^holds/ ? "hold" : "do not hold") : "were not measured"]++
        else if (measured) said = "for information"
        printf "%4d  %-64s %-26s %-14s %s\n", goal[g, 2], goal[g, 3], value (measured && goal[g, 8] != "" ? " " goal[g, 8] : ""), wanted, said
        if (json == "") continue
        what = goal[g, 3]; sub(/^ +/, "", what)
        printf "    {\"goal\": %d, \"what\": %s, \"unit\": %s, \"relation\": %s, \"limit\": %s, \"verdict\": %s", goal[g, 2], text(what),
            text(goal[g, 8]), (wanted == "" ? "null" : text(goal[g, 6])), number_or_null(goal[g, 7]), text(said) > json
        if (measured) {
            printf ", \"median\": %.6g, \"min\": %.6g, \"max\": %.6g, \"figures\": [", median, low, high > json
            for (i = 1; i <= count; i++) printf "%s%.6g", (i > 1 ? ", " : ""), list[i] > json
            printf "]" > json
        }
        printf "}%s\n", (g < goals ? "," : "") > json
    }
    if (json != "") {
        # What the ratios were made of, by round.
        printf "  ],\n  \"samples\": {" > json
        for (key in rounds_of) {
            printf "%s\n    %s: [", (keys++ ? "," : ""), text(key) > json
            n = split(rounds_of[key], rounds, " ")
            for (i = 1; i <= n; i++) printf "%s%.6g", (i > 1 ? ", " : ""), figure[key, rounds[i]] > json
            printf "]" > json
        }
        printf "\n  }\n}\n" > json
        close(json)
    }
    print ""
    printf "Of the goals, %d hold, %d do not hold, %d were not measured.\n", tally["hold"], tally["do not hold"], tally["were not measured"]
    if (json != "") print "All figures: " json
}
