// How long connections live: those that are kept, idle timeout, age, drain, close, the end of the execution
// context.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

TEST_CASE("O12: timers that expired while the machine was suspended run before anything else") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& late = pool.submit();
    auto& fresh = pool.make();
    pool.suspend(1h); // no cycle in between
    pool.submit(fresh);
    CHECK(late.failed_with(errc::response_timeout, delivery::maybe_processed));
    CHECK(pool.link(0).phase() == phase::closed);
    pool.connect(1);
    pool.respond(1);
    CHECK(fresh.got("/3"));

    pool.suspend(1h);
    auto& next = pool.submit(); // the idle connection was closed
    CHECK(pool.link(1).phase() == phase::closed);
    pool.connect(2);
    pool.respond(2);
    CHECK(next.got("/4"));
}

TEST_CASE("min_connections are made before calls need them, and made again when they end") {
    auto settings = with_connections(4);
    settings.min_connections = 2;
    fake_pool pool(settings);
    pool.cycle([] {});
    REQUIRE(pool.links.size() == 2);
    pool.connect(0);
    pool.connect(1);
    pool.cycle([&] { pool.link(0).fin(); });
    pool.pass(100ms); // a connection that ends before its first response is a dial that failed
    CHECK(pool.links.size() == 3);
    pool.connect(2);
    pool.drain();
    CHECK(pool.connection_gauges_are_zero());
    CHECK(pool.links.size() == 3);
}

TEST_CASE("T21: all connections are replaced: the busy ones finish, nothing is lost") {
    fake_pool pool(with_connections(2));
    pool.confirm(0);
    auto& under_way = pool.submit();
    pool.ask([&] { pool.scheduler().drain_connections(); });
    CHECK(pool.link(0).phase() == phase::open);
    auto& after = pool.submit();
    REQUIRE(pool.links.size() == 2);
    pool.connect(1);
    pool.respond(1);
    CHECK(after.got("/3"));
    pool.respond(0);
    CHECK(under_way.got("/2"));
    CHECK(pool.link(0).phase() == phase::closed);
    pool.ask([&] { pool.scheduler().drain_connections(); });
    CHECK(pool.link(1).phase() == phase::closed);
    CHECK(pool.connection_gauges_are_zero());
}

TEST_CASE("an idle connection is closed after its timeout") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.pass(49s);
    pool.submit();
    pool.respond(0);
    pool.pass(50s - 1ms);
    CHECK(pool.link(0).phase() == phase::open);
    pool.pass(1ms);
    CHECK(pool.link(0).phase() == phase::closed);
    CHECK(pool.connection_gauges_are_zero());
    CHECK(pool.stats().connections_closed == 1);
    CHECK(pool.links.size() == 1);
}

TEST_CASE("a connection drains at its age, give or take a tenth, and finishes what it has") {
    std::vector<std::chrono::nanoseconds> ages;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        auto settings = with_connections(1);
        settings.max_age = 100s;
        settings.response_timeout = 1h;
        settings.again.jitter_seed = seed * 1'000'003;
        fake_pool pool(settings);
        pool.submit();
        pool.connect(0);
        const auto opened = pool.now();
        while (pool.stats().connections_draining == 0 && pool.now() < opened + 200s) {
            pool.submit(); // so that it is never idle
            pool.respond(0);
            pool.pass(100ms);
        }
        ages.push_back(pool.now() - opened);
        CHECK(ages.back() >= 90s - 200ms);
        CHECK(ages.back() <= 110s + 200ms);
        CHECK(pool.link(0).phase() == phase::open);
        auto& next = pool.submit();
        CHECK(next.where == test_call::state::queued);
        pool.respond(0);
        CHECK(pool.link(0).phase() == phase::closed);
        pool.connect(1);
        pool.respond(1);
        CHECK(next.status == 200);
    }
    std::sort(ages.begin(), ages.end());
    CHECK(ages.front() != ages.back());
}

TEST_CASE("a drain waits for every call, and refuses new ones") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& flying = pool.submit();
    auto& waiting = pool.submit(unsafe);
    auto& drain = pool.drain();
    CHECK(pool.submit().failed_with(errc::client_closed, delivery::not_sent));
    pool.respond(0);
    CHECK(flying.status == 200);
    CHECK_FALSE(drain.done());
    pool.respond(0);
    CHECK(waiting.status == 200);
    CHECK(pool.order.back() == &drain);
    CHECK_FALSE(drain.why.code());
    CHECK(pool.link(0).phase() == phase::closed);
    CHECK(pool.gauges_are_zero());
    CHECK(pool.connection_gauges_are_zero());
    CHECK_FALSE(pool.scheduler().next_time());
}

