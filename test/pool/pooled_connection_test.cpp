// What the timer of a connection calls for. Its states: connection_set_test.cpp.
#include "pool/pooled_connection.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "pool/lone_connection.hpp"
#include "pool/start_time.hpp"
#include "support/random_numbers.hpp"

using namespace test;
using due = pooled_connection::due;
using state = pooled_connection::state;

namespace {

/// A connection that was opened at `start`, and everything that its timer depends on.
struct timed_connection {
    timed_connection() {
        on.dialled = on.opened = on.idle_since = on.front_since = on.received_last = start;
        on.idle_limit = settings.idle_timeout;
        on.buffers_released = true;
        on.http.confirm();
        pool.set.set_state(on, state::idle);
    }

    due what_is_due(std::chrono::nanoseconds after) const {
        return on.what_is_due(start + after, settings, latency, kept);
    }
    std::chrono::nanoseconds next_due() const { return on.next_due(settings, latency, kept) - start; }
    /// That it is due from then on, that nothing is before, and that the timer is set to it.
    void check_due(due what, std::chrono::nanoseconds after) const {
        CHECK(next_due() == after);
        CHECK(what_is_due(after - 1ns) == due::nothing_yet);
        CHECK(what_is_due(after) == what);
    }
    test_call& send() {
        auto& made = pool.stage(on);
        pool.write(on);
        pool.set.update(on);
        return made;
    }

    lone_connections pool;
    pooled_connection& on = pool.add();
    detail::scheduler_settings settings;
    detail::latency_model latency{250ms};
    bool kept = false;
};

} // namespace

TEST_CASE("an attempt to connect has its timeout, and nothing else") {
    timed_connection value;
    value.pool.set.set_state(value.on, state::connecting);
    value.on.buffers_released = false;
    value.on.drain_at = start;
    value.check_due(due::connect_timeout, 5s);
}

TEST_CASE("an idle connection is closed after its timeout, unless it is kept") {
    timed_connection value;
    value.check_due(due::idle_timeout, 50s);
    value.on.idle_limit = 3s; // the server has told
    value.check_due(due::idle_timeout, 3s);
    value.on.idle_since = start + 2s;
    value.check_due(due::idle_timeout, 5s);
    value.kept = true;
    CHECK(value.what_is_due(1h) == due::nothing_yet);
    CHECK(value.on.next_due(value.settings, value.latency, true) == detail::time_point::max());
}

TEST_CASE("an idle connection gives back its buffers after a second, once") {
    timed_connection value;
    value.on.buffers_released = false;
    value.check_due(due::buffers, 1s);
    value.kept = true;
    value.check_due(due::buffers, 1s);
    value.on.buffers_released = true;
    CHECK(value.what_is_due(1h) == due::nothing_yet);
    value.on.buffers_released = false;
    value.send(); // it needs them
    CHECK(value.what_is_due(1s) == due::nothing_yet);
}

TEST_CASE("a connection is too old from its time on, whether it is idle or not") {
    timed_connection value;
    value.on.drain_at = start + 2s;
    value.check_due(due::age, 2s);
    value.kept = true;
    value.check_due(due::age, 2s);
    value.send();
    value.check_due(due::age, 2s);
    value.pool.set.set_state(value.on, state::draining);
    CHECK(value.what_is_due(2s) == due::nothing_yet);
    CHECK(value.next_due() > 2s);
}

TEST_CASE("the front's response is late before it is overdue") {
    timed_connection value;
    value.send();
    value.check_due(due::response_late, 7500ms); // half of its timeout, as nothing is known
    value.latency.responded(1ms, 100ms);
    value.check_due(due::response_late, 300ms);
    value.on.front_since = start + 1s;
    value.check_due(due::response_late, 1300ms);
}

