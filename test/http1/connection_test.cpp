#include "http1/connection.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <deque>
#include <random>
#include <string>

// One HTTP/1.1 connection: what may be staged, whose a response is, and how the connection ends.

namespace {

using namespace std::chrono_literals;
namespace http1 = bandwidth::webrtc::detail::http1;
using bandwidth::webrtc::errc;
using bandwidth::webrtc::detail::close_reason;
using bandwidth::webrtc::detail::exchange;
using bandwidth::webrtc::detail::request_class;
using bandwidth::webrtc::detail::request_encoder;
using bandwidth::webrtc::detail::response_limits;
using bandwidth::webrtc::detail::send_state;
using bandwidth::webrtc::detail::stream_end;
using bandwidth::webrtc::detail::time_point;
using action = http1::connection::action;

constexpr bool shared = false;
constexpr bool exclusive = true;

struct test_exchange : exchange {
    explicit test_exchange(request_class kind = request_class::safe) {
        request.kind = kind;
        request.target = "/";
    }
};

// A connection and the exchanges on it.
struct line {
    explicit line(std::size_t depth = 8) : http(depth, response_limits{}) {}

    test_exchange& push(request_class kind = request_class::safe) {
        auto& added = exchanges.emplace_back(kind);
        http.stage(added, encoder, time_point{});
        return added;
    }
    void write() {
        http.output_taken(http.output().size());
        http.output_sent(true);
    }
    test_exchange& send(request_class kind = request_class::safe) {
        auto& added = push(kind);
        write();
        return added;
    }
    action receive(std::string_view bytes) {
        http.receive(bytes);
        return http.next();
    }
    // The end of the stream behind what was received.
    action end(stream_end how) {
        http.end_of_stream(how, {}, {});
        return http.next();
    }
    // A request that got its response confirms the connection.
    void prove() {
        send();
        REQUIRE(receive(ok) == action::response);
        REQUIRE(http.next() == action::none);
    }
    bool ended_with(close_reason reason, errc code) const {
        return http.closed().reason == reason && http.closed().code == code && !http.accepts(shared);
    }

    static constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    static constexpr std::string_view closing =
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

    http1::connection http;
    request_encoder encoder{"host", "test"};
    std::deque<test_exchange> exchanges;
};

} // namespace

TEST_CASE("P4: a new connection carries one request until an answer proves it") {
    line on;
    CHECK(on.http.accepts(shared));
    on.send();
    CHECK_FALSE(on.http.accepts(shared));
    CHECK_FALSE(on.http.accepts(shared));
    CHECK(on.receive("HTTP/1.1 100 Continue\r\n\r\n") == action::none);
    CHECK_FALSE(on.http.accepts(shared));
    CHECK(on.receive(line::ok) == action::response);
    on.send();
    CHECK(on.http.accepts(shared));
    CHECK(on.http.accepts(shared));
}

TEST_CASE("P1: no more than `depth` are in flight, abandoned ones included") {
    for (const std::size_t depth : {1u, 2u, 3u, 8u}) {
        CAPTURE(depth);
        line on(depth);
        on.prove();
        for (std::size_t i = 0; i < depth; ++i) {
            REQUIRE(on.http.accepts(shared));
            on.http.abandon(on.send(), time_point{});
        }
        CHECK(on.http.requests().size() == depth);
        CHECK(on.http.requests().abandoned() == depth);
        CHECK_FALSE(on.http.accepts(shared));
        CHECK(on.receive(line::ok) == action::response);
        CHECK(on.http.accepts(shared));
    }
}

TEST_CASE("P2: an unsafe request goes out alone, and nothing follows it") {
    line on;
    on.prove();
    CHECK(on.http.accepts(exclusive));
    auto& get = on.send();
    CHECK_FALSE(on.http.accepts(exclusive));
    on.http.abandon(get, time_point{});
    CHECK_FALSE(on.http.accepts(exclusive)); // behind an abandoned one neither
    CHECK(on.receive(line::ok) == action::response);
    auto& post = on.send(request_class::unsafe);
    for (const auto kind : {request_class::safe, request_class::idempotent, request_class::unsafe})
        CHECK_FALSE(on.http.accepts(kind == request_class::unsafe));
    on.http.abandon(post, time_point{});
    CHECK_FALSE(on.http.accepts(shared)); // the server still works for it
    CHECK(on.receive(line::ok) == action::response);
    CHECK(on.http.accepts(shared));
    CHECK(on.http.accepts(exclusive));
}

