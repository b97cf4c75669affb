// Callers that stop waiting: deadlines, attempt timeouts, cancellation.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

namespace {

test_call& submit_with_deadline(fake_pool& pool, std::chrono::nanoseconds deadline,
                                request_class kind = request_class::safe) {
    auto& made = pool.make(kind);
    made.timeout = deadline;
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
    get.timeout = std::chrono::nanoseconds::max();
    get.extras().attempt_timeout = std::chrono::nanoseconds::max();
    pool.submit(get);
    pool.connect(0);
    CHECK_FALSE(get.done());
    pool.respond(0);
    CHECK(get.got("/1"));
}

TEST_CASE("a deadline while nothing but a dial is under way names the dial's phase") {
    const std::pair<connect_phase, errc> table[] = {{connect_phase::resolving, errc::resolve_timeout},
                                                    {connect_phase::connecting, errc::connect_timeout},
                                                    {connect_phase::tunnelling, errc::proxy_timeout},
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
    pool.confirm(0);
    pool.submit();
    auto& get = submit_with_deadline(pool, 1s);
    auto& post = submit_with_deadline(pool, 2s, unsafe);
    pool.pass(2s);
    CHECK(get.failed_with(errc::queue_timeout, delivery::not_sent));
    CHECK(post.failed_with(errc::queue_timeout, delivery::not_sent));
    pool.respond(0);
    CHECK(pool.sends_of(get) + pool.sends_of(post) == 0);
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("a deadline in the middle of the body is told apart") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& front = submit_with_deadline(pool, 1s);
    auto& behind = submit_with_deadline(pool, 1s);
    pool.cycle([&] { pool.link(0).receive("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal"); });
    pool.pass(1s);
    CHECK(front.failed_with(errc::body_timeout, delivery::maybe_processed));
    CHECK(behind.failed_with(errc::response_timeout, delivery::maybe_processed));
}

TEST_CASE("an attempt timeout ends the wait for the response, not the wait in the queue") {
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
    get.timeout = 1s;
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
    CHECK(pool.stats().calls_cancelled == 2);
    pool.connect(0); // nobody wants it: it becomes idle
    CHECK(pool.link(0).wire.empty());
    CHECK(pool.stats().connections_idle == 1);
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("O09: cancelling a call that is done does nothing") {
    fake_pool pool(with_connections(1));
    auto& get = pool.submit();
    pool.connect(0);
    pool.respond(0);
    auto& next = pool.submit();
    pool.cancel(get);
    CHECK(get.completions == 1);
    pool.respond(0);
    CHECK(next.got("/2"));
}

TEST_CASE("an attempt's timeout that finds nothing written is no attempt") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.submit();
    pool.link(0).jammed = true;
    auto& post = pool.make();
    post.extras().attempt_timeout = 100ms;
    pool.submit(post);
    pool.pass(100ms);
    CHECK_FALSE(post.done());
    pool.link(0).jammed = false;
    pool.cycle([&] { pool.link(0).flush(); });
    pool.respond_to_all(0);
    CHECK(post.got(post.request.target));
}
