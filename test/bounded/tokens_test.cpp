#include <doctest/doctest.h>

#include <bandwidth/webrtc/for_each_bounded.hpp>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/io_context_strand.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "bounded/hand_driven_calls.hpp"
#include "support/run_coroutine.hpp"
#include "support/tracker_executor.hpp"

// Completion tokens and executors, and coroutines in place of calls.

namespace {

using namespace bounded;
using namespace std::chrono_literals;
using webrtc::bounded_progress;
using webrtc::for_each_bounded;

const numbers four{0, 1, 2, 3};

// A call that ends by itself, in a later step of its handler's executor.
class soon {
public:
    explicit soon(int value) noexcept : value_(value) {}
    template <class CompletionToken>
    auto operator()(CompletionToken&& token) && {
        auto initiate = [](auto handler, int value) {
            const auto executor = asio::get_associated_executor(handler);
            asio::post(executor, [handler = std::move(handler), value]() mutable {
                std::move(handler)(webrtc::result<int>(value));
            });
        };
        return asio::async_initiate<CompletionToken, void(webrtc::result<int>)>(initiate, token, value_);
    }

private:
    int value_;
};

constexpr auto call_soon = [](const int& item) { return soon(item); };
constexpr auto ignore = [](const auto&) {};

asio::awaitable<void> await_it(int& sum) {
    const auto executor = co_await asio::this_coro::executor;
    auto add = [&sum](const told_result& one) { sum += one.outcome.value(); };
    const auto done = co_await for_each_bounded(executor, four, 2, call_soon, add, asio::use_awaitable);
    CHECK(done.succeeded == 4);
    const auto tuple =
        co_await for_each_bounded(executor, four, 2, call_soon, add, asio::as_tuple(asio::use_awaitable));
    CHECK(std::get<0>(tuple) == nullptr);
    CHECK(std::get<1>(tuple).succeeded == 4);
    auto prepared = for_each_bounded(executor, four, 2, call_soon, add, asio::deferred);
    const auto later = co_await std::move(prepared)(asio::use_awaitable);
    CHECK(later.succeeded == 4);
}

asio::awaitable<void> await_exception(bool& caught) {
    const auto executor = co_await asio::this_coro::executor;
    auto refuse = [](const int&) -> soon { throw std::out_of_range("refused"); };
    try {
        co_await for_each_bounded(executor, four, 2, refuse, ignore, asio::use_awaitable);
    } catch (const std::out_of_range&) {
        caught = true;
    }
}

asio::awaitable<void> await_with_timer(bool& timer_first) {
    using namespace asio::experimental::awaitable_operators;
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer never(executor, 1h);
    auto wait = [executor](const int&) -> asio::awaitable<void> {
        asio::steady_timer long_enough(executor, 1h);
        co_await long_enough.async_wait(asio::use_awaitable);
    };
    asio::steady_timer at_once(executor, 0s);
    auto run = for_each_bounded(executor, four, 2, wait, ignore, asio::use_awaitable);
    const auto first = co_await (std::move(run) || at_once.async_wait(asio::use_awaitable));
    timer_first = first.index() == 1;
}

// Several steps for one item.
asio::awaitable<std::string> two_steps(const int& item) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, 0s);
    co_await timer.async_wait(asio::use_awaitable);
    if (item == 1)
        throw webrtc::api_error(webrtc::failure(webrtc::errc::connection_lost, "of an api_error"));
    if (item == 2)
        throw boost::system::system_error(asio::error::operation_aborted);
    co_return std::to_string(item);
}

asio::awaitable<webrtc::result<int>> gives_result(int item) {
    if (item == 1)
        co_return webrtc::failure(webrtc::errc::connection_lost);
    co_return item;
}

} // namespace

TEST_CASE("bounded tokens: use_awaitable, as_tuple and deferred") {
    asio::io_context context;
    int sum = 0;
    support::run_coroutine(context, await_it(sum));
    CHECK(sum == 3 * (0 + 1 + 2 + 3));
    bool caught = false;
    support::run_coroutine(context, await_exception(caught));
    CHECK(caught);
}

TEST_CASE("bounded tokens: use_future, detached, and a handler whose type is erased") {
    asio::io_context context;
    auto future = for_each_bounded(context, four, 2, call_soon, ignore, asio::use_future);
    int detached = 0;
    for_each_bounded(
        context, four, 2, call_soon, [&detached](const told_result&) { ++detached; }, asio::detached);
    int erased = 0;
    asio::any_completion_handler<void(std::exception_ptr, bounded_progress)> handler(
        [&erased](std::exception_ptr, bounded_progress) { ++erased; });
    for_each_bounded(context, four, 2, call_soon, ignore, std::move(handler));
    context.run();
    CHECK(future.get().succeeded == 4);
    CHECK(detached == 4);
    CHECK(erased == 1);
}

TEST_CASE("bounded tokens: a parallel group") {
    asio::io_context context;
    asio::steady_timer timer(context, 0s);
    int done = 0;
    asio::experimental::make_parallel_group(
        for_each_bounded(context, four, 2, call_soon, ignore, asio::deferred),
        timer.async_wait(asio::deferred))
        .async_wait(
            asio::experimental::wait_for_all(),
            asio::bind_executor(context, [&done](const auto&, std::exception_ptr, bounded_progress seen,
                                                 const boost::system::error_code&) {
                CHECK(seen.succeeded == 4);
                ++done;
            }));
    context.run();
    CHECK(done == 1);
}

