#include "pool/latency_model.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using bandwidth::webrtc::detail::latency_model;

TEST_CASE("a response is late after half of its timeout where nothing is known") {
    CHECK(latency_model(250ms).late_after(15s) == 7500ms);
}

TEST_CASE(
    "a response is late after three times as long as usual, not below the floor nor above half of its "
    "timeout") {
    struct {
        std::chrono::nanoseconds usual, timeout, late_after;
    } const rows[] = {
        {0ms, 15s, 250ms}, // faster than the clock
        {10ms, 15s, 250ms}, {100ms, 15s, 300ms},  {2s, 15s, 6s}, {2500ms, 15s, 7500ms},
        {9s, 15s, 7500ms},  {10ms, 400ms, 200ms}, // half of the timeout counts, though it is below the floor
    };
    for (const auto& each : rows) {
        CAPTURE(each.usual.count());
        latency_model model(250ms);
        model.responded(1ms, each.usual);
        CHECK(model.late_after(each.timeout) == each.late_after);
    }
}

TEST_CASE("the usual time follows the responses slowly") {
    latency_model model(0ms);
    model.responded(16ms, 160ms);
    CHECK(model.service_time() == 16ms);
    CHECK(model.late_after(15s) == 480ms);
    model.responded(32ms, 320ms); // one sixteenth of the difference
    CHECK(model.service_time() == 17ms);
    CHECK(model.late_after(15s) == 510ms);
    for (int i = 0; i < 200; ++i)
        model.responded(32ms, 320ms);
    CHECK(model.service_time() > 31ms);
    CHECK(model.service_time() <= 32ms);
}

TEST_CASE("a new connection is worth its cost if it is open before the others have responded") {
    latency_model model(250ms);
    CHECK(model.worth_connecting(1, false)); // nothing is known
    model.responded(10ms, 10ms);
    CHECK(model.worth_connecting(1, false)); // not of connections
    model.connected(40ms);
    CHECK_FALSE(model.worth_connecting(3, false));
    CHECK(model.worth_connecting(4, false));
    CHECK(model.worth_connecting(3, true)); // behind an abandoned request there is no telling
}

TEST_CASE("the time to connect follows the attempts") {
    latency_model model(250ms);
    model.responded(10ms, 10ms);
    model.connected(40ms);
    model.connected(120ms); // one eighth of the difference: 50 ms
    CHECK_FALSE(model.worth_connecting(4, false));
    CHECK(model.worth_connecting(5, false));
}

TEST_CASE("where the time to connect is known and that of responses is not, a connection is made") {
    latency_model model(250ms);
    model.connected(40ms);
    CHECK(model.worth_connecting(1, false));
}
