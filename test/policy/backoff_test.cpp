#include "policy/backoff.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using bandwidth::webrtc::retry_policy;
using bandwidth::webrtc::detail::backoff;
using bandwidth::webrtc::detail::dial_backoff;

TEST_CASE("backoff: full jitter under a bound that doubles up to the longest") {
    const retry_policy policy;
    CHECK(backoff(policy, 0, false, 0) == 0ns);
    CHECK(backoff(policy, 0, false, 1) == 50ms);
    CHECK(backoff(policy, 0, false, 0.5) == 25ms);
    CHECK(backoff(policy, 1, false, 1) == 100ms);
    CHECK(backoff(policy, 8, false, 1) == 12800ms);
    CHECK(backoff(policy, 9, false, 1) == 20s);
    CHECK(backoff(policy, 1000, false, 1) == 20s);
}

TEST_CASE("backoff: when throttled it is longer, and never less than half of its bound") {
    const retry_policy policy;
    CHECK(backoff(policy, 0, true, 0) == 500ms);
    CHECK(backoff(policy, 0, true, 1) == 1s);
    CHECK(backoff(policy, 3, true, 0) == 4s);
    CHECK(backoff(policy, 30, true, 0) == 10s);
}

TEST_CASE("backoff: the largest numbers do not overflow") {
    retry_policy policy;
    policy.backoff(1ns, 24h).throttled_backoff(24h);
    CHECK(backoff(policy, 99, false, 1) == 24h);
    CHECK(backoff(policy, 99, true, 1) == 24h);
}

TEST_CASE("dial backoff: from 100 ms to 5 s, half of it random") {
    CHECK(dial_backoff(1, 1) == 100ms);
    CHECK(dial_backoff(1, 0) == 50ms);
    CHECK(dial_backoff(2, 1) == 200ms);
    CHECK(dial_backoff(7, 1) == 5s);
    CHECK(dial_backoff(1000, 0) == 2500ms);
}
