#include "loopback/listener.hpp"

#include <chrono>
#include <utility>

#include <boost/asio/ip/address.hpp>

namespace bandwidth::webrtc::testing::detail {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

constexpr std::chrono::milliseconds retry_time{10};

tcp::endpoint make_endpoint(const std::string& address, std::uint16_t port) {
    return tcp::endpoint(asio::ip::make_address(address), port);
}

} // namespace

listener::listener(const asio::any_io_executor& executor, const std::string& address, std::uint16_t port,
                   accept_function on_accept)
    : acceptor_(executor, make_endpoint(address, port)) // with SO_REUSEADDR
    , retry_(executor)
    , on_accept_(std::move(on_accept))
    , port_(acceptor_.local_endpoint().port()) {}

void listener::receive_buffer_size(int bytes) {
    acceptor_.set_option(asio::socket_base::receive_buffer_size(bytes));
}

void listener::start() { accept_next(); }

void listener::close() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
    on_accept_ = nullptr;
}

void listener::accept_next() {
    acceptor_.async_accept([self = shared_from_this()](boost::system::error_code error, tcp::socket socket) {
        if (!self->acceptor_.is_open()) {
            return;
        }
        if (error) { // no descriptor left, or the peer went away already
            self->retry_later();
            return;
        }
        self->on_accept_(std::move(socket));
        self->accept_next();
    });
}

void listener::retry_later() {
    retry_.expires_after(retry_time);
    retry_.async_wait([self = shared_from_this()](boost::system::error_code) {
        if (self->acceptor_.is_open()) {
            self->accept_next();
        }
    });
}

} // namespace bandwidth::webrtc::testing::detail