TEST_CASE("a response that is late, or whose connection takes no more requests, has its timeout") {
    for (const auto known : {state::blocked, state::draining}) {
        timed_connection value;
        value.send();
        value.pool.set.set_state(value.on, known);
        value.check_due(due::response_timeout, 15s);
        value.on.front_since = start + 1s;
        value.check_due(due::response_timeout, 16s);
    }
}

TEST_CASE(
    "F15: a response that has begun is not late, and its time runs on until its header section is there") {
    timed_connection value;
    value.send();
    value.pool.receive(value.on, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n");
    value.on.received_last = start + 9s;
    value.check_due(due::response_timeout, 15s);
    value.pool.receive(value.on, "Content-Length: 5\r\n\r\n");
    value.check_due(due::response_timeout, 24s); // what comes of the body extends it
    value.on.received_last = start + 20s;
    value.check_due(due::response_timeout, 35s);
}

TEST_CASE("a response to an abandoned request has a time limit of its own") {
    timed_connection value;
    auto& first = value.send();
    auto& second = value.send();
    value.on.http.abandon(second, start + 1s);
    value.check_due(due::abandoned_too_long, 3s);
    value.on.http.abandon(first, start + 2s); // the oldest one counts
    value.check_due(due::abandoned_too_long, 3s);
    value.pool.set.set_state(value.on, state::draining);
    CHECK(value.what_is_due(3s) == due::nothing_yet);
}

TEST_CASE("of several things that are due the one with the most to do comes first") {
    timed_connection value;
    auto& call = value.send();
    value.on.http.abandon(call, start);
    value.on.drain_at = start;
    CHECK(value.what_is_due(15s) == due::response_timeout);
    CHECK(value.what_is_due(14s) == due::response_late);
    value.pool.set.set_state(value.on, state::blocked);
    CHECK(value.what_is_due(14s) == due::abandoned_too_long);
    value.pool.receive(value.on);
    value.pool.set.set_state(value.on, state::idle);
    value.on.buffers_released = false;
    CHECK(value.what_is_due(50s) == due::idle_timeout);
    CHECK(value.what_is_due(49s) == due::age);
}

TEST_CASE("what is due, and when the timer is set to, always agree") {
    for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
        CAPTURE(seed);
        support::random_numbers random(seed);
        // Few times, so that many of them are the same.
        const auto some_time = [&random] { return start + random.pick(20) * 1s; };
        timed_connection value;
        auto& on = value.on;
        for (auto count = random.pick(4); count != 0; --count) {
            auto& call = value.pool.stage(on);
            if (random.one_in(2))
                value.pool.write(on);
            if (random.one_in(3))
                on.http.abandon(call, some_time());
        }
        if (on.in_flight() != 0 && random.one_in(2)) {
            value.pool.write(on);
            value.pool.receive(
                on, random.one_in(2) ? "HTTP/1.1 200" : "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
        }
        on.dialled = some_time();
        on.idle_since = some_time();
        on.front_since = some_time();
        on.received_last = some_time();
        on.drain_at = random.one_in(2) ? some_time() : detail::time_point::max();
        on.idle_limit = random.pick(6) * 1s;
        on.buffers_released = random.one_in(2);
        value.settings.connect_timeout = random.pick(6) * 1s;
        value.settings.response_timeout = random.pick(10) * 1s;
        value.settings.abandoned_grace = random.pick(6) * 1s;
        if (random.one_in(2))
            value.latency.responded(1ms, random.pick(4) * 1s);
        value.kept = random.one_in(2);
        value.pool.set.set_state(on, static_cast<state>(random.pick(static_cast<unsigned>(state::closed))));
        const auto next = on.next_due(value.settings, value.latency, value.kept);
        const auto at = std::min(next, start + 1h); // it may never be
        for (const auto now : {some_time(), at - 1ns, at}) {
            const bool nothing =
                on.what_is_due(now, value.settings, value.latency, value.kept) == due::nothing_yet;
            REQUIRE(nothing == (next > now));
        }
    }
}
