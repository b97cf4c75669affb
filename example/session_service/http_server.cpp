#include "session_service/http_server.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <exception>
#include <utility>

namespace example {

http_server::http_server(asio::io_context& context, std::uint16_t port, handler response, json_log& log,
                         const http_limits& limits)
    : acceptor_(context, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), port))
    , response_(std::move(response))
    , log_(log)
    , limits_(limits)
    , connection_ended_(context, asio::steady_timer::time_point::max()) {}

std::uint16_t http_server::port() const { return acceptor_.local_endpoint().port(); }

asio::awaitable<void> http_server::serve() {
    while (!stopping_) {
        co_await connections_fewer_than(limits_.connections);
        if (stopping_)
            break;
        error_code failed;
        auto socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, failed));
        if (!failed) {
            take(std::move(socket));
        } else if (!stopping_) {
            // Out of descriptors, or the peer has gone already. A connection that ends makes room.
            log_.write(webrtc::log_level::error, "cannot accept a connection: " + failed.message());
            if (failed != asio::error::connection_aborted && !connections_.empty())
                co_await connections_fewer_than(connections_.size());
        }
    }
    co_await connections_fewer_than(1);
}

void http_server::take(asio::ip::tcp::socket socket) {
    connections_.emplace_front(std::move(socket));
    asio::co_spawn(acceptor_.get_executor(), talk(connections_.begin()), asio::detached);
}

void http_server::stop() {
    if (stopping_)
        return;
    announced_ = true;
    stopping_ = true;
    error_code ignored;
    for (auto& peer : connections_)
        if (peer.idle && peer.stream.socket().available(ignored) == 0)
            peer.stream.cancel();
    // To their callers these are connected; closing the acceptor would reset them.
    error_code none_left;
    acceptor_.non_blocking(true);
    while (true) {
        auto socket = acceptor_.accept(none_left);
        if (none_left)
            break;
        take(std::move(socket));
    }
    acceptor_.close();
    connection_ended_.cancel(); // serve() may wait for room
}

void http_server::abort() {
    for (auto& peer : connections_)
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
        log_.write(webrtc::log_level::warning, "connection ended: " + printable(error.what()));
    }
    connections_.erase(self);
    connection_ended_.cancel();
}

asio::awaitable<error_code> http_server::read_request(connection& peer, beast::flat_buffer& buffer,
                                                      http::request_parser<http::string_body>& parser) {
    error_code failed;
    // One that has connected in the last moment has a second to say what it wants.
    peer.stream.expires_after(stopping_ ? std::chrono::seconds(1) : limits_.idle);
    if (buffer.size() == 0) {
        peer.idle = true;
        const auto count = co_await peer.stream.async_read_some(
            buffer.prepare(4096), asio::redirect_error(asio::use_awaitable, failed));
        buffer.commit(count);
        peer.idle = false;
        peer.stream.expires_after(limits_.idle);
    }
    if (!failed)
        co_await http::async_read(peer.stream, buffer, parser,
                                  asio::redirect_error(asio::use_awaitable, failed));
    peer.stream.expires_never(); // the client's deadline bounds what follows
    co_return failed;
}

asio::awaitable<void> http_server::converse(connection& peer) {
    beast::flat_buffer buffer;
    bool unread = false;
    for (bool keep_alive = true; keep_alive;) {
        http::request_parser<http::string_body> parser;
        parser.body_limit(limits_.body_bytes);
        error_code failed = co_await read_request(peer, buffer, parser);
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
            response.keep_alive(request.keep_alive() && !announced_);
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
        log_.write(webrtc::log_level::error, "request failed: " + printable(error.what()));
        response = http_response(http::status::internal_server_error, 11);
    }
    co_return response;
}

} // namespace example
