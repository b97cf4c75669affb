#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace bandwidth::webrtc::testing::detail {

/// Makes participant tokens in the shape of Bandwidth's: a JWT (RFC 7519) signed with HS256 by a key of its
/// own, with the claims `a` (account), `p` (participant), `v` (device API version) and `exp`.
class participant_token_source {
public:
    /// \throws std::runtime_error when OpenSSL has no random bytes
    participant_token_source();

    std::string make(std::string_view account, std::string_view participant,
                     std::string_view device_api_version, std::chrono::system_clock::time_point expiry) const;

private:
    std::string key_;
};

} // namespace bandwidth::webrtc::testing::detail
