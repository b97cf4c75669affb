#include "bulk/figures/histogram.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/random_numbers.hpp"

using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;
using std::chrono::nanoseconds;

namespace {

/// By the nearest-rank rule, from all values.
nanoseconds exact_percentile(std::vector<nanoseconds> values, std::size_t permille) {
    std::sort(values.begin(), values.end());
    const auto rank = (values.size() * permille + 999) / 1000;
    return values[std::max<std::size_t>(rank, 1) - 1];
}

/// From a nanosecond to a day, each magnitude as often as any other.
nanoseconds any_latency(support::random_numbers& random) {
    const auto bits = random.pick(47);
    return nanoseconds(
        static_cast<std::int64_t>((std::uint64_t{1} << bits) + random.pick(1U << std::min(bits, 30U))));
}

} // namespace

TEST_CASE(
    "histogram: counters follow one another without a gap, none wider than 0.1 % of its values or 64 ns") {
    const histogram layout;
    CHECK(layout.lowest_of(0) == 0ns);
    CHECK(layout.highest_of(0) == 63ns);
    CHECK(layout.counter_of(0ns) == 0);
    const auto last = layout.counter_of(histogram::longest);
    CHECK((last + 1) * sizeof(std::uint64_t) <= 256'000);
    for (std::size_t i = 0; i <= last; ++i) {
        const auto lowest = layout.lowest_of(i);
        const auto highest = layout.highest_of(i);
        REQUIRE(layout.counter_of(lowest) == i);
        REQUIRE(layout.counter_of(highest) == i);
        REQUIRE(layout.counter_of(highest + 1ns) == i + 1);
        const auto width = highest - lowest + 1ns;
        REQUIRE((width == 64ns || width * 1000 <= lowest));
    }
}

TEST_CASE("histogram: every percentile is that of the values, at most 0.1 % larger") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        support::random_numbers random(seed, 0);
        const auto count = 1 + random.pick(3'000);
        histogram recorded;
        std::vector<nanoseconds> values;
        for (unsigned i = 0; i < count; ++i) {
            values.push_back(any_latency(random));
            recorded.add(values.back());
        }
        CHECK(recorded.count() == count);
        CHECK(recorded.min() == *std::min_element(values.begin(), values.end()));
        CHECK(recorded.max() == *std::max_element(values.begin(), values.end()));
        for (const std::size_t permille : {1U, 10U, 500U, 900U, 990U, 999U, 1000U}) {
            CAPTURE(seed);
            CAPTURE(permille);
            const auto exact = exact_percentile(values, permille);
            const auto told = recorded.percentile(static_cast<double>(permille) / 1000);
            CHECK(told >= exact);
            CHECK(told - exact <= std::max<nanoseconds>(64ns, exact / 1000));
        }
    }
}

TEST_CASE("histogram: the sum of two is the histogram of all values") {
    support::random_numbers random(7, 0);
    histogram one;
    histogram other;
    histogram all;
    for (int i = 0; i < 2'000; ++i) {
        const auto value = any_latency(random);
        (random.one_in(3) ? one : other).add(value);
        all.add(value);
    }
    histogram sum;
    sum.add(one);
    sum.add(other);
    CHECK(sum.counters() == all.counters());
    CHECK(sum.count() == all.count());
    CHECK(sum.min() == all.min());
    CHECK(sum.max() == all.max());
    one.add(histogram());
    other.add(one);
    CHECK(other.counters() == all.counters());
    CHECK(other.min() == all.min());
}

TEST_CASE("histogram: mean and deviation, a value many times, nothing, and what is out of range") {
    histogram recorded;
    CHECK(recorded.mean() == 0ns);
    CHECK(recorded.standard_deviation() == 0ns);
    CHECK(recorded.percentile(0.5) == 0ns);
    recorded.add(5ms, 0);
    CHECK(recorded.count() == 0);
    recorded.add(10ms, 3);
    recorded.add(30ms);
    CHECK(recorded.count() == 4);
    CHECK(std::abs((recorded.mean() - 15ms).count()) < 15'000);
    CHECK(std::abs((recorded.standard_deviation() - 8'660'254ns).count()) < 15'000);
    CHECK(recorded.percentile(0.75) < 10'010us);
    CHECK(recorded.percentile(1) == 30ms);
    recorded.add(-1ns);
    CHECK(recorded.min() == 0ns);
    recorded.add(nanoseconds::max());
    CHECK(recorded.max() == histogram::longest);
}
