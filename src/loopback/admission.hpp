#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <bandwidth/webrtc/testing/loopback_options.hpp>

#include "loopback/access_tokens.hpp"
#include "loopback/emulated_clock.hpp"

namespace bandwidth::webrtc::testing::detail {

/// Whom the emulated APIs serve, and how often: one account, its credentials of both kinds, and one rate
/// limit. Not thread-safe.
class admission {
public:
    admission(const loopback_options& options, const emulated_clock& clock, const access_tokens& tokens);

    const std::string& account() const noexcept { return account_; }
    /// Whether these are the credentials of the account: Basic, or Bearer with an access token.
    bool authorized(std::string_view authorization) const;
    /// Counts a request. When it is beyond the rate limit: for how long the period lasts.
    std::optional<std::chrono::seconds> throttled();

private:
    const emulated_clock& clock_;
    const access_tokens& tokens_;
    const std::string account_;
    const std::string credentials_; // base64 of "user:password"
    const std::size_t rate_limit_;  // 0: none
    const std::chrono::nanoseconds rate_period_;
    emulated_clock::time_point rate_period_end_;
    std::size_t requests_in_period_ = 0;
};

} // namespace bandwidth::webrtc::testing::detail
