#include "http1/connection.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "http1/staged_requests.hpp"

using namespace test;
using namespace std::chrono_literals;

namespace {

constexpr bool shared = false;
constexpr bool exclusive = true;

} // namespace

// --- what may be staged ----------------------------------------------------------------------------------

TEST_CASE("P4: a new connection carries one request until its response") {
    tested_connection on;
    CHECK(on.http.accepts(shared));
    on.send();
    CHECK_FALSE(on.http.accepts(shared));
    CHECK(on.receive("HTTP/1.1 100 Continue\r\n\r\n") == action::none);
    CHECK_FALSE(on.http.accepts(shared));
    CHECK(on.receive(empty_response) == action::response);
    CHECK(on.next() == action::none);
    on.send();
    CHECK(on.http.accepts(shared));
}

TEST_CASE("P4: an HTTP/1.0 response shows nothing, even where it keeps the connection") {
    tested_connection on;
    on.send();
    CHECK(on.receive("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n") ==
          action::response);
    CHECK_FALSE(on.http.closes());
    CHECK(on.next() == action::none);
    CHECK(on.http.accepts(shared));
    on.send();
    CHECK_FALSE(on.http.accepts(shared));
}

TEST_CASE("a connection that needs not show anything is pipelined on at once") {
    tested_connection on;
    on.http.confirm();
    on.send();
    CHECK(on.http.accepts(shared));
}

TEST_CASE("P1: no more than `depth` are in flight, abandoned ones included") {
    for (const std::size_t depth : {1U, 2U, 3U, 8U}) {
        CAPTURE(depth);
        tested_connection on(depth);
        on.confirm();
        for (std::size_t i = 0; i < depth; ++i) {
            REQUIRE(on.http.accepts(shared));
            on.http.abandon(on.send(), {});
        }
        CHECK(on.http.requests().size() == depth);
        CHECK(on.http.requests().abandoned() == depth);
        CHECK_FALSE(on.http.accepts(shared));
        CHECK(on.receive(empty_response) == action::response);
        CHECK(on.http.accepts(shared));
    }
}

TEST_CASE("a depth that is lowered counts from the next request on") {
    tested_connection on;
    on.confirm();
    on.send();
    on.send();
    on.http.set_depth(1);
    CHECK_FALSE(on.http.accepts(shared));
    on.receive(empty_response);
    on.next();
    CHECK_FALSE(on.http.accepts(shared));
    on.receive(empty_response);
    CHECK(on.http.accepts(shared));
}

TEST_CASE("P2: an unsafe request goes out alone, and nothing follows it") {
    tested_connection on;
    on.confirm();
    CHECK(on.http.accepts(exclusive));
    auto& get = on.send();
    CHECK_FALSE(on.http.accepts(exclusive));
    on.http.abandon(get, {});
    CHECK_FALSE(on.http.accepts(exclusive)); // behind an abandoned one neither
    CHECK(on.receive(empty_response) == action::response);
    CHECK(on.next() == action::none);
    auto& post = on.send(request_class::unsafe);
    CHECK_FALSE(on.http.accepts(shared));
    CHECK_FALSE(on.http.accepts(exclusive));
    on.http.abandon(post, {});
    CHECK_FALSE(on.http.accepts(shared)); // the server still works for it
    CHECK(on.receive(empty_response) == action::response);
    CHECK(on.http.accepts(shared));
    CHECK(on.http.accepts(exclusive));
}

TEST_CASE("a connection that takes no more requests still gives the responses to those in flight") {
    tested_connection on;
    on.confirm();
    auto& get = on.send();
    on.http.stop_accepting();
    CHECK_FALSE(on.http.accepts(shared));
    CHECK(on.receive(empty_response) == action::response);
    CHECK(on.http.owner() == &get);
    CHECK(on.next() == action::none);
    CHECK_FALSE(on.http.accepts(shared));
}

// --- whose response it is --------------------------------------------------------------------------------

TEST_CASE("N1: responses go to the requests in the order of sending") {
    tested_connection on;
    on.confirm();
    auto& first = on.stage(request_class::safe, detail::time_point(3s));
    auto& second = on.stage(request_class::idempotent, detail::time_point(4s));
    auto& third = on.stage();
    on.write();
    const auto begun = std::string(empty_response) + "HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nxHT";
    CHECK(on.receive(begun) == action::response);
    CHECK(on.http.owner() == &first);
    CHECK(on.http.staged_at() == detail::time_point(3s));
    CHECK(on.next() == action::response);
    CHECK(on.http.owner() == &second);
    CHECK(on.http.staged_at() == detail::time_point(4s));
    CHECK(on.http.message().status == 404);
    CHECK(on.http.message().body == "x");
    CHECK(on.next() == action::none);
    CHECK(on.http.requests().size() == 1);
    CHECK(on.http.requests().at(0).owner == &third);
    CHECK(on.receive("TP/1.1 204 No Content\r\n\r\n") == action::response);
    CHECK(on.http.owner() == &third);
    CHECK(on.next() == action::none);
}

