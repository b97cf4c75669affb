#include "loopback/admission.hpp"

#include "core/ascii.hpp"
#include "core/base64.hpp"

namespace bandwidth::webrtc::testing::detail {

admission::admission(const loopback_options& options, const emulated_clock& clock,
                     const access_tokens& tokens)
    : clock_(clock)
    , tokens_(tokens)
    , account_(options.account())
    , credentials_(webrtc::detail::encode_base64(options.username() + ":" + options.password()))
    , rate_limit_(options.rate_limit())
    , rate_period_(options.rate_period()) {}

bool admission::authorized(std::string_view authorization) const {
    constexpr std::string_view basic = "Basic ";
    constexpr std::string_view bearer = "Bearer ";
    using webrtc::detail::starts_with_ignoring_case; // RFC 9110 section 11.1
    if (starts_with_ignoring_case(authorization, basic))
        return authorization.substr(basic.size()) == credentials_;
    return starts_with_ignoring_case(authorization, bearer) &&
           tokens_.valid(authorization.substr(bearer.size()));
}

std::optional<std::chrono::seconds> admission::throttled() {
    if (rate_limit_ == 0)
        return std::nullopt;
    const auto now = clock_.now();
    if (now >= rate_period_end_) {
        rate_period_end_ = now + rate_period_;
        requests_in_period_ = 0;
    }
    if (requests_in_period_ < rate_limit_) {
        ++requests_in_period_;
        return std::nullopt;
    }
    return std::chrono::ceil<std::chrono::seconds>(rate_period_end_ - now);
}

} // namespace bandwidth::webrtc::testing::detail
