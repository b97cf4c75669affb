#include "bulk/report/compare.hpp"

#include <doctest/doctest.h>
#include <algorithm>
#include <cmath>

#include "support/random_numbers.hpp"
#include "support/text.hpp"

using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;
using support::names;
using support::widest_line;

namespace {

double uniform(support::random_numbers& random) { return (random.pick(1'000'000) + 0.5) / 1e6; }

double normal(support::random_numbers& random) {
    const auto radius = std::sqrt(-2 * std::log(uniform(random)));
    return radius * std::cos(2 * 3.14159265358979 * uniform(random));
}

// With the long tail of latencies: the median is 1 ms times the factor.
report run_with(support::random_numbers& random, unsigned count, double factor = 1,
                unsigned failed_of_1000 = 10) {
    report made;
    auto& part = made.parts.emplace_back();
    part.started = 1'000'500ms;
    part.time = 10s;
    part.service = "the embedded service";
    part.settings["depth"] = 8;
    auto& one = made.operations.emplace_back();
    one.operation = "get_session";
    one.record.time = 10s;
    for (unsigned i = 0; i < count; ++i)
        if (random.pick(1000) < failed_of_1000)
            ++one.record.failed;
        else
            one.record.latency.add(
                std::chrono::nanoseconds(std::llround(1e6 * factor * std::exp(0.5 * normal(random)))));
    for (int second = 1'000; second <= 1'010; ++second)
        made.series.at(std::chrono::seconds(second)).latency.add(1ms, count / 10 - 10 + random.pick(20));
    return made;
}

comparison compare_two(const report& base, const report& now, double tolerance = 5) {
    return compare(std::span(&base, 1), std::span(&now, 1), tolerance);
}

const comparison_row& row_of(const comparison& in, const char* metric,
                             const char* operation = "get_session") {
    for (const auto& row : in.rows)
        if (row.operation == operation && row.metric == metric)
            return row;
    FAIL("no such row");
    return in.rows.front();
}

} // namespace

TEST_CASE(
    "compare: runs of the same service are told apart in one of a hundred at most, without any tolerance") {
    support::random_numbers random(11, 0);
    int differing = 0;
    int statements = 0;
    for (int i = 0; i < 150; ++i) {
        const auto found = compare_two(run_with(random, 1'500), run_with(random, 1'500), 0);
        for (const auto& row : found.rows) {
            differing += row.verdict == change::worse || row.verdict == change::better;
            statements += row.verdict != change::unknown;
        }
    }
    CHECK(statements == 150 * 5);
    CHECK(differing * 100 <= statements);
}

