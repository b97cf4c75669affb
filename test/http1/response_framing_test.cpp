#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "http1/reading.hpp"

namespace {

using test::chunked;
using test::ended;
using test::ending;
using test::errc;
using test::kept_response;
using test::ok;
using test::read_every_way;
using test::reading_options;

} // namespace

TEST_CASE("F22: a response reads the same however it is cut") {
    const auto read = read_every_way(ok +
                                     "Content-Type: application/json\r\nX-Request-Id: r-1\r\n"
                                     "Retry-After: 3\r\nContent-Length: 11\r\n\r\nhello world");
    REQUIRE(read.responses.size() == 1);
    CHECK(read.responses[0] == kept_response{200, true, "hello world", "application/json", "r-1", "3"});
    CHECK(read.left.empty());
    CHECK_FALSE(read.failed);
}

TEST_CASE("F22: chunks are put together, extensions and trailers are dropped") {
    const auto read = read_every_way(ok +
                                     "Transfer-Encoding: chunked\r\n\r\n1;a=b\r\nh\r\n4\r\nello\r\n"
                                     "00C ;q=\"x;y\"\r\n, wide world\r\n0\r\nX-Sum: 1\r\n\r\n");
    REQUIRE(read.responses.size() == 1);
    CHECK(read.responses[0].body == "hello, wide world");
    CHECK(read.responses[0].keep_alive);
    CHECK(read.left.empty());
}

