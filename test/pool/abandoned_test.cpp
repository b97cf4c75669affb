// Abandoned requests: their callers have gone, and their responses are still due.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

TEST_CASE("I5: a deadline in flight leaves an abandoned request, and its neighbours do not notice") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& first = pool.submit();
    auto& second = pool.make();
    second.timeout = 1s;
    pool.submit(second);
    auto& third = pool.submit();
    pool.pass(1s);
    CHECK(second.failed_with(errc::response_timeout, delivery::maybe_processed));
    CHECK(second.why.attempts() == 1);
    CHECK(pool.stats().abandoned == 1);
    CHECK(pool.stats().in_flight == 2);
    pool.respond_to_all(0);
    CHECK(first.got("/2"));
    CHECK(second.completions == 1);
    CHECK(third.got("/4"));
    CHECK(pool.links.size() == 1);
    CHECK(pool.gauges_are_zero());
    CHECK(pool.link(0).phase() == phase::open);
}

TEST_CASE("a cancelled call in flight leaves an abandoned request, wherever it stands") {
    for (const int which : {0, 1, 2}) {
        CAPTURE(which);
        fake_pool pool(with_connections(1));
        pool.confirm(0);
        std::vector<test_call*> gets;
        for (int i = 0; i < 3; ++i)
            gets.push_back(&pool.submit());
        pool.cancel(*gets[static_cast<std::size_t>(which)]);
        CHECK(gets[static_cast<std::size_t>(which)]->failed_with(errc::cancelled, delivery::maybe_processed));
        pool.respond_to_all(0);
        for (int i = 0; i < 3; ++i)
            CHECK(gets[static_cast<std::size_t>(i)]->status == (i == which ? 0 : 200));
        CHECK(pool.gauges_are_zero());
        CHECK(pool.links.size() == 1);
    }
}

TEST_CASE("more abandoned requests than half of the depth: the connection takes no more calls") {
    fake_pool pool(with_connections(1, 4));
    pool.confirm(0);
    std::vector<test_call*> gets;
    for (int i = 0; i < 4; ++i)
        gets.push_back(&pool.submit());
    pool.cancel(*gets[0]);
    pool.cancel(*gets[1]);
    CHECK(pool.stats().connections_open() == 1);
    pool.cancel(*gets[3]);
    CHECK(pool.stats().connections_open() == 0);
    CHECK(pool.stats().connections_draining == 1);
    pool.respond(0);
    pool.respond(0);
    CHECK(pool.link(0).phase() == phase::open);
    pool.respond(0); // the last response with a caller: those of abandoned requests are not waited for
    CHECK(gets[2]->status == 200);
    CHECK(pool.link(0).phase() == phase::closed);
    CHECK(pool.gauges_are_zero());
    CHECK(pool.connection_gauges_are_zero());
}

TEST_CASE("an abandoned response is waited for as long as its grace, then its connection drains") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& live = pool.submit();
    pool.cancel(pool.submit());
    pool.pass(2s - 1ms);
    CHECK(pool.stats().connections_draining == 0);
    pool.pass(1ms);
    CHECK(pool.stats().connections_draining == 1);
    pool.respond(0);
    CHECK(live.status == 200);
    CHECK(pool.link(0).phase() == phase::closed);
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("a connection with nothing but an abandoned request closes after its grace") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.cancel(pool.submit());
    pool.pass(2s);
    CHECK(pool.link(0).phase() == phase::closed);
    CHECK(pool.gauges_are_zero());
    CHECK(pool.connection_gauges_are_zero());
}

TEST_CASE("an abandoned response that comes in time leaves the connection as it was") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.cancel(pool.submit());
    pool.pass(1s);
    pool.respond(0);
    pool.pass(10s);
    CHECK(pool.link(0).phase() == phase::open);
    CHECK(pool.stats().connections_idle == 1);
}

TEST_CASE("O07: a storm of cancellations leaves nothing behind") {
    fake_pool pool(with_connections(3, 4));
    for (int i = 0; i < 60; ++i)
        pool.submit(i % 5 == 0 ? unsafe : request_class::safe);
    for (std::size_t i = 0; i < 3; ++i)
        pool.connect(i);
    for (std::size_t i = 0; i < pool.calls.size(); i += 2)
        pool.cancel(*pool.calls[i]);
    for (int round = 0; round < 100 && !pool.gauges_are_zero(); ++round) {
        for (std::size_t i = 0; i < pool.links.size(); ++i) {
            if (pool.link(i).phase() < phase::open)
                pool.connect(i);
            pool.respond_to_all(i);
        }
        pool.pass(100ms);
    }
    CHECK(pool.gauges_are_zero());
    for (const auto& each : pool.calls)
        CHECK(each->completions == 1);
}