TEST_CASE("a drain of a client with nothing to do is done at once") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& drain = pool.drain();
    auto& second = pool.drain();
    CHECK(pool.order[1] == &drain);
    CHECK(pool.link(0).phase() == phase::closed);
    CHECK(second.done());
}

TEST_CASE("a drain still resends and dials for the calls that it waits for") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& get = pool.submit();
    auto& drain = pool.drain();
    pool.cycle([&] { pool.link(0).fin(); });
    CHECK(pool.order.size() == 1);
    pool.connect(1);
    pool.respond(1);
    CHECK(get.got("/2"));
    CHECK(pool.order.back() == &drain);
}

TEST_CASE("a drain whose time is up cuts the rest off, and says so") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& get = pool.submit();
    auto& post = pool.submit(unsafe);
    auto& drain = pool.drain(1s);
    pool.pass(1s);
    CHECK(get.failed_with(errc::client_closed, delivery::maybe_processed));
    CHECK(post.failed_with(errc::client_closed, delivery::not_sent));
    CHECK(drain.why.code() == errc::client_closed);
    CHECK(drain.completions == 1);
    CHECK(pool.link(0).phase() == phase::closed);
    CHECK(pool.gauges_are_zero());
    CHECK(pool.connection_gauges_are_zero());
}

TEST_CASE("a drain does not wait for abandoned requests") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.cancel(pool.submit());
    auto& drain = pool.drain();
    CHECK(pool.order.back() == &drain);
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("a drain that is cancelled goes on without a caller") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& get = pool.submit();
    auto& drain = pool.drain();
    pool.cancel(drain);
    CHECK(drain.why.code() == errc::cancelled);
    pool.respond(0);
    CHECK(get.status == 200);
    CHECK(drain.completions == 1);
}

TEST_CASE("O10: close fails every call with what is known of its delivery") {
    fake_pool pool(with_connections(2, 4));
    pool.confirm(0);
    auto& sent = pool.submit();
    auto& dialling = pool.submit(unsafe);
    REQUIRE(pool.links.size() == 2);
    pool.link(0).jammed = true;
    pool.cycle([&] { pool.link(1).reach(connect_phase::handshaking); });
    auto& drain = pool.drain();
    pool.close();
    CHECK(sent.failed_with(errc::client_closed, delivery::maybe_processed));
    CHECK(dialling.failed_with(errc::client_closed, delivery::not_sent));
    CHECK(drain.why.code() == errc::client_closed);
    CHECK(pool.link(0).phase() == phase::closed);
    CHECK(pool.link(1).phase() == phase::closed);
    CHECK(pool.gauges_are_zero());
    CHECK(pool.connection_gauges_are_zero());
    CHECK_FALSE(pool.scheduler().next_time());
    pool.close();
    CHECK(pool.submit().failed_with(errc::client_closed, delivery::not_sent));
    CHECK(pool.links.size() == 2);
}

TEST_CASE("O10: close knows which staged request never left") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.link(0).jammed = true;
    auto& get = pool.submit();
    pool.close();
    CHECK(get.failed_with(errc::client_closed, delivery::not_sent));
}

TEST_CASE("O10: the end of the execution context gives every call back without completing it") {
    fake_pool pool(with_connections(2, 2));
    pool.ask([&] {
        pool.scheduler().submit(pool.make());
        pool.scheduler().submit(pool.make());
    });
    pool.connect(0);
    pool.respond(0);
    for (int i = 0; i < 8; ++i)
        pool.submit(i == 3 ? unsafe : request_class::safe);
    const auto finished = pool.order.size();
    auto& drain = pool.drain();
    pool.scheduler().on_context_shutdown();
    CHECK(pool.order.size() == finished);
    CHECK(drain.recycled == 1);
    for (const auto& each : pool.calls)
        CHECK(each->recycled + (each->status != 0 ? 1 : 0) == 1);
    CHECK_FALSE(pool.scheduler().next_time());
}
