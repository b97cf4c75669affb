// A connection fails with calls on it while another one announces its close. Whatever the other one has
// announced, the next connection carries one request alone first (RFC 9112, section 9.3.2): the first of the
// lost requests may be what broke the connection.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

namespace {

enum class order { lost_first, announced_first, in_one_cycle };

/// Two connections with two calls in flight on each. The first is lost, the second announces its close behind
/// its first response.
struct half_lost {
    explicit half_lost(order how) : pool(with_connections(2)) {
        pool.confirm_all(2);
        pool.pass(1ms);
        for (int i = 0; i < 4; ++i)
            calls.push_back(&pool.submit());
        REQUIRE(pool.link(0).outstanding() == 2);
        REQUIRE(pool.link(1).outstanding() == 2);
        const auto announcing = pool.response_ahead(1, 0, "Connection: close\r\n");
        const auto lose = [&] { pool.link(0).reset(); };
        const auto announce = [&] { pool.link(1).receive(announcing); };
        switch (how) {
        case order::lost_first:
            pool.cycle(lose);
            pool.cycle(announce);
            break;
        case order::announced_first:
            pool.cycle(announce);
            pool.cycle(lose);
            break;
        case order::in_one_cycle:
            pool.cycle([&] {
                lose();
                announce();
            });
            break;
        }
        for (int i = 0; i < 4; ++i) // more than enough to fill the next connections
            calls.push_back(&pool.submit());
        REQUIRE(pool.links.size() == 4);
    }

    fake_pool pool;
    std::vector<test_call*> calls;
};

} // namespace

TEST_CASE("W23: after a loss the next connection carries one request alone, whatever another one announced") {
    for (const auto how : {order::lost_first, order::announced_first, order::in_one_cycle}) {
        CAPTURE(static_cast<int>(how));
        half_lost found(how);
        auto& pool = found.pool;
        for (const std::size_t i : {2U, 3U}) {
            CAPTURE(i);
            pool.connect(i);
            CHECK(pool.link(i).targets().size() == 1);
            pool.submit(); // nor does anything that comes later
            CHECK(pool.link(i).targets().size() == 1);
        }
        pool.respond(2);
        CHECK(pool.link(2).targets().size() > 2); // it has responded, and is pipelined on
        pool.respond(3);
        for (int i = 0; i < 10; ++i) {
            pool.respond_to_all(2);
            pool.respond_to_all(3);
        }
        for (const auto* const each : found.calls) {
            CHECK(each->got(each->request.target));
            CHECK(pool.sends_of(*each) <= 2);
        }
        CHECK(pool.gauges_are_zero());
        CHECK(pool.links.size() == 4);
    }
}

TEST_CASE("W23: the same for a connection that was being made when the other one was lost") {
    fake_pool pool(with_connections(2));
    pool.confirm_all(2);
    pool.pass(1ms);
    std::vector<test_call*> calls;
    for (int i = 0; i < 4; ++i)
        calls.push_back(&pool.submit());
    pool.respond(1, "Connection: close\r\n"); // what it carried goes elsewhere, on a dial that begins now
    calls.push_back(&pool.submit(unsafe));    // for which there must be a dial
    REQUIRE(pool.links.size() == 3);
    pool.cycle([&] { pool.link(0).reset(); });
    for (int i = 0; i < 4; ++i)
        calls.push_back(&pool.submit());
    pool.connect(2);
    CHECK(pool.link(2).targets().size() == 1);
    pool.connect(3);
    CHECK(pool.link(3).targets().size() == 1);
    for (int i = 0; i < 10; ++i) {
        pool.respond_to_all(2);
        pool.respond_to_all(3);
    }
    for (const auto* const each : calls)
        CHECK(each->got(each->request.target));
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("W23: a close that was announced long after the loss speaks for the server again") {
    half_lost found(order::lost_first);
    auto& pool = found.pool;
    pool.connect(2);
    pool.connect(3);
    pool.respond_to_all(2);
    pool.respond_to_all(3);
    REQUIRE(pool.gauges_are_zero());
    pool.ask([&] {
        for (int i = 0; i < 6; ++i)
            pool.scheduler().submit(pool.make());
    });
    REQUIRE(pool.link(2).outstanding() > 1);
    pool.respond(2, "Connection: close\r\n");
    REQUIRE(pool.links.size() == 5);
    pool.connect(4);
    CHECK(pool.link(4).outstanding() > 1); // its predecessor gave responses and ended by agreement
}
