// How many requests may be in flight after a response that asks for fewer: the table of origin_pacer.hpp, row by row.
#include "policy/origin_pacer.hpp"

#include <doctest/doctest.h>

using bandwidth::webrtc::detail::origin_pacer;
using bandwidth::webrtc::detail::time_point;
using namespace std::chrono_literals;

namespace {

using state = origin_pacer::state;

constexpr time_point first_time(1h);
constexpr std::size_t most_in_flight = 64;

struct tested_pacer {
    /// A limit for a request that is sent now.
    bool limit(std::optional<std::chrono::nanoseconds> asked = 1s) {
        now += 1ms;
        const auto sent = now;
        now += 1ms;
        return pacer.limited(sent, asked, 2s, now);
    }
    /// A response to a request that is sent now.
    void respond(std::size_t count = 1) {
        for (; count != 0; --count)
            pacer.responded(now += 1ms);
    }
    /// Until the probe may go.
    void wait(std::size_t in_flight = 0) {
        now = pacer.opens_at();
        pacer.advance(now, in_flight);
    }
    /// With a window of that size.
    void recover(std::size_t window) {
        limit();
        wait();
        respond();
        while (pacer.more(0) < window)
            respond();
        REQUIRE(pacer.status() == state::recovering);
    }

    origin_pacer pacer{most_in_flight};
    time_point now = first_time;
};

} // namespace

TEST_CASE("O02: an origin that asks for nothing is open") {
    tested_pacer on;
    on.respond(100);
    CHECK(on.pacer.status() == state::open);
    CHECK(on.pacer.may_send(1000));
    CHECK(on.pacer.closings() == 0);
}

TEST_CASE("O02: a limit closes the origin for as long as it asks, or for the pause where it does not say") {
    for (const bool says : {true, false}) {
        CAPTURE(says);
        tested_pacer on;
        CHECK(on.limit(says ? std::optional<std::chrono::nanoseconds>(5s) : std::nullopt));
        CHECK(on.pacer.is_closed());
        CHECK_FALSE(on.pacer.may_send(0));
        CHECK(on.pacer.opens_at() == on.now + (says ? 5s : 2s));
        CHECK(on.pacer.pause() == (says ? 5s : 2s));
        on.pacer.advance(on.pacer.opens_at() - 1ns, 0);
        CHECK(on.pacer.is_closed());
        on.pacer.advance(on.pacer.opens_at(), 0);
        CHECK(on.pacer.status() == state::probing);
    }
}

TEST_CASE("O02: one request probes, and its response opens a window of one") {
    tested_pacer on;
    on.limit();
    on.wait();
    CHECK(on.pacer.may_send(0));
    CHECK_FALSE(on.pacer.may_send(1));
    on.respond();
    CHECK(on.pacer.status() == state::recovering);
    CHECK(on.pacer.more(0) == 1);
    CHECK_FALSE(on.pacer.may_send(1));
}

TEST_CASE(
    "O02: the window grows by one for each window's worth of responses, until it is what there may be "
    "anyway") {
    tested_pacer on;
    on.limit();
    on.wait();
    on.respond();
    for (std::size_t window = 1; window < most_in_flight; ++window) {
        CAPTURE(window);
        REQUIRE(on.pacer.status() == state::recovering);
        on.respond(window - 1);
        CHECK(on.pacer.more(0) == window);
        on.respond();
    }
    CHECK(on.pacer.is_open());
    // The next time it begins anew.
    on.limit();
    on.wait();
    on.respond();
    CHECK(on.pacer.more(0) == 1);
}

TEST_CASE("O02: a limit for the probe closes again, and they are counted until a response that is none") {
    tested_pacer on;
    for (int closings = 1; closings <= 3; ++closings) {
        CHECK(on.limit());
        CHECK(on.pacer.closings() == closings);
        on.wait();
    }
    on.respond();
    CHECK(on.pacer.closings() == 0);
    CHECK(on.pacer.more(0) == 1);
}

TEST_CASE("O02: a limit while it recovers halves the window that follows, one for the probe does not") {
    tested_pacer on;
    on.recover(20);
    on.limit();
    on.wait();
    CHECK(on.pacer.more(0) == 1);
    on.limit(); // the probe
    on.wait();
    on.respond();
    CHECK(on.pacer.more(0) == 10);
    for (const std::size_t half : {5u, 2u, 1u, 1u}) {
        on.limit();
        on.wait();
        on.respond();
        CHECK(on.pacer.more(0) == half);
    }
}

