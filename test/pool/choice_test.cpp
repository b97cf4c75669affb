// Which connection carries a call.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

namespace {

// Gives the pool's averages these values: `service` for a response, `connect` for a connection.
void teach(fake_pool& pool, std::chrono::nanoseconds service, std::chrono::nanoseconds connect) {
    pool.submit();
    pool.pass(connect);
    pool.connect(0);
    pool.pass(service);
    pool.respond(0);
}

} // namespace

TEST_CASE("the first call has a connection made, is written when that is there, and gets its response") {
    fake_pool pool;
    auto& get = pool.submit();
    REQUIRE(pool.links.size() == 1);
    CHECK(pool.link(0).opened);
    CHECK(pool.link(0).wire.empty());
    CHECK(pool.stats().queue_depth == 1);
    CHECK(pool.stats().connections_connecting == 1);
    pool.connect(0);
    CHECK(pool.link(0).targets() == std::vector<std::string>{"/1"});
    CHECK(pool.stats().connections_open() == 1);
    CHECK(pool.stats().in_flight == 1);
    pool.respond(0);
    CHECK(get.got("/1"));
    CHECK(get.attempts == 1);
    CHECK(pool.stats().connections_idle == 1);
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("an idle connection comes first, the most recently used one") {
    fake_pool pool(with_connections(3));
    pool.confirm_all(3);
    pool.submit();
    CHECK(pool.link(2).outstanding() == 1);
    pool.submit();
    CHECK(pool.link(1).outstanding() == 1);
    pool.respond(1);
    pool.submit();
    CHECK(pool.link(1).outstanding() == 1);
    CHECK(pool.link(0).outstanding() == 0);
    CHECK(pool.links.size() == 3);
}

TEST_CASE("a new connection comes before a place behind another call") {
    fake_pool pool(with_connections(2));
    pool.confirm(0);
    pool.submit();
    auto& second = pool.submit();
    CHECK(pool.links.size() == 2);
    CHECK(second.where == test_call::state::queued);
    pool.connect(1);
    CHECK(pool.link(1).outstanding() == 1);
}

TEST_CASE("with no connection to add, the one with the fewest requests carries the call") {
    fake_pool pool(with_connections(3));
    pool.confirm_all(3);
    for (int i = 0; i < 12; ++i)
        pool.submit();
    for (std::size_t i = 0; i < 3; ++i)
        CHECK(pool.link(i).outstanding() == 4);
    pool.respond(1);
    pool.respond(1);
    pool.submit();
    pool.submit();
    CHECK(pool.link(1).outstanding() == 4);
}

TEST_CASE("a place behind a fast response is better than a connection that takes long to make") {
    fake_pool pool(with_connections(2));
    teach(pool, 10ms, 35ms);
    for (int i = 0; i < 4; ++i)
        pool.submit();
    CHECK(pool.links.size() == 1); // 1, 2 and 3 ahead are expected to be answered sooner
    CHECK(pool.link(0).outstanding() == 4);
    pool.submit();
    CHECK(pool.links.size() == 2); // 4 are not
    CHECK(pool.link(0).outstanding() == 4);
}

TEST_CASE("a call goes to whatever is free first: late binding") {
    fake_pool pool(with_connections(2));
    pool.confirm(0);
    pool.submit();
    auto& waiting = pool.submit();
    REQUIRE(pool.links.size() == 2);
    pool.respond(0); // before the dial is done
    CHECK(waiting.where == test_call::state::in_flight);
    CHECK(pool.link(0).outstanding() == 1);
    pool.connect(1);
    CHECK(pool.link(1).outstanding() == 0);
    CHECK(pool.stats().connections_idle == 1);
}

TEST_CASE("P6: what becomes ready in one cycle is written in one piece") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    const auto before = pool.link(0).flushes;
    pool.ask([&] {
        for (int i = 0; i < 8; ++i)
            pool.scheduler().submit(pool.make());
    });
    CHECK(pool.link(0).flushes == before + 1);
    CHECK(pool.link(0).targets().size() == 9);
}

