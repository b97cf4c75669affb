// Keep-Alive: max=N, the number of requests that a server takes on a connection.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

TEST_CASE("O16: a connection is given no more requests than the server takes, counting what is in flight") {
    fake_pool pool(with_connections(1));
    pool.submit();
    pool.connect(0);
    pool.answer(0, "Keep-Alive: timeout=5, max=4\r\n");
    for (int i = 0; i < 6; ++i) {
        pool.submit();
    }
    CHECK(pool.link(0).targets().size() == 4);
    CHECK(pool.stats().draining.get() == 1);
    pool.answer_all(0);
    CHECK(pool.link(0).phase() == phase::closed);
    REQUIRE(pool.links.size() == 2);
    pool.connect(1);
    CHECK(pool.link(1).targets().size() == 3); // at once: the one before has ended well
    pool.answer_all(1);
    CHECK(pool.order.size() == 7);
}

TEST_CASE("O16: the number may count down what is left") {
    fake_pool pool(with_connections(1));
    pool.submit();
    pool.connect(0);
    for (int left = 3; left > 0; --left) {
        pool.answer(0, "Keep-Alive: max=" + std::to_string(left) + "\r\n");
        pool.submit();
    }
    CHECK(pool.link(0).targets().size() == 3);
    CHECK(pool.link(0).phase() == phase::closed);
}

TEST_CASE("O16: what was not written when the number becomes known, and is too much, goes elsewhere") {
    fake_pool pool(with_connections(1));
    pool.prove(0);
    pool.cycle([&] { pool.scheduler().drain_connections(); }); // its successor need not confirm
    pool.submit();
    pool.connect(1);
    pool.link(1).jammed = true;
    for (int i = 0; i < 4; ++i) {
        pool.submit();
    }
    REQUIRE(pool.link(1).outstanding() == 5);
    pool.answer(1, "Keep-Alive: max=3\r\n");
    pool.link(1).jammed = false;
    pool.cycle([&] { pool.link(1).flush(); });
    CHECK(pool.link(1).targets().size() == 3);
    CHECK(pool.stats().queue_depth.get() == 2);
}
