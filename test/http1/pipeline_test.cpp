#include "http1/pipeline.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <deque>
#include <random>
#include <string>

namespace {

using namespace std::chrono_literals;
using bandwidth::webrtc::errc;
using bandwidth::webrtc::detail::exchange;
using bandwidth::webrtc::detail::pipeline;
using bandwidth::webrtc::detail::request_class;
using bandwidth::webrtc::detail::response_limits;
using bandwidth::webrtc::detail::send_state;
using bandwidth::webrtc::detail::time_point;
using event = pipeline::event;

constexpr std::size_t request_size = 10;
constexpr bool shared = false;
constexpr bool exclusive = true;

struct test_exchange : exchange {
    explicit test_exchange(request_class kind = request_class::safe) { request.kind = kind; }
};

// A pipeline and the exchanges on it, each `request_size` bytes long.
struct line {
    explicit line(std::size_t depth = 8) : requests(depth, response_limits{}) {}

    test_exchange& push(request_class kind = request_class::safe) {
        auto& added = exchanges.emplace_back(kind);
        requests.push(added, request_size, time_point{});
        pushed += request_size;
        return added;
    }
    test_exchange& send(request_class kind = request_class::safe) {
        auto& added = push(kind);
        requests.note_sent(pushed, pushed);
        return added;
    }
    event receive(std::string_view bytes) {
        input = bytes;
        return requests.receive(input);
    }
    // An answered request proves the connection.
    void prove() {
        send();
        REQUIRE(receive(ok) == event::answered);
    }

    static constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    static constexpr std::string_view closing =
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

    pipeline requests;
    std::deque<test_exchange> exchanges;
    std::uint64_t pushed = 0;
    std::string_view input;
};

} // namespace

TEST_CASE("P4: a new connection carries one request until an answer proves it") {
    line on;
    CHECK(on.requests.accepts(shared));
    on.send();
    CHECK_FALSE(on.requests.accepts(shared));
    CHECK_FALSE(on.requests.accepts(shared));
    CHECK(on.receive("HTTP/1.1 100 Continue\r\n\r\n") == event::need_more);
    CHECK_FALSE(on.requests.accepts(shared));
    CHECK(on.receive(line::ok) == event::answered);
    on.send();
    CHECK(on.requests.accepts(shared));
    CHECK(on.requests.accepts(shared));
}

TEST_CASE("P1: no more than `depth` are in flight, zombies included") {
    for (const std::size_t depth : {1u, 2u, 3u, 8u}) {
        CAPTURE(depth);
        line on(depth);
        on.prove();
        for (std::size_t i = 0; i < depth; ++i) {
            REQUIRE(on.requests.accepts(shared));
            on.requests.abandon(on.send(), time_point{});
        }
        CHECK(on.requests.outstanding() == depth);
        CHECK(on.requests.zombies() == depth);
        CHECK_FALSE(on.requests.accepts(shared));
        CHECK(on.receive(line::ok) == event::answered);
        CHECK(on.requests.accepts(shared));
    }
}

TEST_CASE("P2: an unsafe request goes out alone, and nothing follows it") {
    line on;
    on.prove();
    CHECK(on.requests.accepts(exclusive));
    auto& get = on.send();
    CHECK_FALSE(on.requests.accepts(exclusive));
    on.requests.abandon(get, time_point{});
    CHECK_FALSE(on.requests.accepts(exclusive)); // behind a zombie neither
    CHECK(on.receive(line::ok) == event::answered);
    auto& post = on.send(request_class::unsafe);
    for (const auto kind : {request_class::safe, request_class::idempotent, request_class::unsafe})
        CHECK_FALSE(on.requests.accepts(kind == request_class::unsafe));
    on.requests.abandon(post, time_point{});
    CHECK_FALSE(on.requests.accepts(shared)); // the server still works for it
    CHECK(on.receive(line::ok) == event::answered);
    CHECK(on.requests.accepts(shared));
    CHECK(on.requests.accepts(exclusive));
}

