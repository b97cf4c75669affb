// What the pool does after a response that asks for fewer requests: which calls wait, which fail, and what is sent
// when. The states themselves: test/policy/origin_pacer_test.cpp. Crowds of calls: origin_limits_test.cpp.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;
using bandwidth::webrtc::retry_policy;

namespace {

const std::string after_2_s = "Retry-After: 2\r\n";

/// One connection, idle, whose pool waits for two seconds; and the call that was refused.
struct paced_pool {
    explicit paced_pool(detail::scheduler_settings settings = with_attempts(3), int status = 429,
                        request_class kind = request_class::safe)
        : pool(settings) {
        pool.confirm(0);
        refused = &pool.submit(kind);
        pool.refuse(0, status, after_2_s);
    }
    std::uint64_t sent() const { return pool.stats().requests_sent; }

    fake_pool pool;
    test_call* refused = nullptr;
};

} // namespace

TEST_CASE("O02: after a 429 calls wait in the queue for its Retry-After, then one goes first") {
    paced_pool paced;
    auto& pool = paced.pool;
    CHECK(paced.refused->where == test_call::state::queued); // not a pause of its own
    for (int i = 0; i < 5; ++i)
        pool.submit();
    CHECK(pool.stats().queue_depth == 6);
    CHECK(pool.stats().origin_paced == 1);
    pool.pass(2s - 1ms);
    CHECK(paced.sent() == 2);
    pool.pass(1ms);
    CHECK(paced.sent() == 3);
    pool.respond(0);
    CHECK(paced.refused->got("/2"));
    CHECK(paced.sent() == 4); // a window of one
    pool.respond(0);
    CHECK(paced.sent() == 6); // of two
    pool.respond_to_all(0);
    CHECK(pool.stats().calls_succeeded == 7);
    CHECK(pool.links.size() == 1);
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("O02: a 429 is retried for a POST too, by default") {
    paced_pool paced(with_attempts(3), 429, unsafe);
    paced.pool.pass(2s);
    CHECK(paced.pool.sends_of(*paced.refused) == 2);
    paced.pool.respond(0);
    CHECK(paced.refused->got("/2"));
}

TEST_CASE(
    "O02: a 503 with Retry-After paces the origin as well, but is retried for a POST only by its caller's "
    "will") {
    for (const bool allowed : {false, true}) {
        CAPTURE(allowed);
        auto settings = with_attempts(3);
        settings.again.retry.retry_unavailable_unsafe(allowed);
        paced_pool paced(settings, 503, unsafe);
        CHECK(paced.refused->done() != allowed);
        CHECK(paced.pool.stats().origin_paced == 1);
        auto& get = paced.pool.submit();
        CHECK(paced.sent() == 2);
        paced.pool.pass(2s);
        paced.pool.respond_to_all(0);
        CHECK(get.got("/3"));
        CHECK(paced.refused->status == (allowed ? 200 : 503));
    }
}

TEST_CASE("a 503 without Retry-After is its call's own affair") {
    for (const std::string field : {"", "Retry-After: soon\r\n"}) {
        fake_pool pool(with_attempts(3));
        pool.confirm(0);
        auto& get = pool.submit();
        pool.refuse(0, 503, field);
        CHECK(get.where == test_call::state::paused);
        auto& other = pool.submit();
        pool.respond(0);
        CHECK(other.got("/3"));
        CHECK(pool.stats().origin_paced == 0);
    }
}

TEST_CASE("O01: a Retry-After that is a date counts by our clock where the response has no Date") {
    fake_pool pool(with_attempts(2));
    pool.confirm(0);
    auto& get = pool.submit();
    pool.refuse(0, 429,
                "Retry-After: Sun, 09 Sep 2001 01:46:45 GMT\r\n"); // 01:46:40 is the fake pool's time of day
    pool.pass(5s - 1ms);
    CHECK(pool.sends_of(get) == 1);
    pool.pass(1ms);
    CHECK(pool.sends_of(get) == 2);
}

TEST_CASE("O02: without a Retry-After, or with 0, the pause is the policy's and doubles") {
    for (const std::string field : {"", "Retry-After: 0\r\n"}) {
        fake_pool pool(with_attempts(3));
        pool.confirm(0);
        auto& get = pool.submit();
        for (const auto longest : {1000ms, 2000ms, 4000ms}) {
            pool.refuse(0, 429, field);
            const auto sends = pool.sends_of(get);
            pool.pass(longest / 2 - 1ms);
            CHECK(pool.sends_of(get) == sends);
            pool.pass(longest / 2 + 1ms);
            CHECK(pool.sends_of(get) == sends + 1);
        }
        pool.respond(0);
        CHECK(get.got("/2"));
        CHECK(get.attempts == 4); // more than the policy has, which a 429 does not use up
    }
}

TEST_CASE("O02: a call whose deadline comes before the origin opens fails at once, and says why") {
    fake_pool pool(with_attempts(3));
    pool.confirm(0);
    auto& refused = pool.make();
    refused.timeout = 2s;
    pool.submit(refused);
    auto& first = pool.submit(unsafe); // waits behind it
    auto& hasty = pool.make(unsafe);
    hasty.timeout = 1s;
    pool.submit(hasty);
    pool.refuse(0, 429, after_2_s);
    CHECK(refused.status == 429); // the response tells more
    REQUIRE(hasty.failed_with(errc::throttled, delivery::not_sent));
    CHECK(hasty.why.message() == "the service asked for no requests for 2 s (429)");
    CHECK(hasty.why.retry_after() == 2s);
    CHECK(hasty.why.attempts() == 0);
    CHECK_FALSE(first.done());

    pool.pass(500ms);
    auto& later = pool.make();
    later.timeout = 1500ms;
    pool.submit(later);
    CHECK(later.failed_with(errc::throttled, delivery::not_sent));
    CHECK(later.why.elapsed() == 0s);
    CHECK(later.why.retry_after() == 2s); // 1.5 s, in whole seconds
    auto& in_time = pool.make();
    in_time.timeout = 1501ms;
    pool.submit(in_time);
    CHECK_FALSE(in_time.done());
    pool.pass(1500ms);
    pool.respond_to_all(0); // the POST
    CHECK(first.got(first.request.target));
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("O02: a deadline that passes in the queue of a paced origin is told as that") {
    paced_pool paced;
    auto& pool = paced.pool;
    pool.pass(2s);
    CHECK(pool.link(0).outstanding() == 1); // the probe, that gets no response
    auto& waits = pool.make();
    waits.timeout = 1s;
    pool.submit(waits);
    pool.pass(1s);
    REQUIRE(waits.failed_with(errc::throttled, delivery::not_sent));
    CHECK(waits.why.message() == "the service asked for fewer requests (429)");
    CHECK_FALSE(waits.why.retry_after());
}

TEST_CASE(
    "O02: a call that comes back from a pause or a lost connection waits for the origin, or fails at once") {
    for (const bool late : {false, true}) {
        CAPTURE(late);
        fake_pool pool(with_attempts(3, 2));
        pool.confirm_all(2);
        auto& failed = pool.make();
        failed.timeout = late ? 1s : 30s;
        pool.submit(failed); // on the second connection, which was used last
        auto& lost = pool.make();
        lost.timeout = late ? 1s : 30s;
        pool.submit(lost);
        REQUIRE(pool.link(0).outstanding() == 1);
        REQUIRE(pool.link(1).outstanding() == 1);
        auto& refused = pool.submit(); // behind one of them
        const std::size_t two = pool.link(0).outstanding() == 2 ? 0 : 1;
        pool.refuse(two, 500);
        pool.refuse(two, 429, after_2_s);
        pool.cycle([&] { pool.link(1 - two).reset(); });
        auto& paused = two == 1 ? failed : lost;
        auto& resent = two == 1 ? lost : failed;
        CHECK(resent.done() == late);
        pool.pass(50ms);
        CHECK(paused.done() == late);
        if (late) {
            CHECK(paused.failed_with(errc::throttled, delivery::maybe_processed));
            CHECK(resent.failed_with(errc::throttled, delivery::maybe_processed));
        }
        pool.pass(1950ms);
        pool.respond_to_all(two);
        CHECK(refused.got(refused.request.target));
        CHECK(paused.done());
        CHECK(resent.done());
        CHECK(pool.links.size() == 2); // nothing was dialled meanwhile
    }
}

TEST_CASE(
    "O02: open connections stay open while the origin is closed, and none is made for calls that wait") {
    fake_pool pool(with_attempts(3, 4));
    pool.confirm_all(2);
    pool.submit(unsafe);
    pool.refuse(1, 429, "Retry-After: 5\r\n");
    for (int i = 0; i < 20; ++i)
        pool.submit(unsafe);
    pool.pass(5s - 1ms);
    CHECK(pool.links.size() == 2);
    CHECK(pool.stats().connections_idle == 2);
    pool.pass(1ms); // the probe is a POST, for which they were idle for too long
    CHECK(pool.links.size() == 3);
    CHECK(pool.stats().connections_open() == 2);
    CHECK(pool.stats().requests_sent == 3);
    pool.connect(2);
    CHECK(pool.stats().requests_sent == 4);
}

TEST_CASE("O02: where there is no connection, one is made for the probe") {
    fake_pool pool(with_attempts(3, 8));
    pool.confirm(0);
    pool.submit();
    pool.refuse(0, 429, after_2_s + "Connection: close\r\n");
    for (int i = 0; i < 20; ++i)
        pool.submit();
    pool.pass(2s - 1ms);
    CHECK(pool.links.size() == 1);
    pool.pass(1ms);
    REQUIRE(pool.links.size() == 2);
    pool.connect(1);
    pool.respond_to_all(1);
    CHECK(pool.stats().calls_succeeded == 22);
}

TEST_CASE("O02: calls that need a new connection wait too, and get it afterwards") {
    fake_pool pool(with_attempts(3));
    pool.confirm(0);
    auto& misdirected = pool.submit();
    auto& refused = pool.submit();
    pool.refuse(0, 421);
    REQUIRE(pool.links.size() == 1); // the only one is draining
    pool.refuse(0, 429, after_2_s);
    pool.pass(2s - 1ms);
    for (std::size_t i = 1; i < pool.links.size(); ++i)
        CHECK(pool.link(i).targets().empty());
    pool.pass(1ms);
    for (std::size_t i = 1; i < 4 && !(misdirected.done() && refused.done()); ++i) {
        REQUIRE(pool.links.size() > i);
        pool.connect(i);
        pool.respond_to_all(i);
    }
    CHECK(misdirected.got("/2"));
    CHECK(refused.got("/3"));
}

TEST_CASE("O02: the response to a call that is no limit of the rate is its result, and nobody waits for it") {
    fake_pool pool(with_attempts(3));
    pool.confirm(0);
    for (const int status : {429, 503}) {
        CAPTURE(status);
        auto& full = pool.make();
        full.limited = false;
        pool.submit(full);
        auto& behind = pool.submit();
        pool.refuse(0, status, after_2_s);
        pool.respond(0);
        CHECK(full.status == status);
        CHECK(behind.status == 200);
    }
    CHECK(pool.stats().origin_paced == 0);
    CHECK(pool.stats().retries == 0);
}

TEST_CASE("O02: such a response to the probe opens the origin as any other does") {
    paced_pool paced;
    auto& pool = paced.pool;
    pool.cancel(*paced.refused);
    auto& full = pool.make();
    full.limited = false;
    pool.submit(full);
    for (int i = 0; i < 3; ++i)
        pool.submit();
    pool.pass(2s);
    pool.refuse(0, 429);
    CHECK(full.status == 429);
    pool.respond_to_all(0);
    CHECK(pool.stats().calls_succeeded == 4);
}

TEST_CASE("a client whose policy does not retry 429 gets it as any other response") {
    auto settings = with_attempts(3);
    settings.again.retry.retry_status(429, false);
    paced_pool paced(settings);
    CHECK(paced.refused->status == 429);
    CHECK(paced.pool.stats().origin_paced == 0);
    auto& next = paced.pool.submit();
    paced.pool.respond(0);
    CHECK(next.got("/3"));
}

TEST_CASE("a client of one attempt gets the 429, and paces the origin all the same") {
    paced_pool paced(with_attempts(1));
    CHECK(paced.refused->status == 429);
    auto& next = paced.pool.submit();
    CHECK(paced.sent() == 2);
    paced.pool.pass(2s);
    paced.pool.respond(0);
    CHECK(next.got("/3"));
}

TEST_CASE("O01: calls wait for no longer than the client's policy allows") {
    auto settings = with_attempts(3);
    settings.again.retry.longest_retry_after(10s);
    fake_pool pool(settings);
    pool.confirm(0);
    auto& refused = pool.submit();
    pool.refuse(0, 429, "Retry-After: 3600\r\n");
    CHECK(refused.status == 429);
    auto& next = pool.submit();
    pool.pass(10s - 1ms);
    CHECK(pool.sends_of(next) == 0);
    pool.pass(1ms);
    CHECK(pool.sends_of(next) == 1);
}

TEST_CASE("O02: in a paced pool calls are cancelled, drained, closed and dropped as ever") {
    for (const int way : {0, 1, 2, 3, 4, 5}) {
        CAPTURE(way);
        paced_pool paced;
        auto& pool = paced.pool;
        auto& waits = pool.submit();
        switch (way) {
        case 0:
            pool.cancel(*paced.refused);
            CHECK(paced.refused->failed_with(errc::cancelled, delivery::not_sent));
            pool.cancel(waits, true);
            CHECK(waits.failed_with(errc::cancelled, delivery::not_sent));
            break;
        case 1: // it was sent before, so it has had its effect
            pool.cancel(*paced.refused, true);
            CHECK_FALSE(paced.refused->done());
            pool.close();
            break;
        case 2:
            pool.close();
            CHECK(paced.refused->failed_with(errc::client_closed, delivery::not_sent));
            CHECK(waits.failed_with(errc::client_closed, delivery::not_sent));
            CHECK_FALSE(pool.scheduler().next_time());
            break;
        case 3: {
            auto& drain = pool.drain();
            pool.pass(2s);
            pool.respond_to_all(0);
            CHECK(paced.refused->got("/2"));
            CHECK(waits.got("/3"));
            CHECK(drain.completions == 1);
            CHECK_FALSE(drain.reason());
            CHECK_FALSE(pool.scheduler().next_time());
            break;
        }
        case 4: {
            auto& drain = pool.drain(1s);
            pool.pass(1s);
            CHECK(waits.failed_with(errc::client_closed, delivery::not_sent));
            CHECK(drain.failed_with(errc::client_closed, delivery::not_sent));
            break;
        }
        case 5:
            pool.scheduler().on_context_shutdown();
            CHECK(paced.refused->recycled == 1);
            CHECK(waits.recycled == 1);
            break;
        default:
            break;
        }
        CHECK(pool.gauges_are_zero());
    }
}

TEST_CASE("O02: the connections are drained while the origin is closed") {
    paced_pool paced;
    auto& pool = paced.pool;
    pool.ask([&] { pool.scheduler().drain_connections(); });
    CHECK(pool.stats().connections_open() == 0);
    pool.pass(2s - 1ms);
    CHECK(pool.links.size() == 1);
    pool.pass(1ms);
    REQUIRE(pool.links.size() == 2);
    pool.connect(1);
    pool.respond(1);
    CHECK(paced.refused->got("/2"));
}

TEST_CASE("O02: a probe that is cancelled or lost gives its place to the next call") {
    for (const bool cancelled : {true, false}) {
        CAPTURE(cancelled);
        paced_pool paced;
        auto& pool = paced.pool;
        auto& probe = *paced.refused;
        auto& next = pool.submit();
        pool.pass(2s);
        REQUIRE(pool.sends_of(probe) == 2);
        if (cancelled) {
            pool.cancel(probe);
            CHECK(pool.sends_of(next) == 1);
            pool.respond_to_all(0);
        } else {
            pool.cycle([&] { pool.link(0).reset(); });
            pool.connect(1);
            CHECK(pool.sends_of(probe) == 3);
            CHECK(pool.sends_of(next) == 0);
            pool.respond_to_all(1);
            CHECK(probe.got("/2"));
        }
        CHECK(next.got("/3"));
    }
}

TEST_CASE("O02: a slow response from before does not hold up the probe") {
    fake_pool pool(with_attempts(3, 2));
    pool.confirm_all(2);
    auto& slow = pool.submit();
    auto& refused = pool.submit();
    const std::size_t quick_one = pool.link(0).next_target() == refused.request.target ? 0 : 1;
    pool.refuse(quick_one, 429, after_2_s);
    pool.pass(2s);
    CHECK(pool.sends_of(refused) == 2);
    pool.respond(quick_one);
    CHECK(refused.done());
    pool.respond(1 - quick_one);
    CHECK(slow.done());
}

TEST_CASE(
    "O02: two clients on one pool: both wait, and the one that is always refused does not starve the other") {
    fake_pool pool(with_attempts(3));
    const boost::intrusive_ptr<detail::call_group> other(
        new detail::call_group(detail::request_encoder("Host: other\r\n")));
    pool.confirm(0);
    auto& refused = pool.make();
    refused.group = other;
    pool.submit(refused);
    pool.refuse(0, 429, after_2_s);
    std::vector<const test_call*> calls;
    for (int i = 0; i < 5; ++i)
        calls.push_back(&pool.submit());
    for (int round = 0; round < 10; ++round) {
        pool.pass(2s);
        while (!pool.link(0).next_target().empty())
            if (pool.link(0).next_target() == refused.request.target)
                pool.refuse(0, 429, after_2_s);
            else
                pool.respond(0);
    }
    for (const auto* const each : calls)
        CHECK(each->status == 200);
    CHECK_FALSE(refused.done());
    pool.ask([&] { pool.scheduler().close(*other); });
    CHECK(refused.failed_with(errc::client_closed, delivery::not_sent));
    auto& next = pool.submit();
    CHECK(pool.sends_of(next) == 0); // the origin is the same
    pool.pass(3s);
    pool.respond_to_all(0);
    CHECK(next.done());
}
