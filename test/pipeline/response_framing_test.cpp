#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "pipeline/reading.hpp"

namespace {

using test::answer;
using test::ending;
using test::errc;
using test::read_every_way;
using test::reading_options;

reading_options ended(ending how) {
    reading_options options;
    options.end = how;
    return options;
}

const std::string ok = "HTTP/1.1 200 OK\r\n";

} // namespace

TEST_CASE("F22: a response reads the same however it is cut") {
    const auto read = read_every_way(ok +
                                     "Content-Type: application/json\r\nX-Request-Id: r-1\r\n"
                                     "Retry-After: 3\r\nContent-Length: 11\r\n\r\nhello world");
    REQUIRE(read.answers.size() == 1);
    CHECK(read.answers[0] == answer{200, true, "hello world", "application/json", "r-1", "3"});
    CHECK(read.left.empty());
    CHECK_FALSE(read.failed);
}

TEST_CASE("F22: chunks are put together, extensions and trailers are dropped") {
    const auto read = read_every_way(ok +
                                     "Transfer-Encoding: chunked\r\n\r\n1;a=b\r\nh\r\n4\r\nello\r\n"
                                     "00C ;q=\"x;y\"\r\n, wide world\r\n0\r\nX-Sum: 1\r\n\r\n");
    REQUIRE(read.answers.size() == 1);
    CHECK(read.answers[0].body == "hello, wide world");
    CHECK(read.answers[0].keep_alive);
    CHECK(read.left.empty());
}

