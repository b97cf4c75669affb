#pragma once

#include <algorithm>
#include <bandwidth/webrtc/retry_policy.hpp>
#include <chrono>

namespace bandwidth::webrtc::detail {

/// first * 2^times, at most `longest`, without overflow.
inline std::chrono::nanoseconds doubled(std::chrono::nanoseconds first, int times,
                                        std::chrono::nanoseconds longest) noexcept {
    auto bound = std::min(first, longest);
    for (int i = 0; i < times && bound < longest; ++i)
        bound = bound > longest / 2 ? longest : bound * 2;
    return bound;
}

inline std::chrono::nanoseconds part_of(std::chrono::nanoseconds whole, double share) noexcept {
    return std::chrono::nanoseconds(
        static_cast<std::chrono::nanoseconds::rep>(static_cast<double>(whole.count()) * share));
}

/// The pause before the next attempt of a call. Pure.
/// \param retries    attempts that were tried again before this one
/// \param throttled  the server asked for less (429, 503): never less than half of the bound, so that a crowd
///                   does not come back at once
/// \param chance     a random number from 0 to 1
inline std::chrono::nanoseconds backoff(const retry_policy& policy, int retries, bool throttled,
                                        double chance) noexcept {
    const auto first = throttled ? policy.throttled_backoff() : policy.first_backoff();
    const auto bound = doubled(first, retries, policy.longest_backoff());
    return part_of(bound, throttled ? 0.5 + chance / 2 : chance);
}

/// The pause of a whole pool after `failures` (at least 1) dials in a row that failed: doubles from 100 ms to
/// 5 s, of which a random half is left out, so that many clients do not come back together. Pure.
inline std::chrono::nanoseconds dial_backoff(int failures, double chance) noexcept {
    return part_of(doubled(std::chrono::milliseconds(100), failures - 1, std::chrono::seconds(5)),
                   0.5 + chance / 2);
}

} // namespace bandwidth::webrtc::detail
