#include "http1/pipeline.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <deque>
#include <string>

#include "http1/staged_requests.hpp"
#include "support/random_numbers.hpp"

using namespace test;
using namespace std::chrono_literals;
using detail::time_point;

namespace {

// A pipeline and the requests that were ever pushed, each ten bytes long.
struct pushed_requests {
    explicit pushed_requests(std::size_t depth = 8) : line(depth) { line.confirm(); }

    test_exchange& push(request_class kind = request_class::safe) {
        auto& added = exchanges.emplace_back(kind);
        line.push(added, 10, time_point{});
        return added;
    }
    std::string states() const {
        std::string text;
        for (std::size_t i = 0; i < line.size(); ++i)
            text += "ups"[static_cast<int>(line.state_of(line.at(i)))];
        return text;
    }

    http1::pipeline line;
    std::deque<test_exchange> exchanges;
};

} // namespace

TEST_CASE("what a pipeline accepts") {
    http1::pipeline line(2);
    test_exchange first, second, post(request_class::unsafe), dedicated_connection;
    dedicated_connection.request.dedicated_connection = true;
    // Whether it accepts a shared request, and an exclusive one.
    const auto accepts = [&line] {
        return std::string(line.accepts(false) ? "shared " : "") + (line.accepts(true) ? "exclusive" : "");
    };
    CHECK(accepts() == "shared exclusive"); // the first one, whatever it is
    line.push(first, 10, {});
    CHECK(accepts().empty()); // not confirmed
    line.confirm();
    CHECK(accepts() == "shared ");
    line.push(second, 10, {});
    CHECK(accepts().empty()); // the depth
    line.abandon(0, {});
    CHECK(accepts().empty()); // the server still works for it
    line.pop();
    CHECK(accepts() == "shared ");
    line.pop();
    for (auto* const each : {&post, &dedicated_connection}) {
        line.push(*each, 10, {});
        CHECK(accepts().empty());
        line.pop();
    }
    line.set_depth(1);
    line.push(first, 10, {});
    CHECK(accepts().empty());
    line.pop();
    line.stop_accepting();
    CHECK(accepts().empty());
}

TEST_CASE("how far the stream has come tells the state of each request") {
    pushed_requests on;
    for (int i = 0; i < 3; ++i)
        on.push();
    const auto states = [&on](std::uint64_t all, std::uint64_t any) {
        on.line.note_sent(all, any);
        return on.states() + " " + std::to_string(on.line.unsent());
    };
    CHECK(states(0, 0) == "uuu 3");
    CHECK(states(0, 1) == "puu 2");
    CHECK(on.line.unsent_bytes(on.line.at(0)) == 10);
    CHECK(states(0, 10) == "puu 2");
    CHECK(states(0, 11) == "ppu 1");
    CHECK(states(9, 30) == "ppp 0");
    CHECK(on.line.unsent_bytes(on.line.at(0)) == 1);
    CHECK(states(10, 30) == "spp 0");
    CHECK(states(19, 30) == "spp 0");
    CHECK(states(30, 30) == "sss 0");
    CHECK(on.line.unsent_bytes(on.line.at(2)) == 0);
    // A request that was sent must not count as unsent again: a POST once did, and went out twice.
    CHECK(states(0, 0) == "sss 0");
}

TEST_CASE("behind a request that is unstaged the others move up in the stream") {
    pushed_requests on;
    for (int i = 0; i < 4; ++i)
        on.push();
    on.line.note_sent(10, 10);
    on.line.unstage(2);
    CHECK(on.line.size() == 3);
    CHECK(on.line.pushed_bytes() == 30);
    CHECK(on.line.index_of(on.exchanges[2]) == on.line.size());
    CHECK(on.line.index_of(on.exchanges[3]) == 2);
    on.line.note_sent(10, 21);
    CHECK(on.states() == "spp"); // the last one has its place
    on.push();
    CHECK(on.line.at(3).begin == 30);
    CHECK(on.line.at(3).end == 40);
}

TEST_CASE("abandoned requests are counted, and the oldest of them is known") {
    pushed_requests on;
    for (int i = 0; i < 3; ++i)
        on.push();
    on.line.abandon(1, time_point(5s));
    on.line.abandon(0, time_point(7s));
    CHECK(on.line.abandoned() == 2);
    CHECK(on.line.oldest_abandoned() == time_point(5s));
    CHECK(on.line.pop().owner == nullptr);
    CHECK(on.line.abandoned() == 1);
    on.line.unstage(0); // an abandoned one of which nothing has left
    CHECK(on.line.abandoned() == 0);
    CHECK(on.line.pop().owner == &on.exchanges[2]);
    CHECK(on.line.size() == 0);
}

TEST_CASE("the ring goes round for thousands of requests, at every depth") {
    for (const std::size_t depth : {1U, 2U, 3U, 5U, 8U, 16U}) {
        CAPTURE(depth);
        pushed_requests on(depth);
        support::random_numbers random(depth);
        std::deque<const detail::exchange*> expected; // null: abandoned
        for (int popped = 0; popped < 3000;) {
            if (on.line.accepts(false) && random.one_in(2)) {
                auto& added = on.push();
                expected.push_back(&added);
            } else if (!expected.empty() && random.one_in(8)) {
                const auto which = random.pick(static_cast<unsigned>(expected.size()));
                if (expected[which]) {
                    on.line.abandon(which, {});
                    expected[which] = nullptr;
                }
            } else if (!expected.empty() && random.one_in(8)) {
                const auto which = random.pick(static_cast<unsigned>(expected.size()));
                on.line.unstage(which);
                expected.erase(expected.begin() + which);
            } else if (!expected.empty()) {
                REQUIRE(on.line.pop().owner == expected.front());
                expected.pop_front();
                ++popped;
            }
            REQUIRE(on.line.size() == expected.size());
            REQUIRE(on.line.abandoned() ==
                    static_cast<std::size_t>(std::count(expected.begin(), expected.end(), nullptr)));
        }
    }
}
