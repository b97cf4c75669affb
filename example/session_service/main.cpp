// An HTTP service that embeds one client and serves its own REST calls with it: see rooms.hpp for the calls.
//
//   session_service [--port N] [--timeout MILLISECONDS]
//   curl --json '{"name": "standup", "participants": ["alice", "bob"]}' http://127.0.0.1:8080/rooms
//
// SIGINT and SIGTERM stop it gracefully: requests in flight are answered, then the client is drained. A
// second one ends it at once.
#include <bandwidth/webrtc.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <exception>
#include <iostream>
#include <string_view>

#include "service.hpp"
#include "session_service/http_server.hpp"
#include "session_service/rooms.hpp"

namespace {

namespace asio = boost::asio;
namespace webrtc = bandwidth::webrtc;

struct settings {
    std::uint16_t port = 8080;
    std::chrono::milliseconds timeout{10'000}; // of each call to Bandwidth's service
};

template <class Number>
bool parse(std::string_view text, Number& number) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failed == std::errc() && end == text.data() + text.size();
}

bool parse(int argc, char** argv, settings& chosen) {
    for (int i = 1; i < argc; i += 2) {
        const std::string_view name = argv[i];
        const std::string_view value = i + 1 < argc ? argv[i + 1] : "";
        std::uint32_t milliseconds = 0;
        if (name == "--port" && parse(value, chosen.port))
            continue;
        if (name != "--timeout" || !parse(value, milliseconds) || milliseconds == 0)
            return false;
        chosen.timeout = std::chrono::milliseconds(milliseconds);
    }
    return true;
}

asio::awaitable<void> serve(example::http_server& server, webrtc::client& client) {
    co_await server.serve();
    co_await client.drain(std::chrono::seconds(10));
    std::cout << "stopped: " << client.stats().calls_started << " calls were made\n" << std::flush;
}

void rethrow(std::exception_ptr error) {
    if (error)
        std::rethrow_exception(error);
}

void run(const settings& chosen) {
    const example::service service;
    asio::io_context context(1);
    webrtc::client client(context, webrtc::client_options(service.options()).timeout(chosen.timeout));
    example::rooms rooms(client);
    const auto response = [&rooms](const example::http_request& request) { return rooms.respond(request); };
    example::http_server server(context, chosen.port, response);

    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&](const webrtc::error_code& failed, int) {
        if (failed)
            return;
        std::cout << "stopping\n" << std::flush;
        signals.clear(); // the next signal has its usual effect
        server.stop();
    });
    asio::co_spawn(context, serve(server, client), rethrow);
    std::cout << "listening on http://127.0.0.1:" << server.port() << " for " << service.options().base_url()
              << '\n'
              << std::flush;
    context.run();
}

} // namespace

int main(int argc, char** argv) {
    settings chosen;
    if (!parse(argc, argv, chosen)) {
        std::cerr << "usage: session_service [--port N] [--timeout MILLISECONDS]\n";
        return 2;
    }
    try {
        run(chosen);
        return 0;
    } catch (const webrtc::api_error& error) {
        std::cerr << "session_service: " << error.failure() << '\n';
    } catch (const std::exception& error) {
        std::cerr << "session_service: " << error.what() << '\n';
    }
    return 1;
}
