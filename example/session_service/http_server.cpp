#include "session_service/http_server.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <exception>
#include <iostream>
#include <utility>

namespace example {

using boost::system::error_code;

http_server::http_server(asio::io_context& context, std::uint16_t port, handler response,
                         const http_limits& limits)
    : acceptor_(context, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), port))
    , response_(std::move(response))
    , limits_(limits)
    , connection_ended_(context, asio::steady_timer::time_point::max()) {}

std::uint16_t http_server::port() const { return acceptor_.local_endpoint().port(); }

asio::awaitable<void> http_server::serve() {
    const auto executor = co_await asio::this_coro::executor;
    while (!stopping_) {
        co_await connections_fewer_than(limits_.connections);
        error_code failed;
        auto socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, failed));
        if (stopping_)
            break;
        if (failed) {
            // Out of descriptors, or the peer has gone already. A connection that ends makes room.
            std::cerr << "cannot accept a connection: " << failed.message() << '\n';
            if (failed != asio::error::connection_aborted && !connections_.empty())
                co_await connections_fewer_than(connections_.size());
            continue;
        }
        connections_.emplace_front(std::move(socket));
        asio::co_spawn(executor, talk(connections_.begin()), asio::detached);
    }
    co_await connections_fewer_than(1);
}

void http_server::stop() {
    stopping_ = true;
    acceptor_.close();
    connection_ended_.cancel(); // serve() may wait for room
    for (auto& peer : connections_)
        if (peer.idle)
            peer.stream.cancel();
}

asio::awaitable<void> http_server::connections_fewer_than(std::size_t count) {
    while (connections_.size() >= count) {
        if (stopping_ && count > 1)
            co_return;
        error_code cancelled;
        co_await connection_ended_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    }
}

asio::awaitable<void> http_server::talk(std::list<connection>::iterator self) {
    try {
        co_await converse(*self);
    } catch (const std::exception& error) {
        std::cerr << "connection ended: " << error.what() << '\n';
    }
    connections_.erase(self);
    connection_ended_.cancel();
}

asio::awaitable<void> http_server::converse(connection& peer) {
    beast::flat_buffer buffer;
    bool unread = false;
    for (bool keep_alive = true; keep_alive && !stopping_;) {
        http::request_parser<http::string_body> parser;
        parser.body_limit(limits_.body_bytes);
        error_code failed;
        peer.idle = true;
        peer.stream.expires_after(limits_.idle);
        co_await http::async_read(peer.stream, buffer, parser,
                                  asio::redirect_error(asio::use_awaitable, failed));
        peer.idle = false;
        peer.stream.expires_never(); // the client's deadline bounds what follows

        http_response response;
        if (failed == http::error::body_limit) {
            response = http_response(http::status::payload_too_large, 11);
            response.keep_alive(false);
            unread = true;
        } else if (failed) {
            break; // the peer has gone, was silent for too long, or does not speak HTTP
        } else {
            const http_request request = parser.release();
            response = co_await respond(request);
            response.keep_alive(request.keep_alive() && !stopping_);
        }
        // RFC 9110, section 8.6: no Content-Length in a 204.
        if (response.result() != http::status::no_content)
            response.prepare_payload();
        keep_alive = response.keep_alive();
        peer.stream.expires_after(limits_.idle);
        co_await http::async_write(peer.stream, response, asio::redirect_error(asio::use_awaitable, failed));
        if (failed)
            break;
    }
    error_code ended;
    peer.stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ended);
    peer.idle = true;
    peer.stream.expires_after(std::chrono::seconds(5));
    // RFC 9112, section 9.6: to close with bytes unread would reset the connection, and the response could be
    // lost.
    std::array<char, 4096> rest;
    while (unread && !ended && !stopping_) {
        co_await peer.stream.async_read_some(asio::buffer(rest),
                                             asio::redirect_error(asio::use_awaitable, ended));
    }
}

asio::awaitable<http_response> http_server::respond(const http_request& request) {
    http_response response;
    try {
        response = co_await response_(request);
    } catch (const std::exception& error) {
        std::cerr << request.method_string() << ' ' << request.target() << ": " << error.what() << '\n';
        response = http_response(http::status::internal_server_error, 11);
    }
    co_return response;
}

} // namespace example