TEST_CASE(
    "a long response whose caller has gone is not read to its end: the other calls move to another "
    "connection") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& front = pool.submit();
    auto& behind = pool.submit();
    pool.cycle([&] { pool.link(0).receive("HTTP/1.1 200 OK\r\nContent-Length: 262145\r\n\r\n"); });
    pool.cancel(front);
    CHECK(pool.link(0).phase() == phase::closed);
    pool.connect(1);
    pool.respond(1);
    CHECK(behind.got("/3"));
    CHECK(pool.stats().connections_lost == 0);
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("a short response whose caller has gone is read to its end, and the connection stays open") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& front = pool.submit();
    auto& behind = pool.submit();
    pool.cycle([&] { pool.link(0).receive("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"); });
    pool.cancel(front);
    CHECK(pool.link(0).phase() == phase::open);
    pool.cycle([&] { pool.link(0).receive("123456789HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n/3"); });
    CHECK(behind.got("/3"));
}

TEST_CASE("an abandoned request at the front that stalls does not fail the calls behind it") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& front = pool.submit();
    auto& behind = pool.submit();
    pool.pass(14s);
    pool.cancel(front);
    pool.pass(1s);
    CHECK(pool.link(0).phase() == phase::closed);
    pool.connect(1);
    pool.respond(1);
    CHECK(behind.got("/3"));
    CHECK(pool.gauges_are_zero());
}

TEST_CASE(
    "I5: a caller who leaves in the middle of a short chunked response changes nothing for the call behind "
    "his") {
    auto settings = with_connections(1);
    settings.again.budget_per_second = 0;
    settings.again.budget_ratio = 0;
    fake_pool pool(settings);
    pool.confirm(0);
    auto& front = pool.submit();
    auto& behind = pool.make();
    behind.allow_resend = false;
    pool.submit(behind);
    pool.cycle([&] { pool.link(0).receive("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"); });
    pool.cancel(front);
    pool.cycle(
        [&] { pool.link(0).receive("cde\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n/3"); });
    CHECK(behind.got("/3"));
}

TEST_CASE("I9: a response that nobody waits for is not read for ever, whenever its caller left") {
    for (const bool told : {true, false}) {
        CAPTURE(told);
        auto settings = with_connections(1);
        settings.again.budget_per_second = 0; // a connection that this side closes needs no budget
        settings.again.budget_ratio = 0;
        fake_pool pool(settings);
        pool.confirm(0);
        auto& front = pool.submit();
        auto& behind = pool.submit();
        pool.cancel(front); // before anything of the response is there
        pool.cycle([&] {
            pool.link(0).receive(told ? "HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n"
                                      : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7a1200\r\n");
        });
        int pieces = 0;
        for (; pieces < 100 && pool.link(0).phase() == phase::open; ++pieces)
            pool.cycle([&] { pool.link(0).receive(std::string(16384, 'x')); });
        CHECK(pieces <= 17); // 256 KiB and a bit
        pool.connect(1);
        pool.respond(1);
        CHECK(behind.got("/3"));
    }
}

TEST_CASE("at depth 1 a connection stays in use after a caller has left") {
    fake_pool pool(with_connections(1, 1));
    pool.confirm(0);
    pool.cancel(pool.submit());
    CHECK(pool.link(0).phase() == phase::open);
    pool.respond(0);
    auto& next = pool.submit();
    pool.respond(0);
    CHECK(next.got(next.request.target));
    CHECK(pool.links.size() == 1);
}

TEST_CASE(
    "total cancellation ends a call as long as no byte of it can have left, and does nothing afterwards") {
    fake_pool pool([] {
        auto settings = with_attempts(2);
        settings.max_connections = 1;
        return settings;
    }());
    const auto cancel = [&](test_call& value) {
        pool.cancel(value, true);
        return value.done();
    };
    auto& queued = pool.submit();
    CHECK(cancel(queued));
    CHECK(queued.failed_with(errc::cancelled, delivery::not_sent));
    pool.connect(0);
    pool.submit();
    pool.respond(0); // pipelines work on it

    pool.link(0).jammed = true;
    auto& staged = pool.submit();
    CHECK(cancel(staged));
    CHECK(staged.failed_with(errc::cancelled, delivery::not_sent));
    CHECK(pool.sends_of(staged) == 0);
    pool.link(0).jammed = false;

    auto& sent = pool.submit();
    CHECK_FALSE(cancel(sent));
    pool.refuse(0, 503);
    CHECK_FALSE(cancel(sent)); // it waits for its next attempt
    pool.pass(5s);
    CHECK_FALSE(cancel(sent));
    pool.respond(0);
    CHECK(sent.got(sent.request.target));

    pool.link(0).room = 10;
    auto& in_part = pool.submit();
    CHECK_FALSE(cancel(in_part));
    pool.cancel(in_part);
    CHECK(in_part.failed_with(errc::cancelled, delivery::maybe_processed));

    pool.submit(); // for which the drain waits
    auto& drain = pool.drain();
    CHECK_FALSE(cancel(drain)); // it has closed the pool for other calls
}
