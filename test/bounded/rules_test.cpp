#include <doctest/doctest.h>

#include <algorithm>
#include <bandwidth/webrtc/for_each_bounded.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bounded/hand_driven_calls.hpp"

// What for_each_bounded promises, with calls that the test ends by hand.

namespace {

using namespace bounded;

cancellation_type stop_at_failure(const told_result& one) {
    return one.outcome ? cancellation_type::none : cancellation_type::total;
}

class ends_at_once {
public:
    template <class CompletionToken>
    auto operator()(CompletionToken&& token) && {
        auto initiate = [](auto handler) { std::move(handler)(webrtc::result<int>(1)); };
        return asio::async_initiate<CompletionToken, void(webrtc::result<int>)>(initiate, token);
    }
};

// An asynchronous operation of another signature, as the async_ forms have.
class gives_no_result {
public:
    template <class CompletionToken>
    auto operator()(CompletionToken&& token) && {
        auto initiate = [](auto handler) { std::move(handler)(std::exception_ptr(), 1); };
        return asio::async_initiate<CompletionToken, void(std::exception_ptr, int)>(initiate, token);
    }
};

// An item that throws when it is moved, on demand.
class bad_to_move {
public:
    explicit bad_to_move(int number) noexcept : number_(number) {}
    bad_to_move(const bad_to_move&) = default;
    bad_to_move(bad_to_move&& other) : number_(other.number_) {
        if (throws)
            throw std::runtime_error("the item");
    }
    int number() const noexcept { return number_; }

    static inline bool throws = false;

private:
    int number_;
};

} // namespace

// What make_call may return.
static_assert(webrtc::detail::bounded_call<hand_driven_calls::operation>);
static_assert(webrtc::detail::bounded_call<ends_at_once>);
static_assert(webrtc::detail::bounded_call<asio::awaitable<void>>);
static_assert(webrtc::detail::bounded_call<asio::awaitable<webrtc::result<int>>>);
static_assert(!webrtc::detail::bounded_call<void>);
static_assert(!webrtc::detail::bounded_call<webrtc::result<int>>);
static_assert(!webrtc::detail::bounded_call<gives_no_result>);

TEST_CASE("bounded: the limit is never exceeded, items begin in order, and one begins for each that ended") {
    trial here;
    here.start(numbers(up_to(6)), 2);
    CHECK(here.calls.begun().empty()); // nothing runs inside of the function that starts it
    here.poll();
    CHECK(here.calls.begun() == numbers{0, 1});
    here.succeed(1);
    CHECK(here.calls.begun() == numbers{0, 1, 2});
    here.succeed(2);
    CHECK(here.calls.in_flight() == numbers{0, 3});
    here.finish();
    CHECK(here.calls.begun() == up_to(6));
    CHECK(here.calls.most_in_flight() == 2);
    CHECK(here.completions == 1);
    CHECK(here.done.reached_end);
}

TEST_CASE("bounded: an item is taken from the range when its call begins, and not before") {
    counted_range range(1000);
    trial here;
    here.start(range, 3);
    CHECK(range.at == 0);
    here.poll();
    CHECK(range.read == 3);
    CHECK(range.at == 2); // it was not asked what comes behind
    here.succeed(0);
    CHECK(range.read == 4);
    here.finish();
    CHECK(range.at == 1000);
    CHECK(here.done.succeeded == 1000);
}

TEST_CASE("bounded: each result is told once, with its item, its place and the counts") {
    trial here;
    const numbers items{5, 6, 7};
    here.start(items, 3);
    here.poll();
    here.succeed(7);
    REQUIRE(here.told.size() == 1);
    CHECK(here.told[0].index == 2);
    CHECK(here.told[0].item == 7);
    CHECK(here.told[0].outcome.value() == 70);
    CHECK(here.told[0].progress.begun == 3);
    CHECK(here.told[0].progress.in_flight() == 2);
    here.fail(5);
    CHECK(here.told[1].progress.failed == 1);
    CHECK(here.told[1].progress.first_failed == 0);
    CHECK(here.told[1].outcome.error().code() == webrtc::errc::connection_lost);
    here.succeed(6);
    CHECK(here.told_items() == numbers{7, 5, 6});
    CHECK(here.completions == 1);
    CHECK(here.done.begun == 3);
    CHECK(here.done.succeeded == 2);
    CHECK(here.done.failed == 1);
    CHECK(here.done.in_flight() == 0);
    CHECK(here.done.first_failure.code() == webrtc::errc::connection_lost);
    CHECK(here.thrown == nullptr);
}

