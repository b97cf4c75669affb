#include "pool/connection_set.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "pool/lone_connection.hpp"
#include "support/random_numbers.hpp"

using namespace test;
using state = pooled_connection::state;

namespace {

const char* name_of(state value) {
    constexpr const char* names[] = {"connecting", "idle",     "confirming", "busy",  "blocked",
                                     "reserving",  "reserved", "draining",   "closed"};
    return names[static_cast<std::size_t>(value)];
}

/// The gauges that count a connection in that state.
std::string gauges_of(state value) {
    switch (value) {
    case state::connecting:
        return "connecting";
    case state::idle:
        return "open idle";
    case state::reserved:
        return "open idle reservation";
    case state::reserving:
        return "open reservation";
    case state::draining:
        return "draining";
    case state::closed:
        return "";
    default:
        return "open";
    }
}

/// The gauges that are not zero, of one connection.
std::string gauges(const lone_connections& of) {
    std::string text;
    const auto add = [&text](std::size_t value, const char* name) {
        CHECK(value <= 1);
        if (value != 0)
            text += std::string(text.empty() ? "" : " ") + name;
    };
    CHECK(of.stats.connections_connecting == of.set.connecting());
    add(of.stats.connections_connecting, "connecting");
    add(of.stats.connections_open(), "open");
    add(of.stats.connections_idle, "idle");
    add(of.stats.connections_draining, "draining");
    add(of.set.reservations(), "reservation");
    return text;
}

/// The table of pooled_connection.hpp.
const std::vector<std::pair<state, std::vector<state>>>& transitions() {
    static const std::vector<std::pair<state, std::vector<state>>> all = {
        {state::connecting, {state::idle, state::closed}},
        {state::idle, {state::confirming, state::busy, state::draining, state::closed}},
        {state::confirming,
         {state::idle, state::busy, state::blocked, state::reserving, state::draining, state::closed}},
        {state::busy, {state::idle, state::blocked, state::reserving, state::draining, state::closed}},
        {state::blocked, {state::idle, state::busy, state::draining, state::closed}},
        {state::reserving, {state::reserved, state::busy, state::blocked, state::draining, state::closed}},
        {state::reserved, {state::confirming, state::busy, state::idle, state::draining, state::closed}},
        {state::draining, {state::closed}},
    };
    return all;
}

} // namespace

TEST_CASE("every transition of a connection moves the gauges, and nothing else does") {
    for (const auto& [each_from, all] : transitions()) {
        const auto& from = each_from;
        for (const auto to : all) {
            CAPTURE(name_of(from));
            CAPTURE(name_of(to));
            lone_connections pool;
            auto& connection = pool.add();
            CHECK(gauges(pool) == "connecting");
            pool.set.set_state(connection, from);
            CHECK(connection.status() == from);
            CHECK(gauges(pool) == gauges_of(from));
            pool.set.set_state(connection, from); // to the same one: as after a change of the depth
            CHECK(gauges(pool) == gauges_of(from));
            pool.set.set_state(connection, to);
            CHECK(connection.status() == to); // a closed one lives until the sweep
            CHECK(gauges(pool) == gauges_of(to));
            CHECK(pool.set.size() == (to == state::closed ? 0 : 1));
            if (to != state::closed)
                pool.set.set_state(connection, state::closed);
            CHECK(gauges(pool).empty());
            pool.set.sweep();
        }
    }
}

TEST_CASE("the state follows from the requests") {
    lone_connections pool;
    auto& on = pool.open();
    const auto follows = [&] {
        pool.set.update(on);
        return std::string(name_of(on.status())) + ": " + gauges(pool);
    };
    CHECK(follows() == "idle: open idle");
    pool.stage(on);
    pool.write(on);
    CHECK(follows() == "confirming: open");
    pool.receive(on);
    CHECK(follows() == "idle: open idle");
    pool.stage(on);
    CHECK(follows() == "busy: open");
    pool.stage(on);
    CHECK(follows() == "busy: open");
    pool.set.set_state(on, state::reserving);
    CHECK(follows() == "reserving: open reservation");
    pool.write(on);
    pool.receive(on);
    CHECK(follows() == "reserving: open reservation");
    pool.receive(on);
    CHECK(follows() == "reserved: open idle reservation");
}

