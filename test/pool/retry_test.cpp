// Which calls are tried again after a response or a timeout, when, and how often.
#include <doctest/doctest.h>

#include "pool/fake_pool.hpp"

using namespace test;

TEST_CASE("a response that the policy retries is forgotten, and the call is sent again after a pause") {
    fake_pool pool(with_attempts(3));
    pool.confirm(0);
    auto& get = pool.submit();
    pool.refuse(0, 500);
    CHECK(get.where == test_call::state::paused);
    CHECK(pool.stats().in_flight == 0);
    pool.pass(50ms);
    CHECK(pool.sends_of(get) == 2);
    pool.refuse(0, 502);
    pool.pass(100ms);
    pool.respond(0);
    CHECK(get.got("/2"));
    CHECK(get.attempts == 3);
    CHECK(pool.stats().retries == 2);
    CHECK(pool.stats().resends == 0);
    CHECK(pool.links.size() == 1);
}

TEST_CASE("the last attempt's response is the result") {
    fake_pool pool(with_attempts(3));
    pool.confirm(0);
    auto& get = pool.submit();
    for (int i = 0; i < 3; ++i) {
        CHECK_FALSE(get.done());
        pool.refuse(0, 504);
        pool.pass(1s);
    }
    CHECK(get.completions == 1);
    CHECK(get.status == 504);
    CHECK(pool.sends_of(get) == 3);
    CHECK(pool.gauges_are_zero());
}

TEST_CASE("a POST and a call that must not be sent again get the first response") {
    fake_pool pool(with_attempts(3));
    pool.confirm(0);
    auto& post = pool.submit(unsafe);
    pool.refuse(0, 503);
    CHECK(post.status == 503);
    auto& unavailable = pool.submit(unsafe);
    pool.refuse(0, 503, "Retry-After: 0\r\n");
    CHECK(unavailable.status == 503);
    pool.pass(1s);
    auto& once = pool.make();
    once.allow_resend = false;
    pool.submit(once);
    pool.refuse(0, 500);
    CHECK(once.status == 500);
    CHECK(pool.stats().retries == 0);
}

TEST_CASE("a call may have a policy of its own") {
    fake_pool pool(with_attempts(3));
    pool.confirm(0);
    auto& impatient = pool.make();
    impatient.extras().retry = bandwidth::webrtc::retry_policy::none();
    pool.submit(impatient);
    pool.refuse(0, 500);
    CHECK(impatient.status == 500);

    auto& post = pool.make(unsafe);
    post.extras().retry = bandwidth::webrtc::retry_policy().retry_unavailable_unsafe(true);
    pool.submit(post);
    pool.refuse(0, 503, "Retry-After: 1\r\n");
    pool.pass(1s);
    pool.respond(0);
    CHECK(post.got("/3"));
    CHECK(pool.sends_of(post) == 2);
}

TEST_CASE("O01: a Retry-After that is a date counts from the response's own Date") {
    fake_pool pool(with_attempts(2));
    pool.confirm(0);
    auto& get = pool.submit();
    pool.refuse(0, 503,
                "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:49:42 GMT\r\n");
    pool.pass(5s - 1ms);
    CHECK(pool.sends_of(get) == 1);
    pool.pass(1ms);
    CHECK(pool.sends_of(get) == 2);
}

TEST_CASE("a call in its pause can be cancelled, closed, drained and abandoned") {
    for (const int way : {0, 1, 2, 3}) {
        CAPTURE(way);
        fake_pool pool(with_attempts(2));
        pool.confirm(0);
        auto& get = pool.submit();
        pool.refuse(0, 500);
        switch (way) {
        case 0:
            pool.cancel(get);
            CHECK(get.failed_with(errc::cancelled, delivery::maybe_processed));
            break;
        case 1:
            pool.close();
            CHECK(get.failed_with(errc::client_closed, delivery::maybe_processed));
            break;
        case 2: {
            auto& drain = pool.drain();
            pool.pass(50ms);
            CHECK(pool.order.size() == 1);
            pool.respond(0);
            CHECK(get.got("/2"));
            CHECK(pool.order.back() == &drain);
            break;
        }
        case 3:
            pool.scheduler().on_context_shutdown();
            CHECK(get.recycled == 1);
            break;
        default:
            break;
        }
        CHECK(pool.gauges_are_zero());
    }
}

TEST_CASE("a throttled call that never gets another response is known not to be processed") {
    fake_pool pool(with_attempts(2));
    pool.confirm(0);
    auto& get = pool.submit();
    pool.refuse(0, 429);
    pool.cancel(get);
    CHECK(get.failed_with(errc::cancelled, delivery::not_sent));
}

