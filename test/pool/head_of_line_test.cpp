// What bounds the wait behind other requests.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

namespace {

// Two confirmed connections, with one GET in flight on each.
void two_busy(fake_pool& pool) {
    pool.confirm_all(2);
    pool.submit();
    pool.submit();
    REQUIRE(pool.link(0).outstanding() == 1);
    REQUIRE(pool.link(1).outstanding() == 1);
}

} // namespace

TEST_CASE("O04: a connection whose front is late gets no new neighbours, until the response comes") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.submit();
    pool.pass(249ms);
    auto& behind = pool.submit();
    CHECK(behind.where == test_call::state::in_flight);
    pool.pass(1ms);
    CHECK(pool.stats().slow_responses == 1);
    auto& waits = pool.submit();
    CHECK(waits.where == test_call::state::queued);
    pool.respond(0);
    CHECK(waits.where == test_call::state::in_flight);
    CHECK(pool.link(0).outstanding() == 2);
}

TEST_CASE("O04: with a late front, calls go to another connection") {
    fake_pool pool(with_connections(2));
    pool.confirm(0);
    pool.submit();
    pool.pass(250ms);
    auto& moved = pool.submit();
    REQUIRE(pool.links.size() == 2);
    pool.connect(1);
    pool.respond(1);
    CHECK(moved.got("/3"));
    CHECK(pool.link(0).outstanding() == 1);
}

TEST_CASE("what waits unwritten behind a late front is unstaged, and sent elsewhere") {
    fake_pool pool(with_connections(2));
    pool.confirm(0);
    auto& front = pool.submit();
    pool.link(0).jammed = true;
    auto& unwritten = pool.submit(); // dials; meanwhile the place behind the front is not taken
    REQUIRE(pool.links.size() == 2);
    pool.cycle([&] { pool.link(1).refused(errc::connect_failed); });
    REQUIRE(unwritten.where == test_call::state::in_flight);
    pool.pass(250ms);
    REQUIRE(pool.links.size() == 3);
    CHECK(unwritten.where == test_call::state::queued);
    pool.connect(2);
    pool.respond(2);
    CHECK(unwritten.got(unwritten.request.target));
    pool.link(0).jammed = false;
    pool.cycle([&] { pool.link(0).flush(); });
    CHECK(pool.sends_of(unwritten) == 1); // no byte of it had been written before
    pool.respond(0);
    CHECK(front.got(front.request.target));
    CHECK(pool.gauges_are_zero());
}

TEST_CASE(
    "O07: a call that waits unwritten on a blocked connection is cancelled, and nothing of it is sent") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& before = pool.submit();
    pool.link(0).jammed = true;
    auto& first = pool.submit();
    auto& gone = pool.submit(unsafe);
    auto& second = pool.submit();
    pool.cancel(first);
    CHECK(first.failed_with(errc::cancelled, delivery::not_sent));
    pool.cancel(gone);
    CHECK(gone.failed_with(errc::cancelled, delivery::not_sent));
    CHECK(pool.stats().abandoned == 0);
    pool.link(0).jammed = false;
    pool.cycle([&] { pool.link(0).flush(); });
    CHECK(pool.sends_of(first) == 0);
    pool.respond_to_all(0);
    CHECK(before.got(before.request.target));
    CHECK(second.got(second.request.target));
    CHECK(pool.sends_of(gone) == 0);
}

TEST_CASE(
    "P8: a call with a dedicated connection has its connection to itself, and may be sent again all the "
    "same") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& before = pool.submit();
    auto& dedicated_connection = pool.make();
    dedicated_connection.request.dedicated_connection = true;
    pool.submit(dedicated_connection);
    auto& after = pool.submit();
    CHECK(pool.link(0).outstanding() == 1);
    pool.respond(0);
    CHECK(before.done());
    CHECK(pool.link(0).outstanding() == 1);
    pool.cycle([&] { pool.link(0).fin(); });
    pool.connect(1);
    pool.respond_to_all(1);
    CHECK(dedicated_connection.got(dedicated_connection.request.target));
    CHECK(after.got(after.request.target));
    CHECK(pool.sends_of(dedicated_connection) == 2);
}

TEST_CASE("nothing is added behind a response of which much is still to come") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.submit();
    pool.cycle([&] { pool.link(0).receive("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n"); });
    auto& waits = pool.submit();
    CHECK(waits.where == test_call::state::queued);
    pool.cycle([&] { pool.link(0).receive(std::string(65537, 'x')); });
    CHECK(waits.where == test_call::state::in_flight);
}

TEST_CASE("O04: the next late front is found too") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.submit();
    pool.submit();
    pool.pass(1s);
    pool.respond(0);
    pool.pass(1s);
    CHECK(pool.stats().slow_responses == 2);
    CHECK(pool.submit().where == test_call::state::queued);
}

TEST_CASE("a POST does not wait for the connection whose front is late") {
    fake_pool pool(with_connections(2));
    two_busy(pool);
    pool.pass(200ms);
    pool.respond(1);
    pool.submit();
    pool.pass(50ms);
    REQUIRE(pool.stats().slow_responses == 1);
    auto& post = pool.submit(unsafe);
    for (int i = 0; i < 10 && pool.sends_of(post) == 0; ++i) {
        pool.submit();
        pool.pass(10ms);
        if (pool.link(1).outstanding() != 0)
            pool.respond(1);
    }
    CHECK(pool.sends_of(post) == 1);
}

TEST_CASE("a connection that took no byte of its only request is closed, not kept") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.link(0).jammed = true;
    auto& get = pool.submit();
    pool.pass(250ms);
    CHECK(pool.link(0).phase() == phase::closed);
    REQUIRE(pool.links.size() == 2);
    pool.connect(1);
    pool.respond(1);
    CHECK(get.got(get.request.target));
}

TEST_CASE("what is not written on a connection that is replaced goes to another at once") {
    fake_pool pool(with_connections(2));
    two_busy(pool);
    pool.link(0).jammed = true;
    pool.link(1).jammed = true;
    auto& unwritten = pool.submit();
    REQUIRE(unwritten.where == test_call::state::in_flight);
    pool.ask([&] { pool.scheduler().drain_connections(); });
    CHECK(unwritten.where == test_call::state::queued);
    CHECK(pool.stats().connections_draining == 2);
}
