#include "bulk/program/time_left.hpp"

#include <doctest/doctest.h>
#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>
#include <random>
#include <vector>

using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;

namespace {

// A call of a simulated run; seconds since its start.
struct simulated_call {
    double begin;
    double end;
};

using simulated_latency = std::function<double(std::size_t call)>;

// So many callers that make one call after the other; after each phase they wait for the last of its calls.
void run_callers(std::vector<simulated_call>& calls, std::size_t callers, std::size_t count,
                 const simulated_latency& latency) {
    double start = 0;
    for (const auto& call : calls)
        start = std::max(start, call.end);
    std::priority_queue<double, std::vector<double>, std::greater<>> free;
    for (std::size_t i = 0; i < callers; ++i)
        free.push(start);
    for (std::size_t i = 0; i < count; ++i) {
        const double begin = free.top();
        free.pop();
        calls.push_back({begin, begin + latency(i)});
        free.push(calls.back().end);
    }
}

// Calls that begin at these times.
void run_arrivals(std::vector<simulated_call>& calls, std::size_t count, const simulated_latency& gap,
                  const simulated_latency& latency) {
    double begin = 0;
    for (std::size_t i = 0; i < count; ++i) {
        calls.push_back({begin, begin + latency(i)});
        begin += gap(i);
    }
}

simulated_latency always(double seconds) {
    return [seconds](std::size_t) { return seconds; };
}

struct judged_estimates {
    double worst = 0;        // of the relative errors, from a given time on
    double first_at = -1;    // when there was an estimate for the first time
    std::size_t missing = 0; // snapshots without one, from the given time on
};

// Shows the run to an estimate every 200 ms and compares, from and until these times. An error below half a
// second is none: near the end.
judged_estimates judge(const std::vector<simulated_call>& calls, double from, double until = 1e9) {
    double end = 0;
    for (const auto& call : calls)
        end = std::max(end, call.end);
    judged_estimates judged;
    time_left_estimate estimate;
    for (int step = 0;; ++step) {
        const double now = step * 0.2;
        if (now >= std::min(end, until))
            return judged;
        const auto begun = std::count_if(
            calls.begin(), calls.end(), [now](auto& c) { return c.begin <= now; });
        const auto done = std::count_if(calls.begin(), calls.end(), [now](auto& c) { return c.end <= now; });
        const auto left = estimate.update(time_left_estimate::clock::time_point(step * 200ms),
                                          static_cast<std::uint64_t>(done), calls.size(),
                                          static_cast<std::size_t>(begun - done));
        if (left && judged.first_at < 0)
            judged.first_at = now;
        if (now < from)
            continue;
        if (!left) {
            ++judged.missing;
            continue;
        }
        const double truth = end - now;
        const double off = std::abs(std::chrono::duration<double>(*left).count() - truth);
        judged.worst = std::max(judged.worst, off < 0.5 ? 0 : off / truth);
    }
}

} // namespace

TEST_CASE("time left: callers whose calls begin and end together, from the first ended calls on") {
    std::vector<simulated_call> calls;
    run_callers(calls, 64, 640, always(2));
    const auto judged = judge(calls, 2);
    CHECK(judged.first_at == doctest::Approx(2));
    CHECK(judged.missing == 0);
    CHECK(judged.worst < 0.1);
}

TEST_CASE("time left: callers whose latencies vary by a quarter") {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        std::uniform_real_distribution<double> latency(1.5, 2.5);
        std::vector<simulated_call> calls;
        run_callers(calls, 64, 640, [&](std::size_t) { return latency(random); });
        const auto judged = judge(calls, 1.6);
        CHECK(judged.first_at < 2);
        CHECK(judged.worst < 0.25);
    }
}

TEST_CASE("time left: one caller with long calls") {
    std::vector<simulated_call> calls;
    run_callers(calls, 1, 20, always(3));
    const auto judged = judge(calls, 3);
    CHECK(judged.missing == 0);
    CHECK(judged.worst < 0.1);
}

TEST_CASE(
    "time left: one caller with short and long calls in turn, by more of them than the last seconds have") {
    std::vector<simulated_call> calls;
    run_callers(calls, 1, 100, [](std::size_t call) { return call % 2 == 0 ? 1.0 : 5.0; });
    const auto judged = judge(calls, 30, 270);
    CHECK(judged.missing == 0);
    CHECK(judged.worst < 0.1);
}