TEST_CASE("N1: answers go to the requests in the order of sending") {
    line on;
    on.prove();
    auto& first = on.send();
    auto& second = on.send(request_class::idempotent);
    auto& third = on.send();
    const std::string both = std::string(line::ok) + "HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nxHT";
    CHECK(on.receive(both) == action::response);
    CHECK(on.http.owner() == &first);
    CHECK(on.http.next() == action::response);
    CHECK(on.http.owner() == &second);
    CHECK(on.http.message().status == 404);
    CHECK(on.http.message().body == "x");
    CHECK(on.http.next() == action::none);
    CHECK(on.http.requests().size() == 1);
    CHECK(on.http.requests().at(0).owner == &third);
}

TEST_CASE("an abandoned request's response is read and dropped, its neighbours do not notice") {
    line on;
    on.prove();
    auto& first = on.send();
    auto& second = on.send();
    auto& third = on.send();
    on.http.abandon(second, time_point(5s));
    on.http.abandon(first, time_point(7s));
    CHECK(on.http.requests().abandoned() == 2);
    CHECK(on.http.requests().oldest_abandoned() == time_point(5s));
    CHECK(on.receive(line::ok) == action::response);
    CHECK(on.http.owner() == nullptr);
    CHECK(on.receive(line::ok) == action::response);
    CHECK(on.http.owner() == nullptr);
    CHECK(on.http.requests().abandoned() == 0);
    CHECK(on.receive(line::ok) == action::response);
    CHECK(on.http.owner() == &third);
}

TEST_CASE("abandoning what is not in flight changes nothing") {
    line on;
    on.prove();
    on.send();
    const test_exchange stranger;
    on.http.abandon(stranger, time_point{});
    on.http.abandon(on.exchanges.front(), time_point{}); // answered before
    CHECK(on.http.requests().abandoned() == 0);
}

TEST_CASE("N2, W07: bytes that nobody asked for end the connection, and are never a response") {
    for (const std::string_view bytes : {line::ok, std::string_view("x"), std::string_view("\r\n")}) {
        line on;
        on.prove();
        CHECK(on.receive(bytes) == action::close);
        CHECK(on.http.closed().code == errc::protocol_error);
        CHECK(on.http.unsolicited_bytes() == bytes.size());
        CHECK_FALSE(on.http.accepts(shared));
        CHECK_FALSE(on.http.accepts(shared));
    }
}

TEST_CASE("F06: bytes behind the last answer are unsolicited, the answer stands") {
    line on;
    auto& get = on.send();
    const std::string surplus = std::string(line::ok) + "HTTP/1.1 200 OK\r\n\r\n";
    CHECK(on.receive(surplus) == action::response);
    CHECK(on.http.owner() == &get);
    CHECK(on.http.next() == action::close);
    CHECK(on.http.unsolicited_bytes() == 19);
    CHECK_FALSE(on.http.accepts(shared));
}

TEST_CASE("an answer to a request of which no byte was sent is none") {
    line on;
    on.push();
    CHECK(on.receive(line::ok) == action::close);
    CHECK(on.http.unsolicited_bytes() == line::ok.size());
    CHECK(on.http.requests().size() == 1);
}

TEST_CASE("no bytes are no event") {
    line on;
    CHECK(on.receive("") == action::none);
    on.push();
    CHECK(on.receive("") == action::none);
}

TEST_CASE("F21: an answer that comes before its request is written closes") {
    line on;
    on.prove();
    auto& get = on.push();
    on.http.output_taken(on.http.output().size());
    on.http.output_sent(false);
    CHECK(on.http.requests().state_of(on.http.requests().at(0)) == send_state::partial);
    CHECK(on.receive("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n") == action::response);
    CHECK(on.http.owner() == &get);
    CHECK(on.http.message().status == 413);
    CHECK(on.http.next() == action::close);
    CHECK(on.ended_with(close_reason::early_response, errc::connection_lost)); // it announced nothing
}

TEST_CASE("N8: nothing is accepted behind an answer that announces the close") {
    line on;
    on.prove();
    on.send();
    on.send();
    CHECK(on.receive(line::closing) == action::response);
    CHECK(on.http.closes());
    CHECK(on.http.next() == action::close);
    CHECK(on.ended_with(close_reason::announced, errc::connection_lost));
    CHECK(on.http.requests().size() == 1);
    CHECK_FALSE(on.http.accepts(shared));
}

