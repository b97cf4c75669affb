// Requests that wait to be written together with later ones, while the server is busy.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

namespace {

constexpr auto service = 50us;

/// One confirmed connection whose server takes `each` for a response, with `count` requests in flight on it.
struct busy_pool : fake_pool {
    explicit busy_pool(std::size_t count = 8, std::size_t depth = 8, std::chrono::nanoseconds each = service,
                       std::chrono::nanoseconds round_trip = 40us)
        : fake_pool(with_connections(1, depth)) {
        submit();
        link(0).network_round_trip = round_trip;
        connect(0);
        suspend(each);
        respond(0);
        ask([&] {
            for (std::size_t i = 0; i < count; ++i)
                scheduler().submit(make());
        });
        REQUIRE(link(0).outstanding() == count);
        REQUIRE(unwritten() == 0);
        written = link(0).targets().size();
    }
    std::size_t unwritten() { return link(0).pool_side().http.requests().unsent(); }
    /// A response, and a request that takes its place.
    void respond_and_submit() {
        submit();
        suspend(service);
        respond(0);
    }
    /// How many requests were written since it was made.
    std::size_t since() { return link(0).targets().size() - written; }

    std::size_t written = 0;
};

} // namespace

TEST_CASE("requests wait until the server has no more than half a pipeline left, and go in one piece") {
    busy_pool pool;
    const auto flushes = pool.link(0).flushes;
    for (std::size_t i = 1; i <= 3; ++i) {
        pool.respond_and_submit();
        CHECK(pool.unwritten() == i);
    }
    CHECK(pool.since() == 0);
    pool.respond_and_submit();
    CHECK(pool.unwritten() == 0);
    CHECK(pool.since() == 4);
    CHECK(pool.link(0).flushes == flushes + 1);
    pool.respond_to_all(0);
    for (const auto& call : pool.calls)
        CHECK(call->got(call->request.target));
}

TEST_CASE("no request waits to be written for more than two milliseconds") {
    busy_pool pool;
    pool.respond_and_submit();
    REQUIRE(pool.unwritten() == 1);
    pool.pass(1999us);
    CHECK(pool.unwritten() == 1);
    pool.respond_and_submit(); // the time is the oldest's
    CHECK(pool.unwritten() == 0);
    CHECK(pool.since() == 2);

    pool.respond_and_submit();
    REQUIRE(pool.unwritten() == 1);
    pool.pass(2ms); // and nothing happens but that
    CHECK(pool.unwritten() == 0);
    CHECK(pool.since() == 3);
}

TEST_CASE("after the process was held up, the first cycle writes what has waited too long, and ends") {
    busy_pool pool;
    pool.respond_and_submit();
    REQUIRE(pool.unwritten() == 1);
    pool.suspend(100ms);
    pool.cycle([] {});
    CHECK(pool.unwritten() == 0);
}

TEST_CASE("no request waits after responses that came in one piece: this side is the slower one") {
    for (const std::size_t count : {1, 2, 3}) {
        CAPTURE(count);
        busy_pool pool;
        for (std::size_t i = 0; i < count; ++i)
            pool.submit();
        pool.suspend(service);
        pool.respond_together(0, count);
        CHECK(pool.unwritten() == (count <= 2 ? count : 0));
        if (count == 3) { // and so it stays until some come alone
            pool.respond_and_submit();
            CHECK(pool.unwritten() == 1);
        }
    }
}

TEST_CASE("several reads in one cycle count together") {
    busy_pool pool;
    for (int i = 0; i < 3; ++i)
        pool.submit();
    pool.suspend(service);
    auto& link = pool.link(0);
    const auto two = pool.response_ahead(0, 0) + pool.response_ahead(0, 1);
    const auto one = pool.response_ahead(0, 2);
    pool.cycle([&] {
        link.receive(two);
        link.receive(one);
    });
    CHECK(pool.unwritten() == 0);
}

TEST_CASE("a connection that is kept free for an unsafe call gets no more, so nothing waits on it") {
    busy_pool pool;
    pool.respond_and_submit();
    REQUIRE(pool.unwritten() == 1);
    pool.submit(unsafe);
    CHECK(pool.unwritten() == 0);
}

TEST_CASE("a socket that is full: the requests that have waited go when it takes more") {
    busy_pool pool;
    pool.link(0).jammed = true;
    for (int i = 0; i < 4; ++i)
        pool.respond_and_submit();
    CHECK(pool.unwritten() == 4);
    pool.pass(2ms);
    CHECK(pool.since() == 0);
    pool.link(0).jammed = false;
    pool.cycle([&] { pool.link(0).flush(); });
    CHECK(pool.since() == 4);
    pool.respond_to_all(0);
    for (const auto& call : pool.calls)
        CHECK(call->got(call->request.target));
}

