#include "bulk/figures/table.hpp"
#include "bulk/figures/units.hpp"
#include "bulk/report/report.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace bandwidth::webrtc::bulk {

namespace {

std::string format_rate(double rate) {
    if (rate >= 10)
        return format_count(static_cast<std::uint64_t>(std::llround(rate)));
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

std::string format_job(const settings& chosen) {
    if (chosen.api == api_family::brtc)
        return plural(chosen.endpoints, "endpoint");
    return plural(chosen.sessions, "session") + " with " + plural(chosen.participants, "participant") +
           " each";
}

// "2 sessions and 1 participant".
std::string format_things(const clean_up_record& record, std::size_t clean_up_record::thing::*count) {
    std::string text;
    for (const auto& one : record.things)
        text += (text.empty() ? "" : " and ") + plural(one.*count, one.noun);
    return text;
}

std::vector<std::string> row(const operation_report& one, bool with_latency) {
    std::vector<std::string> cells = {one.operation, format_count(one.calls()), format_count(one.failed),
                                      format_count(one.mismatched), format_rate(one.requests_per_second())};
    const auto& latency = one.latency;
    for (const auto value : {latency.p50, latency.p90, latency.p99, latency.p99_9, latency.max})
        cells.push_back(with_latency && one.succeeded > 0 ? format_duration(value) : "");
    return cells;
}

std::string format_operations(const report& report) {
    std::vector<std::vector<std::string>> rows = {
        {"operation", "calls", "errors", "mismatches", "requests/s", "p50", "p90", "p99", "p99.9", "max"}};
    for (const auto& one : report.operations)
        rows.push_back(row(one, true));
    rows.push_back(row(report.totals(), false));
    return format_table(rows);
}

std::string format_problems(const report& report) {
    std::string text;
    for (const auto& one : report.operations) {
        for (const auto& error : one.errors)
            text += "  " + one.operation + ": " + format_count(error.count) + " x " + error.kind +
                    "\n    the first: " + error.first + '\n';
        if (one.mismatched > 0)
            text += "  " + one.operation + ": " + plural_of(one.mismatched, "mismatch", "mismatches") +
                    "\n    the first: " + one.first_mismatch + '\n';
        if (one.skipped > 0)
            text += "  " + one.operation + ": " + plural(one.skipped, "call") +
                    " not made, as what they need could not be created or joined\n";
    }
    return text.empty() ? text : "\nErrors:\n" + text;
}

std::string format_wire(const report& report) {
    const auto& client = report.client;
    const auto handshakes = client.handshakes_full + client.handshakes_resumed;
    std::string text = "Connections  " + plural(client.dials, "dial") + ", " +
                       format_count(client.dials_failed) + " failed; " + plural(handshakes, "handshake") +
                       ", " + format_count(client.handshakes_resumed) + " resumed; " +
                       format_count(client.connections_lost) + " lost with requests unanswered\n";
    text += "Requests     " + format_count(client.requests_sent) + " sent in " +
            plural(client.writes, "write") + ": " + format_ratio(client.requests_sent, client.writes) +
            " per write; " + plural_of(client.retries, "retry", "retries") + ", " +
            format_count(client.resends) + " resent at once\n";
    text += "Pipelining   at most " + format_count(client.deepest_pipeline) + " in flight on a connection";
    if (report.seen_by_service)
        text += "; the service saw " + format_count(report.seen_by_service->max_pipelined);
    text += "\nBytes        " + format_bytes(client.bytes_sent) + " sent, " +
            format_bytes(client.bytes_received) + " received, TLS included\n";
    return text;
}

} // namespace

std::string format_report(const report& report) {
    const auto& chosen = report.chosen;
    const auto all = report.totals();
    std::string text = format_job(chosen) + ", against " + printable(report.service) + "\n" +
                       plural(chosen.connections, "connection") + " at most, depth " +
                       format_count(chosen.depth) + ", " +
                       plural(chosen.concurrent_calls(), "concurrent caller") + "\n\n";
    if (report.signal != 0)
        text += "INTERRUPTED: this is what was done so far.\n\n";
    text += format_operations(report);
    text +=
        "Latency from call to result, the wait for a connection included. Percentiles are of all successful "
        "calls: the\nsmallest value that so many percent of them did not exceed, told at most 0.1 % too "
        "large.\n";
    text += format_problems(report);
    text += "\nTime         " + format_duration(report.time) + ", " + plural(all.calls(), "call") + ", " +
            format_count(all.failed) + " failed, " + format_count(all.mismatched) + " mismatched\n";
    return text + format_wire(report);
}

std::string format_clean_up(const report& report) {
    const auto& done = report.clean_up;
    std::string text;
    if (done.deleted() > 0)
        text += "Cleaned up   " + format_things(done, &clean_up_record::thing::deleted) + " deleted in " +
                format_duration(done.time) + '\n';
    if (done.left() > 0)
        text += "LEFT BEHIND  " + format_things(done, &clean_up_record::thing::left) +
                (done.first_error.empty() ? std::string() : ": " + done.first_error) + '\n';
    if (report.unknown_creations > 0)
        text += "UNKNOWN      " + plural(report.unknown_creations, "creation") +
                " without a response: the service may have done them\n";
    return text;
}

} // namespace bandwidth::webrtc::bulk