TEST_CASE("O02: the rest of the flight extends by its own Retry-After, and halves nothing twice") {
    tested_pacer on;
    on.recover(20);
    const auto sent = on.now;
    CHECK(on.pacer.limited(sent, 1s, 2s, on.now));
    const auto opens = on.pacer.opens_at();
    CHECK_FALSE(on.pacer.limited(sent, std::nullopt, 60s, on.now + 5ms));
    CHECK(on.pacer.opens_at() == opens);
    CHECK_FALSE(on.pacer.limited(sent, 500ms, 2s, on.now + 5ms));
    CHECK(on.pacer.opens_at() == opens);
    CHECK_FALSE(on.pacer.limited(sent, 3s, 2s, on.now + 5ms));
    CHECK(on.pacer.opens_at() == on.now + 3s + 5ms);
    on.pacer.responded(sent); // a success of that flight says nothing of now
    CHECK(on.pacer.is_closed());
    on.wait();
    on.respond();
    CHECK(on.pacer.more(0) == 10);
    CHECK(on.pacer.closings() == 0);
}

TEST_CASE(
    "O02: one of the flight that comes late closes again for as long as it asks, and the window stays") {
    for (const bool probing : {true, false}) {
        CAPTURE(probing);
        tested_pacer on;
        on.recover(20);
        const auto sent = on.now;
        on.limit();
        on.wait(1);
        if (!probing)
            on.respond();
        CHECK_FALSE(on.pacer.limited(sent, std::nullopt, 2s, on.now)); // it does not say
        CHECK(on.pacer.status() == (probing ? state::probing : state::recovering));
        CHECK_FALSE(on.pacer.limited(sent, 4s, 2s, on.now));
        CHECK(on.pacer.opens_at() == on.now + 4s);
        on.wait();
        on.respond();
        CHECK(on.pacer.more(0) == 10);
    }
}

TEST_CASE("O02: requests from before do not hold up the probe, nor count as its window") {
    tested_pacer on;
    const auto sent = on.now;
    on.limit();
    on.wait(3); // three are slow
    CHECK(on.pacer.may_send(3));
    CHECK_FALSE(on.pacer.may_send(4));
    on.pacer.responded(sent);
    on.pacer.ended(sent);
    CHECK(on.pacer.status() == state::probing);
    CHECK(on.pacer.may_send(2));
    CHECK_FALSE(on.pacer.may_send(3));
}

TEST_CASE("O02: those from before that end without a response leave no room behind") {
    tested_pacer on;
    const auto sent = on.now;
    on.limit();
    on.pacer.ended(sent); // closed: those are not counted that have gone when it opens
    on.wait(3);
    for (int in_flight = 3; in_flight > 0; --in_flight) {
        on.pacer.ended(sent);
        CHECK(on.pacer.may_send(static_cast<std::size_t>(in_flight - 1)));
        CHECK_FALSE(on.pacer.may_send(static_cast<std::size_t>(in_flight)));
    }
    on.pacer.ended(sent);
    CHECK(on.pacer.more(0) == 1);
    on.respond();
    on.pacer.ended(on.now); // the probe itself
    CHECK(on.pacer.more(0) == 1);
    CHECK(on.pacer.more(1) == 0);
}

TEST_CASE("O02: a pool of one request opens with the probe's response") {
    origin_pacer pacer(1);
    pacer.limited(first_time, 1s, 1s, first_time);
    pacer.advance(first_time + 1s, 0);
    pacer.responded(first_time + 2s);
    CHECK(pacer.is_open());
}

TEST_CASE(
    "O02: limits without end are counted up to a bound, and responses to what it is not told of do no harm") {
    tested_pacer on;
    for (int i = 0; i < 1000; ++i) {
        on.limit();
        on.wait();
    }
    CHECK(on.pacer.closings() == 20);
    CHECK(on.pacer.status() == state::probing);
    on.limit();
    on.respond(100); // closed
    CHECK(on.pacer.is_closed());
}
