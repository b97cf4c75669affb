#pragma once

#include <bandwidth/webrtc/proxy.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "transport/tls_context.hpp"

namespace bandwidth::webrtc::detail {

/// How the connections of a pool go through a proxy, whose own host and port are those of the `endpoint`.
struct proxy_route {
    bool socks = false;      ///< SOCKS 5; else HTTP CONNECT
    std::string target_host; ///< the server's DNS name or IP address, no brackets; the proxy resolves it
    std::uint16_t target_port = 0;
    bool has_credentials = false;
    proxy_secret username;
    proxy_secret password;
    std::shared_ptr<tls_context> tls; ///< for TLS to the proxy, used on the pool's strand; null: none
};

} // namespace bandwidth::webrtc::detail
