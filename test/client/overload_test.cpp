// The service says "later", is slow, or is left in the middle of traffic: rows O01, O03, O10 and O15 of
// doc/faults.md over sockets. Those without sockets are in test/pool; O07, O08, O09 and O11 stand with what
// they are about, in cancellation_test.cpp, network_faults_test.cpp and deadline_test.cpp.
#include <doctest/doctest.h>

#include <algorithm>
#include <bandwidth/webrtc/client.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "support/chaos_server.hpp"
#include "support/test_client.hpp"

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;
using support::collector;
using support::run_until;
using support::wait_for;
using testing::fault;
using testing::loopback_options;
using testing::loopback_server;

namespace {

/// A session on the server, and a connection that is pipelined on.
session_id make_session(asio::io_context& context, client& client) {
    const auto made = wait_for(context, client.try_create_session());
    REQUIRE_MESSAGE(made.has_value(), made.error().describe());
    return made->id();
}

} // namespace

TEST_CASE("O01: Retry-After is waited for, what is none is not") {
    loopback_server server;
    asio::io_context context;
    client client(context, server.client_options().retry(retry_policy{}.throttled_backoff(20ms)));
    const auto id = make_session(context, client);
    const auto elapsed_of = [&](const fault& injected) {
        server.inject(injected);
        const auto began = clock_type::now();
        const auto read = wait_for(context, client.try_get_session(id));
        CHECK_MESSAGE(read.has_value(), read.error().describe());
        return clock_type::now() - began;
    };
    CHECK(elapsed_of(fault{}.on("GET").throttle(1s)) >= 1s);
    for (const auto* const none : {"-1", "soon", "1.5", ""}) {
        CAPTURE(none);
        CHECK(elapsed_of(fault{}.on("GET").respond(503).header("Retry-After", none)) >= 10ms);
    }
    CHECK(client.stats().retries == 5);
}

