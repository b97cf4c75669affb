#include <doctest/doctest.h>

#include <string>

#include "http1/reading.hpp"
#include "support/text.hpp"

namespace {

using support::repeat;
using test::chunked;
using test::ending;
using test::errc;
using test::feeder;
using test::ok;
using test::read_cut;
using test::read_every_way;
using test::reading_options;

reading_options small() {
    reading_options options;
    options.limits.header_bytes = 200;
    options.limits.body_bytes = 100;
    options.limits.fields = 8;
    options.limits.interim = 3;
    options.limits.chunk_extension = 16;
    return options;
}

} // namespace

TEST_CASE("F04: a body over the limit is refused at its header section") {
    CHECK(read_every_way(ok + "Content-Length: 101\r\n\r\n", small()).error == errc::response_too_large);
    const auto most = read_every_way(ok + "Content-Length: 100\r\n\r\n" + std::string(100, 'x'), small());
    REQUIRE(most.responses.size() == 1);
    CHECK(most.responses[0].body.size() == 100);
    CHECK(read_every_way(ok + "Content-Length: 18446744073709551615\r\n\r\n", small()).error ==
          errc::response_too_large);
}

TEST_CASE("chunks over the limit are refused, together and one alone") {
    CHECK(read_every_way(chunked + "65\r\nx", small()).error == errc::response_too_large);
    CHECK(read_every_way(chunked + "ffffffffffffffff\r\n", small()).error == errc::response_too_large);
    const std::string half = "33\r\n" + std::string(51, 'x') + "\r\n";
    CHECK(read_every_way(chunked + half + half + "0\r\n\r\n", small()).error == errc::response_too_large);
    CHECK(read_every_way(chunked + half + "0\r\n\r\n", small()).responses.size() == 1);
}

TEST_CASE("a body that only the end limits is limited too") {
    auto options = small();
    options.end = ending::clean;
    CHECK(read_every_way(ok + "\r\n" + std::string(101, 'x'), options).error == errc::response_too_large);
    CHECK(read_every_way(ok + "\r\n" + std::string(100, 'x'), options).responses.size() == 1);
}

TEST_CASE("F13: a header section over the limit is refused before it ends") {
    for (const std::string& wire : {"HTTP/1.1 200 " + std::string(400, 'r'),
                                    ok + "X: " + std::string(400, 'v'), ok + std::string(400, 'n')}) {
        const auto read = read_every_way(wire, small());
        CHECK(read.responses.empty());
        CHECK(read.error == errc::response_too_large);
    }
}

TEST_CASE("F13: the limit of a header section is exact, however it is cut") {
    const auto head_of = [](std::size_t size) {
        const std::string end = "\r\nContent-Length: 0\r\n\r\n";
        return ok + "X: " + std::string(size - ok.size() - 3 - end.size(), 'v') + end;
    };
    CHECK(read_every_way(head_of(200), small()).responses.size() == 1);
    CHECK(read_every_way(head_of(201), small()).error == errc::response_too_large);
    // Not ended yet, and not over the limit: nothing is known. One byte more is over it.
    const std::string most = ok + "X: " + std::string(200 - ok.size() - 3, 'v');
    for (std::size_t cut = 0; cut < most.size(); ++cut) {
        CAPTURE(cut);
        CHECK_FALSE(read_cut(most, {cut}, small()).failed);
        CHECK(read_cut(most + 'v', {cut}, small()).error == errc::response_too_large);
    }
    // An interim response before it counts too.
    const std::string interim = "HTTP/1.1 103 E\r\n\r\n";
    CHECK(read_every_way(interim + head_of(200 - interim.size()), small()).responses.size() == 1);
    CHECK(read_every_way(interim + head_of(201 - interim.size()), small()).error == errc::response_too_large);
}

