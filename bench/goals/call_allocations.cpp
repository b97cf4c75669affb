// How often one get_session allocates when all is warm. One connection to the loopback service, which runs on
// a thread of its own and is not counted. What OpenSSL allocates, and the response's own strings, are told
// apart.
//
// Exit status: 0 every response right, 1 a call failed or a response was wrong, 2 wrong usage.
#include <CLI/CLI.hpp>
#include <bandwidth/webrtc.hpp>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "goals/heap.hpp"

namespace asio = boost::asio;
namespace webrtc = bandwidth::webrtc;
using webrtc::bench::heap_figures;
using webrtc::bench::heap_of_this_thread;

namespace {

/// Counts from the end of the warm-up to the last response, while all callers go on.
struct tally {
    std::size_t warm_up;
    std::size_t calls;
    std::size_t started = 0;
    std::size_t answered = 0;
    heap_figures began{};
    heap_figures ended{};
    heap_figures model{}; // to copy one response

    bool take() { return started++ < warm_up + calls + 1000; } // some on top, so that the end is steady too
    void note(const webrtc::session& got, const webrtc::session_id& asked) {
        if (got.id() != asked)
            throw std::runtime_error("the response is of another session");
        ++answered;
        if (answered == warm_up)
            began = heap_of_this_thread();
        if (answered == warm_up + calls)
            ended = heap_of_this_thread();
    }
};

asio::awaitable<void> try_calls(webrtc::client& client, const webrtc::session_id& id, tally& tally) {
    while (tally.take()) {
        auto got = co_await client.try_get_session(id);
        tally.note(got.value(), id);
    }
}

asio::awaitable<void> throwing_calls(webrtc::client& client, const webrtc::session_id& id, tally& tally) {
    while (tally.take()) {
        auto got = co_await client.get_session(id);
        tally.note(got, id);
    }
}

using calls_function = asio::awaitable<void> (*)(webrtc::client&, const webrtc::session_id&, tally&);

asio::awaitable<void> create(webrtc::client& client, webrtc::session& created) {
    auto made = co_await client.create_session(webrtc::session_request().tag("session1"));
    created = made;
}

void measure(const char* name, calls_function calls, std::size_t depth, std::size_t count) {
    webrtc::testing::loopback_server server;
    asio::io_context io(1);
    const auto options = server.client_options().max_connections(1).pipeline_depth(depth);
    webrtc::client client(io.get_executor(), options);
    std::size_t running = 0;
    const auto note_end = [&](std::exception_ptr error) {
        if (error)
            std::rethrow_exception(error);
        if (--running == 0)
            io.stop();
    };
    // In one run, as a program does it: what Asio keeps to use again is gone when a run ends.
    const auto finish = [&] {
        io.restart();
        io.run();
    };

    webrtc::session made;
    ++running;
    asio::co_spawn(io, create(client, made), note_end);
    finish();
    tally tally{.warm_up = 2000, .calls = count};
    const auto before = heap_of_this_thread();
    const webrtc::session copy = made;
    tally.model = heap_of_this_thread() - before;
    for (; running < depth; ++running)
        asio::co_spawn(io, calls(client, copy.id(), tally), note_end);
    finish();

    const auto spent = tally.ended - tally.began;
    const auto each = [&](std::int64_t sum) { return static_cast<double>(sum) / static_cast<double>(count); };
    const auto model = static_cast<double>(tally.model.allocations);
    const auto library = each(spent.allocations - spent.openssl_allocations) - model;
    std::printf(
        "%s at depth %zu: %.3f allocations a call, of which OpenSSL %.3f, the response's own strings %.0f, "
        "the "
        "library "
        "%.3f\n",
        name, depth, each(spent.allocations), each(spent.openssl_allocations), model, library);
    std::printf("%s_%zu %.6f\n", name, depth, library);
}

} // namespace

int main(int argc, char** argv) {
    std::size_t count = 20'000;
    CLI::App app("Heap allocations of one get_session in the steady state.");
    app.add_option("--calls", count, "Calls to count")->capture_default_str()->check(CLI::PositiveNumber);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    try {
        for (const std::size_t depth : {1U, 8U}) {
            measure("try_get_session", &try_calls, depth, count);
            measure("get_session", &throwing_calls, depth, count);
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "call_allocations: %s\n", error.what());
        return 1;
    }
    return 0;
}
