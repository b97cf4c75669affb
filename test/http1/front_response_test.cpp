#include <doctest/doctest.h>

#include "http1/staged_requests.hpp"

using namespace test;

TEST_CASE("how far the front's response has come") {
    tested_connection on;
    on.confirm();
    on.send();
    on.send();
    CHECK_FALSE(on.http.response_started());
    CHECK_FALSE(on.http.response_remaining());
    on.receive("HTTP/1.1 200 OK\r\n");
    CHECK(on.http.response_started());
    CHECK_FALSE(on.http.response_header_done());
    on.receive("Content-Length: 9\r\n\r\nab");
    CHECK(on.http.response_header_done());
    CHECK(on.http.response_remaining() == 7U);
    CHECK(on.receive("cdefghi") == action::response);
    CHECK(on.next() == action::none);
    CHECK_FALSE(on.http.response_started());
    CHECK_FALSE(on.http.response_header_done());
    on.receive("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
    CHECK(on.http.response_header_done());
    CHECK_FALSE(on.http.response_remaining()); // chunks do not tell
}