TEST_CASE("an answer that keeps the connection does not close it") {
    line on;
    on.prove();
    CHECK_FALSE(on.http.closes());
    CHECK(on.http.accepts(shared));
}

TEST_CASE("stop_accepting leaves what is in flight") {
    line on;
    on.prove();
    auto& get = on.send();
    on.http.stop_accepting();
    CHECK_FALSE(on.http.accepts(shared));
    CHECK(on.receive(line::ok) == action::response);
    CHECK(on.http.owner() == &get);
    CHECK_FALSE(on.http.accepts(shared));
}

TEST_CASE("a broken answer ends the connection and leaves the slots") {
    line on;
    on.prove();
    on.send();
    on.send();
    CHECK(on.receive("HTTP/3 200 OK\r\n\r\n") == action::close);
    CHECK(on.http.closed().code == errc::protocol_error);
    CHECK(on.http.unsolicited_bytes() == 0);
    CHECK(on.http.requests().size() == 2);
    CHECK_FALSE(on.http.accepts(shared));
}

TEST_CASE("the end of the stream, wherever it comes") {
    SUBCASE("idle") {
        line on;
        on.prove();
        CHECK(on.end(stream_end::closed) == action::close);
        CHECK(on.http.closed().code == errc::connection_lost);
    }
    SUBCASE("before an answer began") {
        line on;
        on.prove();
        on.send();
        CHECK(on.end(stream_end::closed) == action::close);
        CHECK(on.http.closed().code == errc::connection_lost);
        CHECK_FALSE(on.http.accepts(shared));
        CHECK(on.http.requests().size() == 1);
    }
    SUBCASE("T10: in an answer") {
        line on;
        on.prove();
        on.send();
        CHECK(on.receive("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc") == action::none);
        CHECK(on.http.response_started());
        CHECK(on.http.response_header_done());
        CHECK(on.end(stream_end::closed) == action::close);
        CHECK(on.http.closed().code == errc::incomplete_response);
    }
    SUBCASE("behind an interim response") {
        line on;
        on.send();
        CHECK(on.receive("HTTP/1.1 100 Continue\r\n\r\n") == action::none);
        CHECK(on.end(stream_end::closed) == action::close);
        CHECK(on.http.closed().code == errc::incomplete_response);
    }
    SUBCASE("as the end of a body without length") {
        line on;
        on.prove();
        auto& get = on.send();
        on.send();
        CHECK(on.receive("HTTP/1.1 200 OK\r\n\r\nhello") == action::none);
        CHECK(on.end(stream_end::closed) == action::response);
        CHECK(on.http.owner() == &get);
        CHECK(on.http.message().body == "hello");
        CHECK(on.http.closes());
        CHECK(on.http.requests().size() == 1);
    }
    SUBCASE("in a body without length, by a cut") {
        line on;
        on.send();
        CHECK(on.receive("HTTP/1.1 200 OK\r\n\r\nhello") == action::none);
        CHECK(on.end(stream_end::truncated) == action::close);
        CHECK(on.http.closed().code == errc::incomplete_response);
    }
}

TEST_CASE("state_of tells what the transport has of each request") {
    http1::pipeline requests(8);
    requests.confirm();
    std::deque<test_exchange> exchanges(3);
    for (auto& each : exchanges)
        requests.push(each, 10, time_point{});
    const auto states = [&requests](std::uint64_t all, std::uint64_t any) {
        requests.note_sent(all, any);
        std::string text;
        for (std::size_t i = 0; i < requests.size(); ++i)
            text += "ups"[static_cast<int>(requests.state_of(requests.at(i)))];
        return text;
    };
    CHECK(states(0, 0) == "uuu");
    CHECK(states(0, 1) == "puu");
    CHECK(states(0, 10) == "puu");
    CHECK(states(0, 11) == "ppu");
    CHECK(states(0, 30) == "ppp");
    CHECK(states(9, 30) == "ppp");
    CHECK(states(10, 30) == "spp");
    CHECK(states(19, 30) == "spp");
    CHECK(states(30, 30) == "sss");
    // A closure alert that could not be written once took the mark back, and a POST went out twice.
    CHECK(states(0, 0) == "sss");
}

