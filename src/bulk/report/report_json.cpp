#include "bulk/report/report.hpp"

#include <bandwidth/webrtc/version.hpp>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace bandwidth::webrtc::bulk {

namespace json = boost::json;

namespace {

json::object to_json(const latency_summary& latency) {
    json::object out;
    out["p50"] = latency.p50.count();
    out["p90"] = latency.p90.count();
    out["p99"] = latency.p99.count();
    out["p99_9"] = latency.p99_9.count();
    out["max"] = latency.max.count();
    return out;
}

json::object to_json(const operation_report& one, bool with_details) {
    json::object out;
    out["operation"] = one.operation;
    out["calls"] = one.calls();
    out["succeeded"] = one.succeeded;
    out["failed"] = one.failed;
    out["mismatched"] = one.mismatched;
    out["skipped"] = one.skipped;
    out["time_ns"] = one.time.count();
    out["requests_per_second"] = one.requests_per_second();
    if (!with_details)
        return out;
    if (one.succeeded > 0)
        out["latency_ns"] = to_json(one.latency);
    else
        out["latency_ns"] = nullptr;
    json::array errors;
    for (const auto& error : one.errors) {
        json::object entry;
        entry["kind"] = error.kind;
        entry["count"] = error.count;
        entry["first"] = error.first;
        errors.push_back(std::move(entry));
    }
    out["errors"] = std::move(errors);
    if (one.mismatched > 0)
        out["first_mismatch"] = one.first_mismatch;
    return out;
}

json::object to_json(const settings& chosen) {
    json::object out;
    const auto api = to_string(chosen.api);
    out["api"] = json::string_view(api.data(), api.size());
    if (chosen.api == api_family::brtc) {
        out["endpoints"] = chosen.endpoints;
    } else {
        out["sessions"] = chosen.sessions;
        out["participants"] = chosen.participants;
    }
    out["operations"] = chosen.operations;
    out["connections"] = chosen.connections;
    out["depth"] = chosen.depth;
    out["callers"] = chosen.concurrent_calls();
    out["timeout_ns"] = chosen.timeout.count();
    out["delay_ns"] = chosen.delay.count();
    return out;
}

json::object to_json(const client_stats& stats) {
    json::object out;
    out["calls_started"] = stats.calls_started;
    out["calls_succeeded"] = stats.calls_succeeded;
    out["calls_failed"] = stats.calls_failed;
    out["calls_cancelled"] = stats.calls_cancelled;
    out["requests_sent"] = stats.requests_sent;
    out["resends"] = stats.resends;
    out["dials"] = stats.dials;
    out["dials_failed"] = stats.dials_failed;
    out["handshakes_full"] = stats.handshakes_full;
    out["handshakes_resumed"] = stats.handshakes_resumed;
    out["connections_closed"] = stats.connections_closed;
    out["connections_lost"] = stats.connections_lost;
    out["unsolicited_bytes"] = stats.unsolicited_bytes;
    out["bytes_sent"] = stats.bytes_sent;
    out["bytes_received"] = stats.bytes_received;
    out["writes"] = stats.writes;
    out["deepest_pipeline"] = stats.deepest_pipeline;
    return out;
}

json::object to_json(const testing::loopback_stats& stats) {
    json::object out;
    out["requests"] = stats.requests();
    out["connections_accepted"] = stats.connections_accepted;
    out["handshakes_full"] = stats.handshakes_full;
    out["handshakes_resumed"] = stats.handshakes_resumed;
    out["max_pipelined"] = stats.max_pipelined;
    out["tokens_issued"] = stats.tokens_issued;
    return out;
}

json::object to_json(const clean_up_record& record, std::uint64_t unknown_creations) {
    json::object out;
    for (const auto& one : record.things)
        out["deleted_" + std::string(one.noun) + 's'] = one.deleted;
    for (const auto& one : record.things)
        out["left_" + std::string(one.noun) + 's'] = one.left;
    out["unknown_creations"] = unknown_creations;
    out["time_ns"] = record.time.count();
    if (!record.first_error.empty())
        out["first_error"] = record.first_error;
    return out;
}

} // namespace

json::object to_json(const report& report) {
    json::object out;
    out["schema"] = 1;
    out["program"] = "bandwidth-webrtc-bulk";
    out["version"] = json::string_view(version_string.data(), version_string.size());
    out["service"] = report.service;
    out["base_url"] = report.base_url;
    out["settings"] = to_json(report.chosen);
    out["signal"] = report.signal;
    out["time_ns"] = report.time.count();
    json::array operations;
    for (const auto& one : report.operations)
        operations.push_back(to_json(one, true));
    out["operations"] = std::move(operations);
    out["totals"] = to_json(report.totals(), false);
    out["client"] = to_json(report.client);
    if (report.seen_by_service)
        out["seen_by_service"] = to_json(*report.seen_by_service);
    out["clean_up"] = to_json(report.clean_up, report.unknown_creations);
    out["exit_status"] = report.exit_code;
    return out;
}

} // namespace bandwidth::webrtc::bulk