TEST_CASE("an empty chunked body, and an empty body of known length") {
    const auto of_no_chunk = read_every_way(ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    REQUIRE(of_no_chunk.responses.size() == 1);
    CHECK(of_no_chunk.responses[0].body.empty());
    const auto empty = read_every_way(ok + "Content-Length: 0\r\n\r\n");
    REQUIRE(empty.responses.size() == 1);
    CHECK(empty.responses[0].body.empty());
    CHECK(empty.responses[0].keep_alive);
}

TEST_CASE("responses in a row keep nothing of each other") {
    const auto read = read_every_way(
        ok + "Content-Type: a/b\r\nX-Amzn-RequestId: r-1\r\nRetry-After: 1\r\n" +
        "Content-Length: 3\r\n\r\none" + ok + "Transfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n" +
        "HTTP/1.1 204 No Content\r\n\r\n" + ok + "Content-Length: 4\r\n\r\nfour");
    REQUIRE(read.responses.size() == 4);
    CHECK(read.responses[0] == kept_response{200, true, "one", "a/b", "r-1", "1"});
    CHECK(read.responses[1] == kept_response{200, true, "two", "", "", ""});
    CHECK(read.responses[2] == kept_response{204, true, "", "", "", ""});
    CHECK(read.responses[3] == kept_response{200, true, "four", "", "", ""});
}

TEST_CASE("what comes behind a response stays in the input") {
    const std::string next = "HTTP/1.1 404 Not Found\r\nConte";
    for (const std::string& first :
         {ok + "Content-Length: 2\r\n\r\nhi", ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
          ok + "Content-Length: 0\r\n\r\n", std::string("HTTP/1.1 204 No Content\r\n\r\n")}) {
        reading_options one;
        one.most_responses = 1;
        const auto read = read_every_way(first + next, one);
        CHECK(read.responses.size() == 1);
        CHECK(read.left == next);
    }
}

TEST_CASE("204 and 304 have no body, whatever their fields say (RFC 9112, section 6.3)") {
    for (const std::string status : {"204 No Content", "304 Not Modified"}) {
        for (const std::string fields : {"", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"}) {
            CAPTURE(status + " " + fields);
            const auto read = read_every_way("HTTP/1.1 " + status + "\r\n" + fields + "\r\n");
            REQUIRE(read.responses.size() == 1);
            CHECK(read.responses[0].body.empty()); // whether it keeps the connection: F17
        }
    }
}

TEST_CASE("a response persists by the rules of RFC 9112, section 9.3") {
    const std::vector<std::pair<std::string, bool>> table = {
        {"HTTP/1.1 200 OK\r\n", true},
        {"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n", true},
        {"HTTP/1.1 200 OK\r\nConnection: close\r\n", false},
        {"HTTP/1.1 200 OK\r\nConnection: CLOSE\r\n", false},
        {"HTTP/1.1 200 OK\r\nConnection: keep-alive, close\r\n", false},
        {"HTTP/1.1 200 OK\r\nConnection: close\r\nConnection: keep-alive\r\n", false},
        {"HTTP/1.1 200 OK\r\nConnection: closed\r\n", true},
        {"HTTP/1.0 200 OK\r\n", false},
        {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n", true},
        {"HTTP/1.0 200 OK\r\nConnection: close\r\n", false},
    };
    for (const auto& entry : table) {
        const auto& head = entry.first;
        const bool persists = entry.second;
        CAPTURE(head);
        const auto read = read_every_way(head + "Content-Length: 1\r\n\r\nx");
        REQUIRE(read.responses.size() == 1);
        CHECK(read.responses[0].keep_alive == persists);
    }
}

TEST_CASE("HTTP/1.0: close wins over keep-alive (RFC 9112, section 9.3)") {
    const auto read =
        read_every_way("HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\nContent-Length: 1\r\n\r\nx");
    REQUIRE(read.responses.size() == 1);
    CHECK_FALSE(read.responses[0].keep_alive);
}

TEST_CASE("a body without length ends with the connection, by a close_notify only (RFC 9112, section 9.8)") {
    for (const std::string body : {"", "x", "hello\r\n0\r\n\r\n"}) {
        CAPTURE(body);
        const auto clean = read_every_way(ok + "\r\n" + body, ended(ending::clean));
        REQUIRE(clean.responses.size() == 1);
        CHECK(clean.responses[0].body == body);
        CHECK_FALSE(clean.responses[0].keep_alive);
        const auto cut = read_every_way(ok + "\r\n" + body, ended(ending::unclean));
        CHECK(cut.responses.empty());
        CHECK(cut.error == errc::incomplete_response);
    }
}

TEST_CASE("an interim response is skipped (RFC 9110, section 15.2)") {
    const auto read = read_every_way(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nConnection: close\r\nX-Request-Id: no\r\n"
        "Content-Type: no\r\nRetry-After: 9\r\n\r\n" +
        ok + "Content-Length: 2\r\n\r\nhi");
    REQUIRE(read.responses.size() == 1);
    CHECK(read.responses[0] == kept_response{200, true, "hi", "", "", ""});
}

TEST_CASE("the first Retry-After counts") {
    const auto read = read_every_way(ok + "Retry-After: 1\r\nRetry-After: 100\r\nContent-Length: 0\r\n\r\n");
    REQUIRE(read.responses.size() == 1);
    CHECK(read.responses[0].retry_after == "1");
}

TEST_CASE("how long an idle connection is kept, as the server says (RFC 2068, section 19.7.1.1)") {
    using std::chrono::seconds;
    const std::vector<std::pair<std::string, std::optional<seconds>>> table = {
        {"", std::nullopt},
        {"Keep-Alive: timeout=5\r\n", seconds(5)},
        {"Keep-Alive: timeout=5, max=100\r\n", seconds(5)},
        {"keep-alive: max=100 , TimeOut = 7\r\n", seconds(7)},
        {"Keep-Alive: timeout=0\r\n", seconds(0)},
        {"Keep-Alive: timeout=4294967295\r\n", std::chrono::hours(24)},
        {"Keep-Alive: timeout=5, timeout=6\r\n", seconds(5)},
        {"Keep-Alive: timeout=5\r\nKeep-Alive: timeout=6\r\n", seconds(5)},
        {"Keep-Alive: max=1\r\nKeep-Alive: timeout=6\r\n", seconds(6)},
        {"Keep-Alive: timeout=99999999999999999999\r\n", std::nullopt},
        {"Keep-Alive: timeout=-1\r\n", std::nullopt},
        {"Keep-Alive: timeout=+1\r\n", std::nullopt},
        {"Keep-Alive: timeout=5s\r\n", std::nullopt},
        {"Keep-Alive: timeout=\"5\"\r\n", std::nullopt},
        {"Keep-Alive: timeout=\r\n", std::nullopt},
        {"Keep-Alive: timeout\r\n", std::nullopt},
        {"Keep-Alive: timeouts=5\r\n", std::nullopt},
        {"Keep-Alive: =5\r\n", std::nullopt},
        {"Keep-Alive: ,,;=, =\r\n", std::nullopt},
        {"Keep-Alive:\r\n", std::nullopt},
    };
    for (const auto& entry : table) {
        CAPTURE(entry.first);
        const auto read = read_every_way(ok + entry.first + "Content-Length: 1\r\n\r\nx");
        REQUIRE(read.responses.size() == 1);
        CHECK(read.responses[0].keep_alive_timeout == entry.second);
    }
}

TEST_CASE("O16: how many requests a connection is good for, as the server says") {
    const std::vector<std::pair<std::string, std::optional<unsigned>>> table = {
        {"", std::nullopt},
        {"Keep-Alive: timeout=5\r\n", std::nullopt},
        {"Keep-Alive: timeout=5, max=3\r\n", 3},
        {"keep-alive: MAX = 3 , TimeOut = 7\r\n", 3},
        {"Keep-Alive: max=0\r\n", 0},
        {"Keep-Alive: max=4294967295\r\n", 4294967295},
        {"Keep-Alive: max=003\r\n", 3},
        {"Keep-Alive: timeout=x, max=3\r\n", 3},
        {"Keep-Alive: timeout, max=3\r\n", 3},
        {"Keep-Alive: max=3, max=9\r\n", 3},
        {"Keep-Alive: max=3\r\nKeep-Alive: max=9\r\n", 3},
        {"Keep-Alive: timeout=5\r\nKeep-Alive: max=9\r\n", 9},
        {"Keep-Alive: timeout=5,\r\n max=3\r\n", 3},
        // More than fits is no limit, and garbage is none either.
        {"Keep-Alive: max=4294967296\r\n", std::nullopt},
        {"Keep-Alive: max=99999999999999999999\r\n", std::nullopt},
        {"Keep-Alive: max=-1\r\n", std::nullopt},
        {"Keep-Alive: max=+1\r\n", std::nullopt},
        {"Keep-Alive: max=0x3\r\n", std::nullopt},
        {"Keep-Alive: max=3.5\r\n", std::nullopt},
        {"Keep-Alive: max=\"3\"\r\n", std::nullopt},
        {"Keep-Alive: max=\r\n", std::nullopt},
        {"Keep-Alive: max\r\n", std::nullopt},
        {"Keep-Alive: maximum=3\r\n", std::nullopt},
        {"Keep-Alive: max=x, max=3\r\n", std::nullopt},
    };
    for (const auto& entry : table) {
        CAPTURE(entry.first);
        const auto read = read_every_way(ok + entry.first + "Content-Length: 1\r\n\r\nx");
        REQUIRE(read.responses.size() == 1);
        CHECK(read.responses[0].keep_alive_max == entry.second);
    }
}

TEST_CASE("the Date of a response is told, and neither it nor Keep-Alive outlives the response") {
    const auto read = read_every_way(
        "HTTP/1.1 103 Early Hints\r\nDate: never\r\nKeep-Alive: timeout=9, max=9\r\n\r\n" + ok +
        "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n" + ok +
        "Keep-Alive: timeout=3, max=4\r\nContent-Length: 0\r\n\r\n" + ok + "Content-Length: 0\r\n\r\n");
    REQUIRE(read.responses.size() == 3);
    CHECK(read.responses[0].date == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK_FALSE(read.responses[0].keep_alive_timeout.has_value());
    CHECK_FALSE(read.responses[0].keep_alive_max.has_value());
    CHECK(read.responses[1].date.empty());
    CHECK(read.responses[1].keep_alive_timeout == std::chrono::seconds(3));
    CHECK(read.responses[1].keep_alive_max == 4U);
    CHECK_FALSE(read.responses[2].keep_alive_timeout.has_value());
    CHECK_FALSE(read.responses[2].keep_alive_max.has_value());
}

TEST_CASE("what a header section says outlives its bytes while the body comes in pieces") {
    const std::string whole = "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 1\r\n\r\n1";
    test::feeder fed({}, 3);
    for (const std::string& piece : {whole, whole.substr(0, whole.size() - 1), "2" + whole})
        REQUIRE(fed.feed(piece));
    REQUIRE(fed.result().responses.size() == 3);
    CHECK(fed.result().responses[1].body == "2");
    for (const auto& said : fed.result().responses)
        CHECK(said.retry_after == "7");
}
