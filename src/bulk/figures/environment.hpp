#pragma once

#include <functional>

namespace bandwidth::webrtc::bulk {

/// Looks up a variable of the environment: its value, or null where it is not set. `std::getenv` is one.
using environment_lookup = std::function<const char*(const char* name)>;

} // namespace bandwidth::webrtc::bulk