TEST_CASE("F13: more fields than the limit are refused") {
    const auto with_fields = [](std::size_t count) {
        return ok + repeat("A: b\r\n", count - 1) + "Content-Length: 0\r\n\r\n";
    };
    CHECK(read_every_way(with_fields(8), small()).responses.size() == 1);
    CHECK(read_every_way(with_fields(9), small()).error == errc::response_too_large);
    reading_options standard;
    CHECK(read_every_way(with_fields(100), standard).responses.size() == 1);
    CHECK(read_every_way(with_fields(101), standard).error == errc::response_too_large);
}

TEST_CASE("F15: interim responses are limited in number") {
    const std::string interim = "HTTP/1.1 103 E\r\n\r\n";
    const auto final_one = ok + "Content-Length: 0\r\n\r\n";
    CHECK(read_every_way(repeat(interim, 3) + final_one, small()).responses.size() == 1);
    CHECK(read_every_way(repeat(interim, 4) + final_one, small()).error == errc::protocol_error);
    // The count begins anew with each response.
    CHECK(read_every_way(repeat(repeat(interim, 3) + final_one, 5), small()).responses.size() == 5);
}

TEST_CASE("F15: interim responses share one budget of bytes and fields with the final one") {
    const std::string interim = "HTTP/1.1 103 E\r\nX: " + std::string(40, 'x') + "\r\n\r\n";
    const auto final_one = ok + "Content-Length: 0\r\n\r\n";
    CHECK(read_every_way(repeat(interim, 2) + final_one, small()).responses.size() == 1);
    CHECK(read_every_way(repeat(interim, 3) + final_one, small()).error == errc::response_too_large);
    const std::string fields = "HTTP/1.1 103 E\r\n" + repeat("A: b\r\n", 4) + "\r\n";
    CHECK(read_every_way(repeat(fields, 2) + ok + "\r\n", small()).responses.empty());
    CHECK(read_every_way(repeat(fields, 2) + final_one, small()).error == errc::response_too_large);
}

TEST_CASE("F09: extensions of a chunk are limited, on the last one too") {
    const auto extension = [](std::size_t size) { return ";" + std::string(size - 1, 'e'); };
    CHECK(read_every_way(chunked + "1" + extension(16) + "\r\nx\r\n0\r\n\r\n", small()).responses.size() ==
          1);
    CHECK(read_every_way(chunked + "1" + extension(17) + "\r\nx\r\n0\r\n\r\n", small()).error ==
          errc::response_too_large);
    CHECK(read_every_way(chunked + "1\r\nx\r\n0" + extension(17) + "\r\n\r\n", small()).error ==
          errc::response_too_large);
}