TEST_CASE("O02: the budget bounds what is sent again to a fifth more") {
    auto settings = with_attempts(3, 8);
    settings.again.retry.throttled_backoff(10ms);
    settings.queue_limit = 100'000;
    fake_pool pool(settings);
    int submitted = 0;
    for (int tick = 0; tick < 2000; ++tick) { // ten seconds, 1,000 calls a second, all of them refused
        pool.ask([&] {
            for (int i = 0; i < 5; ++i, ++submitted)
                pool.scheduler().submit(pool.make());
        });
        for (std::size_t i = 0; i < pool.links.size(); ++i) {
            if (pool.link(i).phase() != phase::open)
                pool.connect(i);
            while (pool.link(i).outstanding() != 0)
                pool.refuse(i, 503);
        }
        pool.pass(5ms);
    }
    CHECK(submitted == 10'000);
    CHECK(pool.stats().requests_sent <= 12'000);
    CHECK(pool.stats().requests_sent >= 11'500); // it is used
    CHECK(pool.stats().retries_refused > 0);

    // Recovery: the first response after it is a success at once.
    auto& after = pool.submit();
    for (std::size_t i = 0; i < pool.links.size(); ++i)
        pool.respond_to_all(i);
    CHECK(after.done());
    CHECK(after.status == 200);
}

TEST_CASE("O02: the pauses of a crowd are spread evenly") {
    auto settings = with_attempts(2, 1);
    settings.depth = 256;
    settings.again.budget_per_second = 1000;
    fake_pool pool(settings);
    pool.confirm(0);
    constexpr int crowd = 200;
    pool.ask([&] {
        for (int i = 0; i < crowd; ++i)
            pool.scheduler().submit(pool.make());
    });
    for (int i = 0; i < crowd; ++i)
        pool.refuse(0, 503);
    const auto before = pool.stats().requests_sent;
    pool.pass(500ms); // half of the bound for all
    CHECK(pool.stats().requests_sent <= before + 1);
    // Kolmogorov-Smirnov against the uniform distribution on [500 ms, 1 s]: 1.63 / sqrt(n) is 1 %.
    double worst = 0;
    for (int step = 1; step <= 50; ++step) {
        pool.pass(10ms);
        pool.respond_to_all(0);
        const double share = static_cast<double>(pool.stats().requests_sent - before) / crowd;
        worst = std::max(worst, std::abs(share - step / 50.0));
    }
    CHECK(worst < 1.63 / std::sqrt(static_cast<double>(crowd)));
}

TEST_CASE("N19: a 408 that closes is sent again on another connection, for a POST it is the response") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& get = pool.submit();
    auto& behind = pool.submit();
    pool.refuse(0, 408, "Connection: close\r\n");
    CHECK_FALSE(get.done());
    pool.connect(1);
    pool.respond_to_all(1);
    CHECK(get.got("/2"));
    CHECK(behind.got("/3"));
    CHECK(get.resends == 1);

    auto& post = pool.submit(unsafe);
    pool.refuse(1, 408, "Connection: close\r\n");
    CHECK(post.status == 408);
    CHECK(pool.sends_of(post) == 1);
}

TEST_CASE("N20: a 421 is sent once more, on a connection that nobody has used, whatever the method") {
    for (const auto kind : {request_class::safe, unsafe}) {
        for (const std::size_t most : {1u, 2u}) {
            CAPTURE(most);
            fake_pool pool(with_connections(most));
            pool.confirm(0);
            auto& call = pool.submit(kind);
            pool.refuse(0, 421);
            CHECK_FALSE(call.done());
            REQUIRE(pool.links.size() == 2);
            auto& other = pool.submit();
            pool.connect(1);
            CHECK(pool.link(1).targets() == std::vector<std::string>{"/2"});
            pool.refuse(1, 421);
            CHECK(call.status == 421);
            CHECK(pool.sends_of(call) == 2);
            for (std::size_t i = 0; i < pool.links.size(); ++i)
                pool.respond_to_all(i);
            CHECK(other.got("/3"));
            CHECK(pool.gauges_are_zero());
        }
    }
}

TEST_CASE("N20: two calls that were refused with 421 share the one connection that there may be") {
    fake_pool pool(with_connections(1));
    pool.confirm(0);
    auto& first = pool.submit();
    auto& second = pool.submit();
    pool.refuse(0, 421);
    pool.refuse(0, 421);
    for (std::size_t i = 1; i < 4 && !(first.done() && second.done()); ++i) {
        REQUIRE(pool.links.size() == i + 1);
        pool.connect(i);
        pool.respond_to_all(i);
    }
    CHECK(first.got(first.request.target));
    CHECK(second.got(second.request.target));
}

TEST_CASE("N24: a 425 is sent once more after a pause, whatever the method") {
    fake_pool pool(with_attempts(3));
    pool.confirm(0);
    auto& post = pool.submit(unsafe);
    pool.refuse(0, 425);
    pool.pass(50ms);
    pool.refuse(0, 425);
    CHECK(post.status == 425);
    CHECK(pool.sends_of(post) == 2);
}

TEST_CASE(
    "a fresh connection that ends without a response: one more attempt after a pause, then the failure") {
    fake_pool pool(with_attempts(5));
    auto& get = pool.submit();
    pool.connect(0);
    pool.cycle([&] { pool.link(0).fin(); });
    CHECK(get.where == test_call::state::paused);
    pool.pass(200ms);
    pool.connect(1);
    pool.cycle([&] { pool.link(1).fin(); });
    CHECK(get.failed_with(errc::connection_lost, delivery::maybe_processed));
    CHECK(pool.sends_of(get) == 2);

    auto& post = pool.submit(unsafe);
    pool.pass(1s);
    pool.connect(2);
    pool.cycle([&] { pool.link(2).fin(); });
    CHECK(post.failed_with(errc::connection_lost, delivery::maybe_processed));
    CHECK(pool.sends_of(post) == 1);
}

TEST_CASE("W14: a silent peer costs one timeout: the front is retried, those behind it move at once") {
    fake_pool pool(with_attempts(3));
    pool.confirm(0);
    auto& front = pool.submit();
    auto& behind = pool.submit();
    pool.pass(15s);
    CHECK(pool.link(0).phase() == phase::closed);
    REQUIRE(pool.links.size() == 2);
    pool.connect(1);
    CHECK(pool.link(1).targets() == std::vector<std::string>{"/3"});
    pool.pass(50ms);
    pool.respond_to_all(1);
    CHECK(behind.got("/3"));
    CHECK(front.got("/2"));
    CHECK(front.attempts == 2);
}

TEST_CASE("an attempt's timeout is followed by another attempt, the deadline is not") {
    fake_pool pool(with_attempts(2, 2));
    pool.confirm(0);
    auto& get = pool.make();
    get.extras().attempt_timeout = 1s;
    pool.submit(get);
    pool.pass(1s);
    CHECK(get.where == test_call::state::paused);
    CHECK(pool.stats().abandoned == 1);
    pool.pass(50ms);
    pool.connect(1); // not behind its own first attempt
    CHECK(pool.sends_of(get) == 2);
    pool.pass(1s);
    CHECK(get.failed_with(errc::response_timeout, delivery::maybe_processed));
    CHECK(get.completions == 1);

    fake_pool other(with_attempts(2));
    other.confirm(0);
    auto& post = other.make(unsafe);
    post.extras().attempt_timeout = 1s;
    other.submit(post);
    other.pass(1s);
    CHECK(post.failed_with(errc::response_timeout, delivery::maybe_processed));
    CHECK(other.sends_of(post) == 1);
}

TEST_CASE("a resend that the budget does not allow is a failure") {
    auto settings = with_connections(1, 64);
    settings.again.budget_per_second = 0.5; // five
    settings.again.budget_ratio = 0;
    fake_pool pool(settings);
    pool.confirm(0);
    pool.ask([&] {
        for (int i = 0; i < 20; ++i)
            pool.scheduler().submit(pool.make());
    });
    pool.cycle([&] { pool.link(0).reset(); });
    CHECK(pool.stats().resends == 5);
    CHECK(pool.stats().retries_refused == 15);
    CHECK(pool.stats().calls_failed == 15);
}

TEST_CASE("requests behind an announced close are always sent again: they were not processed") {
    auto settings = with_connections(1, 64);
    settings.again.budget_per_second = 0;
    settings.again.budget_ratio = 0;
    fake_pool pool(settings);
    pool.confirm(0);
    pool.ask([&] {
        for (int i = 0; i < 20; ++i)
            pool.scheduler().submit(pool.make());
    });
    pool.respond(0, "Connection: close\r\n");
    pool.connect(1);
    pool.respond_to_all(1);
    CHECK(pool.stats().calls_succeeded == 21);
}

TEST_CASE("a call that was sent on a new connection once (421) may go to any connection afterwards") {
    fake_pool pool(with_attempts(3));
    pool.confirm(0);
    auto& get = pool.submit();
    pool.refuse(0, 421);
    pool.connect(1);
    pool.refuse(1, 500);
    pool.pass(100ms);
    CHECK(pool.links.size() == 2);
    pool.respond(1);
    CHECK(get.got(get.request.target));
}

TEST_CASE("a call that got a response may have been processed, whatever the status that its policy retries") {
    auto settings = with_attempts(3);
    settings.again.retry.retry_status(409);
    fake_pool pool(settings);
    pool.confirm(0);
    auto& put = pool.submit(request_class::idempotent);
    pool.refuse(0, 409);
    pool.cancel(put);
    CHECK(put.failed_with(errc::cancelled, delivery::maybe_processed));
}
