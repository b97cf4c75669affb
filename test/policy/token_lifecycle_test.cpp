#include "policy/token_lifecycle.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bandwidth::webrtc;
using namespace std::chrono_literals;
using detail::time_point;
using detail::token_lifecycle;
using token_state = token_lifecycle::state;
using verdict = token_lifecycle::verdict;

namespace {

constexpr time_point token_start(std::chrono::hours(1));

failure some_failure(errc code = errc::token_failed) { return failure(code, "no"); }

/// With a token of an hour that was asked for at the start.
struct with_token {
    explicit with_token(std::chrono::seconds life = 1h) {
        CHECK(token.want(token_start));
        token.fetched("t1", life, token_start, 0);
    }
    std::shared_ptr<const std::string> value() const { return token.view().authorization; }

    token_lifecycle token{24h};
};

} // namespace

TEST_CASE("a token is fetched once, however many look") {
    token_lifecycle token(1min);
    CHECK(token.status() == token_state::absent);
    CHECK_FALSE(token.view().usable(token_start));
    CHECK(token.want(token_start));
    CHECK(token.status() == token_state::fetching);
    for (int i = 0; i < 60; ++i)
        CHECK_FALSE(token.want(token_start + i * 1s));
    CHECK(token.view().ask_at == token_start + 1min);
    token.fetched("abc", 100s, token_start, 0);
    CHECK(token.status() == token_state::valid);
    REQUIRE(token.view().authorization);
    CHECK(*token.view().authorization == "Bearer abc");
}

