// Callers that stop waiting: deadlines, attempt timeouts, cancellation, and the zombies they leave.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

namespace {

test_call& submit_with_deadline(fake_pool& pool, std::chrono::nanoseconds deadline,
                                request_class kind = request_class::safe) {
    auto& made = pool.make(kind);
    made.deadline_after = deadline;
    return pool.submit(made);
}

} // namespace

TEST_CASE("O11: a deadline that has passed fails at once, without a byte or a dial") {
    for (const auto deadline : {0ns, -1ns, std::chrono::nanoseconds::min()}) {
        fake_pool pool;
        CHECK(submit_with_deadline(pool, deadline).failed_with(errc::queue_timeout, delivery::not_sent));
        CHECK(pool.links.empty());
        CHECK(pool.gauges_are_zero());
    }
}

TEST_CASE("O11: the longest deadline does not overflow") {
    fake_pool pool(with_connections(1));
    auto& get = pool.make();
    get.deadline_after = std::chrono::nanoseconds::max();
    get.extras().attempt_timeout = std::chrono::nanoseconds::max();
    pool.submit(get);
    pool.connect(0);
    CHECK_FALSE(get.done());
    pool.answer(0);
    CHECK(get.answered("/1"));
}

TEST_CASE("a deadline while nothing but a dial is under way names the dial's phase") {
    const std::pair<connect_phase, errc> table[] = {{connect_phase::resolving, errc::resolve_timeout},
                                                    {connect_phase::connecting, errc::connect_timeout},
                                                    {connect_phase::handshaking, errc::handshake_timeout}};
    for (const auto& [reached, code] : table) {
        fake_pool pool(with_connections(2));
        auto& get = submit_with_deadline(pool, 1s);
        submit_with_deadline(pool, 10s);
        pool.link(0).reach(reached); // the one that has come furthest counts
        pool.pass(1s - 1ns);
        CHECK_FALSE(get.done());
        pool.pass(1ns);
        CHECK(get.failed_with(code, delivery::not_sent));
        CHECK(get.why.elapsed() == 1s);
        CHECK(get.why.message() == "as far as it came");
        pool.connect(0);
        CHECK(pool.sends_of(get) == 0);
    }
}

