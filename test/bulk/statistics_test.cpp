#include "bulk/figures/statistics.hpp"

#include <doctest/doctest.h>

using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;

TEST_CASE("summary: of a thousand latencies, and of none") {
    histogram values;
    for (int i = 1; i <= 1000; ++i)
        values.add(i * 1ms);
    const auto summary = summarize(values);
    const auto is_about = [](std::chrono::nanoseconds told, std::chrono::nanoseconds exact) {
        return told >= exact && told <= exact + exact / 1000;
    };
    CHECK(is_about(summary.p50, 500ms));
    CHECK(is_about(summary.p90, 900ms));
    CHECK(is_about(summary.p99, 990ms));
    CHECK(is_about(summary.p99_9, 999ms));
    CHECK(summary.max == 1s);
    CHECK(summarize(histogram()).max == 0ns);
}

TEST_CASE("rate: calls in each second") {
    CHECK(rate(500, 250ms) == doctest::Approx(2000));
    CHECK(rate(500, 0ns) == 0);
}
