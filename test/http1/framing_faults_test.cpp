#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "http1/reading.hpp"

// Responses that break the rules of RFC 9112, by the ids of the fault list. Each wire is read whole, a byte
// at a time (F22) and cut in two at every place, and must give the same result each time. What is a matter
// of choice is written down in doc/decisions/0007-http-choices.md. What becomes of the connection is
// asserted in test/client/framing_faults_test.cpp; limits (F04, F09, F13, F15) are in
// response_limits_test.cpp.

namespace {

using namespace std::string_literals;
using test::chunked;
using test::ended;
using test::ending;
using test::errc;
using test::kept_response;
using test::ok;
using test::read_every_way;
using test::reading;
using test::reading_options;

const std::string chunks = "3\r\nabc\r\n0\r\n\r\n";

reading_options first_only() {
    reading_options options;
    options.most_responses = 1;
    return options;
}

/// The wire gives no response but a protocol error: before the stream ends, so that nobody waits for it.
void check_refused(const std::string& wire) {
    CAPTURE(wire.substr(0, 300));
    const auto read = read_every_way(wire);
    CHECK(read.responses.empty());
    CHECK(read.failed);
    CHECK(read.error == errc::protocol_error);
    // A stream that ends there makes no response of it.
    CHECK(read_every_way(wire, ended(ending::clean)) == read);
}

/// A header section with these fields, and a body that fits most framings.
void check_fields_refused(const std::string& fields) { check_refused(ok + fields + "\r\n" + chunks); }

} // namespace

TEST_CASE("F01: Transfer-Encoding and Content-Length in one response are refused, in either order") {
    check_fields_refused("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n");
    check_fields_refused("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n");
    check_fields_refused("Transfer-Encoding: gzip\r\nContent-Length: 3\r\n");
    check_fields_refused("Content-Length: 3\r\nTransfer-Encoding: gzip\r\n");
    check_fields_refused("Transfer-Encoding: chunked, identity\r\nContent-Length: 3\r\n");
    check_fields_refused(
        "Content-Length: 13\r\nX: y\r\nTransfer-Encoding: chunked\r\nContent-Length: 13\r\n");
}

TEST_CASE("F02: two lengths that differ are refused") {
    check_fields_refused("Content-Length: 3\r\nContent-Length: 4\r\n");
    check_fields_refused("Content-Length: 3\r\nX: y\r\nContent-Length: 13\r\n");
    check_fields_refused("Content-Length: 3, 4\r\n");
    check_fields_refused("Content-Length: 3, 3\r\nContent-Length: 4\r\n");
}

TEST_CASE("F02: the same length twice is one (RFC 9110, section 8.6)") {
    for (const std::string fields : {"Content-Length: 3\r\nContent-Length: 3\r\n", "Content-Length: 3, 3\r\n",
                                     "Content-Length: 3\r\nContent-Length: 03\r\n"}) {
        CAPTURE(fields);
        const auto read = read_every_way(ok + fields + "\r\nabc" + ok + "Content-Length: 0\r\n\r\n");
        REQUIRE(read.responses.size() == 2);
        CHECK(read.responses[0].body == "abc");
        CHECK(read.responses[0].keep_alive);
    }
}

TEST_CASE("F03: a length that is no plain number is refused") {
    for (const std::string value :
         {"+3", "-3", "0x3", "3 3", "3a", "", " ", "18446744073709551619", "18446744073709551616", "3,", ",3",
          "3;", "\"3\"", "3.0", "1e1", "\xD9\xA3", "99999999999999999999999999999999999999999"}) {
        CAPTURE(value);
        check_fields_refused("Content-Length: " + value + "\r\n");
    }
    check_fields_refused("Content-Length:\r\n");
}

