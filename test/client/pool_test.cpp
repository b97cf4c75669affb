#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "support/test_client.hpp"

// Connections: how many, for how long, and how a session is resumed.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::collector;
using support::options_for;
using support::run_until;
using support::wait_for;
using testing::loopback_options;
using testing::loopback_server;
using testing::tls_version;

TEST_CASE("the statistics tell why: each reason stands in its own place") {
    testing::scripted_server server;
    const auto refused = [](int status) { return support::http_response(status, "{}"); };
    server.add(testing::script{}
                   .expect_requests()
                   .send(refused(500))
                   .expect_requests()
                   .send(refused(500))
                   .expect_requests()
                   .send(refused(503))
                   .expect_requests()
                   .send(refused(404))
                   .expect_requests()
                   .send("no HTTP\r\n\r\n"));
    server.add(
        testing::script{}.expect_requests().send(support::session_response("s", "Connection: close\r\n")));
    server.add(testing::script{}.expect_requests().send(support::session_response("s")).rst());
    server.otherwise(testing::script{}.expect_requests());
    asio::io_context context;
    client client(context, options_for(server).max_connections(1).retry(
                               retry_policy{}.attempts(4).backoff(1ms, 2ms).throttled_backoff(1ms)));
    const auto get = [&] { return wait_for(context, client.try_get_session(session_id("s"))); };
    CHECK(get().error().http_status() == 404);
    CHECK(get().error().code() == errc::protocol_error);
    CHECK(get().has_value());
    CHECK(get().has_value());
    run_until(context, [&] { return client.stats().connections_closed == 3; });
    const auto late =
        wait_for(context, client.try_get_session(session_id("s"), call_options{}.timeout(20ms)));
    CHECK(late.error().code() == condition::timeout);
    const auto seen = client.stats();
    CHECK(seen.responses_2xx == 2);
    CHECK(seen.responses_4xx == 1);
    CHECK(seen.responses_5xx == 3);
    CHECK(seen.retries_status == 2);
    CHECK(seen.retries_throttled == 1);
    CHECK(seen.retries == 3);
    CHECK(seen.connections_closed_protocol == 1);
    CHECK(seen.connections_closed_announced == 1);
    CHECK(seen.connections_closed_broken == 1);
    CHECK(seen.calls_timed_out == 1);
}

TEST_CASE("a client connects at its first call, and keeps the connection") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    context.poll();
    CHECK(server.stats().connections_accepted == 0);
    for (int i = 0; i < 5; ++i)
        CHECK(wait_for(context, client.try_create_session()).has_value());
    CHECK(server.stats().connections_accepted == 1);
    const auto stats = client.stats();
    CHECK(stats.dials == 1);
    CHECK(stats.handshakes_full == 1);
    CHECK(stats.connections_idle == 1);
    CHECK(stats.calls_started == 5);
    CHECK(stats.calls_succeeded == 5);
    CHECK(stats.bytes_sent > 0);
    CHECK(stats.bytes_received > 0);
    CHECK(support::at_rest(stats));
}

TEST_CASE("never more connections than allowed") {
    for (const std::size_t most : {1, 3, 8}) {
        CAPTURE(most);
        loopback_server server(loopback_options{}.delay(1ms));
        asio::io_context context;
        client client(context, options_for(server).max_connections(most));
        collector<session> results;
        for (int i = 0; i < 100; ++i)
            client.try_create_session()(results.next());
        results.wait(context);
        CHECK(results.succeeded() == 100);
        CHECK(server.stats().connections_accepted == most);
        CHECK(client.stats().dials == most);
        CHECK(client.stats().connections_idle == most);
    }
}

TEST_CASE("a TLS session is resumed by later connections, also when the server closed the one before") {
    for (const auto version : {tls_version::tls_1_2, tls_version::tls_1_3}) {
        CAPTURE(static_cast<int>(version));
        loopback_server server(loopback_options{}.max_tls_version(version));
        asio::io_context context;
        client client(context, options_for(server));
        for (unsigned i = 1; i <= 6; ++i) {
            CHECK(wait_for(context, client.try_create_session()).has_value());
            if (i % 2 == 0)
                server.close_idle_connections();
            else
                server.reset_idle_connections();
            run_until(context, [&] { return client.stats().connections_idle == 0; });
        }
        CHECK(server.stats().handshakes_full == 1);
        CHECK(server.stats().handshakes_resumed == 5);
        CHECK(client.stats().handshakes_full == 1);
        CHECK(client.stats().handshakes_resumed == 5);
        CHECK(client.stats().connections_closed == 6);
        CHECK(client.stats().connections_lost == 0);
    }
}

