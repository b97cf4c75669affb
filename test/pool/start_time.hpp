#pragma once

#include <chrono>

#include "core/clock.hpp"

namespace test {

/// Where the tests of the machines begin. It is not zero, so that what was never set is told from it.
constexpr bandwidth::webrtc::detail::time_point start(std::chrono::hours(1));

} // namespace test