TEST_CASE(
    "O01: a Retry-After that is longer than the policy's longest, or than the deadline, fails the call at "
    "once") {
    for (const auto* const too_long : {"6", "99999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "4"}) {
        CAPTURE(too_long);
        loopback_server server;
        asio::io_context context;
        client client(context, server.client_options().retry(retry_policy{}.longest_retry_after(5s)));
        const auto status = std::string_view(too_long) == "4" ? 429 : 503;
        server.inject(fault{}.on("GET").respond(status).header("Retry-After", too_long));
        const auto read =
            wait_for(context, client.try_get_session(session_id("s"), call_options{}.timeout(3s)));
        CHECK(read.error().http_status() == status);
        CHECK(read.error().retry_after() >= 4s);
        CHECK(read.error().elapsed() < 3s);
        CHECK(server.stats().requests_get == 1);
        CHECK(client.stats().retries == 0);
    }
}

TEST_CASE("O02: after a 429 calls wait for the service, and all succeed, POSTs too") {
    loopback_server server;
    asio::io_context context;
    client client(context, server.client_options().max_connections(4));
    const auto id = make_session(context, client);
    server.inject(fault{}.throttle(1s));
    collector<session> results;
    const auto began = clock_type::now();
    for (int i = 0; i < 100; ++i)
        if (i % 2 == 0)
            client.try_create_session()(results.next());
        else
            client.try_get_session(id)(results.next());
    results.wait(context);
    CHECK(clock_type::now() - began >= 1s);
    CHECK(results.each_once());
    CHECK(results.succeeded() == 100);
    CHECK(client.stats().origin_paced == 1);
    CHECK(client.stats().retries_throttled == 1);
    CHECK(server.stats().requests_post + server.stats().requests_get == 102);
    CHECK(support::at_rest(client.stats()));
}

TEST_CASE("O02: a service that takes 50 requests in a second serves 120 calls, with few requests more") {
    loopback_server server(loopback_options{}.rate_limit(50, 1s));
    asio::io_context context;
    client client(context, server.client_options().max_connections(2).pipeline_depth(4));
    collector<session> results;
    for (int i = 0; i < 60; ++i) {
        client.try_create_session()(results.next());
        client.try_create_session(session_request{}, call_options{}.idempotent())(results.next());
    }
    results.wait(context);
    CHECK(results.each_once());
    CHECK(results.succeeded() == 120);
    CHECK(server.session_count() == 120);
    CHECK(client.stats().origin_paced >= 2);
    // At most eight in flight at first, then a window that twenty responses or so open to no more than that.
    CHECK(server.stats().requests_post <= 120 + 3 * 8);
    CHECK(client.stats().retries_refused == 0);
}

TEST_CASE("O02: a call that cannot wait for the service fails at once, and is throttled") {
    loopback_server server;
    asio::io_context context;
    client client(context, server.client_options());
    const auto id = make_session(context, client);
    server.inject(fault{}.throttle(20s));
    collector<session> results;
    client.try_get_session(id)(results.next());
    run_until(context, [&] { return client.stats().origin_paced == 1; });
    const auto hasty = wait_for(context, client.try_get_session(id, call_options{}.timeout(10s)));
    CHECK(hasty.error().code() == errc::throttled);
    CHECK(hasty.error().code() == condition::throttled);
    CHECK(hasty.error().http_status() == 0);
    CHECK(hasty.error().delivery() == delivery::not_sent);
    CHECK(hasty.error().elapsed() < 10s);
    CHECK(hasty.error().retry_after() > 10s);
    CHECK_MESSAGE(hasty.error().message().ends_with(" s (429)"), hasty.error().message());
    client.close();
    results.wait(context);
    CHECK(results[0].error().code() == errc::client_closed);
    CHECK(server.stats().requests_get == 1);
}

TEST_CASE(
    "O03: the server becomes slow: the queue is bounded, what finds no place is told at once, and all is "
    "well again after") {
    constexpr std::size_t connections = 2;
    constexpr std::size_t depth = 4;
    constexpr std::size_t limit = 20;
    constexpr std::size_t calls = 200;
    constexpr std::size_t refused = calls - limit - connections * depth;
    support::chaos_options slowly;
    slowly.plan = [](std::string_view, std::uint64_t, int) {
        support::chaos what;
        what.delay = 5ms;
        return what;
    };
    support::chaos_server server(slowly);
    asio::io_context context;
    client client(context, server.client_options()
                               .max_connections(connections)
                               .pipeline_depth(depth)
                               .queue_limit(limit)
                               .timeout(100s)
                               .response_timeout(100s)
                               .retry(retry_policy::none()));
    const session_id id("s");
    const auto serves = [&](std::size_t count) {
        collector<session> results;
        std::uint64_t most = 0;
        for (std::size_t i = 0; i < count; ++i)
            client.try_get_session(id)(results.next());
        run_until(context, [&] {
            most = std::max(most, client.stats().in_flight);
            return results.left() == 0;
        });
        CHECK(results.succeeded() == count);
        return most;
    };
    for (const bool in_time : {true, false}) {
        CAPTURE(in_time);
        while (serves(limit) < connections * depth) // until each connection is there and is pipelined on
            continue;
        server.pause();
        collector<session> results;
        const auto options = call_options{}.timeout(in_time ? 100s : 300ms);
        for (std::size_t i = 0; i < calls; ++i)
            client.try_get_session(id, options)(results.next());
        std::uint64_t longest = 0;
        const auto ended = [&](std::size_t count) {
            run_until(context, [&] {
                longest = std::max(longest, client.stats().queue_depth);
                return results.order().size() >= count;
            });
        };
        if (in_time) {
            ended(refused);
            CHECK(client.stats().queue_depth == limit);
            CHECK(client.stats().in_flight == connections * depth);
            server.resume();
        }
        ended(calls);
        server.resume();
        CHECK(longest <= limit);
        REQUIRE(results.each_once());
        for (std::size_t i = 0; i < calls; ++i) {
            const auto& outcome = results[results.order()[i]];
            const auto& why = outcome.error();
            CAPTURE(i);
            if (why.code() == errc::queue_full) {
                CHECK(why.delivery() == delivery::not_sent);
                CHECK(why.attempts() == 0);
            } else if (!in_time) {
                CHECK_MESSAGE(why.code() == condition::timeout, why.describe());
            }
            if (in_time)
                CHECK_MESSAGE((i < refused ? why.code() == errc::queue_full : outcome.has_value()),
                              why.describe());
        }
        run_until(context, [&] { return support::at_rest(client.stats()); });
        serves(limit);
    }
    run_until(context, [&] { // the server may learn it later
        return server.connections_open() <= connections;
    });
}

TEST_CASE("O10: destroyed with a hundred requests in flight, by their caller or by a completion") {
    for (const bool by_completion : {false, true}) {
        CAPTURE(by_completion);
        loopback_server server;
        asio::io_context context;
        std::optional<client> owner(std::in_place, context,
                                    support::options_for(server).max_connections(1).pipeline_depth(128));
        const auto id = make_session(context, *owner);
        server.inject(fault{}.on("GET", "/first").delay(50ms));
        server.inject(fault{}.on("GET").delay(20s));
        collector<session> results;
        bool first_done = false;
        owner->try_get_session(session_id("first"))([&](const result<session>& outcome) {
            CHECK(outcome.error().http_status() == 404);
            if (by_completion)
                owner.reset();
            first_done = true;
        });
        for (int i = 0; i < 100; ++i)
            owner->try_get_session(id)(results.next());
        run_until(context, [&] { return first_done; });
        if (!by_completion) {
            run_until(context, [&] { return owner->stats().in_flight == 100; });
            owner.reset();
        }
        CHECK(results.left() == 100); // not inside of the destructor
        results.wait(context);
        CHECK(results.each_once());
        for (std::size_t i = 0; i < results.size(); ++i) {
            CHECK(results[i].error().code() == errc::client_closed);
            CHECK(results[i].error().delivery() == delivery::maybe_processed);
        }
        context.run_for(support::generous_limit);
        CHECK(context.stopped());
        CHECK(server.stats().requests_get == 101);
    }
}

TEST_CASE(
    "O15: a drain during traffic, while the server closes its connections: no call fails, and no POST is "
    "sent twice") {
    loopback_server server(loopback_options{}.delay(2ms).requests_per_connection(7));
    asio::io_context context;
    client client(context, server.client_options().max_connections(4));
    const auto id = make_session(context, client);
    collector<session> results;
    for (int i = 0; i < 300; ++i)
        if (i % 3 == 0)
            client.try_create_session()(results.next());
        else
            client.try_get_session(id)(results.next());
    run_until(context, [&] { return results.left() < 200; });
    const auto drained = wait_for(context, client.try_drain(30s));
    CHECK(drained.has_value());
    results.wait(context);
    CHECK(results.each_once());
    CHECK(results.succeeded() == 300);
    CHECK(server.session_count() == 101);
    CHECK(server.stats().requests_post == 101);
    context.run_for(support::generous_limit);
    CHECK(context.stopped());
    CHECK(support::at_rest(client.stats()));
}