TEST_CASE("F05: a response that ends early is incomplete, whatever way it ends") {
    for (const auto how : {ending::clean, ending::unclean}) {
        for (const std::string& wire :
             {""s, "HTT"s, ok, ok + "Content-Length: 3\r\n", ok + "Content-Length: 3\r\n\r\n",
              ok + "Content-Length: 3\r\n\r\nab", chunked, chunked + "3", chunked + "3\r\n",
              chunked + "3\r\nabc", chunked + "3\r\nabc\r\n", chunked + "3\r\nabc\r\n0",
              chunked + "3\r\nabc\r\n0\r\n", chunked + "3\r\nabc\r\n0\r\n\r", chunked + "0\r\nX: y\r\n",
              chunked + "0\r\nX: y\r\n\r", chunked + "0\r\nX", "HTTP/1.1 100 Continue\r\n\r\n"s}) {
            CAPTURE(wire);
            const auto read = read_every_way(wire, ended(how));
            CHECK(read.responses.empty());
            CHECK(read.error == errc::incomplete_response);
        }
    }
}

TEST_CASE("T11: an end behind a complete response is none of its business") {
    for (const std::string& wire : {ok + "Content-Length: 2\r\n\r\nhi", chunked + "2\r\nhi\r\n0\r\n\r\n",
                                    chunked + "2\r\nhi\r\n0\r\nX: y\r\n\r\n"}) {
        const auto read = read_every_way(wire, ended(ending::unclean));
        REQUIRE(read.responses.size() == 1);
        CHECK(read.responses[0].body == "hi");
    }
}

TEST_CASE("F06: what stands behind a response is left for the caller to judge") {
    for (const std::string& first :
         {ok + "Content-Length: 2\r\n\r\nhi", chunked + "2\r\nhi\r\n0\r\n\r\n",
          chunked + "2\r\nhi\r\n0\r\nX: y\r\n\r\n", ok + "Content-Length: 0\r\n\r\n"}) {
        for (const std::string surplus : {"x", "\r\n", "HTTP/1.1 200 OK\r\n\r\n", "0\r\n\r\n"}) {
            CAPTURE(first + surplus);
            const auto read = read_every_way(first + surplus, first_only());
            CHECK(read.responses.size() == 1);
            CHECK_FALSE(read.failed);
            CHECK(read.left == surplus);
        }
    }
}

TEST_CASE("F08: chunks that are refused") {
    for (const std::string& chunk :
         {"+3\r\nabc\r\n"s, "-3\r\nabc\r\n"s, "0x3\r\nabc\r\n"s, "\r\nabc\r\n"s, "g\r\nabc\r\n"s,
          " 3\r\nabc\r\n"s, "3\nabc\r\n"s, "3\r\nabc\n"s, "3\r\nabcd\r\n"s, "3\r\nab\r\n\r\n"s, "3\rabc\r\n"s,
          "3 3\r\nabc\r\n"s, "3,3\r\nabc\r\n"s, "10000000000000003\r\nabc\r\n"s,
          "fffffffffffffffff\r\nabc\r\n"s, "3\0\r\nabc\r\n"s, ";a\r\nabc\r\n"s}) {
        CAPTURE(chunk);
        check_refused(chunked + chunk + "0\r\n\r\n" + "........");
        check_refused(chunked + "1\r\nx\r\n" + chunk + "0\r\n\r\n" + "........");
    }
}

TEST_CASE("F08: extensions of a chunk that are refused, on the last one too") {
    for (const std::string extension :
         {";a\nb", ";=b", ";", ";;a", ";a=", ";a b", "; a =\"x\"y", " ;", " x", ";a=\"x\ny\"", ";a=\rb"}) {
        CAPTURE(extension);
        check_refused(chunked + "3" + extension + "\r\nabc\r\n0\r\n\r\n");
        check_refused(chunked + "3\r\nabc\r\n0" + extension + "\r\n\r\n");
    }
    for (const std::string extension : {";a", ";a=b", " ; a = b", ";a=\"x;\\\"y\";b", ";a=\"\""}) {
        CAPTURE(extension);
        const auto read = read_every_way(chunked + "3" + extension + "\r\nabc\r\n0" + extension + "\r\n\r\n");
        REQUIRE(read.responses.size() == 1);
        CHECK(read.responses[0].body == "abc");
    }
}

TEST_CASE("F08: a quote that an extension leaves open ends with its line, and does not wait for more") {
    for (const std::string extension : {";a=\"", ";a=\"x", ";a=\"x\\\"", ";a=\"x\";b=\"", ";a=\"\\"}) {
        CAPTURE(extension);
        check_refused(chunked + "3" + extension + "\r\nabc\r\n0\r\n\r\n");
        check_refused(chunked + "3" + extension + "\r\n\"\r\nabc\r\n0\r\n\r\n");
        check_refused(chunked + "3" + extension + "\r\n");
        check_refused(chunked + "0" + extension + "\r\n\r\n");
        check_refused(chunked + "0" + extension + "\r\n\"\r\n\r\n");
    }
}

