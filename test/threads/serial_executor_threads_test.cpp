#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <new>
#include <optional>
#include <thread>
#include <vector>

#include "support/hooked_executor.hpp"
#include "support/test_client.hpp"
#include "transport/serial_executor.hpp"

// The executor and the way into a client, in the hands of many threads, with scheduling that fails.

using bandwidth::webrtc::detail::serial_executor;
using support::hooked_executor;
using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace webrtc = bandwidth::webrtc;

namespace {

constexpr int producers = 8;
constexpr int each_produces = 3000;

/// What `producers` threads have run, without any lock but the executor.
struct books {
    std::vector<int> last = std::vector<int>(producers, -1);
    long run = 0;
    int at_once = 0;
    int out_of_order = 0;
    int most_at_once = 0;
};

/// Counts what got in, of what `producers` threads tried.
template <class Give>
long produce(Give give) {
    std::atomic<long> given{0};
    std::vector<std::thread> threads;
    for (int who = 0; who < producers; ++who) {
        threads.emplace_back([&, who] {
            for (int i = 0; i < each_produces; ++i) {
                try {
                    give(who, i);
                    ++given;
                } catch (const std::bad_alloc&) {
                }
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    return given;
}

auto entry(books& to, int who, int number) {
    return [&to, who, number] {
        to.most_at_once = std::max(to.most_at_once, ++to.at_once);
        to.out_of_order += number <= to.last[static_cast<std::size_t>(who)] ? 1 : 0;
        to.last[static_cast<std::size_t>(who)] = number;
        ++to.run;
        --to.at_once;
    };
}

/// Holds the first scheduling of the executor below until another thread is behind it, and lets it fail.
class held_failure {
public:
    bool operator()() {
        if (armed_.exchange(false)) {
            inside_.set_value();
            std::this_thread::sleep_for(100ms);
            throw std::bad_alloc();
        }
        return true;
    }
    void arm() { armed_ = true; }
    void wait() { inside_.get_future().wait(); }

private:
    std::atomic<bool> armed_{false};
    std::promise<void> inside_;
};

} // namespace

TEST_CASE(
    "serial_executor: eight threads post and dispatch, four run, never two functions at once, in order") {
    books books;
    asio::thread_pool threads(4);
    const auto executor = serial_executor::over(threads.get_executor());
    produce([&](int who, int i) {
        if (i % 2 == 0)
            asio::post(executor, entry(books, who, i));
        else
            asio::dispatch(executor, entry(books, who, i));
    });
    threads.join();
    CHECK(books.run == producers * each_produces);
    CHECK(books.most_at_once == 1);
    CHECK(books.out_of_order == 0);
}

TEST_CASE("serial_executor: one scheduling in three fails, what did not throw runs without another push") {
    for (int round = 0; round < 5; ++round) {
        books books;
        std::atomic<unsigned> count{0};
        asio::thread_pool threads(2);
        const auto executor = serial_executor::over(hooked_executor(threads.get_executor(), [&] {
            if (++count % 3 == 0)
                throw std::bad_alloc();
            return true;
        }));
        const long given = produce([&](int who, int i) { asio::post(executor, entry(books, who, i)); });
        threads.join();
        CHECK(books.run == given);
        CHECK(books.most_at_once == 1);
        CHECK(books.out_of_order == 0);
    }
}

TEST_CASE("serial_executor: who is behind a thread whose scheduling fails does not wait for ever") {
    held_failure failure;
    asio::thread_pool threads(1);
    const auto executor = serial_executor::over(hooked_executor(threads.get_executor(), std::ref(failure)));
    failure.arm();
    bool second = false;
    std::thread first([&] { CHECK_THROWS_AS(asio::post(executor, [] { FAIL("ran"); }), std::bad_alloc); });
    failure.wait();
    asio::post(executor, [&] { second = true; });
    first.join();
    threads.join();
    CHECK(second);
}

TEST_CASE("O14: a call that is started behind one that finds no memory for its turn is carried") {
    webrtc::testing::loopback_server server;
    held_failure failure;
    asio::thread_pool threads(1);
    std::optional<webrtc::client> client(
        std::in_place, asio::any_io_executor(hooked_executor(threads.get_executor(), std::ref(failure))),
        support::options_for(server));
    const webrtc::session_id id("none");
    std::promise<void> done;
    failure.arm();
    bool threw = false;
    std::atomic<int> ran = 0;
    std::thread first([&] {
        try {
            client->async_get_session(id, [&](webrtc::result<webrtc::session>) { ++ran; });
        } catch (const std::bad_alloc&) {
            threw = true;
        }
    });
    failure.wait();
    client->async_get_session(id, [&](webrtc::result<webrtc::session>) { done.set_value(); });
    first.join();
    CHECK(done.get_future().wait_for(5s) == std::future_status::ready);
    client.reset();
    threads.join();
    // Unless the second one's turn took it along before it was taken back.
    CHECK(ran == (threw ? 0 : 1));
}

TEST_CASE("O14: eight threads start calls, one scheduling in seven fails, each call ends once or throws") {
    webrtc::testing::loopback_server server;
    std::atomic<unsigned> count{0};
    std::atomic<bool> failing{true};
    std::atomic<long> completed{0};
    asio::io_context below;
    auto work = std::make_optional(asio::make_work_guard(below));
    std::vector<std::thread> runners;
    for (int i = 0; i < 2; ++i)
        runners.emplace_back([&] {
            while (!below.stopped()) {
                try {
                    below.run();
                } catch (const std::bad_alloc&) { // of Asio, between an operation and its handler
                }
            }
        });
    asio::thread_pool handlers(1);
    std::optional<webrtc::client> client(
        std::in_place,
        asio::any_io_executor(hooked_executor(below.get_executor(),
                                              [&] {
                                                  if (failing && ++count % 7 == 0)
                                                      throw std::bad_alloc();
                                                  return true;
                                              })),
        support::options_for(server).deadline(20s).queue_limit(1000000));
    const webrtc::session_id id("none");
    std::atomic<long> given{0};
    {
        std::vector<std::thread> threads;
        for (int who = 0; who < producers; ++who) {
            threads.emplace_back([&] {
                for (int i = 0; i < 200; ++i) {
                    try {
                        client->async_get_session(
                            id, asio::bind_executor(handlers,
                                                    [&](webrtc::result<webrtc::session>) { ++completed; }));
                        ++given;
                    } catch (const std::bad_alloc&) {
                    }
                }
            });
        }
        for (auto& thread : threads)
            thread.join();
    }
    failing = false;
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (completed < given && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(1ms);
    CHECK(given > 0);
    CHECK(completed == given);
    client.reset();
    work.reset();
    for (auto& thread : runners)
        thread.join();
    handlers.join();
}