TEST_CASE("N1: answers go to the requests in the order of sending") {
    line on;
    on.prove();
    auto& first = on.send();
    auto& second = on.send(request_class::idempotent);
    auto& third = on.send();
    const std::string both = std::string(line::ok) + "HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nxHT";
    CHECK(on.receive(both) == event::answered);
    CHECK(on.requests.owner() == &first);
    CHECK(on.requests.receive(on.input) == event::answered);
    CHECK(on.requests.owner() == &second);
    CHECK(on.requests.message().status == 404);
    CHECK(on.requests.message().body == "x");
    CHECK(on.requests.receive(on.input) == event::need_more);
    CHECK(on.requests.outstanding() == 1);
    CHECK(on.requests.at(0).owner == &third);
}

TEST_CASE("a zombie's answer is read and dropped, its neighbours do not notice") {
    line on;
    on.prove();
    auto& first = on.send();
    auto& second = on.send();
    auto& third = on.send();
    on.requests.abandon(second, time_point(5s));
    on.requests.abandon(first, time_point(7s));
    CHECK(on.requests.zombies() == 2);
    CHECK(on.requests.oldest_zombie() == time_point(5s));
    CHECK(on.receive(line::ok) == event::answered);
    CHECK(on.requests.owner() == nullptr);
    CHECK(on.receive(line::ok) == event::answered);
    CHECK(on.requests.owner() == nullptr);
    CHECK(on.requests.zombies() == 0);
    CHECK(on.receive(line::ok) == event::answered);
    CHECK(on.requests.owner() == &third);
}

TEST_CASE("abandoning what is not in flight changes nothing") {
    line on;
    on.prove();
    on.send();
    const test_exchange stranger;
    on.requests.abandon(stranger, time_point{});
    on.requests.abandon(on.exchanges.front(), time_point{}); // answered before
    CHECK(on.requests.zombies() == 0);
}

TEST_CASE("N2, W07: bytes that nobody asked for end the connection, and are never a response") {
    for (const std::string_view bytes : {line::ok, std::string_view("x"), std::string_view("\r\n")}) {
        line on;
        on.prove();
        CHECK(on.receive(bytes) == event::failed);
        CHECK(on.requests.error() == errc::protocol_error);
        CHECK(on.requests.unsolicited_bytes() == bytes.size());
        CHECK(on.requests.closing());
        CHECK_FALSE(on.requests.accepts(shared));
    }
}

TEST_CASE("F06: bytes behind the last answer are unsolicited, the answer stands") {
    line on;
    auto& get = on.send();
    const std::string surplus = std::string(line::ok) + "HTTP/1.1 200 OK\r\n\r\n";
    CHECK(on.receive(surplus) == event::answered);
    CHECK(on.requests.owner() == &get);
    CHECK(on.requests.receive(on.input) == event::failed);
    CHECK(on.requests.unsolicited_bytes() == 19);
    CHECK(on.requests.closing());
}

TEST_CASE("an answer to a request of which no byte was sent is none") {
    line on;
    on.push();
    CHECK(on.receive(line::ok) == event::failed);
    CHECK(on.requests.unsolicited_bytes() == line::ok.size());
    CHECK(on.requests.outstanding() == 1);
}

TEST_CASE("no bytes are no event") {
    line on;
    CHECK(on.receive("") == event::need_more);
    on.push();
    CHECK(on.receive("") == event::need_more);
    CHECK_FALSE(on.requests.closing());
}

TEST_CASE("F21: an answer that comes before its request is written closes") {
    line on;
    on.prove();
    auto& get = on.push();
    on.requests.note_sent(10, 15);
    CHECK(on.requests.state_of(on.requests.at(0)) == send_state::partial);
    CHECK(on.receive("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n") == event::answered);
    CHECK(on.requests.owner() == &get);
    CHECK(on.requests.message().status == 413);
    CHECK(on.requests.last_answer_was_early());
    CHECK_FALSE(on.requests.last_answer_closes()); // it announced nothing
    CHECK(on.requests.closing());
}

