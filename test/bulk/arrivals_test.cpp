// The times at which the items of an open loop begin.
#include "bulk/run/arrivals.hpp"

#include <doctest/doctest.h>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;

namespace {

std::vector<std::chrono::nanoseconds> first_of(arrivals schedule, std::size_t count) {
    std::vector<std::chrono::nanoseconds> times;
    for (std::size_t number = 0; number < count; ++number)
        times.push_back(schedule.next());
    return times;
}

// Those of all generators that share a rate, up to a time.
std::vector<std::chrono::nanoseconds> together(double rate, arrival_process process,
                                               std::chrono::nanoseconds ramp, std::size_t generators,
                                               std::chrono::nanoseconds end, std::uint64_t seed) {
    std::vector<std::chrono::nanoseconds> times;
    for (std::size_t index = 0; index < generators; ++index) {
        arrivals schedule(rate, process, ramp, index, generators, seed + index);
        for (auto at = schedule.next(); at < end; at = schedule.next())
            times.push_back(at);
    }
    std::sort(times.begin(), times.end());
    return times;
}

double in_seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

// A count of independent arrivals is this far from its mean in one of a million cases.
double five_deviations(double mean) { return 5 * std::sqrt(mean); }

} // namespace

TEST_CASE("arrivals: at a constant rate they are equally far from each other, and the first is at once") {
    const auto times = first_of(arrivals(200, arrival_process::constant, 0s, 0, 1, 1), 1001);
    CHECK(times.front() == 0ns);
    CHECK(times[1] == 5ms);
    CHECK(times.back() == 5s);
    for (std::size_t number = 1; number < times.size(); ++number)
        CHECK(times[number] - times[number - 1] == 5ms);
}

TEST_CASE("arrivals: the errors of a rate that no whole number of nanoseconds makes do not add up") {
    const auto times = first_of(arrivals(3, arrival_process::constant, 0s, 0, 1, 1), 3'000'001);
    CHECK(times.back() == 1'000'000s);
}

TEST_CASE("arrivals: several generators together are equally spread") {
    for (const std::size_t generators : {2U, 3U, 7U}) {
        const auto times = together(1000, arrival_process::constant, 0s, generators, 2s, 1);
        CHECK(times.size() == 2000);
        for (std::size_t number = 0; number < times.size(); ++number)
            CHECK(std::chrono::abs(times[number] - static_cast<std::int64_t>(number) * 1ms) <= 1ns);
    }
}

TEST_CASE("arrivals: of a ramp R t^2 / 2T have come up to t, and behind it the rate is the full one") {
    constexpr double rate = 1000;
    for (const std::size_t generators : {1U, 3U}) {
        const auto times = together(rate, arrival_process::constant, 10s, generators, 20s, 1);
        for (const auto end : {1s, 2s, 5s, 10s, 12s, 20s}) {
            const auto t = in_seconds(end);
            const auto due = end <= 10s ? rate * t * t / 20 : rate * (t - 5);
            const auto come = std::lower_bound(times.begin(), times.end(), end) - times.begin();
            CAPTURE(end.count());
            CHECK(std::abs(static_cast<double>(come) - due) <= 1);
        }
    }
}

TEST_CASE("arrivals: those of a Poisson process have distances with the mean and the deviation of its rate") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        constexpr std::size_t count = 20'000;
        const auto times = first_of(arrivals(100, arrival_process::poisson, 0s, 0, 1, seed), count);
        double sum = 0;
        double squares = 0;
        auto last = 0ns;
        for (const auto at : times) {
            CHECK(at >= last);
            const auto gap = in_seconds(at - last) * 100; // the mean is 1, and so is the variance
            sum += gap;
            squares += gap * gap;
            last = at;
        }
        const auto mean = sum / count;
        // The standard errors are 1 / sqrt(count) of the mean, and sqrt(8 / count) of the variance.
        CHECK(std::abs(mean - 1) < 5 / std::sqrt(count));
        CHECK(std::abs(squares / count - mean * mean - 1) < 5 * std::sqrt(8.0 / count));
    }
}

TEST_CASE(
    "arrivals: a Poisson process has the counts of its rate, also of several generators and in a ramp") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        const auto times = together(500, arrival_process::poisson, 10s, 3, 20s, 100 * seed);
        for (const auto end : {5s, 10s, 20s}) {
            const auto t = in_seconds(end);
            const auto due = end <= 10s ? 500 * t * t / 20 : 500 * (t - 5);
            const auto come = std::lower_bound(times.begin(), times.end(), end) - times.begin();
            CHECK(std::abs(static_cast<double>(come) - due) < five_deviations(due));
        }
    }
}

TEST_CASE("arrivals: the seed makes a Poisson process what it is") {
    const auto of_seed = [](std::uint64_t seed) {
        return first_of(arrivals(100, arrival_process::poisson, 1s, 0, 1, seed), 100);
    };
    CHECK(of_seed(1) == of_seed(1));
    CHECK(of_seed(1) != of_seed(2));
}
