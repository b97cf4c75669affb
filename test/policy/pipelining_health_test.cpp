#include "policy/pipelining_health.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using bandwidth::webrtc::detail::pipelining_health;
using bandwidth::webrtc::detail::time_point;

namespace {
constexpr time_point start(1h);
}

TEST_CASE("P5: a new server gets pipelines, and goes on to while it keeps its connections") {
    pipelining_health health;
    for (int i = 0; i < 1000; ++i)
        health.responded(false, true, start + i * 1s);
    CHECK(health.trusted(start + 1000s));
}

TEST_CASE("P5: a response in HTTP/1.0 ends trust for a minute") {
    pipelining_health health;
    health.responded(true, false, start);
    CHECK_FALSE(health.trusted(start));
    CHECK_FALSE(health.trusted(start + 60s - 1ns));
    CHECK(health.trusted(start + 60s));
}

TEST_CASE("P5: 8 closes among 32 responses end trust, 7 do not") {
    for (const int closes : {7, 8}) {
        CAPTURE(closes);
        pipelining_health health;
        for (int round = 0; round < 10; ++round)
            for (int i = 0; i < 32; ++i)
                health.responded(i < closes, true, start);
        CHECK(health.trusted(start) == (closes == 7));
    }
}

TEST_CASE("P5: a server that closes after every 37th response is trusted") {
    pipelining_health health;
    for (int i = 1; i < 10'000; ++i)
        health.responded(i % 37 == 0, true, start);
    CHECK(health.trusted(start));
}

TEST_CASE("P5: two failures in half a minute end trust, further apart they do not") {
    pipelining_health health;
    health.failed(start - 1s, start);
    CHECK(health.trusted(start));
    health.failed(start + 5s, start + 31s);
    CHECK(health.trusted(start + 31s));
    health.failed(start + 32s, start + 40s);
    CHECK_FALSE(health.trusted(start + 40s));
}

TEST_CASE("P5: a server that restarts loses all connections, and it counts as one failure") {
    pipelining_health health;
    for (int i = 0; i < 8; ++i)
        health.failed(start - 10s, start + i * 1ms);
    CHECK(health.trusted(start + 1s));
}

TEST_CASE("P5: the pause doubles while trust is broken soon again, and starts anew after ten minutes") {
    pipelining_health health;
    auto now = start;
    for (const auto pause : {60s, 120s, 240s, 480s, 600s, 600s}) {
        health.responded(false, false, now);
        CHECK_FALSE(health.trusted(now + pause - 1s));
        CHECK(health.trusted(now + pause));
        now += pause;
    }
    now += 600s;
    health.responded(false, false, now);
    CHECK(health.trusted(now + 60s));
}
