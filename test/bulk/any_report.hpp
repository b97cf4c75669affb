#pragma once

#include "bulk/report/client_figures.hpp"
#include "bulk/report/report.hpp"

#include <bit>
#include <chrono>
#include <string>

#include "support/random_numbers.hpp"

// Reports for tests: made-up ones, the same for the same seed.

namespace made_up {

using namespace bandwidth::webrtc::bulk;

inline constexpr std::chrono::nanoseconds start_of_all = std::chrono::seconds(1'790'000'000);

/// From 1 us to about a minute, each magnitude as often as any other.
inline std::chrono::nanoseconds latency(support::random_numbers& random) {
    return std::chrono::nanoseconds((std::int64_t{1'000} << random.pick(26)) + random.pick(1'000'000));
}

inline histogram latencies(support::random_numbers& random, unsigned count, precision of = precision::fine) {
    histogram made(of);
    for (unsigned i = 0; i < count; ++i)
        made.add(latency(random));
    return made;
}

inline operation_figures operation(support::random_numbers& random, const char* name) {
    operation_figures made;
    made.operation = name;
    auto& record = made.record;
    record.latency = latencies(random, random.pick(200));
    if (random.one_in(2))
        record.call_time = record.latency;
    record.service = latencies(random, random.pick(20));
    record.queueing = latencies(random, random.pick(20));
    record.connecting = latencies(random, random.pick(3));
    record.sent_again = random.pick(4);
    for (unsigned kinds = random.pick(4); kinds > 0; --kinds) {
        auto& error = record.errors["kind " + std::to_string(random.pick(5))];
        error.first = "the \"first\" of \xc3\xa9 \\";
        const auto count = 1 + random.pick(5);
        error.count += count;
        record.failed += count;
    }
    record.skipped = random.pick(3);
    if (record.succeeded() > 0 && random.one_in(3)) {
        record.mismatched = 1;
        record.first_mismatch = "tag 'a' where 'b' was due";
    }
    record.time = std::chrono::milliseconds(random.pick(5'000));
    return made;
}

inline second_record second(support::random_numbers& random) {
    second_record made;
    made.latency = latencies(random, random.pick(20), precision::coarse);
    made.failed = random.pick(3);
    made.mismatched = random.pick(2);
    made.retries = random.pick(5);
    made.throttled = random.pick(5);
    made.queue_wait_ns = random.pick(1'000'000'000);
    made.dials = random.pick(3);
    made.in_flight = random.pick(64);
    made.queued = random.pick(64);
    return made;
}

/// One part of ten seconds or less.
/// \param started  since `start_of_all`
inline report any_report(support::random_numbers& random, std::size_t shard = 1,
                         std::chrono::seconds started = std::chrono::seconds(0)) {
    report made;
    auto& part = made.parts.emplace_back();
    part.run_id = "0123456789abcdef";
    part.shard_index = shard;
    part.shard_count = 4;
    part.job = "1,000 sessions with 2 participants each";
    part.service = "the embedded service";
    part.base_url = "https://localhost:1234/v1";
    part.settings["sessions"] = 1'000;
    part.settings["operations"] = "create,delete";
    part.started = start_of_all + started + std::chrono::nanoseconds(random.pick(1'000'000'000));
    part.time = std::chrono::milliseconds(5'000 + random.pick(5'000));
    part.signal = random.one_in(5) ? 2 : 0;
    if (random.one_in(5))
        part.ended_early = "no connection for 30 s";
    part.exit_status = random.one_in(3) ? 1 : 0;
    if (random.one_in(2))
        part.lives = life_record{1'000, random.pick(100), random.pick(500), random.pick(10)};
    part.clean_up.things = {{"session", random.pick(100), random.pick(2)},
                            {"participant", random.pick(100), random.pick(2)}};
    part.clean_up.unknown_creations = random.pick(3);
    part.clean_up.time = std::chrono::milliseconds(random.pick(1'000));
    if (random.one_in(3))
        part.clean_up.first_error = "it said no";
    for (const char* name : {"create_session", "get_session", "delete_session"})
        if (!random.one_in(4))
            made.operations.push_back(operation(random, name));
    for (unsigned i = 0; i < 5; ++i)
        made.series.at(std::chrono::floor<std::chrono::seconds>(part.started) + std::chrono::seconds(i)) =
            second(random);
    for (const auto& figure : client_figures())
        made.client.*figure.member = random.pick(1'000'000);
    if (random.one_in(2))
        made.most_pipelined_at_service = random.pick(16);
    if (random.one_in(2))
        made.thresholds.push_back({"get_session.p99<20ms", "18.4 ms", true});
    made.exit_status = part.exit_status;
    return made;
}

inline bool same(const histogram& a, const histogram& b) {
    return a.counters() == b.counters() && a.count() == b.count() && a.min() == b.min() && a.max() == b.max();
}

} // namespace made_up
