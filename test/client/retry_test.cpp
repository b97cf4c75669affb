// What is tried again over a real connection, by policy, by the caller's word, and by the budget. When
// exactly, and how often in every case, is tested without sockets in test/pool/retry_test.cpp.
#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <chrono>
#include <limits>
#include <string>

#include "support/test_client.hpp"

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::collector;
using support::options_for;
using support::wait_for;
using testing::fault;
using testing::loopback_options;
using testing::loopback_server;

namespace {

retry_policy quick(int attempts = 3) {
    return retry_policy().attempts(attempts).backoff(1ms, 1ms).throttled_backoff(1ms);
}

std::size_t posts(const loopback_server& server) { return server.stats().requests_post; }

} // namespace

TEST_CASE("a GET that meets a server in trouble succeeds in the end, and its caller sees one call") {
    for (const int status : {500, 502, 503, 504}) {
        CAPTURE(status);
        loopback_server server;
        asio::io_context context;
        client client(context, options_for(server).retry(quick()));
        const auto made = wait_for(context, client.try_create_session());
        REQUIRE(made.has_value());
        server.inject(fault{}.on("GET").times(2).respond(status));
        const auto read = wait_for(context, client.try_get_session(made->id()));
        REQUIRE_MESSAGE(read.has_value(), read.error().describe());
        CHECK(read->id() == made->id());
        CHECK(server.stats().requests_get == 3);
        CHECK(client.stats().retries == 2);
        CHECK(client.stats().calls_started == 2);
        CHECK(support::at_rest(client.stats()));
    }
}

TEST_CASE("by default a call has three attempts") {
    loopback_server server;
    asio::io_context context;
    client client(context, server.client_options());
    server.inject(fault{}.on("DELETE").always().respond(500));
    const auto gone = wait_for(context, client.try_delete_session(session_id("s")));
    CHECK(gone.error().http_status() == 500);
    CHECK(gone.error().attempts() == 3);
    CHECK(gone.error().delivery() == delivery::answered);
    CHECK(server.stats().requests_delete == 3);
}

TEST_CASE("I3: a POST is answered once, unless its caller says that it may be repeated") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).retry(quick()));
    server.inject(fault{}.on("POST").respond(503));
    CHECK(wait_for(context, client.try_create_session()).error().http_status() == 503);
    CHECK(posts(server) == 1);

    server.inject(fault{}.on("POST").respond(503));
    const auto repeatable = call_options{}.idempotent();
    CHECK(wait_for(context, client.try_create_session(session_request{}, repeatable)).has_value());
    CHECK(posts(server) == 3);

    server.inject(fault{}.on("POST").close_before_response());
    const auto keyed = call_options{}.header("Idempotency-Key", "0f1c2d3e");
    CHECK(wait_for(context, client.try_create_session(session_request{}, keyed)).has_value());
    CHECK(posts(server) == 5);
    CHECK(client.stats().resends == 1);
}

TEST_CASE("POSTs that may be repeated are pipelined") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).max_connections(1));
    REQUIRE(wait_for(context, client.try_create_session()).has_value());
    collector<session> results;
    for (int i = 0; i < 8; ++i)
        client.try_create_session(session_request{}, call_options{}.idempotent())(results.next());
    results.wait(context);
    CHECK(results.succeeded() == 8);
    CHECK(client.stats().deepest_pipeline == 8);
}

TEST_CASE("a call's own policy goes before the client's") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).retry(quick()));
    server.inject(fault{}.on("GET").always().respond(500));
    const auto once = call_options{}.retry(retry_policy::none());
    CHECK(wait_for(context, client.try_get_session(session_id("s"), once)).error().attempts() == 1);
    const auto five = call_options{}.retry(quick(5));
    CHECK(wait_for(context, client.try_get_session(session_id("s"), five)).error().attempts() == 5);
}

TEST_CASE("the budget holds for all calls together") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).retry(quick()).retry_budget(0, 0.1));
    server.inject(fault{}.on("GET").always().respond(500));
    collector<session> results;
    for (int i = 0; i < 200; ++i)
        client.try_get_session(session_id("s"))(results.next());
    results.wait(context);
    CHECK(results.each_once());
    CHECK(results.succeeded() == 0);
    CHECK(server.stats().requests_get <= 220);
    CHECK(client.stats().retries <= 20);
    CHECK(client.stats().retries_refused >= 180);
}

TEST_CASE("P8: a call with a dedicated connection holds up nobody") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).max_connections(2));
    const auto made = wait_for(context, client.try_create_session());
    REQUIRE(made.has_value());
    server.inject(fault{}.on("GET", "/participants").delay(60s));
    collector<std::vector<participant>> slow;
    collector<session> quick_ones;
    client.try_list_session_participants(made->id(), call_options{}.dedicated_connection())(slow.next());
    for (int i = 0; i < 50; ++i)
        client.try_get_session(made->id())(quick_ones.next());
    quick_ones.wait(context);
    CHECK(quick_ones.succeeded() == 50);
    CHECK(slow.left() == 1);
    client.close(); // nobody waits for that
    slow.wait(context);
}

TEST_CASE("connections are there before the first call") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server).min_connections(3));
    support::run_until(context, [&] { return client.stats().connections_idle == 3; });
    CHECK(client.stats().requests_sent == 0);
    CHECK(wait_for(context, client.try_create_session()).has_value());
    CHECK(client.stats().dials == 3);
    client.close();
    context.run(); // nothing keeps it
}

TEST_CASE("a policy that is out of range is refused by name, for a client and for a call") {
    loopback_server server;
    asio::io_context context;
    client good(context, options_for(server));
    const retry_policy bad[] = {retry_policy().attempts(0),
                                retry_policy().attempts(101),
                                retry_policy().backoff(0ns, 1s),
                                retry_policy().backoff(2s, 1s),
                                retry_policy().backoff(1s, 25h),
                                retry_policy().throttled_backoff(-1ns),
                                retry_policy().throttled_backoff(25h),
                                retry_policy().longest_retry_after(-1ns),
                                retry_policy().longest_retry_after(25h)};
    for (const auto& policy : bad) {
        try {
            client refused(context, options_for(server).retry(policy));
            FAIL("it was taken");
        } catch (const api_error& error) {
            CHECK(error.code() == errc::invalid_options);
            CHECK(error.failure().message().find("retry") != std::string::npos);
        }
        const auto call =
            wait_for(context, good.try_get_session(session_id("s"), call_options{}.retry(policy)));
        CHECK(call.error().code() == errc::invalid_argument);
        CHECK(call.error().message().find("retry") != std::string::npos);
    }
    CHECK(good.stats().dials == 0);

    const auto refused = [&](const client_options& options, const std::string& name) {
        try {
            client made(context, options);
            return false;
        } catch (const api_error& error) {
            return error.code() == errc::invalid_options &&
                   error.failure().message().find(name) != std::string::npos;
        }
    };
    CHECK(refused(options_for(server).retry_budget(-1, 0), "retry_budget"));
    CHECK(refused(options_for(server).retry_budget(1e7, 0), "retry_budget"));
    CHECK(refused(options_for(server).retry_budget(0, 11), "retry_budget"));
    CHECK(refused(options_for(server).retry_budget(std::numeric_limits<double>::quiet_NaN(), 0),
                  "retry_budget"));
    CHECK(refused(options_for(server).min_connections(9), "min_connections"));
}
