// Keep-Alive: how long a server keeps an idle connection, and how many requests it takes on one.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

TEST_CASE(
    "a server's Keep-Alive hint shortens the time that a connection may be idle, and never lengthens it") {
    const std::pair<const char*, std::chrono::nanoseconds> table[] = {{"", 50s},
                                                                      {"Keep-Alive: timeout=10\r\n", 8s},
                                                                      {"Keep-Alive: timeout=2\r\n", 1s},
                                                                      {"Keep-Alive: timeout=500\r\n", 50s}};
    for (const auto& [each_field, limit] : table) {
        const auto& field = each_field;
        CAPTURE(field);
        fake_pool pool(with_connections(1));
        pool.submit();
        pool.connect(0);
        pool.respond(0, field);
        pool.pass(limit - 1ms);
        CHECK(pool.link(0).phase() == phase::open);
        pool.pass(1ms);
        CHECK(pool.link(0).phase() == phase::closed);
    }
}

TEST_CASE("O16: requests beyond the limit that were not written when the limit becomes known go elsewhere") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.ask([&] { pool.scheduler().drain_connections(); }); // its successor need not confirm
    pool.submit();
    pool.connect(1);
    pool.link(1).jammed = true;
    for (int i = 0; i < 4; ++i)
        pool.submit();
    REQUIRE(pool.link(1).outstanding() == 5);
    pool.respond(1, "Keep-Alive: max=3\r\n");
    pool.link(1).jammed = false;
    pool.cycle([&] { pool.link(1).flush(); });
    CHECK(pool.link(1).targets().size() == 3);
    CHECK(pool.stats().queue_depth == 2);
}
