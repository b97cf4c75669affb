#include "bulk_sessions/statistics.hpp"

#include <doctest/doctest.h>
#include <algorithm>
#include <random>

using namespace bandwidth::webrtc::bench;
using namespace std::chrono_literals;

namespace {

using list = std::vector<std::chrono::nanoseconds>;

list one_to(int count) {
    list values;
    for (int i = 1; i <= count; ++i)
        values.emplace_back(i);
    return values;
}

} // namespace

TEST_CASE("percentile: nearest rank") {
    // The example of Wikipedia's "Percentile", nearest-rank method.
    const list values = {15ns, 20ns, 35ns, 40ns, 50ns};
    CHECK(percentile(values, 50) == 15ns);
    CHECK(percentile(values, 300) == 20ns);
    CHECK(percentile(values, 400) == 20ns);
    CHECK(percentile(values, 401) == 35ns);
    CHECK(percentile(values, 500) == 35ns);
    CHECK(percentile(values, 1000) == 50ns);
}

TEST_CASE("percentile: the rank is exact") {
    CHECK(percentile(one_to(1000), 999) == 999ns);
    CHECK(percentile(one_to(1001), 999) == 1000ns);
    CHECK(percentile(one_to(100), 990) == 99ns);
    CHECK(percentile(one_to(100), 999) == 100ns);
    CHECK(percentile(one_to(10), 900) == 9ns);
}

TEST_CASE("percentile: of one value it is that one, of none it is 0") {
    CHECK(percentile(list{7ns}, 1) == 7ns);
    CHECK(percentile(list{7ns}, 999) == 7ns);
    CHECK(percentile(list{}, 500) == 0ns);
}

TEST_CASE("percentile: is what its definition says, for any list") {
    std::mt19937 random(7);
    for (int round = 0; round < 200; ++round) {
        list values(random() % 50 + 1);
        for (auto& value : values)
            value = std::chrono::nanoseconds(random() % 20);
        std::sort(values.begin(), values.end());
        const std::size_t permille = random() % 1000 + 1;
        const auto covers = [&](std::chrono::nanoseconds limit) {
            const auto below =
                std::count_if(values.begin(), values.end(), [&](auto v) { return v <= limit; });
            return static_cast<std::size_t>(below) * 1000 >= permille * values.size();
        };
        const auto smallest = *std::find_if(values.begin(), values.end(), covers);
        CHECK(percentile(values, permille) == smallest);
    }
}

TEST_CASE("summary: does not need a sorted list") {
    auto values = one_to(1000);
    std::reverse(values.begin(), values.end());
    const auto summary = summarize(values);
    CHECK(summary.p50 == 500ns);
    CHECK(summary.p90 == 900ns);
    CHECK(summary.p99 == 990ns);
    CHECK(summary.p99_9 == 999ns);
    CHECK(summary.max == 1000ns);
    CHECK(summarize({}).max == 0ns);
}

TEST_CASE("rate: calls in each second") {
    CHECK(rate(500, 250ms) == doctest::Approx(2000));
    CHECK(rate(500, 0ns) == 0);
}
