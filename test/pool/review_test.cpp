// What a review of the rules found, each with the sequence of events that showed it.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

namespace {

// Two proven connections, with one GET in flight on each.
void two_busy(fake_pool& pool) {
    pool.prove_all(2);
    pool.submit();
    pool.submit();
    REQUIRE(pool.link(0).outstanding() == 1);
    REQUIRE(pool.link(1).outstanding() == 1);
}

} // namespace

TEST_CASE("a dial under way for a POST costs no healthy connection") {
    fake_pool pool(with_connections(2));
    pool.prove(0);
    pool.pass(5s);
    auto& post = pool.submit(unsafe);
    pool.cycle([] {});
    CHECK(pool.link(0).phase() == phase::open);
    pool.cycle([&] { pool.link(1).refused(errc::connect_failed); });
    CHECK_FALSE(post.done());
}

TEST_CASE("a GET uses the idle connection that a POST distrusts") {
    fake_pool pool(with_connections(2));
    pool.prove(0);
    pool.pass(5s);
    pool.submit(unsafe);
    REQUIRE(pool.links.size() == 2); // a dial that may take long
    auto& get = pool.submit();
    CHECK(get.where == test_call::state::in_flight);
}

TEST_CASE("a POST takes an old idle connection where dials fail") {
    for (const auto code : {errc::connect_failed, errc::tls_untrusted}) {
        fake_pool pool(with_connections(8));
        pool.prove(0);
        pool.pass(5s);
        auto& post = pool.submit(unsafe);
        REQUIRE(pool.links.size() == 2);
        pool.cycle([&] { pool.link(1).refused(code); });
        pool.answer(0);
        CHECK(post.answered(post.request.target));
    }
}

TEST_CASE(
    "a call that needs a fresh connection fails at once where none can be made, beside an open one too") {
    fake_pool pool(with_connections(2));
    pool.prove(0);
    auto& get = pool.submit();
    pool.refuse(0, 421);
    REQUIRE(pool.links.size() == 2);
    pool.cycle([&] { pool.link(1).refused(errc::tls_untrusted); });
    CHECK(get.failed_with(errc::tls_untrusted, delivery::not_sent));
}

TEST_CASE("a call that was sent on a fresh connection once goes anywhere afterwards") {
    fake_pool pool(with_attempts(3));
    pool.prove(0);
    auto& get = pool.submit();
    pool.refuse(0, 421);
    pool.connect(1);
    pool.refuse(1, 500);
    pool.pass(100ms);
    CHECK(pool.links.size() == 2);
    pool.answer(1);
    CHECK(get.answered(get.request.target));
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
    pool.answer(1);
    CHECK(second.answered(second.request.target));
}

TEST_CASE("O04: the next late head is found too") {
    fake_pool pool(with_connections(1));
    pool.prove(0);
    pool.submit();
    pool.submit();
    pool.pass(1s);
    pool.answer(0);
    pool.pass(1s);
    CHECK(pool.stats().suspects.get() == 2);
    CHECK(pool.submit().where == test_call::state::queued);
}

TEST_CASE("a POST does not wait for the connection whose head is late") {
    fake_pool pool(with_connections(2));
    two_busy(pool);
    pool.pass(200ms);
    pool.answer(1);
    pool.submit();
    pool.pass(50ms);
    REQUIRE(pool.stats().suspects.get() == 1);
    auto& post = pool.submit(unsafe);
    for (int i = 0; i < 10 && pool.sends_of(post) == 0; ++i) {
        pool.submit();
        pool.pass(10ms);
        if (pool.link(1).outstanding() != 0)
            pool.answer(1);
    }
    CHECK(pool.sends_of(post) == 1);
}

TEST_CASE("a connection that took nothing of its only request is closed, not kept") {
    fake_pool pool(with_connections(1));
    pool.prove(0);
    pool.link(0).jammed = true;
    auto& get = pool.submit();
    pool.pass(250ms);
    CHECK(pool.link(0).phase() == phase::closed);
    REQUIRE(pool.links.size() == 2);
    pool.connect(1);
    pool.answer(1);
    CHECK(get.answered(get.request.target));
}