TEST_CASE("compare: the interval of a percentile covers the true one in at least 98 of 100 cases") {
    support::random_numbers random(12, 0);
    int covered_half = 0;
    int covered_tail = 0;
    for (int i = 0; i < 400; ++i) {
        std::vector<double> values(1'000);
        for (auto& value : values)
            value = uniform(random);
        std::sort(values.begin(), values.end());
        const auto covers = [&](double share) {
            const auto interval = percentile_interval(values.size(), share).value();
            const auto at = [&](double of) {
                return values[static_cast<std::size_t>(std::lround(of * 1'000)) - 1];
            };
            return at(interval.first) <= share && share <= at(interval.second);
        };
        covered_half += covers(0.5);
        covered_tail += covers(0.99);
    }
    CHECK(covered_half >= 392);
    CHECK(covered_tail >= 392);
    CHECK(covered_half < 400); // or it would be far too wide
}

TEST_CASE("compare: ranks of the binomial distribution") {
    // Of 100 values the median is between the 37th and the 64th: below 37 successes there are 0.33 %, below
    // 38 0.60 %.
    const auto half = percentile_interval(100, 0.5);
    REQUIRE(half);
    CHECK(half->first == doctest::Approx(0.37));
    CHECK(half->second == doctest::Approx(0.64));
    CHECK_FALSE(percentile_interval(0, 0.5));
    CHECK_FALSE(percentile_interval(7, 0.5));    // both sides: 0.78 %
    CHECK(percentile_interval(8, 0.5));          // 0.39 %
    CHECK_FALSE(percentile_interval(500, 0.99)); // that none is over it: 0.66 %
    CHECK(percentile_interval(550, 0.99));       // 0.40 %
    const auto many = percentile_interval(std::uint64_t{1} << 53, 0.999);
    REQUIRE(many);
    CHECK(many->first < 0.999);
    CHECK(many->second > 0.999);
    CHECK(many->second - many->first < 0.00002);
}

TEST_CASE("compare: a median that became 10 % slower is found in 10,000 calls, and one that became faster") {
    support::random_numbers random(13, 0);
    for (int i = 0; i < 10; ++i) {
        const auto base = run_with(random, 10'000);
        const auto slower = run_with(random, 10'000, 1.1);
        const auto found = compare_two(base, slower);
        const auto& row = row_of(found, "p50");
        CHECK(row.verdict == change::worse);
        CHECK(*row.difference == doctest::Approx(10).epsilon(0.3));
        CHECK(row.range->first < 10);
        CHECK(row.range->second > 10);
        CHECK(found.any_worse());
        const auto turned = compare_two(slower, base);
        CHECK(row_of(turned, "p50").verdict == change::better);
        CHECK_FALSE(turned.any_worse());
        CHECK(row_of(compare_two(base, slower, 20), "p50").verdict == change::same);
    }
}

TEST_CASE("compare: with few calls there is no statement") {
    support::random_numbers random(14, 0);
    const auto found = compare_two(run_with(random, 5, 1, 0), run_with(random, 5, 10, 0));
    for (const auto* metric : {"rate", "p50", "p90", "p99"})
        CHECK(row_of(found, metric).verdict == change::unknown);
    CHECK_FALSE(row_of(found, "p50").range);
    CHECK_FALSE(found.any_worse());
    const auto empty = compare_two(run_with(random, 0), run_with(random, 0));
    CHECK(row_of(empty, "error_share").verdict == change::unknown);
    CHECK_FALSE(row_of(empty, "p50").difference);
}

TEST_CASE("compare: more errors are worse, also where there were none") {
    support::random_numbers random(15, 0);
    const auto none = run_with(random, 2'000, 1, 0);
    const auto some = run_with(random, 2'000, 1, 20);
    const auto found = compare_two(none, some);
    CHECK(row_of(found, "error_share").verdict == change::worse);
    CHECK(*row_of(found, "error_share").difference == doctest::Approx(2).epsilon(0.4));
    CHECK(row_of(compare_two(some, none), "error_share").verdict == change::better);
    CHECK(row_of(compare_two(none, none), "error_share").verdict == change::same);
}

TEST_CASE("compare: the rate is told from five full seconds on") {
    support::random_numbers random(16, 0);
    const auto base = run_with(random, 2'000);
    auto slower = run_with(random, 1'000);
    const auto found = compare_two(base, slower);
    const auto& rate = row_of(found, "rate", "all");
    CHECK(rate.verdict == change::worse);
    CHECK(rate.base.value == doctest::Approx(200).epsilon(0.05));
    CHECK(row_of(compare_two(slower, base), "rate", "all").verdict == change::better);
    CHECK(row_of(found, "rate").verdict == change::unknown); // there are no seconds of one operation
    slower.parts[0].time = 5'499ms;                          // from 1000.5 s to 1005.999 s
    CHECK(row_of(compare_two(base, slower), "rate", "all").verdict == change::unknown);
    slower.parts[0].time = 5'500ms;
    CHECK(row_of(compare_two(base, slower), "rate", "all").verdict == change::worse);
}

TEST_CASE("compare: a second in which nothing happened counts for the rate") {
    support::random_numbers random(17, 0);
    const auto base = run_with(random, 2'000);
    auto stalled = base;
    stalled.series = time_series();
    for (const auto& [second, record] : base.series.records())
        if (second.count() % 2 == 0)
            stalled.series.at(second) = record;
    const auto found = compare_two(base, stalled);
    CHECK(row_of(found, "rate", "all").now.value < 150);
    CHECK(row_of(found, "rate", "all").range.has_value());
}

TEST_CASE("compare: of several runs the noise between them counts") {
    support::random_numbers random(18, 0);
    std::vector<report> base;
    std::vector<report> now;
    for (const auto factor : {1.0, 1.2, 1.1})
        base.push_back(run_with(random, 10'000, factor));
    for (const auto factor : {1.35, 1.15, 1.3})
        now.push_back(run_with(random, 10'000, factor));
    const auto found = compare(base, now);
    CHECK(row_of(found, "p50").verdict == change::same);
    CHECK(row_of(found, "p50").base.value == doctest::Approx(1.1e6).epsilon(0.03));
    CHECK(row_of(compare_two(base[0], now[1]), "p50").verdict == change::worse);
    now[1] = run_with(random, 10'000, 1.35);
    CHECK(row_of(compare(base, now), "p50").verdict == change::worse);
    CHECK(names(format_comparison(compare_two(base[0], now[0])), "compare several runs"));
    CHECK_FALSE(names(format_comparison(compare(base, now)), "compare several runs"));
}

TEST_CASE("compare: what was asked for differently, and operations that are not in both") {
    support::random_numbers random(19, 0);
    const auto base = run_with(random, 100);
    auto now = run_with(random, 100);
    CHECK(compare_two(base, now).warnings.empty());
    now.parts[0].settings["depth"] = 16;
    now.parts[0].settings["mix"] = "a\x1b";
    now.parts[0].service = "https://example.com";
    now.operations.push_back(now.operations[0]);
    now.operations[1].operation = "create_session";
    const auto found = compare_two(base, now);
    CHECK(found.warnings == std::vector<std::string>{"create_session is not in every report: not compared",
                                                     "depth: 8, 16", "mix: nothing, \"a\\u001b\"",
                                                     "service: the embedded service, https://example.com"});
    CHECK(std::none_of(found.rows.begin(), found.rows.end(),
                       [](const auto& row) { return row.operation == "create_session"; }));
    CHECK(names(format_comparison(found), "DIFFERENT    depth: 8, 16\n"));
}

TEST_CASE("compare: the text fits 80 columns, and the JSON has the same") {
    support::random_numbers random(20, 0);
    auto base = run_with(random, 2'000, 1e-2);
    auto now = run_with(random, 20, 80'000, 500);
    for (auto* run : {&base, &now}) {
        run->operations[0].operation = "update_participant_subscriptions";
        run->operations.push_back(run->operations[0]);
        run->operations[1].operation = "delete_session";
    }
    now.operations[0].record.time = 1ms;
    const auto found = compare_two(base, now);
    const auto text = format_comparison(found);
    CAPTURE(text);
    CHECK(widest_line(text) <= 80);
    CHECK(names(text, "\nupdate_participant_subscriptions\n  rate "));
    CHECK(names(text, "\nall\n  rate "));
    const auto json = to_json(found);
    CHECK(json.at("any_worse") == true);
    CHECK(json.at("rows").as_array().size() == 11);
    const auto& p50 = json.at("rows").at(1);
    CHECK(p50.at("operation") == "update_participant_subscriptions");
    CHECK(p50.at("metric") == "p50");
    CHECK(p50.at("verdict") == "worse");
    CHECK(p50.at("base").at("low").as_double() <= p50.at("base").at("value").as_double());
}

TEST_CASE("compare: tolerances") {
    CHECK(parse_tolerance("10%") == 10);
    CHECK(parse_tolerance("2.5%") == 2.5);
    CHECK(parse_tolerance("0%") == 0);
    for (const auto* text : {"", "%", "10", "-1%", "10%%", "1e9%", "nan%", "2000%", " 5%"})
        CHECK_THROWS_AS(parse_tolerance(text), std::invalid_argument);
}
