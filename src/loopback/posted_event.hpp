#pragma once

#include <functional>
#include <string>

namespace bandwidth::webrtc::testing::detail {

/// An event, and where it is to be posted to.
struct posted_event {
    std::string url;
    std::string fallback_url; // empty: none
    std::string body;
};

/// Takes events in the order in which they happen, and must not block. May be called from any thread.
using event_sink = std::function<void(posted_event)>;

} // namespace bandwidth::webrtc::testing::detail
