#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "support/test_client.hpp"

// Servers that are not there, or whose responses are not responses: the exact error, few connections, no
// hang, and the next call works.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::collector;
using support::options_for;
using support::wait_for;
using testing::loopback_server;
using testing::script;
using testing::scripted_options;
using testing::scripted_server;

namespace {

/// A port on which nobody listens.
std::uint16_t unused_port() {
    asio::io_context context;
    const asio::ip::tcp::acceptor taken(context, {asio::ip::address_v4::loopback(), 0});
    return taken.local_endpoint().port();
}

client_options nobody_there(std::uint16_t port) {
    return client_options{}
        .base_url("https://127.0.0.1:" + std::to_string(port) + "/v1")
        .account("9900000")
        .credentials("user", "secret");
}

} // namespace

TEST_CASE("nobody listens: every waiting call fails fast, and a later one finds the server that is back") {
    const auto port = unused_port();
    asio::io_context context;
    const testing::certificate_authority authority("back later");
    const auto shown = authority.issue(testing::certificate_options{}.ip_address("127.0.0.1"));
    client client(context, nobody_there(port).ca_pem(authority.pem()).timeout(3s));
    collector<session> results;
    for (int i = 0; i < 20; ++i)
        client.try_create_session()(results.next());
    results.wait(context);
    for (std::size_t i = 0; i < results.size(); ++i) {
        CHECK(results[i].error().code() == errc::connect_failed);
        CHECK(results[i].error().code() == condition::retryable);
        CHECK(results[i].error().delivery() == delivery::not_sent);
        CHECK(results[i].error().attempts() == 0);
        CHECK(results[i].error().message().find(std::to_string(port)) != std::string::npos);
    }
    CHECK(client.stats().dials <= 8 + 2); // and two more, one after the other
    CHECK(client.stats().dials_failed == client.stats().dials);
    CHECK(support::at_rest(client.stats()));
    std::optional<loopback_server> server;
    try {
        server.emplace(testing::loopback_options{}.port(port).server_certificate(shown));
    } catch (const boost::system::system_error&) {
        MESSAGE("SKIPPED in part: another program has taken the port in the meantime");
        return;
    }
    const auto made = wait_for(context, client.try_create_session());
    CHECK_MESSAGE(made.has_value(), made.error().describe());
}

TEST_CASE("an unknown host") {
    // A machine without a name server cannot tell "no such host" from "cannot look it up".
    asio::io_context context;
    client client(context, client_options{}
                               .base_url("https://no-such-host.invalid/v1")
                               .account("9900000")
                               .credentials("user", "secret")
                               .connect_timeout(20s));
    const auto outcome = wait_for(context, client.try_get_session(session_id("s")));
    const auto code = outcome.error().code();
    CHECK((code == errc::host_not_found || code == errc::resolve_failed));
    CHECK(outcome.error().delivery() == delivery::not_sent);
    CHECK(outcome.error().message().find("no-such-host.invalid") != std::string::npos);
    CHECK(client.stats().dials == 1);
}

TEST_CASE("a server that is silent after the request") {
    scripted_server server;
    server.otherwise(script{}.handshake());
    asio::io_context context;
    client client(context, options_for(server).response_timeout(80ms).max_connections(2));
    collector<session> results;
    for (int i = 0; i < 6; ++i)
        client.try_get_session(session_id("s"))(results.next());
    results.wait(context);
    for (std::size_t i = 0; i < results.size(); ++i) {
        CHECK(results[i].error().code() == errc::response_timeout);
        CHECK(results[i].error().delivery() == delivery::maybe_processed);
        CHECK(results[i].error().attempts() == 1);
    }
    CHECK(server.connections() <= 6); // one for each: none is tried again
}

TEST_CASE("a body at the limit is read, one byte more is not") {
    for (const std::size_t size : {1024U, 1025U}) {
        scripted_server server;
        server.add(script{}.expect_requests().send(
            support::http_response(200, R"({"id":"s"})" + std::string(size - 10, ' '))));
        asio::io_context context;
        client client(context, options_for(server).body_limit(1024));
        const auto outcome = wait_for(context, client.try_get_session(session_id("s")));
        if (size == 1024)
            CHECK(outcome.has_value());
        else
            CHECK(outcome.error().code() == errc::response_too_large);
    }
}

TEST_CASE("F05: responses that are cut off") {
    const auto whole = support::session_response("s");
    scripted_server server;
    server.otherwise(script{}.expect_requests().send(whole.substr(0, whole.size() - 1)).close_notify().fin());
    asio::io_context context;
    client client(context, options_for(server));
    const auto read = wait_for(context, client.try_get_session(session_id("s")));
    CHECK(read.error().code() == errc::incomplete_response);
    CHECK(read.error().delivery() == delivery::maybe_processed);
    CHECK(read.error().attempts() == 3); // a GET: sent again, twice at most
    CHECK(server.connections() == 3);
    const auto made = wait_for(context, client.try_create_session());
    CHECK(made.error().code() == errc::incomplete_response);
    CHECK(made.error().attempts() == 1);
    CHECK(server.connections() == 4);
}

TEST_CASE("a server that closes every connection at once: no storm") {
    scripted_server server;
    server.otherwise(script{}.handshake().close_notify().fin());
    asio::io_context context;
    client client(context, options_for(server).max_connections(2).timeout(5s));
    collector<session> results;
    for (int i = 0; i < 6; ++i)
        client.try_get_session(session_id("s" + std::to_string(i)))(results.next());
    results.wait(context);
    CHECK(results.each_once());
    for (std::size_t i = 0; i < results.size(); ++i) {
        CHECK(results[i].has_error());
        CHECK(results[i].error().attempts() <= 3);
    }
    CHECK(client.stats().requests_sent <= 6 * 3);
    // Each connection carried a request at most, apart from those that were closed before they could.
    CHECK(server.connections() <= 6 * 3 + 2);
    CHECK(support::at_rest(client.stats()));
}

TEST_CASE("after a server that failed, another client of the same context is served") {
    const auto port = unused_port();
    loopback_server server;
    asio::io_context context;
    client broken(context, nobody_there(port));
    client healthy(context, options_for(server));
    CHECK(wait_for(context, broken.try_create_session()).error().code() == errc::connect_failed);
    CHECK(wait_for(context, healthy.try_create_session()).has_value());
}