TEST_CASE("states that the scheduler has decided do not follow from the requests") {
    for (const auto decided : {state::connecting, state::blocked, state::draining}) {
        lone_connections pool;
        auto& on = pool.add();
        pool.set.set_state(on, decided);
        pool.set.update(on);
        CHECK(on.status() == decided);
        pool.stage(on);
        pool.set.update(on);
        CHECK(on.status() == decided);
    }
}

TEST_CASE("the idle connection that was used last is the next one") {
    lone_connections pool;
    CHECK(pool.set.idle() == nullptr);
    auto& first = pool.open();
    auto& second = pool.open();
    CHECK(pool.set.idle() == &second);
    pool.set.update(first); // it was used
    CHECK(pool.set.idle() == &first);
    pool.stage(first);
    pool.set.update(first);
    CHECK(pool.set.idle() == &second);
    CHECK(pool.set.reserved() == nullptr);
}

TEST_CASE("a connection that was reserved goes back among the idle ones by the time since which it is idle") {
    // A POST waited for a new connection, because the first in line was idle for too long, and behind it was a fresh one.
    lone_connections pool;
    auto& old = pool.open();
    auto& oldest = pool.add();
    old.idle_since = detail::time_point(1s);
    pool.set.set_state(old, state::reserved);
    pool.set.set_state(oldest, state::reserved);
    CHECK(pool.set.reserved() == &old);
    auto& fresh = pool.add();
    fresh.idle_since = detail::time_point(2s);
    pool.set.set_state(fresh, state::idle);
    for (auto* const each : {&oldest, &old})
        pool.set.set_state(*each, state::idle);
    CHECK(pool.set.idle() == &fresh);
    pool.set.set_state(fresh, state::draining);
    CHECK(pool.set.idle() == &old);
    pool.set.set_state(old, state::draining);
    CHECK(pool.set.idle() == &oldest);
}

TEST_CASE("the one with the least in flight is the next one, among those that take one more") {
    lone_connections pool(3);
    auto& first = pool.open();
    auto& second = pool.open();
    const auto stage = [&pool](pooled_connection& on, request_class kind = request_class::safe) {
        on.http.confirm();
        pool.stage(on, kind);
        pool.set.update(on);
    };
    stage(first);
    CHECK(pool.set.shallowest() == &second); // it is idle
    stage(second);
    stage(second);
    CHECK(pool.set.shallowest() == &first);
    stage(first);
    stage(first);
    CHECK(pool.set.shallowest() == &second); // the first one is full
    pool.set.set_state(second, state::blocked);
    CHECK(pool.set.shallowest() == nullptr);
    pool.set.set_state(second, state::busy);
    CHECK(pool.set.shallowest() == &second);
    pool.set.set_state(second, state::reserving);
    CHECK(pool.set.shallowest() == nullptr);
    auto& third = pool.open();
    stage(third, unsafe);
    CHECK(pool.set.shallowest() == nullptr); // nothing goes behind an unsafe request
    auto& fourth = pool.open();
    pool.stage(fourth);
    pool.set.update(fourth);
    CHECK(pool.set.shallowest() == nullptr); // it has to confirm
    pool.set.set_state(pool.open(), state::draining);
    pool.add();
    CHECK(pool.set.shallowest() == nullptr);
}