TEST_CASE("bounded: in order, results wait for those before them, and the limit holds for what waits too") {
    trial here;
    here.start(up_to(5), 3, true);
    here.poll();
    here.succeed(2);
    here.succeed(1);
    CHECK(here.told.empty());
    CHECK(here.calls.begun() == up_to(3));
    here.succeed(0);
    CHECK(here.told_items() == up_to(3));
    here.succeed(4);
    here.succeed(3);
    CHECK(here.told_items() == up_to(5));
    CHECK(here.told[4].index == 4);
    CHECK(here.told[4].outcome.value() == 40);
    CHECK(here.completions == 1);
}

TEST_CASE("bounded: an empty range, and one that is shorter than the limit") {
    for (const bool in_order : {false, true})
        for (const int count : {0, 1, 4}) {
            trial here;
            here.start(up_to(count), 100, in_order);
            CHECK(here.completions == 0);
            here.finish();
            CHECK(here.completions == 1);
            CHECK(here.told_items() == up_to(count));
            CHECK(here.done.reached_end);
        }
}

TEST_CASE("bounded: a limit of 0 is refused, and nothing is taken from the range") {
    counted_range range(3);
    trial here;
    here.start(range, 0);
    CHECK(here.completions == 0);
    here.poll();
    CHECK(here.completions == 1);
    CHECK(here.what().find("limit of 0") != std::string::npos);
    CHECK(range.read == 0);
    try {
        std::rethrow_exception(here.thrown);
    } catch (const webrtc::api_error& error) {
        CHECK(error.code() == webrtc::errc::invalid_argument);
    }
}

TEST_CASE("bounded: failures at every position are told and counted, and stop nothing by themselves") {
    for (const bool in_order : {false, true})
        for (int failing = 0; failing < 6; ++failing) {
            trial here;
            here.start(up_to(6), 2, in_order);
            for (int item = 0; item < 6; ++item) {
                here.poll();
                item == failing ? here.fail(item) : here.succeed(item);
            }
            CHECK(here.completions == 1);
            CHECK(here.done.succeeded == 5);
            CHECK(here.done.failed == 1);
            CHECK(here.done.first_failed == static_cast<std::size_t>(failing));
            CHECK(here.told_items() == up_to(6));
        }
}

TEST_CASE("bounded: on_result stops at the first failure, at every position") {
    for (const bool in_order : {false, true})
        for (int failing = 0; failing < 6; ++failing) {
            trial here;
            here.answer = stop_at_failure;
            here.start(up_to(6), 2, in_order);
            here.poll();
            for (int item = 0; item < failing; ++item)
                here.succeed(item);
            here.fail(failing);
            const auto next = failing + 1; // is in flight, unless that was the last one
            CHECK(here.completions == (next < 6 ? 0 : 1));
            if (next < 6) {
                CHECK(here.calls.cancelled(next) == std::vector{cancellation_type::total});
                here.succeed(next); // as a call whose request had left
            }
            CHECK(here.completions == 1);
            CHECK(here.done.begun == static_cast<std::size_t>(std::min(next + 1, 6)));
            CHECK(here.done.failed == 1);
            CHECK(here.done.first_failed == static_cast<std::size_t>(failing));
            CHECK(here.done.in_flight() == 0);
        }
}

TEST_CASE("bounded: calls that a stop ends are told too, and the first failure stays the first") {
    trial here;
    here.answer = stop_at_failure;
    here.calls.react_to(cancellation_type::total);
    here.start(up_to(100), 4);
    here.poll();
    here.fail(2);
    CHECK(here.completions == 1);
    CHECK(here.told.size() == 4);
    CHECK(here.done.failed == 4);
    CHECK(here.done.first_failed == 2);
    CHECK(here.done.first_failure.code() == webrtc::errc::connection_lost);
    CHECK_FALSE(here.done.reached_end);
}

TEST_CASE("bounded: cancelled after every number of results, with every type") {
    for (const bool in_order : {false, true})
        for (const auto type :
             {cancellation_type::total, cancellation_type::partial, cancellation_type::terminal})
            for (int before = 0; before <= 5; ++before) {
                trial here;
                counted_range range(10);
                here.start(range, 3, in_order);
                here.poll();
                for (int item = 0; item < before; ++item)
                    here.succeed(item);
                here.cancel(type);
                const int begun = before + 3;
                CHECK(range.read == begun);
                CHECK(here.completions == 0); // the calls have not ended
                for (int item = before; item < begun; ++item)
                    CHECK(here.calls.cancelled(item) == std::vector{type});
                here.cancel(type); // adds nothing
                CHECK(here.calls.cancelled(before).size() == 1);
                here.cancel(cancellation_type::terminal);
                CHECK(here.calls.cancelled(before).size() == (type == cancellation_type::terminal ? 1 : 2));
                here.finish();
                CHECK(range.read == begun);
                CHECK(here.completions == 1);
                CHECK(here.thrown == nullptr);
                CHECK(here.told_items() == up_to(begun));
                CHECK(here.done.succeeded == static_cast<std::size_t>(begun));
                CHECK_FALSE(here.done.reached_end);
            }
}

