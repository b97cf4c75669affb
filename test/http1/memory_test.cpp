#include <doctest/doctest.h>

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <new>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "http1/reading.hpp"
#include "http1/response_reader.hpp"
#include "http1/staged_requests.hpp"

// I9: what a server sends cannot make a connection hold more memory than its limits allow. All of this
// program's memory is counted.

namespace {

std::atomic<std::size_t> held = 0;

void* take(std::size_t size) {
    void* const memory = std::malloc(size == 0 ? 1 : size); // NOLINT: it is the allocator
    if (memory == nullptr)
        throw std::bad_alloc();
    held += malloc_usable_size(memory);
    return memory;
}

void give(void* memory) noexcept {
    if (memory == nullptr)
        return;
    held -= malloc_usable_size(memory);
    std::free(memory); // NOLINT
}

} // namespace

void* operator new(std::size_t size) { return take(size); }
void* operator new[](std::size_t size) { return take(size); }
void operator delete(void* memory) noexcept { give(memory); }
void operator delete[](void* memory) noexcept { give(memory); }
void operator delete(void* memory, std::size_t) noexcept { give(memory); }
void operator delete[](void* memory, std::size_t) noexcept { give(memory); }

namespace {

namespace detail = bandwidth::webrtc::detail;
using test::chunked;
using test::ok;

detail::response_limits small_limits() {
    detail::response_limits limits;
    limits.header_bytes = 2048;
    limits.body_bytes = 8192;
    limits.fields = 20;
    limits.interim = 4;
    limits.chunk_extension = 64;
    return limits;
}

struct outcome {
    std::size_t most_held = 0;
    std::size_t fed = 0;
    bool closed = false;
};

/// A connection that always waits for a response is fed with `begin`, and then with 4 MiB of `repeated` in
/// pieces, as long as it goes on.
outcome drown(const std::string& begin, const std::function<std::string()>& repeated) {
    outcome seen;
    test::tested_connection on(1, small_limits());
    on.send();
    const auto before = held.load();
    auto piece = begin;
    while (!seen.closed && seen.fed < 4U * 1024 * 1024) {
        piece += repeated();
        seen.fed += piece.size();
        on.http.receive(piece);
        for (auto what = on.http.next(); what != test::action::none; what = on.http.next()) {
            if (what == test::action::close) {
                seen.closed = true;
                break;
            }
            on.exchanges.pop_front();
            on.send();
        }
        piece.clear();
        seen.most_held = std::max(seen.most_held, held.load() - before);
    }
    return seen;
}

} // namespace

