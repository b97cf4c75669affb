// What becomes of calls whose connection is lost.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

TEST_CASE("W07, W09: a connection that the server closes while idle is gone before the next call") {
    for (const bool fin : {false, true}) {
        fake_pool pool(with_connections(1));
        pool.confirm(0);
        pool.cycle([&] { fin ? pool.link(0).fin() : pool.link(0).reset(); });
        CHECK(pool.connection_gauges_are_zero());
        CHECK(pool.stats().connections_lost == 0);
        auto& get = pool.submit();
        pool.connect(1);
        pool.respond(1);
        CHECK(get.got("/2"));
        CHECK(get.attempts == 1);
    }
}

TEST_CASE("W08: a GET that met a stale connection is sent once more, and succeeds") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& get = pool.submit();
    pool.cycle([&] { pool.link(0).fin(); });
    CHECK_FALSE(get.done());
    pool.connect(1);
    pool.respond(1);
    CHECK(get.got("/2"));
    CHECK(pool.sends_of(get) == 2);
    CHECK(get.attempts == 2);
    CHECK(pool.stats().resends == 1);
}

TEST_CASE("a call that its caller does not allow to be sent again is not") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& get = pool.make();
    get.allow_resend = false;
    pool.submit(get);
    pool.cycle([&] { pool.link(0).fin(); });
    CHECK(get.failed_with(errc::connection_lost, delivery::maybe_processed));
    CHECK(pool.sends_of(get) == 1);
}

TEST_CASE("W10: the responses that came stand, the rest is sent again in order, one first") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& a = pool.submit();
    auto& b = pool.submit();
    auto& c = pool.submit(request_class::idempotent);
    auto& d = pool.submit();
    pool.respond(0);
    pool.cycle([&] { pool.link(0).fin(); });
    auto& e = pool.submit();
    CHECK(a.got("/2"));
    pool.connect(1);
    CHECK(pool.link(1).targets() == targets({&b}));
    pool.respond_to_all(1);
    CHECK(pool.link(1).targets() == targets({&b, &c, &d, &e}));
    CHECK(pool.sends_of(a) == 1);
    for (const auto* const each : {&b, &c, &d, &e})
        CHECK(each->got(each->request.target));
}

TEST_CASE("W11: a response that announces the close does not fail the calls behind it") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& a = pool.submit();
    auto& b = pool.submit();
    auto& once = pool.make();
    once.allow_resend = false;
    pool.submit(once);
    pool.respond(0, "Connection: close\r\n");
    CHECK(a.got("/2"));
    // The server did not process it (RFC 9112, section 9.6).
    CHECK(once.failed_with(errc::connection_lost, delivery::not_sent));
    pool.connect(1);
    pool.respond(1);
    CHECK(b.got("/3"));
    CHECK(pool.stats().connections_lost == 0);
}

TEST_CASE("a call whose response came in part is sent again, up to the limit") {
    fake_pool pool(with_connections(1));
    auto& get = pool.submit();
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK_FALSE(get.done());
        pool.connect(i);
        pool.cycle([&] { pool.link(i).receive("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal"); });
        pool.cycle([&] { pool.link(i).fin(); });
        pool.pass(500ms);
    }
    CHECK(get.failed_with(errc::incomplete_response, delivery::maybe_processed));
    CHECK(get.attempts == 3);
    CHECK(pool.links.size() == 3);
}

TEST_CASE(
    "W13: with a server that drops every connection, each request is sent a few times, and every call "
    "fails") {
    for (const int attempts : {1, 3}) {
        CAPTURE(attempts);
        auto settings = with_connections(4);
        settings.again.retry.attempts(attempts);
        fake_pool pool(settings);
        constexpr int count = 50;
        pool.ask([&] {
            for (int i = 0; i < count; ++i)
                pool.scheduler().submit(pool.make());
        });
        for (std::size_t i = 0; i < 1000 && pool.order.size() < count; ++i) {
            if (i == pool.links.size())
                pool.pass(500ms); // the pause after a failed dial
            if (i == pool.links.size())
                break;
            pool.connect(i);
            pool.cycle([&] { pool.link(i).reset(); });
        }
        CHECK(pool.links.size() <= 24);
        for (const auto& each : pool.calls) {
            CHECK(each->completions == 1);
            const auto sends = pool.sends_of(*each);
            CHECK(each->why.code() == (sends == 0 ? errc::no_usable_connection : errc::connection_lost));
            CHECK(each->why.code() == bandwidth::webrtc::condition::retryable);
            CHECK(sends <= std::min(attempts, 2)); // twice on a fresh connection, no more
            CHECK(each->why.delivery() == (sends == 0 ? delivery::not_sent : delivery::maybe_processed));
        }
        CHECK(pool.gauges_are_zero());
    }
}