TEST_CASE("F08: zeros before a chunk's size change nothing, in bounds") {
    const auto read = read_every_way(chunked + "00000000000000000003\r\nabc\r\n0000\r\n\r\n");
    REQUIRE(read.responses.size() == 1);
    CHECK(read.responses[0].body == "abc");
    CHECK(read_every_way(chunked + std::string(5000, '0') + "3\r\nabc\r\n0\r\n\r\n").error ==
          errc::response_too_large);
    CHECK(read_every_way(chunked + std::string(5000, '0')).error == errc::response_too_large);
}

TEST_CASE("F10: trailers are dropped, and change neither framing nor persistence nor anything else") {
    for (const std::string trailer :
         {"Connection: close", "Retry-After: 60", "Content-Type: text/html", "X-Request-Id: other",
          "Content-Encoding: gzip", "Content-Length: 5", "Content-Length: x", "Transfer-Encoding: chunked",
          "Transfer-Encoding: gzip", "Connection: \"", "Keep-Alive: timeout=1", "Date: never", "Upgrade: h2c",
          "X:\r\n folded", "X:"}) {
        const auto read = read_every_way(
            ok +
            "Content-Type: a/b\r\nX-Request-Id: r-1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n" +
            trailer + "\r\n\r\n" + ok + "Content-Length: 0\r\n\r\n");
        CAPTURE(trailer);
        REQUIRE(read.responses.size() == 2);
        CHECK(read.responses[0] == kept_response{200, true, "hi", "a/b", "r-1", ""});
        CHECK(read.responses[1].keep_alive);
        CHECK(read.left.empty());
    }
}

TEST_CASE("F10: a trailer section that is none is refused") {
    for (const std::string& trailer :
         {"no colon"s, ": a"s, "X : a"s, "X(: a"s, "X: a\rb"s, "X: a\0b"s, "X: a\x7f"s, " folded: first"s,
          "X: a\nY: b"s, "HTTP/1.1 200 OK"s, "\r"s, "X: y\r\n z\x01"s}) {
        CAPTURE(trailer);
        check_refused(chunked + "0\r\n" + trailer + "\r\n\r\n");
    }
    check_refused(chunked + "0\r\n\n");
    check_refused(chunked + "0\r\nX: y\n\r\n");
}

TEST_CASE("F11: a transfer coding other than chunked alone is refused: none was asked for") {
    for (const std::string value :
         {"gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "xchunked", "chunkedx", "identity",
          "chunked;q=1", "", "\"chunked\"", "chunked,", ",chunked", "chunked\t;", "chun ked"}) {
        CAPTURE(value);
        check_fields_refused("Transfer-Encoding: " + value + "\r\n");
    }
    check_fields_refused("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n");
    check_fields_refused("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n");
    check_fields_refused("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n");
    const auto read = read_every_way(ok + "Transfer-Encoding: \tCHUNKED \r\n\r\n" + chunks);
    REQUIRE(read.responses.size() == 1);
    CHECK(read.responses[0].body == "abc");
}

