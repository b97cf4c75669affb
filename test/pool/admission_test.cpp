// How many calls may wait: each kind has a limit of its own.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

namespace {

/// One connection, confirmed, with two GETs on it and room for no more; at most three calls of a kind may
/// wait.
void make_busy(fake_pool& pool) {
    pool.confirm(0);
    pool.submit();
    pool.submit();
    REQUIRE(pool.link(0).outstanding() == 2);
}

auto with_short_queues(std::size_t connections, std::size_t depth) {
    auto settings = with_connections(connections, depth);
    settings.queue_limit = 3;
    return settings;
}

} // namespace

TEST_CASE("B3: a GET for which a connection has room is not refused for the POSTs that wait") {
    fake_pool pool(with_short_queues(2, 8));
    pool.confirm_all(2);
    pool.submit(); // one on each, so that no POST finds an idle one
    pool.submit();
    REQUIRE(pool.link(0).outstanding() == 1);
    REQUIRE(pool.link(1).outstanding() == 1);
    for (int i = 0; i < 3; ++i)
        CHECK_FALSE(pool.submit(unsafe).done());
    CHECK(pool.submit(unsafe).failed_with(errc::queue_full, delivery::not_sent));
    auto& get = pool.submit();
    CHECK_FALSE(get.done());
    CHECK(pool.sends_of(get) == 1);
    for (int i = 0; i < 10; ++i) {
        pool.respond_to_all(0);
        pool.respond_to_all(1);
    }
    CHECK(get.got(get.request.target));
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("B3: POSTs that wait take no GET's place in the queue, nor GETs a POST's") {
    for (const bool posts_first : {true, false}) {
        CAPTURE(posts_first);
        fake_pool pool(with_short_queues(1, 2));
        make_busy(pool);
        const auto one = posts_first ? unsafe : request_class::safe;
        const auto other = posts_first ? request_class::safe : unsafe;
        std::vector<test_call*> waiting;
        for (const auto kind : {one, other}) {
            for (int i = 0; i < 3; ++i) {
                waiting.push_back(&pool.submit(kind));
                CHECK_FALSE(waiting.back()->done());
            }
            CHECK(pool.submit(kind).failed_with(errc::queue_full, delivery::not_sent));
        }
        CHECK(pool.submit(one).failed_with(errc::queue_full, delivery::not_sent));
        CHECK(pool.stats().queue_depth == 6);
        pool.cancel(*waiting[4]); // of the other kind
        CHECK(pool.submit(one).failed_with(errc::queue_full, delivery::not_sent));
        CHECK_FALSE(pool.submit(other).done());
        pool.respond_to_all(0);
        for (const auto* const each : waiting)
            CHECK((each == waiting[4] || each->got(each->request.target)));
        CHECK(pool.gauges_are_zero());
        CHECK(pool.links.size() == 1);
    }
}