TEST_CASE("the response to an abandoned request is read and dropped, its neighbours do not notice") {
    tested_connection on;
    on.confirm();
    auto& first = on.send();
    auto& second = on.send();
    auto& third = on.send();
    on.http.abandon(second, detail::time_point(5s));
    on.http.abandon(first, detail::time_point(7s));
    CHECK(on.http.requests().abandoned() == 2);
    for (const auto* const owner : std::vector<detail::exchange*>{nullptr, nullptr, &third}) {
        CHECK(on.receive(empty_response) == action::response);
        CHECK(on.http.owner() == owner);
        CHECK(on.next() == action::none);
    }
    CHECK(on.http.requests().abandoned() == 0);
}

TEST_CASE("abandoning what is not in flight changes nothing") {
    tested_connection on;
    on.confirm();
    on.send();
    const test_exchange stranger;
    on.http.abandon(stranger, {});
    on.http.abandon(on.exchanges.front(), {}); // it has its response
    CHECK(on.http.requests().abandoned() == 0);
}

TEST_CASE("responses that come in pieces, each in memory that dies") {
    const auto bytes = std::string(
                           "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 503 Busy\r\nRetry-After: 7\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n") +
                       "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    for (std::size_t size = 1; size <= bytes.size(); ++size) {
        CAPTURE(size);
        tested_connection on;
        on.confirm();
        on.send();
        on.send();
        std::string seen;
        for (std::size_t at = 0; at < bytes.size(); at += size) {
            auto what = on.receive(std::string_view(bytes).substr(at, size));
            for (; what == action::response; what = on.next()) {
                const auto& said = on.http.message();
                seen += std::to_string(said.status) + std::string(said.body) + std::string(said.retry_after);
            }
            REQUIRE(what == action::none);
        }
        CHECK(seen == "503abc7200hi");
    }
}

TEST_CASE("no bytes are no action") {
    tested_connection on;
    CHECK(on.receive("") == action::none);
    on.stage();
    CHECK(on.receive("") == action::none);
    CHECK_FALSE(on.http.closes());
}

// --- what is no response ---------------------------------------------------------------------------------

TEST_CASE("N2, W07: bytes that nobody asked for end the connection, and are never a response") {
    for (const std::string_view bytes :
         {empty_response, std::string_view("x"), std::string_view("\r\n"), std::string_view("HTTP/1.1 5")}) {
        CAPTURE(bytes);
        tested_connection on;
        on.confirm();
        CHECK(on.receive(bytes) == action::close);
        CHECK(on.closed_for(close_reason::unsolicited, errc::protocol_error));
        CHECK(on.http.unsolicited_bytes() == bytes.size());
        CHECK_FALSE(on.http.accepts(shared));
    }
}

TEST_CASE("N3, F06: bytes behind the last response are unsolicited, and the response stands") {
    tested_connection on;
    auto& get = on.send();
    CHECK(on.receive(std::string(empty_response) + "HTTP/1.1 200 OK\r\n\r\n") == action::response);
    CHECK(on.http.owner() == &get);
    CHECK_FALSE(on.http.closes());
    CHECK(on.next() == action::close);
    CHECK(on.closed_for(close_reason::unsolicited, errc::protocol_error));
    CHECK(on.http.unsolicited_bytes() == 19);
}

TEST_CASE("a response to a request of which no byte has left is none") {
    for (const bool taken : {false, true}) { // by a transport that could not send it
        tested_connection on;
        on.stage();
        if (taken)
            on.http.output_taken(on.http.output().size());
        CHECK(on.receive(empty_response) == action::close);
        CHECK(on.closed_for(close_reason::unsolicited, errc::protocol_error));
        CHECK(on.http.unsolicited_bytes() == empty_response.size());
        CHECK(on.states() == "u");
    }
}

