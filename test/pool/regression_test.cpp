#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

TEST_CASE("a connection that closes before it carries a call is no reason to dial without end") {
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

TEST_CASE("a failed dial does not cost the healthy connections") {
    fake_pool pool(with_connections(3));
    pool.prove_all(2);
    pool.pass(5s);
    auto& post = pool.submit(unsafe); // distrusts the idle ones, dials
    REQUIRE(pool.links.size() == 3);
    pool.cycle([&] { pool.link(2).refused(errc::connect_failed); });
    CHECK(pool.link(0).phase() == phase::open);
    CHECK(pool.link(1).phase() == phase::open);
    CHECK_FALSE(post.done());
}

TEST_CASE("a reserved connection that retires hands its reservation on") {
    auto settings = with_connections(2, 8);
    settings.abandoned_grace = 2s;
    fake_pool pool(settings);
    pool.prove_all(2);
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
    // A zombie on the kept one outlives its grace: it retires, with a call in flight that is slow.
    const auto second = pool.link(kept).targets().back();
    for (auto* const each : {&c, &d})
        if (each->request.target == second)
            pool.cancel(*each);
    pool.pass(3s);
    REQUIRE(pool.stats().draining.get() == 1);
    // The other one has GETs all the time; it must be kept free now.
    for (int i = 0; i < 40 && pool.sends_of(post) == 0; ++i) {
        pool.submit();
        pool.answer(1 - kept);
    }
    CHECK(pool.sends_of(post) == 1);
}

TEST_CASE(
    "W22: a write that fails ends the connection in the same cycle, and what was not sent goes elsewhere") {
    for (const auto kind : {request_class::safe, unsafe}) {
        fake_pool pool(with_connections(1));
        pool.prove(0);
        pool.link(0).write_fails = true; // ENOBUFS, EHOSTUNREACH, EPERM: reading goes on
        auto& call = pool.submit(kind);
        CHECK(pool.link(0).phase() == phase::closed);
        REQUIRE(pool.links.size() == 2);
        pool.connect(1);
        pool.answer(1);
        CHECK(call.answered(call.request.target));
        CHECK(pool.sends_of(call) == 1);
    }
}

TEST_CASE("W22: of what was written when a write fails, a POST is not sent again") {
    fake_pool pool(with_connections(1));
    pool.prove(0);
    pool.link(0).jammed = true;
    auto& post = pool.submit(unsafe);
    pool.cycle([&] {
        pool.link(0).sent_some(10);
        pool.link(0).write_broken();
    });
    CHECK(post.failed_with(errc::connection_lost, delivery::maybe_processed));
}

TEST_CASE("a POST that waits for a dial is dialled for again when the pause is over") {
    // Nobody woke up at the end of the pause: the POST sat beside a healthy server until its deadline.
    fake_pool pool(with_connections(8));
    pool.prove(0);
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

TEST_CASE("an answer that comes early tells nothing of the requests behind it") {
    // It was taken for an announced close, and requests that were on the wire failed as not_sent.
    fake_pool pool(with_connections(1));
    pool.prove(0);
    pool.link(0).jammed = true;
    std::vector<test_call*> calls;
    pool.cycle([&] {
        for (int i = 0; i < 4; ++i) {
            auto& made = pool.make(request_class::idempotent);
            made.allow_replay = false;
            calls.push_back(&made);
            pool.scheduler().submit(made);
        }
    });
    pool.cycle([&] { pool.link(0).sent_some(4 * 20 + 60); });
    pool.answer(0);
    for (const auto* const each : calls) {
        if (each->status == 0)
            CHECK(each->why.delivery() == delivery::maybe_processed);
    }
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