TEST_CASE("a TLS session is resumed after the client closed the connection") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).idle_timeout(20ms));
    for (int i = 0; i < 4; ++i) {
        CHECK(wait_for(context, client.try_create_session()).has_value());
        run_until(context, [&] { return client.stats().connections_idle == 0; });
    }
    CHECK(server.stats().handshakes_full == 1);
    CHECK(server.stats().handshakes_resumed == 3);
}

TEST_CASE("an idle connection is closed after the idle timeout, and no earlier") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).idle_timeout(150ms));
    CHECK(wait_for(context, client.try_create_session()).has_value());
    const auto idle_since = std::chrono::steady_clock::now();
    CHECK(client.stats().connections_idle == 1);
    run_until(context, [&] { return client.stats().connections_idle == 0; });
    CHECK(std::chrono::steady_clock::now() - idle_since >= 140ms);
    run_until(context, [&] { return server.stats().connections_open == 0; });
    CHECK(client.stats().connections_closed == 1);
    CHECK(wait_for(context, client.try_create_session()).has_value());
    CHECK(client.stats().dials == 2);
}

TEST_CASE("a connection that is too old is replaced without a failed call") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).max_connection_age(30ms).max_connections(2));
    const auto end = std::chrono::steady_clock::now() + 300ms;
    int calls = 0;
    while (std::chrono::steady_clock::now() < end) {
        const auto made = wait_for(context, client.try_create_session());
        REQUIRE_MESSAGE(made.has_value(), made.error().describe());
        ++calls;
    }
    CHECK(server.stats().connections_accepted >= 4);
    CHECK(client.stats().connections_lost == 0);
    CHECK(client.stats().resends == 0);
    CHECK(client.stats().calls_succeeded == static_cast<std::uint64_t>(calls));
}

TEST_CASE("the queue is bounded: what is over its limit fails at once, the rest is served") {
    loopback_server server(loopback_options{}.delay(5ms));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1).queue_limit(10));
    collector<session> results;
    for (int i = 0; i < 30; ++i)
        client.try_create_session()(results.next());
    run_until(context, [&] { return results.left() <= 10; });
    CHECK(client.stats().calls_succeeded == 0); // the refused ones did not wait for the served ones
    results.wait(context);
    CHECK(results.each_once());
    CHECK(results.succeeded() == 10);
    for (std::size_t i = 10; i < 30; ++i) {
        CHECK(results[i].error().code() == errc::queue_full);
        CHECK(results[i].error().delivery() == delivery::not_sent);
        CHECK(results[i].error().attempts() == 0);
        CHECK(results[i].error().code() == condition::retryable);
    }
    CHECK(server.session_count() == 10);
    CHECK(support::at_rest(client.stats()));
    CHECK(wait_for(context, client.try_create_session()).has_value());
}

TEST_CASE("what a connection can take at once does not count against the queue's limit") {
    loopback_server server(loopback_options{}.delay(5ms));
    asio::io_context context;
    client client(context, options_for(server).max_connections(1).queue_limit(1).pipeline_depth(8));
    REQUIRE(wait_for(context, client.try_get_session(session_id("none"))).error().http_status() == 404);
    collector<session> results;
    for (int i = 0; i < 9; ++i) // eight in flight, one waits
        client.try_get_session(session_id("none"))(results.next());
    results.wait(context);
    for (std::size_t i = 0; i < results.size(); ++i)
        CHECK(results[i].error().http_status() == 404);
}

TEST_CASE("two clients of one context do not share anything") {
    loopback_server one;
    loopback_server two;
    asio::io_context context;
    client first(context, options_for(one));
    client second(context, options_for(two));
    CHECK(wait_for(context, first.try_create_session()).has_value());
    CHECK(wait_for(context, second.try_create_session()).has_value());
    first.close();
    CHECK(wait_for(context, first.try_create_session()).error().code() == errc::client_closed);
    CHECK(wait_for(context, second.try_create_session()).has_value());
    CHECK(one.session_count() == 1);
    CHECK(two.session_count() == 2);
}
