# What report.awk and ../goals/verdicts.awk have in common: facts, medians, and texts of JSON.
$1 == "fact" { fact_name[++facts] = $2; fact_text[facts] = $3 }

function print_facts(    i) {
    for (i = 1; i <= facts; i++) printf "%-13s %s\n", fact_name[i] ":", fact_text[i]
}

function facts_as_json(    i, all) {
    for (i = 1; i <= facts; i++)
        all = all sprintf("    {\"name\": %s, \"text\": %s}%s\n", text(fact_name[i]), text(fact_text[i]), (i < facts ? "," : ""))
    return "  \"facts\": [\n" all "  ],\n"
}

# A string of JSON.
function text(s) { gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); return "\"" s "\"" }

# Sorts the first `count` of `list`, and sets low, high and median. Tells whether there are any.
function order(list, count,    i, k, item) {
    if (count == 0) return 0
    for (i = 2; i <= count; i++) {
        item = list[i]
        for (k = i - 1; k >= 1 && list[k] > item; k--) list[k + 1] = list[k]
        list[k + 1] = item
    }
    low = list[1]; high = list[count]
    median = count % 2 ? list[(count + 1) / 2] : (list[count / 2] + list[count / 2 + 1]) / 2
    return 1
}
