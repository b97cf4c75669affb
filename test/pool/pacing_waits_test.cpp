// What a closed origin leaves behind: requests from before that end without a response, timers that nobody needs, and
// tokens that expire meanwhile.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

namespace {

const std::string says_2_s = "Retry-After: 2\r\n";

} // namespace

TEST_CASE("O02: requests from before that are cancelled or lost leave the window as it is") {
    for (const int way : {0, 1, 2}) {
        CAPTURE(way);
        fake_pool pool(with_attempts(3, 2));
        pool.confirm_all(2);
        std::vector<test_call*> slow;
        for (int i = 0; i < 2; ++i)
            slow.push_back(&pool.submit());
        auto& refused = pool.submit(); // behind one of them
        const std::size_t two = pool.link(0).outstanding() == 2 ? 0 : 1;
        auto& alone = *slow[pool.link(two).next_target() == slow[0]->request.target ? 1 : 0];
        pool.respond(two);
        pool.refuse(two, 429, says_2_s);
        for (int i = 0; i < 4; ++i)
            pool.submit();
        pool.pass(2s); // the slow one is still in flight, beside the probe
        REQUIRE(pool.sends_of(refused) == 2);
        if (way == 0)
            pool.cancel(alone);
        else if (way == 1)
            pool.cycle([&] { pool.link(1 - two).reset(); });
        else
            pool.respond(1 - two);
        CHECK(pool.stats().in_flight == 1); // the probe alone
        pool.respond(two);
        CHECK(pool.stats().in_flight == 1); // a window of one
    }
}

TEST_CASE("O02: an origin that is closed has a timer only as long as a call waits for it") {
    fake_pool pool(with_attempts(1));
    pool.confirm(0);
    auto& refused = pool.submit();
    pool.refuse(0, 429, "Retry-After: 30\r\nConnection: close\r\n");
    CHECK(refused.status == 429);
    REQUIRE(pool.stats().connections_open() == 0);
    CHECK_FALSE(pool.scheduler().next_time());

    // A call that comes later goes by the clock, whether the origin is closed when it comes or not.
    auto& waits = pool.make();
    waits.timeout = 1min;
    pool.submit(waits);
    const auto opens_at = pool.now() + 30s;
    CHECK(pool.scheduler().next_time() == opens_at);
    pool.cancel(waits);
    CHECK_FALSE(pool.scheduler().next_time());
    pool.pass(10s);
    auto& sent = pool.make();
    sent.timeout = 1min;
    pool.submit(sent);
    CHECK(pool.scheduler().next_time() == opens_at);
    pool.pass(20s - 1ns);
    CHECK(pool.links.size() == 1);
    pool.pass(1ns);
    REQUIRE(pool.links.size() == 2);
    pool.connect(1);
    pool.respond(1);
    CHECK(sent.got(sent.request.target));
}

TEST_CASE("O02: a call that comes when the time of a closed origin is over is sent at once") {
    fake_pool pool(with_attempts(1));
    pool.confirm(0);
    pool.submit();
    pool.refuse(0, 429, says_2_s);
    pool.pass(2s);
    auto& next = pool.submit();
    CHECK(pool.sends_of(next) == 1);
    pool.respond(0);
    CHECK(next.got(next.request.target));
}
