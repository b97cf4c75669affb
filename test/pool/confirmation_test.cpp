// How many requests a new connection carries, and a server that breaks pipelines.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

TEST_CASE("P4: a new connection carries one call until its first response, then as many as are allowed") {
    fake_pool pool(with_connections(1, 4));
    for (int i = 0; i < 10; ++i)
        pool.submit();
    pool.connect(0);
    CHECK(pool.link(0).outstanding() == 1);
    CHECK(pool.stats().queue_depth == 9);
    pool.respond(0);
    CHECK(pool.link(0).outstanding() == 4);
    pool.respond_to_all(0);
    CHECK(pool.order.size() == 10);
    CHECK(std::equal(pool.order.begin(), pool.order.end(), pool.calls.begin(),
                     [](const auto* finished, const auto& made) { return finished == made.get(); }));
    CHECK(pool.stats().deepest_pipeline == 4);
}

TEST_CASE("N5: after a failure the next connection carries one call until its first response") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    for (int i = 0; i < 3; ++i)
        pool.submit();
    pool.cycle([&] { pool.link(0).reset(); });
    pool.connect(1);
    CHECK(pool.link(1).outstanding() == 1);
    pool.respond(1);
    CHECK(pool.link(1).outstanding() == 2);
}

TEST_CASE("W11: after a graceful close the next connection is pipelined on at once") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& a = pool.submit();
    auto& b = pool.submit();
    auto& c = pool.submit();
    pool.respond(0, "Connection: close\r\n");
    CHECK(a.done());
    pool.connect(1);
    CHECK(pool.link(1).targets() == targets({&b, &c}));
    pool.respond_to_all(1);
    CHECK(c.done());
    pool.cycle([&] { pool.link(1).fin(); }); // without an announcement: the next one has to confirm again
    pool.submit();
    pool.submit();
    pool.connect(2);
    CHECK(pool.link(2).outstanding() == 1);
}

TEST_CASE("a connection that aged out is replaced by one that need not confirm") {
    auto settings = with_connections(1);
    settings.idle_timeout = 24h;
    fake_pool pool(settings);
    pool.confirm(0);
    pool.pass(10min);
    CHECK(pool.link(0).phase() == phase::closed);
    pool.submit();
    pool.submit();
    pool.connect(1);
    CHECK(pool.link(1).outstanding() == 2);
}

TEST_CASE("P5: a server that breaks pipelines gets one request at a time, for a while") {
    fake_pool pool(with_connections(1));
    for (std::size_t i = 0; i < 2; ++i) {
        pool.ask([&] {
            for (int n = 0; n < 3; ++n)
                pool.scheduler().submit(pool.make());
        });
        pool.pass(1s);
        pool.connect(i);
        pool.respond(i);
        CHECK(pool.link(i).outstanding() >= 2);
        pool.cycle([&] { pool.link(i).reset(); });
    }
    CHECK(pool.stats().pipelining_disabled == 1);
    pool.connect(2);
    pool.respond(2);
    CHECK(pool.link(2).outstanding() == 1);
    pool.respond_to_all(2);
    for (const auto& each : pool.calls)
        CHECK(each->status == 200);
    pool.pass(49s);
    pool.submit();
    pool.submit();
    CHECK(pool.link(2).outstanding() == 1);
    pool.respond_to_all(2);
    pool.pass(20s); // until pipelining is allowed again
    pool.submit();
    pool.submit();
    CHECK(pool.link(2).outstanding() == 2);
}

TEST_CASE("N5: after a connection that aged and then failed the next one has to confirm") {
    auto settings = with_attempts(3);
    settings.max_age = 10s;
    fake_pool pool(settings);
    pool.confirm(0);
    pool.pass(8s);
    for (int i = 0; i < 3; ++i)
        pool.submit();
    pool.pass(15s + 1ms); // it ages in between, and then the front stalls
    REQUIRE(pool.link(0).phase() == phase::closed);
    pool.connect(1);
    CHECK(pool.link(1).outstanding() == 1);
}