TEST_CASE("a 408 on an idle connection is its end, however little of it has come") {
    for (const std::string_view bytes : {"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n",
                                         "HTTP/1.0 408 X\r\n\r\n", "HTTP/1.1 408", "HTTP/1.1 4", "H"}) {
        CAPTURE(bytes);
        tested_connection on;
        on.confirm();
        CHECK(on.receive(bytes) == action::close);
        CHECK(on.closed_for(close_reason::ended, errc::connection_lost));
        CHECK(on.http.unsolicited_bytes() == 0);
    }
}

TEST_CASE("a 408 that was asked for is a response") {
    tested_connection on;
    on.send();
    CHECK(on.receive("HTTP/1.1 408 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n") == action::response);
    CHECK(on.http.message().status == 408);
}

TEST_CASE("a broken response ends the connection and leaves the requests") {
    tested_connection on;
    on.confirm();
    on.send();
    on.send();
    CHECK(on.receive("HTTP/3 200 OK\r\n\r\n") == action::close);
    CHECK(on.closed_for(close_reason::protocol_error, errc::protocol_error));
    CHECK(on.http.unsolicited_bytes() == 0);
    CHECK(on.states() == "ss");
    CHECK_FALSE(on.http.accepts(shared));
}

// --- the last response -----------------------------------------------------------------------------------

TEST_CASE("a response that keeps the connection does not close it") {
    tested_connection on;
    on.send();
    CHECK(on.receive(empty_response) == action::response);
    CHECK_FALSE(on.http.closes());
    CHECK(on.next() == action::none);
}

TEST_CASE("N8: behind a response that announces the close nothing is accepted, nor read") {
    tested_connection on;
    on.confirm();
    on.send();
    on.send();
    CHECK(on.receive(std::string(closing_response) + std::string(empty_response)) == action::response);
    CHECK(on.http.closes());
    CHECK_FALSE(on.http.accepts(shared));
    CHECK(on.next() == action::close);
    CHECK(on.closed_for(close_reason::announced, errc::connection_lost));
    CHECK(on.states() == "s");
    CHECK(on.http.unsolicited_bytes() == 0);
}

TEST_CASE(
    "F21: a response that comes before its request is written closes, and tells nothing of those behind") {
    tested_connection on;
    on.confirm();
    auto& get = on.stage();
    on.stage();
    on.http.output_taken(on.http.output().size());
    on.http.output_sent(false);
    CHECK(on.states() == "pp");
    // Not even where it announces the close.
    CHECK(on.receive("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n") ==
          action::response);
    CHECK(on.http.owner() == &get);
    CHECK(on.http.message().status == 413);
    CHECK(on.http.closes());
    CHECK(on.next() == action::close);
    CHECK(on.closed_for(close_reason::early_response, errc::connection_lost));
    CHECK(on.states() == "p");
}

// --- the end of the stream -------------------------------------------------------------------------------

TEST_CASE("the end of the stream, wherever it comes") {
    struct {
        std::string_view received;
        stream_end how;
        close_reason reason;
        errc code;
    } const ends[] = {
        {"", stream_end::closed, close_reason::ended, errc::connection_lost},
        {"", stream_end::truncated, close_reason::ended, errc::connection_lost},
        {"", stream_end::broken, close_reason::broken, errc::connection_lost},
        {"HTTP/1.1 100 Continue\r\n\r\n", stream_end::closed, close_reason::ended, errc::incomplete_response},
        // T10: in the middle of a body whose length is known
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", stream_end::closed, close_reason::ended,
         errc::incomplete_response},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", stream_end::broken, close_reason::broken,
         errc::incomplete_response},
        // by a cut, which could be an attacker's
        {"HTTP/1.1 200 OK\r\n\r\nhello", stream_end::truncated, close_reason::ended,
         errc::incomplete_response},
        {"HTTP/1.1 200 OK\r\n\r\nhello", stream_end::broken, close_reason::broken, errc::incomplete_response},
    };
    for (const auto& each : ends) {
        CAPTURE(each.received);
        CAPTURE(static_cast<int>(each.how));
        tested_connection on;
        on.confirm();
        on.send();
        CHECK(on.receive(each.received) == action::none);
        on.http.end_of_stream(each.how, {}, {});
        CHECK(on.next() == action::close);
        CHECK(on.closed_for(each.reason, each.code));
        CHECK(on.states() == "s");
        CHECK_FALSE(on.http.accepts(shared));
    }
}

TEST_CASE("the end of the stream of an idle connection") {
    tested_connection on;
    on.confirm();
    on.http.end_of_stream(stream_end::closed, {}, {});
    CHECK(on.next() == action::close);
    CHECK(on.closed_for(close_reason::ended, errc::connection_lost));
}

