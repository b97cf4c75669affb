#include "bulk/figures/time_series.hpp"

#include <doctest/doctest.h>

using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;

TEST_CASE("time series: a second is made when it is asked for, in any order, and stays where it is") {
    time_series series;
    CHECK(series.empty());
    CHECK(series.first() == 0s);
    auto& later = series.at(1'790'000'005s);
    later.failed = 1;
    series.at(1'790'000'000s).failed = 2;
    series.at(1'790'000'005s).failed += 10;
    CHECK(later.failed == 11);
    CHECK(series.first() == 1'790'000'000s);
    CHECK(series.records().size() == 2);
    CHECK_FALSE(series.empty());
}

TEST_CASE("time series: seconds that are as far apart as clocks can be take no room between them") {
    time_series series;
    series.at(std::chrono::seconds::min()).failed = 1;
    series.at(std::chrono::seconds::max()).failed = 2;
    time_series sum;
    sum.at(0s).failed = 3;
    sum.add(series);
    CHECK(sum.records().size() == 3);
    CHECK(sum.records().at(std::chrono::seconds::max()).failed == 2);
}

TEST_CASE("time series: of two every figure of the same second is added") {
    time_series one;
    auto& record = one.at(7s);
    record.latency.add(1ms, 9);
    record.failed = 1;
    record.mismatched = 2;
    record.retries = 3;
    record.throttled = 4;
    record.queue_wait_ns = 5;
    record.dials = 6;
    record.in_flight = 7;
    record.queued = 8;
    auto sum = one;
    sum.add(one);
    const auto& both = sum.records().at(7s);
    CHECK(both.succeeded() == 18);
    CHECK(both.failed == 2);
    CHECK(both.mismatched == 4);
    CHECK(both.retries == 6);
    CHECK(both.throttled == 8);
    CHECK(both.queue_wait_ns == 10);
    CHECK(both.dials == 12);
    CHECK(both.in_flight == 14);
    CHECK(both.queued == 16);
}