TEST_CASE("bounded tokens: it completes on the handler's executor, also one of Asio's older kind") {
    asio::io_context context;
    asio::io_context other;
    int here = 0;
    int there = 0;
    const support::tracker_executor tracker(other);
    for_each_bounded(
        context, four, 2, call_soon, [&here](const told_result&) { ++here; },
        asio::bind_executor(tracker, [&there, tracker](std::exception_ptr, bounded_progress) {
            CHECK(tracker.running_here());
            ++there;
        }));
    asio::io_context::strand older(other);
    for_each_bounded(
        context, four, 2, call_soon, [&here](const told_result&) { ++here; },
        asio::bind_executor(older, [&there, older](std::exception_ptr, bounded_progress) {
            CHECK(older.running_in_this_thread());
            ++there;
        }));
    context.run();
    CHECK(here == 8);
    CHECK(there == 0);
    other.run();
    CHECK(there == 2);
}

TEST_CASE("bounded tokens: the context of the handler has work until it completes") {
    asio::io_context context;
    asio::io_context other;
    int completed = 0;
    for_each_bounded(
        context, four, 2, call_soon, ignore,
        asio::bind_executor(other, [&completed](std::exception_ptr, bounded_progress) { ++completed; }));
    CHECK(other.poll() == 0);
    CHECK_FALSE(other.stopped());
    context.run();
    other.run();
    CHECK(completed == 1);
}

TEST_CASE("bounded tokens: a coroutine's cancellation reaches the calls, which are coroutines too") {
    asio::io_context context;
    bool timer_first = false;
    support::run_coroutine(context, await_with_timer(timer_first));
    CHECK(timer_first);
}

TEST_CASE("bounded coroutines: values, and exceptions that are failures") {
    asio::io_context context;
    std::vector<webrtc::bounded_result<int, std::string>> told;
    bounded_progress done;
    webrtc::for_each_bounded_in_order(
        context, four, 3, two_steps, [&told](const auto& one) { told.push_back(one); },
        [&done](std::exception_ptr thrown, bounded_progress progress) {
            CHECK(thrown == nullptr);
            done = progress;
        });
    context.run();
    REQUIRE(told.size() == 4);
    CHECK(told[0].outcome.value() == "0");
    CHECK(told[1].outcome.error().code() == webrtc::errc::connection_lost);
    CHECK(told[1].outcome.error().message() == "of an api_error");
    // Asio's error, of something else than a call: what the coroutine has called before is not known.
    CHECK(told[2].outcome.error().code() == webrtc::errc::cancelled);
    CHECK(told[2].outcome.error().delivery() == webrtc::delivery::maybe_processed);
    CHECK(told[3].outcome.value() == "3");
    CHECK(done.succeeded == 2);
    CHECK(done.failed == 2);
    CHECK(done.first_failed == 1);
}

TEST_CASE(
    "bounded coroutines: one that gives a result, and one that ends before it has waited for anything") {
    asio::io_context context;
    bounded_progress done;
    for_each_bounded(context, four, 1, gives_result, ignore,
                     [&done](std::exception_ptr, bounded_progress progress) { done = progress; });
    context.run();
    CHECK(done.succeeded == 3);
    CHECK(done.failed == 1);
    CHECK(done.first_failure.code() == webrtc::errc::connection_lost);
}

TEST_CASE("bounded coroutines: another exception ends it all, and is the completion's") {
    asio::io_context context;
    bounded_progress done;
    std::string what;
    numbers told;
    auto work = [](const int& item) -> asio::awaitable<void> {
        if (item == 2)
            throw std::runtime_error("a mistake");
        co_return;
    };
    for_each_bounded(
        context, numbers(100), 1, work, [&told](const auto& one) { told.push_back(one.item); },
        [](std::exception_ptr thrown, bounded_progress progress) {
            CHECK(thrown == nullptr);
            CHECK(progress.succeeded == 100);
        });
    for_each_bounded(context, four, 1, work, ignore,
                     [&](std::exception_ptr thrown, bounded_progress progress) {
                         done = progress;
                         try {
                             std::rethrow_exception(thrown);
                         } catch (const std::runtime_error& error) {
                             what = error.what();
                         }
                     });
    context.run();
    CHECK(told == numbers(100));
    CHECK(what == "a mistake");
    CHECK(done.begun == 3);
    CHECK(done.succeeded == 2);
    CHECK(done.failed == 1);
    CHECK(done.first_failed == 2);
}

TEST_CASE("bounded coroutines: cancelled at every step, in a few places that are used again and again") {
    for (int after = 0; after < 20; ++after) {
        asio::io_context context;
        asio::cancellation_signal signal;
        int told = 0;
        bool ended = false;
        auto work = [&context](const int& item) -> asio::awaitable<int> {
            asio::steady_timer timer(context, item % 3 == 0 ? 0s : 1h);
            if (item % 3 != 0 && item < 12)
                timer.expires_after(0s);
            co_await timer.async_wait(asio::use_awaitable);
            co_return item;
        };
        const numbers items{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};
        for_each_bounded(
            context, items, 3, work, [&told](const auto&) { ++told; },
            asio::bind_cancellation_slot(signal.slot(),
                                         [&](std::exception_ptr thrown, const bounded_progress& done) {
                                             CHECK(thrown == nullptr);
                                             CHECK(done.in_flight() == 0);
                                             CHECK(done.begun == static_cast<std::size_t>(told));
                                             ended = true;
                                         }));
        for (int step = 0; step < after; ++step)
            context.poll_one();
        signal.emit(cancellation_type::terminal);
        support::run_until(context, [&ended] { return ended; });
    }
}