TEST_CASE("N8: nothing is accepted behind an answer that announces the close") {
    line on;
    on.prove();
    on.send();
    on.send();
    CHECK(on.receive(line::closing) == event::answered);
    CHECK(on.requests.last_answer_closes());
    CHECK(on.requests.closing());
    CHECK(on.requests.outstanding() == 1);
    CHECK_FALSE(on.requests.accepts(shared));
}

TEST_CASE("an answer that keeps the connection does not close it") {
    line on;
    on.prove();
    CHECK_FALSE(on.requests.last_answer_closes());
    CHECK_FALSE(on.requests.closing());
}

TEST_CASE("stop_accepting leaves what is in flight") {
    line on;
    on.prove();
    auto& get = on.send();
    on.requests.stop_accepting();
    CHECK_FALSE(on.requests.accepts(shared));
    CHECK(on.receive(line::ok) == event::answered);
    CHECK(on.requests.owner() == &get);
    CHECK_FALSE(on.requests.accepts(shared));
}

TEST_CASE("a broken answer ends the connection and leaves the slots") {
    line on;
    on.prove();
    on.send();
    on.send();
    CHECK(on.receive("HTTP/3 200 OK\r\n\r\n") == event::failed);
    CHECK(on.requests.error() == errc::protocol_error);
    CHECK(on.requests.unsolicited_bytes() == 0);
    CHECK(on.requests.outstanding() == 2);
    CHECK(on.requests.closing());
}

TEST_CASE("the end of the stream, wherever it comes") {
    SUBCASE("idle") {
        line on;
        on.prove();
        CHECK(on.requests.end_of_stream(true) == event::failed);
        CHECK(on.requests.error() == errc::connection_lost);
    }
    SUBCASE("before an answer began") {
        line on;
        on.prove();
        on.send();
        CHECK(on.requests.end_of_stream(true) == event::failed);
        CHECK(on.requests.error() == errc::connection_lost);
        CHECK(on.requests.closing());
        CHECK(on.requests.outstanding() == 1);
    }
    SUBCASE("T10: in an answer") {
        line on;
        on.prove();
        on.send();
        CHECK(on.receive("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc") == event::need_more);
        CHECK(on.requests.answer_started());
        CHECK(on.requests.answer_head_done());
        CHECK(on.requests.end_of_stream(true) == event::failed);
        CHECK(on.requests.error() == errc::incomplete_response);
    }
    SUBCASE("behind an interim response") {
        line on;
        on.send();
        CHECK(on.receive("HTTP/1.1 100 Continue\r\n\r\n") == event::need_more);
        CHECK(on.requests.end_of_stream(true) == event::failed);
        CHECK(on.requests.error() == errc::incomplete_response);
    }
    SUBCASE("as the end of a body without length") {
        line on;
        on.prove();
        auto& get = on.send();
        on.send();
        CHECK(on.receive("HTTP/1.1 200 OK\r\n\r\nhello") == event::need_more);
        CHECK(on.requests.end_of_stream(true) == event::answered);
        CHECK(on.requests.owner() == &get);
        CHECK(on.requests.message().body == "hello");
        CHECK(on.requests.last_answer_closes());
        CHECK(on.requests.outstanding() == 1);
    }
    SUBCASE("in a body without length, by a cut") {
        line on;
        on.send();
        CHECK(on.receive("HTTP/1.1 200 OK\r\n\r\nhello") == event::need_more);
        CHECK(on.requests.end_of_stream(false) == event::failed);
        CHECK(on.requests.error() == errc::incomplete_response);
    }
}

TEST_CASE("state_of tells what the transport has of each request") {
    line on;
    on.prove(); // the first ten bytes
    for (int i = 0; i < 3; ++i)
        on.push();
    const auto states = [&on](std::uint64_t all, std::uint64_t any) {
        on.requests.note_sent(all, any);
        std::string text;
        for (std::size_t i = 0; i < on.requests.outstanding(); ++i)
            text += "ups"[static_cast<int>(on.requests.state_of(on.requests.at(i)))];
        return text;
    };
    CHECK(states(10, 10) == "uuu");
    CHECK(states(10, 11) == "puu");
    CHECK(states(10, 20) == "puu");
    CHECK(states(10, 21) == "ppu");
    CHECK(states(10, 40) == "ppp");
    CHECK(states(19, 40) == "ppp");
    CHECK(states(20, 40) == "spp");
    CHECK(states(29, 40) == "spp");
    CHECK(states(40, 40) == "sss");
}

