// A server may say how many requests it takes on a connection (Keep-Alive: max=N). What is sent beyond that
// is lost.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

namespace {

std::string max_of(std::size_t count) {
    return "Keep-Alive: timeout=30, max=" + std::to_string(count) + "\r\n";
}

} // namespace

TEST_CASE("O16: one after the other, a connection carries no more requests than the server takes") {
    for (const auto kind : {request_class::safe, request_class::idempotent, unsafe}) {
        CAPTURE(static_cast<int>(kind));
        fake_pool pool(with_connections(1));
        for (int i = 0; i < 10; ++i) {
            auto& call = pool.submit(kind);
            const auto last = pool.links.size() - 1;
            pool.connect(last);
            pool.respond(last, max_of(3)); // always the same, as some servers do
            CHECK(call.got(call.request.target));
            CHECK(pool.sends_of(call) == 1);
        }
        for (const auto& link : pool.links)
            CHECK(link->targets().size() <= 3);
        CHECK(pool.links.size() == 4);
        CHECK(pool.stats().connections_lost == 0);
    }
}

TEST_CASE("O16: a server that counts down is sent as many requests as it says, and not half as many") {
    fake_pool pool(with_connections(1));
    for (std::size_t i = 0; i < 100; ++i) {
        pool.submit();
        const auto last = pool.links.size() - 1;
        pool.connect(last);
        pool.respond(last, max_of(100 - pool.link(last).targets().size() + 1));
    }
    CHECK(pool.link(0).targets().size() <= 100);
    CHECK(pool.link(0).targets().size() >= 95);
}

TEST_CASE("O16: what is in flight counts") {
    fake_pool pool(with_connections(1));
    pool.submit();
    pool.connect(0);
    pool.respond(0, max_of(3));
    std::vector<test_call*> calls;
    for (int i = 0; i < 8; ++i)
        calls.push_back(&pool.submit());
    CHECK(pool.link(0).targets().size() == 3);
    pool.respond(0, max_of(2));
    CHECK(pool.link(0).targets().size() == 3);
    CHECK(pool.link(0).phase() == phase::open);
    pool.respond(0, max_of(1));
    CHECK(pool.link(0).phase() == phase::closed); // it is of no use any more
    for (std::size_t i = 1; i < pool.links.size() && i < 10; ++i) {
        pool.connect(i);
        pool.respond_to_all(i);
    }
    for (const auto* const each : calls) {
        CHECK(each->got(each->request.target));
        CHECK(pool.sends_of(*each) == 1);
    }
    CHECK(pool.stats().resends == 0);
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("O16: a limit that is exceeded when it becomes known admits nothing more") {
    fake_pool pool(with_connections(1));
    pool.confirm(0); // that response tells no limit
    std::vector<test_call*> calls;
    for (int i = 0; i < 6; ++i)
        calls.push_back(&pool.submit());
    REQUIRE(pool.link(0).outstanding() == 6);
    pool.respond(0, max_of(3));
    calls.push_back(&pool.submit());
    CHECK(pool.link(0).targets().size() == 7); // with the one that made it
    CHECK_FALSE(calls.back()->done());
    pool.respond(0, max_of(2));
    pool.respond(0, max_of(1) + "Connection: close\r\n"); // as it said
    for (std::size_t i = 1; i < pool.links.size() && i < 10; ++i) {
        pool.connect(i);
        pool.respond_to_all(i);
    }
    for (const auto* const each : calls) {
        CHECK(each->got(each->request.target));
        CHECK(pool.sends_of(*each) <= 2);
    }
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("O16: a connection that takes one request, or none more, is not used again") {
    for (const std::size_t most : {0U, 1U}) {
        for (const auto kind : {request_class::safe, unsafe}) {
            CAPTURE(most);
            CAPTURE(static_cast<int>(kind));
            fake_pool pool(with_connections(1));
            pool.submit();
            pool.connect(0);
            pool.respond(0, max_of(most));
            CHECK(pool.link(0).phase() == phase::closed);
            auto& next = pool.submit(kind);
            REQUIRE(pool.links.size() == 2);
            pool.connect(1);
            pool.respond(1);
            CHECK(next.got(next.request.target));
            CHECK(pool.sends_of(next) == 1);
        }
    }
}

TEST_CASE("O16: other connections have limits of their own") {
    fake_pool pool(with_connections(2));
    pool.confirm_all(2);
    pool.submit();
    pool.submit();
    REQUIRE(pool.link(0).outstanding() == 1);
    REQUIRE(pool.link(1).outstanding() == 1);
    pool.respond(0, max_of(0));
    pool.respond(1);
    CHECK(pool.link(0).phase() == phase::closed);
    for (int i = 0; i < 20; ++i) {
        pool.submit();
        pool.respond(1);
    }
    CHECK(pool.link(1).targets().size() == 22);
}