TEST_CASE("W13: connections that end in the middle of their first answer are made again with pauses") {
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

TEST_CASE("N5: a connection that aged and then failed is no reason to trust the next one") {
    auto settings = with_attempts(3);
    settings.max_age = 10s;
    fake_pool pool(settings);
    pool.prove(0);
    pool.pass(8s);
    for (int i = 0; i < 3; ++i)
        pool.submit();
    pool.pass(15s + 1ms); // it ages in between, and then the head stalls
    REQUIRE(pool.link(0).phase() == phase::closed);
    pool.connect(1);
    CHECK(pool.link(1).outstanding() == 1);
}

TEST_CASE("a fresh connection that took not a byte costs no attempt") {
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

TEST_CASE("I5: who leaves in the middle of a short chunked answer costs his neighbour nothing") {
    auto settings = with_connections(1);
    settings.again.budget_per_second = 0;
    settings.again.budget_ratio = 0;
    fake_pool pool(settings);
    pool.prove(0);
    auto& head = pool.submit();
    auto& behind = pool.make();
    behind.allow_replay = false;
    pool.submit(behind);
    pool.cycle([&] { pool.link(0).receive("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"); });
    pool.cancel(head);
    pool.cycle(
        [&] { pool.link(0).receive("cde\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n/3"); });
    CHECK(behind.answered("/3"));
}

TEST_CASE("I9: an answer that nobody waits for is not read for ever, whenever its caller left") {
    for (const bool told : {true, false}) {
        CAPTURE(told);
        auto settings = with_connections(1);
        settings.again.budget_per_second = 0; // this side's own doing needs no budget
        settings.again.budget_ratio = 0;
        fake_pool pool(settings);
        pool.prove(0);
        auto& head = pool.submit();
        auto& behind = pool.submit();
        pool.cancel(head); // before anything of the answer is there
        pool.cycle([&] {
            pool.link(0).receive(told ? "HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n"
                                      : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7a1200\r\n");
        });
        int pieces = 0;
        for (; pieces < 100 && pool.link(0).phase() == phase::open; ++pieces)
            pool.cycle([&] { pool.link(0).receive(std::string(16384, 'x')); });
        CHECK(pieces <= 17); // 256 KiB and a bit
        pool.connect(1);
        pool.answer(1);
        CHECK(behind.answered("/3"));
    }
}

TEST_CASE("what is not written on a connection that is replaced goes to another at once") {
    fake_pool pool(with_connections(2));
    two_busy(pool);
    pool.link(0).jammed = true;
    pool.link(1).jammed = true;
    auto& unwritten = pool.submit();
    REQUIRE(unwritten.where == test_call::state::in_flight);
    pool.cycle([&] { pool.scheduler().drain_connections(); });
    CHECK(unwritten.where == test_call::state::queued);
    CHECK(pool.stats().draining.get() == 2);
}

TEST_CASE("an attempt's timeout that finds nothing written is no attempt") {
    fake_pool pool(with_connections(1));
    pool.prove(0);
    pool.submit();
    pool.link(0).jammed = true;
    auto& post = pool.make();
    post.extras().attempt_timeout = 100ms;
    pool.submit(post);
    pool.pass(100ms);
    CHECK_FALSE(post.done());
    pool.link(0).jammed = false;
    pool.cycle([&] { pool.link(0).flush(); });
    pool.answer_all(0);
    CHECK(post.answered(post.request.target));
}

TEST_CASE("a server that closes what it has no use for is no server that fails") {
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
    CHECK(pool.stats().dials_failed.get() == 0);
}

TEST_CASE("T21: new TLS settings are tried at once, whatever failed with the old ones") {
    fake_pool pool(with_connections(1));
    pool.submit();
    pool.cycle([&] { pool.link(0).refused(errc::tls_untrusted); });
    pool.cycle([&] { pool.scheduler().drain_connections(); });
    auto& hurried = pool.make();
    hurried.deadline_after = 10ms;
    pool.submit(hurried);
    CHECK(pool.links.size() == 2);
    CHECK_FALSE(hurried.done());
}

TEST_CASE("N8: only Connection: close says that what is behind was not processed") {
    const auto* const http_1_0 = "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    for (const auto* const answer : {"HTTP/1.1 200 OK\r\n\r\nhello", http_1_0}) {
        CAPTURE(answer);
        fake_pool pool(with_connections(1));
        pool.prove(0);
        auto& first = pool.submit();
        auto& put = pool.make(request_class::idempotent);
        put.allow_replay = false;
        pool.submit(put);
        REQUIRE(pool.sends_of(put) == 1);
        pool.cycle([&] { pool.link(0).receive(answer); });
        pool.cycle([&] { pool.link(0).fin(); });
        CHECK(first.done());
        CHECK(put.failed_with(errc::connection_lost, delivery::maybe_processed));
    }
}

TEST_CASE("a call that was answered may have been processed, whatever the status that its policy retries") {
    auto settings = with_attempts(3);
    settings.again.retry.retry_status(409);
    fake_pool pool(settings);
    pool.prove(0);
    auto& put = pool.submit(request_class::idempotent);
    pool.refuse(0, 409);
    pool.cancel(put);
    CHECK(put.failed_with(errc::cancelled, delivery::maybe_processed));
}

TEST_CASE("the wait behind others is counted from the time that there are others") {
    fake_pool pool(with_connections(1));
    pool.prove(0);
    pool.link(0).jammed = true;
    auto& gone = pool.submit();
    pool.pass(100ms);
    pool.submit();
    pool.cancel(gone);
    pool.link(0).jammed = false;
    pool.cycle([&] { pool.link(0).flush(); });
    pool.answer(0);
    CHECK(pool.stats().hol_wait.get() <= 100'000'000);
}

TEST_CASE("at depth 1 a caller who leaves does not cost the connection") {
    fake_pool pool(with_connections(1, 1));
    pool.prove(0);
    pool.cancel(pool.submit());
    CHECK(pool.link(0).phase() == phase::open);
    pool.answer(0);
    auto& next = pool.submit();
    pool.answer(0);
    CHECK(next.answered(next.request.target));
    CHECK(pool.links.size() == 1);
}
