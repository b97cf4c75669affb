// Connections that are idle for a while give back their buffers.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

TEST_CASE("a connection that is idle for a second gives back its buffers, once") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.pass(1s - 1ms);
    CHECK(pool.link(0).releases == 0);
    pool.pass(1ms);
    CHECK(pool.link(0).releases == 1);
    pool.pass(10s);
    CHECK(pool.link(0).releases == 1);
    CHECK(pool.link(0).phase() == phase::open);
}

TEST_CASE(
    "a connection that was used in between gives back its buffers a second later, and a busy one does not") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    for (int i = 0; i < 5; ++i) {
        pool.pass(900ms);
        pool.submit();
        pool.respond(0);
    }
    CHECK(pool.link(0).releases == 0);
    pool.pass(1s);
    CHECK(pool.link(0).releases == 1);
    auto& slow = pool.submit();
    pool.pass(3s);
    CHECK(pool.link(0).releases == 1);
    pool.respond(0);
    CHECK(slow.done());
    pool.pass(1s);
    CHECK(pool.link(0).releases == 2);
}

TEST_CASE(
    "a connection that nobody has used yet gives its buffers back too, and is closed when it is idle for too "
    "long") {
    auto settings = with_connections(2);
    settings.idle_timeout = 5s;
    fake_pool pool(settings);
    auto& left = pool.submit();
    pool.cancel(left);
    pool.connect(0);
    pool.pass(1s);
    CHECK(pool.link(0).releases == 1);
    pool.pass(4s - 1ms);
    CHECK(pool.link(0).phase() == phase::open);
    pool.pass(1ms);
    CHECK(pool.link(0).phase() == phase::closed);
}