TEST_CASE("I9: no stream of bytes makes a connection hold more than its limits") {
    const std::vector<std::pair<std::string, std::string>> streams = {
        {"", "x"},
        {"", std::string("\0", 1)},
        {"", "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"},
        {"HTTP/1.1 200 ", "reason"},
        {ok, "name"},
        {ok, "A: b\r\n"},
        {ok + "A: b", "b"},
        {ok + "A: b", "\r\n b"},
        {ok + "\r\n", "a body without end"},
        {ok + "Content-Length: 8193\r\n\r\n", "x"},
        {ok + "Content-Length: 99999999999\r\n\r\n", "x"},
        {chunked, "1\r\nx\r\n"},
        {chunked, "1;ext=\"0123456789\"\r\nx\r\n"},
        {chunked + "1;", "e"},
        {chunked + "1;a=\"", "q"},
        {chunked + "1;a=\"", "\r\n"},
        {chunked, "0"},
        {chunked + "2000\r\n", "x"},
        {chunked + "0\r\n", "A: b\r\n"},
        {chunked + "0\r\nA: b", "b"},
        {chunked + "0\r\nA: b", "\r\n b"},
        {chunked + "0\r\n", "\r"},
    };
    for (const auto& stream : streams) {
        for (const std::size_t repeats : {1U, 100U}) {
            std::string piece;
            for (std::size_t i = 0; i < repeats; ++i)
                piece += stream.second;
            CAPTURE(stream.first);
            CAPTURE(stream.second);
            const auto seen = drown(stream.first, [&piece] { return piece; });
            CHECK(seen.closed);
            CHECK(seen.fed < 200'000); // 8 KiB of body in chunks of one byte and 22 more
            // A string that grows is up to twice its size, and is there twice while it grows.
            CHECK(seen.most_held <= 2048 + 3 * 8192 + 2 * (2048 + piece.size()) + 4096);
        }
    }
}

TEST_CASE("I9: responses without end are read without end, and nothing is left of them") {
    for (const std::string& response :
         {ok + "Content-Length: 4096\r\n\r\n" + std::string(4096, 'x'),
          chunked + "1000\r\n" + std::string(4096, 'x') + "\r\n0\r\nX: y\r\n\r\n",
          "HTTP/1.1 103 X\r\n\r\n" + ok + "Content-Length: 1\r\n\r\nx"}) {
        std::size_t at = 0;
        const auto seen = drown("", [&response, &at] {
            const auto piece = response.substr(at, 100);
            at = at + 100 < response.size() ? at + 100 : 0;
            return piece;
        });
        CHECK_FALSE(seen.closed);
        CHECK(seen.fed >= 4U * 1024 * 1024);
        CHECK(seen.most_held <= 40'000);
    }
}

TEST_CASE("I9: what is kept of a response is given back between two of them, when asked") {
    detail::response_reader reader{detail::response_limits()};
    const std::string date = "Sun, 06 Nov 1994 08:49:37 GMT";
    const std::string head = ok + "Date: " + date + "\r\nContent-Length: 50000\r\n\r\n";
    const std::string body(50'000, 'x');
    const auto before = held.load();
    std::string_view input = head;
    REQUIRE(reader.feed(input) == detail::response_reader::status::need_more);
    const auto half = std::string_view(body).substr(0, 25'000);
    input = half;
    REQUIRE(reader.feed(input) == detail::response_reader::status::need_more);
    reader.release_buffers(); // too early: nothing is lost
    input = half;
    REQUIRE(reader.feed(input) == detail::response_reader::status::done);
    CHECK(reader.message().body == body);
    CHECK(reader.message().date == date);
    CHECK(held.load() - before >= 50'000);
    reader.release_buffers();
    CHECK(held.load() == before);
    const std::string small = ok + "Content-Length: 1\r\n\r\nx";
    input = small;
    REQUIRE(reader.feed(input) == detail::response_reader::status::done);
    CHECK(reader.message().body == "x");
    CHECK(reader.message().date.empty());
}

TEST_CASE("I9: an idle connection gives back all that it holds, when asked") {
    test::tested_connection on;
    test::test_exchange call(test::request_class::idempotent);
    call.request.rare().body.assign(40'000, 'x');
    const auto response = ok + "Content-Length: 40000\r\n\r\n" + std::string(40'000, 'x');
    const auto bytes = std::string_view(response);
    const auto before = held.load();
    on.http.stage(call, on.encoder, {});
    on.http.release_buffers(); // too early: nothing is lost
    CHECK(on.http.output().size() > 40'000);
    on.write();
    on.http.receive(bytes.substr(0, 20'000));
    REQUIRE(on.http.next() == test::action::none);
    on.http.release_buffers(); // too early again
    on.http.receive(bytes.substr(20'000));
    REQUIRE(on.http.next() == test::action::response);
    CHECK(on.http.message().body.size() == 40'000);
    REQUIRE(on.http.next() == test::action::none);
    CHECK(held.load() - before >= 40'000);
    on.http.release_buffers();
    CHECK(held.load() == before);
}

TEST_CASE("I9: the memory of a large body is given back with the next response") {
    detail::response_limits limits;
    detail::response_reader reader(limits);
    const std::string head = ok + "Content-Length: 4000000\r\n\r\n";
    const std::string part(500'000, 'x');
    const auto before = held.load();
    std::string_view input = head;
    CHECK(reader.feed(input) == detail::response_reader::status::need_more);
    for (int i = 0; i < 8; ++i) {
        input = part;
        CHECK(reader.feed(input) ==
              (i == 7 ? detail::response_reader::status::done : detail::response_reader::status::need_more));
    }
    CHECK(reader.message().body.size() == 4'000'000);
    CHECK(held.load() - before >= 4'000'000);
    const std::string small = ok + "Content-Length: 0\r\n\r\n";
    input = small;
    CHECK(reader.feed(input) == detail::response_reader::status::done);
    CHECK(held.load() - before < 100'000);
}

TEST_CASE("damaged responses of every kind throw nothing, and hold no more than the limits") {
    const std::vector<std::string> seeds = {
        ok + "Content-Type: a/b\r\nContent-Length: 5\r\n\r\nhello" + ok + "\r\n",
        chunked + "5;a=\"b\\\"\"\r\nhello\r\n00a\r\n0123456789\r\n0;x\r\nTrailer: 1\r\n folded\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 E\r\nLink: x\r\n\r\nHTTP/1.0 204 X\r\nConnection: "
        "keep-alive\r\nKeep-Alive: timeout=5, max=9\r\nDate: x\r\nRetry-After: 1\r\n\r\n",
    };
    std::mt19937 random(22);
    const auto below = [&random](std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
    };
    constexpr std::string_view letters = "\r\n:;,\" 0123456789abcdefx\t\\=";
    int responses = 0;
    for (int round = 0; round < 30'000; ++round) {
        auto wire = seeds[below(seeds.size())] + seeds[below(seeds.size())];
        for (auto damage = below(6); damage != 0; --damage) {
            const auto at = below(wire.size());
            switch (below(4)) {
            case 0:
                wire[at] = static_cast<char>(below(256));
                break;
            case 1:
                wire.erase(at, 1 + below(9));
                break;
            case 2:
                wire.insert(at, 1 + below(3), letters[below(letters.size())]);
                break;
            default:
                wire.insert(at, wire.substr(below(wire.size()), below(40)));
            }
        }
        detail::response_reader reader(small_limits());
        std::string left;
        auto status = detail::response_reader::status::need_more;
        for (std::size_t begin = 0;
             begin < wire.size() && status != detail::response_reader::status::failed;) {
            const auto size = 1 + below(wire.size());
            left += wire.substr(begin, size);
            begin += size;
            std::string_view input = left;
            while ((status = reader.feed(input)) == detail::response_reader::status::done)
                ++responses;
            left.erase(0, left.size() - input.size());
        }
        if (left.size() > 2048 && status == detail::response_reader::status::need_more)
            FAIL_CHECK("left: " << left.size());
    }
    CHECK(responses > 10'000);
}
