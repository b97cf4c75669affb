// One response behind another: nothing of the first stays for the next one.
#include <doctest/doctest.h>

#include <random>

#include "http1/reading.hpp"

using namespace test;

namespace {

const std::vector<std::string> answers = {
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Type: application/json\r\n\r\n{ }",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/jsom\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-Request-Id: 7\r\nContent-Length: 1\r\n\r\n1",
    "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:38 GMT\r\nX-Request-Id: 8\r\nContent-Length: 1\r\n\r\n1",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n", // is not believed
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nContent-Length: 1\r\n\r\n1",
    "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 1\r\n\r\n1",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n1",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: 1\r\nB: 2\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Type: text/\r\n plain\r\n\r\n1", // folded
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
};

bool lies_in(std::string_view part, std::string_view whole) {
    return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

} // namespace

TEST_CASE("what an answer says are views of its own bytes") {
    detail::response_reader reader{detail::response_limits()};
    const std::vector<std::string> wires(3, answers[4]);
    for (const auto& wire : wires) {
        std::string_view input = wire;
        REQUIRE(reader.feed(input) == detail::response_reader::status::done);
        CHECK(lies_in(reader.message().date, wire));
        CHECK(reader.message().date == "Sun, 06 Nov 1994 08:49:37 GMT");
        CHECK(lies_in(reader.message().request_id, wire));
        CHECK(reader.message().request_id == "7");
    }
}

TEST_CASE("behind any other answer and behind itself, each says the same") {
    for (const auto& first : answers) {
        for (const auto& second : answers)
            read_every_way(first + first + second + first);
    }
}

TEST_CASE("the limits are each answer's own, whatever was before it") {
    detail::response_limits limits;
    limits.fields = 3;
    limits.header_bytes = 160;
    limits.interim = 1;
    const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: 1\r\n\r\n";
    const auto with_trailers = [&](const std::string& trailers) {
        return head + "1\r\na\r\n0\r\n" + trailers + "\r\n";
    };
    const auto good = with_trailers("B: 1\r\n");
    CHECK(read_every_way(good + good + good, {.limits = limits}).answers.size() == 3);
    const auto many = read_every_way(good + good + with_trailers("B: 1\r\nC: 1\r\n"), {.limits = limits});
    CHECK(many.failed);
    CHECK(many.error == errc::response_too_large);
    const auto large = read_every_way(good + good + with_trailers("B: " + std::string(120, 'x') + "\r\n"),
                                      {.limits = limits});
    CHECK(large.failed);
    CHECK(large.error == errc::response_too_large);
    const std::string hints = "HTTP/1.1 103 Early Hints\r\nC: 1\r\n\r\n"; // of the first one only
    CHECK(read_every_way(hints + with_trailers("") + good, {.limits = limits}).answers.size() == 2);
    // Interim responses have their part of it, too.
    const auto last = "HTTP/1.1 204 No Content\r\nA: " + std::string(110, 'x') + "\r\n\r\n";
    const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";
    CHECK(read_every_way(last + last + last, {.limits = limits}).answers.size() == 3);
    CHECK(read_every_way(last + interim + last, {.limits = limits}).error == errc::response_too_large);
}

TEST_CASE("what a head says outlives its bytes while the body comes in pieces") {
    feeder fed({}, 3);
    for (const std::string& piece :
         {answers[10], answers[10].substr(0, answers[10].size() - 1), std::string("2" + answers[10])})
        REQUIRE(fed.feed(piece));
    REQUIRE(fed.result().answers.size() == 3);
    CHECK(fed.result().answers[1].body == "2");
    for (const auto& said : fed.result().answers)
        CHECK(said.retry_after == "7");
}

TEST_CASE("streams of responses that repeat each other or nearly so, at random") {
    for (unsigned seed = 1; seed <= 200; ++seed) {
        std::minstd_rand random(seed);
        std::string wire;
        for (int i = 0; i < 12; ++i) {
            auto answer = answers[random() % answers.size()];
            if (random() % 8 == 0)
                answer[random() % answer.size()] ^= static_cast<char>(1U << (random() % 8));
            for (auto times = 1 + random() % 3; times > 0; --times)
                wire += answer;
        }
        CAPTURE(seed);
        const auto whole = read_cut(wire, {}, {});
        std::vector<std::size_t> every(wire.size());
        for (std::size_t i = 0; i < every.size(); ++i)
            every[i] = i + 1;
        CHECK(read_cut(wire, every, {}) == whole);
        CHECK(read_cut(wire, {random() % wire.size()}, {}) == whole);
    }
}