TEST_CASE("time left: many more calls than snapshots") {
    std::vector<simulated_call> calls;
    run_callers(calls, 64, 64'000, always(0.01));
    const auto judged = judge(calls, 0.2);
    CHECK(judged.missing == 0);
    CHECK(judged.worst < 0.05);
}

TEST_CASE("time left: calls at a constant rate, from three latencies on") {
    std::vector<simulated_call> calls;
    run_arrivals(calls, 1000, always(0.02), always(2));
    const auto judged = judge(calls, 6);
    CHECK(judged.missing == 0);
    CHECK(judged.worst < 0.2);
    // Fast calls at a low rate: most snapshots see none under way.
    std::vector<simulated_call> fast;
    run_arrivals(fast, 200, always(0.1), always(0.005));
    CHECK(judge(fast, 0.5).worst < 0.1);
}

TEST_CASE("time left: calls that begin at random times, from three latencies on") {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        std::exponential_distribution<double> gap(50);
        std::vector<simulated_call> calls;
        run_arrivals(
            calls, 1000, [&](std::size_t) { return gap(random); }, always(2));
        CHECK(judge(calls, 6).worst < 0.3);
    }
}

TEST_CASE("time left: a slow last phase, from its first ended calls on") {
    std::vector<simulated_call> calls;
    run_callers(calls, 64, 64'000, always(0.02));
    run_callers(calls, 64, 640, always(2));
    const auto judged = judge(calls, 22.2);
    CHECK(judged.missing == 0);
    CHECK(judged.worst < 0.2);
}

TEST_CASE("time left: a faster last phase, after three seconds of it") {
    std::vector<simulated_call> calls;
    run_callers(calls, 64, 320, always(2));
    run_callers(calls, 64, 64'000, always(0.02));
    CHECK(judge(calls, 13.2).worst < 0.2);
}

TEST_CASE("time left: phases alike, each of which waits for the last call of the one before") {
    std::vector<simulated_call> calls;
    for (int phase = 0; phase < 4; ++phase)
        run_callers(calls, 64, 640, always(1));
    const auto judged = judge(calls, 1);
    CHECK(judged.missing == 0);
    CHECK(judged.worst < 0.15);
}

TEST_CASE("time left: not known before a call has ended, and in a stall, and again after it") {
    using clock = time_left_estimate::clock;
    time_left_estimate estimate;
    CHECK_FALSE(estimate.update(clock::time_point(0s), 0, 1000, 10));
    CHECK_FALSE(estimate.update(clock::time_point(1s), 0, 1000, 10));
    for (int second = 2; second <= 10; ++second)
        CHECK(estimate.update(clock::time_point(second * 1s), static_cast<std::uint64_t>(second) * 50, 1000,
                              10));
    CHECK_FALSE(estimate.update(clock::time_point(40s), 500, 1000, 10));
    CHECK_FALSE(estimate.update(clock::time_point(50s), 500, 1000, 10));
    std::optional<std::chrono::nanoseconds> left;
    for (int second = 51; second <= 60; ++second)
        left = estimate.update(clock::time_point(second * 1s), static_cast<std::uint64_t>(second - 41) * 50,
                               2000, 10);
    REQUIRE(left);
    CHECK(std::chrono::duration<double>(*left).count() == doctest::Approx(21).epsilon(0.1));
}

TEST_CASE("time left: the last calls count down, and are overdue when they take longer than those before") {
    using clock = time_left_estimate::clock;
    time_left_estimate estimate;
    estimate.update(clock::time_point(0s), 0, 20, 10);
    estimate.update(clock::time_point(1s), 0, 20, 10);
    const auto fresh = estimate.update(clock::time_point(1200ms), 10, 20, 10);
    const auto later = estimate.update(clock::time_point(1700ms), 10, 20, 10);
    REQUIRE(fresh);
    REQUIRE(later);
    CHECK(*fresh - *later == 500ms);
    CHECK_FALSE(estimate.update(clock::time_point(2500ms), 10, 20, 10));
    CHECK(estimate.update(clock::time_point(2600ms), 20, 20, 0) == 0ns);
}

TEST_CASE("time left: a run of nothing is over") {
    time_left_estimate estimate;
    CHECK(estimate.update(time_left_estimate::clock::time_point(5s), 0, 0, 0) == 0ns);
}
