#pragma once

#include <bandwidth/webrtc/testing/certificate.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace support {

/// How a `relay_proxy` behaves.
class relay_options {
public:
    relay_options() = default;

    /// SOCKS 5 in place of HTTP CONNECT.
    relay_options& socks() {
        is_socks = true;
        return *this;
    }
    /// TLS to the proxy, with this certificate.
    relay_options& tls(const bandwidth::webrtc::testing::certificate& value) {
        shown = value;
        return *this;
    }
    /// Nobody else is served.
    relay_options& credentials(const std::string& username, const std::string& password) {
        user = username;
        secret = password;
        return *this;
    }
    /// The first connections are sent these bytes in place of a tunnel when they have asked for one, and then
    /// ended.
    relay_options& first_responses(std::vector<std::string> value) {
        first = std::move(value);
        return *this;
    }
    /// The response to CONNECT.
    relay_options& response(std::string value) {
        established = std::move(value);
        return *this;
    }

    bool is_socks = false;
    std::optional<bandwidth::webrtc::testing::certificate> shown;
    std::string user;
    std::string secret;
    std::vector<std::string> first;
    std::string established = "HTTP/1.1 200 Connection established\r\n\r\n";
};

/// A proxy on a free port of 127.0.0.1, on a thread of its own. Every name that it is asked for is this
/// machine's, so that names lead to servers of a test which nobody else could resolve. It logs what it was
/// told. Any thread.
class relay_proxy {
public:
    explicit relay_proxy(const relay_options& options = relay_options());
    ~relay_proxy();
    relay_proxy(const relay_proxy&) = delete;
    relay_proxy& operator=(const relay_proxy&) = delete;

    std::uint16_t port() const;
    /// "http://127.0.0.1:PORT", or as it is spoken to.
    std::string url() const;
    /// How many connections were made to it.
    std::size_t connections() const;
    /// What the connection was asked, up to the tunnel; empty for one that is not there.
    std::string asked(std::size_t connection) const;
    /// All that went through tunnels, from clients to servers and back.
    std::string carried() const;
    /// Resets the tunnel through which a server's next bytes come, in place of carrying them.
    void cut_at_next_response();
    /// Sends a close_notify on each TLS connection on which there is a tunnel, and keeps TCP.
    void end_tls();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

} // namespace support
