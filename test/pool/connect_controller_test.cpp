#include "pool/connect_controller.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <vector>

#include "pool/start_time.hpp"

using namespace std::chrono_literals;
using bandwidth::webrtc::errc;
using bandwidth::webrtc::detail::connect_controller;
using bandwidth::webrtc::detail::connect_demand;
using bandwidth::webrtc::detail::how_many_to_connect;
using bandwidth::webrtc::detail::time_point;
using test::start;

namespace {

constexpr bool unanswered = true;
constexpr bool not_established = false;
constexpr double longest = 1; // chance, of which a pause depends

} // namespace

TEST_CASE("how many connections are to be made") {
    struct {
        const char* what;
        connect_demand demand;
        std::size_t count;
    } const rows[] = {
        {"nothing is wanted", {.most = 8}, 0},
        {"one for each call that waits", {.waiting = 3, .most = 8}, 3},
        {"those that are being made count", {.waiting = 3, .connecting = 2, .connections = 2, .most = 8}, 1},
        {"enough are being made", {.waiting = 2, .connecting = 3, .connections = 3, .most = 8}, 0},
        {"those that are busy do not count", {.waiting = 2, .connections = 4, .most = 8}, 2},
        {"no more than there may be", {.waiting = 9, .connections = 6, .most = 8}, 2},
        {"none where all are there", {.waiting = 9, .connections = 8, .most = 8}, 0},
        {"ahead of need", {.least = 3, .most = 8}, 3},
        {"ahead of need, those that are there count",
         {.connecting = 1, .connections = 2, .least = 3, .most = 8},
         1},
        {"for calls and ahead of need, not one for each", {.waiting = 2, .least = 3, .most = 8}, 3},
        {"more calls than that", {.waiting = 5, .connections = 1, .least = 3, .most = 8}, 5},
        {"never more than allowed, though ahead of need", {.least = 9, .most = 8}, 8},
        {"one at a time behind a failure", {.waiting = 5, .most = 8, .failing = true}, 1},
        {"and that one is being made",
         {.waiting = 5, .connecting = 1, .connections = 1, .most = 8, .failing = true},
         0},
        {"behind a failure with nothing wanted", {.connections = 2, .most = 8, .failing = true}, 0},
        {"behind a failure with no room", {.waiting = 1, .connections = 8, .most = 8, .failing = true}, 0},
    };
    for (const auto& each : rows) {
        CAPTURE(each.what);
        CHECK(how_many_to_connect(each.demand) == each.count);
    }
}

TEST_CASE("nothing has failed at first") {
    const connect_controller on;
    CHECK_FALSE(on.failing());
    CHECK(on.not_before() <= start);
    CHECK(on.last_text().empty());
}

TEST_CASE("the pause behind a failure doubles, up to five seconds") {
    connect_controller on;
    auto now = start;
    for (const auto pause : {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms}) {
        on.failed(now, not_established, now, longest);
        CHECK(on.failing());
        CHECK(on.not_before() == now + pause);
        now = on.not_before();
    }
    for (int i = 0; i < 100; ++i)
        on.failed(now, not_established, now, longest);
    CHECK(on.not_before() == now + 5s);
}

TEST_CASE("half of a pause is left to chance") {
    connect_controller on;
    on.failed(start, not_established, start, 0);
    CHECK(on.not_before() == start + 50ms);
}

TEST_CASE("behind connections that were established and gave no response the pause stays shorter") {
    connect_controller on;
    for (const auto pause : {100ms, 200ms, 400ms, 400ms, 400ms}) {
        on.failed(start, unanswered, start, longest);
        CHECK(on.not_before() == start + pause);
    }
}

TEST_CASE("attempts that were under way together and fail together count once") {
    connect_controller on;
    on.failed(start, not_established, start + 1s, longest); // the first of eight, all begun together
    for (int i = 1; i < 8; ++i)
        on.failed(start, not_established, start + 1s + i * 1ms, longest);
    CHECK(on.not_before() == start + 1s + 100ms);
    on.failed(start + 1s, not_established, start + 2s, longest); // one that was begun when that was known
    CHECK(on.not_before() == start + 2s + 200ms);
}

TEST_CASE("a first response, or new settings, end what failed before") {
    for (const bool by_response : {true, false}) {
        connect_controller on;
        on.failed(start, unanswered, start, longest);
        on.failed(start, unanswered, start, longest);
        on.set_last_error(errc::connect_failed, "no way");
        by_response ? on.responded() : on.forget_failures();
        CHECK_FALSE(on.failing());
        CHECK(on.not_before() <= start);
        CHECK(on.last_text().empty() == by_response); // that no attempt has succeeded stays true
        on.failed(start + 9s, unanswered, start + 9s, longest);
        CHECK(on.not_before() == start + 9s + 100ms);
    }
}

TEST_CASE("the last failure is kept for the calls that it will fail") {
    connect_controller on;
    on.set_last_error(errc::connect_failed, "no way");
    CHECK(on.last_code() == errc::connect_failed);
    CHECK(on.last_text().find("the last connection could not be made: ") == 0);
    CHECK(on.last_text().find("no way") != std::string::npos);
    on.set_last_error(errc::connect_timeout, "");
    CHECK(on.last_code() == errc::connect_timeout);
    CHECK(on.last_text().find("no way") == std::string::npos);
    CHECK(on.last_text().back() != ' ');
}

TEST_CASE("W24: eight connections in a row that give no response are the server's fault") {
    connect_controller on;
    for (int i = 0; i < 7; ++i)
        CHECK_FALSE(on.too_many_unanswered());
    on.responded();
    for (int i = 0; i < 7; ++i)
        CHECK_FALSE(on.too_many_unanswered());
    CHECK(on.too_many_unanswered());
}

TEST_CASE("a connection that ended well has one successor that need not confirm") {
    connect_controller on;
    CHECK_FALSE(on.take_confirmation());
    on.ended_well(8);
    on.ended_well(8);
    CHECK(on.take_confirmation());
    CHECK(on.take_confirmation());
    CHECK_FALSE(on.take_confirmation());
    for (int i = 0; i < 5; ++i)
        on.ended_well(2);
    CHECK(on.take_confirmation());
    CHECK(on.take_confirmation());
    CHECK_FALSE(on.take_confirmation()); // no more than there may be connections
}

TEST_CASE("W23: behind a loss the next connection must confirm, whatever others say meanwhile") {
    connect_controller on;
    on.ended_well(8);
    on.lost(start + 5s);
    CHECK_FALSE(on.take_confirmation()); // what was known before counts no more
    on.ended_well(8);                    // another one announces its close
    CHECK_FALSE(on.take_confirmation());
    on.confirmed(start + 4s); // a response on one that was open before
    CHECK_FALSE(on.take_confirmation());
    on.confirmed(start + 6s); // one that was opened since
    CHECK(on.take_confirmation());
    CHECK_FALSE(on.take_confirmation());
}

TEST_CASE("W23: each loss requires it anew") {
    connect_controller on;
    on.lost(start);
    on.confirmed(start + 1s);
    on.lost(start + 2s);
    on.ended_well(8);
    on.confirmed(start + 1s);
    CHECK_FALSE(on.take_confirmation());
    on.confirmed(start + 2s);
    CHECK(on.take_confirmation());
}
