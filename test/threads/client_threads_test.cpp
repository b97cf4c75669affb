#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/test_client.hpp"
#include "threads/many_threads.hpp"

// A client that many threads use. Under ThreadSanitizer these tests find more than they assert.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::options_for;
using testing::fault;
using testing::loopback_options;
using testing::loopback_server;

using namespace test;

TEST_CASE("eight threads use one client on an io_context with four threads") {
    loopback_server server;
    running_context context(4);
    client client(*context, options_for(server).max_connections(3));
    std::atomic<int> wrong = 0;
    on_threads(callers, [&](int number) {
        for (int i = 0; i < 20; ++i) {
            use(client, wrong, std::to_string(number) + "-" + std::to_string(i));
            if (client.stats().connections_idle > 3)
                ++wrong;
        }
    });
    CHECK(wrong == 0);
    CHECK(server.session_count() == 0);
    CHECK(client.stats().calls_succeeded == callers * 20 * 3);
    CHECK(support::at_rest(client.stats()));
    CHECK(wait_for(client.try_drain()).has_value());
}

TEST_CASE("eight threads use one client on a thread pool with four threads") {
    loopback_server server;
    asio::thread_pool pool(4);
    client client(pool, options_for(server));
    std::atomic<int> wrong = 0;
    on_threads(callers, [&](int number) {
        for (int i = 0; i < 20; ++i)
            use(client, wrong, std::to_string(number) + "-" + std::to_string(i));
    });
    CHECK(wrong == 0);
    CHECK(wait_for(client.try_drain()).has_value());
    pool.join();
}

TEST_CASE("coroutines on strands of their own") {
    loopback_server server;
    running_context context(4);
    client client(*context, options_for(server).max_connections(2));
    std::atomic<int> wrong = 0;
    std::vector<std::future<void>> running;
    for (int i = 0; i < 16; ++i)
        running.push_back(asio::co_spawn(asio::make_strand(*context),
                                         use_in_coroutine(client, wrong, std::to_string(i)),
                                         asio::use_future));
    for (auto& one : running) {
        REQUIRE(one.wait_for(support::generous_limit) == std::future_status::ready);
        one.get();
    }
    CHECK(wrong == 0);
}

TEST_CASE("the handlers of one context, the client on another") {
    loopback_server server;
    asio::io_context handlers; // goes last: the thread that has posted the last handler may still be in it
    running_context clients(2);
    client client(*clients, options_for(server));
    const auto here = std::this_thread::get_id();
    int done = 0; // not atomic: only this thread may touch it
    for (int i = 0; i < 100; ++i) {
        client.try_create_session()(asio::bind_executor(
            handlers,
            [&](const result<session>& outcome) {
                CHECK(outcome.has_value());
                CHECK(std::this_thread::get_id() == here);
                ++done;
            }));
    }
    // The calls keep this context running until their handlers have run.
    handlers.run_for(support::generous_limit);
    CHECK(done == 100);
}

TEST_CASE("O07: a storm of cancellations from other threads' calls") {
    loopback_server server(loopback_options{}.delay(1ms));
    running_context context(4);
    client client(*context, options_for(server).max_connections(3));
    completions all;
    std::atomic<int> unexpected = 0;
    on_threads(callers, [&](int number) {
        for (int i = 0; i < 40; ++i) {
            // The signal lives and is emitted on the strand of its call.
            const auto strand = asio::make_strand(*context);
            const auto signal = std::make_shared<asio::cancellation_signal>();
            const bool cancel = (i + number) % 2 == 0;
            all.expect();
            asio::post(strand, [&, strand, signal, cancel, i] {
                auto handler = [&, signal, cancel](const result<session>& outcome) {
                    const bool cancelled = outcome.has_error() && outcome.error().code() == errc::cancelled;
                    const bool answered = outcome.has_error() && outcome.error().http_status() == 404;
                    if (!(answered || (cancelled && cancel)))
                        ++unexpected;
                    all.happened();
                };
                client.try_get_session(session_id("s" + std::to_string(i)))(asio::bind_cancellation_slot(
                    signal->slot(), asio::bind_executor(strand, std::move(handler))));
                if (cancel)
                    asio::post(strand, [signal] { signal->emit(asio::cancellation_type::terminal); });
            });
        }
    });
    CHECK(all.wait());
    CHECK(unexpected == 0);
    // The responses to the abandoned requests come soon, and the client works as before.
    const auto end = std::chrono::steady_clock::now() + support::generous_limit;
    while (!support::at_rest(client.stats()) && std::chrono::steady_clock::now() < end)
        std::this_thread::yield();
    CHECK(support::at_rest(client.stats()));
    CHECK(wait_for(client.try_create_session()).has_value());
}

