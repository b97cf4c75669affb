#include "transport/tcp_options.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/error.hpp>
#include <boost/asio/socket_base.hpp>
#include <cerrno>

namespace bandwidth::webrtc::detail {

namespace asio = boost::asio;

namespace {

constexpr int idle_before_probe = 15; // seconds
constexpr int between_probes = 5;
constexpr int unanswered_probes = 3;
constexpr int unacknowledged = 30'000; // milliseconds

// Asio has no type for these options.
void try_tcp_option(tcp_socket& socket, int name, int value) noexcept {
    setsockopt(socket.native_handle(), IPPROTO_TCP, name, &value, sizeof value);
}

// The descriptor is closed where the socket cannot have it.
void adopt(tcp_socket& socket, const asio::ip::tcp& protocol, int descriptor, error_code& ec) {
    socket.assign(protocol, descriptor, ec);
    if (ec)
        ::close(descriptor);
}

} // namespace

void open_socket(tcp_socket& socket, const asio::ip::tcp& protocol, error_code& ec) {
    const int descriptor = ::socket(protocol.family(), protocol.type() | SOCK_CLOEXEC, protocol.protocol());
    if (descriptor < 0)
        ec.assign(errno, asio::error::get_system_category());
    else
        adopt(socket, protocol, descriptor, ec);
}

void forget_writability(tcp_socket& socket, error_code& ec) {
    const auto protocol = socket.local_endpoint(ec).protocol();
    const int descriptor = ec ? -1 : socket.release(ec);
    if (!ec)
        adopt(socket, protocol, descriptor, ec);
}

void set_tcp_options(tcp_socket& socket, error_code& ec) {
    socket.set_option(asio::ip::tcp::no_delay(true), ec);
    if (ec)
        return;
    error_code ignored;
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    try_tcp_option(socket, TCP_KEEPIDLE, idle_before_probe);
    try_tcp_option(socket, TCP_KEEPINTVL, between_probes);
    try_tcp_option(socket, TCP_KEEPCNT, unanswered_probes);
    try_tcp_option(socket, TCP_USER_TIMEOUT, unacknowledged);
}

std::chrono::nanoseconds round_trip_of(tcp_socket& socket) noexcept {
#ifdef TCP_INFO
    tcp_info info{};
    socklen_t size = sizeof info;
    if (getsockopt(socket.native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0)
        return std::chrono::microseconds(info.tcpi_rtt);
#endif
    return {};
}

} // namespace bandwidth::webrtc::detail
