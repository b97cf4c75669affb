#include <doctest/doctest.h>

#include "http1/pipeline.hpp"
#include "http1/reading.hpp"
#include "support/text.hpp"

using namespace test;
using support::repeat;

TEST_CASE("HTTP/1.0: close wins over keep-alive (RFC 9112, section 9.3)") {
    const auto read =
        read_every_way("HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\nContent-Length: 1\r\n\r\nx");
    REQUIRE(read.answers.size() == 1);
    CHECK_FALSE(read.answers[0].keep_alive);
}

TEST_CASE("a body of many small chunks is no head, however it is cut") {
    const auto read = read_every_way(chunked + repeat("1\r\nx\r\n", 4000) + "0\r\n\r\n");
    REQUIRE(read.answers.size() == 1);
    CHECK(read.answers[0].body.size() == 4000);
}

TEST_CASE("trailers are counted once, however they are cut") {
    reading_options options;
    options.limits.header_bytes = 200;
    const auto read = read_every_way(chunked + "0\r\n" + repeat("Abc: defghijklm\r\n", 6) + "\r\n", options);
    CHECK(read.answers.size() == 1); // 47 bytes of head, 107 of trailers
}

TEST_CASE("a chunk extension far over the limit is the same error, however it is cut") {
    read_every_way(chunked + "1;" + std::string(20'000, 'e') + "\r\nx\r\n0\r\n\r\n");
}

namespace {
struct one : detail::exchange {};
} // namespace

TEST_CASE("P4: an HTTP/1.0 answer proves nothing, even where it keeps the connection") {
    detail::pipeline requests(8, {});
    one first, second;
    requests.push(first, 10, {});
    requests.note_sent(10, 10);
    std::string_view input = "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n";
    REQUIRE(requests.receive(input) == detail::pipeline::event::answered);
    REQUIRE(requests.accepts(false));
    requests.push(second, 10, {});
    CHECK_FALSE(requests.accepts(false));
}
