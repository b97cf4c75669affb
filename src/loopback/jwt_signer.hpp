#pragma once

#include <string>
#include <string_view>

namespace bandwidth::webrtc::testing::detail {

/// Makes tokens in the shape of Bandwidth's: JSON Web Tokens (RFC 7519), signed with HS256 by a key of its
/// own. Thread-safe.
class jwt_signer {
public:
    /// \throws std::runtime_error when OpenSSL has no random bytes
    jwt_signer();

    /// \param claims the text of a JSON object
    std::string sign(std::string_view claims) const;

private:
    std::string key_;
};

} // namespace bandwidth::webrtc::testing::detail