TEST_CASE("a full queue refuses, and a call that leaves makes room") {
    auto settings = with_connections(1);
    settings.queue_limit = 3;
    fake_pool pool(settings);
    for (int i = 0; i < 3; ++i)
        CHECK_FALSE(pool.submit().done());
    auto& refused = pool.submit();
    CHECK(refused.failed_with(errc::queue_full, delivery::not_sent));
    CHECK(pool.stats().queue_depth == 3);
    pool.cancel(*pool.calls[0]);
    CHECK_FALSE(pool.submit().done());
    pool.connect(0);            // takes one
    for (int i = 0; i < 3; ++i) // they wait in a queue of their own
        CHECK_FALSE(pool.submit(unsafe).done());
    CHECK(pool.submit(unsafe).failed_with(errc::queue_full, delivery::not_sent));
    pool.respond_to_all(0);
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("calls that only wait for the end of the cycle do not fill the queue") {
    auto settings = with_connections(2, 4);
    settings.queue_limit = 2;
    fake_pool pool(settings);
    pool.confirm_all(2);
    pool.ask([&] {
        for (int i = 0; i < 10; ++i)
            pool.scheduler().submit(pool.make());
    });
    CHECK(std::none_of(pool.calls.begin(), pool.calls.end(),
                       [](const auto& each) { return each->done() && each->status == 0; }));
}

TEST_CASE("a refused argument completes without a byte or a dial") {
    fake_pool pool;
    auto& bad = pool.make();
    bad.extras().refused = failure(errc::invalid_argument, "id: empty");
    pool.submit(bad);
    CHECK(bad.failed_with(errc::invalid_argument, delivery::not_sent));
    CHECK(bad.why.message() == "id: empty");
    CHECK(pool.links.empty());
    CHECK(pool.gauges_are_zero());
}

TEST_CASE(
    "a connection that is no longer kept for an exclusive call takes those that wait in the same cycle") {
    fake_pool pool(with_connections(2));
    pool.confirm(0);
    pool.submit();                    // the first one is busy,
    auto& post = pool.submit(unsafe); // so a second one is made,
    auto& get = pool.submit();        // and meanwhile the first one is kept for the POST
    CHECK(pool.sends_of(get) == 0);
    pool.connect(1);
    CHECK(pool.sends_of(post) == 1);
    CHECK(pool.sends_of(get) == 1);
}

TEST_CASE("room for a call that needs a new connection is made before the others find their places") {
    fake_pool pool(with_connections(2));
    pool.confirm_all(2);
    for (int i = 0; i < 5; ++i)
        pool.submit();
    REQUIRE(pool.link(0).outstanding() == 2); // it has the fewest requests, so it is the one that drains
    auto& get = pool.make();
    pool.cycle([&] {
        pool.link(0).receive("HTTP/1.1 421 Misdirected\r\nContent-Length: 0\r\n\r\n");
        pool.scheduler().submit(get);
    });
    CHECK(pool.stats().connections_draining == 1);
    CHECK(pool.sends_of(get) == 1);
}

TEST_CASE(
    "the idle connection that was used last is the next one, also when pipelines are not trusted any more") {
    fake_pool pool(with_connections(3));
    pool.confirm_all(2);
    pool.ask([&] {
        pool.scheduler().submit(pool.make());
        pool.scheduler().submit(pool.make());
    });
    pool.respond(1);
    pool.pass(5s); // too long for a POST to use an idle connection
    auto& post = pool.submit(unsafe);
    REQUIRE(pool.links.size() == 3);
    pool.cycle([&] {
        pool.link(0).receive("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n");
    });
    CHECK(pool.stats().pipelining_disabled == 1);
    CHECK(pool.sends_of(post) == 1);
}
