#include "loopback/request_reader.hpp"

#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace bandwidth::webrtc::testing::detail;
using outcome = request_reader::outcome;

namespace {

struct read_all_result {
    std::vector<http_request> requests;
    outcome last = outcome::need_more;
};

/// Gives the input to a reader in pieces, as a connection does: what is not consumed comes again.
read_all_result read_all(const std::string& input, std::size_t piece) {
    request_reader reader(true);
    read_all_result result;
    std::string unread;
    for (std::size_t at = 0; at < input.size(); at += piece) {
        unread += input.substr(at, piece);
        for (;;) {
            std::size_t consumed = 0;
            result.last = reader.read(unread, consumed);
            unread.erase(0, consumed);
            if (result.last != outcome::complete)
                break;
            result.requests.push_back(reader.request());
        }
        if (result.last != outcome::need_more)
            return result;
    }
    return result;
}

outcome read_one(const std::string& input) {
    request_reader reader(false);
    std::size_t consumed = 0;
    return reader.read(input, consumed);
}

} // namespace

TEST_CASE("requests are cut out of the stream in the same way at every split") {
    const std::string input =
        "GET /a HTTP/1.1\r\nHost: h\r\nAuthorization: Basic eA==\r\n\r\n"
        "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
        "\r\n"
        "PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: 1\r\n\r\n"
        "PUT /d HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        "DELETE /e HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
        "GET /f HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    for (std::size_t piece = 1; piece <= input.size(); ++piece) {
        CAPTURE(piece);
        const auto read = read_all(input, piece);
        REQUIRE(read.last == outcome::need_more);
        REQUIRE(read.requests.size() == 6);
        CHECK(read.requests[0].method == "GET");
        CHECK(read.requests[0].target == "/a");
        CHECK(read.requests[0].authorization == "Basic eA==");
        CHECK(read.requests[0].keep_alive);
        CHECK(read.requests[1].body == "hello");
        CHECK(read.requests[1].authorization.empty());
        CHECK(read.requests[2].body == "abcde");
        CHECK(read.requests[2].headers.size() == 2); // a trailer is no header
        CHECK(read.requests[3].body.empty());
        CHECK(read.requests[4].http_1_0);
        CHECK(read.requests[4].keep_alive);
        CHECK(read.requests[5].target == "/f");
        CHECK_FALSE(read.requests[5].keep_alive);
    }
}

TEST_CASE("malformed requests are bad at every split") {
    const std::string head = "POST / HTTP/1.1\r\nHost: h\r\n";
    const std::vector<std::string> all = {
        "\x16\x03\x01garbage that is no HTTP\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: h\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n", // no Host
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
        head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        head + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        head + "Transfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        head + "Transfer-Encoding: identity\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        head + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        head + "Content-Length: +3\r\n\r\nabc",
        head + "Content-Length: -1\r\n\r\n",
        head + "Content-Length: 99999999999999999999\r\n\r\n",
        head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n",
        head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
        "GET /" + std::string(20000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(20000, 'a') + "\r\n\r\n",
        head + "Transfer-Encoding: chunked\r\n\r\n3;" + std::string(40000, 'x'),
        head + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + std::string(70000, 'x'),
    };
    for (const auto& input : all) {
        for (const std::size_t piece : {input.size(), std::size_t(1000), std::size_t(7)}) {
            CAPTURE(input.substr(0, 100));
            CAPTURE(piece);
            CHECK(read_all(input, piece).last == outcome::bad);
        }
    }
}

TEST_CASE("lines that end without a carriage return are bad") {
    CHECK(read_one("GET / HTTP/1.1\nHost: h\n\n") == outcome::bad);
}

TEST_CASE("a body beyond the limit is refused before it is read") {
    const std::string limit = std::to_string(request_reader::max_body);
    const std::string beyond = std::to_string(request_reader::max_body + 1);
    const std::string head = "POST / HTTP/1.1\r\nHost: h\r\n";
    CHECK(read_one(head + "Content-Length: " + limit + "\r\n\r\n") == outcome::need_more);
    CHECK(read_one(head + "Content-Length: " + limit + "\r\n\r\n" +
                   std::string(request_reader::max_body, 'x')) == outcome::complete);
    CHECK(read_one(head + "Content-Length: " + beyond + "\r\n\r\n") == outcome::too_large);
    CHECK(read_one(head + "Transfer-Encoding: chunked\r\n\r\n100001\r\n") == outcome::too_large);
    CHECK(read_one(head + "Transfer-Encoding: chunked\r\n\r\n80000\r\n" + std::string(0x80000, 'x') +
                   "\r\n80001\r\n") == outcome::too_large);
}

TEST_CASE("a body larger than the limit of a header section is read in pieces") {
    const std::string body(200000, 'x');
    const auto read = read_all("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n" + body, 1000);
    REQUIRE(read.requests.size() == 1);
    CHECK(read.requests[0].body == body);
}

TEST_CASE("a client that expects 100-continue is told once, and only while its body is missing") {
    const std::string head =
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    std::size_t consumed = 0;
    request_reader waiting(false);
    CHECK(waiting.read(head, consumed) == outcome::need_more);
    CHECK(consumed == head.size());
    CHECK(waiting.take_continue());
    CHECK_FALSE(waiting.take_continue());
    CHECK(waiting.read("ab", consumed) == outcome::complete);
    CHECK(waiting.request().body == "ab");

    request_reader impatient(false);
    CHECK(impatient.read(head + "ab", consumed) == outcome::complete);
    CHECK_FALSE(impatient.take_continue());
}

TEST_CASE("random damage and random splits never break the reader") {
    const std::string input =
        "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
        "PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: 1\r\n\r\n"
        "PUT /d HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        "GET /f HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    const std::string alphabet("\r\n :;0123456789abcdefGX/\t\0\xff", 27);
    std::mt19937 random(20240607);
    const auto below = [&random](std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
    };
    std::size_t bad = 0;
    std::size_t complete = 0;
    for (int round = 0; round < 20000; ++round) {
        std::string damaged = input;
        for (std::size_t changes = below(4); changes > 0; --changes) {
            const std::size_t at = below(damaged.size());
            if (below(3) == 0)
                damaged.erase(at, 1 + below(5));
            else
                damaged[at] = alphabet[below(alphabet.size())];
        }
        const auto read = read_all(damaged, 1 + below(40));
        bad += read.last == outcome::bad ? 1U : 0U;
        complete += read.requests.size();
    }
    CHECK(bad > 1000);
    CHECK(complete > 20000);
}

TEST_CASE("headers are kept only when they are wanted") {
    const std::string input = "GET /a HTTP/1.1\r\nHost: h\r\nX-Nonce: 7\r\n\r\n";
    std::size_t consumed = 0;
    request_reader without(false);
    CHECK(without.read(input, consumed) == outcome::complete);
    CHECK(without.request().headers.empty());
    CHECK(without.idle());

    request_reader with(true);
    CHECK(with.read(input, consumed) == outcome::complete);
    REQUIRE(with.request().headers.size() == 2);
    CHECK(with.request().headers[1].first == "X-Nonce");
    CHECK(with.request().headers[1].second == "7");
}