TEST_CASE(
    "W13: a server that drops every connection after one response costs N * (1 + resends) sends, not more") {
    auto settings = with_connections(2);
    settings.again.max_resends = 2;
    fake_pool pool(settings);
    constexpr int count = 60;
    pool.ask([&] {
        for (int i = 0; i < count; ++i)
            pool.scheduler().submit(pool.make());
    });
    for (std::size_t i = 0; i < pool.links.size() && i < 1000; ++i) {
        pool.connect(i);
        pool.respond(i);
        if (pool.link(i).outstanding() != 0)
            pool.cycle([&] { pool.link(i).reset(); });
        pool.pass(1ms);
    }
    int sends = 0;
    for (const auto& each : pool.calls) {
        CHECK(each->completions == 1);
        sends += pool.sends_of(*each);
    }
    CHECK(sends <= count * 3);
    CHECK(pool.gauges_are_zero());
    CHECK(pool.stats().pipelining_disabled == 1); // to one request at a time
}

TEST_CASE("a pipeline that always breaks in the middle costs no more than its resends") {
    fake_pool pool(with_connections(1));
    for (int i = 0; i < 40; ++i)
        pool.submit();
    for (std::size_t i = 0; i < pool.links.size() && i < 1000; ++i) {
        pool.connect(i);
        pool.respond(i);
        if (pool.link(i).outstanding() != 0)
            pool.cycle([&] { pool.link(i).reset(); });
    }
    for (const auto& each : pool.calls) {
        CHECK(each->completions == 1);
        CHECK(pool.sends_of(*each) <= 3);
    }
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("a broken response fails the front, those behind it are sent again") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& front = pool.submit();
    auto& behind = pool.submit();
    pool.cycle([&] { pool.link(0).receive("HTTP/1.1 999 What\r\n\r\n"); });
    CHECK(front.failed_with(errc::protocol_error, delivery::maybe_processed));
    CHECK(pool.link(0).phase() == phase::closed);
    pool.connect(1);
    pool.respond(1);
    CHECK(behind.got("/3"));
    CHECK(pool.sends_of(front) == 1);
}

TEST_CASE("a response that is too large fails the front only") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& front = pool.submit();
    auto& behind = pool.submit();
    pool.cycle([&] { pool.link(0).receive("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"); });
    CHECK(front.failed_with(errc::response_too_large, delivery::maybe_processed));
    CHECK_FALSE(behind.done());
}

TEST_CASE("F06: surplus bytes close the connection, the responses stand") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& get = pool.submit();
    pool.cycle([&] {
        pool.link(0).receive("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n/2HTTP/1.1 200 OK\r\n\r\n");
    });
    CHECK(get.got("/2"));
    CHECK(pool.link(0).phase() == phase::closed);
    CHECK(pool.stats().unsolicited_bytes == 19);
    CHECK(pool.connection_gauges_are_zero());
}

TEST_CASE(
    "I2: a response to another request fails its call, and no other response of that connection is "
    "believed") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& front = pool.make();
    front.knows_own = true;
    pool.submit(front);
    auto& behind = pool.submit();
    pool.cycle([&] {
        pool.link(0).receive(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n/9"
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n/2");
    });
    CHECK(pool.order.back() == &front);
    CHECK(pool.sends_of(front) == 1);
    CHECK(pool.link(0).phase() == phase::closed);
    CHECK_FALSE(behind.done());
    pool.connect(1);
    pool.respond(1);
    CHECK(behind.got("/3"));
    CHECK(pool.stats().calls_failed == 1);
    CHECK(pool.stats().connections_lost == 1);
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("a front without a response in time fails, those behind it are sent again") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& front = pool.submit();
    auto& behind = pool.submit();
    pool.pass(15s - 1ms);
    CHECK_FALSE(front.done());
    pool.pass(1ms);
    CHECK(front.failed_with(errc::response_timeout, delivery::maybe_processed));
    CHECK(pool.link(0).phase() == phase::closed);
    pool.connect(1);
    pool.respond(1);
    CHECK(behind.got("/3"));
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("each front has its own time, from the response before it") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.submit();
    auto& second = pool.submit();
    pool.pass(10s);
    pool.respond(0);
    pool.pass(10s);
    CHECK_FALSE(second.done());
    pool.pass(5s);
    CHECK(second.failed_with(errc::response_timeout, delivery::maybe_processed));
}

