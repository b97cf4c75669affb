#include "transport/proxy_handshake.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "fuzz/targets.hpp"

namespace fuzz {

namespace {

using namespace bandwidth::webrtc::detail;
using handshake = bandwidth::webrtc::detail::proxy_handshake; // not the function of that name

struct proxy_outcome {
    handshake::state state;
    bandwidth::webrtc::error_code code;
    std::string sent;
    std::string left; // the server's, where the tunnel is open
    bool operator==(const proxy_outcome&) const = default;
};

proxy_outcome shake_hands(const std::shared_ptr<const proxy_route>& route, std::string_view from_proxy,
                          std::size_t piece) {
    handshake proxy(route);
    proxy_outcome seen{proxy.now(), {}, proxy.begin(), {}};
    for (std::size_t taken = 0; !from_proxy.empty();
         from_proxy.remove_prefix(std::min(piece, from_proxy.size()))) {
        const std::string part(from_proxy.substr(0, piece)); // in memory of its own, for the sanitizers
        std::string_view rest = part;
        seen.sent += proxy.receive(rest);
        taken += part.size() - rest.size();
        if (proxy.now() == handshake::state::open)
            seen.left += rest;
        else if (proxy.now() != handshake::state::failed)
            require(rest.empty() && taken <= handshake::header_limit, "it takes all, and not without end");
    }
    seen.state = proxy.now();
    seen.code = proxy.code();
    require((seen.state == handshake::state::failed) == bool(seen.code), "a failure has a code");
    require(seen.sent.find("s3cret") == std::string::npos || route->socks, "HTTP has the password encoded");
    require(proxy.text().find("s3cret") == std::string::npos, "no text has the password");
    return seen;
}

} // namespace

void proxy_handshake(std::string_view input) {
    decisions choose(input);
    const auto flags = choose.byte();
    auto route = std::make_shared<proxy_route>();
    route->socks = (flags & 1) != 0;
    route->has_credentials = (flags & 2) != 0;
    route->target_host = (flags & 4) != 0 ? "::1" : (flags & 8) != 0 ? "127.0.0.1" : "api.example.com";
    route->target_port = 443;
    if (route->has_credentials) {
        route->username = proxy_secret("user");
        route->password = proxy_secret("s3cret");
    }
    std::string from_proxy(choose.rest());
    // Of a header section that comes in pieces Beast may look at a malformed line only when the section has ended.
    if (!route->socks)
        from_proxy += "\r\n\r\n";
    const auto whole = shake_hands(route, from_proxy, std::string_view::npos);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}})
        require(shake_hands(route, from_proxy, piece) == whole, "pieces mean the same as the whole");
}

} // namespace fuzz
