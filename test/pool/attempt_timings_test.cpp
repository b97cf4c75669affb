// Where the time of a call went.
#include <doctest/doctest.h>

#include <chrono>

#include "pool/fake_pool.hpp"

using namespace test;
using bandwidth::webrtc::call_timings;

namespace {

// A call whose caller wants to know.
test_call& make_timed(fake_pool& pool, request_class kind = request_class::safe) {
    auto& call = pool.make(kind);
    call.extras().is_timed = true;
    return call;
}

call_timings timings(std::chrono::nanoseconds queue, std::chrono::nanoseconds connect,
                     std::chrono::nanoseconds pipeline, std::chrono::nanoseconds wait,
                     std::chrono::nanoseconds receive) {
    return {queue, connect, pipeline, wait, receive};
}

} // namespace

TEST_CASE("timings: a call that waits for its connection") {
    fake_pool pool;
    auto& call = pool.submit(make_timed(pool));
    pool.pass(30ms);
    pool.connect(0);
    pool.pass(50ms);
    pool.respond(0);
    CHECK(*call.timings() == timings(0ms, 30ms, 0ms, 50ms, 0ms));
}

TEST_CASE("timings: a call that comes while a connection is being made waits only for the rest of it") {
    fake_pool pool(with_connections(1));
    pool.submit();
    pool.pass(20ms);
    auto& call = pool.submit(make_timed(pool));
    pool.pass(10ms);
    pool.connect(0); // it takes the first call alone, since it is not confirmed
    pool.pass(5ms);
    pool.respond(0);
    pool.pass(7ms);
    pool.respond(0);
    CHECK(*call.timings() == timings(15ms, 0ms, 0ms, 7ms, 0ms));
}

TEST_CASE("timings: behind other requests of the connection, and a response that comes in two parts") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& first = make_timed(pool);
    auto& second = make_timed(pool);
    pool.ask([&] {
        pool.scheduler().submit(first);
        pool.scheduler().submit(second);
    });
    pool.pass(10ms);
    const auto bytes = pool.response_ahead(0, 0);
    pool.cycle([&] { pool.link(0).receive(bytes.substr(0, 20)); });
    pool.pass(3ms);
    pool.cycle([&] { pool.link(0).receive(bytes.substr(20)); });
    pool.pass(4ms);
    pool.respond(0);
    CHECK(*first.timings() == timings(0ms, 0ms, 0ms, 10ms, 3ms));
    CHECK(*second.timings() == timings(0ms, 0ms, 13ms, 4ms, 0ms));
}

TEST_CASE("timings: the first bytes of a response that come with the one before it") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& first = make_timed(pool);
    auto& second = make_timed(pool);
    pool.ask([&] {
        pool.scheduler().submit(first);
        pool.scheduler().submit(second);
    });
    pool.pass(10ms);
    const auto one = pool.response_ahead(0, 0);
    const auto other = pool.response_ahead(0, 1);
    pool.cycle([&] { pool.link(0).receive(one + other.substr(0, 5)); });
    pool.pass(6ms);
    pool.cycle([&] { pool.link(0).receive(other.substr(5)); });
    CHECK(*first.timings() == timings(0ms, 0ms, 0ms, 10ms, 0ms));
    CHECK(*second.timings() == timings(0ms, 0ms, 10ms, 0ms, 6ms));
}

TEST_CASE("timings: all attempts count together, and the pause between them does not") {
    fake_pool pool(with_attempts(2));
    pool.confirm(0);
    auto& call = pool.submit(make_timed(pool));
    pool.pass(10ms);
    pool.refuse(0, 503);
    REQUIRE(call.where == detail::call::state::paused);
    const auto refused = pool.now();
    while (pool.link(0).next_target().empty())
        pool.pass(1ms);
    const auto pause = pool.now() - refused;
    REQUIRE(pause > 0ms);
    pool.pass(20ms);
    pool.respond(0);
    REQUIRE(call.got(call.request.target));
    CHECK(call.timings()->wait >= 30ms);
    CHECK(call.timings()->wait < 31ms); // the pause ended within a millisecond
    CHECK(call.timings()->queue == 0ms);
}

TEST_CASE("timings: an attempt without a response ends in the part in which it is") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& front = make_timed(pool);
    auto& behind = make_timed(pool);
    pool.ask([&] {
        pool.scheduler().submit(front);
        pool.scheduler().submit(behind);
    });
    pool.pass(10ms);
    pool.cancel(behind);
    CHECK(*behind.timings() == timings(0ms, 0ms, 10ms, 0ms, 0ms));
    const auto bytes = pool.response_ahead(0, 0);
    pool.cycle([&] { pool.link(0).receive(bytes.substr(0, 20)); });
    pool.pass(5ms);
    pool.cancel(front);
    CHECK(*front.timings() == timings(0ms, 0ms, 0ms, 10ms, 5ms));

    fake_pool closed(with_connections(1));
    closed.confirm(0);
    auto& call = closed.submit(make_timed(closed));
    closed.pass(8ms);
    closed.close();
    REQUIRE(call.done());
    CHECK(*call.timings() == timings(0ms, 0ms, 0ms, 8ms, 0ms));
}

TEST_CASE("timings: a call that no connection takes") {
    fake_pool pool(with_connections(1));
    auto& call = pool.submit(make_timed(pool));
    pool.pass(30ms);
    pool.cancel(call);
    REQUIRE(call.done());
    CHECK(*call.timings() == timings(30ms, 0ms, 0ms, 0ms, 0ms));
}

TEST_CASE("timings: a request that was taken back waits in the queue anew") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.link(0).jammed = true;
    auto& call = pool.submit(make_timed(pool));
    pool.pass(10ms);
    pool.ask([&] { pool.scheduler().drain_connections(); });
    REQUIRE(call.where == detail::call::state::queued);
    pool.pass(20ms);
    REQUIRE(pool.links.size() == 2);
    pool.connect(1);
    pool.pass(1ms);
    pool.respond(1);
    CHECK(call.timings()->connect == 20ms);
    CHECK(call.timings()->wait == 11ms);
    CHECK(call.timings()->queue == 0ms);
}