TEST_CASE("F15: interim responses and drips of a header section do not move its time") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& front = pool.submit();
    for (int i = 0; i < 14; ++i) {
        pool.pass(1s);
        pool.cycle([&] {
            pool.link(0).receive(i == 0 ? "HTTP/1.1 103 Early Hints\r\n\r\n" : i == 1 ? "HTTP/1.1 2" : "");
        });
    }
    CHECK_FALSE(front.done());
    pool.pass(1s);
    CHECK(front.failed_with(errc::response_timeout, delivery::maybe_processed));
}

TEST_CASE("progress moves the time for a body, silence does not") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& front = pool.submit();
    pool.cycle([&] { pool.link(0).receive("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"); });
    pool.pass(10s);
    pool.cycle([&] { pool.link(0).receive("x"); });
    pool.pass(14s);
    CHECK_FALSE(front.done());
    pool.pass(1s);
    CHECK(front.failed_with(errc::body_timeout, delivery::maybe_processed));
}

TEST_CASE("a call that may have been processed once says so for ever") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& get = pool.submit();
    pool.cycle([&] { pool.link(0).reset(); });
    pool.cycle([&] { pool.link(1).refused(errc::connect_failed); });
    CHECK(get.failed_with(errc::connect_failed, delivery::maybe_processed));
    CHECK(get.attempts == 1);
}

TEST_CASE("a response completes its call, whatever its status") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& get = pool.submit();
    pool.cycle([&] { pool.link(0).receive("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"); });
    CHECK(get.status == 503);
    CHECK(pool.stats().calls_failed == 1);
    CHECK(pool.link(0).phase() == phase::open);
}

TEST_CASE(
    "W22: a write that fails ends the connection in the same cycle, and what was not sent goes elsewhere") {
    for (const auto kind : {request_class::safe, unsafe}) {
        fake_pool pool(with_connections(1));
        pool.confirm(0);
        pool.link(0).write_fails = true; // ENOBUFS, EHOSTUNREACH, EPERM: reading goes on
        auto& call = pool.submit(kind);
        CHECK(pool.link(0).phase() == phase::closed);
        REQUIRE(pool.links.size() == 2);
        pool.connect(1);
        pool.respond(1);
        CHECK(call.got(call.request.target));
        CHECK(pool.sends_of(call) == 1);
    }
}

TEST_CASE("W22: a POST that was written before a write fails is not sent again") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.link(0).jammed = true;
    auto& post = pool.submit(unsafe);
    pool.cycle([&] {
        pool.link(0).sent_some(10);
        pool.link(0).write_broken();
    });
    CHECK(post.failed_with(errc::connection_lost, delivery::maybe_processed));
}

TEST_CASE("a response that comes early tells nothing of the requests behind it") {
    // An early response was once taken for an announced close, and requests on the wire failed as not_sent.
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.link(0).jammed = true;
    std::vector<test_call*> calls;
    pool.ask([&] {
        for (int i = 0; i < 4; ++i) {
            auto& made = pool.make(request_class::idempotent);
            made.allow_resend = false;
            calls.push_back(&made);
            pool.scheduler().submit(made);
        }
    });
    pool.cycle([&] { pool.link(0).sent_some(20); }); // less than the first of them
    pool.respond(0);
    CHECK(calls[0]->status == 200);
    for (std::size_t i = 1; i < calls.size(); ++i)
        CHECK(calls[i]->failed_with(errc::connection_lost, delivery::maybe_processed));
}

TEST_CASE("N8: only Connection: close says that what is behind was not processed") {
    const auto* const http_1_0 = "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    for (const auto* const response : {"HTTP/1.1 200 OK\r\n\r\nhello", http_1_0}) {
        CAPTURE(response);
        fake_pool pool(with_connections(1));
        pool.confirm(0);
        auto& first = pool.submit();
        auto& put = pool.make(request_class::idempotent);
        put.allow_resend = false;
        pool.submit(put);
        REQUIRE(pool.sends_of(put) == 1);
        pool.cycle([&] { pool.link(0).receive(response); });
        pool.cycle([&] { pool.link(0).fin(); });
        CHECK(first.done());
        CHECK(put.failed_with(errc::connection_lost, delivery::maybe_processed));
    }
}
