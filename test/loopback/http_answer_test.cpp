#include "loopback/http_answer.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace bandwidth::webrtc::testing::detail;

namespace {

http_answer standard(int status) {
    http_answer answer;
    answer.request_id = "r";
    set_standard_body(answer, status);
    return answer;
}

std::string wire(const http_answer& answer, connection_header connection = connection_header::none,
                 bool with_body = true) {
    std::string out;
    write_answer(answer, connection, with_body, out);
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

TEST_CASE("an answer is written with its length, type and request id") {
    http_answer answer;
    answer.request_id = "r";
    answer.body = "[]";
    CHECK(wire(answer) ==
          "HTTP/1.1 200 OK\r\nx-amzn-RequestId: r\r\nContent-Type: application/json\r\n"
          "Content-Length: 2\r\n\r\n[]");
    CHECK(wire(answer, connection_header::close).find("\r\nConnection: close\r\n") != std::string::npos);
    CHECK(wire(answer, connection_header::keep_alive).find("\r\nConnection: keep-alive\r\n") !=
          std::string::npos);
    CHECK(wire(answer, connection_header::none, false).ends_with("Content-Length: 2\r\n\r\n"));
    answer.extra_headers = "X: 1\r\nY: 2\r\n";
    CHECK(wire(answer).ends_with("Content-Length: 2\r\nX: 1\r\nY: 2\r\n\r\n[]"));
}

TEST_CASE("an answer without content has neither length nor type") {
    CHECK(wire(standard(204)) == "HTTP/1.1 204 No Content\r\nx-amzn-RequestId: r\r\n\r\n");
}

TEST_CASE("401 says which scheme would do") {
    CHECK(wire(standard(401)).find("\r\nWWW-Authenticate: Basic realm=") != std::string::npos);
}
