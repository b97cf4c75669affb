// Attempts to connect: how many at a time, and what follows where they fail or lead to no response.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

TEST_CASE("dials are never more than the calls that wait, nor than allowed") {
    fake_pool pool(with_connections(4));
    pool.submit();
    CHECK(pool.links.size() == 1);
    pool.submit();
    CHECK(pool.links.size() == 2);
    for (int i = 0; i < 20; ++i)
        pool.submit();
    CHECK(pool.links.size() == 4);
    CHECK(pool.stats().connections_connecting == 4);
}

TEST_CASE("a dial that fails with nothing else to serve them fails all that wait") {
    fake_pool pool(with_connections(1));
    auto& first = pool.submit();
    auto& second = pool.submit(unsafe);
    pool.cycle([&] { pool.link(0).refused(errc::tls_untrusted); });
    CHECK(first.failed_with(errc::tls_untrusted, delivery::not_sent));
    CHECK(second.failed_with(errc::tls_untrusted, delivery::not_sent));
    CHECK(first.why.message() == "no way");
    CHECK(first.attempts == 0);
    CHECK(pool.links.size() == 1);
    CHECK(pool.stats().dials_failed == 1);
    CHECK(pool.connection_gauges_are_zero());
    auto& third = pool.submit();
    pool.pass(100ms); // not at once: the pause after a dial that failed
    pool.connect(1);
    pool.respond(1);
    CHECK(third.got("/3"));
}

TEST_CASE("W04: refused dials fail all calls that wait, without a storm") {
    fake_pool pool(with_connections(4));
    auto& first = pool.submit();
    auto& second = pool.submit(unsafe);
    for (std::size_t i = 0; i < pool.links.size() && i < 100; ++i)
        pool.cycle([&] { pool.link(i).refused(errc::connect_failed); });
    CHECK(first.failed_with(errc::connect_failed, delivery::not_sent));
    CHECK(second.failed_with(errc::connect_failed, delivery::not_sent));
    CHECK(pool.links.size() <= 4);
    CHECK(pool.connection_gauges_are_zero());
}

TEST_CASE("a dial that fails beside an open connection fails nobody, and is not repeated at once") {
    fake_pool pool(with_connections(2));
    pool.confirm(0);
    pool.submit();
    auto& second = pool.submit();
    pool.cycle([&] { pool.link(1).refused(errc::connect_failed); });
    CHECK_FALSE(second.done());
    CHECK(pool.link(0).outstanding() == 2); // behind the first, now that there is no better place
    pool.submit();
    CHECK(pool.links.size() == 2);
    pool.pass(200ms);
    pool.submit();
    CHECK(pool.links.size() == 3);
    pool.cycle([&] { pool.link(2).refused(errc::connect_failed); });
    pool.pass(99ms); // at least half of the bound, which doubles each time
    pool.submit();
    CHECK(pool.links.size() == 3);
}

TEST_CASE("the connect timeout names the phase that it ended") {
    const std::pair<connect_phase, errc> table[] = {{connect_phase::resolving, errc::resolve_timeout},
                                                    {connect_phase::connecting, errc::connect_timeout},
                                                    {connect_phase::tunnelling, errc::proxy_timeout},
                                                    {connect_phase::handshaking, errc::handshake_timeout}};
    for (const auto& [reached, code] : table) {
        fake_pool pool(with_connections(1));
        auto& get = pool.submit();
        pool.link(0).reach(reached);
        pool.pass(5s - 1ms);
        CHECK_FALSE(get.done());
        pool.pass(1ms);
        CHECK(get.failed_with(code, delivery::not_sent));
        CHECK(get.why.message() == "as far as it came");
        CHECK(pool.link(0).phase() == phase::closed);
        CHECK(pool.connection_gauges_are_zero());
        CHECK(pool.gauges_are_zero());
    }
}

TEST_CASE(
    "W02, W04, W06, X03: a dial that fails is made again with pauses, up to the attempts, then all fail") {
    for (const auto code :
         {errc::resolve_failed, errc::connect_failed, errc::handshake_failed, errc::proxy_failed}) {
        fake_pool pool(with_attempts(3));
        auto& get = pool.submit();
        auto& post = pool.submit(unsafe);
        pool.cycle([&] { pool.link(0).refused(code); });
        CHECK(pool.links.size() == 1);
        pool.pass(49ms);
        CHECK(pool.links.size() == 1);
        pool.pass(51ms);
        REQUIRE(pool.links.size() == 2);
        pool.cycle([&] { pool.link(1).refused(code); });
        CHECK_FALSE(get.done());
        pool.pass(200ms);
        REQUIRE(pool.links.size() == 3);
        pool.cycle([&] { pool.link(2).refused(code); });
        CHECK(get.failed_with(code, delivery::not_sent));
        CHECK(post.failed_with(code, delivery::not_sent));
        CHECK(pool.gauges_are_zero());
    }
}

