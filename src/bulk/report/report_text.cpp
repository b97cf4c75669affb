#include "bulk/figures/table.hpp"
#include "bulk/figures/units.hpp"
#include "bulk/report/report.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace bandwidth::webrtc::bulk {

namespace {

// In the tables, so that they fit 80 columns beside the longest name: ten digits need the place of seven with
// commas, and from a minute on seconds are short.
std::string table_count(std::uint64_t count) {
    return count < 10'000'000 ? format_count(count) : std::to_string(count);
}

std::string table_duration(std::chrono::nanoseconds value) {
    if (value < std::chrono::milliseconds(59'950))
        return format_duration(value);
    return std::to_string(std::chrono::round<std::chrono::seconds>(value).count()) + " s";
}

std::string format_rate(double rate) {
    if (rate >= 10)
        return table_count(static_cast<std::uint64_t>(std::llround(rate)));
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%.2f", rate);
    return text.data();
}

std::string format_ratio(std::uint64_t a, std::uint64_t b) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f",
                  b == 0 ? 0.0 : static_cast<double>(a) / static_cast<double>(b));
    return text.data();
}

std::string plural_of(std::uint64_t count, std::string_view one, std::string_view many) {
    return format_count(count) + ' ' + std::string(count == 1 ? one : many);
}

std::string plural(std::uint64_t count, std::string_view noun) {
    return plural_of(count, noun, std::string(noun) + 's');
}

// "2 sessions and 1 participant".
std::string format_things(const clean_up_record& record, std::uint64_t clean_up_record::thing::*count) {
    std::string text;
    for (const auto& one : record.things)
        text += (text.empty() ? "" : " and ") + plural(one.*count, one.noun);
    return text;
}

std::vector<std::string> counts_row(const operation_figures& one) {
    const auto& record = one.record;
    return {one.operation, table_count(record.calls()), table_count(record.failed),
            table_count(record.mismatched), format_rate(one.requests_per_second())};
}

std::string format_counts(const report& report) {
    std::vector<std::vector<std::string>> rows = {
        {"operation", "calls", "errors", "mismatches", "requests/s"}};
    for (const auto& one : report.operations)
        rows.push_back(counts_row(one));
    rows.push_back(counts_row(report.totals()));
    return format_table(rows);
}

std::string format_latencies(const report& report, std::string_view title,
                             histogram operation_record::*latencies) {
    std::vector<std::vector<std::string>> rows = {{std::string(title), "p50", "p90", "p99", "p99.9", "max"}};
    for (const auto& one : report.operations) {
        const auto& values = one.record.*latencies;
        if (values.count() == 0)
            continue;
        auto& row = rows.emplace_back(std::vector<std::string>{one.operation});
        const auto summary = summarize(values);
        for (const auto value : {summary.p50, summary.p90, summary.p99, summary.p99_9, summary.max})
            row.push_back(table_duration(value));
    }
    return rows.size() == 1 ? std::string() : '\n' + format_table(rows);
}

std::string format_parts_of_time(const report& report) {
    std::vector<std::vector<std::string>> rows = {{"of it, p99", "queueing", "connecting", "service"}};
    for (const auto& one : report.operations) {
        if (one.record.service.count() == 0)
            continue;
        auto& row = rows.emplace_back(std::vector<std::string>{one.operation});
        for (const auto* const part : {&one.record.queueing, &one.record.connecting, &one.record.service})
            row.push_back(part->count() == 0 ? "-" : table_duration(part->percentile(0.99)));
    }
    return rows.size() == 1 ? std::string() : '\n' + format_table(rows);
}

std::string format_problems(const report& report) {
    std::string text;
    for (const auto& one : report.operations) {
        const auto& record = one.record;
        for (const auto& [kind, error] : record.errors)
            text += "  " + one.operation + ": " + format_count(error.count) + " x " + kind +
                    "\n    the first: " + error.first + '\n';
        if (record.mismatched > 0)
            text += "  " + one.operation + ": " + plural_of(record.mismatched, "mismatch", "mismatches") +
                    "\n    the first: " + record.first_mismatch + '\n';
        if (record.skipped > 0)
            text += "  " + one.operation + ": " + plural(record.skipped, "call") +
                    " not made, as what they need could not be created or joined\n";
    }
    return text.empty() ? text : "\nErrors:\n" + text;
}

std::string format_lives(const report& report) {
    const auto lives = report.lives();
    if (!lives)
        return {};
    std::string text = "Lives        " + format_count(lives->complete) + " complete, " +
                       format_count(lives->failed) + " with a failure, of " + format_count(lives->planned);
    if (lives->complete_before > 0)
        text += "; " + format_count(lives->complete_before) + " were complete before";
    return text + '\n';
}

std::string format_parts(const report& report) {
    const auto& first = report.parts.front();
    std::string text = first.job + ", against " + printable(first.service) + "\n";
    if (report.parts.size() > 1) {
        text += plural(report.parts.size(), "report") + " of run " + printable(first.run_id) + '\n';
    } else {
        text += "Run          " + printable(first.run_id);
        if (first.shard_count > 1)
            text += ", shard " + format_count(first.shard_index) + " of " + format_count(first.shard_count);
        text += '\n';
    }
    for (const auto& part : report.parts) {
        if (part.signal == 0 && part.ended_early.empty())
            continue;
        text += "INTERRUPTED  ";
        if (report.parts.size() > 1)
            text += "shard " + format_count(part.shard_index) + ": ";
        if (part.signal != 0)
            text += "by signal " + std::to_string(part.signal) + ": not all was done\n";
        else
            text += printable(part.ended_early) + '\n';
    }
    return text;
}

std::string format_wire(const report& report) {
    const auto& client = report.client;
    const auto handshakes = client.handshakes_full + client.handshakes_resumed;
    std::string text = "Connections  " + plural(client.dials, "dial") + ", " +
                       format_count(client.dials_failed) + " failed; " + plural(handshakes, "handshake") +
                       ", " + format_count(client.handshakes_resumed) + " resumed; " +
                       format_count(client.connections_lost) + " lost\n";
    text += "Requests     " + format_count(client.requests_sent) + " sent in " +
            plural(client.writes, "write") + ": " + format_ratio(client.requests_sent, client.writes) +
            " per write\n";
    text += "Sent again   " + format_count(client.resends) + " at once, " + format_count(client.retries) +
            " after a pause, of them " + format_count(client.retries_throttled) + " throttled\n";
    text += "Pipelining   at most " + format_count(client.deepest_pipeline) + " in flight on a connection";
    if (report.most_pipelined_at_service)
        text += "; the service saw " + format_count(*report.most_pipelined_at_service);
    text += "\nBytes        " + format_bytes(client.bytes_sent) + " sent, " +
            format_bytes(client.bytes_received) + " received, TLS included\n";
    return text;
}

} // namespace

