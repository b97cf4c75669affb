#include <bandwidth/webrtc/testing/fault.hpp>

#include <chrono>
#include <string>

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <bandwidth/webrtc/testing/loopback_server.hpp>

#include "loopback/http_fixture.hpp"
#include "support/raw_tls_client.hpp"

using namespace bandwidth::webrtc::testing;
using namespace std::chrono_literals;
using loopback_test::eventually;
using loopback_test::request;
using support::connection_end;
using support::raw_tls_client;
namespace json = boost::json;
namespace http = boost::beast::http;

namespace {

std::string post() { return request("POST", "/sessions"); }

} // namespace

TEST_CASE("a fault responds in place of the service") {
    loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    server.inject(fault{}.on("POST", "/sessions").respond(500));
    const auto failed = client.exchange(post());
    CHECK(failed.result_int() == 500);
    const auto body = json::parse(failed.body());
    CHECK(body.at("error") == "Internal error");
    CHECK(body.at("requestId").as_string() == std::string(failed["x-amzn-requestid"]));
    CHECK(server.session_count() == 0); // never saw it
    CHECK(client.exchange(post()).result_int() == 200);
    CHECK(server.stats().responses_5xx == 1);
    CHECK(server.faults_left() == 0);
}

TEST_CASE("a fault can say anything") {
    loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    server.inject(fault{}.respond(200, "<html>", "text/html").header("X-One", "1").header("X-Two", "2"));
    const auto odd = client.exchange(post());
    CHECK(odd.result_int() == 200);
    CHECK(odd.body() == "<html>");
    CHECK(odd[http::field::content_type] == "text/html");
    CHECK(odd["X-One"] == "1");
    CHECK(odd["X-Two"] == "2");
    CHECK(client.exchange(post())["X-One"].empty());

    server.inject(fault{}.respond(200, ""));
    CHECK(client.exchange(post()).body().empty());
}

TEST_CASE("a header can be added to the service's own response") {
    loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    server.inject(fault{}.header("Keep-Alive", "timeout=5"));
    const auto response = client.exchange(post());
    CHECK(response.result_int() == 200);
    CHECK(response[http::field::keep_alive] == "timeout=5");
    CHECK(server.session_count() == 1);
}

TEST_CASE("throttling responds with 429 and Retry-After") {
    loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    server.inject(fault{}.times(2).throttle(7s));
    server.inject(fault{}.throttle(3s).respond(503));
    for (int i = 0; i < 2; ++i) {
        const auto throttled = client.exchange(post());
        CHECK(throttled.result_int() == 429);
        CHECK(throttled[http::field::retry_after] == "7");
        CHECK(throttled.body() == R"({"message":"Too Many Requests"})");
    }
    const auto unavailable = client.exchange(post());
    CHECK(unavailable.result_int() == 503);
    CHECK(unavailable[http::field::retry_after] == "3");
    CHECK(client.exchange(post()).result_int() == 200);
}

TEST_CASE("a fault can close after its response") {
    loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    server.inject(fault{}.after(1).close_after_response());
    client.send(post() + post() + post());
    CHECK(client.read_response()[http::field::connection].empty());
    const auto last = client.read_response();
    CHECK(last.result_int() == 200);
    CHECK(last[http::field::connection] == "close");
    CHECK(client.read_to_end() == connection_end::close_notify);
    CHECK(client.unread().empty());
    CHECK(server.session_count() == 2);
}

TEST_CASE("a fault can close in place of its response, and the operation took effect") {
    loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    server.inject(fault{}.after(1).close_before_response());
    client.send(post() + post() + post());
    CHECK(client.read_response().result_int() == 200);
    CHECK(client.read_to_end() == connection_end::close_notify);
    CHECK(client.unread().empty());
    CHECK(server.session_count() == 2); // the third was behind the end
    CHECK(server.stats().responses_lost == 1);
}

TEST_CASE("a fault can reset the connection, behind the responses that were due") {
    loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    CHECK(client.exchange(post()).result_int() == 200); // also takes the session tickets off the connection
    server.inject(fault{}.after(1).reset());
    client.send(post() + post());
    CHECK(client.read_response().result_int() == 200);
    CHECK(client.read_to_end() == connection_end::reset);
    CHECK(client.unread().empty());
    CHECK(server.session_count() == 3);
}