TEST_CASE("bounded: cancelled before anything has begun, and a call that reacts to it") {
    trial nothing_begun;
    nothing_begun.start(up_to(3), 2);
    nothing_begun.signal.emit(
        cancellation_type::total); // on the executor of the handler, not yet on the strand
    nothing_begun.finish();
    CHECK(nothing_begun.completions == 1);
    CHECK(nothing_begun.done.begun <= 2); // the start may have come first

    trial here;
    here.calls.react_to(cancellation_type::terminal);
    here.start(up_to(10), 3);
    here.poll();
    here.succeed(0);
    here.cancel(cancellation_type::terminal);
    CHECK(here.completions == 1);
    CHECK(here.done.succeeded == 1);
    CHECK(here.done.failed == 3);
    CHECK(here.told.back().outcome.error().code() == webrtc::errc::cancelled);
}

TEST_CASE("bounded: in order, a cancellation leaves out no result that came early") {
    trial here;
    here.calls.react_to(cancellation_type::terminal);
    here.start(up_to(10), 3, true);
    here.poll();
    here.succeed(2);
    here.succeed(1);
    here.cancel(cancellation_type::terminal);
    CHECK(here.calls.cancelled(1).empty()); // had ended
    CHECK(here.told_items() == up_to(3));
    CHECK(here.done.succeeded == 2);
    CHECK(here.done.failed == 1);
    CHECK(here.completions == 1);
}

TEST_CASE("bounded: the signal may be emitted by on_result, and is free again at the completion") {
    trial here;
    here.calls.react_to(cancellation_type::terminal);
    here.answer = [&here](const told_result& one) {
        if (one.item == 1)
            here.signal.emit(cancellation_type::terminal);
        return cancellation_type::none;
    };
    here.start(up_to(10), 3);
    here.poll();
    here.succeed(1);
    CHECK(here.completions == 1);
    CHECK(here.told.size() == 3);
    CHECK_FALSE(here.signal.slot().has_handler());
}

TEST_CASE("bounded: a stop that make_call asks for reaches the call that it makes") {
    for (const auto type : {cancellation_type::total, cancellation_type::terminal}) {
        trial here;
        here.calls.react_to(cancellation_type::terminal);
        here.making = [&here, type](int item) {
            if (item == 1)
                here.signal.emit(type);
        };
        here.start(up_to(10), 3);
        here.poll();
        CHECK(here.calls.begun() == up_to(2));
        CHECK(here.calls.cancelled(0) == std::vector{type});
        CHECK(here.calls.cancelled(1) == std::vector{type});
        CHECK(here.completions == (type == cancellation_type::terminal ? 1 : 0));
        here.finish();
        CHECK(here.completions == 1);
        CHECK(here.told_items() == up_to(2));
    }
}

TEST_CASE("bounded: a stop while the range takes its next step keeps the next call from beginning") {
    for (const int at : {2, 5}) { // 5 is the end
        trial here;
        counted_range range(5);
        range.reacts_at = at;
        range.reaction = [&here] { here.signal.emit(cancellation_type::total); };
        here.start(range, 10);
        here.poll();
        CHECK(here.calls.begun() == up_to(at));
        CHECK(range.read == at);
        for (int item = 0; item < at; ++item)
            CHECK(here.calls.cancelled(item) == std::vector{cancellation_type::total});
        here.finish();
        CHECK(here.completions == 1);
        CHECK(here.done.begun == static_cast<std::size_t>(at));
        CHECK(here.done.reached_end == (at == 5));
    }
}

TEST_CASE("bounded: what make_call throws is the completion's, at every position") {
    for (const bool in_order : {false, true})
        for (int at = 0; at < 5; ++at) {
            trial here;
            here.make_throws_at = at;
            here.start(up_to(5), 2, in_order);
            here.poll();
            for (int item = 0; item < at; ++item)
                if (here.completions == 0)
                    here.succeed(item);
            CHECK(here.completions == 1);
            CHECK(here.what() == "make_call");
            CHECK(here.told_items() == up_to(at));
            CHECK(here.done.begun == static_cast<std::size_t>(at) + 1);
            CHECK(here.done.failed == 1);
            CHECK(here.done.first_failed == static_cast<std::size_t>(at));
            CHECK_FALSE(here.done.first_failure.code());
        }
}

