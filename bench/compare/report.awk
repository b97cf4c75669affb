# Prints the table of compare.sh, and with -v json=FILE writes all figures there. Stands behind figures.awk. Lines of the data, fields
# parted by tabs:
#   fact   NAME   TEXT
#   value  DEPTH  PEER  ROUND  METRIC  FIGURE       the figure per request, but for requests_per_s and server_busy
BEGIN { FS = "\t" }

$1 == "value" {
    depth = $2; peer = $3; round = $4; metric = $5
    if (!(depth in depth_seen)) { depth_seen[depth]; depths[++depth_count] = depth }
    if (!(peer in peer_seen)) { peer_seen[peer]; peers[++peer_count] = peer }
    if (!(metric in metric_seen)) { metric_seen[metric]; metrics[++metric_count] = metric }
    value[depth, peer, metric, round] = $6
    if (round > round_count[metric]) round_count[metric] = round
}

# Sets median, low and high of a metric over the rounds; of its ratio to `other`, round by round, where that is a peer.
function summarise(depth, peer, metric, other,    list, count, round, at, base) {
    count = 0
    for (round = 1; round <= round_count[metric]; round++) {
        at = depth SUBSEP peer SUBSEP metric SUBSEP round
        base = depth SUBSEP other SUBSEP metric SUBSEP round
        if (!(at in value) || (other != "" && (!(base in value) || value[base] <= 0))) continue
        list[++count] = other == "" ? value[at] + 0 : value[at] / value[base]
    }
    return order(list, count)
}

function cell(depth, peer, metric, format, scale, other) {
    if (!summarise(depth, peer, metric, other)) return "-"
    if (low == high) return sprintf(format, median * scale)
    return sprintf(format " (" format "-" format ")", median * scale, low * scale, high * scale)
}

function title(what) { print ""; print what }

function row(a, b, c, d, e, f, g, h, i) { printf "%5s  %-7s %21s %7s %7s %18s %18s %24s %7s\n", a, b, c, d, e, f, g, h, i }

function middle(depth, peer, metric, format, scale) { return summarise(depth, peer, metric) ? sprintf(format, median * scale) : "-" }

function table(unit, total, user, kernel, scale, format,    i, k, d, p) {
    row("depth", "client", unit, "user", "kernel", "of floor", "of h2load", "requests/s", "nginx %")
    for (i = 1; i <= depth_count; i++)
        for (k = 1; k <= peer_count; k++) {
            d = depths[i]; p = peers[k]
            if (summarise(d, p, total)) row(d, p, cell(d, p, total, format, scale), middle(d, p, user, format, scale), middle(d, p, kernel, format, scale),
                cell(d, p, total, "%.2f", 1, "floor"), cell(d, p, total, "%.2f", 1, "h2load"),
                cell(d, p, "requests_per_s", "%.0f", 1), middle(d, p, "server_busy", "%.0f", 100))
        }
}

function write_json(    i, k, m, b, round, first, count) {
    printf "{\n%s  \"figures\": [", facts_as_json() > json
    for (i = 1; i <= depth_count; i++)
        for (k = 1; k <= peer_count; k++)
            for (m = 1; m <= metric_count; m++) {
                if (!summarise(depths[i], peers[k], metrics[m])) continue
                printf "%s\n    {\"depth\": %d, \"client\": %s, \"metric\": %s, \"median\": %.6g, \"min\": %.6g, \"max\": %.6g, \"rounds\": [",
                    (first++ ? "," : ""), depths[i], text(peers[k]), text(metrics[m]), median, low, high > json
                count = 0
                for (round = 1; round <= round_count[metrics[m]]; round++)
                    if ((depths[i], peers[k], metrics[m], round) in value)
                        printf "%s%s", (count++ ? ", " : ""), value[depths[i], peers[k], metrics[m], round] > json
                printf "]" > json
                for (b = 1; b <= peer_count; b++)
                    if (peers[b] != peers[k] && summarise(depths[i], peers[k], metrics[m], peers[b])) printf ", \"of_%s\": %.6g", peers[b], median > json
                printf "}" > json
            }
    printf "\n  ]\n}\n" > json
    close(json)
}

END {
    print_facts()

    if ("instructions" in metric_seen) {
        title("Thousand instructions per request, user and kernel, of the client process: median (min-max)")
        table("k instructions", "instructions", "instructions_user", "instructions_kernel", 0.001, "%.1f")
        title("Thousand cycles per request: median (min-max)")
        for (i = 1; i <= depth_count; i++)
            for (k = 1; k <= peer_count; k++)
                if (summarise(depths[i], peers[k], "cycles")) printf "%5s  %-7s %21s\n", depths[i], peers[k], cell(depths[i], peers[k], "cycles", "%.1f", 0.001)
    } else {
        title("Instructions of user and kernel, cycles: NOT COUNTED on this machine. CPU time stands in for them.")
    }

    title("CPU time per request in microseconds, of the client process: median (min-max)")
    table("CPU us", "cpu_us", "cpu_user_us", "cpu_sys_us", 1, "%.2f")
    print "How CPU time parts into user and kernel is sampled by the kernel, the total is not. nginx %: how busy the server's core was; near"
    print "100, requests/s is the server's limit and not the client's."

    if ("callgrind_instructions" in metric_seen) {
        title("Thousand user instructions per request, counted by callgrind (without the kernel, and with the code for older CPUs in OpenSSL)")
        printf "%5s  %-7s %14s %10s %10s\n", "depth", "client", "k instructions", "of floor", "of h2load"
        for (i = 1; i <= depth_count; i++)
            for (k = 1; k <= peer_count; k++)
                if (summarise(depths[i], peers[k], "callgrind_instructions")) printf "%5s  %-7s %14s %10s %10s\n", depths[i], peers[k], cell(depths[i], peers[k], "callgrind_instructions", "%.1f", 0.001),
                    cell(depths[i], peers[k], "callgrind_instructions", "%.2f", 1, "floor"),
                    cell(depths[i], peers[k], "callgrind_instructions", "%.2f", 1, "h2load")
    }

    if ("system_calls" in metric_seen) {
        title("System calls per request, counted in runs of their own: median (min-max)")
        printf "%5s  %-7s %19s\n", "depth", "client", "system calls"
        for (i = 1; i <= depth_count; i++)
            for (k = 1; k <= peer_count; k++)
                if (summarise(depths[i], peers[k], "system_calls")) printf "%5s  %-7s %19s\n", depths[i], peers[k], cell(depths[i], peers[k], "system_calls", "%.2f", 1)
    }

    metric = "instructions" in metric_seen ? "instructions" : "cpu_us"
    title("Ours as a multiple of each peer: median (min-max)")
    printf "%5s  %-8s %-19s %s\n", "depth", "peer", (metric == "instructions" ? "instructions" : "CPU time"), "user (callgrind)"
    for (i = 1; i <= depth_count; i++)
        for (k = 1; k <= peer_count; k++)
            if (peers[k] != "ours" && summarise(depths[i], "ours", metric, peers[k]))
                printf "%5s  %-8s %-19s %s\n", depths[i], peers[k], cell(depths[i], "ours", metric, "%.2f", 1, peers[k]),
                    cell(depths[i], "ours", "callgrind_instructions", "%.2f", 1, peers[k])
    print "Whether the goals hold tells ./bench/run --goals."
    if (json != "") { write_json(); print ""; print "All figures: " json }
}
