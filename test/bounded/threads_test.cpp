#include <doctest/doctest.h>

#include <atomic>
#include <bandwidth/webrtc/for_each_bounded.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <memory>
#include <vector>

#include "bounded/hand_driven_calls.hpp"
#include "support/run_coroutine.hpp"

// Several threads run the context of for_each_bounded: what its functions share needs no lock. A thread
// sanitizer sees where that is not so.

namespace {

using bandwidth::webrtc::bounded_progress;
using bandwidth::webrtc::for_each_bounded;
using bandwidth::webrtc::result;
using bounded::counted_range;
namespace asio = boost::asio;

// A call that ends on a thread of another pool, unless it is cancelled first.
class call_elsewhere {
public:
    call_elsewhere(asio::thread_pool& pool, int value) noexcept : pool_(&pool), value_(value) {}
    template <class CompletionToken>
    auto operator()(CompletionToken&& token) && {
        auto initiate = [](auto handler, asio::thread_pool* pool, int value) {
            auto slot = asio::get_associated_cancellation_slot(handler);
            const auto cancelled = std::make_shared<std::atomic<bool>>(false);
            if (slot.is_connected())
                slot.assign([cancelled](asio::cancellation_type) { *cancelled = true; });
            const auto executor = asio::get_associated_executor(handler);
            asio::post(*pool, [handler = std::move(handler), executor, cancelled, value]() mutable {
                asio::post(executor, [handler = std::move(handler), cancelled, value]() mutable {
                    if (*cancelled)
                        std::move(handler)(bandwidth::webrtc::failure(bandwidth::webrtc::errc::cancelled));
                    else
                        std::move(handler)(result<int>(value));
                });
            });
        };
        return asio::async_initiate<CompletionToken, void(result<int>)>(initiate, token, pool_, value_);
    }

private:
    asio::thread_pool* pool_;
    int value_;
};

bounded_progress wait(std::future<bounded_progress> future) {
    REQUIRE(future.wait_for(support::generous_limit) == std::future_status::ready);
    return future.get();
}

constexpr int many = 5'000;

// What it counts is no atomic, and belongs to the strand.
asio::awaitable<int> inner(asio::thread_pool& elsewhere, int outer_item) {
    const auto executor = co_await asio::this_coro::executor;
    counted_range range(20);
    int sum = 0;
    auto make = [&elsewhere, outer_item](const int& item) {
        return call_elsewhere(elsewhere, item * outer_item);
    };
    auto add = [&sum](const auto& one) { sum += one.outcome.value(); };
    co_await for_each_bounded(executor, range, 5, make, add, asio::use_awaitable);
    co_return sum;
}

} // namespace

TEST_CASE("bounded threads: what the functions share needs no lock, whichever threads run them") {
    asio::thread_pool pool(4);
    asio::thread_pool elsewhere(2);
    counted_range range(many);
    long sum = 0;
    int made = 0;
    const auto done = wait(for_each_bounded(
        pool, range, 16,
        [&](const int& item) {
            ++made;
            return call_elsewhere(elsewhere, item);
        },
        [&](const auto& one) { sum += one.outcome.value(); }, asio::use_future));
    CHECK(done.succeeded == many);
    CHECK(made == many);
    CHECK(sum == many / 2 * (many - 1L));
    pool.join();
    elsewhere.join();
}

TEST_CASE("bounded threads: several at once, and one for each item of another") {
    asio::thread_pool pool(4);
    asio::thread_pool elsewhere(2);
    const auto run = [&] {
        return for_each_bounded(
            pool, counted_range(50), 4, [&elsewhere](const int& item) { return inner(elsewhere, item); },
            [](const auto& one) { CHECK(one.outcome.value() == one.item * 190); }, asio::use_future);
    };
    std::vector<std::future<bounded_progress>> running;
    for (int i = 0; i < 4; ++i)
        running.push_back(run());
    for (auto& one : running)
        CHECK(wait(std::move(one)).succeeded == 50);
    pool.join();
    elsewhere.join();
}

TEST_CASE("bounded threads: cancelled from a strand of the caller's at any time") {
    asio::thread_pool pool(4);
    asio::thread_pool elsewhere(2);
    for (int round = 0; round < 100; ++round) {
        const auto strand = asio::make_strand(pool);
        asio::cancellation_signal signal;
        std::promise<bounded_progress> ended;
        int told = 0;
        asio::post(strand, [&] {
            for_each_bounded(
                pool, counted_range(many), 8,
                [&elsewhere](const int& item) { return call_elsewhere(elsewhere, item); },
                [&](const auto&) {
                    if (++told == round)
                        asio::post(strand, [&] { signal.emit(asio::cancellation_type::total); });
                },
                asio::bind_cancellation_slot(
                    signal.slot(),
                    asio::bind_executor(strand, [&](std::exception_ptr, bounded_progress done) {
                        CHECK(strand.running_in_this_thread());
                        ended.set_value(done);
                    })));
            if (round == 0)
                signal.emit(asio::cancellation_type::terminal);
        });
        const auto done = wait(ended.get_future());
        CHECK(done.begun < many);
        CHECK(done.in_flight() == 0);
        CHECK(told == static_cast<int>(done.begun));
        CHECK_FALSE(done.reached_end);
    }
    pool.join();
    elsewhere.join();
}

TEST_CASE("bounded threads: a pool that is stopped while it runs") {
    asio::thread_pool elsewhere(1);
    for (int round = 0; round < 20; ++round) {
        std::atomic<int> told = 0;
        const auto watched = std::make_shared<int>(0);
        {
            asio::thread_pool pool(3);
            for_each_bounded(
                pool, counted_range(1'000'000), 8,
                [&elsewhere](const int& item) { return call_elsewhere(elsewhere, item); },
                [&told, watched](const auto&) { ++told; },
                [watched](std::exception_ptr, const bounded_progress&) {});
            while (told < round)
                std::this_thread::yield();
            pool.stop();
            pool.join();
            // Calls elsewhere refer to the pool's executor, so they go first.
            std::promise<void> empty;
            asio::post(elsewhere, [&empty] { empty.set_value(); });
            REQUIRE(empty.get_future().wait_for(support::generous_limit) == std::future_status::ready);
        }
        CHECK(watched.use_count() == 1);
    }
    elsewhere.join();
}
