// A simulation: the real scheduler with real HTTP/1.1 connections over a simulated network and servers, in
// virtual time, in random schedules with every fault that needs no TLS, against the rules of a pipelined pool
// (`simulation_rules.hpp`):
// I1 every call completes exactly once, I2 with the response to its own request, I3 an unsafe request is on
// the wire at most once, I4 no request is sent more often than its resends and attempts allow, I6 nothing is
// written on a connection that has failed, I7 the gauges return to zero; what a failure says of delivery is
// true; bytes that came before a request are never its response (F07); what has arrived is read before a
// response counts as overdue (O18); after a failure one request goes alone (W23); a server's limit is kept
// (O16); and at the end of a cycle no call waits while there is a connection that could take it.
//
// A schedule is a seed and a list of steps, each with random numbers of its own. So a schedule that fails is
// shrunk by leaving steps out, and what is printed is the seed with the steps that are needed, and what
// happens in them.
#include <doctest/doctest.h>

#include <numeric>
#include <string>
#include <vector>

#include "pool/simulation.hpp"

using namespace test;

namespace {

// Leaves out what is not needed for a failure, in ever smaller pieces.
std::vector<unsigned> shrink(std::uint64_t seed, std::vector<unsigned> steps) {
    for (auto piece = steps.size() / 2; piece != 0; piece /= 2) {
        for (std::size_t at = 0; at + piece <= steps.size();) {
            auto fewer = steps;
            fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(at),
                        fewer.begin() + static_cast<std::ptrdiff_t>(at + piece));
            if (simulation(seed, fewer).run().empty())
                at += piece;
            else
                steps = std::move(fewer);
        }
    }
    return steps;
}

std::string describe(std::uint64_t seed, const std::vector<unsigned>& steps) {
    simulation one(seed, steps);
    one.keep_trace();
    auto text = one.run() + "\nseed " + std::to_string(seed) + ", steps";
    for (const auto step : steps)
        text += " " + std::to_string(step);
    for (const auto& line : one.trace())
        text += "\n  " + line;
    return text;
}

} // namespace

// BANDWIDTH_WEBRTC_TEST_SEED is the first schedule's seed, BANDWIDTH_WEBRTC_TEST_SCHEDULES their number.
TEST_CASE("I1 to I7: random schedules") {
    const auto first = support::number_from_environment("BANDWIDTH_WEBRTC_TEST_SEED", 1);
    const auto count = support::number_from_environment("BANDWIDTH_WEBRTC_TEST_SCHEDULES", 1500);
    int failed = 0;
    for (auto seed = first; seed < first + count && failed < 10; ++seed) {
        std::vector<unsigned> steps(support::random_numbers(seed, 1).pick(150) + 20);
        std::iota(steps.begin(), steps.end(), 2U);
        if (!simulation(seed, steps).run().empty()) {
            FAIL_CHECK(describe(seed, shrink(seed, steps)));
            ++failed;
        }
    }
    MESSAGE(count << " schedules from seed " << first << " on");
}
