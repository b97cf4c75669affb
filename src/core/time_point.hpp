#pragma once

#include <chrono>

namespace bandwidth::webrtc::detail {

/// The clock of deadlines and pauses.
using time_point = std::chrono::steady_clock::time_point;

} // namespace bandwidth::webrtc::detail
