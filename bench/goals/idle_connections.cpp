// What an idle connection costs in memory, over what OpenSSL needs for it by itself. The client opens many
// connections, makes one call on each, and lets them rest; then a plain program's way of using OpenSSL does
// the same, a socket and an SSL object each, with SSL_MODE_RELEASE_BUFFERS and without.
//
// Exit status: 0 all connections open and every response right, 1 not so, 2 wrong usage.
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <bandwidth/webrtc.hpp>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "goals/heap.hpp"
#include "goals/run_until.hpp"

namespace asio = boost::asio;
namespace webrtc = bandwidth::webrtc;
using webrtc::bench::heap_figures;
using webrtc::bench::heap_of_this_thread;
using webrtc::bench::run_until;
using namespace std::chrono_literals;

namespace {

/// Client and server are one process, so each connection takes two descriptors.
void raise_descriptor_limit(std::size_t connections) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    const rlim_t needed = connections * 2 + 100;
    if (limit.rlim_cur >= needed)
        return;
    limit.rlim_cur = std::min(needed, limit.rlim_max);
    if (limit.rlim_cur < needed || setrlimit(RLIMIT_NOFILE, &limit) != 0)
        throw std::runtime_error("this process may not open so many descriptors: ulimit -n");
}

webrtc::session_id create_session(const webrtc::testing::loopback_server& server) {
    asio::io_context io(1);
    webrtc::client client(io.get_executor(), server.client_options());
    webrtc::result<webrtc::session> made = webrtc::failure(webrtc::errc::client_closed, "");
    bool ended = false;
    client.try_create_session(webrtc::session_request())([&](webrtc::result<webrtc::session> outcome) {
        made = std::move(outcome);
        ended = true;
    });
    run_until(io, [&] { return ended; });
    return made.value().id();
}

heap_figures ours(const webrtc::testing::loopback_server& server, const webrtc::session_id& id,
                  std::size_t connections) {
    asio::io_context io(1);
    auto options = server.client_options();
    options.max_connections(connections).min_connections(connections);
    options.queue_limit(connections).connect_timeout(60s).timeout(60s);
    const auto before = heap_of_this_thread();
    webrtc::client client(io.get_executor(), options);
    run_until(io, [&] { return client.stats().connections_idle == connections; });
    std::size_t right = 0, ended = 0;
    for (std::size_t k = 0; k < connections; ++k)
        client.try_get_session(id)([&](const webrtc::result<webrtc::session>& got) {
            ++ended;
            right += got && got->id() == id ? 1 : 0;
        });
    run_until(io, [&] { return ended == connections; });
    // A connection gives its buffers back when it has been idle for a second.
    bool rested = false;
    asio::steady_timer timer(io, 1500ms);
    timer.async_wait([&rested](const auto&) { rested = true; });
    run_until(io, [&rested] { return rested; });
    const auto seen = client.stats();
    if (right != connections || seen.connections_idle != connections)
        throw std::runtime_error("a call failed, or a connection was lost");
    return heap_of_this_thread() - before;
}

struct context_free {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};

struct plain_connection {
    SSL* tls = nullptr;
    int handle = -1;

    plain_connection() = default;
    plain_connection(const plain_connection&) = delete;
    plain_connection& operator=(const plain_connection&) = delete;
    ~plain_connection() {
        SSL_free(tls);
        if (handle >= 0)
            ::close(handle);
    }

    void call(SSL_CTX* context, std::uint16_t port, const std::string& request) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (handle < 0 || ::connect(handle, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
            throw std::runtime_error("cannot connect");
        tls = SSL_new(context);
        if (!tls || SSL_set_fd(tls, handle) != 1 || SSL_connect(tls) != 1)
            throw std::runtime_error("the handshake failed");
        char response[4096];
        std::size_t size = 0;
        // The server's response is one TLS record.
        if (SSL_write_ex(tls, request.data(), request.size(), &size) != 1 ||
            SSL_read_ex(tls, response, sizeof response, &size) != 1 ||
            std::strncmp(response, "HTTP/1.1 200 ", 13) != 0)
            throw std::runtime_error("a plain request was not answered with 200");
    }
};

heap_figures plain(const webrtc::testing::loopback_server& server, const webrtc::session_id& id,
                   std::size_t connections, bool release_buffers) {
    const auto request = "GET /v1/accounts/" + server.account() + "/sessions/" + id.value() +
                         " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic dXNlcjpzZWNyZXQ=\r\n\r\n";
    const auto before = heap_of_this_thread();
    const std::unique_ptr<SSL_CTX, context_free> context(SSL_CTX_new(TLS_client_method()));
    if (!context)
        throw std::runtime_error("no TLS");
    if (release_buffers)
        SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
    std::vector<plain_connection> all(connections);
    for (auto& one : all)
        one.call(context.get(), server.port(), request);
    return heap_of_this_thread() - before;
}

} // namespace

int main(int argc, char** argv) {
    std::size_t connections = 1000;
    CLI::App app("Heap that an idle connection holds, beside what OpenSSL needs for one by itself.");
    app.add_option("--connections", connections, "Connections")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000));
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    try {
        raise_descriptor_limit(connections);
        webrtc::testing::loopback_server server;
        const auto id = create_session(server);
        const auto each = [connections](std::int64_t bytes) {
            return static_cast<double>(bytes) / static_cast<double>(connections);
        };
        const auto client = ours(server, id, connections);
        const auto held = plain(server, id, connections, false);
        const auto released = plain(server, id, connections, true);
        // What OpenSSL has allocated is told apart by its own allocation functions.
        const auto own = each(client.bytes - client.openssl_bytes);
        std::printf(
            "idle_connections: %zu connections, bytes of heap each: %.0f, of which OpenSSL's %.0f and the "
            "library's %.0f; plain OpenSSL %.0f, with SSL_MODE_RELEASE_BUFFERS %.0f\n",
            connections, each(client.bytes), each(client.openssl_bytes), own, each(held.bytes),
            each(released.bytes));
        std::printf("bytes_above_openssl %.1f\nbytes %.1f\nbytes_openssl_alone %.1f\n", own,
                    each(client.bytes), each(released.bytes));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "idle_connections: %s\n", error.what());
        return 1;
    }
    return 0;
}
