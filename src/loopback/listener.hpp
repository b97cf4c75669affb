#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

namespace bandwidth::webrtc::testing::detail {

/// A listening socket that hands every accepted connection to one function, until it is closed. From `start`
/// on everything but `port` runs on the executor, which must be a strand.
class listener : public std::enable_shared_from_this<listener> {
public:
    using accept_function = std::function<void(boost::asio::ip::tcp::socket)>;

    /// Listens at once; accepts from `start` on.
    /// \throws boost::system::system_error when the address is none, or cannot be bound
    listener(const boost::asio::any_io_executor& executor, const std::string& address, std::uint16_t port,
             accept_function on_accept);

    std::uint16_t port() const noexcept { return port_; }
    /// SO_RCVBUF of the connections that are accepted. To be called before `start`.
    void receive_buffer_size(int bytes);
    void start();
    void close();

private:
    void accept_next();
    void retry_later();

    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer retry_;
    accept_function on_accept_;
    std::uint16_t port_ = 0;
};

} // namespace bandwidth::webrtc::testing::detail
