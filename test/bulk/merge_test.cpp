#include "bulk/report/report.hpp"

#include <doctest/doctest.h>
#include <algorithm>
#include <boost/json/serialize.hpp>
#include <map>
#include <utility>

#include "bulk/any_report.hpp"

using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;
using made_up::start_of_all;

namespace {

/// All that is counted, whatever the order in which operations, errors and things stand.
std::string counts_of(report of) {
    std::sort(of.operations.begin(), of.operations.end(),
              [](const auto& one, const auto& other) { return one.operation < other.operation; });
    for (auto& one : of.operations) {
        one.record.first_mismatch.clear();
        for (auto& [kind, error] : one.record.errors)
            error.first.clear();
    }
    auto written = to_json(of);
    auto clean_up = of.clean_up();
    std::sort(clean_up.things.begin(), clean_up.things.end(),
              [](const auto& one, const auto& other) { return one.noun < other.noun; });
    written["clean_up"] = nullptr;
    std::string text = boost::json::serialize(written);
    for (const auto& one : clean_up.things)
        text += one.noun + std::to_string(one.deleted) + ' ' + std::to_string(one.left) + ' ';
    return text;
}

report merged(report one, const report& other) {
    merge(one, other);
    return one;
}

report run_of(std::size_t shard, std::chrono::nanoseconds started, std::chrono::nanoseconds time,
              std::chrono::nanoseconds operation_time, std::uint64_t calls = 10) {
    report made;
    auto& part = made.parts.emplace_back();
    part.run_id = "run";
    part.shard_index = shard;
    part.shard_count = 9;
    part.started = start_of_all + started;
    part.time = time;
    auto& one = made.operations.emplace_back();
    one.operation = "get_session";
    one.record.latency.add(5ms, calls);
    one.record.time = operation_time;
    return made;
}

std::chrono::nanoseconds operation_time(const report& of) { return of.operations.at(0).record.time; }

} // namespace

TEST_CASE("merge: the order of the reports does not matter") {
    for (std::uint64_t seed = 1; seed <= 15; ++seed) {
        CAPTURE(seed);
        support::random_numbers random(seed, 0);
        const auto first = made_up::any_report(random, 1);
        const auto b = made_up::any_report(random, 2, std::chrono::seconds(random.pick(30)));
        const auto c = made_up::any_report(random, 1, std::chrono::seconds(1 + random.pick(30)));
        const auto all = counts_of(merged(merged(first, b), c));
        CHECK(all == counts_of(merged(merged(b, first), c)));
        CHECK(all == counts_of(merged(merged(first, c), b)));
        CHECK(all == counts_of(merged(first, merged(b, c))));
        CHECK(all == counts_of(merged(c, merged(first, b))));
    }
}