TEST_CASE("an empty chunked body, and an empty body of known length") {
    const auto chunked = read_every_way(ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    REQUIRE(chunked.answers.size() == 1);
    CHECK(chunked.answers[0].body.empty());
    const auto empty = read_every_way(ok + "Content-Length: 0\r\n\r\n");
    REQUIRE(empty.answers.size() == 1);
    CHECK(empty.answers[0].body.empty());
    CHECK(empty.answers[0].keep_alive);
}

TEST_CASE("responses in a row keep nothing of each other") {
    const auto read = read_every_way(
        ok + "Content-Type: a/b\r\nX-Amzn-RequestId: r-1\r\nRetry-After: 1\r\n" +
        "Content-Length: 3\r\n\r\none" + ok + "Transfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n" +
        "HTTP/1.1 204 No Content\r\n\r\n" + ok + "Content-Length: 4\r\n\r\nfour");
    REQUIRE(read.answers.size() == 4);
    CHECK(read.answers[0] == answer{200, true, "one", "a/b", "r-1", "1"});
    CHECK(read.answers[1] == answer{200, true, "two", "", "", ""});
    CHECK(read.answers[2] == answer{204, true, "", "", "", ""});
    CHECK(read.answers[3] == answer{200, true, "four", "", "", ""});
}

TEST_CASE("what comes behind a response stays in the input") {
    const std::string next = "HTTP/1.1 404 Not Found\r\nConte";
    for (const std::string& first :
         {ok + "Content-Length: 2\r\n\r\nhi", ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
          ok + "Content-Length: 0\r\n\r\n", std::string("HTTP/1.1 204 No Content\r\n\r\n")}) {
        reading_options one;
        one.most_answers = 1;
        const auto read = read_every_way(first + next, one);
        CHECK(read.answers.size() == 1);
        CHECK(read.left == next);
    }
}

TEST_CASE("204 and 304 have no body, whatever their fields say (RFC 9112, section 6.3)") {
    for (const std::string status : {"204 No Content", "304 Not Modified"}) {
        for (const std::string fields : {"", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"}) {
            CAPTURE(status + " " + fields);
            const auto read = read_every_way("HTTP/1.1 " + status + "\r\n" + fields + "\r\n");
            REQUIRE(read.answers.size() == 1);
            CHECK(read.answers[0].body.empty());
            CHECK(read.answers[0].keep_alive);
        }
    }
}

TEST_CASE("F17: body bytes behind a 204 are not a part of it") {
    reading_options one;
    one.most_answers = 1;
    const auto read = read_every_way("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", one);
    CHECK(read.answers.size() == 1);
    CHECK(read.left == "hello");
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
        REQUIRE(read.answers.size() == 1);
        CHECK(read.answers[0].keep_alive == persists);
    }
}

TEST_CASE("a body without length ends with the connection, by a close_notify only (RFC 9112, section 9.8)") {
    for (const std::string body : {"", "x", "hello\r\n0\r\n\r\n"}) {
        CAPTURE(body);
        const auto clean = read_every_way(ok + "\r\n" + body, ended(ending::clean));
        REQUIRE(clean.answers.size() == 1);
        CHECK(clean.answers[0].body == body);
        CHECK_FALSE(clean.answers[0].keep_alive);
        const auto cut = read_every_way(ok + "\r\n" + body, ended(ending::unclean));
        CHECK(cut.answers.empty());
        CHECK(cut.error == errc::incomplete_response);
    }
}

TEST_CASE("F05: a response that ends early is incomplete, whatever way it ends") {
    for (const auto how : {ending::clean, ending::unclean}) {
        for (const std::string& wire :
             {std::string(), std::string("HTT"), ok, ok + "Content-Length: 3\r\n",
              ok + "Content-Length: 3\r\n\r\n", ok + "Content-Length: 3\r\n\r\nab",
              ok + "Transfer-Encoding: chunked\r\n\r\n", ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc",
              ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
              ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n",
              std::string("HTTP/1.1 100 Continue\r\n\r\n")}) {
            const auto read = read_every_way(wire, ended(how));
            CHECK(read.answers.empty());
            CHECK(read.error == errc::incomplete_response);
        }
    }
}

TEST_CASE("T11: an end behind a complete response is none of its business") {
    const auto read = read_every_way(ok + "Content-Length: 2\r\n\r\nhi", ended(ending::unclean));
    CHECK(read.answers.size() == 1);
}

TEST_CASE("an interim response is skipped (RFC 9110, section 15.2)") {
    const auto read = read_every_way(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nConnection: close\r\nX-Request-Id: no\r\n"
        "Content-Type: no\r\nRetry-After: 9\r\n\r\n" +
        ok + "Content-Length: 2\r\n\r\nhi");
    REQUIRE(read.answers.size() == 1);
    CHECK(read.answers[0] == answer{200, true, "hi", "", "", ""});
}

TEST_CASE("the framing is in doubt: F01, F02, F03, F11, F12") {
    const std::string chunks = "3\r\nabc\r\n0\r\n\r\n";
    for (const std::string fields : {"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
                                     "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
                                     "Transfer-Encoding: gzip\r\nContent-Length: 3\r\n",
                                     "Transfer-Encoding: chunked, identity\r\nContent-Length: 3\r\n",
                                     "Transfer-Encoding: gzip\r\n",
                                     "Transfer-Encoding: gzip, chunked\r\n",
                                     "Transfer-Encoding: chunked, gzip\r\n",
                                     "Transfer-Encoding: chunked, chunked\r\n",
                                     "Transfer-Encoding: xchunked\r\n",
                                     "Transfer-Encoding: identity\r\n",
                                     "Transfer-Encoding: chunked;q=1\r\n",
                                     "Transfer-Encoding:\r\n",
                                     "Transfer-Encoding: \"chunked\"\r\n",
                                     "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                                     "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
                                     "Content-Length: 3\r\nContent-Length: 4\r\n",
                                     "Content-Length: 3, 4\r\n",
                                     "Content-Length: +3\r\n",
                                     "Content-Length: -3\r\n",
                                     "Content-Length: 0x3\r\n",
                                     "Content-Length: 3 3\r\n",
                                     "Content-Length: 3a\r\n",
                                     "Content-Length:\r\n",
                                     "Content-Length: 18446744073709551619\r\n",
                                     "Content-Length: 3,\r\n",
                                     "Content-Length: ,3\r\n"}) {
        CAPTURE(fields);
        const auto read = read_every_way(ok + fields + "\r\n" + chunks, ended(ending::clean));
        CHECK(read.answers.empty());
        CHECK(read.error == errc::protocol_error);
    }
    const auto old = read_every_way(
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
    CHECK(old.answers.empty());
    CHECK(old.error == errc::protocol_error);
}

TEST_CASE("the same Content-Length twice is one (RFC 9110, section 8.6)") {
    for (const std::string fields :
         {"Content-Length: 3\r\nContent-Length: 3\r\n", "Content-Length: 3, 3\r\n"}) {
        const auto read = read_every_way(ok + fields + "\r\nabc");
        REQUIRE(read.answers.size() == 1);
        CHECK(read.answers[0].body == "abc");
    }
}

TEST_CASE("F16, F19: status lines that are refused") {
    for (const std::string line :
         {"HTTP/1.1 101 Switching Protocols", "HTTP/1.1 000 No", "HTTP/1.1 099 No", "HTTP/1.1 600 No",
          "HTTP/1.1 999 No", "HTTP/1.1 20 No", "HTTP/1.1 2000 No", "HTTP/1.1 2x0 No", "HTTP/1.1 -20 No",
          "HTTP/2 200 OK", "HTTP/2.0 200 OK", "HTTP/1.2 200 OK", "HTTP/0.9 200 OK", "ICY 200 OK",
          "http/1.1 200 OK", "HTTP/1.1  200 OK", " HTTP/1.1 200 OK", "GET / HTTP/1.1",
          "\x16\x03\x01 200 OK"}) {
        const auto read = read_every_way(line + "\r\nContent-Length: 0\r\n\r\n");
        CHECK(read.answers.empty());
        CHECK(read.error == errc::protocol_error);
    }
    for (const std::string line : {"HTTP/1.1 200 ", "HTTP/1.1 299 Fine", "HTTP/1.1 599 \xE9"}) {
        const auto read = read_every_way(line + "\r\nContent-Length: 0\r\n\r\n");
        CHECK(read.answers.size() == 1);
    }
}

TEST_CASE("F14: bytes that have no place in a head") {
    using namespace std::string_literals;
    for (const std::string& fields :
         {"X: a\0b\r\n"s, "X: a\rb\r\n"s, "X: a\x7f\r\n"s, "X: a\x01\r\n"s, "X : a\r\n"s, "no colon\r\n"s,
          ": a\r\n"s, "X(: a\r\n"s, "X: a\n"s, "X: a\nContent-Length: 1\r\n"s, "X\0: a\r\n"s, " X: a\r\n"s}) {
        const auto head = fields.starts_with(' ') ? ok : ok + "A: b\r\n";
        const auto read = read_every_way(head + fields + "Content-Length: 0\r\n\r\n");
        CAPTURE(fields);
        CHECK(read.answers.empty());
        CHECK(read.error == errc::protocol_error);
    }
    for (const std::string wire : {"HTTP/1.1 200 OK\nContent-Length: 0\n\n", "HTTP/1.1 200 OK\r\n\n",
                                   "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\n\n"}) {
        const auto read = read_every_way(wire + std::string("HTTP/1.1 200 OK\r\n\r\n"));
        CHECK(read.answers.empty());
        CHECK(read.error == errc::protocol_error);
    }
}

TEST_CASE("F14: an obs-fold becomes a space (RFC 9112, section 5.2)") {
    const auto read = read_every_way(
        ok + "Content-Type: a/b;\r\n  c=d\r\nX-Request-Id: r\r\n\t1\r\nContent-Length: 0\r\n\r\n");
    REQUIRE(read.answers.size() == 1);
    CHECK(read.answers[0].content_type == "a/b; c=d");
    CHECK(read.answers[0].request_id == "r 1");
}

TEST_CASE("F08: chunks that are refused") {
    for (const std::string chunk :
         {"+3\r\nabc\r\n", "-3\r\nabc\r\n", "0x3\r\nabc\r\n", "\r\nabc\r\n", "g\r\nabc\r\n", " 3\r\nabc\r\n",
          "3\nabc\r\n", "3\r\nabc\n", "3\r\nabcd\r\n", "3\r\nabc", "10000000000000003\r\nabc\r\n",
          "3;a\nb\r\nabc\r\n", "3;=b\r\nabc\r\n"}) {
        const auto read = read_every_way(ok + "Transfer-Encoding: chunked\r\n\r\n" + chunk + "0\r\n\r\n" +
                                         std::string(8, '.'));
        CAPTURE(chunk);
        CHECK(read.answers.empty());
        CHECK(read.failed);
    }
}

TEST_CASE("F10: trailers never change what the header section said") {
    for (const std::string trailer : {"Connection: close", "Retry-After: 60", "Content-Type: text/html",
                                      "X-Request-Id: other", "Content-Encoding: gzip"}) {
        const auto read = read_every_way(
            ok +
            "Content-Type: a/b\r\nX-Request-Id: r-1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n" +
            trailer + "\r\n\r\n");
        CAPTURE(trailer);
        REQUIRE(read.answers.size() == 1);
        CHECK(read.answers[0] == answer{200, true, "hi", "a/b", "r-1", ""});
    }
}

TEST_CASE("F10: a trailer that speaks of framing is refused") {
    for (const std::string trailer : {"Content-Length: 5", "Transfer-Encoding: chunked"}) {
        const auto read =
            read_every_way(ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n" + trailer + "\r\n\r\n");
        CHECK(read.answers.empty());
        CHECK(read.error == errc::protocol_error);
    }
}

TEST_CASE("F24: a body in an encoding that nobody offered to decode is refused") {
    for (const std::string encoding : {"gzip", "br", "gzip, gzip", "GZIP", "identity, gzip"}) {
        const auto read =
            read_every_way(ok + "Content-Encoding: " + encoding + "\r\nContent-Length: 2\r\n\r\nhi");
        CHECK(read.answers.empty());
        CHECK(read.error == errc::protocol_error);
    }
    for (const std::string encoding : {"identity", "Identity", ""}) {
        const auto read =
            read_every_way(ok + "Content-Encoding: " + encoding + "\r\nContent-Length: 2\r\n\r\nhi");
        CHECK(read.answers.size() == 1);
    }
}

TEST_CASE("the first Retry-After counts") {
    const auto read = read_every_way(ok + "Retry-After: 1\r\nRetry-After: 100\r\nContent-Length: 0\r\n\r\n");
    REQUIRE(read.answers.size() == 1);
    CHECK(read.answers[0].retry_after == "1");
}
