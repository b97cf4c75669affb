#pragma once

#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <string>

#include "support/test_client.hpp"

// One call before those that a test is about, which makes a connection and confirms that pipelines work on
// it.

namespace support {

/// With a loopback service, which knows no such session.
inline void warm_up(asio::io_context& context, webrtc::client& client) {
    REQUIRE(wait_for(context, client.try_get_session(webrtc::session_id("warm"))).error().http_status() ==
            404);
}

/// With a server that has every session.
inline void warm_up_with_session(asio::io_context& context, webrtc::client& client,
                                 const std::string& id = "warm") {
    const auto warm = wait_for(context, client.try_get_session(webrtc::session_id(id)));
    REQUIRE_MESSAGE(warm.has_value(), warm.error().describe());
    CHECK(warm->id().value() == id);
}

} // namespace support