TEST_CASE("F12: chunks in HTTP/1.0 are refused") {
    check_refused("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
    check_refused("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
}

TEST_CASE("F14: bytes that have no place in a header section") {
    for (const std::string& fields :
         {"X: a\0b\r\n"s, "X: a\rb\r\n"s, "X: a\x7f\r\n"s, "X: a\x01\r\n"s, "X : a\r\n"s, "no colon\r\n"s,
          ": a\r\n"s, "X(: a\r\n"s, "X: a\n"s, "X: a\nContent-Length: 1\r\n"s, "X\0: a\r\n"s, " X: a\r\n"s,
          "X\t: a\r\n"s, "X\xE9: a\r\n"s, "X: a\r\r\n"s, "\rX: a\r\n"s}) {
        const auto head = fields.starts_with(' ') ? ok : ok + "A: b\r\n";
        check_refused(head + fields + "Content-Length: 0\r\n\r\n");
    }
    for (const std::string wire :
         {"HTTP/1.1 200 OK\nContent-Length: 0\n\n", "HTTP/1.1 200 OK\r\n\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\n\n", "HTTP/1.1 200 O\rK\r\n\r\n"})
        check_refused(wire + std::string("HTTP/1.1 200 OK\r\n\r\n"));
    check_refused("HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n"s);
}

TEST_CASE("F14: an obs-fold becomes a space (RFC 9112, section 5.2)") {
    const auto read = read_every_way(
        ok + "Content-Type: a/b;\r\n  c=d\r\nX-Request-Id: r\r\n\t1\r\nContent-Length: 0\r\n\r\n");
    REQUIRE(read.responses.size() == 1);
    CHECK(read.responses[0].content_type == "a/b; c=d");
    CHECK(read.responses[0].request_id == "r 1");
    // A framing field hides nothing in a fold.
    check_fields_refused("Content-Length: 3\r\n 4\r\n");
    check_fields_refused("Transfer-Encoding: chunked\r\n , gzip\r\n");
}

TEST_CASE("F16: 101 is refused, for nobody asked, and 100 is skipped, though nobody asked") {
    check_refused("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n");
    check_refused("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n\r\n");
    const auto read = read_every_way(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n"
        "Content-Length: 0\r\n\r\nHTTP/1.1 199 X\r\nConnection: close\r\n\r\n" +
        ok + "Content-Length: 2\r\n\r\nhi");
    REQUIRE(read.responses.size() == 1);
    CHECK(read.responses[0] == kept_response{200, true, "hi", "", "", ""});
}

TEST_CASE(
    "F16: an interim response that announces a body is refused, for the body would be read as a response") {
    for (const std::string fields : {"Content-Length: 9\r\n", "Transfer-Encoding: chunked\r\n"}) {
        CAPTURE(fields);
        check_refused("HTTP/1.1 102 Processing\r\n" + fields + "\r\n" + ok + "Content-Length: 2\r\n\r\nhi");
    }
}

TEST_CASE("F17: body bytes behind a 204 or 304 are not a part of it") {
    for (const std::string status : {"204 No Content", "304 Not Modified"}) {
        for (const std::string fields : {"Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", ""}) {
            CAPTURE(status + ", " + fields);
            const auto read =
                read_every_way("HTTP/1.1 " + status + "\r\n" + fields + "\r\nhello", first_only());
            REQUIRE(read.responses.size() == 1);
            CHECK(read.responses[0].body.empty());
            CHECK(read.left == "hello");
            // To the reader it is the start of the next response, and no HTTP.
            CHECK(read_every_way("HTTP/1.1 " + status + "\r\n" + fields + "\r\nhello\r\n\r\n").error ==
                  errc::protocol_error);
        }
    }
}

TEST_CASE("F17: behind a 204 or 304 that announces a body nothing is believed") {
    for (const std::string status : {"204 No Content", "304 Not Modified"}) {
        for (const auto& [fields, kept] :
             std::vector<std::pair<std::string, bool>>{{"", true},
                                                       {"Content-Length: 0\r\n", true},
                                                       {"Content-Length: 5\r\n", false},
                                                       {"Transfer-Encoding: chunked\r\n", false}}) {
            CAPTURE(status + ", " + fields);
            const auto read = read_every_way("HTTP/1.1 " + status + "\r\n" + fields + "\r\n", first_only());
            REQUIRE(read.responses.size() == 1);
            CHECK(read.responses[0].keep_alive == kept);
        }
    }
}

TEST_CASE("F19: status lines that are refused") {
    for (const std::string line :
         {"HTTP/1.1 000 No",  "HTTP/1.1 001 No",  "HTTP/1.1 099 No", "HTTP/1.1 600 No",    "HTTP/1.1 999 No",
          "HTTP/1.1 20 No",   "HTTP/1.1 2000 No", "HTTP/1.1 2x0 No", "HTTP/1.1 -20 No",    "HTTP/1.1 +20 No",
          "HTTP/1.1 0x1 No",  "HTTP/1.1",         "HTTP/1.1 ",       "HTTP/1.1\t200 OK",   "HTTP/2 200 OK",
          "HTTP/2.0 200 OK",  "HTTP/3.0 200 OK",  "HTTP/1.2 200 OK", "HTTP/0.9 200 OK",    "HTTP/11 200 OK",
          "HTTP/1.10 200 OK", "HTTP/01.1 200 X",  "ICY 200 OK",      "http/1.1 200 OK",    "HTTP/1.1  200 OK",
          " HTTP/1.1 200 OK", "GET / HTTP/1.1",   "HTTPS/1.1 200 X", "\x16\x03\x01 200 OK"})
        check_refused(line + "\r\nContent-Length: 0\r\n\r\n");
    check_refused("\r\n" + ok + "Content-Length: 0\r\n\r\n");
    for (const std::string line : {"HTTP/1.1 200 ", "HTTP/1.1 299 Fine", "HTTP/1.1 599 \xE9"}) {
        const auto read = read_every_way(line + "\r\nContent-Length: 0\r\n\r\n");
        CHECK(read.responses.size() == 1);
    }
}

TEST_CASE("F24: a content coding that nobody asked for is told, and the body is as it came") {
    const std::string fields = "Content-Type: text/html\r\nX-Request-Id: r-1\r\nRetry-After: 7\r\n";
    for (const std::string coding : {"gzip", "br", "gzip, gzip", "GZIP", "identity, gzip", "aws-chunked"}) {
        for (const std::string status : {"200", "201", "301", "404", "503"}) {
            for (const auto& [framing, kept] : std::vector<std::pair<std::string, bool>>{
                     {"Content-Length: 3\r\n\r\nabc", true},
                     {"Transfer-Encoding: chunked\r\n\r\n" + chunks, true},
                     {"\r\nabc", false}}) {
                CAPTURE(coding + ", " + status + ", " + framing);
                const auto head =
                    "HTTP/1.1 " + status + " X\r\nContent-Encoding: " + coding + "\r\n" + fields;
                const auto read =
                    read_every_way(head + framing, kept ? reading_options{} : ended(ending::clean));
                REQUIRE(read.responses.size() == 1);
                CHECK(read.responses[0] == kept_response{std::stoi(status), kept, "abc", "text/html", "r-1",
                                                         "7", "", std::nullopt, coding});
                CHECK(read.left.empty());
            }
        }
    }
    for (const std::string coding : {"identity", "Identity", ""}) {
        const auto read =
            read_every_way(ok + "Content-Encoding: " + coding + "\r\nContent-Length: 2\r\n\r\nhi");
        REQUIRE(read.responses.size() == 1);
        CHECK(read.responses[0].content_coding.empty());
    }
}

TEST_CASE("the header fields are kept as they came, without those of interim responses and of trailers") {
    const auto read =
        read_every_way("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok +
                       "A: 1\r\nb:\t 2 \r\nA: 3\r\nFolded: x\r\n  y\r\nTransfer-Encoding: chunked\r\n\r\n" +
                       "0\r\nT: z\r\n\r\n" + ok + "Content-Length: 0\r\n\r\n");
    REQUIRE(read.fields.size() == 2);
    CHECK(read.fields[0] == "A: 1\nb: 2\nA: 3\nFolded: x y\nTransfer-Encoding: chunked\n");
    CHECK(read.fields[1] == "Content-Length: 0\n");
}

TEST_CASE("a status line without a reason may be without the space before it") {
    const auto read = read_every_way("HTTP/1.1 204\r\n\r\nHTTP/1.1 404\r\nContent-Length: 0\r\n\r\n");
    REQUIRE(read.responses.size() == 2);
    CHECK(read.responses[0].status == 204);
    CHECK(read.responses[1].status == 404);
    for (const std::string line : {"HTTP/1.1 20", "HTTP/1.1 2000", "HTTP/1.1 200\tOK", "HTTP/1.1 200OK"})
        check_refused(line + "\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("F24b: an interim response has no body that could be in any coding") {
    const auto read = read_every_way("HTTP/1.1 103 Early Hints\r\nContent-Encoding: gzip\r\n\r\n" + ok +
                                     "Content-Length: 2\r\n\r\nhi");
    REQUIRE(read.responses.size() == 1);
    CHECK(read.responses[0] == kept_response{200, true, "hi", "", "", ""});
}
