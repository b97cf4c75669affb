#include "bulk/report/client_figures.hpp"
#include "bulk/report/report.hpp"

#include <algorithm>
#include <bandwidth/webrtc/version.hpp>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <utility>

namespace bandwidth::webrtc::bulk {

namespace json = boost::json;

namespace {

// Pairs of a counter's number and its count, one after the other: most counters are empty.
json::array counters_of(const histogram& latencies) {
    json::array out;
    const auto& counters = latencies.counters();
    for (std::size_t number = 0; number < counters.size(); ++number)
        if (counters[number] != 0) {
            out.emplace_back(number);
            out.emplace_back(counters[number]);
        }
    return out;
}

json::value to_json(const histogram& latencies) {
    if (latencies.count() == 0)
        return nullptr;
    const auto summary = summarize(latencies);
    json::object out;
    out["min"] = latencies.min().count();
    out["mean"] = latencies.mean().count();
    out["p50"] = summary.p50.count();
    out["p90"] = summary.p90.count();
    out["p99"] = summary.p99.count();
    out["p99_9"] = summary.p99_9.count();
    out["p99_99"] = latencies.percentile(0.9999).count();
    out["max"] = summary.max.count();
    out["counters"] = counters_of(latencies);
    return out;
}

json::object counts_of(const operation_figures& one) {
    const auto& record = one.record;
    json::object out;
    out["operation"] = one.operation;
    out["calls"] = record.calls();
    out["succeeded"] = record.succeeded();
    out["failed"] = record.failed;
    out["mismatched"] = record.mismatched;
    out["skipped"] = record.skipped;
    out["sent_again"] = record.sent_again;
    out["time_ns"] = record.time.count();
    out["requests_per_second"] = one.requests_per_second();
    return out;
}

json::object to_json(const operation_figures& one) {
    const auto& record = one.record;
    auto out = counts_of(one);
    out["latency_ns"] = to_json(record.latency);
    out["call_time_ns"] = to_json(record.call_time);
    out["queueing_ns"] = to_json(record.queueing);
    out["connecting_ns"] = to_json(record.connecting);
    out["service_ns"] = to_json(record.service);
    std::vector<std::pair<std::string, error_record>> errors(record.errors.begin(), record.errors.end());
    std::stable_sort(errors.begin(), errors.end(),
                     [](const auto& a, const auto& b) { return a.second.count > b.second.count; });
    json::array list;
    for (const auto& [kind, error] : errors) {
        json::object entry;
        entry["kind"] = kind;
        entry["count"] = error.count;
        entry["first"] = error.first;
        list.push_back(std::move(entry));
    }
    out["errors"] = std::move(list);
    if (record.mismatched > 0)
        out["first_mismatch"] = record.first_mismatch;
    return out;
}

json::object to_json(time_series::seconds second, const second_record& one) {
    json::object out;
    out["second"] = second.count();
    out["succeeded"] = one.succeeded();
    out["failed"] = one.failed;
    out["mismatched"] = one.mismatched;
    out["latency_ns"] = to_json(one.latency);
    out["retries"] = one.retries;
    out["throttled"] = one.throttled;
    out["queue_wait_ns"] = one.queue_wait_ns;
    out["dials"] = one.dials;
    out["in_flight"] = one.in_flight;
    out["queued"] = one.queued;
    return out;
}

json::array to_json(const time_series& series) {
    json::array out;
    for (const auto& [second, record] : series.records())
        out.push_back(to_json(second, record));
    return out;
}

json::object to_json(const client_stats& stats) {
    json::object out;
    for (const auto& figure : client_figures())
        out[json::string_view(figure.name.data(), figure.name.size())] = stats.*figure.member;
    return out;
}

json::object to_json(const clean_up_record& record) {
    json::object out;
    json::array things;
    for (const auto& one : record.things) {
        json::object entry;
        entry["noun"] = one.noun;
        entry["deleted"] = one.deleted;
        entry["left"] = one.left;
        things.push_back(std::move(entry));
    }
    out["things"] = std::move(things);
    out["unknown_creations"] = record.unknown_creations;
    out["time_ns"] = record.time.count();
    if (!record.first_error.empty())
        out["first_error"] = record.first_error;
    return out;
}

json::value to_json(const std::optional<life_record>& lives) {
    if (!lives)
        return nullptr;
    json::object out;
    out["planned"] = lives->planned;
    out["complete_before"] = lives->complete_before;
    out["complete"] = lives->complete;
    out["failed"] = lives->failed;
    return out;
}

json::object to_json(const report& of, const part_record& part) {
    json::object out;
    out["run_id"] = part.run_id;
    out["shard_index"] = part.shard_index;
    out["shard_count"] = part.shard_count;
    out["job"] = part.job;
    out["service"] = part.service;
    out["base_url"] = part.base_url;
    out["settings"] = part.settings;
    out["started_ns"] = part.started.count();
    out["time_ns"] = part.time.count();
    out["signal"] = part.signal;
    if (!part.ended_early.empty())
        out["ended_early"] = part.ended_early;
    out["exit_status"] = part.exit_status;
    out["not_begun"] = part.not_begun;
    out["lives"] = to_json(part.lives);
    out["clean_up"] = to_json(part.clean_up);
    json::object times;
    for (const auto& [operation, time] : of.operation_times_of(part))
        times[operation] = time.count();
    out["operation_times_ns"] = std::move(times);
    return out;
}

json::object to_json(const threshold_result& one) {
    json::object out;
    out["condition"] = one.condition;
    out["value"] = one.value;
    out["holds"] = one.holds;
    return out;
}

template <class Items>
json::array array_of(const Items& items) {
    json::array out;
    for (const auto& one : items)
        out.push_back(to_json(one));
    return out;
}

} // namespace

json::object to_json(const report& report) {
    json::object out;
    out["schema"] = 2;
    out["program"] = "bandwidth-webrtc-bulk";
    out["version"] = json::string_view(version_string.data(), version_string.size());
    json::array parts;
    for (const auto& part : report.parts)
        parts.push_back(to_json(report, part));
    out["parts"] = std::move(parts);
    out["time_ns"] = report.time().count();
    out["operations"] = array_of(report.operations);
    out["totals"] = counts_of(report.totals());
    out["lives"] = to_json(report.lives());
    out["series"] = to_json(report.series);
    out["client"] = to_json(report.client);
    if (report.most_pipelined_at_service)
        out["most_pipelined_at_service"] = *report.most_pipelined_at_service;
    out["clean_up"] = to_json(report.clean_up());
    out["thresholds"] = array_of(report.thresholds);
    out["exit_status"] = report.exit_status;
    return out;
}

} // namespace bandwidth::webrtc::bulk