TEST_CASE("F09: an extension that does not end is bounded by what is buffered") {
    feeder fed(small().limits, 1);
    fed.feed(chunked + "1;");
    std::size_t fed_bytes = 0;
    while (fed.feed("eeeeeeeeee") && fed_bytes < 10'000)
        fed_bytes += 10;
    CHECK(fed_bytes < 300);
    CHECK(fed.result().failed);
}

TEST_CASE("F09: trailers are limited in number and bytes, and nothing is thrown") {
    CHECK(read_every_way(chunked + "0\r\n" + repeat("A: b\r\n", 7) + "\r\n", small()).responses.size() == 1);
    CHECK(read_every_way(chunked + "0\r\n" + repeat("A: b\r\n", 8) + "\r\n", small()).error ==
          errc::response_too_large);
    CHECK(read_every_way(chunked + "0\r\nA: " + std::string(300, 'x') + "\r\n\r\n", small()).error ==
          errc::response_too_large);
    const reading_options standard;
    CHECK(read_every_way(chunked + "0\r\nA: " + std::string(70'000, 'x') + "\r\n\r\n", standard).error ==
          errc::response_too_large);
    CHECK(read_every_way(chunked + "0\r\n" + repeat("A: b\r\n", 20'000) + "\r\n", standard).error ==
          errc::response_too_large);
}

TEST_CASE("F09: trailers that do not end are bounded by what is buffered") {
    feeder fed(small().limits, 1);
    fed.feed(chunked + "0\r\n");
    std::size_t fed_bytes = 0;
    while (fed.feed("A: b\r\n") && fed_bytes < 10'000)
        fed_bytes += 6;
    CHECK(fed_bytes < 300);
    CHECK(fed.result().error == errc::response_too_large);
}

TEST_CASE("F09: a field value of more than 64 KiB throws nothing where the limits allow it") {
    reading_options options;
    options.limits.header_bytes = 1024 * 1024;
    const std::string field = "A: " + std::string(70'000, 'x') + "\r\n";
    CHECK(read_cut(ok + field + "Content-Length: 0\r\n\r\n", {}, options).responses.size() == 1);
    CHECK(read_cut(chunked + "0\r\n" + field + "\r\n", {}, options).responses.size() == 1);
    const std::string folded = "A: a\r\n " + std::string(70'000, 'x') + "\r\n";
    CHECK(read_cut(ok + folded + "Content-Length: 0\r\n\r\n", {}, options).responses.size() == 1);
}

TEST_CASE("a large body comes in pieces of any size") {
    std::string body;
    for (int i = 0; i < 60'000; ++i)
        body += static_cast<char>('a' + i % 26);
    const auto known = read_every_way(ok + "Content-Length: 60000\r\n\r\n" + body);
    REQUIRE(known.responses.size() == 1);
    CHECK(known.responses[0].body == body);
    const auto in_chunks = read_every_way(chunked + "7530\r\n" + body.substr(0, 30'000) + "\r\n7530\r\n" +
                                          body.substr(30'000) + "\r\n0\r\n\r\n");
    REQUIRE(in_chunks.responses.size() == 1);
    CHECK(in_chunks.responses[0].body == body);
}

TEST_CASE("started and header_done follow the message") {
    feeder fed({}, 10);
    CHECK_FALSE(fed.reader().started());
    fed.feed("HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(fed.reader().started());
    CHECK_FALSE(fed.reader().header_done());
    fed.feed(ok + "Content-Length: 2\r\n");
    CHECK_FALSE(fed.reader().header_done());
    fed.feed("\r\n");
    CHECK(fed.reader().header_done());
    fed.feed("hi");
    CHECK_FALSE(fed.reader().started());
    CHECK_FALSE(fed.reader().header_done());
    fed.feed("H");
    CHECK(fed.reader().started());
}

TEST_CASE("a body of many small chunks is no header section, however it is cut") {
    const auto read = read_every_way(chunked + repeat("1\r\nx\r\n", 4000) + "0\r\n\r\n");
    REQUIRE(read.responses.size() == 1);
    CHECK(read.responses[0].body.size() == 4000);
}

TEST_CASE("trailers are counted once, however they are cut") {
    reading_options options;
    options.limits.header_bytes = 200;
    const auto read = read_every_way(chunked + "0\r\n" + repeat("Abc: defghijklm\r\n", 6) + "\r\n", options);
    CHECK(read.responses.size() == 1); // 47 bytes of header section, 107 of trailers
}

TEST_CASE("a chunk extension far over the limit is the same error, however it is cut") {
    read_every_way(chunked + "1;" + std::string(20'000, 'e') + "\r\nx\r\n0\r\n\r\n");
}

TEST_CASE("the limits are each response's own, whatever was before it") {
    reading_options options;
    options.limits.fields = 3;
    options.limits.header_bytes = 160;
    options.limits.interim = 1;
    const auto with_trailers = [](const std::string& trailers) {
        return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: 1\r\n\r\n1\r\na\r\n0\r\n" + trailers +
               "\r\n";
    };
    const auto good = with_trailers("B: 1\r\n");
    CHECK(read_every_way(good + good + good, options).responses.size() == 3);
    for (const auto& trailers : {std::string("B: 1\r\nC: 1\r\n"), "B: " + std::string(120, 'x') + "\r\n"}) {
        const auto read = read_every_way(good + good + with_trailers(trailers), options);
        CHECK(read.failed);
        CHECK(read.error == errc::response_too_large);
    }
    const std::string hints = "HTTP/1.1 103 Early Hints\r\nC: 1\r\n\r\n"; // of the first one only
    CHECK(read_every_way(hints + with_trailers("") + good, options).responses.size() == 2);
}
