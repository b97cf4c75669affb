#include "bulk/report/csv.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

namespace bandwidth::webrtc::bulk {

namespace {

using csv_line = std::vector<std::string>;

// By RFC 4180: in quotes where it has to be.
std::string quoted(const std::string& cell) {
    if (cell.find_first_of(",\"\r\n") == std::string::npos)
        return cell;
    std::string out = "\"";
    for (const char c : cell)
        out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + '"';
}

void add_csv_line(std::string& to, const csv_line& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i)
        to += (i == 0 ? "" : ",") + quoted(cells[i]);
    to += "\r\n";
}

std::string decimal(const char* format, double value) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), format, value);
    return text.data();
}

// To the nanosecond.
std::string milliseconds(std::chrono::nanoseconds value) {
    return decimal("%.6f", std::chrono::duration<double, std::milli>(value).count());
}

constexpr std::array<std::pair<std::string_view, double>, 7> csv_percentiles = {{{"p50", 0.5},
                                                                                 {"p75", 0.75},
                                                                                 {"p90", 0.9},
                                                                                 {"p95", 0.95},
                                                                                 {"p99", 0.99},
                                                                                 {"p99_9", 0.999},
                                                                                 {"p99_99", 0.9999}}};

// Of an operation, in the order of their columns.
struct named_latencies {
    const char* name;
    histogram operation_record::*member;
};
constexpr std::array<named_latencies, 5> csv_latencies = {{{"latency", &operation_record::latency},
                                                           {"call_time", &operation_record::call_time},
                                                           {"queueing", &operation_record::queueing},
                                                           {"connecting", &operation_record::connecting},
                                                           {"service", &operation_record::service}}};

void add_latency_names(csv_line& to, const std::string& prefix) {
    to.push_back(prefix + "_min_ms");
    to.push_back(prefix + "_mean_ms");
    for (const auto& [name, share] : csv_percentiles)
        to.push_back(prefix + '_' + std::string(name) + "_ms");
    to.push_back(prefix + "_max_ms");
}

void add_latencies(csv_line& to, const histogram& of) {
    if (of.count() == 0) {
        to.resize(to.size() + csv_percentiles.size() + 3);
        return;
    }
    to.push_back(milliseconds(of.min()));
    to.push_back(milliseconds(of.mean()));
    for (const auto& [name, share] : csv_percentiles)
        to.push_back(milliseconds(of.percentile(share)));
    to.push_back(milliseconds(of.max()));
}

csv_line line_of(const operation_figures& one) {
    const auto& record = one.record;
    csv_line line = {one.operation};
    for (const auto count : {record.calls(), record.succeeded(), record.failed, record.mismatched,
                             record.skipped, record.sent_again})
        line.push_back(std::to_string(count));
    line.push_back(decimal("%.9f", std::chrono::duration<double>(record.time).count()));
    line.push_back(decimal("%.3f", one.requests_per_second()));
    for (const auto& of : csv_latencies)
        add_latencies(line, record.*of.member);
    return line;
}

} // namespace

std::string csv(const report& report) {
    csv_line names = {"operation", "calls",      "succeeded", "failed",    "mismatched",
                      "skipped",   "sent_again", "time_s",    "rate_per_s"};
    for (const auto& of : csv_latencies)
        add_latency_names(names, of.name);
    std::string text;
    add_csv_line(text, names);
    for (const auto& one : report.operations)
        add_csv_line(text, line_of(one));
    add_csv_line(text, line_of(report.totals()));
    return text;
}

std::string seconds_csv(const report& report) {
    csv_line names = {"second",    "succeeded",     "failed", "mismatched", "retries",
                      "throttled", "queue_wait_ms", "dials",  "in_flight",  "queued"};
    add_latency_names(names, "latency");
    std::string text;
    add_csv_line(text, names);
    for (const auto& [second, record] : report.series.records()) {
        csv_line line = {std::to_string(second.count())};
        for (const auto count :
             {record.succeeded(), record.failed, record.mismatched, record.retries, record.throttled})
            line.push_back(std::to_string(count));
        line.push_back(decimal("%.6f", static_cast<double>(record.queue_wait_ns) / 1e6));
        for (const auto count : {record.dials, record.in_flight, record.queued})
            line.push_back(std::to_string(count));
        add_latencies(line, record.latency);
        add_csv_line(text, line);
    }
    return text;
}

} // namespace bandwidth::webrtc::bulk
