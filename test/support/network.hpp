#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <bandwidth/webrtc/client_options.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "manager/settings.hpp"
#include "transport/name_lookup.hpp"

namespace support {

namespace detail = bandwidth::webrtc::detail;
namespace asio = boost::asio;
using asio::ip::tcp;
using bandwidth::webrtc::error_code;

/// "127.0.0.1" or "::1" and a port.
inline tcp::endpoint address(const std::string& ip, std::uint16_t port) {
    return {asio::ip::make_address(ip), port};
}

/// A name server that a test controls.
class fake_resolver {
public:
    void resolve(const std::string& host, const std::string& port, detail::name_handler done) {
        ++look_ups;
        asked = host + ":" + port;
        pending_.push_back(std::move(done));
        if (!hold)
            respond();
    }
    /// Responds to the oldest look-up that waits.
    void respond() {
        REQUIRE_FALSE(pending_.empty());
        const auto done = std::move(pending_.front());
        pending_.pop_front();
        auto outcome = code;
        if (!first.empty()) {
            outcome = first.front();
            first.pop_front();
        }
        done(outcome, addresses);
    }
    std::size_t pending() const { return pending_.size(); }

    /// The responses: `first` for the first look-ups, `code` and `addresses` for the rest.
    std::deque<error_code> first;
    error_code code;
    detail::address_list addresses;

    bool hold = false; ///< responds only when told to
    std::size_t look_ups = 0;
    std::string asked;

private:
    std::deque<detail::name_handler> pending_;
};

/// The resolver that a client or a look-up is given.
inline detail::name_resolver asking(std::shared_ptr<fake_resolver> resolver) {
    return [resolver = std::move(resolver)](const std::string& host, const std::string& port,
                                            detail::name_handler done) {
        resolver->resolve(host, port, std::move(done));
    };
}

/// Options whose names are looked up by `resolver`.
inline bandwidth::webrtc::client_options with_resolver(bandwidth::webrtc::client_options options,
                                                       detail::name_resolver resolver,
                                                       detail::name_settings settings = {}) {
    settings.resolver = std::move(resolver);
    detail::options_access::names(options) = std::make_shared<detail::name_settings>(settings);
    return options;
}

inline bandwidth::webrtc::client_options with_resolver(const bandwidth::webrtc::client_options& options,
                                                       std::shared_ptr<fake_resolver> resolver,
                                                       const detail::name_settings& settings = {}) {
    return with_resolver(options, asking(std::move(resolver)), settings);
}

/// An address that does not respond to a SYN: a listening socket whose queue is full (Linux then drops a SYN,
/// as a firewall does).
class blackhole {
public:
    /// \param port 0: any free one
    explicit blackhole(const std::string& ip, std::uint16_t port = 0) : listener_(context_) {
        const auto at = address(ip, port);
        listener_.open(at.protocol());
        listener_.set_option(tcp::acceptor::reuse_address(true));
        listener_.bind(at);
        listener_.listen(0);
        // A queue of length 0 holds one connection; more are sent so that it is full whatever the system
        // makes of that.
        for (int i = 0; i < 4; ++i) {
            auto& filler = fillers_.emplace_back(context_);
            filler.open(at.protocol());
            filler.non_blocking(true);
            // Not Asio's connect, which waits for the end on a non-blocking socket, too.
            const auto to = listener_.local_endpoint();
            if (::connect(filler.native_handle(), to.data(), static_cast<socklen_t>(to.size())) != 0)
                REQUIRE(errno == EINPROGRESS);
        }
    }
    tcp::endpoint where() const { return listener_.local_endpoint(); }

private:
    asio::io_context context_;
    tcp::acceptor listener_;
    std::deque<tcp::socket> fillers_;
};

/// A port of an address on which nobody listens.
inline std::uint16_t unused_port(const std::string& ip = "127.0.0.1") {
    asio::io_context context;
    const tcp::acceptor taken(context, address(ip, 0));
    return taken.local_endpoint().port();
}

/// Whether this machine has IPv6 on its loopback interface.
inline bool has_ipv6() {
    asio::io_context context;
    tcp::acceptor probe(context);
    error_code ec;
    probe.open(tcp::v6(), ec);
    if (!ec)
        probe.bind(address("::1", 0), ec);
    return !ec;
}

/// The sockets of this process that are connected to a port of this machine: those of a client.
inline std::vector<int> sockets_to(std::uint16_t port) {
    std::vector<int> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        const int descriptor = std::stoi(entry.path().filename().string());
        tcp::endpoint peer;
        auto size = static_cast<socklen_t>(peer.capacity());
        if (::getpeername(descriptor, peer.data(), &size) == 0 && size >= sizeof(sockaddr_in) &&
            peer.data()->sa_family == AF_INET && peer.port() == port)
            found.push_back(descriptor);
    }
    return found;
}

/// How many descriptors this process has open.
inline std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
        ++count;
    return count;
}

} // namespace support
