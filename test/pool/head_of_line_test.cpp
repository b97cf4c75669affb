// What bounds the wait behind others, and what a server is trusted with.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

TEST_CASE("O04: a connection whose head is late gets no new neighbours, until the answer comes") {
    fake_pool pool(with_connections(1));
    pool.prove(0);
    pool.submit();
    pool.pass(249ms);
    auto& behind = pool.submit();
    CHECK(behind.where == test_call::state::in_flight);
    pool.pass(1ms);
    CHECK(pool.stats().suspects.get() == 1);
    auto& waits = pool.submit();
    CHECK(waits.where == test_call::state::queued);
    pool.answer(0);
    CHECK(waits.where == test_call::state::in_flight);
    CHECK(pool.link(0).outstanding() == 2);
}

TEST_CASE("O04: with a late head, calls go to another connection") {
    fake_pool pool(with_connections(2));
    pool.prove(0);
    pool.submit();
    pool.pass(250ms);
    auto& moved = pool.submit();
    REQUIRE(pool.links.size() == 2);
    pool.connect(1);
    pool.answer(1);
    CHECK(moved.answered("/3"));
    CHECK(pool.link(0).outstanding() == 1);
}

TEST_CASE("late is three times as long as usual, at most half of what is allowed") {
    fake_pool pool(with_connections(1));
    pool.submit();
    pool.connect(0);
    pool.pass(1s);
    pool.answer(0); // the usual: 1 s
    pool.submit();
    pool.pass(3s - 1ms);
    CHECK(pool.stats().suspects.get() == 0);
    pool.pass(1ms);
    CHECK(pool.stats().suspects.get() == 1);

    fake_pool unknown(with_connections(1));
    unknown.submit();
    unknown.connect(0);
    unknown.pass(7500ms - 1ms);
    CHECK(unknown.stats().suspects.get() == 0);
    unknown.pass(1ms);
    CHECK(unknown.stats().suspects.get() == 1);
}

