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

TEST_CASE("O01: Retry-After is waited for, what is none is not, what is too long fails at once and is told") {
    loopback_server server;
    asio::io_context context;
    client client(context, server.client_options().retry(
                               retry_policy{}.throttled_backoff(20ms).longest_retry_after(5s)));
    const auto id = make_session(context, client);
    const auto elapsed_of = [&](const fault& injected, bool succeeds) {
        server.inject(injected);
        const auto began = clock_type::now();
        const auto read = wait_for(context, client.try_get_session(id));
        CHECK_MESSAGE(read.has_value() == succeeds, read.error().describe());
        if (!succeeds)
            CHECK(read.error().retry_after() > 5s);
        return clock_type::now() - began;
    };
    CHECK(elapsed_of(fault{}.on("GET").throttle(1s), true) >= 1s);
    for (const auto* const none : {"-1", "soon", "1.5", ""}) {
        CAPTURE(none);
        CHECK(elapsed_of(fault{}.on("GET").respond(503).header("Retry-After", none), true) >= 10ms);
    }
    CHECK(client.stats().retries == 5);
    const auto requests = server.stats().requests_get;
    for (const auto* const too_long : {"6", "99999999999", "Fri, 31 Dec 9999 23:59:59 GMT"}) {
        CAPTURE(too_long);
        elapsed_of(fault{}.on("GET").respond(503).header("Retry-After", too_long), false);
    }
    // Longer than the deadline is too long as well.
    server.inject(fault{}.on("GET").throttle(4s));
    const auto hasty = wait_for(context, client.try_get_session(id, call_options{}.timeout(3s)));
    CHECK(hasty.error().http_status() == 429);
    CHECK(hasty.error().retry_after() == 4s);
    CHECK(server.stats().requests_get == requests + 4); // once each
    CHECK(client.stats().retries == 5);
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
