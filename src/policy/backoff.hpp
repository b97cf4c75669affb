#pragma once

#include <bandwidth/webrtc/retry_policy.hpp>
#include <chrono>
#include <optional>

namespace bandwidth::webrtc::detail {

/// The pause before the next attempt of a call. Pure.
/// \param retries    attempts that were tried again before this one
/// \param throttled  the server asked for less (429, 503): never less than half of the bound, so that a crowd
///                   does not come back at once
/// \param chance     a random number from 0 to 1
std::chrono::nanoseconds backoff(const retry_policy& policy, int retries, bool throttled,
                                 double chance) noexcept;

/// The pause of a whole pool after `failures` (at least 1) dials in a row that failed: doubles from 100 ms to
/// 5 s, of which a random half is left out, so that many clients do not come back together. Pure.
std::chrono::nanoseconds dial_backoff(int failures, double chance) noexcept;

} // namespace bandwidth::webrtc::detail
