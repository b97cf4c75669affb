#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "support/test_client.hpp"

// Handlers run on the thread that has read their responses, but after the pool's strand has been left.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::options_for;
using testing::loopback_server;

TEST_CASE("a handler that waits for another call holds up its own thread only") {
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    std::vector<std::thread> threads;
    {
        const auto work = asio::make_work_guard(context);
        for (int i = 0; i < 2; ++i)
            threads.emplace_back([&] { context.run(); });
        const auto made = client.try_create_session()(asio::use_future).get();
        REQUIRE(made.has_value());
        const auto id = made->id();
        for (int i = 0; i < 100; ++i) {
            std::promise<bool> answered;
            client.try_get_session(id)([&](const result<session>& first) {
                auto second = client.try_get_session(id)(asio::use_future);
                const bool came = second.wait_for(support::generous_limit) == std::future_status::ready;
                answered.set_value(first && came && second.get());
            });
            const bool both = answered.get_future().get();
            CHECK(both);
        }
        client.close();
    }
    for (auto& thread : threads)
        thread.join();
}

TEST_CASE("handlers of the same cycle wait for each other, each on a thread of its own") {
    loopback_server server;
    server.inject(testing::fault{}.always().delay(std::chrono::seconds(60)));
    asio::io_context context;
    client client(context, options_for(server));
    constexpr int count = 4;
    std::mutex mutex;
    std::condition_variable arrived;
    int running = 0;
    int together = 0;
    for (int i = 0; i < count; ++i) {
        client.try_get_session(session_id("s"))([&](const result<session>& outcome) {
            CHECK(outcome.error().code() == errc::client_closed);
            std::unique_lock lock(mutex);
            ++running;
            arrived.notify_all();
            together += arrived.wait_for(
                            lock, support::generous_limit, [&] { return running == count; })
                            ? 1
                            : 0;
        });
    }
    support::run_until(context, [&] { return client.stats().in_flight == count; });
    client.close(); // ends all of them in one cycle
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i)
        threads.emplace_back([&] { context.run(); });
    for (auto& thread : threads)
        thread.join();
    CHECK(together == count);
}