TEST_CASE("merge: the histograms of shards together are the one of all values") {
    support::random_numbers random(5, 0);
    histogram fine;
    histogram coarse(precision::coarse);
    report all;
    for (std::size_t shard = 1; shard <= 7; ++shard) {
        auto one = run_of(shard, 0s, 10s, 10s, 0);
        for (unsigned i = random.pick(2'000); i > 0; --i) {
            const auto value = made_up::latency(random);
            one.operations[0].record.latency.add(value);
            one.series.at(7s).latency.add(value);
            fine.add(value);
            coarse.add(value);
        }
        if (shard == 1)
            all = one;
        else
            merge(all, one);
    }
    CHECK(made_up::same(all.operations.at(0).record.latency, fine));
    CHECK(made_up::same(all.series.records().at(7s).latency, coarse));
}

TEST_CASE("merge: seconds are those of the clock on the wall, and those between two runs take no room") {
    auto first = run_of(1, 0s, 10s, 10s);
    auto b = run_of(2, 0s, 10s, 10s);
    first.series.at(100s).failed = 1;
    first.series.at(101s).failed = 2;
    b.series.at(99s).failed = 10;
    b.series.at(101s).failed = 20;
    b.series.at(5'000'000'000s).failed = 40;
    merge(first, b);
    std::vector<std::pair<std::int64_t, std::uint64_t>> failed;
    for (const auto& [second, record] : first.series.records())
        failed.emplace_back(second.count(), record.failed);
    CHECK(failed == std::vector<std::pair<std::int64_t, std::uint64_t>>{
                        {99, 10}, {100, 1}, {101, 22}, {5'000'000'000, 40}});
    CHECK(first.series.first() == 99s);
}

TEST_CASE("merge: shards share their time, and a resumed part adds its own") {
    const auto one = run_of(1, 0s, 10s, 4s);
    const auto shard = run_of(2, 1s, 10s, 6s);
    const auto resumed = run_of(1, 48h, 5s, 3s);
    CHECK(operation_time(merged(one, shard)) == 6s);
    CHECK(operation_time(merged(one, resumed)) == 7s);
    CHECK(operation_time(merged(merged(one, resumed), shard)) == 9s);
    CHECK(merged(one, shard).time() == 11s);
    CHECK(merged(one, resumed).time() == 15s);
    const auto all = merged(merged(one, resumed), shard);
    CHECK(all.time() == 16s);
    CHECK(all.operations.at(0).requests_per_second() == doctest::Approx(30 / 9.0));
    CHECK(all.totals().requests_per_second() == doctest::Approx(30 / 16.0));
}

TEST_CASE("merge: a shard that was resumed while another still ran has the time of both its parts") {
    const auto long_one = run_of(2, 0s, 30s, 30s);
    const auto first = run_of(1, 0s, 10s, 10s);
    const auto resumed = run_of(1, 15s, 10s, 10s);
    CHECK(operation_time(merged(merged(first, resumed), long_one)) == 30s);
    CHECK(operation_time(merged(first, merged(resumed, long_one))) == 30s);
    CHECK(merged(merged(first, resumed), long_one).time() == 30s);
}

TEST_CASE("merge: a part that is there twice is refused, and nothing was added") {
    auto all = merged(run_of(1, 0s, 10s, 10s), run_of(2, 0s, 10s, 10s));
    const auto before = counts_of(all);
    CHECK_THROWS_WITH_AS(merge(all, run_of(2, 0s, 10s, 10s)), "run run, shard 2 of 9 is there twice",
                         std::invalid_argument);
    CHECK_THROWS_AS(merge(all, all), std::invalid_argument);
    auto itself = run_of(3, 0s, 10s, 10s);
    itself.parts.push_back(itself.parts.front());
    CHECK_THROWS_WITH_AS(merge(all, itself), "run run, shard 3 of 9 is there twice", std::invalid_argument);
    CHECK(counts_of(all) == before);
}

TEST_CASE("merge: errors are added by their kind") {
    auto first = run_of(1, 0s, 10s, 10s);
    auto b = run_of(2, 0s, 10s, 10s);
    first.operations[0].record.errors["HTTP 503"] = {2, "out of order"};
    first.operations[0].record.failed = 2;
    b.operations[0].record.errors["HTTP 503"] = {3, "another"};
    b.operations[0].record.errors["reset"] = {1, "by peer"};
    b.operations[0].record.failed = 4;
    merge(first, b);
    const auto& record = first.operations.at(0).record;
    CHECK(record.failed == 6);
    CHECK(record.calls() == 26);
    CHECK(record.errors.at("HTTP 503").count == 5);
    CHECK(record.errors.at("HTTP 503").first == "out of order");
    CHECK(record.errors.at("reset").count == 1);
}

TEST_CASE("merge: an operation that only one has keeps the time that it had") {
    auto first = run_of(1, 0s, 10s, 4s);
    auto b = run_of(2, 0s, 10s, 6s);
    b.operations[0].operation = "create_session";
    merge(first, b);
    REQUIRE(first.operations.size() == 2);
    CHECK(first.operations[0].record.time == 4s);
    CHECK(first.operations[1].record.time == 6s);
}

TEST_CASE("merge: lives and what was left are those of the last part of each shard") {
    auto first = run_of(1, 0s, 10s, 10s);
    first.parts[0].lives = life_record{500, 0, 200, 3};
    first.parts[0].clean_up.things = {{"session", 200, 40}};
    first.parts[0].exit_status = 1;
    auto resumed = run_of(1, 1h, 10s, 10s);
    resumed.parts[0].lives = life_record{500, 200, 300, 0};
    resumed.parts[0].clean_up.things = {{"session", 340, 0}};
    auto shard = run_of(2, 0s, 10s, 10s);
    shard.parts[0].lives = life_record{500, 100, 400, 0};
    shard.parts[0].clean_up.things = {{"participant", 1, 1}, {"session", 500, 2}};
    CHECK(resumed.lives()->complete_before == 200);
    const auto all = merged(merged(resumed, shard), first);
    const auto lives = all.lives();
    REQUIRE(lives);
    CHECK(lives->planned == 1'000);
    CHECK(lives->complete_before == 100); // by a part that is not here
    CHECK(lives->complete == 900);
    CHECK(lives->failed == 3);
    CHECK(all.clean_up().deleted() == 1'041);
    CHECK(all.clean_up().left() == 3);
    CHECK(all.exit_status == 0); // the part that failed was resumed
    shard.parts[0].exit_status = 130;
    CHECK(merged(resumed, shard).exit_status == 1);
    CHECK_FALSE(run_of(1, 0s, 1s, 1s).lives());
}

TEST_CASE("merge: thresholds are gone, as they are to be evaluated for the whole") {
    auto first = run_of(1, 0s, 10s, 10s);
    auto b = run_of(2, 0s, 10s, 10s);
    first.thresholds = {{"get_session.p99<20ms", "1 ms", true}};
    b.thresholds = {{"get_session.p99<20ms", "30 ms", false}};
    merge(first, b);
    CHECK(first.thresholds.empty());
}

TEST_CASE("merge: a creation whose fate is unknown counts once, in the last part of its shard") {
    auto first = run_of(1, 0s, 10s, 10s);
    first.parts[0].clean_up.unknown_creations = 3;
    auto resumed = run_of(1, 20s, 10s, 10s);
    resumed.parts[0].clean_up.unknown_creations = 4; // three of them of the part before
    auto other = run_of(2, 0s, 10s, 10s);
    other.parts[0].clean_up.unknown_creations = 1;
    merge(first, resumed);
    merge(first, other);
    CHECK(first.clean_up().unknown_creations == 5);
}
