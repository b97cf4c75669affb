#include "bulk/report/report.hpp"

#include <doctest/doctest.h>

#include "support/text.hpp"

using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;
using support::names;
using support::widest_line;

namespace {

operation_figures one_operation(const char* name, std::uint64_t succeeded) {
    operation_figures one;
    one.operation = name;
    one.record.time = 500ms;
    one.record.latency.add(842us, succeeded - succeeded / 10);
    one.record.latency.add(12ms, succeeded / 10);
    return one;
}

report small_report() {
    report made;
    auto& part = made.parts.emplace_back();
    part.run_id = "8f2a";
    part.job = "1,000 sessions with 2 participants each";
    part.service = "the embedded service";
    part.time = 2s;
    made.operations = {one_operation("create_session", 1'000), one_operation("get_session", 998)};
    auto& get = made.operations[1].record;
    get.failed = 2;
    get.errors["HTTP 503 Service Unavailable"] = {2, "out of order"};
    get.mismatched = 1;
    get.first_mismatch = "tag 'a' where 'b' was due";
    made.client.calls_started = 2'000;
    made.client.queue_wait_ns = 2'000'000'000;
    made.client.dials = 8;
    made.client.handshakes_full = 8;
    made.client.requests_sent = 2'000;
    made.client.writes = 500;
    made.client.deepest_pipeline = 8;
    return made;
}

} // namespace

TEST_CASE("report: totals are sums over the time of the whole run") {
    const auto all = small_report().totals();
    CHECK(all.operation == "all");
    CHECK(all.record.calls() == 2'000);
    CHECK(all.record.succeeded() == 1'998);
    CHECK(all.record.failed == 2);
    CHECK(all.record.mismatched == 1);
    CHECK(all.record.time == 2s);
    CHECK(all.requests_per_second() == doctest::Approx(999));
    CHECK(report().time() == 0ns);
}

TEST_CASE("report: the text") {
    const auto text = format_report(small_report());
    CAPTURE(text);
    CHECK(names(
        text, "1,000 sessions with 2 participants each, against the embedded service\nRun          8f2a\n"));
    CHECK(names(text,
                "operation       calls  errors  mismatches  requests/s\n"
                "create_session  1,000       0           0       2,000\n"
                "get_session     1,000       2           1       1,996\n"
                "all             2,000       2           1         999\n"));
    CHECK(names(text,
                "latency            p50     p90      p99    p99.9      max\n"
                "create_session  842 us  842 us  12.0 ms  12.0 ms  12.0 ms\n"));
    CHECK_FALSE(names(text, "call time"));
    CHECK(names(text, "get_session: 2 x HTTP 503 Service Unavailable\n    the first: out of order\n"));
    CHECK(names(text, "get_session: 1 mismatch\n    the first: tag 'a' where 'b' was due\n"));
    CHECK(names(text, "Time         2.00 s, 2,000 calls, 2 failed, 1 mismatched\n"));
    CHECK(names(text, "2,000 sent in 500 writes: 4.0 per write"));
    for (const auto* absent : {"INTERRUPTED", "the service saw", "Lives", "Threshold", "shard"})
        CHECK_FALSE(names(text, absent));
    CHECK(widest_line(text) <= 80);
}

TEST_CASE("report: the text of what only some runs have") {
    auto made = small_report();
    made.most_pipelined_at_service = 7;
    made.operations[0].record.call_time.add(500us);
    made.operations[0].record.queueing.add(300us);
    made.operations[0].record.service.add(200us);
    made.operations[1].record.skipped = 3;
    made.thresholds = {{"all.p99<1s", "12.0 ms", true}, {"all.failed<1", "2", false}};
    auto& part = made.parts[0];
    part.lives = life_record{1'000, 400, 590, 10};
    part.shard_index = 2;
    part.shard_count = 4;
    part.signal = 2;
    const auto text = format_report(made);
    CAPTURE(text);
    CHECK(names(text, "Run          8f2a, shard 2 of 4\nINTERRUPTED  by signal 2: not all was done\n"));
    CHECK(names(text, "of it call time     p50"));
    CHECK(names(text,
                "of it, p99      queueing  connecting  service\n"
                "create_session    300 us           -   200 us\n"));
    CHECK(names(text, "get_session: 3 calls not made"));
    CHECK(names(text, "Lives        590 complete, 10 with a failure, of 1,000; 400 were complete before\n"));
    CHECK(names(text, "; the service saw 7\n"));
    CHECK(names(format_thresholds(made),
                "Threshold    holds: all.p99<1s (12.0 ms)\nThreshold    FAILS: all.failed<1 (2)\n"));
    part.signal = 0;
    part.ended_early = "no call succeeded for 30 s";
    CHECK(names(format_report(made), "INTERRUPTED  no call succeeded for 30 s\n"));
    made.parts.push_back(part);
    made.parts[1].shard_index = 3;
    made.parts[1].ended_early.clear();
    const auto of_two = format_report(made);
    CHECK(names(of_two, "2 reports of run 8f2a\nINTERRUPTED  shard 2: "));
    CHECK_FALSE(names(of_two, "Shard 3"));
}

TEST_CASE("report: the text of a run without calls, and of one without errors") {
    auto made = small_report();
    made.operations.pop_back();
    CHECK_FALSE(names(format_report(made), "Errors:"));
    made.operations.clear();
    CHECK(names(format_report(made), "all            0"));
    CHECK_FALSE(names(format_report(made), "p50"));
}

TEST_CASE("report: the tables fit 80 columns, whatever was counted") {
    auto made = small_report();
    made.parts[0].time = 1s;
    auto& one = made.operations[0];
    one.operation = "update_participant_subscriptions"; // the longest name
    made.operations.pop_back();
    for (const auto count :
         {std::uint64_t{1'000'000}, std::uint64_t{999'999'999}, std::uint64_t{9'999'999'999}}) {
        CAPTURE(count);
        auto& record = one.record;
        record = operation_record();
        // Each takes longer than a minute.
        record.latency.add(23h + 59min + 59s, count / 2);
        record.call_time.add(10min + 12s, count / 2);
        for (const auto part :
             {&operation_record::queueing, &operation_record::connecting, &operation_record::service})
            (record.*part).add(10min + 12s, count / 2);
        record.failed = count - count / 2;
        record.mismatched = count / 2;
        record.time = 1h;
        const auto text = format_report(made);
        CAPTURE(text);
        CHECK(names(text, "\nupdate_participant_subscriptions"));
        // Behind the tables stand texts of any length.
        CHECK(widest_line(text.substr(0, text.find("\nErrors:"))) <= 80);
    }
}

TEST_CASE("report: the clean-up") {
    auto made = small_report();
    CHECK(format_clean_up(made) == "");
    auto& done = made.parts[0].clean_up;
    done.things = {{"session", 12, 0}, {"participant", 1, 0}};
    done.time = 1s;
    CHECK(format_clean_up(made) == "Cleaned up   12 sessions and 1 participant deleted in 1.00 s\n");
    done.things[0].left = 3;
    done.first_error = "it said no";
    done.unknown_creations = 1;
    const auto text = format_clean_up(made);
    CHECK(names(text, "LEFT BEHIND  3 sessions and 0 participants: it said no\n"));
    CHECK(names(text, "UNKNOWN      1 creation without a response"));
}
