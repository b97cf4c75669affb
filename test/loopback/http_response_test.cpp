#include "loopback/http_response.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace bandwidth::webrtc::testing::detail;

namespace {

http_response standard(int status) {
    http_response response;
    response.request_id = "r";
    set_standard_body(response, status);
    return response;
}

std::string wire(const http_response& response, connection_header connection = connection_header::none,
                 bool with_body = true) {
    std::string out;
    write_response(response, connection, with_body, out);
    return out;
}

} // namespace

TEST_CASE("every documented status has its documented body") {
    CHECK(standard(400).body == R"({"error":"Bad Request","requestId":"r"})");
    CHECK(standard(401).body == R"({"message":"Unauthorized"})");
    CHECK(standard(403).body == R"({"message":"Missing Authentication Token"})");
    CHECK(standard(404).body == R"({"error":"Not Found","requestId":"r"})");
    CHECK(standard(409).body == R"({"error":"Conflict","requestId":"r"})");
    CHECK(standard(429).body == R"({"message":"Too Many Requests"})");
    CHECK(standard(500).body == R"({"error":"Internal error","requestId":"r"})");
    CHECK(standard(503).body == R"({"error":"Service Unavailable","requestId":"r"})");
    CHECK(standard(204).body.empty());
    CHECK(standard(304).body.empty());
}

TEST_CASE("a response is written with its length, type and request id") {
    http_response response;
    response.request_id = "r";
    response.body = "[]";
    CHECK(wire(response) ==
          "HTTP/1.1 200 OK\r\nx-amzn-RequestId: r\r\nContent-Type: application/json\r\n"
          "Content-Length: 2\r\n\r\n[]");
    CHECK(wire(response, connection_header::close).find("\r\nConnection: close\r\n") != std::string::npos);
    CHECK(wire(response, connection_header::keep_alive).find("\r\nConnection: keep-alive\r\n") !=
          std::string::npos);
    CHECK(wire(response, connection_header::none, false).ends_with("Content-Length: 2\r\n\r\n"));
    response.extra_headers = "X: 1\r\nY: 2\r\n";
    CHECK(wire(response).ends_with("Content-Length: 2\r\nX: 1\r\nY: 2\r\n\r\n[]"));
}

TEST_CASE("a response without content has neither length nor type") {
    CHECK(wire(standard(204)) == "HTTP/1.1 204 No Content\r\nx-amzn-RequestId: r\r\n\r\n");
}

TEST_CASE("401 says which scheme would do") {
    CHECK(wire(standard(401)).find("\r\nWWW-Authenticate: Basic realm=") != std::string::npos);
}