TEST_CASE("O15: a drain while eight threads start calls") {
    loopback_server server;
    running_context context(4);
    client client(*context, options_for(server).queue_limit(100'000));
    completions all;
    std::atomic<int> refused = 0;
    std::atomic<int> unexpected = 0;
    std::atomic<int> started = 0;
    std::thread drainer([&] {
        while (started < 200)
            std::this_thread::yield();
        if (!wait_for(client.try_drain(60s)))
            ++unexpected;
    });
    on_threads(callers, [&](int) {
        for (int i = 0; i < 100; ++i) {
            all.expect();
            client.try_create_session()([&](const result<session>& outcome) {
                if (outcome.has_error() && outcome.error().code() == errc::client_closed &&
                    outcome.error().delivery() == delivery::not_sent)
                    ++refused;
                else if (outcome.has_error())
                    ++unexpected;
                all.happened();
            });
            ++started;
        }
    });
    drainer.join();
    CHECK(all.wait());
    CHECK(unexpected == 0);
    CHECK(server.session_count() == static_cast<std::size_t>(all.expected() - refused));
    CHECK(client.stats().connections_lost == 0);
}

TEST_CASE("O10: a client is destroyed while its calls run on four threads") {
    loopback_server server(loopback_options{}.delay(1ms));
    running_context context(4);
    for (int round = 0; round < 20; ++round) {
        completions all;
        std::optional<client> owner(std::in_place, *context, options_for(server).max_connections(2));
        for (int i = 0; i < 50; ++i) {
            all.expect();
            owner->try_get_session(session_id("s"))([&](const result<session>&) { all.happened(); });
        }
        while (all.count() < round * 2)
            std::this_thread::yield();
        owner.reset();
        CHECK(all.wait());
    }
}

TEST_CASE("close from one thread, calls from others") {
    loopback_server server;
    running_context context(4);
    for (int round = 0; round < 10; ++round) {
        completions all;
        client client(*context, options_for(server));
        on_threads(4, [&](int number) {
            for (int i = 0; i < 20; ++i) {
                all.expect();
                client.try_create_session()([&](const result<session>&) { all.happened(); });
                if (number == 0 && i == 10)
                    client.close();
            }
        });
        CHECK(all.wait());
        CHECK(wait_for(client.try_create_session()).error().code() == errc::client_closed);
    }
}

TEST_CASE("connections that are lost under many threads: each call ends once, no POST is sent twice") {
    loopback_server server(loopback_options{}.record_requests(true));
    for (std::size_t i = 0; i < 40; ++i)
        server.inject(fault{}.after(i * 3).close_before_response());
    running_context context(4);
    client client(*context, options_for(server).max_connections(4));
    completions all;
    std::atomic<int> succeeded = 0;
    on_threads(callers, [&](int number) {
        for (int i = 0; i < 30; ++i) {
            all.expect();
            client.try_create_session(session_request{}.tag(
                std::to_string(number) + "-" + std::to_string(i)))([&](const result<session>& outcome) {
                succeeded += outcome.has_value() ? 1 : 0;
                all.happened();
            });
            all.expect();
            client.try_get_session(session_id("s"))([&](const result<session>&) { all.happened(); });
        }
    });
    CHECK(all.wait());
    CHECK(succeeded > 0);
    std::vector<std::string> bodies;
    for (const auto& request : server.received())
        if (request.method() == "POST")
            bodies.push_back(request.body());
    std::sort(bodies.begin(), bodies.end());
    CHECK(std::adjacent_find(bodies.begin(), bodies.end()) == bodies.end());
}

TEST_CASE("two contexts, a client on each, one server") {
    loopback_server server;
    running_context one(2);
    running_context two(2);
    client first(*one, options_for(server));
    client second(*two, options_for(server));
    std::atomic<int> wrong = 0;
    on_threads(callers, [&](int number) {
        for (int i = 0; i < 10; ++i)
            use(number % 2 == 0 ? first : second, wrong, std::to_string(number) + "-" + std::to_string(i));
    });
    CHECK(wrong == 0);
}

TEST_CASE("eight threads use a client while others reload its TLS options and read its statistics") {
    loopback_server server;
    running_context context(4);
    client client(*context, options_for(server).max_connections(3));
    std::atomic<int> wrong = 0;
    std::atomic<bool> over = false;
    std::thread reader([&] {
        std::uint64_t before = 0;
        while (!over) {
            const auto stats = client.stats();
            if (stats.calls_started < before || stats.queue_depth > callers || stats.in_flight > callers)
                ++wrong;
            before = stats.calls_started;
        }
    });
    std::thread reloader([&] {
        while (!over) {
            client.reload_tls(options_for(server));
            // The next one when this one has had some use.
            const auto enough = client.stats().calls_succeeded + 30;
            while (!over && client.stats().calls_succeeded < enough)
                std::this_thread::yield();
        }
    });
    std::atomic<std::uint64_t> uses = 0;
    on_threads(callers, [&](int number) {
        // On a busy machine the reloading thread may not have run yet: goes on until connections were
        // replaced.
        for (int i = 0; i < 20 || client.stats().dials <= 3; ++i, ++uses)
            use(client, wrong, std::to_string(number) + "-" + std::to_string(i));
    });
    over = true;
    reader.join();
    reloader.join();
    CHECK(wrong == 0);
    CHECK(server.session_count() == 0);
    CHECK(client.stats().calls_succeeded == uses * 3);
    CHECK(client.stats().connections_lost == 0);
    CHECK(wait_for(client.try_drain()).has_value());
}

TEST_CASE("O10: eight threads call and cancel, another reloads and drains, then the client is destroyed") {
    check_use_until_destroyed(
        4, [](client_options& options) { options.max_connections(3); });
}

TEST_CASE("O10: the same without a strand, where one thread runs the context and others do the rest") {
    check_use_until_destroyed(
        1, [](client_options& options) { options.single_threaded(true); });
}