TEST_CASE("a response can be cut at every byte, with a close or a reset behind it") {
    loopback_server server;
    std::size_t full = 0;
    {
        raw_tls_client client(server.port(), server.ca_pem());
        client.send(request("GET", "/sessions/x", {}, "Connection: close\r\n"));
        CHECK(client.read_to_end() == connection_end::close_notify);
        full = client.unread().size() - std::string("Connection: close\r\n").size();
    }
    REQUIRE(full > 100);
    for (std::size_t bytes = 0; bytes < full; bytes += 13) {
        CAPTURE(bytes);
        raw_tls_client client(server.port(), server.ca_pem());
        server.inject(fault{}.truncate_at(bytes));
        client.send(request("GET", "/sessions/x"));
        CHECK(client.read_to_end() == connection_end::close_notify);
        CHECK(client.unread().size() == bytes);
    }
    raw_tls_client client(server.port(), server.ca_pem());
    server.inject(fault{}.truncate_at(20).reset());
    client.send(request("GET", "/sessions/x"));
    CHECK(client.read_to_end() == connection_end::reset);
    CHECK(client.unread() == "HTTP/1.1 404 Not Fou");

    // A cut behind the end of the response cuts nothing, but still ends the connection.
    const auto lost = server.stats().responses_lost;
    raw_tls_client whole(server.port(), server.ca_pem());
    server.inject(fault{}.truncate_at(100000));
    CHECK(whole.exchange(request("GET", "/sessions/x")).result_int() == 404);
    CHECK(whole.read_to_end() == connection_end::close_notify);
    CHECK(server.stats().responses_lost == lost);
}

TEST_CASE("a fault can send garbage, and what becomes of the connection is its own matter") {
    loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    server.inject(fault{}.garbage("HTTP/1.1 abc\r\n\r\n"));
    client.send(post());
    while (client.unread().size() < 16)
        REQUIRE_FALSE(client.read_some());
    CHECK(client.unread() == "HTTP/1.1 abc\r\n\r\n");
    CHECK(server.stats().responses_other == 1);

    raw_tls_client closed(server.port(), server.ca_pem());
    server.inject(fault{}.garbage(std::string("\0\xff", 2)).close_after_response());
    closed.send(post());
    CHECK(closed.read_to_end() == connection_end::close_notify);
    CHECK(closed.unread() == std::string("\0\xff", 2));
}

TEST_CASE("a fault can delay one response, and those behind it wait too") {
    loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    server.inject(fault{}.on("POST").after(1).delay(50ms));
    const auto start = std::chrono::steady_clock::now();
    client.send(post() + post() + request("GET", "/sessions/x"));
    CHECK(client.read_response().result_int() == 200);
    CHECK(client.read_response().result_int() == 200);
    CHECK(std::chrono::steady_clock::now() - start >= 50ms);
    CHECK(client.read_response().result_int() == 404); // in its place, though it was ready first
}

TEST_CASE("a delayed end waits for its time") {
    loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    CHECK(client.exchange(post()).result_int() == 200);
    server.inject(fault{}.delay(40ms).reset());
    const auto start = std::chrono::steady_clock::now();
    client.send(post());
    CHECK(client.read_to_end() == connection_end::reset);
    CHECK(std::chrono::steady_clock::now() - start >= 40ms);
}

TEST_CASE("faults stop when they are cleared") {
    loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    server.inject(fault{}.always().respond(500));
    for (int i = 0; i < 5; ++i)
        CHECK(client.exchange(post()).result_int() == 500);
    CHECK(server.faults_left() == 1);
    server.clear_faults();
    CHECK(server.faults_left() == 0);
    CHECK(client.exchange(post()).result_int() == 200);
}

TEST_CASE("idle connections can be closed, and busy ones are left alone") {
    loopback_server server;
    raw_tls_client idle(server.port(), server.ca_pem());
    CHECK(idle.exchange(post()).result_int() == 200);
    raw_tls_client busy(server.port(), server.ca_pem());
    CHECK(busy.exchange(post()).result_int() == 200);
    server.inject(fault{}.on("PUT").delay(1h));
    busy.send(request("PUT", "/sessions/x/participants/y"));
    REQUIRE(eventually([&] { return server.stats().requests_put == 1; }));
    server.close_idle_connections();
    CHECK(idle.read_to_end() == connection_end::close_notify);
    server.reset_idle_connections();
    server.stop();
    CHECK(busy.read_to_end() == connection_end::truncated);
}

TEST_CASE("idle connections can be reset") {
    loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    CHECK(client.exchange(post()).result_int() == 200);
    server.reset_idle_connections();
    CHECK(client.read_to_end() == connection_end::reset);
}

TEST_CASE("a connection with half a request on it is not idle") {
    loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    const auto whole = request("POST", "/sessions", R"({"tag":"x"})");
    for (const std::size_t part : {std::size_t(10), whole.size() - 3}) {
        const auto before = server.stats().bytes_received;
        client.send(whole.substr(0, part));
        REQUIRE(eventually([&] { return server.stats().bytes_received >= before + part; }));
        server.close_idle_connections();
        CHECK(client.exchange(whole.substr(part)).result_int() == 200);
    }
    CHECK(server.stats().connections_accepted == 1);
}