TEST_CASE("W02: a dial that succeeds in the end serves what waited") {
    fake_pool pool(with_attempts(3));
    auto& get = pool.submit();
    auto& post = pool.submit(unsafe);
    pool.cycle([&] { pool.link(0).refused(errc::resolve_failed); });
    pool.pass(100ms);
    pool.connect(1);
    pool.respond(1);
    pool.respond(1);
    CHECK(get.got("/1"));
    CHECK(post.got("/2"));
}

TEST_CASE("W01, W05, T01, X02: what the next dial would meet as well fails all at once") {
    for (const auto code : {errc::host_not_found, errc::tls_untrusted, errc::tls_host_mismatch,
                            errc::tls_protocol, errc::proxy_refused}) {
        fake_pool pool(with_attempts(3));
        auto& get = pool.submit();
        pool.cycle([&] { pool.link(0).refused(code); });
        CHECK(get.failed_with(code, delivery::not_sent));
    }
    fake_pool pool(with_attempts(3));
    auto& get = pool.submit();
    auto& short_of_time = pool.make();
    short_of_time.timeout = 1s;
    pool.submit(short_of_time);
    pool.link(0).reach(connect_phase::connecting);
    pool.pass(1s);
    CHECK(short_of_time.failed_with(errc::connect_timeout, delivery::not_sent));
    pool.pass(4s);
    CHECK(get.failed_with(errc::connect_timeout, delivery::not_sent));
    CHECK(pool.links.size() == 1);
}

TEST_CASE("a call that would only be dialled for after its deadline fails at once, with the dial's error") {
    fake_pool pool(with_attempts(100));
    auto& get = pool.submit();
    for (std::size_t i = 0; !get.done(); ++i) {
        pool.cycle([&] { pool.link(i).refused(errc::connect_failed); });
        while (!get.done() && pool.links.size() == i + 1)
            pool.pass(1ms);
    }
    CHECK(get.failed_with(errc::connect_failed, delivery::not_sent));
    CHECK(pool.now() - get.started <= 30s);
    CHECK(pool.links.size() >= 6);
    auto& hurried = pool.make();
    hurried.timeout = 1ms;
    pool.submit(hurried);
    CHECK(hurried.failed_with(errc::connect_failed, delivery::not_sent));
}

TEST_CASE("T17: a connection that the server rejects fails what waits, without another dial") {
    fake_pool pool(with_attempts(3));
    auto& get = pool.submit();
    auto& waiting = pool.submit();
    pool.connect(0);
    pool.cycle([&] { pool.link(0).rejected(); });
    CHECK(get.failed_with(errc::handshake_failed, delivery::not_sent));
    CHECK(waiting.failed_with(errc::handshake_failed, delivery::not_sent));
    CHECK(pool.links.size() == 1);
}

TEST_CASE("a connection that closes before it carries a call does not lead to dials without end") {
    fake_pool pool(with_connections(1));
    auto& get = pool.submit();
    for (std::size_t i = 0; i < pool.links.size() && i < 100; ++i)
        pool.cycle([&] {
            pool.link(i).connected();
            pool.link(i).fin(); // in the same read as the end of the handshake
        });
    CHECK(pool.links.size() <= 10);
    CHECK((get.done() || pool.links.size() <= 10));
}

TEST_CASE("a failed dial leaves the healthy connections as they are") {
    fake_pool pool(with_connections(3));
    pool.confirm_all(2);
    pool.pass(5s);
    auto& post = pool.submit(unsafe); // the idle ones are too old for it, so it dials
    REQUIRE(pool.links.size() == 3);
    pool.cycle([&] { pool.link(2).refused(errc::connect_failed); });
    CHECK(pool.link(0).phase() == phase::open);
    CHECK(pool.link(1).phase() == phase::open);
    CHECK_FALSE(post.done());
}

TEST_CASE("a POST that waits for a dial is dialled for again when the pause is over") {
    // Nobody woke up at the end of the pause: the POST sat beside a healthy server until its deadline.
    fake_pool pool(with_connections(8));
    pool.confirm(0);
    pool.submit(); // the one connection is busy
    auto& post = pool.submit(unsafe);
    REQUIRE(pool.links.size() == 2);
    pool.cycle([&] { pool.link(1).refused(errc::connect_failed); });
    CHECK(pool.links.size() == 2); // not at once
    pool.pass(1s);
    REQUIRE(pool.links.size() == 3);
    pool.connect(2);
    CHECK(pool.sends_of(post) == 1);
}

