// Unsafe calls and calls with dedicated connections: alone on their connection, and an unsafe one on the
// wire at most once.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

TEST_CASE("P2: an unsafe call shares its connection with nobody") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& post = pool.submit(unsafe);
    auto& get = pool.submit();
    CHECK(pool.link(0).outstanding() == 1);
    CHECK(pool.sends_of(post) == 1);
    CHECK(pool.sends_of(get) == 0);
    pool.respond(0);
    CHECK(post.got("/2"));
    CHECK(pool.sends_of(get) == 1);
    auto& second = pool.submit(unsafe);
    CHECK(pool.sends_of(second) == 0);
    pool.respond(0);
    CHECK(pool.sends_of(second) == 1);
}

TEST_CASE("P2: an unsafe call waits for an abandoned request too") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.cancel(pool.submit());
    auto& post = pool.submit(unsafe);
    CHECK(pool.sends_of(post) == 0);
    pool.respond(0);
    CHECK(pool.sends_of(post) == 1);
}

TEST_CASE("an unsafe call may be the first on a new connection") {
    fake_pool pool(with_connections(1));
    auto& post = pool.submit(unsafe);
    pool.connect(0);
    CHECK(pool.sends_of(post) == 1);
    pool.respond(0);
    CHECK(post.got("/1"));
}

TEST_CASE("unsafe calls spread over all connections, and dial for more") {
    fake_pool pool(with_connections(4));
    for (int i = 0; i < 6; ++i)
        pool.submit(unsafe);
    REQUIRE(pool.links.size() == 4);
    for (std::size_t i = 0; i < 4; ++i)
        pool.connect(i);
    for (std::size_t i = 0; i < 4; ++i)
        CHECK(pool.link(i).outstanding() == 1);
    for (int round = 0; round < 2; ++round)
        for (std::size_t i = 0; i < 4; ++i)
            pool.respond_to_all(i);
    CHECK(pool.order.size() == 6);
    for (const auto& each : pool.calls)
        CHECK(pool.sends_of(*each) == 1);
}

TEST_CASE("an unsafe call does not use a connection that was idle for long: a new one is made for it") {
    fake_pool pool(with_connections(2));
    pool.confirm(0);
    pool.pass(4s);
    auto& trusting = pool.submit(unsafe);
    CHECK(pool.sends_of(trusting) == 1);
    pool.respond(0);
    pool.pass(4s + 1ms);
    auto& post = pool.submit(unsafe);
    CHECK(pool.sends_of(post) == 0);
    REQUIRE(pool.links.size() == 2);
    CHECK(pool.link(0).phase() == phase::open); // a GET may still use it
    pool.connect(1);
    CHECK(pool.link(1).targets() == std::vector<std::string>{"/3"});
}

