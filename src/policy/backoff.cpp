#include "policy/backoff.hpp"

#include <algorithm>

namespace bandwidth::webrtc::detail {

namespace {

constexpr std::chrono::nanoseconds first_dial_pause = std::chrono::milliseconds(100);
constexpr std::chrono::nanoseconds longest_dial_pause = std::chrono::seconds(5);

// first * 2^times, at most `longest`, without overflow.
std::chrono::nanoseconds doubled(std::chrono::nanoseconds first, int times,
                                 std::chrono::nanoseconds longest) noexcept {
    auto bound = std::min(first, longest);
    for (int i = 0; i < times && bound < longest; ++i)
        bound = bound > longest / 2 ? longest : bound * 2;
    return bound;
}

std::chrono::nanoseconds part_of(std::chrono::nanoseconds whole, double share) noexcept {
    return std::chrono::nanoseconds(
        static_cast<std::chrono::nanoseconds::rep>(static_cast<double>(whole.count()) * share));
}

} // namespace

std::chrono::nanoseconds backoff(const retry_policy& policy, int retries, bool throttled,
                                 double chance) noexcept {
    const auto first = throttled ? policy.throttled_backoff() : policy.first_backoff();
    const auto bound = doubled(first, retries, policy.longest_backoff());
    return part_of(bound, throttled ? 0.5 + chance / 2 : chance);
}

std::chrono::nanoseconds dial_backoff(int failures, double chance) noexcept {
    return part_of(doubled(first_dial_pause, failures - 1, longest_dial_pause), 0.5 + chance / 2);
}

} // namespace bandwidth::webrtc::detail
