#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/test_client.hpp"

// What tests share in which many threads use a client.

namespace test {

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr int callers = 8;

template <class Function>
void on_threads(int count, Function function) {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i)
        threads.emplace_back(function, i);
    for (auto& thread : threads)
        thread.join();
}

/// An io_context with threads that run it.
class running_context {
public:
    explicit running_context(int threads) {
        for (int i = 0; i < threads; ++i)
            threads_.emplace_back([this] { context_.run(); });
    }
    ~running_context() {
        work_.reset();
        context_.stop();
        for (auto& thread : threads_)
            thread.join();
    }
    running_context(const running_context&) = delete;
    running_context& operator=(const running_context&) = delete;
    asio::io_context& operator*() { return context_; }

private:
    asio::io_context context_;
    asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
    std::vector<std::thread> threads_;
};

template <class T>
result<T> wait_for(operation<T> operation) {
    auto future = std::move(operation)(asio::use_future);
    if (future.wait_for(support::generous_limit) != std::future_status::ready)
        throw std::runtime_error("not done within the limit");
    return future.get();
}

/// Creates, reads, and deletes a session; counts what is not as it should be.
inline void use(client& client, std::atomic<int>& wrong, const std::string& tag) {
    const auto made = wait_for(client.try_create_session(session_request{}.tag(tag)));
    if (!made || made->tag() != tag) {
        ++wrong;
        return;
    }
    const auto read = wait_for(client.try_get_session(made->id()));
    if (!read || read->id() != made->id() || read->tag() != tag)
        ++wrong;
    if (!wait_for(client.try_delete_session(made->id())))
        ++wrong;
}

inline asio::awaitable<void> use_in_coroutine(client& client, std::atomic<int>& wrong, std::string tag) {
    for (int i = 0; i < 10; ++i) {
        const session made = co_await client.create_session(session_request{}.tag(tag));
        const auto read = co_await client.try_get_session(made.id());
        if (!read || read->tag() != tag)
            ++wrong;
        co_await client.delete_session(made.id());
    }
}

/// Counts completions; waits for all that were expected.
class completions {
public:
    void expect() { ++expected_; }
    void happened() { ++happened_; }
    int expected() const { return expected_; }
    int count() const { return happened_; }
    bool wait() const {
        const auto end = std::chrono::steady_clock::now() + support::generous_limit;
        while (happened_ < expected_ && std::chrono::steady_clock::now() < end)
            std::this_thread::yield();
        return happened_ == expected_;
    }

private:
    std::atomic<int> expected_ = 0;
    std::atomic<int> happened_ = 0;
};

/// Gives `start` a handler that runs on a strand of its own and is counted: in `twice` too, where it runs
/// again. With `cancel` the call is cancelled from that strand.
template <class Start>
void start_counted(asio::io_context& context, completions& all, std::atomic<int>& twice, bool cancel,
                   Start start) {
    const auto strand = asio::make_strand(context);
    const auto signal = std::make_shared<asio::cancellation_signal>();
    const auto ended = std::make_shared<std::atomic<int>>(0);
    auto handler = [&all, &twice, signal, ended](const auto&) {
        twice += ended->fetch_add(1) == 0 ? 0 : 1;
        all.happened();
    };
    all.expect();
    start(asio::bind_cancellation_slot(signal->slot(), asio::bind_executor(strand, std::move(handler))));
    if (cancel)
        asio::post(strand, [signal] { signal->emit(asio::cancellation_type::terminal); });
}

/// Eight threads call and cancel, another one reloads, and drains or closes; then the client is destroyed, with
/// most of the calls in flight or in the queue. Each call ends once.
template <class Change>
void check_use_until_destroyed(int context_threads, Change change) {
    testing::loopback_server server(testing::loopback_options{}.delay(1ms).requests_per_connection(20));
    running_context context(context_threads);
    auto options = support::options_for(server);
    change(options);
    for (int round = 0; round < 6; ++round) {
        completions all;
        std::atomic<int> twice = 0;
        std::optional<client> owner(std::in_place, *context, options);
        std::thread other([&] {
            while (all.count() < 50)
                std::this_thread::yield();
            owner->reload_tls(options);
            if (owner->stats().calls_started < 50)
                ++twice;
            if (round % 3 == 2) {
                owner->close();
                return;
            }
            for (int i = 0; i < 3; ++i) // the first cuts off, the second is cancelled
                start_counted(
                    *context, all, twice, i == 1,
                    [&](auto handler) {
                        owner->try_drain(round % 3 == 0 && i == 0 ? 1ms : 20s)(std::move(handler));
                    });
        });
        on_threads(callers, [&](int number) {
            for (int i = 0; i < 40; ++i)
                start_counted(*context, all, twice, i % 3 == 0, [&](auto handler) {
                    if (i % 4 != 0)
                        owner->try_get_session(session_id(std::to_string(number)))(std::move(handler));
                    else
                        owner->try_create_session()(std::move(handler));
                });
        });
        other.join();
        owner.reset();
        CHECK(all.wait());
        CHECK(twice == 0);
    }
}

} // namespace test