std::string format_report(const report& report) {
    const auto all = report.totals();
    std::string text = format_parts(report) + '\n' + format_counts(report);
    text += format_latencies(report, "latency", &operation_record::latency);
    text += format_latencies(report, "of it call time", &operation_record::call_time);
    text += format_parts_of_time(report);
    text += format_problems(report);
    text += "\nTime         " + format_duration(report.time()) + ", " + plural(all.record.calls(), "call") +
            ", " + format_count(all.record.failed) + " failed, " + format_count(all.record.mismatched) +
            " mismatched\n";
    std::uint64_t not_begun = 0;
    for (const auto& part : report.parts)
        not_begun += part.not_begun;
    if (not_begun > 0)
        text += "NOT BEGUN    " + format_count(not_begun) +
                " that the schedule had, as all callers were busy: more --callers would help\n";
    return text + format_lives(report) + format_wire(report);
}

std::string format_thresholds(const report& report) {
    std::string text;
    for (const auto& one : report.thresholds)
        text += std::string("Threshold    ") + (one.holds ? "holds: " : "FAILS: ") + one.condition + " (" +
                one.value + ")\n";
    return text;
}

std::string format_clean_up(const report& report) {
    const auto done = report.clean_up();
    std::string text;
    if (done.deleted() > 0)
        text += "Cleaned up   " + format_things(done, &clean_up_record::thing::deleted) + " deleted in " +
                format_duration(done.time) + '\n';
    if (done.left() > 0)
        text += "LEFT BEHIND  " + format_things(done, &clean_up_record::thing::left) +
                (done.first_error.empty() ? std::string() : ": " + done.first_error) + '\n';
    if (done.unknown_creations > 0)
        text += "UNKNOWN      " + plural(done.unknown_creations, "creation") +
                " without a response: the service may have done them\n";
    return text;
}

} // namespace bandwidth::webrtc::bulk