TEST_CASE("a deadline in the queue behind others is a queue timeout") {
    fake_pool pool(with_connections(1, 1));
    pool.prove(0);
    pool.submit();
    auto& get = submit_with_deadline(pool, 1s);
    auto& post = submit_with_deadline(pool, 2s, unsafe);
    pool.pass(2s);
    CHECK(get.failed_with(errc::queue_timeout, delivery::not_sent));
    CHECK(post.failed_with(errc::queue_timeout, delivery::not_sent));
    pool.answer(0);
    CHECK(pool.sends_of(get) + pool.sends_of(post) == 0);
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("I5: a deadline in flight leaves a zombie, and its neighbours do not notice") {
    fake_pool pool(with_connections(1));
    pool.prove(0);
    auto& first = pool.submit();
    auto& second = submit_with_deadline(pool, 1s);
    auto& third = pool.submit();
    pool.pass(1s);
    CHECK(second.failed_with(errc::response_timeout, delivery::maybe_processed));
    CHECK(second.why.attempts() == 1);
    CHECK(pool.stats().zombies.get() == 1);
    CHECK(pool.stats().in_flight.get() == 2);
    pool.answer_all(0);
    CHECK(first.answered("/2"));
    CHECK(second.completions == 1);
    CHECK(third.answered("/4"));
    CHECK(pool.links.size() == 1);
    CHECK(pool.gauges_are_zero());
    CHECK(pool.link(0).phase() == phase::open);
}

TEST_CASE("a deadline in the middle of the body is told apart") {
    fake_pool pool(with_connections(1));
    pool.prove(0);
    auto& head = submit_with_deadline(pool, 1s);
    auto& behind = submit_with_deadline(pool, 1s);
    pool.cycle([&] { pool.link(0).receive("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal"); });
    pool.pass(1s);
    CHECK(head.failed_with(errc::body_timeout, delivery::maybe_processed));
    CHECK(behind.failed_with(errc::response_timeout, delivery::maybe_processed));
}

TEST_CASE("an attempt timeout ends the wait for the answer, not the wait in the queue") {
    fake_pool pool(with_connections(1));
    auto& get = pool.make();
    get.extras().attempt_timeout = 100ms;
    pool.submit(get);
    pool.pass(1s);
    CHECK_FALSE(get.done());
    pool.connect(0);
    pool.pass(99ms);
    CHECK_FALSE(get.done());
    pool.pass(1ms);
    CHECK(get.failed_with(errc::response_timeout, delivery::maybe_processed));
}

TEST_CASE("an attempt timeout does not move the deadline") {
    fake_pool pool(with_connections(1));
    auto& get = pool.make();
    get.deadline_after = 1s;
    get.extras().attempt_timeout = 10s;
    pool.submit(get);
    pool.connect(0);
    pool.pass(1s);
    CHECK(get.done());
}

TEST_CASE("O08: a cancelled call that waits is gone, without a byte") {
    fake_pool pool(with_connections(1));
    auto& get = pool.submit();
    auto& post = pool.submit(unsafe);
    pool.cancel(get);
    pool.cancel(post);
    CHECK(get.failed_with(errc::cancelled, delivery::not_sent));
    CHECK(post.failed_with(errc::cancelled, delivery::not_sent));
    CHECK(pool.stats().calls_cancelled.get() == 2);
    pool.connect(0); // nobody wants it: it becomes idle
    CHECK(pool.link(0).wire.empty());
    CHECK(pool.stats().idle.get() == 1);
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("a cancelled call in flight is a zombie, wherever it stands") {
    for (const int which : {0, 1, 2}) {
        CAPTURE(which);
        fake_pool pool(with_connections(1));
        pool.prove(0);
        std::vector<test_call*> gets;
        for (int i = 0; i < 3; ++i)
            gets.push_back(&pool.submit());
        pool.cancel(*gets[static_cast<std::size_t>(which)]);
        CHECK(gets[static_cast<std::size_t>(which)]->failed_with(errc::cancelled, delivery::maybe_processed));
        pool.answer_all(0);
        for (int i = 0; i < 3; ++i)
            CHECK(gets[static_cast<std::size_t>(i)]->status == (i == which ? 0 : 200));
        CHECK(pool.gauges_are_zero());
        CHECK(pool.links.size() == 1);
    }
}

TEST_CASE("O09: cancelling a call that is done does nothing") {
    fake_pool pool(with_connections(1));
    auto& get = pool.submit();
    pool.connect(0);
    pool.answer(0);
    auto& next = pool.submit();
    pool.cancel(get);
    CHECK(get.completions == 1);
    pool.answer(0);
    CHECK(next.answered("/2"));
}

TEST_CASE("more zombies than half of the depth: the connection takes no more calls") {
    fake_pool pool(with_connections(1, 4));
    pool.prove(0);
    std::vector<test_call*> gets;
    for (int i = 0; i < 4; ++i)
        gets.push_back(&pool.submit());
    pool.cancel(*gets[0]);
    pool.cancel(*gets[1]);
    CHECK(pool.stats().open.get() == 1);
    pool.cancel(*gets[3]);
    CHECK(pool.stats().open.get() == 0);
    CHECK(pool.stats().draining.get() == 1);
    pool.answer(0);
    pool.answer(0);
    CHECK(pool.link(0).phase() == phase::open);
    pool.answer(0); // the last that is awaited: what is left is not waited for
    CHECK(gets[2]->status == 200);
    CHECK(pool.link(0).phase() == phase::closed);
    CHECK(pool.gauges_are_zero());
    CHECK(pool.connection_gauges_are_zero());
}

TEST_CASE("a zombie's answer is waited for as long as its grace, then its connection retires") {
    fake_pool pool(with_connections(1));
    pool.prove(0);
    auto& live = pool.submit();
    pool.cancel(pool.submit());
    pool.pass(2s - 1ms);
    CHECK(pool.stats().draining.get() == 0);
    pool.pass(1ms);
    CHECK(pool.stats().draining.get() == 1);
    pool.answer(0);
    CHECK(live.status == 200);
    CHECK(pool.link(0).phase() == phase::closed);
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("a connection with nothing but a zombie closes after its grace") {
    fake_pool pool(with_connections(1));
    pool.prove(0);
    pool.cancel(pool.submit());
    pool.pass(2s);
    CHECK(pool.link(0).phase() == phase::closed);
    CHECK(pool.gauges_are_zero());
    CHECK(pool.connection_gauges_are_zero());
}

TEST_CASE("a zombie that is answered in time leaves no trace") {
    fake_pool pool(with_connections(1));
    pool.prove(0);
    pool.cancel(pool.submit());
    pool.pass(1s);
    pool.answer(0);
    pool.pass(10s);
    CHECK(pool.link(0).phase() == phase::open);
    CHECK(pool.stats().idle.get() == 1);
}

TEST_CASE("O07: a storm of cancellations leaves nothing behind") {
    fake_pool pool(with_connections(3, 4));
    for (int i = 0; i < 60; ++i)
        pool.submit(i % 5 == 0 ? unsafe : request_class::safe);
    for (std::size_t i = 0; i < 3; ++i)
        pool.connect(i);
    for (std::size_t i = 0; i < pool.calls.size(); i += 2)
        pool.cancel(*pool.calls[i]);
    for (int round = 0; round < 100 && !pool.gauges_are_zero(); ++round) {
        for (std::size_t i = 0; i < pool.links.size(); ++i) {
            if (pool.link(i).phase() < phase::open)
                pool.connect(i);
            pool.answer_all(i);
        }
        pool.pass(100ms);
    }
    CHECK(pool.gauges_are_zero());
    for (const auto& each : pool.calls)
        CHECK(each->completions == 1);
}
