#include "loopback/listener.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/system/system_error.hpp>

namespace bandwidth::webrtc::testing::detail {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

constexpr std::chrono::milliseconds retry_time{10};

// Takes over a descriptor that was just made; a negative one tells of an error in errno.
template <class Socket>
void adopt(Socket& socket, const tcp& protocol, int descriptor, boost::system::error_code& error) {
    if (descriptor < 0) {
        error.assign(errno, asio::error::get_system_category());
        return;
    }
    socket.assign(protocol, descriptor, error);
    if (error)
        ::close(descriptor);
}

// As the acceptor's constructor does it, but with a descriptor that no child process inherits.
void listen_at(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
    const auto protocol = endpoint.protocol();
    boost::system::error_code error;
    adopt(acceptor, protocol,
          ::socket(protocol.family(), protocol.type() | SOCK_CLOEXEC, protocol.protocol()), error);
    if (error)
        throw boost::system::system_error(error, "open");
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen();
    acceptor.non_blocking(true);
}

} // namespace

listener::listener(const asio::any_io_executor& executor, const std::string& address, std::uint16_t port,
                   accept_function on_accept)
    : acceptor_(executor), retry_(executor), on_accept_(std::move(on_accept)) {
    listen_at(acceptor_, tcp::endpoint(asio::ip::make_address(address), port));
    port_ = acceptor_.local_endpoint().port();
}

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
    acceptor_.async_wait(
        tcp::acceptor::wait_read,
        [self = shared_from_this()](boost::system::error_code error) {
            if (!self->acceptor_.is_open())
                return;
            tcp::socket socket(self->acceptor_.get_executor());
            if (!error) {
                const int descriptor =
                    ::accept4(self->acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC);
                adopt(socket, self->acceptor_.local_endpoint().protocol(), descriptor, error);
            }
            if (error == asio::error::would_block) { // the peer went away already
                self->accept_next();
            } else if (error) { // no descriptor left, for one
                self->retry_later();
            } else {
                self->on_accept_(std::move(socket));
                self->accept_next();
            }
        });
}

void listener::retry_later() {
    retry_.expires_after(retry_time);
    retry_.async_wait([self = shared_from_this()](boost::system::error_code) {
        if (self->acceptor_.is_open())
            self->accept_next();
    });
}

} // namespace bandwidth::webrtc::testing::detail