TEST_CASE("a depth that changes moves a busy connection in or out of the choice") {
    lone_connections pool(4);
    auto& on = pool.open();
    on.http.confirm();
    pool.stage(on);
    pool.set.update(on);
    CHECK(pool.set.shallowest() == &on);
    on.http.set_depth(1);
    pool.set.set_state(on, state::busy);
    CHECK(pool.set.shallowest() == nullptr);
    on.http.set_depth(4);
    pool.set.set_state(on, state::busy);
    CHECK(pool.set.shallowest() == &on);
}

TEST_CASE("a reserved connection is idle, and only for those that ask for it") {
    lone_connections pool;
    auto& on = pool.open();
    pool.set.set_state(on, state::reserved);
    CHECK(pool.set.reserved() == &on);
    CHECK(pool.set.idle() == nullptr);
    CHECK(pool.set.shallowest() == nullptr);
    CHECK(pool.set.reservations() == 1);
    pool.set.set_state(on, state::idle);
    CHECK(pool.set.reserved() == nullptr);
    CHECK(pool.set.idle() == &on);
}

TEST_CASE("a closed connection is in no bucket and no gauge, and is destroyed by the sweep") {
    lone_connections pool;
    std::vector<pooled_connection*> open;
    for (int i = 0; i < 4; ++i)
        open.push_back(&pool.open());
    for (const std::size_t which : {1U, 0U, 1U, 0U}) { // in the middle, and at the ends
        pool.set.set_state(*open[which], state::closed);
        open.erase(open.begin() + static_cast<std::ptrdiff_t>(which));
        CHECK(pool.set.size() == open.size());
        for (auto* const each : open) {
            CHECK(std::any_of(
                pool.set.all().begin(), pool.set.all().end(),
                [&](const auto& one) { return one.get() == each; }));
        }
    }
    CHECK(pool.set.idle() == nullptr);
    pool.set.sweep();
}

TEST_CASE("whatever happens to connections, the gauges count them, and the choice is right") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        CAPTURE(seed);
        support::random_numbers random(seed);
        lone_connections pool(1 + random.pick(4));
        for (int step = 0; step < 200; ++step) {
            const auto size = pool.set.size();
            if (size == 0 || (size < 6 && random.one_in(4))) {
                pool.add();
                continue;
            }
            auto& on = *pool.set.all()[random.pick(static_cast<unsigned>(size))];
            if (on.is_open() && on.http.accepts(false) && random.one_in(2)) {
                pool.stage(on);
                pool.write(on);
                pool.set.update(on);
            } else if (on.in_flight() != 0 && random.one_in(2)) {
                pool.receive(on);
                pool.set.update(on);
            } else {
                const auto& all = transitions();
                const auto& to = std::find_if(all.begin(), all.end(), [&](const auto& each) {
                                     return each.first == on.status();
                                 })->second;
                pool.set.set_state(on, to[random.pick(static_cast<unsigned>(to.size()))]);
                pool.set.update(on);
            }
            pool.set.sweep();
            std::size_t connecting = 0, open = 0, idle = 0, draining = 0;
            std::size_t least = 100;
            for (const auto& each : pool.set.all()) {
                const auto status = each->status();
                connecting += status == state::connecting ? 1 : 0;
                draining += status == state::draining ? 1 : 0;
                open += each->is_open() && status != state::draining ? 1 : 0;
                idle += status == state::idle || status == state::reserved ? 1 : 0;
                if ((status == state::idle || status == state::busy) && each->http.accepts(false))
                    least = std::min(least, status == state::idle ? 0 : each->in_flight());
            }
            REQUIRE(pool.stats.connections_connecting == connecting);
            REQUIRE(pool.stats.connections_open() == open);
            REQUIRE(pool.stats.connections_idle == idle);
            REQUIRE(pool.stats.connections_draining == draining);
            const auto* const chosen = pool.set.shallowest();
            REQUIRE((chosen == nullptr) == (least == 100));
            if (chosen)
                REQUIRE((chosen->status() == state::idle ? 0 : chosen->in_flight()) == least);
        }
    }
}
