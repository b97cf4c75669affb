#include <doctest/doctest.h>

#include "http1/staged_requests.hpp"

// HEAD: a response that announces a body and has none (RFC 9110, section 9.3.2).

using namespace test;

namespace {

test_exchange& send_head(tested_connection& on) {
    auto& added = on.exchanges.emplace_back(request_class::safe);
    added.request.method = "HEAD";
    added.request.head = true;
    added.request.target = "/head";
    on.http.stage(added, on.encoder, {});
    on.write();
    return added;
}

} // namespace

TEST_CASE("a HEAD is alone on its connection") {
    tested_connection on;
    on.confirm();
    on.send();
    CHECK_FALSE(on.http.accepts(true));
    CHECK(on.receive(empty_response) == action::response);
    CHECK(on.next() == action::none);
    const auto& head = send_head(on);
    CHECK(head.request.exclusive());
    CHECK_FALSE(on.http.accepts(false));
    CHECK(on.receive("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n") == action::response);
    CHECK(on.next() == action::none);
    CHECK(on.http.accepts(false));
}

TEST_CASE("the response to a HEAD ends with its header section, whatever it announces") {
    for (const std::string announced :
         {"Content-Length: 9\r\n", "Transfer-Encoding: chunked\r\n", "Content-Length: 99999999999\r\n", ""}) {
        for (const char* const status : {"200 OK", "404 Not Found", "204 No Content", "304 Not Modified"}) {
            CAPTURE(announced);
            CAPTURE(status);
            const std::string response = std::string("HTTP/1.1 ") + status + "\r\n" + announced + "\r\n";
            for (std::size_t cut = 1; cut < response.size(); ++cut) {
                tested_connection on;
                on.confirm();
                const auto& head = send_head(on);
                CHECK(on.receive(response.substr(0, cut)) == action::none);
                CHECK(on.receive(response.substr(cut)) == action::response);
                CHECK(on.http.owner() == &head);
                CHECK(on.http.message().body.empty());
                CHECK_FALSE(on.http.closes());
                CHECK(on.next() == action::none);
                // The next response has a body again.
                on.send();
                CHECK(on.receive("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi") == action::response);
                CHECK(on.http.message().body == "hi");
            }
        }
    }
}

TEST_CASE("a body behind the response to a HEAD is taken for no response, whatever it looks like") {
    tested_connection on;
    on.confirm();
    send_head(on);
    CHECK(on.receive("HTTP/1.1 200 OK\r\nContent-Length: 38\r\n\r\n" + std::string(empty_response)) ==
          action::response);
    CHECK(on.next() == action::close);
    CHECK(on.closed_for(close_reason::unsolicited, errc::protocol_error));
    CHECK_FALSE(on.http.accepts(false));
}

TEST_CASE("the response to a HEAD whose caller has gone has no body either") {
    tested_connection on;
    on.confirm();
    const auto& head = send_head(on);
    on.http.abandon(head, {});
    CHECK(on.receive("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n") == action::response);
    CHECK(on.http.owner() == nullptr);
    CHECK(on.next() == action::none);
    CHECK(on.http.accepts(false));
}
