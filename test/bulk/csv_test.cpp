#include "bulk/report/csv.hpp"

#include <doctest/doctest.h>
#include <string_view>
#include <vector>

#include "bulk/any_report.hpp"

using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;

namespace {

/// A reader of RFC 4180.
std::vector<std::vector<std::string>> read_csv(std::string_view text) {
    std::vector<std::vector<std::string>> lines;
    while (!text.empty()) {
        auto& line = lines.emplace_back(1);
        for (bool in_quotes = false;;) {
            REQUIRE_FALSE(text.empty());
            const char c = text.front();
            if (!in_quotes && text.starts_with("\r\n")) {
                text.remove_prefix(2);
                break;
            }
            text.remove_prefix(1);
            if (c == '"' && in_quotes && text.starts_with('"')) {
                line.back() += c;
                text.remove_prefix(1);
            } else if (c == '"') {
                in_quotes = !in_quotes;
            } else if (c == ',' && !in_quotes) {
                line.emplace_back();
            } else {
                line.back() += c;
            }
        }
    }
    return lines;
}

} // namespace

TEST_CASE("csv: the operations") {
    report made;
    made.parts.emplace_back().time = 4s;
    auto& one = made.operations.emplace_back();
    one.operation = "get_session";
    one.record.latency.add(2ms, 3);
    one.record.failed = 1;
    one.record.skipped = 2;
    one.record.sent_again = 4;
    one.record.time = 1500ms;
    std::string columns;
    for (const std::string of : {"latency", "call_time", "queueing", "connecting", "service"})
        for (const auto* const what :
             {"min", "mean", "p50", "p75", "p90", "p95", "p99", "p99_9", "p99_99", "max"})
            columns += ',' + of + '_' + what + "_ms";
    const std::string none(4 * 10, ',');
    CHECK(
        csv(made) ==
        "operation,calls,succeeded,failed,mismatched,skipped,sent_again,time_s,rate_per_s" + columns +
            "\r\n"
            "get_session,4,3,1,0,2,4,1.500000000,2.000,2.000000,2.000384,2.000000,2.000000,2.000000,2.000000,"
            "2.000000,2.000000,2.000000,2.000000" +
            none +
            "\r\n"
            "all,4,3,1,0,2,4,4.000000000,0.750,2.000000,2.000384,2.000000,2.000000,2.000000,2.000000,"
            "2.000000,2.000000,2.000000,2.000000" +
            none + "\r\n");
}

TEST_CASE("csv: the seconds") {
    report made;
    auto& record = made.series.at(1'790'000'000s);
    record.failed = 1;
    record.mismatched = 2;
    record.retries = 3;
    record.throttled = 4;
    record.queue_wait_ns = 5'500'000;
    record.dials = 6;
    record.in_flight = 7;
    record.queued = 8;
    const auto lines = read_csv(seconds_csv(made));
    REQUIRE(lines.size() == 2);
    REQUIRE(lines[0].size() == 20);
    CHECK(lines[0][10] == "latency_min_ms");
    CHECK(lines[1] == std::vector<std::string>{"1790000000", "0", "1", "2", "3", "4", "5.500000",
                                               "6",          "7", "8", "",  "",  "",  "",
                                               "",           "",  "",  "",  "",  ""});
}

TEST_CASE("csv: every line has as many cells as there are names, of any report and any text") {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        support::random_numbers random(seed, 0);
        auto made = made_up::any_report(random);
        made.operations.push_back(made_up::operation(random, "a \"b\", c\r\nd"));
        const auto lines = read_csv(csv(made));
        REQUIRE(lines.size() == made.operations.size() + 2);
        for (const auto& line : lines)
            CHECK(line.size() == lines[0].size());
        CHECK(lines[lines.size() - 2][0] == "a \"b\", c\r\nd");
        const auto seconds = read_csv(seconds_csv(made));
        CHECK(seconds.size() == made.series.records().size() + 1);
        for (const auto& line : seconds)
            CHECK(line.size() == seconds[0].size());
    }
}