TEST_CASE("an end that has a reason of its own tells it") {
    for (const auto& [how, reason] : {std::pair(stream_end::broken, close_reason::broken),
                                      std::pair(stream_end::rejected, close_reason::rejected)}) {
        tested_connection on;
        on.send();
        on.http.end_of_stream(how, errc::handshake_failed, "certificate required");
        CHECK(on.next() == action::close);
        CHECK(on.closed_for(reason, errc::handshake_failed));
        CHECK(on.http.closed().text == "certificate required");
    }
}

TEST_CASE("the end of the stream is the end of a body without length") {
    tested_connection on;
    on.confirm();
    auto& get = on.send();
    on.send();
    CHECK(on.receive("HTTP/1.1 200 OK\r\n\r\nhello") == action::none);
    on.http.end_of_stream(stream_end::closed, {}, {});
    CHECK(on.next() == action::response);
    CHECK(on.http.owner() == &get);
    CHECK(on.http.message().body == "hello");
    CHECK(on.http.closes());
    CHECK(on.next() == action::close);
    CHECK(on.closed_for(close_reason::ended, errc::connection_lost)); // nothing was announced
    CHECK(on.states() == "s");
}

TEST_CASE("W12: what came before the end of the stream is looked at first") {
    for (const auto how : {stream_end::closed, stream_end::truncated, stream_end::broken}) {
        tested_connection on;
        on.confirm();
        auto& get = on.send();
        on.send();
        const std::string bytes = std::string(empty_response) + "HTTP/1.1 2";
        on.http.receive(bytes);
        on.http.end_of_stream(how, {}, {});
        CHECK(on.next() == action::response);
        CHECK(on.http.owner() == &get);
        CHECK(on.next() == action::close);
        CHECK(on.http.closed().code == errc::incomplete_response);
    }
}

// --- writing ---------------------------------------------------------------------------------------------

TEST_CASE("what is staged is the output, in order, until the transport has taken it") {
    tested_connection on;
    on.confirm();
    std::string expected;
    for (int i = 0; i < 3; ++i)
        on.encoder.append(on.stage(request_class::idempotent).request, expected);
    CHECK(on.http.output() == expected);
    on.http.output_taken(10);
    CHECK(on.http.output() == std::string_view(expected).substr(10));
    on.http.output_sent(true);
    on.http.output_taken(expected.size() - 10);
    CHECK(on.http.output().empty());
}

TEST_CASE("how far the transport has come tells what a server can have seen") {
    tested_connection on;
    on.confirm();
    on.stage();
    const auto size = on.http.output().size();
    on.stage();
    on.stage();
    CHECK(on.states() == "uuu");
    on.http.output_taken(size + 1);
    CHECK(on.states() == "uuu"); // not a byte has left
    on.http.output_sent(false);
    CHECK(on.states() == "ppu");
    on.http.output_sent(true);
    CHECK(on.states() == "spu");
    on.http.output_taken(size - 1);
    CHECK(on.states() == "spu");
    on.http.output_sent(true);
    CHECK(on.states() == "ssu");
    on.write();
    CHECK(on.states() == "sss");
}

TEST_CASE("what no byte was given of can be unstaged, and those behind move up") {
    tested_connection on;
    on.confirm();
    auto& sent = on.send();
    auto& given = on.stage();
    on.http.output_taken(1);
    auto& first = on.stage();
    auto& second = on.stage();
    auto& third = on.stage();
    CHECK_FALSE(on.http.unstage(sent));
    CHECK_FALSE(on.http.unstage(given)); // its first byte may be on its way
    CHECK(on.http.unstage(second));
    CHECK_FALSE(on.http.unstage(second)); // it is there no more
    CHECK(on.http.unstage(third));
    std::string expected;
    on.encoder.append(given.request, expected);
    on.encoder.append(first.request, expected);
    CHECK(on.http.output() == std::string_view(expected).substr(1));
    on.http.output_sent(true);
    auto& last = on.send();
    for (const auto* const owner : {&sent, &given, &first, &last}) {
        CHECK(on.receive(empty_response) == action::response);
        CHECK(on.http.owner() == owner);
        CHECK(on.next() == action::none);
    }
}

TEST_CASE("an abandoned request that is staged is written all the same") {
    tested_connection on;
    on.confirm();
    auto& get = on.stage();
    on.http.abandon(get, {});
    CHECK_FALSE(on.http.unstage(get));
    CHECK_FALSE(on.http.output().empty());
}