TEST_CASE("a GET with a dedicated connection uses the connection that is too old for the POST before it") {
    fake_pool pool(with_connections(3));
    pool.confirm(0);
    pool.pass(4s + 1ms);
    auto& post = pool.submit(unsafe);
    auto& once = pool.make(); // may not be sent again, so it uses no older connection than a POST does
    once.request.dedicated_connection = true;
    once.allow_resend = false;
    pool.submit(once);
    auto& get = pool.make();
    get.request.dedicated_connection = true;
    pool.submit(get);
    REQUIRE(pool.links.size() == 3); // one dial for each of the first two
    CHECK(pool.link(0).outstanding() == 1);
    CHECK(pool.sends_of(get) == 1);
    CHECK(pool.sends_of(post) == 0);
    CHECK(pool.sends_of(once) == 0);
    SUBCASE("the dial is done first") {
        pool.connect(1);
        CHECK(pool.sends_of(post) == 1);
        CHECK(pool.sends_of(once) == 0);
    }
    SUBCASE("the GET is answered first: what was used just now is trusted") {
        pool.respond(0);
        CHECK(pool.sends_of(post) == 1);
        pool.connect(1);
        CHECK(pool.sends_of(once) == 1);
    }
    pool.respond_to_all(0);
    pool.respond_to_all(1);
    pool.connect(2);
    pool.respond_to_all(1);
    pool.respond_to_all(2);
    CHECK(pool.order.size() == 4);
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("GETs with dedicated connections without end do not starve a POST") {
    fake_pool pool(with_connections(2));
    pool.confirm(0);
    pool.pass(4s + 1ms);
    auto& post = pool.submit(unsafe);
    for (int i = 0; i < 3; ++i) {
        auto& get = pool.make();
        get.request.dedicated_connection = true;
        pool.submit(get);
    }
    CHECK(pool.sends_of(post) == 0);
    pool.respond(0); // the dial never comes to an end, the connection serves one call
    CHECK(pool.sends_of(post) == 1);
}

TEST_CASE("where a POST has no dial, a GET with a dedicated connection behind it does not go first") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.pass(4s + 1ms);
    auto& post = pool.make(unsafe);
    auto& get = pool.make();
    get.request.dedicated_connection = true;
    pool.ask([&] {
        pool.scheduler().submit(post);
        pool.scheduler().submit(get);
    });
    CHECK(pool.link(0).phase() == phase::closed);
    REQUIRE(pool.links.size() == 2);
    pool.connect(1);
    CHECK(pool.link(1).targets() == targets({&post}));
}

TEST_CASE("where there is no room for a new connection, the stale one is closed to make room") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.pass(5s);
    auto& post = pool.submit(unsafe);
    CHECK(pool.link(0).phase() == phase::closed);
    REQUIRE(pool.links.size() == 2);
    pool.connect(1);
    pool.respond(1);
    CHECK(post.got("/2"));
    CHECK(pool.sends_of(post) == 1);
}

TEST_CASE("only as many stale connections are closed as are needed") {
    fake_pool pool(with_connections(3));
    pool.confirm_all(3);
    pool.pass(5s);
    pool.submit(unsafe);
    CHECK(pool.stats().connections_open() == 2);
    CHECK(pool.stats().connections_connecting == 1);
}

TEST_CASE("a busy connection is kept free for an unsafe call that waits") {
    fake_pool pool(with_connections(2));
    pool.confirm_all(2);
    for (int i = 0; i < 4; ++i)
        pool.submit();
    auto& post = pool.submit(unsafe);
    const auto before = pool.link(0).targets().size() + pool.link(1).targets().size();
    for (int i = 0; i < 4; ++i)
        pool.submit();
    CHECK(pool.link(0).targets().size() + pool.link(1).targets().size() == before + 4);
    // One of the two takes nothing new.
    const bool first_is_kept = pool.link(0).outstanding() == 2;
    CHECK(pool.link(first_is_kept ? 0 : 1).outstanding() == 2);
    CHECK(pool.link(first_is_kept ? 1 : 0).outstanding() == 6);
    pool.respond(first_is_kept ? 0 : 1);
    pool.respond(first_is_kept ? 0 : 1);
    CHECK(pool.sends_of(post) == 1);
    CHECK(pool.link(first_is_kept ? 0 : 1).outstanding() == 1);
}

TEST_CASE("when no unsafe call waits any more, nothing is kept free") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    pool.submit();
    auto& post = pool.submit(unsafe);
    auto& get = pool.submit();
    CHECK(pool.sends_of(get) == 0); // kept for the POST
    pool.cancel(post);
    pool.submit();
    CHECK(pool.sends_of(get) == 1);
    CHECK(pool.link(0).outstanding() == 3);
}