TEST_CASE("what waits unwritten behind a late head is taken back, and sent elsewhere") {
    fake_pool pool(with_connections(2));
    pool.prove(0);
    auto& head = pool.submit();
    pool.link(0).jammed = true;
    auto& unwritten = pool.submit(); // dials; meanwhile the place behind the head is not taken
    REQUIRE(pool.links.size() == 2);
    pool.cycle([&] { pool.link(1).refused(errc::connect_failed); });
    REQUIRE(unwritten.where == test_call::state::in_flight);
    pool.pass(250ms);
    REQUIRE(pool.links.size() == 3);
    CHECK(unwritten.where == test_call::state::queued);
    pool.connect(2);
    pool.answer(2);
    CHECK(unwritten.answered(unwritten.request.target));
    pool.link(0).jammed = false;
    pool.cycle([&] { pool.link(0).flush(); });
    CHECK(pool.sends_of(unwritten) == 1); // nothing of it had been left behind
    pool.answer(0);
    CHECK(head.answered(head.request.target));
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("O07: a call that waits unwritten on a blocked connection is cancelled without a trace") {
    fake_pool pool(with_connections(1));
    pool.prove(0);
    auto& before = pool.submit();
    pool.link(0).jammed = true;
    auto& first = pool.submit();
    auto& gone = pool.submit(unsafe);
    auto& second = pool.submit();
    pool.cancel(first);
    CHECK(first.failed_with(errc::cancelled, delivery::not_sent));
    pool.cancel(gone);
    CHECK(gone.failed_with(errc::cancelled, delivery::not_sent));
    CHECK(pool.stats().zombies.get() == 0);
    pool.link(0).jammed = false;
    pool.cycle([&] { pool.link(0).flush(); });
    CHECK(pool.sends_of(first) == 0);
    pool.answer_all(0);
    CHECK(before.answered(before.request.target));
    CHECK(second.answered(second.request.target));
    CHECK(pool.sends_of(gone) == 0);
}

TEST_CASE("P8: an isolated call has its connection to itself, and may be sent again all the same") {
    fake_pool pool(with_connections(1));
    pool.prove(0);
    auto& before = pool.submit();
    auto& isolated = pool.make();
    isolated.request.isolated = true;
    pool.submit(isolated);
    auto& after = pool.submit();
    CHECK(pool.link(0).outstanding() == 1);
    pool.answer(0);
    CHECK(before.done());
    CHECK(pool.link(0).outstanding() == 1);
    pool.cycle([&] { pool.link(0).fin(); });
    pool.connect(1);
    pool.answer_all(1);
    CHECK(isolated.answered(isolated.request.target));
    CHECK(after.answered(after.request.target));
    CHECK(pool.sends_of(isolated) == 2);
}

TEST_CASE("nothing is added behind an answer of which much is still to come") {
    fake_pool pool(with_connections(1));
    pool.prove(0);
    pool.submit();
    pool.cycle([&] { pool.link(0).receive("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n"); });
    auto& waits = pool.submit();
    CHECK(waits.where == test_call::state::queued);
    pool.cycle([&] { pool.link(0).receive(std::string(65537, 'x')); });
    CHECK(waits.where == test_call::state::in_flight);
}

TEST_CASE("a long answer whose caller goes is not read to its end: the others move to another connection") {
    fake_pool pool(with_connections(1));
    pool.prove(0);
    auto& head = pool.submit();
    auto& behind = pool.submit();
    pool.cycle([&] { pool.link(0).receive("HTTP/1.1 200 OK\r\nContent-Length: 262145\r\n\r\n"); });
    pool.cancel(head);
    CHECK(pool.link(0).phase() == phase::closed);
    pool.connect(1);
    pool.answer(1);
    CHECK(behind.answered("/3"));
    CHECK(pool.stats().connections_lost.get() == 0);
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("a short answer whose caller goes is read to its end, and the connection lives") {
    fake_pool pool(with_connections(1));
    pool.prove(0);
    auto& head = pool.submit();
    auto& behind = pool.submit();
    pool.cycle([&] { pool.link(0).receive("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"); });
    pool.cancel(head);
    CHECK(pool.link(0).phase() == phase::open);
    pool.cycle([&] { pool.link(0).receive("123456789HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n/3"); });
    CHECK(behind.answered("/3"));
}

TEST_CASE("N5: after a failure the next connection carries one call until its first answer") {
    fake_pool pool(with_connections(1));
    pool.prove(0);
    for (int i = 0; i < 3; ++i)
        pool.submit();
    pool.cycle([&] { pool.link(0).reset(); });
    pool.connect(1);
    CHECK(pool.link(1).outstanding() == 1);
    pool.answer(1);
    CHECK(pool.link(1).outstanding() == 2);
}

TEST_CASE("W11: after a graceful close the next connection is pipelined on at once") {
    fake_pool pool(with_connections(1));
    pool.prove(0);
    auto& a = pool.submit();
    auto& b = pool.submit();
    auto& c = pool.submit();
    pool.answer(0, "Connection: close\r\n");
    CHECK(a.done());
    pool.connect(1);
    CHECK(pool.link(1).targets() == targets({&b, &c}));
    pool.answer_all(1);
    CHECK(c.done());
    pool.cycle([&] { pool.link(1).fin(); }); // without a word: the one after it is to prove itself again
    pool.submit();
    pool.submit();
    pool.connect(2);
    CHECK(pool.link(2).outstanding() == 1);
}

TEST_CASE("a connection that aged out is replaced by one that need not prove itself") {
    auto settings = with_connections(1);
    settings.idle_timeout = 24h;
    fake_pool pool(settings);
    pool.prove(0);
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
        pool.cycle([&] {
            for (int n = 0; n < 3; ++n)
                pool.scheduler().submit(pool.make());
        });
        pool.pass(1s);
        pool.connect(i);
        pool.answer(i);
        CHECK(pool.link(i).outstanding() >= 2);
        pool.cycle([&] { pool.link(i).reset(); });
    }
    CHECK(pool.stats().fallbacks.get() == 1);
    pool.connect(2);
    pool.answer(2);
    CHECK(pool.link(2).outstanding() == 1);
    pool.answer_all(2);
    for (const auto& each : pool.calls)
        CHECK(each->status == 200);
    pool.pass(49s);
    pool.submit();
    pool.submit();
    CHECK(pool.link(2).outstanding() == 1);
    pool.answer_all(2);
    pool.pass(20s); // the way back
    pool.submit();
    pool.submit();
    CHECK(pool.link(2).outstanding() == 2);
}

TEST_CASE("O12: what a suspended machine missed happens before anything else") {
    fake_pool pool(with_connections(1));
    pool.prove(0);
    auto& late = pool.submit();
    auto& fresh = pool.make();
    pool.suspend(1h); // no turn in between
    pool.submit(fresh);
    CHECK(late.failed_with(errc::response_timeout, delivery::maybe_processed));
    CHECK(pool.link(0).phase() == phase::closed);
    pool.connect(1);
    pool.answer(1);
    CHECK(fresh.answered("/3"));

    pool.suspend(1h);
    auto& next = pool.submit(); // the idle connection is not trusted
    CHECK(pool.link(1).phase() == phase::closed);
    pool.connect(2);
    pool.answer(2);
    CHECK(next.answered("/4"));
}

TEST_CASE("connections are made ahead of need, and made again when they end") {
    auto settings = with_connections(4);
    settings.min_connections = 2;
    fake_pool pool(settings);
    pool.cycle([] {});
    REQUIRE(pool.links.size() == 2);
    pool.connect(0);
    pool.connect(1);
    pool.cycle([&] { pool.link(0).fin(); });
    pool.pass(100ms); // a connection that ends before its first answer is a dial that failed
    CHECK(pool.links.size() == 3);
    pool.connect(2);
    pool.drain();
    CHECK(pool.connection_gauges_are_zero());
    CHECK(pool.links.size() == 3);
}

TEST_CASE(
    "a server's Keep-Alive hint shortens the time that a connection may be idle, and never lengthens it") {
    const std::pair<const char*, std::chrono::nanoseconds> table[] = {{"", 50s},
                                                                      {"Keep-Alive: timeout=10\r\n", 8s},
                                                                      {"Keep-Alive: timeout=2\r\n", 1s},
                                                                      {"Keep-Alive: timeout=500\r\n", 50s}};
    for (const auto& [field, limit] : table) {
        CAPTURE(field);
        fake_pool pool(with_connections(1));
        pool.submit();
        pool.connect(0);
        pool.answer(0, field);
        pool.pass(limit - 1ms);
        CHECK(pool.link(0).phase() == phase::open);
        pool.pass(1ms);
        CHECK(pool.link(0).phase() == phase::closed);
    }
}

TEST_CASE("T21: all connections are replaced: the busy ones finish, nothing is lost") {
    fake_pool pool(with_connections(2));
    pool.prove(0);
    auto& under_way = pool.submit();
    pool.cycle([&] { pool.scheduler().drain_connections(); });
    CHECK(pool.link(0).phase() == phase::open);
    auto& after = pool.submit();
    REQUIRE(pool.links.size() == 2);
    pool.connect(1);
    pool.answer(1);
    CHECK(after.answered("/3"));
    pool.answer(0);
    CHECK(under_way.answered("/2"));
    CHECK(pool.link(0).phase() == phase::closed);
    pool.cycle([&] { pool.scheduler().drain_connections(); });
    CHECK(pool.link(1).phase() == phase::closed);
    CHECK(pool.connection_gauges_are_zero());
}
