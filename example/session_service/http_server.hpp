#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <utility>

#include "session_service/json_log.hpp"

namespace example {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

using boost::system::error_code;
using http_request = http::request<http::string_body>;
using http_response = http::response<http::string_body>;

/// What a server is held to.
struct http_limits {
    /// Connections at once. Each has one request in progress at most, so this bounds the work in progress
    /// too. Further ones wait in the system's backlog.
    std::size_t connections = 256;
    std::size_t body_bytes = 64 * 1024;
    std::chrono::seconds idle{30};
};

/// A small HTTP/1.1 server on 127.0.0.1, plain text. For one thread: the one that runs the context.
class http_server {
public:
    /// Responds to a request. An exception that escapes becomes a 500.
    using handler = std::function<asio::awaitable<http_response>(const http_request&)>;

    /// Listens when the constructor returns.
    /// \param port 0 lets the system choose a free one.
    /// \param log  must outlive this.
    /// \throws boost::system::system_error when the port is taken
    http_server(asio::io_context& context, std::uint16_t port, handler response, json_log& log,
                const http_limits& limits = {});

    std::uint16_t port() const;

    /// Accepts connections until `stop`; returns when the last of them has ended.
    asio::awaitable<void> serve();

    /// From now on each response says that its connection ends with it, so that callers open no request on one that
    /// is about to be closed. New connections are taken until `stop`.
    void announce_stop() noexcept { announced_ = true; }
    /// Accepts no more but those that have connected already, closes the connections without a request in progress,
    /// and lets those finish that work for one.
    void stop();
    /// After `stop`: closes all connections, whatever is in progress.
    void abort();

private:
    struct connection {
        explicit connection(asio::ip::tcp::socket socket) : stream(std::move(socket)) {}

        beast::tcp_stream stream;
        bool idle = true; // no byte of a request has been read
    };

    void take(asio::ip::tcp::socket socket);
    asio::awaitable<void> talk(std::list<connection>::iterator self);
    asio::awaitable<void> converse(connection& peer);
    asio::awaitable<error_code> read_request(connection& peer, beast::flat_buffer& buffer,
                                             http::request_parser<http::string_body>& parser);
    asio::awaitable<http_response> respond(const http_request& request);
    asio::awaitable<void> connections_fewer_than(std::size_t count);

    asio::ip::tcp::acceptor acceptor_;
    handler response_;
    json_log& log_;
    http_limits limits_;
    std::list<connection> connections_;
    asio::steady_timer connection_ended_; // never expires: cancelled each time a connection ends
    bool announced_ = false;
    bool stopping_ = false;
};

} // namespace example
