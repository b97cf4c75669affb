#pragma once

#include "bulk/report/report.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace bandwidth::webrtc::bulk::test {

/// What a made-up report is of. The figures depend on this alone, so that a test can know them.
struct made_up_run {
    std::size_t seconds = 60;
    std::uint64_t calls = 120; ///< of each operation in each second
    std::size_t shard = 1;
    std::size_t shards = 1;
    double slowness = 1;
    bool failing = false; ///< of each operation 3 calls fail in every seventh second, and more at the end
};

/// An error message that would be markup if it were let.
inline const std::string hostile_message =
    "503: </script><script>document.title='broken out'</script><img src=x onerror=alert(1)> & \"quotes\"";

inline void add_made_up_operation(report& to, const made_up_run& run, const char* name, double milliseconds) {
    operation_figures one;
    one.operation = name;
    const std::chrono::seconds start(1'795'000'000);
    for (std::size_t second = 0; second < run.seconds; ++second) {
        auto& in_second = to.series.at(start + std::chrono::seconds(second));
        for (std::uint64_t call = 0; call < run.calls; ++call) {
            // Most calls are near the middle, one of a hundred takes ten times as long.
            const auto spread = static_cast<double>((call * 7919 + second * 104'729) % 1000);
            auto factor = 0.6 + spread / 1250;
            if (spread > 989)
                factor = 4 + (spread - 989);
            const std::chrono::nanoseconds latency(
                static_cast<std::int64_t>(milliseconds * run.slowness * factor * 1e6));
            one.record.latency.add(latency);
            in_second.latency.add(latency);
        }
        const std::uint64_t failures = !run.failing || second % 7 != 3 ? 0 : 3 + second / 10;
        for (std::uint64_t i = 0; i < failures; ++i) {
            auto& kind =
                one.record.errors[i == 0 ? "HTTP 503 Service Unavailable" : "the connection was lost"];
            if (kind.count++ == 0)
                kind.first =
                    i == 0 ? hostile_message : "get_session: the connection was lost (reset by peer)";
        }
        one.record.failed += failures;
        in_second.failed += failures;
        in_second.retries += failures * 4;
        in_second.throttled += failures;
        in_second.in_flight += 16 + second % 5;
        in_second.queued += second % 9;
        in_second.queue_wait_ns += 1'000'000 * (second % 9);
        in_second.dials += second == 0 ? 8 : failures;
    }
    one.record.time = std::chrono::seconds(run.seconds);
    to.operations.push_back(std::move(one));
}

inline report made_up_report(const made_up_run& run = {}) {
    report made;
    part_record part;
    part.run_id = "7f3c2a";
    part.shard_index = run.shard;
    part.shard_count = run.shards;
    part.job = "1,000 sessions with 2 participants each";
    part.service = "the embedded service";
    part.base_url = "https://localhost:8443/v1/accounts/9900000";
    part.settings["sessions"] = 1'000;
    part.settings["rate"] = 500;
    part.settings["timeout_ns"] = 30'000'000'000;
    part.settings["operations"] = "create,join,get,list,subscribe,remove,delete";
    part.settings["poisson"] = true;
    part.settings["ca_file"] = nullptr;
    part.started = std::chrono::seconds(1'795'000'000);
    part.time = std::chrono::seconds(run.seconds);
    part.clean_up.things = {{"session", 12, 0}, {"participant", 24, 0}};
    part.clean_up.time = std::chrono::milliseconds(840);
    if (run.seconds > 0)
        part.lives = life_record{1'000, 0, run.failing ? 990U : 1'000U, run.failing ? 10U : 0U};
    if (run.seconds > 0) {
        add_made_up_operation(made, run, "create_session", 9);
        add_made_up_operation(made, run, "create_participant", 6);
        add_made_up_operation(made, run, "get_session", 1.2);
        add_made_up_operation(made, run, "list_session_participants", 2.4);
        add_made_up_operation(made, run, "delete_session", 4);
    }
    if (run.failing) {
        made.operations[2].record.mismatched = 1;
        made.operations[2].record.first_mismatch = "tag 'a' where 'b' was due";
        made.operations[4].record.skipped = 31;
        part.signal = 15;
        part.exit_status = 143;
        part.clean_up.things[0].left = 3;
        part.clean_up.first_error = hostile_message;
        made.thresholds = {{"get_session.p99<20ms", "18.4 ms", true}, {"errors<0.1%", "2.1 %", false}};
    }
    if (run.seconds > 0) {
        made.client.calls_started = made.client.calls_succeeded = 36'000;
        made.client.responses_2xx = 36'000;
        made.client.requests_sent = 36'120;
        made.client.writes = 14'450;
        made.client.retries = made.client.retries_throttled = run.failing ? 240 : 0;
        made.client.dials = 8;
        made.client.handshakes_full = 1;
        made.client.handshakes_resumed = 7;
        made.client.connections_closed = made.client.connections_closed_drained = 8;
        made.client.queue_wait_ns = 48'000'000'000;
        made.client.head_of_line_wait_ns = 12'000'000'000;
        made.client.bytes_sent = 12'345'678;
        made.client.bytes_received = 45'678'901;
        made.client.deepest_pipeline = 8;
        made.most_pipelined_at_service = 8;
    }
    made.exit_status = part.exit_status;
    made.parts.push_back(std::move(part));
    return made;
}

} // namespace bandwidth::webrtc::bulk::test
