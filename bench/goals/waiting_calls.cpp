// What a call costs in memory while it waits: many coroutines, each of which awaits one get_session of a
// server that never responds, over a few connections. All that they hold is counted, their own frames
// included; then the client is closed, and each must learn of it.
//
// Exit status: 0 all waited and all ended, 1 not so, 2 wrong usage.
#include <CLI/CLI.hpp>
#include <bandwidth/webrtc.hpp>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "goals/heap.hpp"
#include "goals/run_until.hpp"

namespace asio = boost::asio;
namespace webrtc = bandwidth::webrtc;
using webrtc::bench::heap_of_this_thread;
using webrtc::bench::run_until;
using namespace std::chrono_literals;

namespace {

struct settings {
    std::size_t calls = 100'000;
    std::size_t connections = 8;
};

asio::awaitable<void> try_call(webrtc::client& client, const webrtc::session_id& id, std::size_t& closed) {
    auto got = co_await client.try_get_session(id);
    if (!got && got.error().code() == webrtc::errc::client_closed)
        ++closed;
}

asio::awaitable<void> throwing_call(webrtc::client& client, const webrtc::session_id& id,
                                    std::size_t& closed) {
    try {
        auto got = co_await client.get_session(id);
    } catch (const webrtc::api_error& error) {
        if (error.failure().code() == webrtc::errc::client_closed)
            ++closed;
    }
}
using call = asio::awaitable<void>(webrtc::client&, const webrtc::session_id&, std::size_t&);

/// What starts a call, on the context and with the client.
using starter =
    std::function<void(asio::io_context&, webrtc::client&, const webrtc::session_id&, std::size_t&)>;

starter spawned(call& body) {
    return [&body](asio::io_context& io, webrtc::client& client, const webrtc::session_id& id,
                   std::size_t& closed) { asio::co_spawn(io, body(client, id, closed), asio::detached); };
}

/// Without a coroutine: what is left is the library's alone.
void start_with_handler(asio::io_context&, webrtc::client& client, const webrtc::session_id& id,
                        std::size_t& closed) {
    client.try_get_session(id)([&closed](const webrtc::result<webrtc::session>& got) {
        if (!got && got.error().code() == webrtc::errc::client_closed)
            ++closed;
    });
}

using handlers = std::vector<asio::any_completion_handler<void()>>;

/// The least that a coroutine can do which waits: for comparison.
asio::awaitable<void> wait(handlers& waiting) {
    const auto keep = [&waiting](auto handler) { waiting.emplace_back(std::move(handler)); };
    auto kept = asio::async_initiate<const asio::use_awaitable_t<>, void()>(keep, asio::use_awaitable);
    co_await std::move(kept);
}

double bytes_of_bare_coroutines(std::size_t count) {
    asio::io_context io(1);
    handlers waiting;
    waiting.reserve(count);
    const auto before = heap_of_this_thread();
    for (std::size_t k = 0; k < count; ++k)
        asio::co_spawn(io, wait(waiting), asio::detached);
    io.poll();
    const auto grown = heap_of_this_thread() - before;
    if (waiting.size() != count)
        throw std::runtime_error("a coroutine does not wait");
    for (auto& handler : waiting)
        std::move(handler)();
    io.restart();
    io.poll();
    return static_cast<double>(grown.bytes) / static_cast<double>(count);
}

double bytes_of_calls(const settings& use, const starter& start) {
    webrtc::testing::loopback_server server(webrtc::testing::loopback_options().delay(24h));
    asio::io_context io(1);
    auto options = server.client_options();
    options.max_connections(use.connections).min_connections(use.connections).queue_limit(use.calls);
    options.timeout(1h).response_timeout(1h);
    webrtc::client client(io.get_executor(), options);
    run_until(io, [&] { return client.stats().connections_idle == use.connections; });

    const webrtc::session_id id("75c21163-e110-41bc-bd76-1bb428ec85d5");
    std::size_t closed = 0;
    const auto before = heap_of_this_thread();
    for (std::size_t k = 0; k < use.calls; ++k)
        start(io, client, id, closed);
    run_until(io, [&] {
        const auto now = client.stats();
        return now.queue_depth + now.in_flight == use.calls;
    });
    const auto grown = heap_of_this_thread() - before;
    client.close();
    run_until(io, [&] { return closed == use.calls; });
    return static_cast<double>(grown.bytes) / static_cast<double>(use.calls);
}

} // namespace

int main(int argc, char** argv) {
    settings use;
    CLI::App app("Heap that a waiting get_session holds, its caller's coroutine included.");
    app.add_option("--calls", use.calls, "Calls that wait")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    app.add_option("--connections", use.connections, "Connections")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    try {
        const auto bytes = bytes_of_calls(use, spawned(try_call));
        const auto throwing = bytes_of_calls(use, spawned(throwing_call));
        const auto handler = bytes_of_calls(use, start_with_handler);
        const auto bare = bytes_of_bare_coroutines(use.calls);
        std::printf("waiting_calls: %zu calls wait on %zu connections\n", use.calls, use.connections);
        std::printf("bytes_per_call %.1f\nbytes_per_throwing_call %.1f\n", bytes, throwing);
        std::printf("bytes_per_call_with_handler %.1f\nbytes_per_bare_coroutine %.1f\n", handler, bare);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "waiting_calls: %s\n", error.what());
        return 1;
    }
    return 0;
}