TEST_CASE("connections that are reset before a byte is sent are not made without end") {
    auto settings = with_connections(1);
    settings.again.retry.attempts(3);
    fake_pool pool(settings);
    auto& get = pool.submit();
    for (std::size_t i = 0; i < pool.links.size() && i < 100; ++i) {
        pool.link(i).jammed = true;
        pool.cycle([&] { pool.link(i).connected(); });
        pool.link(i).write_broken();
        pool.cycle([&] { pool.link(i).reset(); });
        pool.pass(1s);
    }
    CHECK(pool.links.size() == 3);
    REQUIRE(get.done());
    CHECK(get.why.delivery() == delivery::not_sent);
}

TEST_CASE("a dial under way for a POST closes no healthy connection") {
    fake_pool pool(with_connections(2));
    pool.confirm(0);
    pool.pass(5s);
    auto& post = pool.submit(unsafe);
    pool.cycle([] {});
    CHECK(pool.link(0).phase() == phase::open);
    pool.cycle([&] { pool.link(1).refused(errc::connect_failed); });
    CHECK_FALSE(post.done());
}

TEST_CASE(
    "a call that needs a fresh connection fails at once where none can be made, beside an open one too") {
    fake_pool pool(with_connections(2));
    pool.confirm(0);
    auto& get = pool.submit();
    pool.refuse(0, 421);
    REQUIRE(pool.links.size() == 2);
    pool.cycle([&] { pool.link(1).refused(errc::tls_untrusted); });
    CHECK(get.failed_with(errc::tls_untrusted, delivery::not_sent));
}

TEST_CASE("W05: a connect timeout fails those that waited for all of it, not those that came later") {
    fake_pool pool(with_connections(1));
    auto& first = pool.submit();
    pool.link(0).reach(connect_phase::handshaking);
    pool.pass(4900ms);
    auto& second = pool.submit();
    pool.pass(100ms);
    CHECK(first.failed_with(errc::handshake_timeout, delivery::not_sent));
    CHECK_FALSE(second.done());
    pool.pass(100ms);
    pool.connect(1);
    pool.respond(1);
    CHECK(second.got(second.request.target));
}

TEST_CASE("W13: connections that end in the middle of their first response are made again with pauses") {
    fake_pool pool(with_attempts(3));
    const auto begun = pool.now();
    for (int n = 0; n < 10; ++n) {
        auto& get = pool.submit();
        while (!get.done()) {
            auto& link = *pool.links.back();
            if (link.phase() == phase::closed) {
                pool.pass(1ms);
                continue;
            }
            if (link.phase() != phase::open)
                pool.cycle([&] { link.connected(); });
            pool.cycle([&] {
                link.receive("HTTP/1.1 200 OK\r\nContent-Le");
                link.reset();
            });
        }
    }
    CHECK(pool.links.size() <= 30);
    CHECK(pool.now() - begun >= 1s);
}

TEST_CASE("a fresh connection that took no byte uses up no attempt") {
    fake_pool pool(with_attempts(5));
    auto& get = pool.submit();
    pool.link(0).jammed = true;
    pool.connect(0);
    pool.cycle([&] { pool.link(0).reset(); });
    pool.pass(1s);
    REQUIRE(pool.links.size() == 2);
    pool.connect(1);
    CHECK(pool.sends_of(get) == 1);
    pool.cycle([&] { pool.link(1).fin(); });
    CHECK(get.where == test_call::state::paused);
}

TEST_CASE("a server that closes unused connections does not count as failing") {
    auto settings = with_connections(4);
    settings.min_connections = 1;
    fake_pool pool(settings);
    pool.cycle([] {});
    for (std::size_t i = 0; i < 8; ++i) {
        REQUIRE(pool.links.size() == i + 1);
        pool.connect(i);
        pool.pass(5s);
        pool.cycle([&] { pool.link(i).fin(); });
    }
    CHECK(pool.links.size() == 9); // at once
    CHECK(pool.stats().dials_failed == 0);
}

TEST_CASE("T21: new TLS settings are tried at once, whatever failed with the old ones") {
    fake_pool pool(with_connections(1));
    pool.submit();
    pool.cycle([&] { pool.link(0).refused(errc::tls_untrusted); });
    pool.ask([&] { pool.scheduler().drain_connections(); });
    auto& hurried = pool.make();
    hurried.timeout = 10ms;
    pool.submit(hurried);
    CHECK(pool.links.size() == 2);
    CHECK_FALSE(hurried.done());
}
