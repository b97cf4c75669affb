#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include <bandwidth/webrtc/testing/loopback_server.hpp>

#include "loopback/http_fixture.hpp"
#include "support/raw_tls_client.hpp"

using namespace bandwidth::webrtc::testing;
using namespace std::chrono_literals;
using loopback_test::request;
using support::raw_tls_client;
namespace http = boost::beast::http;

namespace {

const std::string scrape = "GET /metrics HTTP/1.1\r\nHost: prometheus\r\n\r\n";

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

} // namespace

TEST_CASE("metrics tell of requests by operation and status, and of what there is") {
    loopback_server server(loopback_options{}.metrics(true));
    raw_tls_client client(server.port(), server.ca_pem());
    client.exchange(request("POST", "/sessions"));
    client.exchange(request("POST", "/sessions"));
    client.exchange(request("POST", "/sessions", "{"));
    client.exchange(request("POST", "/participants"));
    client.exchange(request("GET", "/nowhere"));
    client.exchange(request("GET", "/sessions/%"));
    server.inject(fault{}.on("GET", "/sessions/x/participants").respond(503));
    client.exchange(request("GET", "/sessions/x/participants"));
    server.inject(fault{}.garbage("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    client.exchange(request("DELETE", "/sessions/x"));

    const auto response = client.exchange(scrape);
    CHECK(response.result_int() == 200);
    CHECK(response[http::field::content_type] == "text/plain; version=0.0.4; charset=utf-8");
    const std::string text = response.body();
    CAPTURE(text);
    const std::string requests = "bandwidth_webrtc_loopback_requests_total";
    CHECK(has_line(text, "# TYPE " + requests + " counter"));
    CHECK(has_line(text, requests + R"({operation="createSession",status="200"} 2)"));
    CHECK(has_line(text, requests + R"({operation="createSession",status="400"} 1)"));
    CHECK(has_line(text, requests + R"({operation="createParticipant",status="200"} 1)"));
    CHECK(has_line(text, requests + R"({operation="unknown",status="403"} 1)"));
    CHECK(has_line(text, requests + R"({operation="malformed",status="400"} 1)"));
    CHECK(has_line(text, requests + R"({operation="listSessionParticipants",status="503"} 1)"));
    CHECK(has_line(text, requests + R"({operation="deleteSession",status="raw"} 1)"));
    CHECK(has_line(text, "bandwidth_webrtc_loopback_connections_total 1"));
    CHECK(has_line(text, "# TYPE bandwidth_webrtc_loopback_open_connections gauge"));
    CHECK(has_line(text, "bandwidth_webrtc_loopback_open_connections 1"));
    CHECK(has_line(text, R"(bandwidth_webrtc_loopback_handshakes_total{resumed="false"} 1)"));
    CHECK(has_line(text, "bandwidth_webrtc_loopback_sessions 2"));
    CHECK(has_line(text, "bandwidth_webrtc_loopback_participants 1"));
    CHECK(text.back() == '\n');

    server.advance(9h);
    const auto later = client.exchange("GET /metrics?x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    CHECK(later[http::field::connection] == "close");
    CHECK(has_line(later.body(), "bandwidth_webrtc_loopback_sessions 0"));
    CHECK(client.read_to_end() == support::connection_end::close_notify);
}

TEST_CASE("neither faults nor delays nor the rate limit keep the metrics back, and they do not count") {
    loopback_server server(loopback_options{}.metrics(true).delay(1h).rate_limit(1, 1h));
    server.inject(fault{}.always().respond(500));
    raw_tls_client client(server.port(), server.ca_pem());
    for (int i = 0; i < 3; ++i) {
        const auto response = client.exchange(scrape);
        CHECK(response.result_int() == 200);
        CHECK(response.body().find("{operation") == std::string::npos);
    }
    CHECK(server.faults_left() == 1);
}

TEST_CASE("malformed requests are counted, too") {
    loopback_server server(loopback_options{}.metrics(true));
    raw_tls_client broken(server.port(), server.ca_pem());
    broken.send("this is no HTTP at all\r\n\r\n");
    CHECK(broken.read_response().result_int() == 400);
    raw_tls_client client(server.port(), server.ca_pem());
    CHECK(has_line(client.exchange(scrape).body(),
                   R"(bandwidth_webrtc_loopback_requests_total{operation="unknown",status="400"} 1)"));
}

TEST_CASE("without the option the path of the metrics is unknown") {
    const loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    CHECK(client.exchange(scrape).result_int() == 403);
}
