#pragma once

#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <memory>

#include "support/network.hpp"

namespace support {

/// Options for a host with a name, which a fake name server has to know.
inline bandwidth::webrtc::client_options named_host() {
    return bandwidth::webrtc::client_options{}
        .base_url("https://localhost/v1")
        .account("9900000")
        .credentials("user", "secret");
}

/// A name server that knows the server.
inline std::shared_ptr<fake_resolver> resolver_of(const bandwidth::webrtc::testing::loopback_server& server) {
    auto made = std::make_shared<fake_resolver>();
    made->addresses = {address("127.0.0.1", server.port())};
    return made;
}

/// Whether the server has said that there is no such session.
inline bool answered(const bandwidth::webrtc::result<bandwidth::webrtc::session>& outcome) {
    return outcome.has_error() && outcome.error().http_status() == 404;
}

} // namespace support