TEST_CASE("what has left is never unsent again") {
    // A closure alert that could not be written once took the mark back, and a POST went out twice.
    line pipe;
    pipe.send(request_class::unsafe);
    pipe.requests.note_sent(0, 0);
    CHECK(pipe.requests.state_of(pipe.requests.at(0)) == send_state::sent);
}

TEST_CASE("the ring goes round for thousands of requests, at every depth") {
    for (const std::size_t depth : {1u, 2u, 3u, 5u, 8u, 16u}) {
        CAPTURE(depth);
        line on(depth);
        on.prove();
        std::minstd_rand random(static_cast<unsigned>(depth));
        std::deque<std::pair<const exchange*, bool>> expected; // the owner, and whether it has gone
        for (int answered = 0; answered < 5000;) {
            if (on.requests.accepts(shared) && random() % 2 == 0) {
                auto& added = on.send();
                const bool gone = random() % 8 == 0;
                if (gone)
                    on.requests.abandon(added, time_point{});
                expected.emplace_back(&added, gone);
            } else if (!expected.empty()) {
                REQUIRE(on.receive(line::ok) == event::answered);
                const auto [owner, gone] = expected.front();
                expected.pop_front();
                REQUIRE(on.requests.owner() == (gone ? nullptr : owner));
                ++answered;
            }
            REQUIRE(on.requests.outstanding() == expected.size());
        }
    }
}

TEST_CASE("what was not written can be taken back, and those behind move up") {
    line on;
    on.prove();
    auto& sent = on.send();
    auto& taken = on.push();
    auto& moved = on.push();
    REQUIRE(on.requests.index_of(taken) == 1);
    CHECK(on.requests.unsent_bytes(on.requests.at(1)) == request_size);
    on.requests.take_back(1);
    on.pushed -= request_size;
    CHECK(on.requests.outstanding() == 2);
    CHECK(on.requests.index_of(moved) == 1);
    CHECK(on.requests.index_of(taken) == on.requests.outstanding());
    on.requests.note_sent(on.pushed, on.pushed);
    CHECK(on.requests.unsent_bytes(on.requests.at(1)) == 0);
    REQUIRE(on.receive(line::ok) == event::answered);
    CHECK(on.requests.owner() == &sent);
    REQUIRE(on.receive(line::ok) == event::answered);
    CHECK(on.requests.owner() == &moved);
}

TEST_CASE("what is still to come of an answer is known once its head is there, if it tells") {
    line on;
    on.prove();
    on.send();
    CHECK_FALSE(on.requests.answer_remaining());
    on.receive("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab");
    CHECK(on.requests.answer_remaining() == 7u);
    on.receive("cdefghi");
    on.send();
    on.receive("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
    CHECK(on.requests.answer_head_done());
    CHECK_FALSE(on.requests.answer_remaining());
}

TEST_CASE("a depth that is lowered counts from the next request on") {
    line on;
    on.prove();
    on.send();
    on.send();
    on.requests.set_depth(1);
    CHECK_FALSE(on.requests.accepts(shared));
    on.receive(line::ok);
    CHECK_FALSE(on.requests.accepts(shared));
    on.receive(line::ok);
    CHECK(on.requests.accepts(shared));
}

TEST_CASE("a 408 on an idle connection is its end, and no unsolicited answer") {
    line on;
    on.prove();
    CHECK(on.receive("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n") == event::failed);
    CHECK(on.requests.error() == errc::connection_lost);
    CHECK(on.requests.unsolicited_bytes() == 0);
}

TEST_CASE("P4: an HTTP/1.0 response proves nothing, even where it keeps the connection") {
    line on;
    on.send();
    CHECK(on.receive("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n") ==
          event::answered);
    REQUIRE(on.requests.accepts(shared));
    on.send();
    CHECK_FALSE(on.requests.accepts(shared));
}