TEST_CASE("a token is renewed behind three quarters of its life, spread over a tenth, and used meanwhile") {
    for (const double chance : {0.0, 0.5, 1.0}) {
        CAPTURE(chance);
        token_lifecycle token(1min);
        CHECK(token.want(token_start));
        token.fetched("t", 1000s, token_start, chance);
        const auto due = token_start + 750s + std::chrono::milliseconds(static_cast<int>(100'000 * chance));
        CHECK(token.view().ask_at == due);
        CHECK_FALSE(token.want(due - 1ns));
        CHECK(token.want(due));
        CHECK(token.status() == token_state::renewing);
        CHECK_FALSE(token.want(due + 1s));
        CHECK(token.view().usable(due + 1s));
        token.fetched("u", 1000s, due, 0);
        CHECK(*token.view().authorization == "Bearer u");
        CHECK(token.view().ask_at == due + 750s);
    }
}

TEST_CASE("a token is not sent in the last of its life, which is ten seconds or a twentieth") {
    const with_token hour;
    CHECK(hour.token.view().expires_at == token_start + 1h - 10s);
    const with_token short_lived(20s);
    CHECK(short_lived.token.view().expires_at == token_start + 19s);
    CHECK(short_lived.token.view().usable(token_start + 19s - 1ns));
    CHECK_FALSE(short_lived.token.view().usable(token_start + 19s));
    const with_token shortest(1s);
    CHECK(shortest.token.view().usable(token_start + 900ms));
    const with_token longest(std::chrono::seconds::max()); // no overflow
    CHECK(longest.token.view().usable(token_start + 24h * 300));
}

TEST_CASE("a token that has expired unnoticed is fetched, and those who look wait") {
    with_token held;
    CHECK(held.token.want(token_start + 2h));
    CHECK(held.token.status() == token_state::fetching);
    CHECK(held.value() == nullptr);
}

TEST_CASE("a renewal that takes longer than the token lives becomes a fetch") {
    with_token held;
    CHECK(held.token.want(token_start + 50min));
    CHECK(held.token.view().ask_at == token_start + 1h - 10s);
    CHECK_FALSE(held.token.want(token_start + 1h));
    CHECK(held.token.status() == token_state::fetching);
    CHECK(held.value() == nullptr);
    held.token.fetched("t2", 1h, token_start + 50min, 0);
    CHECK(held.token.view().usable(token_start + 1h));
}

TEST_CASE("a failed renewal leaves the token in use, and is tried again until it expires") {
    with_token held;
    auto now = token_start + 50min;
    CHECK(held.token.want(now));
    held.token.failed(some_failure(), false, {}, now, 1);
    CHECK(held.token.status() == token_state::valid);
    CHECK(held.token.view().usable(now));
    CHECK(held.token.view().refusal == nullptr);
    CHECK(held.token.view().ask_at == now + 500ms);
    CHECK_FALSE(held.token.want(now + 499ms));
    now += 500ms;
    CHECK(held.token.want(now));
    held.token.failed(some_failure(), false, {}, now, 1);
    CHECK(held.token.view().ask_at == now + 1s);
    // It expires in the pause: then it is no token, and the pause goes on.
    held.token.failed(some_failure(), false, 5min, now, 1);
    const auto expired = token_start + 1h;
    CHECK_FALSE(held.token.want(now + 1s));
    CHECK(held.token.want(expired));
    CHECK(held.token.status() == token_state::fetching);
}

TEST_CASE(
    "a fetch that fails is tried again after a pause that grows to 30 s, or after Retry-After up to 5 min") {
    token_lifecycle token(1min);
    auto now = token_start;
    std::chrono::nanoseconds expected = 500ms;
    for (int i = 0; i < 12; ++i) {
        CHECK(token.want(now));
        token.failed(some_failure(), false, {}, now, i % 2 == 0 ? 1 : 0);
        const auto pause = i % 2 == 0 ? expected : expected / 2;
        CHECK(token.status() == token_state::failed);
        CHECK(token.view().ask_at == now + pause);
        CHECK_FALSE(token.want(now + pause - 1ns));
        now += pause;
        expected = std::min<std::chrono::nanoseconds>(expected * 2, 30s);
    }
    CHECK(token.want(now));
    token.failed(some_failure(), false, 90s, now, 1);
    CHECK(token.view().ask_at == now + 90s);
    now += 90s;
    CHECK(token.want(now));
    token.failed(some_failure(), false, 24h, now, 1);
    CHECK(token.view().ask_at == now + 5min);
    now += 5min;
    CHECK(token.want(now));
    token.fetched("t", 1h, now, 0);
    CHECK(token.view().last_failure == nullptr);
    CHECK(token.want(now + 50min));
    token.failed(some_failure(), false, {}, now + 50min, 1);
    CHECK(token.view().ask_at == now + 50min + 500ms); // the pauses begin anew
}

TEST_CASE("what would fail again is a refusal, until a fetch begins that may end otherwise") {
    token_lifecycle token(1min);
    CHECK(token.want(token_start));
    token.failed(some_failure(errc::token_refused), true, {}, token_start, 1);
    REQUIRE(token.view().refusal);
    CHECK(token.view().refusal->code() == errc::token_refused);
    CHECK(token.view().last_failure == token.view().refusal);
    CHECK(token.want(token_start + 1s));
    CHECK(token.view().refusal == nullptr); // those who come now wait for what comes of it
    token.failed(some_failure(), false, {}, token_start + 2s, 1);
    CHECK(token.view().refusal == nullptr);
    CHECK(token.view().last_failure->code() == errc::token_failed);
}

TEST_CASE("a token that is refused is fetched anew, once for all who were refused, and stays in use") {
    with_token held;
    const auto used = held.value();
    const auto now = token_start + 10min;
    const auto first = held.token.refuse(used, now);
    CHECK(first.what == verdict::wait);
    CHECK(first.fetch);
    CHECK(held.token.view().usable(now));
    for (int i = 0; i < 10; ++i) {
        const auto more = held.token.refuse(used, now);
        CHECK(more.what == verdict::wait);
        CHECK_FALSE(more.fetch);
    }
    held.token.fetched("t2", 1h, now, 0);
    const auto late = held.token.refuse(used, now + 1s);
    CHECK(late.what == verdict::resend); // it was sent with the old one
    CHECK_FALSE(late.fetch);
}

TEST_CASE("a token that was fetched for a 401 and is refused within 30 s is not what is wrong") {
    with_token held;
    const auto now = token_start + 10min;
    CHECK(held.token.refuse(held.value(), now).fetch);
    held.token.fetched("t2", 1h, now, 0);
    for (const auto later : {0s, 1s, 29s}) {
        const auto again = held.token.refuse(held.value(), now + later);
        CHECK(again.what == verdict::deliver);
        CHECK_FALSE(again.fetch);
    }
    CHECK(held.token.refuse(held.value(), now + 30s).fetch);
    held.token.fetched("t3", 1h, now + 30s, 0);
    CHECK(held.token.want(now + 30s + 50min)); // by its time, and so it may be refused at once
    held.token.fetched("t4", 1h, now + 30s + 50min, 0);
    CHECK(held.token.refuse(held.value(), now + 30s + 50min).fetch);
}

TEST_CASE("a 401 shortly after a fetch has failed begins no other one") {
    with_token held;
    const auto now = token_start + 50min;
    CHECK(held.token.want(now));
    held.token.failed(some_failure(), false, {}, now, 1);
    auto result = held.token.refuse(held.value(), now + 1ms);
    CHECK(result.what == verdict::wait);
    CHECK_FALSE(result.fetch);
    CHECK(held.token.want(now + 500ms));
    held.token.failed(some_failure(errc::token_refused), true, {}, now + 500ms, 1);
    result = held.token.refuse(held.value(), now + 501ms);
    CHECK(result.what == verdict::deliver);
    CHECK_FALSE(result.fetch);
}

TEST_CASE("a fetch whose end nobody can tell is begun anew, by whoever looks next") {
    token_lifecycle token(1min);
    CHECK(token.want(token_start));
    token.fetch_lost();
    CHECK(token.status() == token_state::absent);
    CHECK(token.want(token_start));
    token.fetched("t", 1h, token_start, 0);
    CHECK(token.want(token_start + 50min));
    token.fetch_lost();
    CHECK(token.status() == token_state::valid);
    CHECK(token.want(token_start + 50min));
    CHECK(token.view().usable(token_start + 50min));
    token.fetched("u", 1h, token_start + 50min, 0);
    const auto early = token_start + 51min; // long before it is due
    CHECK(token.refuse(token.view().authorization, early).fetch);
    token.fetch_lost();
    CHECK(token.want(early));
}

TEST_CASE("a fetch that has no end is given up after its time, and whoever looks then begins another one") {
    token_lifecycle token(1min);
    CHECK(token.want(token_start));
    CHECK_FALSE(token.want(token_start + 1min - 1ns));
    CHECK(token.view().ask_at == token_start + 1min);
    CHECK(token.want(token_start + 1min));
    CHECK(token.status() == token_state::fetching);
    CHECK_FALSE(token.want(token_start + 1min));
    token.fetched("t", 10min, token_start + 1min, 0);

    const auto renewed = token_start + 9min;
    CHECK(token.want(renewed));
    CHECK(token.view().ask_at == renewed + 1min);
    CHECK(token.want(renewed + 1min));
    CHECK(token.status() == token_state::renewing);
    CHECK(token.view().ask_at == token_start + 10min + 50s); // where the token ends
    CHECK_FALSE(token.want(token_start + 10min + 50s));
    CHECK(token.status() == token_state::fetching);
    CHECK(token.want(renewed + 2min));
    CHECK(token.refuse(nullptr, renewed + 3min).fetch); // a 401 too
}

TEST_CASE("a token may have ended when it comes") {
    CHECK(token_lifecycle::expiry(100s, token_start) == token_start + 95s);
    CHECK(token_lifecycle::expiry(1h, token_start) == token_start + 1h - 10s);
}
