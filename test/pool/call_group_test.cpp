#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

// Several clients share one pool: the end of one of them is none of the others' business.

using namespace test;

namespace {

boost::intrusive_ptr<detail::call_group> make_group(const std::string& lines = {}) {
    return new detail::call_group(detail::request_encoder("Host: host\r\n" + lines));
}

/// A pool of one confirmed connection, and two groups of calls.
struct two_groups : fake_pool {
    explicit two_groups(std::size_t connections = 1, std::size_t depth = 8)
        : fake_pool(with_connections(connections, depth)) {
        confirm_all(1);
    }
    test_call& submit_to(const boost::intrusive_ptr<detail::call_group>& of,
                         request_class kind = request_class::safe) {
        auto& made = make(kind);
        made.group = of;
        return submit(made);
    }
    test_call& drain_of(const boost::intrusive_ptr<detail::call_group>& of,
                        std::chrono::nanoseconds deadline = 30s) {
        auto& made = make();
        made.is_drain = true;
        made.group = of;
        made.timeout = deadline;
        return submit(made);
    }
    void close_group(const boost::intrusive_ptr<detail::call_group>& of) {
        ask([&] { scheduler().close(*of); });
    }

    boost::intrusive_ptr<detail::call_group> one = make_group();
    boost::intrusive_ptr<detail::call_group> other = make_group("X-Other: 1\r\n");
};

} // namespace

TEST_CASE("each request has the lines of its group") {
    two_groups pool;
    pool.submit_to(pool.one);
    const auto& sent = pool.link(0).wire.text();
    CHECK(sent.find("X-Other") == std::string::npos);
    pool.submit_to(pool.other);
    CHECK(sent.find("X-Other: 1\r\n") != std::string::npos);
}

TEST_CASE("a group that is closed fails its calls wherever they stand, and no other call notices") {
    two_groups pool(1, 2);
    auto& sent = pool.submit_to(pool.one);
    auto& neighbour = pool.submit_to(pool.other);
    auto& queued = pool.submit_to(pool.one);
    auto& waits = pool.submit_to(pool.other);
    pool.close_group(pool.one);
    CHECK(sent.failed_with(errc::client_closed, delivery::maybe_processed));
    CHECK(sent.why.message() == "the client was closed");
    CHECK(queued.failed_with(errc::client_closed, delivery::not_sent));
    CHECK_FALSE(neighbour.done());
    pool.respond(0); // to nobody
    pool.respond(0);
    CHECK(neighbour.got(neighbour.request.target));
    pool.respond(0);
    CHECK(waits.got(waits.request.target));
    CHECK(pool.links.size() == 1);
    CHECK(pool.gauges_are_zero());
    auto& late = pool.submit_to(pool.one);
    CHECK(late.failed_with(errc::client_closed, delivery::not_sent));
    CHECK(pool.sends_of(late) == 0);
}

TEST_CASE("a group that is closed while its call pauses for a retry") {
    auto settings = with_attempts(2);
    fake_pool pool(settings);
    pool.confirm(0);
    const auto group = make_group();
    auto& made = pool.make();
    made.group = group;
    pool.submit(made);
    pool.refuse(0, 503);
    CHECK_FALSE(made.done());
    pool.ask([&] { pool.scheduler().close(*group); });
    CHECK(made.completions == 1);
    CHECK(made.why.code() == errc::client_closed);
    CHECK(pool.gauges_are_zero());
}

TEST_CASE(
    "a group that is closed fails several requests in flight, though giving up one may end the connection") {
    two_groups pool(1, 8);
    std::vector<test_call*> own;
    for (int i = 0; i < 6; ++i)
        own.push_back(&pool.submit_to(pool.one));
    auto& neighbour = pool.submit_to(pool.other);
    pool.close_group(pool.one);
    for (const auto* const each : own) {
        CHECK(each->completions == 1);
        CHECK(each->why.code() == errc::client_closed);
    }
    CHECK_FALSE(neighbour.done());
    pool.respond_to_all(0);
    if (!neighbour.done()) { // it went to another connection, since too much of the first was abandoned
        pool.connect(1);
        pool.respond_to_all(1);
    }
    CHECK(neighbour.got(neighbour.request.target));
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("the drain of a group waits for its own calls alone, and leaves the connections") {
    two_groups pool;
    auto& first = pool.submit_to(pool.one);
    auto& neighbour = pool.submit_to(pool.other);
    auto& drain = pool.drain_of(pool.one);
    CHECK(pool.submit_to(pool.one).failed_with(errc::client_closed, delivery::not_sent));
    CHECK_FALSE(drain.done());
    pool.respond(0);
    CHECK(first.got(first.request.target));
    CHECK(drain.done());
    CHECK_FALSE(drain.reason());
    CHECK_FALSE(neighbour.done());
    pool.respond(0);
    CHECK(neighbour.got(neighbour.request.target));
    CHECK(pool.link(0).phase() == phase::open);
    auto& more = pool.submit_to(pool.other);
    pool.respond(0);
    CHECK(more.got(more.request.target));
    CHECK(pool.drain_of(pool.one).done()); // there is nothing left to wait for
}

TEST_CASE("the drain of a group that takes too long cuts off its own calls alone") {
    two_groups pool;
    auto& slow = pool.submit_to(pool.one);
    auto& neighbour = pool.submit_to(pool.other);
    auto& drain = pool.drain_of(pool.one, 1s);
    pool.pass(1s);
    CHECK(slow.failed_with(errc::client_closed, delivery::maybe_processed));
    CHECK(drain.failed_with(errc::client_closed, delivery::not_sent));
    CHECK_FALSE(neighbour.done());
}

TEST_CASE(
    "the drain of the whole pool waits for the calls of every group, and ends the drain of a group too") {
    two_groups pool;
    auto& first = pool.submit_to(pool.one);
    auto& second = pool.submit_to(pool.other);
    auto& part = pool.drain_of(pool.one);
    auto& whole = pool.drain();
    CHECK(pool.submit_to(pool.other).failed_with(errc::client_closed, delivery::not_sent));
    pool.respond(0);
    CHECK(first.got(first.request.target));
    CHECK(part.done());
    CHECK_FALSE(whole.done());
    pool.respond(0);
    CHECK(second.got(second.request.target));
    CHECK(whole.done());
    CHECK_FALSE(whole.reason());
    CHECK(pool.connection_gauges_are_zero());
}

TEST_CASE("the close of the pool does not fail the drain of a group that has no calls") {
    two_groups pool;
    auto& neighbour = pool.submit_to(pool.other);
    auto& drain = pool.make();
    drain.is_drain = true;
    drain.group = pool.one;
    auto& cut_off = pool.drain_of(pool.other);
    pool.ask([&] {
        pool.scheduler().submit(drain);
        pool.scheduler().close();
    });
    CHECK(drain.done());
    CHECK_FALSE(drain.reason());
    CHECK(neighbour.failed_with(errc::client_closed, delivery::maybe_processed));
    CHECK(cut_off.failed_with(errc::client_closed, delivery::not_sent));
}

TEST_CASE("a drain of a group that its caller cancels leaves the group without new calls") {
    two_groups pool;
    auto& first = pool.submit_to(pool.one);
    auto& drain = pool.drain_of(pool.one);
    pool.cancel(drain);
    CHECK(drain.failed_with(errc::cancelled, delivery::not_sent));
    CHECK(pool.submit_to(pool.one).failed_with(errc::client_closed, delivery::not_sent));
    pool.respond(0);
    CHECK(first.got(first.request.target));
    CHECK(pool.drain_of(pool.one).done());
}