TEST_CASE("a server that becomes slow ends the wait") {
    busy_pool pool(32, 32, 200us);
    pool.respond_and_submit(); // a response takes 191 us now; seven more come within 2 ms
    REQUIRE(pool.unwritten() == 1);
    pool.suspend(1900us);
    pool.respond(0); // 297 us: seven more do not
    CHECK(pool.unwritten() == 0);
}

TEST_CASE("responses alone end the wait, though no request comes with them") {
    busy_pool pool;
    pool.respond_and_submit(); // seven are written, one waits
    REQUIRE(pool.unwritten() == 1);
    for (int i = 0; i < 2; ++i) {
        pool.suspend(service);
        pool.respond(0);
        CHECK(pool.unwritten() == 1);
    }
    pool.suspend(service);
    pool.respond(0); // half of the pipeline is left
    CHECK(pool.unwritten() == 0);
    CHECK(pool.since() == 1);
}

TEST_CASE("requests that were written do not shorten the time of those staged later") {
    busy_pool pool;
    for (int i = 0; i < 4; ++i)
        pool.respond_and_submit(); // the last of them sends all four, 150 us behind the first
    REQUIRE(pool.unwritten() == 0);
    pool.respond_and_submit(); // 200 us behind the first
    REQUIRE(pool.unwritten() == 1);
    pool.pass(1900us); // the first one's time is over
    CHECK(pool.unwritten() == 1);
    pool.pass(100us); // and this one's
    CHECK(pool.unwritten() == 0);
    CHECK(pool.since() == 5);
}

TEST_CASE("where pipelining is disabled no request waits, on no connection") {
    fake_pool pool(with_connections(2));
    const auto submit = [&](int count) {
        pool.ask([&] {
            for (; count != 0; --count)
                pool.scheduler().submit(pool.make());
        });
    };
    submit(2);
    for (const std::size_t i : {0U, 1U}) {
        pool.link(i).network_round_trip = 40us;
        pool.connect(i);
    }
    pool.suspend(service);
    pool.respond(0);
    pool.respond(1);
    submit(16); // eight on each
    submit(1);
    pool.suspend(service);
    pool.respond(1);
    REQUIRE(pool.link(1).pool_side().http.requests().unsent() == 1);
    pool.suspend(service);
    const auto body = pool.link(0).next_target();
    pool.cycle([&] { // HTTP/1.0: one at a time from now on
        pool.link(0).receive("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: " +
                             std::to_string(body.size()) + "\r\n\r\n" + body);
    });
    CHECK(pool.link(1).pool_side().http.requests().unsent() == 0);
}

TEST_CASE("a request that waits and is cancelled was not sent, and its neighbours are") {
    busy_pool pool;
    pool.respond_and_submit();
    pool.respond_and_submit();
    auto& first = *pool.calls[pool.calls.size() - 2];
    auto& second = *pool.calls.back();
    pool.cancel(first);
    CHECK(first.failed_with(errc::cancelled, delivery::not_sent));
    pool.pass(2ms);
    CHECK(pool.sends_of(first) == 0);
    CHECK(pool.sends_of(second) == 1);
    pool.respond_to_all(0);
    CHECK(second.got(second.request.target));
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("a connection that is lost while requests wait: they go to another one, as not sent") {
    busy_pool pool;
    pool.respond_and_submit();
    auto& waiting = *pool.calls.back();
    pool.cycle([&] { pool.link(0).reset(); });
    CHECK(pool.sends_of(waiting) == 0);
    pool.pass(1s);
    REQUIRE(pool.links.size() >= 2);
    pool.connect(1);
    pool.respond_to_all(1);
    CHECK(waiting.got(waiting.request.target));
    CHECK(pool.sends_of(waiting) == 1);
}

TEST_CASE("a client that closes, or a connection that drains, leaves no request behind") {
    busy_pool closing;
    closing.respond_and_submit();
    auto& waiting = *closing.calls.back();
    closing.close();
    CHECK(waiting.failed_with(errc::client_closed, delivery::not_sent));
    CHECK(closing.gauges_are_zero());

    busy_pool draining;
    draining.respond_and_submit();
    const auto writes = draining.stats().writes;
    draining.ask([&] { draining.scheduler().drain_connections(); });
    CHECK(draining.unwritten() == 0); // it is unstaged, and goes to another connection
    CHECK(draining.stats().writes == writes);
    draining.respond_to_all(0);
    draining.connect(1);
    draining.respond_to_all(1);
    for (const auto& call : draining.calls)
        CHECK(call->got(call->request.target));
    CHECK(draining.link(0).phase() == phase::closed);
}
