#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <chrono>
#include <string>

#include "client/warm_up.hpp"
#include "support/chaos_server.hpp"
#include "support/test_client.hpp"

// Time limits: of a call, of an attempt, of a response.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::chaos_server;
using support::collector;
using support::options_for;
using support::wait_for;
using testing::fault;
using testing::loopback_server;
using testing::script;
using testing::scripted_server;

TEST_CASE("a deadline in flight: the call ends on time, its neighbours are answered") {
    chaos_server server;
    asio::io_context context;
    client client(context, server.client_options().max_connections(1).response_timeout(100s));
    support::warm_up_with_session(context, client);
    server.pause();
    collector<session> results;
    client.try_get_session(session_id("slow"), call_options{}.timeout(50ms))(results.next());
    client.try_get_session(session_id("behind"))(results.next());
    support::run_until(context, [&] { return results.left() == 1; });
    CHECK(results[0].error().code() == errc::response_timeout);
    CHECK(results[0].error().code() == condition::timeout);
    CHECK(results[0].error().delivery() == delivery::maybe_processed);
    CHECK(results[0].error().attempts() == 1);
    CHECK(results[0].error().elapsed() >= 50ms);
    server.resume();
    results.wait(context);
    CHECK(results[1].has_value());
    CHECK(client.stats().dials == 1);
    CHECK(support::at_rest(client.stats()));
}

TEST_CASE("a deadline in the queue: nothing is sent") {
    loopback_server server;
    server.inject(fault{}.on("POST").delay(200ms));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    collector<session> results;
    client.try_create_session()(results.next());
    client.try_create_session(session_request{}, call_options{}.timeout(100ms))(results.next());
    results.wait(context);
    CHECK(results.order().front() == 1);
    CHECK(results[0].has_value());
    CHECK(results[1].error().code() == errc::queue_timeout);
    CHECK(results[1].error().delivery() == delivery::not_sent);
    CHECK(results[1].error().attempts() == 0);
    CHECK(server.stats().requests_post == 1);
}

TEST_CASE("O11: deadlines at the edges") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    for (const std::chrono::nanoseconds value :
         {std::chrono::nanoseconds(0), std::chrono::nanoseconds(-1), std::chrono::nanoseconds::min()}) {
        const auto outcome = wait_for(context, client.try_create_session({}, call_options{}.timeout(value)));
        REQUIRE(outcome.has_error());
        CHECK(outcome.error().code() == condition::timeout);
        CHECK(outcome.error().delivery() == delivery::not_sent);
    }
    CHECK(server.stats().connections_accepted == 0);
    const auto short_time = wait_for(context, client.try_create_session({}, call_options{}.timeout(1ns)));
    REQUIRE(short_time.has_error());
    CHECK(short_time.error().code() == condition::timeout);
    CHECK(short_time.error().delivery() == delivery::not_sent);
    const auto longest = call_options{}
                             .timeout(std::chrono::nanoseconds::max())
                             .attempt_timeout(std::chrono::nanoseconds::max());
    CHECK(wait_for(context, client.try_create_session({}, longest)).has_value());
}

TEST_CASE("the client's deadline holds for calls that set none") {
    chaos_server server;
    server.pause();
    asio::io_context context;
    client client(context, server.client_options().timeout(60ms));
    const auto outcome = wait_for(context, client.try_get_session(session_id("s")));
    CHECK(outcome.error().code() == condition::timeout);
    server.resume();
    const auto patient =
        wait_for(context, client.try_get_session(session_id("s"), call_options{}.timeout(20s)));
    CHECK(patient.has_value());
}

TEST_CASE("an attempt timeout starts when the request goes out, not in the queue") {
    loopback_server server;
    server.inject(fault{}.on("POST").delay(150ms));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    collector<session> results;
    client.try_create_session()(results.next());
    client.try_create_session(session_request{}, call_options{}.attempt_timeout(100ms))(results.next());
    results.wait(context);
    CHECK(results.succeeded() == 2);    // the second waited for longer than its attempt timeout
    server.inject(fault{}.delay(100s)); // longer than a test may take
    const auto slow =
        wait_for(context, client.try_get_session(session_id("s"), call_options{}.attempt_timeout(50ms)));
    CHECK(slow.error().code() == errc::response_timeout);
}

TEST_CASE("no response within the response timeout: the call fails, the connection is given up") {
    scripted_server server;
    server.add(script{}.expect_requests().stall());
    server.otherwise(script{}.expect_requests().send(support::session_response("s")));
    asio::io_context context;
    client client(context, options_for(server).response_timeout(100ms));
    const auto silent = wait_for(context, client.try_get_session(session_id("s")));
    CHECK(silent.error().code() == errc::response_timeout);
    CHECK(silent.error().delivery() == delivery::maybe_processed);
    CHECK(server.connections() == 1);
    CHECK(wait_for(context, client.try_get_session(session_id("s"))).has_value());
    CHECK(client.stats().connections_lost == 1);
}

TEST_CASE("a body that stops in the middle is a body timeout") {
    scripted_server server;
    server.add(
        script{}.expect_requests().send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\"").stall());
    server.otherwise(script{}.expect_requests().send(support::session_response("s")));
    asio::io_context context;
    client client(context, options_for(server).response_timeout(100ms));
    CHECK(wait_for(context, client.try_get_session(session_id("s"))).error().code() == errc::body_timeout);
    CHECK(wait_for(context, client.try_get_session(session_id("s"))).has_value());
}

TEST_CASE("a deadline covers all attempts and the pauses between them") {
    loopback_server server;
    server.inject(fault{}.always().delay(150ms).close_before_response());
    asio::io_context context;
    client client(
        context,
        options_for(server).retry(bandwidth::webrtc::retry_policy().backoff(1ms, 1ms)).timeout(350ms));
    // Lost after 150 ms, sent again after the pause between dials, and not answered by the deadline.
    const auto outcome = wait_for(context, client.try_get_session(session_id("s")));
    CHECK(outcome.error().code() == condition::timeout);
    CHECK(outcome.error().delivery() == delivery::maybe_processed);
    CHECK(outcome.error().attempts() <= 2);
}

TEST_CASE("a POST behind a call that timed out does not get its response") {
    loopback_server server;
    server.inject(fault{}.on("GET", "/slow").delay(150ms));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    CHECK(wait_for(context, client.try_get_session(session_id("slow"), call_options{}.timeout(30ms)))
              .error()
              .code() == condition::timeout);
    const auto made = wait_for(context, client.try_create_session(session_request{}.tag("mine")));
    REQUIRE(made.has_value());
    CHECK(made->tag() == "mine");
}