TEST_CASE("bounded: what on_result throws is the completion's, and it is not called again") {
    trial here;
    here.answer = [](const told_result& one) {
        if (one.item == 1)
            throw std::runtime_error("on_result");
        return cancellation_type::none;
    };
    here.start(up_to(10), 3);
    here.poll();
    here.succeed(1);
    CHECK(here.calls.cancelled(0) == std::vector{cancellation_type::total});
    CHECK(here.completions == 0);
    here.finish();
    CHECK(here.completions == 1);
    CHECK(here.what() == "on_result");
    CHECK(here.told_items() == numbers{1});
    CHECK(here.done.succeeded == 3); // counted all the same
}

TEST_CASE("bounded: what an item throws that is moved is the completion's, and its result counts") {
    for (const bool in_order : {false, true})
        for (int at = 0; at < 5; ++at) {
            asio::io_context context;
            hand_driven_calls calls;
            std::vector<bad_to_move> items;
            for (const int number : up_to(5))
                items.emplace_back(number);
            numbers told;
            trial here; // for what it keeps of the completion
            auto make = [&calls](const bad_to_move& one) { return calls.make(one.number()); };
            auto on_result = [&told](const webrtc::bounded_result<bad_to_move, int>& one) {
                told.push_back(one.item.number());
            };
            auto on_end = [&here](std::exception_ptr thrown, webrtc::bounded_progress progress) {
                ++here.completions;
                here.thrown = thrown;
                here.done = progress;
            };
            if (in_order)
                webrtc::for_each_bounded_in_order(context, items, 2, make, on_result, on_end);
            else
                webrtc::for_each_bounded(context, items, 2, make, on_result, on_end);
            context.poll();
            while (!calls.in_flight().empty()) {
                const int next = calls.in_flight().front();
                bad_to_move::throws = next == at;
                calls.succeed(next);
                context.poll();
                bad_to_move::throws = false;
            }
            CHECK(here.completions == 1);
            CHECK(here.what() == "the item");
            CHECK(told == up_to(at));
            CHECK(here.done.in_flight() == 0);
            CHECK(here.done.succeeded == here.done.begun);
        }
}

TEST_CASE("bounded: what the range throws is the completion's, at every position") {
    for (int at = 0; at < 4; ++at) {
        trial here;
        counted_range range(10);
        range.throws_at = at;
        here.start(range, 2);
        here.finish();
        CHECK(here.completions == 1);
        CHECK(here.what() == "the range");
        CHECK(here.told_items() == up_to(at));
        CHECK_FALSE(here.done.reached_end);
    }
}

TEST_CASE("bounded: items that cannot be copied come from a range that gives them away") {
    using item = std::unique_ptr<int>;
    struct gives_away {
        std::vector<item>& items;
        auto begin() const { return std::move_iterator(items.begin()); }
        auto end() const { return std::move_iterator(items.end()); }
    };
    std::vector<item> items;
    for (const int number : up_to(3))
        items.push_back(std::make_unique<int>(number));
    asio::io_context context;
    hand_driven_calls calls;
    numbers told;
    webrtc::for_each_bounded(
        context, gives_away{items}, 2, [&calls](const item& one) { return calls.make(*one); },
        [&told](webrtc::bounded_result<item, int> one) { told.push_back(*one.item); }, asio::detached);
    context.poll();
    CHECK(items[0] == nullptr);
    CHECK(items[2] != nullptr);
    while (!calls.in_flight().empty()) {
        calls.succeed_all();
        context.poll();
    }
    CHECK(told == up_to(3));
}

TEST_CASE("bounded: calls that end where they begin take no stack") {
    for (const std::size_t limit : {1U, 7U}) {
        asio::io_context context;
        counted_range range(200'000);
        std::size_t told = 0;
        std::optional<webrtc::bounded_progress> done;
        webrtc::for_each_bounded(
            context, range, limit, [](const int&) { return ends_at_once(); },
            [&told](const auto&) { ++told; },
            [&done](std::exception_ptr, const webrtc::bounded_progress& progress) { done = progress; });
        context.run();
        REQUIRE(done.has_value());
        CHECK(done->succeeded == 200'000);
        CHECK(told == 200'000);
    }
}