TEST_CASE("B12: what the transport has not taken is unsent, and can be unstaged") {
    line on;
    auto& post = on.push(request_class::unsafe);
    CHECK(on.http.requests().state_of(on.http.requests().at(0)) == send_state::unsent);
    on.http.output_taken(on.http.output().size()); // encrypted, and not a byte of it sent yet
    CHECK(on.http.requests().state_of(on.http.requests().at(0)) == send_state::unsent);
    CHECK_FALSE(on.http.unstage(post));
    on.http.output_sent(false);
    CHECK(on.http.requests().state_of(on.http.requests().at(0)) == send_state::partial);
}

TEST_CASE("the ring goes round for thousands of requests, at every depth") {
    for (const std::size_t depth : {1u, 2u, 3u, 5u, 8u, 16u}) {
        CAPTURE(depth);
        line on(depth);
        on.prove();
        std::minstd_rand random(static_cast<unsigned>(depth));
        std::deque<std::pair<const exchange*, bool>> expected; // the owner, and whether it has gone
        for (int answered = 0; answered < 5000;) {
            if (on.http.accepts(shared) && random() % 2 == 0) {
                auto& added = on.send();
                const bool gone = random() % 8 == 0;
                if (gone)
                    on.http.abandon(added, time_point{});
                expected.emplace_back(&added, gone);
            } else if (!expected.empty()) {
                REQUIRE(on.receive(line::ok) == action::response);
                const auto [owner, gone] = expected.front();
                expected.pop_front();
                REQUIRE(on.http.owner() == (gone ? nullptr : owner));
                ++answered;
            }
            REQUIRE(on.http.requests().size() == expected.size());
        }
    }
}

TEST_CASE("what was not written can be unstaged, and those behind move up") {
    line on;
    on.prove();
    auto& sent = on.send();
    auto& unstaged = on.push();
    const auto size = on.http.output().size();
    auto& moved = on.push();
    REQUIRE(on.http.requests().index_of(unstaged) == 1);
    CHECK(on.http.requests().unsent_bytes(on.http.requests().at(1)) == size);
    CHECK_FALSE(on.http.unstage(sent));
    REQUIRE(on.http.unstage(unstaged));
    CHECK(on.http.output().size() == size);
    CHECK(on.http.requests().size() == 2);
    CHECK(on.http.requests().index_of(moved) == 1);
    CHECK(on.http.requests().index_of(unstaged) == on.http.requests().size());
    on.write();
    CHECK(on.http.requests().unsent_bytes(on.http.requests().at(1)) == 0);
    REQUIRE(on.receive(line::ok) == action::response);
    CHECK(on.http.owner() == &sent);
    REQUIRE(on.http.next() == action::none);
    REQUIRE(on.receive(line::ok) == action::response);
    CHECK(on.http.owner() == &moved);
}

TEST_CASE("what is still to come of an answer is known once its head is there, if it tells") {
    line on;
    on.prove();
    on.send();
    CHECK_FALSE(on.http.response_remaining());
    on.receive("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab");
    CHECK(on.http.response_remaining() == 7u);
    on.receive("cdefghi");
    on.send();
    on.receive("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
    CHECK(on.http.response_header_done());
    CHECK_FALSE(on.http.response_remaining());
}

TEST_CASE("a depth that is lowered counts from the next request on") {
    line on;
    on.prove();
    on.send();
    on.send();
    on.http.set_depth(1);
    CHECK_FALSE(on.http.accepts(shared));
    on.receive(line::ok);
    CHECK_FALSE(on.http.accepts(shared));
    on.receive(line::ok);
    CHECK(on.http.accepts(shared));
}

TEST_CASE("a 408 on an idle connection is its end, and no unsolicited answer") {
    line on;
    on.prove();
    CHECK(on.receive("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n") == action::close);
    CHECK(on.http.closed().code == errc::connection_lost);
    CHECK(on.http.unsolicited_bytes() == 0);
}

TEST_CASE("P4: an HTTP/1.0 response proves nothing, even where it keeps the connection") {
    line on;
    on.send();
    CHECK(on.receive("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n") ==
          action::response);
    REQUIRE(on.http.accepts(shared));
    on.send();
    CHECK_FALSE(on.http.accepts(shared));
}