TEST_CASE("with one connection neither queue starves the other") {
    for (const std::size_t depth : {1u, 8u}) {
        CAPTURE(depth);
        fake_pool pool(with_connections(1, depth));
        pool.confirm(0);
        // Both queues always have calls that wait.
        for (int i = 0; i < 4; ++i) {
            pool.submit();
            pool.submit(unsafe);
        }
        int posts = 0;
        int gets = 0;
        for (int i = 0; i < 200; ++i) {
            pool.respond(0);
            (pool.order.back()->request.kind == unsafe ? posts : gets) += 1;
            pool.submit(i % 2 == 0 ? request_class::safe : unsafe);
        }
        CHECK(posts >= 50);
        CHECK(gets >= 50);
        // No call waits for long: they are served about in the order of their coming.
        CHECK(std::all_of(pool.calls.begin(), pool.calls.begin() + 150,
                          [](const auto& each) { return each->done(); }));
    }
}

TEST_CASE("W08: an unsafe call that was sent fails with its connection, and is sent once") {
    for (const bool fin : {false, true}) {
        fake_pool pool(with_connections(2));
        pool.confirm(0);
        auto& post = pool.submit(unsafe);
        pool.cycle([&] { fin ? pool.link(0).fin() : pool.link(0).reset(); });
        CHECK(post.failed_with(errc::connection_lost, delivery::maybe_processed));
        CHECK(pool.sends_of(post) == 1);
        CHECK(pool.gauges_are_zero());
    }
}

TEST_CASE("an unsafe call that was sent in part fails, one of which no byte left goes elsewhere") {
    for (const std::size_t bytes : {0u, 1u, 20u}) {
        CAPTURE(bytes);
        fake_pool pool(with_connections(1));
        pool.confirm(0);
        pool.link(0).jammed = true;
        auto& post = pool.submit(unsafe);
        if (bytes != 0)
            pool.link(0).sent_some(bytes);
        pool.cycle([&] { pool.link(0).reset(); });
        if (bytes != 0) {
            CHECK(post.failed_with(errc::connection_lost, delivery::maybe_processed));
            CHECK(pool.links.size() == 1);
        } else {
            pool.connect(1);
            pool.respond(1);
            CHECK(post.got("/2"));
            CHECK(pool.stats().resends == 0);
            CHECK(post.attempts == 2);
        }
    }
}

TEST_CASE("when a reserved connection drains, another one is reserved in its place") {
    auto settings = with_connections(2, 8);
    settings.abandoned_grace = 2s;
    fake_pool pool(settings);
    pool.confirm_all(2);
    auto& a = pool.submit();
    auto& b = pool.submit();
    auto& c = pool.submit();
    auto& d = pool.submit();
    auto& post = pool.submit(unsafe); // one connection is kept free
    (void)a, (void)b;
    std::size_t kept = 0;
    pool.submit();
    pool.submit();
    kept = pool.link(0).outstanding() < pool.link(1).outstanding() ? 0 : 1;
    // An abandoned request on the reserved connection takes too long: it drains, with a slow call in flight.
    const auto second = pool.link(kept).targets().back();
    for (auto* const each : {&c, &d})
        if (each->request.target == second)
            pool.cancel(*each);
    pool.pass(3s);
    REQUIRE(pool.stats().connections_draining == 1);
    // The other one has GETs all the time; it must be kept free now.
    for (int i = 0; i < 40 && pool.sends_of(post) == 0; ++i) {
        pool.submit();
        pool.respond(1 - kept);
    }
    CHECK(pool.sends_of(post) == 1);
}

TEST_CASE("a GET uses the idle connection that has been idle for too long for a POST") {
    fake_pool pool(with_connections(2));
    pool.confirm(0);
    pool.pass(5s);
    pool.submit(unsafe);
    REQUIRE(pool.links.size() == 2); // a dial that may take long
    auto& get = pool.submit();
    CHECK(get.where == test_call::state::in_flight);
}

TEST_CASE("a POST takes an old idle connection where dials fail") {
    for (const auto code : {errc::connect_failed, errc::tls_untrusted}) {
        fake_pool pool(with_connections(8));
        pool.confirm(0);
        pool.pass(5s);
        auto& post = pool.submit(unsafe);
        REQUIRE(pool.links.size() == 2);
        pool.cycle([&] { pool.link(1).refused(code); });
        pool.respond(0);
        CHECK(post.got(post.request.target));
    }
}
